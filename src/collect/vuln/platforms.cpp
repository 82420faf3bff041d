// SPDX-License-Identifier: Apache-2.0
#include "collect/vuln/platforms.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

namespace sekisho {
namespace {

enum Platform : std::uint8_t { not_known, windows, darwin, linux_, mobile, appliance };

struct System {
  std::string_view name;
  Platform platform;
  bool all = false;  // the platform itself, not one of its systems
};
constexpr std::array kSystems{System{"windows", windows, true},
                              System{"macos", darwin, true},
                              System{"mac_os", darwin, true},
                              System{"mac_os_x", darwin, true},
                              System{"linux_kernel", linux_, true},
                              System{"linux", linux_, true},
                              System{"debian_linux", linux_},
                              System{"ubuntu_linux", linux_},
                              System{"enterprise_linux", linux_},
                              System{"fedora", linux_},
                              System{"linux_enterprise_server", linux_},
                              System{"linux_enterprise_desktop", linux_},
                              System{"opensuse", linux_},
                              System{"leap", linux_},
                              System{"centos", linux_},
                              System{"almalinux", linux_},
                              System{"rocky_linux", linux_},
                              System{"amazon_linux", linux_},
                              System{"chrome_os", linux_},
                              System{"android", mobile},
                              System{"iphone_os", mobile},
                              System{"ipados", mobile},
                              System{"ipad_os", mobile}};

/// A system whose platform is known, if any.
std::optional<System> system_of(std::string_view product) {
  if (const auto* known = std::ranges::find(kSystems, product, &System::name);
      known != kSystems.end())
    return *known;
  if (product.starts_with("windows")) return System{product, windows, false};
  if (product.starts_with("enterprise_linux")) return System{product, linux_, false};
  return std::nullopt;
}

Match runs(std::size_t platform, const std::optional<System>& system, bool any_version) {
  if (platform == not_known) return Match::maybe;
  if (!system) {
    // A system of its own runs on neither of these.
    return platform == windows || platform == darwin ? Match::no : Match::maybe;
  }
  if (system->platform != platform) return Match::no;
  return system->all && any_version ? Match::yes : Match::maybe;
}

}  // namespace

std::optional<std::uint64_t> whole_of(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::size_t platform_index(std::string_view platform) {
  const auto* found = std::ranges::find(kPlatformNames, platform);
  return found == kPlatformNames.end() ? 0
                                       : static_cast<std::size_t>(found - kPlatformNames.begin());
}

Match runs(std::size_t platform, std::string_view vendor, std::string_view product,
           bool any_version) {
  auto system = system_of(product);
  if (system && system->platform == windows && vendor != "microsoft") system.reset();
  return runs(platform, system, any_version);
}

Match targets(std::size_t platform, const CpeValue& target) {
  if (target.is_any()) return Match::yes;
  // NVD has desktop programs of Windows without target software, beside those for other systems.
  if (target.is_none())
    return platform == windows || platform == appliance ? Match::yes : Match::maybe;
  const auto system = system_of(target.text());
  return system ? runs(platform, system, true) : Match::maybe;
}

std::optional<std::uint64_t> cve_number(std::string_view cve) {
  if (!cve.starts_with("CVE-") || cve.size() < 13 || cve.size() > 17 || cve[8] != '-')
    return std::nullopt;
  const auto year = whole_of(cve.substr(4, 4));
  const auto rest = whole_of(cve.substr(9));
  // The programme began in 1999; four digits of year, so that a name is written as it was read.
  if (!year || *year < 1999 || !rest || *rest > 0xffffffffU) return std::nullopt;
  return *year << 32U | *rest;
}

std::string cve_name(std::uint64_t id) {
  return fmt::format("CVE-{}-{:04}", id >> 32U, id & 0xffffffffU);
}

bool plain_cell(std::string_view text) {
  return text.size() <= 200 && std::ranges::all_of(text, [](char c) {
           return static_cast<unsigned char>(c) >= ' ' && c != 0x7f;
         });
}

std::uint8_t tenths(double score) {
  return static_cast<std::uint8_t>(std::lround(std::clamp(score, 0.0, 10.0) * 10));
}

}  // namespace sekisho
