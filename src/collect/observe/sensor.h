// SPDX-License-Identifier: Apache-2.0
// What a sensor sends to the organisation's server, as JSON: tallies by minute, and what it found.
// docs/observe-format.md is its specification.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collect/observe/attempts.h"
#include "collect/observe/summary.h"

namespace sekisho {

/// What the server tells a sensor before it begins.
struct SensorTask {
  HashKey key;                // that all tallies of the organisation are made under
  std::vector<Network> ours;  // whose sending is to be told of
  std::vector<Portal> portals;
};

struct SeenAttack {
  std::string service;  // its id in data/observe/line.yaml
  Address server;
  std::int64_t clients = 0;
  std::int64_t attempts = 0;
  Time first;
  Time last;
  Time peak;
  bool distributed = false;
  bool slow = false;
  std::vector<Address> from;  // clients, most attempts first: at most kMostClients
};
struct SeenSource {
  Address address;
  std::int64_t packets = 0;
  Time first;
  Time last;
  std::string tool;     // "Mirai"; empty: none
  std::string scanner;  // who scans in the open; empty: nobody known
  std::string country;  // ISO 3166; empty: not known
  std::vector<std::uint16_t> ports;
};
struct SeenCampaign {
  std::vector<std::uint16_t> ports;  // the first few
  Time first;
  Time last;
  std::int64_t sources = 0;
  std::int64_t packets = 0;
  std::string tool;  // of most of them; empty: none
};
/// Since the sensor began; takes the place of what was found before.
struct LineFound {
  std::vector<SeenAttack> attacks;
  std::vector<SeenSource> ours;  // of one's own addresses
  std::vector<SeenSource> busiest;
  std::vector<OriginLine> countries;  // and systems: where the sensor has a database of places
  std::vector<OriginLine> systems;
  std::vector<SeenCampaign> campaigns;
  bool pseudonyms = false;  // whoever sends, but for one's own, is told of by a pseudonym
};

/// Attempts to sign in to a kind of service, in an hour.
struct LoginCount {
  std::string service;  // its id in data/observe/line.yaml
  Time hour;
  std::int64_t attempts = 0;
};

struct LinePiece {
  std::int64_t sequence = 0;  // rises by at least one with each piece of a sensor
  std::int64_t seconds = 0;   // that it was made in
  std::int64_t dropped =
      0;  // since the sensor began: by the kernel, or for want of room to keep it
  struct Minute {
    Time start;
    std::string tally;  // LineTally::encode
  };
  std::vector<Minute> minutes;     // parts of one minute may come in several pieces: they merge
  std::vector<LoginCount> logins;  // those that were not in a piece before
  std::optional<LineFound> found;
};

inline constexpr std::size_t kMostPieceBytes = std::size_t{4} << 20U;
inline constexpr std::size_t kMostMinutes = 1'500;
inline constexpr std::size_t kMostLogins = 5'000;
inline constexpr std::size_t kMostFound = 100;  // of each list, but
inline constexpr std::size_t kMostCountries = 300;
inline constexpr std::size_t kMostClients = 20;
inline constexpr std::size_t kMostPortals = 100;

std::string write_task(const SensorTask& task);
Result<SensorTask> read_task(std::string_view text);
std::string write_piece(const LinePiece& piece);
Result<LinePiece> read_piece(std::string_view text);
/// As it is kept and shown.
std::string write_found(const LineFound& found);
Result<LineFound> read_found(std::string_view text);

/// The first of each.
LineFound found_of(const SourcesSummary& sources, const std::vector<Attack>& attacks,
                   const LineNames& names);

/// "Mirai"; empty for none.
std::string_view tool_name(Tool tool);

}  // namespace sekisho
