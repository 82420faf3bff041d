// SPDX-License-Identifier: Apache-2.0
#include "collect/host/look.h"

#include <algorithm>

#include <fmt/format.h>

namespace sekisho {

Finding unanswered(std::string_view program, ProcessProblem problem) {
  switch (problem) {
    case ProcessProblem::missing:
      return unknown(fmt::format("{} がありません", program),
                     fmt::format("there is no {}", program));
    case ProcessProblem::timed_out:
      return unknown(
          fmt::format("{} が時間内に答えません。もう一度試し、続くなら再起動してください", program),
          fmt::format("{} did not answer in time; try again, and restart if it goes on", program));
    case ProcessProblem::too_much:
      return unknown(fmt::format("{} の出力が多すぎます", program),
                     fmt::format("{} printed too much", program));
    case ProcessProblem::failed: break;
  }
  return unknown(
      fmt::format("{} を実行できません。sudo sekisho check なら確かめられることがあります",
                  program),
      fmt::format("{} could not be run; sudo sekisho check may be able to", program));
}

namespace {

/// Files whose names people choose: the names of networks, customers, keys.
constexpr std::array kNamedByPeople{"/etc/NetworkManager/system-connections/", "/var/lib/iwd/",
                                    "/etc/openvpn/", "/etc/wireguard/", "/etc/swanctl/"};

/// A file as a report may name it: below a person's folder, or among files that people name, by its
/// folder alone; of processes and devices all in one.
std::string shown(const std::string& path, const std::vector<Account>& people) {
  const auto folder = [](const std::string& file) {
    return file.substr(0, file.rfind('/')) + "/*";
  };
  for (const Account& person : people)
    if (person.home.size() > 1 && path.starts_with(person.home + "/"))
      return "~" + folder(path.substr(person.home.size()));
  for (const std::string_view one : kNamedByPeople)
    if (path.starts_with(one)) return std::string(one) + "*";
  if (path.starts_with("/proc/") && path.size() > 6 && path[6] >= '0' && path[6] <= '9')
    return "/proc/*/" + path.substr(path.rfind('/') + 1);
  return path;
}

/// What a finding rests on: what its check compared, then what was read of the machine.
Basis basis_of(const HostCheck& check, const Finding& finding, const Trace& trace,
               const Machine& machine) {
  const std::vector<Account> people = machine.people().value_or(std::vector<Account>());
  Basis basis = finding.basis;
  for (Compared one : trace.comparisons().list()) {
    if (one.source == Compared::Source::file) one.place = shown(one.place, people);
    basis.add(std::move(one));
  }
  const auto add = [&](const std::string& path, Compared::Source source) {
    const std::string place = shown(path, people);
    const bool told = std::ranges::any_of(basis.list(), [&](const Compared& one) {
      return one.place == place || one.place.starts_with(place + ":");
    });
    if (!told) basis.add({.source = source, .place = place});
  };
  for (const std::string& program : trace.programs()) add(program, Compared::Source::program);
  for (const std::string& file : trace.contents()) add(file, Compared::Source::file);
  for (const std::string& source : trace.seen())
    if (std::ranges::any_of(check.decisive, [&](std::string_view one) {
          return !one.empty() && source.starts_with(one);
        }))
      add(source, Compared::Source::file);
  return basis;
}

/// Some value was seen and held against another. That a file was read proves nothing.
bool says_a_value(const Basis& basis) {
  return std::ranges::any_of(basis.list(), [](const Compared& one) {
    return !one.seen.empty() && (!one.limit.empty() || !one.by.empty());
  });
}

Finding unsaid() {
  return unknown("何を何と比べたかが残らなかったため、合格とは言えません",
                 "what was compared with what wasn't noted, so this is no pass");
}

/// Programs are where they would be: elsewhere "there is none" proves nothing. A root may be
/// mounted without its /usr, or NixOS' and Guix' without their store.
bool has_programs(const Machine& machine) {
  const auto text = machine.read("/etc/os-release");
  const auto values = text ? parse_assignments(*text) : std::map<std::string, std::string>();
  const auto id = values.find("ID");
  if (id != values.end() && (id->second == "nixos" || id->second == "guix"))
    return machine.exists("/nix/store") || machine.exists("/gnu/store");
  return std::ranges::any_of(std::array{"/usr/bin", "/usr/sbin", "/usr/games", "/bin", "/sbin"},
                             [&](const char* folder) { return machine.exists(folder); });
}

Finding no_programs() {
  return unknown(
      "プログラムのフォルダー（/usr/bin など）がないため、入っていないとは言えません。すべての"
      "ファイルシステムをつないで確かめてください",
      "without the folders of programs (/usr/bin and the like) it can't be said that something "
      "isn't installed; mount all file systems and check again");
}

}  // namespace

Finding judged(const HostCheck& check, const Look& look) {
  Trace trace;
  const Machine machine = look.machine.watched(trace);
  const Look watched{machine, look.security, look.guideline, look.lists, look.now};
  Finding finding = watched.lists.settled(Calendar::here(look.now).day(look.now),
                                          [&] { return check.look(watched); });
  if (finding.verdict == Verdict::pass || finding.verdict == Verdict::fail)
    finding.basis = basis_of(check, finding, trace, look.machine);
  if (finding.verdict != Verdict::pass && finding.verdict != Verdict::not_applicable)
    return finding;
  if (!trace.gaps().empty()) return trace.gaps().front();
  if (finding.verdict == Verdict::pass && !says_a_value(finding.basis)) return unsaid();
  if (finding.verdict == Verdict::not_applicable)
    return has_programs(look.machine) ? finding : no_programs();
  const auto end = std::ranges::find(check.decisive, std::string_view());
  const bool proven = std::any_of(check.decisive.begin(), end, [&](std::string_view source) {
    const auto first = trace.seen().lower_bound(std::string(source));
    return first != trace.seen().end() && first->starts_with(source);
  });
  if (proven) return finding;
  const std::vector<std::string> wanted(check.decisive.begin(), end);
  return unknown(
      fmt::format("このシステムでは、設定の置き場所（{} など）が見つかりません。設定を見て確かめて"
                  "ください",
                  listed(wanted)),
      fmt::format("on this system none of the places that decide were found ({}); look at its "
                  "settings yourself",
                  listed(wanted)));
}

std::string line_of(const std::string& path, std::string_view text, std::string_view start) {
  std::size_t number = 0;
  for (const std::string_view line : split(text, '\n'))
    if (++number; trim(line).starts_with(start)) return fmt::format("{}:{}", path, number);
  return path;
}

void note_count(const Machine& machine, std::string_view place, std::string_view what,
                std::size_t count, std::string limit) {
  machine.compared(place, fmt::format("{}: {}", what, count), std::move(limit));
}

std::vector<std::string> files_in(const Machine& machine, const std::string& folder,
                                  std::string_view suffix) {
  std::vector<std::string> paths;
  if (const auto names = machine.list(folder))
    for (const std::string& name : *names)
      if (name.ends_with(suffix)) paths.push_back(folder + "/" + name);
  return paths;
}

}  // namespace sekisho
