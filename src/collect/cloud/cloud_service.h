// SPDX-License-Identifier: Apache-2.0
// The services whose settings are read.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/text.h"

namespace sekisho {

enum class CloudService : std::uint8_t {
  entra,
  exchange,
  sharepoint,
  teams,
  intune,
  google,
  zoom,
  webex,
  github,
  aws,
  box,
  dropbox,
  slack,
  cybozu,
  chatwork,
};

inline constexpr std::array kCloudServices{
    CloudService::entra,  CloudService::exchange, CloudService::sharepoint, CloudService::teams,
    CloudService::intune, CloudService::google,   CloudService::zoom,       CloudService::webex,
    CloudService::github, CloudService::aws,      CloudService::box,        CloudService::dropbox,
    CloudService::slack,  CloudService::cybozu,   CloudService::chatwork};

/// As a command names it ("teams"), and as people do.
std::string_view name(CloudService service);
Text label(CloudService service);
std::optional<CloudService> cloud_service_named(std::string_view wanted);
/// Under which service a firm's account with it stands: Microsoft's are all of one tenant.
CloudService account_holder(CloudService service);

}  // namespace sekisho
