// SPDX-License-Identifier: Apache-2.0
// Accounts, groups and passwords, held against the C library that programs of this machine read
// them with, and people's sign-ins by every way that a green verdict once overlooked.
#include <grp.h>
#include <pwd.h>
#include <shadow.h>
#include <sys/xattr.h>

#include "differential.h"
#include "small_system.h"

namespace sekisho {
namespace {

using enum Verdict;

/// A stream of text, for the C library's readers.
class Stream {
 public:
  explicit Stream(std::string text)
      : text_(std::move(text)), stream_(::fmemopen(text_.data(), text_.size(), "r")) {}
  ~Stream() { std::fclose(stream_); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  std::FILE* get() const { return stream_; }

 private:
  std::string text_;
  std::FILE* stream_;
};

std::string number(Dice& dice) {
  return dice.word({"0",
                    " 0",
                    "00",
                    "+0",
                    "-0",
                    "0 ",
                    "0x0",
                    "",
                    "1000",
                    "1001",
                    "4294967295",
                    "4294967296",
                    "18446744073709551616",
                    "-1",
                    "- 0",
                    "\t0",
                    "000000",
                    "65534",
                    "a",
                    "0a",
                    "-18446744073709550616"});
}

std::string passwd_line(Dice& dice) {
  std::string line = dice.word({"", "", "", " ", "\t", "#"}) +
                     dice.word({"root", "toor", "hana", "", "+", "-", "+hana", "+@staff", "a b"});
  const int fields = dice.below(9);
  for (int i = 0; i < fields; ++i) {
    line += ':';
    line += i == 0             ? dice.word({"x", "", "*"})
            : i == 1 || i == 2 ? number(dice)
                               : dice.word({"", "/", "/bin/sh", "x y", "#"});
  }
  return line;
}

/// What the C library takes for an account is one here, with the same number; nothing else is,
/// unless its line is told to be unclear.
TEST(Accounts, AreThoseOfTheCLibrary) {
  Dice dice(31);
  int entries = 0;
  for (int i = 0; i < cases(20'000, 1'000'000); ++i) {
    const std::string line = passwd_line(dice);
    const Entries<Account> ours = parse_passwd(line + "\n");
    const Stream stream(line + "\n");
    const passwd* real = ::fgetpwent(stream.get());  // NOLINT(concurrency-mt-unsafe)
    const bool named = real != nullptr && real->pw_name[0] != '\0' && real->pw_name[0] != '+' &&
                       real->pw_name[0] != '-';
    // More than it takes may be taken where that is told (a number that doesn't fit).
    if (!named && (real != nullptr || !ours.list.empty())) {
      ASSERT_FALSE(ours.unclear.empty()) << line;
    }
    if (!named) continue;
    ASSERT_EQ(ours.list.size(), 1U) << line;
    ++entries;
    ASSERT_EQ(ours.list[0].name, real->pw_name) << line;
    ASSERT_EQ(ours.list[0].uid, real->pw_uid) << line;
    ASSERT_EQ(ours.list[0].gid, real->pw_gid) << line;
    ASSERT_EQ(ours.list[0].password, real->pw_passwd) << line;
    ASSERT_EQ(ours.list[0].home, real->pw_dir) << line;
  }
  EXPECT_GT(entries, 500);
}

TEST(Accounts, GroupsAndPasswordsAreThoseOfTheCLibrary) {
  Dice dice(32);
  int groups = 0;
  int secrets = 0;
  for (int i = 0; i < cases(20'000, 1'000'000); ++i) {
    std::string line = dice.word({"", "", " ", "#"}) + dice.word({"docker", "", "+", "sudo"});
    const int fields = dice.below(5);
    for (int field = 0; field < fields; ++field)
      line += ':' + (field == 0   ? dice.word({"x", "", "!"})
                     : field == 1 ? number(dice)
                                  : dice.word({"", "hana", "hana,taro", ",hana,", " hana"}));
    const Entries<Group> ours = parse_group(line + "\n");
    const Stream stream(line + "\n");
    const group* real = ::fgetgrent(stream.get());  // NOLINT(concurrency-mt-unsafe)
    if (real != nullptr && real->gr_name[0] != '\0' && real->gr_name[0] != '+') {
      ++groups;
      ASSERT_EQ(ours.list.size(), 1U) << line;
      ASSERT_EQ(ours.list[0].gid, real->gr_gid) << line;
      std::size_t members = 0;
      while (real->gr_mem[members] != nullptr) ++members;
      ASSERT_GE(ours.list[0].members.size(), members) << line;
    } else if (real != nullptr) {
      ASSERT_FALSE(ours.unclear.empty()) << line;
    }
    std::string shadow = dice.word({"", " "}) + dice.word({"hana", "root"});
    const int rest = dice.below(10);
    for (int field = 0; field < rest; ++field)
      shadow += ':' + (field == 0 ? dice.word({"", "*", "$y$x", "!"}) : dice.word({"", "1", "99"}));
    const Entries<Secret> ours_kept = parse_shadow(shadow + "\n");
    const Stream kept(shadow + "\n");
    const spwd* real_kept = ::fgetspent(kept.get());  // NOLINT(concurrency-mt-unsafe)
    if (real_kept == nullptr) continue;
    ++secrets;
    ASSERT_EQ(ours_kept.list.size(), 1U) << shadow;
    ASSERT_EQ(ours_kept.list[0].name, real_kept->sp_namp) << shadow;
    ASSERT_EQ(ours_kept.list[0].stored, real_kept->sp_pwdp) << shadow;
  }
  EXPECT_GT(groups, 500);
  EXPECT_GT(secrets, 500);
}

const std::string kRoot = "root:x:0:0::/root:/bin/bash\n";
const std::string kHana = kRoot + "hana:x:1000:1000::/home/hana:/bin/bash\n";
const std::string kDays = ":19000:0:99999:7:::\n";

TEST(Accounts, OfEveryPlaceAndSpelling) {
  const File passwd{"/etc/passwd", kHana};
  const File shadow{"/etc/shadow", "root:*" + kDays + "hana:$y$j9T$a$b" + kDays};
  const File password{"/etc/pam.d/common-password", "password sufficient pam_unix.so yescrypt\n"};
  for (const std::string line : {"toor:x: 0:0::/:/bin/sh", "toor:x:+0:0::/:/bin/sh",
                                 "toor:x:-0:0::/:/bin/sh", " toor:x:0:0::/:/bin/sh",
                                 "toor:x:00:0::/:/bin/sh", "toor:x:0:0", "toor:x:0:0::/:/bin/sh:x"})
    try_case({"uid-zero", fail, {{"/etc/passwd", kRoot + line + "\n"}}, "toor"});
  for (const std::string line : {"+::::::", "+@staff::::::", "toor:x:4294967296:0::/:/bin/sh",
                                 "toor:x:0x0:0::/:/bin/sh", "toor"})
    try_case({"uid-zero", unknown, {{"/etc/passwd", kRoot + line + "\n"}}, "/etc/passwd:2"});
  const File sss{"/etc/nsswitch.conf", "passwd: files sss\ngroup: files sss\n"};
  const File sssd{"/etc/sssd/sssd.conf", "[sssd]\n"};
  const auto kept = [&](const std::string& hash) {
    return std::vector<File>{passwd, password, {"/etc/shadow", "hana:" + hash + kDays}};
  };
  for (const auto& [hash, name] : std::vector<std::pair<std::string, std::string>>{
           {"$md5,rounds=904$x$$y", "SunMD5"},
           {"$3$$8846f7eaee8fb117ad06bdd830b7586c", "NT"},
           {"$sha1$40000$jtNX3nZ2$hBNaIXkt4wBI2o5rsi8KejSjNqIq", "SHA-1"},
           {"$2b$05$abcdefghijklmnopqrstuv", "bcrypt 5"},
           {"$6$rounds=1000$x$y", "SHA-512 1000"},
           {"$5$rounds=1000$x$y", "SHA-256 1000"},
           {"$2x$12$abc", "bcrypt 2x"},
           {"abJnggxhB/yWI", "DES"},
           {"_J9..CCCCXBrJUJV154M", "DES"},
           {"!$1$x$y", "MD5"}})
    try_case({"password-hashing", fail, kept(hash), name});
  for (const std::string hash :
       {"$6$x$y", "$6$rounds=65536$x$y", "$2b$12$x", "$y$j9T$x$y", "*", "!", "!!", "$7$x"})
    try_case({"password-hashing", pass, kept(hash), "stored with yescrypt"});
  for (const Case& c : std::vector<Case>{
           {"uid-zero",
            fail,
            {passwd, {"/var/lib/extrausers/passwd", "toor:x:0:0::/:/bin/sh\n"}},
            "toor"},
           {"uid-zero", unknown, {passwd, sss, sssd}, "sss"},
           {"uid-zero", pass, {passwd, sss}, ""},
           {"uid-zero", unknown, {passwd, {"/etc/nsswitch.conf", "passwd: files nis\n"}}, "nis"},
           {"uid-zero", unknown, {passwd, {"/etc/userdb/toor.user", "{}"}}, "/etc/userdb"},
           {"empty-passwords", pass, {passwd, shadow}, ""},
           {"empty-passwords", unknown, {passwd, shadow, {"/run/userdb/a.user", "{}"}}, "userdb"},
           {"empty-passwords", unknown, {passwd, shadow, sss, sssd}, "sss"},
           {"empty-passwords",
            fail,
            {passwd, shadow, {"/var/lib/extrausers/shadow", "ume::1:0:9:7:::\n"}},
            "ume"},
           {"empty-passwords", fail, {passwd, {"/etc/shadow", "hana::1:0:9\n"}}, "hana"},
           {"empty-passwords",
            fail,
            {passwd, shadow, {"/etc/pam.d/login", "auth sufficient pam_permit.so\n"}},
            "login"},
           {"empty-passwords",
            fail,
            {passwd,
             shadow,
             {"/etc/pam.d/lightdm",
              "auth sufficient pam_succeed_if.so user ingroup nopasswdlogin\n@include "
              "common-auth\n"},
             {"/etc/pam.d/common-auth",
              "auth [default=ignore] pam_permit.so\nauth required "
              "pam_permit.so\n"}},
            "common-auth"},
           // What looks at something else may let anybody by.
           {"empty-passwords",
            unknown,
            {passwd,
             shadow,
             {"/etc/pam.d/login", "auth sufficient pam_shells.so\nauth required pam_unix.so\n"}},
            "login"},
           {"empty-passwords",
            unknown,
            {passwd,
             shadow,
             {"/etc/pam.d/login",
              "auth sufficient pam_faillock.so preauth\nauth required pam_unix.so\n"}},
            "login"},
           {"empty-passwords",
            pass,
            {passwd,
             shadow,
             {"/etc/pam.d/login",
              "auth required pam_shells.so\nauth requisite pam_nologin.so\nauth optional "
              "pam_mount.so\nauth required pam_unix.so\n"}},
            ""},
           {"empty-passwords",
            unknown,
            {passwd,
             shadow,
             {"/etc/group", "nopasswdlogin:x:990:hana\n"},
             {"/etc/pam.d/lightdm",
              "auth sufficient pam_succeed_if.so user ingroup nopasswdlogin\nauth required "
              "pam_unix.so\n"}},
            "lightdm"},
           {"empty-passwords",
            pass,
            {passwd,
             shadow,
             {"/etc/group", "nopasswdlogin:x:990:\n"},
             {"/etc/pam.d/lightdm",
              "auth sufficient pam_succeed_if.so user ingroup nopasswdlogin\nauth required "
              "pam_unix.so\n"}},
            ""},
           {"empty-passwords",
            unknown,
            {passwd,
             shadow,
             {"/etc/pam.d/login", "auth include gone\nauth required pam_unix.so\n"}},
            "gone"},
           {"password-hashing",
            fail,
            {{"/etc/passwd", "hana:abJnggxhB/yWI:1000:1000::/:/bin/sh\n"}, shadow, password},
            "hana (DES)"},
           {"password-hashing",
            fail,
            {passwd, shadow, password, {"/etc/gshadow", "staff:$1$x$y::\n"}},
            "staff (MD5)"},
           {"password-hashing",
            fail,
            {passwd, shadow, password, {"/etc/security/opasswd", "hana:1000:1:$1$x$y\n"}},
            "opasswd"},
           {"password-hashing", unknown, kept("$argon2id$v=19$x"), "$argon2id$"},
           {"password-hashing",
            fail,
            {passwd,
             shadow,
             {"/etc/pam.d/common-password", "password required pam_unix.so sha512 rounds=1000\n"}},
            "sha512 rounds=1000"},
           {"password-hashing",
            fail,
            {passwd,
             shadow,
             password,
             {"/etc/pam.d/passwd", "password required pam_unix.so md5\n"}},
            "md5"},
           {"password-hashing",
            fail,
            {passwd,
             shadow,
             {"/etc/pam.d/common-password", "password required pam_unix.so blowfish\n"}},
            "blowfish"}})
    try_case(c);
}

TEST(Accounts, WhoBecomesAdministrator) {
  const File passwd{"/etc/passwd", kHana};
  const File group{"/etc/group", "sudo:x:27:\nops:x:50:hana\n"};
  const File sudo{"/usr/bin/sudo", ""};
  const File rules{"/etc/sudoers", "%sudo ALL=(ALL) ALL\n"};
  const auto with = [&](const std::string& path, const std::string& text) {
    return std::vector<File>{passwd, group, sudo, rules, {path, text}};
  };
  const auto plugin = [&](const std::string& line) { return with("/etc/sudo.conf", line + "\n"); };
  auto elsewhere = plugin("Plugin sudoers_policy sudoers.so sudoers_file=/other");
  elsewhere.push_back({"/other", "hana ALL=(ALL) NOPASSWD: ALL\n"});
  for (const Case& c : std::vector<Case>{
           {"sudo-passwordless", fail, elsewhere, "/other:1"},
           {"sudo-passwordless", unknown,
            plugin("Plugin sudoers_policy sudoers.so sudoers_file=/gone"), "/gone"},
           {"sudo-passwordless", unknown, plugin("Plugin mine_policy mine.so"), "mine.so"},
           {"sudo-passwordless", unknown, plugin("plugin \\\n sudoers_policy /opt/sudoers.so"), ""},
           {"sudo-passwordless", pass, plugin("Plugin sudoers_policy sudoers.so\nSet x y"), ""},
           {"sudo-passwordless", fail,
            with("/etc/sudoers", "Defaults timestamp_timeout=-1\n%sudo ALL=(ALL) ALL\n"),
            "timestamp_timeout=-1"},
           {"sudo-passwordless", fail,
            with("/etc/sudoers", "Defaults timestamp_timeout=600\n%sudo ALL=(ALL) ALL\n"),
            "timestamp_timeout=600"},
           {"sudo-passwordless", fail,
            with("/etc/sudoers", "Defaults:hana timestamp_timeout = 60.5\n%sudo ALL=(ALL) ALL\n"),
            "timestamp_timeout=60.5"},
           {"sudo-passwordless", pass,
            with("/etc/sudoers", "Defaults timestamp_timeout=59.5\n%sudo ALL=(ALL) ALL\n"), ""},
           {"sudo-passwordless", unknown,
            with("/etc/sudoers", "Defaults pam_service=open\n%sudo ALL=(ALL) ALL\n"),
            "pam_service"},
           {"sudo-passwordless", fail,
            with("/etc/polkit-1/rules.d/0.rules",
                 "polkit.addRule(function(action, subject) {\n  return polkit.Result.YES; });\n"),
            "0.rules"},
           {"sudo-passwordless", unknown,
            with("/etc/polkit-1/rules.d/0.rules",
                 "polkit.addRule(function(a, s) { if (s.isInGroup('ops')) return "
                 "polkit.Result.YES; });\n"),
            "polkit"},
           {"sudo-passwordless", pass,
            with("/etc/polkit-1/rules.d/0.rules",
                 "// polkit.Result.YES\npolkit.addRule(function(a, s) { return polkit.Result.NO; "
                 "});\n"),
            ""},
           {"sudo-passwordless", fail,
            with("/etc/polkit-1/localauthority/50-local.d/a.pkla",
                 "[a]\nIdentity=unix-user:hana\nAction=*\nResultActive=yes\n"),
            "a.pkla"},
           {"sudo-passwordless", unknown,
            with("/var/lib/polkit-1/localauthority/50-local.d/a.pkla",
                 "[a]\nIdentity=unix-user:hana\nAction=org.x.y\nResultAny=yes\n"),
            "a.pkla"},
           // What a package brings for what is its own.
           {"sudo-passwordless", pass,
            with("/var/lib/polkit-1/localauthority/10-vendor.d/a.pkla",
                 "[a]\nIdentity=unix-user:hana\nAction=org.x.y\nResultAny=yes\n"),
            ""},
           {"privileged-groups", pass,
            with("/etc/polkit-1/rules.d/0.rules",
                 "polkit.addRule(function(a, s) { if (s.local) return polkit.Result.YES; });\n"),
            ""},
           {"sudo-passwordless", unknown,
            with("/usr/local/share/polkit-1/actions/a.policy",
                 "<policyconfig><action id=\"a\"><defaults><allow_any>yes</allow_any></defaults>"
                 "</action></policyconfig>\n"),
            "a.policy"},
           {"privileged-groups", unknown,
            with(
                "/etc/polkit-1/rules.d/0.rules",
                "polkit.addAdminRule(function(a, s) { return ['unix-group:sudo'].concat(b); });\n"),
            "0.rules"},
           {"privileged-groups", unknown,
            with("/etc/polkit-1/rules.d/0.rules",
                 "polkit['addAdmin' + 'Rule'](function(a, s) { return ['unix-user:a']; });\n"),
            "0.rules"},
           {"privileged-groups", unknown, with("/run/systemd/userdb/com.ubuntu.authd", ""),
            "/run/systemd/userdb"},
           {"privileged-groups", pass, with("/run/systemd/userdb/io.systemd.Home", ""), ""},
           {"privileged-groups", unknown, with("/etc/userdb/ume.group", "{}"), "/etc/userdb"},
           {"sudo-passwordless", fail,
            with("/etc/pam.d/su",
                 "auth sufficient pam_wheel.so trust group=ops\nauth required pam_unix.so\n"),
            "su"},
           {"sudo-passwordless", pass,
            with("/etc/pam.d/su",
                 "auth sufficient pam_rootok.so\nauth sufficient pam_wheel.so trust "
                 "group=sudo\nauth required pam_unix.so\n"),
            ""},
           {"sudo-passwordless",
            fail,
            {passwd, group, {"/etc/pam.d/su", "auth sufficient pam_permit.so\n"}},
            "su"},
           {"privileged-groups", unknown,
            with("/etc/sudoers", "%EXAMPLE\\\\admins ALL=(ALL) ALL\n"), "EXAMPLE"},
           {"privileged-groups", unknown,
            with("/etc/sudoers", "%admins@example.org ALL=(ALL) ALL\n"), "admins@example.org"},
           {"privileged-groups", unknown, with("/etc/sudoers", "+ops ALL=(ALL) ALL\n"), "+ops"},
           {"privileged-groups", unknown, with("/etc/nsswitch.conf", "group: files winbind\n"),
            "winbind"},
           {"privileged-groups", unknown, with("/etc/group", "sudo:x:27:\n+:::\n"), "/etc/group:2"},
           {"privileged-groups", pass,
            with("/etc/polkit-1/rules.d/0.rules",
                 "polkit.addAdminRule(function(a, s) { return [\"unix-group:ops\"]; });\n"),
            "hana"},
           {"privileged-groups", fail,
            with("/etc/polkit-1/rules.d/0.rules",
                 "polkit.addAdminRule(function(a, s) { return ['unix-user:a', 'unix-user:b', "
                 "'unix-user:c']; });\n"),
            "3 administrators"},
           {"privileged-groups", unknown,
            with("/etc/polkit-1/rules.d/0.rules",
                 "polkit.addAdminRule(function(a, s) { return [who()]; });\n"),
            "addAdminRule"},
           {"privileged-groups",
            fail,
            {passwd, {"/etc/group", "docker:x:998:hana"}},
            "hana (docker)"}})
    try_case(c);
}

TEST(Accounts, WhoseHomesAndKeysAreLookedAt) {
  const File passwd{"/etc/passwd", kHana};
  const std::string bare = "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\nx\n";
  const std::string pem = "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n";
  const auto person = [](const std::string& id, const std::string& home) {
    return File{"/etc/passwd", kRoot + "hana:x:" + id + ":" + id + "::" + home + ":/bin/bash\n"};
  };
  for (const Case& c : std::vector<Case>{
           {"home-permissions",
            fail,
            {person("70000", "/home/hana"), {"/home/hana/|0755", ""}},
            "/home/hana"},
           {"home-permissions",
            fail,
            {person("600", "/home/hana"), {"/home/hana/|0755", ""}},
            "/home/hana"},
           {"home-permissions",
            fail,
            {person("600", "/people/hana"),
             {"/etc/login.defs", "UID_MIN 500\n"},
             {"/people/hana/|0755", ""}},
            "/people/hana"},
           {"home-permissions",
            not_applicable,
            {person("105", "/var/lib/postgresql"), {"/var/lib/postgresql/|0755", ""}},
            ""},
           {"home-permissions",
            unknown,
            {passwd, {"/home/hana/|0700", ""}, {"/etc/nsswitch.conf", "passwd: files ldap\n"}},
            "ldap"},
           {"home-permissions",
            unknown,
            {passwd, {"/home/hana/|0700", ""}, {"/var/lib/systemd/home/ume.identity", "{}"}},
            "systemd/home"},
           {"ssh-keys", fail, {passwd, {"/root/.ssh/id_rsa|0600", pem}}, "/root/.ssh/id_rsa"},
           {"ssh-keys", fail, {passwd, {"/home/hana/.ssh/work.ppk|0600", bare}}, "work.ppk"},
           {"ssh-keys", fail, {passwd, {"/home/hana/Downloads/aws.pem|0600", pem}}, "aws.pem"},
           {"ssh-keys", fail, {passwd, {"/home/hana/.ssh/known_hosts_key|0600", pem}}, ""},
           {"ssh-keys", fail, {passwd, {"/home/hana/.ssh/keys/work|0600", pem}}, "keys/work"},
           {"ssh-keys",
            fail,
            {passwd,
             {"/home/hana/.ssh/config", "Host x\n  IdentityFile=\"~/safe/mine\"\n"},
             {"/home/hana/safe/mine|0600", pem}},
            "safe/mine"},
           {"ssh-keys",
            fail,
            {passwd, {"/etc/ssh/ssh_config", "IdentityFile %d/k\n"}, {"/home/hana/k|0600", pem}},
            "/home/hana/k"},
           {"ssh-keys",
            unknown,
            {passwd, {"/home/hana/.ssh/config", "IdentityFile ~/keys/%h\n"}},
            "config"},
           {"ssh-keys",
            unknown,
            {passwd, {"/home/hana/.ssh/odd|0600", "-----BEGIN OPENSSH PRIVATE KEY-----\n!!\n"}},
            ""}})
    try_case(c);
}

TEST(Accounts, HomesAreOpenByGroupsAndAccessLists) {
  const auto verdict = [](const std::string& group, const std::string& mode, int extra_user) {
    const TempRoot root;
    root.add("/etc/passwd", kHana + "taro:x:1001:1001::/home/taro:/bin/bash\n");
    root.add("/home/hana/|" + mode);
    const auto gid = Machine(root.path()).facts("/home/hana")->group;
    root.add("/etc/group", fmt::format("{}:x:{}:{}\n", "own", gid, group));
    if (extra_user > 0) {
      // user::rwx, user:N:r-x, group::---, mask::r-x, other::---
      const std::vector<std::uint8_t> acl{2,
                                          0,
                                          0,
                                          0,
                                          1,
                                          0,
                                          7,
                                          0,
                                          255,
                                          255,
                                          255,
                                          255,
                                          2,
                                          0,
                                          5,
                                          0,
                                          static_cast<std::uint8_t>(extra_user & 255),
                                          static_cast<std::uint8_t>(extra_user >> 8),
                                          0,
                                          0,
                                          4,
                                          0,
                                          0,
                                          0,
                                          255,
                                          255,
                                          255,
                                          255,
                                          16,
                                          0,
                                          5,
                                          0,
                                          255,
                                          255,
                                          255,
                                          255,
                                          32,
                                          0,
                                          0,
                                          0,
                                          255,
                                          255,
                                          255,
                                          255};
      if (::setxattr(root.at("/home/hana").c_str(), "system.posix_acl_access", acl.data(),
                     acl.size(), 0) != 0)
        return std::string("no ACLs here");
    }
    return std::string(name(look("home-permissions", root).verdict));
  };
  EXPECT_EQ(verdict("hana", "0750", 0), "pass");
  EXPECT_EQ(verdict("taro", "0750", 0), "fail");
  EXPECT_EQ(verdict("hana,taro", "0710", 0), "fail");
  EXPECT_EQ(verdict("taro", "0700", 0), "pass");
  if (const std::string own = verdict("", "0700", 1000); own != "no ACLs here") {
    EXPECT_EQ(own, "pass");
    EXPECT_EQ(verdict("", "0700", 1001), "fail");
  }
}

TEST(Accounts, NobodyIsSignedInUnseen) {
  const File gnome{"/usr/share/wayland-sessions/gnome.desktop", ""};
  for (const Case& c : std::vector<Case>{
           {"automatic-login",
            fail,
            {{"/etc/gdm3/daemon.conf", "[daemon]\nAutomaticLoginEnable=true\n"}},
            "gdm3"},
           {"automatic-login", unknown, {gnome}, "no init"},
           {"automatic-login",
            pass,
            {gnome, {"/usr/lib/systemd/systemd", ""}, {"/etc/gdm3/daemon.conf", "[daemon]\n"}},
            ""},
           {"automatic-login",
            fail,
            {{"/sbin/init", ""},
             {"/etc/systemd/system/kiosk.service",
              "[Service]\nExecStart=/sbin/agetty --autologin hana tty1\n"}},
            "kiosk"},
           {"automatic-login",
            fail,
            {{"/sbin/init", ""}, {"/etc/credstore/agetty.autologin", "hana"}},
            "credstore"},
           {"automatic-login", unknown, {{"/sbin/init", ""}, {"/usr/bin/ly", ""}}, "ly"},
           {"automatic-login",
            fail,
            {gnome,
             {"/sbin/init", ""},
             {"/run/.containerenv", ""},
             {"/etc/lightdm/lightdm.conf", "[Seat:*]\nautologin-user=hana\n"}},
            "lightdm"}})
    try_case(c);
}

}  // namespace
}  // namespace sekisho
