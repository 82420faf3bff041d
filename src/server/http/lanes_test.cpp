// SPDX-License-Identifier: Apache-2.0
// A server on loopback whose handlers wait for others: who else waits then.
#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <map>
#include <memory>
#include <thread>

#include <fmt/format.h>

#include "loopback.h"
#include "server/http/http.h"

namespace sekisho {
namespace {

/// /slow waits until the test lets go, and /held on a thread that others need; whoever has a cookie
/// is the person that it names, and "early" was let in before. Clients are told apart by
/// X-Forwarded-For.
class Lanes : public testing::Test {
 protected:
  void SetUp() override {
    ListenOptions options;
    options.port = 0;
    options.fronts.trusted = {*read_subnet("127.0.0.1")};
    const auto plan = [](const HttpRequest& request) {
      const bool hashes = request.path == "/hash" || request.path == "/known";
      return HttpHandlers::Plan{1024, request.path == "/slow" ? HttpHandlers::Work::waits
                                      : hashes                ? HttpHandlers::Work::hashes
                                                              : HttpHandlers::Work::quick};
    };
    const auto judge = [](HttpRequest& request) {
      return HttpHandlers::Judged{{}, std::string(request.cookie("who"))};
    };
    const auto answer = [this](const HttpRequest& request) {
      if (request.path == "/fast") return HttpReply{};
      HttpReply entered;
      entered.let_in = {"late", "late"};
      if (request.path == "/enter") return entered;
      (request.cookie("who").empty() ? strangers_ : people_)++;
      go_.wait();
      return HttpReply{};
    };
    const auto shown = [](const HttpRequest& request) {
      return std::string(request.cookie("who"));
    };
    auto server = HttpServer::listen(options, {plan, judge, answer, {}, {}, shown});
    ASSERT_TRUE(server) << server.error().describe(Lang::en);
    server_ = std::move(*server);
    server_->introduce({{"early", "early"}});
    running_ = std::jthread([this] { EXPECT_TRUE(server_->run({})); });
  }
  void TearDown() override {
    if (!go_.try_wait()) go_.count_down();
    for (const auto& one : waiting_) (void)one->reply();
    server_->stop();
  }

  Asking& ask(const std::string& path, const std::string& from, const std::string& who = {}) {
    const std::string headers = fmt::format("X-Forwarded-For: {}\r\n{}", from,
                                            who.empty() ? "" : "Cookie: who=" + who + "\r\n");
    // By the head of a request that brings something it is known whose it is.
    const bool brings = path == "/known";
    waiting_.push_back(std::make_unique<Asking>(server_->port(), path, headers,
                                                brings ? "POST" : "GET", brings ? "x" : ""));
    return *waiting_.back();
  }
  /// How many of those who wait have had an answer, of which kind.
  std::map<unsigned, std::size_t> answered() {
    std::map<unsigned, std::size_t> counts;
    std::erase_if(waiting_, [&](const std::unique_ptr<Asking>& one) {
      if (!one->answered()) return false;
      const std::string reply = one->reply();
      ++counts[status_of(reply)];
      EXPECT_NE(reply.find("retry-after: "), std::string::npos) << reply;
      return true;
    });
    return counts;
  }
  void others_go_on() {
    for (int i = 0; i < 20; ++i) {
      EXPECT_EQ(status_of(Asking(server_->port(), "/fast", "").reply()), 200U);
      EXPECT_EQ(status_of(Asking(server_->port(), "/fast", "Cookie: who=me\r\n").reply()), 200U);
    }
  }

  std::latch go_{1};
  std::atomic<int> strangers_ = 0;
  std::atomic<int> people_ = 0;
  std::unique_ptr<HttpServer> server_;
  std::vector<std::unique_ptr<Asking>> waiting_;
  std::jthread running_;
};

TEST_F(Lanes, WhoeverWaitsForOthersCostsNobodyElseAnything) {
  // One outsider who begins fifty.
  for (int i = 0; i < 50; ++i) ask("/slow", "198.51.100.7");
  others_go_on();
  std::size_t refused = 0;
  while (refused < 42) refused += answered()[429];
  EXPECT_EQ(waiting_.size(), 8U);
  // Another is not refused for what the first does,
  ask("/slow", "203.0.113.1");
  others_go_on();
  EXPECT_EQ(answered()[429], 0U);
  // and people have a lane of their own, each as much of it as the next.
  for (int i = 0; i < 12; ++i) ask("/slow", "203.0.113.2", "a");
  while (refused < 48) refused += answered()[429];
  ask("/slow", "203.0.113.2", "b");
  while (people_ < 7) std::this_thread::yield();
  others_go_on();
  EXPECT_TRUE(answered().empty());
  EXPECT_EQ(waiting_.size(), 8U + 1U + 6U + 1U);
}

TEST_F(Lanes, OfManyWhoWaitTheRestIsToldToComeAgain) {
  for (int i = 0; i < 100; ++i) ask("/slow", fmt::format("198.51.100.{}", i));
  std::size_t refused = 0;
  while (refused < 36) refused += answered()[503];
  others_go_on();
  EXPECT_EQ(refused, 36U);
  EXPECT_TRUE(answered().empty());
  ask("/slow", "203.0.113.2", "a");
  while (people_ < 1) std::this_thread::yield();
}

TEST_F(Lanes, PasswordsHaveTheirOwn) {
  for (int i = 0; i < 50; ++i) ask("/hash", fmt::format("198.51.100.{}", i));
  std::size_t refused = 0;
  // 24 of anybody, and 8 of who has not tried of late.
  while (refused < 18) refused += answered()[503];
  others_go_on();
  ask("/slow", "203.0.113.2", "a");
  while (people_ < 1) std::this_thread::yield();
}

TEST_F(Lanes, WhoGuessesAllDayShutsNobodyOut) {
  // From ten addresses, again and again: they have had their share of what is for newcomers.
  for (int i = 0; i < 60; ++i) ask("/hash", fmt::format("198.51.100.{}", i % 10));
  std::map<unsigned, std::size_t> refused;
  const auto count = [&] {
    for (const auto& [status, many] : answered()) refused[status] += many;
  };
  while (refused[503] + refused[429] < 28) count();
  EXPECT_EQ(waiting_.size(), 32U);
  for (int i = 0; i < 40; ++i) ask("/hash", fmt::format("198.51.100.{}", i % 10));
  while (refused[503] + refused[429] < 68) count();
  // Whoever is known goes on, each as far as the next; and it costs the others nothing.
  for (int i = 0; i < 6; ++i) ask("/known", "198.51.100.1", "a");
  while (refused[429] < 2) count();
  ask("/known", "198.51.100.2", "b");
  others_go_on();
  EXPECT_TRUE(answered().empty());
  // On a thread of their own: the first is at work, while all the others' wait.
  while (people_ < 1) std::this_thread::yield();
  go_.count_down();
  while (people_ < 5) std::this_thread::yield();
}

/// However busy the machine is.
bool is_answered(const Asking& one) {
  for (int i = 0; i < 6000; ++i) {
    if (one.answered()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

TEST_F(Lanes, WhoWasLetInWaitsForNoStranger) {
  for (int i = 0; i < 5; ++i) ask("/held", fmt::format("198.51.100.{}", i));
  while (strangers_ < 2) std::this_thread::yield();
  // Before this server began, and by it.
  EXPECT_TRUE(is_answered(Asking(server_->port(), "/fast", "Cookie: who=early\r\n")));
  EXPECT_TRUE(is_answered(Asking(server_->port(), "/enter", "Cookie: who=early\r\n")));
  EXPECT_TRUE(is_answered(Asking(server_->port(), "/fast", "Cookie: who=late\r\n")));
  EXPECT_EQ(strangers_, 2);
}

}  // namespace
}  // namespace sekisho
