// SPDX-License-Identifier: Apache-2.0
// Who a request speaks for: sessions in a cookie, API tokens in a header.
#pragma once

#include <functional>

#include "server/api/call.h"

namespace sekisho {

inline constexpr std::chrono::hours kSessionLasts{12};
inline constexpr std::chrono::hours kSessionIdle{2};
inline constexpr std::chrono::days kInvitationLasts{7};
inline constexpr std::chrono::hours kPendingLasts{24};  // at most
/// What would be good for longer than anything is was made by a clock that was ahead, and isn't;
/// by a little, where several servers share the database.
inline Value latest_end(Time now, std::chrono::seconds lasts) {
  return value_of(now + lasts + std::chrono::minutes(5));
}

/// "__Host-sekisho" over TLS (RFC 6265bis, 4.1.3.2), "sekisho" on loopback without it.
std::string session_cookie_name(const ServerOptions& options);
/// A Set-Cookie header; `lasts` of 0 ends the cookie, none at all keeps it as long as the browser.
std::string make_cookie(const ServerOptions& options, const std::string& name,
                        const std::string& value, std::optional<std::chrono::seconds> lasts = {});
std::string end_cookie(const ServerOptions& options);

/// Nobody when there is no valid session or token.
Result<Identity> identify(Database& db, const ServerOptions& options, const HttpRequest& request,
                          Time now);

/// What somebody has shown of what is a second factor here. One that a company account's provider
/// asked for is none: when, and which, isn't known.
enum class SecondFactor : std::uint8_t { none, code, passkey };
/// Notes in the session, in the transaction that is open, that it was shown now.
Result<void> note_factor(Database& db, SessionId session, SecondFactor factor, Time now);
/// The hash under which is kept what `identify` goes by in a request; empty where it shows nothing.
std::string hash_of_shown(const ServerOptions& options, const HttpRequest& request);
/// How whoever's turn it is is called.
std::string owner_of(PersonId person);
/// Everybody who is wholly signed in or has a token, by those hashes; the last who came come last.
Result<std::vector<HttpIntroduction>> signed_in(Database& db, Time now);

/// Opens a session at a stage (second, enrol, full) and gives the Set-Cookie header. The session
/// that took the step ends; had it ended already, so ends this, in `why`. By a code for emergencies
/// (`seal`) it lasts no longer than that.
struct SealShown {
  SealId seal;
  Time until = Time::max();
};
Result<std::string> open_session(Call& call, PersonId person, std::string_view stage, Problem& why,
                                 SecondFactor shown = SecondFactor::none, SealShown sealed = {});

struct Entrance {
  PersonId person;
  std::string_view stage;
  std::string_view how;                 // for the audit log, as is the next
  std::string_view action = "sign-in";  // when the stage is full
  SecondFactor shown = SecondFactor::none;
  std::string_view factor = "password";  // for the history of sign-ins
  SealShown sealed = {};                 // what opened it
  boost::json::object detail = {};       // more for the audit log
};
/// Lets a person in at a stage, in one step with `also`, which looks again at what was found right
/// before: Set-Cookie headers, that of the session last.
std::expected<std::vector<std::string>, Problem> enter(
    Call& call, const Entrance& entrance, const std::function<Result<void>(Problem&)>& also);
/// What the page does next.
Reply stage_reply(std::string_view stage, std::vector<std::string> cookies);

/// Ends a person's sessions but one.
Result<void> end_sessions_of(Database& db, PersonId person, SessionId but_session = {});
/// Ends all access that a person's keys began, however they came in: at applications and by SSH.
Result<void> end_keys_of(Database& db, PersonId person);
/// Ends all that was opened with what is no longer good: sessions but one, API tokens, and the
/// standing of browsers; where none is kept, all access too, however they came in.
Result<void> end_all_of(Database& db, PersonId person, SessionId but_session = {});

/// What a page sends along with every change (double check beside SameSite).
std::string csrf_token(const Identity& who);

/// Something that a later request brings back, once: kept under the hash of `name`.
Result<void> keep_pending(Database& db, const std::string& name, const std::string& value, Time now,
                          Time until);
Result<std::optional<std::string>> take_pending(Database& db, const std::string& name, Time now);
Result<bool> is_pending(Database& db, const std::string& name, Time now);

/// The server's own key for what strangers carry about: nothing is kept for them.
Result<std::string> stranger_key(Database& db);
/// A challenge that says itself until when it is good, and by what key.
std::string make_challenge(const std::string& key, Time until);
bool challenge_holds(const std::string& key, const std::string& challenge, Time now);
/// Uses up what says itself that it is good; false when it was used before.
Result<bool> use_once(Database& db, const std::string& name, Time now, Time until);

}  // namespace sekisho
