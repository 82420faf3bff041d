// SPDX-License-Identifier: Apache-2.0
#include "server/outbox/hooks.h"

#include <algorithm>

#include <fmt/format.h>
#include <boost/json.hpp>

#include "base/crypto.h"
#include "base/text.h"
#include "net/net.h"
#include "server/http/secrets.h"
#include "server/outbox/harmless.h"
#include "server/outbox/hook_kinds.h"

namespace sekisho {
namespace {

namespace json = boost::json;

constexpr std::string_view kJson = "Content-Type: application/json";
constexpr std::string_view kSecretMark = "whsec_";
const Text kOpen{"関所を開く", "Open Sekisho"};

std::string both(const Text& text) { return text.ja + "\n" + text.en; }

std::string replaced(std::string_view text,
                     const std::vector<std::pair<char, std::string_view>>& by) {
  std::string out;
  for (const char c : text) {
    const auto found = std::ranges::find(by, c, &std::pair<char, std::string_view>::first);
    if (found == by.end())
      out += c;
    else
      out += found->second;
  }
  return out;
}

/// In pieces of at most `most` bytes, cut behind a line where there is one.
std::vector<std::string> pieces(std::string_view text, std::size_t most) {
  std::vector<std::string> all;
  while (!text.empty()) {
    std::size_t cut = std::min(text.size(), most);
    if (cut < text.size()) {
      while ((static_cast<unsigned char>(text[cut]) & 0xC0U) == 0x80U) --cut;
      if (const auto line = text.substr(0, cut).rfind('\n'); line != std::string_view::npos)
        cut = line + 1;
    }
    all.emplace_back(text.substr(0, cut));
    text.remove_prefix(cut);
  }
  return all;
}

/// docs.slack.dev, "Escaping text" and "Text object": blocks of plain text know no marks, and of a
/// section's 3,000 characters and a message's 50 blocks none is left over. What is shown where
/// there is no room for blocks is plain as well.
std::string for_slack(const Happening& told) {
  constexpr std::size_t kMostText = 2900;
  constexpr std::size_t kMostBlocks = 49;
  const std::string text = replaced(both(told.title) + "\n" + both(told.body),
                                    {{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}});
  json::array blocks;
  for (const std::string& piece : pieces(text, kMostText))
    if (blocks.size() < kMostBlocks)
      blocks.emplace_back(json::object{
          {"type", "section"},
          {"text", json::object{{"type", "plain_text"}, {"text", piece}, {"emoji", false}}}});
  if (!told.link.empty())
    blocks.emplace_back(json::object{
        {"type", "section"},
        {"text",
         json::object{{"type", "mrkdwn"},
                      {"text", fmt::format("<{}|{} / {}>", told.link, kOpen.ja, kOpen.en)}}}});
  return json::serialize(
      json::object{{"text", replaced(text, {{'*', "＊"}, {'_', "＿"}, {'~', "～"}, {'`', "｀"}})},
                   {"mrkdwn", false},
                   {"blocks", std::move(blocks)}});
}

/// One block for each line: a TextRun is shown as it stands.
std::string for_teams(const Happening& told) {
  json::array blocks;
  const auto add = [&](std::string_view line, bool title) {
    json::object run{{"type", "TextRun"}, {"text", line}};
    if (title) run["weight"] = "Bolder";
    json::object block{{"type", "RichTextBlock"}, {"inlines", json::array{std::move(run)}}};
    if (title) block["separator"] = !blocks.empty();
    blocks.emplace_back(std::move(block));
  };
  for (const Lang lang : {Lang::ja, Lang::en}) {
    add(told.title.in(lang), true);
    for (const std::string_view line : split(told.body.in(lang), '\n'))
      if (!trim(line).empty()) add(line, false);
  }
  json::object card{{"type", "AdaptiveCard"},
                    {"$schema", "http://adaptivecards.io/schemas/adaptive-card.json"},
                    {"version", "1.4"},
                    {"body", std::move(blocks)}};
  if (!told.link.empty())
    card["actions"] = json::array{json::object{
        {"type", "Action.OpenUrl"}, {"title", kOpen.ja + " / " + kOpen.en}, {"url", told.link}}};
  return json::serialize(json::object{
      {"type", "message"},
      {"attachments",
       json::array{json::object{{"contentType", "application/vnd.microsoft.card.adaptive"},
                                {"contentUrl", nullptr},
                                {"content", std::move(card)}}}}});
}

std::string for_line_works(const Happening& told) {
  json::object body{{"title", told.title.ja + " / " + told.title.en},
                    {"body", json::object{{"text", both(told.body)}}}};
  if (!told.link.empty()) body["button"] = json::object{{"label", kOpen.ja}, {"url", told.link}};
  return json::serialize(body);
}

/// In Chatwork's own marks "[toall]" calls everybody: brackets of others become full-width ones.
std::string for_chatwork(const Happening& told) {
  const auto plain = [](std::string_view text) {
    return replaced(text, {{'[', "［"}, {']', "］"}});
  };
  return "body=" + percent_encoded(fmt::format("[info][title]{} / {}[/title]{}{}[/info]",
                                               plain(told.title.ja), plain(told.title.en),
                                               plain(both(told.body)),
                                               told.link.empty() ? "" : "\n" + told.link));
}

std::string for_programs(const Happening& told) {
  boost::system::error_code none;
  json::value data = json::parse(told.data, none);
  if (none || !data.is_object()) data = json::object{};
  return json::serialize(
      json::object{{"id", told.id},
                   {"at", format_time(told.at)},
                   {"event", told.event},
                   {"text", json::object{{"ja", told.title.ja + "\n" + told.body.ja},
                                         {"en", told.title.en + "\n" + told.body.en}}},
                   {"link", told.link},
                   {"data", std::move(data)}});
}

/// Standard Webhooks 1.0, "Signature scheme".
std::vector<std::string> signature(const std::string& id, std::string_view body,
                                   const std::string& secret, Time tried) {
  const std::string at = std::to_string(tried.time_since_epoch().count());
  std::string key = secret.substr(std::min(secret.size(), kSecretMark.size()));
  std::ranges::replace(key, '+', '-');
  std::ranges::replace(key, '/', '_');
  key.erase(std::min(key.find('='), key.size()));
  const auto bytes = from_base64url(key);
  if (!secret.starts_with(kSecretMark) || !bytes || bytes->empty()) return {};
  const auto mac = from_base64url(keyed_hash(*bytes, fmt::format("{}.{}.{}", id, at, body)));
  return {"webhook-id: " + id, "webhook-timestamp: " + at,
          "webhook-signature: v1," + base64(mac.value_or(""))};
}

}  // namespace

std::string_view name(HookKind kind) {
  return std::ranges::find(kHookKinds, kind, &std::pair<std::string_view, HookKind>::second)->first;
}

std::optional<HookKind> hook_kind(std::string_view name) {
  const auto found =
      std::ranges::find(kHookKinds, name, &std::pair<std::string_view, HookKind>::first);
  return found == kHookKinds.end() ? std::nullopt : std::optional(found->second);
}

bool hook_url_allowed(HookKind kind, const std::string& url) {
  const auto parts = parts_of(url);
  if (url.size() >= 2000 || !parts) return false;
  const bool here = is_this_machine(parts->host);
  if (parts->scheme != "https" && !(parts->scheme == "http" && here)) return false;
  return kind != HookKind::chatwork || here ||
         (parts->host == "api.chatwork.com" && parts->path.starts_with("/v2/rooms/"));
}

Post post_for(const Hook& hook, const Happening& told, const std::string& secret, Time at) {
  Post post{.body = {}, .headers = {std::string(kJson)}};
  Happening shown = told;
  shown.title = without_links(told.title);
  shown.body = without_links(told.body);
  switch (hook.kind) {
    case HookKind::slack: post.body = for_slack(shown); break;
    case HookKind::teams: post.body = for_teams(shown); break;
    case HookKind::line_works: post.body = for_line_works(shown); break;
    case HookKind::chatwork:
      post.body = for_chatwork(shown);
      post.headers = {"Content-Type: application/x-www-form-urlencoded",
                      "X-ChatWorkToken: " + hook.token};
      break;
    case HookKind::json:
      post.body = for_programs(told);
      for (std::string& header : signature(told.id, post.body, secret, at))
        post.headers.push_back(std::move(header));
      break;
  }
  return post;
}

std::string new_hook_secret() { return std::string(kSecretMark) + base64(random_bytes(32)); }

}  // namespace sekisho
