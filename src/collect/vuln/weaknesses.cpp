#include "collect/vuln/weaknesses.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <map>

#include <fmt/format.h>
#include <simdjson.h>

#include "collect/vuln/kept.h"
#include "collect/vuln/vuldef.h"

namespace sekisho {
namespace {

namespace dom = simdjson::dom;

constexpr std::string_view kHeading = "sekisho-weaknesses 1";

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// "CVE-2024-21762" as one number.
std::optional<std::uint64_t> cve_number(std::string_view cve) {
  if (!cve.starts_with("CVE-") || cve.size() < 13 || cve.size() > 17 || cve[8] != '-')
    return std::nullopt;
  const auto year = number(cve.substr(4, 4));
  const auto rest = number(cve.substr(9));
  // The programme began in 1999; four digits of year, so that a name is written as it was read.
  if (!year || *year < 1999 || !rest || *rest > 0xffffffffU) return std::nullopt;
  return *year << 32U | *rest;
}

std::string cve_name(std::uint64_t id) {
  return fmt::format("CVE-{}-{:04}", id >> 32U, id & 0xffffffffU);
}

/// What may stand in a kept line.
bool plain(std::string_view text) {
  return text.size() <= 200 && std::ranges::all_of(text, [](char c) {
           return static_cast<unsigned char>(c) >= ' ' && c != 0x7f;
         });
}

constexpr std::array<std::string_view, 4> kPlatforms{"windows", "darwin", "linux", "mobile"};

/// The bit of a platform; 0 where it is none of these.
std::uint8_t platform_bit(std::string_view platform) {
  for (std::size_t i = 0; i < kPlatforms.size(); ++i)
    if (kPlatforms.at(i) == platform) return static_cast<std::uint8_t>(1U << i);
  return 0;
}

/// The same of what CPE calls an operating system, be it a product or target software.
std::uint8_t platform_bit_of_cpe(std::string_view name) {
  if (name.starts_with("windows")) return platform_bit("windows");
  for (const auto& [known, platform] :
       std::initializer_list<std::pair<std::string_view, std::string_view>>{
           {"macos", "darwin"},
           {"mac_os", "darwin"},
           {"mac_os_x", "darwin"},
           {"linux", "linux"},
           {"linux_kernel", "linux"},
           {"debian_linux", "linux"},
           {"ubuntu_linux", "linux"},
           {"enterprise_linux", "linux"},
           {"fedora", "linux"},
           {"android", "mobile"},
           {"iphone_os", "mobile"},
           {"ipados", "mobile"},
           {"ipad_os", "mobile"}})
    if (name == known) return platform_bit(platform);
  return 0;
}

bool negated(const dom::element node) {
  bool is = false;
  return node["negate"].get(is) == simdjson::SUCCESS && is;
}

/// A CVSS score in tenths.
std::uint8_t tenths(double score) {
  return static_cast<std::uint8_t>(std::lround(std::clamp(score, 0.0, 10.0) * 10));
}

/// Of a configuration that needs several parts together, which platforms it needs; 0: any.
std::uint8_t platforms_of(const dom::element configuration) {
  std::string_view how;
  if (configuration["operator"].get(how) != simdjson::SUCCESS || how != "AND") return 0;
  std::uint8_t all = 0;
  for (const dom::element node : configuration["nodes"].get_array()) {
    if (negated(node)) continue;
    std::uint8_t bits = 0;
    for (const dom::element match : node["cpeMatch"].get_array()) {
      const auto cpe = parse_cpe(match["criteria"].get_string());
      const std::uint8_t bit = cpe && cpe->part == 'o' && !match["vulnerable"].get_bool()
                                   ? platform_bit_of_cpe(cpe->product)
                                   : std::uint8_t{0};
      bits = static_cast<std::uint8_t>(bits | bit);
      if (bit != 0) continue;
      bits = 0;  // one of them is something else, which may be there
      break;
    }
    if (bits != 0) all = static_cast<std::uint8_t>(all == 0 ? bits : all & bits);
  }
  return all;
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

void Weaknesses::add(std::uint32_t weakness, std::string_view vendor, std::string_view product,
                     Range range) {
  std::string key;
  key.reserve(vendor.size() + product.size() + 1);
  key.append(vendor).append(1, '\t').append(product);
  range.weakness = weakness;
  ++weaknesses_[weakness].ranges;
  products_[std::move(key)].push_back(range);
}

/// One range of versions; left out where a name or version in it is none that can be kept.
template <typename Match>
void Weaknesses::add_match(std::uint32_t weakness, const Match& match, std::uint8_t platforms) {
  const auto cpe = parse_cpe(match["criteria"].get_string());
  if (!cpe || !plain(cpe->vendor) || !plain(cpe->product)) return;
  Range range;
  range.platforms = platforms;
  if (const std::uint8_t target = platform_bit_of_cpe(cpe->target); target != 0)
    range.platforms = target;
  if (const std::string version = cpe->full_version(); !version.empty()) {
    if (!plain(version)) return;
    range.start = keep(version);
    range.exact = true;
    return add(weakness, cpe->vendor, cpe->product, range);
  }
  const auto bound = [&](const char* field, Piece& piece, Bound& kind, Bound means) {
    dom::element value;
    if (match[field].get(value) != simdjson::SUCCESS) return true;
    const std::string_view text = value.get_string();
    if (!plain(text)) return false;
    piece = keep(text);
    kind = means;
    return true;
  };
  if (bound("versionStartIncluding", range.start, range.from, Bound::including) &&
      bound("versionStartExcluding", range.start, range.from, Bound::excluding) &&
      bound("versionEndIncluding", range.end, range.to, Bound::including) &&
      bound("versionEndExcluding", range.end, range.to, Bound::excluding))
    add(weakness, cpe->vendor, cpe->product, range);
}

Result<void> Weaknesses::add_nvd(std::string_view json) {
  if (json.size() > kMostNvdBytes)
    return failure("大きすぎます（上限 1 GB）。", "it is too large (at most 1 GB).");
  std::size_t record = 0;
  try {
    // Kept, so that the next file need not ask for its memory again.
    static thread_local dom::parser parser;
    const dom::element document = parser.parse(simdjson::padded_string(json));
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
      for (const dom::element configuration : configurations.get_array()) {
        const std::uint8_t platforms = platforms_of(configuration);
        for (const dom::element node : configuration["nodes"].get_array()) {
          if (negated(node)) continue;
          for (const dom::element match : node["cpeMatch"].get_array())
            if (match["vulnerable"].get_bool()) add_match(weakness, match, platforms);
        }
      }
    }
  } catch (const simdjson::simdjson_error& error) {
    return failure(fmt::format("NVD の JSON 2.0 として読めません: {}", error.what()),
                   fmt::format("this can't be read as NVD's JSON 2.0: {}", error.what()),
                   fmt::format("vulnerabilities[{}]", record == 0 ? 0 : record - 1));
  }
  return {};
}

void Weaknesses::add_vuldef(const VuldefRecord& record) {
  std::map<std::uint64_t, std::uint32_t> taken;
  for (const VuldefRecord::Product& product : record.products)
    for (const std::string& cve : product.cves) {
      const auto id = cve_number(cve);
      if (!id || product.ranges.empty() || !plain(product.vendor) || !plain(product.product))
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
        if (!plain(said.start) || !plain(said.end)) continue;
        Range range;
        range.start = keep(said.start);
        range.end = keep(said.end);
        range.from = said.from;
        range.to = said.to;
        range.exact = said.exact;
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

bool Weaknesses::holds(const Range& range, std::string_view version) const {
  const std::string_view start = text(range.start);
  const std::string_view end = text(range.end);
  if (range.exact) return compare_releases(version, start) == 0;
  if (range.from != Bound::none) {
    const auto order = compare_releases(version, start);
    if (order < 0 || (order == 0 && range.from == Bound::excluding)) return false;
  }
  if (range.to != Bound::none) {
    const auto order = compare_releases(version, end);
    if (order > 0 || (order == 0 && range.to == Bound::excluding)) return false;
  }
  return true;
}

const std::vector<Weaknesses::Range>* Weaknesses::find(std::string_view vendor,
                                                       std::string_view product) const {
  const auto found = products_.find(std::string(vendor) + "\t" + std::string(product));
  return found == products_.end() ? nullptr : &found->second;
}

std::vector<Weaknesses::Found> Weaknesses::of(std::string_view vendor, std::string_view product,
                                              std::string_view version,
                                              std::string_view platform) const {
  std::vector<Found> found;
  const std::uint8_t bit = platform_bit(platform);
  const auto* ranges = find(vendor, product);
  if (ranges == nullptr || version.empty()) return found;
  std::vector<std::uint32_t> hit;
  for (const Range& range : *ranges)
    if (current(range) && holds(range, version) &&
        (range.platforms == 0 || bit == 0 || (range.platforms & bit) != 0))
      hit.push_back(range.weakness);
  std::ranges::sort(hit);
  const auto repeated = std::ranges::unique(hit);
  hit.erase(repeated.begin(), repeated.end());
  std::ranges::sort(hit, [&](std::uint32_t a, std::uint32_t b) {
    return std::pair(weaknesses_[b].score, weaknesses_[b].id) <
           std::pair(weaknesses_[a].score, weaknesses_[a].id);
  });
  for (const std::uint32_t one : hit)
    found.push_back({cve_name(weaknesses_[one].id), weaknesses_[one].score / 10.0});
  return found;
}

bool Weaknesses::knows(std::string_view cve, std::string_view vendor,
                       std::string_view product) const {
  const auto id = cve_number(cve);
  const auto* ranges = find(vendor, product);
  if (!id || ranges == nullptr) return false;
  return std::ranges::any_of(*ranges, [&](const Range& range) {
    return weaknesses_[range.weakness].id == *id && current(range) && !range.partial;
  });
}

std::size_t Weaknesses::ranges() const {
  std::size_t sum = 0;
  for (const auto& [product, list] : products_) sum += list.size();
  return sum;
}

std::string Weaknesses::serialised() const {
  // By CVE, so that the file reads as its records do.
  struct Line {
    std::uint32_t weakness;
    const std::string* product;
    const Range* range;
  };
  std::vector<Line> lines;
  lines.reserve(ranges());
  for (const auto& [product, list] : products_)
    for (const Range& range : list)
      if (current(range)) lines.push_back({range.weakness, &product, &range});
  std::ranges::sort(lines, {}, [](const Line& line) {
    return std::tuple(line.weakness, std::string_view(*line.product), line.range);
  });
  std::string out(kHeading);
  out += '\n';
  auto line = lines.begin();
  for (std::uint32_t i = 0; i < weaknesses_.size(); ++i) {
    if (places_.at(weaknesses_[i].id) != i) continue;
    out += fmt::format("{}\t{}{}\n", cve_name(weaknesses_[i].id), weaknesses_[i].score,
                       weaknesses_[i].source == Source::jvn ? "\tjvn" : "");
    while (line != lines.end() && line->weakness < i) ++line;
    for (; line != lines.end() && line->weakness == i; ++line) {
      const Range& range = *line->range;
      const std::string from = range.exact ? "x" : std::to_string(static_cast<int>(range.from));
      out +=
          fmt::format("\t{}\t{}\t{}{}\t{}\t{}\n", *line->product, from, static_cast<int>(range.to),
                      range.partial ? "+" : "", text(range.start), text(range.end));
      if (range.platforms != 0) {
        out.back() = '\t';
        out += fmt::format("{}\n", range.platforms);
      }
    }
  }
  return out;
}

Result<void> Weaknesses::add_serialised(std::string_view text) {
  const auto wrong = [](std::size_t line) {
    return failure("弱点の控えとして読めません。", "this can't be read as kept weaknesses.",
                   std::to_string(line));
  };
  if (text.size() > kMostWeaknessBytes)
    return failure("大きすぎます（上限 512 MB）。", "it is too large (at most 512 MB).");
  std::optional<std::uint32_t> weakness;
  for (std::size_t line = 1; !text.empty(); ++line) {
    const auto [cells, tabs] = KeptLine<8>::take(text);
    if (line == 1) {
      if (cells[0] != kHeading || tabs != 0) return wrong(line);
      continue;
    }
    if (!cells[0].empty() && (tabs == 1 || (tabs == 2 && cells[2] == "jvn"))) {
      const auto id = cve_number(cells[0]);
      const auto score = number(cells[1]);
      if (!id || !score || *score > 100) return wrong(line);
      weakness =
          begin(*id, static_cast<std::uint8_t>(*score), tabs == 2 ? Source::jvn : Source::nvd);
      continue;
    }
    const auto digit = [](std::string_view cell) {
      return cell.size() == 1 && cell[0] >= '0' && cell[0] <= '2';
    };
    Range range;
    std::string_view to = cells[4];
    range.partial = to.ends_with('+');
    if (range.partial) to.remove_suffix(1);
    range.exact = cells[3] == "x";
    const auto platforms = tabs == 7 ? number(cells[7]) : 0;
    if ((tabs != 6 && tabs != 7) || !platforms || *platforms >= 1U << kPlatforms.size() ||
        (tabs == 7 && *platforms == 0) || !cells[0].empty() || cells[1].empty() ||
        cells[2].empty() || !weakness || !(range.exact || digit(cells[3])) || !digit(to) ||
        !plain(cells[1]) || !plain(cells[2]) || !plain(cells[5]) || !plain(cells[6]))
      return wrong(line);
    range.platforms = static_cast<std::uint8_t>(*platforms);
    if (!range.exact) range.from = static_cast<Bound>(cells[3][0] - '0');
    range.to = static_cast<Bound>(to[0] - '0');
    range.start = keep(cells[5]);
    range.end = keep(cells[6]);
    add(*weakness, cells[1], cells[2], range);
  }
  return {};
}

}  // namespace sekisho
