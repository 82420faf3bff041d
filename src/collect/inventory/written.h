// SPDX-License-Identifier: Apache-2.0
// Versions as people, devices and installers write them, by the data of a kind of gear or a
// program.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "collect/vuln/version.h"
#include "guideline/guideline.h"

namespace sekisho {

/// How a kind's versions are written: the makers' common way where its data says no other; nothing
/// where the data can't be read.
std::optional<Scheme> scheme_of(const VersionForms& forms);

/// The version of a program as Windows lists it: from its name where that is where it stands.
std::optional<VersionReading> program_version(const Software& software, std::string_view program,
                                              std::string_view version);

/// The version that a person entered, if it is one.
std::optional<VersionReading> firmware_version(const Appliance& appliance, std::string_view text);
/// The same to show to a person while it is typed: "FortiOS 7.2.6", or how to write one.
Text firmware_words(const Appliance& appliance, std::string_view text);

}  // namespace sekisho
