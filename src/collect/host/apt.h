// SPDX-License-Identifier: Apache-2.0
// Internal to the room: what apt knows, which checks of updates and of software share.
#pragma once

#include "collect/host/look.h"

namespace sekisho {

/// Whether `package` has a newer version in `index`; that version then.
std::optional<std::string> pending_version(const Package& package, const PackageIndex& index);

/// The moment of the last successful look at the archives.
std::optional<Time> lists_fetched(const Machine& machine);

/// `found` where it rests on those archives: no pass when the last look at them is too long ago.
Finding by_archives(const Look& look, Finding found);

/// All of apt's settings: told by apt itself where it runs, else read in the order in which it
/// reads them.
AptSettings apt_settings(const Machine& machine);

/// A file of this name is read among apt's parts: letters, digits and "_-.:" alone, one of the
/// endings, or none for apt.conf.d (apt's GetListOfFilesInDir).
bool apt_reads(std::string_view name, std::initializer_list<std::string_view> endings);

/// What apt takes for yes (StringToBool); any number but 0 is.
bool apt_yes(std::string_view text, bool otherwise);

}  // namespace sekisho
