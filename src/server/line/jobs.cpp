#include "server/api/jobs.h"

#include <set>

#include "server/line/handlers.h"
#include "server/line/line.h"
#include "server/outbox/notices.h"

namespace sekisho {

/// One's own addresses that send to the line: each is told of once, at once.
namespace {

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

void run_line_jobs(const Shop& shop, Database& db, Time now) {
  do_job(shop.options, "own-sources", [&] { own_sources(shop, db, now); });
}

}  // namespace sekisho
