// SPDX-License-Identifier: Apache-2.0
// A Group as directories write it: whole, or as the changes of a PATCH. Of it the name, the
// directory's own id and its members are kept. Groups within groups are refused: who is in them
// would not be known.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <boost/json.hpp>

#include "server/directory/scim_error.h"
#include "store/id.h"

namespace sekisho {

struct MembersChange {
  enum class Kind { add, remove, set };
  Kind kind = Kind::set;
  std::vector<PersonId> whom{};

  bool operator==(const MembersChange&) const = default;
};

/// What is said of a group; what isn't said stays as it is.
struct GroupEdit {
  std::optional<std::string> name{};
  std::optional<std::string> external_id{};  // empty: none any more
  std::vector<MembersChange> members{};      // in their order

  bool operator==(const GroupEdit&) const = default;
};

/// The body of a POST or PUT.
ScimResult<GroupEdit> read_group(const boost::json::value& body);
/// The body of a PATCH, all of its operations in their order.
ScimResult<GroupEdit> read_group_patch(const boost::json::value& body);

}  // namespace sekisho
