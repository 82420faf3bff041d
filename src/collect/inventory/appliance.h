// SPDX-License-Identifier: Apache-2.0
// Network gear (VPN devices, routers) that speaks for itself by nothing: what its entered firmware
// version says beside the feeds.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "collect/vuln/vuln.h"
#include "evidence/evidence.h"
#include "guideline/guideline.h"

namespace sekisho {

struct ApplianceFacts {
  std::string version;               // of its firmware, as its page shows it; may be empty
  std::string model;                 // where its kind has models; may be empty
  bool reused = false;               // an old one that was taken into use again
  std::optional<Time> confirmed_at;  // when somebody last saw that no newer firmware is to be had
};

/// Evidence of the checks that concern it: `os-support` (the maker still supports the line),
/// `known-exploited` (no weakness in real attacks is open), `security-updates` (no grave weakness
/// of this version is known; a reused one stays open until its firmware is shown to be current)
/// and, for a VPN device, `software-vpn`, which is the worst of the three. All others do not apply.
///
/// Of a kind that has models, NVD is asked about the model that is given; one that it doesn't name
/// is unknown, and so is a version that can't be read.
///
/// An exploited weakness is closed by the versions that NVD gives; where it gives none, by somebody
/// having confirmed the firmware since the weakness became known. What nothing closes, fails. That
/// nothing is open is only said by a list of attacks that isn't stale, to which a person's word
/// adds but does not take its place; that firmware is current, also by a person alone.
std::vector<Evidence> appliance_evidence(const Guideline& guideline, const Feeds& feeds,
                                         const SubjectId& subject, const Appliance& appliance,
                                         const ApplianceFacts& facts, Time observed_at, Time now,
                                         const Calendar& calendar, const std::string& source);

}  // namespace sekisho
