// SPDX-License-Identifier: Apache-2.0
// What people are asked: whose a question is, until when, and who is told of it how often; with a
// clock that the test holds.
#include "server/organisation/questions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "office.h"
#include "server/organisation/handlers.h"

namespace sekisho {
namespace {

namespace json = boost::json;
using std::chrono::days;

class Questions : public testing::Test {
 protected:
  Office office_;
  Visitor admin_ = office_.administrator();
  std::unique_ptr<Database> db_ = office_.beside();
  ServerOptions options_;
  Board board_{Office::guideline(), [this] { return connect_database(office_.database()); },
               [this] { return office_.time; }};
  KeptAnswers elsewhere_{[](const std::string&) { return Result<json::value>(nullptr); },
                         [] { return std::chrono::steady_clock::time_point(); }};
  Shop shop_{Office::guideline(), options_, board_, elsewhere_};

  void with_mail() {
    ASSERT_TRUE(
        db_->execute("INSERT INTO setting (name, value) VALUES ('smtp.url', "
                     "'smtp://127.0.0.1:9'), ('smtp.from', 'a@firm.example')"));
  }
  /// To whom a letter on questions lies ready.
  std::vector<std::string> letters() {
    std::vector<std::string> all;
    const auto rows = db_->query(
        "SELECT target FROM outbox WHERE event IN ('questions', 'assigned') ORDER BY id");
    for (const Row& row : *rows) all.push_back(row.text(0));
    return all;
  }
  void look() { ASSERT_TRUE(remind_of_questions(shop_, *db_, office_.time)); }
  /// Signs in once more: no session lasts for weeks.
  void again(Visitor& who, const std::string& email, const std::string& app) {
    who = {};
    office_.must(who, "POST", "/sign-in", {{"email", email}, {"password", Office::kPassword}});
    office_.learn(who);
    office_.must(who, "POST", "/sign-in/code", {{"code", office_.code(app)}});
    office_.learn(who);
  }
  json::object mine(Visitor& who) {
    const json::value page = office_.must(who, "GET", "/me/page");
    return page.at("questions").as_object();
  }
  json::array asked(Visitor& who) {
    json::array list;
    const json::value all = office_.must(who, "GET", "/questions");
    for (const json::value& one : all.at("items").as_array())
      if (one.at("mine").as_bool()) list.push_back(one.at("id"));
    return list;
  }
};

TEST_F(Questions, EachThatAppliesIsThereOnceAndHomeCountsTheSame) {
  const auto list = questions_that_apply(Office::guideline(), {}, {});
  std::set<std::string> ids;
  for (const AskedQuestion& one : list) {
    EXPECT_TRUE(one.spec->asked);
    EXPECT_TRUE(ids.insert(one.spec->id).second) << one.spec->id;
  }
  EXPECT_TRUE(std::ranges::is_sorted(
      list, {}, [](const AskedQuestion& one) { return std::pair(one.role, one.category); }));
  const json::value all = office_.must(admin_, "GET", "/questions");
  EXPECT_EQ(all.at("items").as_array().size(), list.size());
  EXPECT_EQ(office_.must(admin_, "GET", "/home").at("open_questions").to_number<std::size_t>(),
            list.size());
}

TEST_F(Questions, AQuestionIsItsRolesUntilItIsHandedToSomebody) {
  Visitor boss = office_.newcomer(admin_, "boss@firm.example", {"executive"});
  Visitor hana = office_.newcomer(admin_, "hana@firm.example", {"teleworker"});
  Visitor auditor = office_.newcomer(admin_, "auditor@firm.example", {"auditor"});
  const json::array executive = asked(boss);
  ASSERT_GT(executive.size(), 2U);
  EXPECT_TRUE(asked(hana).empty());
  EXPECT_TRUE(asked(auditor).empty());
  const std::string one(executive.front().as_string());
  office_.must(admin_, "PUT", "/items/" + one + "/assignment", {{"person", 3}, {"due", nullptr}});
  EXPECT_EQ(asked(hana), json::array{one});
  EXPECT_EQ(asked(boss).size(), executive.size() - 1);
  // Who manages nothing sees no other.
  EXPECT_EQ(office_.must(hana, "GET", "/questions").at("items").as_array().size(), 1U);
  EXPECT_EQ(mine(hana).at("open"), 1);
  office_.must(hana, "POST", "/checks/" + one + "/answers", json::object{{"reply", "no"}});
  EXPECT_EQ(mine(hana).at("open"), 0);
  EXPECT_EQ(mine(hana).at("all"), 1);
}

TEST_F(Questions, WhoComesIsToldOnceThenRemindedWhileOneIsOpen) {
  with_mail();
  look();
  EXPECT_THAT(letters(), testing::ElementsAre(Office::kEmail));
  std::string app;
  Visitor boss = office_.newcomer(admin_, "boss@firm.example", {"executive"}, &app);
  (void)office_.newcomer(admin_, "hana@firm.example", {"teleworker"});
  const auto due = mine(boss).at("due");
  for (int i = 0; i < 3; ++i) look();
  EXPECT_THAT(letters(), testing::ElementsAre(Office::kEmail, "boss@firm.example"))
      << "once, and nobody who is asked nothing";
  EXPECT_EQ(mine(boss).at("due"), due) << "the day that they saw first";
  // Each day: three days ahead, the day after, then every week.
  ASSERT_TRUE(db_->execute("DELETE FROM outbox"));
  std::vector<int> told;
  for (int day = 1; day <= 40; ++day) {
    office_.time += days(1);
    look();
    look();
    const auto there = letters();
    if (std::ranges::count(there, "boss@firm.example") > static_cast<std::ptrdiff_t>(told.size()))
      told.push_back(day);
  }
  EXPECT_THAT(told, testing::ElementsAre(11, 15, 22, 29, 36));
  again(boss, "boss@firm.example", app);
  // All answered: nothing more, and what runs out is asked anew with time to answer.
  for (const json::value& one : asked(boss))
    office_.must(boss, "POST", "/checks/" + std::string(one.as_string()) + "/answers",
                 json::object{{"reply", "yes"}});
  ASSERT_TRUE(db_->execute("DELETE FROM outbox"));
  for (int day = 0; day < 30; ++day) {
    office_.time += days(1);
    look();
  }
  EXPECT_EQ(std::ranges::count(letters(), "boss@firm.example"), 0);
  again(boss, "boss@firm.example", app);
  const std::string today = format_day(Calendar().day(office_.time));
  EXPECT_GT(std::string(mine(boss).at("due").as_string()), today);
  office_.time += days(370);
  look();
  EXPECT_EQ(std::ranges::count(letters(), "boss@firm.example"), 1) << "the answers ran out";
}

TEST_F(Questions, WhoGetsSomethingIsToldByMailAndNobodyElse) {
  with_mail();
  (void)office_.newcomer(admin_, "hana@firm.example", {"teleworker"});
  const std::string path = "/items/ask-SK-admin-B2/assignment";
  office_.must(admin_, "PUT", path, {{"person", 1}, {"due", nullptr}});
  EXPECT_TRUE(letters().empty()) << "to oneself";
  office_.must(admin_, "PUT", path, {{"person", 2}, {"due", "2027-03-31"}});
  office_.must(admin_, "PUT", path, {{"person", 2}, {"due", "2027-04-30"}});
  EXPECT_THAT(letters(), testing::ElementsAre("hana@firm.example")) << "once";
}

TEST_F(Questions, TheDayOfOneIsItsOwnWhereverItIsShown) {
  const json::array all = asked(admin_);
  const std::string one(all.front().as_string());
  const auto round = mine(admin_).at("due");
  const std::string yesterday = format_day(Calendar().day(office_.time) - days(1));
  ASSERT_TRUE(db_->execute("INSERT INTO assignment (item, person_id, due, at) VALUES (?, 1, ?, 0)",
                           {one, yesterday}));
  EXPECT_EQ(mine(admin_).at("due"), json::value(yesterday));
  const json::value list = office_.must(admin_, "GET", "/questions");
  EXPECT_EQ(list.at("due"), json::value(yesterday));
  for (const json::value& question : list.at("items").as_array())
    EXPECT_EQ(question.at("due"),
              question.at("id") == json::value(one) ? json::value(yesterday) : round);
  office_.must(admin_, "POST", "/checks/" + one + "/answers", json::object{{"reply", "yes"}});
  EXPECT_EQ(mine(admin_).at("due"), round) << "what is answered is not due";
}

TEST_F(Questions, WithoutAMailServerNothingLiesReadyForAnybody) {
  (void)office_.newcomer(admin_, "hana@firm.example", {"teleworker"});
  office_.must(admin_, "PUT", "/items/ask-SK-admin-B2/assignment", {{"person", 2}});
  look();
  EXPECT_TRUE(letters().empty());
  EXPECT_EQ(office_.count("question_round"), 1) << "the day stands all the same";
}

}  // namespace
}  // namespace sekisho
