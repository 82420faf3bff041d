// SPDX-License-Identifier: Apache-2.0
// sekisho access emergency: codes for emergency access, at the server's command line: the way that
// is left when nobody can sign in and no code was sealed.
#include <fmt/format.h>
#include <boost/json.hpp>

#include "cli/access_commands.h"
#include "cli/records.h"
#include "server/people/administrators.h"
#include "server/people/seals.h"
#include "store/audit.h"

namespace sekisho {
namespace {

namespace json = boost::json;

struct EmergencyWords {
  std::string database;
  std::string email;
  std::int64_t hours = kSealHours;
  std::int64_t number = 0;
};

Result<std::unique_ptr<Database>> sealed_records(const App& app, const EmergencyWords& words) {
  return existing_database(words.database.empty() ? store_file(app).string() : words.database);
}

int seal_one(const App& app, const EmergencyWords& words) {
  const auto db = sealed_records(app, words);
  if (!db) return app.complain(db.error());
  NewSeal made;
  const auto done = (*db)->write([&]() -> Result<void> {
    const auto rows =
        (*db)->query(fmt::format("SELECT p.id, p.email FROM person p WHERE p.email = ? AND {}",
                                 kAdministratorInUse),
                     {lower(words.email)});
    if (!rows) return std::unexpected(rows.error());
    if (rows->empty())
      return failure("使用中の管理者のメールアドレスを指定してください。",
                     "name the address of an administrator who is in use.",
                     printable(words.email, 80));
    const Time at = now();
    auto sealed = seal_access(**db, rows->front().id<PersonId>(0), PersonId(), words.hours, at);
    if (!sealed) return std::unexpected(sealed.error());
    made = std::move(*sealed);
    return append_audit(**db, at, "", "emergency-sealed", rows->front().text(1),
                        json::serialize(json::object{{"hours", words.hours}}));
  });
  if (!done) return app.complain(done.error());
  // Words beside it, so that what is printed can go onto paper as it is.
  fmt::print(stderr, "{}\n",
             app.tr("このコードは一度しか表示しません。紙に写して封をし、鍵のかかる場所に保管してく"
                    "ださい。一度使うと無効になります。",
                    "This code is shown once. Write it down, seal it and lock it away. It is good "
                    "for one use."));
  return App::say(made.code + "\n");
}

int list_sealed(const App& app, const EmergencyWords& words) {
  const auto db = sealed_records(app, words);
  if (!db) return app.complain(db.error());
  const auto rows = (*db)->query(
      "SELECT e.id, p.email, e.sealed_at, e.opened_at, e.open_until, e.ended_at, e.reason FROM "
      "emergency_seal e JOIN person p ON p.id = e.person_id ORDER BY e.id DESC LIMIT 200");
  if (!rows) return app.complain(rows.error());
  std::string out;
  for (const Row& row : *rows) {
    const bool open = !row.null(3) && row.null(5) && row.time(4) > now();
    const std::string state =
        row.null(3) ? (row.null(5) ? app.tr("封印中", "sealed") : app.tr("取消済み", "taken back"))
        : open      ? app.tr("開いている", "open")
                    : app.tr("終了", "over");
    out += fmt::format(
        "{}  {}  {}  {} {}{}\n", row.integer(0), pad_to(row.text(1), 28), state,
        app.tr("封印", "sealed"), format_minute(row.time(2)),
        row.null(3)
            ? std::string()
            : fmt::format("  {} {} – {}  {}", app.tr("開封", "opened"), format_minute(row.time(3)),
                          format_minute(row.time(4)), printable(row.text(6), 200)));
  }
  if (out.empty()) out = app.tr("緊急アクセスのコードはありません。\n", "there are none.\n");
  return App::say(out);
}

int end_one(const App& app, const EmergencyWords& words) {
  const auto db = sealed_records(app, words);
  if (!db) return app.complain(db.error());
  bool ended = false;
  const auto done = (*db)->write([&]() -> Result<void> {
    const SealId id(words.number);
    const auto rows = (*db)->query(
        "SELECT p.email, e.opened_at FROM emergency_seal e JOIN person p ON p.id = e.person_id "
        "WHERE e.id = ?",
        {id});
    if (!rows || rows->empty()) return rows ? Result<void>() : std::unexpected(rows.error());
    const auto over = end_seal(**db, id, PersonId(), now());
    if (!over) return std::unexpected(over.error());
    ended = *over;
    if (!ended) return {};
    return append_audit(**db, now(), "",
                        rows->front().null(1) ? "emergency-taken-back" : "emergency-closed",
                        rows->front().text(0), "{}");
  });
  if (!done) return app.complain(done.error());
  if (!ended)
    return app.complain({{"その番号で、封印中や使用中のものはありません。",
                          "none of this number is sealed or open."},
                         std::to_string(words.number)});
  return App::say(app.tr("終わらせました。\n", "It is over.\n"));
}

}  // namespace

void add_access_emergency(CLI::App& access, Lang lang, Command& chosen) {
  const auto tr = [lang](const char* ja, const char* en) { return lang == Lang::ja ? ja : en; };
  auto words = std::make_shared<EmergencyWords>();
  CLI::App* emergency =
      access.add_subcommand("emergency", tr("緊急アクセスのコードを作る・見る・終わらせる",
                                            "codes for emergency access: make, list, end"));
  emergency->require_subcommand(1);
  const auto on = [&](CLI::App* command, int (*what)(const App&, const EmergencyWords&)) {
    command->add_option("--database", words->database,
                        tr("記録の置き場所。ファイルか postgres://…",
                           "where records are kept: a file or postgres://…"));
    command->callback([words, &chosen, what] {
      chosen = [words, what](const App& app) { return what(app, *words); };
    });
  };
  CLI::App* seal =
      emergency->add_subcommand("seal", tr("管理者のためのコードを作り、一度だけ表示する",
                                           "make a code for an administrator, and print it once"));
  seal->add_option("email", words->email,
                   tr("管理者のメールアドレス", "the administrator's address"))
      ->required();
  seal->add_option("--hours", words->hours,
                   tr("開いている時間（1〜12、既定 4）",
                      "for how many hours it opens: 1 to 12, 4 unless said"))
      ->check(CLI::Range(std::int64_t{1}, kMostSealHours));
  on(seal, seal_one);
  on(emergency->add_subcommand("list", tr("コードと、その状態", "codes, and how each stands")),
     list_sealed);
  CLI::App* end = emergency->add_subcommand(
      "end", tr("開いているものを閉じる。封印中のものは取り消す",
                "close one that is open, or take back one that is sealed"));
  end->add_option("number", words->number, tr("番号（list で見る）", "its number, as list has it"))
      ->required();
  on(end, end_one);
}

}  // namespace sekisho
