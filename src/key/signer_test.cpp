// SPDX-License-Identifier: Apache-2.0
// Who may have what signed, and how often.
#include "key/signer.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "base/crypto.h"
#include "key/key_fixtures.h"

namespace sekisho {
namespace {

constexpr uid_t kUser = 1000;
const std::string kDigest(32, 'd');

struct Desk {
  AccessKey access = new_access_key(kKeyStart);
  Signer signer{Askers({kUser}),
                [this](const std::string& known) -> Result<std::optional<AccessKey>> {
                  ++loads;
                  if (gone) return failure("", "gone");
                  if (known == access.certificate.fingerprint) return std::nullopt;
                  return access;
                }};
  bool gone = false;
  int loads = 0;
  Time now = kKeyStart;
  Signer::Steady moment;

  std::string ask(const std::string& question, uid_t user = kUser) {
    return signer.answer_module(user, question, now, moment);
  }
  char sign(uid_t user = kUser) { return ask("\2" + kDigest, user).front(); }
};

TEST(KeySigner, SignsADigestForWhoMayAskAndForRoot) {
  Desk desk;
  const std::string answer = desk.ask("\2" + kDigest);
  ASSERT_EQ(answer.size(), 65U);
  EXPECT_TRUE(
      digest_signature_holds(desk.access.certificate.public_key, kDigest, answer.substr(1)));
  EXPECT_EQ(desk.sign(0), '\0');
  EXPECT_EQ(desk.sign(1001), '\1');
  EXPECT_EQ(desk.ask("\1", 1001), "\1") << "nor is the certificate shown to others";
  EXPECT_EQ(desk.signer.use(), (KeyUse{2, 0, 2}));
}

TEST(KeySigner, ACertificateThatEndedSignsNothing) {
  Desk desk;
  EXPECT_EQ(desk.sign(), '\0');
  desk.now += kDeviceCertificateLasts;
  EXPECT_EQ(desk.sign(), '\2');
  EXPECT_EQ(desk.ask("\1"), "\2");
  EXPECT_EQ(desk.signer.answer_ssh(kUser, "\x0b", desk.now, desk.moment),
            std::string("\x0c\0\0\0\0", 5));
}

TEST(KeySigner, AKeyThatGoesOrChangesDoesSoWithinASecond) {
  Desk desk;
  EXPECT_EQ(desk.sign(), '\0');
  desk.gone = true;
  desk.moment += std::chrono::seconds(1);
  EXPECT_EQ(desk.sign(), '\2');
  desk.gone = false;
  desk.access = new_access_key(kKeyStart);
  desk.moment += std::chrono::seconds(1);
  const std::string answer = desk.ask("\2" + kDigest);
  EXPECT_TRUE(
      digest_signature_holds(desk.access.certificate.public_key, kDigest, answer.substr(1)));
  const int before = desk.loads;
  for (int i = 0; i < 10; ++i) desk.ask("\1");
  EXPECT_EQ(desk.loads, before) << "it isn't read at each question";
}

TEST(KeySigner, WhoAsksTooOftenWaitsAndNobodyElse) {
  Desk desk;
  int signatures = 0;
  while (desk.sign() == '\0' && signatures < 1000) ++signatures;
  EXPECT_EQ(signatures, 200);
  EXPECT_EQ(desk.sign(), '\3');
  EXPECT_EQ(desk.sign(0), '\0');
  desk.moment += std::chrono::seconds(1);
  signatures = 0;
  while (desk.sign() == '\0' && signatures < 1000) ++signatures;
  EXPECT_EQ(signatures, 20);
  EXPECT_EQ(desk.signer.answer_ssh(kUser, ssh_question(desk.access), desk.now, desk.moment), "\5");
}

TEST(KeySigner, OverSshOnlySignInsWithItsOwnKeyAreSigned) {
  Desk desk;
  const auto ask = [&](const std::string& question, uid_t user = kUser) {
    return desk.signer.answer_ssh(user, question, desk.now, desk.moment);
  };
  EXPECT_EQ(ask(ssh_question(desk.access)).front(), '\x0e');
  EXPECT_EQ(ask(ssh_question(desk.access), 1001), "\5");
  EXPECT_EQ(ask(ssh_question(new_access_key(kKeyStart))), "\5");
  EXPECT_EQ(ask(ssh_question(desk.access, "SSHSIG")), "\5");
  EXPECT_EQ(ask(ssh_question(desk.access, std::string(32, 'd'))), "\5");
  EXPECT_EQ(desk.signer.use(), (KeyUse{0, 1, 4}));
  EXPECT_EQ(ask("\x1b"), "\5") << "extensions";
  EXPECT_EQ(desk.signer.use().refused, 4U);
  EXPECT_EQ(ask("\x0b", 1001), std::string("\x0c\0\0\0\0", 5));
  EXPECT_EQ(ask("\x0b").substr(0, 5), std::string("\x0c\0\0\0\1", 5));
}

TEST(KeyAskers, WhoSitsAtTheMachineMayAskAndWhoIsNamed) {
  const KeyFolder folder;
  const auto seat = [&](const std::string& name, const std::string& text) {
    ASSERT_TRUE(write_file_atomically(folder.path / name, text));
  };
  const Askers seated({}, folder.path);
  EXPECT_FALSE(seated.may_ask(1000));
  EXPECT_TRUE(seated.may_ask(0));
  seat("seat0", "# This is private data. Do not parse.\nIS_SEAT0=1\nACTIVE=2\nACTIVE_UID=1000\n");
  EXPECT_TRUE(seated.may_ask(1000));
  EXPECT_FALSE(seated.may_ask(100));
  EXPECT_FALSE(seated.may_ask(10000));
  for (const char* text :
       {"", "ACTIVE_UID=", "ACTIVE_UID=1000x\n", "ACTIVE_UID=-1\n", "UIDS=1000\n",
        "ACTIVE_UID=1001\nACTIVE_UID=1000\n", "XACTIVE_UID=1000\n"}) {
    seat("seat0", text);
    EXPECT_FALSE(seated.may_ask(1000)) << text;
  }
  EXPECT_FALSE(Askers({}, folder.path / "none").may_ask(1000));
  EXPECT_TRUE(Askers({1000}, folder.path / "none").may_ask(1000));
  seat("seat0", "ACTIVE_UID=1001\n");
  EXPECT_FALSE(Askers({1000}, folder.path).may_ask(1001)) << "who is named is all";
}

}  // namespace
}  // namespace sekisho
