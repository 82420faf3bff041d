// Internal to the room: how lists are renewed, as an administrator set it.
#pragma once

#include <optional>
#include <string>

#include "collect/feeds/fetch.h"
#include "store/store.h"

namespace sekisho {

struct FeedSettings {
  std::optional<bool> daily;  // nothing: nobody was asked yet
  FeedWay way;
  std::string asked;  // "2026-11-26T09:00:00Z …" when somebody last wanted all of them at once
};
FeedSettings feed_settings(const Settings& settings);

/// When that was, unless it lies ahead.
std::optional<Time> asked_at(const std::string& asked, Time now);

inline constexpr const char* kFeedsAsked = "feeds.asked";

}  // namespace sekisho
