// SPDX-License-Identifier: Apache-2.0
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

}  // namespace

bool is_mask(const Machine& machine, const std::string& path) {
  const std::string target = machine.link_target(path);
  if (target == "/dev/null" || target.ends_with("../dev/null")) return true;
  const auto facts = machine.facts(path);
  if (!facts || !S_ISREG(facts->mode)) return false;
  const auto start = machine.read_start(path, 1);
  return start && start->empty();
}

bool there(const Machine& machine, const std::string& path) {
  return machine.exists(path) || !machine.link_target(path).empty();
}

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

std::optional<bool> systemd_boolean(std::string_view text) {
  const std::string word = lower(text);
  for (const char* yes : {"1", "yes", "y", "true", "t", "on"})
    if (word == yes) return true;
  for (const char* no : {"0", "no", "n", "false", "f", "off"})
    if (word == no) return false;
  return std::nullopt;
}

}  // namespace sekisho
