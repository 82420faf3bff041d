// SPDX-License-Identifier: Apache-2.0
// What waits for whoever leads the organisation, and what was handed to whom: of one look at how
// things stand.
#pragma once

#include <vector>

#include "report/organisation.h"
#include "server/api/view.h"

namespace sekisho {

/// At most kMostDecisions, the most urgent first: what is theirs to say, what nobody has, and what
/// is late.
std::vector<Decision> decisions(const View& view, Day today);
boost::json::array decisions_json(const std::vector<Decision>& list);

/// Something that was handed to somebody, or given a day.
struct Handed {
  std::string item;
  bool asked = false;
  bool done = false;
  bool late = false;
};
/// None for what is of an older overlay, or no longer applies.
std::optional<Handed> handed(const View& view, const std::string& item, const std::string& due,
                             Day today);
/// How many are past their day and not done.
std::int64_t late_items(const View& view, Day today);

}  // namespace sekisho
