// SPDX-License-Identifier: Apache-2.0
// sekisho access guard, and sekisho access keys: on a server that people log in to.
#include <csignal>
#include <ctime>

#include <fmt/format.h>

#include "cli/access_commands.h"
#include "cli/supervisor.h"
#include "guard/guard.h"

namespace sekisho {
namespace {

struct GuardWords {
  std::string config = "/etc/sekisho/guard.yaml";
  std::string folder = "/run/sekisho-guard";
  std::string login;
  std::string offered_type;
  std::string offered_key;
};

int run_guard(const App& app, const GuardWords& words) {
  // Before there are threads, which would be told instead.
  sigset_t ends;
  ::sigemptyset(&ends);
  ::sigaddset(&ends, SIGTERM);
  ::sigaddset(&ends, SIGINT);
  (void)::pthread_sigmask(SIG_BLOCK, &ends, nullptr);
  auto text = read_input_file(words.config, kGuardLimits.bytes);
  if (!text) return app.complain(text.error());
  auto settings = read_guard_settings(words.config, *text);
  if (!settings) return app.complain(settings.error());
  auto guard =
      Guard::start({std::move(*settings), words.folder, [lang = app.lang](const Text& what) {
                      fmt::print(stderr, "{}\n", what.in(lang));
                    }});
  if (!guard) return app.complain(guard.error());
  const auto supervisor = Supervisor::of_this_process();
  if (supervisor) supervisor->tell("READY=1");
  fmt::print(stderr, "{}\n", app.tr("見張りを始めました。", "The guard is at its post."));
  int signal = 0;
  (void)::sigwait(&ends, &signal);
  if (supervisor) supervisor->tell("STOPPING=1");
  return kExitGood;
}

int print_keys(const App& app, const GuardWords& words) {
  const auto keys =
      keys_of_login(std::filesystem::path(words.folder) / kDoorName, words.login,
                    words.offered_key.empty() ? "" : words.offered_type + " " + words.offered_key);
  if (!keys) return app.complain(keys.error());
  return App::say(*keys);
}

}  // namespace

void add_access_guard(CLI::App& access, Lang lang, Command& chosen) {
  const auto tr = [lang](const char* ja, const char* en) { return lang == Lang::ja ? ja : en; };
  auto words = std::make_shared<GuardWords>();
  const auto with_folder = [&](CLI::App* command) {
    command->add_option("--folder", words->folder,
                        tr("PAM と話すソケットのフォルダー（既定: /run/sekisho-guard）",
                           "folder of the socket that PAM asks at (default: /run/sekisho-guard)"));
  };
  CLI::App* guard = access.add_subcommand(
      "guard", tr("SSH サーバーで: ログインしてよいかをサーバーに尋ね、だめになったら切る",
                  "on an SSH server: ask whether people may log in, and cut them off when told"));
  with_folder(guard);
  guard->add_option("--config", words->config,
                    tr("設定ファイル（既定: /etc/sekisho/guard.yaml）",
                       "its settings (default: /etc/sekisho/guard.yaml)"));
  guard->callback(
      [words, &chosen] { chosen = [words](const App& app) { return run_guard(app, *words); }; });
  CLI::App* keys = access.add_subcommand(
      "keys",
      tr("SSH サーバーで: ログイン名の持ち主の端末の鍵（AuthorizedKeysCommand）",
         "on an SSH server: keys of the devices of a login's owner (AuthorizedKeysCommand)"));
  with_folder(keys);
  keys->add_option("login", words->login, tr("ログイン名", "the login"))->required();
  keys->add_option("type", words->offered_type,
                   tr("示された鍵の種類（%t）", "type of the key that is offered (%t)"));
  keys->add_option("key", words->offered_key,
                   tr("示された鍵（%k）", "the key that is offered (%k)"));
  keys->callback(
      [words, &chosen] { chosen = [words](const App& app) { return print_keys(app, *words); }; });
}

}  // namespace sekisho
