// SPDX-License-Identifier: Apache-2.0
// Who has lost telephone or PC has lost the way to sign in with it: what anybody may read and send.
// Nothing is looked up for them and nothing given away; what they send is bounded in size and in
// number, and stands as from nobody who signed in.
#include <fmt/format.h>

#include "server/api/fields.h"
#include "server/organisation/handlers.h"

namespace sekisho {
namespace {

namespace json = boost::json;

constexpr std::string_view kKind = "lost_device";
constexpr std::string_view kContact = "contact.emergency";
constexpr std::size_t kLongestCaller = 120;  // characters
constexpr std::size_t kLongestWords = 1500;

/// At most so many in a time: from one address, and from all.
struct Bound {
  std::chrono::hours time;
  std::int64_t from_one;
  std::int64_t from_all;
};
constexpr std::array<Bound, 2> kBounds{
    {{std::chrono::hours(1), 3, 10}, {std::chrono::hours(24), 6, 30}}};

Outcome show_emergency(Call& call) {
  const auto kept = settings(call.db);
  if (!kept) return broken(kept.error());
  const auto contact = kept->find(std::string(kContact));
  const Response* response = call.guideline().response(kKind);
  json::array steps;
  if (response != nullptr)
    for (const Text& step : response->reporter) steps.emplace_back(json_text(step));
  return reply_json(
      json::object{{"contact", contact == kept->end() ? "" : contact->second},
                   {"steps", std::move(steps)},
                   {"hear", json_text(response == nullptr ? Text{} : response->hear)}});
}

struct Cry {
  std::string caller;
  std::string callback;
  std::string text;
};

Result<bool> has_room(Call& call) {
  for (const Bound& bound : kBounds) {
    // What lies further ahead was written by a clock that was wrong.
    const auto rows = call.db.query(
        "SELECT COUNT(*), CAST(COALESCE(SUM(CASE WHEN origin = ? THEN 1 ELSE 0 END), 0) AS BIGINT) "
        "FROM incident WHERE person_id IS NULL AND at > ? AND at <= ?",
        {call.request.payer, value_of(call.now - bound.time), value_of(call.now + bound.time)});
    if (!rows) return std::unexpected(rows.error());
    const Row& row = rows->front();
    // Of an address that may be anybody's only the whole counts.
    if (row.integer(0) >= bound.from_all ||
        (!call.request.payer.empty() && row.integer(1) >= bound.from_one))
      return false;
  }
  return true;
}

Outcome report_emergency(Call& call) {
  const auto given = read_body<Cry>(call, [](const Node& node) {
    node.only({"caller", "callback", "text"});
    Cry one{read_name(node.at("caller"), kLongestCaller), {}, {}};
    one.callback = read_name(node.at("callback"), kLongestCaller);
    if (const auto text = node.find("text")) one.text = clean_text(*text, kLongestWords, true);
    return one;
  });
  if (!given) return std::unexpected(given.error());
  const Response* response = call.guideline().response(kKind);
  if (response == nullptr) return not_found();  // an overlay without it
  Problem why;
  const auto done = call.db.write([&]() -> Result<void> {
    const auto room = has_room(call);
    if (!room) return std::unexpected(room.error());
    if (!*room)
      return stop(why, {429,
                        {"報告が多すぎて受け付けられません。緊急の連絡先に電話してください。",
                         "too many reports came in; call the emergency contact instead."},
                        {}});
    const auto rows = call.db.query(
        "INSERT INTO incident (kind, case_number, at, state, text, done, caller, callback, origin) "
        "VALUES (?, ?, ?, 'open', ?, '', ?, ?, ?) RETURNING id",
        {response->id, std::int64_t{response->incident}, value_of(call.now), given->text,
         given->caller, given->callback, call.request.payer});
    if (!rows) return std::unexpected(rows.error());
    return audit(call, "incident-reported", fmt::format("incident-{}", rows->front().integer(0)),
                 {{"kind", response->id}, {"unsigned", true}, {"from", call.request.peer}});
  });
  if (!why.text.empty()) return std::unexpected(why);
  return written(done, reply_nothing());
}

}  // namespace

void add_emergency(Handlers& handlers) {
  handlers.insert({{"getEmergency", show_emergency}, {"reportEmergency", report_emergency}});
}

}  // namespace sekisho
