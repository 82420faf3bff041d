// Tallies of sensors in the database, by minute, hour, day, month and year. When a period is over
// it is put together from the shorter ones, which are kept for a while: what was counted in a
// period is its own row, or else the sum of what lies in it.
#pragma once

#include <vector>

#include "collect/observe/sensor.h"
#include "store/store.h"

namespace sekisho {

/// How long the shorter periods are kept; months and years stay.
struct LineKept {
  std::chrono::days minutes{2};
  std::chrono::days hours{90};
  std::chrono::days days{1100};
};

class LineStore {
 public:
  LineStore(Database& db, const HashKey& key) : db_(db), key_(key) {}

  /// Adds (parts of) minutes, inside the write that is open. What is damaged or of another key is
  /// refused. How many packets they have.
  Result<std::uint64_t> add(std::int64_t sensor, std::vector<LinePiece::Minute> minutes);
  /// Puts together what is over, and lets go of what was kept long enough; inside a write.
  Result<void> roll(std::int64_t sensor, Time now, const LineKept& kept);

  /// The starts of the newest `most` periods in which something was counted, rising.
  Result<std::vector<Time>> starts(const std::vector<std::int64_t>& sensors, Period period,
                                   std::size_t most);
  /// Merges what the sensors counted in a period into `into`.
  Result<void> read(const std::vector<std::int64_t>& sensors, Period period, Time start,
                    LineTally& into);
  /// Packets of a period alone, which costs little.
  Result<std::uint64_t> packets(const std::vector<std::int64_t>& sensors, Period period,
                                Time start);

 private:
  Result<std::uint64_t> add_to(std::int64_t sensor, Period period, Time start,
                               std::span<const LinePiece::Minute> minutes);
  Result<void> put(std::int64_t sensor, Period period, Time start, const LineTally& tally);
  Result<bool> merge_row(std::int64_t sensor, Period period, Time start, LineTally& into);
  Result<void> read(std::int64_t sensor, Period period, Time start, LineTally& into);
  /// The periods one step shorter that lie in this one and have something.
  Result<std::vector<Time>> parts(std::int64_t sensor, Period period, Time start);
  Result<std::uint64_t> packets(std::int64_t sensor, Period period, Time start);

  Database& db_;
  HashKey key_;
};

}  // namespace sekisho
