// SPDX-License-Identifier: Apache-2.0
#include "access/risk_csv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include <fmt/format.h>

namespace sekisho {
namespace {

using testing::ElementsAre;

const std::string kHeader =
    "index,Login Timestamp,User ID,Round-Trip Time [ms],IP Address,Country,Region,City,ASN,User "
    "Agent String,Browser Name and Version,OS Name and Version,Device Type,Login Successful,Is "
    "Attack IP,Is Account Takeover";
const std::string kRow =
    "0,2020-02-03 12:43:30.772,-4324475583306591935,,10.0.65.171,NO,-,-,29695,\"Mozilla/5.0 (X, "
    "\"\"like\"\" Y)\",Firefox 20.0.0.1618,iOS 13.4,mobile,False,True,False";

std::string changed(const std::string& from, const std::string& to) {
  std::string text = kRow;
  return text.replace(text.find(from), from.size(), to);
}

TEST(RiskCsv, ReadsTheDataSetsRow) {
  const auto csv = RiskCsv::begin(kHeader);
  ASSERT_TRUE(csv);
  const auto row = csv->row(kRow);
  ASSERT_TRUE(row) << row.error().describe(Lang::en);
  const SignIn& attempt = row->attempt;
  EXPECT_EQ(format_time(attempt.at), "2020-02-03T12:43:30Z");
  EXPECT_EQ(static_cast<std::int64_t>(attempt.person), -4324475583306591935);
  EXPECT_EQ(attempt.end, SignInEnd::password_refused);
  EXPECT_EQ(attempt.origin.address, RiskValue::of(*ClientAddress::parse("10.0.65.171")));
  EXPECT_EQ(attempt.origin.system, RiskValue::of("29695"));
  EXPECT_EQ(attempt.origin.country, RiskValue::of("NO"));
  EXPECT_EQ(attempt.agent.whole, RiskValue::of("Mozilla/5.0 (X, \"like\" Y)"));
  EXPECT_EQ(attempt.agent.browser, RiskValue::of("Firefox"));
  EXPECT_EQ(attempt.agent.system, RiskValue::of("iOS"));
  EXPECT_EQ(attempt.agent.kind, RiskValue::of("mobile"));
  EXPECT_TRUE(row->of_attacker);
  EXPECT_FALSE(row->takeover);
  const auto good = csv->row(changed("False,True", "True,False"));
  ASSERT_TRUE(good);
  EXPECT_EQ(good->attempt.end, SignInEnd::signed_in);
}

TEST(RiskCsv, RefusesWhatIsNotClear) {
  const auto csv = RiskCsv::begin(kHeader);
  ASSERT_TRUE(csv);
  const std::vector<std::pair<std::string, std::string>> slips{{"2020-02-03 12", "2020-02-30 12"},
                                                               {"30.772", "30.77x"},
                                                               {" 12:43", "T12:43"},
                                                               {"-4324475583306591935", "aoi"},
                                                               {"-4324475583306591935", ""},
                                                               {"10.0.65.171", "10.0.65"},
                                                               {"False,True", "no,True"},
                                                               {"True", ""},
                                                               {",False", ""},
                                                               {"Y)\"", "Y)"},
                                                               {"Y)\"", "Y)\"z"},
                                                               {"Firefox", "Fire\"fox"},
                                                               {"mobile", "mobile,mobile"}};
  for (const auto& [from, to] : slips) EXPECT_FALSE(csv->row(changed(from, to))) << from << to;
  EXPECT_FALSE(csv->row(changed("mobile", std::string(RiskCsv::kLongestLine, 'm'))));
  EXPECT_FALSE(csv->row(""));
}

TEST(RiskCsv, EachCellHasItsForms) {
  const auto csv = RiskCsv::begin(kHeader);
  ASSERT_TRUE(csv);
  for (const auto& [word, is] : {std::pair("True", true),
                                 {"true", true},
                                 {"TRUE", true},
                                 {"1", true},
                                 {"False", false},
                                 {"false", false},
                                 {"0", false}}) {
    const auto row = csv->row(changed("False,True,False", fmt::format("{0},{0},{0}", word)));
    ASSERT_TRUE(row) << word;
    EXPECT_EQ(row->attempt.end == SignInEnd::signed_in, is) << word;
    EXPECT_EQ(row->of_attacker, is) << word;
    EXPECT_EQ(row->takeover, is) << word;
  }
  for (const char* words : {"2,True,False", "False,2,False", "False,True,2", "False,True,"})
    EXPECT_FALSE(csv->row(changed("False,True,False", words))) << words;
  const std::string at = "2020-02-03 12:43:30";
  for (const char* good : {"", ".7", ".77", ".123456789"}) {
    const auto row = csv->row(changed(at + ".772", at + good));
    ASSERT_TRUE(row) << good;
    EXPECT_EQ(format_time(row->attempt.at), "2020-02-03T12:43:30Z");
  }
  for (const char* bad : {".", ",7", ".1234567890", ".-1", "7", " "})
    EXPECT_FALSE(csv->row(changed(at + ".772", at + bad))) << bad;
  EXPECT_FALSE(csv->row(changed(at + ".772", "2020-02-03 12:43:3")));
  const std::string user = "-4324475583306591935";
  for (const auto& [text, number] :
       {std::pair<const char*, std::int64_t>("0", 0),
        {"9", 9},
        {"-1", -1},
        {"10", 10},
        {"9223372036854775807", std::numeric_limits<std::int64_t>::max()},
        {"-9223372036854775808", std::numeric_limits<std::int64_t>::min()},
        {"18446744073709551615", -1},
        {"00000000000000000007", 7}}) {
    const auto row = csv->row(changed(user, text));
    ASSERT_TRUE(row) << text;
    EXPECT_EQ(static_cast<std::int64_t>(row->attempt.person), number) << text;
  }
  for (const char* bad : {"-", "+1", "1/", "1:", "000000000000000000007", " 1"})
    EXPECT_FALSE(csv->row(changed(user, bad))) << bad;
  // What isn't there is nothing, and not a value that others could share.
  const auto none = csv->row(changed("NO,-,-,29695", ",-,-,"));
  ASSERT_TRUE(none);
  EXPECT_FALSE(none->attempt.origin.country);
  EXPECT_FALSE(none->attempt.origin.system);
}

TEST(RiskCsv, AsksForEachColumnOnce) {
  EXPECT_TRUE(RiskCsv::begin("\xEF\xBB\xBF" + kHeader));
  EXPECT_FALSE(RiskCsv::begin(kHeader + ",ASN"));
  EXPECT_FALSE(RiskCsv::begin(kHeader.substr(0, kHeader.rfind(','))));
  EXPECT_FALSE(RiskCsv::begin(""));
}

TEST(RiskCsv, TakesVersionsOff) {
  EXPECT_EQ(without_version("Chrome Mobile 81.0.4044.6097"), "Chrome Mobile");
  EXPECT_EQ(without_version("Mac OS X 10.14.6"), "Mac OS X");
  EXPECT_EQ(without_version("Windows 10"), "Windows");
  EXPECT_EQ(without_version("Other"), "Other");
  EXPECT_EQ(without_version("360"), "360");
  EXPECT_EQ(without_version(""), "");
}

TEST(RiskCsv, PartsCells) {
  EXPECT_THAT(*csv_cells("a,\"b,\"\"c\"\"\",,"), ElementsAre("a", "b,\"c\"", "", ""));
  EXPECT_FALSE(csv_cells("\"a"));
  EXPECT_FALSE(csv_cells(std::string(RiskCsv::kMostColumns, ',')));
  EXPECT_EQ(csv_cells(std::string(RiskCsv::kMostColumns - 1, ','))->size(), RiskCsv::kMostColumns);
  for (const char* bad : {"a\"b\"", "\"a\"\"", "\"a\"b", "\"a\" ,", "\"\"\"", "\"a\"\"b"})
    EXPECT_FALSE(csv_cells(bad)) << bad;
  EXPECT_THAT(*csv_cells("\"\",\"\"\"\""), ElementsAre("", "\""));
}

}  // namespace
}  // namespace sekisho
