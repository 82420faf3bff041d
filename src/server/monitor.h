// SPDX-License-Identifier: Apache-2.0
// What monitoring asks: /healthz (the process answers), /readyz (it does what it is for) and
// /metrics. The first two say nothing but a word, to anyone; figures are for whoever shows the
// token, or asks the listener of their own.
#pragma once

#include <memory>
#include <optional>

#include "server/health.h"
#include "server/http/http.h"

namespace sekisho {

class Monitor {
 public:
  Monitor(const ServerOptions& options, HealthWatch& health) : options_(options), health_(health) {}

  /// Nothing when something else is asked.
  std::optional<HttpReply> reply(const HttpRequest& request, bool own_listener) const;
  /// By what a request is known in figures and the log; empty when it isn't for monitoring.
  static std::string_view name_of(const HttpRequest& request);
  /// Figures and a line for each reply of a listener; `operation` has a fixed set of values.
  void answered(std::string_view listener, std::string_view operation, const HttpRequest& request,
                const HttpReply& reply, std::chrono::steady_clock::duration took) const;

  /// Its own listener, which answers nothing else.
  Result<std::unique_ptr<HttpServer>> listen() const;

 private:
  HttpReply ready() const;
  HttpReply figures(const HttpRequest& request, bool own_listener) const;
  std::string text() const;

  const ServerOptions& options_;
  HealthWatch& health_;
  Time started_ = now();
};

}  // namespace sekisho
