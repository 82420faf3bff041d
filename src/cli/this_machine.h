// SPDX-License-Identifier: Apache-2.0
// The machine that the program runs on, as its agent tells of it: one file of this for each kind of
// system.
#pragma once

#include <memory>

#include "collect/agent/watch.h"
#include "collect/vuln/vuln.h"
#include "guideline/guideline.h"

namespace sekisho {

/// Where the agent of this machine keeps its key and queue.
std::string agent_folder();

/// Before anything else: one store of memory for all threads, since an agent waits most of its
/// time.
void spare_memory();
/// What a look needed goes back to the system until the next one.
void give_back_memory();

MachineFacts facts_of_this_machine();

/// What is installed, as CycloneDX; empty where the system has no list that is known here.
std::string software_of_this_machine();

/// All checks, by `guideline` and `feeds`.
Sight look_at_this_machine(std::shared_ptr<const Guideline> guideline,
                           std::shared_ptr<const Feeds> feeds, Time now);

}  // namespace sekisho
