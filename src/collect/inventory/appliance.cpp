#include "collect/inventory/appliance.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "collect/maker.h"
#include "collect/vuln/weaknesses.h"

namespace sekisho {
namespace {

constexpr std::chrono::days kConfirmationHolds{90};
constexpr double kGrave = 7.0;  // CVSS: high
constexpr std::size_t kNamed = 5;

class Judgement {
 public:
  Judgement(const Feeds& feeds, const Appliance& appliance, const ApplianceFacts& facts, Time now)
      : feeds_(feeds), appliance_(appliance), facts_(facts), now_(now) {
    if (feeds.weaknesses)
      for (const auto& [vendor, product] : appliance.cpe)
        std::ranges::move(feeds.weaknesses->of(vendor, product, facts.version),
                          std::back_inserter(open_));
    if (!appliance.eol_product.empty())
      line_ = feeds.support.find(appliance.eol_product, facts.version);
  }

  Finding support() const {
    const std::string label = appliance_.system + " " + facts_.version;
    if (const Cycle* ended =
            feeds_.support.ended_after(appliance_.eol_product, facts_.version, day_of(now_)))
      return {Verdict::fail, older_than_all(label, *ended)};
    if (line_ == nullptr || facts_.version.empty())
      return {Verdict::unknown,
              {"支援がいつまでかは提供元の案内で確かめてください",
               "see its maker's notes for how long it is supported"}};
    const std::string until = line_->eol ? format_day(*line_->eol) : "?";
    if (line_->supported_on(day_of(now_)))
      return {Verdict::pass, line_->eol
                                 ? Text{fmt::format("{} は {} まで支援されます", label, until),
                                        fmt::format("{} is supported until {}", label, until)}
                                 : Text{fmt::format("{} は支援中です", label),
                                        fmt::format("{} is supported", label)}};
    return {Verdict::fail,
            {fmt::format("{} の支援は {} に終わっています", label, until),
             fmt::format("support of {} ended on {}", label, until)}};
  }

  Finding exploited() const {
    if (appliance_.exploited_as.empty())
      return {confirmed() ? Verdict::pass : Verdict::unknown,
              confirmed()
                  ? confirmation()
                  : Text{"この機種は悪用の一覧にありません。ファームウェアが最新か確かめてください",
                         "no list of attacks names this kind; confirm that its firmware is "
                         "current"}};
    std::vector<std::string> sure;
    std::vector<std::string> unclear;
    for (const auto& named : appliance_.exploited_as) {
      const auto entries = feeds_.exploited.by_product.find(named);
      if (entries == feeds_.exploited.by_product.end()) continue;
      for (const ExploitedEntry& entry : entries->second)
        if (in_range(entry))
          sure.push_back(entry.cve);
        else if (!cleared(entry))
          unclear.push_back(entry.cve);
    }
    if (sure.empty() && unclear.empty())
      return {Verdict::pass,
              {"攻撃に使われている弱点は、この版では直っています",
               "no weakness in real attacks is open in this version"}};
    if (sure.empty()) {
      const std::string names = named(std::move(unclear));
      return {
          Verdict::fail,
          {fmt::format(
               "攻撃に使われている弱点のうち、直っているか確かめていないものがあります: {}。"
               "提供元の案内で確かめ、更新してください",
               names),
           fmt::format("nobody confirmed that these weaknesses, used in real attacks, are fixed "
                       "here: {}; see its maker's notes, and update",
                       names)}};
    }
    const std::string names = named(std::move(sure));
    return {
        Verdict::fail,
        {fmt::format(
             "攻撃に使われている弱点があります: {}。すぐに更新し、侵入の跡がないか調べてください",
             names),
         fmt::format("open to weaknesses in real attacks: {}; update at once and look for traces "
                     "of intrusion",
                     names)}};
  }

  Finding updates() const {
    std::vector<std::string> grave;
    for (const auto& one : open_)
      if (one.score >= kGrave) grave.push_back(fmt::format("{} ({:.1f})", one.cve, one.score));
    if (!grave.empty()) {
      const std::string names = named(std::move(grave));
      return {Verdict::fail,
              {fmt::format("この版には重大な弱点があります: {}", names),
               fmt::format("this version has grave weaknesses: {}", names)}};
    }
    const bool newest = line_ != nullptr && !line_->latest.empty() && !facts_.version.empty() &&
                        compare_releases(facts_.version, line_->latest) >= 0;
    if (newest)
      return {Verdict::pass,
              {fmt::format("{} は知られている中で最新です", facts_.version),
               fmt::format("{} is the newest that is known", facts_.version)}};
    if (confirmed()) return {Verdict::pass, confirmation()};
    const std::string latest = line_ == nullptr ? "" : line_->latest;
    const Text newer = latest.empty() ? Text{"", ""}
                                      : Text{fmt::format("（{} が出ています）", latest),
                                             fmt::format(" ({} is out)", latest)};
    if (facts_.reused)
      return {Verdict::fail,
              {"再利用の機器です。ファームウェアを最新にするまで使わないでください" + newer.ja,
               "an old device taken into use again: do not use it before its firmware is current" +
                   newer.en}};
    if (!latest.empty() && !facts_.version.empty())
      return {Verdict::fail,
              {"新しいファームウェアがあります" + newer.ja, "there is newer firmware" + newer.en}};
    return {Verdict::unknown,
            {"ファームウェアが最新か、まだ確かめていません",
             "nobody confirmed yet that its firmware is current"}};
  }

 private:
  /// The first few by name, the rest by number; the newest first.
  static std::string named(std::vector<std::string> list) {
    std::ranges::sort(list, std::greater());
    std::string text;
    for (std::size_t i = 0; i < std::min(list.size(), kNamed); ++i)
      text += (i == 0 ? "" : ", ") + list[i];
    return list.size() > kNamed ? text + fmt::format(" (+{})", list.size() - kNamed) : text;
  }

  bool in_range(const ExploitedEntry& entry) const {
    return std::ranges::any_of(open_, [&](const auto& one) { return one.cve == entry.cve; });
  }
  /// By the versions that NVD gives, or by somebody's look since it became known.
  bool cleared(const ExploitedEntry& entry) const {
    const bool told = feeds_.weaknesses && !facts_.version.empty() &&
                      std::ranges::any_of(appliance_.cpe, [&](const auto& cpe) {
                        return feeds_.weaknesses->knows(entry.cve, cpe.first, cpe.second);
                      });
    return told || (facts_.confirmed_at && day_of(*facts_.confirmed_at) > entry.added);
  }

  bool confirmed() const {
    return facts_.confirmed_at && now_ < *facts_.confirmed_at + kConfirmationHolds;
  }
  Text confirmation() const {
    const std::string day = format_day(day_of(*facts_.confirmed_at));
    return {fmt::format("{} に、最新であることを人が確かめました", day),
            fmt::format("a person confirmed on {} that it is current", day)};
  }

  const Feeds& feeds_;
  const Appliance& appliance_;
  const ApplianceFacts& facts_;
  Time now_;
  std::vector<Weaknesses::Found> open_;  // of this version
  const Cycle* line_ = nullptr;
};

}  // namespace

std::vector<Evidence> appliance_evidence(const Guideline& guideline, const Feeds& feeds,
                                         const SubjectId& subject, const Appliance& appliance,
                                         const ApplianceFacts& facts, Time observed_at, Time now,
                                         const std::string& source) {
  const Judgement judgement(feeds, appliance, facts, now);
  const Finding support = judgement.support();
  const Finding exploited = judgement.exploited();
  const Finding updates = judgement.updates();
  std::map<std::string_view, Finding> found{
      {"os-support", support}, {"known-exploited", exploited}, {"security-updates", updates}};
  if (appliance.vpn) found["software-vpn"] = worst(std::array{exploited, updates, support});
  std::vector<Evidence> list;
  for (const CheckSpec& check : guideline.checks) {
    if (check.asked) continue;
    const auto one = found.find(check.id);
    const Finding finding = one == found.end() ? Finding{Verdict::not_applicable,
                                                         {"ネットワーク機器にはない項目です",
                                                          "there is no such thing on network gear"}}
                                               : one->second;
    list.push_back({subject, check.id, finding.verdict, observed_at, observed_at + check.valid_for,
                    source, finding.fact});
  }
  return list;
}

}  // namespace sekisho
