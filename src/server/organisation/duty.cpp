// SPDX-License-Identifier: Apache-2.0
#include "server/organisation/duty.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "server/api/fields.h"

namespace sekisho {
namespace {

namespace json = boost::json;

constexpr std::array<std::pair<std::string_view, Said>, 3> kSaid{
    {{"unknown", Said::unknown}, {"yes", Said::yes}, {"no", Said::no}}};

std::string_view name(Said said) {
  return std::ranges::find(kSaid, said, &std::pair<std::string_view, Said>::second)->first;
}

std::string_view name(DutyState state) {
  switch (state) {
    case DutyState::due: return "due";
    case DutyState::free: return "free";
    case DutyState::unknown: break;
  }
  return "unknown";
}

/// With the day of knowing as the first: the fifth day is four later.
Day nth(Day known, int number) { return known + std::chrono::days(number - 1); }

json::value day_or_null(const std::optional<Day>& day) {
  return day ? json::value(format_day(*day)) : json::value(nullptr);
}

std::optional<Day> read_day(const Node& node, std::string_view key) {
  const auto found = node.find(key);
  if (!found) return std::nullopt;
  const auto day = parse_day(clean_text(*found, 20));
  if (!day) found->report("日付は 2027-03-31 の形です。", "a day looks like 2027-03-31.");
  return day;
}

}  // namespace

DutyClock duty_clock(const Duty& duty, const DutyAnswers& answers, Day reported) {
  using Kind = DutyQuestion::Kind;
  const auto any = [&](auto wanted, Said said) {
    return std::ranges::any_of(duty.questions, [&](const DutyQuestion& one) {
      const auto found = answers.questions.find(one.id);
      return wanted(one.kind) &&
             (found == answers.questions.end() ? Said::unknown : found->second) == said;
    });
  };
  const auto is = [](Kind kind) { return [kind](Kind one) { return one == kind; }; };
  const auto is_case = [](Kind one) { return one == Kind::duty || one == Kind::ill; };
  DutyClock clock;
  clock.known = answers.known.value_or(reported);
  clock.preliminary_from = nth(clock.known, duty.preliminary_from);
  clock.preliminary = nth(clock.known, duty.preliminary);
  clock.final_report =
      nth(clock.known, any(is(Kind::ill), Said::yes) ? duty.final_ill : duty.final_days);
  clock.entrusted = any(is(Kind::entrusted), Said::yes);
  const bool lifted = any(is(Kind::leak), Said::no) || any(is(Kind::exempt), Said::yes);
  const bool no_case = !any(is_case, Said::yes) && !any(is_case, Said::unknown);
  if (lifted || no_case)
    clock.state = DutyState::free;
  else if (any(is_case, Said::yes))
    clock.state = DutyState::due;
  return clock;
}

std::optional<Deadline> next_deadline(const DutyClock& clock, const DutyAnswers& answers) {
  if (clock.state == DutyState::free || answers.final_report) return std::nullopt;
  const bool certain = clock.state == DutyState::due;
  if (!answers.preliminary) return Deadline{true, certain, clock.preliminary};
  return Deadline{false, certain, clock.final_report};
}

Result<std::vector<OpenDeadline>> open_deadlines(Database& db, const Duty& duty,
                                                 const Calendar& calendar) {
  const auto rows =
      db.query("SELECT id, kind, at, duty FROM incident WHERE state = 'open' ORDER BY id");
  if (!rows) return std::unexpected(rows.error());
  std::vector<OpenDeadline> list;
  for (const Row& row : *rows) {
    const DutyAnswers answers = answers_kept(row.text(3));
    const DutyClock clock = duty_clock(duty, answers, calendar.day(row.time(2)));
    if (const auto next = next_deadline(clock, answers))
      list.push_back({row.id<IncidentId>(0), row.text(1), *next});
  }
  std::ranges::stable_sort(list, {}, [](const OpenDeadline& one) { return one.deadline.day; });
  return list;
}

std::string kept_text(const DutyAnswers& answers) {
  json::object questions;
  for (const auto& [id, said] : answers.questions) questions[id] = name(said);
  return json::serialize(json::object{{"known", day_or_null(answers.known)},
                                      {"answers", std::move(questions)},
                                      {"preliminary", day_or_null(answers.preliminary)},
                                      {"final", day_or_null(answers.final_report)}});
}

DutyAnswers answers_kept(const std::string& text) {
  DutyAnswers answers;
  if (text.empty()) return answers;
  const auto document = parse_json("", text);
  if (!document) return answers;
  std::vector<Error> problems;  // a question that is no more is no longer asked
  const Node node(*document, problems);
  const auto day = [&](std::string_view key) {
    const auto found = node.find(key);
    return found ? parse_day(found->string()) : std::nullopt;
  };
  answers.known = day("known");
  answers.preliminary = day("preliminary");
  answers.final_report = day("final");
  if (const auto said = node.find("answers"))
    for (const auto& [id, value] : said->entries())
      answers.questions[id] = value.one_of<Said>(kSaid);
  return answers;
}

DutyAnswers read_duty_answers(const Node& node) {
  node.only({"known", "answers", "preliminary", "final"});
  DutyAnswers answers;
  answers.known = read_day(node, "known");
  answers.preliminary = read_day(node, "preliminary");
  answers.final_report = read_day(node, "final");
  for (const auto& [id, value] : node.at("answers").entries())
    answers.questions[id] = value.one_of<Said>(kSaid);
  return answers;
}

std::optional<Text> impossible(const DutyAnswers& answers, const Duty& duty, Day today) {
  for (const auto& [id, said] : answers.questions)
    if (duty.question(id) == nullptr)
      return Text{"その質問はありません。", "there is no such question."};
  for (const auto& day : {answers.known, answers.preliminary, answers.final_report})
    if (day && *day > today) return Text{"まだ来ていない日です。", "that day has not come yet."};
  return std::nullopt;
}

std::vector<std::pair<Day, Text>> deadline_lines(const Guideline& guideline,
                                                 const std::vector<OpenDeadline>& open) {
  std::vector<std::pair<Day, Text>> lines;
  for (const OpenDeadline& one : open) {
    const Response* response = guideline.response(one.kind);
    const Text title = response == nullptr ? Text{one.kind, one.kind} : response->title;
    const auto& [preliminary, certain, day] = one.deadline;
    lines.emplace_back(
        day, Text{fmt::format("{}: {}（報告 {}）{}", preliminary ? "速報" : "確報", title.ja,
                              one.incident, certain ? "" : "、報告義務があるか未確認です"),
                  fmt::format("{} report: {} (report {}){}", preliminary ? "Preliminary" : "Final",
                              title.en, one.incident,
                              certain ? "" : "; not known whether there is a duty")});
  }
  return lines;
}

json::object duty_json(const Duty& duty, const DutyAnswers& answers, const DutyClock& clock) {
  json::object questions;
  for (const DutyQuestion& one : duty.questions) {
    const auto found = answers.questions.find(one.id);
    questions[one.id] = name(found == answers.questions.end() ? Said::unknown : found->second);
  }
  return {{"state", name(clock.state)},
          {"entrusted", clock.entrusted},
          {"known", format_day(clock.known)},
          {"known_said", answers.known.has_value()},
          {"answers", std::move(questions)},
          {"preliminary_from", format_day(clock.preliminary_from)},
          {"preliminary_due", format_day(clock.preliminary)},
          {"preliminary", day_or_null(answers.preliminary)},
          {"final_due", format_day(clock.final_report)},
          {"final", day_or_null(answers.final_report)}};
}

}  // namespace sekisho
