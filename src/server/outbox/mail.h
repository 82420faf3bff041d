// What the server sends out by itself: mail through the organisation's SMTP server, and webhooks.
#pragma once

#include <string>
#include <vector>

#include "base/base.h"
#include "store/store.h"

namespace sekisho {

/// Sends one message in Japanese and English to each address. An error when no SMTP server is set
/// up, or when it refuses.
Result<void> send_mail(Database& db, const std::vector<std::string>& to, const Text& subject,
                       const Text& body);

enum class HookKind : std::uint8_t { json, slack, teams };
/// Posts a message in the form that the receiver understands. Only https, or http to loopback.
Result<void> call_hook(HookKind kind, const std::string& url, std::string_view event,
                       const Text& text, const std::string& link);
bool hook_url_allowed(const std::string& url);

/// An answer of an HTTP server that this one asks (OpenID Connect).
struct FetchedReply {
  long status = 0;
  std::string body;
};
/// `body` empty: GET; else POST. At most 1 MiB, 10 seconds, no redirects.
Result<FetchedReply> fetch(const std::string& url, const std::string& body,
                           const std::vector<std::string>& headers);

}  // namespace sekisho
