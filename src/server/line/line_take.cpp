// SPDX-License-Identifier: Apache-2.0
// Pieces of sensors, taken in.
#include <algorithm>
#include <array>
#include <mutex>
#include <set>

#include <fmt/format.h>

#include "server/line/line.h"
#include "server/line/line_settings.h"

namespace sekisho {
namespace {

constexpr const char* kSource = "collector:observe";
/// The question whether the border to the internet is closed, of the measure SK-admin-I2.
constexpr const char* kBorderCheck = "ask-SK-admin-I2";
constexpr std::chrono::days kFoundHolds{7};
/// Services that let somebody work at a machine from afar.
bool lets_in(const std::string& service) { return service == "rdp" || service == "vnc"; }

/// What a sensor saw against an answer of the organisation: it says "no" for as long as it holds,
/// and never "yes".
std::vector<Evidence> evidence_of(const LineFound& found, const Guideline& guideline, Time now) {
  std::vector<Evidence> list;
  std::int64_t attempts = 0;
  std::set<std::string> servers;
  for (const SeenAttack& one : found.attacks) {
    if (!lets_in(one.service) || one.last < now - kFoundHolds) continue;
    attempts += one.attempts;
    servers.insert(address_text(one.server));
  }
  if (servers.empty() || guideline.check(kBorderCheck) == nullptr) return list;
  const std::string names = printable(join({servers.begin(), servers.end()}, ", "), 300);
  list.push_back(
      {kOrganisation, kBorderCheck,
       Judgement::without_basis(
           Verdict::fail,
           {fmt::format("外部からの通信の観測で、外部から接続できるリモートデスクトップが総当たりを"
                        "受けています: {}"
                        "（{} 回）",
                        names, attempts),
            fmt::format(
                "the sensor saw remote desktops that are reachable from outside under brute "
                "force: {} ({} attempts)",
                names, attempts)}),
       now, now + kFoundHolds, kSource});
  return list;
}

/// A sensor as a piece of it finds it.
struct Sensor {
  SensorId id;
  std::int64_t sequence = 0;  // of its last piece
  SensorTask task;
  LineKept kept;
};

Result<Sensor> sensor_of(Database& db, DeviceId device, Time now) {
  auto rows =
      db.query("UPDATE line_sensor SET seen_at = ? WHERE device_id = ? RETURNING id, sequence",
               {value_of(now), device});
  if (rows && rows->empty())
    rows = db.query(
        "INSERT INTO line_sensor (device_id, seen_at) VALUES (?, ?) RETURNING id, sequence",
        {device, value_of(now)});
  if (!rows) return std::unexpected(rows.error());
  auto task = sensor_task(db);
  if (!task) return std::unexpected(task.error());
  const auto known = settings(db);
  if (!known) return std::unexpected(known.error());
  return Sensor{rows->front().id<SensorId>(0), rows->front().integer(1), std::move(*task),
                kept_of(*known)};
}

Result<void> check_times(const LinePiece& piece, Time now) {
  for (const LinePiece::Minute& minute : piece.minutes)
    if (minute.start > now + std::chrono::minutes(5)) {
      auto early = failure("これからの時刻の集計です。時計を合わせてください。",
                           "this tally is of the future; set the clock.");
      early.error().fault = Fault::invalid;
      return early;
    }
  return {};
}

Result<std::uint64_t> add_minutes(Database& db, const ServerOptions& options, const Sensor& sensor,
                                  const LinePiece& piece, Time now) {
  if (auto times = check_times(piece, now); !times) return std::unexpected(times.error());
  const auto rows = line_rows(db, options, sensor.task.key);
  if (!rows) return std::unexpected(rows.error());
  return LineStore(**rows, sensor.task.key)
      .take(sensor.id, piece.sequence, piece.minutes, now, sensor.kept);
}

Result<void> add_logins(Database& db, const Sensor& sensor, const LinePiece& piece, Time now) {
  for (const LoginCount& one : piece.logins) {
    // A sensor of another version may know services that this server does not.
    if (std::ranges::find(line_names().logins, one.service, &LoginService::id) ==
        line_names().logins.end())
      continue;
    if (auto added = db.execute(
            "INSERT INTO line_login (sensor_id, service, start, attempts) VALUES (?, ?, ?, ?) ON "
            "CONFLICT (sensor_id, service, start) DO UPDATE SET attempts = line_login.attempts + "
            "excluded.attempts",
            {sensor.id, one.service, value_of(one.hour), one.attempts});
        !added)
      return added;
  }
  return db.execute("DELETE FROM line_login WHERE sensor_id = ? AND start < ?",
                    {sensor.id, value_of(now - LineKept().days)});
}

/// What of a piece the console's own database keeps, beside its minutes.
Result<void> note_piece(Database& db, const Guideline& guideline, const Sensor& sensor,
                        const LinePiece& piece, std::uint64_t packets, Time now) {
  if (auto added = add_logins(db, sensor, piece, now); !added) return added;
  if (auto set = db.execute(
          "UPDATE line_sensor SET sequence = ?, packets = ?, seconds = ?, dropped = ? WHERE id = ?",
          {piece.sequence, static_cast<std::int64_t>(packets), piece.seconds, piece.dropped,
           sensor.id});
      !set)
    return set;
  if (!piece.found) return {};
  if (auto set = db.execute("UPDATE line_sensor SET found = ? WHERE id = ?",
                            {write_found(*piece.found), sensor.id});
      !set)
    return set;
  const auto kept = append_evidence(db, evidence_of(*piece.found, guideline, now));
  return kept ? Result<void>() : std::unexpected(kept.error());
}

/// One piece of a sensor at a time, without anybody's turn to write.
std::unique_lock<std::mutex> turn_of(DeviceId device) {
  static std::array<std::mutex, 64> turns;
  return std::unique_lock(turns.at(static_cast<std::size_t>(device.number()) % turns.size()),
                          std::try_to_lock);
}

/// ClickHouse is spoken to outside of any change: it may take its time, or say nothing at all, and
/// nobody else's write waits for that. A piece that did not end is sent again with the same number,
/// and what there is of it already is replaced (ClickHouseRows).
Result<std::int64_t> take_piece_elsewhere(Database& db, const ServerOptions& options,
                                          const Guideline& guideline, DeviceId device,
                                          const LinePiece& piece, Time now) {
  const auto turn = turn_of(device);
  if (!turn) {
    auto busy = failure("前の集計を受け取っています。", "the piece before is being taken in.");
    busy.error().fault = Fault::unavailable;
    return std::unexpected(busy.error());
  }
  Sensor sensor;
  const auto begun = db.write([&]() -> Result<void> {
    auto found = sensor_of(db, device, now);
    if (!found) return std::unexpected(found.error());
    sensor = std::move(*found);
    return {};
  });
  if (!begun) return std::unexpected(begun.error());
  if (piece.sequence <= sensor.sequence) return sensor.sequence;
  const auto packets = add_minutes(db, options, sensor, piece, now);
  if (!packets) return std::unexpected(packets.error());
  std::int64_t up_to = piece.sequence;
  const auto done = db.write([&]() -> Result<void> {
    const auto found = sensor_of(db, device, now);
    if (!found) return std::unexpected(found.error());
    up_to = std::max(found->sequence, piece.sequence);
    if (piece.sequence <= found->sequence) return {};  // another server was first
    return note_piece(db, guideline, *found, piece, *packets, now);
  });
  if (!done) return std::unexpected(done.error());
  return up_to;
}

}  // namespace

Result<std::int64_t> take_piece(Database& db, const ServerOptions& options,
                                const Guideline& guideline, DeviceId device, const LinePiece& piece,
                                Time now) {
  if (!options.line.address.empty())
    return take_piece_elsewhere(db, options, guideline, device, piece, now);
  std::int64_t up_to = piece.sequence;
  const auto done = db.write([&]() -> Result<void> {
    const auto sensor = sensor_of(db, device, now);
    if (!sensor) return std::unexpected(sensor.error());
    up_to = std::max(sensor->sequence, piece.sequence);
    if (piece.sequence <= sensor->sequence) return {};  // it is here already
    const auto packets = add_minutes(db, options, *sensor, piece, now);
    if (!packets) return std::unexpected(packets.error());
    return note_piece(db, guideline, *sensor, piece, *packets, now);
  });
  if (!done) return std::unexpected(done.error());
  return up_to;
}

}  // namespace sekisho
