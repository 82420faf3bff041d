// SPDX-License-Identifier: Apache-2.0
#include "server/devices/osquery.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>
#include <boost/json.hpp>

#include "base/crypto.h"
#include "base/gzip.h"
#include "collect/inventory/inventory.h"
#include "collect/osquery/osquery.h"
#include "server/api/fields.h"
#include "store/audit.h"

namespace sekisho {
namespace {

namespace json = boost::json;

HttpReply reply(unsigned status, std::string body) {
  return {status, {{"content-type", "application/json"}}, std::move(body), {}};
}
HttpReply node_invalid() { return reply(200, R"({"node_invalid":true})"); }
HttpReply good() { return reply(200, R"({"node_invalid":false})"); }
HttpReply malformed() { return reply(400, R"({"error":"malformed"})"); }
HttpReply broken() { return reply(503, R"({"error":"try again later"})"); }

struct KnownNode {
  DeviceId id;
  SubjectId subject;
  std::string platform;
  bool look = false;
  bool extended_support = false;
};

/// Whoever has the secret of all nodes enrols as any of them, and one that was set up anew does so
/// rightly. But it never uses its old key again: when that speaks, there are two, and neither is
/// believed until an administrator has taken the keys back.
Result<void> note_if_two(Database& db, const std::string& key, Time now) {
  const auto before = db.query(
      "SELECT id, subject FROM device WHERE node_key_before = ? AND copied_at IS NULL AND state <> "
      "'retired'",
      {secret_hash(key)});
  if (!before || before->empty()) return before ? Result<void>() : std::unexpected(before.error());
  return db.write([&]() -> Result<void> {
    if (auto set = db.execute("UPDATE device SET copied_at = ? WHERE id = ?",
                              {value_of(now), before->front().integer(0)});
        !set)
      return set;
    return append_audit(db, now, "osquery", "device-copied", before->front().text(1),
                        R"({"how":"its key of before is in use"})");
  });
}

/// The device of a node's key; nothing when the key is not known, or no longer.
Result<std::optional<KnownNode>> node_of(Database& db, const std::string& key, Time now) {
  if (key.empty()) return std::nullopt;
  const auto rows = db.query(
      "SELECT id, subject, platform, look, extended_support FROM device WHERE node_key = ? AND "
      "copied_at IS NULL AND state <> 'retired'",
      {secret_hash(key)});
  if (!rows) return std::unexpected(rows.error());
  if (rows->empty()) {
    if (auto noted = note_if_two(db, key, now); !noted) return std::unexpected(noted.error());
    return std::nullopt;
  }
  const Row& row = rows->front();
  return KnownNode{
      row.id<DeviceId>(0), {row.text(1)}, row.text(2), row.integer(3) != 0, row.integer(4) != 0};
}

/// One secret lets in any number of nodes: not more than so many new ones an hour, so that whoever
/// has it can't fill the list. The others try again by themselves.
Result<bool> room_for(Database& db, const std::string& subject, Time now) {
  constexpr std::int64_t kNewNodesAnHour = 1000;
  const auto rows = db.query(
      "SELECT COUNT(*) FROM device WHERE subject LIKE 'osquery:%' AND created_at > ? AND subject "
      "<> ?",
      {value_of(now - std::chrono::hours(1)), subject});
  if (!rows) return std::unexpected(rows.error());
  return rows->front().integer(0) < kNewNodesAnHour;
}

/// Whoever made the secret knows it: once they are out, or administrate no longer, it lets nobody
/// in. Of one that an older version made nobody knows who did.
Result<bool> is_of_an_administrator(Database& db, const Settings& kept) {
  const auto maker = kept.find(kOsqueryMaker);
  if (maker == kept.end()) return true;
  const auto rows = db.query("SELECT roles FROM person WHERE id = ? AND state = 'active'",
                             {whole_number(maker->second)});
  if (!rows) return std::unexpected(rows.error());
  if (rows->empty()) return false;
  const std::string roles(rows->front().text(0));
  const auto all = words(roles);
  return std::ranges::find(all, "administrator") != all.end();
}

Result<std::optional<std::string>> enrol(Database& db, const OsqueryEnrolment& node, Time now) {
  std::optional<std::string> key;
  const auto done = db.write([&]() -> Result<void> {
    const auto kept = settings(db);
    if (!kept) return std::unexpected(kept.error());
    const auto secret = kept->find(kOsquerySecret);
    if (secret == kept->end() || secret->second.empty() ||
        !equal_in_constant_time(secret_hash(node.secret), secret->second))
      return {};
    const auto known = is_of_an_administrator(db, *kept);
    if (!known) return std::unexpected(known.error());
    if (!*known) return {};
    // The same node again, whose key was lost or is no longer taken, stays one device.
    const std::string subject =
        "osquery:" + secret_hash("osquery node " + node.machine).substr(0, 16);
    const auto room = room_for(db, subject, now);
    if (!room) return std::unexpected(room.error());
    if (!*room) return {};
    const std::string fresh = random_token();
    const auto id = db.query(
        "INSERT INTO device (subject, name, state, created_at, system_name, system_version, "
        "serial, "
        "platform, node_key, look) VALUES (?, ?, 'active', ?, ?, ?, ?, ?, ?, 1) ON CONFLICT "
        "(subject) DO UPDATE SET node_key_before = device.node_key, node_key = "
        "excluded.node_key, look = 1, platform = excluded.platform WHERE device.copied_at IS NULL "
        "AND device.state <> 'retired' RETURNING id",
        {subject, printable(node.host, kLongestName), value_of(now), node.system, node.version,
         node.serial, node.platform, secret_hash(fresh)});
    if (!id) return std::unexpected(id.error());
    if (id->empty()) return {};
    key = fresh;
    return append_audit(
        db, now, "osquery", "device-enrolled", subject,
        json::serialize(json::object{{"name", printable(node.host, kLongestName)}}));
  });
  if (!done) return std::unexpected(done.error());
  return key;
}

/// Keeps what the answers say, and the system's name where one of them gives it.
Result<void> keep(Database& db, const Guideline& guideline, const ServerOptions& options,
                  const KnownNode& node, const std::vector<OsqueryAnswer>& answers, bool looked,
                  Time now) {
  constexpr std::chrono::days kOldest{90};
  const auto feeds = options.newest_feeds();
  if (!feeds) return std::unexpected(feeds.error());
  const auto calendar = calendar_of(db);
  if (!calendar) return std::unexpected(calendar.error());
  std::vector<Evidence> evidence;
  const OsqueryRow* system = nullptr;
  for (const OsqueryAnswer& answer : answers) {
    if (answer.at < now - kOldest) continue;
    if (auto one = evidence_of(guideline, (*feeds)->support, node.subject, answer,
                               node.extended_support, now, calendar->day(now)))
      evidence.push_back(std::move(*one));
    if (answer.check == "os-support" && !answer.rows.empty()) system = &answer.rows.front();
  }
  // Said as often as the system itself.
  if (system != nullptr)
    std::ranges::move(
        unconcerned_evidence(guideline, node.subject, node.platform, now, kOsquerySource),
        std::back_inserter(evidence));
  return db.write([&]() -> Result<void> {
    if (const auto kept = append_evidence(db, evidence); !kept)
      return std::unexpected(kept.error());
    if (system != nullptr && system->contains("name") && system->contains("version"))
      if (auto set =
              db.execute("UPDATE device SET system_name = ?, system_version = ? WHERE id = ?",
                         {system->at("name"), system->at("version"), node.id});
          !set)
        return set;
    return db.execute(
        "UPDATE device SET seen_at = ?, look = CASE WHEN ? = 1 THEN 0 ELSE look END "
        "WHERE id = ?",
        {value_of(now), std::int64_t{looked ? 1 : 0}, node.id});
  });
}

HttpReply answer_enrol(const std::string& body, Database& db, Time now) {
  const auto node = read_osquery_enrolment(body);
  if (!node) return malformed();
  const auto key = enrol(db, *node, now);
  if (!key) return broken();
  if (!*key) return node_invalid();
  return reply(200, json::serialize(json::object{{"node_key", **key}, {"node_invalid", false}}));
}

/// What a node asks for by its key alone; `give` makes the reply.
template <typename Give>
HttpReply answer_known(const Result<std::string>& key, Database& db, Time now, Give give) {
  if (!key) return malformed();
  const auto node = node_of(db, *key, now);
  if (!node) return broken();
  return *node ? give(**node) : node_invalid();
}

HttpReply answer_rows(const Result<OsqueryAnswers>& brought, Database& db,
                      const Guideline& guideline, const ServerOptions& options, bool looked,
                      Time now) {
  if (!brought) return malformed();
  return answer_known(brought->node_key, db, now, [&](const KnownNode& node) {
    const bool kept = keep(db, guideline, options, node, brought->answers, looked, now).has_value();
    if (!kept) return broken();
    if (brought->replaced == 0 && !brought->dropped) return good();
    // osqueryd leaves aside what it doesn't know; whoever looks on sees why something is missing.
    return reply(200, json::serialize(json::object{{"node_invalid", false},
                                                   {"replaced", brought->replaced},
                                                   {"dropped", brought->dropped}}));
  });
}

}  // namespace

HttpReply answer_osquery(const HttpRequest& request, Database& db, const Guideline& guideline,
                         const ServerOptions& options) {
  const Time now = options.clock();
  if (request.method != "POST") return reply(405, R"({"error":"POST only"})");
  std::string body = request.body;
  if (request.header("content-encoding") == "gzip") {
    auto text = gunzip(body, kMostOsqueryBytes);
    if (!text) return reply(413, R"({"error":"too large"})");
    body = std::move(*text);
  }
  const std::string_view what =
      std::string_view(request.path).substr(std::string_view("/osquery/").size());
  if (what == "enroll") return answer_enrol(body, db, now);
  if (what == "config")
    return answer_known(read_osquery_key(body), db, now, [&](const KnownNode& node) {
      return reply(200, osquery_config(guideline, node.platform));
    });
  if (what == "log") return answer_rows(read_osquery_log(body), db, guideline, options, false, now);
  if (what == "distributed_read")
    return answer_known(read_osquery_key(body), db, now, [&](const KnownNode& node) {
      return reply(200, node.look ? osquery_distributed(guideline, node.platform)
                                  : R"({"queries":{},"node_invalid":false})");
    });
  if (what == "distributed_write")
    return answer_rows(read_osquery_write(body, now), db, guideline, options, true, now);
  return reply(404, R"({"error":"not found"})");
}

}  // namespace sekisho
