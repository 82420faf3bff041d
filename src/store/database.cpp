#include "store/database.h"

#include <algorithm>
#include <unordered_map>

#include <fmt/format.h>

#include "store/migrations.h"
#include "store/open.h"

namespace sekisho {

std::int64_t Row::integer(std::size_t at) const {
  const auto* number = std::get_if<std::int64_t>(&values_.at(at));
  return number == nullptr ? 0 : *number;
}

std::string Row::text(std::size_t at) const {
  const auto& value = values_.at(at);
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  if (const auto* number = std::get_if<std::int64_t>(&value)) return std::to_string(*number);
  return {};
}

Value Row::value(std::size_t at) const {
  const auto& value = values_.at(at);
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  if (const auto* number = std::get_if<std::int64_t>(&value)) return *number;
  return std::monostate();
}

Result<void> Database::execute(std::string_view sql, const Values& values) {
  const auto done = query(sql, values);
  if (!done) return std::unexpected(done.error());
  return {};
}

Result<void> Database::write(const std::function<Result<void>()>& change) {
  if (writing_) return change();  // inside a larger change
  if (auto begun = begin(); !begun) return begun;
  writing_ = true;
  auto done = change();
  writing_ = false;
  auto ended = end(done.has_value());
  return done ? ended : done;
}

Result<void> Database::snapshot(const std::function<Result<void>()>& look) {
  if (auto begun = begin_snapshot(); !begun) return begun;
  auto done = look();
  auto ended = end(false);
  return done ? ended : done;
}

Result<void> Database::migrate(std::optional<std::size_t> wanted) {
  const std::size_t last = wanted.value_or(migration_count());
  if (const auto at = version(); at && *at == last) return {};
  return write([&]() -> Result<void> {
    // Read again inside the transaction: another server may have been first.
    const auto at = version();
    if (!at) return std::unexpected(at.error());
    if (*at > migration_count())
      return failure("新しい版の Sekisho のファイルです。Sekisho を更新してください。",
                     "the file is of a newer Sekisho; update Sekisho.");
    for (std::size_t step = *at; step < last; ++step) {
      if (auto done = script(migration(step, kind())); !done) return done;
      if (auto done = set_version(step + 1); !done) return done;
    }
    return {};
  });
}

bool is_postgres(std::string_view where) {
  return where.starts_with("postgres://") || where.starts_with("postgresql://");
}

Result<std::unique_ptr<Database>> connect_database(const std::string& where) {
  return is_postgres(where) ? open_postgres(where) : open_sqlite_file(where);
}

Result<std::unique_ptr<Database>> open_database(const std::string& where) {
  auto database = connect_database(where);
  if (!database) return database;
  if (auto done = (*database)->migrate(); !done) {
    Error error = done.error();
    // A database's address may hold a password.
    if (error.where.empty() && !is_postgres(where)) error.where = where;
    return std::unexpected(std::move(error));
  }
  return database;
}

Result<std::vector<std::string>> table_names(Database& database) {
  const auto rows =
      database.query(database.kind() == Database::Kind::sqlite
                         ? "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE "
                           "'sqlite_%' ORDER BY name"
                         : "SELECT table_name FROM information_schema.tables WHERE table_schema = "
                           "current_schema() AND table_name <> 'schema_version' ORDER BY 1");
  if (!rows) return std::unexpected(rows.error());
  std::vector<std::string> names;
  for (const Row& row : *rows) names.push_back(row.text(0));
  // Persons and attachments are pointed to by others.
  std::ranges::stable_sort(names, {}, [](const std::string& name) {
    return name == "person"                                                 ? 0
           : name == "attachment" || name == "device" || name == "incident" ? 1
           : name == "line_sensor"                                          ? 2
                                                                            : 3;
  });
  return names;
}

namespace {

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

Result<std::size_t> copy_table(Database& from, Database& to, const std::string& table) {
  const auto there = to.query("SELECT 1 FROM " + table + " LIMIT 1");
  if (!there) return std::unexpected(there.error());
  if (!there->empty())
    return failure("移す先が空ではありません。何も変えていません。",
                   "the place to move to is not empty; nothing was changed.", table);
  const auto columns = columns_of(from, table);
  if (!columns) return std::unexpected(columns.error());
  std::vector<std::string> names;
  std::vector<std::string> marks;
  for (const Column& column : *columns) {
    names.push_back(column.name);
    marks.emplace_back("?");
  }
  const std::string list = join(names, ", ");
  const std::string insert =
      fmt::format("INSERT INTO {} ({}) VALUES ({})", table, list, join(marks, ", "));
  std::size_t copied = 0;
  Result<void> put;
  const auto read = from.each("SELECT " + list + " FROM " + table, {}, [&](const Row& row) {
    Values values;
    for (std::size_t i = 0; i < row.size(); ++i)
      values.push_back((*columns)[i].bytes && !row.null(i) ? Value(Bytes{row.text(i)})
                                                           : row.value(i));
    const auto done = to.query(insert, values);
    if (!done) put = std::unexpected(done.error());
    ++copied;
    return done.has_value();
  });
  if (!put) return std::unexpected(put.error());
  if (!read) return std::unexpected(read.error());
  if (to.kind() == Database::Kind::postgres && std::ranges::find(names, "id") != names.end()) {
    // The next id comes after those that were brought along; text ids have no sequence.
    const auto moved = to.query(
        fmt::format("SELECT setval(s, (SELECT COALESCE(MAX(id), 0) + 1 FROM {0}), false) FROM "
                    "(SELECT pg_get_serial_sequence('{0}', 'id') AS s) q WHERE s IS NOT NULL",
                    table));
    if (!moved) return std::unexpected(moved.error());
  }
  return copied;
}

}  // namespace

Result<std::size_t> copy_database(Database& from, Database& to) {
  std::size_t copied = 0;
  const auto done = from.snapshot([&]() -> Result<void> {
    return to.write([&]() -> Result<void> {
      const auto tables = table_names(from);
      if (!tables) return std::unexpected(tables.error());
      for (const std::string& table : *tables) {
        const auto rows = copy_table(from, to, table);
        if (!rows) return std::unexpected(rows.error());
        copied += *rows;
      }
      return {};
    });
  });
  if (!done) return std::unexpected(done.error());
  return copied;
}

Result<void> backup_database(Database& from, const std::filesystem::path& to) {
  if (std::filesystem::exists(to))
    return failure("その名前のファイルがもうあります。何も変えていません。",
                   "a file of that name is there already; nothing was changed.", to.string());
  const std::filesystem::path part = to.string() + ".part";
  std::error_code ignored;
  std::filesystem::remove(part, ignored);
  const auto made = [&]() -> Result<void> {
    auto copy = open_database(part.string());
    if (!copy) return std::unexpected(copy.error());
    if (auto done = copy_database(from, **copy); !done) return std::unexpected(done.error());
    // One file, not three: the log goes into it.
    return (*copy)->script("PRAGMA journal_mode = DELETE;");
  }();
  if (made) {
    std::error_code error;
    std::filesystem::rename(part, to, error);
    if (!error) return {};
    std::filesystem::remove(part, ignored);
    return failure("控えを書けません。", "the backup cannot be written.", to.string());
  }
  for (const char* end : {"", "-wal", "-shm"})
    std::filesystem::remove(part.string() + end, ignored);
  return made;
}

}  // namespace sekisho
