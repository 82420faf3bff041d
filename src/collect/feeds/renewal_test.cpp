// SPDX-License-Identifier: Apache-2.0
#include "collect/feeds/renewal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <set>

#include <fmt/format.h>
#include <boost/json.hpp>

#include "collect/vuln/embedded.h"

namespace sekisho {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::size_t kAlways = 5;  // sources that are fetched whatever there is
const Time kNow = *parse_time("2026-11-26T09:00:00Z");

/// The shipped catalogue, as if it had been published on `day`; with `less`, without most of it.
std::string kev(const char* day, bool less = false) {
  auto top = boost::json::parse(embedded_exploited()).as_object();
  top["dateReleased"] = std::string(day) + "T10:00:00.0000Z";
  if (less) top["vulnerabilities"].as_array().resize(3);
  return boost::json::serialize(top);
}
/// The shipped dates, as endoflife.date would answer for all products.
std::string all_products(const char* day, std::size_t most = 10'000) {
  boost::json::array result;
  const auto bundle = boost::json::parse(embedded_support()).as_object();
  for (const auto& product : bundle.at("products").as_object()) {
    if (result.size() == most) break;
    boost::json::array releases;
    for (const auto& line : product.value().as_array()) {
      boost::json::object out{{"name", line.at("cycle")},
                              {"isEol", false},
                              {"eolFrom", nullptr},
                              {"latest", nullptr},
                              {"isLts", false}};
      if (line.at("eol").is_string())
        out["eolFrom"] = line.at("eol");
      else
        out["isEol"] = line.at("eol");
      releases.emplace_back(std::move(out));
    }
    result.emplace_back(
        boost::json::object{{"name", product.key()}, {"releases", std::move(releases)}});
  }
  result.emplace_back(boost::json::object{{"name", "of-no-interest"}, {"releases", 7}});
  return boost::json::serialize(
      boost::json::object{{"schema_version", "1.2.0"},
                          {"generated_at", std::string(day) + "T00:00:00+00:00"},
                          {"total", result.size()},
                          {"result", std::move(result)}});
}
std::string nvd(const char* day, const std::vector<const char*>& cves) {
  std::vector<std::string> records;
  for (const char* cve : cves) records.push_back(fmt::format(R"({{"cve":{{"id":"{}"}}}})", cve));
  return fmt::format(
      R"({{"format":"NVD_CVE","timestamp":"{}T00:00:00.000","vulnerabilities":[{}]}})", day,
      fmt::join(records, ","));
}

class Renewals : public testing::Test {
 protected:
  Renewals() : folder_("/tmp/sekisho-renewals-" + std::to_string(::getpid())) {
    std::filesystem::remove_all(folder_);
  }
  ~Renewals() override { std::filesystem::remove_all(folder_); }

  FeedFiles files() const { return {folder_}; }
  FeedRenewal renewal() const {
    return {files(), [] { return 0; }};
  }
  FeedRenewal::Fetch fetch() {
    return [this](const FeedAddress& address, const std::string& tag) -> Result<FetchedFeed> {
      asked.push_back(address.file);
      tags.insert(tag);
      const auto found = served.find(address.file);
      if (found == served.end()) return failure("届きません", "down", address.url);
      return found->second;
    };
  }
  void serve(const std::string& file, std::string text) {
    served[file] = {false, std::move(text), ""};
  }
  /// What is said against renewing the catalogue by this text; empty where nothing is.
  std::string against(std::string text, Time now = kNow) {
    serve("known_exploited_vulnerabilities.json", std::move(text));
    auto one = renewal();
    const auto renewed = one.renew("exploited", fetch(), now);
    EXPECT_EQ(one.state().sources.at("exploited").error.has_value(), !renewed);
    EXPECT_EQ(one.state(), read_renewal_state(files())) << "it is kept as it is known";
    return renewed ? "" : renewed.error().describe(Lang::en);
  }
  Day in_use() const { return exploited_in_use(files())->as_of; }

  std::filesystem::path folder_;
  std::map<std::string, FetchedFeed> served;
  std::vector<std::string> asked;
  std::set<std::string> tags;
};

TEST_F(Renewals, TakeTheNewAndKeepTheGood) {
  const Day shipped = in_use();
  EXPECT_EQ(against(kev("2026-11-25")), "");
  EXPECT_EQ(in_use(), *parse_day("2026-11-25"));
  const std::string good = *read_regular_file(files().exploited(), 1U << 24U);
  const std::string half = kev("2026-11-26").substr(0, 700'000);
  for (const auto& [text, why] : std::vector<std::pair<std::string, const char*>>{
           {half, "known_exploited_vulnerabilities.json"},
           {"<!doctype html><html><title>Sign in to the Wi-Fi</title></html>", ".json"},
           {"", ".json"},
           {"{}", ".json"},
           {R"({"vulnerabilities":[]})", ".json"},
           {kev("2026-11-24"), "it is of 2026-11-24, older than what is there (2026-11-25)"},
           {kev("2026-11-26", true), "it has 3 entries, far fewer than the"},
           {kev("2027-03-01"), "it is of 2027-03-01, which lies ahead"}}) {
    EXPECT_THAT(against(text), HasSubstr(why)) << text.substr(0, 60);
    EXPECT_EQ(*read_regular_file(files().exploited(), 1U << 24U), good);
  }
  served.clear();
  auto down = renewal();
  EXPECT_THAT(down.renew("exploited", fetch(), kNow).error().message.en, "down");
  FeedRenewal never({folder_ / "other"}, [] { return 0; });
  EXPECT_FALSE(never.renew("exploited", fetch(), kNow));
  EXPECT_EQ(never.state(), read_renewal_state({folder_ / "other"}));
  EXPECT_EQ(never.state().sources.size(), 1U);
  EXPECT_EQ(in_use(), *parse_day("2026-11-25"));
  EXPECT_LT(shipped, in_use());
}

TEST_F(Renewals, AListOfTheFutureKeepsNothingOut) {
  // Written by hand, or by a clock that was ahead.
  std::filesystem::create_directories(folder_);
  ASSERT_TRUE(write_file_atomically(files().exploited(), kev("2031-01-01")));
  EXPECT_EQ(against(kev("2026-11-25")), "");
  EXPECT_EQ(in_use(), *parse_day("2026-11-25"));
  ASSERT_TRUE(write_file_atomically(files().exploited(), "broken"));
  EXPECT_EQ(against(kev("2026-11-25")), "");
}

TEST_F(Renewals, AFullDiskLeavesWhatIsThere) {
  EXPECT_EQ(against(kev("2026-11-25")), "");
  std::signal(SIGXFSZ, SIG_IGN);
  ::rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const ::rlimit small{1000, before.rlim_max};
  serve("known_exploited_vulnerabilities.json", kev("2026-11-26"));
  auto full = renewal();
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const auto renewed = full.renew("exploited", fetch(), kNow);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  EXPECT_FALSE(renewed);
  EXPECT_EQ(in_use(), *parse_day("2026-11-25"));
  EXPECT_EQ(full.state().sources.at("exploited").failures, 1) << "known, though it isn't written";
  std::size_t left = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder_))
    left += entry.path().string().ends_with(".new") ? 1U : 0U;
  EXPECT_EQ(left, 0U);
}

TEST_F(Renewals, WhatIsUnchangedIsNotWrittenAnew) {
  served["known_exploited_vulnerabilities.json"] = {false, kev("2026-11-25"), "\"one\""};
  auto one = renewal();
  ASSERT_TRUE(one.renew("exploited", fetch(), kNow));
  EXPECT_EQ(one.state().sources.at("exploited").tag, "\"one\"");
  const auto written = std::filesystem::last_write_time(files().exploited());
  served["known_exploited_vulnerabilities.json"] = {true, "", "\"one\""};
  ASSERT_TRUE(renewal().renew("exploited", fetch(), kNow));
  EXPECT_TRUE(tags.contains("\"one\""));
  served["known_exploited_vulnerabilities.json"] = {false, kev("2026-11-25"), "\"two\""};
  ASSERT_TRUE(renewal().renew("exploited", fetch(), kNow));
  EXPECT_EQ(std::filesystem::last_write_time(files().exploited()), written);
  // Without the file there is nothing to be unchanged.
  std::filesystem::remove(files().exploited());
  tags.clear();
  ASSERT_TRUE(renewal().renew("exploited", fetch(), kNow));
  EXPECT_EQ(tags, std::set<std::string>{""});
}

TEST_F(Renewals, SupportDatesComeAllAtOnce) {
  serve("endoflife-full.json", all_products("2026-11-25"));
  ASSERT_TRUE(renewal().renew("support", fetch(), kNow));
  const auto feed = support_in_use(files());
  ASSERT_TRUE(feed);
  EXPECT_EQ(feed->as_of, *parse_day("2026-11-25"));
  EXPECT_EQ(feed->products.size(),
            read_support(*parse_json("", embedded_support(), kFeedLimits))->products.size());
  EXPECT_NE(feed->find("debian", "12"), nullptr);
  serve("endoflife-full.json", all_products("2026-11-26", 20));
  EXPECT_THAT(renewal().renew("support", fetch(), kNow).error().message.en,
              HasSubstr("it has 20 entries"));
  EXPECT_EQ(support_in_use(files())->as_of, *parse_day("2026-11-25"));
}

TEST_F(Renewals, AllYearsOfWeaknessesComeFirstAndThenWhatChanged) {
  for (int year = 2002; year <= 2026; ++year)
    serve(fmt::format("nvdcve-2.0-{}.json.gz", year),
          nvd("2026-11-25", {fmt::format("CVE-{}-0001", year).c_str()}));
  serve("nvdcve-2.0-modified.json.gz", nvd("2026-11-26", {"CVE-2026-0001"}));
  ASSERT_TRUE(renewal().renew("weaknesses", fetch(), kNow));
  EXPECT_EQ(asked.size(), 26U);
  const auto day = [&] {
    Weaknesses kept;
    EXPECT_TRUE(kept.add_serialised(*read_regular_file(files().weaknesses(), 1U << 24U)));
    EXPECT_EQ(kept.size(), 25U);
    return format_day(kept.as_of());
  };
  EXPECT_EQ(day(), "2026-11-26");
  asked.clear();
  serve("nvdcve-2.0-modified.json.gz", nvd("2026-11-30", {"CVE-2026-0001"}));
  ASSERT_TRUE(renewal().renew("weaknesses", fetch(), kNow + std::chrono::days(4)));
  EXPECT_THAT(asked, ElementsAre("nvdcve-2.0-modified.json.gz"));
  EXPECT_EQ(day(), "2026-11-30");
  // After a longer time away the changes alone would leave a gap; a year that fails changes
  // nothing.
  asked.clear();
  served.erase("nvdcve-2.0-2024.json.gz");
  EXPECT_FALSE(renewal().renew("weaknesses", fetch(), kNow + std::chrono::days(20)));
  EXPECT_EQ(asked.size(), 23U);
  EXPECT_EQ(day(), "2026-11-30");
}

TEST_F(Renewals, AreTriedAgainSoonerAfterAFailureAndDailyElse) {
  auto one = renewal();
  EXPECT_EQ(one.due(kNow).size(), kAlways) << "nothing was ever tried";
  const auto pause = [&](Time now) {
    EXPECT_FALSE(one.renew("exploited", fetch(), now));
    return std::chrono::duration_cast<std::chrono::minutes>(
               one.state().sources.at("exploited").due - now)
        .count();
  };
  std::vector<std::int64_t> pauses;
  for (int i = 0; i < 7; ++i) pauses.push_back(pause(kNow));
  EXPECT_THAT(pauses, ElementsAre(15, 30, 60, 120, 240, 360, 360));
  serve("known_exploited_vulnerabilities.json", kev("2026-11-25"));
  ASSERT_TRUE(one.renew("exploited", fetch(), kNow));
  const Time due = one.state().sources.at("exploited").due;
  EXPECT_EQ(due, kNow + std::chrono::hours(24));
  const auto is_due = [&](Time now) { return std::ranges::count(one.due(now), "exploited") > 0; };
  EXPECT_FALSE(is_due(kNow));
  EXPECT_FALSE(is_due(due - std::chrono::seconds(1)));
  EXPECT_TRUE(is_due(due));
  // The clock jumps: ahead, and back before what was written.
  EXPECT_TRUE(is_due(kNow + std::chrono::days(3000)));
  EXPECT_TRUE(is_due(kNow - std::chrono::seconds(1)));
  ASSERT_TRUE(one.renew("exploited", fetch(), kNow + std::chrono::days(3000)));
  EXPECT_TRUE(is_due(kNow)) << "what a wrong clock left behind doesn't keep it from being renewed";
  // A person's wish counts once.
  ASSERT_TRUE(one.renew("exploited", fetch(), kNow));
  one.ask("a");
  EXPECT_TRUE(is_due(kNow));
  EXPECT_EQ(one.wished().size(), kAlways);
  ASSERT_TRUE(one.renew("exploited", fetch(), kNow));
  one.ask("a");
  EXPECT_FALSE(is_due(kNow));
  EXPECT_EQ(one.wished().size(), kAlways - 1);
  // Jitter: a try comes up to two hours earlier, a second one up to a quarter later.
  FeedRenewal early(files(), [] { return 7'200; });
  ASSERT_TRUE(early.renew("exploited", fetch(), kNow));
  EXPECT_EQ(early.state().sources.at("exploited").due, kNow + std::chrono::hours(22));
}

TEST_F(Renewals, AStateThatCannotBeReadIsBegunAnew) {
  for (const char* broken :
       {"", "x", "{}", R"({"asked":"","sources":{"exploited":{}}})",
        R"({"asked":"","sources":{"exploited":{"tried":"yesterday","failures":0}}})"})
    EXPECT_EQ(parse_renewal_state(broken), RenewalState()) << broken;
}

TEST_F(Renewals, OneAtATime) {
  std::filesystem::create_directories(folder_);
  const FileLock other(files().lock());
  ASSERT_TRUE(other.held());
  EXPECT_THAT(against(kev("2026-11-25")), HasSubstr("another program"));
}

TEST_F(Renewals, OsvsListsAreFetchedOfWhatIsHere) {
  const auto record = [](const char* ecosystem) {
    return fmt::format(
        R"({{"schema_version":"1.6.0","id":"GHSA-1","modified":"2026-11-25T00:00:00Z","affected":[{{"package":{{"ecosystem":"{}","name":"x"}},"ranges":[{{"type":"SEMVER","events":[{{"introduced":"0"}},{{"fixed":"1.0.0"}}]}}]}}]}})",
        ecosystem);
  };
  auto one = renewal();
  EXPECT_THAT(one.due(kNow), ElementsAre("exploited", "support", "weaknesses", "debian", "names"));
  std::array<bool, kEcosystems> here{};
  here.at(static_cast<std::size_t>(Ecosystem::npm)) = true;
  one.want(here);
  EXPECT_THAT(one.due(kNow),
              ElementsAre("exploited", "support", "weaknesses", "debian", "names", "npm"));
  one.ask("now");
  EXPECT_EQ(one.wished().back(), "npm");
  serve("npm-all.zip", record("PyPI"));
  EXPECT_EQ(one.renew("npm", fetch(), kNow).error().message.en, "it holds no record of npm.");
  serve("npm-all.zip", record("RubyGems"));
  EXPECT_THAT(one.renew("npm", fetch(), kNow).error().message.en, HasSubstr("no record of npm"));
  EXPECT_FALSE(std::filesystem::exists(kept_file(files(), "npm")));
  serve("npm-all.zip", record("npm"));
  EXPECT_TRUE(one.renew("npm", fetch(), kNow));
  EXPECT_EQ(kept_file(files(), "npm"), folder_ / "osv-npm.tsv");
  EXPECT_EQ(asked.back(), "npm-all.zip");
  OsvList kept(Ecosystem::npm);
  ASSERT_TRUE(kept.add_serialised(*read_regular_file(kept_file(files(), "npm"), 1U << 20U)));
  EXPECT_EQ(kept.of("", "x", "0.9.0").size(), 1U);
  EXPECT_THAT(one.wished(), testing::Not(testing::Contains("npm")));
}

}  // namespace
}  // namespace sekisho
