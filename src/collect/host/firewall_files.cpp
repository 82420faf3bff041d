// SPDX-License-Identifier: Apache-2.0
// What nftables' and iptables' services load, from their files.
#include "collect/host/firewall_files.h"

#include <unistd.h>

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "collect/host/firewalld.h"
#include "collect/host/units.h"

namespace sekisho {

using namespace filter;  // NOLINT(google-build-using-namespace): this file is about it

namespace {

constexpr std::size_t kDeepestInclude = 16;
/// What the kernel takes as one argument of a program, with room to spare.
constexpr std::size_t kLongestScript = 120'000;

Finding left_open(std::string_view unit) {
  return unknown(
      fmt::format("{} が入れる規則は、動いているときに sudo sekisho check で確かめられます", unit),
      fmt::format("the rules that {} loads can be judged while it runs, by sudo sekisho check",
                  unit));
}

/// `include "/etc/nftables.d/*.nft"`: the files in the order in which nft takes them.
std::optional<std::vector<std::string>> included(const Machine& machine, std::string_view line) {
  const std::size_t open = line.find('"');
  const std::size_t close = line.find('"', open + 1);
  if (open == std::string_view::npos || close == std::string_view::npos) return std::nullopt;
  const std::string_view rest = trim(line.substr(close + 1));
  if (!rest.empty() && rest != ";" && !rest.starts_with('#')) return std::nullopt;
  std::string path(line.substr(open + 1, close - open - 1));
  if (path.starts_with("./")) path.erase(0, 1);
  // nft looks for other names in its own folder of settings.
  if (!path.starts_with('/')) path = "/etc/" + path;
  const std::size_t star = path.find_first_of("*?[{~");
  if (star == std::string::npos) return std::vector{path};
  const std::size_t slash = path.rfind('/');
  if (star < slash || path.find_first_of("?[{~") != std::string::npos ||
      path.find('*', star + 1) != std::string::npos)
    return std::nullopt;
  const std::string start = path.substr(slash + 1, star - slash - 1);
  std::vector<std::string> found;
  for (std::string& file : files_in(machine, path.substr(0, slash), path.substr(star + 1))) {
    const std::string name = file.substr(slash + 1);
    if (name.starts_with(start) && !name.starts_with('.') &&
        name.size() >= start.size() + path.size() - star - 1)
      found.push_back(std::move(file));
  }
  return found;
}

std::optional<std::string> script_of(const Machine& machine, const std::string& path,
                                     std::size_t depth) {
  const auto text = machine.read(path);
  if (!text || depth > kDeepestInclude) {
    machine.not_understood(path, "include");
    return std::nullopt;
  }
  std::string whole;
  std::size_t number = 0;
  for (const std::string_view line : split(std::string_view(*text), '\n')) {
    ++number;
    const auto parts = words(line);
    if (parts.empty() || parts[0] != "include") {
      whole += std::string(line) + "\n";
      continue;
    }
    const auto files = included(machine, line);
    if (!files) {
      machine.not_understood(fmt::format("{}:{}", path, number), line);
      return std::nullopt;
    }
    for (const std::string& file : *files) {
      const auto part = script_of(machine, file, depth + 1);
      if (!part) return std::nullopt;
      whole += *part;
    }
    if (whole.size() > kLongestScript) return std::nullopt;
  }
  return whole;
}

/// The rules of a script, as this machine's own nft loads them into a network of their own: an
/// empty one that ends with the program. Nothing of the other system is run.
std::expected<Ruleset, Finding> load(const std::string& script, const std::string& path) {
  const std::string nft = Machine("/").program("nft");
  if (nft.empty()) return std::unexpected(unanswered("nft", ProcessProblem::missing));
  std::vector<std::string> arguments{"/usr/bin/unshare", "--net"};
  if (::geteuid() != 0) arguments.insert(arguments.end(), {"--user", "--map-root-user"});
  constexpr const char* kLoad =
      R"("$1" -- "$2" && "$1" -j list ruleset && echo && "$1" -t list ruleset)";
  arguments.insert(arguments.end(), {"/bin/sh", "-c", kLoad, "sh", nft, script});
  const auto told = run_process(
      arguments, {.time = std::chrono::seconds(4), .output_bytes = std::size_t{32} << 20U});
  if (!told) return std::unexpected(unanswered("unshare --net nft", told.error()));
  // The one is a line, the other follows an empty one.
  const std::size_t end = told->out.find("\n\n");
  if (told->exit_code != 0 || end == std::string::npos) {
    const std::string why = printable(told->err.substr(0, told->err.find('\n')), 100);
    return std::unexpected(unknown(
        fmt::format("{} を nft が読み込めません（{}）。動いているときに sudo sekisho check で"
                    "確かめてください",
                    path, why),
        fmt::format("nft does not load {} ({}); judge it while it runs, by sudo sekisho check",
                    path, why)));
  }
  const std::string_view out = told->out;
  auto rules = parse_nft(out.substr(0, end), out.substr(end + 2));
  if (!rules) return std::unexpected(unknown(rules.error().message.ja, rules.error().message.en));
  return std::move(*rules);
}

/// The script that nftables.service hands to nft.
std::expected<LoadedRules, Finding> of_nftables(const Machine& machine) {
  constexpr const char* kUnit = "nftables.service";
  const auto starts = unit_settings(machine, kUnit, "Service", "ExecStart");
  const std::vector<std::string> command = unit_command(machine, kUnit);
  const auto flag = std::ranges::find(command, "-f");
  if (starts.size() != 1 || flag == command.end() || std::next(flag) == command.end())
    return std::unexpected(left_open(kUnit));
  const std::string& path = *std::next(flag);
  const auto script = nft_script(machine, path);
  if (!script || script->size() > kLongestScript) return std::unexpected(left_open(kUnit));
  auto rules = load(*script, path);
  if (!rules) return std::unexpected(rules.error());
  if (!rules->foreign.empty()) return std::unexpected(left_open(kUnit));
  return LoadedRules{std::move(*rules), "nftables, " + path, {.place = path}};
}

/// iptables-save's files, by the places of Debian, of Red Hat and of Arch.
std::expected<LoadedRules, Finding> of_iptables(const Machine& machine, std::string_view unit) {
  struct Place {
    const char* unit;
    const char* four;
    const char* six;
  };
  constexpr std::array kPlaces{
      Place{"netfilter-persistent.service", "/etc/iptables/rules.v4", "/etc/iptables/rules.v6"},
      Place{"iptables.service", "/etc/sysconfig/iptables", "/etc/sysconfig/ip6tables"},
      Place{"iptables.service", "/etc/iptables/iptables.rules", "/etc/iptables/ip6tables.rules"}};
  for (const Place& place : kPlaces) {
    if (unit != place.unit || !machine.exists(place.four)) continue;
    const bool six = unit != "iptables.service" ||
                     unit_state(machine, "ip6tables.service") == UnitState::enabled;
    LoadedRules loaded;
    for (const bool ipv6 : {false, true}) {
      if (ipv6 && !six) continue;  // then nothing refuses IPv6
      const char* path = ipv6 ? place.six : place.four;
      const auto text = machine.read(path);
      if (!text && text.error() == FileProblem::missing) continue;
      if (!text || !parse_iptables(*text, ipv6, loaded.rules))
        return std::unexpected(left_open(unit));
    }
    loaded.tool = fmt::format("iptables, {}", place.four);
    loaded.source = {.place = place.four};
    return loaded;
  }
  return std::unexpected(left_open(unit));
}

}  // namespace

std::optional<std::string> nft_script(const Machine& machine, const std::string& path) {
  return script_of(machine, path, 0);
}

std::expected<LoadedRules, Finding> rules_of_service(const Machine& machine,
                                                     std::string_view unit) {
  if (unit == "nftables.service") return of_nftables(machine);
  if (unit == "firewalld.service") {
    auto rules = firewalld_rules(machine);
    if (!rules) return std::unexpected(left_open(unit));
    return LoadedRules{std::move(*rules), "firewalld", {.place = "/etc/firewalld/*"}};
  }
  return of_iptables(machine, unit);
}

}  // namespace sekisho
