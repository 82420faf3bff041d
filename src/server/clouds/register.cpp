// SPDX-License-Identifier: Apache-2.0
#include "server/clouds/register.h"

#include <algorithm>
#include <array>
#include <span>

#include "server/api/fields.h"
#include "server/clouds/standing.h"
#include "store/columns.h"

namespace sekisho {
namespace {

namespace json = boost::json;

constexpr std::size_t kMostCertificates = 8;
constexpr std::size_t kMostServices = 200;
constexpr std::size_t kLongestNote = 1000;  // characters

constexpr std::array<std::pair<std::string_view, CloudCertificate::Kind>, 5> kCertificates{
    {{"ismap", CloudCertificate::Kind::ismap},
     {"isms", CloudCertificate::Kind::isms},
     {"privacy_mark", CloudCertificate::Kind::privacy_mark},
     {"soc2", CloudCertificate::Kind::soc2},
     {"other", CloudCertificate::Kind::other}}};

/// The three grades of information that SK-exec-A5 speaks of; empty: not decided.
constexpr std::array<std::pair<std::string_view, int>, 4> kGrades{
    {{"", 0}, {"free", 1}, {"permission", 2}, {"never", 3}}};

std::string_view name_of(CloudCertificate::Kind kind) {
  return std::ranges::find(kCertificates, kind,
                           &std::pair<std::string_view, CloudCertificate::Kind>::second)
      ->first;
}

std::string day_text(const std::optional<Day>& day) { return day ? format_day(*day) : ""; }

json::value day_or_null(const std::optional<Day>& day) {
  return day ? json::value(format_day(*day)) : json::value(nullptr);
}

/// None where it is null.
std::optional<Day> read_day(const Node& node, std::string_view key) {
  const auto given = node.find(key);
  if (!given || given->value().is_null()) return std::nullopt;
  const auto day = parse_day(given->string());
  if (!day)
    given->report("日付は 2026-11-27 の形で入力してください。", "write a day like 2026-11-27.");
  return day;
}

/// A day that has to be there: what nobody looked up was not looked up in 1970.
Day needed_day(const Node& node, std::string_view key) {
  const Node given = node.at(key);
  if (given.value().is_null()) given.report("日付を入力してください。", "enter a day.");
  return read_day(node, key).value_or(Day());
}

CloudCertificate read_certificate(const Node& node) {
  node.only({"kind", "number", "until", "seen_on"});
  return {node.at("kind").one_of<CloudCertificate::Kind>(kCertificates),
          read_name(node.at("number"), kLongestName, true), read_day(node, "until"),
          needed_day(node, "seen_on")};
}

std::vector<CloudService> read_settings(const Node& node) {
  std::vector<CloudService> list;
  for (const Node& one : node.items()) {
    const auto service = cloud_service_named(one.string());
    if (!service)
      one.report("そのサービスは一覧にありません。", "there is no such service.");
    else if (std::ranges::find(list, *service) == list.end())
      list.push_back(*service);
  }
  return list;
}

CloudEntry read_entry(const Node& node) {
  node.only({"name", "provider", "settings", "in_use", "users", "owner", "grade", "theirs", "ours",
             "certificates", "reviewed_on", "review_on"});
  CloudEntry one;
  one.name = read_name(node.at("name"));
  one.provider = read_name(node.at("provider"), kLongestName, true);
  one.settings = read_settings(node.at("settings"));
  one.in_use = node.at("in_use").boolean();
  one.users = clean_text(node.at("users"), kLongestNote, true);
  if (const auto owner = node.find("owner"); owner && !owner->value().is_null())
    one.owner = read_id<PersonId>(*owner);
  one.grade = clean_text(node.at("grade"), 20, true);
  if (std::ranges::find(kGrades, one.grade, &std::pair<std::string_view, int>::first) ==
      kGrades.end())
    node.at("grade").report("free、permission、never のいずれかです。",
                            "it is free, permission or never.");
  one.theirs = clean_text(node.at("theirs"), kLongestNote, true);
  one.ours = clean_text(node.at("ours"), kLongestNote, true);
  const auto certificates = node.at("certificates").items();
  if (certificates.size() > kMostCertificates)
    node.at("certificates").report("8 件までです。", "at most 8.");
  else
    for (const Node& each : certificates) one.certificates.push_back(read_certificate(each));
  one.reviewed_on = read_day(node, "reviewed_on");
  one.review_on = read_day(node, "review_on");
  return one;
}

json::array settings_json(const std::vector<CloudService>& settings) {
  json::array list;
  for (const CloudService service : settings) list.emplace_back(name(service));
  return list;
}

json::array certificates_json(const std::vector<CloudCertificate>& certificates) {
  json::array list;
  for (const CloudCertificate& one : certificates)
    list.emplace_back(json::object{{"kind", name_of(one.kind)},
                                   {"number", one.number},
                                   {"until", day_or_null(one.until)},
                                   {"seen_on", format_day(one.seen_on)}});
  return list;
}

/// An entry as it is kept.
struct KeptEntry {
  std::int64_t id = 0;
  std::string name, provider, settings;
  bool in_use = true;
  std::string users;
  std::optional<PersonId> owner;
  std::string owner_name, grade, theirs, ours, certificates, reviewed_on, review_on, reminded_of;

  static std::span<const Column<KeptEntry>> columns() {
    using Of = Column<KeptEntry>;
    static const std::array kColumns{Of{"c.id", &KeptEntry::id},
                                     Of{"c.name", &KeptEntry::name},
                                     Of{"c.provider", &KeptEntry::provider},
                                     Of{"c.settings", &KeptEntry::settings},
                                     Of{"c.in_use", &KeptEntry::in_use},
                                     Of{"c.users", &KeptEntry::users},
                                     Of{"c.owner_id", &KeptEntry::owner},
                                     Of{"COALESCE(p.name, '')", &KeptEntry::owner_name},
                                     Of{"c.grade", &KeptEntry::grade},
                                     Of{"c.theirs", &KeptEntry::theirs},
                                     Of{"c.ours", &KeptEntry::ours},
                                     Of{"c.certificates", &KeptEntry::certificates},
                                     Of{"c.reviewed_on", &KeptEntry::reviewed_on},
                                     Of{"c.review_on", &KeptEntry::review_on},
                                     Of{"c.reminded_of", &KeptEntry::reminded_of}};
    return kColumns;
  }
};

CloudEntry entry_of(KeptEntry kept) {
  CloudEntry one;
  one.id = CloudEntryId(kept.id);
  one.name = std::move(kept.name);
  one.provider = std::move(kept.provider);
  const json::value settings = json::parse(kept.settings);
  for (const json::value& each : settings.as_array())
    if (const auto service = cloud_service_named(each.as_string()))
      one.settings.push_back(*service);
  one.in_use = kept.in_use;
  one.users = std::move(kept.users);
  one.owner = kept.owner;
  one.owner_name = std::move(kept.owner_name);
  one.grade = std::move(kept.grade);
  one.theirs = std::move(kept.theirs);
  one.ours = std::move(kept.ours);
  const auto certificates = read_json<std::vector<CloudCertificate>>(
      kept.certificates, {100'000, 1000, 4}, [](const Node& node) {
        std::vector<CloudCertificate> list;
        for (const Node& each : node.items()) list.push_back(read_certificate(each));
        return list;
      });
  if (certificates) one.certificates = *certificates;
  one.reviewed_on = parse_day(kept.reviewed_on);
  one.review_on = parse_day(kept.review_on);
  one.reminded_of = std::move(kept.reminded_of);
  return one;
}

json::object entry_json(const CloudEntry& one, Day today) {
  return {
      {"id", one.id},
      {"name", one.name},
      {"provider", one.provider},
      {"settings", settings_json(one.settings)},
      {"in_use", one.in_use},
      {"users", one.users},
      {"owner", one.owner ? json::value(json::object{{"id", *one.owner}, {"name", one.owner_name}})
                          : json::value(nullptr)},
      {"grade", one.grade},
      {"theirs", one.theirs},
      {"ours", one.ours},
      {"certificates", certificates_json(one.certificates)},
      {"reviewed_on", day_or_null(one.reviewed_on)},
      {"review_on", day_or_null(one.review_on)},
      {"overdue", one.in_use && one.review_on && *one.review_on < today}};
}

Values values_of(const CloudEntry& one) {
  return {one.name,
          one.provider,
          json::serialize(settings_json(one.settings)),
          std::int64_t{one.in_use},
          one.users,
          value_of(one.owner),
          one.grade,
          one.theirs,
          one.ours,
          json::serialize(certificates_json(one.certificates)),
          day_text(one.reviewed_on),
          day_text(one.review_on)};
}

/// The id of what is new.
Result<std::int64_t> insert_entry(Database& db, const CloudEntry& one) {
  const auto rows = db.query(
      "INSERT INTO cloud_service (name, provider, settings, in_use, users, owner_id, grade, "
      "theirs, "
      "ours, certificates, reviewed_on, review_on, version, reminded_of) VALUES (?, ?, ?, ?, ?, ?, "
      "?, ?, ?, ?, ?, ?, 1, '') RETURNING id",
      values_of(one));
  if (!rows) return std::unexpected(rows.error());
  return rows->front().integer(0);
}

Outcome list_entries(Call& call) {
  const auto calendar = calendar_of(call.db);
  if (!calendar) return broken(calendar.error());
  const auto entries = cloud_register(call.db);
  if (!entries) return broken(entries.error());
  const Day today = calendar->day(call.now);
  json::array items, readable;
  for (const CloudEntry& one : *entries) items.emplace_back(entry_json(one, today));
  for (const CloudService service : kCloudServices)
    readable.emplace_back(json::object{{"id", name(service)}, {"name", json_text(label(service))}});
  return reply_json(json::object{{"items", std::move(items)}, {"readable", std::move(readable)}});
}

Outcome show_entry(Call& call) {
  const auto calendar = calendar_of(call.db);
  if (!calendar) return broken(calendar.error());
  const auto entries = cloud_register(call.db);
  if (!entries) return broken(entries.error());
  const auto one = std::ranges::find(*entries, call.id<CloudEntryId>(0),
                                     [](const CloudEntry& e) { return e.id; });
  if (one == entries->end()) return not_found();
  return reply_json(entry_json(*one, calendar->day(call.now)));
}

/// What follows from a change of the register, inside it.
Result<void> entered(Call& call, std::string_view action, const std::string& item) {
  if (auto judged = judge_clouds(call.shop.board.clouds(), call.db, call.now); !judged)
    return judged;
  return audit(call, action, item, {});
}

std::unexpected<Error> nobody(Problem& why) {
  return stop(why, wrong_at("/owner", "その人はいません。", "there is no such person.").error());
}

Result<bool> is_there(Database& db, std::optional<PersonId> person) {
  if (!person) return true;
  const auto rows = db.query("SELECT 1 FROM person WHERE id = ? AND state <> 'erased'", {*person});
  if (!rows) return std::unexpected(rows.error());
  return !rows->empty();
}

Outcome create_entry(Call& call) {
  const auto given = read_body<CloudEntry>(call, read_entry);
  if (!given) return std::unexpected(given.error());
  Problem why;
  std::int64_t id = 0;
  const auto done = call.db.write([&]() -> Result<void> {
    const auto there = is_there(call.db, given->owner);
    if (!there) return std::unexpected(there.error());
    if (!*there) return nobody(why);
    const auto many = call.db.query("SELECT COUNT(*) FROM cloud_service");
    if (!many) return std::unexpected(many.error());
    if (many->front().integer(0) >= static_cast<std::int64_t>(kMostServices))
      return stop(why, problem(422, "200 件までです。", "at most 200.").error());
    const auto made = insert_entry(call.db, *given);
    if (!made) return std::unexpected(made.error());
    id = *made;
    return entered(call, "cloud-service-added", given->name);
  });
  if (!why.text.empty()) return std::unexpected(why);
  return written(done, reply_json(json::object{{"id", id}}, 201));
}

Outcome change_entry(Call& call) {
  const auto given = read_body<CloudEntry>(call, read_entry);
  if (!given) return std::unexpected(given.error());
  Problem why;
  const auto done = call.db.write([&]() -> Result<void> {
    const auto there = is_there(call.db, given->owner);
    if (!there) return std::unexpected(there.error());
    if (!*there) return nobody(why);
    Values values = values_of(*given);
    values.emplace_back(call.id<CloudEntryId>(0));
    const auto changed = call.db.query(
        "UPDATE cloud_service SET name = ?, provider = ?, settings = ?, in_use = ?, users = ?, "
        "owner_id = ?, grade = ?, theirs = ?, ours = ?, certificates = ?, reviewed_on = ?, "
        "review_on = ?, version = version + 1 WHERE id = ? RETURNING id",
        values);
    if (!changed) return std::unexpected(changed.error());
    if (changed->empty()) return stop(why, not_found().error());
    return entered(call, "cloud-service-changed", given->name);
  });
  if (!why.text.empty()) return std::unexpected(why);
  return written(done, reply_nothing());
}

Outcome remove_entry(Call& call) {
  Problem why;
  const auto done = call.db.write([&]() -> Result<void> {
    const auto gone = call.db.query("DELETE FROM cloud_service WHERE id = ? RETURNING name",
                                    {call.id<CloudEntryId>(0)});
    if (!gone) return std::unexpected(gone.error());
    if (gone->empty()) return stop(why, not_found().error());
    return entered(call, "cloud-service-removed", gone->front().text(0));
  });
  if (!why.text.empty()) return std::unexpected(why);
  return written(done, reply_nothing());
}

/// Services that are one contract, and so one entry.
bool of_microsoft365(CloudService service) {
  return service == CloudService::entra || service == CloudService::exchange ||
         service == CloudService::sharepoint || service == CloudService::teams;
}

}  // namespace

Result<std::vector<CloudEntry>> cloud_register(Database& db) {
  const auto rows = db.query(
      "SELECT " + columns_of<KeptEntry>() +
      " FROM cloud_service c LEFT JOIN person p ON p.id = c.owner_id ORDER BY c.in_use DESC, "
      "c.name, c.id");
  if (!rows) return std::unexpected(rows.error());
  std::vector<CloudEntry> list;
  for (const Row& row : *rows) list.push_back(entry_of(read_as<KeptEntry>(row)));
  return list;
}

std::set<CloudService> read_in_use(const std::vector<CloudEntry>& entries) {
  std::set<CloudService> all;
  for (const CloudEntry& one : entries)
    if (one.in_use) all.insert(one.settings.begin(), one.settings.end());
  return all;
}

Result<void> enter_what_was_read(Database& db, const std::set<CloudService>& read) {
  const auto entries = cloud_register(db);
  if (!entries) return std::unexpected(entries.error());
  std::set<CloudService> known;
  CloudEntry microsoft;
  microsoft.name = "Microsoft 365";
  microsoft.provider = "Microsoft";
  for (const CloudEntry& one : *entries) {
    known.insert(one.settings.begin(), one.settings.end());
    if (std::ranges::any_of(one.settings, of_microsoft365)) microsoft = one;
  }
  bool more_of_microsoft = false;
  for (const CloudService service : read) {
    if (known.contains(service)) continue;
    if (of_microsoft365(service)) {
      microsoft.settings.push_back(service);
      more_of_microsoft = true;
      continue;
    }
    CloudEntry one;
    one.name = label(service).ja;
    one.settings = {service};
    if (const auto made = insert_entry(db, one); !made) return std::unexpected(made.error());
  }
  if (!more_of_microsoft) return {};
  if (microsoft.id)
    return db.execute("UPDATE cloud_service SET settings = ?, version = version + 1 WHERE id = ?",
                      {json::serialize(settings_json(microsoft.settings)), microsoft.id});
  const auto made = insert_entry(db, microsoft);
  if (!made) return std::unexpected(made.error());
  return {};
}

void add_cloud_register(Handlers& handlers) {
  handlers.insert({{"listCloudServices", list_entries},
                   {"getCloudService", show_entry},
                   {"createCloudService", create_entry},
                   {"changeCloudService", change_entry},
                   {"removeCloudService", remove_entry}});
}

}  // namespace sekisho
