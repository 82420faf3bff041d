// SPDX-License-Identifier: Apache-2.0
// What is said to a directory whose request can't be met (RFC 7644, 3.12).
#pragma once

#include <expected>
#include <string>

#include "base/base.h"

namespace sekisho {

struct ScimError {
  unsigned status = 400;
  const char* type = "";  // scimType: invalidFilter, invalidPath, invalidValue, uniqueness …
  Text text;
  std::string reason{};  // for the operator alone
  std::string whom{};    // the address of who is meant, for the audit log
  std::string allow{};   // of a 405: the methods that there are
};
template <typename T>
using ScimResult = std::expected<T, ScimError>;

inline std::unexpected<ScimError> scim_error(unsigned status, const char* type, std::string ja,
                                             std::string en) {
  return std::unexpected(ScimError{status, type, {std::move(ja), std::move(en)}});
}

}  // namespace sekisho
