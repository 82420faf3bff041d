// SPDX-License-Identifier: Apache-2.0
// Wi-Fi by the WLAN interface, which some editions of Windows lack.
#pragma once

#include <optional>
#include <vector>

#include "collect/windows/facts.h"

namespace sekisho {

struct WifiSeen {
  bool device = false;
  bool connected = false;  // told even where it isn't told to what
  std::vector<WindowsFacts::Wifi> networks;
};
/// Absent where Windows could not be asked.
std::optional<WifiSeen> wifi_networks();

}  // namespace sekisho
