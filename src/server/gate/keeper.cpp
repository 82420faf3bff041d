// What the gate does by itself: whose session of the console has ended is out, and so is whom the
// desk cuts, with all connections that are still open.
#include <fmt/format.h>

#include "server/gate/cut.h"
#include "server/gate/gate.h"
#include "server/gate/identity.h"
#include "server/people/identity.h"

namespace sekisho {
namespace {

constexpr std::chrono::seconds kLook{1};
constexpr std::size_t kAtOnce = 500;

std::string question_marks(std::size_t count) {
  std::string out = "?";
  for (std::size_t at = 1; at < count; ++at) out += ", ?";
  return out;
}

/// The sessions of the console that still last, and who they are.
using Lasting = std::unordered_map<std::int64_t, AppIdentity>;
Result<void> add_lasting(Database& db, const Values& ids, Time now, Lasting& lasting) {
  Values values = ids;
  values.insert(values.end(), {value_of(now), value_of(now - kSessionIdle)});
  const auto rows = db.query(
      fmt::format("SELECT s.id, p.id, p.email, p.name FROM session s JOIN person p ON p.id "
                  "= s.person_id WHERE s.id IN ({}) AND s.stage = 'full' AND s.expires_at "
                  "> ? AND s.seen_at > ? AND p.state = 'active'",
                  question_marks(ids.size())),
      values);
  if (!rows) return std::unexpected(rows.error());
  for (const Row& row : *rows)
    lasting.emplace(row.integer(0), AppIdentity{row.text(2), row.text(3),
                                                groups_for_headers(db, row.id<PersonId>(1))});
  return {};
}

/// Whoever is at work in an application has not left the console.
Result<void> note_use(Database& db, const Values& ids, Time now) {
  if (ids.empty()) return {};
  Values values{value_of(now)};
  values.insert(values.end(), ids.begin(), ids.end());
  values.push_back(value_of(now - std::chrono::minutes(1)));
  return db.execute(fmt::format("UPDATE session SET seen_at = ? WHERE id IN ({}) AND seen_at < ?",
                                question_marks(ids.size())),
                    values);
}

}  // namespace

void Gate::end(const SessionToken& token, const std::optional<ClientEnd>& but) {
  if (!insiders_.find(token)) return;
  desk_.closed(token);
  const std::scoped_lock lock(mutex_);
  to_cut_.push_back({token, but});
  woken_.notify_all();
}

Result<void> Gate::look_after_insiders(Database& db) {
  const Time now = options_.clock();
  const auto all = insiders_.look();
  Lasting lasting;
  for (std::size_t at = 0; at < all.size(); at += kAtOnce) {
    Values ids;
    Values used;
    for (std::size_t one = at; one < std::min(at + kAtOnce, all.size()); ++one) {
      ids.emplace_back(all[one].insider.session);
      if (all[one].used) used.emplace_back(all[one].insider.session);
    }
    if (auto added = add_lasting(db, ids, now, lasting); !added) return added;
    if (auto noted = note_use(db, used, now); !noted) return noted;
  }
  for (const auto& standing : all) {
    const auto found = lasting.find(standing.insider.session.number());
    if (found == lasting.end())
      end(standing.insider.token);
    else
      insiders_.set_identity(standing.insider.token, found->second);
  }
  return {};
}

void Gate::cut_waiting() {
  std::vector<Leaving> leaving;
  {
    const std::scoped_lock lock(mutex_);
    leaving.swap(to_cut_);
  }
  std::vector<ClientEnd> ends;
  for (const Leaving& one : leaving)
    for (const ClientEnd& each : insiders_.remove(one.token))
      if (each != one.but) ends.push_back(each);
  if (const auto ended = end_connections(ends); !ended)
    options_.log({Severity::warning, "gate-cut", {{"reason", ended.error().describe(Lang::en)}}},
                 ended.error().message);
}

void Gate::keep(const std::stop_token& quit) {
  if (const auto may = may_end_connections(); !may)
    options_.say(
        {may.error().message.ja + " 止められた人の長い応答や WebSocket は、閉じるまで続きます。",
         may.error().message.en +
             " Long answers and websockets of who is suspended go on until they close."});
  while (!quit.stop_requested()) {
    {
      std::unique_lock lock(mutex_);
      woken_.wait_for(lock, quit, kLook, [this] { return !to_cut_.empty(); });
    }
    cut_waiting();
    if (insiders_.size() == 0) continue;
    auto lease = pool_.take();
    const auto looked =
        lease ? look_after_insiders(***lease) : Result<void>(std::unexpected(lease.error()));
    options_.worked("gate", looked.has_value());
    cut_waiting();
  }
}

}  // namespace sekisho
