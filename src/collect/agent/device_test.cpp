// SPDX-License-Identifier: Apache-2.0
#include "collect/agent/device.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "collect/agent/access_key.h"
#include "collect/agent/faulty.h"
#include "collect/agent/state.h"

namespace sekisho {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

const Time kStart = *parse_time("2026-11-24T09:00:00Z");
const std::filesystem::path kFolder = "/agent";
const MachineFacts kFacts{"pc", std::string(64, 'a'), {"debian", "12", "Debian 12"}};

const Authority& authority() {
  static const Authority made = *Authority::make(kStart);
  return made;
}
const SigningKey& signer() {
  static const SigningKey made = new_signing_key();
  return made;
}

std::vector<AgentRecord> records(int sight) {
  return {{"firewall", Verdict::pass, {"", "sight " + std::to_string(sight)}}};
}

/// A machine with an agent, and the server that it reports to.
struct Office {
  FaultyDisk disk;
  FakeServer server{authority(), signer()};
  FaultyNet net{server};
  std::optional<Watch> watch;
  Moment moment{kStart, {}};
  int sight = 0;
  std::vector<std::string> complaints;
  std::vector<std::string> said;

  Office() {
    server.clock = kStart;
    const auto enrolled =
        Device::enrol(kFolder, {"https://server:1", "code", authority().certificate().fingerprint},
                      kFacts, Device::Enrolling::first, disk, net);
    EXPECT_TRUE(enrolled) << enrolled.error().message.en;
    disk.steps = 0;
    net.questions = 0;
  }

  Watched machine() {
    return {[this](Time) { return Result<Sight>(Sight{kFacts, records(sight)}); },
            [this] { return write_sbom({{"program", std::to_string(sight / 3), ""}}); },
            [this](const std::vector<ContentFile>& files) -> Result<void> {
              for (const ContentFile& file : files)
                if (auto kept = disk.write("/content/" + file.name, file.text); !kept) return kept;
              return {};
            },
            [] {},
            [this](const Text& text) { said.push_back(text.en); },
            [this](const Error& error) { complaints.push_back(error.message.en); }};
  }
  /// Two minutes later: what there is to see is new, and the agent runs, begun anew where it died.
  bool round(std::chrono::seconds later = std::chrono::minutes(2)) {
    moment.wall += later;
    moment.steady += later;
    server.clock += later;
    ++sight;
    try {
      if (!watch) {
        auto device = Device::open(kFolder, disk, net);
        if (!device) return false;
        watch.emplace(std::move(*device), machine());
      }
      return watch->round(moment);
    } catch (const Died&) {
      watch.reset();
      return false;
    }
  }
  void healthy() {
    disk.fault_at = net.fault_at = 0;
    disk.full = net.away = false;
  }
  /// What has to be true after whatever went wrong, once it goes wrong no more.
  void expect_recovered(const std::string& what) {
    healthy();
    // A failure may have been waited for, for up to twelve minutes.
    for (int i = 0; i < 8; ++i) round();
    EXPECT_TRUE(round()) << what;
    EXPECT_FALSE(server.copied) << what;
    for (const std::int64_t sequence : disk.queued)
      EXPECT_TRUE(server.taken.contains(sequence)) << what << ": lost report " << sequence;
    ASSERT_FALSE(server.taken.empty()) << what;
    EXPECT_THAT(server.taken.rbegin()->second, HasSubstr("sight " + std::to_string(sight))) << what;
    for (const auto& [name, content] : disk.files)
      EXPECT_FALSE(name.starts_with("/agent/queue/")) << what << ": still there " << name;
    for (const ContentFile& file : server.files)
      EXPECT_EQ(disk.files["/content/" + file.name], file.text) << what;
    FaultyDisk& plain = disk;
    EXPECT_EQ(read_state(plain, kFolder)->content, server.version()) << what;
  }
};

/// Some rounds with all that an agent does: content comes twice, the certificate is renewed, and
/// for a while the server is away.
void work(Office& office) {
  office.round();
  office.server.files = {{"a.json", "2"}, {"b.json", "2"}};
  office.round();
  office.net.away = true;
  office.round();
  office.round();
  office.net.away = false;
  office.round(std::chrono::minutes(13));
  office.round(std::chrono::days(61));
  office.round();
}

TEST(Agent, BelievesAnAuthoritysSuccessorThatItWasGivenBefore) {
  const Authority second = *Authority::make(kStart);
  const Authority third = *Authority::make(kStart);
  Office office;
  office.server.says_whom_to_believe = false;
  EXPECT_TRUE(office.round(std::chrono::days(61))) << "an older server";
  office.server.says_whom_to_believe = true;
  office.server.next = &second;
  EXPECT_TRUE(office.round(std::chrono::days(61)));
  office.server.succeed();
  office.watch.reset();  // it is on the disk
  EXPECT_TRUE(office.round());
  // The one before is forgotten when it is no longer said, and one that never was is not believed.
  office.server.before = nullptr;
  EXPECT_TRUE(office.round(std::chrono::days(61)));
  EXPECT_EQ(read_state(office.disk, kFolder)->authority, second.certificate().pem);
  office.server.next = &third;
  office.server.succeed();
  EXPECT_FALSE(office.round());
  // What comes damaged is not taken, and the certificate that came with it isn't either.
  office.server.next = &second;
  office.server.succeed();
  office.server.garbage = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
  const auto before = read_state(office.disk, kFolder);
  office.round(std::chrono::days(61));
  EXPECT_EQ(read_state(office.disk, kFolder)->certificate, before->certificate);
  EXPECT_EQ(read_state(office.disk, kFolder)->authority, before->authority);
  office.server.garbage.clear();
  EXPECT_TRUE(office.round(std::chrono::days(1)));
  EXPECT_NE(read_state(office.disk, kFolder)->certificate, before->certificate);
}

TEST(Agent, RecoversFromAFaultOfTheDiskAtAnyPlace) {
  Office counted;
  work(counted);
  const int steps = counted.disk.steps;
  ASSERT_GT(steps, 40);
  counted.expect_recovered("no fault");
  for (const DiskFault fault :
       {DiskFault::fails, DiskFault::fails_after, DiskFault::dies, DiskFault::dies_after})
    for (int at = 1; at <= steps; ++at) {
      Office office;
      office.disk.fault = fault;
      office.disk.fault_at = at;
      work(office);
      office.expect_recovered("fault " + std::to_string(static_cast<int>(fault)) + " at step " +
                              std::to_string(at));
    }
}

TEST(Agent, RecoversFromAFaultOfTheNetAtAnyPlace) {
  Office counted;
  work(counted);
  const int questions = counted.net.questions;
  ASSERT_GT(questions, 10);
  for (const NetFault fault :
       {NetFault::nothing_sent, NetFault::nothing_back, NetFault::refused, NetFault::garbled})
    for (int at = 1; at <= questions; ++at) {
      Office office;
      office.net.fault = fault;
      office.net.fault_at = at;
      work(office);
      office.expect_recovered("fault " + std::to_string(static_cast<int>(fault)) + " of question " +
                              std::to_string(at));
    }
}

TEST(Agent, RecoversFromFaultsOfBothAtOnce) {
  std::mt19937 random(20'261'126);  // NOLINT(bugprone-random-generator-seed): the same each time
  const auto up_to = [&](int most) { return std::uniform_int_distribution<int>(1, most)(random); };
  for (int i = 0; i < 150; ++i) {
    Office office;
    office.disk.fault = static_cast<DiskFault>(up_to(4));
    office.disk.fault_at = up_to(60);
    office.net.fault = static_cast<NetFault>(up_to(4));
    office.net.fault_at = up_to(12);
    work(office);
    office.expect_recovered("fault " + std::to_string(static_cast<int>(office.disk.fault)) +
                            " and " + std::to_string(static_cast<int>(office.net.fault)) +
                            " in round " + std::to_string(i));
  }
}

TEST(Agent, GoesOnReportingWhileTheDiskIsFull) {
  Office office;
  office.round();
  office.disk.full = true;
  const std::string turn = read_state(office.disk, kFolder)->turn;
  for (int i = 0; i < 20; ++i) {
    EXPECT_FALSE(office.round()) << "and says so";
    ASSERT_FALSE(office.server.copied);
    EXPECT_THAT(office.server.taken.rbegin()->second,
                HasSubstr("sight " + std::to_string(office.sight)));
  }
  // Whoever starts after a crash has what is on the disk, and is still known by it.
  EXPECT_EQ(read_state(office.disk, kFolder)->turn, turn);
  office.watch.reset();
  office.expect_recovered("full");
}

TEST(Agent, FetchesContentAgainUntilItIsInPlace) {
  Office office;
  office.disk.full = true;
  for (int i = 0; i < 3; ++i) office.round();
  EXPECT_FALSE(office.disk.files.contains("/content/a.json"));
  office.watch.reset();  // and after a new start
  office.expect_recovered("content");
}

TEST(Agent, ForgottenContentIsFetchedThoughTheDiskDoesNotLearnOfIt) {
  Office office;
  for (int i = 0; i < 2; ++i) office.round();
  auto device = Device::open(kFolder, office.disk, office.net);
  EXPECT_FALSE(device) << "one at a time";
  office.watch.reset();
  device = Device::open(kFolder, office.disk, office.net);
  ASSERT_TRUE(device);
  ASSERT_TRUE(device->add(kFacts, office.moment.wall, records(99)));
  office.disk.full = true;
  EXPECT_FALSE(device->forget_content());
  const auto sent = device->send(office.moment.wall);
  ASSERT_TRUE(sent);
  EXPECT_TRUE(sent->content_changed);
}

/// Reports of a device that is opened anew, without a watch.
struct Queued : Office {
  std::optional<Device> device;
  Queued() {
    auto opened = Device::open(kFolder, disk, net);
    EXPECT_TRUE(opened);
    device.emplace(std::move(*opened));
    for (int i = 1; i <= 3; ++i) EXPECT_TRUE(device->add(kFacts, kStart, records(i)));
  }
  static std::string file(int sequence) {
    return "/agent/queue/00000000000" + std::to_string(sequence) + ".json.gz";
  }
};

TEST(Agent, KeepsAReportThatCannotBeReadNowAndAllAfterIt) {
  Queued queued;
  FaultyDisk& disk = queued.disk;
  // The second of the three: the queue is listed, the first read, and then this.
  disk.fault = DiskFault::fails;
  disk.fault_at = disk.steps + 3;
  auto sent = queued.device->send(kStart);
  ASSERT_TRUE(sent);
  EXPECT_EQ(sent->reports, 1U);
  ASSERT_EQ(sent->troubles.size(), 1U);
  EXPECT_THAT(sent->troubles[0].message.en, HasSubstr("cannot be read now"));
  EXPECT_FALSE(disk.files.contains(Queued::file(1)));
  EXPECT_TRUE(disk.files.contains(Queued::file(2)) && disk.files.contains(Queued::file(3)));
  disk.fault_at = 0;
  sent = queued.device->send(kStart);
  ASSERT_TRUE(sent);
  EXPECT_EQ(sent->reports, 2U);
  EXPECT_THAT(sent->troubles, IsEmpty());
  EXPECT_EQ(queued.server.taken.size(), 3U);
}

TEST(Agent, PutsABrokenReportAsideAndSaysSo) {
  Queued queued;
  queued.disk.files[Queued::file(2)] = "garbled";
  auto sent = queued.device->send(kStart);
  ASSERT_TRUE(sent);
  EXPECT_EQ(sent->reports, 2U);
  ASSERT_EQ(sent->troubles.size(), 1U);
  EXPECT_THAT(sent->troubles[0].message.en, HasSubstr("report 2 that waited is damaged"));
  EXPECT_EQ(queued.disk.files["/agent/queue.broken/000000000002.json.gz"], "garbled");
  EXPECT_EQ(queued.device->waiting(), 0U);
  ASSERT_TRUE(queued.device->add(kFacts, kStart, records(4)));
  EXPECT_THAT(queued.device->send(kStart)->troubles, IsEmpty()) << "once";
}

TEST(Agent, NumbersItsReportsOverAllStarts) {
  Office office;
  std::set<std::int64_t> numbers;
  for (int start = 0; start < 4; ++start) {
    auto device = Device::open(kFolder, office.disk, office.net);
    ASSERT_TRUE(device);
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(device->add(kFacts, kStart, records(i)));
    ASSERT_TRUE(device->send(kStart));
  }
  EXPECT_EQ(office.server.taken.size(), 12U);
}

TEST(Agent, TakesOnlyWhatItsServerSigned) {
  Office office;
  office.server.signs = false;
  EXPECT_FALSE(office.round());
  EXPECT_THAT(office.complaints, ::testing::Contains(HasSubstr("not signed by this server")));
  EXPECT_FALSE(office.disk.files.contains("/content/a.json"));
  office.server.signs = true;
  EXPECT_TRUE(office.round());
  EXPECT_TRUE(office.disk.files.contains("/content/a.json"));
}

TEST(Agent, TakesNoCertificateOfAnotherKeyAndReportsAllTheSame) {
  Office office;
  office.server.certifies_others = true;
  EXPECT_FALSE(office.round(std::chrono::days(61)));
  EXPECT_THAT(office.complaints, ::testing::Contains(HasSubstr("not for this device's key")));
  EXPECT_FALSE(office.server.taken.empty());
  EXPECT_TRUE(read_state(office.disk, kFolder)->certificates_before.empty());
}

TEST(Agent, ReportsThoughTheServerRenewsNoCertificateAndSaysWhenItEnded) {
  Office office;
  office.server.renews = false;
  EXPECT_FALSE(office.round(std::chrono::days(61)));
  EXPECT_EQ(office.server.taken.size(), 1U);
  const int before = office.net.questions;
  EXPECT_TRUE(office.round());
  EXPECT_EQ(office.net.questions, before + 1) << "it is not asked for at each sending";
  office.complaints.clear();
  EXPECT_FALSE(office.round(std::chrono::days(30)));
  ASSERT_FALSE(office.complaints.empty());
  EXPECT_THAT(office.complaints.back(), HasSubstr("certificate ended on 2027-02-22"));
  EXPECT_THAT(office.complaints.back(), HasSubstr("agent enrol --again LINK"));
}

TEST(Agent, GetsACertificateForTheKeyOfProgramsAndRenewsIt) {
  Office office;
  EXPECT_FALSE(read_access_key(office.disk, kFolder));
  EXPECT_TRUE(office.round());
  const auto first = read_access_key(office.disk, kFolder);
  ASSERT_TRUE(first) << first.error().message.en;
  EXPECT_EQ(first->certificate.fingerprint, office.server.access);
  EXPECT_NE(first->certificate.public_key, read_key(office.disk, kFolder)->public_key());
  const int before = office.net.questions;
  EXPECT_TRUE(office.round(std::chrono::hours(2)));
  EXPECT_EQ(read_access_key(office.disk, kFolder)->certificate.fingerprint, office.server.access);
  EXPECT_LE(office.net.questions, before + 2) << "not asked for again";
  EXPECT_TRUE(office.round(std::chrono::days(31)));
  const auto next = read_access_key(office.disk, kFolder);
  EXPECT_NE(next->certificate.fingerprint, first->certificate.fingerprint);
  EXPECT_EQ(next->certificate.public_key, first->certificate.public_key) << "the key stays";
}

TEST(Agent, AnOlderServerGivesNoCertificateForProgramsAndNobodyIsBothered) {
  Office office;
  office.server.gives_access = false;
  EXPECT_TRUE(office.round());
  EXPECT_THAT(office.complaints, IsEmpty());
  EXPECT_FALSE(read_access_key(office.disk, kFolder));
  office.server.gives_access = true;
  EXPECT_TRUE(office.round(std::chrono::hours(2)));
  EXPECT_TRUE(read_access_key(office.disk, kFolder));
}

/// A key of which the power took the certificate, or that was made twice, is certified anew; one
/// that is not of this enrolment goes.
TEST(Agent, TheKeyForProgramsMendsItself) {
  Office office;
  EXPECT_TRUE(office.round());
  const auto first = read_access_key(office.disk, kFolder);
  office.disk.files[access_key_file(kFolder).string()] = KeyPair::make()->pem();
  EXPECT_FALSE(read_access_key(office.disk, kFolder)) << "a key with another's certificate";
  EXPECT_TRUE(office.round(std::chrono::hours(2)));
  EXPECT_TRUE(read_access_key(office.disk, kFolder));
  office.disk.files[access_key_file(kFolder).string()] = "garbage";
  EXPECT_TRUE(office.round(std::chrono::hours(2)));
  EXPECT_TRUE(read_access_key(office.disk, kFolder));
  office.watch.reset();
  ASSERT_TRUE(Device::enrol(kFolder,
                            {"https://server:1", "code2", authority().certificate().fingerprint},
                            kFacts, Device::Enrolling::again, office.disk, office.net));
  EXPECT_FALSE(office.disk.files.contains(access_key_file(kFolder).string()));
  EXPECT_FALSE(office.disk.files.contains(access_certificate_file(kFolder).string()));
}

TEST(Agent, AfterAServerWasSetBackProgramsGetACertificateThatItKnows) {
  Office office;
  office.round(std::chrono::days(61));
  const std::string before = office.server.access;
  office.server.forgot.insert(
      read_certificate(read_state(office.disk, kFolder)->certificate)->fingerprint);
  EXPECT_TRUE(office.round(std::chrono::hours(2)));
  EXPECT_TRUE(office.round(std::chrono::hours(2)));
  EXPECT_NE(office.server.access, before);
  EXPECT_EQ(read_access_key(office.disk, kFolder)->certificate.fingerprint, office.server.access);
}

TEST(Agent, IsKnownByTheCertificateBeforeToAServerThatLostTheLast) {
  Office office;
  office.round(std::chrono::days(61));
  const auto state = read_state(office.disk, kFolder);
  ASSERT_EQ(state->certificates_before.size(), 1U);
  office.server.forgot.insert(read_certificate(state->certificate)->fingerprint);
  EXPECT_TRUE(office.round());
  office.watch.reset();
  EXPECT_TRUE(office.round()) << "and asks for the next";
  const auto later = read_state(office.disk, kFolder);
  EXPECT_EQ(later->certificates_before.front(), state->certificates_before.front());
  EXPECT_NE(later->certificate, state->certificate);
  office.expect_recovered("certificate");
}

std::string mark_of(const std::string& pem) { return read_certificate(pem)->fingerprint; }

TEST(Agent, IsKnownByAnyThatHoldsToAServerThatWasSetBackByMonths) {
  Office office;
  const std::string first = read_state(office.disk, kFolder)->certificate;
  for (int month = 0; month < 2; ++month) EXPECT_TRUE(office.round(std::chrono::days(31)));
  const auto state = read_state(office.disk, kFolder);
  ASSERT_EQ(state->certificates_before.size(), 2U) << "renewed twice";
  EXPECT_EQ(state->certificates_before.back(), first);
  // Set back to before both.
  for (const std::string& pem : {state->certificate, state->certificates_before.front()})
    office.server.forgot.insert(mark_of(pem));
  EXPECT_TRUE(office.round());
  EXPECT_EQ(read_state(office.disk, kFolder)->certificate, first);
  office.watch.reset();
  EXPECT_TRUE(office.round()) << "and asks for the next";
  // And then to before that one, and forward again: none that holds was thrown away.
  const auto later = read_state(office.disk, kFolder);
  office.server.forgot = {mark_of(later->certificate), mark_of(first)};
  EXPECT_TRUE(office.round());
  office.expect_recovered("set back and forward");
  // Where none is known it says so, and keeps what it has.
  const auto last = read_state(office.disk, kFolder);
  office.server.forgot = {mark_of(last->certificate)};
  for (const std::string& pem : last->certificates_before)
    office.server.forgot.insert(mark_of(pem));
  office.complaints.clear();
  EXPECT_FALSE(office.round());
  EXPECT_THAT(office.complaints, ::testing::Contains(HasSubstr("not valid here")));
  EXPECT_EQ(read_state(office.disk, kFolder)->certificate, last->certificate);
}

TEST(Agent, SaysWhatIsClosedHereAndLooksAtOnceWhenItIsAsked) {
  Office office;
  ASSERT_TRUE(office.round());
  office.said.clear();
  const Told open{"a", 4, {}, 0};
  // The first it hears is how it stands: it has just looked.
  EXPECT_FALSE(office.watch->hear(open, office.moment));
  EXPECT_THAT(office.said, IsEmpty());
  Told closed = open;
  closed.closed.push_back({{"書類", "Files"}, {"暗号化がない", "not encrypted"}});
  EXPECT_FALSE(office.watch->hear(closed, office.moment));
  EXPECT_FALSE(office.watch->hear(closed, office.moment));
  EXPECT_THAT(office.said,
              ElementsAre("'Files' can't be used from this device now: not encrypted"));
  EXPECT_EQ(Device::glance(kFolder, office.disk)->told->closed, closed.closed);
  office.said.clear();
  EXPECT_FALSE(office.watch->hear(open, office.moment));
  EXPECT_THAT(office.said, ElementsAre("'Files' can be used from this device again"));
  // Nothing that is seen has changed, and it is reported all the same.
  --office.sight;
  Told asked = open;
  asked.looks = 5;
  EXPECT_TRUE(office.watch->hear(asked, office.moment));
  const std::size_t before = office.server.taken.size();
  EXPECT_TRUE(office.round(std::chrono::seconds(0)));
  EXPECT_EQ(office.server.taken.size(), before + 1);
  office.watch->hear_refusal({{"", "not valid here"}, {}});
  EXPECT_THAT(office.complaints, ElementsAre("not valid here"));
  EXPECT_FALSE(Device::glance(kFolder, office.disk)->told);
}

TEST(Agent, KeepsCertificatesUntilTheyEndAndNoMoreThanItMay) {
  const auto given = [](int day) {
    return authority()
        .certify(KeyPair::make()->request(), "device1", kStart + std::chrono::days(day))
        ->pem;
  };
  AgentState state;
  state.certificate = given(0);
  const std::string first = state.certificate;
  take_certificate(state, given(30));
  take_certificate(state, given(60));
  EXPECT_EQ(state.certificates_before.back(), first);
  const std::string third = state.certificate;
  take_certificate(state, given(90));
  EXPECT_EQ(state.certificates_before.front(), third);
  EXPECT_EQ(state.certificates_before.size(), 2U) << "the first has ended";
  // Taken again it is the current one, and the others stay.
  take_certificate(state, third);
  EXPECT_EQ(state.certificate, third);
  EXPECT_EQ(state.certificates_before.size(), 2U);
  for (int i = 0; i < 20; ++i) take_certificate(state, given(90));
  EXPECT_EQ(state.certificates_before.size(), kMostBefore);
  FaultyDisk disk;
  ASSERT_TRUE(disk.write(state_file(kFolder), write_state(state)));
  EXPECT_EQ(read_state(disk, kFolder)->certificates_before, state.certificates_before);
  EXPECT_LT(write_state(state).size(), kMostStateBytes / 2);
  // What an older agent kept.
  state.certificates_before = {third};
  std::string older = write_state(state);
  const std::string list = "\"certificates_before\":[";
  older.replace(older.find(list), list.size(), "\"certificate_before\":");
  older.erase(older.find(']'), 1);
  ASSERT_TRUE(disk.write(state_file(kFolder), older));
  EXPECT_EQ(read_state(disk, kFolder)->certificates_before, std::vector<std::string>{third});
}

TEST(Enrolling, LeavesTheOldDeviceOrTheNewOneWhereverItFails) {
  const EnrolmentLink link{"https://server:1", "code2", authority().certificate().fingerprint};
  int steps = 0;
  for (const DiskFault fault : {DiskFault::none, DiskFault::fails, DiskFault::fails_after,
                                DiskFault::dies, DiskFault::dies_after})
    for (int at = 1; at <= std::max(steps, 1); ++at) {
      Office office;
      office.round();
      office.watch.reset();
      FakeServer& server = office.server;
      EXPECT_FALSE(
          Device::enrol(kFolder, link, kFacts, Device::Enrolling::first, office.disk, office.net));
      const FakeServer before = server;
      office.disk.steps = 0;
      office.disk.fault = fault;
      office.disk.fault_at = at;
      bool enrolled = false;
      try {
        enrolled =
            Device::enrol(kFolder, link, kFacts, Device::Enrolling::again, office.disk, office.net)
                .has_value();
      } catch (const Died&) {
      }
      if (fault == DiskFault::none) {
        steps = office.disk.steps;
        ASSERT_TRUE(enrolled);
      }
      office.healthy();
      office.disk.queued.clear();
      const std::string what =
          "fault " + std::to_string(static_cast<int>(fault)) + " at " + std::to_string(at);
      // Where the server took the new one and the disk didn't, the link is used up: another helps.
      auto device = Device::open(kFolder, office.disk, office.net);
      ASSERT_TRUE(device) << what;
      if (device->id() == "device1" && server.answer({}, {}).status != 0 && !enrolled) {
        device = std::unexpected(Error());
        auto again = link;
        again.code = "code3";
        device = Device::enrol(kFolder, again, kFacts, Device::Enrolling::again, office.disk,
                               office.net);
        ASSERT_TRUE(device) << what << device.error().message.en;
      }
      EXPECT_NE(device->id(), "device1");
      device = std::unexpected(Error());
      office.expect_recovered(what);
    }
}

TEST(Watching, SurvivesClocksThatJumpBothWays) {
  for (const std::chrono::seconds jump :
       {std::chrono::seconds(std::chrono::days(30)), std::chrono::seconds(-std::chrono::days(30)),
        std::chrono::seconds(std::chrono::hours(1)),
        std::chrono::seconds(-std::chrono::hours(1))}) {
    Office office;
    office.moment.wall += jump;  // the machine's clock alone
    for (int i = 0; i < 10; ++i) office.round();
    EXPECT_TRUE(office.server.taken.empty());
    office.moment.wall -= jump;
    office.round();
    ASSERT_FALSE(office.server.taken.empty()) << "at once, when the clock is right again";
    EXPECT_THAT(office.server.taken.rbegin()->second,
                HasSubstr("sight " + std::to_string(office.sight)));
    office.disk.queued.clear();  // what was seen under the wrong clock is refused, and told
    office.expect_recovered("jump");
  }
}

TEST(Watching, SaysAtLeastEachTenMinutesThatNothingChanged) {
  Office office;
  std::size_t before = 0;
  int silent = 0;
  for (int i = 0; i < 60; ++i) {
    office.sight = -1;  // the same in each round
    office.round();
    silent = office.server.taken.size() == before ? silent + 1 : 0;
    before = office.server.taken.size();
    EXPECT_LT(silent, 5);
  }
  EXPECT_LT(before, 40U) << "and not in each round";
}

TEST(Watching, WaitsLongerAfterEachFailure) {
  Office office;
  office.net.away = true;
  std::vector<int> tries;
  for (int second = 0; second < 7200; second += 3) {
    const int before = office.net.questions;
    office.round(std::chrono::seconds(3));
    if (office.net.questions != before) tries.push_back(second);
  }
  ASSERT_GT(tries.size(), 12U);
  EXPECT_LT(tries.size(), 25U);
  EXPECT_GE(tries[1] - tries[0], 12);
  EXPECT_LE(tries[1] - tries[0], 21);
  for (std::size_t i = 1; i < tries.size(); ++i) EXPECT_LE(tries[i] - tries[i - 1], 723);
  EXPECT_GE(tries.back() - tries[tries.size() - 2], 480);
  office.expect_recovered("away");
}

}  // namespace
}  // namespace sekisho
