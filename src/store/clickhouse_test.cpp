// SPDX-License-Identifier: Apache-2.0
// What is sent to ClickHouse and what is taken of its answers; a real one is in the tests of the
// line.
#include "store/clickhouse.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <random>

#include "loopback.h"

namespace sekisho {
namespace {

using testing::HasSubstr;

struct Answered {
  std::vector<std::int64_t> numbers;
  std::string text;
  bool operator==(const Answered&) const = default;
};
ClickHouse::TakeRow into(std::vector<Answered>& rows) {
  return [&](std::span<const std::int64_t> numbers, std::string_view text) -> Result<void> {
    rows.push_back({{numbers.begin(), numbers.end()}, std::string(text)});
    return {};
  };
}

TEST(ClickHouse, IsAskedOnlyWhereNobodyCanListenAndByAPasswordInAFile) {
  for (const char* good : {"http://127.0.0.1", "http://[::1]:8123/a", "https://db.example",
                           "https://u@db.example:8443/A_z09", "http://localhost:1/"})
    EXPECT_TRUE(ClickHouse::at({good, ""})) << good;
  for (const char* bad :
       {"", "db", "http://db.example", "ftp://127.0.0.1", "https://u:p@db.example",
        "http://127.0.0.1/a-b", "http://127.0.0.1/a/b", "http://127.0.0.1/a%20b"}) {
    const auto refused = ClickHouse::at({bad, ""});
    ASSERT_FALSE(refused) << bad;
    EXPECT_EQ(refused.error().describe(Lang::en).find(":p@"), std::string::npos);
  }
}

TEST(ClickHouse, ARowComesBackHoweverTheAnswerIsCut) {
  std::mt19937 random{11};  // NOLINT(*-msc51-cpp): the same each time
  for (const bool with_text : {false, true})
    for (std::size_t numbers = with_text ? 0 : 1; numbers < 4; ++numbers) {
      std::string bytes;
      std::vector<Answered> wanted;
      for (const std::size_t length : {0UL, 1UL, 127UL, 128UL, 129UL, 16'383UL, 16'384UL}) {
        Answered row;
        for (std::size_t i = 0; i < numbers; ++i)
          row.numbers.push_back(i == 0 ? std::numeric_limits<std::int64_t>::min()
                                       : static_cast<std::int64_t>(random()));
        for (const std::int64_t number : row.numbers) add_number(bytes, number);
        if (with_text) {
          row.text = std::string(length, static_cast<char>('a' + length % 26));
          add_text(bytes, row.text);
        }
        wanted.push_back(row);
      }
      for (int round = 0; round < 20; ++round) {
        std::vector<Answered> got;
        std::string held;
        for (std::size_t at = 0; at < bytes.size();) {
          const std::size_t piece = 1 + random() % (round == 0 ? bytes.size() : 9'000);
          held += bytes.substr(at, piece);
          at += piece;
          std::string_view rest = held;
          ASSERT_TRUE(take_rows(rest, numbers, with_text, into(got)));
          held.erase(0, held.size() - rest.size());
        }
        EXPECT_TRUE(held.empty());
        EXPECT_EQ(got, wanted);
      }
    }
  // Whoever takes them may say that it is enough.
  std::string two;
  add_number(two, 1);
  add_number(two, 2);
  std::string_view rest = two;
  int taken = 0;
  EXPECT_FALSE(take_rows(rest, 1, false, [&](auto, auto) -> Result<void> {
    ++taken;
    return failure("必要ありません。", "enough.");
  }));
  EXPECT_EQ(taken, 1);
}

TEST(ClickHouse, ALengthThatIsNoneOrTooLongIsRefusedBeforeAnythingIsHeld) {
  std::vector<Answered> rows;
  const auto said = [&](std::string bytes) {
    std::string_view rest = bytes;
    const auto taken = take_rows(rest, 0, true, into(rows));
    return taken ? std::string("waits") : taken.error().describe(Lang::en);
  };
  EXPECT_THAT(said(std::string(6, '\x80')), HasSubstr("a row's length is none"));
  EXPECT_THAT(said(std::string(5, '\x80') + '\1'), HasSubstr("a row's length is none"));
  EXPECT_EQ(said(std::string(5, '\x80')), "waits") << "its length goes on";
  std::string most;
  for (const int byte : {0x80, 0x80, 0x80, 0x80}) most += static_cast<char>(byte);
  EXPECT_EQ(said(most + '\1'), "waits") << "kMostRowBytes";
  EXPECT_THAT(said('\x81' + most.substr(1) + '\1'), HasSubstr("a row is too long"));
  EXPECT_EQ(said("\5abcd"), "waits");
  EXPECT_TRUE(rows.empty());
  std::string_view none = "x";
  EXPECT_TRUE(take_rows(none, 0, false, into(rows))) << "and ends";
}

/// A ClickHouse at a listener's.
Result<ClickHouse> at(const Listener& listener, const std::string& user = "line") {
  std::string url = listener.url("/traffic");
  return ClickHouse::at({url.insert(7, user + "@"), "a password"});
}

TEST(ClickHouse, AsksAsWhomItWasToldAndTakesTheRowsOfTheAnswer) {
  std::string rows;
  add_number(rows, 7);
  add_text(rows, "seven");
  const Listener listener({answering(rows), answering(""), answering("")});
  const auto database = at(listener);
  ASSERT_TRUE(database) << database.error().describe(Lang::en);
  std::vector<Answered> got;
  ASSERT_TRUE(database->each("SELECT 1", 1, true, into(got)));
  EXPECT_EQ(got, (std::vector<Answered>{{{7}, "seven"}}));
  EXPECT_TRUE(database->run("SELECT 2"));
  EXPECT_TRUE(database->run("INSERT INTO x", "rows"));
  const auto heard = listener.heard();
  ASSERT_EQ(heard.size(), 3U);
  EXPECT_THAT(heard[0], HasSubstr("POST /?database=traffic&wait_end_of_query=1&"));
  EXPECT_THAT(heard[0], HasSubstr("\r\nX-ClickHouse-User: line\r\n"));
  EXPECT_THAT(heard[0], HasSubstr("\r\nX-ClickHouse-Key: a password\r\n"));
  EXPECT_TRUE(heard[0].ends_with("\r\n\r\nSELECT 1"));
  EXPECT_TRUE(heard[1].ends_with("\r\n\r\nSELECT 2"));
  EXPECT_TRUE(heard[2].ends_with("\r\n\r\nINSERT INTO x\nrows"));
}

TEST(ClickHouse, WhatIsNoWholeAnswerIsAnErrorInItsOwnWords) {
  std::string row;
  add_number(row, 7);
  const std::string refused = "Code: 60. DB::Exception: no such table\n";
  const Listener listener(
      {"HTTP/1.1 404 Not Found\r\nContent-Length: " + std::to_string(refused.size()) + "\r\n\r\n" +
           refused,
       answering(row + row.substr(0, 5)), answering(row), "",
       "HTTP/1.1 500 Error\r\nContent-Length: 9000\r\n\r\n" + std::string(9000, 'x')});
  const auto database = at(listener);
  ASSERT_TRUE(database);
  std::vector<Answered> got;
  const auto said = [&](const ClickHouse::TakeRow& take) {
    const auto done = database->each("SELECT 1", 1, false, take);
    return done ? std::string("done") : done.error().describe(Lang::en);
  };
  EXPECT_THAT(said(into(got)), HasSubstr("no such table"));
  EXPECT_TRUE(got.empty());
  EXPECT_THAT(said(into(got)), HasSubstr("a row is cut short"));
  EXPECT_EQ(got.size(), 1U);
  EXPECT_THAT(said([](auto, auto) -> Result<void> { return failure("要らない。", "enough."); }),
              HasSubstr("enough."));
  EXPECT_THAT(said(into(got)), HasSubstr("ClickHouse cannot be used"));
  const std::string long_words = said(into(got));
  EXPECT_THAT(long_words, HasSubstr("xxx"));
  EXPECT_LT(long_words.size(), 500U);
}

}  // namespace
}  // namespace sekisho
