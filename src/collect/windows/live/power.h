// SPDX-License-Identifier: Apache-2.0
// When this machine sleeps.
#pragma once

#include "collect/windows/facts.h"

namespace sekisho {

void read_sleep(WindowsFacts& facts);

}  // namespace sekisho
