#include "access/risk_csv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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
}

}  // namespace
}  // namespace sekisho
