// SPDX-License-Identifier: Apache-2.0
#include "assess/clouds.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <stdexcept>

#include <boost/json.hpp>

#include "guideline/embedded.h"

namespace sekisho {
namespace {

const Time kCloudDay = *parse_time("2026-11-24T10:00:00Z");
const Guideline& cloud_guideline() {
  static const Guideline loaded = *load_guideline(embedded_guideline());
  return loaded;
}
const CloudChecks& clouds() {
  static const CloudChecks loaded = *load_cloud_checks(embedded_guideline());
  return loaded;
}

Evidence cloud_seen(std::string check, Verdict verdict, SubjectId subject = kOrganisation,
                    std::chrono::days holds = std::chrono::days(31)) {
  Basis basis = Compared{.source = Compared::Source::entry, .place = "export", .seen = "x"};
  return {std::move(subject),
          std::move(check),
          {verdict, {"事実", "fact"}, std::move(basis)},
          kCloudDay - std::chrono::hours(1),
          kCloudDay - std::chrono::hours(1) + holds,
          "collector:cloud"};
}

Scope scope() { return {{"host:a"}, {}, {}, kCloudDay}; }

const Assessed& measure(const Assessment& assessment, std::string_view id) {
  for (const Assessed& one : assessment.measures)
    if (one.requirement->id == id) return one;
  throw std::out_of_range("no such measure");
}

TEST(Clouds, ChangeNothingForWhoReadsNone) {
  std::mt19937 random(3);
  for (int round = 0; round < 20; ++round) {
    std::vector<Evidence> evidence;
    for (const CheckSpec& check : cloud_guideline().checks)
      if (random() % 2 == 0)
        evidence.push_back(cloud_seen(check.id, static_cast<Verdict>(random() % 4)));
    const Assessment without = assess(cloud_guideline(), evidence, scope());
    const Assessment with = assess(cloud_guideline(), clouds(), evidence, scope());
    ASSERT_EQ(with.checks.size(), without.checks.size());
    ASSERT_EQ(with.to_find_out.size(), without.to_find_out.size());
    for (std::size_t i = 0; i < with.measures.size(); ++i)
      EXPECT_EQ(with.measures[i].status, without.measures[i].status);
  }
}

TEST(Clouds, CountFromWhenTheyWereReadAndAfterItHasRunOut) {
  const auto status = [](std::vector<Evidence> evidence) {
    return measure(assess(cloud_guideline(), clouds(), evidence, scope()), "SK-admin-H5").status;
  };
  const Evidence yes = cloud_seen("ask-SK-admin-H5", Verdict::pass);
  EXPECT_EQ(status({yes}), Status::met);
  EXPECT_EQ(status({yes, cloud_seen("cloud-mfa-everyone", Verdict::fail)}), Status::partly_met);
  EXPECT_EQ(status({yes, cloud_seen("cloud-mfa-everyone", Verdict::unknown)}), Status::unknown);
  EXPECT_EQ(status({yes, cloud_seen("cloud-mfa-everyone", Verdict::not_applicable)}), Status::met);
  EXPECT_EQ(status({yes, cloud_seen("cloud-mfa-everyone", Verdict::pass, kOrganisation,
                                    std::chrono::days(0))}),
            Status::unknown)
      << "it has run out";
  EXPECT_EQ(status({yes, cloud_seen("cloud-mfa-everyone", Verdict::fail, {"host:a"})}), Status::met)
      << "a device says nothing of a cloud";
}

TEST(Clouds, ThatFailAreToBeFixedForWhatTheyServe) {
  const Assessment found = assess(cloud_guideline(), clouds(),
                                  {cloud_seen("cloud-public-links", Verdict::fail)}, scope());
  const auto action = std::ranges::find_if(
      found.to_fix, [](const Action& one) { return one.spec().id == "cloud-public-links"; });
  ASSERT_NE(action, found.to_fix.end());
  EXPECT_FALSE(action->serves.empty());
  EXPECT_NE(found.check("cloud-public-links"), nullptr);
}

TEST(Clouds, EachCheckIsWhatAMeasureAsksFor) {
  for (const CheckSpec& check : clouds().checks) {
    EXPECT_TRUE(std::ranges::any_of(cloud_guideline().measures, [&](const Measure& one) {
      return std::ranges::find(clouds().of(one), check.id) != clouds().of(one).end();
    })) << check.id;
    EXPECT_EQ(cloud_guideline().check(check.id), nullptr) << "no machine's";
    EXPECT_FALSE(check.asked);
    EXPECT_FALSE(check.fix.empty()) << check.id;
  }
  EXPECT_GE(clouds().checks.size(), 20U);
}

TEST(Clouds, WhatNoMeasureUsesOrNobodyKnowsIsRefused) {
  Document document = embedded_guideline();
  auto& root = document.root.as_object();
  root["cloud_checks"].as_array()[0].as_object()["id"] = "cloud-other";
  const auto refused = load_cloud_checks(document);
  ASSERT_FALSE(refused);
  EXPECT_FALSE(load_guideline(document)) << "the build says so as well";
}

}  // namespace
}  // namespace sekisho
