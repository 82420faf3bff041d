// SPDX-License-Identifier: Apache-2.0
// The figures of the page: of a stretch of time, by period, and of the ports that are busiest over
// all of it.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include <boost/json.hpp>

#include "server/line/line_store.h"

namespace sekisho {

/// What one period comes to.
struct LinePeriodFigures {
  Time start;
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;
  double sources = 0;
  double targets = 0;
  std::map<std::pair<std::uint8_t, std::uint16_t>, std::uint64_t> ports;  // packets of each
};

class LineFigures {
 public:
  explicit LineFigures(const HashKey& key) : key_(key) {}

  Result<void> read(LineStore& store, const std::vector<SensorId>& sensors, Period period,
                    std::size_t most, Time now);
  /// Attempts to sign in, by the periods that were read; an hour is the shortest that they are
  /// counted in.
  Result<void> read_logins(Database& db, const std::vector<SensorId>& sensors, Period period);
  boost::json::object told() &&;

 private:
  using Periods = std::vector<LinePeriodFigures>;
  /// Of `starts`, added to `all`.
  static Result<Periods> read(LineStore& store, const LineIndex& index, Period period,
                              std::span<const Time> starts, LineTally& all);
  /// The same of periods that hardly change any more, kept from last time where nothing did.
  Result<std::shared_ptr<const Periods>> read_settled(LineStore& store, const LineIndex& index,
                                                      const std::vector<SensorId>& sensors,
                                                      Period period, std::span<const Time> starts);
  void add(const LinePeriodFigures& one, const LineIndex& index, Period period, Time now);

  HashKey key_;
  LineTally all_;
  std::shared_ptr<const Periods> settled_;
  Periods open_;
  std::vector<const LinePeriodFigures*> shown_;
  boost::json::array periods_;
  boost::json::array logins_;
};

}  // namespace sekisho
