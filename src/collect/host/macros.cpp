// SPDX-License-Identifier: Apache-2.0
// Whether documents may run what strangers wrote: LibreOffice's and OpenOffice's macro security.
#include <algorithm>

#include <fmt/format.h>

#include "collect/host/browsers.h"

namespace sekisho {
namespace {

constexpr std::size_t kRegistryBytes = std::size_t{64} << 20U;
constexpr int kMacroDefault = 2;  // high: only what is signed and trusted runs
constexpr int kLowestMacroLevel = 2;

bool office_installed(const Machine& machine) {
  const auto& packages = machine.packages();
  bool any = packages && (packages->find("libreoffice-core") != nullptr ||
                          packages->find("libreoffice-core-nogui") != nullptr);
  any = any || !machine.program("soffice").empty() || !machine.program("libreoffice").empty() ||
        machine.exists("/snap/libreoffice");
  for (const char* folder : {"/opt", "/usr/lib", "/usr/lib64"})
    if (const auto names = machine.list(folder))
      any = any || std::ranges::any_of(*names, [](const std::string& name) {
              return name.starts_with("libreoffice") || name.starts_with("openoffice");
            });
  note_flatpak(machine, "org.libreoffice.LibreOffice");
  return any ||
         in_other_packages(machine, {"libreoffice", "libreoffice-core", "libreoffice-common"});
}

/// Office suites whose settings of macros aren't read.
void note_other_suites(const Machine& machine) {
  for (const char* folder :
       {"/opt/onlyoffice", "/opt/kingsoft/wps-office", "/usr/share/office2024",
        "/usr/share/office2021", "/usr/share/freeoffice2024", "/snap/onlyoffice-desktopeditors",
        "/snap/wps-office", "/opt/collaboraoffice"})
    if (machine.exists(folder)) machine.not_understood(folder);
  for (const char* id : {"org.onlyoffice.desktopeditors", "com.wps.Office",
                         "com.collaboraoffice.Office", "org.apache.openoffice"})
    note_flatpak(machine, id);
}

/// Files of settings for all who sign in: LibreOffice reads every .xcd of its registry.
std::vector<std::string> registry_files(const Machine& machine) {
  std::vector<std::string> folders{"/etc/libreoffice/registry",
                                   "/usr/lib/libreoffice/share/registry",
                                   "/usr/lib64/libreoffice/share/registry"};
  if (const auto names = machine.list("/opt"))
    for (const std::string& name : *names)
      if (name.starts_with("libreoffice") || name.starts_with("openoffice"))
        folders.push_back("/opt/" + name + "/share/registry");
  std::vector<std::string> paths;
  for (const std::string& folder : folders)
    for (const char* ending : {".xcd", ".xcu"})
      std::ranges::copy(files_in(machine, folder, ending), std::back_inserter(paths));
  return paths;
}

/// One person's settings, of whichever package the program came with.
std::vector<std::string> profile_files(const Machine& machine, const std::string& home) {
  constexpr const char* kFile = "/user/registrymodifications.xcu";
  std::vector<std::string> paths;
  for (const char* folder :
       {"/.config/libreoffice", "/.config/libreofficedev", "/.openoffice", "/.openoffice.org",
        "/.var/app/org.libreoffice.LibreOffice/config/libreoffice"})
    for (const std::string& one : files_in(machine, home + folder, ""))
      paths.push_back(one + kFile);
  for (const std::string& revision : files_in(machine, home + "/snap/libreoffice", ""))
    for (const std::string& one : files_in(machine, revision + "/.config/libreoffice", ""))
      paths.push_back(one + kFile);
  return paths;
}

struct MacroLook {
  const Machine& machine;
  std::optional<Finding> bad;

  /// The level that holds by `said`, over the one of `before`.
  int judge(const std::string& path, const MacroSettings& said, std::optional<int> before,
            bool final) {
    const bool own = said.level.has_value() && !final;
    const int level = own ? *said.level : before.value_or(kMacroDefault);
    machine.compared(
        path,
        fmt::format("MacroSecurityLevel={}{}{}", level, own || before ? "" : " (default)",
                    said.trusted.empty() ? "" : ", SecureURL"),
        fmt::format(">= {}", kLowestMacroLevel));
    if (said.unclear) machine.not_understood(path, "MacroSecurityLevel");
    if (level < kLowestMacroLevel)
      bad = fail(fmt::format("署名のないマクロが動かせます（セキュリティレベル {}／3）", level),
                 fmt::format("unsigned macros can run (security level {} of 3)", level));
    else if (!said.trusted.empty() && !bad)
      bad = fail("信頼できる場所とされたフォルダーのマクロが、確かめられずに動きます（SecureURL）",
                 "macros in trusted places run without a question (SecureURL)");
    return level;
  }
};

}  // namespace

Finding office_macros(const Look& look) {
  const Machine& machine = look.machine;
  note_other_suites(machine);
  if (!office_installed(machine))
    return not_applicable("LibreOffice は入っていません", "LibreOffice is not installed");
  const auto people = machine.people();
  if (!people) return unreadable("/etc/passwd", people.error());
  MacroLook found{machine, std::nullopt};
  std::optional<int> for_all;
  bool final = false;
  for (const std::string& path : registry_files(machine)) {
    const auto text = machine.read(path, kRegistryBytes);
    if (!text) continue;
    MacroSettings said = macro_settings(*text);
    if (!said.level && !said.unclear && said.trusted.empty()) continue;
    if (said.level) for_all = std::min(for_all.value_or(3), *said.level);
    final = final || said.final;
    // Its level is judged with each person's.
    said.level.reset();
    if (said.trusted.empty() && !said.unclear) continue;
    found.judge(path, said, kMacroDefault, false);
  }
  int lowest = 3;
  for (const Account& person : *people) {
    bool own = false;
    for (const std::string& path : profile_files(machine, person.home)) {
      const auto text = machine.read(path, kRegistryBytes);
      if (!text && text.error() == FileProblem::missing) continue;
      if (!text) return unreadable(path, text.error());
      lowest = std::min(lowest, found.judge(path, macro_settings(*text), for_all, final));
      own = true;
    }
    if (!own)
      lowest = std::min(lowest, found.judge("~/.config/libreoffice/4/user", {}, for_all, final));
  }
  if (people->empty()) lowest = found.judge("~/.config/libreoffice/4/user", {}, for_all, final);
  if (found.bad) return *found.bad;
  return pass(fmt::format("署名のないマクロは動きません（セキュリティレベル {}／3）", lowest),
              fmt::format("unsigned macros do not run (security level {} of 3)", lowest));
}

}  // namespace sekisho
