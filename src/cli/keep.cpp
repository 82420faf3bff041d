// SPDX-License-Identifier: Apache-2.0
// Looking after the records: sekisho backup, restore, database move, audit verify; and sekisho
// verify for a report that someone else sent.
#include <fmt/format.h>

#include "cli/app.h"
#include "cli/records.h"
#include "server/api/signed.h"
#include "server/http/watched.h"
#include "store/audit.h"
#include "store/copy.h"

namespace sekisho {
namespace {

struct KeepOptions {
  std::string database;
  std::string database_file;  // holds `database`, which may be a secret
  std::string file;
  std::optional<std::string> fingerprint;  // also an empty one, which none has
};

Result<std::string> database_of(const App& app, const KeepOptions& options) {
  if (options.database_file.empty())
    return options.database.empty() ? store_file(app).string() : options.database;
  if (!options.database.empty())
    return failure("--database と --database-file は一緒に使えません。",
                   "--database and --database-file do not go together.");
  const auto where = SecretFile::open(options.database_file);
  if (!where) return std::unexpected(where.error());
  return (*where)->value();
}

int backup(const App& app, const KeepOptions& options) {
  const auto where = database_of(app, options);
  if (!where) return app.complain(where.error());
  const auto db = existing_database(*where);
  if (!db) return app.complain(db.error());
  if (const auto done = backup_database(**db, options.file); !done)
    return app.complain(done.error());
  // For the console, which tells administrators when there was none for long.
  if (const auto noted = note_backup(**db, *where, now()); !noted)
    return app.complain(noted.error());
  return App::say(
      fmt::format("{}: {}\n", app.tr("バックアップを書きました", "Backed up to"), options.file));
}

/// Fills the database at `to`, only if it is empty: what is there is never written over. A file
/// that was made for it is gone again when that fails.
Result<std::size_t> fill(const std::string& to,
                         const std::function<Result<std::size_t>(Database&)>& how) {
  const auto occupied = occupy_database(to);
  if (!occupied) return std::unexpected(occupied.error());
  const bool made = !is_postgres(to) && !std::filesystem::exists(to);
  const auto rows = [&]() -> Result<std::size_t> {
    const auto target = connect_database(to);
    if (!target) return std::unexpected(target.error());
    return how(**target);
  }();
  std::error_code ignored;
  if (!rows && made)
    for (const char* end : {"", "-wal", "-shm"}) std::filesystem::remove(to + end, ignored);
  return rows;
}

int filled(const App& app, const Result<std::size_t>& rows, const std::string& said) {
  if (!rows) return app.complain(rows.error());
  return App::say(fmt::format("{} ({} {})\n", said, *rows, app.tr("件", "rows")));
}

/// What lets somebody in by itself, as of the backup.
struct LetsIn {
  std::int64_t codes = 0;
  std::int64_t tokens = 0;
  std::int64_t links = 0;
};

Result<LetsIn> what_lets_in(Database& db, Time at) {
  const auto rows = db.query(
      "SELECT (SELECT COUNT(*) FROM emergency_seal WHERE opened_at IS NULL AND ended_at IS NULL), "
      "(SELECT COUNT(*) FROM token WHERE expires_at > ?) + (SELECT COUNT(*) FROM directory_token), "
      "(SELECT COUNT(*) FROM invitation WHERE expires_at > ? AND withdrawn_at IS NULL) + (SELECT "
      "COUNT(*) FROM enrolment WHERE expires_at > ? AND withdrawn_at IS NULL AND used < most)",
      {value_of(at), value_of(at), value_of(at)});
  if (!rows) return std::unexpected(rows.error());
  const Row& row = rows->front();
  return LetsIn{row.integer(0), row.integer(1), row.integer(2)};
}

/// What was used up or taken back since the backup is good again, and nobody but people can tell.
std::string as_of_backup(const App& app, const LetsIn& there) {
  std::string list;
  const auto add = [&](std::int64_t count, const char* ja, const char* en) {
    if (count == 0) return;
    list += fmt::format("{}{} {}", list.empty() ? "" : app.tr("、", ", "), app.tr(ja, en), count);
  };
  add(there.codes, "緊急アクセスのコード", "codes for emergency access:");
  add(there.tokens, "トークン", "tokens:");
  add(there.links, "招待と登録のリンク", "links of invitations and enrolments:");
  std::string said = app.tr("全員がサインインし直します。\n", "Everybody has to sign in anew.\n");
  if (!list.empty())
    said += fmt::format(
        fmt::runtime(app.tr(
            "バックアップのときの状態に戻ったもの: {}。そのあとに使われたもの、取り消されたものも"
            "再び使えます。コンソールで確かめ、不要なものを取り消してください。\n",
            "As of the backup again: {}. Those that were used or taken back since are good again: "
            "look through them in the console, and take back what isn't needed.\n")),
        list);
  return said;
}

int restore(const App& app, const KeepOptions& options) {
  if (!std::filesystem::exists(options.file))
    return app.complain(
        {{"バックアップのファイルがありません。", "there is no such backup."}, options.file});
  const auto to = database_of(app, options);
  if (!to) return app.complain(to.error());
  LetsIn there;
  const auto rows = fill(*to, [&](Database& target) -> Result<std::size_t> {
    auto restored = restore_database(options.file, target, now());
    if (!restored) return restored;
    const auto found = what_lets_in(target, now());
    if (!found) return std::unexpected(found.error());
    there = *found;
    return restored;
  });
  const int done = filled(app, rows, app.tr("バックアップから戻しました", "Restored"));
  return done != 0 ? done : App::say(as_of_backup(app, there));
}

int move(const App& app, const KeepOptions& options) {
  const auto from = database_of(app, options);
  if (!from) return app.complain(from.error());
  // What a server still writes would stay behind.
  const auto occupied = occupy_database(*from);
  if (!occupied) return app.complain(occupied.error());
  const auto source = existing_database(*from);
  if (!source) return app.complain(source.error());
  if (const auto done = (*source)->migrate(); !done) return app.complain(done.error());
  return filled(app,
                fill(options.file,
                     [&](Database& target) -> Result<std::size_t> {
                       if (auto done = target.migrate(); !done)
                         return std::unexpected(done.error());
                       return copy_database(**source, target);
                     }),
                app.tr("移しました。これからは新しい場所を --database で指定してください",
                       "Moved; from now on name the new place with --database"));
}

int audit_verify(const App& app, const KeepOptions& options) {
  const auto where = database_of(app, options);
  if (!where) return app.complain(where.error());
  const auto db = existing_database(*where);
  if (!db) return app.complain(db.error());
  const auto check = verify_audit(**db);
  if (!check) return app.complain(check.error());
  if (check->missing)
    return App::say(app.tr("監査ログが空なのに人がいます。消されています。\n",
                           "The audit log is empty although there are people: it was removed.\n"),
                    kExitFailing);
  if (check->first_broken)
    return App::say(
        fmt::format(
            fmt::runtime(app.tr(
                "監査ログの {} 番が前とつながりません。変えられています。\n",
                "Entry {} of the audit log does not follow the one before: it was changed.\n")),
            *check->first_broken),
        kExitFailing);
  return App::say(
      fmt::format(fmt::runtime(app.tr(
                      "監査ログ {} 件はすべてつながっています。最後のハッシュ: {}\n"
                      "（末尾を切り取られたことは、控えたハッシュと比べて分かります）\n",
                      "All {} entries of the audit log follow one another. Last hash: {}\n"
                      "(A log cut at its end shows only beside a hash that was noted before.)\n")),
                  check->entries, check->last_hash));
}

int verify(const App& app, const KeepOptions& options) {
  const auto text = read_input_file(options.file, std::size_t{32} << 20U);
  if (!text) return app.complain(text.error());
  const auto by = verify_signed(*text);
  if (!by) {
    (void)app.complain({by.error().message, options.file});
    return kExitFailing;
  }
  const auto plain = [](std::string_view one) {
    std::string digits = lower(one);
    std::erase_if(digits, [](char c) { return c == '-' || c == ' '; });
    return digits;
  };
  if (options.fingerprint && plain(*options.fingerprint) != plain(by->fingerprint)) {
    (void)app.complain({{"別の鍵で署名されています。発行元に確かめてください。",
                         "it is signed with another key; ask the issuer."},
                        by->fingerprint});
    return kExitFailing;
  }
  return App::say(fmt::format(
      "{}\n{}: {}\n",
      app.tr("署名は正しく、発行後に変わっていません。",
             "The signature is good: it has not changed since it was issued."),
      !options.fingerprint
          ? app.tr("署名した鍵（電話などで発行元と見比べてください）",
                   "Signed with the key (compare it with the issuer, by telephone say)")
          : app.tr("署名した鍵は指定のとおりです", "Signed with the key that you named"),
      by->fingerprint));
}

}  // namespace

void add_keep(CLI::App& cli, Lang lang, Command& chosen) {
  const auto tr = [lang](const char* ja, const char* en) { return lang == Lang::ja ? ja : en; };
  auto options = std::make_shared<KeepOptions>();
  const auto with_database = [&](CLI::App* command) {
    command->add_option("--database", options->database,
                        tr("記録の置き場所。ファイルか postgres://…",
                           "where records are kept: a file or postgres://…"));
    command->add_option("--database-file", options->database_file,
                        tr("それを書いたファイル（パスワードを含むとき）",
                           "a file that says so, where a password is part of it"));
    return command;
  };
  const auto on = [&, options](CLI::App* command, int (*what)(const App&, const KeepOptions&)) {
    command->callback([options, &chosen, what] {
      chosen = [options, what](const App& app) { return what(app, *options); };
    });
  };
  CLI::App* backups = with_database(cli.add_subcommand(
      "backup", tr("記録のバックアップを一つのファイルに書く（使いながらでよい）",
                   "write a backup of the records, while they are in use")));
  backups->add_option("file", options->file, tr("書くファイル", "file to write"))->required();
  on(backups, backup);
  CLI::App* restores = with_database(cli.add_subcommand(
      "restore", tr("バックアップから、空の場所へ戻す", "restore a backup into an empty place")));
  restores->add_option("file", options->file, tr("バックアップのファイル", "the backup"))
      ->required();
  on(restores, restore);
  CLI::App* database =
      cli.add_subcommand("database", tr("記録の置き場所", "where records are kept"));
  database->require_subcommand(1);
  CLI::App* moves = with_database(database->add_subcommand(
      "move", tr("記録をすべて別の場所（postgres://… など）へ移す",
                 "carry all records to another place, such as postgres://…")));
  moves->add_option("to", options->file, tr("移す先", "where to"))->required();
  on(moves, move);
  CLI::App* audits = cli.add_subcommand("audit", tr("監査ログ", "the audit log"));
  audits->require_subcommand(1);
  on(with_database(audits->add_subcommand("verify", tr("監査ログが変えられていないことを確かめる",
                                                       "show that the audit log was not changed"))),
     audit_verify);
  CLI::App* verifies = cli.add_subcommand(
      "verify", tr("受け取った報告の署名を、通信せずに確かめる",
                   "check the signature of a report that you received, offline"));
  verifies->add_option("file", options->file, tr("報告のファイル", "the report"))->required();
  verifies->add_option(
      "--fingerprint", options->fingerprint,
      tr("発行元から別に聞いた鍵の指紋", "the key's fingerprint, as the issuer told you"));
  on(verifies, verify);
}

}  // namespace sekisho
