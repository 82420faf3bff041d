// SPDX-License-Identifier: Apache-2.0
#include "guideline/guideline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "guideline/checklist.h"
#include "guideline/choose.h"
#include "guideline/embedded.h"

namespace sekisho {
namespace {

const Guideline& guideline() {
  static const Guideline loaded = [] {
    auto result = load_guideline(embedded_guideline());
    if (!result) throw std::runtime_error(result.error().describe(Lang::en));
    return std::move(*result);
  }();
  return loaded;
}

TEST(Guideline, HasTheDecksNumbers) {
  const Guideline& g = guideline();
  EXPECT_EQ(g.methods.size(), 7U);
  EXPECT_EQ(g.categories.size(), 13U);
  EXPECT_EQ(g.handbook.size(), 32U);
  EXPECT_EQ(g.incidents.size(), 15U);
  EXPECT_EQ(g.cloud_benefits.size(), 4U);
  EXPECT_EQ(g.cloud_cautions.size(), 5U);
  EXPECT_EQ(std::ranges::count(g.handbook, Priority::must, &HandbookItem::stated), 12);
  EXPECT_EQ(std::ranges::count(g.handbook, Priority::should, &HandbookItem::stated), 20);
}

TEST(Guideline, GradesAreTheDecksTable) {
  const std::map<std::string, std::string> expected{{"vpn", "SABBC"},
                                                    {"remote_desktop", "SCBBA"},
                                                    {"vdi", "SCCCS"},
                                                    {"secure_container", "BABBA"},
                                                    {"secure_browser", "CBBBA"},
                                                    {"cloud", "BSAAD"},
                                                    {"standalone", "DSSSC"}};
  for (const Method& method : guideline().methods) {
    std::string grades;
    for (const GradeReason& grade : method.grades) grades += name(grade.grade);
    EXPECT_EQ(grades, expected.at(method.id)) << method.id;
  }
}

TEST(Guideline, MatricesAreTheDecks) {
  using enum Degree;
  EXPECT_EQ(priority_of(high, low), Priority::must);
  for (const auto& [importance, difficulty] :
       {std::pair{high, middle}, {middle, low}, {middle, middle}})
    EXPECT_EQ(priority_of(importance, difficulty), Priority::should);
  for (const Degree any : {low, middle, high}) {
    EXPECT_EQ(priority_of(low, any), Priority::none);
    EXPECT_EQ(priority_of(any, high), Priority::none);
    EXPECT_EQ(level_of(any, low), Level::basic);
    EXPECT_EQ(level_of(any, middle), Level::basic);
    EXPECT_EQ(level_of(any, high), Level::advanced);
  }
}

TEST(Guideline, HandbooksPrioritiesAgreeWithTheMatrix) {
  for (const HandbookItem& item : guideline().handbook)
    EXPECT_EQ(item.stated, item.priority()) << item.id;
}

TEST(Guideline, HandbooksCountsByThreatAreTheSources) {
  std::map<std::string, int> counts;
  for (const HandbookItem& item : guideline().handbook)
    for (const std::string& threat : item.threats) ++counts[threat];
  EXPECT_EQ(
      counts,
      (std::map<std::string, int>{
          {"malware", 7}, {"unauthorised_access", 19}, {"loss_theft", 8}, {"eavesdropping", 11}}));
}

TEST(Guideline, CaseOneNamesTheMinistrysOwnMeasures) {
  const Incident& first = guideline().incidents.front();
  EXPECT_EQ(first.measures, (std::vector<std::string>{"管理者C-2", "管理者C-3"}));
  EXPECT_EQ(first.from.source, Source::deck);
  for (std::size_t i = 1; i < guideline().incidents.size(); ++i)
    EXPECT_EQ(guideline().incidents[i].mapping.source, Source::project);
}

TEST(Guideline, EveryHandbookItemIsCarriedOutBySomeMeasure) {
  for (const HandbookItem& item : guideline().handbook)
    EXPECT_FALSE(item.measures.empty()) << item.id;
}

TEST(Guideline, FindsMeasuresByBothIds) {
  EXPECT_EQ(guideline().measure("管理者C-2"), guideline().measure("admin-c-2"));
  EXPECT_EQ(guideline().measure("管理者Z-2"), nullptr);
}

TEST(Guideline, OnlyTwoIdsHaveTheMinistrysForm) {
  std::vector<std::string> ministry;
  for (const Measure& measure : guideline().measures)
    if (!measure.id.starts_with("SK-")) ministry.push_back(measure.id);
  EXPECT_EQ(ministry, (std::vector<std::string>{"管理者C-2", "管理者C-3"}));
}

TEST(Guideline, FormerIdsAreUnderstoodAndAnsweredWithThoseOfNow) {
  std::size_t renamed = 0;
  for (const Measure& measure : guideline().measures) {
    EXPECT_EQ(guideline().measure(lower(measure.id)), &measure);
    if (measure.former.empty()) continue;
    ++renamed;
    for (const std::string& former : measure.former)
      EXPECT_EQ(guideline().measure(former), &measure);
    EXPECT_EQ(guideline().check("ask-" + measure.former.back()),
              guideline().check("ask-" + measure.ascii));
  }
  EXPECT_EQ(renamed, 96U);
  EXPECT_EQ(guideline().measure("管理者B-3")->id, "SK-admin-B3");
  EXPECT_EQ(guideline().check("ask-admin-B-9"), nullptr);
}

/// The embedded guideline with some text laid over it; the problems as told.
std::vector<std::string> overlaid(std::string_view yaml, Guideline* into = nullptr) {
  Document document = embedded_guideline();
  std::vector<Error> problems;
  const auto overlay = parse_yaml("own.yaml", yaml);
  if (!overlay) return {overlay.error().describe(Lang::en)};
  overlay_document(document, *overlay, problems);
  if (problems.empty()) {
    Guideline g = read_guideline(document, problems);
    if (into != nullptr) *into = std::move(g);
  }
  std::vector<std::string> told;
  for (const Error& problem : problems) told.push_back(problem.describe(Lang::en));
  return told;
}

TEST(Responses, TellWhoReportsWhatToDoAndWhenTheyWillHear) {
  for (const Response& response : guideline().responses) {
    EXPECT_GE(response.reporter.size(), 3U) << response.id;
    EXPECT_FALSE(response.hear.ja.empty() || response.hear.en.empty()) << response.id;
    for (const Text& line : response.reporter) {
      EXPECT_FALSE(line.ja.empty() || line.en.empty()) << response.id;
      for (const ResponseStep& step : response.steps)
        EXPECT_NE(step.text.ja, line.ja) << response.id << ": the administrator's";
    }
  }
}

TEST(Fixes, AreThoseOfTheKindOfLinux) {
  EXPECT_EQ(linux_kind("ubuntu", "debian"), "debian");
  EXPECT_EQ(linux_kind("raspbian", ""), "debian");
  EXPECT_EQ(linux_kind("rocky", "rhel centos fedora"), "fedora");
  EXPECT_EQ(linux_kind("opensuse-leap", "suse opensuse"), "suse");
  EXPECT_EQ(linux_kind("nixos", ""), "other");
  const std::vector<Step> steps{{{"x", "x"}, {}, {}},
                                {{}, "apt-get install x", {"debian"}},
                                {{}, "apk add x", {"alpine"}},
                                {{}, "x --start", {}}};
  const auto shown = [&](std::string_view kind) {
    std::vector<std::string> all;
    for (const Step& step : steps_on(steps, kind))
      all.push_back(step.command.empty() ? step.text.en.substr(0, 12) : step.command);
    return all;
  };
  using testing::ElementsAre;
  EXPECT_THAT(shown("debian"), ElementsAre("x", "apt-get install x", "x --start"));
  EXPECT_THAT(shown("alpine"), ElementsAre("x", "apk add x", "x --start"));
  EXPECT_THAT(shown("fedora"), ElementsAre("x", "There are no", "x --start"));
  EXPECT_THAT(shown("other"), ElementsAre("x", "There are no", "x --start"));
}

/// What only one kind of system has is never shown to another.
TEST(Fixes, NameNoProgramOfAnotherSystem) {
  const std::map<std::string_view, std::vector<std::string_view>> own{
      {"debian", {"apt-get", "dpkg", "pam-auth-update", "adduser"}},
      {"fedora", {"sudo dnf", "authselect", "setenforce"}},
      {"suse", {"sudo zypper"}},
      {"arch", {"sudo pacman"}},
      {"alpine", {"sudo apk", "rc-update", "rc-service"}}};
  for (const char* kind : {"debian", "fedora", "suse", "arch", "alpine", "other"}) {
    const Guideline guideline = *load_guideline(embedded_guideline(), kind);
    for (const CheckSpec& check : guideline.checks)
      for (const Step& step : check.fix) {
        for (const auto& [other, programs] : own)
          for (const std::string_view program : programs)
            EXPECT_TRUE(other == kind || !step.command.contains(program))
                << kind << ": " << check.id << ": " << step.command;
        // Alpine has no systemd, and of others nobody knows.
        if (std::string_view(kind) == "alpine" || std::string_view(kind) == "other") {
          EXPECT_FALSE(step.command.contains("sudo systemctl")) << kind << ": " << step.command;
        }
      }
  }
  for (const CheckSpec& check : guideline().checks) {
    EXPECT_TRUE(!check.osquery.contains("darwin") || !check.fix_darwin.empty())
        << check.id << " has no steps for macOS";
    EXPECT_TRUE(!check.osquery.contains("windows") || !check.fix_windows.empty())
        << check.id << " has no steps for Windows";
    for (const char* platform : {"windows", "darwin"})
      for (const Step& step : check.fix_on(platform))
        for (const char* word : {"apt-get", "systemctl", "gsettings", "/etc/"})
          EXPECT_FALSE(step.command.contains(word)) << platform << ": " << step.command;
    for (const Step& step : check.fix_darwin)
      EXPECT_FALSE(step.text.en.contains("Debian") || step.text.en.contains("apt")) << check.id;
  }
}

/// A measure's commands are those of its checks, so that what one says the other doesn't leave out.
TEST(Fixes, OfMeasuresAreThoseOfTheirChecks) {
  for (const char* kind : {"debian", "fedora"}) {
    const Guideline guideline = *load_guideline(embedded_guideline(), kind);
    for (const Measure& measure : guideline.measures)
      for (const Step& step : measure.steps) {
        if (step.command.empty()) continue;
        const bool same = std::ranges::any_of(measure.checks, [&](const std::string& id) {
          return std::ranges::find(guideline.check(id)->fix, step.command, &Step::command) !=
                 guideline.check(id)->fix.end();
        });
        EXPECT_TRUE(same) << measure.id << ": " << step.command;
      }
  }
}

/// Two checks of a measure may begin with the same command; it is said once.
TEST(Fixes, OfAMeasureSayNoCommandTwice) {
  for (const char* kind : {"debian", "fedora", "suse", "arch", "alpine"}) {
    const Guideline guideline = *load_guideline(embedded_guideline(), kind);
    for (const Measure& measure : guideline.measures) {
      std::set<std::string> said;
      for (const Step& step : measure.steps) {
        if (step.command.empty()) continue;
        EXPECT_TRUE(said.insert(step.command).second)
            << kind << " " << measure.id << ": " << step.command;
      }
    }
  }
}

TEST(Overlay, ChangesNamedFieldsAndKeepsOthers) {
  Guideline changed;
  EXPECT_THAT(overlaid("overlay: {ja: 自社, en: Ours}\nmeasures:\n  - id: 管理者C-2\n    text: "
                       "{ja: 新しい文, en: New words}\n",
                       &changed),
              testing::IsEmpty());
  EXPECT_EQ(changed.measure("admin-C-2")->text.en, "New words");
  EXPECT_EQ(changed.measure("admin-C-2")->checks, guideline().measure("admin-C-2")->checks);
  EXPECT_EQ(changed.measures.size(), guideline().measures.size());
  EXPECT_EQ(changed.overlay.en, "Ours");
}

TEST(Overlay, MayStillUseFormerIds) {
  Guideline changed;
  EXPECT_THAT(overlaid("measures:\n  - id: 管理者B-3\n    text: {ja: 新, en: New}\n"
                       "incidents:\n  - number: 2\n    measures: [管理者B-3, exec-A-1]\n"
                       "handbook:\n  - id: 1-2\n    checks: [ask-admin-B-2]\n",
                       &changed),
              testing::IsEmpty());
  EXPECT_EQ(changed.measure("SK-admin-B3")->text.en, "New");
  EXPECT_EQ(changed.measures.size(), guideline().measures.size());
  EXPECT_EQ(changed.incident(2)->measures, (std::vector<std::string>{"SK-admin-B3", "SK-exec-A1"}));
  EXPECT_EQ(changed.handbook_item("1-2")->checks, std::vector<std::string>{"ask-SK-admin-B2"});
}

// The ministry's numbers lie otherwise than ours did: what an organisation tells wins over them.
TEST(Overlay, TakesTheMinistrysNumbersAndWords) {
  Guideline told;
  EXPECT_THAT(
      overlaid("measures:\n"
               "  - {id: SK-admin-B4, official: 管理者B-3, text: {ja: 公式の文, en: \"\"}}\n"
               "  - {id: SK-admin-B3, official: \"\", text: {ja: \"\", en: \"\"}}\n",
               &told),
      testing::IsEmpty());
  const Measure* official = told.measure("管理者B-3");
  ASSERT_EQ(official, told.measure("SK-admin-B4"));
  EXPECT_EQ(official->id, "管理者B-3");
  EXPECT_EQ(official->text.ja, "公式の文");
  EXPECT_EQ(official->text.en, guideline().measure("SK-admin-B4")->text.en);
  EXPECT_EQ(official->from.source, Source::guideline);
  EXPECT_EQ(told.measure("admin-B-3")->id, "SK-admin-B3")
      << "by its former id, as programs wrote it";
  EXPECT_EQ(told.measure("SK-admin-B3")->text.ja, guideline().measure("SK-admin-B3")->text.ja);
  EXPECT_EQ(told.measure("SK-admin-B3")->from.source, Source::project);
  EXPECT_THAT(overlaid("measures:\n  - {id: SK-admin-B4, official: 管理者C-2}\n"),
              testing::Contains(testing::HasSubstr("'管理者C-2' is given twice")));
  EXPECT_THAT(overlaid("measures:\n  - {id: SK-admin-B4, official: B-3}\n"),
              testing::ElementsAre(testing::HasSubstr("has the form 管理者B-3")));
}

TEST(Overlay, TheFormImportsEmptyAndFilledIn) {
  const std::string form = import_template(guideline());
  Guideline same;
  ASSERT_THAT(overlaid(form, &same), testing::IsEmpty());
  for (std::size_t i = 0; i < same.measures.size(); ++i) {
    EXPECT_EQ(same.measures[i].id, guideline().measures[i].id);
    EXPECT_EQ(same.measures[i].text.ja, guideline().measures[i].text.ja);
    EXPECT_EQ(same.measures[i].from.source, guideline().measures[i].from.source);
  }
  // Numbered so that none keeps its place.
  std::string filled;
  int number = 500;
  for (const std::string_view line : split(form, '\n')) {
    std::string one(line);
    if (const auto at = one.find("official: \"\""); at != std::string::npos)
      one.replace(at, 12, fmt::format("official: 勤務者M-{}", number--));
    if (const auto at = one.find("{ja: \"\""); at != std::string::npos)
      one.replace(at, 7, "{ja: \"公式: 文 {1}\"");
    filled += one + "\n";
  }
  Guideline told;
  ASSERT_THAT(overlaid(filled, &told), testing::IsEmpty());
  for (std::size_t i = 0; i < told.measures.size(); ++i) {
    const bool numbered = guideline().measures[i].id != guideline().measures[i].ascii;
    EXPECT_EQ(told.measures[i].id.starts_with("勤務者M-"), !numbered);
    EXPECT_EQ(told.measures[i].ascii, guideline().measures[i].ascii);
    EXPECT_EQ(told.measures[i].text.ja, "公式: 文 {1}");
    EXPECT_TRUE(numbered || told.measures[i].from.source == Source::guideline);
    EXPECT_EQ(told.measures[i].checks, guideline().measures[i].checks);
  }
}

TEST(Overlay, TakesAMeasureOfTheMinistrysThatNoneOfOursMatches) {
  Guideline told;
  EXPECT_THAT(
      overlaid("measures:\n"
               "  - id: 管理者B-3\n    official: 管理者B-3\n    text: {ja: 公式, en: Official}\n"
               "    from: {source: guideline, confidence: SEEN}\n    importance: middle\n"
               "    difficulty: middle\n    pillar: rules\n    threats: [malware]\n"
               "    steps:\n      - {ja: する, en: Do}\n    ask: {ja: か, en: Done}\n",
               &told),
      testing::IsEmpty());
  EXPECT_EQ(told.measure("管理者B-3")->text.en, "Official");
  EXPECT_EQ(told.measures.size(), guideline().measures.size() + 1);
}

TEST(Overlay, IsRefusedWithLineAndReason) {
  EXPECT_THAT(overlaid("measures:\n  - id: 管理者C-2\n    importance: huge\n"),
              testing::ElementsAre("own.yaml:3: 'huge' is not one of: low, middle, high."));
  EXPECT_THAT(overlaid("measures:\n  - id: 管理者C-2\n    threats:\n      - ghosts\n"),
              testing::ElementsAre("own.yaml:4: there is no 'ghosts'."));
  EXPECT_THAT(
      overlaid("mesures: []\n"),
      testing::ElementsAre("own.yaml:1: there is no section 'mesures', or it has another form."));
  EXPECT_THAT(overlaid("replace: [none]\n"),
              testing::ElementsAre("own.yaml:1: there is no list named 'none'."));
  EXPECT_THAT(overlaid("replace: [categories]\n"),
              testing::Contains(testing::HasSubstr("there must be 13 entries, not 0")));
  EXPECT_THAT(overlaid("- a\n"), testing::ElementsAre("own.yaml:1: this must be a mapping."));
}

TEST(Overlay, MayNotCallOwnContentTheMinistrys) {
  EXPECT_THAT(overlaid("measures:\n  - id: 管理者C-2\n    from: {source: deck, confidence: own}\n"),
              testing::ElementsAre(testing::HasSubstr("must be source: project")));
}

std::vector<std::string> applying(const char* method, const Situations& situations = {}) {
  std::vector<std::string> ids;
  for (const ChecklistEntry& entry :
       handbook_checklist(guideline(), guideline().method(method), situations))
    if (entry.applicability.applies) ids.push_back(entry.item->id);
  return ids;
}

TEST(Checklist, DependsOnTheMethod) {
  EXPECT_THAT(applying("vpn"), testing::IsSupersetOf({"3-2", "7-3"}));
  for (const char* method : {"cloud", "standalone"})
    for (const char* item : {"3-2", "7-3"})
      EXPECT_THAT(applying(method), testing::Not(testing::Contains(item))) << method;
}

TEST(Checklist, DependsOnTheSituationAndSaysWhy) {
  EXPECT_THAT(applying("vpn", {{"uses_online_meeting", false}}),
              testing::Not(testing::AnyOf(testing::Contains("3-3"), testing::Contains("3-4"),
                                          testing::Contains("3-5"), testing::Contains("8-5"))));
  EXPECT_THAT(applying("vpn", {{"company_owned", false}}),
              testing::Not(testing::AnyOf(testing::Contains("9-3"), testing::Contains("10-3"))));
  const auto list = handbook_checklist(guideline(), nullptr, {{"smartphone", false}});
  EXPECT_EQ(list.back().item->id, "8-2");
  EXPECT_EQ(list.back().applicability.reason.en,
            "left out, since no smartphones or the like are used");
}

TEST(Checklist, PutsMustBeforeShould) {
  const auto list = handbook_checklist(guideline(), nullptr, {});
  for (std::size_t i = 0; i < list.size(); ++i)
    EXPECT_EQ(list[i].item->stated, i < 12 ? Priority::must : Priority::should);
}

/// Calls `visit` with every combination of answers.
void each_answers(const std::function<void(const Answers&)>& visit) {
  const auto& questions = guideline().flowchart.questions;
  Answers answers;
  const std::function<void(std::size_t)> fill = [&](std::size_t i) {
    if (i == questions.size()) return visit(answers);
    for (const Option& option : questions[i].options) {
      answers[questions[i].id] = option.id;
      fill(i + 1);
    }
  };
  fill(0);
}

TEST(Choose, EveryLeafIsReachedAndEveryAnswerGivesAdvice) {
  std::set<std::string> reached;
  std::size_t combinations = 0;
  each_answers([&](const Answers& answers) {
    ++combinations;
    const auto choice = choose(guideline(), answers);
    ASSERT_TRUE(choice);
    ASSERT_NE(choice->leaf, nullptr);
    ASSERT_EQ(choice->ranking.size(), 7U);
    ASSERT_EQ(choice->effects.size(), guideline().flowchart.questions.size());
    for (const AnswerEffect& effect : choice->effects)
      ASSERT_FALSE(effect.option->effect.reason.empty());
    // The flowchart and the grades never disagree: its answer fits, unless nothing does.
    if (choice->mixed.empty()) {
      ASSERT_EQ(choice->ranking.front().method, choice->leaf);
      ASSERT_TRUE(choice->ranking.front().fits());
    }
    ASSERT_FALSE(choice->advised().empty());
  });
  EXPECT_EQ(combinations, 2U * 4U * 3U * 2U * 2U * 3U);
  // Walk the chart itself: each leaf by its own node, not only by its method.
  const std::function<void(const FlowNode&)> walk = [&](const FlowNode& node) {
    if (!node.method.empty()) reached.insert(node.id);
    for (const auto& [option, next] : node.next) walk(*guideline().flowchart.node(next));
  };
  walk(guideline().flowchart.nodes.front());
  std::size_t leaves = 0;
  std::set<std::string> methods;
  for (const FlowNode& node : guideline().flowchart.nodes)
    if (!node.method.empty()) {
      ++leaves;
      methods.insert(node.method);
    }
  EXPECT_EQ(reached.size(), leaves);
  EXPECT_EQ(methods.size(), 7U) << "every method is some answer";
}

Answers usual() {
  return {{"connection", "connected"}, {"work", "everything"}, {"data", "keep_off"},
          {"systems", "office"},       {"peaks", "fine"},      {"budget", "balance"}};
}

TEST(Choose, AgreesWithTheDecksIntendedUse) {
  Answers answers = usual();
  EXPECT_EQ(choose(guideline(), answers)->leaf->id, "remote_desktop");
  answers["budget"] = "security";
  EXPECT_EQ(choose(guideline(), answers)->leaf->id, "vdi");
  answers["data"] = "keep";
  answers["peaks"] = "crowded";
  EXPECT_EQ(choose(guideline(), answers)->leaf->id, "vpn");
}

TEST(Choose, CombinesMethodsWhereOneIsNotEnough) {
  Answers answers = usual();
  answers["work"] = "mixed";
  const auto mixed = choose(guideline(), answers);
  ASSERT_EQ(mixed->mixed.size(), 2U);
  EXPECT_EQ(mixed->mixed[0].method->id, "remote_desktop");
  EXPECT_EQ(mixed->mixed[1].method->id, "secure_container");
  answers = usual();
  answers["connection"] = "offline";
  const auto offline = choose(guideline(), answers);
  ASSERT_EQ(offline->mixed.size(), 2U);
  EXPECT_TRUE(std::ranges::any_of(
      offline->mixed, [](const Choice::Part& part) { return part.method->id == "standalone"; }));
}

TEST(Choose, RefusesWrongAndMissingAnswersInBothLanguages) {
  Answers answers = usual();
  answers["work"] = "nothing";
  EXPECT_EQ(choose(guideline(), answers).error().message.en,
            "'work' cannot be answered with 'nothing' (one of: everything, applications, reading, "
            "mixed).");
  answers.erase("work");
  EXPECT_EQ(choose(guideline(), answers).error().message.ja,
            "「work」の答えがありません（選べるもの: everything, applications, reading, mixed）。");
  answers = usual();
  answers["wrok"] = "everything";
  EXPECT_EQ(choose(guideline(), answers).error().message.en, "there is no question 'wrok'.");
}

TEST(Choose, DiagramNamesEveryNode) {
  const std::string mermaid = flowchart_mermaid(guideline(), Lang::en);
  EXPECT_TRUE(mermaid.starts_with("flowchart TD\n"));
  for (const FlowNode& node : guideline().flowchart.nodes)
    EXPECT_THAT(mermaid, testing::HasSubstr("  " + node.id));
}

TEST(References, FlowchartFaultsAreFound) {
  EXPECT_THAT(overlaid("flow:\n  - {id: work, question: work, next: {everything: start, "
                       "applications: start, reading: start}}\n"),
              testing::Contains(testing::HasSubstr("goes round in a circle")));
  EXPECT_THAT(overlaid("flow:\n  - {id: lonely, method: vpn}\n"),
              testing::ElementsAre("own.yaml:2: no answers lead here."));
  EXPECT_THAT(overlaid("flow:\n  - {id: work, question: work, next: {everything: full_data}}\n"),
              testing::Contains(testing::HasSubstr("the answer 'applications' leads nowhere")));
}

}  // namespace
}  // namespace sekisho
