// SPDX-License-Identifier: Apache-2.0
#include "server/devices/software.h"

#include "collect/inventory/sbom.h"
#include "collect/inventory/software.h"
#include "collect/vuln/jvn.h"
#include "collect/vuln/systems.h"
#include "server/devices/device_state.h"
#include "server/devices/handlers.h"

namespace sekisho {
namespace {

namespace json = boost::json;
constexpr const char* kSbomSource = "collector:sbom";
constexpr std::chrono::days kSbomHolds{90};
constexpr const char* kUnnamed = "-";

Result<SoftwareSum> sum_of(const SoftwareJudge& judge, Database& db, DeviceId device) {
  const auto rows = db.query(
      "SELECT s.name, s.version, s.cpe, s.purl, d.system_name FROM software s JOIN device d ON "
      "d.id = s.device_id WHERE s.device_id = ? ORDER BY s.id",
      {device});
  if (!rows) return std::unexpected(rows.error());
  SoftwareSum sum;
  for (const Row& row : *rows)
    judge.add({row.text(0), row.text(1), row.text(2), row.text(3)}, platform_of(row.text(4)), sum);
  return sum;
}

/// On a device that is its user's own, programs that no list names are counted and not kept: what
/// somebody has installed at home tells a firm nothing that it needs. They stay unmatched.
Result<void> keep_less_of_own(const SoftwareJudge& judge, Database& db, DeviceId device) {
  const auto rows = db.query(
      "SELECT s.id, s.name, s.version, s.cpe, s.purl, d.system_name FROM software s JOIN device d "
      "ON d.id = s.device_id WHERE s.device_id = ? AND d.own = 1 AND s.name <> ? ORDER BY s.id",
      {device, std::string(kUnnamed)});
  if (!rows) return std::unexpected(rows.error());
  for (const Row& row : *rows) {
    const Component one{row.text(1), row.text(2), row.text(3), row.text(4)};
    if (judge.of(one, platform_of(row.text(5))).known) continue;
    if (auto blank = db.execute(
            "UPDATE software SET name = ?, version = '', cpe = '', purl = '' WHERE id = ?",
            {std::string(kUnnamed), row.integer(0)});
        !blank)
      return blank;
  }
  return {};
}

Result<void> keep_judgement(Database& db, DeviceId device, const SoftwareSum& sum,
                            const std::string& stamp) {
  return db.execute(
      "UPDATE device SET software_exploited = ?, software_grave = ?, software_stamp = ? WHERE id = "
      "?",
      {first_of_all(sum.exploited), first_of_all(sum.grave), stamp, device});
}

Outcome replace_software(Call& call) {
  const auto sbom = read_cyclonedx(call.request.body);
  if (!sbom) {
    Problem wrong{422,
                  {"SBOM に誤りがあります。何も変えていません。",
                   "the SBOM has faults; nothing was changed."},
                  {}};
    wrong.fields = sbom.error();
    return std::unexpected(std::move(wrong));
  }
  const std::vector<Component>& list = sbom->components;
  const auto feeds = call.shop.options.newest_feeds();
  if (!feeds) return broken(feeds.error());
  Problem why;
  std::string_view platform;
  const auto done = call.db.write([&]() -> Result<void> {
    const auto device = call.db.query("SELECT subject, system_name FROM device WHERE id = ?",
                                      {call.id<DeviceId>(0)});
    if (!device) return std::unexpected(device.error());
    if (device->empty()) return stop(why, not_found().error());
    platform = platform_of(device->front().text(1));
    if (auto kept = keep_software(call.db, call.id<DeviceId>(0), list, "", call.now); !kept)
      return kept;
    if (auto judged = judge_software(call.shop, call.db, call.now); !judged) return judged;
    return audit(call, "software-listed", device->front().text(0), {{"components", list.size()}});
  });
  if (!why.text.empty()) return std::unexpected(why);
  const SoftwareJudge judge_one(call.guideline(), **feeds);
  SoftwareSum sum;
  for (const Component& one : list) judge_one.add(one, platform, sum);
  return written(done, reply_json(json::object{{"components", list.size()},
                                               {"optional", sbom->optional},
                                               {"excluded", sbom->excluded},
                                               {"known", sum.known},
                                               {"open", sum.open},
                                               {"exploited", sum.exploited.size()}}));
}

Outcome list_software(Call& call) {
  const auto page = page_of(call, 100);
  if (!page) return std::unexpected(page.error());
  const auto device = call.db.query("SELECT person_id, system_name FROM device WHERE id = ?",
                                    {call.id<DeviceId>(0)});
  if (!device) return broken(device.error());
  if (device->empty() || !sees_device(call, device->front(), 0)) return not_found();
  const auto feeds = call.shop.options.newest_feeds();
  if (!feeds) return broken(feeds.error());
  const auto rows = call.db.query(
      "SELECT id, name, version, cpe, purl FROM software WHERE device_id = ? AND id > ? ORDER BY "
      "id",
      {call.id<DeviceId>(0), page->after});
  if (!rows) return broken(rows.error());
  const bool only_open = call.query("only") == "open";
  const SoftwareJudge catalogue(call.guideline(), **feeds);
  const std::string_view platform = platform_of(device->front().text(1));
  json::array items;
  std::size_t known = 0;
  for (const Row& row : *rows) {
    const ComponentJudgement judgement =
        catalogue.of({row.text(1), row.text(2), row.text(3), row.text(4)}, platform);
    known += judgement.known ? 1U : 0U;
    if (items.size() > page->limit) continue;
    if (only_open && judgement.open.empty()) continue;
    json::array weaknesses;
    for (const ComponentWeakness& one : judgement.open) {
      const auto name = (*feeds)->names ? (*feeds)->names->of(one.id) : std::nullopt;
      weaknesses.emplace_back(
          json::object{{"id", one.id},
                       {"title", name ? json_text(name->title_in_both()) : json::value(nullptr)},
                       {"page", name ? json_text(name->page()) : json::value(nullptr)},
                       {"score", one.score > 0 ? json::value(one.score) : json::value(nullptr)},
                       {"fixed", one.fixed.empty() ? json::value(nullptr) : json::value(one.fixed)},
                       {"exploited", catalogue.exploited(one.id)}});
    }
    items.emplace_back(json::object{{"id", row.integer(0)},
                                    {"name", row.text(1)},
                                    {"version", row.text(2)},
                                    {"known", judgement.known},
                                    {"weaknesses", std::move(weaknesses)}});
  }
  auto reply =
      paged(std::move(items), *page, [](const json::value& last) { return last.at("id"); });
  reply["listed"] = rows->size();
  reply["known"] = known;
  return reply_json(reply);
}

}  // namespace

Result<void> keep_software(Database& db, DeviceId device, const std::vector<Component>& list,
                           const std::string& version, Time at) {
  if (auto set = db.execute("UPDATE device SET software_at = ?, software_version = ?, "
                            "software_stamp = '' WHERE id = ?",
                            {value_of(at), version, device});
      !set)
    return set;
  if (auto gone = db.execute("DELETE FROM software WHERE device_id = ?", {device}); !gone)
    return gone;
  for (const Component& one : list)
    if (auto kept = db.execute(
            "INSERT INTO software (device_id, name, version, cpe, purl) VALUES (?, ?, ?, ?, ?)",
            {device, one.name, one.version, one.cpe, one.purl});
        !kept)
      return kept;
  return {};
}

Result<void> judge_own_software(Database& db, const Guideline& guideline, const Feeds& feeds,
                                DeviceId device) {
  const SoftwareJudge judge(guideline, feeds);
  if (auto less = keep_less_of_own(judge, db, device); !less) return less;
  const auto sum = sum_of(judge, db, device);
  if (!sum) return std::unexpected(sum.error());
  return keep_judgement(db, device, *sum, feeds.stamp);
}

Result<void> judge_software(const Shop& shop, Database& db, Time now) {
  const auto feeds = shop.options.newest_feeds();
  if (!feeds) return std::unexpected(feeds.error());
  const auto devices = db.query(
      "SELECT id, subject, software_at, CASE WHEN node_key <> '' OR EXISTS (SELECT 1 FROM "
      "device_certificate c WHERE c.device_id = d.id AND c.revoked_at IS NULL) THEN 1 ELSE 0 END "
      "AS speaks, software_stamp FROM device d WHERE state <> 'retired' AND software_at > ? ORDER "
      "BY id",
      {value_of(now - kSbomHolds)});
  if (!devices) return std::unexpected(devices.error());
  const SoftwareJudge judge_one(shop.guideline, **feeds);
  for (const Row& device : *devices) {
    const bool speaks = device.integer(3) != 0;
    if (speaks && device.text(4) == (*feeds)->stamp) continue;
    // One at a time, so that nobody waits for all.
    const auto done = db.write([&]() -> Result<void> {
      const auto id = device.id<DeviceId>(0);
      if (auto less = keep_less_of_own(judge_one, db, id); !less) return less;
      const auto sum = sum_of(judge_one, db, id);
      if (!sum) return std::unexpected(sum.error());
      if (auto kept = keep_judgement(db, id, *sum, (*feeds)->stamp); !kept) return kept;
      if (speaks) return {};
      const auto kept = append_evidence(
          db,
          judge_one.evidence({device.text(1)}, *sum, device.time(2), now, kSbomHolds, kSbomSource));
      return kept ? Result<void>() : std::unexpected(kept.error());
    });
    if (!done) return done;
  }
  return {};
}

void add_software(Handlers& handlers) {
  handlers.insert({{"replaceSoftware", replace_software}, {"listSoftware", list_software}});
}

}  // namespace sekisho
