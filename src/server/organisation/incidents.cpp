// SPDX-License-Identifier: Apache-2.0
// What employees report, and the steps that follow.
#include <set>

#include <fmt/format.h>

#include "server/api/fields.h"
#include "server/devices/device_state.h"
#include "server/organisation/duty.h"
#include "server/organisation/handlers.h"

namespace sekisho {
namespace {

namespace json = boost::json;

constexpr const char* kColumns =
    "i.id, i.kind, i.case_number, i.at, i.state, i.text, i.done, p.id, p.name, d.id, d.name, "
    "i.duty, i.caller, i.callback, i.origin "
    "FROM "
    "incident i LEFT JOIN "
    "person p ON p.id = i.person_id LEFT JOIN device d ON d.id = i.device_id";

json::object incident_json(const Row& row, const Duty& duty, const Calendar& calendar) {
  json::array done;
  const std::string steps = row.text(6);
  for (const std::string_view step : words(steps)) done.emplace_back(whole_number(step));
  const DutyAnswers said = answers_kept(row.text(11));
  return {{"id", row.integer(0)},
          {"kind", row.text(1)},
          {"case", row.integer(2)},
          {"at", json_time(row.time(3))},
          {"state", row.text(4)},
          {"text", row.text(5)},
          {"done", std::move(done)},
          {"person", person_json(row, 7, 8)},
          {"unsigned", row.null(7) ? json::value(json::object{{"caller", row.text(12)},
                                                              {"callback", row.text(13)},
                                                              {"origin", row.text(14)}})
                                   : json::value(nullptr)},
          {"device", person_json(row, 9, 10)},
          {"duty", duty_json(duty, said, duty_clock(duty, said, calendar.day(row.time(3))))}};
}

struct Report {
  std::string kind;
  std::string text;
  std::optional<DeviceId> device;
};

/// Whether a person reports on the device of this row: on their own, or on all where they manage.
/// Who only looks at all reports nothing of others.
bool reports_of(const Call& call, const Row& row) {
  return call.who.has("administrator") || call.who.has("executive") ||
         (!row.null(0) && row.id<PersonId>(0) == call.who.person);
}

/// Whether the person of this column is the one; of who did not sign in it is nobody.
bool reported_by(const Row& row, std::size_t at, PersonId person) {
  return !row.null(at) && row.id<PersonId>(at) == person;
}

Outcome report_incident(Call& call) {
  const auto given = read_body<Report>(call, [](const Node& node) {
    node.only({"kind", "text", "device"});
    Report one{clean_text(node.at("kind"), 40), {}, {}};
    if (const auto text = node.find("text")) one.text = clean_text(*text, kLongestText, true);
    if (const auto device = node.find("device")) one.device = read_id<DeviceId>(*device);
    return one;
  });
  if (!given) return std::unexpected(given.error());
  const Response* response = call.guideline().response(given->kind);
  if (response == nullptr)
    return wrong_at("/kind", "報告の種類が違います。", "there is no such kind of report.");
  std::int64_t id = 0;
  Problem why;
  const auto done = call.db.write([&]() -> Result<void> {
    if (given->device) {
      const auto own = call.db.query("SELECT person_id FROM device WHERE id = ?", {*given->device});
      if (!own) return std::unexpected(own.error());
      if (own->empty() || !reports_of(call, own->front()))
        return stop(
            why, wrong_at("/device", "その端末はありません。", "there is no such device.").error());
      if (given->kind == "lost_device")
        if (auto lost = report_lost(call, *given->device); !lost) return lost;
    }
    const auto rows = call.db.query(
        "INSERT INTO incident (kind, case_number, device_id, person_id, at, state, text, done) "
        "VALUES (?, ?, ?, ?, ?, 'open', ?, '') RETURNING id",
        {given->kind, std::int64_t{response->incident}, value_of(given->device), call.who.person,
         value_of(call.now), given->text});
    if (!rows) return std::unexpected(rows.error());
    id = rows->front().integer(0);
    return audit(call, "incident-reported", fmt::format("incident-{}", id),
                 {{"kind", given->kind}});
  });
  if (!why.text.empty()) return std::unexpected(why);
  return written(done, reply_json(json::object{{"id", id}, {"case", response->incident}}, 201));
}

Outcome list_incidents(Call& call) {
  const auto page = page_of(call, 50);
  if (!page) return std::unexpected(page.error());
  const std::int64_t before = page->after == 0 ? INT64_MAX : page->after;
  const auto state = call.query("state");
  if (state && *state != "open" && *state != "closed")
    return problem(422, "state は open か closed です。", "state is open or closed.");
  const std::string mine =
      (call.who.sees_all() ? "" : fmt::format(" AND i.person_id = {}", call.who.person)) +
      (state ? " AND i.state = '" + *state + "'" : "");
  const auto rows = call.db.query(
      std::string("SELECT ") + kColumns + " WHERE i.id < ?" + mine + " ORDER BY i.id DESC LIMIT ?",
      {before, static_cast<std::int64_t>(page->limit + 1)});
  if (!rows) return broken(rows.error());
  const auto calendar = calendar_of(call.db);
  if (!calendar) return broken(calendar.error());
  json::array items;
  for (const Row& row : *rows)
    items.emplace_back(incident_json(row, call.guideline().duty, *calendar));
  return reply_json(
      paged(std::move(items), *page, [](const json::value& last) { return last.at("id"); }));
}

Outcome show_incident(Call& call) {
  const auto rows = call.db.query(std::string("SELECT ") + kColumns + " WHERE i.id = ?",
                                  {call.id<IncidentId>(0)});
  if (!rows) return broken(rows.error());
  if (rows->empty() || (!call.who.sees_all() && !reported_by(rows->front(), 7, call.who.person)))
    return not_found();
  const auto calendar = calendar_of(call.db);
  if (!calendar) return broken(calendar.error());
  json::object out = incident_json(rows->front(), call.guideline().duty, *calendar);
  const auto said = call.db.query(
      "SELECT r.id, r.at, r.text, p.id, p.name FROM remark r JOIN person p ON p.id = r.person_id "
      "WHERE r.item = ? ORDER BY r.id",
      {fmt::format("incident-{}", call.id<IncidentId>(0))});
  if (!said) return broken(said.error());
  json::array remarks;
  for (const Row& row : *said)
    remarks.emplace_back(json::object{{"id", row.integer(0)},
                                      {"at", json_time(row.time(1))},
                                      {"text", row.text(2)},
                                      {"person", person_json(row, 3, 4)}});
  out["remarks"] = std::move(remarks);
  return reply_json(out);
}

struct Progress {
  std::string state;
  std::set<std::int64_t> done;
};

Outcome change_incident(Call& call) {
  const auto given = read_body<Progress>(call, [](const Node& node) {
    constexpr std::array<std::pair<std::string_view, int>, 2> kStates{{{"open", 1}, {"closed", 2}}};
    node.only({"state", "done"});
    Progress one{node.at("state").one_of<int>(kStates) == 2 ? "closed" : "open", {}};
    for (const Node& step : node.at("done").items()) one.done.insert(step.integer(0, 99));
    return one;
  });
  if (!given) return std::unexpected(given.error());
  Problem why;
  const auto done = call.db.write([&]() -> Result<void> {
    const auto rows = call.db.query(
        "UPDATE incident SET state = ?, done = ? WHERE id = ? RETURNING id",
        {given->state, fmt::format("{}", fmt::join(given->done, " ")), call.id<IncidentId>(0)});
    if (!rows) return std::unexpected(rows.error());
    if (rows->empty()) return stop(why, not_found().error());
    return audit(call, "incident-changed", fmt::format("incident-{}", call.id<IncidentId>(0)),
                 {{"state", given->state}, {"steps", given->done.size()}});
  });
  if (!why.text.empty()) return std::unexpected(why);
  return written(done, reply_nothing());
}

/// What decides whether and by when the leak must be reported to the authority.
Outcome judge_incident(Call& call) {
  const auto calendar = calendar_of(call.db);
  if (!calendar) return broken(calendar.error());
  const auto given = read_body<DutyAnswers>(call, read_duty_answers);
  if (!given) return std::unexpected(given.error());
  if (const auto wrong = impossible(*given, call.guideline().duty, calendar->day(call.now)))
    return problem(422, wrong->ja, wrong->en);
  Problem why;
  const auto done = call.db.write([&]() -> Result<void> {
    const auto rows = call.db.query("UPDATE incident SET duty = ? WHERE id = ? RETURNING id",
                                    {kept_text(*given), call.id<IncidentId>(0)});
    if (!rows) return std::unexpected(rows.error());
    if (rows->empty()) return stop(why, not_found().error());
    return audit(call, "incident-judged", fmt::format("incident-{}", call.id<IncidentId>(0)),
                 json::parse(kept_text(*given)).as_object());
  });
  if (!why.text.empty()) return std::unexpected(why);
  return written(done, reply_nothing());
}

using Contacts = std::map<std::string, std::string>;

Outcome show_contacts(Call& call) {
  const auto kept = settings(call.db);
  if (!kept) return broken(kept.error());
  json::object out;
  for (const Contact& contact : call.guideline().contacts) {
    const auto found = kept->find("contact." + contact.id);
    out[contact.id] = found == kept->end() ? std::string() : found->second;
  }
  return reply_json(out);
}

Outcome change_contacts(Call& call) {
  const auto given = read_body<Contacts>(call, [](const Node& node) {
    Contacts contacts;
    for (const auto& [id, value] : node.entries()) contacts[id] = clean_text(value, 200, true);
    return contacts;
  });
  if (!given) return std::unexpected(given.error());
  const auto& all = call.guideline().contacts;
  for (const auto& [id, value] : *given)
    if (std::ranges::find(all, id, &Contact::id) == all.end())
      return wrong_at("/" + id, "その連絡先はありません。", "there is no such contact.");
  const auto done = call.db.write([&]() -> Result<void> {
    for (const auto& [id, value] : *given)
      if (auto set = set_setting(call.db, "contact." + id, value); !set) return set;
    return audit(call, "contacts-changed", "contacts");
  });
  return written(done, reply_nothing());
}

Outcome remark_incident(Call& call) {
  const auto text = read_body<std::string>(call, [](const Node& node) {
    node.only({"text"});
    return clean_text(node.at("text"), kLongestText);
  });
  if (!text) return std::unexpected(text.error());
  const auto rows =
      call.db.query("SELECT person_id FROM incident WHERE id = ?", {call.id<IncidentId>(0)});
  if (!rows) return broken(rows.error());
  if (rows->empty() || (!call.who.sees_all() && !reported_by(rows->front(), 0, call.who.person)))
    return not_found();
  const std::string item = fmt::format("incident-{}", call.id<IncidentId>(0));
  const auto done = call.db.write([&]() -> Result<void> {
    if (auto kept =
            call.db.execute("INSERT INTO remark (item, person_id, at, text) VALUES (?, ?, ?, ?)",
                            {item, call.who.person, value_of(call.now), *text});
        !kept)
      return kept;
    return audit(call, "remarked", item);
  });
  return written(done, reply_json(json::object{{"at", json_time(call.now)}}, 201));
}

}  // namespace

void add_incidents(Handlers& handlers) {
  handlers.insert({{"reportIncident", report_incident},
                   {"listIncidents", list_incidents},
                   {"getIncident", show_incident},
                   {"changeIncident", change_incident},
                   {"judgeIncident", judge_incident},
                   {"remarkIncident", remark_incident},
                   {"getContacts", show_contacts},
                   {"changeContacts", change_contacts}});
}

}  // namespace sekisho
