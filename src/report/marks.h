// SPDX-License-Identifier: Apache-2.0
// Whose words something is, told wherever it is shown: what the ministry was not seen to say is
// never left looking like its own.
#pragma once

#include "base/text.h"
#include "guideline/guideline.h"

namespace sekisho {

/// Empty for what was seen in the ministry's deck or handbook; in brackets else.
Text source_mark(const Provenance& from);
/// ◎ and ○ are the handbook's: where it gives none, the mark is our judgement, and says so.
Text priority_mark(const Requirement& requirement);
/// Both, behind a requirement's text.
Text marks(const Requirement& requirement);

}  // namespace sekisho
