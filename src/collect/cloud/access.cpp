// SPDX-License-Identifier: Apache-2.0
#include "collect/cloud/access.h"

#include <algorithm>
#include <optional>
#include <unordered_set>

#include <fmt/format.h>

namespace sekisho {
namespace {

constexpr std::size_t kReasons = 3;

std::string quoted(const std::string& name) { return printable(name, 120); }

/// What kind of sign-in an aim is about: its policies may be limited to these.
bool allows(AccessAim aim, Narrowing narrowing) {
  if (aim == AccessAim::no_device_code) return narrowing == Narrowing::flows;
  return (aim == AccessAim::no_old_mail || aim == AccessAim::no_old_protocol) &&
         narrowing == Narrowing::clients;
}

/// An id as Microsoft makes them, in small letters: 8-4-4-4-12 hexadecimal digits.
bool is_id(std::string_view text) {
  constexpr std::string_view kForm = "00000000-0000-0000-0000-000000000000";
  return std::ranges::equal(text, kForm, [](char c, char form) {
    return form == '-' ? c == '-' : (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
  });
}

/// Whether a policy that applies to everything would do what is wanted.
Known does(const AccessPolicy& policy, AccessAim aim) {
  const auto concerns = [&](std::string_view client) {
    return policy.clients.empty() || policy.clients.contains(client);
  };
  switch (aim) {
    case AccessAim::second_factor: return policy.demands_mfa;
    case AccessAim::strong_factor: return std::max(policy.demands_strong, policy.blocks);
    // Old protocols can't send a second factor: where one is demanded they are refused.
    case AccessAim::no_old_mail:
      return concerns("exchangeactivesync") ? policy.demands_mfa : Known::no;
    case AccessAim::no_old_protocol: return concerns("other") ? policy.demands_mfa : Known::no;
    case AccessAim::no_device_code:
      return policy.device_code || !policy.narrowed.contains(Narrowing::flows) ? policy.blocks
                                                                               : Known::no;
  }
  return Known::no;
}

/// Whether a policy applies to a person, and by what it leaves them out.
struct Applies {
  Known included = Known::no;
  Known excluded = Known::no;
  Text by = {};  // the exclusion
};

class AccessJudge {
 public:
  AccessJudge(const std::vector<CloudPerson>& people, const std::vector<AccessPolicy>& policies,
              Memberships& memberships, AccessAim aim)
      : people_(people), policies_(policies), memberships_(memberships) {
    for (const AccessPolicy& policy : policies) worths_.push_back(worth(policy, aim));
    for (const AccessPolicy& policy : policies) audiences_.push_back(audience(policy));
  }

  std::vector<LeftOut> run() {
    std::vector<LeftOut> list;
    for (std::size_t person = 0; person < people_.size(); ++person) {
      if (people_[person].enabled == Known::no) continue;
      Known covered = Known::no;
      for (std::size_t i = 0; i < policies_.size() && covered != Known::yes; ++i)
        covered = std::max(covered, std::min(worths_[i].counts, applies_to(i, person)));
      if (covered != Known::yes) list.push_back({person, covered, reasons(person)});
    }
    return list;
  }

 private:
  struct Sets {
    std::unordered_set<std::string> included, excluded;
    std::vector<const std::vector<Known>*> in, out;  // of groups and roles
  };

  // Where nobody's group is asked, none is opened up.
  Sets audience(const AccessPolicy& policy) {
    Sets sets;
    sets.included.insert(policy.include.users.begin(), policy.include.users.end());
    sets.excluded.insert(policy.exclude.users.begin(), policy.exclude.users.end());
    for (const std::string& id : policy.include.groups)
      sets.in.push_back(&memberships_.of_group(id));
    for (const std::string& id : policy.include.roles) sets.in.push_back(&memberships_.of_role(id));
    for (const std::string& id : policy.exclude.groups)
      sets.out.push_back(&memberships_.may_be_in_group(id));
    for (const std::string& id : policy.exclude.roles)
      sets.out.push_back(&memberships_.may_have_role(id));
    // An id that nobody has is of somebody who is gone. A name isn't, and may be anybody's.
    const auto is_name = [&](const std::string& id) {
      return !is_id(id) && std::ranges::find(people_, id, &CloudPerson::id) == people_.end();
    };
    if (std::ranges::any_of(policy.exclude.users, is_name))
      sets.out.push_back(&memberships_.anybody());
    return sets;
  }

  static Known as_guest(const PolicyAudience& audience, const CloudPerson& person) {
    if (audience.guests.empty()) return Known::no;
    if (person.kind == CloudPerson::Kind::unsure) return Known::unsure;
    if (!audience.guests.contains(person.kind)) return Known::no;
    // An account of this tenant's own has no other tenant.
    const bool own = person.kind == CloudPerson::Kind::internal_guest;
    return audience.guests_of_some && !own ? Known::unsure : Known::yes;
  }

  static Known among(const PolicyAudience& audience, const std::unordered_set<std::string>& users,
                     const std::vector<const std::vector<Known>*>& sets, const CloudPerson& person,
                     std::size_t place) {
    Known found = as_guest(audience, person);
    if (audience.all || users.contains(person.id)) return Known::yes;
    for (const auto* set : sets) found = std::max(found, (*set)[place]);
    return found;
  }

  Known applies_to(std::size_t i, std::size_t person) const {
    if (worths_[i].counts == Known::no) return Known::no;
    const Sets& sets = audiences_[i];
    const CloudPerson& one = people_[person];
    if (policies_[i].unread) return Known::unsure;
    return std::min(among(policies_[i].include, sets.included, sets.in, one, person),
                    opposite(among(policies_[i].exclude, sets.excluded, sets.out, one, person)));
  }

  /// By what an exclusion catches somebody.
  std::optional<Text> excluded_by(std::size_t i, std::size_t person) {
    const PolicyAudience& out = policies_[i].exclude;
    const CloudPerson& one = people_[person];
    if (audiences_[i].excluded.contains(one.id) || out.all)
      return Text{"名前で除外されています", "excluded by name"};
    for (const std::string& id : out.groups) {
      const Known in = memberships_.may_be_in_group(id)[person];
      const std::string name = quoted(memberships_.group_name(id));
      if (in == Known::yes)
        return Text{fmt::format("グループ「{}」ごと除外されています", name),
                    fmt::format("excluded with the group '{}'", name)};
      if (in == Known::unsure)
        return Text{
            fmt::format("除外されているグループ「{}」の人か、入れる人（PIM）が分かりません", name),
            fmt::format("the group '{}' is excluded, and its members, or who can join it (PIM), "
                        "aren't known",
                        name)};
    }
    for (const std::string& id : out.roles) {
      const Known has = memberships_.may_have_role(id)[person];
      if (has == Known::yes)
        return Text{"役割ごと除外されています",
                    "excluded with a role that they hold or can take up"};
      if (has == Known::unsure)
        return Text{"除外されている役割を持つ人か、有効にできる人（PIM）が分かりません",
                    "a role is excluded, and who holds it or can take it up (PIM) isn't known"};
    }
    if (as_guest(out, one) != Known::no)
      return Text{"ゲストごと除外されています", "excluded with the guests"};
    return std::nullopt;
  }

  /// Why the policies that come near don't count for somebody, those that exclude them first.
  std::vector<Text> reasons(std::size_t person) {
    std::vector<Text> first, then;
    for (std::size_t i = 0; i < policies_.size() && first.size() < kReasons; ++i) {
      if (!worths_[i].near) continue;
      const Sets& sets = audiences_[i];
      const Known in = among(policies_[i].include, sets.included, sets.in, people_[person], person);
      if (in == Known::no) continue;
      const std::string name = quoted(policies_[i].name);
      const auto of = [&](const Text& why) {
        return Text{fmt::format("「{}」: {}", name, why.ja), fmt::format("'{}': {}", name, why.en)};
      };
      if (const auto by = excluded_by(i, person))
        first.push_back(of(*by));
      else if (!worths_[i].but_for.empty())
        then.push_back(of(worths_[i].but_for.front()));
      else if (in == Known::unsure)
        then.push_back(of({"対象のグループや役割の人が分かりません",
                           "the people of its groups or roles aren't known"}));
    }
    first.insert(first.end(), then.begin(), then.end());
    if (first.empty())
      first.push_back({"どのポリシーの対象にもなっていません", "no such policy includes them"});
    if (first.size() > kReasons) first.resize(kReasons);
    return first;
  }

  const std::vector<CloudPerson>& people_;
  const std::vector<AccessPolicy>& policies_;
  Memberships& memberships_;
  std::vector<PolicyWorth> worths_;
  std::vector<Sets> audiences_;
};

}  // namespace

PolicyWorth worth(const AccessPolicy& policy, AccessAim aim) {
  PolicyWorth worth{policy.unread ? Known::unsure : does(policy, aim), false, {}};
  if (worth.counts == Known::no || policy.state == AccessPolicy::State::disabled)
    return {Known::no, false, {}};
  worth.near = true;
  const auto but = [&](Known counts, Text why) {
    worth.counts = std::min(worth.counts, counts);
    worth.but_for.push_back(std::move(why));
  };
  if (policy.state == AccessPolicy::State::report_only)
    but(Known::no, {"レポート専用で、まだ効いていません", "report-only, so not enforced"});
  if (policy.state == AccessPolicy::State::unsure)
    but(Known::unsure, {"有効かどうか分かりません", "whether it is on isn't known"});
  for (const Narrowing narrowing : policy.narrowed)
    if (!allows(aim, narrowing) && !policy.unread) but(Known::no, label(narrowing));
  if (policy.unread)
    but(Known::unsure, {"読み取れていない部分があります", "some of it couldn't be read"});
  else if (!policy.understood || worth.counts == Known::unsure)
    but(Known::unsure,
        {"Sekisho の知らない条件があります", "it has conditions that Sekisho doesn't know"});
  return worth;
}

std::vector<LeftOut> left_out(const std::vector<CloudPerson>& people,
                              const std::vector<AccessPolicy>& policies,
                              const CloudSetting<std::vector<CloudGroup>>& groups,
                              const CloudSetting<CloudRoles>& roles, AccessAim aim) {
  Memberships memberships(people, groups, roles);
  return left_out(people, policies, memberships, aim);
}

std::vector<LeftOut> left_out(const std::vector<CloudPerson>& people,
                              const std::vector<AccessPolicy>& policies, Memberships& memberships,
                              AccessAim aim) {
  return AccessJudge(people, policies, memberships, aim).run();
}

Memberships::Memberships(const std::vector<CloudPerson>& people,
                         const CloudSetting<std::vector<CloudGroup>>& groups,
                         const CloudSetting<CloudRoles>& roles)
    : roles_(roles.value()), count_(people.size()) {
  for (std::size_t i = 0; i < people.size(); ++i) people_.emplace(people[i].id, i);
  if (groups.value() == nullptr) return;
  for (const CloudGroup& group : *groups.value())
    if (group_places_.emplace(group.id, groups_.size()).second) groups_.push_back({&group, {}, {}});
  for (Group& each : groups_) {
    const CloudGroup& group = *each.group;
    each.members = placed(group.members);
    // Who is a person for sure and isn't in the list can't be judged (Entra::people_missing).
    for (const std::string& id : group.people)
      if (const auto person = people_.find(id); person != people_.end())
        each.members.people.push_back(person->second);
    each.candidates = placed(group.candidates);
    each.members.anybody = each.members.anybody || !group.whole;
    each.candidates.anybody = each.candidates.anybody || !group.candidates_known;
  }
}

/// What isn't known to be a person or a group may be a group with anybody in it.
Memberships::Places Memberships::placed(const std::vector<std::string>& ids) const {
  Places places;
  for (const std::string& id : ids)
    if (const auto person = people_.find(id); person != people_.end())
      places.people.push_back(person->second);
    else if (const auto group = group_places_.find(id); group != group_places_.end())
      places.groups.push_back(group->second);
    else
      places.anybody = true;
  return places;
}

std::string Memberships::group_name(const std::string& id) const {
  const auto found = group_places_.find(id);
  const std::string name =
      found == group_places_.end() ? std::string() : groups_[found->second].group->name;
  return name.empty() ? id : name;
}

Memberships::Reached Memberships::reached(const std::vector<std::size_t>& from,
                                          bool by_candidates) const {
  Reached found{std::vector<bool>(groups_.size()), false};
  std::vector<std::size_t> open = from;
  while (!open.empty()) {
    const std::size_t place = open.back();
    open.pop_back();
    if (found.groups[place]) continue;
    found.groups[place] = true;
    for (const Places* some : {&groups_[place].members, &groups_[place].candidates}) {
      if (!by_candidates && some != &groups_[place].members) continue;
      found.anybody = found.anybody || some->anybody;
      open.insert(open.end(), some->groups.begin(), some->groups.end());
    }
  }
  return found;
}

std::vector<Known> Memberships::ever_in(const std::vector<std::size_t>& groups) const {
  const Reached all = reached(groups, true);
  std::vector<Known> in(count_, all.anybody ? Known::unsure : Known::no);
  for (std::size_t place = 0; place < groups_.size(); ++place)
    if (all.groups[place])
      for (const Places* some : {&groups_[place].members, &groups_[place].candidates})
        for (const std::size_t person : some->people) in[person] = Known::yes;
  return in;
}

/// Who is in it now, but for those who may be so for some hours only.
std::vector<Known> Memberships::always_in(std::size_t group) const {
  const Reached now = reached({group}, false);
  std::vector<bool> at_times(count_);
  std::vector<std::size_t> joining;
  bool unread = false;
  for (std::size_t place = 0; place < groups_.size(); ++place) {
    if (!now.groups[place]) continue;
    const Places& candidates = groups_[place].candidates;
    unread = unread || candidates.anybody;
    for (const std::size_t person : candidates.people) at_times[person] = true;
    joining.insert(joining.end(), candidates.groups.begin(), candidates.groups.end());
  }
  const std::vector<Known> with_groups = ever_in(joining);
  std::vector<Known> in(count_, now.anybody ? Known::unsure : Known::no);
  for (std::size_t person = 0; person < count_; ++person)
    if (at_times[person] || with_groups[person] != Known::no) in[person] = Known::unsure;
  for (std::size_t place = 0; place < groups_.size(); ++place)
    if (now.groups[place])
      for (const std::size_t person : groups_[place].members.people)
        in[person] = unread || at_times[person] || with_groups[person] != Known::no ? Known::unsure
                                                                                    : Known::yes;
  return in;
}

void Memberships::add(const std::string& principal, bool ever, std::vector<Known>& into) const {
  if (const auto person = people_.find(principal); person != people_.end()) {
    into[person->second] = Known::yes;
    return;
  }
  const auto group = group_places_.find(principal);
  const std::vector<Known> in = group == group_places_.end()
                                    ? std::vector<Known>(count_, Known::unsure)
                                : ever ? ever_in({group->second})
                                       : always_in(group->second);
  for (std::size_t i = 0; i < count_; ++i) into[i] = std::max(into[i], in[i]);
}

const std::vector<Known>& Memberships::of_group(const std::string& id) {
  const auto [found, fresh] = group_members_.try_emplace(id);
  if (fresh) {
    found->second.assign(count_, Known::no);
    add(id, false, found->second);
  }
  return found->second;
}

const std::vector<Known>& Memberships::may_be_in_group(const std::string& id) {
  const auto [found, fresh] = group_candidates_.try_emplace(id);
  if (fresh) {
    found->second.assign(count_, Known::no);
    add(id, true, found->second);
  }
  return found->second;
}

const std::vector<Known>& Memberships::anybody() {
  anybody_.assign(count_, Known::unsure);
  return anybody_;
}

/// Of a role that isn't there nobody, as far as the list has every role.
std::vector<Known> Memberships::holders_among(const CloudRoles::Holders& holders,
                                              const std::string& id, bool ever) const {
  std::vector<Known> found(count_, Known::no);
  if (const auto role = holders.find(id); role != holders.end())
    for (const std::string& holder : role->second) add(holder, ever, found);
  else if (!roles_->whole || !is_id(id))  // what is no id may be the name of a role with holders
    found.assign(count_, Known::unsure);
  return found;
}

const std::vector<Known>& Memberships::of_role(const std::string& id) {
  const auto [found, fresh] = role_holders_.try_emplace(id);
  if (!fresh) return found->second;
  std::vector<Known>& into = found->second;
  into.assign(count_, Known::unsure);
  if (roles_ == nullptr || !roles_->eligible_known) return into;
  into = holders_among(roles_->holders, id, false);
  // Whether somebody who can take it up holds it at the moment of a sign-in isn't known.
  if (const auto role = roles_->eligible.find(id); role != roles_->eligible.end()) {
    std::vector<Known> at_times(count_, Known::no);
    for (const std::string& holder : role->second) add(holder, true, at_times);
    for (std::size_t i = 0; i < count_; ++i)
      if (at_times[i] != Known::no) into[i] = Known::unsure;
  }
  return into;
}

const std::vector<Known>& Memberships::may_have_role(const std::string& id) {
  const auto [found, fresh] = role_candidates_.try_emplace(id);
  if (!fresh) return found->second;
  std::vector<Known>& into = found->second;
  into.assign(count_, Known::unsure);
  if (roles_ == nullptr) return into;
  into = holders_among(roles_->holders, id, true);
  if (const auto role = roles_->eligible.find(id); role != roles_->eligible.end())
    for (const std::string& holder : role->second) add(holder, true, into);
  if (!roles_->eligible_known)
    for (Known& one : into) one = std::max(one, Known::unsure);
  return into;
}

}  // namespace sekisho
