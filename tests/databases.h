// SPDX-License-Identifier: Apache-2.0
// For tests that hold for both kinds of database: an empty one of each, gone at the end. PostgreSQL
// is the server that scripts/with-postgres starts; without it those cases are skipped.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>

#include <fmt/format.h>

#include "store/database.h"
#include "temp_root.h"

namespace sekisho {

class Databases : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    if (!postgres()) return;
    const char* server = std::getenv("SEKISHO_TEST_POSTGRES");
    if (server == nullptr) GTEST_SKIP() << "run it under scripts/with-postgres";
    static std::atomic<int> count{0};
    name_ = fmt::format("t{}_{}", ::getpid(), ++count);
    server_ = server;
    const auto admin = connect_database(server_ + "/postgres");
    ASSERT_TRUE(admin) << admin.error().describe(Lang::en);
    ASSERT_TRUE((*admin)->script("CREATE DATABASE " + name_));
  }
  void TearDown() override {
    if (name_.empty()) return;
    const auto admin = connect_database(server_ + "/postgres");
    if (admin) (void)(*admin)->script("DROP DATABASE IF EXISTS " + name_ + " WITH (FORCE)");
  }
  static bool postgres() { return std::string_view(GetParam()).starts_with("postgres"); }
  std::string where() const {
    return postgres() ? server_ + "/" + name_ : root_.at("/s.db").string();
  }
  std::unique_ptr<Database> open() const {
    auto database = open_database(where());
    EXPECT_TRUE(database) << database.error().describe(Lang::en);
    return database ? std::move(*database) : nullptr;
  }
  const TempRoot& root() const { return root_; }

 private:
  TempRoot root_;
  std::string server_;
  std::string name_;
};

#define SEKISHO_BOTH_DATABASES(fixture)                                      \
  INSTANTIATE_TEST_SUITE_P(, fixture, testing::Values("sqlite", "postgres"), \
                           [](const auto& each) { return std::string(each.param); })

}  // namespace sekisho
