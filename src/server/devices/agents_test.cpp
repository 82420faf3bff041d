// SPDX-License-Identifier: Apache-2.0
// What devices say, held against what they may: at times that the test sets, with certificates that
// the test shows. Over the wire it is met in tests/e2e/agent.test.mjs.
#include "server/devices/agents.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "base/crypto.h"
#include "base/gzip.h"
#include "collect/agent/agent.h"
#include "collect/vuln/osv_list.h"
#include "databases.h"
#include "guideline/embedded.h"
#include "server/people/people.h"
#include "store/audit.h"

namespace sekisho {
namespace {

using ::testing::HasSubstr;

const std::string kMachine(64, 'a');

/// A device as it stands at the other end: its key, and what it remembers.
struct Remote {
  KeyPair key = *KeyPair::make();
  std::string certificate;  // its fingerprint
  std::string id;
  std::string turn;
  std::int64_t sequence = 0;
  std::string machine = kMachine;
};

class AgentsTest : public Databases {
 protected:
  void SetUp() override {
    Databases::SetUp();
    if (IsSkipped()) return;
    options.clock = [this] { return time; };
    options.agents.content = []() -> Result<std::vector<ContentFile>> {
      return std::vector{ContentFile{"known-exploited.json", "{}"}};
    };
    db = open();
    ASSERT_TRUE(db);
    person = *add_person(*db, {"a@firm.example", "Aoki", "administrator", "en", "", ""}, time);
    auto opened = Agents::open(*db, guideline, options);
    ASSERT_TRUE(opened) << opened.error().describe(Lang::en);
    agents = std::move(*opened);
  }

  HttpReply ask(const std::string& method, const std::string& path, const std::string& body,
                const std::string& certificate, bool gzipped = false) {
    HttpRequest request;
    request.method = method;
    request.path = "/agent/v1/" + path;
    request.body = body;
    request.peer_certificate = certificate;
    if (gzipped) request.headers.emplace_back("content-encoding", "gzip");
    return agents->answer(request, *db);
  }

  std::string new_code(std::chrono::hours lasts = std::chrono::hours(1)) {
    const std::string code = random_token(16);
    EXPECT_TRUE(db->execute(
        "INSERT INTO enrolment (secret, person_id, created_by, created_at, expires_at) VALUES (?, "
        "?, ?, ?, ?)",
        {secret_hash(code), person, person, value_of(time), value_of(time + lasts)}));
    return code;
  }

  HttpReply enrol(Remote& remote, const std::string& code) {
    HttpReply reply = ask(
        "POST", "enrol",
        write_enrolment(
            {code, remote.key.request(), "pc-17", remote.machine, {"debian", "12", "Debian 12"}}),
        "");
    if (reply.status != 200) return reply;
    const auto enrolled = read_enrolled(reply.body);
    remote.certificate = read_certificate(enrolled->certificate)->fingerprint;
    remote.id = enrolled->device;
    remote.turn = enrolled->turn;
    remote.sequence = 0;
    return reply;
  }
  Remote enrolled() {
    Remote remote;
    EXPECT_EQ(enrol(remote, new_code()).status, 200U);
    return remote;
  }

  SignedReport report(Remote& remote, Verdict verdict) {
    const AgentReport report{remote.id,
                             ++remote.sequence,
                             time,
                             "pc-17",
                             remote.machine,
                             {"debian", "12", "Debian 12"},
                             {{"disk-encryption", verdict, {"見た", "seen"}}}};
    std::string body = write_report(report);
    std::string signature = base64url(remote.key.sign(body));
    return {std::move(body), std::move(signature)};
  }

  HttpReply deliver(Remote& remote, const std::vector<SignedReport>& reports) {
    HttpReply reply =
        ask("POST", "reports", write_delivery({time, remote.turn, reports}), remote.certificate);
    if (reply.status == 200) remote.turn = read_receipt(reply.body)->turn;
    return reply;
  }

  std::vector<std::string> verdicts() {
    std::vector<std::string> list;
    const auto rows = db->query("SELECT verdict FROM evidence ORDER BY id");
    for (const Row& row : *rows) list.push_back(row.text(0));
    return list;
  }

  Time time = *parse_time("2026-11-24T09:00:00Z");
  Guideline guideline = *load_guideline(embedded_guideline());
  ServerOptions options;
  std::unique_ptr<Database> db;
  std::unique_ptr<Agents> agents;
  PersonId person;
};

TEST_P(AgentsTest, ALinkForManyWorksAsOftenAsItSaysAndEachGetsItsOwnKey) {
  const std::string code = new_code();
  ASSERT_TRUE(db->execute(
      "UPDATE enrolment SET most = 3, team = 'Sales', person_id = NULL WHERE secret = ?",
      {secret_hash(code)}));
  std::set<std::string> devices;
  std::set<std::string> keys;
  for (int i = 0; i < 3; ++i) {
    Remote one;
    one.machine = std::string(63, 'b') + std::to_string(i);
    ASSERT_EQ(enrol(one, code).status, 200U) << i;
    devices.insert(one.id);
    keys.insert(one.certificate);
  }
  EXPECT_EQ(devices.size(), 3U);
  EXPECT_EQ(keys.size(), 3U);
  Remote fourth;
  EXPECT_EQ(enrol(fourth, code).status, 403U);
  const auto rows = db->query(
      "SELECT used, (SELECT COUNT(*) FROM device WHERE team = 'Sales') FROM enrolment WHERE secret "
      "= ?",
      {secret_hash(code)});
  EXPECT_EQ(rows->front().integer(0), 3);
  EXPECT_EQ(rows->front().integer(1), 3);
}

TEST_P(AgentsTest, AMachineCountsOnceOnALinkAndItsNewKeyIsSaid) {
  const std::string code = new_code();
  ASSERT_TRUE(db->execute("UPDATE enrolment SET most = 3, person_id = NULL WHERE secret = ?",
                          {secret_hash(code)}));
  const auto used = [&] {
    return db->query("SELECT used, id FROM enrolment WHERE secret = ?", {secret_hash(code)})
        ->front()
        .integer(0);
  };
  const auto anew = [&] {
    return db->query("SELECT 1 FROM audit WHERE action = 'device-enrolled-anew'")->size();
  };
  Remote first;
  ASSERT_EQ(enrol(first, code).status, 200U);
  EXPECT_TRUE(db->query("SELECT anew_at FROM device")->front().null(0));
  for (std::size_t i = 1; i < 5; ++i) {
    time += std::chrono::minutes(1);
    Remote again;
    ASSERT_EQ(enrol(again, code).status, 200U) << i;
    EXPECT_EQ(again.id, first.id);
    EXPECT_EQ(used(), 1) << "three are three machines";
    EXPECT_EQ(anew(), i);
    EXPECT_EQ(db->query("SELECT anew_at FROM device")->front().time(0), time);
  }
  EXPECT_EQ(deliver(first, {report(first, Verdict::pass)}).status, 403U) << "the key before";
  for (int i = 0; i < 2; ++i) {
    Remote other;
    other.machine = std::string(63, 'c') + std::to_string(i);
    ASSERT_EQ(enrol(other, code).status, 200U) << i;
  }
  EXPECT_EQ(used(), 3);
  Remote late;
  EXPECT_EQ(enrol(late, code).status, 403U) << "a link that is used up lets nobody in again";
  EXPECT_EQ(anew(), 4U);
}

// Somebody says with a link of their own that they are a machine that another uses.
TEST_P(AgentsTest, NobodyTakesOverAnothersDeviceByClaimingToBeIt) {
  const PersonId thief =
      *add_person(*db, {"t@firm.example", "T", "teleworker", "en", "", ""}, time);
  const std::array<std::optional<PersonId>, 3> people{std::nullopt, person, thief};
  for (const auto& owner : people)
    for (const auto& claims : people) {
      if (owner == claims) continue;
      ASSERT_TRUE(db->script("UPDATE device SET state = 'retired'"));
      const auto enrolled_by = [&](Remote& remote, std::optional<PersonId> whose) {
        const std::string code = new_code();
        EXPECT_TRUE(db->execute("UPDATE enrolment SET person_id = ? WHERE secret = ?",
                                {value_of(whose), secret_hash(code)}));
        return enrol(remote, code).status;
      };
      Remote owned;
      ASSERT_EQ(enrolled_by(owned, owner), 200U);
      Remote claimed;
      ASSERT_EQ(enrolled_by(claimed, claims), 200U);
      EXPECT_NE(claimed.id, owned.id);
      EXPECT_EQ(deliver(owned, {report(owned, Verdict::pass)}).status, 200U);
    }
  EXPECT_EQ(db->query("SELECT 1 FROM audit WHERE action = 'device-enrolled-anew'")->size(), 0U);
}

TEST_P(AgentsTest, ALinkThatWasWithdrawnOrIsOfALaterClockLetsNobodyIn) {
  const std::string taken_back = new_code();
  ASSERT_TRUE(db->execute("UPDATE enrolment SET most = 9, withdrawn_at = 1 WHERE secret = ?",
                          {secret_hash(taken_back)}));
  Remote one;
  EXPECT_EQ(enrol(one, taken_back).status, 403U);
  const std::string early = new_code();
  time -= std::chrono::hours(1);  // the clock was ahead when it was made
  EXPECT_EQ(enrol(one, early).status, 403U);
  time += std::chrono::hours(1);
  EXPECT_EQ(enrol(one, early).status, 200U);
  const std::string years = new_code(std::chrono::days(31));
  EXPECT_EQ(enrol(one, years).status, 403U);
  // What was refused was not used.
  EXPECT_EQ(db->query("SELECT used FROM enrolment WHERE secret = ?", {secret_hash(years)})
                ->front()
                .integer(0),
            0);
}

TEST_P(AgentsTest, ACodeWorksOnceAndRunsOut) {
  Remote first;
  const std::string code = new_code();
  EXPECT_EQ(enrol(first, code).status, 200U);
  Remote second;
  EXPECT_EQ(enrol(second, code).status, 403U);
  const std::string late = new_code(std::chrono::hours(72));
  time += std::chrono::hours(72);
  EXPECT_EQ(enrol(second, late).status, 403U);
  EXPECT_EQ(enrol(second, "guess").status, 403U);
  EXPECT_EQ(enrol(second, new_code(kMostEnrolmentDays + std::chrono::hours(1))).status, 403U)
      << "no code lasts so long";
  EXPECT_EQ(db->query("SELECT 1 FROM device")->size(), 1U);
  EXPECT_EQ(ask("POST", "enrol", "{}", "").status, 400U);
  // A request that is none costs no code.
  const std::string spared = new_code();
  EXPECT_EQ(
      ask("POST", "enrol", write_enrolment({spared, "no request", "pc", kMachine, {}}), "").status,
      400U);
  EXPECT_EQ(enrol(second, spared).status, 200U);
}

TEST_P(AgentsTest, ReportsBecomeEvidenceOnce) {
  Remote remote = enrolled();
  const auto one = report(remote, Verdict::fail);
  const auto two = report(remote, Verdict::pass);
  const HttpReply reply = deliver(remote, {one, two});
  ASSERT_EQ(reply.status, 200U) << reply.body;
  EXPECT_EQ(read_receipt(reply.body)->up_to, 2);
  EXPECT_EQ(verdicts(), (std::vector<std::string>{"fail", "pass"}));
  // The same again, as after a receipt that was lost between keeping the turn and the queue.
  EXPECT_EQ(deliver(remote, {one, two}).status, 200U);
  EXPECT_EQ(verdicts().size(), 2U);
  // Seen again unchanged is the same row.
  time += std::chrono::minutes(8);
  EXPECT_EQ(deliver(remote, {report(remote, Verdict::pass)}).status, 200U);
  EXPECT_EQ(verdicts().size(), 2U);
  const auto device = db->query("SELECT system_name, seen_at, sequence FROM device");
  EXPECT_EQ(device->front().text(0), "Debian 12");
  EXPECT_EQ(device->front().time(1), time);
  EXPECT_EQ(device->front().integer(2), 3);
  EXPECT_EQ(deliver(remote, {}).status, 200U) << "nothing new is no fault";
}

TEST_P(AgentsTest, ALostReceiptIsNoCopyButASecondDeviceIs) {
  Remote remote = enrolled();
  ASSERT_EQ(deliver(remote, {report(remote, Verdict::pass)}).status, 200U);
  // The server took it, the receipt never came: the device shows the turn it has.
  const std::string before = remote.turn;
  const auto lost = report(remote, Verdict::fail);
  ASSERT_EQ(deliver(remote, {lost}).status, 200U);
  remote.turn = before;
  ASSERT_EQ(deliver(remote, {lost}).status, 200U);
  EXPECT_EQ(verdicts().size(), 2U);

  Remote copy = remote;
  ASSERT_EQ(deliver(remote, {report(remote, Verdict::pass)}).status, 200U);
  ASSERT_EQ(deliver(remote, {report(remote, Verdict::pass)}).status, 200U);
  const HttpReply caught = deliver(copy, {report(copy, Verdict::pass)});
  EXPECT_EQ(caught.status, 409U);
  EXPECT_THAT(caught.body, HasSubstr("two places"));
  // Which of the two is the copy nobody knows: neither is believed any more.
  EXPECT_EQ(deliver(remote, {report(remote, Verdict::pass)}).status, 409U);
  EXPECT_EQ(db->query("SELECT 1 FROM audit WHERE action = 'device-copied'")->size(), 1U);
  EXPECT_TRUE(verify_audit(*db)->intact());

  // Enrolled anew it is the same device, and the old certificate is worth nothing.
  Remote anew;
  ASSERT_EQ(enrol(anew, new_code()).status, 200U);
  EXPECT_EQ(anew.id, remote.id);
  EXPECT_EQ(deliver(anew, {report(anew, Verdict::pass)}).status, 200U);
  EXPECT_EQ(deliver(remote, {report(remote, Verdict::pass)}).status, 403U);
}

TEST_P(AgentsTest, ADatabaseThatWasSetBackTakesItsDevicesAndFindsCopiesAllTheSame) {
  Remote remote = enrolled();
  ASSERT_EQ(deliver(remote, {report(remote, Verdict::pass)}).status, 200U);
  const auto row = db->query("SELECT turn, last_turn, sequence, seen_at FROM device")->front();
  const auto set_back = [&] {
    ASSERT_TRUE(db->execute(
        "UPDATE device SET turn = ?, last_turn = ?, sequence = ?, seen_at = ?, copied_at = NULL",
        {row.value(0), row.value(1), row.value(2), row.value(3)}));
  };
  Remote copy = remote;
  for (int i = 0; i < 5; ++i)
    ASSERT_EQ(deliver(remote, {report(remote, Verdict::pass)}).status, 200U);
  set_back();
  for (int i = 0; i < 3; ++i)
    ASSERT_EQ(deliver(remote, {report(remote, Verdict::pass)}).status, 200U) << i;
  EXPECT_EQ(deliver(copy, {report(copy, Verdict::pass)}).status, 409U);

  // Wherever a copy was made and whoever speaks first afterwards: before each has spoken three
  // times one of them is found.
  for (int copied_after = 0; copied_after < 6; ++copied_after)
    for (const bool copy_first : {false, true}) {
      ASSERT_EQ(enrol(remote, new_code()).status, 200U);
      ASSERT_EQ(deliver(remote, {report(remote, Verdict::pass)}).status, 200U);
      const auto at = db->query("SELECT turn, last_turn, sequence FROM device")->front();
      for (int i = 0; i < 6; ++i) {
        if (i == copied_after) copy = remote;
        ASSERT_EQ(deliver(remote, {report(remote, Verdict::pass)}).status, 200U);
      }
      ASSERT_TRUE(db->execute("UPDATE device SET turn = ?, last_turn = ?, sequence = ?",
                              {at.value(0), at.value(1), at.value(2)}));
      bool found = false;
      for (int i = 0; i < 3 && !found; ++i)
        for (Remote* one : {copy_first ? &copy : &remote, copy_first ? &remote : &copy})
          found = found || deliver(*one, {report(*one, Verdict::pass)}).status == 409U;
      EXPECT_TRUE(found) << copied_after << copy_first;
    }
}

TEST_P(AgentsTest, TheSameInstallationForTheSamePersonOrNobodyIsOneDeviceHoweverOftenItEnrols) {
  const PersonId other =
      *add_person(*db, {"b@firm.example", "Baba", "teleworker", "en", "", ""}, time);
  const std::array<std::optional<PersonId>, 3> people{std::nullopt, person, other};
  std::mt19937 random(11);
  std::map<std::pair<std::string, std::optional<PersonId>>, std::string> known;
  for (int i = 0; i < 60; ++i) {
    const auto whose = people.at(random() % people.size());
    Remote remote;
    remote.machine = std::string(64, static_cast<char>('a' + random() % 3));
    const std::string code = new_code();
    ASSERT_TRUE(db->execute("UPDATE enrolment SET person_id = ?", {value_of(whose)}));
    ASSERT_EQ(enrol(remote, code).status, 200U);
    // Given up now and then: then it comes back as another.
    const auto [at, fresh] = known.try_emplace({remote.machine, whose}, remote.id);
    EXPECT_EQ(at->second, remote.id) << i;
    const bool given_up = random() % 8 == 0;
    if (given_up) {
      ASSERT_TRUE(db->execute("UPDATE device SET state = 'retired' WHERE subject = ?",
                              {"device:" + remote.id}));
      known.erase(at);
    }
    const auto rows = db->query("SELECT COUNT(*) FROM device WHERE state <> 'retired'");
    ASSERT_EQ(rows->front().integer(0), static_cast<std::int64_t>(known.size())) << i;
    // The certificate before it is good for nothing from now on.
    const auto held = db->query(
        "SELECT COUNT(*) FROM device_certificate c JOIN device d ON d.id = c.device_id WHERE "
        "c.revoked_at IS NULL AND d.state <> 'retired'");
    ASSERT_EQ(held->front().integer(0), static_cast<std::int64_t>(known.size())) << i;
    time += std::chrono::minutes(1);
  }
}

TEST_P(AgentsTest, OnlyAServersOwnTurnsAreAhead) {
  Remote remote = enrolled();
  Remote other;
  other.machine = std::string(64, 'c');
  ASSERT_EQ(enrol(other, new_code()).status, 200U);
  for (int i = 0; i < 4; ++i)
    ASSERT_EQ(deliver(other, {report(other, Verdict::pass)}).status, 200U);
  const auto proof = remote.turn.substr(remote.turn.rfind('.'));
  const std::string own = remote.turn;
  for (const std::string& shown :
       {other.turn, "9" + own, "9.x" + proof, std::string("9.x."), std::string("9"),
        Turns("another authority").give(remote.id, 9)}) {
    ASSERT_TRUE(db->execute("UPDATE device SET copied_at = NULL"));
    remote.turn = shown;
    EXPECT_EQ(deliver(remote, {report(remote, Verdict::pass)}).status, 409U) << shown;
  }
  // What was given before turns had numbers holds once more.
  ASSERT_TRUE(db->execute("UPDATE device SET copied_at = NULL, turn = ? WHERE subject = ?",
                          {secret_hash("old"), "device:" + remote.id}));
  remote.turn = "old";
  EXPECT_EQ(deliver(remote, {report(remote, Verdict::pass)}).status, 200U);
  EXPECT_EQ(deliver(remote, {report(remote, Verdict::pass)}).status, 200U);
  remote.turn = "old";
  EXPECT_EQ(deliver(remote, {report(remote, Verdict::pass)}).status, 409U);
}

TEST_P(AgentsTest, AKeyOnAnotherInstallationIsACopy) {
  Remote remote = enrolled();
  remote.machine = std::string(64, 'b');
  EXPECT_EQ(deliver(remote, {report(remote, Verdict::pass)}).status, 409U);
  EXPECT_TRUE(verdicts().empty());
}

TEST_P(AgentsTest, NoDeviceSpeaksForAnother) {
  Remote one = enrolled();
  Remote other;
  other.machine = std::string(64, 'c');
  ASSERT_EQ(enrol(other, new_code()).status, 200U);
  ASSERT_NE(one.id, other.id);
  const auto reason = [&](const SignedReport& sent) {
    const HttpReply reply = deliver(one, {sent});
    EXPECT_EQ(reply.status, 200U);
    const auto receipt = read_receipt(reply.body);
    return receipt->refused.empty() ? std::string() : receipt->refused.front().reason.en;
  };
  EXPECT_THAT(reason(report(other, Verdict::pass)), HasSubstr("another device"));
  SignedReport forged = report(one, Verdict::pass);
  forged.signature = base64url(other.key.sign(forged.body));
  EXPECT_THAT(reason(forged), HasSubstr("signature"));
  SignedReport changed = report(one, Verdict::fail);
  changed.body.replace(changed.body.find("fail"), 4, "pass");
  EXPECT_THAT(reason(changed), HasSubstr("signature"));
  EXPECT_NE(reason({"{}", "x"}), "");
  EXPECT_TRUE(verdicts().empty());
  // What is refused does not hold up the rest.
  const HttpReply mixed = deliver(one, {forged, report(one, Verdict::pass)});
  EXPECT_EQ(read_receipt(mixed.body)->refused.size(), 1U);
  EXPECT_EQ(verdicts().size(), 1U);
}

TEST_P(AgentsTest, ClocksHaveToAgree) {
  Remote remote = enrolled();
  const auto sent = report(remote, Verdict::pass);
  const auto with_clock = [&](std::chrono::seconds off) {
    return ask("POST", "reports", write_delivery({time + off, remote.turn, {sent}}),
               remote.certificate);
  };
  for (const std::chrono::seconds off : {std::chrono::minutes(6), std::chrono::minutes(-6)}) {
    const HttpReply reply = with_clock(off);
    EXPECT_EQ(reply.status, 422U);
    EXPECT_THAT(reply.body, HasSubstr("clock"));
  }
  // Seen long ago, or not yet: refused with a reason, and never kept.
  Remote& r = remote;
  for (const std::chrono::hours off : {std::chrono::hours(-24 * 91), std::chrono::hours(1)}) {
    const Time real = time;
    time += off;
    const auto odd = report(r, Verdict::pass);
    time = real;
    const HttpReply reply = deliver(r, {odd});
    EXPECT_EQ(read_receipt(reply.body)->refused.size(), 1U);
  }
  EXPECT_TRUE(verdicts().empty());
  EXPECT_EQ(deliver(remote, {report(remote, Verdict::pass)}).status, 200U);
}

TEST_P(AgentsTest, WhoIsNotKnownOrNoLongerWelcomeIsRefused) {
  Remote remote = enrolled();
  const auto sent = report(remote, Verdict::pass);
  const std::string body = write_delivery({time, remote.turn, {sent}});
  EXPECT_EQ(ask("POST", "reports", body, "").status, 403U);
  EXPECT_EQ(ask("POST", "reports", body, std::string(64, '0')).status, 403U);
  EXPECT_EQ(ask("GET", "content", "", "").status, 403U);
  EXPECT_EQ(ask("POST", "renew", write_renewal(remote.key.request()), "").status, 403U);
  ASSERT_TRUE(db->execute("UPDATE device SET state = 'retired'"));
  EXPECT_EQ(ask("POST", "reports", body, remote.certificate).status, 403U);
  ASSERT_TRUE(db->execute("UPDATE device SET state = 'lost'"));
  EXPECT_EQ(ask("POST", "reports", body, remote.certificate).status, 200U)
      << "what a lost device still says is worth hearing";
  ASSERT_TRUE(db->execute("UPDATE device_certificate SET revoked_at = 1"));
  EXPECT_EQ(ask("POST", "reports", body, remote.certificate).status, 403U);
}

TEST_P(AgentsTest, CertificatesAreRenewedForTheSameKeyAlone) {
  Remote remote = enrolled();
  time += std::chrono::days(80);
  const KeyPair other = *KeyPair::make();
  EXPECT_EQ(ask("POST", "renew", write_renewal(other.request()), remote.certificate).status, 422U);
  EXPECT_EQ(ask("POST", "renew", "{}", remote.certificate).status, 400U);
  const HttpReply reply =
      ask("POST", "renew", write_renewal(remote.key.request()), remote.certificate);
  ASSERT_EQ(reply.status, 200U) << reply.body;
  const auto renewed = read_certificate(reply.body);
  ASSERT_TRUE(renewed);
  EXPECT_EQ(renewed->not_after, time + kDeviceCertificateLasts);
  time += std::chrono::days(11);  // the first one has ended
  EXPECT_EQ(deliver(remote, {report(remote, Verdict::pass)}).status, 403U);
  remote.certificate = renewed->fingerprint;
  EXPECT_EQ(deliver(remote, {report(remote, Verdict::pass)}).status, 200U);
}

TEST_P(AgentsTest, TheKeyForProgramsIsAnotherAndSpeaksForNoReport) {
  Remote remote = enrolled();
  const KeyPair programs = *KeyPair::make();
  EXPECT_EQ(ask("POST", "access", write_renewal(remote.key.request()), remote.certificate).status,
            422U)
      << "whoever may have digests signed could sign a report";
  EXPECT_EQ(ask("POST", "access", "{}", remote.certificate).status, 400U);
  EXPECT_EQ(ask("POST", "access", write_renewal(programs.request()), "").status, 403U);
  const HttpReply reply =
      ask("POST", "access", write_renewal(programs.request()), remote.certificate);
  ASSERT_EQ(reply.status, 200U) << reply.body;
  const auto given = read_certificate(reply.body);
  ASSERT_TRUE(given);
  EXPECT_EQ(given->public_key, programs.public_key());
  EXPECT_EQ(given->not_after, time + kDeviceCertificateLasts);
  EXPECT_EQ(parts_of(*given)->name, remote.id);
  EXPECT_THAT(parts_of(*given)->whole, HasSubstr("urn:sekisho:device:" + remote.id));
  // With it nothing is let in that a device does, though it is of the same authority.
  const std::string body = write_delivery({time, remote.turn, {report(remote, Verdict::pass)}});
  for (const auto& [method, path, sent] : std::initializer_list<std::array<std::string, 3>>{
           {"POST", "reports", body},
           {"POST", "renew", write_renewal(programs.request())},
           {"POST", "access", write_renewal(programs.request())},
           {"GET", "content", ""},
           {"GET", "line", ""}})
    EXPECT_EQ(ask(method, path, sent, given->fingerprint).status, 403U) << path;
  // Nor does a report count that was signed with it.
  Remote forger = remote;
  forger.key = programs;
  const HttpReply forged = deliver(forger, {report(forger, Verdict::pass)});
  EXPECT_TRUE(forged.status != 200U || read_receipt(forged.body)->refused.size() == 1)
      << forged.body;
  EXPECT_TRUE(verdicts().empty());
}

TEST_P(AgentsTest, OneKeyForProgramsHoldsAtATime) {
  Remote remote = enrolled();
  const auto held = [&] {
    const auto rows = db->query(
        "SELECT fingerprint FROM device_certificate WHERE purpose = 'access' AND revoked_at IS "
        "NULL "
        "ORDER BY id");
    std::vector<std::string> all;
    for (const auto& row : *rows) all.push_back(row.text(0));
    return all;
  };
  const auto given = [&](const KeyPair& key) {
    return read_certificate(
               ask("POST", "access", write_renewal(key.request()), remote.certificate).body)
        ->fingerprint;
  };
  const KeyPair first = *KeyPair::make();
  const KeyPair second = *KeyPair::make();
  const std::string one = given(first);
  time += std::chrono::days(31);
  const std::string next = given(first);
  EXPECT_EQ(held(), (std::vector{one, next})) << "a browser that runs has the one before";
  const std::string other = given(second);
  EXPECT_EQ(held(), std::vector{other});
  EXPECT_EQ(deliver(remote, {report(remote, Verdict::pass)}).status, 200U);
  // Enrolled again, the device has neither.
  Remote again;
  again.machine = remote.machine;
  EXPECT_EQ(enrol(again, new_code()).status, 200U);
  EXPECT_TRUE(held().empty());
}

TEST_P(AgentsTest, EarlierCertificatesHoldUntilTheyEndOrTheDeviceIsGivenUp) {
  Remote remote = enrolled();
  std::vector<std::string> given{remote.certificate};
  for (int month = 0; month < 2; ++month) {
    time += std::chrono::days(31);
    const HttpReply reply =
        ask("POST", "renew", write_renewal(remote.key.request()), remote.certificate);
    ASSERT_EQ(reply.status, 200U) << reply.body;
    remote.certificate = read_certificate(reply.body)->fingerprint;
    given.push_back(remote.certificate);
  }
  const std::string last_turn = remote.turn;
  for (const std::string& one : given) {
    remote.certificate = one;
    EXPECT_EQ(deliver(remote, {report(remote, Verdict::pass)}).status, 200U);
  }
  // A copy of the disk is found by whichever it shows.
  Remote copy = remote;
  copy.certificate = given.front();
  copy.turn = last_turn;
  EXPECT_EQ(deliver(copy, {report(copy, Verdict::pass)}).status, 409U);
  ASSERT_TRUE(db->execute("UPDATE device SET copied_at = NULL"));
  ASSERT_TRUE(db->execute("UPDATE device SET state = 'retired'"));
  for (const std::string& one : given) EXPECT_EQ(ask("GET", "content", "", one).status, 403U);
  ASSERT_TRUE(db->execute("UPDATE device SET state = 'active'"));
  // Enrolled again, with another key, none of them holds.
  Remote again;
  again.machine = remote.machine;
  EXPECT_EQ(enrol(again, new_code()).status, 200U);
  EXPECT_EQ(again.id, remote.id);
  for (const std::string& one : given) EXPECT_EQ(ask("GET", "content", "", one).status, 403U);
  EXPECT_EQ(ask("GET", "content", "", again.certificate).status, 200U);
}

TEST_P(AgentsTest, BodiesAreBounded) {
  Remote remote = enrolled();
  const std::string bomb = gzip(std::string(kMostDeliveryBytes + 1, ' '), 9);
  EXPECT_EQ(ask("POST", "reports", bomb, remote.certificate, true).status, 413U);
  EXPECT_EQ(ask("POST", "reports", "not gzip", remote.certificate, true).status, 413U);
  EXPECT_EQ(ask("POST", "reports", "not json", remote.certificate).status, 400U);
  const auto whole = write_delivery({time, remote.turn, {report(remote, Verdict::pass)}});
  EXPECT_EQ(ask("POST", "reports", gzip(whole, 6), remote.certificate, true).status, 200U);
  EXPECT_EQ(ask("GET", "nothing", "", remote.certificate).status, 404U);
}

TEST_P(AgentsTest, ContentIsSignedByTheOrganisation) {
  Remote remote;
  const HttpReply enrolment = enrol(remote, new_code());
  const auto key = read_enrolled(enrolment.body)->content_key;
  const HttpReply reply = ask("GET", "content", "", remote.certificate);
  ASSERT_EQ(reply.status, 200U);
  const auto content = read_content(reply.body);
  ASSERT_TRUE(content);
  EXPECT_TRUE(signature_valid(key, content->body, content->signature));
  EXPECT_FALSE(signature_valid(key, content->body + " ", content->signature));
  EXPECT_EQ(read_content_files(content->body)->front().name, "known-exploited.json");
  const HttpReply sent = deliver(remote, {report(remote, Verdict::pass)});
  EXPECT_EQ(read_receipt(sent.body)->content, content_version(content->body));
}

/// A list as `by` signs it, for the device of `remote`.
std::string software_of(const Remote& remote, const KeyPair& by, Time at,
                        std::vector<InstalledSoftware> software) {
  const std::string body = write_software_list({remote.id, at, write_sbom(std::move(software))});
  return write_signed({body, base64url(by.sign(body))});
}

TEST_P(AgentsTest, SoftwareIsHeldAgainstTheFeedsAndJoinsTheReports) {
  Feeds feeds;
  feeds.stamp = "1";
  feeds.exploited.by_product[{"GNU", "GNU C Library"}] = {{"CVE-2023-4911", "glibc", {}, false}};
  OsvList debian(Ecosystem::debian);
  ASSERT_TRUE(debian.add_osv(
      R"({"id":"DEBIAN-CVE-2023-4911","affected":[{"package":{"ecosystem":"Debian:12","name":)"
      R"("glibc"},"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"},{"fixed":)"
      R"("2.36-9+deb12u3"}]}]}]})"));
  feeds.osv.at(0) = std::make_shared<const OsvList>(std::move(debian));
  options.feeds = [&]() -> Result<std::shared_ptr<const Feeds>> {
    return std::make_shared<const Feeds>(feeds);
  };
  Remote remote = enrolled();
  ASSERT_EQ(deliver(remote, {report(remote, Verdict::pass)}).status, 200U);
  const auto libc = [](const std::string& version) {
    return std::vector<InstalledSoftware>{
        {"libc6", version,
         "pkg:deb/debian/libc6@" + version + "?distro=debian-12&upstream=glibc%40" + version}};
  };
  const HttpReply taken =
      ask("POST", "software", gzip(software_of(remote, remote.key, time, libc("2.36-9")), 6),
          remote.certificate, true);
  ASSERT_EQ(taken.status, 200U) << taken.body;
  // The receipt names it, so that it isn't sent again.
  const HttpReply receipt = deliver(remote, {report(remote, Verdict::pass)});
  EXPECT_EQ(read_receipt(receipt.body)->software, content_version(write_sbom(libc("2.36-9"))));
  const auto found = [&](const char* check) {
    const AgentReport one{remote.id,
                          ++remote.sequence,
                          time,
                          "pc-17",
                          remote.machine,
                          {"debian", "12", "Debian 12"},
                          {{check, Verdict::pass, {"良い", "good"}}}};
    const std::string body = write_report(one);
    EXPECT_EQ(deliver(remote, {{body, base64url(remote.key.sign(body))}}).status, 200U);
    const auto rows = db->query(
        "SELECT verdict, detail_en FROM evidence WHERE check_id = ? ORDER BY id DESC LIMIT 1",
        {std::string(check)});
    return rows->front().text(0) + ": " + rows->front().text(1);
  };
  EXPECT_EQ(found("known-exploited"),
            "fail: open to vulnerabilities in real attacks: CVE-2023-4911 (libc6 2.36-9)");
  EXPECT_THAT(found("security-updates"), HasSubstr("fail: vulnerabilities that an update mends"));
  time += std::chrono::minutes(1);
  ASSERT_EQ(ask("POST", "software", software_of(remote, remote.key, time, libc("2.36-9+deb12u3")),
                remote.certificate)
                .status,
            200U);
  EXPECT_EQ(found("known-exploited"), "pass: good");
  EXPECT_EQ(db->query("SELECT version FROM software")->size(), 1U);
}

TEST_P(AgentsTest, SoftwareOfAnotherOrOfBeforeIsRefused) {
  Remote one = enrolled();
  Remote other;
  other.machine = std::string(64, 'c');
  ASSERT_EQ(enrol(other, new_code()).status, 200U);
  const std::vector<InstalledSoftware> software{{"Zoom", "6.0", ""}};
  const auto send = [&](const std::string& body) {
    return ask("POST", "software", body, one.certificate);
  };
  EXPECT_EQ(send(software_of(other, other.key, time, software)).status, 422U);
  EXPECT_EQ(send(software_of(one, other.key, time, software)).status, 422U);
  EXPECT_EQ(send(software_of(one, one.key, time - std::chrono::minutes(6), software)).status, 422U);
  EXPECT_EQ(send("{}").status, 400U);
  const std::string body = write_software_list({one.id, time, "{}"});
  EXPECT_EQ(send(write_signed({body, base64url(one.key.sign(body))})).status, 400U);
  EXPECT_EQ(ask("POST", "software", "{}", "").status, 403U);
  EXPECT_TRUE(db->query("SELECT 1 FROM software")->empty());
  const std::string now = software_of(one, one.key, time, software);
  EXPECT_EQ(send(now).status, 200U);
  time += std::chrono::minutes(1);
  EXPECT_EQ(send(software_of(one, one.key, time, {{"Zoom", "6.1", ""}})).status, 200U);
  const HttpReply late = send(now);
  EXPECT_EQ(late.status, 422U);
  EXPECT_THAT(late.body, HasSubstr("newer list"));
  EXPECT_EQ(db->query("SELECT version FROM software")->front().text(0), "6.1");
}

TEST_P(AgentsTest, ADeviceIsHeldUntilItStandsOtherwiseWithIt) {
  Remote one = enrolled();
  std::vector<ClosedHere> closed;
  agents->tells([&](PersonId whose, DeviceId) {
    EXPECT_EQ(whose, person);
    return closed;
  });
  const auto wait = [&](const std::string& since) {
    HttpRequest request;
    request.method = "GET";
    request.path = "/agent/v1/wait";
    request.query = "since=" + since;
    request.peer_certificate = one.certificate;
    return agents->answer(request, *db);
  };
  const auto told = [&](const std::string& since) {
    const HttpReply reply = wait(since);
    EXPECT_EQ(reply.hold, nullptr);
    return read_told(reply.body).value_or(Told());
  };
  const Told first = told("");
  EXPECT_EQ(first.looks, 0);
  EXPECT_EQ(told("%zz").word, first.word);
  const HttpReply held = wait(first.word);
  EXPECT_EQ(held.status, 202U);
  ASSERT_NE(held.hold, nullptr);
  EXPECT_EQ(held.hold->key, Agents::key_of(DeviceId(1)));
  EXPECT_TRUE(held.hold->still());
  agents->news();
  EXPECT_FALSE(held.hold->still());
  // What was the same before is the same again, whatever was lost between.
  closed = {{{"書類", "Files"}, {"暗号化がない", "not encrypted"}}};
  const Told second = told(first.word);
  EXPECT_EQ(second.closed, closed);
  EXPECT_EQ(told(first.word), second);
  EXPECT_NE(wait(second.word).hold, nullptr);
  closed.clear();
  EXPECT_EQ(told(second.word).word, first.word);
  closed.resize(kMostClosed + 3, {{"書類", "Files"}, {"", "x"}});
  for (ClosedHere& each : closed) each.why.ja = "暗号化";
  EXPECT_EQ(told("").more_closed, 3);
  closed.clear();
  ASSERT_TRUE(db->execute("UPDATE device SET looks_asked = looks_asked + 1"));
  EXPECT_EQ(told(first.word).looks, 1);
  ASSERT_TRUE(db->execute("UPDATE device SET state = 'retired'"));
  EXPECT_EQ(wait(first.word).status, 403U);
  EXPECT_EQ(ask("GET", "wait", "", "").status, 403U);
}

SEKISHO_BOTH_DATABASES(AgentsTest);

}  // namespace
}  // namespace sekisho
