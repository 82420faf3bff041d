// SPDX-License-Identifier: Apache-2.0
// The server of one moment for tests that last years: its agents' side, its database, and the clock
// that both go by. It is begun anew, killed, moved and restored; what it is asked meanwhile is
// asked without a socket.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <deque>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>
#include <boost/json.hpp>

#include "collect/agent/device.h"
#include "faulty_database.h"
#include "office.h"
#include "server/devices/agents.h"
#include "store/copy.h"

namespace sekisho {

class Firm : public Net {
 public:
  Firm() { begin(root_.at("/0.db").string()); }

  Time time = *parse_time("2026-11-24T00:00:00Z");
  std::chrono::seconds off{0};  // by how much the server's clock is wrong
  bool away = false;            // nobody reaches it
  /// It is killed within the next request, when so many statements of it have run.
  std::size_t kill_after = 0;

  void begin(const std::string& where) {
    agents_.reset();
    server_.reset();
    db_.reset();
    where_ = where;
    options_.database = where_;
    options_.listen.port = 0;
    options_.clock = [this] { return clock(); };
    options_.stopwatch = [this] {
      return std::chrono::steady_clock::time_point(time.time_since_epoch());
    };
    options_.agents.content = [] { return std::vector{ContentFile{"a.json", "{}"}}; };
    options_.connect = [this](const std::string& to) { return connect(to); };
    plan_.heard = [this](std::string_view /*sql*/, const Values& /*values*/) { heard(); };
    db_ = std::move(*options_.connect(where_));
    ASSERT_TRUE(db_->migrate());
    // Eight years old already.
    if (settings(*db_)->empty())
      (void)organisation_authorities(*db_, clock() - std::chrono::days(2900));
    auto server = Server::open(Office::guideline(), options_);
    ASSERT_TRUE(server) << server.error().describe(Lang::en);
    server_ = std::move(*server);
    agents_ = std::move(*Agents::open(*db_, Office::guideline(), options_));
  }
  void begin_anew() { begin(where_); }
  void restore(const std::filesystem::path& backup) {
    const std::string to = next_file();
    const auto fresh = std::move(*connect_database(to));
    const auto restored = restore_database(backup, *fresh, clock());
    ASSERT_TRUE(restored) << restored.error().describe(Lang::en);
    begin_instead(to);
  }
  std::filesystem::path back_up() {
    const auto to = root_.at(fmt::format("/{}.backup", ++files_));
    EXPECT_TRUE(backup_database(*db_, to));
    return to;
  }
  void move() {
    const std::string to = next_file();
    const auto fresh = std::move(*open_database(to));
    const auto moved = copy_database(*db_, *fresh);
    ASSERT_TRUE(moved) << moved.error().describe(Lang::en);
    begin_instead(to);
  }

  Result<ServerReply> exchange(const Peer& peer, const NetRequest& asked) override {
    if (away) return failure("", "away");
    const auto all = organisation_authorities(*db_, clock());
    EXPECT_TRUE(all);
    if (asked.path != "/agent/v1/authority" &&
        peer.authority.find(all->current.certificate().pem) == std::string::npos)
      return failure("", "the server's certificate is not believed");
    HttpRequest request;
    request.method = asked.body.empty() ? "GET" : "POST";
    request.path = asked.path;
    request.body = asked.body;
    if (asked.gzipped) request.headers.emplace_back("content-encoding", "gzip");
    if (!peer.certificate.empty())
      request.peer_certificate = read_certificate(peer.certificate)->fingerprint;
    count_ = kill_after;
    const HttpReply reply = agents_->answer(request, *db_);
    if (went_down()) return failure("", "the connection broke");
    return ServerReply{static_cast<long>(reply.status), reply.body};
  }

  /// Nothing when the server was killed before it answered.
  std::optional<HttpReply> try_to(const std::string& method, const std::string& path,
                                  const std::string& body = {}) {
    HttpRequest request;
    request.method = method;
    request.path = "/api/v1" + path;
    request.body = body;
    request.peer = request.payer = "127.0.0.1";
    request.headers = {{"host", "127.0.0.1"},
                       {"authorization", "Bearer the-token"},
                       {"content-type", "application/json"}};
    count_ = kill_after;
    HttpReply reply = server_->answer(request);
    if (went_down()) return std::nullopt;
    return reply;
  }
  boost::json::value get(const std::string& path) {
    const auto reply = try_to("GET", path);
    if (!reply || reply->status != 200) {
      ADD_FAILURE() << path << ": " << (reply ? reply->body : "killed");
      return nullptr;
    }
    return boost::json::parse(reply->body);
  }

  /// As the server's ticks do.
  void tick() { EXPECT_TRUE(agents_->refresh(*db_)); }

  Database& db() { return *db_; }
  Time clock() const { return time + off; }
  std::string authority() {
    return organisation_authorities(*db_, clock())->current.certificate().fingerprint;
  }

 private:
  static constexpr std::array<const char*, 3> kParts{"", "-wal", "-shm"};

  /// Years have many writes: what a lost power takes is durability.test.mjs's.
  Result<std::unique_ptr<Database>> connect(const std::string& to) {
    auto opened = faulty(plan_)(to);
    if (opened && !is_postgres(to)) (void)(*opened)->script("PRAGMA synchronous = OFF");
    return opened;
  }
  std::string next_file() { return root_.at(fmt::format("/{}.db", ++files_)).string(); }
  void begin_instead(const std::string& where) {
    const std::string before = where_;
    begin(where);
    forget(before);
  }
  static void forget(const std::string& where) {
    std::error_code ignored;
    for (const char* part : kParts) std::filesystem::remove(where + part, ignored);
    std::filesystem::remove(where + ".lock", ignored);
  }
  /// A kill leaves the files as they are at this moment, and what was still to come isn't done.
  void heard() {
    if (count_ != 0 && --count_ == 0) left_ = files_as_they_are();
  }
  std::string files_as_they_are() {
    const std::string to = next_file();
    for (const char* part : {"", "-wal"})
      if (std::filesystem::exists(where_ + part))
        std::filesystem::copy_file(where_ + part, to + part);
    return to;
  }
  bool went_down() {
    if (kill_after == 0) return false;
    kill_after = 0;
    // When all was done, still before the answer came.
    if (count_ != 0) left_ = files_as_they_are();
    count_ = 0;
    begin_instead(*std::exchange(left_, std::nullopt));
    return true;
  }

  TempRoot root_;
  int files_ = 0;
  std::string where_;
  ServerOptions options_;
  FaultPlan plan_;
  std::size_t count_ = 0;
  std::optional<std::string> left_;  // the files that a killed server left
  std::unique_ptr<Database> db_;
  std::unique_ptr<Server> server_;
  std::unique_ptr<Agents> agents_;
};

}  // namespace sekisho
