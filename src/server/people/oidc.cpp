// Signing in through the organisation's identity provider: OpenID Connect Core 1.0, authorization
// code flow with PKCE (RFC 7636), state and nonce.
#include <fmt/format.h>

#include "server/http/secrets.h"
#include "server/outbox/mail.h"
#include "server/people/handlers.h"
#include "server/people/id_token.h"
#include "server/people/identity.h"
#include "server/people/people.h"

namespace sekisho {
namespace {

namespace json = boost::json;

constexpr const char* kCookie = "sekisho-oidc";
constexpr std::chrono::minutes kPatience{10};

Reply redirect(const std::string& to) { return {303, "", "", {{"location", to}}}; }

/// Back to the page that says so; why stands in the log, for the administrator.
Outcome refused(Call& call, std::string_view why) {
  const auto noted = audit(call, "sign-in-failed", "",
                           {{"how", "oidc"}, {"why", why}, {"from", call.request.peer}});
  return written(noted, redirect("/sign-in#company-failed"));
}

Result<json::value> fetch_json(const std::string& url, const std::string& body = {},
                               const std::vector<std::string>& headers = {}) {
  const auto reply = fetch(url, body, headers);
  if (!reply) return std::unexpected(reply.error());
  auto document = parse_json("", reply->body, {std::size_t{1} << 20U, 20'000, 16});
  if (!document) return std::unexpected(document.error());
  if (reply->status != 200)
    return failure("断られました", fmt::format("it answered {} {}", reply->status,
                                               printable(text_at(document->root, "error"), 60)));
  return std::move(document->root);
}

/// OpenID Connect Discovery 1.0, 4: the issuer must name itself.
Result<json::value> provider(const OidcOptions& oidc) {
  std::string url = oidc.issuer;
  if (url.ends_with('/')) url.pop_back();
  auto found = fetch_json(url + "/.well-known/openid-configuration");
  if (found && text_at(*found, "issuer") != oidc.issuer)
    return failure("発行者の名前が違います", "it names another issuer");
  return found;
}

std::string redirect_uri(const Call& call) {
  return call.origin() + "/api/v1/sign-in/oidc/callback";
}

Outcome start(Call& call) {
  const OidcOptions& oidc = call.shop.options.oidc;
  if (oidc.issuer.empty()) return not_found();
  const auto found = provider(oidc);
  if (!found) return refused(call, found.error().message.en);
  const std::string state = random_token();
  const std::string nonce = random_token();
  const std::string verifier = random_token(48);
  const std::string browser = random_token();
  const auto kept =
      keep_pending(call.db, "oidc|" + state, nonce + " " + verifier + " " + secret_hash(browser),
                   call.now + kPatience);
  if (!kept) return broken(kept.error());
  const std::string endpoint = text_at(*found, "authorization_endpoint");
  Reply reply = redirect(
      fmt::format("{}{}response_type=code&scope=openid%20email%20profile&client_id={}&redirect_uri="
                  "{}&state={}&nonce={}&code_challenge={}&code_challenge_method=S256",
                  endpoint, endpoint.find('?') == std::string::npos ? "?" : "&",
                  percent_encoded(oidc.client_id), percent_encoded(redirect_uri(call)), state,
                  nonce, base64url(sha256(verifier))));
  // Lax, since the provider's redirect comes from another site.
  reply.headers.emplace_back(
      "set-cookie",
      fmt::format("{}={}; Path=/api/v1/sign-in/oidc; HttpOnly; SameSite=Lax; Max-Age=600{}",
                  kCookie, browser, call.shop.options.browser_has_tls() ? "; Secure" : ""));
  return reply;
}

Result<json::value> exchange(const Call& call, const json::value& found, const std::string& code,
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
  return fetch_json(text_at(found, "token_endpoint"), body, headers);
}

/// The person whom the claims name: known by subject, or by a verified address, or invited.
Result<std::int64_t> person_of(Call& call, const json::value& claims) {
  const std::string subject = call.shop.options.oidc.issuer + "|" + text_at(claims, "sub");
  std::int64_t person = 0;
  const auto done = call.db.write([&]() -> Result<void> {
    const auto known =
        call.db.query("SELECT id FROM person WHERE oidc = ? AND state = 'active'", {subject});
    if (!known) return std::unexpected(known.error());
    if (!known->empty()) {
      person = known->front().integer(0);
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
      person = linked->front().integer(0);
      return audit(call, "oidc-linked", email);
    }
    const auto invited = call.db.query(
        "DELETE FROM invitation WHERE email = ? AND expires_at > ? RETURNING name, roles",
        {email, value_of(call.now)});
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

Outcome finish(Call& call) {
  const OidcOptions& oidc = call.shop.options.oidc;
  if (oidc.issuer.empty()) return not_found();
  const std::string state = call.query("state").value_or("");
  const auto pending = take_pending(call.db, "oidc|" + state, call.now);
  if (!pending) return broken(pending.error());
  const auto parts = *pending ? words(**pending) : std::vector<std::string_view>();
  // The browser that began is the one that ends (RFC 9700, 4.7.1).
  if (parts.size() != 3 || secret_hash(call.request.cookie(kCookie)) != parts[2])
    return refused(call, "start again");
  if (const auto issuer = call.query("iss"); issuer && *issuer != oidc.issuer)
    return refused(call, "another issuer answered");
  const auto code = call.query("code");
  if (!code) return refused(call, printable(call.query("error").value_or("no code"), 60));
  const auto found = provider(oidc);
  if (!found) return refused(call, found.error().message.en);
  const auto tokens = exchange(call, *found, *code, std::string(parts[1]));
  if (!tokens) return refused(call, tokens.error().message.en);
  const auto keys = fetch_json(text_at(*found, "jwks_uri"));
  if (!keys) return refused(call, keys.error().message.en);
  const auto claims = verified_claims(text_at(*tokens, "id_token"), *keys);
  if (!claims) return refused(call, claims.error().message.en);
  if (const auto wrong = wrong_claims(*claims, oidc, std::string(parts[0]), call.now))
    return refused(call, *wrong);
  const auto person = person_of(call, *claims);
  if (!person) return broken(person.error());
  if (*person == 0) return redirect("/sign-in#not-invited");
  std::string cookie;
  const auto done = call.db.write([&]() -> Result<void> {
    auto opened = open_session(call, *person, "full");
    if (!opened) return std::unexpected(opened.error());
    cookie = std::move(*opened);
    call.who.person = *person;
    call.who.name = text_at(*claims, "name");
    call.who.email = text_at(*claims, "email");
    return audit(call, "sign-in", call.who.email, {{"how", "oidc"}, {"from", call.request.peer}});
  });
  Reply reply = redirect("/");
  reply.headers.emplace_back("set-cookie", std::move(cookie));
  return written(done, std::move(reply));
}

}  // namespace

void add_oidc(Handlers& handlers) {
  handlers.insert({{"startOidc", start}, {"finishOidc", finish}});
}

}  // namespace sekisho
