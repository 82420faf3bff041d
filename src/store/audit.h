// SPDX-License-Identifier: Apache-2.0
// The audit log: each entry's hash covers the one before, so that nothing can be changed, left out
// or put between without being seen.
#pragma once

#include <cstdint>
#include <limits>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/base.h"
#include "store/database.h"
#include "store/id.h"

namespace sekisho {

/// Appends an entry, inside the write that it tells of.
Result<void> append_audit(Database& database, Time at, std::string_view actor,
                          std::string_view action, std::string_view item, std::string_view detail);

/// Whom the log is to name by a number from now on, and what it says of their own devices. Whose
/// something is goes by the address, which is one person's at a time: a name may be anybody's.
struct KnownAs {
  std::string email;
  std::set<std::string, std::less<>> devices;  // subjects
  /// The entries in which the address is theirs: behind the one, and up to the other.
  std::int64_t after = 0;
  std::int64_t up_to = std::numeric_limits<std::int64_t>::max();
};
/// When an address was whose: the person's that they have now, and the one that went to somebody
/// else, if any.
Result<std::vector<KnownAs>> addresses_of(Database& database, PersonId person);
/// In all entries, inside the write that is open, `pseudonym` takes the place of that person: as
/// actor, as item, where a text of the detail holds the address, and of the names in entries about
/// them or their devices. Ends with an entry of its own, which seals what now stands in all entries
/// that were ever changed so. Refused where the log isn't whole before. Gives how many were
/// changed.
Result<std::int64_t> redact_audit(Database& database, Time at, std::string_view actor,
                                  const KnownAs& known, const std::string& pseudonym);

struct AuditCheck {
  std::int64_t entries = 0;
  std::optional<std::int64_t> first_broken;  // id of the first entry that doesn't follow
  std::int64_t redacted = 0;                 // entries in which a name gave way to a number
  bool missing = false;   // there are people, who can't have come without an entry, and no entries
  std::string last_hash;  // to be kept elsewhere: a log cut at its end shows only so
  bool intact() const { return !first_broken && !missing; }
};
Result<AuditCheck> verify_audit(Database& database);

}  // namespace sekisho
