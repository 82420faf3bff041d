// SPDX-License-Identifier: Apache-2.0
// server: the console's HTTP server: signing in, the REST API under /api/v1, and the built pages.
//
// May enter: HTTP, people and sessions, what the API reads from assessments and writes as evidence.
// May not enter: looking at machines, judging, terminals.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "guideline/guideline.h"
#include "server/api/options.h"
#include "store/store.h"

namespace sekisho {

class LiveDesk;

class Server {
 public:
  /// Opens the database and listens. `guideline` must outlive the server.
  static Result<std::unique_ptr<Server>> open(const Guideline& guideline, ServerOptions options);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// http://127.0.0.1:8480
  std::string address() const;
  /// Where agents report; empty when none do.
  std::string agents_address() const;
  /// Where proxies ask; empty when none do.
  std::string gate_address() const;
  /// Where enforcers of other machines ask, over mutual TLS; empty when none do.
  std::string enforcers_address() const;
  /// Where figures are read; empty when there is no listener for them alone.
  std::string monitor_address() const;
  /// Where any port would do, the ones that were found.
  void keep_ports(ServerOptions& options) const;
  /// A one-time link for the first administrator; nothing when there is one already.
  Result<std::optional<std::string>> setup_link();
  /// Serves until a signal. `tick` is called now and then, beside the server's own jobs. False when
  /// something is still at work and would not end: then nothing can be taken down.
  [[nodiscard]] bool run(const std::function<void()>& tick);
  void stop();
  /// Whether a signal said that it is to end, and not only stop().
  bool was_signalled() const;
  /// The reply to one request, as run() gives it to connections. From any thread.
  HttpReply answer(const HttpRequest& request);
  /// Who may come in, and who is in (server/access). It follows the database while run() lasts.
  LiveDesk& desk();

 private:
  struct Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sekisho
