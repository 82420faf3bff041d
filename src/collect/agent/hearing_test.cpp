// SPDX-License-Identifier: Apache-2.0
// What a device hears of its server, and what it does about it.
#include "collect/agent/hearing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>

#include "collect/agent/faulty.h"

namespace sekisho {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const ClosedHere kFiles{{"ファイル", "Files"}, {"暗号化されていません。", "Not encrypted."}};

struct Server {
  std::deque<Result<ServerReply>> replies;
  std::vector<std::string> asked;

  Hearing hearing() {
    return Hearing([this](const std::string& since, const std::stop_token&) {
      asked.push_back(since);
      Result<ServerReply> next = std::move(replies.front());
      replies.pop_front();
      return next;
    });
  }
};

std::string word_of(const Told& told) { return read_told(write_told(told))->word; }

TEST(Told, ComesBackAsItWasAndItsWordStandsForAllOfIt) {
  Told told{"", 3, {kFiles}, 2};
  told.word = word_of(told);
  EXPECT_EQ(read_told(write_told(told)), told);
  Told other = told;
  other.looks = 4;
  EXPECT_NE(word_of(other), told.word);
  other = told;
  other.closed.front().why.ja += "。";
  EXPECT_NE(word_of(other), told.word);
}

TEST(Told, RefusesWhatIsNotItAndLeavesAsideWhatIsNewer) {
  const std::string good = write_told({"", 1, {}, 0});
  EXPECT_TRUE(read_told(good.substr(0, good.size() - 1) + ",\"newer\":[1]}"));
  for (const char* bad : {"", "{}", "[]", R"({"word":"","looks":0,"closed":[],"more_closed":0})",
                          R"({"word":"a","looks":-1,"closed":[],"more_closed":0})",
                          R"({"word":"a","looks":0,"closed":[{}],"more_closed":0})"})
    EXPECT_FALSE(read_told(bad)) << bad;
  Told many{"", 1, std::vector(kMostClosed + 1, kFiles), 0};
  EXPECT_FALSE(read_told(write_told(many)));
}

TEST(Hearing, AsksForWhatIsAnotherThanItKnows) {
  Server server;
  const std::string first = write_told({"", 1, {}, 0});
  const std::string second = write_told({"", 2, {kFiles}, 0});
  server.replies = {ServerReply{200, first}, ServerReply{202, ""}, ServerReply{200, second}};
  Hearing hearing = server.hearing();
  EXPECT_FALSE(hearing.wait({}));
  for (int i = 0; i < 3; ++i) EXPECT_LE(hearing.ask_once({}), seconds(1));
  const std::string word = read_told(first)->word;
  EXPECT_THAT(server.asked, ElementsAre("", word, word));
  EXPECT_TRUE(hearing.wait({}));
  EXPECT_EQ(hearing.take(), *read_told(second));  // the one before is of no use any more
  EXPECT_EQ(hearing.take(), std::nullopt);
}

TEST(Hearing, WaitsLongerForWhoDoesNotAnswer) {
  Server server;
  const std::string told = write_told({"", 1, {}, 0});
  server.replies = {failure("", ""),        ServerReply{503, ""},   ServerReply{200, "{}"},
                    ServerReply{200, told}, ServerReply{200, told}, ServerReply{404, ""}};
  Hearing hearing = server.hearing();
  std::chrono::milliseconds before{0};
  for (int i = 0; i < 3; ++i) {
    const auto pause = hearing.ask_once({});
    EXPECT_GT(pause, before);
    before = pause;
  }
  EXPECT_EQ(hearing.ask_once({}), seconds(1));
  EXPECT_GE(hearing.ask_once({}), seconds(12)) << "the same again is no answer";
  EXPECT_GE(hearing.ask_once({}), seconds(2880)) << "an older server";
}

TEST(Hearing, ARefusalIsSaidOnceAndWhatWasToldIsForgotten) {
  Server server;
  const std::string told = write_told({"", 1, {}, 0});
  const ServerReply refused{403, R"({"reason":{"ja":"使えません","en":"not valid here"}})"};
  server.replies = {ServerReply{200, told}, refused, refused, ServerReply{200, told}, refused};
  Hearing hearing = server.hearing();
  (void)hearing.ask_once({});
  (void)hearing.ask_once({});
  EXPECT_THAT(hearing.take_refusal()->message.en, HasSubstr("not valid here"));
  (void)hearing.ask_once({});
  EXPECT_FALSE(hearing.take_refusal());
  (void)hearing.ask_once({});
  (void)hearing.ask_once({});
  EXPECT_TRUE(hearing.take_refusal());
  EXPECT_THAT(server.asked, ElementsAre("", read_told(told)->word, "", "", read_told(told)->word));
}

}  // namespace
}  // namespace sekisho
