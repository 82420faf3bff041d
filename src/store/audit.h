// The audit log: each entry's hash covers the one before, so that nothing can be changed, left out
// or put between without being seen.
#pragma once

#include <string>
#include <string_view>

#include "base/base.h"
#include "store/database.h"

namespace sekisho {

/// Appends an entry, inside the write that it tells of.
Result<void> append_audit(Database& database, Time at, std::string_view actor,
                          std::string_view action, std::string_view item, std::string_view detail);

struct AuditCheck {
  std::int64_t entries = 0;
  std::optional<std::int64_t> first_broken;  // id of the first entry that doesn't follow
  bool missing = false;   // there are people, who can't have come without an entry, and no entries
  std::string last_hash;  // to be kept elsewhere: a log cut at its end shows only so
  bool intact() const { return !first_broken && !missing; }
};
Result<AuditCheck> verify_audit(Database& database);

}  // namespace sekisho
