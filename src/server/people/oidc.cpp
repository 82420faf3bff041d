// SPDX-License-Identifier: Apache-2.0
// Signing in through the organisation's identity provider: OpenID Connect Core 1.0, authorization
// code flow with PKCE (RFC 7636), state and nonce.
#include <algorithm>

#include <fmt/format.h>

#include "server/api/fields.h"
#include "server/http/secrets.h"
#include "server/people/guess.h"
#include "server/people/handlers.h"
#include "server/people/identity.h"
#include "server/people/oidc_ask.h"
#include "server/people/oidc_person.h"
#include "server/people/oidc_roles.h"

namespace sekisho {
namespace {

namespace json = boost::json;

constexpr const char* kCookie = "sekisho-oidc";
constexpr std::chrono::minutes kSignInPatience{10};
constexpr std::size_t kLongestReason = 400;

Reply redirect(const std::string& to) { return {303, "", "", {{"location", to}}}; }

/// One line for the operator: who was refused is in the audit log alone, and so is what the
/// provider says, which may hold anything.
void tell_operator(const Call& call, const std::string& code) {
  if (!call.shop.options.journal) return;
  call.shop.options.journal->tell(
      {code.starts_with("provider-") ? Severity::warning : Severity::notice,
       "refused",
       {{"listener", "console"},
        {"operation", call.request.path.ends_with("/callback") ? "finishOidc" : "startOidc"},
        {"status", "303"},
        {"code", code},
        {"address", call.request.peer}}});
}

/// Back to the page that says so; why stands in the log, for the administrator.
Outcome refused(Call& call, const Refusal& refusal, const std::string& code = {},
                const char* place = "/sign-in#") {
  tell_operator(call, code.empty() ? refusal.page : code);
  const auto noted = note_failure(call, printable(refusal.email, kLongestEmail),
                                  {{"how", "oidc"},
                                   {"why", printable(refusal.why.en, kLongestReason)},
                                   {"why_ja", printable(refusal.why.ja, kLongestReason)},
                                   {"from", call.request.peer}});
  return written(noted, redirect(place + refusal.page));
}
/// It lies with the provider, or between.
Outcome failed(Call& call, const Error& error, const char* code, std::string email = {}) {
  return refused(call, Refusal{.why = error.message, .email = std::move(email)}, code);
}

/// What a sign-in that was begun is known by again. All of it comes from what the browser carries
/// and the server's own key, so that nothing is kept for strangers who only begin.
struct Begun {
  std::string cookie;  // until when it is good, and what is random
  std::string state;
  std::string nonce;
  std::string verifier;  // RFC 7636, 4.1
};

Begun begun_with(const std::string& key, std::string cookie) {
  const auto derived = [&](std::string_view what) {
    return keyed_hash(key, fmt::format("oidc-{}|{}", what, cookie));
  };
  std::string state = derived("state");
  std::string nonce = derived("nonce");
  std::string verifier = derived("verifier");
  return {std::move(cookie), std::move(state), std::move(nonce), std::move(verifier)};
}

Time good_until(const std::string& cookie) {
  const auto seconds = whole_number(std::string_view(cookie).substr(0, cookie.find('.')));
  return Time(std::chrono::seconds(std::max<std::int64_t>(seconds, 0)));
}

std::string browser_cookie(const Call& call, const std::string& value, std::chrono::seconds lasts) {
  // Lax, since the provider's redirect comes from another site.
  return fmt::format("{}={}; Path=/api/v1/sign-in/oidc; HttpOnly; SameSite=Lax; Max-Age={}{}",
                     kCookie, value, lasts.count(),
                     call.shop.options.browser_has_tls() ? "; Secure" : "");
}

std::string redirect_uri(const Call& call) {
  return call.origin() + "/api/v1/sign-in/oidc/callback";
}

struct Beginning {
  Begun begun;
  std::string url;  // at the provider
};
Result<Beginning> begin(Call& call, const Provider& found) {
  const OidcOptions& oidc = call.shop.options.oidc;
  const auto key = stranger_key(call.db);
  if (!key) return std::unexpected(key.error());
  const auto until = (call.now + kSignInPatience).time_since_epoch().count();
  Begun begun = begun_with(*key, fmt::format("{}.{}", until, random_token()));
  std::string url = fmt::format(
      "{}{}response_type=code&scope=openid%20email%20profile&client_id={}&redirect_uri="
      "{}&state={}&nonce={}&code_challenge={}&code_challenge_method=S256",
      found.authorization, found.authorization.find('?') == std::string::npos ? "?" : "&",
      percent_encoded(oidc.client_id), percent_encoded(redirect_uri(call)), begun.state,
      begun.nonce, base64url(sha256(begun.verifier)));
  return Beginning{std::move(begun), std::move(url)};
}

Outcome start(Call& call) {
  if (call.shop.options.oidc.issuer.empty()) return not_found();
  const auto found = provider_of(call.shop);
  if (!found) return failed(call, found.error(), "provider-description");
  const auto begun = begin(call, *found);
  if (!begun) return broken(begun.error());
  Reply reply = redirect(begun->url);
  reply.headers.emplace_back("set-cookie",
                             browser_cookie(call, begun->begun.cookie, kSignInPatience));
  return reply;
}

/// Whose account it is to be that comes back, where somebody signed in asked for it. The browser
/// that comes back from another site doesn't bring the session along.
std::string connecting(const Begun& begun) { return "oidc-connect|" + begun.state; }

/// For whoever is signed in and has just shown who they are (x-proof).
Outcome connect(Call& call) {
  if (call.shop.options.oidc.issuer.empty()) return not_found();
  const auto found = provider_of(call.shop);
  if (!found)
    return problem(503, "会社のアカウントの側が答えません。しばらくしてから試してください。",
                   "the company account's side does not answer; try again in a while.");
  const auto begun = begin(call, *found);
  if (!begun) return broken(begun.error());
  const auto kept = keep_pending(call.db, connecting(begun->begun),
                                 fmt::format("{} {}", call.who.person, call.who.session), call.now,
                                 call.now + kSignInPatience);
  Reply reply = reply_json(json::object{{"url", begun->url}});
  reply.headers.emplace_back("set-cookie",
                             browser_cookie(call, begun->begun.cookie, kSignInPatience));
  return written(kept, std::move(reply));
}

/// What the browser brought back when it isn't a code: the person said no, or the provider did.
Refusal not_let_through(const Call& call) {
  const std::string error = printable(call.query("error").value_or(""), 60);
  if (error.empty()) return {.why = {"コードがありません", "there is no code"}};
  const std::string more = printable(call.query("error_description").value_or(""), 160);
  return {error == "access_denied" ? "company-denied" : "company-failed",
          {fmt::format("認証基盤が通しませんでした: {} {}", error, more),
           fmt::format("the provider did not let them through: {} {}", error, more)}};
}

/// RFC 9207.
bool another_answered(const Call& call, const Provider& provider) {
  const auto named = call.query("iss");
  return named ? *named != call.shop.options.oidc.issuer : provider.names_itself;
}

/// The person and the session that asked for the link, while it lasts; nothing for a sign-in.
Result<std::optional<PersonId>> who_connects(Call& call, const Begun& begun, bool& ended) {
  const auto kept = take_pending(call.db, connecting(begun), call.now);
  if (!kept) return std::unexpected(kept.error());
  if (!*kept) return std::nullopt;
  const auto ids = words(**kept);
  const auto there = call.db.query(
      "SELECT p.id FROM session s JOIN person p ON p.id = s.person_id WHERE s.id = ? AND p.id = ? "
      "AND s.stage = 'full' AND s.expires_at > ? AND p.state = 'active'",
      {SessionId(whole_number(ids.back())), PersonId(whole_number(ids.front())),
       value_of(call.now)});
  if (!there) return std::unexpected(there.error());
  ended = there->empty();
  return PersonId(whole_number(ids.front()));
}

Outcome connected(Call& call, PersonId person, bool ended, const AccountHolder& one) {
  std::optional<Refusal> refusal;
  if (ended)
    refusal = Refusal{.why = {"つなぐ前にサインインが終わりました",
                              "the session that asked for the link has ended"},
                      .email = one.address.said};
  const auto done = call.db.write([&]() -> Result<void> {
    return ended ? Result<void>() : connect_person(call, one, person, refusal);
  });
  if (!done) return broken(done.error());
  if (refusal) return refused(call, *refusal, {}, "/account#");
  Reply reply = redirect("/account");
  reply.headers.emplace_back("set-cookie", browser_cookie(call, "", std::chrono::seconds(0)));
  return reply;
}

Outcome let_in(Call& call, const Begun& begun, PersonId person, const AccountHolder& one) {
  auto cookies = enter(
      call, {.person = person, .stage = "full", .how = "oidc", .factor = "company"},
      [&](Problem& why) -> Result<void> {
        const auto first =
            use_once(call.db, "oidc|" + begun.state, call.now, call.now + kSignInPatience);
        if (!first) return std::unexpected(first.error());
        if (!*first) return stop(why, {401, {"使い終わりました。", "used already."}, {}});
        return one.groups ? follow_groups(call, person, one.rules, *one.groups) : Result<void>();
      });
  if (!cookies)
    return cookies.error().status == 401
               ? refused(call, Refusal{.why = cookies.error().text, .email = one.address.said})
               : Outcome(std::unexpected(cookies.error()));
  Reply reply = redirect("/");
  reply.headers.emplace_back("set-cookie", browser_cookie(call, "", std::chrono::seconds(0)));
  for (std::string& cookie : *cookies) reply.headers.emplace_back("set-cookie", std::move(cookie));
  return reply;
}

Outcome finish_with(Call& call, const Begun& begun, const CompanyAccount& account) {
  const auto one = newcomer_of(call, account);
  if (!one) {
    const auto email = whom(call, account);
    return email ? failed(call, one.error(), "provider-claims", *email) : broken(email.error());
  }
  bool ended = false;
  const auto asked = who_connects(call, begun, ended);
  if (!asked) return broken(asked.error());
  if (*asked) return connected(call, **asked, ended, *one);
  std::optional<Refusal> refusal;
  const auto person = person_of(call, *one, refusal);
  if (!person) return broken(person.error());
  if (refusal) return refused(call, *refusal);
  return let_in(call, begun, *person, *one);
}

Outcome finish(Call& call) {
  const OidcOptions& oidc = call.shop.options.oidc;
  if (oidc.issuer.empty()) return not_found();
  const auto key = stranger_key(call.db);
  if (!key) return broken(key.error());
  const Begun begun = begun_with(*key, std::string(call.request.cookie(kCookie)));
  // The browser that began is the one that ends (RFC 9700, 4.7.1). Who didn't begin is not worth a
  // line in the log.
  if (!equal_in_constant_time(call.query("state").value_or(""), begun.state) ||
      good_until(begun.cookie) <= call.now)
    return redirect("/sign-in#company-failed");
  const auto provider = provider_of(call.shop);
  if (!provider) return failed(call, provider.error(), "provider-description");
  if (another_answered(call, *provider))
    return refused(call, Refusal{.why = {"別の発行者が答えました", "another issuer answered"}},
                   "provider-other");
  const auto code = call.query("code");
  if (!code) return refused(call, not_let_through(call));
  const auto account =
      account_of(call.shop, {*code, redirect_uri(call), begun.verifier, begun.nonce}, call.now);
  if (!account) return failed(call, account.error(), "provider-tokens");
  return finish_with(call, begun, *account);
}

}  // namespace

void add_oidc(Handlers& handlers) {
  handlers.insert(
      {{"startOidc", start}, {"finishOidc", finish}, {"connectCompanyAccount", connect}});
}

}  // namespace sekisho
