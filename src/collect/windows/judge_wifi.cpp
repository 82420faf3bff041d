// SPDX-License-Identifier: Apache-2.0
// Wi-Fi in use and saved.
#include <fmt/format.h>

#include "collect/windows/judges.h"

namespace sekisho::judge {
namespace {

/// WPA2 and WPA3 of any kind, and encrypted open networks (OWE): names of the profile's schema.
/// TKIP and WEP are what WPA2 replaced, and can still be set with its name.
bool sound(std::string_view authentication) {
  const std::string name = lower(authentication);
  if (name.find("tkip") != std::string::npos || name.find("wep") != std::string::npos) return false;
  return name.starts_with("wpa2") || name.starts_with("wpa3") || name == "owe";
}

Finding of_network(const WindowsFacts::Wifi& network) {
  if (network.authentication.empty())
    return unknown(fmt::format("「{}」の暗号化が分かりません", network.name),
                   fmt::format("the encryption of '{}' is not known", network.name));
  if (sound(network.authentication))
    return pass(fmt::format("「{}」は WPA2 以上で暗号化されています", network.name),
                fmt::format("'{}' is encrypted with WPA2 or better", network.name));
  if (lower(network.authentication) == "open")
    return fail(fmt::format("「{}」は暗号化されていません", network.name),
                fmt::format("'{}' is not encrypted", network.name));
  return fail(
      fmt::format("「{}」は古く弱い方式です（{}）", network.name, network.authentication),
      fmt::format("'{}' uses an old, weak method ({})", network.name, network.authentication));
}

}  // namespace

Finding wifi_in_use(const FactsLook& look) {
  const auto* networks = look.ask(&WindowsFacts::wifi, "Wi-Fi の状態", "the state of Wi-Fi");
  if (networks == nullptr) return FactsLook::undecided();
  if (!look.whole().wifi_device)
    return not_applicable("Wi-Fi の装置がありません", "there is no Wi-Fi device");
  std::optional<Finding> found;
  for (const auto& network : *networks) {
    if (!network.in_use) continue;
    Finding one = of_network(network);
    if (one.verdict == Verdict::fail) return one;
    if (!found || found->verdict == Verdict::pass) found = std::move(one);
  }
  if (found) return *found;
  const auto* connected = look.ask(&WindowsFacts::wifi_connected, "Wi-Fi につながっているか",
                                   "whether a Wi-Fi is connected");
  // Since Windows 11 24H2 it isn't told to what, while the location is off
  // (learn.microsoft.com/windows/win32/nativewifi/wi-fi-access-location-changes).
  if (connected != nullptr && *connected)
    return unknown("Wi-Fi につながっていますが、どこにかを Windows が教えません（位置情報がオフ）",
                   "a Wi-Fi is connected, but Windows does not tell which (location is off)");
  return not_applicable("Wi-Fi につながっていません", "no Wi-Fi is connected");
}

Finding wifi_saved(const FactsLook& look) {
  const auto* networks = look.ask(&WindowsFacts::wifi, "Wi-Fi の設定", "the saved Wi-Fi networks");
  if (networks == nullptr) return FactsLook::undecided();
  if (networks->empty())
    return not_applicable("保存された Wi-Fi はありません", "no Wi-Fi is saved");
  std::vector<std::string> bad;
  for (const auto& network : *networks) {
    if (network.authentication.empty())
      look.note(fmt::format("「{}」の暗号化", network.name),
                fmt::format("the encryption of '{}'", network.name));
    else if (!sound(network.authentication))
      bad.push_back(network.name);
  }
  if (!bad.empty())
    return fail(fmt::format("暗号化がないか弱い接続先が保存されています: {}", listed(bad)),
                fmt::format("saved networks without sound encryption: {}", listed(bad)));
  return pass(fmt::format("保存された {} 件は WPA2 以上です", networks->size()),
              fmt::format("all {} saved networks use WPA2 or better", networks->size()));
}

}  // namespace sekisho::judge
