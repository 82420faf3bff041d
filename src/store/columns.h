// SPDX-License-Identifier: Apache-2.0
// A row as a struct: beside each member stands the column that it comes from, so that no column is
// read by its number.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "store/database.h"
#include "store/id.h"

namespace sekisho {

/// One column and the member that takes it. What may be NULL goes into an optional; a bool is a
/// number other than 0.
template <typename T>
struct Column {
  const char* sql;
  std::variant<std::int64_t T::*, std::string T::*, bool T::*, Time T::*,
               std::optional<std::int64_t> T::*, std::optional<Time> T::*, DeviceId T::*,
               PersonId T::*, std::optional<PersonId> T::*>
      member;
};

/// "d.id, d.name": what to SELECT for a T, whose `columns()` gives its Columns.
template <typename T>
std::string columns_of() {
  std::string list;
  for (const Column<T>& column : T::columns())
    list += (list.empty() ? "" : ", ") + std::string(column.sql);
  return list;
}

/// The T in a row whose columns from `at` on are those of columns_of<T>().
template <typename T>
T read_as(const Row& row, std::size_t at = 0) {
  struct Read {
    const Row& row;
    std::size_t at;
    void operator()(std::int64_t& into) const { into = row.integer(at); }
    void operator()(std::string& into) const { into = row.text(at); }
    void operator()(bool& into) const { into = row.integer(at) != 0; }
    void operator()(Time& into) const { into = row.time(at); }
    void operator()(std::optional<std::int64_t>& into) const {
      if (!row.null(at)) into = row.integer(at);
    }
    void operator()(std::optional<Time>& into) const {
      if (!row.null(at)) into = row.time(at);
    }
    void operator()(DeviceId& into) const { into = row.id<DeviceId>(at); }
    void operator()(PersonId& into) const { into = row.id<PersonId>(at); }
    void operator()(std::optional<PersonId>& into) const {
      if (!row.null(at)) into = row.id<PersonId>(at);
    }
  };
  T value;
  for (const Column<T>& column : T::columns()) {
    std::visit([&](auto member) { Read{row, at}(value.*member); }, column.member);
    ++at;
  }
  return value;
}

}  // namespace sekisho
