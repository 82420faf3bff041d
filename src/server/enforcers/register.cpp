// SPDX-License-Identifier: Apache-2.0
#include "server/enforcers/register.h"

#include <boost/json.hpp>

#include "store/audit.h"

namespace sekisho {
namespace {

std::string joined(const std::vector<ResourceId>& resources) {
  std::string text;
  for (const ResourceId& one : resources) text += (text.empty() ? "" : " ") + one.text();
  return text;
}

std::optional<RegisteredEnforcer> registered_of(const std::string& name,
                                                const std::string& resources) {
  auto id = EnforcerId::parse(name);
  if (!id) return std::nullopt;
  RegisteredEnforcer one{std::move(*id), {}};
  for (const std::string_view word : words(resources))
    if (auto resource = ResourceId::parse(word)) one.resources.push_back(std::move(*resource));
  return one;
}

Result<void> keep_certificate(Database& db, const std::string& name, const std::string& resources,
                              const Certificate& certificate, Time now, Time until) {
  return db.execute(
      "INSERT INTO enforcer_certificate (name, resources, fingerprint, issued_at, expires_at) "
      "VALUES (?, ?, ?, ?, ?)",
      {name, resources, certificate.fingerprint, value_of(now), value_of(until)});
}

Result<std::vector<Row>> end_all(Database& db, const EnforcerId& name, Time now) {
  return db.query(
      "UPDATE enforcer_certificate SET revoked_at = ? WHERE name = ? AND revoked_at IS NULL "
      "RETURNING id",
      {value_of(now), name.text()});
}

}  // namespace

Result<EnforcerRegister> read_enforcers(Database& db, Time now) {
  const auto rows = db.query(
      "SELECT fingerprint, name, resources FROM enforcer_certificate WHERE revoked_at IS NULL AND "
      "expires_at > ?",
      {value_of(now)});
  if (!rows) return std::unexpected(rows.error());
  EnforcerRegister all;
  for (const Row& row : *rows)
    if (auto one = registered_of(row.text(1), row.text(2)))
      all.emplace(row.text(0), std::move(*one));
  return all;
}

Result<std::string> add_enforcer(Database& db, const Authority& authority,
                                 const std::string& believed, const RegisteredEnforcer& enforcer,
                                 Time now) {
  const auto key = KeyPair::make();
  if (!key) return std::unexpected(key.error());
  // As one that was given so long ago that it ends when it should.
  const auto certificate =
      authority.certify_enforcer(key->request(), enforcer.name.text(),
                                 now - kDeviceCertificateLasts + kFirstEnforcerCertificateLasts);
  if (!certificate) return std::unexpected(certificate.error());
  const auto done = db.write([&]() -> Result<void> {
    if (auto ended = end_all(db, enforcer.name, now); !ended) return std::unexpected(ended.error());
    if (auto kept = keep_certificate(db, enforcer.name.text(), joined(enforcer.resources),
                                     *certificate, now, now + kFirstEnforcerCertificateLasts);
        !kept)
      return kept;
    return append_audit(
        db, now, "", "enforcer-added", enforcer.name.text(),
        boost::json::serialize(boost::json::object{{"resources", joined(enforcer.resources)}}));
  });
  if (!done) return std::unexpected(done.error());
  return key->pem() + certificate->pem + believed;
}

Result<bool> revoke_enforcer(Database& db, const EnforcerId& name, Time now) {
  bool any = false;
  const auto done = db.write([&]() -> Result<void> {
    const auto ended = end_all(db, name, now);
    if (!ended) return std::unexpected(ended.error());
    any = !ended->empty();
    return any ? append_audit(db, now, "", "enforcer-revoked", name.text(), "{}") : Result<void>();
  });
  if (!done) return std::unexpected(done.error());
  return any;
}

Result<Certificate> renew_enforcer(Database& db, const Authority& authority,
                                   const std::string& shown, const std::string& request, Time now) {
  Result<Certificate> next = failure("この見張りの証明書は使えません。",
                                     "the certificate of this enforcer is not valid here.");
  const auto done = db.write([&]() -> Result<void> {
    const auto rows = db.query(
        "SELECT name, resources FROM enforcer_certificate WHERE fingerprint = ? AND revoked_at IS "
        "NULL AND expires_at > ?",
        {shown, value_of(now)});
    if (!rows) return std::unexpected(rows.error());
    if (rows->empty()) return std::unexpected(next.error());
    const std::string name = rows->front().text(0);
    next = authority.certify_enforcer(request, name, now);
    if (!next) return std::unexpected(next.error());
    // One is enough: who asks again has lost the last.
    if (auto gone = db.execute(
            "UPDATE enforcer_certificate SET revoked_at = ? WHERE name = ? AND revoked_at IS NULL "
            "AND id > (SELECT id FROM enforcer_certificate WHERE fingerprint = ?)",
            {value_of(now), name, shown});
        !gone)
      return gone;
    return keep_certificate(db, name, rows->front().text(1), *next, now, next->not_after);
  });
  if (!done) return std::unexpected(done.error());
  return next;
}

Result<void> enforcer_came(Database& db, const std::string& shown, Time now) {
  return db.write([&]() -> Result<void> {
    if (auto seen = db.execute("UPDATE enforcer_certificate SET seen_at = ? WHERE fingerprint = ?",
                               {value_of(now), shown});
        !seen)
      return seen;
    return db.execute(
        "UPDATE enforcer_certificate SET revoked_at = ? WHERE revoked_at IS NULL AND EXISTS "
        "(SELECT 1 FROM enforcer_certificate shown WHERE shown.fingerprint = ? AND shown.name = "
        "enforcer_certificate.name AND shown.id > enforcer_certificate.id)",
        {value_of(now), shown});
  });
}

Result<std::vector<ListedEnforcer>> list_enforcers(Database& db) {
  const auto rows = db.query(
      "SELECT name, resources, expires_at, (SELECT MAX(s.seen_at) FROM enforcer_certificate s "
      "WHERE s.name = e.name), revoked_at FROM enforcer_certificate e WHERE id = (SELECT MAX(l.id) "
      "FROM enforcer_certificate l WHERE l.name = e.name) ORDER BY name");
  if (!rows) return std::unexpected(rows.error());
  std::vector<ListedEnforcer> all;
  for (const Row& row : *rows) {
    ListedEnforcer one{row.text(0), row.text(1), row.time(2), std::nullopt, !row.null(4)};
    if (!row.null(3)) one.seen = row.time(3);
    all.push_back(std::move(one));
  }
  return all;
}

}  // namespace sekisho
