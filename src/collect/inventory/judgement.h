// SPDX-License-Identifier: Apache-2.0
// What feeds come to say of one component or program.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "collect/vuln/vuln.h"

namespace sekisho {

struct ComponentWeakness {
  std::string id;
  double score = 0;   // CVSS; 0 where the feed gives none
  std::string fixed;  // the version that mends it, where the feed says
};
struct ComponentJudgement {
  /// A feed names this product and its version could be read, so that nothing found means
  /// something.
  bool known = false;
  bool by_nvd = false;                // that feed is NVD's, which may hold a part of what there is
  std::optional<Ecosystem> by_osv{};  // or OSV's of this ecosystem
  std::vector<ComponentWeakness> open;
  std::vector<ComponentWeakness> unclear;  // whether it is open can't be told
};

}  // namespace sekisho
