// SPDX-License-Identifier: Apache-2.0
#include "collect/host/clock.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "collect/host/units.h"

namespace sekisho {
namespace {

using Runs = ClockJob::Runs;

Day day_of(Time now) { return Calendar::here(now).day(now); }

/// "NAME=value" and "NAME = value" (crontab(5)).
bool is_setting(std::string_view line) {
  const std::size_t equals = line.find('=');
  if (equals == std::string_view::npos) return false;
  const std::string_view name = trim(line.substr(0, equals));
  return !name.empty() && name.find_first_of(" \t*@") == std::string_view::npos;
}

/// What cron hands to the shell: up to a '%', which begins the command's input.
std::string command_of(std::string_view text) {
  std::string command;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size() && text[i + 1] == '%') continue;
    if (text[i] == '%' && (i == 0 || text[i - 1] != '\\')) break;
    command += text[i];
  }
  return std::string(trim(std::string_view(command)));
}

/// The words of a line up to the command, and the command.
std::optional<CronLine> cron_line(std::string_view line, bool with_user, Day today) {
  const std::size_t times = line.starts_with('@') ? 1 : 5;
  std::vector<std::string_view> fields;
  std::string_view rest = line;
  for (std::size_t i = 0; i < times + (with_user ? 1 : 0); ++i) {
    rest = trim(rest);
    const std::size_t end = std::min(rest.find_first_of(" \t"), rest.size());
    if (end == 0) return std::nullopt;
    fields.push_back(rest.substr(0, end));
    rest.remove_prefix(end);
  }
  CronLine found;
  if (with_user) {
    found.user = std::string(fields.back());
    fields.pop_back();
  }
  // SUSE's sign for "without a note in the log".
  if (fields[0].starts_with('-')) fields[0].remove_prefix(1);
  found.command = command_of(trim(rest));
  found.gap = gap_of_cron(fields, today);
  if (found.command.empty() || !found.gap) return std::nullopt;
  return found;
}

/// Whether cron itself starts; its own unit, or a running process of the live system.
Runs cron_starts(const Machine& machine) {
  if (machine.live()) {
    const auto processes = machine.processes();
    for (const char* name : {"cron", "crond", "fcron", "bcron-sched"})
      if (processes && processes->contains(name)) return Runs::yes;
    if (processes) return Runs::no;
    return Runs::unclear;
  }
  bool any = false;
  for (const char* unit : {"cron.service", "crond.service", "cronie.service"}) {
    const UnitState state = note_unit(machine, unit, {"cron", "crond"});
    if (state == UnitState::enabled) return Runs::yes;
    any = any || state != UnitState::missing;
  }
  if (any) return Runs::no;
  // Without systemd: the links of runlevels, of Debian's old way and of OpenRC.
  for (const char* folder : {"/etc/rc2.d", "/etc/rc3.d", "/etc/rc5.d", "/etc/runlevels/default"})
    if (const auto names = machine.list(folder))
      for (const std::string& name : *names)
        if (name == "cron" || name == "crond" || name == "cronie" ||
            (name.starts_with('S') && (name.ends_with("cron") || name.ends_with("crond"))))
          return Runs::yes;
  const bool installed = !machine.program("cron").empty() || !machine.program("crond").empty();
  const bool systemd = machine.exists("/usr/lib/systemd/system/basic.target") ||
                       machine.exists("/lib/systemd/system/basic.target");
  return installed || !systemd ? Runs::unclear : Runs::no;
}

Text cron_is(Runs runs) {
  if (runs == Runs::no) return {"cron が起動しません", "cron does not start"};
  return {"cron が起動するか分かりません", "whether cron starts is not known"};
}

void settle(ClockJob& job, Runs runs, Text why) {
  if (job.runs == Runs::no || runs == Runs::yes) return;
  job.runs = runs;
  job.why = std::move(why);
}

/// cron(8) and run-parts(8) pass over any other name in their folders.
bool name_is_run(std::string_view path) {
  return path.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-",
                                path.rfind('/') + 1) == std::string_view::npos;
}

class ClockReader {
 public:
  ClockReader(const Machine& machine, Time now)
      : machine_(machine), today_(day_of(now)), cron_(cron_starts(machine)) {}

  void table(const std::string& path, bool with_user) {
    const auto facts = machine_.facts(path);
    if (!facts || !S_ISREG(facts->mode)) return;
    const auto text = machine_.read(path);
    if (!text) {
      jobs_.hidden = jobs_.hidden || text.error() == FileProblem::denied;
      return;
    }
    bool whole = true;
    for (CronLine& line : parse_cron(*text, with_user, today_, whole)) {
      ClockJob job{fmt::format("{}:{}", path, line.number),
                   std::move(line.command),
                   line.gap,
                   Runs::yes,
                   {}};
      settle(job, cron_, cron_is(cron_));
      // Some crons drop a table for one bad line, others the line alone.
      if (!whole)
        settle(job, Runs::unclear,
               {fmt::format("{} に読めない行があります", path),
                fmt::format("{} has a line that isn't understood", path)});
      if (text->contains("\r\n"))
        settle(job, Runs::unclear,
               {fmt::format("{} の改行が CRLF で、命令の最後に CR が付きます", path),
                fmt::format("{} has CRLF at its ends of lines, so commands end with a CR", path)});
      if (!text->ends_with('\n'))
        settle(job, Runs::unclear,
               {fmt::format("{} の最後の行が改行で終わっていません（cron が無視します）", path),
                fmt::format("{} has no newline at its end, for which cron may ignore it", path)});
      if (with_user && facts->others_may(02))
        settle(job, Runs::no,
               {fmt::format("{} はほかの利用者も書けるため、cron が無視します", path),
                fmt::format("cron ignores {}, which others may write", path)});
      if (with_user && !known_user(line.user))
        settle(job, Runs::no,
               {fmt::format("利用者 {} がいません", printable(line.user, 40)),
                fmt::format("there is no user {}", printable(line.user, 40))});
      jobs_.all.push_back(std::move(job));
    }
  }

  void persons_tables(const char* folder) {
    const auto names = machine_.list(folder);
    jobs_.hidden = jobs_.hidden || (!names && names.error() == FileProblem::denied);
    if (!names) return;
    for (const std::string& name : *names)
      if (known_user(name)) table(std::string(folder) + "/" + name, false);
  }

  void scripts(std::string_view folder) {
    const ClockJob by = of_folder(folder);
    for (const std::string& path : files_in(machine_, fmt::format("/etc/{}", folder), "")) {
      const auto facts = machine_.facts(path);
      if (!facts || !S_ISREG(facts->mode)) continue;
      const auto text = machine_.read(path);
      jobs_.hidden = jobs_.hidden || (!text && text.error() == FileProblem::denied);
      if (!text) continue;
      ClockJob job = by;
      job.place = path;
      job.text = *text;
      if (!name_is_run(path))
        settle(job, Runs::no,
               {fmt::format("run-parts は {} という名前を飛ばします", path),
                fmt::format("run-parts passes over the name {}", path)});
      if ((facts->mode & 0111U) == 0)
        settle(job, Runs::no,
               {fmt::format("{} に実行権がありません", path),
                fmt::format("{} is not executable", path)});
      // What stands behind an end, or in a branch, may never be reached.
      for (const std::string_view line : split(*text, '\n'))
        if (line.starts_with("exit"))
          settle(job, Runs::unclear,
                 {fmt::format("{} は途中で終わります", path),
                  fmt::format("{} ends on the way", path)});
      jobs_.all.push_back(std::move(job));
    }
  }

  /// What runs the scripts of a folder: a line of /etc/crontab or /etc/cron.d, or of anacrontab.
  ClockJob of_folder(std::string_view folder) {
    ClockJob found{fmt::format("/etc/{}", folder),
                   {},
                   std::nullopt,
                   Runs::no,
                   {fmt::format("/etc/{} を動かすものがありません", folder),
                    fmt::format("nothing runs /etc/{}", folder)}};
    const std::string path = fmt::format("/etc/{}", folder);
    std::vector<std::string> tables = files_in(machine_, "/etc/cron.d", "");
    std::erase_if(tables, [](const std::string& one) { return !name_is_run(one); });
    tables.emplace_back("/etc/crontab");
    for (const std::string& table : tables) {
      const auto text = machine_.read(table);
      if (!text) continue;
      bool whole = true;
      for (const CronLine& line : parse_cron(*text, true, today_, whole)) {
        if (!line.command.contains(path) && !line.command.contains(folder)) continue;
        found = {path, {}, line.gap, Runs::yes, {}};
        settle(found, cron_, cron_is(cron_));
        if (!whole)
          settle(found, Runs::unclear,
                 {fmt::format("{} に読めない行があります", table),
                  fmt::format("{} has a line not understood", table)});
      }
    }
    if (const auto gap = of_anacron(path)) {
      found = {path, {}, gap, Runs::yes, {}};
      // anacron is started by cron or by a timer of its own.
      const bool by_timer =
          Units(machine_).timer("anacron.timer", {"anacron"}, today_).state == UnitState::enabled;
      if (!by_timer) settle(found, cron_, cron_is(cron_));
    }
    // Alpine's crond and SUSE's run these by tables or programs of their own.
    if (found.runs == Runs::no && cron_ == Runs::yes &&
        (machine_.exists("/usr/lib/cron/run-crons") || machine_.exists("/etc/crontabs/root")))
      found.runs = Runs::unclear;
    return found;
  }

  void timers(const Units& units) {
    for (const std::string& timer : units.named(".timer")) {
      if (units.state(timer) == UnitState::missing) continue;
      Trace aside;  // a timer of something else takes nothing away
      const Machine quiet = machine_.watched(aside);
      const Units here = units.on(quiet);
      const TimerWork work = here.timer(timer, {}, today_);
      const UnitState service = here.does(work.service, {});
      ClockJob job{here.file(work.service), {}, work.gap, Runs::yes, {}};
      for (const Decided& command : here.list(work.service, "Service", "ExecStart")) {
        job.text += join(here.words_of(work.service, command), " ") + "\n";
        job.place = command.place;
      }
      for (const UnitState state : {work.state, service})
        if (state != UnitState::enabled)
          settle(job, Runs::no,
                 {fmt::format("{} は動きません（{}）", timer, name(state)),
                  fmt::format("{} does not run ({})", timer, name(state))});
      if (!aside.gaps().empty()) settle(job, Runs::unclear, aside.gaps().front().fact);
      if (!job.text.empty()) jobs_.all.push_back(std::move(job));
    }
  }

  ClockJobs take() { return std::move(jobs_); }

 private:
  bool known_user(const std::string& name) {
    if (name == "root") return true;
    const auto accounts = machine_.accounts();
    if (!accounts) return true;  // that file decides elsewhere
    return std::ranges::find(*accounts, name, &Account::name) != accounts->end();
  }

  /// "1 5 cron.daily run-parts /etc/cron.daily" of anacrontab(5).
  std::optional<GapDays> of_anacron(const std::string& path) {
    const auto text = machine_.read("/etc/anacrontab");
    if (!text || machine_.program("anacron").empty()) return std::nullopt;
    for (const std::string_view line : split(*text, '\n')) {
      const auto parts = words(line);
      if (parts.size() < 4 || parts[0].starts_with('#') || !line.contains(path)) continue;
      if (parts[0].starts_with('@')) return gap_of_cron({parts[0]}, today_);
      const std::int64_t days = whole_number(parts[0]);
      if (days > 0) return static_cast<GapDays>(std::min<std::int64_t>(days, 100'000));
    }
    return std::nullopt;
  }

  const Machine& machine_;
  Day today_;
  Runs cron_;
  ClockJobs jobs_;
};

}  // namespace

std::vector<CronLine> parse_cron(std::string_view text, bool with_user, Day today, bool& whole) {
  std::vector<CronLine> found;
  std::size_t number = 0;
  for (const std::string_view raw : split(text, '\n')) {
    ++number;
    const std::string_view line = trim(raw);
    if (line.empty() || line.starts_with('#') || is_setting(line)) continue;
    if (auto one = cron_line(line, with_user, today)) {
      one->number = number;
      found.push_back(std::move(*one));
    } else {
      whole = false;
    }
  }
  return found;
}

ClockJob cron_folder(const Machine& machine, std::string_view folder, Time now) {
  return ClockReader(machine, now).of_folder(folder);
}

ClockJobs clock_jobs(const Machine& machine, Time now) {
  ClockReader reader(machine, now);
  reader.table("/etc/crontab", true);
  for (const std::string& path : files_in(machine, "/etc/cron.d", ""))
    if (name_is_run(path)) reader.table(path, true);
  for (const char* folder :
       {"/var/spool/cron/crontabs", "/var/spool/cron/tabs", "/var/spool/cron", "/etc/crontabs"})
    reader.persons_tables(folder);
  for (const char* folder : {"cron.hourly", "cron.daily", "cron.weekly", "cron.monthly"})
    reader.scripts(folder);
  reader.timers(Units(machine));
  if (const auto people = machine.people())
    for (const Account& person : *people) reader.timers(Units(machine, person.home));
  return reader.take();
}

}  // namespace sekisho
