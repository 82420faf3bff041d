// SPDX-License-Identifier: Apache-2.0
// Verdicts on sudo's rules, held against the real sudo: rules made at random, and `sudo -n` run by
// people who know no password.
#include <grp.h>
#include <sys/mount.h>

#include "collect/host/sudo.h"
#include "differential.h"
#include "small_system.h"

namespace sekisho {
namespace {

using enum Verdict;

class SudoersMaker {
 public:
  explicit SudoersMaker(Dice& dice) : dice_(dice) {}

  std::vector<File> make() {
    files_ = {};
    std::string main = "root ALL=(ALL:ALL) ALL\n" + lines(4);
    if (dice_.once_in(2)) main += include("/etc/sudoers.d/extra", "@include /etc/sudoers.d/extra");
    if (dice_.once_in(3))
      main += include("/etc/sudoers.d/10-a",
                      dice_.word({"@includedir /etc/sudoers.d", "#includedir /etc/sudoers.d",
                                  "@includedir \"/etc/sudoers.d\""}));
    if (dice_.once_in(4))
      main += include("/etc/sudoers.d/skipped.bak", "@includedir /etc/sudoers.d");
    if (dice_.once_in(4))
      main += include("/etc/sudoers.local",
                      dice_.word({"@include sudoers.local", "#include /etc/sudoers.local"}));
    files_.push_back({"/etc/sudoers|0440", main});
    return files_;
  }

 private:
  std::string include(const std::string& path, const std::string& how) {
    files_.push_back({path + "|0440", lines(2)});
    return how + "\n";
  }

  std::string lines(int most) {
    std::string text;
    for (int count = 1 + dice_.below(most); count > 0; --count) text += line() + "\n";
    return text;
  }

  std::string line() {
    if (dice_.once_in(5))
      return dice_.word({"Defaults env_reset", "Defaults !authenticate",
                         "Defaults env_reset, \\\n  !authenticate", "Defaults:hana !authenticate",
                         "Defaults exempt_group=staff", "Defaults   authenticate",
                         "Defaults!/usr/bin/true !authenticate",
                         "Defaults passprompt=\"NOPASSWD: \"", "Defaults timestamp_timeout=5",
                         "Defaults exempt_group=\"staff\"", "Defaults timestamp_timeout=-1"});
    if (dice_.once_in(6))
      return dice_.word({"# hana ALL=(ALL) NOPASSWD: ALL", "User_Alias NOPASSWD_USERS = hana",
                         "User_Alias STAFF = hana, taro : ADMINS = %staff",
                         "Cmnd_Alias TOOLS = /usr/bin/true, /usr/bin/id", "#1000 ALL = ALL", "  ",
                         "Runas_Alias OTHERS = daemon, bin", "#1000 ALL=(ALL) NOPASSWD: ALL"});
    const std::string who = dice_.word({"hana", "taro", "%staff", "%sudo", "ALL", "nobody, hana",
                                        "hana,taro", "%#50", "ALL, !taro", "\"hana\""});
    const std::string host = dice_.word({"ALL", "ALL", "elsewhere", "localhost, ALL"});
    const std::string as = dice_.word(
        {"", "(ALL)", "(ALL:ALL)", "(root)", "(daemon)", "(root, daemon)", "(:staff)", "( ALL )"});
    const std::string tag = dice_.word({"", "", "", "NOPASSWD: ", "NOPASSWD:", "PASSWD: ",
                                        "NOEXEC: NOPASSWD: ", "SETENV:NOPASSWD:", "NOPASSWD : "});
    const std::string what =
        dice_.word({"ALL", "ALL", "/usr/bin/true", "/usr/bin/id, /usr/bin/true",
                    "/usr/bin/id, NOPASSWD: /usr/bin/true", "NOPASSWD: /bin/false, PASSWD: ALL",
                    "ALL # NOPASSWD:", "!/usr/bin/true", "ALL, !/usr/bin/true",
                    "/usr/bin/id : ALL = NOPASSWD: /usr/bin/true", "\\\n NOPASSWD: ALL"});
    return who + " " + host + dice_.word({"=", " = ", " ="}) + as + " " + tag + what;
  }

  Dice& dice_;
  std::vector<File> files_;
};

/// Runs sudo as a user, who can't be asked for a password.
bool runs(uid_t uid, gid_t gid, const char* command, const std::vector<std::string>& as) {
  std::vector<std::string> all{"/usr/bin/setpriv",
                               "--reuid",
                               std::to_string(uid),
                               "--regid",
                               std::to_string(gid),
                               "--init-groups",
                               "/usr/bin/sudo",
                               "-k",
                               "-n"};
  all.insert(all.end(), as.begin(), as.end());
  all.emplace_back(command);
  const auto done = run_process(all, {.time = std::chrono::seconds(20)});
  return done && done->exit_code == 0;
}

std::string compare_all_sudo() {
  ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr);
  const TempRoot people;
  const std::string passwd =
      "root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1::/:/usr/sbin/nologin\nbin:x:2:2::/:/usr/sbin/"
      "nologin\nnobody:x:65534:65534::/:/usr/sbin/nologin\nhana:x:1000:1000::/:/bin/"
      "bash\ntaro:x:1001:50::/:/bin/bash\n";
  people.add("/etc/passwd|0644", passwd);
  people.add("/etc/group|0644",
             "root:x:0:\ndaemon:x:1:\nsudo:x:27:taro\nstaff:x:50:\nhana:x:1000:\nnogroup:x:65534:"
             "\nshadow:x:42:\n");
  people.add("/etc/shadow|0640",
             "root:*:19000:0:99999:7:::\nhana:$y$j9T$x$y:19000:0:99999:7:::\ntaro:$y$j9T$x$y:19000:"
             "0:99999:7:::\n");
  for (const char* path : {"/etc/passwd", "/etc/group", "/etc/shadow"})
    if (::mount(people.at(path).c_str(), path, nullptr, MS_BIND, nullptr) != 0) return "no mount";
  Dice dice(4);
  int asked = 0;
  Stricter strict;
  int loose = 0;
  std::string complaints;
  for (int i = 0; asked < cases(40, 400) && i < 8000; ++i) {
    const TempRoot root;
    root.add("/usr/bin/sudo");
    root.add("/etc/sudoers.d/");
    root.add("/etc/pam.d/sudo", "auth required pam_unix.so\n");
    std::string shown;
    for (const File& file : SudoersMaker(dice).make()) {
      root.add(file.path, file.content);
      shown += "--- " + file.path + "\n" + file.content;
    }
    // The whole of /etc, so that files beside the main one are where it names them.
    ::mount("overlay", "/etc", "overlay", 0,
            ("lowerdir=" + root.at("/etc").string() + ":/etc").c_str());
    for (const char* path : {"/etc/passwd", "/etc/group", "/etc/shadow"})
      ::mount(people.at(path).c_str(), path, nullptr, MS_BIND, nullptr);
    const auto valid = run_process({"/usr/sbin/visudo", "-c"});
    bool free = false;
    const bool good = valid && valid->exit_code == 0;
    if (good)
      for (const auto& [uid, gid] : {std::pair<uid_t, gid_t>{1000, 1000}, {1001, 50}})
        for (const char* command : {"/usr/bin/true", "/usr/bin/id"})
          for (const auto& as : std::vector<std::vector<std::string>>{{}, {"-u", "daemon"}})
            free = free || runs(uid, gid, command, as);
    for (const char* path : {"/etc/passwd", "/etc/group", "/etc/shadow"})
      ::umount2(path, MNT_DETACH);
    ::umount2("/etc", MNT_DETACH);
    if (!good) continue;
    ++asked;
    const Finding finding = look("sudo-passwordless", root);
    loose += free ? 1 : 0;
    if (free && finding.verdict == pass) complaints += "FALSE PASS\n" + shown;
    if (!free && finding.verdict != pass) {
      if (!strict.note(finding.fact.en + shown,
                       {{"elsewhere", "a rule for another host"},
                        {"(daemon)", "a rule for a target that was asked of the other user only"},
                        {"(:staff)", "a rule for a group as target"},
                        {"Defaults!/usr", "a Defaults bound to a command"},
                        {"exempt_group", "exempt_group of a group that nobody with a rule is in"},
                        {"/bin/false", "a rule for a command that nobody asks for"},
                        {"timestamp_timeout=-1", "a password that does for ever, not yet typed"},
                        {"NOPASSWD", "NOPASSWD that a later rule takes back, or of nobody here"},
                        {"!authenticate", "!authenticate that a later line takes back"}}))
        complaints += "FALSE FAIL " + finding.fact.en + "\n" + shown;
    }
    if (complaints.size() > 3000) break;
  }
  strict.print(fmt::format("sudo: {} sets of rules, {} loose, {} judged stricter", asked, loose,
                           strict.count()));
  if (asked < 35 || loose < 8)
    complaints += fmt::format("{} sets of rules, {} loose", asked, loose);
  return complaints;
}

TEST(Sudo, IsJudgedAsSudoReadsItsRules) {
  // The real sudo is a program of root's.
  if (::geteuid() != 0) GTEST_SKIP() << "only root can run sudo as somebody else";
  EXPECT_EQ(in_namespaces(CLONE_NEWNS, compare_all_sudo), "");
}

/// What PAM may say to somebody at su who types nothing.
std::string su_stack(Dice& dice) {
  std::string text;
  for (int count = 1 + dice.below(4); count > 0; --count)
    text +=
        "auth " +
        dice.word({"required", "requisite", "sufficient", "optional", "[success=1 default=ignore]",
                   "[success=done default=die]", "[default=1]", "[success=ok default=bad]",
                   "[default=ignore]"}) +
        " " +
        dice.word({"pam_unix.so nodelay", "pam_unix.so nodelay", "pam_rootok.so", "pam_permit.so",
                   "pam_deny.so", "pam_wheel.so trust group=ops", "pam_wheel.so trust group=none",
                   "pam_wheel.so group=ops", "pam_wheel.so deny trust group=none",
                   "pam_wheel.so deny group=ops", "pam_succeed_if.so user ingroup none",
                   "pam_absent.so", "pam_succeed_if.so quiet user ingroup ops", "pam_env.so"}) +
        "\n";
  return text;
}

std::string compare_su() {
  ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr);
  Dice dice(55);
  int open = 0;
  Stricter strict;
  const int all = cases(40, 120);
  for (int i = 0; i < all; ++i) {
    const TempRoot root;
    const std::string stack = su_stack(dice);
    root.add("/etc/passwd|0644",
             "root:x:0:0::/:/bin/sh\nhana:x:1000:1000::/:/bin/sh\ntaro:x:1001:1001::/:/bin/sh\n");
    root.add("/etc/group|0644", "root:x:0:\nops:x:50:hana\nnone:x:51:\n");
    root.add("/etc/shadow|0600", "root:$y$j9T$x$y:19000:0:99999:7:::\n");
    // Else su waits a second at each "no".
    root.add("/etc/login.defs|0644", "FAIL_DELAY 0\n");
    root.add("/etc/pam.d/su",
             stack + "account required pam_permit.so\nsession required pam_permit.so\n");
    for (const char* module : {"pam_unix.so", "pam_rootok.so", "pam_permit.so", "pam_deny.so",
                               "pam_wheel.so", "pam_succeed_if.so", "pam_env.so"})
      root.add(std::string("/usr/lib/security/") + module);
    const std::vector<std::string> paths{"/etc/passwd", "/etc/group", "/etc/shadow",
                                         "/etc/login.defs", "/etc/pam.d"};
    for (const std::string& path : paths)
      if (::mount(root.at(path).c_str(), path.c_str(), nullptr, MS_BIND, nullptr) != 0)
        return "no mount";
    bool free = false;
    for (const char* uid : {"1000", "1001"}) {
      const auto done = run_process({"/usr/bin/setpriv", "--reuid", uid, "--regid", uid,
                                     "--init-groups", "/usr/bin/su", "-c", "true"},
                                    {.time = std::chrono::seconds(20)});
      free = free || (done && done->exit_code == 0);
    }
    for (const std::string& path : paths) ::umount2(path.c_str(), MNT_DETACH);
    const Finding finding = look("sudo-passwordless", root);
    const bool green = finding.verdict == pass || finding.verdict == not_applicable;
    open += free ? 1 : 0;
    if (free && green) return "FALSE PASS: su lets through\n" + stack + finding.fact.en;
    if (!free && finding.verdict == fail &&
        !strict.note(stack, {{"pam_wheel.so trust", "a member of one group, not of another"},
                             {"pam_succeed_if", "a condition on the user to become"}}))
      return "FALSE FAIL: " + finding.fact.en + "\n" + stack;
  }
  strict.print(
      fmt::format("su: {} stacks, {} let through, {} judged stricter", all, open, strict.count()));
  return open > all / 10 ? "" : "hardly any stack lets through";
}

TEST(Su, AsksAsPamMakesItAsk) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can run su as somebody else";
  EXPECT_EQ(in_namespaces(CLONE_NEWNS, compare_su), "");
}

TEST(Sudo, ItsOwnListTellsWhetherAPasswordIsAsked) {
  const std::string head =
      "Matching Defaults entries for hana on h:\n    env_reset, mail_badpass,\n    "
      "secure_path=/usr\n"
      "\nUser hana may run the following commands on h:\n";
  EXPECT_EQ(parse_sudo_list(head + "    (ALL : ALL) ALL\n"), false);
  EXPECT_EQ(parse_sudo_list(head + "    (ALL : ALL) ALL\n    (root) NOPASSWD: /bin/true\n"), true);
  EXPECT_EQ(parse_sudo_list("User hana is not allowed to run sudo on h.\n"), false);
  EXPECT_EQ(parse_sudo_list("Matching Defaults entries for hana on h:\n    !authenticate\n\nUser "
                            "hana may run the following commands on h:\n    (root) ALL\n"),
            true);
  EXPECT_EQ(parse_sudo_list("Matching Defaults entries for hana on h:\n    exempt_group=x\n\nUser "
                            "hana may run the following commands on h:\n    (root) ALL\n"),
            std::nullopt);
  EXPECT_EQ(parse_sudo_list(""), std::nullopt);
  EXPECT_EQ(parse_sudo_list("sudo: unknown user hana\n"), std::nullopt);
}

TEST(Sudo, IsReadWhereverItsRulesAre) {
  const File sudo{"/usr/bin/sudo", ""};
  const File rules{"/etc/sudoers",
                   "root ALL=(ALL:ALL) ALL\n%sudo ALL=(ALL:ALL) ALL\n@includedir /etc/sudoers.d\n"};
  const File passwd{"/etc/passwd",
                    "root:x:0:0::/root:/bin/sh\nhana:x:1000:1000::/home/hana:/bin/"
                    "sh\nbob:x:1001:998::/:/bin/sh\n"};
  for (const Case& c : std::vector<Case>{
           {"sudo-passwordless", pass, {sudo, rules}, ""},
           {"sudo-passwordless",
            fail,
            {sudo, rules, {"/etc/pam.d/sudo", "auth sufficient pam_permit.so\n"}},
            "PAM lets sudo"},
           {"sudo-passwordless",
            fail,
            {sudo,
             rules,
             {"/etc/pam.d/sudo", "@include all\n"},
             {"/etc/pam.d/all",
              "auth [default=1] pam_env.so\nauth requisite pam_deny.so\nauth required "
              "pam_permit.so\n"}},
            ""},
           {"sudo-passwordless",
            unknown,
            {sudo,
             rules,
             {"/etc/pam.d/sudo",
              "auth sufficient pam_succeed_if.so user ingroup staff\nauth required pam_unix.so\n"}},
            ""},
           {"sudo-passwordless",
            unknown,
            {sudo, rules, {"/etc/pam.d/sudo", "auth sufficient\n"}},
            "not understood"},
           {"sudo-passwordless",
            unknown,
            {sudo, rules, {"/etc/nsswitch.conf", "sudoers: files sss\n"}},
            "SSSD"},
           {"sudo-passwordless",
            fail,
            {sudo, rules, {"/etc/sudoers-rs", "hana ALL=(ALL) NOPASSWD: ALL\n"}},
            "/etc/sudoers-rs:1"},
           {"sudo-passwordless",
            unknown,
            {sudo, {"/etc/sudoers", "%sudo ALL=(ALL) ALL\n@include gone\n"}},
            "gone"},
           {"sudo-passwordless",
            unknown,
            {sudo, {"/etc/sudoers", "%sudo ALL=(ALL) ALL\nwhat is this\n"}},
            "/etc/sudoers:2"},
           {"sudo-passwordless",
            fail,
            {{"/usr/bin/doas", ""}, {"/etc/doas.d/20-wheel.conf", "permit nopass :wheel\n"}},
            "doas.d"},
           {"sudo-passwordless",
            pass,
            {{"/usr/bin/doas", ""}, {"/etc/doas.conf", "permit :wheel # not nopass\n"}},
            ""},
           {"sudo-passwordless",
            fail,
            {{"/usr/bin/doas", ""}, {"/etc/doas.conf", "permit keepenv \\\n nopass bob\n"}},
            "doas.conf"},
           {"sudo-passwordless",
            fail,
            {{"/usr/bin/doas", ""},
             {"/etc/doas.conf", "permit setenv { A=\"#\" \\\n B }nopass bob\n"}},
            "doas.conf"},
           {"sudo-passwordless",
            pass,
            {{"/usr/bin/doas", ""}, {"/etc/doas.conf", "permit bob # \\\ndeny nopass hana\n"}},
            ""},
           {"privileged-groups", fail, {passwd, {"/etc/group", "docker:x:998:\n"}}, "bob (docker)"},
           {"privileged-groups",
            fail,
            {passwd,
             {"/etc/group", "ops:x:9:a,b,c\n"},
             sudo,
             {"/etc/sudoers", "%ops ALL=(ALL) ALL\n"}},
            "3 administrators"},
           {"privileged-groups",
            fail,
            {passwd, {"/etc/group", "ops:x:9:\n"}, sudo, {"/etc/sudoers", "ALL ALL=(ALL) ALL\n"}},
            "everyone"},
           {"privileged-groups",
            fail,
            {passwd,
             {"/etc/group", "x:x:9:\n"},
             sudo,
             {"/etc/sudoers",
              "User_Alias OPS = a, b\nCmnd_Alias EVERY = ALL\nOPS,c ALL=(root) EVERY\n"}},
            "3 administrators"},
           // apt starts whatever its options name.
           {"privileged-groups",
            fail,
            {passwd,
             {"/etc/group", "ops:x:9:a,b,c\n"},
             sudo,
             {"/etc/sudoers", "%ops ALL=(ALL) /usr/bin/apt\n"}},
            "3 administrators"},
           {"privileged-groups",
            pass,
            {passwd,
             {"/etc/group", "ops:x:9:a,b,c\n"},
             sudo,
             {"/etc/sudoers", "%ops ALL=(ALL) /usr/bin/apt update\n"}},
            "root is the only"}})
    try_case(c);
}

}  // namespace
}  // namespace sekisho
