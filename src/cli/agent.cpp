// sekisho agent: this machine keeps proving its state to the organisation's server.
#include <csignal>
#include <random>
#include <thread>

#include <fmt/format.h>

#include "base/crypto.h"
#include "cli/app.h"
#include "collect/agent/agent.h"
#include "collect/host/host.h"

namespace sekisho {
namespace {

struct AgentOptions {
  std::string folder = "/var/lib/sekisho-agent";
  std::string link;
  unsigned every = 120;  // seconds
};

/// Reported about this often though nothing changed; with the time between two looks, and both a
/// fifth longer, it stays under ten minutes.
constexpr std::chrono::seconds kReportEvery{360};
constexpr unsigned kMostBetweenLooks = 120;
constexpr std::chrono::seconds kFirstRetry{15};
constexpr std::chrono::seconds kLastRetry{600};

volatile std::sig_atomic_t ending = 0;  // NOLINT: written by a signal handler
void end(int) { ending = 1; }

/// Up to a fifth more or less, so that a thousand devices don't come all at once.
std::chrono::seconds about(std::chrono::seconds time) {
  static std::mt19937 random{std::random_device{}()};
  const auto fifth = std::max<std::int64_t>(1, time.count() / 5);
  return time +
         std::chrono::seconds(std::uniform_int_distribution<std::int64_t>(-fifth, fifth)(random));
}

/// Which installation this is: of the system's machine-id (machine-id(5)), which is not told
/// itself.
MachineFacts facts_of(const Machine& machine) {
  MachineFacts facts;
  const SubjectId subject = host_subject(machine);
  facts.host = printable(subject.value.substr(subject.value.find(':') + 1), 100);
  const auto id = machine.read("/etc/machine-id", 4096);
  facts.machine = hex(sha256("sekisho device " + std::string(id ? trim(*id) : facts.host)));
  auto text = machine.read("/etc/os-release");
  if (!text) text = machine.read("/usr/lib/os-release");
  if (text) {
    auto release = parse_assignments(*text);
    facts.system = {printable(release["ID"], 40), printable(release["VERSION_ID"], 40),
                    printable(release["PRETTY_NAME"], 100)};
  }
  return facts;
}

/// Looks, queues what it saw, sends what waits, and takes what to check by.
class Watch {
 public:
  /// `app` keeps what to check by in its state folder.
  Watch(App app, Device device) : app_(std::move(app)), device_(std::move(device)) {}

  int run(std::chrono::seconds every) {
    std::signal(SIGINT, end);
    std::signal(SIGTERM, end);
    say({fmt::format("{} に報告します（端末 {}）", device_.server(), device_.id()),
         fmt::format("reporting to {} as device {}", device_.server(), device_.id())});
    while (ending == 0) {
      const Time moment = now();
      if (const auto looked = look(moment); !looked) complain(looked.error());
      if (moment >= try_again_) send(moment);
      wait(about(every));
    }
    return kExitGood;
  }

  /// One look and one sending, for whoever wants to see it work.
  int once() {
    if (const auto looked = look(now()); !looked) return app_.complain(looked.error());
    return send(now()) ? kExitGood : kExitError;
  }

 private:
  void say(const Text& text) const {
    fmt::print("{}\n", text.in(app_.lang));
    std::fflush(stdout);
  }
  void complain(const Error& error) const {
    fmt::print(stderr, "sekisho: {}\n", error.describe(app_.lang));
  }

  struct ToCheckBy {
    std::shared_ptr<const Guideline> guideline;
    std::shared_ptr<const Feeds> feeds;
  };
  Result<ToCheckBy> read_content() const {
    auto guideline = app_.guideline();
    if (!guideline) return std::unexpected(guideline.error());
    auto feeds = app_.feeds();
    if (!feeds) return std::unexpected(feeds.error());
    return ToCheckBy{std::make_shared<const Guideline>(std::move(*guideline)), std::move(*feeds)};
  }

  /// Looked at anew each time: what to check by may have come from the server. What the disk
  /// garbled is thrown away, so that the next receipt brings it again; until then what is built in
  /// serves.
  Result<ToCheckBy> content() {
    auto read = read_content();
    if (read) return read;
    complain(read.error());
    std::error_code ignored;
    std::filesystem::remove_all(app_.state, ignored);
    if (auto forgot = device_.forget_content(); !forgot) return std::unexpected(forgot.error());
    return read_content();
  }

  Result<void> look(Time moment) {
    const auto by = content();
    if (!by) return std::unexpected(by.error());
    const auto machine = std::make_shared<const Machine>("/");
    const auto evidence =
        collect_host(machine, by->guideline, by->feeds, kOrganisation, moment, host_checks());
    std::vector<AgentRecord> records;
    for (const Evidence& one : evidence) records.push_back({one.check, one.verdict, one.detail});
    if (records == last_ && moment < report_by_) return {};
    if (auto added = device_.add(facts_of(*machine), moment, records); !added) return added;
    last_ = std::move(records);
    report_by_ = moment + about(kReportEvery);
    return {};
  }

  bool send(Time moment) {
    const auto sent = deliver(moment);
    if (sent) {
      retry_ = kFirstRetry;
      try_again_ = moment;
      return true;
    }
    complain(sent.error());
    try_again_ = moment + about(retry_);
    retry_ = std::min(2 * retry_, kLastRetry);
    return false;
  }

  Result<void> deliver(Time moment) {
    const auto renewed = device_.renew_if_due(moment);
    if (!renewed) return std::unexpected(renewed.error());
    const auto waiting = device_.waiting();
    if (!waiting) return std::unexpected(waiting.error());
    if (*waiting == 0) return {};
    const auto sent = device_.send(moment);
    if (!sent) return std::unexpected(sent.error());
    for (const Receipt::Refused& refused : sent->refused)
      complain({{fmt::format("報告 {} が断られました: {}", refused.sequence, refused.reason.ja),
                 fmt::format("report {} was refused: {}", refused.sequence, refused.reason.en)},
                {}});
    say({fmt::format("{} 件の報告を送りました", sent->reports),
         fmt::format("sent {} reports", sent->reports)});
    return sent->content_changed ? take_content() : Result<void>();
  }

  Result<void> take_content() {
    const auto files = device_.fetch_content();
    if (!files) return std::unexpected(files.error());
    std::error_code error;
    std::filesystem::create_directories(app_.state, error);
    for (const auto& path : {app_.support_file(), app_.exploited_file(), app_.overlay_file()}) {
      const auto found = std::ranges::find(*files, path.filename().string(), &ContentFile::name);
      if (found == files->end()) {
        std::filesystem::remove(path, error);
        continue;
      }
      if (auto kept = write_file_atomically(path, found->text, 0644); !kept) return kept;
    }
    say({"新しい確認内容を受け取りました", "took new content to check by"});
    return device_.took_content();
  }

  static void wait(std::chrono::seconds time) {
    for (std::int64_t i = 0; i < time.count() && ending == 0; ++i)
      std::this_thread::sleep_for(std::chrono::seconds(1));
  }

  App app_;
  Device device_;
  std::vector<AgentRecord> last_;
  Time report_by_;
  Time try_again_;
  std::chrono::seconds retry_ = kFirstRetry;
};

App with_content(App app, const std::string& folder) {
  app.state = std::filesystem::path(folder) / "content";
  return app;
}

int enrol(const App& app, const AgentOptions& options) {
  const auto link = read_link(options.link);
  if (!link) return app.complain(link.error());
  const Machine machine("/");
  const auto device = Device::enrol(options.folder, *link, facts_of(machine));
  if (!device) return app.complain(device.error());
  return App::say(fmt::format(
      fmt::runtime(app.tr("登録しました（端末 {}）。証明書の期限 {}。\n次を動かしておいてください: "
                          "sekisho agent run\n",
                          "Enrolled as device {}; its certificate ends on {}.\nNow keep this "
                          "running: sekisho agent run\n")),
      device->id(), format_day(day_of(device->certificate_ends()))));
}

int watch(const App& app, const AgentOptions& options, bool once) {
  auto device = Device::open(options.folder);
  if (!device) return app.complain(device.error());
  Watch watch(with_content(app, options.folder), std::move(*device));
  return once ? watch.once() : watch.run(std::chrono::seconds(options.every));
}

int status(const App& app, const AgentOptions& options) {
  const auto device = Device::open(options.folder);
  if (!device) return app.complain(device.error());
  const auto waiting = device->waiting();
  if (!waiting) return app.complain(waiting.error());
  return App::say(fmt::format("{}: {}\n{}: {}\n{}: {}\n{}: {}\n", app.tr("端末", "device"),
                              device->id(), app.tr("報告先", "server"), device->server(),
                              app.tr("送信待ち", "waiting to be sent"), *waiting,
                              app.tr("証明書の期限", "certificate ends"),
                              format_day(day_of(device->certificate_ends()))));
}

}  // namespace

void add_agent(CLI::App& cli, Lang lang, Command& chosen) {
  const auto tr = [lang](const char* ja, const char* en) { return lang == Lang::ja ? ja : en; };
  auto options = std::make_shared<AgentOptions>();
  CLI::App* agent = cli.add_subcommand(
      "agent", tr("この端末の状態を、組織のサーバーに報告し続ける",
                  "keep reporting this machine's state to the organisation's server"));
  agent->require_subcommand(1);
  const auto with_folder = [&](const char* name, const char* ja, const char* en) {
    CLI::App* command = agent->add_subcommand(name, tr(ja, en));
    command->add_option("--folder", options->folder,
                        tr("鍵と待ち行列の置き場所（/var/lib/sekisho-agent）",
                           "where key and queue are kept (/var/lib/sekisho-agent)"));
    return command;
  };
  CLI::App* enrols =
      with_folder("enrol", "コンソールに出たリンクで登録する", "enrol with the console's link");
  enrols->add_option("link", options->link, tr("リンク", "the link"))->required();
  enrols->callback(
      [options, &chosen] { chosen = [options](const App& app) { return enrol(app, *options); }; });
  CLI::App* runs = with_folder("run", "確かめては報告する", "look and report, over and over");
  runs->add_option("--every", options->every, tr("確かめる間隔（秒）", "seconds between looks"))
      ->check(CLI::Range(1U, kMostBetweenLooks));
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
}

}  // namespace sekisho
