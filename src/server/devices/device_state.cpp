// SPDX-License-Identifier: Apache-2.0
#include "server/devices/device_state.h"

#include "base/crypto.h"

namespace sekisho {
namespace {

struct Standing {
  std::string state;
  bool wiped = false;
};

Result<Standing> standing_of(Call& call, DeviceId device, Problem& why) {
  const auto rows = call.db.query("SELECT state, wiped_at FROM device WHERE id = ?", {device});
  if (!rows) return std::unexpected(rows.error());
  if (rows->empty()) return stop(why, not_found().error());
  return Standing{rows->front().text(0), !rows->front().null(1)};
}

/// Boards follow the setting to see which devices count: in the past, until they were given up.
Result<void> set_state(Call& call, DeviceId device, const char* state) {
  if (auto set =
          call.db.execute("UPDATE device SET state = ?, retired_at = CASE WHEN ? = 'retired' THEN "
                          "COALESCE(retired_at, ?) END WHERE id = ?",
                          {std::string(state), std::string(state), value_of(call.now), device});
      !set)
    return set;
  return set_setting(call.db, "devices.change", random_token(8));
}

Result<void> retire(Call& call, DeviceId device, const Standing& before, const std::string& wiped,
                    Problem& why) {
  if (!before.wiped) {
    if (wiped.empty())
      return stop(
          why,
          {422,
           {"手放す前に、どう初期化・消去したかを書いてください。",
            "say how it was wiped before it is given up."},
           {{{"初期化・消去の方法がありません。", "how it was wiped is missing."}, "/wiped"}}});
    if (auto kept = call.db.execute("UPDATE device SET wiped_at = ?, wiped_how = ? WHERE id = ?",
                                    {value_of(call.now), wiped, device});
        !kept)
      return kept;
  }
  return revoke_device(call.db, device, call.now);
}

Result<void> lose(Call& call, DeviceId device, const Standing& before, Problem& why) {
  if (before.state == "retired")
    return stop(why, {409,
                      {"手放した端末です。また使うなら、先に使用中に戻してください。",
                       "it was given up; take it into use again first."},
                      {}});
  const Response* loss = call.guideline().response("lost_device");
  if (before.state == "lost" || loss == nullptr) return {};
  return call.db.execute(
      "INSERT INTO incident (kind, case_number, device_id, person_id, at, state, text, done) "
      "VALUES ('lost_device', ?, ?, ?, ?, 'open', '', '')",
      {std::int64_t{loss->incident}, device, call.who.person, value_of(call.now)});
}

/// In use again: what it holds is to be wiped anew.
Result<void> use_again(Call& call, DeviceId device, const Standing& before) {
  if (!before.wiped) return {};
  return call.db.execute("UPDATE device SET wiped_at = NULL, wiped_how = '' WHERE id = ?",
                         {device});
}

}  // namespace

Result<void> move_device(Call& call, DeviceId device, DeviceState to, const std::string& wiped,
                         Problem& why) {
  const auto before = standing_of(call, device, why);
  if (!before) return std::unexpected(before.error());
  switch (to) {
    case DeviceState::active:
      if (auto done = use_again(call, device, *before); !done) return done;
      return set_state(call, device, "active");
    case DeviceState::lost:
      if (auto done = lose(call, device, *before, why); !done) return done;
      return set_state(call, device, "lost");
    case DeviceState::retired:
      if (auto done = retire(call, device, *before, wiped, why); !done) return done;
      return set_state(call, device, "retired");
  }
  std::unreachable();
}

Result<void> report_lost(Call& call, DeviceId device) {
  Problem gone;
  const auto before = standing_of(call, device, gone);
  if (!before) return std::unexpected(before.error());
  return before->state == "active" ? set_state(call, device, "lost") : Result<void>();
}

Result<void> revoke_device(Database& db, DeviceId device, Time now) {
  if (auto ended = db.execute(
          "UPDATE device_certificate SET revoked_at = ? WHERE device_id = ? AND revoked_at IS NULL",
          {value_of(now), device});
      !ended)
    return ended;
  // A node of osquery that was found to be two may come back under a new key after this.
  return db.execute(
      "UPDATE device SET copied_at = CASE WHEN subject LIKE 'osquery:%' THEN NULL ELSE copied_at "
      "END, "
      "node_key = '', node_key_before = '' WHERE id = ?",
      {device});
}

bool sees_device(const Call& call, std::optional<PersonId> user) {
  return call.who.sees_all() || user == call.who.person;
}

bool sees_device(const Call& call, const Row& row, std::size_t user_at) {
  return sees_device(call,
                     row.null(user_at) ? std::nullopt : std::optional(row.id<PersonId>(user_at)));
}

}  // namespace sekisho
