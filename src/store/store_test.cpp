#include "store/store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <fstream>
#include <thread>

#include "temp_root.h"

namespace sekisho {
namespace {

Evidence answer(std::string check) {
  return {kOrganisation,
          std::move(check),
          Verdict::pass,
          *parse_time("2026-11-24T00:00:00Z"),
          *parse_time("2027-11-24T00:00:00Z"),
          "person:花",
          {"はい", "Yes"}};
}

TEST(Store, KeepsEvidenceInOrderAcrossOpenings) {
  const TempRoot root;
  {
    const auto store = open_sqlite(root.at("/deep/er/s.db"));
    ASSERT_TRUE(store) << store.error().describe(Lang::en);
    ASSERT_TRUE((*store)->append(answer("a")));
    ASSERT_TRUE((*store)->append(answer("b'; DROP TABLE evidence; --")));
    ASSERT_TRUE((*store)->set("method", "vpn"));
    ASSERT_TRUE((*store)->set("method", "cloud"));
  }
  const auto store = open_sqlite(root.at("/deep/er/s.db"));
  const auto evidence = (*store)->evidence();
  ASSERT_EQ(evidence->size(), 2U);
  EXPECT_EQ((*evidence)[1].check, "b'; DROP TABLE evidence; --");
  EXPECT_EQ((*evidence)[0].source, "person:花");
  EXPECT_EQ((*evidence)[0].detail, (Text{"はい", "Yes"}));
  EXPECT_EQ((*evidence)[0].valid_until, *parse_time("2027-11-24T00:00:00Z"));
  EXPECT_EQ((*store)->settings()->at("method"), "cloud");
}

TEST(Store, IsReadableByItsOwnerOnly) {
  const TempRoot root;
  ASSERT_TRUE(open_sqlite(root.at("/s.db")));
  struct stat status{};
  ::stat(root.at("/s.db").c_str(), &status);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST(Store, EvidenceCannotBeChangedOrRemoved) {
  const TempRoot root;
  ASSERT_TRUE((*open_sqlite(root.at("/s.db")))->append(answer("a")));
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open(root.at("/s.db").c_str(), &db), SQLITE_OK);
  EXPECT_NE(sqlite3_exec(db, "UPDATE evidence SET verdict = 'fail'", nullptr, nullptr, nullptr),
            SQLITE_OK);
  EXPECT_NE(sqlite3_exec(db, "DELETE FROM evidence", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(db);
}

TEST(Store, RefusesANewerFileAndWhatIsNoDatabase) {
  const TempRoot root;
  ASSERT_TRUE(open_sqlite(root.at("/s.db")));
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open(root.at("/s.db").c_str(), &db), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(db, "PRAGMA user_version = 999", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(db);
  EXPECT_THAT(open_sqlite(root.at("/s.db")).error().describe(Lang::en),
              testing::HasSubstr("newer Sekisho"));
  root.add("/text.db",
           "this is no database, but long enough to look like one to a careless reader\n");
  EXPECT_FALSE(open_sqlite(root.at("/text.db")));
  EXPECT_FALSE(open_sqlite("/proc/none/s.db"));
  root.add("/link.db -> s.db");
  EXPECT_FALSE(open_sqlite(root.at("/link.db"))) << "a link could lead anywhere";
}

TEST(Store, TwoWritersLoseNothing) {
  const TempRoot root;
  constexpr int kEach = 25;
  const auto write = [&](const char* name) {
    const auto store = open_sqlite(root.at("/s.db"));
    ASSERT_TRUE(store) << store.error().describe(Lang::en);
    for (int i = 0; i < kEach; ++i) ASSERT_TRUE((*store)->append(answer(name)));
  };
  std::thread other([&] { write("a"); });
  write("b");
  other.join();
  EXPECT_EQ((*open_sqlite(root.at("/s.db")))->evidence()->size(), 2U * kEach);
}

}  // namespace
}  // namespace sekisho
