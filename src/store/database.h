// One relational database behind one narrow interface, so that every query is written once: SQLite
// in a file, or PostgreSQL for several servers at once. Only SQL that both understand is used;
// where they differ (types, triggers) migrations.cpp says so.
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

/// One connection. Not for two threads at once.
class Database {
 public:
  enum class Kind : std::uint8_t { sqlite, postgres };

  Database() = default;
  virtual ~Database() = default;
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  virtual Kind kind() const = 0;
  /// Runs one statement; `?` stand for the values in turn.
  virtual Result<Rows> query(std::string_view sql, const Values& values = {}) = 0;
  /// The same for a statement that gives nothing back.
  Result<void> execute(std::string_view sql, const Values& values = {});
  /// Runs statements that take no values.
  virtual Result<void> script(const std::string& sql) = 0;
  /// Calls `row` with each row of a large answer without holding all; it stops when `row` says so.
  virtual Result<void> each(std::string_view sql, const Values& values,
                            const std::function<bool(const Row&)>& row) = 0;

  /// Runs `change` as one transaction: all of it is durable when this returns, or none of it was
  /// done. Writers of all servers take turns, so what `change` reads stays true until it ends.
  Result<void> write(const std::function<Result<void>()>& change);

  /// Runs `look` on the state of one moment, whatever writers do meanwhile.
  Result<void> snapshot(const std::function<Result<void>()>& look);

  /// Brings the tables up to this version; a database of a newer Sekisho is refused. `wanted`
  /// stops earlier, for tests.
  Result<void> migrate(std::optional<std::size_t> wanted = {});
  virtual Result<std::size_t> version() = 0;

 protected:
  virtual Result<void> begin() = 0;
  virtual Result<void> begin_snapshot() = 0;
  virtual Result<void> end(bool keep) = 0;
  virtual Result<void> set_version(std::size_t version) = 0;

 private:
  bool writing_ = false;
};

/// Opens `where` (postgres://… or a file's path, made with mode 0600) and migrates it.
Result<std::unique_ptr<Database>> open_database(const std::string& where);
/// The same without migrating.
Result<std::unique_ptr<Database>> connect_database(const std::string& where);

bool is_postgres(std::string_view where);

/// The tables with the names of their columns, as `database move` copies them: a table that others
/// point to comes first.
Result<std::vector<std::string>> table_names(Database& database);
/// Copies everything of `from` into `to`, whose tables must be there and empty. Ids are kept.
Result<std::size_t> copy_database(Database& from, Database& to);
/// Writes a consistent copy of a SQLite database to a new file while it is in use; of PostgreSQL,
/// a SQLite file with everything.
Result<void> backup_database(Database& from, const std::filesystem::path& to);

}  // namespace sekisho
