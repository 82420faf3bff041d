// SPDX-License-Identifier: Apache-2.0
// How well the risk of impersonation tells attackers from people, and what it costs people: over an
// organisation that is made up (risk_people.h), or, given the public data set's CSV, over that.
//   sekisho_risk_bench [FILE]
#include <algorithm>
#include <array>
#include <chrono>
#include <fstream>
#include <iostream>
#include <map>

#include <fmt/format.h>

#include "access/risk.h"
#include "access/risk_csv.h"
#include "risk_people.h"

namespace {

using namespace sekisho;

constexpr std::size_t kPeople = 1000;
constexpr int kDays = 90;
/// Of so many sign-ins of people one is that of an attacker: for the precision alone.
constexpr double kAttacksAreOneIn = 1000;

/// By how many sign-ins are known before.
constexpr std::array<std::uint32_t, 5> kPasts{0, 5, 9, 16, 41};
constexpr std::array<std::string_view, 5> kPastNames{"0 to 4", "5 to 8", "9 to 15", "16 to 40",
                                                     "41 and more"};
std::size_t past_of(const RiskHistory& history, RiskPerson person) {
  const PersonHabits* habits = history.habits(person);
  const std::uint32_t count = habits == nullptr ? 0 : habits->sign_ins();
  std::size_t past = 0;
  while (past + 1 < kPasts.size() && kPasts.at(past + 1) <= count) ++past;
  return past;
}

/// What came of many attempts of one sort.
class Tally {
 public:
  void add(RiskPerson person, const AssessedRisk& risk) {
    ++all_;
    for (std::size_t i = 0; i < 4; ++i)
      at_least_.at(i) += static_cast<std::size_t>(risk.risk) >= i ? 1U : 0U;
    if (risk.unlikeness) {
      ratios_.push_back(*risk.unlikeness);
      by_person_[person].push_back(*risk.unlikeness);
    }
    for (const RiskSign& sign : risk.signs) ++signs_.at(static_cast<std::size_t>(sign.signal));
  }
  double share(ImpersonationRisk risk) const {
    return part(at_least_.at(static_cast<std::size_t>(risk)));
  }
  double share(RiskSignal signal) const {
    return part(signs_.at(static_cast<std::size_t>(signal)));
  }
  std::size_t all() const { return all_; }
  /// The ratio that so large a share of them reach.
  double reached_by(double share) const {
    if (ratios_.empty()) return 0;
    std::vector<double> sorted = ratios_;
    std::ranges::sort(sorted, std::greater());
    const auto at = static_cast<std::size_t>(share * static_cast<double>(sorted.size()));
    return sorted[std::min(at, sorted.size() - 1)];
  }
  double reaching(double ratio) const { return reach(ratios_, ratio); }
  /// Of people's own shares the one in the middle.
  double median_reaching(double ratio) const {
    std::vector<double> shares;
    for (const auto& [person, ratios] : by_person_)
      if (ratios.size() >= 4) shares.push_back(reach(ratios, ratio));
    if (shares.empty()) return 0;
    std::ranges::sort(shares);
    return shares[shares.size() / 2];
  }

 private:
  static double reach(const std::vector<double>& ratios, double ratio) {
    const auto count = std::ranges::count_if(ratios, [&](double one) { return one >= ratio; });
    return ratios.empty() ? 0 : static_cast<double>(count) / static_cast<double>(ratios.size());
  }
  double part(std::size_t count) const {
    return all_ == 0 ? 0 : static_cast<double>(count) / static_cast<double>(all_);
  }
  std::size_t all_ = 0;
  std::array<std::size_t, 4> at_least_{};
  std::array<std::size_t, kRiskSignals> signs_{};
  std::vector<double> ratios_;
  std::map<RiskPerson, std::vector<double>> by_person_;
};

using ByPast = std::array<Tally, kPasts.size()>;
constexpr std::array<std::string_view, bench::kAttackers> kAttackerNames{"naive", "vpn", "targeted",
                                                                         "spraying"};
/// Read off the charts of das-group/rba-dataset, about 0.03 either way.
constexpr std::array<std::string_view, bench::kAttackers> kPublished{"0.08", "0.16", "0.17", "-"};

struct Outcome {
  Tally people;
  ByPast people_by_past;
  std::array<Tally, bench::kAttackers> attackers;
  std::array<ByPast, bench::kAttackers> attackers_by_past;
};

/// What the device shows is silenced where nobody's browser can show one.
RiskSignals without_devices() {
  RiskSignals silenced;
  silenced.set(static_cast<std::size_t>(RiskSignal::new_device));
  return silenced;
}

Outcome simulate(RiskSignals silenced) {
  bench::People people(kPeople, 1);
  RiskHistory history;
  Outcome outcome;
  std::mt19937_64 random(2);
  for (int day = 0; day < kDays; ++day) {
    for (const SignIn& one : people.day(day)) {
      const std::size_t past = past_of(history, one.person);
      if (one.end == SignInEnd::signed_in) {
        const AssessedRisk risk = assess_risk(history, one, {}, silenced);
        outcome.people.add(one.person, risk);
        outcome.people_by_past.at(past).add(one.person, risk);
        const bool attacked = random() % 8 == 0;
        for (std::size_t kind = 0; attacked && kind < bench::kAttackers; ++kind) {
          const auto attack = people.attack(static_cast<bench::Attacker>(kind), one);
          // What is refused stays known, as on a server that is attacked all day.
          history.learn(attack.before);
          const AssessedRisk taken = assess_risk(history, attack.attempt, {}, silenced);
          outcome.attackers.at(kind).add(one.person, taken);
          outcome.attackers_by_past.at(kind).at(past).add(one.person, taken);
        }
      }
      history.learn({one});
    }
  }
  return outcome;
}

void print_outcome(const Outcome& outcome) {
  using enum ImpersonationRisk;
  fmt::print("  {:<12} {:>9} {:>8} {:>8} {:>10} {:>20}\n", "", "attempts", "raised+", "high+",
             "confirmed", "precision of both");
  const auto row = [&](std::string_view name, const Tally& tally, bool attack) {
    fmt::print("  {:<12} {:>9} {:>8.3f} {:>8.3f} {:>10.3f}", name, tally.all(), tally.share(raised),
               tally.share(high), tally.share(confirmed));
    const auto precision = [&](ImpersonationRisk risk) {
      const double found = tally.share(risk);
      return found == 0 ? 0 : found / (found + outcome.people.share(risk) * kAttacksAreOneIn);
    };
    if (attack) fmt::print(" {:>11.3f} {:>8.3f}", precision(raised), precision(high));
    fmt::print("\n");
  };
  row("people", outcome.people, false);
  for (std::size_t i = 0; i < bench::kAttackers; ++i)
    row(kAttackerNames.at(i), outcome.attackers.at(i), true);
  fmt::print("  by sign-ins known before (raised or more): people, then attackers\n");
  for (std::size_t past = 0; past < kPasts.size(); ++past) {
    fmt::print("  {:<12} {:>9} {:>8.3f}", kPastNames.at(past),
               outcome.people_by_past.at(past).all(),
               outcome.people_by_past.at(past).share(raised));
    for (std::size_t i = 0; i < bench::kAttackers; ++i)
      fmt::print("  {} {:.3f}", kAttackerNames.at(i),
                 outcome.attackers_by_past.at(i).at(past).share(raised));
    fmt::print("\n");
  }
}

void print_signs(const Outcome& outcome) {
  fmt::print("  signs of people, then of attackers\n");
  for (std::size_t i = 0; i < kRiskSignals; ++i) {
    const auto signal = static_cast<RiskSignal>(i);
    const bool any = outcome.people.share(signal) > 0 ||
                     std::ranges::any_of(outcome.attackers,
                                         [&](const Tally& one) { return one.share(signal) > 0; });
    if (!any) continue;
    fmt::print("  {:<20} {:>7.4f}", name(signal), outcome.people.share(signal));
    for (const Tally& one : outcome.attackers) fmt::print(" {:>7.4f}", one.share(signal));
    fmt::print("\n");
  }
}

/// The ratio alone, as it is published: how often people are asked where so many attackers are
/// found.
void print_ratio(const Outcome& outcome) {
  fmt::print(
      "Ratio alone, 9 to 15 sign-ins known: how often people are asked again (median of people, "
      "all "
      "together)\n  where 98 in 100 and 995 in 1000 attackers are found; published at 12, 98 in "
      "100 (other people, so no comparison of methods)\n");
  for (std::size_t i = 0; i < bench::kAttackers; ++i) {
    const Tally& attacks = outcome.attackers_by_past.at(i)[2];
    const Tally& people = outcome.people_by_past[2];
    const double some = attacks.reached_by(0.98);
    const double more = attacks.reached_by(0.995);
    fmt::print("  {:<12} {:.2f} {:.2f}   {:.2f} {:.2f}   published {}\n", kAttackerNames.at(i),
               people.median_reaching(some), people.reaching(some), people.median_reaching(more),
               people.reaching(more), kPublished.at(i));
  }
}

void print_speed() {
  bench::People people(kPeople, 3);
  RiskHistory history;
  std::vector<SignIn> all;
  for (int day = 0; day < 20; ++day) {
    const auto more = people.day(day);
    all.insert(all.end(), more.begin(), more.end());
  }
  const auto begin = std::chrono::steady_clock::now();
  std::size_t points = 0;
  for (const SignIn& one : all) {
    points += static_cast<std::size_t>(assess_risk(history, one).points);
    history.learn({one});
  }
  const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - begin;
  fmt::print("Assess and learn: {:.1f} us each ({} points)\n",
             took.count() / static_cast<double>(all.size()), points);
}

/// Rows in the order of the file, which is that of time.
int replay(const char* path) {
  std::ifstream file(path);
  std::string line;
  if (!std::getline(file, line)) {
    fmt::print(stderr, "{}: can't be read\n", path);
    return 1;
  }
  const auto take_return = [&] {
    if (line.ends_with('\r')) line.pop_back();
  };
  take_return();
  const auto csv = RiskCsv::begin(line);
  if (!csv) {
    fmt::print(stderr, "{}: {}\n", path, csv.error().describe(Lang::en));
    return 1;
  }
  RiskHistory history(Calendar::utc(), {.people = 1'000'000, .values = 2'000'000});
  Tally people;
  Tally attackers;
  Tally takeovers;
  std::size_t refused = 0;
  std::size_t backwards = 0;
  Time last = Time::min();
  while (std::getline(file, line)) {
    take_return();
    const auto row = csv->row(line);
    if (!row) {
      ++refused;
      continue;
    }
    backwards += row->attempt.at < last ? 1U : 0U;
    last = row->attempt.at;
    if (const AssessedRisk risk = assess_risk(history, row->attempt); risk.unlikeness) {
      if (row->takeover) takeovers.add(row->attempt.person, risk);
      if (row->of_attacker) attackers.add(row->attempt.person, risk);
      if (!row->of_attacker && !row->takeover && row->attempt.end == SignInEnd::signed_in)
        people.add(row->attempt.person, risk);
    }
    // What was an attacker's makes nobody's habits.
    if (!row->of_attacker && !row->takeover) history.learn({row->attempt});
  }
  fmt::print("{} lines could not be read, {} were older than the one before\n", refused, backwards);
  fmt::print("Of people of whom at least {} sign-ins are known:\n", RiskHistory::kFewest);
  const auto print = [](std::string_view name, const Tally& tally) {
    fmt::print("  {:<14} {:>10} raised+ {:.3f} high+ {:.3f} confirmed {:.3f}\n", name, tally.all(),
               tally.share(ImpersonationRisk::raised), tally.share(ImpersonationRisk::high),
               tally.share(ImpersonationRisk::confirmed));
  };
  print("people", people);
  print("attackers", attackers);
  print("takeovers", takeovers);
  for (const double share : {0.98, 0.995})
    fmt::print("  ratio alone, {} of attackers found: people asked again {:.3f}\n", share,
               people.reaching(attackers.reached_by(share)));
  return 0;
}

}  // namespace

int main(int count, char** arguments) {
  if (count > 1) return replay(arguments[1]);
  fmt::print("Risk of impersonation: {} made-up people, {} days. {}\n", kPeople, kDays,
             bench::marginals());
  fmt::print(
      "Raised or more of people is the re-authentication rate, of attackers the recall. Precision "
      "where one in {:.0f} sign-ins is an attacker's with the password.\n",
      kAttacksAreOneIn + 1);
  const Outcome all = simulate({});
  fmt::print("All signs, the attacker without a device of the person's:\n");
  print_outcome(all);
  print_signs(all);
  fmt::print("Without what the device shows:\n");
  print_outcome(simulate(without_devices()));
  print_ratio(all);
  print_speed();
  return 0;
}
