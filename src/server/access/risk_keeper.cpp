// SPDX-License-Identifier: Apache-2.0
#include "server/access/risk_keeper.h"

#include <algorithm>
#include <mutex>

#include "access/user_agent.h"
#include "collect/observe/address.h"
#include "collect/observe/geo.h"
#include "server/line/line.h"
#include "server/line/line_risk.h"

namespace sekisho {
namespace {

/// Mobile carriers of Japan by their autonomous systems: NTT DOCOMO, KDDI, SoftBank, Rakuten
/// Mobile. Some carry fixed lines in the same one; then too it is not told where somebody is.
constexpr std::array<std::uint32_t, 4> kMobile{9605, 2516, 17676, 138384};
/// Of addresses of the line that speak against somebody.
constexpr std::size_t kMostOfLine = 5000;
constexpr std::size_t kMostShared = 100'000;
constexpr std::size_t kMostBegun = 100'000;

SignInEnd end_of(std::string_view outcome) {
  if (outcome == "signed_in") return SignInEnd::signed_in;
  if (outcome == "vouched") return SignInEnd::vouched;
  if (outcome == "password_refused") return SignInEnd::password_refused;
  return outcome == "factor_refused" ? SignInEnd::factor_refused : SignInEnd::foreign_key;
}

/// A company account's provider asks for a second factor by rule, and a device's key is what a
/// person has: both stand beside a code.
SignInFactor factor_of(std::string_view factor) {
  if (factor == "passkey") return SignInFactor::passkey;
  return factor == "password" ? SignInFactor::password : SignInFactor::code;
}

RiskPerson risk_person(LivePerson person) {
  return static_cast<RiskPerson>(static_cast<std::int64_t>(person));
}
std::optional<RiskDevice> risk_device(const std::optional<LiveDevice>& device) {
  if (!device) return std::nullopt;
  return static_cast<RiskDevice>(static_cast<std::int64_t>(*device));
}

RiskValue value_of_address(const Address& address) {
  const auto parsed = ClientAddress::parse(address_text(address));
  return parsed ? RiskValue::of(*parsed) : RiskValue();
}

}  // namespace

Whereabouts::Whereabouts() : geo_(std::make_unique<Geo>()) {}
Whereabouts::~Whereabouts() = default;
Whereabouts::Whereabouts(Whereabouts&&) noexcept = default;
Whereabouts& Whereabouts::operator=(Whereabouts&&) noexcept = default;

Whereabouts Whereabouts::open(const std::vector<std::string>& files,
                              const std::function<void(const Text&)>& say) {
  Whereabouts made;
  for (const std::string& file : files)
    if (const auto opened = made.geo_->open(file); !opened && say)
      say({opened.error().describe(Lang::ja), opened.error().describe(Lang::en)});
  return made;
}

SignInOrigin Whereabouts::of(const std::optional<ClientAddress>& address) const {
  SignInOrigin origin;
  if (!address) return origin;
  origin.address = RiskValue::of(*address);
  origin.own_exit = std::ranges::any_of(
      own_, [&](const NetworkRange& range) { return range.contains(*address); });
  const auto known = geo_->empty() ? std::nullopt : read_address(address->text());
  if (!known) return origin;
  const Place place = geo_->place(*known);
  if (place.system != 0) origin.system = RiskValue::of(std::to_string(place.system));
  if (!place.country.empty()) origin.country = RiskValue::of(place.country);
  if (place.point) origin.point = GeoPoint{place.point->first, place.point->second};
  origin.shared = place.cellular || std::ranges::find(kMobile, place.system) != kMobile.end();
  return origin;
}

std::optional<CountryCode> Whereabouts::country(const ClientAddress& address) const {
  const auto known = read_address(address.text());
  return known ? CountryCode::parse(geo_->place(*known).country) : std::nullopt;
}

bool Whereabouts::known() const { return !geo_->empty(); }

Result<RiskSignals> silenced_signals(Database& database) {
  const auto rows = database.query("SELECT signal FROM risk_silence");
  if (!rows) return std::unexpected(rows.error());
  RiskSignals all;
  for (const Row& row : *rows)
    if (const auto signal = risk_signal_named(row.text(0)))
      all.set(static_cast<std::size_t>(*signal));
  return all;
}

SignIn RiskKeeper::sign_in_of(const Row& row) const {
  SignIn one;
  one.person = static_cast<RiskPerson>(row.integer(1));
  one.at = row.time(2);
  one.end = end_of(row.text(3));
  one.factor = factor_of(row.text(4));
  one.origin = whereabouts_.of(ClientAddress::parse(row.text(5)));
  one.agent = agent_of(row.text(6));
  if (row.integer(7) != 0) one.device = static_cast<RiskDevice>(row.integer(7));
  return one;
}

void RiskKeeper::learn(const SignIn& one, Time now) {
  if (one.end == SignInEnd::signed_in && one.at > now - kVouched) {
    // Held against what was known before it: it becomes a habit itself.
    RiskBeginning begun{one.person, one.origin.address, one.at, signs_of(history_, one).open};
    if (begun.signs.any()) begun_.push_back(begun);
    if (begun_.size() > kMostBegun) begun_.pop_front();
  }
  const Time until =
      one.at + (one.end == SignInEnd::vouched ? std::chrono::seconds(kVouched) : kTriesCount);
  if (one.end != SignInEnd::signed_in && until > now)
    touched_[one.person] = std::max(touched_[one.person], until);
  if ((one.origin.shared || one.origin.own_exit) && shared_.size() < kMostShared)
    shared_.insert(one.origin.address);
  history_.learn({one});
}

Result<std::vector<SignIn>> RiskKeeper::sign_ins_since(Database& database, std::int64_t id) const {
  std::vector<SignIn> all;
  const auto read = database.each(
      "SELECT id, person_id, at, outcome, factor, origin, agent, device_id FROM sign_in WHERE id > "
      "? AND disowned_at IS NULL ORDER BY id",
      {id}, [&](const Row& row) {
        all.push_back(sign_in_of(row));
        return true;
      });
  if (!read) return std::unexpected(read.error());
  return all;
}

Result<RiskKeeper::Set> RiskKeeper::read_set(Database& database) {
  const auto silenced = silenced_signals(database);
  if (!silenced) return std::unexpected(silenced.error());
  const auto disowned =
      database.query("SELECT COUNT(*) FROM sign_in WHERE disowned_at IS NOT NULL");
  if (!disowned) return std::unexpected(disowned.error());
  return Set{*silenced, disowned->front().integer(0)};
}

Result<bool> RiskKeeper::update(Database& database, const Policy& policy, const Calendar& calendar,
                                bool anew, Time now) {
  const auto rows = database.query("SELECT COALESCE(MAX(id), 0) FROM sign_in");
  if (!rows) return std::unexpected(rows.error());
  const std::int64_t last = rows->front().integer(0);
  if (!anew && reached_ && last == *reached_) return false;
  // All is read before anybody has to wait: a database may say nothing for long.
  Result<Set> set = Set{silenced_, disowned_};  // which nobody else changes
  if (anew || !reached_) set = read_set(database);
  if (!set) return std::unexpected(set.error());
  const bool all = !reached_ || last < *reached_ || set->disowned != disowned_;
  const std::int64_t from = all ? std::max<std::int64_t>(last - kMostRead, 0) : *reached_;
  const auto came = sign_ins_since(database, from);
  if (!came) return std::unexpected(came.error());
  std::vector<NetworkRange> own;
  for (const AccessRule& rule : policy.rules())
    own.insert(own.end(), rule.networks.begin(), rule.networks.end());

  const std::unique_lock lock(mutex_);
  whereabouts_.set_own(std::move(own));
  silenced_ = set->silenced;
  if (all) {
    history_ = RiskHistory(calendar);
    touched_.clear();
    begun_.clear();
    shared_.clear();
  }
  for (const SignIn& one : *came) learn(one, now);
  reached_ = last;
  disowned_ = set->disowned;
  std::erase_if(begun_, [&](const RiskBeginning& one) { return one.at <= now - kVouched; });
  std::erase_if(touched_, [&](const auto& one) { return one.second <= now; });
  return true;
}

void RiskKeeper::take(const std::vector<LineFound>& found, Time now) {
  std::set<Address> addresses;
  for (const LineFound& one : found) {
    for (const SeenSource& source : one.ours) addresses.insert(source.address);
    if (one.pseudonyms) continue;
    for (const SeenSource& source : one.busiest) addresses.insert(source.address);
    for (const SeenAttack& attack : one.attacks)
      addresses.insert(attack.from.begin(), attack.from.end());
  }
  std::vector<std::pair<RiskValue, LineDoubt>> line;
  for (const Address& address : addresses) {
    if (line.size() >= kMostOfLine) break;
    const LineRisk risk = risk_of(address, found, now);
    if (risk.level == LineRisk::Level::none) continue;
    line.emplace_back(value_of_address(address),
                      risk.level == LineRisk::Level::high ? LineDoubt::high : LineDoubt::raised);
  }
  const std::unique_lock lock(mutex_);
  line_ = std::move(line);
}

std::vector<RiskValue> RiskKeeper::sprayed(Time now) const {
  const Time since = now - kTriesCount;
  // Whoever comes from there may be one of those who were refused.
  const std::size_t few = people_sprayed({}) + 1;
  SignInOrigin shared;
  shared.shared = true;
  const std::size_t many = people_sprayed(shared) + 1;
  std::vector<RiskValue> found;
  for (const RiskValue address : history_.addresses_refused(few, since, now))
    if (!shared_.contains(address) ||
        history_.others_refused(address, RiskPerson(), since, now) >= many)
      found.push_back(address);
  return found;
}

std::shared_ptr<const RiskBoard> RiskKeeper::board(const KnownStandings& standings,
                                                   Time now) const {
  const std::shared_lock lock(mutex_);
  std::vector<RiskPerson> people;
  for (const auto& [person, until] : touched_)
    if (until > now) people.push_back(person);
  return std::make_shared<const RiskBoard>(risk_board(history_, people,
                                                      {standings.lost,
                                                       standings.worse,
                                                       sprayed(now),
                                                       line_,
                                                       {begun_.begin(), begun_.end()},
                                                       silenced_},
                                                      now));
}

RiskSignals RiskKeeper::begins(const LiveEntry& entry, std::string_view agent, Time now) const {
  SignIn attempt;
  attempt.at = now;
  attempt.person = risk_person(entry.person);
  attempt.device = risk_device(entry.device);
  attempt.factor = entry.shown.passkey != Time::min() ? SignInFactor::passkey : SignInFactor::code;
  attempt.agent = agent_of(agent);
  const std::shared_lock lock(mutex_);
  attempt.origin = whereabouts_.of(entry.from);
  return signs_of(history_, attempt).open;
}

AssessedRisk RiskKeeper::assess(RiskPerson person, std::optional<LiveDevice> device,
                                const std::optional<ClientAddress>& from, const RiskBoard& board,
                                Time now) const {
  const std::shared_lock lock(mutex_);
  SignIn attempt;
  const PersonHabits* habits = history_.habits(person);
  if (habits != nullptr && habits->last()) attempt = *habits->last();
  attempt.person = person;
  attempt.at = now;
  if (from) attempt.origin = whereabouts_.of(from);
  if (device) attempt.device = risk_device(device);
  AssessedRisk assessed = assess_risk(history_, attempt, {}, silenced_);
  // What is so now, and what was seen when the person came.
  RiskSignals open =
      board.signs(LivePerson(static_cast<std::int64_t>(person)), device, attempt.origin.address);
  RiskSignals answered;
  for (const RiskSign& sign : assessed.signs)
    (sign.answered ? answered : open).set(static_cast<std::size_t>(sign.signal));
  answered &= ~open;
  assessed.signs.clear();
  for (std::size_t i = 0; i < kRiskSignals; ++i)
    if (open.test(i) || answered.test(i))
      assessed.signs.push_back({static_cast<RiskSignal>(i), silenced_.test(i), answered.test(i)});
  assessed.points = points_of(open & ~silenced_);
  assessed.risk = risk_of(open & ~silenced_);
  return assessed;
}

}  // namespace sekisho
