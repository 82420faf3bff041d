#include <algorithm>
#include <limits>
#include <map>

#include "base/crypto.h"
#include "collect/cloud/cloud_json.h"
#include "collect/cloud/cloud_limits.h"
#include "guideline/embedded.h"
#include "server/api/jobs.h"
#include "server/clouds/handlers.h"
#include "store/audit.h"

namespace sekisho {
namespace {

namespace json = boost::json;

constexpr std::size_t kMostFiles = 20;
/// How long the names of a reading stay after it has ceased to say anything.
constexpr std::chrono::days kReadingStays{62};

struct GivenFiles {
  std::vector<CloudFile> files;
  CloudDeclared declared;
  std::vector<std::string> uses;
};

CloudFile given_file(const Node& node) {
  node.only({"name", "content"});
  CloudFile file{clean_text(node.at("name"), 200), {}};
  auto bytes = from_base64url(node.at("content").string());
  if (bytes)
    file.bytes = std::move(*bytes);
  else
    node.at("content").report("base64url（=なし）で送ってください。",
                              "send it as base64url without padding.");
  return file;
}

GivenFiles read_given_files(const Node& node) {
  node.only({"files", "uses", "emergency"});
  GivenFiles given;
  const auto files = node.at("files").items();
  if (files.empty() || files.size() > kMostFiles)
    node.at("files").report("ファイルは 1〜20 個です。", "give one to twenty files.");
  else
    for (const Node& file : files) given.files.push_back(given_file(file));
  for (const Node& one : node.at("uses").items()) {
    const auto service = cloud_service_named(one.string());
    if (service) {
      given.declared.in_use.insert(*service);
      given.uses.push_back(one.string());
    } else {
      one.report("そういうサービスはありません。", "there is no such service.");
    }
  }
  const auto emergency = node.at("emergency").items();
  if (emergency.size() > 2)
    node.at("emergency")
        .report("緊急用のアカウントは二つまでです。", "two accounts for emergencies at most.");
  else
    for (const Node& one : emergency) given.declared.emergency.push_back(clean_text(one, 200));
  return given;
}

std::expected<GivenFiles, Problem> given_files(const Call& call) {
  const auto document = parse_json("", call.request.body, {kMaxUploadBytes, 500, 6});
  if (!document) return invalid(document.error());
  std::vector<Error> problems;
  GivenFiles given = read_given_files(Node(*document, problems));
  if (problems.empty()) return given;
  Problem wrong{422, {"入力に誤りがあります。", "something in the input is wrong."}, {}};
  wrong.fields = std::move(problems);
  return std::unexpected(std::move(wrong));
}

/// What is wrong with a file, said at the field of the files.
std::unexpected<Problem> unreadable(const Error& error) {
  Problem wrong{422, {"ファイルを読めません。", "a file can't be read."}, {}};
  const std::string where = error.where.empty() ? "" : printable(error.where, 200) + ": ";
  wrong.fields.push_back({{where + error.message.ja, where + error.message.en}, "/files"});
  return std::unexpected(std::move(wrong));
}

/// What a check is evidence for, by the ids of the API.
json::array requirements_of(const Guideline& guideline, const CloudChecks& clouds,
                            std::string_view check) {
  json::array ids;
  const auto take = [&](const Requirement& requirement) {
    if (std::ranges::find(clouds.of(requirement), check) != clouds.of(requirement).end())
      ids.emplace_back(requirement.ascii);
  };
  for (const HandbookItem& item : guideline.handbook) take(item);
  for (const Measure& measure : guideline.measures) take(measure);
  return ids;
}

struct KeptReading {
  std::int64_t id = 0;
  Time taken_at{}, made_at{};
  std::string by;
  json::array uses, emergency, rows;
};

Result<std::optional<KeptReading>> kept_reading(Database& db) {
  const auto found = db.query(
      "SELECT r.id, r.taken_at, r.made_at, p.name, r.uses, r.emergency, r.result FROM "
      "cloud_reading r JOIN person p ON p.id = r.person_id ORDER BY r.id DESC LIMIT 1");
  if (!found) return std::unexpected(found.error());
  if (found->empty()) return std::nullopt;
  const Row& row = found->front();
  return KeptReading{row.integer(0),
                     row.time(1),
                     row.time(2),
                     row.text(3),
                     json::parse(row.text(4)).as_array(),
                     json::parse(row.text(5)).as_array(),
                     json::parse(row.text(6)).as_array()};
}

json::object shown(const std::optional<KeptReading>& kept) {
  json::array services;
  for (const CloudService service : kCloudServices)
    services.emplace_back(json::object{{"id", name(service)}, {"name", json_text(label(service))}});
  json::object page{{"services", std::move(services)}, {"reading", nullptr}};
  if (kept)
    page["reading"] = json::object{{"taken_at", json_time(kept->taken_at)},
                                   {"made_at", json_time(kept->made_at)},
                                   {"holds_until", json_time(kept->made_at + kCloudReadingHolds)},
                                   {"by", kept->by},
                                   {"uses", kept->uses},
                                   {"emergency", kept->emergency},
                                   {"rows", kept->rows}};
  return page;
}

Outcome show_clouds(Call& call) {
  const auto kept = kept_reading(call.db);
  if (!kept) return broken(kept.error());
  return reply_json(shown(*kept));
}

std::string strings_json(const std::vector<std::string>& list) {
  json::array all;
  for (const std::string& one : list) all.emplace_back(one);
  return json::serialize(all);
}

/// The rows as they are kept: with what they are evidence for, and what the reading before said.
json::array kept_rows(const Guideline& guideline, const CloudChecks& clouds,
                      const CloudReading& reading, const std::optional<KeptReading>& before) {
  std::map<std::string, json::value> verdicts;
  if (before)
    for (const json::value& row : before->rows)
      verdicts.emplace(row.at("id").as_string(), row.at("verdict"));
  json::array rows;
  for (const CloudRow& row : reading.rows) {
    json::object one = to_json(row);
    const auto was = verdicts.find(std::string(row.item->id));
    one["before"] = was == verdicts.end() ? json::value(nullptr) : was->second;
    one["requirements"] = requirements_of(guideline, clouds, row.item->check);
    rows.emplace_back(std::move(one));
  }
  return rows;
}

Outcome replace_clouds(Call& call) {
  const auto given = given_files(call);
  if (!given) return std::unexpected(given.error());
  const auto clouds = load_cloud_checks(embedded_guideline());
  if (!clouds) return broken(clouds.error());
  const auto reading = read_clouds(given->files, given->declared, call.now);
  if (!reading) return unreadable(reading.error());
  std::int64_t open = 0;
  for (const CloudRow& row : reading->rows)
    if (row.item->severe && row.finding.verdict == Verdict::fail) ++open;
  const auto done = call.db.write([&]() -> Result<void> {
    const auto before = kept_reading(call.db);
    if (!before) return std::unexpected(before.error());
    if (auto gone = call.db.execute("DELETE FROM cloud_reading"); !gone) return gone;
    if (auto kept = call.db.execute(
            "INSERT INTO cloud_reading (person_id, taken_at, made_at, uses, emergency, result) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            {call.who.person, value_of(call.now), value_of(std::min(reading->made_at, call.now)),
             strings_json(given->uses), strings_json(given->declared.emergency),
             json::serialize(kept_rows(call.guideline(), *clouds, *reading, *before))});
        !kept)
      return kept;
    json::array services;
    for (const CloudService service : reading->read) services.emplace_back(name(service));
    return audit(call, "clouds-read", "", {{"services", std::move(services)}, {"open", open}});
  });
  if (!done) return written(done, reply_nothing());
  return show_clouds(call);
}

Outcome forget_clouds(Call& call) {
  const auto done = call.db.write([&]() -> Result<void> {
    const auto gone = call.db.query("DELETE FROM cloud_reading RETURNING id");
    if (!gone) return std::unexpected(gone.error());
    if (gone->empty()) return {};
    return audit(call, "clouds-forgotten", "", {});
  });
  return written(done, reply_nothing());
}

}  // namespace

void add_clouds(Handlers& handlers) {
  handlers.insert({{"getClouds", show_clouds},
                   {"replaceClouds", replace_clouds},
                   {"forgetClouds", forget_clouds}});
}

Result<json::array> kept_in_clouds(Database& db, std::string_view email) {
  const auto kept = kept_reading(db);
  if (!kept) return std::unexpected(kept.error());
  json::array said;
  if (!*kept) return said;
  for (const json::value& row : (*kept)->rows)
    for (const json::value& one : row.at("people").as_array())
      if (lower(one.at("sign_in").as_string()) == lower(email))
        said.emplace_back(json::object{{"service", row.at("service")},
                                       {"title", row.at("title")},
                                       {"made_at", json_time((*kept)->made_at)},
                                       {"reasons", one.at("reasons")}});
  return said;
}

Result<void> forget_in_clouds(Database& db, std::string_view email) {
  const auto said = kept_in_clouds(db, email);
  if (!said) return std::unexpected(said.error());
  return said->empty() ? Result<void>() : db.execute("DELETE FROM cloud_reading");
}

void run_cloud_jobs(const Shop& shop, Database& db, Time now) {
  do_job(shop.options, "clouds", [&]() -> Result<void> {
    const Value bound = value_of(now - kReadingStays);
    // Asked first: an idle server writes nothing.
    const auto over = db.query("SELECT id FROM cloud_reading WHERE made_at < ?", {bound});
    if (!over) return std::unexpected(over.error());
    if (over->empty()) return {};
    return db.write(
        [&] { return db.execute("DELETE FROM cloud_reading WHERE made_at < ?", {bound}); });
  });
}

}  // namespace sekisho
