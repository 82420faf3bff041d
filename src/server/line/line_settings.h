// SPDX-License-Identifier: Apache-2.0
// Internal to the room: what of the settings concerns the line.
#pragma once

#include "collect/observe/sensor.h"
#include "server/line/line_store.h"
#include "store/store.h"

namespace sekisho {

inline constexpr const char* kLineKey = "line.key";
inline constexpr const char* kLineOurs = "line.ours";
inline constexpr const char* kLinePortals = "line.portals";
inline constexpr const char* kLineHours = "line.hours";  // days that hours are kept

const LineNames& line_names();
std::vector<Network> networks_of(std::string_view text);
LineKept kept_of(const Settings& known);

}  // namespace sekisho
