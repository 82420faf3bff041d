// SPDX-License-Identifier: Apache-2.0
// The states of a device and what a change of state brings with it: the one place that knows.
//
//   active  ⇄ lost        a loss is an incident whose steps somebody follows
//   active, lost → retired  wiped first; its certificates and keys end
//   retired → active      by hand, and it enrols anew; never by being reported lost
#pragma once

#include "server/api/call.h"

namespace sekisho {

enum class DeviceState : std::uint8_t { active, lost, retired };

/// Moves a device to a state by hand; `wiped` says how, when it is given up.
Result<void> move_device(Call& call, DeviceId device, DeviceState to, const std::string& wiped,
                         Problem& why);
/// A person reports it lost, which is an incident of its own: one that was given up stays so.
Result<void> report_lost(Call& call, DeviceId device);

/// From the next request on nothing is believed of what speaks for this device.
Result<void> revoke_device(Database& db, DeviceId device, Time now);

/// Whether a person may see a device of this user, who may stand in a row: everyone theirs, some
/// all.
bool sees_device(const Call& call, std::optional<PersonId> user);
bool sees_device(const Call& call, const Row& row, std::size_t user_at);

}  // namespace sekisho
