// SPDX-License-Identifier: Apache-2.0
// What devices' agents ask for over mutual TLS, beside the console's API: enrolment, reports, the
// next certificate, and what to check by. docs/agent-protocol.md is its specification.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>

#include "collect/agent/report.h"
#include "guideline/guideline.h"
#include "server/api/links.h"
#include "server/api/options.h"
#include "server/devices/authority.h"
#include "server/devices/turn.h"
#include "server/http/http.h"
#include "store/id.h"
#include "store/store.h"

namespace sekisho {

class Agents {
 public:
  /// Makes the authority when the organisation has none yet.
  static Result<std::unique_ptr<Agents>> open(Database& db, const Guideline& guideline,
                                              const ServerOptions& options);

  /// What to show to agents: a certificate for the host that they are told, and until when.
  struct Shown {
    TlsIdentity tls;
    Time from;
    Time until;
  };
  Result<Shown> identity() const;
  /// Looks at the authorities anew: true when what is shown has to be another.
  Result<bool> refresh(Database& db);
  /// Why a body isn't worth reading, by the head before it.
  std::optional<HttpReply> refusal(const HttpRequest& request, Database& db) const;
  HttpReply answer(const HttpRequest& request, Database& db);

  /// What is closed on a device to a person; asked by any number of threads. Before it answers.
  using ClosedOn = std::function<std::vector<ClosedHere>(PersonId, DeviceId)>;
  void tells(ClosedOn closed) { closed_ = std::move(closed); }
  /// How it stands with some device may have changed: call it before what is held is woken.
  void news() { ++*news_; }
  /// What the question of a device is held by.
  static std::string key_of(DeviceId device);
  /// What is asked, by a fixed word: never the path, which may hold a secret.
  static std::string_view name_of(const HttpRequest& request);

 private:
  Agents(Authorities authorities, const Guideline& guideline, const ServerOptions& options);
  std::shared_ptr<const Authorities> authorities() const;

  Result<std::string> enrol(const HttpRequest& request, Database& db, Time now) const;
  Result<std::string> take_reports(const HttpRequest& request, Database& db, Time now);
  Result<std::string> take_software(const HttpRequest& request, Database& db, Time now) const;
  Result<std::string> take_line(const HttpRequest& request, Database& db, Time now) const;
  Result<std::string> renew(const HttpRequest& request, Database& db, Time now) const;
  Result<std::string> access(const HttpRequest& request, Database& db, Time now) const;
  HttpReply wait(const HttpRequest& request, Database& db, Time now) const;
  struct Served {
    std::string version;
    std::string wire;  // signed, as it is sent
  };
  /// What to check by, looked for anew about once a minute: meanwhile the others get what was
  /// there.
  Result<std::shared_ptr<const Served>> content(Database& db);
  Result<Served> look_for_content(Database& db) const;
  std::shared_ptr<const Served> served(bool fresh) const;

  std::shared_ptr<const Authorities> authorities_;
  ClosedOn closed_;
  std::shared_ptr<std::atomic<std::uint64_t>> news_ =
      std::make_shared<std::atomic<std::uint64_t>>(0);
  Turns turns_;
  const Guideline& guideline_;
  const ServerOptions& options_;
  mutable std::mutex mutex_;
  std::mutex looking_;  // of who looks for content anew; taken before the other
  std::shared_ptr<const Served> served_;
  std::chrono::steady_clock::time_point served_at_;
};

/// Where agents are told to report: https://host:port.
std::string agents_url(const ServerOptions& options);

inline constexpr std::size_t kMostAgentBytes = std::size_t{1} << 20U;  // of a body, as it comes

}  // namespace sekisho
