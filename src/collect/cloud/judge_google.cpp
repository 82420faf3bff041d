// SPDX-License-Identifier: Apache-2.0
// Google Workspace, person by person: a setting is as good as for the one who has it worst.
#include <algorithm>
#include <functional>

#include "collect/cloud/google_rules.h"
#include "collect/limits.h"

namespace sekisho {
namespace {

Known worth_of(const GoogleTerm& term, const CloudSetting<std::string>& value) {
  if (value.value() == nullptr) return Known::unsure;
  const auto is = [&](std::string_view one) { return same_name(one, *value.value()); };
  if (!term.bad.empty() && term.bad.front() == "<") {
    const std::int64_t number = whole_number(*value.value());
    if (number < 0) return Known::unsure;
    return number >= whole_number(term.good.front()) ? Known::yes : Known::no;
  }
  if (std::ranges::any_of(term.good, is)) return Known::yes;
  const bool rest = !term.bad.empty() && term.bad.front() == "*";
  return rest || std::ranges::any_of(term.bad, is) ? Known::no : Known::unsure;
}

/// What holds of all values that may be the one.
Known agreed(const std::vector<Known>& all) {
  const auto [least, most] = std::ranges::minmax(all);
  return least == most ? least : Known::unsure;
}

/// How a rule stands for somebody, and what decides it.
struct Standing {
  Known good = Known::unsure;
  bool concerned = true;
  Text why = {};
  std::string seen = {};
};

class GoogleJudge {
 public:
  GoogleJudge(const GoogleWorkspace& workspace, const CloudDeclared& declared, Time now)
      : workspace_(workspace), declared_(declared), now_(now), values_(workspace) {}

  void judge(CloudRows& rows) const {
    judge_second_factor(rows, "google.mfa", false);
    judge_second_factor(rows, "google.mfa_admin", true);
    rows.add("google.mfa_user", for_all(registered()));
    rows.add("google.admin_count", for_all(administrators()));
    for (const GoogleRule& rule : google_rules()) judge_rule(rows, rule);
  }

 private:
  /// What is good for all in a list that isn't of everybody isn't known to be good for all.
  Finding for_all(Finding finding) const {
    const bool proves =
        finding.verdict == Verdict::pass || finding.verdict == Verdict::not_applicable;
    return workspace_.people_missing > 0 && proves ? not_everybody(workspace_.people_missing)
                                                   : finding;
  }

  Known service_on(std::size_t person, std::string_view service) const {
    if (service.empty()) return Known::yes;
    const GoogleField* field =
        google_field(std::string(service) + ".service_status", "serviceState");
    std::vector<Known> all;
    for (const GoogleValue& one : values_.of(person, *field, values_.listed()))
      // Google leaves out a service that isn't in the contract.
      all.push_back(one.value.is("ENABLED")    ? Known::yes
                    : one.value.is("DISABLED") ? Known::no
                    : one.by == nullptr && workspace_.whole && one.value.lacks(Lack::absent)
                        ? Known::no
                        : Known::unsure);
    return agreed(all);
  }

  Known term_for(std::size_t person, const GoogleTerm& term, bool groups,
                 Standing& standing) const {
    const GoogleField* field = google_field(term.setting, term.field);
    std::vector<Known> all;
    for (const GoogleValue& one : values_.of(person, *field, groups)) {
      all.push_back(worth_of(term, one.value));
      if (all.back() == Known::yes && !standing.seen.empty()) continue;
      standing.seen = one.value.value() == nullptr ? std::string("-") : *one.value.value();
      if (all.back() != Known::yes) standing.why = values_.place(one.by);
    }
    return agreed(all);
  }

  Known rule_for(std::size_t person, const GoogleRule& rule, bool groups,
                 Standing& standing) const {
    Known good = rule.any ? Known::no : Known::yes;
    for (const GoogleTerm& term : rule.terms) {
      const Known one = term_for(person, term, groups, standing);
      good = rule.any ? std::max(good, one) : std::min(good, one);
    }
    return good;
  }

  Standing standing_of(std::size_t person, const GoogleRule& rule) const {
    Standing standing;
    const Known service = service_on(person, rule.service);
    standing.concerned = service != Known::no;
    if (!standing.concerned) return standing;
    standing.good = rule_for(person, rule, true, standing);
    // Whoever is in none of the groups is there for sure: a unit that is bad for them is bad.
    if (!values_.listed() && standing.good == Known::unsure) {
      Standing alone;
      if (rule_for(person, rule, false, alone) == Known::no) {
        alone.good = Known::no;
        standing = alone;
      }
    }
    if (service == Known::unsure && standing.good == Known::no) standing.good = Known::unsure;
    return standing;
  }

  std::string shown(const GooglePerson& person) const {
    return !values_.listed()       ? person.unit
           : !person.name.empty()  ? person.name
           : !person.email.empty() ? person.email
                                   : person.id;
  }

  void judge_rule(CloudRows& rows, const GoogleRule& rule) const {
    if (workspace_.policies.value() == nullptr) {
      rows.add(rule.id, lacking(workspace_.policies.lack()));
      return;
    }
    std::map<std::size_t, Standing> known;
    std::vector<PersonLeftOut> left;
    std::size_t concerned = 0;
    std::string seen;
    const auto& people = values_.people();
    for (std::size_t i = 0; i < people.size(); ++i) {
      const GooglePerson& person = people[i];
      const bool administrator_only = rule.administrators && values_.listed();
      if (person.active == Known::no) continue;
      if (administrator_only && person.administrator == Known::no) continue;
      const std::size_t like = values_.alike(i);
      const auto found = known.find(like);
      const Standing& standing = found != known.end()
                                     ? found->second
                                     : known.emplace(like, standing_of(like, rule)).first->second;
      if (!standing.concerned) continue;
      ++concerned;
      if (seen.empty() || standing.good == Known::no) seen = standing.seen;
      if (standing.good == Known::yes) continue;
      const bool sure = standing.good == Known::no && person.active == Known::yes &&
                        (!administrator_only || person.administrator == Known::yes);
      left.push_back({shown(person), person.email, false, sure, false, {standing.why}});
    }
    rows.add(rule.id, for_all(told(rule, left, concerned, seen)), values_.listed() ? left : none());
  }

  static std::vector<PersonLeftOut> none() { return {}; }

  Finding told(const GoogleRule& rule, const std::vector<PersonLeftOut>& left,
               std::size_t concerned, const std::string& seen) const {
    if (concerned == 0)
      return not_applicable("このサービスは誰にも有効ではありません",
                            "the service is on for nobody");
    std::string limit;
    for (const std::string_view one : rule.terms.front().good)
      limit.append(limit.empty() ? "" : ", ").append(one);
    std::vector<std::string> sure, unsure;
    for (const PersonLeftOut& one : left) (one.sure ? sure : unsure).push_back(one.name);
    const Text who = whom(sure, concerned);
    if (!sure.empty()) return bad(rule.is_not.ja + who.ja, rule.is_not.en + who.en, seen, limit);
    const Text open = whom(unsure, concerned);
    if (!unsure.empty())
      return unknown(fmt::format("「{}」と言えるか分かりません{}", rule.is.ja, open.ja),
                     fmt::format("whether this holds isn't known: {}{}", rule.is.en, open.en));
    return good(rule.is.ja, rule.is.en, seen, limit);
  }

  /// "（全員）", or who by name.
  Text whom(const std::vector<std::string>& names, std::size_t all) const {
    if (names.size() == all) return {"（全員）", " (everyone)"};
    const std::string list = listed(names);
    if (!values_.listed())
      return {fmt::format("（組織部門 {}）", list), fmt::format(" (units {})", list)};
    return {fmt::format("（{} 人: {}）", names.size(), list),
            fmt::format(" ({}: {})", names.size(), list)};
  }

  /// Whether policies demand a second factor: three states of a time, and enforcing is void where
  /// nobody may enrol.
  Standing demanded(std::size_t person, bool groups) const {
    Standing standing;
    const GoogleField* from =
        google_field("security.two_step_verification_enforcement", "enforcedFrom");
    std::vector<Known> all;
    for (const GoogleValue& one : values_.of(person, *from, groups)) {
      all.push_back(enforced(one, standing));
    }
    Standing enrol;
    const Known may = term_for(
        person,
        {"security.two_step_verification_enrollment", "allowEnrollment", {"true"}, {"false"}},
        groups, enrol);
    if (may != Known::yes)
      standing.why = {fmt::format("2 段階認証プロセスを登録できません（{}）", enrol.why.ja),
                      fmt::format("nobody may enrol in 2-Step Verification ({})", enrol.why.en)};
    standing.good = std::min(agreed(all), may);
    return standing;
  }

  Known enforced(const GoogleValue& one, Standing& standing) const {
    const Text by = values_.place(one.by);
    const auto because = [&](const char* ja, const std::string& en) {
      standing.why = {fmt::format("{}（{}）", ja, by.ja), fmt::format("{} ({})", en, by.en)};
    };
    const std::optional<Time> from =
        one.value.value() == nullptr ? std::nullopt : parse_time(*one.value.value());
    if (!from) {
      because("2 段階認証プロセスが必須か分かりません",
              "whether 2-Step Verification is enforced isn't known");
      return Known::unsure;
    }
    if (*from <= Time{}) {
      because("2 段階認証プロセスは必須ではありません", "2-Step Verification isn't enforced");
      return Known::no;
    }
    if (*from <= now_) return Known::yes;
    because("2 段階認証プロセスは、先の日付から必須になります",
            "2-Step Verification will be enforced from a date to come");
    return Known::no;
  }

  /// What policies and the directory say together: where they differ, neither is taken.
  Standing second_factor(std::size_t person) const {
    Standing standing;
    const bool by_policies = workspace_.policies.value() != nullptr;
    if (by_policies) standing = demanded(person, true);
    if (!values_.listed()) {
      if (const Standing alone = demanded(person, false); alone.good == Known::no) return alone;
      return standing;
    }
    const CloudSetting<bool>& told = values_.people()[person].enforced;
    if (told.value() == nullptr) {
      if (!told.lacks(Lack::absent)) standing.good = std::min(standing.good, Known::unsure);
      return standing;
    }
    const Known directory = *told.value() ? Known::yes : Known::no;
    if (standing.good == Known::unsure) {
      standing.good = directory;
      if (standing.why.en.empty())
        standing.why = {"2 段階認証プロセスは必須ではありません",
                        "2-Step Verification isn't enforced"};
    } else if (standing.good != directory) {
      standing.good = Known::unsure;
      standing.why = {"ポリシーとユーザーの一覧が食い違います",
                      "policies and the list of users don't agree"};
    }
    return standing;
  }

  void judge_second_factor(CloudRows& rows, std::string_view id, bool administrators) const {
    if (workspace_.policies.value() == nullptr && workspace_.people.value() == nullptr) {
      rows.add(id, lacking(workspace_.policies.lack()));
      return;
    }
    if (administrators && !values_.listed()) {
      rows.add(id, lacking(workspace_.people.lack()));
      return;
    }
    std::vector<PersonLeftOut> left;
    std::size_t all = 0;
    for (std::size_t i = 0; i < values_.people().size(); ++i) {
      const GooglePerson& person = values_.people()[i];
      if (person.active == Known::no) continue;
      if (administrators && person.administrator == Known::no) continue;
      ++all;
      const Standing standing = second_factor(i);
      if (standing.good == Known::yes) continue;
      const bool sure = standing.good == Known::no && person.active == Known::yes &&
                        (!administrators || person.administrator == Known::yes);
      left.push_back({shown(person),
                      person.email,
                      false,
                      sure,
                      is_emergency(declared_, person.email, person.id),
                      {standing.why}});
    }
    // A firm has somebody in it, and an administrator.
    if (all == 0)
      rows.add(id, lacking(Lack::not_readable));
    else if (values_.listed())
      rows.add(id, for_all(second_factor_of(left, all)), left);
    else
      rows.add(id, of_units(left));
  }

  Finding of_units(const std::vector<PersonLeftOut>& left) const {
    std::vector<std::string> sure, unsure;
    for (const PersonLeftOut& one : left) (one.sure ? sure : unsure).push_back(one.name);
    if (!sure.empty())
      return bad(fmt::format("2 段階認証プロセスが必須でない組織部門があります: {}", listed(sure)),
                 fmt::format("2-Step Verification isn't enforced in units: {}", listed(sure)),
                 std::to_string(sure.size()), "0");
    if (!unsure.empty())
      return unknown(
          fmt::format("2 段階認証プロセスが全員に必須か分からない組織部門があります: {}",
                      listed(unsure)),
          fmt::format("whether 2-Step Verification is enforced for everyone isn't known in "
                      "units: {}",
                      listed(unsure)));
    return good("どの組織部門でも 2 段階認証プロセスが必須です",
                "2-Step Verification is enforced in every unit", "0", "0");
  }

  Finding registered() const {
    if (!values_.listed()) return lacking(workspace_.people.lack());
    std::vector<std::string> without;
    std::size_t unsure = 0;
    std::size_t all = 0;
    for (const GooglePerson& person : values_.people()) {
      if (person.active == Known::no) continue;
      ++all;
      if (person.enrolled.value() == nullptr ||
          (person.active == Known::unsure && person.enrolled.is(false)))
        ++unsure;
      else if (person.enrolled.is(false) && !is_emergency(declared_, person.email, person.id))
        without.push_back(shown(person));
    }
    return registered_of(without, unsure, all);
  }

  Finding administrators() const {
    if (!values_.listed()) return lacking(workspace_.people.lack());
    std::size_t count = 0;
    for (const GooglePerson& person : values_.people()) {
      if (person.active == Known::no || person.administrator == Known::no) continue;
      if (person.active == Known::unsure || person.administrator == Known::unsure)
        return lacking(Lack::not_readable);
      ++count;
    }
    return administrators_of(count, {"特権管理者", "super administrator"});
  }

  const GoogleWorkspace& workspace_;
  const CloudDeclared& declared_;
  Time now_;
  GoogleValues values_;
};

}  // namespace

void judge_google(const GoogleWorkspace& workspace, const CloudDeclared& declared, Time now,
                  CloudRows& rows) {
  GoogleJudge(workspace, declared, now).judge(rows);
}

}  // namespace sekisho
