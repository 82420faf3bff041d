// Who a request speaks for: sessions in a cookie, API tokens in a header.
#pragma once

#include "server/api/call.h"

namespace sekisho {

/// A whole office may share one address.
inline constexpr std::int64_t kFreeGuessesOfAddress = 40;
inline constexpr std::chrono::hours kSessionLasts{12};
inline constexpr std::chrono::hours kSessionIdle{2};

/// "__Host-sekisho" over TLS (RFC 6265bis, 4.1.3.2), "sekisho" on loopback without it.
std::string session_cookie_name(const ServerOptions& options);

/// Nobody when there is no valid session or token.
Result<Identity> identify(Database& db, const ServerOptions& options, const HttpRequest& request,
                          Time now);

/// Opens a session at a stage (second, enrol, full) and gives the Set-Cookie header.
Result<std::string> open_session(Call& call, std::int64_t person, std::string_view stage);
std::string end_cookie(const ServerOptions& options);
/// What a page sends along with every change (double check beside SameSite).
std::string csrf_token(const Identity& who);

/// Guesses against a name (an account, an address): whether it is locked, and counting one more.
/// Beyond `free` in a row each failure locks for twice as long, up to an hour.
Result<bool> guess_locked(Database& db, const std::string& name, Time now);
Result<void> guess_failed(Database& db, const std::string& name, Time now, std::int64_t free = 4);
Result<void> guess_right(Database& db, const std::string& name);

/// Something that a later request brings back, once: kept under the hash of `name`.
Result<void> keep_pending(Database& db, const std::string& name, const std::string& value,
                          Time until);
Result<std::optional<std::string>> take_pending(Database& db, const std::string& name, Time now);

}  // namespace sekisho
