// SPDX-License-Identifier: Apache-2.0
#include "collect/inventory/components.h"

#include <algorithm>
#include <array>

#include "base/base.h"
#include "collect/inventory/matches.h"
#include "collect/inventory/purl.h"
#include "collect/vuln/osv_list.h"
#include "collect/vuln/weaknesses.h"

namespace sekisho {
namespace {

/// Packages that a distribution builds, and mends in versions that look old.
constexpr std::array<std::string_view, 6> kOfDistributions{"deb",  "rpm",    "apk",
                                                           "alpm", "ebuild", "nix"};

struct Release {
  std::string_view name, number;
};
constexpr std::array<Release, 7> kDebianReleases{{{"stretch", "9"},
                                                  {"buster", "10"},
                                                  {"bullseye", "11"},
                                                  {"bookworm", "12"},
                                                  {"trixie", "13"},
                                                  {"forky", "14"},
                                                  {"duke", "15"}}};
constexpr std::array<Release, 10> kUbuntuReleases{{{"trusty", "14.04"},
                                                   {"xenial", "16.04"},
                                                   {"bionic", "18.04"},
                                                   {"focal", "20.04"},
                                                   {"jammy", "22.04"},
                                                   {"noble", "24.04"},
                                                   {"oracular", "24.10"},
                                                   {"plucky", "25.04"},
                                                   {"questing", "25.10"},
                                                   {"resolute", "26.04"}}};

/// A distribution's release in a package's qualifiers: "debian-12", "debian-12.5", "bookworm",
/// "ubuntu-24.04", "almalinux-9.3"; empty where it isn't said.
std::string release_of(const PackageUrl& url, Ecosystem ecosystem) {
  const bool ubuntu = ecosystem == Ecosystem::ubuntu;
  for (const char* key : {"distro", "distro_name"}) {
    std::string distro = lower(url.qualifier(key));
    for (const std::string_view name : {"debian-", "ubuntu-", "almalinux-", "alma-"})
      if (distro.starts_with(name)) {
        distro.erase(0, name.size());
        break;
      }
    const auto find = [&](const auto& releases) {
      for (const Release& one : releases)
        if (distro == one.name) distro = one.number;
    };
    if (ubuntu)
      find(kUbuntuReleases);
    else if (ecosystem == Ecosystem::debian)
      find(kDebianReleases);
    // Ubuntu's has two numbers; of the others only the first is a release.
    const auto first = distro.find('.');
    const auto end = ubuntu && first != std::string::npos ? distro.find('.', first + 1) : first;
    distro.resize(std::min(end, distro.size()));
    const bool whole = whole_number(distro.substr(0, first)) > 0;
    if (whole &&
        (!ubuntu || (first != std::string::npos && whole_number(distro.substr(first + 1)) > 0)))
      return distro;
  }
  return {};
}

std::optional<Ecosystem> ecosystem_of(const PackageUrl& url) {
  struct Kind {
    std::string_view type, space;
    Ecosystem ecosystem;
  };
  constexpr std::array<Kind, 4> kOfSpaces{{{"deb", "debian", Ecosystem::debian},
                                           {"deb", "ubuntu", Ecosystem::ubuntu},
                                           {"rpm", "almalinux", Ecosystem::almalinux},
                                           {"rpm", "alma", Ecosystem::almalinux}}};
  for (const Kind& one : kOfSpaces)
    if (url.type == one.type && url.space == one.space) return one.ecosystem;
  if (url.type == "npm") return Ecosystem::npm;
  if (url.type == "pypi") return Ecosystem::pypi;
  if (url.type == "maven" && !url.space.empty()) return Ecosystem::maven;
  if (url.type == "golang") return Ecosystem::go;
  return std::nullopt;
}

std::string osv_name(const PackageUrl& url, Ecosystem ecosystem) {
  if (ecosystem == Ecosystem::maven) return url.space + ":" + url.name;
  if (ecosystem == Ecosystem::go && url.space.empty())
    return url.name == "std" ? "stdlib" : url.name;
  if ((ecosystem == Ecosystem::npm || ecosystem == Ecosystem::go) && !url.space.empty())
    return url.space + "/" + url.name;
  return url.name;
}

std::optional<OsvPackage> osv_package(const PackageUrl& url, std::string_view version) {
  const auto ecosystem = ecosystem_of(url);
  if (!ecosystem) return std::nullopt;
  OsvPackage package{*ecosystem, {}, osv_name(url, *ecosystem), url.version};
  if (facts_of(*ecosystem).distribution) {
    package.release = release_of(url, *ecosystem);
    if (package.release.empty()) return std::nullopt;
    // syft and others name the source where it differs: upstream=glibc, upstream=gcc@12.2.0-14. Of
    // AlmaLinux the records name what is built.
    const std::string upstream =
        *ecosystem == Ecosystem::almalinux ? std::string() : url.qualifier("upstream");
    const auto at = upstream.find('@');
    if (!upstream.empty()) package.name = upstream.substr(0, at);
    if (at != std::string::npos) package.version = upstream.substr(at + 1);
    if (const std::string epoch = url.qualifier("epoch");
        at == std::string::npos && whole_number(epoch) > 0 && !package.version.contains(':'))
      package.version = epoch + ":" + package.version;
    return package;
  }
  if (package.version.empty()) package.version = version;
  if (*ecosystem == Ecosystem::go && package.name == "stdlib" && package.version.starts_with("go"))
    package.version.erase(0, 2);
  return package;
}

/// Whether a version is one that Debian or Ubuntu gives. Other makers put words of their own into
/// the revision ("1nodesource1", "3~debian.12~bookworm", "1.pgdg120+1"), and so does Ubuntu for
/// Debian. Without a revision there is nothing to tell it by.
bool of_distribution(Ecosystem ecosystem, std::string_view version) {
  constexpr std::array<std::string_view, 12> kDebian{"deb", "u",   "b",      "nmu",  "bpo", "rpt",
                                                     "rpi", "exp", "really", "dfsg", "ds",  "e"};
  constexpr std::array<std::string_view, 4> kUbuntu{"ubuntu", "build", "esm", "maysync"};
  if (ecosystem != Ecosystem::debian && ecosystem != Ecosystem::ubuntu) return true;
  const auto dash = version.rfind('-');
  if (dash == std::string_view::npos) return true;
  const std::string revision = lower(version.substr(dash + 1));
  const auto is_letter = [](char c) { return c >= 'a' && c <= 'z'; };
  for (std::size_t at = 0; at < revision.size();) {
    std::size_t end = at;
    while (end < revision.size() && is_letter(revision[end])) ++end;
    const std::string_view word = std::string_view(revision).substr(at, end - at);
    if (!word.empty() && std::ranges::find(kDebian, word) == kDebian.end() &&
        (ecosystem == Ecosystem::debian || std::ranges::find(kUbuntu, word) == kUbuntu.end()))
      return false;
    at = end + 1;
  }
  return true;
}

/// By the records of its ecosystem. A package that none of them names isn't known: a distribution
/// doesn't tell of what it doesn't build, nor does its name for a source fit what another maker
/// built of it.
ComponentJudgement judge_by(const OsvList& list, const OsvPackage& package) {
  ComponentJudgement judgement;
  const auto asked = list.asked(package.release, package.name, package.version);
  if (!asked || !list.names(asked->release, asked->package)) return judgement;
  const bool theirs = of_distribution(package.ecosystem, package.version);
  judgement.known = theirs;
  judgement.by_osv = package.ecosystem;
  for (auto& found : list.of(*asked))
    (found.unclear || !theirs ? judgement.unclear : judgement.open)
        .push_back({std::move(found.id), 0, std::move(found.fixed)});
  return judgement;
}

/// Leaves in `one` what both say, the rest as perhaps.
void agree(ComponentJudgement& one, const ComponentJudgement& other) {
  const auto among = [](const std::vector<ComponentWeakness>& list, const std::string& id) {
    return std::ranges::find(list, id, &ComponentWeakness::id) != list.end();
  };
  const auto apart = std::ranges::stable_partition(
      one.open, [&](const ComponentWeakness& found) { return among(other.open, found.id); });
  one.unclear.insert(one.unclear.end(), apart.begin(), apart.end());
  one.open.erase(apart.begin(), apart.end());
  for (const auto* list : {&other.open, &other.unclear})
    for (const ComponentWeakness& found : *list)
      if (!among(one.open, found.id) && !among(one.unclear, found.id)) one.unclear.push_back(found);
  one.known = one.known && other.known;
}

}  // namespace

std::optional<OsvPackage> osv_package(const Component& component) {
  const auto url = parse_purl(component.purl);
  return url ? osv_package(*url, component.version) : std::nullopt;
}

ComponentJudgement judge(const Component& component, const Feeds& feeds,
                         std::string_view platform) {
  ComponentJudgement judgement;
  if (const auto url = parse_purl(component.purl)) {
    const auto package = osv_package(*url, component.version);
    const OsvList* list = package ? feeds.osv_of(package->ecosystem) : nullptr;
    if (list != nullptr) judgement = judge_by(*list, *package);
    if (judgement.by_osv ||
        std::ranges::find(kOfDistributions, url->type) != kOfDistributions.end())
      return judgement;
  }
  const auto cpe = parse_cpe(component.cpe);
  if (!cpe || !feeds.weaknesses) return judgement;
  const Installed named = installed_of(*cpe, platform);
  Installed said = named;
  tell_version(said, component.version);
  if (cpe->version.is_any()) {
    add_matches(*feeds.weaknesses, said, judgement);
    return judgement;
  }
  add_matches(*feeds.weaknesses, named, judgement);
  // Where its two versions aren't the same, only what is open by both is sure to be. An update may
  // stand in the name alone.
  if (said.version && named.version && said.version->least != named.version->least &&
      !(named.release && said.version->least == named.release->least)) {
    ComponentJudgement other;
    add_matches(*feeds.weaknesses, said, other);
    agree(judgement, other);
  }
  return judgement;
}

}  // namespace sekisho
