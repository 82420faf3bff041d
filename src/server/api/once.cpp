// SPDX-License-Identifier: Apache-2.0
#include "server/api/once.h"

#include <algorithm>

#include <boost/json.hpp>

#include "base/crypto.h"
#include "server/http/sealed.h"

namespace sekisho {
namespace {

namespace json = boost::json;

constexpr std::size_t kLeastKey = 16;
constexpr std::size_t kMostKey = 200;

std::string written(const Reply& reply) {
  json::array headers;
  for (const auto& [name, value] : reply.headers) headers.push_back(json::array{name, value});
  return json::serialize(json::object{{"status", reply.status},
                                      {"type", reply.type},
                                      {"body", reply.body},
                                      {"headers", std::move(headers)}});
}

/// Of what `written` gave.
Reply read(std::string_view text) {
  const json::value all = json::parse(text);
  Reply reply;
  reply.status = all.at("status").to_number<unsigned>();
  reply.type = all.at("type").as_string();
  reply.body = all.at("body").as_string();
  for (const json::value& header : all.at("headers").as_array())
    reply.headers.emplace_back(header.at(0).as_string(), header.at(1).as_string());
  return reply;
}

bool is_key(std::string_view text) {
  return text.size() >= kLeastKey && text.size() <= kMostKey &&
         std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7F'; });
}

}  // namespace

Once::Once(PersonId person, std::string_view key, std::string request, Time now)
    : person_(person),
      key_(key),
      name_(secret_hash(key)),
      request_(std::move(request)),
      claim_(random_token(16)),
      now_(now) {}

std::expected<std::optional<Once>, Problem> Once::of(const Call& call, const Operation& operation) {
  const std::string_view key = call.request.header("idempotency-key");
  if (key.empty() || operation.method != "POST") return std::nullopt;
  const bool theirs = call.who.person && (call.who.token || call.who.stage == "full");
  if (!theirs || !takes_once(operation))
    return std::unexpected(coded(
        {422,
         {"この操作に Idempotency-Key は使えません。", "this operation takes no Idempotency-Key."},
         {}},
        "idempotency-key-not-taken"));
  if (!is_key(key))
    return std::unexpected(
        coded({422,
               {"Idempotency-Key は、空白のない英数記号 16 から 200 文字です（UUID など）。",
                "an Idempotency-Key has 16 to 200 visible ASCII characters, such as a UUID."},
               {}},
              "idempotency-key-wrong"));
  const HttpRequest& request = call.request;
  return Once(call.who.person, key,
              secret_hash(request.path + "\n" + request.query + "\n" + request.body), call.now);
}

std::optional<Outcome> Once::before(const Call& call) const {
  const auto rows = call.db.query(
      "SELECT request, reply FROM kept_reply WHERE person_id = ? AND name = ? AND at > ?",
      {person_, name_, value_of(now_ - kKept)});
  if (!rows) return broken(rows.error());
  if (rows->empty()) return std::nullopt;
  if (rows->front().text(0) != request_)
    return std::unexpected(coded({422,
                                  {"この Idempotency-Key は別の要求に使われています。",
                                   "this Idempotency-Key was used for another request."},
                                  {}},
                                 "idempotency-key-reused"));
  const auto text = unsealed(key_, rows->front().text(1));
  if (!text)
    return std::unexpected(
        coded({409,
               {"同じ Idempotency-Key の要求は受け付けました。結果はまだないか、残っていません。",
                "a request with this Idempotency-Key was carried out; what came of it is not "
                "there yet, or was lost."},
               {}},
              "idempotency-reply-missing"));
  Reply reply = read(*text);
  reply.headers.emplace_back("idempotency-replayed", "true");
  return reply;
}

Result<void> Once::claim(Database& db) const {
  if (auto gone = db.execute("DELETE FROM kept_reply WHERE at <= ?", {value_of(now_ - kKept)});
      !gone)
    return gone;
  if (auto gone = db.execute(
          "DELETE FROM kept_reply WHERE person_id = ? AND at < (SELECT at FROM kept_reply WHERE "
          "person_id = ? ORDER BY at DESC LIMIT 1 OFFSET ?)",
          {person_, person_, kMost - 1});
      !gone)
    return gone;
  const auto rows = db.query(
      "INSERT INTO kept_reply (person_id, name, request, claim, at, reply) VALUES (?, ?, ?, ?, ?, "
      "'') ON CONFLICT (person_id, name) DO NOTHING RETURNING claim",
      {person_, name_, request_, claim_, value_of(now_)});
  if (!rows) return std::unexpected(rows.error());
  if (!rows->empty()) return {};
  return std::unexpected(Error{{"同じ Idempotency-Key の要求を処理しています。",
                                "a request with this Idempotency-Key is being carried out."},
                               {},
                               Fault::conflict});
}

void Once::remember(Database& db, const Outcome& outcome) const {
  if (!outcome && outcome.error().status >= 500) return;  // who knows what of it was done
  // It is done, whatever becomes of this: then the next time is told that it was.
  (void)db.write([&]() -> Result<void> {
    if (!outcome)
      return db.execute("DELETE FROM kept_reply WHERE person_id = ? AND name = ? AND claim = ?",
                        {person_, name_, claim_});
    return db.execute(
        "INSERT INTO kept_reply (person_id, name, request, claim, at, reply) VALUES (?, ?, ?, ?, "
        "?, ?) ON CONFLICT (person_id, name) DO UPDATE SET reply = excluded.reply WHERE "
        "kept_reply.claim = excluded.claim",
        {person_, name_, request_, claim_, value_of(now_), sealed(key_, written(*outcome))});
  });
}

}  // namespace sekisho
