// SPDX-License-Identifier: Apache-2.0
#include "server/line/line_store.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <set>

namespace sekisho {
namespace {

/// After its end a period waits this long for what is late.
constexpr std::chrono::minutes kGrace{10};

Period shorter(Period period) { return static_cast<Period>(static_cast<std::uint8_t>(period) - 1); }
Period longer(Period period) { return static_cast<Period>(static_cast<std::uint8_t>(period) + 1); }
std::size_t place_of(Period period) { return static_cast<std::size_t>(period); }

}  // namespace

void LineIndex::add(const LineRow& row) {
  const auto [at, fresh] =
      sensors_[row.sensor].at(place_of(row.period)).try_emplace(row.start, row);
  if (fresh) return;
  at->second.packets += row.packets;
  at->second.sequence = std::max(at->second.sequence, row.sequence);
}

/// Between the rows of a period, shorter ones stand for it.
void LineIndex::gather(const Sensor& sensor, Period period, Time from, Time to,
                       std::vector<LineRow>& into) {
  const Rows& rows = sensor.at(place_of(period));
  for (auto row = rows.lower_bound(from); from < to; ++row) {
    const bool ends = row == rows.end() || row->first >= to;
    if (period != Period::minute)
      gather(sensor, shorter(period), from, ends ? to : row->first, into);
    if (ends) return;
    into.push_back(row->second);
    from = step_from(period, row->first, 1);
  }
}

std::vector<LineRow> LineIndex::rows_of(Period period, Time start) const {
  std::vector<LineRow> rows;
  for (const auto& [id, sensor] : sensors_)
    gather(sensor, period, start, step_from(period, start, 1), rows);
  std::ranges::sort(rows, {}, &LineRow::start);
  return rows;
}

std::uint64_t LineIndex::packets(Period period, Time start) const {
  std::uint64_t sum = 0;
  for (const LineRow& row : rows_of(period, start)) sum += row.packets;
  return sum;
}

std::vector<Time> LineIndex::starts(Period period, std::size_t most) const {
  std::set<Time> all;
  for (const auto& [id, sensor] : sensors_)
    for (std::size_t i = 0; i <= place_of(period); ++i)
      for (const auto& [start, row] : sensor.at(i)) all.insert(start_of(period, start));
  std::vector<Time> starts(all.begin(), all.end());
  if (starts.size() > most)
    starts.erase(starts.begin(), starts.end() - static_cast<std::ptrdiff_t>(most));
  return starts;
}

const LineRow* LineIndex::row(SensorId sensor, Period period, Time start) const {
  const auto rows = sensors_.find(sensor);
  if (rows == sensors_.end()) return nullptr;
  const auto row = rows->second.at(place_of(period)).find(start);
  return row == rows->second.at(place_of(period)).end() ? nullptr : &row->second;
}

Result<LineIndex> LineStore::index(std::span<const SensorId> sensors, Period longest) {
  const auto rows = rows_.list(sensors, longest);
  if (!rows) return std::unexpected(rows.error());
  LineIndex index;
  for (const LineRow& row : *rows) index.add(row);
  return index;
}

Result<LineIndex> LineStore::shown(std::span<const SensorId> sensors, Period period) {
  const auto rows = rows_.list_shown(sensors, period);
  if (!rows) return std::unexpected(rows.error());
  LineIndex index;
  for (const LineRow& row : *rows) index.add(row);
  return index;
}

Result<void> LineStore::each(const LineIndex& index, Period period, std::span<const Time> starts,
                             const std::function<void(Time start, const LineTally&)>& take) {
  std::vector<LineRow> rows;
  for (const Time start : starts)
    std::ranges::copy(index.rows_of(period, start), std::back_inserter(rows));
  LineTally tally;
  std::optional<Time> current;
  const auto done = rows_.read(rows, [&](Time at, std::string_view part) {
    const Time start = start_of(period, at);
    if (current && *current != start) {
      take(*current, tally);
      tally.clear();
    }
    current = start;
    return tally.merge(part, key_);
  });
  if (done && current) take(*current, tally);
  return done;
}

Result<LineRows::Part> LineStore::sum(std::span<const LinePiece::Minute> minutes) const {
  LineTally tally;
  for (const LinePiece::Minute& minute : minutes)
    if (auto merged = tally.merge(minute.tally, key_); !merged) {
      Error refused = merged.error();
      refused.fault = Fault::invalid;
      return std::unexpected(std::move(refused));
    }
  LineRows::Part part;
  part.row.packets = tally.all().packets;
  part.tally = tally.encode(key_);
  return part;
}

Result<void> LineStore::keep(LineIndex& index, const std::vector<LineRows::Part>& parts) {
  if (auto added = rows_.add(parts); !added) return added;
  for (const LineRows::Part& part : parts) index.add(part.row);
  return {};
}

Result<std::uint64_t> LineStore::take(SensorId sensor, std::int64_t sequence,
                                      std::vector<LinePiece::Minute> minutes, Time now,
                                      const LineKept& kept) {
  auto index = this->index({&sensor, 1}, Period::year);
  if (!index) return std::unexpected(index.error());
  std::ranges::stable_sort(minutes, {}, &LinePiece::Minute::start);
  std::uint64_t packets = 0;
  std::vector<LineRows::Part> parts;
  for (std::size_t i = 0; i < kPeriods; ++i) {
    const auto period = static_cast<Period>(i);
    for (auto from = minutes.begin(); from != minutes.end();) {
      const Time start = start_of(period, from->start);
      const auto to = std::find_if(from, minutes.end(), [&](const LinePiece::Minute& one) {
        return start_of(period, one.start) != start;
      });
      const std::span<const LinePiece::Minute> same(from, to);
      from = to;
      // A longer period has a row once it was put together: what comes then is late for it, unless
      // the row has this piece already, from a write that did not end. One without a row is left
      // until it is over.
      const LineRow* row = index->row(sensor, period, start);
      if (period != Period::minute && (row == nullptr || row->sequence >= sequence)) continue;
      auto part = sum(same);
      if (!part) return std::unexpected(part.error());
      if (period == Period::minute) packets += part->row.packets;
      if (part->row.packets == 0) continue;
      part->row = {sensor, period, start, part->row.packets, sequence};
      parts.push_back(std::move(*part));
    }
  }
  if (auto done = keep(*index, parts); !done) return std::unexpected(done.error());
  if (auto done = put_together(*index, sensor, sequence, now); !done)
    return std::unexpected(done.error());
  for (const auto& [period, days] :
       {std::pair(Period::minute, kept.minutes), std::pair(Period::hour, kept.hours),
        std::pair(Period::day, kept.days)})
    // Nothing of a longer period that was not put together yet.
    if (auto gone = rows_.forget(sensor, period, start_of(longer(period), now - days)); !gone)
      return std::unexpected(gone.error());
  return packets;
}

Result<void> LineStore::put_together(LineIndex& index, SensorId sensor, std::int64_t sequence,
                                     Time now) {
  for (const Period period : {Period::hour, Period::day, Period::month, Period::year}) {
    std::vector<Time> due;
    for (const Time start : index.starts(period, SIZE_MAX))
      if (index.row(sensor, period, start) == nullptr &&
          step_from(period, start, 1) + kGrace <= now)
        due.push_back(start);
    std::vector<LineRows::Part> parts;
    if (auto done = each(index, period, due,
                         [&](Time start, const LineTally& tally) {
                           parts.push_back({{sensor, period, start, tally.all().packets, sequence},
                                            tally.encode(key_)});
                         });
        !done)
      return done;
    if (auto done = keep(index, parts); !done) return done;
  }
  return {};
}

}  // namespace sekisho
