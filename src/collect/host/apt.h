// Internal to the room: what apt knows, which checks of updates and of software share.
#pragma once

#include "collect/host/look.h"

namespace sekisho {

/// Whether `package` has a newer version in `index`; that version then.
std::optional<std::string> pending_version(const Package& package, const PackageIndex& index);

/// The moment of the last successful look at the archives.
std::optional<Time> lists_fetched(const Machine& machine);

/// All of apt's settings, in the order in which apt reads them.
std::map<std::string, std::string> apt_settings(const Machine& machine);

}  // namespace sekisho
