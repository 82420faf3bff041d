// SPDX-License-Identifier: Apache-2.0
// Places where other systems, other packages and other people put what decides: each of these once
// passed, or was called "not installed", because only the first place was looked at.
#include "small_system.h"

namespace sekisho {
namespace {

using enum Verdict;

TEST(Places, OfLogsAndNames) {
  const File journal{"/var/log/journal/", ""};
  const File main{"/etc/systemd/journald.conf", "[Journal]\n#Storage=auto\n"};
  const File stub{"/etc/resolv.conf", "nameserver 127.0.0.53\n"};
  const File tls{"/etc/systemd/resolved.conf", "[Resolve]\nDNSOverTLS=yes\n"};
  const File resolved{"/usr/lib/systemd/system/systemd-resolved.service",
                      "[Service]\nExecStart=!!/lib/systemd/systemd-resolved\n"};
  const File wants{"/etc/systemd/system/multi-user.target.wants/systemd-resolved.service", ""};
  for (const Case& c : std::vector<Case>{
           {"persistent-log",
            fail,
            {journal,
             main,
             {"/usr/lib/systemd/journald.conf.d/40-rpi-volatile-storage.conf",
              "[Journal]\nStorage=volatile\n"}},
            "40-rpi-volatile-storage.conf:2"},
           {"persistent-log",
            fail,
            {journal, main, {"/run/systemd/journald.conf.d/a.conf", "[Journal]\nStorage=none\n"}},
            ""},
           {"persistent-log",
            pass,
            {journal,
             main,
             {"/usr/lib/systemd/journald.conf.d/a.conf", "[Journal]\nStorage=volatile\n"},
             {"/etc/systemd/journald.conf.d/a.conf -> /dev/null", ""}},
            ""},
           {"persistent-log",
            pass,
            {journal,
             main,
             {"/etc/systemd/journald.conf.d/a.conf",
              "[Other]\nStorage=none\n[Journal]\nstorage=none\nStorage=nonsense\n"}},
            ""},
           {"persistent-log",
            fail,
            {{"/var/log/syslog", "old"},
             {"/etc/systemd/journald.conf", "[Journal]\nStorage=volatile\n"}},
            ""},
           {"dns-protection", pass, {stub, tls, resolved, wants}, "/etc/systemd/resolved.conf:2"},
           {"dns-protection", unknown, {stub, tls}, "was not found"},
           {"dns-protection",
            fail,
            {stub, tls, {"/run/systemd/resolved.conf.d/x.conf", "[Resolve]\nDNSOverTLS=no\n"}},
            "x.conf:2"},
           {"dns-protection",
            fail,
            {stub, tls, {"/usr/lib/systemd/resolved.conf.d/x.conf", "[Resolve]\nDNSOverTLS=0\n"}},
            ""},
           {"dns-protection",
            fail,
            {stub, {"/etc/systemd/resolved.conf", "[Resolve]\nDNSOverTLS=opportunistic\n"}},
            "clear text"},
           {"time-sync",
            fail,
            {{"/usr/lib/systemd/system/systemd-timesyncd.service", "[Unit]\n"},
             {"/etc/systemd/system/sysinit.target.wants/systemd-timesyncd.service -> /x", ""},
             {"/etc/systemd/system/systemd-timesyncd.service -> /dev/null", ""}},
            ""},
           {"time-sync", unknown, {{"/etc/runlevels/default/chronyd", ""}}, ""}})
    try_case(c);
}

TEST(Places, OfWhatIsTrustedOnTheWay) {
  const File certs{"/etc/ssl/certs/", ""};
  const File environment{"/etc/environment", ""};
  for (const Case& c : std::vector<Case>{
           {"https-trust", fail, {certs, {"/etc/pki/trust/anchors/corp.crt", "x"}}, "corp"},
           {"https-trust",
            fail,
            {certs, {"/etc/ca-certificates/trust-source/anchors/corp.crt", "x"}},
            "corp"},
           {"https-trust",
            fail,
            {certs, {"/etc/pki/ca-trust/source/anchors/corp-root", "x"}},
            "corp-root"},
           {"https-trust",
            fail,
            {certs, {"/usr/share/pki/ca-trust-source/anchors/corp.pem", "x"}},
            "corp"},
           {"proxy",
            fail,
            {environment, {"/etc/dnf/dnf.conf", "[main]\nproxy=http://p.example:3128\n"}},
            "p.example:3128"},
           {"proxy",
            fail,
            {environment,
             {"/etc/sysconfig/proxy",
              "PROXY_ENABLED=\"yes\"\nHTTP_PROXY=\"http://p.example:3128\"\n"}},
            "p.example"},
           {"proxy",
            pass,
            {environment,
             {"/etc/sysconfig/proxy",
              "PROXY_ENABLED=\"no\"\nHTTP_PROXY=\"http://p.example:3128\"\n"}},
            ""},
           {"proxy",
            fail,
            {environment,
             {"/etc/systemd/system.conf.d/p.conf",
              "[Manager]\nDefaultEnvironment=\"A=b\" \"http_proxy=http://p.example:3128\"\n"}},
            "p.conf:2"},
           {"proxy",
            fail,
            {environment, {"/etc/environment.d/p.conf", "http_proxy=http://p.example:3128\n"}},
            "p.conf"},
           {"proxy",
            fail,
            {environment,
             {"/etc/profile", "if true; then export https_proxy=http://p.example:3128; fi\n"}},
            "/etc/profile"},
           {"proxy",
            pass,
            {environment, {"/etc/profile", "# https_proxy=http://p.example:3128\n"}},
            ""},
           {"vpn-configuration",
            fail,
            {{"/etc/openvpn/client/a.ovpn|0644",
              "client\nremote-cert-tls server\n<key>\n-----BEGIN PRIVATE KEY-----\n"}},
            "0644"},
           {"vpn-configuration",
            fail,
            {{"/etc/NetworkManager/system-connections/v",
              "[connection]\ntype=vpn\n[vpn]\nservice-type=org.freedesktop.NetworkManager."
              "openvpn\ncipher=BF-CBC\nremote-cert-tls=server\n"}},
            "bf-cbc"},
           {"vpn-configuration",
            unknown,
            {{"/etc/NetworkManager/system-connections/v",
              "[connection]\ntype=vpn\n[vpn]\nservice-type=org.freedesktop.NetworkManager."
              "strongswan\n"}},
            ""}})
    try_case(c);
}

TEST(Places, OfPackagesAndUpdates) {
  const std::string on =
      "APT::Periodic::Update-Package-Lists \"1\";\nAPT::Periodic::Unattended-Upgrade "
      "\"1\";\nUnattended-Upgrade::Origins-Pattern { \"label=Debian-Security\"; };\n";
  const auto updates = [&](const std::string& more, bool timers = true) {
    std::vector<File> files{
        {kStatus, package("unattended-upgrades", "2.9")},
        {"/etc/apt/apt.conf.d/20auto", on},
        {"/etc/apt/apt.conf.d/99x", more},
        {"/etc/os-release", "ID=debian\nVERSION_CODENAME=bookworm\n"},
        {"/etc/apt/sources.list", "deb http://deb.debian.org/x bookworm-security main\n"},
        {"/usr/lib/systemd/system/apt-daily.service",
         "[Service]\nExecStart=/usr/lib/apt/apt.systemd.daily update\n"},
        {"/usr/lib/systemd/system/apt-daily-upgrade.service",
         "[Service]\nExecStart=/usr/lib/apt/apt.systemd.daily install\n"},
        {"/usr/lib/systemd/system/apt-daily.timer",
         "[Timer]\nOnCalendar=*-*-* 6,18:00\nRandomizedDelaySec=12h\n"},
        {"/usr/lib/systemd/system/apt-daily-upgrade.timer",
         "[Timer]\nOnCalendar=*-*-* 6:00\nRandomizedDelaySec=60m\n"}};
    if (timers)
      for (const char* timer : {"apt-daily.timer", "apt-daily-upgrade.timer"})
        files.push_back({std::string("/etc/systemd/system/timers.target.wants/") + timer, ""});
    return files;
  };
  const auto list = [](const std::string& line) {
    return std::vector<File>{{"/etc/apt/sources.list", line + "\n"}};
  };
  for (
      const Case& c : std::vector<Case>{
          {"automatic-updates", pass, updates(""), ""},
          {"automatic-updates", fail, updates("APT::Periodic::Enable \"0\";\n"), "Enable"},
          {"automatic-updates", fail, updates("", false), "does not run"},
          {"automatic-updates", fail, updates("#clear Unattended-Upgrade::Origins-Pattern;\n"),
           "security archive"},
          {"automatic-updates", fail, updates("APT::Periodic::Unattended-Upgrade \"30\";\n"),
           "30 days"},
          {"automatic-updates", unknown, updates("APT::Periodic { \n"), "99x"},
          {"package-sources", fail, list("deb [trusted=true] http://x/ ./"), "sources.list:1"},
          {"package-sources", fail, list("deb [ arch=amd64 trusted=1 ] http://x/ ./"), ""},
          {"package-sources", fail, list("deb [allow-insecure=with] http://x/ ./"), ""},
          {"package-sources", pass, list("deb [trusted=no] http://x/ ./ # [trusted=yes]"), ""},
          {"package-sources",
           fail,
           {{"/etc/apt/sources.list.d/x.sources", "Types: deb\ntrusted: ON\n"}},
           ""},
          {"package-sources",
           fail,
           {{"/etc/apt/sources.list.d/x.sources",
             "Types: deb\nURIs:\n http://x\nSuites: ./\nTrusted:\n# no\n yes\n"}},
           "Trusted"},
          {"package-sources",
           pass,
           {{"/etc/apt/sources.list.d/x.sources",
             "Types: deb\nTrusted:\n no\nSigned-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n "
             "/yes\n -----END PGP PUBLIC KEY BLOCK-----\n"},
            {"/etc/apt/sources.list", ""}},
           ""},
          {"package-sources",
           pass,
           {{"/etc/apt/sources.list.d/x.sources.bak", "Types: deb\nTrusted: yes\n"},
            {"/etc/apt/sources.list", ""}},
           ""},
          {"package-sources", fail, {{"/etc/yum.repos.d/x.repo", "[x]\ngpgcheck=0\n"}}, "gpgcheck"},
          {"package-sources", unknown, {{"/etc/yum.repos.d/x.repo", "[x]\ngpgcheck=1\n"}}, ""},
          {"package-sources",
           fail,
           {{"/etc/pacman.conf", "[options]\nSigLevel = Never\n"}},
           "SigLevel"},
          {"package-sources",
           fail,
           {{"/etc/pacman.conf", "[options]\n[core]\nInclude = /m\n"}},
           "core"},
          {"package-sources",
           fail,
           {{"/etc/pacman.conf",
             "[options]\nSigLevel = Required DatabaseOptional\n[x]\nSigLevel = PackageTrustAll\n"}},
           "[x]"},
          {"package-sources",
           fail,
           {{"/etc/pacman.conf", "[options]\nSigLevel = Required Optional\n"}},
           "SigLevel"},
          {"package-sources",
           unknown,
           {{"/etc/pacman.conf",
             "[options]\nSigLevel = Required DatabaseOptional\n[core]\nInclude = /m\n"}},
           ""}})
    try_case(c);
}

TEST(Places, OfSigningInAndOfNewFiles) {
  const File init{"/sbin/init", ""};
  const File defs{"/etc/login.defs", "UMASK 027\n"};
  const File pam{"/etc/pam.d/common-session", "session optional pam_umask.so\n"};
  const File person{"/etc/passwd", "hana:x:1000:1000::/home/hana:/bin/sh\n"};
  for (const Case& c : std::vector<Case>{
           {"automatic-login",
            fail,
            {init,
             {"/usr/share/lightdm/lightdm.conf.d/50.conf", "[Seat:*]\nautologin-user=hana\n"}},
            ""},
           {"automatic-login",
            fail,
            {init, {"/usr/lib/sddm/sddm.conf.d/a.conf", "[Autologin]\nUser=hana\n"}},
            ""},
           {"automatic-login",
            fail,
            {init,
             {"/etc/greetd/config.toml",
              "[initial_session]\ncommand = \"sway\"\nuser = \"hana\"\n"}},
            "greetd"},
           {"automatic-login",
            fail,
            {init,
             {"/usr/lib/systemd/system/getty@tty1.service.d/a.conf",
              "[Service]\nExecStart=-/sbin/agetty --autologin hana %I\n"}},
            ""},
           {"umask", pass, {defs, pam}, "/etc/login.defs"},
           {"umask",
            fail,
            {defs, pam, {"/etc/profile.d/u.sh", "umask 022\n"}},
            "/etc/profile.d/u.sh:1"},
           {"umask",
            fail,
            {{"/etc/login.defs", "UMASK 077\n"},
             {"/etc/profile", "if x; then\n    umask 002\nelse\n    umask 022\nfi\n"}},
            "/etc/profile"},
           {"umask",
            fail,
            {defs, {"/etc/pam.d/common-session", "session optional pam_umask.so umask=022\n"}},
            "common-session:1"},
           {"umask", unknown, {defs, pam, {"/etc/profile", "umask $MASK\n"}}, "/etc/profile:1"},
           // Whatever comes later: people's own files, GECOS, units; and who isn't reached at all.
           {"umask",
            fail,
            {defs, pam, person, {"/home/hana/.profile", "umask 022\n"}},
            ".profile:1"},
           {"umask", fail, {defs, pam, person, {"/home/hana/.bashrc", "x;umask 002\n"}}, ".bashrc"},
           {"umask", fail, {defs, pam, person, {"/home/hana/.zshenv", "umask 0022\n"}}, ".zshenv"},
           {"umask",
            fail,
            {defs, pam, person, {"/home/hana/.config/fish/config.fish", "umask 022\n"}},
            "config.fish"},
           {"umask",
            fail,
            {defs,
             pam,
             person,
             {"/home/hana/.bashrc", ". ~/.mine\n"},
             {"/home/hana/.mine", "umask 022\n"}},
            ".mine"},
           {"umask",
            unknown,
            {defs, pam, person, {"/home/hana/.bashrc", "source \"$STUFF/env.sh\"\n"}},
            ".bashrc:1"},
           {"umask", pass, {defs, pam, person, {"/home/hana/.bashrc", "# umask 022\n"}}, ""},
           {"umask", fail, {defs, pam, {"/etc/zsh/zshenv", "umask 022\n"}}, "/etc/zsh/zshenv:1"},
           {"umask",
            fail,
            {defs, pam, {"/etc/passwd", "hana:x:1000:1000:Hana,umask=022:/home/hana:/bin/sh\n"}},
            "umask 022"},
           {"umask",
            fail,
            {defs, pam, {"/etc/pam.d/sshd", "auth required pam_unix.so\n"}},
            "/etc/pam.d/sshd"},
           {"umask",
            fail,
            {defs, pam, {"/etc/pam.d/login", "session required pam_unix.so\n"}},
            "/etc/pam.d/login"},
           {"umask", pass, {defs, pam, {"/etc/pam.d/login", "@include common-session\n"}}, ""},
           {"umask",
            fail,
            {defs, pam, {"/usr/sbin/sshd", ""}, {"/etc/ssh/sshd_config", "UsePAM no\n"}},
            "UsePAM"},
           {"umask",
            fail,
            {defs,
             {"/etc/pam.d/common-session",
              "session [default=1] pam_permit.so\nsession optional pam_umask.so\n"}},
            "no pam_umask"},
           {"umask",
            fail,
            {defs, pam, {"/etc/systemd/user/sync.service", "[Service]\nUMask=0022\n"}},
            "sync.service:2"}})
    try_case(c);
}

}  // namespace
}  // namespace sekisho
