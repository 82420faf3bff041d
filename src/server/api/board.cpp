// SPDX-License-Identifier: Apache-2.0
#include "server/api/board.h"

namespace sekisho {
namespace {

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
  organisation.calendar = calendar_of(settings);
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

Calendar calendar_of(const Settings& settings) {
  const auto zone = settings.find(kZoneSetting);
  return zone == settings.end() ? Calendar() : Calendar::parse(zone->second).value_or(Calendar());
}

Result<Calendar> calendar_of(Database& db) {
  const auto rows =
      db.query("SELECT value FROM setting WHERE name = ?", {std::string(kZoneSetting)});
  if (!rows) return std::unexpected(rows.error());
  return rows->empty() ? Calendar() : calendar_of({{kZoneSetting, rows->front().text(0)}});
}

Board::Board(const Guideline& guideline, Connect connect, std::function<Time()> clock,
             CloudChecks clouds)
    : guideline_(guideline),
      clouds_(std::move(clouds)),
      connect_(std::move(connect)),
      clock_(std::move(clock)) {}

Result<Board::Marks> Board::marks_in(Database& db) {
  const auto rows = db.query(
      "SELECT (SELECT COALESCE(MAX(change), 0) FROM evidence), (SELECT value FROM setting WHERE "
      "name = 'devices.change'), (SELECT value FROM setting WHERE name = 'organisation.zone')");
  if (!rows) return std::unexpected(rows.error());
  const Row& row = rows->front();
  return Marks{row.integer(0), row.text(1), row.text(2)};
}

Board::Seen Board::seen() const {
  const std::lock_guard lock(publishing_);
  return seen_;
}

Result<std::shared_ptr<const Standing>> Board::look(Database& db) {
  const auto wanted = marks_in(db);
  if (!wanted) return std::unexpected(wanted.error());
  // The clock is read after the marks: what was written before them lies before it.
  if (const Seen there = seen(); there.answers(*wanted, clock_())) return there.standing;
  return refresh(*wanted);
}

Result<void> Board::load() {
  const auto done = refresh({});
  if (!done) return std::unexpected(done.error());
  return {};
}

Result<void> Board::take(Database& db, const Marks* from, const Marks& found) {
  if (const auto taken = sightings_since(db, from == nullptr ? 0 : from->change,
                                         [&](const KeptSighting& kept) {
                                           ledger_->take(kept.subject, kept.check, kept.sighting);
                                         });
      !taken)
    return taken;
  ledger_->set_calendar(calendar_of({{kZoneSetting, found.zone}}));
  if (from != nullptr && from->devices == found.devices) return {};
  const auto rows = db.query(
      "SELECT subject, COALESCE(retired_at, created_at) FROM device WHERE state = 'retired'");
  if (!rows) return std::unexpected(rows.error());
  std::map<std::string, Time, std::less<>> retired;
  for (const Row& row : *rows) retired.emplace(row.text(0), row.time(1));
  ledger_->retire(std::move(retired));
  return {};
}

Result<Board::Seen> Board::renew(std::unique_ptr<Database> db) {
  const Seen before = seen();
  Seen next;
  const auto done = db->snapshot([&]() -> Result<void> {
    const auto marks = marks_in(*db);
    if (!marks) return std::unexpected(marks.error());
    next.marks = *marks;
    // A database that has gone back is another one.
    const bool anew =
        !ledger_ || partly_ || before.standing == nullptr || marks->change < before.marks.change;
    // Whatever goes wrong from here on, the next one begins from the start.
    partly_ = true;
    if (anew) ledger_.emplace(guideline_, clouds_);
    return take(*db, anew ? nullptr : &before.marks, *marks);
  });
  if (!done) return std::unexpected(done.error());
  // The clock is read only now: whatever was committed before the snapshot lies before it.
  next.standing = ledger_->settle(clock_());
  partly_ = false;
  db_ = std::move(db);
  return next;
}

Result<std::shared_ptr<const Standing>> Board::refresh(const Marks& wanted) {
  const std::lock_guard lock(refreshing_);
  // Somebody else may have done it meanwhile.
  if (const Seen there = seen(); there.answers(wanted, clock_())) return there.standing;
  Result<Seen> next = failure("", "");
  if (db_ != nullptr) next = renew(std::move(db_));
  if (!next) {
    // A connection that was kept may have died.
    auto opened = connect_();
    if (!opened) return std::unexpected(opened.error());
    next = renew(std::move(*opened));
  }
  if (!next) return std::unexpected(next.error());
  const std::lock_guard publish(publishing_);
  seen_ = *next;
  return next->standing;
}

}  // namespace sekisho
