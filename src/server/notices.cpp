#include "server/notices.h"

#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>

#include "server/appliances.h"
#include "server/handlers.h"
#include "server/line.h"
#include "server/lists.h"
#include "server/mail.h"
#include "server/people.h"
#include "server/software.h"
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

/// Sends by all ways that are set up; what fails is written down, without the addresses.
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

/// The first moment after `now` that is a Monday at 09:00 in Japan.
Time next_monday(Time now) {
  const Time monday(std::chrono::floor<std::chrono::weeks>(now - std::chrono::days(4)) +
                    std::chrono::days(4));  // 1970-01-05, a Monday, is day 4
  return monday <= now ? monday + std::chrono::weeks(1) : monday;
}

/// True for the one caller that may do it now; `state` is what the last one left.
bool take_job(Database& db, const std::string& name, Time now, Time next, std::string& state) {
  bool mine = false;
  const auto done = db.write([&]() -> Result<void> {
    const auto rows = db.query("SELECT due_at, state FROM job WHERE name = ?", {name});
    if (!rows) return std::unexpected(rows.error());
    if (rows->empty())
      return db.execute("INSERT INTO job (name, due_at, state) VALUES (?, ?, '-')",
                        {name, value_of(next)});
    state = rows->front().text(1);
    if (rows->front().time(0) > now) return {};
    mine = true;
    return db.execute("UPDATE job SET due_at = ? WHERE name = ?", {value_of(next), name});
  });
  return done.has_value() && mine;
}

struct Now {
  std::vector<std::string> failing;  // urgent items
  std::vector<Text> first;           // titles of what to fix first
  std::size_t open = 0;
};

Result<Now> look(const Shop& shop, Database& db, Time now) {
  const auto kept = settings(db);
  if (!kept) return std::unexpected(kept.error());
  const Organisation organisation = organisation_of(shop.guideline, *kept);
  return shop.board.look(db, now, [&](const Board& board) {
    Now found;
    for (const HandbookItem& item : shop.guideline.handbook) {
      if (item.stated != Priority::must ||
          !applicability(shop.guideline, item, organisation.methods, organisation.situations)
               .applies)
        continue;
      const Status status = fold(board.fleet(), item);
      if (status == Status::not_met || status == Status::partly_met)
        found.failing.push_back(item.id);
    }
    const auto list = actions(shop.guideline, board.fleet(), Verdict::fail, organisation.methods,
                              organisation.situations);
    for (std::size_t i = 0; i < list.size() && i < 5; ++i)
      found.first.push_back(list[i].check->title);
    found.open = list.size();
    return found;
  });
}

void weekly(const Shop& shop, Database& db, Time now) {
  std::string state;
  if (!take_job(db, "weekly", now, next_monday(now), state)) return;
  const auto found = look(shop, db, now);
  if (!found) return;
  Text body{fmt::format("最優先（◎）の要対応: {} 件\n直すこと: {} 件\n", found->failing.size(),
                        found->open),
            fmt::format("Urgent items (◎) to fix: {}\nThings to fix: {}\n", found->failing.size(),
                        found->open)};
  for (const Text& title : found->first) {
    body.ja += "・" + title.ja + "\n";
    body.en += "- " + title.en + "\n";
  }
  tell(db, shop.options, now, "weekly", {"今週のテレワークの安全", "Telework security this week"},
       body);
}

void changes(const Shop& shop, Database& db, Time now) {
  std::string state;
  if (!take_job(db, "changes", now, now + std::chrono::minutes(1), state)) return;
  const auto found = look(shop, db, now);
  if (!found) return;
  const std::string failing = join(found->failing, " ");
  if (failing == state) return;
  if (!db.execute("UPDATE job SET state = ? WHERE name = 'changes'", {failing})) return;
  if (state == "-") return;  // the first look is no change
  std::set<std::string, std::less<>> before;
  for (const std::string_view id : words(state)) before.emplace(id);
  Text body;
  for (const std::string& id : found->failing) {
    if (before.contains(id)) continue;
    const HandbookItem& item = *shop.guideline.handbook_item(id);
    body.ja += fmt::format("・{} {}\n", id, item.text.ja);
    body.en += fmt::format("- {} {}\n", id, item.text.en);
  }
  if (!body.empty())
    tell(db, shop.options, now, "urgent",
         {"最優先（◎）の項目が要対応になりました", "Urgent items (◎) began to fail"}, body);
}

/// Reports that came in since the last look. Not told while the reporter waits: mail may be slow.
void reports(const Shop& shop, Database& db, Time now) {
  std::string state;
  if (!take_job(db, "reports", now, now + std::chrono::seconds(2), state)) return;
  const auto rows = db.query(
      "SELECT i.id, i.kind, p.name FROM incident i JOIN person p ON p.id = i.person_id WHERE i.id "
      "> ? ORDER BY i.id",
      {std::max<std::int64_t>(0, whole_number(state))});
  if (!rows || rows->empty()) return;
  if (!db.execute("UPDATE job SET state = ? WHERE name = 'reports'",
                  {std::to_string(rows->back().integer(0))}))
    return;
  for (const Row& row : *rows)
    if (const Response* response = shop.guideline.response(row.text(1)))
      tell(db, shop.options, now, "incident", {"報告がありました", "Something was reported"},
           {fmt::format("{} さん: {}", row.text(2), response->title.ja),
            fmt::format("{}: {}", row.text(2), response->title.en)});
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

namespace {

/// Devices that say nothing themselves are judged anew when a feed was renewed, and each hour:
/// support ends by itself.
void judge(const Shop& shop, Database& db, Time now) {
  std::string state;
  if (!take_job(db, "judge", now, now + std::chrono::seconds(5), state)) return;
  const auto feeds = shop.options.newest_feeds();
  if (!feeds) return;
  const std::string by =
      fmt::format("{} {}", (*feeds)->stamp,
                  std::chrono::floor<std::chrono::hours>(now).time_since_epoch().count());
  if (by == state || !judge_lists(shop, db, now) || !judge_appliances(shop, db, now) ||
      !judge_software(shop, db, now))
    return;
  (void)db.execute("UPDATE job SET state = ? WHERE name = 'judge'", {by});
}

/// A VPN device that an attack in the wild can open is told of at once, each device once per
/// reason.
void exposed(const Shop& shop, Database& db, Time now) {
  std::string state;
  if (!take_job(db, "exposed", now, now + std::chrono::seconds(5), state)) return;
  const auto rows = db.query(
      "SELECT d.name, e.detail_ja, e.detail_en, e.id FROM device d JOIN evidence e ON e.id = "
      "(SELECT "
      "MAX(n.id) FROM evidence n WHERE n.subject = d.subject AND n.check_id = 'known-exploited') "
      "WHERE d.appliance <> '' AND d.state <> 'retired' AND e.verdict = 'fail' ORDER BY d.id");
  if (!rows) return;
  std::set<std::string, std::less<>> before;
  for (const std::string_view id : words(state)) before.emplace(id);
  std::string ids;
  Text body;
  for (const Row& row : *rows) {
    const std::string id = std::to_string(row.integer(3));
    ids += id + " ";
    if (before.contains(id)) continue;
    body.ja += fmt::format("・{}: {}\n", row.text(0), row.text(1));
    body.en += fmt::format("- {}: {}\n", row.text(0), row.text(2));
  }
  if (ids == state) return;
  if (!db.execute("UPDATE job SET state = ? WHERE name = 'exposed'", {ids})) return;
  if (!body.empty())
    tell(db, shop.options, now, "exposed",
         {"攻撃に使われている弱点のある VPN 装置・ルーターがあります",
          "A VPN device or router is open to a weakness in real attacks"},
         body);
}

/// One's own addresses that send to the line: each is told of once, at once.
void own_sources(const Shop& shop, Database& db, Time now) {
  std::string state;
  if (!take_job(db, "own-sources", now, now + std::chrono::seconds(5), state)) return;
  const auto seen = own_sources_at_line(db);
  if (!seen) return;
  std::set<std::string, std::less<>> before;
  for (const std::string_view address : words(state)) before.emplace(address);
  std::vector<std::string> fresh;
  for (const std::string& address : *seen)
    if (before.insert(address).second) fresh.push_back(address);
  if (fresh.empty()) return;
  const std::vector<std::string> all(before.begin(), before.end());
  if (!db.execute("UPDATE job SET state = ? WHERE name = 'own-sources'", {join(all, " ")})) return;
  const std::string names = join(fresh, "\n");
  tell(db, shop.options, now, "own-sources",
       {"自社のアドレスが、観測している回線に送っています",
        "Addresses of your own send to the line that is observed"},
       {"感染しているおそれがあります。ネットワークから外し、すぐ調べてください。\n" + names,
        "They may be infected: take them off the network and look into it now.\n" + names});
}

}  // namespace

void run_jobs(const Shop& shop, Database& db, Time now) {
  judge(shop, db, now);
  exposed(shop, db, now);
  own_sources(shop, db, now);
  weekly(shop, db, now);
  changes(shop, db, now);
  reports(shop, db, now);
}

void add_notices(Handlers& handlers) {
  handlers.insert({{"getNotices", show_notices},
                   {"replaceNotices", replace_notices},
                   {"testNotices", test_notices}});
}

}  // namespace sekisho
