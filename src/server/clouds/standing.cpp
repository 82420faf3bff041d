// SPDX-License-Identifier: Apache-2.0
#include "server/clouds/standing.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "collect/cloud/cloud_limits.h"

namespace sekisho {
namespace {

/// What is said of a check, before it is evidence.
struct Said {
  Finding finding;
  Time until = Time::max();
};

Text both(std::string ja, std::string en) { return {std::move(ja), std::move(en)}; }

/// Some names, at most six, in both languages alike.
std::string six(const std::vector<std::string>& names) { return listed(names); }

Compared compared(const KeptRow& row) {
  return {.source = Compared::Source::entry,
          .place = label(row.item->service).ja,
          .what = row.item->title,
          .seen = row.seen,
          .limit = row.limit};
}

Text told(const KeptRow& row) {
  const Text service = label(row.item->service);
  Text text{service.ja + ": " + row.item->title.ja, service.en + ": " + row.item->title.en};
  if (row.people > 0) {
    text.ja += fmt::format("（{} 人）", row.people);
    text.en += fmt::format(" ({})", row.people);
  }
  return text;
}

class Judge {
 public:
  Judge(const CloudsKnown& known, Day today)
      : known_(known), today_(today), in_use_(read_in_use(known.entries)) {
    if (!known.reading) return;
    rows_ = kept_rows_of(*known.reading);
    read_ = services_of(rows_);
  }

  /// Nothing for a check that is neither the register's nor of any setting.
  Said of(std::string_view check) const {
    if (check == "cloud-settings-read") return settings_read();
    if (check == "cloud-trust") return trust();
    if (check == "cloud-boundary")
      return decided(
          check, [](const CloudEntry& one) { return !one.theirs.empty() && !one.ours.empty(); });
    if (check == "cloud-grades")
      return decided(check, [](const CloudEntry& one) { return !one.grade.empty(); });
    return settings(check);
  }

 private:
  Said settings(std::string_view check) const {
    std::vector<const KeptRow*> rows;
    std::set<CloudService> concerned, unread;
    for (const CloudItem& item : cloud_items()) {
      if (item.check != check || !in_use_.contains(item.service)) continue;
      concerned.insert(item.service);
      if (!read_.contains(item.service)) unread.insert(item.service);
    }
    for (const KeptRow& row : rows_)
      if (row.item->check == check && concerned.contains(row.item->service)) rows.push_back(&row);
    if (concerned.empty())
      return {not_applicable("これに関わるサービスは使われていません",
                             "no service that it concerns is in use"),
              Time::max()};
    if (rows.empty())
      return {not_applicable("関わるサービスの設定は、まだ読んでいません",
                             "settings of the services that it concerns were not read yet"),
              Time::max()};
    Time until = Time::max();
    for (const KeptRow* row : rows) until = std::min(until, row->made_at + kCloudReadingHolds);
    return {worst(rows, unread), until};
  }

  static Finding worst(const std::vector<const KeptRow*>& rows,
                       const std::set<CloudService>& unread) {
    const auto with = [&](Verdict verdict) {
      std::vector<const KeptRow*> some;
      for (const KeptRow* row : rows)
        if (row->verdict == verdict) some.push_back(row);
      return some;
    };
    Finding finding;
    for (const Verdict verdict :
         {Verdict::fail, Verdict::unknown, Verdict::pass, Verdict::not_applicable}) {
      auto some = with(verdict);
      if (verdict == Verdict::unknown && !unread.empty()) {
        finding = unknown("使っていて、設定をまだ読んでいないサービス: " + names(unread, Lang::ja),
                          "in use, settings never read: " + names(unread, Lang::en));
        return finding;
      }
      if (some.empty()) continue;
      std::vector<std::string> ja, en;
      for (const KeptRow* row : some) {
        ja.push_back(told(*row).ja);
        en.push_back(told(*row).en);
        if (verdict == Verdict::pass || verdict == Verdict::fail) finding.basis.add(compared(*row));
      }
      finding.verdict = verdict;
      finding.fact = both(word(verdict).ja + ": " + six(ja), word(verdict).en + ": " + six(en));
      return finding;
    }
    return finding;
  }

  static Text word(Verdict verdict) {
    switch (verdict) {
      case Verdict::pass: return {"問題のない設定", "good"};
      case Verdict::fail: return {"直す設定", "to fix"};
      case Verdict::not_applicable: return {"対象外", "not applicable"};
      case Verdict::unknown: return {"分からない設定", "not known"};
    }
    return {};
  }

  static std::string names(const std::set<CloudService>& services, Lang lang) {
    std::vector<std::string> list;
    for (const CloudService service : services) list.push_back(label(service).in(lang));
    return six(list);
  }

  /// Whether all that is in use and can be read was read: the one place where it counts that not.
  Said settings_read() const {
    std::set<CloudService> unread;
    for (const CloudService service : in_use_)
      if (!read_.contains(service)) unread.insert(service);
    if (in_use_.empty())
      return {not_applicable("設定を読めるサービスは使われていません",
                             "no service whose settings can be read is in use"),
              Time::max()};
    if (!unread.empty())
      return {unknown("使っていて、設定をまだ読んでいないサービス: " + names(unread, Lang::ja),
                      "in use, settings never read: " + names(unread, Lang::en)),
              Time::max()};
    Time until = Time::max();
    for (const KeptRow& row : rows_)
      if (in_use_.contains(row.item->service))
        until = std::min(until, row.made_at + kCloudReadingHolds);
    return {pass("使っているサービスの設定を読みました: " + names(in_use_, Lang::ja),
                 "read: " + names(in_use_, Lang::en),
                 Compared{.source = Compared::Source::entry,
                          .place = "クラウドと会議 / clouds and meetings",
                          .seen = fmt::format("{}", in_use_.size()),
                          .limit = fmt::format("{}", in_use_.size()),
                          .day = today_}),
            until};
  }

  std::vector<const CloudEntry*> used() const {
    std::vector<const CloudEntry*> list;
    for (const CloudEntry& one : known_.entries)
      if (one.in_use) list.push_back(&one);
    return list;
  }

  Said none_used() const {
    return {not_applicable("使っているクラウドはありません", "no cloud is in use"), Time::max()};
  }

  Compared in_register(std::size_t good, std::size_t all) const {
    return {.source = Compared::Source::entry,
            .place = "クラウドの台帳 / register of clouds",
            .seen = std::to_string(good),
            .limit = std::to_string(all)};
  }

  template <typename Is>
  Said decided(std::string_view check, Is is) const {
    const auto all = used();
    if (all.empty()) return none_used();
    std::vector<std::string> open;
    for (const CloudEntry* one : all)
      if (!is(*one)) open.push_back(one->name);
    const bool boundary = check == "cloud-boundary";
    Finding finding =
        open.empty()
            ? pass(boundary ? "使っている全サービスの責任の境目を書いてあります"
                            : "使っている全サービスに、置いてよい情報を決めてあります",
                   boundary ? "for every service in use the line of responsibility is written down"
                            : "for every service in use it is decided what may be stored")
            : fail((boundary ? "責任の境目を書いていないサービス: "
                             : "置いてよい情報を決めていないサービス: ") +
                       six(open),
                   (boundary ? "without a line of responsibility: "
                             : "without a decision on what may be stored: ") +
                       six(open));
    finding.basis = in_register(all.size() - open.size(), all.size());
    return {std::move(finding), Time::max()};
  }

  /// Each service in use has something that shows it, looked up by somebody and not run out, and
  /// its day of review isn't over.
  Said trust() const {
    const auto all = used();
    if (all.empty()) return none_used();
    std::vector<std::string> without, over;
    for (const CloudEntry* one : all) {
      const bool holds = std::ranges::any_of(
          one->certificates, [&](const CloudCertificate& each) { return each.holds(today_); });
      if (!holds)
        without.push_back(one->name);
      else if (one->review_on && *one->review_on < today_)
        over.push_back(one->name);
    }
    Finding finding;
    if (!without.empty())
      finding = fail(
          "信頼できることを確かめていないサービス（認証などが期限切れも含む）: " + six(without),
          "nothing shows (any more) that these can be trusted: " + six(without));
    else if (!over.empty())
      finding = unknown("見直しの期限を過ぎたサービス: " + six(over),
                        "the review of these is overdue: " + six(over));
    else
      finding = pass("使っている全サービスの認証などを確かめました",
                     "of every service in use it was looked up what shows that it can be trusted");
    if (finding.verdict != Verdict::unknown)
      finding.basis = in_register(all.size() - without.size(), all.size());
    return {std::move(finding), Time::max()};
  }

  const CloudsKnown& known_;
  Day today_;
  std::set<CloudService> in_use_;
  std::vector<KeptRow> rows_;
  std::set<CloudService> read_;
};

Result<bool> was_judged(Database& db) {
  const auto rows = db.query("SELECT 1 FROM evidence WHERE subject = ? AND check_id = ? LIMIT 1",
                             {kOrganisation.value, std::string("cloud-settings-read")});
  if (!rows) return std::unexpected(rows.error());
  return !rows->empty();
}

}  // namespace

std::vector<Evidence> cloud_standing(const CloudChecks& checks, const CloudsKnown& known, Day today,
                                     Time now) {
  const Judge judge(known, today);
  std::vector<Evidence> list;
  for (const CheckSpec& spec : checks.checks) {
    Said said = judge.of(spec.id);
    list.push_back({kOrganisation, spec.id, judgement_of(std::move(said.finding)), now,
                    std::min(now + spec.valid_for, said.until), "collector:clouds"});
  }
  return list;
}

Result<void> judge_clouds(const CloudChecks& checks, Database& db, Time now) {
  CloudsKnown known;
  auto entries = cloud_register(db);
  if (!entries) return std::unexpected(entries.error());
  known.entries = std::move(*entries);
  if (known.entries.empty()) {
    const auto judged = was_judged(db);
    if (!judged) return std::unexpected(judged.error());
    if (!*judged) return {};
  }
  auto reading = kept_reading(db);
  if (!reading) return std::unexpected(reading.error());
  known.reading = std::move(*reading);
  const auto calendar = calendar_of(db);
  if (!calendar) return std::unexpected(calendar.error());
  const auto kept = append_evidence(db, cloud_standing(checks, known, calendar->day(now), now));
  if (!kept) return std::unexpected(kept.error());
  return {};
}

}  // namespace sekisho
