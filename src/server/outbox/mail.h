// SPDX-License-Identifier: Apache-2.0
// What the server sends out by itself: mail through the organisation's SMTP server, and webhooks.
#pragma once

#include <chrono>
#include <expected>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

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
  bool again = false;             // it comes by the calendar: how to be rid of it is said
};

/// Why something was not taken.
struct Unsent {
  Text text;
  long code = 0;          // of HTTP or SMTP; 0: no answer came
  std::string said = {};  // by a mail server behind it, which may name who was to have the mail
  std::chrono::seconds wait{0};  // for which the receiver asks to be left alone
  bool gone = false;             // nobody will ever take it there

  /// All of it, for administrators.
  Text whole() const;
};
using Sent = std::expected<void, Unsent>;

/// Sends it as text and as HTML, waiting for the server at most 10 s. An error when none is set up,
/// when it refuses, or when `quit` says so.
Sent send_mail(const MailServer& server, const std::string& to, const Message& message,
               const std::stop_token& quit = {});
/// As it goes to the server (RFC 5322, 2045, 2046): the headers and two alternatives. Nothing that
/// people wrote is a link in it.
std::string mail_text(const std::string& from, const std::string& to, const Message& given,
                      Time at);

/// Posts what happened in the form that the receiver understands, as of `at`. It is taken once a
/// status of 2xx came, whatever comes behind it.
Sent call_hook(const Hook& hook, const Happening& told, const std::string& secret, Time at,
               const std::stop_token& quit = {});

/// Asks another HTTP server (OpenID Connect). `body` empty: GET; else POST. At most 1 MiB, 10
/// seconds, no redirects.
Result<Incoming> fetch(const std::string& url, const std::string& body,
                       const std::vector<std::string>& headers, const std::stop_token& quit = {});

}  // namespace sekisho
