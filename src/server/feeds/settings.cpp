// SPDX-License-Identifier: Apache-2.0
#include "server/feeds/settings.h"

namespace sekisho {

FeedSettings feed_settings(const Settings& settings) {
  const auto value = [&](const char* name) {
    const auto found = settings.find(name);
    return found == settings.end() ? std::string() : found->second;
  };
  FeedSettings all;
  if (const std::string on = value("feeds.renew"); !on.empty()) all.daily = on == "yes";
  all.way.mirror = value("feeds.mirror");
  all.way.proxy = value("feeds.proxy");
  all.way.proxy_user = value("feeds.proxy_user");
  all.way.proxy_password = value("feeds.proxy_password");
  all.asked = value(kFeedsAsked);
  return all;
}

}  // namespace sekisho
