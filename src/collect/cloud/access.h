// SPDX-License-Identifier: Apache-2.0
// Whom conditional access covers, person by person, as Microsoft evaluates it: assignments, of
// which an exclusion overrides an inclusion, nested groups, roles held for the whole tenant, guests
// by kind; all policies together. A pure function of what an export holds.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "collect/cloud/entra.h"

namespace sekisho {

/// What is wanted of policies.
enum class AccessAim : std::uint8_t {
  second_factor,
  strong_factor,    // a second factor that can't be phished
  no_old_mail,      // Exchange ActiveSync, by which no second factor can be asked
  no_old_protocol,  // the other old protocols
  no_device_code,
};

/// Someone whom no policy covers, or of whom that can't be said.
struct LeftOut {
  std::size_t person = 0;     // place in the list of people
  Known covered = Known::no;  // no, or unsure
  std::vector<Text> reasons;  // why each policy that comes near doesn't count; at most three
};

/// Whether a policy serves an aim for those whom it applies to, and what keeps it from doing so.
struct PolicyWorth {
  Known counts = Known::no;
  bool near = false;  // it would, but for these
  std::vector<Text> but_for;
};
PolicyWorth worth(const AccessPolicy& policy, AccessAim aim);

/// Who is in each group or holds each role, groups within groups included. What was once worked out
/// is kept; what it is made of must outlive it.
class Memberships {
 public:
  Memberships(const std::vector<CloudPerson>& people,
              const CloudSetting<std::vector<CloudGroup>>& groups,
              const CloudSetting<CloudRoles>& roles);

  /// Who is in it at every moment, one answer a person: who joins for hours isn't sure to be.
  const std::vector<Known>& of_group(const std::string& id);
  /// Who is in it or can join whenever they like.
  const std::vector<Known>& may_be_in_group(const std::string& id);
  /// Who holds a role at every moment: who takes it up for hours isn't sure to.
  const std::vector<Known>& of_role(const std::string& id);
  /// Who holds it or can take it up whenever they like.
  const std::vector<Known>& may_have_role(const std::string& id);
  /// It may be anyone.
  const std::vector<Known>& anybody();
  /// As its page calls it; the id where that isn't known.
  std::string group_name(const std::string& id) const;

 private:
  /// A group with its members by their places, so that none is looked up twice.
  struct Places {
    std::vector<std::size_t> people;
    std::vector<std::size_t> groups;
    bool anybody = false;  // some of them aren't known
  };
  struct Group {
    const CloudGroup* group = nullptr;
    Places members;
    Places candidates;
  };
  Places placed(const std::vector<std::string>& ids) const;
  /// All of the groups that are reached from one, and whether some of them aren't known.
  struct Reached {
    std::vector<bool> groups;
    bool anybody = false;
  };
  Reached reached(const std::vector<std::size_t>& from, bool by_candidates) const;
  std::vector<Known> always_in(std::size_t group) const;
  std::vector<Known> ever_in(const std::vector<std::size_t>& groups) const;
  /// A person, or all of a group and of the groups in it.
  void add(const std::string& principal, bool ever, std::vector<Known>& into) const;
  std::vector<Known> holders_among(const CloudRoles::Holders& holders, const std::string& id,
                                   bool ever) const;

  std::unordered_map<std::string_view, std::size_t> people_;
  std::unordered_map<std::string_view, std::size_t> group_places_;
  std::vector<Group> groups_;
  const CloudRoles* roles_;
  std::size_t count_;
  std::vector<Known> anybody_;
  std::map<std::string, std::vector<Known>, std::less<>> group_members_;
  std::map<std::string, std::vector<Known>, std::less<>> group_candidates_;
  std::map<std::string, std::vector<Known>, std::less<>> role_holders_;
  std::map<std::string, std::vector<Known>, std::less<>> role_candidates_;
};

/// Those of `people` who are enabled (or may be) and aren't covered for sure.
std::vector<LeftOut> left_out(const std::vector<CloudPerson>& people,
                              const std::vector<AccessPolicy>& policies,
                              const CloudSetting<std::vector<CloudGroup>>& groups,
                              const CloudSetting<CloudRoles>& roles, AccessAim aim);
/// The same for several aims, of memberships that are worked out once.
std::vector<LeftOut> left_out(const std::vector<CloudPerson>& people,
                              const std::vector<AccessPolicy>& policies, Memberships& memberships,
                              AccessAim aim);

}  // namespace sekisho
