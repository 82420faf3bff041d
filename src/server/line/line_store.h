// SPDX-License-Identifier: Apache-2.0
// Tallies of sensors by minute, hour, day, month and year. When a period is over it is put together
// from the shorter ones, which are kept for a while: what was counted in a period is its own row,
// or else the sum of what lies in it.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <vector>

#include "server/line/line_rows.h"

namespace sekisho {

/// How long the shorter periods are kept; months and years stay.
struct LineKept {
  std::chrono::days minutes{2};
  std::chrono::days hours{31};
  std::chrono::days days{1100};
};

/// Which rows there are, and how many packets each has.
class LineIndex {
 public:
  void add(const LineRow& row);
  /// The rows that make up a period, their starts rising.
  std::vector<LineRow> rows_of(Period period, Time start) const;
  std::uint64_t packets(Period period, Time start) const;
  /// The starts of the newest `most` periods in which something was counted, rising.
  std::vector<Time> starts(Period period, std::size_t most) const;
  /// The row of a period itself; null: none.
  const LineRow* row(SensorId sensor, Period period, Time start) const;

 private:
  using Rows = std::map<Time, LineRow>;
  using Sensor = std::array<Rows, kPeriods>;
  static void gather(const Sensor& sensor, Period period, Time from, Time to,
                     std::vector<LineRow>& into);

  std::map<SensorId, Sensor> sensors_;
};

class LineStore {
 public:
  LineStore(LineRows& rows, const HashKey& key) : rows_(rows), key_(key) {}

  /// Adds (parts of) minutes, inside the write that is open; puts together what is over, and lets
  /// go of what was kept long enough. Sequences of a sensor rise. How many packets were added; an
  /// Error whose `where` is "422" when a tally is damaged or of another key.
  Result<std::uint64_t> take(SensorId sensor, std::int64_t sequence,
                             std::vector<LinePiece::Minute> minutes, Time now,
                             const LineKept& kept);

  /// What there is of periods up to `longest`.
  Result<LineIndex> index(std::span<const SensorId> sensors, Period longest);
  /// What figures by `period` need of it: of what is shorter, what nothing longer stands for.
  Result<LineIndex> shown(std::span<const SensorId> sensors, Period period);
  /// Gives what was counted in each of the periods that begin at `starts`, which rise.
  Result<void> each(const LineIndex& index, Period period, std::span<const Time> starts,
                    const std::function<void(Time start, const LineTally&)>& take);

 private:
  Result<LineRows::Part> sum(std::span<const LinePiece::Minute> minutes) const;
  Result<void> keep(LineIndex& index, const std::vector<LineRows::Part>& parts);
  Result<void> put_together(LineIndex& index, SensorId sensor, std::int64_t sequence, Time now);

  LineRows& rows_;
  HashKey key_;
};

}  // namespace sekisho
