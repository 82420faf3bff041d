// Lines for the operator: one each whatever is in it, few of a flood, none lost in silence.
#include "server/http/journal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <random>

#include <fmt/format.h>
#include <boost/json.hpp>

namespace sekisho {
namespace {

using testing::HasSubstr;

const Time kAt = *parse_time("2026-11-27T04:05:06Z");

TEST(Journal, ALineSaysAllOfItInOrder) {
  const LogLine line{
      Severity::warning,
      "refused",
      {{"operation", "signIn"}, {"address", "2001:db8::1"}, {"reason", "a \"b\" c"}}};
  EXPECT_EQ(written(line, kAt, {}),
            "time=2026-11-27T04:05:06Z level=warning event=refused operation=signIn "
            "address=2001:db8::1 reason=\"a \\\"b\\\" c\"\n");
  EXPECT_EQ(written(line, kAt, {true, true}),
            "<4>{\"time\":\"2026-11-27T04:05:06Z\",\"level\":\"warning\",\"event\":\"refused\","
            "\"operation\":\"signIn\",\"address\":\"2001:db8::1\",\"reason\":\"a \\\"b\\\" c\"}\n");
}

TEST(Journal, WhateverAFieldHoldsItIsOneLineAndNoOtherField) {
  std::mt19937 random(7);
  const std::vector<std::string> parts{"\n", "\r", "<3>", "\"",       "\\",     " ",    "=",
                                       "a",  "\t", "\0x", "\x1b[31m", "\u202e", "\xff", "日"};
  for (int i = 0; i < 5000; ++i) {
    std::string value;
    for (unsigned left = random() % 12; left > 0; --left) value += parts[random() % parts.size()];
    const LogLine line{Severity::info, "refused", {{"reason", value}, {"last", "end"}}};
    const std::string text = written(line, kAt, {});
    EXPECT_EQ(std::ranges::count(text, '\n'), 1) << text;
    EXPECT_TRUE(text.ends_with(" last=end\n")) << text;
    // Read back by the rules of logfmt: outside quotes there are just these.
    int equals = 0;
    bool inside = false;
    for (std::size_t at = 0; at < text.size(); ++at) {
      if (inside && text[at] == '\\')
        ++at;
      else if (text[at] == '"')
        inside = !inside;
      else if (text[at] == '=' && !inside)
        ++equals;
    }
    EXPECT_FALSE(inside) << text;
    EXPECT_EQ(equals, printable(value).empty() ? 4 : 5) << text;
    const std::string json = written(line, kAt, {true, false});
    EXPECT_EQ(std::ranges::count(json, '\n'), 1);
    EXPECT_EQ(boost::json::parse(json).at("last").as_string(), "end");
  }
}

TEST(Journal, OfAFloodAFewAreWrittenAndTheRestCounted) {
  std::string text;
  {
    Journal journal({}, [&](std::string_view line) { text += line; });
    const auto now = std::chrono::steady_clock::now();
    for (int i = 0; i < 1000; ++i)
      journal.tell({Severity::warning, "refused", {{"n", std::to_string(i)}}}, now);
    journal.tell({Severity::error, "failed", {{"n", "mine"}}}, now);
    EXPECT_EQ(journal.told(Severity::warning), 1000U);
    EXPECT_EQ(journal.left_out(), 900U);
  }
  EXPECT_THAT(text, HasSubstr("n=99\n"));
  EXPECT_THAT(text, testing::Not(HasSubstr("n=100\n")));
  EXPECT_THAT(text, HasSubstr("event=failed n=mine\n")) << "one kind does not hide another";
  EXPECT_THAT(text, HasSubstr("event=left-out of=refused of_level=warning lines=900\n"));
}

TEST(Journal, WhoTellsDoesNotWaitForWhoReads) {
  std::promise<void> read;
  auto reading = read.get_future().share();
  std::atomic<int> lines{0};
  {
    Journal journal({}, [&](std::string_view) {
      reading.wait();
      ++lines;
    });
    for (int i = 0; i < 50; ++i) journal.tell({Severity::info, "refused", {}});
    EXPECT_EQ(lines, 0);
    read.set_value();
  }
  EXPECT_EQ(lines, 50) << "all are written by the end";
}

}  // namespace
}  // namespace sekisho
