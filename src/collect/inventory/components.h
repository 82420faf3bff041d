// Software that an SBOM lists, and what is known against it.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "collect/vuln/vuln.h"

namespace sekisho {

/// One component of an SBOM. Of the two names that feeds know at most one need be there.
struct Component {
  std::string name;
  std::string version;
  std::string cpe;   // a CPE 2.3 formatted string; may be empty
  std::string purl;  // a package URL (purl-spec); may be empty
};

inline constexpr std::size_t kMostComponents = 20'000;

/// CycloneDX 1.2 to 1.6 in JSON, components within components included; what names no component
/// (files, data) is left out, and so are the same name and version again. All that is wrong, or
/// all.
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
  bool known = false;  // a feed knows this kind of component, so that nothing found means something
  std::vector<ComponentWeakness> open;
};
/// A Debian package by OSV, anything with a CPE by NVD; `platform` as `platform_of` gives it.
ComponentJudgement judge(const Component& component, const Feeds& feeds,
                         std::string_view platform = {});
/// A version of what NVD knows by any of `names` (vendor, product).
ComponentJudgement judge(const std::vector<std::pair<std::string, std::string>>& names,
                         const std::string& version, const Feeds& feeds,
                         std::string_view platform = {});

}  // namespace sekisho
