// SPDX-License-Identifier: Apache-2.0
#include "server/api/jobs.h"
#include "evidence/readers.h"

#include <set>

#include <fmt/format.h>

#include "server/devices/appliances.h"
#include "server/devices/handlers.h"
#include "server/devices/lists.h"
#include "server/devices/software.h"
#include "server/outbox/outbox.h"

namespace sekisho {
namespace {

/// Devices that say nothing themselves are judged anew when a feed was renewed, and each hour:
/// support ends by itself.
Result<void> judge(const Shop& shop, Database& db, Time now) {
  const auto kept = job_state(db, "judge");
  if (!kept) return std::unexpected(kept.error());
  const auto feeds = shop.options.newest_feeds();
  if (!feeds) return std::unexpected(feeds.error());
  const std::string by =
      fmt::format("{} {} {}", (*feeds)->stamp,
                  std::chrono::floor<std::chrono::hours>(now).time_since_epoch().count(), kReaders);
  if (*kept && (*kept)->seen == by) return {};
  for (auto* of : {judge_lists, judge_appliances, judge_software})
    if (auto judged = of(shop, db, now); !judged) return judged;
  return move_job(db, "judge", *kept, {now, by}, [] { return Result<void>(); });
}

/// A VPN device that an attack in the wild can open is told of at once, each device once per
/// reason.
Result<void> exposed(const Shop&, Database& db, Time now) {
  const auto kept = job_state(db, "exposed");
  if (!kept) return std::unexpected(kept.error());
  const auto rows = db.query(
      "SELECT d.name, e.detail_ja, e.detail_en, e.id, d.id FROM device d JOIN evidence e ON e.id = "
      "(SELECT n.id FROM evidence n WHERE n.subject = d.subject AND n.check_id = 'known-exploited' "
      "ORDER BY n.observed_at DESC, n.id DESC LIMIT 1) WHERE d.appliance <> '' AND d.state <> "
      "'retired' AND e.verdict = 'fail' ORDER BY d.id");
  if (!rows) return std::unexpected(rows.error());
  std::set<std::string, std::less<>> before;
  if (*kept)
    for (const std::string_view id : words((*kept)->seen)) before.emplace(id);
  std::string ids;
  Text body;
  boost::json::array devices;
  std::string page;  // of the last of them
  for (const Row& row : *rows) {
    const std::string id = std::to_string(row.integer(3));
    ids += id + " ";
    if (before.contains(id)) continue;
    page = fmt::format("/devices/{}", row.integer(4));
    devices.emplace_back(boost::json::object{{"id", row.integer(4)}, {"name", row.text(0)}});
    body.ja += fmt::format("・{}: {}\n", row.text(0), row.text(1));
    body.en += fmt::format("- {}: {}\n", row.text(0), row.text(2));
  }
  if (*kept && (*kept)->seen == ids) return {};
  return move_job(db, "exposed", *kept, {now, ids}, [&] {
    return body.empty()
               ? Result<void>()
               : tell(db, now, "exposed",
                      {"攻撃に使われている脆弱性のある VPN 装置・ルーターがあります",
                       "A VPN device or router is open to a vulnerability in real attacks"},
                      body, {{"devices", devices}}, devices.size() == 1 ? page : "");
  });
}

}  // namespace

void run_device_jobs(const Shop& shop, Database& db, Time now) {
  do_job(shop.options, "judge", [&] { return judge(shop, db, now); });
  do_job(shop.options, "exposed", [&] { return exposed(shop, db, now); });
}

}  // namespace sekisho
