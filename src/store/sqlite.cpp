#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include <fmt/format.h>

#include "store/store.h"

namespace sekisho {
namespace {

/// Each is one step from a version to the next; steps that were released never change.
constexpr std::array<const char*, 1> kMigrations{R"(
  CREATE TABLE evidence (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    subject TEXT NOT NULL,
    check_id TEXT NOT NULL,
    verdict TEXT NOT NULL CHECK (verdict IN ('pass', 'fail', 'not_applicable', 'unknown')),
    observed_at INTEGER NOT NULL,  -- seconds since 1970, UTC
    valid_until INTEGER NOT NULL,
    source TEXT NOT NULL,
    detail_ja TEXT NOT NULL,
    detail_en TEXT NOT NULL
  ) STRICT;
  CREATE TRIGGER evidence_stays BEFORE UPDATE ON evidence BEGIN SELECT RAISE(ABORT, 'evidence is only added to'); END;
  CREATE TRIGGER evidence_remains BEFORE DELETE ON evidence BEGIN SELECT RAISE(ABORT, 'evidence is only added to'); END;
  CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
)"};

using Database = std::unique_ptr<sqlite3, decltype([](sqlite3* db) { sqlite3_close(db); })>;
using Statement =
    std::unique_ptr<sqlite3_stmt, decltype([](sqlite3_stmt* s) { sqlite3_finalize(s); })>;

class SqliteStore : public Store {
 public:
  SqliteStore(Database database, std::string path)
      : db_(std::move(database)), path_(std::move(path)) {}

  Result<void> migrate() {
    if (auto set =
            run("PRAGMA foreign_keys = ON; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;");
        !set)
      return set;
    // The lock comes before the version is read, so that two programs never migrate at once.
    if (auto begun = run("BEGIN IMMEDIATE"); !begun) return begun;
    auto done = migrate_locked();
    if (auto ended = run(done ? "COMMIT" : "ROLLBACK"); !ended) return ended;
    return done;
  }

  Result<void> append(const Evidence& evidence) override {
    const auto statement = prepare(
        "INSERT INTO evidence (subject, check_id, verdict, observed_at, valid_until, source, "
        "detail_ja, detail_en) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
    if (!statement) return broken();
    bind(*statement, 1, evidence.subject.value);
    bind(*statement, 2, evidence.check);
    bind(*statement, 3, std::string(name(evidence.verdict)));
    sqlite3_bind_int64(statement.get(), 4, evidence.observed_at.time_since_epoch().count());
    sqlite3_bind_int64(statement.get(), 5, evidence.valid_until.time_since_epoch().count());
    bind(*statement, 6, evidence.source);
    bind(*statement, 7, evidence.detail.ja);
    bind(*statement, 8, evidence.detail.en);
    if (sqlite3_step(statement.get()) != SQLITE_DONE) return broken();
    return {};
  }

  Result<std::vector<Evidence>> evidence() const override {
    const auto statement = prepare(
        "SELECT subject, check_id, verdict, observed_at, valid_until, source, detail_ja, detail_en "
        "FROM evidence ORDER BY id");
    if (!statement) return broken();
    std::vector<Evidence> list;
    int step = SQLITE_ROW;
    while ((step = sqlite3_step(statement.get())) == SQLITE_ROW)
      list.push_back({{text(*statement, 0)},
                      text(*statement, 1),
                      verdict_named(text(*statement, 2)).value_or(Verdict::unknown),
                      time(*statement, 3),
                      time(*statement, 4),
                      text(*statement, 5),
                      {text(*statement, 6), text(*statement, 7)}});
    if (step != SQLITE_DONE) return broken();
    return list;
  }

  Result<void> set(const std::string& name, const std::string& value) override {
    const auto statement = prepare(
        "INSERT INTO setting (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = "
        "excluded.value");
    if (!statement) return broken();
    bind(*statement, 1, name);
    bind(*statement, 2, value);
    if (sqlite3_step(statement.get()) != SQLITE_DONE) return broken();
    return {};
  }

  Result<std::map<std::string, std::string>> settings() const override {
    const auto statement = prepare("SELECT name, value FROM setting");
    if (!statement) return broken();
    std::map<std::string, std::string> values;
    int step = SQLITE_ROW;
    while ((step = sqlite3_step(statement.get())) == SQLITE_ROW)
      values[text(*statement, 0)] = text(*statement, 1);
    if (step != SQLITE_DONE) return broken();
    return values;
  }

 private:
  Result<void> migrate_locked() {
    const auto statement = prepare("PRAGMA user_version");
    if (!statement || sqlite3_step(statement.get()) != SQLITE_ROW) return broken();
    const auto version = static_cast<std::size_t>(sqlite3_column_int64(statement.get(), 0));
    if (version > kMigrations.size())
      return failure("新しい版の Sekisho のファイルです。Sekisho を更新してください。",
                     "the file is of a newer Sekisho; update Sekisho.", path_);
    for (std::size_t step = version; step < kMigrations.size(); ++step) {
      if (auto done = run(kMigrations.at(step)); !done) return done;
      if (auto done = run(fmt::format("PRAGMA user_version = {}", step + 1)); !done) return done;
    }
    return {};
  }

  Result<void> run(const std::string& sql) {
    if (sqlite3_exec(db_.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
      return broken();
    return {};
  }
  Statement prepare(const char* sql) const {
    sqlite3_stmt* statement = nullptr;
    sqlite3_prepare_v2(db_.get(), sql, -1, &statement, nullptr);
    return Statement(statement);
  }
  static void bind(sqlite3_stmt& statement, int at, const std::string& value) {
    sqlite3_bind_text(&statement, at, value.data(), static_cast<int>(value.size()),
                      SQLITE_TRANSIENT);  // NOLINT
  }
  static std::string text(sqlite3_stmt& statement, int at) {
    const auto* bytes = sqlite3_column_text(&statement, at);
    const int size = sqlite3_column_bytes(&statement, at);
    return bytes == nullptr
               ? std::string()
               : std::string(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
  }
  static Time time(sqlite3_stmt& statement, int at) {
    return Time(std::chrono::seconds(sqlite3_column_int64(&statement, at)));
  }
  std::unexpected<Error> broken() const {
    const std::string reason = printable(sqlite3_errmsg(db_.get()));
    return failure(fmt::format("記録のファイルを使えません（{}）。", reason),
                   fmt::format("the record file cannot be used ({}).", reason), path_);
  }

  Database db_;
  std::string path_;
};

}  // namespace

Result<std::unique_ptr<Store>> open_sqlite(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::create_directories(path.parent_path(), error);
  // Made here, before SQLite opens it, so that it is never readable by others, not for a moment.
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) {
    const std::string reason = std::error_code(errno, std::generic_category()).message();
    return failure(fmt::format("記録のファイルを開けません（{}）。", reason),
                   fmt::format("the record file cannot be opened ({}).", reason), path.string());
  }
  ::close(fd);
  sqlite3* raw = nullptr;
  const int opened = sqlite3_open_v2(path.c_str(), &raw, SQLITE_OPEN_READWRITE, nullptr);
  Database database(raw);
  if (opened != SQLITE_OK)
    return failure("記録のファイルを開けません。", "the record file cannot be opened.",
                   path.string());
  sqlite3_busy_timeout(raw, 5000);
  auto store = std::make_unique<SqliteStore>(std::move(database), path.string());
  if (auto migrated = store->migrate(); !migrated) return std::unexpected(migrated.error());
  return store;
}

}  // namespace sekisho
