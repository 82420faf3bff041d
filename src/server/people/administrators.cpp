// SPDX-License-Identifier: Apache-2.0
#include "server/people/administrators.h"

#include <fmt/format.h>

namespace sekisho {
namespace {

/// 2: one of them can sign in, and isn't suspended; 1: none, but one is switched on; 0: there is
/// none.
Result<std::int64_t> administrators(Call& call) {
  const ServerOptions& options = call.shop.options;
  const std::string issuer = options.oidc.issuer.empty() ? "" : options.oidc.issuer + "|";
  const auto rows = call.db.query(
      fmt::format(
          "SELECT COALESCE(MAX(CASE WHEN EXISTS (SELECT 1 FROM access_suspension s WHERE "
          "s.person_id = p.id AND s.restored_at IS NULL AND (s.ends_at IS NULL OR s.ends_at > ?)) "
          "THEN 1 WHEN EXISTS (SELECT 1 FROM passkey WHERE person_id = p.id) OR (password IS NOT "
          "NULL AND (totp IS NOT NULL OR ? = 1)) OR (? <> '' AND substr(oidc, 1, length(?)) = ?) "
          "THEN 2 ELSE 1 END), 0) FROM person p WHERE {}",
          kAdministratorInUse),
      {value_of(call.now), std::int64_t{options.demo ? 1 : 0}, issuer, issuer, issuer});
  if (!rows) return std::unexpected(rows.error());
  return rows->front().integer(0);
}

}  // namespace

Result<bool> stays_administrated(Call& call, const std::function<Result<void>()>& change) {
  const auto before = administrators(call);
  if (!before) return std::unexpected(before.error());
  if (auto done = change(); !done) return std::unexpected(done.error());
  const auto after = administrators(call);
  if (!after) return std::unexpected(after.error());
  return *after >= *before;
}

}  // namespace sekisho
