// SPDX-License-Identifier: Apache-2.0
// Questions that are held without a thread, on loopback.
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <thread>

#include <fmt/format.h>

#include "loopback.h"
#include "server/http/http.h"

namespace sekisho {
namespace {

using std::chrono::seconds;

/// Who asks /held?since=N is held until there is another number; /end is held for no time.
class Holding : public testing::Test {
 protected:
  void SetUp() override {
    ListenOptions options;
    options.port = 0;
    options.threads = 1;
    options.most_held = 4;
    const auto plan = [](const HttpRequest&) { return HttpHandlers::Plan{}; };
    const auto judge = [](HttpRequest&) { return HttpHandlers::Judged{}; };
    auto server = HttpServer::listen(
        options, {plan, judge, [this](const HttpRequest& request) { return answer(request); },
                  [this](const HttpRequest&, const HttpReply&, auto) { ++answers_; }});
    ASSERT_TRUE(server) << server.error().describe(Lang::en);
    server_ = std::move(*server);
    running_ = std::jthread([this] { EXPECT_TRUE(server_->run({})); });
  }
  void TearDown() override { server_->stop(); }

  HttpReply answer(const HttpRequest& request) {
    ++asked_;
    const unsigned now = number_;
    if (meanwhile_) std::exchange(meanwhile_, nullptr)();
    HttpReply reply;
    reply.body = fmt::format("now {}", now);
    if (query_value(request.query, "since") != std::to_string(now)) return reply;
    reply = {202, {}, "", {}};
    reply.hold = std::make_shared<const HttpHold>(
        HttpHold{std::string(query_value(request.query, "who").value_or("me")),
                 request.path == "/end" ? seconds(0) : seconds(3600),
                 [this, now] { return number_ == now; }});
    return reply;
  }
  Asking ask(const std::string& target) const { return {server_->port(), target, ""}; }
  /// All that came so far has been asked of the handler, and is held.
  void wait_for(const std::atomic<unsigned>& count, unsigned number) const {
    while (count < number) std::this_thread::yield();
    // What the handler gave back is held before the next request of anybody is answered.
    EXPECT_EQ(ask("/").reply().substr(9, 3), "200");
  }
  void tell(const std::string& who) {
    ++number_;
    server_->wake(who);
  }

  std::atomic<unsigned> number_{1};
  std::atomic<unsigned> asked_{0};
  std::atomic<unsigned> answers_{0};
  std::function<void()> meanwhile_;  // while the handler is at work, once
  std::unique_ptr<HttpServer> server_;
  std::jthread running_;
};

/// All that came of a question that was held: its head, and then the end.
bool was_held(const std::string& reply) {
  return status_of(reply) == 202 && reply.ends_with("\r\n\r\n");
}

TEST_F(Holding, EndsWhenThereIsWordSoThatItIsAskedFor) {
  const Asking held = ask("/held?since=1");
  wait_for(asked_, 1);
  EXPECT_FALSE(held.ended());
  tell("somebody else");
  EXPECT_FALSE(held.ended());
  tell("me");
  EXPECT_TRUE(was_held(held.reply()));
  EXPECT_TRUE(ask("/held?since=1").reply().ends_with("now 3"));
}

TEST_F(Holding, WhatCameWhileTheHandlerWasAtWorkIsNotMissed) {
  meanwhile_ = [this] { tell("me"); };
  EXPECT_TRUE(was_held(ask("/held?since=1").reply()));
}

TEST_F(Holding, WhoIsWokenForNothingGoesOnWaiting) {
  const Asking held = ask("/held?since=1");
  wait_for(asked_, 1);
  server_->wake("me");
  wait_for(asked_, 3);  // one of them asked for "/"
  EXPECT_FALSE(held.ended());
  tell("me");
  EXPECT_TRUE(was_held(held.reply()));
}

TEST_F(Holding, EndsWhenItsTimeIsOver) {
  EXPECT_TRUE(was_held(ask("/end?since=1").reply()));
  EXPECT_EQ(asked_, 1U);
}

TEST_F(Holding, TheSecondOfOneTakesThePlaceOfTheFirst) {
  const Asking first = ask("/held?since=1");
  wait_for(asked_, 1);
  const Asking second = ask("/held?since=1");
  EXPECT_TRUE(was_held(first.reply()));
  EXPECT_FALSE(second.ended());
  tell("me");
  EXPECT_TRUE(was_held(second.reply()));
}

TEST_F(Holding, WhoHasGoneOrSpeaksIsForgotten) {
  {
    const Asking gone = ask("/held?since=1");
    wait_for(asked_, 1);
  }
  const Asking talks(server_->port(), "/held?since=1&who=b", "", "GET", {}, "GET / HTTP/1.1\r\n");
  EXPECT_NE(status_of(talks.reply()), 200U);
  tell("me");
  const Asking again = ask("/held?since=2");
  wait_for(asked_, 3);
  EXPECT_FALSE(again.ended());
  tell("me");
  EXPECT_TRUE(was_held(again.reply()));
}

TEST_F(Holding, AllAreWokenAndOfOneAddressNoMoreThanHalfAreHeld) {
  const Asking one = ask("/held?since=1&who=a");
  wait_for(asked_, 1);
  const Asking other = ask("/held?since=1&who=b");
  wait_for(asked_, 3);
  EXPECT_EQ(status_of(ask("/held?since=1&who=c").reply()), 503U);
  ++number_;
  server_->wake_all();
  EXPECT_TRUE(was_held(one.reply()));
  EXPECT_TRUE(was_held(other.reply()));
  // Their places are free again.
  EXPECT_TRUE(was_held(ask("/end?since=2&who=d").reply()));
}

TEST_F(Holding, IsNoReasonToStayWhenTheServerEnds) {
  const Asking held = ask("/held?since=1");
  wait_for(asked_, 1);
  server_->stop();
  EXPECT_TRUE(was_held(held.reply()));
}

}  // namespace
}  // namespace sekisho
