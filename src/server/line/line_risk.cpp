// SPDX-License-Identifier: Apache-2.0
#include "server/line/line_risk.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "report/json.h"
#include "server/line/handlers.h"
#include "server/line/line.h"

namespace sekisho {
namespace {

namespace json = boost::json;

using RiskLevel = LineRisk::Level;
constexpr std::chrono::days kHighHolds{7};
constexpr std::chrono::days kScanHolds{1};
constexpr std::chrono::hours kAttackedHolds{1};
constexpr std::size_t kManyPorts = 4;  // as many as a sensor tells

constexpr std::array<std::string_view, 3> kLevels{"none", "raised", "high"};
std::string_view level_name(RiskLevel level) { return kLevels[static_cast<std::size_t>(level)]; }

Outcome get_line_risk(Call& call) {
  const auto address = read_address(call.query("address").value_or(""));
  if (!address)
    return problem(422, "IP アドレスを書いてください（例: 203.0.113.5）。",
                   "give an IP address (203.0.113.5, for example).");
  const auto found = found_at_line(call.db);
  if (!found) return broken(found.error());
  const LineRisk risk = risk_of(*address, *found, call.now);
  json::array reasons;
  for (const LineRisk::Reason& one : risk.reasons)
    reasons.emplace_back(json::object{{"id", one.id},
                                      {"level", level_name(one.level)},
                                      {"text", to_json(one.text)},
                                      {"seen", json_time(one.seen)},
                                      {"until", json_time(one.until)}});
  return reply_json(
      json::object{{"address", address_text(*address)},
                   {"level", level_name(risk.level)},
                   {"reasons", std::move(reasons)},
                   {"attacked", json::array(risk.attacked.begin(), risk.attacked.end())}});
}

}  // namespace

LineRisk risk_of(const Address& address, std::span<const LineFound> found, Time now) {
  LineRisk risk;
  std::set<std::string> attacked;
  const auto add = [&](std::string_view id, RiskLevel level, Text text, Time seen,
                       std::chrono::seconds holds) {
    if (seen + holds <= now) return;
    risk.reasons.push_back({std::string(id), level, std::move(text), seen, seen + holds});
  };
  for (const LineFound& one : found) {
    for (const SeenSource& own : one.ours)
      if (own.address == address)
        add("own_sends", RiskLevel::high,
            {"自社のアドレスが、送るばかりか走査のように振る舞います。乗っ取られていないか調べてく"
             "ださい",
             "an address of your own only sends, or scans; see whether it was taken over"},
            own.last, kHighHolds);
    for (const SeenAttack& attack : one.attacks) {
      if (attack.last + kAttackedHolds > now) attacked.insert(attack.service);
      if (one.pseudonyms || std::ranges::find(attack.from, address) == attack.from.end()) continue;
      const std::string server = address_text(attack.server);
      add("tries_passwords", RiskLevel::high,
          {fmt::format("{} でパスワードを次々に試しています（{}）", server, attack.service),
           fmt::format("it tries passwords at {} ({})", server, attack.service)},
          attack.last, kHighHolds);
    }
    if (one.pseudonyms) continue;
    for (const SeenSource& source : one.busiest)
      // On a line that is used, most of the busiest are those who work.
      if (source.address == address && (!source.tool.empty() || source.ports.size() >= kManyPorts))
        add("scans", RiskLevel::raised,
            {"観測している網を調べ回っています", "it scans the observed network"}, source.last,
            kScanHolds);
  }
  std::ranges::stable_sort(risk.reasons, std::greater(), &LineRisk::Reason::level);
  if (!risk.reasons.empty()) risk.level = risk.reasons.front().level;
  risk.attacked.assign(attacked.begin(), attacked.end());
  return risk;
}

void add_line_risk(Handlers& handlers) { handlers.insert({{"getLineRisk", get_line_risk}}); }

}  // namespace sekisho
