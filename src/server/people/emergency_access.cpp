// SPDX-License-Identifier: Apache-2.0
// Access for emergencies by the API: made and taken back by administrators, opened by whoever holds
// a code.
#include <array>

#include <fmt/format.h>

#include "server/api/fields.h"
#include "server/outbox/outbox.h"
#include "server/people/administrators.h"
#include "server/people/guess.h"
#include "server/people/handlers.h"
#include "server/people/identity.h"
#include "server/people/people.h"
#include "server/people/proof.h"
#include "server/people/seals.h"

namespace sekisho {
namespace {

namespace json = boost::json;

constexpr std::size_t kLongestSealCode = 60;  // characters
constexpr std::size_t kLongestSealReason = 500;

struct WantedSeal {
  std::optional<PersonId> person;
  std::string email;  // of a new account, where no person is named
  std::string name;
  std::int64_t hours = kSealHours;
};

WantedSeal read_wanted_seal(const Node& node) {
  node.only({"person", "email", "name", "hours"});
  WantedSeal wanted;
  if (const auto person = node.find("person")) {
    wanted.person = read_id<PersonId>(*person);
    if (node.find("email") || node.find("name"))
      node.report("人を選ぶか、新しいアカウントの名前とメールアドレスを入力してください。",
                  "name a person, or the name and address of a new account.");
  } else {
    wanted.email = read_email(node.at("email"));
    wanted.name = read_person_name(node.at("name"));
  }
  if (const auto hours = node.find("hours")) wanted.hours = hours->integer(1, kMostSealHours);
  return wanted;
}

/// Whom it is for, by their address: an administrator in use, or a new one, who gets in by nothing
/// else.
Result<std::pair<PersonId, std::string>> sealed_person(Call& call, const WantedSeal& wanted,
                                                       Problem& why) {
  if (wanted.person) {
    const auto rows = call.db.query(
        fmt::format("SELECT p.email FROM person p WHERE p.id = ? AND {}", kAdministratorInUse),
        {*wanted.person});
    if (!rows) return std::unexpected(rows.error());
    if (rows->empty())
      return stop(why, wrong_at("/person", "使用中の管理者を選んでください。",
                                "choose an administrator who is in use.")
                           .error());
    return std::pair(*wanted.person, rows->front().text(0));
  }
  const auto there = call.db.query("SELECT 1 FROM person WHERE email = ?", {wanted.email});
  if (!there) return std::unexpected(there.error());
  if (!there->empty()) {
    Problem taken = wrong_at("/email", "このメールアドレスは登録済みです。",
                             "that email address is registered already.")
                        .error();
    taken.status = 409;
    return stop(why, std::move(taken));
  }
  const auto made = add_person(
      call.db, {wanted.email, wanted.name, "administrator", "ja", std::string(), std::string()},
      call.now);
  if (!made) return std::unexpected(made.error());
  return std::pair(*made, wanted.email);
}

Outcome make_seal(Call& call) {
  const auto wanted = read_body<WantedSeal>(call, read_wanted_seal);
  if (!wanted) return std::unexpected(wanted.error());
  Problem why;
  NewSeal made;
  const auto done = call.db.write([&]() -> Result<void> {
    const auto person = sealed_person(call, *wanted, why);
    if (!person) return std::unexpected(person.error());
    auto sealed = seal_access(call.db, person->first, call.who.person, wanted->hours, call.now);
    if (!sealed) return std::unexpected(sealed.error());
    made = std::move(*sealed);
    return audit(call, "emergency-sealed", person->second,
                 {{"hours", wanted->hours}, {"new_account", !wanted->person}});
  });
  if (!why.text.empty()) return std::unexpected(why);
  return written(done, reply_json(json::object{{"id", made.id}, {"code", made.code}}, 201));
}

Outcome end_one_seal(Call& call) {
  Problem why;
  const auto done = call.db.write([&]() -> Result<void> {
    const auto id = call.id<SealId>(0);
    const auto rows = call.db.query(
        "SELECT p.email, e.opened_at IS NOT NULL FROM emergency_seal e JOIN person p ON p.id = "
        "e.person_id WHERE e.id = ?",
        {id});
    if (!rows) return std::unexpected(rows.error());
    if (rows->empty()) return stop(why, not_found().error());
    const auto ended = end_seal(call.db, id, call.who.person, call.now);
    if (!ended) return std::unexpected(ended.error());
    if (!*ended) return {};
    return audit(call, rows->front().integer(1) != 0 ? "emergency-closed" : "emergency-taken-back",
                 rows->front().text(0));
  });
  if (!why.text.empty()) return std::unexpected(why);
  return written(done, reply_nothing());
}

/// While its session lasts: nobody comes in by it again.
constexpr std::string_view kIsOpen =
    "e.ended_at IS NULL AND e.open_until > ? AND EXISTS (SELECT 1 FROM session s WHERE s.seal_id = "
    "e.id)";

std::string_view seal_state(const Row& row) {
  const bool opened = !row.null(7);
  if (!opened) return row.null(11) ? "sealed" : "taken_back";
  return row.integer(14) != 0 ? "open" : "over";
}

constexpr std::int64_t kMostChanges = 200;

/// What was changed in it and outlasts it: the entries of the audit log that its session made, the
/// oldest first. By whose they are: of an account that was renamed meanwhile the later ones.
Result<json::array> changes_in(Database& db, const Row& seal) {
  json::array all;
  if (seal.null(7)) return all;
  const auto read = db.each(
      "SELECT at, action, item FROM audit WHERE actor = ? AND at >= ? AND detail LIKE ? ORDER BY "
      "id "
      "LIMIT ?",
      {fmt::format("{} <{}>", seal.text(2), seal.text(15)), value_of(seal.time(7)),
       fmt::format("%\"emergency\":{}}}", seal.integer(0)), kMostChanges},
      [&](const Row& row) {
        all.emplace_back(json::object{
            {"at", json_time(row.time(0))}, {"action", row.text(1)}, {"item", row.text(2)}});
        return true;
      });
  if (!read) return std::unexpected(read.error());
  return all;
}

/// The newest first; with state=open only those, without what was changed in them.
Outcome list_seals(Call& call) {
  const auto page = page_of(call);
  if (!page) return std::unexpected(page.error());
  const bool open = call.query("state") == "open";
  Values values{value_of(call.now), page->after == 0 ? INT64_MAX : page->after};
  if (open) values.emplace_back(value_of(call.now));
  values.emplace_back(static_cast<std::int64_t>(page->limit + 1));
  const auto rows = call.db.query(
      fmt::format(
          "SELECT e.id, e.person_id, p.name, e.hours, e.sealed_at, e.sealed_by, b.name, "
          "e.opened_at, e.opened_from, e.reason, e.open_until, e.ended_at, e.ended_by, "
          "c.name, CASE WHEN {} THEN 1 ELSE 0 END, p.email FROM emergency_seal e JOIN person "
          "p ON "
          "p.id = e.person_id LEFT JOIN "
          "person b ON b.id = e.sealed_by LEFT JOIN person c ON c.id = e.ended_by WHERE "
          "e.id < ?{}{} ORDER BY e.id DESC LIMIT ?",
          kIsOpen, open ? " AND " : "", open ? kIsOpen : ""),
      values);
  if (!rows) return broken(rows.error());
  json::array items;
  for (const Row& row : *rows) {
    auto changes = open ? Result<json::array>(json::array()) : changes_in(call.db, row);
    if (!changes) return broken(changes.error());
    items.emplace_back(json::object{{"id", row.integer(0)},
                                    {"person", person_json(row, 1, 2)},
                                    {"state", seal_state(row)},
                                    {"hours", row.integer(3)},
                                    {"sealed_at", json_time(row.time(4))},
                                    {"sealed_by", person_json(row, 5, 6)},
                                    {"opened_at", json_time_or_null(row, 7)},
                                    {"opened_from", row.text(8)},
                                    {"reason", row.text(9)},
                                    {"open_until", json_time_or_null(row, 10)},
                                    {"ended_at", json_time_or_null(row, 11)},
                                    {"ended_by", person_json(row, 12, 13)},
                                    {"changes", std::move(*changes)}});
  }
  return reply_json(
      paged(std::move(items), *page, [](const json::value& last) { return last.at("id"); }));
}

struct Opening {
  std::string code;
  std::string reason;
};

/// A sealed code, and whose it is.
struct Sealed {
  SealId id;
  PersonId person;
  std::string name;
  std::string email;
  std::int64_t hours = 0;
};

/// Nothing where it opens nothing: of whoever left, was suspended or administrates no more either.
Result<std::optional<Sealed>> sealed_by(Call& call, const std::string& code) {
  const auto rows = call.db.query(
      fmt::format(
          "SELECT e.id, p.id, p.name, p.email, e.hours FROM emergency_seal e JOIN person p ON p.id "
          "= e.person_id WHERE e.code = ? AND e.opened_at IS NULL AND e.ended_at IS NULL AND {} "
          "AND "
          "NOT EXISTS (SELECT 1 FROM access_suspension s WHERE s.person_id = p.id AND "
          "s.restored_at "
          "IS NULL AND (s.ends_at IS NULL OR s.ends_at > ?))",
          kAdministratorInUse),
      {seal_digest(code), value_of(call.now)});
  if (!rows) return std::unexpected(rows.error());
  if (rows->empty()) return std::nullopt;
  const Row& row = rows->front();
  return Sealed{row.id<SealId>(0), row.id<PersonId>(1), row.text(2), row.text(3), row.integer(4)};
}

/// Counted by address, and not by account: a code can't be guessed, and nobody is to keep it shut
/// by trying when it is needed. Without an address, all together.
Counts counts_of_opening(const Call& call) { return {{"emergency|" + call.request.payer}}; }

std::unexpected<Problem> wrong_seal() {
  auto wrong = wrong_at(
      "/code",
      "コードが違うか、もう使われたか、取り消されています。0 と O、1 と I は区別しません。",
      "the code is wrong, was used, or was taken back. 0 and O, 1 and I are the same.");
  wrong.error().status = 401;
  return wrong;
}

/// Everybody who answers for it, at once.
Result<void> tell_of_opening(Call& call, const Sealed& seal, const std::string& reason,
                             Time until) {
  const auto calendar = calendar_of(call.db);
  if (!calendar) return std::unexpected(calendar.error());
  const std::string end = calendar->format_minute(until);
  return tell(
      call.db, call.now, "emergency-opened",
      {"緊急アクセスが開かれました", "Emergency access was opened"},
      {fmt::format(
           "{}（{}）の緊急アクセスが開かれました。\n理由: {}\n接続元: {}\n{} "
           "までです。だれが開いたか確かめてください。心当たりがなければ、コンソールの「メン"
           "バー」で、すぐに閉じてください。\n",
           seal.name, seal.email, reason, call.request.peer, end),
       fmt::format("Emergency access as {} ({}) was opened.\nReason: {}\nFrom: {}\nIt lasts until "
                   "{}. Ask who opened it. If nobody should have, close it at once under People "
                   "in the console.\n",
                   seal.name, seal.email, reason, call.request.peer, end)},
      {{"account", seal.email}, {"reason", reason}, {"from", call.request.peer}, {"until", end}},
      "/people");
}

Outcome open_seal(Call& call) {
  const auto given = read_body<Opening>(call, [](const Node& node) {
    node.only({"code", "reason"});
    return Opening{clean_text(node.at("code"), kLongestSealCode),
                   clean_text(node.at("reason"), kLongestSealReason)};
  });
  if (!given) return std::unexpected(given.error());
  const Counts counts = counts_of_opening(call);
  // Whoever has the right one is let in however many wrong ones others tried from there: it has too
  // many bits to be guessed.
  const auto seal = sealed_by(call, given->code);
  if (!seal) return broken(seal.error());
  if (!*seal) {
    const auto may_guess = take_guess(call.db, counts, call.now);
    if (!may_guess) return broken(may_guess.error());
    if (!*may_guess) return too_many_guesses();
    if (const auto noted =
            note_failure(call, "", {{"from", call.request.peer}, {"how", "emergency"}});
        !noted)
      return broken(noted.error());
    return wrong_seal();
  }
  const Time until = call.now + std::chrono::hours((*seal)->hours);
  Entrance entrance{(*seal)->person, "full", "emergency", "emergency-opened"};
  entrance.sealed = {(*seal)->id, until};
  entrance.detail = {{"reason", given->reason}, {"until", format_time(until)}};
  auto cookies = enter(call, entrance, [&](Problem& why) -> Result<void> {
    const auto used = call.db.query(
        "UPDATE emergency_seal SET opened_at = ?, opened_from = ?, reason = ?, open_until = ? "
        "WHERE id = ? AND opened_at IS NULL AND ended_at IS NULL RETURNING id",
        {value_of(call.now), call.request.peer, given->reason, value_of(until), (*seal)->id});
    if (!used) return std::unexpected(used.error());
    if (used->empty()) return stop(why, wrong_seal().error());
    if (auto told = tell_of_opening(call, **seal, given->reason, until); !told) return told;
    return forgive_guesses(call.db, counts);
  });
  if (!cookies) return std::unexpected(cookies.error());
  return stage_reply("full", std::move(*cookies));
}

}  // namespace

void add_emergency_access(Handlers& handlers) {
  handlers.insert({{"makeEmergencySeal", make_seal},
                   {"listEmergencySeals", list_seals},
                   {"endEmergencySeal", end_one_seal},
                   {"openEmergencySeal", open_seal}});
}

}  // namespace sekisho
