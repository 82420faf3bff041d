// SPDX-License-Identifier: Apache-2.0
// What `sekisho cloud check` prints.
#pragma once

#include "cli/app.h"
#include "collect/cloud/cloud.h"

namespace sekisho {

std::string cloud_text(const App& app, const CloudReading& reading,
                       const std::vector<JudgedCheck>& checks);

}  // namespace sekisho
