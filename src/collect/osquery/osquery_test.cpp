// SPDX-License-Identifier: Apache-2.0
#include "collect/osquery/osquery.h"

#include <algorithm>
#include <functional>
#include <regex>
#include <set>
#include <tuple>

#include <fmt/format.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "collect/limits.h"
#include "collect/vuln/embedded.h"
#include "guideline/embedded.h"

namespace sekisho {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Key;
using ::testing::Not;

const Guideline& shipped() {
  static const Guideline loaded = *load_guideline(embedded_guideline());
  return loaded;
}

const Time kNow = *parse_time("2026-11-24T09:00:00Z");

/// As osqueryd 5 sends it, with what is of no use here.
constexpr std::string_view kEnrol =
    R"({"enroll_secret":"s3cret","host_identifier":"4C4C-4544","platform_type":"2",
 "host_details":{"os_version":{"_id":"11","codename":"","major":"10","minor":"0","name":"Microsoft Windows 11 Pro","patch":"","platform":"windows","version":"10.0.26200"},
 "osquery_info":{"build_platform":"windows","pid":"4711","version":"5.14.1"},
 "system_info":{"computer_name":"PC-7","cpu_brand":"x","hardware_serial":"SN7","hostname":"pc-7.local","uuid":"4C4C-4544"},"platform_info":{"vendor":"x"}}})";

TEST(Enrolment, TakesWhatOsquerydSends) {
  const auto node = read_osquery_enrolment(kEnrol);
  ASSERT_TRUE(node);
  EXPECT_EQ(node->secret, "s3cret");
  EXPECT_EQ(node->identifier, "4C4C-4544");
  EXPECT_EQ(node->platform, "windows");
  EXPECT_EQ(node->host, "PC-7");
  EXPECT_EQ(node->serial, "SN7");
  EXPECT_EQ(node->system, "Microsoft Windows 11 Pro");
  EXPECT_EQ(node->version, "10.0.26200");
  EXPECT_EQ(read_osquery_enrolment(R"({"host_identifier":"x"})")->host, "x");
  EXPECT_EQ(read_osquery_enrolment(
                R"({"host_identifier":"x","host_details":{"os_version":{"platform":"ubuntu"}}})")
                ->platform,
            "linux");
  EXPECT_FALSE(read_osquery_enrolment(R"({"enroll_secret":"x"})"));
  EXPECT_FALSE(read_osquery_enrolment("[]"));
  EXPECT_FALSE(read_osquery_enrolment("{"));
}

TEST(Enrolment, TellsAMachineByItsHardware) {
  const auto of = [](std::string_view name, std::string_view uuid) {
    return read_osquery_enrolment(
               fmt::format(
                   R"({{"host_identifier":"{}","host_details":{{"system_info":{{"uuid":"{}"}}}}}})",
                   name, uuid))
        ->machine;
  };
  const std::string one = of("MacBook-Pro.local", "5E0C1D5A-0000-1000-8000-000000000001");
  EXPECT_NE(one, of("MacBook-Pro.local", "5E0C1D5A-0000-1000-8000-000000000002"));
  EXPECT_EQ(one, of("renamed.local", "5e0c1d5a-0000-1000-8000-000000000001"));
  // What firmware gives to everybody is nobody's.
  for (const char* shared :
       {"", "00000000-0000-0000-0000-000000000000", "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF",
        "03000200-0400-0500-0006-000700080009"})
    EXPECT_EQ(of("pc", shared), "pc") << shared;
}

TEST(Log, ReplacesWhatIsNoText) {
  const auto log = [](std::string_view cell) {
    return read_osquery_log(fmt::format(
        R"({{"node_key":"k","log_type":"result","data":[{{"name":"sekisho_firewall","unixTime":1,"action":"snapshot","snapshot":[{{"en":"{}"}}]}}]}})",
        cell));
  };
  for (const auto& [cell, shown, replaced] :
       std::initializer_list<std::tuple<std::string_view, std::string_view, std::size_t>>{
           {"caf\xe9", "caf\uFFFD", 1},
           {"\x83\x67", "\uFFFDg", 1},
           {"\\ud83d", "\uFFFD", 1},
           {"\\ude00\\ud83d", "\uFFFD\uFFFD", 2},
           {"\\ud83d\\ude00", "\U0001F600", 0},
           {"\\\\ud83d", "\\ud83d", 0},
           {"\\u00e9", "\u00e9", 0},
           {"日本", "日本", 0}}) {
    const auto read = log(cell);
    ASSERT_TRUE(read) << cell;
    EXPECT_EQ(read->replaced, replaced) << cell;
    EXPECT_EQ(read->answers.at(0).rows.at(0).at("en"), shown);
  }
}

TEST(Log, DropsWhatCannotBeReadAtAll) {
  for (const char* text : {R"({"node_key":"k","data":[)", R"({"x":1} "node_key" : "k" )"}) {
    for (const auto& read : {read_osquery_log(text), read_osquery_write(text, kNow)}) {
      ASSERT_TRUE(read) << text;
      EXPECT_TRUE(read->dropped && read->answers.empty());
      EXPECT_EQ(read->node_key, "k");
    }
  }
  for (const char* text : {"", "{", R"({"node_key)", R"({"node_key":)", R"({"node_key":"k)"})
    EXPECT_FALSE(read_osquery_log(text)) << text;
}

TEST(Queries, HoldToTheSharedLimits) {
  const Guideline guideline = *load_guideline(embedded_guideline());
  const auto queries = osquery_queries(guideline, "windows");
  EXPECT_THAT(queries.at("screen-lock"), HasSubstr("BETWEEN 1 AND 600"));
  EXPECT_THAT(queries.at("privileged-groups"), HasSubstr("> 2 "));
  EXPECT_THAT(queries.at("listening-remote-desktop"), HasSubstr("port BETWEEN 5900 AND 5983"));
  for (const char* platform : {"windows", "darwin", "linux"})
    for (const auto& [check, query] : osquery_queries(guideline, platform))
      EXPECT_EQ(query.find('{'), std::string::npos) << check;
}

TEST(Log, GivesSnapshotsAndAddedRowsOfOurQueries) {
  const auto log = read_osquery_log(R"({"node_key":"k","log_type":"result","data":[
    {"name":"sekisho_firewall","hostIdentifier":"x","calendarTime":"y","unixTime":1795510800,"epoch":0,"counter":0,"numerics":false,"action":"snapshot","snapshot":[{"verdict":"pass","ja":"a","en":"b"}]},
    {"name":"pack/mine/sekisho_screen-lock","unixTime":"1795510800","action":"added","columns":{"verdict":"fail","n":7}},
    {"name":"sekisho_secure-boot","unixTime":1795510800,"action":"removed","columns":{"verdict":"pass"}},
    {"name":"somebody_elses","unixTime":1795510800,"action":"snapshot","snapshot":[]},
    {"name":"sekisho_disk-encryption","unixTime":1795510800,"action":"snapshot","snapshot":[]}, "x", 7]})");
  ASSERT_TRUE(log);
  EXPECT_EQ(log->node_key, "k");
  ASSERT_EQ(log->answers.size(), 3U);
  EXPECT_EQ(log->answers[0].check, "firewall");
  EXPECT_EQ(log->answers[0].at, kNow);
  EXPECT_EQ(log->answers[0].rows.at(0).at("verdict"), "pass");
  EXPECT_EQ(log->answers[1].check, "screen-lock");
  EXPECT_EQ(log->answers[1].rows.at(0).at("n"), "7");
  EXPECT_TRUE(log->answers[2].rows.empty());
  EXPECT_TRUE(read_osquery_log(R"({"node_key":"k","log_type":"status","data":[{"severity":"2"}]})")
                  ->answers.empty());
}

TEST(Write, KnowsQueriesThatFailed) {
  const auto brought = read_osquery_write(
      R"({"node_key":"k","queries":{"sekisho_firewall":[{"verdict":"pass"}],"sekisho_secure-boot":[]},
          "statuses":{"sekisho_firewall":0,"sekisho_secure-boot":1}})",
      kNow);
  ASSERT_TRUE(brought);
  ASSERT_EQ(brought->answers.size(), 2U);
  EXPECT_FALSE(brought->answers[0].failed);
  EXPECT_TRUE(brought->answers[1].failed);
}

class EvidenceTest : public testing::Test {
 protected:
  std::optional<Evidence> judge(const OsqueryAnswer& answer) {
    return evidence_of(guideline, feed, {"osquery:x"}, answer, false, kNow, Calendar().day(kNow));
  }
  Guideline guideline = *load_guideline(embedded_guideline());
  SupportFeed feed = *read_support(*parse_json("eol", embedded_support(), kFeedLimits));

  void SetUp() override { feed.as_of = Calendar().day(kNow); }
};

TEST_F(EvidenceTest, SaysOnlyWhatTheRowSays) {
  const auto one =
      judge({"firewall", kNow, false, {{{"verdict", "fail"}, {"ja", "切"}, {"en", "off"}}}});
  ASSERT_TRUE(one);
  EXPECT_EQ(one->verdict(), Verdict::fail);
  EXPECT_EQ(one->detail().en, "off");
  EXPECT_EQ(one->source, kOsquerySource);
  for (const OsqueryAnswer& nothing :
       std::initializer_list<OsqueryAnswer>{{"firewall", kNow, false, {}},
                                            {"firewall", kNow, true, {{{"verdict", "pass"}}}},
                                            {"firewall", kNow, false, {{{"verdict", "fine"}}}},
                                            {"firewall", kNow, false, {{{"other", "pass"}}}}})
    EXPECT_EQ(judge(nothing)->verdict(), Verdict::unknown);
  EXPECT_FALSE(judge({"no-such-check", kNow, false, {}}));
  EXPECT_FALSE(judge({"ask-SK-admin-B2", kNow, false, {{{"verdict", "pass"}}}}))
      << "people answer that";
  // A clock that is ahead makes nothing last longer.
  EXPECT_EQ(judge({"firewall", kNow + std::chrono::hours(5), false, {}})->observed_at, kNow);
}

TEST_F(EvidenceTest, OfSeveralRowsTheWorstCounts) {
  const auto row = [](const char* verdict) {
    return OsqueryRow{{"verdict", verdict}, {"ja", "件"}, {"en", verdict}};
  };
  const auto of = [&](const std::vector<OsqueryRow>& rows) {
    return judge({"firewall", kNow, false, rows})->verdict();
  };
  EXPECT_EQ(of({row("pass"), row("fail")}), Verdict::fail);
  EXPECT_EQ(of({row("fail"), row("pass")}), Verdict::fail);
  EXPECT_EQ(of({row("pass"), {{"verdict", "pass"}}}), Verdict::unknown);
  EXPECT_EQ(of({row("pass"), row("fine"), row("fail")}), Verdict::fail);
  EXPECT_EQ(of({row("pass"), row("pass")}), Verdict::pass);
  const OsqueryRow system{{"name", "Microsoft Windows 11 Pro"}, {"version", "10.0.26200"}};
  EXPECT_EQ(judge({"os-support", kNow, false, {system, system}})->verdict(), Verdict::unknown);
}

/// An old result by a clock that is ahead would be a new one.
TEST_F(EvidenceTest, NothingIsGoodByAClockThatIsAhead) {
  const auto at = [&](std::chrono::seconds ahead, const char* verdict) {
    return judge({"firewall",
                  kNow + ahead,
                  false,
                  {{{"verdict", verdict}, {"ja", "件"}, {"en", "it"}}}})
        ->verdict();
  };
  const std::chrono::minutes ten(10);
  EXPECT_EQ(at(ten, "pass"), Verdict::pass);
  EXPECT_EQ(at(ten + std::chrono::seconds(1), "pass"), Verdict::unknown);
  EXPECT_EQ(at(std::chrono::days(400), "not_applicable"), Verdict::unknown);
  EXPECT_EQ(at(std::chrono::days(400), "fail"), Verdict::fail);
  const OsqueryRow system{{"name", "Microsoft Windows 11 Pro"}, {"version", "10.0.26200"}};
  EXPECT_EQ(judge({"os-support", kNow + std::chrono::hours(5), false, {system}})->verdict(),
            Verdict::unknown);
}

TEST_F(EvidenceTest, AnOlderQuerysPassCountsNoMore) {
  const auto query = osquery_queries(guideline, "darwin").at("firewall");
  std::smatch found;
  const std::regex mark(R"(^SELECT \*, '([0-9a-f]{12})' AS reader FROM \(SELECT [^;]*\);$)");
  ASSERT_TRUE(std::regex_match(query, found, mark)) << query;
  const auto said = [&](const char* verdict, const std::string& reader) {
    OsqueryRow row{{"verdict", verdict}, {"ja", "件"}, {"en", "it"}, {"reader", reader}};
    if (reader == "none") row.erase("reader");
    return judge({"firewall", kNow, false, {row}})->verdict();
  };
  using enum Verdict;
  EXPECT_EQ(said("pass", found.str(1)), pass);
  EXPECT_EQ(said("not_applicable", found.str(1)), not_applicable);
  EXPECT_EQ(said("pass", "none"), pass) << "a query of one's own";
  for (const char* other : {"0123456789ab", "'", "SELECT", "pass"}) {
    EXPECT_EQ(said("pass", other), unknown) << other;
    EXPECT_EQ(said("not_applicable", other), unknown) << other;
    EXPECT_EQ(said("fail", other), fail) << other;
  }
}

TEST_F(EvidenceTest, JudgesTheSystemByTheFeed) {
  const auto system = [&](const char* name, const char* version) {
    return judge({"os-support", kNow, false, {{{"name", name}, {"version", version}}}});
  };
  EXPECT_EQ(system("Microsoft Windows 11 Pro", "10.0.26200")->verdict(), Verdict::pass);
  EXPECT_EQ(system("Microsoft Windows 10 Pro", "10.0.19045")->verdict(), Verdict::fail);
  EXPECT_EQ(system("macOS", "13.7")->verdict(), Verdict::fail);
  EXPECT_EQ(judge({"os-support", kNow, true, {}})->verdict(), Verdict::unknown);
}

TEST_F(EvidenceTest, EachPlatformIsAskedItsOwnQueries) {
  const auto windows = osquery_queries(guideline, "windows");
  EXPECT_THAT(windows, Contains(Key("disk-encryption")));
  EXPECT_THAT(windows, Contains(Key("os-support")));
  EXPECT_THAT(windows, Not(Contains(Key("mandatory-access"))));
  EXPECT_THAT(osquery_queries(guideline, "darwin"), Contains(Key("mandatory-access")));
  EXPECT_THAT(osquery_queries(guideline, "linux"), Contains(Key("os-support")));
  const auto config = boost::json::parse(osquery_config(guideline, "windows"));
  const auto& query = config.at("schedule").at("sekisho_disk-encryption");
  EXPECT_EQ(query.at("interval"), 600);
  EXPECT_EQ(query.at("snapshot"), true);
  EXPECT_THAT(osquery_distributed(guideline, "linux"), HasSubstr("sekisho_os-support"));
}

// Each number that decides a verdict stands in data/ with its reason, and is the one that decides;
// what the data tells people to set would satisfy it.
TEST(Limits, AreThoseOfTheData) {
  const Guideline& g = shipped();
  EXPECT_EQ(g.limits.size(), kLimits.size());
  for (const auto& [id, value] : kLimits) {
    const Limit* limit = g.limit(id);
    ASSERT_NE(limit, nullptr) << id;
    EXPECT_EQ(limit->value, value) << id;
    EXPECT_FALSE(limit->basis.en.empty());
  }
}

TEST(Limits, WhatTheDataTellsPeopleToSetSatisfiesThem) {
  struct Rule {
    std::string pattern;
    std::function<bool(std::int64_t)> satisfies;
  };
  const auto at_least = [](std::int64_t limit) {
    return [limit](std::int64_t told) { return told >= limit; };
  };
  const auto at_most = [](std::int64_t limit) {
    return [limit](std::int64_t told) { return told > 0 && told <= limit; };
  };
  const std::vector<Rule> rules{
      {R"(minlen ?= ?(\d+))", at_least(kShortestPassword)},
      {R"(minpwlen:(\d+))", at_least(kShortestPassword)},
      {R"((\d+) 文字以上)", at_least(kShortestPassword)},
      {R"((\d+) characters)", at_least(kShortestPassword)},
      {R"(deny ?= ?(\d+))", at_most(kMostPasswordTries)},
      {R"(lockoutthreshold:(\d+))", at_most(kMostPasswordTries)},
      {R"(unlock_time ?= ?(\d+))", at_least(kShortestLockout)},
      {R"(idle-delay (\d+))", at_most(kLongestIdle)},
      {R"((\d+) 分以内)", at_most(kLongestIdle / 60)},
      {R"(within (\d+) minutes)", at_most(kLongestIdle / 60)},
      {R"(MaxAuthTries (\d+))", at_most(kMostSshTries)},
  };
  // Each once (measures have the commands of their checks), of those that tell a number.
  std::set<std::string> texts;
  const auto add = [&](const std::vector<Step>& steps) {
    for (const Step& step : steps)
      for (const std::string& text : {step.text.ja, step.text.en, step.command})
        if (std::ranges::any_of(text, [](char c) { return c >= '0' && c <= '9'; }))
          texts.insert(text);
  };
  for (const CheckSpec& check : shipped().checks) {
    add(check.fix);
    add(check.fix_windows);
  }
  for (const Measure& measure : shipped().measures) add(measure.steps);
  std::vector<std::size_t> found(rules.size());
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const std::regex pattern(rules[i].pattern);
    for (const std::string& text : texts)
      for (std::sregex_iterator at(text.begin(), text.end(), pattern), end; at != end; ++at) {
        ++found[i];
        EXPECT_TRUE(rules[i].satisfies(whole_number((*at)[1].str()))) << text;
      }
  }
  for (std::size_t i = 0; i < rules.size(); ++i) EXPECT_GT(found[i], 0U) << rules[i].pattern;
}

}  // namespace
}  // namespace sekisho
