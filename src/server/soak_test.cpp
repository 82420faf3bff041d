// SPDX-License-Identifier: Apache-2.0
// Years of an office by a clock of the test's: devices report, people answer, the server is begun
// anew each week and killed in the middle of requests, its database is restored each month from a
// backup that may be weeks old and moved by a copy each year, clocks are wrong for a while, now a
// device's, now the server's, and in between its authority is succeeded. Nothing that was
// acknowledged is ever lost but by a restore, which the audit log tells of; no device is orphaned
// or taken for a copy; and what was acknowledged is what the console shows.
//
// A quarter here; SEKISHO_LONG=1 (make soak) takes five years.
#include <map>
#include <random>
#include <set>

#include "collect/agent/faulty.h"
#include "collect/agent/state.h"
#include "firm.h"
#include "server/people/people.h"
#include "store/audit.h"

namespace sekisho {
namespace {

namespace json = boost::json;
using std::chrono::days;
using std::chrono::hours;

const std::filesystem::path kFolder = "/agent";
constexpr std::array<const char*, 3> kChecks{"disk-encryption", "screen-lock", "firewall"};
constexpr std::array<const char*, 2> kQuestions{"ask-SK-admin-B2", "ask-SK-admin-I2"};
/// By how many days a clock is wrong.
constexpr std::array<int, 6> kWrong{400, -400, 40, -10, 3, -3};
constexpr std::size_t kKeptBackups = 5;
constexpr std::size_t kMostMachines = 8;

using Said = std::pair<Verdict, Time>;

/// What a server has acknowledged of a machine.
struct Known {
  bool there = false;  // it is enrolled
  std::int64_t id = 0;
  std::map<std::string, Said> acknowledged;
};

struct Machine {
  FaultyDisk disk;
  MachineFacts facts;
  std::optional<Device> device;
  Time off_until;
  std::map<std::string, Said> said;  // not all of it acknowledged
  std::size_t doubtful = 0;          // reports that wait and were made by a wrong clock
  Known known;
};

/// All that was acknowledged when a backup was taken.
struct Backup {
  std::filesystem::path file;
  std::vector<Known> machines;
  std::set<std::string> remarks;
  std::map<std::string, Said> answers;
  std::string last_hash;
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
    for (int i = 0; i < 4; ++i) ASSERT_NO_FATAL_FAILURE(newcomer());
  }

  bool once_in(unsigned times) { return random_() % times == 0; }

  void newcomer() {
    Machine& machine = machines_.emplace_back();
    const auto number = machines_.size() - 1;
    machine.facts = {fmt::format("pc-{}", number),
                     fmt::format("{:064x}", number + 1),
                     {"debian", "12", "Debian 12"}};
    enrol(machine, Device::Enrolling::first);
  }
  void enrol(Machine& machine, Device::Enrolling how) {
    const std::string code = fmt::format("code-{}", ++codes_);
    ASSERT_TRUE(firm_.db().execute(
        "INSERT INTO enrolment (secret, person_id, created_by, created_at, expires_at) VALUES (?, "
        "?, ?, ?, ?)",
        {secret_hash(code), person_, person_, value_of(firm_.time),
         value_of(firm_.time + hours(1))}));
    machine.device.reset();
    auto device = Device::enrol(kFolder, {"https://server:1", code, firm_.authority()},
                                machine.facts, how, machine.disk, firm_);
    ASSERT_TRUE(device) << device.error().describe(Lang::en);
    machine.device.emplace(std::move(*device));
    machine.known.there = true;
    machine.known.id = row_of(machine);
    machine.doubtful = 0;
  }
  /// Its row's id; 0 for a device that enrolled after the backup from which the server was
  /// restored.
  std::int64_t row_of(const Machine& machine) {
    const auto rows = firm_.db().query("SELECT id FROM device WHERE subject = ?",
                                       {"device:" + machine.device->id()});
    return rows->empty() ? 0 : rows->front().integer(0);
  }
  /// Whether it holds a certificate that the server knows and that has not ended.
  bool is_known(Machine& machine) {
    const auto state = read_state(machine.disk, kFolder);
    EXPECT_TRUE(state);
    std::vector<std::string> kept = state->certificates_before;
    kept.push_back(state->certificate);
    for (const std::string& pem : kept) {
      const auto rows = firm_.db().query(
          "SELECT 1 FROM device_certificate WHERE fingerprint = ? AND revoked_at IS NULL AND "
          "expires_at > ?",
          {read_certificate(pem)->fingerprint, value_of(firm_.time)});
      if (!rows->empty()) return true;
    }
    return false;
  }

  Result<void> look_at_itself(Machine& machine, Time by_its_clock) {
    std::vector<AgentRecord> records;
    for (const char* check : kChecks) {
      const Verdict verdict = once_in(5) ? Verdict::fail : Verdict::pass;
      records.push_back({check, verdict, {"見た", "seen"}});
      if (by_its_clock == firm_.time) machine.said[check] = {verdict, firm_.time};
    }
    return machine.device->add(machine.facts, by_its_clock, records);
  }
  Result<Device::Sent> deliver(Machine& machine, Time by_its_clock) {
    if (auto done = machine.device->renew_if_due(by_its_clock); !done)
      return std::unexpected(done.error());
    return machine.device->send(by_its_clock);
  }

  /// What one does in half a day: it looks, and sends when there is a server.
  void work(Machine& machine) {
    if (once_in(60)) machine.off_until = firm_.time + hours(random_() % (25 * 24));
    if (firm_.time < machine.off_until) return;
    if (once_in(20)) {  // begun anew
      machine.device.reset();
      auto again = Device::open(kFolder, machine.disk, firm_);
      ASSERT_TRUE(again) << again.error().describe(Lang::en);
      machine.device.emplace(std::move(*again));
    }
    if (once_in(80)) {
      const Time wrong = firm_.time + days(kWrong.at(random_() % kWrong.size()));
      ASSERT_TRUE(look_at_itself(machine, wrong));
      ++machine.doubtful;
      EXPECT_FALSE(deliver(machine, wrong)) << "a wrong clock goes unnoticed";
      return;
    }
    ASSERT_TRUE(look_at_itself(machine, firm_.time));
    const bool kills = firm_.off.count() == 0 && !firm_.away && once_in(40);
    if (kills) firm_.kill_after = 1 + random_() % 25;
    auto sent = deliver(machine, firm_.time);
    if (firm_.away) return;
    if (firm_.off.count() != 0) {
      EXPECT_FALSE(sent) << "a wrong clock goes unnoticed";
      return;
    }
    if (kills) ++killed_;
    if (kills && !sent) sent = deliver(machine, firm_.time);
    ASSERT_NO_FATAL_FAILURE(take_in_again(machine, sent));
    ASSERT_TRUE(sent) << format_time(firm_.time) << sent.error().describe(Lang::en);
    ASSERT_LE(sent->refused.size(), machine.doubtful);
    ASSERT_GT(sent->reports, 0U);
    machine.doubtful = 0;
    machine.known.acknowledged = machine.said;
    reports_ += sent->reports;
  }
  /// A device that a restored server can't know, by any certificate that it has, is told so.
  void take_in_again(Machine& machine, Result<Device::Sent>& sent) {
    if (is_known(machine)) return;
    ASSERT_TRUE(restored_) << "an orphan";
    ASSERT_FALSE(sent);
    ASSERT_NE(sent.error().describe(Lang::en).find("enrol"), std::string::npos)
        << sent.error().describe(Lang::en);
    ASSERT_NO_FATAL_FAILURE(enrol(machine, Device::Enrolling::again));
    ++enrolled_again_;
    ASSERT_TRUE(look_at_itself(machine, firm_.time));
    sent = deliver(machine, firm_.time);
  }

  void people() {
    const std::string text = fmt::format("said at {}", format_time(firm_.clock()));
    const bool kills = once_in(40);
    if (kills) firm_.kill_after = 1 + random_() % 25;
    const auto reply = firm_.try_to("POST", "/items/ask-SK-admin-B2/remarks",
                                    json::serialize(json::object{{"text", text}}));
    if (kills) ++killed_;
    if (reply) {
      ASSERT_EQ(reply->status, 201U) << reply->body;
    } else if (remarks_in_database().contains(text)) {
      remarks_.insert(text);
    }
    if (reply) remarks_.insert(text);
    if (firm_.off.count() != 0 || !once_in(10)) return;
    const char* question = kQuestions.at(random_() % kQuestions.size());
    const bool yes = once_in(2);
    const auto answered = firm_.try_to("POST", fmt::format("/checks/{}/answers", question),
                                       yes ? R"({"reply":"yes"})" : R"({"reply":"no"})");
    ASSERT_EQ(answered->status, 201U) << answered->body;
    answers_[question] = {yes ? Verdict::pass : Verdict::fail, firm_.time};
  }

  /// The server's clock is wrong for half a day: it goes on, believes no agent, and nothing stays
  /// of it afterwards.
  void by_a_wrong_clock() {
    firm_.off = days(kWrong.at(random_() % kWrong.size()));
    ++wrong_clocks_;
    if (once_in(2)) firm_.begin_anew();
    for (Machine& machine : machines_) ASSERT_NO_FATAL_FAILURE(work(machine));
    firm_.tick();
    ASSERT_NO_FATAL_FAILURE(people());
    (void)firm_.get("/home");
    for (const Machine& machine : machines_)
      if (machine.known.there) (void)firm_.get(fmt::format("/devices/{}", machine.known.id));
    firm_.off = {};
  }

  void keep_backup() {
    Backup kept{firm_.back_up(), {}, remarks_, answers_, verify_audit(firm_.db())->last_hash};
    for (const Machine& machine : machines_) kept.machines.push_back(machine.known);
    backups_.push_back(std::move(kept));
    if (backups_.size() <= kKeptBackups) return;
    std::filesystem::remove(backups_.front().file);
    backups_.pop_front();
  }
  void restore_one() {
    const Backup& backup = backups_.at(random_() % backups_.size());
    ASSERT_NO_FATAL_FAILURE(firm_.restore(backup.file));
    ++restored_;
    remarks_ = backup.remarks;
    answers_ = backup.answers;
    for (std::size_t i = 0; i < machines_.size(); ++i)
      machines_[i].known = i < backup.machines.size() ? backup.machines[i] : Known();
    // The log goes on where the backup ended, and says why.
    const auto rows = firm_.db().query(
        "SELECT previous, action FROM audit WHERE action NOT LIKE 'authority-%' ORDER BY id DESC "
        "LIMIT 1");
    EXPECT_EQ(rows->front().text(0), backup.last_hash);
    EXPECT_EQ(rows->front().text(1), "restored");
  }

  /// What the console shows is what was acknowledged, for as long as it holds.
  void look() {
    for (const Machine& machine : machines_) {
      if (!machine.known.there) continue;
      const auto shown = firm_.get(fmt::format("/devices/{}", machine.known.id));
      ASSERT_EQ(shown.at("state").as_string(), "active");
      for (const json::value& check : shown.at("checks").as_array()) {
        const auto& acknowledged = machine.known.acknowledged;
        const auto found = acknowledged.find(std::string(check.at("id").as_string()));
        if (found != acknowledged.end()) expect_shown(found->first, found->second, check);
      }
    }
    for (const auto& [question, answer] : answers_)
      expect_shown(question, answer, firm_.get("/checks/" + question));
  }
  void expect_shown(const std::string& check, const Said& said, const json::value& shown) const {
    const CheckSpec* spec = Office::guideline().check(check);
    const bool holds = said.second + spec->valid_for > firm_.time;
    EXPECT_EQ(shown.at("verdict").as_string(), name(holds ? said.first : Verdict::unknown))
        << check << " at " << format_time(firm_.time) << ", said " << format_time(said.second);
  }
  std::set<std::string> remarks_in_database() {
    std::set<std::string> there;
    const auto rows = firm_.db().query("SELECT text FROM remark");
    for (const Row& row : *rows) there.insert(row.text(0));
    return there;
  }
  void look_at_all() {
    EXPECT_EQ(remarks_in_database(), remarks_);
    EXPECT_TRUE(verify_audit(firm_.db())->intact());
    const auto there =
        std::ranges::count_if(machines_, [](const Machine& one) { return one.known.there; });
    const auto devices = firm_.db().query("SELECT COUNT(*), COUNT(copied_at) FROM device");
    EXPECT_EQ(devices->front().integer(0), there);
    EXPECT_EQ(devices->front().integer(1), 0) << "one was taken for a copy";
  }

  void one_step() {
    firm_.time += step_;
    if (once_in(60)) {
      ASSERT_NO_FATAL_FAILURE(by_a_wrong_clock());
      return;
    }
    firm_.away = once_in(25);
    for (Machine& machine : machines_) ASSERT_NO_FATAL_FAILURE(work(machine));
    firm_.away = false;
    firm_.tick();
    people();
  }
  void one_day(int day) {
    if (long_ && day % 90 == 0) {  // it takes long: how far it is
      fmt::print("day {}: {} reports, {} restored\n", day, reports_, restored_);
      (void)std::fflush(stdout);
    }
    ASSERT_NO_FATAL_FAILURE(look());
    if (day % 20 == 10 && machines_.size() < kMostMachines) newcomer();
    if (day % 7 == 0) {
      ASSERT_NO_FATAL_FAILURE(firm_.begin_anew());
      keep_backup();
    }
    if (day % 365 == 45) firm_.move();
    if (day % 30 != 0) return;
    look_at_all();
    ASSERT_NO_FATAL_FAILURE(restore_one());
    ASSERT_NO_FATAL_FAILURE(look());
    look_at_all();
  }

  std::mt19937 random_{5};
  Firm firm_;
  PersonId person_;
  std::deque<Machine> machines_;
  std::set<std::string> remarks_;
  std::map<std::string, Said> answers_;
  std::deque<Backup> backups_;
  int codes_ = 0;
  int restored_ = 0;
  int enrolled_again_ = 0;
  int killed_ = 0;
  int wrong_clocks_ = 0;
  std::size_t reports_ = 0;
};

TEST_F(Soak, YearsOfAnOffice) {
  const Time start = firm_.time;
  const std::string first = firm_.authority();
  int day = 0;
  while (firm_.time < start + last_ && !HasFailure()) {
    ASSERT_NO_FATAL_FAILURE(one_step());
    const int today = static_cast<int>((firm_.time - start) / days(1));
    if (today == day) continue;
    day = today;
    ASSERT_NO_FATAL_FAILURE(one_day(day));
  }
  look_at_all();
  EXPECT_EQ(firm_.authority() != first, long_) << "the authority of eight years has a successor";
  for (const auto& [name, count] : std::initializer_list<std::pair<const char*, std::size_t>>{
           {"reports", reports_},
           {"remarks", remarks_.size()},
           {"restored", restored_},
           {"enrolled again", enrolled_again_},
           {"killed", killed_},
           {"wrong clocks", wrong_clocks_}})
    fmt::print("{}: {}\n", name, count);
  EXPECT_GT(killed_, 0);
  EXPECT_GT(wrong_clocks_, 0);
  EXPECT_GT(restored_, 1);
}

}  // namespace
}  // namespace sekisho
