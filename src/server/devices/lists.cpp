// SPDX-License-Identifier: Apache-2.0
#include "server/devices/lists.h"

#include <algorithm>
#include <iterator>
#include <set>

#include <fmt/format.h>

#include "base/crypto.h"
#include "collect/inventory/inventory.h"
#include "server/api/fields.h"
#include "server/api/view.h"
#include "server/devices/handlers.h"

namespace sekisho {
namespace {

namespace json = boost::json;
constexpr const char* kListSource = "collector:list";
constexpr std::chrono::days kListHolds{90};
constexpr std::size_t kShown = 200;

/// Who is there already, by what a list may call them.
struct Known {
  struct Device {
    DeviceId id;
    SubjectId subject;
    bool speaks = false;  // has an agent or sends evidence of its own
  };
  std::map<std::string, Device> devices;                           // by lower-case name
  std::map<std::string, std::pair<PersonId, std::string>> people;  // by address and by name
};

/// As people write names and addresses: narrow or wide, with a space between the names or without.
std::string as_compared(std::string_view text) {
  std::string plain = lower(narrowed(text));
  std::erase(plain, ' ');
  return plain;
}

Result<Known> known(Database& db) {
  Known all;
  const auto devices =
      db.query("SELECT id, subject, name, listed_at FROM device WHERE state <> 'retired'");
  if (!devices) return std::unexpected(devices.error());
  for (const Row& row : *devices)
    all.devices[lower(row.text(2))] = {row.id<DeviceId>(0), {row.text(1)}, row.null(3)};
  const auto people = db.query("SELECT id, name, email FROM person WHERE state = 'active'");
  if (!people) return std::unexpected(people.error());
  std::set<std::string> names;
  for (const Row& row : *people) {
    const std::pair who(row.id<PersonId>(0), row.text(1));
    // Of two with one name it is neither.
    const std::string name = as_compared(row.text(1));
    if (!names.insert(name).second)
      all.people.erase(name);
    else
      all.people[name] = who;
  }
  for (const Row& row : *people)
    all.people[as_compared(row.text(2))] = {row.id<PersonId>(0), row.text(1)};
  return all;
}

struct Taken {
  std::int64_t added = 0;
  std::int64_t updated = 0;
  std::int64_t speaking = 0;
  std::set<std::string> strangers;  // whom the list calls users, and nobody here is
};

Result<void> add_listed(Call& call, const ListedDevice& device, const Value& person) {
  return call.db.execute(
      "INSERT INTO device (subject, name, person_id, state, created_at, system_name, "
      "system_version, serial, listed_at) VALUES (?, ?, ?, 'active', ?, ?, ?, ?, ?)",
      {"list:" + hex(random_bytes(8)), printable(device.name, kLongestName), person,
       value_of(call.now), device.system, device.version, device.serial, value_of(call.now)});
}

Result<void> update_listed(Call& call, DeviceId id, const ListedDevice& device,
                           const Value& person) {
  return call.db.execute(
      "UPDATE device SET person_id = COALESCE(?, person_id), system_name = ?, system_version = ?, "
      "serial = ?, listed_at = ? WHERE id = ?",
      {person, device.system, device.version, device.serial, value_of(call.now), id});
}

/// Counts what a list brings, and writes it down unless it is only tried.
Result<Taken> take(Call& call, const std::vector<ListedDevice>& list, const Known& all,
                   bool only_try) {
  Taken taken;
  for (const ListedDevice& device : list) {
    const auto who = all.people.find(as_compared(device.user));
    const Value person = who == all.people.end() ? Value() : Value(who->second.first);
    if (who == all.people.end() && !device.user.empty()) taken.strangers.insert(device.user);
    const auto there = all.devices.find(lower(printable(device.name, kLongestName)));
    if (there != all.devices.end() && there->second.speaks) {
      ++taken.speaking;
      continue;
    }
    const bool fresh = there == all.devices.end();
    ++(fresh ? taken.added : taken.updated);
    if (only_try) continue;
    if (auto kept = fresh ? add_listed(call, device, person)
                          : update_listed(call, there->second.id, device, person);
        !kept)
      return std::unexpected(kept.error());
  }
  return taken;
}

json::object shown(const ListedDevice& device, const Evidence& evidence, const Known& all) {
  const auto who = all.people.find(as_compared(device.user));
  return {{"line", device.line},
          {"name", device.name},
          {"system", system_label(device.system, device.version)},
          {"verdict", name(evidence.verdict())},
          {"detail", json_text(evidence.detail())},
          {"basis", json_basis(evidence.basis())},
          {"user", printable(device.user, kLongestName)},
          {"person", who == all.people.end()
                         ? json::value(nullptr)
                         : json::value(json::object{{"id", who->second.first},
                                                    {"name", who->second.second}})}};
}

Outcome import_devices(Call& call) {
  const auto list = read_device_list(call.request.body);
  if (!list) return faulty_list(list.error());
  const auto feeds = call.shop.options.newest_feeds();
  if (!feeds) return broken(feeds.error());
  const auto calendar = calendar_of(call.db);
  if (!calendar) return broken(calendar.error());
  const bool only_try = call.query("try") == "yes";
  Taken taken;
  Known all;
  const auto done = call.db.write([&]() -> Result<void> {
    auto read = known(call.db);
    if (!read) return std::unexpected(read.error());
    all = std::move(*read);
    auto took = take(call, *list, all, only_try);
    if (!took) return std::unexpected(took.error());
    taken = *took;
    if (only_try) return {};
    if (auto judged = judge_lists(call.shop, call.db, call.now); !judged) return judged;
    if (auto set = set_setting(call.db, "devices.change", random_token(8)); !set) return set;
    return audit(call, "devices-imported", "",
                 {{"added", taken.added}, {"updated", taken.updated}});
  });
  if (!done) return broken(done.error());
  Tally tally;
  json::array devices;
  for (const ListedDevice& device : *list) {
    const Evidence evidence =
        support_evidence(call.guideline(), (*feeds)->support, {device.name}, device.system,
                         device.version, false, call.now, calendar->day(call.now), kListSource);
    ++tally.of(evidence.verdict());
    if (devices.size() < kShown) devices.emplace_back(shown(device, evidence, all));
  }
  json::array strangers;
  for (const std::string& user : taken.strangers)
    if (strangers.size() < kShown) strangers.emplace_back(printable(user, kLongestName));
  return reply_json(json::object{{"added", taken.added},
                                 {"updated", taken.updated},
                                 {"speaking", taken.speaking},
                                 {"strangers", std::move(strangers)},
                                 {"tally", json_tally(tally)},
                                 {"devices", std::move(devices)}});
}

}  // namespace

Result<void> judge_lists(const Shop& shop, Database& db, Time now) {
  const auto feeds = shop.options.newest_feeds();
  if (!feeds) return std::unexpected(feeds.error());
  const auto calendar = calendar_of(db);
  if (!calendar) return std::unexpected(calendar.error());
  const Day today = calendar->day(now);
  return db.write([&]() -> Result<void> {
    const auto rows = db.query(
        "SELECT subject, system_name, system_version, extended_support, listed_at FROM device "
        "WHERE state <> 'retired' AND listed_at > ?",
        {value_of(now - kListHolds)});
    if (!rows) return std::unexpected(rows.error());
    std::vector<Evidence> judged;
    for (const Row& row : *rows) {
      Evidence evidence =
          support_evidence(shop.guideline, (*feeds)->support, {row.text(0)}, row.text(1),
                           row.text(2), row.integer(3) != 0, row.time(4), today, kListSource);
      const SystemSupport support = support_of((*feeds)->support, row.text(1), row.text(2), today);
      judged.push_back(std::move(evidence));
      std::ranges::move(unconcerned_evidence(shop.guideline, {row.text(0)}, support.platform(),
                                             row.time(4), kListSource),
                        std::back_inserter(judged));
    }
    // What a list says holds as long as the list.
    for (Evidence& one : judged) one.valid_until = one.observed_at + kListHolds;
    const auto kept = append_evidence(db, judged);
    return kept ? Result<void>() : std::unexpected(kept.error());
  });
}

void add_lists(Handlers& handlers) { handlers.insert({{"importDevices", import_devices}}); }

}  // namespace sekisho
