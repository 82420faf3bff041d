// SPDX-License-Identifier: Apache-2.0
// States that Windows documents, one a line (tests/windows/states.yaml): the sound machine with one
// thing changed. And what holds for all of them: what can't be read makes nothing pass.
#include <algorithm>
#include <array>
#include <map>
#include <set>

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
/// form. One report tells a state of each check.
TEST(WindowsStates, AreReportedAsTheyAreJudged) {
  const auto content = load_guideline(embedded_guideline(), "windows");
  ASSERT_TRUE(content);
  const SubjectId subject = windows_subject(states().front().facts);
  std::vector<std::map<std::string, const State*>> rounds;
  for (const State& state : states()) {
    auto round =
        std::ranges::find_if(rounds, [&](const auto& one) { return !one.contains(state.check); });
    if (round == rounds.end()) round = rounds.emplace(round);
    round->emplace(state.check, &state);
  }
  std::size_t compared = 0;
  for (const auto& round : rounds) {
    std::map<std::string, Evidence> told;
    for (const auto& [check, state] : round) {
      WindowsLook look =
          collect_windows(state->facts, *content, feeds(state->old_dates), subject, kNow);
      for (Evidence& one : look.evidence)
        if (one.check == check || !round.contains(one.check)) told.insert_or_assign(one.check, one);
    }
    std::vector<Evidence> evidence;
    for (auto& [check, one] : told) evidence.push_back(std::move(one));
    const Assessment assessment =
        assess(*content, evidence, {subject, {}, {}, kNow, Calendar::utc()});
    const Report report{*content, assessment, {}, "test", {}, "windows"};
    const auto read = parse_json("report", report_json(report), {std::size_t{16} << 20U});
    ASSERT_TRUE(read);
    std::map<std::string, json::object> shown;
    for (const json::value& one : read->root.at("checks").as_array())
      shown[std::string(one.at("id").as_string())] = one.as_object();
    const std::string text = report_text(report, {Lang::en, false, 1'000'000});
    for (const auto& [id, state] : round) {
      const json::object& check = shown.at(id);
      const Judgement judged = judgement_of(of(state->facts, id, state->old_dates));
      EXPECT_EQ(judged.verdict(), state->is) << state->shows;
      EXPECT_EQ(check.at("verdict").as_string(), name(judged.verdict())) << state->shows;
      EXPECT_EQ(check.at("fact").at("en").as_string(), judged.detail().en) << state->shows;
      EXPECT_THAT(text, HasSubstr(judged.detail().en)) << id << ": " << state->shows;
      ++compared;
    }
    EXPECT_EQ(shown.at("sudo-passwordless").at("verdict").as_string(), "not_applicable");
    EXPECT_EQ(shown.at("backup-tool").at("verdict").as_string(), "unknown");
  }
  EXPECT_EQ(compared, states().size());
}

/// On one machine all its checks: each is told as it is judged, and so is what was left unread.
TEST(WindowsStates, AreToldOfAsOneMachine) {
  const auto content = load_guideline(embedded_guideline(), "windows");
  ASSERT_TRUE(content);
  WindowsFacts facts = states().front().facts;
  for (const bool unread : {false, true}) {
    if (unread) facts.searched_at.reset();
    const WindowsLook look =
        collect_windows(facts, *content, feeds(false), windows_subject(facts), kNow);
    const auto findings = judge_windows(facts, *content, feeds(false), kNow);
    EXPECT_GT(findings.size(), 30U);
    for (const WindowsFinding& found : findings) {
      const auto one = std::ranges::find(look.evidence, found.check, &Evidence::check);
      ASSERT_NE(one, look.evidence.end()) << found.check;
      const Judgement judged = judgement_of(found.finding);
      EXPECT_EQ(one->verdict(), judged.verdict()) << found.check;
      EXPECT_EQ(one->detail().en, judged.detail().en) << found.check;
      EXPECT_EQ(std::ranges::count(look.unread, found.check) > 0, found.unread) << found.check;
    }
    EXPECT_EQ(look.unread.empty(), !unread);
  }
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

/// The person whose part of the registry the machines have.
constexpr std::string_view kSignedIn = R"(HKU\S-1-5-21-1-2-3-1001\)";

/// What a judge that asked for `asked` may find otherwise without.
class Turning {
 public:
  Turning(const AskedPaths& asked, const WindowsFacts& facts) : asked_(asked) {
    for (const std::string& one : asked)
      if (one.ends_with('\\')) keys_.push_back(one);
    std::map<std::string, std::size_t> of_hive;
    for (const auto& [path, value] : facts.registry) ++of_hive[lower(hive(path))];
    for (const auto& [name, count] : of_hive)
      if (count < 3) bare_.insert(name);
  }

  /// It asked for it, or for all below a key; or little else is known of its hive, or of the
  /// person.
  bool by(const std::string& path) const {
    return asked_.contains(path) ||
           std::ranges::any_of(
               keys_, [&](const std::string& key) { return RegistryOrder::starts(path, key); }) ||
           (!bare_.empty() && bare_.contains(lower(hive(path))));
  }

 private:
  static std::string hive(const std::string& path) {
    return path.substr(0, path.find('\\', path.find('\\') + 1) + 1);
  }

  const AskedPaths& asked_;
  std::vector<std::string> keys_;
  std::set<std::string> bare_;
};

/// Each wanted value that a judge asked for, made one that may not be read, on each machine:
/// nothing that didn't pass does so now, and each check that a value can turn is unknown without
/// it.
TEST(WindowsStates, AValueThatMayNotBeReadMakesNothingPass) {
  std::size_t turned = 0;
  std::size_t tried = 0;
  for (const State& state : states()) {
    AskedPaths asked;
    const auto found = judge_windows_check(state.check, state.facts, guideline(),
                                           feeds(state.old_dates), kNow, &asked);
    ASSERT_TRUE(found);
    const bool before = decided(found->verdict);
    WindowsFacts facts = state.facts;
    // By these the machine is named, whoever asks.
    for (const char* name : {"ProductName", "CurrentBuildNumber", "DisplayVersion", "UBR"})
      asked.insert(std::string(R"(HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\)") + name);
    const Turning turning(asked, facts);
    for (const std::string& wanted : wanted_registry()) {
      const bool of_person = wanted.starts_with(R"(HKU\*\)");
      if (wanted.find('*', of_person ? 5 : 0) != std::string::npos) continue;
      const std::string path = of_person ? std::string(kSignedIn) + wanted.substr(6) : wanted;
      if (!turning.by(path)) continue;
      // Where it passes, what wasn't there can make it no better; it is of interest what turns it.
      if (before && !facts.registry.contains(path)) continue;
      ++tried;
      const auto hidden = facts.registry.extract(path);
      const bool added = facts.unread.insert(path).second;
      const Finding after = of(facts, state.check, state.old_dates);
      EXPECT_TRUE(!decided(after.verdict) || before)
          << state.check << ": " << state.shows << " without " << path << ": " << after.fact.en;
      if (!hidden.empty() && before && after.verdict == Verdict::unknown) ++turned;
      if (!hidden.empty()) facts.registry[hidden.key()] = hidden.mapped();
      if (added) facts.unread.erase(path);
    }
  }
  EXPECT_GT(turned, 80U);
  EXPECT_GT(tried, 2000U);
}

/// A part of the facts, how it is taken away, and put back from another.
struct Part {
  std::string_view name;
  void (*take)(WindowsFacts&);
  void (*put)(WindowsFacts&, const WindowsFacts&);
};
template <auto Field>
constexpr Part part(std::string_view name) {
  return {name, [](WindowsFacts& facts) { (facts.*Field).reset(); },
          [](WindowsFacts& facts, const WindowsFacts& from) { facts.*Field = from.*Field; }};
}
constexpr std::array kParts{
    Part{"registry", [](WindowsFacts& facts) { facts.registry.clear(); },
         [](WindowsFacts& facts, const WindowsFacts& from) { facts.registry = from.registry; }},
    part<&WindowsFacts::antivirus>("antivirus"),
    part<&WindowsFacts::firewall_products>("firewall_products"),
    part<&WindowsFacts::defender>("defender"),
    part<&WindowsFacts::system_drive>("system_drive"),
    part<&WindowsFacts::drives>("drives"),
    part<&WindowsFacts::firewall>("firewall"),
    part<&WindowsFacts::open_rules>("open_rules"),
    part<&WindowsFacts::administrators>("administrators"),
    part<&WindowsFacts::without_password>("without_password"),
    part<&WindowsFacts::guest>("guest"),
    part<&WindowsFacts::shortest_password>("shortest_password"),
    part<&WindowsFacts::tries>("tries"),
    part<&WindowsFacts::lockout>("lockout"),
    part<&WindowsFacts::listening>("listening"),
    part<&WindowsFacts::shares>("shares"),
    part<&WindowsFacts::winhttp_proxy>("winhttp_proxy"),
    part<&WindowsFacts::wifi>("wifi"),
    part<&WindowsFacts::wifi_connected>("wifi_connected"),
    part<&WindowsFacts::missing_updates>("missing_updates"),
    part<&WindowsFacts::hidden_updates>("hidden_updates"),
    part<&WindowsFacts::searched_at>("searched_at"),
    part<&WindowsFacts::patched_at>("patched_at"),
    part<&WindowsFacts::sleep>("sleep"),
    part<&WindowsFacts::audited>("audited"),
    part<&WindowsFacts::programs>("programs"),
    part<&WindowsFacts::running>("running"),
};

/// A recording without a part is read as a machine without it.
TEST(WindowsStates, APartThatARecordingLacksIsNotKnown) {
  const json::object sound = parse_json("", file("sound.json"))->root.as_object();
  for (const auto& [key, value] : sound) {
    if (key == "computer" || key == "people" || key == "wifi_device" || key == "recorded_at")
      continue;
    const auto* one = std::ranges::find(kParts, std::string_view(key), &Part::name);
    ASSERT_NE(one, kParts.end()) << std::string_view(key);
    json::object less = sound;
    less.erase(key);
    if (key == "registry") less["registry"] = json::object();
    WindowsFacts taken = *read_windows_facts(json::serialize(sound));
    one->take(taken);
    const auto read = read_windows_facts(json::serialize(less));
    ASSERT_TRUE(read) << one->name;
    EXPECT_EQ(write_windows_facts(*read), write_windows_facts(taken)) << one->name;
    EXPECT_NE(write_windows_facts(*read), json::serialize(sound)) << one->name;
  }
}

/// Each part of the facts, taken away, where something stands against the machine.
TEST(WindowsStates, APartThatCouldNotBeReadMakesNothingPass) {
  for (const State& state : states()) {
    const Finding before = of(state.facts, state.check, state.old_dates);
    if (decided(before.verdict)) continue;
    WindowsFacts less = state.facts;
    for (const Part& one : kParts) {
      // Defender answers for itself, as it has to on servers.
      if (one.name == "antivirus" && state.check.starts_with("antivirus")) continue;
      one.take(less);
      const Finding after = of(less, state.check, state.old_dates);
      one.put(less, state.facts);
      EXPECT_TRUE(!decided(after.verdict))
          << state.check << ": " << state.shows << " without " << one.name << ": " << before.fact.en
          << " -> " << after.fact.en;
    }
  }
}

}  // namespace
}  // namespace sekisho
