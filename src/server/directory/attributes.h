// SPDX-License-Identifier: Apache-2.0
// What bodies of SCIM have in common: names in either case, the schema that each must name, and the
// operations of a PATCH in the forms of RFC 7644, of Microsoft Entra ID ("Replace", "False" as
// text, dotted names) and of Okta (a value without path).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json.hpp>

#include "server/directory/filter.h"

namespace sekisho {

/// RFC 7643, 2.1: attributes are known in either case. `name` in small letters.
const boost::json::value* scim_member(const boost::json::object& object, std::string_view name);

std::unexpected<ScimError> wrong_value(std::string_view attribute, std::string_view ja,
                                       std::string_view en);
/// There is nothing that a path means.
std::unexpected<ScimError> no_target();

/// One line of at most 254 bytes that isn't empty.
ScimResult<std::string> id_in(std::string_view attribute, const boost::json::value& value);
/// Of an attribute that null takes away: empty then.
ScimResult<std::string> maybe_id_in(std::string_view attribute, const boost::json::value& value);

/// RFC 7644, 3.5.2: what a client may not write.
bool is_read_only(const std::string& name);
std::unexpected<ScimError> read_only(const std::string& name);

/// RFC 7643, 3; RFC 7644, 3.5.2: every body names what it is. `schema` in small letters.
ScimResult<void> must_say(const boost::json::value& body, std::string_view schema);

struct PatchOperation {
  enum class Kind { add, replace, remove };
  Kind kind = Kind::add;
  std::optional<AttributePath> path;          // none: the value is an object of attributes
  const boost::json::value* value = nullptr;  // in the body; of a removal perhaps none
};
/// Of a PATCH, 1 to 100 in their order.
ScimResult<std::vector<PatchOperation>> operations_in(const boost::json::value& body);

/// What they come to: `run(edit, operation)`, a ScimResult<void>, of each until one is refused.
template <typename Edit, typename Run>
ScimResult<Edit> edit_by(const boost::json::value& body, Run run) {
  const auto operations = operations_in(body);
  if (!operations) return std::unexpected(operations.error());
  Edit edit;
  for (const PatchOperation& one : *operations)
    if (auto ran = run(edit, one); !ran) return std::unexpected(ran.error());
  return edit;
}

}  // namespace sekisho
