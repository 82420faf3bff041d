// SPDX-License-Identifier: Apache-2.0
#include "evidence/evidence.h"

#include <array>
#include <utility>

namespace sekisho {
namespace {

constexpr std::array<std::pair<std::string_view, Verdict>, 4> kVerdicts{
    {{"pass", Verdict::pass},
     {"fail", Verdict::fail},
     {"not_applicable", Verdict::not_applicable},
     {"unknown", Verdict::unknown}}};

}  // namespace

std::string_view name(Verdict verdict) {
  return kVerdicts.at(static_cast<std::size_t>(verdict)).first;
}

std::optional<Verdict> verdict_named(std::string_view name) {
  for (const auto& [known, verdict] : kVerdicts)
    if (known == name) return verdict;
  return std::nullopt;
}

Text label(Verdict verdict) {
  switch (verdict) {
    case Verdict::pass: return {"問題なし", "pass"};
    case Verdict::fail: return {"要対応", "fail"};
    case Verdict::not_applicable: return {"対象外", "n/a"};
    case Verdict::unknown: break;
  }
  return {"不明", "unknown"};
}

Judgement::Judgement(Verdict verdict, Text detail, Basis basis)
    : verdict_(verdict), detail_(std::move(detail)), basis_(std::move(basis)) {
  if (verdict_ != Verdict::pass || !basis_.empty()) return;
  verdict_ = Verdict::unknown;
  detail_ = {"何を何と比べたかの記録がないので、良いとは言えません",
             "there is no record of what was compared with what, so this can't be called good"};
}

Judgement Judgement::kept(Verdict verdict, Text detail, Basis basis) {
  if (verdict == Verdict::pass && basis.empty()) basis.add({.source = Compared::Source::earlier});
  return {verdict, std::move(detail), std::move(basis)};
}

}  // namespace sekisho
