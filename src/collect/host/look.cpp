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

Finding judged(const HostCheck& check, const Look& look) {
  Trace trace;
  const Machine machine = look.machine.watched(trace);
  Finding finding = check.look({machine, look.security, look.guideline, look.feeds, look.now});
  if (finding.verdict != Verdict::pass) return finding;
  if (!trace.gaps().empty()) return trace.gaps().front();
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

std::vector<std::string> files_in(const Machine& machine, const std::string& folder,
                                  std::string_view suffix) {
  std::vector<std::string> paths;
  if (const auto names = machine.list(folder))
    for (const std::string& name : *names)
      if (name.ends_with(suffix)) paths.push_back(folder + "/" + name);
  return paths;
}

}  // namespace sekisho
