#include "server/outbox/notices.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "server/api/fields.h"
#include "server/outbox/handlers.h"
#include "server/outbox/mail.h"
#include "store/audit.h"

namespace sekisho {
namespace {

namespace json = boost::json;

struct Hook {
  std::string kind;
  std::string url;
};

constexpr std::array<std::pair<std::string_view, HookKind>, 3> kHookKinds{
    {{"json", HookKind::json}, {"slack", HookKind::slack}, {"teams", HookKind::teams}}};

std::string setting(const Settings& settings, const std::string& name) {
  const auto found = settings.find(name);
  return found == settings.end() ? std::string() : found->second;
}

std::vector<Hook> hooks_of(const Settings& settings) {
  std::vector<Hook> hooks;
  const std::string text = setting(settings, "hooks");
  for (const std::string_view line : split(text, '\n')) {
    const std::size_t space = line.find(' ');
    if (space != std::string_view::npos)
      hooks.push_back({std::string(line.substr(0, space)), std::string(line.substr(space + 1))});
  }
  return hooks;
}

HookKind kind_of(const std::string& name) {
  for (const auto& [known, kind] : kHookKinds)
    if (known == name) return kind;
  return HookKind::json;
}

Result<std::vector<std::string>> readers(Database& db) {
  const auto rows = db.query(
      "SELECT email FROM person WHERE state = 'active' AND (roles LIKE '%administrator%' OR roles "
      "LIKE '%executive%') ORDER BY id");
  if (!rows) return std::unexpected(rows.error());
  std::vector<std::string> list;
  for (const Row& row : *rows) list.push_back(row.text(0));
  return list;
}

Outcome show_notices(Call& call) {
  const auto kept = settings(call.db);
  if (!kept) return broken(kept.error());
  json::array hooks;
  for (const Hook& hook : hooks_of(*kept))
    hooks.emplace_back(json::object{{"kind", hook.kind}, {"url", hook.url}});
  return reply_json(json::object{
      {"smtp", json::object{{"url", setting(*kept, "smtp.url")},
                            {"from", setting(*kept, "smtp.from")},
                            {"user", setting(*kept, "smtp.user")},
                            {"password_set", !setting(*kept, "smtp.password").empty()}}},
      {"hooks", std::move(hooks)}});
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
  const auto done = call.db.write([&]() -> Result<void> {
    std::string hooks;
    for (const Hook& hook : given->hooks) hooks += hook.kind + " " + hook.url + "\n";
    std::vector<std::pair<std::string, std::string>> values{{"smtp.url", given->url},
                                                            {"smtp.from", given->from},
                                                            {"smtp.user", given->user},
                                                            {"hooks", hooks}};
    if (given->password) values.emplace_back("smtp.password", *given->password);
    for (const auto& [name, value] : values)
      if (auto set = set_setting(call.db, name, value); !set) return set;
    return audit(call, "notices-changed", "", {{"hooks", given->hooks.size()}});
  });
  return written(done, reply_nothing());
}

Outcome test_notices(Call& call) {
  const auto kept = settings(call.db);
  if (!kept) return broken(kept.error());
  const Text subject{"Sekisho からの試し", "A test from Sekisho"};
  const Text body{"この知らせが届けば設定は正しくできています。",
                  "If you read this, it is set up right."};
  json::array results;
  const auto note = [&](const std::string& way, const Result<void>& sent) {
    results.emplace_back(json::object{
        {"way", way},
        {"sent", sent.has_value()},
        {"error", sent ? json::value(nullptr) : json::value(json_text(sent.error().message))}});
  };
  if (!setting(*kept, "smtp.url").empty())
    note("mail", send_mail(call.db, {call.who.email}, subject, body));
  for (const Hook& hook : hooks_of(*kept))
    note(hook.kind, call_hook(kind_of(hook.kind), hook.url, "test",
                              {subject.ja + "\n" + body.ja, subject.en + "\n" + body.en},
                              call.shop.options.public_url));
  return reply_json(json::object{{"results", std::move(results)}});
}

}  // namespace

void tell(Database& db, const ServerOptions& options, Time now, std::string_view event,
          const Text& subject, const Text& body) {
  const auto kept = settings(db);
  if (!kept) return;
  const auto note = [&](std::string_view way, const Result<void>& sent) {
    const json::object detail{{"event", event}, {"error", sent ? "" : sent.error().message.en}};
    (void)append_audit(db, now, "", sent ? "notice-sent" : "notice-failed", way,
                       json::serialize(detail));
  };
  if (!setting(*kept, "smtp.url").empty())
    if (const auto to = readers(db); to && !to->empty())
      note("mail", send_mail(db, *to, subject, body));
  for (const Hook& hook : hooks_of(*kept))
    note(hook.kind,
         call_hook(kind_of(hook.kind), hook.url, event,
                   {subject.ja + "\n" + body.ja, subject.en + "\n" + body.en}, options.public_url));
}

void add_notices(Handlers& handlers) {
  handlers.insert({{"getNotices", show_notices},
                   {"replaceNotices", replace_notices},
                   {"testNotices", test_notices}});
}

}  // namespace sekisho
