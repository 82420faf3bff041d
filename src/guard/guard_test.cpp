// SPDX-License-Identifier: Apache-2.0
// The guard between a server of Sekisho's and real processes in real control groups. As root, on
// Linux 5.14 with cgroup v2.
#include "guard/guard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <thread>

#include "collect/agent/keys.h"
#include "guard/session_group.h"
#include "guard/ssh_key.h"
#include "server/enforcers/enforcers.h"
#include "server/enforcers/fake_desk.h"
#include "temp_root.h"

namespace sekisho {
namespace {

bool until(const std::function<bool()>& is) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!is()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

/// A log-in: waits to be let go on, then leaves behind what a hostile one would, and waits.
class LogIn {
 public:
  explicit LogIn(const std::filesystem::path& folder) : pids_(folder / "pids") {
    std::filesystem::remove(pids_);
    if (::pipe(go_.data()) != 0) return;
    pid_ = ::fork();
    if (pid_ != 0) return;
    char go = 0;
    ::close(go_[1]);
    const pid_t child = ::fork();
    if (child == 0) {
      (void)::prctl(PR_SET_PDEATHSIG, SIGKILL);
      while (true) ::pause();
    }
    const bool goes_on = ::read(go_[0], &go, 1) == 1;
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    if (!goes_on) ::_exit(0);
    const std::string script =
        "trap '' HUP TERM INT; setsid sh -c 'trap \"\" HUP TERM; exec sleep 1000' & "
        "nohup sleep 1001 >/dev/null 2>&1 & "
        "(sleep 1002 & echo $! >> " +
        pids_.string() + ") ; echo $$ >> " + pids_.string() + "; jobs -p >> " + pids_.string() +
        "; echo end >> " + pids_.string() + "; wait";
    ::execl("/bin/sh", "sh", "-c", script.c_str(), nullptr);
    ::_exit(1);
  }
  ~LogIn() {
    ::close(go_[0]);
    ::close(go_[1]);
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
    for (const pid_t pid : left_) ::kill(pid, SIGKILL);
  }
  LogIn(const LogIn&) = delete;
  LogIn& operator=(const LogIn&) = delete;

  pid_t pid() const { return pid_; }
  /// Goes on; all that it then is, by number.
  bool go() {
    (void)!::write(go_[1], "x", 1);
    return until([&] {
      std::ifstream file(pids_);
      left_.clear();
      std::string line;
      while (std::getline(file, line)) {
        if (line == "end") return true;
        left_.push_back(std::stoi(line));
      }
      return false;
    });
  }
  void end_all() const {
    for (const pid_t pid : left_) ::kill(pid, SIGKILL);
    ::kill(pid_, SIGKILL);
  }
  /// Of these, how many are alive.
  std::size_t alive() {
    (void)::waitpid(pid_, nullptr, WNOHANG);
    std::size_t count = 0;
    for (const pid_t pid : left_) {
      std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
      std::string text;
      std::getline(stat, text);
      const auto end = text.rfind(')');
      if (end != std::string::npos && text[end + 2] != 'Z') ++count;
    }
    return count;
  }

 private:
  std::filesystem::path pids_;
  std::array<int, 2> go_{-1, -1};
  pid_t pid_ = -1;
  std::vector<pid_t> left_;
};

std::optional<pid_t> child_of(pid_t pid) {
  std::optional<pid_t> child;
  const std::string number = std::to_string(pid);
  (void)until([&] {
    std::ifstream file("/proc/" + number + "/task/" + number + "/children");
    pid_t one = 0;
    if (file >> one) child = one;
    return child.has_value();
  });
  return child;
}

bool may_make_groups() {
  const auto made = SessionGroup::make(::getpid(), "probe-" + std::to_string(::getpid()));
  if (!made) return false;
  std::ofstream(made->path().parent_path() / "cgroup.procs") << ::getpid();
  made->remove();
  return true;
}

class GuardTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!may_make_groups()) GTEST_SKIP() << "no control groups can be made here";
    key = KeyPair::make()->public_key();
    other_key = KeyPair::make()->public_key();
    desk.person("aoki@example.jp", PersonId(1));
    desk.device(DeviceId(1), PersonId(1), key);
    desk.device(DeviceId(2), PersonId(2), other_key);
    serve();
    start();
  }
  void serve() {
    EnforcerOptions options;
    options.socket = folder.path() / "enforcers.sock";
    options.keys_of = [this](DeviceId device) {
      return std::vector<std::string>{device == DeviceId(1) ? key : other_key};
    };
    auto listening = Enforcers::listen(std::move(options), desk);
    ASSERT_TRUE(listening);
    enforcers = std::move(*listening);
  }
  void start() {
    const auto settings = read_guard_settings(
        "guard.yaml",
        "enforcer: ssh-db1\nresource: db1\nserver: " + (folder.path() / "enforcers.sock").string() +
            "\ndomain: example.jp\noutage_seconds: 5\n");
    ASSERT_TRUE(settings);
    auto started = Guard::start({*settings, folder.path() / "guard", {}});
    ASSERT_TRUE(started) << started.error().describe(Lang::en);
    guard = std::move(*started);
    LogIn log_in(folder.path());
    offer("aoki", log_in.pid(), used(key));
    ASSERT_TRUE(until([&] { return account("aoki", log_in.pid()).allow; }));
  }
  static Knock knock(Knock::What what, const std::string& login, const std::string& info = {}) {
    return {what, login, "192.0.2.7", "sshd", info};
  }
  static std::string used(const std::string& one) {
    return "publickey " + ssh_key_line(*ssh_of_public_key(one));
  }
  /// As sshd: a child of the one that asks PAM asks for keys, and says which is offered.
  void offer(const std::string& login, pid_t to, const std::string& info) {
    const auto child = child_of(to);
    ASSERT_TRUE(child);
    (void)guard->answer(knock(Knock::What::keys, login, info), *child);
  }
  DoorAnswer account(const std::string& login, pid_t asker) {
    return guard->answer(knock(Knock::What::account, login), asker);
  }
  bool prove(const std::string& login, pid_t asker, const std::string& info) {
    return guard->answer(knock(Knock::What::key, login, info), asker).allow;
  }
  bool open(const std::string& login, pid_t asker) {
    return guard->answer(knock(Knock::What::open, login), asker).allow;
  }
  bool come_in(LogIn& log_in) {
    offer("aoki", log_in.pid(), used(key));
    return account("aoki", log_in.pid()).allow && prove("aoki", log_in.pid(), used(key)) &&
           open("aoki", log_in.pid()) && log_in.go();
  }
  /// It is in for the guard, and for the server.
  bool all_know_of(std::size_t count) {
    return guard->sessions() == count && desk.live_handles().size() == count;
  }

  TempRoot folder;
  std::string key;
  std::string other_key;
  FakeDesk desk;
  std::unique_ptr<Enforcers> enforcers;
  std::unique_ptr<Guard> guard;
};

TEST_F(GuardTest, EndsAllThatALogInStartedWhenTheDeviceGoesBad) {
  LogIn log_in(folder.path());
  ASSERT_TRUE(come_in(log_in));
  EXPECT_TRUE(all_know_of(1));
  EXPECT_GE(log_in.alive(), 4U);
  desk.good(DeviceId(1), false);
  EXPECT_TRUE(until([&] { return log_in.alive() == 0; }));
  EXPECT_TRUE(until([&] { return all_know_of(0); }));
  LogIn again(folder.path());
  offer("aoki", again.pid(), used(key));
  const DoorAnswer refused = account("aoki", again.pid());
  EXPECT_FALSE(refused.allow);
  EXPECT_EQ(refused.words, FakeDesk::kWhy);
}

TEST_F(GuardTest, WhatIsLeftOfALogInIsStillOne) {
  LogIn log_in(folder.path());
  ASSERT_TRUE(come_in(log_in));
  ::kill(log_in.pid(), SIGKILL);
  EXPECT_TRUE(until([&] { return log_in.alive() > 0 && log_in.alive() < 4; }));
  EXPECT_TRUE(all_know_of(1));
  desk.good(DeviceId(1), false);
  EXPECT_TRUE(until([&] { return log_in.alive() == 0; }));
}

TEST_F(GuardTest, ASessionThatEndsIsForgotten) {
  LogIn log_in(folder.path());
  ASSERT_TRUE(come_in(log_in));
  EXPECT_TRUE(all_know_of(1));
  ASSERT_GE(log_in.alive(), 4U);
  log_in.end_all();
  EXPECT_TRUE(until([&] { return all_know_of(0); }));
}

TEST_F(GuardTest, NobodyComesInByWhatWasSaidToAnother) {
  LogIn log_in(folder.path());
  LogIn other(folder.path());
  const pid_t pid = log_in.pid();
  EXPECT_FALSE(account("aoki", pid).allow) << "no key was offered";
  offer("aoki", pid, used(key));
  EXPECT_FALSE(account("aoki", other.pid()).allow) << "it was offered to another";
  EXPECT_FALSE(prove("aoki", pid, used(key))) << "nobody asked";
  ASSERT_TRUE(account("aoki", pid).allow);
  EXPECT_FALSE(open("aoki", pid)) << "the key was not proven";
  ASSERT_TRUE(account("aoki", pid).allow);
  EXPECT_FALSE(prove("aoki", other.pid(), used(key)));
  EXPECT_FALSE(prove("root", pid, used(key)));
  EXPECT_TRUE(prove("aoki", pid, used(key)));
  EXPECT_FALSE(open("aoki", other.pid()));
  EXPECT_FALSE(open("root", pid));
  EXPECT_TRUE(open("aoki", pid));
  EXPECT_FALSE(open("aoki", pid)) << "once";
}

TEST_F(GuardTest, OfferingAKeyIsNoProofOfHavingIt) {
  LogIn log_in(folder.path());
  const pid_t pid = log_in.pid();
  for (const std::string& info :
       {std::string("password\n"), std::string(), used(other_key), used(key) + "\n" + used(key),
        used(key) + "\n" + used(other_key)}) {
    offer("aoki", pid, used(key));
    ASSERT_TRUE(account("aoki", pid).allow);
    EXPECT_FALSE(prove("aoki", pid, info)) << info;
    EXPECT_FALSE(prove("aoki", pid, used(key))) << "one try";
    EXPECT_FALSE(open("aoki", pid)) << info;
  }
  // The last that was offered is what is asked about.
  offer("aoki", pid, used(key));
  offer("aoki", pid, used(other_key));
  EXPECT_FALSE(account("aoki", pid).allow);
  offer("aoki", pid, used(key));
  offer("aoki", pid, "publickey ssh-ed25519 AAAA");
  EXPECT_FALSE(account("aoki", pid).allow);
}

TEST_F(GuardTest, SuspensionRace) {
  LogIn log_in(folder.path());
  offer("aoki", log_in.pid(), used(key));
  ASSERT_TRUE(account("aoki", log_in.pid()).allow);
  ASSERT_TRUE(prove("aoki", log_in.pid(), used(key)));
  desk.good(DeviceId(1), false);
  EXPECT_FALSE(open("aoki", log_in.pid()));
  // sshd goes on where PAM opens no session; it is gone.
  int status = 0;
  EXPECT_EQ(::waitpid(log_in.pid(), &status, 0), log_in.pid());
  EXPECT_TRUE(WIFSIGNALED(status));
  EXPECT_TRUE(until([&] { return all_know_of(0); }));
}

TEST_F(GuardTest, WhoBeginsNoSessionIsNotLeftIn) {
  // PAM without the last of its lines, and without both that are for sessions.
  const TempRoot elsewhere;
  LogIn proven(folder.path());
  LogIn unproven(elsewhere.path());
  for (LogIn* log_in : {&proven, &unproven}) {
    offer("aoki", log_in->pid(), used(key));
    ASSERT_TRUE(account("aoki", log_in->pid()).allow);
  }
  ASSERT_TRUE(prove("aoki", proven.pid(), used(key)));
  for (LogIn* log_in : {&proven, &unproven}) ASSERT_TRUE(log_in->go());
  for (const LogIn* log_in : {&proven, &unproven}) {
    int status = 0;
    EXPECT_EQ(::waitpid(log_in->pid(), &status, 0), log_in->pid());
    EXPECT_TRUE(WIFSIGNALED(status));
  }
  EXPECT_TRUE(all_know_of(0));
}

TEST_F(GuardTest, WhoIsCutBeforeTheSessionBeginsGoesAtOnce) {
  LogIn log_in(folder.path());
  offer("aoki", log_in.pid(), used(key));
  ASSERT_TRUE(account("aoki", log_in.pid()).allow);
  ASSERT_TRUE(prove("aoki", log_in.pid(), used(key)));
  desk.good(DeviceId(1), false);
  int status = 0;
  EXPECT_EQ(::waitpid(log_in.pid(), &status, 0), log_in.pid());
  EXPECT_TRUE(WIFSIGNALED(status));
}

TEST_F(GuardTest, DeniesOthersKeysAndLoginsThatNobodyOwns) {
  LogIn log_in(folder.path());
  const pid_t pid = log_in.pid();
  for (const std::string login :
       {"ken", "aoki,root", "aoki ", "a\nb", "../aoki", "Aoki", "aoki@example.jp"}) {
    offer(login, pid, used(key));
    EXPECT_FALSE(account(login, pid).allow) << login;
  }
  for (const std::string& info : {used(other_key), std::string("password"), std::string()}) {
    offer("aoki", pid, info);
    EXPECT_FALSE(account("aoki", pid).allow) << info;
  }
}

TEST_F(GuardTest, TellsTheKeysOfALoginsOwner) {
  const auto door = folder.path() / "guard" / kDoorName;
  const auto keys = keys_of_login(door, "aoki", "");
  ASSERT_TRUE(keys) << keys.error().describe(Lang::en);
  EXPECT_EQ(*keys, ssh_key_line(*ssh_of_public_key(key)) + "\n");
  EXPECT_EQ(keys_of_login(door, "ken", "").value_or("-"), "");
  EXPECT_EQ(keys_of_login(door, "a,b", "").value_or("-"), "");
  EXPECT_FALSE(keys_of_login(door, std::string("aoki\0x", 6), ""));
  EXPECT_FALSE(keys_of_login(folder.path() / "nothing", "aoki", ""));
}

TEST_F(GuardTest, ANewGuardKnowsWhoIsIn) {
  LogIn log_in(folder.path());
  ASSERT_TRUE(come_in(log_in));
  guard.reset();
  EXPECT_GE(log_in.alive(), 4U);
  start();
  EXPECT_TRUE(until([&] { return all_know_of(1); }));
  desk.good(DeviceId(1), false);
  EXPECT_TRUE(until([&] { return log_in.alive() == 0; }));
}

TEST_F(GuardTest, AServerThatWasStartedAnewIsAskedAgain) {
  LogIn log_in(folder.path());
  ASSERT_TRUE(come_in(log_in));
  enforcers.reset();
  desk.forget_sessions();
  LogIn another(folder.path());
  offer("aoki", another.pid(), used(key));
  EXPECT_FALSE(account("aoki", another.pid()).allow) << "nobody new without a server";
  serve();
  EXPECT_TRUE(until([&] { return all_know_of(1); }));
  EXPECT_GE(log_in.alive(), 4U);
  desk.good(DeviceId(1), false);
  EXPECT_TRUE(until([&] { return log_in.alive() == 0; }));
}

TEST_F(GuardTest, WhatWentBadDuringABreakIsCutAfterIt) {
  LogIn log_in(folder.path());
  ASSERT_TRUE(come_in(log_in));
  enforcers.reset();
  desk.good(DeviceId(1), false);
  EXPECT_GE(log_in.alive(), 4U);
  serve();
  EXPECT_TRUE(until([&] { return log_in.alive() == 0; }));
  EXPECT_TRUE(until([&] { return all_know_of(0); }));
}

TEST_F(GuardTest, WithoutAServerForLongNobodyStaysIn) {
  LogIn log_in(folder.path());
  ASSERT_TRUE(come_in(log_in));
  enforcers.reset();
  EXPECT_TRUE(until([&] { return log_in.alive() == 0; }));
  EXPECT_TRUE(until([&] { return guard->sessions() == 0; }));
}

TEST_F(GuardTest, WithoutKnowingWhoIsInItDoesNotStart) {
  guard.reset();
  ASSERT_TRUE(
      write_file_atomically(folder.path() / "guard" / "sessions", "what\nis\nthis\n", 0600));
  const auto settings =
      read_guard_settings("guard.yaml", "enforcer: e\nresource: r\nserver: /nowhere\n");
  ASSERT_TRUE(settings);
  EXPECT_FALSE(Guard::start({*settings, folder.path() / "guard", {}}));
}

}  // namespace
}  // namespace sekisho
