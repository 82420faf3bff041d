// report/line: what was observed at a line, as something a person or a program reads.
//
// May enter: turning an observation into text, JSON, CSV, Prometheus' form and a page.
// May not enter: capturing or counting anything, writing files.
#pragma once

#include <functional>
#include <string>

#include "collect/observe/sensor.h"
#include "report/report.h"

namespace sekisho {

struct Observation {
  const LineNames& names;
  LineSummary all;
  std::optional<Pace> pace;
  Period by = Period::hour;
  std::vector<PeriodLine> periods;
  SourcesSummary sources;
  std::vector<Attack> attacks;
  std::map<std::pair<std::uint8_t, Time>, std::uint64_t> attempts;  // by login service and hour
  FrameCounts frames;
  std::uint64_t corrupt = 0;
  std::uint64_t dropped = 0;  // by the kernel, on a live line
  Time first;
  Time last;
  std::function<std::string(const Address&)> address;  // as it may be shown
};

std::string observation_text(const Observation& seen, const TextStyle& style);
/// docs/observe.md describes it.
std::string observation_json(const Observation& seen);
/// A line for each period and port (RFC 4180).
std::string observation_csv(const Observation& seen);
/// Prometheus' text format, version 0.0.4.
std::string observation_prometheus(const Observation& seen);
std::string observation_html(const Observation& seen, Lang lang);

std::string purpose_name(Purpose purpose, Lang lang);
std::string period_name(Period period, Time start);
/// 1234567 as "1,234,567".
std::string grouped(double number);

}  // namespace sekisho
