// SPDX-License-Identifier: Apache-2.0
#include "server/outbox/notices.h"

#include <algorithm>
#include <array>
#include <future>

#include <fmt/format.h>

#include "base/crypto.h"
#include "server/api/fields.h"
#include "server/outbox/handlers.h"
#include "server/outbox/hook_kinds.h"
#include "server/outbox/outbox.h"

namespace sekisho {
namespace {

namespace json = boost::json;

/// One a line: kind, address, token.
std::string text_of(const std::vector<Hook>& hooks) {
  std::string text;
  for (const Hook& hook : hooks)
    text += fmt::format("{} {}{}{}\n", name(hook.kind), hook.url, hook.token.empty() ? "" : " ",
                        hook.token);
  return text;
}

}  // namespace

std::vector<Hook> hooks_of(const Settings& settings) {
  const auto found = settings.find("hooks");
  std::vector<Hook> hooks;
  if (found == settings.end()) return hooks;
  for (const std::string_view line : split(found->second, '\n')) {
    const auto parts = words(line);
    if (parts.size() < 2) continue;
    if (const auto kind = hook_kind(parts[0]))
      hooks.push_back(
          {*kind, std::string(parts[1]), parts.size() > 2 ? std::string(parts[2]) : ""});
  }
  return hooks;
}

std::string hook_secret(const Settings& settings) {
  const auto found = settings.find("hooks.secret");
  return found == settings.end() ? std::string() : found->second;
}

namespace {

Outcome show_notices(Call& call) {
  const auto kept = settings(call.db);
  if (!kept) return broken(kept.error());
  const auto waiting = waiting_letters(call.db);
  if (!waiting) return broken(waiting.error());
  const MailServer server = mail_server(*kept);
  json::array hooks;
  for (const Hook& hook : hooks_of(*kept))
    hooks.emplace_back(json::object{
        {"kind", name(hook.kind)}, {"url", hook.url}, {"token_set", !hook.token.empty()}});
  return reply_json(json::object{
      {"smtp", json::object{{"url", server.url},
                            {"from", server.from},
                            {"user", server.user},
                            {"password_set", !server.password.empty()}}},
      {"hooks", std::move(hooks)},
      {"secret", hook_secret(*kept)},
      {"links", !call.shop.options.public_url.empty()},
      {"waiting",
       json::object{{"count", waiting->count},
                    {"since", waiting->since ? json_time(*waiting->since) : json::value(nullptr)},
                    {"error", waiting->error}}}});
}

struct Notices {
  std::string url;
  std::string from;
  std::string user;
  std::optional<std::string> password;
  std::vector<Hook> hooks;
  bool new_secret = false;
};

Hook read_hook(const Node& node) {
  node.only({"kind", "url", "token", "token_set"});
  Hook hook{node.at("kind").one_of<HookKind>(kHookKinds), clean_text(node.at("url"), 1900), {}};
  const auto one_word = [](std::string_view text) {
    return std::ranges::all_of(text, [](unsigned char c) { return c > 0x20 && c < 0x7F; });
  };
  if (const auto token = node.find("token")) hook.token = clean_text(*token, 200, true);
  if (!one_word(hook.token))
    node.at("token").report("半角の英数字と記号だけで入力してください。",
                            "use letters, digits and signs of ASCII.");
  if (!one_word(hook.url) || !hook_url_allowed(hook.url))
    node.at("url").report("https:// で始まる場所だけを使えます（この機械の上なら http:// も）。",
                          "use an address that begins with https:// (or http:// on this machine).");
  else if (!hook_url_allowed(hook.kind, hook.url))
    node.at("url").report(
        "https://api.chatwork.com/v2/rooms/（ルーム ID）/messages を入力してください。",
        "use https://api.chatwork.com/v2/rooms/ROOM_ID/messages.");
  return hook;
}

Notices read_notices(const Node& node) {
  node.only({"smtp", "hooks", "new_secret"});
  const Node smtp = node.at("smtp");
  smtp.only({"url", "from", "user", "password"});
  Notices one{clean_text(smtp.at("url"), 300, true),
              {},
              clean_text(smtp.at("user"), 300, true),
              {},
              {},
              false};
  if (!one.url.empty()) {
    if (!one.url.starts_with("smtp://") && !one.url.starts_with("smtps://"))
      smtp.at("url").report("smtp:// か smtps:// で始めてください。",
                            "begin with smtp:// or smtps://.");
    else if (const auto parts = parts_of(one.url); !parts || parts->host.empty())
      smtp.at("url").report("smtp://mail.example.jp の形で入力してください。",
                            "write it like smtp://mail.example.jp.");
    else if (!parts->user.empty() || !parts->password.empty())
      smtp.at("url").report("ユーザー名とパスワードは、それぞれの欄に入力してください。",
                            "enter user and password in fields of their own.");
    one.from = read_email(smtp.at("from"));
  }
  if (const auto password = smtp.find("password")) one.password = clean_text(*password, 300, true);
  const auto hooks = node.at("hooks").items();
  if (hooks.size() > 10) node.at("hooks").report("10 件までです。", "at most 10.");
  for (const Node& hook : hooks) one.hooks.push_back(read_hook(hook));
  if (const auto anew = node.find("new_secret")) one.new_secret = anew->boolean();
  return one;
}

/// Each with its token, given now or kept from before: it goes nowhere but where it was entered
/// for.
std::expected<std::vector<Hook>, Problem> with_tokens(std::vector<Hook> hooks,
                                                      const std::vector<Hook>& before) {
  Problem anew{422, {"入力に誤りがあります。", "something in the input is wrong."}, {}};
  for (std::size_t at = 0; at < hooks.size(); ++at) {
    Hook& hook = hooks[at];
    if (hook.kind != HookKind::chatwork) hook.token.clear();
    if (hook.kind != HookKind::chatwork || !hook.token.empty()) continue;
    const auto kept = std::ranges::find_if(
        before, [&](const Hook& one) { return one.kind == hook.kind && one.url == hook.url; });
    if (kept != before.end()) hook.token = kept->token;
    if (hook.token.empty())
      anew.fields.push_back({{"API トークンを入力してください。", "enter its API token."},
                             fmt::format("/hooks/{}/token", at)});
  }
  if (!anew.fields.empty()) return std::unexpected(std::move(anew));
  return hooks;
}

Outcome replace_notices(Call& call) {
  const auto given = read_body<Notices>(call, read_notices);
  if (!given) return std::unexpected(given.error());
  Problem why;
  const auto done = call.db.write([&]() -> Result<void> {
    const auto kept = settings(call.db);
    if (!kept) return std::unexpected(kept.error());
    const MailServer before = mail_server(*kept);
    if (!given->password && !before.password.empty() && !given->url.empty() &&
        !same_server(before.url, given->url)) {
      // A password goes to no server but the one that it was entered for.
      Problem anew{422, {"入力に誤りがあります。", "something in the input is wrong."}, {}};
      anew.fields.push_back({{"メールサーバーが変わります。パスワードを入れ直してください。",
                              "the email server changes: enter its password anew."},
                             "/smtp/password"});
      return stop(why, std::move(anew));
    }
    auto hooks = with_tokens(given->hooks, hooks_of(*kept));
    if (!hooks) return stop(why, std::move(hooks.error()));
    std::vector<std::pair<std::string, std::string>> values{{"smtp.url", given->url},
                                                            {"smtp.from", given->from},
                                                            {"smtp.user", given->user},
                                                            {"hooks", text_of(*hooks)}};
    if (given->new_secret || (!hooks->empty() && hook_secret(*kept).empty()))
      values.emplace_back("hooks.secret", new_hook_secret());
    values.emplace_back("smtp.password",
                        given->url.empty() ? "" : given->password.value_or(before.password));
    for (const auto& [name, value] : values)
      if (auto set = set_setting(call.db, name, value); !set) return set;
    if (auto forgotten = forget_other_hooks(call.db, *hooks); !forgotten) return forgotten;
    return audit(call, "notices-changed", "",
                 {{"hooks", given->hooks.size()}, {"new_secret", given->new_secret}});
  });
  if (!why.text.empty()) return std::unexpected(why);
  return written(done, reply_nothing());
}

/// By every way at once, so that it takes as long as the slowest.
Outcome test_notices(Call& call) {
  const auto kept = settings(call.db);
  if (!kept) return broken(kept.error());
  const Happening told{.id = "test_" + random_token(8),
                       .at = call.now,
                       .event = "test",
                       .title = {"Sekisho からの試し", "A test from Sekisho"},
                       .body = {"この知らせが届けば設定は正しくできています。",
                                "If you read this, it is set up right."},
                       .link = call.shop.options.public_url};
  std::vector<std::pair<std::string, std::future<Sent>>> tries;
  const MailServer server = mail_server(*kept);
  if (!server.url.empty())
    tries.emplace_back("mail", std::async(std::launch::async, [&] {
                         return send_mail(server, call.who.email,
                                          {told.title, told.body, told.link, call.who.lang});
                       }));
  const std::vector<Hook> hooks = hooks_of(*kept);
  const std::string secret = hook_secret(*kept);
  for (const Hook& hook : hooks)
    tries.emplace_back(name(hook.kind), std::async(std::launch::async, [&] {
                         return call_hook(hook, told, secret, call.now);
                       }));
  json::array results;
  for (auto& [way, answer] : tries) {
    const Sent sent = answer.get();
    results.emplace_back(json::object{
        {"way", way},
        {"sent", sent.has_value()},
        {"error", sent ? json::value(nullptr) : json::value(json_text(sent.error().whole()))}});
  }
  return reply_json(json::object{{"results", std::move(results)}});
}

}  // namespace

void add_notices(Handlers& handlers) {
  handlers.insert({{"getNotices", show_notices},
                   {"replaceNotices", replace_notices},
                   {"testNotices", test_notices}});
}

}  // namespace sekisho
