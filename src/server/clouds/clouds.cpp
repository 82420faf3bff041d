// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <limits>
#include <map>

#include "base/crypto.h"
#include "collect/cloud/cloud_json.h"
#include "collect/cloud/cloud_limits.h"
#include "server/api/jobs.h"
#include "server/clouds/guides.h"
#include "server/clouds/handlers.h"
#include "server/clouds/news.h"
#include "server/clouds/readers.h"
#include "server/clouds/standing.h"
#include "store/audit.h"
#include "store/leftovers.h"

namespace sekisho {
namespace {

namespace json = boost::json;

constexpr std::size_t kMostFiles = 20;
/// How long the names of a reading stay after it has ceased to say anything.
constexpr std::chrono::days kReadingStays{62};

struct GivenFiles {
  std::vector<CloudFile> files;
  CloudDeclared declared;
  bool moved = false;  // the firm has another account now: what is kept of the old one goes
};

CloudFile given_file(const Node& node) {
  node.only({"name", "content"});
  CloudFile file{clean_text(node.at("name"), 200), {}};
  const Node content = node.at("content");
  if (const auto* text = content.value().if_string(); text != nullptr && text->empty()) {
    content.report(file.name + ": 空のファイルです。", file.name + ": the file is empty.");
    return file;
  }
  auto bytes = from_base64url(content.string());
  if (bytes)
    file.bytes = std::move(*bytes);
  else
    node.at("content").report("base64url（=なし）で送ってください。",
                              "send it as base64url without padding.");
  return file;
}

GivenFiles read_given_files(const Node& node) {
  node.only({"files", "emergency", "moved"});
  GivenFiles given;
  if (const auto moved = node.find("moved")) given.moved = moved->boolean();
  const auto files = node.at("files").items();
  if (files.empty() || files.size() > kMostFiles)
    node.at("files").report("ファイルは 1〜20 個です。", "give one to twenty files.");
  else
    for (const Node& file : files) given.files.push_back(given_file(file));
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

/// A row as it is shown: what it is judged by later is no concern of a page.
json::array shown_rows(const KeptReading& kept) {
  json::array rows = kept.rows;
  for (json::value& row : rows) {
    for (const char* inner : {"seen", "limit", "readers", "account"}) row.as_object().erase(inner);
    row.as_object().emplace("made_at", json_time(kept.made_at));  // of an earlier version
  }
  return rows;
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
                                   {"emergency", kept->emergency},
                                   {"rows", shown_rows(*kept)}};
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

struct StandingRow {
  Time made_at;
  json::object kept;
};
/// Rows of the reading before that say something as long as none is read anew, by their item's id:
/// none of an account that isn't the firm's any more.
std::map<std::string_view, StandingRow> still_standing(const KeptReading& before,
                                                       const CloudReading& reading, Time now) {
  std::map<std::string_view, StandingRow> standing;
  for (const KeptRow& row : kept_rows_of(before)) {
    if (row.made_at + kCloudReadingHolds <= now || is_of_another(row, reading)) continue;
    const auto kept = std::ranges::find_if(before.rows, [&](const json::value& each) {
      return each.at("id").as_string() == row.item->id;
    });
    json::object one = kept->as_object();
    one["before"] = json::value(one.at("verdict"));  // a copy: the object grows
    one["made_at"] = format_time(row.made_at);
    standing.emplace(row.item->id, StandingRow{row.made_at, std::move(one)});
  }
  return standing;
}

/// When what stands was made, where all that is read now is older.
Result<std::optional<Time>> newer_than_all(Database& db, const CloudReading& reading, Time now) {
  const auto before = kept_reading(db);
  if (!before) return std::unexpected(before.error());
  if (!*before) return std::nullopt;
  const auto standing = still_standing(**before, reading, now);
  std::optional<Time> oldest;
  for (const CloudRow& row : reading.rows) {
    const auto known = standing.find(row.item->id);
    const Time at = known == standing.end() ? Time{} : known->second.made_at;
    if (at <= reading.made_at) return std::nullopt;
    oldest = std::min(oldest.value_or(at), at);
  }
  return oldest;
}

/// The rows as they are kept: with what they are evidence for, and what the reading before said.
json::array kept_rows(const Guideline& guideline, const CloudChecks& clouds,
                      const CloudReading& reading, const std::optional<KeptReading>& before,
                      Time now) {
  const Time made_at = std::min(reading.made_at, now);
  std::map<std::string, json::value> verdicts;
  if (before)
    for (const KeptRow& row : kept_rows_of(*before))
      if (!is_of_another(row, reading)) verdicts.emplace(row.item->id, name(row.verdict));
  auto standing =
      before ? still_standing(*before, reading, now) : std::map<std::string_view, StandingRow>();
  std::set<std::string_view> told;
  json::array rows;
  for (const CloudRow& row : reading.rows) {
    // By API a service tells less than an export has; and what is older than what is known tells
    // nothing of today.
    const auto known = standing.find(row.item->id);
    if (known != standing.end() && (not_exported(row.finding) || known->second.made_at > made_at))
      continue;
    told.insert(row.item->id);
    json::object one = to_json(row);
    const auto was = verdicts.find(std::string(row.item->id));
    one["before"] = was == verdicts.end() ? json::value(nullptr) : was->second;
    // Of what leaves out persons only how many is kept outside of the list of them.
    if (row.people.empty() && !row.finding.basis.empty()) {
      one["seen"] = row.finding.basis.list().front().seen;
      one["limit"] = row.finding.basis.list().front().limit;
    }
    one["requirements"] = requirements_of(guideline, clouds, row.item->check);
    one["made_at"] = format_time(made_at);
    one["readers"] = kReaders;
    if (const std::string account = account_in(reading, row.item->service); !account.empty())
      one["account"] = account;
    rows.emplace_back(std::move(one));
  }
  for (auto& [id, one] : standing)
    if (!told.contains(id)) rows.emplace_back(std::move(one.kept));
  return rows;
}

Result<std::optional<OtherAccount>> of_another_account(Database& db, const CloudReading& reading) {
  const auto before = kept_reading(db);
  if (!before) return std::unexpected(before.error());
  return *before ? other_account(**before, reading) : std::nullopt;
}

/// Taken only where an administrator says that the firm moved: said at the field for that.
std::unexpected<Problem> not_ours(const OtherAccount& other) {
  Problem wrong{
      422, {"別のテナントの設定かもしれません。", "these may be another firm's settings."}, {}};
  wrong.fields.push_back({said_of(other), "/moved"});
  return std::unexpected(std::move(wrong));
}

Outcome replace_clouds(Call& call) {
  const auto given = given_files(call);
  if (!given) return std::unexpected(given.error());
  const auto reading = read_clouds(given->files, given->declared, call.now);
  if (!reading) return unreadable(reading.error());
  // What proves nothing takes the place of nothing.
  if (std::ranges::all_of(reading->rows, [](const CloudRow& row) {
        return row.finding.verdict == Verdict::unknown;
      })) {
    const Text why = reading->rows.empty()
                         ? Text{"設定がありません", "there are no settings in them"}
                         : reading->rows.front().finding.fact;
    return unreadable(
        {{"ファイルからは何も分かりません（" + why.ja + "）。前の結果は残しました。",
          "nothing can be told from the files (" + why.en + "); what was read before is kept."},
         {}});
  }
  const auto other = of_another_account(call.db, *reading);
  if (!other) return broken(other.error());
  if (*other && !given->moved) return not_ours(**other);
  const auto newer = newer_than_all(call.db, *reading, call.now);
  if (!newer) return broken(newer.error());
  if (*newer) {
    const std::string of = format_time(reading->made_at);
    const std::string known = format_time(**newer);
    return unreadable(
        {{fmt::format("ファイルの設定は {} のもので、前の結果（{}）のほうが新しいです。"
                      "前の結果は残しました。",
                      of, known),
          fmt::format("the settings in the files are of {}, and what was read before "
                      "is newer ({}); it is kept.",
                      of, known)},
         {}});
  }
  std::int64_t open = 0;
  for (const CloudRow& row : reading->rows)
    if (row.item->severe && row.finding.verdict == Verdict::fail) ++open;
  const auto done = call.db.write([&]() -> Result<void> {
    const CloudsDesk desk{call.guideline(), call.shop.board.clouds(), call.db, call.now};
    if (auto kept = keep_reading(desk, call.who.person, given->declared.emergency, *reading); !kept)
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
    if (auto follows = judge_clouds(call.shop.board.clouds(), call.db, call.now); !follows)
      return follows;
    return audit(call, "clouds-forgotten", "", {});
  });
  // The names leave the database's log as well: at once where nobody is at it, else in a minute.
  if (done) do_job(call.shop.options, "leftovers", [&] { return clear_leftovers(call.db); });
  return written(done, reply_nothing());
}

}  // namespace

void add_clouds(Handlers& handlers) {
  handlers.insert({{"getClouds", show_clouds},
                   {"replaceClouds", replace_clouds},
                   {"forgetClouds", forget_clouds}});
  add_cloud_register(handlers);
  add_cloud_guides(handlers);
  add_cloud_readers(handlers);
}

Result<void> keep_reading(const CloudsDesk& desk, std::optional<PersonId> by,
                          const std::vector<std::string>& emergency, const CloudReading& reading) {
  Database& db = desk.db;
  const auto before = kept_reading(db);
  if (!before) return std::unexpected(before.error());
  if (auto gone = db.execute("DELETE FROM cloud_reading"); !gone) return gone;
  const json::array rows = kept_rows(desk.guideline, desk.checks, reading, *before, desk.now);
  Time made_at = std::min(reading.made_at, desk.now);
  for (const json::value& row : rows)
    made_at = std::min(
        made_at, parse_time(std::string_view(row.at("made_at").as_string())).value_or(made_at));
  if (auto kept =
          db.execute("INSERT INTO cloud_reading (person_id, taken_at, made_at, uses, emergency, "
                     "result) VALUES "
                     "(?, ?, ?, '[]', ?, ?)",
                     {value_of(by), value_of(desk.now), value_of(made_at), strings_json(emergency),
                      json::serialize(rows)});
      !kept)
    return kept;
  if (auto entered = enter_what_was_read(db, reading.read); !entered) return entered;
  if (auto follows = judge_clouds(desk.checks, db, desk.now); !follows) return follows;
  const auto now = kept_reading(db);
  if (!now) return std::unexpected(now.error());
  return tell_what_turned_bad(db, **now, desk.now);
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

namespace {

Result<void> let_go(Database& db, Time now) {
  const Value bound = value_of(now - kReadingStays);
  // Asked first: an idle server writes nothing.
  const auto over = db.query("SELECT id FROM cloud_reading WHERE made_at < ?", {bound});
  if (!over) return std::unexpected(over.error());
  if (over->empty()) return {};
  return db.write(
      [&] { return db.execute("DELETE FROM cloud_reading WHERE made_at < ?", {bound}); });
}

/// Once a day: what runs out by the calendar, and reviews that come near.
Result<void> daily(const Shop& shop, Database& db, Time now) {
  const auto kept = job_state(db, "clouds");
  if (!kept) return std::unexpected(kept.error());
  const auto calendar = calendar_of(db);
  if (!calendar) return std::unexpected(calendar.error());
  const Time next = calendar->end(calendar->day(now));
  if (*kept && now < (*kept)->due && (*kept)->due <= next) return {};
  if (auto reminded = remind_of_reviews(db, now); !reminded) return reminded;
  if (auto reminded = remind_of_old_readings(db, now); !reminded) return reminded;
  return move_job(db, "clouds", *kept, {next, ""},
                  [&] { return judge_clouds(shop.board.clouds(), db, now); });
}

}  // namespace

void run_cloud_jobs(const Shop& shop, Database& db, Time now) {
  do_job(shop.options, "clouds", [&] { return let_go(db, now); });
  do_job(shop.options, "cloud register", [&] { return daily(shop, db, now); });
}

}  // namespace sekisho
