// SPDX-License-Identifier: Apache-2.0
#include "server/api/board.h"

#include <gtest/gtest.h>

#include <atomic>
#include <random>
#include <thread>

#include <fmt/format.h>

#include "databases.h"
#include "guideline/embedded.h"

namespace sekisho {
namespace {

using enum Verdict;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

const Guideline& guideline() {
  static const Guideline loaded = *load_guideline(embedded_guideline());
  return loaded;
}
const std::string& machine_check(std::size_t i = 0) {
  static const std::vector<std::string> list = [] {
    std::vector<std::string> checks;
    for (const CheckSpec& check : guideline().checks)
      if (!check.asked) checks.push_back(check.id);
    return checks;
  }();
  return list.at(i);
}

const Time kStart = *parse_time("2026-11-26T10:00:00Z");

Evidence seen(const std::string& subject, Time at, Verdict verdict, hours holds = hours(24),
              std::size_t check = 0) {
  return {
      {subject}, machine_check(check), {verdict, {"事実", "fact"}, Compared{.place = "/etc/test"}},
      at,        at + holds,           "collector:agent"};
}

Verdict shown(const Standing& standing, const std::string& subject, std::size_t check = 0) {
  const auto list = standing.fleet().standings({subject});
  return list.empty()
             ? unknown
             : list[place_of(guideline(), *guideline().check(machine_check(check)))].verdict;
}

/// Everything that pages can see of a standing.
std::string described(const Standing& standing) {
  std::string out;
  for (std::size_t c = 0; c < guideline().checks.size(); ++c)
    out += fmt::format("{} ", fmt::join(standing.fleet().tally(c).counts, "/"));
  for (int i = 0; i < 4; ++i)
    for (const auto& one : standing.fleet().standings({fmt::format("host:{}", i)}))
      if (one.id != 0) out += fmt::format("\n{} {} {}", i, one.id, static_cast<int>(one.verdict));
  for (std::size_t i = 0; i < standing.days().size(); ++i) {
    const DayStanding& day = standing.days()[i];
    out += fmt::format("\n{} {}", format_day(day.day), day.machines);
    for (const Share& share : day.measures)
      out += fmt::format(" {:.4f},{:.4f}", share.met, share.failing);
    for (const Status status : day.handbook_status)
      out += fmt::format(" {}", static_cast<int>(status));
  }
  return out;
}

class Boards : public Databases {
 protected:
  std::unique_ptr<Board> board(std::function<Time()> clock) const {
    return std::make_unique<Board>(
        guideline(), [this] { return connect_database(where()); }, std::move(clock));
  }
  std::unique_ptr<Board> board() {
    return board([this] { return Time(seconds(now_.load())); });
  }
  void set(Time now) { now_ = now.time_since_epoch().count(); }
  static std::shared_ptr<const Standing> look(Board& board, Database& db) {
    auto standing = board.look(db);
    EXPECT_TRUE(standing) << standing.error().describe(Lang::en);
    return standing ? *standing : nullptr;
  }

  std::atomic<std::int64_t> now_{kStart.time_since_epoch().count()};
};
SEKISHO_BOTH_DATABASES(Boards);

TEST_P(Boards, WhatAnotherServersClockIsAheadWithIsSeenWhenItsTimeComes) {
  const auto db = open();
  const auto board = this->board();
  ASSERT_TRUE(append_evidence(*db, {seen("host:0", kStart, pass)}));
  EXPECT_EQ(shown(*look(*board, *db), "host:0"), pass);
  ASSERT_TRUE(append_evidence(*db, {seen("host:1", kStart + seconds(1), fail)}));
  EXPECT_EQ(look(*board, *db)->fleet().machines(), 1U);
  set(kStart + seconds(1));
  EXPECT_EQ(shown(*look(*board, *db), "host:1"), fail);
}

TEST_P(Boards, AClockThatWasAheadLeavesNothingBehind) {
  const auto db = open();
  const auto board = this->board();
  ASSERT_TRUE(append_evidence(*db, {seen("host:0", kStart, pass), seen("host:1", kStart, fail)}));
  const std::string before = described(*look(*board, *db));
  set(kStart + days(400));
  EXPECT_EQ(shown(*look(*board, *db), "host:1"), unknown);
  set(kStart);
  EXPECT_EQ(described(*look(*board, *db)), before);
  set(kStart + minutes(1));
  ASSERT_TRUE(append_evidence(*db, {seen("host:2", kStart + minutes(1), pass)}));
  EXPECT_EQ(shown(*look(*board, *db), "host:2"), pass);
}

TEST_P(Boards, OnlyWhatWasCommittedIsSeen) {
  const auto db = open();
  const auto board = this->board();
  (void)db->write([&]() -> Result<void> {
    EXPECT_TRUE(append_evidence(*db, {seen("host:0", kStart, pass)}));
    EXPECT_EQ(look(*board, *db)->fleet().machines(), 0U);
    return failure("", "");
  });
  EXPECT_EQ(look(*board, *db)->fleet().machines(), 0U);
  // Its number is given again.
  ASSERT_TRUE(append_evidence(*db, {seen("host:1", kStart, fail)}));
  EXPECT_EQ(shown(*look(*board, *db), "host:1"), fail);
}

TEST_P(Boards, NobodyWaitsWhenNothingWasWritten) {
  const auto db = open();
  ASSERT_TRUE(append_evidence(*db, {seen("host:0", kStart, pass)}));
  int opened = 0;
  Board board(
      guideline(),
      [&]() -> Result<std::unique_ptr<Database>> {
        if (++opened > 1) return failure("", "none left");
        return connect_database(where());
      },
      [this] { return Time(seconds(now_.load())); });
  ASSERT_TRUE(board.load());
  const auto first = look(board, *db);
  set(kStart + hours(3));
  EXPECT_EQ(look(board, *db), first) << "the very same, until something runs out";
  set(kStart + hours(24));
  EXPECT_NE(look(board, *db), first);
  EXPECT_EQ(opened, 1);
}

TEST_P(Boards, GoesOnAfterTheDatabaseWasAway) {
  const auto db = open();
  bool away = true;
  Board board(
      guideline(),
      [&]() -> Result<std::unique_ptr<Database>> {
        if (away) return failure("", "away");
        return connect_database(where());
      },
      [this] { return Time(seconds(now_.load())); });
  ASSERT_TRUE(append_evidence(*db, {seen("host:0", kStart, pass)}));
  EXPECT_FALSE(board.look(*db));
  away = false;
  EXPECT_EQ(shown(*look(board, *db), "host:0"), pass);
}

TEST_P(Boards, TheCalendarIsASettingAndCountsAtOnce) {
  const auto db = open();
  const auto board = this->board();
  set(*parse_time("2026-11-26T23:30:00Z"));
  const auto today = [&] { return format_day(look(*board, *db)->days().back().day); };
  EXPECT_EQ(today(), "2026-11-27") << "Japan's";
  ASSERT_TRUE(set_setting(*db, kZoneSetting, "+00:00"));
  EXPECT_EQ(today(), "2026-11-26");
  ASSERT_TRUE(set_setting(*db, kZoneSetting, "nonsense"));
  EXPECT_EQ(today(), "2026-11-27");
}

/// Two servers whose clocks differ, each write through a third connection, and at any time a server
/// that was just started: all see the same at the same time.
TEST_P(Boards, AsAServerThatWasJustStarted) {
  const auto db = open();
  std::mt19937 random(20261126);  // NOLINT: the same run each time
  const auto below = [&](int n) { return std::uniform_int_distribution<>(0, n - 1)(random); };
  Time now = kStart;
  Time shown_by_clock = now;
  const auto clock = [&] { return shown_by_clock; };
  std::array<std::unique_ptr<Board>, 2> servers{board(clock), board(clock)};
  for (int i = 0; i < 4; ++i)
    ASSERT_TRUE(
        db->execute("INSERT INTO device (subject, name, state, created_at) VALUES (?, 'x', "
                    "'active', 0)",
                    {fmt::format("host:{}", i)}));
  for (int step = 0; step < (postgres() ? 150 : 400); ++step) {
    const int what = below(10);
    if (what < 4) {
      std::vector<Evidence> some;
      for (int i = below(4); i >= 0; --i) {
        const Time at = below(5) == 0 ? now - hours(below(24 * 20)) : now + seconds(below(4) - 2);
        some.push_back(seen(fmt::format("host:{}", below(4)), at, static_cast<Verdict>(below(3)),
                            hours(1 + below(80)), static_cast<std::size_t>(below(3))));
      }
      ASSERT_TRUE(append_evidence(*db, some));
    } else if (what == 4) {
      ASSERT_TRUE(db->write([&]() -> Result<void> {
        const bool gone = below(2) == 0;
        if (auto done =
                db->execute("UPDATE device SET state = ?, retired_at = ? WHERE subject = ?",
                            {std::string(gone ? "retired" : "active"),
                             gone ? value_of(now) : Value(), fmt::format("host:{}", below(4))});
            !done)
          return done;
        return set_setting(*db, "devices.change", std::to_string(step));
      }));
    } else {
      now += below(6) == 0 ? hours(below(60)) : seconds(below(300));
      // One server's clock is a second behind, now and then one is far off.
      shown_by_clock = now - seconds(below(2)) + days(below(12) == 0 ? below(900) - 400 : 0);
      Board& server = *servers.at(static_cast<std::size_t>(below(2)));
      const auto fresh = board(clock);
      ASSERT_EQ(described(*look(server, *db)), described(*look(*fresh, *db))) << "step " << step;
    }
  }
}

/// What was acknowledged before somebody looks, they see; with many writing and looking at once.
TEST_P(Boards, WhoLooksSeesAllThatWasAcknowledgedBefore) {
  {
    ASSERT_NE(open(), nullptr);
  }
  const auto board = this->board();
  std::atomic<std::int64_t> acknowledged{0};
  std::atomic<bool> ending{false};
  std::atomic<int> wrong{0};
  const auto write = [&](int writer) {
    const auto db = open();
    for (int i = 0; i < 60; ++i) {
      const auto ids =
          append_evidence(*db, {seen(fmt::format("host:{}", writer), Time(seconds(now_.load())),
                                     i % 2 == 0 ? pass : fail)});
      if (!ids) {
        ++wrong;
        return;
      }
      std::int64_t before = acknowledged;
      while (before < ids->front() && !acknowledged.compare_exchange_weak(before, ids->front())) {
      }
      if (writer == 0 && i % 7 == 0) ++now_;
    }
  };
  const auto read = [&] {
    const auto db = open();
    while (!ending) {
      const std::int64_t there = acknowledged;
      const auto standing = board->look(*db);
      if (!standing) {
        ++wrong;
        return;
      }
      std::int64_t newest = 0;
      for (int i = 0; i < 2; ++i)
        for (const auto& one : (*standing)->fleet().standings({fmt::format("host:{}", i)}))
          newest = std::max<std::int64_t>(newest, one.id);
      if (newest < there) ++wrong;
    }
  };
  {
    std::vector<std::jthread> readers;
    for (int i = 0; i < 3; ++i) readers.emplace_back(read);
    {
      std::jthread one(write, 0);
      std::jthread other(write, 1);
    }
    ending = true;
  }
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace sekisho
