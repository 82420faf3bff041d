// SPDX-License-Identifier: Apache-2.0
// The roles that a person can have on the server: the guideline's three, and whoever audits.
#pragma once

#include <array>
#include <string_view>

namespace sekisho {

/// In the order in which they are kept.
inline constexpr std::array<std::string_view, 4> kPersonRoles{"administrator", "executive",
                                                              "teleworker", "auditor"};

}  // namespace sekisho
