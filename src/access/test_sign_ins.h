// SPDX-License-Identifier: Apache-2.0
// Sign-ins made at random, for tests.
#pragma once

#include <random>
#include <string>

#include "access/risk_history.h"

namespace sekisho {

inline const Time kSignInStart{std::chrono::seconds(1'780'000'000)};

/// Of few people, networks and browsers, so that they meet.
class SomeSignIns {
 public:
  explicit SomeSignIns(unsigned seed) : random_(seed) {}

  unsigned below(unsigned most) { return static_cast<unsigned>(random_() % most); }

  SignIn one() {
    SignIn made;
    made.at = kSignInStart + std::chrono::minutes(below(60 * 24 * 30));
    made.person = static_cast<RiskPerson>(below(5));
    const unsigned end = below(10);
    made.end = end == 0   ? SignInEnd::password_refused
               : end == 1 ? SignInEnd::factor_refused
                          : SignInEnd::signed_in;
    made.factor = static_cast<SignInFactor>(below(3));
    origin(made.origin);
    const unsigned agent = below(12);
    made.agent = {RiskValue::of("agent" + std::to_string(agent)),
                  RiskValue::of("browser" + std::to_string(agent % 6)),
                  RiskValue::of("system" + std::to_string(agent % 3)),
                  RiskValue::of("kind" + std::to_string(agent % 2))};
    if (below(4) != 0) made.device = static_cast<RiskDevice>(below(8));
    return made;
  }

  std::vector<SignIn> many(std::size_t count) {
    std::vector<SignIn> made(count);
    for (SignIn& each : made) each = one();
    return made;
  }

 private:
  void origin(SignInOrigin& made) {
    const unsigned address = below(20);
    made.address = RiskValue::of("address" + std::to_string(address));
    if (address % 7 != 0) made.system = RiskValue::of("as" + std::to_string(address % 5));
    if (address % 6 != 0) made.country = RiskValue::of(address % 3 == 0 ? "AU" : "JP");
    if (address % 4 != 0)
      made.point =
          GeoPoint{30.0 + static_cast<double>(address), 130.0 + static_cast<double>(address)};
    made.own_exit = address == 1;
    made.shared = address == 2;
  }

  std::mt19937_64 random_;
};

}  // namespace sekisho
