// SPDX-License-Identifier: Apache-2.0
// Versions of software that opens a way in or that outsiders' content reaches, against support
// dates and weaknesses that are being exploited.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "collect/host/apt.h"
#include "collect/maker.h"

namespace sekisho {
namespace {

struct Found {
  const Software* software = nullptr;
  const Package* package = nullptr;  // null: only files show it

  /// Fixes of the distribution's own packages come with its security updates, in versions that look
  /// old (backports); the maker's support dates say nothing about them.
  bool from_maker() const {
    return std::ranges::any_of(software->makers, [this](const std::string& part) {
      return part == "*" || lower(package->maintainer).contains(part);
    });
  }
};

std::expected<std::vector<Found>, Finding> installed(const Look& look, auto wanted) {
  const auto& packages = look.machine.packages();
  const PackageList& others = look.machine.other_packages();
  std::vector<Found> found;
  for (const Software& software : look.guideline.software) {
    if (!wanted(software)) continue;
    bool any = false;
    if (packages)
      for (const std::string& name : software.packages)
        for (const Package* package : packages->matching(name)) {
          found.push_back({&software, package});
          any = true;
        }
    for (const std::string& name : software.packages)
      for (const Package* package : others.matching(name)) {
        found.push_back({&software, package});
        any = true;
      }
    const bool by_file = std::ranges::any_of(
        software.files, [&](const std::string& path) { return look.machine.exists(path); });
    if (!any && by_file) found.push_back({&software, nullptr});
  }
  if (!packages && found.empty())
    return std::unexpected(unreadable("/var/lib/dpkg/status", packages.error()));
  return found;
}

/// A package of a distribution whose own records aren't to be had here. Its fixes come in versions
/// that look old, so no others say anything of it.
Finding judge_other(const Package& package) {
  const bool rpm = package.kind == Package::Kind::rpm;
  const std::string label =
      fmt::format("{} {}{}", package.name, package.version,
                  package.module.empty() ? "" : fmt::format(" ({})", package.module));
  return unknown(
      fmt::format("{} は入っていますが、このディストリビューションの脆弱性の一覧がなく、"
                  "更新済みか分かりません。{} で確かめてください",
                  label, rpm ? "dnf updateinfo list か zypper list-patches" : "apk version"),
      fmt::format("{} is installed, but without its distribution's records whether it is "
                  "up to date can't be told; see {}",
                  label, rpm ? "dnf updateinfo list or zypper list-patches" : "apk version"));
}

Finding judge_distribution(const Look& look, const Found& found,
                           const std::expected<PackageIndex, Finding>& index) {
  const std::string label = fmt::format("{} {}", found.package->name, found.package->version);
  if (!index) return index.error();
  const auto newer = pending_version(*found.package, *index);
  if (newer)
    look.machine.compared({.place = "/var/lib/dpkg/status",
                           .seen = label,
                           .limit = ">= " + *newer,
                           .by = "/var/lib/apt/lists (security)"});
  if (newer)
    return fail(fmt::format("{} にはセキュリティ更新 {} が出ています", label, *newer),
                fmt::format("{} has a security update, {}", label, *newer));
  return by_archives(look, pass(fmt::format("{}（OS の更新で保守）", label),
                                fmt::format("{} (kept by the system's updates)", label),
                                Compared{.place = "/var/lib/dpkg/status",
                                         .seen = label,
                                         .by = "/var/lib/apt/lists (security)"}));
}

Finding judge(const Look& look, const Found& found,
              const std::expected<PackageIndex, Finding>& index) {
  if (found.package == nullptr)
    return unknown(
        fmt::format("{} のバージョンが分かりません（パッケージ管理の外で導入）",
                    found.software->name.ja),
        fmt::format("the version of {} cannot be seen (installed outside the package manager)",
                    found.software->name.en));
  if (!found.from_maker())
    return found.package->kind == Package::Kind::deb ? judge_distribution(look, found, index)
                                                     : judge_other(*found.package);
  return judge_maker(*found.software, std::string(upstream_version(found.package->version)),
                     look.lists.support(), Calendar::here(look.now).day(look.now));
}

Finding group_versions(const Look& look, std::string_view group) {
  const auto found =
      installed(look, [&](const Software& software) { return software.group == group; });
  if (!found) return found.error();
  if (found->empty())
    return not_applicable("該当するソフトは入っていません", "no such software is installed");
  const auto& index = look.security.of(look.machine);
  std::vector<Finding> findings;
  for (const Found& one : *found) findings.push_back(judge(look, one, index));
  return worst(findings);
}

Finding software_vpn(const Look& look) { return group_versions(look, "vpn"); }
Finding software_remote_desktop(const Look& look) { return group_versions(look, "remote_desktop"); }
Finding software_browser(const Look& look) { return group_versions(look, "browser"); }
Finding software_office(const Look& look) { return group_versions(look, "office"); }

/// The newest entries of the catalogue for a product, as "CVE-…, CVE-…".
std::vector<std::string> newest_exploited(const ExploitedFeed& exploited,
                                          const Software& software) {
  std::vector<ExploitedEntry> entries;
  for (const auto& product : software.exploited_as)
    if (const auto found = exploited.by_product.find(product); found != exploited.by_product.end())
      entries.insert(entries.end(), found->second.begin(), found->second.end());
  std::ranges::sort(entries, std::greater{}, &ExploitedEntry::added);
  std::vector<std::string> names;
  for (const ExploitedEntry& entry : entries) names.push_back(entry.cve);
  return names;
}

/// The catalogue names products, not versions: one of them that lacks an update, or that its maker
/// has dropped, counts as open to what is being exploited.
Finding known_exploited(const Look& look) {
  const auto found = installed(look, [&](const Software& software) {
    return !newest_exploited(look.lists.exploited(), software).empty();
  });
  if (!found) return found.error();
  if (found->empty())
    return not_applicable("悪用が確認された製品は入っていません",
                          "no product with known exploited vulnerabilities is installed");
  const auto& index = look.security.of(look.machine);
  std::vector<Finding> findings;
  for (const Found& one : *found) {
    Finding finding = judge(look, one, index);
    if (finding.verdict == Verdict::fail) {
      const std::string cves = listed(newest_exploited(look.lists.exploited(), *one.software));
      finding.fact.ja += fmt::format("（悪用された脆弱性: {}）", cves);
      finding.fact.en += fmt::format(" (exploited vulnerabilities: {})", cves);
    }
    findings.push_back(std::move(finding));
  }
  Finding finding = worst(findings);
  if (finding.verdict == Verdict::pass) {
    finding.basis.add({.source = Compared::Source::feed,
                       .place = "CISA KEV",
                       .seen = fmt::format("{} / {}", found->size(), found->size()),
                       .day = look.lists.exploited().as_of});
    finding.fact = {fmt::format("悪用が確認された製品 {} 個は、すべて更新済みです（{} 時点の一覧）",
                                found->size(), format_day(look.lists.exploited().as_of)),
                    fmt::format("{} packages of products with known exploited vulnerabilities are "
                                "all updated (list of {})",
                                found->size(), format_day(look.lists.exploited().as_of))};
  }
  return finding;
}

/// Of packages, each distribution's own.
constexpr std::array<std::string_view, 12> kLists{"/var/lib/dpkg/status", "/usr/lib/sysimage/rpm/",
                                                  "/var/lib/rpm/", "/lib/apk/"};

constexpr std::array kSoftwareChecks{
    HostCheck{"software-vpn", software_vpn, kLists},
    HostCheck{"software-remote-desktop", software_remote_desktop, kLists},
    HostCheck{"software-browser", software_browser, kLists},
    HostCheck{"software-office", software_office, kLists},
    HostCheck{"known-exploited", known_exploited, kLists},
};

}  // namespace

std::span<const HostCheck> software_checks() { return kSoftwareChecks; }

}  // namespace sekisho
