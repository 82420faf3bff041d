#include "collect/vuln/debian.h"

#include <zip.h>

#include <algorithm>
#include <array>
#include <memory>
#include <set>

#include <fmt/format.h>
#include <simdjson.h>

#include "collect/vuln/kept.h"

namespace sekisho {
namespace {

namespace dom = simdjson::dom;

constexpr std::string_view kDebianHeading = "sekisho-debian 2";
// Didn't say of which day it is.
constexpr std::string_view kUndatedDebian = "sekisho-debian 1";
constexpr std::string_view kEcosystem = "Debian:";

/// What may stand in a kept line.
bool plain_text(std::string_view text) {
  return text.size() <= 200 && std::ranges::all_of(text, [](char c) {
           return static_cast<unsigned char>(c) > ' ' && c != 0x7f;
         });
}

/// Adds the CVEs among a list of names.
void add_cves(const dom::object& record, const char* field, std::set<std::string>& cves) {
  dom::element list;
  if (record[field].get(list) != simdjson::SUCCESS) return;
  for (const dom::element name : list.get_array()) {
    const std::string_view text = name.get_string();
    if (text.starts_with("CVE-") && plain_text(text)) cves.emplace(text);
  }
}

struct Span {
  std::string introduced, fixed;
  bool last = false;  // `fixed` is the last that is affected
};

/// The spans of one range's events, which may stand in any order.
void add_spans(const dom::element& range, std::vector<Span>& spans) {
  struct Event {
    std::string version;
    int kind = 0;  // 0: fixed, 1: introduced, 2: last affected; in this order at one version
  };
  std::vector<Event> events;
  bool begins = false;
  for (const dom::element event : range["events"].get_array())
    for (const auto& [kind, value] : event.get_object()) {
      const std::string version(value.get_string().value());
      if (version.empty() || !plain_text(version)) continue;
      if (kind == "introduced") events.push_back({version, 1});
      if (kind == "fixed") events.push_back({version, 0});
      if (kind == "last_affected") events.push_back({version, 2});
      begins = begins || kind == "introduced";
    }
  std::ranges::stable_sort(events, [](const Event& a, const Event& b) {
    const bool first = a.version == "0" && a.kind == 1;
    const bool second = b.version == "0" && b.kind == 1;
    if (first != second) return first;
    const auto order = compare_versions(a.version, b.version);
    return order != 0 ? order < 0 : a.kind < b.kind;
  });
  std::optional<std::string> introduced;
  if (!begins && !events.empty()) introduced = "0";
  for (const Event& event : events) {
    if (event.kind == 1) {
      if (!introduced) introduced = event.version;
      continue;
    }
    if (introduced) spans.push_back({*introduced, event.version, event.kind == 2});
    introduced.reset();
  }
  if (introduced) spans.push_back({*introduced, "", false});
}

/// What is affected of a package: its ranges, or where it has none the versions that are listed.
std::vector<Span> spans_of(const dom::element& entry) {
  std::vector<Span> spans;
  dom::element list;
  bool ranged = false;
  if (entry["ranges"].get(list) == simdjson::SUCCESS)
    for (const dom::element range : list.get_array()) {
      if (range["type"].get_string().value() != "ECOSYSTEM") continue;
      ranged = true;
      add_spans(range, spans);
    }
  if (!ranged && entry["versions"].get(list) == simdjson::SUCCESS)
    for (const dom::element one : list.get_array()) {
      const std::string version(one.get_string().value());
      if (!version.empty() && plain_text(version)) spans.push_back({version, version, true});
    }
  return spans;
}

/// The source package and version that Debian's records go by.
struct Source {
  std::string name, version;
  bool rebuilt = false;  // by Raspberry Pi, with an epoch of its own
};
Source source_of(std::string_view name, std::string_view version) {
  Source source{std::string(name), std::string(version), false};
  // Signed builds have sources of their own: linux-signed-amd64 6.1.124+1 is linux 6.1.124-1.
  const bool kernel = name.starts_with("linux-signed-");
  const bool loader = name.starts_with("grub-efi-") && name.ends_with("-signed");
  if (kernel || loader) {
    source.name = kernel ? "linux" : "grub2";
    if (loader && source.version.starts_with("1+")) source.version.erase(0, 2);
    if (const auto plus = source.version.find('+');
        plus != std::string::npos && !source.version.contains('-'))
      source.version[plus] = '-';
  }
  for (const std::string_view mark : {"+rpt", "~rpt", "+rpi"})
    if (const auto at = source.version.find(mark); at != std::string::npos) {
      source.version.resize(at);
      source.rebuilt = true;
    }
  return source;
}

/// A rebuilt version against one of Debian's: without an epoch that only the rebuild has.
std::strong_ordering compare(const Source& source, const std::string& with) {
  std::string_view version = source.version;
  if (source.rebuilt && !std::string_view(with).contains(':'))
    if (const auto colon = version.find(':'); colon != std::string_view::npos)
      version.remove_prefix(colon + 1);
  return compare_versions(version, with);
}

}  // namespace

void DebianWeaknesses::take(const std::string& record, const std::vector<Affected>& affected) {
  const auto reading = static_cast<std::uint32_t>(readings_.size());
  readings_.push_back(record);
  records_[record] = reading;
  for (Affected one : affected) {
    one.range.record = reading;
    releases_[one.release] = true;
    packages_[one.release + "\t" + one.source].push_back(std::move(one.range));
  }
}

Result<Day> DebianWeaknesses::add_record(std::string_view json) {
  if (json.size() > kMostOsvRecord)
    return failure("記録が大きすぎます（上限 4 MB）。", "the record is too large (at most 4 MB).");
  std::vector<Affected> found;
  std::string id;
  Day changed{};
  try {
    // Kept, so that the next file need not ask for its memory again.
    static thread_local dom::parser parser;
    const dom::element document = parser.parse(simdjson::padded_string(json));
    const dom::object record = document.get_object();
    id = std::string(record["id"].get_string().value());
    if (id.empty() || !plain_text(id))
      return failure("OSV の id ではありません。", "this is no id of OSV.", "id");
    std::string_view modified;
    if (record["modified"].get(modified) == simdjson::SUCCESS)
      changed = parse_day(modified.substr(0, 10)).value_or(Day{});
    std::set<std::string> cves;
    for (const char* field : {"aliases", "upstream", "related"}) add_cves(record, field, cves);
    if (id.starts_with("DEBIAN-CVE-")) cves = {id.substr(7)};
    if (cves.empty()) cves = {id};
    dom::element unused;
    dom::element affected;
    const bool withdrawn = record["withdrawn"].get(unused) == simdjson::SUCCESS;
    if (!withdrawn && record["affected"].get(affected) == simdjson::SUCCESS)
      for (const dom::element entry : affected.get_array()) {
        const std::string ecosystem(entry["package"]["ecosystem"].get_string().value());
        const std::string source(entry["package"]["name"].get_string().value());
        if (!ecosystem.starts_with(kEcosystem) || ecosystem == kEcosystem || source.empty() ||
            !plain_text(source) || !plain_text(ecosystem))
          continue;
        const std::string release = ecosystem.substr(kEcosystem.size());
        for (const Span& span : spans_of(entry))
          for (const std::string& cve : cves)
            found.push_back({release, source, {0, cve, span.introduced, span.fixed, span.last}});
      }
  } catch (const simdjson::simdjson_error& error) {
    return failure(fmt::format("OSV の記録として読めません: {}", error.what()),
                   fmt::format("this can't be read as a record of OSV: {}", error.what()),
                   printable(id, 80));
  }
  take(id, found);
  return changed;
}

Result<void> DebianWeaknesses::add_osv(std::string_view json) {
  const auto changed = add_record(json);
  if (!changed) return std::unexpected(changed.error());
  // One more says nothing of how old the others are.
  if (!kept_) as_of_ = std::max(as_of_, *changed);
  return {};
}

Result<void> DebianWeaknesses::add_osv_archive(std::string_view bytes) {
  constexpr zip_int64_t kMostRecords = 2'000'000;
  const auto broken = [](std::string_view where) {
    return failure("zip として開けません。", "this can't be opened as a zip.",
                   printable(std::string(where), 120));
  };
  zip_source_t* source = zip_source_buffer_create(bytes.data(), bytes.size(), 0, nullptr);
  if (source == nullptr) return broken("");
  const std::unique_ptr<zip_t, decltype(&zip_discard)> archive(
      zip_open_from_source(source, ZIP_RDONLY, nullptr), zip_discard);
  if (!archive) {
    zip_source_free(source);
    return broken("");
  }
  const zip_int64_t count = zip_get_num_entries(archive.get(), 0);
  if (count > kMostRecords) return broken("> 2,000,000");
  std::size_t unpacked = 0;
  Day newest{};
  std::string text;
  for (zip_int64_t i = 0; i < count; ++i) {
    const auto place = static_cast<zip_uint64_t>(i);
    zip_stat_t about;
    if (zip_stat_index(archive.get(), place, 0, &about) != 0) return broken("");
    const std::string_view name = about.name;
    if (!name.ends_with(".json")) continue;
    // Its own word for its size is a bound that reading holds it to.
    unpacked += about.size;
    if (about.size > kMostOsvRecord || unpacked > kMostOsvBytes) return broken(name);
    const std::unique_ptr<zip_file_t, decltype(&zip_fclose)> file(
        zip_fopen_index(archive.get(), place, 0), zip_fclose);
    if (!file) return broken(name);
    text.resize(about.size);
    if (zip_fread(file.get(), text.data(), text.size()) != static_cast<zip_int64_t>(text.size()))
      return broken(name);
    auto added = add_record(text);
    if (!added) {
      Error error = added.error();
      error.where = printable(std::string(name), 120);
      return std::unexpected(std::move(error));
    }
    newest = std::max(newest, *added);
  }
  as_of_ = newest;
  return {};
}

std::string DebianWeaknesses::serialised() const {
  std::vector<std::string> lines;
  for (const auto& [package, ranges] : packages_)
    for (const Range& range : ranges)
      if (const std::string& record = readings_[range.record]; records_.at(record) == range.record)
        lines.push_back(fmt::format("{}\t{}\t{}\t{}\t{}\t{}\n", record, package, range.id,
                                    range.introduced, range.last ? "l" : "f", range.fixed));
  std::ranges::sort(lines);
  std::string out = as_of_ == Day{} ? std::string(kUndatedDebian)
                                    : fmt::format("{}\t{}", kDebianHeading, format_day(as_of_));
  out += '\n';
  for (const std::string& line : lines) out += line;
  return out;
}

Result<void> DebianWeaknesses::add_serialised(std::string_view text) {
  std::string record;
  std::vector<Affected> affected;
  const auto finish = [&] {
    if (!record.empty()) take(record, affected);
    affected.clear();
  };
  for (std::size_t line = 1; !text.empty(); ++line) {
    const auto [cells, tabs] = KeptLine<7>::take(text);
    const auto day = tabs == 1 ? parse_day(cells[1]) : std::nullopt;
    if (line == 1 ? cells[0] == kDebianHeading ? !day : cells[0] != kUndatedDebian || tabs != 0
                  : tabs != 6 || !std::ranges::all_of(cells, plain_text) || cells[0].empty() ||
                        cells[1].empty() || cells[2].empty() || cells[3].empty() ||
                        (cells[5] != "l" && cells[5] != "f"))
      return failure("Debian の保存した脆弱性データとして読めません。",
                     "this can't be read as kept vulnerabilities of Debian.", std::to_string(line));
    if (line == 1) as_of_ = day.value_or(Day{});
    if (line == 1) continue;
    if (cells[0] != record) finish();
    record = cells[0];
    affected.push_back({std::string(cells[1]),
                        std::string(cells[2]),
                        {0, std::string(cells[3]), std::string(cells[4]), std::string(cells[6]),
                         cells[5] == "l"}});
  }
  finish();
  kept_ = !records_.empty();
  return {};
}

std::vector<DebianWeaknesses::Found> DebianWeaknesses::of(std::string_view release,
                                                          std::string_view source,
                                                          std::string_view version) const {
  std::vector<Found> found;
  const Source asked = source_of(source, version);
  const auto ranges = packages_.find(std::string(release) + "\t" + asked.name);
  if (ranges == packages_.end()) return found;
  for (const Range& range : ranges->second) {
    if (records_.at(readings_[range.record]) != range.record) continue;
    if (range.introduced != "0" && compare(asked, range.introduced) < 0) continue;
    if (!range.fixed.empty()) {
      const auto order = compare(asked, range.fixed);
      if (range.last ? order > 0 : order >= 0) continue;
    }
    found.push_back({range.id, range.last ? std::string() : range.fixed});
  }
  // An advisory and Debian's own record of the same CVE say the same; one with a fix says more.
  std::ranges::sort(found, [](const Found& a, const Found& b) {
    return std::tuple(a.id, a.fixed.empty(), a.fixed) < std::tuple(b.id, b.fixed.empty(), b.fixed);
  });
  const auto repeated = std::ranges::unique(found, {}, &Found::id);
  found.erase(repeated.begin(), repeated.end());
  return found;
}

}  // namespace sekisho
