// SPDX-License-Identifier: Apache-2.0
// Until when evidence counts, whatever was written on it.
#pragma once

#include <algorithm>

#include "guideline/guideline.h"

namespace sekisho {

/// Somebody's answer counts no longer than its question says, whatever they, another program or an
/// older version wrote: what nobody is asked again is soon what nobody knows.
inline Time counts_until(const CheckSpec& check, Time observed_at, Time valid_until) {
  return check.asked ? std::min(valid_until, observed_at + check.valid_for) : valid_until;
}

}  // namespace sekisho
