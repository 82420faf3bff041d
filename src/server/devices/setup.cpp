// SPDX-License-Identifier: Apache-2.0
// How far an organisation is with setting Sekisho up: what is still to be done before Home says
// something about the firm, and nothing else. Each is counted from what is so; only how many there
// are to be is said by an administrator.
#include "collect/lists.h"
#include "server/api/view.h"
#include "server/devices/devices.h"
#include "server/devices/handlers.h"
#include "server/devices/restart.h"
#include "server/outbox/mail.h"
#include "store/copy.h"

namespace sekisho {
namespace {

namespace json = boost::json;
constexpr const char* kPeople = "setup.people";
constexpr const char* kDevices = "setup.devices";
constexpr const char* kAway = "setup.away";
constexpr std::int64_t kMost = 100'000;
/// A backup that is older helps little.
constexpr std::chrono::days kBackupHolds{7};

json::value wanted_in(const Settings& kept, const char* name) {
  const auto found = kept.find(name);
  const auto number = found == kept.end() ? -1 : whole_number(found->second);
  return number < 1 ? json::value(nullptr) : json::value(number);
}

bool any_contact(const Settings& kept) {
  const auto from = kept.lower_bound("contact.");
  for (auto at = from; at != kept.end() && at->first.starts_with("contact."); ++at)
    if (!at->second.empty()) return true;
  return false;
}

/// The lists that nothing passes without: there, and not older than they may be.
bool lists_are_new(const Feeds& feeds, Day today) {
  return !date_of(feeds.exploited).stale_on(today) && !date_of(feeds.support).stale_on(today);
}

Outcome get_setup(Call& call) {
  const auto kept = settings(call.db);
  if (!kept) return broken(kept.error());
  const auto counted = call.db.query(
      "SELECT (SELECT COUNT(*) FROM person WHERE state = 'active'), "
      "(SELECT COUNT(*) FROM invitation WHERE expires_at > ?), "
      "(SELECT COUNT(*) FROM person WHERE state = 'active' AND roles LIKE '%administrator%')",
      {value_of(call.now)});
  if (!counted) return broken(counted.error());
  const Row& row = counted->front();
  const auto standing = call.shop.board.look(call.db);
  if (!standing) return broken(standing.error());
  const auto devices = registered_devices(call.db, (*standing)->fleet());
  if (!devices) return broken(devices.error());
  const auto feeds = call.shop.options.newest_feeds();
  const Day today = organisation_of(call.guideline(), *kept).calendar.day(call.now);
  const auto backed_up = last_backup(call.db, call.shop.options.database);
  if (!backed_up) return broken(backed_up.error());
  const std::optional<Time> at = *backed_up;
  return reply_json(json::object{
      {"away", kept->contains(kAway)},
      {"devices", json::object{{"done", devices->devices}, {"of", wanted_in(*kept, kDevices)}}},
      {"people", json::object{{"done", row.integer(0)},
                              {"invited", row.integer(1)},
                              {"of", wanted_in(*kept, kPeople)}}},
      {"mail", !mail_server(*kept).url.empty()},
      {"contact", any_contact(*kept)},
      {"lists", feeds && lists_are_new(**feeds, today)},
      {"backup", json::object{{"at", json_time(at)},
                              {"fresh", at && call.now - *at < kBackupHolds},
                              {"command", backup_command(arguments_of_this_program(),
                                                         call.shop.options, run_by())}}},
      {"administrators", row.integer(2)}});
}

struct WantedSetup {
  std::int64_t devices = 0;
  std::int64_t people = 0;
  bool away = false;
};

Outcome change_setup(Call& call) {
  const auto wanted = read_body<WantedSetup>(call, [](const Node& node) {
    node.only({"devices", "people", "away"});
    const auto count = [&](const char* key) -> std::int64_t {
      const Node one = node.at(key);
      return one.value().is_null() ? 0 : one.integer(1, kMost);
    };
    return WantedSetup{count("devices"), count("people"), node.at("away").boolean()};
  });
  if (!wanted) return std::unexpected(wanted.error());
  const auto done = call.db.write([&]() -> Result<void> {
    for (const auto& [name, value] :
         {std::pair(kDevices, wanted->devices), std::pair(kPeople, wanted->people)})
      if (auto set = set_setting(call.db, name, std::to_string(value)); !set) return set;
    if (auto set = wanted->away ? set_setting(call.db, kAway, "yes")
                                : call.db.execute("DELETE FROM setting WHERE name = ?", {kAway});
        !set)
      return set;
    return audit(
        call, "setup-changed", "",
        {{"people", wanted->people}, {"devices", wanted->devices}, {"away", wanted->away}});
  });
  return written(done, reply_nothing());
}

}  // namespace

void add_setup(Handlers& handlers) {
  handlers.insert({{"getSetup", get_setup}, {"changeSetup", change_setup}});
}

}  // namespace sekisho
