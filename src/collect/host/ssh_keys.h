// SPDX-License-Identifier: Apache-2.0
// Internal to the room: the check of people's private keys.
#pragma once

#include "collect/host/look.h"

namespace sekisho {

/// Of remote_checks, in a file of its own.
Finding ssh_keys(const Look& look);

}  // namespace sekisho
