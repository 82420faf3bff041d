// SPDX-License-Identifier: Apache-2.0
// What of HTTP is only text: paths, queries, cookies.
#include "server/http/http.h"

namespace sekisho {
std::string_view HttpRequest::header(std::string_view name) const {
  for (const auto& [key, value] : headers)
    if (key == name) return value;
  return {};
}

std::string_view HttpRequest::cookie(std::string_view name) const {
  for (const std::string_view part : split(header("cookie"), ';')) {
    const std::string_view pair = trim(part);
    const std::size_t equals = pair.find('=');
    if (equals != std::string_view::npos && pair.substr(0, equals) == name)
      return pair.substr(equals + 1);
  }
  return {};
}

std::optional<std::string> plain_path(std::string_view raw) {
  // A proxy's rules for paths see "/api%2fv1" as one name: then it is no two here.
  const std::string small = lower(raw);
  for (const std::string_view hidden : {"%2f", "%5c", "%00"})
    if (small.find(hidden) != std::string::npos) return std::nullopt;
  return percent_decoded(raw);
}

std::string percent_encoded_path(std::string_view path) {
  std::string out;
  for (const std::string_view part : split(path.substr(1), '/')) out += "/" + percent_encoded(part);
  return out;
}

std::optional<std::string> query_value(std::string_view query, std::string_view name) {
  for (const std::string_view part : split(query, '&')) {
    const std::size_t equals = part.find('=');
    if (part.substr(0, equals) != name) continue;
    return percent_decoded(equals == std::string_view::npos ? "" : part.substr(equals + 1), true);
  }
  return std::nullopt;
}

}  // namespace sekisho
