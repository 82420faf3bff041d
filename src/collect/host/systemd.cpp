#include "collect/host/systemd.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace sekisho {
namespace {

/// Where files of one name are looked for, the first found counts (systemd.unit(5), and
/// "CONFIGURATION DIRECTORIES AND PRECEDENCE" of journald.conf(5)).
constexpr std::array<std::string_view, 5> kConfiguration{"/etc", "/run", "/usr/local/lib",
                                                         "/usr/lib", "/lib"};
constexpr std::array<std::string_view, 7> kUnits{
    "/etc/systemd/system",           "/run/systemd/system",     "/run/systemd/generator",
    "/usr/local/lib/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system",
    "/run/systemd/generator.late"};

/// A link to /dev/null, or an empty file, hides what stands below it; a small root may have no
/// /dev.
bool is_mask(const Machine& machine, const std::string& path) {
  if (machine.link_target(path) == "/dev/null") return true;
  const auto facts = machine.facts(path);
  if (!facts || !S_ISREG(facts->mode)) return false;
  const auto start = machine.read_start(path, 1);
  return start && start->empty();
}

bool there(const Machine& machine, const std::string& path) {
  return machine.exists(path) || !machine.link_target(path).empty();
}

/// The drop-ins of `folders`, by name; of one name the earlier folder's counts.
std::vector<std::string> drop_ins(const Machine& machine, const std::vector<std::string>& folders) {
  std::map<std::string, std::string> by_name;
  for (const std::string& folder : folders) {
    const auto names = machine.list(folder);
    if (!names) continue;
    for (const std::string& name : *names)
      if (name.ends_with(".conf")) by_name.emplace(name, folder + "/" + name);
  }
  std::vector<std::string> paths;
  for (const auto& [name, path] : by_name)
    if (!is_mask(machine, path)) paths.push_back(path);
  return paths;
}

std::string unit_file(const Machine& machine, std::string_view unit) {
  if (unit.empty()) return {};
  for (const std::string_view folder : kUnits)
    if (std::string path = fmt::format("{}/{}", folder, unit); there(machine, path)) return path;
  return {};
}

/// "sshd@.service" of "sshd@1.service".
std::string template_of(std::string_view unit) {
  const std::size_t at = unit.find('@');
  const std::size_t dot = unit.rfind('.');
  if (at == std::string_view::npos || dot == std::string_view::npos || dot < at) return {};
  return std::string(unit.substr(0, at + 1)) + std::string(unit.substr(dot));
}

std::vector<std::string> unit_files(const Machine& machine, std::string_view unit) {
  std::string file = unit_file(machine, unit);
  if (file.empty()) file = unit_file(machine, template_of(unit));
  if (file.empty() || is_mask(machine, file)) return {};
  std::vector<std::string> folders;
  std::vector<std::string> names{std::string(unit)};
  if (!template_of(unit).empty()) names.push_back(template_of(unit));
  names.emplace_back(unit.substr(unit.rfind('.') + 1));
  for (const std::string& name : names)
    for (const std::string_view folder : kUnits)
      folders.push_back(fmt::format("{}/{}.d", folder, name));
  std::vector<std::string> files{file};
  std::ranges::copy(drop_ins(machine, folders), std::back_inserter(files));
  return files;
}

std::vector<Decided> settings_of(const Machine& machine, const std::vector<std::string>& files,
                                 std::string_view section, std::string_view key) {
  std::vector<Decided> found;
  for (const std::string& path : files) {
    const auto text = machine.read(path);
    if (!text) continue;
    for (const SystemdLine& line : parse_systemd(*text))
      if (line.section == section && line.key == key)
        found.push_back({line.value, fmt::format("{}:{}", path, line.number)});
  }
  return found;
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

/// The same as the running systemd counts its files; nothing where it can't be asked.
std::optional<std::vector<Decided>> told_by_analyze(const Machine& machine, std::string_view name,
                                                    std::string_view section,
                                                    std::string_view key) {
  if (!machine.live()) return std::nullopt;
  const std::string program = machine.program("systemd-analyze");
  if (program.empty()) return std::nullopt;
  const auto answer =
      machine.run({program, "--no-pager", "cat-config", std::string(name)}, {"LC_ALL=C"});
  if (!answer || answer->exit_code != 0) return std::nullopt;
  std::vector<Decided> found;
  for (const auto& [path, text] : parse_cat_config(answer->out, name))
    for (const SystemdLine& line : parse_systemd(text))
      if (line.section == section && line.key == key)
        found.push_back({line.value, fmt::format("{}:{}", path, line.number)});
  return found;
}

std::map<std::string, std::string> unit_environment(const Machine& machine, std::string_view unit) {
  std::map<std::string, std::string> values;
  for (const Decided& line : unit_settings(machine, unit, "Service", "Environment"))
    for (const std::string& word : command_words(line.value))
      if (const auto equals = word.find('='); equals != std::string::npos)
        values[word.substr(0, equals)] = word.substr(equals + 1);
  for (const Decided& line : unit_settings(machine, unit, "Service", "EnvironmentFile")) {
    std::string path = line.value;
    if (path.starts_with('-')) path.erase(0, 1);
    if (path.find_first_of("*?[%") != std::string::npos) {
      machine.not_understood(line.place, line.value);
      continue;
    }
    if (const auto text = machine.read(path))
      for (auto& [name, value] : parse_assignments(*text)) values[name] = value;
  }
  return values;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> parse_cat_config(std::string_view text,
                                                                  std::string_view name) {
  std::vector<std::pair<std::string, std::string>> files;
  for (const std::string_view line : split(text, '\n')) {
    // A file's path stands before it, as a comment.
    if (line.starts_with("# /") && line.contains(name)) {
      files.emplace_back(std::string(line.substr(2)), std::string());
      continue;
    }
    if (!files.empty()) files.back().second += std::string(line) + "\n";
  }
  return files;
}

std::string disagreement(std::string_view program, std::string_view said, std::string_view read_at,
                         std::string_view read) {
  return fmt::format("{}: {}; read otherwise: {} ({})", program, said,
                     read.empty() ? "-" : printable(read, 40), read_at);
}

std::vector<SystemdLine> parse_systemd(std::string_view text) {
  std::vector<SystemdLine> lines;
  std::string section;
  std::string joined;
  std::size_t number = 0;
  std::size_t first = 0;
  for (std::string_view line : split(text, '\n')) {
    ++number;
    if (line.ends_with('\r')) line.remove_suffix(1);
    const std::string_view start = trim(line);
    // A comment may stand within a continued line.
    if (start.starts_with('#') || start.starts_with(';')) continue;
    if (joined.empty()) first = number;
    if (line.ends_with('\\')) {
      joined += std::string(line.substr(0, line.size() - 1)) + " ";
      continue;
    }
    joined += line;
    const std::string whole(trim(std::string_view(joined)));
    joined.clear();
    if (whole.starts_with('[') && whole.ends_with(']')) {
      section = whole.substr(1, whole.size() - 2);
      continue;
    }
    const std::size_t equals = whole.find('=');
    if (equals == std::string::npos) continue;
    const std::string_view view = whole;
    lines.push_back({section, std::string(trim(view.substr(0, equals))),
                     std::string(trim(view.substr(equals + 1))), first});
  }
  return lines;
}

std::vector<std::string> systemd_files(const Machine& machine, std::string_view name) {
  std::vector<std::string> files;
  std::vector<std::string> folders;
  for (const std::string_view root : kConfiguration) {
    const std::string path = fmt::format("{}/{}", root, name);
    if (files.empty() && there(machine, path)) files.push_back(path);
    folders.push_back(path + ".d");
  }
  if (!files.empty() && is_mask(machine, files.front())) files.clear();
  std::ranges::copy(drop_ins(machine, folders), std::back_inserter(files));
  return files;
}

std::vector<Decided> systemd_settings(const Machine& machine, std::string_view name,
                                      std::string_view section, std::string_view key) {
  std::vector<Decided> read = settings_of(machine, systemd_files(machine, name), section, key);
  const auto told = told_by_analyze(machine, name, section, key);
  if (!told) return read;
  const auto last = [](const std::vector<Decided>& all) {
    return all.empty() ? std::string() : all.back().value;
  };
  if (last(*told) == last(read)) return read;
  std::vector<Decided> all = *told;
  for (Decided& one : all)
    one.place = disagreement("systemd-analyze cat-config", one.place,
                             read.empty() ? "-" : read.back().place, last(read));
  return all;
}

std::vector<Decided> unit_settings(const Machine& machine, std::string_view unit,
                                   std::string_view section, std::string_view key) {
  return settings_of(machine, unit_files(machine, unit), section, key);
}

UnitState unit_state(const Machine& machine, std::string_view unit) {
  const std::string file = unit_file(machine, unit);
  if (!file.empty() && is_mask(machine, file)) return UnitState::masked;
  // The unit's file may be outside a small root; a link that names it tells that it was there.
  bool wanted = false;
  for (const std::string_view folder : kUnits) {
    const auto targets = machine.list(std::string(folder));
    if (!targets) continue;
    for (const std::string& target : *targets) {
      if (!target.ends_with(".wants") && !target.ends_with(".requires")) continue;
      const auto units = machine.list(fmt::format("{}/{}", folder, target));
      wanted = wanted || (units && std::ranges::find(*units, unit) != units->end());
    }
  }
  if (file.empty()) return UnitState::missing;
  return wanted ? UnitState::enabled : UnitState::disabled;
}

std::string_view name(UnitState state) {
  switch (state) {
    case UnitState::missing: return "missing";
    case UnitState::masked: return "masked";
    case UnitState::disabled: return "disabled";
    case UnitState::enabled: break;
  }
  return "enabled";
}

UnitState note_unit(const Machine& machine, std::string_view unit) {
  const UnitState state = unit_state(machine, unit);
  machine.compared("systemd/system/*", fmt::format("{}: {}", unit, name(state)), "enabled");
  return state;
}

std::vector<std::string> unit_command(const Machine& machine, std::string_view unit) {
  std::string command;
  for (const Decided& line : unit_settings(machine, unit, "Service", "ExecStart"))
    command = line.value;  // an empty one takes those before it away
  const auto environment = unit_environment(machine, unit);
  std::vector<std::string> result;
  for (const std::string& word : command_words(command)) {
    if (!word.contains('$')) {
      result.push_back(word);
      continue;
    }
    // "$NAME" alone is cut into words; "${NAME}" stays one.
    const bool braces = word.starts_with("${") && word.ends_with('}');
    const std::string name = braces ? word.substr(2, word.size() - 3) : word.substr(1);
    if (!word.starts_with('$') || name.find_first_of("${}") != std::string::npos) {
      machine.not_understood(unit, word);
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

std::optional<bool> systemd_boolean(std::string_view text) {
  const std::string word = lower(text);
  for (const char* yes : {"1", "yes", "y", "true", "t", "on"})
    if (word == yes) return true;
  for (const char* no : {"0", "no", "n", "false", "f", "off"})
    if (word == no) return false;
  return std::nullopt;
}

}  // namespace sekisho
