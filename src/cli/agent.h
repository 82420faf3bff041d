// SPDX-License-Identifier: Apache-2.0
// What `agent` and the service of Windows share.
#pragma once

#include "cli/app.h"
#include "collect/agent/agent.h"

namespace sekisho {

Result<Device> enrol_this_machine(const std::string& folder, const std::string& link,
                                  Device::Enrolling how);

/// `app` with what to check by kept in the agent's folder.
App with_content(App app, const std::string& folder);

/// This machine, by what the state folder of `app` has to check by.
Watched watched(const App& app);

/// What follows `sekisho agent`, and `sekisho-agent`.
void add_agent_commands(CLI::App& agent, Lang lang, Command& chosen);

/// `agent key`; nothing on Windows, where the person's own store of certificates is to hold it.
void add_agent_key(CLI::App& agent, Lang lang, Command& chosen);

}  // namespace sekisho
