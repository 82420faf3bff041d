#include "collect/cloud/judge.h"

#include <algorithm>

namespace sekisho {

Finding lacking(Lack lack) {
  switch (lack) {
    case Lack::absent:
      return unknown("エクスポートにこの設定がありません", "the export doesn't have this setting");
    case Lack::null:
      return unknown("エクスポートのこの設定は空です", "this setting is empty in the export");
    case Lack::not_licensed:
      return not_applicable("契約にこの機能がありません", "the contract has no such function");
    case Lack::not_readable:
      return unknown("この設定は読み取れていません", "this setting could not be read");
    case Lack::not_applicable:
      return not_applicable("ほかの設定により、対象になりません",
                            "does not apply because of another setting");
  }
  return {};
}

Finding safe_when(const CloudSetting<bool>& setting, bool wanted, const Text& is,
                  const Text& is_not) {
  return judged(setting, [&](bool value) {
    const std::string seen = value ? "true" : "false";
    const std::string limit = wanted ? "true" : "false";
    return value == wanted ? good(is.ja, is.en, seen, limit)
                           : bad(is_not.ja, is_not.en, seen, limit);
  });
}

Finding worst_of(std::vector<Finding> findings) {
  const auto rank = [](const Finding& one) {
    switch (one.verdict) {
      case Verdict::fail: return 0;
      case Verdict::unknown: return 1;
      case Verdict::pass: return 2;
      case Verdict::not_applicable: return 3;
    }
    return 1;
  };
  const auto worst = std::ranges::min_element(findings, {}, rank);
  return worst == findings.end()
             ? not_applicable("対象になるものがありません", "there is nothing it applies to")
             : std::move(*worst);
}

void CloudRows::add(std::string_view id, Finding finding, std::vector<PersonLeftOut> people) {
  const CloudItem* item = cloud_item(id);
  if (item == nullptr) return;
  Basis basis;
  for (Compared one : finding.basis.list()) {
    one.place = source_;
    one.what = item->title;
    basis.add(std::move(one));
  }
  finding.basis = std::move(basis);
  rows_.push_back({item, std::move(finding), std::move(people)});
}

}  // namespace sekisho
