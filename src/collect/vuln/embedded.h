// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "collect/vuln/vuln.h"

extern "C" {
extern const char end_of_life_json_begin[];      // NOLINT(modernize-avoid-c-arrays): linker symbols
extern const char end_of_life_json_end[];        // NOLINT(modernize-avoid-c-arrays)
extern const char known_exploited_json_begin[];  // NOLINT(modernize-avoid-c-arrays)
extern const char known_exploited_json_end[];    // NOLINT(modernize-avoid-c-arrays)
}

namespace sekisho {

/// The feeds that are built into this binary. Link feeds_embedded to use them.
inline std::string_view embedded_support() {
  return {end_of_life_json_begin, end_of_life_json_end};
}
inline std::string_view embedded_exploited() {
  return {known_exploited_json_begin, known_exploited_json_end};
}

}  // namespace sekisho
