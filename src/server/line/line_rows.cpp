// SPDX-License-Identifier: Apache-2.0
#include "server/line/line_rows.h"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>
#include <zstd.h>

#include "base/crypto.h"
#include "store/clickhouse.h"

namespace sekisho {
namespace {

std::int64_t number_of(Period period) { return static_cast<std::int64_t>(period); }

template <typename Number>
std::string list_of(std::span<const Number> numbers) {
  return fmt::format("({})", fmt::join(numbers, ","));
}

/// Tallies lie packed (zstd): like stands beside like in them.
std::string packed(std::string_view tally) {
  std::string out(ZSTD_compressBound(tally.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), tally.data(), tally.size(), 3));
  return out;
}

Result<std::string> unpacked(std::string_view tally) {
  constexpr std::uint64_t kMost = std::uint64_t{512} << 20U;
  const auto size = ZSTD_getFrameContentSize(tally.data(), tally.size());
  std::string out(size <= kMost ? size : 0, '\0');
  // What is no frame has a size beyond all others.
  if (size > kMost ||
      ZSTD_decompress(out.data(), out.size(), tally.data(), tally.size()) != out.size())
    return failure("集計のデータが壊れています。", "the data of the tally is damaged.");
  return out;
}

class DatabaseRows final : public LineRows {
 public:
  DatabaseRows(Database& db, const HashKey& key) : db_(db), key_(key) {}

  Result<std::vector<LineRow>> list(std::span<const SensorId> sensors, Period longest) override {
    if (sensors.empty()) return std::vector<LineRow>();
    const auto rows =
        db_.query("SELECT sensor_id, period, start, packets FROM line_tally WHERE sensor_id IN " +
                      list_of(sensors) + " AND period <= ?",
                  {number_of(longest)});
    if (!rows) return std::unexpected(rows.error());
    std::vector<LineRow> list;
    list.reserve(rows->size());
    for (const Row& row : *rows)
      list.push_back({row.id<SensorId>(0), static_cast<Period>(row.integer(1)), row.time(2),
                      static_cast<std::uint64_t>(row.integer(3)), 0});
    return list;
  }

  /// Where a sensor has a row of an hour, earlier minutes have theirs, which was put together
  /// before or with it; unless the clock was set back: by less than a day costs nothing here.
  Result<std::vector<LineRow>> list_shown(std::span<const SensorId> sensors,
                                          Period period) override {
    constexpr std::int64_t kDay = 86'400;
    std::vector<LineRow> list;
    for (const SensorId sensor : sensors) {
      std::int64_t from = 0;
      for (std::int64_t one = number_of(period); one >= 0; --one) {
        const auto rows = db_.query(
            "SELECT start, packets FROM line_tally WHERE sensor_id = ? AND period = ? AND start >= "
            "? ORDER BY start",
            {sensor, one, from});
        if (!rows) return std::unexpected(rows.error());
        for (const Row& row : *rows)
          list.push_back({sensor, static_cast<Period>(one), row.time(0),
                          static_cast<std::uint64_t>(row.integer(1)), 0});
        if (!rows->empty()) from = std::max(from, rows->back().integer(0) - kDay);
      }
    }
    return list;
  }

  Result<void> read(std::span<const LineRow> rows, const Take& take) override {
    for (const LineRow& row : rows) {
      const auto tally = tally_of(row);
      if (!tally) return std::unexpected(tally.error());
      if (!tally->empty())
        if (auto taken = take(row.start, *tally); !taken) return taken;
    }
    return {};
  }

  Result<void> add(std::span<const Part> parts) override {
    for (const Part& part : parts) {
      const auto there = tally_of(part.row);
      if (!there) return std::unexpected(there.error());
      auto packets = static_cast<std::int64_t>(part.row.packets);
      std::string tally = part.tally;
      if (!there->empty()) {
        LineTally sum;
        for (const std::string& one : {*there, part.tally})
          if (auto merged = sum.merge(one, key_); !merged) return merged;
        packets = static_cast<std::int64_t>(sum.all().packets);
        tally = sum.encode(key_);
      }
      if (auto put = db_.execute(
              "INSERT INTO line_tally (sensor_id, period, start, packets, tally) VALUES (?, ?, ?, "
              "?, ?) ON CONFLICT (sensor_id, period, start) DO UPDATE SET packets = "
              "excluded.packets, tally = excluded.tally",
              {part.row.sensor, number_of(part.row.period), value_of(part.row.start), packets,
               Bytes{packed(tally)}});
          !put)
        return put;
    }
    return {};
  }

  Result<void> forget(SensorId sensor, Period period, Time before) override {
    return db_.execute("DELETE FROM line_tally WHERE sensor_id = ? AND period = ? AND start < ?",
                       {sensor, number_of(period), value_of(before)});
  }

 private:
  /// Empty: there is none.
  Result<std::string> tally_of(const LineRow& row) {
    const auto rows =
        db_.query("SELECT tally FROM line_tally WHERE sensor_id = ? AND period = ? AND start = ?",
                  {row.sensor, number_of(row.period), value_of(row.start)});
    if (!rows) return std::unexpected(rows.error());
    return rows->empty() ? std::string() : unpacked(rows->front().text(0));
  }

  Database& db_;
  HashKey key_;
};

/// Rows are only added: what belongs to one row has several, one for each sequence, and the same
/// sequence again replaces its own.
class ClickHouseRows final : public LineRows {
 public:
  ClickHouseRows(ClickHouse server, std::string table)
      : server_(std::move(server)), table_(std::move(table)) {}

  /// Partitions are what is let go of: days of minutes and hours, stretches of 30 days of days.
  Result<void> make_table() const {
    return server_.run(fmt::format(
        "CREATE TABLE IF NOT EXISTS {} (sensor Int64, period Int64, start Int64, sequence Int64, "
        "packets Int64, tally String) ENGINE = ReplacingMergeTree() PARTITION BY (period, {}) "
        "ORDER BY (sensor, period, start, sequence) SETTINGS index_granularity = 64",
        table_, kStretch));
  }

  Result<std::vector<LineRow>> list(std::span<const SensorId> sensors, Period longest) override {
    std::vector<LineRow> list;
    if (sensors.empty()) return list;
    const auto done = server_.each(
        fmt::format("SELECT sensor, period, start, sum(packets), max(sequence) FROM (SELECT "
                    "sensor, period, start, sequence, packets FROM {} WHERE sensor IN {} AND "
                    "period <= {} LIMIT 1 BY sensor, period, start, sequence) GROUP BY sensor, "
                    "period, start FORMAT RowBinary",
                    table_, list_of(sensors), number_of(longest)),
        5, false, [&](std::span<const std::int64_t> row, std::string_view) -> Result<void> {
          if (row[1] < 0 || row[1] >= static_cast<std::int64_t>(kPeriods)) return {};
          list.push_back({SensorId(row[0]), static_cast<Period>(row[1]),
                          Time(std::chrono::seconds(row[2])), static_cast<std::uint64_t>(row[3]),
                          row[4]});
          return {};
        });
    if (!done) return std::unexpected(done.error());
    return list;
  }

  Result<void> read(std::span<const LineRow> rows, const Take& take) override {
    constexpr std::size_t kAtOnce = 2000;  // of a query of at most 256 KiB
    for (; !rows.empty(); rows = rows.subspan(std::min(kAtOnce, rows.size()))) {
      std::string keys;
      for (const LineRow& row : rows.first(std::min(kAtOnce, rows.size())))
        keys += fmt::format("{}({},{},{})", keys.empty() ? "" : ",", row.sensor,
                            number_of(row.period), row.start.time_since_epoch().count());
      if (auto done = server_.each(
              fmt::format("SELECT start, tally FROM {} PREWHERE (sensor, period, start) IN ({}) "
                          "ORDER BY start LIMIT 1 BY sensor, period, start, sequence FORMAT "
                          "RowBinary",
                          table_, keys),
              1, true,
              [&](std::span<const std::int64_t> row, std::string_view tally) -> Result<void> {
                const auto plain = unpacked(tally);
                if (!plain) return std::unexpected(plain.error());
                return take(Time(std::chrono::seconds(row[0])), *plain);
              });
          !done)
        return done;
    }
    return {};
  }

  Result<void> add(std::span<const Part> parts) override {
    // One block of rows may be of so many partitions only.
    constexpr std::size_t kMostPartitions = 50;
    constexpr std::size_t kMostBytes = std::size_t{16} << 20U;
    std::string rows;
    std::set<std::pair<Period, std::int64_t>> partitions;
    const auto insert = [&]() -> Result<void> {
      if (rows.empty()) return {};
      auto done = server_.run(fmt::format("INSERT INTO {} FORMAT RowBinary", table_), rows);
      rows.clear();
      partitions.clear();
      return done;
    };
    for (const Part& part : parts) {
      if (partitions.size() == kMostPartitions || rows.size() > kMostBytes)
        if (auto done = insert(); !done) return done;
      partitions.insert({part.row.period, stretch_of(part.row.period, part.row.start)});
      for (const std::int64_t number :
           {part.row.sensor.number(), number_of(part.row.period),
            static_cast<std::int64_t>(part.row.start.time_since_epoch().count()), part.row.sequence,
            static_cast<std::int64_t>(part.row.packets)})
        add_number(rows, number);
      add_text(rows, packed(part.tally));
    }
    return insert();
  }

  /// Of all sensors: all are kept for the same time.
  Result<void> forget(SensorId, Period period, Time before) override {
    std::set<std::int64_t> over;
    if (auto looked = server_.each(
            fmt::format("SELECT DISTINCT {} AS stretch FROM {} WHERE period = {} AND start < {} "
                        "FORMAT RowBinary",
                        kStretch, table_, number_of(period), before.time_since_epoch().count()),
            1, false,
            [&](std::span<const std::int64_t> row, std::string_view) -> Result<void> {
              if (row[0] < stretch_of(period, before)) over.insert(row[0]);
              return {};
            });
        !looked)
      return looked;
    for (const std::int64_t stretch : over)
      if (auto gone = server_.run(fmt::format("ALTER TABLE {} DROP PARTITION ({},{})", table_,
                                              number_of(period), stretch));
          !gone)
        return gone;
    return {};
  }

 private:
  static constexpr const char* kStretch =
      "toInt64(multiIf(period <= 1, intDiv(start, 86400), period = 2, intDiv(start, 2592000), 0))";
  static std::int64_t stretch_of(Period period, Time start) {
    const std::int64_t seconds = start.time_since_epoch().count();
    if (period <= Period::hour) return seconds / 86'400;
    return period == Period::day ? seconds / 2'592'000 : 0;
  }

  ClickHouse server_;
  std::string table_;
};

/// Null: the console's database keeps them.
Result<std::unique_ptr<ClickHouseRows>> clickhouse_rows(const ServerOptions& options,
                                                        const HashKey& key) {
  if (options.line.address.empty()) return nullptr;
  ClickHouseOptions where = options.line;
  if (options.line_secret_file) where.password = options.line_secret_file->value();
  auto server = ClickHouse::at(where);
  if (!server) return std::unexpected(server.error());
  const std::string mark =
      sha256(fmt::format("sekisho-line {:016x}{:016x}", key.first, key.second)).substr(0, 6);
  return std::make_unique<ClickHouseRows>(std::move(*server), "sekisho_line2_" + hex(mark));
}

}  // namespace

Result<std::unique_ptr<LineRows>> line_rows(Database& db, const ServerOptions& options,
                                            const HashKey& key) {
  auto rows = clickhouse_rows(options, key);
  if (!rows) return std::unexpected(rows.error());
  if (*rows) return std::move(*rows);
  return std::make_unique<DatabaseRows>(db, key);
}

Result<void> open_line_rows(Database& db, const ServerOptions& options, const HashKey& key) {
  const auto opened = clickhouse_rows(options, key);
  if (!opened) return std::unexpected(opened.error());
  if (!*opened) return {};
  if (auto made = (*opened)->make_table(); !made) return made;
  // In steps, each whole: a sequence that is there already replaces itself.
  for (bool more = true; more;) {
    const auto moved = db.write([&]() -> Result<void> {
      const auto rows = db.query(
          "SELECT t.id, t.sensor_id, t.period, t.start, t.packets, s.sequence, t.tally FROM "
          "line_tally t JOIN line_sensor s ON s.id = t.sensor_id ORDER BY t.period, t.start LIMIT "
          "100");
      if (!rows) return std::unexpected(rows.error());
      more = !rows->empty();
      std::vector<LineRows::Part> parts;
      std::vector<std::int64_t> ids;
      for (const Row& row : *rows) {
        ids.push_back(row.integer(0));
        auto tally = unpacked(row.text(6));
        if (!tally) return std::unexpected(tally.error());
        parts.push_back({{row.id<SensorId>(1), static_cast<Period>(row.integer(2)), row.time(3),
                          static_cast<std::uint64_t>(row.integer(4)), row.integer(5)},
                         std::move(*tally)});
      }
      if (!more) return {};
      if (auto added = (*opened)->add(parts); !added) return added;
      return db.execute("DELETE FROM line_tally WHERE id IN " +
                        list_of(std::span<const std::int64_t>(ids)));
    });
    if (!moved) return moved;
  }
  return {};
}

}  // namespace sekisho
