// States that Windows documents, one a line (tests/windows/states.yaml): the sound machine with one
// thing changed. And what holds for all of them: what can't be read makes nothing pass.
#include <algorithm>
#include <array>
#include <map>

#include <fmt/format.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "assess/assess.h"
#include "collect/vuln/embedded.h"
#include "collect/windows/windows.h"
#include "guideline/embedded.h"
#include "report/report.h"

namespace sekisho {
namespace {

namespace json = boost::json;
using ::testing::HasSubstr;

const Time kNow = *parse_time("2026-11-25T09:00:00Z");

std::string file(const std::string& name) {
  return read_regular_file(SEKISHO_SOURCE_DIR "/tests/windows/" + name, 1U << 20U).value_or("");
}

const Guideline& guideline() {
  static const Guideline built_in = *load_guideline(embedded_guideline());
  return built_in;
}

/// What is known of support, of today or as old as it is.
const Feeds& feeds(bool old) {
  static const Feeds built_in{*read_support(*parse_json("", embedded_support(), kFeedLimits)),
                              *read_exploited(*parse_json("", embedded_exploited(), kFeedLimits)),
                              {},
                              {},
                              {},
                              {}};
  static const Feeds fresh = [] {
    Feeds renewed = built_in;
    renewed.support.as_of = renewed.exploited.as_of = Calendar::utc().day(kNow);
    return renewed;
  }();
  return old ? built_in : fresh;
}

/// A short name of a place in the registry, in full.
std::string in_full(std::string_view path) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kShort{
      {{R"(POL\)", R"(HKLM\SOFTWARE\Policies\Microsoft\)"},
       {R"(MDM\)", R"(HKLM\SOFTWARE\Microsoft\PolicyManager\current\device\)"},
       {R"(SW\)", R"(HKLM\SOFTWARE\)"},
       {R"(SVC\)", R"(HKLM\SYSTEM\CurrentControlSet\Services\)"},
       {R"(SYS\)", R"(HKLM\SYSTEM\CurrentControlSet\)"},
       {R"(P\)", R"(HKU\S-1-5-21-1-2-3-1001\)"}}};
  for (const auto& [name, full] : kShort)
    if (path.starts_with(name)) return std::string(full) + std::string(path.substr(name.size()));
  return std::string(path);
}

void change(json::object& into, std::string_view key, const json::value& value) {
  if (value.is_null())
    into.erase(key);
  else
    into[key] = value;
}

/// The sound machine as `state` has it.
std::string machine_of(const json::object& state) {
  json::object machine = parse_json("", file("sound.json"))->root.as_object();
  json::object& registry = machine["registry"].as_object();
  const auto each = [&](const char* key, auto take) {
    if (const auto* part = state.if_contains(key))
      for (const auto& [name, value] : part->as_object()) take(std::string_view(name), value);
  };
  each("registry", [&](std::string_view path, const json::value& value) {
    change(registry, in_full(path), value);
  });
  each("facts",
       [&](std::string_view key, const json::value& value) { change(machine, key, value); });
  if (const auto* programs = state.if_contains("programs")) {
    json::array list;
    for (const auto& [name, version] : programs->as_object())
      list.push_back({{"name", name}, {"version", version}});
    machine["programs"] = std::move(list);
  }
  if (const auto* listening = state.if_contains("listening"))
    for (const json::value& one : listening->as_array()) {
      const json::array& parts = one.as_array();
      json::object listener{
          {"port", parts.at(0)}, {"udp", parts.at(1) == "udp"}, {"loopback", false}};
      if (parts.size() > 2) listener["owner"] = parts.at(2);
      machine["listening"].as_array().push_back(std::move(listener));
    }
  if (const auto* unread = state.if_contains("unread")) {
    json::array paths;
    for (const json::value& path : unread->as_array())
      paths.push_back(json::string(in_full(path.as_string())));
    machine["unread"] = std::move(paths);
  }
  return json::serialize(machine);
}

Finding of(const WindowsFacts& facts, std::string_view check, bool old = false) {
  const auto found = judge_windows_check(check, facts, guideline(), feeds(old), kNow);
  if (!found) ADD_FAILURE() << check;
  return found.value_or(Finding());
}

struct State {
  std::string check;
  std::string shows;
  Verdict is = Verdict::unknown;
  std::string says;
  bool old_dates = false;
  WindowsFacts facts;
};

const std::vector<State>& states() {
  static const std::vector<State> all = [] {
    std::vector<State> list;
    const auto document = parse_yaml("states.yaml", file("states.yaml"));
    EXPECT_TRUE(document) << (document ? "" : document.error().describe(Lang::en));
    if (!document) return list;
    for (const json::value& one : document->root.as_array()) {
      const json::object& state = one.as_object();
      const auto text = [&](const char* key) {
        const auto* found = state.if_contains(key);
        return found == nullptr ? std::string() : std::string(found->as_string());
      };
      const auto facts = read_windows_facts(machine_of(state));
      EXPECT_TRUE(facts) << text("check") << ": " << text("shows") << ": "
                         << (facts ? "" : facts.error().describe(Lang::en));
      const auto verdict = verdict_named(text("is"));
      EXPECT_TRUE(verdict) << text("is");
      if (facts && verdict)
        list.push_back(
            {text("check"), text("shows"), *verdict, text("says"), text("dates") == "old", *facts});
    }
    return list;
  }();
  return all;
}

TEST(WindowsStates, ComeToWhatTheDocumentationSays) {
  EXPECT_GT(states().size(), 200U);
  for (const State& state : states()) {
    const Finding found = of(state.facts, state.check, state.old_dates);
    EXPECT_EQ(found.verdict, state.is)
        << state.check << ": " << state.shows << ": " << found.fact.en;
    EXPECT_THAT(found.fact.en, HasSubstr(state.says)) << state.check << ": " << state.shows;
    EXPECT_FALSE(found.fact.ja.empty() || found.fact.en.empty()) << state.shows;
  }
}

/// Every pass says what it rests on; no text of the registry and no name of a person is in it.
TEST(WindowsStates, PassWithABasisThatTellsNoSecrets) {
  std::size_t passed = 0;
  for (const State& state : states()) {
    const Finding found = of(state.facts, state.check, state.old_dates);
    EXPECT_EQ(judgement_of(found).verdict(), state.is) << state.check << ": " << state.shows;
    if (found.verdict != Verdict::pass) continue;
    ++passed;
    for (const Text& line : words(found.basis)) {
      EXPECT_THAT(line.en, ::testing::Not(HasSubstr("S-1-5-21"))) << state.check;
      for (const auto& [path, value] : state.facts.registry)
        if (const auto* text = std::get_if<std::string>(&value);
            text != nullptr && text->size() > 5 && whole_number(*text) < 0) {
          EXPECT_THAT(line.en, ::testing::Not(HasSubstr(": " + *text))) << state.check << path;
        }
    }
  }
  EXPECT_GT(passed, 50U);
}

/// The way of `sekisho check`: what it prints for a state is what its judge says, whatever the
/// form.
TEST(WindowsStates, AreReportedAsTheyAreJudged) {
  const auto content = load_guideline(embedded_guideline(), "windows");
  ASSERT_TRUE(content);
  std::size_t compared = 0;
  for (const State& state : states()) {
    const Feeds& dates = feeds(state.old_dates);
    const SubjectId subject = windows_subject(state.facts);
    const WindowsLook look = collect_windows(state.facts, *content, dates, subject, kNow);
    const Assessment assessment =
        assess(*content, look.evidence, {subject, {}, {}, kNow, Calendar::utc()});
    const Report report{*content, assessment, {}, "test", {}, "windows"};
    const auto read = parse_json("report", report_json(report), {std::size_t{16} << 20U});
    ASSERT_TRUE(read);
    std::map<std::string, json::object> shown;
    for (const json::value& one : read->root.at("checks").as_array())
      shown[std::string(one.at("id").as_string())] = one.as_object();
    const std::string text = report_text(report, {Lang::en, false, 1'000'000});
    for (const WindowsFinding& found : judge_windows(state.facts, *content, dates, kNow)) {
      const json::object& check = shown.at(std::string(found.check));
      const Judgement judged = judgement_of(found.finding);
      EXPECT_EQ(check.at("verdict").as_string(), name(judged.verdict())) << state.shows;
      EXPECT_EQ(check.at("fact").at("en").as_string(), judged.detail().en) << state.shows;
      EXPECT_THAT(text, HasSubstr(judged.detail().en)) << found.check << ": " << state.shows;
      EXPECT_EQ(std::ranges::count(look.unread, found.check) > 0, found.unread) << found.check;
      ++compared;
    }
    EXPECT_EQ(shown.at(state.check).at("verdict").as_string(), name(state.is)) << state.shows;
    EXPECT_EQ(shown.at("sudo-passwordless").at("verdict").as_string(), "not_applicable");
    EXPECT_EQ(shown.at("backup-tool").at("verdict").as_string(), "unknown");
  }
  EXPECT_GT(compared, 200U * 30U);
}

/// What a person on Windows is told to type is of Windows.
TEST(WindowsStates, AreMendedByStepsOfWindows) {
  const auto content = load_guideline(embedded_guideline(), "windows");
  ASSERT_TRUE(content);
  const auto linux_only = [](const std::vector<Step>& steps) {
    return std::ranges::any_of(steps, [](const Step& step) {
      return !step.kinds.empty() || step.command.starts_with("sudo") ||
             step.command.contains("apt") || step.command.contains("/etc/");
    });
  };
  for (const CheckSpec& check : content->checks)
    EXPECT_FALSE(check.concerns("windows") && linux_only(check.fix)) << check.id;
  std::size_t commands = 0;
  for (const Measure& measure : content->measures) {
    EXPECT_FALSE(linux_only(measure.steps)) << measure.id;
    for (const Step& step : measure.steps)
      if (!step.command.empty()) ++commands;
  }
  EXPECT_GT(commands, 0U) << "a measure has the commands of its checks";
  EXPECT_TRUE(std::ranges::any_of(guideline().checks, [&](const CheckSpec& check) {
    return linux_only(check.fix);
  })) << "elsewhere they are those of Linux";
}

bool decided(Verdict verdict) {
  return verdict == Verdict::pass || verdict == Verdict::not_applicable;
}

/// Each wanted value, made one that may not be read, on each machine: nothing that didn't pass does
/// so now, and each check that a value can turn is unknown without it.
TEST(WindowsStates, AValueThatMayNotBeReadMakesNothingPass) {
  std::size_t turned = 0;
  const std::string person = R"(HKU\S-1-5-21-1-2-3-1001\)";
  for (const State& state : states()) {
    const Finding before = of(state.facts, state.check, state.old_dates);
    WindowsFacts facts = state.facts;
    for (const std::string& wanted : wanted_registry()) {
      const bool of_person = wanted.starts_with(R"(HKU\*\)");
      if (wanted.find('*', of_person ? 5 : 0) != std::string::npos) continue;
      const std::string path = of_person ? person + wanted.substr(6) : wanted;
      const auto hidden = facts.registry.extract(path);
      const bool added = facts.unread.insert(path).second;
      const Finding after = of(facts, state.check, state.old_dates);
      EXPECT_TRUE(!decided(after.verdict) || decided(before.verdict))
          << state.check << ": " << state.shows << " without " << path << ": " << after.fact.en;
      if (!hidden.empty() && decided(before.verdict) && after.verdict == Verdict::unknown) ++turned;
      if (!hidden.empty()) facts.registry[hidden.key()] = hidden.mapped();
      if (added) facts.unread.erase(path);
    }
  }
  EXPECT_GT(turned, 80U);
}

/// Each part of the facts, taken away.
TEST(WindowsStates, APartThatCouldNotBeReadMakesNothingPass) {
  const json::object sound = parse_json("", file("sound.json"))->root.as_object();
  for (const State& state : states()) {
    const Finding before = of(state.facts, state.check, state.old_dates);
    const json::object machine = parse_json("", write_windows_facts(state.facts))->root.as_object();
    for (const auto& [part, value] : machine) {
      if (part == "computer" || part == "people" || part == "wifi_device" || part == "unread")
        continue;
      json::object less = machine;
      less.erase(part);
      if (part == "registry") less["registry"] = json::object();
      const Finding after =
          of(*read_windows_facts(json::serialize(less)), state.check, state.old_dates);
      // Defender answers for itself, as it has to on servers.
      if (part == "antivirus" && state.check.starts_with("antivirus")) continue;
      EXPECT_TRUE(!decided(after.verdict) || decided(before.verdict))
          << state.check << ": " << state.shows << " without " << std::string_view(part) << ": "
          << before.fact.en << " -> " << after.fact.en;
    }
  }
}

}  // namespace
}  // namespace sekisho
