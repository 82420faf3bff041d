// SPDX-License-Identifier: Apache-2.0
// An organisation that never was: people who sign in as people do, and four kinds of attackers. All
// shares are assumptions, told by `marginals`; no figure here was measured on people.
#pragma once

#include <random>
#include <span>
#include <string>
#include <vector>

#include "access/risk_history.h"

namespace bench {

enum class Attacker : std::uint8_t { naive, vpn, targeted, spraying };
inline constexpr std::size_t kAttackers = 4;

std::string_view marginals();

class People {
 public:
  explicit People(std::size_t count, unsigned seed);

  /// A day's sign-ins of all, refused ones among them, in the order of time.
  std::vector<sekisho::SignIn> day(int day);
  /// What an attacker who has this person's password does at that moment. `before`: refusals that
  /// the server saw already.
  struct Attack {
    std::vector<sekisho::SignIn> before;
    sekisho::SignIn attempt;
  };
  Attack attack(Attacker kind, const sekisho::SignIn& instead_of);

 private:
  struct Computer {
    std::string system, browser;
    bool telephone = false;
    std::optional<sekisho::RiskDevice> device;
  };
  struct Person {
    std::array<double, 4> places{};  // office, home, mobile, elsewhere in the country
    bool own_vpn = false;
    bool other_vpn = false;
    unsigned provider = 0;
    unsigned home = 0;  // the address that the provider gave last
    int abroad_from = -1;
    unsigned abroad = 0;
    int new_computer = -1;  // the day of it
    Computer computer;
    std::optional<Computer> telephone;
  };

  unsigned below(unsigned most) { return static_cast<unsigned>(random_() % most); }
  bool chance(double share) {
    return std::uniform_real_distribution<double>(0, 1)(random_) < share;
  }
  std::size_t pick(std::span<const double> shares);
  Person person();
  Computer computer();
  Computer telephone();
  sekisho::SignInOrigin origin(const Person& person, std::size_t place, bool abroad);
  sekisho::SignInAgent agent(const Computer& computer, int day);
  void sign_ins(std::size_t number, int day, std::vector<sekisho::SignIn>& into);

  std::mt19937_64 random_;
  std::vector<Person> people_;
  std::uint64_t devices_ = 0;
};

}  // namespace bench
