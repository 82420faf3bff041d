// Signing in through the organisation's identity provider: OpenID Connect Core 1.0, authorization
// code flow with PKCE (RFC 7636), state and nonce.
#include <algorithm>

#include <fmt/format.h>

#include "server/http/secrets.h"
#include "server/outbox/mail.h"
#include "server/people/guess.h"
#include "server/people/handlers.h"
#include "server/people/id_token.h"
#include "server/people/identity.h"
#include "server/people/people.h"
#include "server/people/proof.h"

namespace sekisho {
namespace {

namespace json = boost::json;

constexpr const char* kCookie = "sekisho-oidc";
constexpr std::chrono::minutes kPatience{10};

Reply redirect(const std::string& to) { return {303, "", "", {{"location", to}}}; }

/// Back to the page that says so; why stands in the log, for the administrator.
Outcome refused(Call& call, std::string_view why) {
  const auto noted =
      note_failure(call, "", {{"how", "oidc"}, {"why", why}, {"from", call.request.peer}});
  return written(noted, redirect("/sign-in#company-failed"));
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

/// OpenID Connect Discovery 1.0, 4.
Result<Provider> provider(const Shop& shop) {
  std::string url = shop.options.oidc.issuer;
  if (url.ends_with('/')) url.pop_back();
  const auto found = shop.elsewhere.get(url + "/.well-known/openid-configuration");
  if (!found) return std::unexpected(found.error());
  return read_provider(**found, shop.options.oidc.issuer);
}

std::string redirect_uri(const Call& call) {
  return call.origin() + "/api/v1/sign-in/oidc/callback";
}

Outcome start(Call& call) {
  const OidcOptions& oidc = call.shop.options.oidc;
  if (oidc.issuer.empty()) return not_found();
  const auto found = provider(call.shop);
  if (!found) return refused(call, found.error().message.en);
  const auto key = stranger_key(call.db);
  if (!key) return broken(key.error());
  const auto until = (call.now + kPatience).time_since_epoch().count();
  const Begun begun = begun_with(*key, fmt::format("{}.{}", until, random_token()));
  Reply reply = redirect(fmt::format(
      "{}{}response_type=code&scope=openid%20email%20profile&client_id={}&redirect_uri="
      "{}&state={}&nonce={}&code_challenge={}&code_challenge_method=S256",
      found->authorization, found->authorization.find('?') == std::string::npos ? "?" : "&",
      percent_encoded(oidc.client_id), percent_encoded(redirect_uri(call)), begun.state,
      begun.nonce, base64url(sha256(begun.verifier))));
  reply.headers.emplace_back("set-cookie", browser_cookie(call, begun.cookie, kPatience));
  return reply;
}

Result<json::value> exchange(const Call& call, const Provider& found, const std::string& code,
                             const std::string& verifier) {
  const OidcOptions& oidc = call.shop.options.oidc;
  std::string body =
      fmt::format("grant_type=authorization_code&code={}&redirect_uri={}&code_verifier={}",
                  percent_encoded(code), percent_encoded(redirect_uri(call)), verifier);
  std::vector<std::string> headers{"Content-Type: application/x-www-form-urlencoded",
                                   "Accept: application/json"};
  const std::string secret = oidc.client_secret();
  if (secret.empty())
    body += "&client_id=" + percent_encoded(oidc.client_id);
  else  // RFC 6749, 2.3.1
    headers.push_back("Authorization: Basic " +
                      base64(percent_encoded(oidc.client_id) + ":" + percent_encoded(secret)));
  return post_for_json(found.token, body, headers);
}

/// The person whom the claims name: known by subject, or by a verified address, or invited.
Result<PersonId> person_of(Call& call, const json::value& claims) {
  const std::string subject = call.shop.options.oidc.issuer + "|" + text_at(claims, "sub");
  PersonId person;
  const auto done = call.db.write([&]() -> Result<void> {
    const auto known =
        call.db.query("SELECT id FROM person WHERE oidc = ? AND state = 'active'", {subject});
    if (!known) return std::unexpected(known.error());
    if (!known->empty()) {
      person = known->front().id<PersonId>(0);
      return {};
    }
    const json::value* verified = claims.as_object().if_contains("email_verified");
    const std::string email = lower(text_at(claims, "email"));
    if (verified == nullptr || *verified != json::value(true) || email.empty()) return {};
    const auto linked = call.db.query(
        "UPDATE person SET oidc = ? WHERE email = ? AND state = 'active' AND oidc IS NULL "
        "RETURNING id",
        {subject, email});
    if (!linked) return std::unexpected(linked.error());
    if (!linked->empty()) {
      person = linked->front().id<PersonId>(0);
      if (auto told = tell_of_change(call, email,
                                     {"会社のアカウントでサインインできるようになりました。",
                                      "The company account was linked, and signs in from now on."});
          !told)
        return told;
      return audit(call, "oidc-linked", email);
    }
    const auto invited = call.db.query(
        "DELETE FROM invitation WHERE email = ? AND expires_at > ? AND expires_at <= ? RETURNING "
        "name, roles",
        {email, value_of(call.now), latest_end(call.now, kInvitationLasts)});
    if (!invited) return std::unexpected(invited.error());
    if (invited->empty()) return {};
    const auto added = add_person(
        call.db, {email, invited->front().text(0), invited->front().text(1), "ja", "", subject},
        call.now);
    if (!added) return std::unexpected(added.error());
    person = *added;
    return audit(call, "invitation-accepted", email, {{"how", "oidc"}});
  });
  if (!done) return std::unexpected(done.error());
  return person;
}

/// By the keys that are known; if none fits, the provider may have others by now.
Result<json::value> claims_by_keys(const Shop& shop, const Provider& found,
                                   const std::string& token) {
  const auto known = shop.elsewhere.get(found.keys);
  if (!known) return std::unexpected(known.error());
  auto claims = verified_claims(token, **known);
  if (claims) return claims;
  const auto newer = shop.elsewhere.get(found.keys, true);
  if (!newer) return std::unexpected(newer.error());
  return *newer == *known ? claims : verified_claims(token, **newer);
}

/// What the provider says of whoever has been there, all of it checked.
Result<json::value> claims_of(Call& call, const Begun& begun, const std::string& code) {
  const OidcOptions& oidc = call.shop.options.oidc;
  const auto found = provider(call.shop);
  if (!found) return std::unexpected(found.error());
  const auto tokens = exchange(call, *found, code, begun.verifier);
  if (!tokens) return std::unexpected(tokens.error());
  auto claims = claims_by_keys(call.shop, *found, text_at(*tokens, "id_token"));
  if (!claims) return claims;
  if (const auto wrong = wrong_claims(*claims, oidc, begun.nonce, call.now))
    return failure(*wrong, *wrong);
  return claims;
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
  if (const auto issuer = call.query("iss"); issuer && *issuer != oidc.issuer)
    return refused(call, "another issuer answered");
  const auto code = call.query("code");
  if (!code) return refused(call, printable(call.query("error").value_or("no code"), 60));
  const auto claims = claims_of(call, begun, *code);
  if (!claims) return refused(call, claims.error().message.en);
  const auto person = person_of(call, *claims);
  if (!person) return broken(person.error());
  if (!*person) return redirect("/sign-in#not-invited");
  auto cookies = enter(call, {*person, "full", "oidc"}, [&](Problem& why) -> Result<void> {
    const auto first = use_once(call.db, "oidc|" + begun.state, call.now, call.now + kPatience);
    if (!first) return std::unexpected(first.error());
    return *first ? Result<void>() : stop(why, {401, {"使い終わりました。", "used already."}, {}});
  });
  if (!cookies)
    return cookies.error().status == 401 ? refused(call, cookies.error().text.en)
                                         : Outcome(std::unexpected(cookies.error()));
  Reply reply = redirect("/");
  reply.headers.emplace_back("set-cookie", browser_cookie(call, "", std::chrono::seconds(0)));
  for (std::string& cookie : *cookies) reply.headers.emplace_back("set-cookie", std::move(cookie));
  return reply;
}

}  // namespace

void add_oidc(Handlers& handlers) {
  handlers.insert({{"startOidc", start}, {"finishOidc", finish}});
}

}  // namespace sekisho
