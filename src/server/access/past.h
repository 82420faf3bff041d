// SPDX-License-Identifier: Apache-2.0
// Another policy beside the one in force, over what was decided in the past: who came in that it
// would have refused, and who was refused that it would have let in. Each decision is made again by
// both, by the evidence as it was then; people, devices and second factors are as they are now. So
// what is found is what the policy changes, and nothing else.
#pragma once

#include "server/access/records.h"

namespace sekisho {

/// One line of what is kept: the same decision, some times within an hour.
struct PastDecision {
  PersonId person;
  std::optional<DeviceId> device;
  std::string resource;
  std::optional<ClientAddress> from;
  bool came_in = false;  // else refused
  Time at;               // the last time
  std::int64_t times = 0;
};

inline constexpr std::chrono::days kPastLooked{30};
/// Of lines, the newest.
inline constexpr std::int64_t kMostPast = 10'000;

/// Who came in and who was refused since `since`, the newest first.
Result<std::vector<PastDecision>> past_decisions(Database& database, Time since);

/// What would have been otherwise, of one person on one device at one resource.
struct PastChange {
  const AccessPerson* person = nullptr;  // of the records
  const AccessDevice* device = nullptr;  // the same; null: none was proven
  std::string resource;
  std::int64_t times = 0;
  Time last;
  AccessDecision decision;  // under the new policy, the last time
};

struct PastComparison {
  std::int64_t decisions = 0;  // that were looked at
  std::vector<PastChange> locked_out;
  std::vector<PastChange> let_in;
};

/// `records` outlive what is given.
PastComparison compare_past(const AccessRecords& records, const std::vector<PastDecision>& past,
                            const std::shared_ptr<const Policy>& old_one,
                            const std::shared_ptr<const Policy>& new_one);

}  // namespace sekisho
