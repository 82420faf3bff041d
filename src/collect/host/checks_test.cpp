// SPDX-License-Identifier: Apache-2.0
// Every check on small systems in folders: at least one that passes, one that fails, and one that
// is not applicable or unknown. tests/e2e does the same on systems that really run.
#include <algorithm>
#include <set>
#include <thread>

#include "collect/limits.h"
#include "small_system.h"

namespace sekisho {
namespace {

using enum Verdict;

std::string offered(std::string_view name, std::string_view version) {
  return fmt::format("Package: {}\nArchitecture: amd64\nVersion: {}\n\n", name, version);
}

const std::string kSecurity =
    "/var/lib/apt/lists/"
    "deb.debian.org_debian-security_dists_bookworm-security_main_binary-amd64_Packages";
const std::string kPasswd =
    "root:x:0:0:root:/root:/bin/bash\nhana:x:1000:1000::/home/hana:/bin/bash\n";
const std::string kMounts = "/proc/self/mountinfo";
const std::string kListening = "  sl  local_address rem_address   st\n";

std::string mount(std::string_view device, std::string_view point, std::string_view options,
                  std::string_view type, std::string_view source) {
  return fmt::format("22 1 {} / {} {} shared:1 - {} {} rw\n", device, point, options, type, source);
}
/// A listening TCP socket as /proc/net/tcp has it.
std::string tcp(std::string_view address, int port) {
  return kListening +
         fmt::format("   0: {}:{:04X} 00000000:0000 0A 00000000:00000000\n", address, port);
}
std::string udp(std::string_view address, int port) {
  return kListening +
         fmt::format("   0: {}:{:04X} 00000000:0000 07 00000000:00000000\n", address, port);
}

const std::string kOpenKey =
    "-----BEGIN OPENSSH PRIVATE "
    "KEY-----"
    "\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW\nQyNTUxOQAAACB\n";
const std::string kLockedKey =
    "-----BEGIN OPENSSH PRIVATE "
    "KEY-----"
    "\nb3BlbnNzaC1rZXktdjEAAAAACmFlczI1Ni1jdHIAAAAGYmNyeXB0AAAAGAAAABDG5vbm\nUAAAAEbm9uZQA\n";

const std::string kDaily = "[Timer]\nOnCalendar=daily\n";

/// A service that runs a program of the system's.
std::string starting(std::string_view command) {
  return fmt::format("[Service]\nExecStart=/usr/sbin/{}\n", command);
}

/// A stack that counts failures and refuses, with settings at its first line, at both and in the
/// file; somebody is in the group sudo.
std::vector<File> faillock(std::string_view first, std::string_view both, std::string_view file) {
  return {{"/etc/pam.d/common-auth",
           fmt::format("auth requisite pam_faillock.so preauth {} {}\nauth [success=1 "
                       "default=ignore] pam_unix.so\nauth [default=die] pam_faillock.so authfail "
                       "{}\nauth required pam_permit.so\n",
                       first, both, both)},
          {"/etc/passwd", kPasswd},
          {"/etc/group", "sudo:x:27:hana\n"},
          {"/etc/security/faillock.conf", "deny = 5\nunlock_time = 900\n" + std::string(file)}};
}

std::vector<Case> folder_cases() {
  const File gnome{"/usr/share/wayland-sessions/gnome.desktop", ""};
  const File xfce{"/usr/share/xsessions/xfce.desktop", ""};
  const File plasma{"/usr/share/xsessions/plasma.desktop", ""};
  const File other{"/usr/share/xsessions/lxqt.desktop", ""};
  const File passwd{"/etc/passwd", kPasswd};
  const File sshd{"/usr/sbin/sshd", ""};
  const auto config = [](std::string text) {
    return File{"/etc/ssh/sshd_config", std::move(text)};
  };
  return {
      // updates
      {"os-support",
       pass,
       {{"/etc/os-release", "ID=debian\nVERSION_ID=\"13\"\n"}},
       "until 2028-08-09"},
      {"os-support",
       pass,
       {{"/usr/lib/os-release", "ID=debian\nVERSION_ID=\"12\"\nPRETTY_NAME=\"Debian 12\"\n"}},
       "long-term support (LTS) goes on until 2028-06-30"},
      {"os-support",
       fail,
       {{"/etc/os-release", "ID=debian\nVERSION_ID=\"10\"\n"}},
       "ended on 2022-09-10"},
      {"os-support", fail, {{"/etc/os-release", "ID=ubuntu\nVERSION_ID=\"20.04\"\n"}}, "ended on"},
      {"os-support",
       pass,
       {{"/etc/os-release", "ID=ubuntu\nVERSION_ID=\"20.04\"\n"},
        {"/var/lib/ubuntu-advantage/status.json", "{\"attached\": true}"}},
       "LTS"},
      {"os-support",
       unknown,
       {{"/etc/os-release", "ID=plan9\nVERSION_ID=4\n"}},
       "no support dates"},
      {"os-support", unknown, {}, "there is no /etc/os-release"},
      {"security-updates",
       pass,
       {{kStatus, package("bash", "5.2-1")},
        {kSecurity, offered("bash", "5.2-1") + offered("zsh", "9")}},
       ""},
      {"security-updates",
       fail,
       {{kStatus, package("bash", "5.2-1") + package("libc6", "2.36-9")},
        {kSecurity, offered("bash", "5.2-1+deb12u1")}},
       "1 security updates are not installed: bash"},
      {"security-updates",
       pass,
       {{kStatus, package("bash", "5.2-1", "D", "i386")}, {kSecurity, offered("bash", "5.2-2")}},
       ""},
      {"security-updates",
       unknown,
       {{kStatus, package("bash", "5.2-1")}, {"/var/lib/apt/lists/partial/", ""}},
       "run sudo apt-get update"},
      {"package-lists-age", pass, {{kStatus, ""}, {"/var/lib/apt/lists/partial/", ""}}, ""},
      {"package-lists-age", fail, {{kStatus, ""}}, "never fetched"},
      {"package-lists-age", unknown, {}, ""},
      {"automatic-updates",
       pass,
       {{kStatus, package("unattended-upgrades", "2.9")},
        {"/etc/os-release", "ID=debian\nVERSION_CODENAME=bookworm\n"},
        {"/etc/apt/sources.list",
         "deb http://deb.debian.org/debian-security bookworm-security main\n"},
        {"/usr/lib/systemd/system/apt-daily.timer", kDaily},
        {"/usr/lib/systemd/system/apt-daily-upgrade.timer", kDaily},
        {"/usr/lib/systemd/system/apt-daily.service", starting("apt.systemd.daily update")},
        {"/usr/lib/systemd/system/apt-daily-upgrade.service",
         starting("apt.systemd.daily install")},
        {"/etc/systemd/system/timers.target.wants/apt-daily.timer", ""},
        {"/etc/systemd/system/timers.target.wants/apt-daily-upgrade.timer", ""},
        {"/etc/apt/apt.conf.d/50unattended-upgrades",
         "Unattended-Upgrade::Origins-Pattern { \"origin=Debian,label=Debian-Security\"; };\n"},
        {"/etc/apt/apt.conf.d/20auto-upgrades",
         "APT::Periodic::Update-Package-Lists \"1\";\nAPT::Periodic::Unattended-Upgrade \"1\";\n"}},
       ""},
      {"automatic-updates",
       pass,
       {{kStatus, package("unattended-upgrades", "2.9")},
        {"/etc/os-release", "ID=debian\nVERSION_CODENAME=bookworm\n"},
        {"/etc/apt/sources.list",
         "deb http://deb.debian.org/debian-security bookworm-security main\n"},
        {"/usr/lib/systemd/system/apt-daily.timer", kDaily},
        {"/usr/lib/systemd/system/apt-daily-upgrade.timer", kDaily},
        {"/usr/lib/systemd/system/apt-daily.service", starting("apt.systemd.daily update")},
        {"/usr/lib/systemd/system/apt-daily-upgrade.service",
         starting("apt.systemd.daily install")},
        {"/etc/systemd/system/timers.target.wants/apt-daily.timer", ""},
        {"/etc/systemd/system/timers.target.wants/apt-daily-upgrade.timer", ""},
        {"/etc/apt/apt.conf.d/50unattended-upgrades",
         "Unattended-Upgrade::Origins-Pattern { \"origin=Debian,label=Debian-Security\"; };\n"},
        {"/etc/apt/apt.conf.d/20auto-upgrades",
         "APT { Periodic { Update-Package-Lists \"1\"; /* x */ Unattended-Upgrade \"1\"; }; };\n"}},
       ""},
      {"automatic-updates",
       fail,
       {{kStatus, package("unattended-upgrades", "2.9")},
        {"/etc/apt/apt.conf.d/20auto-upgrades",
         "APT::Periodic::Update-Package-Lists \"1\";\n// APT::Periodic::Unattended-Upgrade "
         "\"1\";\n"}},
       "not enabled"},
      {"automatic-updates",
       fail,
       {{kStatus, package("unattended-upgrades", "2.9")},
        {"/etc/apt/apt.conf.d/20auto-upgrades",
         "APT::Periodic::Update-Package-Lists \"1\";\nAPT::Periodic::Unattended-Upgrade \"1\";\n"},
        {"/etc/apt/apt.conf.d/99off", "APT::Periodic::Unattended-Upgrade \"0\";\n"}},
       "not enabled"},
      {"automatic-updates", fail, {{kStatus, package("bash", "5")}}, "not installed"},
      {"automatic-updates",
       pass,
       {{"/etc/dnf/automatic.conf", "[commands]\napply_updates = yes\n"},
        {"/usr/lib/systemd/system/dnf-automatic.timer", kDaily},
        {"/usr/lib/systemd/system/dnf-automatic.service", starting("dnf-automatic")},
        {"/etc/systemd/system/timers.target.wants/dnf-automatic.timer", ""}},
       ""},
      {"automatic-updates",
       fail,
       {{"/etc/dnf/automatic.conf", "[commands]\napply_updates = no\n"}},
       ""},
      {"automatic-updates", unknown, {}, ""},
      {"reboot-required",
       pass,
       {{"/boot/vmlinuz-6.1.0-30-amd64", ""}, {"/proc/sys/kernel/osrelease", "6.1.0-30-amd64\n"}},
       ""},
      {"reboot-required",
       fail,
       {{"/boot/vmlinuz-6.1.0-30-amd64", ""},
        {"/boot/vmlinuz-6.1.0-4-amd64", ""},
        {"/proc/sys/kernel/osrelease", "6.1.0-4-amd64\n"}},
       "newest installed 6.1.0-30-amd64"},
      {"reboot-required", fail, {{"/run/reboot-required", ""}}, ""},
      {"reboot-required", not_applicable, {}, ""},
      {"package-sources",
       pass,
       {{"/etc/apt/sources.list",
         "deb http://deb.debian.org/debian bookworm main\n# deb [trusted=yes] http://x y z\n"}},
       ""},
      {"package-sources",
       fail,
       {{"/etc/apt/sources.list.d/x.list", "deb [arch=amd64 trusted=yes] http://x stable main\n"}},
       "x.list"},
      {"package-sources",
       fail,
       {{"/etc/apt/sources.list.d/x.sources", "Types: deb\nTrusted: yes\n"}},
       "x.sources"},
      {"package-sources",
       pass,
       {{"/etc/apt/sources.list.d/x.sources", "Types: deb\nEnabled: no\nTrusted: yes\n"}},
       ""},
      {"package-sources",
       fail,
       {{"/etc/apt/apt.conf", "APT::Get::AllowUnauthenticated \"true\";\n"}},
       ""},
      {"package-sources", unknown, {}, ""},
      {"known-exploited",
       pass,
       {{kStatus, package("sudo", "1.9.13p3-1+deb12u1")},
        {kSecurity, offered("sudo", "1.9.13p3-1+deb12u1")}},
       "all updated"},
      {"known-exploited",
       fail,
       {{kStatus, package("sudo", "1.9.13p3-1")},
        {kSecurity, offered("sudo", "1.9.13p3-1+deb12u1")}},
       "CVE-"},
      {"known-exploited", not_applicable, {{kStatus, package("hello", "2")}}, ""},
      {"known-exploited", unknown, {{kStatus, package("sudo", "1")}}, ""},
      // software
      {"software-vpn",
       pass,
       {{kStatus, package("openvpn", "2.6.3-1+deb12u2")}, {kSecurity, offered("x", "1")}},
       "kept by the system's updates"},
      {"software-vpn",
       fail,
       {{kStatus, package("openvpn", "2.6.3-1")},
        {kSecurity, offered("openvpn", "2.6.3-1+deb12u2")}},
       "has a security update"},
      {"software-vpn",
       fail,
       {{kStatus, package("openvpn", "2.5.11-bookworm0", "Samuli <samuli@openvpn.net>")},
        {kSecurity, offered("x", "1")}},
       "support of OpenVPN 2.5.11 ended on 2025-07-31"},
      {"software-vpn",
       fail,
       {{kStatus, package("openvpn", "2.6.1-bookworm0", "Samuli <samuli@openvpn.net>")},
        {kSecurity, offered("x", "1")}},
       "2.6.22 is out"},
      {"software-vpn",
       pass,
       {{kStatus, package("openvpn", "2.6.22-bookworm0", "Samuli <samuli@openvpn.net>")},
        {kSecurity, offered("x", "1")}},
       "is supported"},
      {"software-vpn",
       unknown,
       {{kStatus, package("bash", "1")}, {"/opt/cisco/anyconnect/", ""}},
       "installed outside the package manager"},
      {"software-vpn", not_applicable, {{kStatus, package("bash", "1")}}, ""},
      {"software-remote-desktop",
       pass,
       {{kStatus, package("xrdp", "0.9.21.1-1+deb12u1")}, {kSecurity, offered("x", "1")}},
       ""},
      {"software-remote-desktop",
       fail,
       {{kStatus, package("xrdp", "0.9.21.1-1")},
        {kSecurity, offered("xrdp", "0.9.21.1-1+deb12u1")}},
       ""},
      {"software-remote-desktop", not_applicable, {{kStatus, package("bash", "1")}}, ""},
      {"software-browser",
       pass,
       {{kStatus, package("firefox-esr", "140.5-1~deb12u1")},
        {kSecurity, offered("firefox-esr", "140.5-1~deb12u1")}},
       ""},
      {"software-browser",
       fail,
       {{kStatus, package("firefox", "150.0.1~build1", "Mozilla <release@mozilla.com>")},
        {kSecurity, offered("x", "1")}},
       "support of Firefox"},
      {"software-browser",
       unknown,
       {{kStatus, package("google-chrome-stable", "999.0.1-1", "Chrome <x@chromium.org>")},
        {kSecurity, offered("x", "1")}},
       "not in the support data"},
      {"software-office",
       pass,
       {{kStatus, package("libreoffice-core", "4:7.4.7-1+deb12u14")},
        {kSecurity, offered("x", "1")}},
       ""},
      {"software-office",
       fail,
       {{kStatus,
         package("libreoffice", "7.4.7", "The Document Foundation <x@documentfoundation.org>")},
        {kSecurity, offered("x", "1")}},
       ""},
      {"software-office", not_applicable, {{kStatus, package("bash", "1")}}, ""},
      // data
      {"disk-encryption",
       pass,
       {{kMounts, mount("254:0", "/", "rw", "ext4", "/dev/mapper/root")},
        {"/sys/dev/block/254:0/dm/uuid", "CRYPT-LUKS2-abc-root\n"}},
       "encrypted: /"},
      {"disk-encryption",
       pass,
       {{kMounts, mount("254:1", "/", "rw", "ext4", "/dev/mapper/vg-root")},
        {"/sys/dev/block/254:1/dm/uuid", "LVM-x\n"},
        {"/sys/dev/block/254:1/slaves/dm-0/dev", "254:0\n"},
        {"/sys/dev/block/254:0/dm/uuid", "CRYPT-LUKS2-abc\n"}},
       ""},
      {"disk-encryption",
       fail,
       {{kMounts, mount("254:0", "/", "rw", "ext4", "/dev/mapper/root") +
                      mount("8:2", "/home", "rw", "ext4", "/dev/sda2")},
        {"/sys/dev/block/254:0/dm/uuid", "CRYPT-LUKS2-abc-root\n"}},
       "not encrypted: /home"},
      {"disk-encryption",
       not_applicable,
       {{kMounts, mount("0:40", "/", "rw", "overlay", "overlay")}},
       ""},
      {"disk-encryption", unknown, {}, ""},
      {"swap-encryption",
       pass,
       {{"/proc/swaps", "Filename Type Size Used Priority\n/dev/zram0 partition 100 0 100\n"}},
       ""},
      {"swap-encryption",
       fail,
       {{"/proc/swaps", "Filename Type Size Used Priority\n/swapfile file 100 0 -2\n"},
        {"/swapfile", ""}},
       "/swapfile"},
      {"swap-encryption",
       not_applicable,
       {{"/proc/swaps", "Filename Type Size Used Priority\n"}},
       ""},
      {"swap-encryption", unknown, {}, ""},
      {"home-permissions", pass, {passwd, {"/home/hana/|0750", ""}}, ""},
      {"home-permissions", fail, {passwd, {"/home/hana/|0755", ""}}, "/home/hana (0755)"},
      {"home-permissions", not_applicable, {passwd}, ""},
      {"home-permissions", unknown, {}, ""},
      {"backup-tool",
       pass,
       {{kStatus, package("restic", "0.14")},
        {"/usr/lib/systemd/system/cron.service", starting("cron -f")},
        {"/etc/systemd/system/multi-user.target.wants/cron.service", ""},
        {"/etc/cron.d/backup", "0 3 * * * root restic backup /home\n"}},
       "/etc/cron.d/backup:1"},
      {"backup-tool",
       pass,
       {{kStatus, package("bacula-fd", "9")},
        {"/usr/lib/systemd/system/bacula-fd.service", starting("bacula-fd -f")},
        {"/etc/systemd/system/multi-user.target.wants/bacula-fd.service", ""}},
       ""},
      {"backup-tool", unknown, {{kStatus, package("bacula-fd", "9")}}, "was not found"},
      {"backup-tool", fail, {{kStatus, package("restic", "0.14")}}, "nothing runs it by the clock"},
      // What is not run, and what makes no backup.
      {"backup-tool",
       fail,
       {{kStatus, package("restic", "0.14")},
        {"/etc/cron.d/backup", "#0 3 * * * root restic backup /home\n"}},
       "nothing runs it by the clock"},
      {"backup-tool",
       fail,
       {{kStatus, package("restic", "0.14")},
        {"/etc/cron.d/backup", "0 3 * * * root restic -r /mnt/backup snapshots\n"}},
       "nothing runs it by the clock"},
      {"backup-tool",
       fail,
       {{kStatus, package("restic", "0.14")},
        {"/etc/cron.d/backup", "0 3 * * * root restic backup --dry-run /home\n"}},
       "nothing runs it by the clock"},
      {"backup-tool",
       fail,
       {{kStatus, package("restic", "0.14")},
        {"/etc/cron.d/backup", "0 3 * * * root echo restic backup\n"}},
       "nothing runs it by the clock"},
      {"backup-tool",
       fail,
       {{kStatus, package("restic", "0.14")},
        {"/etc/cron.d/backup.cron", "0 3 * * * root restic backup /home\n"}},
       "nothing runs it by the clock"},
      {"backup-tool",
       fail,
       {{kStatus, package("restic", "0.14")},
        {"/etc/cron.daily/backup.sh", "restic backup /home\n"}},
       "nothing runs it by the clock"},
      // A service is run by nobody without a timer that is wanted.
      {"backup-tool",
       fail,
       {{kStatus, package("restic", "0.14")},
        {"/etc/systemd/system/b.service", "[Service]\nExecStart=restic backup /home\n"},
        {"/etc/systemd/system/b.timer", "[Timer]\nOnCalendar=daily\n"}},
       "nothing runs it by the clock"},
      {"backup-tool",
       pass,
       {{kStatus, package("restic", "0.14")},
        {"/etc/systemd/system/b.service", "[Service]\nExecStart=restic backup /home\n"},
        {"/etc/systemd/system/b.timer", "[Timer]\nOnCalendar=daily\n"},
        {"/etc/systemd/system/timers.target.wants/b.timer", ""}},
       ""},
      {"backup-tool", fail, {{kStatus, package("bash", "5")}}, "no backup tool"},
      {"backup-tool", unknown, {}, ""},
      {"usb-storage", pass, {{"/etc/modprobe.d/usb.conf", "install usb-storage /bin/false\n"}}, ""},
      // uas brings usb-storage in with it.
      {"usb-storage", fail, {{"/etc/modprobe.d/usb.conf", "blacklist usb-storage\n"}}, ""},
      // The first "install" is what is done, by the files' names.
      {"usb-storage",
       fail,
       {{"/etc/modprobe.d/usb.conf", "install usb-storage /bin/false\n"},
        {"/usr/lib/modprobe.d/aa.conf", "install usb-storage /sbin/modprobe -i usb-storage\n"}},
       ""},
      {"usb-storage",
       pass,
       {{"/etc/modprobe.d/usb.conf", "install usb-storage /bin/false\n"},
        {"/usr/lib/modprobe.d/usb.conf", "install usb-storage /sbin/modprobe -i usb-storage\n"}},
       ""},
      {"usb-storage",
       fail,
       {{"/etc/modprobe.d/usb.conf", "install usb-storage /bin/false\n"},
        {"/usr/lib/modules/6.12.0/modules.builtin", "kernel/drivers/usb/storage/usb-storage.ko\n"}},
       "built into the kernel"},
      {"usb-storage",
       fail,
       {{"/etc/modprobe.d/usb.conf", "install usb-storage /bin/true; /sbin/insmod /x.ko\n"}},
       ""},
      {"usb-storage",
       pass,
       {{"/etc/modprobe.d/usb.conf", "blacklist usb_storage\nblacklist uas\n"}},
       ""},
      {"usb-storage",
       pass,
       {{"/usr/lib/systemd/system/usbguard.service", starting("usbguard-daemon -f")},
        {"/etc/usbguard/usbguard-daemon.conf", "ImplicitPolicyTarget=block\n"},
        {"/etc/systemd/system/basic.target.wants/usbguard.service -> "
         "/usr/lib/systemd/system/usbguard.service",
         ""}},
       ""},
      {"usb-storage",
       fail,
       {{"/sys/bus/usb/", ""}, {"/etc/modprobe.d/usb.conf", "# install usb-storage /bin/false\n"}},
       ""},
      {"usb-storage", not_applicable, {{"/sys/bus/pci/", ""}}, ""},
      {"tmp-protection",
       pass,
       {{"/tmp/|1777", ""}, {kMounts, mount("0:33", "/tmp", "rw,nosuid,nodev", "tmpfs", "tmpfs")}},
       ""},
      {"tmp-protection",
       fail,
       {{"/tmp/|1777", ""}, {kMounts, mount("8:1", "/", "rw", "ext4", "/dev/sda1")}},
       "not mounted on its own"},
      {"tmp-protection",
       fail,
       {{"/tmp/|1777", ""}, {kMounts, mount("0:33", "/tmp", "rw,nodev", "tmpfs", "tmpfs")}},
       "lacks nosuid"},
      {"tmp-protection", fail, {{"/tmp/|0777", ""}}, "no sticky bit"},
      {"tmp-protection", unknown, {}, ""},
      {"umask",
       pass,
       {{"/etc/login.defs", "UMASK\t027\n"},
        {"/etc/pam.d/common-session", "session optional pam_umask.so\n"}},
       ""},
      {"umask", fail, {{"/etc/login.defs", "UMASK\t027\n"}}, "no pam_umask"},
      {"umask",
       fail,
       {{"/etc/login.defs", "#UMASK 077\nUMASK 022\n"},
        {"/etc/pam.d/common-session", "session optional pam_umask.so\n"}},
       "UMASK 022"},
      {"umask", unknown, {{"/etc/login.defs", "UMASK wide\n"}}, ""},
      // network
      {"firewall", unknown, {}, ""},
      {"listening-remote-desktop", pass, {{"/proc/net/tcp", tcp("0100007F", 3389)}}, ""},
      {"listening-remote-desktop",
       fail,
       {{"/proc/net/tcp", tcp("00000000", 3389)}},
       "RDP (3389/tcp)"},
      {"listening-remote-desktop",
       fail,
       {{"/proc/net/tcp6", tcp("00000000000000000000000000000000", 5901)}},
       "VNC (5901/tcp)"},
      {"listening-remote-desktop",
       pass,
       {{"/proc/net/tcp6", tcp("0000000000000000FFFF00000100007F", 5901)}},
       ""},
      {"listening-remote-desktop", unknown, {}, ""},
      {"listening-file-sharing", pass, {{"/proc/net/tcp", tcp("00000000", 22)}}, ""},
      {"listening-file-sharing", fail, {{"/proc/net/tcp", tcp("0A00A8C0", 445)}}, "SMB"},
      {"listening-file-sharing", unknown, {}, ""},
      {"listening-database", pass, {{"/proc/net/tcp", tcp("0100007F", 5432)}}, ""},
      {"listening-database", fail, {{"/proc/net/tcp", tcp("00000000", 6379)}}, "Redis"},
      {"listening-database", unknown, {}, ""},
      {"listening-legacy", pass, {{"/proc/net/udp", udp("0100007F", 69)}}, ""},
      {"listening-legacy", fail, {{"/proc/net/udp", udp("00000000", 69)}}, "TFTP (69/udp)"},
      {"listening-legacy", unknown, {}, ""},
      {"dns-protection",
       pass,
       {{"/etc/resolv.conf", "nameserver 127.0.0.53\n"},
        {"/usr/lib/systemd/system/systemd-resolved.service", starting("systemd-resolved")},
        {"/etc/systemd/system/multi-user.target.wants/systemd-resolved.service", ""},
        {"/etc/systemd/resolved.conf.d/tls.conf", "[Resolve]\nDNSOverTLS=yes\n"}},
       ""},
      {"dns-protection",
       fail,
       {{"/etc/resolv.conf", "nameserver 127.0.0.53\n"},
        {"/etc/systemd/resolved.conf", "[Resolve]\n#DNSOverTLS=yes\n"}},
       "is off"},
      {"dns-protection", fail, {{"/etc/resolv.conf", "nameserver 8.8.8.8\n"}}, "8.8.8.8"},
      {"dns-protection",
       pass,
       {{"/etc/resolv.conf", "nameserver 127.0.0.1\n"}, {"/proc/12/comm", "stubby\n"}},
       "stubby"},
      {"dns-protection", unknown, {{"/etc/resolv.conf", "nameserver 127.0.0.1\n"}}, ""},
      {"dns-protection", not_applicable, {{"/etc/resolv.conf", "search example.org\n"}}, ""},
      {"https-trust", pass, {{"/etc/ssl/certs/", ""}}, ""},
      {"https-trust",
       fail,
       {{"/etc/ssl/certs/", ""}, {"/usr/local/share/ca-certificates/corp/own.crt", "x"}},
       "corp/own.crt"},
      {"https-trust", not_applicable, {}, ""},
      {"proxy", pass, {{"/etc/environment", "PATH=/bin\nhttp_proxy=http://127.0.0.1:3128\n"}}, ""},
      {"proxy",
       fail,
       {{"/etc/environment", "https_proxy=\"http://user:secret@proxy.example:8080/\"\n"}},
       "proxy.example:8080"},
      {"proxy",
       fail,
       {{"/etc/apt/apt.conf.d/proxy", "Acquire::http::Proxy \"http://10.0.0.9:3142\";\n"}},
       "10.0.0.9"},
      {"proxy", not_applicable, {}, ""},
      // wifi
      {"wifi-in-use", not_applicable, {{"/sys/class/net/eth0/", ""}}, ""},
      {"wifi-in-use", unknown, {{"/sys/class/net/wlan0/wireless/", ""}}, ""},
      {"wifi-saved",
       pass,
       {{"/etc/NetworkManager/system-connections/home.nmconnection",
         "[connection]\ntype=wifi\n[wifi]\nssid=home\n[wifi-security]\nkey-mgmt=sae\n"}},
       ""},
      {"wifi-saved",
       fail,
       {{"/etc/NetworkManager/system-connections/cafe.nmconnection",
         "[connection]\ntype=wifi\n[wifi]\nssid=cafe\n"}},
       "cafe"},
      {"wifi-saved", fail, {{"/var/lib/iwd/airport.open", ""}}, "airport"},
      {"wifi-saved",
       fail,
       {{"/etc/wpa_supplicant/wpa_supplicant.conf",
         "network={\n ssid=\"old\"\n key_mgmt=NONE\n wep_key0=\"12345\"\n}\n"}},
       "old"},
      {"wifi-saved",
       pass,
       {{"/etc/wpa_supplicant/wpa_supplicant.conf", "network={\n ssid=\"home\"\n psk=\"x\"\n}\n"}},
       ""},
      {"wifi-saved", not_applicable, {}, ""},
      // remote
      {"ssh-root-login",
       pass,
       {sshd, config("PermitRootLogin no\nPermitRootLogin yes\n")},
       "PermitRootLogin no"},
      {"ssh-root-login", fail, {sshd, config("permitrootlogin YES\n")}, ""},
      {"ssh-root-login",
       fail,
       {sshd, config("PermitRootLogin no\nMatch Address 10.0.0.0/8\n PermitRootLogin yes\n")},
       ""},
      {"ssh-root-login", not_applicable, {}, ""},
      {"ssh-root-login", unknown, {sshd}, ""},
      {"ssh-passwords",
       pass,
       {sshd, config("PasswordAuthentication no\nKbdInteractiveAuthentication no\nUsePAM yes\n")},
       ""},
      {"ssh-passwords", fail, {sshd, config("Port 22\n")}, ""},
      {"ssh-passwords",
       fail,
       {sshd, config("PasswordAuthentication no\nUsePAM yes\n")},
       "interactively"},
      {"ssh-passwords",
       pass,
       {sshd,
        config("Include /etc/ssh/sshd_config.d/*.conf\nPasswordAuthentication "
               "yes\nKbdInteractiveAuthentication no\n"),
        {"/etc/ssh/sshd_config.d/10.conf", "PasswordAuthentication no\n"}},
       ""},
      {"ssh-passwords", not_applicable, {}, ""},
      {"ssh-tries", pass, {sshd, config("MaxAuthTries 3\n")}, ""},
      {"ssh-tries", fail, {sshd, config("")}, "6 tries"},
      {"ssh-tries", not_applicable, {}, ""},
      {"ssh-ciphers",
       pass,
       {sshd,
        config("Ciphers -aes128-cbc\nMACs hmac-sha2-256\n"),
        {kStatus, package("openssh-server", "1:9.2p1-2")}},
       ""},
      {"ssh-ciphers", unknown, {sshd, config("")}, "sshd -T"},
      {"ssh-ciphers",
       unknown,
       {sshd, config(""), {kStatus, package("openssh-server", "1:7.4p1-1")}},
       "sshd -T"},
      {"ssh-ciphers",
       fail,
       {sshd, config("Ciphers +aes128-cbc,3des-cbc\n")},
       "aes128-cbc (/etc/ssh/sshd_config:1), 3des-cbc"},
      {"ssh-ciphers", not_applicable, {}, ""},
      {"ssh-keys", pass, {passwd, {"/home/hana/.ssh/id_ed25519|0600", kLockedKey}}, ""},
      {"ssh-keys",
       fail,
       {passwd, {"/home/hana/.ssh/id_ed25519|0600", kOpenKey}},
       "without a passphrase"},
      {"ssh-keys",
       fail,
       {passwd, {"/home/hana/.ssh/id_ed25519|0644", kLockedKey}},
       "others can read"},
      {"ssh-keys", not_applicable, {passwd}, ""},
      {"xrdp-settings",
       pass,
       {{"/etc/xrdp/xrdp.ini", "[Globals]\nsecurity_layer=tls\ncrypt_level=high\n"}},
       ""},
      {"xrdp-settings", fail, {{"/etc/xrdp/xrdp.ini", "[Globals]\nsecurity_layer=rdp\n"}}, ""},
      {"xrdp-settings", not_applicable, {}, ""},
      {"vpn-configuration",
       pass,
       {{"/etc/openvpn/client/a.conf",
         "client\nremote-cert-tls server\ndata-ciphers AES-256-GCM\n"},
        {"/etc/wireguard/wg0.conf|0600", "x"}},
       "2 VPN settings"},
      {"vpn-configuration",
       fail,
       {{"/etc/openvpn/client/a.conf", "client\nremote-cert-tls server\ncipher BF-CBC\n"}},
       "bf-cbc"},
      {"vpn-configuration", fail, {{"/etc/openvpn/a.conf", "client\n"}}, "no remote-cert-tls"},
      {"vpn-configuration", fail, {{"/etc/wireguard/wg0.conf|0644", "x"}}, "0644"},
      {"vpn-configuration", not_applicable, {}, ""},
      // accounts
      {"empty-passwords",
       pass,
       {passwd, {"/etc/shadow", "root:*:19000:0:99999:7:::\nhana:$y$x:19000:0:99999:7:::\n"}},
       ""},
      {"empty-passwords", fail, {passwd, {"/etc/shadow", "hana::19000:0:99999:7:::\n"}}, "hana"},
      {"empty-passwords",
       fail,
       {{"/etc/passwd", "hana::1000:1000::/home/hana:/bin/bash\n"}},
       "hana"},
      {"empty-passwords", unknown, {passwd}, ""},
      {"uid-zero", pass, {passwd}, ""},
      {"uid-zero", fail, {{"/etc/passwd", kPasswd + "toor:x:0:0::/root:/bin/sh\n"}}, "toor"},
      {"uid-zero", unknown, {}, ""},
      {"sudo-passwordless",
       pass,
       {{"/usr/bin/sudo", ""}, {"/etc/sudoers", "%sudo ALL=(ALL:ALL) ALL\n# x NOPASSWD\n"}},
       ""},
      {"sudo-passwordless",
       fail,
       {{"/usr/bin/sudo", ""},
        {"/etc/sudoers", "@includedir /etc/sudoers.d\n"},
        {"/etc/sudoers.d/90-cloud", "hana ALL=(ALL) NOPASSWD:ALL\n"}},
       "hana"},
      {"sudo-passwordless",
       pass,
       {{"/usr/bin/sudo", ""},
        {"/etc/sudoers", "@includedir /etc/sudoers.d\n"},
        {"/etc/sudoers.d/skipped.bak", "hana ALL=(ALL) NOPASSWD:ALL\n"}},
       ""},
      {"sudo-passwordless",
       fail,
       {{"/usr/bin/doas", ""}, {"/etc/doas.conf", "permit nopass hana\n"}},
       ""},
      {"sudo-passwordless", not_applicable, {}, ""},
      {"privileged-groups", pass, {{"/etc/group", "sudo:x:27:hana\n"}}, "hana"},
      {"privileged-groups", fail, {{"/etc/group", "sudo:x:27:a,b,c\n"}}, "3 administrators"},
      {"privileged-groups", fail, {{"/etc/group", "docker:x:999:hana\n"}}, "hana (docker)"},
      // The kernel knows groups by their number.
      {"privileged-groups",
       fail,
       {{"/etc/group", "sudo:x:27:hana\nhelpers:x:27:a,b,c\n"}},
       "4 administrators"},
      {"privileged-groups",
       fail,
       {{"/etc/group", "x:x:999:\n"},
        {"/usr/bin/sudo|0755", ""},
        {"/etc/sudoers", "a,b,c ALL=(root) /bin/bash\n"}},
       "3 administrators"},
      {"privileged-groups",
       pass,
       {{"/etc/group", "x:x:999:\n"},
        {"/usr/bin/sudo|0755", ""},
        {"/etc/sudoers", "a,b,c ALL=(root) /usr/bin/id, /bin/systemctl restart nginx\n"}},
       "root is the only"},
      {"privileged-groups",
       unknown,
       {{"/etc/group", "x:x:999:\n"},
        {"/usr/bin/sudo|0755", ""},
        {"/etc/nsswitch.conf", "group: files sss\n"},
        {"/etc/sudoers", "%itadmins ALL=(ALL) ALL\n"}},
       "%itadmins"},
      {"privileged-groups", unknown, {}, ""},
      {"password-quality",
       pass,
       {{"/etc/pam.d/common-password", "password requisite pam_pwquality.so retry=3 minlen=12\n"}},
       ""},
      {"password-quality",
       pass,
       {{"/etc/pam.d/common-password", "password requisite pam_pwquality.so\n"},
        {"/etc/security/pwquality.conf", "minlen = 12\n"}},
       ""},
      {"password-quality",
       fail,
       {{"/etc/pam.d/common-password", "password requisite pam_pwquality.so\n"},
        {"/etc/security/pwquality.conf", "# minlen = 12\n"}},
       "passwords of 8"},
      {"password-quality",
       fail,
       {{"/etc/pam.d/common-password",
         "password [success=1 default=ignore] pam_unix.so yescrypt\n"}},
       "are not refused"},
      {"password-quality", unknown, {}, ""},
      {"password-lockout",
       pass,
       {{"/etc/pam.d/common-auth",
         "auth requisite pam_faillock.so preauth deny=5\nauth [success=2 default=ignore] "
         "pam_unix.so nullok\nauth [default=die] pam_faillock.so authfail deny=5\nauth requisite "
         "pam_deny.so\nauth required pam_permit.so\n"}},
       ""},
      {"password-lockout",
       fail,
       {{"/etc/pam.d/common-auth",
         "auth required pam_faillock.so preauth\nauth sufficient pam_unix.so\nauth [default=die] "
         "pam_faillock.so authfail\n"},
        {"/etc/security/faillock.conf", "deny = 100\n"}},
       "100"},
      {"password-lockout", fail, {{"/etc/pam.d/common-auth", "auth required pam_unix.so\n"}}, ""},
      // Whoever is refused before a password is asked for has tried none.
      {"password-lockout",
       pass,
       {{"/etc/pam.d/common-auth",
         "auth optional pam_faildelay.so delay=3000000\nauth requisite pam_nologin.so\nauth "
         "requisite pam_faillock.so preauth deny=5\nauth [success=2 default=ignore] "
         "pam_unix.so nullok\nauth [default=die] pam_faillock.so authfail deny=5\nauth requisite "
         "pam_deny.so\nauth required pam_permit.so\n"}},
       ""},
      {"password-lockout",
       unknown,
       {{"/etc/pam.d/common-auth",
         "auth [success=done default=ignore] pam_shells.so\nauth requisite pam_faillock.so preauth "
         "deny=5\nauth [success=2 default=ignore] pam_unix.so\nauth [default=die] "
         "pam_faillock.so authfail deny=5\nauth requisite pam_deny.so\nauth required "
         "pam_permit.so\n"}},
       "too many conditions"},
      // Each line of the module goes by its own.
      {"password-lockout", fail, faillock("deny=100", "", ""), "100"},
      {"password-lockout", fail, faillock("unlock_time=1", "", ""), "1 seconds"},
      {"password-lockout", fail, faillock("", "deny=100", ""), "100"},
      {"password-lockout", fail, faillock("", "", "fail_interval = 0\n"), "fail_interval"},
      {"password-lockout", fail, faillock("", "", "admin_group = sudo\n"), "sudo"},
      {"password-lockout", pass, faillock("", "", "admin_group = none\n"), ""},
      {"password-lockout", pass, faillock("", "", "admin_group = sudo\neven_deny_root\n"), ""},
      {"password-lockout", unknown, {}, ""},
      {"password-hashing",
       pass,
       {{"/etc/shadow", "hana:$y$x:19000:0:99999:7:::\n"},
        {"/etc/pam.d/common-password", "password sufficient pam_unix.so obscure yescrypt\n"}},
       "yescrypt"},
      {"password-hashing",
       fail,
       {{"/etc/shadow", "hana:$1$x$y:19000:0:99999:7:::\n"},
        {"/etc/pam.d/common-password", "password sufficient pam_unix.so yescrypt\n"}},
       "hana"},
      {"password-hashing",
       fail,
       {{"/etc/shadow", ""},
        {"/etc/pam.d/common-password", "password sufficient pam_unix.so md5\n"}},
       "md5"},
      {"password-hashing",
       unknown,
       {{"/etc/pam.d/common-password", "password sufficient pam_unix.so yescrypt\n"}},
       ""},
      // desktop
      {"screen-lock", not_applicable, {}, ""},
      {"screen-lock", unknown, {gnome}, "gsettings"},
      {"screen-lock", unknown, {other}, ""},
      {"screen-lock", pass, {plasma, passwd, {"/home/hana/", ""}}, "within 5 minutes"},
      {"screen-lock",
       fail,
       {plasma, passwd, {"/home/hana/.config/kscreenlockerrc", "[Daemon]\nAutolock=false\n"}},
       ""},
      {"screen-lock",
       fail,
       {plasma, passwd, {"/home/hana/.config/kscreenlockerrc", "[Daemon]\nTimeout=30\n"}},
       "30 minutes"},
      {"screen-lock", pass, {xfce, passwd, {"/usr/bin/xfce4-screensaver", ""}}, ""},
      {"screen-lock",
       fail,
       {xfce,
        passwd,
        {"/usr/bin/xfce4-screensaver", ""},
        {"/home/hana/.config/xfce4/xfconf/xfce-perchannel-xml/xfce4-screensaver.xml",
         "<channel name=\"xfce4-screensaver\"><property name=\"lock\" type=\"empty\"><property "
         "name=\"enabled\" type=\"bool\" value=\"false\"/></property></channel>"}},
       ""},
      {"screen-lock", fail, {xfce, passwd}, "nothing locks"},
      {"automatic-login",
       pass,
       {{"/sbin/init", ""}, {"/etc/gdm3/daemon.conf", "[daemon]\n#AutomaticLoginEnable=true\n"}},
       ""},
      {"automatic-login",
       fail,
       {{"/sbin/init", ""},
        {"/etc/gdm3/daemon.conf", "[daemon]\nAutomaticLoginEnable=true\nAutomaticLogin=hana\n"}},
       "gdm3"},
      {"automatic-login",
       fail,
       {{"/sbin/init", ""}, {"/etc/lightdm/lightdm.conf", "[Seat:*]\nautologin-user=hana\n"}},
       "lightdm"},
      {"automatic-login",
       fail,
       {{"/sbin/init", ""}, {"/etc/sddm.conf.d/auto.conf", "[Autologin]\nUser=hana\n"}},
       "sddm"},
      {"automatic-login",
       fail,
       {{"/sbin/init", ""},
        {"/etc/systemd/system/getty@tty1.service.d/o.conf",
         "[Service]\nExecStart=\nExecStart=-/sbin/agetty --autologin hana %I\n"}},
       "getty"},
      {"automatic-login", not_applicable, {}, ""},
      {"automount", pass, {plasma, passwd}, ""},
      {"automount",
       fail,
       {plasma,
        passwd,
        {"/home/hana/.config/kded_device_automounterrc", "[General]\nAutomountEnabled=true\n"}},
       ""},
      {"automount", fail, {{kStatus, package("usbmount", "0.0.22")}}, ""},
      {"automount", not_applicable, {}, ""},
      {"office-macros",
       pass,
       {{kStatus, package("libreoffice-core", "4:7.4")}, passwd},
       "level 2 of 3"},
      {"office-macros",
       fail,
       {{kStatus, package("libreoffice-core", "4:7.4")},
        passwd,
        {"/home/hana/.config/libreoffice/4/user/registrymodifications.xcu",
         "<item oor:path=\"/org.openoffice.Office.Common/Security/Scripting\"><prop "
         "oor:name=\"MacroSecurityLevel\" oor:op=\"fuse\"><value>0</value></prop></item>"}},
       "level 0 of 3"},
      {"office-macros", not_applicable, {{kStatus, package("bash", "5")}}, ""},
      {"safe-browsing", pass, {{kStatus, package("chromium", "156")}}, ""},
      {"safe-browsing",
       fail,
       {{kStatus, package("chromium", "156")},
        {"/etc/chromium/policies/managed/x.json", "{\"SafeBrowsingProtectionLevel\": 0}"}},
       "x.json"},
      {"safe-browsing",
       fail,
       {{kStatus, package("firefox-esr", "140")},
        {"/etc/firefox/policies/policies.json",
         "{\"policies\": {\"Preferences\": {\"browser.safebrowsing.malware.enabled\": {\"Value\": "
         "false}}}}"}},
       ""},
      {"safe-browsing",
       unknown,
       {{kStatus, package("chromium", "156")}, {"/etc/chromium/policies/managed/x.json", "{"}},
       ""},
      {"safe-browsing", not_applicable, {{kStatus, package("bash", "5")}}, ""},
      {"password-manager",
       pass,
       {{kStatus, package("chromium", "156")},
        {"/etc/chromium/policies/managed/x.json", "{\"PasswordManagerEnabled\": false}"}},
       ""},
      {"password-manager", fail, {{kStatus, package("chromium", "156")}}, ""},
      {"password-manager", not_applicable, {{kStatus, package("bash", "5")}}, ""},
      // malware
      {"antivirus-present", pass, {{kStatus, package("clamav-daemon", "1.4")}}, "ClamAV"},
      {"antivirus-present", pass, {{"/opt/CrowdStrike/", ""}}, "CrowdStrike"},
      {"antivirus-present", fail, {{kStatus, package("bash", "5")}}, ""},
      {"antivirus-present", unknown, {}, ""},
      {"antivirus-running",
       pass,
       {{kStatus, package("clamav-daemon", "1.4")}, {"/proc/77/comm", "clamonacc\n"}},
       ""},
      {"antivirus-running",
       fail,
       {{kStatus, package("clamav-daemon", "1.4")}, {"/proc/77/comm", "clamd\n"}},
       "not running"},
      {"antivirus-running", unknown, {{kStatus, package("clamav-daemon", "1.4")}}, ""},
      {"antivirus-running", not_applicable, {{kStatus, package("bash", "5")}}, ""},
      {"antivirus-signatures",
       pass,
       {{kStatus, package("clamav", "1.4")},
        {"/var/lib/clamav/daily.cvd", "ClamAV-VDB:23 Nov 2026 07-26 +0000:28190:2076\n"}},
       "2026-11-23"},
      {"antivirus-signatures",
       fail,
       {{kStatus, package("clamav", "1.4")},
        {"/var/lib/clamav/daily.cld", "ClamAV-VDB:01 Oct 2026 07-26 +0000:28190:2076\n"}},
       "54 days old"},
      {"antivirus-signatures", fail, {{kStatus, package("clamav", "1.4")}}, "no definitions"},
      // Those that are scanned with.
      {"antivirus-signatures",
       fail,
       {{kStatus, package("clamav", "1.4")},
        {"/etc/clamav/clamd.conf", "DatabaseDirectory /opt/clam\n"},
        {"/opt/clam/daily.cvd", "ClamAV-VDB:01 Oct 2026 07-26 +0000:28190:2076\n"},
        {"/var/lib/clamav/daily.cvd", "ClamAV-VDB:23 Nov 2026 07-26 +0000:28190:2076\n"}},
       "54 days old"},
      {"antivirus-signatures",
       unknown,
       {{kStatus, package("clamav", "1.4")},
        {"/var/lib/clamav/daily.cvd", "ClamAV-VDB:23 Nov 2036 07-26 +0000:28190:2076\n"}},
       "yet to come"},
      {"antivirus-signatures", not_applicable, {{kStatus, package("mdatp", "101")}}, ""},
      {"edr-agent", pass, {{kStatus, package("falcon-sensor", "7")}}, ""},
      {"edr-agent", fail, {{kStatus, package("clamav", "1.4")}}, ""},
      {"edr-agent", unknown, {}, ""},
      // system
      {"time-sync",
       pass,
       {{"/usr/lib/systemd/system/systemd-timesyncd.service", starting("systemd-timesyncd")},
        {"/etc/systemd/system/sysinit.target.wants/systemd-timesyncd.service -> /nowhere", ""}},
       ""},
      {"time-sync", fail, {}, ""},
      {"time-sync", not_applicable, {{"/run/.containerenv", ""}}, ""},
      {"audit-log",
       pass,
       {{"/proc/9/comm", "auditd\n"},
        {"/etc/audit/rules.d/50.rules", "-a always,exit -S execve -F euid=0 -k admin\n"}},
       ""},
      {"audit-log",
       fail,
       {{"/proc/9/comm", "auditd\n"},
        {"/etc/audit/rules.d/audit.rules", "-D\n-b 8192\n# -a always,exit -S execve\n"}},
       "no rule records"},
      {"audit-log",
       fail,
       {{"/proc/9/comm", "bash\n"}, {kStatus, package("auditd", "3")}},
       "not running"},
      {"audit-log", unknown, {}, ""},
      {"persistent-log", pass, {{"/var/log/journal/", ""}}, ""},
      {"persistent-log",
       pass,
       {{"/var/log/", ""},
        {"/usr/lib/systemd/system/rsyslog.service", starting("rsyslogd -n")},
        {"/etc/rsyslog.conf", "auth,authpriv.* /var/log/auth.log\n"},
        {"/etc/systemd/system/multi-user.target.wants/rsyslog.service -> /x", ""}},
       ""},
      {"persistent-log", fail, {{"/var/log/syslog", ""}}, "Storage=auto"},
      {"persistent-log",
       fail,
       {{"/var/log/journal/", ""}, {"/etc/systemd/journald.conf", "[Journal]\nStorage=volatile\n"}},
       "volatile"},
      {"persistent-log", not_applicable, {}, ""},
      {"secure-boot",
       pass,
       {{"/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c",
         std::string("\x06\0\0\0\x01", 5)}},
       ""},
      {"secure-boot",
       fail,
       {{"/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c",
         std::string("\x06\0\0\0\0", 5)}},
       ""},
      {"secure-boot", not_applicable, {{"/sys/firmware/acpi/", ""}}, ""},
      {"secure-boot", unknown, {}, ""},
      {"kernel-hardening",
       pass,
       {{"/proc/sys/kernel/randomize_va_space", "2\n"}, {"/proc/sys/fs/suid_dumpable", "0\n"}},
       "all 2 settings"},
      {"kernel-hardening",
       fail,
       {{"/proc/sys/kernel/kptr_restrict", "0\n"}},
       "kernel.kptr_restrict=0"},
      {"kernel-hardening", unknown, {}, ""},
      {"network-hardening", pass, {{"/proc/sys/net/ipv4/tcp_syncookies", "1\n"}}, ""},
      {"network-hardening", fail, {{"/proc/sys/net/ipv4/conf/all/accept_redirects", "1\n"}}, ""},
      {"network-hardening",
       fail,
       {{"/proc/sys/net/ipv4/conf/all/accept_redirects", "0\n"},
        {"/proc/sys/net/ipv4/conf/eth0.5/accept_redirects", "1\n"}},
       "eth0.5"},
      {"network-hardening", unknown, {}, ""},
      {"mandatory-access",
       pass,
       {{"/sys/kernel/", ""}, {"/sys/module/apparmor/parameters/enabled", "Y\n"}},
       ""},
      {"mandatory-access", pass, {{"/sys/kernel/", ""}, {"/sys/fs/selinux/enforce", "1"}}, ""},
      {"mandatory-access",
       fail,
       {{"/sys/kernel/", ""}, {"/sys/fs/selinux/enforce", "0"}},
       "permissive"},
      {"mandatory-access", fail, {{"/sys/kernel/", ""}}, ""},
      {"mandatory-access", unknown, {}, ""},
  };
}

class Checks : public testing::TestWithParam<Case> {};

TEST_P(Checks, GiveTheirVerdict) {
  const Case& c = GetParam();
  const TempRoot root;
  for (const File& file : c.files) root.add(file.path, file.content);
  const Finding finding = look(c.check, root);
  EXPECT_EQ(name(finding.verdict), name(c.verdict)) << finding.fact.en;
  EXPECT_THAT(finding.fact.en, testing::HasSubstr(c.fact));
  EXPECT_FALSE(finding.fact.ja.empty());
  expect_value(c.check, finding);
  EXPECT_THAT(finding.fact.en, testing::Not(testing::HasSubstr("secret")))
      << "a password was shown";
}

TEST(Archives, OfLongAgoLetNothingPass) {
  TempRoot root;
  root.add(kStatus, package("bash", "5.2-1") + "\n" + package("openvpn", "2.6.3-1"));
  root.add(kSecurity, offered("bash", "5.2-1"));
  const auto fetched_ago = [&](std::chrono::days ago) {
    std::filesystem::last_write_time(root.at("/var/lib/apt/lists"),
                                     std::chrono::file_clock::from_sys(kNow - ago));
  };
  fetched_ago(kOldestPackageLists);
  EXPECT_EQ(look("security-updates", root).verdict, pass);
  EXPECT_EQ(look("software-vpn", root).verdict, pass);
  fetched_ago(kOldestPackageLists + std::chrono::days(1));
  EXPECT_EQ(look("security-updates", root).verdict, unknown);
  EXPECT_THAT(look("security-updates", root).fact.en, testing::HasSubstr("apt-get update"));
  EXPECT_EQ(look("software-vpn", root).verdict, unknown);
  // What lacks an update by old ones lacks it today.
  root.add(kSecurity, offered("bash", "5.2-2"));
  fetched_ago(kOldestPackageLists + std::chrono::days(1));
  EXPECT_EQ(look("security-updates", root).verdict, fail);
}

INSTANTIATE_TEST_SUITE_P(OnFolders, Checks, testing::ValuesIn(folder_cases()),
                         [](const testing::TestParamInfo<Case>& instance) {
                           std::string label =
                               fmt::format("{}_{}_{}", instance.param.check,
                                           name(instance.param.verdict), instance.index);
                           std::ranges::replace(label, '-', '_');
                           return label;
                         });

/// Verdicts that need a running program or kernel, and are seen in tests/e2e instead; those of the
/// firewall stand in firewall_test.cpp.
const std::set<std::pair<std::string_view, Verdict>> kSeenElsewhere{
    {"wifi-in-use", pass}, {"wifi-in-use", fail}, {"firewall", pass}, {"firewall", fail}};

TEST(AllChecks, AreAtLeastThirtyFiveAndHaveTheirSpecs) {
  EXPECT_GE(host_checks().size(), 35U);
  std::set<std::string_view> ids;
  for (const HostCheck& check : host_checks()) {
    EXPECT_TRUE(ids.insert(check.id).second) << check.id << " is listed twice";
    const CheckSpec* spec = guideline().check(check.id);
    ASSERT_NE(spec, nullptr) << check.id;
    EXPECT_FALSE(spec->asked) << check.id;
    EXPECT_FALSE(spec->threats.empty()) << check.id;
    EXPECT_FALSE(spec->fix.empty()) << check.id;
  }
  for (const CheckSpec& spec : guideline().checks)
    EXPECT_TRUE(spec.asked || ids.contains(spec.id)) << spec.id << " has no function";
}

TEST(AllChecks, HaveAPassAFailAndAnotherCase) {
  std::set<std::pair<std::string_view, Verdict>> seen = kSeenElsewhere;
  for (const Case& c : folder_cases()) seen.emplace(c.check, c.verdict);
  for (const HostCheck& check : host_checks()) {
    EXPECT_TRUE(seen.contains({check.id, pass})) << check.id;
    EXPECT_TRUE(seen.contains({check.id, fail})) << check.id;
    EXPECT_TRUE(seen.contains({check.id, not_applicable}) || seen.contains({check.id, unknown}))
        << check.id;
  }
}

/// A pass is a proof: take away any file that it was read from (a folder in its place can't be
/// read, whoever asks), and it is a pass no longer.
TEST(AllChecks, PassOnlyWithEveryFileTheyReadFrom) {
  std::size_t tried = 0;
  for (const Case& c : folder_cases()) {
    if (c.verdict != pass) continue;
    const TempRoot root;
    for (const File& file : c.files) root.add(file.path, file.content);
    Trace trace;
    const Machine machine = Machine(root.path()).watched(trace);
    const SecurityIndex security;
    check_named(c.check).look({machine, security, guideline(), feeds(), kNow});
    for (const std::string& source : trace.contents()) {
      const auto file = root.at(source);
      const Machine plain(root.path());
      if (!std::filesystem::is_regular_file(file) || !plain.read(source)) continue;
      const auto aside = root.at("/aside");
      std::filesystem::rename(file, aside);
      std::filesystem::create_directory(file);
      EXPECT_NE(look(c.check, root).verdict, pass) << c.check << " without " << source;
      std::filesystem::remove(file);
      std::filesystem::rename(aside, file);
      ++tried;
    }
  }
  EXPECT_GT(tried, 60U);
}

/// Each pass says what it rests on, and what it says is so: the places are there. It names no
/// person's folder and no secret.
TEST(AllChecks, PassWithABasisThatIsThere) {
  std::size_t held = 0;
  for (const Case& c : folder_cases()) {
    if (c.verdict != pass) continue;
    const TempRoot root;
    for (const File& file : c.files) root.add(file.path, file.content);
    const Finding finding = look(c.check, root);
    EXPECT_EQ(judgement_of(finding).verdict(), pass) << c.check;
    const Machine machine(root.path());
    for (const Compared& one : finding.basis.list()) {
      std::string place = one.place;
      if (!one.limit.empty() || !one.by.empty()) ++held;
      EXPECT_THAT(place, testing::Not(testing::HasSubstr("hana"))) << c.check;
      EXPECT_THAT(one.seen, testing::Not(testing::HasSubstr("secret"))) << c.check;
      if (one.source != Compared::Source::file || place.starts_with("~") || place.contains('*'))
        continue;
      // "path:line"
      if (const auto colon = place.rfind(':');
          colon != std::string::npos && whole_number(place.substr(colon + 1)) >= 0)
        place.resize(colon);
      EXPECT_TRUE(machine.exists(place) || place == "/etc/ssh/sshd_config" ||
                  place == "/usr/lib/os-release" || place == "/etc/os-release")
          << c.check << " rests on " << one.place;
    }
  }
  EXPECT_GT(held, 15U);
}

TEST(AllChecks, ABasisNamesNothingThatPeopleNamed) {
  const TempRoot root;
  root.add("/etc/passwd", kPasswd);
  root.add("/home/hana/.ssh/id_customer_acme", kLockedKey);
  root.add("/etc/NetworkManager/system-connections/My Home.nmconnection",
           "[connection]\ntype=wifi\n[wifi]\nssid=My Home\n[wifi-security]\nkey-mgmt=sae\n");
  for (const char* check : {"ssh-keys", "wifi-saved"}) {
    const Finding finding = look(check, root);
    for (const Text& line : words(finding.basis))
      for (const char* name : {"hana", "acme", "My Home"})
        EXPECT_THAT(line.en, testing::Not(testing::HasSubstr(name))) << check;
  }
}

TEST(AllChecks, NameTheSourcesThatDecide) {
  for (const HostCheck& check : host_checks()) EXPECT_NE(check.decisive[0], "") << check.id;
}

TEST(AllChecks, SurviveAnEmptyAndAHostileSystem) {
  const TempRoot empty;
  const TempRoot hostile;
  const std::string noise =
      "\xff\xfe:::\n[[[{{{\"\n=\n" + std::string(5000, '(') + std::string("\0\0\n", 3);
  for (const char* path : {"/etc/passwd",
                           "/etc/shadow",
                           "/etc/group",
                           "/etc/os-release",
                           "/var/lib/dpkg/status",
                           "/etc/ssh/sshd_config",
                           "/usr/sbin/sshd",
                           "/etc/apt/apt.conf",
                           "/etc/apt/sources.list",
                           "/etc/login.defs",
                           "/etc/resolv.conf",
                           "/proc/net/tcp",
                           "/proc/net/udp6",
                           "/proc/swaps",
                           "/proc/self/mountinfo",
                           "/etc/pam.d/common-auth",
                           "/etc/pam.d/common-password",
                           "/etc/xrdp/xrdp.ini",
                           "/etc/sudoers",
                           "/usr/bin/sudo",
                           "/etc/openvpn/x.conf",
                           "/etc/environment"})
    hostile.add(path, noise);
  for (const HostCheck& check : host_checks())
    for (const TempRoot* root : {&empty, &hostile}) {
      const Finding finding = look(check.id, *root);
      EXPECT_FALSE(finding.fact.en.empty()) << check.id;
      EXPECT_TRUE(is_valid_utf8(finding.fact.en) && is_valid_utf8(finding.fact.ja)) << check.id;
    }
}

TEST(Machine, SymbolicLinksStayInsideTheRoot) {
  const TempRoot root;
  root.add("/etc/os-release -> /../../../../etc/passwd");
  root.add("/etc/passwd", "inside");
  const Machine machine(root.path());
  EXPECT_EQ(*machine.read("/etc/os-release"), "inside");
  EXPECT_EQ(*machine.read("/../../etc/passwd"), "inside");
}

std::vector<Evidence> collect(const TempRoot& root, const std::vector<HostCheck>& checks,
                              CollectOptions options) {
  return collect_host(std::make_shared<const Machine>(root.path()),
                      std::make_shared<const Guideline>(guideline()),
                      std::make_shared<const Feeds>(feeds()), {"host:test"}, kNow, checks, options);
}

TEST(Collect, AHungSourceIsUnknownAndTheOthersGoOn) {
  const TempRoot root;
  root.add("/etc/passwd", kPasswd);
  const HostCheck hangs{"os-support", [](const Look&) -> Finding {
                          std::this_thread::sleep_for(std::chrono::hours(1));
                          return {};
                        }};
  CollectOptions options;
  options.bound = std::chrono::milliseconds(300);
  options.at_once = 2;
  const auto evidence = collect(root, {hangs, hangs, hangs, check_named("uid-zero")}, options);
  ASSERT_EQ(evidence.size(), 4U);
  EXPECT_EQ(evidence[0].verdict(), unknown);
  EXPECT_THAT(evidence[0].detail().en, testing::HasSubstr("no answer within"));
  EXPECT_EQ(evidence[3].verdict(), pass);
}

TEST(Collect, ACheckThatThrowsIsUnknown) {
  const TempRoot root;
  const HostCheck breaks{"os-support",
                         [](const Look&) -> Finding { throw std::runtime_error("boom"); }};
  const auto evidence = collect(root, {breaks}, {});
  EXPECT_EQ(evidence[0].verdict(), unknown);
  EXPECT_THAT(evidence[0].detail().en, testing::HasSubstr("boom"));
}

TEST(Collect, RunsEveryCheckOnThisMachineAtOnce) {
  std::size_t last = 0;
  CollectOptions options;
  options.at_once = 8;
  options.progress = [&](std::size_t done, std::size_t all) {
    EXPECT_LE(done, all);
    EXPECT_GE(done, last);
    last = done;
  };
  const auto evidence = collect_host(
      std::make_shared<const Machine>("/"), std::make_shared<const Guideline>(guideline()),
      std::make_shared<const Feeds>(feeds()), {"host:test"}, now(), host_checks(), options);
  EXPECT_EQ(evidence.size(), host_checks().size());
  for (const Evidence& record : evidence) {
    EXPECT_FALSE(record.detail().en.empty()) << record.check;
    EXPECT_GT(record.valid_until, record.observed_at);
  }
}

}  // namespace
}  // namespace sekisho
