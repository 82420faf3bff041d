// SPDX-License-Identifier: Apache-2.0
// What administrators do around devices: tell a user what to mend, see how a device stood over
// time, keep their views of the list.
#include <fmt/format.h>

#include "server/api/fields.h"
#include "server/api/view.h"
#include "server/devices/device_state.h"
#include "server/devices/devices.h"
#include "server/devices/handlers.h"
#include "server/outbox/mail.h"
#include "server/outbox/outbox.h"

namespace sekisho {
namespace {

namespace json = boost::json;
constexpr std::size_t kToldAtOnce = 5;
constexpr std::int64_t kMostViews = 30;

/// One check in plain words: what it is, why it matters, what to do.
void describe(const CheckSpec& check, std::string_view platform, const Text& fact, Text& body) {
  const auto add = [&](Lang lang, std::string& to, const char* why, const char* fix) {
    to += fmt::format("■ {}\n{}\n{}{}\n", check.title.in(lang), fact.in(lang), why,
                      check.why.in(lang));
    for (const Step& step : check.fix_on(platform))
      if (step.command.empty()) to += fmt::format("{}{}\n", fix, step.text.in(lang));
    to += '\n';
  };
  add(Lang::ja, body.ja, "なぜ: ", "・");
  add(Lang::en, body.en, "Why: ", "- ");
}

Text opening(const std::string& person, const std::string& device, const std::string& remark) {
  Text body{fmt::format("{} さん\n\nお使いの「{}」に、直していただきたいことがあります。\n\n",
                        person, device),
            fmt::format("Dear {},\n\nsomething on your device \"{}\" needs to be put right.\n\n",
                        person, device)};
  if (!remark.empty()) {
    body.ja += remark + "\n\n";
    body.en += remark + "\n\n";
  }
  return body;
}

/// The checks that fail on a device, and their evidence.
std::vector<std::pair<const CheckSpec*, std::int64_t>> failing_checks(const View& view,
                                                                      const SubjectId& subject) {
  std::vector<std::pair<const CheckSpec*, std::int64_t>> failing;
  for (const auto& [spec, now] : view.board().fleet().machine_checks(subject))
    if (now.verdict == Verdict::fail) failing.emplace_back(spec, now.id);
  return failing;
}

/// Sends a device's user what fails on it, in plain words.
Outcome message_user(Call& call) {
  const auto remark = read_body<std::string>(call, [](const Node& node) {
    node.only({"text"});
    const auto text = node.find("text");
    return text ? clean_text(*text, 1000, true) : std::string();
  });
  if (!remark) return std::unexpected(remark.error());
  const auto rows = call.db.query(
      "SELECT d.subject, d.name, p.name, p.email, d.system_name FROM device d LEFT JOIN person p "
      "ON p.id = "
      "d.person_id AND p.state = 'active' WHERE d.id = ?",
      {call.id<DeviceId>(0)});
  if (!rows) return broken(rows.error());
  if (rows->empty()) return not_found();
  const Row& row = rows->front();
  if (row.null(3))
    return problem(422, "この端末を使う人が決まっていません。先に決めてください。",
                   "nobody uses this device yet; say who does first.");
  std::vector<std::pair<const CheckSpec*, std::int64_t>> failing;
  // Looked at in one go, so that nobody waits for the mail server.
  if (auto looked = with_view(call,
                              [&](const View& view) -> Outcome {
                                failing = failing_checks(view, {row.text(0)});
                                return reply_nothing();
                              });
      !looked)
    return looked;
  if (failing.empty())
    return problem(422, "この端末に直すことはありません。", "nothing on this device fails.");
  Text body = opening(row.text(2), row.text(1), *remark);
  for (std::size_t i = 0; i < std::min(failing.size(), kToldAtOnce); ++i) {
    const auto said = call.db.query("SELECT detail_ja, detail_en FROM evidence WHERE id = ?",
                                    {failing[i].second});
    if (!said) return broken(said.error());
    describe(*failing[i].first, platform_of(row.text(4)),
             said->empty() ? Text() : Text{said->front().text(0), said->front().text(1)}, body);
  }
  if (failing.size() > kToldAtOnce) {
    body.ja += fmt::format("ほかに {} 件あります。\n", failing.size() - kToldAtOnce);
    body.en += fmt::format("There are {} more.\n", failing.size() - kToldAtOnce);
  }
  body.ja += "自分のページ:\n";
  body.en += "Your page:\n";
  const auto kept = settings(call.db);
  if (!kept) return broken(kept.error());
  if (mail_server(*kept).url.empty())
    return problem(422, "メールサーバーが設定されていません。", "no email server is set up.");
  const auto done = call.db.write([&]() -> Result<void> {
    if (auto put =
            put_out(call.db, call.now,
                    {"mail",
                     row.text(3),
                     "device-user-told",
                     {"端末について直していただきたいこと", "What to put right on your device"},
                     body,
                     "{}",
                     call.origin() + "/mine"});
        !put)
      return put;
    if (auto told = call.db.execute("UPDATE device SET told_at = ? WHERE id = ?",
                                    {value_of(call.now), call.id<DeviceId>(0)});
        !told)
      return told;
    return audit(call, "device-user-told", row.text(0), {{"checks", failing.size()}});
  });
  return written(done, reply_json(json::object{{"checks", failing.size()}}, 201));
}

/// What was found on a device, newest first: each line as long as the same was seen.
Outcome device_history(Call& call) {
  const auto page = page_of(call, 50);
  if (!page) return std::unexpected(page.error());
  const auto device =
      call.db.query("SELECT subject, person_id FROM device WHERE id = ?", {call.id<DeviceId>(0)});
  if (!device) return broken(device.error());
  if (device->empty() || !sees_device(call, device->front(), 1)) return not_found();
  const std::int64_t before = page->after == 0 ? INT64_MAX : page->after;
  // By the subject's index: in the order of ids PostgreSQL would walk through everybody's evidence
  // in the hope of finding a page of this one's soon.
  const auto rows = call.db.query(
      "SELECT id, check_id, verdict, first_at, observed_at, valid_until, detail_ja, detail_en FROM "
      "evidence WHERE subject = ? AND id < ? AND verdict <> 'not_applicable' ORDER BY id + 0 DESC "
      "LIMIT ?",
      {device->front().text(0), before, static_cast<std::int64_t>(page->limit + 1)});
  if (!rows) return broken(rows.error());
  json::array items;
  for (const Row& row : *rows)
    items.emplace_back(json::object{{"id", row.integer(0)},
                                    {"check", row.text(1)},
                                    {"verdict", row.text(2)},
                                    {"first_at", json_time(row.time(3))},
                                    {"observed_at", json_time(row.time(4))},
                                    {"valid_until", json_time(row.time(5))},
                                    {"detail", json_text({row.text(6), row.text(7)})}});
  return reply_json(
      paged(std::move(items), *page, [](const json::value& last) { return last.at("id"); }));
}

Outcome list_views(Call& call) {
  const auto rows =
      call.db.query("SELECT id, name, query FROM device_view WHERE person_id = ? ORDER BY name",
                    {call.who.person});
  if (!rows) return broken(rows.error());
  json::array items;
  for (const Row& row : *rows)
    items.emplace_back(
        json::object{{"id", row.integer(0)}, {"name", row.text(1)}, {"query", row.text(2)}});
  return reply_json(json::object{{"items", std::move(items)}});
}

Outcome save_view(Call& call) {
  const auto given = read_body<std::pair<std::string, std::string>>(call, [](const Node& node) {
    node.only({"name", "query"});
    return std::pair(read_name(node.at("name")), clean_text(node.at("query"), 500, true));
  });
  if (!given) return std::unexpected(given.error());
  std::int64_t id = 0;
  Problem why;
  const auto done = call.db.write([&]() -> Result<void> {
    const auto count =
        call.db.query("SELECT COUNT(*) FROM device_view WHERE person_id = ? AND name <> ?",
                      {call.who.person, given->first});
    if (!count) return std::unexpected(count.error());
    if (count->front().integer(0) >= kMostViews)
      return stop(
          why, wrong_at("/name", "保存した条件が多すぎます（上限 30）。どれかを削除してください。",
                        "there are too many views (at most 30); remove one.")
                   .error());
    const auto rows = call.db.query(
        "INSERT INTO device_view (person_id, name, query) VALUES (?, ?, ?) ON CONFLICT (person_id, "
        "name) DO UPDATE SET query = excluded.query RETURNING id",
        {call.who.person, given->first, given->second});
    if (!rows) return std::unexpected(rows.error());
    id = rows->front().integer(0);
    return {};
  });
  if (!why.text.empty()) return std::unexpected(why);
  return written(done, reply_json(json::object{{"id", id}}, 201));
}

Outcome remove_view(Call& call) {
  Problem why;
  const auto done = call.db.write([&]() -> Result<void> {
    const auto rows =
        call.db.query("DELETE FROM device_view WHERE id = ? AND person_id = ? RETURNING id",
                      {call.id<ViewId>(0), call.who.person});
    if (!rows) return std::unexpected(rows.error());
    return rows->empty() ? stop(why, not_found().error()) : Result<void>();
  });
  if (!why.text.empty()) return std::unexpected(why);
  return written(done, reply_nothing());
}

/// Of a device with an agent, which hears of it as of all that concerns it.
Outcome ask_to_look(Call& call) {
  Problem why;
  const auto done = call.db.write([&]() -> Result<void> {
    const auto rows = call.db.query(
        "SELECT subject, machine FROM device WHERE id = ? AND state <> 'retired' AND erased = 0",
        {call.id<DeviceId>(0)});
    if (!rows) return std::unexpected(rows.error());
    if (rows->empty()) return stop(why, not_found().error());
    if (rows->front().text(1).empty())
      return stop(
          why,
          {422, {"この端末にエージェントはありません。", "there is no agent on this device."}, {}});
    if (auto asked = call.db.execute("UPDATE device SET looks_asked = looks_asked + 1 WHERE id = ?",
                                     {call.id<DeviceId>(0)});
        !asked)
      return asked;
    return audit(call, "device-asked-to-look", rows->front().text(0));
  });
  if (!why.text.empty()) return std::unexpected(why);
  return written(done, reply_nothing());
}

}  // namespace

void add_device_care(Handlers& handlers) {
  handlers.insert({{"messageDeviceUser", message_user},
                   {"askDeviceToLook", ask_to_look},
                   {"getDeviceHistory", device_history},
                   {"listDeviceViews", list_views},
                   {"saveDeviceView", save_view},
                   {"removeDeviceView", remove_view}});
}

}  // namespace sekisho
