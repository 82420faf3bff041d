// SPDX-License-Identifier: Apache-2.0
// The organisation's own authority for its devices, and its succession: an authority ends after ten
// years, and nobody is there to renew it. In good time a successor is made and given to every
// device that renews its certificate; when each has had time for that, it is the one that
// certifies, and the one before is believed until it ends.
#pragma once

#include <optional>

#include "collect/agent/keys.h"
#include "store/store.h"

namespace sekisho {

/// A successor is made this long before an authority ends,
inline constexpr std::chrono::days kSuccessorBefore{730};
/// and used once it was offered on so many different days. A device's certificate lasts for 90: who
/// was not given it meanwhile is not let in any more either. Days that were seen, not days that
/// have passed: a clock that is ahead for a moment must not cut anybody off.
inline constexpr std::int64_t kOfferedDays = 120;

struct Authorities {
  Authority current;              // that certifies
  std::optional<Authority> next;  // that is offered
  std::string before;             // certificate of the one before, PEM: good until it ends
  std::string turns;              // what turns are proven by: it stays the same

  /// All that devices are to believe and whose devices are let in, PEM.
  std::string believed() const;
};

/// As they stand now. Makes and moves them where it is time.
Result<Authorities> organisation_authorities(Database& db, Time now);

}  // namespace sekisho
