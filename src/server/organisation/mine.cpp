// SPDX-License-Identifier: Apache-2.0
// One's own page: devices, what one was handed or is asked, the rules, what one reported.
#include "server/api/fields.h"
#include "server/devices/devices.h"
#include "server/organisation/decisions.h"
#include "server/organisation/handlers.h"
#include "server/organisation/questions.h"

namespace sekisho {
namespace {

namespace json = boost::json;

Outcome my_page(Call& call) {
  const auto incidents = call.db.query(
      "SELECT id, kind, at, state FROM incident WHERE person_id = ? ORDER BY id DESC LIMIT 20",
      {call.who.person});
  if (!incidents) return broken(incidents.error());
  const auto mine = call.db.query(
      "SELECT item, due FROM assignment WHERE person_id = ? ORDER BY due IS NULL, due, item",
      {call.who.person});
  if (!mine) return broken(mine.error());
  const auto calendar = calendar_of(call.db);
  if (!calendar) return broken(calendar.error());
  const auto due = questions_due(call.db, call.who.person);
  if (!due) return broken(due.error());
  return with_view(call, [&](const View& view) -> Outcome {
    auto devices = person_devices(call, view.board().fleet(), call.who.person);
    if (!devices) return broken(devices.error());
    json::array todos;
    for (const Row& row : *mine) {
      const std::string by = row.null(1) ? "" : row.text(1);
      const auto one = handed(view, row.text(0), by, calendar->day(call.now));
      if (!one) continue;
      json::object todo{{"item", one->item},
                        {"due", by.empty() ? json::value(nullptr) : json::value(by)},
                        {"asked", one->asked},
                        {"done", one->done}};
      todos.emplace_back(std::move(todo));
    }
    json::array rules;
    for (const Measure& measure : call.guideline().measures)
      if (measure.role == Role::teleworker && view.applies(measure).applies)
        rules.emplace_back(measure.ascii);
    json::array reports;
    for (const Row& row : *incidents)
      reports.emplace_back(json::object{{"id", row.integer(0)},
                                        {"kind", row.text(1)},
                                        {"at", json_time(row.time(2))},
                                        {"state", row.text(3)}});
    return reply_json(json::object{{"devices", std::move(*devices)},
                                   {"todos", std::move(todos)},
                                   {"questions", my_questions(view, call.who, *due)},
                                   {"rules", std::move(rules)},
                                   {"reports", std::move(reports)}});
  });
}

}  // namespace

void add_my_page(Handlers& handlers) { handlers.insert({{"getMyPage", my_page}}); }

}  // namespace sekisho
