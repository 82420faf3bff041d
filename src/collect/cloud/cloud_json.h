// SPDX-License-Identifier: Apache-2.0
// A reading of clouds for programs: with all persons who are left out, so for administrators only.
#pragma once

#include <boost/json.hpp>

#include "collect/cloud/cloud.h"

namespace sekisho {

boost::json::object to_json(const CloudRow& row);
/// What `sekisho cloud check --json` prints.
std::string cloud_json(const CloudChecks& clouds, const CloudReading& reading,
                       const std::vector<JudgedCheck>& checks);

}  // namespace sekisho
