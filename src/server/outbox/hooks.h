// SPDX-License-Identifier: Apache-2.0
// What a webhook is told, each receiver in its own form. What people wrote reaches it as plain
// text: nothing in it is a mention, a link or a mark.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/base.h"

namespace sekisho {

enum class HookKind : std::uint8_t { json, slack, teams, line_works, chatwork };

/// A webhook as the settings hold it.
struct Hook {
  HookKind kind = HookKind::json;
  std::string url;
  std::string token = {};  // Chatwork's alone
};
std::string_view name(HookKind kind);
std::optional<HookKind> hook_kind(std::string_view name);
/// Whether such a webhook may be at that address: https, or http on this machine; Chatwork's, whose
/// token goes with each message, only where its API is.
bool hook_url_allowed(HookKind kind, const std::string& url);
inline bool hook_url_allowed(const std::string& url) {
  return hook_url_allowed(HookKind::json, url);
}

/// Something that happened, to be told.
struct Happening {
  std::string id;  // the same at each try
  Time at;
  std::string event;
  Text title;
  Text body;
  std::string link = {};    // to the page that it is about; may be empty
  std::string data = "{}";  // for programs: a JSON object
};

/// A request by POST.
struct Post {
  std::string body;
  std::vector<std::string> headers;
};

/// Slack: incoming webhooks, with &, < and > as its escapes. Teams: an Adaptive Card 1.4, whose
/// RichTextBlocks know no Markdown. LINE WORKS: Incoming Webhook. Chatwork: API v2, a form, with
/// brackets that are no tags. JSON: signed as Standard Webhooks 1.0 says (webhook-id,
/// webhook-timestamp, webhook-signature) with `secret`, which is "whsec_" and base64.
/// Its timestamp is that of the try, `at`: receivers refuse what is older than some minutes.
Post post_for(const Hook& hook, const Happening& told, const std::string& secret, Time at);
/// A new secret to sign with, of 256 random bits.
std::string new_hook_secret();

}  // namespace sekisho
