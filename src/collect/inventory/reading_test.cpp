// SPDX-License-Identifier: Apache-2.0
#include "collect/inventory/reading.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "collect/inventory/written.h"
#include "collect/vuln/embedded.h"
#include "collect/vuln/weaknesses.h"
#include "guideline/embedded.h"

namespace sekisho {
namespace {

using ::testing::HasSubstr;

const Guideline& reading_guideline() {
  static const Guideline loaded = *load_guideline(embedded_guideline());
  return loaded;
}
const Feeds& reading_feeds() {
  static const Feeds built_in = [] {
    Feeds all{*read_support(*parse_json("", embedded_support(), kFeedLimits)), {}, {}, {}, {}, {}};
    auto weaknesses = std::make_shared<Weaknesses>();
    EXPECT_TRUE(weaknesses->add_nvd(R"({"format":"NVD_CVE","vulnerabilities":[{"cve":{"id":
      "CVE-2023-1389","configurations":[{"nodes":[{"negate":false,"cpeMatch":[{"vulnerable":true,
      "criteria":"cpe:2.3:o:tp-link:archer_ax21_firmware:*:*:*:*:*:*:*:*",
      "versionEndExcluding":"1.1.4"}]}]}]}}]})"));
    all.weaknesses = std::move(weaknesses);
    return all;
  }();
  return built_in;
}

Reading gear(const char* kind, std::string_view model, std::string_view version) {
  return read_gear(reading_feeds(), *reading_guideline().appliance(kind), model, version);
}

TEST(Reading, OfGearSaysWhatWasReadFromWhat) {
  const Reading whole = gear("fortigate", "", "FortiGate 60F v7.2.6 build1575");
  EXPECT_EQ(whole.is, Reading::Is::read);
  EXPECT_EQ(whole.words.en, "FortiOS 7.2.6 read from 'FortiGate 60F v7.2.6 build1575'");
  EXPECT_EQ(gear("fortigate", "", "7.2.6").words.en, "FortiOS 7.2.6");
  const Reading none = gear("fortigate", "", "newest");
  EXPECT_EQ(none.is, Reading::Is::not_read);
  EXPECT_THAT(none.words.en, HasSubstr("no version can be read from 'newest'"));
  EXPECT_THAT(none.words.en, HasSubstr("look under: the command get system status"));
  EXPECT_EQ(gear("fortigate", "", " ").is, Reading::Is::nothing);
}

TEST(Reading, OfGearAsksForAModelThatFeedsKnow) {
  EXPECT_THAT(gear("tp-link", "", "1.1.3").words.en, HasSubstr("enter its model as well"));
  EXPECT_THAT(gear("tp-link", "Archer ZZ99", "1.1.3").words.en, HasSubstr("does not name a model"));
  EXPECT_EQ(gear("tp-link", "Archer AX21 v3", "1.1.3").is, Reading::Is::read);
}

/// What is said to be readable is what is judged by, of every kind, whatever is typed; each kind's
/// own example is readable, and with nothing it says where to look.
TEST(Reading, OfGearIsTheReadingThatJudges) {
  for (const Appliance& kind : reading_guideline().appliances) {
    if (!kind.versions.example.empty()) {
      EXPECT_NE(gear(kind.id.c_str(), "x", kind.versions.example).is, Reading::Is::not_read)
          << kind.id;
    }
    for (const std::string_view typed :
         {"7.2.6", "v1", "newest", "最新", "1.0.0 build 3", "R81.20 Take 26", "-", "１．２"}) {
      const bool readable = firmware_version(kind, typed).has_value();
      const Reading reading = gear(kind.id.c_str(), "", typed);
      EXPECT_EQ(reading.is == Reading::Is::not_read, !readable) << kind.id << ": " << typed;
    }
    EXPECT_FALSE(gear(kind.id.c_str(), "", "").words.ja.empty());
  }
}

TEST(Reading, OfSystemsAndPrograms) {
  const Day today = *parse_day("2026-11-24");
  const auto system = [&](const char* name, const char* version) {
    return read_system(reading_feeds().support, name, version, today);
  };
  EXPECT_EQ(system("Windows 11 Pro", "24H2").is, Reading::Is::read);
  EXPECT_EQ(system("Windows 11 Pro", "new").is, Reading::Is::not_read);
  EXPECT_THAT(system("Windows 11", "").words.en, HasSubstr("Settings > System > About"));
  EXPECT_EQ(system("Plan 9", "4").is, Reading::Is::not_read);
  EXPECT_EQ(system("", "").is, Reading::Is::nothing);
  const auto program = [&](const char* name, const char* version) {
    return read_program(reading_guideline(), name, version);
  };
  EXPECT_EQ(program("OpenVPN 2.6.9-I001 amd64", "2.6.901").words.en, "read as OpenVPN 2.6.9");
  EXPECT_EQ(program("VLC media player", "nightly").is, Reading::Is::not_read);
  EXPECT_EQ(program("Somebody's tool", "1").is, Reading::Is::unclear);
}

}  // namespace
}  // namespace sekisho
