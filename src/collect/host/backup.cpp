// Backups by the clock.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "collect/host/clock.h"
#include "collect/host/own_commands.h"
#include "collect/host/units.h"
#include "collect/limits.h"

namespace sekisho {
namespace {

constexpr const char* kStatusFile = "/var/lib/dpkg/status";

struct BackupTool {
  std::string_view package;
  std::string_view command;       // as schedules name it; empty where a service does it all
  std::string_view does = {};     // its words for making a backup, where it does other things too
  std::string_view service = {};  // that waits for the backup's server
};

constexpr std::array<BackupTool, 18> kBackupTools{{
    {"borgbackup", "borg", "create"},
    {"borgmatic", "borgmatic"},
    {"restic", "restic", "backup"},
    {"deja-dup", "deja-dup", "--backup|--auto"},
    {"timeshift", "timeshift", "--create|--check"},
    {"duplicity", "duplicity"},
    {"duply", "duply", "backup|full|incr|bkp"},
    {"rsnapshot", "rsnapshot"},
    {"backintime-common", "backintime", "backup|backup-job"},
    {"backupninja", "backupninja"},
    {"kopia", "kopia", "snapshot create"},
    {"vorta", "vorta", "--create"},
    {"rclone", "rclone", "sync|copy|bisync"},
    {"burp", "burp", "-a t|-a b|-at|-ab"},
    {"bacula-fd", "bacula-fd", {}, "bacula-fd.service"},
    {"bareos-filedaemon", "bareos-fd", {}, "bareos-fd.service"},
    {"urbackup-client", "urbackupclientbackend", {}, "urbackupclientbackend.service"},
    {"veeam", "veeamservice", {}, "veeamservice.service"},
}};

/// Whether a table's line, a unit's commands or a script make a backup: no comment, no trial,
/// nothing that is only printed, or stands behind what decides whether it is run.
bool makes_backup(std::string text, const BackupTool& tool) {
  for (std::size_t at = 0; (at = text.find("\\\n", at)) != std::string::npos;)
    text.replace(at, 2, "  ");
  return std::ranges::any_of(split(text, '\n'), [&](std::string_view line) {
    line = trim(line);
    if (line.starts_with('#')) return false;
    line = line.substr(0, line.find(" #"));
    const std::size_t at = word_at(line, tool.command);
    if (at == std::string_view::npos) return false;
    const std::string_view before = line.substr(0, at);
    const std::string rest = fmt::format(" {} ", line.substr(at));
    for (const std::string_view idle : {" --dry-run ", " -n ", " --help ", " --version "})
      if (rest.contains(idle)) return false;
    for (const std::string_view idle : {"echo ", "printf ", "||", "false", "true ", ": "})
      if (before.contains(idle)) return false;
    return tool.does.empty() ||
           std::ranges::any_of(split(tool.does, '|'), [&](std::string_view does) {
             return rest.contains(fmt::format(" {} ", does));
           });
  });
}

/// A place on a disk of its own: a mount of fstab's below the root, or where media are mounted.
bool on_other_disk(const Machine& machine, std::string_view path) {
  for (const char* media : {"/mnt/", "/media/", "/run/media/"})
    if (path.starts_with(media)) return true;
  const auto text = machine.read("/etc/fstab");
  if (!text) return false;
  for (const std::string_view line : split(std::string_view(*text), '\n')) {
    const auto parts = words(line);
    if (parts.size() < 3 || parts[0].starts_with('#') || parts[1].size() < 2 || parts[2] == "tmpfs")
      continue;
    if (path == parts[1] || path.starts_with(std::string(parts[1]) + "/")) return true;
  }
  return false;
}

/// Where a word says that backups go: a folder, or another machine; empty where it says neither.
bool stays_here(const Machine& machine, std::string_view target) {
  if (target.starts_with("local:")) target.remove_prefix(6);
  if (target.starts_with('/')) return !on_other_disk(machine, target);
  for (const char* own : {"@localhost", "//localhost", "@127.", "//127.", "@[::1]", "//[::1]",
                          ":localhost", "localhost:"})
    if (target.contains(own)) return true;
  return false;
}

/// What makes it unsure that the line keeps what people need, elsewhere than on the same disk;
/// empty where nothing is seen that does.
std::string unsure(const Machine& machine, std::string_view line) {
  const auto parts = words(line);
  const auto bare = [](std::string_view word) {
    while (!word.empty() && (word.front() == '"' || word.front() == '\'')) word.remove_prefix(1);
    while (!word.empty() && (word.back() == '"' || word.back() == '\'')) word.remove_suffix(1);
    return word;
  };
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::string_view part = parts[i];
    const std::size_t equals = part.starts_with("--") ? part.find('=') : std::string_view::npos;
    const std::string_view option = part.substr(0, equals);
    const std::string_view value = bare(equals != std::string_view::npos ? part.substr(equals + 1)
                                        : i + 1 < parts.size()           ? parts[i + 1]
                                                                         : std::string_view());
    if ((option == "-r" || option == "--repo" || option == "--repository") &&
        stays_here(machine, value))
      return std::string(part);
    const std::size_t archive = bare(part).find("::");
    if (archive != std::string_view::npos && stays_here(machine, bare(part).substr(0, archive)))
      return std::string(part);
    if (option == "--stdin" || option.starts_with("--files-from") ||
        option.starts_with("--exclude-file") || option.starts_with("--iexclude-file") ||
        option == "--exclude-from")
      return std::string(part);
    if ((option == "--exclude" || option == "--iexclude" || option == "-e") &&
        (value.find_first_not_of("*/.") == std::string_view::npos || value == "/home" ||
         value == "/home/*"))
      return std::string(part);
    if ((option == "--password-file" || option == "-p") && value.starts_with('/') &&
        !machine.exists(std::string(value)))
      return std::string(part);
  }
  return {};
}

/// The line that makes the backup, as far as it is of tools that name all on one.
std::string unsure_job(const Machine& machine, const ClockJob& job, const BackupTool& tool) {
  if (tool.command != "restic" && tool.command != "borg") return {};
  for (const std::string_view line : split(std::string_view(job.text), '\n'))
    if (word_at(line, tool.command) != std::string_view::npos)
      if (std::string why = unsure(machine, line); !why.empty()) return why;
  return {};
}

/// Where the tool is: a package's record, or its program; empty for nowhere.
std::string place_of(const Machine& machine, const BackupTool& tool, const ClockJob* job) {
  const auto& packages = machine.packages();
  if (packages && packages->find(tool.package) != nullptr) return kStatusFile;
  if (std::string path = machine.program(tool.command); !path.empty()) return path;
  if (!packages && machine.other_packages().find(tool.package) != nullptr) return "rpm, apk";
  if (job == nullptr) return {};
  // By a path of its own: "/opt/restic/restic backup /home".
  for (const std::string_view line : split(job->text, '\n'))
    for (std::string_view word : words(line)) {
      while (word.starts_with('"') || word.starts_with('\'')) word.remove_prefix(1);
      if (!word.starts_with('/') || !word.ends_with(fmt::format("/{}", tool.command))) continue;
      const auto facts = machine.facts(std::string(word));
      if (facts && (facts->mode & 0111U) != 0) return std::string(word);
    }
  return {};
}

/// The job that comes closest to a backup by the clock.
const ClockJob* best_of(const std::vector<ClockJob>& jobs, const BackupTool& tool) {
  const auto rank = [](const ClockJob& job) {
    if (job.runs == ClockJob::Runs::no) return 0;
    if (job.runs == ClockJob::Runs::unclear || !job.gap) return 1;
    return *job.gap <= kMostDaysBetweenBackups ? 3 : 2;
  };
  const ClockJob* best = nullptr;
  for (const ClockJob& job : jobs)
    if (makes_backup(job.text, tool) && (best == nullptr || rank(job) > rank(*best))) best = &job;
  return best;
}

struct Judged {
  Verdict verdict = Verdict::fail;
  Text why;
};

Judged judge_job(const ClockJob& job) {
  using Runs = ClockJob::Runs;
  if (job.runs == Runs::no) return {Verdict::fail, job.why};
  if (job.runs == Runs::unclear) return {Verdict::unknown, job.why};
  if (!job.gap)
    return {Verdict::unknown,
            {fmt::format("{} がいつ動くか読み解けません", job.place),
             fmt::format("when {} is due is not understood", job.place)}};
  if (*job.gap == kNever)
    return {
        Verdict::fail,
        {fmt::format("{} の日時は来ません", job.place), fmt::format("{} is never due", job.place)}};
  if (*job.gap > kMostDaysBetweenBackups)
    return {Verdict::fail,
            {fmt::format("{} は {} 日空くことがあります", job.place, *job.gap),
             fmt::format("{} may be {} days apart", job.place, *job.gap)}};
  return {Verdict::pass, {}};
}

Judged judge_service(const Machine& machine, const BackupTool& tool) {
  const UnitState state = note_unit(machine, tool.service, {tool.command});
  if (state == UnitState::enabled) return {Verdict::pass, {}};
  if (state == UnitState::missing)
    return {Verdict::unknown,
            {fmt::format("{} が見つかりません", tool.service),
             fmt::format("{} was not found", tool.service)}};
  return {Verdict::fail,
          {fmt::format("{} は動きません（{}）", tool.service, name(state)),
           fmt::format("{} does not run ({})", tool.service, name(state))}};
}

/// What was found of all tools that are there, none of which makes backups for sure.
struct Idle {
  std::vector<std::string> tools;
  std::vector<std::string> ja;
  std::vector<std::string> en;
  bool unclear = false;

  void add(const BackupTool& tool, const Judged& judged) {
    tools.emplace_back(tool.package);
    unclear = unclear || judged.verdict == Verdict::unknown;
    if (judged.why.en.empty()) return;
    ja.push_back(judged.why.ja);
    en.push_back(judged.why.en);
  }
};

Finding without_backup(const Machine& machine, const Idle& idle, bool hidden) {
  note_count(machine, kStatusFile, "backup tools", idle.tools.size(), ">= 1");
  if (idle.tools.empty()) {
    if (const auto& packages = machine.packages(); !packages)
      return unreadable(kStatusFile, packages.error());
    return fail("バックアップソフトが入っていません", "no backup tool is installed");
  }
  if (hidden)
    return unknown(
        fmt::format(
            "{} はありますが、予定表を読む権限がありません。sudo sekisho check なら確かめられます",
            listed(idle.tools)),
        fmt::format("{} is there, but schedules may not be read; sudo sekisho check can tell",
                    listed(idle.tools)));
  const Text why = idle.ja.empty()
                       ? Text{}
                       : Text{"（" + join(idle.ja, "、") + "）", " (" + join(idle.en, "; ") + ")"};
  if (idle.unclear)
    return unknown(
        fmt::format("{} が自動で動くか分かりません{}", listed(idle.tools), why.ja),
        fmt::format("whether {} runs by the clock is not known{}", listed(idle.tools), why.en));
  return fail(
      fmt::format("{} はありますが、自動で動く予定がありません{}", listed(idle.tools), why.ja),
      fmt::format("{} is there, but nothing runs it by the clock{}", listed(idle.tools), why.en));
}

}  // namespace

Finding backup_tool(const Look& look) {
  const Machine& machine = look.machine;
  const ClockJobs jobs = clock_jobs(machine, look.now);
  Idle idle;
  for (const BackupTool& tool : kBackupTools) {
    const ClockJob* job = tool.service.empty() ? best_of(jobs.all, tool) : nullptr;
    const std::string place = place_of(machine, tool, job);
    if (place.empty() && job == nullptr) continue;
    Judged judged = !tool.service.empty() ? judge_service(machine, tool)
                    : job != nullptr      ? judge_job(*job)
                                          : Judged{};
    if (job != nullptr && judged.verdict == Verdict::pass)
      if (const std::string why = unsure_job(machine, *job, tool); !why.empty())
        judged = {Verdict::unknown,
                  {fmt::format("{} の「{}」では、必要なものが別の場所に残るか分かりません",
                               job->place, printable(why, 40)),
                   fmt::format("with '{}' of {} it is not known whether what is needed is kept "
                               "elsewhere",
                               printable(why, 40), job->place)}};
    if (place.empty() && judged.verdict != Verdict::fail)
      judged = {Verdict::unknown,
                {fmt::format("{} のプログラムが見つかりません", tool.command),
                 fmt::format("the program {} was not found", tool.command)}};
    machine.compared(job != nullptr ? job->place : "/etc/crontab, *.timer",
                     fmt::format("{} ({}): {}", tool.package, place.empty() ? "?" : place,
                                 judged.verdict == Verdict::pass      ? "by the clock"
                                 : judged.verdict == Verdict::unknown ? "?"
                                                                      : "not by the clock"),
                     fmt::format("by the clock, <= {} d", kMostDaysBetweenBackups));
    if (judged.verdict == Verdict::pass)
      return pass(fmt::format("{} が自動でバックアップを取ります（{}）", tool.package,
                              job != nullptr ? job->place : tool.service),
                  fmt::format("{} backs up by itself ({})", tool.package,
                              job != nullptr ? job->place : tool.service));
    idle.add(tool, judged);
  }
  return without_backup(machine, idle, jobs.hidden);
}

}  // namespace sekisho
