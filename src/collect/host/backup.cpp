// SPDX-License-Identifier: Apache-2.0
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
  std::string_view command;  // as schedules name it; empty where a service does it all
  /// Its words for making a backup, where it does other things too; those that begin with '-' may
  /// stand anywhere, others are the first that are no options ("*" for any).
  std::string_view does = {};
  std::string_view takes = {};    // its options that the next word belongs to
  std::string_view service = {};  // that waits for the backup's server
  std::string_view other = {};    // its words for anything else, where `does` isn't said
};

constexpr std::array<BackupTool, 18> kBackupTools{{
    {"borgbackup", "borg", "create",
     "--lock-wait|--remote-path|--umask|--rsh|--upload-ratelimit|--remote-ratelimit|--debug-topic"},
    {.package = "borgmatic",
     .command = "borgmatic",
     .takes = "-c|--config|-v|--verbosity|--syslog-verbosity|--log-file|--log-file-verbosity",
     .other =
         "list|info|check|prune|compact|extract|mount|umount|restore|rlist|rinfo|config|"
         "export-tar|break-lock|borg|transfer|repo-list|repo-info|repo-create|rcreate|init|key|"
         "recreate|delete|repo-delete|bootstrap|generate|validate"},
    {"restic", "restic", "backup",
     "-r|--repo|-p|--password-file|--repository-file|--password-command|--cache-dir|-o|--option|"
     "--limit-upload|--limit-download|--key-hint|--cacert|--tls-client-cert|--pack-size|"
     "--compression|--retry-lock|--http-user-agent"},
    {"deja-dup", "deja-dup", "--backup|--auto"},
    {"timeshift", "timeshift", "--create|--check"},
    {.package = "duplicity",
     .command = "duplicity",
     .other = "list-current-files|verify|collection-status|restore|remove-older-than|"
              "remove-all-but-n-full|remove-all-inc-of-but-n-full|cleanup|replicate"},
    {"duply", "duply", "* backup|* full|* incr|* bkp"},
    {.package = "rsnapshot",
     .command = "rsnapshot",
     .takes = "-c",
     .other = "configtest|diff|du|version|rollback"},
    {"backintime-common", "backintime", "backup|backup-job",
     "--config|--profile|--profile-id|--share-path"},
    {"backupninja", "backupninja"},
    {"kopia", "kopia", "snapshot create|snap create|snapshot save",
     "--config-file|-p|--password|--log-dir|--log-level"},
    {"vorta", "vorta", "--create"},
    {"rclone", "rclone", "sync|copy|bisync",
     "--config|--log-file|--log-level|--bwlimit|--transfers|--checkers|--retries|--filter-from"},
    {"burp", "burp", "-a t|-a b|-at|-ab"},
    {.package = "bacula-fd", .command = "bacula-fd", .service = "bacula-fd.service"},
    {.package = "bareos-filedaemon", .command = "bareos-fd", .service = "bareos-fd.service"},
    {.package = "urbackup-client",
     .command = "urbackupclientbackend",
     .service = "urbackupclientbackend.service"},
    {.package = "veeam", .command = "veeamservice", .service = "veeamservice.service"},
}};

bool is_one_of(std::string_view list, std::string_view word) {
  return !list.empty() &&
         std::ranges::any_of(split(list, '|'), [&](std::string_view one) { return one == word; });
}

/// The words of a command that are neither options nor theirs.
std::vector<std::string_view> arguments_of(std::string_view command, std::string_view takes) {
  std::vector<std::string_view> arguments;
  const auto all = words(command);
  for (std::size_t i = 1; i < all.size(); ++i) {
    if (!all[i].starts_with('-'))
      arguments.push_back(all[i]);
    else if (is_one_of(takes, all[i]))
      ++i;
  }
  return arguments;
}

/// Whether the tool's command, from its name on, makes a backup.
bool backs_up(std::string_view command, const BackupTool& tool) {
  const std::string rest = fmt::format(" {} ", command);
  for (const std::string_view idle : {" --dry-run ", " -n ", " --help ", " --version "})
    if (rest.contains(idle)) return false;
  const auto arguments = arguments_of(command, tool.takes);
  if (tool.does.empty()) return arguments.empty() || !is_one_of(tool.other, arguments.front());
  if (tool.does.starts_with('-'))
    return std::ranges::any_of(split(tool.does, '|'), [&](std::string_view does) {
      return rest.contains(fmt::format(" {} ", does));
    });
  return std::ranges::any_of(split(tool.does, '|'), [&](std::string_view does) {
    const auto wanted = words(does);
    return arguments.size() >= wanted.size() &&
           std::equal(wanted.begin(), wanted.end(), arguments.begin(),
                      [](std::string_view one, std::string_view word) {
                        return one == "*" || one == word;
                      });
  });
}

enum class Makes : std::uint8_t { no, unclear, yes };

/// Whether a command is run as it stands, by all that stands before it on its line.
Makes is_run(const Machine& machine, std::string_view before) {
  // Its own folder, and what stands before a unit's command (systemd.service(5)).
  if (before.ends_with('/') || before.ends_with('"') || before.ends_with('\''))
    before = before.substr(0, before.find_last_of(" \t=") + 1);
  if (before.starts_with("ExecStart")) {
    before.remove_prefix(std::min(before.find('=') + 1, before.size()));
    before.remove_prefix(std::min(before.find_first_not_of("-@+!:|"), before.size()));
  }
  for (const std::string_view idle : {"echo ", "printf ", "||", "false", "true ", ": ", "exit",
                                      "which ", "man ", "command -v", "type "})
    if (before.contains(idle)) return Makes::no;
  constexpr auto kWrappers = std::to_array<std::string_view>(
      {"nice", "ionice", "sudo", "chronic", "flock", "timeout", "systemd-inhibit", "systemd-cat",
       "env", "exec", "cd", "export", ".", "source", "set", "umask", "sleep", "time", "nohup"});
  std::vector<std::string_view> all = words(before);
  // "[ -x /usr/bin/tool ] &&", "test -x /usr/bin/tool &&": it is, or isn't there.
  const bool bracket = all.size() >= 5 && all[0] == "[" && all[1] == "-x" && all[3] == "]";
  const bool test = all.size() >= 4 && all[0] == "test" && all[1] == "-x";
  if (bracket || test) {
    if (all[bracket ? 4 : 3] != "&&") return Makes::unclear;
    if (!machine.exists(std::string(all[2]))) return Makes::no;
    all.erase(all.begin(), all.begin() + (bracket ? 5 : 4));
  }
  bool begins = true;  // a command
  for (const std::string_view word : all) {
    const bool assigns = word.find('=') != std::string_view::npos && word.front() != '-';
    if (begins && !assigns && !among(kWrappers, word.substr(word.rfind('/') + 1)))
      return Makes::unclear;
    if (word.find_first_of("|<>`(){}$[]!") != std::string_view::npos) return Makes::unclear;
    begins = word == "&&" || word.ends_with(';') || (begins && assigns);
  }
  return Makes::yes;
}

/// Whether a table's line, a unit's commands or a script make a backup: no comment, no trial,
/// nothing that is only printed, or stands behind what decides whether it is run.
Makes makes_backup(const Machine& machine, std::string text, const BackupTool& tool) {
  for (std::size_t at = 0; (at = text.find("\\\n", at)) != std::string::npos;)
    text.replace(at, 2, "  ");
  Makes best = Makes::no;
  int depth = 0;  // of what a script does under a condition
  for (std::string_view line : split(text, '\n')) {
    line = trim(line);
    if (line.starts_with('#')) continue;
    line = line.substr(0, line.find(" #"));
    const std::string_view first = line.substr(0, line.find_first_of(" \t;"));
    for (const std::string_view opens : {"if", "case", "while", "until", "for"})
      if (first == opens) ++depth;
    for (const std::string_view closes : {"fi", "esac", "done"})
      if (first == closes || line.ends_with(fmt::format("; {}", closes))) --depth;
    const std::size_t at = word_at(line, tool.command);
    if (at == std::string_view::npos) continue;
    std::string_view command = line.substr(at);
    command = command.substr(0, command.find_first_of(";&|<>`"));
    if (!backs_up(command, tool)) continue;
    Makes made = is_run(machine, line.substr(0, at));
    if (made == Makes::yes && depth > 0) made = Makes::unclear;
    best = std::max(best, made);
  }
  return best;
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
struct BackupJob {
  const ClockJob* job = nullptr;
  Makes makes = Makes::no;
};
BackupJob best_of(const Machine& machine, const std::vector<ClockJob>& jobs,
                  const BackupTool& tool) {
  const auto rank = [](const BackupJob& one) {
    const ClockJob& job = *one.job;
    if (job.runs == ClockJob::Runs::no) return 0;
    if (job.runs == ClockJob::Runs::unclear || !job.gap || one.makes == Makes::unclear) return 1;
    return *job.gap <= kMostDaysBetweenBackups ? 3 : 2;
  };
  BackupJob best;
  for (const ClockJob& job : jobs) {
    const BackupJob one{&job, makes_backup(machine, job.text, tool)};
    if (one.makes != Makes::no && (best.job == nullptr || rank(one) > rank(best))) best = one;
  }
  return best;
}

struct Judged {
  Verdict verdict = Verdict::fail;
  Text why;
};

Judged judge_job(const BackupJob& found) {
  using Runs = ClockJob::Runs;
  const ClockJob& job = *found.job;
  if (job.runs == Runs::no) return {Verdict::fail, job.why};
  if (job.runs == Runs::unclear) return {Verdict::unknown, job.why};
  if (found.makes == Makes::unclear)
    return {Verdict::unknown,
            {fmt::format("{} のコマンドは、条件しだいで動きません", job.place),
             fmt::format("the command of {} may not be run, by its conditions", job.place)}};
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

/// What its own settings say: when it takes snapshots, and whether people's folders are in them.
Judged judge_timeshift(const Machine& machine) {
  const std::string path = "/etc/timeshift/timeshift.json";
  const auto text = machine.read(path);
  if (!text)
    return {Verdict::unknown,
            {fmt::format("{} を読めません", path), fmt::format("{} can't be read", path)}};
  std::string plain = *text;
  std::erase_if(plain, [](char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; });
  const auto on = [&](const char* often) {
    return plain.contains(fmt::format("\"schedule_{}\":\"true\"", often));
  };
  if (!on("hourly") && !on("daily") && !on("weekly"))
    return {Verdict::fail,
            {fmt::format("{} では、毎日・毎週の予定がありません", path),
             fmt::format("{} has no daily or weekly schedule", path)}};
  if (!plain.contains("\"+/home/"))
    return {Verdict::unknown,
            {fmt::format("{} では、個人フォルダーが含まれないようです", path),
             fmt::format("{} seems to leave people's folders out", path)}};
  return {Verdict::pass, {}};
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
    const BackupJob found = tool.service.empty() ? best_of(machine, jobs.all, tool) : BackupJob();
    const ClockJob* job = found.job;
    const std::string place = place_of(machine, tool, job);
    if (place.empty() && job == nullptr) continue;
    Judged judged = !tool.service.empty() ? judge_service(machine, tool)
                    : job != nullptr      ? judge_job(found)
                                          : Judged{};
    if (tool.command == "timeshift" && judged.verdict == Verdict::pass)
      judged = judge_timeshift(machine);
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
