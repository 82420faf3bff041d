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
#include "server/people/oidc_claims.h"
#include "server/people/oidc_roles.h"
#include "server/people/oidc_rules.h"
#include "server/people/people.h"
#include "server/people/proof.h"

namespace sekisho {
namespace {

namespace json = boost::json;

constexpr const char* kCookie = "sekisho-oidc";
constexpr std::chrono::minutes kSignInPatience{10};
constexpr std::size_t kLongestReason = 400;

Reply redirect(const std::string& to) { return {303, "", "", {{"location", to}}}; }

/// Why somebody can't sign in: what the page tells them, and for the administrator.
struct Refusal {
  const char* page = "company-failed";
  Text why;
  std::string email{};
};

/// Back to the page that says so; why stands in the log, for the administrator.
Outcome refused(Call& call, const Refusal& refusal) {
  const auto noted = note_failure(call, printable(refusal.email, kLongestEmail),
                                  {{"how", "oidc"},
                                   {"why", printable(refusal.why.en, kLongestReason)},
                                   {"why_ja", printable(refusal.why.ja, kLongestReason)},
                                   {"from", call.request.peer}});
  return written(noted, redirect(std::string("/sign-in#") + refusal.page));
}
Outcome refused(Call& call, const Error& error) {
  return refused(call, Refusal{.why = error.message});
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

Outcome start(Call& call) {
  const OidcOptions& oidc = call.shop.options.oidc;
  if (oidc.issuer.empty()) return not_found();
  const auto found = provider_of(call.shop);
  if (!found) return refused(call, found.error());
  const auto key = stranger_key(call.db);
  if (!key) return broken(key.error());
  const auto until = (call.now + kSignInPatience).time_since_epoch().count();
  const Begun begun = begun_with(*key, fmt::format("{}.{}", until, random_token()));
  Reply reply = redirect(fmt::format(
      "{}{}response_type=code&scope=openid%20email%20profile&client_id={}&redirect_uri="
      "{}&state={}&nonce={}&code_challenge={}&code_challenge_method=S256",
      found->authorization, found->authorization.find('?') == std::string::npos ? "?" : "&",
      percent_encoded(oidc.client_id), percent_encoded(redirect_uri(call)), begun.state,
      begun.nonce, base64url(sha256(begun.verifier))));
  reply.headers.emplace_back("set-cookie", browser_cookie(call, begun.cookie, kSignInPatience));
  return reply;
}

/// What is known of whoever has been at the provider.
struct AccountHolder {
  std::string subject;  // with the issuer: nobody else's anywhere
  SaidAddress address;
  CompanyRules rules;
  std::optional<std::vector<std::string>> groups;  // none: they decide nothing
};

Result<bool> is_known(Call& call, const std::string& subject) {
  const auto rows = call.db.query("SELECT 1 FROM person WHERE oidc = ?", {subject});
  if (!rows) return std::unexpected(rows.error());
  return !rows->empty();
}

/// The ID token may say less than userinfo (Core 5.4), which is asked for what is needed.
Result<AccountHolder> newcomer_of(Call& call, const CompanyAccount& account) {
  const std::string& issuer = call.shop.options.oidc.issuer;
  const auto rules = company_rules(call.db, issuer);
  if (!rules) return std::unexpected(rules.error());
  const bool trusted = rules->trust_email || is_entra_tenant(issuer);
  AccountHolder one{issuer + "|" + text_at(account.claims, "sub"),
                    address_in(account.claims, trusted), *rules, std::nullopt};
  auto groups = groups_in(account.claims, rules->roles_claim);
  const auto known = is_known(call, one.subject);
  if (!known) return std::unexpected(known.error());
  const bool wants_address = !*known && one.address.email.empty() && one.address.may_come;
  const bool wants_groups = !rules->roles.empty() && groups && !*groups;
  if (wants_address || wants_groups) {
    const auto more = userinfo_of(call.shop, account);
    if (!more) return std::unexpected(more.error());
    const json::value all = with_userinfo(account.claims, *more, rules->roles_claim);
    one.address = address_in(all, trusted);
    groups = groups_in(all, rules->roles_claim);
  }
  if (rules->roles.empty()) return one;
  if (!groups) return std::unexpected(groups.error());
  // Providers leave the claim out for who is in no group.
  one.groups = groups->value_or(std::vector<std::string>());
  return one;
}

/// Whoever has the address, linked from now on.
Result<PersonId> link_by_address(Call& call, const AccountHolder& one) {
  const std::string& email = one.address.email;
  const auto linked = call.db.query(
      "UPDATE person SET oidc = ? WHERE email = ? AND state = 'active' AND oidc IS NULL "
      "RETURNING id",
      {one.subject, email});
  if (!linked) return std::unexpected(linked.error());
  if (linked->empty()) return PersonId();
  if (auto told = tell_of_change(call, email,
                                 {"会社のアカウントでサインインできるようになりました。",
                                  "The company account was linked, and signs in from now on."});
      !told)
    return std::unexpected(told.error());
  if (auto noted = audit(call, "oidc-linked", email); !noted) return std::unexpected(noted.error());
  return linked->front().id<PersonId>(0);
}

Result<PersonId> accept_invitation(Call& call, const AccountHolder& one) {
  const std::string& email = one.address.email;
  const auto invited = call.db.query(
      "DELETE FROM invitation WHERE email = ? AND expires_at > ? AND expires_at <= ? RETURNING "
      "name, roles",
      {email, value_of(call.now), latest_end(call.now, kInvitationLasts)});
  if (!invited) return std::unexpected(invited.error());
  if (invited->empty()) return PersonId();
  const auto added = add_person(
      call.db, {email, invited->front().text(0), invited->front().text(1), "ja", "", one.subject},
      call.now);
  if (!added) return std::unexpected(added.error());
  if (auto noted = audit(call, "invitation-accepted", email, {{"how", "oidc"}}); !noted)
    return std::unexpected(noted.error());
  return *added;
}

/// Why nobody was found.
Result<Refusal> nobody_because(Call& call, const AccountHolder& one) {
  if (one.address.email.empty()) return Refusal{"company-address", one.address.why};
  const std::string& email = one.address.email;
  const auto rows = call.db.query("SELECT state FROM person WHERE email = ?", {email});
  if (!rows) return std::unexpected(rows.error());
  if (rows->empty())
    return Refusal{"not-invited",
                   {"このアドレスの人は招待されていません", "nobody with this address is invited"},
                   email};
  if (rows->front().text(0) != "active")
    return Refusal{
        "company-disabled", {"この人は無効にされています", "this person is disabled"}, email};
  return Refusal{"company-failed",
                 {"このアドレスの人は、会社の別のアカウントにつながっています",
                  "this person is linked to another company account"},
                 email};
}

/// The person: known by subject, or by an address that counts, or invited; or why there is none.
Result<PersonId> person_of(Call& call, const AccountHolder& one, std::optional<Refusal>& refusal) {
  PersonId person;
  const auto done = call.db.write([&]() -> Result<void> {
    refusal.reset();
    const auto known =
        call.db.query("SELECT id, state, email FROM person WHERE oidc = ?", {one.subject});
    if (!known) return std::unexpected(known.error());
    if (!known->empty()) {
      person = known->front().id<PersonId>(0);
      if (known->front().text(1) != "active")
        refusal = Refusal{"company-disabled",
                          {"この人は無効にされています", "this person is disabled"},
                          known->front().text(2)};
      return {};
    }
    if (!one.address.email.empty()) {
      auto found = link_by_address(call, one);
      if (found && !*found) found = accept_invitation(call, one);
      if (!found) return std::unexpected(found.error());
      person = *found;
      if (person) return {};
    }
    auto why = nobody_because(call, one);
    if (!why) return std::unexpected(why.error());
    refusal = std::move(*why);
    return {};
  });
  if (!done) return std::unexpected(done.error());
  return person;
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

Outcome let_in(Call& call, const Begun& begun, PersonId person, const AccountHolder& one) {
  auto cookies = enter(call, {person, "full", "oidc"}, [&](Problem& why) -> Result<void> {
    const auto first =
        use_once(call.db, "oidc|" + begun.state, call.now, call.now + kSignInPatience);
    if (!first) return std::unexpected(first.error());
    if (!*first) return stop(why, {401, {"使い終わりました。", "used already."}, {}});
    return one.groups ? follow_groups(call, person, one.rules, *one.groups) : Result<void>();
  });
  if (!cookies)
    return cookies.error().status == 401 ? refused(call, Refusal{.why = cookies.error().text})
                                         : Outcome(std::unexpected(cookies.error()));
  Reply reply = redirect("/");
  reply.headers.emplace_back("set-cookie", browser_cookie(call, "", std::chrono::seconds(0)));
  for (std::string& cookie : *cookies) reply.headers.emplace_back("set-cookie", std::move(cookie));
  return reply;
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
  if (!provider) return refused(call, provider.error());
  if (another_answered(call, *provider))
    return refused(call, Refusal{.why = {"別の発行者が答えました", "another issuer answered"}});
  const auto code = call.query("code");
  if (!code) return refused(call, not_let_through(call));
  const auto account =
      account_of(call.shop, {*code, redirect_uri(call), begun.verifier, begun.nonce}, call.now);
  if (!account) return refused(call, account.error());
  const auto one = newcomer_of(call, *account);
  if (!one) return refused(call, one.error());
  std::optional<Refusal> refusal;
  const auto person = person_of(call, *one, refusal);
  if (!person) return broken(person.error());
  if (refusal) return refused(call, *refusal);
  return let_in(call, begun, *person, *one);
}

}  // namespace

void add_oidc(Handlers& handlers) {
  handlers.insert({{"startOidc", start}, {"finishOidc", finish}});
}

}  // namespace sekisho
