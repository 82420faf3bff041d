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

}  // namespace
}  // namespace sekisho
