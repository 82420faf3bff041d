// SPDX-License-Identifier: Apache-2.0
#include "collect/inventory/appliance.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "collect/inventory/written.h"
#include "collect/limits.h"
#include "collect/lists.h"
#include "collect/maker.h"
#include "collect/vuln/weaknesses.h"

namespace sekisho {
namespace {

constexpr std::chrono::days kConfirmationHolds{90};
constexpr std::size_t kCvesNamed = 5;

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

class GearJudge {
 public:
  GearJudge(const Feeds& feeds, const Appliance& appliance, ApplianceFacts facts, Time now,
            const Calendar& calendar)
      : lists_(feeds),
        appliance_(appliance),
        facts_(std::move(facts)),
        now_(now),
        calendar_(calendar),
        scheme_(scheme_of(appliance.versions)),
        reading_(firmware_version(appliance, facts_.version)),
        weaknesses_(feeds.weaknesses.get()) {
    for (const auto& [vendor, product] : appliance.cpe_of(facts_.model)) {
      if (weaknesses_ == nullptr || !weaknesses_->covers(vendor, product)) continue;
      Installed one{vendor, product, scheme_ ? &*scheme_ : &Scheme::makers(), reading_};
      one.platform = "appliance";
      if (reading_) one.version_text = lower(reading_->plain);
      one.rest.at(kEdition) = edition();
      names_.push_back(std::move(one));
    }
    for (const Installed& one : names_) {
      auto matches = weaknesses_->of(one);
      std::ranges::move(matches.open, std::back_inserter(open_));
      std::ranges::move(matches.unclear, std::back_inserter(unclear_));
    }
    std::erase_if(unclear_, [&](const auto& one) { return named_in(open_, one.cve); });
  }

  /// One of the three below, as far as the lists that it asks may decide it.
  Finding found(Finding (GearJudge::*judge)() const) const {
    return lists_.settled(today(), [&] { return (this->*judge)(); });
  }

  Finding support() const {
    if (unreadable()) return {Verdict::unknown, firmware_words(appliance_, facts_.version)};
    const std::string label = appliance_.system + " " + (reading_ ? reading_->plain : "");
    if (!appliance_.eol_product.empty() && reading_)
      if (const Cycle* ended =
              lists_.support().ended_after(appliance_.eol_product, reading_->plain, today()))
        return {Verdict::fail, older_than_all(label, *ended)};
    const Cycle* line = this->line();
    if (line == nullptr)
      return {Verdict::unknown,
              {"サポートがいつまでかは提供元の案内で確かめてください",
               "see its maker's notes for how long it is supported"}};
    const std::string until = line->eol ? format_day(*line->eol) : "?";
    if (!line->supported_on(today()))
      return {Verdict::fail,
              {fmt::format("{} のサポートは {} に終わっています", label, until),
               fmt::format("support of {} ended on {}", label, until)}};
    if (line->eol)
      return pass(fmt::format("{} は {} までサポートされます", label, until),
                  fmt::format("{} is supported until {}", label, until), by_line());
    return pass(fmt::format("{} はサポート中です", label), fmt::format("{} is supported", label),
                by_line());
  }

  Finding exploited() const {
    std::vector<std::string> sure;
    std::vector<std::string> maybe;
    for (const auto& [product, entries] : lists_.exploited().by_product)
      for (const ExploitedEntry& entry : entries)
        if (named_in(open(), entry.cve))
          sure.push_back(entry.cve);
        else if (((reading_ && named_in(unclear(), entry.cve)) || named_as(product)) &&
                 !cleared(entry))
          maybe.push_back(entry.cve);
    if (!sure.empty()) {
      const std::string names = named(std::move(sure));
      return {
          Verdict::fail,
          {fmt::format("攻撃に使われている脆弱性があります: "
                       "{}。すぐに更新し、侵入の跡がないか調べてください",
                       names),
           fmt::format("open to vulnerabilities in real attacks: {}; update at once and look for "
                       "traces of intrusion",
                       names)}};
    }
    if (unreadable() && !confirmed())
      return {Verdict::unknown, firmware_words(appliance_, facts_.version)};
    if (maybe.empty()) return nothing_exploited();
    const std::string names = named(std::move(maybe));
    return {
        Verdict::fail,
        {fmt::format("攻撃に使われている脆弱性のうち、直っているか確かめていないものが"
                     "あります: {}。提供元の案内で確かめ、更新してください",
                     names),
         fmt::format("nobody confirmed that these vulnerabilities, used in real attacks, are fixed "
                     "here: {}; see its maker's notes, and update",
                     names)}};
  }

  Finding updates() const {
    const std::vector<std::string> grave = grave_of(open());
    if (!grave.empty()) {
      const std::string names = named(grave);
      return {Verdict::fail,
              {fmt::format("このバージョンには重大な脆弱性があります: {}", names),
               fmt::format("this version has grave vulnerabilities: {}", names)}};
    }
    if (is_newest() && !ended())
      return pass(fmt::format("{} は知られている中で最新です", reading_->plain),
                  fmt::format("{} is the newest that is known", reading_->plain), by_line());
    // As far as what was asked for what stands against it is new enough to tell.
    if (confirmed() && !ended()) return confirmation();
    const std::string latest = line() == nullptr ? "" : line()->latest;
    const Text newer = latest.empty() ? Text{"", ""}
                                      : Text{fmt::format("（{} が出ています）", latest),
                                             fmt::format(" ({} is out)", latest)};
    if (facts_.reused)
      return {Verdict::fail,
              {"再利用の機器です。ファームウェアを最新にするまで使わないでください" + newer.ja,
               "an old device taken into use again: do not use it before its firmware is current" +
                   newer.en}};
    if (unreadable()) return {Verdict::unknown, firmware_words(appliance_, facts_.version)};
    if (is_older())
      return {Verdict::fail,
              {"新しいファームウェアがあります" + newer.ja, "there is newer firmware" + newer.en}};
    if (const std::vector<std::string> maybe = grave_of(unclear()); !maybe.empty()) {
      const std::string names = named(maybe);
      return {
          Verdict::unknown,
          {fmt::format("重大な脆弱性が残っているか、このバージョンからは分かりません: {}", names),
           fmt::format("this version doesn't tell whether grave vulnerabilities are open: {}",
                       names)}};
    }
    if (ended())
      return {
          Verdict::unknown,
          {"サポートが終わっているので、更新はもう出ません。新しい脆弱性は直らないままです",
           "its support has ended, so no update comes any more; what is found from now on stays "
           "open"}};
    return {Verdict::unknown,
            {"ファームウェアが最新か、まだ確かめていません",
             "nobody confirmed yet that its firmware is current"}};
  }

 private:
  static constexpr std::size_t kEdition = 3;  // sw_edition among a name's other attributes

  /// The edition whose word the version has; none where the kind tells editions apart.
  CpeValue edition() const {
    if (appliance_.versions.editions.empty()) return CpeValue::any();
    const std::string text = lower(facts_.version);
    for (const std::string& word : appliance_.versions.editions)
      if (text.contains(lower(word))) return CpeValue::literal(lower(word));
    return CpeValue::none();
  }
  Day today() const { return calendar_.day(now_); }
  const std::vector<Weaknesses::Found>& open() const {
    (void)lists_.weaknesses();
    return open_;
  }
  const std::vector<Weaknesses::Found>& unclear() const {
    (void)lists_.weaknesses();
    return unclear_;
  }
  const Cycle* line() const {
    return appliance_.eol_product.empty() || !reading_
               ? nullptr
               : lists_.support().find(appliance_.eol_product, reading_->plain);
  }
  /// Its line's support is over: that nothing newer is there says nothing.
  bool ended() const {
    const Cycle* line = this->line();
    return (line != nullptr && !line->supported_on(today())) ||
           (reading_ && !appliance_.eol_product.empty() &&
            lists_.support().ended_after(appliance_.eol_product, reading_->plain, today()));
  }
  /// Something was entered that is no version.
  bool unreadable() const { return !trim(facts_.version).empty() && !reading_; }
  std::optional<Version> latest() const {
    const Cycle* line = this->line();
    return line == nullptr || !scheme_ ? std::nullopt : scheme_->exact(line->latest);
  }
  bool is_newest() const {
    const auto newest = latest();
    return newest && reading_ && reading_->least >= *newest;
  }
  bool is_older() const {
    const auto newest = latest();
    return newest && reading_ && reading_->most < *newest;
  }
  static bool named_in(const std::vector<Weaknesses::Found>& list, const std::string& cve) {
    return std::ranges::find(list, cve, &Weaknesses::Found::cve) != list.end();
  }
  static std::vector<std::string> grave_of(const std::vector<Weaknesses::Found>& list) {
    std::vector<std::string> grave;
    for (const auto& one : list)
      if (one.score >= kGraveScore) grave.push_back(fmt::format("{} ({:.1f})", one.cve, one.score));
    return grave;
  }

  /// Where the catalogue's weaknesses leave nothing open: what that is worth.
  Finding nothing_exploited() const {
    const bool by_model = appliance_.models && !trim(facts_.model).empty();
    if (confirmed() && !ended()) return confirmation();
    if (appliance_.models && !by_model)
      return {Verdict::unknown,
              {"型番を入れると、悪用の一覧と照らし合わせます",
               "enter its model to have it held against the list of attacks"}};
    if (appliance_.exploited_as.empty() && !by_model && names_.empty())
      return {Verdict::unknown,
              {"この機種は悪用の一覧にありません。ファームウェアが最新か確かめてください",
               "no list of attacks names this kind; confirm that its firmware is current"}};
    if (!reading_)
      return {Verdict::unknown,
              {"ファームウェアのバージョンを入れると、悪用の一覧と照らし合わせます",
               "enter its firmware's version to have it held against the list of attacks"}};
    if (names_.empty())
      return {Verdict::unknown,
              {fmt::format("{}は NVD のデータにありません。型番を確かめ、ファームウェアが最新か"
                           "確かめてください",
                           by_model ? "この型番" : "この機種"),
               fmt::format("NVD's data does not name this {}; check it, and confirm that its "
                           "firmware is current",
                           by_model ? "model" : "kind")}};
    return pass(fmt::format("攻撃に使われている脆弱性は、{} {} では直っています{}",
                            appliance_.system, reading_->plain, read_from().ja),
                fmt::format("no vulnerability in real attacks is open in {} {}{}",
                            appliance_.system, reading_->plain, read_from().en),
                by_records());
  }
  /// The version that was entered, as it was read.
  Compared entered() const {
    return {.source = Compared::Source::entry,
            .place = appliance_.system + (facts_.model.empty() ? "" : " " + facts_.model),
            .seen = reading_ ? reading_->plain : std::string(trim(facts_.version))};
  }
  Basis by_line() const {
    return held_to(lists_.support(), appliance_.eol_product, *line(), entered());
  }
  /// NVD's records of its products, and the list of attacks.
  Basis by_records() const {
    Basis basis;
    for (const Installed& one : names_) {
      Compared with = entered();
      with.by = fmt::format("NVD {} {}", one.vendor, one.product);
      with.day = lists_.weaknesses()->as_of();
      basis.add(std::move(with));
    }
    Compared with = entered();
    with.by = "CISA KEV";
    with.day = lists_.exploited().as_of;
    basis.add(std::move(with));
    return basis;
  }
  /// What was entered, where more than the version stands in it.
  Text read_from() const {
    const std::string entered = printable(trim(std::string_view(facts_.version)), 60);
    if (entered == reading_->plain) return {};
    return {fmt::format("（「{}」から読みました）", entered),
            fmt::format(" (read from '{}')", entered)};
  }
  /// The first few by name, the rest by number; the newest first.
  static std::string named(std::vector<std::string> list) {
    std::ranges::sort(list, std::greater());
    std::string text;
    for (std::size_t i = 0; i < std::min(list.size(), kCvesNamed); ++i)
      text += (i == 0 ? "" : ", ") + list[i];
    return list.size() > kCvesNamed ? text + fmt::format(" (+{})", list.size() - kCvesNamed) : text;
  }

  /// Whether the catalogue's vendor and product are its kind, or its model.
  bool named_as(const std::pair<std::string, std::string>& product) const {
    if (std::ranges::find(appliance_.exploited_as, product) != appliance_.exploited_as.end())
      return true;
    return appliance_.models && !facts_.model.empty() &&
           product.first == appliance_.models->exploited_vendor &&
           std::ranges::any_of(appliance_.models->spellings(facts_.model), [&](std::string model) {
             std::ranges::replace(model, '_', ' ');
             return has_word(lower(product.second), model);
           });
  }
  /// By the versions that NVD gives, or by somebody's look since it became known.
  bool cleared(const ExploitedEntry& entry) const {
    return (reading_ && fixed(entry.cve)) ||
           (facts_.confirmed_at && calendar_.day(*facts_.confirmed_at) > entry.added);
  }
  bool fixed(const std::string& cve) const {
    bool told = false;
    for (const Installed& one : names_) {
      const auto said = lists_.weaknesses()->about(cve, one);
      if (said && *said != Match::no) return false;
      told = told || said;
    }
    // A record of other products alone, where NVD knows this one.
    return told || (!names_.empty() && lists_.weaknesses()->tells(cve) &&
                    std::ranges::none_of(names_, [&](const Installed& one) {
                      return lists_.weaknesses()->names(cve, one.vendor, one.product);
                    }));
  }

  bool confirmed() const {
    return facts_.confirmed_at && now_ < *facts_.confirmed_at + kConfirmationHolds;
  }
  /// A person's word, for as long as it holds.
  Finding confirmation() const {
    const Day day = calendar_.day(*facts_.confirmed_at);
    Compared said = entered();
    said.limit = format_day(calendar_.day(*facts_.confirmed_at + kConfirmationHolds));
    said.day = day;
    said.by = "confirmed";
    return pass(fmt::format("{} に、最新であることを人が確かめました", format_day(day)),
                fmt::format("a person confirmed on {} that it is current", format_day(day)),
                std::move(said));
  }

  Lists lists_;
  const Appliance& appliance_;
  ApplianceFacts facts_;
  Time now_;
  Calendar calendar_;
  std::optional<Scheme> scheme_;
  std::optional<VersionReading> reading_;
  std::vector<Installed> names_;                   // those that NVD's data has
  const Weaknesses* weaknesses_;                   // for what is gathered at the beginning
  std::vector<Weaknesses::Found> open_, unclear_;  // of this version
};

}  // namespace

std::vector<Evidence> appliance_evidence(const Guideline& guideline, const Feeds& feeds,
                                         const SubjectId& subject, const Appliance& appliance,
                                         const ApplianceFacts& facts, Time observed_at, Time now,
                                         const Calendar& calendar, const std::string& source) {
  const GearJudge judge(feeds, appliance, facts, now, calendar);
  const Finding support = judge.found(&GearJudge::support);
  const Finding exploited = judge.found(&GearJudge::exploited);
  const Finding updates = judge.found(&GearJudge::updates);
  std::map<std::string_view, Finding> found{
      {"os-support", support}, {"known-exploited", exploited}, {"security-updates", updates}};
  if (appliance.vpn) found["software-vpn"] = worst(std::array{exploited, updates, support});
  std::vector<Evidence> list;
  for (const CheckSpec& check : guideline.checks) {
    if (check.asked) continue;
    const auto one = found.find(check.id);
    Finding finding = one == found.end() ? not_applicable("ネットワーク機器にはない項目です",
                                                          "there is no such thing on network gear")
                                         : one->second;
    const Time until = std::min(observed_at + check.valid_for, finding.holds_until);
    list.push_back(
        {subject, check.id, judgement_of(std::move(finding)), observed_at, until, source});
  }
  return list;
}

}  // namespace sekisho
