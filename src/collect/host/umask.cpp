// SPDX-License-Identifier: Apache-2.0
#include "collect/host/umask.h"

#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>

#include "collect/host/sign_in.h"
#include "collect/host/sshd.h"

namespace sekisho {
namespace {

constexpr int kDeepestSource = 6;

/// A umask as it is written, and whether others can read what is made under it.
struct Umask {
  std::string value;
  std::string place;
  bool open = true;
};
std::optional<Umask> umask_of(std::string_view value, std::string place) {
  const bool octal = !value.empty() && value.size() <= 4 &&
                     value.find_first_not_of("01234567") == std::string::npos;
  if (!octal) return std::nullopt;
  // The last digit is what others are denied; only reading and writing count here.
  return Umask{std::string(value), std::move(place),
               (static_cast<unsigned>(value.back() - '0') & 06U) != 06U};
}

/// Reads the files of shells, and those that they read in turn.
class Shells {
 public:
  Shells(const Machine& machine, std::vector<Umask>& found) : machine_(machine), found_(found) {}

  /// `home` is whose file it is; empty for one of everybody's. What such a one reads by a variable
  /// is known ("$i" of profile.d), what a person's reads isn't.
  void read(const std::string& path, const std::string& home, int depth = 0) {
    if (!had_.insert(path).second) return;
    const auto text = machine_.read(path);
    if (!text) return;
    std::size_t number = 0;
    for (const std::string_view line : split(std::string_view(*text), '\n')) {
      const std::string place = fmt::format("{}:{}", path, ++number);
      const auto parts = shell_words(line);
      for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
        if (parts[i] == "umask") take(parts[i + 1], place, line);
        // "." and "source" are words of their own at the start of a command.
        if ((parts[i] == "." || parts[i] == "source") && (i == 0 || parts[i - 1] == ";"))
          follow(parts[i + 1], place, line, home, depth);
      }
    }
  }

 private:
  void take(const std::string& value, const std::string& place, std::string_view line) {
    if (value == ";") return;  // alone it only prints
    if (const auto one = umask_of(value, place))
      found_.push_back(*one);
    else
      machine_.not_understood(place, line);
  }

  void follow(std::string name, const std::string& place, std::string_view line,
              const std::string& home, int depth) {
    for (const std::string_view start : {"$HOME/", "${HOME}/", "~/"})
      if (!home.empty() && name.starts_with(start)) name = home + "/" + name.substr(start.size());
    // What packages bring for completion and the like sets nothing.
    if (name.starts_with("/usr/share/") || name.starts_with("/usr/lib/")) return;
    if (!name.starts_with('/') || name.contains('$') || depth >= kDeepestSource) {
      if (!home.empty()) machine_.not_understood(place, line);
      return;
    }
    read(name, home, depth + 1);
  }

  const Machine& machine_;
  std::vector<Umask>& found_;
  std::set<std::string> had_;
};

/// The shells' own files: they come after PAM's.
void umasks_of_shells(const Machine& machine, std::vector<Umask>& found) {
  Shells shells(machine, found);
  for (const char* suffix : {".sh", ".csh"})
    for (const std::string& path : files_in(machine, "/etc/profile.d", suffix))
      shells.read(path, {});
  for (const char* path :
       {"/etc/profile", "/etc/profile.local", "/etc/bashrc", "/etc/bash.bashrc",
        "/etc/bash.bashrc.local", "/etc/bash/bashrc", "/etc/kshrc", "/etc/ksh.kshrc",
        "/etc/csh.cshrc", "/etc/csh.login", "/etc/zshenv", "/etc/zprofile", "/etc/zshrc",
        "/etc/zlogin", "/etc/zsh/zshenv", "/etc/zsh/zprofile", "/etc/zsh/zshrc", "/etc/zsh/zlogin",
        "/etc/fish/config.fish"})
    shells.read(path, {});
  for (const std::string& path : files_in(machine, "/etc/fish/conf.d", ".fish"))
    shells.read(path, {});
  const auto people = machine.people();
  if (!people) return;
  for (const Account& person : *people) {
    if (person.home.size() < 2) continue;
    for (const char* name :
         {".profile", ".bash_profile", ".bash_login", ".bashrc", ".zshenv", ".zprofile", ".zshrc",
          ".zlogin", ".kshrc", ".mkshrc", ".cshrc", ".tcshrc", ".login", ".xprofile", ".xsessionrc",
          ".xsession", ".xinitrc", ".config/fish/config.fish"})
      shells.read(person.home + "/" + name, person.home);
    for (const std::string& path : files_in(machine, person.home + "/.config/fish/conf.d", ".fish"))
      shells.read(path, person.home);
  }
}

/// UMASK as pam_umask looks for it in login.defs: the first line counts, and '=' may stand for a
/// blank. Whether case counts differs; of two first lines the looser is taken.
std::optional<std::string> umask_of_defs(std::string_view text) {
  std::optional<std::string> exact;
  std::optional<std::string> any;
  for (const std::string_view line : split(text, '\n')) {
    std::string plain(line.substr(0, line.find('#')));
    std::ranges::replace(plain, '=', ' ');
    const auto parts = words(std::string_view(plain));
    if (parts.size() < 2 || lower(parts[0]) != "umask") continue;
    if (!any) any = std::string(parts[1]);
    if (!exact && parts[0] == "UMASK") exact = std::string(parts[1]);
  }
  const auto one = exact ? umask_of(*exact, {}) : std::nullopt;
  return !exact || (one && one->open) ? exact : any;
}

Finding unreadable_umask(std::string_view value, std::string_view place) {
  return unknown(fmt::format("umask の値「{}」を読めません（{}）", printable(value, 20), place),
                 fmt::format("the umask '{}' is unreadable ({})", printable(value, 20), place));
}

/// What a stack's pam_umask leaves, the loosest of all ways through it; nothing where a way comes
/// by none. Each step sets its argument, else what login.defs says, else nothing.
std::expected<std::optional<Umask>, Finding> umask_of_stack(
    const std::vector<PamStep>& steps, const std::optional<std::string>& defs) {
  std::optional<Umask> loosest;
  std::optional<Finding> unclear;
  bool without = false;
  const auto way = [&](bool, const std::vector<const PamStep*>& come_by) {
    std::optional<Umask> left;
    for (const PamStep* step : come_by) {
      if (step->rule.module != "pam_umask.so") continue;
      const auto own = step->rule.argument("umask");
      const std::string place = own ? step->place : "/etc/login.defs";
      if (!left) left = Umask{"022", "the default", true};
      if (!own && !defs) continue;
      left = umask_of(own ? *own : *defs, place);
      if (!left) {
        unclear = unreadable_umask(own ? *own : *defs, place);
        left = Umask{"022", place, true};
      }
    }
    without = without || !left;
    if (left && (!loosest || left->open)) loosest = left;
  };
  const auto returns = [](const PamStep& step) -> std::optional<PamReturn> {
    const PamRule& rule = step.rule;
    if (rule.module == "pam_deny.so") return PamReturn::failure;
    if (rule.module == "pam_permit.so" || asks(rule) || bystander(rule)) return PamReturn::success;
    return std::nullopt;
  };
  if (!each_way(steps, returns, way))
    return std::unexpected(unknown("PAM の設定が込み入っていて、umask が決まりません",
                                   "PAM's stack has too many conditions to tell the umask"));
  if (unclear) return std::unexpected(*unclear);
  if (without) return std::nullopt;
  return loosest;
}

/// What pam_umask leaves in the stacks of all sign-ins, the loosest of them; nothing where it is in
/// none of those that services share, and in none of their own.
std::expected<std::optional<Umask>, Finding> umask_of_pam(const Machine& machine,
                                                          const std::optional<std::string>& defs,
                                                          std::vector<std::string>& unreached) {
  std::optional<Umask> loosest;
  std::vector<ServiceStack> stacks = shared_stacks(machine, "session");
  if (auto steps = pam_stack(machine, "postlogin", "session"); steps && !steps->empty())
    stacks.push_back({"postlogin", std::move(*steps)});
  const std::size_t shared = stacks.size();
  // Screen lockers and sudo open no session of their own; su's begins in another's.
  static constexpr std::array kSessions{
      "login", "remote", "sshd", "gdm",    "gdm3",        "gdm-password", "lightdm", "sddm",
      "kde",   "xdm",    "lxdm", "greetd", "xrdp-sesman", "slim",         "cockpit"};
  for (ServiceStack& one : service_stacks(machine, "session"))
    if (std::ranges::find(kSessions, one.service) != kSessions.end())
      stacks.push_back(std::move(one));
  // A service without a rule for sessions brings nothing there either.
  for (const char* service : kSessions)
    if (const auto steps = pam_stack(machine, service, "session"); steps && steps->empty())
      unreached.push_back(std::string("/etc/pam.d/") + service);
  for (std::size_t i = 0; i < stacks.size(); ++i) {
    auto left = umask_of_stack(stacks[i].steps, defs);
    if (!left) return left;
    if (*left && (!loosest || (*left)->open)) loosest = **left;
    if (!*left && i >= shared) unreached.push_back("/etc/pam.d/" + stacks[i].service);
  }
  return loosest;
}

/// "umask=022" in somebody's GECOS field, which pam_umask takes before all else.
void umasks_of_gecos(const Machine& machine, std::vector<Umask>& found) {
  const auto people = machine.people();
  if (!people) return;
  for (const Account& person : *people)
    for (const std::string_view part : split(std::string_view(person.gecos), ','))
      if (trim(part).starts_with("umask=")) {
        const std::string_view value = trim(part).substr(6);
        if (const auto one = umask_of(value, "/etc/passwd"))
          found.push_back(*one);
        else
          machine.not_understood("/etc/passwd", part);
      }
}

/// UMask= of what systemd starts in people's sessions.
void umasks_of_units(const Machine& machine, std::vector<Umask>& found) {
  std::vector<std::string> folders{"/etc/systemd/user", "/run/systemd/user",
                                   "/usr/local/lib/systemd/user", "/usr/lib/systemd/user"};
  for (const char* base :
       {"/etc/systemd/system/", "/run/systemd/system/", "/usr/local/lib/systemd/system/"})
    folders.push_back(std::string(base) + "user@.service.d");
  if (const auto people = machine.people())
    for (const Account& person : *people)
      if (person.home.size() > 1) folders.push_back(person.home + "/.config/systemd/user");
  std::vector<std::string> paths{"/etc/systemd/system/user@.service",
                                 "/run/systemd/system/user@.service"};
  for (const std::string& folder : folders) {
    const auto names = machine.list(folder);
    if (!names) continue;
    for (const std::string& name : *names) {
      if (name.ends_with(".service") || name.ends_with(".conf"))
        paths.push_back(folder + "/" + name);
      if (name.ends_with(".service.d"))
        std::ranges::copy(files_in(machine, folder + "/" + name, ".conf"),
                          std::back_inserter(paths));
    }
  }
  for (const std::string& path : paths) {
    const auto text = machine.read(path);
    if (!text || !text->contains("UMask")) continue;
    for (const SystemdLine& line : parse_systemd(*text)) {
      if (line.key != "UMask" || line.value.empty()) continue;
      const std::string place = fmt::format("{}:{}", path, line.number);
      if (const auto one = umask_of(line.value, place))
        found.push_back(*one);
      else
        machine.not_understood(place, line.value);
    }
  }
}

/// sshd opens sessions without PAM unless it is told to use it.
void note_sshd_without_pam(const Machine& machine, std::vector<std::string>& unreached) {
  if (machine.program("sshd").empty()) return;
  const auto settings = sshd_settings(machine);
  if (!settings) return;
  const Decided pam = settings->global("usepam", "no");
  if (pam.value == "yes") return;
  unreached.push_back("sshd, UsePAM " + pam.value);
}

void note(const Machine& machine, const Umask& one) {
  const bool is_default = one.place.empty() || one.place == "the default";
  machine.compared(is_default ? "/etc/login.defs" : one.place,
                   fmt::format("umask {}{}", one.value, is_default ? " (default)" : ""),
                   "027, 077");
}

}  // namespace

std::vector<std::string> shell_words(std::string_view line) {
  std::vector<std::string> found;
  std::string word;
  char quote = '\0';
  bool any = false;
  const auto finish = [&] {
    if (any) found.push_back(std::move(word));
    word.clear();
    any = false;
  };
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (quote != '\0') {
      if (c == quote)
        quote = '\0';
      else
        word += c;
      continue;
    }
    if (c == '#' && !any) break;
    if (c == '"' || c == '\'') {
      quote = c;
      any = true;
    } else if (c == '\\' && i + 1 < line.size()) {
      word += line[++i];
      any = true;
    } else if (c == ' ' || c == '\t' || c == '\r') {
      finish();
    } else if (std::string_view(";&|()`").contains(c)) {
      finish();
      if (found.empty() || found.back() != ";") found.emplace_back(";");
    } else {
      word += c;
      any = true;
    }
    // After these a command begins.
    if (!any && !found.empty() &&
        (found.back() == "then" || found.back() == "do" || found.back() == "else" ||
         found.back() == "{" || found.back() == "builtin" || found.back() == "command"))
      found.back() = ";";
  }
  finish();
  return found;
}

/// login.defs alone reaches nobody's session: pam_umask brings it there, and the shells' files may
/// change it afterwards.
Finding umask_default(const Look& look) {
  const Machine& machine = look.machine;
  const auto text = machine.read("/etc/login.defs");
  if (!text) return unreadable("/etc/login.defs", text.error());
  auto defs = umask_of_defs(*text);
  if (!defs)
    if (const auto other = machine.read("/etc/default/login")) defs = umask_of_defs(*other);
  std::vector<std::string> unreached;
  const auto set = umask_of_pam(machine, defs, unreached);
  if (!set) return set.error();
  std::vector<Umask> later;
  if (*set) umasks_of_gecos(machine, later);
  umasks_of_units(machine, later);
  const std::size_t before_shells = later.size();
  umasks_of_shells(machine, later);
  const bool shells = later.size() > before_shells;
  for (const Umask& one : later) note(machine, one);
  for (const Umask& one : later)
    if (one.open)
      return fail(fmt::format("新しいファイルをほかの利用者も読めます（umask {}、{}）", one.value,
                              one.place),
                  fmt::format("others can read new files (umask {}; {})", one.value, one.place));
  if (!*set && !shells) {
    if (defs && !umask_of(*defs, {})) return unreadable_umask(*defs, "/etc/login.defs");
    const std::string value = defs.value_or("022");
    machine.compared("/etc/login.defs", fmt::format("UMASK {}", value), "027, 077");
    note_count(machine, "/etc/pam.d/", "session pam_umask.so", 0, ">= 1");
    return fail(fmt::format("UMASK {} は効きません（pam_umask がありません）", value),
                fmt::format("UMASK {} reaches nobody's session (there is no pam_umask)", value));
  }
  const Umask& decides = shells ? later.back() : **set;
  note(machine, decides);
  if (decides.open)
    return fail(
        fmt::format("新しいファイルをほかの利用者も読めます（UMASK {}、{}）", decides.value,
                    decides.place),
        fmt::format("others can read new files (UMASK {}; {})", decides.value, decides.place));
  if (!shells) note_sshd_without_pam(machine, unreached);
  if (!shells && !unreached.empty()) {
    note_count(machine, "/etc/pam.d/", "sign-ins without session pam_umask.so", unreached.size(),
               "0");
    return fail(
        fmt::format("UMASK {} が届かないサインインがあります: {}", decides.value,
                    listed(unreached)),
        fmt::format("UMASK {} doesn't reach every sign-in: {}", decides.value, listed(unreached)));
  }
  return pass(
      fmt::format("新しいファイルをほかの利用者は読めません（UMASK {}、{}）", decides.value,
                  decides.place),
      fmt::format("others cannot read new files (UMASK {}; {})", decides.value, decides.place));
}

}  // namespace sekisho
