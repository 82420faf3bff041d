// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "access/policy.h"

// NOLINTBEGIN(modernize-avoid-c-arrays): linker symbols
#define SEKISHO_POLICY(name)                 \
  extern const char policy_##name##_begin[]; \
  extern const char policy_##name##_end[];
extern "C" {
SEKISHO_POLICY(vpn)
SEKISHO_POLICY(remote_desktop)
SEKISHO_POLICY(vdi)
SEKISHO_POLICY(secure_container)
SEKISHO_POLICY(secure_browser)
SEKISHO_POLICY(cloud)
SEKISHO_POLICY(standalone)
}
#undef SEKISHO_POLICY
// NOLINTEND(modernize-avoid-c-arrays)

namespace sekisho {

std::string_view built_in_policy(std::string_view method) {
  const auto text = [](const char* from, const char* to) { return std::string_view(from, to); };
  if (method == "vpn") return text(policy_vpn_begin, policy_vpn_end);
  if (method == "remote_desktop")
    return text(policy_remote_desktop_begin, policy_remote_desktop_end);
  if (method == "vdi") return text(policy_vdi_begin, policy_vdi_end);
  if (method == "secure_container")
    return text(policy_secure_container_begin, policy_secure_container_end);
  if (method == "secure_browser")
    return text(policy_secure_browser_begin, policy_secure_browser_end);
  if (method == "cloud") return text(policy_cloud_begin, policy_cloud_end);
  if (method == "standalone") return text(policy_standalone_begin, policy_standalone_end);
  return {};
}

}  // namespace sekisho
