// SPDX-License-Identifier: Apache-2.0
#include "collect/host/browsers.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace sekisho {
namespace {

constexpr std::size_t kPreferencesBytes = std::size_t{32} << 20U;

struct Family {
  BrowserFamily family;
  std::string_view name;
  std::initializer_list<const char*> programs;
  std::initializer_list<const char*> packages;
  std::initializer_list<const char*> folders;   // where it is installed
  std::initializer_list<const char*> policies;  // hold managed/ and recommended/
  std::initializer_list<const char*> profiles;  // below a home
  std::initializer_list<const char*> flatpaks;
};

const std::array<Family, 6>& families() {
  using enum BrowserFamily;
  static const std::array<Family, 6> all{
      {{firefox,
        "Firefox",
        {"firefox", "firefox-esr"},
        {"firefox", "firefox-esr", "MozillaFirefox"},
        {"/opt/firefox", "/snap/firefox", "/usr/lib/firefox", "/usr/lib64/firefox",
         "/usr/lib/firefox-esr"},
        {},
        {},
        {"org.mozilla.firefox"}},
       {chrome,
        "Chrome",
        {"google-chrome", "google-chrome-stable", "google-chrome-beta"},
        {"google-chrome-stable", "google-chrome-beta", "google-chrome-unstable"},
        {"/opt/google/chrome", "/opt/google/chrome-beta", "/opt/google/chrome-unstable"},
        {"/etc/opt/chrome/policies"},
        {".config/google-chrome", ".config/google-chrome-beta", ".config/google-chrome-unstable",
         ".var/app/com.google.Chrome/config/google-chrome"},
        {"com.google.Chrome"}},
       {chromium,
        "Chromium",
        {"chromium", "chromium-browser"},
        {"chromium", "chromium-browser"},
        {"/usr/lib/chromium", "/usr/lib64/chromium", "/usr/lib64/chromium-browser",
         "/snap/chromium"},
        {"/etc/chromium/policies", "/etc/chromium-browser/policies"},
        {".config/chromium", "snap/chromium/common/chromium",
         ".var/app/org.chromium.Chromium/config/chromium"},
        {"org.chromium.Chromium"}},
       {edge,
        "Edge",
        {"microsoft-edge", "microsoft-edge-stable"},
        {"microsoft-edge-stable", "microsoft-edge-beta"},
        {"/opt/microsoft/msedge"},
        {"/etc/opt/edge/policies"},
        {".config/microsoft-edge", ".config/microsoft-edge-beta",
         ".var/app/com.microsoft.Edge/config/microsoft-edge"},
        {"com.microsoft.Edge"}},
       {brave,
        "Brave",
        {"brave-browser", "brave", "brave-browser-stable"},
        {"brave-browser"},
        {"/opt/brave.com", "/snap/brave"},
        {"/etc/brave/policies"},
        {".config/BraveSoftware/Brave-Browser",
         ".var/app/com.brave.Browser/config/BraveSoftware/Brave-Browser"},
        {"com.brave.Browser"}},
       {vivaldi,
        "Vivaldi",
        {"vivaldi", "vivaldi-stable"},
        {"vivaldi-stable"},
        {"/opt/vivaldi"},
        {"/etc/opt/vivaldi/policies", "/etc/vivaldi/policies"},
        {".config/vivaldi"},
        {"com.vivaldi.Vivaldi"}}}};
  return all;
}

bool is_installed(const Machine& machine, const Family& family) {
  bool any = false;
  for (const char* id : family.flatpaks) note_flatpak(machine, id);
  for (const char* folder : family.folders) any = any || machine.exists(folder);
  for (const char* program : family.programs) any = any || !machine.program(program).empty();
  const auto& packages = machine.packages();
  for (const char* one : family.packages)
    any = any || (packages && packages->find(one) != nullptr) || in_other_packages(machine, {one});
  return any;
}

std::optional<boost::json::object> object_of(const Machine& machine, const std::string& path,
                                             std::size_t bytes) {
  const auto text = machine.read(path, bytes);
  if (!text) return std::nullopt;
  const auto document = parse_json(path, *text, {.bytes = bytes, .nodes = 4'000'000});
  if (!document) {
    machine.gap(unknown(document.error().describe(Lang::ja), document.error().describe(Lang::en)));
    return std::nullopt;
  }
  if (const boost::json::object* values = document->root.if_object()) return *values;
  machine.not_understood(path);
  return std::nullopt;
}

void read_policies(const Machine& machine, Browsers& into) {
  for (const char* path :
       {"/etc/firefox/policies/policies.json", "/etc/firefox-esr/policies/policies.json",
        "/usr/lib/firefox-esr/distribution/policies.json",
        "/usr/share/firefox-esr/distribution/policies.json",
        "/usr/lib/firefox/distribution/policies.json",
        "/usr/lib64/firefox/distribution/policies.json",
        "/usr/lib64/firefox-esr/distribution/policies.json",
        "/opt/firefox/distribution/policies.json"}) {
    const auto file = object_of(machine, path, std::size_t{1} << 20U);
    const auto* inner = file ? file->if_contains("policies") : nullptr;
    if (inner != nullptr && inner->is_object())
      into.policies.push_back({path, BrowserFamily::firefox, true, inner->get_object()});
  }
  for (const Family& family : families())
    for (const std::string folder : family.policies)
      for (const bool managed : {true, false})
        for (const std::string& path :
             files_in(machine, folder + (managed ? "/managed" : "/recommended"), ".json"))
          if (auto values = object_of(machine, path, std::size_t{1} << 20U))
            into.policies.push_back({path, family.family, managed, std::move(*values)});
}

/// Files of preferences for all: Debian's and the ones beside the program, whose .cfg may hold
/// programs too (Mozilla's AutoConfig).
std::vector<std::string> preferences_for_all(const Machine& machine) {
  std::vector<std::string> paths;
  for (const char* folder : {"/etc/firefox", "/etc/firefox/pref", "/etc/firefox/defaults/pref",
                             "/etc/firefox-esr", "/etc/firefox-esr/pref"})
    std::ranges::copy(files_in(machine, folder, ".js"), std::back_inserter(paths));
  for (const std::string program :
       {"/usr/lib/firefox-esr", "/usr/lib/firefox", "/usr/lib64/firefox", "/opt/firefox"}) {
    for (const char* folder :
         {"/defaults/pref", "/defaults/preferences", "/browser/defaults/preferences"})
      std::ranges::copy(files_in(machine, program + folder, ".js"), std::back_inserter(paths));
    std::ranges::copy(files_in(machine, program, ".cfg"), std::back_inserter(paths));
  }
  return paths;
}

void read_preferences(const Machine& machine, Browsers& into) {
  std::vector<std::string> paths = preferences_for_all(machine);
  for (const std::string& profile : firefox_profiles(machine))
    for (const char* file : {"/prefs.js", "/user.js"}) paths.push_back(profile + file);
  for (const std::string& path : paths) {
    const auto text = machine.read(path, kPreferencesBytes);
    if (!text) continue;
    const FirefoxPreferences read = parse_firefox_preferences(*text);
    for (const auto& [name, value] : read.list) into.preferences.push_back({path, name, value});
    if (read.unclear != 0 && path.ends_with(".cfg"))
      machine.not_understood(fmt::format("{}:{}", path, read.unclear));
  }
}

void read_profiles(const Machine& machine, Browsers& into) {
  const auto people = machine.people();
  for (const Account& person : people ? *people : std::vector<Account>())
    for (const Family& family : families())
      for (const char* place : family.profiles) {
        const std::string folder = person.home + "/" + place;
        const auto names = machine.list(folder);
        for (const std::string& one : names ? *names : std::vector<std::string>()) {
          if (one != "Default" && !one.starts_with("Profile ") && one != "Guest Profile") continue;
          for (const char* file : {"/Preferences", "/Secure Preferences"})
            if (auto values = object_of(machine, folder + "/" + one + file, kPreferencesBytes))
              into.profiles.push_back(
                  {folder + "/" + one + file, family.family, std::move(*values)});
        }
      }
}

/// What a new profile begins with (Chromium's initial preferences, formerly master_preferences;
/// Debian's Chromium has them in /etc and turns the warnings off there), where the program is.
void read_first_settings(const Machine& machine, Browsers& into) {
  using Place = std::pair<BrowserFamily, const char*>;
  for (const auto& [family, folder] :
       {Place{BrowserFamily::chromium, "/etc/chromium"},
        Place{BrowserFamily::chromium, "/etc/chromium-browser"},
        Place{BrowserFamily::chromium, "/usr/lib/chromium"},
        Place{BrowserFamily::chromium, "/usr/lib64/chromium-browser"},
        Place{BrowserFamily::chrome, "/opt/google/chrome"},
        Place{BrowserFamily::edge, "/opt/microsoft/msedge"},
        Place{BrowserFamily::brave, "/opt/brave.com/brave"},
        Place{BrowserFamily::vivaldi, "/opt/vivaldi"}})
    for (const char* file : {"/initial_preferences", "/master_preferences"})
      if (into.installed.contains(family))
        if (auto values = object_of(machine, std::string(folder) + file, kPreferencesBytes))
          into.profiles.push_back({std::string(folder) + file, family, std::move(*values)});
}

}  // namespace

std::string_view name(BrowserFamily family) {
  for (const Family& one : families())
    if (one.family == family) return one.name;
  return {};
}

Browsers browsers_of(const Machine& machine) {
  Browsers found;
  for (const Family& family : families())
    if (is_installed(machine, family)) found.installed.insert(family.family);
  // Others keep their settings in places of their own.
  for (const char* program : {"opera", "epiphany", "falkon", "librewolf", "waterfox", "konqueror",
                              "palemoon", "seamonkey", "floorp", "zen-browser"})
    if (!machine.program(program).empty()) machine.not_understood(program);
  for (const char* folder :
       {"/usr/lib/x86_64-linux-gnu/opera", "/usr/lib64/opera", "/opt/librewolf", "/opt/waterfox"})
    if (machine.exists(folder)) machine.not_understood(folder);
  read_policies(machine, found);
  read_preferences(machine, found);
  read_profiles(machine, found);
  read_first_settings(machine, found);
  return found;
}

std::vector<std::string> firefox_profiles(const Machine& machine) {
  std::vector<std::string> found;
  const auto people = machine.people();
  for (const Account& person : people ? *people : std::vector<Account>())
    for (const char* place :
         {"/.mozilla/firefox", "/.config/mozilla/firefox", "/snap/firefox/common/.mozilla/firefox",
          "/.var/app/org.mozilla.firefox/.mozilla/firefox",
          "/.var/app/org.mozilla.firefox/config/mozilla/firefox"}) {
      const std::string folder = person.home + place;
      const auto names = machine.list(folder);
      for (const std::string& name : names ? *names : std::vector<std::string>())
        if (const auto facts = machine.facts(folder + "/" + name); facts && S_ISDIR(facts->mode))
          found.push_back(folder + "/" + name);
    }
  return found;
}

void note_flatpak(const Machine& machine, const std::string& id) {
  std::vector<std::string> folders{"/var/lib/flatpak/app/" + id};
  if (const auto people = machine.people())
    for (const Account& person : *people)
      folders.push_back(person.home + "/.local/share/flatpak/app/" + id);
  for (const std::string& folder : folders)
    if (machine.exists(folder)) machine.not_understood(folder, "Flatpak");
}

bool in_other_packages(const Machine& machine, std::initializer_list<const char*> names) {
  const PackageList& packages = machine.other_packages();
  return std::ranges::any_of(names,
                             [&](const char* name) { return packages.find(name) != nullptr; });
}

bool is_false(const boost::json::object& values, std::string_view key) {
  const auto* value = values.if_contains(key);
  return value != nullptr && ((value->is_bool() && !value->get_bool()) ||
                              (value->is_int64() && value->get_int64() == 0));
}

std::string text_of(const boost::json::object& values, std::string_view key) {
  const auto* value = values.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

}  // namespace sekisho
