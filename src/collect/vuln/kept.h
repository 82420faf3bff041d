// SPDX-License-Identifier: Apache-2.0
// Internal to the room: lines of tab-separated cells, in which feeds are kept.
#pragma once

#include <array>
#include <string_view>

namespace sekisho {

/// Takes the first line off `text`: its cells, and how many tabs stand between them (more than `N`
/// - 1 are not told apart).
template <std::size_t N>
struct KeptLine {
  std::array<std::string_view, N> cells;
  std::size_t tabs = 0;

  static KeptLine take(std::string_view& text) {
    std::string_view row = text.substr(0, text.find('\n'));
    text.remove_prefix(row.size() == text.size() ? row.size() : row.size() + 1);
    KeptLine line;
    for (; line.tabs < N; ++line.tabs) {
      const std::size_t tab = row.find('\t');
      line.cells.at(line.tabs) = row.substr(0, tab);
      if (tab == std::string_view::npos) break;
      row.remove_prefix(tab + 1);
    }
    return line;
  }
};

}  // namespace sekisho
