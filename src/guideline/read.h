// Internal to the room: readers that more than one file needs.
#pragma once

#include "base/document.h"
#include "guideline/guideline.h"

namespace sekisho {

Condition read_condition(const Node& node);
Provenance read_provenance(const Node& node);
void read_flowchart(const Node& top, Guideline& guideline);
/// Notes what refers to something that isn't there, or breaks a rule across entries.
void check_references(const Document& document, const Guideline& guideline,
                      std::vector<Error>& problems);

}  // namespace sekisho
