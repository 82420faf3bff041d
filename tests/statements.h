// Notes every statement that SQLite runs in this program, to ask afterwards how each is carried
// out: what reads a whole table is quick only as long as the table is small.
#pragma once

#include <sqlite3.h>

#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace sekisho {

class Statements {
 public:
  Statements() { sqlite3_auto_extension(reinterpret_cast<void (*)()>(&watch)); }
  ~Statements() { sqlite3_reset_auto_extension(); }
  Statements(const Statements&) = delete;
  Statements& operator=(const Statements&) = delete;

  /// Those that read or change tables, since the last time.
  std::set<std::string> take() {
    const std::lock_guard lock(kept().mutex);
    return std::exchange(kept().texts, {});
  }

  /// The steps of a statement's plan.
  static std::vector<std::string> plan(const std::string& database, const std::string& sql) {
    sqlite3* raw = nullptr;
    sqlite3_open_v2(database.c_str(), &raw, SQLITE_OPEN_READONLY, nullptr);
    const std::unique_ptr<sqlite3, decltype(&sqlite3_close)> db(raw, &sqlite3_close);
    sqlite3_stmt* statement = nullptr;
    std::vector<std::string> steps;
    if (sqlite3_prepare_v2(raw, ("EXPLAIN QUERY PLAN " + sql).c_str(), -1, &statement, nullptr) !=
        SQLITE_OK)
      return {sqlite3_errmsg(raw)};
    while (sqlite3_step(statement) == SQLITE_ROW)
      steps.emplace_back(reinterpret_cast<const char*>(sqlite3_column_text(statement, 3)));
    sqlite3_finalize(statement);
    return steps;
  }

 private:
  struct Kept {
    std::mutex mutex;
    std::set<std::string> texts;
  };
  static Kept& kept() {
    static Kept all;
    return all;
  }
  static int watch(sqlite3* db, char**, const sqlite3_api_routines*) {
    return sqlite3_trace_v2(db, SQLITE_TRACE_STMT, &note, nullptr);
  }
  static int note(unsigned, void*, void* statement, void*) {
    const std::string sql = sqlite3_sql(static_cast<sqlite3_stmt*>(statement));
    for (const char* verb : {"SELECT", "INSERT", "UPDATE", "DELETE"})
      if (sql.starts_with(verb)) {
        const std::lock_guard lock(kept().mutex);
        kept().texts.insert(sql);
      }
    return 0;
  }
};

}  // namespace sekisho
