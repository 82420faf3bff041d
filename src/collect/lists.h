// SPDX-License-Identifier: Apache-2.0
// The lists of the world (attacks, support dates, weaknesses) as a judgement reads them. What was
// asked is remembered here, so that no check has to think of a list's age: a pass, or "does not
// apply", that rests on a list which is too old becomes unknown with how to settle it. What fails
// by an old list fails: what was exploited stays exploited.
#pragma once

#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "collect/vuln/osv_list.h"
#include "collect/vuln/vuln.h"
#include "collect/vuln/weaknesses.h"
#include "evidence/finding.h"

namespace sekisho {

/// One list: what people call it, of which day it is, and for how long it may decide.
struct ListDate {
  Text name;
  Day as_of;
  std::chrono::days bound;

  bool stale_on(Day today) const { return is_stale(as_of, bound, today); }
  /// From then on it decides nothing.
  Time holds_until() const {
    return std::chrono::sys_days((as_of + bound + std::chrono::days(1)).time_since_epoch());
  }
};

inline ListDate date_of(const SupportFeed& feed) {
  return {{"サポート期間の一覧（endoflife.date）", "the list of support dates (endoflife.date)"},
          feed.as_of,
          kSupportStaleAfter};
}
inline ListDate date_of(const ExploitedFeed& feed) {
  return {{"攻撃に使われている脆弱性の一覧（CISA KEV）",
           "the list of exploited vulnerabilities (CISA KEV)"},
          feed.as_of,
          kExploitedStaleAfter};
}
inline ListDate date_of(const Weaknesses& feed) {
  return {{"バージョンごとの脆弱性の一覧（NVD）", "the list of vulnerabilities by version (NVD)"},
          feed.as_of(),
          kWeaknessesStaleAfter};
}
inline ListDate date_of(const OsvList& feed) {
  const std::string_view name = facts_of(feed.ecosystem()).name;
  return {{fmt::format("{} の脆弱性の一覧（OSV）", name),
           fmt::format("the list of {}'s vulnerabilities (OSV)", name)},
          feed.as_of(),
          kWeaknessesStaleAfter};
}

/// Why a list that is stale decides nothing, and what to do.
inline Text stale_words(const ListDate& list, Day today) {
  const Text renew{
      "sekisho feeds update で新しくするか、サーバーの「設定」で一覧の自動更新を有効にしてください",
      "run sekisho feeds update, or switch on their daily renewal in the settings of the server"};
  const auto age = (today - list.as_of).count();
  if (list.as_of == Day{})
    return {
        fmt::format("{}がいつのものか分からず、これでは判定できません。{}", list.name.ja, renew.ja),
        fmt::format("{} does not say of which day it is, and decides nothing; {}", list.name.en,
                    renew.en)};
  if (age < 0)
    return {fmt::format("{}の日付が {} で、先の日付です。この機械の時計を確かめてください。{}",
                        list.name.ja, format_day(list.as_of), renew.ja),
            fmt::format("{} is of {}, which lies ahead: see that the clock is right; {}",
                        list.name.en, format_day(list.as_of), renew.en)};
  return {fmt::format("{}が {} のもので {} 日たっており（有効なのは {} 日まで）、これでは判定できま"
                      "せん。{}",
                      list.name.ja, format_day(list.as_of), age, list.bound.count(), renew.ja),
          fmt::format("{} is of {}, {} days old (it decides for {}); {}", list.name.en,
                      format_day(list.as_of), age, list.bound.count(), renew.en)};
}

/// `found` by these lists, as far as they may decide it today.
inline Finding settled(Finding found, std::span<const ListDate> lists, Day today) {
  if (found.verdict == Verdict::fail || found.verdict == Verdict::unknown) return found;
  for (const ListDate& list : lists) {
    if (list.stale_on(today)) return {Verdict::unknown, stale_words(list, today)};
    found.holds_until = std::min(found.holds_until, list.holds_until());
  }
  return found;
}

class Lists {
 public:
  Lists(const Feeds& feeds) : feeds_(feeds) {}  // NOLINT(google-explicit-constructor)
  /// The same for another judgement, which has asked nothing yet.
  Lists(const Lists& other) : feeds_(other.feeds_) {}
  Lists& operator=(const Lists&) = delete;
  Lists(Lists&&) = delete;
  Lists& operator=(Lists&&) = delete;
  ~Lists() = default;

  const SupportFeed& support() const {
    asked_.at(kSupport) = true;
    return feeds_.support;
  }
  const ExploitedFeed& exploited() const {
    asked_.at(kExploited) = true;
    return feeds_.exploited;
  }
  /// Null where none was taken.
  const Weaknesses* weaknesses() const {
    asked_.at(kWeaknesses) = feeds_.weaknesses != nullptr;
    return feeds_.weaknesses.get();
  }
  /// Null where none was taken, or it is too old to decide: what else there is does then.
  const Weaknesses* fresh_weaknesses(Day today) const {
    const bool decides =
        feeds_.weaknesses != nullptr && !date_of(*feeds_.weaknesses).stale_on(today);
    return decides ? weaknesses() : nullptr;
  }
  const OsvList* osv(Ecosystem ecosystem) const {
    const OsvList* list = feeds_.osv_of(ecosystem);
    asked_.at(kOsv + static_cast<std::size_t>(ecosystem)) = list != nullptr;
    return list;
  }

  /// What `judge` finds, as far as the lists that it asks may decide it.
  template <typename Judge>
  Finding settled(Day today, Judge judge) const {
    asked_ = {};
    Finding found = judge();
    std::vector<ListDate> dates;
    if (asked_.at(kSupport)) dates.push_back(date_of(feeds_.support));
    if (asked_.at(kExploited)) dates.push_back(date_of(feeds_.exploited));
    if (asked_.at(kWeaknesses)) dates.push_back(date_of(*feeds_.weaknesses));
    for (std::size_t i = 0; i < kEcosystems; ++i)
      if (asked_.at(kOsv + i)) dates.push_back(date_of(*feeds_.osv.at(i)));
    return sekisho::settled(std::move(found), dates, today);
  }

 private:
  enum List : std::uint8_t { kSupport, kExploited, kWeaknesses, kOsv };

  const Feeds& feeds_;
  mutable std::array<bool, kOsv + kEcosystems> asked_{};
};

}  // namespace sekisho
