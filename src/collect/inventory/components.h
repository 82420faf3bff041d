// Software that an SBOM lists, and what is known against it.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "collect/vuln/vuln.h"
#include "guideline/guideline.h"

namespace sekisho {

/// One component of an SBOM. Of the two names that feeds know at most one need be there.
struct Component {
  std::string name;
  std::string version;
  std::string cpe;   // a CPE 2.3 formatted string or 2.2 URI; may be empty
  std::string purl;  // a package URL (purl-spec); may be empty
};

inline constexpr std::size_t kMostComponents = 20'000;

/// CycloneDX 1.2 to 1.7 in JSON, components within components included; what names no component
/// (files, data) is left out, and so is the same one again. Of an odd component (no name, text that
/// can't be kept) what can be kept is, so that it counts as one that nobody knows. All that is
/// wrong with the whole, or all.
std::expected<std::vector<Component>, std::vector<Error>> read_cyclonedx(std::string_view bytes);

/// A package URL's parts, decoded: pkg:TYPE/NAMESPACE/NAME@VERSION?QUALIFIERS.
struct PackageUrl {
  std::string type, space, name, version;
  std::vector<std::pair<std::string, std::string>> qualifiers;
  std::string qualifier(std::string_view key) const;
};
std::optional<PackageUrl> parse_purl(std::string_view text);

struct ComponentWeakness {
  std::string id;
  double score = 0;   // CVSS; 0 where the feed gives none
  std::string fixed;  // the version that mends it, where the feed says
};
struct ComponentJudgement {
  /// A feed names this product and its version could be read, so that nothing found means
  /// something.
  bool known = false;
  bool by_nvd = false;  // that feed is NVD's, which may hold a part of what there is
  std::vector<ComponentWeakness> open;
  std::vector<ComponentWeakness> unclear;  // whether it is open can't be told
};
/// A package of a distribution by that distribution's records alone, as it mends old versions;
/// anything else with a CPE by NVD. `platform` as `platform_of` gives it.
ComponentJudgement judge(const Component& component, const Feeds& feeds,
                         std::string_view platform = {});
/// A program of the list that Windows keeps, by NVD's names of it.
ComponentJudgement judge(const Software& software, const std::string& program,
                         const std::string& version, const Feeds& feeds,
                         std::string_view platform = {});

}  // namespace sekisho
