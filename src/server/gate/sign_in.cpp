// SPDX-License-Identifier: Apache-2.0
// The gate's own pages at an application: a ticket becomes a session there, and signing out.
#include <fmt/format.h>

#include "base/crypto.h"
#include "server/gate/gate.h"
#include "server/gate/identity.h"

namespace sekisho {
namespace {

/// The console's session that a ticket comes from, as long as it lasts.
struct ConsoleSession {
  PersonId person;
  Time until;
  FactorsShown shown;
  AppIdentity identity;
  bool unsealed = false;  // a code for emergencies opened it
};

Result<std::optional<ConsoleSession>> console_session(Database& db, SessionId id, Time now) {
  const auto who = identities_of(db, {id}, now);
  if (!who) return std::unexpected(who.error());
  const auto found = who->find(id.number());
  if (found == who->end()) return std::nullopt;
  const auto rows = db.query(
      "SELECT person_id, expires_at, code_at, passkey_at, seal_id FROM session WHERE id = ?", {id});
  if (!rows) return std::unexpected(rows.error());
  if (rows->empty()) return std::nullopt;
  const Row& row = rows->front();
  ConsoleSession session{row.id<PersonId>(0), row.time(1), {}, found->second, !row.null(4)};
  if (row.integer(2) > 0) session.shown.code = row.time(2);
  if (row.integer(3) > 0) session.shown.passkey = row.time(3);
  return session;
}

bool from_here(const HttpRequest& request, const Application& application) {
  const std::string_view site = request.header("sec-fetch-site");
  if (!site.empty()) return site == "same-origin" || site == "none";
  return request.header("origin") == application.site;
}

}  // namespace

HttpReply Gate::again(const Case& one, const HttpRequest& request) const {
  return show_page({409,
                    {"もう一度開いてください", "Open it once more"},
                    {{"サインインの途中で時間が過ぎたか、別のブラウザーで始まっています。",
                      "Signing in took too long, or began in another browser."}},
                    {{{one.application->name, one.application->name}, one.application->url()}}},
                   request);
}

HttpReply Gate::enter(Database& db, const Case& one, const Ticket& ticket,
                      const HttpRequest& request) {
  const Application& at = *setup_.applications->of_resource(ticket.resource.text());
  const Time now = options_.clock();
  const auto session = console_session(db, ticket.session, now);
  if (!session) return plain_refusal(503, request);
  if (!*session) return again(one, request);
  const auto device = device_of(one.original);
  const AccessEntry entry{
      name_,
      at.resource,
      (*session)->person,
      device,
      (*session)->shown,
      (*session)->until,
      one.original.from ? ClientAddress::parse(one.original.from->address.text()) : std::nullopt,
      std::string(request.header("user-agent")),
      (*session)->unsealed};
  const AccessVerdict verdict = desk_.enter(entry);
  const Case there{one.kind, one.original, read_cookies(request, at.cookie()), &at};
  if (verdict.decision.answer == AccessAnswer::step_up) {
    Case back = there;
    const std::size_t question = ticket.back.find('?');
    back.original.path = ticket.back.substr(0, question);
    back.original.query =
        question == std::string::npos ? std::string() : ticket.back.substr(question + 1);
    Answer wanted{Answer::Kind::step_up, verdict.words, {}, false};
    wanted.passkey = has_reason(verdict.decision, {AccessReasonCode::passkey_due});
    return to_console(back, wanted);
  }
  if (verdict.decision.answer == AccessAnswer::deny || !verdict.token) {
    Case closed = there;
    closed.original.method = "GET";
    const bool without = has_reason(verdict.decision, {AccessReasonCode::device_unknown});
    return refuse(closed, {Answer::Kind::closed, verdict.words, {}, false, without}, request);
  }
  // Whoever was inside here before, in this browser, is so no longer.
  if (const auto before =
          there.cookies.token ? SessionToken::parse(*there.cookies.token) : std::nullopt)
    end(*before, one.original.from);
  insiders_.add(
      {*verdict.token, &at, ticket.session, (*session)->person, device, (*session)->until},
      (*session)->identity);
  if (!desk_.opened(name_, *verdict.token, at.resource.text())) {
    insiders_.remove(*verdict.token);
    return refuse(there, {Answer::Kind::closed, verdict.words, {}, false}, request);
  }
  const auto& bytes = verdict.token->bytes();
  const std::string secret = base64url({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  return {303,
          {{"location", ticket.back},
           {"cache-control", "no-store"},
           {"referrer-policy", "no-referrer"},
           {"set-cookie", app_cookie(at.cookie(), secret)}},
          ""};
}

HttpReply Gate::sign_in(const Case& one, const HttpRequest& request) {
  const auto name = query_value(one.original.query, "ticket");
  if (!name || one.original.method != "GET") return again(one, request);
  auto lease = pool_.take();
  if (!lease) return plain_refusal(503, request);
  const auto ticket = take_ticket(***lease, *name, options_.clock());
  if (!ticket) return plain_refusal(503, request);
  if (!*ticket) return again(one, request);
  const Application* meant = setup_.applications->of_resource((*ticket)->resource.text());
  const bool ours = meant != nullptr && meant->host == one.original.host &&
                    is_way_back((*ticket)->back) && one.cookies.begin &&
                    equal_in_constant_time(browser_mark(*one.cookies.begin), (*ticket)->browser);
  return ours ? enter(***lease, one, **ticket, request) : again(one, request);
}

HttpReply Gate::sign_out(const Case& one, const HttpRequest& request) {
  if (one.original.method != "POST")
    return show_page(
        {200,
         {"サインアウト", "Sign out"},
         {{one.application->name, one.application->name}},
         {{{"このアプリケーションからサインアウトする", "Sign out of this application"},
           "/.sekisho/out",
           true}}},
        request);
  if (!from_here(request, *one.application)) return plain_refusal(403, request);
  HttpReply reply =
      show_page({200,
                 {"サインアウトしました", "You are signed out"},
                 {{one.application->name, one.application->name},
                  {"ほかのアプリケーションも終えるには、コンソールでサインアウトしてください。",
                   "To leave all applications, sign out of the console."}},
                 {{{"コンソール", "The console"}, setup_.console() + "/applications"}}},
                request);
  // Of all that is at this host.
  for (const Application& here : setup_.applications->all()) {
    if (here.host != one.original.host) continue;
    const Cookies cookies = read_cookies(request, here.cookie());
    const auto token = cookies.token ? SessionToken::parse(*cookies.token) : std::nullopt;
    if (token) end(*token, one.original.from);
    reply.headers.emplace_back("set-cookie", app_cookie(here.cookie(), "", 0));
  }
  return reply;
}

HttpReply Gate::own_page(const Case& one, const HttpRequest& request) {
  if (one.original.path == "/.sekisho/enter") return sign_in(one, request);
  if (one.original.path == "/.sekisho/out") return sign_out(one, request);
  return plain_refusal(404, request);
}

}  // namespace sekisho
