// SPDX-License-Identifier: Apache-2.0
#include "collect/vuln/weaknesses.h"

#include <algorithm>
#include <map>

#include "collect/vuln/platforms.h"
#include "collect/vuln/vuldef.h"

namespace sekisho {
namespace {

constexpr std::size_t kUpdate = 0;
constexpr std::size_t kTarget = 4;

bool digit_at(std::string_view text, std::size_t at) {
  return at < text.size() && text[at] >= '0' && text[at] <= '9';
}
bool has_digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

/// Java up to 8 has two ways to write an update: 1.8.0_351 (with a build behind it) and 8u351.
const Scheme& java_scheme() {
  static const Scheme scheme =
      *Scheme::make({.forms = {"1.#.# [update ]#[ b~]", "1.#.#[ b~]", "#_ u#[ b~]",
                               "#_ update #[ b~]", "#[.#[.#[.#]]]"},
                     .lines = {},
                     .aside = {}});
  return scheme;
}
bool is_java(std::string_view product) {
  return product == "jdk" || product == "jre" || product == "openjdk" || product == "java_se";
}

/// Without what installers say of the machine: "1.2.3 (64-bit)", also as CPE writes it.
std::string_view without_bits(std::string_view text) {
  const auto open = text.rfind('(');
  if (open == std::string_view::npos || open == 0 || !text.ends_with(')')) return text;
  const std::string_view inside = text.substr(open + 1);
  if (!inside.starts_with("64") && !inside.starts_with("32") && !inside.starts_with("x64") &&
      !inside.starts_with("x86"))
    return text;
  text = text.substr(0, open);
  while (text.ends_with(' ') || text.ends_with('_')) text.remove_suffix(1);
  return text;
}

/// Go calls a commit by the version that it comes before ("2.0.0-0.20220722155237-a158d28d115b",
/// or with the time alone behind the hyphen): that version, not out yet. Else the text.
std::string without_commit(std::string_view text) {
  const auto hyphen = text.find('-');
  const std::string_view release = text.substr(0, hyphen);
  if (hyphen == std::string_view::npos || std::ranges::count(release, '.') != 2)
    return std::string(text);
  std::string_view behind = text.substr(hyphen + 1);
  if (behind.starts_with("0.")) return std::string(release) + "-dev";
  const auto end = behind.find('-');
  constexpr std::size_t kTime = 14;
  return end == kTime && has_digits(behind.substr(0, end)) ? std::string(release) + "-dev"
                                                           : std::string(text);
}

/// "2.0.0c1" is Python's for a candidate and others' for what comes after 2.0.0.
bool of_two_meanings(std::string_view text) {
  const auto letter = text.find_last_not_of("0123456789");
  return letter != std::string_view::npos && letter > 0 && letter + 1 < text.size() &&
         text[letter] == 'c' && digit_at(text, letter - 1);
}

std::optional<VersionReading> read_told(const Installed& installed, std::string_view text) {
  text = without_bits(text);
  if (installed.scheme != &Scheme::makers())  // Java's: "17.0.5+8"
    return installed.scheme->read(text.substr(0, text.find('+')));
  if (of_two_meanings(text)) return std::nullopt;
  return installed.scheme->read(without_commit(text));
}

}  // namespace

void tell_version(Installed& installed, std::string_view text) {
  installed.version_text = lower(without_bits(text));
  installed.version = read_told(installed, installed.version_text);
  installed.release.reset();
}

Installed installed_of(const Cpe& cpe, std::string_view platform) {
  Installed installed{cpe.vendor.text(), cpe.product.text()};
  if (is_java(installed.product)) installed.scheme = &java_scheme();
  installed.platform = platform;
  installed.may_have_revision = true;
  for (std::size_t i = 0; i < installed.rest.size(); ++i) installed.rest.at(i) = *cpe.rest().at(i);
  if (!cpe.version.wild() && !cpe.update.wild()) {
    if (const std::string text = cpe.full_version(); !text.empty()) tell_version(installed, text);
    std::string release = cpe.version.text();
    if (is_java(installed.product))
      release.resize(std::min(release.find_first_of("_-u "), release.size()));
    if (installed.version) installed.release = read_told(installed, release);
  }
  return installed;
}

std::uint32_t Weaknesses::begin(std::uint64_t id, std::uint8_t score, Source source) {
  const auto place = static_cast<std::uint32_t>(weaknesses_.size());
  weaknesses_.push_back({id, 0, score, source});
  places_[id] = place;
  return place;
}

Weaknesses::Weakness* Weaknesses::find(std::uint64_t id) {
  const auto place = places_.find(id);
  return place == places_.end() ? nullptr : &weaknesses_[place->second];
}

Weaknesses::Piece Weaknesses::keep(std::string_view text) {
  const Piece piece{static_cast<std::uint32_t>(text_.size()),
                    static_cast<std::uint16_t>(text.size())};
  text_ += text;
  return piece;
}

std::uint32_t Weaknesses::rest_of(const std::array<CpeValue, 7>& values) {
  std::string text;
  for (const CpeValue& value : values) text += value.formatted() + ":";
  if (text == "*:*:*:*:*:*:*:") return 0;
  const auto [place, added] =
      rest_places_.emplace(std::move(text), static_cast<std::uint32_t>(rests_.size()));
  if (added) rests_.push_back(values);
  return place->second;
}

void Weaknesses::add(std::uint32_t weakness, std::string_view vendor, std::string_view product,
                     Range range) {
  std::string key;
  key.reserve(vendor.size() + product.size() + 1);
  key.append(vendor).append(1, '\t').append(product);
  range.weakness = weakness;
  ++weaknesses_[weakness].ranges;
  products_[std::move(key)].push_back(range);
}

void Weaknesses::add_vuldef(const VuldefRecord& record) {
  std::map<std::uint64_t, std::uint32_t> taken;
  for (const VuldefRecord::Product& product : record.products)
    for (const std::string& cve : product.cves) {
      const auto id = cve_number(cve);
      if (!id || product.ranges.empty() || !plain_cell(product.vendor) ||
          !plain_cell(product.product))
        continue;
      if (!taken.contains(*id)) {
        std::uint8_t score = tenths(record.score);
        if (const Weakness* known = find(*id)) {
          if (known->source == Source::nvd && known->ranges > 0) continue;
          if (known->source == Source::nvd && known->score > 0) score = known->score;
        }
        taken[*id] = begin(*id, score, Source::jvn);
      }
      for (const VersionRange& said : product.ranges) {
        if (!plain_cell(said.start) || !plain_cell(said.end)) continue;
        Range range;
        range.start = keep(said.start);
        range.end = keep(said.end);
        range.from = said.from;
        range.to = said.to;
        range.how = said.exact ? How::exact : How::range;
        // "7.7" may stand for all of 7.7.
        range.partial = product.partly_read || said.exact;
        add(taken[*id], product.vendor, product.product, range);
      }
    }
}

bool Weaknesses::current(const Range& range) const {
  const auto place = places_.find(weaknesses_[range.weakness].id);
  return place != places_.end() && place->second == range.weakness;
}

namespace {

using Bound = VersionRange::Bound;

/// Whether a version comes before the end of a range (`below`), or behind its beginning.
Match side(const Version& version, const std::optional<Version>& bound, Bound kind, bool below) {
  if (kind == Bound::none) return Match::yes;
  const auto order = bound ? version <=> *bound : std::partial_ordering::unordered;
  if (order == std::partial_ordering::unordered) return Match::maybe;
  if (order == 0) return kind == Bound::including ? Match::yes : Match::no;
  return (order < 0) == below ? Match::yes : Match::no;
}

/// Whether all of what is read lies there, none of it, or some.
Match within(const Match& nearest, const Match& farthest) {
  if (nearest == Match::no) return Match::no;
  return nearest == Match::yes && farthest == Match::yes ? Match::yes : Match::maybe;
}

Match is_exactly(const VersionReading& reading, const Version& bound, bool any_update) {
  if (!reading.exact())
    return bound < reading.least || bound > reading.most ? Match::no : Match::maybe;
  const auto order = reading.least <=> bound;
  if (order == 0) return Match::yes;
  if (any_update && reading.least.within(bound)) return Match::yes;
  if (order == std::partial_ordering::unordered) return Match::maybe;
  return any_update && reading.least.update_of(bound) ? Match::maybe : Match::no;
}

bool perhaps_build(const Installed& installed, const Version& bound) {
  return installed.may_have_build && installed.version->least.build_of(bound);
}

/// Where a feed names an update of a version ("9.0", "sp2") and nothing was said of the one that is
/// there: whether it may have it (NISTIR 7696: the feed's name is a part of what was said). What
/// came before the version, it isn't.
bool perhaps_update(const Installed& installed, std::string_view version, const CpeValue& update) {
  if (update.is_any() || update.is_none() || !installed.rest[kUpdate].is_any()) return false;
  const std::string behind = " " + update.text();
  if (!version.ends_with(behind)) return false;
  const std::string_view alone = version.substr(0, version.size() - behind.size());
  const auto with = installed.scheme->exact(version);
  const auto without = installed.scheme->exact(alone);
  if (!with || !without || !installed.version->exact() || *with < *without) return false;
  // Of a product that is called by its year, the maker's numbers may count its updates.
  const bool by_numbers = has_digits(alone) && installed.version_text.starts_with(alone) &&
                          installed.version_text.substr(alone.size()).starts_with('.');
  return by_numbers || installed.version->least == *without;
}

/// A date, which no other number can be held against.
bool is_date(std::string_view text) {
  constexpr std::size_t kDate = 8;
  return text.size() == kDate && has_digits(text) &&
         (text.starts_with("19") || text.starts_with("20"));
}

/// Of a version that comes behind the end of a range: whether it may be one of that end, by an
/// installer's build, by an update that the feed doesn't tell apart, or by a number behind a
/// hyphen, which comes before the version for some makers and after it for others.
bool perhaps_of(const Installed& installed, const Version& end, std::string_view text,
                bool including) {
  if (including && perhaps_build(installed, end)) return true;
  if (!installed.may_have_revision) return false;
  const std::string_view there = installed.version_text;
  if (is_date(there) != is_date(text)) return true;
  if (there.size() > text.size() && there.starts_with(text)) {
    const char next = there[text.size()];
    if (next == '-' && digit_at(there, text.size() + 1)) return true;
    if (including && std::string_view("-_ (").contains(next)) return true;
  }
  return including && installed.version->exact() && installed.version->least.update_of(end);
}

/// Of a feed's version that is none in the product's own scheme ("3.13.0 alpha1"): whether it may
/// be the one that is there.
Match other_words(const Installed& installed, std::string_view bound) {
  const auto there = Scheme::makers().exact(installed.version_text);
  const auto said = Scheme::makers().exact(bound);
  if (!there || !said || !installed.version->exact()) return Match::maybe;
  return *there < *said || *there > *said ? Match::no : Match::maybe;
}

/// Of attributes that nothing was said of, none is likely.
Match value_match(const CpeValue& source, const CpeValue& target) {
  switch (relation(source, target)) {
    case CpeRelation::equal:
    case CpeRelation::superset: return Match::yes;
    case CpeRelation::disjoint: return Match::no;
    case CpeRelation::subset: return source.is_none() ? Match::yes : Match::maybe;
    case CpeRelation::undefined: break;
  }
  return Match::maybe;
}

}  // namespace

Match Weaknesses::version_match(const Range& range, const Installed& installed) const {
  const std::string_view start = text(range.start);
  const std::string_view end = text(range.end);
  if (range.how == How::none) return installed.version_text.empty() ? Match::maybe : Match::no;
  if (range.how == How::wild) {
    const auto wild = CpeValue::parse(start);
    if (installed.version_text.empty() || !wild) return Match::maybe;
    return value_match(*wild, CpeValue::literal(installed.version_text));
  }
  if (range.how == How::range && range.from == Bound::none && range.to == Bound::none)
    return Match::yes;
  if (range.how == How::exact) {
    if (!installed.version_text.empty() && installed.version_text == start) return Match::yes;
    const auto bound = installed.version ? installed.scheme->exact(start) : std::nullopt;
    if (!bound) return other_words(installed, start);
    const CpeValue& update = rests_[range.rest][kUpdate];
    const bool any_update = update.is_any();
    if (any_update && installed.release) return is_exactly(*installed.release, *bound, false);
    const Match one = is_exactly(*installed.version, *bound, any_update);
    if (one != Match::no) return one;
    return perhaps_build(installed, *bound) || perhaps_update(installed, start, update)
               ? Match::maybe
               : Match::no;
  }
  if (!installed.version) return Match::maybe;
  const auto to = range.to == Bound::none ? std::nullopt : installed.scheme->exact(end);
  const VersionReading& reading = *installed.version;
  const Match nearest = side(reading.least, to, range.to, true);
  const Match below =
      within(nearest, reading.exact() ? nearest : side(reading.most, to, range.to, true));
  if (below == Match::no)
    return to && perhaps_of(installed, *to, end, range.to == Bound::including) ? Match::maybe
                                                                               : below;
  const auto from = range.from == Bound::none ? std::nullopt : installed.scheme->exact(start);
  const Match last = side(reading.most, from, range.from, false);
  return both(below,
              within(last, reading.exact() ? last : side(reading.least, from, range.from, false)));
}

Match Weaknesses::rest_match(const Range& range, const Installed& installed) const {
  Match all = Match::yes;
  const auto& rest = rests_[range.rest];
  for (std::size_t i = 0; i < rest.size() && all != Match::no; ++i) {
    if (rest.at(i).is_any() || (i == kUpdate && range.how == How::exact)) continue;
    const bool by_platform = i == kTarget && installed.rest.at(i).is_any();
    all = both(all, by_platform ? targets(platform_index(installed.platform), rest.at(i))
                                : value_match(rest.at(i), installed.rest.at(i)));
  }
  return all;
}

Match Weaknesses::match(const Range& range, const Installed& installed) const {
  const Match condition = range.condition.at(platform_index(installed.platform));
  if (condition == Match::no) return condition;
  const Match rest = range.rest == 0 ? Match::yes : rest_match(range, installed);
  if (rest == Match::no) return rest;
  return both(both(condition, rest), version_match(range, installed));
}

const std::vector<Weaknesses::Range>* Weaknesses::find(std::string_view vendor,
                                                       std::string_view product) const {
  std::string key;
  key.reserve(vendor.size() + product.size() + 1);
  key.append(vendor).append(1, '\t').append(product);
  const auto found = products_.find(key);
  return found == products_.end() ? nullptr : &found->second;
}

Weaknesses::Matches Weaknesses::of(const Installed& installed) const {
  Matches matches;
  const auto* ranges = find(installed.vendor, installed.product);
  if (ranges == nullptr) return matches;
  std::vector<std::pair<std::uint32_t, Match>> hit;
  for (const Range& range : *ranges)
    if (const Match one = match(range, installed); one != Match::no && current(range))
      hit.emplace_back(range.weakness, one);
  // Of several ranges of one weakness the surest counts.
  std::ranges::sort(hit, [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first < b.first : a.second > b.second;
  });
  const auto repeated = std::ranges::unique(hit, {}, &std::pair<std::uint32_t, Match>::first);
  hit.erase(repeated.begin(), repeated.end());
  std::ranges::sort(hit, [&](const auto& a, const auto& b) {
    return std::pair(weaknesses_[b.first].score, weaknesses_[b.first].id) <
           std::pair(weaknesses_[a.first].score, weaknesses_[a.first].id);
  });
  for (const auto& [place, how] : hit)
    (how == Match::yes ? matches.open : matches.unclear)
        .push_back({cve_name(weaknesses_[place].id), weaknesses_[place].score / 10.0});
  return matches;
}

std::optional<Match> Weaknesses::about(std::string_view cve, const Installed& installed) const {
  const auto id = cve_number(cve);
  const auto* ranges = find(installed.vendor, installed.product);
  if (!id || ranges == nullptr) return std::nullopt;
  std::optional<Match> said;
  bool partial = false;
  for (const Range& range : *ranges) {
    if (weaknesses_[range.weakness].id != *id || !current(range)) continue;
    partial = partial || range.partial;
    said = either(said.value_or(Match::no), match(range, installed));
  }
  return partial && said == Match::no ? std::nullopt : said;
}

bool Weaknesses::covers(std::string_view vendor, std::string_view product) const {
  const auto* ranges = find(vendor, product);
  return ranges != nullptr &&
         std::ranges::any_of(*ranges, [&](const Range& range) { return current(range); });
}

bool Weaknesses::has(std::string_view cve) const {
  const auto id = cve_number(cve);
  return id && places_.contains(*id);
}

bool Weaknesses::tells(std::string_view cve) const {
  const auto id = cve_number(cve);
  const auto place = id ? places_.find(*id) : places_.end();
  return place != places_.end() && weaknesses_[place->second].ranges > 0 &&
         weaknesses_[place->second].source == Source::nvd;
}

bool Weaknesses::names(std::string_view cve, std::string_view vendor,
                       std::string_view product) const {
  const auto id = cve_number(cve);
  const auto* ranges = find(vendor, product);
  return id && ranges != nullptr && std::ranges::any_of(*ranges, [&](const Range& range) {
           return weaknesses_[range.weakness].id == *id && current(range);
         });
}

Weaknesses Weaknesses::part(const std::set<std::pair<std::string, std::string>>& products,
                            const std::set<std::string, std::less<>>& cves) const {
  Weaknesses less;
  less.as_of_ = as_of_;
  std::map<std::uint32_t, std::uint32_t> taken;
  for (const auto& [vendor, product] : products) {
    const auto* ranges = find(vendor, product);
    if (ranges == nullptr) continue;
    for (Range range : *ranges) {
      const Weakness& of = weaknesses_[range.weakness];
      if (!current(range) || !cves.contains(cve_name(of.id))) continue;
      const auto [place, added] = taken.emplace(range.weakness, 0);
      if (added) place->second = less.begin(of.id, of.score, of.source);
      range.start = less.keep(text(range.start));
      range.end = less.keep(text(range.end));
      range.rest = less.rest_of(rests_[range.rest]);
      less.add(place->second, vendor, product, range);
    }
  }
  return less;
}

std::size_t Weaknesses::ranges() const {
  std::size_t sum = 0;
  for (const auto& [product, list] : products_) sum += list.size();
  return sum;
}

}  // namespace sekisho
