// Software that its maker keeps up itself, by support dates, whatever system it runs on.
#pragma once

#include <algorithm>
#include <span>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "collect/vuln/vuln.h"
#include "evidence/finding.h"
#include "guideline/guideline.h"

namespace sekisho {

/// Of a version that comes before all that the support dates name, of which the oldest is `line`.
inline Text older_than_all(const std::string& label, const Cycle& line) {
  const std::string ended = line.eol ? format_day(*line.eol) : "?";
  return {fmt::format("{} の支援は終わっています（より新しい {} の支援が {} に終わりました）",
                      label, line.name, ended),
          fmt::format("support of {} has ended (that of {}, which is newer, ended on {})", label,
                      line.name, ended)};
}

inline Finding judge_maker(const Software& software, const std::string& version,
                           const SupportFeed& feed, Time now) {
  const std::string label = fmt::format("{} {}", software.name.en, version);
  const std::string as_of = format_day(feed.as_of);
  const Cycle* cycle = feed.find(software.eol_product, version);
  if (cycle == nullptr) {
    if (const Cycle* ended = feed.ended_after(software.eol_product, version, day_of(now)))
      return {Verdict::fail, older_than_all(label, *ended)};
    return unknown(
        fmt::format("{} は支援期間のデータ（{}）にない版です。提供元の案内で確かめてください",
                    label, as_of),
        fmt::format("{} is not in the support data of {}; see its maker's notes", label, as_of));
  }
  if (!cycle->supported_on(day_of(now)))
    return fail(fmt::format("{} の支援は {} に終わっています", label,
                            cycle->eol ? format_day(*cycle->eol) : "?"),
                fmt::format("support of {} ended on {}", label,
                            cycle->eol ? format_day(*cycle->eol) : "?"));
  if (!cycle->latest.empty() && compare_versions(version, cycle->latest) < 0)
    return fail(fmt::format("{} は古く、{} が出ています", label, cycle->latest),
                fmt::format("{} is old; {} is out", label, cycle->latest));
  return pass(fmt::format("{} は支援中です", label), fmt::format("{} is supported", label));
}

/// The worst of several findings speaks; its facts are told together, each once.
inline Finding worst(std::span<const Finding> findings) {
  for (const Verdict verdict : {Verdict::fail, Verdict::unknown, Verdict::pass}) {
    std::vector<std::string> ja;
    std::vector<std::string> en;
    for (const Finding& finding : findings) {
      if (finding.verdict != verdict) continue;
      if (std::ranges::find(en, finding.fact.en) != en.end()) continue;
      ja.push_back(finding.fact.ja);
      en.push_back(finding.fact.en);
    }
    if (!en.empty()) return {verdict, {join(ja, "、"), join(en, "; ")}};
  }
  return {};
}

}  // namespace sekisho
