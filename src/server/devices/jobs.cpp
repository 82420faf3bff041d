#include "server/api/jobs.h"

#include <set>

#include <fmt/format.h>

#include "server/devices/appliances.h"
#include "server/devices/handlers.h"
#include "server/devices/lists.h"
#include "server/devices/software.h"
#include "server/outbox/notices.h"

namespace sekisho {
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

}  // namespace

void run_device_jobs(const Shop& shop, Database& db, Time now) {
  do_job(shop.options, "judge", [&] { judge(shop, db, now); });
  do_job(shop.options, "exposed", [&] { exposed(shop, db, now); });
}

}  // namespace sekisho
