// SPDX-License-Identifier: Apache-2.0
// The door of the room to the server: its handlers, by the operations' ids in api.yaml.
#pragma once

#include "server/api/router.h"

namespace sekisho {

void add_notices(Handlers& handlers);

}  // namespace sekisho
