// SPDX-License-Identifier: Apache-2.0
// Databases as each earlier version left them, opened by this one: every row of every table is
// there as it was but for what a step says that it changes, the tables are those of a new database,
// and every page answers.
//
// The rows are made from the tables themselves, so that a table that comes later is held to the
// same without a word here.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "databases.h"
#include "office.h"
#include "operations.h"
#include "store/audit.h"
#include "store/copy.h"
#include "store/migrations.h"

namespace sekisho {
namespace {

namespace json = boost::json;
constexpr int kRows = 3;
const Time kNow = *parse_time("2026-11-24T00:00:00Z");

/// Columns whose values come from a closed list, or lead somewhere. One of the three is what it was
/// called before measures were renamed.
const std::map<std::string, std::array<const char*, kRows>> kWords{
    {"evidence.verdict", {"pass", "fail", "unknown"}},
    {"evidence.subject", {"device.subject-1", "device.subject-2", "organisation"}},
    {"evidence.check_id", {"disk-encryption", "screen-lock", "ask-admin-B-2"}},
    {"evidence.source", {"collector:agent", "collector:agent", "person:Aoki"}},
    {"evidence.basis", {"", "", ""}},
    {"person.roles", {"administrator teleworker", "teleworker", "executive"}},
    {"person.lang", {"ja", "en", "ja"}},
    {"person.state", {"active", "active", "disabled"}},
    {"session.stage", {"full", "second", "enrol"}},
    {"token.scopes", {"read", "evidence", "manage"}},
    {"device.state", {"active", "lost", "retired"}},
    {"assignment.item", {"disk-encryption", "screen-lock", "admin-B-2"}},
    {"assignment.due", {"2026-11-01", "2027-03-31", "2027-03-31"}},
    {"remark.item", {"disk-encryption", "screen-lock", "admin-B-2"}},
    {"incident.kind", {"lost_device", "malware", "lost_device"}},
    {"incident.state", {"open", "open", "closed"}},
    {"incident.done", {"", "1", "1 2"}},
    {"incident.duty", {"", "", ""}},
    {"line_sensor.found", {"", "", ""}},
    {"outbox.way", {"mail", "mail", "mail"}},
    {"device_certificate.purpose", {"reports", "access", "reports"}},
    {"access_change.kind", {"person", "device", "all"}},
    {"sign_in.outcome", {"signed_in", "password_refused", "vouched"}},
    {"sign_in.factor", {"code", "password", "passkey"}},
    {"risk_silence.signal", {"new_device", "unusual_hour", "spraying"}},
    {"access_event.kind", {"allow", "deny", "cut"}},
    {"access_event.codes", {"", "measure_failing:8-3", "device_lost"}},
    {"cloud_reading.uses", {"[]", "[]", "[\"zoom\"]"}},
    {"cloud_reading.emergency", {"[]", "[]", "[]"}},
    {"cloud_reading.result", {"[]", "[]", "[]"}},
    {"cloud_service.settings", {"[]", "[\"zoom\"]", "[\"teams\"]"}},
    {"cloud_service.grade", {"", "free", "never"}},
    {"cloud_service.certificates", {"[]", "[]", "[]"}},
    {"cloud_service.reviewed_on", {"", "2026-11-01", "2026-10-01"}},
    {"cloud_service.review_on", {"", "2027-11-01", "2026-10-01"}},
    {"live_server.name", {"one", "two", "three"}},
    {"live_access.server", {"one", "two", "three"}},
};
const std::map<std::string, std::string> kBecomes{{"admin-B-2", "SK-admin-B2"},
                                                  {"ask-admin-B-2", "ask-SK-admin-B2"}};

struct TableColumn {
  std::string name;
  std::string type;
  bool may_be_null = false;
  bool leads_elsewhere = false;
};
using Tables = std::vector<std::pair<std::string, std::vector<TableColumn>>>;

/// The tables of version `step` in the order in which they can be filled.
Tables tables_of(std::size_t step) {
  const TempRoot root;
  const auto db = std::move(*connect_database(root.at("/m.db").string()));
  EXPECT_TRUE(db->migrate(step));
  Tables tables;
  const auto names = table_names(*db);
  for (const std::string& name : *names) {
    std::set<std::string> leading;
    const auto keys = db->query("SELECT \"from\" FROM pragma_foreign_key_list(?)", {name});
    for (const Row& row : *keys) leading.insert(row.text(0));
    const auto rows =
        db->query("SELECT name, type, \"notnull\" OR pk > 0 FROM pragma_table_info(?)", {name});
    std::vector<TableColumn> columns;
    for (const Row& row : *rows)
      if (row.text(0) != "id")  // given by the database, so that the next is as well
        columns.push_back(
            {row.text(0), row.text(1), row.integer(2) == 0, leading.contains(row.text(0))});
    tables.emplace_back(name, std::move(columns));
  }
  return tables;
}

Value value_for(const std::string& table, const TableColumn& column, int row) {
  const std::string full = table + "." + column.name;
  // Of a person or of a device.
  if (full == "access_suspension.person_id" && row == kRows) return std::monostate();
  if (full == "access_suspension.device_id" && row != kRows) return std::monostate();
  if (const auto words = kWords.find(full); words != kWords.end())
    return std::string(words->second.at(static_cast<std::size_t>(row - 1)));
  if (column.leads_elsewhere) return std::int64_t{row};
  if (column.may_be_null && row == kRows) return std::monostate();
  const std::string text = fmt::format("{}-{}", full, row);
  if (column.type == "BLOB") return Bytes{text};
  if (column.type == "TEXT") return text;
  if (column.name == "expires_at" || column.name == "valid_until")
    return value_of(kNow + std::chrono::days(30 + row));
  if (column.name.ends_with("_at") || column.name == "at" || column.name == "start" ||
      column.name == "locked_until")
    return value_of(kNow - std::chrono::days(10 - row));
  return std::int64_t{row};
}

std::string text_of(const Value& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) return std::to_string(*number);
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  if (const auto* bytes = std::get_if<Bytes>(&value)) return bytes->data;
  return "(null)";
}

class Upgrade : public Databases {
 protected:
  /// Of a table: its columns, and its rows as text.
  struct Filled {
    std::vector<std::string> columns;
    std::multiset<std::vector<std::string>> rows;
  };

  void fill(Database& db, std::size_t step) {
    for (const auto& [table, columns] : tables_of(step)) {
      if (table == "audit") continue;  // a chain
      Filled& filled = filled_[table];
      std::vector<std::string> marks;
      for (const TableColumn& column : columns) {
        filled.columns.push_back(column.name);
        marks.emplace_back("?");
      }
      for (int row = 1; row <= kRows; ++row) {
        Values values;
        for (const TableColumn& column : columns) values.push_back(value_for(table, column, row));
        const auto put = db.execute(fmt::format("INSERT INTO {} ({}) VALUES ({})", table,
                                                join(filled.columns, ", "), join(marks, ", ")),
                                    values);
        ASSERT_TRUE(put) << table << ": " << put.error().describe(Lang::en);
        std::vector<std::string> texts;
        for (const Value& value : values) texts.push_back(text_of(value));
        filled.rows.insert(std::move(texts));
      }
    }
    if (step < 2) return;
    for (int i = 0; i < kRows; ++i)
      ASSERT_TRUE(append_audit(db, kNow, "Aoki", "remarked", "disk-encryption", "{}"));
  }

  /// What the steps from `step` on say that they change.
  void follow_the_steps(std::size_t step) {
    if (step < 6) filled_["line_tally"].rows.clear();  // of a form that is no longer read
    if (step < 2) {
      Filled& evidence = filled_["evidence"];
      const auto at = std::ranges::find(evidence.columns, "observed_at") - evidence.columns.begin();
      evidence.columns.emplace_back("first_at");
      std::multiset<std::vector<std::string>> rows;
      for (auto row : evidence.rows) {
        row.push_back(row.at(static_cast<std::size_t>(at)));
        rows.insert(std::move(row));
      }
      evidence.rows = std::move(rows);
    }
    if (step >= 11) return;
    for (const char* table : {"evidence", "assignment", "remark"}) {
      std::multiset<std::vector<std::string>> rows;
      for (auto row : filled_[table].rows) {
        for (std::string& text : row)
          if (const auto renamed = kBecomes.find(text); renamed != kBecomes.end())
            text = renamed->second;
        rows.insert(std::move(row));
      }
      filled_[table].rows = std::move(rows);
    }
  }

  void expect_kept(Database& db) {
    for (const auto& [table, filled] : filled_) {
      if (filled.columns.empty()) continue;
      const auto rows =
          db.query(fmt::format("SELECT {} FROM {}", join(filled.columns, ", "), table));
      ASSERT_TRUE(rows) << table << ": " << rows.error().describe(Lang::en);
      std::multiset<std::vector<std::string>> there;
      for (const Row& row : *rows) {
        std::vector<std::string> texts;
        for (std::size_t i = 0; i < row.size(); ++i)
          texts.push_back(row.null(i) ? "(null)" : row.text(i));
        there.insert(std::move(texts));
      }
      for (const auto& row : filled.rows)
        EXPECT_TRUE(there.contains(row)) << table << ": " << fmt::format("{}", fmt::join(row, "|"));
    }
  }

  /// As a database has them that was never of another version.
  void expect_same_shape(Database& db) {
    const auto there = shape(db);
    if (!postgres()) {
      const auto fresh = std::move(*open_database(root().at("/fresh.db").string()));
      EXPECT_EQ(there, shape(*fresh));
      EXPECT_TRUE(db.query("PRAGMA foreign_key_check")->empty());
    }
    EXPECT_GT(there.size(), 50U);
  }
  /// All that a database says of its tables.
  std::set<std::string> shape(Database& db) const {
    std::set<std::string> lines;
    const auto rows = db.query(
        postgres()
            ? "SELECT table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable "
              "|| ' ' || COALESCE(column_default, '') || COALESCE(is_identity, '') FROM "
              "information_schema.columns WHERE table_schema = current_schema() UNION SELECT "
              "indexdef FROM pg_indexes WHERE schemaname = current_schema() UNION SELECT "
              "pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal UNION SELECT "
              "conrelid::regclass::text || pg_get_constraintdef(oid) FROM pg_constraint WHERE "
              "connamespace = current_schema()::regnamespace"
            : "SELECT type || ' ' || name || ' ' || COALESCE(sql, '') FROM sqlite_master");
    EXPECT_TRUE(rows);
    for (const Row& row : *rows) lines.insert(row.text(0));
    return lines;
  }

  void expect_every_page() {
    Office office([&](ServerOptions& options) {
      options.database = where();
      options.agents.on = true;
      options.agents.port = 0;
    });
    office.time = kNow;
    Visitor admin;
    admin.token = "the-token";
    const auto db = office.beside();
    const auto person = db->query(
        "INSERT INTO person (email, name, roles, lang, state, totp_step, recovery, created_at) "
        "VALUES ('new@firm.example', 'New', 'administrator', 'en', 'active', 0, '', 1) RETURNING "
        "id");
    ASSERT_TRUE(person) << person.error().describe(Lang::en);
    ASSERT_TRUE(db->execute(
        "INSERT INTO token (person_id, name, secret, scopes, created_at, expires_at) VALUES (?, "
        "'t', ?, 'read evidence manage', 1, ?)",
        {person->front().integer(0), secret_hash("the-token"),
         value_of(kNow + std::chrono::days(9))}));
    const auto document = json::parse(office.ask(admin, "GET", "/openapi.json").fixed);
    int whole = 0;
    for (const Called& call : all_calls(document)) {
      if (call.method != "GET") continue;
      for (const char* one : {"1", "2", "3", "disk-encryption", "SK-admin-B2"}) {
        const HttpReply reply = office.ask(admin, "GET", filled(call.path, one));
        EXPECT_LT(reply.status, 500U) << call.path << " " << one << ": " << reply.body;
        whole += reply.status == 200 ? 1 : 0;
        if (call.path.find('{') == std::string::npos) break;
      }
    }
    EXPECT_GT(whole, 20);
    // What is new goes after what is old.
    const HttpReply said =
        office.ask(admin, "POST", "/items/disk-encryption/remarks", R"({"text":"new"})");
    EXPECT_EQ(said.status, 201U) << said.body;
    EXPECT_TRUE(verify_audit(*db)->intact());
  }

  std::map<std::string, Filled> filled_;
};

TEST_P(Upgrade, KeepsEveryRowAndAnswersEveryPage) {
  const std::string name = GetParam();
  const auto step = static_cast<std::size_t>(std::stoi(name.substr(name.find('_') + 1)));
  {
    const auto old = std::move(*connect_database(where()));
    ASSERT_TRUE(old->migrate(step));
    ASSERT_NO_FATAL_FAILURE(fill(*old, step));
  }
  follow_the_steps(step);
  const auto db = open();
  ASSERT_TRUE(db);
  ASSERT_NO_FATAL_FAILURE(expect_kept(*db));
  ASSERT_NO_FATAL_FAILURE(expect_every_page());
  ASSERT_NO_FATAL_FAILURE(expect_kept(*db));
  EXPECT_EQ(*db->version(), migration_count());
  expect_same_shape(*db);
}

/// "sqlite_1" and so on: each kind, from each version that there was.
std::vector<const char*> each_version() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (const char* kind : {"sqlite", "postgres"})
      for (std::size_t step = 1; step < migration_count(); ++step)
        all.push_back(fmt::format("{}_{}", kind, step));
    return all;
  }();
  std::vector<const char*> list;
  for (const std::string& name : names) list.push_back(name.c_str());
  return list;
}
INSTANTIATE_TEST_SUITE_P(, Upgrade, testing::ValuesIn(each_version()),
                         [](const auto& each) { return std::string(each.param); });

}  // namespace
}  // namespace sekisho
