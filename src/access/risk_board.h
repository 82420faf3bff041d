// SPDX-License-Identifier: Apache-2.0
// What speaks against whom now, as it arrives: not what a session's beginning showed, which the
// session itself bears. Small, since little speaks against few; looked up for each decision.
#pragma once

#include <vector>

#include "access/flat_table.h"
#include "access/risk.h"

namespace sekisho {

/// A person, a device: the same from one snapshot to the next, as slots are not.
enum class LivePerson : std::int64_t {};
enum class LiveDevice : std::int64_t {};

class RiskBoard {
 public:
  /// Against a person: whoever comes as them from one of these addresses, and from any other.
  struct Against {
    RiskSignals elsewhere;
    std::vector<std::pair<RiskValue, RiskSignals>> at;
    std::vector<RiskValue> trusted;  // a passkey was shown there once more
    bool operator==(const Against&) const = default;
    const RiskSignals& from(RiskValue address) const;
  };

  /// Of these no more is kept than there is to say: nothing where no sign is.
  void put(LivePerson person, Against against);
  void put(LiveDevice device, RiskSignals signs);
  void put(RiskValue address, RiskSignals signs);
  /// Seen, and not counted: by kind, for all of the organisation.
  void silence(RiskSignals signals) { silenced_ = signals; }
  const RiskSignals& silenced() const { return silenced_; }

  /// All that is to be said against who comes as `person` with `device` from `address`.
  RiskSignals signs(LivePerson person, std::optional<LiveDevice> device, RiskValue address) const;
  bool operator==(const RiskBoard& other) const;

 private:
  /// Half as large as a bitset: of rows as many fit into a line of the processor's cache.
  class Signs {
   public:
    Signs() = default;
    explicit Signs(const RiskSignals& signs)
        : bits_(static_cast<std::uint32_t>(signs.to_ulong())) {}
    explicit operator bool() const { return bits_ != 0; }
    RiskSignals all() const { return {bits_}; }
    bool operator==(const Signs&) const = default;

   private:
    static_assert(kRiskSignals <= 32);
    std::uint32_t bits_ = 0;
  };
  /// Of a person: few have more to say than what is so from everywhere.
  struct PersonRow {
    Signs elsewhere;
    std::uint32_t against = 0;  // the number of what is to be said in full, from 1; 0: it is all
    explicit operator bool() const { return elsewhere || against != 0; }
  };
  void add(FlatTable<Signs>& table, std::uint64_t number, const RiskSignals& signs);

  FlatTable<PersonRow> people_;
  std::vector<Against> against_;
  FlatTable<Signs> devices_;
  FlatTable<Signs> addresses_;
  RiskSignals silenced_;
};

/// What somebody's sign-in showed, held against what was known before it.
struct RiskBeginning {
  RiskPerson person{};
  RiskValue address{};
  Time at{};
  RiskSignals signs{};
};

/// What is so of people and devices besides what was tried against them.
struct RiskStandings {
  std::vector<RiskPerson> lost;    // a device of theirs is reported as lost
  std::vector<RiskDevice> worse;   // in a worse state than within the last day
  std::vector<RiskValue> sprayed;  // at these many people were refused
  std::vector<std::pair<RiskValue, LineDoubt>> line;
  std::vector<RiskBeginning> begun;  // within kVouched
  RiskSignals silenced;
};

/// `people`: whom something was tried against within kTriesCount, or who vouched within kVouched;
/// of all others nothing is to be said.
RiskBoard risk_board(const RiskHistory& history, const std::vector<RiskPerson>& people,
                     const RiskStandings& standings, Time now);

}  // namespace sekisho
