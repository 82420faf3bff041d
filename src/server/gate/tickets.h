// SPDX-License-Identifier: Apache-2.0
// A ticket carries a sign-in from the console's name to an application's: once, within a minute,
// for this application, this browser and this way back.
#pragma once

#include <optional>
#include <string>

#include "access/policy.h"
#include "server/api/call.h"

namespace sekisho {

inline constexpr std::chrono::seconds kTicketLasts{60};

struct Ticket {
  ResourceId resource;
  SessionId session;
  std::string browser;  // SHA-256 of the browser's cookie at the application, as base64url
  std::string back;     // is_way_back
};

/// Its name, which is the secret.
Result<std::string> make_ticket(Database& db, const Ticket& ticket, Time now);
/// Nothing when there is none, or no longer; it is used up.
Result<std::optional<Ticket>> take_ticket(Database& db, const std::string& name, Time now);

/// What stands in an address for a browser's cookie.
std::string browser_mark(std::string_view cookie);
bool is_browser_mark(std::string_view text);

}  // namespace sekisho
