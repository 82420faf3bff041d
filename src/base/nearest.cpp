// SPDX-License-Identifier: Apache-2.0
#include "base/nearest.h"

#include <algorithm>

namespace sekisho {
namespace {

/// How many letters one would have to change, add or leave out to make one of the other.
std::size_t distance(std::string_view one, std::string_view other) {
  std::vector<std::size_t> row(other.size() + 1);
  for (std::size_t i = 0; i <= other.size(); ++i) row[i] = i;
  for (std::size_t i = 0; i < one.size(); ++i) {
    std::size_t before = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < other.size(); ++j) {
      const std::size_t kept = before + (one[i] == other[j] ? 0 : 1);
      before = row[j + 1];
      row[j + 1] = std::min({kept, row[j] + 1, before + 1});
    }
  }
  return row.back();
}

}  // namespace

std::string_view nearest_word(std::string_view word, const std::vector<std::string>& known) {
  constexpr std::size_t kSlip = 2;
  constexpr std::size_t kLongest = 100;  // what is longer is no slip of anything
  if (word.size() > kLongest) return {};
  const auto found = std::ranges::min_element(
      known, {}, [&](const std::string& name) { return distance(word, name); });
  if (found == known.end() || distance(word, *found) > std::min(kSlip, word.size() / 2)) return {};
  return *found;
}

}  // namespace sekisho
