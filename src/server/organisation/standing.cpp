// SPDX-License-Identifier: Apache-2.0
// How safe we are: home, history, checklist, measures, single checks, incident cases.
#include <algorithm>
#include <functional>
#include <ranges>

#include <fmt/format.h>

#include "report/report.h"
#include "server/api/fields.h"
#include "server/api/view.h"
#include "server/devices/devices.h"
#include "server/organisation/decisions.h"
#include "server/organisation/duty.h"
#include "server/organisation/handlers.h"

namespace sekisho {
namespace {

namespace json = boost::json;

constexpr std::size_t kHomeActions = 8;  // what to fix first, on one screen

/// Better is higher; what is unknown is better only than what fails.
int rank(Status status) {
  switch (status) {
    case Status::not_met: return 0;
    case Status::unknown: return 1;
    case Status::partly_met: return 2;
    case Status::met: return 3;
    case Status::not_applicable: break;
  }
  return -1;
}

/// The shares of a day's requirements for which `wanted` holds and that apply.
struct DayShares {
  const View& view;

  template <typename Wanted>
  Share measures(const DayStanding& day, Wanted wanted) const {
    const auto& all = view.board().guideline().measures;
    std::vector<Share> shares;
    for (std::size_t i = 0; i < all.size() && i < day.measures.size(); ++i)
      if (wanted(all[i]) && view.applies(all[i]).applies) shares.push_back(day.measures[i]);
    return mean(shares);
  }
  Share handbook(const DayStanding& day, const Method* method) const {
    const auto& all = view.board().guideline().handbook;
    std::vector<Share> shares;
    for (std::size_t i = 0; i < all.size() && i < day.handbook.size(); ++i)
      if (applicability(view.board().guideline(), all[i], method, view.organisation().situations)
              .applies)
        shares.push_back(day.handbook[i]);
    return mean(shares);
  }
};

/// A thing that progress is shown by: its key and its share of a day.
struct Group {
  std::string key;
  std::function<Share(const DayStanding&)> share;
};

std::vector<Group> groups(const View& view, std::string_view by) {
  const Guideline& g = view.board().guideline();
  const DayShares shares{view};
  std::vector<Group> list;
  if (by == "all")
    list.push_back({"all", [shares](const DayStanding& day) {
                      return shares.measures(day, [](const Measure&) { return true; });
                    }});
  if (by == "pillar")
    for (const PillarInfo& pillar : g.pillars)
      list.push_back(
          {std::string(name(pillar.pillar)), [shares, p = pillar.pillar](const DayStanding& day) {
             return shares.measures(day, [p](const Measure& m) { return m.pillar == p; });
           }});
  if (by == "category")
    for (const Category& category : g.categories)
      list.push_back(
          {std::string(1, category.letter), [shares, c = category.letter](const DayStanding& day) {
             return shares.measures(day, [c](const Measure& m) { return m.category == c; });
           }});
  if (by == "role")
    for (const RoleInfo& role : g.roles)
      list.push_back(
          {std::string(name(role.role)), [shares, r = role.role](const DayStanding& day) {
             return shares.measures(day, [r](const Measure& m) { return m.role == r; });
           }});
  if (by == "method")
    for (const Method& method : g.methods)
      list.push_back({method.id, [shares, m = &method](const DayStanding& day) {
                        return shares.handbook(day, m);
                      }});
  return list;
}

json::array groups_json(const View& view, std::string_view by, const DayStanding& day) {
  json::array list;
  for (const Group& group : groups(view, by)) {
    json::object one = json_share(group.share(day));
    one["key"] = group.key;
    list.emplace_back(std::move(one));
  }
  return list;
}

template <typename T>
void note_changes(const View& view, const std::vector<T>& requirements,
                  const std::vector<Status>& before, const std::vector<Status>& after,
                  json::array& into) {
  for (std::size_t i = 0; i < requirements.size() && i < before.size() && i < after.size(); ++i) {
    const int step = rank(after[i]) - rank(before[i]);
    if (step == 0 || rank(after[i]) < 0 || rank(before[i]) < 0 ||
        !view.applies(requirements[i]).applies)
      continue;
    into.emplace_back(json::object{{"id", requirements[i].ascii},
                                   {"better", step > 0},
                                   // Nothing got worse by somebody looking at last.
                                   {"found", before[i] == Status::unknown && step < 0},
                                   {"from", name(before[i])},
                                   {"to", name(after[i])}});
  }
}

/// How many stand how; those that don't apply as not applicable.
template <typename T>
json::object counts_json(T requirements, const View& view) {
  std::map<Status, std::int64_t> counts;
  for (const auto& one : requirements)
    ++counts[view.applies(one).applies ? fold(view.board().fleet(), one) : Status::not_applicable];
  json::object out;
  for (const Status status :
       {Status::met, Status::partly_met, Status::not_met, Status::not_applicable, Status::unknown})
    out[name(status)] = counts[status];
  return out;
}

json::object handbook_counts(const View& view, Priority priority) {
  return counts_json(view.board().guideline().handbook | std::views::filter([&](const auto& item) {
                       return item.stated == priority;
                     }),
                     view);
}

Outcome home(Call& call) {
  const auto calendar = calendar_of(call.db);
  if (!calendar) return broken(calendar.error());
  const Day now = calendar->day(call.now);
  const auto others = call.db.query("SELECT COUNT(*) FROM incident WHERE state = 'open'");
  if (!others) return broken(others.error());
  const auto due = open_deadlines(call.db, call.guideline().duty, *calendar);
  if (!due) return broken(due.error());
  json::array deadlines;
  for (const OpenDeadline& one : *due)
    deadlines.emplace_back(json::object{{"incident", one.incident},
                                        {"kind", one.kind},
                                        {"preliminary", one.deadline.preliminary},
                                        {"certain", one.deadline.certain},
                                        {"day", format_day(one.deadline.day)}});
  return with_view(call, [&](const View& view) -> Outcome {
    const auto registered = registered_devices(call.db, view.board().fleet());
    if (!registered) return broken(registered.error());
    const auto& days = view.board().days();
    const DayStanding& today = days.back();
    const DayStanding& before = days.before(7);
    json::array changes;
    note_changes(view, call.guideline().handbook, before.handbook_status, today.handbook_status,
                 changes);
    note_changes(view, call.guideline().measures, before.measures_status, today.measures_status,
                 changes);
    const auto& organisation = view.organisation();
    const auto to_fix = actions(call.guideline(), view.board().fleet(), Verdict::fail,
                                organisation.methods, organisation.situations);
    const auto to_find = actions(call.guideline(), view.board().fleet(), Verdict::unknown,
                                 organisation.methods, organisation.situations);
    json::array first;
    for (std::size_t i = 0; i < to_fix.size() && i < kHomeActions; ++i)
      first.emplace_back(view.action(to_fix[i]));
    const auto questions = std::ranges::count_if(
        to_find, [](const FleetAction& action) { return action.check->asked; });
    return reply_json(
        json::object{{"as_of", json_time(call.now)},
                     {"machines", registered->devices},
                     {"silent", registered->silent},
                     {"unseen", view.board().fleet().unseen_machines()},
                     {"measures", counts_json(std::views::all(call.guideline().measures), view)},
                     {"must", handbook_counts(view, Priority::must)},
                     {"should", handbook_counts(view, Priority::should)},
                     {"all", groups_json(view, "all", today).front()},
                     {"week_ago", groups_json(view, "all", before).front()},
                     {"since", format_day(before.day)},
                     {"pillars", groups_json(view, "pillar", today)},
                     {"categories", groups_json(view, "category", today)},
                     {"roles", groups_json(view, "role", today)},
                     {"methods", groups_json(view, "method", today)},
                     {"changes", std::move(changes)},
                     {"first", std::move(first)},
                     {"failing", to_fix.size()},
                     {"open_questions", questions},
                     {"open_incidents", others->front().integer(0)},
                     {"deadlines", deadlines},
                     {"decisions", decisions_json(decisions(view, now))},
                     {"overdue", late_items(view, now)}});
  });
}

Outcome history(Call& call) {
  const std::string by = call.query("by").value_or("all");
  return with_view(call, [&](const View& view) -> Outcome {
    const auto list = groups(view, by);
    if (list.empty())
      return problem(422, "by は all・pillar・category・role・method のどれかです。",
                     "by is all, pillar, category, role or method.");
    const auto& days = view.board().days();
    const std::size_t step = days.size() > 120 ? 7 : 1;
    json::array series;
    for (const Group& group : list) {
      json::array points;
      // Counted back from today, so that today is always there.
      for (std::size_t i = (days.size() - 1) % step; i < days.size(); i += step) {
        json::object point = json_share(group.share(days[i]));
        point["day"] = format_day(days[i].day);
        points.emplace_back(std::move(point));
      }
      series.emplace_back(json::object{{"key", group.key}, {"points", std::move(points)}});
    }
    return reply_json(json::object{{"by", by}, {"series", std::move(series)}});
  });
}

std::expected<const Method*, Problem> method_of(const Call& call) {
  const auto wanted = call.query("method");
  if (!wanted) return nullptr;
  const Method* method = call.guideline().method(*wanted);
  if (method == nullptr) return problem(422, "方式の名前が違います。", "there is no such method.");
  return method;
}

/// The handbook speaks to administrators; for another role an item is kept when a measure of that
/// role carries it out.
bool is_of_role(const Guideline& guideline, const HandbookItem& item, Role role) {
  return std::ranges::any_of(
      item.measures, [&](const std::string& id) { return guideline.measure(id)->role == role; });
}

Outcome checklist(Call& call) {
  const auto method = method_of(call);
  if (!method) return std::unexpected(method.error());
  const auto role = call.query("role");
  if (role && !role_named(*role))
    return problem(422, "役割の名前が違います。", "there is no such role.");
  return with_view(call, [&](const View& view) -> Outcome {
    json::array items;
    for (const ChecklistEntry& entry :
         handbook_checklist(call.guideline(), *method, view.organisation().situations)) {
      if (role && !is_of_role(call.guideline(), *entry.item, *role_named(*role))) continue;
      json::object one = view.requirement(*entry.item);
      if (*method != nullptr) {
        one["applies"] = entry.applicability.applies;
        one["reason"] = entry.applicability.reason.empty()
                            ? json::value(nullptr)
                            : json::value(json_text(entry.applicability.reason));
        one["status"] = name(entry.applicability.applies ? fold(view.board().fleet(), *entry.item)
                                                         : Status::not_applicable);
      }
      items.emplace_back(std::move(one));
    }
    return reply_json(json::object{{"items", std::move(items)}});
  });
}

Outcome measures(Call& call) {
  const auto role = call.query("role");
  const auto level = call.query("level");
  const auto category = call.query("category");
  const auto status = call.query("status");
  if ((role && !role_named(*role)) || (level && !level_named(*level)) ||
      (category && category->size() != 1))
    return problem(422, "絞り込みの値が違います。", "a filter's value is not known.");
  return with_view(call, [&](const View& view) -> Outcome {
    json::array items;
    for (const Measure& measure : call.guideline().measures) {
      if ((role && measure.role != *role_named(*role)) ||
          (level && measure.level() != *level_named(*level)) ||
          (category && measure.category != category->front()))
        continue;
      json::object one = view.requirement(measure);
      if (!status || one["status"] == json::value(*status)) items.emplace_back(std::move(one));
    }
    return reply_json(json::object{{"items", std::move(items)}});
  });
}

Result<json::array> remarks(Call& call, const std::string& item) {
  const auto rows = call.db.query(
      "SELECT r.id, r.at, r.text, p.id, p.name FROM remark r JOIN person p ON p.id = r.person_id "
      "WHERE r.item = ? ORDER BY r.id",
      {item});
  if (!rows) return std::unexpected(rows.error());
  json::array list;
  for (const Row& row : *rows)
    list.emplace_back(json::object{{"id", row.integer(0)},
                                   {"at", json_time(row.time(1))},
                                   {"text", row.text(2)},
                                   {"person", person_json(row, 3, 4)}});
  return list;
}

/// Who did what with an item and its checks, newest first.
Result<json::array> item_history(Call& call, const Requirement& requirement) {
  std::string marks = "?";
  Values values{requirement.ascii};
  const auto also = [&](const std::string& id) {
    marks += ", ?";
    values.emplace_back(id);
  };
  for (const std::string& check : requirement.checks) also(check);
  // The log stays as it was written: what was done under a former id is told too.
  if (const Measure* measure = call.guideline().measure(requirement.ascii))
    for (const std::string& former : measure->former) {
      also(former);
      also("ask-" + former);
    }
  const auto rows =
      call.db.query("SELECT at, actor, action, item, detail FROM audit WHERE item IN (" + marks +
                        ") ORDER BY id DESC LIMIT 100",
                    values);
  if (!rows) return std::unexpected(rows.error());
  json::array list;
  for (const Row& row : *rows) {
    const auto detail = parse_json("", row.text(4));
    list.emplace_back(json::object{{"at", json_time(row.time(0))},
                                   {"actor", row.text(1)},
                                   {"action", row.text(2)},
                                   {"item", row.text(3)},
                                   {"detail", detail ? detail->root : json::object()}});
  }
  return list;
}

template <typename T>
json::array status_history(const Standing& board, const std::vector<T>& all, const T& one,
                           const std::vector<Status> DayStanding::* statuses) {
  constexpr std::size_t kDays = 90;
  const auto place = static_cast<std::size_t>(&one - all.data());
  const auto& days = board.days();
  json::array list;
  for (std::size_t i = days.size() > kDays ? days.size() - kDays : 0; i < days.size(); ++i)
    if (place < (days[i].*statuses).size())
      list.emplace_back(json::object{{"day", format_day(days[i].day)},
                                     {"status", name((days[i].*statuses)[place])}});
  return list;
}

/// Whether somebody was handed an item, who sees nothing else of the organisation.
bool is_owner(const View& view, const std::string& item, PersonId person) {
  const json::value given = view.assignment(item);
  const json::object* owner = given.is_object() ? given.at("person").if_object() : nullptr;
  return owner != nullptr && PersonId(owner->at("id").as_int64()) == person;
}

/// What its owner is to know of an item: how it stands and what was said, not who did or has what.
void keep_for_owner(const View& view, PersonId person, json::object& requirement) {
  for (json::value& one : requirement["checks"].as_array()) {
    json::object& check = one.as_object();
    if (is_owner(view, std::string(check["id"].as_string()), person)) continue;
    check["evidence"] = nullptr;
    check["assignment"] = nullptr;
    check["tally"] = json_tally({});
  }
  requirement["history"] = json::array();
  requirement["days"] = json::array();
}

Outcome requirement(Call& call) {
  const RequirementRef ref = find_requirement(call.guideline(), call.parameter(0));
  if (ref.get() == nullptr) return not_found();
  const auto said = remarks(call, ref.get()->ascii);
  if (!said) return broken(said.error());
  const auto done = item_history(call, *ref.get());
  if (!done) return broken(done.error());
  return with_view(call, [&](const View& view) -> Outcome {
    const bool owns = call.who.person && is_owner(view, ref.get()->ascii, call.who.person);
    if (!call.who.sees_all() && !owns) return forbidden();
    json::object out =
        ref.item != nullptr ? view.requirement(*ref.item) : view.requirement(*ref.measure);
    json::array cases;
    for (const Incident& incident : call.guideline().incidents) {
      const auto stops = [&](const std::string& id) {
        return std::ranges::find(incident.measures, id) != incident.measures.end();
      };
      const bool related = ref.measure != nullptr ? stops(ref.measure->id)
                                                  : std::ranges::any_of(ref.item->measures, stops);
      if (related) cases.emplace_back(incident.number);
    }
    out["cases"] = std::move(cases);
    out["remarks"] = *said;
    out["history"] = *done;
    out["days"] = ref.item != nullptr ? status_history(view.board(), call.guideline().handbook,
                                                       *ref.item, &DayStanding::handbook_status)
                                      : status_history(view.board(), call.guideline().measures,
                                                       *ref.measure, &DayStanding::measures_status);
    if (!call.who.sees_all()) keep_for_owner(view, call.who.person, out);
    return reply_json(out);
  });
}

Outcome list_actions(Call& call) {
  const std::string kind = call.query("verdict").value_or("fail");
  if (kind != "fail" && kind != "unknown")
    return problem(422, "verdict は fail か unknown です。", "verdict is fail or unknown.");
  const auto page = page_of(call, 100);
  if (!page) return std::unexpected(page.error());
  return with_view(call, [&](const View& view) -> Outcome {
    const auto list = actions(call.guideline(), view.board().fleet(),
                              kind == "fail" ? Verdict::fail : Verdict::unknown,
                              view.organisation().methods, view.organisation().situations);
    json::array items;
    const auto from = static_cast<std::size_t>(page->after);
    for (std::size_t i = from; i < list.size() && items.size() <= page->limit; ++i)
      items.emplace_back(view.action(list[i]));
    return reply_json(paged(std::move(items), *page, [&](const json::value&) {
      return page->after + static_cast<std::int64_t>(page->limit);
    }));
  });
}

Outcome check(Call& call) {
  const CheckSpec* spec = find_check(call.shop, call.parameter(0));
  if (spec == nullptr) return not_found();
  const auto page = page_of(call, 50);
  if (!page) return std::unexpected(page.error());
  const auto answers = call.db.query(
      "SELECT id FROM evidence WHERE subject = ? AND check_id = ? ORDER BY id DESC LIMIT 50",
      {kOrganisation.value, spec->id});
  if (!answers) return broken(answers.error());
  std::vector<std::int64_t> ids;
  for (const Row& row : *answers) ids.push_back(row.integer(0));
  const auto given = evidence_json(call.db, ids);
  if (!given) return broken(given.error());
  json::array list;
  for (const std::int64_t id : ids) list.emplace_back(given->at(id));
  return with_view(call, [&](const View& view) -> Outcome {
    json::object out = view.check(*spec);
    auto machines = check_machines(call, view.board().fleet(), *spec, *page);
    if (!machines) return broken(machines.error());
    out["answers"] = list;
    out["machines"] = std::move(*machines);
    return reply_json(out);
  });
}

/// Would a case have hit us: only if all that counters it is shown to be met, it would not.
Outcome cases(Call& call) {
  return with_view(call, [&](const View& view) -> Outcome {
    json::array items;
    for (const Incident& incident : call.guideline().incidents) {
      json::array counters;
      bool open = false;
      bool known = true;
      for (const std::string& id : incident.measures) {
        const Measure& measure = *call.guideline().measure(id);
        const Status status = view.applies(measure).applies ? fold(view.board().fleet(), measure)
                                                            : Status::not_applicable;
        open = open || status == Status::not_met || status == Status::partly_met;
        known = known && status != Status::unknown;
        counters.emplace_back(json::object{{"id", measure.ascii}, {"status", name(status)}});
      }
      items.emplace_back(json::object{{"number", incident.number},
                                      {"answer", open    ? "yes"
                                                 : known ? "no"
                                                         : "unknown"},
                                      {"measures", std::move(counters)}});
    }
    return reply_json(json::object{{"items", std::move(items)}});
  });
}

}  // namespace

void add_standing(Handlers& handlers) {
  handlers.insert({{"getHome", home},
                   {"getHistory", history},
                   {"getChecklist", checklist},
                   {"listMeasures", measures},
                   {"getRequirement", requirement},
                   {"listActions", list_actions},
                   {"getCheck", check},
                   {"listCases", cases}});
}

}  // namespace sekisho
