// SPDX-License-Identifier: Apache-2.0
#include "server/people/withdrawals.h"

#include "server/api/links.h"

namespace sekisho {
namespace {

/// Its end is set to the beginning of time: whoever asks only whether it still lasts refuses it
/// too.
constexpr const char* kInvitation =
    "UPDATE invitation SET withdrawn_at = ?, withdrawn_by = ?, expires_at = 0 WHERE withdrawn_at "
    "IS "
    "NULL AND expires_at > ? AND ";
constexpr const char* kEnrolment =
    "UPDATE enrolment SET withdrawn_at = ?, withdrawn_by = ? WHERE withdrawn_at IS NULL AND used < "
    "most AND expires_at > ? AND ";

/// How many of them there were.
Result<std::int64_t> withdraw(Call& call, const char* what, const std::string& which,
                              Values values) {
  // Nobody in particular where it follows from what the company's directory or provider says.
  const Value by = call.who.person ? Value(call.who.person) : Value(std::monostate());
  values.insert(values.begin(), {value_of(call.now), by, value_of(call.now)});
  const auto rows = call.db.query(what + which + " RETURNING id", values);
  if (!rows) return std::unexpected(rows.error());
  return static_cast<std::int64_t>(rows->size());
}

}  // namespace

Result<std::optional<std::string>> withdraw_invitation_of(Call& call, InvitationId id) {
  const auto there = call.db.query("SELECT email FROM invitation WHERE id = ?", {id});
  if (!there) return std::unexpected(there.error());
  const auto gone = withdraw(call, kInvitation, "id = ?", {id});
  if (!gone) return std::unexpected(gone.error());
  if (*gone == 0) return std::nullopt;
  return there->front().text(0);
}

Result<Withdrawn> withdraw_what_was_lost(Call& call, PersonId person, bool out,
                                         bool administrates) {
  if (administrates && !out) return Withdrawn{};
  const auto invitations = withdraw(call, kInvitation, "created_by = ?", {person});
  if (!invitations) return std::unexpected(invitations.error());
  const std::int64_t longest = std::chrono::seconds(kEnrolmentLasts).count();
  const auto links =
      out ? withdraw(call, kEnrolment, "(created_by = ? OR person_id = ?)", {person, person})
          : withdraw(
                call, kEnrolment,
                "created_by = ? AND (person_id IS DISTINCT FROM ? OR most > 1 OR team <> '' OR "
                "expires_at - created_at > ?)",
                {person, person, longest});
  if (!links) return std::unexpected(links.error());
  return Withdrawn{*invitations, *links};
}

}  // namespace sekisho
