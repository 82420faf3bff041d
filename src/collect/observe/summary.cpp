// SPDX-License-Identifier: Apache-2.0
#include "collect/observe/summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "collect/observe/hit_counts.h"

namespace sekisho {
namespace {

constexpr double kYear = 365.2425 * 86'400;
constexpr std::size_t kMostCampaigns = 20;

bool busier(const SourceRecord& a, const SourceRecord& b) {
  if (a.packets != b.packets) return a.packets > b.packets;
  return a.address < b.address;
}

void count_origin(std::map<std::string, OriginLine>& origins, const std::string& name,
                  const SourceRecord& record) {
  OriginLine& origin = origins[name];
  origin.name = name;
  ++origin.sources;
  origin.packets += record.packets;
}

std::vector<OriginLine> busiest(const std::map<std::string, OriginLine>& origins) {
  std::vector<OriginLine> lines;
  for (const auto& [name, origin] : origins) lines.push_back(origin);
  std::ranges::stable_sort(lines, std::greater(), &OriginLine::packets);
  return lines;
}

struct Group {
  std::vector<std::uint16_t> ports;
  std::vector<const SourceRecord*> members;
};

/// Cuts a group, sorted by first packet, where the next began too late to belong.
void campaigns_of(const Group& group, std::vector<Campaign>& campaigns) {
  for (std::size_t from = 0, to = 0; from < group.members.size(); from = to) {
    std::array<std::size_t, kTools> tools{};
    Campaign campaign;
    campaign.ports = group.ports;
    campaign.first = Time(std::chrono::seconds(group.members[from]->first));
    for (; to < group.members.size(); ++to) {
      const SourceRecord& one = *group.members[to];
      if (Time(std::chrono::seconds(one.first)) - campaign.first > kTogether) break;
      campaign.last = std::max(campaign.last, Time(std::chrono::seconds(one.last)));
      campaign.packets += one.packets;
      ++tools[static_cast<std::size_t>(one.tool)];
    }
    campaign.sources = to - from;
    campaign.tool = static_cast<Tool>(std::ranges::max_element(tools) - tools.begin());
    if (campaign.sources >= kFewestInCampaign) campaigns.push_back(std::move(campaign));
  }
}

std::vector<Campaign> find_campaigns(const Sources& sources) {
  // One packet to one port is what everybody sends.
  const auto concerns = [](const SourceRecord& one) { return one.packets >= 3 && one.scans > 0; };
  // Most are alone with their ports, and need no group.
  constexpr unsigned kHashBits = 16;
  const auto place = [](const SourceRecord& one) {
    return (one.port_bits * 0x9e3779b97f4a7c15ULL) >> (64U - kHashBits);
  };
  std::vector<std::uint32_t> alike(std::size_t{1} << kHashBits);
  sources.each([&](const SourceRecord& record) {
    if (concerns(record)) ++alike[place(record)];
  });
  // The same ports: the few first ones, sorted, and the cells that all of them fall into.
  std::map<std::pair<std::uint64_t, std::vector<std::uint16_t>>, Group> groups;
  sources.each([&](const SourceRecord& record) {
    if (!concerns(record) || alike[place(record)] < kFewestInCampaign) return;
    std::vector<std::uint16_t> ports(record.ports.begin(),
                                     record.ports.begin() + record.ports_known);
    std::ranges::sort(ports);
    const bool all_known = record.different_ports() <= static_cast<double>(ports.size()) + 0.5;
    if (!all_known) ports.clear();
    Group& group = groups[{record.port_bits, ports}];
    if (group.members.empty()) group.ports = ports;
    group.members.push_back(&record);
  });
  std::vector<Campaign> campaigns;
  for (auto& [key, group] : groups) {
    if (group.members.size() < kFewestInCampaign) continue;
    std::ranges::sort(group.members, {},
                      [](const SourceRecord* one) { return std::pair(one->first, one->address); });
    campaigns_of(group, campaigns);
  }
  std::ranges::sort(campaigns, [](const Campaign& a, const Campaign& b) {
    return std::tuple(b.sources, a.first, a.ports) < std::tuple(a.sources, b.first, b.ports);
  });
  if (campaigns.size() > kMostCampaigns) campaigns.resize(kMostCampaigns);
  return campaigns;
}

/// Of a tally, or of what counts the same.
template <typename Counts>
LineSummary summary_of(const Counts& counts, const LineNames& names, std::size_t top) {
  LineSummary summary;
  summary.all = counts.all();
  summary.sources = counts.sources();
  summary.targets = counts.targets();
  summary.purposes = counts.purposes();
  summary.tools = counts.tools();
  for (const PortGroup& group : names.groups) summary.groups.push_back({&group, 0});
  const std::vector<LineTally::Port>& ports = counts.ports(top);
  summary.without_ports = summary.all.packets;
  for (std::size_t i = 0; i < ports.size(); ++i) {
    const LineTally::Port& port = ports[i];
    summary.without_ports -= port.count.packets;
    if (i < top)
      // Of a port no more can be different than of all; its estimate is the coarser one.
      summary.top.push_back({port.protocol,
                             port.port,
                             port.count,
                             std::min(counts.sources(port), summary.sources),
                             std::min(counts.targets(port), summary.targets),
                             {}});
    else
      summary.other_ports += port.count.packets;
  }
  for (const auto& [port, group] : names.group_of)
    summary.groups[group].packets += counts.packets(port.first, port.second);
  return summary;
}

/// Packets by port of the period that was looked at last.
class PortsBefore {
 public:
  void compare(LineSummary& summary, Time start) const {
    if (!start_ || *start_ != start) return;
    for (PortLine& port : summary.top) port.before = packets_[port_cell(port.protocol, port.port)];
  }
  void take(const std::vector<LineTally::Port>& ports, Time start) {
    for (const std::uint32_t cell : used_) packets_[cell] = 0;
    used_.clear();
    start_ = start;
    for (const LineTally::Port& port : ports) {
      used_.push_back(port_cell(port.protocol, port.port));
      packets_[used_.back()] = port.count.packets;
    }
  }

 private:
  std::vector<std::uint64_t> packets_ = std::vector<std::uint64_t>(kPortCells);
  std::vector<std::uint32_t> used_;
  std::optional<Time> start_;
};

}  // namespace

std::string_view protocol_id(std::uint8_t protocol) {
  return protocol == kProtocolUdp ? "udp" : "tcp";
}

std::string port_name(std::uint8_t protocol, std::uint16_t port, const LineNames& names) {
  const std::string_view service = names.service(protocol, port);
  return fmt::format("{}/{}{}{}", port, protocol_id(protocol), service.empty() ? "" : " ", service);
}

std::optional<double> growth(std::uint64_t now, std::uint64_t before) {
  if (before == 0) return std::nullopt;
  return (static_cast<double>(now) - static_cast<double>(before)) / static_cast<double>(before);
}

LineSummary summarise(const LineTally& tally, const LineNames& names, std::size_t top) {
  return summary_of(tally, names, top);
}

LineSpan span_of(const Periods& periods) {
  constexpr std::int64_t kFar = std::int64_t{30} * 86'400 * 1'000'000'000;
  constexpr std::uint64_t kOneIn = 20;  // are few
  std::vector<Stretch> together;        // what lies less than kFar apart
  std::uint64_t packets = 0;
  for (const Periods::Seen& one : periods.seen()) {
    packets += one.stretch.packets;
    if (!together.empty() && one.stretch.first_ns - together.back().last_ns < kFar)
      together.back() += one.stretch;
    else
      together.push_back(one.stretch);
  }
  LineSpan span;
  const auto few = [&](const Stretch& one) { return one.packets <= packets / kOneIn; };
  for (const Stretch& one : together)
    if (!few(one)) span.seen += one;
  const Stretch most = span.seen;
  for (const Stretch& one : together) {
    if (!few(one)) continue;
    const std::int64_t away = std::max(one.first_ns - most.last_ns, most.first_ns - one.last_ns);
    const bool stray = most.packets > 0 && away > std::max(kFar, most.last_ns - most.first_ns);
    (stray ? span.stray : span.seen) += one;
  }
  return span;
}

std::optional<Pace> pace_of(const LineSpan& span, const LineSummary& all, const LineScope& scope) {
  Pace pace;
  if (span.seen.packets < 2) return std::nullopt;
  pace.seconds = static_cast<double>(span.seen.last_ns - span.seen.first_ns) / 1e9;
  if (pace.seconds < 1) return std::nullopt;
  pace.addresses_known = !scope.observed.empty();
  pace.addresses = all.targets;
  if (pace.addresses_known) {
    pace.addresses = 0;
    for (const Network& network : scope.observed) pace.addresses += network.size();
  }
  const double per_address = static_cast<double>(span.seen.packets) / pace.addresses;
  pace.per_address_and_year = per_address / pace.seconds * kYear;
  pace.seconds_between = pace.seconds / per_address;
  return pace;
}

std::vector<PeriodLine> by_period(const Periods& periods, const LineNames& names) {
  std::vector<PeriodLine> lines;
  std::map<Time, std::uint64_t> packets;
  std::optional<LineTally> tally;
  std::optional<HitCounts> hits;
  const auto seen = periods.seen();
  const Period period = periods.by();
  PortsBefore ports_before;
  const auto told = [&](const auto& counts, Time start) {
    LineSummary summary = summary_of(counts, names, kTopPorts);
    ports_before.compare(summary, step_from(period, start, -1));
    ports_before.take(counts.ports(0), start);
    return summary;
  };
  const auto summary = [&](Time start) {
    if (seen.size() == 1) return summarise(periods.all(), names);
    if (periods.has_hits_alone(start)) {
      if (!hits) hits.emplace();
      hits->count(periods, start, kTopPorts);
      return told(*hits, start);
    }
    if (!tally) tally.emplace();
    tally->clear();
    periods.read(start, *tally);
    return told(*tally, start);
  };
  for (const Periods::Seen& one : seen) {
    if (!one.kept) continue;
    PeriodLine line{one.start, summary(one.start), {}, {}};
    packets[one.start] = line.summary.all.packets;
    const auto before = [&](Time other) -> std::optional<double> {
      const auto found = packets.find(other);
      if (found == packets.end()) return std::nullopt;
      return growth(line.summary.all.packets, found->second);
    };
    line.against_before = before(step_from(period, one.start, -1));
    line.against_year = before(year_before(period, one.start));
    lines.push_back(std::move(line));
  }
  return lines;
}

Risen risen_in(const std::vector<PeriodLine>& periods) {
  // Less than these is chance.
  constexpr std::uint64_t kFewest = 20;
  constexpr double kGrowth = 1;  // twice as many
  Risen risen;
  if (periods.size() < 2) return risen;
  const PeriodLine& period = periods[periods.size() >= 3 ? periods.size() - 2 : 1];
  for (const PortLine& port : period.summary.top) {
    if (!port.before) continue;
    risen.period = &period;
    const auto change = growth(port.count.packets, *port.before);
    if (port.count.packets >= kFewest && (!change || *change >= kGrowth))
      risen.ports.push_back({&port, change});
  }
  return risen;
}

SourcesSummary summarise(const Findings& findings, const LineNames& names, const Geo& geo,
                         std::size_t top) {
  SourcesSummary summary;
  const auto line = [&](const SourceRecord& record) {
    return SourceLine{record, names.scanner(record.address), geo.place(record.address)};
  };
  if (findings.sources) {
    std::vector<const SourceRecord*> records;
    std::map<const OpenScanner*, std::uint64_t> scanners;
    std::map<std::string, OriginLine> countries;
    std::map<std::string, OriginLine> systems;
    findings.sources->each([&](const SourceRecord& record) {
      records.push_back(&record);
      summary.packets += record.packets;
      if (const OpenScanner* scanner = names.scanner(record.address))
        scanners[scanner] += record.packets;
      if (geo.empty()) return;
      const Place place = geo.place(record.address);
      count_origin(countries, place.country, record);
      count_origin(systems,
                   place.system == 0 ? std::string()
                                     : fmt::format("AS{} {}", place.system, place.system_name),
                   record);
    });
    summary.followed = records.size();
    top = std::min(top, records.size());
    std::ranges::partial_sort(
        records, records.begin() + static_cast<std::ptrdiff_t>(top),
        [](const SourceRecord* a, const SourceRecord* b) { return busier(*a, *b); });
    for (std::size_t i = 0; i < top; ++i) summary.top.push_back(line(*records[i]));
    summary.scanners.assign(scanners.begin(), scanners.end());
    std::ranges::sort(summary.scanners, [](const auto& a, const auto& b) {
      return std::pair(b.second, a.first->name) < std::pair(a.second, b.first->name);
    });
    summary.campaigns = find_campaigns(*findings.sources);
    summary.countries = busiest(countries);
    summary.systems = busiest(systems);
  }
  if (findings.ours) {
    // On a line that is used, whoever works sends, and is sent to.
    std::set<Address> answered;
    if (findings.answered)
      findings.answered->each([&](const SourceRecord& one) { answered.insert(one.address); });
    findings.ours->each([&](const SourceRecord& record) {
      if (record.like_scanner() || !answered.contains(record.address))
        summary.ours.push_back(line(record));
    });
    std::ranges::sort(summary.ours, [](const SourceLine& a, const SourceLine& b) {
      return busier(a.record, b.record);
    });
  }
  return summary;
}

}  // namespace sekisho
