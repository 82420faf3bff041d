// SPDX-License-Identifier: Apache-2.0
#include "server/directory/filter.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <boost/json.hpp>

namespace sekisho {
namespace {

constexpr std::size_t kLongest = 1000;
constexpr std::size_t kMostComparisons = 10;
constexpr std::string_view kCoreUser = "urn:ietf:params:scim:schemas:core:2.0:user:";
constexpr std::string_view kCoreGroup = "urn:ietf:params:scim:schemas:core:2.0:group:";

/// Reads from the front; what it can't read it leaves.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  bool done() const { return rest_.empty(); }
  bool take(std::string_view sign) {
    if (!rest_.starts_with(sign)) return false;
    rest_.remove_prefix(sign.size());
    return true;
  }
  bool take_word(std::string_view word) {
    if (lower(rest_.substr(0, word.size())) != word) return false;
    rest_.remove_prefix(word.size());
    return true;
  }
  /// At least one.
  bool take_blanks() {
    const std::size_t size = std::min(rest_.find_first_not_of(' '), rest_.size());
    rest_.remove_prefix(size);
    return size > 0;
  }

  /// RFC 7644, 3.5.2: a name, which may stand behind its schema's URN (whose version has dots).
  std::optional<std::string> attribute() {
    std::string name;
    if (lower(rest_.substr(0, 4)) == "urn:") {
      const std::size_t size =
          std::min(rest_.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                           "0123456789:.-_"),
                   rest_.size());
      const std::size_t colon = rest_.substr(0, size).rfind(':');
      name = lower(rest_.substr(0, colon + 1));
      rest_.remove_prefix(colon + 1);
    }
    const auto last = plain_name();
    if (!last) return std::nullopt;
    return name == kCoreUser || name == kCoreGroup ? *last : name + *last;
  }
  std::optional<std::string> plain_name() {
    std::size_t size = 0;
    while (size < rest_.size() && in_name(rest_[size], size == 0)) ++size;
    if (size == 0) return std::nullopt;
    std::string name = lower(rest_.substr(0, size));
    rest_.remove_prefix(size);
    return name;
  }

  /// A JSON string, or true or false.
  std::optional<std::variant<std::string, bool>> value() {
    for (const bool boolean : {true, false})
      if (take_word(boolean ? "true" : "false")) return boolean;
    if (!rest_.starts_with('"')) return std::nullopt;
    std::size_t end = 1;
    while (end < rest_.size() && rest_[end] != '"') end += rest_[end] == '\\' ? std::size_t{2} : 1;
    if (end >= rest_.size()) return std::nullopt;
    boost::system::error_code wrong;
    const auto text = boost::json::parse(rest_.substr(0, end + 1), wrong);
    if (wrong || !text.is_string()) return std::nullopt;
    rest_.remove_prefix(end + 1);
    return std::string(text.get_string());
  }

 private:
  static bool in_name(char c, bool first) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (!first && ((c >= '0' && c <= '9') || c == '-' || c == '_' || c == '$')) ||
           (first && c == '$');
  }
  std::string_view rest_;
};

/// `eq VALUE`, behind the attribute.
std::optional<Comparison> comparison_of(Reader& reader, std::string attribute) {
  if (!reader.take_blanks() || !reader.take_word("eq") || !reader.take_blanks())
    return std::nullopt;
  auto value = reader.value();
  if (!value) return std::nullopt;
  return Comparison{std::move(attribute), std::move(*value)};
}

/// Comparisons with `and` between them, up to what `one` doesn't read on from.
template <typename One>
std::optional<std::vector<Comparison>> all_of(Reader& reader, One one) {
  std::vector<Comparison> all;
  while (all.size() < kMostComparisons) {
    auto comparison = one(reader);
    if (!comparison) return std::nullopt;
    all.push_back(std::move(*comparison));
    Reader before = reader;
    if (!reader.take_blanks() || !reader.take_word("and") || !reader.take_blanks()) {
      reader = before;
      return all;
    }
  }
  return std::nullopt;
}

std::optional<Comparison> plain_comparison(Reader& reader) {
  auto name = reader.plain_name();
  if (!name) return std::nullopt;
  return comparison_of(reader, std::move(*name));
}

/// Without its comparison: name, name.part, name[…].part.
std::optional<AttributePath> path_of(Reader& reader) {
  auto attribute = reader.attribute();
  if (!attribute) return std::nullopt;
  AttributePath path{std::move(*attribute), {}, {}};
  if (reader.take("[")) {
    auto which = all_of(reader, plain_comparison);
    if (!which || !reader.take("]")) return std::nullopt;
    path.which = std::move(*which);
  }
  if (reader.take(".")) {
    auto part = reader.plain_name();
    if (!part) return std::nullopt;
    path.part = std::move(*part);
  }
  return path;
}

std::optional<Comparison> whole_comparison(Reader& reader) {
  const auto path = path_of(reader);
  if (!path) return std::nullopt;
  return comparison_of(reader,
                       path->part.empty() ? path->attribute : path->attribute + "." + path->part);
}

}  // namespace

ScimResult<std::vector<Comparison>> read_filter(std::string_view text) {
  Reader reader(trim(text));
  auto all = text.size() > kLongest ? std::nullopt : all_of(reader, whole_comparison);
  if (!all || !reader.done())
    return scim_error(400, "invalidFilter",
                      "読めない filter です。属性 eq \"値\" を and でつないだものだけを読みます。",
                      "this filter can't be read: only ATTRIBUTE eq \"VALUE\", joined by and.");
  return std::move(*all);
}

ScimResult<AttributePath> read_path(std::string_view text) {
  Reader reader(trim(text));
  auto path = text.size() > kLongest ? std::nullopt : path_of(reader);
  if (!path || !reader.done())
    return scim_error(400, "invalidPath", "読めない path です。", "this path can't be read.");
  return std::move(*path);
}

}  // namespace sekisho
