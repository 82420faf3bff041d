// SPDX-License-Identifier: Apache-2.0
#include "server/access/closed_here.h"

#include <algorithm>

#include <fmt/format.h>

namespace sekisho {
namespace {

/// Of one resource: whoever mends these is told of the rest.
constexpr std::size_t kMostReasons = 3;

/// What somebody at the device can do something about, or has to know of.
constexpr std::array kTold{AccessReasonCode::person_disabled, AccessReasonCode::person_suspended,
                           AccessReasonCode::device_lost,     AccessReasonCode::device_suspended,
                           AccessReasonCode::device_copied,   AccessReasonCode::device_unproven,
                           AccessReasonCode::measure_failing, AccessReasonCode::measure_unknown,
                           AccessReasonCode::measure_old};
/// It wouldn't be open to them on any device, or not on this one.
constexpr std::array kNotTheirs{
    AccessReasonCode::person_not_named, AccessReasonCode::person_unknown,
    AccessReasonCode::device_of_another, AccessReasonCode::device_private};

template <std::size_t kCount>
bool is_in(const std::array<AccessReasonCode, kCount>& codes, const AccessReason& reason) {
  return std::ranges::find(codes, reason.code) != codes.end();
}

}  // namespace

std::vector<ClosedHere> closed_here(const LiveDesk& desk, PersonId person, DeviceId device) {
  std::vector<ClosedHere> list;
  const auto view = desk.view();
  const auto enforcer = EnforcerId::parse("agent");
  if (view == nullptr || !enforcer) return list;
  const Policy& policy = view->snapshot->policy();
  for (const AccessRule& rule : policy.rules()) {
    const auto decision = desk.look({.enforcer = *enforcer,
                                     .resource = rule.id,
                                     .person = person,
                                     .device = device,
                                     .until = Time::max()})
                              .decision;
    if (std::ranges::any_of(decision.reasons,
                            [](const AccessReason& one) { return is_in(kNotTheirs, one); }))
      continue;
    Text why;
    std::size_t count = 0;
    for (const AccessReason& reason : decision.reasons) {
      if (leaves(reason.code) != AccessAnswer::deny || !is_in(kTold, reason)) continue;
      if (++count > kMostReasons) continue;
      const Text one = words(policy, &rule, view->snapshot->calendar(), reason);
      why.ja.append(one.ja);
      why.en.append(why.en.empty() ? "" : " ").append(one.en);
    }
    if (count > kMostReasons) {
      why.ja.append(fmt::format("ほかに {} 件あります。", count - kMostReasons));
      why.en.append(fmt::format(" There are {} more.", count - kMostReasons));
    }
    if (!why.en.empty()) list.push_back({rule.name, std::move(why)});
  }
  return list;
}

}  // namespace sekisho
