// SPDX-License-Identifier: Apache-2.0
// sekisho observe: what arrives at a line, from captures or live.
#include <atomic>
#include <csignal>
#include <functional>

#include <fmt/format.h>

#include "base/crypto.h"
#include "cli/app.h"
#include "cli/line_reporter.h"
#include "cli/line_watch.h"
#include "cli/records.h"
#include "cli/status_line.h"
#include "cli/terminal.h"
#include "cli/this_machine.h"
#include "collect/observe/files.h"
#include "collect/observe/pseudonym.h"
#include "report/line/line.h"

namespace sekisho {
namespace {

struct ObserveArguments {
  std::vector<std::string> files;
  std::string interface;
  std::int64_t seconds = 0;
  std::vector<std::string> networks;
  std::vector<std::string> ours;
  std::vector<std::string> vpn;
  std::vector<std::string> logins;
  std::vector<std::string> ports;
  std::vector<std::string> sources;
  std::string tool;
  std::string filter;
  bool without_scanners = false;
  std::string by;
  std::string format = "text";
  std::string report;
  std::vector<std::string> geo;
  bool follow = false;
  bool pseudonyms = false;
  bool send = false;
  std::string folder = agent_folder();
  std::int64_t every = 60;  // seconds between two sendings
};

// What Ctrl-C reaches: the result so far is shown, and a second one ends at once.
std::atomic<bool> stop_asked = false;
static_assert(std::atomic<bool>::is_always_lock_free);
void on_signal(int signal) {
  if (stop_asked.exchange(true)) {
    std::signal(signal, SIG_DFL);
    std::raise(signal);
  }
}

/// The secrets that sketches and pseudonyms are made under: made once, kept in the state folder.
/// Under sudo, where nothing is written into a person's folder, and where there is no folder that
/// may be written to, they are of this run alone.
struct LineKeys {
  HashKey hash;
  PseudonymKey pseudonym{};
};

Result<LineKeys> line_keys(const App& app) {
  const auto file = app.state / "observe.key";
  std::error_code error;
  std::string bytes;
  if (std::filesystem::exists(file, error)) {
    const auto read = read_input_file(file, 1024);
    if (!read) return std::unexpected(read.error());
    bytes = *read;
    if (bytes.size() != sizeof(LineKeys))
      return failure(
          "鍵のファイルが壊れています。消すと新しく作ります（前の集計とは合わせられなく"
          "なります）。",
          "the key file is damaged; when you delete it a new one is made (earlier "
          "tallies can't be merged with new ones then).",
          file.string());
  } else {
    bytes = random_bytes(sizeof(LineKeys));
    if (may_write()) {
      std::filesystem::create_directories(app.state, error);
      (void)write_file_atomically(file, bytes, 0600);
    }
  }
  LineKeys keys;
  keys.hash = hash_key(bytes);
  std::memcpy(keys.pseudonym.data(), bytes.data() + 16, keys.pseudonym.size());
  return keys;
}

Result<std::vector<Network>> networks_of(const std::vector<std::string>& texts) {
  std::vector<Network> networks;
  for (const std::string& text : texts) {
    const auto network = read_network(text);
    if (!network)
      return failure("ネットワークは 192.0.2.0/24 のように書いてください。",
                     "write a network like 192.0.2.0/24.", printable(text, 60));
    networks.push_back(*network);
  }
  return networks;
}

Result<std::vector<Portal>> portals_of(const std::vector<std::string>& texts) {
  std::vector<Portal> portals;
  for (const std::string& one : texts) {
    const auto portal = read_portal(one);
    if (!portal)
      return failure(
          "IP アドレス（とポート）ではありません。203.0.113.5 や "
          "203.0.113.5:8443 のように書いてください。",
          "this is no IP address (and port); write it like 203.0.113.5 or "
          "203.0.113.5:8443.",
          printable(one, 60));
    portals.push_back(*portal);
  }
  return portals;
}

Result<std::vector<LoginPort>> login_ports_of(const std::vector<std::string>& texts,
                                              const LineNames& names) {
  std::vector<LoginPort> ports;
  for (const std::string& one : texts) {
    const auto port = read_login_port(one, names);
    if (!port) {
      std::vector<std::string> ids;
      for (const LoginService& service : names.logins) ids.push_back(service.id);
      const std::string list = join(ids, ", ");
      return failure("telnet:8023 のように、サービスとポートを書いてください（" + list + "）。",
                     "write a service and a port, like telnet:8023 (" + list + ").",
                     printable(one, 60));
    }
    ports.push_back(*port);
  }
  return ports;
}

Result<LineFilter> filter_of(const ObserveArguments& arguments) {
  LineFilter filter;
  for (const std::string& one : arguments.ports) {
    const auto port = read_port(one);
    if (!port)
      return failure("ポートは 22、22/tcp、53/udp のように書いてください。",
                     "write a port like 22, 22/tcp or 53/udp.", printable(one, 60));
    filter.ports.push_back(*port);
  }
  auto sources = networks_of(arguments.sources);
  if (!sources) return std::unexpected(sources.error());
  filter.sources = std::move(*sources);
  for (std::size_t i = 1; i < kTools; ++i)
    if (arguments.tool == kToolIds.at(i)) filter.tool = static_cast<Tool>(i);
  filter.without_scanners = arguments.without_scanners;
  if (arguments.filter.empty()) return filter;
  auto frames = FrameFilter::read(arguments.filter);
  if (!frames) return std::unexpected(frames.error());
  filter.frames = std::move(*frames);
  return filter;
}

Result<FilesRead> read_files(const App& app, const ObserveArguments& arguments,
                             const LineScope& scope, Findings& findings) {
  StatusLine status;
  const auto began = std::chrono::steady_clock::now();
  const auto progress = [&](const ReadingProgress& now) {
    const double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    std::string text = fmt::format("{} {}  {}/s", grouped(static_cast<double>(now.frames)),
                                   app.tr("パケット", "packets"),
                                   grouped(static_cast<double>(now.frames) / seconds));
    if (now.of > 0 && now.bytes > 0) {
      const double done = static_cast<double>(now.bytes) / static_cast<double>(now.of);
      const double left = seconds / done - seconds;
      text += fmt::format("  {:.0f} %  ", 100 * done) +
              app.tr(fmt::format("残り {:.0f} 秒", left), fmt::format("{:.0f} s left", left));
    }
    status.show(text);
  };
  const std::vector<std::filesystem::path> paths(arguments.files.begin(), arguments.files.end());
  if (arguments.follow) return follow_files(paths, scope, findings, progress, stop_asked);
  const auto files = list_captures(paths);
  if (!files) return std::unexpected(files.error());
  return observe_files(*files, scope, findings, processors(), progress, stop_asked);
}

/// Says what of the files is not counted; whether that is nothing.
bool tell_of_files(const App& app, const ObserveArguments& arguments, const FilesRead& read) {
  for (const Error& error : read.refused) (void)app.complain(error);
  if (read.overtaken > 0)
    (void)app.complain(
        {{fmt::format(
              "{} 個のファイルが、読み終える前に書き換えられました。その分は数えていません。",
              read.overtaken),
          fmt::format("{} files were written anew before all of them was read; the rest of them "
                      "is not counted.",
                      read.overtaken)},
         {}});
  for (const auto& path : read.short_files)
    (void)app.complain({{"ファイルが途中で終わっています。そこまでを数えました。",
                         "the file ends in the middle of something; what came before is counted."},
                        path.string()});
  if (!read.refused.empty() && read.read > 0)
    fmt::print(stderr, "{}\n",
               app.tr(fmt::format("ほかの {} 個のファイルを数えました。", read.read),
                      fmt::format("{} other {} counted.", read.read,
                                  read.read == 1 ? "file was" : "files were")));
  // Of a file that is followed the end may always be on its way.
  return read.refused.empty() && read.overtaken == 0 &&
         (arguments.follow || read.short_files.empty());
}

/// What was looked at and is in no number.
void tell_let_go(const App& app, const Findings& findings, std::uint64_t unsent) {
  if (const auto ignored = findings.attempts.ignored(); ignored > 0)
    fmt::print(
        stderr, "{}\n",
        app.tr(fmt::format("{} 個の接続は、同時に多すぎたため、総当たりかどうかを見ていません。",
                           ignored),
               fmt::format("{} connections were not looked at for brute force: there were too "
                           "many at once.",
                           ignored)));
  if (unsent > 0)
    fmt::print(
        stderr, "{}\n",
        app.tr(
            fmt::format("数えた {} パケットは、置き場所がなく、サーバーに送られません。", unsent),
            fmt::format("{} packets that were counted are not sent to the server: there was "
                        "no room to keep them.",
                        unsent)));
}

/// Whether most of what was there could be read. What can't must not look like a quiet line.
bool tell_understood(const App& app, const ObserveArguments& arguments, const FrameCounts& frames) {
  const std::uint64_t unread = frames.unknown_link + frames.malformed + frames.cut_short;
  // A live line may be quiet but for what isn't IP; a capture that has nothing else is not one of
  // what is looked for here.
  const bool nothing = arguments.interface.empty() && frames.not_ip > 0 &&
                       frames.counted + frames.elsewhere + frames.filtered == 0;
  if (unread * 2 <= frames.frames && !nothing) return true;
  const std::string type =
      frames.unknown_link > 0 ? std::to_string(frames.unknown_type) : std::string();
  (void)app.complain(
      {{fmt::format("{} フレームのうち {} フレームしか読めませんでした{}。"
                    "何も届いていないという意味ではありません。",
                    frames.frames, frames.frames - unread - (nothing ? frames.not_ip : 0),
                    type.empty() ? "" : "（リンクの種類 " + type + " は読めません）"),
        fmt::format("of {} frames only {} could be read{}: this doesn't mean that nothing came.",
                    frames.frames, frames.frames - unread - (nothing ? frames.not_ip : 0),
                    type.empty() ? "" : " (links of type " + type + " can't be)")},
       {}});
  return false;
}

/// Instead of an exit status: all was sent, and the next begins by what the server says now.
constexpr int kAnotherTask = -1;

int observe_once(const App& app, const ObserveArguments& arguments) {
  if (arguments.files.empty() == arguments.interface.empty())
    return app.complain({{"キャプチャのファイルか、--interface のどちらかを書いてください。",
                          "name capture files, or a line with --interface."},
                         {}});
  const auto keys = line_keys(app);
  if (!keys) return app.complain(keys.error());
  const auto names = built_in_line_names();
  if (!names) return app.complain(names.error());
  const auto observed = networks_of(arguments.networks);
  if (!observed) return app.complain(observed.error());
  const auto ours = networks_of(arguments.ours);
  if (!ours) return app.complain(ours.error());
  auto portals = portals_of(arguments.vpn);
  if (!portals) return app.complain(portals.error());
  auto login_ports = login_ports_of(arguments.logins, *names);
  if (!login_ports) return app.complain(login_ports.error());
  auto filter = filter_of(arguments);
  if (!filter) return app.complain(filter.error());
  if (arguments.send && (filter->by_packet() || filter->frames))
    return app.complain(
        {{"--send は全部を送るものです。絞り込み（--port など）とは一緒に使えません。",
          "--send sends all that comes; it can't be had with --port, --source, "
          "--tool, --filter or --without-scanners."},
         {}});
  Geo geo;
  for (const std::string& file : arguments.geo)
    if (const auto opened = geo.open(file); !opened) return app.complain(opened.error());
  std::optional<Period> by;
  for (const auto& [name, period] : kPeriodNames)
    if (arguments.by == name) by = period;
  const Pseudonyms pseudonyms(keys->pseudonym);
  LineScope scope{.key = keys->hash,
                  .observed = *observed,
                  .ours = *ours,
                  .names = &*names,
                  .portals = std::move(*portals),
                  .login_ports = std::move(*login_ports),
                  .filter = std::move(*filter)};
  std::optional<LinePost> post;
  std::optional<LineReporter> reporter;
  if (arguments.send) {
    auto sender = LineSender::open(arguments.folder);
    if (!sender) return app.complain(sender.error());
    scope.key = sender->task().key;
    scope.ours.insert(scope.ours.end(), sender->task().ours.begin(), sender->task().ours.end());
    scope.portals.insert(scope.portals.end(), sender->task().portals.begin(),
                         sender->task().portals.end());
    post.emplace(
        std::move(*sender),
        arguments.interface.empty() ? LinePost::WhenFull::wait : LinePost::WhenFull::let_go,
        [&app](const Error& error) { (void)app.complain(error); });
    reporter.emplace(*post, *names, geo, arguments.pseudonyms ? &pseudonyms : nullptr);
  }
  Findings findings(scope.key, by);
  if (reporter) findings.periods.tell(reporter->sink());
  std::signal(SIGINT, on_signal);
  std::signal(SIGTERM, on_signal);
  std::uint64_t corrupt = 0;
  std::uint64_t dropped = 0;
  std::chrono::seconds dark{0};
  bool complete = true;
  if (arguments.interface.empty()) {
    const auto read = read_files(app, arguments, scope, findings);
    if (!read) return app.complain(read.error());
    corrupt = read->corrupt;
    complete = tell_of_files(app, arguments, *read);
    if (read->read == 0 && !read->refused.empty()) return kExitError;
  } else {
    const auto watched = watch_line(app,
                                    {arguments.interface, std::chrono::seconds(arguments.seconds),
                                     std::chrono::seconds(arguments.every)},
                                    scope, findings, reporter ? &*reporter : nullptr, [&post] {
                                      return stop_asked || (post && post->has_another_task());
                                    });
    if (!watched) return app.complain(watched.error());
    dropped = watched->dropped;
    dark = watched->dark;
  }
  findings.attempts.finish(*names);
  if (reporter) reporter->send(findings, dropped, true);
  const bool sent = !post || post->finish();
  if (post && post->has_another_task() && !arguments.interface.empty() && !stop_asked)
    return kAnotherTask;
  const LineSpan span = span_of(findings.periods);
  Observation seen{.names = *names,
                   .all = summarise(findings.periods.all(), *names),
                   .pace = {},
                   .by = findings.periods.by(),
                   .periods = {},
                   .sources = summarise(findings, *names, geo,
                                        arguments.format == "sources" ? SIZE_MAX : kTopSources),
                   .attacks = find_attacks(findings.attempts),
                   .attempts = findings.attempts.hours(),
                   .frames = findings.frames,
                   .corrupt = corrupt,
                   .dropped = dropped,
                   .dark_seconds = dark.count(),
                   .one_direction = findings.attempts.one_direction(),
                   .cut_short = findings.attempts.cut_short(),
                   .first = {},
                   .last = {},
                   .stray = span.stray,
                   .address = [&](const Address& address) {
                     return address_text(arguments.pseudonyms ? pseudonyms.of(address) : address);
                   }};
  seen.pace = pace_of(span, seen.all, scope);
  seen.periods = by_period(findings.periods, *names);
  if (seen.all.all.packets > 0) {
    seen.first = Time(std::chrono::seconds(span.seen.first_ns / 1'000'000'000));
    seen.last = Time(std::chrono::seconds(span.seen.last_ns / 1'000'000'000));
  }
  if (findings.periods.damaged() > 0)
    return app.complain(
        {{"途中の集計を置いたファイルを読み戻せません（ディスクの故障など）。"
          "数は正しくないので出しません。",
          "what was counted before cannot be read back from its file (a broken disk, "
          "say): the numbers would be wrong, and are not shown."},
         {}});
  tell_let_go(app, findings, post ? post->let_go() : 0);
  if (findings.periods.let_go() > 0)
    fmt::print(
        stderr, "{}\n",
        app.tr(
            fmt::format("古い分・時間・日 {} 個の内訳は、場所を抑えるため捨てました（合計には"
                        "入っています）。",
                        findings.periods.let_go()),
            fmt::format("the details of {} old minutes, hours and days were let go to keep what is "
                        "kept bounded (the totals have them).",
                        findings.periods.let_go())));
  if (!arguments.report.empty()) {
    const auto written = write_file_atomically(arguments.report, observation_html(seen, app.lang));
    if (!written) return app.complain(written.error());
  }
  const bool understood = tell_understood(app, arguments, findings.frames);
  const bool quiet = seen.sources.ours.empty() && seen.attacks.empty();
  // What can't be told is not well.
  const bool told =
      sent && complete && understood && (!quiet || (!seen.one_direction && !seen.cut_short));
  if (arguments.format != "text") {
    if (seen.one_direction) (void)app.complain({one_direction_text(), {}});
    if (seen.cut_short) (void)app.complain({cut_short_text(), {}});
  }
  const int code = !told ? kExitError : quiet ? kExitGood : kExitFailing;
  if (arguments.format == "json") return App::say(observation_json(seen), code);
  if (arguments.format == "csv") return App::say(observation_csv(seen), code);
  if (arguments.format == "sources") return App::say(sources_csv(seen), code);
  if (arguments.format == "stix") return App::say(observation_stix(seen, now()), code);
  if (arguments.format == "misp") return App::say(observation_misp(seen, now()), code);
  if (arguments.format == "prometheus") return App::say(observation_prometheus(seen), code);
  return App::say(observation_text(seen, text_style(app)), code);
}

int run(const App& app, ObserveArguments arguments) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(arguments.seconds);
  while (true) {
    const int code = observe_once(app, arguments);
    if (code != kAnotherTask) return code;
    fmt::print(stderr, "{}\n",
               app.tr("組織のアドレスの設定が変わりました。新しい設定で数え続けます。",
                      "The organisation's addresses changed; counting goes on by the new ones."));
    if (arguments.seconds == 0) continue;
    const auto left =
        std::chrono::duration_cast<std::chrono::seconds>(end - std::chrono::steady_clock::now());
    arguments.seconds = std::max<std::int64_t>(left.count(), 1);
  }
}

}  // namespace

void add_observe(CLI::App& cli, Lang lang, Command& chosen) {
  const auto tr = [lang](const char* ja, const char* en) { return lang == Lang::ja ? ja : en; };
  auto arguments = std::make_shared<ObserveArguments>();
  CLI::App* command = cli.add_subcommand(
      "observe", tr("外部から何が届いているかを、キャプチャか実際の通信から数える",
                    "count what arrives at a line, from captures or live"));
  command->add_option(
      "files", arguments->files,
      tr("pcap・pcapng（gzip・zstd も）、そのフォルダー、- は標準入力",
         "pcap, pcapng (also in gzip or zstd), folders of them, - for standard input"));
  command->add_option(
      "--interface", arguments->interface,
      tr("見るネットワークインターフェース（eth0）", "a network interface to watch (eth0)"));
  command
      ->add_option("--seconds", arguments->seconds,
                   tr("--interface を見る秒数（なければ Ctrl-C まで）",
                      "how long to watch --interface (else until Ctrl-C)"))
      ->check(CLI::Range(1, 31'536'000));
  command
      ->add_option("--network", arguments->networks,
                   tr("この宛先だけを数える（192.0.2.0/24）。なければ全部",
                      "count only what is sent to it (192.0.2.0/24); else everything"))
      ->allow_extra_args(false);
  command
      ->add_option("--ours", arguments->ours,
                   tr("自社のネットワーク。送るばかりか走査のように振る舞えば知らせ、終了コード 1",
                      "one's own networks: what only sends, or scans, is told of; exit status 1"))
      ->allow_extra_args(false);
  command
      ->add_option("--vpn", arguments->vpn,
                   tr("VPN の入口が Web と同じポートにあるとき、そのアドレス（203.0.113.5、"
                      "203.0.113.5:8443。ポートがなければ 443）。パスワードを試す相手を探す",
                      "where a VPN's portal is on a port of web servers: its address (203.0.113.5, "
                      "203.0.113.5:8443; without a port 443), to look for who tries passwords"))
      ->allow_extra_args(false);
  command
      ->add_option("--login", arguments->logins,
                   tr("自社でサービスを別のポートに置いているとき（telnet:8023、ssh:902）。"
                      "パスワードを試す相手を探す",
                      "a service on a port of one's own (telnet:8023, ssh:902), to look for who "
                      "tries passwords"))
      ->allow_extra_args(false);
  command
      ->add_option("--port", arguments->ports,
                   tr("このポート宛てだけを数える（22、53/udp）。誰が来ているかが分かる",
                      "count only what is sent to this port (22, 53/udp): who hits it"))
      ->allow_extra_args(false);
  command
      ->add_option("--source", arguments->sources,
                   tr("この送信元だけを数える（203.0.113.9、203.0.113.0/24）。"
                      "どのポートに来ているかが分かる",
                      "count only what this sends (203.0.113.9, 203.0.113.0/24): to which ports"))
      ->allow_extra_args(false);
  command
      ->add_option("--tool", arguments->tool,
                   tr("この道具の印があるパケットだけを数える（mirai・zmap・masscan・nmap）",
                      "count only packets that bear this tool's mark (mirai, zmap, masscan, nmap)"))
      ->check(CLI::IsMember({"mirai", "zmap", "masscan", "nmap"}));
  command->add_flag("--without-scanners", arguments->without_scanners,
                    tr("公開の調査のために走査している送信元を除く",
                       "leave out those who scan in the open, for research"));
  command->add_option("--filter", arguments->filter,
                      tr("tcpdump と同じ式に合うフレームだけを見る（'udp and not port 53'）",
                         "look only at frames that match an expression as tcpdump takes it "
                         "('udp and not port 53')"));
  command
      ->add_option("--by", arguments->by,
                   tr("minute・hour・day・month・year（UTC）ごとに",
                      "by minute, hour, day, month or year (UTC)"))
      ->check(CLI::IsMember({"minute", "hour", "day", "month", "year"}));
  command
      ->add_option(
          "--format", arguments->format,
          tr("text・json・csv・sources（送信元ごとの CSV）・prometheus・stix（STIX 2.1）・misp",
             "text, json, csv, sources (CSV by source), prometheus, stix (STIX 2.1), misp"))
      ->check(CLI::IsMember({"text", "json", "csv", "sources", "prometheus", "stix", "misp"}));
  command->add_option("--report", arguments->report,
                      tr("HTML のページも書く", "write a page of HTML too"));
  command
      ->add_option("--geo", arguments->geo,
                   tr("国や AS のデータベース（MaxMind 形式の *.mmdb。2 つ書ける）",
                      "a database of countries or autonomous systems (*.mmdb; may be given twice)"))
      ->allow_extra_args(false);
  command->add_flag(
      "--send", arguments->send,
      tr("端末として登録したサーバーへ、分ごとの集計を送る（先に sekisho agent enrol）",
         "send tallies by minute to the server that this machine is enrolled with "
         "(sekisho agent enrol, first)"));
  command->add_option("--folder", arguments->folder,
                      tr("登録した端末の鍵の置き場所", "where the enrolled device's key is"));
  command
      ->add_option("--every", arguments->every,
                   tr("--interface で送る間隔（秒。1〜60）",
                      "seconds between two sendings with --interface (1 to 60)"))
      ->check(CLI::Range(1, 60));
  command->add_flag("--follow", arguments->follow,
                    tr("書かれている途中のファイルや増えていくフォルダーを、Ctrl-C まで読み続ける",
                       "read on in files that grow and folders that get more, until Ctrl-C"));
  command->add_flag(
      "--pseudonyms", arguments->pseudonyms,
      tr("アドレスを仮名にする（同じネットワークは同じままに見える）",
         "replace addresses by pseudonyms that keep what is in one network together"));
  command->callback([arguments, &chosen] {
    chosen = [arguments](const App& app) { return run(app, *arguments); };
  });
}

}  // namespace sekisho
