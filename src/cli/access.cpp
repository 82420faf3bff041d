// SPDX-License-Identifier: Apache-2.0
// sekisho access: what policies say, why somebody may or may not reach something, and what another
// policy would change, from the server's records; and what is suspended by hand.
#include <fmt/format.h>

#include "base/nearest.h"
#include "cli/access_commands.h"
#include "cli/access_proxy.h"
#include "cli/program.h"
#include "cli/records.h"

namespace sekisho {
namespace {

std::optional<NamedPolicy> read_named(const App& app, const Guideline& guideline,
                                      NamedPolicy named) {
  const auto document = parse_yaml(named.source, named.text, kPolicyLimits);
  if (!document) {
    (void)app.complain(document.error());
    return std::nullopt;
  }
  auto policy = read_policy(*document, guideline);
  if (!policy) {
    for (const Error& problem : policy.error()) (void)app.complain(problem);
    return std::nullopt;
  }
  named.policy = std::make_shared<const Policy>(std::move(*policy));
  return named;
}

int show_policy(const App& app, const AccessOptions& options) {
  const auto guideline = app.guideline();
  if (!guideline) return app.complain(guideline.error());
  if (options.policy.empty()) {
    std::string list =
        app.tr("方式ごとに組み込まれたポリシー（sekisho access policy 方式）:\n",
               "Policies that come with the methods (sekisho access policy METHOD):\n");
    for (const Method& method : guideline->methods)
      list += fmt::format("  {}  {}\n", pad_to(method.id, 18), method.name.in(app.lang));
    return App::say(list);
  }
  const auto named = load_policy(app, *guideline, options.policy);
  if (!named) return kExitError;
  if (options.yaml) return App::say(named->text);
  const Policy& policy = *named->policy;
  std::string out = policy.name().in(app.lang) + "\n" + policy.about().in(app.lang) + "\n";
  for (const AccessRule& rule : policy.rules()) {
    out += fmt::format("\n{} ({}, {})\n", rule.name.in(app.lang), rule.id.text(),
                       label(rule.kind).in(app.lang));
    if (!rule.because.empty()) out += "  " + rule.because.in(app.lang) + "\n";
    for (const Text& line : words(policy, rule)) out += "  - " + line.in(app.lang) + "\n";
  }
  return App::say(out + "\n" + not_enforced().in(app.lang) + "\n");
}

}  // namespace

Text not_enforced() {
  return {
      "この答えで何かが止まるわけではありません。止めるのは、Sekisho に問い合わせるソフトです。",
      "This answer stops nobody by itself; the software that asks Sekisho does."};
}

std::optional<NamedPolicy> load_policy(const App& app, const Guideline& guideline,
                                       const std::string& name) {
  const Method* method = guideline.method(name);
  if (method != nullptr)
    return read_named(app, guideline,
                      {method->id, true, std::string(built_in_policy(method->id)), nullptr});
  auto text = read_input_file(name, kPolicyLimits.bytes);
  if (!text) {
    std::vector<std::string> ids;
    for (const Method& one : guideline.methods) ids.push_back(one.id);
    const Text near = nearest(name, ids);
    Error error = text.error();
    if (!near.empty()) {
      error.message.ja += near.ja;
      error.message.en += " " + near.en;
    }
    (void)app.complain(error);
    return std::nullopt;
  }
  return read_named(app, guideline, {name, false, std::move(*text), nullptr});
}

std::optional<NamedPolicy> policy_in_force(const App& app, const Guideline& guideline,
                                           const AccessRecords& records, const std::string& name,
                                           std::string_view option) {
  if (!name.empty()) return load_policy(app, guideline, name);
  if (records.policy)
    return read_named(app, guideline, {"saved", false, records.policy->text, nullptr});
  const Organisation& organisation = records.organisation;
  if (organisation.methods.size() == 1)
    return load_policy(app, guideline, organisation.methods.front()->id);
  const bool none = organisation.methods.empty();
  (void)app.complain(
      {{(none ? "採用している方式が決まっていません。" : "方式を複数使っています。") +
            fmt::format("どのポリシーかを {} に、ファイルか方式の名前（vpn など）で"
                        "指定してください。",
                        option),
        (none ? "no method in use is set; " : "several methods are in use; ") +
            fmt::format("name the policy with {}, by a file or a method (vpn, say).", option)},
       ""});
  return std::nullopt;
}

Result<AccessRecords> records_of(const App& app, const AccessOptions& options,
                                 const Guideline& guideline) {
  const auto db =
      existing_database(options.database.empty() ? store_file(app).string() : options.database);
  if (!db) return std::unexpected(db.error());
  return read_access_records(**db, guideline);
}

void add_access(CLI::App& cli, Lang lang, Command& chosen) {
  const auto tr = [lang](const char* ja, const char* en) { return lang == Lang::ja ? ja : en; };
  auto options = std::make_shared<AccessOptions>();
  CLI::App* access = cli.add_subcommand(
      "access", tr("アクセスのポリシー: 誰が何をなぜ使えるか、変えたらどうなるか",
                   "access policies: who may reach what and why, and what a change would do"));
  access->require_subcommand(1);
  const auto on = [&, options](CLI::App* command, int (*what)(const App&, const AccessOptions&)) {
    command->callback([options, &chosen, what] {
      chosen = [options, what](const App& app) { return what(app, *options); };
    });
  };
  const auto with_records = [&](CLI::App* command) {
    command->add_option("--database", options->database,
                        tr("記録の置き場所。ファイルか postgres://…",
                           "where records are kept: a file or postgres://…"));
    command->add_option("--at", options->at,
                        tr("いつの時点か（「2026-11-27 18:00」、または 2026-11-27T18:00:00+09:00）",
                           "as at when (\"2026-11-27 18:00\", or 2026-11-27T18:00:00+09:00)"));
    command->add_flag("--json", options->json, tr("JSON で出す", "print JSON"));
  };
  const char* policy_help =
      tr("ポリシーのファイル、または方式の名前（既定: 採用している方式のもの）",
         "a policy's file, or a method (default: that of the method in use)");

  CLI::App* explain = access->add_subcommand(
      "explain",
      tr("その人がその端末から使えるか、なぜか", "whether and why somebody may reach it"));
  with_records(explain);
  explain
      ->add_option("--person", options->person,
                   tr("メールアドレスか名前", "an email address or a name"))
      ->required();
  explain->add_option("--device", options->device, tr("端末の名前", "the device's name"))
      ->required();
  explain->add_option("--resource", options->resource, tr("対象の名前", "the resource's id"))
      ->required();
  explain->add_option("--policy", options->policy, policy_help);
  explain->add_option("--from", options->from,
                      tr("接続元の IP アドレス", "the client's IP address"));
  explain->add_option("--country", options->country,
                      tr("接続元の国（JP など）", "the country, such as JP"));
  explain
      ->add_option("--risk", options->risk,
                   tr("なりすましの疑い（既定: サインインの履歴から）",
                      "the risk of impersonation (default: by the history of sign-ins)"))
      ->check(CLI::IsMember({"low", "raised", "high", "confirmed"}));
  explain
      ->add_option(
          "--factor", options->factor,
          tr("今示した二要素認証（既定: none）", "the second factor just shown (default: none)"))
      ->check(CLI::IsMember({"none", "code", "passkey"}));
  on(explain, access_explain);

  CLI::App* risk = access->add_subcommand(
      "risk", tr("ほかの人がその人になりすましている疑いと、その兆候",
                 "how likely it is that somebody else acts as a person, and the signs"));
  with_records(risk);
  risk->add_option("--person", options->person,
                   tr("メールアドレスか名前", "an email address or a name"))
      ->required();
  risk->add_option("--device", options->device, tr("端末の名前", "the device's name"));
  risk->add_option("--from", options->from,
                   tr("接続元の IP アドレス（既定: 前回のサインインの場所）",
                      "the client's IP address (default: where they signed in last)"));
  for (CLI::App* command : {explain, risk})
    command->add_option("--places", options->places,
                        tr("アドレスがどこにあるかのファイル（*.mmdb。何度でも）",
                           "file that says where addresses are (*.mmdb; may be given again)"));
  on(risk, access_risk);

  CLI::App* what_if = access->add_subcommand(
      "what-if", tr("このポリシーにしたら、誰が使えなくなり、誰が使えるようになるか",
                    "whom this policy would lock out, and whom let in"));
  with_records(what_if);
  what_if
      ->add_option("policy", options->policy,
                   tr("ポリシーのファイル、または方式の名前", "a policy's file, or a method"))
      ->required();
  what_if->add_option("--against", options->against,
                      tr("比べるポリシー（既定: 採用している方式のもの）",
                         "the policy beside it (default: that of the method in use)"));
  on(what_if, access_what_if);

  CLI::App* suspend = access->add_subcommand(
      "suspend", tr("人か端末のアクセスを一時停止する（つながっていれば切れる）",
                    "suspend a person or a device; what is live of them is cut"));
  CLI::App* restore =
      access->add_subcommand("restore", tr("一時停止を解除する", "restore what was suspended"));
  for (CLI::App* command : {suspend, restore}) {
    command->add_option("--database", options->database,
                        tr("記録の置き場所。ファイルか postgres://…",
                           "where records are kept: a file or postgres://…"));
    command->add_option("--person", options->person,
                        tr("メールアドレスか名前", "an email address or a name"));
    command->add_option("--device", options->device, tr("端末の名前", "the device's name"));
  }
  suspend->add_option("--reason", options->reason, tr("理由", "why"))->required();
  suspend->add_option(
      "--until", options->until,
      tr("いつまで（既定: 解除するまで）。「2026-11-27 18:00」、または 2026-11-27T18:00:00+09:00",
         "until when (default: until restored): \"2026-11-27 18:00\", or "
         "2026-11-27T18:00:00+09:00"));
  on(suspend, access_suspend);
  on(restore, access_restore);

  CLI::App* policy = access->add_subcommand(
      "policy", tr("ポリシーを読める言葉で見る、書き方を確かめる",
                   "show a policy in plain words, and whether it is written rightly"));
  policy->add_option("policy", options->policy,
                     tr("ファイル、または方式の名前", "a file, or a method"));
  policy->add_flag("--yaml", options->yaml,
                   tr("書きかえるために、そのまま出す", "print it as it stands, to be changed"));
  on(policy, show_policy);

  add_access_proxy(*access, lang, chosen);
  add_access_guard(*access, lang, chosen);
  add_access_live(*access, lang, chosen);
  add_access_enforcer(*access, lang, chosen);
  add_access_emergency(*access, lang, chosen);
}

}  // namespace sekisho
