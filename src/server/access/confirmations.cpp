// SPDX-License-Identifier: Apache-2.0
// A second factor for where none can be shown (SSH): somebody shows it in the console and says for
// which of their devices. Nothing that knocks there asks anybody here: who isn't at the console
// themselves can't tire anybody into saying yes.
#include "access/snapshot.h"
#include "server/access/handlers.h"
#include "server/api/fields.h"

namespace sekisho {
namespace {

namespace json = boost::json;

/// So lately it was shown, or it is to be shown now.
constexpr std::chrono::minutes kShownJustNow{5};

DeviceId read_confirmed(const Node& node) {
  node.only({"device"});
  return read_id<DeviceId>(node.at("device"));
}

/// By whichever sessions, the last of each.
Result<FactorsShown> shown_here(Call& call) {
  const auto rows =
      call.db.query("SELECT code_at, passkey_at FROM session WHERE id = ?", {call.who.session});
  if (!rows) return std::unexpected(rows.error());
  FactorsShown shown;
  if (rows->empty()) return shown;
  if (rows->front().integer(0) > 0) shown.code = rows->front().time(0);
  if (rows->front().integer(1) > 0) shown.passkey = rows->front().time(1);
  return shown;
}

Result<void> keep_confirmation(Call& call, DeviceId device, const FactorsShown& shown) {
  const auto seconds = [](Time at) { return at == Time::min() ? Value(0) : value_of(at); };
  return call.db.execute(
      "INSERT INTO access_confirmation (person_id, device_id, code_at, passkey_at) VALUES (?, ?, "
      "?, ?) ON CONFLICT (person_id, device_id) DO UPDATE SET code_at = excluded.code_at, "
      "passkey_at = excluded.passkey_at",
      {call.who.person, device, seconds(shown.code), seconds(shown.passkey)});
}

Outcome confirm_device(Call& call) {
  const auto device = read_body<DeviceId>(call, read_confirmed);
  if (!device) return std::unexpected(device.error());
  const auto shown = shown_here(call);
  if (!shown) return broken(shown.error());
  if (std::max(shown->code, shown->passkey) < call.now - kShownJustNow)
    return std::unexpected(
        Problem{403,
                {"二要素認証をもう一度示してください。", "show your second factor once more."},
                {},
                "",
                "proof-needed"});
  Problem why;
  const auto done = call.db.write([&]() -> Result<void> {
    const auto rows = call.db.query(
        "SELECT subject FROM device WHERE id = ? AND person_id = ? AND state = 'active'",
        {*device, call.who.person});
    if (!rows) return std::unexpected(rows.error());
    if (rows->empty())
      return stop(
          why,
          wrong_at("/device", "自分の端末ではありません。", "it is no device of yours.").error());
    if (auto kept = keep_confirmation(call, *device, *shown); !kept) return kept;
    return audit(call, "access-confirmed", rows->front().text(0));
  });
  if (!why.text.empty()) return std::unexpected(why);
  return written(done, reply_nothing());
}

Outcome list_confirmations(Call& call) {
  const auto rows = call.db.query(
      "SELECT d.id, d.name, c.code_at, c.passkey_at FROM device d LEFT JOIN access_confirmation c "
      "ON c.device_id = d.id AND c.person_id = d.person_id WHERE d.person_id = ? AND d.state = "
      "'active' ORDER BY d.name, d.id",
      {call.who.person});
  if (!rows) return broken(rows.error());
  json::array items;
  for (const Row& row : *rows) {
    Time last = Time::min();
    for (const std::size_t column : {std::size_t{2}, std::size_t{3}})
      if (!row.null(column) && row.integer(column) > 0) last = std::max(last, row.time(column));
    items.emplace_back(
        json::object{{"id", row.integer(0)},
                     {"name", row.text(1)},
                     {"confirmed_at", last == Time::min() ? json::value(nullptr)
                                                          : json::value(format_time(last))}});
  }
  return reply_json(json::object{{"items", std::move(items)}});
}

}  // namespace

void add_confirmations(Handlers& handlers) {
  handlers.insert({{"confirmDevice", confirm_device}, {"listConfirmations", list_confirmations}});
}

}  // namespace sekisho
