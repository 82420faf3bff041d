// SPDX-License-Identifier: Apache-2.0
#include "server/api/jobs.h"

#include <set>

#include "server/line/handlers.h"
#include "server/line/line.h"
#include "server/outbox/outbox.h"

namespace sekisho {

namespace {

Result<void> own_sources(Database& db, Time now) {
  const auto kept = job_state(db, "own-sources");
  if (!kept) return std::unexpected(kept.error());
  const auto seen = own_sources_at_line(db);
  if (!seen) return std::unexpected(seen.error());
  std::set<std::string, std::less<>> before;
  if (*kept)
    for (const std::string_view address : words((*kept)->seen)) before.emplace(address);
  std::vector<std::string> fresh;
  for (const std::string& address : *seen)
    if (before.insert(address).second) fresh.push_back(address);
  if (fresh.empty()) return {};
  const std::vector<std::string> all(before.begin(), before.end());
  const std::string names = join(fresh, "\n");
  return move_job(db, "own-sources", *kept, {now, join(all, " ")}, [&] {
    return tell(
        db, now, "own-sources",
        {"自社のアドレスが、観測している所に送っています",
         "Addresses of your own send to the line that is observed"},
        {"感染しているおそれがあります。ネットワークから外し、すぐ調べてください。\n" + names,
         "They may be infected: take them off the network and look into it now.\n" + names},
        {{"addresses", boost::json::value_from(fresh)}});
  });
}

}  // namespace

void run_line_jobs(const Shop& shop, Database& db, Time now) {
  do_job(shop.options, "own-sources", [&] { return own_sources(db, now); });
}

}  // namespace sekisho
