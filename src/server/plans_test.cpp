// SPDX-License-Identifier: Apache-2.0
// How both databases would run every statement of the program, on tables as large as they get in an
// organisation of ten times the usual size: what a person or a device waits for never reads a large
// table from end to end.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <set>

#include "databases.h"
#include "faulty_database.h"
#include "office.h"
#include "operations.h"
#include "server/devices/handlers.h"
#include "server/line/handlers.h"
#include "server/organisation/handlers.h"

namespace sekisho {
namespace {

/// Statements that mean to read all of a table, and why that is well.
struct Deliberate {
  const char* part;  // of the statement
  const char* why;
  bool only_postgres = false;  // SQLite goes by an index there
};
constexpr std::array kDeliberate{
    Deliberate{"LIKE ? ESCAPE", "a search looks at every name"},
    Deliberate{"FROM outbox WHERE way = ? AND event", "what waits, when a mail was not taken"},
    Deliberate{"FROM enrolment e LEFT JOIN", "a page of those there are", true},
    Deliberate{"SELECT COUNT(*), MAX(id), COUNT(withdrawn_at) FROM", "their version"},
    Deliberate{"FROM invitation WHERE expires_at > ? AND expires_at <= ? ORDER BY id",
               "all there are", true},
    Deliberate{"previous, hash, redacted FROM audit ORDER BY id",
               "all links of the chain are looked at"},
    Deliberate{"FROM audit ORDER BY id DESC LIMIT 1", "the last row alone"},
    Deliberate{"DELETE FROM browser WHERE used_at", "once a day"},
    Deliberate{"DELETE FROM session WHERE TRUE", "when a backup is restored"},
    Deliberate{"DELETE FROM pending WHERE TRUE", "when a backup is restored"},
    Deliberate{"DELETE FROM token WHERE expires_at", "once a day"},
    Deliberate{"DELETE FROM outbox WHERE target", "what waits, when a person is forgotten"},
    Deliberate{"SELECT 1 FROM person LIMIT 1", "the first row alone"},
    Deliberate{"SELECT DISTINCT CASE WHEN purl LIKE", "every ten minutes, for what is fetched"},
    Deliberate{"SELECT COUNT(*), MAX(id) FROM", "a version, of what is asked for whole as well"},
    Deliberate{"FROM guess ORDER BY last_at DESC", "along the index, to where the limit is"},
    Deliberate{"SELECT (SELECT COUNT(*) FROM person WHERE state = 'active'), (SELECT COUNT(*) FROM "
               "invitation",
               "the card counts them all"},
    Deliberate{"SELECT (SELECT COUNT(*) FROM outbox), (SELECT COUNT(*) FROM device",
               "what monitoring asks for counts them"},
    Deliberate{"FROM device WHERE state <> 'retired' AND erased = 0 AND appliance = ''",
               "the survey counts every device"},
    Deliberate{"FROM device WHERE state <> 'retired' AND appliance = ''",
               "the survey counts every device"},
    Deliberate{"EXISTS (SELECT 1 FROM passkey WHERE person_id = person.id)) THEN 1 ELSE 0 END",
               "of a page of people", true},
    Deliberate{"FROM device d WHERE d.erased = 0 AND d.state <> 'retired'",
               "Home counts those that never reported"},
    Deliberate{"d.state, d.seen_at FROM device d LEFT JOIN person p ON p.id = d.person_id WHERE "
               "d.erased = 0",
               "a list in an order of its own, with totals, looks at all of it"},
    Deliberate{"SELECT COUNT(*), CAST(COALESCE(SUM(CASE WHEN (totp IS NOT NULL",
               "totals of the list count everybody"},
    Deliberate{"LEFT JOIN directory_person d ON d.person_id = p.id",
               "a directory's question, of people by either name"},
    Deliberate{"SELECT a.item, a.person_id FROM assignment a JOIN person p",
               "all that is handed out, with whose it is"},
    Deliberate{"FROM invitation i LEFT JOIN person b", "a page of those there are", true},
    Deliberate{"SELECT id, roles, withdrawn_at FROM invitation ORDER BY id", "their version"},
    Deliberate{"DELETE FROM invitation WHERE withdrawn_at", "once a day"},
    Deliberate{"SELECT DISTINCT check_id FROM evidence", "once at an upgrade"},
    Deliberate{"software_stamp FROM device d", "every list that holds is judged by newer feeds"},
    Deliberate{"SELECT id, subject, name, listed_at FROM device",
               "a list that is taken in is held against every device"},
    Deliberate{"SELECT COALESCE(MAX(CASE WHEN EXISTS (SELECT 1 FROM access_suspension",
               "who administrates, when an administrator changes a person", true},
    Deliberate{"SELECT secret, person_id FROM (SELECT s.secret", "once, at the start"},
    Deliberate{"DELETE FROM sign_in", "the beginning of a statement that names ids"},
    Deliberate{"UPDATE sign_in SET origin = '', agent = ''",
               "the beginning of a statement that names ids"},
    Deliberate{"SELECT COUNT(*) FROM sign_in WHERE disowned_at IS NOT NULL",
               "when what the risk goes by was set"},
    Deliberate{"outcome, factor, origin, agent, device_id FROM sign_in WHERE id >",
               "at the start, from then on what came since", true},
    Deliberate{"SELECT id, name, email FROM person WHERE state = 'active'",
               "and its users against every person"},
    Deliberate{"AS newest WHERE place = 1 AND verdict IN ('pass'",
               "once at an upgrade, everything that holds is looked at", true},
};

/// The string literals of a source, those that stand side by side joined.
std::vector<std::string> literals(const std::string& source) {
  std::vector<std::string> found;
  bool joins = false;
  for (std::size_t i = 0; i < source.size(); ++i) {
    const char c = source[i];
    if (c == '/' && source.compare(i, 2, "//") == 0) {
      i = std::min(source.find('\n', i), source.size());
    } else if (c == '\'') {
      const std::size_t end = source.find('\'', i + (source[i + 1] == '\\' ? 3 : 1));
      if (end != std::string::npos && end - i <= 4) i = end;  // not the mark in 10'000
      joins = false;
    } else if (c == '"') {
      std::string text;
      for (++i; i < source.size() && source[i] != '"'; ++i) {
        if (source[i] == '\\') ++i;
        text += source[i];
      }
      if (joins && !found.empty())
        found.back() += text;
      else
        found.push_back(text);
      joins = true;
    } else if (c != ' ' && c != '\n') {
      // What is put together while it runs is recorded instead.
      if (joins && c == '+' && !found.empty()) found.pop_back();
      joins = false;
    }
  }
  return found;
}

/// Every statement that stands whole in the sources.
std::set<std::string> written_statements() {
  std::set<std::string> all;
  for (const char* room : {"/src/server", "/src/store"})
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(std::string(SEKISHO_SOURCE_DIR) + room)) {
      const std::string name = entry.path().filename().string();
      if (!name.ends_with(".cpp") || name.ends_with("_test.cpp") || name == "migrations.cpp")
        continue;
      std::ifstream file(entry.path());
      const std::string source{std::istreambuf_iterator<char>(file), {}};
      for (const std::string& text : literals(source))
        if (std::regex_search(text, std::regex("^(SELECT|UPDATE|DELETE|INSERT|WITH) ")) &&
            text.find_first_of("{}") == std::string::npos &&
            text.find_last_not_of(' ') == text.size() - 1)
          all.insert(text);
    }
  return all;
}

class Plans : public Databases {
 protected:
  void SetUp() override {
    Databases::SetUp();
    if (IsSkipped()) return;
    record();
    db_ = open();
    fill();
    for (const auto& [table, rows] : sizes_)
      if (rows >= 1000) large_.insert(table);
  }

  /// All operations and jobs run once or more, by an administrator and by a teleworker.
  void record() {
    Office office([&](ServerOptions& options) {
      options.database = where();
      options.connect = faulty(plan_);
      options.agents.on = true;
      options.agents.port = 0;
    });
    Visitor admin = office.administrator();
    Visitor worker = office.newcomer(admin, "worker@firm.example", {"teleworker"});
    (void)office.newcomer(admin, "third@firm.example", {"auditor"});
    plan_.heard = [&](std::string_view sql, const Values& values) {
      statements_.emplace(sql);
      no_null_is_compared(sql, values);
    };
    const auto document = boost::json::parse(office.ask(admin, "GET", "/openapi.json").fixed);
    for (int turn = 0; turn < 2; ++turn)
      for (const Called& call : all_calls(document)) {
        if (call.path.find("sign-out") != std::string::npos) continue;
        for (Visitor* who : {&admin, &worker}) {
          Visitor as_it_was = *who;
          for (const char* query : {"", "?q=a&team=b&state=lost&only=failing&person=1&after=1"}) {
            office.time += std::chrono::seconds(1);
            // Nobody ends their own sessions, or takes away their own role.
            const bool of_people =
                call.path.starts_with("/people") || call.path.starts_with("/me/sessions");
            (void)office.ask(*who, call.method, filled(call.path, of_people ? "3" : "1") + query,
                             call.body, {{"content-type", call.type}});
            *who = as_it_was;
          }
        }
      }
    plan_.heard = nullptr;
  }

  /// = and <> are never true of NULL: what may be NULL is compared by IS [NOT] DISTINCT FROM.
  static void no_null_is_compared(std::string_view sql, const Values& values) {
    std::size_t number = 0;
    bool quoted = false;
    const std::size_t conditions = sql.find(" WHERE ");
    for (std::size_t i = 0; i < sql.size(); ++i) {
      if (sql[i] == '\'') quoted = !quoted;
      if (sql[i] != '?' || quoted || number >= values.size()) continue;
      const bool null = std::holds_alternative<std::monostate>(values[number++]);
      const std::string_view before = sql.substr(0, i);
      const bool compares =
          before.ends_with("= ") || before.ends_with("> ") || before.ends_with("< ");
      EXPECT_FALSE(null && compares && i > conditions) << sql;
    }
  }

  void run(const std::string& sql) {
    const auto done = db_->script(sql);
    ASSERT_TRUE(done) << sql << ": " << done.error().describe(Lang::en);
  }
  std::string numbers(int count) const {
    return postgres() ? fmt::format("generate_series(1, {}) AS n(i)", count)
                      : fmt::format(
                            "(WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM "
                            "c WHERE i < {}) SELECT i FROM c) AS n",
                            count);
  }

  /// Ten thousand devices, five thousand people, a year. SQLite plans by the tables' form alone.
  void fill() {
    const int scale = postgres() ? 1 : 100;
    const auto rows = [&](const std::string& table, const std::string& columns,
                          const std::string& values, int count) {
      sizes_[table] += count;
      run(fmt::format("INSERT INTO {} ({}) SELECT {} FROM {}", table, columns, values,
                      numbers(count / scale)));
    };
    const auto text = [&](const std::string& what, const std::string& of = "i") {
      return fmt::format("'{}' || {}", what, of);
    };
    const std::string some = fmt::format("1 + i % {}", 4000 / scale);
    const std::string device = fmt::format("1 + i % {}", 9000 / scale);
    rows("person", "email, name, roles, lang, state, totp_step, recovery, created_at",
         text("e") + "," + text("n") + ",'teleworker','en','active',0,'',1", 5000);
    rows("sign_in", "person_id, at, outcome, factor, place, origin, agent, device_id",
         some + ", i * 100, 'signed_in', 'code', 'console', " + text("o") + "," + text("a") + ", 0",
         200'000);
    rows("device",
         "subject, name, person_id, state, created_at, machine, node_key, system_id, listed_at, "
         "node_key_before",
         text("device:") + "," + text("d") + "," + some +
             ", CASE WHEN i % 20 = 0 THEN 'retired' ELSE 'active' END, 1000000 + i * 3000," +
             text("m") + "," + text("k") + ",'debian',NULL,CASE WHEN i % 20 = 0 THEN " + text("o") +
             " ELSE '' END",
         10'000);
    rows("evidence",
         "change, subject, check_id, verdict, first_at, observed_at, valid_until, source, "
         "detail_ja, detail_en",
         "1000 + i," + text("device:", "(i % 10000)") + "," + text("c", "(i % 90)") +
             ",'pass',i,i,i + 9,'s','',''",
         200'000);
    // Of one that was busy once, and is silent since.
    rows("evidence",
         "change, subject, check_id, verdict, first_at, observed_at, valid_until, source, "
         "detail_ja, detail_en",
         "1000000 + i,'device:busy'," + text("c", "(i % 90)") + ",'pass',i,i,i + 9,'s','',''",
         20'000);
    rows("session", "secret, stage, person_id, created_at, seen_at, expires_at, peer, agent",
         text("s") + ",'full'," + some + ",1,1,i,'',''", 10'000);
    rows("passkey", "person_id, name, credential, algorithm, public_key, counter, created_at",
         some + ",'p'," + text("c") + ",-7," + (postgres() ? "''::bytea" : "x''") + ",0,1", 5000);
    rows("token", "person_id, name, secret, scopes, created_at, expires_at",
         some + ",'t'," + text("t") + ",'read',1,i", 2000);
    rows("browser", "person_id, secret, used_at", some + "," + text("b") + ",i", 10'000);
    rows("guess", "name, failures, last_at, locked_until", text("g") + ",1,i,i", 10'000);
    rows("pending", "name, value, expires_at", text("p") + ",'',i", 5000);
    rows("invitation", "secret, email, name, roles, created_at, expires_at",
         text("i") + "," + text("x") + ",'n','teleworker',1,i", 2000);
    rows("enrolment", "secret, created_by, created_at, expires_at", text("n") + "," + some + ",1,i",
         2000);
    rows("device_certificate", "device_id, fingerprint, public_key, issued_at, expires_at",
         device + "," + text("f") + ",'k',1,i", 20'000);
    rows("software", "device_id, name, version, cpe, purl", device + "," + text("s") + ",'1','',''",
         100'000);
    rows("device_view", "person_id, name, query", some + "," + text("v") + ",''", 2000);
    rows("attachment", "name, type, size, sha256, content, person_id, at",
         text("a") + ",'text/plain',1,''," + (postgres() ? "''::bytea" : "x''") + "," + some + ",i",
         2000);
    rows("answer", "evidence_id, person_id, note", "i," + some + ",''", 5000);
    rows("remark", "item, person_id, at, text", text("r", "(i % 500)") + "," + some + ",i,'x'",
         5000);
    rows("incident", "kind, case_number, person_id, at, state, text, done",
         "'lost_device',1," + some + ",i, CASE WHEN i % 50 = 0 THEN 'open' ELSE 'closed' END,'',''",
         2000);
    rows("audit", "at, actor, action, item, detail, previous, hash",
         "i,''," + text("a", "(i % 20)") + "," + text("x", "(i % 999)") + ",'{}','',''", 100'000);
    rows("outbox",
         "made_at, due_at, way, target, event, subject_ja, subject_en, body_ja, body_en, error",
         "i,i,'mail','x','e','','','','',CASE WHEN i % 100 = 0 THEN 'refused' ELSE '' END", 10'000);
    if (postgres()) run("ANALYZE");
  }

  /// Large tables that the statement reads whole.
  std::set<std::string> scanned(const std::string& sql) {
    return postgres() ? scanned_by_postgres(sql) : scanned_by_sqlite(sql);
  }
  std::set<std::string> scanned_by_sqlite(const std::string& sql) {
    std::set<std::string> tables;
    const auto plan = db_->query("EXPLAIN QUERY PLAN " + sql);
    EXPECT_TRUE(plan) << sql << ": " << plan.error().describe(Lang::en);
    if (!plan) return tables;
    // For foreign keys it lists who points to a row that would be replaced; none ever is.
    if (sql.starts_with("INSERT") && sql.find("SELECT") == std::string::npos) return tables;
    // A table goes by its alias there.
    static const std::regex named(R"((?:FROM|JOIN|UPDATE|INTO) (\w+)(?: (?:AS )?(\w+))?)");
    std::map<std::string, std::string> names;
    for (std::sregex_iterator at(sql.begin(), sql.end(), named), end; at != end; ++at) {
      names[(*at)[1]] = (*at)[1];
      if ((*at)[2].matched) names[(*at)[2]] = (*at)[1];
    }
    static const std::regex scan(R"(^SCAN (\w+)(?: USING (?:COVERING )?INDEX (\w+))?)");
    for (const Row& row : *plan) {
      const std::string line = row.text(3);
      std::smatch parts;
      if (!std::regex_search(line, parts, scan)) continue;
      if (parts[2].matched && is_partial(parts[2])) continue;  // as many rows as are meant
      tables.insert(names.contains(parts[1]) ? names[parts[1]] : std::string(parts[1]));
    }
    return only_large(tables);
  }
  bool is_partial(const std::string& index) {
    const auto rows =
        db_->query("SELECT 1 FROM sqlite_master WHERE name = ? AND sql LIKE '% WHERE %'", {index});
    return rows && !rows->empty();
  }
  /// The plan for any values, as a statement that was prepared gets it.
  std::set<std::string> scanned_by_postgres(const std::string& sql) {
    std::string numbered;
    int count = 0;
    bool quoted = false;
    for (const char c : sql) {
      if (c == '\'') quoted = !quoted;
      numbered += c == '?' && !quoted ? fmt::format("${}", ++count) : std::string(1, c);
    }
    std::set<std::string> tables;
    const auto asked = connect_database(where());
    const auto made =
        (*asked)->script("SET plan_cache_mode = force_generic_plan; PREPARE one AS " + numbered);
    EXPECT_TRUE(made) << sql << ": " << made.error().describe(Lang::en);
    if (!made) return tables;
    std::string nulls;
    for (int i = 0; i < count; ++i) nulls += i == 0 ? "NULL" : ", NULL";
    const auto plan =
        (*asked)->query("EXPLAIN EXECUTE one" + (count == 0 ? "" : "(" + nulls + ")"));
    EXPECT_TRUE(plan) << sql << ": " << plan.error().describe(Lang::en);
    if (!plan) return tables;
    static const std::regex scan(R"(Seq Scan on (\w+))");
    for (const Row& row : *plan) {
      const std::string line = row.text(0);
      if (std::smatch parts; std::regex_search(line, parts, scan)) tables.insert(parts[1]);
    }
    return only_large(tables);
  }
  std::set<std::string> only_large(const std::set<std::string>& tables) const {
    std::set<std::string> found;
    for (const std::string& table : tables)
      if (large_.contains(table)) found.insert(table);
    return found;
  }

  FaultPlan plan_;
  std::unique_ptr<Database> db_;
  std::set<std::string> statements_;
  std::map<std::string, int> sizes_;
  std::set<std::string> large_;
};
SEKISHO_BOTH_DATABASES(Plans);

TEST_P(Plans, NoStatementReadsALargeTableFromEndToEndWithoutAReason) {
  EXPECT_GT(statements_.size(), 50U);
  const auto written = written_statements();
  EXPECT_GT(written.size(), 100U);
  statements_.insert(written.begin(), written.end());
  std::set<const char*> used;
  for (const std::string& sql : statements_) {
    if (!std::regex_search(sql, std::regex("^(SELECT|UPDATE|DELETE|INSERT|WITH) "))) continue;
    if (sql.find("sqlite_") != std::string::npos || sql.find("pg_") != std::string::npos ||
        sql.find("information_schema") != std::string::npos ||
        sql.find("schema_version") != std::string::npos || sql.find("pragma_") != std::string::npos)
      continue;
    const auto tables = scanned(sql);
    if (tables.empty()) continue;
    const auto reason = std::ranges::find_if(kDeliberate, [&](const Deliberate& one) {
      return sql.find(one.part) != std::string::npos;
    });
    if (reason != kDeliberate.end())
      used.insert(reason->part);
    else
      ADD_FAILURE() << fmt::format("{} is read whole by\n  {}", fmt::join(tables, ", "), sql);
  }
  // What PostgreSQL's planner does depends on more than the statement.
  if (postgres()) return;
  for (const Deliberate& one : kDeliberate)
    EXPECT_TRUE(one.only_postgres || used.contains(one.part)) << "for nothing: " << one.part;
}

TEST_P(Plans, UntilWhenDevicesAreCertifiedStandsInAnIndex) {
  const auto found = std::ranges::find_if(statements_, [](const std::string& sql) {
    return sql.find("MAX(c.expires_at)") != std::string::npos;
  });
  ASSERT_NE(found, statements_.end());
  std::string sql = *found;
  for (std::size_t at = sql.find('?'); at != std::string::npos; at = sql.find('?'))
    sql.replace(at, 1, "1");
  std::string text;
  const auto plan = db_->query((postgres() ? "EXPLAIN " : "EXPLAIN QUERY PLAN ") + sql);
  ASSERT_TRUE(plan) << sql << ": " << plan.error().describe(Lang::en);
  for (const Row& row : *plan) text += row.text(postgres() ? 0 : 3) + "\n";
  EXPECT_THAT(text, ::testing::HasSubstr("device_certificate_ends"));
  if (!postgres()) return;
  EXPECT_THAT(text, ::testing::HasSubstr("Index Only Scan"));
  // A first look waits for no compiler.
  EXPECT_EQ(db_->query("SHOW jit")->front().text(0), "off");
}

/// A plan for any values hides what the planner does where it knows them: it walks through
/// everybody's evidence, the newest first, in the hope of a page of one that has much of it.
TEST_P(Plans, AHistoryIsFoundByWhoseItIsWhateverThePlannerKnowsOfIt) {
  if (!postgres()) return;
  const auto written = written_statements();
  const auto found = std::ranges::find_if(written, [](const std::string& sql) {
    return sql.find("FROM evidence WHERE subject = ? AND id < ?") != std::string::npos;
  });
  ASSERT_NE(found, written.end());
  const auto plan_of = [&](std::string sql) {
    for (const char* value : {"'device:busy'", "9223372036854775807", "51"})
      sql.replace(sql.find('?'), 1, value);
    std::string text;
    const auto plan = db_->query("EXPLAIN " + sql);
    EXPECT_TRUE(plan) << sql << ": " << plan.error().describe(Lang::en);
    if (plan)
      for (const Row& row : *plan) text += row.text(0) + "\n";
    return text;
  };
  EXPECT_THAT(plan_of(*found), ::testing::HasSubstr("Index Cond: ((subject = 'device:busy'"));
  // As it would be: else this test shows nothing.
  std::string plain = *found;
  const std::string_view kept = "ORDER BY id + 0";
  ASSERT_NE(plain.find(kept), std::string::npos);
  plain.replace(plain.find(kept), kept.size(), "ORDER BY id");
  EXPECT_THAT(plan_of(plain),
              ::testing::Not(::testing::HasSubstr("Index Cond: ((subject = 'device:busy'")));
}

}  // namespace
}  // namespace sekisho
