#include "server/software.h"

#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>

#include "collect/inventory/components.h"
#include "collect/vuln/jvn.h"
#include "server/handlers.h"

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
  explicit SoftwareJudge(const Feeds& feeds)
      : feeds_(feeds), exploited_(exploited_cves(feeds.exploited)) {}

  void add(const Component& component, Sum& sum) const {
    const ComponentJudgement judgement = judge(component, feeds_);
    sum.known += judgement.known ? 1U : 0U;
    sum.open += judgement.open.size();
    for (const ComponentWeakness& one : judgement.open) {
      const std::string named =
          fmt::format("{} ({})", one.id, printable(component.name + " " + component.version, 60));
      if (exploited_.contains(one.id)) sum.exploited.push_back(named);
      if (!one.fixed.empty() || one.score >= kGrave) sum.grave.push_back(named);
    }
  }

  bool exploited(const std::string& id) const { return exploited_.contains(id); }

 private:
  const Feeds& feeds_;
  std::set<std::string, std::less<>> exploited_;
};

std::string first_of_all(const std::vector<std::string>& list) {
  std::string text;
  for (std::size_t i = 0; i < std::min(list.size(), kNamed); ++i)
    text += (i == 0 ? "" : ", ") + list[i];
  return list.size() > kNamed ? text + fmt::format(" (+{})", list.size() - kNamed) : text;
}

Evidence conclude(const SubjectId& subject, const char* check, const Sum& sum,
                  const std::vector<std::string>& open, const Text& found, const Text& clear,
                  Time at) {
  Evidence evidence{subject, check, Verdict::unknown, at, at + kListHolds, kSource, {}};
  if (!open.empty()) {
    const std::string names = first_of_all(open);
    evidence.verdict = Verdict::fail;
    evidence.detail = {found.ja + names, found.en + names};
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
  const auto done = call.db.write([&]() -> Result<void> {
    const auto device =
        call.db.query("UPDATE device SET software_at = ? WHERE id = ? RETURNING subject",
                      {value_of(call.now), call.id(0)});
    if (!device) return std::unexpected(device.error());
    if (device->empty()) return stop(why, not_found().error());
    if (auto gone = call.db.execute("DELETE FROM software WHERE device_id = ?", {call.id(0)});
        !gone)
      return gone;
    for (const Component& one : *list)
      if (auto kept = call.db.execute(
              "INSERT INTO software (device_id, name, version, cpe, purl) VALUES (?, ?, ?, ?, ?)",
              {call.id(0), one.name, one.version, one.cpe, one.purl});
          !kept)
        return kept;
    if (auto judged = judge_software(call.shop, call.db, call.now); !judged) return judged;
    return audit(call, "software-listed", device->front().text(0), {{"components", list->size()}});
  });
  if (!why.text.empty()) return std::unexpected(why);
  const SoftwareJudge judge_one(**feeds);
  Sum sum;
  for (const Component& one : *list) judge_one.add(one, sum);
  return written(done, reply_json(json::object{{"components", list->size()},
                                               {"known", sum.known},
                                               {"open", sum.open},
                                               {"exploited", sum.exploited.size()}}));
}

Outcome list_software(Call& call) {
  const auto page = page_of(call, 100);
  if (!page) return std::unexpected(page.error());
  const auto device = call.db.query("SELECT person_id FROM device WHERE id = ?", {call.id(0)});
  if (!device) return broken(device.error());
  if (device->empty() || (!call.who.sees_all() && (device->front().null(0) ||
                                                   device->front().integer(0) != call.who.person)))
    return not_found();
  const auto feeds = call.shop.options.newest_feeds();
  if (!feeds) return broken(feeds.error());
  const auto rows = call.db.query(
      "SELECT id, name, version, cpe, purl FROM software WHERE device_id = ? AND id > ? ORDER BY "
      "id",
      {call.id(0), page->after});
  if (!rows) return broken(rows.error());
  const bool only_open = call.query("only") == "open";
  const SoftwareJudge catalogue(**feeds);
  json::array items;
  for (const Row& row : *rows) {
    if (items.size() > page->limit) break;
    const ComponentJudgement judgement =
        judge({row.text(1), row.text(2), row.text(3), row.text(4)}, **feeds);
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
  return reply_json(
      paged(std::move(items), *page, [](const json::value& last) { return last.at("id"); }));
}

}  // namespace

Result<void> judge_software(const Shop& shop, Database& db, Time now) {
  const auto feeds = shop.options.newest_feeds();
  if (!feeds) return std::unexpected(feeds.error());
  return db.write([&]() -> Result<void> {
    const auto devices = db.query(
        "SELECT id, subject, software_at FROM device d WHERE state <> 'retired' AND software_at > "
        "? "
        "AND node_key = '' AND NOT EXISTS (SELECT 1 FROM device_certificate c WHERE c.device_id = "
        "d.id AND c.revoked_at IS NULL)",
        {value_of(now - kListHolds)});
    if (!devices) return std::unexpected(devices.error());
    if (devices->empty()) return {};
    const SoftwareJudge judge_one(**feeds);
    std::vector<Evidence> judged;
    for (const Row& device : *devices) {
      Sum sum;
      const auto rows =
          db.query("SELECT name, version, cpe, purl FROM software WHERE device_id = ? ORDER BY id",
                   {device.integer(0)});
      if (!rows) return std::unexpected(rows.error());
      for (const Row& row : *rows)
        judge_one.add({row.text(0), row.text(1), row.text(2), row.text(3)}, sum);
      const SubjectId subject{device.text(1)};
      judged.push_back(conclude(
          subject, "known-exploited", sum, sum.exploited,
          {"攻撃に使われている弱点があります: ", "open to weaknesses in real attacks: "},
          {"攻撃に使われている弱点は見つかりませんでした", "no weakness in real attacks was found"},
          device.time(2)));
      judged.push_back(conclude(
          subject, "security-updates", sum, sum.grave,
          {"更新で直る、または重大な弱点があります: ",
           "weaknesses that an update mends, or grave ones: "},
          {"更新で直る弱点は見つかりませんでした", "no weakness that an update mends was found"},
          device.time(2)));
    }
    const auto kept = append_evidence(db, judged);
    return kept ? Result<void>() : std::unexpected(kept.error());
  });
}

void add_software(Handlers& handlers) {
  handlers.insert({{"replaceSoftware", replace_software}, {"listSoftware", list_software}});
}

}  // namespace sekisho
