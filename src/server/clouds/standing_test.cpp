// SPDX-License-Identifier: Apache-2.0
// What the register and a reading say as evidence: the worst over the services in use, one unknown
// for what was never read, and no person's name.
#include "server/clouds/standing.h"

#include <gtest/gtest.h>

#include "collect/cloud/cloud_limits.h"
#include "evidence/readers.h"
#include "guideline/embedded.h"
#include "server/clouds/reading.h"

namespace sekisho {
namespace {

namespace json = boost::json;

const Time kMoment = *parse_time("2026-11-24T10:00:00Z");
const Day kToday = *parse_day("2026-11-24");

const CloudChecks& all_checks() {
  static const CloudChecks loaded = *load_cloud_checks(embedded_guideline());
  return loaded;
}

CloudEntry service(std::string name, std::vector<CloudService> settings, bool in_use = true) {
  CloudEntry one;
  one.name = std::move(name);
  one.settings = std::move(settings);
  one.in_use = in_use;
  return one;
}

json::object row(const char* id, const char* verdict, json::array people = {}) {
  return {{"id", id},       {"verdict", verdict}, {"people", std::move(people)},
          {"seen", "seen"}, {"limit", "limit"},   {"before", nullptr}};
}

KeptReading read(json::array rows, Time made = kMoment - std::chrono::days(1)) {
  return {1, made, made, "Aoki", {}, std::move(rows)};
}

std::map<std::string, Evidence> standing(std::vector<CloudEntry> entries,
                                         std::optional<KeptReading> reading = {}) {
  std::map<std::string, Evidence> all;
  for (Evidence& one :
       cloud_standing(all_checks(), {std::move(entries), std::move(reading)}, kToday, kMoment))
    all.emplace(one.check, std::move(one));
  return all;
}

std::size_t unknowns(const std::map<std::string, Evidence>& all) {
  return static_cast<std::size_t>(std::ranges::count_if(
      all, [](const auto& one) { return one.second.verdict() == Verdict::unknown; }));
}

TEST(CloudStanding, NotInUseIsNotApplicable) {
  for (const auto& [id, one] : standing({service("Zoom", {CloudService::zoom}, false)},
                                        read({row("zoom.waiting_room", "fail")})))
    EXPECT_EQ(one.verdict(), Verdict::not_applicable) << id;
}

TEST(CloudStanding, InUseAndNeverReadIsOneUnknown) {
  const auto all = standing({service("Zoom", {CloudService::zoom}),
                             service("Microsoft 365", {CloudService::entra, CloudService::teams})});
  EXPECT_EQ(unknowns(all), 1U);
  EXPECT_EQ(all.at("cloud-settings-read").verdict(), Verdict::unknown);
  EXPECT_TRUE(all.at("cloud-settings-read").detail().en.contains("Zoom"));
}

/// An item of a service that a check looks at.
const CloudItem& item_of(CloudService of, std::string_view check) {
  return *std::ranges::find_if(cloud_items(), [&](const CloudItem& item) {
    return item.service == of && item.check == check;
  });
}

TEST(CloudStanding, ACheckIsTheWorstOverServicesInUse) {
  const std::string teams(item_of(CloudService::teams, "meeting-lobby").id);
  const std::string zoom(item_of(CloudService::zoom, "meeting-lobby").id);
  const CloudEntry both = service("Both", {CloudService::teams, CloudService::zoom});
  const auto verdict = [&](const char* of_teams, const char* of_zoom) {
    return standing({both}, read({row(teams.c_str(), of_teams), row(zoom.c_str(), of_zoom)}))
        .at("meeting-lobby")
        .verdict();
  };
  EXPECT_EQ(verdict("pass", "pass"), Verdict::pass);
  EXPECT_EQ(verdict("pass", "fail"), Verdict::fail);
  EXPECT_EQ(verdict("unknown", "fail"), Verdict::fail);
  EXPECT_EQ(verdict("pass", "unknown"), Verdict::unknown);
  EXPECT_EQ(verdict("pass", "not_applicable"), Verdict::pass);
  // The other one is in use and was never read: a pass would be of half of it.
  EXPECT_EQ(standing({both}, read({row(teams.c_str(), "pass")})).at("meeting-lobby").verdict(),
            Verdict::unknown);
  EXPECT_EQ(standing({service("Teams", {CloudService::teams})},
                     read({row(teams.c_str(), "pass"), row(zoom.c_str(), "fail")}))
                .at("meeting-lobby")
                .verdict(),
            Verdict::pass)
      << "Zoom isn't in use";
}

TEST(CloudStanding, HoldsAsLongAsItsReading) {
  const std::string id(item_of(CloudService::teams, "meeting-lobby").id);
  const Time made = kMoment - std::chrono::days(30);
  const auto all =
      standing({service("Teams", {CloudService::teams})}, read({row(id.c_str(), "pass")}, made));
  EXPECT_EQ(all.at("meeting-lobby").observed_at, kMoment);
  EXPECT_EQ(all.at("meeting-lobby").valid_until, made + kCloudReadingHolds);
  EXPECT_EQ(all.at("cloud-settings-read").valid_until, made + kCloudReadingHolds);
}

TEST(CloudStanding, WhatWasReadEarlierEndsEarlier) {
  const std::string teams(item_of(CloudService::teams, "meeting-lobby").id);
  const std::string zoom(item_of(CloudService::zoom, "meeting-lobby").id);
  json::object older = row(zoom.c_str(), "pass");
  const Time made = kMoment - std::chrono::days(20);
  older["made_at"] = format_time(made);
  const auto all = standing({service("Both", {CloudService::teams, CloudService::zoom})},
                            read({row(teams.c_str(), "pass"), older}));
  EXPECT_EQ(all.at("meeting-lobby").verdict(), Verdict::pass);
  EXPECT_EQ(all.at("meeting-lobby").valid_until, made + kCloudReadingHolds);
  EXPECT_EQ(all.at("cloud-settings-read").valid_until, made + kCloudReadingHolds);
}

TEST(CloudStanding, WhatOlderReadersCalledGoodIsNotKnown) {
  const auto after = [](const char* id, const char* check, const char* verdict,
                        json::value readers) {
    json::object one = row(id, verdict);
    one["check"] = check;
    if (!readers.is_null()) one["readers"] = std::move(readers);
    json::array rows{std::move(one)};
    close_older_rows(rows);
    return std::string(rows.front().at("verdict").as_string());
  };
  constexpr const char* kAll = "m365.mfa_all";
  EXPECT_EQ(after(kAll, "cloud-mfa-everyone", "pass", kReaders), "pass");
  EXPECT_EQ(after(kAll, "cloud-mfa-everyone", "pass", 7), "unknown");
  EXPECT_EQ(after(kAll, "cloud-mfa-everyone", "not_applicable", 7), "unknown");
  EXPECT_EQ(after(kAll, "cloud-mfa-everyone", "fail", 7), "fail");
  EXPECT_EQ(after("exo.audit_log", "cloud-audit-log", "pass", 7), "pass");
  EXPECT_EQ(after("spo.sharing", "cloud-public-links", "pass", nullptr), "unknown");
}

TEST(CloudStanding, NamesNoPerson) {
  const auto all = standing(
      {service("Microsoft 365", {CloudService::entra})},
      read({row("m365.mfa_all", "fail",
                {json::object{{"name", "Hana Mori"}, {"sign_in", "hana@firm.example"}}})}));
  const Evidence& everyone = all.at("cloud-mfa-everyone");
  EXPECT_EQ(everyone.verdict(), Verdict::fail);
  EXPECT_TRUE(everyone.detail().en.contains("(1)")) << everyone.detail().en;
  for (const auto& [id, one] : all) {
    const std::string words =
        one.detail().ja + one.detail().en + json::serialize(to_json(one.basis()));
    EXPECT_FALSE(words.contains("Hana") || words.contains("hana@")) << id << words;
  }
}

TEST(CloudStanding, TheRegisterSaysWhatTheCautionsAsk) {
  CloudEntry one = service("Chat", {});
  const auto verdicts = [&] {
    const auto all = standing({one});
    return std::array{all.at("cloud-trust").verdict(), all.at("cloud-boundary").verdict(),
                      all.at("cloud-grades").verdict()};
  };
  EXPECT_EQ(verdicts(), (std::array{Verdict::fail, Verdict::fail, Verdict::fail}));
  one.theirs = "premises";
  EXPECT_EQ(verdicts()[1], Verdict::fail) << "one side is no boundary";
  one.ours = "accounts";
  one.grade = "free";
  one.certificates = {{CloudCertificate::Kind::isms, "IS 1", kToday, kToday}};
  EXPECT_EQ(verdicts(), (std::array{Verdict::pass, Verdict::pass, Verdict::pass}));
  one.certificates.front().until = kToday - std::chrono::days(1);
  EXPECT_EQ(verdicts()[0], Verdict::fail) << "it has ended";
  one.certificates.front().until.reset();
  one.certificates.front().seen_on = kToday - std::chrono::days(366);
  EXPECT_EQ(verdicts()[0], Verdict::fail) << "it was looked up long ago, and says no end";
  one.certificates.front().seen_on = kToday + std::chrono::days(1);
  EXPECT_EQ(verdicts()[0], Verdict::fail) << "nobody looked it up yet";
  one.certificates = {{CloudCertificate::Kind::other, "", {}, kToday}};
  EXPECT_EQ(verdicts()[0], Verdict::fail) << "of what?";
  one.certificates.front().number = "a report of theirs";
  one.certificates.front().seen_on = kToday - std::chrono::days(365);
  one.review_on = kToday;
  EXPECT_EQ(verdicts()[0], Verdict::pass);
  one.review_on = kToday - std::chrono::days(1);
  EXPECT_EQ(verdicts()[0], Verdict::unknown) << "its review is overdue";
  EXPECT_EQ(standing({one}).at("cloud-settings-read").verdict(), Verdict::not_applicable);
}

}  // namespace
}  // namespace sekisho
