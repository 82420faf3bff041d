// SPDX-License-Identifier: Apache-2.0
// How a server is set up.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/base.h"
#include "collect/agent/report.h"
#include "collect/vuln/vuln.h"
#include "server/api/feeds_in_use.h"
#include "server/api/packages.h"
#include "server/http/http.h"
#include "server/http/journal.h"
#include "server/http/meter.h"
#include "server/http/watched.h"
#include "store/clickhouse.h"
#include "store/database.h"

namespace sekisho {

/// The organisation's identity provider (OpenID Connect Core 1.0).
struct OidcOptions {
  std::string issuer;
  std::string client_id;
  std::shared_ptr<SecretFile> secret_file;  // may be none: PKCE protects a public client

  std::string client_secret() const { return secret_file ? secret_file->value() : std::string(); }
};

/// Where agents report: a listener of its own, with certificates of the server's own authority.
struct AgentsOptions {
  bool on = false;
  std::string address = "127.0.0.1";
  unsigned short port = 8490;  // 0: any free one
  std::string url;             // https://sekisho.example.jp:8490; empty: the address and port
  /// What agents check by; called now and then.
  std::function<Result<std::vector<ContentFile>>()> content;
};

struct ServerOptions {
  ListenOptions listen;
  AgentsOptions agents;
  std::string database;       // a file's path or postgres://…
  std::string database_file;  // that holds `database`, as it was named; empty: none does
  ClickHouseOptions line;     // for the tallies of sensors; none: they lie in `database`
  std::shared_ptr<SecretFile> line_secret_file;  // its password; may be none
  /// https://sekisho.example.jp, in the form of Site::url(); empty: what the browser says, on
  /// loopback.
  std::string public_url;
  /// What stands in front and says for whom it speaks.
  std::vector<Subnet> trusted_proxies;
  bool insecure = false;       // beyond loopback without TLS, because the user said so
  bool own_authority = false;  // what is shown to browsers is certified by ourselves (--tls self)
  std::string authority_file;  // with it: what people are to trust, PEM
  /// Names and addresses of this machine by which others reach it; a request may go by any of them.
  std::vector<std::string> hosts;
  bool demo = false;
  OidcOptions oidc;
  std::string version;
  /// What links that can be shown again follow from; empty: made anew, and good until the end.
  std::string link_secret;
  std::shared_ptr<Packages> packages;  // for devices; may be none
  /// Reads the newest feeds, which may take long.
  std::function<Result<std::shared_ptr<const Feeds>>()> feeds;
  /// What became of them; made by the server.
  std::shared_ptr<FeedsInUse> feeds_in_use;
  /// Where these lie, and are renewed; empty: nowhere, and nothing is.
  std::string feeds_folder;
  /// Where credentials lie of cloud services that the server asks by itself, a file a service;
  /// empty: nowhere, and none is asked.
  std::string clouds_folder;
  /// How a connection to `database` is opened; tests put faults between.
  std::function<Result<std::unique_ptr<Database>>(const std::string&)> connect = connect_database;
  std::shared_ptr<Journal> journal;  // may be none
  std::shared_ptr<Meter> meter = std::make_shared<Meter>();
  /// For monitoring: a listener of its own, in the clear, and who may read the figures.
  struct Monitor {
    bool on = false;
    std::string address;
    unsigned short port = 0;
    std::shared_ptr<SecretFile> token;  // none: nobody from elsewhere
  };
  Monitor monitor;
  /// Where proxies in front of web applications ask, and which applications these are.
  struct Gate {
    bool on = false;
    std::string address;
    unsigned short port = 0;
    std::vector<std::string> applications;  // as Applications::read takes them
    std::string open_file;  // what is open through it, beyond the program's end; empty: in memory
  };
  Gate gate;
  /// Files in MaxMind's format that say where addresses are; none: places tell nothing of anybody.
  std::vector<std::string> places;
  /// Where those ask who enforce decisions: a Unix socket (empty: none), and over mutual TLS those
  /// of other machines.
  struct EnforcersAt {
    std::string socket;
    bool remote = false;
    std::string address;
    unsigned short port = 0;
  };
  EnforcersAt enforcers;
  std::string security_contact;  // for weaknesses (RFC 9116); empty: it isn't said
  /// Called when somebody asked for files to be read anew; may be none.
  std::function<void()> reloading;
  /// What watches over the process is told how it goes (sd_notify(3)); may be none.
  std::function<void(std::string_view)> supervisor;
  /// Tells the operator something, in the terminal.
  std::function<void(const Text&)> tell;
  std::function<Time()> clock = [] { return now(); };
  /// For what goes by how long ago something was: `clock` may be set.
  std::function<std::chrono::steady_clock::time_point()> stopwatch = [] {
    return std::chrono::steady_clock::now();
  };

  void say(const Text& what) const {
    if (tell) tell(what);
  }
  /// One line for the operator's log where there is one, else words.
  void log(LogLine entry, const Text& otherwise) const {
    if (journal)
      journal->tell(std::move(entry));
    else
      say(otherwise);
  }
  void worked(std::string_view job, bool well) const { meter->worked(job, well, clock()); }

  /// Whether people's browsers speak TLS, here or to what stands in front: cookies are then for TLS
  /// alone.
  bool browser_has_tls() const {
    return public_url.empty() ? !listen.tls_cert.empty() : public_url.starts_with("https://");
  }
  /// By which something is judged; nobody waits for it.
  Result<std::shared_ptr<const Feeds>> newest_feeds() const {
    if (feeds_in_use) return feeds_in_use->newest();
    return feeds ? feeds() : std::make_shared<const Feeds>();
  }
};

}  // namespace sekisho
