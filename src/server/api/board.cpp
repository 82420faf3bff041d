#include "server/api/board.h"

#include <algorithm>

namespace sekisho {
namespace {

constexpr std::chrono::days kRemembered{400};
constexpr const char* kSituationPrefix = "situation.";

}  // namespace

Organisation organisation_of(const Guideline& guideline, const Settings& settings) {
  const auto value = [&](const std::string& name) {
    const auto found = settings.find(name);
    return found == settings.end() ? std::string() : found->second;
  };
  Organisation organisation;
  organisation.name = value("organisation.name");
  organisation.industry = value("organisation.industry");
  organisation.size = value("organisation.size");
  organisation.ready = value("organisation.ready") == "yes";
  // `method` is what the command line knows: the first of those in use.
  std::string methods = value("methods");
  if (methods.empty()) methods = value("method");
  for (const std::string_view id : words(methods))
    if (const Method* method = guideline.method(id)) organisation.methods.push_back(method);
  for (const Situation& situation : guideline.situations)
    if (const std::string said = value(kSituationPrefix + situation.id); !said.empty())
      organisation.situations[situation.id] = said == "yes";
  return organisation;
}

Result<bool> Board::is_current(Database& db, Time now) {
  const auto rows = db.query(
      "SELECT COALESCE(MAX(change), 0), (SELECT value FROM setting WHERE name = 'devices.change') "
      "FROM evidence");
  if (!rows) return std::unexpected(rows.error());
  const std::shared_lock lock(mutex_);
  return rows->front().integer(0) == change_ && rows->front().text(1) == devices_ && now_ == now;
}

Result<void> Board::catch_up(Database& db, Time now) {
  const auto current = is_current(db, now);
  if (!current) return std::unexpected(current.error());
  if (*current) return {};
  const std::unique_lock lock(mutex_);
  std::vector<KeptEvidence> fresh;
  std::int64_t change = change_;
  const auto read = evidence_since(db, change_, [&](KeptEvidence&& kept) {
    change = std::max(change, kept.change);
    fresh.push_back(std::move(kept));
  });
  if (!read) return read;
  const auto devices = db.query("SELECT value FROM setting WHERE name = 'devices.change'");
  if (!devices) return std::unexpected(devices.error());
  const auto retired = db.query("SELECT subject FROM device WHERE state = 'retired'");
  if (!retired) return std::unexpected(retired.error());
  take(std::move(fresh), now);
  std::vector<SubjectId> gone;
  for (const Row& row : *retired) gone.push_back({row.text(0)});
  for (const SubjectId& subject : retired_)
    if (std::ranges::find(gone, subject) == gone.end()) fleet_.restore(subject);
  for (const SubjectId& subject : gone) fleet_.remove(subject);
  retired_ = std::move(gone);
  devices_ = devices->empty() ? "" : devices->front().text(0);
  change_ = change;
  if (days_.empty() || days_.back().day != day_of(now))
    days_.push_back(standing_on(guideline_, fleet_, day_of(now)));
  else
    days_.back() = standing_on(guideline_, fleet_, day_of(now));
  now_ = now;
  return {};
}

void Board::end_days_before(Day day) {
  // The last entry is the day that is not over: it is replaced by how that day ended.
  for (Day ending = days_.back().day; ending < day; ending += std::chrono::days(1)) {
    fleet_.advance(Time(ending + std::chrono::days(1)) - std::chrono::seconds(1));
    days_.back() = standing_on(guideline_, fleet_, ending);
    days_.push_back({ending + std::chrono::days(1), {}, {}, {}, {}, 0});
  }
}

void Board::take(std::vector<KeptEvidence> fresh, Time now) {
  std::ranges::stable_sort(fresh, {}, &KeptEvidence::first_at);
  for (const KeptEvidence& kept : fresh) {
    if (kept.first_at > now) continue;  // a clock that is ahead proves nothing yet
    if (days_.empty())
      days_.push_back(
          {std::max(day_of(kept.first_at), day_of(now) - kRemembered), {}, {}, {}, {}, 0});
    end_days_before(day_of(kept.first_at));
    fleet_.advance(kept.first_at);
    fleet_.add(kept.evidence, kept.id);
  }
  if (!days_.empty()) end_days_before(day_of(now));
  fleet_.advance(now);
}

}  // namespace sekisho
