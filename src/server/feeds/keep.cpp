#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <random>

#include <fmt/format.h>

#include "collect/feeds/renewal.h"
#include "server/api/jobs.h"
#include "server/feeds/handlers.h"
#include "server/feeds/settings.h"

namespace sekisho {
namespace {

constexpr std::chrono::seconds kLook{2};

Result<FeedSettings> settings_now(Pool& pool) {
  auto lease = pool.take();
  if (!lease) return std::unexpected(lease.error());
  const auto kept = settings(***lease);
  if (!kept) return std::unexpected(kept.error());
  return feed_settings(*kept);
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
  while (!quit.stop_requested()) {
    bool more = false;
    do_job(options, "feeds", [&]() -> Result<void> {
      const auto set = settings_now(pool);
      if (!set) return std::unexpected(set.error());
      renewal.ask(set->asked);
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
