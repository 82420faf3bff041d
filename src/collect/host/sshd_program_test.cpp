// SPDX-License-Identifier: Apache-2.0
// Verdicts on sshd's settings, held against the real sshd: trees of configuration made at random,
// and `sshd -T -C` asked for every kind of connection.
#include <sys/mount.h>

#include "collect/host/sshd.h"
#include "differential.h"
#include "small_system.h"

namespace sekisho {
namespace {

using enum Verdict;

/// Lines of sshd_config and the files that they include.
class SshdMaker {
 public:
  explicit SshdMaker(Dice& dice) : dice_(dice) {}

  std::vector<File> make() {
    files_ = {};
    text_of("/etc/ssh/sshd_config", 0);
    return files_;
  }

 private:
  void text_of(const std::string& path, int depth) {
    std::string text;
    for (int count = 1 + dice_.below(6); count > 0; --count) text += line(depth) + end();
    files_.push_back({path, text});
  }

  std::string end() { return dice_.once_in(15) ? "\r\n" : "\n"; }

  std::string line(int depth) {
    if (depth < 3 && dice_.once_in(5)) return include(depth);
    if (dice_.once_in(6)) return match();
    if (dice_.once_in(12))
      return dice_.word(
          {"# PermitRootLogin yes", "", "X11Forwarding no", "  #PasswordAuthentication yes"});
    std::string name =
        dice_.word({"PermitRootLogin", "PasswordAuthentication", "KbdInteractiveAuthentication",
                    "ChallengeResponseAuthentication", "MaxAuthTries", "UsePAM", "permitrootlogin",
                    "PASSWORDAUTHENTICATION", "\"PermitRootLogin\""});
    const std::string value =
        lower(name).contains("maxauth") ? dice_.word({"2", "4", "5", "100"})
        : lower(name).contains("rootlogin")
            ? dice_.word({"yes", "no", "no", "prohibit-password", "without-password", "YES"})
            : dice_.word({"yes", "no", "no", "No"});
    const std::string quoted = dice_.word({"Q", "\"Q\"", "'Q'", "Q # yes", "Q"});
    std::string written = quoted;
    written.replace(written.find('Q'), 1, value);
    return dice_.word({"", "", "  ", "\t"}) + name + dice_.word({" ", " ", "=", " = ", "\t"}) +
           written;
  }

  std::string match() {
    return "Match " + dice_.word({"all", "User root", "User daemon", "User \"root\"", "User r*",
                                  "User *,!root", "Address 10.0.0.0/8", "Address 192.0.2.5",
                                  "Host *", "Group daemon", "Address *",
                                  "User root Address 10.0.0.0/8", "user root,nobody", "All"});
  }

  std::string include(int depth) {
    const std::string number = std::to_string(++made_);
    const std::string name = dice_.word({"/etc/ssh/sshd_config.d/NN.conf", "/etc/ssh/a/NN.conf",
                                         "/etc/ssh/b b/NN.conf", "/etc/ssh/.h/NN.conf"});
    std::string path = name;
    path.replace(path.find("NN"), 2, number);
    text_of(path, depth + 1);
    std::string how = dice_.word({"PATH", "\"PATH\"", "/etc/ssh/*/N.conf",
                                  "\"/etc/ssh/missing\" \"PATH\"", "sshd_config.d/*.conf",
                                  "/etc/ssh/?/N.conf", "/etc/ssh/[ab]/*.conf", "'PATH' # x"});
    if (path.contains(' ') && how == "PATH") how = "\"PATH\"";
    if (const auto at = how.find("PATH"); at != std::string::npos) how.replace(at, 4, path);
    if (const auto at = how.find("N.conf"); at != std::string::npos) how.replace(at, 1, number);
    return "Include " + how;
  }

  Dice& dice_;
  std::vector<File> files_;
  int made_ = 0;
};

/// The worst that the real sshd gives any connection, by check; nothing when it refuses to start.
std::optional<std::map<std::string, bool>> truth(const std::string& key) {
  std::map<std::string, bool> bad{
      {"ssh-root-login", false}, {"ssh-passwords", false}, {"ssh-tries", false}};
  for (const char* user : {"root", "daemon", "nobody"})
    for (const char* address : {"10.1.2.3", "192.0.2.5", "203.0.113.9"}) {
      const auto answer =
          run_process({"/usr/sbin/sshd", "-T", "-h", key, "-C",
                       fmt::format("user={},host=h.example,addr={}", user, address)},
                      {.time = std::chrono::seconds(20)});
      if (!answer || answer->exit_code != 0) return std::nullopt;
      std::map<std::string, std::string> said;
      for (const std::string_view line : split(std::string_view(answer->out), '\n'))
        if (const auto parts = words(line); parts.size() >= 2)
          said[std::string(parts[0])] = parts[1];
      if (std::string_view(user) == "root" && said["permitrootlogin"] == "yes")
        bad["ssh-root-login"] = true;
      if (said["passwordauthentication"] == "yes" ||
          (said["kbdinteractiveauthentication"] == "yes" && said["usepam"] == "yes"))
        bad["ssh-passwords"] = true;
      if (whole_number(said["maxauthtries"]) > 4) bad["ssh-tries"] = true;
    }
  return bad;
}

/// What sshd says of configurations that stand where it looks for them, in a namespace of mounts.
class OwnSshd {
 public:
  OwnSshd() {
    ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr);
    ::mount("tmpfs", "/run", "tmpfs", 0, nullptr);
    std::filesystem::create_directory("/run/sshd");
    run_process({"/usr/bin/ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key_});
  }
  /// Puts what `root` has below /etc/ssh there; false where that can't be done.
  static bool show(const TempRoot& root) {
    return ::mount(root.at("/etc/ssh").c_str(), "/etc/ssh", nullptr, MS_BIND, nullptr) == 0;
  }
  static void hide() { ::umount2("/etc/ssh", MNT_DETACH); }
  /// A host's.
  const std::string& key() const { return key_; }

 private:
  TempRoot keys_;
  std::string key_ = keys_.at("/key").string();
};

std::string compare_all_sshd() {
  const OwnSshd sshd;
  Dice dice(99);
  int asked = 0;
  Stricter strict;
  int told = 0;
  std::string complaints;
  for (int i = 0; asked < cases(30, 300) && i < 5000; ++i) {
    const TempRoot root;
    root.add("/usr/sbin/sshd");
    std::string shown;
    for (const File& file : SshdMaker(dice).make()) {
      root.add(file.path, file.content);
      shown += "--- " + file.path + "\n" + file.content;
    }
    if (!OwnSshd::show(root)) return "no mount";
    const auto real = truth(sshd.key());
    OwnSshd::hide();
    if (!real) continue;
    ++asked;
    for (const auto& [check, bad] : *real) {
      const Finding finding = look(check, root);
      if (bad && finding.verdict == pass) complaints += "FALSE PASS " + check + "\n" + shown;
      // A block may take in connections that were not asked for here; without one, fail is fail.
      if (!bad && finding.verdict == fail) {
        if (!strict.note(shown, {{"Match User", "a block of users that weren't asked about"},
                                 {"Match user", "a block of users that weren't asked about"},
                                 {"Match Address", "a block of addresses that weren't asked about"},
                                 {"Match Group", "a block of a group that nobody asked is in"},
                                 {"Match Host", "a block of hosts"},
                                 {"Match ", "a block within others"}}))
          complaints += "FALSE FAIL " + check + ": " + finding.fact.en + "\n" + shown;
      }
      told += finding.verdict != unknown ? 1 : 0;
    }
    if (complaints.size() > 3000) break;
  }
  strict.print(fmt::format("sshd: {} configurations, {} verdicts, {} judged stricter", asked, told,
                           strict.count()));
  if (asked < 25 || told < asked * 2 || strict.count() * 8 > told)
    complaints +=
        fmt::format("{} configurations, {} verdicts, {} strict", asked, told, strict.count());
  return complaints;
}

/// Lists of algorithms, as people change them.
std::string algorithm_lines(Dice& dice) {
  std::string text;
  for (int count = 1 + dice.below(3); count > 0; --count) {
    const std::string sign = dice.word({"", "+", "+", "^", "-"});
    switch (dice.below(5)) {
      case 0:
        text += "HostKeyAlgorithms " + sign +
                dice.word({"ssh-rsa", "rsa-sha2-512", "ssh-ed25519,ssh-rsa", "ssh-rsa*", "ssh-*"});
        break;
      case 1:
        text +=
            dice.word({"PubkeyAcceptedAlgorithms ", "PubkeyAcceptedKeyTypes "}) + sign +
            dice.word({"ssh-rsa", "rsa-sha2-256", "ssh-dss", "*", "ssh-rsa-cert-v01@openssh.com"});
        break;
      case 2:
        text += "CASignatureAlgorithms " + sign + dice.word({"ssh-rsa", "ssh-ed25519"});
        break;
      case 3:
        text += "KexAlgorithms " + sign +
                dice.word({"diffie-hellman-group14-sha1", "curve25519-sha256",
                           "diffie-hellman-group-exchange-sha1", "diffie-hellman-group1-sha1"});
        break;
      default:
        text += dice.word({"Ciphers ", "ciphers="}) + sign +
                dice.word({"aes128-cbc", "aes256-ctr", "3des-cbc,aes128-ctr"});
    }
    text += "\n";
  }
  return text;
}

/// sshd itself offers something weak; nothing when it refuses the lines.
std::optional<bool> offers_weak(const std::string& key) {
  const auto answer =
      run_process({"/usr/sbin/sshd", "-T", "-h", key}, {.time = std::chrono::seconds(20)});
  if (!answer || answer->exit_code != 0) return std::nullopt;
  for (const std::string_view line : split(std::string_view(answer->out), '\n')) {
    const auto parts = words(line);
    if (parts.size() < 2) continue;
    const bool keys = parts[0].ends_with("algorithms") && !parts[0].starts_with("kex") &&
                      !parts[0].starts_with("gss");
    const bool others = parts[0] == "ciphers" || parts[0] == "kexalgorithms";
    for (const std::string_view one : split(parts[1], ',')) {
      if (keys && (one == "ssh-rsa" || one.starts_with("ssh-rsa-") || one.starts_with("ssh-dss")))
        return true;
      if (others && (one.contains("cbc") || one.ends_with("-sha1"))) return true;
    }
  }
  return false;
}

std::string compare_algorithms() {
  const OwnSshd sshd;
  Dice dice(98);
  int asked = 0;
  int weak = 0;
  Stricter strict;
  for (int i = 0; asked < cases(60, 600) && i < 5000; ++i) {
    const TempRoot root;
    root.add("/usr/sbin/sshd");
    root.add(kStatus, package("openssh-server", "1:9.2p1-2"));
    const std::string text = algorithm_lines(dice);
    root.add("/etc/ssh/sshd_config", text);
    if (!OwnSshd::show(root)) return "no mount";
    const auto real = offers_weak(sshd.key());
    OwnSshd::hide();
    if (!real) continue;
    ++asked;
    weak += *real ? 1 : 0;
    const Finding finding = look("ssh-ciphers", root);
    if (*real && finding.verdict == pass) return "FALSE PASS\n" + text;
    if (!*real && finding.verdict == fail &&
        !strict.note(text, {{"*", "a pattern that adds only what this sshd knows"},
                            {"ssh-dss", "a name that this sshd no longer has"}}))
      return "FALSE FAIL " + finding.fact.en + "\n" + text;
  }
  strict.print(fmt::format("sshd's algorithms: {} configurations, {} weak, {} judged stricter",
                           asked, weak, strict.count()));
  return asked > 40 && weak > asked / 10 ? "" : fmt::format("{} asked, {} weak", asked, weak);
}

TEST(Sshd, OffersTheAlgorithmsThatItSays) {
  EXPECT_EQ(in_namespaces(CLONE_NEWNS, compare_algorithms), "");
}

TEST(Sshd, IsJudgedAsSshdCountsItsSettings) {
  EXPECT_EQ(in_namespaces(CLONE_NEWNS, compare_all_sshd), "");
}

/// Places that `sshd -T` isn't asked of here.
TEST(Sshd, IsReadWhereOtherSystemsAndUnitsHaveIt) {
  const std::string good =
      "PasswordAuthentication no\nKbdInteractiveAuthentication no\nPermitRootLogin "
      "no\nMaxAuthTries 3\n";
  const File server{"/usr/sbin/sshd", ""};
  const File config{"/etc/ssh/sshd_config", good};
  const File unit{
      "/usr/lib/systemd/system/ssh.service",
      "[Service]\nEnvironmentFile=-/etc/default/ssh\nExecStart=/usr/sbin/sshd -D $SSHD_OPTS\n"};
  for (const Case& c : std::vector<Case>{
           {"ssh-passwords", pass, {server, config, unit}, "/etc/ssh/sshd_config:1"},
           {"ssh-root-login", pass, {server, config, unit}, "/etc/ssh/sshd_config:3"},
           {"ssh-passwords",
            fail,
            {server,
             config,
             unit,
             {"/etc/default/ssh", "SSHD_OPTS=\"-o PasswordAuthentication=yes\"\n"}},
            "sshd -o"},
           {"ssh-root-login",
            fail,
            {server, config, unit, {"/etc/default/ssh", "SSHD_OPTS=-oPermitRootLogin=yes\n"}},
            ""},
           {"ssh-root-login",
            fail,
            {server, config, {"/etc/default/ssh", "SSHD_OPTS=-oPermitRootLogin=yes\n"}},
            ""},
           {"ssh-root-login",
            pass,
            {server,
             {"/etc/ssh/sshd_config", "PermitRootLogin yes\n"},
             unit,
             {"/etc/default/ssh", "SSHD_OPTS='-o \"PermitRootLogin no\"'\n"}},
            ""},
           {"ssh-root-login",
            fail,
            {server,
             config,
             unit,
             {"/etc/systemd/system/ssh.service.d/o.conf",
              "[Service]\nExecStart=\nExecStart=/usr/sbin/sshd -D -f /etc/ssh/open\n"},
             {"/etc/ssh/open", "PermitRootLogin yes\n"}},
            "/etc/ssh/open:1"},
           {"ssh-root-login",
            fail,
            {server,
             config,
             unit,
             {"/run/systemd/system/ssh.service.d/o.conf",
              "[Service]\nExecStart=\nExecStart=/usr/sbin/sshd \\\n  -Df/etc/ssh/open\n"},
             {"/etc/ssh/open", "PermitRootLogin yes\n"}},
            ""},
           {"ssh-root-login",
            unknown,
            {server,
             config,
             unit,
             {"/etc/systemd/system/ssh.service.d/o.conf",
              "[Service]\nExecStart=\nExecStart=/usr/local/bin/wrap --serve\n"}},
            ""},
           {"ssh-root-login",
            unknown,
            {server,
             config,
             unit,
             {"/etc/systemd/system/ssh.service.d/o.conf",
              "[Service]\nEnvironmentFile=/etc/x/*.env\n"}},
            ""},
           {"ssh-root-login",
            fail,
            {{"/run/current-system/sw/bin/sshd", ""},
             {"/etc/ssh/sshd_config", "PermitRootLogin yes\n"}},
            ""},
           {"ssh-root-login",
            fail,
            {server, {"/usr/etc/ssh/sshd_config", "PermitRootLogin yes\n"}},
            "/usr/etc"},
           {"ssh-passwords",
            unknown,
            {{"/usr/sbin/dropbear", ""}, {"/etc/conf.d/dropbear", "DROPBEAR_OPTS=\"-s\"\n"}},
            "dropbear"},
           {"ssh-passwords", unknown, {{"/proc/7/comm", "sshd\n"}}, "runs"},
           // What sshd doesn't know keeps it from starting.
           {"ssh-root-login",
            unknown,
            {server, {"/etc/ssh/sshd_config", good + "PermitRootLogins yes\n"}},
            "sshd_config:5"},
           // Another server beside it, and other units of its own.
           {"ssh-passwords", unknown, {server, config, {"/usr/sbin/dropbear", ""}}, "dropbear"},
           {"ssh-passwords", unknown, {server, config, {"/proc/9/comm", "tinysshd\n"}}, "tinysshd"},
           {"ssh-passwords",
            pass,
            {server,
             config,
             {"/usr/sbin/dropbear", ""},
             {"/lib/systemd/system/dropbear.service", "[Service]\nExecStart=/usr/sbin/dropbear\n"}},
            ""},
           {"ssh-root-login",
            unknown,
            {server,
             config,
             unit,
             {"/etc/systemd/system/open.service",
              "[Service]\nExecStart=/usr/sbin/sshd -D -f /etc/ssh/open\n"}},
            "open.service"},
           {"ssh-root-login",
            unknown,
            {server,
             config,
             unit,
             {"/etc/systemd/system/ssh@.service",
              "[Service]\nExecStart=-/usr/sbin/sshd -i -o PermitRootLogin=yes\n"}},
            "ssh@.service"},
           {"ssh-root-login",
            pass,
            {server,
             config,
             unit,
             {"/usr/lib/systemd/system/ssh@.service",
              "[Service]\nEnvironmentFile=-/etc/default/ssh\nExecStart=-/usr/sbin/sshd -i "
              "$SSHD_OPTS\n"}},
            ""},
           {"ssh-root-login",
            unknown,
            {server,
             config,
             unit,
             {"/proc/9/comm", "sshd\n"},
             {"/proc/9/cmdline",
              "sshd: /usr/sbin/sshd -D -f /etc/ssh/open [listener] 0 of 10-100 startups"}},
            "/etc/ssh/open"},
           {"ssh-root-login",
            unknown,
            {server,
             config,
             {"/etc/inetd.conf", "2222 stream tcp nowait root /usr/sbin/sshd -i\n"}},
            "inetd"},
           {"ssh-root-login",
            unknown,
            {server, {"/etc/ssh/sshd_config", "PermitRootLogin maybe\n"}},
            "maybe"},
           {"ssh-root-login",
            unknown,
            {server, {"/etc/ssh/sshd_config", "PermitRootLogin no\nInclude \"x\n"}},
            "sshd_config:2"},
           {"ssh-tries", unknown, {server, {"/etc/ssh/sshd_config", "MaxAuthTries few\n"}}, ""},
           {"ssh-tries",
            fail,
            {server,
             {"/etc/conf.d/sshd", "cfgfile=/etc/ssh/other\n"},
             {"/etc/ssh/other", "MaxAuthTries 9\n"}},
            ""}})
    try_case(c);
}

}  // namespace
}  // namespace sekisho
