// SPDX-License-Identifier: Apache-2.0
// Internal to the room: the kinds of webhooks by the names that settings and the API give them.
#pragma once

#include <array>
#include <string_view>
#include <utility>

#include "server/outbox/hooks.h"

namespace sekisho {

inline constexpr std::array<std::pair<std::string_view, HookKind>, 5> kHookKinds{
    {{"json", HookKind::json},
     {"slack", HookKind::slack},
     {"teams", HookKind::teams},
     {"line_works", HookKind::line_works},
     {"chatwork", HookKind::chatwork}}};

}  // namespace sekisho
