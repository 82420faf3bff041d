// SPDX-License-Identifier: Apache-2.0
#include "server/organisation/duty.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "guideline/embedded.h"

namespace sekisho {
namespace {

const Duty& duty() {
  static const Guideline loaded = *load_guideline(embedded_guideline());
  return loaded.duty;
}

Day day(std::string_view text) { return *parse_day(text); }

DutyAnswers said(std::map<std::string, Said> answers) {
  DutyAnswers one;
  one.questions = std::move(answers);
  return one;
}

TEST(Duty, CountsTheDayOfKnowingAsTheFirst) {
  const DutyClock clock =
      duty_clock(duty(), said({{"personal", Said::yes}, {"many", Said::yes}}), day("2026-11-26"));
  EXPECT_EQ(clock.state, DutyState::due);
  EXPECT_EQ(format_day(clock.preliminary_from), "2026-11-28");
  EXPECT_EQ(format_day(clock.preliminary), "2026-11-30");
  EXPECT_EQ(format_day(clock.final_report), "2026-12-25");
  DutyAnswers known = said({{"ill_intent", Said::yes}});
  known.known = day("2024-02-27");
  const DutyClock ill = duty_clock(duty(), known, day("2026-11-26"));
  EXPECT_EQ(format_day(ill.preliminary), "2024-03-02") << "over the end of a leap year's February";
  EXPECT_EQ(format_day(ill.final_report), "2024-04-26")
      << "60 days where someone of ill intent did it";
}

// Every set of answers, held against the law as a lawyer would read it aloud: what is not known is
// never a no.
TEST(Duty, IsDecidedByTheFourCasesAndNothingUnknownLiftsIt) {
  constexpr std::array kIds{"personal", "sensitive", "money",    "ill_intent",
                            "many",     "encrypted", "entrusted"};
  constexpr std::array kAll{Said::unknown, Said::yes, Said::no};
  std::size_t free = 0;
  for (int number = 0; number < 2187; ++number) {
    std::map<std::string, Said> answers;
    int rest = number;
    for (const char* id : kIds) {
      answers[id] = kAll.at(static_cast<std::size_t>(rest % 3));
      rest /= 3;
    }
    const auto yes = [&](const char* id) { return answers.at(id) == Said::yes; };
    const auto no = [&](const char* id) { return answers.at(id) == Said::no; };
    const bool some_case = yes("sensitive") || yes("money") || yes("ill_intent") || yes("many");
    const bool no_case = no("sensitive") && no("money") && no("ill_intent") && no("many");
    const DutyState wanted = no("personal") || yes("encrypted") || no_case ? DutyState::free
                             : some_case                                   ? DutyState::due
                                                                           : DutyState::unknown;
    const DutyClock clock = duty_clock(duty(), said(answers), day("2026-11-26"));
    ASSERT_EQ(clock.state, wanted) << number;
    EXPECT_EQ(clock.entrusted, yes("entrusted"));
    EXPECT_EQ(clock.final_report - clock.known, std::chrono::days(yes("ill_intent") ? 59 : 29));
    free += clock.state == DutyState::free ? 1U : 0U;
  }
  EXPECT_GT(free, 0U);
  EXPECT_EQ(duty_clock(duty(), {}, day("2026-11-26")).state, DutyState::unknown);
}

TEST(Duty, TellsTheNextDeadlineUntilBothReportsAreMade) {
  DutyAnswers answers = said({{"many", Said::yes}});
  const Day reported = day("2026-11-26");
  const auto next = [&] { return next_deadline(duty_clock(duty(), answers, reported), answers); };
  ASSERT_TRUE(next());
  EXPECT_TRUE(next()->preliminary);
  EXPECT_TRUE(next()->certain);
  answers.preliminary = day("2026-11-27");
  ASSERT_TRUE(next());
  EXPECT_FALSE(next()->preliminary);
  EXPECT_EQ(format_day(next()->day), "2026-12-25");
  answers.final_report = day("2026-12-01");
  EXPECT_FALSE(next());
  answers = {};
  ASSERT_TRUE(next());
  EXPECT_FALSE(next()->certain) << "the clock may be running";
  answers.questions["encrypted"] = Said::yes;
  EXPECT_FALSE(next());
}

TEST(Duty, IsKeptAsItWasSaid) {
  DutyAnswers answers = said({{"many", Said::yes}, {"personal", Said::unknown}});
  answers.known = day("2026-11-20");
  answers.final_report = day("2026-11-26");
  const DutyAnswers back = answers_kept(kept_text(answers));
  EXPECT_EQ(back.questions, answers.questions);
  EXPECT_EQ(back.known, answers.known);
  EXPECT_EQ(back.preliminary, std::nullopt);
  EXPECT_EQ(back.final_report, answers.final_report);
  for (const char* text : {"", "null", "[1]", "{", R"({"known":5,"answers":{"many":"x"}})"})
    EXPECT_EQ(duty_clock(duty(), answers_kept(text), day("2026-11-26")).state, DutyState::unknown)
        << text;
}

TEST(Duty, RefusesWhatCannotBe) {
  const auto refused = [](std::string_view text) {
    const auto document = parse_json("", text);
    std::vector<Error> problems;
    const DutyAnswers answers = read_duty_answers(Node(*document, problems));
    return !problems.empty() || impossible(answers, duty(), day("2026-11-26")).has_value();
  };
  EXPECT_FALSE(refused(R"({"answers":{"many":"yes"},"known":"2026-11-26","final":null})"));
  for (const char* wrong :
       {R"({})", R"({"answers":{"more":"yes"}})", R"({"answers":{"many":"perhaps"}})",
        R"({"answers":{},"known":"2026-11-27"})", R"({"answers":{},"final":"soon"})",
        R"({"answers":{},"other":1})", R"({"answers":[]})"})
    EXPECT_TRUE(refused(wrong)) << wrong;
}

}  // namespace
}  // namespace sekisho
