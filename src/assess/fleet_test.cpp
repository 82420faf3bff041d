#include "assess/fleet.h"

#include <gtest/gtest.h>

#include <random>

#include <fmt/format.h>

#include "guideline/embedded.h"

namespace sekisho {
namespace {

const Guideline& guideline() {
  static const Guideline loaded = *load_guideline(embedded_guideline());
  return loaded;
}
const Time kStart = *parse_time("2026-11-01T00:00:00Z");

Evidence seen(const std::string& subject, const std::string& check, Verdict verdict, int hours,
              int holds = 48) {
  const Time at = kStart + std::chrono::hours(hours);
  return {{subject}, check, verdict, at, at + std::chrono::hours(holds), "collector:host", {}};
}
std::string machine_check() {
  for (const CheckSpec& check : guideline().checks)
    if (!check.asked) return check.id;
  return {};
}

TEST(Fleet, CountsEachMachineAndWhatNobodyLookedAtIsUnknown) {
  Fleet fleet(guideline());
  const std::string check = machine_check();
  EXPECT_EQ(fleet.tally(check).verdict(), Verdict::unknown) << "no machine is no proof";
  fleet.add(seen("host:a", check, Verdict::pass, 0), 1);
  fleet.add(seen("host:b", "firewall", Verdict::pass, 0), 2);
  EXPECT_EQ(fleet.machines(), 2U);
  EXPECT_EQ(fleet.tally(check).of(Verdict::unknown), 1U);
  fleet.add(seen("host:b", check, Verdict::fail, 1), 3);
  EXPECT_EQ(fleet.tally(check).verdict(), Verdict::fail);
  EXPECT_EQ(fleet.machines_with(0, fleet.standings({"host:b"})[0].verdict, 10).size(), 1U);
  fleet.remove({"host:b"});
  EXPECT_EQ(fleet.tally(check).verdict(), Verdict::pass);
  fleet.restore({"host:b"});
  EXPECT_EQ(fleet.tally(check).verdict(), Verdict::fail);
}

TEST(Fleet, EvidenceRunsOutUnlessSeenAgain) {
  Fleet fleet(guideline());
  const std::string check = machine_check();
  fleet.add(seen("host:a", check, Verdict::pass, 0), 1);
  fleet.add(seen("host:a", check, Verdict::pass, 24), 1);
  fleet.advance(kStart + std::chrono::hours(49));
  EXPECT_EQ(fleet.tally(check).of(Verdict::pass), 1U);
  fleet.advance(kStart + std::chrono::hours(72));
  EXPECT_EQ(fleet.tally(check).of(Verdict::unknown), 1U);
  fleet.add(seen("host:a", check, Verdict::pass, 10), 2);
  EXPECT_EQ(fleet.tally(check).of(Verdict::unknown), 1U) << "what has run out already is not known";
}

/// Whatever comes in whatever order, the tallies are what one slow fold of everything gives.
TEST(Fleet, AgreesWithAssessingEachMachineFromTheStart) {
  std::mt19937 random(20261124);  // NOLINT: the same run each time
  Fleet fleet(guideline());
  std::vector<Evidence> all;
  for (int i = 1; i <= 3000; ++i) {
    const CheckSpec& check = guideline().checks[random() % guideline().checks.size()];
    Evidence evidence =
        seen(check.asked ? "organisation" : fmt::format("host:{}", random() % 7), check.id,
             static_cast<Verdict>(random() % 4), i / 10, 1 + static_cast<int>(random() % 60));
    all.push_back(evidence);
    fleet.add(evidence, i);
    if (i % 50 == 0) fleet.advance(evidence.observed_at);
  }
  const Time now = kStart + std::chrono::hours(310);
  fleet.advance(now);
  std::vector<Tally> expected(guideline().checks.size());
  for (int machine = -1; machine < 7; ++machine) {
    const SubjectId subject =
        machine < 0 ? kOrganisation : SubjectId{fmt::format("host:{}", machine)};
    const Assessment slow = assess(guideline(), all, {subject, {}, {}, now});
    for (std::size_t c = 0; c < slow.checks.size(); ++c)
      if (slow.checks[c].spec->asked == (machine < 0))
        ++expected[c].of([&] {
          // The newest decides, even when it has run out and an older one has not.
          const Evidence* newest = nullptr;
          for (const Evidence& record : all)
            if (record.subject == subject && record.check == slow.checks[c].spec->id)
              newest = &record;
          return newest != nullptr && newest->valid_until > now ? newest->verdict
                                                                : Verdict::unknown;
        }());
  }
  for (std::size_t c = 0; c < expected.size(); ++c)
    EXPECT_EQ(fleet.tally(c).counts, expected[c].counts) << guideline().checks[c].id;
}

TEST(Fleet, SharesAddUpAndAMixIsPartlyMet) {
  Fleet fleet(guideline());
  const HandbookItem& item = *guideline().handbook_item("5-2");
  for (const std::string& check : item.checks) {
    if (guideline().check(check)->asked) continue;
    fleet.add(seen("host:a", check, Verdict::pass, 0), 1);
    fleet.add(seen("host:b", check, Verdict::fail, 0), 2);
  }
  const Share part = share(fleet, item);
  EXPECT_NEAR(part.met + part.failing + part.unknown, 1, 1e-9);
  EXPECT_EQ(fold(fleet, item), Status::partly_met);
  EXPECT_EQ(actions(guideline(), fleet, Verdict::fail, {}, {}).front().priority, Priority::must);
}

}  // namespace
}  // namespace sekisho
