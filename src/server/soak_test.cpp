// Years of an office by a clock of the test's: devices report, people answer, the server is begun
// anew each week, its database is restored from a backup each month and moved by a copy each year,
// and in between its authority is succeeded. Nothing that was acknowledged is ever lost, no device
// is orphaned or taken for a copy, and what was acknowledged is what the console shows.
//
// A quarter here; SEKISHO_LONG=1 (make soak) takes five years.
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "collect/agent/device.h"
#include "collect/agent/faulty.h"
#include "office.h"
#include "server/devices/agents.h"
#include "server/people/people.h"
#include "store/audit.h"
#include "store/copy.h"

namespace sekisho {
namespace {

namespace json = boost::json;
using std::chrono::days;
using std::chrono::hours;

const std::filesystem::path kFolder = "/agent";
constexpr std::array<const char*, 3> kChecks{"disk-encryption", "screen-lock", "firewall"};
constexpr std::array<const char*, 2> kQuestions{"ask-SK-admin-B2", "ask-SK-admin-I2"};

/// The server of one moment, its agents' side, and the database that they share.
class Firm : public Net {
 public:
  Firm() { begin(root_.at("/0.db").string()); }

  Time time = *parse_time("2026-11-24T00:00:00Z");
  bool away = false;  // nobody reaches it

  void begin(const std::string& where) {
    where_ = where;
    agents_.reset();
    server_.reset();
    db_ = std::move(*open_database(where_));
    options_.database = where_;
    options_.listen.port = 0;
    options_.clock = [this] { return time; };
    options_.stopwatch = [this] {
      return std::chrono::steady_clock::time_point(time.time_since_epoch());
    };
    options_.agents.content = [] { return std::vector{ContentFile{"a.json", "{}"}}; };
    // Eight years old already.
    if (settings(*db_)->empty()) (void)organisation_authorities(*db_, time - days(2900));
    auto server = Server::open(Office::guideline(), options_);
    ASSERT_TRUE(server) << server.error().describe(Lang::en);
    server_ = std::move(*server);
    agents_ = std::move(*Agents::open(*db_, Office::guideline(), options_));
  }
  void begin_anew() { begin(where_); }
  /// Into a new file.
  void restore(const std::filesystem::path& backup) {
    const std::string to = root_.at(fmt::format("/{}.db", ++files_)).string();
    const auto fresh = std::move(*open_database(to));
    ASSERT_TRUE(restore_database(backup, *fresh));
    begin(to);
  }
  std::filesystem::path back_up() {
    const auto to = root_.at(fmt::format("/{}.backup", ++files_));
    EXPECT_TRUE(backup_database(*db_, to));
    return to;
  }
  void move() {
    const std::string to = root_.at(fmt::format("/{}.db", ++files_)).string();
    const auto fresh = std::move(*open_database(to));
    const auto moved = copy_database(*db_, *fresh);
    ASSERT_TRUE(moved) << moved.error().describe(Lang::en);
    begin(to);
  }

  Result<ServerReply> exchange(const Peer& peer, const NetRequest& asked) override {
    if (away) return failure("", "away");
    const auto all = organisation_authorities(*db_, time);
    EXPECT_TRUE(all);
    if (asked.path != "/agent/v1/authority" &&
        peer.authority.find(all->current.certificate().pem) == std::string::npos)
      return failure("", "the server's certificate is not believed");
    HttpRequest request;
    request.method = asked.body.empty() ? "GET" : "POST";
    request.path = asked.path;
    request.body = asked.body;
    if (asked.gzipped) request.headers.emplace_back("content-encoding", "gzip");
    if (!peer.certificate.empty())
      request.peer_certificate = read_certificate(peer.certificate)->fingerprint;
    const HttpReply reply = agents_->answer(request, *db_);
    return ServerReply{static_cast<long>(reply.status), reply.body};
  }

  json::value ask(const std::string& method, const std::string& path, const std::string& body,
                  unsigned wanted) {
    HttpRequest request;
    request.method = method;
    request.path = "/api/v1" + path;
    request.body = body;
    request.peer = request.payer = "127.0.0.1";
    request.headers = {{"host", "127.0.0.1"},
                       {"authorization", "Bearer the-token"},
                       {"content-type", "application/json"}};
    const HttpReply reply = server_->answer(request);
    EXPECT_EQ(reply.status, wanted) << path << ": " << reply.body;
    return reply.body.empty() ? json::value() : json::parse(reply.body);
  }

  void next_hours() {
    // As the server's ticks do.
    EXPECT_TRUE(agents_->refresh(*db_));
  }
  Database& db() { return *db_; }
  std::string authority() {
    return organisation_authorities(*db_, time)->current.certificate().fingerprint;
  }

 private:
  TempRoot root_;
  int files_ = 0;
  std::string where_;
  ServerOptions options_;
  std::unique_ptr<Database> db_;
  std::unique_ptr<Server> server_;
  std::unique_ptr<Agents> agents_;
};

/// A machine, and what its server has acknowledged of it.
struct Machine {
  FaultyDisk disk;
  MachineFacts facts;
  std::optional<Device> device;
  std::int64_t id = 0;
  Time off_until;
  std::map<std::string, std::pair<Verdict, Time>> said;  // not all of it acknowledged
  std::map<std::string, std::pair<Verdict, Time>> acknowledged;
};

class Soak : public testing::Test {
 protected:
  const bool long_ = std::getenv("SEKISHO_LONG") != nullptr;
  const hours step_{long_ ? 6 : 12};
  const days last_{long_ ? 5 * 365 : 92};

  void SetUp() override {
    person_ = *add_person(firm_.db(), {"a@firm.example", "Aoki", "administrator", "en", "", ""},
                          firm_.time);
    ASSERT_TRUE(firm_.db().execute(
        "INSERT INTO token (person_id, name, secret, scopes, created_at, expires_at) VALUES (?, "
        "'t', ?, 'read evidence manage', 1, ?)",
        {person_, secret_hash("the-token"), value_of(firm_.time + days(4000))}));
    for (std::size_t i = 0; i < machines_.size(); ++i) enrol(machines_[i], static_cast<int>(i));
  }

  void enrol(Machine& machine, int number) {
    machine.facts = {fmt::format("pc-{}", number),
                     std::string(64, static_cast<char>('a' + number)),
                     {"debian", "12", "Debian 12"}};
    const std::string code = fmt::format("code-{}", number);
    ASSERT_TRUE(firm_.db().execute(
        "INSERT INTO enrolment (secret, person_id, created_by, created_at, expires_at) VALUES (?, "
        "?, ?, ?, ?)",
        {secret_hash(code), person_, person_, value_of(firm_.time),
         value_of(firm_.time + hours(1))}));
    auto device = Device::enrol(kFolder, {"https://server:1", code, firm_.authority()},
                                machine.facts, Device::Enrolling::first, machine.disk, firm_);
    ASSERT_TRUE(device) << device.error().describe(Lang::en);
    machine.device.emplace(std::move(*device));
    machine.id =
        firm_.db()
            .query("SELECT id FROM device WHERE subject = ?", {"device:" + machine.device->id()})
            ->front()
            .integer(0);
  }

  /// What one does in half a day: it looks, and sends when there is a server.
  void work(Machine& machine) {
    if (random_() % 60 == 0) machine.off_until = firm_.time + hours(random_() % (25 * 24));
    if (firm_.time < machine.off_until) return;
    if (random_() % 20 == 0) {  // begun anew
      machine.device.reset();
      auto again = Device::open(kFolder, machine.disk, firm_);
      ASSERT_TRUE(again) << again.error().describe(Lang::en);
      machine.device.emplace(std::move(*again));
    }
    std::vector<AgentRecord> records;
    for (const char* check : kChecks) {
      const Verdict verdict = random_() % 5 == 0 ? Verdict::fail : Verdict::pass;
      records.push_back({check, verdict, {"見た", "seen"}});
      machine.said[check] = {verdict, firm_.time};
    }
    ASSERT_TRUE(machine.device->add(machine.facts, firm_.time, records));
    const auto renewed = machine.device->renew_if_due(firm_.time);
    const auto sent = machine.device->send(firm_.time);
    if (firm_.away) return;
    ASSERT_TRUE(renewed) << format_time(firm_.time) << renewed.error().describe(Lang::en);
    ASSERT_TRUE(sent) << format_time(firm_.time) << sent.error().describe(Lang::en);
    ASSERT_TRUE(sent->refused.empty());
    ASSERT_GT(sent->reports, 0U);
    machine.acknowledged = machine.said;
  }

  void people() {
    const std::string text = fmt::format("said at {}", format_time(firm_.time));
    firm_.ask("POST", "/items/ask-SK-admin-B2/remarks",
              json::serialize(json::object{{"text", text}}), 201);
    remarks_.insert(text);
    if (random_() % 10 != 0) return;
    const char* question = kQuestions.at(random_() % kQuestions.size());
    const bool yes = random_() % 2 == 0;
    firm_.ask("POST", fmt::format("/checks/{}/answers", question),
              yes ? R"({"reply":"yes"})" : R"({"reply":"no"})", 201);
    answers_[question] = {yes ? Verdict::pass : Verdict::fail, firm_.time};
  }

  /// What the console shows is what was acknowledged, for as long as it holds.
  void look() {
    for (const Machine& machine : machines_) {
      const auto shown = firm_.ask("GET", fmt::format("/devices/{}", machine.id), "", 200);
      ASSERT_EQ(shown.at("state").as_string(), "active");
      for (const json::value& check : shown.at("checks").as_array()) {
        const auto found = machine.acknowledged.find(std::string(check.at("id").as_string()));
        if (found == machine.acknowledged.end()) continue;
        expect_shown(found->first, found->second, check);
      }
    }
    for (const auto& [question, answer] : answers_)
      expect_shown(question, answer, firm_.ask("GET", "/checks/" + question, "", 200));
  }
  void expect_shown(const std::string& check, const std::pair<Verdict, Time>& said,
                    const json::value& shown) const {
    const CheckSpec* spec = Office::guideline().check(check);
    const bool holds = said.second + spec->valid_for > firm_.time;
    EXPECT_EQ(shown.at("verdict").as_string(), name(holds ? said.first : Verdict::unknown))
        << check << " at " << format_time(firm_.time) << ", said " << format_time(said.second);
  }
  void look_at_all() {
    std::set<std::string> there;
    const auto rows = firm_.db().query("SELECT text FROM remark");
    for (const Row& row : *rows) there.insert(row.text(0));
    EXPECT_EQ(there, remarks_);
    EXPECT_TRUE(verify_audit(firm_.db())->intact());
    const auto devices = firm_.db().query("SELECT COUNT(*), COUNT(copied_at) FROM device");
    EXPECT_EQ(devices->front().integer(0), static_cast<std::int64_t>(machines_.size()));
    EXPECT_EQ(devices->front().integer(1), 0) << "one was taken for a copy";
  }

  std::mt19937 random_{5};
  Firm firm_;
  PersonId person_;
  std::array<Machine, 4> machines_;
  std::set<std::string> remarks_;
  std::map<std::string, std::pair<Verdict, Time>> answers_;
};

TEST_F(Soak, YearsOfAnOffice) {
  const Time start = firm_.time;
  const std::string first = firm_.authority();
  int day = 0;
  while (firm_.time < start + last_ && !HasFatalFailure()) {
    firm_.time += step_;
    firm_.away = random_() % 25 == 0;
    for (Machine& machine : machines_) ASSERT_NO_FATAL_FAILURE(work(machine));
    firm_.away = false;
    firm_.next_hours();
    people();
    const int today = static_cast<int>((firm_.time - start) / days(1));
    if (today == day) continue;
    day = today;
    ASSERT_NO_FATAL_FAILURE(look());
    if (day % 7 == 0) firm_.begin_anew();
    if (day % 30 == 0) firm_.restore(firm_.back_up());
    if (day % 365 == 45) firm_.move();
    if (day % 30 != 0) continue;
    look_at_all();
    if (HasFailure()) break;
  }
  look_at_all();
  EXPECT_EQ(firm_.authority() != first, long_) << "the authority of eight years has a successor";
}

}  // namespace
}  // namespace sekisho
