// SPDX-License-Identifier: Apache-2.0
#include "server/access/desk.h"

#include <algorithm>

namespace sekisho {

std::optional<EnforcerId> EnforcerId::parse(std::string_view text) {
  constexpr std::size_t kLongest = 64;
  const bool fits =
      !text.empty() && text.size() <= kLongest && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
      });
  if (!fits) return std::nullopt;
  return EnforcerId(std::string(text));
}

}  // namespace sekisho
