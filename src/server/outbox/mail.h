// What the server sends out by itself: mail through the organisation's SMTP server, and webhooks.
#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include <boost/json.hpp>

#include "base/base.h"
#include "net/net.h"
#include "server/outbox/hooks.h"
#include "store/store.h"

namespace sekisho {

struct MailServer {
  std::string url;  // smtp://… or smtps://…; empty: none is set up
  std::string from;
  std::string user;  // empty: without signing in
  std::string password;
};
MailServer mail_server(const Settings& settings);

/// What one person is told.
struct Message {
  Text subject;
  Text body;
  std::string link = {};          // to the page that it is about; may be empty
  std::optional<Lang> lang = {};  // both, where the reader's isn't known
};
/// Sends it as text and as HTML, waiting for the server at most 10 s. An error when none is set up,
/// when it refuses, or when `quit` says so.
Result<void> send_mail(const MailServer& server, const std::string& to, const Message& message,
                       const std::stop_token& quit = {});
/// As it goes to the server (RFC 5322, 2045, 2046): the headers and two alternatives.
std::string mail_text(const std::string& from, const std::string& to, const Message& message,
                      Time at);

/// Posts what happened in the form that the receiver understands.
Result<void> call_hook(const Hook& hook, const Happening& told, const std::string& secret,
                       const std::stop_token& quit = {});

/// Asks another HTTP server (OpenID Connect). `body` empty: GET; else POST. At most 1 MiB, 10
/// seconds, no redirects.
Result<Incoming> fetch(const std::string& url, const std::string& body,
                       const std::vector<std::string>& headers, const std::stop_token& quit = {});
/// The JSON that a 200 brings, of 1 MiB at most.
Result<boost::json::value> post_for_json(const std::string& url, const std::string& body,
                                         const std::vector<std::string>& headers);
Result<boost::json::value> fetch_json(const std::string& url);

}  // namespace sekisho
