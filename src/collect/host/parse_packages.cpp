// SPDX-License-Identifier: Apache-2.0
// dpkg's and apt's lists.
#include "collect/host/parse.h"
#include "collect/vuln/vuln.h"

namespace sekisho {

namespace {

/// Whether a package's files are there, configured or not (dpkg(1): package states).
bool is_unpacked(std::string_view status) {
  const std::string_view state = status.substr(status.rfind(' ') + 1);
  return state == "installed" || state == "unpacked" || state == "half-configured" ||
         state == "triggers-awaited" || state == "triggers-pending";
}

}  // namespace

PackageList parse_dpkg_status(std::string_view text) {
  PackageList list;
  each_paragraph(text, {"Package", "Status", "Architecture", "Version", "Maintainer", "Source"},
                 [&](const Paragraph& fields) {
                   if (fields[0].empty() || !is_unpacked(fields[1])) return;
                   Package package{std::string(fields[0]), std::string(fields[2]),
                                   std::string(fields[3]), std::string(fields[4]),
                                   std::string(fields[0]), std::string(fields[3]),
                                   Package::Kind::deb,     {}};
                   package.held = fields[1].starts_with("hold ");
                   // "glibc", or "gcc-defaults (1.203)" where the versions differ.
                   if (const std::string_view source = trim(fields[5]); !source.empty()) {
                     const std::size_t open = source.find('(');
                     package.source = trim(source.substr(0, open));
                     if (open != std::string_view::npos && source.ends_with(')'))
                       package.source_version =
                           trim(source.substr(open + 1, source.size() - open - 2));
                   }
                   list.by_name.emplace(package.name, std::move(package));
                 });
  return list;
}

void parse_packages_index(std::string_view text, PackageIndex& into) {
  each_paragraph(text, {"Package", "Architecture", "Version"}, [&](const Paragraph& fields) {
    if (fields[0].empty() || fields[2].empty()) return;
    std::string& version = into[{std::string(fields[0]), std::string(fields[1])}];
    if (version.empty() || compare_versions(version, fields[2]) < 0)
      version = std::string(fields[2]);
  });
}

const Package* PackageList::find(std::string_view name) const {
  const auto found = by_name.find(name);
  return found == by_name.end() ? nullptr : &found->second;
}

std::vector<const Package*> PackageList::matching(std::string_view pattern) const {
  std::vector<const Package*> found;
  const bool start = pattern.ends_with('*');
  if (start) pattern.remove_suffix(1);
  for (auto at = by_name.lower_bound(pattern);
       at != by_name.end() && at->first.starts_with(pattern); ++at)
    if (start || at->first == pattern) found.push_back(&at->second);
  return found;
}

}  // namespace sekisho
