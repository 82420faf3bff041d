// What a person sees and opens: the screen's lock, sign-in, media, documents and browsers.
#include <unistd.h>

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <boost/json.hpp>

#include "collect/host/autologin.h"
#include "collect/host/systemd.h"
#include "collect/limits.h"

namespace sekisho {
namespace {

enum class Desktop : std::uint8_t { none, gnome, kde, xfce, other };

Desktop desktop_of(const Machine& machine) {
  Desktop found = Desktop::none;
  for (const char* folder :
       {"/usr/share/wayland-sessions", "/usr/share/xsessions", "/usr/local/share/wayland-sessions",
        "/usr/local/share/xsessions", "/run/current-system/sw/share/wayland-sessions",
        "/run/current-system/sw/share/xsessions"})
    for (const std::string& path : files_in(machine, folder, ".desktop")) {
      const std::string name = lower(path.substr(path.rfind('/') + 1));
      if (name.contains("gnome") || name.contains("ubuntu")) return Desktop::gnome;
      if (name.contains("plasma") || name.contains("kde")) return Desktop::kde;
      if (name.contains("xfce") || name.contains("xubuntu")) return Desktop::xfce;
      found = Desktop::other;
    }
  return found;
}

Finding no_desktop() {
  return not_applicable("デスクトップ（画面）のないマシンです", "this machine has no desktop");
}

/// Whose settings of the desktop can be asked: one's own, and with root's rights everybody's.
std::vector<std::string> desktop_homes(const Machine& machine) {
  std::vector<std::string> homes;
  const auto people = machine.people();
  if (!people) return homes;
  const bool all = !machine.live() || ::geteuid() == 0;
  for (const Account& person : *people)
    if (all ? person.uid >= 1000 : person.uid == ::geteuid()) homes.push_back(person.home);
  if (homes.empty() && !people->empty()) homes.push_back(people->back().home);
  return homes;
}

/// A GNOME setting of whoever lives in `home`, as gsettings prints it.
std::expected<std::string, Finding> gsetting(const Machine& machine, const std::string& home,
                                             const std::string& schema, const std::string& key) {
  constexpr const char* kProgram = "/usr/bin/gsettings";
  const auto output = machine.run({kProgram, "get", schema, key}, {"HOME=" + home});
  if (!output) return std::unexpected(unanswered(kProgram, output.error()));
  if (output->exit_code != 0) return std::unexpected(unanswered(kProgram, ProcessProblem::failed));
  // Numbers come with their type: "uint32 300".
  const auto parts = words(output->out);
  return parts.empty() ? std::string() : std::string(parts.back());
}

/// The worst of all whose settings can be asked.
Finding of_each_home(const Machine& machine,
                     Finding (*judge)(const Machine&, const std::string& home)) {
  std::optional<Finding> worst;
  for (const std::string& home : desktop_homes(machine)) {
    Finding finding = judge(machine, home);
    if (!worst || finding.verdict == Verdict::fail || worst->verdict == Verdict::pass)
      worst = std::move(finding);
  }
  return worst ? *worst : judge(machine, "/");
}

/// What a desktop's settings say, as a line of a basis: where, and which values.
struct Said {
  std::string place;
  Compared::Source source = Compared::Source::file;
  void note(const Machine& machine, std::string seen, std::string limit) const {
    machine.compared(
        {.source = source, .place = place, .seen = std::move(seen), .limit = std::move(limit)});
  }
};

Finding judge_lock(const Machine& machine, const Said& said, bool enabled, std::int64_t seconds) {
  said.note(machine, fmt::format("lock={}, idle + delay={} s", enabled, seconds),
            fmt::format("true, 1 - {} s", kLongestIdle));
  if (!enabled) return fail("自動でロックしません", "the screen does not lock by itself");
  if (seconds <= 0)
    return fail("放っておいてもロックしません（待ち時間が無制限）", "an idle screen never locks");
  if (seconds > kLongestIdle)
    return fail(fmt::format("ロックまで {} 分かかります（10 分以内に）", seconds / 60),
                fmt::format("locks only after {} minutes (make it 10 or fewer)", seconds / 60));
  return pass(fmt::format("{} 分以内に自動でロックします", (seconds + 59) / 60),
              fmt::format("locks by itself within {} minutes", (seconds + 59) / 60));
}

Said gsettings() { return {"/usr/bin/gsettings", Compared::Source::program}; }

Finding gnome_lock(const Machine& machine, const std::string& home) {
  std::array<std::string, 3> values;
  constexpr std::array<std::pair<const char*, const char*>, 3> kKeys{
      {{"org.gnome.desktop.screensaver", "lock-enabled"},
       {"org.gnome.desktop.screensaver", "lock-delay"},
       {"org.gnome.desktop.session", "idle-delay"}}};
  for (std::size_t i = 0; i < kKeys.size(); ++i) {
    auto value = gsetting(machine, home, kKeys.at(i).first, kKeys.at(i).second);
    if (!value) return value.error();
    values.at(i) = *value;
  }
  // An administrator may have taken the lock away (gsettings-desktop-schemas, lockdown).
  const auto without = gsetting(machine, home, "org.gnome.desktop.lockdown", "disable-lock-screen");
  if (!without) return without.error();
  gsettings().note(machine, "disable-lock-screen=" + printable(*without, 10), "false");
  if (*without != "false")
    return fail("画面のロックが使えなくされています（disable-lock-screen）",
                "locking the screen is taken away (disable-lock-screen)");
  const auto delay = whole_number(values[1]);
  const auto idle = whole_number(values[2]);
  if (delay < 0 || idle < 0)
    return unknown("gsettings の値を読めません", "gsettings gave an unreadable value");
  return judge_lock(machine, gsettings(), values[0] == "true", idle == 0 ? 0 : idle + delay);
}

/// Flatpak keeps the settings of its programs where this program doesn't look.
void note_flatpak(const Machine& machine, const std::string& id) {
  std::vector<std::string> folders{"/var/lib/flatpak/app/" + id};
  if (const auto people = machine.people())
    for (const Account& person : *people)
      folders.push_back(person.home + "/.local/share/flatpak/app/" + id);
  for (const std::string& folder : folders)
    if (machine.exists(folder)) machine.not_understood(folder, "Flatpak");
}

/// The worst answer of all people whose settings can be read.
Finding each_person(const Machine& machine, const std::string& file, auto judge) {
  const auto people = machine.people();
  if (!people) return unreadable("/etc/passwd", people.error());
  std::optional<Finding> worst;
  for (const Account& person : *people) {
    const auto text = machine.read(person.home + "/" + file);
    if (!text && text.error() != FileProblem::missing)
      return unreadable(person.home + "/" + file, text.error());
    Finding finding = judge(text ? std::string_view(*text) : std::string_view(), Said{"~/" + file});
    if (!worst || finding.verdict == Verdict::fail) worst = std::move(finding);
  }
  return worst ? *worst : judge(std::string_view(), Said{"~/" + file});
}

Finding screen_lock(const Look& look) {
  switch (desktop_of(look.machine)) {
    case Desktop::none: return no_desktop();
    case Desktop::gnome: return of_each_home(look.machine, gnome_lock);
    case Desktop::kde:
      return each_person(
          look.machine, ".config/kscreenlockerrc", [&](std::string_view text, const Said& said) {
            const auto lines = parse_ini(text);
            const auto minutes = whole_number(ini_value(lines, "Daemon", "Timeout").value_or("5"));
            return judge_lock(
                look.machine, said,
                lower(ini_value(lines, "Daemon", "Autolock").value_or("true")) != "false",
                minutes * 60);
          });
    case Desktop::xfce: {
      const bool locker = look.machine.exists("/usr/bin/xfce4-screensaver") ||
                          look.machine.exists("/usr/bin/light-locker");
      note_count(look.machine, "/usr/bin/*", "xfce4-screensaver, light-locker", locker ? 1 : 0,
                 ">= 1");
      if (!locker)
        return fail("画面をロックするソフトがありません（xfce4-screensaver など）",
                    "nothing locks the screen (xfce4-screensaver or the like)");
      const std::string file = ".config/xfce4/xfconf/xfce-perchannel-xml/xfce4-screensaver.xml";
      return each_person(look.machine, file, [&](std::string_view text, const Said& said) {
        const bool on = xfconf_value(text, "lock/enabled").value_or("true") != "false" &&
                        xfconf_value(text, "saver/enabled").value_or("true") != "false";
        const auto idle =
            whole_number(xfconf_value(text, "saver/idle-activation/delay").value_or("5"));
        const auto delay =
            whole_number(xfconf_value(text, "lock/saver-activation/delay").value_or("0"));
        return judge_lock(look.machine, said, on,
                          idle <= 0 ? 0 : (idle + std::max<std::int64_t>(delay, 0)) * 60);
      });
    }
    case Desktop::other: break;
  }
  return unknown(
      "このデスクトップのロックの設定は読めません。設定画面で 10 分以内か確かめてください",
      "this desktop's lock setting cannot be read; see that it is 10 minutes or less");
}

Finding gnome_media(const Machine& machine, const std::string& home) {
  const std::string schema = "org.gnome.desktop.media-handling";
  const auto never = gsetting(machine, home, schema, "autorun-never");
  if (!never) return never.error();
  const auto open = gsetting(machine, home, schema, "automount-open");
  if (!open) return open.error();
  gsettings().note(machine, fmt::format("autorun-never={}, automount-open={}", *never, *open),
                   "autorun-never=true, or automount-open=false");
  if (*never != "true" && *open == "true")
    return fail("差した媒体が自動で開きます", "media open by themselves");
  return pass("差した媒体は自動で開きません", "media do not open by themselves");
}

Finding automount(const Look& look) {
  if (const auto& packages = look.machine.packages();
      packages && packages->find("usbmount") != nullptr) {
    note_count(look.machine, "/var/lib/dpkg/status", "usbmount", 1, "0");
    return fail("usbmount が、差した媒体を自動で開きます", "usbmount opens media by itself");
  }
  switch (desktop_of(look.machine)) {
    case Desktop::none: return no_desktop();
    case Desktop::gnome: return of_each_home(look.machine, gnome_media);
    case Desktop::kde:
      return each_person(
          look.machine, ".config/kded_device_automounterrc",
          [&](std::string_view text, const Said& said) {
            const std::string on =
                lower(ini_value(parse_ini(text), "General", "AutomountEnabled").value_or("false"));
            said.note(look.machine, "AutomountEnabled=" + on, "false");
            if (on == "true")
              return fail("差した媒体が自動で使えるようになります",
                          "media are mounted by themselves");
            return pass("差した媒体は自動で開きません", "media do not open by themselves");
          });
    case Desktop::xfce:
      return each_person(
          look.machine, ".config/xfce4/xfconf/xfce-perchannel-xml/thunar-volman.xml",
          [&](std::string_view text, const Said& said) {
            const auto run = xfconf_value(text, "autorun/enabled").value_or("false");
            const auto open = xfconf_value(text, "autoopen/enabled").value_or("false");
            said.note(look.machine,
                      fmt::format("autorun/enabled={}, autoopen/enabled={}", run, open),
                      "false, false");
            if (run == "true" || open == "true")
              return fail("差した媒体が自動で開きます", "media open by themselves");
            return pass("差した媒体は自動で開きません", "media do not open by themselves");
          });
    case Desktop::other: break;
  }
  return unknown("このデスクトップの自動実行の設定は読めません",
                 "this desktop's setting cannot be read");
}

/// Of rpm's and apk's packages; a list that can't be read is a gap.
bool in_other_packages(const Machine& machine, std::initializer_list<const char*> names) {
  const PackageList& packages = machine.other_packages();
  return std::ranges::any_of(names,
                             [&](const char* name) { return packages.find(name) != nullptr; });
}

Finding office_macros(const Look& look) {
  const Machine& machine = look.machine;
  const auto& packages = machine.packages();
  const bool packaged = packages && (packages->find("libreoffice-core") != nullptr ||
                                     packages->find("libreoffice-core-nogui") != nullptr);
  bool any = packaged || !machine.program("soffice").empty() ||
             !machine.program("libreoffice").empty() || machine.exists("/snap/libreoffice");
  for (const char* folder : {"/opt", "/usr/lib", "/usr/lib64"})
    if (const auto names = machine.list(folder))
      any = any || std::ranges::any_of(*names, [](const std::string& name) {
              return name.starts_with("libreoffice");
            });
  note_flatpak(machine, "org.libreoffice.LibreOffice");
  any =
      any || in_other_packages(machine, {"libreoffice", "libreoffice-core", "libreoffice-common"});
  if (!any) return not_applicable("LibreOffice は入っていません", "LibreOffice is not installed");
  return each_person(
      machine, ".config/libreoffice/4/user/registrymodifications.xcu",
      [&](std::string_view text, const Said& said) {
        const auto set = macro_security_level(text);
        const int level = set.value_or(2);
        said.note(machine, fmt::format("MacroSecurityLevel={}{}", level, set ? "" : " (default)"),
                  ">= 2");
        if (level < 2)
          return fail(
              fmt::format("署名のないマクロが動かせます（セキュリティレベル {}／3）", level),
              fmt::format("unsigned macros can run (security level {} of 3)", level));
        return pass(fmt::format("署名のないマクロは動きません（セキュリティレベル {}／3）", level),
                    fmt::format("unsigned macros do not run (security level {} of 3)", level));
      });
}

/// The policies that browsers read, as JSON objects with their paths.
struct Policy {
  std::string path;
  bool firefox = false;
  boost::json::object values;
};

std::expected<std::vector<Policy>, Finding> browser_policies(const Machine& machine) {
  const auto& packages = machine.packages();
  bool any = machine.exists("/opt/google/chrome") || machine.exists("/opt/firefox") ||
             machine.exists("/snap/firefox") || machine.exists("/opt/microsoft/msedge");
  for (const char* program : {"firefox", "firefox-esr", "chromium", "chromium-browser",
                              "google-chrome", "google-chrome-stable", "microsoft-edge"})
    any = any || !machine.program(program).empty();
  // Others keep their policies in places of their own.
  for (const char* program : {"brave-browser", "brave", "vivaldi", "opera", "epiphany", "falkon"})
    if (!machine.program(program).empty()) machine.not_understood(program);
  for (const char* id : {"org.mozilla.firefox", "org.chromium.Chromium", "com.google.Chrome",
                         "com.microsoft.Edge", "com.brave.Browser"})
    note_flatpak(machine, id);
  for (const char* name :
       {"firefox", "firefox-esr", "chromium", "google-chrome-stable", "microsoft-edge-stable"})
    any = any || (packages && packages->find(name) != nullptr);
  for (const char* folder :
       {"/usr/lib/firefox", "/usr/lib64/firefox", "/usr/lib/firefox-esr", "/usr/lib/chromium",
        "/usr/lib64/chromium", "/usr/lib64/chromium-browser"})
    any = any || machine.exists(folder);
  any = any || in_other_packages(machine, {"firefox", "firefox-esr", "MozillaFirefox", "chromium",
                                           "google-chrome-stable", "microsoft-edge-stable"});
  if (!any)
    return std::unexpected(not_applicable("ブラウザは入っていません", "no browser is installed"));
  std::vector<std::pair<std::string, bool>> paths;
  for (const char* folder :
       {"/etc/opt/chrome/policies/managed", "/etc/chromium/policies/managed",
        "/etc/chromium-browser/policies/managed", "/etc/opt/edge/policies/managed"})
    for (std::string& path : files_in(machine, folder, ".json"))
      paths.emplace_back(std::move(path), false);
  for (const char* path :
       {"/etc/firefox/policies/policies.json", "/usr/lib/firefox-esr/distribution/policies.json",
        "/usr/share/firefox-esr/distribution/policies.json",
        "/usr/lib/firefox/distribution/policies.json",
        "/usr/lib64/firefox/distribution/policies.json", "/opt/firefox/distribution/policies.json"})
    if (machine.exists(path)) paths.emplace_back(path, true);
  std::vector<Policy> policies;
  for (auto& [path, firefox] : paths) {
    const auto text = machine.read(path);
    if (!text) return std::unexpected(unreadable(path, text.error()));
    const auto document = parse_json(path, *text);
    if (!document)
      return std::unexpected(
          unknown(document.error().describe(Lang::ja), document.error().describe(Lang::en)));
    const boost::json::object* values = document->root.if_object();
    if (values != nullptr && firefox) {
      const auto* inner = values->if_contains("policies");
      values = inner == nullptr ? nullptr : inner->if_object();
    }
    if (values != nullptr) policies.push_back({std::move(path), firefox, *values});
  }
  return policies;
}

bool is_false(const boost::json::object& values, std::string_view key) {
  const auto* value = values.if_contains(key);
  return value != nullptr && ((value->is_bool() && !value->get_bool()) ||
                              (value->is_int64() && value->get_int64() == 0));
}

/// Firefox locks single preferences: {"Preferences": {"NAME": {"Value": false}}}.
bool preference_false(const boost::json::object& values, std::string_view name) {
  const auto* preferences = values.if_contains("Preferences");
  const auto* entry = preferences != nullptr && preferences->is_object()
                          ? preferences->get_object().if_contains(name)
                          : nullptr;
  if (entry == nullptr) return false;
  if (entry->is_bool()) return !entry->get_bool();
  return entry->is_object() && is_false(entry->get_object(), "Value");
}

Finding safe_browsing(const Look& look) {
  const auto policies = browser_policies(look.machine);
  if (!policies) return policies.error();
  std::vector<std::string> off;
  for (const Policy& policy : *policies) {
    const bool disabled =
        policy.firefox
            ? preference_false(policy.values, "browser.safebrowsing.malware.enabled") ||
                  preference_false(policy.values, "browser.safebrowsing.phishing.enabled")
            : is_false(policy.values, "SafeBrowsingEnabled") ||
                  is_false(policy.values, "SafeBrowsingProtectionLevel") ||
                  is_false(policy.values, "SmartScreenEnabled");
    if (disabled) off.push_back(policy.path);
    look.machine.compared(
        policy.path, fmt::format("SafeBrowsing, SmartScreen: {}", disabled ? "off" : "not off"),
        "not off");
  }
  note_count(look.machine, "policies/managed/*.json, policies.json", "SafeBrowsingEnabled=false …",
             off.size(), "0");
  if (!off.empty())
    return fail(fmt::format("危険なサイトの警告が切られています: {}", listed(off)),
                fmt::format("warnings of dangerous sites are turned off: {}", listed(off)));
  return pass("危険なサイトの警告は切られていません",
              "warnings of dangerous sites are not turned off");
}

Finding password_manager(const Look& look) {
  const auto policies = browser_policies(look.machine);
  if (!policies) return policies.error();
  for (const Policy& policy : *policies)
    for (const char* key : {"PasswordManagerEnabled", "OfferToSaveLogins"})
      if (const auto* value = policy.values.if_contains(key))
        return pass(fmt::format("方針が決まっています（{}）", policy.path),
                    fmt::format("a policy is set ({})", policy.path),
                    Compared{.place = policy.path,
                             .seen = fmt::format("{}={}", key, boost::json::serialize(*value)),
                             .limit = "true, false"});
  note_count(look.machine, "policies/managed/*.json, policies.json",
             "PasswordManagerEnabled, OfferToSaveLogins", 0, ">= 1");
  return fail("ブラウザにパスワードを覚えさせてよいかの方針がありません",
              "no policy says whether browsers may keep passwords");
}

constexpr std::array kDesktopChecks{
    HostCheck{"screen-lock", screen_lock, {"/etc/passwd", "/usr/bin/gsettings"}},
    HostCheck{"automatic-login",
              automatic_login,
              {"/sbin/init", "/usr/sbin/init", "/usr/lib/systemd/systemd", "/lib/systemd/systemd",
               "/etc/gdm", "/etc/lightdm/", "/etc/sddm", "/etc/greetd/"}},
    HostCheck{"automount", automount, {"/etc/passwd", "/usr/bin/gsettings"}},
    HostCheck{"office-macros", office_macros, {"/etc/passwd"}},
    HostCheck{"safe-browsing",
              safe_browsing,
              {"/var/lib/dpkg/status", "/etc/opt/", "/etc/chromium/", "/etc/firefox/"}},
    HostCheck{
        "password-manager",
        password_manager,
        {"/etc/opt/", "/etc/chromium/", "/etc/firefox/", "/usr/lib/firefox", "/usr/share/firefox"}},
};

}  // namespace

std::span<const HostCheck> desktop_checks() { return kDesktopChecks; }

}  // namespace sekisho
