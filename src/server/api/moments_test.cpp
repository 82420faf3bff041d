// SPDX-License-Identifier: Apache-2.0
#include "server/api/moments.h"

#include <gtest/gtest.h>

namespace sekisho {
namespace {

TEST(Moments, AreReadInUtcAndWithTheirOffset) {
  const auto nine = parse_time("2026-11-27T09:00:00Z");
  ASSERT_TRUE(nine);
  for (const char* same :
       {"2026-11-27T09:00:00Z", "2026-11-27T18:00:00+09:00", "2026-11-27T09:00:00+00:00",
        "2026-11-27T09:00:00.75Z", "2026-11-27T18:00:00.75+09:00", "2026-11-26T23:30:00-09:30",
        "2026-11-28T08:59:00+23:59"})
    EXPECT_EQ(parse_moment(same), nine) << same;
  for (const char* wrong :
       {"", "Z", "+09:00", "2026-11-27", "2026-11-27T09:00:00", "2026-11-27T09:00:00z",
        "2026-11-27T09:00:00+0900", "2026-11-27T09:00:00+24:00", "2026-11-27T09:00:00+09:60",
        "2026-11-27T09:00:00+ 9:00", "2026-11-27T09:00:00Z+09:00", "2026-11-27T09:00:00+-1:00",
        "2026-02-30T09:00:00+09:00", "2026-11-27 09:00:00+09:00"})
    EXPECT_FALSE(parse_moment(wrong)) << wrong;
}

TEST(Moments, AreWrittenByTheClockThereAndReadAgain) {
  const Time time = *parse_time("2026-11-27T20:05:09Z");
  EXPECT_EQ(moment_there(Calendar(), time), "2026-11-28T05:05:09+09:00");
  for (const char* zone : {"+00:00", "-03:30", "+14:00"})
    EXPECT_EQ(parse_moment(moment_there(*Calendar::parse(zone), time)), time) << zone;
}

TEST(Moments, OfAQueryAreDaysOrMoments) {
  const auto asked = [](const std::string& query) { return span_asked(query, Calendar()); };
  const auto whole = asked("since=2026-11-27&until=2026-11-27");
  ASSERT_TRUE(whole);
  EXPECT_EQ(whole->since, parse_time("2026-11-26T15:00:00Z"));
  EXPECT_EQ(whole->until, parse_time("2026-11-27T15:00:00Z"));
  for (const char* same : {"until=2026-11-27T09:00:00Z", "until=2026-11-27T18:00:00%2B09:00",
                           "until=2026-11-27T18:00:00+09:00"})
    EXPECT_EQ(asked(same)->until, parse_time("2026-11-27T09:00:00Z")) << same;
  EXPECT_FALSE(asked("since=")->since);
  for (const char* wrong : {"since=yesterday", "until=2026-11-31", "until=2026-11-27T09:00:00"})
    EXPECT_EQ(asked(wrong).error().status, 422U) << wrong;
}

}  // namespace
}  // namespace sekisho
