// SPDX-License-Identifier: Apache-2.0
// What was counted, in all and by minute, hour, day, month or year (UTC): one of these, chosen or
// found. A period is kept in a file as what its packets come to where they are few (24 bytes each),
// and as tallies where they are many: its cost goes by its packets, not by how long it is.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "collect/observe/spill.h"
#include "collect/observe/tally.h"

namespace sekisho {

enum class Period : std::uint8_t { minute, hour, day, month, year };
inline constexpr std::size_t kPeriods = 5;
inline constexpr std::array<std::pair<std::string_view, Period>, kPeriods> kPeriodNames{
    {{"minute", Period::minute},
     {"hour", Period::hour},
     {"day", Period::day},
     {"month", Period::month},
     {"year", Period::year}}};

/// The beginning of the period that `time` lies in.
Time start_of(Period period, Time time);
/// The beginning of the next one (`steps` ones on; negative: back).
Time step_from(Period period, Time start, int steps);
/// The one to compare with, a year before: for days and shorter ones 52 weeks, the same day of the
/// week at the same time of day.
Time year_before(Period period, Time start);

/// From the first packet to the last. Empty: the first is after the last.
struct Stretch {
  std::int64_t first_ns = std::numeric_limits<std::int64_t>::max();
  std::int64_t last_ns = std::numeric_limits<std::int64_t>::min();
  std::uint64_t packets = 0;
  void add(std::int64_t time_ns) {
    first_ns = std::min(first_ns, time_ns);
    last_ns = std::max(last_ns, time_ns);
    ++packets;
  }
  void operator+=(const Stretch& other) {
    first_ns = std::min(first_ns, other.first_ns);
    last_ns = std::max(last_ns, other.last_ns);
    packets += other.packets;
  }
};

/// Hits of one grain that follow one another. `place` is where they are kept.
struct HitRun {
  Time grain;
  Stretch stretch;
  Spill::Place place;
  std::uint64_t sum = 0;
};

class Periods {
 public:
  /// Kept by `by`; without it, by the longest period that there are three of, or by the hour.
  explicit Periods(const HashKey& key, std::optional<Period> by = std::nullopt);

  /// Called with each minute that is over, with what was not told of it before: tallies that merge.
  using Sink = std::function<void(Time, const std::string& encoded)>;
  void tell(Sink sink);
  /// Bytes of periods: on the disk, and where that takes nothing, in memory.
  void keep_at_most(std::uint64_t on_disk, std::uint64_t in_memory) {
    most_on_disk_ = on_disk;
    most_in_memory_ = in_memory;
  }
  bool has_sink() const { return minute_ != nullptr; }
  /// What may be counted together: lies in one of what it is kept and told by. Any thread may ask.
  Period grain() const { return grain_; }
  Period by() const { return by_; }

  /// Puts hits where they are kept. Any thread may, at any time.
  Spill::Place put(std::span<const Hit> hits) { return spill_.put(bytes_of(hits)); }
  /// Adds what was put there; `hits` is needed where there is a sink.
  void add(const HitRun& run, std::span<const Hit> hits);
  /// Adds a tally of many of one grain, and leaves it empty.
  void add(Time grain, const Stretch& stretch, LineTally& tally);
  /// Adds to `all` alone what was added to the periods as hits, and leaves the tally empty.
  void add_to_all(LineTally& tally);
  /// The sink is told of what it was not told of yet. More may be added.
  void close();

  /// The periods in which something was counted, rising.
  struct Seen {
    Time start;
    Stretch stretch;
    bool kept = true;  // false: its details were let go
  };
  std::vector<Seen> seen() const;
  /// Whether `start` is kept as hits alone: as many as are quicker looked at than a tally is made.
  bool has_hits_alone(Time start) const;
  void each_hit(Time start, const std::function<void(std::span<const Hit>)>& take) const;
  /// What was counted in one of them.
  void read(Time start, LineTally& into) const;
  /// Everything.
  const LineTally& all() const { return all_; }
  /// Of how many periods the details were let go, oldest first, to keep the file bounded.
  std::size_t let_go() const { return let_go_; }
  /// How often what was kept did not come back from the file as it went in: then sums lack it.
  std::size_t damaged() const { return damaged_; }

  static std::uint64_t sum_of(std::span<const Hit> hits);

 private:
  struct Part {
    Spill::Place place;
    std::uint64_t size = 0;  // bytes
    std::uint64_t sum = 0;
    bool hits = false;
  };
  struct Kept {
    std::vector<Part> parts;
    Stretch stretch;
    bool let_go = false;
  };
  static std::span<const std::uint8_t> bytes_of(std::span<const Hit> hits) {
    return {reinterpret_cast<const std::uint8_t*>(hits.data()), hits.size_bytes()};  // NOLINT
  }
  Kept& period_of(Time grain, const Stretch& stretch);
  void keep(Kept& kept, const Part& part);
  void drop(Kept& kept);
  void lengthen();
  void lengthen_to(Period longer);
  void bound();
  std::uint64_t most() const { return spill_.in_memory() ? most_in_memory_ : most_on_disk_; }
  bool worth_condensing(const Kept& kept) const;
  void condense(Kept& kept);
  void read(const Kept& kept, LineTally& into) const;
  void each_hit(const Part& part, const std::function<void(std::span<const Hit>)>& take) const;

  HashKey key_;
  bool chosen_;
  std::atomic<Period> by_;
  std::atomic<Period> grain_;
  Sink sink_;
  std::unique_ptr<LineTally> minute_;  // with a sink: what it was not told of yet
  Time minute_start_;
  LineTally all_;
  std::map<Time, Kept> kept_;
  Spill spill_;
  std::uint64_t most_on_disk_ = std::uint64_t{1} << 30U;
  std::uint64_t most_in_memory_ = std::uint64_t{64} << 20U;
  std::uint64_t kept_bytes_ = 0;
  std::size_t let_go_ = 0;
  mutable std::size_t damaged_ = 0;
};

}  // namespace sekisho
