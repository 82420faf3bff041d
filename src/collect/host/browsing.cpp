// SPDX-License-Identifier: Apache-2.0
// What browsers warn of and keep: by their owner's policies and by each person's own settings.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "collect/host/browsers.h"

namespace sekisho {
namespace {

Finding no_browser() {
  return not_applicable("ブラウザは入っていません", "no browser is installed");
}

constexpr std::array<std::string_view, 3> kFirefoxWarnings{
    "browser.safebrowsing.malware.enabled", "browser.safebrowsing.phishing.enabled",
    "browser.safebrowsing.downloads.enabled"};

/// {"Preferences": {"NAME": {"Value": false, "Status": "locked"}}}, or the value alone.
struct FirefoxPolicy {
  std::optional<bool> value;
  bool locked = false;
};
FirefoxPolicy preference_policy(const boost::json::object& values, std::string_view name) {
  const auto* all = values.if_contains("Preferences");
  const auto* entry =
      all != nullptr && all->is_object() ? all->get_object().if_contains(name) : nullptr;
  if (entry == nullptr) return {};
  if (entry->is_bool()) return {entry->get_bool(), true};
  const auto* inner = entry->if_object();
  const auto* value = inner == nullptr ? nullptr : inner->if_contains("Value");
  if (value == nullptr) return {};
  return {!is_false(*inner, "Value"), text_of(*inner, "Status") == "locked"};
}

/// A list of sites without warnings takes in a whole domain of the internet, or all.
bool exempts_all(const boost::json::object& values) {
  for (const char* key : {"SafeBrowsingAllowlistDomains", "SmartScreenAllowListDomains"})
    if (const auto* list = values.if_contains(key); list != nullptr && list->is_array())
      for (const auto& one : list->get_array())
        if (one.is_string() && !std::string_view(one.get_string()).contains('.')) return true;
  return false;
}

bool policy_turns_off(const boost::json::object& values) {
  return is_false(values, "SafeBrowsingEnabled") ||
         is_false(values, "SafeBrowsingProtectionLevel") ||
         is_false(values, "SmartScreenEnabled") || exempts_all(values);
}

/// Nobody can turn the warnings off.
bool policy_keeps_on(const BrowserPolicy& policy) {
  const auto keeps = [&](const char* key) {
    return policy.values.contains(key) && !is_false(policy.values, key);
  };
  if (!policy.managed) return false;
  if (policy.family == BrowserFamily::edge) return keeps("SmartScreenEnabled");
  return keeps("SafeBrowsingProtectionLevel") || keeps("SafeBrowsingEnabled");
}

/// safebrowsing.enabled, or smartscreen.enabled of Edge.
bool profile_turns_off(const ChromeProfile& profile) {
  for (const char* key : {"safebrowsing", "smartscreen"})
    if (const auto* inner = profile.values.if_contains(key);
        inner != nullptr && inner->is_object() && is_false(inner->get_object(), "enabled"))
      return true;
  return false;
}

void add_place(std::vector<std::string>& into, const std::string& path) {
  if (std::ranges::find(into, path) == into.end()) into.push_back(path);
}

std::vector<std::string> warnings_off(const Machine& machine, const Browsers& browsers) {
  std::vector<std::string> off;
  std::set<std::string_view> locked;
  std::set<BrowserFamily> kept;
  for (const BrowserPolicy& policy : browsers.policies) {
    bool disabled = false;
    if (policy.family == BrowserFamily::firefox) {
      for (const std::string_view name : kFirefoxWarnings) {
        const FirefoxPolicy said = preference_policy(policy.values, name);
        disabled = disabled || said.value == std::optional(false);
        if (said.value == std::optional(true) && said.locked) locked.insert(name);
      }
    } else {
      disabled = policy_turns_off(policy.values);
      if (policy_keeps_on(policy)) kept.insert(policy.family);
    }
    if (disabled) add_place(off, policy.path);
    machine.compared(policy.path,
                     fmt::format("SafeBrowsing, SmartScreen: {}", disabled ? "off" : "not off"),
                     "not off");
  }
  for (const Preference& one : browsers.preferences)
    if (among(kFirefoxWarnings, std::string_view(one.name)) && one.value == "false" &&
        !locked.contains(one.name)) {
      machine.compared(one.path, one.name + "=false", "true");
      add_place(off, one.path);
    }
  for (const ChromeProfile& one : browsers.profiles)
    if (!kept.contains(one.family) && profile_turns_off(one)) {
      machine.compared(one.path, "safebrowsing.enabled=false", "true");
      add_place(off, one.path);
    }
  return off;
}

}  // namespace

Finding safe_browsing(const Look& look) {
  const Machine& machine = look.machine;
  const Browsers browsers = browsers_of(machine);
  if (browsers.installed.empty()) return no_browser();
  const auto people = machine.people();
  if (!people && people.error() != FileProblem::missing)
    return unreadable("/etc/passwd", people.error());
  if (browsers.installed.contains(BrowserFamily::vivaldi))
    machine.not_understood("Vivaldi", "policies");
  for (const std::string folder : {"/etc/chromium.d", "/etc/chromium"})
    for (const std::string& path : files_in(machine, folder, ""))
      if (const auto facts = machine.facts(path);
          facts && S_ISREG(facts->mode) && !path.ends_with("_preferences"))
        if (const auto text = machine.read(path);
            text && (text->contains("safebrowsing") || text->contains("phishing-detection")))
          machine.not_understood(path, "--safebrowsing-…");
  const std::vector<std::string> off = warnings_off(machine, browsers);
  note_count(machine, "policies/managed/*.json, policies.json, prefs.js, Preferences",
             "SafeBrowsingEnabled=false …", off.size(), "0");
  if (!off.empty())
    return fail(fmt::format("危険なサイトの警告が切られています: {}", listed(off)),
                fmt::format("warnings of dangerous sites are turned off: {}", listed(off)));
  return pass("危険なサイトの警告は切られていません",
              "warnings of dangerous sites are not turned off");
}

Finding password_manager(const Look& look) {
  const Browsers browsers = browsers_of(look.machine);
  if (browsers.installed.empty()) return no_browser();
  std::set<BrowserFamily> without = browsers.installed;
  std::vector<std::string> places;
  for (const BrowserPolicy& policy : browsers.policies)
    for (const char* key : {"PasswordManagerEnabled", "OfferToSaveLogins"})
      if (const auto* value = policy.values.if_contains(key)) {
        if (!policy.managed || !browsers.installed.contains(policy.family)) continue;
        if (!value->is_bool()) {
          look.machine.not_understood(policy.path, key);
          continue;
        }
        look.machine.compared(
            policy.path, fmt::format("{}={}", key, boost::json::serialize(*value)), "true, false");
        without.erase(policy.family);
        add_place(places, policy.path);
      }
  std::vector<std::string> names;
  for (const BrowserFamily family : without) names.emplace_back(name(family));
  note_count(look.machine, "policies/managed/*.json, policies.json",
             "PasswordManagerEnabled, OfferToSaveLogins", places.size(),
             fmt::format(">= {}", browsers.installed.size()));
  if (!without.empty())
    return fail(
        fmt::format("ブラウザにパスワードを覚えさせてよいかの方針がありません: {}", listed(names)),
        fmt::format("no policy says whether browsers may keep passwords: {}", listed(names)));
  return pass(fmt::format("方針が決まっています（{}）", listed(places)),
              fmt::format("a policy is set ({})", listed(places)));
}

}  // namespace sekisho
