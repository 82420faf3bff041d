// SPDX-License-Identifier: Apache-2.0
// What is set beside the places that come to mind first: by a desktop, a browser, a tool or another
// program, for all or for one person.
#include "small_system.h"

namespace sekisho {
namespace {

using enum Verdict;

const File kOneself{"/etc/passwd",
                    "root:x:0:0::/root:/bin/sh\ntaro:x:1000:1000::/home/taro:/bin/sh\n"};

Finding with(std::string_view check, const std::vector<File>& base, const std::vector<File>& more) {
  const TempRoot root;
  for (const File& file : base) root.add(file.path, file.content);
  for (const File& file : more) root.add(file.path, file.content);
  Finding finding = look(check, root);
  expect_value(check, finding);
  return finding;
}

void expect_each(std::string_view check, Verdict wanted, const std::vector<File>& base,
                 const std::vector<File>& ones) {
  for (const File& one : ones) {
    const Finding finding = with(check, base, {one});
    EXPECT_EQ(name(finding.verdict), name(wanted))
        << one.path << ": " << one.content << ": " << finding.fact.en;
  }
}

TEST(PlacesOfPeople, ProxiesOfDesktopsBrowsersAndTools) {
  const std::vector<File> base{kOneself, {"/etc/environment", ""}};
  const std::string home = "/home/taro/";
  const std::string profile = home + ".mozilla/firefox/a.default/";
  expect_each(
      "proxy", pass, base,
      {{"/etc/dconf/db/local.d/1", "[system/proxy]\nmode='none'\n"},
       {home + ".config/kioslaverc", "[Proxy Settings]\nProxyType=0\nhttpProxy=http://x 1\n"},
       {profile + "prefs.js", "user_pref(\"network.proxy.type\", 0);\n"},
       {"/etc/opt/chrome/policies/managed/a.json", "{\"ProxyMode\": \"direct\"}"},
       {"/etc/profile", "unset https_proxy\nexport HTTPS_PROXY\n"},
       {"/etc/chromium.d/x", "# --proxy-server=x:1\n"},
       {home + ".gitconfig", "[user]\n\tname = proxy\n"},
       {home + ".config/google-chrome/Default/Preferences",
        "{\"proxy\": {\"mode\": \"system\"}}"}});
  expect_each(
      "proxy", fail, base,
      {{"/etc/dconf/db/local.d/1",
        "[system/proxy]\nmode='manual'\n[system/proxy/http]\nhost='p.example'\nport=1\n"},
       {"/etc/dconf/db/site.d/1",
        "[system/proxy]\nmode='auto'\nautoconfig-url='http://p.example/p.pac'\n"},
       {home + ".config/kioslaverc", "[Proxy Settings]\nProxyType=1\nhttpProxy=http://x 1\n"},
       {"/etc/xdg/kioslaverc", "[Proxy Settings]\nProxyType=2\nProxy Config Script=http://x\n"},
       {"/etc/firefox/policies/policies.json",
        "{\"policies\": {\"Proxy\": {\"Mode\": \"manual\", \"HTTPProxy\": \"x:1\"}}}"},
       {profile + "user.js",
        "user_pref('network.proxy.type', 1); user_pref('network.proxy.http', 'x');\n"},
       {profile + "prefs.js",
        "// x\nuser_pref(\"network.proxy.type\", 2);\n"
        "user_pref(\"network.proxy.autoconfig_url\", \"http://x/p.pac\");\n"},
       {"/usr/lib/firefox/mozilla.cfg", "//\nlockPref(\"network.proxy.type\", 1);\n"},
       {"/etc/opt/chrome/policies/managed/a.json",
        "{\"ProxyMode\": \"fixed_servers\", \"ProxyServer\": \"x:1\"}"},
       {"/etc/opt/chrome/policies/recommended/a.json",
        "{\"ProxySettings\": {\"ProxyMode\": \"pac_script\"}}"},
       {"/etc/opt/edge/policies/managed/a.json", "{\"ProxyServer\": \"x:1\"}"},
       {home + ".config/chromium/Profile 1/Preferences",
        "{\"proxy\": {\"mode\": \"fixed_servers\", \"server\": \"x:1\"}}"},
       {"/etc/chromium.d/x", "export CHROMIUM_FLAGS=\"--proxy-server=x:1\"\n"},
       {home + ".local/share/applications/c.desktop", "Exec=chrome --proxy-pac-url=http://x/p\n"},
       {"/etc/NetworkManager/system-connections/a",
        "[connection]\ntype=ethernet\n[proxy]\nmethod=1\npac-url=http://x\n"},
       {"/etc/security/pam_env.conf", "https_proxy DEFAULT=http://x:1\n"},
       {home + ".pam_environment", "https_proxy OVERRIDE=http://x:1\n"},
       {home + ".config/fish/config.fish", "set -gx https_proxy http://x:1\n"},
       {home + ".cshrc", "setenv https_proxy http://x:1\n"},
       {"/etc/X11/Xsession.d/99p", "export https_proxy=http://x:1\n"},
       {"/etc/default/locale", "LANG=C\nhttps_proxy=http://x:1\n"},
       {"/etc/profile.d/p.csh", "setenv http_proxy http://x:1\n"},
       {"/etc/wgetrc", "https_proxy = http://x:1\n"},
       {home + ".curlrc", "proxy = http://x:1\n"},
       {home + ".gitconfig", "[http]\n\tproxy = http://x:1\n"},
       {home + ".npmrc", "https-proxy=http://x:1\n"},
       {"/etc/pip.conf", "[global]\nproxy=http://x:1\n"}});
  expect_each(
      "proxy", unknown, base,
      {{home + ".config/dconf/user", std::string("GVariant system/ proxy/ mode manual\0\0s", 39)},
       {home + ".config/kioslaverc", "[Proxy Settings]\nProxyType=3\n"},
       {profile + "prefs.js", "user_pref(\"network.proxy.type\", 4);\n"},
       {"/etc/opt/chrome/policies/managed/a.json", "{\"ProxyMode\": \"auto_detect\"}"},
       {"/etc/firefox/policies/policies.json", "{"}});
}

TEST(PlacesOfPeople, AuthoritiesThatWereAdded) {
  const auto certificate = [](const char* content) {
    return fmt::format("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", content);
  };
  const std::vector<File> base{
      kOneself,
      {"/usr/share/ca-certificates/mozilla/A.crt", certificate("QUFB")},
      {"/usr/share/ca-certificates/corp/x.crt", certificate("QkJC")},
      {"/etc/ssl/certs/ca-certificates.crt", certificate("QUFB")},
      {"/etc/ssl/certs/A.pem -> /usr/share/ca-certificates/mozilla/A.crt", ""},
      {"/etc/ssl/certs/0a1b2c3d.0 -> A.pem", ""}};
  expect_each("https-trust", pass, base,
              {{"/etc/ca-certificates.conf", "mozilla/A.crt\n!corp/x.crt\n"},
               {"/etc/environment", "SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt\n"},
               {"/home/taro/.pki/nssdb/cert9.db", "SQLite format 3\nnothing"},
               {"/etc/ssl/certs/same.pem", certificate("QUFB")}});
  expect_each("https-trust", fail, base,
              {{"/etc/ca-certificates.conf", "mozilla/A.crt\ncorp/x.crt\n"},
               {"/etc/ssl/certs/deadbeef.0", certificate("RVZJTA==")},
               {"/etc/environment", "NODE_EXTRA_CA_CERTS=/opt/x.pem\n"},
               {"/home/taro/.profile", "export CURL_CA_BUNDLE=/opt/x.pem\n"},
               {"/etc/firefox/policies/policies.json",
                "{\"policies\": {\"Certificates\": {\"Install\": [\"/opt/x.pem\"]}}}"},
               {"/etc/opt/chrome/policies/managed/a.json", "{\"CACertificates\": [\"x\"]}"}});
  expect_each("https-trust", unknown, base,
              {{"/etc/ssl/certs/corp.pem", certificate("RVZJTA==")},
               {"/home/taro/.pki/nssdb/cert9.db", "SQLite format 3\n\xCE\x53\x43\x52"},
               {"/home/taro/.mozilla/firefox/a/cert9.db", "SQLite format 3\n\xCE\x53\x43\x52"}});
  // Without the package's files a bundle can't be told from one that somebody edited.
  EXPECT_EQ(with("https-trust", {kOneself},
                 {{"/etc/ssl/certs/ca-certificates.crt", certificate("RVZJTA==")}})
                .verdict,
            unknown);
}

TEST(PlacesOfPeople, WarningsThatSomebodyTurnedOff) {
  const std::vector<File> base{
      kOneself,
      {kStatus, package("firefox-esr", "140") + package("google-chrome-stable", "145") +
                    package("chromium", "145")}};
  const std::string off = "user_pref(\"browser.safebrowsing.malware.enabled\", false);\n";
  const std::string chrome = "{\"safebrowsing\": {\"enabled\": false}}";
  const std::string home = "/home/taro/";
  expect_each("safe-browsing", pass, base,
              {{home + ".mozilla/firefox/a/prefs.js",
                "// user_pref(\"browser.safebrowsing.malware.enabled\", false);\n"},
               {home + ".config/google-chrome/Default/Preferences",
                "{\"safebrowsing\": {\"enabled\": true}}"},
               {"/etc/opt/chrome/policies/managed/a.json",
                "{\"SafeBrowsingAllowlistDomains\": [\"intranet.example\"]}"}});
  expect_each(
      "safe-browsing", fail, base,
      {{home + ".mozilla/firefox/a/prefs.js", off},
       {home + ".mozilla/firefox/a/user.js",
        "user_pref('browser.safebrowsing.downloads.enabled',false)"},
       {home + "snap/firefox/common/.mozilla/firefox/a/prefs.js", off},
       {home + ".var/app/org.mozilla.firefox/.mozilla/firefox/a/prefs.js", off},
       {home + ".config/mozilla/firefox/a/prefs.js", off},
       {"/usr/lib/firefox-esr/mozilla.cfg",
        "//\nlockPref(\"browser.safebrowsing.phishing.enabled\", false);\n"},
       {"/etc/firefox-esr/a.js",
        "/* a\n b */ pref(\"browser.safebrowsing.malware.enabled\", false);\n"},
       {home + ".config/google-chrome/Default/Preferences", chrome},
       {home + ".config/google-chrome/Profile 1/Preferences", chrome},
       {home + ".config/chromium/Default/Preferences", chrome},
       {home + ".config/vivaldi/Default/Preferences", chrome},
       {"/etc/opt/chrome/policies/recommended/a.json", "{\"SafeBrowsingProtectionLevel\": 0}"},
       {"/etc/brave/policies/managed/a.json", "{\"SafeBrowsingProtectionLevel\": 0}"},
       {"/etc/opt/chrome/policies/managed/a.json", "{\"SafeBrowsingAllowlistDomains\": [\"*\"]}"}});
  expect_each("safe-browsing", unknown, base,
              {{"/opt/vivaldi/vivaldi", ""},
               {home + ".config/chromium/Default/Preferences", "{"},
               {"/usr/lib/firefox-esr/mozilla.cfg", "//\neval(\"x\");\n"}});
  // New profiles begin as the machine's owner, or Debian, has it.
  for (const char* first : {"/etc/chromium/master_preferences", "/etc/chromium/initial_preferences",
                            "/opt/google/chrome/initial_preferences"}) {
    EXPECT_EQ(with("safe-browsing", base, {{first, chrome}}).verdict, fail) << first;
    EXPECT_EQ(with("safe-browsing", base, {{first, "{\"browser\": {}}"}}).verdict, pass) << first;
    EXPECT_EQ(with("safe-browsing", base, {{first, "{"}}).verdict, unknown) << first;
  }
  EXPECT_EQ(
      with("safe-browsing", base,
           {{"/etc/chromium/master_preferences", chrome},
            {"/etc/chromium/policies/managed/a.json", "{\"SafeBrowsingProtectionLevel\": 1}"}})
          .verdict,
      pass);
  // Of a browser that is gone they say nothing.
  EXPECT_EQ(
      with("safe-browsing", base, {{"/opt/microsoft/msedge_/initial_preferences", chrome}}).verdict,
      pass);
  // What the owner fixed, nobody turns off.
  const File fixed{"/etc/opt/chrome/policies/managed/a.json",
                   "{\"SafeBrowsingProtectionLevel\": 1}"};
  EXPECT_EQ(with("safe-browsing", base,
                 {fixed, {home + ".config/google-chrome/Default/Preferences", chrome}})
                .verdict,
            pass);
}

TEST(PlacesOfPeople, EachBrowserNeedsAPolicyOfPasswords) {
  const std::vector<File> base{
      {kStatus, package("firefox-esr", "140") + package("chromium", "145")},
      {"/etc/chromium/policies/managed/a.json", "{\"PasswordManagerEnabled\": false}"}};
  const std::string firefox = "/etc/firefox/policies/policies.json";
  EXPECT_EQ(with("password-manager", base, {}).verdict, fail);
  expect_each("password-manager", pass, base,
              {{firefox, "{\"policies\": {\"PasswordManagerEnabled\": false}}"},
               {firefox, "{\"policies\": {\"OfferToSaveLogins\": true}}"}});
  expect_each("password-manager", fail, base,
              {{firefox, "{\"policies\": {\"PasswordManagerEnabled\": \"no way\"}}"},
               {"/etc/opt/chrome/policies/managed/a.json", "{\"PasswordManagerEnabled\": false}"}});
}

TEST(PlacesOfPeople, MacrosOfEveryProfileAndForAll) {
  const auto setting = [](const char* what, const char* value) {
    return fmt::format(
        "<item oor:path=\"/org.openoffice.Office.Common/Security/Scripting\"><prop oor:name=\"{}\" "
        "oor:op=\"fuse\"><value>{}</value></prop></item>",
        what, value);
  };
  const std::vector<File> base{kOneself, {kStatus, package("libreoffice-core", "4:25")}};
  const std::string low = setting("MacroSecurityLevel", "0");
  const std::string xcu = "/user/registrymodifications.xcu";
  const std::string home = "/home/taro/";
  expect_each("office-macros", pass, base,
              {{home + ".config/libreoffice/4" + xcu, setting("MacroSecurityLevel", "3")},
               {"/etc/libreoffice/registry/main.xcd",
                "<prop oor:name=\"MacroSecurityLevel\" oor:type=\"xs:int\"><value>2</value></prop>"
                "<prop oor:name=\"SecureURL\" oor:type=\"oor:string-list\"><value/></prop>"}});
  expect_each(
      "office-macros", fail, base,
      {{home + ".config/libreoffice/4" + xcu, setting("SecureURL", "<it>file:///home/taro</it>")},
       {home + ".var/app/org.libreoffice.LibreOffice/config/libreoffice/4" + xcu, low},
       {home + "snap/libreoffice/1/.config/libreoffice/4" + xcu, low},
       {home + ".openoffice/4" + xcu, low},
       {"/etc/libreoffice/registry/x.xcd", low},
       {"/usr/lib/libreoffice/share/registry/x.xcd", setting("MacroSecurityLevel", "1")},
       {"/opt/libreoffice25.2/share/registry/x.xcd", setting("SecureURL", "<it>file:///</it>")}});
  expect_each("office-macros", unknown, base,
              {{"/opt/onlyoffice/x", ""},
               {home + ".config/libreoffice/4" + xcu, setting("MacroSecurityLevel", "x")}});
}

TEST(PlacesOfPeople, VpnsOfOtherKindsAndOtherWritings) {
  const std::vector<File> base{kOneself, {"/etc/wireguard/wg0.conf|0600", "x"}};
  const std::string client = "client\nremote-cert-tls server\ndata-ciphers AES-256-GCM\n";
  const std::string home = "/home/taro/";
  for (const char* line :
       {"cipher \"BF-CBC\"", "--cipher BF-CBC", "data-ciphers-fallback BF-CBC",
        "tls-version-min 1.0", "tls-cipher DEFAULT:@SECLEVEL=0", "tls-cert-profile insecure",
        "providers legacy default", "secret static.key", "comp-lzo yes", "compress lz4",
        "allow-compression yes"})
    EXPECT_EQ(with("vpn-configuration", base, {{"/etc/openvpn/a.conf|0600", client + line + "\n"}})
                  .verdict,
              fail)
        << line;
  for (const char* line :
       {"tls-version-min 1.2", "compress stub-v2", "auth-user-pass", "comp-lzo no",
        "verb 3 # cipher none", "tls-cipher TLS-ECDHE-RSA-WITH-AES-256-GCM-SHA384"})
    EXPECT_EQ(with("vpn-configuration", base, {{"/etc/openvpn/a.conf|0600", client + line + "\n"}})
                  .verdict,
              pass)
        << line;
  for (const auto& [line, file] : {std::pair("key k.pem", "/etc/openvpn/k.pem|0644"),
                                   {"auth-user-pass /etc/pw", "/etc/pw|0644"},
                                   {"askpass pw", "/etc/openvpn/pw|0644"}})
    EXPECT_EQ(with("vpn-configuration", base,
                   {{"/etc/openvpn/a.conf|0600", client + line + "\n"}, {file, "x"}})
                  .verdict,
              fail)
        << line;
  EXPECT_EQ(with("vpn-configuration", base,
                 {{"/etc/openvpn/a.conf|0600", client + "config inc.x\n"},
                  {"/etc/openvpn/inc.x", "cipher none\n"}})
                .verdict,
            fail);
  expect_each(
      "vpn-configuration", fail, base,
      {{home + "work.ovpn", client + "cipher none\n"},
       {"/etc/ppp/peers/w", "pty \"pptp vpn --nolaunchpppd\"\n"},
       {"/etc/NetworkManager/system-connections/p",
        "[connection]\ntype=vpn\n[vpn]\nservice-type=org.freedesktop.NetworkManager.pptp\n"},
       {"/etc/ipsec.secrets|0644", ": PSK \"x\"\n"},
       {"/etc/vpnc/a.conf|0600", "IPSec gateway a\nEnable Single DES\n"},
       {"/etc/openfortivpn/config|0600", "host = a\ninsecure-ssl = 1\n"},
       {"/etc/openfortivpn/config|0644", "host = a\npassword = x\n"},
       {"/etc/netplan/w.yaml|0644",
        "network:\n  tunnels:\n    wg0:\n      mode: wireguard\n      key: abc\n"}});
  expect_each("vpn-configuration", pass, base,
              {{"/etc/openfortivpn/config|0600", "host = a\npassword = x\n"},
               {"/etc/xl2tpd/xl2tpd.conf", "; [lac a]\n"},
               {"/etc/ppp/peers/provider", "connect \"/usr/sbin/chat\"\n"}});
  expect_each(
      "vpn-configuration", unknown, base,
      {{"/etc/swanctl/swanctl.conf", "connections {\n a {\n esp_proposals = null-sha1\n}}\n"},
       {"/etc/xl2tpd/xl2tpd.conf", "[lac a]\nlns = 192.0.2.1\n"},
       {"/etc/vpnc/a.conf|0600", "IPSec gateway a\n"},
       {"/opt/forticlient/x", ""},
       {"/etc/systemd/system/oc.service",
        "[Service]\nExecStart=/usr/sbin/openconnect --no-cert-check vpn\n"}});
}

/// /proc of a machine on which `program` has a socket of `port` open.
std::vector<File> serving(std::string_view program, int port) {
  return {
      {"/proc/net/tcp",
       fmt::format("  sl  local_address rem_address   st\n   0: 00000000:{:04X} 00000000:0000 0A "
                   "00000000:00000000 00:00000000 00000000     0        0 4711 1 0\n",
                   port)},
      {"/proc/77/comm", std::string(program.substr(0, 15)) + "\n"},
      {"/proc/77/fd/3 -> socket:[4711]", ""}};
}

TEST(PlacesOfPeople, ListenersGoByTheProgramThatHasThem) {
  struct Served {
    const char* program;
    int port;
    const char* check;
    Verdict verdict;
  };
  for (const Served& one : std::vector<Served>{
           {"xrdp", 13389, "listening-remote-desktop", fail},
           {"wayvnc", 25901, "listening-remote-desktop", fail},
           {"gnome-remote-desktop-daemon", 40000, "listening-remote-desktop", fail},
           {"postgres", 15432, "listening-database", fail},
           {"redis-server", 16379, "listening-database", fail},
           {"mariadbd", 43306, "listening-database", fail},
           {"vsftpd", 2121, "listening-legacy", fail},
           {"dockerd", 12375, "listening-legacy", fail},
           {"dockerd", 2375, "listening-legacy", fail},
           {"smbd", 1445, "listening-file-sharing", fail},
           // A database is none of the others, and neither is sshd at a port of its own.
           {"postgres", 15432, "listening-remote-desktop", pass},
           {"sshd", 2222, "listening-database", pass},
           {"nginx", 443, "listening-database", pass},
           // Whose service it is isn't known.
           {"docker-proxy", 15432, "listening-database", unknown},
           {"python3.11", 9000, "listening-file-sharing", unknown}}) {
    const Finding finding = with(one.check, serving(one.program, one.port), {});
    EXPECT_EQ(name(finding.verdict), name(one.verdict))
        << one.program << " " << one.check << ": " << finding.fact.en;
  }
  // Somebody else's process, by the eyes of one who isn't root.
  auto hidden = serving("postgres", 15432);
  hidden.pop_back();
  EXPECT_EQ(with("listening-database", hidden, {}).verdict, unknown);
  EXPECT_THAT(with("listening-database", serving("foo", 9999), {}).fact.en,
              testing::HasSubstr("foo (9999/tcp)"));
}

/// Without the place that would tell, nothing is "not installed".
TEST(PlacesOfPeople, ARootWithoutItsProgramsTellsNothing) {
  const auto bare = [](const std::vector<File>& files, std::string_view check) {
    const TempRoot root;
    for (const File& file : files) root.add(file.path, file.content);
    const Machine machine(root.path());
    const SecurityIndex security;
    return judged(check_named(check), {machine, security, guideline(), feeds(), kNow}).verdict;
  };
  for (const HostCheck& check : host_checks()) {
    const Verdict verdict = bare({{"/etc/os-release", "ID=debian\n"}}, check.id);
    EXPECT_TRUE(verdict == unknown || verdict == fail) << check.id << ": " << name(verdict);
  }
  const File nix{"/etc/os-release", "ID=nixos\n"};
  EXPECT_EQ(bare({nix, {"/usr/bin/env", ""}}, "ssh-root-login"), unknown);
  EXPECT_EQ(bare({{"/usr/bin/env", ""}}, "ssh-root-login"), not_applicable);
}

TEST(PlacesOfPeople, AnotherSshdIsNotTheOneThatIsJudged) {
  const std::vector<File> base{
      kOneself,
      {"/usr/sbin/sshd|0755", ""},
      {"/etc/ssh/sshd_config", "PermitRootLogin no\nPasswordAuthentication no\n"},
      {"/usr/lib/systemd/system/ssh.service", "[Service]\nExecStart=/usr/sbin/sshd -D\n"}};
  EXPECT_EQ(with("ssh-root-login", base, {}).verdict, pass);
  const auto unit = [](std::string_view command) {
    return File{"/etc/systemd/system/second.service",
                fmt::format("[Service]\nExecStart={}\n", command)};
  };
  expect_each("ssh-root-login", unknown, base,
              {unit("/bin/sh -c 'exec /usr/sbin/sshd -p 2222 -o PermitRootLogin=yes'"),
               unit("/usr/local/sbin/sshd -D"),
               {"/etc/systemd/system/ssh.service.d/x.conf",
                "[Service]\nExecStart=\nExecStart=/usr/local/sbin/sshd -D\n"}});
  expect_each("ssh-root-login", pass, base, {unit("/usr/sbin/sshd -D -p 2222")});
}

TEST(PlacesOfPeople, UpdatesOnSomeDaysOrOfNothing) {
  // The whole of it stands in checks_test.cpp; here is only what a schedule may say.
  const std::vector<File> base{
      {kStatus, package("unattended-upgrades", "2.9")},
      {"/etc/os-release", "ID=debian\nVERSION_CODENAME=bookworm\n"},
      {"/etc/apt/sources.list",
       "deb http://deb.debian.org/debian-security bookworm-security main\n"},
      {"/usr/lib/systemd/system/apt-daily.timer", "[Timer]\nOnCalendar=daily\n"},
      {"/usr/lib/systemd/system/apt-daily-upgrade.timer", "[Timer]\nOnCalendar=daily\n"},
      {"/usr/lib/systemd/system/apt-daily.service",
       "[Service]\nExecStart=/usr/sbin/apt.systemd.daily update\n"},
      {"/usr/lib/systemd/system/apt-daily-upgrade.service",
       "[Service]\nExecStart=/usr/sbin/apt.systemd.daily install\n"},
      {"/etc/systemd/system/timers.target.wants/apt-daily.timer", ""},
      {"/etc/systemd/system/timers.target.wants/apt-daily-upgrade.timer", ""},
      {"/etc/apt/apt.conf.d/50unattended-upgrades",
       "Unattended-Upgrade::Origins-Pattern { \"origin=Debian,label=Debian-Security\"; };\n"},
      {"/etc/apt/apt.conf.d/20auto-upgrades",
       "APT::Periodic::Update-Package-Lists \"1\";\nAPT::Periodic::Unattended-Upgrade \"1\";\n"}};
  const auto by = [](const char* setting) {
    return File{"/etc/apt/apt.conf.d/99x", fmt::format("Unattended-Upgrade::{};\n", setting)};
  };
  expect_each("automatic-updates", pass, base,
              {by("Update-Days {\"Mon\"; \"Tue\"; \"Wed\"; \"Thu\"; \"Fri\"; }"),
               by("Package-Blacklist { }")});
  expect_each("automatic-updates", fail, base,
              {by("Update-Days {\"Sun\"; }"), by("Package-Blacklist:: \"\"")});
}

/// A unit whose program isn't in its folder starts nothing.
TEST(PlacesOfPeople, AProgramThatIsGoneKeepsNoTime) {
  const std::vector<File> base{
      {"/usr/lib/systemd/system/systemd-timesyncd.service",
       "[Service]\nExecStart=/usr/lib/systemd/systemd-timesyncd\n"},
      {"/etc/systemd/system/sysinit.target.wants/systemd-timesyncd.service -> /nowhere", ""},
      {"/usr/lib/systemd/systemd", ""}};
  EXPECT_EQ(with("time-sync", base, {}).verdict, fail);
  EXPECT_EQ(with("time-sync", base, {{"/usr/lib/systemd/systemd-timesyncd|0755", ""}}).verdict,
            pass);
}

}  // namespace
}  // namespace sekisho
