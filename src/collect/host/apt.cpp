// SPDX-License-Identifier: Apache-2.0
#include "collect/host/apt_policy.h"

#include <algorithm>

#include <fmt/format.h>

#include "collect/limits.h"

namespace sekisho {
namespace {

constexpr std::size_t kIndexBytes = std::size_t{128} << 20U;

/// An index as text: plain, or through apt's own helper, which knows every compression.
std::expected<std::string, Finding> index_text(const Machine& machine, const std::string& path) {
  if (path.ends_with("_Packages")) {
    auto text = machine.read(path, kIndexBytes);
    if (text) return std::move(*text);
    return std::unexpected(unreadable(path, text.error()));
  }
  constexpr const char* kHelper = "/usr/lib/apt/apt-helper";
  auto output = machine.run({kHelper, "cat-file", path});
  if (!output) return std::unexpected(unanswered(kHelper, output.error()));
  if (output->exit_code != 0) return std::unexpected(unreadable(path, FileProblem::unreadable));
  return std::move(output->out);
}

std::expected<PackageIndex, Finding> read_index(const Machine& machine) {
  const std::string lists = apt_path(apt_settings(machine), "dir::state::lists");
  const auto names = machine.list(lists);
  if (!names) return std::unexpected(unreadable(lists, names.error()));
  PackageIndex index;
  bool any = false;
  for (const std::string& name : *names) {
    if (!name.contains("security") || !name.contains("_Packages")) continue;
    const auto text = index_text(machine, fmt::format("{}/{}", lists, name));
    if (!text) return std::unexpected(text.error());
    parse_packages_index(*text, index);
    any = true;
  }
  if (!any)
    return std::unexpected(
        unknown("セキュリティ更新の一覧がありません。sudo apt-get update を実行してください",
                "there is no list of security updates; run sudo apt-get update"));
  return index;
}

}  // namespace

const std::expected<PackageIndex, Finding>& SecurityIndex::of(const Machine& machine) const {
  std::call_once(once_, [&] { index_ = read_index(machine); });
  return index_;
}

std::optional<std::string> pending_version(const Package& package, const PackageIndex& index) {
  const auto found = index.find({package.name, package.architecture});
  if (found == index.end() || compare_versions(package.version, found->second) >= 0)
    return std::nullopt;
  return found->second;
}

std::optional<Time> lists_fetched(const Machine& machine) {
  // apt gives the lists the server's dates; the folders and the stamp have the machine's own.
  std::optional<Time> newest;
  for (const char* path : {"/var/lib/apt/periodic/update-success-stamp", "/var/lib/apt/lists",
                           "/var/lib/apt/lists/partial"})
    if (const auto facts = machine.facts(path))
      newest = newest ? std::max(*newest, facts->modified) : facts->modified;
  return newest;
}

Finding by_archives(const Look& look, Finding found) {
  if (found.verdict != Verdict::pass) return found;
  const auto fetched = lists_fetched(look.machine);
  if (fetched && look.now - *fetched <= kOldestPackageLists) {
    found.holds_until = std::min(found.holds_until, *fetched + kOldestPackageLists);
    return found;
  }
  const std::string day = fetched ? format_day(Calendar::here(look.now).day(*fetched)) : "?";
  return unknown(
      fmt::format("更新情報が {} のもので古く、当たっていない更新がないか分かりません。"
                  "sudo apt-get update で取り直してください",
                  day),
      fmt::format("the package lists are of {}, too old to tell that no update is missing; fetch "
                  "them anew with sudo apt-get update",
                  day));
}

namespace {

/// `apt-config dump`: one setting a line, as apt itself counts them.
std::optional<AptSettings> told_by_apt(const Machine& machine) {
  constexpr const char* kProgram = "/usr/bin/apt-config";
  if (!machine.live() || !machine.exists(kProgram)) return std::nullopt;
  const auto output = machine.run({kProgram, "dump"});
  if (!output || output->exit_code != 0) return std::nullopt;
  AptSettings settings;
  for (const std::string_view line : split(std::string_view(output->out), '\n')) {
    const std::size_t open = line.find(" \"");
    if (open == std::string_view::npos || !line.ends_with("\";")) continue;
    const std::string name = lower(line.substr(0, open));
    const std::string value(line.substr(open + 2, line.size() - open - 4));
    if (name.ends_with("::") && settings.contains(name))
      settings[name] += "\n" + value;
    else
      settings[name] = value;
  }
  return settings;
}

}  // namespace

AptSettings apt_settings(const Machine& machine) {
  if (auto told = told_by_apt(machine)) return std::move(*told);
  AptSettings settings;
  std::vector<std::string> paths;
  if (const auto names = machine.list("/etc/apt/apt.conf.d"))
    for (const std::string& name : *names)
      if (apt_reads(name, {"conf"})) paths.push_back("/etc/apt/apt.conf.d/" + name);
  paths.emplace_back("/etc/apt/apt.conf");
  for (const std::string& path : paths)
    if (const auto text = machine.read(path))
      if (!parse_apt_conf(*text, settings)) machine.not_understood(path);
  return settings;
}

bool apt_reads(std::string_view name, std::initializer_list<std::string_view> endings) {
  if (name.starts_with('.')) return false;
  for (const char c : name)
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '_' && c != '-' && c != '.' &&
        c != ':')
      return false;
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos) return endings.size() == 1 && *endings.begin() == "conf";
  return std::ranges::find(endings, name.substr(dot + 1)) != endings.end();
}

bool apt_yes(std::string_view text, bool otherwise) {
  const std::string word = lower(trim(text));
  for (const char* yes : {"yes", "true", "with", "on", "enable"})
    if (word == yes) return true;
  for (const char* no : {"no", "false", "without", "off", "disable"})
    if (word == no) return false;
  const auto number = whole_number(word);
  return number < 0 ? otherwise : number != 0;
}

}  // namespace sekisho
