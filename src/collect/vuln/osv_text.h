// SPDX-License-Identifier: Apache-2.0
// Internal to the room: what may stand in a kept line of OSV's.
#pragma once

#include <string_view>

namespace sekisho {

bool plain_osv(std::string_view text);

}  // namespace sekisho
