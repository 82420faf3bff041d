// SPDX-License-Identifier: Apache-2.0
#include "server/line/line.h"

#include <algorithm>
#include <array>
#include <cstring>

#include <fmt/format.h>

#include "base/crypto.h"
#include "server/line/handlers.h"
#include "server/line/line_figures.h"
#include "server/line/line_settings.h"
#include "server/line/line_store.h"

namespace sekisho {
namespace {

namespace json = boost::json;

/// A sensor that was silent for longer shows nothing live.
constexpr std::chrono::minutes kSilent{5};

constexpr std::array<std::size_t, kPeriods> kShown{60, 48, 30, 24, 10};

struct Sensors {
  std::vector<SensorId> ids;
  json::array list;
};

/// With what they found only where that is shown.
Result<Sensors> sensors_of(Database& db, Time now, bool with_found,
                           std::optional<SensorId> only = {}) {
  const auto rows = db.query(
      "SELECT s.id, d.id, d.name, s.seen_at, s.packets, s.seconds, s.dropped, s.found FROM "
      "line_sensor s JOIN device d ON d.id = s.device_id ORDER BY s.id");
  if (!rows) return std::unexpected(rows.error());
  Sensors sensors;
  for (const Row& row : *rows) {
    if (!only || *only == row.id<SensorId>(0)) sensors.ids.push_back(row.id<SensorId>(0));
    const bool silent = row.time(3) < now - kSilent;
    sensors.list.emplace_back(json::object{
        {"id", row.id<SensorId>(0)},
        {"device", row.id<DeviceId>(1)},
        {"name", row.text(2)},
        {"seen_at", json_time(row.time(3))},
        {"silent", silent},
        {"rate", silent || row.integer(5) == 0 ? json::value(nullptr)
                                               : json::value(static_cast<double>(row.integer(4)) /
                                                             static_cast<double>(row.integer(5)))},
        {"dropped", row.integer(6)}});
    if (with_found)
      sensors.list.back().as_object()["found"] =
          row.text(7).empty() ? json::value(nullptr) : json::parse(row.text(7));
  }
  return sensors;
}

Outcome get_line(Call& call) {
  const std::string named = call.query("period").value_or("day");
  const auto period =
      std::ranges::find(kPeriodNames, named, &std::pair<std::string_view, Period>::first);
  if (period == kPeriodNames.end())
    return problem(422, "期間の名前が違います。", "there is no such period.");
  std::optional<SensorId> only;
  if (const auto sensor = call.query("sensor")) only = SensorId(whole_number(*sensor));
  json::object out;
  const auto looked = call.db.snapshot([&]() -> Result<void> {
    const auto known = settings(call.db);
    if (!known) return std::unexpected(known.error());
    auto sensors = sensors_of(call.db, call.now, true, only);
    if (!sensors) return std::unexpected(sensors.error());
    const auto key = known->find(kLineKey);
    const HashKey hash =
        hash_key(key == known->end() ? std::string(16, '\0')
                                     : from_base64url(key->second).value_or(std::string(16, '\0')));
    LineFigures figures(hash);
    if (key != known->end()) {
      const auto rows = line_rows(call.db, call.shop.options, hash);
      if (!rows) return std::unexpected(rows.error());
      LineStore store(**rows, hash);
      if (auto done = figures.read(store, sensors->ids, period->second,
                                   kShown[static_cast<std::size_t>(period->second)], call.now);
          !done)
        return done;
      if (auto done = figures.read_logins(call.db, sensors->ids, period->second); !done)
        return done;
    }
    out = std::move(figures).told();
    out["period"] = named;
    out["sensors"] = std::move(sensors->list);
    json::array ours;
    if (const auto text = known->find(kLineOurs); text != known->end())
      for (const Network& network : networks_of(text->second))
        ours.emplace_back(network_text(network));
    out["ours"] = std::move(ours);
    json::array portals;
    if (const auto text = known->find(kLinePortals); text != known->end())
      for (const std::string_view word : words(text->second)) portals.emplace_back(word);
    out["portals"] = std::move(portals);
    out["hours_kept"] = kept_of(*known).hours.count();
    return {};
  });
  if (!looked) return broken(looked.error());
  return reply_json(out);
}

Outcome get_line_now(Call& call) {
  auto sensors = sensors_of(call.db, call.now, false);
  if (!sensors) return broken(sensors.error());
  return reply_json(json::object{{"items", std::move(sensors->list)}});
}

struct LineSettings {
  std::vector<std::string> ours;
  std::vector<std::string> portals;
  std::int64_t hours_kept = 31;
};

Outcome set_line(Call& call) {
  const auto given = read_body<LineSettings>(call, [](const Node& node) {
    node.only({"ours", "portals", "hours_kept"});
    LineSettings wanted;
    for (const Node& one : node.at("ours").items()) {
      if (const auto network = read_network(one.string()))
        wanted.ours.push_back(network_text(*network));
      else
        one.report("ネットワークは 192.0.2.0/24 のように書いてください。",
                   "write a network like 192.0.2.0/24.");
    }
    if (wanted.ours.size() > 1000)
      node.at("ours").report("多すぎます（上限 1,000）。", "these are too many (at most 1,000).");
    for (const Node& one : node.at("portals").items()) {
      if (const auto portal = read_portal(one.string()))
        wanted.portals.push_back(portal_text(*portal));
      else
        one.report("203.0.113.5 や 203.0.113.5:8443 のように書いてください。",
                   "write it like 203.0.113.5 or 203.0.113.5:8443.");
    }
    if (wanted.portals.size() > kMostPortals)
      node.at("portals").report("多すぎます（上限 100）。", "these are too many (at most 100).");
    wanted.hours_kept = node.at("hours_kept").integer(7, 3660);
    return wanted;
  });
  if (!given) return std::unexpected(given.error());
  const auto done = call.db.write([&]() -> Result<void> {
    if (auto set = set_setting(call.db, kLineOurs, join(given->ours, " ")); !set) return set;
    if (auto set = set_setting(call.db, kLinePortals, join(given->portals, " ")); !set) return set;
    if (auto set = set_setting(call.db, kLineHours, std::to_string(given->hours_kept)); !set)
      return set;
    return audit(call, "line-changed", "",
                 {{"networks", given->ours.size()}, {"portals", given->portals.size()}});
  });
  return written(done, reply_nothing());
}

}  // namespace

Result<void> open_line(Database& db, const ServerOptions& options) {
  if (options.line.address.empty()) return {};
  const auto task = sensor_task(db);
  return task ? open_line_rows(db, options, task->key) : std::unexpected(task.error());
}

Result<std::vector<std::string>> own_sources_at_line(Database& db) {
  const auto all = found_at_line(db);
  if (!all) return std::unexpected(all.error());
  std::set<std::string> addresses;
  for (const LineFound& found : *all)
    for (const SeenSource& one : found.ours) addresses.insert(address_text(one.address));
  return std::vector<std::string>(addresses.begin(), addresses.end());
}

Result<std::vector<LineFound>> found_at_line(Database& db) {
  const auto rows = db.query("SELECT found FROM line_sensor WHERE found <> '' ORDER BY id");
  if (!rows) return std::unexpected(rows.error());
  std::vector<LineFound> all;
  for (const Row& row : *rows) {
    auto found = read_found(row.text(0));
    if (!found) return std::unexpected(found.error());
    all.push_back(std::move(*found));
  }
  return all;
}

Result<std::pair<std::int64_t, std::int64_t>> pieces_at_line(Database& db) {
  const auto rows =
      db.query("SELECT COUNT(*), CAST(COALESCE(SUM(sequence), 0) AS BIGINT) FROM line_sensor");
  if (!rows) return std::unexpected(rows.error());
  return std::pair(rows->front().integer(0), rows->front().integer(1));
}

void add_line(Handlers& handlers) {
  handlers.insert({{"getLine", get_line}, {"getLineNow", get_line_now}, {"setLine", set_line}});
}

}  // namespace sekisho
