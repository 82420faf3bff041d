// SPDX-License-Identifier: Apache-2.0
#include "collect/observe/sensor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sekisho {
namespace {

const Time kMinute = *parse_time("2026-11-25T04:30:00Z");

LinePiece example() {
  const SeenSource source{*read_address("203.0.113.9"),
                          7,
                          kMinute,
                          kMinute + std::chrono::seconds(9),
                          "Mirai",
                          "",
                          "JP",
                          {23, 2323}};
  return {.sequence = 9,
          .seconds = 60,
          .dropped = 3,
          .minutes = {{kMinute, std::string("SKT2\0\xff", 6)}},
          .logins = {{"rdp", *parse_time("2026-11-25T04:00:00Z"), 12}},
          .found = LineFound{{{"rdp",
                               *read_address("2001:db8::1"),
                               2,
                               40,
                               kMinute,
                               kMinute,
                               kMinute,
                               true,
                               false,
                               {*read_address("198.51.100.7")}}},
                             {source},
                             {},
                             {{"JP", 3, 70}, {"", 1, 2}},
                             {{"AS64500 Example", 3, 70}},
                             {{{23, 5555}, kMinute, kMinute, 25, 300, "Mirai"}}}};
}

TEST(Sensor, APieceComesBackAsItWas) {
  const std::string text = write_piece(example());
  const auto piece = read_piece(text);
  ASSERT_TRUE(piece) << piece.error().describe(Lang::en);
  EXPECT_EQ(write_piece(*piece), text);
  EXPECT_EQ(piece->sequence, 9);
  EXPECT_EQ(piece->minutes.front().tally, std::string("SKT2\0\xff", 6));
  EXPECT_EQ(piece->found->attacks.front().server, *read_address("2001:db8::1"));
  EXPECT_EQ(piece->found->attacks.front().from.front(), *read_address("198.51.100.7"));
  EXPECT_EQ(piece->found->ours.front().ports, (std::vector<std::uint16_t>{23, 2323}));
  EXPECT_EQ(piece->found->countries.size(), 2U);
  EXPECT_EQ(piece->found->systems.front().name, "AS64500 Example");
  EXPECT_EQ(piece->found->campaigns.front().sources, 25);
  LinePiece plain;
  plain.sequence = 1;
  const auto without = read_piece(write_piece(plain));
  ASSERT_TRUE(without) << without.error().describe(Lang::en);
  EXPECT_FALSE(without->found);
}

TEST(Sensor, WhatIsNoPieceIsRefused) {
  const std::string good = write_piece(example());
  const auto with = [&](std::string_view from, std::string_view to) {
    std::string text = good;
    text.replace(text.find(from), from.size(), to);
    return text;
  };
  for (const std::string& bad :
       {std::string(), std::string("{}"), with("\"sequence\":9", "\"sequence\":0"),
        with("04:30:00Z", "04:30:01Z"), with("2026-11", "1969-11"), with("\"seconds\"", "\"more\""),
        with("2001:db8::1", "2001:db8::x"), with("2323", "65536"), with("04:00:00Z", "04:01:00Z"),
        with("\"logins\"", "\"login\""), with("\"dropped\":3", "\"dropped\":-3")})
    EXPECT_FALSE(read_piece(bad)) << bad;
  // As sensors said it before they told of places and campaigns.
  std::string before = good;
  before.replace(before.find(",\"countries\""), before.size(), "}}");
  EXPECT_TRUE(read_piece(before)) << before;
  LinePiece many = example();
  many.minutes.resize(kMostMinutes + 1, many.minutes.front());
  EXPECT_FALSE(read_piece(write_piece(many)));
}

TEST(Sensor, ATaskComesBackAsItWas) {
  const SensorTask task{{0x0102030405060708, 9},
                        {*read_network("192.0.2.0/24")},
                        {*read_portal("203.0.113.5"), *read_portal("[2001:db8::5]:8443")}};
  const auto again = read_task(write_task(task));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->key, task.key);
  EXPECT_EQ(again->ours, task.ours);
  EXPECT_EQ(again->portals, task.portals);
  EXPECT_FALSE(read_task(R"({"key":"AAAA","ours":[]})"));
  EXPECT_FALSE(read_task(R"({"key":"AAAAAAAAAAAAAAAAAAAAAA","ours":["192.0.2.1/24"]})"));
  EXPECT_FALSE(read_task(R"({"key":"AAAAAAAAAAAAAAAAAAAAAA","ours":[],"portals":["vpn"]})"));
  EXPECT_TRUE(read_task(R"({"key":"AAAAAAAAAAAAAAAAAAAAAA","ours":[]})"));
}

}  // namespace
}  // namespace sekisho
