// SPDX-License-Identifier: Apache-2.0
#include "collect/vuln/cpe.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <vector>

namespace sekisho {
namespace {

constexpr std::size_t kLongest = 2000;
constexpr std::size_t kAttributes = 11;  // with the part

char low(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
bool plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
}

/// A character as a formatted string holds it.
void quote(std::string& out, char c) {
  c = low(c);
  if (!plain(c)) out += '\\';
  out += c;
}

/// The characters of a formatted text, with their backslashes.
std::vector<std::string_view> units(std::string_view text) {
  std::vector<std::string_view> list;
  for (std::size_t at = 0; at < text.size(); at += list.back().size())
    list.push_back(text.substr(at, text[at] == '\\' ? 2 : 1));
  return list;
}

/// Whether a text with wildcards at its ends stands for `text`: * any number of characters there, ?
/// one or none (NISTIR 7695, section 5.3.2).
bool holds(std::string_view wild, std::string_view text) {
  const std::vector<std::string_view> pattern = units(wild);
  const std::vector<std::string_view> value = units(text);
  const auto special = [](std::string_view one) { return one == "*" || one == "?"; };
  const auto begin = std::ranges::find_if_not(pattern, special);
  auto end = pattern.end();
  while (end != begin && special(*(end - 1))) --end;
  const auto most = [](auto from, auto to) {
    return std::find(from, to, "*") != to ? SIZE_MAX : static_cast<std::size_t>(to - from);
  };
  const std::size_t before = most(pattern.begin(), begin);
  const std::size_t behind = most(end, pattern.end());
  const auto middle = static_cast<std::size_t>(end - begin);
  for (std::size_t at = 0; at + middle <= value.size() && at <= before; ++at)
    if (value.size() - at - middle <= behind &&
        std::equal(begin, end, value.begin() + static_cast<std::ptrdiff_t>(at)))
      return true;
  return false;
}

std::optional<Cpe> of_values(std::array<std::optional<CpeValue>, kAttributes> values) {
  for (const auto& value : values)
    if (!value) return std::nullopt;
  const std::string part = values[0]->text();
  if (part != "a" && part != "o" && part != "h") return std::nullopt;
  return Cpe{part[0],
             std::move(*values[1]),
             std::move(*values[2]),
             std::move(*values[3]),
             std::move(*values[4]),
             std::move(*values[5]),
             std::move(*values[6]),
             std::move(*values[7]),
             std::move(*values[8]),
             std::move(*values[9]),
             std::move(*values[10])};
}

/// One component of a URI: empty for any, %01 and %02 for ? and *.
std::optional<CpeValue> uri_value(std::string_view text) {
  if (text.empty()) return CpeValue::any();
  if (text == "-") return CpeValue::none();
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      quote(out, text[i]);
      continue;
    }
    unsigned code = 0;
    const char* from = text.data() + i + 1;
    if (i + 2 >= text.size() || std::from_chars(from, from + 2, code, 16).ptr != from + 2)
      return std::nullopt;
    i += 2;
    if (code == 1 || code == 2)
      out += code == 1 ? '?' : '*';
    else
      quote(out, static_cast<char>(code));
  }
  return CpeValue::parse(out);
}

/// "cpe:/PART:VENDOR:PRODUCT:VERSION:UPDATE:EDITION:LANGUAGE", where the edition may hold five
/// attributes between tildes.
std::optional<Cpe> parse_uri(std::string_view text) {
  std::array<std::optional<CpeValue>, kAttributes> values;
  values.fill(CpeValue::any());
  for (std::size_t at = 0;; ++at) {
    if (at == 7) return std::nullopt;
    const std::string_view one = text.substr(0, text.find(':'));
    if (at == 5 && one.starts_with('~')) {
      // edition, sw_edition, target_sw, target_hw, other
      std::string_view packed = one.substr(1);
      for (const std::size_t place : {5U, 7U, 8U, 9U, 10U}) {
        values.at(place) = uri_value(packed.substr(0, packed.find('~')));
        packed.remove_prefix(std::min(packed.size(), packed.find('~')));
        if (!packed.empty()) packed.remove_prefix(1);
      }
      if (!packed.empty()) return std::nullopt;
    } else {
      values.at(at) = uri_value(one);
    }
    if (one.size() == text.size()) break;
    text.remove_prefix(one.size() + 1);
  }
  return of_values(std::move(values));
}

}  // namespace

std::optional<CpeValue> CpeValue::parse(std::string_view text) {
  CpeValue value;
  if (text == "*") return value;
  if (text == "-") return none();
  if (text.empty()) return std::nullopt;
  value.kind_ = Kind::literal;
  value.formatted_.clear();
  std::size_t last_wild = 0;
  bool behind = false;  // behind a wildcard that stands behind other characters
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (static_cast<unsigned char>(c) <= ' ' || c == 0x7f) return std::nullopt;
    if (c == '*' || c == '?') {
      value.kind_ = Kind::wild;
      behind = behind || i > last_wild;
      if (i == last_wild) ++last_wild;
      value.formatted_ += c;
      continue;
    }
    if (behind) return std::nullopt;  // only at the ends
    if (c == '\\') {
      ++i;
      if (i == text.size() || static_cast<unsigned char>(text[i]) <= ' ' || text[i] == 0x7f)
        return std::nullopt;
      quote(value.formatted_, text[i]);
    } else {
      quote(value.formatted_, c);
    }
  }
  return value;
}

CpeValue CpeValue::none() {
  CpeValue value;
  value.kind_ = Kind::none;
  value.formatted_ = "-";
  return value;
}

CpeValue CpeValue::literal(std::string_view text) {
  CpeValue value;
  if (text.empty()) return value;
  value.kind_ = Kind::literal;
  value.formatted_.clear();
  for (const char c : text) quote(value.formatted_, c);
  return value;
}

std::string CpeValue::text() const {
  std::string out;
  for (std::size_t i = 0; i < formatted_.size(); ++i)
    out += formatted_[i] == '\\' && i + 1 < formatted_.size() ? formatted_[++i] : formatted_[i];
  return out;
}

CpeRelation relation(const CpeValue& source, const CpeValue& target) {
  using enum CpeRelation;
  // Table 6-2.
  if (target.wild()) return undefined;
  if (source.is_any()) return target.is_any() ? equal : superset;
  if (source.is_none()) return target.is_any() ? subset : target.is_none() ? equal : disjoint;
  if (target.is_any()) return subset;
  if (target.is_none()) return disjoint;
  if (source.wild()) return holds(source.formatted(), target.formatted()) ? superset : disjoint;
  return source == target ? equal : disjoint;
}

CpeRelation relation(const Cpe& source, const Cpe& target) {
  using enum CpeRelation;
  bool all_equal = true;
  bool all_superset = true;
  bool all_subset = true;
  bool undefined_one = false;
  const auto count = [&](CpeRelation one) {
    all_equal = all_equal && one == equal;
    all_superset = all_superset && (one == equal || one == superset);
    all_subset = all_subset && (one == equal || one == subset);
    undefined_one = undefined_one || one == undefined;
    return one != disjoint;
  };
  if (!count(source.part == target.part ? equal : disjoint) ||
      !count(relation(source.vendor, target.vendor)) ||
      !count(relation(source.product, target.product)) ||
      !count(relation(source.version, target.version)))
    return disjoint;
  for (std::size_t i = 0; i < source.rest().size(); ++i)
    if (!count(relation(*source.rest().at(i), *target.rest().at(i)))) return disjoint;
  if (all_equal) return equal;
  if (all_superset) return superset;
  if (all_subset) return subset;
  return undefined;
}

std::string Cpe::full_version() const {
  if (version.is_any() || version.is_none()) return {};
  return update.is_any() || update.is_none() ? version.text()
                                             : version.text() + " " + update.text();
}

std::optional<Cpe> parse_cpe(std::string_view text) {
  constexpr std::string_view kFormatted = "cpe:2.3:";
  constexpr std::string_view kUri = "cpe:/";
  if (text.size() > kLongest) return std::nullopt;
  if (text.starts_with(kUri)) return parse_uri(text.substr(kUri.size()));
  if (!text.starts_with(kFormatted)) return std::nullopt;
  text.remove_prefix(kFormatted.size());
  std::array<std::optional<CpeValue>, kAttributes> values;
  std::size_t count = 0;
  for (std::size_t begin = 0, i = 0; i <= text.size(); ++i) {
    if (i < text.size() && text[i] == '\\') {
      ++i;
      continue;
    }
    if (i < text.size() && text[i] != ':') continue;
    if (count == kAttributes) return std::nullopt;
    values.at(count++) = CpeValue::parse(text.substr(begin, i - begin));
    begin = i + 1;
  }
  if (count != kAttributes) return std::nullopt;
  return of_values(std::move(values));
}

}  // namespace sekisho
