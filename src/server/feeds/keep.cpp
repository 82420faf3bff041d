// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <random>

#include <fmt/format.h>

#include "collect/feeds/renewal.h"
#include "server/api/jobs.h"
#include "server/feeds/handlers.h"
#include "server/feeds/settings.h"

namespace sekisho {
namespace {

constexpr std::chrono::seconds kLook{2};
constexpr std::chrono::minutes kLookForEcosystems{10};

Result<FeedSettings> settings_now(Pool& pool) {
  auto lease = pool.take();
  if (!lease) return std::unexpected(lease.error());
  const auto kept = settings(***lease);
  if (!kept) return std::unexpected(kept.error());
  return feed_settings(*kept);
}

/// Which ecosystems the software of devices is of.
Result<std::array<bool, kEcosystems>> ecosystems_here(Pool& pool) {
  auto lease = pool.take();
  if (!lease) return std::unexpected(lease.error());
  const auto rows = (***lease).query(
      "SELECT DISTINCT CASE WHEN purl LIKE 'pkg:deb/ubuntu/%' THEN 'ubuntu' WHEN purl LIKE "
      "'pkg:rpm/alma%' THEN 'almalinux' WHEN purl LIKE 'pkg:npm/%' THEN 'npm' WHEN purl LIKE "
      "'pkg:pypi/%' THEN 'pypi' WHEN purl LIKE 'pkg:maven/%' THEN 'maven' WHEN purl LIKE "
      "'pkg:golang/%' THEN 'go' ELSE '' END FROM software");
  if (!rows) return std::unexpected(rows.error());
  std::array<bool, kEcosystems> here{};
  for (const Row& row : *rows)
    for (const EcosystemFacts& one : kEcosystemFacts)
      if (row.text(0) == one.id) here.at(static_cast<std::size_t>(one.ecosystem)) = true;
  return here;
}

void tell(const ServerOptions& options, std::string_view id, const Error& why) {
  const auto sources = feed_sources();
  const auto source = std::ranges::find(sources, id, &FeedSource::id);
  options.say({fmt::format("一覧「{}」を更新できません: {}", source->title.ja,
                           printable(why.describe(Lang::ja), 400)),
               fmt::format("the list '{}' could not be renewed: {}", source->title.en,
                           printable(why.describe(Lang::en), 400))});
}

}  // namespace

void keep_feeds_new(const ServerOptions& options, Pool& pool, const std::stop_token& quit) {
  if (options.feeds_folder.empty() || !options.feeds_in_use) return;
  std::random_device entropy;
  FeedRenewal renewal({options.feeds_folder}, [&] { return entropy(); });
  std::mutex mutex;
  std::condition_variable_any pause;
  std::optional<Time> looked;  // for ecosystems: all software is read for it
  std::string asked;
  while (!quit.stop_requested()) {
    bool more = false;
    do_job(options, "feeds", [&]() -> Result<void> {
      const auto set = settings_now(pool);
      if (!set) return std::unexpected(set.error());
      renewal.ask(set->asked);
      const Time now = options.clock();
      if (!looked || now - *looked >= kLookForEcosystems || now < *looked || asked != set->asked) {
        const auto here = ecosystems_here(pool);
        if (!here) return std::unexpected(here.error());
        renewal.want(*here);
        looked = now;
        asked = set->asked;
      }
      const auto list =
          set->daily.value_or(false) ? renewal.due(options.clock()) : renewal.wished();
      if (list.empty()) return {};
      // One, and then the settings again: somebody may have switched it off.
      more = list.size() > 1;
      const auto fetch = [&](const FeedAddress& address, const std::string& tag) {
        return fetch_feed(address, set->way, tag, quit);
      };
      const FeedsInUse::Renewing renewing(*options.feeds_in_use);
      const auto renewed = renewal.renew(list.front(), fetch, options.clock());
      if (!renewed && !quit.stop_requested()) tell(options, list.front(), renewed.error());
      return {};
    });
    std::unique_lock lock(mutex);
    if (!more) pause.wait_for(lock, quit, kLook, [] { return false; });
  }
}

void read_feeds_again(const ServerOptions& options, const std::stop_token& quit) {
  if (!options.feeds_in_use) return;
  std::mutex mutex;
  std::condition_variable_any pause;
  while (!quit.stop_requested()) {
    do_job(options, "lists", [&]() -> Result<void> {
      options.feeds_in_use->refresh();
      return {};
    });
    std::unique_lock lock(mutex);
    pause.wait_for(lock, quit, kLook, [] { return false; });
  }
}

}  // namespace sekisho
