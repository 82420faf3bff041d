// SPDX-License-Identifier: Apache-2.0
// A server on loopback and a crowd of connections: what they keep from those who come after them.
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <semaphore>
#include <thread>

#include <fmt/format.h>

#include "loopback.h"
#include "server/http/http.h"

namespace sekisho {
namespace {

constexpr int kConnections = 600;
constexpr int kAddresses = 200;

/// Whoever has the cookie of a person is that person; everybody else is told apart by
/// X-Forwarded-For. /sign-in is anybody's, all else may be written by people alone.
class Crowd : public testing::Test {
 protected:
  void SetUp() override {
    ListenOptions options;
    options.port = 0;
    options.fronts.trusted = {*read_subnet("127.0.0.1")};
    const auto plan = [](const HttpRequest& request) {
      const bool anybodys = request.path == "/sign-in";
      return HttpHandlers::Plan{request.method == "GET" ? 0
                                : anybodys              ? kMaxPublicBytes
                                                        : kMaxUploadBytes,
                                anybodys ? HttpHandlers::Work::hashes : HttpHandlers::Work::quick};
    };
    const auto judge = [](HttpRequest& request) {
      return HttpHandlers::Judged{{}, person(request)};
    };
    const auto answer = [this](const HttpRequest& request) {
      HttpReply reply;
      reply.body = std::to_string(request.body.size());
      reply.owner = person(request);
      if (request.path != "/slow")
        ++quick_;
      else if (reply.owner.empty())
        let_go_.acquire();
      else
        let_people_go_.acquire();
      ++answered_;
      return reply;
    };
    auto server = HttpServer::listen(options, {plan, judge, answer});
    ASSERT_TRUE(server) << server.error().describe(Lang::en);
    server_ = std::move(*server);
    running_ = std::jthread([this] { EXPECT_TRUE(server_->run({})); });
  }
  void TearDown() override {
    let_go_.release(100'000);
    let_people_go_.release(100'000);
    crowd_.clear();
    server_->stop();
  }
  static std::string person(const HttpRequest& request) {
    const std::string_view who = request.cookie("who");
    return who == "me" || who == "you" ? "person " + std::string(who) : std::string();
  }

  static std::string from(int i) {
    return fmt::format("X-Forwarded-For: 198.51.{}.{}\r\n", i / 100, i % 100);
  }
  /// Some of a body that never ends.
  void begin(int i, const std::string& framing, const std::string& some) {
    crowd_.push_back(std::make_unique<Asking>(
        server_->port(), "/sign-in", from(i % kAddresses) + framing, "POST", std::string(), some));
  }
  Asking post(const std::string& path, const std::string& headers, const std::string& body) const {
    return {server_->port(), path, headers, "POST", body};
  }
  void others_go_on(std::size_t upload = 100'000) const {
    for (int i = 0; i < 5; ++i) {
      const std::string address = from(1000 + i);
      EXPECT_EQ(status_of(post("/sign-in", address, R"({"email":"a"})").reply()), 200U);
      EXPECT_EQ(status_of(Asking(server_->port(), "/", address).reply()), 200U);
      const std::string me = "Cookie: who=me\r\n";
      EXPECT_EQ(status_of(Asking(server_->port(), "/", me).reply()), 200U);
      const std::string reply = post("/files", me, std::string(upload, 'x')).reply();
      EXPECT_EQ(status_of(reply), 200U);
      EXPECT_TRUE(reply.ends_with("\r\n" + std::to_string(upload))) << reply;
    }
  }
  std::size_t told(unsigned status) {
    std::size_t count = 0;
    for (const auto& one : crowd_)
      if (one->answered() && status_of(one->reply()) == status) ++count;
    return count;
  }

  /// Lets strangers' handlers of /slow go, one after the other, until another one has its turn; how
  /// many.
  int until_its_turn(int quick_before) {
    int count = 0;
    for (; quick_ == quick_before; ++count) {
      const int before = answered_;
      let_go_.release();
      while (answered_ == before) std::this_thread::yield();
    }
    return count;
  }

  std::counting_semaphore<> let_go_{0};
  std::counting_semaphore<> let_people_go_{0};
  std::atomic<int> quick_ = 0;
  std::atomic<int> answered_ = 0;
  std::unique_ptr<HttpServer> server_;
  std::vector<std::unique_ptr<Asking>> crowd_;
  std::jthread running_;
};

TEST_F(Crowd, BodiesThatAreOnlyAnnouncedTakeNobodysRoom) {
  const std::string chunked = "Transfer-Encoding: chunked\r\n";
  for (int i = 0; i < kConnections; ++i)
    if (i % 2 == 0)
      begin(i, chunked, "5\r\nhal");
    else
      begin(i, fmt::format("Content-Length: {}\r\n", kMaxPublicBytes), "half");
  others_go_on();
  EXPECT_EQ(told(503), 0U);
}

TEST_F(Crowd, OfBodiesThatCameTheFirstGiveWay) {
  // Together more than strangers may have.
  const std::string most(60'000, 'x');
  for (int i = 0; i < kConnections; ++i)
    if (i % 2 == 0)
      begin(i, "Transfer-Encoding: chunked\r\n", fmt::format("{:x}\r\n{}", most.size() + 1, most));
    else
      begin(i, fmt::format("Content-Length: {}\r\n", most.size() + 1), most);
  others_go_on(kMaxUploadBytes);
  while (told(503) == 0) std::this_thread::yield();
  EXPECT_TRUE(crowd_.front()->answered()) << "the first";
  EXPECT_FALSE(crowd_.back()->answered()) << "the last";
}

TEST_F(Crowd, OfOneAddressTheFirstGiveWayToItsOwn) {
  for (int i = 0; i < 100; ++i) begin(7, "Transfer-Encoding: chunked\r\n", "5\r\nhal");
  EXPECT_EQ(status_of(post("/sign-in", from(7), "{}").reply()), 200U);
  others_go_on();
  while (told(503) < 30) std::this_thread::yield();
  EXPECT_FALSE(crowd_.back()->answered());
}

TEST_F(Crowd, WhoAsksWithoutWaitingHasNoMoreTurnsThanOthers) {
  for (const char* who : {"me", "you"}) {
    const std::string cookie = fmt::format("Cookie: who={}\r\n", who);
    EXPECT_EQ(status_of(Asking(server_->port(), "/", cookie).reply()), 200U);
  }
  const std::string again = "GET /slow HTTP/1.1\r\nHost: localhost\r\n";
  std::vector<std::string> one;
  for (int i = 0; i < 3; ++i) {
    std::string many;
    // With nothing, with something that is nobody's, and as a person.
    const std::string who = from(i) + (i == 1   ? "Cookie: who=made-up\r\n"
                                       : i == 2 ? "Cookie: who=you\r\n"
                                                : "");
    for (int more = 0; more < 59; ++more) many += again + who + "\r\n";
    one.push_back(many);
  }
  constexpr std::size_t kMany = 300;
  for (std::size_t i = 0; i < kMany; ++i)
    crowd_.push_back(std::make_unique<Asking>(server_->port(), "/slow",
                                              from(static_cast<int>(i % 3)), "GET", std::string(),
                                              one.at(i % 3)));
  // Each has had an answer, and the next of each is there.
  let_go_.release(2 * kMany);
  let_people_go_.release(kMany);
  while (answered_ <= static_cast<int>(3 * kMany)) std::this_thread::yield();
  // Whoever is known waits for none of eighteen thousand, and whoever comes for a few.
  EXPECT_EQ(status_of(Asking(server_->port(), "/", "Cookie: who=me\r\n").reply()), 200U);
  for (int i = 0; i < 3; ++i) {
    const int before = quick_;
    const Asking newcomer(server_->port(), "/", from(1000 + i));
    EXPECT_LT(until_its_turn(before), 20);
    EXPECT_EQ(status_of(newcomer.reply()), 200U);
  }
  EXPECT_EQ(status_of(post("/files", "Cookie: who=me\r\n", "x").reply()), 200U);
}

}  // namespace
}  // namespace sekisho
