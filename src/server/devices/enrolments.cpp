// Letting devices in: links for agents, and taking their certificates back.
#include <array>

#include <fmt/format.h>

#include "base/crypto.h"
#include "server/api/fields.h"
#include "server/devices/agents.h"
#include "server/devices/authority.h"
#include "server/devices/device_state.h"
#include "server/devices/handlers.h"
#include "server/devices/osquery.h"

namespace sekisho {
namespace {

namespace json = boost::json;

std::unexpected<Problem> nobody_listens() {
  return problem(
      409, "端末の登録を受け付けていません。sekisho serve に --agents を付けて起動してください。",
      "no device can enrol: start sekisho serve with --agents.");
}

/// A person enrols a device of their own; an administrator one of anybody's, or nobody's.
Outcome create_enrolment(Call& call) {
  if (!call.shop.options.agents.on) return nobody_listens();
  auto person =
      read_body<std::optional<PersonId>>(call, [](const Node& node) -> std::optional<PersonId> {
        node.only({"person"});
        if (const auto one = node.find("person")) return read_id<PersonId>(*one);
        return std::nullopt;
      });
  if (!person) return std::unexpected(person.error());
  if (!call.who.has("administrator")) {
    if (person->value_or(call.who.person) != call.who.person) return forbidden();
    *person = call.who.person;
  }
  const std::string code = random_token(16);
  std::int64_t id = 0;
  std::string authority;
  Problem why;
  const auto done = call.db.write([&]() -> Result<void> {
    if (*person) {
      const auto there =
          call.db.query("SELECT 1 FROM person WHERE id = ? AND state = 'active'", {**person});
      if (!there) return std::unexpected(there.error());
      if (there->empty())
        return stop(why, {422, {"その人はいません。", "there is no such person."}, {}});
    }
    const auto known = organisation_authorities(call.db, call.now);
    if (!known) return std::unexpected(known.error());
    authority = known->current.certificate().fingerprint;
    if (auto swept =
            call.db.execute("DELETE FROM enrolment WHERE expires_at < ?", {value_of(call.now)});
        !swept)
      return swept;
    const auto rows = call.db.query(
        "INSERT INTO enrolment (secret, person_id, created_by, created_at, expires_at) VALUES (?, "
        "?, ?, ?, ?) RETURNING id",
        {secret_hash(code), value_of(*person), call.who.person, value_of(call.now),
         value_of(call.now + kEnrolmentLasts)});
    if (!rows) return std::unexpected(rows.error());
    id = rows->front().integer(0);
    return audit(call, "enrolment-made", std::to_string(id));
  });
  if (!why.text.empty()) return std::unexpected(why);
  return written(
      done, reply_json(
                json::object{{"id", id},
                             {"link", write_link({agents_url(call.shop.options), code, authority})},
                             {"expires_at", json_time(call.now + kEnrolmentLasts)}},
                201));
}

Outcome list_enrolments(Call& call) {
  const auto rows = call.db.query(
      "SELECT e.id, e.created_at, e.expires_at, p.id, p.name FROM enrolment e LEFT JOIN person p "
      "ON p.id = e.person_id WHERE e.expires_at > ? ORDER BY e.id",
      {value_of(call.now)});
  if (!rows) return broken(rows.error());
  json::array items;
  for (const Row& row : *rows)
    items.emplace_back(json::object{{"id", row.integer(0)},
                                    {"created_at", json_time(row.time(1))},
                                    {"expires_at", json_time(row.time(2))},
                                    {"person", person_json(row, 3, 4)}});
  return reply_json(json::object{{"items", std::move(items)}});
}

Outcome withdraw_enrolment(Call& call) {
  Problem why;
  const auto done = call.db.write([&]() -> Result<void> {
    const auto gone =
        call.db.query("DELETE FROM enrolment WHERE id = ? RETURNING id", {call.id<EnrolmentId>(0)});
    if (!gone) return std::unexpected(gone.error());
    if (gone->empty()) return stop(why, not_found().error());
    return audit(call, "enrolment-withdrawn", fmt::format("{}", call.id<EnrolmentId>(0)));
  });
  if (!why.text.empty()) return std::unexpected(why);
  return written(done, reply_nothing());
}

/// osquery's own folders (osquery.readthedocs.io, "Command line flags").
struct OsqueryPlace {
  const char* system;
  const char* folder;
  const char* separator;
};
constexpr std::array kOsqueryPlaces{OsqueryPlace{"Linux", "/etc/osquery", "/"},
                                    OsqueryPlace{"Windows", R"(C:\Program Files\osquery)", R"(\)"},
                                    OsqueryPlace{"macOS", "/private/var/osquery", "/"}};

/// A machine is told apart by its hardware (a name can be that of many). Batches are compressed and
/// short enough to be taken: one that isn't would come again for ever.
std::string osquery_flags(const OsqueryPlace& place, std::string_view host) {
  return fmt::format(
      "--tls_hostname={0}\n--host_identifier=uuid\n--tls_server_certs={1}{2}sekisho.pem\n"
      "--enroll_secret_path={1}{2}sekisho.secret\n"
      "--enroll_tls_endpoint=/osquery/enroll\n--config_plugin=tls\n"
      "--config_tls_endpoint=/osquery/config\n--config_refresh=600\n--logger_plugin=tls\n"
      "--logger_tls_endpoint=/osquery/log\n--logger_tls_period=60\n--logger_tls_compress=true\n"
      "--logger_tls_max_lines=128\n--logger_tls_max_linesize=16384\n"
      "--disable_distributed=false\n--distributed_plugin=tls\n"
      "--distributed_tls_read_endpoint=/osquery/distributed_read\n"
      "--distributed_tls_write_endpoint=/osquery/distributed_write\n--distributed_interval=60\n",
      host, place.folder, place.separator);
}

/// A new secret for osquery nodes, and all that one of them needs. Nodes that enrolled stay.
Outcome set_up_osquery(Call& call) {
  if (!call.shop.options.agents.on) return nobody_listens();
  const std::string secret = random_token();
  std::string authority;
  const auto done = call.db.write([&]() -> Result<void> {
    const auto known = organisation_authorities(call.db, call.now);
    if (!known) return std::unexpected(known.error());
    authority = known->believed();
    if (auto set = set_setting(call.db, kOsquerySecret, secret_hash(secret)); !set) return set;
    return audit(call, "osquery-secret-made", "");
  });
  const std::string host =
      agents_url(call.shop.options).substr(std::string_view("https://").size());
  json::array systems;
  for (const OsqueryPlace& place : kOsqueryPlaces)
    systems.push_back(
        {{"name", place.system}, {"folder", place.folder}, {"flags", osquery_flags(place, host)}});
  return written(done, reply_json(json::object{{"secret", secret},
                                               {"authority", authority},
                                               {"flags", osquery_flags(kOsqueryPlaces[0], host)},
                                               {"systems", std::move(systems)}},
                                  201));
}

/// From the next request on nothing of this device's agent is believed.
Outcome revoke_certificates(Call& call) {
  Problem why;
  const auto done = call.db.write([&]() -> Result<void> {
    const auto device =
        call.db.query("SELECT subject FROM device WHERE id = ?", {call.id<DeviceId>(0)});
    if (!device) return std::unexpected(device.error());
    if (device->empty()) return stop(why, not_found().error());
    if (auto ended = revoke_device(call.db, call.id<DeviceId>(0), call.now); !ended) return ended;
    return audit(call, "device-revoked", device->front().text(0));
  });
  if (!why.text.empty()) return std::unexpected(why);
  return written(done, reply_nothing());
}

}  // namespace

void add_enrolments(Handlers& handlers) {
  handlers.insert({{"createEnrolment", create_enrolment},
                   {"listEnrolments", list_enrolments},
                   {"withdrawEnrolment", withdraw_enrolment},
                   {"setUpOsquery", set_up_osquery},
                   {"revokeDevice", revoke_certificates}});
}

}  // namespace sekisho
