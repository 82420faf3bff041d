// SPDX-License-Identifier: Apache-2.0
#include "collect/inventory/software.h"
#include "collect/limits.h"

#include <algorithm>

#include <fmt/format.h>

#include "collect/inventory/programs.h"
#include "collect/lists.h"
#include "collect/vuln/weaknesses.h"

namespace sekisho {
namespace {

constexpr std::size_t kProgramsNamed = 5;

}  // namespace

SoftwareJudge::SoftwareJudge(const Guideline& guideline, const Feeds& feeds)
    : guideline_(guideline), feeds_(feeds), exploited_(exploited_weaknesses(feeds.exploited)) {
  if (!feeds.weaknesses) return;
  for (const std::string& cve : exploited_)
    if (!feeds.weaknesses->has(cve))
      ++without_record_;
    else if (!feeds.weaknesses->tells(cve))
      without_versions_.push_back(cve);
}

ComponentJudgement SoftwareJudge::of(const Component& component, std::string_view platform) const {
  if (!component.cpe.empty() || !component.purl.empty()) return judge(component, feeds_, platform);
  const Software* software = software_of_program(guideline_.software, component.name);
  return software == nullptr || !feeds_.weaknesses
             ? ComponentJudgement()
             : judge_program(*software, component.name, component.version, *feeds_.weaknesses,
                             platform);
}

void SoftwareJudge::add(const Component& component, std::string_view platform,
                        SoftwareSum& sum) const {
  const ComponentJudgement judgement = of(component, platform);
  ++sum.listed;
  sum.known += judgement.known ? 1U : 0U;
  sum.by_nvd = sum.by_nvd || judgement.by_nvd;
  if (judgement.by_osv) sum.by_osv.at(static_cast<std::size_t>(*judgement.by_osv)) = true;
  sum.open += judgement.open.size();
  const auto named = [&](const ComponentWeakness& one) {
    return fmt::format("{} ({})", one.id, printable(component.name + " " + component.version, 60));
  };
  for (const ComponentWeakness& one : judgement.open) {
    // Attacks don't wait for a fix.
    if (exploited(one.id)) sum.exploited.push_back(named(one));
    if (!one.fixed.empty() || one.score >= kGraveScore) sum.grave.push_back(named(one));
  }
  for (const ComponentWeakness& one : judgement.unclear) {
    if (exploited(one.id)) sum.unclear_exploited.push_back(named(one));
    if (exploited(one.id) || one.score >= kGraveScore) sum.unclear.push_back(named(one));
  }
}

Finding SoftwareJudge::conclude(const SoftwareSum& sum, const Text& against,
                                const std::vector<std::string>& unclear, const Text& clear) const {
  if (!against.en.empty()) return {Verdict::fail, against};
  if (sum.known == 0)
    return unknown("一覧のソフトを照合できるデータがありません",
                   "no feed knows the software on the list");
  const Text matched{fmt::format("（{} 種類のうち {} 種類を照合）", sum.listed, sum.known),
                     fmt::format(" ({} of {} components matched)", sum.known, sum.listed)};
  if (!unclear.empty()) {
    const std::string names = first_of_all(unclear);
    return unknown(
        fmt::format("次の脆弱性が残っているか、バージョンや条件からは分かりません: {}{}", names,
                    matched.ja),
        fmt::format("whether these vulnerabilities are open can't be told from what is known: {}{}",
                    names, matched.en));
  }
  if (sum.by_nvd && without_record_ > 0)
    return unknown(
        fmt::format("NVD のデータに、悪用の一覧 {} 件のうち {} 件がありません。年ごとのデータ"
                    "（nvdcve-2.0-2024 など）も取り込んでください{}",
                    exploited_.size(), without_record_, matched.ja),
        fmt::format(
            "NVD's data lacks {} of the {} vulnerabilities on the list of attacks; take the "
            "yearly feeds (nvdcve-2.0-2024 and so on) as well{}",
            without_record_, exploited_.size(), matched.en));
  if (sum.by_nvd && !without_versions_.empty()) {
    const std::string names = first_of_all(without_versions_);
    return unknown(
        fmt::format("攻撃に使われている次の脆弱性は、どの製品のどのバージョンのものかが NVD の"
                    "データにまだありません: {}{}",
                    names, matched.ja),
        fmt::format("NVD's data doesn't tell yet which versions of what have these vulnerabilities "
                    "that are being exploited: {}{}",
                    names, matched.en));
  }
  if (sum.known < sum.listed)
    return unknown(
        fmt::format("照合できたものには見つかりませんでしたが、残りの {} 種類は"
                    "データがなく分かりません{}",
                    sum.listed - sum.known, matched.ja),
        fmt::format("nothing was found in what could be matched, but no feed knows the other {}{}",
                    sum.listed - sum.known, matched.en));
  return pass(clear.ja + matched.ja, clear.en + matched.en, rests_on(sum));
}

/// The list, held against each feed that was asked.
Basis SoftwareJudge::rests_on(const SoftwareSum& sum) const {
  const Compared list{.source = Compared::Source::entry,
                      .place = "SBOM",
                      .seen = fmt::format("{} / {}", sum.known, sum.listed)};
  Basis basis;
  const auto with = [&](std::string by, std::optional<Day> day) {
    Compared one = list;
    one.by = std::move(by);
    one.day = day;
    basis.add(std::move(one));
  };
  if (sum.by_nvd)
    with(fmt::format("NVD ({} CVE)", feeds_.weaknesses->size()), feeds_.weaknesses->as_of());
  for (const EcosystemFacts& one : kEcosystemFacts)
    if (sum.by_osv.at(static_cast<std::size_t>(one.ecosystem)))
      with(fmt::format("OSV ({})", one.name), feeds_.osv_of(one.ecosystem)->as_of());
  with(fmt::format("CISA KEV ({} CVE)", exploited_.size()), feeds_.exploited.as_of);
  return basis;
}

std::vector<Evidence> SoftwareJudge::evidence(const SubjectId& subject, const SoftwareSum& sum,
                                              Time at, Time now, std::chrono::days holds,
                                              const std::string& source) const {
  const Lists lists(feeds_);
  const auto matched_by = [&] {
    if (sum.by_nvd) (void)lists.weaknesses();
    for (const EcosystemFacts& one : kEcosystemFacts)
      if (sum.by_osv.at(static_cast<std::size_t>(one.ecosystem))) (void)lists.osv(one.ecosystem);
  };
  const Day today = Calendar::utc().day(now);
  Finding exploited = lists.settled(today, [&] {
    (void)lists.exploited();
    matched_by();
    return conclude(sum, open_to_attacks(first_of_all(sum.exploited)), sum.unclear_exploited,
                    {"攻撃に使われている脆弱性は見つかりませんでした",
                     "no vulnerability in real attacks was found"});
  });
  Finding updates = lists.settled(today, [&] {
    matched_by();
    return conclude(sum, to_be_updated(first_of_all(sum.grave)), sum.unclear,
                    {"更新で直る脆弱性は見つかりませんでした",
                     "no vulnerability that an update mends was found"});
  });
  std::vector<Evidence> list;
  for (auto& [check, found] :
       {std::pair("known-exploited", &exploited), {"security-updates", &updates}}) {
    const Time until = std::min(at + holds, found->holds_until);
    list.push_back({subject, check, judgement_of(std::move(*found)), at, until, source});
  }
  return list;
}

std::string first_of_all(const std::vector<std::string>& list) {
  std::string text;
  for (std::size_t i = 0; i < std::min(list.size(), kProgramsNamed); ++i)
    text += (i == 0 ? "" : ", ") + list[i];
  return list.size() > kProgramsNamed ? text + fmt::format(" (+{})", list.size() - kProgramsNamed)
                                      : text;
}

Text open_to_attacks(const std::string& names) {
  if (names.empty()) return {};
  return {"攻撃に使われている脆弱性があります: " + names,
          "open to vulnerabilities in real attacks: " + names};
}

Text to_be_updated(const std::string& names) {
  if (names.empty()) return {};
  return {"更新で直る、または重大な脆弱性があります: " + names,
          "vulnerabilities that an update mends, or grave ones: " + names};
}

}  // namespace sekisho
