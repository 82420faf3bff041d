// SPDX-License-Identifier: Apache-2.0
// ClickHouse by its HTTP interface, for what is counted rather than recorded: rows are only added
// and read, in RowBinary (numbers of 64 bits, little endian; bytes after their length as LEB128).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/base.h"

namespace sekisho {

struct ClickHouseOptions {
  std::string address;  // http://user@127.0.0.1:8123/database; empty: none
  std::string password;
};

class ClickHouse {
 public:
  /// https, or http on loopback; a password in the address is refused. Does not connect yet.
  static Result<ClickHouse> at(const ClickHouseOptions& options);

  /// Runs one statement; `rows` go with an INSERT.
  Result<void> run(std::string_view sql, std::string_view rows = {}) const;

  /// A row's Int64 columns, then its String column if it has one.
  using TakeRow = std::function<Result<void>(std::span<const std::int64_t>, std::string_view)>;
  /// Runs a SELECT and gives each row of the answer to `take` without holding all.
  Result<void> each(const std::string& sql, std::size_t numbers, bool with_text,
                    const TakeRow& take) const;

 private:
  ClickHouse() = default;
  std::string url_;
  std::string user_;
  std::string password_;
};

/// Takes the whole rows off the front of `bytes` and leaves the beginning of one. A row with more
/// than kMostRowBytes is an error.
Result<void> take_rows(std::string_view& bytes, std::size_t numbers, bool with_text,
                       const ClickHouse::TakeRow& take);
inline constexpr std::size_t kMostRowBytes = std::size_t{256} << 20U;

/// Appends values as rows are written.
void add_number(std::string& rows, std::int64_t value);
void add_text(std::string& rows, std::string_view value);

}  // namespace sekisho
