// SPDX-License-Identifier: Apache-2.0
// A PostgreSQL that is frozen, or that may only be read: what is asked of it ends, and the
// connection is not used for anything else.
#include <gtest/gtest.h>

#include <csignal>

#include "databases.h"
#include "store/open.h"
#include "store/pool.h"

namespace sekisho {
namespace {

using std::chrono::milliseconds;

class Trouble : public Databases {
 protected:
  void SetUp() override {
    Databases::SetUp();
    if (IsSkipped()) return;
    ASSERT_TRUE(open()->script("CREATE TABLE kept (id BIGINT, text TEXT)"));
  }
  std::unique_ptr<Database> impatient() {
    auto inner = open_postgres(where(), milliseconds(300));
    EXPECT_TRUE(inner) << inner.error().describe(Lang::en);
    return std::make_unique<Database>(std::move(*inner));
  }
  std::int64_t kept() { return open()->query("SELECT COUNT(*) FROM kept")->front().integer(0); }
};

/// The process that serves a connection, stopped for as long as this lives.
class Frozen {
 public:
  explicit Frozen(Database& db) : pid_(static_cast<pid_t>(pid_of(db))) { ::kill(pid_, SIGSTOP); }
  ~Frozen() { ::kill(pid_, SIGCONT); }
  Frozen(const Frozen&) = delete;
  Frozen& operator=(const Frozen&) = delete;

 private:
  static std::int64_t pid_of(Database& db) {
    return db.query("SELECT pg_backend_pid()")->front().integer(0);
  }
  pid_t pid_;
};

void expect_gone(const Result<void>& done) {
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().fault, Fault::unavailable) << done.error().describe(Lang::en);
}

TEST_P(Trouble, NobodyWaitsForEverForAFrozenServer) {
  const auto db = impatient();
  {
    const Frozen frozen(*db);
    expect_gone(db->execute("INSERT INTO kept VALUES (1, 'x')"));
    EXPECT_FALSE(db->idle());
  }
  // It opens itself anew.
  EXPECT_TRUE(db->query("SELECT 1"));
  {
    const Frozen frozen(*db);
    expect_gone(db->each("SELECT 1", {}, [](const Row&) { return true; }));
  }
  EXPECT_TRUE(db->query("SELECT 1"));
  EXPECT_TRUE(db->idle());
}

TEST_P(Trouble, AChangeThatFreezesIsNotSaidToBeDone) {
  const auto db = impatient();
  for (const bool at_its_end : {false, true}) {
    std::optional<Frozen> frozen;
    expect_gone(db->write([&]() -> Result<void> {
      if (!at_its_end) frozen.emplace(*db);
      auto put = db->execute("INSERT INTO kept VALUES (2, 'x')");
      if (at_its_end) frozen.emplace(*db);
      return put;
    }));
    EXPECT_FALSE(db->idle());
    frozen.reset();
    EXPECT_TRUE(db->query("SELECT 1"));
  }
  EXPECT_LE(kept(), 1) << "what froze before its end was not done";
}

TEST_P(Trouble, ManyRowsForAFrozenServerEndToo) {
  const auto db = impatient();
  expect_gone(db->write([&]() -> Result<void> {
    const auto loader = db->load("kept", {"id", "text"});
    if (!loader) return std::unexpected(loader.error());
    const auto pid = open()->query(
        "SELECT pid FROM pg_stat_activity WHERE query LIKE 'COPY kept%' AND datname = "
        "current_database()");
    ::kill(static_cast<pid_t>(pid->front().integer(0)), SIGSTOP);
    Result<void> put;
    // More than lies in sockets between the two.
    for (std::int64_t i = 0; put && i < 4000; ++i)
      put = (*loader)->put({i, std::string(10'000, 'x')});
    if (put) put = (*loader)->finish();
    ::kill(static_cast<pid_t>(pid->front().integer(0)), SIGCONT);
    return put;
  }));
  EXPECT_EQ(kept(), 0);
  EXPECT_TRUE(db->query("SELECT 1"));
}

TEST_P(Trouble, WhatMayOnlyBeReadIsLeftForAnother) {
  Pool pool([this] { return connect_database(where()); });
  const auto write = [&] {
    auto lease = pool.take();
    if (!lease) return Result<void>(std::unexpected(lease.error()));
    return (***lease).write([&] { return (***lease).execute("INSERT INTO kept VALUES (3, 'x')"); });
  };
  ASSERT_TRUE((**pool.take().value()).script("SET default_transaction_read_only = on"));
  expect_gone(write());
  EXPECT_EQ(pool.waiting(), 0U) << "kept, and every later change would fail";
  EXPECT_TRUE(write());
}

TEST_P(Trouble, OfSeveralServersTheOneThatAnswersIsTaken) {
  const std::string one = where();
  const auto at = one.find("127.0.0.1");
  auto db = connect_database(std::string(one).insert(at, "127.0.0.1:1,"));
  ASSERT_TRUE(db) << db.error().describe(Lang::en);
  EXPECT_TRUE((*db)->execute("INSERT INTO kept VALUES (4, 'x')"));
  ASSERT_TRUE(open()->script("ALTER DATABASE " + one.substr(one.rfind('/') + 1) +
                             " SET default_transaction_read_only = on"));
  EXPECT_FALSE(connect_database(std::string(one).insert(at, "127.0.0.1:1,")))
      << "none of them can be written to";
  EXPECT_TRUE(connect_database(one)) << "the only one there is can be read";
}

INSTANTIATE_TEST_SUITE_P(, Trouble, testing::Values("postgres"));

}  // namespace
}  // namespace sekisho
