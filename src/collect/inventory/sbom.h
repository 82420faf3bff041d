// SPDX-License-Identifier: Apache-2.0
// SBOMs: CycloneDX 1.x in JSON and in XML.
#pragma once

#include <expected>
#include <string_view>
#include <vector>

#include "base/base.h"
#include "collect/inventory/components.h"

namespace sekisho {

inline constexpr std::size_t kMostComponents = 20'000;
inline constexpr std::size_t kMostSbomBytes = std::size_t{10} << 20U;

struct Sbom {
  std::vector<Component> components;
  std::size_t optional = 0;  // of these, by their scope
  std::size_t excluded = 0;  // left out by their scope: they aren't there when the software runs
};

/// Components within components included, and the subject of the whole (metadata.component) where
/// it is more than what holds them. The source of a Debian package that trivy or syft tell in
/// properties becomes its package URL's `upstream`. What names no component (files, data) is left
/// out, and so is the same one again. Of an odd component (no name, text that can't be kept) what
/// can be kept is, so that it counts as one that nobody knows. In XML there are no entities but its
/// own, and no document type. All that is wrong with the whole, or all.
std::expected<Sbom, std::vector<Error>> read_cyclonedx(std::string_view bytes);

}  // namespace sekisho
