// SPDX-License-Identifier: Apache-2.0
#include "server/organisation/making.h"

#include <gtest/gtest.h>

namespace sekisho {
namespace {

constexpr const char* kBegun =
    "INFO: Step 1 - Fetching and parsing HTML - /tmp/report.html\n"
    "INFO: Step 2 - Fetching and parsing CSS - CSS string\n"
    "INFO: Step 3 - Applying CSS\nINFO: Step 4 - Creating formatting structure\n";

TEST(Making, IsWhatWeasyprintTells) {
  EXPECT_EQ(made_so_far("", 1000).step, 0);
  EXPECT_EQ(made_so_far("", 1000).share, 0);
  std::string said = kBegun;
  double before = made_so_far(said, 57'000).share;
  EXPECT_EQ(made_so_far(said, 57'000).step, 4);
  for (std::size_t page = 1; page <= 30; ++page) {  // three times as many as were expected
    said += "INFO: Step 5 - Creating layout - Page " + std::to_string(page) + "\n";
    const Made made = made_so_far(said, 57'000);
    EXPECT_EQ(made.step, 5);
    EXPECT_EQ(made.pages, page);
    EXPECT_GE(made.share, before);
    before = made.share;
  }
  said += "INFO: Step 6 - Creating PDF\n";
  EXPECT_GT(made_so_far(said, 57'000).share, before);
  said += "INFO: Step 7 - Adding PDF metadata\nWARNING: Step 9 of nothing\n";
  EXPECT_EQ(made_so_far(said, 57'000).step, 7);
  EXPECT_LT(made_so_far(said, 57'000).share, 1) << "it is there when it is there";
}

TEST(Making, IsTheirsWhoAskedAndOverWithTheRequest) {
  Making all;
  {
    Making::Told mine(all, "1 abc");
    mine.is({5, 3, 0.4});
    Making::Told again(all, "1 abc");  // of one name it is the first that is told of
    again.is({1, 0, 0.1});
    EXPECT_EQ(all.look("1 abc")->pages, 3U);
    EXPECT_FALSE(all.look("2 abc"));
  }
  EXPECT_FALSE(all.look("1 abc"));
  Making::Told nameless(all, "");
  EXPECT_FALSE(all.look(""));
}

}  // namespace
}  // namespace sekisho
