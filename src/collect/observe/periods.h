// Tallies by minute, hour, day, month and year (UTC). A minute that is over goes into its hour, an
// hour into its day, and a day into its month; what is over, and what months have, is kept encoded
// in a file, and is opened again when more of it comes. Years are the sums of their months.
#pragma once

#include <functional>
#include <map>
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

class Periods {
 public:
  explicit Periods(const HashKey& key);

  /// Called with each period up to months that is over, with what was not told of it before:
  /// tallies that merge.
  using Sink = std::function<void(Period, Time, const std::string& encoded)>;
  void tell(Sink sink) { sink_ = std::move(sink); }

  /// Adds (a part of) an hour, or of a minute where somebody wants to be told of minutes, and
  /// leaves the tally empty.
  void add(Period period, Time start, LineTally& tally);
  /// Closes all that is open, so that the sink has been told of everything. More may be added.
  void close();

  /// The starts of the periods in which something was counted, rising.
  std::vector<Time> starts(Period period) const;
  /// What was counted in one of them.
  void read(Period period, Time start, LineTally& into) const;
  /// Everything; `room` is for putting it together where it isn't in one piece.
  const LineTally& all(LineTally& room) const;
  /// How many hours and days were let go, oldest first, to keep the file bounded.
  std::size_t let_go() const { return let_go_; }
  /// How often what was kept did not come back from the file as it went in: then sums lack it.
  std::size_t damaged() const { return damaged_; }

 private:
  struct Open {
    std::optional<Time> start;
    LineTally tally;
  };
  void close(Period period);
  void keep_with(Period period, Time start, LineTally& tally);
  void keep(Period period, Time start, const std::string& whole);
  void add_kept(const Spill::Place& kept, LineTally& into) const;

  HashKey key_;
  Sink sink_;
  std::vector<Open> open_;  // minute, hour and day
  std::map<std::pair<Period, Time>, Spill::Place> kept_;
  Spill spill_;
  std::size_t kept_bytes_ = 0;
  std::size_t let_go_ = 0;
  mutable std::size_t damaged_ = 0;
};

}  // namespace sekisho
