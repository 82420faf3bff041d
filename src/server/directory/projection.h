// SPDX-License-Identifier: Apache-2.0
// Which attributes of a resource are answered (RFC 7644, 3.9).
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>

#include <boost/json.hpp>

#include "server/directory/scim_error.h"

namespace sekisho {

/// What `attributes` and `excludedAttributes` ask for; id and schemas are always there.
class Projection {
 public:
  static ScimResult<Projection> read(const std::optional<std::string>& attributes,
                                     const std::optional<std::string>& excluded);
  /// Without what isn't asked for.
  boost::json::object of(const boost::json::object& resource) const;
  /// Whether anything of an attribute may be asked for; `name` in small letters.
  bool wants(std::string_view name) const;

 private:
  std::set<std::string, std::less<>> only_;     // in small letters: username, emails.value
  std::set<std::string, std::less<>> without_;  // the same
};

}  // namespace sekisho
