// SPDX-License-Identifier: Apache-2.0
// The groups of a directory and who is in them. Where an administrator said so, they give roles as
// the groups of a sign-in do (people/oidc_roles.h), from the change on.
#pragma once

#include <set>

#include "server/directory/group.h"
#include "server/directory/members.h"

namespace sekisho {

using DirectoryGroupId = Id<struct DirectoryGroup_>;

struct DirectoryGroup {
  DirectoryGroupId id;
  std::string name;
  std::string external_id;
  Time created_at;
  Time changed_at;
};

struct Groups {
  const Members& people;

  ScimResult<DirectoryGroup> find(DirectoryGroupId id) const;
  struct Some {
    std::int64_t all = 0;
    std::vector<DirectoryGroup> these;
  };
  ScimResult<Some> list(const std::vector<Comparison>& which, std::int64_t skip,
                        std::int64_t most) const;
  /// Who is in it, as far as the directory sees them: id and name.
  ScimResult<std::vector<std::pair<PersonId, std::string>>> members(DirectoryGroupId id) const;

  // Each in the write that is open; roles follow at once.
  ScimResult<DirectoryGroupId> create(const GroupEdit& given) const;
  ScimResult<void> change(DirectoryGroupId id, const GroupEdit& edit) const;
  ScimResult<void> remove(DirectoryGroupId id) const;

 private:
  ScimResult<std::set<PersonId>> inside(DirectoryGroupId id) const;
  ScimResult<void> set_members(DirectoryGroupId id, const std::set<PersonId>& before,
                               const std::set<PersonId>& after) const;
  ScimResult<void> roles_follow(const std::set<PersonId>& whom) const;
};

}  // namespace sekisho
