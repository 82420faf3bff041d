// SPDX-License-Identifier: Apache-2.0
#include "server/devices/appliances.h"

#include <algorithm>
#include <iterator>

#include "base/crypto.h"
#include "collect/inventory/appliance.h"
#include "collect/inventory/reading.h"
#include "server/api/fields.h"
#include "server/api/view.h"
#include "server/devices/handlers.h"
#include "server/http/secrets.h"

namespace sekisho {
namespace {

namespace json = boost::json;
constexpr const char* kApplianceSource = "collector:appliance";
constexpr std::size_t kLongestVersion = 60;
constexpr std::size_t kLongestModel = 60;
constexpr std::size_t kLongestTyped = 200;

struct Entered {
  std::string name;
  std::string kind;
  std::string model;
  std::string version;
  bool reused = false;
  bool confirmed = false;
  std::optional<PersonId> person;
};

void read_facts(const Node& node, Entered& one) {
  one.model = read_name(node.at("model"), kLongestModel, true);
  one.version = read_name(node.at("version"), kLongestVersion, true);
  one.reused = node.at("reused").boolean();
  one.confirmed = node.at("confirmed").boolean();
}

/// After a change: what it says counts at once, for this board and others.
Result<void> changed(Call& call, std::string_view action, const std::string& subject,
                     json::object detail) {
  if (auto judged = judge_appliances(call.shop, call.db, call.now); !judged) return judged;
  if (auto set = set_setting(call.db, "devices.change", random_token(8)); !set) return set;
  return audit(call, action, subject, std::move(detail));
}

Outcome create_appliance(Call& call) {
  const auto given = read_body<Entered>(call, [](const Node& node) {
    node.only({"name", "kind", "model", "version", "reused", "confirmed", "person"});
    Entered one;
    one.name = read_name(node.at("name"));
    one.kind = clean_text(node.at("kind"), 40);
    read_facts(node, one);
    if (const auto person = node.find("person")) one.person = read_id<PersonId>(*person);
    return one;
  });
  if (!given) return std::unexpected(given.error());
  const Appliance* kind = call.guideline().appliance(given->kind);
  if (kind == nullptr) return wrong_at("/kind", "その機種はありません。", "there is no such kind.");
  std::int64_t id = 0;
  Problem why;
  const auto done = call.db.write([&]() -> Result<void> {
    if (auto there = must_be_person(call, given->person, why); !there) return there;
    const std::string subject = "appliance:" + hex(random_bytes(8));
    const auto rows = call.db.query(
        "INSERT INTO device (subject, name, person_id, state, created_at, system_name, "
        "system_version, appliance, model, reused, confirmed_at) VALUES (?, ?, ?, 'active', ?, ?, "
        "?, ?, ?, ?, ?) RETURNING id",
        {subject, given->name, value_of(given->person), value_of(call.now), kind->system,
         given->version, kind->id, given->model, std::int64_t{given->reused},
         given->confirmed ? value_of(call.now) : Value()});
    if (!rows) return std::unexpected(rows.error());
    id = rows->front().integer(0);
    return changed(call, "appliance-added", subject,
                   {{"name", given->name},
                    {"kind", kind->id},
                    {"model", given->model},
                    {"version", given->version}});
  });
  if (!why.text.empty()) return std::unexpected(why);
  return written(done, reply_json(json::object{{"id", id}}, 201));
}

Outcome change_appliance(Call& call) {
  const auto given = read_body<Entered>(call, [](const Node& node) {
    node.only({"model", "version", "reused", "confirmed"});
    Entered one;
    read_facts(node, one);
    return one;
  });
  if (!given) return std::unexpected(given.error());
  Problem why;
  const auto done = call.db.write([&]() -> Result<void> {
    const auto rows = call.db.query(
        "UPDATE device SET model = ?, system_version = ?, reused = ?, confirmed_at = CASE WHEN ? = "
        "1 THEN ? WHEN system_version <> ? OR model <> ? THEN NULL ELSE confirmed_at END WHERE id "
        "= ? AND appliance <> '' RETURNING subject",
        {given->model, given->version, std::int64_t{given->reused}, std::int64_t{given->confirmed},
         value_of(call.now), given->version, given->model, call.id<ApplianceId>(0)});
    if (!rows) return std::unexpected(rows.error());
    if (rows->empty()) return stop(why, not_found().error());
    return changed(
        call, "appliance-changed", rows->front().text(0),
        {{"model", given->model}, {"version", given->version}, {"confirmed", given->confirmed}});
  });
  if (!why.text.empty()) return std::unexpected(why);
  return written(done, reply_nothing());
}

/// What would be read from what is being typed. Nothing is kept, and nothing judged elsewhere.
Outcome read_version(Call& call) {
  const std::string of = call.query("of").value_or("");
  const std::string named = call.query("name").value_or("");
  const std::string version = call.query("version").value_or("");
  if (!is_valid_utf8(named) || !is_valid_utf8(version) || named.size() > kLongestTyped ||
      version.size() > kLongestTyped)
    return problem(422, "長すぎるか、UTF-8 ではありません。", "this is too long, or not UTF-8.");
  const auto feeds = call.shop.options.newest_feeds();
  if (!feeds) return broken(feeds.error());
  Reading reading;
  if (of == "system") {
    const auto calendar = calendar_of(call.db);
    if (!calendar) return broken(calendar.error());
    reading = read_system((*feeds)->support, named, version, calendar->day(call.now));
  } else if (of == "program") {
    reading = read_program(call.guideline(), named, version);
  } else {
    const Appliance* kind = call.guideline().appliance(call.query("kind").value_or(""));
    if (kind == nullptr) return problem(422, "その機種はありません。", "there is no such kind.");
    reading = read_gear(**feeds, *kind, named, version);
  }
  return reply_json(json::object{{"is", name(reading.is)}, {"words", json_text(reading.words)}});
}

}  // namespace

Result<void> judge_appliances(const Shop& shop, Database& db, Time now) {
  const auto feeds = shop.options.newest_feeds();
  if (!feeds) return std::unexpected(feeds.error());
  const auto calendar = calendar_of(db);
  if (!calendar) return std::unexpected(calendar.error());
  return db.write([&]() -> Result<void> {
    const auto rows = db.query(
        "SELECT subject, appliance, system_version, model, reused, confirmed_at FROM device WHERE "
        "appliance <> '' AND state <> 'retired' ORDER BY id");
    if (!rows) return std::unexpected(rows.error());
    std::vector<Evidence> judged;
    for (const Row& row : *rows) {
      // A kind that the guideline no longer has stays unknown.
      const Appliance* kind = shop.guideline.appliance(row.text(1));
      if (kind == nullptr) continue;
      ApplianceFacts facts{row.text(2), row.text(3), row.integer(4) != 0, std::nullopt};
      if (!row.null(5)) facts.confirmed_at = row.time(5);
      std::ranges::move(appliance_evidence(shop.guideline, **feeds, {row.text(0)}, *kind, facts,
                                           now, now, *calendar, kApplianceSource),
                        std::back_inserter(judged));
    }
    const auto kept = append_evidence(db, judged);
    return kept ? Result<void>() : std::unexpected(kept.error());
  });
}

void add_appliances(Handlers& handlers) {
  handlers.insert({{"createAppliance", create_appliance},
                   {"changeAppliance", change_appliance},
                   {"readVersion", read_version}});
}

}  // namespace sekisho
