// SPDX-License-Identifier: Apache-2.0
// What anybody may send who is not signed in: a report of a loss, and nothing else. It tells
// nothing of anybody, and fills neither the disk nor anybody's mailbox.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "office.h"

namespace sekisho {
namespace {

namespace json = boost::json;
using std::chrono::hours;
using std::chrono::minutes;

class Emergency : public testing::Test {
 protected:
  Office office_;
  Visitor admin_ = office_.administrator();
  Visitor nobody_;

  HttpReply cry(const std::string& peer, const std::string& caller = "鈴木",
                const std::string& text = "電車で") {
    Visitor one;
    one.peer = peer;
    return office_.ask(one, "POST", "/emergency",
                       json::serialize(json::object{
                           {"caller", caller}, {"callback", "03-0000-0000"}, {"text", text}}));
  }
  std::int64_t reports() { return office_.count("incident WHERE person_id IS NULL"); }
};

TEST_F(Emergency, AReportOpensAnIncidentThatSaysItIsFromNobodySignedIn) {
  const HttpReply reply = cry("192.0.2.1");
  EXPECT_EQ(reply.status, 204U);
  EXPECT_TRUE(reply.body.empty()) << "not even a number";
  const json::value list = office_.must(admin_, "GET", "/incidents?state=open");
  const json::value& one = list.at("items").at(0);
  EXPECT_TRUE(one.at("person").is_null());
  EXPECT_EQ(one.at("unsigned").at("caller"), "鈴木");
  EXPECT_EQ(one.at("unsigned").at("origin"), "192.0.2.1");
  EXPECT_TRUE(one.at("device").is_null()) << "nothing is looked up, nothing is locked";
  EXPECT_EQ(one.at("kind"), "lost_device");
  office_.must(admin_, "GET", "/incidents/1");
  EXPECT_TRUE(
      office_.must(admin_, "GET", "/incidents?state=closed").at("items").as_array().empty());
  Visitor hana = office_.newcomer(admin_, "hana@firm.example", {"teleworker"});
  EXPECT_EQ(office_.ask(hana, "GET", "/incidents/1").status, 404U) << "it is not hers";
  EXPECT_TRUE(office_.must(hana, "GET", "/incidents").at("items").as_array().empty());
  EXPECT_EQ(office_.ask(hana, "POST", "/incidents/1/remarks", R"({"text":"x"})").status, 404U);
  office_.must(admin_, "PUT", "/incidents/1", {{"state", "closed"}, {"done", json::array{0}}});
}

TEST_F(Emergency, TheAnswerIsTheSameWhoeverIsNamed) {
  (void)office_.newcomer(admin_, "hana@firm.example", {"teleworker"});
  office_.must(admin_, "PUT", "/contacts",
               {{"emergency", "03-1111-2222"}, {"responsible", "090-secret"}});
  const auto same = [](const HttpReply& one) {
    std::string text = std::to_string(one.status) + one.body;
    for (const auto& [name, value] : one.headers)
      if (name != "date" && name != "set-cookie") text += "\n" + name + ": " + value;
    return text;
  };
  const std::string first = same(cry("192.0.2.1", "hana"));
  int at = 2;
  for (const char* name : {"hana@firm.example", "nobody@firm.example", "Aoki", "x"}) {
    office_.time += hours(1);
    EXPECT_EQ(same(cry(fmt::format("192.0.2.{}", at++), name)), first) << name;
  }
  const HttpReply page = office_.ask(nobody_, "GET", "/emergency");
  EXPECT_EQ(page.status, 200U);
  EXPECT_TRUE(page.body.contains("03-1111-2222"));
  EXPECT_FALSE(page.body.contains("090-secret")) << "only what was made public";
  for (const char* word : {"Aoki", "hana", "firm.example"})
    EXPECT_FALSE(page.body.contains(word)) << word;
}

TEST_F(Emergency, WhatIsTooLongOrOtherwiseWrongIsRefusedWhole) {
  const auto refused = [&](const json::value& body) {
    Visitor one;
    one.peer = "192.0.2.9";
    return office_.ask(one, "POST", "/emergency", json::serialize(body)).status;
  };
  const std::string longest(121, 'a');
  EXPECT_EQ(refused({{"caller", ""}, {"callback", "1"}}), 422U);
  EXPECT_EQ(refused({{"caller", "a"}}), 422U);
  EXPECT_EQ(refused({{"caller", longest}, {"callback", "1"}}), 422U);
  EXPECT_EQ(refused({{"caller", "a"}, {"callback", longest}}), 422U);
  EXPECT_EQ(refused({{"caller", "a\nb"}, {"callback", "1"}}), 422U);
  EXPECT_EQ(refused({{"caller", "a"}, {"callback", "1"}, {"text", std::string(1501, 'a')}}), 422U);
  EXPECT_EQ(refused({{"caller", "a"}, {"callback", "1"}, {"device", 1}}), 422U);
  EXPECT_EQ(refused({{"caller", "a"}, {"callback", "1"}, {"kind", "malware"}}), 422U);
  EXPECT_EQ(reports(), 0);
}

/// A slow reference: what came in the last hour and day, from one and from all.
TEST_F(Emergency, HoweverManySendHoweverOftenOnlySoMuchIsKept) {
  std::mt19937 random(7);
  const Time begin = office_.time;
  std::vector<std::pair<Time, int>> kept;
  for (int i = 0; i < 400; ++i) {
    const int from = static_cast<int>(random() % 12);
    const auto within = [&](hours span, bool same) {
      return std::ranges::count_if(kept, [&](const auto& one) {
        return one.first > office_.time - span && (!same || one.second == from);
      });
    };
    const bool room = within(hours(1), true) < 3 && within(hours(24), true) < 6 &&
                      within(hours(1), false) < 10 && within(hours(24), false) < 30;
    const std::int64_t logged = office_.count("audit");
    const unsigned status = cry(fmt::format("192.0.2.{}", from)).status;
    ASSERT_EQ(status, room ? 204U : 429U) << i;
    EXPECT_EQ(office_.count("audit"), logged + (room ? 1 : 0)) << "a refusal writes nothing";
    // What somebody signed in reports is not held back by strangers.
    if (!room && kept.size() == 10) {
      ASSERT_EQ(office_.ask(admin_, "POST", "/incidents", R"({"kind":"lost_device"})").status,
                201U);
    }
    if (room) kept.emplace_back(office_.time, from);
    office_.time += std::chrono::seconds(random() % 900);
  }
  EXPECT_EQ(reports(), static_cast<std::int64_t>(kept.size()));
  const auto spent = std::chrono::duration_cast<hours>(office_.time - begin).count();
  EXPECT_LE(reports(), 30 * (spent / 24 + 1));
}

}  // namespace
}  // namespace sekisho
