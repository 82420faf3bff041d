// SPDX-License-Identifier: Apache-2.0
// Internal to the room: what is looked at in each service, a list each.
#pragma once

#include <vector>

#include "collect/cloud/cloud.h"

namespace sekisho {

std::vector<CloudItem> google_items();
std::vector<CloudItem> service_items();

}  // namespace sekisho
