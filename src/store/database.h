// SPDX-License-Identifier: Apache-2.0
// One relational database behind one narrow interface, so that every query is written once: SQLite
// in a file, or PostgreSQL for several servers at once. Only SQL that both understand is used;
// where they differ (types, triggers) migrations.cpp says so.
#pragma once

#include "store/connection.h"

namespace sekisho {

class Database;

/// A change or a snapshot under way. It is rolled back when it goes out of sight, by whatever way,
/// unless it was committed. One that begins inside another is a part of it: rolled back by itself,
/// durable with the outermost.
class Transaction {
 public:
  Transaction(Transaction&& other) noexcept;
  Transaction& operator=(Transaction&&) = delete;
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction();

  /// All of it is durable when this returns (or kept, of a part), or none of it was done.
  Result<void> commit();

 private:
  friend class Database;
  Transaction(Database& database, std::size_t depth) : database_(&database), depth_(depth) {}

  Database* database_;  // null once it has ended
  std::size_t depth_;   // 1: the outermost
};

/// One connection. Not for two threads at once.
class Database {
 public:
  using Kind = Connection::Kind;

  explicit Database(std::unique_ptr<Connection> connection) : connection_(std::move(connection)) {}
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  Kind kind() const { return connection_->kind(); }
  /// Runs one statement; `?` stand for the values in turn.
  Result<Rows> query(std::string_view sql, const Values& values = {});
  /// The same for a statement that gives nothing back.
  Result<void> execute(std::string_view sql, const Values& values = {});
  /// Runs statements that take no values.
  Result<void> script(const std::string& sql);
  /// Calls `row` with each row of a large answer without holding all; it stops when `row` says so.
  /// Nothing else can be asked of PostgreSQL meanwhile.
  Result<void> each(std::string_view sql, const Values& values, const Connection::Take& row);
  /// For many rows of one table at once, inside a change.
  Result<std::unique_ptr<Loader>> load(const std::string& table,
                                       const std::vector<std::string>& columns);

  /// Begins a change. Writers of all servers take turns, so what is read in it stays true until it
  /// ends. Inside another it is a savepoint.
  Result<Transaction> begin_change();
  /// Begins to look at the state of one moment, whatever writers do meanwhile; inside another
  /// transaction that is what it sees already.
  Result<Transaction> begin_snapshot();

  /// Runs `change` as one transaction: all of it is durable when this returns, or, when it fails or
  /// throws, none of it was done.
  Result<void> write(const std::function<Result<void>()>& change);
  /// Runs `look` on the state of one moment.
  Result<void> snapshot(const std::function<Result<void>()>& look);

  /// While it lives, the next change that is committed is made only if `holds`, asked inside it,
  /// says so; else it fails with that error.
  class Condition {
   public:
    Condition(Database& database, std::function<Result<void>()> holds);
    ~Condition();
    Condition(const Condition&) = delete;
    Condition& operator=(const Condition&) = delete;

   private:
    Database& database_;
  };

  /// Whether nothing is left open on it. What isn't idle is never used for something else.
  bool idle() const { return parts_.empty() && connection_->state() == Connection::State::idle; }

  /// Brings the tables up to this version; a database of a newer Sekisho is refused. `wanted`
  /// stops earlier.
  Result<void> migrate(std::optional<std::size_t> wanted = {});
  Result<std::size_t> version() { return connection_->version(); }

 private:
  friend class Transaction;
  enum class Part : std::uint8_t { change, snapshot, savepoint, same };

  Result<void> usable() const;
  Result<void> end(std::size_t depth, bool keep);
  Result<void> end_innermost(bool keep);

  std::unique_ptr<Connection> connection_;
  std::vector<Part> parts_;  // what is open, the outermost first
  bool lost_ = false;        // a part could not be rolled back: the whole never commits
  std::function<Result<void>()> condition_;
};

/// Opens `where` (postgres://… or a file's path, made with mode 0600) and migrates it.
Result<std::unique_ptr<Database>> open_database(const std::string& where);
/// The same without migrating.
Result<std::unique_ptr<Database>> connect_database(const std::string& where);

bool is_postgres(std::string_view where);

/// Holds a SQLite file for one program that means to be the only one to serve or fill it, while the
/// lock lives; refused, in words, while another has it. Of PostgreSQL, which several servers share,
/// it holds nothing.
Result<std::unique_ptr<FileLock>> occupy_database(const std::string& where);

}  // namespace sekisho
