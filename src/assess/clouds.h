// SPDX-License-Identifier: Apache-2.0
// The same assessment with what was read of clouds and meetings: a check of these counts once there
// is evidence of it, also when that has run out.
#pragma once

#include "assess/assess.h"
#include "guideline/clouds.h"

namespace sekisho {

/// `clouds` must outlive the assessment.
Assessment assess(const Guideline& guideline, const CloudChecks& clouds,
                  const std::vector<Evidence>& evidence, Scope scope);

}  // namespace sekisho
