// SPDX-License-Identifier: Apache-2.0
// That somebody is who they were: a code, a passkey's answer, or the password, shown once more
// before the account itself is changed, and a mail about what was changed.
#pragma once

#include "server/api/router.h"

namespace sekisho {

struct PasskeyAnswer {
  std::string challenge;
  std::string credential;
  std::string client_data;
  std::string authenticator_data;
  std::string signature;
};
PasskeyAnswer read_passkey_answer(const Node& node);

/// A passkey that has answered: whose, and what is to be written down in the transaction that
/// believes it.
struct PasskeyShown {
  PasskeyId id;
  PersonId person;
  std::int64_t counter_before = 0;
  std::int64_t counter = 0;
  std::string challenge;
};
/// Good for a few minutes, and for one answer.
Result<std::string> new_passkey_challenge(Call& call);
std::expected<PasskeyShown, Problem> check_passkey(Call& call, const PasskeyAnswer& answer);
/// Once for each challenge, and with a counter that nobody has moved on meanwhile.
Result<void> believe_passkey(Call& call, const PasskeyShown& shown, Problem& why);

/// A code of the app, or one of the recovery codes, which is used up.
Result<bool> code_fits(Call& call, const std::string& code);

std::unexpected<Problem> too_many_guesses();

/// Tells a person by mail what was changed on their account, in the transaction that changes it.
/// Without a mail server nobody is told, and the audit log has it.
Result<void> tell_of_change(Call& call, const std::string& email, const Text& what);

}  // namespace sekisho
