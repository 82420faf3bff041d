// SPDX-License-Identifier: Apache-2.0
// The cookies of a request to an application: ours, and what the application may see.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "server/http/http.h"

namespace sekisho {

/// All cookies of ours begin so, and no application sees any.
inline constexpr std::string_view kOurCookies = "__Host-sekisho-";
/// By which a browser is known between a sign-in that begins and its ticket.
inline constexpr std::string_view kBeginCookie = "__Host-sekisho-begin.";

struct Cookies {
  std::optional<std::string> token;  // of the application; nothing when it is there twice
  std::optional<std::string> begin;
  std::string rest;  // for the application
};
Cookies read_cookies(const HttpRequest& request, std::string_view of_application);

/// A Set-Cookie header; `seconds` of 0 ends it, none at all keeps it as long as the browser.
std::string app_cookie(std::string_view name, std::string_view value,
                       std::optional<int> seconds = {});

}  // namespace sekisho
