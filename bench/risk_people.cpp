// SPDX-License-Identifier: Apache-2.0
#include "risk_people.h"

#include <algorithm>

#include <fmt/format.h>

namespace bench {
namespace {

using namespace sekisho;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

// 2026-04-01, midnight in Japan.
const Time kStart{seconds(1'775'055'600)};
constexpr unsigned kProviders = 8;
constexpr std::array<double, kProviders> kProviderShares{25, 20, 15, 12, 10, 8, 6, 4};
constexpr unsigned kCarrierAddresses = 40;
constexpr std::array<std::string_view, 8> kAbroad{"US", "CN", "KR", "TW", "SG", "TH", "VN", "DE"};

SignInOrigin at(const std::string& address, const std::string& system, std::string_view country) {
  SignInOrigin made{.address = RiskValue::of(address)};
  made.system = RiskValue::of(system);
  made.country = RiskValue::of(country);
  if (country == "JP") made.point = GeoPoint{35.7, 139.7};
  return made;
}

}  // namespace

std::string_view marginals() {
  return R"(Assumed, not measured: 45 in 100 people work mostly in the office, 35 at home, 20 on the move.
  Places: office worker 85 office, 8 home, 5 mobile, 2 elsewhere; home worker 8, 77, 12, 3; on the move 22, 25, 43, 10.
  Two exits of the office; 8 providers, a new address at home every 14 days or so; 3 mobile carriers of 40 shared addresses.
  15 in 100 go through the office's VPN from anywhere; 3 in 100 use a commercial VPN for a third of their sign-ins.
  4 in 100 are abroad for 5 days; 8 in 100 get a new computer. 1.3 sign-ins a working day, 0.08 on others; 2 in 100 at night.
  Windows 70, Mac 15, Linux 3 and others a telephone only; 70 also have a telephone (half of them registered). Browsers
  change their version every 28 days. 5 in 100 sign-ins follow one to three wrong passwords, 1 in 100 a refused factor.
  Attackers have the password. naive: hosting abroad, any agent. vpn: hosting in the country, any agent. targeted: a home
  provider in the country and the person's own agent. spraying: hosting in the country, 12 others refused in that hour.)";
}

People::People(std::size_t count, unsigned seed) : random_(seed) {
  for (std::size_t i = 0; i < count; ++i) people_.push_back(person());
}

std::size_t People::pick(std::span<const double> shares) {
  return std::discrete_distribution<std::size_t>(shares.begin(), shares.end())(random_);
}

People::Computer People::computer() {
  constexpr std::array<double, 4> kSystems{70, 15, 3, 12};
  constexpr std::array<double, 4> kBrowsers{45, 40, 8, 7};
  constexpr std::array<std::string_view, 4> kSystemNames{"Windows", "Mac", "Linux", "iPad"};
  constexpr std::array<std::string_view, 4> kNames{"Chrome", "Edge", "Firefox", "Other"};
  Computer made{std::string(kSystemNames.at(pick(kSystems))),
                std::string(kNames.at(pick(kBrowsers))), false, RiskDevice{++devices_}};
  if (made.system == "Mac" && chance(0.5)) made.browser = "Safari";
  if (made.system == "iPad") made.browser = "Safari";
  return made;
}

People::Computer People::telephone() {
  const bool apple = chance(0.65);
  Computer made{apple ? "iOS" : "Android", apple ? "Safari Mobile" : "Chrome Mobile", true, {}};
  if (chance(0.5)) made.device = RiskDevice{++devices_};
  return made;
}

People::Person People::person() {
  constexpr std::array<double, 3> kKinds{45, 35, 20};
  constexpr std::array<std::array<double, 4>, 3> kPlaces{
      {{85, 8, 5, 2}, {8, 77, 12, 3}, {22, 25, 43, 10}}};
  Person made;
  made.places = kPlaces.at(pick(kKinds));
  made.own_vpn = chance(0.15);
  made.other_vpn = chance(0.03);
  made.provider = static_cast<unsigned>(pick(kProviderShares));
  made.home = below(1'000'000);
  made.computer = computer();
  if (chance(0.7)) made.telephone = telephone();
  if (chance(0.04)) made.abroad_from = static_cast<int>(below(90));
  made.abroad = below(kAbroad.size());
  if (chance(0.08)) made.new_computer = static_cast<int>(below(90));
  return made;
}

SignInOrigin People::origin(const Person& person, std::size_t place, bool abroad) {
  if (person.own_vpn && place != 0 && chance(0.8)) place = 0;
  if (place == 0) {
    SignInOrigin office = at(fmt::format("office {}", below(2)), "AS of the office", "JP");
    office.own_exit = true;
    return office;
  }
  if (abroad) {
    const std::string_view country = kAbroad.at(person.abroad);
    SignInOrigin made = at(fmt::format("hotel {} {}", person.home, country),
                           fmt::format("AS {} {}", country, person.abroad % 3), country);
    made.point = GeoPoint{20, 100};
    return made;
  }
  if (person.other_vpn && chance(0.33))
    return at(fmt::format("vpn {}", below(60)), "AS of a VPN", chance(0.7) ? "JP" : "US");
  if (place == 1)
    return at(fmt::format("home {} {}", person.provider, person.home),
              fmt::format("AS {}", person.provider), "JP");
  if (place == 2) {
    const unsigned carrier = person.home % 3;
    SignInOrigin made = at(fmt::format("carrier {} {}", carrier, below(kCarrierAddresses)),
                           fmt::format("AS carrier {}", carrier), "JP");
    made.shared = true;
    return made;
  }
  return at(fmt::format("cafe {}", below(3000)), fmt::format("AS {}", pick(kProviderShares)), "JP");
}

SignInAgent People::agent(const Computer& computer, int day) {
  const std::string whole =
      fmt::format("{} {} {}", computer.browser, 140 + day / 28, computer.system);
  return {RiskValue::of(whole), RiskValue::of(computer.browser), RiskValue::of(computer.system),
          RiskValue::of(computer.telephone ? "mobile" : "desktop")};
}

void People::sign_ins(std::size_t number, int day, std::vector<SignIn>& into) {
  Person& one = people_[number];
  if (chance(1.0 / 14)) one.home = below(1'000'000);
  if (day == one.new_computer) one.computer = computer();
  const bool working = day % 7 < 5;
  const int count =
      working ? (chance(0.85) ? 1 : 0) + (chance(0.45) ? 1 : 0) : (chance(0.08) ? 1 : 0);
  const bool abroad = one.abroad_from >= 0 && day >= one.abroad_from && day < one.abroad_from + 5;
  for (int i = 0; i < count; ++i) {
    const std::size_t place = abroad ? 3 : pick(one.places);
    const bool by_telephone = one.telephone && chance(place == 2 ? 0.6 : 0.05);
    const Computer& on = by_telephone ? *one.telephone : one.computer;
    SignIn made;
    made.person = static_cast<RiskPerson>(number);
    made.factor = SignInFactor::code;
    const int hour = chance(0.02) ? static_cast<int>(below(7))
                                  : std::clamp(static_cast<int>(std::normal_distribution<double>(
                                                   i == 0 ? 9 : 14, 1.5)(random_)),
                                               7, 21);
    made.at = kStart + hours(24 * day + hour) + seconds(below(3600));
    made.origin = origin(one, place, abroad);
    made.agent = agent(on, day);
    made.device = on.device;
    const unsigned wrong = chance(0.05) ? 1 + below(3) : 0;
    for (unsigned k = 0; k < wrong + (chance(0.01) ? 1U : 0U); ++k) {
      SignIn refused = made;
      refused.end = k < wrong ? SignInEnd::password_refused : SignInEnd::factor_refused;
      refused.at -= seconds(20 * (k + 1));
      into.push_back(refused);
    }
    into.push_back(made);
  }
}

std::vector<SignIn> People::day(int day) {
  std::vector<SignIn> made;
  for (std::size_t i = 0; i < people_.size(); ++i) sign_ins(i, day, made);
  std::ranges::sort(made);
  return made;
}

People::Attack People::attack(Attacker kind, const SignIn& instead_of) {
  Attack made{{}, instead_of};
  SignIn& attempt = made.attempt;
  attempt.device.reset();
  attempt.at += minutes(below(24 * 60));
  const int day = static_cast<int>((attempt.at - kStart) / hours(24));
  const std::string rented = fmt::format("hosting {}", below(100'000));
  if (kind == Attacker::naive) {
    attempt.origin =
        at(rented, fmt::format("AS hosting {}", below(20)), kAbroad.at(below(kAbroad.size())));
    attempt.origin.point = GeoPoint{40, -80};
  } else if (kind == Attacker::targeted) {
    attempt.origin = at(fmt::format("proxy {}", below(100'000)),
                        fmt::format("AS {}", pick(kProviderShares)), "JP");
  } else {
    attempt.origin = at(rented, fmt::format("AS hosting in the country {}", below(6)), "JP");
  }
  if (kind != Attacker::targeted) {
    const Computer any = chance(0.15) ? telephone() : computer();
    attempt.agent = agent(any, day - static_cast<int>(below(60)));
  }
  if (kind != Attacker::spraying) return made;
  for (unsigned i = 0; i < 12; ++i) {
    SignIn refused = attempt;
    refused.person = static_cast<RiskPerson>(below(static_cast<unsigned>(people_.size())));
    refused.end = SignInEnd::password_refused;
    refused.at -= minutes(1 + i);
    made.before.push_back(refused);
  }
  return made;
}

}  // namespace bench
