// SPDX-License-Identifier: Apache-2.0
// People as a directory knows them, and what follows when it says that somebody came, changed or
// left. All within the write that is open.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <boost/json.hpp>

#include "server/api/call.h"
#include "server/directory/filter.h"
#include "server/directory/handlers.h"
#include "server/directory/user.h"

namespace sekisho {

struct Member {
  PersonId id;
  std::string user_name;
  std::string external_id;
  std::string name;
  std::string email;
  bool active = false;
  Time created_at;
  std::string family, given;  // parts of the name, where the directory has them
  Time changed_at;            // by a directory
};

struct Members {
  Call& call;  // by nobody in particular
  const Directory& by;

  /// Nothing for who isn't there, or was deleted.
  ScimResult<Member> find(PersonId id) const;
  struct Some {
    std::int64_t all = 0;
    std::vector<Member> these;
  };
  ScimResult<Some> list(const std::vector<Comparison>& which, std::int64_t skip,
                        std::int64_t most) const;

  /// Somebody new, as a teleworker, or with the roles that an invitation gives. Of who was deleted
  /// it is the same person under the same externalId only; anybody else gets the address and
  /// nothing of theirs.
  ScimResult<PersonId> create(const UserEdit& given) const;
  /// Who is no longer active is out at once: sessions, tokens and links end. Who comes back does so
  /// as a teleworker with nothing to sign in by but the company account, linked anew, and only if
  /// it was the directory that said they had left.
  ScimResult<void> change(PersonId id, const UserEdit& edit) const;
  /// They leave, and the directory sees them no more; here they stay, disabled, for as long as
  /// those do who left.
  ScimResult<void> remove(PersonId id) const;
  /// The roles that their groups at the directory give, where these decide.
  ScimResult<void> roles_follow(PersonId id) const;
  /// A line in the audit log, by the directory.
  Result<void> note(std::string_view action, const std::string& email,
                    boost::json::object detail = {}) const;

 private:
  /// Who has an address or a userName.
  struct Holder {
    PersonId id;
    bool gone = false;  // deleted there, and not let in again here
    std::string external_id;
    bool barred = false;  // disabled by an administrator here, not by the directory
  };
  ScimResult<std::vector<Holder>> holders(PersonId but, const std::string& email,
                                          const std::string& key) const;
  /// It goes to somebody else: what they did and what is known of them stays with who had it.
  ScimResult<void> give_up_address(const Holder& one) const;
  ScimResult<PersonId> join(const std::string& email, const std::string& name,
                            const std::vector<Holder>& before) const;
  ScimResult<void> set_names(const Member& member, const UserEdit& edit) const;
  ScimResult<void> leave(const Member& member) const;
  ScimResult<void> come_back(const Member& member) const;
};

}  // namespace sekisho
