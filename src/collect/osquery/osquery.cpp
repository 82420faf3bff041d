// SPDX-License-Identifier: Apache-2.0
#include "collect/osquery/osquery.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <span>

#include <fmt/format.h>
#include <boost/json.hpp>

#include "base/crypto.h"
#include "collect/inventory/inventory.h"
#include "collect/limits.h"
#include "evidence/readers.h"

namespace sekisho {
namespace {

namespace json = boost::json;

/// As many values as fit: a batch that is refused is sent again for ever.
constexpr DocumentLimits kLimits{
    .bytes = kMostOsqueryBytes, .nodes = kMostOsqueryBytes, .depth = 64};
constexpr std::size_t kMostAnswers = 2000;
constexpr std::size_t kMostRows = 100;
constexpr std::size_t kLongestCell = 500;
constexpr std::string_view kPrefix = "sekisho_";
constexpr const char* kSystemQuery = "SELECT name, version, build, platform FROM os_version;";
constexpr int kInterval = 600;  // seconds

/// osqueryd sends much that is of no use here: what is not asked for is not looked at.
const json::object* object_at(const json::value& value, std::string_view key) {
  const auto* object = value.if_object();
  const auto* found = object == nullptr ? nullptr : object->if_contains(key);
  return found == nullptr ? nullptr : found->if_object();
}

/// A member as text: strings, and numbers as osquery's "numerics" option writes them.
std::string text_at(const json::object* object, std::string_view key) {
  const auto* found = object == nullptr ? nullptr : object->if_contains(key);
  if (found == nullptr) return {};
  if (const auto* text = found->if_string())
    return printable({text->data(), text->size()}, kLongestCell);
  if (found->is_number()) return json::serialize(*found);
  return {};
}

OsqueryRow row_of(const json::object& object) {
  OsqueryRow row;
  for (const auto& member : object) row[std::string(member.key())] = text_at(&object, member.key());
  return row;
}

std::vector<OsqueryRow> rows_of(const json::value& value) {
  std::vector<OsqueryRow> rows;
  if (const auto* list = value.if_array())
    for (const json::value& one : *list)
      if (const auto* object = one.if_object(); object != nullptr && rows.size() < kMostRows)
        rows.push_back(row_of(*object));
  return rows;
}

/// The check that a query of ours is for: its name may have a pack's before it.
std::string check_of(std::string_view name) {
  const std::size_t at = name.rfind(kPrefix);
  if (at == std::string_view::npos) return {};
  return printable(name.substr(at + kPrefix.size()), 100);
}

std::string query_name(std::string_view check) { return std::string(kPrefix) + std::string(check); }

/// The length of the UTF-8 character that `text` begins with; 0 where that is none.
std::size_t character(std::string_view text) {
  for (std::size_t size = 1; size <= 4 && size <= text.size(); ++size)
    if (is_valid_utf8(text.substr(0, size))) return size;
  return 0;
}

/// The code unit of an escape ("\\uD83D") that `text` begins with; 0 where it is none.
unsigned escaped_unit(std::string_view text) {
  if (!text.starts_with("\\u") || text.size() < 6) return 0;
  unsigned unit = 0;
  const auto* end = text.data() + 6;
  const auto [rest, error] = std::from_chars(text.data() + 2, end, unit, 16);
  return error == std::errc() && rest == end ? unit : 0;
}

constexpr std::string_view kReplacement = "\uFFFD";
constexpr std::string_view kEscapedReplacement = "\\ufffd";

/// Snapshots come as the machine has them: names in other encodings, halves of characters. Each
/// such byte or half is replaced, and counted.
std::string mended(std::string_view text, std::size_t& replaced) {
  const auto high = [](unsigned unit) { return unit >= 0xD800 && unit < 0xDC00; };
  const auto low = [](unsigned unit) { return unit >= 0xDC00 && unit < 0xE000; };
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    std::size_t taken = character(text);
    if (taken == 0) {
      out += kReplacement;
      ++replaced;
      taken = 1;
    } else if (const unsigned unit = escaped_unit(text); unit != 0) {
      taken = high(unit) && low(escaped_unit(text.substr(6))) ? 12 : 6;
      const bool half = taken == 6 && (high(unit) || low(unit));
      out += half ? kEscapedReplacement : text.substr(0, taken);
      if (half) ++replaced;
    } else {
      // A backslash and what it escapes stay together.
      if (text.front() == '\\' && text.size() > 1 && character(text.substr(1)) != 0)
        taken += character(text.substr(1));
      out += text.substr(0, taken);
    }
    text.remove_prefix(taken);
  }
  return out;
}

Result<json::object> body(std::string_view given, std::size_t* replaced = nullptr) {
  std::size_t count = 0;
  const std::string text = mended(given, count);
  if (replaced != nullptr) *replaced = count;
  auto document = parse_json("", text, kLimits);
  if (!document) return std::unexpected(document.error());
  auto* object = document->root.if_object();
  if (object == nullptr) return failure("JSON の形が違います。", "this is no JSON object.");
  return std::move(*object);
}

std::string platform_of_osquery(const std::string& name) {
  return name == "windows" || name == "darwin" ? name : "linux";
}

std::optional<OsqueryAnswer> logged(const json::object& entry) {
  OsqueryAnswer answer{check_of(text_at(&entry, "name")), {}, false, {}};
  const auto seconds = whole_number(text_at(&entry, "unixTime"));
  if (answer.check.empty() || seconds < 0) return std::nullopt;
  answer.at = Time(std::chrono::seconds(std::min<std::int64_t>(seconds, UINT32_MAX)));
  if (const auto* snapshot = entry.if_contains("snapshot")) {
    answer.rows = rows_of(*snapshot);
  } else if (text_at(&entry, "action") == "added") {
    if (const auto* columns = entry.if_contains("columns"); columns != nullptr)
      if (const auto* row = columns->if_object()) answer.rows.push_back(row_of(*row));
  } else {
    return std::nullopt;  // what is no longer so says nothing of what is
  }
  return answer;
}

/// A batch that can't be read at all, of the node whose key stands in it: it would come again for
/// ever, and keep back all that is after it.
Result<OsqueryAnswers> dropped(std::string_view text, const Error& why) {
  constexpr std::string_view kName = R"("node_key")";
  const std::size_t at = text.find(kName);
  if (at == std::string_view::npos) return std::unexpected(why);
  std::string_view rest = text.substr(at + kName.size());
  for (const char mark : {':', '"'}) {
    rest.remove_prefix(std::min(rest.find_first_not_of(" \t\r\n"), rest.size()));
    if (!rest.starts_with(mark)) return std::unexpected(why);
    rest.remove_prefix(1);
  }
  const std::size_t end = rest.find('"');
  if (end == std::string_view::npos) return std::unexpected(why);
  return OsqueryAnswers{printable(rest.substr(0, end), kLongestCell), {}, 0, true};
}

/// What firmware gives where nobody set an identity: many machines have it.
bool of_nobody(std::string_view uuid) {
  constexpr std::array<std::string_view, 4> kShared{
      "03000200-0400-0500-0006-000700080009", "12345678-1234-5678-90ab-cddeefaabbcc",
      "fefefefe-fefe-fefe-fefe-fefefefefefe", "01234567-89ab-cdef-0123-456789abcdef"};
  if (uuid.size() < 8 || std::ranges::find(kShared, uuid) != kShared.end()) return true;
  std::string digits;
  for (const char c : uuid)
    if (c != '-') digits += c;
  return digits.find_first_not_of(digits.front()) == std::string::npos;
}

std::string cell(const OsqueryRow& row, std::string_view column) {
  const auto found = row.find(column);
  return found == row.end() ? std::string() : found->second;
}

}  // namespace

Result<OsqueryEnrolment> read_osquery_enrolment(std::string_view text) {
  const auto request = body(text);
  if (!request) return std::unexpected(request.error());
  const json::value whole(*request);
  const json::object* details = object_at(whole, "host_details");
  const json::value known =
      details == nullptr ? json::value(json::object()) : json::value(*details);
  const json::object* system = object_at(known, "os_version");
  const json::object* machine = object_at(known, "system_info");
  OsqueryEnrolment enrolment;
  enrolment.secret = text_at(&*request, "enroll_secret");
  enrolment.identifier = text_at(&*request, "host_identifier");
  enrolment.platform = platform_of_osquery(text_at(system, "platform"));
  enrolment.host = text_at(machine, "computer_name");
  if (enrolment.host.empty()) enrolment.host = text_at(machine, "hostname");
  if (enrolment.host.empty()) enrolment.host = enrolment.identifier;
  enrolment.serial = text_at(machine, "hardware_serial");
  // A machine is told apart by its hardware, not by a name that it can share with others.
  const std::string uuid = lower(text_at(machine, "uuid"));
  enrolment.machine = of_nobody(uuid) ? enrolment.identifier : uuid;
  enrolment.system = text_at(system, "name");
  enrolment.version = text_at(system, "version");
  if (enrolment.identifier.empty())
    return failure("host_identifier がありません。", "host_identifier is missing.");
  return enrolment;
}

Result<std::string> read_osquery_key(std::string_view text) {
  const auto request = body(text);
  if (!request) return std::unexpected(request.error());
  return text_at(&*request, "node_key");
}

Result<OsqueryAnswers> read_osquery_log(std::string_view text) {
  std::size_t replaced = 0;
  const auto request = body(text, &replaced);
  if (!request) return dropped(text, request.error());
  OsqueryAnswers out{text_at(&*request, "node_key"), {}, replaced, false};
  const auto* data = request->if_contains("data");
  const auto* entries = data == nullptr ? nullptr : data->if_array();
  if (text_at(&*request, "log_type") != "result" || entries == nullptr) return out;
  for (const json::value& entry : *entries) {
    const auto* object = entry.if_object();
    if (object == nullptr || out.answers.size() >= kMostAnswers) continue;
    if (auto answer = logged(*object)) out.answers.push_back(std::move(*answer));
  }
  return out;
}

Result<OsqueryAnswers> read_osquery_write(std::string_view text, Time now) {
  std::size_t replaced = 0;
  const auto request = body(text, &replaced);
  if (!request) return dropped(text, request.error());
  const json::value whole(*request);
  OsqueryAnswers out{text_at(&*request, "node_key"), {}, replaced, false};
  const json::object* statuses = object_at(whole, "statuses");
  if (const json::object* queries = object_at(whole, "queries"))
    for (const auto& query : *queries) {
      OsqueryAnswer answer{check_of(query.key()), now, false, rows_of(query.value())};
      const std::string status = text_at(statuses, query.key());
      answer.failed = !status.empty() && status != "0";
      if (!answer.check.empty() && out.answers.size() < kMostAnswers)
        out.answers.push_back(std::move(answer));
    }
  return out;
}

namespace {

/// A condition on listening_ports that holds at the ports of these.
std::string at_ports(std::span<const Service> services) {
  std::string condition;
  for (const Service& service : services)
    condition +=
        fmt::format("{}(protocol = {} AND port BETWEEN {} AND {})", condition.empty() ? "" : " OR ",
                    service.udp ? 17 : 6, service.first, service.last);
  return "(" + condition + ")";
}

/// A query with the limits that every collector holds a machine to, where it names them.
std::string with_limits(std::string query) {
  static const std::array<std::pair<std::string_view, std::string>, 5> kLimitsByName{
      {{"{longest_idle}", fmt::format("{}", kLongestIdle)},
       {"{most_administrators}", fmt::format("{}", kMostAdministrators)},
       {"{most_password_tries}", fmt::format("{}", kMostPasswordTries)},
       {"{shortest_password}", fmt::format("{}", kShortestPassword)},
       {"{remote_desktop_ports}", at_ports(kRemoteDesktops)}}};
  for (const auto& [name, limit] : kLimitsByName)
    for (std::size_t at = query.find(name); at != std::string::npos;
         at = query.find(name, at + limit.size()))
      query.replace(at, name.size(), limit);
  return query;
}

constexpr std::string_view kReader = "reader";

/// By which the answer to a query tells that it is this query's and not one of an older version,
/// which a node runs on until it asks for its configuration, or whose rows it kept while offline.
std::string mark_of(std::string_view query) { return hex(sha256(query)).substr(0, 12); }

/// A query as it is asked, without what ends it.
std::string asked(const std::string& query) {
  std::string bare = with_limits(query);
  while (!bare.empty() && std::string_view("; \n").contains(bare.back())) bare.pop_back();
  return bare;
}

/// A query whose row says of which query it is.
std::string marked(const std::string& query) {
  return fmt::format("SELECT *, '{}' AS {} FROM ({});", mark_of(query), kReader, query);
}

}  // namespace

std::map<std::string, std::string> osquery_queries(const Guideline& guideline,
                                                   std::string_view platform) {
  std::map<std::string, std::string> queries{{"os-support", kSystemQuery}};
  for (const CheckSpec& check : guideline.checks)
    if (const auto query = check.osquery.find(platform); query != check.osquery.end())
      queries[check.id] = marked(asked(query->second));
  return queries;
}

std::string osquery_config(const Guideline& guideline, std::string_view platform) {
  json::object schedule;
  for (const auto& [check, query] : osquery_queries(guideline, platform))
    schedule[query_name(check)] =
        json::object{{"query", query}, {"interval", kInterval}, {"snapshot", true}};
  return json::serialize(json::object{{"schedule", std::move(schedule)}, {"node_invalid", false}});
}

std::string osquery_distributed(const Guideline& guideline, std::string_view platform) {
  json::object queries;
  for (const auto& [check, query] : osquery_queries(guideline, platform))
    queries[query_name(check)] = query;
  return json::serialize(json::object{{"queries", std::move(queries)}, {"node_invalid", false}});
}

namespace {

/// Whether a row is of a query that is asked no more. Of one that bears no mark, whoever wrote it
/// answers for it: it stands in no configuration of ours.
bool of_older_query(const CheckSpec& spec, const OsqueryRow& row) {
  const std::string mark = cell(row, kReader);
  return !mark.empty() && std::ranges::none_of(spec.osquery, [&](const auto& query) {
    return mark_of(asked(query.second)) == mark;
  });
}

/// How far a device's clock may be ahead: what it saw later than that would never grow old.
constexpr std::chrono::minutes kMostClockAhead{10};

/// What one row says of a check, the worst first.
int rank_of(const OsqueryRow& row) {
  const auto verdict = verdict_named(cell(row, "verdict")).value_or(Verdict::unknown);
  const bool told = !cell(row, "ja").empty() && !cell(row, "en").empty();
  return told && verdict == Verdict::fail ? 0 : !told || verdict == Verdict::unknown ? 1 : 2;
}

/// The row that says what it found, of several the worst; any other answer is none.
Judgement answered(const CheckSpec& spec, const OsqueryAnswer& answer, Time at) {
  const Text none{"osquery からの答えがありませんでした", "osquery gave no answer"};
  if (answer.failed || answer.rows.empty()) return Judgement::without_basis(Verdict::unknown, none);
  const OsqueryRow& row = *std::ranges::min_element(answer.rows, {}, rank_of);
  const Text fact{cell(row, "ja"), cell(row, "en")};
  const bool told = !fact.ja.empty() && !fact.en.empty();
  if (!told) return Judgement::without_basis(Verdict::unknown, none);
  const Verdict verdict = verdict_named(cell(row, "verdict")).value_or(Verdict::unknown);
  if ((verdict == Verdict::pass || verdict == Verdict::not_applicable) && of_older_query(spec, row))
    return Judgement::without_basis(Verdict::unknown, seen_by_older_readers());
  return {verdict, fact,
          Compared{.source = Compared::Source::osquery,
                   .place = query_name(spec.id),
                   .seen = cell(row, "seen"),
                   .limit = cell(row, "limit"),
                   .day = Calendar::utc().day(at)}};
}

}  // namespace

std::optional<Evidence> evidence_of(const Guideline& guideline, const SupportFeed& feed,
                                    const SubjectId& subject, const OsqueryAnswer& answer,
                                    bool extended_support, Time now, Day today) {
  const CheckSpec* spec = guideline.check(answer.check);
  if (spec == nullptr || spec->asked) return std::nullopt;
  const Time at = std::min(answer.at, now);
  std::optional<Evidence> found;
  if (answer.check == "os-support" && !answer.failed && answer.rows.size() == 1)
    found = support_evidence(guideline, feed, subject, cell(answer.rows.front(), "name"),
                             cell(answer.rows.front(), "version"), extended_support, at, today,
                             kOsquerySource);
  else
    found = Evidence{subject,       spec->id, answered(*spec, answer, at), at, at + spec->valid_for,
                     kOsquerySource};
  const bool good =
      found && (found->verdict() == Verdict::pass || found->verdict() == Verdict::not_applicable);
  if (good && answer.at > now + kMostClockAhead)
    return Evidence{
        subject,
        spec->id,
        Judgement::without_basis(
            Verdict::unknown,
            {"この端末の時計が進んでいるので、いつの結果か分かりません。時計を合わせてください",
             "this device's clock is ahead, so it can't be told when this was seen; set its "
             "clock"}),
        at,
        at + spec->valid_for,
        kOsquerySource};
  return found;
}

}  // namespace sekisho
