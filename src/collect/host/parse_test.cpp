// SPDX-License-Identifier: Apache-2.0
// Readers of a machine's text, on what real programs write and on what breaks careless ones.
#include "collect/host/parse.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "temp_root.h"

namespace sekisho {
namespace {

TEST(AptConf, ReadsBothFormsAndTheLastCounts) {
  AptSettings values;
  EXPECT_TRUE(parse_apt_conf(
      "APT::Periodic::X \"1\"; // note\nAPT { Periodic { X \"0\"; Y \"a\"; }; };\n# c\n/* Z \"1\"; "
      "*/ B::C \"2\"; L { \"a\"; \"b\"; }; L:: \"c\"; #clear B;",
      values));
  EXPECT_EQ(values, (AptSettings{
                        {"apt::periodic::x", "0"}, {"apt::periodic::y", "a"}, {"l::", "a\nb\nc"}}));
  EXPECT_FALSE(parse_apt_conf(std::string(100'000, '{'), values));
  EXPECT_FALSE(parse_apt_conf("\"", values));
  EXPECT_FALSE(parse_apt_conf("#include \"/x\";", values));
  for (const char* junk : {"A 1 2;", "A \"1\" 2;", "A \"1\"x;", "A%20 1;", "A 1", "{ 1; };", "}"})
    EXPECT_FALSE(parse_apt_conf(junk, values)) << junk;
  parse_apt_conf("/*", values);
}

TEST(Mountinfo, ReadsOptionalFieldsAndEscapes) {
  const auto mounts = parse_mountinfo(
      "36 35 98:0 /mnt1 /mnt\\0402 rw,noatime master:1 shared:2 - ext3 /dev/root "
      "rw,errors=continue\n36 35 0:5 / /x rw - tmpfs tmpfs rw\nbroken\n");
  ASSERT_EQ(mounts.size(), 2U);
  EXPECT_EQ(mounts[0].point, "/mnt 2");
  EXPECT_TRUE(mounts[0].has("noatime"));
  EXPECT_FALSE(mounts[0].has("atime"));
  EXPECT_EQ(mounts[1].type, "tmpfs");
}

/// Real keys, made by ssh-keygen in each form that it writes.
TEST(Keys, TellWhetherTheyAskForAPassphrase) {
  const TempRoot root;
  const auto key = [&](std::vector<std::string> arguments, std::string passphrase) {
    static int number = 0;
    const std::string path = root.at("/k" + std::to_string(++number)).string();
    arguments.insert(arguments.begin(), "/usr/bin/ssh-keygen");
    arguments.insert(arguments.end(), {"-q", "-N", std::move(passphrase), "-f", path});
    const auto made = run_process(arguments, {.time = std::chrono::seconds(60)});
    EXPECT_TRUE(made && made->exit_code == 0);
    return read_regular_file(path, 10'000)->substr(0, 160);
  };
  EXPECT_EQ(key_kind(key({"-t", "ed25519"}, "")), KeyKind::bare);
  EXPECT_EQ(key_kind(key({"-t", "ed25519"}, "long enough")), KeyKind::locked);
  EXPECT_EQ(key_kind(key({"-t", "rsa", "-m", "PEM"}, "")), KeyKind::bare);
  EXPECT_EQ(key_kind(key({"-t", "rsa", "-m", "PEM"}, "long enough")), KeyKind::locked);
  EXPECT_EQ(key_kind(key({"-t", "ecdsa", "-m", "PKCS8"}, "long enough")), KeyKind::locked);
  EXPECT_EQ(key_kind("ssh-ed25519 AAAA hana@a"), KeyKind::none);
  EXPECT_EQ(key_kind("-----BEGIN OPENSSH PRIVATE KEY-----\n!!!!\n"), KeyKind::unclear);
  EXPECT_EQ(key_kind("PuTTY-User-Key-File-3: ssh-ed25519\r\nEncryption: none\r\n"), KeyKind::bare);
  EXPECT_EQ(key_kind("PuTTY-User-Key-File-2: ssh-rsa\nEncryption: aes256-cbc\n"), KeyKind::locked);
  EXPECT_EQ(key_kind("PuTTY-User-Key-File-2: ssh-rsa\n"), KeyKind::unclear);
  const std::string first("SSH PRIVATE KEY FILE FORMAT 1.1\n\0", 33);
  EXPECT_EQ(key_kind(first + std::string(1, '\0') + "x"), KeyKind::bare);
  EXPECT_EQ(key_kind(first + "\3x"), KeyKind::locked);
  EXPECT_EQ(key_kind("Bag Attributes\n-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n"
                     "-----BEGIN PRIVATE KEY-----\nMC4C\n"),
            KeyKind::bare);
}

TEST(Wifi, KnowsEveryKindOfProtection) {
  for (const char* words : {"WPA2", "WPA1 WPA2", "WPA3", "OWE", "WPA2-PSK", "SAE", "WPA2 802.1X",
                            "WPA-EAP-SUITE-B-192"})
    EXPECT_EQ(wifi_security(words), WifiSecurity::sound) << words;
  for (const char* words : {"WEP", "WPA1", "WPA-PSK", "802.1X"})
    EXPECT_EQ(wifi_security(words), WifiSecurity::weak) << words;
  for (const char* words : {"", "--", "NONE"})
    EXPECT_EQ(wifi_security(words), WifiSecurity::open) << words;
}

TEST(Wifi, ReadsProgramsAndSavedNetworks) {
  EXPECT_EQ(parse_nmcli_wifi(" :other:WPA2\n*:caf\\:e:WPA2\n")->name, "caf:e");
  EXPECT_EQ(parse_nmcli_wifi("*:open:\n")->security, WifiSecurity::open);
  EXPECT_FALSE(parse_nmcli_wifi(" :other:WPA2\n"));
  EXPECT_EQ(
      parse_wpa_status("wpa_state=COMPLETED\nssid=x\nkey_mgmt=WPA2-PSK\npairwise_cipher=CCMP\n")
          ->security,
      WifiSecurity::sound);
  EXPECT_EQ(
      parse_wpa_status("wpa_state=COMPLETED\nssid=x\nkey_mgmt=NONE\npairwise_cipher=WEP-104\n")
          ->security,
      WifiSecurity::weak);
  EXPECT_FALSE(parse_wpa_status("wpa_state=SCANNING\n"));
  const std::string head = "[connection]\ntype=wifi\n[wifi]\nssid=x\n";
  EXPECT_EQ(parse_nm_keyfile(head)->security, WifiSecurity::open);
  EXPECT_EQ(parse_nm_keyfile(head + "[wifi-security]\nkey-mgmt=none\n")->security,
            WifiSecurity::weak);
  EXPECT_EQ(parse_nm_keyfile(head + "[wifi-security]\nkey-mgmt=wpa-psk\nproto=wpa\n")->security,
            WifiSecurity::weak);
  EXPECT_EQ(parse_nm_keyfile(head + "[wifi-security]\nkey-mgmt=wpa-psk\n")->security,
            WifiSecurity::sound);
  EXPECT_FALSE(parse_nm_keyfile("[connection]\ntype=ethernet\n"));
}

TEST(Proxy, NeverShowsAPassword) {
  EXPECT_EQ(proxy_host("http://user:pa@ss@proxy:8080/x"), "proxy:8080");
  EXPECT_EQ(proxy_host("proxy"), "proxy");
  EXPECT_EQ(proxy_host(""), "");
}

TEST(Openvpn, ListsWhatIsWeak) {
  EXPECT_THAT(read_openvpn("client\nremote-cert-tls server\nauth SHA256\n").weaknesses,
              testing::IsEmpty());
  EXPECT_THAT(read_openvpn("cipher none\nauth md5\ndata-ciphers AES-256-GCM:DES-CBC\n").weaknesses,
              testing::ElementsAre("cipher none", "auth md5", "data-ciphers des-cbc"));
}

TEST(Packages, OnlyWhatIsInstalled) {
  const auto list = parse_dpkg_status(
      "Package: a\nStatus: install ok installed\nVersion: 1\n\nPackage: b\nStatus: deinstall ok "
      "config-files\nVersion: 1\n\nPackage: c\nStatus: hold ok installed\nVersion: 2");
  EXPECT_NE(list.find("a"), nullptr);
  EXPECT_EQ(list.find("b"), nullptr);
  EXPECT_EQ(list.find("c")->version, "2");
  EXPECT_EQ(list.matching("*").size(), 2U);
}

}  // namespace
}  // namespace sekisho
