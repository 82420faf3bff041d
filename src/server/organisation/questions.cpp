// SPDX-License-Identifier: Apache-2.0
#include "server/organisation/questions.h"

#include <algorithm>
#include <map>
#include <tuple>

#include <fmt/format.h>

#include "server/api/fields.h"
#include "server/api/sealed.h"
#include "server/organisation/handlers.h"
#include "server/outbox/outbox.h"

namespace sekisho {
namespace {

namespace json = boost::json;

constexpr std::chrono::days kTimeToAnswer{14};
constexpr std::chrono::days kAhead{3};
constexpr std::chrono::days kBetween{7};

std::optional<PersonId> owner_of(const json::value& assignment) {
  const json::object* given = assignment.if_object();
  const json::object* person = given == nullptr ? nullptr : given->at("person").if_object();
  if (person == nullptr) return std::nullopt;
  return PersonId(person->at("id").as_int64());
}

/// The day of one question: its own where it was given one, else that of all.
std::string due_of(const View& view, const AskedQuestion& question, Day all) {
  const std::string own = view.due(question.spec->id);
  return own.empty() ? format_day(all) : own;
}

bool is_open(const View& view, const AskedQuestion& question) {
  return view.board().fleet().tally(question.spec->id).verdict() == Verdict::unknown;
}

std::vector<AskedQuestion> questions_of(const View& view) {
  return questions_that_apply(view.board().guideline(), view.organisation().methods,
                              view.organisation().situations);
}

Outcome list_questions(Call& call) {
  const auto due = questions_due(call.db, call.who.person);
  if (!due) return broken(due.error());
  return with_view(call, [&](const View& view) -> Outcome {
    json::array items;
    std::string first;
    for (const AskedQuestion& question : questions_of(view)) {
      json::object one = view.check(*question.spec);
      const bool mine =
          is_asked(question, owner_of(one["assignment"]), call.who.person, call.who.roles);
      if (!mine && !call.who.sees_all()) continue;
      one["role"] = name(question.role);
      one["category"] = std::string(1, question.category);
      one["priority"] = name(question.priority);
      one["mine"] = mine;
      const std::string by = due_of(view, question, *due);
      one["due"] = by;
      if (mine && is_open(view, question) && (first.empty() || by < first)) first = by;
      items.emplace_back(std::move(one));
    }
    return reply_json(json::object{{"items", std::move(items)},
                                   {"due", first.empty() ? format_day(*due) : first}});
  });
}

/// Somebody who manages, and where they are with their questions.
struct Asked {
  PersonId id;
  std::set<std::string, std::less<>> roles;
  std::optional<std::pair<Day, std::string>> round;  // due, and the day to remind them on
};

/// Who came, and who is to be reminded.
Result<std::vector<Asked>> to_be_told(Database& db, Day today) {
  const auto rows = db.query(
      "SELECT p.id, p.roles, q.due, q.remind FROM person p LEFT JOIN question_round q ON "
      "q.person_id = p.id WHERE p.state = 'active' AND (p.roles LIKE '%administrator%' OR p.roles "
      "LIKE '%executive%') AND (q.remind IS NULL OR q.remind <= ?) AND NOT " +
          only_sealed("p"),
      {format_day(today)});
  if (!rows) return std::unexpected(rows.error());
  std::vector<Asked> list;
  for (const Row& row : *rows) {
    Asked one{row.id<PersonId>(0), {}, {}};
    const std::string roles = row.text(1);
    for (const std::string_view role : words(roles)) one.roles.emplace(role);
    if (!row.null(2)) one.round = {parse_day(row.text(2)).value_or(today), row.text(3)};
    list.push_back(std::move(one));
  }
  return list;
}

/// What is open of each person's, by who has what.
struct Open {
  std::vector<AskedQuestion> questions;
  std::map<std::string, PersonId, std::less<>> owners;

  std::size_t of(const Asked& one) const {
    return static_cast<std::size_t>(
        std::ranges::count_if(questions, [&](const AskedQuestion& question) {
          const auto owner = owners.find(question.spec->id);
          return is_asked(question,
                          owner == owners.end() ? std::nullopt : std::optional(owner->second),
                          one.id, one.roles);
        }));
  }
};

Result<Open> open_questions(const Shop& shop, Database& db) {
  const auto kept = settings(db);
  if (!kept) return std::unexpected(kept.error());
  const Organisation organisation = organisation_of(shop.guideline, *kept);
  const auto standing = shop.board.look(db);
  if (!standing) return std::unexpected(standing.error());
  const auto rows = db.query(
      "SELECT a.item, a.person_id FROM assignment a JOIN person p ON p.id = a.person_id WHERE "
      "p.state = 'active'");
  if (!rows) return std::unexpected(rows.error());
  Open open;
  for (const Row& row : *rows) open.owners.emplace(row.text(0), row.id<PersonId>(1));
  open.questions =
      questions_that_apply(shop.guideline, organisation.methods, organisation.situations);
  std::erase_if(open.questions, [&](const AskedQuestion& question) {
    return (*standing)->fleet().tally(question.spec->id).verdict() != Verdict::unknown;
  });
  return open;
}

/// The day to answer by, and the next to be reminded on.
struct Round {
  Day due;
  Day remind;
};

Round next_round(const Asked& one, std::size_t open, Day today) {
  if (!one.round || open == 0) {
    // What runs out later is asked for anew, with time to answer.
    const Day due = today + kTimeToAnswer;
    return {due, one.round ? today + kBetween : due - kAhead};
  }
  const Day due = one.round->first;
  if (today < due) return {due, due + std::chrono::days(1)};
  return {due, today + kBetween};
}

Result<void> tell_of_questions(Database& db, Time now, const Asked& one, std::size_t open,
                               const Round& round, Day today) {
  const std::string day = format_day(round.due);
  const bool late = today > round.due;
  return tell_person(
      db, now, one.id, "questions",
      {late ? "回答期限が過ぎた質問があります" : "テレワークのセキュリティについての質問があります",
       late ? "Questions are overdue" : "Questions on telework security"},
      {fmt::format("あなたに答えてほしい質問が {} 件あります。{} までにお答えください。\n"
                   "一問ずつ、はい・いいえで答えます。分からない質問は、知っている人に回せます。\n",
                   open, day),
       fmt::format("{} for you; please answer by {}.\n"
                   "One at a time, with yes or no. What someone else knows can be handed on.\n",
                   open == 1 ? "1 question waits" : fmt::format("{} questions wait", open), day)},
      "/questions");
}

/// Moves a person's round on, once whatever many servers look at it.
Result<bool> move_round(Database& db, const Asked& one, const Round& round) {
  const auto moved =
      one.round ? db.query(
                      "UPDATE question_round SET due = ?, remind = ? WHERE person_id = ? AND "
                      "remind = ? RETURNING person_id",
                      {format_day(round.due), format_day(round.remind), one.id, one.round->second})
                : db.query(
                      "INSERT INTO question_round (person_id, due, remind) VALUES (?, ?, ?) "
                      "ON CONFLICT (person_id) DO NOTHING RETURNING person_id",
                      {one.id, format_day(round.due), format_day(round.remind)});
  if (!moved) return std::unexpected(moved.error());
  return !moved->empty();
}

}  // namespace

std::vector<AskedQuestion> questions_that_apply(const Guideline& guideline,
                                                const std::vector<const Method*>& methods,
                                                const Situations& situations) {
  std::vector<AskedQuestion> list;
  const auto add = [&](const Requirement& requirement, Role role, Priority priority) {
    for (const std::string& id : requirement.checks) {
      const CheckSpec* spec = guideline.check(id);
      if (!spec->asked) continue;
      const auto there = std::ranges::find(list, spec, &AskedQuestion::spec);
      if (there == list.end())
        list.push_back({spec, role, requirement.category, priority});
      else
        there->priority = std::min(there->priority, priority);
    }
  };
  const auto applies = [&](const auto& requirement) {
    return applicability(guideline, requirement, methods, situations).applies;
  };
  for (const Measure& measure : guideline.measures)
    if (applies(measure)) add(measure, measure.role, measure.priority());
  for (const HandbookItem& item : guideline.handbook)
    if (applies(item)) add(item, Role::administrator, item.stated);
  std::ranges::stable_sort(list, {}, [](const AskedQuestion& question) {
    return std::tuple(question.role, question.category, question.priority);
  });
  return list;
}

bool is_asked(const AskedQuestion& question, std::optional<PersonId> owner, PersonId person,
              const std::set<std::string, std::less<>>& roles) {
  if (owner) return *owner == person;
  return roles.contains(question.role == Role::executive ? "executive" : "administrator");
}

json::object my_questions(const View& view, const Identity& who, Day due) {
  std::int64_t all = 0;
  std::int64_t open = 0;
  std::string first;
  for (const AskedQuestion& question : questions_of(view)) {
    if (!is_asked(question, owner_of(view.assignment(question.spec->id)), who.person, who.roles))
      continue;
    ++all;
    if (!is_open(view, question)) continue;
    ++open;
    const std::string by = due_of(view, question, due);
    if (first.empty() || by < first) first = by;
  }
  return {{"all", all}, {"open", open}, {"due", first.empty() ? format_day(due) : first}};
}

Result<Day> questions_due(Database& db, PersonId person) {
  const auto calendar = calendar_of(db);
  if (!calendar) return std::unexpected(calendar.error());
  const auto rows = db.query(
      "SELECT q.due, p.created_at FROM person p LEFT JOIN question_round q ON q.person_id = p.id "
      "WHERE p.id = ?",
      {person});
  if (!rows) return std::unexpected(rows.error());
  if (rows->empty()) return Day();
  const Row& row = rows->front();
  const Day first = calendar->day(row.time(1)) + kTimeToAnswer;
  return row.null(0) ? first : parse_day(row.text(0)).value_or(first);
}

Result<void> remind_of_questions(const Shop& shop, Database& db, Time now) {
  const auto calendar = calendar_of(db);
  if (!calendar) return std::unexpected(calendar.error());
  const Day today = calendar->day(now);
  const auto people = to_be_told(db, today);
  if (!people) return std::unexpected(people.error());
  if (people->empty()) return {};
  const auto open = open_questions(shop, db);
  if (!open) return std::unexpected(open.error());
  for (const Asked& one : *people) {
    const std::size_t count = open->of(one);
    const Round round = next_round(one, count, today);
    const auto done = db.write([&]() -> Result<void> {
      const auto moved = move_round(db, one, round);
      if (!moved) return std::unexpected(moved.error());
      if (!*moved || count == 0) return {};
      return tell_of_questions(db, now, one, count, round, today);
    });
    if (!done) return done;
  }
  return {};
}

void add_questions(Handlers& handlers) { handlers.insert({{"listQuestions", list_questions}}); }

}  // namespace sekisho
