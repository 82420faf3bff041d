// SPDX-License-Identifier: Apache-2.0
#include "collect/vuln/systems.h"

#include <algorithm>
#include <array>
#include <initializer_list>

#include "base/text.h"
#include "collect/vuln/system_name.h"
#include "collect/vuln/version.h"

namespace sekisho {
namespace {

struct Family {
  std::string_view phrase;  // the words that a name begins with
  std::string_view product;
  std::string_view platform;
};
/// The first whose words a name begins with: "cisco ios xe" before what is Apple's. Those without a
/// product are known to be none of the others.
constexpr std::array kFamilies{Family{"fortios", "fortios", "appliance"},
                               Family{"pan os", "pan-os", "appliance"},
                               Family{"cisco ios xe", "cisco-ios-xe", "appliance"},
                               Family{"ios xe", "cisco-ios-xe", "appliance"},
                               Family{"cisco", "", "appliance"},
                               Family{"ios xr", "", "appliance"},
                               Family{"routeros", "routeros", "appliance"},
                               Family{"openwrt", "openwrt", "appliance"},
                               Family{"opnsense", "opnsense", "appliance"},
                               Family{"big ip", "big-ip", "appliance"},
                               Family{"vmware esxi", "vmware-esxi", "appliance"},
                               Family{"esxi", "vmware-esxi", "appliance"},
                               Family{"macos", "macos", "darwin"},
                               Family{"mac os", "macos", "darwin"},
                               Family{"os x", "macos", "darwin"},
                               Family{"ipados", "ipados", "mobile"},
                               Family{"ios", "ios", "mobile"},
                               Family{"android", "android", "mobile"},
                               Family{"ubuntu core", "", "linux"},
                               Family{"ubuntu", "ubuntu", "linux"},
                               Family{"debian", "debian", "linux"},
                               Family{"lmde", "linuxmint", "linux"},
                               Family{"linux mint", "linuxmint", "linux"},
                               Family{"fedora", "fedora", "linux"},
                               Family{"red hat enterprise", "rhel", "linux"},
                               Family{"rhel", "rhel", "linux"},
                               Family{"centos stream", "centos-stream", "linux"},
                               Family{"centos", "centos", "linux"},
                               Family{"rocky", "rocky-linux", "linux"},
                               Family{"almalinux", "almalinux", "linux"},
                               Family{"alma linux", "almalinux", "linux"},
                               Family{"oracle linux", "oracle-linux", "linux"},
                               Family{"amazon linux", "amazon-linux", "linux"},
                               Family{"opensuse leap", "opensuse", "linux"},
                               Family{"suse linux enterprise server", "sles", "linux"},
                               Family{"sles", "sles", "linux"},
                               Family{"nixos", "nixos", "linux"},
                               Family{"alpine", "alpine-linux", "linux"}};

/// What makers and tools write before a system's name.
constexpr std::array<std::string_view, 6> kBeforeName{"apple", "google",  "canonical",
                                                      "linux", "juniper", "the"};

const Family* family_of(const SystemName& name) {
  const auto find = [](const SystemName& one) {
    return std::ranges::find_if(kFamilies,
                                [&](const Family& family) { return one.begins(family.phrase); });
  };
  const auto* family = find(name);
  if (family == kFamilies.end() && !name.words.empty() &&
      std::ranges::find(kBeforeName, name.words.front()) != kBeforeName.end()) {
    SystemName rest = name;
    rest.words.erase(rest.words.begin());
    family = find(rest);
  }
  return family == kFamilies.end() ? nullptr : family;
}

/// Whether a minor release of it ends with the next.
bool by_minors(std::string_view product) {
  constexpr std::array<std::string_view, 4> kMinor{"rhel", "rocky-linux", "almalinux",
                                                   "oracle-linux"};
  return std::ranges::find(kMinor, product) != kMinor.end();
}

/// The longest cycle of a product that a version lies in, or that "lmde7" names.
const Cycle* line_of(const SupportFeed& feed, const Family& family, const SystemName& name,
                     const SystemName& version) {
  const std::string there = version.number();
  const std::string named = name.number();
  // Both must speak of one release.
  if (!there.empty() && !named.empty() &&
      there.substr(0, there.find('.')) != named.substr(0, named.find('.')))
    return nullptr;
  const std::string number = there.size() >= named.size() ? there : named;
  if (number.empty()) return nullptr;
  return feed.find(family.product, family.phrase == "lmde" ? "lmde" + number : number);
}

}  // namespace

std::string_view platform_of(const std::string& system) {
  const SystemName name(system);
  if (is_windows(name)) return "windows";
  const Family* family = family_of(name);
  return family == nullptr ? std::string_view() : family->platform;
}

std::string system_label(const std::string& system, const std::string& version) {
  return version.empty() || system.contains(version) ? system : system + " " + version;
}

std::string_view SystemSupport::platform() const {
  if (product.starts_with("windows")) return "windows";
  const auto* family = std::ranges::find(kFamilies, product, &Family::product);
  return product.empty() || family == kFamilies.end() ? std::string_view() : family->platform;
}

std::string newer_minor(std::string_view product, std::string_view version, const Cycle& line) {
  if (!by_minors(product)) return {};
  const auto minor_of = [&](std::string_view text) {
    if (!text.starts_with(line.name) || text.substr(line.name.size()).substr(0, 1) != ".")
      return std::int64_t{-1};
    text.remove_prefix(line.name.size() + 1);
    return whole_number(text.substr(0, text.find('.')));
  };
  const std::int64_t there = minor_of(version);
  const std::int64_t newest = minor_of(line.latest);
  return there >= 0 && newest > there ? line.latest : std::string();
}

SystemSupport support_of(const SupportFeed& feed, const std::string& system,
                         const std::string& version, Day today) {
  SystemSupport support;
  const SystemName name(system);
  const SystemName more(version);
  const Cycle* line = nullptr;
  if (is_windows(name)) {
    const WindowsLine found = windows_line(feed, name, more);
    support.product = found.product;
    line = found.line;
    if (line != nullptr) support.extended_until = found.extended;
  } else if (const Family* family = family_of(name)) {
    support.product = family->product;
    line = family->product.empty() ? nullptr : line_of(feed, *family, name, more);
    if (line != nullptr) support.extended_until = line->extended;
  }
  if (line == nullptr || doubted(system) || doubted(version)) {
    support.extended_until.reset();
    return support;
  }
  support.cycle = line->name;
  support.until = line->eol;
  if (!line->supported_on(today)) {
    const bool extended = support.extended_until && today <= *support.extended_until;
    support.state = extended ? SystemSupport::State::extended : SystemSupport::State::ended;
    return support;
  }
  const std::string number = more.number().empty() ? name.number() : more.number();
  if (by_minors(support.product) && !number.contains('.')) return support;
  support.newer_minor = newer_minor(support.product, number, *line);
  // Extended updates of a minor release are sold for Red Hat's alone; whether they are is not seen.
  if (!support.newer_minor.empty())
    support.state =
        support.product == "rhel" ? SystemSupport::State::unknown : SystemSupport::State::ended;
  else
    support.state = SystemSupport::State::supported;
  return support;
}

}  // namespace sekisho
