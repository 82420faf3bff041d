// SPDX-License-Identifier: Apache-2.0
#include "collect/vuln/osv.h"

#include <zip.h>

#include <algorithm>
#include <memory>
#include <set>

#include <fmt/format.h>
#include <simdjson.h>

#include "base/text.h"
#include "collect/vuln/osv_text.h"

namespace sekisho {

bool plain_osv(std::string_view text) {
  return !text.empty() && text.size() <= kLongestPackageVersion &&
         std::ranges::all_of(
             text, [](char c) { return static_cast<unsigned char>(c) > ' ' && c != 0x7f; });
}

namespace {

namespace osv_dom = simdjson::dom;

struct Place {
  Ecosystem ecosystem;
  std::string release;
};
/// "Debian:12", "Ubuntu:24.04:LTS", "AlmaLinux:9", "npm". What only a subscription mends
/// ("Ubuntu:Pro:…") is of releases of its own, which nobody's package says.
std::optional<Place> place_of(std::string_view text) {
  const std::string_view name = text.substr(0, text.find(':'));
  const auto facts = std::ranges::find(kEcosystemFacts, name, &EcosystemFacts::name);
  if (facts == kEcosystemFacts.end()) return std::nullopt;
  std::string_view release = text.substr(std::min(name.size() + 1, text.size()));
  if (!facts->distribution) return Place{facts->ecosystem, {}};
  if (facts->ecosystem == Ecosystem::ubuntu && release.ends_with(":LTS")) release.remove_suffix(4);
  if (!plain_osv(release) || release.contains(':')) return std::nullopt;
  return Place{facts->ecosystem, std::string(release)};
}

void add_names(const osv_dom::object& record, const char* field, std::set<std::string>& names) {
  osv_dom::element list;
  if (record[field].get(list) != simdjson::SUCCESS) return;
  for (const osv_dom::element name : list.get_array()) {
    const std::string_view text = name.get_string();
    if (plain_osv(text)) names.emplace(text);
  }
}

/// What the record's weaknesses are called: by their CVEs; where there is none, by the first of all
/// the names that records of the same weakness share.
std::vector<std::string> names_of(const osv_dom::object& record, const std::string& id,
                                  bool distribution) {
  for (const std::string_view mark : {"DEBIAN-", "UBUNTU-"})
    if (id.starts_with(mark) && std::string_view(id).substr(mark.size()).starts_with("CVE-"))
      return {id.substr(mark.size())};
  std::set<std::string> names{id};
  add_names(record, "aliases", names);
  std::set<std::string> with_others = names;
  add_names(record, "upstream", with_others);
  // An advisory of a distribution mends these; elsewhere they are only something like it.
  if (distribution) add_names(record, "related", with_others);
  std::vector<std::string> cves;
  std::ranges::copy_if(with_others, std::back_inserter(cves),
                       [](const std::string& name) { return name.starts_with("CVE-"); });
  if (cves.empty()) cves.push_back(*names.begin());
  return cves;
}

struct Event {
  enum Kind : std::uint8_t { fixed, introduced, last };  // in this order at one version
  std::string text;
  std::optional<PackageVersion> version;  // nothing: "0", before all
  Kind kind = fixed;
};

/// The spans of one range's events, which may stand in any order. Where a version can't be read,
/// where it begins or ends can't be told: then it is one span, which holds that version.
void add_spans(const osv_dom::element& range, VersionOrder order, std::vector<OsvSpan>& spans) {
  std::vector<Event> events;
  std::optional<Event> limit;
  std::optional<std::string> unread;
  bool begins = false;
  for (const osv_dom::element given : range["events"].get_array())
    for (const auto& [kind, value] : given.get_object()) {
      if (kind != "introduced" && kind != "fixed" && kind != "last_affected" && kind != "limit")
        continue;
      Event event{std::string(value.get_string().value()), std::nullopt,
                  kind == "introduced" ? Event::introduced
                  : kind == "fixed"    ? Event::fixed
                                       : Event::last};
      begins = begins || kind == "introduced";
      if (event.text == "*" && kind == "limit") continue;
      const bool first = event.text == "0" && kind == "introduced";
      if (!first) event.version = PackageVersion::parse(order, event.text);
      if (!first && !event.version) {
        unread = plain_osv(event.text) ? event.text : "?";
        continue;
      }
      if (kind != "limit")
        events.push_back(std::move(event));
      else if (!limit || *limit->version < *event.version)
        limit = std::move(event);
    }
  if (unread) {
    spans.push_back({"0", *unread, OsvSpan::End::fixed});
    return;
  }
  std::ranges::stable_sort(events, [](const Event& a, const Event& b) {
    if (!a.version || !b.version) return !a.version && b.version.has_value();
    const auto between = *a.version <=> *b.version;
    return between != 0 ? between < 0 : a.kind < b.kind;
  });
  std::optional<Event> from;
  if (!begins && !events.empty()) from = Event{"0", std::nullopt, Event::introduced};
  const auto close = [&](const Event* event) {
    if (!from) return;
    const bool beyond =
        limit && (event == nullptr || !event->version || *limit->version < *event->version);
    if (!limit || !from->version || *from->version < *limit->version) {
      if (beyond)
        spans.push_back({from->text, limit->text, OsvSpan::End::limit});
      else if (event != nullptr)
        spans.push_back({from->text, event->text,
                         event->kind == Event::last ? OsvSpan::End::last : OsvSpan::End::fixed});
      else
        spans.push_back({from->text, "", OsvSpan::End::open});
    }
    from.reset();
  };
  for (const Event& event : events) {
    if (event.kind != Event::introduced)
      close(&event);
    else if (!from)
      from = event;
  }
  close(nullptr);
}

/// Whether a version lies in one of the spans, all of whose bounds are read.
bool in_spans(const PackageVersion& version, const std::vector<OsvSpan>& spans,
              VersionOrder order) {
  return std::ranges::any_of(spans, [&](const OsvSpan& span) {
    if (span.from != "0")
      if (const auto from = PackageVersion::parse(order, span.from); !from || version < *from)
        return false;
    if (span.end == OsvSpan::End::open) return true;
    const auto until = PackageVersion::parse(order, span.until);
    return until && (span.end == OsvSpan::End::last ? version <= *until : version < *until);
  });
}

/// What is affected of a package: its ranges, and the versions that are listed beside them. A
/// distribution's lists only say again what its ranges do.
std::vector<OsvSpan> spans_of(const osv_dom::element& entry, const EcosystemFacts& facts) {
  std::vector<OsvSpan> spans;
  osv_dom::element list;
  if (entry["ranges"].get(list) == simdjson::SUCCESS)
    for (const osv_dom::element range : list.get_array()) {
      const std::string_view type = range["type"].get_string();
      if (type == "ECOSYSTEM" || type == "SEMVER") add_spans(range, facts.order, spans);
    }
  const std::size_t ranges = spans.size();
  if ((ranges == 0 || !facts.distribution) && entry["versions"].get(list) == simdjson::SUCCESS) {
    const std::vector<OsvSpan> before = spans;
    for (const osv_dom::element one : list.get_array()) {
      const std::string text(one.get_string().value());
      const auto version = PackageVersion::parse(facts.order, text);
      if (version && !in_spans(*version, before, facts.order))
        spans.push_back({text, text, OsvSpan::End::last});
    }
  }
  return spans;
}

void add_affected(const osv_dom::element& entry, OsvRecord& record) {
  osv_dom::element package;
  // Of a range of commits alone no package is named.
  if (entry["package"].get(package) != simdjson::SUCCESS) return;
  const std::string ecosystem(package["ecosystem"].get_string().value());
  const std::string name(package["name"].get_string().value());
  const auto place = place_of(ecosystem);
  if (!place || !plain_osv(name)) {
    const std::string other = printable(ecosystem.substr(0, ecosystem.find(':')), 40);
    if (!place && std::ranges::find(record.others, other) == record.others.end() &&
        std::ranges::find(kEcosystemFacts, other, &EcosystemFacts::name) == kEcosystemFacts.end())
      record.others.push_back(other);
    return;
  }
  if (std::ranges::find(record.ecosystems, place->ecosystem) == record.ecosystems.end())
    record.ecosystems.push_back(place->ecosystem);
  if (record.withdrawn) return;
  auto spans = spans_of(entry, facts_of(place->ecosystem));
  if (spans.empty()) return;
  record.affected.push_back(
      {place->ecosystem, place->release, package_name(place->ecosystem, name), std::move(spans)});
}

}  // namespace

std::string package_name(Ecosystem ecosystem, std::string_view name) {
  if (ecosystem == Ecosystem::go) return lower(name);
  if (ecosystem != Ecosystem::pypi) return std::string(name);
  std::string out;
  for (const char c : lower(name)) {
    const bool parting = c == '-' || c == '_' || c == '.';
    if (!parting)
      out += c;
    else if (!out.ends_with('-'))
      out += '-';
  }
  return out;
}

Result<OsvRecord> read_osv(std::string_view json) {
  if (json.size() > kMostOsvRecord)
    return failure("記録が大きすぎます（上限 16 MB）。",
                   "the record is too large (at most 16 MB).");
  OsvRecord out;
  try {
    // Kept, so that the next file need not ask for its memory again.
    static thread_local osv_dom::parser parser;
    const osv_dom::element document = parser.parse(simdjson::padded_string(json));
    const osv_dom::object record = document.get_object();
    out.id = std::string(record["id"].get_string().value());
    if (!plain_osv(out.id))
      return failure("OSV の id ではありません。", "this is no id of OSV.", "id");
    std::string_view modified;
    if (record["modified"].get(modified) == simdjson::SUCCESS)
      out.changed = parse_day(modified.substr(0, 10)).value_or(Day{});
    osv_dom::element unused;
    osv_dom::element affected;
    out.withdrawn = record["withdrawn"].get(unused) == simdjson::SUCCESS && !unused.is_null();
    if (record["affected"].get(affected) == simdjson::SUCCESS && !affected.is_null())
      for (const osv_dom::element entry : affected.get_array()) add_affected(entry, out);
    const bool distribution = std::ranges::any_of(
        out.ecosystems, [](Ecosystem one) { return facts_of(one).distribution; });
    out.names = names_of(record, out.id, distribution);
  } catch (const simdjson::simdjson_error& error) {
    return failure(fmt::format("OSV の記録として読めません: {}", error.what()),
                   fmt::format("this can't be read as a record of OSV: {}", error.what()),
                   printable(out.id, 80));
  }
  return out;
}

Result<void> each_osv_record(std::string_view bytes,
                             const std::function<Result<void>(const OsvRecord&)>& take) {
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
    auto record = read_osv(text);
    auto taken = record ? take(*record) : std::unexpected(record.error());
    if (!taken) {
      Error error = taken.error();
      error.where = printable(std::string(name), 120);
      return std::unexpected(std::move(error));
    }
  }
  return {};
}

}  // namespace sekisho
