// SPDX-License-Identifier: Apache-2.0
// How often somebody may guess. A guess is counted before anyone looks whether it is right, so that
// many at once are not more than one after another. A browser from which its person was wholly
// signed in before has a count of its own: strangers' guesses do not lock the owner out there
// (OWASP: device cookies).
#pragma once

#include "server/api/call.h"

namespace sekisho {

/// A whole office may share one address.
inline constexpr std::int64_t kFreeGuessesOfAddress = 40;

/// What a guess is counted against. Beyond `free` in a row each failure locks for twice as long, up
/// to an hour.
struct Count {
  std::string name;
  std::int64_t free = 4;
};
using Counts = std::vector<Count>;

/// What stands for an address that somebody typed who isn't signed in: the same for the same one,
/// by the server's own key. Whoever was forgotten or never was here comes into no table by their
/// name, nor does a password that was typed in the wrong field.
Result<std::string> stands_for(Database& db, const std::string& email);
/// Under which name guesses at an account are counted.
Result<std::string> account_guess(Database& db, const std::string& email);

/// Of a guess at an account's password by who isn't signed in, and at the code that follows.
Result<Counts> counts_of_password(Call& call, const std::string& email);
Result<Counts> counts_of_code(Call& call, const std::string& email);
/// Of a guess by a session that has begun.
Counts counts_of_session(const Call& call);

/// Counts one guess against each; false when one of them is locked, and then none is counted.
Result<bool> take_guess(Database& db, const Counts& counts, Time now);
/// It was right, and something else has still to be shown: this one guess is taken back.
Result<void> give_back_guess(Database& db, const Counts& counts);
/// All was right: what failed before is forgotten.
Result<void> forgive_guesses(Database& db, const Counts& counts);

/// Notes a failed sign-in in the audit log, of which nothing can be removed: what nobody in
/// particular does fills it by so many entries an hour at most. Whose address it is, is named where
/// they are known here; else by what stands for it.
Result<void> note_failure(Call& call, std::string_view email, boost::json::object detail);

/// The cookie that makes this browser known for the person; nothing when it is already.
Result<std::optional<std::string>> know_browser(Call& call, PersonId person);

}  // namespace sekisho
