// SPDX-License-Identifier: Apache-2.0
// Fetching one list: over HTTPS, through a proxy where one is named, or out of a mirror folder.
#pragma once

#include <chrono>
#include <filesystem>
#include <stop_token>
#include <string>

#include "base/base.h"

namespace sekisho {

/// Bytes of a packed feed.
inline constexpr std::size_t kMostPackedFeed = std::size_t{512} << 20U;

struct FeedAddress {
  std::string url;   // https://…
  std::string file;  // its name in a mirror folder
  std::size_t most = std::size_t{64} << 20U;
};

/// The way that leads out, or that doesn't.
struct FeedWay {
  std::filesystem::path mirror;  // empty: from the internet
  std::string proxy;             // http://proxy.example.jp:3128; empty: as the environment says
  std::string proxy_user;
  std::string proxy_password;
  std::chrono::seconds patience{30};  // with a connection, or one that brings nothing
  std::chrono::seconds longest{900};  // for all of it
};

struct FetchedFeed {
  bool unchanged = false;  // since `tag`
  std::string text;
  std::string tag;  // the entity tag, for the next time; may be empty
};

/// TLS is verified, by the system's authorities or those of SSL_CERT_FILE, and only https is
/// followed. From a mirror only a regular file of the folder itself is read, never through a link.
/// What it says of an error names no credentials.
Result<FetchedFeed> fetch_feed(const FeedAddress& address, const FeedWay& way,
                               const std::string& tag = {}, const std::stop_token& quit = {});

/// Whether this can be a proxy: http:// or https://, with a host, no credentials, nothing behind.
bool is_proxy_url(const std::string& url);

}  // namespace sekisho
