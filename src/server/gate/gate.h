// SPDX-License-Identifier: Apache-2.0
// gate: what proxies in front of web applications ask (nginx auth_request, Caddy forward_auth,
// HAProxy with Lua), and how browsers sign in at an application's own name. Each question is
// answered from memory by the desk.
//
// May enter: how each kind of proxy names a request, cookies and pages at applications, tickets.
// May not enter: who may reach what (access), how people sign in (people), other protocols.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <stop_token>

#include "server/access/desk.h"
#include "server/api/options.h"
#include "server/gate/applications.h"
#include "server/gate/cookies.h"
#include "server/gate/cut.h"
#include "server/gate/insiders.h"
#include "server/gate/pages.h"
#include "server/gate/tickets.h"
#include "store/pool.h"

namespace sekisho {

class Gate {
 public:
  struct Setup {
    std::shared_ptr<const Applications> applications;
    std::function<std::string()> console;  // its address, as people know it
    OpenEnds open_ends{};
    /// Whether the kernel lets it end connections that are open.
    std::function<Result<void>()> may_cut = may_end_connections;
  };
  Gate(Setup setup, const ServerOptions& options, AccessDesk& desk, Pool& pool);

  /// A proxy's question, from memory; nothing for what `answer` is for.
  std::optional<HttpReply> at_once(const HttpRequest& request);
  /// The gate's pages at the applications: signing in, why not, signing out.
  HttpReply answer(const HttpRequest& request);
  /// Until it is asked to stop: lets nobody stay whose session of the console has ended, and ends
  /// what is still open of those who must be out.
  void keep(const std::stop_token& quit);
  /// What keep() does each second.
  Result<void> look_after_insiders(Database& db);

 private:
  /// A request as far as it is understood.
  struct Case {
    ProxyKind kind = ProxyKind::nginx;
    OriginalRequest original;
    Cookies cookies;
    const Application* application = nullptr;
  };
  /// What becomes of it.
  struct Answer {
    enum class Kind : std::uint8_t { open, sign_in, step_up, closed } kind = Kind::closed;
    Text words{};
    std::shared_ptr<const AppIdentity> identity{};
    bool passkey = false;         // of step_up: it must be one
    bool without_device = false;  // of closed: no registered device was shown
  };
  std::expected<Case, HttpReply> read(ProxyKind kind, const HttpRequest& request) const;
  Answer judge(const Case& one);
  std::optional<HttpReply> ask(ProxyKind kind, const HttpRequest& request);
  HttpReply refuse(const Case& one, const Answer& answer, const HttpRequest& request) const;
  HttpReply to_console(const Case& one, const Answer& answer) const;
  HttpReply page(ProxyKind kind, const HttpRequest& request);
  HttpReply own_page(const Case& one, const HttpRequest& request);
  HttpReply sign_in(const Case& one, const HttpRequest& request);
  HttpReply enter(Database& db, const Case& one, const Ticket& ticket, const HttpRequest& request);
  HttpReply sign_out(const Case& one, const HttpRequest& request);
  HttpReply again(const Case& one, const HttpRequest& request) const;
  std::optional<DeviceId> device_of(const OriginalRequest& original) const;
  /// It ended by itself; `but` is the connection that is still to be answered.
  void end(const SessionToken& token, const std::optional<ClientEnd>& but = {});
  void cut_waiting();
  /// Forgets connections that closed by themselves.
  void tidy();

  Setup setup_;
  const ServerOptions& options_;
  AccessDesk& desk_;
  Pool& pool_;
  EnforcerId name_;
  Insiders insiders_;
  std::mutex mutex_;
  std::condition_variable_any woken_;
  struct Leaving {
    SessionToken token;
    std::optional<ClientEnd> but{};
  };
  std::vector<Leaving> to_cut_;
  std::atomic<bool> may_cut_ = true;  // as the kernel said last
  std::string uncut_;                 // why what is to be cut goes on; empty: it doesn't
  std::shared_ptr<void> cuts_;        // the last: it calls what uses what stands above
};

/// Whether one of these is among the reasons of a decision.
bool has_reason(const AccessDecision& decision, std::initializer_list<AccessReasonCode> codes);

/// A listener that only this machine reaches, for the gate.
Result<std::unique_ptr<HttpServer>> listen_for_proxies(Gate& gate, const std::string& address,
                                                       unsigned short port,
                                                       decltype(HttpHandlers::answered) answered);

}  // namespace sekisho
