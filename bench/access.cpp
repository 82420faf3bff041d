// SPDX-License-Identifier: Apache-2.0
// Decisions a second on one core, with 100,000 people, devices and sessions and 200 resources: the
// limit stands beside what was measured.
#include <random>

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "access/live.h"
#include "base/crypto.h"
#include "guideline/embedded.h"

namespace {

using namespace sekisho;
using std::chrono::hours;

constexpr std::size_t kMany = 100'000;
constexpr std::size_t kResources = 200;
constexpr double kLeast = 2'000'000;
const Time kNow{std::chrono::seconds(1'800'000'000)};

std::shared_ptr<const Policy> some_policy() {
  static const Guideline guideline = *load_guideline(embedded_guideline());
  std::string text = "policy: {name: bench, about: bench}\nresources:\n";
  for (std::size_t i = 0; i < kResources; ++i)
    text += fmt::format(
        "  - {{id: r{}, name: r, kind: application, sensitivity: middle, who: {{roles: "
        "[teleworker]}}, device: registered, own_devices: false, evidence: 7 days, second_factor: "
        "12 hours, measures: [\"5-1\", \"5-2\", \"2-1\", \"8-3\", SK-worker-K2, SK-admin-I6], "
        "hours: "
        "{{days: [sun, mon, tue, wed, thu, fri, sat], from: \"00:00\", to: \"24:00\"}}, networks: "
        "[10.0.0.0/8, 192.0.2.0/24]}}\n",
        i);
  return std::make_shared<const Policy>(
      *read_policy(*parse_yaml("bench", text, kPolicyLimits), guideline));
}

/// A firm, and the requests of its people in no order.
struct Firm {
  std::shared_ptr<const Snapshot> snapshot;
  std::vector<std::pair<SessionToken, ResourceSlot>> requests;
  std::vector<DeviceSlot> devices;
};

/// `failing`: of so many devices in a hundred one measure fails.
Firm firm(unsigned failing) {
  const auto policy = some_policy();
  SnapshotBuilder builder({policy, Calendar(), kNow, kNow + hours(1)});
  const Principals teleworker = policy->principals_of({"teleworker"}, {}, "");
  std::vector<SessionToken> tokens;
  std::vector<DeviceSlot> slots;
  for (std::size_t i = 0; i < kMany; ++i) {
    const PersonSlot person = builder.add(PersonFacts{teleworker, true, true, false});
    DeviceFacts device;
    device.holder = person;
    device.condition = DeviceCondition::active;
    device.own = device.copied = false;
    device.proven_until = kNow + hours(1000);
    device.measures.assign(policy->measures().size(),
                           MeasureState::met(kNow - hours(1), kNow + hours(24)));
    if (i % 100 < failing) device.measures[3] = MeasureState::failing(kNow + hours(24));
    const DeviceSlot slot = builder.add(device);
    slots.push_back(slot);
    tokens.push_back(*SessionToken::of_bytes(random_bytes(SessionToken::kBytes)));
    builder.add(tokens.back(), {person, slot, {kNow - hours(2), Time::min()}, kNow + hours(8)});
  }
  Firm made{std::move(builder).build(), {}, std::move(slots)};
  std::mt19937_64 random(1);
  for (std::size_t i = 0; i < kMany * 4; ++i)
    made.requests.emplace_back(tokens[random() % kMany],
                               made.snapshot->resource(fmt::format("r{}", random() % kResources)));
  return made;
}

void decide_access(benchmark::State& state) {
  const Firm all = firm(static_cast<unsigned>(state.range(0)));
  const AccessContext context{.now = kNow,
                              .from = ClientAddress::parse("192.0.2.7"),
                              .country = std::nullopt,
                              .risk = ImpersonationRisk::low};
  std::size_t next = 0;
  std::size_t allowed = 0;
  for (auto _ : state) {
    const auto& [token, resource] = all.requests[next];
    next = next + 1 == all.requests.size() ? 0 : next + 1;
    const AccessDecision decision =
        decide(*all.snapshot, {all.snapshot->party(token), resource, context});
    allowed += decision.answer == AccessAnswer::allow ? 1 : 0;
  }
  const auto made = static_cast<double>(state.iterations());
  state.counters["decisions"] = benchmark::Counter(made, benchmark::Counter::kIsRate);
  state.counters["limit"] = kLeast;
  state.counters["allowed%"] = 100.0 * static_cast<double>(allowed) / made;
}
BENCHMARK(decide_access)->Arg(0)->Arg(10);

void build_snapshot(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(firm(10));
}
BENCHMARK(build_snapshot)->Unit(benchmark::kMillisecond);

/// A snapshot after one device changed: it shares all else with the one before.
void change_one_device(benchmark::State& state) {
  Firm all = firm(10);
  std::mt19937_64 random(2);
  for (auto _ : state) {
    SnapshotBuilder builder(*all.snapshot,
                            {all.snapshot->policy_shared(), Calendar(), kNow, kNow + hours(1)});
    DeviceFacts device;
    device.condition = DeviceCondition::lost;
    builder.set(all.devices[random() % kMany], device);
    all.snapshot = std::move(builder).build();
  }
}
BENCHMARK(change_one_device)->Unit(benchmark::kMicrosecond);

/// The risk of whoever asks, and the decision with it, while something speaks against one in so
/// many of the people, and of the addresses that they come from.
void decide_with_risk(benchmark::State& state) {
  const Firm all = firm(0);
  RiskBoard board;
  RiskSignals guessed;
  guessed.set(static_cast<std::size_t>(RiskSignal::guessing_elsewhere));
  const auto every = static_cast<std::size_t>(state.range(0));
  for (std::size_t i = 0; i < kMany; i += every) {
    board.put(LivePerson(static_cast<std::int64_t>(i)), {guessed, {}, {}});
    board.put(RiskValue::numbered(i), guessed);
  }
  AccessContext context{.now = kNow,
                        .from = ClientAddress::parse("192.0.2.7"),
                        .country = std::nullopt,
                        .risk = std::nullopt};
  std::size_t next = 0;
  std::size_t allowed = 0;
  for (auto _ : state) {
    const auto& [token, resource] = all.requests[next];
    const auto number = static_cast<std::int64_t>(next * 7919 % kMany);
    next = next + 1 == all.requests.size() ? 0 : next + 1;
    const AccessParty party = all.snapshot->party(token);
    all.snapshot->prefetch(party);  // as LiveSessions does
    context.risk =
        risk_of(board.signs(LivePerson(number), LiveDevice(number), RiskValue::numbered(next)) &
                ~board.silenced());
    const AccessDecision decision = decide(*all.snapshot, {party, resource, context});
    allowed += decision.answer == AccessAnswer::allow ? 1 : 0;
  }
  const auto made = static_cast<double>(state.iterations());
  state.counters["decisions"] = benchmark::Counter(made, benchmark::Counter::kIsRate);
  state.counters["limit"] = kLeast;
  state.counters["allowed%"] = 100.0 * static_cast<double>(allowed) / made;
}
BENCHMARK(decide_with_risk)->Arg(100)->Arg(1);

/// All that is live, decided anew because of another snapshot: the limit is a second.
void decide_live_anew(benchmark::State& state) {
  const auto policy = some_policy();
  const LiveMoment moment{kNow, std::chrono::steady_clock::time_point(hours(1))};
  const auto view = [&](bool failing) {
    SnapshotBuilder builder({policy, Calendar(), kNow, Time::max()});
    auto made = std::make_shared<LiveView>();
    auto places = std::make_shared<LivePlaces>();
    made->places = places;
    const Principals teleworker = policy->principals_of({"teleworker"}, {}, "");
    for (std::size_t i = 0; i < kMany; ++i) {
      const auto number = static_cast<std::int64_t>(i);
      const PersonSlot person = builder.add(PersonFacts{teleworker, true, true, false});
      places->put(LivePerson(number), person);
      DeviceFacts device;
      device.holder = person;
      device.condition = DeviceCondition::active;
      device.own = device.copied = false;
      device.proven_until = kNow + hours(1000);
      device.measures.assign(policy->measures().size(),
                             MeasureState::met(kNow - hours(1), kNow + hours(24)));
      // One in a thousand is cut.
      if (failing && i % 1000 == 0) device.measures[3] = MeasureState::failing(kNow + hours(24));
      places->put(LiveDevice(number), builder.add(device));
    }
    made->snapshot = std::move(builder).build();
    return std::shared_ptr<const LiveView>(std::move(made));
  };
  const auto sound = view(false);
  const auto worse = view(true);
  double cuts = 0;
  double longest = 0;
  for (auto _ : state) {
    state.PauseTiming();
    std::size_t cut = 0;
    LiveSessions sessions({std::chrono::seconds(5), std::chrono::seconds(5)},
                          [&](const LiveSessions::Cut&) { ++cut; });
    sessions.publish(sound, moment);
    for (std::size_t i = 0; i < kMany; ++i) {
      const auto number = static_cast<std::int64_t>(i);
      const auto entered = sessions.enter({"gate",
                                           *ResourceId::parse(fmt::format("r{}", i % kResources)),
                                           LivePerson(number),
                                           LiveDevice(number),
                                           {kNow - hours(2), Time::min()},
                                           kNow + hours(8),
                                           ClientAddress::parse("192.0.2.7")},
                                          moment);
      if (!entered.token || !sessions.opened("gate", *entered.token, "h", moment)) std::abort();
    }
    state.ResumeTiming();
    const auto begun = std::chrono::steady_clock::now();
    sessions.publish(worse, moment);
    longest = std::max(
        longest, std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begun)
                     .count());
    cuts = static_cast<double>(cut);
    state.PauseTiming();
    if (sessions.size() + cut != kMany) std::abort();
    state.ResumeTiming();
  }
  state.counters["sessions"] = static_cast<double>(kMany);
  state.counters["cut"] = cuts;
  state.counters["longest_ms"] = longest;
  state.counters["limit_ms"] = 1000;
}
BENCHMARK(decide_live_anew)->Unit(benchmark::kMillisecond)->Iterations(3);

}  // namespace

BENCHMARK_MAIN();
