// SPDX-License-Identifier: Apache-2.0
#include <libpq-fe.h>
#include <poll.h>

#include <unordered_map>

#include <fmt/format.h>

#include "base/crypto.h"
#include "store/open.h"
#include "store/postgres/patience.h"

namespace sekisho {
namespace {

using Answer = PostgresAnswer;

// From PostgreSQL's catalog (pg_type.dat): they never change.
constexpr Oid kBool = 16;
constexpr Oid kBytea = 17;
constexpr Oid kInt8 = 20;
constexpr Oid kInt2 = 21;
constexpr Oid kInt4 = 23;
/// Any number that means "a Sekisho is writing" to all servers of one database. In one message, so
/// that nothing can come between.
constexpr const char* kBegin = "BEGIN; SELECT pg_advisory_xact_lock(7306354)";
constexpr const char* kBeginSnapshot = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
/// A writer waits for its turn as long as with SQLite. To compile what runs for milliseconds takes
/// hundreds of them, where a table is too new for the planner to know its size. A server that is
/// cut off in the middle of a write gives its turn back before those who wait for it give up.
constexpr const char* kSettings =
    "SET client_encoding = 'UTF8'; SET client_min_messages = warning; SET statement_timeout = "
    "'60s'; SET lock_timeout = '10s'; SET idle_in_transaction_session_timeout = '5s'; "
    "SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3; "
    "SET tcp_user_timeout = '10s'; SET jit = off";
constexpr std::string_view kReadOnly = "25006";
constexpr std::size_t kKeptPostgres = 300;
constexpr std::size_t kCopyPiece = std::size_t{1} << 16U;

/// The five letters of an error (https://www.postgresql.org/docs/15/errcodes-appendix.html).
std::string_view code_of(const PGresult* answer) {
  const char* code = answer == nullptr ? nullptr : PQresultErrorField(answer, PG_DIAG_SQLSTATE);
  return code == nullptr ? std::string_view() : std::string_view(code);
}

Fault fault_of(std::string_view code) {
  if (code == "23505" || code == "23503") return Fault::conflict;
  // Without a code it is the connection. 08 connection, 25 state of a transaction, 40 rolled back,
  // 53 resources, 55 locks, 57 the operator, 58 the system.
  if (code.empty()) return Fault::unavailable;
  for (const std::string_view group : {"08", "25", "40", "53", "55", "57", "58"})
    if (code.starts_with(group)) return Fault::unavailable;
  return Fault::broken;
}

std::string words(const char* message) {
  const std::string text = printable(message, 300);
  return std::string(trim(std::string_view(text)));
}

std::unexpected<Error> failed(PGconn* connection, const PGresult* answer) {
  const Fault fault = fault_of(code_of(answer));
  // Terse: the statement's words, none of its values; libpq names the host, never the password.
  std::string reason =
      words(answer == nullptr ? PQerrorMessage(connection) : PQresultErrorMessage(answer));
  if (fault == Fault::conflict)
    return std::unexpected(
        Error{{"同じものがもうあるか、元になるものがもうありません。",
               "there is something like it already, or what it belongs to is gone."},
              {},
              fault,
              std::move(reason)});
  return std::unexpected(Error{{"データベースを使えません。", "the database cannot be used."},
                               {},
                               fault,
                               std::move(reason)});
}

bool good(const PGresult* answer) {
  const auto status = PQresultStatus(answer);
  return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_SINGLE_TUPLE;
}

/// Values as libpq takes them; `values` must outlive it.
struct Parameters {
  explicit Parameters(const Values& values)
      : texts(values.size()),
        pointers(values.size()),
        lengths(values.size()),
        formats(values.size()) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      const std::string* text = nullptr;
      if (const auto* number = std::get_if<std::int64_t>(&values[i])) {
        texts[i] = std::to_string(*number);
        text = &texts[i];
      } else if (const auto* words = std::get_if<std::string>(&values[i])) {
        // PostgreSQL reads text to its first NUL: what follows would be lost without a word.
        unfit = unfit || words->find('\0') != std::string::npos;
        text = words;
      } else if (const auto* bytes = std::get_if<Bytes>(&values[i])) {
        text = &bytes->data;
        formats[i] = 1;
      } else {
        continue;  // NULL
      }
      pointers[i] = text->c_str();
      lengths[i] = static_cast<int>(text->size());
    }
  }
  int count() const { return static_cast<int>(pointers.size()); }

  std::vector<std::string> texts;
  std::vector<const char*> pointers;
  std::vector<int> lengths;
  std::vector<int> formats;
  bool unfit = false;
};

Row row_of(const PGresult* answer, int row) {
  std::vector<std::variant<std::monostate, std::int64_t, std::string>> values;
  const int count = PQnfields(answer);
  values.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) {
    if (PQgetisnull(answer, row, i) == 1) {
      values.emplace_back();
      continue;
    }
    const char* text = PQgetvalue(answer, row, i);
    const Oid type = PQftype(answer, i);
    if (type == kInt8 || type == kInt4 || type == kInt2) {
      values.emplace_back(static_cast<std::int64_t>(std::strtoll(text, nullptr, 10)));
    } else if (type == kBool) {
      values.emplace_back(std::int64_t{*text == 't'});  // as SQLite has it
    } else if (type == kBytea) {
      std::size_t size = 0;
      unsigned char* raw = PQunescapeBytea(reinterpret_cast<const unsigned char*>(text), &size);
      values.emplace_back(std::string(reinterpret_cast<const char*>(raw), size));
      PQfreemem(raw);
    } else {
      values.emplace_back(std::string(text, static_cast<std::size_t>(PQgetlength(answer, row, i))));
    }
  }
  return Row(std::move(values));
}

std::string numbered(std::string_view sql) {
  std::string out;
  int number = 0;
  for (const char c : sql) {
    if (c == '?')
      out += fmt::format("${}", ++number);
    else
      out += c;
  }
  return out;
}

/// COPY: the text format of https://www.postgresql.org/docs/15/sql-copy.html
class Copy : public Loader {
 public:
  Copy(PGconn* connection, Patience& patience) : connection_(connection), patience_(patience) {}
  ~Copy() override {
    if (finished_) return;
    (void)patience_.put_end("given up");
    patience_.drain();
  }
  Copy(const Copy&) = delete;
  Copy& operator=(const Copy&) = delete;

  Result<void> put(const Values& row) override {
    bool first = true;
    for (const Value& value : row) {
      if (!std::exchange(first, false)) buffer_ += '\t';
      if (const auto* number = std::get_if<std::int64_t>(&value))
        buffer_ += std::to_string(*number);
      else if (const auto* text = std::get_if<std::string>(&value))
        escape(*text);
      else if (const auto* bytes = std::get_if<Bytes>(&value))
        buffer_ += "\\\\x" + hex(bytes->data);
      else
        buffer_ += "\\N";
    }
    buffer_ += '\n';
    return buffer_.size() < kCopyPiece ? Result<void>() : send();
  }

  Result<void> finish() override {
    if (auto sent = send(); !sent) return sent;
    finished_ = true;
    if (!patience_.put_end(nullptr)) return failed(connection_, nullptr);
    Result<void> done;
    while (const Answer answer = patience_.next())
      if (!good(answer.get())) done = failed(connection_, answer.get());
    return done;
  }

 private:
  void escape(std::string_view text) {
    for (const char c : text) {
      if (c == '\\' || c == '\t' || c == '\n' || c == '\r') buffer_ += '\\';
      buffer_ += c == '\t' ? 't' : c == '\n' ? 'n' : c == '\r' ? 'r' : c;
    }
  }
  Result<void> send() {
    if (!patience_.put(buffer_)) return failed(connection_, nullptr);
    buffer_.clear();
    return {};
  }

  PGconn* connection_;
  Patience& patience_;
  std::string buffer_;
  bool finished_ = false;
};

class PostgresConnection : public Connection {
 public:
  PostgresConnection(PostgresHandle connection, std::chrono::milliseconds silence)
      : connection_(std::move(connection)),
        silence_(silence),
        patience_(connection_.get(), silence) {}

  Kind kind() const override { return Kind::postgres; }
  State state() const override {
    if (read_only_) return State::lost;
    switch (PQtransactionStatus(connection_.get())) {
      case PQTRANS_IDLE: return State::idle;
      case PQTRANS_INTRANS: return State::open;
      default: return State::lost;
    }
  }

  /// After opening, and after opening anew.
  Result<void> set_up() {
    PQsetErrorVerbosity(connection_.get(), PQERRORS_TERSE);
    // Not to the terminal: what matters comes as an error.
    PQsetNoticeProcessor(connection_.get(), [](void*, const char*) {}, nullptr);
    prepared_.clear();
    in_transaction_ = read_only_ = false;
    patience_ = Patience(connection_.get(), silence_);
    const Answer answer = patience_.exec(kSettings);
    if (!good(answer.get())) return broken(answer.get());
    return {};
  }

  Result<Rows> query(std::string_view sql, const Values& values) override {
    const Parameters parameters(values);
    if (parameters.unfit) return unfit();
    auto answer = again_if_lost(sql.starts_with("SELECT"), [&] {
      return with_statement(sql, [&](const std::string& name) {
        return patience_.exec_prepared(name.c_str(), parameters.count(), parameters.pointers.data(),
                                       parameters.lengths.data(), parameters.formats.data());
      });
    });
    if (!good(answer.get())) return broken(answer.get());
    Rows rows;
    const int count = PQntuples(answer.get());
    rows.reserve(static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i) rows.push_back(row_of(answer.get(), i));
    return rows;
  }

  Result<void> each(std::string_view sql, const Values& values, const Take& row) override {
    const Parameters parameters(values);
    if (parameters.unfit) return unfit();
    // The first row, or what stands in its way.
    auto answer = again_if_lost(true, [&] {
      return with_statement(sql, [&](const std::string& name) {
        if (!patience_.send_prepared(name.c_str(), parameters.count(), parameters.pointers.data(),
                                     parameters.lengths.data(), parameters.formats.data()))
          return Answer();
        PQsetSingleRowMode(connection_.get());
        Answer first = patience_.next();
        if (!good(first.get())) patience_.drain();
        return first;
      });
    });
    if (!good(answer.get())) return broken(answer.get());
    const Draining draining{patience_};
    while (answer && PQresultStatus(answer.get()) == PGRES_SINGLE_TUPLE) {
      if (!row(row_of(answer.get(), 0))) return {};
      answer = patience_.next();
    }
    if (!good(answer.get())) return broken(answer.get());
    return {};
  }

  Result<void> script(const std::string& sql) override { return exec(sql.c_str(), false); }

  Result<std::unique_ptr<Loader>> load(const std::string& table,
                                       const std::vector<std::string>& columns) override {
    const Answer answer = patience_.exec(
        fmt::format("COPY {} ({}) FROM STDIN", table, fmt::join(columns, ", ")).c_str());
    if (PQresultStatus(answer.get()) != PGRES_COPY_IN) return broken(answer.get());
    return std::make_unique<Copy>(connection_.get(), patience_);
  }

  Result<void> begin_change() override { return begin(kBegin); }
  Result<void> begin_snapshot() override { return begin(kBeginSnapshot); }
  Result<void> commit() override {
    in_transaction_ = false;
    const Answer answer = patience_.exec("COMMIT");
    if (!good(answer.get())) return broken(answer.get());
    // It answers a COMMIT of what has failed with ROLLBACK, and calls that a success.
    if (std::string_view(PQcmdStatus(answer.get())) != "COMMIT")
      return std::unexpected(
          Error{{"データベースが変更を取り消しました。", "the database took the change back."},
                {},
                Fault::unavailable});
    return {};
  }
  Result<void> roll_back() override {
    in_transaction_ = false;
    const Answer answer = patience_.exec("ROLLBACK");
    if (!good(answer.get())) return broken(answer.get());
    return {};
  }

  Result<std::size_t> version() override {
    const auto there = query("SELECT to_regclass('schema_version') IS NOT NULL", {});
    if (!there) return std::unexpected(there.error());
    if (there->front().integer(0) == 0) return 0;
    const auto rows = query("SELECT version FROM schema_version", {});
    if (!rows) return std::unexpected(rows.error());
    return rows->empty() ? 0 : static_cast<std::size_t>(rows->front().integer(0));
  }
  Result<void> set_version(std::size_t version) override {
    return script(
        fmt::format("CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL); DELETE "
                    "FROM schema_version; INSERT INTO schema_version VALUES ({})",
                    version));
  }

 private:
  std::unexpected<Error> broken(const PGresult* answer) {
    // What can't be written to is no longer who it was: after a failover another one is.
    if (code_of(answer) == kReadOnly) read_only_ = true;
    return failed(connection_.get(), answer);
  }

  struct Draining {
    Patience& patience;
    ~Draining() { patience.drain(); }
  };

  static std::unexpected<Error> unfit() {
    return failure("文字に NUL は使えません。", "text may not hold NUL.");
  }

  bool connected() const { return PQstatus(connection_.get()) == CONNECTION_OK; }

  /// Whether the server has closed an idle connection, as it does when it is restarted.
  bool closed() const {
    // First comes its farewell, then the end.
    for (int i = 0; i < 10 && connected(); ++i) {
      pollfd waiting{PQsocket(connection_.get()), POLLIN, 0};
      if (waiting.fd < 0 || ::poll(&waiting, 1, 0) <= 0) break;
      if (PQconsumeInput(connection_.get()) == 0) break;
      (void)PQisBusy(connection_.get());
    }
    return !connected();
  }

  bool open_anew() {
    PQreset(connection_.get());
    return connected() && set_up().has_value();
  }

  /// Runs `ask`; a lost connection is opened again, but never in the middle of a transaction.
  /// `harmless`: it may be asked twice. What else was sent when the connection went may have been
  /// done: its sender is told that it failed.
  template <typename Ask>
  Answer again_if_lost(bool harmless, Ask ask) {
    if (PQtransactionStatus(connection_.get()) == PQTRANS_ACTIVE) return {};  // inside each()
    if (in_transaction_) return ask();
    if (closed() && !open_anew()) return {};
    Answer answer = ask();
    if (good(answer.get()) || connected() || patience_.ran_out()) return answer;
    const bool undone = code_of(answer.get()) == "57P01";  // ended before it began
    if ((!harmless && !undone) || !open_anew()) return answer;
    return ask();
  }

  /// `use` with the name of the prepared statement, or what stands in the way of preparing it.
  template <typename Use>
  Answer with_statement(std::string_view sql, Use use) {
    auto found = prepared_.find(std::string(sql));
    if (found == prepared_.end()) {
      if (prepared_.size() >= kKeptPostgres) {
        Answer cleared = patience_.exec("DEALLOCATE ALL");
        if (!good(cleared.get())) return cleared;
        prepared_.clear();
      }
      std::string name = fmt::format("s{}", ++made_);
      Answer made = patience_.prepare(name.c_str(), numbered(sql).c_str());
      if (!good(made.get())) return made;
      found = prepared_.emplace(sql, std::move(name)).first;
    }
    return use(found->second);
  }

  Result<void> exec(const char* sql, bool harmless) {
    const Answer answer = again_if_lost(harmless, [&] { return patience_.exec(sql); });
    if (!good(answer.get())) return broken(answer.get());
    return {};
  }

  Result<void> begin(const char* sql) {
    auto begun = exec(sql, true);
    // Set whether or not it went well: what has begun is rolled back on this same connection.
    in_transaction_ = PQtransactionStatus(connection_.get()) != PQTRANS_IDLE && connected();
    return begun;
  }

  PostgresHandle connection_;
  std::chrono::milliseconds silence_;
  Patience patience_;
  bool read_only_ = false;
  std::unordered_map<std::string, std::string> prepared_;
  std::size_t made_ = 0;
  bool in_transaction_ = false;
};

}  // namespace

Result<std::unique_ptr<Connection>> open_postgres(const std::string& address,
                                                  std::chrono::milliseconds silence) {
  PostgresHandle handle = connect_postgres(address);
  auto unreachable = [](std::string reason) {
    return std::unexpected(
        Error{{"データベースにつながりません。", "the database cannot be reached."},
              {},
              Fault::unavailable,
              std::move(reason)});
  };
  if (PQstatus(handle.get()) != CONNECTION_OK)
    return unreachable(words(PQerrorMessage(handle.get())));
  auto connection = std::make_unique<PostgresConnection>(std::move(handle), silence);
  if (auto set = connection->set_up(); !set) return unreachable(set.error().reason);
  return connection;
}

}  // namespace sekisho
