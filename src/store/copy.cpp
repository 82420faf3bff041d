// SPDX-License-Identifier: Apache-2.0
#include "store/copy.h"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <set>

#include <fmt/format.h>

#include "base/crypto.h"
#include "base/file.h"
#include "store/audit.h"
#include "store/migrations.h"
#include "store/open.h"
#include "store/store.h"

namespace sekisho {
namespace {

/// A table of a backup only: the checksum over all others.
constexpr const char* kSealTable = "backup_seal";

/// A checksum over rows, in whatever order they come: it tells damage, not malice.
class Seal {
 public:
  void add(const std::string& table, const Row& row) {
    std::string text = fmt::format("{}:{}", table.size(), table);
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string value = row.text(i);
      text += row.null(i) ? std::string("-") : fmt::format("{}:{}", value.size(), value);
    }
    const std::string digest = sha256(text);
    for (std::size_t i = 0; i < sum_.size(); ++i) {
      std::uint64_t part = 0;
      std::memcpy(&part, digest.data() + i * sizeof part, sizeof part);
      sum_[i] += part;
    }
    ++rows_;
  }
  std::size_t rows() const { return rows_; }
  std::string text() const { return fmt::format("1 {} {:016x}", rows_, fmt::join(sum_, "")); }

 private:
  std::array<std::uint64_t, 4> sum_{};
  std::size_t rows_ = 0;
};

/// Which table points to which.
Result<std::set<std::pair<std::string, std::string>>> references(Database& database) {
  const auto rows = database.query(
      database.kind() == Database::Kind::sqlite
          ? "SELECT m.name, f.\"table\" FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) "
            "f WHERE m.type = 'table'"
          : "SELECT conrelid::regclass::text, confrelid::regclass::text FROM pg_constraint WHERE "
            "contype = 'f' AND connamespace = current_schema()::regnamespace");
  if (!rows) return std::unexpected(rows.error());
  std::set<std::pair<std::string, std::string>> list;
  for (const Row& row : *rows)
    if (row.text(0) != row.text(1)) list.emplace(row.text(0), row.text(1));
  return list;
}

struct Column {
  std::string name;
  bool bytes = false;
};

Result<std::vector<Column>> columns_of(Database& database, const std::string& table) {
  const auto rows =
      database.kind() == Database::Kind::sqlite
          ? database.query("SELECT name, type = 'BLOB' FROM pragma_table_info(?)", {table})
          : database.query(
                "SELECT column_name::text, (data_type = 'bytea')::int FROM "
                "information_schema.columns WHERE table_schema = current_schema() AND table_name = "
                "? ORDER BY ordinal_position",
                {table});
  if (!rows) return std::unexpected(rows.error());
  std::vector<Column> columns;
  for (const Row& row : *rows) columns.push_back({row.text(0), row.integer(1) == 1});
  return columns;
}

std::unexpected<Error> not_empty(const std::string& table) {
  return failure("移す先が空ではありません。何も変えていません。",
                 "the place to move to is not empty; nothing was changed.", table);
}

/// The names are those of `to`, which our own migrations made: what stands in `from` is only data.
Result<void> copy_table(Database& from, Database& to, const std::string& table, Seal& seal) {
  const auto there = to.query("SELECT 1 FROM " + table + " LIMIT 1");
  if (!there) return std::unexpected(there.error());
  if (!there->empty()) return not_empty(table);
  const auto columns = columns_of(to, table);
  if (!columns) return std::unexpected(columns.error());
  std::vector<std::string> names;
  for (const Column& column : *columns) names.push_back(column.name);
  const auto loader = to.load(table, names);
  if (!loader) return std::unexpected(loader.error());
  Result<void> put;
  const auto read = from.each(
      fmt::format("SELECT {} FROM {}", join(names, ", "), table), {}, [&](const Row& row) {
        seal.add(table, row);
        Values values;
        for (std::size_t i = 0; i < row.size(); ++i)
          values.push_back((*columns)[i].bytes && !row.null(i) ? Value(Bytes{row.text(i)})
                                                               : row.value(i));
        put = (*loader)->put(values);
        return put.has_value();
      });
  if (!put) return put;
  if (!read) return read;
  if (auto done = (*loader)->finish(); !done) return done;
  if (to.kind() != Database::Kind::postgres || std::ranges::find(names, "id") == names.end())
    return {};
  // The next id comes after those that were brought along; text ids have no sequence.
  return to.execute(
      fmt::format("SELECT setval(s, (SELECT COALESCE(MAX(id), 0) + 1 FROM {0}), false) FROM "
                  "(SELECT pg_get_serial_sequence('{0}', 'id') AS s) q WHERE s IS NOT NULL",
                  table));
}

/// Inside a change of `to`.
Result<void> copy_tables(Database& from, Database& to, Seal& seal) {
  const auto ours = from.version();
  const auto theirs = to.version();
  if (!ours) return std::unexpected(ours.error());
  if (!theirs) return std::unexpected(theirs.error());
  if (*ours != *theirs) return not_empty("version");
  const auto tables = table_names(to);
  if (!tables) return std::unexpected(tables.error());
  for (const std::string& table : *tables)
    if (auto done = copy_table(from, to, table, seal); !done) return done;
  return {};
}

Result<void> write_backup(Database& from, Database& to) {
  return to.write([&]() -> Result<void> {
    return from.snapshot([&]() -> Result<void> {
      const auto version = from.version();
      if (!version) return std::unexpected(version.error());
      if (auto made = to.migrate(*version); !made) return made;
      Seal seal;
      if (auto done = copy_tables(from, to, seal); !done) return done;
      if (auto made = to.script(fmt::format("CREATE TABLE {} (seal TEXT NOT NULL)", kSealTable));
          !made)
        return made;
      return to.execute(fmt::format("INSERT INTO {} VALUES (?)", kSealTable), {seal.text()});
    });
  });
}

std::unexpected<Error> damaged(const std::filesystem::path& path, std::string reason) {
  return std::unexpected(
      Error{{"バックアップが壊れているか、書いたあとに変えられています。戻していません。",
             "the backup is damaged, or was changed since it was written; nothing "
             "was restored."},
            path.string(),
            Fault::broken,
            std::move(reason)});
}

/// The seal of a backup; empty in one of a version that had none.
Result<std::string> sealed(Database& backup) {
  const auto there =
      backup.query("SELECT 1 FROM sqlite_master WHERE name = ?", {std::string(kSealTable)});
  if (!there) return std::unexpected(there.error());
  if (there->empty()) return std::string();
  const auto rows = backup.query(fmt::format("SELECT seal FROM {}", kSealTable));
  if (!rows) return std::unexpected(rows.error());
  return rows->size() == 1 ? rows->front().text(0) : "none";
}

/// What can be told before anything is copied: that it is whole as a file, and of a version that is
/// known.
Result<std::size_t> sound_version(Database& backup, const std::filesystem::path& path) {
  const auto checked = backup.query("PRAGMA integrity_check(1)");
  if (!checked) return damaged(path, checked.error().reason);
  if (checked->size() != 1 || checked->front().text(0) != "ok")
    return damaged(path, checked->empty() ? std::string() : printable(checked->front().text(0)));
  const auto version = backup.version();
  if (!version) return std::unexpected(version.error());
  if (*version == 0 || *version > migration_count())
    return failure("このバージョンの Sekisho のバックアップではありません。",
                   "this is no backup that this version of Sekisho can read.", path.string());
  return *version;
}

Result<void> give_name(const std::filesystem::path& part, const std::filesystem::path& to) {
  // Never over another file, not even one that has come meanwhile.
  if (::renameat2(AT_FDCWD, part.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) != 0) {
    const int why = errno;
    // Some file systems of removable disks know no such thing.
    if (why != EINVAL || std::filesystem::exists(to) || std::rename(part.c_str(), to.c_str()) != 0)
      return std::unexpected(Error{{"バックアップを書けません。", "the backup cannot be written."},
                                   to.string(),
                                   Fault::unavailable,
                                   std::error_code(why, std::generic_category()).message()});
  }
  return sync_folder(to.parent_path());
}

}  // namespace

Result<std::vector<std::string>> table_names(Database& database) {
  const auto rows = database.query(
      database.kind() == Database::Kind::sqlite
          ? "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND "
            "name NOT IN ('backup_seal', 'access_change') ORDER BY name"
          : "SELECT table_name::text FROM information_schema.tables WHERE table_schema = "
            "current_schema() AND table_name NOT IN ('schema_version', 'access_change') ORDER BY "
            "1");
  if (!rows) return std::unexpected(rows.error());
  const auto pointing = references(database);
  if (!pointing) return std::unexpected(pointing.error());
  std::vector<std::string> left;
  for (const Row& row : *rows) left.push_back(row.text(0));
  std::vector<std::string> names;
  while (!left.empty()) {
    // The first that points to nothing that is still to come; in a ring, the first.
    auto next = std::ranges::find_if(left, [&](const std::string& name) {
      return std::ranges::none_of(
          left, [&](const std::string& other) { return pointing->contains({name, other}); });
    });
    if (next == left.end()) next = left.begin();
    names.push_back(*next);
    left.erase(next);
  }
  return names;
}

Result<std::size_t> copy_database(Database& from, Database& to) {
  Seal seal;
  // The change first: it may have to wait for its turn.
  const auto done = to.write(
      [&]() -> Result<void> { return from.snapshot([&] { return copy_tables(from, to, seal); }); });
  if (!done) return std::unexpected(done.error());
  return seal.rows();
}

Result<void> backup_database(Database& from, const std::filesystem::path& to) {
  if (std::filesystem::exists(std::filesystem::symlink_status(to)))
    return failure("その名前のファイルがもうあります。何も変えていません。",
                   "a file of that name is there already; nothing was changed.", to.string());
  const std::filesystem::path part = fmt::format("{}.{}.part", to.string(), random_token(6));
  auto done = [&]() -> Result<void> {
    const auto copy = connect_database(part.string());
    if (!copy) return std::unexpected(copy.error());
    if (auto written = write_backup(from, **copy); !written) return written;
    // One file, not three: the log goes into it.
    return (*copy)->script("PRAGMA journal_mode = DELETE;");
  }();
  if (done) done = give_name(part, to);
  if (done) return done;
  std::error_code ignored;
  for (const char* end : {"", "-wal", "-shm", "-journal"})
    std::filesystem::remove(part.string() + end, ignored);
  return done;
}

namespace {

/// Whoever was signed in then may have been signed out since.
Result<void> end_sign_ins(Database& db, Time now) {
  for (const char* sql : {"DELETE FROM session WHERE TRUE", "DELETE FROM pending WHERE TRUE"})
    if (auto gone = db.execute(sql); !gone) return gone;
  return db.execute(
      "UPDATE emergency_seal SET ended_at = ? WHERE opened_at IS NOT NULL AND ended_at IS NULL",
      {value_of(now)});
}

}  // namespace

Result<std::size_t> restore_database(const std::filesystem::path& from, Database& to, Time now) {
  auto file = read_sqlite_file(from);
  if (!file) return std::unexpected(file.error());
  Database backup(std::move(*file));
  Seal seal;
  const auto done = to.write([&]() -> Result<void> {
    return backup.snapshot([&]() -> Result<void> {
      const auto version = sound_version(backup, from);
      if (!version) return std::unexpected(version.error());
      const auto there = to.version();
      if (!there) return std::unexpected(there.error());
      if (*there == 0)
        if (auto made = to.migrate(*version); !made) return made;
      const auto expected = sealed(backup);
      if (!expected) return damaged(from, expected.error().reason);
      if (auto copied = copy_tables(backup, to, seal); !copied) {
        if (copied.error().fault == Fault::plain || copied.error().fault == Fault::unavailable)
          return copied;
        return damaged(from, copied.error().reason);
      }
      if (!expected->empty() && *expected != seal.text()) return damaged(from, "checksum");
      if (auto newest = to.migrate(); !newest) return newest;
      if (auto ended = end_sign_ins(to, now); !ended) return ended;
      return append_audit(to, now, "", "restored", printable(from.filename().string()),
                          fmt::format("{{\"rows\":{}}}", seal.rows()));
    });
  });
  if (!done) return std::unexpected(done.error());
  return seal.rows();
}

namespace {

constexpr const char* kBackedUp = "backup.at";

std::string note_of(const std::string& where) { return where + ".backed-up"; }

}  // namespace

Result<void> note_backup(Database& database, const std::string& where, Time at) {
  if (database.kind() == Database::Kind::postgres)
    return database.write([&] { return set_setting(database, kBackedUp, format_time(at)); });
  return write_file_atomically(note_of(where), format_time(at) + "\n", 0600);
}

Result<std::optional<Time>> last_backup(Database& database, const std::string& where) {
  if (database.kind() == Database::Kind::sqlite) {
    const auto text = read_regular_file(note_of(where), 100);
    return text ? parse_time(trim(*text)) : std::nullopt;
  }
  const auto rows =
      database.query("SELECT value FROM setting WHERE name = ?", {std::string(kBackedUp)});
  if (!rows) return std::unexpected(rows.error());
  return rows->empty() ? std::nullopt : parse_time(rows->front().text(0));
}

}  // namespace sekisho
