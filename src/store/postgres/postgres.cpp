#include <libpq-fe.h>

#include <unordered_map>

#include <fmt/format.h>

#include "store/open.h"

namespace sekisho {
namespace {

using Connection = std::unique_ptr<PGconn, decltype([](PGconn* c) { PQfinish(c); })>;
using Answer = std::unique_ptr<PGresult, decltype([](PGresult* r) { PQclear(r); })>;

// From PostgreSQL's catalog (pg_type.dat): they never change.
constexpr Oid kBool = 16;
constexpr Oid kBytea = 17;
constexpr Oid kInt8 = 20;
constexpr Oid kInt2 = 21;
constexpr Oid kInt4 = 23;
/// Any number that means "a Sekisho is writing" to all servers of one database.
constexpr const char* kTurn = "SELECT pg_advisory_xact_lock(7306354)";

class PostgresDatabase : public Database {
 public:
  explicit PostgresDatabase(Connection connection) : connection_(std::move(connection)) {}

  Kind kind() const override { return Kind::postgres; }

  Result<Rows> query(std::string_view sql, const Values& values) override {
    Rows rows;
    auto answer = run(sql, values);
    if (!answer) return std::unexpected(answer.error());
    const int count = PQntuples(answer->get());
    rows.reserve(static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i) rows.push_back(read(answer->get(), i));
    return rows;
  }

  Result<void> each(std::string_view sql, const Values& values,
                    const std::function<bool(const Row&)>& row) override {
    auto answer = run(sql, values);
    if (!answer) return std::unexpected(answer.error());
    const int count = PQntuples(answer->get());
    for (int i = 0; i < count; ++i)
      if (!row(read(answer->get(), i))) break;
    return {};
  }

  Result<void> script(const std::string& sql) override {
    if (!alive()) return broken();
    const Answer answer(PQexec(connection_.get(), sql.c_str()));
    const auto status = PQresultStatus(answer.get());
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) return broken();
    return {};
  }

  Result<std::size_t> version() override {
    if (auto made = script("SET client_min_messages = warning; CREATE TABLE IF NOT EXISTS "
                           "schema_version (version BIGINT NOT NULL)");
        !made)
      return std::unexpected(made.error());
    const auto rows = query("SELECT version FROM schema_version", {});
    if (!rows) return std::unexpected(rows.error());
    return rows->empty() ? 0 : static_cast<std::size_t>(rows->front().integer(0));
  }

 protected:
  Result<void> begin() override {
    in_change_ = alive();
    if (!in_change_) return broken();
    auto begun = script("BEGIN");
    if (begun) begun = script(kTurn);
    if (!begun) in_change_ = false;
    return begun;
  }
  Result<void> begin_snapshot() override {
    in_change_ = alive();
    if (!in_change_) return broken();
    return script("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
  }
  Result<void> end(bool keep) override {
    in_change_ = false;
    return script(keep ? "COMMIT" : "ROLLBACK");
  }
  Result<void> set_version(std::size_t version) override {
    return script(
        fmt::format("DELETE FROM schema_version; INSERT INTO schema_version VALUES ({})", version));
  }

 private:
  /// A lost connection is opened again, but never in the middle of a change.
  bool alive() {
    if (PQstatus(connection_.get()) == CONNECTION_OK) return true;
    if (in_change_) return false;
    prepared_.clear();
    PQreset(connection_.get());
    return PQstatus(connection_.get()) == CONNECTION_OK;
  }

  static std::string numbered(std::string_view sql) {
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

  Result<std::string> statement(std::string_view sql) {
    const auto found = prepared_.find(std::string(sql));
    if (found != prepared_.end()) return found->second;
    std::string name = fmt::format("s{}", prepared_.size());
    const Answer made(
        PQprepare(connection_.get(), name.c_str(), numbered(sql).c_str(), 0, nullptr));
    if (PQresultStatus(made.get()) != PGRES_COMMAND_OK) return broken();
    prepared_.emplace(sql, name);
    return name;
  }

  Result<Answer> run(std::string_view sql, const Values& values) {
    if (!alive()) return broken();
    auto name = statement(sql);
    if (!name && !in_change_ && alive()) name = statement(sql);
    if (!name) return std::unexpected(name.error());
    std::vector<std::string> texts(values.size());
    std::vector<const char*> pointers(values.size());
    std::vector<int> lengths(values.size());
    std::vector<int> formats(values.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (const auto* number = std::get_if<std::int64_t>(&values[i])) {
        texts[i] = std::to_string(*number);
      } else if (const auto* text = std::get_if<std::string>(&values[i])) {
        texts[i] = *text;
      } else if (const auto* bytes = std::get_if<Bytes>(&values[i])) {
        texts[i] = bytes->data;
        formats[i] = 1;
      } else {
        continue;  // NULL
      }
      pointers[i] = texts[i].c_str();
      lengths[i] = static_cast<int>(texts[i].size());
    }
    Answer answer(PQexecPrepared(connection_.get(), name->c_str(), static_cast<int>(values.size()),
                                 pointers.data(), lengths.data(), formats.data(), 0));
    const auto status = PQresultStatus(answer.get());
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) return broken();
    return answer;
  }

  static Row read(const PGresult* answer, int row) {
    std::vector<std::variant<std::monostate, std::int64_t, std::string>> values;
    const int count = PQnfields(answer);
    for (int i = 0; i < count; ++i) {
      if (PQgetisnull(answer, row, i) == 1) {
        values.emplace_back();
        continue;
      }
      const std::string text(PQgetvalue(answer, row, i),
                             static_cast<std::size_t>(PQgetlength(answer, row, i)));
      const Oid type = PQftype(answer, i);
      if (type == kInt8 || type == kInt4 || type == kInt2) {
        values.emplace_back(static_cast<std::int64_t>(std::strtoll(text.c_str(), nullptr, 10)));
      } else if (type == kBool) {
        values.emplace_back(std::int64_t{text == "t"});  // as SQLite has it
      } else if (type == kBytea) {
        std::size_t size = 0;
        unsigned char* raw =
            PQunescapeBytea(reinterpret_cast<const unsigned char*>(text.c_str()), &size);
        values.emplace_back(std::string(reinterpret_cast<const char*>(raw), size));
        PQfreemem(raw);
      } else {
        values.emplace_back(text);
      }
    }
    return Row(std::move(values));
  }

  std::unexpected<Error> broken() const {
    // libpq's message names the host and what failed, never the password.
    const std::string reason = printable(PQerrorMessage(connection_.get()), 300);
    return failure(fmt::format("データベースを使えません（{}）。", reason),
                   fmt::format("the database cannot be used ({}).", reason));
  }

  Connection connection_;
  std::unordered_map<std::string, std::string> prepared_;
  bool in_change_ = false;
};

}  // namespace

Result<std::unique_ptr<Database>> open_postgres(const std::string& address) {
  Connection connection(PQconnectdb(address.c_str()));
  if (PQstatus(connection.get()) != CONNECTION_OK) {
    const std::string reason = printable(PQerrorMessage(connection.get()), 300);
    return failure(fmt::format("データベースにつながりません（{}）。", reason),
                   fmt::format("the database cannot be reached ({}).", reason));
  }
  auto database = std::make_unique<PostgresDatabase>(std::move(connection));
  if (auto set = database->script("SET client_encoding = 'UTF8'; SET client_min_messages = "
                                  "warning; SET statement_timeout = '60s'");
      !set)
    return std::unexpected(set.error());
  return database;
}

}  // namespace sekisho
