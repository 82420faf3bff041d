// SPDX-License-Identifier: Apache-2.0
#include "server/people/sign_in_history.h"

#include "server/people/guess.h"

namespace sekisho {
namespace {

constexpr std::size_t kLongestAgent = 200;
/// Of one person's, in a day, who came in and who didn't apart: whoever is refused all day long
/// fills no disk, and hides nobody who came in.
constexpr std::int64_t kMostInADay = 500;

}  // namespace

SignInNote note_of(const Call& call, std::string_view outcome, std::string_view factor) {
  return {
      call.now,  std::string(outcome), std::string(factor),
      "console", call.request.peer,    printable(call.request.header("user-agent"), kLongestAgent),
      {}};
}

Result<void> note_sign_in(Database& db, PersonId person, const SignInNote& note) {
  return db.execute(
      "INSERT INTO sign_in (person_id, at, outcome, factor, place, origin, agent, device_id) "
      "SELECT p.id, ?, ?, ?, ?, ?, ?, ? FROM person p WHERE p.id = ? AND p.state = 'active' AND "
      "(SELECT COUNT(*) FROM sign_in s WHERE s.person_id = p.id AND s.at > ? AND (s.outcome = "
      "'signed_in') = (? = 'signed_in')) < ?",
      {value_of(note.at), note.outcome, note.factor, note.place, note.origin,
       printable(note.agent, kLongestAgent), note.device ? note.device->number() : std::int64_t{0},
       person, value_of(note.at - std::chrono::days(1)), note.outcome, kMostInADay});
}

Result<void> note_refusal(Call& call, PersonId person, std::string_view outcome,
                          std::string_view factor) {
  return call.db.write(
      [&] { return note_sign_in(call.db, person, note_of(call, outcome, factor)); });
}

Result<void> note_refusal(Call& call, const std::string& email) {
  return call.db.write([&]() -> Result<void> {
    // Written either way: how long it takes doesn't tell whether somebody has this address.
    const auto account = account_guess(call.db, email);
    if (!account) return std::unexpected(account.error());
    if (auto same =
            call.db.execute("UPDATE guess SET failures = failures WHERE name = ?", {*account});
        !same)
      return same;
    const auto rows = call.db.query("SELECT id FROM person WHERE email = ?", {email});
    if (!rows) return std::unexpected(rows.error());
    if (rows->empty()) return {};
    return note_sign_in(call.db, rows->front().id<PersonId>(0),
                        note_of(call, "password_refused", "password"));
  });
}

}  // namespace sekisho
