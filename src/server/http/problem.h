// SPDX-License-Identifier: Apache-2.0
// What programs may act upon in a problem document (RFC 9457): words that stay as they are.
#pragma once

#include <string_view>

namespace sekisho {

/// The word for a status, where a problem has none of its own.
std::string_view problem_code(unsigned status);

}  // namespace sekisho
