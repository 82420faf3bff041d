// SPDX-License-Identifier: Apache-2.0
// Internal to the room: what there is to do, in order, for one machine and for a whole fleet alike.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "assess/assess.h"
#include "guideline/clouds.h"

namespace sekisho {

/// Notes what each action serves among `applying`, leaves out what serves nothing, and puts the
/// rest in order: by priority, importance and ease; among equals what serves the most comes first.
template <typename A>
std::vector<A> in_order(std::vector<A> actions, const std::vector<const Requirement*>& applying,
                        const CloudChecks* clouds = nullptr) {
  std::unordered_map<std::string_view, A*> of;
  for (A& action : actions) of.emplace(action.spec().id, &action);
  const auto serve = [&](const std::string& id, const Requirement* requirement) {
    const auto found = of.find(id);
    if (found == of.end()) return;
    Cause& cause = *found->second;
    cause.serves.push_back(requirement);
    cause.priority = std::min(cause.priority, requirement->priority());
    cause.importance = std::max(cause.importance, requirement->importance);
    cause.difficulty = std::min(cause.difficulty, requirement->difficulty);
  };
  for (const Requirement* requirement : applying) {
    for (const std::string& id : requirement->checks) serve(id, requirement);
    if (clouds == nullptr) continue;
    for (const std::string& id : clouds->of(*requirement)) serve(id, requirement);
  }
  std::erase_if(actions, [](const A& action) { return action.serves.empty(); });
  std::ranges::stable_sort(actions, {}, [](const A& action) {
    return std::tuple(action.priority, -static_cast<int>(action.importance), action.difficulty,
                      -static_cast<std::ptrdiff_t>(action.serves.size()));
  });
  return actions;
}

}  // namespace sekisho
