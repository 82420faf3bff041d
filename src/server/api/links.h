// SPDX-License-Identifier: Apache-2.0
// Links that let somebody in and can be shown again until they are used. Neither the link nor
// anything that opens it lies in the database: its code follows from a salt, which does, and the
// server's own secret, which lies beside it. Who reads the database alone gets in nowhere.
#pragma once

#include <string>
#include <string_view>

#include "server/api/options.h"

namespace sekisho {

inline constexpr std::chrono::hours kEnrolmentLasts{72};  // where nobody says otherwise
inline constexpr std::chrono::days kMostEnrolmentDays{30};
inline constexpr std::int64_t kMostEnrolmentUses = 1000;
/// How many links that still work somebody who doesn't administrate may have made.
inline constexpr std::int64_t kMostOpenEnrolments = 20;
/// What became of a link is shown for so long after it ended.
inline constexpr std::chrono::days kEnrolmentRemembered{30};

enum class LinkKind : std::uint8_t { enrolment, invitation };

/// A new salt, and the code that follows from it.
struct NewLink {
  std::string salt;
  std::string code;
};
NewLink new_link(const ServerOptions& options, LinkKind kind);
/// The code of a link again; empty when it was made with another secret (another server's, or one
/// of before), or as links once were: then only a new link helps.
std::string shown_again(const ServerOptions& options, LinkKind kind, std::string_view salt,
                        std::string_view hash);

/// The server's secret for them, made where there is none yet.
Result<std::string> link_secret_in(const std::string& file);

}  // namespace sekisho
