// SPDX-License-Identifier: Apache-2.0
#include "access/live.h"

#include <gtest/gtest.h>

#include <atomic>
#include <random>
#include <set>
#include <thread>

#include "access/test_guideline.h"

namespace sekisho {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr const char* kLivePolicy = R"(
policy: {name: live, about: live}
resources:
  - {id: mail, name: m, kind: application, sensitivity: low, who: {roles: [teleworker]}, device: any, own_devices: true, evidence: 1 day, second_factor: none, measures: ["8-3"]}
  - {id: files, name: f, kind: server, sensitivity: middle, who: {groups: [sales]}, device: registered, own_devices: false, evidence: 2 hours, second_factor: 1 hours, measures: ["8-3", {id: "5-2", grace: 30 minutes}], networks: [10.0.0.0/8]}
)";

std::shared_ptr<const Policy> live_policy(const std::string& text = kLivePolicy) {
  auto policy = read_policy(*parse_yaml("p", text, kPolicyLimits), shipped_guideline());
  if (!policy) throw std::runtime_error(policy.error().front().describe(Lang::en));
  return std::make_shared<const Policy>(std::move(*policy));
}

/// A small firm, which changes by itself.
struct SmallFirm {
  struct Person {
    bool active = true;
    bool teleworker = true;
    bool sales = true;
    Time suspended = Time::min();
  };
  struct Device {
    std::size_t holder = 0;
    DeviceCondition condition = DeviceCondition::active;
    bool own = false;
    Time proven = Time::max();
    Time suspended = Time::min();
    std::vector<MeasureState> measures{};
  };
  std::shared_ptr<const Policy> policy = live_policy();
  std::vector<Person> people;
  std::vector<Device> devices;
  std::size_t first = 0;  // slots are given in another order each time
  Time now{seconds(1'800'000'000)};
  std::chrono::steady_clock::time_point tick{seconds(1000)};

  explicit SmallFirm(std::size_t count) : people(count), devices(count) {
    for (std::size_t i = 0; i < count; ++i) {
      devices[i].holder = i;
      met(devices[i]);
    }
  }
  void met(Device& device) const {
    device.measures.assign(policy->measures().size(),
                           MeasureState::met(now - seconds(60), now + seconds(86'400)));
  }

  std::shared_ptr<const LiveView> view() const {
    SnapshotBuilder builder({policy, Calendar(), now, Time::max()});
    auto made = std::make_shared<LiveView>();
    auto places = std::make_shared<LivePlaces>();
    made->places = places;
    for (std::size_t k = 0; k < people.size(); ++k) {
      const std::size_t i = (k + first) % people.size();
      std::vector<std::string> roles;
      std::vector<std::string> groups;
      if (people[i].teleworker) roles.emplace_back("teleworker");
      if (people[i].sales) groups.emplace_back("sales");
      places->put(LivePerson(static_cast<std::int64_t>(i)),
                  builder.add(PersonFacts{policy->principals_of(roles, groups, ""),
                                          people[i].active, true, false, people[i].suspended}));
    }
    for (std::size_t k = 0; k < devices.size(); ++k) {
      const std::size_t i = (k + 2 * first) % devices.size();
      DeviceFacts facts;
      facts.holder = made->at(LivePerson(static_cast<std::int64_t>(devices[i].holder)));
      facts.condition = devices[i].condition;
      facts.own = devices[i].own;
      facts.copied = false;
      facts.proven_until = devices[i].proven;
      facts.measures = devices[i].measures;
      facts.suspended_until = devices[i].suspended;
      places->put(LiveDevice(static_cast<std::int64_t>(i)), builder.add(facts));
    }
    made->snapshot = std::move(builder).build();
    return made;
  }
  LiveMoment moment() const { return {now, tick}; }

  LiveEntry entry(std::size_t person, std::size_t device, const char* resource) const {
    return {"gate",
            *ResourceId::parse(resource),
            LivePerson(static_cast<std::int64_t>(person)),
            LiveDevice(static_cast<std::int64_t>(device)),
            {now, Time::min()},
            now + seconds(8 * 3600),
            ClientAddress::parse("10.1.2.3")};
  }
  /// The slow reference: as if somebody asked for the first time, of a view made for it alone.
  bool allowed(const LiveEntry& entry) const {
    const auto alone = view();
    AccessRequest request;
    request.party = {alone->at(entry.person), alone->at(entry.device), entry.shown, entry.until};
    request.resource = alone->snapshot->resource(entry.resource.text());
    request.context = {now, entry.from, std::nullopt, ImpersonationRisk::low};
    return decide(*alone->snapshot, request).answer == AccessAnswer::allow;
  }
};

constexpr LiveSessions::Bounds kBounds{milliseconds(1000), milliseconds(5000)};

struct Cuts {
  std::vector<LiveSessions::Cut> all;
  LiveSessions sessions{kBounds, [this](const LiveSessions::Cut& cut) { all.push_back(cut); }};

  std::optional<SessionToken> come(const LiveEntry& entry, const LiveMoment& moment,
                                   const char* handle = "h") {
    const auto entered = sessions.enter(entry, moment);
    if (!entered.token || !sessions.opened(entry.enforcer, *entered.token, handle, moment))
      return std::nullopt;
    return entered.token;
  }
};

AccessReasonCode first_code(const LiveDecision& made) {
  return made.decision.reasons.empty() ? AccessReasonCode::resource_unknown
                                       : made.decision.reasons.front().code;
}

TEST(LiveSessions, NobodyIsLetInBeforeThereIsAView) {
  const SmallFirm firm(1);
  Cuts live;
  const auto entered = live.sessions.enter(firm.entry(0, 0, "mail"), firm.moment());
  EXPECT_FALSE(entered.token);
  EXPECT_EQ(first_code(entered.made), AccessReasonCode::snapshot_over);
}

TEST(LiveSessions, WhereARuleNamesCountriesItIsAskedWhereSomebodyComesFrom) {
  SmallFirm firm(1);
  std::string text = kLivePolicy;
  text.insert(text.find("measures"), "countries: [JP], ");
  firm.policy = live_policy(text);
  std::string where;
  LiveSessions sessions(
      kBounds, [](const LiveSessions::Cut&) {},
      [&](const ClientAddress&) { return CountryCode::parse(where); });
  sessions.publish(firm.view(), firm.moment());
  const auto code = [&] {
    return first_code(sessions.look(firm.entry(0, 0, "mail"), firm.moment()));
  };
  EXPECT_EQ(code(), AccessReasonCode::country_unknown);
  where = "FR";
  EXPECT_EQ(code(), AccessReasonCode::country_elsewhere);
  where = "JP";
  EXPECT_EQ(sessions.look(firm.entry(0, 0, "mail"), firm.moment()).decision.answer,
            AccessAnswer::allow);
}

TEST(LiveSessions, ATokenOpensNothingBeforeItIsOpenedAndOpensOnce) {
  SmallFirm firm(1);
  Cuts live;
  live.sessions.publish(firm.view(), firm.moment());
  const auto entered = live.sessions.enter(firm.entry(0, 0, "mail"), firm.moment());
  ASSERT_TRUE(entered.token);
  const auto from = ClientAddress::parse("10.1.2.3");
  const auto ask = [&] {
    return live.sessions.ask(*entered.token, LiveDevice(0), from, firm.moment());
  };
  EXPECT_EQ(first_code(ask().made), AccessReasonCode::session_unknown);
  EXPECT_TRUE(live.sessions.live().empty());
  EXPECT_FALSE(live.sessions.opened("ssh-db1", *entered.token, "pid 7", firm.moment()));
  EXPECT_TRUE(live.sessions.opened("gate", *entered.token, "pid 7", firm.moment()));
  EXPECT_FALSE(live.sessions.opened("gate", *entered.token, "pid 8", firm.moment()));
  EXPECT_EQ(ask().made.decision.answer, AccessAnswer::allow);
  ASSERT_EQ(live.sessions.live().size(), 1U);
  EXPECT_EQ(live.sessions.live()[0].handle, "pid 7");
  // Another device, none, or an address that the rule doesn't know: this request, not the session.
  EXPECT_EQ(first_code(live.sessions.ask(*entered.token, LiveDevice(1), from, firm.moment()).made),
            AccessReasonCode::device_changed);
  EXPECT_EQ(first_code(live.sessions.ask(*entered.token, {}, from, firm.moment()).made),
            AccessReasonCode::device_unknown);
  EXPECT_EQ(ask().made.decision.answer, AccessAnswer::allow);
  live.sessions.closed("ssh-db1", *entered.token);
  EXPECT_EQ(ask().made.decision.answer, AccessAnswer::allow) << "it is another's";
  live.sessions.closed("gate", *entered.token);
  EXPECT_EQ(first_code(ask().made), AccessReasonCode::session_unknown);
  EXPECT_EQ(live.sessions.size(), 0U);
  EXPECT_TRUE(live.all.empty());
}

TEST(LiveSessions, ATokenThatIsNotOpenedInTimeIsForgotten) {
  SmallFirm firm(1);
  Cuts live;
  live.sessions.publish(firm.view(), firm.moment());
  const auto late = live.sessions.enter(firm.entry(0, 0, "mail"), firm.moment());
  const auto swept = live.sessions.enter(firm.entry(0, 0, "mail"), firm.moment());
  firm.tick += LiveSessions::kOpenedWithin;
  live.sessions.heard(firm.tick);
  EXPECT_FALSE(live.sessions.opened("gate", *late.token, "h", firm.moment()));
  live.sessions.sweep(firm.moment());
  EXPECT_FALSE(live.sessions.opened("gate", *swept.token, "h", firm.moment()));
  EXPECT_TRUE(live.all.empty());  // nobody was in
}

TEST(LiveSessions, WhatRunsOutIsCutByTimeAlone) {
  SmallFirm firm(1);
  firm.devices[0].measures.assign(firm.policy->measures().size(),
                                  MeasureState::met(firm.now, firm.now + seconds(100)));
  Cuts live;
  live.sessions.publish(firm.view(), firm.moment());
  ASSERT_TRUE(live.come(firm.entry(0, 0, "mail"), firm.moment()));
  firm.now += seconds(99);
  live.sessions.sweep(firm.moment());
  EXPECT_TRUE(live.all.empty());
  firm.now += seconds(1);
  live.sessions.sweep(firm.moment());
  ASSERT_EQ(live.all.size(), 1U);
  EXPECT_EQ(first_code(live.all[0].why), AccessReasonCode::measure_unknown);
  EXPECT_FALSE(live.all[0].why.words(*ResourceId::parse("mail")).en.empty());
  live.sessions.sweep(firm.moment());
  EXPECT_EQ(live.all.size(), 1U);  // once
}

TEST(LiveSessions, WithoutNewsNobodyIsLetInAndThenNobodyStays) {
  SmallFirm firm(1);
  Cuts live;
  live.sessions.publish(firm.view(), firm.moment());
  const auto token = live.come(firm.entry(0, 0, "mail"), firm.moment());
  const auto answer = [&] {
    return live.sessions.ask(*token, LiveDevice(0), ClientAddress::parse("10.1.2.3"), firm.moment())
        .made.decision.answer;
  };
  firm.tick += kBounds.answers - milliseconds(1);
  EXPECT_EQ(answer(), AccessAnswer::allow);
  firm.tick += milliseconds(1);
  EXPECT_EQ(answer(), AccessAnswer::deny);
  EXPECT_FALSE(live.come(firm.entry(0, 0, "mail"), firm.moment()));
  live.sessions.sweep(firm.moment());
  EXPECT_TRUE(live.all.empty());
  // What is set back is the clock on the wall, not this one.
  firm.now -= seconds(3);
  live.sessions.heard(firm.tick);
  EXPECT_EQ(answer(), AccessAnswer::allow);
  firm.tick += kBounds.keeps;
  live.sessions.sweep(firm.moment());
  ASSERT_EQ(live.all.size(), 1U);
  EXPECT_EQ(first_code(live.all[0].why), AccessReasonCode::snapshot_over);
}

TEST(LiveSessions, WhenTheClockGoesBackNobodyIsLetInByWhatIsAhead) {
  SmallFirm firm(1);
  Cuts live;
  live.sessions.publish(firm.view(), firm.moment());
  firm.now -= seconds(3600);
  const auto entered = live.sessions.enter(firm.entry(0, 0, "mail"), firm.moment());
  EXPECT_EQ(first_code(entered.made), AccessReasonCode::clock_back);
}

/// One change of the firm at random.
void change(SmallFirm& firm, std::mt19937& random) {
  const auto below = [&](std::size_t n) { return random() % n; };
  auto& person = firm.people[below(firm.people.size())];
  auto& device = firm.devices[below(firm.devices.size())];
  switch (below(12)) {
    case 0: person.active = below(4) != 0; break;
    case 1: person.teleworker = below(4) != 0; break;
    case 2: person.sales = below(4) != 0; break;
    case 3: person.suspended = below(2) != 0 ? Time::min() : firm.now + seconds(below(4000)); break;
    case 4:
      device.condition = static_cast<DeviceCondition>(below(8) == 0 ? 1 + below(2) : 0);
      break;
    case 5: device.own = below(4) == 0; break;
    case 6: device.suspended = below(2) != 0 ? Time::min() : firm.now + seconds(below(4000)); break;
    case 7: device.proven = firm.now + seconds(below(20'000)); break;
    case 8: device.holder = below(firm.people.size()); break;
    case 9:
      device.measures[below(device.measures.size())] = MeasureState::failing(
          firm.now + seconds(3600), std::pair(firm.now - seconds(60), firm.now));
      break;
    case 10: firm.first = below(firm.people.size()); break;
    default: firm.met(device); break;
  }
}

TEST(LiveSessions, WhatIsLiveIsExactlyWhatIsAllowed) {
  std::mt19937 random(7);
  SmallFirm firm(12);
  Cuts live;
  std::map<std::string, LiveEntry> in;  // the reference, by handle
  std::size_t cut = 0;
  std::size_t refused = 0;
  live.sessions.publish(firm.view(), firm.moment());
  for (int round = 0; round < 1500; ++round) {
    // Somebody comes, of whom most may.
    const std::size_t person = random() % firm.people.size();
    const std::size_t device = random() % 6 == 0 ? random() % firm.devices.size() : person;
    const LiveEntry entry = firm.entry(person, device, random() % 2 == 0 ? "mail" : "files");
    const std::string handle = std::to_string(round);
    const bool came = live.come(entry, firm.moment(), handle.c_str()).has_value();
    ASSERT_EQ(came, firm.allowed(entry)) << round;
    if (came) in.emplace(handle, entry);
    refused += came ? 0 : 1;
    if (random() % 2 == 0) {
      change(firm, random);
      live.sessions.publish(firm.view(), firm.moment());
    } else {
      firm.now += seconds(random() % 300);
      live.sessions.sweep(firm.moment());
    }
    std::set<std::string> cuts;
    for (const auto& one : live.all) ASSERT_TRUE(cuts.insert(one.session.handle).second);
    live.all.clear();
    for (auto one = in.begin(); one != in.end();) {
      const bool stays = firm.allowed(one->second);
      ASSERT_EQ(cuts.contains(one->first), !stays) << round;
      cut += stays ? 0 : 1;
      one = stays ? std::next(one) : in.erase(one);
    }
    std::set<std::string> there;
    for (const LiveSession& one : live.sessions.live()) there.insert(one.handle);
    std::set<std::string> expected;
    for (const auto& [name, one] : in) expected.insert(name);
    ASSERT_EQ(there, expected) << round;
  }
  EXPECT_GT(cut, 150U);
  EXPECT_GT(refused, 100U);
}

// suspension_race: decided before a suspension, finished after it.
TEST(LiveSessions, SuspensionRace) {
  SmallFirm firm(1);
  Cuts live;
  live.sessions.publish(firm.view(), firm.moment());
  const auto entered = live.sessions.enter(firm.entry(0, 0, "mail"), firm.moment());
  ASSERT_TRUE(entered.token);
  firm.people[0].suspended = Time::max();
  live.sessions.publish(firm.view(), firm.moment());
  EXPECT_FALSE(live.sessions.opened("gate", *entered.token, "h", firm.moment()));
}

TEST(LiveSessions, SuspensionRaceOfThreads) {
  SmallFirm firm(4);
  const LiveMoment moment = firm.moment();
  const auto before = firm.view();
  for (auto& person : firm.people) person.suspended = Time::max();
  const auto after = firm.view();
  std::size_t born = 0;
  for (int round = 0; round < 60; ++round) {
    std::atomic<int> cuts = 0;
    LiveSessions sessions(kBounds, [&](const LiveSessions::Cut&) { ++cuts; });
    sessions.publish(before, moment);
    std::atomic<bool> acknowledged = false;
    std::atomic<int> opened = 0;
    std::atomic<bool> late = false;
    {
      std::vector<std::jthread> threads;
      for (std::size_t i = 0; i < 3; ++i)
        threads.emplace_back([&, i](const std::stop_token& quit) {
          while (!quit.stop_requested()) {
            const bool was = acknowledged;
            const auto entered = sessions.enter(firm.entry(i, i, "mail"), moment);
            if (!entered.token) continue;
            if (!sessions.opened("gate", *entered.token, "h", moment)) continue;
            ++opened;
            if (was) late = true;
          }
        });
      while (opened < 5) std::this_thread::yield();
      sessions.publish(after, moment);
      acknowledged = true;
      // Nothing is left, however the threads stand at this moment.
      EXPECT_EQ(sessions.size(), 0U);
      std::this_thread::yield();
    }
    EXPECT_FALSE(late);
    EXPECT_EQ(sessions.size(), 0U);
    EXPECT_EQ(cuts, opened);
    born += static_cast<std::size_t>(opened);
  }
  EXPECT_GT(born, 60U);
}

TEST(LiveSessions, WhatArrivesAgainstSomebodyAsksThemAndAStepUpLetsThemStay) {
  SmallFirm firm(2);
  Cuts live;
  live.sessions.publish(firm.view(), firm.moment());
  LiveEntry long_ago = firm.entry(0, 0, "mail");
  long_ago.shown = {firm.now - seconds(9 * 3600), Time::min()};
  ASSERT_TRUE(live.come(long_ago, firm.moment()));
  ASSERT_TRUE(live.come(firm.entry(1, 1, "mail"), firm.moment()));
  const auto board = [&](std::initializer_list<RiskSignal> list) {
    RiskSignals signs;
    for (const RiskSignal one : list) signs.set(static_cast<std::size_t>(one));
    auto made = std::make_shared<RiskBoard>();
    made->put(LivePerson{0}, {signs, {}, {}});
    return made;
  };
  // High: whoever showed no factor lately is asked, others go on.
  live.sessions.publish(board({RiskSignal::factor_flood}), firm.moment());
  ASSERT_EQ(live.all.size(), 1U);
  EXPECT_EQ(live.all[0].session.entry.person, LivePerson{0});
  EXPECT_EQ(first_code(live.all[0].why), AccessReasonCode::risk_high);
  const std::string said = live.all[0].why.words(*ResourceId::parse("mail")).en;
  EXPECT_NE(said.find("- The second factor was refused again and again"), std::string::npos);
  EXPECT_EQ(live.sessions.look(long_ago, firm.moment()).decision.answer, AccessAnswer::step_up);
  const LiveEntry shown = firm.entry(0, 0, "mail");  // a code, just now
  EXPECT_EQ(live.sessions.look(shown, firm.moment()).decision.answer, AccessAnswer::allow);
  // Two kinds: nothing that is shown helps.
  live.sessions.publish(board({RiskSignal::factor_flood, RiskSignal::loss_reported}),
                        firm.moment());
  EXPECT_EQ(first_code(live.sessions.look(shown, firm.moment())), AccessReasonCode::risk_confirmed);
  // Silenced, it counts no more.
  auto silent = board({RiskSignal::factor_flood});
  RiskSignals flood;
  flood.set(static_cast<std::size_t>(RiskSignal::factor_flood));
  silent->silence(flood);
  live.sessions.publish(silent, firm.moment());
  EXPECT_EQ(live.sessions.look(long_ago, firm.moment()).decision.answer, AccessAnswer::allow);
  // What its beginning showed stays with a session.
  LiveEntry odd = long_ago;
  odd.signs.set(static_cast<std::size_t>(RiskSignal::very_unlike));
  EXPECT_EQ(live.sessions.look(odd, firm.moment()).decision.answer, AccessAnswer::step_up);
}

/// Whatever is added to what speaks against somebody, no answer gives more.
TEST(LiveSessions, MoreSignsNeverGiveMore) {
  std::mt19937 random(5);
  const SmallFirm firm(1);
  Cuts live;
  live.sessions.publish(firm.view(), firm.moment());
  std::set<AccessAnswer> answers;
  for (int i = 0; i < 3000; ++i) {
    LiveEntry entry = firm.entry(0, 0, i % 2 == 0 ? "mail" : "files");
    entry.shown.code = firm.now - seconds(random() % (10 * 3600));
    entry.signs = RiskSignals(random() & random() & random());
    LiveEntry worse = entry;
    worse.signs |= RiskSignals(random() & random());
    const AccessAnswer before = live.sessions.look(entry, firm.moment()).decision.answer;
    ASSERT_LE(live.sessions.look(worse, firm.moment()).decision.answer, before);
    answers.insert(before);
  }
  EXPECT_EQ(answers.size(), 3U);
}

}  // namespace
}  // namespace sekisho
