// SPDX-License-Identifier: Apache-2.0
// Software that its maker keeps up itself, by support dates, whatever system it runs on.
#pragma once

#include <algorithm>
#include <span>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "collect/vuln/version.h"
#include "collect/vuln/vuln.h"
#include "evidence/finding.h"
#include "guideline/guideline.h"

namespace sekisho {

/// Of a version that comes before all that the support dates name, of which the oldest is `line`.
inline Text older_than_all(const std::string& label, const Cycle& line) {
  const std::string ended = line.eol ? format_day(*line.eol) : "?";
  return {
      fmt::format("{} のサポートは終了しています（より新しい {} のサポートが {} に終わりました）",
                  label, line.name, ended),
      fmt::format("support of {} has ended (that of {}, which is newer, ended on {})", label,
                  line.name, ended)};
}

/// What was seen, held against a line of the support dates: the end of support and the newest
/// version.
inline Basis held_to(const SupportFeed& feed, std::string_view product, const Cycle& line,
                     Compared seen) {
  const std::string until = line.eol ? format_day(*line.eol) : "";
  seen.limit = until.empty() || line.latest.empty() ? until + line.latest
                                                    : fmt::format("{}, {}", line.latest, until);
  seen.by = fmt::format("endoflife.date {} {}", product, line.name);
  seen.day = feed.as_of;
  return seen;
}

inline Finding judge_maker(const Software& software, const std::string& version,
                           const SupportFeed& feed, Day today) {
  const std::string label = fmt::format("{} {}", software.name.en, version);
  const std::string as_of = format_day(feed.as_of);
  const Cycle* cycle = feed.find(software.eol_product, version);
  const auto held = [&](const Cycle& line) {
    return held_to(feed, software.eol_product, line,
                   {.source = Compared::Source::entry, .place = software.name.en, .seen = version});
  };
  if (cycle == nullptr) {
    if (const Cycle* ended = feed.ended_after(software.eol_product, version, today))
      return {Verdict::fail, older_than_all(label, *ended), held(*ended)};
    return unknown(
        fmt::format(
            "{} はサポート期間のデータ（{}）にないバージョンです。提供元の案内で確かめてください",
            label, as_of),
        fmt::format("{} is not in the support data of {}; see its maker's notes", label, as_of));
  }
  if (!cycle->supported_on(today)) {
    const std::string ended = cycle->eol ? format_day(*cycle->eol) : "?";
    return {Verdict::fail,
            {fmt::format("{} のサポートは {} に終了しています", label, ended),
             fmt::format("support of {} ended on {}", label, ended)},
            held(*cycle)};
  }
  const auto installed = Scheme::makers().exact(version);
  const auto latest = Scheme::makers().exact(cycle->latest);
  if (installed && latest && *installed < *latest)
    return {Verdict::fail,
            {fmt::format("{} は古く、{} が出ています", label, cycle->latest),
             fmt::format("{} is old; {} is out", label, cycle->latest)},
            held(*cycle)};
  if (!cycle->latest.empty() && !(installed && latest && *installed >= *latest))
    return unknown(
        fmt::format("{} が最新（{}）か、バージョンの書き方から分かりません", label, cycle->latest),
        fmt::format("whether {} is the newest ({}) can't be told from how it is written", label,
                    cycle->latest));
  return pass(fmt::format("{} はサポート中です", label), fmt::format("{} is supported", label),
              held(*cycle));
}

/// The worst of several findings speaks; its facts are told together, each once.
inline Finding worst(std::span<const Finding> findings) {
  for (const Verdict verdict : {Verdict::fail, Verdict::unknown, Verdict::pass}) {
    std::vector<std::string> ja;
    std::vector<std::string> en;
    Basis basis;
    Time holds_until = Time::max();
    for (const Finding& finding : findings) {
      if (finding.verdict != verdict) continue;
      basis.add(finding.basis);
      holds_until = std::min(holds_until, finding.holds_until);
      if (std::ranges::find(en, finding.fact.en) != en.end()) continue;
      ja.push_back(finding.fact.ja);
      en.push_back(finding.fact.en);
    }
    if (en.empty()) continue;
    Finding found{verdict, {join(ja, "、"), join(en, "; ")}};
    found.basis = std::move(basis);
    found.holds_until = holds_until;
    return found;
  }
  return {};
}

}  // namespace sekisho
