#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <utility>

#include "base/text.h"

namespace sekisho {

/// Why something could not be done: what happened in both languages, and where
/// ("data/methods.yaml:12", "/etc/shadow"), empty when no place applies.
struct Error {
  Text message;
  std::string where;
  std::size_t more = 0;  // problems of a list that this stands for and that were not kept

  /// "where: message" in `lang`, for a terminal.
  std::string describe(Lang lang) const {
    return where.empty() ? message.in(lang) : where + ": " + message.in(lang);
  }
};

template <typename T>
using Result = std::expected<T, Error>;

/// The error of both languages, ready to be returned from a function that gives a Result.
inline std::unexpected<Error> failure(std::string ja, std::string en, std::string where = {}) {
  return std::unexpected(Error{Text{std::move(ja), std::move(en)}, std::move(where), 0});
}

}  // namespace sekisho
