// SPDX-License-Identifier: Apache-2.0
// Internal to the room: the words of an operating system's name, and which release of Windows they
// tell.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "collect/vuln/vuln.h"

namespace sekisho {

/// Words and numbers of a text in any width and case: "Win11 Pro (24H2)" is win, 11, pro, 24h2;
/// numbers keep their dots.
struct SystemName {
  explicit SystemName(std::string_view text);

  bool begins(std::string_view phrase) const;
  bool has(std::string_view word) const;
  /// The first number, such as "22.04.4"; empty where there is none.
  std::string number() const;

  std::vector<std::string> words;
};

bool is_windows(const SystemName& name);

struct WindowsLine {
  std::string product;  // windows or windows-server
  const Cycle* line = nullptr;
  std::optional<Day> extended;  // the last day of extended support that this edition can have
};
WindowsLine windows_line(const SupportFeed& feed, const SystemName& name,
                         const SystemName& version);

}  // namespace sekisho
