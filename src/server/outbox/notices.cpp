#include "server/outbox/notices.h"

#include <array>
#include <future>

#include <fmt/format.h>

#include "server/api/fields.h"
#include "server/outbox/handlers.h"
#include "server/outbox/outbox.h"

namespace sekisho {
namespace {

namespace json = boost::json;

constexpr std::array<std::pair<std::string_view, HookKind>, 3> kHookKinds{
    {{"json", HookKind::json}, {"slack", HookKind::slack}, {"teams", HookKind::teams}}};

}  // namespace

std::vector<Hook> hooks_of(const Settings& settings) {
  const auto found = settings.find("hooks");
  std::vector<Hook> hooks;
  if (found == settings.end()) return hooks;
  for (const std::string_view line : split(found->second, '\n')) {
    const std::size_t space = line.find(' ');
    if (space != std::string_view::npos)
      hooks.push_back({std::string(line.substr(0, space)), std::string(line.substr(space + 1))});
  }
  return hooks;
}

HookKind hook_kind(std::string_view name) {
  for (const auto& [known, kind] : kHookKinds)
    if (known == name) return kind;
  return HookKind::json;
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
    hooks.emplace_back(json::object{{"kind", hook.kind}, {"url", hook.url}});
  return reply_json(json::object{
      {"smtp", json::object{{"url", server.url},
                            {"from", server.from},
                            {"user", server.user},
                            {"password_set", !server.password.empty()}}},
      {"hooks", std::move(hooks)},
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
};

Notices read_notices(const Node& node) {
  node.only({"smtp", "hooks"});
  const Node smtp = node.at("smtp");
  smtp.only({"url", "from", "user", "password"});
  Notices one{
      clean_text(smtp.at("url"), 300, true), {}, clean_text(smtp.at("user"), 300, true), {}, {}};
  if (!one.url.empty()) {
    if (!one.url.starts_with("smtp://") && !one.url.starts_with("smtps://"))
      smtp.at("url").report("smtp:// か smtps:// で始めてください。",
                            "begin with smtp:// or smtps://.");
    one.from = read_email(smtp.at("from"));
  }
  if (const auto password = smtp.find("password")) one.password = clean_text(*password, 300, true);
  const auto hooks = node.at("hooks").items();
  if (hooks.size() > 10) node.at("hooks").report("10 件までです。", "at most 10.");
  for (const Node& hook : hooks) {
    hook.only({"kind", "url"});
    Hook given{clean_text(hook.at("kind"), 10), clean_text(hook.at("url"), 1900)};
    (void)hook.at("kind").one_of<HookKind>(kHookKinds);
    if (!hook_url_allowed(given.url))
      hook.at("url").report(
          "https:// で始まる場所だけを使えます（この機械の上なら http:// も）。",
          "use an address that begins with https:// (or http:// on this machine).");
    one.hooks.push_back(std::move(given));
  }
  return one;
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
    std::string hooks;
    for (const Hook& hook : given->hooks) hooks += hook.kind + " " + hook.url + "\n";
    std::vector<std::pair<std::string, std::string>> values{{"smtp.url", given->url},
                                                            {"smtp.from", given->from},
                                                            {"smtp.user", given->user},
                                                            {"hooks", hooks}};
    if (given->password) values.emplace_back("smtp.password", *given->password);
    if (given->url.empty()) values.emplace_back("smtp.password", "");
    for (const auto& [name, value] : values)
      if (auto set = set_setting(call.db, name, value); !set) return set;
    return audit(call, "notices-changed", "", {{"hooks", given->hooks.size()}});
  });
  if (!why.text.empty()) return std::unexpected(why);
  return written(done, reply_nothing());
}

/// By every way at once, so that it takes as long as the slowest.
Outcome test_notices(Call& call) {
  const auto kept = settings(call.db);
  if (!kept) return broken(kept.error());
  const Text subject{"Sekisho からの試し", "A test from Sekisho"};
  const Text body{"この知らせが届けば設定は正しくできています。",
                  "If you read this, it is set up right."};
  std::vector<std::pair<std::string, std::future<Result<void>>>> tries;
  const MailServer server = mail_server(*kept);
  if (!server.url.empty())
    tries.emplace_back("mail", std::async(std::launch::async, [&] {
                         return send_mail(server, call.who.email, subject, body);
                       }));
  const std::vector<Hook> hooks = hooks_of(*kept);
  for (const Hook& hook : hooks)
    tries.emplace_back(hook.kind, std::async(std::launch::async, [&] {
                         return call_hook(
                             hook_kind(hook.kind), hook.url, "test",
                             {subject.ja + "\n" + body.ja, subject.en + "\n" + body.en},
                             call.shop.options.public_url);
                       }));
  json::array results;
  for (auto& [way, answer] : tries) {
    const Result<void> sent = answer.get();
    results.emplace_back(json::object{
        {"way", way},
        {"sent", sent.has_value()},
        {"error", sent ? json::value(nullptr) : json::value(json_text(sent.error().message))}});
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
