// SPDX-License-Identifier: Apache-2.0
#include "collect/attest/attest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "guideline/embedded.h"

namespace sekisho {
namespace {

const Guideline& guideline() {
  static const Guideline loaded = *load_guideline(embedded_guideline());
  return loaded;
}
const Time kNow = *parse_time("2026-11-24T10:00:00Z");

TEST(Attest, MakesEvidenceWithWhoWhenAndUntilWhen) {
  const auto evidence =
      attest(guideline(), {"ask-SK-admin-H5", "yes", "hana", "mail first", parse_day("2027-03-31")},
             kNow, Calendar());
  ASSERT_TRUE(evidence);
  EXPECT_EQ(evidence->verdict(), Verdict::pass);
  EXPECT_EQ(evidence->source, "person:hana");
  EXPECT_EQ(evidence->detail().en, "Yes (mail first)");
  // To the end of that day in Japan.
  EXPECT_TRUE(evidence->valid_at(*parse_time("2027-03-31T14:59:59Z")));
  EXPECT_FALSE(evidence->valid_at(*parse_time("2027-03-31T15:00:00Z")));
}

TEST(Attest, HoldsAsLongAsTheQuestionSays) {
  EXPECT_EQ(
      attest(guideline(), {"ask-admin-C-2", "no", "hana", "", {}}, kNow, Calendar())->valid_until,
      kNow + std::chrono::days(31));
  EXPECT_EQ(
      attest(guideline(), {"ask-SK-admin-H5", "not_applicable", "hana", "", {}}, kNow, Calendar())
          ->valid_until,
      kNow + std::chrono::days(365));
}

// A day that never comes is one on which nobody asks again.
TEST(Attest, HoldsNoLongerThanItsQuestionSays) {
  for (const CheckSpec& spec : guideline().checks) {
    if (!spec.asked) continue;
    const Day last = Calendar().day(kNow + spec.valid_for);
    const auto until = [&](Day day) {
      return attest(guideline(), {spec.id, "yes", "hana", "", day}, kNow, Calendar());
    };
    ASSERT_TRUE(until(last)) << spec.id;
    EXPECT_EQ(until(last)->valid_until, kNow + spec.valid_for) << spec.id;
    for (const Day later : {last + std::chrono::days(1), *parse_day("9999-12-31")}) {
      const auto refused = until(later);
      ASSERT_FALSE(refused) << spec.id;
      EXPECT_THAT(refused.error().message.en, testing::HasSubstr(format_day(last)));
    }
  }
}

TEST(Attest, RefusesWhatIsNoAnswer) {
  const auto refused = [](Answer answer) {
    const auto evidence = attest(guideline(), answer, kNow, Calendar());
    return evidence ? std::string() : evidence.error().message.en;
  };
  EXPECT_THAT(refused({"os-support", "yes", "hana", "", {}}), testing::HasSubstr("no question"))
      << "a machine's check is not answered by people";
  EXPECT_THAT(refused({"nothing", "yes", "hana", "", {}}), testing::HasSubstr("no question"));
  EXPECT_THAT(refused({"ask-SK-admin-H5", "maybe", "hana", "", {}}), testing::HasSubstr("'maybe'"));
  EXPECT_THAT(refused({"ask-SK-admin-H5", "yes", " ", "", {}}), testing::HasSubstr("name"));
  EXPECT_THAT(refused({"ask-SK-admin-H5", "yes", "hana", std::string(3000, 'x'), {}}),
              testing::HasSubstr("note"));
  EXPECT_THAT(refused({"ask-SK-admin-H5", "yes", "hana", "\xff", {}}), testing::HasSubstr("UTF-8"));
  EXPECT_THAT(refused({"ask-SK-admin-H5", "yes", "hana", "", parse_day("2026-11-23")}),
              testing::HasSubstr("has passed"));
}

/// Of each question with parts, each choice of them: some are partly, and nothing else is.
TEST(Attest, PartlyIsSomeOfTheParts) {
  int with_parts = 0;
  for (const CheckSpec& check : guideline().checks) {
    if (!check.asked) continue;
    with_parts += check.parts.empty() ? 0 : 1;
    const std::size_t count = check.parts.size();
    for (std::size_t chosen = 0; chosen < (std::size_t{1} << (count + 1)); ++chosen) {
      std::vector<std::size_t> parts;
      for (std::size_t i = 0; i <= count; ++i)
        if ((chosen >> i & 1U) != 0) parts.push_back(i);
      const bool some = chosen != 0 && chosen < (std::size_t{1} << count) - 1;
      const auto partly =
          attest(guideline(), {check.id, "partly", "hana", "", {}, parts}, kNow, Calendar());
      ASSERT_EQ(partly.has_value(), some) << check.id << " " << chosen;
      EXPECT_EQ(attest(guideline(), {check.id, "yes", "hana", "", {}, parts}, kNow, Calendar())
                    .has_value(),
                parts.empty());
      if (!some) continue;
      EXPECT_EQ(partly->verdict(), Verdict::fail) << "something is left to do";
      const std::size_t missing = partly->detail().en.find("; missing: ");
      for (std::size_t i = 0; i < count; ++i)
        EXPECT_EQ(partly->detail().en.find(check.parts[i].en) < missing, (chosen >> i & 1U) != 0)
            << check.id << ": " << partly->detail().en;
    }
    if (count > 1) {
      EXPECT_FALSE(
          attest(guideline(), {check.id, "partly", "hana", "", {}, {0, 0}}, kNow, Calendar()))
          << "twice";
    }
  }
  EXPECT_GT(with_parts, 10);
}

}  // namespace
}  // namespace sekisho
