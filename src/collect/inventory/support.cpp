#include <algorithm>

#include <fmt/format.h>

#include "collect/inventory/inventory.h"
#include "collect/maker.h"

namespace sekisho {
namespace {

/// Whether a system's support is free after its regular end, by the guideline's list.
bool free_extension(const Guideline& guideline, const std::string& product) {
  return std::ranges::any_of(guideline.systems, [&](const OperatingSystem& system) {
    return system.eol_product == product && system.extended_is_free;
  });
}

}  // namespace

Evidence support_evidence(const Guideline& guideline, const SupportFeed& feed,
                          const SubjectId& subject, const std::string& system,
                          const std::string& version, bool extended, Time observed_at, Day today,
                          std::string source) {
  const CheckSpec* spec = guideline.check("os-support");
  Evidence evidence{subject,
                    "os-support",
                    Verdict::unknown,
                    observed_at,
                    observed_at + (spec == nullptr ? std::chrono::days(1) : spec->valid_for),
                    std::move(source),
                    {}};
  const std::string label = printable(system_label(system, version), 120);
  const SystemSupport support = support_of(feed, system, version, today);
  const std::string until = support.until ? format_day(*support.until) : "?";
  using State = SystemSupport::State;
  switch (support.state) {
    case State::unknown:
      if (support.stale) {
        evidence.detail = open_end_is_stale(label, feed);
        return evidence;
      }
      if (!support.newer_minor.empty()) {
        evidence.detail = {
            fmt::format("{} には延長更新（EUS）の契約がなければ修正が出ません。{} に更新するか、"
                        "契約を確かめてください",
                        label, support.newer_minor),
            fmt::format("{} gets no fixes without a contract for extended updates (EUS); update to "
                        "{}, or see to the contract",
                        label, support.newer_minor)};
        return evidence;
      }
      evidence.detail = {
          fmt::format("{} のサポート期間は分かりません。提供元の案内で確かめてください", label),
          fmt::format("support of {} is not known; see its maker's notes", label)};
      return evidence;
    case State::supported:
      evidence.verdict = Verdict::pass;
      evidence.detail = support.until
                            ? Text{fmt::format("{} は {} までサポートされます", label, until),
                                   fmt::format("{} is supported until {}", label, until)}
                            : Text{fmt::format("{} はサポート中です", label),
                                   fmt::format("{} is supported", label)};
      return evidence;
    case State::extended:
      if (extended || free_extension(guideline, support.product)) {
        const std::string end = format_day(*support.extended_until);
        evidence.verdict = Verdict::pass;
        evidence.detail = {
            fmt::format("{} の通常のサポートは {} に終了し、延長サポートが {} "
                        "まであります。移行を計画してください",
                        label, until, end),
            fmt::format(
                "regular support of {} ended on {}, extended support goes on until {}; plan "
                "to upgrade",
                label, until, end)};
        return evidence;
      }
      [[fallthrough]];
    case State::ended:
      evidence.verdict = Verdict::fail;
      if (!support.newer_minor.empty()) {
        evidence.detail = {
            fmt::format("{} には修正が出ません。{} に更新してください", label, support.newer_minor),
            fmt::format("{} gets no more fixes; update to {}", label, support.newer_minor)};
        return evidence;
      }
      evidence.detail = {fmt::format("{} のサポートは {} に終了しています", label, until),
                         fmt::format("support of {} ended on {}", label, until)};
  }
  return evidence;
}

}  // namespace sekisho
