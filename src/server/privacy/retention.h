// SPDX-License-Identifier: Apache-2.0
// Internal to the room: for how long what is kept.
#pragma once

#include <array>

#include "store/store.h"

namespace sekisho {

/// A kind of record whose time an administrator may set. Days count from when it was over: a
/// finding from when it was replaced, a report of trouble from when it was made, once it is closed,
/// a device from when it was given up, a person from when they left, a sign-in from when it was.
struct RetentionKind {
  const char* id;
  int standard;  // days, as are the bounds
  int least;
  int most;
};
inline constexpr int kTenYears = 3650;
inline constexpr std::array<RetentionKind, 5> kRetentionKinds{{
    {"findings", 1095, 90, kTenYears},
    {"incidents", 1825, 365, kTenYears},
    {"devices", 365, 30, kTenYears},
    {"people", 365, 30, kTenYears},
    {"sign_ins", 90, 14, 1095},
}};

/// Whoever sets one sets all of the first.
inline constexpr std::size_t kAlwaysSet = 4;

/// As set, or the standard.
std::chrono::days kept_for(const Settings& settings, const RetentionKind& kind);
std::string retention_setting(const RetentionKind& kind);

/// Once a day by `now`: lets go of what is over.
Result<void> keep_to_retention(Database& db, Time now);

}  // namespace sekisho
