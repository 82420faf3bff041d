// SPDX-License-Identifier: Apache-2.0
// What is kept of sign-ins, so that one can be held against what is usual for its person: counts
// and the latest few, never a list of all. Bounded in people, in what is kept of each, and in
// values; what was not seen for longest gives way.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "access/policy.h"

namespace sekisho {

enum class RiskPerson : std::uint64_t {};
enum class RiskDevice : std::uint64_t {};

/// An address, the name of a browser …: all that is asked of one is whether it is the same. Made by
/// SHA-256, so that nobody finds two that meet. By default: nothing was said.
class RiskValue {
 public:
  RiskValue() = default;
  static RiskValue of(std::string_view text);
  /// IPv6 counts by its first 64 bits: the others change daily by themselves.
  static RiskValue of(const ClientAddress& address);
  std::uint64_t number() const { return number_; }
  /// The one whose number this is.
  static RiskValue numbered(std::uint64_t number) {
    RiskValue value;
    value.number_ = number;
    return value;
  }
  auto operator<=>(const RiskValue&) const = default;

 private:
  std::uint64_t number_ = 0;
};

struct GeoPoint {
  double latitude = 0;  // degrees
  double longitude = 0;
  auto operator<=>(const GeoPoint&) const = default;
};
double kilometres(const GeoPoint& from, const GeoPoint& to);

/// Where it came from. System and country are those of a file that says whose an address is; they
/// lack without one. What may be left out counts as a value of its own: whoever says less must not
/// seem more familiar.
struct SignInOrigin {
  RiskValue address;
  std::optional<RiskValue> system{};  // the network's number (AS)
  std::optional<RiskValue> country{};
  std::optional<GeoPoint> point{};
  bool own_exit = false;  // one of the organisation's own
  bool shared = false;  // a mobile carrier: many people behind one address, far from where they are
  auto operator<=>(const SignInOrigin&) const = default;
};

/// What the user agent says, from the narrowest to the widest.
struct SignInAgent {
  RiskValue whole;
  RiskValue browser;  // without its version
  RiskValue system;
  RiskValue kind;  // computer, telephone, tablet …
  auto operator<=>(const SignInAgent&) const = default;
};

/// From weak to strong.
enum class SignInFactor : std::uint8_t { password, code, passkey };
/// `vouched`: whoever was in already has shown a second factor once more. `foreign_key`: a session
/// was used with the key of another device than the one it began on.
enum class SignInEnd : std::uint8_t {
  signed_in,
  vouched,
  password_refused,
  factor_refused,
  foreign_key,
};

struct SignIn {
  Time at{};
  RiskPerson person{};
  SignInEnd end = SignInEnd::signed_in;
  SignInFactor factor = SignInFactor::password;
  SignInOrigin origin{};
  SignInAgent agent{};
  std::optional<RiskDevice> device{};  // none: it showed no key
  auto operator<=>(const SignIn&) const = default;
};

struct RiskBounds {
  std::size_t people = 100'000;
  std::size_t values = 200'000;     // of the organisation, at each level
  std::size_t addresses = 100'000;  // at which somebody was refused
};

/// How often each value was seen; the one that wasn't for longest gives way.
class SeenCounts {
 public:
  void see(RiskValue value, Time at, std::size_t most);
  void halve();
  std::uint32_t of(RiskValue value) const;
  std::uint32_t total() const { return total_; }
  std::size_t size() const { return seen_.size(); }

 private:
  struct Seen {
    RiskValue value;
    std::uint32_t count = 0;
    Time last;
  };
  std::vector<Seen> seen_;
  std::uint32_t total_ = 0;
};

/// The levels that are counted, of both chains.
enum class RiskLevel : std::uint8_t {
  address,
  network,
  country,
  agent,
  browser,
  system,
  kind,
};
inline constexpr std::size_t kRiskLevels = 7;
using RiskLevels = std::array<std::optional<RiskValue>, kRiskLevels>;
RiskLevels levels_of(const SignIn& attempt);

/// The habits of one person.
class PersonHabits {
 public:
  /// Habits of longer ago weigh half as soon as there are so many.
  static constexpr std::uint32_t kMostSignIns = 400;
  static constexpr std::ptrdiff_t kMostRefusals = 32;  // of each end

  struct Refusal {
    Time at{};
    SignInEnd end = SignInEnd::password_refused;
    RiskValue address{};
  };

  /// A second factor that was shown once more.
  struct Vouch {
    Time at{};
    SignInFactor factor = SignInFactor::code;
    RiskValue address{};
  };
  static constexpr std::size_t kMostVouches = 8;

  void learn(const SignIn& attempt, const Calendar& calendar);
  std::uint32_t sign_ins() const { return sign_ins_; }
  const SeenCounts& at(RiskLevel level) const {
    return levels_.at(static_cast<std::size_t>(level));
  }
  const SeenCounts& devices() const { return devices_; }
  bool knows(RiskDevice device) const;
  /// Of sign-ins: how many began within an hour of this one's time of day.
  std::uint32_t near_hour(const Calendar& calendar, Time at) const;
  std::uint32_t with(SignInFactor factor) const {
    return factors_.at(static_cast<std::size_t>(factor));
  }
  const std::optional<SignIn>& last() const { return last_; }
  const std::vector<Refusal>& refusals() const { return refusals_; }
  const std::vector<Vouch>& vouches() const { return vouches_; }
  /// When such a factor, or a stronger one, was last shown once more at this address, up to
  /// `until`; the least of all times: never.
  Time vouched(RiskValue address, SignInFactor least, Time until) const;
  Time seen() const { return seen_; }

 private:
  void halve();

  std::array<SeenCounts, kRiskLevels> levels_;
  SeenCounts devices_;
  std::array<std::uint32_t, 24> hours_{};
  std::array<std::uint32_t, 3> factors_{};
  std::uint32_t sign_ins_ = 0;
  std::optional<SignIn> last_;     // the latest that succeeded
  std::vector<Refusal> refusals_;  // the latest
  std::vector<Vouch> vouches_;     // the latest
  Time seen_ = Time::min();
};

class RiskHistory {
 public:
  explicit RiskHistory(Calendar calendar = Calendar(), RiskBounds bounds = {});

  /// What of one moment is handed over together counts the same in any order. Sign-ins make habits,
  /// whoever made them: those that turned out to be somebody else's must be left out. Refusals make
  /// none; a person that doesn't exist is nobody's to be kept.
  void learn(std::vector<SignIn> attempts);

  const PersonHabits* habits(RiskPerson person) const;
  /// How many others than `person` were refused at this address after `since`, up to `until`.
  std::size_t others_refused(RiskValue address, RiskPerson person, Time since, Time until) const;
  /// Each address at which so many people were refused after `since`, up to `until`.
  std::vector<RiskValue> addresses_refused(std::size_t people, Time since, Time until) const;

  /// Freeman's ratio (Freeman et al., NDSS 2016), as a logarithm: how much likelier the attempt is
  /// of anybody than of this person. None below kFewest sign-ins.
  static constexpr std::uint32_t kFewest = 5;
  std::optional<double> unlikeness(const SignIn& attempt) const;

  const Calendar& calendar() const { return calendar_; }
  std::size_t people() const { return people_.size(); }
  std::size_t values(RiskLevel level) const {
    return all_.at(static_cast<std::size_t>(level)).counts.size();
  }
  std::size_t addresses() const { return knocks_.size(); }

 private:
  struct AllCounts {
    std::unordered_map<std::uint64_t, std::uint32_t> counts;
    std::uint64_t total = 0;
    void see(RiskValue value, std::size_t most);
    /// As if the value had been seen once more: nothing is impossible.
    double share(RiskValue value) const;
  };
  /// Who was refused at an address: each once, at its latest.
  struct Knocks {
    std::vector<std::pair<RiskPerson, Time>> people;
    Time last = Time::min();
  };
  static constexpr std::size_t kMostKnocks = 64;

  void learn_one(const SignIn& attempt);
  void knock(const SignIn& attempt);
  void forget_people();
  void forget_addresses();

  Calendar calendar_;
  RiskBounds bounds_;
  std::map<RiskPerson, PersonHabits> people_;
  std::array<AllCounts, kRiskLevels> all_;
  std::unordered_map<std::uint64_t, Knocks> knocks_;
  std::uint64_t sign_ins_ = 0;   // of all people's, as far as they are counted
  std::uint64_t signed_in_ = 0;  // people with any
};

/// What a level is worth in its chain; what is left over is for a value that nothing is known of. A
/// level of which nothing is known of the person gives its share to the next wider one; one that
/// only the attempt lacks is unfamiliar.
inline constexpr std::array<double, kRiskLevels> kLevelShares{0.60, 0.25, 0.10, 0.35,
                                                              0.30, 0.20, 0.10};
/// What is familiar speaks for the person at most so much: an address can be rented nearby, and a
/// user agent is a text that anybody may send.
inline constexpr double kMostFamiliarNetwork = 20;
inline constexpr double kMostFamiliarAgent = 3;

}  // namespace sekisho
