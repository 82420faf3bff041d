// SPDX-License-Identifier: Apache-2.0
#include "server/own_tls.h"

#include <gtest/gtest.h>

#include "collect/agent/keys.h"
#include "temp_root.h"

namespace sekisho {
namespace {

std::string text_of(const std::filesystem::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(OwnTls, LastsAndIsRenewedInTimeAndForNewNames) {
  const TempRoot folder;
  const auto at = folder.path() / "tls";
  Time now = *parse_time("2026-11-27T00:00:00Z");
  const std::vector<std::string> hosts{"sekisho.firm.example", "192.168.1.5", "127.0.0.1"};
  const auto first = keep_own_tls(at, hosts, now);
  ASSERT_TRUE(first) << first.error().describe(Lang::en);
  EXPECT_TRUE(first->made_anew);
  const std::string authority = text_of(first->authority);
  std::string shown = text_of(first->certificate);

  const auto again = keep_own_tls(at, hosts, now + std::chrono::days(59));
  EXPECT_FALSE(again->made_anew);
  EXPECT_EQ(text_of(again->certificate), shown);
  // Thirty days before it ends.
  const auto later = keep_own_tls(at, hosts, now + std::chrono::days(61));
  EXPECT_FALSE(later->made_anew);
  EXPECT_NE(text_of(later->certificate), shown);
  EXPECT_EQ(text_of(later->authority), authority);
  EXPECT_GT(read_certificate(text_of(later->certificate))->not_after, now + std::chrono::days(140));
  shown = text_of(later->certificate);

  // Another address inside the network: what people trust stays.
  auto moved = hosts;
  moved[1] = "10.1.2.3";
  const auto elsewhere = keep_own_tls(at, moved, now + std::chrono::days(61));
  EXPECT_FALSE(elsewhere->made_anew);
  EXPECT_NE(text_of(elsewhere->certificate), shown);
  // A name that the authority was not made for: it has to be another, and that is said.
  moved.emplace_back("other.example");
  const auto renamed = keep_own_tls(at, moved, now + std::chrono::days(61));
  EXPECT_TRUE(renamed->made_anew);
  EXPECT_NE(text_of(renamed->authority), authority);
  // Nor does one that ends soon certify any more.
  now += std::chrono::days(3600);
  EXPECT_TRUE(keep_own_tls(at, moved, now)->made_anew);
}

TEST(OwnTls, WhatIsInPiecesIsMadeAnew) {
  const TempRoot folder;
  const Time now = *parse_time("2026-11-27T00:00:00Z");
  const std::vector<std::string> hosts{"a.example", "127.0.0.1"};
  for (const char* name : {"server.pem", "server.key", "server.names", "authority.pem",
                           "authority.key", "authority.names"}) {
    ASSERT_TRUE(keep_own_tls(folder.path(), hosts, now));
    std::ofstream(folder.path() / name) << "x";
    const auto own = keep_own_tls(folder.path(), hosts, now);
    ASSERT_TRUE(own) << name;
    const auto certificate = read_certificate(text_of(own->certificate));
    ASSERT_TRUE(certificate) << name;
    EXPECT_EQ(certificate->public_key, KeyPair::from_pem(text_of(own->key))->public_key()) << name;
  }
}

TEST(OwnTls, KnowsAddressesInsideNetworks) {
  for (const char* inside : {"10.0.0.1", "172.31.255.255", "192.168.0.1", "127.0.0.1",
                             "169.254.1.1", "::1", "fd00::1", "fe80::1"})
    EXPECT_TRUE(is_inside_address(inside)) << inside;
  for (const char* outside : {"172.32.0.1", "11.0.0.1", "203.0.113.1", "2001:db8::1", "::2",
                              "a.example", "10.0.0.1.example", ""})
    EXPECT_FALSE(is_inside_address(outside)) << outside;
}

}  // namespace
}  // namespace sekisho
