// SPDX-License-Identifier: Apache-2.0
// Accounts of the machine itself, and what their passwords must be.
#include <algorithm>

#include <fmt/format.h>

#include "collect/limits.h"
#include "collect/windows/judges.h"

namespace sekisho::judge {
namespace {

using Member = WindowsFacts::Member;

/// Whether people sign in with Entra: then passwords are decided there.
bool in_entra(const FactsLook& look) {
  if (!look.below(R"(HKLM\SYSTEM\CurrentControlSet\Control\CloudDomainJoin\JoinInfo\)").empty())
    return true;
  const auto* members =
      look.glance(&WindowsFacts::administrators, "管理者の一覧", "the administrators");
  return members != nullptr && std::ranges::any_of(*members, [](const Member& one) {
           return lower(one.name).starts_with("azuread\\");
         });
}

}  // namespace

Finding empty_passwords(const FactsLook& look) {
  if (look.number(R"(HKLM\SYSTEM\CurrentControlSet\Control\Lsa\LimitBlankPasswordUse)") == 0)
    return fail("空のパスワードでネットワークから入れます",
                "accounts without a password may be used over the network");
  const auto* without =
      look.ask(&WindowsFacts::without_password, "アカウントの一覧", "the accounts");
  if (without == nullptr) return FactsLook::undecided();
  const auto* guest = look.ask(&WindowsFacts::guest, "ゲストのアカウント", "the guest account");
  if ((guest != nullptr && *guest) ||
      std::ranges::any_of(*without, [](const std::string& one) { return lower(one) == "guest"; }))
    return fail("ゲストのアカウントが有効で、パスワードなしで入れます",
                "the guest account is on: anyone signs in without a password");
  if (!without->empty())
    return unknown(
        fmt::format("パスワードがなくてもよいアカウントがあります。空でないか確かめてください: {}",
                    listed(*without)),
        fmt::format("these accounts may have no password, see that they do: {}", listed(*without)));
  // An account that needs a password may still have an empty one where none is too short
  // (learn.microsoft.com, "Minimum password length").
  const auto* shortest =
      look.ask(&WindowsFacts::shortest_password, "パスワードの方針", "the password policy");
  if (shortest != nullptr && *shortest == 0)
    return unknown(
        "空のパスワードを許す設定です（最小の長さが 0）。空でないか確かめてください",
        "empty passwords are possible (the shortest has 0 characters); see that none is");
  return pass("どのアカウントにもパスワードが必要です", "every account needs a password");
}

Finding privileged_groups(const FactsLook& look) {
  const auto* members =
      look.ask(&WindowsFacts::administrators, "管理者の一覧", "the administrators");
  if (members == nullptr) return FactsLook::undecided();
  // Windows is never without one.
  if (members->empty())
    return unknown("管理者の一覧が空で、だれが管理者か分かりません",
                   "the list of administrators is empty: who they are is not known");
  std::vector<std::string> people;
  std::vector<std::string> groups;
  std::vector<std::string> wide;
  // Entra puts two roles in: its global administrators and those of joined devices. What else has
  // an unresolved name of Entra may be anybody.
  std::size_t roles = 0;
  constexpr std::size_t kRoles = 2;
  for (const Member& one : *members) {
    const bool of_entra = one.name.starts_with("S-1-12-1-");
    if (one.kind == Member::Kind::person || (of_entra && ++roles > kRoles))
      people.push_back(one.name);
    if (one.kind == Member::Kind::group) groups.push_back(one.name);
    if (one.kind == Member::Kind::wide) wide.push_back(one.name);
  }
  if (!wide.empty())
    return fail(fmt::format("だれもが管理者です: {}", listed(wide)),
                fmt::format("everybody is an administrator: {}", listed(wide)));
  if (people.size() > kMostAdministrators)
    return fail(fmt::format("管理者が {} 人います: {}", people.size(), listed(people)),
                fmt::format("{} administrators: {}", people.size(), listed(people)));
  if (!groups.empty())
    return unknown(
        fmt::format("管理者のグループの人数が分かりません: {}", listed(groups)),
        fmt::format("how many people are in these groups of administrators is not known: {}",
                    listed(groups)));
  return pass(fmt::format("管理者は {} 人です: {}", people.size(), listed(people)),
              fmt::format("{} administrators: {}", people.size(), listed(people)));
}

Finding password_quality(const FactsLook& look) {
  const auto* shortest =
      look.ask(&WindowsFacts::shortest_password, "パスワードの方針", "the password policy");
  if (shortest == nullptr) return FactsLook::undecided();
  if (*shortest >= kShortestPassword)
    return pass(fmt::format("{} 文字以上が必要です", *shortest),
                fmt::format("{} characters or more are required", *shortest));
  if (in_entra(look))
    return unknown("サインインは Entra ID です。パスワードの方針はそちらで決まります",
                   "people sign in with Entra ID, which decides what passwords must be");
  return fail(
      fmt::format("{} 文字のパスワードが使えます（{} 文字以上を）", *shortest, kShortestPassword),
      fmt::format("passwords of {} characters are possible (require {} or more)", *shortest,
                  kShortestPassword));
}

Finding password_lockout(const FactsLook& look) {
  const auto* tries = look.ask(&WindowsFacts::tries, "ロックの方針", "the lockout policy");
  if (tries == nullptr) return FactsLook::undecided();
  if (*tries == 0)
    return fail("続けて間違えてもロックされません", "repeated failures are not locked out");
  if (*tries > kMostPasswordTries)
    return fail(
        fmt::format("ロックまでの回数が {} です（{} 回以下に）", *tries, kMostPasswordTries),
        fmt::format("locks after {} failures (make it {} or fewer)", *tries, kMostPasswordTries));
  const auto* lockout =
      look.ask(&WindowsFacts::lockout, "ロックの長さ", "for how long accounts are locked");
  if (lockout != nullptr && *lockout != 0 && *lockout < kShortestLockout)
    return fail(fmt::format("ロックが {} 秒で解けます（{} 秒以上に）", *lockout, kShortestLockout),
                fmt::format("a lock ends after {} seconds (make it {} or more)", *lockout,
                            kShortestLockout));
  return pass(fmt::format("{} 回間違えるとロックされます", *tries),
              fmt::format("locks after {} failures", *tries));
}

}  // namespace sekisho::judge
