// SPDX-License-Identifier: Apache-2.0
// sekisho demo: a made-up organisation with a year behind it, to look around in and to measure
// with.
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <map>
#include <random>
#include <set>

#include <fmt/format.h>

#include "base/crypto.h"
#include "base/posix/descriptor.h"
#include "cli/app.h"
#include "cli/demo_access.h"
#include "cli/demo_clouds.h"
#include "cli/demo_line.h"
#include "cli/demo_machines.h"
#include "cli/records.h"
#include "cli/serving.h"
#include "collect/attest/attest.h"
#include "evidence/readers.h"
#include "server/access/live_desk.h"
#include "server/devices/devices.h"
#include "server/http/secrets.h"
#include "server/people/people.h"
#include "store/audit.h"

namespace sekisho {
namespace {

struct DemoOptions {
  std::string database;
  unsigned people = 300;
  unsigned devices = 500;
  unsigned days = 365;
  unsigned seed = 20261124;
  bool only_make = false;
  std::string listen_port = "8481";
};

constexpr const char* kPassword = "sekisho demo 1";
constexpr std::array kFamily{"佐藤", "鈴木", "高橋", "田中", "伊藤", "渡辺",   "山本",
                             "中村", "小林", "加藤", "吉田", "山田", "佐々木", "山口",
                             "松本", "井上", "木村", "林",   "清水", "斎藤"};
constexpr std::array kGiven{"花", "翔太",   "美咲", "健",   "陽子", "大輔", "結衣",
                            "誠", "さくら", "拓也", "由美", "剛",   "恵",   "直樹",
                            "愛", "亮",     "彩",   "隆",   "智子", "蓮"};

/// What a firm has: mostly PCs with an agent; and what a list of the firm's knows of alone, since
/// no agent runs there, or nobody has installed it yet.
struct Kind {
  const char* name;          // before its number
  const char* windows = "";  // of demo/states.yaml; else it is listed, with
  const char* system = "";
  const char* version = "";
};
constexpr Kind kPc{"PC", "windows-11-25h2"};
constexpr Kind kOldPc{"PC", "windows-10-22h2"};
constexpr Kind kServer{"SRV", "", "Debian GNU/Linux", "13"};
/// Again and again; the first few have one of each.
constexpr std::array<Kind, 20> kKinds{{kPc,
                                       kPc,
                                       kOldPc,
                                       {"MAC", "", "macOS", "26.1"},
                                       kPc,
                                       {"IPHONE", "", "iOS", "26.1"},
                                       kPc,
                                       kServer,
                                       {"PC", "windows-11-24h2"},
                                       kPc,
                                       {"ANDROID", "", "Android", "16"},
                                       kPc,
                                       kPc,
                                       {"PC", "", "Windows 11 Pro", "10.0.26200.7171"},
                                       kPc,
                                       kPc,
                                       kPc,
                                       kOldPc,
                                       kPc,
                                       kPc}};

class Demo {
 public:
  Demo(const Guideline& guideline, const Feeds& feeds, Database& db, const DemoOptions& options)
      : guideline_(guideline),
        feeds_(feeds),
        db_(db),
        options_(options),
        random_(options.seed),
        today_(calendar_.day(now_)),
        start_(today_ - std::chrono::days(options.days)) {}

  Result<void> make() {
    return db_.write([this]() -> Result<void> {
      if (auto done = organisation(); !done) return done;
      if (auto done = people(); !done) return done;
      if (auto done = devices(); !done) return done;
      if (auto done = appliances(); !done) return done;
      if (auto done = answers(); !done) return done;
      std::ranges::stable_sort(rows_, {}, &KeptEvidence::first_at);
      if (auto done = import_evidence(db_, rows_); !done) return done;
      if (auto done = db_.execute("INSERT INTO answer (evidence_id, person_id, note) SELECT id, ?, "
                                  "'' FROM evidence WHERE subject = ?",
                                  {people_.front(), kOrganisation.value});
          !done)
        return done;
      // Made by this version: nothing of it was seen by older readers.
      if (auto set = set_setting(db_, "readers", std::to_string(kReaders)); !set) return set;
      if (auto done = demo_line(guideline_, db_, options_.days, random_); !done) return done;
      if (auto done = work(); !done) return done;
      return demo_clouds(guideline_, db_, people_.front(), today_, now_);
    });
  }

 private:
  double chance() { return std::uniform_real_distribution<>(0, 1)(random_); }
  std::size_t below(std::size_t n) {
    return std::uniform_int_distribution<std::size_t>(0, n - 1)(random_);
  }
  Time at(unsigned day, unsigned minute) const {
    return calendar_.start(start_ + std::chrono::days(day)) + std::chrono::minutes(minute);
  }

  /// The class of the survey that so many people are of.
  std::string size() const {
    std::string id = guideline_.survey.sizes.front().id;
    for (const unsigned least : {10U, 20U, 30U, 50U, 100U, 200U, 300U})
      if (options_.people >= least) id = fmt::format("from_{}", least);
    return id;
  }

  Result<void> organisation() {
    std::vector<std::pair<std::string, std::string>> values{
        {"demo", "yes"},
        {"organisation.zone", calendar_.name()},
        {"setup.people", std::to_string(options_.people)},
        {"setup.devices", std::to_string(options_.devices)},
        {"setup.away", "yes"},
        {"organisation.name", "あかつき商事（見本） / Akatsuki Trading (demo)"},
        {"organisation.industry", "trade"},
        {"organisation.size", size()},
        {"organisation.ready", "yes"},
        {"methods", "vpn cloud"},
        {"method", "vpn"},
        // Of those that no telephone has.
        {"contact.emergency", "03-0000-0000（見本）"},
        {"contact.responsible", "山田 花 内線 000（見本）"}};
    for (const Situation& situation : guideline_.situations)
      values.emplace_back("situation." + situation.id, "yes");
    for (const auto& [name, value] : values)
      if (auto set = set_setting(db_, name, value); !set) return set;
    return {};
  }

  Result<void> people() {
    const std::string hash = hash_password(kPassword);
    constexpr std::array<std::array<const char*, 3>, 4> kNamed{
        {{"admin@demo.example", "山田 花", "administrator"},
         {"executive@demo.example", "佐藤 誠", "executive"},
         {"worker@demo.example", "鈴木 健", "teleworker"},
         {"auditor@demo.example", "高橋 恵", "auditor"}}};
    for (unsigned i = 0; i < std::max(options_.people, 4U); ++i) {
      const bool named = i < kNamed.size();
      const auto id =
          add_person(db_,
                     {named ? kNamed.at(i)[0] : fmt::format("person{}@demo.example", i),
                      named ? kNamed.at(i)[1]
                            : fmt::format("{} {}", kFamily.at(below(kFamily.size())),
                                          kGiven.at(below(kGiven.size()))),
                      named ? kNamed.at(i)[2] : "teleworker", "ja", named ? hash : "", ""},
                     calendar_.start(start_));
      if (!id) return std::unexpected(id.error());
      people_.push_back(*id);
      // Most have an app for codes; whoever looks around as the first four signs in without.
      if (!named && i % 6 != 0)
        if (auto set =
                db_.execute("UPDATE person SET totp = ? WHERE id = ?", {new_totp_secret(), *id});
            !set)
          return std::unexpected(set.error());
    }
    return {};
  }

  Result<void> devices() {
    auto machines = DemoMachines::load(guideline_, feeds_);
    if (!machines) return std::unexpected(machines.error());
    std::map<std::string, unsigned> numbers;
    for (unsigned i = 0; i < options_.devices; ++i) {
      const Kind* kind = &kKinds.at(i % kKinds.size());
      if (i >= kKinds.size() && kind->name == std::string_view(kServer.name))
        kind = &kPc;  // one is enough
      const std::string name = fmt::format("{}-{:04}", kind->name, ++numbers[kind->name]);
      const auto done =
          *kind->windows != 0 ? pc(*machines, *kind, name, i) : listed(*kind, name, i);
      if (!done) return done;
    }
    return {};
  }

  Result<void> device(const SubjectId& subject, const std::string& name, Time since, unsigned i) {
    constexpr std::array<const char*, 4> kTeams{"営業 / Sales", "開発 / Development",
                                                "総務 / Office", "工場 / Factory"};
    return db_.execute(
        "INSERT INTO device (subject, name, person_id, state, created_at, team) VALUES (?, ?, ?, "
        "'active', ?, ?)",
        {subject.value, name, people_[i % people_.size()], value_of(since),
         std::string(kTeams.at(i % kTeams.size()))});
  }

  /// A PC whose agent reports each morning.
  Result<void> pc(DemoMachines& machines, const Kind& kind, const std::string& name, unsigned i) {
    const auto joined = static_cast<unsigned>(below(std::max<std::size_t>(1, options_.days / 3)));
    const unsigned morning = 540 + static_cast<unsigned>(below(90));
    // Some have been in a drawer for a while.
    const unsigned last =
        chance() < 0.03
            ? options_.days - std::min(options_.days, 10U + static_cast<unsigned>(below(30)))
            : options_.days;
    const std::string id = hex(sha256("demo " + name)).substr(0, 32);
    DemoMachines::Pc pc{{"agent:" + id}, name, kind.windows, at(joined, morning), {}, chance()};
    pc.last = at(std::max(joined, last), morning);
    while (pc.last > now_) pc.last -= std::chrono::days(1);
    pc.first = std::min(pc.first, pc.last);
    if (auto made = device(pc.subject, name, pc.first, i); !made) return made;
    const auto windows = machines.name_of(pc);
    if (!windows) return std::unexpected(windows.error());
    if (auto told = db_.execute(
            "UPDATE device SET system_id = 'windows', system_name = ?, system_version = ?, machine "
            "= ?, seen_at = ?, sequence = ?, tpm = 1 WHERE subject = ?",
            {windows->name, windows->version, hex(sha256("demo machine " + name)),
             value_of(pc.last), (pc.last - pc.first) / std::chrono::days(1) + 1, pc.subject.value});
        !told)
      return told;
    // Nobody has the key that this would belong to.
    if (auto enrolled = db_.execute(
            "INSERT INTO device_certificate (device_id, fingerprint, public_key, issued_at, "
            "expires_at) SELECT id, ?, '', ?, ? FROM device WHERE subject = ?",
            {hex(sha256("demo certificate " + name)), value_of(pc.last),
             value_of(pc.last + std::chrono::days(90)), pc.subject.value});
        !enrolled)
      return enrolled;
    auto reported = machines.year(pc, random_);
    if (!reported) return std::unexpected(reported.error());
    std::ranges::move(*reported, std::back_inserter(rows_));
    return {};
  }

  /// What the firm's list says, and what follows from it: see judge_lists of the server.
  Result<void> listed(const Kind& kind, const std::string& name, unsigned i) {
    constexpr std::chrono::days kAgo{20};
    const Time when = now_ - kAgo;
    const SubjectId subject{"list:" + hex(sha256("demo " + name)).substr(0, 16)};
    if (auto made = device(subject, name, when, i); !made) return made;
    return db_.execute(
        "UPDATE device SET system_name = ?, system_version = ?, serial = ?, listed_at = ? WHERE "
        "subject = ?",
        {std::string(kind.system), std::string(kind.version), fmt::format("DEMO{:05}", i),
         value_of(when), subject.value});
  }

  /// Network gear, which the server judges by the feeds.
  Result<void> appliances() {
    struct Gear {
      const char* name;
      const char* kind;
      const char* model;
      const char* version;
      bool reused;
      bool confirmed;
    };
    constexpr std::array<Gear, 4> kGear{
        {{"本社 VPN / VPN, head office", "fortigate", "", "7.2.5", false, false},
         {"支店ルーター / Router, branch", "yamaha-rtx", "RTX1220", "15.04.07", false, true},
         {"本社 NAS / NAS, head office", "synology", "", "7.2.1-69057-4", false, true},
         {"倉庫の予備 / Spare, storehouse", "sma100", "", "", true, false}}};
    for (const Gear& gear : kGear) {
      const Appliance* kind = guideline_.appliance(gear.kind);
      if (kind == nullptr) continue;
      if (auto made = db_.execute(
              "INSERT INTO device (subject, name, state, created_at, system_name, system_version, "
              "appliance, model, reused, confirmed_at) VALUES (?, ?, 'active', ?, ?, ?, ?, ?, ?, "
              "?)",
              {fmt::format("appliance:{}", gear.kind), std::string(gear.name),
               value_of(calendar_.start(start_)), kind->system, std::string(gear.version), kind->id,
               std::string(gear.model), std::int64_t{gear.reused},
               gear.confirmed ? value_of(calendar_.start(today_)) : Value()});
          !made)
        return made;
    }
    return {};
  }

  Result<void> answers() {
    std::map<Time, std::pair<std::string, bool>> said;  // the log is in order of time
    for (const CheckSpec& spec : guideline_.checks) {
      if (!spec.asked || chance() < 0.2) continue;
      const auto day = static_cast<unsigned>(below(std::max(1U, options_.days)));
      const bool yes = chance() < 0.78;
      const Time when = std::min(at(day, 720), now_);
      auto answer =
          attest(guideline_, {spec.id, yes ? "yes" : "no", "山田 花", "", {}, {}}, when, calendar_);
      if (!answer) return std::unexpected(answer.error());
      rows_.push_back({0, 0, when, std::move(*answer)});
      said.emplace(when + std::chrono::seconds(said.size()), std::pair(spec.id, yes));
    }
    for (const auto& [when, what] : said)
      if (auto done = append_audit(
              db_, when, "山田 花 <admin@demo.example>", "answered", what.first,
              fmt::format(R"({{"reply":"{}","note":""}})", what.second ? "yes" : "no"));
          !done)
        return done;
    return {};
  }

  Result<void> work() {
    std::set<std::string, std::less<>> found;  // by some device of the firm
    for (const KeptEvidence& row : rows_)
      if (row.evidence.verdict() == Verdict::pass || row.evidence.verdict() == Verdict::fail)
        found.insert(row.evidence.check);
    std::size_t given = 0;
    for (const CheckSpec& spec : guideline_.checks) {
      if (chance() > 0.25 || (!spec.asked && !found.contains(spec.id))) continue;
      // An employee has what employees answer, and what their own device shows.
      const bool theirs = !spec.asked || spec.id.starts_with("ask-SK-worker-");
      const auto due = format_day(today_ + std::chrono::days(static_cast<int>(below(40)) - 6));
      if (auto done =
              db_.execute("INSERT INTO assignment (item, person_id, due, at) VALUES (?, ?, ?, ?)",
                          {spec.id, people_[given++ % (theirs ? 3 : 2)], due,
                           value_of(calendar_.start(today_))});
          !done)
        return done;
    }
    if (auto done =
            db_.execute("INSERT INTO incident (kind, case_number, device_id, person_id, at, state, "
                        "text, done) VALUES ('suspicious_mail', 6, NULL, ?, ?, 'open', "
                        "'請求書という件名のメールの添付を開きました（見本）', '0')",
                        {people_[2], value_of(calendar_.start(today_))});
        !done)
      return done;
    return db_.execute(
        "INSERT INTO incident (kind, case_number, device_id, person_id, at, state, text, done) "
        "VALUES ('lost_device', 8, NULL, ?, ?, 'closed', '電車に置き忘れ、翌日戻りました（見本）', "
        "'0 1 2 3 4 6')",
        {people_[2], value_of(calendar_.start(today_ - std::chrono::days(40)))});
  }

  const Guideline& guideline_;
  const Feeds& feeds_;
  Database& db_;
  const DemoOptions& options_;
  std::mt19937 random_;
  Time now_ = now();
  Calendar calendar_;
  Day today_;
  Day start_;
  std::vector<PersonId> people_;
  std::vector<KeptEvidence> rows_;
};

/// The lists as they are here, taken for today's: the demo shows what they say, however long ago
/// this program was built.
Result<std::shared_ptr<const Feeds>> todays_feeds(const App& app) {
  const auto feeds = app.feeds();
  if (!feeds) return std::unexpected(feeds.error());
  auto fresh = std::make_shared<Feeds>(**feeds);
  fresh->support.as_of = fresh->exploited.as_of = Calendar().day(now());
  return fresh;
}

/// Whether a console could be opened there now.
Result<void> port_is_free(unsigned short port) {
  const Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int on = 1;
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(port);
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (socket.get() >= 0 &&
      ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
      ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&at), sizeof(at)) == 0 &&
      ::listen(socket.get(), 1) == 0)
    return {};
  return failure(fmt::format("ポート {} は使えません。--port で別の番号を指定してください。", port),
                 fmt::format("port {} cannot be used; name another one with --port.", port));
}

int run(const App& app, DemoOptions options) {
  const auto port = whole_number(options.listen_port);
  if (port < 0 || port > 65535)
    return app.complain({{"ポートの番号が違います。", "that is no port."}, options.listen_port});
  // Making a firm takes a while: nobody waits for it in vain.
  if (!options.only_make)
    if (const auto open = port_is_free(static_cast<unsigned short>(port)); !open)
      return app.complain(open.error());
  auto guideline = app.guideline();
  if (!guideline) return app.complain(guideline.error());
  // Only the demo's own file is ever made anew.
  bool own = false;
  if (options.database.empty()) {
    if (const auto may = may_write(); !may) return app.complain(may.error());
    options.database = (app.state / "demo.db").string();
    own = true;
  }
  {
    // Another demo may be serving it.
    const auto occupied = occupy_database(options.database);
    if (!occupied) return app.complain(occupied.error());
    std::error_code ignored;
    if (own)
      for (const char* end : {"", "-wal", "-shm"})
        std::filesystem::remove(options.database + end, ignored);
    const auto db = open_database(options.database);
    if (!db) return app.complain(db.error());
    const auto feeds = todays_feeds(app);
    if (!feeds) return app.complain(feeds.error());
    const auto there = (*db)->query("SELECT 1 FROM person LIMIT 1");
    if (!there) return app.complain(there.error());
    if (!there->empty())
      return app.complain({{"そこにはもう組織があります。何も変えていません。",
                            "there is an organisation already; nothing was changed."},
                           {}});
    if (const auto made = Demo(*guideline, **feeds, **db, options).make(); !made)
      return app.complain(made.error());
    if (const auto made = demo_access(*guideline, **db, now()); !made)
      return app.complain(made.error());
  }
  fmt::print("{}\n", app.tr("見本の組織です。中の人も値もすべて架空です。",
                            "A demo organisation: everyone and everything in it is made up."));
  for (const char* account : {"admin", "executive", "worker", "auditor"})
    fmt::print("  {}@demo.example  {}\n", account, kPassword);
  if (options.only_make) return kExitGood;
  ServerOptions server;
  server.listen.port = static_cast<unsigned short>(port);
  server.database = options.database;
  server.demo = true;
  server.version = SEKISHO_VERSION;
  server.feeds = [&app] { return todays_feeds(app); };
  server.gate.on = true;
  server.gate.address = "127.0.0.1";
  server.gate.applications = demo_applications();
  auto served = std::make_shared<const Guideline>(std::move(*guideline));
  return serve(
      app, served, std::move(server), [] {}, {},
      [&](Server& opened) {
        const auto db = open_database(options.database);
        if (db) demo_sessions(*served, **db, opened.desk(), now());
      });
}

}  // namespace

void add_demo(CLI::App& cli, Lang lang, Command& chosen) {
  const auto tr = [lang](const char* ja, const char* en) { return lang == Lang::ja ? ja : en; };
  auto options = std::make_shared<DemoOptions>();
  CLI::App* command = cli.add_subcommand(
      "demo", tr("架空の組織のコンソールを開く", "open the console of a made-up organisation"));
  command->add_option("--database", options->database,
                      tr("空の置き場所。なければ見本だけのファイル",
                         "an empty place; else a file of the demo's own"));
  command->add_option("--people", options->people, tr("人数（300）", "people (300)"))
      ->check(CLI::Range(4, 5000));
  command->add_option("--devices", options->devices, tr("端末の数（500）", "devices (500)"))
      ->check(CLI::Range(1, 100'000));
  command->add_option("--days", options->days, tr("日数（365）", "days (365)"))
      ->check(CLI::Range(1, 400));
  command->add_option("--port", options->listen_port,
                      tr("待ち受けるポート（8481）", "port to listen on (8481)"));
  command->add_flag("--only-make", options->only_make, tr("作るだけで、開かない", "only make it"));
  command->callback(
      [options, &chosen] { chosen = [options](const App& app) { return run(app, *options); }; });
}

}  // namespace sekisho
