// SPDX-License-Identifier: Apache-2.0
#include "server/line/line_figures.h"

#include <algorithm>
#include <mutex>

#include <fmt/format.h>

#include "server/api/call.h"
#include "server/line/line_settings.h"

namespace sekisho {
namespace {

namespace json = boost::json;

/// How many of the newest periods are read each time: one is not over, what is late comes to the
/// one before.
constexpr std::size_t kUnsettled = 2;

json::value growth_or_null(std::uint64_t now, std::uint64_t before) {
  const auto change = growth(now, before);
  return change ? json::value(*change) : json::value(nullptr);
}

/// What settled periods came to, of some organisations and sensors: putting their tallies together
/// is what the page would take longest for, and they stay the same for an hour or a day.
class Settled {
 public:
  struct Sum {
    std::uint64_t rows = 0;  // a hash of which rows it is made from, and how much each has
    std::shared_ptr<const std::vector<LinePeriodFigures>> periods;
    std::string all;  // their tallies, added up
  };
  std::shared_ptr<const Sum> of(const std::string& whose, std::uint64_t rows) {
    const std::scoped_lock lock(mutex_);
    const auto found = kept_.find(whose);
    if (found == kept_.end() || found->second.sum->rows != rows) return nullptr;
    found->second.used = ++uses_;
    return found->second.sum;
  }
  void keep(const std::string& whose, std::shared_ptr<const Sum> sum) {
    constexpr std::size_t kMost = 16;
    const std::scoped_lock lock(mutex_);
    if (kept_.size() == kMost && !kept_.contains(whose))
      kept_.erase(
          std::ranges::min_element(kept_, {}, [](const auto& one) { return one.second.used; }));
    kept_[whose] = {std::move(sum), ++uses_};
  }

 private:
  struct Kept {
    std::shared_ptr<const Sum> sum;
    std::uint64_t used = 0;
  };
  std::mutex mutex_;
  std::map<std::string, Kept> kept_;
  std::uint64_t uses_ = 0;
};

Settled& settled() {
  static Settled all;
  return all;
}

/// Rows only ever get more packets: the same packets are the same tally.
std::uint64_t hash_of_rows(const HashKey& key, const LineIndex& index, Period period,
                           std::span<const Time> starts) {
  SipHash<1, 3> hash(key);
  for (const Time start : starts)
    for (const LineRow& row : index.rows_of(period, start)) {
      hash.word(static_cast<std::uint64_t>(row.sensor.number()));
      hash.word(static_cast<std::uint64_t>(row.period));
      hash.word(static_cast<std::uint64_t>(row.start.time_since_epoch().count()));
      hash.word(row.packets);
    }
  return hash.end();
}

}  // namespace

Result<LineFigures::Periods> LineFigures::read(LineStore& store, const LineIndex& index,
                                               Period period, std::span<const Time> starts,
                                               LineTally& all) {
  Periods periods;
  auto done = store.each(index, period, starts, [&](Time start, const LineTally& tally) {
    LinePeriodFigures& one = periods.emplace_back(start, tally.all().packets, tally.all().bytes,
                                                  tally.sources(), tally.targets());
    for (const LineTally::Port& port : tally.ports(0))
      one.ports[{port.protocol, port.port}] = port.count.packets;
    all.merge(tally);
  });
  if (!done) return std::unexpected(done.error());
  return periods;
}

Result<std::shared_ptr<const LineFigures::Periods>> LineFigures::read_settled(
    LineStore& store, const LineIndex& index, const std::vector<SensorId>& sensors, Period period,
    std::span<const Time> starts) {
  std::string whose =
      fmt::format("{:016x}{:016x} {}", key_.first, key_.second, static_cast<int>(period));
  for (const SensorId sensor : sensors) whose += fmt::format(" {}", sensor);
  const std::uint64_t rows = hash_of_rows(key_, index, period, starts);
  if (const auto kept = settled().of(whose, rows)) {
    if (auto merged = all_.merge(kept->all, key_); !merged) return std::unexpected(merged.error());
    return kept->periods;
  }
  auto periods = read(store, index, period, starts, all_);
  if (!periods) return std::unexpected(periods.error());
  auto sum = std::make_shared<Settled::Sum>();
  sum->rows = rows;
  sum->periods = std::make_shared<const Periods>(std::move(*periods));
  sum->all = all_.encode(key_);
  settled().keep(whose, sum);
  return sum->periods;
}

Result<void> LineFigures::read(LineStore& store, const std::vector<SensorId>& sensors,
                               Period period, std::size_t most, Time now) {
  const auto index = store.shown(sensors, period);
  if (!index) return std::unexpected(index.error());
  const std::vector<Time> starts = index->starts(period, most);
  const std::span<const Time> all(starts);
  const std::size_t unsettled = std::min(kUnsettled, all.size());
  auto settled = read_settled(store, *index, sensors, period, all.first(all.size() - unsettled));
  if (!settled) return std::unexpected(settled.error());
  settled_ = std::move(*settled);
  auto open = read(store, *index, period, all.last(unsettled), all_);
  if (!open) return std::unexpected(open.error());
  open_ = std::move(*open);
  for (const LinePeriodFigures& one : *settled_) add(one, *index, period, now);
  for (const LinePeriodFigures& one : open_) add(one, *index, period, now);
  return {};
}

void LineFigures::add(const LinePeriodFigures& one, const LineIndex& index, Period period,
                      Time now) {
  shown_.push_back(&one);
  const auto before = index.packets(period, step_from(period, one.start, -1));
  const auto then = index.packets(period, year_before(period, one.start));
  periods_.emplace_back(json::object{{"start", json_time(one.start)},
                                     {"over", step_from(period, one.start, 1) <= now},
                                     {"packets", one.packets},
                                     {"bytes", one.bytes},
                                     {"sources", one.sources},
                                     {"targets", one.targets},
                                     {"against_before", growth_or_null(one.packets, before)},
                                     {"against_year", growth_or_null(one.packets, then)}});
}

Result<void> LineFigures::read_logins(Database& db, const std::vector<SensorId>& sensors,
                                      Period period) {
  if (period == Period::minute || shown_.empty()) return {};
  for (const LoginService& service : line_names().logins) {
    std::map<Time, std::int64_t> sums;
    for (const SensorId sensor : sensors) {
      const auto rows = db.query(
          "SELECT start, attempts FROM line_login WHERE sensor_id = ? AND service = ? AND start "
          ">= ?",
          {sensor, service.id, value_of(shown_.front()->start)});
      if (!rows) return std::unexpected(rows.error());
      for (const Row& row : *rows) sums[start_of(period, row.time(0))] += row.integer(1);
    }
    std::int64_t all = 0;
    json::array by_period;
    for (const LinePeriodFigures* one : shown_) {
      all += sums[one->start];
      by_period.emplace_back(sums[one->start]);
    }
    if (all > 0)
      logins_.emplace_back(json::object{{"name", json_text(service.name)},
                                        {"attempts", all},
                                        {"by_period", std::move(by_period)}});
  }
  return {};
}

json::object LineFigures::told() && {
  const LineSummary summary = summarise(all_, line_names());
  json::array told_ports;
  for (const PortLine& line : summary.top) {
    json::array by_period;
    for (const LinePeriodFigures* one : shown_) {
      const auto found = one->ports.find({line.protocol, line.port});
      by_period.emplace_back(found == one->ports.end() ? std::uint64_t{0} : found->second);
    }
    told_ports.emplace_back(
        json::object{{"name", port_name(line.protocol, line.port, line_names())},
                     {"packets", line.count.packets},
                     {"sources", line.sources},
                     {"targets", line.targets},
                     {"by_period", std::move(by_period)}});
  }
  json::array groups;
  for (const GroupLine& line : summary.groups)
    groups.emplace_back(
        json::object{{"name", json_text(line.group->name)}, {"packets", line.packets}});
  json::array tools;
  for (std::size_t i = 1; i < kTools; ++i)
    tools.emplace_back(
        json::object{{"name", tool_name(static_cast<Tool>(i))}, {"packets", summary.tools[i]}});
  return {{"packets", summary.all.packets},
          {"bytes", summary.all.bytes},
          {"sources", summary.sources},
          {"targets", summary.targets},
          {"without_ports", summary.without_ports},
          {"other_ports", summary.other_ports},
          {"groups", std::move(groups)},
          {"tools", std::move(tools)},
          {"ports", std::move(told_ports)},
          {"logins", std::move(logins_)},
          {"periods", std::move(periods_)}};
}

}  // namespace sekisho
