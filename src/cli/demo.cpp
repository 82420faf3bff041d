// sekisho demo: a made-up organisation with a year behind it, to look around in and to measure
// with.
#include <algorithm>
#include <array>
#include <map>
#include <random>

#include <fmt/format.h>

#include "cli/app.h"
#include "cli/records.h"
#include "cli/serving.h"
#include "evidence/readers.h"
#include "server/devices/devices.h"
#include "server/http/secrets.h"
#include "server/line/line.h"
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

constexpr std::array<std::array<const char*, 3>, 4> kSystems{
    {{"debian", "13", "Debian GNU/Linux 13 (trixie)"},
     {"debian", "12", "Debian GNU/Linux 12 (bookworm)"},
     {"ubuntu", "24.04", "Ubuntu 24.04.3 LTS"},
     {"ubuntu", "22.04", "Ubuntu 22.04.5 LTS"}}};

class Demo {
 public:
  Demo(const Guideline& guideline, Database& db, const DemoOptions& options)
      : guideline_(guideline),
        db_(db),
        options_(options),
        random_(options.seed),
        today_(Calendar().day(now())),
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
      // Made by this version: nothing of it was seen by older readers.
      if (auto set = set_setting(db_, "readers", std::to_string(kReaders)); !set) return set;
      if (auto done = line(); !done) return done;
      return work();
    });
  }

 private:
  double chance() { return std::uniform_real_distribution<>(0, 1)(random_); }
  std::size_t below(std::size_t n) {
    return std::uniform_int_distribution<std::size_t>(0, n - 1)(random_);
  }
  Time at(unsigned day, unsigned minute) const {
    return Calendar().start(start_ + std::chrono::days(day)) + std::chrono::minutes(minute);
  }

  Result<void> organisation() {
    std::vector<std::pair<std::string, std::string>> values{
        {"demo", "yes"},
        {"organisation.name", "あかつき商事（見本） / Akatsuki Trading (demo)"},
        {"organisation.industry", "trade"},
        {"organisation.size", "from_300"},
        {"organisation.ready", "yes"},
        {"methods", "vpn cloud"},
        {"method", "vpn"}};
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
                     Calendar().start(start_));
      if (!id) return std::unexpected(id.error());
      people_.push_back(*id);
    }
    return {};
  }

  /// One machine's one check over the year: facts that stay for a while and change now and then, a
  /// little oftener for the better.
  void check_year(const SubjectId& subject, const CheckSpec& spec, unsigned first_day,
                  unsigned last_day, double care) {
    if (chance() < 0.12)
      return segment(subject, spec, Verdict::not_applicable, first_day, last_day);
    Verdict verdict = chance() < 0.3 - 0.2 * care ? Verdict::fail : Verdict::pass;
    unsigned since = first_day;
    for (unsigned day = first_day + 1; day <= last_day; ++day) {
      const double turn = verdict == Verdict::fail ? 0.006 + 0.02 * care : 0.0012;
      if (chance() >= turn) continue;
      segment(subject, spec, verdict, since, day - 1);
      verdict = verdict == Verdict::fail ? Verdict::pass : Verdict::fail;
      since = day;
    }
    segment(subject, spec, verdict, since, last_day);
  }

  void segment(const SubjectId& subject, const CheckSpec& spec, Verdict verdict, unsigned from,
               unsigned to) {
    constexpr unsigned kMorning = 600;  // ten o'clock
    const Time last = std::min(at(to, kMorning), now());
    Text detail =
        verdict == Verdict::pass
            ? Text{"問題は見つかりませんでした（見本）", "no problem was found (demo)"}
        : verdict == Verdict::fail
            ? Text{"直すところが見つかりました（見本）", "something to mend was found (demo)"}
            : Text{"この端末には当てはまりません（見本）", "does not apply to this device (demo)"};
    rows_.push_back({0,
                     0,
                     std::min(at(from, kMorning), last),
                     {subject,
                      spec.id,
                      {verdict, std::move(detail),
                       Compared{.source = Compared::Source::system, .place = "demo"}},
                      last,
                      last + std::max(spec.valid_for, std::chrono::days(2)),
                      "collector:host"}});
  }

  Result<void> devices() {
    for (unsigned i = 0; i < options_.devices; ++i) {
      const SubjectId subject{fmt::format("host:pc-{:04}", i + 1)};
      const unsigned joined =
          static_cast<unsigned>(below(std::max<std::size_t>(1, options_.days / 3)));
      if (auto made = ensure_device(db_, subject, at(joined, 0)); !made) return made;
      const auto& [id, version, system] = kSystems.at(i % kSystems.size());
      constexpr std::array<const char*, 4> kTeams{"営業 / Sales", "開発 / Development",
                                                  "総務 / Office", "工場 / Factory"};
      if (auto given =
              db_.execute("UPDATE device SET person_id = ?, system_id = ?, system_version = ?, "
                          "system_name = ?, "
                          "team = ?, own = ? WHERE subject = ?",
                          {people_[i % people_.size()], std::string(id), std::string(version),
                           std::string(system), std::string(kTeams.at(i % kTeams.size())),
                           std::int64_t{i % 9 == 4}, subject.value});
          !given)
        return given;
      // Some have been in a drawer for a while.
      const unsigned last =
          chance() < 0.03
              ? options_.days - std::min(options_.days, 10U + static_cast<unsigned>(below(30)))
              : options_.days;
      if (last <= joined) continue;
      const double care = chance();
      for (const CheckSpec& spec : guideline_.checks)
        if (!spec.asked) check_year(subject, spec, joined, last, care);
    }
    return {};
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
    constexpr std::array<Gear, 3> kGear{
        {{"本社 VPN / VPN, head office", "fortigate", "", "7.2.5", false, false},
         {"支店ルーター / Router, branch", "yamaha-rtx", "RTX1220", "15.04.07", false, true},
         {"倉庫の予備 / Spare, storehouse", "sma100", "", "", true, false}}};
    for (const Gear& gear : kGear) {
      const Appliance* kind = guideline_.appliance(gear.kind);
      if (kind == nullptr) continue;
      if (auto made = db_.execute(
              "INSERT INTO device (subject, name, state, created_at, system_name, system_version, "
              "appliance, model, reused, confirmed_at) VALUES (?, ?, 'active', ?, ?, ?, ?, ?, ?, "
              "?)",
              {fmt::format("appliance:{}", gear.kind), std::string(gear.name),
               value_of(Calendar().start(start_)), kind->system, std::string(gear.version),
               kind->id, std::string(gear.model), std::int64_t{gear.reused},
               gear.confirmed ? value_of(Calendar().start(today_)) : Value()});
          !made)
        return made;
    }
    return {};
  }

  Result<void> answers() {
    std::map<Time, std::pair<std::string, Verdict>> said;  // the log is in order of time
    for (const CheckSpec& spec : guideline_.checks) {
      if (!spec.asked || chance() < 0.2) continue;
      const auto day = static_cast<unsigned>(below(std::max(1U, options_.days)));
      const Verdict verdict = chance() < 0.78 ? Verdict::pass : Verdict::fail;
      const Time when = at(day, 720);
      rows_.push_back({0,
                       0,
                       when,
                       {kOrganisation,
                        spec.id,
                        {verdict,
                         verdict == Verdict::pass ? Text{"はい（見本）", "Yes (demo)"}
                                                  : Text{"いいえ（見本）", "No (demo)"},
                         Compared{.source = Compared::Source::person,
                                  .place = "山田 花",
                                  .day = Calendar().day(when)}},
                        when,
                        when + spec.valid_for,
                        "person:山田 花"}});
      said.emplace(when + std::chrono::seconds(said.size()), std::pair(spec.id, verdict));
    }
    for (const auto& [when, what] : said)
      if (auto done =
              append_audit(db_, when, "山田 花 <admin@demo.example>", "answered", what.first,
                           fmt::format(R"({{"reply":"{}","note":""}})",
                                       what.second == Verdict::pass ? "yes" : "no"));
          !done)
        return done;
    return {};
  }

  Result<void> work() {
    std::size_t given = 0;
    for (const CheckSpec& spec : guideline_.checks) {
      if (chance() > 0.25) continue;
      const auto due = format_day(today_ + std::chrono::days(static_cast<int>(below(40)) - 6));
      if (auto done =
              db_.execute("INSERT INTO assignment (item, person_id, due, at) VALUES (?, ?, ?, ?)",
                          {spec.id, people_[given++ % 4], due, value_of(Calendar().start(today_))});
          !done)
        return done;
    }
    if (auto done =
            db_.execute("INSERT INTO incident (kind, case_number, device_id, person_id, at, state, "
                        "text, done) VALUES ('suspicious_mail', 6, NULL, ?, ?, 'open', "
                        "'請求書という件名のメールの添付を開きました（見本）', '0')",
                        {people_[2], value_of(Calendar().start(today_))});
        !done)
      return done;
    return db_.execute(
        "INSERT INTO incident (kind, case_number, device_id, person_id, at, state, text, done) "
        "VALUES ('lost_device', 8, NULL, ?, ?, 'closed', '電車に置き忘れ、翌日戻りました（見本）', "
        "'0 1 2 3 4 6')",
        {people_[2], value_of(Calendar().start(today_ - std::chrono::days(40)))});
  }

  /// A sensor at the line: what scanners send in our days, with remote desktops on the rise.
  Result<void> line() {
    struct Wanted {
      std::uint8_t protocol;
      std::uint16_t port;
      double share;  // of packets, at the end; the rest goes anywhere
      Tool tool;
    };
    constexpr std::array<Wanted, 14> kWanted{{{kProtocolTcp, 23, 0.21, Tool::mirai},
                                              {kProtocolTcp, 3389, 0.12, Tool::masscan},
                                              {kProtocolTcp, 22, 0.09, Tool::zmap},
                                              {kProtocolTcp, 445, 0.07, Tool::none},
                                              {kProtocolTcp, 80, 0.05, Tool::zmap},
                                              {kProtocolTcp, 443, 0.05, Tool::zmap},
                                              {kProtocolTcp, 8080, 0.04, Tool::none},
                                              {kProtocolTcp, 5555, 0.03, Tool::mirai},
                                              {kProtocolTcp, 6379, 0.03, Tool::none},
                                              {kProtocolTcp, 1433, 0.02, Tool::none},
                                              {kProtocolTcp, 5900, 0.02, Tool::none},
                                              {kProtocolUdp, 53, 0.03, Tool::none},
                                              {kProtocolUdp, 1900, 0.03, Tool::none},
                                              {kProtocolUdp, 5060, 0.03, Tool::none}}};
    constexpr unsigned kMostDays = 45;
    constexpr unsigned kAday = 4;  // minutes that are made of a day
    const auto task = sensor_task(db_);
    if (!task) return std::unexpected(task.error());
    const Time moment = now();
    LinePiece piece;
    piece.sequence = 1;
    piece.seconds = 21'600;  // a rate that is likely at a small line
    const unsigned days = std::min(options_.days, kMostDays);
    LineTally tally;
    for (unsigned i = days * kAday; i-- > 0;) {
      const double grown = 1 - static_cast<double>(i) / (days * kAday);
      tally.clear();
      const std::size_t packets = 120 + below(60) + static_cast<std::size_t>(80 * grown);
      for (std::size_t p = 0; p < packets; ++p) {
        double dice = chance();
        const std::uint64_t from = hash_of(task->key, source());
        const std::uint64_t to =
            hash_of(task->key, Address::v4(0xcb007100U + static_cast<std::uint32_t>(below(8))));
        Packet one;
        one.length = 60;
        one.port = static_cast<std::uint16_t>(1024 + below(60'000));
        one.has_ports = true;
        one.protocol = kProtocolTcp;
        one.purpose = Purpose::tcp_scan;
        for (const Wanted& wanted : kWanted) {
          const double share =
              wanted.port == 3389 ? wanted.share * (0.3 + 0.7 * grown) : wanted.share;
          dice -= share;
          if (dice >= 0) continue;
          one.protocol = wanted.protocol;
          one.port = wanted.port;
          one.purpose = wanted.protocol == kProtocolUdp ? Purpose::udp : Purpose::tcp_scan;
          one.tool = wanted.tool;
          break;
        }
        tally.add({&one, 1}, {&from, 1}, {&to, 1});
      }
      piece.minutes.push_back(
          {start_of(Period::minute, moment - std::chrono::minutes(1 + i * (1440 / kAday))),
           tally.encode(task->key)});
    }
    for (unsigned i = 0; i < days; ++i) {
      const double grown = 1 - static_cast<double>(i) / days;
      piece.logins.push_back({"rdp", start_of(Period::hour, moment - std::chrono::days(i)),
                              static_cast<std::int64_t>(20 + 600 * grown * grown * chance())});
      piece.logins.push_back({"ssh", start_of(Period::hour, moment - std::chrono::days(i)),
                              static_cast<std::int64_t>(60 + below(90))});
    }
    const Time began = moment - std::chrono::hours(5);
    LineFound found;
    found.attacks.push_back({"rdp",
                             *read_address("203.0.113.5"),
                             14,
                             612,
                             began,
                             moment - std::chrono::minutes(9),
                             began + std::chrono::hours(2),
                             true,
                             false,
                             {source(), source(), source()}});
    for (std::int64_t i = 0; i < 8; ++i)
      found.busiest.push_back({source(),
                               900 - 100 * i,
                               moment - std::chrono::days(3),
                               moment - std::chrono::minutes(i),
                               i % 3 == 0 ? "Mirai" : "",
                               {},
                               {},
                               {i % 2 == 0 ? std::uint16_t{23} : std::uint16_t{3389}}});
    // Made up, like all of the demo: where attacks come from says little about who sends them.
    for (const auto& [name, sources, packets] :
         std::initializer_list<OriginLine>{{"US", 812, 9'120},
                                           {"CN", 640, 7'340},
                                           {"NL", 101, 4'450},
                                           {"RU", 233, 2'980},
                                           {"BR", 310, 1'760},
                                           {"IN", 275, 1'510},
                                           {"DE", 96, 1'320},
                                           {"VN", 190, 1'180},
                                           {"JP", 88, 640},
                                           {"SG", 41, 610},
                                           {"GB", 52, 480},
                                           {"ID", 77, 350},
                                           {"ZA", 24, 120},
                                           {"", 60, 410}})
      found.countries.push_back({name, sources, packets});
    found.systems = {{"AS64500 Example Hosting", 96, 4'210},
                     {"AS64501 Example Broadband", 402, 3'050},
                     {"AS64502 Example Cloud", 51, 2'600}};
    found.campaigns = {{{23, 2323}, began, began + std::chrono::hours(3), 64, 1'830, "Mirai"},
                       {{3389}, began + std::chrono::hours(1), moment, 38, 940, {}}};
    piece.found = std::move(found);
    const auto taken = take_piece(db_, {}, guideline_, DeviceId(1), piece, moment);
    return taken ? Result<void>() : std::unexpected(taken.error());
  }

  /// Of the addresses for examples (RFC 5737) and for tests (RFC 2544): nobody's.
  Address source() {
    const std::size_t one = below(4000);
    return Address::v4(
        static_cast<std::uint32_t>(one < 200 ? 0xc6336400U + one : 0xc6120000U + one * 31));
  }

  const Guideline& guideline_;
  Database& db_;
  const DemoOptions& options_;
  std::mt19937 random_;
  Day today_;
  Day start_;
  std::vector<PersonId> people_;
  std::vector<KeptEvidence> rows_;
};

int run(const App& app, DemoOptions options) {
  const auto guideline = app.guideline();
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
    const auto there = (*db)->query("SELECT 1 FROM person LIMIT 1");
    if (!there) return app.complain(there.error());
    if (!there->empty())
      return app.complain({{"そこにはもう組織があります。何も変えていません。",
                            "there is an organisation already; nothing was changed."},
                           {}});
    if (const auto made = Demo(*guideline, **db, options).make(); !made)
      return app.complain(made.error());
  }
  fmt::print("{}\n", app.tr("見本の組織です。中の人も値もすべて架空です。",
                            "A demo organisation: everyone and everything in it is made up."));
  for (const char* account : {"admin", "executive", "worker", "auditor"})
    fmt::print("  {}@demo.example  {}\n", account, kPassword);
  if (options.only_make) return kExitGood;
  const auto port = whole_number(options.listen_port);
  if (port < 0 || port > 65535)
    return app.complain({{"ポートの番号が違います。", "that is no port."}, options.listen_port});
  ServerOptions server;
  server.listen.port = static_cast<unsigned short>(port);
  server.database = options.database;
  server.demo = true;
  server.version = SEKISHO_VERSION;
  server.feeds = [&app] { return app.feeds(); };
  return serve(app, *guideline, std::move(server), [] {});
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
