// SPDX-License-Identifier: Apache-2.0
#include <sqlite3.h>

#include <unordered_map>

#include <fmt/format.h>

#include "store/open.h"
#include "store/replaced.h"
#include "store/sqlite/file.h"

namespace sekisho {
namespace {

using SqliteHandle = std::unique_ptr<sqlite3, decltype([](sqlite3* db) { sqlite3_close(db); })>;
using Statement =
    std::unique_ptr<sqlite3_stmt, decltype([](sqlite3_stmt* s) { sqlite3_finalize(s); })>;
constexpr std::size_t kKeptSqlite = 300;

/// What an error means for who asked (https://sqlite.org/rescode.html).
Fault fault_of(int extended) {
  switch (extended) {
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_FOREIGNKEY: return Fault::conflict;
    default: break;
  }
  switch (extended & 0xFF) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_NOMEM:
    case SQLITE_INTERRUPT:
    case SQLITE_PROTOCOL: return Fault::unavailable;
    default: return Fault::broken;
  }
}

Error replaced(const std::string& path) { return {kReplaced, path, Fault::unavailable}; }

class SqliteConnection : public Connection {
 public:
  SqliteConnection(SqliteHandle handle, std::string path)
      : db_(std::move(handle)), path_(std::move(path)) {}

  /// From now on writes only while the files that are open lie in their place.
  void watch(std::shared_ptr<OpenFiles> files) { files_ = std::move(files); }

  Kind kind() const override { return Kind::sqlite; }
  State state() const override {
    if (sqlite3_get_autocommit(db_.get()) == 0) return State::open;
    return stepping_ == 0 ? State::idle : State::lost;
  }

  Result<Rows> query(std::string_view sql, const Values& values) override {
    Rows rows;
    auto done = each(sql, values, [&](const Row& row) {
      rows.push_back(row);
      return true;
    });
    if (!done) return std::unexpected(done.error());
    return rows;
  }

  Result<void> each(std::string_view sql, const Values& values, const Take& row) override {
    // A statement that is still stepping, in a caller up the stack, is not used twice.
    Statement fresh;
    sqlite3_stmt* statement = cached(sql);
    if (statement == nullptr || sqlite3_stmt_busy(statement) != 0) {
      fresh = prepare(sql);
      statement = fresh.get();
    }
    if (statement == nullptr) return broken();
    // What changes something by itself is its own commit.
    if (sqlite3_get_autocommit(db_.get()) != 0 && sqlite3_stmt_readonly(statement) == 0)
      if (auto may = in_place(); !may) return may;
    const Stepping stepping(*this, statement);
    for (std::size_t i = 0; i < values.size(); ++i)
      if (bind(statement, static_cast<int>(i + 1), values[i]) != SQLITE_OK) return broken();
    int step = SQLITE_ROW;
    while ((step = sqlite3_step(statement)) == SQLITE_ROW)
      if (!row(read(statement))) break;
    return step == SQLITE_ROW || step == SQLITE_DONE ? Result<void>() : broken();
  }

  Result<void> script(const std::string& sql) override {
    if (sqlite3_exec(db_.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
      return broken();
    return {};
  }

  Result<std::unique_ptr<Loader>> load(const std::string& table,
                                       const std::vector<std::string>& columns) override {
    const std::string marks(columns.size(), '?');
    return std::make_unique<Inserts>(
        *this, fmt::format("INSERT INTO {} ({}) VALUES ({})", table, fmt::join(columns, ", "),
                           fmt::join(marks, ", ")));
  }

  Result<void> begin_change() override {
    if (auto may = in_place(); !may) return may;
    return script("BEGIN IMMEDIATE");
  }
  Result<void> begin_snapshot() override { return script("BEGIN"); }
  Result<void> commit() override {
    if (auto may = in_place(); !may) return may;
    return script("COMMIT");
  }
  Result<void> roll_back() override {
    // Some errors have rolled back already.
    if (sqlite3_get_autocommit(db_.get()) != 0) return {};
    return script("ROLLBACK");
  }

  Result<std::size_t> version() override {
    const auto rows = query("PRAGMA user_version", {});
    if (!rows) return std::unexpected(rows.error());
    return static_cast<std::size_t>(rows->front().integer(0));
  }
  Result<void> set_version(std::size_t version) override {
    return script(fmt::format("PRAGMA user_version = {}", version));
  }

 private:
  Result<void> in_place() const {
    if (!files_ || files_->in_place()) return {};
    return std::unexpected(replaced(path_));
  }

  /// However it ends, a statement is left ready for the next.
  class Stepping {
   public:
    Stepping(SqliteConnection& connection, sqlite3_stmt* statement)
        : connection_(connection), statement_(statement) {
      ++connection_.stepping_;
    }
    ~Stepping() {
      sqlite3_reset(statement_);
      sqlite3_clear_bindings(statement_);
      --connection_.stepping_;
    }
    Stepping(const Stepping&) = delete;
    Stepping& operator=(const Stepping&) = delete;

   private:
    SqliteConnection& connection_;
    sqlite3_stmt* statement_;
  };

  class Inserts : public Loader {
   public:
    Inserts(SqliteConnection& connection, std::string sql)
        : connection_(connection), sql_(std::move(sql)) {}
    Result<void> put(const Values& row) override {
      return connection_.each(sql_, row, [](const Row&) { return true; });
    }
    Result<void> finish() override { return {}; }

   private:
    SqliteConnection& connection_;
    std::string sql_;
  };

  Statement prepare(std::string_view sql) const {
    sqlite3_stmt* statement = nullptr;
    sqlite3_prepare_v2(db_.get(), sql.data(), static_cast<int>(sql.size()), &statement, nullptr);
    return Statement(statement);
  }
  /// Null when it can't be prepared, or not be kept.
  sqlite3_stmt* cached(std::string_view sql) {
    const auto found = statements_.find(std::string(sql));
    if (found != statements_.end()) return found->second.get();
    if (statements_.size() >= kKeptSqlite) {
      if (stepping_ != 0) return nullptr;  // one of them is in use
      statements_.clear();
    }
    Statement made = prepare(sql);
    if (!made) return nullptr;
    return statements_.emplace(sql, std::move(made)).first->second.get();
  }
  static int bind(sqlite3_stmt* statement, int at, const Value& value) {
    if (const auto* number = std::get_if<std::int64_t>(&value))
      return sqlite3_bind_int64(statement, at, *number);
    if (const auto* text = std::get_if<std::string>(&value))
      return sqlite3_bind_text64(statement, at, text->data(), text->size(),
                                 SQLITE_TRANSIENT,  // NOLINT
                                 SQLITE_UTF8);
    if (const auto* bytes = std::get_if<Bytes>(&value))
      return sqlite3_bind_blob64(statement, at, bytes->data.data(), bytes->data.size(),
                                 SQLITE_TRANSIENT);  // NOLINT
    return sqlite3_bind_null(statement, at);
  }
  static Row read(sqlite3_stmt* statement) {
    std::vector<std::variant<std::monostate, std::int64_t, std::string>> values;
    const int count = sqlite3_column_count(statement);
    values.reserve(static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i) {
      const int type = sqlite3_column_type(statement, i);
      if (type == SQLITE_INTEGER) {
        values.emplace_back(static_cast<std::int64_t>(sqlite3_column_int64(statement, i)));
      } else if (type == SQLITE_NULL) {
        values.emplace_back();
      } else {
        const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement, i));
        const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement, i));
        values.emplace_back(bytes == nullptr ? std::string() : std::string(bytes, size));
      }
    }
    return Row(std::move(values));
  }
  std::unexpected<Error> broken() const {
    const Fault fault = fault_of(sqlite3_extended_errcode(db_.get()));
    std::string reason = printable(sqlite3_errmsg(db_.get()));
    if (fault == Fault::conflict)
      return std::unexpected(
          Error{{"同じものがもうあるか、元になるものがもうありません。",
                 "there is something like it already, or what it belongs to is gone."},
                path_,
                fault,
                std::move(reason)});
    return std::unexpected(
        Error{{"記録のファイルを使えません。", "the record file cannot be used."},
              path_,
              fault,
              std::move(reason)});
  }

  SqliteHandle db_;
  std::string path_;
  std::shared_ptr<OpenFiles> files_;
  int stepping_ = 0;
  std::unordered_map<std::string, Statement> statements_;  // closed before db_
};

Result<std::unique_ptr<SqliteConnection>> connect(const std::filesystem::path& path, int flags) {
  sqlite3* raw = nullptr;
  const int opened = sqlite3_open_v2(path.string().c_str(), &raw,
                                     flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
  SqliteHandle handle(raw);
  if (opened != SQLITE_OK)
    return std::unexpected(
        Error{{"記録のファイルを開けません。", "the record file cannot be opened."},
              path.string(),
              Fault::unavailable,
              raw == nullptr ? std::string() : printable(sqlite3_errmsg(raw))});
  sqlite3_busy_timeout(raw, 10'000);
  return std::make_unique<SqliteConnection>(std::move(handle), path.string());
}

/// What SQLite says of a file that it can't read, in words.
Error in_words(Error error, const std::filesystem::path& path) {
  if (error.fault != Fault::broken) return error;
  error.message = {
      "記録のファイルが壊れているか、Sekisho の記録ではありません。ファイル名を確かめるか、"
      "バックアップから復元してください。",
      "the record file is damaged, or is none of Sekisho's; check its name, or restore a backup."};
  error.where = path.string();
  return error;
}

}  // namespace

Result<std::unique_ptr<Connection>> open_sqlite_file(const std::filesystem::path& path) {
  // Only the first makes the file: one that is gone from under the others isn't made anew.
  if (const auto others = OpenFiles::at(path); others && !others->in_place())
    return std::unexpected(replaced(path.string()));
  if (auto ready = prepare_file(path); !ready) return std::unexpected(ready.error());
  auto connection = connect(path, SQLITE_OPEN_READWRITE);
  if (!connection) return std::unexpected(connection.error());
  // Its header and what it holds are read here, and its log is open afterwards.
  if (auto set = (*connection)
                     ->script("PRAGMA foreign_keys = ON; PRAGMA journal_mode = WAL; PRAGMA "
                              "synchronous = FULL; PRAGMA secure_delete = ON; SELECT COUNT(*) FROM "
                              "sqlite_schema;");
      !set)
    return std::unexpected(in_words(set.error(), path));
  auto files = OpenFiles::opened(path);
  if (!files->in_place()) return std::unexpected(replaced(path.string()));
  (*connection)->watch(std::move(files));
  return connection;
}

Result<std::unique_ptr<Connection>> read_sqlite_file(const std::filesystem::path& path) {
  if (auto there = find_file(path); !there) return std::unexpected(there.error());
  auto connection = connect(path, SQLITE_OPEN_READONLY);
  if (!connection) return std::unexpected(connection.error());
  return connection;
}

}  // namespace sekisho
