// SPDX-License-Identifier: Apache-2.0
// What the line says of an address that wants access, for whatever decides on it.
#pragma once

#include <span>

#include "collect/observe/sensor.h"

namespace sekisho {

struct LineRisk {
  /// raised: ask for more than a password. high: refuse, and look into it.
  enum class Level : std::uint8_t { none, raised, high };
  struct Reason {
    std::string id;  // own_sends, tries_passwords, scans
    Level level = Level::none;
    Text text;
    Time seen;   // last
    Time until;  // it holds
  };
  Level level = Level::none;    // the highest of the reasons'
  std::vector<Reason> reasons;  // the highest first
  /// Services on which somebody tries passwords now, whoever asks: ids of data/observe/line.yaml.
  std::vector<std::string> attacked;
};

/// The rules are the project's: an own address that only sends, or scans, or one that tries
/// passwords, is high for 7 days; one that bears a tool's mark, or went to four ports or more, is
/// raised for a day, those who scan in the open too. A service is attacked for an hour after the
/// last attempt.
LineRisk risk_of(const Address& address, std::span<const LineFound> found, Time now);

}  // namespace sekisho
