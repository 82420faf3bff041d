// SPDX-License-Identifier: Apache-2.0
// Software that an SBOM lists, and what is known against it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collect/inventory/judgement.h"
#include "guideline/guideline.h"

namespace sekisho {

/// One component of an SBOM. Of the two names that feeds know at most one need be there.
struct Component {
  std::string name;  // for people, with its group: "@angular/core"
  std::string version;
  std::string cpe;   // a CPE 2.3 formatted string or 2.2 URI; may be empty
  std::string purl;  // a package URL (purl.h); may be empty
};

/// A package of a distribution by that distribution's records alone, as it mends old versions, and
/// where they name its source; one of a language by OSV's where they name it; anything else with a
/// CPE by NVD. `platform` as `platform_of` gives it.
ComponentJudgement judge(const Component& component, const Feeds& feeds,
                         std::string_view platform = {});

/// A package as OSV's records name it: release of a distribution, name, version.
struct OsvPackage {
  Ecosystem ecosystem;
  std::string release, name, version;
};
/// Nothing where its ecosystem isn't one of OSV's that are used, or its release isn't said.
std::optional<OsvPackage> osv_package(const Component& component);

}  // namespace sekisho
