// SPDX-License-Identifier: Apache-2.0
// Transactions: whatever is thrown or fails, nothing half done is kept and nothing is left open.
#include "store/database.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <random>
#include <thread>

#include "base/file.h"
#include "databases.h"
#include "faulty_database.h"
#include "store/audit.h"
#include "store/copy.h"
#include "store/leftovers.h"
#include "store/open.h"
#include "store/pool.h"
#include "store/store.h"

namespace sekisho {
namespace {

using Transactions = Databases;
SEKISHO_BOTH_DATABASES(Transactions);

/// Whether somebody else gets the turn to write.
bool turn_is_free(const std::string& where) {
  const auto other = connect_database(where);
  return other && (*other)->write([] { return Result<void>(); }).has_value();
}

TEST_P(Transactions, AnExceptionRollsBackAndLeavesTheConnectionIdle) {
  const auto db = open();
  EXPECT_THROW((void)db->write([&]() -> Result<void> {
    EXPECT_TRUE(set_setting(*db, "a", "1"));
    throw std::bad_alloc();
  }),
               std::bad_alloc);
  EXPECT_TRUE(db->idle());
  EXPECT_TRUE(turn_is_free(where()));
  EXPECT_TRUE(settings(*db)->empty());
  EXPECT_THROW((void)db->snapshot([&]() -> Result<void> { throw std::out_of_range("x"); }),
               std::out_of_range);
  EXPECT_TRUE(db->idle());
  EXPECT_THROW((void)db->each("SELECT 1", {}, [](const Row&) -> bool { throw 1; }), int);
  EXPECT_TRUE(db->idle());
  ASSERT_TRUE(set_setting(*db, "a", "2"));
  EXPECT_EQ(settings(*open())->at("a"), "2");
}

/// Names that were taken away are in none of a SQLite file's parts.
TEST_P(Transactions, WhatWasDeletedLeavesTheFileAndItsLog) {
  const auto db = open();
  if (db->kind() != Database::Kind::sqlite) GTEST_SKIP() << "its log is its operator's affair";
  const std::string name = "NameThatWasTakenAway";
  ASSERT_TRUE(set_setting(*db, "a", std::string(20'000, 'x') + name));
  ASSERT_TRUE(db->execute("DELETE FROM setting"));
  const auto has_name = [&] {
    for (const char* part : {"", "-wal"})
      if (const auto bytes = read_input_file(where() + part, 1U << 24U);
          bytes && bytes->contains(name))
        return true;
    return false;
  };
  EXPECT_TRUE(has_name()) << "or this test sees nothing";
  {
    const auto reader = open();
    const auto look = reader->begin_snapshot();
    ASSERT_TRUE(look);
    ASSERT_TRUE(settings(*reader));
    ASSERT_TRUE(set_setting(*db, "b", "1"));
    EXPECT_TRUE(clear_leftovers(*db));
    EXPECT_TRUE(has_name()) << "somebody reads, and isn't waited for";
  }
  EXPECT_TRUE(clear_leftovers(*db));
  EXPECT_FALSE(has_name());
}

TEST_P(Transactions, AnInnerFailureUndoesItselfAndTheOuterDecides) {
  const auto db = open();
  const auto inner = [&](const char* name, bool good) {
    return db->write([&]() -> Result<void> {
      EXPECT_TRUE(set_setting(*db, name, "1"));
      // Even a statement that PostgreSQL gives a whole transaction up for.
      if (!good) return db->execute("INSERT INTO setting (name, value) VALUES (?, 'x')", {name});
      return {};
    });
  };
  ASSERT_TRUE(db->write([&]() -> Result<void> {
    EXPECT_TRUE(inner("a", true));
    EXPECT_FALSE(inner("b", false));
    EXPECT_TRUE(inner("c", true));
    return {};
  }));
  EXPECT_EQ(*settings(*open()), (Settings{{"a", "1"}, {"c", "1"}}));
  EXPECT_FALSE(db->write([&] {
    EXPECT_TRUE(inner("d", true));
    return inner("e", false);
  }));
  EXPECT_EQ(settings(*open())->size(), 2U);
  EXPECT_TRUE(db->idle());
}

TEST_P(Transactions, ALookInsideAChangeSeesItAndAChangeInsideALookIsRefused) {
  const auto db = open();
  EXPECT_TRUE(db->write([&]() -> Result<void> {
    EXPECT_TRUE(set_setting(*db, "a", "1"));
    return db->snapshot([&]() -> Result<void> {
      EXPECT_EQ(settings(*db)->size(), 1U);
      return {};
    });
  }));
  EXPECT_FALSE(db->snapshot([&] { return db->write([] { return Result<void>(); }); }));
  EXPECT_TRUE(db->idle());
  EXPECT_EQ(settings(*open())->size(), 1U);
}

TEST_P(Transactions, AnErrorThatIsSwallowedNeverBecomesASuccessOfNothing) {
  const auto db = open();
  ASSERT_TRUE(set_setting(*db, "a", "1"));
  const auto done = db->write([&]() -> Result<void> {
    (void)set_setting(*db, "b", "1");
    (void)db->query("INSERT INTO setting (name, value) VALUES ('a', 'x')");
    (void)set_setting(*db, "c", "1");
    return {};
  });
  // What is said to be done is done: SQLite goes on after the statement, PostgreSQL never commits.
  EXPECT_EQ(settings(*open())->size(), done ? 3U : 1U);
  EXPECT_TRUE(db->idle());
}

TEST_P(Transactions, WhatIsTakenTwiceIsAConflictAndItsWordsAreForTheOperator) {
  const auto db = open();
  ASSERT_TRUE(set_setting(*db, "secret-name", "1"));
  const auto twice =
      db->query("INSERT INTO setting (name, value) VALUES ('secret-name', 'secret-value')");
  ASSERT_FALSE(twice);
  EXPECT_EQ(twice.error().fault, Fault::conflict);
  EXPECT_FALSE(twice.error().reason.empty());
  EXPECT_THAT(twice.error().message.en, testing::Not(testing::HasSubstr("setting")));
  EXPECT_THAT(twice.error().reason, testing::Not(testing::HasSubstr("secret")));
  EXPECT_EQ(db->query("SELECT none FROM nowhere").error().fault, Fault::broken);
}

TEST_P(Transactions, ThePoolTakesBackOnlyWhatIsIdle) {
  ASSERT_TRUE(open());
  Pool pool([&] { return connect_database(where()); });
  {
    auto lease = pool.take();
    ASSERT_TRUE(lease);
    ASSERT_TRUE((***lease).script(postgres() ? "BEGIN" : "BEGIN IMMEDIATE"));
    ASSERT_TRUE(set_setting(***lease, "a", "1"));
  }
  EXPECT_EQ(pool.waiting(), 0U);
  EXPECT_TRUE(turn_is_free(where()));
  EXPECT_TRUE(settings(*open())->empty());
  {
    ASSERT_TRUE(pool.take());
  }
  EXPECT_EQ(pool.waiting(), 1U);
}

TEST_P(Transactions, AConditionIsAskedInsideTheChangeItself) {
  const auto db = open();
  ASSERT_TRUE(set_setting(*db, "version", "1"));
  bool asked_inside = false;
  const auto holds = [&]() -> Result<void> {
    asked_inside = !db->idle();
    if (settings(*db)->at("version") == "1") return {};
    return std::unexpected(Error{{"", ""}, {}, Fault::changed});
  };
  {
    const Database::Condition condition(*db, holds);
    // A statement on its own is a change too.
    ASSERT_TRUE(set_setting(*db, "version", "2"));
    EXPECT_TRUE(asked_inside);
    // It was met once; what the same request does afterwards goes on.
    EXPECT_TRUE(set_setting(*db, "other", "1"));
  }
  {
    const Database::Condition condition(*db, holds);
    EXPECT_EQ(set_setting(*db, "version", "3").error().fault, Fault::changed);
    EXPECT_EQ(db->write([] { return Result<void>(); }).error().fault, Fault::changed);
  }
  EXPECT_TRUE(set_setting(*db, "version", "4"));
}

/// A program of nested changes that fail, throw and swallow at random, against a map that does the
/// same with copies: the slow judge.
class Program {
 public:
  Program(Database& db, FaultPlan& plan, unsigned seed) : db_(db), plan_(plan), random_(seed) {}

  Settings run() {
    Settings kept;
    for (int i = 0; i < 12; ++i) {
      plan_.fail_next(random_() % 3 == 0 ? random_() % 25 : 0,
                      random_() % 2 == 0 ? FaultPlan::How::fails : FaultPlan::How::throws);
      Settings now = kept;
      try {
        if (change(now, 0)) kept = now;
      } catch (const std::runtime_error&) {
        now.clear();  // nothing of it is kept
      }
      plan_.calm();
      EXPECT_TRUE(db_.idle());
    }
    return kept;
  }

 private:
  Result<void> change(Settings& state, int depth) {
    Settings now = state;
    auto done = db_.write([&]() -> Result<void> {
      for (unsigned left = random_() % 4; left > 0; --left) {
        if (depth < 3 && random_() % 3 == 0) {
          // The outer one goes on whatever became of the inner, or not.
          auto inner = change(now, depth + 1);
          if (!inner && random_() % 2 == 0) return inner;
          continue;
        }
        const std::string name(1, static_cast<char>('a' + random_() % 6));
        const std::string value = std::to_string(random_() % 1000);
        if (auto set = set_setting(db_, name, value); !set) return set;
        now[name] = value;
      }
      if (random_() % 5 == 0) return failure("", "");
      if (random_() % 9 == 0) throw std::runtime_error("thrown by the test");
      return {};
    });
    if (done) state = now;
    return done;
  }

  Database& db_;
  FaultPlan& plan_;
  std::mt19937 random_;
};

TEST_P(Transactions, OfGeneratedProgramsNothingHalfIsEverKept) {
  for (unsigned seed = 0; seed < (postgres() ? 25U : 100U); ++seed) {
    {
      const auto clean = open();
      ASSERT_TRUE(clean->execute("DELETE FROM setting"));
    }
    FaultPlan plan;
    auto inner = postgres() ? open_postgres(where()) : open_sqlite_file(where());
    ASSERT_TRUE(inner);
    Database db(std::make_unique<FaultyConnection>(std::move(*inner), plan));
    const Settings expected = Program(db, plan, seed).run();
    ASSERT_EQ(*settings(*open()), expected) << "seed " << seed;
    ASSERT_TRUE(turn_is_free(where())) << "seed " << seed;
  }
}

TEST_P(Transactions, AFullOrBrokenTransactionTakesNoStatementOnItsOwn) {
  if (postgres()) GTEST_SKIP() << "SQLite alone ends a transaction by itself";
  const auto db = open();
  ASSERT_TRUE(db->script("PRAGMA max_page_count = 200"));
  const auto done = db->write([&]() -> Result<void> {
    EXPECT_TRUE(set_setting(*db, "before", "1"));
    (void)set_setting(*db, "big", std::string(std::size_t{4} << 20U, 'x'));
    (void)set_setting(*db, "after", "1");
    return {};
  });
  const auto there = *settings(*open());
  EXPECT_EQ(there.size(), done ? 2U : 0U) << "either the whole or nothing";
  EXPECT_TRUE(db->idle());
}

TEST_P(Transactions, SeveralThreadsShareThePool) {
  ASSERT_TRUE(open());
  Pool pool([&] { return connect_database(where()); });
  std::vector<std::thread> threads;
  std::atomic<int> thrown{0};
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 25; ++i) {
        auto lease = pool.take();
        ASSERT_TRUE(lease);
        Database& db = ***lease;
        try {
          (void)db.write([&]() -> Result<void> {
            if (auto set = set_setting(db, fmt::format("{}-{}", t, i), "1"); !set) return set;
            if (i % 5 == 3) throw std::runtime_error("");
            return i % 5 == 4 ? failure("", "") : Result<void>();
          });
        } catch (const std::runtime_error&) {
          ++thrown;  // as it was meant
        }
      }
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(thrown, 4 * 5);
  EXPECT_EQ(settings(*open())->size(), 4U * 15U);
}

TEST_P(Transactions, PostgresComesBackWithItsSettings) {
  if (!postgres()) GTEST_SKIP();
  const auto db = open();
  const auto admin = open();
  const auto end_others = [&] {
    ASSERT_TRUE(
        admin->query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> "
                     "pg_backend_pid() AND datname = current_database()"));
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  };
  end_others();
  EXPECT_EQ(db->query("SHOW statement_timeout")->front().text(0), "1min");
  EXPECT_EQ(db->query("SHOW client_encoding")->front().text(0), "UTF8");
  EXPECT_EQ(db->query("SHOW idle_in_transaction_session_timeout")->front().text(0), "5s");
  end_others();
  EXPECT_TRUE(set_setting(*db, "a", "1"))
      << "a write is not refused for a connection that was idle";
  end_others();
  EXPECT_TRUE(db->snapshot([&] { return Result<void>(); }));
  EXPECT_FALSE(db->write([&]() -> Result<void> {
    EXPECT_TRUE(set_setting(*db, "b", "1"));
    end_others();
    (void)set_setting(*db, "c", "1");
    (void)set_setting(*db, "d", "1");
    return {};
  })) << "nothing goes on on another connection in the middle of a change";
  EXPECT_EQ(settings(*open())->size(), 1U);
  EXPECT_TRUE(set_setting(*db, "e", "1"));
}

TEST_P(Transactions, AWriterThatStandsStillGivesItsTurnBack) {
  if (!postgres()) GTEST_SKIP() << "a process that is stopped holds a file";
  const auto still = open();
  const auto other = open();
  EXPECT_FALSE(still->write([&]() -> Result<void> {
    EXPECT_TRUE(set_setting(*still, "a", "1"));
    // As if it were cut off: nothing more is heard of it.
    EXPECT_TRUE(other->write([&] { return set_setting(*other, "b", "2"); }))
        << "before who waits gives up";
    return {};
  }));
  EXPECT_EQ(settings(*open())->size(), 1U);
  EXPECT_TRUE(set_setting(*still, "c", "3"));
}

TEST_P(Transactions, AWriterThatMustNotWaitLongerLeavesNothingBehind) {
  const auto one = open();
  const auto two = open();
  ASSERT_TRUE(two->script(postgres() ? "SET lock_timeout = '50ms'" : "PRAGMA busy_timeout = 50"));
  ASSERT_TRUE(one->write([&]() -> Result<void> {
    const auto waited = two->write([] { return Result<void>(); });
    EXPECT_FALSE(waited);
    EXPECT_EQ(waited.error().fault, Fault::unavailable);
    EXPECT_TRUE(two->idle());
    EXPECT_TRUE(settings(*two)) << "it still reads";
    return {};
  }));
  EXPECT_TRUE(set_setting(*two, "a", "1"));
}

TEST_P(Transactions, ManyRowsArriveOneByOneAndStopWhenToldTo) {
  const auto db = open();
  ASSERT_TRUE(db->write([&]() -> Result<void> {
    auto loader = db->load("setting", {"name", "value"});
    if (!loader) return std::unexpected(loader.error());
    for (int i = 0; i < 5000; ++i)
      if (auto put = (*loader)->put({fmt::format("{:05}", i), std::string("\\t\t\n\r\\N'\" 花")});
          !put)
        return put;
    return (*loader)->finish();
  }));
  int seen = 0;
  ASSERT_TRUE(db->each("SELECT value FROM setting ORDER BY name", {}, [&](const Row& row) {
    EXPECT_EQ(row.text(0), "\\t\t\n\r\\N'\" 花");
    return ++seen < 1200;
  }));
  EXPECT_EQ(seen, 1200);
  EXPECT_EQ(settings(*db)->size(), 5000U) << "the connection is free for the next";
  // A load that is given up takes the change with it.
  EXPECT_FALSE(db->write([&]() -> Result<void> {
    auto loader = db->load("setting", {"name", "value"});
    EXPECT_TRUE((*loader)->put({std::string("x"), std::string("y")}));
    return failure("", "");
  }));
  EXPECT_TRUE(db->idle());
  EXPECT_EQ(settings(*db)->size(), 5000U);
}

}  // namespace
}  // namespace sekisho
