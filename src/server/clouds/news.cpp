// SPDX-License-Identifier: Apache-2.0
#include "server/clouds/news.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "collect/cloud/cloud_limits.h"
#include "server/api/jobs.h"
#include "server/clouds/register.h"
#include "server/outbox/outbox.h"

namespace sekisho {
namespace {

namespace json = boost::json;

constexpr std::size_t kTold = 6;
constexpr std::chrono::days kAhead{14};
constexpr const char* kPage = "/clouds";

}  // namespace

Result<void> tell_what_turned_bad(Database& db, const KeptReading& reading, Time now) {
  Text body;
  json::array ids;
  std::size_t more = 0;
  for (const KeptRow& row : kept_rows_of(reading)) {
    if (row.before != Verdict::pass || row.verdict != Verdict::fail) continue;
    ids.emplace_back(row.item->id);
    if (ids.size() > kTold) {
      ++more;
      continue;
    }
    const Text service = label(row.item->service);
    body.ja += fmt::format("・{}: {}\n", service.ja, row.item->title.ja);
    body.en += fmt::format("- {}: {}\n", service.en, row.item->title.en);
  }
  if (ids.empty()) return {};
  if (more > 0) {
    body.ja += fmt::format("ほか {} 件\n", more);
    body.en += fmt::format("and {} more\n", more);
  }
  return tell(db, now, "clouds",
              {"クラウドの設定が悪くなりました", "Settings of clouds have become worse"}, body,
              {{"settings", std::move(ids)}}, kPage);
}

Result<void> remind_of_reviews(Database& db, Time now) {
  const auto calendar = calendar_of(db);
  if (!calendar) return std::unexpected(calendar.error());
  const auto entries = cloud_register(db);
  if (!entries) return std::unexpected(entries.error());
  const Day today = calendar->day(now);
  for (const CloudEntry& one : *entries) {
    if (!one.in_use || !one.review_on || today + kAhead < *one.review_on) continue;
    const std::string day = format_day(*one.review_on);
    if (one.reminded_of == day) continue;
    const Text subject{"クラウドサービスの見直しの日です", "A cloud service is to be reviewed"};
    const Text body{fmt::format("{}: {} までに、認証の期限、責任の境目、置いてよい情報を見直してく"
                                "ださい。\n",
                                one.name, day),
                    fmt::format("{}: by {}, look again at its certifications, the line of "
                                "responsibility and what may be stored.\n",
                                one.name, day)};
    const auto done = db.write([&]() -> Result<void> {
      const auto moved = db.query(
          "UPDATE cloud_service SET reminded_of = ? WHERE id = ? AND reminded_of <> ? RETURNING id",
          {day, one.id, day});
      if (!moved) return std::unexpected(moved.error());
      if (moved->empty()) return {};  // another server was faster
      if (one.owner) return tell_person(db, now, *one.owner, "cloud-review", subject, body, kPage);
      return tell(db, now, "cloud-review", subject, body, {{"service", one.id}, {"due", day}},
                  kPage);
    });
    if (!done) return done;
  }
  return {};
}

Result<void> remind_of_old_readings(Database& db, Time now) {
  constexpr const char* kJob = "clouds-old";
  const auto reading = kept_reading(db);
  if (!reading) return std::unexpected(reading.error());
  const auto entries = cloud_register(db);
  if (!entries) return std::unexpected(entries.error());
  const auto before = job_state(db, kJob);
  if (!before) return std::unexpected(before.error());
  const std::set<CloudService> in_use = read_in_use(*entries);
  std::map<CloudService, Time> newest;
  if (*reading)
    for (const KeptRow& row : kept_rows_of(**reading))
      if (in_use.contains(row.item->service))
        newest[row.item->service] = std::max(newest[row.item->service], row.made_at);
  std::string old;
  Text names;
  for (const auto& [service, made_at] : newest) {
    if (now < made_at + kCloudReadingHolds) continue;
    old += std::string(name(service)) + " " + format_time(made_at) + "\n";
    names.ja += fmt::format("・{}\n", label(service).ja);
    names.en += fmt::format("- {}\n", label(service).en);
  }
  if (old == (*before ? (*before)->seen : std::string())) return {};
  return move_job(db, kJob, *before, {now, old}, [&]() -> Result<void> {
    if (old.empty()) return {};
    return tell(db, now, "clouds",
                {"クラウドの設定の読み取りが古くなりました", "What was read of clouds is too old"},
                {names.ja + "もう一度読むまで、これらの設定は「不明」として扱います。\n",
                 names.en + "Until they are read again, these settings count as unknown.\n"},
                {}, kPage);
  });
}

}  // namespace sekisho
