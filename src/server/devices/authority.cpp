// SPDX-License-Identifier: Apache-2.0
#include "server/devices/authority.h"

#include <fmt/format.h>

#include "store/audit.h"

namespace sekisho {
namespace {

constexpr const char* kKey = "agents.key";
constexpr const char* kCertificate = "agents.certificate";
constexpr const char* kNextKey = "agents.next.key";
constexpr const char* kNextCertificate = "agents.next.certificate";
/// On how many days it was offered, the last of them, and on how many in a row the current one had
/// ended by then.
constexpr const char* kOffered = "agents.next.offered";
constexpr const char* kBefore = "agents.before.certificate";
constexpr const char* kTurns = "agents.turns";
/// As long as an authority lasts, and a day.
constexpr std::chrono::days kLongest{3651};

std::string at(const Settings& kept, const char* name) {
  const auto found = kept.find(name);
  return found == kept.end() ? std::string() : found->second;
}

struct Offered {
  std::int64_t days = 0;
  std::string last;
  std::int64_t ended = 0;
};
Offered offered_of(const Settings& kept) {
  const std::string text = at(kept, kOffered);
  const auto parts = words(text);
  if (parts.size() != 3) return {};
  return {std::max<std::int64_t>(whole_number(parts[0]), 0), std::string(parts[1]),
          std::max<std::int64_t>(whole_number(parts[2]), 0)};
}

std::string day_of(Time now) { return format_day(Calendar().day(now)); }

/// Whether something has to be written.
bool is_due(const Authorities& there, const Offered& offered, Time now) {
  // Made by a clock that was ahead: nobody would believe what it certifies.
  if (there.next && there.next->certificate().not_after > now + kLongest) return true;
  if (offered.ended > 0 && there.current.certificate().not_after > now) return true;
  if (there.current.certificate().not_after > now + kSuccessorBefore) return false;
  return !there.next || offered.last != day_of(now);
}

Result<std::optional<Authorities>> read(const Settings& kept) {
  if (!kept.contains(kKey)) return std::nullopt;
  auto current = Authority::from_pem(at(kept, kKey), at(kept, kCertificate));
  if (!current) return std::unexpected(current.error());
  Authorities there{std::move(*current), std::nullopt, at(kept, kBefore), at(kept, kTurns)};
  if (there.turns.empty()) there.turns = there.current.key_pem();
  if (kept.contains(kNextKey) && !at(kept, kNextKey).empty()) {
    auto next = Authority::from_pem(at(kept, kNextKey), at(kept, kNextCertificate));
    if (!next) return std::unexpected(next.error());
    there.next = std::move(*next);
  }
  return there;
}

Result<void> keep(Database& db, const Authorities& there, const Offered& offered) {
  for (const auto& [name, value] : std::initializer_list<std::pair<const char*, std::string>>{
           {kKey, there.current.key_pem()},
           {kCertificate, there.current.certificate().pem},
           {kNextKey, there.next ? there.next->key_pem() : ""},
           {kNextCertificate, there.next ? there.next->certificate().pem : ""},
           {kOffered,
            there.next ? fmt::format("{} {} {}", offered.days, offered.last, offered.ended) : ""},
           {kBefore, there.before},
           {kTurns, there.turns}})
    if (auto set = set_setting(db, name, value); !set) return set;
  return {};
}

Result<void> note(Database& db, Time now, std::string_view what, const Authority& which) {
  return append_audit(db, now, "", what, which.certificate().fingerprint, "{}");
}

/// One step on, by the clock.
Result<void> move_on(Database& db, Authorities& there, Offered& offered, Time now) {
  if (there.next && there.next->certificate().not_after > now + kLongest) there.next.reset();
  if (there.current.certificate().not_after > now + kSuccessorBefore) {
    offered.ended = 0;
    return {};
  }
  if (!there.next) {
    auto made = Authority::make(now);
    if (!made) return std::unexpected(made.error());
    there.next = std::move(*made);
    offered = {};
    if (auto noted = note(db, now, "authority-made", *there.next); !noted) return noted;
  }
  // Where it has ended nobody is let in any more; or it is the clock that is ahead, and won't be
  // when somebody looks on another day.
  const bool ended = there.current.certificate().not_after <= now;
  if (offered.last != day_of(now))
    offered = {offered.days + 1, day_of(now), ended ? offered.ended + 1 : 0};
  else if (!ended)
    offered.ended = 0;
  if (offered.days < kOfferedDays && offered.ended < 2) return {};
  there.before = there.current.certificate().pem;
  there.current = std::move(*there.next);
  there.next.reset();
  return note(db, now, "authority-changed", there.current);
}

}  // namespace

std::string Authorities::believed() const {
  return current.certificate().pem + (next ? next->certificate().pem : "") + before;
}

Result<Authorities> organisation_authorities(Database& db, Time now) {
  const auto kept = settings(db);
  if (!kept) return std::unexpected(kept.error());
  auto there = read(*kept);
  if (!there) return std::unexpected(there.error());
  // Mostly there is nothing to do, and nothing is written.
  if (*there && !is_due(**there, offered_of(*kept), now)) return std::move(**there);
  const auto done = db.write([&]() -> Result<void> {
    const auto again = settings(db);
    if (!again) return std::unexpected(again.error());
    auto found = read(*again);
    if (!found) return std::unexpected(found.error());
    Offered offered = offered_of(*again);
    if (!*found) {
      auto first = Authority::make(now);
      if (!first) return std::unexpected(first.error());
      std::string turns = first->key_pem();
      *found = Authorities{std::move(*first), std::nullopt, {}, std::move(turns)};
    } else if (auto moved = move_on(db, **found, offered, now); !moved) {
      return moved;
    }
    *there = std::move(*found);
    return keep(db, **there, offered);
  });
  if (!done) return std::unexpected(done.error());
  return std::move(**there);
}

}  // namespace sekisho
