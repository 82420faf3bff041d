// SPDX-License-Identifier: Apache-2.0
#include "server/api/ready.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "server/api/answer.h"
#include "server/http/secrets.h"

namespace sekisho {
namespace {

bool takes_gzip(const HttpRequest& request) {
  return request.header("accept-encoding").find("gzip") != std::string_view::npos;
}

std::string_view etag_of(const HttpReply& reply) {
  for (const auto& [name, value] : reply.headers)
    if (name == "etag" && value.size() >= 2)
      return std::string_view(value).substr(1, value.size() - 2);
  return {};
}

/// SQLite's number rises on this connection with whatever another has committed. PostgreSQL's
/// snapshot names all transactions that a reader sees as done.
const char* question(Database::Kind kind) {
  return kind == Database::Kind::sqlite
             ? "PRAGMA data_version"
             : "SELECT pg_backend_pid()::text || ' ' || pg_current_snapshot()::text";
}

/// All that an answer may depend on, beside the moment.
std::string key_of(const HttpRequest& request, const Operation& operation, const Identity& who,
                   Lang lang) {
  std::string key = fmt::format("{} {} {} {} {}", operation.id, lang == Lang::ja,
                                takes_gzip(request), request.query.size(), request.query);
  for (const std::string& role : who.roles) key += " " + role;
  return key;
}

/// The request, and who asks, without what is not in the key.
HttpRequest bare(const HttpRequest& request) {
  HttpRequest out;
  out.method = request.method;
  out.path = request.path;
  out.query = request.query;
  if (takes_gzip(request)) out.headers.emplace_back("accept-encoding", "gzip");
  return out;
}
Identity bare(const Identity& who) {
  Identity out;
  out.roles = who.roles;
  out.lang = who.lang;
  return out;
}

/// `whole`, or what the request's conditions ask for instead.
HttpReply conditional(HttpReply whole, const HttpRequest& request, Lang lang) {
  const Precondition condition(request);
  if (whole.status != 200 || !condition.given()) return whole;
  switch (condition.instead_of(etag_of(whole))) {
    case 304: {
      HttpReply same{304, {}, "", {}};
      for (const auto& field : whole.headers)
        if (field.first == "etag" || field.first == "cache-control") same.headers.push_back(field);
      return same;
    }
    case 412: return problem_reply({412, {"もう変わっています。", "it has changed."}, {}}, lang);
    default: return whole;
  }
}

}  // namespace

std::optional<ReadyAnswers::Moment> ReadyAnswers::moment(Time now) {
  const std::lock_guard lock(looking_);
  if (db_ == nullptr) {
    auto opened = connect_();
    if (!opened) return std::nullopt;
    db_ = std::move(*opened);
    ++opened_;
    // Where a file is held by somebody, nothing is ready: nobody waits for it here.
    if (db_->kind() == Database::Kind::sqlite && !db_->query("PRAGMA busy_timeout = 0")) {
      db_.reset();
      return std::nullopt;
    }
  }
  return look(now);
}

std::optional<ReadyAnswers::Moment> ReadyAnswers::moment_at_once(Time now) {
  const std::unique_lock lock(looking_, std::try_to_lock);
  if (!lock || db_ == nullptr || db_->kind() != Database::Kind::sqlite) return std::nullopt;
  return look(now);
}

std::optional<ReadyAnswers::Moment> ReadyAnswers::look(Time now) {
  const auto rows = db_->query(question(db_->kind()));
  if (!rows || rows->size() != 1) {
    db_.reset();
    return std::nullopt;
  }
  const Row& row = rows->front();
  return Moment{db_->kind() == Database::Kind::sqlite
                    ? fmt::format("{} {}", opened_, row.integer(0))
                    : fmt::format("{} {}", opened_, row.text(0)),
                now};
}

std::shared_ptr<const Identity> ReadyAnswers::who(const Moment& moment,
                                                  const std::string& secret) const {
  const std::lock_guard lock(mutex_);
  if (moment_ != moment) return nullptr;
  const auto found = people_.find(secret);
  return found == people_.end() ? nullptr : found->second;
}

std::optional<HttpReply> ReadyAnswers::answer(const Moment& moment, const std::string& key) const {
  const std::lock_guard lock(mutex_);
  if (moment_ != moment) return std::nullopt;
  const auto found = answers_.find(key);
  if (found == answers_.end()) return std::nullopt;
  return found->second;
}

void ReadyAnswers::turn_to(const Moment& moment) {
  if (moment_ == moment) return;
  moment_ = moment;
  answers_.clear();
  people_.clear();
  bytes_ = 0;
}

void ReadyAnswers::keep(const Moment& moment, const std::string& secret, const Identity& who) {
  auto kept = std::make_shared<const Identity>(who);
  const std::lock_guard lock(mutex_);
  turn_to(moment);
  if (people_.size() < kMostPeople) people_.insert_or_assign(secret, std::move(kept));
}

HttpReply ReadyAnswers::keep(const Moment& moment, const std::string& key, HttpReply reply) {
  if (reply.status != 200) return reply;
  const std::lock_guard lock(mutex_);
  turn_to(moment);
  if (answers_.size() < kMostAnswers && bytes_ + reply.body.size() <= kMostBytes &&
      answers_.emplace(key, reply).second)
    bytes_ += reply.body.size();
  return reply;
}

std::size_t ReadyAnswers::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

bool may_be_ready(const Operation& operation) {
  constexpr std::array<std::string_view, 4> kReady{"getHome", "getHistory", "getChecklist",
                                                   "listDevices"};
  return std::ranges::find(kReady, operation.id) != kReady.end();
}

std::string shown_secret(const HttpRequest& request, std::string_view cookie) {
  const std::string_view header = request.header("authorization");
  const std::string_view session = request.cookie(cookie);
  if (header.empty() && session.empty()) return {};
  return secret_hash(fmt::format("{}:{} {}", header.size(), header, session));
}

bool takes_ready(const HttpRequest& request) {
  return request.header("cache-control").find("no-cache") == std::string_view::npos;
}

std::optional<HttpReply> ready_reply(const ReadyAnswers& ready, const ReadyAnswers::Moment& moment,
                                     const HttpRequest& request, const Operation& operation,
                                     const Identity& who, Lang lang) {
  auto there = ready.answer(moment, key_of(request, operation, who, lang));
  if (!there) return std::nullopt;
  return conditional(std::move(*there), request, lang);
}

HttpReply answer_and_keep(ReadyAnswers& ready, const ReadyAnswers::Moment& moment, const Call& call,
                          const Operation& operation) {
  const HttpRequest request = bare(call.request);
  Call asked{call.shop, request, call.db, bare(call.who), {}, call.now};
  return conditional(ready.keep(moment, key_of(request, operation, call.who, call.who.lang),
                                answer_call(asked, operation)),
                     call.request, call.who.lang);
}

}  // namespace sekisho
