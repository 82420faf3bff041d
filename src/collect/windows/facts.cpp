// SPDX-License-Identifier: Apache-2.0
#include "collect/windows/facts.h"

#include <algorithm>
#include <array>

namespace sekisho {

WindowsFacts::Antivirus antivirus_product(std::string name, std::uint32_t state) {
  return {std::move(name), (state & 0xF000U) == 0x1000U, (state & 0xF0U) == 0};
}

std::string wifi_authentication(std::string_view xml) {
  const auto element = [&](std::string_view begin) {
    const std::size_t at = xml.find(begin);
    if (at == std::string_view::npos) return std::string();
    const std::string_view rest = xml.substr(at + begin.size());
    return printable(rest.substr(0, rest.find('<')), 30);
  };
  std::string authentication = element("<authentication>");
  const std::string encryption = element("<encryption>");
  if (authentication == "open" && encryption == "WEP") return "WEP";
  if (!authentication.empty() && (encryption == "WEP" || encryption == "TKIP"))
    authentication += "/" + encryption;
  return authentication;
}

std::string wifi_algorithm(std::uint32_t authentication, std::uint32_t cipher) {
  // DOT11_AUTH_ALGORITHM: 1 open, 2 shared key, 3 to 5 WPA, 6 and 7 RSNA (WPA2), 8 WPA3 for
  // enterprises with 192 bits, 9 SAE, 10 OWE, 11 WPA3 for enterprises.
  constexpr std::array<std::string_view, 12> kNames{"",           "open",    "shared", "WPA",
                                                    "WPAPSK",     "WPA",     "WPA2",   "WPA2PSK",
                                                    "WPA3ENT192", "WPA3SAE", "OWE",    "WPA3ENT"};
  // DOT11_CIPHER_ALGORITHM: 1, 5, 0x101 WEP; 2 TKIP.
  const bool wep = cipher == 1 || cipher == 5 || cipher == 0x101;
  if (authentication >= kNames.size() || kNames.at(authentication).empty()) return {};
  const std::string name(kNames.at(authentication));
  if (wep) return authentication == 1 ? "WEP" : name + "/WEP";
  return cipher == 2 ? name + "/TKIP" : name;
}

WindowsFacts::Member::Kind member_kind(std::string_view sid, bool group) {
  using Kind = WindowsFacts::Member::Kind;
  // Everyone, interactive, authenticated users, this organisation's, and Windows' groups of users
  // and guests.
  constexpr std::array<std::string_view, 7> kWide{
      "S-1-1-0", "S-1-5-4", "S-1-5-11", "S-1-5-15", "S-1-5-32-545", "S-1-5-32-546", "S-1-2-0"};
  if (std::ranges::find(kWide, sid) != kWide.end()) return Kind::wide;
  if (sid.starts_with("S-1-5-21-")) {
    const std::string_view last = sid.substr(sid.rfind('-') + 1);
    // A domain's users, guests and computers; its administrators and the enterprise's.
    if (last == "513" || last == "514" || last == "515") return Kind::wide;
    if (last == "512" || last == "519") return Kind::staff;
  }
  return group ? Kind::group : Kind::person;
}

std::optional<std::string> opens_everything(std::string_view rule) {
  std::string name;
  bool active = false;
  bool allowed = false;
  bool incoming = false;
  for (const std::string_view part : split(rule, '|')) {
    const std::size_t at = part.find('=');
    if (at == std::string_view::npos) continue;
    const std::string key = lower(part.substr(0, at));
    const std::string value = lower(part.substr(at + 1));
    if (key == "action") allowed = value == "allow";
    if (key == "active") active = value == "true";
    if (key == "dir") incoming = value == "in";
    if (key == "name") name = printable(part.substr(at + 1), 120);
    // Not any protocol (256), or of TCP or UDP not any port.
    if (key == "protocol" && value != "256" && value != "6" && value != "17") return std::nullopt;
    if ((key == "lport" || key == "lport2_10" || key == "rport" || key == "rport2_10") &&
        value != "*" && value != "0-65535" && value != "1-65535")
      return std::nullopt;
    // For one program, service, package, person or machine, from or at some addresses, or secured.
    for (const std::string_view narrow :
         {"app", "svc", "luown", "luauth", "ruauth", "rmauth", "ra4", "ra6", "la4", "la6",
          "security", "if", "icmp4", "icmp6", "platform", "lpm", "trust", "pfn"})
      if (key.starts_with(narrow) && value != "*") return std::nullopt;
  }
  if (!active || !allowed || !incoming) return std::nullopt;
  return name.empty() ? std::string("?") : name;
}

}  // namespace sekisho
