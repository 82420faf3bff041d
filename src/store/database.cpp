// SPDX-License-Identifier: Apache-2.0
#include "store/database.h"

#include <fmt/format.h>

#include "store/migrations.h"
#include "store/open.h"

namespace sekisho {
namespace {

std::unexpected<Error> lost() {
  return std::unexpected(
      Error{{"変更の途中でデータベースが使えなくなりました。何も変えていません。",
             "the database went away in the middle of a change; nothing was "
             "changed."},
            {},
            Fault::unavailable});
}

bool only_reads(std::string_view sql) {
  return sql.starts_with("SELECT") || sql.starts_with("PRAGMA");
}

}  // namespace

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

Transaction::Transaction(Transaction&& other) noexcept
    : database_(std::exchange(other.database_, nullptr)), depth_(other.depth_) {}

Transaction::~Transaction() {
  if (database_ == nullptr) return;
  try {
    (void)database_->end(depth_, false);
  } catch (...) {  // no memory to say it in: the database itself knows that it is still open
    database_->lost_ = true;
  }
}

Result<void> Transaction::commit() {
  if (database_ == nullptr) return lost();
  return std::exchange(database_, nullptr)->end(depth_, true);
}

/// Whether a statement would take part in the transaction that its caller believes to be in. SQLite
/// rolls back by itself when the disk is full, and would then keep each statement on its own.
Result<void> Database::usable() const {
  if (parts_.empty()) return {};
  if (lost_ || connection_->state() != Connection::State::open) return lost();
  return {};
}

Result<Rows> Database::query(std::string_view sql, const Values& values) {
  if (auto may = usable(); !may) return std::unexpected(may.error());
  if (!condition_ || !parts_.empty() || only_reads(sql)) return connection_->query(sql, values);
  Result<Rows> rows;
  auto done = write([&]() -> Result<void> {
    rows = connection_->query(sql, values);
    return rows ? Result<void>() : std::unexpected(rows.error());
  });
  if (!done) return std::unexpected(done.error());
  return rows;
}

Result<void> Database::execute(std::string_view sql, const Values& values) {
  const auto done = query(sql, values);
  if (!done) return std::unexpected(done.error());
  return {};
}

Result<void> Database::script(const std::string& sql) {
  if (auto may = usable(); !may) return may;
  return connection_->script(sql);
}

Result<void> Database::each(std::string_view sql, const Values& values,
                            const Connection::Take& row) {
  if (auto may = usable(); !may) return may;
  return connection_->each(sql, values, row);
}

Result<std::unique_ptr<Loader>> Database::load(const std::string& table,
                                               const std::vector<std::string>& columns) {
  if (parts_.empty()) return lost();
  if (auto may = usable(); !may) return std::unexpected(may.error());
  return connection_->load(table, columns);
}

Result<Transaction> Database::begin_change() {
  parts_.reserve(parts_.size() + 1);
  if (parts_.empty()) {
    lost_ = false;
    if (auto begun = connection_->begin_change(); !begun) {
      if (connection_->state() != Connection::State::idle) (void)connection_->roll_back();
      return std::unexpected(begun.error());
    }
    parts_.push_back(Part::change);
    Transaction change(*this, 1);
    if (condition_)
      if (auto holds = condition_(); !holds) return std::unexpected(holds.error());
    return change;
  }
  if (parts_.front() == Part::snapshot)
    return std::unexpected(
        Error{{"見るだけの間に変えようとしました。", "a change was begun while only looking."},
              {},
              Fault::broken});
  if (auto may = usable(); !may) return std::unexpected(may.error());
  if (auto begun = connection_->script(fmt::format("SAVEPOINT part{}", parts_.size())); !begun)
    return std::unexpected(begun.error());
  parts_.push_back(Part::savepoint);
  return Transaction(*this, parts_.size());
}

Result<Transaction> Database::begin_snapshot() {
  parts_.reserve(parts_.size() + 1);
  if (!parts_.empty()) {
    if (auto may = usable(); !may) return std::unexpected(may.error());
    parts_.push_back(Part::same);
    return Transaction(*this, parts_.size());
  }
  lost_ = false;
  if (auto begun = connection_->begin_snapshot(); !begun) {
    if (connection_->state() != Connection::State::idle) (void)connection_->roll_back();
    return std::unexpected(begun.error());
  }
  parts_.push_back(Part::snapshot);
  return Transaction(*this, 1);
}

Result<void> Database::end(std::size_t depth, bool keep) {
  if (parts_.size() < depth) return lost();  // what it was a part of has ended
  try {
    while (parts_.size() > depth) (void)end_innermost(false);
    return end_innermost(keep);
  } catch (...) {
    lost_ = true;
    if (parts_.empty() && connection_->state() != Connection::State::idle)
      (void)connection_->roll_back();
    throw;
  }
}

Result<void> Database::end_innermost(bool keep) {
  const Part part = parts_.back();
  parts_.pop_back();
  if (part == Part::same) return {};
  if (part == Part::snapshot) {
    (void)connection_->roll_back();  // what was seen was seen
    return {};
  }
  const bool sound = !lost_ && connection_->state() == Connection::State::open;
  Result<void> ended = keep && !sound ? lost() : Result<void>();
  if (part == Part::savepoint) {
    const std::size_t number = parts_.size();
    if (keep && sound) {
      ended = connection_->script(fmt::format("RELEASE part{}", number));
      if (ended) return ended;
    }
    if (lost_ || !connection_->script(fmt::format("ROLLBACK TO part{0}; RELEASE part{0}", number)))
      lost_ = true;
    return ended;
  }
  if (keep && sound) ended = connection_->commit();
  if (keep && ended)
    condition_ = nullptr;
  else if (connection_->state() != Connection::State::idle)
    (void)connection_->roll_back();
  return ended;
}

Result<void> Database::write(const std::function<Result<void>()>& change) {
  auto transaction = begin_change();
  if (!transaction) return std::unexpected(transaction.error());
  if (auto done = change(); !done) return done;
  return transaction->commit();
}

Result<void> Database::snapshot(const std::function<Result<void>()>& look) {
  auto transaction = begin_snapshot();
  if (!transaction) return std::unexpected(transaction.error());
  return look();
}

Database::Condition::Condition(Database& database, std::function<Result<void>()> holds)
    : database_(database) {
  database_.condition_ = std::move(holds);
}
Database::Condition::~Condition() { database_.condition_ = nullptr; }

Result<void> Database::migrate(std::optional<std::size_t> wanted) {
  const std::size_t last = wanted.value_or(migration_count());
  if (const auto at = version(); at && *at == last) return {};
  return write([&]() -> Result<void> {
    // Read again inside the transaction: another server may have been first.
    const auto at = version();
    if (!at) return std::unexpected(at.error());
    if (*at > migration_count())
      return failure("新しいバージョンの Sekisho のファイルです。Sekisho を更新してください。",
                     "the file is of a newer Sekisho; update Sekisho.");
    for (std::size_t step = *at; step < last; ++step) {
      if (auto done = script(migration(step, kind())); !done) return done;
      if (auto done = connection_->set_version(step + 1); !done) return done;
    }
    return {};
  });
}

bool is_postgres(std::string_view where) {
  return where.starts_with("postgres://") || where.starts_with("postgresql://");
}

Result<std::unique_ptr<Database>> connect_database(const std::string& where) {
  auto connection = is_postgres(where) ? open_postgres(where) : open_sqlite_file(where);
  if (!connection) return std::unexpected(connection.error());
  return std::make_unique<Database>(std::move(*connection));
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

}  // namespace sekisho
