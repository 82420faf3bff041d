// SPDX-License-Identifier: Apache-2.0
// Links that are taken back: they open nothing any more, and stay on their lists for a while with
// who took them back and when.
#pragma once

#include "server/api/call.h"

namespace sekisho {

/// How many links worked until they were taken back.
struct Withdrawn {
  std::int64_t invitations = 0;
  std::int64_t links = 0;  // for devices
};

/// One invitation that waits, by its id; its address, or nothing when there is none. In the
/// transaction that is open, as is the other.
Result<std::optional<std::string>> withdraw_invitation_of(Call& call, InvitationId id);

/// What the person of the path made for others, or was given, and may no longer have with these
/// roles: somebody who is out nothing at all; whoever doesn't administrate a link for one device of
/// their own, as every employee may make it.
Result<Withdrawn> withdraw_what_was_lost(Call& call, PersonId person, bool out, bool administrates);

}  // namespace sekisho
