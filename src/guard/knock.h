// SPDX-License-Identifier: Apache-2.0
// What the PAM module asks at the guard's door, and what it is told: one packet each way, of parts
// that end in NUL. Small enough to be written and read without memory of its own.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/text.h"

namespace sekisho {

inline constexpr std::size_t kMostKnock = std::size_t{16} << 10U;

struct Knock {
  enum class What : std::uint8_t {
    account,  // may they come in?
    key,      // this is what they came in by, before anything else had a say in it
    open,     // they come in: the process that asks, and all that it starts
    keys,     // which keys may come as this login? Asked for by a child of that process
  };
  What what = What::account;
  std::string login;      // exactly as the system has it, whatever is in it
  std::string from;       // PAM_RHOST; may be empty
  std::string service;    // PAM_SERVICE
  std::string auth_info;  // SSH_AUTH_INFO_0, or the key that is offered; may be empty
  bool operator==(const Knock&) const = default;
};

std::optional<Knock> read_knock(std::string_view packet);
std::string knock_packet(const Knock& knock);

struct DoorAnswer {
  bool allow = false;
  Text words;  // for the person; of keys: the lines, in `en`
  bool operator==(const DoorAnswer&) const = default;
};
std::string answer_packet(const DoorAnswer& answer);
std::optional<DoorAnswer> read_answer(std::string_view packet);

}  // namespace sekisho
