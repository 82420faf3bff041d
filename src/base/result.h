// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <utility>

#include "base/text.h"

namespace sekisho {

/// What kind of error it is, for whoever decides what comes of it.
enum class Fault : std::uint8_t {
  plain,      // its words say all
  malformed,  // what was sent can't be read
  invalid,    // it can be read, and isn't taken
  too_large,
  forbidden,
  missing,
  changed,      // what it was to build on is no longer so
  conflict,     // it doesn't fit with what is there already
  unavailable,  // not now; later perhaps
  broken,       // a fault of ours, or of what is kept
};

/// Why something could not be done: what happened in both languages, and where
/// ("data/methods.yaml:12", "/etc/shadow"), empty when no place applies.
struct Error {
  Text message;
  std::string where;
  Fault fault = Fault::plain;
  std::string reason = {};  // NOLINT(*-redundant-member-init): what a database or system said, for
                            // the operator's eyes alone
  std::size_t more = 0;     // problems of a list that this stands for and that were not kept

  /// "where: message (reason)" in `lang`, for the operator's terminal.
  std::string describe(Lang lang) const {
    std::string text = where.empty() ? message.in(lang) : where + ": " + message.in(lang);
    if (!reason.empty()) text += " (" + reason + ")";
    return text;
  }
};

template <typename T>
using Result = std::expected<T, Error>;

/// The error of both languages, ready to be returned from a function that gives a Result.
inline std::unexpected<Error> failure(std::string ja, std::string en, std::string where = {}) {
  return std::unexpected(Error{Text{std::move(ja), std::move(en)}, std::move(where)});
}

}  // namespace sekisho
