// SPDX-License-Identifier: Apache-2.0
// Addresses, and who may have how much: without a socket.
#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <random>

#include "server/http/address.h"
#include "server/http/budget.h"
#include "server/http/connections.h"
#include "server/http/http.h"
#include "server/http/lane.h"
#include "server/http/rate.h"
#include "server/http/recognised.h"

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
  constexpr std::size_t kMiB = 1 << 20;
  Budget budget({100 * kMiB, 70 * kMiB, 30 * kMiB, 40 * kMiB, 3});
  Budget::Id id = 0;
  // Of people what is announced is kept.
  EXPECT_TRUE(budget.begin(++id, "p", true, 40 * kMiB).there);
  EXPECT_FALSE(budget.begin(++id, "p", true, 1).there);
  EXPECT_TRUE(budget.begin(++id, "q", true, 28 * kMiB).there);
  EXPECT_FALSE(budget.begin(++id, "r", true, 3 * kMiB).there);  // files are full
  EXPECT_TRUE(budget.begin(++id, "r", true, 100).there);
  budget.end(3);
  EXPECT_TRUE(budget.begin(++id, "r", true, 3 * kMiB).there);
  EXPECT_TRUE(budget.begin(++id, "r", true, 0).there);
  EXPECT_FALSE(budget.begin(++id, "r", true, 1).there);
  EXPECT_TRUE(budget.hold(id - 1, kMiB).there);
  EXPECT_FALSE(budget.hold(id - 1, 38 * kMiB).there);
  EXPECT_FALSE(budget.hold(id, 1).there) << "it never began";
}

TEST(Budget, AStrangerHoldsWhatCameAndGivesWayToTheNewest) {
  Budget budget({1000, 1000, 100, 1000, 3});
  // Words take no room, however many say them.
  for (Budget::Id id = 1; id <= 500; ++id) {
    const auto room = budget.begin(id, std::to_string(id), false, 1'000'000);
    EXPECT_TRUE(room.there && room.give_way.empty());
  }
  for (Budget::Id id = 1; id <= 10; ++id) EXPECT_TRUE(budget.hold(id, 10).give_way.empty());
  EXPECT_EQ(budget.hold(200, 5).give_way, std::vector<Budget::Id>{1});
  EXPECT_EQ(budget.hold(200, 20).give_way, std::vector<Budget::Id>{2});
  EXPECT_FALSE(budget.hold(1, 11).there) << "it has gone";
  // What is worked on stays, and what doesn't fit at all gives way itself.
  budget.whole(3);
  EXPECT_EQ(budget.hold(300, 10).give_way, std::vector<Budget::Id>{4});
  EXPECT_FALSE(budget.hold(300, 95).there);
  budget.end(300);
  budget.end(3);
  // Of one address the first gives way to its fourth, and to nobody else's.
  for (Budget::Id id = 601; id <= 603; ++id) EXPECT_TRUE(budget.begin(id, "a", false, 0).there);
  EXPECT_EQ(budget.begin(604, "a", false, 0).give_way, std::vector<Budget::Id>{601});
  EXPECT_TRUE(budget.begin(605, "", false, 0).give_way.empty());
  // Nobody who is known ever gives way.
  EXPECT_TRUE(budget.begin(700, "p", true, 90).there);
  EXPECT_FALSE(budget.hold(604, 101).there);
  EXPECT_TRUE(budget.hold(700, 91).there);
}

/// Against a sum over all that is there, in any order of what may happen.
TEST(Budget, NeverHoldsMoreThanItMay) {
  std::mt19937 random(7);
  const Budget::Bounds bounds{3'000'000, 2'500'000, 1000, 2'000'000, 4};
  for (int round = 0; round < 50; ++round) {
    Budget budget(bounds);
    struct Held {
      bool known = false;
      std::size_t bytes = 0;
    };
    std::map<Budget::Id, Held> there;
    for (int step = 0; step < 400; ++step) {
      const Budget::Id id = random() % 40;
      const auto found = there.find(id);
      if (found == there.end()) {
        const bool known = random() % 3 == 0;
        const std::size_t announced = random() % 1'500'000;
        const auto room = budget.begin(id, random() % 4 == 0 ? "" : std::to_string(random() % 6),
                                       known, announced);
        if (room.there) there[id] = {known, known ? announced : 0};
        for (const Budget::Id gone : room.give_way) EXPECT_EQ(there.erase(gone), 1U);
      } else if (random() % 3 == 0) {
        budget.end(id);
        there.erase(found);
      } else {
        const std::size_t bytes =
            found->second.bytes + random() % (found->second.known ? 400'000 : 300);
        const auto room = budget.hold(id, bytes);
        for (const Budget::Id gone : room.give_way) EXPECT_EQ(there.erase(gone), 1U);
        if (room.there) there.at(id).bytes = std::max(there.at(id).bytes, bytes);
      }
      std::size_t of_known = 0;
      std::size_t of_strangers = 0;
      for (const auto& [number, held] : there) (held.known ? of_known : of_strangers) += held.bytes;
      ASSERT_LE(of_known, bounds.of_known);
      ASSERT_LE(of_strangers, bounds.of_strangers);
    }
    for (const auto& [id, held] : there) budget.end(id);
    EXPECT_TRUE(budget.begin(1, "p", true, 1'900'000).there);
    EXPECT_TRUE(budget.begin(2, "s", false, 0).there && budget.hold(2, 1000).there);
  }
}

HttpRequest showing(const std::string& cookie) {
  HttpRequest request;
  if (!cookie.empty()) request.headers = {{"cookie", cookie}};
  return request;
}

TEST(Recognised, NobodyIsByACookieThatWasNeverGood) {
  Recognised recognised;
  EXPECT_EQ(recognised.owner(showing("sekisho=made-up")), "");
  recognised.keep(showing("sekisho=1"), "person 1");
  EXPECT_EQ(recognised.owner(showing("sekisho=1")), "person 1");
  recognised.keep(showing(""), "person 2");
  EXPECT_EQ(recognised.owner(showing("")), "");
  HttpRequest token;
  token.headers = {{"authorization", "sekisho=1"}};
  EXPECT_EQ(recognised.owner(token), "") << "the same words, shown as another thing";
  recognised.forget(showing("sekisho=1"));
  recognised.forget(showing("sekisho=2"));
  EXPECT_EQ(recognised.owner(showing("sekisho=1")), "");
  // The oldest goes; whoever comes again stays.
  for (std::size_t i = 0; i < Recognised::kMost; ++i)
    recognised.keep(showing(std::to_string(i)), "person 1");
  recognised.keep(showing("0"), "person 1");
  recognised.keep(showing("one more"), "person 2");
  EXPECT_EQ(recognised.owner(showing("0")), "person 1");
  EXPECT_EQ(recognised.owner(showing("1")), "");
  EXPECT_EQ(recognised.owner(showing("one more")), "person 2");
}

TEST(Recognised, WhoIsIntroducedIsKnownByWhatTheyShowFromTheFirstTime) {
  Recognised recognised(
      [](const HttpRequest& request) { return std::string(request.cookie("sekisho")); });
  recognised.introduce({"1", "person 1"});
  recognised.introduce({"2", "person 2"});
  recognised.introduce({"", "person 3"});
  EXPECT_EQ(recognised.owner(showing("sekisho=1")), "person 1");
  EXPECT_EQ(recognised.owner(showing("a=b; sekisho=1")), "person 1");
  EXPECT_EQ(recognised.owner(showing("sekisho=3")), "");
  EXPECT_EQ(recognised.owner(showing("sekisho=")), "");
  EXPECT_EQ(recognised.owner(showing("")), "");
  // What was introduced is said by nobody's words.
  EXPECT_EQ(recognised.owner(showing("1")), "");
  EXPECT_EQ(recognised.owner(showing("\n\n1")), "");
  // Nor known any longer than it is good.
  recognised.forget(showing("sekisho=1"));
  EXPECT_EQ(recognised.owner(showing("sekisho=1")), "");
  recognised.keep(showing("a=b; sekisho=2"), "person 2");
  EXPECT_EQ(recognised.owner(showing("a=b; sekisho=2")), "person 2");
  recognised.forget(showing("a=b; sekisho=2"));
  for (const char* shown : {"sekisho=2", "a=b; sekisho=2"})
    EXPECT_EQ(recognised.owner(showing(shown)), "") << shown;
}

using Order = std::vector<std::string>;

TEST(Lane, EverybodyHasOneTurnAsLongAsOthersWait) {
  Workers one_thread{1};
  Lane lane(one_thread, {100, 50, 0});
  std::map<std::string, std::deque<std::unique_ptr<Lane::Place>>> places;
  for (int i = 0; i < 50; ++i) places["crowd"].push_back(lane.enter("crowd"));
  EXPECT_EQ(lane.enter("crowd"), nullptr);
  for (const char* who : {"a", "a", "b", "c"}) places[who].push_back(lane.enter(who));
  Order order;
  for (;;) {
    const auto at = std::ranges::find_if(places, [](const auto& one) {
      return !one.second.empty() && one.second.front()->has_turn();
    });
    if (at == places.end()) break;
    order.push_back(at->first);
    at->second.pop_front();
  }
  EXPECT_EQ(Order(order.begin(), order.begin() + 8),
            (Order{"crowd", "crowd", "a", "b", "c", "crowd", "a", "crowd"}));
  EXPECT_EQ(order.size(), 54U);
}

TEST(Lane, NoPersonHasAllThreadsAndWhoLeavesHoldsUpNobody) {
  Workers threads{4};
  Lane lane(threads, {100, 50, 3});
  std::vector<std::unique_ptr<Lane::Place>> crowd;
  for (int i = 0; i < 10; ++i) crowd.push_back(lane.enter("crowd"));
  const auto at_work = std::ranges::count_if(crowd, &Lane::Place::has_turn);
  EXPECT_EQ(at_work, 3);
  auto first = lane.enter("a");
  EXPECT_TRUE(first->has_turn());
  auto second = lane.enter("a");
  int woken = 0;
  second->when_turn_comes([&] { ++woken; });
  crowd.erase(crowd.begin() + 5, crowd.end());  // that waited
  EXPECT_EQ(woken, 0);
  first.reset();
  EXPECT_EQ(woken, 1);
  EXPECT_TRUE(second->has_turn());
  crowd.clear();
  second.reset();
  EXPECT_TRUE(lane.enter("b")->has_turn());
  // Anybody may be many: they are not held to one's share.
  std::vector<std::unique_ptr<Lane::Place>> anybody;
  for (int i = 0; i < 60; ++i) anybody.push_back(lane.enter(""));
  EXPECT_EQ(std::ranges::count_if(anybody, &Lane::Place::has_turn), 4);
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
