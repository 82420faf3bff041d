#include "server/devices/software.h"

#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>

#include "collect/inventory/components.h"
#include "collect/vuln/jvn.h"
#include "collect/vuln/systems.h"
#include "server/devices/device_state.h"
#include "server/devices/handlers.h"

namespace sekisho {
namespace {

namespace json = boost::json;
constexpr const char* kSource = "collector:sbom";
constexpr std::chrono::days kListHolds{90};
constexpr double kGrave = 7.0;  // CVSS: high
constexpr std::size_t kNamed = 5;

/// All CVEs of CISA's catalogue.
std::set<std::string, std::less<>> exploited_cves(const ExploitedFeed& feed) {
  std::set<std::string, std::less<>> cves;
  for (const auto& [product, entries] : feed.by_product)
    for (const ExploitedEntry& entry : entries) cves.insert(entry.cve);
  return cves;
}

/// What a device's software comes to.
struct Sum {
  std::size_t known = 0;
  std::size_t open = 0;
  std::vector<std::string> exploited;  // "CVE-2024-0001 (Zoom 5.16)"
  std::vector<std::string> grave;      // with a fix, or of CVSS 7 and more
};

class SoftwareJudge {
 public:
  SoftwareJudge(const Guideline& guideline, const Feeds& feeds)
      : guideline_(guideline), feeds_(feeds), exploited_(exploited_cves(feeds.exploited)) {}

  /// By its own names, or by those of the program that Windows calls so.
  ComponentJudgement of(const Component& component, std::string_view platform) const {
    if (!component.cpe.empty() || !component.purl.empty())
      return judge(component, feeds_, platform);
    const Software* software = software_of_program(guideline_.software, component.name);
    return software == nullptr ? ComponentJudgement()
                               : judge(software->cpe, component.version, feeds_, platform);
  }

  void add(const Component& component, std::string_view platform, Sum& sum) const {
    const ComponentJudgement judgement = of(component, platform);
    sum.known += judgement.known ? 1U : 0U;
    sum.open += judgement.open.size();
    for (const ComponentWeakness& one : judgement.open) {
      const std::string named =
          fmt::format("{} ({})", one.id, printable(component.name + " " + component.version, 60));
      // What Debian has no fix for yet is shown, but nobody could mend it.
      if (exploited(one.id) && (!one.fixed.empty() || one.score > 0))
        sum.exploited.push_back(named);
      if (!one.fixed.empty() || one.score >= kGrave) sum.grave.push_back(named);
    }
  }

  Result<Sum> sum_of(Database& db, std::int64_t device) const {
    const auto rows = db.query(
        "SELECT s.name, s.version, s.cpe, s.purl, d.system_name FROM software s JOIN device d ON "
        "d.id = s.device_id WHERE s.device_id = ? ORDER BY s.id",
        {device});
    if (!rows) return std::unexpected(rows.error());
    Sum sum;
    for (const Row& row : *rows)
      add({row.text(0), row.text(1), row.text(2), row.text(3)}, platform_of(row.text(4)), sum);
    return sum;
  }

  bool exploited(const std::string& id) const { return exploited_.contains(id); }

 private:
  const Guideline& guideline_;
  const Feeds& feeds_;
  std::set<std::string, std::less<>> exploited_;
};

std::string first_of_all(const std::vector<std::string>& list) {
  std::string text;
  for (std::size_t i = 0; i < std::min(list.size(), kNamed); ++i)
    text += (i == 0 ? "" : ", ") + list[i];
  return list.size() > kNamed ? text + fmt::format(" (+{})", list.size() - kNamed) : text;
}

Evidence conclude(const SubjectId& subject, const char* check, const Sum& sum, const Text& against,
                  const Text& clear, Time at) {
  Evidence evidence{subject, check, Verdict::unknown, at, at + kListHolds, kSource, {}};
  if (!against.en.empty()) {
    evidence.verdict = Verdict::fail;
    evidence.detail = against;
  } else if (sum.known > 0) {
    evidence.verdict = Verdict::pass;
    evidence.detail = {fmt::format("{}（{} 種類を照合）", clear.ja, sum.known),
                       fmt::format("{} ({} components matched)", clear.en, sum.known)};
  } else {
    evidence.detail = {"一覧のソフトを照合できるデータがありません",
                       "no feed knows the software on the list"};
  }
  return evidence;
}

Result<void> keep_judgement(Database& db, std::int64_t device, const Sum& sum,
                            const std::string& stamp) {
  return db.execute(
      "UPDATE device SET software_exploited = ?, software_grave = ?, software_stamp = ? WHERE id = "
      "?",
      {first_of_all(sum.exploited), first_of_all(sum.grave), stamp, device});
}

Outcome replace_software(Call& call) {
  const auto list = read_cyclonedx(call.request.body);
  if (!list) {
    Problem wrong{422,
                  {"SBOM に誤りがあります。何も変えていません。",
                   "the SBOM has faults; nothing was changed."},
                  {}};
    wrong.fields = list.error();
    return std::unexpected(std::move(wrong));
  }
  const auto feeds = call.shop.options.newest_feeds();
  if (!feeds) return broken(feeds.error());
  Problem why;
  std::string_view platform;
  const auto done = call.db.write([&]() -> Result<void> {
    const auto device =
        call.db.query("SELECT subject, system_name FROM device WHERE id = ?", {call.id(0)});
    if (!device) return std::unexpected(device.error());
    if (device->empty()) return stop(why, not_found().error());
    platform = platform_of(device->front().text(1));
    if (auto kept = keep_software(call.db, call.id(0), *list, "", call.now); !kept) return kept;
    if (auto judged = judge_software(call.shop, call.db, call.now); !judged) return judged;
    return audit(call, "software-listed", device->front().text(0), {{"components", list->size()}});
  });
  if (!why.text.empty()) return std::unexpected(why);
  const SoftwareJudge judge_one(call.guideline(), **feeds);
  Sum sum;
  for (const Component& one : *list) judge_one.add(one, platform, sum);
  return written(done, reply_json(json::object{{"components", list->size()},
                                               {"known", sum.known},
                                               {"open", sum.open},
                                               {"exploited", sum.exploited.size()}}));
}

Outcome list_software(Call& call) {
  const auto page = page_of(call, 100);
  if (!page) return std::unexpected(page.error());
  const auto device =
      call.db.query("SELECT person_id, system_name FROM device WHERE id = ?", {call.id(0)});
  if (!device) return broken(device.error());
  if (device->empty() || !sees_device(call, device->front(), 0)) return not_found();
  const auto feeds = call.shop.options.newest_feeds();
  if (!feeds) return broken(feeds.error());
  const auto rows = call.db.query(
      "SELECT id, name, version, cpe, purl FROM software WHERE device_id = ? AND id > ? ORDER BY "
      "id",
      {call.id(0), page->after});
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

Result<void> keep_software(Database& db, std::int64_t device, const std::vector<Component>& list,
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

Text open_to_attacks(const std::string& names) {
  if (names.empty()) return {};
  return {"攻撃に使われている弱点があります: " + names,
          "open to weaknesses in real attacks: " + names};
}

Text to_be_updated(const std::string& names) {
  if (names.empty()) return {};
  return {"更新で直る、または重大な弱点があります: " + names,
          "weaknesses that an update mends, or grave ones: " + names};
}

Result<void> judge_own_software(Database& db, const Guideline& guideline, const Feeds& feeds,
                                std::int64_t device) {
  const auto sum = SoftwareJudge(guideline, feeds).sum_of(db, device);
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
      {value_of(now - kListHolds)});
  if (!devices) return std::unexpected(devices.error());
  const SoftwareJudge judge_one(shop.guideline, **feeds);
  for (const Row& device : *devices) {
    const bool speaks = device.integer(3) != 0;
    if (speaks && device.text(4) == (*feeds)->stamp) continue;
    // One at a time, so that nobody waits for all.
    const auto done = db.write([&]() -> Result<void> {
      const auto sum = judge_one.sum_of(db, device.integer(0));
      if (!sum) return std::unexpected(sum.error());
      if (auto kept = keep_judgement(db, device.integer(0), *sum, (*feeds)->stamp); !kept)
        return kept;
      if (speaks) return {};
      const SubjectId subject{device.text(1)};
      const auto kept = append_evidence(
          db,
          {conclude(subject, "known-exploited", *sum, open_to_attacks(first_of_all(sum->exploited)),
                    {"攻撃に使われている弱点は見つかりませんでした",
                     "no weakness in real attacks was found"},
                    device.time(2)),
           conclude(subject, "security-updates", *sum, to_be_updated(first_of_all(sum->grave)),
                    {"更新で直る弱点は見つかりませんでした",
                     "no weakness that an update mends was found"},
                    device.time(2))});
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
