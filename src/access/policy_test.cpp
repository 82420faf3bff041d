// SPDX-License-Identifier: Apache-2.0
#include "access/policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>

#include <fmt/format.h>

#include "access/test_guideline.h"

namespace sekisho {
namespace {

using testing::HasSubstr;

std::expected<Policy, std::vector<Error>> read(const std::string& text) {
  const auto document = parse_yaml("policy.yaml", text, kPolicyLimits);
  if (!document) return std::unexpected(std::vector{document.error()});
  return read_policy(*document, shipped_guideline());
}

const std::string kGood = R"(policy: {name: 営業, about: test}
resources:
  - id: crm
    name: {ja: 顧客管理, en: CRM}
    kind: application
    sensitivity: high
    who: {roles: [teleworker], groups: [sales], people: [Aoi@Example.jp]}
    device: registered
    own_devices: false
    evidence: 2 days
    second_factor: 12 hours
    passkey: 7日
    measures: [SK-worker-K2, {id: "5-2", grace: 3 days}]
    hours: {days: [mon, 火], from: "07:00", to: "24:00"}
    networks: [192.0.2.0/24, "2001:db8::/32"]
    countries: [JP]
)";

/// kGood with `from` changed into `to`.
std::string with(const std::string& from, const std::string& to) {
  std::string text = kGood;
  const std::size_t at = text.find(from);
  if (at == std::string::npos) throw std::runtime_error(from);
  return text.replace(at, from.size(), to);
}

TEST(Policy, IsReadWhole) {
  const auto policy = read(kGood);
  ASSERT_TRUE(policy) << first_of(policy.error()).describe(Lang::en);
  const AccessRule* rule = policy->rule("crm");
  ASSERT_NE(rule, nullptr);
  EXPECT_EQ(policy->rule("crn"), nullptr);
  EXPECT_EQ(rule->second_factor, std::chrono::hours(12));
  EXPECT_EQ(rule->passkey, std::chrono::days(7));
  EXPECT_EQ(rule->evidence_age, std::chrono::days(2));
  ASSERT_EQ(policy->measures().size(), 2U);
  EXPECT_EQ(policy->measures()[1]->id, "5-2");
  EXPECT_EQ(rule->measures[1].grace, std::chrono::days(3));
  const auto may = [&](std::vector<std::string> roles, std::vector<std::string> groups,
                       std::string_view email) {
    return (policy->principals_of(roles, groups, email) & rule->who).any();
  };
  EXPECT_TRUE(may({"teleworker"}, {}, ""));
  EXPECT_TRUE(may({}, {"sales"}, ""));
  EXPECT_TRUE(may({}, {}, "aoi@example.JP"));
  EXPECT_FALSE(may({"administrator"}, {"Sales", "teleworker"}, "aoi@example.jp.evil"));
  EXPECT_FALSE(may({}, {"aoi@example.jp"}, "a@evil@example.jp"));
}

/// A slip, the line it is told at, and what is said of it.
struct Slip {
  const char* from;
  const char* to;
  int line;
  const char* said;
};

TEST(Policy, ASlipIsToldWithItsLineAndTheWordThatWasMeant) {
  const std::vector<Slip> slips{
      {"about: test", "about: \"a\\u202Eb\"", 1, "invisible"},
      {"name: 営業", "name: \"a\\nb\"", 1, "line breaks"},
      {"kind: application", "kind: aplication", 5, "Did you mean application?"},
      {"sensitivity: high", "sensitivity: hihg", 6, "Did you mean high?"},
      {"sensitivity: high", "sensitivty: high", 6, "Did you mean sensitivity?"},
      {"roles: [teleworker]", "roles: [teleworkers]", 7, "Did you mean teleworker?"},
      {"SK-worker-K2", "SK-worker-K9", 13, "Did you mean SK-worker-K"},
      {"id: \"5-2\"", "id: \"55-2\"", 13, "there is no measure '55-2'"},
      {"id: \"5-2\"", "id: SK-worker-K2", 13, "there twice"},
      {"12 hours", "12 hour s", 11, "12 hours or 7 days"},
      {"12 hours", "12", 11, "12 hours or 7 days"},
      {"12 hours", "0 hours", 11, "12 hours or 7 days"},
      {"12 hours", "401 days", 11, "12 hours or 7 days"},
      {"second_factor: 12 hours\n    passkey: 7日", "second_factor: none", 11,
       "needs a second factor"},
      {"    second_factor: 12 hours\n", "", 3, "'second_factor' is missing"},
      {"    evidence: 2 days\n", "", 3, "'evidence' is missing"},
      {"own_devices: false", "own_devices: no", 9, "true or false"},
      {"device: registered", "device: registred", 8, "Did you mean registered?"},
      {"    hours: {days: [mon, 火], from: \"07:00\", to: \"24:00\"}", "    hours:", 14,
       "'hours' has no value"},
      {"to: \"24:00\"", "to: \"07:00\"", 14, "never open"},
      {"to: \"24:00\"", "to: \"24:01\"", 14, "07:00"},
      {"days: [mon, 火]", "days: []", 14, "never open"},
      {"[mon, 火]", "[mon, tues]", 14, "Did you mean tue?"},
      {"192.0.2.0/24", "192.0.2.1/24", 15, "'192.0.2.1/24' is not of the form"},
      {"192.0.2.0/24", "192.0.2.0/33", 15, "is not of the form"},
      {"countries: [JP]", "countries: [Japan]", 16, "'Japan' is not a country code"},
      {"countries: [JP]", "countries: []", 16, "it is empty"},
      {"people: [Aoi@Example.jp]", "people: [a@evil@example.jp]", 7, "is not an email address"},
      {"{roles: [teleworker], groups: [sales], people: [Aoi@Example.jp]}", "{}", 7,
       "nobody may use it"},
      {"id: crm", "id: CRM", 3, "small letters"},
      {"measures: [SK-worker-K2, {id: \"5-2\", grace: 3 days}]", "measures: []", 13,
       "asks no measure"},
      {"measures: [SK-worker-K2, {id: \"5-2\", grace: 3 days}]",
       "measures: [\"SK-admin-H5\", \"1-1\"]", 13, "none of these looks at the device"},
  };
  for (const Slip& slip : slips) {
    const auto policy = read(with(slip.from, slip.to));
    ASSERT_FALSE(policy) << slip.to;
    const Error& error = policy.error().front();
    EXPECT_EQ(error.where, fmt::format("policy.yaml:{}", slip.line)) << slip.to << error.message.en;
    EXPECT_THAT(error.message.en, HasSubstr(slip.said)) << slip.to;
    EXPECT_FALSE(error.message.ja.empty());
    EXPECT_LE(policy.error().size(), 2U) << slip.to;  // a wrong name is a right one that lacks
  }
  EXPECT_THAT(read(with("high", "hihg")).error().front().message.ja, HasSubstr("もしかして: high"));
}

TEST(Policy, WhatIsNoMappingIsToldOnce) {
  for (const std::string& text :
       {std::string("a list"), std::string("[]"), with("{name: 営業, about: test}", "text"),
        with("{roles: [teleworker], groups: [sales], people: [Aoi@Example.jp]}", "everybody"),
        with("{days: [mon, 火], from: \"07:00\", to: \"24:00\"}", "always"),
        std::string("policy: {name: a, about: b}\nresources: [crm]\n")}) {
    const auto policy = read(text);
    ASSERT_FALSE(policy) << text;
    EXPECT_EQ(policy.error().size(), 1U) << text << policy.error().back().describe(Lang::en);
  }
}

TEST(Policy, AllSlipsAreToldAtOnce) {
  const auto policy =
      read(with("kind: application\n    sensitivity: high", "kind: a\n    sensitivity: b"));
  ASSERT_FALSE(policy);
  EXPECT_EQ(policy.error().size(), 2U);
}

// Whatever line is left out or emptied, nobody is let in by what stays: it is refused, or the line
// is one of those that may lack.
TEST(Policy, ALineThatLacksOpensNothing) {
  const auto lines = split(std::string_view(kGood), '\n');
  int taken = 0;
  for (std::size_t gone = 0; gone < lines.size(); ++gone) {
    std::string without;
    std::string emptied;
    for (std::size_t i = 0; i < lines.size(); ++i) {
      if (i != gone) without += std::string(lines[i]) + "\n";
      emptied +=
          std::string(i == gone ? lines[i].substr(0, lines[i].find(':') + 1) : lines[i]) + "\n";
    }
    if (trim(lines[gone]).empty()) continue;
    if (!lines[gone].ends_with(':')) {
      EXPECT_FALSE(read(emptied)) << lines[gone];
    }
    const auto policy = read(without);
    const std::string_view key = trim(lines[gone].substr(0, lines[gone].find(':')));
    if (policy) {
      ++taken;
      EXPECT_TRUE(key == "passkey" || key == "hours" || key == "networks" || key == "countries")
          << key;
    }
  }
  EXPECT_EQ(taken, 4);
}

TEST(Policy, EachMethodHasOneThatIsGoodAndExplainsItself) {
  for (const Method& method : shipped_guideline().methods) {
    const std::string_view text = built_in_policy(method.id);
    ASSERT_FALSE(text.empty()) << method.id;
    const auto policy = read(std::string(text));
    ASSERT_TRUE(policy) << method.id << first_of(policy.error()).describe(Lang::en);
    EXPECT_FALSE(policy->about().ja.empty());
    bool for_teleworkers = false;
    bool for_administrators_alone = false;
    for (const AccessRule& rule : policy->rules()) {
      EXPECT_FALSE(rule.because.ja.empty() || rule.because.en.empty()) << rule.id.text();
      EXPECT_TRUE(rule.second_factor) << rule.id.text();
      const auto said = words(*policy, rule);
      ASSERT_FALSE(said.empty());
      EXPECT_THAT(said.front().en, testing::HasSubstr("administrator"));
      EXPECT_THAT(said.front().ja, testing::HasSubstr("管理者"));
      EXPECT_THAT(said.front().ja, testing::Not(testing::HasSubstr("administrator")));
      const auto may = [&](const char* role) {
        return (policy->principals_of({role}, {}, "") & rule.who).any();
      };
      EXPECT_TRUE(may("administrator"));
      for_teleworkers = for_teleworkers || may("teleworker");
      for_administrators_alone = for_administrators_alone || !may("teleworker");
    }
    EXPECT_TRUE(for_teleworkers && for_administrators_alone) << method.id;
    // What each asks applies to the method.
    for (const Requirement* one : policy->measures()) {
      const Measure* measure = shipped_guideline().measure(one->id);
      if (measure != one) continue;
      EXPECT_THAT(measure->methods, testing::Contains(method.id)) << one->id;
    }
  }
  EXPECT_TRUE(built_in_policy("fax").empty());
}

TEST(Policy, SaysEachLineOfARuleInBothLanguages) {
  const auto policy = read(kGood);
  ASSERT_TRUE(policy);
  const Requirement& backup = *policy->measures()[0];
  const Requirement& other = *policy->measures()[1];
  const auto said = [](const Policy& of) { return words(of, of.rules().at(0)); };
  const std::vector<Text> wanted{
      {"使える人: テレワーク勤務者、グループ「sales」、aoi@example.jp",
       "who: teleworker, group 'sales', aoi@example.jp"},
      {"端末: 本人の端末として登録したもの（私物は不可）",
       "device: one registered to the person; none of their own (BYOD)"},
      {fmt::format("対策 {}: {}", backup.id, backup.text.ja),
       fmt::format("measure {}: {}", backup.id, backup.text.en)},
      {fmt::format("対策 {}: {}（できなくなってから 3 日は猶予）", other.id, other.text.ja),
       fmt::format("measure {}: {} (may lapse for 3 days)", other.id, other.text.en)},
      {"確認の新しさ: 2 日以内に確かめた結果だけを認める", "evidence: not older than 2 days"},
      {"二要素認証: 12 時間以内に示すこと", "second factor: shown within 12 hours"},
      {"パスキー: 7 日以内に示すこと", "passkey: shown within 7 days"},
      {"時間: 月・火 07:00〜24:00", "hours: Mon, Tue 07:00 to 24:00"},
      {"ネットワーク: 192.0.2.0/24、2001:db8::/32", "networks: 192.0.2.0/24, 2001:db8::/32"},
      {"国: JP", "countries: JP"}};
  EXPECT_THAT(said(*policy), testing::ElementsAreArray(wanted));

  const auto wide = read(with("own_devices: false", "own_devices: true"));
  ASSERT_TRUE(wide);
  EXPECT_EQ(said(*wide).at(1).ja, "端末: 本人の端末として登録したもの（私物も可）");
  EXPECT_EQ(said(*wide).at(1).en, "device: one registered to the person; their own (BYOD) too");
  const auto any = read(with("device: registered", "device: any"));
  ASSERT_TRUE(any);
  EXPECT_EQ(said(*any).at(1).ja, "端末: 登録済みのどの端末でも（私物は不可）");
  EXPECT_EQ(said(*any).at(1).en, "device: any that is registered; none of their own (BYOD)");
  // A line that lacks is said of the factor alone, which is the one that must not be forgotten.
  std::string low = with("high", "low");
  for (const char* gone :
       {"    passkey: 7日\n", "    networks: [192.0.2.0/24, \"2001:db8::/32\"]\n",
        "    countries: [JP]\n"})
    low.erase(low.find(gone), std::string_view(gone).size());
  const auto with_factor = read(low);
  ASSERT_TRUE(with_factor);
  EXPECT_EQ(said(*with_factor).size(), wanted.size() - 3);
  low.replace(low.find("12 hours"), 8, "none");
  const auto without = read(low);
  ASSERT_TRUE(without) << first_of(without.error()).describe(Lang::en);
  EXPECT_EQ(said(*without).size(), wanted.size() - 3);
  EXPECT_THAT(said(*without),
              testing::Contains(Text("二要素認証: 求めない", "second factor: not asked")));
}

TEST(Policy, ALengthIsSaidInTheLargestUnitThatFitsItWhole) {
  const std::map<std::int64_t, Text> wanted{
      {1, {"1 秒", "1 second"}},     {59, {"59 秒", "59 seconds"}},
      {60, {"1 分", "1 minute"}},    {61, {"61 秒", "61 seconds"}},
      {120, {"2 分", "2 minutes"}},  {3540, {"59 分", "59 minutes"}},
      {3600, {"1 時間", "1 hour"}},  {3660, {"61 分", "61 minutes"}},
      {7200, {"2 時間", "2 hours"}}, {82800, {"23 時間", "23 hours"}},
      {86400, {"1 日", "1 day"}},    {90000, {"25 時間", "25 hours"}},
      {172800, {"2 日", "2 days"}},  {172801, {"172801 秒", "172801 seconds"}}};
  for (const auto& [count, text] : wanted) EXPECT_EQ(words(std::chrono::seconds(count)), text);
}

TEST(Policy, EachWordForADayOrAUnitMeansWhatItSays) {
  const std::vector<std::pair<std::string, std::size_t>> days{
      {"sun", 0}, {"mon", 1}, {"tue", 2}, {"wed", 3}, {"thu", 4}, {"fri", 5}, {"sat", 6},
      {"日", 0},  {"月", 1},  {"火", 2},  {"水", 3},  {"木", 4},  {"金", 5},  {"土", 6}};
  for (const auto& [word, day] : days) {
    const auto policy = read(with("[mon, 火]", "[" + word + "]"));
    ASSERT_TRUE(policy) << word;
    const auto open =
        OpenHours::make(OpenHours::Days().set(day), std::chrono::hours(7), std::chrono::hours(24));
    EXPECT_EQ(policy->rules()[0].hours->words(), open->words()) << word;
  }
  for (const auto& [text, length] : {std::pair<const char*, std::int64_t>("1 minute", 60),
                                     {"2 minutes", 120},
                                     {"1 hour", 3600},
                                     {"3 hours", 10800},
                                     {"1 day", 86400},
                                     {"400 days", 34560000},
                                     {"5分", 300},
                                     {"5 分", 300},
                                     {"2時間", 7200},
                                     {"7 日", 604800}}) {
    const auto policy = read(with("12 hours", text));
    ASSERT_TRUE(policy) << text << first_of(policy.error()).describe(Lang::en);
    EXPECT_EQ(policy->rules()[0].second_factor, std::chrono::seconds(length)) << text;
  }
}

TEST(Policy, AClockHasOneForm) {
  for (const char* good : {"00:00", "06:59", "23:59"})
    EXPECT_TRUE(read(with("from: \"07:00\"", fmt::format("from: \"{}\"", good)))) << good;
  for (const char* bad : {"7:00", "07:60", "-1:00", "07.00", "24:01", "0700", "07:0", "07:000", ""})
    EXPECT_FALSE(read(with("from: \"07:00\"", fmt::format("from: \"{}\"", bad)))) << bad;
}

TEST(Policy, APersonIsNamedByAWholeAddress) {
  for (const char* good : {"a@b", "a.b+c@d.example", "\"a@b\""})
    EXPECT_TRUE(read(with("Aoi@Example.jp", good))) << good;
  for (const char* bad : {"a", "\"@b\"", "a@", "a@b@c", "\"a @b\"", "\"a,b@c\"", "\"a;b@c\"",
                          "\"<a@b>\"", "'\"a\"@b'", "\"a\\nb@c\""})
    EXPECT_FALSE(read(with("Aoi@Example.jp", bad))) << bad;
  const std::string longest = std::string(198, 'a') + "@b";
  EXPECT_TRUE(read(with("Aoi@Example.jp", longest)));
  EXPECT_FALSE(read(with("Aoi@Example.jp", "a" + longest)));
  EXPECT_TRUE(read(with("sales", std::string(200, 'g'))));
  EXPECT_FALSE(read(with("sales", std::string(201, 'g'))));
}

TEST(Policy, RefusesTooManyNames) {
  std::string people;
  for (int i = 0; i < 260; ++i) people += fmt::format("{}p{}@example.jp", i == 0 ? "" : ", ", i);
  EXPECT_FALSE(read(with("Aoi@Example.jp", people)));
  // 256, of which a role and a group are two.
  EXPECT_TRUE(read(with("Aoi@Example.jp", people.substr(0, people.find(", p254@")))));
  EXPECT_FALSE(read(with("Aoi@Example.jp", people.substr(0, people.find(", p255@")))));
}

TEST(ClientAddress, OneAddressHasOneForm) {
  const auto four = ClientAddress::parse("192.0.2.7");
  ASSERT_TRUE(four);
  EXPECT_EQ(four, ClientAddress::parse("::ffff:192.0.2.7"));
  EXPECT_EQ(four, ClientAddress::parse("::FFFF:c000:207"));
  for (const char* wrong : {"", "192.0.2", "192.0.2.7 ", "192.0.2.07", "0x7f.1", "::1%lo", "a"})
    EXPECT_FALSE(ClientAddress::parse(wrong)) << wrong;
  EXPECT_FALSE(ClientAddress::parse(std::string_view("192.0.2.7\0x", 11)));
}

TEST(NetworkRange, HasExactlyTheAddressesOfItsPrefix) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 2000; ++i) {
    const auto bits = static_cast<unsigned>(random() % 33);
    const auto mask = static_cast<std::uint32_t>(bits == 0 ? 0 : ~std::uint64_t{0} << (32 - bits));
    const auto number = static_cast<std::uint32_t>(random());
    // Near it, so that both answers come up.
    const std::uint32_t other = number ^ static_cast<std::uint32_t>(1U << random() % 32);
    const auto dotted = [](std::uint32_t of) {
      return fmt::format("{}.{}.{}.{}", of >> 24, of >> 16 & 255, of >> 8 & 255, of & 255);
    };
    const auto range = NetworkRange::parse(fmt::format("{}/{}", dotted(number & mask), bits));
    ASSERT_TRUE(range);
    ASSERT_TRUE(range->contains(*ClientAddress::parse(dotted(number))));
    ASSERT_EQ(range->contains(*ClientAddress::parse(dotted(other))),
              (other & mask) == (number & mask));
    ASSERT_EQ(range->contains(*ClientAddress::parse("2001:db8::1")), false);
  }
  for (const char* wrong :
       {"", "/8", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/8/8", "10.0.0.0/0008", "x/8"})
    EXPECT_FALSE(NetworkRange::parse(wrong)) << wrong;
  EXPECT_TRUE(NetworkRange::parse("::/0")->contains(*ClientAddress::parse("10.0.0.1")));
}

TEST(CountryCode, IsTwoLettersFromAToZ) {
  for (const char* good : {"JP", "AZ", "ZA", "AA", "ZZ"})
    EXPECT_TRUE(CountryCode::parse(good)) << good;
  for (const char* wrong : {"", "J", "JPN", "jp", "J@", "J[", "1P", " P"})
    EXPECT_FALSE(CountryCode::parse(wrong)) << wrong;
}

TEST(OpenHours, MayLastIntoTheNextDay) {
  const auto night =
      OpenHours::make(OpenHours::Days().set(5), std::chrono::hours(22), std::chrono::hours(6));
  ASSERT_TRUE(night);
  const auto open = [&](const char* time) { return night->open(Calendar(), *parse_time(time)); };
  // Friday 27 November 2026 in Japan.
  EXPECT_FALSE(open("2026-11-27T12:59:59Z"));
  EXPECT_TRUE(open("2026-11-27T13:00:00Z"));
  EXPECT_TRUE(open("2026-11-27T20:59:59Z"));
  EXPECT_FALSE(open("2026-11-27T21:00:00Z"));
  EXPECT_FALSE(open("2026-11-26T20:00:00Z"));
}

TEST(OpenHours, AreSaidFromMondayOnAndEachDayOnce) {
  const auto said = [](const OpenHours::Days& days, int from, int to) {
    return OpenHours::make(days, std::chrono::hours(from), std::chrono::hours(to))->words();
  };
  const auto all = OpenHours::Days().set();
  EXPECT_EQ(said(all, 9, 18).en, "Mon, Tue, Wed, Thu, Fri, Sat, Sun 09:00 to 18:00");
  EXPECT_EQ(said(all, 9, 18).ja, "月・火・水・木・金・土・日 09:00〜18:00");
  EXPECT_EQ(said(OpenHours::Days().set(0).set(1), 22, 6).en,
            "Mon, Sun 22:00 to 06:00 of the next day");
}

}  // namespace
}  // namespace sekisho
