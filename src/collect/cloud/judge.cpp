// SPDX-License-Identifier: Apache-2.0
#include "collect/cloud/judge.h"

#include <algorithm>

#include "collect/cloud/cloud_limits.h"

namespace sekisho {
namespace {

const Text kNotExported{"エクスポートにこの設定がありません",
                        "the export doesn't have this setting"};

}  // namespace

bool not_exported(const Finding& finding) {
  return finding.verdict == Verdict::unknown && finding.fact == kNotExported;
}

Finding lacking(Lack lack) {
  switch (lack) {
    case Lack::absent: return unknown(kNotExported.ja, kNotExported.en);
    case Lack::null:
      return unknown("エクスポートのこの設定は空です", "this setting is empty in the export");
    case Lack::not_licensed:
      return not_applicable("契約にこの機能がありません", "the contract has no such function");
    case Lack::not_readable:
      return unknown("この設定は読み取れていません", "this setting could not be read");
    case Lack::not_applicable:
      return not_applicable("ほかの設定により、対象になりません",
                            "does not apply because of another setting");
  }
  return {};
}

Finding safe_when(const CloudSetting<bool>& setting, bool wanted, const Text& is,
                  const Text& is_not) {
  return judged(setting, [&](bool value) {
    const std::string seen = value ? "true" : "false";
    const std::string limit = wanted ? "true" : "false";
    return value == wanted ? good(is.ja, is.en, seen, limit)
                           : bad(is_not.ja, is_not.en, seen, limit);
  });
}

Finding worst_of(std::vector<Finding> findings) {
  const auto rank = [](const Finding& one) {
    switch (one.verdict) {
      case Verdict::fail: return 0;
      case Verdict::unknown: return 1;
      case Verdict::pass: return 2;
      case Verdict::not_applicable: return 3;
    }
    return 1;
  };
  const auto worst = std::ranges::min_element(findings, {}, rank);
  return worst == findings.end()
             ? not_applicable("対象になるものがありません", "there is nothing it applies to")
             : std::move(*worst);
}

Finding second_factor_of(const std::vector<PersonLeftOut>& left, std::size_t all) {
  std::vector<std::string> sure, guests, unsure;
  std::size_t emergency = 0;
  for (const PersonLeftOut& one : left) {
    if (one.emergency)
      ++emergency;
    else
      (!one.sure ? unsure : one.guest ? guests : sure).push_back(one.name);
  }
  const std::string seen = std::to_string(all - left.size());
  const std::string limit = std::to_string(all);
  if (!sure.empty() || !guests.empty()) {
    const std::size_t all_left = sure.size() + guests.size();
    const std::string people = sure.empty() ? "" : listed(sure);
    const std::string between = sure.empty() || guests.empty() ? "" : "; ";
    const auto of_guests = [&](std::string_view form) {
      return guests.empty() ? "" : fmt::format(fmt::runtime(form), guests.size(), listed(guests));
    };
    return bad(fmt::format("パスワードだけで入れる人が {} 人います: {}{}{}", all_left, people,
                           between, of_guests("ゲスト {} 人: {}")),
               fmt::format("{} can sign in with a password alone: {}{}{}", all_left, people,
                           between, of_guests("guests, {}: {}")),
               seen, limit);
  }
  if (emergency > kMostEmergencyAccounts)
    return bad(fmt::format("緊急用のアカウントが {} あります（2 つまで）", emergency),
               fmt::format("there are {} accounts for emergencies (two at most)", emergency), seen,
               limit);
  if (!unsure.empty())
    return unknown(fmt::format("多要素認証が求められるか分からない人が {} 人います: {}",
                               unsure.size(), listed(unsure)),
                   fmt::format("of {} it isn't known whether a second factor is demanded: {}",
                               unsure.size(), listed(unsure)));
  if (emergency > 0)
    return good(
        fmt::format("緊急用のアカウント {} つのほかは、全員に多要素認証が求められます", emergency),
        fmt::format("a second factor is demanded of everyone but {} declared accounts "
                    "for emergencies",
                    emergency),
        seen, limit);
  return good("全員に多要素認証が求められます", "a second factor is demanded of everyone", seen,
              limit);
}

Finding not_everybody(std::size_t missing) {
  return unknown(
      fmt::format("人の一覧が全員ではありません（グループにいて一覧にいない人が {} 人）", missing),
      fmt::format("the list of people isn't of everybody: {} who are in groups aren't in it",
                  missing));
}

Finding registered_of(const std::vector<std::string>& without, std::size_t unsure,
                      std::size_t all) {
  if (all == 0) return lacking(Lack::not_readable);
  const std::string limit = std::to_string(all);
  if (!without.empty())
    return bad(
        fmt::format("多要素認証を登録していない人が {} 人います: {}", without.size(),
                    listed(without)),
        fmt::format("{} haven't registered a second factor: {}", without.size(), listed(without)),
        std::to_string(all - without.size()), limit);
  if (unsure > 0)
    return unknown(fmt::format("登録したか分からない人が {} 人います", unsure),
                   fmt::format("of {} it isn't known whether they registered", unsure));
  return good("全員が多要素認証を登録しています", "everyone has registered a second factor", limit,
              limit);
}

Finding administrators_of(std::size_t count, const Text& what) {
  const std::string seen = std::to_string(count);
  if (count == 0) return lacking(Lack::not_readable);
  if (count < kFewestCloudAdministrators)
    return bad(fmt::format("{}が 1 人だけです（2 人は必要です）", what.ja),
               fmt::format("there is only one {} (two are needed)", what.en), seen, "2-4");
  if (count > kMostCloudAdministrators)
    return bad(fmt::format("{}が {} 人います（4 人までにします）", what.ja, count),
               fmt::format("there are {} {}s (four are enough)", count, what.en), seen, "2-4");
  return good(fmt::format("{}は {} 人です", what.ja, count),
              fmt::format("there are {} {}s", count, what.en), seen, "2-4");
}

bool is_emergency(const CloudDeclared& declared, std::string_view sign_in, std::string_view id) {
  return std::ranges::any_of(declared.emergency, [&](const std::string& name) {
    return !name.empty() && (same_name(name, sign_in) || same_name(name, id));
  });
}

void CloudRows::add(std::string_view id, Finding finding, std::vector<PersonLeftOut> people) {
  const CloudItem* item = cloud_item(id);
  if (item == nullptr) return;
  Basis basis;
  for (Compared one : finding.basis.list()) {
    one.place = source_;
    one.what = item->title;
    basis.add(std::move(one));
  }
  finding.basis = std::move(basis);
  rows_.push_back({item, std::move(finding), std::move(people)});
}

}  // namespace sekisho
