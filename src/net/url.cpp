// SPDX-License-Identifier: Apache-2.0
#include <curl/curl.h>

#include <memory>

#include "net/net.h"

namespace sekisho {

std::optional<UrlParts> parts_of(const std::string& url) {
  const std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> parsed(curl_url(), &curl_url_cleanup);
  if (!parsed || curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK)
    return std::nullopt;
  const auto part = [&](CURLUPart which, unsigned how = 0) {
    char* text = nullptr;
    if (curl_url_get(parsed.get(), which, &text, how) != CURLUE_OK) return std::string();
    const std::unique_ptr<char, decltype(&curl_free)> owned(text, &curl_free);
    return std::string(text);
  };
  UrlParts parts{.scheme = part(CURLUPART_SCHEME),
                 .host = lower(part(CURLUPART_HOST)),
                 .port = part(CURLUPART_PORT, CURLU_DEFAULT_PORT),
                 .user = part(CURLUPART_USER, CURLU_URLDECODE),
                 .password = part(CURLUPART_PASSWORD, CURLU_URLDECODE),
                 .path = part(CURLUPART_PATH),
                 .query = part(CURLUPART_QUERY),
                 .fragment = part(CURLUPART_FRAGMENT)};
  if (parts.host.empty()) return std::nullopt;  // file:///…
  return parts;
}

bool same_server(const std::string& one, const std::string& other) {
  const auto a = parts_of(one);
  const auto b = parts_of(other);
  return a && b && a->scheme == b->scheme && a->host == b->host && a->port == b->port;
}

bool is_this_machine(std::string_view host) {
  return host == "127.0.0.1" || host == "localhost" || host == "[::1]";
}

std::string shown_url(const std::string& url, std::size_t max_bytes) {
  // Also of what is no URL: whatever could be read as one's signing in is left out.
  const std::size_t scheme = url.find("://");
  const std::size_t begin = scheme == std::string::npos ? 0 : scheme + 3;
  const std::size_t at = url.rfind('@');
  if (at == std::string::npos || at < begin) return printable(url, max_bytes);
  return printable(url.substr(0, begin) + "…" + url.substr(at), max_bytes);
}

}  // namespace sekisho
