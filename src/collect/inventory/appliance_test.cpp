// SPDX-License-Identifier: Apache-2.0
#include "collect/inventory/appliance.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "collect/vuln/embedded.h"
#include "collect/vuln/weaknesses.h"
#include "guideline/embedded.h"

namespace sekisho {
namespace {

const Guideline& gear_guideline() {
  static const Guideline loaded = *load_guideline(embedded_guideline());
  return loaded;
}
const Time kGearDay = *parse_time("2026-11-24T09:00:00Z");

const char* const kNvd =
    R"({"format":"NVD_CVE","timestamp":"2026-11-20T00:00:00.000","vulnerabilities":[
  {"cve":{"id":"CVE-2024-21762","metrics":{"cvssMetricV31":[{"cvssData":{"baseScore":9.8}}]},
   "configurations":[{"nodes":[{"negate":false,"cpeMatch":[
     {"vulnerable":true,"criteria":"cpe:2.3:o:fortinet:fortios:*:*:*:*:*:*:*:*","versionStartIncluding":"7.4.0","versionEndExcluding":"7.4.3"}]}]}]}},
  {"cve":{"id":"CVE-2025-0001","metrics":{"cvssMetricV31":[{"cvssData":{"baseScore":8.1}}]},
   "configurations":[{"nodes":[{"negate":false,"cpeMatch":[
     {"vulnerable":true,"criteria":"cpe:2.3:o:fortinet:fortios:*:*:*:*:*:*:*:*","versionStartIncluding":"7.4.0","versionEndExcluding":"7.4.5"}]}]}]}}]})";

/// Two exploited vulnerabilities of FortiOS: one whose versions NVD gives, one of which nothing is
/// said.
Feeds feeds(bool with_nvd = true, bool with_second = false) {
  const auto day = [](const char* text) { return *parse_day(text); };
  Feeds all;
  all.support.as_of = day("2026-11-01");
  all.exploited.as_of = day("2026-11-20");
  all.support.products["fortios"] = {{"7.4", day("2026-11-30"), false, {}, "7.4.9", false},
                                     {"6.4", day("2025-03-31"), false, {}, "6.4.16", false}};
  auto& list = all.exploited.by_product[{"Fortinet", "FortiOS"}];
  list.push_back({"CVE-2024-21762", "FortiOS", day("2024-02-09"), true});
  if (with_second) list.push_back({"CVE-2026-9999", "FortiOS", day("2026-11-24"), false});
  auto weaknesses = std::make_shared<Weaknesses>();
  if (!weaknesses->add_nvd(kNvd)) ADD_FAILURE();
  if (with_nvd) all.weaknesses = std::move(weaknesses);
  return all;
}

std::string verdicts(const Feeds& by, const ApplianceFacts& facts, const char* kind = "fortigate") {
  const Appliance& appliance = *gear_guideline().appliance(kind);
  std::map<std::string, Verdict> found;
  for (const Evidence& one : appliance_evidence(gear_guideline(), by, {"list:1"}, appliance, facts,
                                                kGearDay, kGearDay, Calendar(), "collector:list"))
    if (one.verdict() != Verdict::not_applicable) found[one.check] = one.verdict();
  std::string out;
  for (const char* check : {"os-support", "security-updates", "known-exploited", "software-vpn"})
    if (const auto one = found.find(check); one != found.end())
      out += one->first + " " + std::string(name(one->second)) + "; ";
  EXPECT_EQ(found.size(), std::ranges::count(out, ';'));
  return out;
}
std::string detail(const Feeds& by, const ApplianceFacts& facts, const std::string& check) {
  for (const Evidence& one : appliance_evidence(gear_guideline(), by, {"list:1"},
                                                *gear_guideline().appliance("fortigate"), facts,
                                                kGearDay, kGearDay, Calendar(), "collector:list"))
    if (one.check == check) return one.detail().en;
  return {};
}

TEST(Appliance, AVersionInTheRangeOfAnAttackFails) {
  EXPECT_EQ(verdicts(feeds(), {"7.4.1", "", false, {}}),
            "os-support pass; security-updates fail; known-exploited fail; software-vpn fail; ");
  EXPECT_NE(detail(feeds(), {"7.4.1", "", false, {}}, "software-vpn").find("CVE-2024-21762"),
            std::string::npos);
  // Fixed there, but another grave one is open.
  EXPECT_EQ(verdicts(feeds(), {"7.4.3", "", false, {}}),
            "os-support pass; security-updates fail; known-exploited pass; software-vpn fail; ");
  EXPECT_EQ(detail(feeds(), {"7.4.3", "", false, {}}, "security-updates"),
            "this version has grave vulnerabilities: CVE-2025-0001 (8.1)");
  // None is, but there is a newer one; the newest is good.
  EXPECT_EQ(detail(feeds(), {"7.4.6", "", false, {}}, "security-updates"),
            "there is newer firmware (7.4.9 is out)");
  EXPECT_EQ(verdicts(feeds(), {"7.4.9", "", false, {}}),
            "os-support pass; security-updates pass; known-exploited pass; software-vpn pass; ");
}

/// The version, whose records it was held against, and of which day.
TEST(Appliance, APassSaysWhatItRestsOn) {
  const auto basis = [](const ApplianceFacts& facts, std::string_view check) {
    std::string lines;
    for (const Evidence& one : appliance_evidence(gear_guideline(), feeds(), {"list:1"},
                                                  *gear_guideline().appliance("fortigate"), facts,
                                                  kGearDay, kGearDay, Calendar(), "collector:list"))
      if (one.check == check)
        for (const Text& line : words(one.basis())) lines += line.en + "\n";
    return lines;
  };
  const ApplianceFacts newest{"FortiOS v7.4.9 build1", "", false, {}};
  EXPECT_EQ(basis(newest, "known-exploited"),
            "FortiOS, as entered: 7.4.9 (matched with NVD fortinet fortios, 2026-11-20)\n"
            "FortiOS, as entered: 7.4.9 (matched with CISA KEV, 2026-11-20)\n");
  EXPECT_EQ(basis(newest, "os-support"),
            "FortiOS, as entered: 7.4.9 (held against 7.4.9, 2026-11-30, endoflife.date fortios "
            "7.4, 2026-11-01)\n");
  EXPECT_EQ(basis({"7.4.6", "", false, kGearDay}, "security-updates"),
            "FortiOS, as entered: 7.4.6 (held against 2027-02-22, confirmed, 2026-11-24)\n");
}

TEST(Appliance, AConfirmationDoesNotOutweighAKnownRange) {
  EXPECT_EQ(verdicts(feeds(), {"7.4.1", "", false, kGearDay}),
            "os-support pass; security-updates fail; known-exploited fail; software-vpn fail; ");
}

TEST(Appliance, WithoutRangesTheConfirmationHasToBeNewerThanTheAttack) {
  const Time before = kGearDay - std::chrono::days(30);
  EXPECT_EQ(verdicts(feeds(false), {"7.4.6", "", false, before}),
            "os-support pass; security-updates pass; known-exploited pass; software-vpn pass; ");
  // A new attack opens it again, until somebody looks after the day on which it became known.
  EXPECT_EQ(verdicts(feeds(false, true), {"7.4.9", "", false, before}),
            "os-support pass; security-updates pass; known-exploited fail; software-vpn fail; ");
  EXPECT_EQ(verdicts(feeds(true, true), {"7.4.9", "", false, kGearDay}),
            "os-support pass; security-updates pass; known-exploited fail; software-vpn fail; ");
  EXPECT_EQ(verdicts(feeds(false), {"7.4.6", "", false, {}}),
            "os-support pass; security-updates fail; known-exploited fail; software-vpn fail; ");
}

/// What somebody saw says nothing of what became known since: the lists tell that, where they are
/// new.
TEST(Appliance, AConfirmationDoesNotOutweighAListThatIsTooOld) {
  using ::testing::HasSubstr;
  const ApplianceFacts confirmed{"7.4.6", "", false, kGearDay};
  EXPECT_THAT(verdicts(feeds(), confirmed), HasSubstr("security-updates pass"));
  Feeds old_dates = feeds();
  old_dates.support.as_of -= std::chrono::days(200);
  EXPECT_THAT(verdicts(old_dates, confirmed), HasSubstr("security-updates unknown"));
  EXPECT_THAT(detail(old_dates, confirmed, "security-updates"), HasSubstr("days old"));
  Feeds old_attacks = feeds();
  old_attacks.exploited.as_of -= std::chrono::days(60);
  EXPECT_THAT(verdicts(old_attacks, confirmed), HasSubstr("known-exploited unknown"));
}

TEST(Appliance, AReusedOneIsOpenUntilItsFirmwareIsCurrent) {
  EXPECT_EQ(
      detail(feeds(), {"7.4.6", "", true, {}}, "security-updates"),
      "an old device taken into use again: do not use it before its firmware is current (7.4.9 "
      "is out)");
  EXPECT_EQ(verdicts(feeds(), {"7.4.9", "", true, {}}),
            "os-support pass; security-updates pass; known-exploited pass; software-vpn pass; ");
  EXPECT_EQ(
      verdicts(feeds(), {"", "", true, {}}, "yamaha-rtx"),
      "os-support unknown; security-updates fail; known-exploited unknown; software-vpn fail; ");
  EXPECT_EQ(
      verdicts(feeds(), {"", "", true, kGearDay}, "yamaha-rtx"),
      "os-support unknown; security-updates pass; known-exploited pass; software-vpn unknown; ");
}

TEST(Appliance, ALineOutOfSupportFailsAndNothingKnownIsUnknown) {
  EXPECT_EQ(detail(feeds(), {"6.4.16", "", false, {}}, "os-support"),
            "support of FortiOS 6.4.16 ended on 2025-03-31");
  EXPECT_EQ(detail(feeds(), {"5.6.14", "", false, {}}, "os-support"),
            "support of FortiOS 5.6.14 has ended (that of 6.4, which is newer, ended on "
            "2025-03-31)");
  EXPECT_EQ(verdicts(feeds(), {"", "", false, {}}, "home-router"),
            "os-support unknown; security-updates unknown; known-exploited unknown; ");
  // Whoever says that it is current can't say what is found from now on.
  EXPECT_EQ(verdicts(feeds(), {"6.4.16", "", false, kGearDay}).substr(0, 43),
            "os-support fail; security-updates unknown; ");
  EXPECT_EQ(detail(feeds(), {"5.6.14", "", false, kGearDay}, "security-updates"),
            "its support has ended, so no update comes any more; what is found from now on stays "
            "open");
  // A confirmation runs out.
  EXPECT_EQ(verdicts(feeds(), {"", "", false, kGearDay - std::chrono::days(90)}, "home-router"),
            "os-support unknown; security-updates unknown; known-exploited unknown; ");
  EXPECT_EQ(verdicts(feeds(), {"", "", false, kGearDay - std::chrono::days(89)}, "home-router"),
            "os-support unknown; security-updates pass; known-exploited pass; ");
}

/// Two weaknesses of home routers that are used in attacks, as CISA's catalogue and NVD have them.
Feeds routers() {
  Feeds all;
  all.exploited.as_of = *parse_day("2026-11-20");
  all.exploited.by_product[{"Arcadyan", "Buffalo Firmware"}] = {
      {"CVE-2021-20090", "Arcadyan Buffalo Firmware", *parse_day("2021-11-03"), false}};
  all.exploited.by_product[{"D-Link", "DIR-820L"}] = {
      {"CVE-2022-26258", "D-Link DIR-820L", *parse_day("2022-09-08"), false}};
  auto weaknesses = std::make_shared<Weaknesses>();
  const auto read = weaknesses->add_nvd(
      R"({"format":"NVD_CVE","timestamp":"2026-11-20T00:00:00.000","vulnerabilities":[
    {"cve":{"id":"CVE-2021-20090","metrics":{"cvssMetricV31":[{"cvssData":{"baseScore":9.8}}]},
     "configurations":[{"operator":"AND","nodes":[{"negate":false,"cpeMatch":[
       {"vulnerable":true,"criteria":"cpe:2.3:o:buffalo:wsr-2533dhp3_firmware:*:*:*:*:*:*:*:*","versionEndIncluding":"1.24"}]},
       {"negate":false,"cpeMatch":[{"vulnerable":false,"criteria":"cpe:2.3:h:buffalo:wsr-2533dhp3:-:*:*:*:*:*:*:*"}]}]}]}}]})");
  if (!read) ADD_FAILURE();
  all.weaknesses = std::move(weaknesses);
  return all;
}

TEST(Appliance, AHomeRouterIsJudgedByItsModel) {
  const auto known = [by = routers()](const char* kind, const char* model, const char* version,
                                      std::optional<Time> confirmed = {}) {
    const std::string all = verdicts(by, {version, model, false, confirmed}, kind);
    return all.substr(all.find("known-exploited "));
  };
  EXPECT_EQ(known("buffalo", "WSR-2533DHP3", "1.24"), "known-exploited fail; ");
  EXPECT_EQ(known("buffalo", " wsr-2533dhp3", "Ver.1.24"), "known-exploited fail; ");
  EXPECT_EQ(known("buffalo", "WSR-2533DHP3", "Ver. 1.25"), "known-exploited pass; ");
  // A model that no record names is not fixed by that.
  EXPECT_EQ(known("buffalo", "WSR-1166DHP3", "1.16"), "known-exploited unknown; ");
  EXPECT_EQ(known("buffalo", "WSR-1166DHP3", "1.16", kGearDay), "known-exploited pass; ");
  // Without its model or version nothing is known of it, whoever looked.
  EXPECT_EQ(known("buffalo", "", "1.24"), "known-exploited unknown; ");
  EXPECT_EQ(known("buffalo", "WSR-2533DHP3", ""), "known-exploited unknown; ");
  EXPECT_EQ(known("buffalo", "", "", kGearDay), "known-exploited pass; ");
  // The catalogue names this model, and NVD's versions are not at hand.
  EXPECT_EQ(known("d-link", "DIR-820L", "1.05"), "known-exploited fail; ");
  EXPECT_EQ(known("d-link", "DIR-820L", "1.05", kGearDay), "known-exploited pass; ");
  EXPECT_EQ(known("d-link", "DIR-820", "1.05"), "known-exploited unknown; ");
  EXPECT_EQ(known("d-link", "820L", "1.05"), "known-exploited unknown; ");
  // Without NVD's records a model alone clears nothing.
  Feeds bare = routers();
  bare.weaknesses = nullptr;
  EXPECT_EQ(verdicts(bare, {"1.16", "WSR-1166DHP3", false, {}}, "buffalo"),
            "os-support unknown; security-updates unknown; known-exploited unknown; ");
  // That the catalogue names it counts all the same.
  EXPECT_EQ(verdicts(bare, {"1.05", "DIR-820L", false, {}}, "d-link"),
            "os-support unknown; security-updates unknown; known-exploited fail; ");
}

TEST(Appliance, AVersionThatCannotBeReadIsUnknown) {
  for (const char* version : {"最新", "latest", "7.4.9 以降", "7.4.9 → 7.4.10", "v7"})
    EXPECT_EQ(verdicts(feeds(), {version, "", false, {}}),
              "os-support unknown; security-updates unknown; known-exploited unknown; software-vpn "
              "unknown; ")
        << version;
  EXPECT_EQ(detail(feeds(), {"latest", "", false, {}}, "known-exploited"),
            "no version can be read from 'latest' (one looks like 7.4.8)");
  EXPECT_EQ(detail(feeds(), {"FGT_60F v7.4.9,build2795", "", false, {}}, "known-exploited"),
            "no vulnerability in real attacks is open in FortiOS 7.4.9 (read from 'FGT_60F "
            "v7.4.9,build2795')");
}

TEST(Appliance, ALineAloneClearsNothing) {
  EXPECT_EQ(verdicts(feeds(), {"7.4", "", false, {}}),
            "os-support pass; security-updates unknown; known-exploited fail; software-vpn fail; ");
  EXPECT_EQ(
      detail(feeds(), {"7.4.x", "", false, {}}, "security-updates"),
      "this version doesn't tell whether grave vulnerabilities are open: CVE-2025-0001 (8.1), "
      "CVE-2024-21762 (9.8)");
}

TEST(Appliance, NothingIsSaidToBeFixedByAStaleFeed) {
  Feeds old = feeds();
  old.exploited.as_of = Calendar::utc().day(kGearDay) - kExploitedStaleAfter;
  EXPECT_EQ(verdicts(old, {"7.4.9", "", false, {}}),
            "os-support pass; security-updates pass; known-exploited pass; software-vpn pass; ");
  old.exploited.as_of -= std::chrono::days(1);
  EXPECT_EQ(verdicts(old, {"7.4.9", "", false, {}}),
            "os-support pass; security-updates pass; known-exploited unknown; software-vpn "
            "unknown; ");
  EXPECT_EQ(verdicts(old, {"7.4.1", "", false, {}}),
            "os-support pass; security-updates fail; known-exploited fail; software-vpn fail; ");
  old.support.products["fortios"][0].eol = std::nullopt;
  EXPECT_EQ(verdicts(old, {"7.4.9", "", false, {}}).substr(0, 15), "os-support pass");
  old.support.as_of = Calendar::utc().day(kGearDay) - kSupportStaleAfter - std::chrono::days(1);
  EXPECT_EQ(verdicts(old, {"7.4.9", "", false, {}}).substr(0, 18), "os-support unknown");
}

/// A catalogue's entry for several products, of which NVD names others alone.
TEST(Appliance, ARecordOfOtherProductsIsNotAgainstIt) {
  Feeds all = feeds();
  all.exploited.by_product[{"Fortinet", "Multiple Products"}] = {
      {"CVE-2026-0001", "x", *parse_day("2026-11-24"), false}};
  EXPECT_TRUE(verdicts(all, {"7.4.9", "", false, {}}).contains("known-exploited fail"));
  auto more = std::make_shared<Weaknesses>(*all.weaknesses);
  ASSERT_TRUE(more->add_nvd(
      R"({"timestamp":"2026-11-20T00:00:00.000","vulnerabilities":[{"cve":{"id":"CVE-2026-0001","configurations":[{"nodes":[{"cpeMatch":[{"vulnerable":true,"criteria":"cpe:2.3:a:fortinet:fortiweb:*:*:*:*:*:*:*:*"}]}]}]}}]})"));
  all.weaknesses = more;
  EXPECT_TRUE(verdicts(all, {"7.4.9", "", false, {}}).contains("known-exploited pass"));
}

TEST(Appliance, NvdsNamesOfAModel) {
  using Names = std::vector<std::pair<std::string, std::string>>;
  EXPECT_EQ(gear_guideline().appliance("tp-link")->cpe_of("Archer AX21"),
            (Names{{"tp-link", "archer_ax21_firmware"}}));
  EXPECT_EQ(gear_guideline().appliance("tp-link")->cpe_of("Archer AX21(JP) Ver.3.6"),
            (Names{{"tp-link", "archer_ax21_firmware"}, {"tp-link", "archer_ax21_v3.6_firmware"}}));
  EXPECT_EQ(gear_guideline().appliance("d-link")->cpe_of("D-Link DIR-825 R1").front(),
            (std::pair<std::string, std::string>{"dlink", "dir-825_r1_firmware"}));
  EXPECT_EQ(gear_guideline().appliance("buffalo")->cpe_of("wsr-2533dhp3/nbk").front().second,
            "wsr-2533dhp3_firmware");
  EXPECT_EQ(gear_guideline().appliance("aterm")->cpe_of("WG1200HP4").front(),
            std::pair(std::string("nec"), std::string("aterm_wg1200hp4_firmware")));
  // All that are known, where none is given.
  EXPECT_GT(gear_guideline().appliance("yamaha-rtx")->cpe_of("").size(), 1U);
  EXPECT_EQ(gear_guideline().appliance("yamaha-rtx")->cpe_of("RTX1300").size(), 1U);
  EXPECT_EQ(gear_guideline().appliance("fortigate")->cpe_of("60F"),
            gear_guideline().appliance("fortigate")->cpe);
}

TEST(Appliance, EveryNameOfTheDataIsInTheFeeds) {
  const auto exploited = read_exploited(*parse_json("kev", embedded_exploited(), kFeedLimits));
  const auto support = read_support(*parse_json("eol", embedded_support(), kFeedLimits));
  EXPECT_GE(gear_guideline().appliances.size(), 30);
  for (const Appliance& one : gear_guideline().appliances) {
    for (const auto& pair : one.exploited_as)
      EXPECT_TRUE(exploited->by_product.contains(pair)) << pair.first << ": " << pair.second;
    EXPECT_TRUE(one.eol_product.empty() || support->products.contains(one.eol_product))
        << one.eol_product;
  }
}

}  // namespace
}  // namespace sekisho
