// SPDX-License-Identifier: Apache-2.0
// access: what follows from evidence. Whether somebody on a device may reach a resource now: allow,
// step_up (show a second factor once more) or deny, with the reasons. A pure function of (snapshot,
// request). What is absent, unknown, unreadable or over lets nobody in.
//
// May enter: policies, decisions, the state that they stand on and the words for both.
// May not enter: databases, sockets, clocks, files; who enforces a decision.
#pragma once

#include "access/policy.h"
#include "access/snapshot.h"

namespace sekisho {

/// From less to more.
enum class AccessAnswer : std::uint8_t { deny, step_up, allow };

std::string_view name(AccessAnswer answer);
Text label(AccessAnswer answer);

/// How likely it is that somebody else acts as this person; `confirmed` is a high risk with a
/// second, independent sign.
enum class ImpersonationRisk : std::uint8_t { low, raised, high, confirmed };

std::string_view name(ImpersonationRisk risk);
std::optional<ImpersonationRisk> impersonation_risk_named(std::string_view name);

struct AccessContext {
  Time now{};
  std::optional<ClientAddress> from{};
  std::optional<CountryCode> country{};
  std::optional<ImpersonationRisk> risk{};  // none: nobody looked, and nobody gets in
  bool unsealed = false;                    // it began with a code for emergencies
};

struct AccessRequest {
  AccessParty party;
  ResourceSlot resource;
  AccessContext context;
};

enum class AccessReasonCode : std::uint8_t {
  resource_unknown,
  snapshot_over,
  clock_back,
  session_unknown,
  session_over,
  person_unknown,
  person_disabled,
  person_suspended,
  person_not_named,
  device_unknown,
  device_lost,
  device_retired,
  device_suspended,
  device_copied,
  device_unproven,
  device_of_another,
  device_private,
  device_changed,
  measure_failing,
  measure_unknown,
  measure_old,
  measure_in_grace,
  second_factor_missing,
  second_factor_due,
  passkey_missing,
  passkey_due,
  outside_hours,
  network_unknown,
  network_elsewhere,
  country_unknown,
  country_elsewhere,
  risk_unknown,
  risk_raised,
  risk_high,
  risk_confirmed,
  emergency_open,
  emergency_over,
};
inline constexpr std::size_t kAccessReasonCodes = 37;

/// For logs and programs; it never changes.
std::string_view name(AccessReasonCode code);
std::optional<AccessReasonCode> access_reason_named(std::string_view name);
/// For lists that administrators read: what is so, in a few words. What the person is told, with
/// what to do, is words().
Text label(AccessReasonCode code);
/// What a reason leaves of the answer: `allow` for one that only warns.
AccessAnswer leaves(AccessReasonCode code);

struct AccessReason {
  AccessReasonCode code = AccessReasonCode::resource_unknown;
  std::uint16_t measure = 0;  // of the policy, where the code speaks of one
  Time until{};               // of measure_in_grace: it is no longer let pass
  bool operator==(const AccessReason&) const = default;
};

/// The answer is what the reasons leave; an `allow` has none but warnings.
struct AccessDecision {
  AccessAnswer answer = AccessAnswer::deny;
  std::vector<AccessReason> reasons;
  bool operator==(const AccessDecision&) const = default;
};

AccessDecision decide(const Snapshot& snapshot, const AccessRequest& request);

/// How long ago a second factor may have been shown at this risk, whatever the rule allows; none:
/// the risk asks for nothing.
std::optional<std::chrono::seconds> factor_bound(ImpersonationRisk risk, Degree sensitivity);

/// For the person: what is so, and what to do. `rule` is that of the request, null where there is
/// none.
Text words(const Policy& policy, const AccessRule* rule, const Calendar& calendar,
           const AccessReason& reason);

}  // namespace sekisho
