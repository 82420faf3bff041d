// SPDX-License-Identifier: Apache-2.0
// sekisho serve: the console for the whole organisation, with this machine already in it.
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <mutex>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "cli/app.h"
#include "cli/cloud_read.h"
#include "cli/records.h"
#include "cli/serve_settings.h"
#include "cli/serving.h"
#include "cli/supervisor.h"
#include "cli/this_machine.h"
#include "collect/discover/discover.h"
#include "collect/host/host.h"
#include "collect/inventory/programs.h"
#include "collect/vuln/weaknesses.h"
#include "server/api/links.h"
#include "server/devices/devices.h"
#include "server/http/secrets.h"
#include "server/http/watched.h"
#include "server/own_tls.h"
#include "server/people/id_token.h"
#include "server/server.h"
#include "store/audit.h"

namespace sekisho {
namespace {

/// How often this machine is looked at again while the server runs.
constexpr std::chrono::hours kLookAgain{6};
/// And how often whether its certificate of its own lasts.
constexpr std::chrono::hours kRenewEvery{1};
/// How often it is seen whether an agent tells of it by now.
constexpr std::chrono::seconds kAskAgain{30};

Result<void> split_address(const std::string& text, std::string& address, unsigned short& to) {
  const std::size_t colon = text.rfind(':');
  const auto port = colon == std::string::npos ? -1 : whole_number(text.substr(colon + 1));
  if (port < 0 || port > 65535)
    return failure("待ち受ける場所は 127.0.0.1:8480 の形で書いてください。",
                   "write where to listen like 127.0.0.1:8480.", printable(text, 80));
  address = text.substr(0, colon);
  if (address.starts_with('[') && address.ends_with(']'))
    address = address.substr(1, address.size() - 2);
  if (address == "localhost") address = "127.0.0.1";
  to = static_cast<unsigned short>(port);
  return {};
}

/// Of NVD's list what PCs tell by whether their programs are open to attacks, made anew when the
/// lists are.
class PartOfWeaknesses {
 public:
  Result<std::string> text(const App& app) {
    const auto feeds = app.feeds();
    if (!feeds) return std::unexpected(feeds.error());
    if (!(*feeds)->weaknesses) return std::string();
    const std::lock_guard lock(mutex_);
    if (stamp_ == (*feeds)->stamp) return text_;
    const auto guideline = app.guideline();
    if (!guideline) return std::unexpected(guideline.error());
    text_ = exploited_of_programs(guideline->software, **feeds).serialised();
    stamp_ = (*feeds)->stamp;
    return text_;
  }

 private:
  std::mutex mutex_;
  std::string stamp_, text_;
};

/// What agents check by: the feeds and the organisation's own texts.
Result<std::vector<ContentFile>> agent_content(const App& app, PartOfWeaknesses& part) {
  std::vector<ContentFile> files;
  auto weaknesses = part.text(app);
  if (!weaknesses) return std::unexpected(weaknesses.error());
  if (!weaknesses->empty())
    files.push_back({app.weaknesses_file().filename().string(), std::move(*weaknesses)});
  for (const auto& path : {app.support_file(), app.exploited_file(), app.overlay_file()}) {
    std::error_code missing;
    if (!std::filesystem::exists(path, missing)) continue;
    auto text = read_input_file(path, kMostContentBytes / 3);
    if (!text) return std::unexpected(text.error());
    files.push_back({path.filename().string(), std::move(*text)});
  }
  return files;
}

Result<void> set_agents(const App& app, const ServeOptions& given, AgentsOptions& agents) {
  if (given.agents.empty()) return {};
  if (auto split = split_address(given.agents, agents.address, agents.port); !split) return split;
  agents.on = true;
  agents.url = given.agents_url;
  while (agents.url.ends_with('/')) agents.url.pop_back();
  // It is what agents are told: it has to be a link that they take.
  if (!agents.url.empty() && !read_link(write_link({agents.url, "x", std::string(64, '0')})))
    return failure("--agents-url は https://sekisho.example.jp:8490 の形で書いてください。",
                   "write --agents-url like https://sekisho.example.jp:8490.",
                   printable(given.agents_url, 80));
  agents.content = [&app, part = std::make_shared<PartOfWeaknesses>()] {
    return agent_content(app, *part);
  };
  return {};
}

/// None when no file is named.
Result<std::shared_ptr<SecretFile>> secret_in(const std::string& file) {
  if (file.empty()) return nullptr;
  return SecretFile::open(file);
}

Result<void> set_database(const App& app, const ServeOptions& given, ServerOptions& options) {
  options.database = given.database.empty() ? store_file(app).string() : given.database;
  if (given.database_file.empty()) return {};
  if (!given.database.empty())
    return failure("--database と --database-file は一緒に使えません。",
                   "--database and --database-file do not go together.");
  const auto where = SecretFile::open(given.database_file);
  if (!where) return std::unexpected(where.error());
  options.database = (*where)->value();
  options.database_file = given.database_file;
  return {};
}

Result<void> set_monitor(const ServeOptions& given, ServerOptions::Monitor& monitor) {
  auto token = secret_in(given.metrics_token_file);
  if (!token) return std::unexpected(token.error());
  monitor.token = std::move(*token);
  monitor.on = !given.metrics.empty();
  return monitor.on ? split_address(given.metrics, monitor.address, monitor.port) : Result<void>();
}

Result<void> set_gate(const ServeOptions& given, ServerOptions::Gate& gate) {
  gate.applications = given.gate_apps;
  gate.on = !given.gate.empty();
  if (!gate.on && !gate.applications.empty())
    return failure("--gate-app には --gate（プロキシが尋ねる場所）も必要です。",
                   "--gate-app needs --gate (where proxies ask) as well.");
  if (!gate.on) return {};
  if (auto split = split_address(given.gate, gate.address, gate.port); !split) return split;
  gate.open_file = state_folder() / fmt::format("gate-{}", gate.port);
  return make_private_folder(state_folder());
}

Result<void> set_contact(const ServeOptions& given, ServerOptions& options) {
  options.security_contact = given.security_contact;
  const std::string& contact = given.security_contact;
  if (contact.empty() || (is_plain_line(contact) && contact.find(' ') == std::string::npos &&
                          (contact.starts_with("mailto:") || contact.starts_with("https://"))))
    return {};
  return failure("--security-contact は mailto:security@example.jp か https://… で書いてください。",
                 "write --security-contact like mailto:security@example.jp or https://….",
                 printable(contact, 80));
}

/// Beside the program as it was built, or where a system keeps what belongs to it.
std::filesystem::path packages_folder() {
  std::error_code error;
  const auto beside = std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
  for (const auto& folder : {beside / "packages", beside.parent_path() / "share/sekisho/packages"})
    if (std::filesystem::exists(folder / "SHA256SUMS", error)) return folder;
  return beside / "packages";
}

/// For what it listens at as well: a certificate names all that a browser may have typed.
Result<OwnTls> renew_own_tls(const App& app, const ServerOptions& options) {
  std::vector<std::string> hosts = options.hosts;
  hosts.insert(hosts.end(), {"localhost", "127.0.0.1", "::1"});
  if (!options.public_url.empty())
    if (const auto site = read_site(options.public_url)) hosts.insert(hosts.begin(), site->host);
  return keep_own_tls(app.state / "tls", hosts, options.clock());
}

/// Names and addresses by which others may reach this machine: those that were given first.
std::vector<std::string> hosts_of_this_machine(const std::vector<std::string>& given) {
  std::vector<std::string> hosts = given;
  if (const auto networks = attached_networks())
    for (const AttachedNetwork& network : *networks) hosts.push_back(address_text(network.address));
  std::vector<std::string> once;
  for (const std::string& host : hosts)
    if (std::ranges::find(once, host) == once.end()) once.push_back(host);
  return once;
}

/// Certificates of the server's own authority, where that is wanted.
Result<void> set_own_tls(const App& app, const ServeOptions& given, ServerOptions& options) {
  options.hosts = hosts_of_this_machine(given.names);
  if (given.tls.empty()) return {};
  if (!given.tls_cert.empty())
    return failure("--tls self と --tls-cert は一緒に使えません。",
                   "--tls self and --tls-cert do not go together.");
  options.own_authority = true;
  const auto own = renew_own_tls(app, options);
  if (!own) return std::unexpected(own.error());
  options.listen.tls_cert = own->certificate.string();
  options.listen.tls_key = own->key.string();
  options.authority_file = own->authority.string();
  if (own->made_anew)
    options.say(
        {"この組織の認証局を作りました。各端末で一度信頼してください: " + options.authority_file,
         "This server's authority was made; trust it once on each device: " +
             options.authority_file});
  return {};
}

Result<ServerOptions> server_options(const App& app, const ServeOptions& given) {
  ServerOptions options;
  if (auto split = split_address(given.listen, options.listen.address, options.listen.port); !split)
    return std::unexpected(split.error());
  if (auto set = set_agents(app, given, options.agents); !set) return std::unexpected(set.error());
  if (given.tls_cert.empty() != given.tls_key.empty())
    return failure("--tls-cert と --tls-key は一緒に付けてください。",
                   "--tls-cert and --tls-key go together.");
  options.listen.tls_cert = given.tls_cert;
  options.listen.tls_key = given.tls_key;
  if (auto set = set_database(app, given, options); !set) return std::unexpected(set.error());
  if (auto set = set_monitor(given, options.monitor); !set) return std::unexpected(set.error());
  if (auto set = set_gate(given, options.gate); !set) return std::unexpected(set.error());
  options.places = given.places;
  if (auto set = set_contact(given, options); !set) return std::unexpected(set.error());
  options.enforcers.socket = given.enforcers;
  options.enforcers.remote = !given.enforcers_listen.empty();
  if (options.enforcers.remote)
    if (auto set = split_address(given.enforcers_listen, options.enforcers.address,
                                 options.enforcers.port);
        !set)
      return std::unexpected(set.error());
  options.line.address = given.line_database;
  auto line_secret = secret_in(given.line_password_file);
  if (!line_secret) return std::unexpected(line_secret.error());
  options.line_secret_file = std::move(*line_secret);
  options.public_url = given.public_url;
  for (const std::string& proxy : given.trusted_proxies) {
    const auto network = read_subnet(proxy);
    if (!network)
      return failure("--trusted-proxy は 192.0.2.10 か 192.0.2.0/24 の形で書いてください。",
                     "write --trusted-proxy like 192.0.2.10 or 192.0.2.0/24.",
                     printable(proxy, 80));
    options.trusted_proxies.push_back(*network);
  }
  options.insecure = given.insecure;
  if (auto may = may_be_issuer(given.oidc_issuer); !may) return std::unexpected(may.error());
  if (!given.oidc_issuer.empty() && given.oidc_client.empty())
    return failure("--oidc-issuer には --oidc-client（認証基盤での ID）も必要です。",
                   "--oidc-issuer needs --oidc-client (the id at the provider) as well.");
  auto oidc_secret = secret_in(given.oidc_secret_file);
  if (!oidc_secret) return std::unexpected(oidc_secret.error());
  options.oidc = {given.oidc_issuer, given.oidc_client, std::move(*oidc_secret)};
  set_journal(app, options, given.log == "json");
  if (auto set = set_own_tls(app, given, options); !set) return std::unexpected(set.error());
  options.version = SEKISHO_VERSION;
  // Without it links work as well, and are shown again until the server ends.
  if (auto links = link_secret_in((app.state / "links.key").string()))
    options.link_secret = std::move(*links);
  else
    app.complain(links.error());
  auto packages = Packages::open(given.packages.empty() ? packages_folder()
                                                        : std::filesystem::path(given.packages));
  if (!packages) return std::unexpected(packages.error());
  options.packages = std::move(*packages);
  options.feeds = [&app] { return app.feeds(); };
  options.feeds_folder = app.state.string();
  options.clouds_folder = clouds_folder(app).string();
  return options;
}

/// What went wrong with this machine's own part.
void tell(const ServerOptions& options, const Error& why) {
  options.say({why.describe(Lang::ja), why.describe(Lang::en)});
}

/// An agent on this machine tells of it by itself: one machine is one device, and what the server
/// saw of it before is given up.
Result<bool> is_left_to_its_agent(const std::string& database, const SubjectId& subject) {
  const std::string machine = facts_of_this_machine().machine;
  if (machine.empty()) return false;
  auto db = open_database(database);
  if (!db) return std::unexpected(db.error());
  bool left = false;
  const auto done = (*db)->write([&]() -> Result<void> {
    const auto agent = (*db)->query(
        "SELECT 1 FROM device WHERE machine = ? AND subject LIKE 'device:%' AND state <> 'retired' "
        "LIMIT 1",
        {machine});
    if (!agent) return std::unexpected(agent.error());
    left = !agent->empty();
    if (!left) return {};
    const auto gone = (*db)->query(
        "UPDATE device SET state = 'retired', retired_at = ? WHERE subject = ? AND state = "
        "'active' "
        "RETURNING id",
        {value_of(now()), subject.value});
    if (!gone) return std::unexpected(gone.error());
    if (gone->empty()) return {};
    // Boards follow it to see which devices count.
    if (auto set = set_setting(**db, "devices.change", random_token(8)); !set) return set;
    return append_audit(**db, now(), "", "device-changed", subject.value,
                        R"({"state":"retired","why":"its agent tells of it"})");
  });
  if (!done) return std::unexpected(done.error());
  return left;
}

/// Looks at this machine and writes down what was seen.
Result<void> look_at_this_machine(const App& app, std::shared_ptr<const Guideline> guideline,
                                  const std::string& database) {
  auto feeds = app.feeds();
  if (!feeds) return std::unexpected(feeds.error());
  const auto machine = std::make_shared<const Machine>("/");
  const SubjectId subject = host_subject(*machine);
  const Time moment = now();
  const auto evidence =
      collect_host(machine, std::move(guideline), *feeds, subject, moment, host_checks());
  auto db = open_database(database);
  if (!db) return std::unexpected(db.error());
  return (*db)->write([&]() -> Result<void> {
    if (auto made = ensure_device(**db, subject, moment); !made) return made;
    const auto kept = append_evidence(**db, evidence);
    return kept ? Result<void>() : std::unexpected(kept.error());
  });
}

/// Whatever of the settings can't be had anew while it runs is said when it has changed.
void look_at_settings(const App& app, const GivenSettings& given, const ServeOptions& in_use,
                      Journal& journal) {
  const auto again = settle(given, Surroundings::of_this_process());
  const auto say = [&](Severity severity, const Text& what) {
    journal.tell({severity, "message", {{"text", what.in(app.lang)}}});
  };
  if (!again)
    return say(Severity::error,
               {"設定を読めません: " + again.error().describe(Lang::ja),
                "the settings cannot be read: " + again.error().describe(Lang::en)});
  for (const Setting& setting : serve_settings()) {
    const bool same = std::visit([&](auto field) { return again->options.*field == in_use.*field; },
                                 setting.field);
    if (!same)
      say(Severity::warning,
          {fmt::format("設定 {} の変更は、起動し直すと効きます。", setting.name),
           fmt::format("the setting {} has changed; it takes effect at the next start.",
                       setting.name)});
  }
}

/// The organisation's overlay, whenever it was written anew. One that can't be used is told of, and
/// the guideline before stays in use.
class WatchedGuideline {
 public:
  /// `file` as it was before the guideline in use was read.
  WatchedGuideline(const App& app, const ServerOptions& options, WatchedFiles file)
      : app_(app), options_(options), file_(std::move(file)) {}
  std::shared_ptr<const Guideline> operator()() {
    if (!file_.changed()) return nullptr;
    auto loaded = app_.guideline();
    if (loaded) return std::make_shared<const Guideline>(std::move(*loaded));
    tell(options_, loaded.error());
    return nullptr;
  }

 private:
  const App& app_;
  ServerOptions options_;  // to tell by
  WatchedFiles file_;
};

int run(const App& app, const GivenSettings& words) {
  hold_hangups();
  const auto settled = settle(words, Surroundings::of_this_process());
  if (!settled) return app.complain(settled.error());
  const ServeOptions& given = settled->options;
  WatchedFiles overlay({app.overlay_file().string()});
  auto loaded = app.guideline();
  if (!loaded) return app.complain(loaded.error());
  auto guideline = std::make_shared<const Guideline>(std::move(*loaded));
  auto options = server_options(app, given);
  if (!options) return app.complain(options.error());
  if (!is_postgres(options->database))
    if (const auto may = may_write(); !may) return app.complain(may.error());
  for (const Text& remark : settled->remarks) options->say(remark);
  options->reloading = [&app, &words, &given, journal = options->journal] {
    look_at_settings(app, words, given, *journal);
  };
  std::optional<std::chrono::steady_clock::time_point> looked_at;
  std::optional<std::chrono::steady_clock::time_point> renewed_at;
  std::optional<std::chrono::steady_clock::time_point> asked_at;
  const auto look = [&, database = options->database, own = *options] {
    const auto moment = std::chrono::steady_clock::now();
    if (own.own_authority && (!renewed_at || moment - *renewed_at > kRenewEvery)) {
      renewed_at = moment;
      if (const auto renewed = renew_own_tls(app, own); !renewed) tell(own, renewed.error());
    }
    if (given.no_check || (asked_at && moment - *asked_at < kAskAgain)) return;
    asked_at = moment;
    const auto left = is_left_to_its_agent(database, host_subject(Machine("/")));
    if (!left) tell(own, left.error());
    if (!left || *left || (looked_at && moment - *looked_at < kLookAgain)) return;
    looked_at = moment;
    if (const auto looked = look_at_this_machine(app, guideline, database); !looked)
      tell(own, looked.error());
  };
  const WatchedGuideline newer(app, *options, std::move(overlay));
  return serve(app, guideline, std::move(*options), look, newer);
}

void hold(std::initializer_list<int> signals) {
  sigset_t all;
  ::sigemptyset(&all);
  for (const int one : signals) ::sigaddset(&all, one);
  (void)::pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

/// From one server to the next, what asks for an end waits until there is one that takes it.
void hold_ends() { hold({SIGINT, SIGTERM}); }

Result<void> greet(const App& app, Server& server) {
  const auto link = server.setup_link();
  if (!link) return std::unexpected(link.error());
  fmt::print("{}: {}\n", app.tr("コンソール", "The console"), server.address());
  if (*link)
    fmt::print("{}\n  {}\n",
               app.tr("最初の管理者の登録（一度だけ・24 時間以内）:",
                      "Register the first administrator (once, within 24 hours):"),
               **link);
  if (const std::string agents = server.agents_address(); !agents.empty())
    fmt::print("{}: {}\n", app.tr("端末の報告先", "Agents report to"), agents);
  if (const std::string figures = server.monitor_address(); !figures.empty())
    fmt::print("{}: {}\n", app.tr("監視の読み取り先", "Monitoring reads"), figures);
  if (const std::string gate = server.gate_address(); !gate.empty())
    fmt::print("{}: {}\n", app.tr("プロキシが尋ねる場所", "Proxies ask at"), gate);
  if (const std::string enforcers = server.enforcers_address(); !enforcers.empty())
    fmt::print("{}: {}\n", app.tr("見張りが尋ねる場所", "Enforcers ask at"), enforcers);
  fmt::print("{}\n", app.tr("Ctrl-C で止まります。", "Ctrl-C stops it."));
  std::fflush(stdout);
  return {};
}

/// By what a server is opened anew that is taken down for it.
class Renewal {
 public:
  bool wanted() const { return wanted_; }
  void want(std::shared_ptr<const Guideline> next) {
    next_ = std::move(next);
    wanted_ = next_ != nullptr;
  }
  std::shared_ptr<const Guideline> take() {
    wanted_ = false;
    return std::exchange(next_, nullptr);
  }

 private:
  std::shared_ptr<const Guideline> next_;  // by the server's own jobs while it runs
  std::atomic<bool> wanted_ = false;       // asked by its connections as well
};

bool asked_to_end() {
  sigset_t waiting;
  ::sigemptyset(&waiting);
  (void)::sigpending(&waiting);
  return ::sigismember(&waiting, SIGINT) == 1 || ::sigismember(&waiting, SIGTERM) == 1;
}

/// What else it is opened by (certificates, the database) may be in renewal itself at this moment.
Result<std::unique_ptr<Server>> open_again(const Guideline& guideline,
                                           const ServerOptions& options) {
  constexpr int kTries = 60;
  for (int i = 1;; ++i) {
    auto server = Server::open(guideline, options);
    if (server || i == kTries || asked_to_end()) return server;
    tell(options, server.error());
    std::this_thread::sleep_for(std::chrono::seconds(1));
  }
}

}  // namespace

void hold_hangups() { hold({SIGHUP}); }

void set_journal(const App& app, ServerOptions& options, bool json) {
  options.journal =
      std::make_shared<Journal>(LogForm{json, speaks_to_journal()}, [](std::string_view line) {
        while (!line.empty()) {
          const auto count = ::write(STDERR_FILENO, line.data(), line.size());
          if (count <= 0) return;  // nobody is there to be told
          line.remove_prefix(static_cast<std::size_t>(count));
        }
      });
  options.tell = [lang = app.lang, journal = options.journal.get()](const Text& text) {
    journal->tell({Severity::notice, "message", {{"text", text.in(lang)}}});
  };
}

int serve(const App& app, std::shared_ptr<const Guideline>& guideline, ServerOptions options,
          const std::function<void()>& tick, const NewerGuideline& newer,
          const std::function<void(Server&)>& opened) {
  hold_hangups();
  if (!options.journal) set_journal(app, options, false);
  if (options.public_url.empty())
    options.say({"public-url が設定されていないため、通知（メール・Webhook）にリンクは付きません。",
                 "public-url is not set: notices by email and webhook hold no link."});
  Renewal renewal;
  if (const auto supervisor = Supervisor::of_this_process())
    options.supervisor = [supervisor, &renewal](std::string_view what) {
      // The process stays: what watches over it is told that it reads something anew.
      supervisor->tell(renewal.wanted() && what == "STOPPING=1" ? "RELOADING=1" : what);
    };
  auto server = Server::open(*guideline, options);
  if (!server) return app.complain(server.error());
  if (opened) opened(**server);
  tick();
  if (const auto greeted = greet(app, **server); !greeted) return app.complain(greeted.error());
  while (true) {
    (*server)->keep_ports(options);
    const bool ended = (*server)->run([&] {
      tick();
      if (!newer || renewal.wanted()) return;
      renewal.want(newer());
      if (renewal.wanted()) (*server)->stop();
    });
    if (!ended) {
      // A handler that doesn't come back (a mail server that hangs) must not keep it from stopping;
      // what was acknowledged is in the database.
      std::fflush(nullptr);
      std::_Exit(renewal.wanted() && !(*server)->was_signalled() ? kExitError : kExitGood);
    }
    if (!renewal.wanted() || (*server)->was_signalled()) return kExitGood;
    hold_ends();
    server->reset();
    guideline = renewal.take();
    server = open_again(*guideline, options);
    if (!server) return app.complain(server.error());
    options.say({"新しい guideline.yaml を使い始めました。", "the new guideline.yaml is in use."});
  }
}

void add_serve(CLI::App& cli, Lang lang, Command& chosen) {
  auto given = std::make_shared<GivenSettings>();
  CLI::App* command = cli.add_subcommand(
      "serve",
      Text{"組織のためのコンソールを開く", "open the console for the organisation"}.in(lang));
  add_settings(*command, lang, *given);
  command->callback(
      [given, &chosen] { chosen = [given](const App& app) { return run(app, *given); }; });
}

}  // namespace sekisho
