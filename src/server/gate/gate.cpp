// SPDX-License-Identifier: Apache-2.0
#include "server/gate/gate.h"

#include <fmt/format.h>

#include "base/crypto.h"
#include "server/api/addresses.h"

namespace sekisho {
namespace {

constexpr std::string_view kOwn = "/.sekisho/";

/// The reply to what is open: who somebody is, in full, so that nothing of a client's is taken for
/// it, and the cookies that the application may see.
HttpReply let_through(const AppIdentity& identity, const Cookies& cookies) {
  HttpReply reply{204, {}, ""};
  // Each request of everybody comes by here: a list in braces would be copied.
  reply.headers.reserve(5);
  reply.headers.emplace_back("remote-user", identity.email);
  reply.headers.emplace_back("remote-email", identity.email);
  reply.headers.emplace_back("remote-name", identity.name);
  reply.headers.emplace_back("remote-groups", identity.groups);
  reply.headers.emplace_back("x-sekisho-cookie", cookies.rest);
  return reply;
}

/// Whether a person waits for a page: only they can sign in.
bool is_page_for_person(const HttpRequest& request, const OriginalRequest& original) {
  if (original.method != "GET") return false;
  const std::string_view mode = request.header("sec-fetch-mode");
  if (!mode.empty()) return mode == "navigate";
  return request.header("accept").find("text/html") != std::string_view::npos;
}

struct Place {
  ProxyKind kind;
  bool page = false;
};
/// "/nginx" asks, "/nginx/page/…" shows.
std::optional<Place> place_of(std::string_view path) {
  const std::size_t end = path.find('/', 1);
  const auto kind = proxy_kind_named(path.substr(1, end == std::string_view::npos ? end : end - 1));
  if (!kind) return std::nullopt;
  if (end == std::string_view::npos) return Place{*kind, false};
  if (path.substr(end).starts_with("/page/")) return Place{*kind, true};
  return std::nullopt;
}

EnforcerId gate_name() {
  auto name = EnforcerId::parse("gate");
  if (!name) std::abort();  // it is one
  return *name;
}

std::optional<ClientAddress> address_of(const OriginalRequest& original) {
  if (!original.from) return std::nullopt;
  return ClientAddress::of_bytes(original.from->address.bytes);
}

}  // namespace

bool has_reason(const AccessDecision& decision, std::initializer_list<AccessReasonCode> codes) {
  return std::ranges::any_of(decision.reasons, [&](const AccessReason& reason) {
    return std::ranges::find(codes, reason.code) != codes.end();
  });
}

Gate::Gate(Setup setup, const ServerOptions& options, AccessDesk& desk, Pool& pool)
    : setup_(std::move(setup)),
      options_(options),
      desk_(desk),
      pool_(pool),
      name_(gate_name()),
      insiders_(std::move(setup_.open_ends)),
      cuts_(desk.on_cut(name_, [this](const AccessDesk::Cut& cut) {
        const std::scoped_lock lock(mutex_);
        to_cut_.push_back({cut.token});
        woken_.notify_all();
        return may_cut_ || !insiders_.has_open(cut.token);
      })) {}

std::optional<DeviceId> Gate::device_of(const OriginalRequest& original) const {
  if (!original.certificate) return std::nullopt;
  return desk_.device_of_certificate(*original.certificate);
}

std::expected<Gate::Case, HttpReply> Gate::read(ProxyKind kind, const HttpRequest& request) const {
  auto original = original_request(kind, request);
  if (!original) return std::unexpected(plain_refusal(400, request));
  const auto found = setup_.applications->find(*original);
  const Application* application = found.application;
  // At what isn't understood nobody is let in; the gate's own pages are of the host.
  if (original->path.starts_with(kOwn)) application = setup_.applications->of_host(original->host);
  if (application == nullptr)
    return std::unexpected(
        plain_refusal(found.why == Applications::Why::doubtful ? 400 : 403, request));
  Cookies cookies = read_cookies(request, application->cookie());
  return Case{kind, std::move(*original), std::move(cookies), application};
}

Gate::Answer Gate::judge(const Case& one) {
  const auto token = one.cookies.token ? SessionToken::parse(*one.cookies.token) : std::nullopt;
  if (!token) return {Answer::Kind::sign_in};
  auto identity = insiders_.asked(*token, *one.application, one.original.from);
  if (insiders_.is_crowded()) woken_.notify_all();
  if (!identity && identity.error() == Insiders::Refused::too_many)
    return {Answer::Kind::closed,
            {"同時に開いている接続が多すぎます。ほかのタブを閉じてから、もう一度お試しください。",
             "You have too many connections open at once. Close other tabs, then try again."}};
  if (!identity) return {Answer::Kind::sign_in};
  AccessVerdict verdict = desk_.ask(*token, device_of(one.original), address_of(one.original));
  Answer answer;
  answer.without_device = has_reason(verdict.decision, {AccessReasonCode::device_unknown});
  answer.words = std::move(verdict.words);
  switch (verdict.decision.answer) {
    case AccessAnswer::allow:
      answer.kind = Answer::Kind::open;
      answer.identity = std::move(*identity);
      return answer;
    case AccessAnswer::step_up:
      answer.kind = Answer::Kind::step_up;
      answer.passkey = has_reason(verdict.decision, {AccessReasonCode::passkey_due});
      return answer;
    case AccessAnswer::deny: break;
  }
  answer.kind = has_reason(verdict.decision,
                           {AccessReasonCode::session_unknown, AccessReasonCode::session_over})
                    ? Answer::Kind::sign_in
                    : Answer::Kind::closed;
  return answer;
}

HttpReply Gate::to_console(const Case& one, const Answer& answer) const {
  const OriginalRequest& original = one.original;
  std::string back = original.path + (original.query.empty() ? "" : "?" + original.query);
  if (!is_way_back(back)) back = one.application->path;
  // One that is there already goes on: several pages may have begun at once.
  const bool known = one.cookies.begin && is_browser_mark(*one.cookies.begin);
  const std::string browser = known ? *one.cookies.begin : random_token();
  std::string to =
      fmt::format("{}/enter?app={}&browser={}&back={}", setup_.console(),
                  one.application->resource.text(), browser_mark(browser), percent_encoded(back));
  if (answer.kind == Answer::Kind::step_up) to += answer.passkey ? "&show=passkey" : "&show=factor";
  constexpr int kBeginLasts = 3600;
  return {303,
          {{"location", std::move(to)},
           {"cache-control", "no-store"},
           {"referrer-policy", "no-referrer"},
           {"set-cookie", app_cookie(kBeginCookie, browser, kBeginLasts)}},
          ""};
}

HttpReply Gate::refuse(const Case& one, const Answer& answer, const HttpRequest& request) const {
  const bool person = is_page_for_person(request, one.original);
  if (answer.kind == Answer::Kind::closed) {
    if (!person) return plain_refusal(403, request);
    std::vector<Text> said{{one.application->name, one.application->name}, answer.words};
    // Whoever has registered the device looks for the fault elsewhere.
    if (answer.without_device && !one.original.certificate)
      said.push_back(
          {"ブラウザーは、この端末の証明書を示しませんでした。登録済みの端末なら、端末の鍵をブラウ"
           "ザーに"
           "設定し（一度だけ）、ブラウザーを開き直してください。証明書を尋ねられたら Sekisho "
           "のものを選びます。",
           "The browser did not show this device's certificate. If the device is registered, set "
           "up "
           "its key for the browser (once) and start the browser anew; where it asks for a "
           "certificate, choose Sekisho's."});
    return show_page({403,
                      {"アクセスできません", "You have no access"},
                      std::move(said),
                      {{{"使えるアプリケーションの一覧", "What is open to you"},
                        setup_.console() + "/applications"},
                       {{"端末の直し方（自分のページ）", "How to mend the device (My page)"},
                        setup_.console() + "/mine"},
                       {{"もう一度試す", "Try again"}, one.application->url()}}},
                     request);
  }
  return person ? to_console(one, answer) : plain_refusal(401, request);
}

std::optional<HttpReply> Gate::ask(ProxyKind kind, const HttpRequest& request) {
  const auto one = read(kind, request);
  if (!one) {
    HttpReply refused = one.error();
    // nginx takes 401 and 403 for an answer, and anything else for a fault of ours.
    if (kind == ProxyKind::nginx) refused.status = 403;
    return refused;
  }
  // Caddy asks about our own pages as well, and shows what it is answered.
  const bool own = one->original.path.starts_with(kOwn);
  if (own && kind == ProxyKind::caddy) return std::nullopt;
  const Answer answer = own ? Answer{} : judge(*one);
  if (answer.kind == Answer::Kind::open) return let_through(*answer.identity, one->cookies);
  if (kind == ProxyKind::nginx)
    return plain_refusal(answer.kind == Answer::Kind::closed ? 403 : 401, request);
  return refuse(*one, answer, request);
}

HttpReply Gate::page(ProxyKind kind, const HttpRequest& request) {
  const auto one = read(kind, request);
  if (!one) return one.error();
  if (one->original.path.starts_with(kOwn)) return own_page(*one, request);
  const Answer answer = judge(*one);
  // What was refused a moment ago is open now.
  if (answer.kind == Answer::Kind::open) return again(*one, request);
  return refuse(*one, answer, request);
}

std::optional<HttpReply> Gate::at_once(const HttpRequest& request) {
  const auto place = place_of(request.path);
  if (!place || place->page) return std::nullopt;
  return ask(place->kind, request);
}

HttpReply Gate::answer(const HttpRequest& request) {
  const auto place = place_of(request.path);
  if (!place || (!place->page && place->kind != ProxyKind::caddy))
    return plain_refusal(404, request);
  return page(place->kind, request);
}

Result<std::unique_ptr<HttpServer>> listen_for_proxies(Gate& gate, const std::string& address,
                                                       unsigned short port,
                                                       decltype(HttpHandlers::answered) answered) {
  // Whoever reaches it says who asks, and with which certificate: that is for a proxy of this
  // machine alone.
  if (!is_loopback(address))
    return failure("gate はこの機械の中だけで待ち受けます。127.0.0.1:8482 の形で書いてください。",
                   "gate listens inside this machine alone; write it like 127.0.0.1:8482.",
                   printable(address, 80));
  ListenOptions listen;
  listen.address = address;
  listen.port = port;
  // A proxy that is named: everybody's connections are its.
  for (const char* ours : {"127.0.0.0/8", "::1"})
    if (const auto network = read_subnet(ours)) listen.fronts.trusted.push_back(*network);
  return HttpServer::listen(
      listen,
      {[](const HttpRequest&) { return HttpHandlers::Plan{}; },
       [](HttpRequest&) { return HttpHandlers::Judged{}; },
       [&gate](const HttpRequest& request) { return gate.answer(request); }, std::move(answered),
       [&gate](const HttpRequest& request) { return gate.at_once(request); }});
}

}  // namespace sekisho
