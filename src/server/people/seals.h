// SPDX-License-Identifier: Apache-2.0
// Access for emergencies (break-glass): a code that is sealed away on paper, of which only a digest
// is kept. It opens the account of one administrator once, for a limited time, past second factors
// and the policy of access, and everybody who answers for that is told.
#pragma once

#include <map>

#include "server/api/call.h"

namespace sekisho {

inline constexpr std::int64_t kSealHours = 4;  // where nobody says otherwise
inline constexpr std::int64_t kMostSealHours = 12;

struct NewSeal {
  SealId id;
  std::string code;  // 120 random bits; shown once
};
/// For an administrator; tells administrators and executives. `by` nobody: at the server's command
/// line. In the transaction that is open, as are the others.
Result<NewSeal> seal_access(Database& db, PersonId person, PersonId by, std::int64_t hours,
                            Time now);

/// Closes what is open, or takes back what was not opened and tells of it; ends the sessions that
/// it opened and the invitations that it made. False where it was over already.
Result<bool> end_seal(Database& db, SealId seal, PersonId by, Time now);
/// All of a person's: they no longer have what it would open.
Result<void> end_seals_of(Database& db, PersonId person, PersonId by, Time now);

/// Sees to it, in one server, that what was opened ends: when its time is over, by the clock or by
/// how long it has been open since this saw it first, so that a clock which is set back prolongs
/// nothing; and when its session has gone in another way. Each end is an entry of the audit log.
class SealWatch {
 public:
  Result<void> look(Database& db, Time now, std::chrono::steady_clock::time_point tick);

 private:
  std::map<SealId, std::chrono::steady_clock::time_point> ends_;  // of those that are open
};

/// What is kept of a code, however it is typed.
std::string seal_digest(std::string_view code);

}  // namespace sekisho
