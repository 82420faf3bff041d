// SPDX-License-Identifier: Apache-2.0
// sekisho access proxy: what a proxy's configuration needs to ask Sekisho about each request.
#include "cli/access_proxy.h"

#include "cli/program.h"
#include "server/api/addresses.h"
#include "server/gate/recipes.h"

namespace sekisho {
namespace {

struct ProxyWords {
  std::string kind;
  std::vector<std::string> applications;
  std::string gate = "127.0.0.1:8482";
  std::string console;
  bool lua = false;
};

int show_recipe(const App& app, const ProxyWords& given) {
  const auto kind = proxy_kind_named(given.kind);
  const auto gate = read_authority(given.gate);
  if (!kind || !gate || !gate->port || !is_loopback(gate->host))
    return app.complain({{"--gate は 127.0.0.1:8482 の形（この機械の中）で書いてください。",
                          "write --gate like 127.0.0.1:8482: inside this machine."},
                         printable(given.gate, 80)});
  if (given.lua) return App::say(haproxy_lua(given.gate));
  const auto applications = read_all_proxied(given.applications);
  if (!applications) return app.complain(applications.error());
  const auto console = canonical_host(given.console);
  if (!given.console.empty() && !console)
    return app.complain({{"--console は sekisho.example.jp の形で書いてください。",
                          "write --console like sekisho.example.jp."},
                         printable(given.console, 80)});
  return App::say(proxy_recipe(*kind, *applications, given.gate, console.value_or("")));
}

}  // namespace

void add_access_proxy(CLI::App& access, Lang lang, Command& chosen) {
  const auto tr = [lang](const char* ja, const char* en) { return lang == Lang::ja ? ja : en; };
  auto given = std::make_shared<ProxyWords>();
  CLI::App* proxy = access.add_subcommand(
      "proxy", tr("Web アプリケーションの前のプロキシの設定を出す",
                  "print the configuration of the proxy in front of web applications"));
  proxy->add_option("kind", given->kind, "nginx, caddy, haproxy")
      ->required()
      ->check(CLI::IsMember({"nginx", "caddy", "haproxy"}));
  auto* applications = proxy->add_option(
      "--app", given->applications,
      tr("アプリケーションの名前と待ち受ける場所（wiki.example.jp=127.0.0.1:3000。何度でも）",
         "an application's name and where it listens (wiki.example.jp=127.0.0.1:3000; may be given "
         "again)"));
  applications->allow_extra_args(false);
  proxy->add_option(
      "--console", given->console,
      tr("同じ HAProxy の後ろにコンソールもあるとき、そのホスト名（sekisho.example.jp）",
         "the console's host where it is behind the same HAProxy (sekisho.example.jp)"));
  proxy->add_option("--gate", given->gate, tr("serve の --gate の場所", "where serve's --gate is"));
  auto* lua = proxy->add_flag(
      "--lua", given->lua,
      tr("HAProxy が読み込む Lua のファイルを出す", "print the Lua file that HAProxy loads"));
  proxy->callback([given, &chosen, applications, lua] {
    if (applications->count() == 0 && lua->count() == 0) throw CLI::RequiredError("--app");
    chosen = [given](const App& app) { return show_recipe(app, *given); };
  });
}

}  // namespace sekisho
