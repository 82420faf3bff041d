// SPDX-License-Identifier: Apache-2.0
// By which addresses people and devices reach this server, as far as it can tell, and which of them
// links are made with: the one that an administrator chose, while it still is one.
#pragma once

#include <string>
#include <vector>

#include "server/api/call.h"

namespace sekisho {

/// Whether an address is of this machine only.
bool is_loopback(std::string_view address);

/// "https://host:port" each; the first is the likeliest. None where only this machine gets here.
std::vector<std::string> reached_at(const ServerOptions& options);
/// Where links for people begin.
Result<std::string> people_address(const Call& call);
/// Where devices report, for a link that begins at `people`.
std::string devices_address(const ServerOptions& options, const std::string& people);

inline constexpr const char* kChosenAddress = "address.people";

}  // namespace sekisho
