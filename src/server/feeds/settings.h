// SPDX-License-Identifier: Apache-2.0
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
  std::string asked;  // another text each time that somebody wants all of them at once
};
FeedSettings feed_settings(const Settings& settings);

inline constexpr const char* kFeedsAsked = "feeds.asked";

}  // namespace sekisho
