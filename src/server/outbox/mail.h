// What the server sends out by itself: mail through the organisation's SMTP server, and webhooks.
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include <boost/json.hpp>

#include "base/base.h"
#include "net/net.h"
#include "store/store.h"

namespace sekisho {

struct MailServer {
  std::string url;  // smtp://… or smtps://…; empty: none is set up
  std::string from;
  std::string user;  // empty: without signing in
  std::string password;
};
MailServer mail_server(const Settings& settings);

/// Sends one message in Japanese and English, waiting for the server at most 10 s. An error when
/// none is set up, when it refuses, or when `quit` says so.
Result<void> send_mail(const MailServer& server, const std::string& to, const Text& subject,
                       const Text& body, const std::stop_token& quit = {});

enum class HookKind : std::uint8_t { json, slack, teams };
/// Posts a message in the form that the receiver understands. Only https, or http to loopback.
Result<void> call_hook(HookKind kind, const std::string& url, std::string_view event,
                       const Text& text, const std::string& link, const std::stop_token& quit = {});
bool hook_url_allowed(const std::string& url);

/// Asks another HTTP server (OpenID Connect). `body` empty: GET; else POST. At most 1 MiB, 10
/// seconds, no redirects.
Result<Incoming> fetch(const std::string& url, const std::string& body,
                       const std::vector<std::string>& headers, const std::stop_token& quit = {});
/// The JSON that a 200 brings, of 1 MiB at most.
Result<boost::json::value> post_for_json(const std::string& url, const std::string& body,
                                         const std::vector<std::string>& headers);
Result<boost::json::value> fetch_json(const std::string& url);

}  // namespace sekisho
