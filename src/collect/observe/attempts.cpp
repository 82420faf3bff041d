// SPDX-License-Identifier: Apache-2.0
#include "collect/observe/attempts.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace sekisho {
namespace {

constexpr std::size_t kMostOpen = 65'536;
constexpr std::size_t kMostPairs = 16'384;
constexpr std::size_t kMostHours = 100'000;
constexpr std::int64_t kSecond = 1'000'000'000;
/// A connection in which nothing happens for so long is over.
constexpr std::int64_t kIdle = 120 * kSecond;
constexpr std::int64_t kSweepEvery = 10 * kSecond;

Time time_of(std::int64_t time_ns) { return Time(std::chrono::seconds(time_ns / kSecond)); }

bool alike(double a, double b) { return std::abs(a - b) <= kAlike * std::max(a, b); }

Attack attack_of(const LoginPair& pair) {
  Attack attack;
  attack.service = pair.service;
  attack.server = pair.server;
  attack.clients = {pair.client};
  attack.attempts = pair.attempts;
  attack.first = pair.first;
  attack.last = pair.last;
  attack.peak = pair.busiest_start;
  attack.at_peak = pair.busiest;
  return attack;
}

/// Many clients of one service, none of which stands out; nothing where they don't belong together.
std::optional<Attack> distributed_attack(std::vector<const LoginPair*> quiet) {
  // Those whose attempts are like those of the middle one.
  std::ranges::sort(quiet, {}, &LoginPair::size_mean);
  const double middle = quiet[quiet.size() / 2]->size_mean;
  std::erase_if(quiet, [&](const LoginPair* one) { return !alike(one->size_mean, middle); });
  std::uint64_t attempts = 0;
  for (const LoginPair* one : quiet) attempts += one->attempts;
  if (quiet.size() < kFewestClients || attempts < kFewestTogether) return std::nullopt;
  std::ranges::sort(quiet, [](const LoginPair* a, const LoginPair* b) {
    return std::tuple(b->attempts, a->client) < std::tuple(a->attempts, b->client);
  });
  Attack attack = attack_of(*quiet.front());
  attack.clients.clear();
  attack.attempts = attempts;
  attack.distributed = true;
  for (const LoginPair* one : quiet) {
    attack.clients.push_back(one->client);
    attack.first = std::min(attack.first, one->first);
    attack.last = std::max(attack.last, one->last);
    if (one->busiest > attack.at_peak) {
      attack.at_peak = one->busiest;
      attack.peak = one->busiest_start;
    }
  }
  return attack;
}

}  // namespace

std::optional<Portal> read_portal(std::string_view text) {
  Portal portal;
  std::string_view address = text;
  const std::size_t colon = text.rfind(':');
  // An IPv6 address has colons of its own, and stands in brackets before a port.
  if (text.ends_with(']') || text.find(':') == colon || text.contains("]:")) {
    if (colon != std::string_view::npos && !text.ends_with(']')) {
      const std::int64_t port = whole_number(text.substr(colon + 1));
      if (port < 1 || port > 65'535) return std::nullopt;
      portal.port = static_cast<std::uint16_t>(port);
      address = text.substr(0, colon);
    }
    if (address.starts_with('[') && address.ends_with(']'))
      address = address.substr(1, address.size() - 2);
  }
  const auto read = read_address(address);
  if (!read) return std::nullopt;
  portal.address = *read;
  return portal;
}

std::string portal_text(const Portal& portal) {
  const std::string address = address_text(portal.address);
  return portal.address.is_v4() ? fmt::format("{}:{}", address, portal.port)
                                : fmt::format("[{}]:{}", address, portal.port);
}

std::optional<LoginPort> read_login_port(std::string_view text, const LineNames& names) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::int64_t port = whole_number(text.substr(colon + 1));
  const auto service = std::ranges::find(names.logins, text.substr(0, colon), &LoginService::id);
  if (port < 1 || port > 65'535 || service == names.logins.end()) return std::nullopt;
  return LoginPort{static_cast<std::uint16_t>(port),
                   static_cast<std::uint8_t>(service - names.logins.begin())};
}

LoginPlaces::LoginPlaces(const LineNames& names, std::span<const Portal> portals,
                         std::span<const LoginPort> ports)
    : ports_(65'536), portals_(portals.begin(), portals.end()) {
  for (std::size_t i = 0; i < names.logins.size(); ++i) {
    const auto service = static_cast<std::uint8_t>(i + 1);
    for (const std::uint16_t port : names.logins[i].ports) ports_[port] = service;
    if (names.logins[i].id == "vpn") vpn_ = service;
  }
  for (const Portal& portal : portals_)
    if (ports_[portal.port] == 0) ports_[portal.port] = kPortal;
  for (const LoginPort& one : ports) ports_[one.port] = static_cast<std::uint8_t>(one.service + 1);
}

std::uint8_t LoginPlaces::portal_at(const Address& address, std::uint16_t port) const {
  return std::ranges::find(portals_, Portal{address, port}) == portals_.end() ? std::uint8_t{0}
                                                                              : vpn_;
}

std::optional<LoginEvent> login_event(const Packet& packet, const LoginPlaces& places,
                                      const LineNames& names) {
  if (!packet.has_ports) return std::nullopt;
  LoginEvent event;
  bool to_server = packet.port <= packet.source_port;
  std::size_t most = 0;
  if (packet.protocol == kProtocolUdp) {
    // SIP's begin with a letter; both may have the same port.
    const Spoken said = said_over_udp(packet.payload());
    if (said.word == Word::none) return std::nullopt;
    event.datagram = true;
    to_server = said.word == Word::guess;
    most = kLongestMessage;
  } else {
    if (packet.protocol != kProtocolTcp || (packet.flags & (kSyn | kAck)) == kSyn)
      return std::nullopt;
    // Where both ends have such a port, the lower one serves.
    const std::uint8_t at_target = places.at(packet.target, packet.port);
    const std::uint8_t at_source = places.at(packet.source, packet.source_port);
    if ((at_target != 0) != (at_source != 0)) to_server = at_target != 0;
    if (const std::uint8_t service = to_server ? at_target : at_source; service != 0)
      event.service = static_cast<std::uint8_t>(service - 1);
    // Of what may be anything only what is said matters, and that it ends.
    const bool any =
        event.service == LoginEvent::kAnyService || names.logins[event.service].by_answers;
    constexpr std::uint8_t kEnds = kFin | kAck;
    if (any && packet.payload_length == 0 && (packet.flags & kEnds) != kEnds) return std::nullopt;
    event.sequence = packet.sequence;
    event.acknowledged = packet.acknowledged;
    // Answers stand at the beginning; heads of requests may be long.
    most = to_server ? 2048 : 512;
  }
  event.text_size =
      static_cast<std::uint16_t>(std::min<std::size_t>(packet.payload_captured, most));
  event.client = to_server ? packet.source : packet.target;
  event.server = to_server ? packet.target : packet.source;
  event.client_port = to_server ? packet.source_port : packet.port;
  event.server_port = to_server ? packet.port : packet.source_port;
  event.time_ns = packet.time_ns;
  event.payload = packet.payload_length;
  event.flags = packet.flags;
  event.to_server = to_server;
  return event;
}

double LoginPair::size_spread() const {
  if (tried < 2 || size_mean == 0) return 0;
  return std::sqrt(size_squares / tried) / size_mean;
}

std::size_t Attempts::KeyHash::operator()(const Key& of) const {
  SipHash<1, 3> hash(key);
  for (const std::uint64_t word :
       {of.client.high, of.client.low, of.server.high, of.server.low, std::uint64_t{of.service}})
    hash.word(word);
  return hash.end();
}

Attempts::Connections::iterator Attempts::open(std::uint64_t ends, const LoginEvent& event) {
  if (open_.size() >= kMostOpen) {
    ++ignored_;
    return open_.end();
  }
  Connection& connection = open_[ends];
  connection.client = event.client;
  connection.server = event.server;
  connection.service = event.service;
  connection.start_ns = connection.last_ns = event.time_ns;
  return open_.find(ends);
}

Attempts::Connections::iterator Attempts::connection_of(const LoginEvent& event, std::uint64_t ends,
                                                        std::span<const Spoken> said,
                                                        const LineNames& names) {
  auto found = open_.find(ends);
  if ((event.flags & (kSyn | kAck)) == (kSyn | kAck)) {
    if (found != open_.end()) {
      over(found->second, names);
      open_.erase(found);
    }
    open(ends, event);
    return open_.end();
  }
  if (found != open_.end()) return found;
  // On a port that tells nothing it begins with what is said. A client's password is one, and its
  // name; so is whatever begins as only those do who are looked for.
  const bool by_port =
      event.service != LoginEvent::kAnyService && !names.logins[event.service].by_answers;
  const bool begins = std::ranges::any_of(said, [&](const Spoken& one) {
    if (one.word == Word::begins)
      return names.login_of_speech.at(static_cast<std::size_t>(one.speech)) != 0;
    return event.to_server;
  });
  return !by_port && begins ? open(ends, event) : open_.end();
}

void Attempts::add(std::span<const LoginEvent> events, std::span<const std::uint8_t> bytes,
                   const LineNames& names) {
  const Talks::Sink sink = [&](const LoginEvent& event, std::uint64_t ends,
                               std::span<const Spoken> said) { take(event, ends, said, names); };
  for (const LoginEvent& event : events) {
    if (due(event.time_ns)) sweep(event.time_ns, names);
    talks_.add(event, bytes, sink);
  }
}

void Attempts::take(const LoginEvent& event, std::uint64_t ends, std::span<const Spoken> said,
                    const LineNames& names) {
  if (!event.to_server)
    for (const Spoken& one : said)
      if (one.speech == Speech::http && (one.word == Word::asks || one.word == Word::refused))
        guard(event.server, one);
  const auto found = connection_of(event, ends, said, names);
  if (found == open_.end()) return;
  Connection& connection = found->second;
  connection.last_ns = event.time_ns;
  (event.to_server ? connection.up : connection.down) += event.payload;
  if (event.payload > 0) {
    if (event.to_server && !connection.client_spoke) {
      connection.end_exchange();
      ++connection.turns;
    }
    (event.to_server ? connection.asked : connection.reply) += event.payload;
    connection.client_spoke = event.to_server;
  }
  for (const Spoken& one : said) hear(connection, event, one, names);
  const bool reset = (event.flags & kRst) != 0;
  if (reset || (event.flags & kFin) != 0) {
    if (event.to_server)
      connection.client_closed = true;
    else if (!connection.client_closed)
      connection.server_closed = true;
  }
  if (reset || ((event.flags & kFin) != 0 &&
                (event.to_server ? connection.server_closed : connection.client_closed))) {
    over(connection, names);
    open_.erase(found);
  }
}

void Attempts::Connection::end_exchange() {
  // Keys are agreed on in the first three; a key that is pressed is less than a password.
  constexpr std::uint32_t kEarliestFirst = 4;
  constexpr std::uint32_t kLatestFirst = 6;
  constexpr std::uint32_t kShortestPassword = 60;
  // The first asks what there is ("none"). Of the same user a public key takes so much more: a name
  // of its kind, one of its kind again in it, and 32 bytes at least (RFC 4252, 7; RFC 8709, 4). A
  // password takes its own length.
  constexpr std::uint32_t kKeyIsLonger = 72;
  const std::uint32_t said = std::exchange(asked, 0);
  const std::uint32_t heard = std::exchange(reply, 0);
  if (said == 0 || heard == 0) return;
  if (repeats > 0 && heard == usual_reply && said >= kShortestPassword) {
    ++(said >= usual_asked + kKeyIsLonger ? keys : repeats);
  } else if (repeats + keys > 1) {
    ++others;
  } else if (turns >= kEarliestFirst && turns <= kLatestFirst) {
    usual_reply = heard;
    usual_asked = said;
    repeats = said >= kShortestPassword ? 1 : 0;
  }
}

void Attempts::hear(Connection& connection, const LoginEvent& event, const Spoken& said,
                    const LineNames& names) {
  const std::uint8_t spoken = names.login_of_speech.at(static_cast<std::size_t>(said.speech));
  switch (said.word) {
    case Word::begins:
      connection.begun = said.speech;
      // What is spoken there tells more than the port.
      if (spoken != 0) connection.service = static_cast<std::uint8_t>(spoken - 1);
      if (event.to_server && connection.service != LoginEvent::kAnyService)
        connection.greeted |= names.logins[connection.service].speech == said.speech;
      return;
    case Word::names:
    case Word::nobody:
      connection.nobody = said.word == Word::nobody;
      if (said.speech == Speech::smb) connection.begun = said.speech;
      return;
    case Word::guess: connection.guess = said.speech; return;
    case Word::refused:
    case Word::accepted:
    case Word::declined: return hear_answer(connection, event, said, names);
    default: return;
  }
}

/// An answer to a password, which Talks found.
void Attempts::hear_answer(Connection& connection, const LoginEvent& event, const Spoken& said,
                           const LineNames& names) {
  const std::uint8_t spoken = names.login_of_speech.at(static_cast<std::size_t>(said.speech));
  connection.guess = Speech::none;
  // SQL Server's clients may say the password in TLS, and hear the answer without.
  const bool needs_beginning = said.speech == Speech::smb;
  if (spoken == 0 || (needs_beginning && connection.begun != said.speech)) return;
  // Of a client that isn't seen nothing is known.
  if (connection.up == 0) return;
  connection.service = static_cast<std::uint8_t>(spoken - 1);
  if (said.word == Word::refused) ++connection.refused;
  // Nobody's password is none.
  if (!names.logins[connection.service].by_answers || connection.nobody ||
      said.word == Word::declined)
    return;
  // Who shows a password where none is asked for may show any.
  if (said.word == Word::accepted && said.speech == Speech::http && !is_guarded(event.server, said))
    return;
  LoginPair* const pair = this->pair(connection);
  if (pair == nullptr)
    ++ignored_;
  else if (said.word == Word::accepted)
    ++pair->sessions;
  else
    note(*pair, time_of(event.time_ns), 1, 0);
}

namespace {

/// A path, or a folder, of a server's.
std::uint64_t place_of(const HashKey& key, const Address& server, std::uint32_t mark,
                       std::uint32_t kind) {
  return folded(server.low ^ key.first,
                server.high ^ key.second ^ (std::uint64_t{kind} << 32U | mark));
}

}  // namespace

void Attempts::guard(const Address& server, const Spoken& said) {
  constexpr std::size_t kMostGuarded = 65'536;
  if (guarded_.size() + 2 > kMostGuarded) guarded_.clear();
  guarded_.insert(place_of(key_, server, said.tag, 0));
  if (said.folder != 0) guarded_.insert(place_of(key_, server, said.folder, 1));
}

bool Attempts::is_guarded(const Address& server, const Spoken& said) const {
  return guarded_.contains(place_of(key_, server, said.tag, 0)) ||
         (said.folder != 0 && guarded_.contains(place_of(key_, server, said.folder, 1)));
}

/// Captures need not follow one another in time: what is far ahead is as over as what is far back.
/// Back and forth in each packet would have all that is open looked through each time: not before
/// there were some events for it.
bool Attempts::due(std::int64_t now_ns) {
  ++since_swept_;
  const std::int64_t passed = now_ns - swept_ns_;
  return passed > kSweepEvery || (passed < -kSweepEvery && since_swept_ > open_.size() / 8);
}

void Attempts::sweep(std::int64_t now_ns, const LineNames& names) {
  swept_ns_ = now_ns;
  since_swept_ = 0;
  for (auto it = open_.begin(); it != open_.end();) {
    if (std::abs(now_ns - it->second.last_ns) < kIdle) {
      ++it;
      continue;
    }
    over(it->second, names);
    it = open_.erase(it);
  }
}

void Attempts::finish(const LineNames& names) {
  talks_.finish([&](const LoginEvent& event, std::uint64_t ends, std::span<const Spoken> said) {
    take(event, ends, said, names);
  });
  for (const auto& [ends, connection] : open_) over(connection, names);
  open_.clear();
}

LoginPair* Attempts::pair(const Connection& connection) {
  const Key key{connection.client, connection.server, connection.service};
  if (const auto found = pair_at_.find(key); found != pair_at_.end()) return &pairs_[found->second];
  if (pairs_.size() >= kMostPairs) {
    // Those who came once make room.
    std::erase_if(pairs_, [](const LoginPair& one) { return one.attempts <= 1; });
    if (pairs_.size() >= kMostPairs) return nullptr;
    pair_at_.clear();
    for (std::size_t i = 0; i < pairs_.size(); ++i)
      pair_at_[{pairs_[i].client, pairs_[i].server, pairs_[i].service}] = i;
  }
  pair_at_[key] = pairs_.size();
  LoginPair& made = pairs_.emplace_back();
  made.client = key.client;
  made.server = key.server;
  made.service = key.service;
  return &made;
}

std::uint32_t Attempts::guesses_in(const Connection& connection, const LoginService& service) {
  // Telnet's clients begin in no form.
  const bool greeted = connection.greeted || service.speech == Speech::telnet;
  if (!greeted || connection.up < service.least_up || connection.turns < service.least_turns)
    return connection.refused;
  // Who offers keys tries no password by them.
  if (connection.keys > 0) return std::max(connection.refused, connection.repeats - 1);
  std::uint32_t guesses = std::max(connection.refused, 1U);
  if (service.one_turns == 0) return guesses;
  if (connection.turns > service.one_turns)
    guesses = std::max(guesses, 1 + connection.turns - service.one_turns);
  // The first asks what there is; one more exchange may say that it is over. Who was let in goes
  // on.
  if (connection.repeats > 1 && connection.others <= 1)
    guesses = std::max(guesses, connection.repeats - 1);
  return guesses;
}

void Attempts::over(Connection connection, const LineNames& names) {
  if (connection.service == LoginEvent::kAnyService) return;
  connection.end_exchange();
  const LoginService& service = names.logins[connection.service];
  // What was answered is noted. A server may close instead; where it isn't seen nothing is known.
  if (service.by_answers &&
      (connection.guess == Speech::none || connection.nobody || !connection.server_closed ||
       !connection.client_spoke || connection.down == 0))
    return;
  LoginPair* pair = this->pair(connection);
  if (pair == nullptr) {
    ++ignored_;
    return;
  }
  const Time start = time_of(connection.start_ns);
  if (service.by_answers) {
    note(*pair, start, 1, 0);
    return;
  }
  const std::uint32_t guesses = guesses_in(connection, service);
  // Where keys were offered it shows whether one was taken.
  const bool let_in = connection.keys > 0 && connection.others > 1;
  if (guesses == 0 && !let_in) {
    ++pair->probes;
    return;
  }
  // Nobody works who is refused again and again.
  constexpr std::uint32_t kFewestRefused = 3;
  if (connection.refused < kFewestRefused &&
      (let_in || connection.up > service.most_up || connection.down > service.most_down ||
       connection.last_ns - connection.start_ns > 90 * kSecond)) {
    ++pair->sessions;
    return;
  }
  note(*pair, start, guesses, connection.down);
}

void Attempts::note(LoginPair& pair, Time start, std::uint32_t guesses, std::uint64_t size) {
  if (pair.tried++ == 0) pair.first = pair.last = start;
  pair.attempts += guesses;
  pair.first = std::min(pair.first, start);
  pair.last = std::max(pair.last, start);
  // Mean and squares in one go (Welford 1962).
  const auto bytes = static_cast<double>(size);
  const double away = bytes - pair.size_mean;
  pair.size_mean += away / pair.tried;
  pair.size_squares += away * (bytes - pair.size_mean);
  if (start < pair.window_start || start - pair.window_start > kAttackWindow) {
    pair.window_start = start;
    pair.window = 0;
  }
  pair.window += guesses;
  if (pair.window > pair.busiest) {
    pair.busiest = pair.window;
    pair.busiest_start = pair.window_start;
  }
  if (hours_.size() < kMostHours)
    hours_[{pair.service, std::chrono::floor<std::chrono::hours>(start)}] += guesses;
}

std::vector<Attack> find_attacks(const Attempts& attempts) {
  std::vector<Attack> attacks;
  std::map<std::pair<std::uint8_t, Address>, std::vector<const LoginPair*>> quiet;
  for (const LoginPair& pair : attempts.pairs()) {
    // Who works there may mistype, and who is monitored is probed; neither is an attack.
    if (pair.attempts == 0 || pair.sessions * 10 > pair.attempts) continue;
    if (pair.busiest >= kFewestFast) {
      attacks.push_back(attack_of(pair));
    } else if (pair.attempts >= kFewestSlow && pair.last - pair.first >= kSlowSpan &&
               pair.size_spread() <= kAlike) {
      attacks.push_back(attack_of(pair));
      attacks.back().slow = true;
    } else {
      quiet[{pair.service, pair.server}].push_back(&pair);
    }
  }
  for (auto& [target, pairs] : quiet)
    if (pairs.size() >= kFewestClients)
      if (auto attack = distributed_attack(std::move(pairs))) attacks.push_back(std::move(*attack));
  std::ranges::sort(attacks, [](const Attack& a, const Attack& b) {
    return std::tuple(b.attempts, a.first, a.server) < std::tuple(a.attempts, b.first, b.server);
  });
  return attacks;
}

}  // namespace sekisho
