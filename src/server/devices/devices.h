// SPDX-License-Identifier: Apache-2.0
// Devices, and evidence about them as others send it.
#pragma once

#include "server/api/call.h"

namespace sekisho {

/// By the name that lists, osquery and agents give its system.
bool runs_windows(std::string_view system);
/// windows, darwin or linux, by the name of a system.
std::string_view platform_of(std::string_view system);

/// How many devices the organisation has: all that are registered and not retired. The one count
/// that every page says.
struct Registered {
  std::size_t devices = 0;
  std::size_t silent = 0;  // of these, of which nothing was ever heard
};
Result<Registered> registered_devices(Database& db, const Fleet& fleet);

/// Makes the device that evidence speaks of, where it isn't there yet.
Result<void> ensure_device(Database& db, const SubjectId& subject, Time now);

/// {"items", "next"}: the machines that a check looked at, those that fail first.
Result<boost::json::object> check_machines(Call& call, const Fleet& fleet, const CheckSpec& spec,
                                           const Page& page);
/// A person's devices with what fails on them.
Result<boost::json::array> person_devices(Call& call, const Fleet& fleet, PersonId person);

}  // namespace sekisho
