// SPDX-License-Identifier: Apache-2.0
// Where tallies of sensors lie: a row for each sensor, period and start, in the console's database
// or, for many sensors, in ClickHouse. Both give the same rows back.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "collect/observe/sensor.h"
#include "server/api/options.h"
#include "store/id.h"
#include "store/store.h"

namespace sekisho {

struct LineRow {
  SensorId sensor;
  Period period = Period::minute;
  Time start;
  std::uint64_t packets = 0;
  std::int64_t sequence = 0;  // of the last piece in it; 0: not known
};

class LineRows {
 public:
  LineRows() = default;
  virtual ~LineRows() = default;
  LineRows(const LineRows&) = delete;
  LineRows& operator=(const LineRows&) = delete;

  /// All rows of periods up to `longest`, each sensor, period and start once.
  virtual Result<std::vector<LineRow>> list(std::span<const SensorId> sensors, Period longest) = 0;
  /// Of these at least what figures by `period` need: not the shorter ones that a longer one, which
  /// was put together, stands for.
  virtual Result<std::vector<LineRow>> list_shown(std::span<const SensorId> sensors,
                                                  Period period) {
    return list(sensors, period);
  }
  using Take = std::function<Result<void>(Time start, std::string_view tally)>;
  /// Gives the tallies of rows, whose starts have to rise, in that order; those of one row may come
  /// in parts that add up.
  virtual Result<void> read(std::span<const LineRow> rows, const Take& take) = 0;
  struct Part {
    LineRow row;
    std::string tally;
  };
  /// Adds to rows, or makes them. The same again under the same sequence changes nothing more
  /// where that can't be part of the console's transaction.
  virtual Result<void> add(std::span<const Part> parts) = 0;
  /// May be late by as much as a day.
  virtual Result<void> forget(SensorId sensor, Period period, Time before) = 0;
};

/// As the server is set up. `key` is the organisation's, by which ClickHouse tells it from others.
Result<std::unique_ptr<LineRows>> line_rows(Database& db, const ServerOptions& options,
                                            const HashKey& key);
/// With ClickHouse makes its table, and moves there what lies in the console's database.
Result<void> open_line_rows(Database& db, const ServerOptions& options, const HashKey& key);

}  // namespace sekisho
