// SPDX-License-Identifier: Apache-2.0
#include "server/enforcers/message.h"

#include <gtest/gtest.h>

namespace sekisho {
namespace {

const std::string kToken(43, 'A');

SessionToken some_token() { return *SessionToken::parse(kToken); }

TEST(EnforcerMessage, SaysTheSameWhenReadAndWrittenAgain) {
  KeyDigest digest{};
  digest.fill(7);
  const EnforcerId enforcer = *EnforcerId::parse("ssh-db1");
  const ResourceId resource = *ResourceId::parse("db1");
  const PersonAddress person = *PersonAddress::parse("aoi@example.jp");
  const CutHandle handle = *CutHandle::parse("0123");
  const WrittenAddress from = *WrittenAddress::parse("192.0.2.7");
  for (const FromEnforcer& message : std::vector<FromEnforcer>{
           HelloToServer{1, enforcer}, AskToEnter{1, resource, person},
           AskToEnter{2, resource, person, digest, {}, from},
           AskToEnter{3, resource, person, {}, digest, {}}, AskForKeys{4, person},
           SayOpened{5, some_token(), handle}, SayClosed{some_token()},
           SayHeld{6, some_token(), handle}, SayAllHeld{},
           SayCutDone{some_token(), std::chrono::milliseconds(31)}, SayAlive{},
           AskToRenew{7, "-----BEGIN CERTIFICATE REQUEST-----\nAA\n"}}) {
    const std::string line = line_of(message);
    ASSERT_TRUE(line.ends_with('\n'));
    EXPECT_EQ(line.find('\n'), line.size() - 1);
    const auto again = read_from_enforcer(std::string_view(line).substr(0, line.size() - 1));
    ASSERT_TRUE(again) << line << again.error().describe(Lang::en);
    EXPECT_EQ(again->index(), message.index());
    EXPECT_EQ(line_of(*again), line);
  }
  const Text why{"理由", "why\nit is"};
  for (const FromServer& message : std::vector<FromServer>{
           HelloToEnforcer{1}, TellVerdict{1, AccessAnswer::allow, {}, {}, some_token()},
           TellVerdict{2, AccessAnswer::deny, {"measure_failing"}, why, {}},
           TellVerdict{3, AccessAnswer::step_up, {"second_factor_due"}, why, {}},
           TellKeys{4, {"one", "two"}}, TellLive{5, true},
           TellCertificate{6, "-----BEGIN CERTIFICATE-----\nAA\n", "-----BEGIN CERTIFICATE-----\n"},
           TellCut{some_token(), why}, TellAlive{}, TellFault{why}}) {
    const std::string line = line_of(message);
    EXPECT_EQ(line.find('\n'), line.size() - 1);
    const auto again = read_from_server(std::string_view(line).substr(0, line.size() - 1));
    ASSERT_TRUE(again) << line << again.error().describe(Lang::en);
    EXPECT_EQ(again->index(), message.index());
    EXPECT_EQ(line_of(*again), line);
  }
}

TEST(EnforcerMessage, RefusesWhatIsNotWhole) {
  for (const std::string& line : std::vector<std::string>{
           "",
           "{}",
           "[]",
           "null",
           R"({"type":"alive","more":1})",
           R"({"type":"root"})",
           R"({"type":"alive"}{"type":"alive"})",
           R"({"type":"hello","version":1})",
           R"({"type":"hello","version":0,"enforcer":"ssh"})",
           R"({"type":"hello","version":1,"enforcer":"SSH"})",
           R"({"type":"ask","id":0,"resource":"db1","person":"a@b.jp"})",
           R"({"type":"ask","id":1,"resource":"DB 1","person":"a@b.jp"})",
           R"({"type":"ask","id":1,"resource":"db1","person":"ab.jp"})",
           R"({"type":"ask","id":1,"resource":"db1","person":"a@evil@b.jp"})",
           R"({"type":"ask","id":1,"resource":"db1","person":"a @b.jp"})",
           R"({"type":"ask","id":1,"resource":"db1","person":"a\n@b.jp"})",
           R"({"type":"ask","id":1,"resource":"db1","person":"a\u0000@b.jp"})",
           R"({"type":"ask","id":1,"resource":"db1","person":"a@b.jp","key":"AAAA"})",
           R"({"type":"ask","id":1,"resource":"db1","person":"a@b.jp","from":"example.jp"})",
           R"({"type":"ask","id":1,"resource":"db1","person":"a@b.jp","key":")" + kToken +
               R"(","certificate":")" + kToken + R"("})",
           R"({"type":"renew","id":1,"request":"key"})",
           R"({"type":"renew","id":1,"request":"-----BEGIN \u0000"})",
           R"({"type":"renew","id":1,"request":"-----BEGIN )" + std::string(8192, 'A') + R"("})",
           R"({"type":"opened","id":1,"token":"AAAA","handle":"h"})",
           R"({"type":"opened","id":1,"token":")" + kToken + R"(","handle":""})",
           R"({"type":"cut-done","token":")" + kToken + R"(","took_ms":-1})"})
    EXPECT_FALSE(read_from_enforcer(line)) << line;
  for (const std::string& line : std::vector<std::string>{
           R"({"type":"verdict","id":1,"answer":"yes","codes":[]})",
           R"({"type":"verdict","id":1,"answer":"allow","codes":[]})",
           R"({"type":"verdict","id":1,"answer":"deny","codes":[],"token":")" + kToken + R"("})",
           R"({"type":"live","id":1,"live":1})",
           R"({"type":"cut","token":")" + kToken + R"(","why":{"ja":"x"}})",
           R"({"type":"cut","token":")" + kToken + R"(","why":{"ja":"\u001b[2J","en":"x"}})"})
    EXPECT_FALSE(read_from_server(line)) << line;
}

}  // namespace
}  // namespace sekisho
