// SPDX-License-Identifier: Apache-2.0
// sekisho agent key: the programs of the person who uses this machine may use the device's key.
#include <pwd.h>

#include <csignal>

#include <fmt/format.h>

#include "cli/agent.h"
#include "cli/this_machine.h"
#include "key/key.h"

namespace sekisho {
namespace {

struct KeyOptions {
  std::string folder = agent_folder();
  std::string sockets = "/run/sekisho";
  std::vector<std::string> users;
};

std::atomic<bool> key_ending = false;
void end_key(int) { key_ending = true; }

Result<std::vector<uid_t>> numbers_of(const std::vector<std::string>& users) {
  std::vector<uid_t> numbers;
  for (const std::string& name : users) {
    const passwd* user = ::getpwnam(name.c_str());  // NOLINT(concurrency-mt-unsafe): one thread
    if (user == nullptr) return failure("そのユーザーはいません。", "there is no such user.", name);
    numbers.push_back(user->pw_uid);
  }
  return numbers;
}

void tell_use(const App& app, const KeyUse& use) {
  App::say(fmt::format(
      fmt::runtime(app.tr("この 1 時間の署名: PKCS #11 {} 件、SSH {} 件、断ったもの {} 件\n",
                          "signatures in the last hour: {} for PKCS #11, {} for SSH; {} "
                          "refused\n")),
      use.module, use.ssh, use.refused));
}

int serve_key(const App& app, const KeyOptions& options) {
  auto users = numbers_of(options.users);
  if (!users) return app.complain(users.error());
  const std::filesystem::path folder = options.folder;
  const auto load = [folder](const std::string& known) {
    return read_newer_access_key(real_disk(), folder, known);
  };
  if (const auto there = load(""); !there) app.complain(there.error());  // it may come
  auto service = KeyService::open(options.sockets, {Askers(std::move(*users)), load});
  if (!service) return app.complain(service.error());
  std::signal(SIGINT, end_key);
  std::signal(SIGTERM, end_key);
  App::say(fmt::format(fmt::runtime(app.tr("端末の鍵の窓口: {0}/key.sock（PKCS #11）、"
                                           "{0}/ssh.sock（SSH）\n",
                                           "the device's key can be asked at {0}/key.sock (PKCS "
                                           "#11) and {0}/ssh.sock (SSH)\n")),
                       options.sockets));
  std::fflush(stdout);
  service->run(key_ending, [&app](const KeyUse& use) { tell_use(app, use); });
  return kExitGood;
}

}  // namespace

void add_agent_key(CLI::App& agent, Lang lang, Command& chosen) {
  const auto tr = [lang](const char* ja, const char* en) { return lang == Lang::ja ? ja : en; };
  auto options = std::make_shared<KeyOptions>();
  CLI::App* key = agent.add_subcommand(
      "key", tr("ブラウザと SSH に、端末の鍵を使わせる（鍵は渡さず、署名だけをする）",
                "let browsers and SSH use the device's key (it signs, and never gives it away)"));
  key->add_option("--folder", options->folder,
                  fmt::format(fmt::runtime(tr("鍵の置き場所（{}）", "where the key is kept ({})")),
                              agent_folder()));
  key->add_option("--sockets", options->sockets,
                  tr("ソケットを作るフォルダー（/run/sekisho）",
                     "the folder that the sockets are made in (/run/sekisho)"));
  key->add_option("--user", options->users,
                  tr("使ってよいユーザー（なければ、いまこの端末の前に座っている人）。root は"
                     "いつでも使える",
                     "a user who may use it (none: whoever sits at this machine). root always "
                     "may"));
  key->callback([options, &chosen] {
    chosen = [options](const App& app) { return serve_key(app, *options); };
  });
}

}  // namespace sekisho
