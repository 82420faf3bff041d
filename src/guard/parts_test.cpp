// SPDX-License-Identifier: Apache-2.0
// What the guard reads: its settings, sshd's keys, what PAM sends.
#include <gtest/gtest.h>

#include "base/base.h"
#include "base/crypto.h"
#include "collect/agent/keys.h"
#include "guard/knock.h"
#include "guard/settings.h"
#include "guard/ssh_key.h"

namespace sekisho {
namespace {

/// What OpenSSL and OpenSSH themselves make of one key.
constexpr std::string_view kSpki = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE";

TEST(SshKey, GoesBothWaysForKeysOfDevices) {
  for (int round = 0; round < 20; ++round) {
    const auto pair = KeyPair::make();
    ASSERT_TRUE(pair);
    const std::string spki = pair->public_key();
    EXPECT_TRUE(base64(spki).starts_with(kSpki));
    const auto blob = ssh_of_public_key(spki);
    ASSERT_TRUE(blob);
    EXPECT_EQ(public_key_of_ssh(*blob), spki);
    const std::string line = "publickey " + ssh_key_line(*blob);
    EXPECT_EQ(key_used(line), spki);
    EXPECT_EQ(key_used(line + "\n"), spki);
    EXPECT_EQ(key_used("keyboard-interactive/pam\n" + line), spki);
    EXPECT_EQ(key_used(line + "\n" + line), std::nullopt) << "two keys: which device?";
    EXPECT_EQ(key_used(line + " x"), std::nullopt);
    for (std::size_t at = 0; at < blob->size(); ++at) {
      std::string cut = blob->substr(0, at);
      EXPECT_EQ(public_key_of_ssh(cut), std::nullopt);
    }
    EXPECT_EQ(public_key_of_ssh(*blob + "x"), std::nullopt);
    EXPECT_EQ(ssh_of_public_key(spki + "x"), std::nullopt);
  }
}

TEST(SshKey, TakesNothingElseForAKey) {
  for (const std::string_view text :
       {"", "password", "publickey", "publickey ", "publickey ssh-ed25519 AAAA",
        "publickey ecdsa-sha2-nistp256 ", "publickey ecdsa-sha2-nistp256 AAAA",
        "publickey ecdsa-sha2-nistp256-cert-v01@openssh.com AAAA",
        "publickey ecdsa-sha2-nistp256 !!!!"})
    EXPECT_EQ(key_used(text), std::nullopt) << text;
}

TEST(SshKey, NestedSignatureIsNotTrusted) {
  // What a certificate holds, or is signed with, is no key that was used, however good it is alone.
  const auto pair = KeyPair::make();
  ASSERT_TRUE(pair);
  const auto blob = ssh_of_public_key(pair->public_key());
  ASSERT_TRUE(blob);
  const auto field = [](std::string_view bytes) {
    const auto size = static_cast<std::uint32_t>(bytes.size());
    std::string text;
    for (const int shift : {24, 16, 8, 0}) text += static_cast<char>(size >> shift & 0xffU);
    return text += bytes;
  };
  const std::string kind = "ecdsa-sha2-nistp256-cert-v01@openssh.com";
  const std::string inside = blob->substr(field("ecdsa-sha2-nistp256").size());
  const std::string certificate = field(kind) + field("nonce") + inside + field(*blob);
  for (const std::string& shown :
       {certificate, field(kind) + inside, *blob + field(*blob), field(*blob),
        field("sk-ecdsa-sha2-nistp256@openssh.com") + inside}) {
    EXPECT_EQ(public_key_of_ssh(shown), std::nullopt);
    for (const std::string& name : {kind, std::string("ecdsa-sha2-nistp256")})
      EXPECT_EQ(key_used("publickey " + name + " " + base64(shown)), std::nullopt) << name;
  }
  EXPECT_EQ(key_used("publickey " + kind + " " + base64(*blob)), std::nullopt);
}

TEST(Knock, IsReadAsItWasWritten) {
  for (const std::string login : {"aoki", "a,b", "a b", "a\nb", "a/b", "-", "\xff\xfe"}) {
    const Knock knock{Knock::What::open, login, "192.0.2.1", "sshd", "publickey x y\n"};
    const std::string packet = knock_packet(knock);
    EXPECT_EQ(read_knock(packet), knock);
    for (std::size_t at = 0; at < packet.size(); ++at)
      EXPECT_EQ(read_knock(std::string_view(packet).substr(0, at)), std::nullopt);
    EXPECT_EQ(read_knock(packet + std::string(1, '\0')), std::nullopt);
  }
  EXPECT_EQ(read_knock(knock_packet({Knock::What::account, "", "", "", ""})), std::nullopt);
  EXPECT_EQ(read_knock(knock_packet({Knock::What::account, std::string(257, 'a'), "", "", ""})),
            std::nullopt);
  EXPECT_EQ(read_knock(knock_packet({Knock::What::account, "a", "", "", std::string(20'000, 'a')})),
            std::nullopt);
  const DoorAnswer answer{false, {"いいえ", "no"}};
  EXPECT_EQ(read_answer(answer_packet(answer)), answer);
}

constexpr std::string_view kSettings = R"(
enforcer: ssh-db1
resource: db1
server: /run/sekisho-server/enforcers.sock
logins:
  aoki: aoi@example.jp
  "a,b": ken@example.jp
domain: example.jp
outage_seconds: 60
)";

TEST(GuardSettings, CommaInANameIsACharacter) {
  const auto settings = read_guard_settings("guard.yaml", kSettings);
  ASSERT_TRUE(settings);
  const auto owner = [&](const std::string& login) { return settings->owner(login); };
  // One name of two, which stands in the list as it is; neither is its part, nor a list of them.
  ASSERT_TRUE(owner("a,b"));
  EXPECT_EQ(owner("a,b")->text(), "ken@example.jp");
  EXPECT_FALSE(owner("b,a"));
  EXPECT_FALSE(owner("aoki,a"));
  EXPECT_FALSE(owner("a,b,aoki"));
  EXPECT_EQ(owner("a")->text(), "a@example.jp");
  for (const std::string& between :
       std::vector<std::string>{",", " ", "\n", "\r", "\t", std::string(1, '\0'), "/", "\"", ":"})
    for (const std::string& login : {"aoki" + between + "root", between + "aoki", "aoki" + between})
      EXPECT_FALSE(owner(login)) << login;
}

TEST(GuardSettings, SayWhoOwnsALogin) {
  const auto settings = read_guard_settings("guard.yaml", kSettings);
  ASSERT_TRUE(settings) << settings.error().describe(Lang::en);
  EXPECT_EQ(settings->outage, std::chrono::seconds(60));
  const auto owner = [&](std::string_view login) {
    const auto person = settings->owner(login);
    return person ? person->text() : "-";
  };
  EXPECT_EQ(owner("aoki"), "aoi@example.jp");
  EXPECT_EQ(owner("a,b"), "ken@example.jp");
  EXPECT_EQ(owner("ken"), "ken@example.jp");
  EXPECT_EQ(owner("ken.t-1_x"), "ken.t-1_x@example.jp");
  // Names are exact, and in what isn't plain nothing is read.
  for (const std::string& login :
       std::vector<std::string>{"", "Aoki", "aoki ", " aoki", "aoki,root", "a b", "a\nb",
                                std::string("aoki\0x", 6), "a/b", "../aoki", "a@evil", "a@evil.jp",
                                ".a", "a.", "a..b", "-a", "1a", std::string(33, 'a'), "青木"})
    EXPECT_EQ(owner(login), "-") << login;
}

TEST(GuardSettings, RefuseWhatIsNotClear) {
  const auto with = [](std::string_view from, std::string_view to) {
    std::string text(kSettings);
    text.replace(text.find(from), from.size(), to);
    return read_guard_settings("guard.yaml", text).has_value();
  };
  EXPECT_TRUE(with("domain: example.jp\n", ""));
  EXPECT_FALSE(with("enforcer: ssh-db1\n", ""));
  EXPECT_FALSE(with("ssh-db1", "SSH"));
  EXPECT_FALSE(with("resource: db1", "resource: [db1]"));
  EXPECT_FALSE(with("/run/", "run/"));
  const std::string_view socket = "server: /run/sekisho-server/enforcers.sock\n";
  EXPECT_TRUE(with(socket, "server: sekisho.example.jp:8484\n"));
  EXPECT_TRUE(with(socket, "servers: [\"192.0.2.7:8484\", /run/s.sock]\nidentity: /etc/e.pem\n"));
  for (const std::string_view wrong :
       {"", "server: sekisho.example.jp\n", "server: sekisho.example.jp:0\n", "servers: []\n",
        "server: /a\nservers: [/b]\n", "server: /a\nidentity: e.pem\n",
        "server: https://sekisho.example.jp:8484\n",
        "servers: [/a, /a, /a, /a, /a, /a, /a, /a, /a]\n"})
    EXPECT_FALSE(with(socket, wrong)) << wrong;
  EXPECT_FALSE(with("aoi@example.jp", "aoi"));
  EXPECT_FALSE(with("domain: example.jp", "domain: \"@example.jp\""));
  EXPECT_FALSE(with("domain: example.jp", "domains: example.jp"));
  EXPECT_FALSE(with("60", "0"));
  EXPECT_FALSE(with("60", "86400"));
}

}  // namespace
}  // namespace sekisho
