// SPDX-License-Identifier: Apache-2.0
#include "server/api/jobs.h"

#include <set>

#include <fmt/format.h>

#include "server/organisation/duty.h"
#include "server/organisation/handlers.h"
#include "server/organisation/questions.h"
#include "server/outbox/outbox.h"

namespace sekisho {
namespace {

namespace json = boost::json;

/// The first moment after `now` that is a Monday at 09:00 where the organisation is.
Time next_monday(const Calendar& calendar, Time now) {
  constexpr std::chrono::hours kMorning{9};
  Day day = calendar.day(now);
  while (std::chrono::weekday(day) != std::chrono::Monday || calendar.start(day) + kMorning <= now)
    day += std::chrono::days(1);
  return calendar.start(day) + kMorning;
}

struct Now {
  std::vector<std::string> failing;  // urgent items
  std::vector<std::string> unknown;  // urgent items of which nobody knows yet
  std::vector<Text> first;           // titles of what to fix first
  std::size_t open = 0;
};

Result<Now> look(const Shop& shop, Database& db) {
  const auto kept = settings(db);
  if (!kept) return std::unexpected(kept.error());
  const Organisation organisation = organisation_of(shop.guideline, *kept);
  const auto standing = shop.board.look(db);
  if (!standing) return std::unexpected(standing.error());
  const Fleet& fleet = (*standing)->fleet();
  Now found;
  for (const HandbookItem& item : shop.guideline.handbook) {
    if (item.stated != Priority::must ||
        !applicability(shop.guideline, item, organisation.methods, organisation.situations).applies)
      continue;
    const Status status = fold(fleet, item);
    if (status == Status::not_met || status == Status::partly_met) found.failing.push_back(item.id);
    if (status == Status::unknown) found.unknown.push_back(item.id);
  }
  const auto list =
      actions(shop.guideline, fleet, Verdict::fail, organisation.methods, organisation.situations);
  for (std::size_t i = 0; i < list.size() && i < 5; ++i)
    found.first.push_back(list[i].check->title);
  found.open = list.size();
  return found;
}

json::array ids(const std::vector<std::string>& list) {
  json::array out;
  for (const std::string& id : list) out.emplace_back(id);
  return out;
}

Result<void> weekly(const Shop& shop, Database& db, Time now) {
  const auto kept = job_state(db, "weekly");
  if (!kept) return std::unexpected(kept.error());
  const auto calendar = calendar_of(db);
  if (!calendar) return std::unexpected(calendar.error());
  const Time next = next_monday(*calendar, now);
  if (!*kept || (*kept)->due > next)  // what lies further ahead was set by a clock that was wrong
    return move_job(db, "weekly", *kept, {next, ""}, [] { return Result<void>(); });
  if ((*kept)->due > now) return {};
  const auto found = look(shop, db);
  if (!found) return std::unexpected(found.error());
  Text body{fmt::format("最優先（◎）の要対応: {} 件\n直すこと: {} 件\n", found->failing.size(),
                        found->open),
            fmt::format("Urgent items (◎) to fix: {}\nThings to fix: {}\n", found->failing.size(),
                        found->open)};
  for (const Text& title : found->first) {
    body.ja += "・" + title.ja + "\n";
    body.en += "- " + title.en + "\n";
  }
  return move_job(db, "weekly", *kept, {next, ""}, [&] {
    return tell(db, now, "weekly", {"今週のテレワークの安全", "Telework security this week"}, body,
                {{"urgent", ids(found->failing)}, {"open", found->open}});
  });
}

Result<void> changes(const Shop& shop, Database& db, Time now) {
  const auto kept = job_state(db, "changes");
  if (!kept) return std::unexpected(kept.error());
  const auto found = look(shop, db);
  if (!found) return std::unexpected(found.error());
  // Of which nobody knew is kept too: an item that somebody looked at last did not begin to fail.
  std::string seen = join(found->failing, " ");
  for (const std::string& id : found->unknown) seen += (seen.empty() ? "?" : " ?") + id;
  if (*kept && (*kept)->seen == seen) return {};
  std::set<std::string, std::less<>> before;
  if (*kept)
    for (const std::string_view id : words((*kept)->seen)) before.emplace(id);
  Text worse;
  Text known;
  std::vector<std::string> fresh;
  for (const std::string& id : found->failing) {
    if (!*kept || before.contains(id)) continue;  // the first look is no change
    fresh.push_back(id);
    const HandbookItem& item = *shop.guideline.handbook_item(id);
    Text& body = before.contains("?" + id) ? known : worse;
    body.ja += fmt::format("・{} {}\n", id, item.text.ja);
    body.en += fmt::format("- {} {}\n", id, item.text.en);
  }
  return move_job(db, "changes", *kept, {now, seen}, [&]() -> Result<void> {
    if (fresh.empty()) return {};
    Text title{"最優先（◎）の項目が要対応になりました", "Urgent items (◎) began to fail"};
    if (worse.empty())
      title = {"最優先（◎）の項目に、要対応のものが見つかりました",
               "Urgent items (◎) were found to need work"};
    else if (!known.empty())
      worse = {worse.ja + "今回の確認で分かったもの（悪化ではありません）:\n",
               worse.en + "Found out just now (these did not get worse):\n"};
    return tell(db, now, "urgent", title, {worse.ja + known.ja, worse.en + known.en},
                {{"items", ids(fresh)}});
  });
}

/// Reports that came in since the last look.
Result<void> reports(const Shop& shop, Database& db, Time now) {
  const auto kept = job_state(db, "reports");
  if (!kept) return std::unexpected(kept.error());
  const std::int64_t last = *kept ? std::max<std::int64_t>(0, whole_number((*kept)->seen)) : 0;
  const auto rows = db.query(
      "SELECT i.id, i.kind, p.name FROM incident i LEFT JOIN person p ON p.id = i.person_id WHERE "
      "i.id "
      "> ? ORDER BY i.id",
      {last});
  if (!rows) return std::unexpected(rows.error());
  if (*kept && rows->empty()) return {};
  const std::int64_t newest = rows->empty() ? last : rows->back().integer(0);
  return move_job(db, "reports", *kept, {now, std::to_string(newest)}, [&]() -> Result<void> {
    if (!*kept) return {};  // the first look only notes what is there
    for (const Row& row : *rows) {
      const Response* response = shop.guideline.response(row.text(1));
      // Also of a kind that another version knew: what isn't told now never is.
      const Text title = response != nullptr ? response->title : Text{row.text(1), row.text(1)};
      // Of who did not sign in no word goes out by mail: it could say anything to anybody.
      const Text who = row.null(2) ? Text{"サインインしていない人", "Somebody not signed in"}
                                   : Text{row.text(2) + " さん", row.text(2)};
      if (auto told = tell(db, now, "incident", {"報告がありました", "Something was reported"},
                           {who.ja + ": " + title.ja, who.en + ": " + title.en},
                           {{"incident", row.integer(0)}, {"kind", row.text(1)}},
                           fmt::format("/incidents/{}", row.integer(0)));
          !told)
        return told;
    }
    return {};
  });
}

/// The law's deadlines for reporting a leak: when the days of a preliminary report begin, three
/// days before a final one, and once when one has passed. Each is told once.
Result<void> deadlines(const Shop& shop, Database& db, Time now) {
  constexpr std::chrono::days kAhead{3};
  const auto kept = job_state(db, "deadlines");
  if (!kept) return std::unexpected(kept.error());
  const auto calendar = calendar_of(db);
  if (!calendar) return std::unexpected(calendar.error());
  const auto open = open_deadlines(db, shop.guideline.duty, *calendar);
  if (!open) return std::unexpected(open.error());
  std::set<std::string, std::less<>> before;
  if (*kept)
    for (const std::string_view told : words((*kept)->seen)) before.emplace(told);
  const Day today = calendar->day(now);
  std::vector<std::string> told;
  json::array reports;
  std::string page;  // of the last of them
  Text body;
  for (const OpenDeadline& one : *open) {
    if (today + kAhead <= one.deadline.day) continue;
    const bool over = today > one.deadline.day;
    told.push_back(fmt::format("{}:{}:{}{}", one.incident,
                               one.deadline.preliminary ? "preliminary" : "final",
                               format_day(one.deadline.day), over ? ":over" : ""));
    if (before.contains(told.back())) continue;
    page = fmt::format("/incidents/{}", one.incident);
    reports.emplace_back(
        json::object{{"incident", one.incident},
                     {"due", format_day(one.deadline.day)},
                     {"report", one.deadline.preliminary ? "preliminary" : "final"},
                     {"over", over}});
    const auto line = deadline_lines(shop.guideline, {one}).front();
    body.ja += fmt::format("・{} {}{}\n", format_day(line.first), line.second.ja,
                           over ? "、期限を過ぎています" : "");
    body.en +=
        fmt::format("- {} {}{}\n", format_day(line.first), line.second.en, over ? ": is past" : "");
  }
  const std::string seen = join(told, " ");
  if (*kept && (*kept)->seen == seen) return {};
  return move_job(db, "deadlines", *kept, {now, seen}, [&] {
    return body.empty()
               ? Result<void>()
               : tell(db, now, "deadline",
                      {"個人情報保護委員会への報告の期限", "Deadlines for reporting a leak"}, body,
                      {{"deadlines", reports}}, reports.size() == 1 ? page : "");
  });
}

}  // namespace

void run_organisation_jobs(const Shop& shop, Database& db, Time now) {
  do_job(shop.options, "weekly", [&] { return weekly(shop, db, now); });
  do_job(shop.options, "changes", [&] { return changes(shop, db, now); });
  do_job(shop.options, "reports", [&] { return reports(shop, db, now); });
  do_job(shop.options, "questions", [&] { return remind_of_questions(shop, db, now); });
  do_job(shop.options, "deadlines", [&] { return deadlines(shop, db, now); });
}

}  // namespace sekisho
