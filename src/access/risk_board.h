// SPDX-License-Identifier: Apache-2.0
// What speaks against whom now, as it arrives: not what a session's beginning showed, which the
// session itself bears. Small, since little speaks against few; looked up for each decision.
#pragma once

#include <unordered_map>
#include <vector>

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
  bool operator==(const RiskBoard&) const = default;

 private:
  std::unordered_map<LivePerson, Against> people_;
  std::unordered_map<LiveDevice, RiskSignals> devices_;
  std::unordered_map<std::uint64_t, RiskSignals> addresses_;
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
