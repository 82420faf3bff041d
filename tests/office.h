// SPDX-License-Identifier: Apache-2.0
// A server with a database of its own and a clock that the test holds, spoken to without a socket.
// What GoogleTest and the fuzzers share.
#pragma once

#include <functional>
#include <stdexcept>
#include <string>

#include <fmt/format.h>
#include <boost/json.hpp>

#include "guideline/embedded.h"
#include "server/http/secrets.h"
#include "server/server.h"
#include "store/database.h"
#include "temp_root.h"

namespace sekisho {

/// One browser, or one program with a token.
struct Visitor {
  std::string cookie;  // of the session
  std::string csrf;
  std::string token;
  std::string browser;  // the cookie by which it is known later
  std::string peer = "127.0.0.1";
};

class Office {
 public:
  /// `set` changes how the server is set up, once all else is.
  explicit Office(const std::function<void(ServerOptions&)>& set = {}) {
    ServerOptions options;
    options.listen.port = 0;
    options.database = root_.at("/office.db").string();
    options.version = "test";
    options.clock = [this] { return time; };
    options.stopwatch = [this] { return tick(); };
    if (set) set(options);
    where_ = options.database;
    auto server = Server::open(guideline(), std::move(options));
    if (!server) throw std::runtime_error(server.error().describe(Lang::en));
    server_ = std::move(*server);
  }

  Time time = *parse_time("2026-11-24T00:00:00Z");
  /// Of the steady clock, which goes with it.
  std::chrono::steady_clock::time_point tick() const {
    return std::chrono::steady_clock::time_point(time.time_since_epoch());
  }

  static const Guideline& guideline() {
    static const Guideline loaded = *load_guideline(embedded_guideline());
    return loaded;
  }
  Server& server() { return *server_; }
  const std::string& database() const { return where_; }

  HttpReply ask(Visitor& visitor, std::string method, std::string path, std::string body = {},
                std::vector<std::pair<std::string, std::string>> headers = {}) {
    HttpRequest request;
    request.method = std::move(method);
    const std::size_t mark = path.find('?');
    if (mark != std::string::npos) request.query = path.substr(mark + 1);
    request.path = "/api/v1" + path.substr(0, mark);
    request.peer = visitor.peer;
    request.payer = visitor.peer;
    request.headers = std::move(headers);
    request.headers.emplace_back("host", "127.0.0.1");
    if (!visitor.cookie.empty() || !visitor.browser.empty())
      request.headers.emplace_back("cookie", visitor.cookie + "; " + visitor.browser);
    if (!visitor.csrf.empty()) request.headers.emplace_back("x-sekisho-csrf", visitor.csrf);
    if (!visitor.token.empty())
      request.headers.emplace_back("authorization", "Bearer " + visitor.token);
    if (!body.empty() && request.header("content-type").empty())
      request.headers.emplace_back("content-type", "application/json");
    request.body = std::move(body);
    HttpReply reply = server_->answer(request);
    for (const auto& [name, value] : reply.headers)
      if (name == "set-cookie")
        (value.find("-browser=") < value.find(';') ? visitor.browser : visitor.cookie) =
            value.substr(0, value.find(';'));
    return reply;
  }

  /// The JSON of a request that must succeed.
  boost::json::value must(Visitor& visitor, const std::string& method, const std::string& path,
                          const boost::json::value& body = nullptr) {
    const std::string text = body.is_null() ? "" : boost::json::serialize(body);
    HttpReply reply = ask(visitor, method, path, text);
    // As the console does, which then goes on.
    if (reply.status == 403 && reply.body.contains("proof-needed")) {
      must(visitor, "POST", "/me/proof", {{"password", kPassword}});
      reply = ask(visitor, method, path, text);
    }
    if (reply.status >= 300)
      throw std::runtime_error(fmt::format("{} {}: {} {}", method, path, reply.status, reply.body));
    return reply.body.empty() ? boost::json::value() : boost::json::parse(reply.body);
  }

  /// The code that the authenticator app of this secret shows now.
  std::string code(const std::string& of) const {
    return totp_code(of, time.time_since_epoch().count() / 30);
  }

  /// The first administrator, wholly signed in, with a second factor.
  Visitor administrator() {
    Visitor admin;
    const std::string link = server_->setup_link()->value();
    must(admin, "POST", "/setup",
         {{"token", link.substr(link.find('#') + 1)},
          {"name", "Aoki"},
          {"email", kEmail},
          {"password", kPassword},
          {"lang", "en"}});
    learn(admin);
    secret = must(admin, "POST", "/me/totp").at("secret").as_string();
    must(admin, "POST", "/me/totp/confirm", {{"code", code(secret)}});
    learn(admin);
    return admin;
  }
  /// Somebody else, wholly signed in; their authenticator's secret goes into `app`.
  Visitor newcomer(Visitor& admin, const std::string& email, const boost::json::array& roles,
                   std::string* app = nullptr) {
    const auto made = must(admin, "POST", "/invitations",
                           {{"email", email}, {"name", "Somebody"}, {"roles", roles}});
    const std::string link(made.at("link").as_string());
    Visitor one;
    must(one, "POST", "/invitations/accept",
         {{"token", link.substr(link.find('#') + 1)},
          {"name", email.substr(0, email.find('@'))},
          {"password", kPassword},
          {"lang", "en"}});
    learn(one);
    const std::string key(must(one, "POST", "/me/totp").at("secret").as_string());
    must(one, "POST", "/me/totp/confirm", {{"code", code(key)}});
    learn(one);
    if (app != nullptr) *app = key;
    return one;
  }

  /// Looks into the database beside the server, and changes it.
  std::unique_ptr<Database> beside() const {
    auto opened = connect_database(database());
    if (!opened) throw std::runtime_error(opened.error().describe(Lang::en));
    return std::move(*opened);
  }
  std::int64_t count(const std::string& from) const {
    const auto rows = beside()->query("SELECT COUNT(*) FROM " + from);
    if (!rows) throw std::runtime_error(rows.error().describe(Lang::en));
    return rows->front().integer(0);
  }

  void learn(Visitor& visitor) {
    visitor.csrf = must(visitor, "GET", "/me").at("csrf").as_string();
  }

  static constexpr const char* kEmail = "admin@firm.example";
  static constexpr const char* kPassword = "correct horse battery";
  std::string secret;  // of the administrator's authenticator app

 private:
  TempRoot root_;
  std::string where_;
  std::unique_ptr<Server> server_;
};

}  // namespace sekisho
