// SPDX-License-Identifier: Apache-2.0
// Internal to the room: the setting guides of all services.
#pragma once

#include "server/api/router.h"

namespace sekisho {

void add_cloud_guides(Handlers& handlers);

}  // namespace sekisho
