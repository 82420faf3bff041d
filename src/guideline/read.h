// SPDX-License-Identifier: Apache-2.0
// Internal to the room: readers that more than one file needs.
#pragma once

#include <boost/json/object.hpp>

#include "base/document.h"
#include "guideline/clouds.h"
#include "guideline/guideline.h"

namespace sekisho {

Condition read_condition(const Node& node);
Provenance read_provenance(const Node& node);
/// In an organisation's sections: former ids become those of now, and what a form left empty goes.
void settle_overlay(const Document& base, boost::json::object& overlay);
CheckSpec read_check(const Node& node);
CloudChecks read_cloud_checks(const Node& top);
Response read_response(const Node& node);
Contact read_contact(const Node& node);
Duty read_duty(const Node& node);
Limit read_limit(const Node& node);
void read_flowchart(const Node& top, Guideline& guideline);
/// Notes what refers to something that isn't there, or breaks a rule across entries.
void check_references(const Document& document, const Guideline& guideline,
                      std::vector<Error>& problems);

}  // namespace sekisho
