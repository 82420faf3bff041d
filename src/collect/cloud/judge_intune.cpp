// SPDX-License-Identifier: Apache-2.0
// Devices under Intune: whether rules are there, for whom, and who lives up to them.
#include <algorithm>
#include <set>

#include "collect/cloud/cloud_limits.h"
#include "collect/cloud/judge.h"

namespace sekisho {
namespace {

/// Each system that devices have needs a rule of its own.
Finding judge_compliance(const std::vector<CompliancePolicy>& policies,
                         const CloudSetting<std::vector<ManagedDevice>>& devices) {
  std::vector<std::string> loose;
  std::set<std::string_view> ruled;
  std::size_t assigned = 0;
  for (const CompliancePolicy& one : policies) {
    if (one.assigned.value() == nullptr) return lacking(one.assigned.lack());
    if (!*one.assigned.value()) continue;
    if (one.platform.empty()) return lacking(Lack::not_readable);
    ruled.insert(one.platform);
    ++assigned;
    if (one.password.is(false) || one.encryption.is(false)) {
      loose.push_back(one.name);
      continue;
    }
    for (const auto* demand : {&one.password, &one.encryption})
      if (demand->value() == nullptr) return lacking(demand->lack());
  }
  if (assigned == 0)
    return bad("端末に割り当てられた方針がありません", "no rule is assigned to devices", "0", "1");
  if (!loose.empty())
    return bad(fmt::format("パスワードか暗号化を求めない方針があります: {}", listed(loose)),
               fmt::format("rules don't demand a password and encryption: {}", listed(loose)),
               std::to_string(loose.size()), "0");
  if (devices.value() == nullptr) return lacking(devices.lack());
  std::set<std::string> bare;
  for (const ManagedDevice& one : *devices.value()) {
    if (one.platform.empty())
      return unknown(fmt::format("OS の分からない端末があります: {}", one.name),
                     fmt::format("a device's system isn't known: {}", one.name));
    if (!ruled.contains(one.platform)) bare.insert(one.platform);
  }
  if (!bare.empty()) {
    const std::vector<std::string> names(bare.begin(), bare.end());
    return bad(fmt::format("方針のない OS の端末があります: {}", listed(names)),
               fmt::format("devices of these systems have no rule: {}", listed(names)),
               listed(names), "0");
  }
  return good("割り当てられた方針が、パスワードと暗号化を求めます",
              "the rules that are assigned demand a password and encryption",
              std::to_string(assigned), "1");
}

Finding judge_devices(const std::vector<ManagedDevice>& devices, Time now) {
  std::vector<std::string> bad_ones;
  std::size_t unclear = 0;
  for (const ManagedDevice& one : devices) {
    const bool silent = one.seen && *one.seen + kSilentDevice < now;
    if (silent || one.compliant.is(false))
      bad_ones.push_back(one.name.empty() ? "?" : one.name);
    else if (!one.seen || one.compliant.value() == nullptr)
      ++unclear;
  }
  if (!bad_ones.empty())
    return bad(
        fmt::format("方針に合わないか、30 日報告のない端末があります: {}", listed(bad_ones)),
        fmt::format("devices don't comply, or were silent for 30 days: {}", listed(bad_ones)),
        std::to_string(bad_ones.size()), "0");
  if (unclear > 0)
    return unknown(fmt::format("方針に合うか分からない端末が {} 台あります", unclear),
                   fmt::format("of {} devices it isn't known whether they comply", unclear));
  return good("どの端末も方針に合い、30 日以内に報告しています",
              "all devices comply and reported within 30 days", std::to_string(devices.size()),
              std::to_string(devices.size()));
}

}  // namespace

void judge_intune(const Microsoft365& tenant, CloudRows& rows) {
  rows.add("intune.policies", judged(tenant.intune.policies, [&](const auto& policies) {
             return judge_compliance(policies, tenant.intune.devices);
           }));
  rows.add("intune.stale", judged(tenant.intune.devices, [&](const auto& devices) {
             return tenant.read_at ? judge_devices(devices, *tenant.read_at)
                                   : lacking(Lack::not_readable);
           }));
}

}  // namespace sekisho
