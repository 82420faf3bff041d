// SPDX-License-Identifier: Apache-2.0
// What a tally and the sources say, in the figures that are shown.
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "collect/observe/geo.h"
#include "collect/observe/names.h"
#include "collect/observe/observe.h"

namespace sekisho {

/// How many ports are told apart; the others add up to one.
inline constexpr std::size_t kTopPorts = 30;
/// And how many sources are shown.
inline constexpr std::size_t kTopSources = 20;

/// "tcp" or "udp".
std::string_view protocol_id(std::uint8_t protocol);
/// "3389/tcp RDP".
std::string port_name(std::uint8_t protocol, std::uint16_t port, const LineNames& names);
/// Change as a share (0.5: half more); nothing against nothing.
std::optional<double> growth(std::uint64_t now, std::uint64_t before);

struct PortLine {
  std::uint8_t protocol = 0;
  std::uint16_t port = 0;
  LineTally::Count count;
  double sources = 0;
  double targets = 0;
  std::optional<std::uint64_t> before;  // packets in the period right before, if it was looked at
};

struct GroupLine {
  const PortGroup* group = nullptr;
  std::uint64_t packets = 0;
};

/// Of one period, or of all.
struct LineSummary {
  LineTally::Count all;
  double sources = 0;
  double targets = 0;
  std::vector<PortLine> top;        // most packets first
  std::uint64_t other_ports = 0;    // packets to all other ports
  std::uint64_t without_ports = 0;  // ICMP, fragments and the like: top + these two = all
  std::array<std::uint64_t, kPurposes> purposes{};
  std::array<std::uint64_t, kTools> tools{};
  std::vector<GroupLine> groups;  // as data/observe/line.yaml has them
};
LineSummary summarise(const LineTally& tally, const LineNames& names, std::size_t top = kTopPorts);

/// When the line was looked at. Few packets that are dated far from all others, by a broken clock
/// or a damaged file, say nothing of that.
struct LineSpan {
  Stretch seen;
  Stretch stray;
};
LineSpan span_of(const Periods& periods);

/// The deck's two figures, and what they are made from.
struct Pace {
  double seconds = 0;            // from the first packet to the last
  double addresses = 0;          // observed: of the networks, or else those that were sent to
  bool addresses_known = false;  // whether they were given
  double per_address_and_year = 0;
  double seconds_between = 0;
};
/// Nothing where less than a second was seen: no rate can be told from that.
std::optional<Pace> pace_of(const LineSpan& span, const LineSummary& all, const LineScope& scope);

/// Change against what came before, as a share (0.5: half more).
struct PeriodLine {
  Time start;
  LineSummary summary;
  std::optional<double> against_before;
  std::optional<double> against_year;
};
/// With what each of the busiest ports had in the period before.
std::vector<PeriodLine> by_period(const Periods& periods, const LineNames& names);

struct SourceLine {
  SourceRecord record;
  const OpenScanner* scanner = nullptr;
  Place place;
};
/// Sources of one country, or of one autonomous system.
struct OriginLine {
  std::string name;  // "JP", or "AS64500 Example"; empty: not known
  std::size_t sources = 0;
  std::uint64_t packets = 0;
};
/// Many sources that went for the same ports and began together.
struct Campaign {
  std::vector<std::uint16_t> ports;  // the first few
  Time first;
  Time last;
  std::size_t sources = 0;
  std::uint64_t packets = 0;
  Tool tool = Tool::none;  // of most of them
};
struct SourcesSummary {
  std::size_t followed = 0;
  std::uint64_t packets = 0;  // of those that are followed
  std::vector<SourceLine> top;
  std::vector<Campaign> campaigns;
  std::vector<std::pair<const OpenScanner*, std::uint64_t>> scanners;  // packets, most first
  std::vector<SourceLine> ours;       // of one's own: to be looked after at once
  std::vector<OriginLine> countries;  // of the sources that are followed, most packets first
  std::vector<OriginLine> systems;
};
SourcesSummary summarise(const Findings& findings, const LineNames& names, const Geo& geo,
                         std::size_t top = kTopSources);

/// A port that got much more than in the period before, or was new.
struct RisenPort {
  const PortLine* port = nullptr;
  std::optional<double> growth;  // none: it was new
};
/// Of the newest period that another one follows, else of the newest: the last of a capture mostly
/// ends in its middle.
struct Risen {
  const PeriodLine* period = nullptr;  // null: there is none with one before it
  std::vector<RisenPort> ports;        // most packets first
};
Risen risen_in(const std::vector<PeriodLine>& periods);

/// Sources that began within this of each other belong to one campaign.
inline constexpr std::chrono::minutes kTogether{10};
inline constexpr std::size_t kFewestInCampaign = 20;

}  // namespace sekisho
