// SPDX-License-Identifier: Apache-2.0
#include "collect/host/units.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

namespace sekisho {
namespace {

/// Of one name the first found counts (systemd.unit(5), "UNIT FILE LOAD PATH").
constexpr std::array<std::string_view, 13> kSystem{
    "/etc/systemd/system.control",   "/run/systemd/system.control",  "/run/systemd/transient",
    "/run/systemd/generator.early",  "/etc/systemd/system",          "/etc/systemd/system.attached",
    "/run/systemd/system",           "/run/systemd/system.attached", "/run/systemd/generator",
    "/usr/local/lib/systemd/system", "/usr/lib/systemd/system",      "/lib/systemd/system",
    "/run/systemd/generator.late"};

/// A file that a distribution brings: what stands there is as its maker meant it.
bool of_maker(const Machine& machine, const std::string& path) {
  const auto brought = [](std::string_view file) {
    return file.starts_with("/usr/lib/") || file.starts_with("/lib/") ||
           file.starts_with("/nix/store/");
  };
  return brought(path) || brought(machine.link_target(path));
}

/// "sshd@.service" of "sshd@1.service".
std::string template_of(std::string_view unit) {
  const std::size_t at = unit.find('@');
  const std::size_t dot = unit.rfind('.');
  if (at == std::string_view::npos || dot == std::string_view::npos || dot < at) return {};
  return std::string(unit.substr(0, at + 1)) + std::string(unit.substr(dot));
}

/// The words of a command line of systemd.service(5): quotes and blanks.
std::vector<std::string> command_words(std::string_view line) {
  std::vector<std::string> found;
  std::string word;
  char quote = '\0';
  bool any = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (c == '\\' && i + 1 < line.size() && quote != '\'') {
      word += line[++i];
      any = true;
    } else if (quote != '\0' ? c == quote : c == '"' || c == '\'') {
      quote = quote == '\0' ? c : '\0';
      any = true;
    } else if (quote == '\0' && (c == ' ' || c == '\t')) {
      if (any) found.push_back(std::move(word));
      word.clear();
      any = false;
    } else {
      word += c;
      any = true;
    }
  }
  if (any) found.push_back(std::move(word));
  return found;
}

std::string_view base_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

/// Changes that leave a service what it is. Of all others only those that are judged are known.
bool harmless(std::string_view section, std::string_view key) {
  if (section == "Install" || section.starts_with("X-")) return true;
  constexpr std::array kUnit{"Description", "Documentation",         "After",          "Before",
                             "Wants",       "StartLimitIntervalSec", "StartLimitBurst"};
  constexpr std::array kService{"Nice",
                                "CPUWeight",
                                "CPUSchedulingPolicy",
                                "IOSchedulingClass",
                                "IOSchedulingPriority",
                                "IOWeight",
                                "Restart",
                                "RestartSec",
                                "Environment",
                                "EnvironmentFile",
                                "LimitNOFILE",
                                "ExecReload",
                                "ExecStop",
                                "ExecStopPost",
                                "SyslogIdentifier",
                                "Slice",
                                "OOMScoreAdjust"};
  constexpr std::array kTimer{
      "OnCalendar",        "OnBootSec",  "OnStartupSec",       "OnActiveSec", "OnUnitActiveSec",
      "OnUnitInactiveSec", "Persistent", "RandomizedDelaySec", "AccuracySec", "FixedRandomDelay",
      "WakeSystem",        "Unit",       "RemainAfterElapse",  "Description"};
  const auto among = [&](const auto& list) { return std::ranges::find(list, key) != list.end(); };
  return (section == "Unit" && among(kUnit)) || (section == "Service" && among(kService)) ||
         (section == "Timer" && among(kTimer));
}

bool is_condition(std::string_view key) {
  return key.starts_with("Condition") || key.starts_with("Assert");
}

/// Targets that a system reaches without anybody's wish.
constexpr std::array kReached{
    "default.target",     "multi-user.target",      "graphical.target",    "basic.target",
    "sysinit.target",     "timers.target",          "sockets.target",      "paths.target",
    "local-fs.target",    "remote-fs.target",       "network.target",      "network-online.target",
    "network-pre.target", "time-sync.target",       "time-set.target",     "nss-lookup.target",
    "swap.target",        "slices.target",          "local-fs-pre.target", "getty.target",
    "cryptsetup.target",  "systemd-journald.socket"};

}  // namespace

struct Units::Line {
  std::string section;
  std::string key;
  std::string value;
  std::string place;
  bool of_maker;
};

Units::Units(const Machine& machine) : machine_(&machine) {
  folders_.assign(kSystem.begin(), kSystem.end());
}

Units::Units(const Machine& machine, const std::string& home)
    : machine_(&machine), folders_{home + "/.config/systemd/user"} {}

Units Units::on(const Machine& machine) const {
  Units other = *this;
  other.machine_ = &machine;
  return other;
}

std::string Units::file(std::string_view unit) const {
  if (unit.empty()) return {};
  for (const std::string& folder : folders_)
    if (std::string path = fmt::format("{}/{}", folder, unit); there(*machine_, path)) return path;
  return {};
}

/// The unit's names: its own, what it is a link to, and the links to it that enabling made.
std::vector<std::string> Units::names(std::string_view unit) const {
  std::vector<std::string> all{std::string(unit)};
  const auto add = [&](std::string_view name) {
    const bool same_kind = name.substr(name.rfind('.') + 1) == unit.substr(unit.rfind('.') + 1);
    if (same_kind && std::ranges::find(all, name) == all.end()) all.emplace_back(name);
  };
  if (const std::string target = machine_->link_target(file(unit)); !target.empty())
    add(base_name(target));
  for (const std::string& folder : folders_) {
    if (!folder.starts_with("/etc/systemd/system")) continue;
    for (const std::string& path : files_in(*machine_, folder, unit.substr(unit.rfind('.'))))
      if (const auto target = machine_->link_target(path);
          !target.empty() && std::ranges::find(all, base_name(target)) != all.end())
        add(base_name(path));
  }
  return all;
}

std::vector<std::string> Units::files(std::string_view unit) const {
  std::string file = this->file(unit);
  if (file.empty()) file = this->file(template_of(unit));
  if (file.empty() || is_mask(*machine_, file)) return {};
  std::vector<std::string> folders;
  std::vector<std::string> with = names(unit);
  if (!template_of(unit).empty()) with.push_back(template_of(unit));
  const std::string ending(unit.substr(unit.rfind('.')));
  // "apt-daily.timer" takes "apt-.timer.d" as well.
  for (std::size_t dash = unit.rfind('-'); dash != std::string_view::npos && dash > 0;
       dash = unit.rfind('-', dash - 1))
    with.push_back(std::string(unit.substr(0, dash + 1)) + ending);
  with.push_back(ending.substr(1));
  for (const std::string& name : with)
    for (const std::string& folder : folders_)
      folders.push_back(fmt::format("{}/{}.d", folder, name));
  std::vector<std::string> files{file};
  std::ranges::copy(drop_ins(*machine_, folders), std::back_inserter(files));
  return files;
}

std::vector<Units::Line> Units::lines(std::string_view unit) const {
  std::vector<Line> all;
  for (const std::string& path : files(unit)) {
    const auto text = machine_->read(path);
    if (!text) continue;
    const bool maker = of_maker(*machine_, path);
    for (const SystemdLine& line : parse_systemd(*text))
      all.push_back(
          {line.section, line.key, line.value, fmt::format("{}:{}", path, line.number), maker});
  }
  return all;
}

std::vector<Decided> Units::settings(std::string_view unit, std::string_view section,
                                     std::string_view key) const {
  return settings_of(*machine_, files(unit), section, key);
}

std::vector<Decided> Units::list(std::string_view unit, std::string_view section,
                                 std::string_view key) const {
  std::vector<Decided> kept;
  for (Decided& one : settings(unit, section, key))
    if (one.value.empty())
      kept.clear();
    else
      kept.push_back(std::move(one));
  return kept;
}

std::vector<std::string> Units::named(std::string_view ending) const {
  std::set<std::string> all;
  for (const std::string& folder : folders_)
    if (const auto names = machine_->list(folder))
      for (const std::string& name : *names)
        if (name.ends_with(ending)) all.insert(name);
  return {all.begin(), all.end()};
}

bool Units::reached(std::string_view target, int depth) const {
  if (const std::string path = file(target); !path.empty() && is_mask(*machine_, path))
    return false;
  if (std::ranges::find(kReached, target) == kReached.end()) return wanted(target, depth);
  // Where a system goes at its start stands in a link; one that leads elsewhere (rescue.target)
  // leaves out what the usual ones want.
  const std::string start = file("default.target");
  const std::string to = start.empty() ? "graphical.target" : machine_->link_target(start);
  constexpr std::array kUsual{"graphical.target", "multi-user.target", "runlevel2.target",
                              "runlevel3.target", "runlevel4.target",  "runlevel5.target"};
  const std::string name = to.substr(to.rfind('/') + 1);
  if (std::ranges::find(kUsual, name) == kUsual.end()) machine_->not_understood(start, to);
  return true;
}

bool Units::wanted(std::string_view unit, int depth) const {
  constexpr int kDeepestGenerated = 4;
  if (depth > kDeepestGenerated) return false;
  for (const std::string& folder : folders_) {
    const auto targets = machine_->list(folder);
    if (!targets) continue;
    for (const std::string& target : *targets) {
      for (const std::string_view how : {".wants", ".requires", ".upholds"}) {
        if (!target.ends_with(how)) continue;
        const std::string link = fmt::format("{}/{}/{}", folder, target, unit);
        if (there(*machine_, link) && machine_->link_target(link) != "/dev/null" &&
            reached(std::string_view(target).substr(0, target.size() - how.size()), depth + 1))
          return true;
      }
    }
  }
  return false;
}

UnitState Units::state(std::string_view unit) const {
  const std::string path = file(unit);
  if (!path.empty() && is_mask(*machine_, path)) return UnitState::masked;
  Trace aside;  // of another process: what can't be read there decides nothing
  if (const auto kernel = machine_->watched(aside).read("/proc/cmdline"))
    for (const std::string_view word : words(*kernel))
      if (word == fmt::format("systemd.mask={}", unit)) return UnitState::masked;
  if (path.empty() && file(template_of(unit)).empty()) return UnitState::missing;
  for (const std::string& name : names(unit))
    if (wanted(name, 0)) return UnitState::enabled;
  return UnitState::disabled;
}

/// Whether a condition about files is met; nothing for those about other things.
std::optional<bool> Units::holds(std::string_view condition, std::string value) const {
  const bool turned = value.starts_with('!');
  if (turned) value.erase(0, 1);
  value = trim(value);
  if (!value.starts_with('/') || value.contains('%')) return std::nullopt;
  const auto facts = machine_->facts(value);
  const auto names = machine_->list(value);
  const std::string_view kind = condition.substr(condition.starts_with("Assert") ? 6 : 9);
  std::optional<bool> is;
  if (kind == "PathExists") is = facts.has_value();
  if (kind == "PathIsDirectory") is = facts && S_ISDIR(facts->mode);
  if (kind == "PathIsSymbolicLink") is = !machine_->link_target(value).empty();
  if (kind == "DirectoryNotEmpty") is = names && !names->empty();
  if (kind == "FileIsExecutable") is = facts && S_ISREG(facts->mode) && (facts->mode & 0111U) != 0;
  if (kind == "FileNotEmpty" && (!facts || S_ISREG(facts->mode))) {
    const auto start = machine_->read_start(value, 1);
    is = start && !start->empty();
  }
  return is ? std::optional(*is != turned) : std::nullopt;
}

/// All hold that must, and one of those that begin with '|'. One that can't be told is taken as met
/// where the unit's maker wrote it, and is a gap where somebody else did.
bool Units::conditions_hold(const std::vector<Line>& lines) const {
  for (const std::string_view family : {"Condition", "Assert"}) {
    bool all = true;
    bool any_choice = false;
    bool chosen = false;
    std::vector<const Line*> kept;
    for (const Line& line : lines) {
      if (line.section != "Unit" || !line.key.starts_with(family)) continue;
      if (line.value.empty())
        kept.clear();
      else
        kept.push_back(&line);
    }
    for (const Line* line : kept) {
      const bool choice = line->value.starts_with('|');
      const auto met = holds(line->key, line->value.substr(choice ? 1 : 0));
      if (!met && !line->of_maker)
        machine_->not_understood(line->place, line->key + "=" + line->value);
      if (met == std::optional(false))
        machine_->compared(line->place, line->key + "=" + line->value + ": no", "yes");
      any_choice = any_choice || choice;
      if (choice) chosen = chosen || met.value_or(true);
      if (!choice) all = all && met.value_or(true);
    }
    if (!all || (any_choice && !chosen)) return false;
  }
  return true;
}

/// Somebody wrote this unit from the ground up: nothing of a maker's stands below it.
bool Units::own(std::string_view unit) const {
  return std::ranges::none_of(folders_, [&](const std::string& folder) {
    const std::string path = fmt::format("{}/{}", folder, unit);
    return there(*machine_, path) && of_maker(*machine_, path);
  });
}

/// A gap for each change of this machine that may make another thing of the unit.
void Units::note_changes(const std::vector<Line>& lines, bool whole) const {
  for (const Line& line : lines) {
    if (line.of_maker || harmless(line.section, line.key) || is_condition(line.key)) continue;
    if (line.section == "Service" && (line.key == "ExecStart" || line.key == "Type")) continue;
    const bool stops = line.key == "ExecCondition" || line.key == "RootDirectory" ||
                       line.key == "RootImage" || line.key.starts_with("Requi") ||
                       line.key == "BindsTo" || line.key == "Conflicts" ||
                       line.key == "JoinsNamespaceOf" || line.key == "InaccessiblePaths" ||
                       line.key == "PrivateNetwork" || line.key == "RestrictAddressFamilies" ||
                       (line.key == "ExecStartPre" && line.value.ends_with("false"));
    if (!whole || stops) machine_->not_understood(line.place, line.key + "=" + line.value);
  }
}

namespace {

/// A program that isn't where its folder is.
bool is_gone(const Machine& machine, const std::string& program) {
  return program.starts_with('/') && !there(machine, program) &&
         machine.exists(program.substr(0, std::max<std::size_t>(program.rfind('/'), 1)));
}

}  // namespace

UnitState Units::does(std::string_view unit, Programs programs) const {
  std::string path = file(unit);
  if (path.empty()) path = file(template_of(unit));
  if (path.empty()) return UnitState::missing;
  if (is_mask(*machine_, path)) return UnitState::masked;
  const std::vector<Line> all = lines(unit);
  note_changes(all, own(unit));
  if (!conditions_hold(all)) return UnitState::changed;
  if (programs.size() == 0) return UnitState::enabled;
  bool hinted = false;
  const std::vector<Decided> commands = list(unit, "Service", "ExecStart");
  for (const Decided& command : commands) {
    const std::vector<std::string> parts = words_of(unit, command);
    if (parts.empty()) continue;
    const auto is_it = [&](std::string_view word) {
      return std::ranges::find(programs, base_name(word)) != programs.end();
    };
    if (is_it(parts.front())) {
      if (!is_gone(*machine_, parts.front())) return UnitState::enabled;
      machine_->compared(command.place, "ExecStart=" + printable(parts.front(), 60) + " (missing)",
                         parts.front());
      return UnitState::changed;
    }
    // Wrapped in another program: it may be run there, and under what terms isn't known.
    for (const std::string_view part : parts)
      hinted = hinted || std::ranges::any_of(programs, [&](std::string_view program) {
                 return part.contains(program);
               });
    if (hinted) machine_->not_understood(command.place, command.value);
  }
  if (hinted) return UnitState::enabled;
  machine_->compared(commands.empty() ? path : commands.back().place,
                     "ExecStart=" + (commands.empty() ? "" : printable(commands.back().value, 60)),
                     join(std::vector<std::string>(programs.begin(), programs.end()), ", "));
  return UnitState::changed;
}

UnitState Units::work(std::string_view unit, Programs programs) const {
  const UnitState starts = state(unit);
  return starts == UnitState::enabled ? does(unit, programs) : starts;
}

TimerWork Units::timer(std::string_view unit, Programs programs, Day today) const {
  TimerWork work;
  work.state = this->work(unit, {});
  work.service = std::string(unit.substr(0, unit.rfind('.'))) + ".service";
  for (const Decided& one : settings(unit, "Timer", "Unit"))
    if (!one.value.empty()) work.service = one.value;
  if (work.state != UnitState::enabled) return work;
  // An empty one of any kind takes all before it away, of whatever kind they are.
  std::vector<Decided> times;
  double delay = 0;
  for (const Line& line : lines(unit)) {
    if (line.section != "Timer") continue;
    if (line.key == "RandomizedDelaySec") delay = span_in_days(line.value).value_or(delay);
    if (!line.key.starts_with("On") || line.key == "OnClockChange" ||
        line.key == "OnTimezoneChange")
      continue;
    if (line.value.empty())
      times.clear();
    else
      times.push_back({line.key + "=" + line.value, line.place});
  }
  for (const Decided& one : times) {
    const std::size_t equals = one.value.find('=');
    const std::string_view key = std::string_view(one.value).substr(0, equals);
    const std::string_view value = std::string_view(one.value).substr(equals + 1);
    std::optional<GapDays> gap;
    if (key == "OnCalendar") {
      gap = gap_of_calendar(value, today);
    } else if (key == "OnUnitActiveSec" || key == "OnUnitInactiveSec") {
      if (const auto span = span_in_days(value))
        gap = *span >= kNever ? kNever : static_cast<GapDays>(std::ceil(*span));
    }
    if (gap && (!work.gap || *gap < *work.gap)) work.gap = gap;
    machine_->compared(one.place, printable(one.value, 60),
                       work.gap && *work.gap == kNever ? "due some day" : "by the clock");
  }
  if (work.gap && *work.gap < kNever)
    work.gap = *work.gap + static_cast<GapDays>(std::min(std::floor(delay), 1e6));
  // Without a time it never starts what it is for.
  if (times.empty()) work.state = UnitState::changed;
  if (work.state == UnitState::enabled && programs.size() != 0) {
    const UnitState service = does(work.service, programs);
    machine_->compared(
        "systemd/system/*",
        fmt::format("{}: {}", work.service, service == UnitState::enabled ? "runs" : name(service)),
        "runs");
    if (service == UnitState::missing)
      machine_->not_understood(fmt::format("{} ({})", work.service, unit), "-");
    else if (service != UnitState::enabled)
      work.state = service;
  }
  return work;
}

std::map<std::string, std::string> Units::environment(std::string_view unit) const {
  std::map<std::string, std::string> values;
  for (const Decided& line : list(unit, "Service", "Environment"))
    for (const std::string& word : command_words(line.value))
      if (const auto equals = word.find('='); equals != std::string::npos)
        values[word.substr(0, equals)] = word.substr(equals + 1);
  for (const Decided& line : list(unit, "Service", "EnvironmentFile")) {
    std::string path = line.value;
    if (path.starts_with('-')) path.erase(0, 1);
    if (path.find_first_of("*?[%") != std::string::npos) {
      machine_->not_understood(line.place, line.value);
      continue;
    }
    if (const auto text = machine_->read(path))
      for (auto& [name, value] : parse_assignments(*text)) values[name] = value;
  }
  return values;
}

std::vector<std::string> Units::words_of(std::string_view unit, const Decided& command) const {
  const auto environment = this->environment(unit);
  std::vector<std::string> result;
  for (const std::string& word : command_words(command.value)) {
    if (!word.contains('$')) {
      result.push_back(word);
      continue;
    }
    // "$NAME" alone is cut into words; "${NAME}" stays one.
    const bool braces = word.starts_with("${") && word.ends_with('}');
    const std::string name = braces ? word.substr(2, word.size() - 3) : word.substr(1);
    if (!word.starts_with('$') || name.find_first_of("${}") != std::string::npos) {
      machine_->not_understood(unit, word);
      continue;
    }
    const auto value = environment.find(name);
    if (value == environment.end()) continue;
    if (braces)
      result.push_back(value->second);
    else
      std::ranges::copy(command_words(value->second), std::back_inserter(result));
  }
  if (!result.empty()) {
    // Signs before the program's path (systemd.service(5)).
    std::string& program = result.front();
    program.erase(0, std::min(program.find_first_not_of("@-:+!"), program.size()));
  }
  return result;
}

std::string_view name(UnitState state) {
  switch (state) {
    case UnitState::missing: return "missing";
    case UnitState::masked: return "masked";
    case UnitState::disabled: return "disabled";
    case UnitState::changed: return "changed";
    case UnitState::enabled: break;
  }
  return "enabled";
}

namespace {

/// Of a unit that by its files starts by itself: on a running systemd it must be at work, as it was
/// last loaded. Elsewhere than there nobody can be asked.
void note_running(const Machine& machine, std::string_view unit) {
  if (!machine.live() || !machine.exists("/run/systemd/system")) return;
  const std::string program = machine.program("systemctl");
  if (program.empty()) return;
  const auto answer = machine.run(
      {program, "show", "--property=ActiveState,NeedDaemonReload", "--", std::string(unit)});
  if (!answer) return machine.gap(unanswered(program, answer.error()));
  std::string active;
  std::string reload;
  for (const std::string_view line : split(std::string_view(answer->out), '\n')) {
    if (line.starts_with("ActiveState=")) active = line.substr(12);
    if (line.starts_with("NeedDaemonReload=")) reload = line.substr(17);
  }
  machine.compared({.source = Compared::Source::program,
                    .place = program,
                    .seen = fmt::format("{}: {}", unit, printable(active, 20)),
                    .limit = "active"});
  const bool runs = active == "active" || active == "reloading" || active == "activating";
  if (answer->exit_code != 0 || !runs)
    machine.gap(unknown(
        fmt::format("{} は起動する設定ですが、今は動いていません（{}）。systemctl status {} "
                    "で確かめてください",
                    unit, active.empty() ? "-" : printable(active, 20), unit),
        fmt::format("{} is set to start but isn't at work now ({}); see systemctl status {}", unit,
                    active.empty() ? "-" : printable(active, 20), unit)));
  else if (reload != "no")
    machine.gap(unknown(
        fmt::format("{} のファイルは、読み込まれた後に変わりました。sudo systemctl daemon-reload "
                    "のあとで確かめてください",
                    unit),
        fmt::format("files of {} were changed since it was loaded; run sudo systemctl "
                    "daemon-reload and check again",
                    unit)));
}

}  // namespace

UnitState unit_state(const Machine& machine, std::string_view unit) {
  return Units(machine).state(unit);
}

UnitState note_unit(const Machine& machine, std::string_view unit, Programs programs) {
  const UnitState state = Units(machine).work(unit, programs);
  machine.compared("systemd/system/*", fmt::format("{}: {}", unit, name(state)), "enabled");
  if (state == UnitState::enabled) note_running(machine, unit);
  return state;
}

std::vector<Decided> unit_settings(const Machine& machine, std::string_view unit,
                                   std::string_view section, std::string_view key) {
  return Units(machine).settings(unit, section, key);
}

std::vector<std::string> unit_command(const Machine& machine, std::string_view unit) {
  const Units units(machine);
  const std::vector<Decided> commands = units.list(unit, "Service", "ExecStart");
  return commands.empty() ? std::vector<std::string>() : units.words_of(unit, commands.back());
}

}  // namespace sekisho
