#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <unordered_map>

#include <fmt/format.h>

#include "store/open.h"

namespace sekisho {
namespace {

using Handle = std::unique_ptr<sqlite3, decltype([](sqlite3* db) { sqlite3_close(db); })>;
using Statement =
    std::unique_ptr<sqlite3_stmt, decltype([](sqlite3_stmt* s) { sqlite3_finalize(s); })>;

class SqliteDatabase : public Database {
 public:
  SqliteDatabase(Handle handle, std::string path)
      : db_(std::move(handle)), path_(std::move(path)) {}

  Kind kind() const override { return Kind::sqlite; }

  Result<Rows> query(std::string_view sql, const Values& values) override {
    Rows rows;
    auto done = each(sql, values, [&](const Row& row) {
      rows.push_back(row);
      return true;
    });
    if (!done) return std::unexpected(done.error());
    return rows;
  }

  Result<void> each(std::string_view sql, const Values& values,
                    const std::function<bool(const Row&)>& row) override {
    // A statement that is still stepping, in a caller up the stack, is not used twice.
    Statement fresh;
    sqlite3_stmt* statement = cached(sql);
    if (statement == nullptr || sqlite3_stmt_busy(statement) != 0) {
      fresh = prepare(sql);
      statement = fresh.get();
    }
    if (statement == nullptr) return broken();
    for (std::size_t i = 0; i < values.size(); ++i)
      bind(statement, static_cast<int>(i + 1), values[i]);
    int step = SQLITE_ROW;
    while ((step = sqlite3_step(statement)) == SQLITE_ROW)
      if (!row(read(statement))) break;
    auto result = step == SQLITE_ROW || step == SQLITE_DONE ? Result<void>() : broken();
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    return result;
  }

  Result<void> script(const std::string& sql) override {
    if (sqlite3_exec(db_.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
      return broken();
    return {};
  }

  Result<std::size_t> version() override {
    const auto rows = query("PRAGMA user_version", {});
    if (!rows) return std::unexpected(rows.error());
    return static_cast<std::size_t>(rows->front().integer(0));
  }

 protected:
  Result<void> begin() override { return script("BEGIN IMMEDIATE"); }
  Result<void> begin_snapshot() override { return script("BEGIN"); }
  Result<void> end(bool keep) override {
    auto ended = script(keep ? "COMMIT" : "ROLLBACK");
    if (!ended && keep) sqlite3_exec(db_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
    return ended;
  }
  Result<void> set_version(std::size_t version) override {
    return script(fmt::format("PRAGMA user_version = {}", version));
  }

 private:
  Statement prepare(std::string_view sql) const {
    sqlite3_stmt* statement = nullptr;
    sqlite3_prepare_v2(db_.get(), sql.data(), static_cast<int>(sql.size()), &statement, nullptr);
    return Statement(statement);
  }
  sqlite3_stmt* cached(std::string_view sql) {
    const auto found = statements_.find(std::string(sql));
    if (found != statements_.end()) return found->second.get();
    if (statements_.size() > 300) statements_.clear();
    return statements_.emplace(sql, prepare(sql)).first->second.get();
  }
  static void bind(sqlite3_stmt* statement, int at, const Value& value) {
    if (const auto* number = std::get_if<std::int64_t>(&value)) {
      sqlite3_bind_int64(statement, at, *number);
    } else if (const auto* text = std::get_if<std::string>(&value)) {
      sqlite3_bind_text64(statement, at, text->data(), text->size(), SQLITE_TRANSIENT,  // NOLINT
                          SQLITE_UTF8);
    } else if (const auto* bytes = std::get_if<Bytes>(&value)) {
      sqlite3_bind_blob64(statement, at, bytes->data.data(), bytes->data.size(),
                          SQLITE_TRANSIENT);  // NOLINT
    } else {
      sqlite3_bind_null(statement, at);
    }
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
    const std::string reason = printable(sqlite3_errmsg(db_.get()));
    return failure(fmt::format("記録のファイルを使えません（{}）。", reason),
                   fmt::format("the record file cannot be used ({}).", reason), path_);
  }

  Handle db_;
  std::string path_;
  std::unordered_map<std::string, Statement> statements_;  // closed before db_
};

}  // namespace

Result<std::unique_ptr<Database>> open_sqlite_file(const std::filesystem::path& path) {
  std::error_code error;
  if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path(), error);
  // Made here, before SQLite opens it, so that it is never readable by others, not for a moment.
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) {
    const std::string reason = std::error_code(errno, std::generic_category()).message();
    return failure(fmt::format("記録のファイルを開けません（{}）。", reason),
                   fmt::format("the record file cannot be opened ({}).", reason), path.string());
  }
  // One that lay open to others no longer does; another's is theirs to guard.
  (void)::fchmod(fd, 0600);
  ::close(fd);
  sqlite3* raw = nullptr;
  const int opened =
      sqlite3_open_v2(path.c_str(), &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  Handle handle(raw);
  if (opened != SQLITE_OK)
    return failure("記録のファイルを開けません。", "the record file cannot be opened.",
                   path.string());
  sqlite3_busy_timeout(raw, 10'000);
  auto database = std::make_unique<SqliteDatabase>(std::move(handle), path.string());
  if (auto set = database->script(
          "PRAGMA foreign_keys = ON; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;");
      !set)
    return std::unexpected(set.error());
  return database;
}

}  // namespace sekisho
