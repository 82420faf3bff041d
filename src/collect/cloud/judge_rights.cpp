// SPDX-License-Identifier: Apache-2.0
// Policies beyond who has a second factor, and how wide roles are held.
#include <algorithm>
#include <optional>

#include "collect/cloud/cloud_limits.h"
#include "collect/cloud/judge.h"

namespace sekisho {
namespace {

class RightsJudge {
 public:
  RightsJudge(const Entra& entra, const CloudDeclared& declared)
      : entra_(entra), declared_(declared) {}

  void judge(CloudRows& rows) const {
    judge_policies(rows);
    judge_roles(rows);
    judge_administrators(rows);
    judge_directory(rows);
  }

 private:
  /// An enabled policy for everybody, but for declared accounts.
  bool is_for_all(const AccessPolicy& policy) const {
    const PolicyAudience& out = policy.exclude;
    const bool only_declared = std::ranges::all_of(
        out.users, [&](const std::string& id) { return is_emergency(declared_, id, id); });
    return policy.state == AccessPolicy::State::enabled && policy.include.all && only_declared &&
           !out.all && out.groups.empty() && out.roles.empty() && out.guests.empty();
  }

  /// Whether some policy for everybody, limited to no more than `to`, does what is wanted.
  template <typename Does>
  Finding some_policy(Does does, std::initializer_list<Narrowing> to, const Text& is,
                      const Text& is_not) const {
    return judged(entra_.policies, [&](const std::vector<AccessPolicy>& policies) {
      bool unclear = std::ranges::any_of(policies, may_be_any);
      for (const AccessPolicy& policy : policies) {
        const bool within = std::ranges::all_of(
            policy.narrowed, [&](Narrowing one) { return std::ranges::find(to, one) != to.end(); });
        if (!is_for_all(policy) || !within || !does(policy)) continue;
        if (policy.understood) return good(is.ja, is.en, "1", "1");
        unclear = true;
      }
      return unclear ? lacking(Lack::not_readable) : bad(is_not.ja, is_not.en, "0", "1");
    });
  }

  /// Some of a policy couldn't be read: what it is may be what is looked for.
  static bool may_be_any(const AccessPolicy& policy) {
    return policy.state == AccessPolicy::State::unsure ||
           (policy.unread && policy.state == AccessPolicy::State::enabled);
  }

  bool has_plan(std::string_view plan) const {
    const auto* plans = entra_.plans.value();
    return plans == nullptr || std::ranges::find(*plans, plan) != plans->end();
  }

  static bool by_device(const AccessPolicy& policy) {
    return policy.controls.contains("compliantdevice") ||
           policy.controls.contains("domainjoineddevice");
  }

  Finding managed_device() const {
    return some_policy(
        [](const AccessPolicy& policy) {
          return !policy.controls.empty() &&
                 std::ranges::all_of(policy.controls, [](const std::string& one) {
                   return one == "compliantdevice" || one == "domainjoineddevice";
                 });
        },
        {}, {"管理された端末からだけ入れます", "only managed devices get in"},
        {"管理されていない端末からも入れます", "devices that nobody manages get in"});
  }

  Finding registering() const {
    return some_policy(
        [](const AccessPolicy& policy) {
          return policy.registering && (by_device(policy) || policy.demands_mfa == Known::yes);
        },
        {Narrowing::applications, Narrowing::actions},
        {"多要素認証の登録に条件があります", "registering a second factor is guarded"},
        {"盗んだパスワードだけで、多要素認証を登録できます",
         "a stolen password is enough to register a second factor"});
  }

  Finding risk(bool of_user) const {
    if (!has_plan(kEntraP2)) return lacking(Lack::not_licensed);
    return some_policy(
        [&](const AccessPolicy& policy) {
          const auto& levels = of_user ? policy.user_risk : policy.sign_in_risk;
          const auto& other = of_user ? policy.sign_in_risk : policy.user_risk;
          const bool acts = policy.blocks == Known::yes ||
                            policy.controls.contains(of_user ? "riskremediation" : "mfa") ||
                            policy.controls.contains("passwordchange");
          return levels.contains("high") && other.empty() && acts;
        },
        {Narrowing::risk},
        {"危険と判定されたときに止めます", "what is judged to be at risk is stopped"},
        {"危険と判定されても止めません", "what is judged to be at risk isn't stopped"});
  }

  Finding session() const {
    return judged(entra_.policies, [&](const std::vector<AccessPolicy>& policies) {
      constexpr std::string_view kGlobal = "62e90394-69f5-4237-9190-012177145e10";
      const bool ends = std::ranges::any_of(policies, [&](const AccessPolicy& policy) {
        const auto& roles = policy.include.roles;
        const bool of_them = policy.include.all || std::ranges::find(roles, kGlobal) != roles.end();
        const auto* hours = policy.session_hours.value();
        return policy.state == AccessPolicy::State::enabled && policy.understood && of_them &&
               policy.narrowed.empty() && policy.forgets_browser && hours != nullptr &&
               *hours <= kLongestAdminSession;
      });
      if (!ends && std::ranges::any_of(policies, may_be_any)) return lacking(Lack::not_readable);
      return ends ? good("管理者のサインインは一日以内に終わります",
                         "administrators' sessions end within a day", "1", "1")
                  : bad("管理者のサインインが一日を超えて続きます",
                        "administrators' sessions go on for more than a day", "0", "1");
    });
  }

  /// Accounts that every policy leaves out.
  Finding break_glass() const {
    return judged(entra_.policies, [&](const std::vector<AccessPolicy>& policies) {
      if (std::ranges::any_of(policies, may_be_any)) return lacking(Lack::not_readable);
      std::optional<std::set<std::string>> out;
      for (const AccessPolicy& policy : policies) {
        if (policy.state != AccessPolicy::State::enabled || !policy.include.all) continue;
        std::set<std::string> users(policy.exclude.users.begin(), policy.exclude.users.end());
        if (!out)
          out = std::move(users);
        else
          std::erase_if(*out, [&](const std::string& one) { return !users.contains(one); });
      }
      if (!out)
        return not_applicable("全員へのポリシーがありません", "there is no policy for everyone");
      const std::string seen = std::to_string(out->size());
      if (out->empty())
        return bad("どのポリシーからも外れた緊急用のアカウントがありません",
                   "no account for emergencies is left out of all policies", seen, "1-2");
      if (out->size() > 2)
        return bad(fmt::format("どのポリシーからも外れたアカウントが {} つあります", out->size()),
                   fmt::format("{} accounts are left out of all policies", out->size()), seen,
                   "1-2");
      return good(fmt::format("どのポリシーからも外れたアカウントは {} つです", out->size()),
                  fmt::format("{} accounts are left out of all policies", out->size()), seen,
                  "1-2");
    });
  }

  void judge_policies(CloudRows& rows) const {
    rows.add("m365.managed_device", managed_device());
    rows.add("m365.register_security_info", registering());
    rows.add("m365.session_admin", session());
    rows.add("m365.risk_user", risk(true));
    rows.add("m365.risk_signin", risk(false));
    rows.add("m365.break_glass", break_glass());
  }

  /// Roles of which something is so, by name.
  template <typename Is>
  Finding roles_where(Is is, const Text& none, const Text& some) const {
    if (!has_plan(kEntraP2)) return lacking(Lack::not_licensed);
    return judged(entra_.role_uses, [&](const std::vector<RoleUse>& roles) {
      if (roles.empty()) return lacking(Lack::not_readable);
      std::vector<std::string> names;
      bool unclear = false;
      for (const RoleUse& role : roles) {
        const CloudSetting<bool> found = is(role);
        if (found.is(true)) names.push_back(role.name);
        unclear = unclear || found.lacks(Lack::not_readable) || found.lacks(Lack::null);
      }
      if (!names.empty())
        return bad(some.ja + ": " + listed(names), some.en + ": " + listed(names),
                   std::to_string(names.size()), "0");
      return unclear ? lacking(Lack::not_readable) : good(none.ja, none.en, "0", "0");
    });
  }

  static CloudSetting<bool> negated(const CloudSetting<bool>& setting) {
    return setting.value() == nullptr ? setting : CloudSetting<bool>(!*setting.value());
  }

  void judge_roles(CloudRows& rows) const {
    rows.add(
        "m365.admin_permanent",
        roles_where([](const RoleUse& role) { return CloudSetting<bool>(role.for_ever > 0); },
                    {"強い役割に、期限のない人はいません", "nobody holds a wide role without end"},
                    {"期限なしで持たれている役割があります", "roles are held without end"}));
    rows.add(
        "m365.admin_outside_pim",
        roles_where([](const RoleUse& role) { return CloudSetting<bool>(role.outside > 0); },
                    {"強い役割は、申請して持つものだけです", "wide roles are held by request"},
                    {"申請なしで持たれている役割があります", "roles are held without a request"}));
    rows.add(
        "m365.admin_approval",
        roles_where(
            [](const RoleUse& role) {
              return role.global ? negated(role.approved) : CloudSetting<bool>(false);
            },
            {"全体管理者になるには承認が必要です", "becoming global administrator needs approval"},
            {"承認なしで使える役割があります", "roles can be used without approval"}));
    rows.add("m365.admin_alert", roles_where(
                                     [](const RoleUse& role) {
                                       const auto used = negated(role.told_of_use);
                                       return used.is(true) ? used : negated(role.told_of_holder);
                                     },
                                     {"役割の変化は知らされます", "changes of roles are told"},
                                     {"持つ人や使われたことが知らされない役割があります",
                                      "roles whose holders or use nobody is told of"}));
  }

  void judge_administrators(CloudRows& rows) const {
    rows.add("m365.admin_ratio", judged(entra_.administrators, [&](const auto& all) {
               return judged(entra_.global_administrators, [&](const auto& global) {
                 const std::string seen = fmt::format("{}/{}", global.size(), all.size());
                 if (all.size() < kManyAdministrators)
                   return not_applicable("管理者が五人に満たないので、役割を分けなくてよいでしょう",
                                         "under five administrators needn't be told apart");
                 return global.size() * 2 <= all.size()
                            ? good("半分以上の管理者は、狭い役割だけを持ちます",
                                   "half of the administrators or more hold narrower roles alone",
                                   seen, "1/2")
                            : bad("多くの管理者が、全ての権限を持ちます",
                                  "most administrators hold all rights", seen, "1/2");
               });
             }));
    rows.add("m365.admin_apps", judged(entra_.programs, [](const std::vector<std::string>& names) {
               if (names.empty())
                 return good("管理者の役割を持つアプリはありません",
                             "no app holds an administrator's role", "0", "0");
               return bad(fmt::format("管理者の役割を持つアプリがあります: {}", listed(names)),
                          fmt::format("apps hold administrators' roles: {}", listed(names)),
                          std::to_string(names.size()), "0");
             }));
  }

  CloudSetting<std::string> directory(std::string_view name) const {
    if (entra_.directory.value() == nullptr) return entra_.directory.lack();
    const auto found = entra_.directory.value()->find(name);
    return found == entra_.directory.value()->end() ? CloudSetting<std::string>(Lack::absent)
                                                    : CloudSetting<std::string>(found->second);
  }

  Finding number_within(std::string_view name, std::int64_t least, std::int64_t most,
                        const Text& is, const Text& is_not) const {
    return judged(directory(name), [&](const std::string& value) {
      const std::int64_t number = whole_number(value);
      if (number < 0) return lacking(Lack::not_readable);
      const std::string limit = fmt::format("{}-{}", least, most);
      return number >= least && number <= most ? good(is.ja, is.en, value, limit)
                                               : bad(is_not.ja, is_not.en, value, limit);
    });
  }

  Finding is_true(std::string_view name, const Text& is, const Text& is_not) const {
    return judged(directory(name), [&](const std::string& value) {
      if (value == "true") return good(is.ja, is.en, value, "true");
      if (value == "false") return bad(is_not.ja, is_not.en, value, "true");
      return lacking(Lack::not_readable);
    });
  }

  void judge_directory(CloudRows& rows) const {
    rows.add(
        "m365.admin_consent",
        is_true(
            "EnableAdminConsentRequests",
            {"社員は、アプリの許可を管理者に頼めます", "staff can ask an administrator for an app"},
            {"社員がアプリの許可を頼む窓口がありません", "staff have no way to ask for an app"}));
    const Text locks{"間違いが続くとロックします", "wrong passwords lock the account"};
    const Text late{"ロックまでに試せる回数が多すぎるか、ロックが短すぎます",
                    "too many tries before the account locks, or too short a lock"};
    rows.add("m365.lockout",
             worst_of({number_within("LockoutThreshold", 1, kMostLockoutTries, locks, late),
                       number_within("LockoutDurationInSeconds", kShortestCloudLockout, 86'400,
                                     locks, late)}));
    const Text own{"会社で禁じたパスワードがあります", "the firm forbids passwords of its own"};
    const Text no_own{"会社で禁じたパスワードがありません",
                      "the firm forbids no passwords of its own"};
    if (has_plan(kEntraP1) || has_plan(kEntraP2))
      rows.add("m365.banned_passwords", worst_of({is_true("EnableBannedPasswordCheck", own, no_own),
                                                  is_true("BannedPasswordList", own, no_own)}));
    else
      rows.add("m365.banned_passwords", lacking(Lack::not_licensed));
  }

  const Entra& entra_;
  const CloudDeclared& declared_;
};

}  // namespace

void judge_rights(const Microsoft365& tenant, const CloudDeclared& declared, CloudRows& rows) {
  RightsJudge(tenant.entra, declared).judge(rows);
}

}  // namespace sekisho
