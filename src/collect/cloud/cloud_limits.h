// SPDX-License-Identifier: Apache-2.0
// Numbers that decide a verdict on clouds, and why each is this one.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace sekisho {

/// A reading says how things stand for as long as a month has days: settings are looked at monthly.
inline constexpr std::chrono::days kCloudReadingHolds{31};
/// Clocks of two machines may differ by a day before a file is of the future.
inline constexpr std::chrono::hours kClocksDiffer{24};
/// Two, so that one may be lost: CIS asks for two accounts for emergencies.
inline constexpr std::size_t kMostEmergencyAccounts = 2;
/// Two, so that one may be away; Microsoft asks for fewer than five, and CIS for two to four of
/// Microsoft's and of Google's. (CISA's baseline would take eight, which is much for a small firm.)
inline constexpr std::size_t kFewestCloudAdministrators = 2;
inline constexpr std::size_t kMostCloudAdministrators = 4;
/// CISA's baseline lets links for anybody live for 30 days.
inline constexpr std::int64_t kMostLinkDays = 30;
/// The longest of the ends that Zoom offers, and what Teams sets by itself.
inline constexpr std::int64_t kMostRecordingDays = 120;
/// What Zoom makes by itself, and the least that its CIS benchmark takes.
inline constexpr std::int64_t kShortestZoomPasscode = 6;
/// Eight characters can't be tried within a meeting.
inline constexpr std::int64_t kShortestMeetingPassword = 8;

/// Fewer administrators than these can't be told apart by their roles.
inline constexpr std::size_t kManyAdministrators = 5;
/// Hours: whoever administrates signs in anew each working day.
inline constexpr std::int64_t kLongestAdminSession = 24;
/// Tries, and seconds: what Entra sets by itself.
inline constexpr std::size_t kMostLockoutTries = 10;
inline constexpr std::int64_t kShortestCloudLockout = 60;
/// A device that hasn't reported for as long as Intune lets it by itself may be anywhere.
inline constexpr std::chrono::days kSilentDevice{30};

}  // namespace sekisho
