// SPDX-License-Identifier: Apache-2.0
// collect/host: looks at one Linux machine and emits evidence. A check is a function in the file of
// its group (updates.cpp, network.cpp …), with its words in data/checks/.
//
// May enter: reading this machine, and judging one fact at a time.
// May not enter: scores, measures, pages, the network; anything that changes the machine.
#pragma once

#include <chrono>
#include <functional>
#include <vector>

#include "collect/host/look.h"

namespace sekisho {

/// All checks, in the order of the lists.
const std::vector<HostCheck>& host_checks();

struct CollectOptions {
  /// Each check's bound; one that takes longer is unknown, and the others go on.
  std::chrono::milliseconds bound{5000};
  unsigned at_once = 4;
  /// Called as each check ends, with how many have and how many there are.
  std::function<void(std::size_t done, std::size_t all)> progress;
};

/// Runs `checks` on a machine and gives their evidence in the same order. What the checks use is
/// kept alive by them, since one that hangs outlives this call.
std::vector<Evidence> collect_host(std::shared_ptr<const Machine> machine,
                                   std::shared_ptr<const Guideline> guideline,
                                   std::shared_ptr<const Feeds> feeds, const SubjectId& subject,
                                   Time now, const std::vector<HostCheck>& checks,
                                   const CollectOptions& options = {});

/// "host:NAME" of the machine, by its /etc/hostname, or the kernel's name of the running system.
SubjectId host_subject(const Machine& machine);

}  // namespace sekisho
