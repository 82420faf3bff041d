// SPDX-License-Identifier: Apache-2.0
#include "server/outbox/outbox.h"

#include "server/api/sealed.h"
#include "server/outbox/mail.h"
#include "server/outbox/notices.h"

namespace sekisho {
namespace {

namespace json = boost::json;

Result<std::vector<std::string>> readers(Database& db) {
  const auto rows = db.query(
      "SELECT p.email FROM person p WHERE p.state = 'active' AND (p.roles LIKE '%administrator%' "
      "OR p.roles LIKE '%executive%') AND NOT " +
      only_sealed("p") + " ORDER BY p.id");
  if (!rows) return std::unexpected(rows.error());
  std::vector<std::string> list;
  for (const Row& row : *rows) list.push_back(row.text(0));
  return list;
}

}  // namespace

Result<void> put_out(Database& db, Time now, const Letter& letter) {
  return db.execute(
      "INSERT INTO outbox (made_at, due_at, way, target, event, subject_ja, subject_en, body_ja, "
      "body_en, data, link) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      {value_of(now), value_of(now), letter.way, letter.target, letter.event, letter.subject.ja,
       letter.subject.en, letter.body.ja, letter.body.en, letter.data, letter.link});
}

Result<void> tell(Database& db, Time now, std::string_view event, const Text& subject,
                  const Text& body, const json::object& data, const std::string& link) {
  const auto kept = settings(db);
  if (!kept) return std::unexpected(kept.error());
  const std::string text = json::serialize(data);
  std::vector<std::pair<std::string, std::string>> ways;
  if (!mail_server(*kept).url.empty()) {
    const auto to = readers(db);
    if (!to) return std::unexpected(to.error());
    for (const std::string& address : *to) ways.emplace_back("mail", address);
  }
  for (const Hook& hook : hooks_of(*kept)) ways.emplace_back(name(hook.kind), hook.url);
  for (const auto& [way, target] : ways)
    if (auto put = put_out(db, now, {way, target, std::string(event), subject, body, text, link});
        !put)
      return put;
  return {};
}

Result<void> tell_person(Database& db, Time now, PersonId person, std::string_view event,
                         const Text& subject, const Text& body, const std::string& link) {
  const auto kept = settings(db);
  if (!kept) return std::unexpected(kept.error());
  if (mail_server(*kept).url.empty()) return {};
  const auto rows =
      db.query("SELECT email FROM person WHERE id = ? AND state = 'active'", {person});
  if (!rows) return std::unexpected(rows.error());
  if (rows->empty()) return {};
  return put_out(db, now,
                 {"mail", rows->front().text(0), std::string(event), subject, body, "{}", link});
}

Result<void> forget_other_hooks(Database& db, const std::vector<Hook>& hooks) {
  std::string kept = "way = ?";
  Values values{std::string("mail")};
  for (const Hook& hook : hooks) {
    kept += " OR (way = ? AND target = ?)";
    values.emplace_back(std::string(name(hook.kind)));
    values.emplace_back(hook.url);
  }
  return db.execute("DELETE FROM outbox WHERE NOT (" + kept + ")", values);
}

Result<Waiting> waiting_letters(Database& db) {
  const auto rows = db.query(
      "SELECT COUNT(*), MIN(made_at), (SELECT error FROM outbox WHERE error <> '' ORDER BY id "
      "LIMIT "
      "1) FROM outbox WHERE error <> ''");
  if (!rows) return std::unexpected(rows.error());
  const Row& row = rows->front();
  Waiting waiting{row.integer(0), std::nullopt, row.text(2)};
  if (waiting.count > 0) waiting.since = row.time(1);
  return waiting;
}

}  // namespace sekisho
