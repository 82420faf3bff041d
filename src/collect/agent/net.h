// SPDX-License-Identifier: Apache-2.0
// HTTPS to one server, whose authority is the only one believed. Given to whatever asks, so that
// tests can lose what was sent and what came back.
#pragma once

#include <chrono>
#include <stop_token>
#include <string>

#include "base/base.h"
#include "collect/agent/keys.h"
#include "collect/agent/report.h"

namespace sekisho {

/// Whom to ask, and as whom.
struct Peer {
  std::string server;       // https://host:port
  std::string authority;    // PEM; empty: nobody is believed, and nothing but `authority` is asked
  std::string certificate;  // PEM; empty: nobody in particular asks
  const KeyPair* key = nullptr;
};

struct NetRequest {
  std::string path;
  std::string body;  // none is a GET
  bool gzipped = false;
  std::size_t most = 65'536;  // bytes of the answer
  std::chrono::seconds patience{60};
  std::stop_token quit{};
};

class Net {
 public:
  Net() = default;
  virtual ~Net() = default;
  Net(const Net&) = delete;
  Net& operator=(const Net&) = delete;

  /// Whatever the server answers. No redirects, no system authorities.
  virtual Result<ServerReply> exchange(const Peer& peer, const NetRequest& request) = 0;
};

/// The machine's own.
Net& real_net();

/// The body of a reply of status 200; the server's reason otherwise.
Result<std::string> body_of(Result<ServerReply> reply, const std::string& server);

}  // namespace sekisho
