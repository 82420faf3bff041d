// SPDX-License-Identifier: Apache-2.0
#include "server/organisation/decisions.h"

#include <algorithm>
#include <tuple>

#include "server/api/effort.h"
#include "server/organisation/handlers.h"

namespace sekisho {
namespace {

namespace json = boost::json;

const Measure* as_measure(const Guideline& guideline, const Requirement& requirement) {
  return guideline.measure(requirement.ascii);
}

bool is_for_executives(const Guideline& guideline, const FleetAction& action) {
  return std::ranges::any_of(action.serves, [&](const Requirement* served) {
    const Measure* measure = as_measure(guideline, *served);
    return measure != nullptr && measure->role == Role::executive;
  });
}

Owner owner_in(const json::value& assignment) {
  Owner owner;
  const json::object* given = assignment.if_object();
  if (given == nullptr) return owner;
  if (const json::object* person = given->at("person").if_object())
    owner.person = std::string(person->at("name").as_string());
  if (given->at("due").is_string()) owner.due = std::string(given->at("due").as_string());
  return owner;
}

/// Who has the check, or one of the measures that it serves.
Owner owner_of(const View& view, const FleetAction& action) {
  Owner owner = owner_in(view.assignment(action.check->id));
  for (const Requirement* served : action.serves) {
    if (!owner.person.empty()) break;
    Owner other = owner_in(view.assignment(served->ascii));
    // Without an owner there either, the first day that was given stays.
    if (other.person.empty() && !owner.due.empty()) continue;
    owner = std::move(other);
  }
  return owner;
}

/// Whether one of the measures behind it would have stopped the case.
bool would_stop(const Guideline& guideline, const FleetAction& action, const Incident& incident) {
  return std::ranges::any_of(action.serves, [&](const Requirement* served) {
    const Measure* measure = as_measure(guideline, *served);
    return measure != nullptr &&
           std::ranges::find(incident.measures, measure->id) != incident.measures.end();
  });
}

/// Of the cases that it would have stopped the one that is most like it: a measure counters more
/// than one threat, and a case of another one would say nothing of this risk.
const Incident* case_of(const Guideline& guideline, const FleetAction& action) {
  const auto shared = [&](const Incident& incident) {
    return std::ranges::count_if(incident.threats, [&](const std::string& threat) {
      return std::ranges::find(action.check->threats, threat) != action.check->threats.end();
    });
  };
  const Incident* nearest = nullptr;
  for (const Incident& incident : guideline.incidents)
    if (would_stop(guideline, action, incident) &&
        (nearest == nullptr || shared(incident) > shared(*nearest)))
      nearest = &incident;
  return nearest;
}

template <typename T>
std::optional<Day> since(const Standing& board, const std::vector<T>& all, const T& one,
                         const std::vector<Status> DayStanding::* statuses) {
  const auto place = static_cast<std::size_t>(&one - all.data());
  std::optional<Day> first;
  const auto& days = board.days();
  for (std::size_t i = days.size(); i-- > 0;) {
    const std::vector<Status>& then = days[i].*statuses;
    if (place >= then.size() ||
        (then[place] != Status::not_met && then[place] != Status::partly_met))
      break;
    first = days[i].day;
  }
  return first;
}

/// From when on the first of what it serves has not been met.
std::optional<Day> since(const View& view, const FleetAction& action) {
  const Guideline& guideline = view.board().guideline();
  for (const Requirement* served : action.serves) {
    const RequirementRef ref = find_requirement(guideline, served->ascii);
    const auto day =
        ref.item != nullptr
            ? since(view.board(), guideline.handbook, *ref.item, &DayStanding::handbook_status)
            : since(view.board(), guideline.measures, *ref.measure, &DayStanding::measures_status);
    if (day) return day;
  }
  return std::nullopt;
}

/// What is wanted of whoever leads; nothing where it is in good hands.
std::optional<Decision::Wants> wants(const Guideline& guideline, const FleetAction& action,
                                     const Owner& owner, Day today) {
  if (is_for_executives(guideline, action)) return Decision::Wants::word;
  if (!owner.due.empty() && owner.due < format_day(today)) return Decision::Wants::push;
  if (owner.person.empty() && action.priority == Priority::must) return Decision::Wants::owner;
  return std::nullopt;
}

std::string_view name(Decision::Wants wants) {
  switch (wants) {
    case Decision::Wants::word: return "word";
    case Decision::Wants::owner: return "owner";
    case Decision::Wants::push: break;
  }
  return "push";
}

json::value text_or_null(const std::string& text) {
  return text.empty() ? json::value(nullptr) : json::value(text);
}

Outcome list_assignments(Call& call) {
  const auto calendar = calendar_of(call.db);
  if (!calendar) return broken(calendar.error());
  const bool late = call.query("late") == "true";
  return with_view(call, [&](const View& view) -> Outcome {
    json::array items;
    for (const auto& [item, assignment] : view.assignments()) {
      const auto one = handed(view, item, view.due(item), calendar->day(call.now));
      if (!one || (late && !one->late)) continue;
      json::object shown = assignment;
      shown["item"] = item;
      shown["asked"] = one->asked;
      shown["done"] = one->done;
      shown["late"] = one->late;
      items.emplace_back(std::move(shown));
    }
    return reply_json(json::object{{"items", std::move(items)}});
  });
}

}  // namespace

std::vector<Decision> decisions(const View& view, Day today) {
  const Guideline& guideline = view.board().guideline();
  std::vector<Decision> list;
  const auto add = [&](const FleetAction& action, Decision::Wants wanted, Degree effort,
                       Owner owner) {
    list.push_back({action.check, wanted, effort, action.priority, case_of(guideline, action),
                    std::move(owner), since(view, action)});
  };
  const auto in_state = [&](Verdict verdict) {
    return actions(guideline, view.board().fleet(), verdict, view.organisation().methods,
                   view.organisation().situations);
  };
  for (const FleetAction& action : in_state(Verdict::fail)) {
    Owner owner = owner_of(view, action);
    if (const auto wanted = wants(guideline, action, owner, today))
      add(action, *wanted, effort_of(action), std::move(owner));
  }
  // What nobody knows yet is a decision once its day has passed: all that Home counts as overdue.
  for (const FleetAction& action : in_state(Verdict::unknown)) {
    Owner owner = owner_of(view, action);
    if (!owner.due.empty() && owner.due < format_day(today))
      add(action, Decision::Wants::push, Degree::low, std::move(owner));  // to find out
  }
  std::ranges::stable_sort(list, {},
                           [](const Decision& one) { return std::tuple(one.priority, one.wants); });
  if (list.size() > kMostDecisions) list.resize(kMostDecisions);
  return list;
}

json::array decisions_json(const std::vector<Decision>& list) {
  json::array all;
  for (const Decision& one : list)
    all.emplace_back(json::object{
        {"id", one.check->id},
        {"wants", name(one.wants)},
        {"wanted", json_text(words(one.wants))},
        {"effort", json_text(effort_words(one.effort))},
        {"priority", name(one.priority)},
        {"case", one.like == nullptr ? json::value(nullptr) : json::value(one.like->number)},
        {"owner", text_or_null(one.owner.person)},
        {"due", text_or_null(one.owner.due)},
        {"since", one.since ? json::value(format_day(*one.since)) : json::value(nullptr)}});
  return all;
}

std::optional<Handed> handed(const View& view, const std::string& item, const std::string& due,
                             Day today) {
  const Guideline& guideline = view.board().guideline();
  const Fleet& fleet = view.board().fleet();
  Handed one{item, false, false, false};
  const CheckSpec* spec = guideline.check(item);
  if (spec == nullptr) spec = view.board().clouds().check(item);
  if (spec != nullptr) {
    const Verdict verdict = fleet.tally(item).verdict();
    one.asked = spec->asked;
    one.done = verdict == Verdict::pass || verdict == Verdict::not_applicable;
  } else if (const RequirementRef ref = find_requirement(guideline, item); ref.get() != nullptr) {
    const bool applies =
        ref.item != nullptr ? view.applies(*ref.item).applies : view.applies(*ref.measure).applies;
    if (!applies) return std::nullopt;
    const Status status = fold(fleet, *ref.get());
    one.done = status == Status::met || status == Status::not_applicable;
  } else {
    return std::nullopt;
  }
  one.late = !one.done && !due.empty() && due < format_day(today);
  return one;
}

std::int64_t late_items(const View& view, Day today) {
  return std::ranges::count_if(view.assignments(), [&](const auto& entry) {
    const auto one = handed(view, entry.first, view.due(entry.first), today);
    return one && one->late;
  });
}

void add_assignments(Handlers& handlers) {
  handlers.insert({{"listAssignments", list_assignments}});
}

}  // namespace sekisho
