// SPDX-License-Identifier: Apache-2.0
// Why what is met counts as met, for papers that leave the house: without the names of people,
// machines and places.
#pragma once

#include <cstddef>
#include <optional>

#include "assess/assess.h"

namespace sekisho {

/// What was compared with what, of which day; empty for what is not met.
Text why_met(const Assessed& assessed, const Calendar& calendar);

/// What all that is met rests on together.
struct Grounds {
  std::size_t met = 0;       // measures
  std::size_t seen = 0;      // checks that were made on devices
  std::size_t answered = 0;  // checks that people answered
  std::optional<Day> oldest_answer;
};
Grounds grounds(const Assessment& assessment);

}  // namespace sekisho
