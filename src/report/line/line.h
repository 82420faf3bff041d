// SPDX-License-Identifier: Apache-2.0
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
  std::uint64_t dropped = 0;      // by the kernel, on a live line
  std::int64_t dark_seconds = 0;  // for which a live line's interface was down or gone
  bool one_direction = false;     // of sign-ins: whoever tries passwords can't be told then
  bool cut_short = false;         // frames, so that it can't be told either
  Time first;
  Time last;
  Stretch stray;  // what is dated so far from all others that it is left out of first, last, pace
  std::function<std::string(const Address&)> address;  // as it may be shown
};

std::string observation_text(const Observation& seen, const TextStyle& style);
/// docs/observe.md describes it.
std::string observation_json(const Observation& seen);
/// A line for each period and port (RFC 4180).
std::string observation_csv(const Observation& seen);
/// A line for each source that is followed (RFC 4180).
std::string sources_csv(const Observation& seen);
/// What others should know of, as STIX 2.1: who tries passwords, and the busiest of those who scan.
std::string observation_stix(const Observation& seen, Time now);
/// The same as an event of MISP: who tries passwords or scans, without those who scan in the open.
std::string observation_misp(const Observation& seen, Time now);
/// Prometheus' text format, version 0.0.4.
std::string observation_prometheus(const Observation& seen);
std::string observation_html(const Observation& seen, Lang lang);

std::string purpose_name(Purpose purpose, Lang lang);
std::string period_name(Period period, Time start);
/// What is dated far from all others, in a sentence; empty where there is nothing.
std::string stray_text(const Observation& seen, Lang lang);
/// That no attempts can be seen, and why.
Text one_direction_text();
Text cut_short_text();
/// How long it took what is told by the year, where that was less: "10 s", "3 days".
std::string extrapolated_from(const Pace& pace, Lang lang);
/// "17.3", "0.0026": seconds between two packets.
std::string between_text(const Pace& pace);
/// 1234567 as "1,234,567".
std::string grouped(double number);

}  // namespace sekisho
