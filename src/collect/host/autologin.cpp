// SPDX-License-Identifier: Apache-2.0
#include "collect/host/autologin.h"

#include <algorithm>
#include <array>
#include <span>

#include <fmt/format.h>

#include "collect/host/units.h"

namespace sekisho {
namespace {

/// Looks at what starts sessions: display managers, consoles, units.
class Autologins {
 public:
  explicit Autologins(const Machine& machine) : machine_(machine) {}

  std::vector<std::string> find() {
    display_managers();
    consoles();
    units();
    return found_;
  }

 private:
  std::vector<IniLine> ini(const std::string& path) const {
    const auto text = machine_.read(path);
    return text ? parse_ini(*text) : std::vector<IniLine>();
  }
  static bool yes(std::string_view value) {
    return value == "true" || value == "1" || value == "yes";
  }

  void display_managers() {
    for (const char* path :
         {"/etc/gdm3/daemon.conf", "/etc/gdm3/custom.conf", "/etc/gdm/custom.conf",
          "/etc/gdm/daemon.conf", "/run/gdm3/custom.conf", "/run/gdm/custom.conf",
          "/usr/share/gdm/defaults.conf", "/usr/etc/gdm/custom.conf"}) {
      const auto lines = ini(path);
      for (const char* key : {"AutomaticLoginEnable", "TimedLoginEnable"})
        if (yes(lower(ini_value(lines, "daemon", key).value_or("")))) found_.emplace_back(path);
    }
    // Of one display manager's files any may set it, those that the distribution brings too.
    std::vector<std::string> lightdm{"/etc/lightdm/lightdm.conf"};
    for (const char* folder :
         {"/etc/lightdm/lightdm.conf.d", "/usr/share/lightdm/lightdm.conf.d",
          "/usr/local/share/lightdm/lightdm.conf.d", "/etc/xdg/lightdm/lightdm.conf.d"})
      std::ranges::copy(files_in(machine_, folder, ".conf"), std::back_inserter(lightdm));
    for (const std::string& path : lightdm)
      for (const IniLine& line : ini(path))
        if ((line.key == "autologin-user" && !line.value.empty()) ||
            (line.key == "autologin-guest" && yes(lower(line.value))))
          found_.push_back(path);
    std::vector<std::string> sddm{"/etc/sddm.conf", "/etc/plasmalogin.conf"};
    for (const char* folder :
         {"/etc/sddm.conf.d", "/usr/lib/sddm/sddm.conf.d", "/etc/plasmalogin.conf.d",
          "/usr/lib/plasmalogin/plasmalogin.conf.d"})
      std::ranges::copy(files_in(machine_, folder, ""), std::back_inserter(sddm));
    for (const std::string& path : sddm)
      if (!ini_value(ini(path), "Autologin", "User").value_or("").empty()) found_.push_back(path);
    // greetd starts its first session without asking; LXDM, SLiM, KDM, emptty and nodm have a word.
    for (const std::string& path : files_in(machine_, "/etc/greetd", ".toml"))
      for (const IniLine& line : ini(path))
        if (line.section == "initial_session" && line.key == "command") found_.push_back(path);
    if (const auto text = machine_.read("/etc/sysconfig/displaymanager"))
      if (!parse_assignments(*text)["DISPLAYMANAGER_AUTOLOGIN"].empty())
        found_.emplace_back("/etc/sysconfig/displaymanager");
    for (const IniLine& line : ini("/etc/lxdm/lxdm.conf"))
      if (line.key == "autologin" && !line.value.empty())
        found_.emplace_back("/etc/lxdm/lxdm.conf");
    for (const char* path : {"/etc/kde4/kdm/kdmrc", "/etc/kde3/kdm/kdmrc", "/etc/trinity/kdm/kdmrc",
                             "/etc/trinity/tdm/tdmrc", "/usr/share/config/kdm/kdmrc"})
      for (const IniLine& line : ini(path))
        if ((lower(line.key) == "autologinenable" || lower(line.key) == "nopassenable") &&
            yes(lower(line.value)))
          found_.emplace_back(path);
    for (const IniLine& line : ini("/etc/emptty/conf"))
      if (lower(line.key) == "autologin" && yes(lower(line.value)))
        found_.emplace_back("/etc/emptty/conf");
    for (const char* path : {"/etc/slim.conf", "/usr/local/etc/slim.conf"})
      if (const auto text = machine_.read(path))
        for (const std::string_view line : split(std::string_view(*text), '\n'))
          if (const auto parts = words(line);
              parts.size() == 2 && parts[0] == "auto_login" && lower(parts[1]) == "yes")
            found_.emplace_back(path);
    if (!machine_.program("nodm").empty()) found_.emplace_back("nodm");
    for (const char* other : {"ly", "ly-dm", "lemurs", "entrance", "cosmic-greeter", "tbsm"})
      if (const std::string path = machine_.program(other); !path.empty())
        machine_.not_understood(path, "autologin");
  }

  void consoles() {
    // busybox' and sysvinit's lines that start a session without asking.
    if (const auto text = machine_.read("/etc/inittab"))
      for (const std::string_view line : split(std::string_view(*text), '\n')) {
        const std::string_view entry = trim(line);
        if (entry.starts_with('#')) continue;
        if (entry.contains("login -f") || getty_signs_in(entry))
          found_.emplace_back("/etc/inittab");
      }
    for (const std::string& path : files_in(machine_, "/etc/conf.d", ""))
      if (path.contains("getty"))
        if (const auto text = machine_.read(path))
          for (const auto& [name, value] : parse_assignments(*text))
            if (options_sign_in(words(value))) found_.push_back(path);
    // agetty and login take these as if they stood on their command lines.
    for (const char* folder : {"/etc/credstore/", "/run/credstore/", "/usr/lib/credstore/"})
      for (const char* name : {"agetty.autologin", "login.noauth"})
        if (machine_.exists(std::string(folder) + name))
          found_.push_back(std::string(folder) + name);
  }

  /// Any unit may start a console or a session; those that packages bring are told by their names.
  void units() {
    for (const char* folder :
         {"/etc/systemd/system", "/run/systemd/system", "/usr/local/lib/systemd/system",
          "/usr/lib/systemd/system", "/lib/systemd/system"}) {
      const bool vendor = std::string_view(folder).contains("/lib/systemd") &&
                          !std::string_view(folder).contains("local");
      const auto names = machine_.list(folder);
      if (!names) continue;
      for (const std::string& unit : *names) {
        if (vendor && !unit.contains("getty") && !unit.starts_with("autovt@")) continue;
        std::vector<std::string> paths;
        if (unit.ends_with(".service")) paths.push_back(std::string(folder) + "/" + unit);
        if (unit.ends_with(".service.d"))
          paths = files_in(machine_, std::string(folder) + "/" + unit, ".conf");
        for (const std::string& path : paths)
          if (const auto text = machine_.read(path))
            unit_file(unit, path, parse_systemd(*text), vendor);
      }
    }
    // A shell of root's on a terminal, for who looks into a machine that doesn't start.
    if (Units(machine_).state("debug-shell.service") == UnitState::enabled)
      found_.emplace_back("debug-shell.service");
  }

  void unit_file(const std::string& unit, const std::string& path,
                 const std::vector<SystemdLine>& lines, bool vendor) {
    const bool console = unit.contains("getty") || unit.starts_with("autovt@");
    bool session = false;
    for (const SystemdLine& line : lines) {
      if (signs_in(line) || (console && !vendor && line.key == "ExecStart" && !line.value.empty() &&
                             !asks(line.value)))
        found_.push_back(path);
      session = session || line.key == "PAMName" || line.key == "TTYPath" ||
                (line.key == "StandardInput" && line.value.starts_with("tty"));
    }
    // What somebody wrote so that it has a terminal or a session of its own starts without asking.
    if (session && !vendor && !console && !disabled(unit)) found_.push_back(path);
  }

  bool disabled(const std::string& unit) const {
    std::string name = unit;
    if (name.ends_with(".d")) name.resize(name.size() - 2);
    const UnitState state = Units(machine_).state(name);
    return state == UnitState::disabled || state == UnitState::masked ||
           name == "systemd-ask-password-console.service" || name == "emergency.service" ||
           name == "rescue.service";
  }

  /// Whether options of agetty(8) sign somebody in, or start something else than login. Long ones
  /// may be cut short, as getopt_long(3) has it.
  static bool options_sign_in(std::span<const std::string_view> options) {
    bool login_options = false;
    for (const std::string_view part : options) {
      if (part.starts_with("--") && part.size() > 2) {
        const std::string_view name = part.substr(2, part.find('=') - 2);
        for (const std::string_view word : {"autologin", "skip-login", "login-program"})
          if (word.starts_with(name)) return true;
        if (!std::string_view("login-options").starts_with(name)) continue;
        login_options = true;
      }
      // login's own -f signs somebody in.
      if (login_options && part.contains("-f")) return true;
      if (part.size() < 2 || part[0] != '-' || part[1] == '-') continue;
      for (const char letter : part.substr(1)) {
        if (letter == 'a' || letter == 'n' || letter == 'l') return true;
        if (letter == 'o') login_options = true;
        if (letter == 'o' && part.contains('f')) return true;
        if (std::string_view("cEefHIortdP").contains(letter)) break;  // the rest is its value
      }
    }
    return false;
  }
  /// The name of the program that a word of a command starts, without its folder and systemd's
  /// signs.
  static std::string_view program_of(std::string_view word) {
    word.remove_prefix(std::min(word.find_first_not_of("@-:+!"), word.size()));
    return word.substr(word.rfind('/') + 1);
  }
  /// Whether a getty, anywhere in a command, signs somebody in.
  static bool getty_signs_in(std::string_view command) {
    const auto parts = words(command);
    const auto getty = std::ranges::find_if(
        parts, [](std::string_view part) { return program_of(part).ends_with("getty"); });
    return getty != parts.end() && options_sign_in({getty + 1, parts.end()});
  }
  /// Whether what a console starts asks who is there: agetty, or a getty of its kind, by login and
  /// with no name given.
  static bool asks(std::string_view command) {
    const auto parts = words(command);
    return parts.empty() || (program_of(parts[0]).ends_with("getty") && !getty_signs_in(command));
  }

  static bool signs_in(const SystemdLine& line) {
    if ((line.key == "SetCredential" || line.key == "LoadCredential") &&
        (line.value.contains("agetty.autologin") || line.value.contains("login.noauth")))
      return true;
    if (line.key != "ExecStart") return false;
    return line.value.contains("--autologin") || line.value.contains("login -f") ||
           getty_signs_in(line.value);
  }

  const Machine& machine_;
  std::vector<std::string> found_;
};

/// Something here signs people in, whether or not an init can be seen.
bool has_sign_in(const Machine& machine) {
  for (const char* path :
       {"/etc/gdm3", "/etc/gdm", "/etc/lightdm", "/etc/sddm.conf", "/etc/sddm.conf.d",
        "/etc/greetd", "/etc/lxdm", "/etc/slim.conf", "/etc/X11/default-display-manager",
        "/usr/sbin/gdm3", "/usr/sbin/gdm", "/usr/sbin/lightdm", "/usr/bin/sddm"})
    if (machine.exists(path)) return true;
  return std::ranges::any_of(
      std::array{"/usr/share/wayland-sessions", "/usr/share/xsessions"},
      [&](const char* folder) { return !files_in(machine, folder, ".desktop").empty(); });
}

}  // namespace

Finding automatic_login(const Look& look) {
  const Machine& machine = look.machine;
  if (machine.exists("/nix/store"))
    return unknown("NixOS の設定は読めません。services.getty.autologinUser などを確かめてください",
                   "NixOS' settings are not read; see services.getty.autologinUser and the like");
  const std::vector<std::string> found = Autologins(machine).find();
  for (const std::string& path : found) machine.compared(path, "autologin", "-");
  note_count(machine, "gdm, lightdm, sddm, greetd, lxdm, slim, nodm, getty *", "autologin",
             found.size(), "0");
  const bool init =
      std::ranges::any_of(std::array{"/sbin/init", "/usr/sbin/init", "/usr/lib/systemd/systemd",
                                     "/lib/systemd/systemd"},
                          [&](const char* path) { return machine.exists(path); });
  const bool contained = machine.container() || !init;
  // A container's image may have a display manager that never starts.
  if (!found.empty() && (!machine.container() || has_sign_in(machine)))
    return fail(fmt::format("電源を入れるとパスワードなしで使えます: {}", listed(found)),
                fmt::format("usable without a password once switched on: {}", listed(found)));
  if (contained && !has_sign_in(machine))
    return not_applicable("利用者が直接使うマシンではありません",
                          "nobody signs in at this machine");
  if (!init)
    return unknown("起動の仕組み（init）が見つからず、自動ログインの有無を言い切れません",
                   "no init was found, so whether somebody is signed in by itself can't be told");
  return pass("自動ログインはありません", "there is no automatic sign-in");
}

}  // namespace sekisho
