// SPDX-License-Identifier: Apache-2.0
// Policies and reasons as pages show them: in words, for those who read and don't write them.
#pragma once

#include <boost/json.hpp>

#include "access/access.h"
#include "evidence/evidence.h"

namespace sekisho {

/// {"name", "about", "resources"}: what each asks, a line each.
boost::json::object policy_view(const Policy& policy);

/// [{"code", "measure", "text"}], a few words each.
boost::json::array reasons_view(const Policy& policy, const std::vector<AccessReason>& reasons);
/// The same of codes as they are kept: "measure_failing:8-3 device_lost".
boost::json::array reasons_view(const Guideline& guideline, std::string_view codes);
/// The same for a cell of a table.
std::string reasons_text(const Guideline& guideline, std::string_view codes, Lang lang);

/// The measures that codes speak of, which this guideline has.
std::vector<const Requirement*> measures_in(const Guideline& guideline, std::string_view codes);

}  // namespace sekisho
