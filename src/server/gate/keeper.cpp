// SPDX-License-Identifier: Apache-2.0
// What the gate does by itself: whose session of the console has ended is out, and so is whom the
// desk cuts, with all connections that are still open.
#include <fmt/format.h>

#include "server/gate/cut.h"
#include "server/gate/gate.h"
#include "server/gate/identity.h"

namespace sekisho {
namespace {

constexpr std::chrono::seconds kLook{1};
constexpr std::size_t kAtOnce = 500;
constexpr int kTidyEach = 5;  // looks

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
  desk_.closed(name_, token);
  const std::scoped_lock lock(mutex_);
  to_cut_.push_back({token, but});
  woken_.notify_all();
}

Result<void> Gate::look_after_insiders(Database& db) {
  const Time now = options_.clock();
  const auto all = insiders_.look();
  std::unordered_map<std::int64_t, AppIdentity> lasting;
  for (std::size_t at = 0; at < all.size(); at += kAtOnce) {
    Values ids;
    Values used;
    for (std::size_t one = at; one < std::min(at + kAtOnce, all.size()); ++one) {
      ids.emplace_back(all[one].insider.session);
      if (all[one].used) used.emplace_back(all[one].insider.session);
    }
    auto some = identities_of(db, ids, now);
    if (!some) return std::unexpected(some.error());
    lasting.merge(*some);
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
  for (const Leaving& one : leaving) insiders_.remove(one.token, one.but);
  const auto ends = insiders_.take_leaving();
  std::unordered_set<ClientEnd> cut;
  for (const Insiders::OpenEnd& one : ends) cut.insert(one.end);
  const auto ended = end_connections(cut);
  if (!cut.empty()) may_cut_ = ended.has_value();
  if (ended)
    insiders_.were_cut(ends);
  else
    insiders_.go_on(ends);  // tried again, until they are gone
  const std::string why = ended ? std::string() : ended.error().describe(Lang::en);
  if (why != uncut_ && !why.empty())
    options_.log({Severity::warning, "gate-cut", {{"reason", why}}}, ended.error().message);
  uncut_ = why;
}

void Gate::tidy() {
  if (const auto open = open_connections()) insiders_.forget_gone(*open);
}

void Gate::keep(const std::stop_token& quit) {
  if (const auto may = setup_.may_cut(); !may) {
    may_cut_ = false;
    options_.say(
        {may.error().message.ja + " 止められた人の長い応答や WebSocket は、閉じるまで続きます。",
         may.error().message.en +
             " Long answers and websockets of who is suspended go on until they close."});
  }
  for (int looks = 0; !quit.stop_requested(); ++looks) {
    cut_waiting();
    if (insiders_.was_crowded() || looks % kTidyEach == 0) tidy();
    {
      std::unique_lock lock(mutex_);
      woken_.wait_for(lock, quit, kLook,
                      [this] { return !to_cut_.empty() || insiders_.is_crowded(); });
    }
    cut_waiting();
    if (insiders_.size() == 0) continue;
    auto lease = pool_.take();
    const auto looked =
        lease ? look_after_insiders(***lease) : Result<void>(std::unexpected(lease.error()));
    options_.worked("gate", looked.has_value());
  }
  // The sessions end with the program, and so does what they opened.
  insiders_.remove_all();
  cut_waiting();
}

}  // namespace sekisho
