// SPDX-License-Identifier: Apache-2.0
// A User as directories write it: whole, or as the changes of a PATCH in the forms of RFC 7644, of
// Microsoft Entra ID ("Replace", "False" as text, dotted names) and of Okta (a value without path).
// Of it only the address, the name, the two ids and whether somebody is active is kept; the rest is
// left aside.
#pragma once

#include <optional>
#include <string>

#include <boost/json.hpp>

#include "server/directory/scim_error.h"

namespace sekisho {

/// What is said of somebody; what isn't said stays as it is.
struct UserEdit {
  std::optional<std::string> user_name{};
  std::optional<std::string> external_id{};  // empty: none any more
  std::optional<std::string> name{};
  std::optional<std::string> family{};  // parts of it; empty: none any more
  std::optional<std::string> given{};
  std::optional<std::string> email{};  // in small letters
  std::optional<bool> active{};
  /// A path meant the address with this value: if it is another, there is no such target.
  std::optional<std::string> email_was{};

  bool operator==(const UserEdit&) const = default;
};

/// In Japanese the family's name stands first.
std::string joined_name(const std::string& family, const std::string& given);

/// The body of a POST or PUT.
ScimResult<UserEdit> read_user(const boost::json::value& body);
/// The body of a PATCH, all of its operations in their order.
ScimResult<UserEdit> read_patch(const boost::json::value& body);

}  // namespace sekisho
