// SPDX-License-Identifier: Apache-2.0
// Filters and paths of SCIM (RFC 7644, 3.4.2.2 and 3.5.2), as far as directories use them. What
// isn't read whole is refused: a filter that were left out would show, or change, other people than
// were meant.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "server/directory/scim_error.h"

namespace sekisho {

/// One comparison for equality; others are not known. Names are in small letters, without the
/// schema's URN.
struct Comparison {
  std::string attribute;  // username, emails.value
  std::variant<std::string, bool> value;

  bool operator==(const Comparison&) const = default;
};

/// `userName eq "a" and active eq true`: all of them hold. `emails[type eq "work"].value eq "a"`
/// compares emails.value; of an address's type nothing is kept.
ScimResult<std::vector<Comparison>> read_filter(std::string_view text);

/// `name.formatted`, `emails[type eq "work"].value`.
struct AttributePath {
  std::string attribute;
  std::vector<Comparison> which;  // of several values; none: all
  std::string part;               // empty: the whole

  bool operator==(const AttributePath&) const = default;
};
ScimResult<AttributePath> read_path(std::string_view text);

}  // namespace sekisho
