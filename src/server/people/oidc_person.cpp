// SPDX-License-Identifier: Apache-2.0
#include "server/people/oidc_person.h"

#include <algorithm>

#include <fmt/format.h>

#include "server/api/fields.h"
#include "server/people/identity.h"
#include "server/people/people.h"
#include "server/people/proof.h"

namespace sekisho {
namespace {

namespace json = boost::json;

Result<bool> is_known(Call& call, const std::string& subject) {
  const auto rows = call.db.query("SELECT 1 FROM person WHERE oidc = ?", {subject});
  if (!rows) return std::unexpected(rows.error());
  return !rows->empty();
}

std::string subject_of(Call& call, const CompanyAccount& account) {
  return call.shop.options.oidc.issuer + "|" + text_at(account.claims, "sub");
}

/// The link, told to the person and written down.
Result<void> link(Call& call, const AccountHolder& one, PersonId person, const std::string& email,
                  std::string_view how) {
  const std::string& issuer = call.shop.options.oidc.issuer;
  if (auto set = call.db.execute("UPDATE person SET oidc = ? WHERE id = ?", {one.subject, person});
      !set)
    return set;
  if (auto told = tell_of_change(call, email,
                                 {"会社のアカウントでサインインできるようになりました。",
                                  "The company account was linked, and signs in from now on."});
      !told)
    return told;
  return audit(
      call, "oidc-linked", email,
      {{"how", how}, {"issuer", issuer}, {"subject", one.subject.substr(issuer.size() + 1)}});
}

/// Whoever has the address, linked from now on. Of somebody who has a password or a second factor
/// the address alone is not enough.
Result<PersonId> link_by_address(Call& call, const AccountHolder& one,
                                 std::optional<Refusal>& refusal) {
  const std::string& email = one.address.email;
  const auto rows = call.db.query(
      "SELECT id, COALESCE(oidc, ''), password IS NOT NULL OR totp IS NOT NULL OR EXISTS (SELECT 1 "
      "FROM passkey WHERE person_id = person.id), EXISTS (SELECT 1 FROM emergency_seal WHERE "
      "person_id = person.id) AND NOT EXISTS (SELECT 1 FROM directory_person WHERE person_id = "
      "person.id) FROM person WHERE email = ? AND state = 'active'",
      {email});
  if (!rows) return std::unexpected(rows.error());
  if (rows->empty() || linked_by(call.shop.options.oidc.issuer, rows->front().text(1)))
    return PersonId();
  if (rows->front().integer(2) != 0) {
    refusal =
        Refusal{"company-connect",
                {"パスワードか二要素認証のある人は、これまでどおりサインインしてから、アカウン"
                 "トの画面で会社のアカウントをつなぎます",
                 "who has a password or second factor signs in as before first, and connects "
                 "the company account on the account page"},
                email};
    return PersonId();
  }
  // It was made for a code: whoever has its address has nothing of it.
  if (rows->front().integer(3) != 0) {
    refusal = Refusal{"company-sealed",
                      {"緊急アクセスのコードでだけ入れるアカウントです",
                       "this account is entered by a code for emergency access alone"},
                      email};
    return PersonId();
  }
  const auto id = rows->front().id<PersonId>(0);
  if (auto linked = link(call, one, id, email, "address"); !linked)
    return std::unexpected(linked.error());
  return id;
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
  if (one.address.email.empty())
    return Refusal{"company-address", one.address.why, one.address.said};
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
  return Refusal{"company-other",
                 {"このアドレスの人は、会社の別のアカウントにつながっています。メンバーの画面でつな"
                  "がりを解けます",
                  "this person is linked to another company account: the link can be removed under "
                  "People"},
                 email};
}

}  // namespace

bool linked_by(const std::string& issuer, const std::string& kept) {
  return !issuer.empty() && kept.starts_with(issuer + "|");
}

std::string linked_sql(const std::string& issuer) {
  if (issuer.empty()) return "1 = 0";
  std::string quoted;
  for (const char c : issuer) quoted += c == '\'' ? "''" : std::string(1, c);
  return fmt::format("(oidc IS NOT NULL AND substr(oidc, 1, {}) = '{}|')", issuer.size() + 1,
                     quoted);
}

Result<AccountHolder> newcomer_of(Call& call, const CompanyAccount& account) {
  const std::string& issuer = call.shop.options.oidc.issuer;
  const auto rules = company_rules(call.db, issuer);
  if (!rules) return std::unexpected(rules.error());
  const bool trusted = rules->trust_email || is_entra_tenant(issuer);
  AccountHolder one{subject_of(call, account), address_in(account.claims, trusted), *rules,
                    std::nullopt};
  auto groups = groups_in(account.claims, rules->roles_claim);
  const auto known = is_known(call, one.subject);
  if (!known) return std::unexpected(known.error());
  const bool wants_address = !*known && one.address.email.empty() && one.address.may_come;
  const bool by_groups = !rules->by_directory && !rules->roles.empty();
  const bool wants_groups = by_groups && groups && !*groups;
  if (wants_address || wants_groups) {
    const auto more = userinfo_of(call.shop, account);
    if (!more) return std::unexpected(more.error());
    const json::value all = with_userinfo(account.claims, *more, rules->roles_claim);
    one.address = address_in(all, trusted);
    groups = groups_in(all, rules->roles_claim);
  }
  if (!by_groups) return one;
  if (!groups) return std::unexpected(groups.error());
  // Providers leave the claim out for who is in no group.
  one.groups = groups->value_or(std::vector<std::string>());
  return one;
}

Result<std::string> whom(Call& call, const CompanyAccount& account) {
  const auto known =
      call.db.query("SELECT email FROM person WHERE oidc = ?", {subject_of(call, account)});
  if (!known) return std::unexpected(known.error());
  return known->empty() ? address_in(account.claims, true).said : known->front().text(0);
}

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
      auto found = link_by_address(call, one, refusal);
      if (found && !*found && !refusal) found = accept_invitation(call, one);
      if (!found) return std::unexpected(found.error());
      person = *found;
      if (person || refusal) return {};
    }
    auto why = nobody_because(call, one);
    if (!why) return std::unexpected(why.error());
    refusal = std::move(*why);
    return {};
  });
  if (!done) return std::unexpected(done.error());
  return person;
}

Result<void> connect_person(Call& call, const AccountHolder& one, PersonId person,
                            std::optional<Refusal>& refusal) {
  const auto self = call.db.query(
      "SELECT email, name, COALESCE(oidc, '') FROM person WHERE id = ? AND state = 'active'",
      {person});
  if (!self) return std::unexpected(self.error());
  const auto holder = call.db.query("SELECT id FROM person WHERE oidc = ?", {one.subject});
  if (!holder) return std::unexpected(holder.error());
  if (self->empty()) {
    refusal = Refusal{"company-failed", {"この人は無効にされています", "this person is disabled"}};
    return {};
  }
  const Row& row = self->front();
  if (!holder->empty() && holder->front().id<PersonId>(0) == person) return {};
  if (!holder->empty() || linked_by(call.shop.options.oidc.issuer, row.text(2))) {
    refusal = Refusal{"company-other",
                      {"この人か会社のアカウントは、別の相手につながっています",
                       "the person or the company account is linked to another"},
                      row.text(0)};
    return {};
  }
  call.who.person = person;
  call.who.email = row.text(0);
  call.who.name = row.text(1);
  return link(call, one, person, row.text(0), "account-page");
}

}  // namespace sekisho
