// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "access/access.h"

namespace sekisho {
namespace {

using enum AccessReasonCode;
using std::chrono::seconds;

/// How far the clocks of threads and servers may differ.
constexpr seconds kSkew{5};

Time plus(Time at, seconds length) { return at > Time::max() - length ? Time::max() : at + length; }

/// One decision under way.
class Deciding {
 public:
  Deciding(const Snapshot& snapshot, const AccessRequest& request)
      : snapshot_(snapshot), request_(request), now_(request.context.now) {}

  AccessDecision decide() {
    snapshot_.prefetch(request_.party);
    rule_ = snapshot_.at(request_.resource);
    if (rule_ == nullptr) return stop(resource_unknown);
    if (now_ >= snapshot_.good_until()) return stop(snapshot_over);
    if (now_ < snapshot_.made_at() - kSkew) return stop(clock_back);
    // Whoever isn't meant at all learns nothing more.
    if (!session() || !person()) return std::move(decision_);
    // Past the policy, from whatever device: what isn't shown must give no less than what is.
    if (request_.context.unsealed)
      return stop(now_ < person_->unsealed_until ? emergency_open : emergency_over);
    if (device()) measures();
    factors();
    context();
    return std::move(decision_);
  }

 private:
  void say(AccessReasonCode code, std::uint16_t measure = 0, Time until = {}) {
    decision_.reasons.push_back({code, measure, until});
    decision_.answer = std::min(decision_.answer, leaves(code));
  }

  AccessDecision stop(AccessReasonCode code) {
    say(code);
    return std::move(decision_);
  }

  bool session() {
    if (now_ < request_.party.until) return true;
    say(request_.party.until == Time::min() ? session_unknown : session_over);
    return false;
  }

  bool person() {
    person_ = snapshot_.at(request_.party.person);
    if (person_ == nullptr)
      say(person_unknown);
    else if (!person_->active)
      say(person_disabled);
    else if (now_ < person_->suspended_until)
      say(person_suspended);
    else if (!request_.context.unsealed && (person_->is & rule_->who).none())
      say(person_not_named);
    else
      return true;
    return false;
  }

  /// Whether it is worth looking at its measures.
  bool device() {
    const Snapshot::DeviceRow* device = snapshot_.at(request_.party.device);
    if (device == nullptr) {
      say(device_unknown);
      return false;
    }
    const std::size_t before = decision_.reasons.size();
    if (device->condition == DeviceCondition::lost) say(device_lost);
    if (device->condition == DeviceCondition::retired) say(device_retired);
    if (now_ < device->suspended_until) say(device_suspended);
    if (device->copied) say(device_copied);
    if (now_ >= device->proven_until) say(device_unproven);
    const bool holds = device->holder && device->holder == request_.party.person;
    if (!rule_->any_device && !holds) say(device_of_another);
    if (!rule_->own_devices && device->own) say(device_private);
    return decision_.reasons.size() == before;
  }

  void measures() {
    const MeasureState* states = snapshot_.states(request_.party.device);
    for (const Demanded& demanded : rule_->measures) measure(demanded, states[demanded.measure]);
  }

  void measure(const Demanded& demanded, const MeasureState& state) {
    if (state.is_excused()) return;
    const Time met = state.met_until(rule_->evidence_age);
    if (now_ < met) return;
    if (state.ever_met() && now_ < plus(met, demanded.grace))
      return say(measure_in_grace, demanded.measure, plus(met, demanded.grace));
    say(now_ < state.met_until() ? measure_old
        : state.fails(now_)      ? measure_failing
                                 : measure_unknown,
        demanded.measure);
  }

  bool shown(Time at, seconds within) const { return at <= now_ && now_ < plus(at, within); }

  /// What was shown lately enough, else whether it can be shown at all.
  void factor(bool passkey, seconds within) {
    const FactorsShown& shown_at = request_.party.shown;
    if (shown(shown_at.passkey, within) || (!passkey && shown(shown_at.code, within))) return;
    if (person_->has_passkey || (!passkey && person_->has_code))
      return say(passkey ? passkey_due : second_factor_due);
    say(passkey ? passkey_missing : second_factor_missing);
  }

  void factors() {
    const auto& risk = request_.context.risk;
    std::optional<seconds> second = rule_->second_factor;
    if (!risk) {
      say(risk_unknown);
    } else if (*risk == ImpersonationRisk::confirmed) {
      say(risk_confirmed);
    } else if (const auto bound = factor_bound(*risk, rule_->sensitivity)) {
      // Said only where the risk is what asks: a factor that is fresh enough answers it.
      const FactorsShown& at = request_.party.shown;
      if (!shown(at.code, *bound) && !shown(at.passkey, *bound))
        say(*risk == ImpersonationRisk::high ? risk_high : risk_raised);
      second = second ? std::min(*second, *bound) : *bound;
    }
    if (rule_->passkey) factor(true, *rule_->passkey);
    if (second) factor(false, *second);
  }

  void context() {
    const AccessContext& context = request_.context;
    if (rule_->hours && !rule_->hours->open(snapshot_.calendar(), now_)) say(outside_hours);
    if (!rule_->networks.empty()) {
      if (!context.from)
        say(network_unknown);
      else if (std::ranges::none_of(rule_->networks, [&](const NetworkRange& range) {
                 return range.contains(*context.from);
               }))
        say(network_elsewhere);
    }
    if (!rule_->countries.empty()) {
      if (!context.country)
        say(country_unknown);
      else if (std::ranges::find(rule_->countries, *context.country) == rule_->countries.end())
        say(country_elsewhere);
    }
  }

  const Snapshot& snapshot_;
  const AccessRequest& request_;
  Time now_;
  const AccessRule* rule_ = nullptr;
  const PersonFacts* person_ = nullptr;
  AccessDecision decision_{AccessAnswer::allow, {}};
};

}  // namespace

std::optional<seconds> factor_bound(ImpersonationRisk risk, Degree sensitivity) {
  using std::chrono::hours;
  using std::chrono::minutes;
  switch (risk) {
    case ImpersonationRisk::low: return std::nullopt;
    case ImpersonationRisk::raised:
      return sensitivity == Degree::low      ? seconds(hours(8))
             : sensitivity == Degree::middle ? seconds(hours(1))
                                             : seconds(minutes(10));
    case ImpersonationRisk::high:
    case ImpersonationRisk::confirmed: return minutes(10);
  }
  return seconds(0);
}

AccessDecision decide(const Snapshot& snapshot, const AccessRequest& request) {
  return Deciding(snapshot, request).decide();
}

}  // namespace sekisho
