// SPDX-License-Identifier: Apache-2.0
// sekisho access enforcer: which enforcers of other machines may ask this server. At the server's
// command line; servers that run follow the records.
#include <unistd.h>

#include <algorithm>

#include <fmt/format.h>

#include "cli/access_commands.h"
#include "cli/program.h"
#include "cli/records.h"
#include "server/devices/authority.h"
#include "server/enforcers/register.h"

namespace sekisho {
namespace {

struct EnforcerWords {
  std::string database;
  std::string name;
  std::vector<std::string> resources;
  bool json = false;
};

Result<std::unique_ptr<Database>> records_in(const App& app, const EnforcerWords& words) {
  return existing_database(words.database.empty() ? store_file(app).string() : words.database);
}

std::unexpected<Error> wrong_form(const std::string& given) {
  return failure("名前は英小文字、数字、ハイフンで書いてください。",
                 "a name is made of small letters, digits and hyphens.", printable(given, 80));
}

Result<RegisteredEnforcer> named_enforcer(const EnforcerWords& words) {
  auto name = EnforcerId::parse(words.name);
  if (!name) return wrong_form(words.name);
  RegisteredEnforcer one{std::move(*name), {}};
  for (const std::string& given : words.resources) {
    auto resource = ResourceId::parse(given);
    if (!resource) return wrong_form(given);
    one.resources.push_back(std::move(*resource));
  }
  return one;
}

int add_one(const App& app, const EnforcerWords& words) {
  const auto wanted = named_enforcer(words);
  if (!wanted) return app.complain(wanted.error());
  const auto db = records_in(app, words);
  if (!db) return app.complain(db.error());
  const Time at = now();
  const auto authorities = organisation_authorities(**db, at);
  if (!authorities) return app.complain(authorities.error());
  const auto given = add_enforcer(**db, authorities->current, authorities->believed(), *wanted, at);
  if (!given) return app.complain(given.error());
  // Words beside it, so that what is printed can go into a file as it is.
  fmt::print(
      stderr, "{}\n",
      app.tr("鍵を含みます。見張りのマシンの /var/lib/sekisho-guard/enforcer.pem に、root "
             "だけが読めるように置いてください。24 時間以内に一度つながなければ使えなくなり"
             "、つながると新しい鍵に替わります。",
             "This holds a key. Put it on the enforcer's machine, at "
             "/var/lib/sekisho-guard/enforcer.pem, where root alone can read it. It is worth "
             "nothing unless it is used within 24 hours, and a new key takes its place "
             "then."));
  return App::say(*given);
}

int revoke_one(const App& app, const EnforcerWords& words) {
  const auto wanted = named_enforcer(words);
  if (!wanted) return app.complain(wanted.error());
  const auto db = records_in(app, words);
  if (!db) return app.complain(db.error());
  const auto revoked = revoke_enforcer(**db, wanted->name, now());
  if (!revoked) return app.complain(revoked.error());
  if (!*revoked)
    return app.complain(
        {{"その名前で使えるものはありません。", "none of this name may come."}, words.name});
  return App::say(
      fmt::format(fmt::runtime(app.tr("{} を取り消しました。\n", "{} is revoked.\n")), words.name));
}

int list_all(const App& app, const EnforcerWords& words) {
  const auto db = records_in(app, words);
  if (!db) return app.complain(db.error());
  const auto all = list_enforcers(**db);
  if (!all) return app.complain(all.error());
  std::string out;
  for (const ListedEnforcer& one : *all) {
    const std::string state = one.revoked          ? app.tr("取消済み", "revoked")
                              : one.until <= now() ? app.tr("期限切れ", "ended")
                                                   : app.tr("有効", "good");
    out += fmt::format("{}  {}  {}  {} {}  {} {}\n", pad_to(one.name, 20), state, one.resources,
                       app.tr("期限", "until"), format_minute(one.until),
                       app.tr("最後の接続", "last came"),
                       one.seen ? format_minute(*one.seen) : std::string("-"));
  }
  if (out.empty()) out = app.tr("登録されていません。\n", "there are none.\n");
  return App::say(out);
}

}  // namespace

void add_access_enforcer(CLI::App& access, Lang lang, Command& chosen) {
  const auto tr = [lang](const char* ja, const char* en) { return lang == Lang::ja ? ja : en; };
  auto words = std::make_shared<EnforcerWords>();
  CLI::App* enforcer = access.add_subcommand(
      "enforcer", tr("別のマシンの見張り（SSH サーバーなど）を登録する・見る・取り消す",
                     "enforcers on other machines (SSH servers): register, list, revoke"));
  enforcer->require_subcommand(1);
  const auto on = [&](CLI::App* command, int (*what)(const App&, const EnforcerWords&)) {
    command->add_option("--database", words->database,
                        tr("記録の置き場所。ファイルか postgres://…",
                           "where records are kept: a file or postgres://…"));
    command->callback([words, &chosen, what] {
      chosen = [words, what](const App& app) { return what(app, *words); };
    });
  };
  CLI::App* add = enforcer->add_subcommand(
      "add",
      tr("登録し、見張りに渡す鍵と証明書を出す（前のものは使えなくなる）",
         "register one, and print the key and certificate for it (what it had before ends)"));
  add->add_option("name", words->name, tr("名前（ssh-db1 など）", "its name, such as ssh-db1"))
      ->required();
  add->add_option("--resource", words->resources,
                  tr("尋ねてよい対象（ポリシーの名前。何度でも）",
                     "a resource of the policy that it may ask about; may be given again"))
      ->required();
  on(add, add_one);
  CLI::App* revoke = enforcer->add_subcommand(
      "revoke", tr("取り消す（つながっていれば切れる）", "revoke one; its connection ends"));
  revoke->add_option("name", words->name, tr("名前", "its name"))->required();
  on(revoke, revoke_one);
  on(enforcer->add_subcommand("list", tr("登録されているもの", "those that are registered")),
     list_all);
}

}  // namespace sekisho
