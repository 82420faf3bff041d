// SPDX-License-Identifier: Apache-2.0
// Systems of other distributions, each thing that is wrong in the place where that distribution has
// it, alone and among others, whole and with parts missing: nowhere is it called good, and nowhere
// "not installed". Places are those of the distributions' documentation and packages.
#include <fmt/format.h>

#include "differential.h"
#include "small_system.h"

namespace sekisho {
namespace {

using enum Verdict;

/// Something wrong, and the files that make it so, with all that is needed to see it.
struct Ill {
  std::string_view check;
  std::vector<File> files;
};

struct Distribution {
  std::string_view name;
  std::vector<File> base;  // what an installation has
  std::vector<Ill> ills;
};

const std::string kPeople =
    "root:x:0:0::/root:/bin/sh\nhana:x:1000:1000::/home/hana:/bin/sh\ntaro:x:1001:1001::/home/"
    "taro:/bin/sh\nume:x:1002:1002::/home/ume:/bin/sh\n";
const std::string kSshd = "PermitRootLogin yes\nPasswordAuthentication yes\nMaxAuthTries 9\n";
const std::string kPermit = "auth required pam_permit.so\n";

/// Files of one kind as one ill each.
std::vector<Ill> each(const std::vector<std::string_view>& checks, const std::vector<File>& files) {
  std::vector<Ill> ills;
  for (const std::string_view check : checks) ills.push_back({check, files});
  return ills;
}

/// What a list of packages decides where there is one.
const std::set<std::string_view>& of_packages() {
  static const std::set<std::string_view> checks{
      "antivirus-running", "antivirus-signatures", "known-exploited",        "software-browser",
      "software-vpn",      "software-office",      "software-remote-desktop"};
  return checks;
}

/// TCP from anywhere to a port, in hexadecimal.
std::vector<File> listening(std::string_view port) {
  return {
      {"/proc/net/tcp", fmt::format("  sl\n   0: 00000000:{} 00000000:0000 0A 0 0 0 0\n", port)}};
}

/// What is wrong in the same place everywhere.
std::vector<Ill> everywhere() {
  const File plasma{"/usr/share/wayland-sessions/plasma.desktop", ""};
  const File passwd{"/etc/passwd", kPeople};
  return {
      {"uid-zero", {{"/etc/passwd", "root:x:0:0::/:/bin/sh\ntoor:x:0:0::/:/bin/sh\n"}}},
      {"empty-passwords", {passwd, {"/etc/shadow", "hana::19000:0:99999:7:::\n"}}},
      {"privileged-groups", {passwd, {"/etc/group", "docker:x:99:hana\n"}}},
      {"privileged-groups", {passwd, {"/etc/group", "wheel:x:10:hana,taro,ume\n"}}},
      {"home-permissions", {passwd, {"/home/hana/|0755", ""}}},
      {"ssh-keys",
       {passwd,
        {"/home/hana/.ssh/work",
         "-----BEGIN OPENSSH PRIVATE "
         "KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAA\n"}}},
      {"swap-encryption", {{"/proc/swaps", "Filename\n/dev/sda2 partition 4 0 -2\n"}}},
      {"tmp-protection",
       {{"/tmp/|1777", ""}, {"/proc/self/mountinfo", "1 1 8:1 / / rw - ext4 /dev/sda1 rw\n"}}},
      {"disk-encryption", {{"/proc/self/mountinfo", "1 1 8:1 / / rw - ext4 /dev/sda1 rw\n"}}},
      {"listening-database",
       {{"/proc/net/tcp", "  sl\n   0: 00000000:18EB 00000000:0000 0A 0 0 0 0\n"}}},
      {"dns-protection", {{"/etc/resolv.conf", "nameserver 192.0.2.1\n"}}},
      {"kernel-hardening", {{"/proc/sys/kernel/kptr_restrict", "0\n"}}},
      {"network-hardening",
       {{"/proc/sys/net/ipv4/conf/all/accept_redirects", "0\n"},
        {"/proc/sys/net/ipv4/conf/eth0/accept_redirects", "1\n"}}},
      {"mandatory-access", {{"/sys/kernel/", ""}, {"/sys/fs/selinux/enforce", "0"}}},
      {"vpn-configuration",
       {{"/etc/openvpn/client/a.conf", "client\nremote-cert-tls server\ncipher BF-CBC\n"}}},
      {"vpn-configuration", {{"/etc/wireguard/wg0.conf|0644", "[Interface]\n"}}},
      {"xrdp-settings", {{"/etc/xrdp/xrdp.ini", "[Globals]\nsecurity_layer=rdp\n"}}},
      {"wifi-saved",
       {{"/etc/NetworkManager/system-connections/cafe.nmconnection",
         "[connection]\ntype=wifi\n[wifi]\nssid=cafe\n"}}},
      {"audit-log", {{"/proc/1/comm", "init\n"}}},
      {"antivirus-present", {}},
      {"antivirus-running", {{"/usr/bin/clamscan", ""}, {"/proc/1/comm", "init\n"}}},
      {"antivirus-signatures", {{"/usr/bin/clamscan", ""}}},
      {"edr-agent", {}},
      {"backup-tool", {}},
      {"security-updates", {}},
      {"automatic-updates", {}},
      {"package-lists-age", {}},
      {"software-browser", {{"/usr/bin/firefox", ""}}},
      {"known-exploited", {}},
      {"office-macros",
       {passwd,
        {"/usr/bin/soffice", ""},
        {"/home/hana/.config/libreoffice/4/user/registrymodifications.xcu",
         "<item oor:path=\"/org.openoffice.Office.Common/Security/Scripting\"><prop "
         "oor:name=\"MacroSecurityLevel\"><value>0</value></prop></item>"}}},
      {"safe-browsing",
       {{"/usr/bin/chromium", ""},
        {"/etc/chromium/policies/managed/a.json", "{\"SafeBrowsingEnabled\": false}"}}},
      {"password-manager", {{"/usr/bin/firefox", ""}}},
      {"screen-lock",
       {passwd, plasma, {"/home/hana/.config/kscreenlockerrc", "[Daemon]\nAutolock=false\n"}}},
      {"automount",
       {passwd,
        plasma,
        {"/home/hana/.config/kded_device_automounterrc", "[General]\nAutomountEnabled=true\n"}}},
      {"listening-file-sharing", listening("01BD")},
      {"listening-legacy", listening("0017")},
      {"listening-remote-desktop", listening("0D3D")},
      {"secure-boot",
       {{"/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c",
         std::string("\x06\0\0\0\0", 5)}}},
      {"usb-storage", {{"/etc/modprobe.d/usb.conf", "blacklist usb-storage\n"}}},
      {"firewall", {}},
      {"firewall",
       {{"/usr/sbin/nft", ""},
        {"/etc/nftables.conf",
         "table inet f {\n chain input {\n  type filter hook input priority 0; policy "
         "accept;\n }\n}\n"}}},
      {"firewall",
       {{"/usr/sbin/firewalld", ""}, {"/etc/firewalld/firewalld.conf", "DefaultZone=trusted\n"}}},
      {"software-vpn", {{"/usr/sbin/openvpn", ""}}},
      {"software-remote-desktop", {{"/usr/sbin/xrdp", ""}}},
      {"software-office", {{"/usr/bin/soffice", ""}}},
      {"ssh-ciphers", {{"/usr/sbin/sshd", ""}, {"/etc/ssh/sshd_config", "Ciphers +3des-cbc\n"}}},
      {"umask", {{"/etc/login.defs", "UMASK 022\n"}, {"/etc/profile", "umask 022\n"}}},
      {"password-hashing", {{"/etc/shadow", "hana:$1$abcd$efgh:19000:0:99999:7:::\n"}}},
      {"reboot-required",
       {{"/proc/sys/kernel/osrelease", "6.1.0-1\n"}, {"/boot/vmlinuz-6.9.0-1", ""}}}};
}

std::vector<Ill> with_systemd() {
  return {{"persistent-log",
           {{"/var/log/journal/", ""},
            {"/usr/lib/systemd/journald.conf.d/10.conf", "[Journal]\nStorage=volatile\n"}}},
          {"time-sync", {{"/usr/lib/systemd/system/systemd-timesyncd.service", "[Unit]\n"}}},
          {"automatic-login",
           {{"/sbin/init", ""},
            {"/etc/systemd/system/getty@tty1.service.d/autologin.conf",
             "[Service]\nExecStart=\nExecStart=-/sbin/agetty --autologin hana %I\n"}}}};
}

void join(std::vector<Ill>& into, const std::vector<Ill>& more) {
  into.insert(into.end(), more.begin(), more.end());
}

/// Fedora and what is made from it.
Distribution red_hat(std::string_view name, const std::string& release) {
  Distribution one{name,
                   {{"/etc/os-release", release},
                    {"/etc/redhat-release", "x\n"},
                    {"/var/lib/rpm/rpmdb.sqlite", "x"},
                    {"/usr/lib/systemd/systemd", ""},
                    {"/etc/pki/tls/", ""},
                    {"/etc/dnf/dnf.conf", "[main]\ngpgcheck=1\n"},
                    {"/etc/environment", ""},
                    {"/etc/group", "root:x:0:\n"},
                    {"/usr/bin/bash", ""}},
                   everywhere()};
  join(one.ills, with_systemd());
  join(one.ills, each({"safe-browsing", "password-manager"}, {{"/usr/lib64/firefox/firefox", ""}}));
  // What isn't found where it usually is may be among packages that can't be read.
  join(one.ills, each({"safe-browsing", "password-manager", "office-macros"},
                      {{"/usr/lib/sysimage/rpm/rpmdb.sqlite", "x"}}));
  join(one.ills, {{"xrdp-settings", {{"/usr/sbin/xrdp", ""}}}});
  join(one.ills, each({"ssh-root-login", "ssh-passwords", "ssh-tries"},
                      {{"/usr/sbin/sshd", ""},
                       {"/etc/ssh/sshd_config", "Include /etc/ssh/sshd_config.d/*.conf\n"},
                       {"/etc/ssh/sshd_config.d/01-permitrootlogin.conf", kSshd}}));
  join(
      one.ills,
      {{"sudo-passwordless",
        {{"/usr/bin/sudo", ""}, {"/etc/sudoers", "%wheel ALL=(ALL) NOPASSWD: ALL\n"}}},
       {"password-lockout",
        {{"/etc/pam.d/system-auth", "auth sufficient pam_unix.so\nauth required pam_deny.so\n"}}},
       {"password-quality", {{"/etc/pam.d/password-auth", "password sufficient pam_unix.so\n"}}},
       {"https-trust", {{"/etc/pki/ca-trust/source/anchors/corp.p11-kit", "x"}}},
       {"https-trust", {{"/etc/pki/ca-trust/source/anchors/corp", "x"}}},
       {"proxy", {{"/etc/dnf/dnf.conf", "[main]\nproxy=http://p.example:1\n"}}},
       {"automatic-login",
        {{"/sbin/init", ""},
         {"/etc/gdm/custom.conf", "[daemon]\nAutomaticLoginEnable=True\nAutomaticLogin=hana\n"}}},
       {"package-sources", {{"/etc/yum.repos.d/a.repo", "[a]\ngpgcheck=0\n"}}},
       {"package-sources", {{"/etc/yum.repos.d/a.repo", "[a]\nname=b\n"}}},
       {"wifi-saved",
        {{"/etc/sysconfig/network-scripts/ifcfg-cafe", "TYPE=Wireless\nESSID=cafe\n"}}},
       {"safe-browsing",
        {{"/usr/bin/firefox", ""},
         {"/usr/lib64/firefox/distribution/policies.json",
          "{\"policies\": {\"Preferences\": {\"browser.safebrowsing.malware.enabled\": {\"Value\": "
          "false}}}}"}}},
       {"automatic-updates", {{"/etc/dnf/automatic.conf", "[commands]\napply_updates = no\n"}}}});
  return one;
}

Distribution suse() {
  Distribution one{"openSUSE",
                   {{"/etc/os-release",
                     "ID=opensuse-leap\nID_LIKE=\"suse opensuse\"\n"
                     "VERSION_ID=\"15.6\"\n"},
                    {"/usr/lib/sysimage/rpm/Packages.db", "x"},
                    {"/usr/lib/systemd/systemd", ""},
                    {"/etc/zypp/zypp.conf", "[main]\n"},
                    {"/etc/ssl/certs/", ""},
                    {"/etc/group", "root:x:0:\n"}},
                   everywhere()};
  join(one.ills, with_systemd());
  join(one.ills, each({"ssh-root-login", "ssh-passwords", "ssh-tries"},
                      {{"/usr/sbin/sshd", ""},
                       {"/usr/etc/ssh/sshd_config", "Include /etc/ssh/sshd_config.d/*.conf\n"},
                       {"/etc/ssh/sshd_config.d/50-root.conf", kSshd}}));
  join(one.ills,
       {{"sudo-passwordless",
         {{"/usr/bin/sudo", ""},
          {"/usr/etc/sudoers", "@includedir /etc/sudoers.d\n"},
          {"/etc/sudoers.d/90-cloud", "hana ALL=(ALL) NOPASSWD: ALL\n"}}},
        {"password-lockout",
         {{"/etc/pam.d/common-auth -> common-auth-pc", ""},
          {"/etc/pam.d/common-auth-pc", "auth required pam_unix.so\n"}}},
        {"password-quality",
         {{"/usr/lib/pam.d/common-password", "password required pam_unix.so\n"}}},
        {"https-trust", {{"/etc/pki/trust/anchors/corp", "x"}}},
        {"proxy", {{"/etc/sysconfig/proxy", "PROXY_ENABLED=\"yes\"\nHTTP_PROXY=http://p:1\n"}}},
        {"automatic-login",
         {{"/sbin/init", ""},
          {"/etc/sysconfig/displaymanager", "DISPLAYMANAGER_AUTOLOGIN=\"hana\"\n"}}},
        {"package-sources", {{"/etc/zypp/repos.d/a.repo", "[a]\ngpgcheck=off\n"}}},
        {"wifi-saved", {{"/etc/sysconfig/network/ifcfg-wlan0", "WIRELESS_ESSID='cafe'\n"}}}});
  return one;
}

Distribution arch() {
  Distribution one{"Arch",
                   {{"/etc/os-release", "ID=arch\n"},
                    {"/var/lib/pacman/local/", ""},
                    {"/usr/lib/systemd/systemd", ""},
                    {"/etc/pacman.conf", "[options]\nSigLevel = Required\n"},
                    {"/etc/ssl/certs/", ""},
                    {"/etc/environment", ""},
                    {"/etc/group", "root:x:0:\n"}},
                   everywhere()};
  join(one.ills, with_systemd());
  join(one.ills, each({"ssh-root-login", "ssh-passwords", "ssh-tries"},
                      {{"/usr/bin/sshd", ""},
                       {"/etc/ssh/sshd_config", "Include /etc/ssh/sshd_config.d/*.conf\n"},
                       {"/etc/ssh/sshd_config.d/99-archlinux.conf", kSshd}}));
  join(one.ills,
       {{"sudo-passwordless",
         {{"/usr/bin/sudo", ""}, {"/etc/sudoers", "%wheel ALL=(ALL:ALL) NOPASSWD: ALL\n"}}},
        {"password-lockout", {{"/etc/pam.d/system-auth", "auth required pam_unix.so\n"}}},
        {"password-quality", {{"/etc/pam.d/system-auth", "password required pam_unix.so\n"}}},
        {"https-trust", {{"/etc/ca-certificates/trust-source/anchors/corp", "x"}}},
        {"proxy", {{"/etc/profile.d/proxy.sh", "export http_proxy=http://p:1\n"}}},
        {"automatic-login",
         {{"/sbin/init", ""}, {"/etc/sddm.conf.d/autologin.conf", "[Autologin]\nUser=hana\n"}}},
        {"package-sources", {{"/etc/pacman.conf", "[options]\nSigLevel = Never\n"}}},
        {"reboot-required",
         {{"/proc/sys/kernel/osrelease", "6.1.0-arch1-1\n"},
          {"/boot/vmlinuz-linux", ""},
          {"/usr/lib/modules/6.9.0-arch1-1/", ""}}},
        {"wifi-saved", {{"/var/lib/iwd/cafe.open", ""}}}});
  return one;
}

Distribution alpine() {
  Distribution one{"Alpine",
                   {{"/etc/os-release", "ID=alpine\nVERSION_ID=3.20.1\n"},
                    {"/lib/apk/db/installed", "P:musl\n"},
                    {"/etc/apk/repositories", "https://dl-cdn.alpinelinux.org/alpine/v3.20/main\n"},
                    {"/etc/inittab", "::sysinit:/sbin/openrc sysinit\n"},
                    {"/etc/runlevels/default/", ""},
                    {"/etc/ssl/certs/", ""},
                    {"/etc/group", "root:x:0:\n"}},
                   everywhere()};
  join(one.ills, each({"ssh-root-login", "ssh-passwords", "ssh-tries"},
                      {{"/usr/sbin/sshd", ""}, {"/etc/ssh/sshd_config", kSshd}}));
  join(one.ills, each({"ssh-root-login", "ssh-passwords"}, {{"/usr/sbin/dropbear", ""}}));
  join(one.ills,
       {{"sudo-passwordless",
         {{"/usr/bin/doas", ""}, {"/etc/doas.d/20-wheel.conf", "permit nopass :wheel\n"}}},
        {"privileged-groups",
         {{"/etc/passwd", kPeople},
          {"/etc/group", "root:x:0:\n"},
          {"/usr/bin/doas", ""},
          {"/etc/doas.conf", "permit persist hana\npermit taro as root\npermit ume\n"}}},
        {"password-lockout", {}},
        {"password-quality", {}},
        {"password-hashing", {{"/etc/shadow", "hana:!:19000:0:99999:7:::\n"}}},
        {"https-trust", {{"/usr/local/share/ca-certificates/corp.crt", "x"}}},
        {"proxy", {{"/etc/profile.d/proxy.sh", "export http_proxy=http://p:1\n"}}},
        {"automatic-login",
         {{"/sbin/init", ""},
          {"/etc/inittab", "tty1::respawn:/sbin/getty -n -l /usr/sbin/autologin 38400 tty1\n"}}},
        {"package-sources", {}},
        {"persistent-log", {{"/var/log/messages", "x"}}},
        {"time-sync", {{"/etc/runlevels/default/acpid", ""}}},
        {"reboot-required",
         {{"/proc/sys/kernel/osrelease", "6.6.1-0-lts\n"}, {"/boot/vmlinuz-lts", ""}}},
        {"wifi-saved",
         {{"/etc/wpa_supplicant/wpa_supplicant.conf",
           "network={\n ssid=\"cafe\"\n "
           "key_mgmt=NONE\n}\n"}}},
        {"wifi-saved", {{"/etc/network/interfaces", "iface wlan0 inet dhcp\n wpa-ssid cafe\n"}}}});
  return one;
}

Distribution nixos() {
  Distribution one{"NixOS",
                   {{"/etc/os-release", "ID=nixos\nVERSION_ID=\"25.05\"\n"},
                    {"/nix/store/x-system/", ""},
                    {"/run/current-system/sw/bin/", ""},
                    {"/etc/ssl/certs/", ""},
                    {"/etc/profile", ""},
                    {"/etc/group", "root:x:0:\n"}},
                   everywhere()};
  join(one.ills, {{"persistent-log",
                   {{"/var/log/journal/", ""},
                    {"/etc/systemd/journald.conf", "[Journal]\nStorage=volatile\n"}}},
                  {"time-sync", {}}});
  join(one.ills, each({"ssh-root-login", "ssh-passwords", "ssh-tries"},
                      {{"/run/current-system/sw/bin/sshd", ""}, {"/etc/ssh/sshd_config", kSshd}}));
  // In the store, whatever it is called there.
  for (const std::string store : {"/nix/store/", "/gnu/store/"}) {
    join(one.ills,
         each({"safe-browsing", "password-manager"}, {{store + "a-firefox/bin/firefox", ""}}));
    join(one.ills, each({"ssh-root-login", "ssh-passwords", "ssh-tries", "ssh-ciphers"},
                        {{store + "a-openssh/bin/sshd", ""}}));
    join(one.ills, {{"office-macros", {{store + "a-libreoffice/bin/soffice", ""}}},
                    {"sudo-passwordless", {{store + "a-sudo/bin/sudo", ""}}},
                    {"xrdp-settings", {{store + "a-xrdp/bin/xrdp", ""}}}});
  }
  join(one.ills,
       {{"sudo-passwordless",
         {{"/run/wrappers/bin/sudo", ""}, {"/etc/sudoers", "%wheel ALL=(ALL) NOPASSWD: ALL\n"}}},
        {"privileged-groups",
         {{"/etc/passwd", kPeople},
          {"/etc/group", "root:x:0:\n"},
          {"/run/wrappers/bin/sudo", ""},
          {"/etc/sudoers", "hana,taro,ume ALL=(ALL) ALL\n"}}},
        {"password-lockout", {{"/etc/pam.d/login", "auth sufficient pam_unix.so\n"}}},
        {"password-quality", {{"/etc/pam.d/passwd", "password sufficient pam_unix.so\n"}}},
        {"https-trust", {}},
        {"proxy", {{"/etc/set-environment", "export http_proxy=\"http://p:1\"\n"}}},
        {"automatic-login", {}},
        {"package-sources", {}},
        {"screen-lock", {{"/run/current-system/sw/share/wayland-sessions/sway.desktop", ""}}},
        {"automount", {{"/run/current-system/sw/share/xsessions/none+i3.desktop", ""}}},
        {"reboot-required",
         {{"/proc/sys/kernel/osrelease", "6.6.1\n"}, {"/boot/kernels/x-bzImage", ""}}},
        {"wifi-saved", {{"/etc/wpa_supplicant.conf", "network={\n ssid=\"cafe\"\n}\n"}}}});
  return one;
}

Distribution raspberry_pi() {
  Distribution one{
      "Raspberry Pi OS",
      {{"/etc/os-release", "ID=debian\nVERSION_ID=\"12\"\n"},
       {kStatus, package("raspberrypi-sys-mods", "1", "Serge <serge@raspberrypi.com>", "arm64")},
       {"/usr/lib/systemd/systemd", ""},
       {"/etc/apt/sources.list", "deb http://deb.debian.org/debian bookworm main\n"},
       {"/etc/environment", ""},
       {"/etc/group", "root:x:0:\n"}},
      {}};
  const std::vector<File> sshd{{"/usr/sbin/sshd", ""}, {"/etc/ssh/sshd_config", kSshd}};
  // Its packages are known, so what isn't among them may be said to be absent.
  for (Ill& ill : everywhere())
    if (!of_packages().contains(ill.check)) one.ills.push_back(std::move(ill));
  join(one.ills, with_systemd());
  join(one.ills,
       {{"persistent-log",
         {{"/var/log/journal/", ""},
          {"/usr/lib/systemd/journald.conf.d/40-rpi-volatile-storage.conf",
           "[Journal]\nStorage=volatile\n"}}},
        {"ssh-root-login", sshd},
        {"ssh-passwords", sshd},
        {"ssh-tries", sshd},
        {"password-quality", {{"/etc/pam.d/common-password", "password required pam_unix.so\n"}}},
        {"password-lockout", {{"/etc/pam.d/common-auth", "auth required pam_unix.so\n"}}},
        {"proxy", {{"/etc/environment", "https_proxy=http://192.0.2.1:1\n"}}},
        {"https-trust", {{"/usr/local/share/ca-certificates/x.crt", "x\n"}}},
        {"sudo-passwordless",
         {{"/usr/bin/sudo", ""},
          {"/etc/sudoers", "@includedir /etc/sudoers.d\n"},
          {"/etc/sudoers.d/010_pi-nopasswd", "hana ALL=(ALL) NOPASSWD: ALL\n"}}},
        {"automatic-login",
         {{"/sbin/init", ""}, {"/etc/lightdm/lightdm.conf", "[Seat:*]\nautologin-user=hana\n"}}},
        {"reboot-required",
         {{"/proc/sys/kernel/osrelease", "6.1.0-rpi4-rpi-v8\n"},
          {"/boot/kernel8.img", ""},
          {"/lib/modules/6.6.0-rpi-v8/", ""}}},
        {"wifi-saved",
         {{"/etc/netplan/90-NM-x.yaml",
           "network:\n  wifis:\n    wlan0: {access-points: {cafe: "
           "{}}}\n"}}},
        {"package-sources",
         {{"/etc/apt/sources.list.d/raspi.list", "deb [trusted=yes] http://x/ ./\n"}}}});
  return one;
}

std::vector<Distribution> distributions() {
  return {red_hat("Fedora", "ID=fedora\nVERSION_ID=42\n"),
          red_hat("Red Hat", "ID=\"rhel\"\nID_LIKE=\"fedora\"\nVERSION_ID=\"9.6\"\n"),
          red_hat("Rocky", "ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\nVERSION_ID=\"9.6\"\n"),
          red_hat("Alma", "ID=\"almalinux\"\nID_LIKE=\"rhel centos fedora\"\nVERSION_ID=\"9.6\"\n"),
          red_hat("Oracle", "ID=\"ol\"\nID_LIKE=\"fedora\"\nVERSION_ID=\"9.6\"\n"),
          suse(),
          arch(),
          alpine(),
          nixos(),
          raspberry_pi()};
}

/// Each check has something wrong for it on each system, but where a system can't have it.
TEST(Distributions, HaveSomethingWrongForEachCheck) {
  // Which Wi-Fi is in use only programs tell that ask the running system; how long a system is
  // supported is read from its name alone.
  const std::set<std::string_view> without{"os-support", "wifi-in-use"};
  for (const Distribution& one : distributions()) {
    std::set<std::string_view> missing;
    for (const HostCheck& check : host_checks()) missing.insert(check.id);
    for (const Ill& ill : one.ills) missing.erase(ill.check);
    if (one.name == "Raspberry Pi OS")
      for (const std::string_view check : of_packages()) missing.erase(check);
    EXPECT_EQ(missing, without) << one.name;
  }
}

/// Later files of a name take the place of earlier ones, as when something is made wrong.
std::string lay(const TempRoot& root, const std::vector<File>& files) {
  std::map<std::string, const File*> by_path;
  for (const File& file : files) by_path[file.path.substr(0, file.path.find('|'))] = &file;
  std::string shown;
  for (const auto& [path, file] : by_path) {
    root.add(file->path, file->content);
    shown += "  " + file->path + "\n";
  }
  return shown;
}

/// What is wrong is seen or unknown.
void expect_ill(const Distribution& one, const Ill& ill, const std::vector<File>& files) {
  const TempRoot root;
  const std::string shown = lay(root, files);
  const Finding finding = look(ill.check, root);
  EXPECT_TRUE(finding.verdict == fail || finding.verdict == unknown)
      << one.name << ": " << ill.check << " is " << name(finding.verdict) << ": " << finding.fact.en
      << "\n"
      << shown;
}

TEST(Distributions, WhatIsWrongIsNeverCalledGoodOrAbsent) {
  std::set<std::string> alone;  // without the rest of a system it is the same on all
  for (const Distribution& one : distributions())
    for (const Ill& ill : one.ills) {
      std::vector<File> files = one.base;
      files.insert(files.end(), ill.files.begin(), ill.files.end());
      expect_ill(one, ill, files);
      std::string said(ill.check);
      for (const File& file : ill.files) said += "\n" + file.path + "\n" + file.content;
      if (!ill.files.empty() && alone.insert(said).second) expect_ill(one, ill, ill.files);
    }
}

/// The same among other wrong things, and with parts of the system missing. What stands in the same
/// file as what is looked for is left out.
TEST(Distributions, NorAmongOthersNorWithPartsMissing) {
  Dice dice(2611);
  for (const Distribution& one : distributions())
    for (int i = 0; i < cases(20, 300); ++i) {
      const Ill& ill = dice.of(one.ills);
      std::set<std::string> own;
      for (const File& file : ill.files) own.insert(file.path.substr(0, file.path.find('|')));
      std::vector<File> files;
      for (const File& file : one.base)
        if (!dice.once_in(3) || ill.files.empty()) files.push_back(file);
      for (int more = dice.below(4); more > 0; --more)
        for (const File& file : dice.of(one.ills).files)
          if (!own.contains(file.path.substr(0, file.path.find('|')))) files.push_back(file);
      files.insert(files.end(), ill.files.begin(), ill.files.end());
      expect_ill(one, ill, files);
      if (testing::Test::HasFailure()) return;
    }
}

TEST(Distributions, ThatHaveEndedAreToldSo) {
  for (const auto& [release, is] : std::vector<std::pair<std::string, Verdict>>{
           {"ID=fedora\nVERSION_ID=30\n", fail},
           {"ID=\"rhel\"\nVERSION_ID=\"7.9\"\n", fail},
           {"ID=\"rocky\"\nVERSION_ID=\"9.1\"\n", unknown},
           {"ID=\"almalinux\"\nVERSION_ID=\"9.1\"\n", unknown},
           {"ID=\"centos\"\nVERSION_ID=\"8\"\n", fail},
           {"ID=\"opensuse-leap\"\nVERSION_ID=\"15.3\"\n", fail},
           {"ID=raspbian\nID_LIKE=debian\nVERSION_ID=\"10\"\n", unknown},
           {"ID=debian\nVERSION_ID=\"9\"\n", fail},
           {"ID=alpine\nVERSION_ID=3.10.1\n", unknown},
           {"ID=nixos\nVERSION_ID=\"21.05\"\n", unknown},
           {"ID=arch\nBUILD_ID=rolling\n", unknown},
           {"ID=\"sles\"\nVERSION_ID=\"12.1\"\n", unknown}}) {
    const TempRoot root;
    root.add("/etc/os-release", release);
    const Finding finding = look("os-support", root);
    EXPECT_TRUE(finding.verdict == is || finding.verdict == fail) << release << finding.fact.en;
    EXPECT_NE(finding.verdict, pass) << release << finding.fact.en;
  }
}

/// On a system of which nothing but its name is there, nothing is good.
TEST(Distributions, OfASystemThatIsNotThereNothingIsGood) {
  for (const Distribution& one : distributions()) {
    const TempRoot root;
    root.add("/etc/os-release", one.base.front().content);
    for (const HostCheck& check : host_checks())
      if (check.id != "os-support") {
        EXPECT_NE(look(check.id, root).verdict, pass) << one.name << ": " << check.id;
      }
  }
}

}  // namespace
}  // namespace sekisho
