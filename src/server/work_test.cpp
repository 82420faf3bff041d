// SPDX-License-Identifier: Apache-2.0
// What each role may do with others' devices and questions.
#include <gtest/gtest.h>

#include "office.h"

namespace sekisho {
namespace {

std::string text(const boost::json::object& body) { return boost::json::serialize(body); }

/// Somebody who was invited, wholly signed in.
Visitor newcomer(Office& office, Visitor& admin, const std::string& name, const char* role) {
  const std::string link(office
                             .must(admin, "POST", "/invitations",
                                   {{"email", name + "@firm.example"},
                                    {"name", name},
                                    {"roles", boost::json::array{role}}})
                             .at("link")
                             .as_string());
  Visitor one;
  office.must(one, "POST", "/invitations/accept",
              {{"token", link.substr(link.find('#') + 1)},
               {"name", name},
               {"password", Office::kPassword},
               {"lang", "en"}});
  office.learn(one);
  const std::string secret(office.must(one, "POST", "/me/totp").at("secret").as_string());
  office.must(one, "POST", "/me/totp/confirm", {{"code", office.code(secret)}});
  office.learn(one);
  return one;
}

TEST(Work, ATeleworkerReportsAndSeesTheirOwnDevicesOnly) {
  Office office;
  Visitor admin = office.administrator();
  Visitor hana = newcomer(office, admin, "hana", "teleworker");
  std::string check;
  for (const CheckSpec& one : Office::guideline().checks)
    if (!one.asked) check = one.id;
  for (const char* machine : {"pc-1", "pc-2"})
    office.must(admin, "POST", "/evidence",
                {{"machine", machine},
                 {"records", boost::json::array{{{"check", check},
                                                 {"verdict", "pass"},
                                                 {"observed_at", format_time(office.time)},
                                                 {"detail", {{"ja", "あ"}, {"en", "a"}}}}}}});
  office.must(admin, "PUT", "/devices/1", {{"name", "pc-1"}, {"person", 2}, {"state", "active"}});
  EXPECT_EQ(office.ask(hana, "GET", "/devices/1").status, 200U);
  EXPECT_EQ(office.ask(hana, "GET", "/devices/2").status, 404U);
  const auto lost = [&](int device) {
    return office
        .ask(hana, "POST", "/incidents", text({{"kind", "lost_device"}, {"device", device}}))
        .status;
  };
  const auto state = [&](int device) {
    return office.must(admin, "GET", fmt::format("/devices/{}", device)).at("state");
  };
  EXPECT_EQ(lost(2), 422U) << "another's";
  EXPECT_EQ(state(2), "active");
  EXPECT_EQ(lost(1), 201U);
  EXPECT_EQ(state(1), "lost");
  // Given up: a report that comes late does not bring it back.
  office.must(admin, "PUT", "/devices/1",
              {{"name", "pc-1"}, {"person", 2}, {"state", "retired"}, {"wiped", "erased"}});
  EXPECT_EQ(lost(1), 201U);
  EXPECT_EQ(state(1), "retired");
}

TEST(Work, ATeleworkerAnswersWhatIsTheirsToAnswer) {
  Office office;
  Visitor admin = office.administrator();
  Visitor hana = newcomer(office, admin, "hana", "teleworker");
  std::string question;
  for (const CheckSpec& one : Office::guideline().checks)
    if (one.asked) question = one.id;
  const auto answer = [&] {
    return office.ask(hana, "POST", "/checks/" + question + "/answers", text({{"reply", "yes"}}))
        .status;
  };
  EXPECT_EQ(answer(), 403U);
  office.must(admin, "PUT", "/items/" + question + "/assignment", {{"person", 2}});
  EXPECT_EQ(answer(), 201U);
  EXPECT_EQ(office.must(admin, "GET", "/checks/" + question).at("verdict"), "pass");
}

TEST(Work, ARetiredMachineLeavesTheBoardAndComesBack) {
  Office office;
  Visitor admin = office.administrator();
  std::string check;
  for (const CheckSpec& one : Office::guideline().checks)
    if (!one.asked) check = one.id;
  office.must(admin, "POST", "/evidence",
              {{"machine", "pc-1"},
               {"records", boost::json::array{{{"check", check},
                                               {"verdict", "fail"},
                                               {"observed_at", format_time(office.time)},
                                               {"detail", {{"ja", "あ"}, {"en", "a"}}}}}}});
  const auto verdict = [&] { return office.must(admin, "GET", "/checks/" + check).at("verdict"); };
  const auto set = [&](const char* state) {
    office.must(admin, "PUT", "/devices/1",
                {{"name", "pc-1"}, {"state", state}, {"wiped", "erased"}});
  };
  EXPECT_EQ(verdict(), "fail");
  set("retired");
  EXPECT_EQ(verdict(), "unknown") << "no machine is left";
  EXPECT_EQ(office.must(admin, "GET", "/home").at("machines"), 0);
  set("active");
  EXPECT_EQ(verdict(), "fail");
}

// What a report calls for by law: computed from when it was known, asked of those who manage, told
// on the first page; and the numbers to call.
TEST(Work, AReportCarriesTheLawsDeadlines) {
  Office office;
  Visitor admin = office.administrator();
  Visitor hana = newcomer(office, admin, "hana", "teleworker");
  office.must(hana, "POST", "/incidents", {{"kind", "malware"}});
  const auto duty = [&] { return office.must(admin, "GET", "/incidents/1").at("duty"); };
  EXPECT_EQ(duty().at("state"), "unknown");
  EXPECT_EQ(duty().at("known"), "2026-11-24");
  EXPECT_EQ(duty().at("preliminary_due"), "2026-11-28");
  EXPECT_EQ(duty().at("final_due"), "2026-12-23");
  const auto deadlines = [&] {
    return office.must(admin, "GET", "/home").at("deadlines").as_array();
  };
  ASSERT_EQ(deadlines().size(), 1U);
  EXPECT_EQ(deadlines()[0].at("certain"), false);
  const auto judge = [&](Visitor& who, const boost::json::value& body) {
    return office.ask(who, "PUT", "/incidents/1/duty", boost::json::serialize(body)).status;
  };
  const boost::json::object answers{{"personal", "yes"}, {"ill_intent", "yes"}};
  EXPECT_EQ(judge(hana, {{"answers", answers}}), 403U);
  EXPECT_EQ(judge(admin, {{"answers", {{"other", "yes"}}}}), 422U);
  EXPECT_EQ(judge(admin, {{"answers", answers}, {"known", "2026-11-25"}}), 422U) << "not yet";
  EXPECT_EQ(judge(admin, {{"answers", answers}, {"known", "2026-11-20"}}), 204U);
  EXPECT_EQ(duty().at("state"), "due");
  EXPECT_EQ(duty().at("preliminary_due"), "2026-11-24");
  EXPECT_EQ(duty().at("final_due"), "2027-01-18");
  EXPECT_EQ(deadlines()[0].at("day"), "2026-11-24");
  EXPECT_EQ(judge(admin, {{"answers", answers},
                          {"known", "2026-11-20"},
                          {"preliminary", "2026-11-23"},
                          {"final", "2026-11-24"}}),
            204U);
  EXPECT_TRUE(deadlines().empty());
  EXPECT_EQ(office.must(hana, "GET", "/contacts").at("police"), "");
  EXPECT_EQ(office.ask(hana, "PUT", "/contacts", R"({"police":"110"})").status, 403U);
  EXPECT_EQ(office.ask(admin, "PUT", "/contacts", R"({"nobody":"110"})").status, 422U);
  office.must(admin, "PUT", "/contacts", {{"police", "110"}});
  EXPECT_EQ(office.must(hana, "GET", "/contacts").at("police"), "110");
}

std::string tag_of(const HttpReply& reply) {
  for (const auto& [name, value] : reply.headers)
    if (name == "etag") return value;
  return {};
}

// Two open the same question, or the same owner, and both save.
TEST(Work, WhoSavesSecondIsToldWhatTheFirstDid) {
  Office office;
  Visitor admin = office.administrator();
  (void)newcomer(office, admin, "hana", "teleworker");
  const std::string item = "ask-SK-admin-B2";
  for (const auto& [path, method, body] :
       {std::tuple("/checks/" + item + "/answers", "POST", text({{"reply", "yes"}})),
        std::tuple("/items/" + item + "/assignment", "PUT", text({{"person", 2}}))}) {
    const std::string shown = tag_of(office.ask(admin, "GET", path));
    ASSERT_FALSE(shown.empty()) << path;
    const auto save = [&](const std::string& tag) {
      return office.ask(admin, method, path, body, {{"if-match", tag}}).status;
    };
    EXPECT_LT(save(shown), 300U) << path;
    EXPECT_EQ(save(shown), 412U) << path << ": it is no longer what was shown";
    EXPECT_LT(save(tag_of(office.ask(admin, "GET", path))), 300U) << path;
  }
  EXPECT_EQ(office.count("evidence WHERE check_id = '" + item + "'"), 2);
}

TEST(Work, SomethingIsHandedToWhoCanDoItAndByADayToCome) {
  Office office;
  Visitor admin = office.administrator();
  (void)newcomer(office, admin, "hana", "teleworker");
  (void)newcomer(office, admin, "auditor", "auditor");
  const std::string today = format_day(Calendar().day(office.time));
  const std::string past = format_day(Calendar().day(office.time) - std::chrono::days(1));
  for (const std::string item : {"ask-SK-admin-B2", "SK-admin-B2", "5-4"}) {
    const std::string path = "/items/" + item + "/assignment";
    EXPECT_EQ(office.ask(admin, "PUT", path, text({{"person", 3}})).status, 422U) << item;
    EXPECT_EQ(office.ask(admin, "PUT", path, text({{"person", 2}, {"due", past}})).status, 422U);
    EXPECT_EQ(office.ask(admin, "PUT", path, text({{"person", 2}, {"due", today}})).status, 204U);
    // What is overdue by now may go to somebody else as it is.
    ASSERT_TRUE(
        office.beside()->execute("UPDATE assignment SET due = ? WHERE item = ?", {past, item}));
    EXPECT_EQ(office.ask(admin, "PUT", path, text({{"person", 1}, {"due", past}})).status, 204U);
  }
}

TEST(Work, WhoHasLeftOwnsNothing) {
  Office office;
  Visitor admin = office.administrator();
  (void)newcomer(office, admin, "hana", "teleworker");
  const std::string item = "ask-SK-admin-B2";
  office.must(admin, "PUT", "/items/" + item + "/assignment",
              {{"person", 2}, {"due", "2027-03-31"}});
  const auto owner = [&] {
    const auto check = office.must(admin, "GET", "/checks/" + item);
    return check.at("assignment").as_object();
  };
  const auto mine = [&] {
    const auto all = office.must(admin, "GET", "/questions");
    for (const auto& one : all.at("items").as_array())
      if (one.at("id") == boost::json::value(item)) return one.at("mine").as_bool();
    return false;
  };
  office.must(admin, "PUT", "/items/SK-admin-B2/assignment",
              {{"person", 2}, {"due", "2027-03-31"}});
  EXPECT_EQ(owner().at("person").at("name"), "hana");
  EXPECT_FALSE(mine());
  EXPECT_NE(office.ask(admin, "GET", "/reports/administrator?format=csv&lang=en").body.find("hana"),
            std::string::npos);
  office.must(
      admin, "PUT", "/people/2",
      {{"name", "hana"}, {"roles", boost::json::array{"teleworker"}}, {"state", "disabled"}});
  EXPECT_TRUE(owner().at("person").is_null());
  EXPECT_EQ(owner().at("left"), "hana");
  EXPECT_EQ(owner().at("due"), "2027-03-31");
  EXPECT_TRUE(mine()) << "it is its role's again";
  const auto handed = office.must(admin, "GET", "/assignments");
  EXPECT_TRUE(handed.at("items").at(0).at("person").is_null());
  EXPECT_NE(office.ask(admin, "GET", "/reports/administrator?format=csv&lang=en")
                .body.find("(left) hana"),
            std::string::npos);
}

TEST(Work, AnOwnerReadsTheirItemAndNoOther) {
  Office office;
  Visitor admin = office.administrator();
  Visitor hana = newcomer(office, admin, "hana", "teleworker");
  office.must(admin, "POST", "/checks/ask-SK-admin-B2/answers",
              {{"reply", "no"}, {"note", "for managers alone"}});
  EXPECT_EQ(office.ask(hana, "GET", "/requirements/SK-admin-B2").status, 403U);
  office.must(admin, "PUT", "/items/SK-admin-B2/assignment", {{"person", 2}});
  const HttpReply read = office.ask(hana, "GET", "/requirements/SK-admin-B2");
  ASSERT_EQ(read.status, 200U);
  EXPECT_EQ(read.body.find("for managers alone"), std::string::npos);
  EXPECT_NE(read.body.find("not_met"), std::string::npos) << "how it stands";
  EXPECT_EQ(office.ask(hana, "POST", "/items/SK-admin-B2/remarks", text({{"text", "done"}})).status,
            201U);
  EXPECT_EQ(office.ask(hana, "GET", "/requirements/5-4").status, 403U);
  EXPECT_EQ(office.ask(hana, "GET", "/checks/ask-SK-admin-B2/answers").status, 403U);
  office.must(admin, "PUT", "/items/SK-admin-B2/assignment", {{"person", nullptr}});
  EXPECT_EQ(office.ask(hana, "GET", "/requirements/SK-admin-B2").status, 403U);
}

// The board that says "2 overdue" can't say that nothing waits as well.
TEST(Work, WhatIsOverdueIsADecision) {
  Office office;
  Visitor admin = office.administrator();
  ASSERT_TRUE(office.beside()->execute(
      "INSERT INTO assignment (item, person_id, due, at) VALUES ('ask-SK-admin-B2', 1, ?, 0)",
      {format_day(Calendar().day(office.time) - std::chrono::days(1))}));
  const auto home = office.must(admin, "GET", "/home");
  EXPECT_EQ(home.at("overdue"), 1);
  ASSERT_EQ(home.at("decisions").as_array().size(), 1U);
  EXPECT_EQ(home.at("decisions").at(0).at("id"), "ask-SK-admin-B2");
  EXPECT_EQ(home.at("decisions").at(0).at("wants"), "push");
}

// Links and programs of before still work, and learn the id of now.
TEST(Work, FormerIdsLeadToTheMeasuresOfNow) {
  Office office;
  Visitor admin = office.administrator();
  EXPECT_EQ(office.must(admin, "GET", "/requirements/admin-B-2").at("id"), "SK-admin-B2");
  EXPECT_EQ(office.must(admin, "GET", "/checks/ask-admin-B-2").at("id"), "ask-SK-admin-B2");
  office.must(admin, "POST", "/checks/ask-admin-B-2/answers", {{"reply", "yes"}});
  office.must(admin, "PUT", "/items/admin-B-2/assignment", {{"person", 1}, {"due", "2027-03-31"}});
  office.must(admin, "POST", "/items/ask-admin-B-2/remarks", {{"text", "said"}});
  EXPECT_EQ(office.count("evidence WHERE check_id = 'ask-SK-admin-B2'"), 1);
  EXPECT_EQ(office.count("assignment WHERE item = 'SK-admin-B2'"), 1);
  EXPECT_EQ(office.count("remark WHERE item = 'ask-SK-admin-B2'"), 1);
  EXPECT_EQ(office.ask(admin, "GET", "/requirements/admin-B-99").status, 404U);
}

}  // namespace
}  // namespace sekisho
