#include "server/api/jobs.h"

#include <set>

#include <fmt/format.h>

#include "server/organisation/handlers.h"
#include "server/outbox/notices.h"

namespace sekisho {
namespace {

/// The first moment after `now` that is a Monday at 09:00 in Japan.
Time next_monday(Time now) {
  const Time monday(std::chrono::floor<std::chrono::weeks>(now - std::chrono::days(4)) +
                    std::chrono::days(4));  // 1970-01-05, a Monday, is day 4
  return monday <= now ? monday + std::chrono::weeks(1) : monday;
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

}  // namespace

void run_organisation_jobs(const Shop& shop, Database& db, Time now) {
  do_job(shop.options, "weekly", [&] { weekly(shop, db, now); });
  do_job(shop.options, "changes", [&] { changes(shop, db, now); });
  do_job(shop.options, "reports", [&] { reports(shop, db, now); });
}

}  // namespace sekisho
