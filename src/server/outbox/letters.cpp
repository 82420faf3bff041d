// SPDX-License-Identifier: Apache-2.0
#include "server/outbox/letters.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "server/outbox/notices.h"
#include "store/audit.h"

namespace sekisho {
namespace {

namespace json = boost::json;

constexpr std::chrono::minutes kLease{2};  // for one try, which takes 10 s at most
constexpr std::chrono::seconds kFirstPause{15};
constexpr std::chrono::hours kLongestPause{1};
constexpr std::chrono::hours kLongestWait{24};  // that a receiver may ask for
constexpr std::int64_t kMostTries = 80;         // about three days

std::chrono::seconds pause_after(std::int64_t tries) {
  const auto doublings = std::min<std::int64_t>(tries - 1, 10);
  return std::min<std::chrono::seconds>(kFirstPause * (std::int64_t{1} << doublings),
                                        kLongestPause);
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

/// The address that a message leads to: its own, of a page of its own, or of the page of its event.
std::string link_of(const Letter& letter, const std::string& public_url) {
  if (letter.link.contains("://")) return letter.link;
  const std::string page = letter.link.empty() ? std::string(page_of(letter.event)) : letter.link;
  return page.empty() || public_url.empty() ? "" : public_url + page;
}

/// The language of who has an account; nothing for others.
Result<std::optional<Lang>> language_of(Database& db, const std::string& email) {
  const auto rows =
      db.query("SELECT lang FROM person WHERE email = ? AND state = 'active'", {email});
  if (!rows) return std::unexpected(rows.error());
  if (rows->empty()) return std::nullopt;
  return rows->front().text(0) == "en" ? Lang::en : Lang::ja;
}

std::string host_of(const std::string& url) {
  const auto parts = parts_of(url);
  return parts ? parts->host : "";
}

Result<Attempt> by_mail(Database& db, const MailServer& server, const Letter& letter,
                        const std::string& link) {
  const auto lang = language_of(db, letter.target);
  if (!lang) return std::unexpected(lang.error());
  Message message{letter.subject, letter.body, link, *lang, letter.event == "weekly"};
  return Attempt{host_of(server.url),
                 [server, to = letter.target, message = std::move(message)](
                     const std::stop_token& quit) { return send_mail(server, to, message, quit); }};
}

/// How many have not had the mail yet, and whether that was written down when the first had not.
struct Others {
  std::int64_t waiting = 0;
  bool told = false;
};
Result<Others> others_of(Database& db, const Due& due) {
  const auto rows = db.query(
      "SELECT COUNT(*), COALESCE(SUM(CASE WHEN error <> '' AND id <> ? THEN 1 ELSE 0 END), 0) FROM "
      "outbox WHERE way = ? AND event = ? AND made_at = ? AND subject_en = ?",
      {due.id, "mail", due.letter.event, value_of(due.made), due.letter.subject.en});
  if (!rows) return std::unexpected(rows.error());
  return Others{rows->front().integer(0), rows->front().integer(1) > 0};
}

/// The operator's line. Who receives mail, and the part of a webhook's address that is a secret,
/// stay out of it.
void log_failure(const ServerOptions& options, const Due& due, const std::string& host,
                 const Unsent& why, bool over) {
  options.log({Severity::warning,
               over ? "notice-given-up" : "notice-failed",
               {{"way", due.letter.way},
                {"host", host},
                {"code", why.code == 0 ? "none" : std::to_string(why.code)},
                {"try", std::to_string(due.tries)},
                {"reason", why.text.en}}},
              {fmt::format("{} への通知（{}）: {}", host, due.letter.way, why.text.ja),
               fmt::format("a notice to {} ({}): {}", host, due.letter.way, why.text.en)});
}

/// When it is tried again; nothing else goes there before that either, where the receiver asked to
/// be left alone.
Result<void> put_off(Database& db, Time now, const Due& due, const Unsent& why) {
  const auto wait = std::min<std::chrono::seconds>(why.wait, kLongestWait);
  const Time until = now + wait;
  if (wait.count() > 0)
    if (auto quiet =
            db.execute("UPDATE outbox SET due_at = ? WHERE way = ? AND target = ? AND "
                       "due_at < ?",
                       {value_of(until), due.letter.way, due.letter.target, value_of(until)});
        !quiet)
      return quiet;
  return db.execute(
      "UPDATE outbox SET due_at = ?, error = ? WHERE id = ?",
      {value_of(std::max(until, now + pause_after(due.tries))), why.whole().en, due.id});
}

}  // namespace

Road road_of(const Letter& letter) {
  return {letter.way, letter.way == "mail" ? std::string() : letter.target};
}

Result<std::optional<Due>> take_due(Database& db, Time now, const std::set<Road>& busy) {
  // What lies further ahead than anything waits was written by a clock that was wrong.
  std::string which = "(due_at <= ? OR due_at > ?)";
  Values values{value_of(now), value_of(now + kLongestWait + kLease)};
  for (const auto& [way, target] : busy) {
    which += target.empty() ? " AND way <> ?" : " AND NOT (way = ? AND target = ?)";
    values.emplace_back(way);
    if (!target.empty()) values.emplace_back(target);
  }
  // Asked without writing first: mostly nothing waits, and an idle server writes nothing.
  const auto any = db.query("SELECT 1 FROM outbox WHERE " + which + " LIMIT 1", values);
  if (!any) return std::unexpected(any.error());
  if (any->empty()) return std::nullopt;
  std::optional<Due> due;
  const auto done = db.write([&]() -> Result<void> {
    const auto rows = db.query(
        "SELECT id, tries, way, target, event, subject_ja, subject_en, body_ja, body_en, data, "
        "made_at, link FROM outbox WHERE " +
            which + " ORDER BY tries, id LIMIT 1",
        values);
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
               row.text(9),
               row.text(11)}};
    return db.execute("UPDATE outbox SET tries = ?, due_at = ? WHERE id = ?",
                      {due->tries, value_of(now + kLease), due->id});
  });
  if (!done) return std::unexpected(done.error());
  return due;
}

Result<Attempt> attempt_of(Database& db, const ServerOptions& options, const Due& due) {
  const auto kept = settings(db);
  if (!kept) return std::unexpected(kept.error());
  const Letter& letter = due.letter;
  const std::string link = link_of(letter, options.public_url);
  if (letter.way == "mail") return by_mail(db, mail_server(*kept), letter, link);
  const auto hooks = hooks_of(*kept);
  const auto hook = std::ranges::find_if(hooks, [&](const Hook& one) {
    return name(one.kind) == letter.way && one.url == letter.target;
  });
  if (hook == hooks.end())
    return Attempt{host_of(letter.target), [](const std::stop_token&) -> Sent {
                     return std::unexpected(
                         Unsent{{"送り先が設定から外されました。", "it is no longer set up."}});
                   }};
  Happening told{.id = fmt::format("msg_{}_{}", due.made.time_since_epoch().count(), due.id),
                 .at = due.made,
                 .event = letter.event,
                 .title = letter.subject,
                 .body = letter.body,
                 .link = link,
                 .data = letter.data};
  return Attempt{
      host_of(hook->url),
      [hook = *hook, told = std::move(told), secret = hook_secret(*kept), clock = options.clock](
          const std::stop_token& quit) { return call_hook(hook, told, secret, clock(), quit); }};
}

Result<void> note(Database& db, const ServerOptions& options, const Due& due,
                  const std::string& host, const Sent& sent) {
  const Time now = options.clock();
  const bool over = sent || sent.error().gone || due.tries >= kMostTries;
  if (!sent) log_failure(options, due, host, sent.error(), over);
  return db.write([&]() -> Result<void> {
    json::object detail{{"event", due.letter.event}, {"host", host}};
    bool told = !over && due.tries > 1;
    if (!sent) {
      detail["error"] = sent.error().text.en;
      if (sent.error().code != 0) detail["code"] = sent.error().code;
    }
    if (due.letter.way == "mail" && !over) {
      const auto others = others_of(db, due);
      if (!others) return std::unexpected(others.error());
      detail["recipients"] = others->waiting;
      told = told || others->told;
    }
    auto kept = over ? db.execute("DELETE FROM outbox WHERE id = ?", {due.id})
                     : put_off(db, now, due, sent.error());
    if (!kept || told) return kept;
    return append_audit(db, now, "",
                        sent   ? "notice-sent"
                        : over ? "notice-given-up"
                               : "notice-failed",
                        due.letter.way, json::serialize(detail));
  });
}

}  // namespace sekisho
