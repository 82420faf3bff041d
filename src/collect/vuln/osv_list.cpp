// SPDX-License-Identifier: Apache-2.0
#include "collect/vuln/osv_list.h"

#include <algorithm>

#include <fmt/format.h>

#include "collect/vuln/kept.h"
#include "collect/vuln/osv_text.h"

namespace sekisho {
namespace {

constexpr std::string_view kOsvHeading = "sekisho-osv 1";
// Of Debian alone; the older one didn't say of which day it is.
constexpr std::string_view kDebianHeading = "sekisho-debian 2";
constexpr std::string_view kUndatedDebian = "sekisho-debian 1";
// By End.
constexpr std::string_view kEnds = "oflm";

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

std::string place_of_package(std::string_view release, std::string_view package) {
  std::string key(release);
  key += '\t';
  key += package;
  return key;
}

}  // namespace

std::optional<OsvList::Asked> OsvList::asked(std::string_view release, std::string_view package,
                                             std::string_view version) const {
  const VersionOrder order = facts_of(ecosystem_).order;
  std::string name(package);
  std::string text(version);
  std::optional<PackageVersion> without_epoch;
  if (ecosystem_ == Ecosystem::debian) {
    Source source = source_of(package, version);
    name = std::move(source.name);
    text = std::move(source.version);
    if (const auto colon = text.find(':'); source.rebuilt && colon != std::string::npos)
      without_epoch = PackageVersion::parse(order, std::string_view(text).substr(colon + 1));
  }
  auto read = PackageVersion::parse(order, text);
  if (!read) return std::nullopt;
  return Asked{std::string(release), package_name(ecosystem_, name), std::move(*read),
               std::move(without_epoch)};
}

std::uint32_t OsvList::text_of(std::string_view text) {
  const auto [place, added] = text_places_.emplace(text, static_cast<std::uint32_t>(texts_.size()));
  if (added) texts_.emplace_back(text);
  return place->second;
}

std::uint32_t OsvList::bound_of(const std::string& text) {
  const auto [place, added] =
      bound_places_.emplace(text, static_cast<std::uint32_t>(bounds_.size()));
  if (added) bounds_.push_back({text, PackageVersion::parse(facts_of(ecosystem_).order, text)});
  return place->second;
}

void OsvList::take(const std::string& record, Day changed, const std::vector<Row>& rows) {
  const auto before = records_.find(record);
  if (rows.empty() && before == records_.end()) return;
  const auto reading = static_cast<std::uint32_t>(readings_.size());
  readings_.push_back(record);
  if (rows.empty())
    records_.erase(before);
  else
    records_[record] = reading;
  for (const Row& row : rows) {
    releases_.insert(row.release);
    packages_[place_of_package(row.release, row.package)].push_back(
        {reading, text_of(row.name), bound_of(row.span.from), bound_of(row.span.until),
         row.span.end});
  }
  // One more says nothing of how old the others are.
  if (!kept_) as_of_ = std::max(as_of_, changed);
}

void OsvList::add(const OsvRecord& record) {
  std::vector<Row> rows;
  for (const OsvRecord::Affected& one : record.affected)
    if (one.ecosystem == ecosystem_)
      for (const OsvSpan& span : one.spans)
        for (const std::string& name : record.names)
          rows.push_back({one.release, one.package, name, span});
  take(record.id, record.changed, rows);
}

Result<void> OsvList::add_osv(std::string_view json) {
  const auto record = read_osv(json);
  if (!record) return std::unexpected(record.error());
  add(*record);
  return {};
}

Result<void> OsvList::add_osv_archive(std::string_view bytes) {
  Day newest{};
  auto read = each_osv_record(bytes, [&](const OsvRecord& record) -> Result<void> {
    newest = std::max(newest, record.changed);
    add(record);
    return {};
  });
  if (read) whole(newest);
  return read;
}

bool OsvList::current(const Range& range) const {
  const auto newest = records_.find(readings_[range.reading]);
  return newest != records_.end() && newest->second == range.reading;
}

std::string OsvList::serialised() const {
  std::vector<std::string> lines;
  for (const auto& [package, ranges] : packages_)
    for (const Range& range : ranges)
      if (current(range))
        lines.push_back(fmt::format(
            "{}\t{}\t{}\t{}\t{}\t{}\n", readings_[range.reading], package, texts_[range.name],
            bounds_[range.from].text, kEnds[static_cast<std::size_t>(range.end)],
            range.end == OsvSpan::End::open ? std::string() : bounds_[range.until].text));
  std::ranges::sort(lines);
  std::string out = fmt::format("{}\t{}\t{}\n", kOsvHeading, facts_of(ecosystem_).id,
                                as_of_ == Day{} ? std::string() : format_day(as_of_));
  for (const std::string& line : lines) out += line;
  return out;
}

Result<void> OsvList::add_serialised(std::string_view text) {
  const auto wrong = [](std::size_t line) {
    return failure("保存した OSV の脆弱性データとして読めません。",
                   "this can't be read as kept vulnerabilities of OSV.", std::to_string(line));
  };
  const EcosystemFacts& facts = facts_of(ecosystem_);
  std::string record;
  std::vector<Row> rows;
  Day day{};
  const auto finish = [&] {
    if (!rows.empty()) take(record, day, rows);
    rows.clear();
  };
  for (std::size_t line = 1; !text.empty(); ++line) {
    const auto [cells, tabs] = KeptLine<7>::take(text);
    if (line == 1) {
      const bool debian = facts.ecosystem == Ecosystem::debian;
      const bool undated = debian && cells[0] == kUndatedDebian && tabs == 0;
      const bool old = debian && cells[0] == kDebianHeading && tabs == 1;
      const bool ours = cells[0] == kOsvHeading && tabs == 2 && cells[1] == facts.id;
      const std::string_view said = undated ? "" : old ? cells[1] : cells[2];
      const auto read = parse_day(said);
      if ((!undated && !old && !ours) || (!read && (old || !said.empty()))) return wrong(line);
      day = read.value_or(Day{});
      continue;
    }
    // "f" without a version was how an open end was kept.
    const std::size_t end = cells[5].size() == 1 ? kEnds.find(cells[5][0]) : std::string::npos;
    if (tabs != 6 || end == std::string::npos || cells[1].empty() == facts.distribution ||
        (facts.distribution && !plain_osv(cells[1])) || !plain_osv(cells[0]) ||
        !plain_osv(cells[2]) || !plain_osv(cells[3]) || !plain_osv(cells[4]) ||
        (!cells[6].empty() && !plain_osv(cells[6])) || (end > 1 && cells[6].empty()) ||
        (end == 0 && !cells[6].empty()))
      return wrong(line);
    if (cells[0] != record) finish();
    record = cells[0];
    const auto how = cells[6].empty() ? OsvSpan::End::open : static_cast<OsvSpan::End>(end);
    rows.push_back({std::string(cells[1]),
                    std::string(cells[2]),
                    std::string(cells[3]),
                    {std::string(cells[4]), std::string(cells[6]), how}});
  }
  finish();
  as_of_ = day;
  kept_ = !records_.empty();
  return {};
}

std::partial_ordering OsvList::compare(const Asked& asked, std::uint32_t bound) const {
  const Bound& with = bounds_[bound];
  if (!with.version) return std::partial_ordering::unordered;
  if (asked.without_epoch && !with.text.contains(':'))
    return *asked.without_epoch <=> *with.version;
  return asked.version <=> *with.version;
}

std::optional<bool> OsvList::within(const Asked& asked, const Range& range) const {
  if (range.from != 0) {
    const auto order = compare(asked, range.from);
    if (order == std::partial_ordering::unordered) return std::nullopt;
    if (order < 0) return false;
  }
  if (range.end == OsvSpan::End::open) return true;
  const auto order = compare(asked, range.until);
  if (order == std::partial_ordering::unordered) return std::nullopt;
  return range.end == OsvSpan::End::last ? order <= 0 : order < 0;
}

std::vector<OsvList::Found> OsvList::of(const Asked& asked) const {
  std::vector<Found> found;
  const auto ranges = packages_.find(place_of_package(asked.release, asked.package));
  if (ranges == packages_.end()) return found;
  for (const Range& range : ranges->second) {
    // Whether it is in the range is told sooner than whether the range still holds.
    const auto inside = within(asked, range);
    if (inside == false || !current(range)) continue;
    const bool mended = range.end == OsvSpan::End::fixed && inside;
    found.push_back(
        {texts_[range.name], mended ? bounds_[range.until].text : std::string(), !inside});
  }
  // An advisory and the record of the same CVE say the same; one with a fix says more.
  std::ranges::sort(found, [](const Found& a, const Found& b) {
    return std::tuple(std::string_view(a.id), a.unclear, a.fixed.empty(),
                      std::string_view(a.fixed)) < std::tuple(std::string_view(b.id), b.unclear,
                                                              b.fixed.empty(),
                                                              std::string_view(b.fixed));
  });
  const auto repeated = std::ranges::unique(found, {}, &Found::id);
  found.erase(repeated.begin(), repeated.end());
  return found;
}

std::vector<OsvList::Found> OsvList::of(std::string_view release, std::string_view package,
                                        std::string_view version) const {
  const auto read = asked(release, package, version);
  return read ? of(*read) : std::vector<Found>();
}

bool OsvList::names(std::string_view release, std::string_view package) const {
  const auto ranges = packages_.find(place_of_package(release, package_name(ecosystem_, package)));
  return ranges != packages_.end() &&
         std::ranges::any_of(ranges->second, [&](const Range& range) { return current(range); });
}

}  // namespace sekisho
