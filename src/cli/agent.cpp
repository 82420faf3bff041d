// SPDX-License-Identifier: Apache-2.0
// sekisho agent: this machine keeps proving its state to the organisation's server.
#include <csignal>

#include <fmt/format.h>

#include "base/durable.h"
#include "cli/agent.h"
#include "cli/this_machine.h"

namespace sekisho {
namespace {

struct AgentOptions {
  std::string folder = agent_folder();
  std::string link;
  unsigned every = 120;  // seconds
  bool again = false;
};

/// The checks by what the server sent, or by what is built in. Looked at anew each time: content
/// may have come.
Result<Sight> look(const App& app, Time moment) {
  auto guideline = app.guideline();
  if (!guideline) return std::unexpected(guideline.error());
  auto feeds = app.feeds();
  if (!feeds) return std::unexpected(feeds.error());
  Sight sight = look_at_this_machine(std::make_shared<const Guideline>(std::move(*guideline)),
                                     std::move(*feeds), moment);
  // An older server refuses what it doesn't know.
  const auto protocol = read_input_file(app.state / kProtocolFile, 1000);
  if (!protocol || read_protocol(*protocol) < kBasisSince)
    for (AgentRecord& record : sight.records) record.basis = {};
  return sight;
}

Result<void> take_content(const App& app, const std::vector<ContentFile>& files) {
  std::error_code error;
  std::filesystem::create_directories(app.state, error);
  remove_leftovers(app.state);
  for (const auto& path : {app.support_file(), app.exploited_file(), app.weaknesses_file(),
                           app.overlay_file(), app.state / kProtocolFile}) {
    const auto found = std::ranges::find(files, path.filename().string(), &ContentFile::name);
    if (found == files.end()) {
      std::filesystem::remove(path, error);
      continue;
    }
    if (auto kept = write_file_atomically(path, found->text, 0644); !kept) return kept;
  }
  return {};
}

std::atomic<bool> ending = false;
void end(int) { ending = true; }

std::string where_key_is(const App& app, bool in_tpm) {
  return in_tpm ? app.tr("TPM の中", "the TPM") : app.tr("ファイル", "a file");
}

std::string ends_on(Time ends) { return format_day(Calendar::here(ends).day(ends)); }

int enrol(const App& app, const AgentOptions& options) {
  const auto device =
      enrol_this_machine(options.folder, options.link,
                         options.again ? Device::Enrolling::again : Device::Enrolling::first);
  if (!device) return app.complain(device.error());
  return App::say(fmt::format(
      fmt::runtime(
          app.tr("登録しました（端末 {0}、鍵は{1}）。証明書の期限 {2}。\n"
                 "設定と状態、ソフトウェアの一覧だけを読んで送ります。ファイルの中身、"
                 "履歴、位置、入力は読みません（サーバーの /privacy に全文）。\n"
                 "次を動かしておいてください: {3} run\n",
                 "Enrolled as device {0}, with its key in {1}; its certificate ends on {2}.\n"
                 "It reads and sends settings, states and the list of programs; no files, "
                 "history, places or input (all of it: /privacy on the server).\n"
                 "Now keep this running: {3} run\n")),
      device->id(), where_key_is(app, device->key_in_tpm()), ends_on(device->certificate_ends()),
      agent_command()));
}

int watch(const App& app, const AgentOptions& options, bool once) {
  spare_memory();
  auto device = Device::open(options.folder);
  if (!device) return app.complain(device.error());
  Watch watch(std::move(*device), watched(with_content(app, options.folder)));
  if (once) return watch.once() ? kExitGood : kExitError;
  std::signal(SIGINT, end);
  std::signal(SIGTERM, end);
  watch.run(std::chrono::seconds(options.every), ending);
  return kExitGood;
}

/// What the server told of it: what isn't open to who uses it, and why.
std::string access_of(const App& app, const std::optional<Told>& told) {
  if (!told) return app.tr("サーバーからまだ聞いていません", "not heard from the server yet");
  if (told->closed.empty())
    return app.tr("この端末が理由で使えないものはありません",
                  "nothing is closed because of this device");
  std::string list = app.tr("使えないものがあります", "not everything is open");
  for (const ClosedHere& one : told->closed)
    list += fmt::format("\n  {}: {}", one.name.in(app.lang), one.why.in(app.lang));
  if (told->more_closed > 0)
    list +=
        fmt::format(fmt::runtime(app.tr("\n  ほかに {} 件", "\n  and {} more")), told->more_closed);
  return list;
}

/// Beside the service that runs, as well as without it.
int status(const App& app, const AgentOptions& options) {
  const auto device = Device::glance(options.folder);
  if (!device) return app.complain(device.error());
  return App::say(fmt::format(
      "{}: {}\n{}: {}\n{}: {}\n{}: {}\n{}: {}\n{}: {}\n{}: {}\n", app.tr("端末", "device"),
      device->id, app.tr("エージェント", "agent"),
      device->running ? app.tr("動いています", "running") : app.tr("動いていません", "not running"),
      app.tr("鍵", "key"), where_key_is(app, device->key_in_tpm), app.tr("報告先", "server"),
      device->server, app.tr("送信待ち", "waiting to be sent"), device->waiting,
      app.tr("証明書の期限", "certificate ends"), ends_on(device->certificate_ends),
      app.tr("アクセス", "access"), access_of(app, device->told)));
}

}  // namespace

Watched watched(const App& app) {
  return {[app](Time moment) {
            auto sight = look(app, moment);
            give_back_memory();
            return sight;
          },
          [] {
            auto software = software_of_this_machine();
            give_back_memory();
            return software;
          },
          [app](const std::vector<ContentFile>& files) { return take_content(app, files); },
          [app] {
            std::error_code ignored;
            std::filesystem::remove_all(app.state, ignored);
          },
          [app](const Text& text) { App::say(text.in(app.lang) + "\n"); },
          [app](const Error& error) { app.complain(error); }};
}

App with_content(App app, const std::string& folder) {
  app.state = std::filesystem::path(folder) / "content";
  return app;
}

Result<Device> enrol_this_machine(const std::string& folder, const std::string& link,
                                  Device::Enrolling how) {
  const auto known = read_link(link);
  if (!known) return std::unexpected(known.error());
  return Device::enrol(folder, *known, facts_of_this_machine(), how);
}

void add_agent_commands(CLI::App& agent, Lang lang, Command& chosen) {
  const auto tr = [lang](const char* ja, const char* en) { return lang == Lang::ja ? ja : en; };
  auto options = std::make_shared<AgentOptions>();
  const auto with_folder = [&](const char* name, const char* ja, const char* en) {
    CLI::App* command = agent.add_subcommand(name, tr(ja, en));
    command->add_option("--folder", options->folder,
                        fmt::format(fmt::runtime(tr("鍵と待ち行列の置き場所（{}）",
                                                    "where key and queue are kept ({})")),
                                    agent_folder()));
    return command;
  };
  CLI::App* enrols =
      with_folder("enrol", "コンソールに出たリンクで登録する", "enrol with the console's link");
  enrols->add_option("link", options->link, tr("リンク", "the link"))->required();
  enrols->add_flag("--again", options->again,
                   tr("前の登録と入れ替える（証明書が切れたときなど。agent は止めてから）",
                      "in place of the enrolment before, whose certificate ended say (stop the "
                      "agent first)"));
  enrols->callback(
      [options, &chosen] { chosen = [options](const App& app) { return enrol(app, *options); }; });
  CLI::App* runs = with_folder("run", "確かめては報告する", "look and report, over and over");
  runs->add_option("--every", options->every, tr("確かめる間隔（秒）", "seconds between looks"))
      ->check(CLI::Range(1U, static_cast<unsigned>(kMostBetweenLooks.count())));
  runs->callback([options, &chosen] {
    chosen = [options](const App& app) { return watch(app, *options, false); };
  });
  CLI::App* once = with_folder("once", "一度だけ確かめて報告する", "look and report once");
  once->callback([options, &chosen] {
    chosen = [options](const App& app) { return watch(app, *options, true); };
  });
  CLI::App* shows = with_folder("status", "登録と送信待ちを見る", "show enrolment and queue");
  shows->callback(
      [options, &chosen] { chosen = [options](const App& app) { return status(app, *options); }; });
  add_agent_key(agent, lang, chosen);
}

void add_agent(CLI::App& cli, Lang lang, Command& chosen) {
  CLI::App* agent = cli.add_subcommand(
      "agent", lang == Lang::ja ? "この端末の状態を、組織のサーバーに報告し続ける"
                                : "keep reporting this machine's state to the organisation's "
                                  "server");
  agent->require_subcommand(1);
  add_agent_commands(*agent, lang, chosen);
}

}  // namespace sekisho
