// SPDX-License-Identifier: Apache-2.0
// NVD's list, which comes in parts: all of it, then what changed.
#include <fmt/format.h>

#include "collect/feeds/renewal.h"

namespace sekisho {
namespace {

constexpr int kFirstYear = 2002;  // of NVD's yearly feeds; earlier CVEs are in it

FeedAddress nvd(const std::string& part) {
  const std::string file = fmt::format("nvdcve-2.0-{}.json.gz", part);
  return {"https://nvd.nist.gov/feeds/json/cve/2.0/" + file, file, kMostPackedFeed};
}

/// Day{} where there is none, or none that can be read.
Day day_of_weaknesses(const FeedFiles& files) {
  const auto text = read_regular_file(files.weaknesses(), kMostWeaknessBytes);
  Weaknesses kept;
  return text && kept.add_serialised(*text) ? kept.as_of() : Day{};
}

}  // namespace

Result<void> FeedRenewal::bring_weaknesses(FeedUpdate& update, const Fetch& fetch, Time now) {
  const Day today = Calendar::utc().day(now);
  constexpr std::chrono::days kReach{6};  // the feed of changes is a day old itself at times
  const auto take = [&](const FeedAddress& address) -> Result<void> {
    auto fetched = fetch(address, "");
    if (!fetched) return std::unexpected(fetched.error());
    return update.take(address.file, std::move(fetched->text));
  };
  if (is_stale(day_of_weaknesses(files_), kReach, today)) {
    const int year = static_cast<int>(
        std::chrono::year_month_day(std::chrono::sys_days(today.time_since_epoch())).year());
    for (int one = kFirstYear; one <= year; ++one)
      if (auto taken = take(nvd(std::to_string(one))); !taken) return taken;
  }
  return take(nvd("modified"));
}

}  // namespace sekisho
