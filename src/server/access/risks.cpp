// SPDX-License-Identifier: Apache-2.0
// The risk of impersonation, as people see it: the signs and what each weighs, a person's, and
// one's own sign-ins, with "that was not me".
#include <fmt/format.h>

#include "access/user_agent.h"
#include "server/access/handlers.h"
#include "server/access/live_desk.h"
#include "server/api/fields.h"
#include "server/organisation/duty.h"
#include "server/people/identity.h"

namespace sekisho {
namespace {

namespace json = boost::json;

using SignInId = Id<struct SignIn_>;
constexpr std::int64_t kShown = 50;

constexpr std::array<std::string_view, kRiskKinds> kKinds{"circumstances", "attempts", "device",
                                                          "line"};
constexpr std::array<std::string_view, 3> kAnswers{"nothing", "passkey", "factor"};

json::object sign_json(RiskSignal signal) {
  return {{"signal", name(signal)},
          {"kind", kKinds.at(static_cast<std::size_t>(kind(signal)))},
          {"weight", weight(signal)},
          {"text", json_text(words(signal))}};
}

Outcome list_signals(Call& call) {
  const auto rows = call.db.query(
      "SELECT s.signal, s.at, p.id, p.name FROM risk_silence s JOIN person p ON p.id = "
      "s.person_id");
  if (!rows) return broken(rows.error());
  std::map<std::string, const Row*, std::less<>> silenced;
  for (const Row& row : *rows) silenced.emplace(row.text(0), &row);
  json::array items;
  for (std::size_t i = 0; i < kRiskSignals; ++i) {
    const auto signal = static_cast<RiskSignal>(i);
    json::object one = sign_json(signal);
    const auto found = silenced.find(name(signal));
    const bool off = found != silenced.end();
    one["answered_by"] = kAnswers.at(static_cast<std::size_t>(answered_by(signal)));
    one["silenced"] = off;
    one["silenced_at"] = off ? json::value(json_time(found->second->time(1))) : nullptr;
    one["silenced_by"] = off ? json::value(person_json(*found->second, 2, 3)) : nullptr;
    items.emplace_back(std::move(one));
  }
  return reply_json(json::object{{"items", std::move(items)}});
}

Outcome set_signal(Call& call) {
  const auto silenced = read_body<bool>(call, [](const Node& node) {
    node.only({"silenced"});
    const auto given = node.at("silenced");
    if (!given.value().is_bool()) given.report("true か false です。", "it is true or false.");
    return given.value().is_bool() && given.value().get_bool();
  });
  if (!silenced) return std::unexpected(silenced.error());
  const auto signal = risk_signal_named(call.parameter(0));
  if (!signal) return not_found();
  const std::string id(name(*signal));
  const auto done = call.db.write([&]() -> Result<void> {
    const auto changed =
        *silenced
            ? call.db.query(
                  "INSERT INTO risk_silence (signal, at, person_id) VALUES (?, ?, "
                  "?) ON CONFLICT (signal) DO NOTHING RETURNING signal",
                  {id, value_of(call.now), call.who.person})
            : call.db.query("DELETE FROM risk_silence WHERE signal = ? RETURNING signal", {id});
    if (!changed) return std::unexpected(changed.error());
    if (changed->empty()) return {};
    return audit(call, *silenced ? "risk-sign-silenced" : "risk-sign-heard", id);
  });
  return written(done, reply_nothing());
}

/// Of `rows` as kSignIns reads them.
constexpr const char* kSignIns =
    "SELECT s.id, s.at, s.outcome, s.factor, s.place, s.origin, s.agent, d.id, d.name, "
    "s.disowned_at FROM sign_in s LEFT JOIN device d ON d.id = s.device_id WHERE s.person_id = ? "
    "AND s.id < ? ORDER BY s.id DESC LIMIT ?";

json::object sign_in_json(const Row& row) {
  const std::string agent = row.text(6);
  const UserAgentWords said = read_user_agent(agent);
  return {{"id", row.integer(0)},
          {"at", json_time(row.time(1))},
          {"outcome", row.text(2)},
          {"factor", row.text(3)},
          {"place", row.text(4)},
          {"from", row.text(5)},
          {"browser", said.browser},
          {"system", said.system},
          {"device", person_json(row, 7, 8)},
          {"disowned_at", json_time_or_null(row, 9)}};
}

Outcome person_risk(Call& call) {
  const auto person = call.id<PersonId>(0);
  const auto there =
      call.db.query("SELECT 1 FROM person WHERE id = ? AND state <> 'erased'", {person});
  if (!there) return broken(there.error());
  if (there->empty()) return not_found();
  if (call.shop.desk == nullptr) return not_found();
  const AssessedRisk risk = call.shop.desk->risk_of(person);
  json::array signs;
  for (const RiskSign& sign : risk.signs) {
    json::object one = sign_json(sign.signal);
    one["silenced"] = sign.silenced;
    one["answered"] = sign.answered;
    signs.emplace_back(std::move(one));
  }
  const auto rows = call.db.query(kSignIns, {person, INT64_MAX, kShown});
  if (!rows) return broken(rows.error());
  json::array sign_ins;
  for (const Row& row : *rows) sign_ins.emplace_back(sign_in_json(row));
  return reply_json(json::object{{"risk", name(risk.risk)},
                                 {"points", risk.points},
                                 {"known", risk.unlikeness.has_value()},
                                 {"signs", std::move(signs)},
                                 {"sign_ins", std::move(sign_ins)}});
}

/// Whoever opened a code for emergencies acted as this person, who may not know.
Result<json::array> emergencies_of(Database& db, PersonId person) {
  constexpr const char* kOpened =
      "SELECT id, opened_at, opened_from, COALESCE(ended_at, open_until), reason FROM "
      "emergency_seal WHERE person_id = ? AND opened_at IS NOT NULL ORDER BY opened_at DESC, id "
      "DESC LIMIT 20";
  const auto rows = db.query(kOpened, {person});
  if (!rows) return std::unexpected(rows.error());
  json::array list;
  for (const Row& row : *rows)
    list.emplace_back(json::object{{"id", row.integer(0)},
                                   {"at", json_time(row.time(1))},
                                   {"from", row.text(2)},
                                   {"until", json_time(row.time(3))},
                                   {"reason", row.text(4)}});
  return list;
}

Outcome my_sign_ins(Call& call) {
  const auto page = page_of(call, 20);
  if (!page) return std::unexpected(page.error());
  const auto rows =
      call.db.query(kSignIns, {call.who.person, page->after == 0 ? INT64_MAX : page->after,
                               static_cast<std::int64_t>(page->limit + 1)});
  if (!rows) return broken(rows.error());
  json::array items;
  for (const Row& row : *rows) items.emplace_back(sign_in_json(row));
  auto emergencies = page->after == 0 ? emergencies_of(call.db, call.who.person)
                                      : Result<json::array>(json::array());
  if (!emergencies) return broken(emergencies.error());
  json::object list =
      paged(std::move(items), *page, [](const json::value& last) { return last.at("id"); });
  list["emergencies"] = std::move(*emergencies);
  return reply_json(std::move(list));
}

/// What a person said wasn't them, for whoever reads the report: in the person's language.
struct Disowned {
  bool got_in = false;
  std::string title;  // the same for all that stand in one report
  std::string line;
};

/// Of `at, outcome, place, origin, agent`.
Disowned disowned_of(const Row& row, const Calendar& calendar, Lang lang) {
  const bool got_in = row.text(1) == "signed_in" || row.text(1) == "vouched";
  const Text title =
      got_in ? Text{"「自分ではない」と本人が申し出たサインインです。",
                    "Sign-ins of which the person says that it was not them."}
             : Text{
                   "「自分ではない」と本人が申し出たサインインの試みです。拒否され、入られてはいま"
                   "せん。",
                   "Attempts to sign in of which the person says that it was not them. They were "
                   "refused: nobody got in."};
  const UserAgentWords said = read_user_agent(row.text(4));
  const std::string program = fmt::format("{} {}", said.browser, said.system);
  std::string line = "- " + calendar.format_minute(row.time(0));
  for (const std::string& part : {row.text(3), std::string(trim(program)), row.text(2)})
    if (!part.empty()) line += ", " + part;
  return {got_in, title.in(lang), std::move(line)};
}

/// In the person's report of the same kind and day, as long as it is open and has room; else in one
/// of its own. Its number.
Result<std::int64_t> report_disowned(Call& call, const Disowned& what, const Calendar& calendar) {
  constexpr std::int64_t kRoom = 3000;  // characters
  const auto there = call.db.query(
      "SELECT id, text FROM incident WHERE person_id = ? AND kind = 'other' AND state = 'open' AND "
      "at >= ? AND LENGTH(text) < ? ORDER BY id DESC",
      {call.who.person, value_of(calendar.start(calendar.day(call.now))), kRoom});
  if (!there) return std::unexpected(there.error());
  for (const Row& row : *there) {
    if (!row.text(1).starts_with(what.title + "\n")) continue;
    const auto longer = call.db.execute("UPDATE incident SET text = ? WHERE id = ?",
                                        {row.text(1) + "\n" + what.line, row.integer(0)});
    if (!longer) return std::unexpected(longer.error());
    return row.integer(0);
  }
  // Where nobody got in nothing was leaked.
  DutyAnswers answers;
  for (const DutyQuestion& one : call.guideline().duty.questions)
    if (!what.got_in && one.kind == DutyQuestion::Kind::leak) answers.questions[one.id] = Said::no;
  const Response* response = call.guideline().response("other");
  const auto made = call.db.query(
      "INSERT INTO incident (kind, case_number, person_id, at, state, text, done, duty) VALUES "
      "('other', ?, ?, ?, 'open', ?, '', ?) RETURNING id",
      {std::int64_t{response == nullptr ? 1 : response->incident}, call.who.person,
       value_of(call.now), what.title + "\n" + what.line,
       what.got_in ? std::string() : kept_text(answers)});
  if (!made) return std::unexpected(made.error());
  return made->front().integer(0);
}

Outcome disown(Call& call) {
  const auto calendar = calendar_of(call.db);
  if (!calendar) return broken(calendar.error());
  std::int64_t id = 0;
  Problem why;
  const auto done = call.db.write([&]() -> Result<void> {
    const auto rows = call.db.query(
        "UPDATE sign_in SET disowned_at = ? WHERE id = ? AND person_id = ? AND disowned_at IS NULL "
        "RETURNING at, outcome, place, origin, agent",
        {value_of(call.now), call.id<SignInId>(0), call.who.person});
    if (!rows) return std::unexpected(rows.error());
    if (rows->empty()) return stop(why, not_found().error());
    const auto reported =
        report_disowned(call, disowned_of(rows->front(), *calendar, call.who.lang), *calendar);
    if (!reported) return std::unexpected(reported.error());
    id = *reported;
    // Whoever it was is out.
    if (auto ended = end_all_of(call.db, call.who.person, call.who.session); !ended) return ended;
    if (auto ended = end_keys_of(call.db, call.who.person); !ended) return ended;
    return audit(
        call, "sign-in-disowned", call.who.email,
        {{"sign_in", call.id<SignInId>(0).number()}, {"report", fmt::format("incident-{}", id)}});
  });
  if (!why.text.empty()) return std::unexpected(why);
  return written(done, reply_json(json::object{{"id", id}}, 201));
}

}  // namespace

void add_risks(Handlers& handlers) {
  handlers.insert({{"listRiskSignals", list_signals},
                   {"setRiskSignal", set_signal},
                   {"getPersonRisk", person_risk},
                   {"listMySignIns", my_sign_ins},
                   {"disownSignIn", disown}});
}

}  // namespace sekisho
