#include "server/server.h"

#include <arpa/inet.h>
#include <malloc.h>

#include <condition_variable>
#include <mutex>
#include <thread>

#include <fmt/format.h>
#include <boost/json.hpp>

#include "server/api/answer.h"
#include "server/api/jobs.h"
#include "server/devices/agents.h"
#include "server/devices/handlers.h"
#include "server/http/pages.h"
#include "server/http/rate.h"
#include "server/http/secrets.h"
#include "server/line/handlers.h"
#include "server/line/line.h"
#include "server/organisation/handlers.h"
#include "server/outbox/handlers.h"
#include "server/outbox/outbox.h"
#include "server/people/handlers.h"
#include "server/people/identity.h"
#include "store/pool.h"

namespace sekisho {
namespace {

namespace json = boost::json;
constexpr std::string_view kApi = "/api/v1/";
constexpr std::chrono::seconds kTick{2};
constexpr std::chrono::hours kSetupLasts{24};

/// The host without its port.
std::string_view host_name(std::string_view host) {
  if (host.starts_with('[')) return host.substr(0, host.find(']') + 1);
  return host.substr(0, host.find(':'));
}

}  // namespace

bool is_loopback(std::string_view address) {
  // A whole address: 127.0.0.1.example.com is somebody's name.
  in_addr v4{};
  if (::inet_pton(AF_INET, std::string(address).c_str(), &v4) == 1)
    return address.starts_with("127.");
  return address == "::1" || address == "localhost";
}

struct Server::Impl {
  Impl(const Guideline& g, ServerOptions o)
      : guideline(g),
        options(std::move(o)),
        pool([this] { return options.connect(options.database); }),
        board(g),
        shop{guideline, options, board} {}

  const Guideline& guideline;
  ServerOptions options;
  std::unique_ptr<FileLock> occupied;  // null with PostgreSQL
  Pool pool;
  Board board;
  Shop shop;
  Router router;
  Pages pages;
  RateLimit rate;
  std::unique_ptr<HttpServer> http;
  std::unique_ptr<Agents> agents;  // and where they report; null when nobody does
  std::unique_ptr<HttpServer> agents_http;

  HttpReply handle_agent(const HttpRequest& request) {
    if (request.peer_certificate.empty() && !rate.allow(request.peer, options.clock()))
      return {429, {{"retry-after", "5"}}, "", {}};
    return guarded(options, "agents", Lang::en, [&]() -> HttpReply {
      auto lease = pool.take();
      if (!lease) return {503, {{"retry-after", "5"}}, "", {}};
      return agents->answer(request, ***lease);
    });
  }

  Result<void> listen_to_agents() {
    auto lease = pool.take();
    if (!lease) return std::unexpected(lease.error());
    auto opened = Agents::open(***lease, guideline, options);
    if (!opened) return std::unexpected(opened.error());
    agents = std::move(*opened);
    const auto listen = agents->listen();
    if (!listen) return std::unexpected(listen.error());
    auto server = HttpServer::listen(
        *listen, [this](const HttpRequest& request) { return handle_agent(request); },
        [](std::string_view, std::string_view) { return kMostAgentBytes; });
    if (!server) return std::unexpected(server.error());
    agents_http = std::move(*server);
    options.agents.port = agents_http->port();
    return {};
  }

  /// Sends what waits in the outbox until asked to stop. Nobody's request waits for a mail server.
  void send_out(const std::stop_token& quit) {
    std::mutex mutex;
    std::condition_variable_any pause;
    while (!quit.stop_requested()) {
      bool more = false;
      do_job(options, "outbox", [&]() -> Result<void> {
        auto lease = pool.take();
        if (!lease) return std::unexpected(lease.error());
        const auto sent = send_next(***lease, options, options.clock(), quit);
        if (!sent) return std::unexpected(sent.error());
        more = *sent;
        return {};
      });
      std::unique_lock lock(mutex);
      if (!more) pause.wait_for(lock, quit, kTick, [] { return false; });
    }
  }

  /// A page of another name that points at this address (DNS rebinding) gets nothing.
  bool host_known(const HttpRequest& request) const {
    const std::string_view host = request.header("host");
    if (!options.public_url.empty()) {
      const std::string_view known =
          std::string_view(options.public_url).substr(options.public_url.find("//") + 2);
      if (host == known) return true;
    }
    const std::string_view name = host_name(host);
    if (is_loopback(name) || name == "[::1]") return is_loopback(options.listen.address);
    return options.public_url.empty() && name == options.listen.address;
  }

  /// Changes come from our own pages: SameSite cookies, a header that other sites can't send, and
  /// what the browser says of where the request comes from.
  static bool from_elsewhere(const HttpRequest& request, const std::string& origin) {
    const std::string_view site = request.header("sec-fetch-site");
    if (!site.empty() && site != "same-origin" && site != "none") return true;
    const std::string_view from = request.header("origin");
    return !from.empty() && from != origin;
  }

  static Lang lang_of(const HttpRequest& request, const Identity& who) {
    const std::string_view wanted = request.header("accept-language");
    if (wanted.starts_with("ja")) return Lang::ja;
    if (wanted.starts_with("en")) return Lang::en;
    return who.person != 0 ? who.lang : Lang::en;
  }

  static Problem proof_needed() {
    return {403,
            {"本人の確認が要ります。パスワードか二つ目の認証をもう一度示してください。",
             "show your password or second factor once more."},
            {},
            "",
            "proof-needed"};
  }

  std::optional<Problem> refusal(const Call& call, const Operation& operation) const {
    const HttpRequest& request = call.request;
    if (!may_call(operation, call.who)) {
      if (call.who.person == 0 || (call.who.token == 0 && call.who.stage != "full"))
        return Problem{401, {"サインインしてください。", "sign in first."}, {}};
      return forbidden().error();
    }
    if (operation.method == "GET") return std::nullopt;
    if (needs_proof(operation, call.who, call.now)) return proof_needed();
    if (call.who.token == 0 && from_elsewhere(request, call.origin()))
      return Problem{
          403,
          {"別のサイトからの操作は受け付けません。", "changes from another site are not taken."},
          {}};
    if (call.who.session != 0 &&
        !equal_in_constant_time(request.header("x-sekisho-csrf"), csrf_token(call.who)))
      return Problem{403, {"ページを読み直してください。", "load the page again."}, {}};
    const std::string_view type = request.header("content-type");
    const std::string_view wanted =
        operation.upload ? "application/octet-stream" : "application/json";
    if (!request.body.empty() && !type.starts_with(wanted))
      return Problem{
          415, {fmt::format("{} で送ってください。", wanted), fmt::format("send {}.", wanted)}, {}};
    return std::nullopt;
  }

  HttpReply api(const HttpRequest& request) {
    const Time now = options.clock();
    const auto refuse = [&](const Problem& problem, const Identity& who) {
      return problem_reply(problem, lang_of(request, who));
    };
    auto lease = pool.take();
    if (!lease)
      return failed(options, broken(lease.error()).error(), "connect", lang_of(request, {}));
    auto who = identify(***lease, options, request, now);
    if (!who) return failed(options, broken(who.error()).error(), "identify", lang_of(request, {}));
    who->lang = lang_of(request, *who);
    auto match = router.match(request.method, request.path);
    if (request.path == "/api/v1/openapi.json" && request.method == "GET")
      return {200, {{"content-type", "application/json"}}, "", router.document()};
    // Changes, and whatever nobody in particular asks for; people who read are welcome.
    const std::string payer =
        who->person != 0 ? fmt::format("person {}", who->person) : request.peer;
    if ((who->person == 0 || request.method != "GET") && !rate.allow(payer, now)) {
      HttpReply reply =
          refuse({429,
                  {"要求が多すぎます。少し待ってください。", "too many requests; wait a moment."},
                  {}},
                 *who);
      reply.headers.emplace_back("retry-after", "5");
      return reply;
    }
    if (match.operation == nullptr)
      return refuse(
          match.path_known
              ? Problem{405, {"この方法では使えません。", "this method is not allowed."}, {}}
              : not_found().error(),
          *who);
    Call call{shop, request, ***lease, std::move(*who), std::move(match.parameters), now};
    if (const auto refused = refusal(call, *match.operation)) return refuse(*refused, call.who);
    return answer_call(call, *match.operation);
  }

  void protect(HttpReply& reply) const {
    const auto add = [&](const char* name, const char* value) {
      for (const auto& [there, with] : reply.headers)
        if (there == name) return;
      reply.headers.emplace_back(name, value);
    };
    add("content-security-policy", "default-src 'none'; frame-ancestors 'none'");
    add("x-content-type-options", "nosniff");
    add("referrer-policy", "no-referrer");
    add("x-frame-options", "DENY");
    add("cross-origin-opener-policy", "same-origin");
    add("cross-origin-resource-policy", "same-origin");
    add("permissions-policy",
        "camera=(), microphone=(), geolocation=(), publickey-credentials-get=(self), "
        "publickey-credentials-create=(self)");
    if (!options.listen.tls_cert.empty()) add("strict-transport-security", "max-age=31536000");
  }

  /// What is done for a request, for the operator's eyes: never its path, which may hold a secret.
  std::string doing(const HttpRequest& request) const {
    const auto match = router.match(request.method, request.path);
    return match.operation == nullptr ? std::string("a page") : match.operation->id;
  }

  HttpReply handle(const HttpRequest& request) {
    HttpReply reply =
        guarded(options, doing(request), lang_of(request, {}), [&] { return reply_to(request); });
    protect(reply);
    return reply;
  }

  HttpReply reply_to(const HttpRequest& request) {
    HttpReply reply;
    if (!host_known(request))
      reply = {421,
               {{"content-type", "text/plain; charset=utf-8"}},
               "This server does not go by that name. Set --public-url.\n",
               {}};
    else if (request.path.starts_with(kApi))
      reply = api(request);
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
        "この機械の外から使うには TLS が要ります。--tls-cert と --tls-key を付けるか、別の TLS "
        "終端の内側でだけ使うなら --insecure-listen を付けてください。",
        "beyond this machine TLS is needed: give --tls-cert and --tls-key, or --insecure-listen if "
        "it stands behind something else that speaks TLS.",
        options.listen.address);
  auto occupied = occupy_database(options.database);
  if (!occupied) return std::unexpected(occupied.error());
  // Made and migrated here, once, and refused here when it can't be.
  auto database = open_database(options.database);
  if (!database) return std::unexpected(database.error());
  if (auto line = open_line(**database, options); !line) return std::unexpected(line.error());
  auto impl = std::make_unique<Impl>(guideline, std::move(options));
  impl->occupied = std::move(*occupied);
  auto router = Router::make(all_documents(), all_handlers());
  if (!router) return std::unexpected(router.error());
  impl->router = std::move(*router);
  auto pages = Pages::load();
  if (!pages) return std::unexpected(pages.error());
  impl->pages = std::move(*pages);
  Impl* raw = impl.get();
  auto http = HttpServer::listen(
      impl->options.listen, [raw](const HttpRequest& request) { return raw->handle(request); },
      [raw](std::string_view method, std::string_view target) {
        const auto match = raw->router.match(method, target.substr(0, target.find('?')));
        return match.operation != nullptr && match.operation->upload ? kMaxUploadBytes
                                                                     : kMaxBodyBytes;
      });
  if (!http) return std::unexpected(http.error());
  impl->http = std::move(*http);
  if (impl->options.agents.on)
    if (auto listening = impl->listen_to_agents(); !listening)
      return std::unexpected(listening.error());
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

std::string Server::address() const {
  const ServerOptions& options = impl_->options;
  if (!options.public_url.empty()) return options.public_url;
  return fmt::format("{}://{}:{}", options.listen.tls_cert.empty() ? "http" : "https",
                     options.listen.address, impl_->http->port());
}

std::string Server::agents_address() const {
  return impl_->agents_http ? agents_url(impl_->options) : std::string();
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
  return address() + "/setup#" + token;
}

void Server::run(const std::function<void()>& tick) {
  // Beside the console's, until the same signal.
  std::jthread agents;
  if (impl_->agents_http)
    agents = std::jthread([this] { impl_->agents_http->run([] {}, std::chrono::hours(1)); });
  std::jthread outbox([this](const std::stop_token& quit) { impl_->send_out(quit); });
  impl_->http->run(
      [this, &tick, ticks = std::int64_t{0}]() mutable {
        for (const auto jobs : {run_device_jobs, run_line_jobs, run_organisation_jobs})
          do_job(impl_->options, "jobs", [&]() -> Result<void> {
            auto lease = impl_->pool.take();
            if (!lease) return std::unexpected(lease.error());
            jobs(impl_->shop, ***lease, impl_->options.clock());
            return {};
          });
        do_job(impl_->options, "look", [&]() -> Result<void> {
          tick();
          return {};
        });
        // What a rush of requests needed goes back to the system, once a minute.
        if (++ticks % (std::chrono::minutes(1) / kTick) == 0) ::malloc_trim(0);
      },
      kTick);
}

void Server::stop() {
  if (impl_->agents_http) impl_->agents_http->stop();
  impl_->http->stop();
}

HttpReply Server::answer(const HttpRequest& request) { return impl_->handle(request); }

}  // namespace sekisho
