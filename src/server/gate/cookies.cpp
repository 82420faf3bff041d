// SPDX-License-Identifier: Apache-2.0
#include "server/gate/cookies.h"

#include <algorithm>

#include <fmt/format.h>

namespace sekisho {
namespace {

/// Of a cookie that is there twice none counts: it isn't clear which is ours.
class OnlyOne {
 public:
  void take(std::string_view value) {
    found_ = !found_ && !twice_ ? std::optional(std::string(value)) : std::nullopt;
    twice_ = !found_;
  }
  std::optional<std::string> value() && { return std::move(found_); }

 private:
  std::optional<std::string> found_;
  bool twice_ = false;
};

/// Also within the value of another. Browsers hold prefixes in any case for the prefix (RFC
/// 6265bis, 4.1.3).
bool speaks_of_ours(std::string_view pair) {
  const auto small = [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  };
  return !std::ranges::search(pair, kOurCookies, {}, small, small).empty();
}

}  // namespace

Cookies read_cookies(const HttpRequest& request, std::string_view of_application) {
  OnlyOne token;
  OnlyOne begin;
  Cookies out;
  for (const auto& [field, line] : request.headers) {
    if (field != "cookie") continue;
    for (const std::string_view part : split(std::string_view(line), ';')) {
      const std::string_view pair = trim(part);
      const std::size_t equals = std::min(pair.find('='), pair.size());
      const std::string_view name = trim(pair.substr(0, equals));
      const std::string_view value = trim(pair.substr(std::min(equals + 1, pair.size())));
      if (name == of_application) token.take(value);
      if (name == kBeginCookie) begin.take(value);
      if (pair.empty() || speaks_of_ours(pair)) continue;
      if (!out.rest.empty()) out.rest += "; ";
      out.rest += pair;
    }
  }
  out.token = std::move(token).value();
  out.begin = std::move(begin).value();
  return out;
}

std::string app_cookie(std::string_view name, std::string_view value, std::optional<int> seconds) {
  return fmt::format("{}={}; Path=/; Secure; HttpOnly; SameSite=Lax{}", name, value,
                     seconds ? fmt::format("; Max-Age={}", *seconds) : "");
}

}  // namespace sekisho
