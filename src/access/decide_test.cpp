// SPDX-License-Identifier: Apache-2.0
// Decisions beside an independent, slow judge of each reason, over inputs made at random.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <random>
#include <set>

#include <fmt/format.h>

#include "access/access.h"
#include "access/policy_form.h"
#include "access/test_guideline.h"
#include "base/crypto.h"

namespace sekisho {
namespace {

using enum AccessReasonCode;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

const std::array<std::string, 3> kMeasures{"SK-worker-K2", "5-2", "SK-admin-I6"};

/// An address, and whether it is in each of kRanges.
struct KnownAddress {
  const char* text;
  bool in_ten;
  bool in_documentation;
};
const std::array<KnownAddress, 5> kAddresses{{{"10.1.2.3", true, false},
                                              {"::ffff:10.255.0.1", true, false},
                                              {"192.0.2.9", false, false},
                                              {"2001:db8:0:1::5", false, true},
                                              {"2001:db9::1", false, false}}};
const std::array<const char*, 2> kRanges{"10.0.0.0/8", "2001:db8::/32"};

/// What is known of a measure on the device, in seconds.
struct GivenMeasure {
  enum class Kind : std::uint8_t { never, excused, met, failing, lapsed };
  Kind kind = Kind::never;
  std::int64_t seen = 0;
  std::int64_t met_until = 0;
  std::int64_t known_until = 0;
  bool met_before = false;
  std::int64_t grace = 0;
};

/// One case, as plain as it can be: moments are seconds, and -1 stands for never.
struct Case {
  std::int64_t now = 1'800'000'000;
  std::int64_t made_at = now;
  std::int64_t good_until = now + 60;
  bool named = true;          // the resource that is asked for is in the policy
  bool written_anew = false;  // the policy went through a form
  // the rule
  bool for_teleworkers = true;
  bool for_sales = false;
  bool any_device = false;
  bool own_devices = false;
  int sensitivity = 1;
  std::int64_t age = 86'400;
  std::int64_t second = -1;
  std::int64_t passkey = -1;
  int from = -1;  // minutes of the day
  int to = -1;
  int days = 0;  // bits, from Sunday
  int ranges = 0;
  bool japan_only = false;
  // who and on what
  bool there = true;
  bool active = true;
  bool teleworker = true;
  bool sales = false;
  bool has_code = true;
  bool has_passkey = false;
  std::int64_t suspended_until = -1;
  std::int64_t unsealed_until = -1;
  bool unsealed = false;  // it began by a code for emergencies
  bool device = true;
  int holder = 1;  // 0 nobody, 1 the person, 2 another
  int condition = 0;
  bool own = false;
  bool copied = false;
  std::int64_t proven_until = now + 1000;
  std::int64_t device_suspended_until = -1;
  std::vector<GivenMeasure> measures{};
  std::int64_t session_until = now + 1000;
  std::int64_t code_at = -1;
  std::int64_t passkey_at = -1;
  int address = -1;
  int country = -1;  // 0 JP, 1 another
  int risk = 0;      // -1 unknown
};

Time at(std::int64_t moment) { return moment == -1 ? Time::min() : Time(seconds(moment)); }

std::string policy_text(const Case& c) {
  std::string text = fmt::format(
      "policy: {{name: test, about: test}}\nresources:\n"
      "  - {{id: other, name: o, kind: server, sensitivity: low, who: {{roles: [auditor]}}, "
      "device: "
      "any, own_devices: true, evidence: 1 day, second_factor: none, measures: [SK-worker-C2]}}\n"
      "  - id: thing\n    name: thing\n    kind: application\n    sensitivity: {}\n",
      std::array{"low", "middle", "high"}.at(static_cast<std::size_t>(c.sensitivity)));
  std::string who;
  if (c.for_teleworkers) who += "roles: [teleworker]";
  if (c.for_sales) who += std::string(who.empty() ? "" : ", ") + "groups: [sales]";
  text += fmt::format("    who: {{{}}}\n    device: {}\n    own_devices: {}\n", who,
                      c.any_device ? "any" : "registered", c.own_devices);
  const auto length = [](std::int64_t of) { return fmt::format("{} minutes", of / 60); };
  text += "    evidence: " + length(c.age) + "\n    second_factor: ";
  text += c.second == -1 ? "none\n" : length(c.second) + "\n";
  if (c.passkey != -1) text += "    passkey: " + length(c.passkey) + "\n";
  text += "    measures:\n";
  for (std::size_t i = 0; i < c.measures.size(); ++i)
    text += c.measures[i].grace == 0 ? fmt::format("      - \"{}\"\n", kMeasures.at(i))
                                     : fmt::format("      - {{id: \"{}\", grace: {}}}\n",
                                                   kMeasures.at(i), length(c.measures[i].grace));
  if (c.days != 0) {
    constexpr std::array kNames{"sun", "mon", "tue", "wed", "thu", "fri", "sat"};
    std::vector<std::string> days;
    for (std::size_t day = 0; day < 7; ++day)
      if ((c.days >> day & 1) != 0) days.emplace_back(kNames.at(day));
    text += fmt::format("    hours: {{days: [{}], from: \"{:02}:{:02}\", to: \"{:02}:{:02}\"}}\n",
                        join(days, ", "), c.from / 60, c.from % 60, c.to / 60, c.to % 60);
  }
  std::vector<std::string> ranges;
  for (std::size_t i = 0; i < kRanges.size(); ++i)
    if ((c.ranges >> i & 1) != 0) ranges.push_back(fmt::format("\"{}\"", kRanges.at(i)));
  if (!ranges.empty()) text += "    networks: [" + join(ranges, ", ") + "]\n";
  if (c.japan_only) text += "    countries: [JP]\n";
  return text;
}

MeasureState state_of(const GivenMeasure& given) {
  using enum GivenMeasure::Kind;
  const std::pair time(at(given.seen), at(given.met_until));
  const auto before = given.met_before ? std::optional(time) : std::nullopt;
  switch (given.kind) {
    case never: return {};
    case excused: return MeasureState::excused();
    case GivenMeasure::Kind::met: return MeasureState::met(time.first, time.second);
    case failing: return MeasureState::failing(at(given.known_until), before);
    case lapsed: return MeasureState::unknown(before);
  }
  return {};
}

SessionToken token_of(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::string bytes(SessionToken::kBytes, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return *SessionToken::of_bytes(bytes);
}

/// A whole world for a case: with others in it, in an order that depends on `shuffle`.
struct World {
  std::shared_ptr<const Snapshot> snapshot;
  AccessRequest request;
};

/// The policy of a case; that of the last one where nothing in it changed.
std::shared_ptr<const Policy> policy_of(const Case& c) {
  static std::pair<std::string, std::shared_ptr<const Policy>> last;
  const std::string text = policy_text(c) + (c.written_anew ? "# anew\n" : "");
  if (text == last.first) return last.second;
  auto policy = read_policy(*parse_yaml("p.yaml", text, kPolicyLimits), shipped_guideline());
  if (policy && c.written_anew)
    policy = read_policy(*parse_yaml("p.yaml", policy_text(*policy), kPolicyLimits),
                         shipped_guideline());
  if (!policy) throw std::runtime_error(first_of(policy.error()).describe(Lang::en) + text);
  last = {text, std::make_shared<const Policy>(std::move(*policy))};
  return last.second;
}

World world_of(const Case& c, std::uint64_t shuffle = 0) {
  const auto shared = policy_of(c);
  SnapshotBuilder builder({shared, Calendar(), at(c.made_at), at(c.good_until)});
  const auto others = [&](std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i) {
      const PersonSlot other = builder.add(PersonFacts{Principals().set(), true, true, true});
      builder.add(token_of(1000 + i + shuffle), {other, {}, {}, at(c.session_until)});
    }
  };
  others(shuffle % 5);
  std::vector<std::string> roles;
  if (c.teleworker) roles.emplace_back("teleworker");
  std::vector<std::string> groups;
  if (c.sales) groups.emplace_back("sales");
  const PersonSlot person =
      c.there ? builder.add(PersonFacts{shared->principals_of(roles, groups, "a@example.jp"),
                                        c.active, c.has_code, c.has_passkey, at(c.suspended_until),
                                        at(c.unsealed_until)})
              : PersonSlot();
  const PersonSlot another = builder.add(PersonFacts{Principals().set(), true, true, true});
  DeviceFacts device;
  device.holder = c.holder == 0 ? PersonSlot() : c.holder == 1 ? person : another;
  device.condition = static_cast<DeviceCondition>(c.condition);
  device.own = c.own;
  device.copied = c.copied;
  device.proven_until = at(c.proven_until);
  device.suspended_until = at(c.device_suspended_until);
  device.measures.emplace_back();  // of the other resource
  for (const GivenMeasure& given : c.measures) device.measures.push_back(state_of(given));
  const DeviceSlot slot = c.device ? builder.add(device) : DeviceSlot();
  const SessionToken token = token_of(7);
  const AccessParty party{person, slot, {at(c.code_at), at(c.passkey_at)}, at(c.session_until)};
  builder.add(token, party);
  others(shuffle % 3);
  World world{std::move(builder).build(), {}};
  AccessContext context{.now = at(c.now), .unsealed = c.unsealed};
  if (c.address >= 0)
    context.from = ClientAddress::parse(kAddresses.at(static_cast<std::size_t>(c.address)).text);
  if (c.country >= 0) context.country = CountryCode::parse(c.country == 0 ? "JP" : "KR");
  if (c.risk >= 0) context.risk = static_cast<ImpersonationRisk>(c.risk);
  // Somebody who isn't there has no session either; the part of it that is theirs stays to be seen.
  world.request = {c.there ? world.snapshot->party(token) : party,
                   world.snapshot->resource(c.named ? "thing" : "nothing"), context};
  return world;
}

AccessDecision decided(const Case& c, std::uint64_t shuffle = 0) {
  const World world = world_of(c, shuffle);
  return decide(*world.snapshot, world.request);
}

/// The judge: everything that stands against a case, one question at a time.
class Judge {
 public:
  explicit Judge(const Case& given) : c(given) {}

  std::set<std::pair<AccessReasonCode, int>> truths() {
    if (!c.named) say(resource_unknown);
    if (!c.named) return found;  // nothing else can be asked
    if (c.now >= c.good_until) say(snapshot_over);
    if (c.now + 5 < c.made_at) say(clock_back);
    if (c.session_until == -1) say(session_unknown);
    if (c.session_until != -1 && c.session_until <= c.now) say(session_over);
    if (!c.there) say(person_unknown);
    if (c.there && !c.active) say(person_disabled);
    if (c.there && c.now < c.suspended_until) say(person_suspended);
    const bool meant = (c.for_teleworkers && c.teleworker) || (c.for_sales && c.sales);
    if (c.unsealed) {
      if (c.there) say(c.now < c.unsealed_until ? emergency_open : emergency_over);
      return found;  // nothing else counts
    }
    if (c.there && !meant) say(person_not_named);
    device();
    factors();
    context();
    return found;
  }

 private:
  void say(AccessReasonCode code, int measure = -1) { found.emplace(code, measure); }

  void device() {
    if (!c.device) return say(device_unknown);
    if (c.condition == 1) say(device_lost);
    if (c.condition == 2) say(device_retired);
    if (c.now < c.device_suspended_until) say(device_suspended);
    if (c.copied) say(device_copied);
    if (c.proven_until == -1 || c.proven_until <= c.now) say(device_unproven);
    if (!c.any_device && (c.holder != 1 || !c.there)) say(device_of_another);
    if (c.own && !c.own_devices) say(device_private);
    for (std::size_t i = 0; i < c.measures.size(); ++i)
      measure(c.measures[i], static_cast<int>(i) + 1);
  }

  void measure(const GivenMeasure& m, int place) {
    using enum GivenMeasure::Kind;
    if (m.kind == excused) return;
    const bool was = m.kind == met || (m.kind != never && m.met_before);
    std::int64_t until = was ? m.met_until : -1;
    if (m.kind != met) until = std::min(until, c.made_at);
    const std::int64_t seen = std::min(m.seen, c.made_at);
    if (was && c.now < until && c.now < seen + c.age) return;
    if (was && c.now < std::min(until, seen + c.age) + m.grace) return say(measure_in_grace, place);
    if (was && c.now < until) return say(measure_old, place);
    say(m.kind == failing && c.now < m.known_until ? measure_failing : measure_unknown, place);
  }

  bool shown(std::int64_t when, std::int64_t within) const {
    return when != -1 && when <= c.now && c.now - when < within;
  }

  void factors() {
    if (c.risk == -1) say(risk_unknown);
    if (c.risk == 3) say(risk_confirmed);
    std::int64_t second = c.second;
    if (c.risk == 1 || c.risk == 2) {
      constexpr std::array<std::int64_t, 3> kRaised{8 * 3600, 3600, 600};
      const std::int64_t bound =
          c.risk == 2 ? 600 : kRaised.at(static_cast<std::size_t>(c.sensitivity));
      if (!shown(c.code_at, bound) && !shown(c.passkey_at, bound))
        say(c.risk == 2 ? risk_high : risk_raised);
      second = second == -1 ? bound : std::min(second, bound);
    }
    if (c.passkey != -1 && !shown(c.passkey_at, c.passkey))
      say(c.there && c.has_passkey ? passkey_due : passkey_missing);
    if (second != -1 && !shown(c.passkey_at, second) && !shown(c.code_at, second))
      say(c.there && (c.has_passkey || c.has_code) ? second_factor_due : second_factor_missing);
  }

  void context() {
    if (c.days != 0) {
      const std::int64_t local = c.now + 9 * 3600;
      const auto minute = static_cast<int>(local % 86'400 / 60);
      const auto day = static_cast<int>((local / 86'400 + 4) % 7);
      bool open = false;
      // Each day's opening, as minutes since that day began.
      for (int back = 0; back <= 1; ++back) {
        const int opened = (day - back + 7) % 7;
        const int end = c.to > c.from ? c.to : c.to + 24 * 60;
        const int since = minute + back * 24 * 60;
        if ((c.days >> opened & 1) != 0 && since >= c.from && since < end) open = true;
      }
      if (!open) say(outside_hours);
    }
    if (c.ranges != 0) {
      if (c.address < 0) {
        say(network_unknown);
      } else {
        const KnownAddress& one = kAddresses.at(static_cast<std::size_t>(c.address));
        if (!((c.ranges & 1) != 0 && one.in_ten) && !((c.ranges & 2) != 0 && one.in_documentation))
          say(network_elsewhere);
      }
    }
    if (c.japan_only && c.country < 0) say(country_unknown);
    if (c.japan_only && c.country == 1) say(country_elsewhere);
  }

  const Case& c;
  std::set<std::pair<AccessReasonCode, int>> found;
};

/// Cases of which about a third are let in: most things are right in most of them.
class Cases {
 public:
  explicit Cases(std::uint64_t seed) : random_(seed) {}

  Case next() {
    Case c;
    c.now = 1'800'000'000 + pick(0, 14 * 86'400);
    c.made_at = c.now - pick(0, 30) + (rarely() ? pick(0, 20) : 0);
    c.good_until = rarely() ? c.now + pick(-3, 3) : c.now + 60;
    c.named = !rarely();
    c.for_sales = half();
    c.for_teleworkers = !c.for_sales || half();
    c.any_device = half();
    c.own_devices = half();
    c.sensitivity = static_cast<int>(pick(0, 2));
    c.age = pick(1, 48) * 3600;
    c.second = half() ? pick(1, 600) * 60 : -1;
    c.passkey = seldom() ? pick(1, 600) * 60 : -1;
    if (c.sensitivity == 2 && c.second == -1 && c.passkey == -1) c.second = 3600;
    if (seldom()) hours(c);
    if (seldom()) c.ranges = static_cast<int>(pick(1, 3));
    c.japan_only = seldom();
    who(c);
    device(c);
    context(c);
    return c;
  }

 private:
  std::int64_t pick(std::int64_t least, std::int64_t most) {
    return std::uniform_int_distribution<std::int64_t>(least, most)(random_);
  }
  bool half() { return pick(0, 1) == 0; }
  bool seldom() { return pick(0, 3) == 0; }
  bool rarely() { return pick(0, 29) == 0; }

  void hours(Case& c) {
    c.days = static_cast<int>(pick(1, 127));
    c.from = static_cast<int>(pick(0, 1439));
    do c.to = static_cast<int>(pick(1, 1440));
    while (c.to == c.from);
  }

  void who(Case& c) {
    c.there = !rarely();
    c.active = !rarely();
    c.teleworker = !rarely();
    c.sales = !seldom();
    c.has_code = !seldom();
    c.has_passkey = half();
    if (rarely()) c.suspended_until = c.now + pick(-2, 2);
    c.unsealed = rarely();
    if (c.unsealed || rarely()) c.unsealed_until = c.now + pick(-100, 400);
    c.session_until = rarely() ? (half() ? -1 : c.now + pick(-2, 2)) : c.now + pick(1, 9999);
    const auto factor = [&] {
      return seldom() ? -1 : c.now - (half() ? pick(0, 1200) : pick(-5, 40'000));
    };
    c.code_at = factor();
    c.passkey_at = factor();
  }

  void device(Case& c) {
    c.device = !rarely();
    c.holder = rarely() ? static_cast<int>(pick(0, 2)) : 1;
    c.condition = rarely() ? static_cast<int>(pick(0, 2)) : 0;
    c.own = c.own_devices ? half() : rarely();
    c.copied = rarely();
    if (rarely()) c.device_suspended_until = c.now + pick(-2, 2);
    c.proven_until = rarely() ? (half() ? -1 : c.now + pick(-2, 2)) : c.now + pick(1, 9999);
    for (std::int64_t i = pick(1, 3); i > 0; --i) {
      GivenMeasure m;
      m.kind = seldom() ? static_cast<GivenMeasure::Kind>(pick(0, 4)) : GivenMeasure::Kind::met;
      m.seen = c.made_at - (seldom() ? pick(0, 4 * 86'400) : pick(0, 3600));
      m.met_until = seldom() ? c.now + pick(-86'400, 3600) : c.now + pick(1, 90'000);
      m.known_until = c.now + pick(-60, 600);
      m.met_before = !seldom();
      m.grace = half() ? pick(1, 48) * 3600 : 0;
      c.measures.push_back(m);
    }
  }

  void context(Case& c) {
    c.address = rarely() ? -1 : static_cast<int>(pick(0, 4));
    if (c.ranges != 0 && !seldom()) c.address = c.ranges == 2 ? 3 : 0;
    c.country = rarely() ? -1 : rarely() ? 1 : 0;
    c.risk = rarely() ? -1 : seldom() ? static_cast<int>(pick(0, 3)) : 0;
  }

  std::mt19937_64 random_;
};

constexpr int kCases = 4000;

AccessAnswer least_of(const std::set<std::pair<AccessReasonCode, int>>& truths) {
  AccessAnswer answer = AccessAnswer::allow;
  for (const auto& [code, measure] : truths) answer = std::min(answer, leaves(code));
  return answer;
}

TEST(Decide, EveryReasonIsTrueAndNothingThatStandsAgainstItIsLeftOut) {
  Cases cases(1);
  std::set<AccessReasonCode> reached;
  std::array<int, 3> answers{};
  for (int i = 0; i < kCases; ++i) {
    const Case c = cases.next();
    const auto truths = Judge(c).truths();
    const AccessDecision decision = decided(c, static_cast<std::uint64_t>(i));
    ASSERT_EQ(decision.answer, least_of(truths)) << "case " << i << '\n' << policy_text(c);
    std::set<std::pair<AccessReasonCode, int>> given;
    for (const AccessReason& reason : decision.reasons) {
      const std::pair one(reason.code, reason.measure == 0 ? -1 : int{reason.measure});
      ASSERT_TRUE(truths.contains(one)) << "case " << i << ": " << name(reason.code);
      ASSERT_TRUE(given.insert(one).second) << "case " << i << ": said twice";
      reached.insert(reason.code);
    }
    if (decision.answer == AccessAnswer::deny) {
      ASSERT_FALSE(given.empty());
    } else {
      ASSERT_EQ(given, truths) << "case " << i;
    }
    ++answers.at(static_cast<std::size_t>(decision.answer));
  }
  // Else the cases don't try all there is: but one is of live sessions, which isn't decided here.
  EXPECT_FALSE(reached.contains(device_changed));
  EXPECT_EQ(reached.size(), kAccessReasonCodes - 1);
  for (const int count : answers) EXPECT_GT(count, kCases / 30);
}

TEST(Decide, EqualInputsGiveEqualAnswers) {
  Cases cases(2);
  for (int i = 0; i < kCases / 4; ++i) {
    const Case c = cases.next();
    const World world = world_of(c, 1);
    const AccessDecision first = decide(*world.snapshot, world.request);
    ASSERT_EQ(first, decide(*world.snapshot, world.request));
    // Who else is there, in which order, changes nothing.
    ASSERT_EQ(first, decided(c, 2 + static_cast<std::uint64_t>(i)));
  }
}

TEST(Decide, APolicyThatWasWrittenAnewDecidesTheSame) {
  Cases cases(10);
  for (int i = 0; i < kCases / 16; ++i) {
    Case c = cases.next();
    const AccessDecision first = decided(c);
    c.written_anew = true;
    ASSERT_EQ(first, decided(c)) << policy_text(*policy_of(c));
  }
}

TEST(Decide, AnOpenedCodeForEmergenciesOnlyEverGivesAndOnlyWhileItIsOpen) {
  Cases cases(9);
  int gave = 0;
  for (int i = 0; i < kCases; ++i) {
    Case c = cases.next();
    c.unsealed = false;
    const AccessDecision usual = decided(c);
    // That somebody opened one gives nothing to who came in otherwise.
    c.unsealed_until = c.now + 3600;
    ASSERT_EQ(decided(c), usual) << "case " << i;
    c.unsealed = true;
    const AccessDecision opened = decided(c);
    ASSERT_GE(opened.answer, usual.answer) << "case " << i << '\n' << policy_text(c);
    if (opened.answer > usual.answer) ++gave;
    const bool theirs = c.there && c.active && c.now >= c.suspended_until &&
                        c.session_until > c.now && c.named && c.now < c.good_until &&
                        c.now + 5 >= c.made_at;
    ASSERT_EQ(opened.answer == AccessAnswer::allow, theirs) << "case " << i;
    // Once it is over nothing that was shown before counts for this session.
    c.unsealed_until = c.now;
    ASSERT_EQ(decided(c).answer, AccessAnswer::deny) << "case " << i;
  }
  EXPECT_GT(gave, kCases / 10);
}

/// Changes that take something away: evidence, its freshness, rights, or trust.
const std::vector<std::pair<const char*, std::function<void(Case&)>>>& losses() {
  static const std::vector<std::pair<const char*, std::function<void(Case&)>>> kLosses{
      {"disabled", [](Case& c) { c.active = false; }},
      {"gone", [](Case& c) { c.there = false; }},
      {"no role", [](Case& c) { c.teleworker = false; }},
      {"no group", [](Case& c) { c.sales = false; }},
      {"no code", [](Case& c) { c.has_code = false; }},
      {"no passkey", [](Case& c) { c.has_passkey = false; }},
      {"emergency shorter", [](Case& c) { c.unsealed_until -= 500; }},
      {"emergency closed", [](Case& c) { c.unsealed_until = -1; }},
      {"no device", [](Case& c) { c.device = false; }},
      {"nobody's device", [](Case& c) { c.holder = 0; }},
      {"another's device", [](Case& c) { c.holder = 2; }},
      {"lost", [](Case& c) { c.condition = 1; }},
      {"retired", [](Case& c) { c.condition = 2; }},
      {"copied", [](Case& c) { c.copied = true; }},
      {"own", [](Case& c) { c.own = true; }},
      {"proven shorter", [](Case& c) { c.proven_until -= 500; }},
      {"unproven", [](Case& c) { c.proven_until = -1; }},
      {"session shorter",
       [](Case& c) { c.session_until = c.session_until == -1 ? -1 : c.session_until - 500; }},
      {"no session", [](Case& c) { c.session_until = -1; }},
      {"code never", [](Case& c) { c.code_at = -1; }},
      {"passkey never", [](Case& c) { c.passkey_at = -1; }},
      {"code older",
       [](Case& c) {
         if (c.code_at != -1 && c.code_at <= c.now) c.code_at -= 900;
       }},
      {"passkey older",
       [](Case& c) {
         if (c.passkey_at != -1 && c.passkey_at <= c.now) c.passkey_at -= 900;
       }},
      {"no address", [](Case& c) { c.address = -1; }},
      {"no country", [](Case& c) { c.country = -1; }},
      {"risk unknown", [](Case& c) { c.risk = -1; }},
      {"risk higher",
       [](Case& c) {
         if (c.risk >= 0 && c.risk < 3) ++c.risk;
       }},
      {"snapshot shorter", [](Case& c) { c.good_until -= 30; }},
      {"unnamed", [](Case& c) { c.named = false; }},
      {"evidence older",
       [](Case& c) {
         for (auto& m : c.measures) m.seen -= 7200;
       }},
      {"evidence much older",
       [](Case& c) {
         for (auto& m : c.measures) m.seen -= 200'000;
       }},
      {"evidence shorter",
       [](Case& c) {
         for (auto& m : c.measures) m.met_until -= 7200;
       }},
      {"evidence gone",
       [](Case& c) {
         for (auto& m : c.measures) m.kind = GivenMeasure::Kind::never;
       }},
      {"met before forgotten",
       [](Case& c) {
         for (auto& m : c.measures) m.met_before = false;
       }},
      {"failing now",
       [](Case& c) {
         for (auto& m : c.measures) {
           if (m.kind == GivenMeasure::Kind::met) m.met_before = true;
           if (m.kind != GivenMeasure::Kind::never) m.kind = GivenMeasure::Kind::failing;
         }
       }},
      {"lapsed",
       [](Case& c) {
         for (auto& m : c.measures) {
           if (m.kind == GivenMeasure::Kind::met) m.met_before = true;
           if (m.kind == GivenMeasure::Kind::met) m.kind = GivenMeasure::Kind::lapsed;
         }
       }},
  };
  return kLosses;
}

TEST(Decide, LessOrOlderEvidenceOrMoreRiskNeverGivesMore) {
  Cases cases(3);
  std::map<std::string, int> told;
  for (int i = 0; i < kCases / 4; ++i) {
    const Case c = cases.next();
    const AccessAnswer before = decided(c).answer;
    for (const auto& [what, lose] : losses()) {
      Case less = c;
      // What was met without a "before" must not gain one by the change alone.
      lose(less);
      const AccessAnswer after = decided(less).answer;
      ASSERT_LE(after, before) << "case " << i << ": " << what << '\n' << policy_text(c);
      if (after < before) ++told[what];
    }
  }
  EXPECT_EQ(told.size(), losses().size());  // each matters somewhere
}

TEST(Decide, TimeAloneNeverGivesMore) {
  Cases cases(4);
  for (int i = 0; i < kCases / 4; ++i) {
    Case c = cases.next();
    c.days = 0;
    c.suspended_until = c.device_suspended_until = -1;  // these end, as is said
    c.made_at = std::min(c.made_at, c.now);
    c.code_at = std::min(c.code_at, c.now);
    c.passkey_at = std::min(c.passkey_at, c.now);
    const World world = world_of(c);
    AccessAnswer before = decide(*world.snapshot, world.request).answer;
    AccessRequest later = world.request;
    for (const int step : {1, 59, 600, 3600, 40'000, 400'000}) {
      later.context.now += seconds(step);
      const AccessAnswer after = decide(*world.snapshot, later).answer;
      ASSERT_LE(after, before) << "case " << i << " after " << step;
      before = after;
    }
  }
}

/// Somebody who is let in, under a rule that asks for everything.
Case let_in() {
  Case c;
  c.second = c.passkey = 3600;
  c.has_passkey = true;
  c.code_at = c.passkey_at = c.now - 60;
  c.ranges = 3;
  c.address = 0;
  c.japan_only = true;
  c.country = 0;
  c.days = 127;
  c.from = 0;
  c.to = 1440;
  GivenMeasure met;
  met.kind = GivenMeasure::Kind::met;
  met.seen = c.now - 60;
  met.met_until = c.now + 600;
  c.measures = {met, met};
  return c;
}

TEST(Decide, WhatIsAbsentUnknownOrOverDeniesWithItsReason) {
  ASSERT_EQ(decided(let_in()), (AccessDecision{AccessAnswer::allow, {}}));
  const auto first = [](const std::function<void(Case&)>& change) {
    Case c = let_in();
    change(c);
    const AccessDecision decision = decided(c);
    EXPECT_EQ(decision.answer, AccessAnswer::deny);
    return decision.reasons.empty() ? std::string_view() : name(decision.reasons.front().code);
  };
  EXPECT_EQ(first([](Case& c) { c.named = false; }), "resource_unknown");
  EXPECT_EQ(first([](Case& c) { c.good_until = c.now; }), "snapshot_over");
  EXPECT_EQ(first([](Case& c) { c.made_at = c.now + 6; }), "clock_back");
  EXPECT_EQ(first([](Case& c) { c.session_until = -1; }), "session_unknown");
  EXPECT_EQ(first([](Case& c) { c.session_until = c.now; }), "session_over");
  EXPECT_EQ(first([](Case& c) { c.there = false; }), "person_unknown");
  EXPECT_EQ(first([](Case& c) { c.device = false; }), "device_unknown");
  EXPECT_EQ(first([](Case& c) { c.holder = 0; }), "device_of_another");
  EXPECT_EQ(first([](Case& c) { c.proven_until = -1; }), "device_unproven");
  EXPECT_EQ(first([](Case& c) { c.measures[1].kind = GivenMeasure::Kind::never; }),
            "measure_unknown");
  EXPECT_EQ(first([](Case& c) { c.measures[0].met_until = c.now; }), "measure_unknown");
  EXPECT_EQ(first([](Case& c) { c.measures[0].seen = c.now - c.age; }), "measure_old");
  EXPECT_EQ(first([](Case& c) { c.address = -1; }), "network_unknown");
  EXPECT_EQ(first([](Case& c) { c.country = -1; }), "country_unknown");
  EXPECT_EQ(first([](Case& c) { c.risk = -1; }), "risk_unknown");
  EXPECT_EQ(first([](Case& c) {
              c.passkey_at = -1;
              c.has_passkey = false;
            }),
            "passkey_missing");
  // Nothing at all.
  const World world = world_of(let_in());
  EXPECT_EQ(decide(*world.snapshot, {}).answer, AccessAnswer::deny);
  AccessRequest nobody = world.request;
  nobody.party = world.snapshot->party(token_of(8));
  EXPECT_EQ(decide(*world.snapshot, nobody),
            (AccessDecision{AccessAnswer::deny, {{session_unknown}}}));
  EXPECT_EQ(decide(Snapshot({world_of(let_in()).snapshot->policy_shared(), {}, {}, {}}), {}).answer,
            AccessAnswer::deny);
}

// A factor that was shown in one session counts in that one alone.
TEST(Decide, StepUpIsOfThisSessionAndFresh) {
  const Case c = let_in();
  const World world = world_of(c);
  AccessRequest other = world.request;
  other.party.shown = {};
  EXPECT_EQ(decide(*world.snapshot, other),
            (AccessDecision{AccessAnswer::step_up, {{passkey_due}, {second_factor_due}}}));
}

TEST(Decide, GraceEndsWhenItSays) {
  Case c = let_in();
  c.measures[0].kind = GivenMeasure::Kind::failing;
  c.measures[0].met_before = true;
  c.measures[0].met_until = c.now - 100;
  c.measures[0].known_until = c.now + 1000;
  c.measures[0].grace = 120;
  const AccessDecision decision = decided(c);
  ASSERT_EQ(decision.answer, AccessAnswer::allow);
  ASSERT_EQ(decision.reasons.size(), 1U);
  EXPECT_EQ(decision.reasons[0].code, measure_in_grace);
  EXPECT_EQ(decision.reasons[0].until, at(c.now + 20));
  c.measures[0].met_until -= 20;
  EXPECT_EQ(decided(c).answer, AccessAnswer::deny);
  // What was never met has none.
  c.measures[0].met_until += 20;
  c.measures[0].met_before = false;
  EXPECT_EQ(decided(c), (AccessDecision{AccessAnswer::deny, {{measure_failing, 1, {}}}}));
}

TEST(Decide, CodesAreStableAndWordsAreThereInBothLanguages) {
  const World world = world_of(let_in());
  const AccessRule* rule = world.snapshot->policy().rule("thing");
  std::set<std::string> names;
  for (std::size_t i = 0; i < kAccessReasonCodes; ++i) {
    const AccessReason reason{static_cast<AccessReasonCode>(i), 2, at(1'800'000'000)};
    names.emplace(name(reason.code));
    const Text text = words(world.snapshot->policy(), rule, Calendar(), reason);
    EXPECT_FALSE(text.ja.empty() || text.en.empty()) << name(reason.code);
    EXPECT_EQ(text.ja.find('{'), std::string::npos) << text.ja;
    EXPECT_EQ(text.en.find('{'), std::string::npos) << text.en;
    if (name(reason.code).starts_with("measure_")) {
      EXPECT_NE(text.ja.find("5-2"), std::string::npos);
      EXPECT_NE(text.en.find("5-2"), std::string::npos);
    }
    EXPECT_FALSE(words(world.snapshot->policy(), nullptr, Calendar(), reason).en.empty());
  }
  EXPECT_EQ(names.size(), kAccessReasonCodes);
}

TEST(SessionToken, HasOneSpelling) {
  const std::string text = random_token();
  const auto token = SessionToken::parse(text);
  ASSERT_TRUE(token);
  EXPECT_EQ(base64url({reinterpret_cast<const char*>(token->bytes().data()), 32}), text);
  for (const std::string& wrong : {std::string(), text.substr(1), text + "A", text + "=",
                                   std::string(43, '!'), std::string(42, 'A') + "B"})
    EXPECT_FALSE(SessionToken::parse(wrong)) << wrong;
}

// A slot is of the snapshot that gave it: at one that is smaller it is nobody's.
TEST(Snapshot, WhoIsNotInItIsNobody) {
  const World world = world_of(let_in());
  const Snapshot::Frame frame{world.snapshot->policy_shared(), Calendar(), at(1'800'000'000),
                              at(1'900'000'000)};
  SnapshotBuilder builder(frame);
  const PersonSlot person = builder.add(PersonFacts{});
  DeviceFacts facts;
  facts.measures.resize(frame.policy->measures().size());
  const DeviceSlot device = builder.add(facts);
  const auto one = std::move(builder).build();
  EXPECT_NE(one->at(person), nullptr);
  EXPECT_NE(one->at(device), nullptr);
  const Snapshot none(frame);
  EXPECT_EQ(none.at(person), nullptr);
  EXPECT_EQ(none.at(device), nullptr);
  EXPECT_EQ(none.at(DeviceSlot()), nullptr);
  none.prefetch({person, device, {}, Time::max()});
}

TEST(Snapshot, ATokenOfTwoIsNobodys) {
  const World world = world_of(let_in());
  SnapshotBuilder builder(
      {world.snapshot->policy_shared(), Calendar(), at(1'800'000'000), at(1'900'000'000)});
  const PersonSlot one = builder.add(PersonFacts{});
  const PersonSlot two = builder.add(PersonFacts{});
  builder.add(token_of(1), {one, {}, {}, Time::max()});
  builder.add(token_of(2), {one, {}, {}, Time::max()});
  builder.add(token_of(1), {two, {}, {}, Time::max()});
  const auto snapshot = std::move(builder).build();
  EXPECT_EQ(snapshot->party(token_of(1)).until, Time::min());
  EXPECT_EQ(snapshot->party(token_of(2)).until, Time::max());
  EXPECT_FALSE(snapshot->party(token_of(3)).person);
}

}  // namespace
}  // namespace sekisho
