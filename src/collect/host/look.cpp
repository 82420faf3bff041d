#include "collect/host/look.h"

#include <algorithm>

#include <fmt/format.h>

namespace sekisho {

Finding unreadable(std::string_view what, FileProblem problem) {
  switch (problem) {
    case FileProblem::denied:
      return unknown(
          fmt::format("{} を読む権限がありません。sudo sekisho check なら確かめられます", what),
          fmt::format("no right to read {}; sudo sekisho check can tell", what));
    case FileProblem::missing:
      return unknown(fmt::format("{} がありません", what), fmt::format("there is no {}", what));
    case FileProblem::too_large:
      return unknown(fmt::format("{} が大きすぎて読めません", what),
                     fmt::format("{} is too large to read", what));
    case FileProblem::special:
    case FileProblem::unreadable: break;
  }
  return unknown(fmt::format("{} を読めません", what), fmt::format("{} cannot be read", what));
}

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

std::vector<std::string> files_in(const Machine& machine, const std::string& folder,
                                  std::string_view suffix) {
  std::vector<std::string> paths;
  if (const auto names = machine.list(folder))
    for (const std::string& name : *names)
      if (name.ends_with(suffix)) paths.push_back(folder + "/" + name);
  return paths;
}

bool unit_enabled(const Machine& machine, std::string_view unit) {
  constexpr std::string_view kFolder = "/etc/systemd/system";
  const auto targets = machine.list(std::string(kFolder));
  if (!targets) return false;
  return std::ranges::any_of(*targets, [&](const std::string& target) {
    if (!target.ends_with(".wants")) return false;
    // The link itself counts: what it points to may be outside a small root.
    const auto units = machine.list(fmt::format("{}/{}", kFolder, target));
    return units && std::ranges::find(*units, unit) != units->end();
  });
}

}  // namespace sekisho
