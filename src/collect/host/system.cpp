// SPDX-License-Identifier: Apache-2.0
// The system underneath: start-up and kernel, and what is recorded there.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "collect/host/units.h"

namespace sekisho {
namespace {

/// Some rule records what is executed: of the kernel, which auditctl asks, else of the files that
/// augenrules loads.
std::optional<bool> records_programs(const Machine& machine) {
  const auto noted = [&](Compared where, bool found) {
    where.seen = fmt::format("-a … -S execve: {}", found ? ">= 1" : "0");
    where.limit = ">= 1";
    machine.compared(std::move(where));
    return found;
  };
  const auto says = [](std::string_view text) {
    for (const std::string_view line : split(text, '\n')) {
      const std::string_view rule = trim(line);
      if (rule.starts_with("-a") && !rule.contains("never") &&
          (rule.contains("execve") || rule.contains("-S all")))
        return true;
    }
    return false;
  };
  if (machine.live())
    if (const std::string program = machine.program("auditctl"); !program.empty())
      if (const auto answer = machine.run({program, "-l"}); answer && answer->exit_code == 0)
        return noted({.source = Compared::Source::program, .place = program}, says(answer->out));
  std::vector<std::string> paths = files_in(machine, "/etc/audit/rules.d", ".rules");
  paths.emplace_back("/etc/audit/audit.rules");
  bool hidden = false;
  for (const std::string& path : paths) {
    const auto text = machine.read(path);
    if (text && says(*text)) return noted({.place = path}, true);
    hidden = hidden || (!text && text.error() != FileProblem::missing);
  }
  const auto folder = machine.list("/etc/audit/rules.d");
  if (hidden || (!folder && folder.error() != FileProblem::missing)) return std::nullopt;
  return noted({.place = "/etc/audit/rules.d"}, false);
}

Finding audit_log(const Look& look) {
  if (look.machine.container())
    return not_applicable("監査の記録は親のマシンが取ります", "the audit log is its host's");
  const auto processes = look.machine.processes();
  if (processes)
    note_count(look.machine, "/proc/*/comm", "auditd", processes->contains("auditd") ? 1 : 0, "1");
  if (processes && processes->contains("auditd")) {
    const auto programs = records_programs(look.machine);
    if (!programs) return unreadable("/etc/audit/rules.d", FileProblem::denied);
    if (!*programs)
      return fail("auditd は動いていますが、管理者権限で何を実行したかを残す規則がありません",
                  "auditd runs, but no rule records what is run as administrator");
    return pass("auditd が、管理者権限での実行も記録しています",
                "auditd is recording, what is run as administrator too");
  }
  const auto& packages = look.machine.packages();
  const bool installed =
      packages && (packages->find("auditd") != nullptr || packages->find("audit") != nullptr);
  if (!processes) return unreadable("/proc", processes.error());
  if (installed)
    return fail("auditd は入っていますが、動いていません", "auditd is installed but not running");
  return fail("監査の記録（auditd）がありません", "there is no audit log (auditd)");
}

Finding secure_boot(const Look& look) {
  constexpr const char* kFolder = "/sys/firmware/efi/efivars";
  if (look.machine.container())
    return not_applicable("起動は親のマシンが行います", "its host does the starting");
  if (!look.machine.exists("/sys/firmware"))
    return unreadable("/sys/firmware", FileProblem::missing);
  if (!look.machine.exists("/sys/firmware/efi"))
    return not_applicable("UEFI で起動していません", "it was not started by UEFI");
  const auto names = look.machine.list(kFolder);
  if (!names) return unreadable(kFolder, names.error());
  for (const std::string& name : *names) {
    if (!name.starts_with("SecureBoot-")) continue;
    const auto value = look.machine.read(std::string(kFolder) + "/" + name, 64);
    if (!value) return unreadable(name, value.error());
    // Four bytes of attributes, then the value (UEFI 2.10, 3.3).
    const bool on = value->size() >= 5 && (*value)[4] == 1;
    look.machine.compared(std::string(kFolder) + "/" + name, on ? "1" : "0", "1");
    if (on) return pass("セキュアブートは有効です", "Secure Boot is on");
    return fail("セキュアブートが切れています", "Secure Boot is off");
  }
  note_count(look.machine, kFolder, "SecureBoot-*", 0, "1");
  return fail("セキュアブートに対応していないか、切れています", "Secure Boot is missing or off");
}

/// A kernel setting, and the values that count as good.
struct Setting {
  std::string_view name;  // with dots, as sysctl writes it
  std::int64_t least;
  std::int64_t most;
};

Finding settings_hold(const Look& look, std::span<const Setting> settings) {
  std::vector<std::string> wrong;
  std::vector<Compared> sound;
  std::size_t seen = 0;
  for (const Setting& setting : settings) {
    std::string path = "/proc/sys/";
    // A name of an interface may have dots: it stands behind a slash, up to the last dot.
    const std::size_t slash = setting.name.find('/');
    const std::size_t last = setting.name.rfind('.');
    for (std::size_t i = 0; i < setting.name.size(); ++i) {
      const bool within = slash != std::string_view::npos && i > slash && i < last;
      path += setting.name[i] == '.' && !within ? '/' : setting.name[i];
    }
    const auto text = look.machine.read(path, 64);
    if (!text && text.error() == FileProblem::missing) continue;  // not built into this kernel
    if (!text) return unreadable(path, text.error());
    ++seen;
    const std::string_view shown = trim(*text);
    const auto value = shown == "-1" ? -1 : whole_number(shown);
    const bool is_wrong = value < setting.least || value > setting.most;
    Compared one{.place = path,
                 .seen = printable(shown, 20),
                 .limit = setting.least == setting.most
                              ? std::to_string(setting.least)
                              : fmt::format("{} - {}", setting.least, setting.most)};
    // What is loose comes first: a basis has room for a few.
    if (is_wrong)
      look.machine.compared(std::move(one));
    else
      sound.push_back(std::move(one));
    if (is_wrong) wrong.push_back(fmt::format("{}={}", setting.name, printable(shown, 20)));
  }
  if (seen == 0) return unreadable("/proc/sys", FileProblem::missing);
  for (Compared& one : sound) look.machine.compared(std::move(one));
  if (!wrong.empty())
    return fail(fmt::format("緩い設定: {}", listed(wrong)),
                fmt::format("loose settings: {}", listed(wrong)));
  return pass(fmt::format("{} 項目とも望ましい値です", seen),
              fmt::format("all {} settings are as they should be", seen));
}

Finding kernel_hardening(const Look& look) {
  static constexpr std::array<Setting, 7> kSettings{{{"kernel.kptr_restrict", 1, 2},
                                                     {"kernel.dmesg_restrict", 1, 1},
                                                     {"kernel.yama.ptrace_scope", 1, 3},
                                                     {"kernel.randomize_va_space", 2, 2},
                                                     {"fs.protected_symlinks", 1, 1},
                                                     {"fs.protected_hardlinks", 1, 1},
                                                     {"fs.suid_dumpable", 0, 0}}};
  return settings_hold(look, kSettings);
}

/// Whether redirects are obeyed is decided by each interface: of IPv4 "all" or its own value, of
/// IPv6 its own (ip-sysctl.rst). "default" is what interfaces to come begin with.
Finding network_hardening(const Look& look) {
  const Machine& machine = look.machine;
  std::vector<std::string> names{"net.ipv4.tcp_syncookies"};
  for (const char* family : {"ipv4", "ipv6"}) {
    const auto interfaces = machine.list(fmt::format("/proc/sys/net/{}/conf", family));
    if (!interfaces) continue;
    for (const std::string& interface : *interfaces) {
      if (interface == "lo") continue;
      for (const char* key : {"accept_redirects", "accept_source_route", "send_redirects"}) {
        // IPv4 takes source routes only where "all" and the interface both do.
        const bool by_all =
            std::string_view(family) == "ipv4" && std::string_view(key) == "accept_source_route";
        if (!by_all || interface == "all")
          names.push_back(fmt::format("net.{}.conf/{}.{}", family, interface, key));
      }
    }
  }
  std::vector<Setting> settings;
  settings.reserve(names.size());
  for (const std::string& name : names)
    settings.push_back(name.ends_with("syncookies") ? Setting{name, 1, 2}
                       // IPv6 has -1 for "never"; 0 is only for the type that is harmless.
                       : name.starts_with("net.ipv6") && name.ends_with("source_route")
                           ? Setting{name, -1, 0}
                           : Setting{name, 0, 0});
  return settings_hold(look, settings);
}

Finding mandatory_access(const Look& look) {
  const Machine& machine = look.machine;
  if (!machine.exists("/sys/kernel")) return unreadable("/sys/kernel", FileProblem::missing);
  if (const auto selinux = machine.read("/sys/fs/selinux/enforce", 16)) {
    machine.compared("/sys/fs/selinux/enforce", std::string(trim(*selinux)), "1");
    if (trim(*selinux) == "1") return pass("SELinux が強制しています", "SELinux is enforcing");
    return fail("SELinux は記録だけで、止めません（permissive）",
                "SELinux only records (permissive)");
  }
  const auto apparmor = machine.read("/sys/module/apparmor/parameters/enabled", 16);
  machine.compared("/sys/module/apparmor/*",
                   fmt::format("enabled={}", apparmor ? trim(*apparmor) : "-"), "Y");
  if (apparmor && trim(*apparmor) == "Y") return pass("AppArmor が有効です", "AppArmor is on");
  return fail("AppArmor も SELinux も有効ではありません", "neither AppArmor nor SELinux is on");
}

constexpr std::array kSystemChecks{
    HostCheck{"time-sync", time_sync, {"/etc/systemd/system", "adjtimex"}},
    HostCheck{"audit-log", audit_log, {"/proc"}},
    HostCheck{"persistent-log", persistent_log, {"/var/log", "/etc/systemd/journald.conf"}},
    HostCheck{"secure-boot", secure_boot, {"/sys/firmware/efi/efivars"}},
    HostCheck{"kernel-hardening", kernel_hardening, {"/proc/sys/"}},
    HostCheck{"network-hardening", network_hardening, {"/proc/sys/"}},
    HostCheck{"mandatory-access", mandatory_access, {"/sys/"}},
};

}  // namespace

std::span<const HostCheck> system_checks() { return kSystemChecks; }

}  // namespace sekisho
