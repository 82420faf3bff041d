// SPDX-License-Identifier: Apache-2.0
// What a User-Agent header says of a browser, as far as habits go by it: a text that anybody may
// send.
#pragma once

#include "access/risk_history.h"

namespace sekisho {

/// In plain words, for people: "Chrome", "Windows"; empty where it says nothing that is known.
struct UserAgentWords {
  std::string_view browser;
  std::string_view system;
  std::string_view kind;  // computer, telephone, tablet
};
UserAgentWords read_user_agent(std::string_view text);
SignInAgent agent_of(std::string_view text);

}  // namespace sekisho
