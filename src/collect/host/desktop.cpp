// SPDX-License-Identifier: Apache-2.0
// What a person sees and opens: the screen's lock, sign-in, media, documents and browsers.
#include <unistd.h>

#include <algorithm>
#include <array>

#include <fmt/format.h>

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
    HostCheck{"password-manager",
              password_manager,
              {"/etc/opt/", "/etc/chromium/", "/etc/firefox/", "/etc/brave/", "/usr/lib/firefox",
               "/usr/share/firefox"}},
};

}  // namespace

std::span<const HostCheck> desktop_checks() { return kDesktopChecks; }

}  // namespace sekisho
