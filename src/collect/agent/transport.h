// Internal to the room: HTTPS to one server, whose authority is the only one believed.
#pragma once

#include <string>

#include "base/base.h"
#include "collect/agent/keys.h"
#include "collect/agent/report.h"

namespace sekisho {

struct Transport {
  std::string server;       // https://host:port
  std::string authority;    // PEM; empty: nobody is believed, and nothing but `authority` is asked
  std::string certificate;  // PEM; empty: nobody in particular asks
  const KeyPair* key = nullptr;

  /// Whatever the server answers. `gzipped` says how `body` is encoded; no body is a GET. No
  /// redirects, no proxies' words, no system authorities.
  Result<ServerReply> exchange(const std::string& path, const std::string& body, bool gzipped,
                               std::size_t most) const;
  /// The body of a reply of status 200; the server's reason otherwise.
  Result<std::string> ask(const std::string& path, const std::string& body, bool gzipped,
                          std::size_t most) const;
};

/// The server's authority as PEM, from a server that is not known yet: what comes back is to be
/// held against a fingerprint.
Result<std::string> ask_authority(const std::string& server);

}  // namespace sekisho
