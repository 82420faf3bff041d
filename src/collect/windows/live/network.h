// SPDX-License-Identifier: Apache-2.0
// What is listening, which services run, and through what programs without a person connect.
#pragma once

#include "collect/windows/facts.h"

namespace sekisho {

void read_listening(WindowsFacts& facts);
void read_services(WindowsFacts& facts);
void read_winhttp_proxy(WindowsFacts& facts);

}  // namespace sekisho
