// SPDX-License-Identifier: Apache-2.0
// Tallies of sensors, kept and put together: the same whatever way they came, in both databases and
// in ClickHouse (the server that scripts/with-clickhouse starts; without it those are skipped).
#include "server/line/line.h"
#include "server/line/line_figures.h"
#include "server/line/line_risk.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <random>
#include <thread>

#include "databases.h"
#include "guideline/embedded.h"
#include "server/line/line_store.h"

namespace sekisho {
namespace {

class LineTest : public Databases {
 protected:
  void SetUp() override {
    Databases::SetUp();
    if (IsSkipped()) return;
    db = open();
    ASSERT_TRUE(db);
    if (clickhouse()) {
      const char* server = std::getenv("SEKISHO_TEST_CLICKHOUSE");
      if (server == nullptr) GTEST_SKIP() << "run it under scripts/with-clickhouse";
      options.line = {server, "secret"};
    }
    for (int i = 0; i < 2; ++i) {
      const auto rows = db->query(
          "INSERT INTO device (subject, name, state, created_at) VALUES (?, 'sensor', 'active', ?) "
          "RETURNING id",
          {fmt::format("device:{}", i), value_of(now)});
      ASSERT_TRUE(rows) << rows.error().describe(Lang::en);
      devices.push_back(rows->front().id<DeviceId>(0));
    }
    key = sensor_task(*db)->key;
    const auto opened = open_line(*db, options);
    ASSERT_TRUE(opened) << opened.error().describe(Lang::en);
    store = std::move(*line_rows(*db, options, key));
  }
  static bool clickhouse() { return std::string_view(GetParam()) == "clickhouse"; }

  static Packet syn_to(std::uint16_t port) {
    Packet one;
    one.length = 60;
    one.port = port;
    one.has_ports = true;
    one.protocol = kProtocolTcp;
    return one;
  }
  /// Some packets of a minute, and the same into `all`.
  LinePiece::Minute some(Time minute, LineTally* all = nullptr) {
    LineTally tally;
    const std::size_t count = 1 + random_() % 5;
    for (std::size_t i = 0; i < count; ++i) {
      const auto port = static_cast<std::uint16_t>(random_() % 50);
      const Packet one = syn_to(port);
      tally.add(std::array{
          hit_of(one, hash_of(key, Address::v4(static_cast<std::uint32_t>(random_() % 3000))),
                 hash_of(key, Address::v4(7)))});
    }
    if (all != nullptr) all->merge(tally);
    return {minute, tally.encode(key)};
  }
  Result<std::int64_t> send(std::size_t device, std::int64_t sequence,
                            std::vector<LinePiece::Minute> minutes,
                            std::optional<LineFound> found = {},
                            std::vector<LoginCount> logins = {}) {
    return take_piece(*db, options, guideline, devices[device],
                      {sequence, 60, 0, std::move(minutes), std::move(logins), std::move(found)},
                      now);
  }
  static std::vector<SensorId> ids(std::initializer_list<std::int64_t> numbers) {
    return {numbers.begin(), numbers.end()};
  }
  LineIndex index(const std::vector<SensorId>& sensors) {
    return *LineStore(*store, key).index(sensors, Period::year);
  }
  std::string kept(const std::vector<SensorId>& sensors, Period period, Time start) {
    std::string tally;
    EXPECT_TRUE(LineStore(*store, key)
                    .each(index(sensors), period, std::array{start},
                          [&](Time, const LineTally& one) { tally = one.encode(key); }));
    return tally;
  }

  Time now = *parse_time("2026-11-25T04:30:00Z");
  Guideline guideline = *load_guideline(embedded_guideline());
  std::unique_ptr<Database> db;
  ServerOptions options;
  std::unique_ptr<LineRows> store;
  std::vector<DeviceId> devices;
  HashKey key;

 private:
  std::mt19937 random_{20261125};
};

class ClickHouseLineTest : public LineTest {};

TEST_P(LineTest, FiguresAreTheSameWhateverWasKeptFromLastTime) {
  const std::vector sensors{SensorId(1), SensorId(2)};
  std::mt19937 random(11);
  std::array<std::int64_t, 2> sequence{};
  for (int turn = 0; turn < 40; ++turn) {
    // Mostly what is new, and now and then what is late by hours or days.
    now += std::chrono::minutes(random() % 90);
    const auto late = std::chrono::minutes(turn % 3 == 0 ? random() % 4000 : random() % 5);
    const std::size_t device = random() % 2;
    ASSERT_TRUE(send(device, ++sequence.at(device), {some(start_of(Period::minute, now - late))}));
    for (const Period period : {Period::hour, Period::day, Period::month}) {
      // The slow way: all there is, put together anew.
      const LineIndex there = *LineStore(*store, key).index(sensors, period);
      const auto starts = there.starts(period, 30);
      LineTally all;
      std::vector<std::uint64_t> packets;
      EXPECT_TRUE(
          LineStore(*store, key).each(there, period, starts, [&](Time, const LineTally& one) {
            packets.push_back(one.all().packets);
            all.merge(one);
          }));
      LineStore lines(*store, key);
      LineFigures figures(key);
      ASSERT_TRUE(figures.read(lines, sensors, period, 30, now));
      const auto told = std::move(figures).told();
      EXPECT_EQ(told.at("packets").to_number<std::uint64_t>(), all.all().packets) << turn;
      EXPECT_EQ(told.at("sources").as_double(), all.sources()) << turn;
      const auto& periods = told.at("periods").as_array();
      ASSERT_EQ(periods.size(), packets.size()) << turn;
      for (std::size_t i = 0; i < packets.size(); ++i) {
        EXPECT_EQ(periods[i].at("packets").to_number<std::uint64_t>(), packets[i]) << turn;
      }
      for (const auto& port : told.at("ports").as_array()) {
        std::uint64_t sum = 0;
        for (const auto& one : port.at("by_period").as_array())
          sum += one.to_number<std::uint64_t>();
        EXPECT_EQ(port.at("packets").to_number<std::uint64_t>(), sum) << turn;
      }
    }
  }
}

TEST_P(LineTest, PeriodsAreTheSumOfTheirMinutesHoweverTheyCame) {
  // Over a hundred days, a few minutes each, in any order, from two sensors.
  std::map<std::pair<Period, Time>, LineTally> expected;
  std::vector<std::pair<std::size_t, LinePiece::Minute>> pieces;
  LineTally everything;
  for (int day = 100; day > 0; day -= 3)
    for (int i = 0; i < 6; ++i) {
      const Time minute =
          start_of(Period::minute, now - std::chrono::days(day) + std::chrono::minutes(i * 217));
      LineTally part;
      pieces.emplace_back(i % 2, some(minute, &part));
      everything.merge(part);
      for (const Period period : {Period::hour, Period::day, Period::month, Period::year})
        expected[{period, start_of(period, minute)}].merge(part);
    }
  std::mt19937 random(7);
  std::ranges::shuffle(pieces, random);
  std::array<std::int64_t, 2> sequence{};
  for (auto& [device, minute] : pieces)
    ASSERT_TRUE(send(device, ++sequence.at(device), {std::move(minute)}));
  const std::vector sensors{SensorId(1), SensorId(2)};
  const LineIndex there = index(sensors);
  std::map<Period, LineIndex> shown;
  for (const Period period : {Period::hour, Period::day, Period::month, Period::year})
    shown[period] = *LineStore(*store, key).shown(sensors, period);
  const Time hours_kept = start_of(Period::day, now - LineKept().hours);
  for (const auto& [at, tally] : expected) {
    if (at.first == Period::hour && at.second < hours_kept) continue;
    EXPECT_EQ(kept(sensors, at.first, at.second), tally.encode(key))
        << static_cast<int>(at.first) << " " << format_time(at.second);
    EXPECT_EQ(there.packets(at.first, at.second), tally.all().packets);
    EXPECT_EQ(shown[at.first].packets(at.first, at.second), tally.all().packets);
  }
  EXPECT_EQ(kept(sensors, Period::year, start_of(Period::year, now)), everything.encode(key));
  EXPECT_EQ(there.starts(Period::day, 30).size(), 30U);
  EXPECT_EQ(there.starts(Period::day, 30).back(),
            start_of(Period::day, now - std::chrono::days(1) + std::chrono::minutes(5 * 217)));
  // What is old is kept in its longer periods alone; ClickHouse lets go of whole days.
  const auto oldest = [&](Period period) {
    Time first = now;
    for (const LineRow& row : *store->list(sensors, Period::year))
      if (row.period == period) first = std::min(first, row.start);
    return first;
  };
  EXPECT_GE(oldest(Period::hour), hours_kept);
  const Time minutes_kept = start_of(Period::hour, now - std::chrono::days(2));
  EXPECT_GE(oldest(Period::minute),
            clickhouse() ? start_of(Period::day, minutes_kept) : minutes_kept);
  EXPECT_LT(oldest(Period::minute), now - std::chrono::hours(20));
}

// In a database it is part of the transaction.
TEST_P(ClickHouseLineTest, AWriteThatDidNotEndCountsOnceWhenItComesAgain) {
  LineTally all;
  const auto early = some(now - std::chrono::hours(30), &all);
  const auto late = some(now - std::chrono::hours(30) + std::chrono::minutes(1), &all);
  ASSERT_TRUE(send(0, 1, {early}));
  // Rolled up already; this one is late for its hour and its day, and its transaction is lost.
  for (int i = 0; i < 2; ++i)
    ASSERT_TRUE(LineStore(*store, key).take(SensorId(1), 2, {late}, now, {}));
  ASSERT_TRUE(send(0, 2, {late}));
  for (const Period period : {Period::hour, Period::day, Period::month})
    EXPECT_EQ(kept(ids({1}), period, start_of(period, late.start)), all.encode(key));
  EXPECT_EQ(index(ids({1})).packets(Period::hour, start_of(Period::hour, late.start)),
            all.all().packets);
  // The same before anything was put together.
  LineTally more;
  const auto old = some(now - std::chrono::days(9), &more);
  for (int i = 0; i < 2; ++i)
    ASSERT_TRUE(LineStore(*store, key).take(SensorId(2), 1, {old}, now, {}));
  for (const Period period : {Period::hour, Period::day})
    EXPECT_EQ(kept(ids({2}), period, start_of(period, old.start)), more.encode(key));
}

TEST_P(ClickHouseLineTest, TakesOverWhatWasCountedBefore) {
  const ServerOptions alone;
  LineTally all;
  std::vector<LinePiece::Minute> minutes;
  for (int i = 0; i < 250; ++i)
    minutes.push_back(
        some(start_of(Period::minute, now - std::chrono::minutes(10 + 17 * i)), &all));
  ASSERT_TRUE(take_piece(*db, alone, guideline, devices[0], {1, 60, 0, minutes, {}, {}}, now));
  const auto before = index(ids({1})).packets(Period::month, start_of(Period::month, now));
  EXPECT_EQ(before, 0U);
  for (int i = 0; i < 2; ++i) {
    const auto opened = open_line(*db, options);
    ASSERT_TRUE(opened) << opened.error().describe(Lang::en);
    EXPECT_TRUE(db->query("SELECT id FROM line_tally")->empty());
    EXPECT_EQ(kept(ids({1}), Period::month, start_of(Period::month, now)), all.encode(key));
  }
  // What comes next, late for all of it, is added.
  ASSERT_TRUE(send(0, 2, {some(now - std::chrono::hours(30), &all)}));
  EXPECT_EQ(kept(ids({1}), Period::month, start_of(Period::month, now)), all.encode(key));
}

TEST_P(ClickHouseLineTest, IsReachedAsItsAddressSays) {
  const auto refused = [&](const std::string& address, const char* password = "secret") {
    ServerOptions other;
    other.line = {address, password};
    const auto opened = open_line(*db, other);
    return opened ? std::string() : opened.error().message.en;
  };
  EXPECT_NE(refused("http://192.0.2.1:8123/sekisho").find("https"), std::string::npos);
  EXPECT_NE(refused("http://u:p@127.0.0.1:8123/").find("in a file"), std::string::npos);
  EXPECT_NE(refused("127.0.0.1:8123\n").find("like http"), std::string::npos);
  EXPECT_NE(refused("http://127.0.0.1:8123/a;b").find("letters"), std::string::npos);
  EXPECT_NE(refused("http://127.0.0.1:1/").find("cannot be used"), std::string::npos);
  EXPECT_NE(refused(options.line.address, "guess").find("Wrong password"), std::string::npos);
}

TEST_P(LineTest, APieceCountsOnceAndAWrongOneNotAtAll) {
  LineTally all;
  const auto minute = some(now - std::chrono::minutes(5), &all);
  EXPECT_EQ(*send(0, 5, {minute}), 5);
  EXPECT_EQ(*send(0, 5, {minute}), 5) << "its receipt was lost";
  EXPECT_EQ(*send(0, 4, {minute}), 5);
  EXPECT_EQ(kept(ids({1}), Period::minute, minute.start), all.encode(key));
  const HashKey other{1, 2};
  LineTally foreign;
  const Packet one = syn_to(3);
  foreign.add(std::array{hit_of(one, 1, 2)});
  for (const LinePiece::Minute& bad :
       {LinePiece::Minute{minute.start, foreign.encode(other)},
        LinePiece::Minute{minute.start, minute.tally.substr(1)},
        LinePiece::Minute{now + std::chrono::minutes(6), minute.tally}}) {
    const auto sent = send(0, 6, {some(minute.start), bad});
    ASSERT_FALSE(sent);
    EXPECT_EQ(sent.error().fault, Fault::invalid);
  }
  EXPECT_EQ(kept(ids({1}), Period::minute, minute.start), all.encode(key));
  EXPECT_EQ(db->query("SELECT sequence FROM line_sensor")->front().integer(0), 5);
}

TEST_P(LineTest, AttemptsAddUpByServiceAndHour) {
  const Time hour = start_of(Period::hour, now);
  ASSERT_TRUE(send(0, 1, {}, {}, {{"rdp", hour, 10}, {"ssh", hour, 3}}));
  ASSERT_TRUE(send(0, 1, {}, {}, {{"rdp", hour, 10}})) << "it is here already";
  ASSERT_TRUE(send(0, 2, {}, {}, {{"rdp", hour, 5}, {"nothing known", hour, 9}}));
  ASSERT_TRUE(send(1, 1, {}, {}, {{"rdp", hour, 1}}));
  const auto rows =
      db->query("SELECT service, attempts FROM line_login ORDER BY sensor_id, service");
  std::string all;
  for (const Row& row : *rows) all += fmt::format("{} {}; ", row.text(0), row.integer(1));
  EXPECT_EQ(all, "rdp 15; ssh 3; rdp 1; ");
}

TEST(LineRisk, IsThatOfTheAddress) {
  const Time now = *parse_time("2026-11-25T04:30:00Z");
  const auto address = [](const char* text) { return *read_address(text); };
  LineFound found;
  found.attacks.push_back({"rdp",
                           address("203.0.113.5"),
                           2,
                           40,
                           now - std::chrono::days(2),
                           now - std::chrono::hours(2),
                           now - std::chrono::hours(3),
                           false,
                           false,
                           {address("198.51.100.7"), address("198.51.100.8")}});
  found.attacks.push_back({"ssh",
                           address("203.0.113.6"),
                           1,
                           12,
                           now - std::chrono::minutes(30),
                           now - std::chrono::minutes(10),
                           now - std::chrono::minutes(20),
                           false,
                           false,
                           {}});
  found.ours.push_back({address("192.0.2.9"),
                        3,
                        now - std::chrono::days(1),
                        now - std::chrono::days(1),
                        "",
                        "",
                        "",
                        {445}});
  const auto source = [&](const char* who, const char* tool, std::vector<std::uint16_t> ports,
                          std::chrono::hours ago) {
    found.busiest.push_back({address(who), 900, now - ago, now - ago, tool, "", "", ports});
  };
  source("198.51.100.7", "Masscan", {3389}, std::chrono::hours(3));
  source("198.51.100.20", "", {22, 23, 80, 443}, std::chrono::hours(3));
  source("198.51.100.21", "", {443}, std::chrono::hours(3));  // somebody who works
  source("198.51.100.22", "Mirai", {23}, std::chrono::hours(25));
  const auto said = [&](const char* who, Time at) {
    const LineRisk risk = risk_of(address(who), {&found, 1}, at);
    std::string out(1, "nrh"[static_cast<int>(risk.level)]);
    for (const auto& one : risk.reasons) out += " " + one.id;
    return out;
  };
  EXPECT_EQ(said("198.51.100.7", now), "h tries_passwords scans");
  EXPECT_EQ(said("198.51.100.8", now), "h tries_passwords");
  EXPECT_EQ(said("192.0.2.9", now), "h own_sends");
  EXPECT_EQ(said("198.51.100.20", now), "r scans");
  EXPECT_EQ(said("198.51.100.21", now), "n");
  EXPECT_EQ(said("198.51.100.22", now), "n");
  EXPECT_EQ(said("198.51.100.99", now), "n");
  // All of it runs out.
  EXPECT_EQ(said("198.51.100.7", now + std::chrono::days(1)), "h tries_passwords");
  EXPECT_EQ(said("198.51.100.7", now + std::chrono::days(7)), "n");
  // A pseudonym is somebody else's address.
  found.pseudonyms = true;
  EXPECT_EQ(said("198.51.100.7", now), "n");
  EXPECT_EQ(said("198.51.100.20", now), "n");
  EXPECT_EQ(said("192.0.2.9", now), "h own_sends");
  // Who asks doesn't matter for what is attacked just now.
  EXPECT_EQ(risk_of(address("198.51.100.99"), {&found, 1}, now).attacked,
            std::vector<std::string>{"ssh"});
  EXPECT_TRUE(
      risk_of(address("198.51.100.99"), {&found, 1}, now + std::chrono::hours(1)).attacked.empty());
}

TEST_P(LineTest, AnAttackedDesktopSpeaksAgainstTheAnswer) {
  const auto verdict = [&] {
    const auto rows = db->query(
        "SELECT verdict, source, detail_en FROM evidence WHERE check_id = 'ask-SK-admin-I2' ORDER "
        "BY "
        "id DESC LIMIT 1");
    return rows->empty()
               ? std::string("none")
               : rows->front().text(0) + " " + rows->front().text(1) + " " + rows->front().text(2);
  };
  LineFound found;
  found.attacks = {{"ssh", Address::v4(1), 1, 40, now, now, now, false, false, {}}};
  ASSERT_TRUE(send(0, 1, {}, found));
  EXPECT_EQ(verdict(), "none") << "SSH is no desktop";
  found.attacks.push_back(
      {"rdp", *read_address("203.0.113.5"), 1, 40, now, now, now, false, false, {}});
  found.attacks.push_back(
      {"rdp", *read_address("203.0.113.5"), 9, 2, now, now, now, true, false, {}});
  ASSERT_TRUE(send(0, 2, {}, found));
  EXPECT_EQ(verdict(),
            "fail collector:observe the sensor saw remote desktops that are reachable from outside "
            "under brute force: 203.0.113.5 (42 attempts)");
}

/// Takes connections and says nothing.
class Silent {
 public:
  Silent() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    EXPECT_EQ(::bind(fd_, reinterpret_cast<const sockaddr*>(&at), size), 0);
    EXPECT_EQ(::listen(fd_, 8), 0);
    EXPECT_EQ(::getsockname(fd_, reinterpret_cast<sockaddr*>(&at), &size), 0);
    port_ = ntohs(at.sin_port);
  }
  ~Silent() { ::close(fd_); }
  Silent(const Silent&) = delete;
  Silent& operator=(const Silent&) = delete;

  int taken() const { return ::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC); }
  std::string address() const { return fmt::format("http://u@127.0.0.1:{}/d", port_); }

 private:
  int fd_;
  unsigned short port_ = 0;
};

TEST_P(LineTest, NobodysWriteWaitsForAClickHouseThatSaysNothing) {
  if (clickhouse()) GTEST_SKIP() << "it is that of the test";
  const Silent silent;
  options.line = {silent.address(), "secret"};
  std::int64_t sequence = 0;
  const auto beside = open();
  Result<std::int64_t> taken = 0;
  std::thread sending([&] { taken = send(0, 1, {some(now)}); });
  const int asked = silent.taken();
  EXPECT_TRUE(beside->write([&] { return set_setting(*beside, "written", "meanwhile"); }));
  // The same piece again, before the first has ended, is told to come later.
  EXPECT_EQ(
      take_piece(*beside, options, guideline, devices[0], {1, 60, 0, {some(now)}, {}, {}}, now)
          .error()
          .fault,
      Fault::unavailable);
  ::close(asked);
  sending.join();
  EXPECT_FALSE(taken);
  const auto rows = beside->query("SELECT sequence FROM line_sensor");
  for (const Row& row : *rows) sequence = row.integer(0);
  EXPECT_EQ(sequence, 0) << "it was not counted";
}

INSTANTIATE_TEST_SUITE_P(, ClickHouseLineTest, testing::Values("clickhouse"));
INSTANTIATE_TEST_SUITE_P(, LineTest, testing::Values("sqlite", "postgres", "clickhouse"),
                         [](const auto& each) { return std::string(each.param); });

}  // namespace
}  // namespace sekisho
