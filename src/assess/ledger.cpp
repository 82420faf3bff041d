// SPDX-License-Identifier: Apache-2.0
#include "assess/ledger.h"

#include <algorithm>

#include "assess/counts_until.h"

namespace sekisho {

namespace {

/// With what its checks add up to, so that nobody who looks at many has to count.
FleetSubject summed(FleetSubject subject) {
  for (const FleetSubject::Check& check : subject.checks) {
    ++subject.tally.of(check.verdict);
    if (check.id != 0)
      subject.valid_until = std::max(subject.valid_until, std::optional(check.valid_until));
  }
  return subject;
}

}  // namespace

Ledger::Ledger(const Guideline& guideline, const CloudChecks& clouds)
    : guideline_(guideline),
      places_(std::make_shared<const CheckPlaces>(guideline, clouds)),
      fleet_(places_) {
  // A large ledger is mostly these: the slot lies in what would be padding.
  static_assert(sizeof(Row) == sizeof(Sighting));
  book(kOrganisation.value);
}

Ledger::Book& Ledger::book(const std::string& name) {
  const auto [found, added] = names_.try_emplace(name, static_cast<std::uint32_t>(books_.size()));
  if (added) {
    const auto retired = retired_.find(name);
    books_.push_back({name,
                      name != kOrganisation.value,
                      false,
                      retired == retired_.end() ? kNever : retired->second,
                      kNever,
                      {}});
    mark(books_.back());
    named_ = false;
  }
  return books_[found->second];
}

void Ledger::mark(Book& book) {
  if (book.changed) return;
  book.changed = true;
  changed_.push_back(names_.at(book.name));
}

void Ledger::take(const SubjectId& subject, std::string_view check, const Sighting& written) {
  const auto place = places_->by_id.find(check);
  if (place == places_->by_id.end()) return;  // of another version, or of an older overlay
  if ((subject == kOrganisation) != places_->organisations[place->second]) return;
  Sighting sighting = written;
  sighting.valid_until =
      counts_until(places_->spec(place->second), written.observed_at, written.valid_until);
  Book& book = this->book(subject.value);
  const auto at = std::ranges::lower_bound(book.rows, sighting.id, {},
                                           [](const Row& row) { return row.seen.id; });
  const bool known = at != book.rows.end() && at->seen.id == sighting.id;
  // What is known already says the same as before of the time until it was last seen.
  const Day from = calendar_.day(known ? std::min(at->seen.observed_at, sighting.observed_at)
                                       : sighting.first_at);
  const bool late = today_ && from < *today_;
  if (late) count(book, from, *today_, false);
  const Row row{sighting, places_->slots[place->second]};
  if (known)
    *at = row;
  else
    book.rows.insert(at, row);
  if (late) count(book, from, *today_, true);
  first_ = std::min(first_, sighting.first_at);
  mark(book);
}

void Ledger::retire(std::map<std::string, Time, std::less<>> retired) {
  retired_ = std::move(retired);
  for (Book& book : books_) {
    const auto found = retired_.find(book.name);
    const Time since = found == retired_.end() ? kNever : found->second;
    if (book.retired == since) continue;
    if (today_) count(book, *today_ - kRemembered, *today_, false);
    book.retired = since;
    if (today_) count(book, *today_ - kRemembered, *today_, true);
    mark(book);
  }
}

void Ledger::set_calendar(Calendar calendar) {
  if (calendar == calendar_) return;
  calendar_ = calendar;
  today_.reset();
}

Ledger::Look Ledger::look(const Book& book, Time at) {
  const auto& places = places_->of(book.machine);
  newest_.assign(places.size(), nullptr);
  checks_.assign(places.size(), {});
  Look look;
  for (const Row& row : book.rows) {
    if (!row.seen.begun(at)) {
      look.until = std::min(look.until, row.seen.first_at);
      continue;
    }
    look.begun = true;
    // It is seen up to now; of two such the one that is seen for longer comes to decide.
    if (row.seen.observed_at > at)
      look.until = std::min(look.until, row.seen.observed_at + std::chrono::seconds(1));
    const Sighting*& newest = newest_[row.slot];
    if (newest == nullptr || supersedes(row.seen, *newest, at)) newest = &row.seen;
  }
  for (std::size_t slot = 0; slot < places.size(); ++slot) {
    const Sighting* seen = newest_[slot];
    if (seen == nullptr) {
      // Nobody who uses no clouds is asked for anything.
      if (places_->of_cloud(places[slot])) checks_[slot].verdict = Verdict::not_applicable;
      continue;
    }
    checks_[slot] = {seen->id, seen->valid_until, seen->shows(at),
                     seen->partly && at < seen->valid_until};
    if (at < seen->valid_until) look.until = std::min(look.until, seen->valid_until);
  }
  return look;
}

void Ledger::count(const Book& book, Day from, Day to, bool add) {
  const Day first = to - std::chrono::days(ended_.size());
  from = std::max(from, first);
  // It no longer counts at the end of the day on which it was retired.
  if (book.retired != kNever) to = std::min(to, calendar_.day(book.retired));
  while (from < to) {
    const Look at = look(book, calendar_.end(from) - std::chrono::seconds(1));
    // The same for all days that end before anything changes.
    Day next = to;
    if (at.until != kNever)
      next = std::clamp(calendar_.day(at.until), from + std::chrono::days(1), to);
    for (; from < next; from += std::chrono::days(1)) {
      if (book.machine && !at.begun) continue;
      Ended& day = ended_[static_cast<std::size_t>((from - first).count())];
      day.tallies.count(book.machine, checks_, add);
      day.shown = nullptr;
    }
  }
}

void Ledger::begin(Day today) {
  ended_.assign(static_cast<std::size_t>(kRemembered.count()), {Tallies(places_), nullptr});
  today_ = today;
  for (const Book& book : books_) count(book, today - kRemembered, today, true);
}

void Ledger::go_on(Day today) {
  for (Day day = *today_; day < today; day += std::chrono::days(1)) {
    ended_.pop_front();
    ended_.push_back({Tallies(places_), nullptr});
  }
  const Day before = *today_;
  today_ = today;
  for (const Book& book : books_) count(book, before, today, true);
}

void Ledger::refresh(std::uint32_t place, Time now) {
  Book& book = books_[place];
  book.changed = false;
  Look at = look(book, now);
  const bool counts = now < book.retired;
  if (counts) at.until = std::min(at.until, book.retired);
  fleet_.put(place, at.begun || !book.machine
                        ? std::make_shared<const FleetSubject>(
                              summed({book.name, book.machine, counts, checks_, {}, {}}))
                        : nullptr);
  // An entry that comes too early does no harm: it is looked at again, and the next one is made.
  if (at.until < book.wake) {
    book.wake = at.until;
    wakes_.push({at.until, place});
  }
}

Days Ledger::shown(Time now) {
  Days days;
  const Day first = *today_ - std::chrono::days(ended_.size());
  const Day from = first_ > now ? *today_ : std::clamp(calendar_.day(first_), first, *today_);
  for (Day day = from; day < *today_; day += std::chrono::days(1)) {
    Ended& ended = ended_[static_cast<std::size_t>((day - first).count())];
    if (ended.shown == nullptr)
      ended.shown =
          std::make_shared<const DayStanding>(standing_on(guideline_, ended.tallies, day));
    days.add(ended.shown);
  }
  days.add(std::make_shared<const DayStanding>(standing_on(guideline_, fleet_, *today_)));
  return days;
}

std::shared_ptr<const Standing> Ledger::settle(Time now) {
  const Day today = calendar_.day(now);
  if (!today_ || today < *today_ || today > *today_ + kRemembered)
    begin(today);
  else if (today > *today_)
    go_on(today);
  if (now < at_) {
    // The clock was set back: what had begun or run out may not have.
    wakes_ = {};
    for (Book& book : books_) {
      book.wake = kNever;
      mark(book);
    }
  }
  at_ = now;
  while (!wakes_.empty() && wakes_.top().at <= now) {
    const Wake wake = wakes_.top();
    wakes_.pop();
    Book& book = books_[wake.place];
    if (book.wake != wake.at) continue;  // another entry counts instead
    book.wake = kNever;
    mark(book);
  }
  for (const std::uint32_t place : changed_) refresh(place, now);
  changed_.clear();
  if (!named_) fleet_.know(std::make_shared<const Fleet::Names>(names_));
  named_ = true;
  const Time until = wakes_.empty() ? kNever : wakes_.top().at;
  return std::make_shared<const Standing>(guideline_, calendar_, fleet_, shown(now), now,
                                          std::min(until, calendar_.end(today)));
}

}  // namespace sekisho
