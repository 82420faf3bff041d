// sekisho access proxy: what a proxy's configuration needs to ask Sekisho about each request.
#include "cli/access_proxy.h"

#include "cli/program.h"
#include "server/gate/recipes.h"

namespace sekisho {
namespace {

struct ProxyWords {
  std::string kind;
  std::vector<std::string> applications;
  std::string gate = "127.0.0.1:8482";
  bool lua = false;
};

int show_recipe(const App& app, const ProxyWords& given) {
  const auto kind = proxy_kind_named(given.kind);
  const auto gate = read_authority(given.gate);
  if (!kind || !gate || !gate->port)
    return app.complain(
        {{"--gate は 127.0.0.1:8482 の形で書いてください。", "write --gate like 127.0.0.1:8482."},
         printable(given.gate, 80)});
  if (given.lua) return App::say(haproxy_lua(given.gate));
  std::vector<ProxiedApplication> applications;
  for (const std::string& text : given.applications) {
    auto one = read_proxied(text);
    if (!one) return app.complain(one.error());
    applications.push_back(std::move(*one));
  }
  return App::say(proxy_recipe(*kind, applications, given.gate));
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
