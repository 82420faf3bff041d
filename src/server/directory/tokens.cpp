// SPDX-License-Identifier: Apache-2.0
// The tokens by which directories are known: made by an administrator, shown once, good until they
// are removed, and for nothing but SCIM.
#include <fmt/format.h>

#include "base/crypto.h"
#include "server/api/fields.h"
#include "server/directory/handlers.h"

namespace sekisho {
namespace {

namespace json = boost::json;

Outcome list_tokens(Call& call) {
  const auto rows = call.db.query(
      "SELECT t.id, t.name, t.created_at, t.used_at, p.id, p.name FROM directory_token t JOIN "
      "person p ON p.id = t.created_by ORDER BY t.id");
  if (!rows) return broken(rows.error());
  json::array items;
  for (const Row& row : *rows)
    items.emplace_back(json::object{{"id", row.integer(0)},
                                    {"name", row.text(1)},
                                    {"created_at", json_time(row.time(2))},
                                    {"used_at", json_time_or_null(row, 3)},
                                    {"by", person_json(row, 4, 5)}});
  return reply_json(json::object{{"items", std::move(items)},
                                 {"url", call.origin() + std::string(kScimPath.substr(0, 8))}});
}

Outcome make_token(Call& call) {
  const auto name = read_body<std::string>(call, [](const Node& node) {
    node.only({"name"});
    return read_name(node.at("name"));
  });
  if (!name) return std::unexpected(name.error());
  const std::string secret = "sekisho_scim_" + random_token();
  std::int64_t id = 0;
  const auto done = call.db.write([&]() -> Result<void> {
    const auto rows = call.db.query(
        "INSERT INTO directory_token (name, secret, created_by, created_at) VALUES (?, ?, ?, ?) "
        "RETURNING id",
        {*name, secret_hash(secret), call.who.person, value_of(call.now)});
    if (!rows) return std::unexpected(rows.error());
    id = rows->front().integer(0);
    return audit(call, "directory-token-made", *name);
  });
  return written(done, reply_json(json::object{{"id", id}, {"token", secret}}, 201));
}

Outcome remove_token(Call& call) {
  Problem why;
  const auto done = call.db.write([&]() -> Result<void> {
    const auto rows = call.db.query("DELETE FROM directory_token WHERE id = ? RETURNING name",
                                    {std::max<std::int64_t>(whole_number(call.parameter(0)), 0)});
    if (!rows) return std::unexpected(rows.error());
    if (rows->empty()) return stop(why, not_found().error());
    return audit(call, "directory-token-removed", rows->front().text(0));
  });
  if (!why.text.empty()) return std::unexpected(why);
  return written(done, reply_nothing());
}

}  // namespace

Result<std::optional<Directory>> directory_of(Database& db, const HttpRequest& request, Time now) {
  constexpr std::string_view kBearer = "bearer ";
  const std::string_view header = request.header("authorization");
  if (lower(header.substr(0, kBearer.size())) != kBearer) return std::nullopt;
  const auto rows = db.query("SELECT id, name, used_at FROM directory_token WHERE secret = ?",
                             {secret_hash(trim(header.substr(kBearer.size())))});
  if (!rows) return std::unexpected(rows.error());
  if (rows->empty()) return std::nullopt;
  const Row& row = rows->front();
  if (row.null(2) || now - row.time(2) > std::chrono::minutes(10))
    if (auto noted = db.execute("UPDATE directory_token SET used_at = ? WHERE id = ?",
                                {value_of(now), row.integer(0)});
        !noted)
      return std::unexpected(noted.error());
  return Directory{row.integer(0), row.text(1)};
}

void add_directory(Handlers& handlers) {
  handlers.insert({{"listDirectoryTokens", list_tokens},
                   {"makeDirectoryToken", make_token},
                   {"removeDirectoryToken", remove_token}});
}

}  // namespace sekisho
