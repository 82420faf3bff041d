// SPDX-License-Identifier: Apache-2.0
// Who signs in with a password alone: conditional access, security defaults and the old setting of
// each person, taken together.
#include <algorithm>
#include <optional>
#include <utility>

#include "collect/cloud/access.h"
#include "collect/cloud/cloud_limits.h"
#include "collect/cloud/judge.h"

namespace sekisho {
namespace {

using Kind = CloudPerson::Kind;

constexpr std::string_view kGuestAsMember = "a0b1b346-4d3e-4e8b-98f8-753987be4970";
constexpr std::string_view kGuestLimited = "10dae51f-b6af-4016-8d66-8c2a99b929b3";
constexpr std::string_view kGuestRestricted = "2af84b1e-32c8-42b7-82bc-daa82404023b";

/// Microsoft's roles with the widest rights, by template id.
constexpr std::array<std::string_view, 24> kPrivileged{
    kGlobalAdministrator,
    "194ae4cb-b126-40b2-bd5b-6091b380977d",  // Security Administrator
    "f28a1f50-f6e7-4571-818b-6a12f2af6b6c",  // SharePoint Administrator
    "29232cdf-9323-42fd-ade2-1d097af3e4de",  // Exchange Administrator
    "b1be1c3e-b65d-4f19-8427-f6fa0d97feb9",  // Conditional Access Administrator
    "729827e3-9c14-49f7-bb1b-9608f156bbb8",  // Helpdesk Administrator
    "b0f54661-2d74-4c50-afa3-1ec803f12efe",  // Billing Administrator
    "fe930be7-5e62-47db-91af-98c3a49a38b1",  // User Administrator
    "c4e39bd9-1100-46d3-8c65-fb160da0071f",  // Authentication Administrator
    "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3",  // Application Administrator
    "158c047a-c907-4556-b7ef-446551a6b5f7",  // Cloud Application Administrator
    "7be44c8a-adaf-4e2a-84d6-ab2649e08a13",  // Privileged Authentication Administrator
    "e8611ab8-c189-46e8-94e1-60213ab1f814",  // Privileged Role Administrator
    "966707d0-3269-4727-9be2-8c3a10f19b9d",  // Password Administrator
    "3a2c62db-5318-420d-8d74-23affee5d9d5",  // Intune Administrator
    "69091246-20e8-4a56-aa4d-066075b2a7a8",  // Teams Administrator
    "8329153b-31d0-4727-b945-745eb3bc5f31",  // Domain Name Administrator
    "fdd7a751-b60b-444a-984c-02652fe8fa1c",  // Groups Administrator
    "4ba39ca4-527c-499a-b93d-d9b492c50246",  // Partner Tier1 Support
    "e00e864a-17c5-4a4b-9c06-f5b95a8d5bd8",  // Partner Tier2 Support
    "8ac3fc64-6eca-42ea-9e69-59f4c7b60eb2",  // Hybrid Identity Administrator
    "7698a772-787b-4ac8-901f-60d6b08affd2",  // Cloud Device Administrator
    "9360feb5-f418-4baa-8175-e2a00bac4301",  // Directory Writers
    "f2ef992c-3afb-46b9-b7cf-a126ee74c451",  // Global Reader
};

Text both(std::string ja, std::string en) { return {std::move(ja), std::move(en)}; }

/// Somebody of each kind whom no policy names, and those whom policies do name: what policies do
/// for them is known without a list of people, but not whether they exist.
std::vector<CloudPerson> imagined(const Entra& entra) {
  std::vector<CloudPerson> people{{"", "", "", Kind::member, Known::yes, Known::yes},
                                  {"", "", "", Kind::internal_guest, Known::unsure, Known::unsure},
                                  {"", "", "", Kind::b2b_guest, Known::unsure, Known::unsure},
                                  {"", "", "", Kind::b2b_member, Known::unsure, Known::unsure}};
  if (entra.administrators.value() != nullptr)
    people.insert(people.end(), entra.administrators.value()->begin(),
                  entra.administrators.value()->end());
  std::set<std::string> named;
  if (entra.policies.value() != nullptr)
    for (const AccessPolicy& policy : *entra.policies.value())
      for (const auto* audience : {&policy.include, &policy.exclude})
        named.insert(audience->users.begin(), audience->users.end());
  for (const std::string& id : named)
    if (std::ranges::find(people, id, &CloudPerson::id) == people.end())
      people.push_back({id, "", "", Kind::unsure, Known::unsure, Known::unsure});
  return people;
}

class EntraJudge {
 public:
  EntraJudge(const Entra& entra, const CloudDeclared& declared)
      : entra_(entra), declared_(declared) {
    listed_ = entra.people.value() != nullptr;
    people_ = listed_ ? *entra.people.value() : imagined(entra);
    if (entra.policies.value() != nullptr) policies_ = *entra.policies.value();
    memberships_.emplace(people_, entra.groups, entra.roles);
  }

  void judge(CloudRows& rows) const {
    judge_everyone(rows, "m365.mfa_all", false);
    judge_everyone(rows, "m365.mfa_admin", true);
    rows.add("m365.mfa_admin_strong", for_all(strong_administrators()));
    rows.add("m365.mfa_registered", for_all(registered()));
    judge_block(rows, "m365.legacy_auth", {AccessAim::no_old_mail, AccessAim::no_old_protocol});
    judge_block(rows, "m365.device_code", {AccessAim::no_device_code});
    rows.add("m365.admin_count", administrators());
  }

 private:
  /// What is good for all in a list that isn't of everybody isn't known to be good for all.
  Finding for_all(Finding finding) const {
    return entra_.people_missing > 0 && finding.verdict == Verdict::pass
               ? not_everybody(entra_.people_missing)
               : finding;
  }
  bool defaults_on() const { return entra_.security_defaults.is(true) && !any_policy(); }
  bool any_policy() const {
    return std::ranges::any_of(policies_, [](const AccessPolicy& one) {
      return one.state == AccessPolicy::State::enabled;
    });
  }
  bool has_premium() const {
    const auto* plans = entra_.plans.value();
    return plans == nullptr || std::ranges::find(*plans, kEntraP1) != plans->end() ||
           std::ranges::find(*plans, kEntraP2) != plans->end();
  }

  /// Policies that were read: without a contract for them there are none, whatever was read.
  bool policies_known() const { return entra_.policies.value() != nullptr || !has_premium(); }

  bool is_emergency(const CloudPerson& person) const {
    return sekisho::is_emergency(declared_, person.sign_in, person.id);
  }

  PersonLeftOut shown(const CloudPerson& person, bool sure, std::vector<Text> reasons) const {
    return {person.shown(), person.sign_in,       person.guest(),
            sure,           is_emergency(person), std::move(reasons)};
  }

  /// The old setting demands it of them whatever policies say.
  Known by_old_setting(const CloudPerson& person) const {
    const auto* states = entra_.per_user_mfa.value();
    if (states == nullptr) return Known::unsure;
    const auto found = states->find(person.id);
    if (found == states->end()) return Known::unsure;
    const auto is = [&](std::string_view state) { return same_name(found->second, state); };
    if (is("enforced")) return Known::yes;
    // Whoever is enabled may put off registering, and gets in with a password until then.
    return is("disabled") || is("enabled") ? Known::no : Known::unsure;
  }

  /// Those of some people whom nothing covers for sure; nobody is asked who no longer exists or is
  /// disabled. All people are looked at, as groups have others in them as well.
  std::vector<std::pair<const CloudPerson*, PersonLeftOut>> open(
      const std::set<std::string>* of) const {
    std::vector<std::pair<const CloudPerson*, PersonLeftOut>> list;
    for (LeftOut& one : left_out(people_, policies_, *memberships_, AccessAim::second_factor)) {
      const CloudPerson& person = people_[one.person];
      if (of != nullptr && !of->contains(person.id)) continue;
      const Known old = by_old_setting(person);
      if (old == Known::yes) continue;
      if (!policies_known())
        one.reasons = {policies_unread().fact};
      else if (one.covered == Known::no && old == Known::unsure)
        one.reasons.push_back(old_unread());
      const bool sure = one.covered == Known::no && old == Known::no &&
                        person.enabled == Known::yes && person.exists == Known::yes &&
                        policies_known() && !defaults_may_be();
      list.emplace_back(&person, shown(person, sure, std::move(one.reasons)));
    }
    return list;
  }

  /// Security defaults can't be on beside policies; where there are none and they weren't read,
  /// they may be.
  bool defaults_may_be() const {
    return !any_policy() && entra_.security_defaults.value() == nullptr;
  }

  bool only_eligible_unread() const {
    const CloudRoles* roles = entra_.roles.value();
    return roles != nullptr && roles->whole && !roles->eligible_known;
  }

  /// Holders of a privileged role and those who can take one up, and where that isn't known, none
  /// with why.
  CloudSetting<std::vector<CloudPerson>> holders() const {
    if (!listed_) return entra_.administrators;
    if (entra_.roles.value() == nullptr) return entra_.roles.lack();
    if (!entra_.roles.value()->whole) return Lack::not_readable;
    std::vector<CloudPerson> list;
    std::vector<Known> holds(people_.size(), Known::no);
    for (const std::string_view role : kPrivileged) {
      const auto& in = memberships_->may_have_role(std::string(role));
      for (std::size_t i = 0; i < in.size(); ++i) holds[i] = std::max(holds[i], in[i]);
    }
    for (std::size_t i = 0; i < people_.size(); ++i)
      if (holds[i] == Known::yes) list.push_back(people_[i]);
    // Where it isn't known who is eligible, it may be anybody else: see admins_beside().
    if (!only_eligible_unread() && std::ranges::find(holds, Known::unsure) != holds.end())
      return Lack::not_readable;
    return list;
  }

  /// Whether somebody who is left out may be an administrator as far as is known: where everybody
  /// is covered, so is whoever may take up a role.
  bool admins_beside() const {
    return only_eligible_unread() && std::ranges::any_of(open(nullptr), [](const auto& one) {
             return !one.second.emergency;
           });
  }

  void judge_everyone(CloudRows& rows, std::string_view id, bool administrators) const {
    if (defaults_on()) {
      rows.add(
          id, good("セキュリティの既定値群が有効です", "security defaults are on", "true", "true"));
      return;
    }
    const CloudSetting<std::vector<CloudPerson>> people =
        administrators ? holders() : CloudSetting<std::vector<CloudPerson>>(people_);
    if (people.value() == nullptr) {
      rows.add(id, lacking(people.lack()));
      return;
    }
    if (administrators && people.value()->empty()) {
      rows.add(id, lacking(Lack::not_readable));  // a tenant has an administrator
      return;
    }
    std::set<std::string> ids;
    for (const CloudPerson& one : *people.value()) ids.insert(one.id);
    auto left = open(administrators ? &ids : nullptr);
    std::vector<PersonLeftOut> named;
    for (auto& [person, one] : left)
      if (!person->id.empty()) named.push_back(std::move(one));
    Finding finding = administrators || listed_ ? second_factor_of(named, people.value()->size())
                                                : without_list(left, named);
    if (!policies_known() && !left.empty()) finding = policies_unread();
    if (administrators && listed_ && finding.verdict == Verdict::pass && admins_beside())
      finding = eligible_unread();
    rows.add(id, for_all(std::move(finding)), std::move(named));
  }

  /// Whether administrators need a factor that nobody can be talked out of; by policies alone, as
  /// neither security defaults nor the old setting ask for a certain one.
  Finding strong_administrators() const {
    if (!has_premium()) return lacking(Lack::not_licensed);
    if (!policies_known()) return policies_unread();
    const CloudSetting<std::vector<CloudPerson>> people = holders();
    if (people.value() == nullptr) return lacking(people.lack());
    if (people.value()->empty()) return lacking(Lack::not_readable);
    std::set<std::string> ids;
    for (const CloudPerson& one : *people.value()) ids.insert(one.id);
    std::vector<std::string> sure;
    std::size_t unsure = 0;
    for (const LeftOut& one :
         left_out(people_, policies_, *memberships_, AccessAim::strong_factor)) {
      const CloudPerson& person = people_[one.person];
      if (!ids.contains(person.id) || is_emergency(person)) continue;
      if (one.covered == Known::no && person.enabled == Known::yes)
        sure.push_back(person.shown());
      else
        ++unsure;
    }
    const std::string all = std::to_string(ids.size());
    if (!sure.empty())
      return bad(
          fmt::format("SMS やコードなど、だまし取られる方式でも入れる管理者がいます: {}",
                      listed(sure)),
          fmt::format("administrators get in by codes and the like, which can be phished: {}",
                      listed(sure)),
          std::to_string(ids.size() - sure.size()), all);
    if (unsure > 0) return lacking(Lack::not_readable);
    if (only_eligible_unread()) return eligible_unread();
    return good("管理者には、だまし取られない方式が求められます",
                "administrators need a factor that can't be phished", all, all);
  }

  /// What policies say of anybody, without a list of people.
  Finding without_list(const std::vector<std::pair<const CloudPerson*, PersonLeftOut>>& left,
                       const std::vector<PersonLeftOut>& named) const {
    if (left.empty())
      return good("例外なく全員に多要素認証が求められます",
                  "a second factor is demanded of everyone, without exception", "0", "0");
    const auto emergency =
        std::ranges::count_if(left, [](const auto& one) { return one.second.emergency; });
    if (std::cmp_equal(emergency, left.size()) && left.size() <= kMostEmergencyAccounts)
      return good("緊急用のアカウントのほかは、例外なく全員に多要素認証が求められます",
                  "a second factor is demanded of everyone but declared accounts for emergencies",
                  std::to_string(emergency), std::to_string(kMostEmergencyAccounts));
    const auto anybody = std::ranges::find_if(left, [](const auto& one) {
      return one.first->id.empty() && one.first->kind == Kind::member;
    });
    if (anybody != left.end() && anybody->second.sure) return nobody_demanded();
    if (anybody != left.end() && anybody->second.reasons.back() == old_unread() &&
        !defaults_may_be())
      return unknown(
          "全員に多要素認証を求めるポリシーはありません。ユーザーごとの設定は、"
          "このエクスポートでは分かりません",
          "no policy demands a second factor of everyone; whether per-user MFA is enforced isn't "
          "in this export");
    if (anybody != left.end() && defaults_may_be())
      return unknown(
          "多要素認証を求めるポリシーはありません。セキュリティの既定値群が有効かは、"
          "このエクスポートでは分かりません",
          "no policy demands a second factor; whether security defaults are on isn't in this "
          "export");
    std::vector<std::string> out;
    for (const PersonLeftOut& one : named) out.push_back(one.name);
    const std::string who = out.empty() ? "" : ": " + listed(out);
    return unknown(
        fmt::format("ポリシーの例外があり、だれが外れるかはこのエクスポートでは分かりません{}",
                    who),
        fmt::format("policies have exceptions, and who is left out isn't in this "
                    "export{}",
                    who));
  }

  Finding policies_unread() const {
    if (entra_.policies.lacks(Lack::absent)) return lacking(Lack::absent);
    return unknown("条件付きアクセスのポリシーが読み取れていません",
                   "the policies of conditional access couldn't be read");
  }

  static Finding eligible_unread() {
    return unknown("役割を有効にできる人（PIM の「資格のある割り当て」）が読み取れていません",
                   "who can take up a role (eligible assignments of PIM) couldn't be read");
  }

  static Text old_unread() {
    return {"ユーザーごとの多要素認証（MFA）の設定が読み取れていません",
            "whether per-user MFA is enforced for them couldn't be read"};
  }

  static Finding nobody_demanded() {
    return bad("全員に多要素認証を求めるものがありません",
               "nothing demands a second factor of everyone", "0", "1");
  }

  Finding registered() const {
    const auto* states = entra_.registered.value();
    if (states == nullptr) return lacking(entra_.registered.lack());
    if (!listed_) return lacking(entra_.people.lack());
    std::vector<std::string> without;
    std::size_t unsure = 0;
    std::size_t all = 0;
    for (const CloudPerson& person : people_) {
      if (person.enabled == Known::no || person.guest()) continue;
      ++all;
      const auto found = states->find(person.id);
      if (found == states->end())
        ++unsure;
      else if (!found->second && !is_emergency(person))
        without.push_back(person.shown());
    }
    return registered_of(without, unsure, all);
  }

  void judge_block(CloudRows& rows, std::string_view id, std::vector<AccessAim> aims) const {
    const bool old = aims.front() != AccessAim::no_device_code;
    if (old && defaults_on()) {
      rows.add(id, good("セキュリティの既定値群が止めています", "security defaults block them",
                        "true", "true"));
      return;
    }
    if (!old && !has_premium()) {
      rows.add(id, not_applicable("契約に条件付きアクセス（Entra ID P1）がありません",
                                  "the contract has no conditional access (Entra ID P1)"));
      return;
    }
    if (!policies_known()) {
      rows.add(id, policies_unread());
      return;
    }
    std::set<std::size_t> sure, unsure;
    for (const AccessAim aim : aims)
      for (const LeftOut& one : left_out(people_, policies_, *memberships_, aim)) {
        const CloudPerson& person = people_[one.person];
        const bool certain =
            one.covered == Known::no && person.exists == Known::yes && person.enabled == Known::yes;
        if (!is_emergency(person)) (certain ? sure : unsure).insert(one.person);
      }
    rows.add(id, for_all(blocked(sure, unsure, old)));
  }

  Finding blocked(const std::set<std::size_t>& sure, const std::set<std::size_t>& unsure,
                  bool old) const {
    const Text what = old ? both("多要素認証のできない古い方式", "old protocols")
                          : both("デバイスコードでのサインイン", "sign-in by device code");
    if (!sure.empty() && old && !any_policy() && entra_.security_defaults.value() == nullptr)
      return unknown("止めるポリシーはなく、セキュリティの既定値群が有効かは分かりません",
                     "no policy blocks them, and whether security defaults are on isn't known");
    if (!sure.empty()) {
      std::vector<std::string> names;
      for (const std::size_t one : sure)
        if (!people_[one].id.empty()) names.push_back(people_[one].shown());
      const std::string who =
          names.empty() || names.size() == people_.size() ? "" : ": " + listed(names);
      return bad(fmt::format("{}を使える人がいます{}", what.ja, who),
                 fmt::format("{} can be used by some{}", what.en, who), std::to_string(sure.size()),
                 "0");
    }
    if (!unsure.empty())
      return unknown(fmt::format("{}を全員に止めているか分かりません", what.ja),
                     fmt::format("whether everyone is kept from {} isn't known", what.en));
    return good(fmt::format("{}は全員に止めています", what.ja),
                fmt::format("{}: blocked for everyone", what.en), "0", "0");
  }

  Finding administrators() const {
    std::size_t count = 0;
    if (entra_.roles.value() != nullptr && entra_.roles.value()->whole && listed_) {
      // Nobody signs in to an account that is disabled: it is no administrator who could step in.
      const auto& in = memberships_->may_have_role(std::string(kPrivileged.front()));
      bool unsure = false;
      for (std::size_t i = 0; i < in.size(); ++i) {
        const Known active = people_[i].enabled;
        if (in[i] == Known::yes && active == Known::yes) ++count;
        unsure = unsure || std::min(in[i], active) == Known::unsure;
      }
      if (count <= kMostCloudAdministrators) {
        if (only_eligible_unread()) return eligible_unread();
        if (unsure) return lacking(Lack::not_readable);
      }
    } else if (entra_.global_administrators.value() != nullptr) {
      count = entra_.global_administrators.value()->size();
    } else {
      const bool roles_say =
          entra_.global_administrators.lacks(Lack::absent) && entra_.roles.value() == nullptr;
      return lacking(roles_say ? entra_.roles.lack() : entra_.global_administrators.lack());
    }
    return administrators_of(count, {"全体管理者", "global administrator"});
  }

  const Entra& entra_;
  const CloudDeclared& declared_;
  bool listed_ = false;
  std::vector<CloudPerson> people_;
  std::vector<AccessPolicy> policies_;
  mutable std::optional<Memberships> memberships_;  // of these; it keeps what it works out
};

Finding judge_guest_rights(const std::string& role) {
  if (same_name(role, kGuestLimited) || same_name(role, kGuestRestricted))
    return good("ゲストに見えるものは限られています", "what guests see is limited", role,
                std::string(kGuestLimited));
  if (same_name(role, kGuestAsMember))
    return bad("ゲストに社員と同じものが見えます", "guests see what staff see", role,
               std::string(kGuestLimited));
  return lacking(Lack::not_readable);
}

Finding judge_inviters(const std::string& who) {
  if (same_name(who, "none") || same_name(who, "adminsAndGuestInviters"))
    return good("ゲストを招けるのは管理者と担当者だけです",
                "only administrators and inviters can invite guests", who,
                "adminsAndGuestInviters");
  if (same_name(who, "everyone") || same_name(who, "adminsGuestInvitersAndAllMembers"))
    return bad("社員なら誰でもゲストを招けます", "any member of staff can invite guests", who,
               "adminsAndGuestInviters");
  return lacking(Lack::not_readable);
}

Finding judge_consent(const std::vector<std::string>& policies) {
  std::vector<std::string> own;
  bool odd = false;
  for (const std::string& one : policies)
    if (lower(one).starts_with("managepermissiongrantsforself."))
      own.push_back(one);
    else if (!lower(one).starts_with("managepermissiongrantsforownedresource."))
      odd = true;
  if (!own.empty())
    return bad("社員が、会社の情報への許可をアプリに与えられます",
               "staff can give apps access to the firm's information", listed(own), "0");
  if (odd) return lacking(Lack::not_readable);
  return good("社員はアプリに許可を与えられません", "staff can't give apps access", "0", "0");
}

}  // namespace

void judge_entra(const Microsoft365& tenant, const CloudDeclared& declared, CloudRows& rows) {
  EntraJudge(tenant.entra, declared).judge(rows);
  rows.add("m365.guest_rights", judged(tenant.guests.rights, judge_guest_rights));
  rows.add("m365.guest_invite", judged(tenant.guests.inviters, judge_inviters));
  rows.add("m365.user_consent", judged(tenant.guests.consent, judge_consent));
}

}  // namespace sekisho
