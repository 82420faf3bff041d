// SPDX-License-Identifier: Apache-2.0
// Who signed in, or tried to: what the risk of impersonation is told from. Of people who are known
// here alone; what strangers type comes into no table.
#pragma once

#include "server/api/call.h"

namespace sekisho {

/// Each is spelled as the table has it.
struct SignInNote {
  Time at;
  std::string outcome;  // signed_in, vouched, password_refused, factor_refused, foreign_key
  std::string factor;   // password, company, key, code, passkey
  std::string place = "console";
  std::string origin{};
  std::string agent{};
  std::optional<DeviceId> device{};
};

/// What this request shows of who asks.
SignInNote note_of(const Call& call, std::string_view outcome, std::string_view factor);

/// In the transaction that is open.
Result<void> note_sign_in(Database& db, PersonId person, const SignInNote& note);
/// A refusal of somebody who is known; a transaction of its own.
Result<void> note_refusal(Call& call, PersonId person, std::string_view outcome,
                          std::string_view factor);
/// The same of whoever has this address, if anybody. It takes as long if nobody has.
Result<void> note_refusal(Call& call, const std::string& email);

}  // namespace sekisho
