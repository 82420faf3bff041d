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
