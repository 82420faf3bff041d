// SPDX-License-Identifier: Apache-2.0
// Suspended by hand: a person or a device, for a time or until it is restored. In force for all
// that is live when it is acknowledged.
#include <array>
#include <span>

#include "server/access/handlers.h"
#include "server/api/fields.h"
#include "server/api/moments.h"
#include "server/people/administrators.h"
#include "store/columns.h"

namespace sekisho {
namespace {

namespace json = boost::json;

struct NewSuspension {
  std::optional<PersonId> person;
  std::optional<DeviceId> device;
  std::string reason;
  std::optional<Time> until;
};

NewSuspension read_suspension(const Node& node) {
  node.only({"person", "device", "reason", "until"});
  NewSuspension one;
  if (const auto person = node.find("person")) one.person = read_id<PersonId>(*person);
  if (const auto device = node.find("device")) one.device = read_id<DeviceId>(*device);
  if (one.person.has_value() == one.device.has_value())
    node.report("人か端末のどちらか一つを指定してください。",
                "name a person or a device, one of them.");
  one.reason = clean_text(node.at("reason"), kLongestText);
  if (const auto until = node.find("until")) {
    one.until = parse_moment(until->string());
    if (!one.until)
      until->report("時差の付いた日時（2026-11-27T18:00:00+09:00）にしてください。",
                    "this has to be a time with its offset (2026-11-27T18:00:00+09:00).");
  }
  return one;
}

/// What the audit log calls it: the address or the subject.
Result<std::string> suspended_name(Call& call, const NewSuspension& one, Problem& why) {
  const auto rows =
      one.person
          ? call.db.query("SELECT email FROM person WHERE id = ? AND state <> 'erased'",
                          {*one.person})
          : call.db.query("SELECT subject FROM device WHERE id = ? AND erased = 0", {*one.device});
  if (!rows) return std::unexpected(rows.error());
  if (rows->empty())
    return stop(why, wrong_at(one.person ? "/person" : "/device", "見つかりません。",
                              "there is no such one.")
                         .error());
  return rows->front().text(0);
}

Outcome suspend(Call& call) {
  const auto given = read_body<NewSuspension>(call, read_suspension);
  if (!given) return std::unexpected(given.error());
  if (given->until && *given->until <= call.now)
    return wrong_at("/until", "これからの時刻にしてください。", "let it be a time to come.");
  Problem why;
  std::int64_t id = 0;
  const auto write = [&]() -> Result<void> {
    const auto name = suspended_name(call, *given, why);
    if (!name) return std::unexpected(name.error());
    const auto rows = call.db.query(
        "INSERT INTO access_suspension (person_id, device_id, reason, begun_at, begun_by, ends_at) "
        "VALUES (?, ?, ?, ?, ?, ?) RETURNING id",
        {value_of(given->person), value_of(given->device), given->reason, value_of(call.now),
         call.who.person, given->until ? value_of(*given->until) : Value(std::monostate())});
    if (!rows) return std::unexpected(rows.error());
    id = rows->front().integer(0);
    return audit(call, "access-suspended", *name,
                 {{"reason", given->reason}, {"until", json_time(given->until)}});
  };
  const auto done = call.db.write([&]() -> Result<void> {
    const auto remains = stays_administrated(call, write);
    if (!remains) return std::unexpected(remains.error());
    if (*remains) return {};
    return stop(why,
                {409,
                 {"使える管理者が一人もいなくなるため、止められません。",
                  "no administrator would be left who is not suspended; nothing was suspended."},
                 {}});
  });
  if (!why.text.empty()) return std::unexpected(why);
  return written(done, reply_json(json::object{{"id", id}}, 201));
}

/// With all that is in force of the same person or device: whoever is restored is in again.
Outcome restore(Call& call) {
  Problem why;
  const auto done = call.db.write([&]() -> Result<void> {
    const auto id = call.id<Id<struct Suspension_>>(0);
    const auto rows = call.db.query(
        "SELECT s.person_id, COALESCE(p.email, d.subject) FROM access_suspension s LEFT JOIN "
        "person p ON p.id = s.person_id LEFT JOIN device d ON d.id = s.device_id WHERE s.id = ? "
        "AND s.restored_at IS NULL",
        {id});
    if (!rows) return std::unexpected(rows.error());
    if (rows->empty()) return stop(why, not_found().error());
    if (!rows->front().null(0) && rows->front().id<PersonId>(0) == call.who.person)
      return stop(why, {409,
                        {"自分への一時停止は、ほかの管理者が解除します。",
                         "another administrator has to restore what is suspended of you."},
                        {}});
    if (auto ended = call.db.execute(
            "UPDATE access_suspension SET restored_at = ?, restored_by = ? WHERE restored_at IS "
            "NULL AND (person_id = (SELECT person_id FROM access_suspension WHERE id = ?) OR "
            "device_id = (SELECT device_id FROM access_suspension WHERE id = ?))",
            {value_of(call.now), call.who.person, id, id});
        !ended)
      return ended;
    return audit(call, "access-restored", rows->front().text(1));
  });
  if (!why.text.empty()) return std::unexpected(why);
  return written(done, reply_nothing());
}

struct KeptSuspension {
  std::int64_t id = 0;
  std::string reason;
  Time begun_at{};
  std::optional<Time> ends_at;
  std::optional<Time> restored_at;

  static std::span<const Column<KeptSuspension>> columns() {
    using Of = Column<KeptSuspension>;
    static const std::array kColumns{
        Of{"s.id", &KeptSuspension::id}, Of{"s.reason", &KeptSuspension::reason},
        Of{"s.begun_at", &KeptSuspension::begun_at}, Of{"s.ends_at", &KeptSuspension::ends_at},
        Of{"s.restored_at", &KeptSuspension::restored_at}};
    return kColumns;
  }
};

/// Those in force; with all=yes those that are over too.
Outcome list_suspensions(Call& call) {
  const auto page = page_of(call);
  if (!page) return std::unexpected(page.error());
  const bool all = call.query("all") == "yes";
  const auto rows = call.db.query(
      "SELECT " + columns_of<KeptSuspension>() +
          ", s.person_id, p.name, s.device_id, d.name, s.begun_by, b.name, s.restored_by, r.name "
          "FROM access_suspension s LEFT JOIN person p ON p.id = s.person_id LEFT JOIN device d ON "
          "d.id = s.device_id LEFT JOIN person b ON b.id = s.begun_by LEFT JOIN person r ON r.id = "
          "s.restored_by WHERE s.id < ?" +
          (all ? "" : " AND s.restored_at IS NULL AND (s.ends_at IS NULL OR s.ends_at > ?)") +
          " ORDER BY s.id DESC LIMIT ?",
      [&] {
        Values values{page->after == 0 ? INT64_MAX : page->after};
        if (!all) values.emplace_back(value_of(call.now));
        values.emplace_back(static_cast<std::int64_t>(page->limit + 1));
        return values;
      }());
  if (!rows) return broken(rows.error());
  json::array items;
  for (const Row& row : *rows) {
    const auto kept = read_as<KeptSuspension>(row);
    const std::size_t named = KeptSuspension::columns().size();
    items.emplace_back(json::object{{"id", kept.id},
                                    {"person", person_json(row, named, named + 1)},
                                    {"device", person_json(row, named + 2, named + 3)},
                                    {"reason", kept.reason},
                                    {"begun_at", json_time(kept.begun_at)},
                                    {"begun_by", person_json(row, named + 4, named + 5)},
                                    {"until", json_time(kept.ends_at)},
                                    {"restored_at", json_time(kept.restored_at)},
                                    {"restored_by", person_json(row, named + 6, named + 7)}});
  }
  return reply_json(
      paged(std::move(items), *page, [](const json::value& last) { return last.at("id"); }));
}

}  // namespace

void add_suspensions(Handlers& handlers) {
  handlers.insert({{"listSuspensions", list_suspensions},
                   {"suspendAccess", suspend},
                   {"restoreAccess", restore}});
}

}  // namespace sekisho
