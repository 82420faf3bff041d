// SPDX-License-Identifier: Apache-2.0
// What stands beside the files that a setting is read from, and undoes it.
#include "small_system.h"

namespace sekisho {
namespace {

using enum Verdict;

const File kAccounts{"/etc/passwd",
                     "root:x:0:0::/root:/bin/sh\ntaro:x:1000:1000::/home/taro:/bin/sh\n"};
const File kInit{"/usr/lib/systemd/systemd|0755", ""};

Finding of(std::string_view check, std::vector<File> files, const File& other) {
  TempRoot root;
  files.push_back(other);
  for (const File& file : files) root.add(file.path, file.content);
  return look(check, root);
}

TEST(Beside, OtherCommandsMayChangeTheRules) {
  const std::string before =
      "*filter\n:ufw-before-input - [0:0]\n-A ufw-before-input -i lo -j ACCEPT\nCOMMIT\n";
  std::vector<File> base{
      {"/var/lib/dpkg/status", "Package: ufw\nStatus: install ok installed\nVersion: 0.36.2\n\n"},
      {"/etc/ufw/ufw.conf", "ENABLED=yes\n"},
      {"/etc/default/ufw", "IPV6=no\nDEFAULT_INPUT_POLICY=\"DROP\"\n"},
      {"/usr/lib/systemd/system/ufw.service",
       "[Service]\nExecStart=/usr/lib/ufw/ufw-init start quiet\n"},
      {"/etc/systemd/system/multi-user.target.wants/ufw.service -> /usr/lib/x", ""},
      {"/etc/ufw/before.rules", before},
      {"/etc/ufw/user.rules", "*filter\n:ufw-user-input - [0:0]\nCOMMIT\n"},
      {"/etc/ufw/after.rules", "*filter\n:ufw-after-input - [0:0]\nCOMMIT\n"}};
  const auto with = [&](const File& other) { return of("firewall", base, other).verdict; };
  for (const File& harmless :
       {File{"/etc/ufw/after.init", "iptables -I INPUT -j ACCEPT\n"},  // not executable
        File{"/etc/rc.local|0755", "#!/bin/sh\n# iptables -F\nexit 0\n"},
        File{"/etc/systemd/system/x.service", "[Service]\nExecStart=/usr/bin/printer-nfts\n"}})
    EXPECT_EQ(with(harmless), pass) << harmless.path;
  for (const File& other :
       {File{"/etc/ufw/after.init|0755", "iptables -I INPUT -j ACCEPT\n"},
        File{"/etc/rc.local|0755", "#!/bin/sh\n/sbin/iptables -F; iptables -P INPUT ACCEPT\n"},
        File{"/etc/cron.d/x", "@reboot root iptables -F\n"},
        File{"/etc/cron.hourly/x|0755", "#!/bin/sh\nufw disable\n"},
        File{"/etc/network/if-up.d/x|0755", "#!/bin/sh\nip6tables -I INPUT -j ACCEPT\n"},
        File{"/etc/network/interfaces", "iface eth0 inet dhcp\n  post-up iptables -F INPUT\n"},
        File{"/etc/NetworkManager/dispatcher.d/9-x|0755", "nft flush ruleset\n"},
        File{"/etc/systemd/system/fl.service",
             "[Unit]\nAfter=ufw.service\n[Service]\nExecStart=/usr/sbin/iptables -I INPUT -j "
             "ACCEPT\n"},
        File{"/etc/systemd/system/ssh.service.d/x.conf",
             "[Service]\nExecStartPost=-/usr/sbin/nft flush ruleset\n"},
        File{"/usr/local/lib/systemd/system/x.service",
             "[Service]\nExecStart=/bin/sh -c 'sleep 9; systemctl stop ufw'\n"}})
    EXPECT_EQ(with(other), unknown) << other.path;
}

TEST(Beside, AnSshdForEachConnectionHasOptionsOfItsOwn) {
  const std::vector<File> base{
      kAccounts,
      {"/usr/sbin/sshd|0755", ""},
      {"/etc/ssh/sshd_config", "PermitRootLogin no\nPasswordAuthentication no\n"},
      {"/usr/lib/systemd/system/ssh.service",
       "[Service]\nEnvironmentFile=-/etc/default/ssh\nExecStart=/usr/sbin/sshd -D $SSHD_OPTS\n"},
      {"/usr/lib/systemd/system/ssh.socket", "[Socket]\nListenStream=22\nAccept=yes\n"},
      {"/usr/lib/systemd/system/ssh@.service",
       "[Service]\nEnvironmentFile=-/etc/default/ssh\nExecStart=-/usr/sbin/sshd -i $SSHD_OPTS\n"},
      {"/etc/systemd/system/sockets.target.wants/ssh.socket -> /usr/lib/systemd/system/ssh.socket",
       ""}};
  EXPECT_EQ(of("ssh-root-login", base, {"/etc/hostname", "x\n"}).verdict, pass);
  EXPECT_EQ(of("ssh-root-login", base,
               {"/etc/systemd/system/ssh@.service.d/o.conf",
                "[Service]\nExecStart=\nExecStart=-/usr/sbin/sshd -i -oPermitRootLogin=yes\n"})
                .verdict,
            unknown);
  EXPECT_EQ(of("ssh-root-login", base,
               {"/etc/cron.d/x", "@reboot root /usr/sbin/sshd -p 2222 -oPermitRootLogin=yes\n"})
                .verdict,
            unknown);
}

/// Automatic sign-in: a console whose getty asks nobody, a shell on a terminal, a kiosk.
TEST(Beside, ConsolesThatAskNobodySignIn) {
  const std::vector<File> base{kAccounts, kInit, {"/etc/gdm3/daemon.conf", "[daemon]\n"}};
  EXPECT_EQ(of("automatic-login", base, {"/etc/hostname", "x\n"}).verdict, pass);
  const std::string drop_in = "/etc/systemd/system/getty@tty1.service.d/x.conf";
  for (const char* command :
       {"-/sbin/agetty --skip-login --login-options \"-f taro\" - %I $TERM",
        "-/sbin/agetty -o \"-p -f taro\" - $TERM", "/bin/bash", "-/sbin/agetty -n -l /bin/bash %I",
        "-/sbin/agetty -Jn %I", "-/sbin/agetty --login-program=/bin/bash %I", "/usr/bin/startx",
        "-/sbin/agetty --autol taro %I", "-/sbin/agetty --auto=taro %I",
        "-/sbin/agetty --sk --login-p /bin/bash %I", "-/sbin/agetty --login-o=\"-p -f taro\" %I"})
    EXPECT_EQ(of("automatic-login", base,
                 {drop_in, std::string("[Service]\nExecStart=\nExecStart=") + command + "\n"})
                  .verdict,
              fail)
        << command;
  for (const char* command : {"-/sbin/agetty -o '-p -- \\\\u' --noclear %I $TERM",
                              "-/sbin/agetty --noclear -I x -t 60 %I", "/sbin/mingetty tty1",
                              "-/sbin/agetty -o '-p' --flow-control --login-pause %I"})
    EXPECT_EQ(of("automatic-login", base,
                 {drop_in, std::string("[Service]\nExecStart=\nExecStart=") + command + "\n"})
                  .verdict,
              pass)
        << command;
  EXPECT_EQ(
      of("automatic-login", base,
         {"/etc/systemd/system/kiosk.service",
          "[Service]\nUser=taro\nPAMName=login\nTTYPath=/dev/tty7\nExecStart=/usr/bin/startx\n"
          "[Install]\nWantedBy=graphical.target\n"})
          .verdict,
      pass)
      << "nothing starts it";
  std::vector<File> kiosk = base;
  kiosk.push_back({"/etc/systemd/system/kiosk.service",
                   "[Service]\nUser=taro\nPAMName=login\nTTYPath=/dev/tty7\n"
                   "ExecStart=/usr/bin/startx\n[Install]\nWantedBy=multi-user.target\n"});
  EXPECT_EQ(
      of("automatic-login", kiosk,
         {"/etc/systemd/system/multi-user.target.wants/kiosk.service -> ../kiosk.service", ""})
          .verdict,
      fail);
  std::vector<File> shell = base;
  shell.push_back({"/usr/lib/systemd/system/debug-shell.service",
                   "[Service]\nExecStart=/bin/sh\nTTYPath=/dev/tty9\n"});
  EXPECT_EQ(of("automatic-login", shell, {"/etc/hostname", "x\n"}).verdict, pass);
  EXPECT_EQ(of("automatic-login", shell,
               {"/etc/systemd/system/sysinit.target.wants/debug-shell.service -> "
                "/usr/lib/systemd/system/debug-shell.service",
                ""})
                .verdict,
            fail);
}

TEST(Beside, UsbguardKeepsOutWhatItsRulesDo) {
  const std::vector<File> base{{"/usr/lib/systemd/system/usbguard.service",
                                "[Service]\nExecStart=/usr/sbin/usbguard-daemon -f -s -c "
                                "/etc/usbguard/usbguard-daemon.conf\n"},
                               {"/etc/systemd/system/multi-user.target.wants/usbguard.service -> "
                                "/usr/lib/systemd/system/usbguard.service",
                                ""},
                               {"/etc/modprobe.d/x.conf", ""}};
  const File daemon{"/etc/usbguard/usbguard-daemon.conf", "ImplicitPolicyTarget=block\n"};
  EXPECT_EQ(of("usb-storage", base, {"/etc/usbguard/rules.conf", "allow\n"}).verdict, unknown)
      << "the daemon's settings aren't there";
  std::vector<File> set = base;
  set.push_back(daemon);
  for (const char* rule :
       {"allow", "allow id *:*", "  allow  ", "allow with-interface one-of { 03:*:* }",
        "allow with-interface equals { 08:06:50 }", "allow id 1d6b:*", "allow name \"x\""})
    EXPECT_EQ(
        of("usb-storage", set, {"/etc/usbguard/rules.conf", rule + std::string("\n")}).verdict,
        fail)
        << rule;
  EXPECT_EQ(of("usb-storage", set, {"/etc/usbguard/rules.d/1.conf", "allow\n"}).verdict, fail);
  for (const char* rule : {"allow id 1d6b:0002 serial \"x\"", "reject id *:*", "block",
                           "allow with-interface equals { 03:01:01 }", "# allow"})
    EXPECT_EQ(
        of("usb-storage", set, {"/etc/usbguard/rules.conf", rule + std::string("\n")}).verdict,
        pass)
        << rule;
  for (const char* setting : {"ImplicitPolicyTarget=allow", "PresentDevicePolicy=allow"})
    EXPECT_EQ(
        of("usb-storage", base, {"/etc/usbguard/usbguard-daemon.conf", std::string(setting) + "\n"})
            .verdict,
        fail)
        << setting;
}

TEST(Beside, ActionsOfPolkitGiveNobodyRoot) {
  const std::vector<File> base{kAccounts,
                               {"/etc/shadow", "root:*:1::::::\ntaro:$y$x:1::::::\n"},
                               {"/usr/bin/sudo|4755", ""},
                               {"/etc/sudoers", "root ALL=(ALL:ALL) ALL\n"}};
  const auto action = [](const char* id, const char* allow, const char* path) {
    return fmt::format(
        "<?xml version=\"1.0\"?><policyconfig><action id=\"{}\"><defaults><allow_any>auth_admin"
        "</allow_any><allow_active>{}</allow_active></defaults><annotate "
        "key=\"org.freedesktop.policykit.exec.path\">{}</annotate></action></policyconfig>",
        id, allow, path);
  };
  const std::string file = "/usr/share/polkit-1/actions/x.policy";
  EXPECT_EQ(of("sudo-passwordless", base, {file, action("org.x.run", "yes", "/bin/bash")}).verdict,
            fail);
  EXPECT_EQ(
      of("sudo-passwordless", base, {file, action("org.freedesktop.policykit.exec", "yes", "x")})
          .verdict,
      fail);
  for (const std::string& fine : {action("org.x.run", "auth_admin", "/bin/bash"),
                                  action("org.x.light", "yes", "/usr/sbin/backlight-helper")})
    EXPECT_NE(of("sudo-passwordless", base, {file, fine}).verdict, fail) << fine;
}

TEST(Beside, AuthoritiesInTheBundleComeFromFiles) {
  const auto certificate = [](const char* content) {
    return fmt::format("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", content);
  };
  const std::vector<File> base{
      {"/usr/share/ca-certificates/mozilla/A.crt", certificate("QUFB\nQUFB")},
      {"/usr/share/ca-certificates/mozilla/B.crt", certificate("QkJC")}};
  const std::string bundle = "/etc/ssl/certs/ca-certificates.crt";
  EXPECT_EQ(
      of("https-trust", base, {bundle, certificate("QUFBQUFB") + certificate("QkJC")}).verdict,
      pass);
  EXPECT_EQ(
      of("https-trust", base, {bundle, certificate("QUFBQUFB") + certificate("Q0ND")}).verdict,
      fail);
}

TEST(Beside, ProxiesOfPeopleCount) {
  const std::vector<File> base{kAccounts, {"/etc/environment", ""}};
  EXPECT_EQ(of("proxy", base, {"/home/taro/.profile", "# export https_proxy=http://x:1\n"}).verdict,
            pass);
  for (const char* file : {".profile", ".bashrc", ".zshenv", ".config/environment.d/x.conf"})
    EXPECT_EQ(of("proxy", base,
                 {std::string("/home/taro/") + file, "export https_proxy=http://evil.example:1\n"})
                  .verdict,
              fail)
        << file;
}

TEST(Beside, TimeComesFromElsewhere) {
  const std::vector<File> base{
      {"/usr/lib/systemd/system/chrony.service", "[Service]\nExecStart=/usr/sbin/chronyd\n"},
      {"/etc/systemd/system/multi-user.target.wants/chrony.service -> "
       "/usr/lib/systemd/system/chrony.service",
       ""}};
  const auto with = [&](const char* line) {
    return of("time-sync", base, {"/etc/chrony/chrony.conf", std::string(line) + "\n"}).verdict;
  };
  for (const char* line : {"server a.example offline", "server 127.0.0.1",
                           "server localhost iburst", "server ntp.nict.jp noselect",
                           "pool ntp.nict.jp noselect", "server ntp.nict.jp minpoll 24 maxpoll 24"})
    EXPECT_EQ(with(line), fail) << line;
  EXPECT_EQ(with("refclock SHM 0"), unknown);
  EXPECT_EQ(with("server ntp.nict.jp\nmaxchange 0 0 0"), unknown);
  for (const char* line : {"server ntp.nict.jp iburst", "pool 2.debian.pool.ntp.org iburst",
                           "refclock SHM 0\nserver ntp.nict.jp"})
    EXPECT_EQ(with(line), pass) << line;
}

TEST(Beside, WhereASystemGoesAtItsStart) {
  const std::vector<File> base{
      {"/usr/lib/systemd/system/chrony.service", "[Service]\nExecStart=/usr/sbin/chronyd\n"},
      {"/etc/systemd/system/multi-user.target.wants/chrony.service -> "
       "/usr/lib/systemd/system/chrony.service",
       ""},
      {"/etc/chrony/chrony.conf", "pool 2.debian.pool.ntp.org iburst\n"}};
  const auto with = [&](const std::string& target) {
    return of("time-sync", base, {"/etc/systemd/system/default.target -> " + target, ""}).verdict;
  };
  for (const char* target : {"/lib/systemd/system/graphical.target", "multi-user.target",
                             "/usr/lib/systemd/system/runlevel5.target"})
    EXPECT_EQ(with(target), pass) << target;
  for (const char* target : {"/lib/systemd/system/rescue.target", "emergency.target",
                             "/etc/systemd/system/kiosk.target", "/dev/null"})
    EXPECT_EQ(with(target), unknown) << target;
  EXPECT_EQ(of("time-sync", base,
               {"/etc/systemd/system/default.target", "[Unit]\nRequires=basic.target\n"})
                .verdict,
            unknown);
}

TEST(Beside, BackupsGoElsewhereAndHoldSomething) {
  const std::vector<File> base{
      kAccounts,
      {"/usr/bin/restic|0755", ""},
      {"/usr/bin/borg|0755", ""},
      {"/usr/lib/systemd/system/cron.service", "[Service]\nExecStart=/usr/sbin/cron -f\n"},
      {"/etc/systemd/system/multi-user.target.wants/cron.service -> "
       "/usr/lib/systemd/system/cron.service",
       ""},
      {"/etc/fstab", "/dev/sda1 / ext4 defaults 0 1\n/dev/sdb1 /backup ext4 defaults 0 2\n"},
      {"/root/pass", "x\n"}};
  const auto with = [&](const std::string& command) {
    return of("backup-tool", base, {"/etc/cron.d/backup", "0 3 * * * root " + command + "\n"})
        .verdict;
  };
  for (const char* command :
       {"restic -r sftp:backup@nas.example:/r --password-file /root/pass backup /home",
        "restic -r /backup/r backup /home", "restic --repo=/mnt/usb/r backup / --exclude /proc",
        "restic backup /home", "borg create ssh://nas.example/./r::{now} /home",
        "borg create /media/disk/r::{now} /home"})
    EXPECT_EQ(with(command), pass) << command;
  for (const char* command :
       {"restic -r /home/bk backup /home", "restic --repo=/var/bk backup /home",
        "restic -r sftp:root@localhost:/r backup /home",
        "restic -r rest:http://127.0.0.1:8000/ backup /",
        "restic -r sftp:x@nas.example:/r backup /home --exclude '*'",
        "restic -r sftp:x@nas.example:/r backup / --iexclude /home",
        "restic -r sftp:x@nas.example:/r backup --files-from /dev/null",
        "restic -r sftp:x@nas.example:/r backup --stdin",
        "restic -r sftp:x@nas.example:/r --password-file /root/.gone backup /home",
        "borg create /home/b::x /home"})
    EXPECT_EQ(with(command), unknown) << command;
}

TEST(Beside, LogsThatAreTakenAwayAreNotKept) {
  const std::vector<File> base{{"/var/log/journal/", ""},
                               {"/etc/systemd/journald.conf", "[Journal]\nStorage=persistent\n"},
                               {"/usr/bin/journalctl|0755", ""}};
  const auto with = [&](const File& file) { return of("persistent-log", base, file).verdict; };
  EXPECT_EQ(with({"/etc/tmpfiles.d/x.conf", "d /var/log/private 0700 root root -\n"}), pass);
  for (const char* line :
       {"R! /var/log/journal", "r! /var/log/syslog", "r /var/log/auth.log",
        "D /var/log/journal 2755 root systemd-journal -", "d /var/log 0755 root root 1d"})
    EXPECT_EQ(with({"/etc/tmpfiles.d/x.conf", std::string(line) + "\n"}), unknown) << line;
  EXPECT_EQ(with({"/etc/logrotate.d/rsyslog", "/var/log/syslog\n{\n  rotate 0\n  daily\n}\n"}),
            unknown);
  EXPECT_EQ(with({"/etc/logrotate.d/rsyslog", "/var/log/syslog\n{\n  rotate 7\n  daily\n}\n"}),
            pass);
}

}  // namespace
}  // namespace sekisho
