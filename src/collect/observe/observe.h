// SPDX-License-Identifier: Apache-2.0
// collect/observe: what arrives at a line, counted at the speed of memory. Captures or a live
// interface go in; tallies by period and profiles of sources come out.
//
// May enter: reading captures, decoding packets, counting, sketches, who sends.
// May not enter: pages, the store's tables, what a measure is.
#pragma once

#include <array>
#include <map>
#include <mutex>

#include "collect/observe/attempts.h"
#include "collect/observe/capture.h"
#include "collect/observe/conversations.h"
#include "collect/observe/decode.h"
#include "collect/observe/filter.h"
#include "collect/observe/periods.h"
#include "collect/observe/sources.h"
#include "collect/observe/tally.h"

namespace sekisho {

/// How many sources are followed at once: 131,072 (8 MB), and 4,096 of one's own.
inline constexpr unsigned kSourceBits = 17;
inline constexpr unsigned kOurBits = 12;

/// What became of the frames.
struct FrameCounts {
  std::uint64_t frames = 0;
  std::uint64_t counted = 0;
  std::uint64_t elsewhere = 0;  // not to the observed networks
  std::uint64_t filtered = 0;   // left out because they were not asked for
  std::uint64_t scanners = 0;   // among `counted`: of those who scan in the open
  std::uint64_t not_ip = 0;
  std::uint64_t cut_short = 0;
  std::uint64_t malformed = 0;
  std::uint64_t unknown_link = 0;
  std::uint32_t unknown_type = 0;  // one of these
  std::uint64_t outgoing = 0;  // sent by this machine: not among `frames`, nor counted otherwise
  void operator+=(const FrameCounts& other);
};

/// What an observation is about.
struct LineScope {
  HashKey key;
  std::vector<Network> observed;         // only packets to these count; empty: all
  std::vector<Network> ours;             // whose sources are looked at for themselves
  const LineNames* names = nullptr;      // with it, attempts to sign in are looked for
  std::vector<Portal> portals;           // VPN portals on other services' ports
  std::vector<LoginPort> login_ports{};  // login services on ports of one's own
  LineFilter filter{};
  /// That one observer keeps of a period; then it goes on with a tally.
  std::uint64_t most_hits = 1'000'000;
};

/// What a piece of the input gives besides what is counted in all.
struct PieceFound {
  std::vector<LoginEvent> logins;
  std::vector<std::uint8_t> said;  // that these point into
  std::vector<HitRun> runs;
  std::vector<Hit> hits;  // of all runs, where somebody is told of minutes
};

/// What several observers find together.
struct Findings {
  explicit Findings(const HashKey& key, std::optional<Period> by = std::nullopt)
      : attempts(key), periods(key, by), conversations(key) {}
  /// Takes what a piece of the input gave; it is added in the order of the pieces, which are
  /// numbered from 0 without a gap. Without `names` nobody signs in.
  void take(std::uint64_t piece, PieceFound found, const LineNames* names);

  std::mutex mutex;
  Attempts attempts;
  Periods periods;
  Conversations conversations;  // needs no lock
  std::optional<Sources> sources;
  std::optional<Sources> ours;
  std::optional<Sources> answered;  // those of ours that are sent to, with what is sent to them
  FrameCounts frames;

 private:
  std::map<std::uint64_t, PieceFound> early_;
  std::uint64_t next_piece_ = 0;
};

/// Counts records; one for each thread.
class Observer {
 public:
  Observer(const LineScope& scope, Findings& findings);
  /// `piece` numbers what is taken by all observers, from 0 on, in the order of the input.
  void take(std::span<const Record> records, std::uint64_t piece);
  /// Hands over all that was counted: at the end, and whenever somebody wants to look.
  void hand_over();

  /// How many are counted together.
  static constexpr std::size_t kBatch = 48;

 private:
  void look_for_login(const Packet& packet);
  /// Looks at what this machine sends, without counting it.
  void take_outgoing(const Record& record);
  /// What our own send, and that they are sent to.
  void note_ours(const Packet& packet);
  /// Says whether a packet knocks.
  void place(Packet& packet);
  void take_batch(std::span<const Record> records);
  /// The first `count` of packets_.
  void count(std::size_t count);
  void begin_grain(std::int64_t time_ns);
  void end_grain();
  /// What was kept as hits, put where it stays.
  PieceFound put();
  /// From here on a tally of the grain is made: it has too many packets for hits.
  void begin_tally();

  const LineScope& scope_;
  Findings& findings_;
  // The grain that packets are counted in: none while it has no length.
  Time grain_;
  std::int64_t start_ns_ = 0;
  std::uint64_t length_ns_ = 0;
  Stretch stretch_;               // of what is in no run, and in no tally that was handed over
  std::uint64_t grain_hits_ = 0;  // that are kept as hits
  bool many_ = false;             // no hits are kept, and tally_ is of this grain alone
  LineTally tally_;
  std::vector<Hit> hits_;
  std::vector<std::pair<Time, Stretch>> runs_;  // that hits_ consists of
  Sources sources_{kSourceBits};
  Sources ours_{kOurBits};
  Sources answered_{kOurBits};
  FrameCounts frames_;
  std::optional<LoginPlaces> login_places_;
  std::vector<LoginEvent> logins_;
  std::vector<std::uint8_t> said_;
  // What is at hand: packets, and what is hashed of them. `not_v4_` is not 0 when there may be
  // IPv6 among them.
  std::array<Packet, kBatch> packets_{};
  std::array<std::uint32_t, kBatch> source_bits_{};
  std::array<std::uint32_t, kBatch> target_bits_{};
  std::uint64_t not_v4_ = 0;
};

}  // namespace sekisho
