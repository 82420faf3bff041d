// SPDX-License-Identifier: Apache-2.0
#include "server/server.h"

#include <malloc.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>

#include <fmt/format.h>
#include <boost/json.hpp>

#include "guideline/embedded.h"
#include "server/access/closed_here.h"
#include "server/access/live_desk.h"
#include "server/api/answer.h"
#include "server/api/jobs.h"
#include "server/api/ready.h"
#include "server/clouds/handlers.h"
#include "server/devices/agents.h"
#include "server/devices/authority.h"
#include "server/devices/handlers.h"
#include "server/directory/handlers.h"
#include "server/enforcers/device_keys.h"
#include "server/enforcers/enforcers.h"
#include "server/enforcers/register.h"
#include "server/feeds/handlers.h"
#include "server/front.h"
#include "server/gate/gate.h"
#include "server/health.h"
#include "server/http/pages.h"
#include "server/http/rate.h"
#include "server/http/secrets.h"
#include "server/line/handlers.h"
#include "server/line/line.h"
#include "server/monitor.h"
#include "server/organisation/handlers.h"
#include "server/outbox/handlers.h"
#include "server/outbox/mail.h"
#include "server/outbox/outbox.h"
#include "server/outbox/sending.h"
#include "server/people/browsers.h"
#include "server/people/handlers.h"
#include "server/people/identity.h"
#include "server/people/oidc_ask.h"
#include "server/people/seals.h"
#include "server/privacy/handlers.h"
#include "server/renewals.h"
#include "server/well_known.h"
#include "store/leftovers.h"
#include "store/pool.h"
#include "store/readers.h"

namespace sekisho {
namespace {

namespace json = boost::json;
constexpr std::string_view kApi = "/api/v1/";
constexpr std::string_view kAuthorityPath = "/downloads/sekisho-authority.crt";
constexpr std::chrono::seconds kTick{2};
constexpr std::chrono::hours kSetupLasts{24};
/// Connections of devices at once, most of which wait for word.
constexpr std::size_t kMostAgents = 14'336;

/// The build has seen that they can be read.
const CloudChecks& built_in_clouds() {
  static const CloudChecks all = load_cloud_checks(embedded_guideline()).value_or(CloudChecks());
  return all;
}

}  // namespace

struct Server::Impl {
  Impl(const Guideline& g, ServerOptions o, const Front& seen)
      : guideline(g),
        options(std::move(o)),
        pool([this] { return options.connect(options.database); }),
        board(
            g, [this] { return options.connect(options.database); },
            [this] { return options.clock(); }, built_in_clouds()),
        ready([this] { return options.connect(options.database); }),
        elsewhere(ask_provider, [this] { return options.stopwatch(); }),
        desk(guideline, options),
        shop{guideline, options, board, elsewhere, &desk},
        front(seen, options),
        renewals(options),
        health(options, pool),
        monitor(options, health) {}

  const Guideline& guideline;
  std::shared_ptr<void> written = keep_written(guideline);
  ServerOptions options;
  std::unique_ptr<FileLock> occupied;  // null with PostgreSQL
  /// The first connection to a file, so that it is known for as long as this runs which file it
  /// was; null with PostgreSQL.
  std::unique_ptr<Database> first;
  Pool pool;
  Board board;
  ReadyAnswers ready;
  KeptAnswers elsewhere;
  LiveDesk desk;
  Shop shop;
  Router router;
  Pages pages;
  RateLimit rate;
  Front front;
  Renewals renewals;
  HealthWatch health;
  Monitor monitor;
  SealWatch seals;
  std::unique_ptr<HttpServer> http;
  std::unique_ptr<Agents> agents;  // and where they report; null when nobody does
  std::unique_ptr<HttpServer> agents_http;
  std::unique_ptr<Gate> gate;  // and where proxies ask it; null when nobody does
  std::unique_ptr<HttpServer> gate_http;
  std::unique_ptr<HttpServer> monitor_http;  // null when monitoring asks the console's
  std::unique_ptr<Enforcers> enforcers;      // null when nobody enforces over a socket

  HttpHandlers::Judged judge_agent(const HttpRequest& request) {
    HttpHandlers::Judged judged;
    if (request.peer_certificate.empty() && !may_ask(request.payer)) {
      judged.refusal = HttpReply{429, {{"retry-after", "5"}}, ""};
      return judged;
    }
    auto lease = pool.take();
    if (lease)
      judged.refusal = agents->refusal(request, ***lease);
    else
      judged.refusal = HttpReply{503, {{"retry-after", "5"}}, ""};
    if (!judged.refusal && !request.peer_certificate.empty())
      judged.owner = "certificate " + request.peer_certificate;
    return judged;
  }

  /// What sensors send goes to ClickHouse where there is one, which may not answer.
  bool waits_outside(const HttpRequest& request) const {
    return !options.line.address.empty() && request.path == "/agent/v1/line";
  }

  HttpReply handle_agent(const HttpRequest& request) {
    HttpReply reply = guarded(options, "agents", Lang::en, [&]() -> HttpReply {
      auto lease = pool.take();
      if (!lease) return {503, {{"retry-after", "5"}}, ""};
      return agents->answer(request, ***lease);
    });
    desk.nudge();
    return reply;
  }

  Result<void> listen_to_agents() {
    auto lease = pool.take();
    if (!lease) return std::unexpected(lease.error());
    auto opened = Agents::open(***lease, guideline, options);
    if (!opened) return std::unexpected(opened.error());
    agents = std::move(*opened);
    auto shown = agents->identity();
    if (!shown) return std::unexpected(shown.error());
    renewals.shown_to_agents(*shown);
    ListenOptions listen;
    listen.address = options.agents.address;
    listen.port = options.agents.port;
    listen.tls = std::move(shown->tls);
    listen.fronts.trusted = options.trusted_proxies;
    listen.most_connections = kMostAgents;
    listen.most_held = kMostAgents;
    auto server = HttpServer::listen(
        listen, {[this](const HttpRequest& request) {
                   return HttpHandlers::Plan{kMostAgentBytes, waits_outside(request)
                                                                  ? HttpHandlers::Work::waits
                                                                  : HttpHandlers::Work::quick};
                 },
                 [this](HttpRequest& request) { return judge_agent(request); },
                 [this](const HttpRequest& request) { return handle_agent(request); },
                 [this](const HttpRequest& request, const HttpReply& reply, Meter::Duration took) {
                   monitor.answered("agents", Agents::name_of(request), request, reply, took);
                 }});
    if (!server) return std::unexpected(server.error());
    agents_http = std::move(*server);
    options.agents.port = agents_http->port();
    agents->tells(
        [this](PersonId person, DeviceId device) { return closed_here(desk, person, device); });
    desk.on_news([this](const std::vector<DeviceId>& devices) {
      agents->news();
      for (const DeviceId device : devices) agents_http->wake(Agents::key_of(device));
      if (devices.empty()) agents_http->wake_all();
    });
    return {};
  }

  std::string address() const {
    if (!options.public_url.empty()) return options.public_url;
    if (const auto all = reached_at(options); !all.empty()) return all.front();
    return fmt::format("{}://{}:{}", options.listen.tls_cert.empty() ? "http" : "https",
                       options.listen.address, http->port());
  }

  Result<void> listen_to_proxies() {
    const auto applications = Applications::read(options.gate.applications);
    if (!applications) return std::unexpected(applications.error());
    OpenEnds ends;
    if (!options.gate.open_file.empty()) {
      auto kept = OpenEnds::in_file(options.gate.open_file);
      if (!kept) return std::unexpected(kept.error());
      ends = std::move(*kept);
    }
    gate = std::make_unique<Gate>(
        Gate::Setup{*applications, [this] { return address(); }, std::move(ends)}, options, desk,
        pool);
    auto server = listen_for_proxies(
        *gate, options.gate.address, options.gate.port,
        // Who isn't signed in yet is no event of the log: each visit begins so.
        [this](const HttpRequest& /*request*/, const HttpReply& reply, Meter::Duration took) {
          options.meter->answered("gate", "gate", reply.status, took);
        });
    if (!server) return std::unexpected(server.error());
    gate_http = std::move(*server);
    options.gate.port = gate_http->port();
    return {};
  }

  /// What is shown to enforcers of other machines: a certificate of the organisation's authority.
  Result<TlsIdentity> identity_for_enforcers() {
    auto lease = pool.take();
    if (!lease) return std::unexpected(lease.error());
    const Time at = options.clock();
    const auto authorities = organisation_authorities(***lease, at);
    if (!authorities) return std::unexpected(authorities.error());
    const auto key = KeyPair::make();
    if (!key) return std::unexpected(key.error());
    std::vector<std::string> hosts{options.enforcers.address, "localhost", "127.0.0.1"};
    if (const auto site = read_site(options.public_url)) hosts.push_back(site->host);
    std::ranges::copy(options.hosts, std::back_inserter(hosts));
    const auto certificate = authorities->current.certify_server(*key, hosts, at);
    if (!certificate) return std::unexpected(certificate.error());
    return TlsIdentity{certificate->pem, key->pem(), authorities->believed()};
  }

  Result<TellCertificate> next_for_enforcer(const std::string& shown, const AskToRenew& asked) {
    auto lease = pool.take();
    if (!lease) return std::unexpected(lease.error());
    const Time at = options.clock();
    const auto authorities = organisation_authorities(***lease, at);
    if (!authorities) return std::unexpected(authorities.error());
    const auto next = renew_enforcer(***lease, authorities->current, shown, asked.request, at);
    if (!next) return std::unexpected(next.error());
    return TellCertificate{asked.number, next->pem, authorities->believed()};
  }

  RemoteEnforcers remote_enforcers() {
    RemoteEnforcers with;
    with.address = options.enforcers.address;
    with.port = options.enforcers.port;
    with.identity = [this] { return identity_for_enforcers(); };
    with.registered = [this]() -> Result<EnforcerRegister> {
      auto lease = pool.take();
      if (!lease) return std::unexpected(lease.error());
      return read_enforcers(***lease, options.clock());
    };
    with.renew = [this](const std::string& shown, const AskToRenew& asked) {
      return next_for_enforcer(shown, asked);
    };
    with.came = [this](const std::string& shown) {
      auto lease = pool.take();
      if (lease) (void)enforcer_came(***lease, shown, options.clock());
    };
    with.complain = [this](const Text& what, const Error& why) {
      options.log(
          {Severity::error, "enforcers", {{"reason", why.describe(Lang::en)}}},
          {what.ja + ": " + why.describe(Lang::ja), what.en + ": " + why.describe(Lang::en)});
    };
    return with;
  }

  Result<void> listen_to_enforcers() {
    EnforcerOptions with;
    with.socket = options.enforcers.socket;
    with.journal = options.journal;
    with.confirm_at = [this] { return address(); };
    with.clock = options.clock;
    if (options.enforcers.remote) with.remote = remote_enforcers();
    with.keys_of = [this](DeviceId device) -> std::vector<std::string> {
      auto lease = pool.take();
      if (!lease) return {};
      return keys_of_device(***lease, device, options.clock());
    };
    auto listening = Enforcers::listen(std::move(with), desk);
    if (!listening) return std::unexpected(listening.error());
    enforcers = std::move(*listening);
    if (options.enforcers.remote) options.enforcers.port = enforcers->port();
    return {};
  }

  /// Sends what waits in the outbox until asked to stop. Nobody's request waits for a mail server.
  void send_out(const std::stop_token& quit) {
    Sending sending(pool, options);
    while (!quit.stop_requested()) {
      health.alive("outbox");
      do_job(options, "outbox", [&] { return sending.begin(); });
      sending.wait(quit, kTick);
    }
  }

  void renew(bool all) { renewals.look(all, *http, agents.get(), agents_http.get()); }

  void tell_supervisor(std::string_view what) const {
    if (options.supervisor) options.supervisor(what);
  }

  /// All that can be had anew while it runs, because somebody asked (SIGHUP).
  void reload() {
    tell_supervisor("RELOADING=1");
    renew(true);
    if (options.reloading) options.reloading();
    tell_supervisor("READY=1");
  }

  /// What the server does by itself, and `tick`.
  void look_after_itself(const std::function<void()>& tick) {
    health.alive("jobs");
    renew(false);
    do_job(options, "emergency", [&]() -> Result<void> {
      auto lease = pool.take();
      if (!lease) return std::unexpected(lease.error());
      return seals.look(***lease, options.clock(), options.stopwatch());
    });
    for (const auto jobs :
         {run_device_jobs, run_line_jobs, run_organisation_jobs, run_cloud_jobs, run_privacy_jobs})
      do_job(options, "jobs", [&]() -> Result<void> {
        auto lease = pool.take();
        if (!lease) return std::unexpected(lease.error());
        jobs(shop, ***lease, options.clock());
        return {};
      });
    do_job(options, "look", [&]() -> Result<void> {
      tick();
      return {};
    });
  }

  /// Once a minute: what a rush of requests needed goes back to the system, and what was deleted
  /// leaves the database's log.
  void tidy_up() {
    ::malloc_trim(0);
    do_job(options, "leftovers", [&]() -> Result<void> {
      auto lease = pool.take();
      if (!lease) return std::unexpected(lease.error());
      return clear_leftovers(***lease);
    });
  }

  /// Whether this one's bucket has something left; what says nothing of who it is has none.
  bool may_ask(const std::string& payer) {
    return payer.empty() || rate.allow(payer, options.stopwatch());
  }

  static Lang lang_of(const HttpRequest& request, const Identity& who) {
    const std::string_view wanted = request.header("accept-language");
    if (wanted.starts_with("ja")) return Lang::ja;
    if (wanted.starts_with("en")) return Lang::en;
    return who.person ? who.lang : Lang::en;
  }

  static Problem proof_needed() {
    return {403,
            {"本人の確認が必要です。パスワードか二要素認証をもう一度示してください。",
             "show your password or second factor once more."},
            {},
            "",
            "proof-needed"};
  }

  std::optional<Problem> refusal(const Call& call, const Operation& operation) const {
    const HttpRequest& request = call.request;
    if (!may_call(operation, call.who)) {
      if (!call.who.person || (!call.who.token && call.who.stage != "full"))
        return Problem{401, {"サインインしてください。", "sign in first."}, {}};
      return forbidden().error();
    }
    if (outlasts_emergency(operation, call.who, call.parameters))
      return coded({403,
                    {"緊急アクセスの間はできません。いつもの方法でサインインしてください。",
                     "not while you use emergency access; sign in the usual way."},
                    {}},
                   "emergency-access");
    if (operation.method == "GET") return std::nullopt;
    if (needs_proof(operation, call.who, call.now)) return proof_needed();
    if (!call.who.token && Front::from_elsewhere(request, call.origin()))
      return coded(
          {403,
           {"別のサイトからの操作は受け付けません。", "changes from another site are not taken."},
           {}},
          "from-elsewhere");
    if (call.who.session &&
        !equal_in_constant_time(request.header("x-sekisho-csrf"), csrf_token(call.who)))
      return coded({403, {"ページを読み直してください。", "load the page again."}, {}},
                   "csrf-needed");
    // RFC 9110, 8.3.1: the type and subtype in any case, parameters after them.
    const std::string given(request.header("content-type"));
    const std::string type = lower(trim(std::string_view(given).substr(0, given.find(';'))));
    const std::vector<std::string> wanted =
        operation.media.empty() ? std::vector<std::string>{"application/json"} : operation.media;
    if ((request.body_follows || !request.body.empty()) &&
        std::ranges::find(wanted, type) == wanted.end())
      return Problem{415,
                     {fmt::format("{} で送ってください。", join(wanted, "・")),
                      fmt::format("send {}.", join(wanted, ", "))},
                     {}};
    return std::nullopt;
  }

  /// A request that may go on: who asks, and for which operation.
  struct Asked {
    Identity who;
    Router::Match match;
  };

  using Moment = std::optional<ReadyAnswers::Moment>;

  std::expected<Asked, HttpReply> ask(const HttpRequest& request, Database& db, Time now,
                                      const Moment& moment = {}) {
    const auto refuse = [&](const Problem& problem, const Identity& who) {
      return std::unexpected(problem_reply(problem, lang_of(request, who)));
    };
    auto who = identify(db, options, request, now);
    if (!who)
      return std::unexpected(
          failed(options, broken(who.error()).error(), "identify", lang_of(request, {})));
    if (moment && who->person)
      ready.keep(*moment, shown_secret(request, session_cookie_name(options)), *who);
    who->lang = lang_of(request, *who);
    auto match = router.match(request.method, request.path);
    // Changes, and whatever nobody in particular asks for; people who read are welcome. Whoever has
    // been judged has paid.
    const std::string payer = who->person ? owner_of(who->person) : request.payer;
    if (!request.judged && (!who->person || request.method != "GET") && !may_ask(payer)) {
      HttpReply reply = problem_reply(
          {429,
           {"要求が多すぎます。少し待ってください。", "too many requests; wait a moment."},
           {}},
          lang_of(request, *who));
      reply.headers.emplace_back("retry-after", "5");
      return std::unexpected(std::move(reply));
    }
    if (match.operation == nullptr && match.allowed.empty())
      return refuse(not_found().error(), *who);
    if (match.operation == nullptr) {
      HttpReply reply =
          problem_reply({405, {"この方法では使えません。", "this method is not allowed."}, {}},
                        lang_of(request, *who));
      reply.headers.emplace_back("allow", join(match.allowed, ", "));
      return std::unexpected(std::move(reply));
    }
    return Asked{std::move(*who), std::move(match)};
  }

  static std::string whole(const Identity& who) {
    return who.person && (who.token || who.stage == "full") ? owner_of(who.person) : std::string();
  }

  /// Of an operation that may be ready, for whoever is content with that.
  const Operation* ready_operation(const HttpRequest& request) const {
    const Operation* operation = router.match(request.method, request.path).operation;
    return operation != nullptr && may_be_ready(*operation) && takes_ready(request) ? operation
                                                                                    : nullptr;
  }

  /// What is there already for somebody who is known already, as of `moment`.
  std::optional<HttpReply> what_is_ready(const HttpRequest& request, const Operation& operation,
                                         const ReadyAnswers::Moment& moment) const {
    const auto who = ready.who(moment, shown_secret(request, session_cookie_name(options)));
    if (!who || !may_call(operation, *who)) return std::nullopt;
    auto reply = ready_reply(ready, moment, request, operation, *who, lang_of(request, *who));
    if (reply) reply->owner = whole(*who);
    return reply;
  }

  /// The same on the connections' thread; whatever else there is to say is said by reply_to().
  std::optional<HttpReply> at_once(const HttpRequest& request) {
    const Operation* wanted = ready_operation(request);
    if (wanted == nullptr || front.refusal(request)) return std::nullopt;
    const auto moment = ready.moment_at_once(options.clock());
    if (!moment) return std::nullopt;
    auto reply = what_is_ready(request, *wanted, *moment);
    if (reply) finish(*reply);
    return reply;
  }

  HttpReply api(const HttpRequest& request) {
    const Time now = options.clock();
    if (request.path == "/api/v1/openapi.json" && request.method == "GET")
      return {200, {{"content-type", "application/json"}}, "", router.document()};
    // Before anything is read: what is written from here on makes another moment.
    Moment moment;
    if (const Operation* wanted = ready_operation(request)) {
      moment = ready.moment(now);
      if (moment)
        if (auto reply = what_is_ready(request, *wanted, *moment)) return std::move(*reply);
    }
    auto lease = pool.take();
    if (!lease)
      return failed(options, broken(lease.error()).error(), "connect", lang_of(request, {}));
    auto asked = ask(request, ***lease, now, moment);
    if (!asked) return std::move(asked.error());
    const Operation& operation = *asked->match.operation;
    Call call{shop, request, ***lease, std::move(asked->who), std::move(asked->match.parameters),
              now};
    const std::string owner = whole(call.who);
    const auto refused = refusal(call, operation);
    HttpReply reply = refused  ? problem_reply(*refused, lang_of(request, call.who))
                      : moment ? answer_and_keep(ready, *moment, call, operation)
                               : answer_call(call, operation);
    reply.owner = owner;
    // What is acknowledged is in force for whoever is in.
    if (request.method != "GET" && !refused) desk.catch_up();
    if (reply.status < 400) reply.let_in = std::move(call.let_in);
    return reply;
  }

  /// By the head alone: whether a body for the API may come.
  HttpHandlers::Judged judge_api(HttpRequest& request) {
    const Time now = options.clock();
    auto lease = pool.take();
    if (!lease)
      return {failed(options, broken(lease.error()).error(), "connect", lang_of(request, {})), {}};
    auto asked = ask(request, ***lease, now);
    if (!asked) return {std::move(asked.error()), {}};
    const Call call{
        shop, request, ***lease, std::move(asked->who), std::move(asked->match.parameters), now};
    if (const auto refused = refusal(call, *asked->match.operation))
      return {problem_reply(*refused, lang_of(request, call.who)), {}};
    request.judged = true;
    std::string owner = whole(call.who);
    // Whoever signs in where they did before has a lane that no outsider fills.
    if (owner.empty() && asked->match.operation->hashes)
      owner = known_browser(***lease, options, request, now).value_or("");
    return {{}, std::move(owner)};
  }

  /// A directory's own requests are let through as those of somebody who is known.
  HttpHandlers::Judged judge_scim(const HttpRequest& request) {
    auto lease = pool.take();
    if (!lease) return {scim_refusal(503, request), {}};
    const auto directory = directory_of(***lease, request, options.clock());
    if (directory && *directory) {
      std::string owner = fmt::format("directory {}", (*directory)->id);
      if (whole_number(request.header("content-length")) <= std::int64_t{kMaxBodyBytes})
        return {{}, std::move(owner)};
      return {scim_refusal(413, request), std::move(owner)};
    }
    if (!may_ask(request.payer)) return {scim_refusal(429, request), {}};
    return {answer_scim(shop, ***lease, request, options.clock()), {}};
  }

  HttpReply scim(const HttpRequest& request) {
    auto lease = pool.take();
    if (!lease) return scim_refusal(503, request);
    HttpReply reply = answer_scim(shop, ***lease, request, options.clock());
    if (request.method != "GET") desk.catch_up();
    return reply;
  }

  HttpHandlers::Judged judge(HttpRequest& request) {
    HttpHandlers::Judged judged;
    judged.refusal = front.refusal(request);
    if (!judged.refusal && request.path.starts_with(kApi)) judged = judge_api(request);
    if (!judged.refusal && is_scim(request.path)) judged = judge_scim(request);
    if (judged.refusal) finish(*judged.refusal);
    return judged;
  }

  /// What a request may bring. What is for anybody is small: it is taken in before one knows whose
  /// it is.
  HttpHandlers::Plan plan(const HttpRequest& request) const {
    // What is too large for a directory is told so in its own form, before any of it is read.
    if (is_scim(request.path)) return {kMaxUploadBytes};
    const auto match = router.match(request.method, request.path);
    const auto work = match.operation == nullptr ? HttpHandlers::Work::quick
                                                 : match.operation->work_of(request.query);
    if (request.method == "GET") return {0, work};
    if (match.operation == nullptr) return {kMaxPublicBytes};
    const bool anybodys =
        std::ranges::find(match.operation->roles, "public") != match.operation->roles.end();
    const bool large = match.operation->upload || match.operation->large;
    return {large ? kMaxUploadBytes : anybodys ? kMaxPublicBytes : kMaxBodyBytes, work};
  }

  /// What is done for a request, for the operator's eyes: never its path, which may hold a secret.
  std::string doing(const HttpRequest& request) const {
    if (request.path.empty()) return "none";
    if (const auto watched = Monitor::name_of(request); !watched.empty())
      return std::string(watched);
    const auto match = router.match(request.method, request.path);
    if (is_scim(request.path)) return "scim";
    if (match.operation != nullptr) return match.operation->id;
    return request.path.starts_with(kApi) ? "unknown" : "page";
  }

  /// What every reply has, and what was refused is asked about by.
  void finish(HttpReply& reply) const {
    front.protect(reply);
    if (reply.status < 400) return;
    if (reply.note.number.empty()) reply.note.number = hex(random_bytes(4));
    reply.headers.emplace_back("x-request-id", reply.note.number);
  }

  HttpReply handle(const HttpRequest& request) {
    HttpReply reply =
        guarded(options, doing(request), lang_of(request, {}), [&] { return reply_to(request); });
    finish(reply);
    return reply;
  }

  /// What browsers are to trust where the server certifies itself.
  HttpReply authority() const {
    const auto pem = options.authority_file.empty()
                         ? std::unexpected(Error{})
                         : read_input_file(options.authority_file, 100'000);
    if (!pem) return {404, {{"content-type", "text/plain"}}, "not found\n", {}};
    return {200,
            {{"content-type", "application/x-x509-ca-cert"},
             {"content-disposition", "attachment; filename=\"sekisho-authority.crt\""},
             {"cache-control", "no-cache"}},
            *pem,
            {}};
  }

  HttpReply reply_to(const HttpRequest& request) {
    HttpReply reply;
    // By whatever name: what probes by an address has none.
    if (auto watched = monitor.reply(request, false))
      reply = std::move(*watched);
    else if (auto refused = front.refusal(request))
      reply = std::move(*refused);
    else if (request.path.starts_with(kApi))
      reply = api(request);
    else if (auto known = well_known(request, options))
      reply = std::move(*known);
    else if (is_scim(request.path))
      reply = scim(request);
    else if (request.path == kAuthorityPath)
      reply = authority();
    else if (options.packages && request.path.starts_with(kDownloads))
      reply = options.packages->reply(request);
    else
      reply = pages.reply(request);
    return reply;
  }
};

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() = default;

Result<std::unique_ptr<Server>> Server::open(const Guideline& guideline, ServerOptions options) {
  if (!is_loopback(options.listen.address) && options.listen.tls_cert.empty() && !options.insecure)
    return failure(
        "この機械の外から使うには TLS が必要です。--tls-cert と --tls-key を付けるか、別の TLS "
        "終端の内側でだけ使うなら --insecure-listen を付けてください。",
        "beyond this machine TLS is needed: give --tls-cert and --tls-key, or --insecure-listen if "
        "it stands behind something else that speaks TLS.",
        options.listen.address);
  auto occupied = occupy_database(options.database);
  if (!occupied) return std::unexpected(occupied.error());
  auto front = Front::make(options);
  if (!front) return std::unexpected(front.error());
  ListenOptions listen = options.listen;
  listen.fronts = front->fronts();
  if (!listen.tls_cert.empty()) {
    auto tls = read_tls_files(listen.tls_cert, listen.tls_key);
    if (!tls) return std::unexpected(tls.error());
    listen.tls = std::move(*tls);
  }
  // Made and migrated here, once, and refused here when it can't be.
  auto database = open_database(options.database);
  if (!database) return std::unexpected(database.error());
  if (auto line = open_line(**database, options); !line) return std::unexpected(line.error());
  if (auto closed = close_older_readers(**database, kReadersHistory, options.clock()); !closed)
    return std::unexpected(closed.error());
  const auto before = signed_in(**database, options.clock());
  if (!before) return std::unexpected(before.error());
  if (options.link_secret.empty()) options.link_secret = random_bytes(32);
  if (options.feeds) options.feeds_in_use = std::make_shared<FeedsInUse>(options.feeds);
  auto impl = std::make_unique<Impl>(guideline, std::move(options), *front);
  impl->occupied = std::move(*occupied);
  if ((*database)->kind() == Database::Kind::sqlite) impl->first = std::move(*database);
  auto router = Router::make(all_documents(), all_handlers());
  if (!router) return std::unexpected(router.error());
  impl->router = std::move(*router);
  auto pages = Pages::load();
  if (!pages) return std::unexpected(pages.error());
  impl->pages = std::move(*pages);
  Impl* raw = impl.get();
  auto http = HttpServer::listen(
      listen, {[raw](const HttpRequest& request) { return raw->plan(request); },
               [raw](HttpRequest& request) { return raw->judge(request); },
               [raw](const HttpRequest& request) { return raw->handle(request); },
               [raw](const HttpRequest& request, const HttpReply& reply, Meter::Duration took) {
                 raw->monitor.answered("console", raw->doing(request), request, reply, took);
               },
               [raw](const HttpRequest& request) { return raw->at_once(request); },
               [raw](const HttpRequest& request) { return hash_of_shown(raw->options, request); }});
  if (!http) return std::unexpected(http.error());
  impl->http = std::move(*http);
  impl->http->introduce(*before);
  impl->options.listen.port = impl->http->port();
  if (auto loaded = impl->board.load(); !loaded) return std::unexpected(loaded.error());
  // Where it can't, nobody is let in, and the console is there to mend it.
  impl->desk.catch_up();
  if (impl->options.agents.on)
    if (auto listening = impl->listen_to_agents(); !listening)
      return std::unexpected(listening.error());
  if (impl->options.gate.on)
    if (auto listening = impl->listen_to_proxies(); !listening)
      return std::unexpected(listening.error());
  if (!impl->options.enforcers.socket.empty() || impl->options.enforcers.remote)
    if (auto listening = impl->listen_to_enforcers(); !listening)
      return std::unexpected(listening.error());
  if (impl->options.monitor.on) {
    auto listening = impl->monitor.listen();
    if (!listening) return std::unexpected(listening.error());
    impl->monitor_http = std::move(*listening);
    impl->options.monitor.port = impl->monitor_http->port();
  }
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

std::string Server::address() const { return impl_->address(); }

std::string Server::agents_address() const {
  return impl_->agents_http ? agents_url(impl_->options) : std::string();
}

std::string Server::gate_address() const {
  const auto& gate = impl_->options.gate;
  return impl_->gate_http ? fmt::format("{}:{}", gate.address, gate.port) : std::string();
}

std::string Server::enforcers_address() const {
  const auto& at = impl_->options.enforcers;
  return at.remote ? fmt::format("{}:{}", at.address, at.port) : std::string();
}

std::string Server::monitor_address() const {
  const auto& monitor = impl_->options.monitor;
  return impl_->monitor_http ? fmt::format("http://{}:{}", monitor.address, monitor.port)
                             : std::string();
}

Result<std::optional<std::string>> Server::setup_link() {
  auto lease = impl_->pool.take();
  if (!lease) return std::unexpected(lease.error());
  Database& db = ***lease;
  const auto people = db.query("SELECT 1 FROM person LIMIT 1");
  if (!people) return std::unexpected(people.error());
  if (!people->empty()) return std::nullopt;
  const std::string token = random_token();
  const Time now = impl_->options.clock();
  if (auto kept = keep_pending(db, "setup|" + token, "", now, now + kSetupLasts); !kept)
    return std::unexpected(kept.error());
  // Browsers keep passkeys to https and to the name localhost.
  constexpr std::string_view kHere = "http://127.0.0.1:";
  const std::string at = address();
  return (at.starts_with(kHere) ? "http://localhost:" + at.substr(kHere.size()) : at) + "/setup#" +
         token;
}

bool Server::run(const std::function<void()>& tick) {
  // Beside the console's, until the same signal.
  bool agents_ended = true;
  std::jthread agents;
  if (impl_->agents_http)
    agents = std::jthread([&] { agents_ended = impl_->agents_http->run({}); });
  std::jthread gate;
  std::jthread gate_keeper;
  if (impl_->gate_http) {
    gate = std::jthread([&] { (void)impl_->gate_http->run({}); });
    gate_keeper = std::jthread([&](const std::stop_token& quit) { impl_->gate->keep(quit); });
  }
  std::jthread monitor;
  if (impl_->monitor_http) monitor = std::jthread([&] { (void)impl_->monitor_http->run({}); });
  std::jthread outbox([this](const std::stop_token& quit) { impl_->send_out(quit); });
  std::jthread feeds(
      [this](const std::stop_token& quit) { keep_feeds_new(impl_->options, impl_->pool, quit); });
  std::jthread lists(
      [this](const std::stop_token& quit) { read_feeds_again(impl_->options, quit); });
  std::jthread clouds(
      [this](const std::stop_token& quit) { keep_clouds_read(impl_->shop, impl_->pool, quit); });
  const HttpServer::Work work{[this, &tick, ticks = std::int64_t{0}]() mutable {
                                impl_->look_after_itself(tick);
                                if (++ticks % (std::chrono::minutes(1) / kTick) == 0)
                                  impl_->tidy_up();
                              },
                              kTick, [this] { impl_->reload(); },
                              [this] {
                                if (impl_->health.jobs_alive())
                                  impl_->tell_supervisor("WATCHDOG=1");
                              },
                              [this] {
                                impl_->health.ends();
                                impl_->tell_supervisor("STOPPING=1");
                              }};
  impl_->desk.begin();
  impl_->health.begins();
  impl_->tell_supervisor("READY=1");
  const bool ended = impl_->http->run(work);
  if (agents.joinable()) agents.join();
  if (gate.joinable()) gate.join();
  if (monitor.joinable()) monitor.join();
  impl_->enforcers.reset();
  impl_->desk.end();
  return ended && agents_ended;
}

void Server::stop() {
  if (impl_->agents_http) impl_->agents_http->stop();
  if (impl_->gate_http) impl_->gate_http->stop();
  if (impl_->monitor_http) impl_->monitor_http->stop();
  impl_->http->stop();
}

LiveDesk& Server::desk() { return impl_->desk; }
void Server::keep_ports(ServerOptions& options) const {
  options.listen.port = impl_->options.listen.port;
  options.agents.port = impl_->options.agents.port;
  options.monitor.port = impl_->options.monitor.port;
  options.gate.port = impl_->options.gate.port;
  options.enforcers.port = impl_->options.enforcers.port;
}

bool Server::was_signalled() const { return impl_->http->was_signalled(); }

HttpReply Server::answer(const HttpRequest& request) {
  if (auto ready = impl_->at_once(request)) return std::move(*ready);
  return impl_->handle(request);
}

}  // namespace sekisho
