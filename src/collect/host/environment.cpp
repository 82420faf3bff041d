// SPDX-License-Identifier: Apache-2.0
#include "collect/host/environment.h"

#include <algorithm>

#include "collect/host/systemd.h"

namespace sekisho {
namespace {

bool in_name(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

/// A value up to its closing quote, or to what ends a word.
std::string value_at(std::string_view text) {
  if (text.starts_with('"') || text.starts_with('\'')) {
    const char quote = text.front();
    text.remove_prefix(1);
    return std::string(text.substr(0, text.find(quote)));
  }
  return std::string(text.substr(0, text.find_first_of("\"' \t;)")));
}

void add_files(const Machine& machine, const std::string& folder, std::string_view suffix,
               std::vector<std::string>& into) {
  for (std::string& path : files_in(machine, folder, suffix))
    if (const auto facts = machine.facts(path); facts && S_ISREG(facts->mode))
      into.push_back(std::move(path));
}

}  // namespace

std::vector<Assigned> assigned_in(std::string_view line) {
  std::vector<Assigned> found;
  line = trim(line);
  if (line.starts_with('#')) return found;
  for (std::size_t at = 0; at < line.size();) {
    if (!in_name(line[at])) {
      ++at;
      continue;
    }
    std::size_t end = at;
    while (end < line.size() && in_name(line[end])) ++end;
    const std::string_view name = line.substr(at, end - at);
    at = end;
    std::string_view rest = line.substr(end);
    const std::string_view after = trim(rest);
    if (after.starts_with('=')) {
      found.push_back({std::string(name), value_at(trim(after.substr(1)))});
      continue;
    }
    // fish_variables: "SETUVAR --export NAME:VALUE".
    if (rest.starts_with(':') && line.starts_with("SETUVAR")) {
      found.push_back({std::string(name), value_at(rest.substr(1))});
      continue;
    }
    const bool pam = after.starts_with("DEFAULT=") || after.starts_with("OVERRIDE=");
    if (pam) {
      for (const std::string_view word : {"DEFAULT=", "OVERRIDE="})
        if (const std::size_t value = rest.find(word); value != std::string_view::npos)
          found.push_back({std::string(name), value_at(rest.substr(value + word.size()))});
      return found;
    }
    const auto before = words(line.substr(0, end - name.size()));
    const bool setting =
        !before.empty() && (before[0] == "set" || before[0] == "setenv" || before[0] == "if") &&
        (before.back().starts_with('-') || before.back() == "set" || before.back() == "setenv");
    if (setting && !after.empty() && rest != after)
      found.push_back({std::string(name), value_at(after)});
  }
  return found;
}

std::vector<EnvironmentText> environment_texts(const Machine& machine) {
  std::vector<std::string> paths{"/etc/environment",
                                 "/etc/profile",
                                 "/etc/bashrc",
                                 "/etc/bash.bashrc",
                                 "/etc/zprofile",
                                 "/etc/zshenv",
                                 "/etc/zshrc",
                                 "/etc/zsh/zshenv",
                                 "/etc/zsh/zprofile",
                                 "/etc/zsh/zshrc",
                                 "/etc/csh.cshrc",
                                 "/etc/csh.login",
                                 "/etc/fish/config.fish",
                                 "/etc/default/locale",
                                 "/etc/locale.conf",
                                 "/etc/default/docker",
                                 "/etc/set-environment",
                                 "/etc/security/pam_env.conf",
                                 "/etc/X11/Xsession",
                                 "/etc/X11/xinit/xinitrc",
                                 "/etc/X11/xinit/xsession"};
  for (const char* folder : {"/etc/profile.d", "/etc/X11/Xsession.d", "/etc/X11/xinit/xinitrc.d",
                             "/etc/fish/conf.d", "/etc/xdg/plasma-workspace/env"})
    add_files(machine, folder, "", paths);
  for (const char* folder : {"/etc/environment.d", "/usr/lib/environment.d", "/run/environment.d"})
    add_files(machine, folder, ".conf", paths);
  const auto people = machine.people();
  if (!people && people.error() != FileProblem::missing)
    machine.gap(unreadable("/etc/passwd", people.error()));
  for (const Account& person : people ? *people : std::vector<Account>()) {
    for (const char* name :
         {".profile", ".bash_profile", ".bash_login", ".bashrc", ".zshenv", ".zprofile", ".zshrc",
          ".zlogin", ".cshrc", ".tcshrc", ".login", ".pam_environment", ".xprofile", ".xsessionrc",
          ".xsession", ".xinitrc", ".config/fish/config.fish", ".config/fish/fish_variables"})
      paths.push_back(person.home + "/" + name);
    add_files(machine, person.home + "/.config/environment.d", ".conf", paths);
    add_files(machine, person.home + "/.config/fish/conf.d", ".fish", paths);
    add_files(machine, person.home + "/.config/plasma-workspace/env", "", paths);
  }
  std::vector<EnvironmentText> found;
  for (const std::string& path : paths) {
    auto text = machine.read(path);
    if (text) found.push_back({path, std::move(*text)});
  }
  for (const char* name : {"systemd/system.conf", "systemd/user.conf"})
    for (const char* key : {"DefaultEnvironment", "ManagerEnvironment"})
      for (const Decided& one : systemd_settings(machine, name, "Manager", key))
        found.push_back({one.place, one.value});
  return found;
}

}  // namespace sekisho
