// SPDX-License-Identifier: Apache-2.0
#include "server/enforcers/enforcers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "server/enforcers/channel.h"
#include "server/enforcers/fake_desk.h"
#include "server/enforcers/local_socket.h"

namespace sekisho {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::chrono::seconds kPatience{20};

/// A folder of its own, gone with it.
class OwnFolder {
 public:
  OwnFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "sekisho-test.XXXXXX").string();
    path = ::mkdtemp(name.data());
  }
  ~OwnFolder() { std::filesystem::remove_all(path); }
  OwnFolder(const OwnFolder&) = delete;
  OwnFolder& operator=(const OwnFolder&) = delete;
  std::filesystem::path path;
};

/// The other end, by hand.
class Peer {
 public:
  explicit Peer(const std::filesystem::path& socket)
      : channel_(plain_stream(connect_local(socket, LocalKind::stream)), kMostEnforcerLine) {}
  void say(const FromEnforcer& message) { channel_.send(line_of(message)); }
  void say(std::string_view text) { channel_.send(text); }
  /// The next message; nothing where the connection ended.
  std::optional<FromServer> hear() {
    std::string line;
    if (channel_.next(line, std::chrono::steady_clock::now() + kPatience) !=
        LineChannel::Came::line)
      return std::nullopt;
    auto message = read_from_server(line);
    return message ? std::optional(std::move(*message)) : std::nullopt;
  }
  template <typename T>
  std::optional<T> hear_a() {
    auto message = hear();
    auto* wanted = message ? std::get_if<T>(&*message) : nullptr;
    return wanted != nullptr ? std::optional<T>(*wanted) : std::nullopt;
  }
  bool greet(const std::string& name = "ssh-db1") {
    say(HelloToServer{1, *EnforcerId::parse(name)});
    return hear_a<HelloToEnforcer>().has_value();
  }

 private:
  LineChannel channel_;
};

class EnforcersTest : public ::testing::Test {
 protected:
  void SetUp() override {
    desk.person("aoi@example.jp", PersonId(1));
    desk.device(DeviceId(1), PersonId(1), "key");
    up();
  }
  void up() {
    EnforcerOptions options;
    options.socket = socket;
    options.keys_of = [](DeviceId) { return std::vector<std::string>{"key"}; };
    auto listening = Enforcers::listen(std::move(options), desk);
    ASSERT_TRUE(listening) << listening.error().describe(Lang::en);
    enforcers = std::move(*listening);
  }
  static AskToEnter ask(AskNumber number, const std::string& email = "aoi@example.jp",
                        const std::string& key = "key") {
    AskToEnter one{number, *ResourceId::parse("db1"), *PersonAddress::parse(email)};
    one.key = FakeDesk::digest_of(key);
    return one;
  }
  std::optional<SessionToken> come_in(Peer& peer, const std::string& handle) {
    peer.say(ask(7));
    const auto verdict = peer.hear_a<TellVerdict>();
    if (!verdict || !verdict->token) return std::nullopt;
    peer.say(SayOpened{8, *verdict->token, *CutHandle::parse(handle)});
    const auto live = peer.hear_a<TellLive>();
    return live && live->live ? verdict->token : std::nullopt;
  }

  OwnFolder folder;
  std::filesystem::path socket = folder.path / "enforcers.sock";
  FakeDesk desk;
  std::unique_ptr<Enforcers> enforcers;
};

TEST_F(EnforcersTest, LetsInAndCutsAndHearsOfTheEnd) {
  Peer peer(socket);
  ASSERT_TRUE(peer.greet());
  const auto token = come_in(peer, "one");
  ASSERT_TRUE(token);
  EXPECT_THAT(desk.live_handles(), ElementsAre("one"));
  desk.good(DeviceId(1), false);
  const auto cut = peer.hear_a<TellCut>();
  ASSERT_TRUE(cut);
  EXPECT_EQ(cut->token.bytes(), token->bytes());
  EXPECT_EQ(cut->why, FakeDesk::kWhy);
  peer.say(SayCutDone{*token, std::chrono::milliseconds(3)});
  peer.say(ask(9));
  const auto verdict = peer.hear_a<TellVerdict>();
  ASSERT_TRUE(verdict);
  EXPECT_EQ(verdict->number, 9);
  EXPECT_EQ(verdict->answer, AccessAnswer::deny);
  EXPECT_THAT(verdict->codes, ElementsAre("measure_failing"));
  EXPECT_EQ(verdict->words, FakeDesk::kWhy);
}

TEST_F(EnforcersTest, SpeaksOfNoTokenThatAnotherWasGiven) {
  Peer peer(socket);
  Peer other(socket);
  ASSERT_TRUE(peer.greet() && other.greet("ssh-db2"));
  peer.say(ask(1));
  const auto verdict = peer.hear_a<TellVerdict>();
  ASSERT_TRUE(verdict && verdict->token);
  other.say(SayOpened{2, *verdict->token, *CutHandle::parse("theirs")});
  const auto theirs = other.hear_a<TellLive>();
  EXPECT_TRUE(theirs && !theirs->live);
  peer.say(SayOpened{3, *verdict->token, *CutHandle::parse("own")});
  const auto own = peer.hear_a<TellLive>();
  EXPECT_TRUE(own && own->live);
  other.say(SayClosed{*verdict->token});
  other.say(SayCutDone{*verdict->token, {}});
  other.say(SayAlive{});
  EXPECT_TRUE(other.hear_a<TellAlive>());
  EXPECT_THAT(desk.live_handles(), ElementsAre("own"));
}

TEST_F(EnforcersTest, DeniesWhoIsNobodyOrOnNoKnownDevice) {
  Peer peer(socket);
  ASSERT_TRUE(peer.greet());
  AskToEnter without = ask(3);
  without.key.reset();
  for (const AskToEnter& one :
       {ask(1, "ken@example.jp"), ask(2, "aoi@example.jp", "another"), without}) {
    peer.say(one);
    const auto verdict = peer.hear_a<TellVerdict>();
    ASSERT_TRUE(verdict);
    EXPECT_EQ(verdict->answer, AccessAnswer::deny) << one.number;
    EXPECT_FALSE(verdict->token);
  }
  EXPECT_EQ(desk.entered().size(), 3U);
}

TEST_F(EnforcersTest, AsksWithWhatWasShownForTheDevice) {
  Peer peer(socket);
  ASSERT_TRUE(peer.greet());
  const Time at = *parse_time("2026-11-27T00:00:00Z");
  desk.shown[DeviceId(1)].code = at;
  peer.say(ask(1));
  ASSERT_TRUE(peer.hear_a<TellVerdict>());
  AskToEnter without = ask(2);
  without.key.reset();
  peer.say(without);
  ASSERT_TRUE(peer.hear_a<TellVerdict>());
  const auto entered = desk.entered();
  ASSERT_EQ(entered.size(), 2U);
  EXPECT_EQ(entered[0].shown.code, at);
  EXPECT_EQ(entered[1].shown.code, Time::min());
}

TEST_F(EnforcersTest, CertificatesAreRenewedOverTlsAlone) {
  Peer peer(socket);
  ASSERT_TRUE(peer.greet());
  peer.say(AskToRenew{1, "-----BEGIN CERTIFICATE REQUEST-----\n"});
  EXPECT_TRUE(peer.hear_a<TellFault>());
  EXPECT_FALSE(peer.hear());
}

TEST_F(EnforcersTest, WhatWasDecidedBeforeASuspensionOpensNothingAfterIt) {
  Peer peer(socket);
  ASSERT_TRUE(peer.greet());
  peer.say(ask(1));
  const auto verdict = peer.hear_a<TellVerdict>();
  ASSERT_TRUE(verdict && verdict->token);
  desk.good(DeviceId(1), false);
  peer.say(SayOpened{2, *verdict->token, *CutHandle::parse("late")});
  const auto live = peer.hear_a<TellLive>();
  ASSERT_TRUE(live);
  EXPECT_FALSE(live->live);
}

TEST_F(EnforcersTest, AfterABreakBothKnowTheSame) {
  std::optional<SessionToken> kept;
  std::optional<SessionToken> lost;
  {
    Peer peer(socket);
    ASSERT_TRUE(peer.greet());
    kept = come_in(peer, "kept");
    lost = come_in(peer, "lost");
    ASSERT_TRUE(kept && lost);
  }
  enforcers.reset();
  up();
  Peer peer(socket);
  ASSERT_TRUE(peer.greet());
  peer.say(SayHeld{1, *kept, *CutHandle::parse("kept")});
  const auto known = peer.hear_a<TellLive>();
  ASSERT_TRUE(known);
  EXPECT_TRUE(known->live);
  peer.say(SayHeld{2, *SessionToken::of_bytes(std::string(32, 'x')), *CutHandle::parse("x")});
  const auto unknown = peer.hear_a<TellLive>();
  ASSERT_TRUE(unknown);
  EXPECT_FALSE(unknown->live);
  ASSERT_TRUE(come_in(peer, "new"));
  peer.say(SayAllHeld{});
  peer.say(SayAlive{});
  ASSERT_TRUE(peer.hear_a<TellAlive>());
  EXPECT_THAT(desk.live_handles(), ::testing::UnorderedElementsAre("kept", "new"));
}

TEST_F(EnforcersTest, WordsThatAreTooLongOrNoneBreakNoConnection) {
  std::string long_words;
  for (int at = 0; at < 10'000; ++at) long_words += "長い。\n";
  for (const Text& words :
       {Text{long_words, long_words}, Text{}, Text{"理由", ""}, Text{"\x1b[2J理由", "\xff\xfe"}}) {
    desk.why = words;
    desk.reasons = 500;
    desk.good(DeviceId(1), true);
    Peer peer(socket);
    ASSERT_TRUE(peer.greet());
    ASSERT_TRUE(come_in(peer, "one"));
    desk.good(DeviceId(1), false);
    const auto cut = peer.hear_a<TellCut>();
    ASSERT_TRUE(cut);
    EXPECT_FALSE(cut->why.ja.empty() || cut->why.en.empty());
    peer.say(ask(9));
    const auto verdict = peer.hear_a<TellVerdict>();
    ASSERT_TRUE(verdict);
    EXPECT_FALSE(verdict->words.ja.empty() || verdict->words.en.empty());
  }
}

TEST_F(EnforcersTest, TellsTheKeysOfAPersonsDevices) {
  Peer peer(socket);
  ASSERT_TRUE(peer.greet());
  peer.say(AskForKeys{1, *PersonAddress::parse("aoi@example.jp")});
  auto keys = peer.hear_a<TellKeys>();
  ASSERT_TRUE(keys);
  EXPECT_THAT(keys->keys, ElementsAre("key"));
  peer.say(AskForKeys{2, *PersonAddress::parse("ken@example.jp")});
  keys = peer.hear_a<TellKeys>();
  ASSERT_TRUE(keys);
  EXPECT_THAT(keys->keys, IsEmpty());
}

TEST_F(EnforcersTest, EndsAConnectionThatItDoesNotUnderstand) {
  for (const std::string& first :
       std::vector<std::string>{"{\"type\":\"alive\"}\n", "GET / HTTP/1.1\n",
                                "{\"type\":\"hello\",\"version\":2,\"enforcer\":\"ssh\"}\n",
                                std::string(kMostEnforcerLine, 'x')}) {
    Peer peer(socket);
    peer.say(first);
    EXPECT_TRUE(peer.hear_a<TellFault>()) << first.substr(0, 40);
    EXPECT_FALSE(peer.hear());
  }
  for (const std::string& later :
       std::vector<std::string>{"{\"type\":\"open\"}\n", std::string(kMostEnforcerLine, 'x'),
                                "{\"type\":\"" + std::string(kMostEnforcerLine, 'x') + "\"}\n"}) {
    Peer peer(socket);
    ASSERT_TRUE(peer.greet());
    peer.say(later);
    EXPECT_TRUE(peer.hear_a<TellFault>()) << later.substr(0, 40);
    EXPECT_FALSE(peer.hear());
  }
}

TEST_F(EnforcersTest, OneOfANameIsHeardAndThatIsTheLast) {
  Peer before(socket);
  ASSERT_TRUE(before.greet());
  Peer after(socket);
  ASSERT_TRUE(after.greet());
  EXPECT_FALSE(before.hear());
  EXPECT_TRUE(come_in(after, "one"));
}

TEST_F(EnforcersTest, AdminSocketRefusesOtherOrigins) {
  struct stat there{};
  ASSERT_EQ(::stat(socket.c_str(), &there), 0);
  EXPECT_EQ(there.st_mode & 07777U, 0600U);
  if (::geteuid() != 0) GTEST_SKIP() << "as root: what the kernel says of others is refused too";
  ASSERT_EQ(::chmod(folder.path.c_str(), 0755), 0);
  ASSERT_EQ(::chmod(socket.c_str(), 0666), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    if (::setuid(65534) != 0) ::_exit(2);
    Peer peer(socket);
    ::_exit(peer.greet() ? 1 : 0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

TEST_F(EnforcersTest, ASocketInUseAndOtherFilesAreLeftAlone) {
  EnforcerOptions options;
  options.socket = socket;
  EXPECT_FALSE(Enforcers::listen(options, desk));
  options.socket = folder.path / "file";
  ASSERT_TRUE(write_file_atomically(options.socket, "mine"));
  EXPECT_FALSE(Enforcers::listen(options, desk));
  EXPECT_EQ(read_regular_file(options.socket, 100).value_or(""), "mine");
}

}  // namespace
}  // namespace sekisho
