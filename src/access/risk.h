// SPDX-License-Identifier: Apache-2.0
// How likely it is that somebody else acts as a person: what one attempt to sign in shows, held
// against the history. Each sign has its weight and its reason, and can be silenced; one kind of
// sign alone, however strong, never makes it `confirmed`.
//
// A pure function: it knows no database, and of places and networks only what the caller read.
#pragma once

#include <bitset>

#include "access/access.h"
#include "access/risk_history.h"

namespace sekisho {

enum class RiskSignal : std::uint8_t {
  unlike,
  very_unlike,
  impossible_travel,
  new_device,
  new_network,
  unusual_hour,
  weaker_factor,
  guessing_here,
  guessing_elsewhere,
  spraying,
  factor_refused,
  factor_flood,
  device_worse,
  loss_reported,
  foreign_key,
  line_raised,
  line_high,
};
inline constexpr std::size_t kRiskSignals = 17;
using RiskSignals = std::bitset<kRiskSignals>;

/// From where it is seen. What is seen from one place can be wrong for one reason: only signs of
/// two kinds are independent.
enum class RiskKind : std::uint8_t { circumstances, attempts, device, line };
inline constexpr std::size_t kRiskKinds = 4;

/// For logs and programs; it never changes.
std::string_view name(RiskSignal signal);
std::optional<RiskSignal> risk_signal_named(std::string_view name);
RiskKind kind(RiskSignal signal);
int weight(RiskSignal signal);
/// By what whoever it really is takes a sign back: a second factor that is shown once more after
/// the risk asked for it, from the same address, for 12 hours. A code may have been coaxed out of
/// somebody; a passkey answers only the real server.
enum class RiskAnswer : std::uint8_t { nothing, passkey, factor };
RiskAnswer answered_by(RiskSignal signal);
inline constexpr std::chrono::hours kVouched{12};
/// What was seen, and why it speaks against the person.
Text words(RiskSignal signal);

/// What others know of the moment.
enum class LineDoubt : std::uint8_t { none, raised, high };
struct RiskCircumstances {
  bool device_worse = false;   // its assessment fell within the last day
  bool loss_reported = false;  // of a device of the person's
  bool foreign_key = false;    // the session is bound to the key of another device
  LineDoubt line = LineDoubt::none;
};

/// From so many points on.
inline constexpr int kRaisedPoints = 30;
inline constexpr int kHighPoints = 60;
/// What a second kind of sign must have by itself to confirm a high one.
inline constexpr int kSecondPoints = 40;
/// unlikeness (a natural logarithm) from which on it is `unlike`, `very_unlike`. By the bench: see
/// docs/access-risk.md.
inline constexpr double kUnlike = 0.8;
inline constexpr double kVeryUnlike = 3.0;

struct RiskSign {
  RiskSignal signal = RiskSignal::unlike;
  bool silenced = false;  // seen, and not counted
  bool answered = false;  // the same: a second factor was shown since
  bool operator==(const RiskSign&) const = default;
};

struct AssessedRisk {
  ImpersonationRisk risk = ImpersonationRisk::low;
  int points = 0;
  std::vector<RiskSign> signs;  // in the order of RiskSignal
  /// None: the person's sign-ins are too few. Then what is unusual isn't seen at all.
  std::optional<double> unlikeness;
  bool operator==(const AssessedRisk&) const = default;
};

AssessedRisk assess_risk(const RiskHistory& history, const SignIn& attempt,
                         const RiskCircumstances& circumstances = {}, RiskSignals silenced = {});

/// Of each sign, in their order.
std::vector<Text> words(RiskSignals signals);
/// Whether a reason of a decision is the risk.
bool speaks_of_risk(AccessReasonCode code);

/// What signs come to.
ImpersonationRisk risk_of(RiskSignals signals);
int points_of(RiskSignals signals);

/// What signs there are, and what of them was answered: none of these is in `open`.
struct SeenSigns {
  RiskSignals open;
  RiskSignals answered;
};
/// What an attempt itself shows: the signs of `circumstances`.
SeenSigns signs_of(const RiskHistory& history, const SignIn& attempt);
/// What was tried against a person, as it counts for whoever comes from an address at a time: the
/// signs of `attempts`, and a foreign key.
SeenSigns tried_against(const RiskHistory& history, RiskPerson person, const SignInOrigin& from,
                        Time at);
/// At an address so many other people are refused within an hour: `spraying`, whoever comes from
/// it.
std::size_t people_sprayed(const SignInOrigin& from);
inline constexpr std::chrono::hours kTriesCount{1};

}  // namespace sekisho
