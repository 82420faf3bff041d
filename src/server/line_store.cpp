#include "server/line_store.h"

#include <algorithm>
#include <set>

namespace sekisho {
namespace {

/// After its end a period waits this long for what is late.
constexpr std::chrono::minutes kGrace{10};

Value number_of(Period period) { return static_cast<std::int64_t>(period); }
Period shorter(Period period) { return static_cast<Period>(static_cast<std::uint8_t>(period) - 1); }

}  // namespace

Result<bool> LineStore::merge_row(std::int64_t sensor, Period period, Time start, LineTally& into) {
  const auto rows =
      db_.query("SELECT tally FROM line_tally WHERE sensor_id = ? AND period = ? AND start = ?",
                {sensor, number_of(period), value_of(start)});
  if (!rows) return std::unexpected(rows.error());
  if (rows->empty()) return false;
  if (auto merged = into.merge(rows->front().text(0), key_); !merged)
    return std::unexpected(merged.error());
  return true;
}

Result<void> LineStore::put(std::int64_t sensor, Period period, Time start,
                            const LineTally& tally) {
  return db_.execute(
      "INSERT INTO line_tally (sensor_id, period, start, packets, tally) VALUES (?, ?, ?, ?, ?) "
      "ON CONFLICT (sensor_id, period, start) DO UPDATE SET packets = excluded.packets, tally = "
      "excluded.tally",
      {sensor, number_of(period), value_of(start), static_cast<std::int64_t>(tally.all().packets),
       Bytes{tally.encode(key_)}});
}

Result<std::uint64_t> LineStore::add(std::int64_t sensor, std::vector<LinePiece::Minute> minutes) {
  std::ranges::stable_sort(minutes, {}, &LinePiece::Minute::start);
  std::uint64_t packets = 0;
  for (std::size_t i = 0; i < kPeriods; ++i) {
    const auto period = static_cast<Period>(i);
    for (auto from = minutes.begin(); from != minutes.end();) {
      const Time start = start_of(period, from->start);
      const auto to = std::find_if(from, minutes.end(), [&](const LinePiece::Minute& one) {
        return start_of(period, one.start) != start;
      });
      const auto sum = add_to(sensor, period, start, {from, to});
      if (!sum) return sum;
      if (period == Period::minute) packets += *sum;
      from = to;
    }
  }
  return packets;
}

/// A longer period has a row once it was put together: what comes then is late for it. One without
/// a row is left until it is over.
Result<std::uint64_t> LineStore::add_to(std::int64_t sensor, Period period, Time start,
                                        std::span<const LinePiece::Minute> minutes) {
  LineTally tally;
  const auto there = merge_row(sensor, period, start, tally);
  if (!there) return std::unexpected(there.error());
  if (!*there && period != Period::minute) return 0;
  const std::uint64_t before = tally.all().packets;
  for (const LinePiece::Minute& minute : minutes)
    if (auto merged = tally.merge(minute.tally, key_); !merged)
      return std::unexpected(merged.error());
  if (tally.all().packets > before)
    if (auto kept = put(sensor, period, start, tally); !kept) return std::unexpected(kept.error());
  return tally.all().packets - before;
}

Result<void> LineStore::roll(std::int64_t sensor, Time now, const LineKept& kept) {
  for (const Period period : {Period::hour, Period::day, Period::month, Period::year}) {
    const auto rows =
        db_.query("SELECT period, start FROM line_tally WHERE sensor_id = ? AND period IN (?, ?)",
                  {sensor, number_of(shorter(period)), number_of(period)});
    if (!rows) return std::unexpected(rows.error());
    std::set<Time> due;
    std::set<Time> done;
    for (const Row& row : *rows) {
      const Time start = row.time(1);
      if (row.integer(0) == static_cast<std::int64_t>(period))
        done.insert(start);
      else if (const Time whole = start_of(period, start);
               step_from(period, whole, 1) + kGrace <= now)
        due.insert(whole);
    }
    for (const Time start : due) {
      if (done.contains(start)) continue;
      LineTally tally;
      if (auto read_it = read(sensor, period, start, tally); !read_it) return read_it;
      if (auto put_it = put(sensor, period, start, tally); !put_it) return put_it;
    }
  }
  for (const auto& [period, days] :
       {std::pair(Period::minute, kept.minutes), std::pair(Period::hour, kept.hours),
        std::pair(Period::day, kept.days)})
    if (auto gone = db_.execute(
            "DELETE FROM line_tally WHERE sensor_id = ? AND period = ? AND start < ?",
            {sensor, number_of(period),
             // Nothing of a longer period that was not put together yet.
             value_of(start_of(static_cast<Period>(static_cast<std::uint8_t>(period) + 1),
                               now - days))});
        !gone)
      return gone;
  return {};
}

Result<std::vector<Time>> LineStore::parts(std::int64_t sensor, Period period, Time start) {
  const auto rows = db_.query(
      "SELECT start FROM line_tally WHERE sensor_id = ? AND period < ? AND start >= ? AND start < "
      "?",
      {sensor, number_of(period), value_of(start), value_of(step_from(period, start, 1))});
  if (!rows) return std::unexpected(rows.error());
  std::set<Time> parts;
  for (const Row& row : *rows) parts.insert(start_of(shorter(period), row.time(0)));
  return std::vector<Time>(parts.begin(), parts.end());
}

Result<void> LineStore::read(std::int64_t sensor, Period period, Time start, LineTally& into) {
  const auto whole = merge_row(sensor, period, start, into);
  if (!whole) return std::unexpected(whole.error());
  if (*whole || period == Period::minute) return {};
  const auto inside = parts(sensor, period, start);
  if (!inside) return std::unexpected(inside.error());
  for (const Time part : *inside)
    if (auto done = read(sensor, shorter(period), part, into); !done) return done;
  return {};
}

Result<void> LineStore::read(const std::vector<std::int64_t>& sensors, Period period, Time start,
                             LineTally& into) {
  for (const std::int64_t sensor : sensors)
    if (auto done = read(sensor, period, start, into); !done) return done;
  return {};
}

Result<std::uint64_t> LineStore::packets(std::int64_t sensor, Period period, Time start) {
  const auto rows =
      db_.query("SELECT packets FROM line_tally WHERE sensor_id = ? AND period = ? AND start = ?",
                {sensor, number_of(period), value_of(start)});
  if (!rows) return std::unexpected(rows.error());
  if (!rows->empty()) return static_cast<std::uint64_t>(rows->front().integer(0));
  if (period == Period::minute) return 0;
  const auto inside = parts(sensor, period, start);
  if (!inside) return std::unexpected(inside.error());
  std::uint64_t sum = 0;
  for (const Time part : *inside) {
    const auto one = packets(sensor, shorter(period), part);
    if (!one) return one;
    sum += *one;
  }
  return sum;
}

Result<std::uint64_t> LineStore::packets(const std::vector<std::int64_t>& sensors, Period period,
                                         Time start) {
  std::uint64_t sum = 0;
  for (const std::int64_t sensor : sensors) {
    const auto one = packets(sensor, period, start);
    if (!one) return one;
    sum += *one;
  }
  return sum;
}

Result<std::vector<Time>> LineStore::starts(const std::vector<std::int64_t>& sensors, Period period,
                                            std::size_t most) {
  std::set<Time> all;
  for (const std::int64_t sensor : sensors) {
    const auto rows = db_.query(
        "SELECT start FROM line_tally WHERE sensor_id = ? AND period <= ? ORDER BY start DESC",
        {sensor, number_of(period)});
    if (!rows) return std::unexpected(rows.error());
    std::set<Time> own;
    for (const Row& row : *rows) {
      own.insert(start_of(period, row.time(0)));
      if (own.size() > most) break;
    }
    all.insert(own.begin(), own.end());
  }
  std::vector<Time> starts(all.begin(), all.end());
  if (starts.size() > most)
    starts.erase(starts.begin(), starts.end() - static_cast<std::ptrdiff_t>(most));
  return starts;
}

}  // namespace sekisho
