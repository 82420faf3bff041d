// SPDX-License-Identifier: Apache-2.0
// What browsers warn of and keep.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "collect/windows/judges.h"

namespace sekisho::judge {
namespace {

constexpr const char* kMachine = R"(HKLM\SOFTWARE\)";

/// What a browser does by the first of these that is set: a policy of the machine, one of the
/// person, what the person chose, and what is only recommended.
bool turned_off(const FactsLook& look, const std::string& person, const std::string& policy,
                const std::string& name, const std::string& own = {}) {
  const std::string software = person + R"(\Software\)";
  for (const std::string& root : {std::string(kMachine), software})
    if (const auto value = look.number(root + policy + name)) return *value == 0;
  if (!own.empty())
    if (const auto value = look.number(software + own)) return *value == 0;
  for (const std::string& root : {std::string(kMachine), software})
    if (const auto value = look.number(root + policy + R"(Recommended\)" + name))
      return *value == 0;
  return false;
}

/// "Preferences" of Firefox' policies is JSON: what isn't read there may turn warnings off.
bool firefox_off(const FactsLook& look, const std::string& root) {
  const std::string policies = root + R"(Policies\Mozilla\Firefox\)";
  if (look.number(policies + "DisableSafeBrowsing") == 1) return true;
  // The older form: a value each.
  for (const std::string& path : look.below(policies + R"(Preferences\)"))
    if (lower(path).contains("browser.safebrowsing.") &&
        (look.text(path) == "0" || lower(look.text(path)) == "false"))
      return true;
  const std::string preferences = lower(look.text(policies + "Preferences"));
  return preferences.find("browser.safebrowsing.") != std::string::npos &&
         preferences.find("false") != std::string::npos;
}

/// Whether a site that is never warned of stands for all of a country or of a kind: "com", "co.jp".
bool stands_for_many(std::string_view domain) {
  const std::string name = lower(trim(domain));
  const auto labels = split(std::string_view(name), '.');
  if (name.find('*') != std::string::npos || labels.size() < 2) return true;
  constexpr std::array<std::string_view, 14> kKinds{"co", "or", "ne",  "ac",  "go",  "ad",  "ed",
                                                    "gr", "lg", "com", "net", "org", "gov", "edu"};
  return labels.size() == 2 && labels[1].size() == 2 &&
         std::ranges::find(kKinds, labels[0]) != kKinds.end();
}

/// Whether a policy keeps quiet about as good as every site.
bool quiet_about_many(const FactsLook& look, const std::string& root, const std::string& list) {
  return std::ranges::any_of(look.below(root + list + '\\'), [&](const std::string& path) {
    return stands_for_many(look.text(path));
  });
}

/// Browsers that go by Chromium's policies, below keys of their own.
struct Chromium {
  const char* name;
  const char* program;  // as it is listed begins with
  const char* policy;
};
constexpr std::array kChromiums{
    Chromium{"Google Chrome", "Google Chrome", R"(Policies\Google\Chrome\)"},
    Chromium{"Brave", "Brave", R"(Policies\BraveSoftware\Brave\)"},
    Chromium{"Vivaldi", "Vivaldi", R"(Policies\Vivaldi\)"},
    Chromium{"Chromium", "Chromium", R"(Policies\Chromium\)"}};

/// Browsers whose settings aren't read.
constexpr std::array kUnread{"Opera",
                             "Yandex",
                             "Tor Browser",
                             "Waterfox",
                             "LibreWolf",
                             "Floorp",
                             "Pale Moon",
                             "SeaMonkey",
                             "Arc",
                             "DuckDuckGo",
                             "Kinza",
                             "Sleipnir",
                             "Lunascape",
                             "Comodo Dragon",
                             "UC Browser",
                             "Maxthon",
                             "Cốc Cốc",
                             "Naver Whale",
                             "Zen Browser",
                             "Avast Secure Browser",
                             "AVG Secure Browser",
                             "Cent Browser",
                             "360 Secure Browser",
                             "SRWare Iron"};

bool windows_off(const FactsLook& look) {
  const std::string own =
      R"(HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Explorer\SmartScreenEnabled)";
  if (const auto policy =
          look.number(R"(HKLM\SOFTWARE\Policies\Microsoft\Windows\System\EnableSmartScreen)"))
    return *policy == 0;
  if (const auto managed =
          look.number(std::string(kManaged) + R"(SmartScreen\EnableSmartScreenInShell)"))
    return *managed == 0;
  return lower(look.text(own)) == "off";
}

void add_once(std::vector<std::string>& list, const char* name) {
  if (std::ranges::find(list, name) == list.end()) list.emplace_back(name);
}

/// Whether a program of this name is installed; noted where that isn't known.
bool installed(const FactsLook& look, std::string_view begins) {
  const auto* programs =
      look.ask(&WindowsFacts::programs, "入っているプログラムの一覧", "the installed programs");
  return programs != nullptr && std::ranges::any_of(*programs, [&](const auto& program) {
           return program.name.starts_with(begins);
         });
}

std::vector<std::string> unread_browsers(const FactsLook& look) {
  std::vector<std::string> found;
  for (const char* browser : kUnread)
    if (installed(look, browser)) found.emplace_back(browser);
  return found;
}

}  // namespace

Finding safe_browsing(const FactsLook& look) {
  std::vector<std::string> off;
  if (windows_off(look)) off.emplace_back("Windows SmartScreen");
  if (firefox_off(look, kMachine)) add_once(off, "Firefox");
  std::vector<std::string> places{kMachine};
  for (const std::string& person : look.people()) places.push_back(person + R"(\Software\)");
  for (const std::string& root : places) {
    if (quiet_about_many(look, root, R"(Policies\Microsoft\Edge\SmartScreenAllowListDomains)"))
      add_once(off, "Microsoft Edge");
    for (const Chromium& browser : kChromiums)
      if (quiet_about_many(look, root,
                           std::string(browser.policy) + "SafeBrowsingAllowlistDomains"))
        add_once(off, browser.name);
  }
  for (const std::string& person : look.people()) {
    if (turned_off(look, person, R"(Policies\Microsoft\Edge\)", "SmartScreenEnabled",
                   R"(Microsoft\Edge\SmartScreenEnabled\)"))
      add_once(off, "Microsoft Edge");
    for (const Chromium& browser : kChromiums)
      for (const char* name : {"SafeBrowsingProtectionLevel", "SafeBrowsingEnabled"})
        if (turned_off(look, person, browser.policy, name)) add_once(off, browser.name);
    if (firefox_off(look, person + R"(\Software\)")) add_once(off, "Firefox");
  }
  if (!off.empty())
    return fail(fmt::format("警告が切られています: {}", listed(off)),
                fmt::format("warnings are turned off: {}", listed(off)));
  if (const auto others = unread_browsers(look); !others.empty())
    return unknown(fmt::format("設定を読めないブラウザがあります: {}", listed(others)),
                   fmt::format("the settings of these can't be read: {}", listed(others)));
  return pass("警告を切るポリシーはありません", "no policy turns warnings off");
}

Finding password_manager(const FactsLook& look) {
  struct Browser {
    const char* name;
    const char* program;  // as it is listed; Edge is always there
    std::vector<const char*> policies;
  };
  const std::vector<Browser> browsers{
      {"Microsoft Edge", "", {R"(Microsoft\Edge\PasswordManagerEnabled)"}},
      {"Google Chrome", "Google Chrome", {R"(Google\Chrome\PasswordManagerEnabled)"}},
      {"Brave", "Brave", {R"(BraveSoftware\Brave\PasswordManagerEnabled)"}},
      {"Vivaldi", "Vivaldi", {R"(Vivaldi\PasswordManagerEnabled)"}},
      {"Chromium", "Chromium", {R"(Chromium\PasswordManagerEnabled)"}},
      {"Firefox",
       "Mozilla Firefox",
       {R"(Mozilla\Firefox\PasswordManagerEnabled)", R"(Mozilla\Firefox\OfferToSaveLogins)"}}};
  const std::vector<std::string> people = look.people();
  std::vector<std::string> free;
  std::vector<std::string> decided;
  for (const Browser& browser : browsers) {
    if (browser.program[0] != '\0' && !installed(look, browser.program)) continue;
    const auto by = [&](const std::string& root) {
      return std::ranges::any_of(browser.policies, [&](const char* policy) {
        return look.number(root + R"(Policies\)" + policy).has_value();
      });
    };
    const bool for_all = by(kMachine) || (!people.empty() &&
                                          std::ranges::all_of(people, [&](const std::string& one) {
                                            return by(one + R"(\Software\)");
                                          }));
    (for_all ? decided : free).emplace_back(browser.name);
  }
  if (!free.empty())
    return look.lacking(
        fail(fmt::format("パスワードを覚えさせてよいかのポリシーがないブラウザがあります: {}",
                         listed(free)),
             fmt::format("no policy says whether these may keep passwords: {}", listed(free))));
  if (const auto others = unread_browsers(look); !others.empty())
    return unknown(fmt::format("ポリシーを読めないブラウザがあります: {}", listed(others)),
                   fmt::format("the policies of these can't be read: {}", listed(others)));
  return pass(fmt::format("ポリシーが決まっています: {}", listed(decided)),
              fmt::format("a policy is set for: {}", listed(decided)));
}

}  // namespace sekisho::judge
