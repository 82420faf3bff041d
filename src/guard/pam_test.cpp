// SPDX-License-Identifier: Apache-2.0
// The PAM module in libpam itself, with doors that answer, and doors that don't.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <security/pam_appl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <mutex>
#include <thread>

#include "base/base.h"
#include "base/posix/descriptor.h"
#include "guard/door.h"
#include "temp_root.h"

namespace sekisho {
namespace {

using ::testing::HasSubstr;

/// What PAM says to the person.
int note_words(int count, const pam_message** messages, pam_response** responses, void* to) {
  for (int at = 0; at < count; ++at)
    static_cast<std::string*>(to)->append(messages[at]->msg).append("\n");
  *responses = static_cast<pam_response*>(
      ::calloc(static_cast<std::size_t>(count), sizeof(pam_response)));  // libpam frees it
  return PAM_SUCCESS;
}

struct Asked {
  int account = -1;
  int session = -1;
  std::string words;
};

class PamTest : public ::testing::Test {
 protected:
  std::filesystem::path door = folder().path() / "door";
  static TempRoot& folder() {
    static TempRoot one;
    return one;
  }
  void SetUp() override { std::filesystem::remove(door); }

  Asked ask(const std::string& login, const std::string& options = {},
            const std::string& module = SEKISHO_PAM_MODULE, const std::string& info = {}) const {
    const std::string line =
        " required " + module + " socket=" + door.string() + " " + options + "\n";
    std::string service = "account" + line;
    service.append("session").append(line);
    EXPECT_TRUE(write_file_atomically(folder().path() / "tried", service));
    return ask_with_what_is_there(login, info);
  }
  static Asked ask_with_what_is_there(const std::string& login, const std::string& info = {}) {
    Asked asked;
    const pam_conv talk{note_words, &asked.words};
    pam_handle_t* pam = nullptr;
    if (::pam_start_confdir("tried", login.c_str(), &talk, folder().path().c_str(), &pam) !=
        PAM_SUCCESS)
      return asked;
    (void)::pam_set_item(pam, PAM_RHOST, "192.0.2.7");
    if (!info.empty()) (void)::pam_putenv(pam, ("SSH_AUTH_INFO_0=" + info).c_str());
    asked.account = ::pam_acct_mgmt(pam, 0);
    asked.session = ::pam_open_session(pam, 0);
    (void)::pam_end(pam, PAM_SUCCESS);
    return asked;
  }
  static void expect_denied(const Asked& asked) {
    EXPECT_NE(asked.account, PAM_SUCCESS);
    EXPECT_NE(asked.account, PAM_IGNORE);
    EXPECT_NE(asked.session, PAM_SUCCESS);
    EXPECT_NE(asked.session, PAM_IGNORE);
  }
};

TEST_F(PamTest, AsksTheDoorAndTellsWhy) {
  std::mutex mutex;
  std::vector<Knock> knocks;
  auto open = Door::open(door, [&](const Knock& knock, pid_t asker) -> DoorAnswer {
    EXPECT_EQ(asker, ::getpid());
    const std::lock_guard lock(mutex);
    knocks.push_back(knock);
    return {knock.login == "aoki",
            {"ディスクが暗号化されていません。", "The disk isn't encrypted."}};
  });
  ASSERT_TRUE(open);
  Asked asked = ask("aoki", {}, SEKISHO_PAM_MODULE, "publickey a b\n");
  EXPECT_EQ(asked.account, PAM_SUCCESS);
  EXPECT_EQ(asked.session, PAM_SUCCESS);
  EXPECT_EQ(asked.words, "");
  asked = ask("a,b /\n%s%n");
  EXPECT_EQ(asked.account, PAM_PERM_DENIED);
  EXPECT_EQ(asked.session, PAM_SESSION_ERR);
  EXPECT_THAT(asked.words, HasSubstr("ディスクが暗号化されていません。"));
  EXPECT_THAT(asked.words, HasSubstr("The disk isn't encrypted."));
  EXPECT_THAT(knocks,
              ::testing::ElementsAre(
                  Knock{Knock::What::account, "aoki", "192.0.2.7", "tried", "publickey a b\n"},
                  Knock{Knock::What::open, "aoki", "192.0.2.7", "tried", "publickey a b\n"},
                  Knock{Knock::What::account, "a,b /\n%s%n", "192.0.2.7", "tried", ""},
                  Knock{Knock::What::open, "a,b /\n%s%n", "192.0.2.7", "tried", ""}));
}

TEST_F(PamTest, SaysFirstOfAllWhichKeyWasUsed) {
  std::vector<Knock::What> whats;
  auto open = Door::open(door, [&](const Knock& knock, pid_t) -> DoorAnswer {
    whats.push_back(knock.what);
    return {false, {"-", "-"}};
  });
  ASSERT_TRUE(open);
  expect_denied(ask("aoki", "key"));
  EXPECT_THAT(whats, ::testing::ElementsAre(Knock::What::key, Knock::What::key));
}

/// A door that is answered by hand.
class BadDoor {
 public:
  BadDoor(const std::filesystem::path& path, std::string says)
      : listener_(LocalListener::open(path, LocalKind::packets)), says_(std::move(says)) {
    thread_ = std::jthread([this](const std::stop_token& quit) {
      std::vector<int> held;
      while (!quit.stop_requested()) {
        const int socket = listener_->accept(std::chrono::milliseconds(20));
        if (socket < 0) continue;
        held.push_back(socket);
        if (!says_.empty()) (void)::send(socket, says_.data(), says_.size(), MSG_NOSIGNAL);
      }
      for (const int socket : held) ::close(socket);
    });
  }

 private:
  Result<LocalListener> listener_;
  std::string says_;
  std::jthread thread_;
};

TEST_F(PamTest, PamFailsClosed_NobodyListens) {
  const Asked asked = ask("aoki");
  expect_denied(asked);
  EXPECT_THAT(asked.words, HasSubstr("does not answer"));
  EXPECT_THAT(asked.words, HasSubstr("答えない"));
}

TEST_F(PamTest, PamFailsClosed_TheDoorHangs) {
  const BadDoor bad(door, "");
  const auto begun = std::chrono::steady_clock::now();
  expect_denied(ask("aoki"));
  // Two seconds each; the rest is for a machine that is busy.
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(30));
}

TEST_F(PamTest, PamFailsClosed_Garbage) {
  const std::string form("sekisho-1\0", 10);
  for (const std::string& says : std::vector<std::string>{
           "allow", form, form + "allow", form + std::string("allow\0", 6),
           form + std::string("allow\0\0", 7), form + std::string("allow\0\0\0\0", 9),
           form + std::string("ALLOW\0\0\0", 8), std::string("sekisho-2\0allow\0\0\0", 18),
           form + std::string("deny\0", 5) + std::string(20'000, 'x') + std::string("\0\0", 2),
           std::string(16'384, '\0'), std::string(40'000, 'a')}) {
    const BadDoor bad(door, says);
    expect_denied(ask("aoki"));
  }
  // And the one that is none, to see that the others were refused for what they say.
  const BadDoor good(door, form + std::string("allow\0\0\0", 8));
  EXPECT_EQ(ask("aoki").account, PAM_SUCCESS);
}

TEST_F(PamTest, PamFailsClosed_NoMoreFiles) {
  auto open = Door::open(door, [](const Knock&, pid_t) { return DoorAnswer{true, {}}; });
  ASSERT_TRUE(open);
  ASSERT_EQ(ask("aoki").account, PAM_SUCCESS);
  // In a process of its own: PAM itself leaks where it can't open its files.
  const pid_t child = ::fork();
  if (child == 0) {
    rlimit files{};
    bool denied = ::getrlimit(RLIMIT_NOFILE, &files) == 0;
    const int next = ::dup(0);
    ::close(next);
    files.rlim_cur = static_cast<rlim_t>(next);
    denied = denied && ::setrlimit(RLIMIT_NOFILE, &files) == 0 &&
             ask_with_what_is_there("aoki").account != PAM_SUCCESS;
    ::_exit(denied ? 0 : 1);
  }
  int ended = -1;
  ASSERT_EQ(::waitpid(child, &ended, 0), child);
  EXPECT_EQ(ended, 0);
}

TEST_F(PamTest, PamFailsClosed_TheModuleIsRemoved) {
  expect_denied(ask("aoki", {}, (folder().path() / "pam_sekisho.so").string()));
}

TEST_F(PamTest, PamFailsClosed_AnOptionThatIsNotKnown) {
  auto open = Door::open(door, [](const Knock&, pid_t) { return DoorAnswer{true, {}}; });
  ASSERT_TRUE(open);
  expect_denied(ask("aoki", "breakglass=aoki"));
}

TEST_F(PamTest, PamFailsClosed_WhatIsTooLong) {
  auto open = Door::open(door, [](const Knock&, pid_t) { return DoorAnswer{true, {}}; });
  ASSERT_TRUE(open);
  expect_denied(ask(std::string(300, 'a')));
  expect_denied(ask("aoki", {}, SEKISHO_PAM_MODULE, std::string(20'000, 'a')));
}

TEST_F(PamTest, OneNamedAccountComesInWithoutBeingAskedAbout) {
  const Asked named = ask("kinkyu", "break-glass=kinkyu");
  EXPECT_EQ(named.account, PAM_SUCCESS);
  EXPECT_EQ(named.session, PAM_SUCCESS);
  for (const std::string login : {"kinky", "kinkyu2", "kinkyu ", "KINKYU", "root"})
    expect_denied(ask(login, "break-glass=kinkyu"));
  expect_denied(ask("kinkyu"));
  expect_denied(ask("", "break-glass="));
}

}  // namespace
}  // namespace sekisho
