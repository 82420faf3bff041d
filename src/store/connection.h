// SPDX-License-Identifier: Apache-2.0
// What a kind of database has to do: statements, and the two ends of a transaction. Database
// (database.h) is what everybody else uses; it alone decides when a transaction begins and ends.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/base.h"

namespace sekisho {

struct Bytes {
  std::string data;
};
/// A parameter: NULL, a number, UTF-8 text, or bytes.
using Value = std::variant<std::monostate, std::int64_t, std::string, Bytes>;
using Values = std::vector<Value>;

/// What a query gave: text and bytes alike come as strings.
class Row {
 public:
  explicit Row(std::vector<std::variant<std::monostate, std::int64_t, std::string>> values)
      : values_(std::move(values)) {}
  bool null(std::size_t at) const { return std::holds_alternative<std::monostate>(values_.at(at)); }
  /// 0 when the value is NULL or text.
  std::int64_t integer(std::size_t at) const;
  /// Empty when the value is NULL.
  std::string text(std::size_t at) const;
  /// An id of the kind; none when the value is NULL.
  template <typename Id>
  Id id(std::size_t at) const {
    return Id(integer(at));
  }
  Time time(std::size_t at) const { return Time(std::chrono::seconds(integer(at))); }
  std::size_t size() const { return values_.size(); }
  Value value(std::size_t at) const;

 private:
  std::vector<std::variant<std::monostate, std::int64_t, std::string>> values_;
};
using Rows = std::vector<Row>;

inline Value value_of(Time time) { return time.time_since_epoch().count(); }
inline Value value_of(std::optional<std::int64_t> number) {
  return number ? Value(*number) : Value(std::monostate());
}

/// Takes many rows of one table, inside a change; nothing is certain before finish().
class Loader {
 public:
  Loader() = default;
  virtual ~Loader() = default;
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;
  virtual Result<void> put(const Values& row) = 0;
  virtual Result<void> finish() = 0;
};

/// One connection to one kind of database. Not for two threads at once.
class Connection {
 public:
  enum class Kind : std::uint8_t { sqlite, postgres };
  /// Where its transaction stands, as the database itself has it.
  enum class State : std::uint8_t { idle, open, lost };
  using Take = std::function<bool(const Row&)>;

  Connection() = default;
  virtual ~Connection() = default;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  virtual Kind kind() const = 0;
  virtual State state() const = 0;

  virtual Result<Rows> query(std::string_view sql, const Values& values) = 0;
  virtual Result<void> each(std::string_view sql, const Values& values, const Take& row) = 0;
  virtual Result<void> script(const std::string& sql) = 0;
  virtual Result<std::unique_ptr<Loader>> load(const std::string& table,
                                               const std::vector<std::string>& columns) = 0;

  /// A change waits for its turn among all writers. When one of these fails, state() tells what is
  /// left to roll back.
  virtual Result<void> begin_change() = 0;
  virtual Result<void> begin_snapshot() = 0;
  virtual Result<void> commit() = 0;
  virtual Result<void> roll_back() = 0;

  virtual Result<std::size_t> version() = 0;
  virtual Result<void> set_version(std::size_t version) = 0;
};

}  // namespace sekisho
