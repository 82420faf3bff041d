// The audit log: each entry's hash covers the one before, so that nothing can be changed, left out
// or put between without being seen.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "base/base.h"
#include "store/database.h"

namespace sekisho {

/// Appends an entry, inside the write that it tells of.
Result<void> append_audit(Database& database, Time at, std::string_view actor,
                          std::string_view action, std::string_view item, std::string_view detail);

/// How a person was called in the log.
struct KnownAs {
  std::string email;
  std::set<std::string, std::less<>> names;
};
/// In all entries, inside the write that is open, `pseudonym` takes the place of whoever was called
/// so: as actor, as item, and where a text of the detail is that name or holds that address. Ends
/// with an entry of its own, which seals what now stands in all entries that were ever changed so.
/// Gives how many were changed now.
Result<std::int64_t> redact_audit(Database& database, Time at, std::string_view actor,
                                  const KnownAs& called, const std::string& pseudonym);

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
