// SPDX-License-Identifier: Apache-2.0
// Letting devices in: links for agents, and taking their certificates back.
#include <array>
#include <limits>
#include <span>

#include <fmt/format.h>

#include "base/crypto.h"
#include "server/api/addresses.h"
#include "server/api/fields.h"
#include "server/api/links.h"
#include "server/devices/agents.h"
#include "server/devices/authority.h"
#include "server/devices/device_state.h"
#include "server/devices/handlers.h"
#include "server/devices/osquery.h"
#include "store/columns.h"

namespace sekisho {
namespace {

namespace json = boost::json;

Problem made_elsewhere() {
  return {409,
          {"このリンクは、ここではもう表示できません。新しいリンクを作ってください。",
           "this link cannot be shown here any more; make a new one."},
          {}};
}

std::unexpected<Problem> nobody_listens() {
  return problem(
      409, "端末の登録を受け付けていません。sekisho serve に --agents を付けて起動してください。",
      "no device can enrol: start sekisho serve with --agents.");
}

struct WantedEnrolment {
  std::optional<PersonId> person;
  std::string team;  // that devices are counted to; empty: none
  std::int64_t most = 1;
  std::chrono::hours lasts = kEnrolmentLasts;
};

WantedEnrolment read_wanted(const Node& node) {
  node.only({"person", "team", "uses", "days"});
  WantedEnrolment wanted;
  if (const auto one = node.find("person"); one && !one->value().is_null())
    wanted.person = read_id<PersonId>(*one);
  if (const auto team = node.find("team")) wanted.team = read_name(*team, kLongestName, true);
  if (const auto uses = node.find("uses")) wanted.most = uses->integer(1, kMostEnrolmentUses);
  if (const auto days = node.find("days"))
    wanted.lasts = std::chrono::days(days->integer(1, kMostEnrolmentDays.count()));
  if (wanted.person && wanted.most > 1)
    node.at("uses").report("一人のためのリンクは、一台ずつ作ってください。",
                           "a link for one person is for one device.");
  return wanted;
}

/// What opens a link: by the agent, and as a page that anybody can follow.
Result<json::object> link_json(Call& call, const std::string& code) {
  const auto known = organisation_authorities(call.db, call.now);
  if (!known) return std::unexpected(known.error());
  const auto people = people_address(call);
  if (!people) return std::unexpected(people.error());
  const std::string devices = devices_address(call.shop.options, *people);
  // The code stands behind the #, which browsers send to nobody.
  return json::object{
      {"link", write_link({devices, code, known->current.certificate().fingerprint})},
      {"page", *people + "/join#" + code}};
}

Result<void> must_be_active(Call& call, std::optional<PersonId> person, Problem& why) {
  if (!person) return {};
  const auto there =
      call.db.query("SELECT 1 FROM person WHERE id = ? AND state = 'active'", {*person});
  if (!there) return std::unexpected(there.error());
  if (there->empty())
    return stop(why, wrong_at("/person", "その人はいません。", "there is no such person.").error());
  return {};
}

/// Whoever doesn't administrate makes links for themselves, and not without end.
Result<void> must_have_few_open(Call& call, Problem& why) {
  if (call.who.has("administrator")) return {};
  const auto rows = call.db.query(
      "SELECT COUNT(*) FROM enrolment WHERE created_by = ? AND withdrawn_at IS NULL AND used < "
      "most "
      "AND expires_at > ?",
      {call.who.person, value_of(call.now)});
  if (!rows) return std::unexpected(rows.error());
  if (rows->front().integer(0) < kMostOpenEnrolments) return {};
  return stop(
      why, {409,
            {fmt::format("使えるリンクが {} 件あります。使うか、期限が切れてから作ってください。",
                         kMostOpenEnrolments),
             fmt::format("there are {} links that still work; use them or let them run out.",
                         kMostOpenEnrolments)},
            {}});
}

/// A person enrols a device of their own; an administrator one of anybody's, or many of a group.
Outcome create_enrolment(Call& call) {
  if (!call.shop.options.agents.on) return nobody_listens();
  auto wanted = read_body<WantedEnrolment>(call, read_wanted);
  if (!wanted) return std::unexpected(wanted.error());
  if (!call.who.has("administrator")) {
    if (wanted->person.value_or(call.who.person) != call.who.person || wanted->most > 1 ||
        !wanted->team.empty())
      return forbidden();
    if (wanted->lasts > kEnrolmentLasts)
      return problem(422, "自分のためのリンクは 3 日（72 時間）までです。",
                     "a link for oneself is good for 3 days (72 hours) at most.");
    wanted->person = call.who.person;
  }
  const NewLink link = new_link(call.shop.options, LinkKind::enrolment);
  json::object reply;
  Problem why;
  const auto done = call.db.write([&]() -> Result<void> {
    if (auto there = must_be_active(call, wanted->person, why); !there) return there;
    if (auto few = must_have_few_open(call, why); !few) return few;
    auto shown = link_json(call, link.code);
    if (!shown) return std::unexpected(shown.error());
    reply = std::move(*shown);
    if (auto swept = call.db.execute("DELETE FROM enrolment WHERE expires_at < ?",
                                     {value_of(call.now - kEnrolmentRemembered)});
        !swept)
      return swept;
    const auto rows = call.db.query(
        "INSERT INTO enrolment (secret, salt, person_id, team, most, created_by, created_at, "
        "expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
        {secret_hash(link.code), link.salt, value_of(wanted->person), wanted->team, wanted->most,
         call.who.person, value_of(call.now), value_of(call.now + wanted->lasts)});
    if (!rows) return std::unexpected(rows.error());
    reply["id"] = rows->front().integer(0);
    json::object detail;
    if (wanted->most > 1) detail["uses"] = wanted->most;
    if (!wanted->team.empty()) detail["team"] = wanted->team;
    return audit(call, "enrolment-made", std::to_string(rows->front().integer(0)),
                 std::move(detail));
  });
  if (!why.text.empty()) return std::unexpected(why);
  reply["expires_at"] = json_time(call.now + wanted->lasts);
  return written(done, reply_json(reply, 201));
}

/// A link as the list shows it.
struct Kept {
  std::int64_t id = 0;
  std::string secret;
  std::string salt;
  std::string team;
  std::int64_t most = 1;
  std::int64_t used = 0;
  std::optional<Time> used_at;
  std::optional<Time> withdrawn_at;
  Time created_at;
  Time expires_at;

  const char* state(Time now) const {
    if (withdrawn_at) return "withdrawn";
    if (used >= most) return "used";
    return expires_at > now ? "open" : "expired";
  }
  static std::span<const Column<Kept>> columns() {
    using Of = Column<Kept>;
    static const std::array kColumns{Of{"e.id", &Kept::id},
                                     Of{"e.secret", &Kept::secret},
                                     Of{"e.salt", &Kept::salt},
                                     Of{"e.team", &Kept::team},
                                     Of{"e.most", &Kept::most},
                                     Of{"e.used", &Kept::used},
                                     Of{"e.used_at", &Kept::used_at},
                                     Of{"e.withdrawn_at", &Kept::withdrawn_at},
                                     Of{"e.created_at", &Kept::created_at},
                                     Of{"e.expires_at", &Kept::expires_at}};
    return kColumns;
  }
};

Outcome list_enrolments(Call& call) {
  const auto page = page_of(call, 200);
  if (!page) return std::unexpected(page.error());
  const std::int64_t from =
      page->after > 0 ? page->after : std::numeric_limits<std::int64_t>::max();
  const auto rows = call.db.query(
      "SELECT " + columns_of<Kept>() +
          ", p.id, p.name, b.id, b.name, w.id, w.name FROM enrolment e LEFT JOIN person "
          "p ON p.id = e.person_id LEFT JOIN person b ON b.id = "
          "e.created_by LEFT JOIN person w ON w.id = e.withdrawn_by WHERE e.id < ? ORDER BY e.id "
          "DESC "
          "LIMIT ?",
      {from, static_cast<std::int64_t>(page->limit + 1)});
  if (!rows) return broken(rows.error());
  json::array items;
  for (const Row& row : *rows) {
    const auto kept = read_as<Kept>(row);
    const std::size_t person = Kept::columns().size();
    items.emplace_back(json::object{{"id", kept.id},
                                    {"created_at", json_time(kept.created_at)},
                                    {"expires_at", json_time(kept.expires_at)},
                                    {"person", person_json(row, person, person + 1)},
                                    {"by", person_json(row, person + 2, person + 3)},
                                    {"team", kept.team},
                                    {"uses", kept.most},
                                    {"used", kept.used},
                                    {"used_at", json_time(kept.used_at)},
                                    {"withdrawn_at", json_time(kept.withdrawn_at)},
                                    {"withdrawn_by", person_json(row, person + 4, person + 5)},
                                    {"state", kept.state(call.now)}});
  }
  return reply_json(
      paged(std::move(items), *page, [](const json::value& last) { return last.at("id"); }));
}

/// Of a link that can still be used; null when there is none.
Result<std::optional<Kept>> open_link(Call& call, const char* by, const Value& value) {
  const auto rows = call.db.query(
      "SELECT " + columns_of<Kept>() + " FROM enrolment e WHERE " + by + " = ?", {value});
  if (!rows) return std::unexpected(rows.error());
  if (rows->empty()) return std::nullopt;
  auto kept = read_as<Kept>(rows->front());
  if (std::string_view(kept.state(call.now)) != "open") return std::nullopt;
  return kept;
}

/// A link once more, for whoever has to hand it on; who asked stands in the audit log.
Outcome show_enrolment(Call& call) {
  if (!call.shop.options.agents.on) return nobody_listens();
  Problem why;
  json::object reply;
  const auto done = call.db.write([&]() -> Result<void> {
    const auto kept = open_link(call, "e.id", call.id<EnrolmentId>(0));
    if (!kept) return std::unexpected(kept.error());
    if (!*kept) return stop(why, not_found().error());
    const std::string code =
        shown_again(call.shop.options, LinkKind::enrolment, (*kept)->salt, (*kept)->secret);
    if (code.empty()) return stop(why, made_elsewhere());
    auto shown = link_json(call, code);
    if (!shown) return std::unexpected(shown.error());
    reply = std::move(*shown);
    reply["expires_at"] = json_time((*kept)->expires_at);
    return audit(call, "enrolment-shown", fmt::format("{}", call.id<EnrolmentId>(0)));
  });
  if (!why.text.empty()) return std::unexpected(why);
  return written(done, reply_json(reply, 201));
}

Outcome withdraw_enrolment(Call& call) {
  Problem why;
  const auto done = call.db.write([&]() -> Result<void> {
    const auto gone = call.db.query(
        "UPDATE enrolment SET withdrawn_at = ?, withdrawn_by = ? WHERE id = ? AND withdrawn_at IS "
        "NULL RETURNING id",
        {value_of(call.now), call.who.person, call.id<EnrolmentId>(0)});
    if (!gone) return std::unexpected(gone.error());
    if (gone->empty()) return stop(why, not_found().error());
    return audit(call, "enrolment-withdrawn", fmt::format("{}", call.id<EnrolmentId>(0)));
  });
  if (!why.text.empty()) return std::unexpected(why);
  return written(done, reply_nothing());
}

json::array packages_json(const Shop& shop) {
  json::array list;
  if (shop.options.packages)
    for (const Packages::Package& one : shop.options.packages->all())
      list.push_back(
          {{"kind", one.kind}, {"name", one.name}, {"bytes", one.bytes}, {"sha256", one.sha256}});
  return list;
}

Outcome list_downloads(Call& call) {
  return reply_json(json::object{{"items", packages_json(call.shop)},
                                 {"own_authority", call.shop.options.own_authority}});
}

/// For whoever has a link, without signing in: all that their device needs, and nothing of the
/// firm but its name.
Outcome join(Call& call) {
  const auto code = read_body<std::string>(call, [](const Node& node) {
    node.only({"code"});
    return clean_text(node.at("code"), 100);
  });
  if (!code) return std::unexpected(code.error());
  const auto kept = open_link(call, "e.secret", secret_hash(*code));
  if (!kept) return broken(kept.error());
  if (!*kept || !call.shop.options.agents.on)
    return problem(404, "このリンクは使えません。期限が切れたか、使い終わっています。",
                   "this link does not work: it has run out or was used up.");
  auto reply = link_json(call, *code);
  if (!reply) return broken(reply.error());
  const auto organisation = settings(call.db);
  if (!organisation) return broken(organisation.error());
  const auto name = organisation->find("organisation.name");
  reply->erase("page");
  (*reply)["organisation"] = name == organisation->end() ? "" : name->second;
  (*reply)["expires_at"] = json_time((*kept)->expires_at);
  (*reply)["downloads"] = packages_json(call.shop);
  (*reply)["own_authority"] = call.shop.options.own_authority;
  return reply_json(*reply);
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
    if (auto set = set_setting(call.db, kOsqueryMaker, fmt::format("{}", call.who.person)); !set)
      return set;
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
                   {"showEnrolment", show_enrolment},
                   {"withdrawEnrolment", withdraw_enrolment},
                   {"listDownloads", list_downloads},
                   {"join", join},
                   {"setUpOsquery", set_up_osquery},
                   {"revokeDevice", revoke_certificates}});
}

}  // namespace sekisho
