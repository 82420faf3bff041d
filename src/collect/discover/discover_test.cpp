// SPDX-License-Identifier: Apache-2.0
#include "collect/discover/discover.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "collect/discover/parse.h"
#include "guideline/embedded.h"

namespace sekisho {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Network, KnowsItsAddresses) {
  const AttachedNetwork home{"eth0", *parse_address("192.168.1.77"), 24};
  EXPECT_EQ(home.text(), "192.168.1.0/24");
  EXPECT_EQ(address_text(home.first()), "192.168.1.1");
  EXPECT_EQ(address_text(home.last()), "192.168.1.254");
  EXPECT_TRUE(home.holds(*parse_address("192.168.1.1")));
  EXPECT_FALSE(home.holds(*parse_address("192.168.1.255")));
  EXPECT_FALSE(home.holds(*parse_address("192.168.2.1")));
  const AttachedNetwork pair{"eth0", *parse_address("10.0.0.1"), 31};
  EXPECT_EQ(address_text(pair.first()) + " " + address_text(pair.last()), "10.0.0.0 10.0.0.1");
  for (const char* wrong : {"", "1.2.3", "1.2.3.4.5", "256.1.1.1", "a.b.c.d", "1.2.3.4 "})
    EXPECT_FALSE(parse_address(wrong)) << wrong;
}

TEST(Answers, OfArpAreThoseThatAreComplete) {
  const auto found = parse_arp(
      "IP address       HW type     Flags       HW address            Mask     Device\n"
      "192.168.1.1      0x1         0x2         02:00:00:00:00:01     *        eth0\n"
      "192.168.1.2      0x1         0x0         00:00:00:00:00:00     *        eth0\n"
      "nonsense\n");
  ASSERT_EQ(found.size(), 1);
  EXPECT_EQ(found.at(*parse_address("192.168.1.1")), "02:00:00:00:00:01");
}

TEST(Answers, OfSsdpAndItsDescription) {
  const auto answer = parse_ssdp(
      "HTTP/1.1 200 OK\r\nCACHE-CONTROL: max-age=1800\r\nServer: Linux UPnP/1.0 "
      "Buffalo\r\nLOCATION: http://192.168.1.1:49152/d.xml\r\n\r\n");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->server, "Linux UPnP/1.0 Buffalo");
  EXPECT_EQ(answer->location, "http://192.168.1.1:49152/d.xml");
  EXPECT_FALSE(parse_ssdp("NOTIFY * HTTP/1.1\r\n\r\n"));
  EXPECT_EQ(
      parse_description("<?xml version=\"1.0\"?><root "
                        "xmlns=\"urn:schemas-upnp-org:device-1-0\"><device><manufacturer>"
                        "BUFFALO</manufacturer><modelName>WXR-1900</modelName></device></root>"),
      "BUFFALO WXR-1900");
  EXPECT_EQ(
      parse_description("<!DOCTYPE r [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><root><device>"
                        "<manufacturer>&x;</manufacturer></device></root>")
          .find("root:"),
      std::string::npos);
  EXPECT_EQ(parse_description("<root>"), "");
}

TEST(Answers, OfMdnsAreNames) {
  using namespace std::string_literals;
  // One PTR answer: _services._dns-sd._udp.local -> _ipp._tcp.local, the name compressed.
  const std::string packet =
      "\0\0\x84\0\0\0\0\1\0\0\0\0"s
      "\x09_services\x07_dns-sd\x04_udp\x05local\0"s
      "\0\x0c\0\1\0\0\0\x0a\0\x0c"s
      "\x04_ipp\x04_tcp\xc0\x23"s;
  EXPECT_THAT(parse_mdns(packet), ElementsAre("_ipp._tcp.local"));
  for (std::size_t cut = 0; cut < packet.size(); ++cut) (void)parse_mdns(packet.substr(0, cut));
  EXPECT_THAT(parse_mdns("nonsense"), IsEmpty());
  EXPECT_EQ(mdns_query().size(), 12U + 30U + 4U);
}

TEST(Answers, AreShownInOneLine) {
  EXPECT_EQ(parse_greeting("SSH-2.0-RTX\r\nmore"), "SSH-2.0-RTX");
  EXPECT_EQ(parse_greeting("\xff\xfb\x01\xff"), "");
  EXPECT_EQ(parse_title("<html><HEAD><Title lang=ja> FortiGate </TITLE>"), "FortiGate");
  EXPECT_EQ(parse_title("<title>"), "");
  EXPECT_EQ(parse_title("</title><title"), "");
}

TEST(Kind, IsToldByWhatItSaysOfItself) {
  const auto guideline = load_guideline(embedded_guideline());
  const auto kind = [&](const std::vector<std::string>& signs) {
    const Appliance* found = kind_of(*guideline, signs);
    return found == nullptr ? std::string() : found->id;
  };
  EXPECT_EQ(kind({"https: FortiGate"}), "fortigate");
  EXPECT_EQ(kind({"ssh: SSH-2.0-Yamaha", "http: RTX1210"}), "yamaha-rtx");
  EXPECT_EQ(kind({"http: RouterOS router configuration page"}), "mikrotik");
  EXPECT_EQ(kind({"http: nginx"}), "");
  EXPECT_EQ(kind({"https: FortiGate", "http: SonicOS"}), "") << "two at once";
}

}  // namespace
}  // namespace sekisho
