// SPDX-License-Identifier: Apache-2.0
#include "server/access/what_if.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace sekisho {
namespace {

/// What could be done at best: with a second factor shown where there is one, at an hour and from a
/// place that the rule allows, and nothing said against the person.
struct AtBest {
  bool in = false;
  AccessDecision decision;  // of the device that came nearest
};

bool of_the_moment(AccessReasonCode code) {
  using enum AccessReasonCode;
  return code == outside_hours || code == network_unknown || code == country_unknown;
}

AccessDecision without_moment(AccessDecision decision) {
  std::erase_if(decision.reasons, [](const AccessReason& one) { return of_the_moment(one.code); });
  decision.answer = AccessAnswer::allow;
  for (const AccessReason& one : decision.reasons)
    decision.answer = std::min(decision.answer, leaves(one.code));
  return decision;
}

/// One policy in force for everybody.
class Side {
 public:
  /// `whenever`: at an hour and from a place that the rule allows, else in this context.
  Side(const AccessRecords& records, std::shared_ptr<const Policy> policy,
       const AccessContext& context, bool whenever)
      : records_(records),
        world_(access_world(records, std::move(policy), context.now)),
        context_(context),
        whenever_(whenever) {
    for (std::size_t i = 0; i < records.devices.size(); ++i)
      if (records.devices[i].holder)
        devices_[records.devices[i].holder->number()].push_back(world_.devices[i]);
  }

  AtBest at_best(std::size_t person, const std::string& resource) const {
    AccessRequest request;
    request.party = {world_.people[person], {}, {}, Time::max()};
    request.resource = world_.snapshot->resource(resource);
    request.context = context_;
    AtBest best;
    best.decision = decided(request);
    bool first = true;
    for (const DeviceSlot device : candidates(person, request.resource)) {
      request.party.device = device;
      AccessDecision decision = decided(request);
      if (std::exchange(first, false) || better(decision, best.decision))
        best.decision = std::move(decision);
    }
    best.in = best.decision.answer != AccessAnswer::deny;
    return best;
  }

  const Policy& policy() const { return world_.snapshot->policy(); }

 private:
  static bool better(const AccessDecision& a, const AccessDecision& b) {
    return a.answer > b.answer || (a.answer == b.answer && a.reasons.size() < b.reasons.size());
  }

  AccessDecision decided(const AccessRequest& request) const {
    AccessDecision decision = decide(*world_.snapshot, request);
    return whenever_ ? without_moment(std::move(decision)) : decision;
  }

  /// A person's own devices, and, where any of the organisation's does, the best of these.
  std::vector<DeviceSlot> candidates(std::size_t person, ResourceSlot resource) const {
    std::vector<DeviceSlot> all;
    if (const auto own = devices_.find(records_.people[person].id.number()); own != devices_.end())
      all = own->second;
    const AccessRule* rule = world_.snapshot->at(resource);
    if (rule != nullptr && rule->any_device && !world_.devices.empty())
      all.push_back(best_device(person, resource));
    return all;
  }

  /// What is said of a device where any does is said whoever asks, so one serves everybody.
  DeviceSlot best_device(std::size_t person, ResourceSlot resource) const {
    const auto found = best_devices_.find(resource);
    if (found != best_devices_.end()) return found->second;
    AccessRequest request;
    request.resource = resource;
    request.context = context_;
    DeviceSlot chosen;
    AccessDecision best;
    for (const DeviceSlot device : world_.devices) {
      request.party = {world_.people[person], device, {}, Time::max()};
      AccessDecision decision = decided(request);
      if (chosen && !better(decision, best)) continue;
      chosen = device;
      best = std::move(decision);
    }
    best_devices_.emplace(resource, chosen);
    return chosen;
  }

  const AccessRecords& records_;
  AccessWorld world_;
  AccessContext context_;
  bool whenever_;
  std::map<std::int64_t, std::vector<DeviceSlot>> devices_;  // by who has them
  mutable std::map<ResourceSlot, DeviceSlot> best_devices_;
};

std::set<std::string> resources_of(const Policy& a, const Policy& b) {
  std::set<std::string> ids;
  for (const Policy* policy : {&a, &b})
    for (const AccessRule& rule : policy->rules()) ids.insert(rule.id.text());
  return ids;
}

}  // namespace

AccessComparison compare_policies(const AccessRecords& records,
                                  std::shared_ptr<const Policy> old_one,
                                  std::shared_ptr<const Policy> new_one, Time at) {
  const AccessContext any{.now = at, .risk = ImpersonationRisk::low};
  const Side before(records, std::move(old_one), any, true);
  const Side after(records, std::move(new_one), any, true);
  AccessComparison all;
  const auto resources = resources_of(before.policy(), after.policy());
  std::set<std::string> administered;
  for (std::size_t i = 0; i < records.people.size(); ++i) {
    const AccessPerson& person = records.people[i];
    if (!person.active) continue;
    ++all.people;
    bool reached = false;
    bool reaches = false;
    for (const std::string& resource : resources) {
      const AtBest was = before.at_best(i, resource);
      AtBest becomes = after.at_best(i, resource);
      all.in_before += was.in ? 1 : 0;
      all.in_after += becomes.in ? 1 : 0;
      reached = reached || was.in;
      reaches = reaches || becomes.in;
      if (person.administrator() && becomes.in) administered.insert(resource);
      if (was.in == becomes.in) continue;
      (was.in ? all.locked_out : all.let_in)
          .push_back({&person, resource, std::move(becomes.decision)});
    }
    if (!person.administrator()) continue;
    ++all.administrators;
    all.administrators_before += reached ? 1 : 0;
    all.administrators_in += reaches ? 1 : 0;
  }
  for (const AccessRule& rule : after.policy().rules())
    if ((after.policy().principals_of({"administrator"}, {}, "") & rule.who).any() &&
        !administered.contains(rule.id.text()))
      all.closed_to_administrators.push_back(rule.id.text());
  return all;
}

bool reaches_anything(const AccessRecords& records, std::shared_ptr<const Policy> policy,
                      PersonId who, const AccessContext& context) {
  const auto found =
      std::ranges::find_if(records.people, [&](const AccessPerson& one) { return one.id == who; });
  if (found == records.people.end()) return false;
  const auto person = static_cast<std::size_t>(found - records.people.begin());
  const Side side(records, std::move(policy), context, false);
  return std::ranges::any_of(side.policy().rules(), [&](const AccessRule& rule) {
    return side.at_best(person, rule.id.text()).in;
  });
}

}  // namespace sekisho
