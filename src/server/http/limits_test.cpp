// Addresses, and who may have how much: without a socket.
#include <gtest/gtest.h>

#include "server/http/address.h"
#include "server/http/budget.h"
#include "server/http/connections.h"
#include "server/http/http.h"
#include "server/http/rate.h"

namespace sekisho {
namespace {

using std::chrono::seconds;

Client client(const char* peer, std::vector<std::string_view> forwarded,
              std::vector<std::string_view> protocol = {}) {
  const Fronts fronts{{*read_subnet("10.0.0.0/8"), *read_subnet("2001:db8::1")}, false};
  return client_of(*read_ip(peer), fronts, forwarded, protocol);
}

TEST(Address, OnlyANamedProxySaysForWhomItSpeaks) {
  EXPECT_EQ(client("203.0.113.9", {"198.51.100.7"}).key, "203.0.113.9");
  EXPECT_EQ(client("10.0.0.1", {"198.51.100.7"}).key, "198.51.100.7");
  // What stands before the first that isn't ours was written by whoever it is.
  EXPECT_EQ(client("10.0.0.1", {"1.1.1.1, 198.51.100.7"}).key, "198.51.100.7");
  EXPECT_EQ(client("10.0.0.1", {"1.1.1.1", "198.51.100.7, 10.2.2.2"}).key, "198.51.100.7");
  EXPECT_EQ(client("2001:db8::1", {"198.51.100.7:4711"}).address, "198.51.100.7");
  EXPECT_EQ(client("10.0.0.1", {"[2001:db8:1:2:3::4]:4711"}).key, "2001:db8:1:2::/64");
  EXPECT_EQ(client("::ffff:10.0.0.1", {"::ffff:198.51.100.7"}).key, "198.51.100.7");
  // One that doesn't say may have anybody behind it.
  for (const char* said : {"", "unknown", "1.1.1.1, nonsense", "1.1.1.1,", "_hidden"})
    EXPECT_EQ(client("10.0.0.1", {said}).key, "") << said;
  EXPECT_EQ(client("10.0.0.1", {}).address, "10.0.0.1");
  EXPECT_EQ(client("10.0.0.1", {}, {"https"}).tls, true);
  EXPECT_EQ(client("10.0.0.1", {}, {"http"}).tls, false);
  EXPECT_EQ(client("10.0.0.1", {}, {"http", "https"}).tls, std::nullopt);
  EXPECT_EQ(client("203.0.113.9", {}, {"https"}).tls, std::nullopt);
  EXPECT_EQ(client_of(*read_ip("203.0.113.9"), {{}, true}, {"1.1.1.1"}, {}).key, "");
  EXPECT_EQ(client_of(*read_ip("2001:db8:0:1:aaaa::1"), {}, {}, {}).key,
            client_of(*read_ip("2001:db8:0:1:bbbb::2"), {}, {}, {}).key);
}

TEST(Address, SubnetsHoldWhatTheyName) {
  EXPECT_TRUE(read_subnet("192.0.2.128/25")->holds(*read_ip("192.0.2.129")));
  EXPECT_FALSE(read_subnet("192.0.2.128/25")->holds(*read_ip("192.0.2.127")));
  EXPECT_FALSE(read_subnet("192.0.2.1")->holds(*read_ip("192.0.2.2")));
  EXPECT_TRUE(read_subnet("2001:db8::/33")->holds(*read_ip("2001:db8:7fff::1")));
  EXPECT_FALSE(read_subnet("2001:db8::/33")->holds(*read_ip("2001:db8:8000::1")));
  for (const char* bad : {"", "x", "192.0.2.0/0", "192.0.2.0/33", "::/0", "::/129", "192.0.2.0/",
                          "192.0.2.0/8x", "192.0.2/24", "192.0.2.1 "})
    EXPECT_FALSE(read_subnet(bad)) << bad;
}

TEST(Address, ASiteHasOneForm) {
  for (const char* text : {"https://sekisho.example.jp", "HTTPS://Sekisho.Example.jp:443/",
                           "https://sekisho.example.jp:/"}) {
    const auto site = read_site(text);
    ASSERT_TRUE(site) << text;
    EXPECT_EQ(site->url(), "https://sekisho.example.jp");
    for (const char* host : {"sekisho.example.jp", "SEKISHO.example.jp:443", "sekisho.example.jp:"})
      EXPECT_TRUE(site->is_named_by(host)) << host;
    for (const char* host : {"", "sekisho.example.jp:80", "x.sekisho.example.jp",
                             "sekisho.example.jp.", "sekisho.example.jp@x", "127.0.0.1"})
      EXPECT_FALSE(site->is_named_by(host)) << host;
  }
  EXPECT_EQ(read_site("http://[2001:DB8:0::1]:8080")->url(), "http://[2001:db8::1]:8080");
  for (const char* bad :
       {"", "https", "https:", "sekisho.example.jp", "ftp://a", "https://", "https://a/console",
        "https://a?b", "https://a#b", "https://u@a", "https://a:b", "https://a:99999",
        "https://関所.example", "https://[1.2.3.4]", "https:///", "https://a b"})
    EXPECT_FALSE(read_site(bad)) << bad;
}

TEST(Address, AnEncodedSeparatorIsNoSeparator) {
  EXPECT_EQ(plain_path("/api/v1/%61"), "/api/v1/a");
  EXPECT_EQ(plain_path("/devices/a%252fb"), "/devices/a%2fb");
  for (const char* hidden : {"/api%2fv1/me", "/api%2Fv1", "/a%5cb", "/a%00", "/a%0d", "/%zz"})
    EXPECT_FALSE(plain_path(hidden)) << hidden;
  EXPECT_EQ(plain_path(percent_encoded_path("/a b/ü?")), "/a b/ü?");
}

TEST(RateLimit, ABucketDrainsWithASteadyClockAndNobodyElsePays) {
  RateLimit rate;
  RateLimit::Moment now{std::chrono::hours(1)};
  int allowed = 0;
  while (rate.allow("a", now)) ++allowed;
  EXPECT_EQ(allowed, 1000);
  EXPECT_TRUE(rate.allow("b", now));
  EXPECT_FALSE(rate.allow("a", now - seconds(600)));
  now += seconds(1);
  allowed = 0;
  while (rate.allow("a", now)) ++allowed;
  EXPECT_NEAR(allowed, 200, 2);
  // However many there are: all of them may go on.
  int refused = 0;
  for (int i = 0; i < 300'000; ++i) refused += rate.allow(std::to_string(i), now) ? 0 : 1;
  EXPECT_EQ(refused, 0);
}

TEST(Connections, OneAddressTakesItsOwnPlaces) {
  Connections table({100, 20, 10, 5});
  for (Connections::Id id = 1; id <= 10; ++id) EXPECT_EQ(table.add(id, "a"), std::nullopt);
  EXPECT_EQ(table.add(11, "a"), 1U);
  table.remove(1);
  table.works(2);  // the oldest that waits goes, not one that is worked for
  EXPECT_EQ(table.add(12, "a"), 3U);
  table.remove(3);
  EXPECT_EQ(table.add(13, "b"), std::nullopt);
  table.waits(2);
  EXPECT_EQ(table.add(14, "a"), 4U);
}

TEST(Connections, StrangersNeverTakeThePlacesOfThoseWhoAreKnown) {
  Connections table({100, 20, 1000, 50});
  Connections::Id id = 0;
  for (int i = 0; i < 30; ++i) {
    EXPECT_EQ(table.add(++id, "office"), std::nullopt);
    EXPECT_EQ(table.known(id, "person " + std::to_string(i)), std::nullopt);
  }
  std::size_t gone = 0;
  for (int i = 0; i < 500; ++i) {
    const auto goes = table.add(++id, i % 2 == 0 ? "" : std::to_string(i));
    if (!goes) continue;
    EXPECT_GT(*goes, 30U);
    table.remove(*goes);
    ++gone;
  }
  EXPECT_EQ(gone, 430U);
  EXPECT_EQ(table.size(), 100U);
  // And those who are known leave the last places to whoever comes.
  for (int i = 0; i < 200; ++i) {
    if (const auto goes = table.add(++id, "")) table.remove(*goes);
    if (const auto goes = table.known(id, "person " + std::to_string(i + 100))) table.remove(*goes);
  }
  EXPECT_LE(table.size(), 100U);
  const auto last = table.add(++id, "new");
  EXPECT_NE(last, id);
}

TEST(Connections, AnOwnerAndAFront) {
  Connections table({100, 20, 10, 3});
  for (Connections::Id id = 1; id <= 4; ++id) {
    EXPECT_EQ(table.add(id, "a"), std::nullopt);
    EXPECT_EQ(table.known(id, "person 1"),
              id == 4 ? std::optional<Connections::Id>(1) : std::nullopt);
  }
  for (Connections::Id id = 10; id < 40; ++id) {
    EXPECT_EQ(table.add(id, ""), std::nullopt);
    EXPECT_EQ(table.known(id, Connections::kFront), std::nullopt);
    EXPECT_EQ(table.known(id, "person 1"), std::nullopt);  // many share it
  }
}

TEST(Budget, StrangersAndFilesLeaveRoomForTheRest) {
  Budget budget({100 << 20, 70 << 20, 30 << 20, 40 << 20, 3});
  EXPECT_TRUE(budget.take("a", false, 30 << 20));
  EXPECT_FALSE(budget.take("b", false, 1));
  EXPECT_TRUE(budget.take("p", true, 40 << 20));
  EXPECT_FALSE(budget.take("p", true, 1));
  EXPECT_FALSE(budget.take("q", true, 2 << 20));  // files are full
  EXPECT_TRUE(budget.take("q", true, 100));
  budget.give("a", false, 30 << 20);
  EXPECT_TRUE(budget.take("q", true, 2 << 20));
  EXPECT_TRUE(budget.take("q", true, 1));
  EXPECT_FALSE(budget.take("q", true, 1));
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(budget.take("", false, 1));
}

TEST(TransferPace, ASlowLineGetsThereAndATrickleDoesNot) {
  using Moment = TransferPace::Moment;
  const Moment start{std::chrono::hours(5)};
  // 9 MB at 64 kbit/s.
  TransferPace slow(start);
  Moment now = start;
  for (std::size_t sent = 0; sent < 9'000'000; sent += 8000) {
    now += seconds(1);
    ASSERT_LT(now, slow.until());
    slow.moved(8000, now);
  }
  // A byte every ten seconds.
  TransferPace trickle(start);
  now = start;
  while (now < trickle.until()) {
    now += seconds(10);
    trickle.moved(1, now);
  }
  EXPECT_LE(now, start + seconds(20));
}

}  // namespace
}  // namespace sekisho
