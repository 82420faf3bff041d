// SPDX-License-Identifier: Apache-2.0
// The form in which weaknesses are kept.
#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "collect/vuln/kept.h"
#include "collect/vuln/platforms.h"
#include "collect/vuln/weaknesses.h"

namespace sekisho {
namespace {

constexpr std::string_view kWeaknessesHeading = "sekisho-weaknesses 3";
// Didn't say of which day it is.
constexpr std::string_view kUndatedWeaknesses = "sekisho-weaknesses 2";
// Had bits of platforms in the place of a name's other attributes.
constexpr std::string_view kFirstHeading = "sekisho-weaknesses 1";
constexpr std::string_view kMatches = "nmy";

/// Seven attributes with a colon behind each.
std::optional<std::array<CpeValue, 7>> read_values(std::string_view text) {
  std::array<CpeValue, 7> values;
  std::size_t count = 0;
  for (std::size_t begin = 0, i = 0; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
      continue;
    }
    if (text[i] != ':') continue;
    const auto value = CpeValue::parse(text.substr(begin, i - begin));
    if (!value || count == values.size()) return std::nullopt;
    values.at(count++) = *value;
    begin = i + 1;
  }
  if (count != values.size() || !text.ends_with(':')) return std::nullopt;
  return values;
}

}  // namespace

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
  std::string out = as_of_ == Day{} ? std::string(kUndatedWeaknesses)
                                    : fmt::format("{}\t{}", kWeaknessesHeading, format_day(as_of_));
  out += '\n';
  auto line = lines.begin();
  for (std::uint32_t i = 0; i < weaknesses_.size(); ++i) {
    if (places_.at(weaknesses_[i].id) != i) continue;
    out += fmt::format("{}\t{}{}\n", cve_name(weaknesses_[i].id), weaknesses_[i].score,
                       weaknesses_[i].source == Source::jvn ? "\tjvn" : "");
    while (line != lines.end() && line->weakness < i) ++line;
    for (; line != lines.end() && line->weakness == i; ++line) {
      const Range& range = *line->range;
      const std::string from = range.how == How::exact  ? "x"
                               : range.how == How::wild ? "w"
                               : range.how == How::none
                                   ? "n"
                                   : std::to_string(static_cast<int>(range.from));
      out += fmt::format("\t{}\t{}\t{}{}\t{}\t{}", *line->product, from, static_cast<int>(range.to),
                         range.partial ? "+" : "", text(range.start), text(range.end));
      if (range.rest != 0 || range.condition != kAlways) {
        out += '\t';
        if (range.rest != 0)
          for (const CpeValue& value : rests_[range.rest]) out += value.formatted() + ":";
      }
      if (range.condition != kAlways) {
        out += '\t';
        for (const Match one : range.condition) out += kMatches[static_cast<std::size_t>(one)];
      }
      out += '\n';
    }
  }
  return out;
}

bool Weaknesses::read_range(const std::array<std::string_view, 9>& cells, std::size_t tabs,
                            bool first, Range& range) {
  if (tabs < 6 || tabs > (first ? 7 : 8) || !cells[0].empty() || cells[1].empty() ||
      cells[2].empty() || cells[3].size() != 1)
    return false;
  for (const std::size_t place : {1U, 2U, 5U, 6U})
    if (!plain_cell(cells.at(place))) return false;
  std::string_view to = cells[4];
  range.partial = to.ends_with('+');
  if (range.partial) to.remove_suffix(1);
  const auto digit = [](std::string_view cell) {
    return cell.size() == 1 && cell[0] >= '0' && cell[0] <= '2';
  };
  if (!digit(to)) return false;
  range.to = static_cast<Bound>(to[0] - '0');
  if (digit(cells[3]))
    range.from = static_cast<Bound>(cells[3][0] - '0');
  else if (cells[3] == "x" || (!first && (cells[3] == "w" || cells[3] == "n")))
    range.how = cells[3] == "x" ? How::exact : cells[3] == "w" ? How::wild : How::none;
  else
    return false;
  if (first && tabs == 7) {
    const auto bits = whole_of(cells[7]);
    if (!bits || *bits == 0 || *bits >= 16) return false;
    range.condition = {Match::maybe, Match::no, Match::no, Match::no, Match::no, Match::maybe};
    for (std::size_t i = 0; i < 4; ++i)
      if ((*bits >> i & 1U) != 0) range.condition.at(i + 1) = Match::yes;
  }
  if (!first && tabs >= 7 && !cells[7].empty()) {
    const auto values = read_values(cells[7]);
    if (!values) return false;
    range.rest = rest_of(*values);
  }
  if (!first && tabs == 7 && range.rest == 0) return false;
  if (tabs == 8) {
    if (cells[8].size() != kPlatforms) return false;
    for (std::size_t i = 0; i < kPlatforms; ++i) {
      const std::size_t one = kMatches.find(cells[8][i]);
      if (one == std::string_view::npos) return false;
      range.condition.at(i) = static_cast<Match>(one);
    }
    if (range.condition == kAlways) return false;
  }
  range.start = keep(cells[5]);
  range.end = keep(cells[6]);
  return true;
}

Result<void> Weaknesses::add_serialised(std::string_view text) {
  const auto wrong = [](std::size_t line) {
    return failure("保存した脆弱性データとして読めません。",
                   "this can't be read as kept vulnerabilities.", std::to_string(line));
  };
  if (text.size() > kMostWeaknessBytes)
    return failure("大きすぎます（上限 512 MB）。", "it is too large (at most 512 MB).");
  std::optional<std::uint32_t> weakness;
  bool first = false;
  for (std::size_t line = 1; !text.empty(); ++line) {
    const auto [cells, tabs] = KeptLine<9>::take(text);
    if (line == 1) {
      first = cells[0] == kFirstHeading;
      const auto day = tabs == 1 ? parse_day(cells[1]) : std::nullopt;
      if (cells[0] == kWeaknessesHeading ? !day
                                         : (cells[0] != kUndatedWeaknesses && !first) || tabs != 0)
        return wrong(line);
      as_of_ = day.value_or(Day{});
      continue;
    }
    if (!cells[0].empty() && (tabs == 1 || (tabs == 2 && cells[2] == "jvn"))) {
      const auto id = cve_number(cells[0]);
      const auto score = whole_of(cells[1]);
      if (!id || !score || *score > 100) return wrong(line);
      weakness =
          begin(*id, static_cast<std::uint8_t>(*score), tabs == 2 ? Source::jvn : Source::nvd);
      continue;
    }
    Range range;
    if (!weakness || !read_range(cells, tabs, first, range)) return wrong(line);
    add(*weakness, cells[1], cells[2], range);
  }
  kept_ = places_.size();
  return {};
}

}  // namespace sekisho
