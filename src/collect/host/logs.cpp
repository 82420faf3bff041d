// SPDX-License-Identifier: Apache-2.0
// Logs that outlive a restart: journald's own, or files that a syslog writes.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "collect/host/units.h"

namespace sekisho {
namespace {

/// Days for which sign-ins can be looked up after an incident.
constexpr double kShortestKept = 30;

/// Folders of memory: of the running system's mounts, else of fstab and of mount units.
bool in_memory(const Machine& machine, std::string_view folder) {
  const auto volatile_type = [](std::string_view type) {
    return type == "tmpfs" || type == "ramfs" || type == "zram";
  };
  std::vector<std::pair<std::string, bool>> mounts;
  if (machine.live()) {
    if (const auto text = machine.read("/proc/self/mountinfo"))
      for (const Mount& mount : parse_mountinfo(*text))
        mounts.emplace_back(mount.point, volatile_type(mount.type));
  } else if (const auto text = machine.read("/etc/fstab")) {
    for (const std::string_view line : split(std::string_view(*text), '\n')) {
      const auto parts = words(line);
      if (parts.size() >= 3 && !parts[0].starts_with('#'))
        mounts.emplace_back(std::string(parts[1]), volatile_type(parts[2]));
    }
  }
  if (!machine.live()) {
    const Units units(machine);
    for (const std::string& unit : units.named(".mount"))
      if (unit.starts_with("var") && units.state(unit) == UnitState::enabled)
        for (const Decided& type : units.settings(unit, "Mount", "Type"))
          for (const Decided& where : units.settings(unit, "Mount", "Where"))
            mounts.emplace_back(where.value, volatile_type(type.value));
  }
  // The deepest mount that holds the folder decides; of one point the last.
  std::size_t deepest = 0;
  bool memory = false;
  for (const auto& [raw, is_volatile] : mounts) {
    std::string point = raw;
    while (point.size() > 1 && point.ends_with('/')) point.pop_back();
    const bool holds = folder == point || folder.starts_with(point == "/" ? point : point + "/");
    if (!holds || point.size() < deepest) continue;
    deepest = point.size();
    memory = is_volatile;
    if (memory) machine.compared("/etc/fstab", point + ": tmpfs", "disk");
  }
  // Or a link into such a place.
  for (const std::string_view part : {"/var", "/var/log", "/var/log/journal"}) {
    const std::string target = machine.link_target(std::string(part));
    if (folder.starts_with(part) && (target.starts_with("/run") || target.starts_with("/tmp") ||
                                     target.starts_with("/dev/shm") || target.contains("../run/") ||
                                     target.contains("../tmp/")))
      memory = true;
  }
  return memory;
}

/// Whether rsyslog's configuration writes something of sign-ins into files that stay.
struct SyslogFiles {
  bool read = false;
  bool writes = false;
  bool from_journal = false;  // it asks journald itself (imjournal)
  std::string place;
};

bool names_file(const Machine& machine, std::string_view target) {
  if (target.starts_with('-')) target.remove_prefix(1);
  target = target.substr(0, target.find(';'));
  return target.starts_with('/') && !target.starts_with("/dev/") && !target.starts_with("/run/") &&
         !target.starts_with("/tmp/") && !in_memory(machine, target);
}

/// "auth,authpriv.*", "*.info;mail.none": of the messages of sign-ins something is kept.
bool keeps_sign_ins(std::string_view selector) {
  bool kept = false;
  for (const std::string_view part : split(selector, ';')) {
    const std::size_t dot = part.rfind('.');
    if (dot == std::string_view::npos) return false;
    std::string_view level = part.substr(dot + 1);
    bool ours = false;
    for (const std::string_view facility : split(part.substr(0, dot), ','))
      ours = ours || facility == "*" || facility == "authpriv" || facility == "auth";
    if (!ours) continue;
    if (level == "none") return false;
    kept = level == "*" || level == "info" || level == "debug";
  }
  return kept;
}

void rsyslog_file(const Machine& machine, const std::string& path, SyslogFiles& found) {
  const auto text = machine.read(path);
  if (!text) return;
  found.read = true;
  std::size_t number = 0;
  for (const std::string_view raw : split(std::string_view(*text), '\n')) {
    ++number;
    const std::string_view line = trim(raw);
    if (line.starts_with('#')) continue;
    if (line.contains("imjournal")) found.from_journal = true;
    // "*.* stop" and its like end what stands below.
    const auto parts = words(line);
    if (parts.size() < 2 || !parts[0].contains('.') || !keeps_sign_ins(parts[0])) continue;
    if (!found.writes && (parts[1] == "stop" || parts[1] == "~"))
      machine.not_understood(fmt::format("{}:{}", path, number), line);
    bool file = names_file(machine, parts[1]);
    // action(type="omfile" file="/var/log/auth.log")
    if (const std::size_t at = line.find("omfile"); at != std::string_view::npos)
      if (const std::size_t name = line.find("file=\"", at); name != std::string_view::npos)
        file = names_file(machine, line.substr(name + 6, line.find('"', name + 6) - name - 6));
    if (!file) continue;
    found.writes = true;
    if (found.place.empty()) found.place = fmt::format("{}:{}", path, number);
  }
}

SyslogFiles rsyslog_files(const Machine& machine) {
  SyslogFiles found;
  for (const std::string& path : files_in(machine, "/etc/rsyslog.d", ".conf"))
    rsyslog_file(machine, path, found);
  rsyslog_file(machine, "/etc/rsyslog.conf", found);
  return found;
}

/// What takes logs away again: at each start, or when they are rotated (tmpfiles.d(5),
/// logrotate(8)).
void note_removals(const Machine& machine) {
  const auto of_logs = [](std::string_view path) {
    return path == "/var/log" || path.starts_with("/var/log/journal") || path == "/var/log/*" ||
           path.contains("/syslog") || path.contains("/auth") || path.contains("/secure") ||
           path.contains("/messages") || path == "/var";
  };
  for (const char* folder :
       {"/etc/tmpfiles.d", "/run/tmpfiles.d", "/usr/local/lib/tmpfiles.d", "/usr/lib/tmpfiles.d"})
    for (const std::string& path : files_in(machine, folder, ".conf")) {
      const auto text = machine.read(path);
      if (!text) continue;
      for (const std::string_view line : split(std::string_view(*text), '\n')) {
        const auto parts = words(line);
        if (parts.size() < 2 || parts[0].starts_with('#') || !of_logs(parts[1])) continue;
        const bool aged = parts.size() > 5 && parts[5] != "-";
        if (std::string_view("rRD").contains(parts[0][0]) || aged)
          machine.not_understood(path, line);
      }
    }
  std::vector<std::string> rotations{"/etc/logrotate.conf"};
  std::ranges::copy(files_in(machine, "/etc/logrotate.d", ""), std::back_inserter(rotations));
  for (const std::string& path : rotations) {
    const auto text = machine.read(path);
    if (!text) continue;
    bool logs = path == "/etc/logrotate.conf";
    for (const std::string_view line : split(std::string_view(*text), '\n')) {
      const auto parts = words(line);
      if (parts.empty() || parts[0].starts_with('#')) continue;
      if (parts[0].starts_with('/'))
        logs = std::ranges::any_of(parts, of_logs) || (logs && !line.contains('{'));
      const std::int64_t count = parts.size() > 1 ? whole_number(parts[1]) : -1;
      if (logs &&
          ((parts[0] == "rotate" && count == 0) ||
           (parts[0] == "maxage" && count >= 0 && static_cast<double>(count) < kShortestKept)))
        machine.not_understood(path, line);
    }
  }
}

Decided last_of(const Machine& machine, const char* key, std::string otherwise) {
  Decided decided{std::move(otherwise), ""};
  for (const Decided& one : systemd_settings(machine, "systemd/journald.conf", "Journal", key))
    decided = one;
  return decided;
}

/// What a syslog that starts comes to: files that stay, or why that isn't proven; nothing where
/// none starts.
std::optional<Finding> by_syslog(const Machine& machine) {
  bool rsyslog = false;
  bool other = false;
  if (machine.live()) {
    const auto processes = machine.processes();
    rsyslog = processes && processes->contains("rsyslogd");
    other = processes && (processes->contains("syslog-ng") || processes->contains("syslogd"));
    if (rsyslog || other)
      machine.compared("/proc/*/comm", rsyslog ? "rsyslogd" : "syslog-ng, syslogd", ">= 1");
  } else {
    rsyslog = note_unit(machine, "rsyslog.service", {"rsyslogd"}) == UnitState::enabled;
    other = note_unit(machine, "syslog-ng.service", {"syslog-ng"}) == UnitState::enabled;
  }
  if (rsyslog) {
    const SyslogFiles files = rsyslog_files(machine);
    if (!files.read)
      return unknown("rsyslog の設定が見つかりません", "rsyslog's configuration was not found");
    // Without imjournal it has only what journald hands on.
    const Decided forward = last_of(machine, "ForwardToSyslog", "yes");
    const bool cut = systemd_boolean(forward.value) == std::optional(false);
    const Decided level = last_of(machine, "MaxLevelSyslog", "debug");
    const bool thin =
        level.value != "debug" && level.value != "info" && level.value != "7" && level.value != "6";
    if (files.writes && (files.from_journal || (!cut && !thin))) {
      machine.compared(files.place, "auth: file", "file");
      return pass("rsyslog などが記録をディスクに残します",
                  "rsyslog or the like keeps logs on disk");
    }
    machine.compared(files.place.empty() ? "/etc/rsyslog.conf" : files.place,
                     fmt::format("files: {}, ForwardToSyslog={}, MaxLevelSyslog={}",
                                 files.writes ? "yes" : "no", forward.value, level.value),
                     "yes");
  }
  if (other)
    return unknown("syslog-ng などがどこに記録するか、設定を見て確かめてください",
                   "see the configuration of syslog-ng or the like for where it writes");
  return std::nullopt;
}

/// A size of journald.conf: "500M"; nothing for what isn't one.
std::optional<std::int64_t> size_of(std::string_view text) {
  std::int64_t factor = 1;
  if (!text.empty())
    if (const auto at = std::string_view("KMGT").find(text.back()); at != std::string_view::npos) {
      factor = std::int64_t{1} << (10 * (at + 1));
      text.remove_suffix(1);
    }
  const std::int64_t number = text.size() > 9 ? -1 : whole_number(text);
  return number < 0 ? std::nullopt : std::optional(number * factor);
}

constexpr std::int64_t kSmallest = std::int64_t{64} << 20U;

/// What of the journal isn't kept, or not for long.
std::optional<Finding> thinned(const Machine& machine) {
  const Decided level = last_of(machine, "MaxLevelStore", "debug");
  const bool known = level.value == "debug" || level.value == "info" || level.value == "7" ||
                     level.value == "6" || level.value.empty();
  machine.compared(level.place.empty() ? "systemd/journald.conf*" : level.place,
                   "MaxLevelStore=" + printable(level.value, 20), "debug, info");
  if (!known)
    return fail(fmt::format("サインインの記録が残りません（MaxLevelStore={}、{}）",
                            printable(level.value, 20), level.place),
                fmt::format("sign-ins are not stored (MaxLevelStore={}; {})",
                            printable(level.value, 20), level.place));
  const Decided kept = last_of(machine, "MaxRetentionSec", "0");
  if (kept.value != "0" && !kept.value.empty()) {
    const auto days = span_in_days(kept.value);
    machine.compared(kept.place, "MaxRetentionSec=" + printable(kept.value, 20),
                     fmt::format(">= {} d", kShortestKept));
    if (!days)
      return unknown(
          fmt::format("MaxRetentionSec={} を読み解けません", printable(kept.value, 20)),
          fmt::format("MaxRetentionSec={} is not understood", printable(kept.value, 20)));
    if (*days > 0 && *days < kShortestKept)
      return fail(fmt::format("記録は {} で消されます（MaxRetentionSec、{}）",
                              printable(kept.value, 20), kept.place),
                  fmt::format("logs are deleted after {} (MaxRetentionSec; {})",
                              printable(kept.value, 20), kept.place));
  }
  const Decided most = last_of(machine, "SystemMaxUse", "");
  if (!most.value.empty()) {
    const auto bytes = size_of(most.value);
    machine.compared(most.place, "SystemMaxUse=" + printable(most.value, 20), ">= 64M");
    if (!bytes || *bytes < kSmallest)
      return unknown(fmt::format("記録の大きさが {} までで、すぐ消えるかもしれません（{}）",
                                 printable(most.value, 20), most.place),
                     fmt::format("with {} at most logs may soon be gone ({})",
                                 printable(most.value, 20), most.place));
  }
  return std::nullopt;
}

/// journald itself, and what brings its records onto the disk, start as their maker meant.
std::optional<Finding> journald_stopped(const Machine& machine) {
  const Units units(machine);
  for (const auto& [unit, program] : {std::pair("systemd-journald.service", "systemd-journald"),
                                      std::pair("systemd-journal-flush.service", "journalctl")}) {
    const UnitState state = units.does(unit, {program});
    if (state == UnitState::masked || state == UnitState::changed) {
      machine.compared("systemd/system/*", fmt::format("{}: {}", unit, name(state)), "enabled");
      return fail(fmt::format("{} が止められているか、変えられています", unit),
                  fmt::format("{} is stopped or changed", unit));
    }
  }
  return std::nullopt;
}

Finding by_journald(const Machine& machine) {
  Decided storage{"auto", ""};
  for (const Decided& one :
       systemd_settings(machine, "systemd/journald.conf", "Journal", "Storage"))
    // journald leaves a word that it doesn't know where it is.
    for (const char* known : {"auto", "persistent", "volatile", "none"})
      if (one.value == known) storage = one;
  const std::string place = storage.place.empty() ? "the default" : storage.place;
  const auto facts = machine.facts("/var/log/journal");
  const bool folder = facts && S_ISDIR(facts->mode);
  machine.compared(storage.place.empty() ? "systemd/journald.conf*" : storage.place,
                   fmt::format("Storage={}{}, /var/log/journal: {}", storage.value,
                               storage.place.empty() ? " (default)" : "", folder ? "yes" : "no"),
                   "persistent, auto + /var/log/journal");
  if (storage.value != "persistent" && (storage.value != "auto" || !folder))
    return fail(
        fmt::format("記録は再起動で消えます（journald の Storage={}、{}）", storage.value, place),
        fmt::format("logs vanish on restart (journald Storage={}; {})", storage.value, place));
  if (in_memory(machine, "/var/log/journal"))
    return fail("記録はメモリ上にあり、再起動で消えます（/var/log/journal）",
                "logs lie in memory and vanish on restart (/var/log/journal)");
  if (auto stopped = journald_stopped(machine)) return *stopped;
  if (auto thin = thinned(machine)) return *thin;
  return pass(fmt::format("journald がディスクに残します（Storage={}、{}）", storage.value, place),
              fmt::format("journald keeps logs on disk (Storage={}; {})", storage.value, place));
}

}  // namespace

Finding persistent_log(const Look& look) {
  const Machine& machine = look.machine;
  if (!machine.exists("/var/log") && systemd_files(machine, "systemd/journald.conf").empty())
    return not_applicable("/var/log がありません", "there is no /var/log");
  note_removals(machine);
  const auto syslog = by_syslog(machine);
  if (syslog && syslog->verdict == Verdict::pass) return *syslog;
  if (machine.program("journalctl").empty() &&
      systemd_files(machine, "systemd/journald.conf").empty() && machine.exists("/etc/inittab"))
    return unknown("systemd を使わないシステムの記録は、まだ確かめられません",
                   "logs of systems without systemd cannot be checked yet");
  const Finding journal = by_journald(machine);
  return journal.verdict == Verdict::fail && syslog ? *syslog : journal;
}

}  // namespace sekisho
