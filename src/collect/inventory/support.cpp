// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "collect/inventory/inventory.h"
#include "collect/lists.h"

namespace sekisho {
namespace {

/// Whether a system's support is free after its regular end, by the guideline's list.
bool free_extension(const Guideline& guideline, const std::string& product) {
  return std::ranges::any_of(guideline.systems, [&](const OperatingSystem& system) {
    return system.eol_product == product && system.extended_is_free;
  });
}

}  // namespace

namespace {

Finding support_finding(const Guideline& guideline, const SupportFeed& feed,
                        const std::string& label, const SystemSupport& support, bool paid) {
  const std::string until = support.until ? format_day(*support.until) : "?";
  const auto rests_on = [&](const std::string& end) {
    return Basis{{.source = Compared::Source::entry,
                  .place = "OS",
                  .seen = label,
                  .limit = end,
                  .by = fmt::format("endoflife.date {} {}", support.product, support.cycle),
                  .day = feed.as_of}};
  };
  using State = SystemSupport::State;
  switch (support.state) {
    case State::unknown:
      if (!support.newer_minor.empty())
        return unknown(
            fmt::format("{} には延長更新（EUS）の契約がなければ修正が出ません。{} に更新するか、"
                        "契約を確かめてください",
                        label, support.newer_minor),
            fmt::format("{} gets no fixes without a contract for extended updates (EUS); update to "
                        "{}, or see to the contract",
                        label, support.newer_minor));
      if (!support.cycle.empty())
        return unknown(fmt::format("{} のサポートはマイナーリリースごとに終わります。「9.8」のよう"
                                   "に、点の後の番号まで登録してください",
                                   label),
                       fmt::format("support of {} ends with each minor release: enter it with the "
                                   "number behind the dot, like 9.8",
                                   label));
      return unknown(
          fmt::format("{} のサポート期間は分かりません。提供元の案内で確かめてください", label),
          fmt::format("support of {} is not known; see its maker's notes", label));
    case State::supported:
      if (support.until)
        return pass(fmt::format("{} は {} までサポートされます", label, until),
                    fmt::format("{} is supported until {}", label, until), rests_on(until));
      return pass(fmt::format("{} はサポート中です", label), fmt::format("{} is supported", label),
                  rests_on(""));
    case State::extended:
      if (paid || free_extension(guideline, support.product)) {
        const std::string end = format_day(*support.extended_until);
        return pass(
            fmt::format("{} の通常のサポートは {} に終了し、延長サポートが {} "
                        "まであります。移行を計画してください",
                        label, until, end),
            fmt::format(
                "regular support of {} ended on {}, extended support goes on until {}; plan "
                "to upgrade",
                label, until, end),
            rests_on(end));
      }
      break;
    case State::ended: break;
  }
  Finding ended =
      support.newer_minor.empty()
          ? fail(fmt::format("{} のサポートは {} に終了しています", label, until),
                 fmt::format("support of {} ended on {}", label, until))
          : fail(fmt::format("{} には修正が出ません。{} に更新してください", label,
                             support.newer_minor),
                 fmt::format("{} gets no more fixes; update to {}", label, support.newer_minor));
  ended.basis = rests_on(until);
  return ended;
}

}  // namespace

Evidence support_evidence(const Guideline& guideline, const SupportFeed& feed,
                          const SubjectId& subject, const std::string& system,
                          const std::string& version, bool extended, Time observed_at, Day today,
                          std::string source) {
  const CheckSpec* spec = guideline.check("os-support");
  const std::string label = printable(system_label(system, version), 120);
  const auto holds = spec == nullptr ? std::chrono::days(1) : spec->valid_for;
  Finding found = settled(
      support_finding(guideline, feed, label, support_of(feed, system, version, today), extended),
      std::array{date_of(feed)}, today);
  const Time until = std::min(observed_at + holds, found.holds_until);
  return {subject,     "os-support", judgement_of(std::move(found)),
          observed_at, until,        std::move(source)};
}

}  // namespace sekisho
