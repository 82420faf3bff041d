// SPDX-License-Identifier: Apache-2.0
// Bytes as they come in, the whole server, and its database after them. Whoever asks whatever: no
// fault of the server's own, nothing changed unless it said so, nothing said to be done that isn't,
// no change without its entry in the audit log, and the turn to write is free.
//
// The first byte says who asks; the server's own cookie and its word are put in for them, since no
// input can know those. What the requests say beside that is as it comes.
#include <algorithm>
#include <array>
#include <memory>

#include "fuzz.h"
#include "office.h"
#include "server/http/plain.h"
#include "store/audit.h"
#include "store/copy.h"

namespace sekisho {
namespace {

/// Tables that a request may write to without changing anything that people keep.
constexpr std::array<std::string_view, 5> kBookkeeping{"session", "guess", "pending", "job",
                                                       "audit"};
/// Changes that are one's own, and not told of in the audit log.
constexpr std::array<std::string_view, 2> kPrivate{"/api/v1/me", "/api/v1/device-views"};
/// These would call other hosts or programs, or do nothing but hash passwords.
constexpr std::array<std::string_view, 5> kLeftOut{"/notices/test", "/sign-in", "/setup",
                                                   "/invitations/accept", "/me/password"};
constexpr std::array<const char*, 4> kRoles{"administrator", "executive", "teleworker", "auditor"};

void must(Database& db, std::string_view sql, const Values& values = {}) {
  require(db.query(sql, values).has_value());
}

class World {
 public:
  World() : outside_(office_.beside()), tables_(*table_names(*outside_)) {
    for (const char* role : kRoles)
      must(*outside_,
           "INSERT INTO person (email, name, roles, lang, state, totp_step, recovery, created_at) "
           "VALUES (?, ?, ?, 'en', 'active', 0, '', 1)",
           {fmt::format("{}@firm.example", role), std::string(role), std::string(role)});
    let_in();
    for (std::size_t i = 0; i < kRoles.size(); ++i) {
      visitors_.at(i).cookie = fmt::format("sekisho=secret-of-{}", kRoles.at(i));
      office_.learn(visitors_.at(i));
    }
    Visitor& admin = visitors_.front();
    for (
        const auto& [path, body] : std::initializer_list<std::pair<const char*, const char*>>{
            {"/appliances",
             R"({"name":"v","kind":"fortigate","model":"","version":"1","reused":false,"confirmed":true})"},
            {"/incidents", R"({"kind":"suspicious_mail","text":"x"})"},
            {"/invitations", R"({"email":"n@firm.example","name":"N","roles":["teleworker"]})"},
            {"/device-views", R"({"name":"v","query":"state=lost"})"}})
      require(office_.ask(admin, "POST", path, body).status < 300);
    // Its key is made when it is first asked for.
    require(office_.ask(admin, "GET", "/report-key").status == 200);
    look();
  }

  void hear(std::size_t who, std::string_view bytes) {
    RequestReader reader;
    reader.feed(bytes);
    for (int i = 0; i < 4; ++i) {
      if (reader.next() == RequestReader::Step::head) {
        reader.take_body(kMaxBodyBytes);
        if (reader.next() == RequestReader::Step::head) return;
      }
      if (reader.next() != RequestReader::Step::done) return;
      auto request = plain_request(reader.head(), reader.take_fields(), *read_ip("127.0.0.1"), {});
      if (!request) return;
      request->body = std::move(reader.body());
      request->body_follows = false;
      answer(who, std::move(*request));
      reader.again();
    }
  }

 private:
  /// All sessions are good again, whatever was done with them.
  void let_in() {
    for (std::size_t i = 0; i < kRoles.size(); ++i) {
      const auto id = static_cast<std::int64_t>(i + 1);
      must(*outside_, "UPDATE person SET state = 'active', roles = ? WHERE id = ?",
           {std::string(kRoles.at(i)), id});
      must(*outside_,
           "INSERT INTO session (person_id, secret, stage, created_at, seen_at, expires_at, "
           "proved_at, peer, agent) VALUES (?, ?, 'full', 1, 3900000000, ?, ?, '', '') ON CONFLICT "
           "(secret) DO UPDATE SET stage = 'full', person_id = excluded.person_id, proved_at = "
           "excluded.proved_at, expires_at = excluded.expires_at",
           {id, secret_hash(fmt::format("secret-of-{}", kRoles.at(i))),
            value_of(office_.time + std::chrono::hours(12)), value_of(office_.time)});
    }
  }

  /// Everything that people keep, as whoever comes later finds it.
  std::string all() {
    std::string text;
    for (const std::string& table : tables_) {
      if (std::ranges::find(kBookkeeping, table) != kBookkeeping.end()) continue;
      text += table + "\n";
      require(outside_
                  ->each("SELECT * FROM " + table, {},
                         [&](const Row& row) {
                           for (std::size_t i = 0; i < row.size(); ++i) text += "|" + row.text(i);
                           text += "\n";
                           return true;
                         })
                  .has_value());
    }
    return text;
  }
  std::int64_t entries() {
    return outside_->query("SELECT COUNT(*) FROM audit")->front().integer(0);
  }
  /// Whether anybody has committed anything since.
  bool anything_new() {
    const std::string now = outside_->query("PRAGMA data_version")->front().text(0);
    return std::exchange(version_, now) != now;
  }
  void look() {
    (void)anything_new();
    kept_ = all();
    entries_ = entries();
  }

  void answer(std::size_t who, HttpRequest request) {
    const auto is_named = [&](std::string_view part) {
      return request.path.find(part) != std::string::npos;
    };
    if (std::ranges::any_of(kLeftOut, is_named) || request.query.find("pdf") != std::string::npos)
      return;
    if (who < visitors_.size()) {
      if (request.header("cookie").empty())
        request.headers.emplace_back("cookie", visitors_.at(who).cookie);
      if (request.header("x-sekisho-csrf").empty())
        request.headers.emplace_back("x-sekisho-csrf", visitors_.at(who).csrf);
    }
    office_.time += std::chrono::seconds(1);
    const HttpReply reply = office_.server().answer(request);
    require(reply.status >= 200 && reply.status < 600 && reply.status != 500);
    for (const auto& [name, value] : reply.headers)
      require(value.find_first_of("\r\n") == std::string::npos);
    require(outside_->write([] { return Result<void>(); }).has_value());
    const bool done = reply.status < 300 && request.method != "GET";
    // What is one's own may be made once more as it is.
    const bool own = std::ranges::any_of(kPrivate, is_named);
    if (!anything_new()) {
      require(reply.status != 201 || own);
      return;
    }
    const std::string after = all();
    const std::int64_t told = entries();
    const bool changed = after != kept_;
    require(done || !changed);
    require(reply.status != 201 || changed || own);
    require(!changed || told > entries_ || own);
    kept_ = after;
    entries_ = told;
    if (!done) return;
    let_in();
    // Nobody is written to.
    must(*outside_, "DELETE FROM setting WHERE name IN ('smtp.url', 'hooks')");
    look();
    if (++done_ % 200 == 0) require(verify_audit(*outside_)->intact());
  }

  Office office_;
  std::unique_ptr<Database> outside_;
  std::vector<std::string> tables_;
  std::array<Visitor, kRoles.size()> visitors_;
  std::string version_;
  std::string kept_;
  std::int64_t entries_ = 0;
  std::size_t done_ = 0;
};

}  // namespace
}  // namespace sekisho

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sekisho;
  static std::unique_ptr<World> world;
  static int left = 0;
  if (size == 0) return 0;
  if (left-- == 0) {
    world = std::make_unique<World>();
    left = 3000;
  }
  world->hear(data[0] % 6U, text_of(data + 1, size - 1));
  return 0;
}
