// SPDX-License-Identifier: Apache-2.0
#include "collect/host/sudo.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>

#include "collect/host/people.h"
#include "collect/limits.h"

namespace sekisho {
namespace {

/// Programs by which whoever may run them as root, with any arguments, may do anything: they start
/// others, or write wherever they are told to.
constexpr auto kGivesAll = std::to_array<std::string_view>(
    {"apk",       "apt",         "apt-get", "aptitude",   "ash",     "at",         "awk",
     "bash",      "busybox",     "chmod",   "chown",      "chroot",  "cp",         "cpio",
     "crontab",   "csh",         "curl",    "dash",       "dd",      "dnf",        "doas",
     "docker",    "dpkg",        "ed",      "emacs",      "env",     "expect",     "find",
     "fish",      "gawk",        "gdb",     "git",        "install", "journalctl", "ksh",
     "less",      "ln",          "lua",     "machinectl", "make",    "man",        "mawk",
     "mksh",      "more",        "mount",   "mv",         "nano",    "nice",       "node",
     "nsenter",   "pacman",      "passwd",  "perl",       "php",     "pico",       "pip",
     "pkexec",    "podman",      "python",  "python2",    "python3", "rpm",        "rsync",
     "ruby",      "run0",        "runuser", "screen",     "script",  "sed",        "setarch",
     "sh",        "snap",        "socat",   "ssh",        "strace",  "su",         "sudo",
     "systemctl", "systemd-run", "tar",     "tclsh",      "tcsh",    "tee",        "time",
     "timeout",   "tmux",        "unshare", "useradd",    "usermod", "vi",         "view",
     "vigr",      "vim",         "vipw",    "visudo",     "watch",   "wget",       "xargs",
     "yum",       "zsh",         "zypper"});

/// "/usr/bin/su", "/bin/bash *", "/bin/" (all in it); with arguments of its own it may be less.
bool gives_all(std::string_view command) {
  const std::string_view program = command.substr(0, command.find_first_of(" \t"));
  const std::string_view arguments = trim(command.substr(program.size()));
  if (!program.starts_with('/')) return false;
  if (!arguments.empty() && arguments != "*") return false;
  if (program.ends_with('/') || program.find_first_of("*?[") != std::string_view::npos) return true;
  std::string_view name = program.substr(program.rfind('/') + 1);
  // "python3.11"
  if (name.starts_with("python") || name.starts_with("perl") || name.starts_with("ruby"))
    name = name.substr(0, name.find('.'));
  return among(kGivesAll, name);
}

constexpr int kDeepestSudoInclude = 128;  // sudo's own bound

/// Cuts at `separator`, but not within quotes, brackets or after a backslash.
std::vector<std::string> cut(std::string_view text, char separator) {
  std::vector<std::string> parts{""};
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\\' && i + 1 < text.size()) {
      parts.back() += c;
      parts.back() += text[++i];
      continue;
    }
    if (c == '"') quoted = !quoted;
    if (c == separator && !quoted)
      parts.emplace_back();
    else
      parts.back() += c;
  }
  for (std::string& part : parts) part = std::string(trim(std::string_view(part)));
  return parts;
}

std::string unquoted(std::string text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') continue;
    if (text[i] == '\\' && i + 1 < text.size()) ++i;
    out += text[i];
  }
  return out;
}

bool alias_name(std::string_view word) {
  return !word.empty() && word[0] >= 'A' && word[0] <= 'Z' && std::ranges::all_of(word, [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

/// Reads the lines of all files, then judges them: aliases and defaults may stand after their use.
class SudoersReader {
 public:
  explicit SudoersReader(const Machine& machine) : machine_(machine) {}

  void read(const std::string& path, int depth, bool must_be) {
    const auto text = machine_.read(path);
    if (!text) {
      if (text.error() == FileProblem::missing && must_be)
        machine_.gap(unreadable(path, text.error()));
      return;
    }
    if (depth > kDeepestSudoInclude) return machine_.not_understood(path, "@include");
    for (const SudoersLine& line : parse_sudoers_lines(*text)) take(line, path, depth);
  }

  SudoRules judge() {
    SudoRules rules;
    for (const Line& line : specifications_) specification(line, rules);
    for (const std::string& loose : loose_) {
      rules.loose.push_back(loose);
      rules.loose_users.emplace_back("ALL");
    }
    rules.lasting = lasting_;
    return rules;
  }

 private:
  struct Line {
    std::string text;
    std::string place;
  };

  void take(const SudoersLine& line, const std::string& path, int depth) {
    const std::string place = fmt::format("{}:{}", path, line.number);
    const std::string_view text = line.text;
    const std::size_t end = std::min(text.find_first_of(" \t"), text.size());
    const std::string first(text.substr(0, end));
    const std::string rest(trim(text.substr(end)));
    if (first == "@include" || first == "#include")
      return read(absolute(unquoted(rest), path), depth + 1, true);
    if (first == "@includedir" || first == "#includedir")
      return read_folder(absolute(unquoted(rest), path), depth + 1);
    if (first.starts_with("Defaults")) return defaults({std::string(text), place});
    for (const char* kind : {"User_Alias", "Runas_Alias", "Host_Alias", "Cmnd_Alias", "Cmd_Alias"})
      if (first == kind) return aliases(kind, rest, place);
    if (first.starts_with('@')) return machine_.not_understood(place, text);
    specifications_.push_back({std::string(text), place});
  }

  static std::string absolute(const std::string& name, const std::string& from) {
    if (name.starts_with('/')) return name;
    return from.substr(0, from.rfind('/') + 1) + name;
  }

  void read_folder(const std::string& folder, int depth) {
    if (folder.contains('%')) return machine_.not_understood(folder);
    const auto names = machine_.list(folder);
    if (!names) return;
    // sudo skips names with a dot or a tilde at the end.
    for (const std::string& name : *names)
      if (!name.contains('.') && !name.ends_with('~')) {
        const auto facts = machine_.facts(folder + "/" + name);
        if (facts && S_ISREG(facts->mode)) read(folder + "/" + name, depth, true);
      }
  }

  void aliases(std::string_view kind, const std::string& rest, const std::string& place) {
    for (const std::string& one : cut(rest, ':')) {
      const std::size_t equals = one.find('=');
      if (equals == std::string::npos) return machine_.not_understood(place, rest);
      const std::string name(trim(std::string_view(one).substr(0, equals)));
      aliases_[std::string(kind.substr(0, 3)) + name] = cut(one.substr(equals + 1), ',');
    }
  }

  void defaults(const Line& line) {
    std::string_view text = line.text;
    text.remove_prefix(std::string_view("Defaults").size());
    const bool bound = !text.empty() && std::string_view(":@>!").contains(text[0]);
    if (bound) text = text.substr(std::min(text.find_first_of(" \t"), text.size()));
    for (const std::string& setting : cut(text, ',')) {
      const std::size_t end = std::min(setting.find_first_of(" \t=+-"), setting.size());
      const std::string name = setting.substr(0, end);
      const std::size_t equals = setting.find('=');
      const std::string value =
          equals == std::string::npos
              ? std::string()
              : unquoted(std::string(trim(std::string_view(setting).substr(equals + 1))));
      // What is said later holds, but only for whom it is said; that it was said is enough.
      const auto loose = [&](const char* what) {
        loose_.push_back(fmt::format("{} ({})", what, line.place));
      };
      std::string squeezed;
      for (const char c : setting)
        if (c != ' ' && c != '\t') squeezed += c;
      if (squeezed.starts_with('!') && squeezed.ends_with("!authenticate") &&
          (squeezed.size() - 12) % 2 == 1)
        loose("!authenticate");
      if (squeezed == "authenticate" && !bound)
        std::erase_if(loose_,
                      [](const std::string& one) { return one.starts_with("!authenticate"); });
      if (name == "exempt_group" && !value.empty()) loose("exempt_group");
      if (name == "timestamp_timeout" && lasts(value))
        lasting_.push_back(
            fmt::format("timestamp_timeout={} ({})", printable(value, 20), line.place));
      // Another stack of PAM, or groups that a program tells.
      if (name == "pam_service" || name == "pam_login_service" || name == "pam_askpass_service" ||
          name == "group_plugin")
        machine_.not_understood(line.place, setting);
    }
  }

  /// Minutes, also with a fraction. Below zero what was typed once is never forgotten; what is no
  /// number of sudo's counts as that.
  static bool lasts(std::string_view minutes) {
    const std::int64_t whole = whole_number(minutes.substr(0, minutes.find('.')));
    return whole < 0 || whole >= kLongestSudo + (minutes.contains('.') ? 0 : 1);
  }

  /// "hana, %sudo HOST = (root) NOPASSWD: /bin/a, PASSWD: /bin/b : HOST2 = …"
  void specification(const Line& line, SudoRules& rules) {
    const std::size_t first_equals = find_equals(line.text);
    if (first_equals == std::string::npos) return machine_.not_understood(line.place, line.text);
    const std::string_view left = std::string_view(line.text).substr(0, first_equals);
    // The list of users ends where a word isn't followed by a comma.
    const auto [users, hosts] = users_and_hosts(left);
    if (users.empty() || hosts.empty()) return machine_.not_understood(line.place, line.text);
    bool may_all = false;
    bool without = false;
    std::string rest = line.text.substr(first_equals + 1);
    commands(rest, may_all, without);
    for (const std::string& user : users) {
      if (user == "root" || user == "#0") continue;
      const std::string shown = printable(user, 40);
      if (without) {
        rules.loose.push_back(fmt::format("{} ({})", shown, line.place));
        expand(user, rules.loose_users, 0);
      }
      if (may_all) expand(user, rules.administrators, 0);
    }
  }

  static std::size_t find_equals(const std::string& text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '\\')
        ++i;
      else if (text[i] == '=')
        return i;
    }
    return std::string::npos;
  }

  static std::pair<std::vector<std::string>, std::string> users_and_hosts(std::string_view left) {
    std::string text;
    bool quoted = false;
    // Blanks around commas and after '!' and inside quotes don't end the list.
    for (std::size_t i = 0; i < left.size(); ++i) {
      if (left[i] == '"') quoted = !quoted;
      const bool blank = left[i] == ' ' || left[i] == '\t';
      if (!blank || quoted) {
        text += left[i];
        continue;
      }
      const std::string_view after = trim(left.substr(i));
      const bool joins =
          (!text.empty() && (text.back() == ',' || text.back() == '!')) || after.starts_with(',');
      if (!joins && !text.empty()) return {cut(text, ','), std::string(after)};
    }
    return {};
  }

  /// Tags hold for the commands after them.
  void commands(const std::string& list, bool& may_all, bool& without) {
    bool as_root = true;
    bool no_password = false;
    for (std::string command : cut(list, ',')) {
      if (command.starts_with('(')) {
        const std::size_t close = command.find(')');
        // A list of whom to become may have commas of its own.
        if (close == std::string::npos) {
          as_root = as_root || command.contains("root") || command.contains("ALL");
          pending_runas_ = true;
          continue;
        }
        as_root = becomes_root(command.substr(1, close - 1));
        command = std::string(trim(std::string_view(command).substr(close + 1)));
      } else if (pending_runas_) {
        const std::size_t close = command.find(')');
        as_root = true;
        if (close == std::string::npos) continue;
        pending_runas_ = false;
        command = std::string(trim(std::string_view(command).substr(close + 1)));
      }
      for (bool tag = true; tag;) {
        tag = false;
        for (const char* name : {"NOPASSWD", "PASSWD", "NOEXEC", "EXEC", "SETENV", "NOSETENV",
                                 "LOG_INPUT", "NOLOG_INPUT", "LOG_OUTPUT", "NOLOG_OUTPUT", "MAIL",
                                 "NOMAIL", "FOLLOW", "NOFOLLOW", "INTERCEPT", "NOINTERCEPT"}) {
          const std::string_view view = command;
          if (!view.starts_with(name)) continue;
          const std::string_view after = trim(view.substr(std::string_view(name).size()));
          if (!after.starts_with(':')) continue;
          if (std::string_view(name) == "NOPASSWD") no_password = true;
          if (std::string_view(name) == "PASSWD") no_password = false;
          command = std::string(trim(after.substr(1)));
          tag = true;
          break;
        }
      }
      if (command.empty()) continue;
      // A list for another host, or an option before the tag, may bring one of its own.
      const std::size_t hidden = command.find("NOPASSWD");
      const bool own = hidden != std::string::npos &&
                       trim(std::string_view(command).substr(hidden + 8)).starts_with(':');
      without = without || no_password || own;
      if (command.starts_with('!')) continue;
      may_all = may_all || (as_root && command_is_all(command, 0));
    }
  }

  bool becomes_root(std::string_view runas) const {
    const std::string_view users = trim(runas.substr(0, runas.find(':')));
    // Only a group is named: the user stays who he is.
    if (users.empty()) return runas.find(':') == std::string_view::npos;
    bool root = false;
    for (const std::string& user : cut(users, ','))
      root = root || user == "ALL" || user == "root" || user == "#0" || alias_name(user) ||
             user.starts_with('%') || user.starts_with('+') || user.starts_with('!');
    return root;
  }

  bool command_is_all(const std::string& command, int depth) const {
    if (command == "ALL" || command.ends_with(" ALL") || command.ends_with("=ALL")) return true;
    if (gives_all(command)) return true;
    const auto found = aliases_.find("Cmn" + command);
    if (found == aliases_.end() || depth > 8) return false;
    return std::ranges::any_of(
        found->second, [&](const std::string& one) { return command_is_all(one, depth + 1); });
  }

  void expand(const std::string& user, std::vector<std::string>& into, int depth) const {
    const auto found = aliases_.find("Use" + user);
    if (found == aliases_.end() || depth > 8) {
      if (!user.starts_with('!')) into.push_back(unquoted(user));
      return;
    }
    for (const std::string& one : found->second) expand(one, into, depth + 1);
  }

  const Machine& machine_;
  std::vector<Line> specifications_;
  std::map<std::string, std::vector<std::string>> aliases_;
  std::vector<std::string> loose_;
  std::vector<std::string> lasting_;
  bool pending_runas_ = false;
};

/// Rules that come from elsewhere than files, which this program doesn't ask.
void note_rules_elsewhere(const Machine& machine) {
  const auto text = machine.read("/etc/nsswitch.conf");
  if (!text) return;
  for (const std::string_view line : split(std::string_view(*text), '\n')) {
    const auto parts = words(line.substr(0, line.find('#')));
    if (parts.empty() || !parts[0].starts_with("sudoers:")) continue;
    for (const std::string_view part : parts)
      if (part.contains("ldap") || part.contains("sss"))
        machine.gap(
            unknown("sudo の規則は LDAP か SSSD からも来ます（/etc/nsswitch.conf）。sudo -l "
                    "で確かめてください",
                    "sudo's rules come from LDAP or SSSD too (/etc/nsswitch.conf); see sudo -l"));
  }
}

}  // namespace

std::vector<SudoersLine> parse_sudoers_lines(std::string_view text) {
  std::vector<SudoersLine> lines;
  std::string whole;
  std::size_t number = 0;
  std::size_t first = 0;
  for (std::string_view line : split(text, '\n')) {
    ++number;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (whole.empty()) first = number;
    // A comment begins at '#', unless a number or an include follows ("#1000", "#includedir"). It
    // goes to the end of its line, and the line after it isn't its continuation.
    bool quoted = false;
    bool commented = false;
    bool continued = false;
    std::string part;
    for (std::size_t i = 0; i < line.size() && !commented; ++i) {
      const char c = line[i];
      const std::string_view rest = line.substr(i);
      if (c == '"') quoted = !quoted;
      if (c == '\\' && i + 1 == line.size()) {
        continued = true;
      } else if (c == '\\') {
        part += c;
        part += line[++i];
      } else if (c == '#' && !quoted) {
        const bool number_follows =
            rest.size() > 1 && ((rest[1] >= '0' && rest[1] <= '9') || rest[1] == '-');
        const bool id =
            number_follows && (part.empty() || !std::string_view(")").contains(part.back()));
        const bool include =
            trim(std::string_view(part)).empty() && whole.empty() &&
            (rest.starts_with("#include ") || rest.starts_with("#include\t") ||
             rest.starts_with("#includedir ") || rest.starts_with("#includedir\t"));
        if (id || include)
          part += c;
        else
          commented = true;
      } else {
        part += c;
      }
    }
    whole += part;
    if (continued) {
      whole += ' ';
      continue;
    }
    const std::string_view done = trim(std::string_view(whole));
    if (!done.empty()) lines.push_back({std::string(done), first});
    whole.clear();
  }
  if (const std::string_view done = trim(std::string_view(whole)); !done.empty())
    lines.push_back({std::string(done), first});
  return lines;
}

std::optional<bool> parse_sudo_list(std::string_view text) {
  bool list = false;
  bool defaults = false;
  for (const std::string_view line : split(text, '\n')) {
    if (line.contains(" is not allowed to run sudo on ")) return false;
    if (line.starts_with("Matching Defaults entries for ")) defaults = true;
    if (line.contains(" may run the following commands on ")) {
      list = true;
      defaults = false;
    }
    if (!line.starts_with(' ')) continue;
    if (list && line.contains("NOPASSWD:")) return true;
    if (defaults) {
      if (line.contains("!authenticate")) return true;
      if (line.contains("exempt_group")) return std::nullopt;
    }
  }
  if (!list) return std::nullopt;
  return false;
}

std::optional<SudoTold> ask_sudo(const Machine& machine, const std::vector<std::string>& users) {
  // Each question takes some hundredths of a second; with more people the files decide.
  constexpr std::size_t kMost = 8;
  const std::string program = machine.program("sudo");
  const auto accounts = machine.accounts();
  if (!machine.live() || ::geteuid() != 0 || program.empty() || !accounts) return std::nullopt;
  SudoTold told;
  told.whole = other_sources(machine, "passwd").empty();
  std::set<std::string> names;
  for (const Account& account : *accounts) {
    const bool named = std::ranges::find(users, account.name) != users.end();
    if (account.uid != 0 && (has_shell(account) || named)) names.insert(account.name);
  }
  for (const std::string& user : users)
    told.whole =
        told.whole && std::ranges::find(*accounts, user, &Account::name) != accounts->end();
  if (names.size() > kMost) return std::nullopt;
  for (const std::string& name : names) {
    if (name.starts_with('-')) return std::nullopt;
    const auto answer = machine.run({program, "-n", "-l", "-U", name});
    const auto free = answer ? parse_sudo_list(answer->out) : std::nullopt;
    if (!free) return std::nullopt;
    if (*free) told.loose.push_back(name);
  }
  return told;
}

namespace {

/// What sudo.conf(5) makes of sudo: which file the rules are in. Any other plugin than sudoers
/// decides by rules of its own.
std::string file_by_sudo_conf(const Machine& machine) {
  std::string file = "/etc/sudoers";
  const auto text = machine.read("/etc/sudo.conf");
  if (!text) return file;
  std::string whole = *text;
  for (std::size_t at = 0; (at = whole.find("\\\n", at)) != std::string::npos;)
    whole.replace(at, 2, "  ");
  for (const std::string_view line : split(std::string_view(whole), '\n')) {
    const auto parts = words(line.substr(0, line.find('#')));
    if (parts.empty()) continue;
    const std::string name = lower(parts[0]);
    if (name == "path") machine.not_understood("/etc/sudo.conf", line);
    if (name != "plugin") continue;
    const bool known = parts.size() >= 3 && parts[1].starts_with("sudoers_") &&
                       parts[2].substr(parts[2].rfind('/') + 1) == "sudoers.so" &&
                       (!parts[2].contains('/') || parts[2].starts_with("/usr/lib"));
    // A log alone decides nothing.
    if (!known) machine.not_understood("/etc/sudo.conf", line);
    for (std::size_t i = 3; i < parts.size(); ++i) {
      if (parts[i].starts_with("sudoers_file="))
        file = std::string(parts[i].substr(13));
      else if (!parts[i].starts_with("sudoers_uid=") && !parts[i].starts_with("sudoers_gid=") &&
               !parts[i].starts_with("sudoers_mode=") && !parts[i].starts_with("error_recovery="))
        machine.not_understood("/etc/sudo.conf", line);
    }
  }
  return file;
}

}  // namespace

std::expected<SudoRules, Finding> sudo_rules(const Machine& machine) {
  SudoersReader reader(machine);
  // sudo-rs reads a file of its own before /etc/sudoers; both are looked at, for both may be there.
  const bool rs = machine.exists("/etc/sudoers-rs");
  if (rs) reader.read("/etc/sudoers-rs", 0, true);
  const std::string file = file_by_sudo_conf(machine);
  const auto main = machine.read(file);
  if (main)
    reader.read(file, 0, true);
  else if (!rs && machine.exists("/usr/etc/sudoers"))
    reader.read("/usr/etc/sudoers", 0, true);
  else if (!rs)
    return std::unexpected(unreadable(file, main.error()));
  note_rules_elsewhere(machine);
  return reader.judge();
}

}  // namespace sekisho
