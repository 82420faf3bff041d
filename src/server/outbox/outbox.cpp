#include "server/outbox/outbox.h"

#include <algorithm>
#include <array>

#include "server/outbox/mail.h"
#include "server/outbox/notices.h"
#include "store/audit.h"

namespace sekisho {
namespace {

namespace json = boost::json;

constexpr std::chrono::minutes kLease{2};  // for one try, which takes 10 s at most
constexpr std::chrono::seconds kFirstPause{15};
constexpr std::chrono::hours kLongestPause{1};
constexpr std::int64_t kMostTries = 80;  // about three days

std::chrono::seconds pause_after(std::int64_t tries) {
  const auto doublings = std::min<std::int64_t>(tries - 1, 10);
  return std::min<std::chrono::seconds>(kFirstPause * (std::int64_t{1} << doublings),
                                        kLongestPause);
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

struct Due {
  std::int64_t id = 0;
  std::int64_t tries = 0;  // with the one that begins
  Time made;
  Letter letter;
};

/// Takes the message that is due longest; nobody else takes it until the lease ends.
Result<std::optional<Due>> take(Database& db, Time now) {
  // What lies further ahead than any pause was written by a clock that was wrong.
  const Values when{value_of(now), value_of(now + kLongestPause + kLease)};
  // Asked without writing first: mostly nothing waits, and an idle server writes nothing.
  const auto any = db.query("SELECT 1 FROM outbox WHERE due_at <= ? OR due_at > ? LIMIT 1", when);
  if (!any) return std::unexpected(any.error());
  if (any->empty()) return std::nullopt;
  std::optional<Due> due;
  const auto done = db.write([&]() -> Result<void> {
    const auto rows = db.query(
        "SELECT id, tries, way, target, event, subject_ja, subject_en, body_ja, body_en, data, "
        "made_at FROM outbox WHERE due_at <= ? OR due_at > ? ORDER BY tries, id LIMIT 1",
        when);
    if (!rows) return std::unexpected(rows.error());
    if (rows->empty()) return {};
    const Row& row = rows->front();
    due = Due{row.integer(0),
              row.integer(1) + 1,
              row.time(10),
              {row.text(2),
               row.text(3),
               row.text(4),
               {row.text(5), row.text(6)},
               {row.text(7), row.text(8)},
               row.text(9)}};
    return db.execute("UPDATE outbox SET tries = ?, due_at = ? WHERE id = ?",
                      {due->tries, value_of(now + kLease), due->id});
  });
  if (!done) return std::unexpected(done.error());
  return due;
}

/// The page that an event is about; none where the message has its own link.
std::string_view page_of(std::string_view event) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kPages{
      {{"weekly", "/"},
       {"urgent", "/checklist"},
       {"incident", "/incidents"},
       {"deadline", "/incidents"},
       {"exposed", "/devices"},
       {"own-sources", "/line"}}};
  const auto found =
      std::ranges::find(kPages, event, &std::pair<std::string_view, std::string_view>::first);
  return found == kPages.end() ? "" : found->second;
}

/// The language of who has an account; nothing for others.
Result<std::optional<Lang>> language_of(Database& db, const std::string& email) {
  const auto rows =
      db.query("SELECT lang FROM person WHERE email = ? AND state = 'active'", {email});
  if (!rows) return std::unexpected(rows.error());
  if (rows->empty()) return std::nullopt;
  return rows->front().text(0) == "en" ? Lang::en : Lang::ja;
}

Result<void> send(Database& db, const Due& due, const ServerOptions& options,
                  const std::stop_token& quit) {
  const auto kept = settings(db);
  if (!kept) return std::unexpected(kept.error());
  const Letter& letter = due.letter;
  const std::string_view page = page_of(letter.event);
  const std::string link =
      page.empty() || options.public_url.empty() ? "" : options.public_url + std::string(page);
  if (letter.way == "mail") {
    const auto lang = language_of(db, letter.target);
    if (!lang) return std::unexpected(lang.error());
    return send_mail(mail_server(*kept), letter.target, {letter.subject, letter.body, link, *lang},
                     quit);
  }
  const auto hooks = hooks_of(*kept);
  const auto hook = std::ranges::find_if(hooks, [&](const Hook& one) {
    return name(one.kind) == letter.way && one.url == letter.target;
  });
  if (hook == hooks.end())
    return failure("送り先が設定から外されました。", "it is no longer set up.");
  return call_hook(*hook,
                   {.id = fmt::format("msg_{}_{}", due.made.time_since_epoch().count(), due.id),
                    .at = due.made,
                    .event = letter.event,
                    .title = letter.subject,
                    .body = letter.body,
                    .link = link,
                    .data = letter.data},
                   hook_secret(*kept), quit);
}

/// Keeps what came of a try. Who receives mail and where webhooks go stays out of the log.
Result<void> note(Database& db, Time now, const Due& due, const Result<void>& sent) {
  const bool over = sent || due.tries >= kMostTries;
  const std::string error = sent ? "" : sent.error().message.en;
  return db.write([&]() -> Result<void> {
    auto kept = over ? db.execute("DELETE FROM outbox WHERE id = ?", {due.id})
                     : db.execute("UPDATE outbox SET due_at = ?, error = ? WHERE id = ?",
                                  {value_of(now + pause_after(due.tries)), error, due.id});
    if (!kept || (!over && due.tries > 1)) return kept;
    return append_audit(
        db, now, "",
        sent   ? "notice-sent"
        : over ? "notice-given-up"
               : "notice-failed",
        due.letter.way,
        json::serialize(json::object{{"event", due.letter.event}, {"error", error}}));
  });
}

}  // namespace

Result<void> put_out(Database& db, Time now, const Letter& letter) {
  return db.execute(
      "INSERT INTO outbox (made_at, due_at, way, target, event, subject_ja, subject_en, body_ja, "
      "body_en, data) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      {value_of(now), value_of(now), letter.way, letter.target, letter.event, letter.subject.ja,
       letter.subject.en, letter.body.ja, letter.body.en, letter.data});
}

Result<void> tell(Database& db, Time now, std::string_view event, const Text& subject,
                  const Text& body, const json::object& data) {
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
    if (auto put = put_out(db, now, {way, target, std::string(event), subject, body, text}); !put)
      return put;
  return {};
}

Result<void> tell_person(Database& db, Time now, PersonId person, std::string_view event,
                         const Text& subject, const Text& body) {
  const auto kept = settings(db);
  if (!kept) return std::unexpected(kept.error());
  if (mail_server(*kept).url.empty()) return {};
  const auto rows =
      db.query("SELECT email FROM person WHERE id = ? AND state = 'active'", {person});
  if (!rows) return std::unexpected(rows.error());
  if (rows->empty()) return {};
  return put_out(db, now, {"mail", rows->front().text(0), std::string(event), subject, body});
}

Result<bool> send_next(Database& db, const ServerOptions& options, Time now,
                       const std::stop_token& quit) {
  const auto due = take(db, now);
  if (!due) return std::unexpected(due.error());
  if (!*due) return false;
  const auto sent = send(db, **due, options, quit);
  if (auto noted = note(db, options.clock(), **due, sent); !noted)
    return std::unexpected(noted.error());
  return true;
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
