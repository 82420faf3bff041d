// SPDX-License-Identifier: Apache-2.0
// Reading NVD's CVE records.
#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <simdjson.h>

#include "collect/vuln/platforms.h"
#include "collect/vuln/weaknesses.h"

namespace sekisho {
namespace {

namespace dom = simdjson::dom;

bool is_negated(const dom::element& node) {
  bool is = false;
  return node["negate"].get(is) == simdjson::SUCCESS && is;
}

bool is_all(const dom::element& node) {
  std::string_view how;
  return node["operator"].get(how) == simdjson::SUCCESS && how == "AND";
}

bool bounded(const dom::element& match) {
  dom::element unused;
  return std::ranges::any_of(
      std::array{"versionStartIncluding", "versionStartExcluding", "versionEndIncluding",
                 "versionEndExcluding"},
      [&](const char* field) { return match[field].get(unused) == simdjson::SUCCESS; });
}

/// The hardware that a firmware is for: "rv340_firmware" runs on nothing but rv340.
bool own_hardware(const Cpe& hardware, const Cpe& firmware) {
  return hardware.vendor == firmware.vendor &&
         firmware.product.text() == hardware.product.text() + "_firmware";
}

/// Whether what a match names beside the product is on a machine of this platform.
Match is_there(const dom::element& match, const Cpe& vulnerable, std::size_t platform) {
  const auto cpe = parse_cpe(match["criteria"].get_string());
  if (!cpe) return Match::maybe;
  if (cpe->part == 'h') return own_hardware(*cpe, vulnerable) ? Match::yes : Match::maybe;
  if (cpe->part == 'a') return Match::maybe;
  const bool any_version = (cpe->version.is_any() || cpe->version.is_none()) && !bounded(match);
  return runs(platform, cpe->vendor.text(), cpe->product.text(), any_version);
}

/// The base score in tenths, from the newest CVSS version that a record has.
std::uint8_t score_of(dom::object metrics) {
  constexpr std::array<std::string_view, 4> kKinds{"cvssMetricV2", "cvssMetricV30", "cvssMetricV31",
                                                   "cvssMetricV40"};
  std::size_t best = 0;
  double score = 0;
  for (const auto& [key, list] : metrics) {
    const auto kind = std::ranges::find(kKinds, key);
    const auto rank = static_cast<std::size_t>(kind - kKinds.begin()) + 1;
    if (kind == kKinds.end() || rank < best) continue;
    for (const dom::element one : list.get_array()) {
      const double given = one["cvssData"]["baseScore"].get_double();
      if (rank > best || given > score) score = given;
      best = rank;
    }
  }
  return tenths(score);
}

}  // namespace

/// What one node of a configuration asks for beside a product.
template <typename Element>
Weaknesses::Condition Weaknesses::condition_of(const Element& node, const Cpe& vulnerable) {
  Condition condition{};
  const bool all = is_all(node);
  for (std::size_t platform = 0; platform < kPlatforms; ++platform) {
    Match there = all ? Match::yes : Match::no;
    for (const dom::element match : node["cpeMatch"].get_array()) {
      const Match one = is_there(match, vulnerable, platform);
      there = all ? both(there, one) : either(there, one);
    }
    condition.at(platform) = is_negated(node) ? negated(there) : there;
  }
  return condition;
}

/// One range of versions; left out where a name or version in it is none that can be kept.
template <typename Element>
void Weaknesses::add_match(std::uint32_t weakness, const Element& match, const Cpe& cpe,
                           Condition condition) {
  const std::string vendor = cpe.vendor.text();
  const std::string product = cpe.product.text();
  if (!plain_cell(vendor) || !plain_cell(product)) return;
  Range range;
  range.condition = condition;
  if (cpe.version.is_none()) {
    range.how = How::none;
  } else if (cpe.version.wild()) {
    range.how = How::wild;
    range.start = keep(cpe.version.formatted());
  } else if (!cpe.version.is_any()) {
    range.how = How::exact;
    const std::string version = cpe.full_version();
    if (!plain_cell(version)) return;
    range.start = keep(version);
  }
  const auto rest = cpe.rest();
  if (std::ranges::any_of(rest, [](const auto* one) { return one->formatted().size() > 200; }))
    return;
  // Most say nothing more.
  if (!std::ranges::all_of(rest, [](const auto* one) { return one->is_any(); })) {
    std::array<CpeValue, 7> values;
    for (std::size_t i = 0; i < values.size(); ++i) values.at(i) = *rest.at(i);
    range.rest = rest_of(values);
  }
  const auto bound = [&](const char* field, Piece& piece, Bound& kind, Bound means) {
    dom::element value;
    if (match[field].get(value) != simdjson::SUCCESS) return true;
    const std::string_view text = value.get_string();
    if (!plain_cell(text)) return false;
    piece = keep(text);
    kind = means;
    return true;
  };
  if (range.how != How::range ||
      (bound("versionStartIncluding", range.start, range.from, Bound::including) &&
       bound("versionStartExcluding", range.start, range.from, Bound::excluding) &&
       bound("versionEndIncluding", range.end, range.to, Bound::including) &&
       bound("versionEndExcluding", range.end, range.to, Bound::excluding)))
    add(weakness, vendor, product, range);
}

template <typename Element>
void Weaknesses::add_configuration(std::uint32_t weakness, const Element& configuration) {
  const bool all = is_all(configuration);
  const auto nodes = configuration["nodes"].get_array();
  std::size_t at = 0;
  for (const dom::element node : nodes) {
    const std::size_t here = at++;
    // "Not this one" tells of no version that it is vulnerable.
    if (is_negated(node) || is_negated(configuration)) continue;
    for (const dom::element match : node["cpeMatch"].get_array()) {
      if (!match["vulnerable"].get_bool()) continue;
      const auto cpe = parse_cpe(match["criteria"].get_string());
      if (!cpe) continue;
      Condition condition = kAlways;
      std::size_t other = 0;
      for (const dom::element beside : nodes) {
        if (!all || other++ == here) continue;
        const Condition more = condition_of(beside, *cpe);
        for (std::size_t i = 0; i < kPlatforms; ++i)
          condition.at(i) = both(condition.at(i), more.at(i));
      }
      add_match(weakness, match, *cpe, condition);
    }
  }
}

void Weaknesses::date(std::optional<Day> of, std::size_t records, NvdPart part) {
  const Day day = of.value_or(Day{});
  if (part == NvdPart::changes) {
    constexpr std::chrono::days kReach{7};  // of eight: a part of the first was before the list
    if (as_of_ != Day{} && day > as_of_ && day - kReach <= as_of_) as_of_ = day;
    return;
  }
  read_ += records;
  from_ = from_ ? std::min(*from_, day) : day;
  if (read_ >= kept_) as_of_ = *from_;
}

Result<void> Weaknesses::add_nvd(std::string_view json, NvdPart part) {
  if (json.size() > kMostNvdBytes)
    return failure("大きすぎます（上限 1 GB）。", "it is too large (at most 1 GB).");
  std::size_t record = 0;
  try {
    // Kept, so that the next file need not ask for its memory again.
    static thread_local dom::parser parser;
    const dom::element document = parser.parse(simdjson::padded_string(json));
    std::string_view moment;
    if (document["timestamp"].get(moment) != simdjson::SUCCESS) moment = {};
    for (const dom::element item : document["vulnerabilities"].get_array()) {
      ++record;
      const dom::object cve = item["cve"].get_object();
      const auto id = cve_number(cve["id"].get_string());
      if (!id)
        return failure("CVE の番号ではありません。", "this is no number of a CVE.",
                       fmt::format("vulnerabilities[{}].cve.id", record - 1));
      dom::element metrics;
      dom::element configurations;
      const bool scored = cve["metrics"].get(metrics) == simdjson::SUCCESS;
      const std::uint8_t score = scored ? score_of(metrics.get_object()) : std::uint8_t{0};
      const bool configured = cve["configurations"].get(configurations) == simdjson::SUCCESS &&
                              configurations.get_array().size() > 0;
      if (Weakness* known = find(*id);
          known != nullptr && known->source == Source::jvn && !configured) {
        if (score > 0) known->score = score;
        continue;
      }
      const std::uint32_t weakness = begin(*id, score, Source::nvd);
      if (!configured) continue;
      for (const dom::element configuration : configurations.get_array())
        add_configuration(weakness, configuration);
    }
    date(parse_day(moment.substr(0, 10)), record, part);
  } catch (const simdjson::simdjson_error& error) {
    return failure(fmt::format("NVD の JSON 2.0 として読めません: {}", error.what()),
                   fmt::format("this can't be read as NVD's JSON 2.0: {}", error.what()),
                   fmt::format("vulnerabilities[{}]", record == 0 ? 0 : record - 1));
  }
  return {};
}

}  // namespace sekisho
