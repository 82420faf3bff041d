#include "collect/host/apt.h"

#include <fmt/format.h>

namespace sekisho {
namespace {

constexpr std::string_view kLists = "/var/lib/apt/lists";
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
  const auto names = machine.list(std::string(kLists));
  if (!names) return std::unexpected(unreadable(kLists, names.error()));
  PackageIndex index;
  bool any = false;
  for (const std::string& name : *names) {
    if (!name.contains("security") || !name.contains("_Packages")) continue;
    const auto text = index_text(machine, fmt::format("{}/{}", kLists, name));
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

std::map<std::string, std::string> apt_settings(const Machine& machine) {
  std::map<std::string, std::string> settings;
  std::vector<std::string> paths;
  if (const auto names = machine.list("/etc/apt/apt.conf.d"))
    for (const std::string& name : *names)
      if (!name.contains('.') || name.ends_with(".conf"))
        paths.push_back("/etc/apt/apt.conf.d/" + name);
  paths.emplace_back("/etc/apt/apt.conf");
  for (const std::string& path : paths)
    if (const auto text = machine.read(path))
      for (auto& [name, value] : parse_apt_conf(*text)) settings[name] = value;
  return settings;
}

}  // namespace sekisho
