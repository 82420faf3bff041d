// SPDX-License-Identifier: Apache-2.0
// Systems that say that they update, back up, keep the time and their logs, and don't: each of
// these once passed. One sound system of each kind, and what takes it away, one change at a time.
#include "small_system.h"

namespace sekisho {
namespace {

using enum Verdict;
using Files = std::vector<File>;

const std::string kUnits = "/usr/lib/systemd/system/";
const std::string kEtc = "/etc/systemd/system/";

std::string service(std::string_view command) {
  return fmt::format("[Service]\nType=oneshot\nExecStart={}\n", command);
}
std::string timer(std::string_view when) {
  return fmt::format("[Timer]\nOnCalendar={}\n[Install]\nWantedBy=timers.target\n", when);
}
void start(Files& files, const std::string& unit, std::string_view target = "multi-user.target") {
  files.push_back({fmt::format("{}{}.wants/{} -> {}{}", kEtc, target, unit, kUnits, unit), ""});
}

/// Debian with unattended-upgrades, as it installs them.
Files updating() {
  Files files{
      {kStatus, package("unattended-upgrades", "2.9") + package("openssl", "3.0") +
                    package("linux-image-amd64", "6.1")},
      {"/etc/os-release", "ID=debian\nVERSION_CODENAME=bookworm\n"},
      {"/etc/apt/sources.list.d/debian.sources",
       "Types: deb\nURIs: http://deb.debian.org/debian\nSuites: bookworm bookworm-updates\n"
       "Components: main\n\nTypes: deb\nURIs: http://deb.debian.org/debian-security\n"
       "Suites: bookworm-security\nComponents: main\n"},
      {"/etc/apt/apt.conf.d/20auto-upgrades",
       "APT::Periodic::Update-Package-Lists \"1\";\nAPT::Periodic::Unattended-Upgrade \"1\";\n"},
      {"/etc/apt/apt.conf.d/50unattended-upgrades",
       "Unattended-Upgrade::Origins-Pattern {\n"
       "  \"origin=Debian,codename=${distro_codename},label=Debian\";\n"
       "  \"origin=Debian,codename=${distro_codename}-security,label=Debian-Security\";\n};\n"
       "Unattended-Upgrade::Package-Blacklist {\n};\n"},
      {kUnits + "apt-daily.timer", timer("*-*-* 6,18:00") + "RandomizedDelaySec=12h\n"},
      {kUnits + "apt-daily-upgrade.timer", timer("*-*-* 6:00")},
      {kUnits + "apt-daily.service", service("/usr/lib/apt/apt.systemd.daily update")},
      {kUnits + "apt-daily-upgrade.service", service("/usr/lib/apt/apt.systemd.daily install")}};
  start(files, "apt-daily.timer", "timers.target");
  start(files, "apt-daily-upgrade.timer", "timers.target");
  return files;
}

Files backing_up() {
  Files files{{kStatus, package("restic", "0.14")},
              {kUnits + "cron.service", service("/usr/sbin/cron -f $EXTRA_OPTS")},
              {"/etc/crontab",
               "SHELL=/bin/sh\n25 6 * * * root test -x /usr/sbin/anacron || ( cd / && run-parts "
               "--report /etc/cron.daily )\n"},
              {"/etc/cron.d/backup", "0 3 * * * root restic backup /home\n"}};
  start(files, "cron.service");
  return files;
}

Files by_timer() {
  return {{kStatus, package("restic", "0.14")},
          {kEtc + "b.service", service("/usr/bin/restic backup /home")},
          {kEtc + "b.timer", timer("daily")},
          {kEtc + "timers.target.wants/b.timer -> ../b.timer", ""}};
}

Files on_time() {
  Files files{{kUnits + "chrony.service", service("!/usr/sbin/chronyd $DAEMON_OPTS") +
                                              "EnvironmentFile=-/etc/default/chrony\n"},
              {"/etc/default/chrony", "DAEMON_OPTS=\"-F 1\"\n"},
              {"/etc/chrony/chrony.conf", "pool 2.debian.pool.ntp.org iburst\nmakestep 1 3\n"}};
  start(files, "chrony.service");
  return files;
}

Files logging() {
  return {{"/var/log/journal/", ""},
          {"/etc/systemd/journald.conf", "[Journal]\n"},
          {kUnits + "systemd-journald.service", service("/lib/systemd/systemd-journald")},
          {kUnits + "systemd-journal-flush.service", service("journalctl --flush")}};
}

Files resolving() {
  Files files{{"/etc/resolv.conf", "nameserver 127.0.0.53\n"},
              {"/etc/systemd/resolved.conf", "[Resolve]\nDNSOverTLS=yes\n"},
              {kUnits + "systemd-resolved.service", service("!!/lib/systemd/systemd-resolved")}};
  start(files, "systemd-resolved.service");
  return files;
}

/// A change, and what it comes to; of a path that is there already the new content counts.
struct Change {
  Files files;
  Verdict verdict;
  std::string fact = {};
};

void try_changes(std::string_view check, const Files& sound, const std::vector<Change>& changes) {
  try_case({check, pass, sound, ""});
  for (const Change& change : changes) {
    Files files = sound;
    for (const File& one : change.files) {
      const std::string path = one.path.substr(0, one.path.find_first_of(" |"));
      std::erase_if(files, [&](const File& old) {
        return old.path == path || old.path.starts_with(path + " ") ||
               old.path.starts_with(path + "|");
      });
      if (one.content != "(away)") files.push_back(one);
    }
    SCOPED_TRACE(change.files.empty()
                     ? ""
                     : change.files.front().path + ": " + change.files.front().content);
    try_case({check, change.verdict, files, change.fact});
  }
}

File conf(std::string text) { return {"/etc/apt/apt.conf.d/99x", std::move(text) + "\n"}; }
File pin(const std::string& package, const std::string& pin, const std::string& priority) {
  return {"/etc/apt/preferences.d/x",
          fmt::format("Package: {}\nPin: {}\nPin-Priority: {}\n", package, pin, priority)};
}

TEST(Upkeep, UpdatesByUnitsThatAreStoppedOrChanged) {
  const std::string up = "apt-daily-upgrade";
  try_changes(
      "automatic-updates", updating(),
      {{{{kEtc + up + ".service -> /dev/null", ""}}, fail, "does not run"},
       {{{kEtc + up + ".timer -> /dev/null", ""}}, fail, "does not run"},
       {{{"/run/systemd/system/apt-daily.timer -> /dev/null", ""}}, fail},
       {{{"/etc/systemd/system.control/apt-daily.timer -> /dev/null", ""}}, fail},
       {{{"/proc/cmdline", "quiet systemd.mask=apt-daily.timer\n"}}, fail},
       {{{kEtc + up + ".service.d/x.conf", "[Service]\nExecStart=\nExecStart=/bin/true\n"}}, fail},
       {{{kEtc + up + ".service.d/x.conf", "[Service]\nExecStart=\n"}}, fail},
       {{{kEtc + up + ".service", service("/bin/true")}}, fail},
       {{{kEtc + up + ".service", service("/usr/lib/apt/apt.systemd.daily update")}},
        fail,
        "does not install"},
       {{{kEtc + up + ".service.d/x.conf", "[Unit]\nConditionPathExists=/nowhere\n"}}, fail},
       {{{kEtc + up + ".service.d/x.conf", "[Unit]\nConditionPathExists=!/etc/apt\n"}}, fail},
       {{{kEtc + up + ".service.d/x.conf", "[Unit]\nConditionHost=elsewhere\n"}}, unknown},
       {{{kEtc + up + ".service.d/x.conf", "[Unit]\nAssertPathExists=/nowhere\n"}}, fail},
       {{{kEtc + up + ".service.d/x.conf", "[Service]\nExecCondition=/bin/false\n"}}, unknown},
       {{{kEtc + up + ".service.d/x.conf", "[Service]\nPrivateNetwork=yes\n"}}, unknown},
       {{{kEtc + up + ".service.d/x.conf", "[Service]\nNice=10\n"}}, pass},
       {{{kEtc + up + ".service.d/x.conf",
          "[Service]\nExecStart=\nExecStart=/usr/bin/nice /usr/lib/apt/apt.systemd.daily "
          "install\n"}},
        unknown},
       {{{kEtc + "apt-.timer.d/x.conf", "[Timer]\nOnCalendar=\n"}}, fail},
       {{{kEtc + up + ".timer.d/x.conf", "[Timer]\nOnCalendar=\nOnCalendar=*-2-30\n"}},
        fail,
        "never due"},
       {{{kEtc + up + ".timer.d/x.conf", "[Timer]\nOnCalendar=\nOnCalendar=2020-01-01\n"}}, fail},
       {{{kEtc + up + ".timer.d/x.conf", "[Timer]\nOnCalendar=\nOnCalendar=monthly\n"}},
        fail,
        "31 days"},
       {{{kEtc + up + ".timer.d/x.conf", "[Timer]\nOnCalendar=\nOnCalendar=weekly\n"}}, pass},
       {{{kEtc + up + ".timer.d/x.conf", "[Timer]\nOnCalendar=\nOnCalendar=sometimes\n"}}, unknown},
       {{{kEtc + up + ".timer.d/x.conf", "[Timer]\nUnit=other.service\n"}}, unknown},
       {{{kEtc + up + ".timer.d/x.conf", "[Timer]\nRandomizedDelaySec=90d\n"}}, fail},
       {{{kEtc + "timer.d/x.conf", "[Timer]\nOnCalendar=\n"}}, fail},
       {{{kEtc + "timers.target.wants/apt-daily.timer -> /usr/lib/systemd/system/apt-daily.timer",
          "(away)"}},
        fail},
       {{{kEtc + "timers.target -> /dev/null", ""}}, fail},
       {{{kUnits + up + ".service", "(away)"}}, unknown},
       {{{kUnits + up + ".timer", "(away)"}}, unknown, "was not found"}});
}

TEST(Upkeep, UpdatesThatAptOrItsSettingsKeepBack) {
  const std::string sources = "/etc/apt/sources.list.d/debian.sources";
  try_changes(
      "automatic-updates", updating(),
      {{{conf("Unattended-Upgrade::Package-Blacklist { \".*\"; };")}, fail, "leave out"},
       {{conf("Unattended-Upgrade::Package-Blacklist:: \"openssl\";")}, fail, "openssl"},
       {{conf("Unattended-Upgrade::Package-Blacklist:: \"nginx$\";")}, pass},
       {{conf("Unattended-Upgrade::Package-Blacklist:: \"(?!x)\";")}, unknown},
       {{conf("Unattended-Upgrade::Package-Whitelist:: \"nginx\";")}, unknown},
       {{conf("Unattended-Upgrade::Update-Days {\"Never\"};")}, fail, "no day"},
       {{conf("Unattended-Upgrade::Update-Days {\"Mon\"; \"Never\"};")}, fail, "7 days apart"},
       {{conf("Unattended-Upgrade::Update-Days {\"Mon\"; \"Wed\"; \"5\"; \"Never\"};")}, pass},
       {{conf("Unattended-Upgrade::InstallOnShutdown \"true\";")}, unknown},
       {{conf("APT::Default-Release \"bookworm\";")}, fail, "Default-Release"},
       {{conf("APT::Default-Release \"/^bookworm(|-security|-updates)$/\";")}, pass},
       {{conf("APT::Default-Release \"stable\";")}, fail},
       {{conf("DPkg::Options { \"--simulate\"; };")}, fail},
       {{conf("APT::Update::Pre-Invoke { \"false\"; };")}, fail},
       {{conf("APT::Periodic::Update-Package-Lists \"30d\";")}, fail},
       {{conf("Dir::Etc::sourceparts \"/dev/null\";")}, fail, "no source"},
       {{conf("Dir::Etc::sourceparts \"other.d\";")}, fail, "no source"},
       {{conf("Dir::Etc \"/nowhere\";")}, fail, "no source"},
       {{conf("RootDir \"/x\";")}, unknown},
       {{{sources, "Types: deb\nURIs: http://deb.debian.org/debian\nSuites: bookworm\n"}},
        fail,
        "no source"},
       {{{sources, "Types: deb-src\nURIs: http://x\nSuites: bookworm-security\n"}}, fail},
       {{{sources, "Types: deb\nURIs: http://x\nSuites: bullseye-security\n"}}, fail},
       {{{sources, "Types: deb\nEnabled: no\nURIs: http://x\nSuites: bookworm-security\n"}}, fail},
       {{pin("*", "release l=Debian-Security", "-1")}, fail, "keeps security updates back"},
       {{pin("openssl", "release a=stable-security", "50")}, fail},
       {{pin("*", "origin deb.debian.org", "-10")}, fail},
       {{pin("*", "release n=bookworm-security", "0")}, fail},
       {{pin("*", "release *", "1")}, fail},
       {{pin("openssl", "version 3.0*", "1001")}, unknown},
       {{pin("*", "release n=bookworm", "900")}, unknown},
       {{pin("/open/", "release l=Debian-Security", "-1")}, unknown},
       {{pin("snapd", "release *", "-10")}, pass},
       {{pin("*", "release o=LP-PPA", "50")}, pass},
       {{{kStatus, package("unattended-upgrades", "2.9") +
                       "Package: openssl\nStatus: hold ok installed\nArchitecture: amd64\n"
                       "Version: 3.0\n\n"}},
        fail,
        "on hold"},
       {{{"/etc/apt/apt.conf.d/50unattended-upgrades",
          "Unattended-Upgrade::Origins-Pattern { \"origin=Debian,label=Debian\"; };\n"}},
        fail},
       {{{"/etc/apt/apt.conf.d/50unattended-upgrades",
          "Unattended-Upgrade::Origins-Pattern { \"origin=Nobody,label=security\"; };\n"}},
        fail},
       {{{"/etc/os-release", "ID=plan9\n"}}, unknown}});
}

TEST(Upkeep, SourcesThatTrustTooMuch) {
  const Files sound{{"/etc/apt/sources.list", "deb http://deb.debian.org/debian bookworm main\n"},
                    {"/etc/apt/trusted.gpg.d/debian.asc|0644", ""}};
  try_changes(
      "package-sources", sound,
      {{{conf("APT::Hashes::SHA1::Untrusted \"no\";")}, fail, "sha1"},
       {{conf("APT::Hashes::MD5::Weak \"false\";")}, fail},
       {{conf("Acquire::Check-Valid-Until \"false\";")}, fail},
       {{conf("Acquire::Check-Date \"no\";")}, fail},
       {{conf("Acquire::https::deb.debian.org::Verify-Peer \"false\";")}, fail},
       {{conf("Binary::apt::Acquire::AllowInsecureRepositories \"true\";")}, fail},
       {{conf("APT::Key::GPGVCommand \"/bin/true\";")}, fail},
       {{conf("APT::Get::Force-Yes \"true\";")}, fail},
       {{{"/etc/apt/trusted.gpg.d/debian.asc|0666", ""}}, fail, "others may write"},
       {{{"/etc/apt/trusted.gpg.d/other.gpg|0646", ""}}, fail},
       {{{"/usr/share/keyrings/x.gpg|0666", ""}}, fail},
       {{{"/etc/apt/keyrings/x.gpg|0666", ""}}, fail},
       {{{"/etc/apt/apt.conf.d/x|0666", ""}}, fail},
       {{{"/etc/apt/sources.list.d/x.list", "deb [signed-by=/opt/k.gpg] http://x y z\n"},
         {"/opt/k.gpg|0666", ""}},
        fail,
        "/opt/k.gpg"},
       {{{"/etc/apt/sources.list.d/x.list", "deb [check-valid-until=no] http://x y z\n"}}, fail},
       {{conf("Dir::Etc::sourcelist \"/opt/list\";"),
         {"/opt/list", "deb [trusted=yes] http://x y z\n"}},
        fail,
        "/opt/list"}});
}

TEST(Upkeep, BackupsThatNothingRuns) {
  const std::string line = "root restic backup /home\n";
  const std::string table = "/etc/cron.d/backup";
  try_changes(
      "backup-tool", backing_up(),
      {{{{table, "0 3 31 2 * " + line}}, fail, "never due"},
       {{{table, "0 3 1 * * " + line}}, fail, "31 days"},
       {{{table, "0 3 * * 7 " + line}}, pass},
       {{{table, "@reboot " + line}}, fail},
       {{{table, "@daily " + line}}, pass},
       {{{table, "0 25 * * * " + line}}, fail},
       {{{table, "0 3 * * * " + line + "hello\n"}}, unknown},
       {{{table, "0 3 * * * nobody-here restic backup /\n"}, {"/etc/passwd", "root:x:0:0::/:/x\n"}},
        fail,
        "no user"},
       {{{table + "|0666", "0 3 * * * " + line}}, fail, "ignores"},
       {{{table, "0 3 * * * root true || restic backup /home\n"}}, fail},
       {{{table, "0 3 * * * root restic backup /home --dry-run\n"}}, fail},
       {{{table, "0 3 * * * root restic-wrapper backup\n"}}, fail},
       // Another command of the tool, with that word somewhere.
       {{{table, "0 3 * * * root restic -r backup check\n"}}, fail},
       {{{table, "0 3 * * * root restic -r x snapshots backup\n"}}, fail},
       {{{table, "0 3 * * * root restic forget --tag backup --keep-daily 7\n"}}, fail},
       {{{table, "0 3 * * * root which restic backup\n"}}, fail},
       {{{table, "0 3 * * * root exit 0; restic backup /home\n"}}, fail},
       {{{table, "0 3 * * * root test -x /usr/bin/none && restic backup /home\n"}}, fail},
       {{{table, "0 3 * * * root [ -x /usr/bin/none ] && restic backup /home\n"}}, fail},
       {{{table, "0 3 * * * root [ -d /mnt/x ] && restic backup /home\n"}}, unknown},
       {{{table, "0 3 * * * root [ \"$(date +\\%d)\" = 01 ] && restic backup /home\n"}}, unknown},
       {{{table, "0 3 * * * root if mountpoint /mnt; then restic backup /home; fi\n"}}, unknown},
       {{{table, "0 3 * * * root RESTIC_REPOSITORY=sftp:n:/r nice -n 10 restic backup /home\n"}},
        pass},
       {{{table, "0 3 * * * root cd / && /usr/bin/restic -r sftp:n:/r backup /home\n"}}, pass},
       {{{table, "0 3 * * * root restic backup /home\r\n"}}, unknown},
       {{{table, "0 3 * * * root restic backup /home"}}, unknown, "newline"},
       {{{kEtc + "cron.service -> /dev/null", ""}}, fail, "cron does not start"},
       {{{kEtc + "multi-user.target.wants/cron.service -> " + kUnits + "cron.service", "(away)"}},
        fail},
       {{{kEtc + "cron.service.d/x.conf", "[Service]\nExecStart=\nExecStart=/bin/true\n"}}, fail},
       {{{kUnits + "cron.service", "(away)"}}, unknown},
       {{{table, "(away)"}, {"/etc/cron.daily/backup|0644", "#!/bin/sh\nrestic backup /\n"}},
        fail,
        "not executable"},
       {{{table, "(away)"}, {"/etc/cron.daily/backup|0755", "#!/bin/sh\nrestic backup /\n"}}, pass},
       {{{table, "(away)"},
         {"/etc/cron.daily/backup|0755", "#!/bin/sh\nexit 0\nrestic backup /\n"}},
        unknown},
       {{{table, "(away)"},
         {"/etc/crontab", "# nothing\n"},
         {"/etc/cron.daily/backup|0755", "#!/bin/sh\nrestic backup /\n"}},
        fail,
        "nothing runs"},
       {{{kStatus, package("bash", "5")}, {"/usr/local/bin/restic|0755", ""}}, pass},
       {{{kStatus, package("bash", "5")}}, unknown, "was not found"}});
  try_changes("backup-tool", by_timer(),
              {{{{kEtc + "timers.target.wants/b.timer -> ../b.timer", "(away)"}}, fail, "disabled"},
               {{{"/run/systemd/system.control/b.timer -> /dev/null", ""}}, fail, "masked"},
               {{{"/etc/systemd/system.control/b.service -> /dev/null", ""}}, fail, ""},
               {{{kEtc + "b.timer", "[Timer]\nOnCalendar=monthly\n"}}, fail, "31 days"},
               {{{kEtc + "b.timer", "[Timer]\nUnit=c.service\nOnCalendar=daily\n"}}, fail},
               {{{kEtc + "b.timer", "[Timer]\nOnBootSec=5min\n"}}, unknown},
               {{{kEtc + "b.timer", "[Timer]\nOnBootSec=5min\nOnUnitActiveSec=1d\n"}}, pass},
               {{{kEtc + "b.service", service("/bin/true") + "# restic backup /home\n"}}, fail},
               {{{kEtc + "b.service",
                  service("/usr/bin/restic backup /") + "[Unit]\nConditionPathExists=/never\n"}},
                fail},
               {{{kEtc + "b.service.d/x.conf", "[Service]\nExecStart=\n"}}, fail}});
}

TEST(Upkeep, ClocksThatNothingKeeps) {
  const std::string conf = "/etc/chrony/chrony.conf";
  try_changes(
      "time-sync", on_time(),
      {{{{"/etc/default/chrony", "DAEMON_OPTS=\"-F 1 -x\"\n"}}, fail, "leave the clock alone"},
       {{{kEtc + "chrony.service.d/x.conf",
          "[Service]\nExecStart=\nExecStart=/usr/sbin/chronyd -4x\n"}},
        fail},
       {{{kEtc + "chrony.service.d/x.conf", "[Service]\nExecStart=\nExecStart=/bin/sleep 9\n"}},
        fail},
       {{{kEtc + "chrony.service.d/x.conf", "[Unit]\nConditionPathExists=/never\n"}}, fail},
       {{{kEtc + "chrony.service -> /dev/null", ""}}, fail},
       {{{conf, "makestep 1 3\nlocal stratum 10\n#pool x\n"}}, fail, "no source of time"},
       {{{conf, "sourcedir /etc/chrony/sources.d\n"}}, fail},
       {{{conf, "sourcedir /etc/chrony/sources.d\n"},
         {"/etc/chrony/sources.d/a.sources", "server ntp.example\n"}},
        pass},
       {{{conf, "include /etc/*.conf\npool x\n"}}, unknown},
       {{{conf, "(away)"}}, unknown},
       {{{"/etc/default/chrony", "DAEMON_OPTS=\"-f /etc/other.conf\"\n"},
         {"/etc/other.conf", "#\n"}},
        fail},
       {{{kUnits + "ntpsec.service", service("/usr/sbin/ntpd -c /etc/ntpsec/ntp.conf")},
         {kEtc + "multi-user.target.wants/ntpsec.service", ""},
         {"/etc/ntpsec/ntp.conf", "pool x\n"}},
        unknown,
        "both start"}});
  Files ntp{{kUnits + "ntp.service", service("/usr/sbin/ntpd -g")},
            {"/etc/ntp.conf", "pool 0.debian.pool.ntp.org\n"}};
  start(ntp, "ntp.service");
  try_changes("time-sync", ntp,
              {{{{"/etc/ntp.conf", "pool x\ndisable ntp\n"}}, fail, "disable ntp"},
               {{{"/etc/ntp.conf", "disable ntp\npool x\nenable ntp\n"}}, pass},
               {{{"/etc/ntp.conf", "server 127.127.1.0\n"}}, fail},
               {{{kUnits + "ntp.service", service("/usr/sbin/ntpd -gq")}}, fail}});
  Files timesyncd{
      {kUnits + "systemd-timesyncd.service", service("!!/lib/systemd/systemd-timesyncd")}};
  start(timesyncd, "systemd-timesyncd.service", "sysinit.target");
  try_changes(
      "time-sync", timesyncd,
      {{{{"/etc/systemd/timesyncd.conf", "[Time]\nFallbackNTP=\n"}}, fail},
       {{{"/etc/systemd/timesyncd.conf.d/a.conf", "[Time]\nNTP=ntp.nict.jp\nFallbackNTP=\n"}},
        pass},
       {{{kUnits + "systemd-timesyncd.service.d/d.conf",
          "[Unit]\nConditionFileIsExecutable=!/usr/sbin/chronyd\n"},
         {"/usr/sbin/chronyd|0755", ""}},
        fail}});
}

TEST(Upkeep, LogsThatDoNotStay) {
  const auto journald = [](std::string text) {
    return File{"/etc/systemd/journald.conf.d/x.conf", "[Journal]\n" + std::move(text) + "\n"};
  };
  try_changes(
      "persistent-log", logging(),
      {{{journald("MaxLevelStore=emerg")}, fail, "MaxLevelStore"},
       {{journald("MaxLevelStore=4")}, fail},
       {{journald("MaxLevelStore=info")}, pass},
       {{journald("MaxRetentionSec=1day")}, fail, "deleted after"},
       {{journald("MaxRetentionSec=3month")}, pass},
       {{journald("MaxRetentionSec=some")}, unknown},
       {{journald("SystemMaxUse=1M")}, unknown},
       {{journald("SystemMaxUse=1G")}, pass},
       {{journald("Storage=none\nForwardToSyslog=yes")}, fail},
       {{{"/usr/local/lib/systemd/journald.conf.d/z.conf", "[Journal]\nStorage=none\n"}}, fail},
       {{{"/etc/fstab", "tmpfs /var/log tmpfs defaults 0 0\n"}}, fail, "memory"},
       {{{"/etc/fstab", "tmpfs /var/log/journal/ tmpfs size=9M 0 0\n"}}, fail},
       {{{"/etc/fstab", "tmpfs /var tmpfs\nUUID=1 /var/log ext4 defaults\n"}}, pass},
       {{{"/var/log/journal -> /run/log/journal", ""},
         {"/run/log/journal/", ""},
         {"/var/log/journal/", "(away)"}},
        fail},
       {{{kEtc + "systemd-journald.service -> /dev/null", ""}}, fail},
       {{{kEtc + "systemd-journal-flush.service -> /dev/null", ""}}, fail},
       {{{kEtc + "systemd-journald.service.d/x.conf",
          "[Service]\nExecStart=\nExecStart=/bin/cat\n"}},
        fail},
       {{{kUnits + "rsyslog.service", service("/usr/sbin/rsyslogd -n")},
         {kEtc + "multi-user.target.wants/rsyslog.service", ""},
         {"/etc/rsyslog.conf", "*.* @@logs.example\n"},
         journald("Storage=volatile")},
        fail},
       {{{kUnits + "rsyslog.service", service("/usr/sbin/rsyslogd -n")},
         {kEtc + "multi-user.target.wants/rsyslog.service", ""},
         {"/etc/rsyslog.conf", "auth,authpriv.* -/var/log/auth.log\n"},
         journald("Storage=volatile")},
        pass},
       {{{kUnits + "rsyslog.service", service("/usr/sbin/rsyslogd -n")},
         {kEtc + "multi-user.target.wants/rsyslog.service", ""},
         {"/etc/rsyslog.conf", "auth.* /var/log/auth.log\n"},
         journald("Storage=volatile\nForwardToSyslog=no")},
        fail}});
}

TEST(Upkeep, NamesThatGoOutInTheClear) {
  const std::string nm = "/etc/NetworkManager/system-connections/x.nmconnection";
  try_changes(
      "dns-protection", resolving(),
      {{{{kEtc + "systemd-resolved.service -> /dev/null", ""}}, fail, "does not run"},
       {{{kEtc + "systemd-resolved.service.d/x.conf",
          "[Service]\nExecStart=\nExecStart=/bin/cat\n"}},
        fail},
       {{{"/etc/systemd/network/20.network", "[Network]\nDNSOverTLS=no\n"}}, fail, "for a network"},
       {{{"/etc/systemd/network/20.network", "[Network]\nDNSOverTLS=yes\n"}}, pass},
       {{{"/run/systemd/network/20.network.d/a.conf", "[Network]\nDNSOverTLS=opportunistic\n"}},
        fail},
       {{{nm, "[connection]\nid=x\ndns-over-tls=0\n"}}, fail},
       {{{nm, "[connection]\nid=x\ndns-over-tls=2\n"}}, pass},
       {{{"/etc/NetworkManager/conf.d/a.conf", "[connection]\nconnection.dns-over-tls=1\n"}}, fail},
       {{{"/etc/resolv.conf", "nameserver 127.0.0.53\nnameserver 192.0.2.1\n"}}, fail},
       {{{"/etc/resolv.conf", "nameserver 127.0.0.53\nnameserver 127.0.0.1\n"}}, unknown}});
  const Files stubby{{"/etc/resolv.conf", "nameserver 127.0.0.1\n"}, {"/proc/12/comm", "stubby\n"}};
  try_changes(
      "dns-protection", stubby,
      {{{{"/proc/13/comm", "dnsmasq\n"}}, unknown},
       {{{"/etc/stubby/stubby.yml", "dns_transport_list:\n  - GETDNS_TRANSPORT_UDP\n"}}, unknown},
       {{{"/proc/12/comm", "cloudflared\n"}}, unknown}});
}

TEST(Upkeep, WifiThatIsKeptElsewhere) {
  const auto netctl = [](std::string security) {
    return Files{{"/etc/netctl/home", "Interface=wlan0\nConnection=wireless\nSecurity=" + security +
                                          "\nESSID='home'\nKey=x\n"}};
  };
  const auto supplicant = [](std::string network) {
    return Files{{"/etc/wpa_supplicant/x.conf", "network={\n ssid=\"x\"\n" + network + "\n}\n"}};
  };
  for (const Case& c : std::vector<Case>{
           {"wifi-saved", pass, netctl("wpa"), ""},
           {"wifi-saved", fail, netctl("none"), "home"},
           {"wifi-saved", fail, netctl("wep"), "home"},
           {"wifi-saved", unknown, netctl("wpa-configsection"), ""},
           {"wifi-saved", unknown, {{"/var/lib/connman/wifi_1_2_managed_none/settings", ""}}, ""},
           {"wifi-saved", unknown, {{"/var/lib/connman/x.config", "[service_a]\nType=wifi\n"}}, ""},
           {"wifi-saved", unknown, {{"/etc/config/wireless", "config wifi-iface\n"}}, ""},
           {"wifi-saved", unknown, {{"/sys/class/net/wlan0/wireless/", ""}}, ""},
           {"wifi-saved",
            fail,
            {{"/etc/wpa_supplicant.conf", "network={\nkey_mgmt=NONE\n}\n"}},
            ""},
           {"wifi-saved",
            fail,
            {{"/etc/systemd/system/my-wpa.service", service("/sbin/wpa_supplicant -c/opt/w.conf")},
             {"/opt/w.conf", "network={\n ssid=\"a\"\n key_mgmt=NONE\n}\n"}},
            ""},
           {"wifi-saved", pass, supplicant("key_mgmt=WPA-PSK SAE"), ""},
           {"wifi-saved", fail, supplicant("key_mgmt=WPA-PSK NONE"), ""},
           {"wifi-saved", fail, supplicant("key_mgmt=IEEE8021X"), ""},
           {"wifi-saved", fail, supplicant("pairwise=TKIP"), ""},
           {"wifi-saved", fail, {{"/etc/wpa_supplicant/x.conf", "network={\n ssid=\"x\"\n"}}, ""},
           {"wifi-saved",
            fail,
            {{"/run/NetworkManager/system-connections/x",
              "[connection]\ntype=wifi\n[wifi]\nssid=x\n"}},
            ""},
           {"wifi-saved",
            fail,
            {{"/etc/NetworkManager/system-connections/x",
              "[connection]\ntype=wifi\n[wifi]\nssid=x\n[wifi-security]\nkey-mgmt=wpa-psk\n"
              "pairwise=tkip\n"}},
            ""}})
    try_case(c);
}

TEST(Upkeep, DisksThatOpenByThemselves) {
  const std::string mounts =
      "22 1 254:0 / / rw - ext4 /dev/mapper/root rw\n23 22 254:1 / /home rw - ext4 "
      "/dev/mapper/home rw\n24 22 8:1 / /boot rw - ext4 /dev/sda1 rw\n";
  const Files sound{{"/proc/self/mountinfo", mounts},
                    {"/sys/dev/block/254:0/dm/uuid", "CRYPT-LUKS2-a-root\n"},
                    {"/sys/dev/block/254:1/dm/uuid", "CRYPT-LUKS2-b-home\n"},
                    {"/etc/crypttab", "root UUID=1 none luks,discard\n"}};
  const auto table = [](std::string line) { return File{"/etc/crypttab", std::move(line) + "\n"}; };
  try_changes(
      "disk-encryption", sound,
      {{{table("root UUID=1 /boot/key luks")}, fail, "lies unencrypted"},
       {{table("root UUID=1 /dev/zero luks")}, fail},
       {{table("root UUID=1 /etc/key luks"), {"/etc/key|0600", ""}}, fail, "/boot"},
       {{table("home UUID=1 /etc/key luks"), {"/etc/key|0600", ""}}, pass},
       {{table("home UUID=1 /etc/key luks"), {"/etc/key|0644", ""}}, fail, "others can read"},
       {{table("home UUID=1 x luks,keyscript=/lib/x")}, unknown},
       {{table("home UUID=1 /key:UUID=2 luks")}, unknown},
       {{table("home UUID=1 - luks,tpm2-device=auto")}, pass},
       {{table("swap /dev/sda3 /dev/urandom swap,cipher=aes-xts-plain64")}, pass},
       {{table("home UUID=1 none plain,cipher=cipher_null-ecb")}, fail, "no cipher"}});
}

}  // namespace
}  // namespace sekisho
