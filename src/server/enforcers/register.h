// SPDX-License-Identifier: Apache-2.0
// Who may enforce from another machine: the certificates that were given to enforcers, as the
// database has them. A device's certificate is not among them, whoever signed it.
#pragma once

#include <map>

#include "collect/agent/keys.h"
#include "server/enforcers/message.h"
#include "store/database.h"

namespace sekisho {

/// The first certificate goes with its key from machine to machine: it is good for so long, and
/// until another was asked for with it.
inline constexpr std::chrono::hours kFirstEnforcerCertificateLasts{24};

/// One that may come now.
struct RegisteredEnforcer {
  EnforcerId name;
  std::vector<ResourceId> resources;  // that it may ask about
};
/// By the hexadecimal SHA-256 of their certificates.
using EnforcerRegister = std::map<std::string, RegisteredEnforcer, std::less<>>;

/// Those whose certificates hold at `now`.
Result<EnforcerRegister> read_enforcers(Database& db, Time now);

/// A new one, or one that is set up anew: what it had before is worth nothing from then on. What it
/// is to be given: key, certificate and authorities, PEM.
Result<std::string> add_enforcer(Database& db, const Authority& authority,
                                 const std::string& believed, const RegisteredEnforcer& enforcer,
                                 Time now);
/// False: there is none of this name that may come.
Result<bool> revoke_enforcer(Database& db, const EnforcerId& name, Time now);
/// The next certificate of one that shows `shown`; it is used first, and then `shown` is worth
/// nothing any more.
Result<Certificate> renew_enforcer(Database& db, const Authority& authority,
                                   const std::string& shown, const std::string& request, Time now);
/// It came with this certificate: those before it end. Noted for people too.
Result<void> enforcer_came(Database& db, const std::string& shown, Time now);

/// For people.
struct ListedEnforcer {
  std::string name;
  std::string resources;
  Time until;                // of its last certificate
  std::optional<Time> seen;  // when it last connected
  bool revoked = false;
};
Result<std::vector<ListedEnforcer>> list_enforcers(Database& db);

}  // namespace sekisho
