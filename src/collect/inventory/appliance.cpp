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

/// Whether `words` has `word` and not as a part of a longer one: "dir-820" is none of "DIR-820L".
bool has_word(std::string_view words, std::string_view word) {
  const auto part = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '-';
  };
  for (std::size_t at = words.find(word); at != std::string_view::npos;
       at = words.find(word, at + 1)) {
    const std::size_t end = at + word.size();
    if ((at == 0 || !part(words[at - 1])) && (end == words.size() || !part(words[end])))
      return true;
  }
  return false;
}

/// "Ver.1.16" as feeds write it: 1.16.
std::string plain_version(std::string_view text) {
  const std::string low = lower(trim(text));
  std::string_view rest = low;
  for (const std::string_view prefix : {"version", "ver.", "ver", "v"})
    if (rest.starts_with(prefix)) {
      const std::string tail(trim(rest.substr(prefix.size())));
      return tail.empty() || tail.front() < '0' || tail.front() > '9' ? std::string(trim(text))
                                                                      : tail;
    }
  return std::string(trim(text));
}

class Judgement {
 public:
  Judgement(const Feeds& feeds, const Appliance& appliance, ApplianceFacts facts, Time now)
      : feeds_(feeds),
        appliance_(appliance),
        facts_(std::move(facts)),
        now_(now),
        cpe_(appliance.cpe_of(facts_.model)) {
    facts_.version = plain_version(facts_.version);
    if (feeds.weaknesses)
      for (const auto& [vendor, product] : cpe_)
        std::ranges::move(feeds.weaknesses->of(vendor, product, facts_.version),
                          std::back_inserter(open_));
    if (!appliance.eol_product.empty())
      line_ = feeds.support.find(appliance.eol_product, facts_.version);
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
    std::vector<std::string> sure;
    std::vector<std::string> unclear;
    for (const auto& [product, entries] : feeds_.exploited.by_product)
      for (const ExploitedEntry& entry : entries)
        if (in_range(entry))
          sure.push_back(entry.cve);
        else if (named_as(product) && !cleared(entry))
          unclear.push_back(entry.cve);
    if (sure.empty() && unclear.empty()) return nothing_exploited();
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
  /// Where the catalogue's weaknesses leave nothing open: what that is worth.
  Finding nothing_exploited() const {
    const bool by_model = appliance_.models && !facts_.model.empty();
    const bool listed = !appliance_.exploited_as.empty() || (by_model && feeds_.weaknesses);
    if (!listed && confirmed()) return {Verdict::pass, confirmation()};
    if (!listed && appliance_.models && !by_model)
      return {Verdict::unknown,
              {"型番を入れると、悪用の一覧と照らし合わせます",
               "enter its model to have it held against the list of attacks"}};
    if (!listed)
      return {Verdict::unknown,
              {"この機種は悪用の一覧にありません。ファームウェアが最新か確かめてください",
               "no list of attacks names this kind; confirm that its firmware is current"}};
    if (by_model && facts_.version.empty() && !confirmed())
      return {Verdict::unknown,
              {"ファームウェアの版を入れると、悪用の一覧と照らし合わせます",
               "enter its firmware's version to have it held against the list of attacks"}};
    return {Verdict::pass,
            {"攻撃に使われている弱点は、この版では直っています",
             "no weakness in real attacks is open in this version"}};
  }
  /// The first few by name, the rest by number; the newest first.
  static std::string named(std::vector<std::string> list) {
    std::ranges::sort(list, std::greater());
    std::string text;
    for (std::size_t i = 0; i < std::min(list.size(), kNamed); ++i)
      text += (i == 0 ? "" : ", ") + list[i];
    return list.size() > kNamed ? text + fmt::format(" (+{})", list.size() - kNamed) : text;
  }

  /// Whether the catalogue's vendor and product are its kind, or its model.
  bool named_as(const std::pair<std::string, std::string>& product) const {
    if (std::ranges::find(appliance_.exploited_as, product) != appliance_.exploited_as.end())
      return true;
    return appliance_.models && !facts_.model.empty() &&
           product.first == appliance_.models->exploited_vendor &&
           has_word(lower(product.second), lower(trim(facts_.model)));
  }
  bool in_range(const ExploitedEntry& entry) const {
    return std::ranges::any_of(open_, [&](const auto& one) { return one.cve == entry.cve; });
  }
  /// By the versions that NVD gives, or by somebody's look since it became known.
  bool cleared(const ExploitedEntry& entry) const {
    const bool told = feeds_.weaknesses && !facts_.version.empty() &&
                      std::ranges::any_of(cpe_, [&](const auto& cpe) {
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
  ApplianceFacts facts_;
  Time now_;
  std::vector<std::pair<std::string, std::string>> cpe_;
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
