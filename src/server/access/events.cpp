// SPDX-License-Identifier: Apache-2.0
// What was decided, as it is kept, and the evidence that it stood on.
#include <algorithm>

#include "evidence/sighting.h"
#include "server/access/handlers.h"
#include "server/access/names.h"
#include "server/access/policy_view.h"
#include "server/api/fields.h"
#include "store/store.h"

namespace sekisho {
namespace {

namespace json = boost::json;

Result<json::object> event_json(const Call& call, const Row& row, Named& people, Named& devices) {
  const auto who = people.of(row.integer(5));
  if (!who) return std::unexpected(who.error());
  const auto with = devices.of(row.integer(6));
  if (!with) return std::unexpected(with.error());
  json::array codes;
  const std::string all = row.text(10);
  for (const std::string_view code : words(all)) codes.emplace_back(code);
  return json::object{{"id", row.integer(0)},
                      {"kind", row.text(1)},
                      {"first_at", json_time(row.time(2))},
                      {"last_at", json_time(row.time(3))},
                      {"count", row.integer(4)},
                      {"person", *who},
                      {"device", *with},
                      {"resource", row.text(7)},
                      {"enforcer", row.text(8)},
                      {"from", row.text(9)},
                      {"codes", std::move(codes)},
                      {"reasons", reasons_view(call.guideline(), all)}};
}

/// The newest first.
Outcome list_access_events(Call& call) {
  const auto page = page_of(call, 100);
  if (!page) return std::unexpected(page.error());
  std::string where = "id < ?";
  Values values{page->after == 0 ? INT64_MAX : page->after};
  for (const auto& [name, column] :
       {std::pair("person", "person_id"), std::pair("device", "device_id")})
    if (const std::int64_t id = wanted_id(call, name); id != 0) {
      where += std::string(" AND ") + column + " = ?";
      values.emplace_back(id);
    }
  for (const char* name : {"resource", "kind"})
    if (const auto text = call.query(name); text && !text->empty()) {
      where += std::string(" AND ") + name + " = ?";
      values.emplace_back(*text);
    }
  values.emplace_back(static_cast<std::int64_t>(page->limit + 1));
  const auto rows = call.db.query(
      "SELECT id, kind, first_at, last_at, count, person_id, device_id, resource, enforcer, "
      "origin, codes FROM access_event WHERE " +
          where + " ORDER BY id DESC LIMIT ?",
      values);
  if (!rows) return broken(rows.error());
  Named people(call.db, "person");
  Named devices(call.db, "device");
  json::array items;
  for (const Row& row : *rows) {
    auto one = event_json(call, row, people, devices);
    if (!one) return broken(one.error());
    items.emplace_back(std::move(*one));
  }
  return reply_json(
      paged(std::move(items), *page, [](const json::value& last) { return last.at("id"); }));
}

/// What was known at `at` of a check of a device, or of the whole organisation: what was seen last
/// by then.
Result<std::optional<KeptEvidence>> known_at(Database& db, const SubjectId& device,
                                             const std::string& check, Time at) {
  std::optional<KeptEvidence> best;
  for (const SubjectId& subject : {device, kOrganisation}) {
    if (subject.value.empty()) continue;
    const auto rows = db.query(std::string("SELECT ") + kEvidenceColumns +
                                   " FROM evidence WHERE subject = ? AND check_id = ? AND first_at "
                                   "<= ? ORDER BY id DESC LIMIT 50",
                               {subject.value, check, value_of(at)});
    if (!rows) return std::unexpected(rows.error());
    for (const Row& row : *rows) {
      KeptEvidence one = kept_evidence(row);
      const auto seen = [&](const KeptEvidence& kept) {
        return std::pair(std::min(kept.evidence.observed_at, at), kept.id);
      };
      if (!best || seen(one) > seen(*best)) best = std::move(one);
    }
  }
  return best;
}

json::object evidence_json(const Requirement& measure, const CheckSpec& check,
                           const std::optional<KeptEvidence>& kept, Time at) {
  json::object out{{"measure", measure.ascii},
                   {"check", check.id},
                   {"title", json_text(check.title)},
                   {"verdict", name(Verdict::unknown)},
                   {"observed_at", nullptr},
                   {"valid_until", nullptr},
                   {"detail", nullptr}};
  if (!kept) return out;
  const Evidence& seen = kept->evidence;
  out["verdict"] = name(at < seen.valid_until ? seen.verdict() : Verdict::unknown);
  // Seen again later, it was seen by then at the latest.
  out["observed_at"] = json_time(std::min(seen.observed_at, at));
  out["valid_until"] = json_time(seen.valid_until);
  out["detail"] = json_text(seen.detail());
  return out;
}

/// With what each measure's checks had shown by then.
Outcome get_access_event(Call& call) {
  const auto id = call.id<Id<struct AccessEvent_>>(0);
  const auto rows = call.db.query(
      "SELECT id, kind, first_at, last_at, count, person_id, device_id, resource, enforcer, "
      "origin, codes FROM access_event WHERE id = ?",
      {id});
  if (!rows) return broken(rows.error());
  if (rows->empty()) return not_found();
  const Row& row = rows->front();
  Named people(call.db, "person");
  Named devices(call.db, "device");
  auto event = event_json(call, row, people, devices);
  if (!event) return broken(event.error());
  const Time at = row.time(3);
  const auto subjects = call.db.query("SELECT subject FROM device WHERE id = ?", {row.integer(6)});
  if (!subjects) return broken(subjects.error());
  const SubjectId device{subjects->empty() ? std::string() : subjects->front().text(0)};
  json::array evidence;
  for (const Requirement* measure : measures_in(call.guideline(), row.text(10)))
    for (const std::string& check : measure->checks) {
      const CheckSpec* spec = call.guideline().check(check);
      if (spec == nullptr) continue;
      const auto kept = known_at(call.db, device, check, at);
      if (!kept) return broken(kept.error());
      evidence.emplace_back(evidence_json(*measure, *spec, *kept, at));
    }
  (*event)["evidence"] = std::move(evidence);
  return reply_json(*event);
}

}  // namespace

void add_access_list(Handlers& handlers) {
  handlers.insert({{"listAccessEvents", list_access_events}, {"getAccessEvent", get_access_event}});
}

}  // namespace sekisho
