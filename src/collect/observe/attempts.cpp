#include "collect/observe/attempts.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>

namespace sekisho {
namespace {

constexpr std::size_t kMostOpen = 65'536;
constexpr std::size_t kMostPairs = 16'384;
constexpr std::size_t kMostHours = 100'000;
constexpr std::int64_t kSecond = 1'000'000'000;
/// A connection in which nothing happens for so long is over.
constexpr std::int64_t kIdle = 120 * kSecond;
constexpr std::int64_t kSweepEvery = 10 * kSecond;

bool begins(std::span<const std::uint8_t> payload, std::string_view text) {
  return payload.size() >= text.size() &&
         std::memcmp(payload.data(), text.data(), text.size()) == 0;
}

std::string text_of(std::span<const std::uint8_t> bytes) { return {bytes.begin(), bytes.end()}; }

/// Whether a client of this kind begins so.
bool greets(LoginGreeting greeting, std::span<const std::uint8_t> payload) {
  switch (greeting) {
    case LoginGreeting::ssh:  // RFC 4253, 4.2
      return begins(payload, "SSH-");
    case LoginGreeting::rdp:  // TPKT (RFC 1006) with an X.224 connection request
                              // (MS-RDPBCGR 2.2.1.1)
      return payload.size() >= 6 && payload[0] == 3 && payload[1] == 0 && payload[5] == 0xe0;
    case LoginGreeting::tls:  // a handshake record with a ClientHello (RFC 8446, 4.1.2)
      return payload.size() >= 6 && payload[0] == 0x16 && payload[1] == 3 && payload[5] == 1;
    case LoginGreeting::smb:  // NetBIOS session header, then SMB1 or SMB2 (MS-SMB2 2.2.1)
      return payload.size() >= 8 && payload[0] == 0 && (payload[4] == 0xff || payload[4] == 0xfe) &&
             begins(payload.subspan(5), "SMB");
    case LoginGreeting::ftp:  // RFC 959, 4.1.1
      return payload.size() >= 5 && lower(text_of(payload.first(5))) == "pass ";
    default: return !payload.empty();
  }
}

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

LoginPlaces::LoginPlaces(const LineNames& names, std::span<const Portal> portals)
    : ports_(65'536), portals_(portals.begin(), portals.end()) {
  for (std::size_t i = 0; i < names.logins.size(); ++i) {
    const auto service = static_cast<std::uint8_t>(i + 1);
    for (const std::uint16_t port : names.logins[i].ports) ports_[port] = service;
    if (names.logins[i].id == "vpn") vpn_ = service;
  }
  for (const Portal& portal : portals_)
    if (ports_[portal.port] == 0) ports_[portal.port] = kPortal;
}

std::uint8_t LoginPlaces::portal_at(const Address& address, std::uint16_t port) const {
  return std::ranges::find(portals_, Portal{address, port}) == portals_.end() ? std::uint8_t{0}
                                                                              : vpn_;
}

std::optional<LoginEvent> login_event(const Packet& packet, const LoginPlaces& places,
                                      const LineNames& names) {
  if (packet.protocol != kProtocolTcp || !packet.has_ports) return std::nullopt;
  if ((packet.flags & (kSyn | kAck)) == kSyn) return std::nullopt;
  // Where both ends have such a port, the lower one serves.
  const std::uint8_t at_target = places.at(packet.target, packet.port);
  const std::uint8_t at_source = places.at(packet.source, packet.source_port);
  const bool to_server = at_target != 0 && (at_source == 0 || packet.port <= packet.source_port);
  const std::uint8_t service = to_server ? at_target : at_source;
  if (service == 0) return std::nullopt;
  LoginEvent event;
  event.client = to_server ? packet.source : packet.target;
  event.server = to_server ? packet.target : packet.source;
  event.client_port = to_server ? packet.source_port : packet.port;
  event.server_port = to_server ? packet.port : packet.source_port;
  event.time_ns = packet.time_ns;
  event.payload = packet.payload_length;
  event.flags = packet.flags;
  event.service = static_cast<std::uint8_t>(service - 1);
  event.to_server = to_server;
  event.greeting = to_server && greets(names.logins[event.service].greeting, packet.payload());
  return event;
}

double LoginPair::size_spread() const {
  if (tried < 2 || size_mean == 0) return 0;
  return std::sqrt(size_squares / tried) / size_mean;
}

std::size_t Attempts::KeyHash::operator()(const Key& of) const {
  SipHash<1, 3> hash(key);
  for (const std::uint64_t word :
       {of.client.high, of.client.low, of.server.high, of.server.low, std::uint64_t{of.ports}})
    hash.word(word);
  return hash.end();
}

void Attempts::add(std::span<const LoginEvent> events, const LineNames& names) {
  for (const LoginEvent& event : events) {
    if (due(event.time_ns)) sweep(event.time_ns, names);
    if (event.payload > 0) ++(event.to_server ? said_by_clients_ : said_by_servers_);
    const Key key{event.client, event.server,
                  std::uint32_t{event.client_port} << 16U | event.server_port};
    if ((event.flags & (kSyn | kAck)) == (kSyn | kAck)) {
      if (event.to_server) continue;
      if (const auto before = open_.find(key); before != open_.end()) {
        // The same answer again, or the next connection from the same port.
        if (before->second.up == 0 && before->second.down == 0) continue;
        over(before->first, before->second, names);
        open_.erase(before);
      }
      if (open_.size() >= kMostOpen) {
        ++ignored_;
        continue;
      }
      Connection& connection = open_[key];
      connection.service = event.service;
      connection.start_ns = connection.last_ns = event.time_ns;
      continue;
    }
    const auto found = open_.find(key);
    if (found == open_.end()) continue;
    Connection& connection = found->second;
    connection.last_ns = event.time_ns;
    (event.to_server ? connection.up : connection.down) += event.payload;
    connection.greetings += event.greeting ? 1U : 0U;
    if (event.payload > 0) {
      if (event.to_server && !connection.client_spoke) ++connection.turns;
      connection.client_spoke = event.to_server;
    }
    const bool fin = (event.flags & kFin) != 0;
    if ((event.flags & kRst) != 0 || (fin && connection.closing)) {
      over(found->first, connection, names);
      open_.erase(found);
    } else if (fin) {
      connection.closing = true;
    }
  }
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
    over(it->first, it->second, names);
    it = open_.erase(it);
  }
}

void Attempts::finish(const LineNames& names) {
  for (const auto& [key, connection] : open_) over(key, connection, names);
  open_.clear();
}

LoginPair* Attempts::pair(const Key& key, std::uint8_t service) {
  const Key by_service{key.client, key.server, service};
  if (const auto found = pair_at_.find(by_service); found != pair_at_.end())
    return &pairs_[found->second];
  if (pairs_.size() >= kMostPairs) {
    // Those who came once make room.
    std::erase_if(pairs_, [](const LoginPair& one) { return one.attempts <= 1; });
    if (pairs_.size() >= kMostPairs) return nullptr;
    pair_at_.clear();
    for (std::size_t i = 0; i < pairs_.size(); ++i)
      pair_at_[{pairs_[i].client, pairs_[i].server, pairs_[i].service}] = i;
  }
  pair_at_[by_service] = pairs_.size();
  LoginPair& made = pairs_.emplace_back();
  made.client = key.client;
  made.server = key.server;
  made.service = service;
  return &made;
}

std::uint32_t Attempts::guesses_in(const Connection& connection, const LoginService& service) {
  if (connection.greetings == 0 || connection.up < service.least_up ||
      connection.turns < service.least_turns)
    return 0;
  if (service.greeting == LoginGreeting::ftp) return connection.greetings;
  if (service.one_turns == 0 || connection.turns <= service.one_turns) return 1;
  return 1 + connection.turns - service.one_turns;
}

void Attempts::over(const Key& key, const Connection& connection, const LineNames& names) {
  LoginPair* pair = this->pair(key, connection.service);
  if (pair == nullptr) {
    ++ignored_;
    return;
  }
  const LoginService& service = names.logins[connection.service];
  const std::uint32_t guesses = guesses_in(connection, service);
  if (guesses == 0) {
    ++pair->probes;
    return;
  }
  // Nobody works who says a password again and again.
  constexpr std::uint32_t kFewestGuesses = 3;
  const bool told = service.greeting == LoginGreeting::ftp && guesses >= kFewestGuesses;
  if (!told && (connection.up > service.most_up || connection.down > service.most_down ||
                connection.last_ns - connection.start_ns > 90 * kSecond)) {
    ++pair->sessions;
    return;
  }
  const Time start = time_of(connection.start_ns);
  if (pair->tried++ == 0) pair->first = pair->last = start;
  pair->attempts += guesses;
  pair->first = std::min(pair->first, start);
  pair->last = std::max(pair->last, start);
  // Mean and squares in one go (Welford 1962).
  const auto size = static_cast<double>(connection.down);
  const double away = size - pair->size_mean;
  pair->size_mean += away / pair->tried;
  pair->size_squares += away * (size - pair->size_mean);
  if (start < pair->window_start || start - pair->window_start > kAttackWindow) {
    pair->window_start = start;
    pair->window = 0;
  }
  pair->window += guesses;
  if (pair->window > pair->busiest) {
    pair->busiest = pair->window;
    pair->busiest_start = pair->window_start;
  }
  if (hours_.size() < kMostHours)
    hours_[{connection.service, std::chrono::floor<std::chrono::hours>(start)}] += guesses;
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
