// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <boost/json/value.hpp>

#include "base/result.h"

namespace sekisho {

/// A YAML or JSON document as one tree, with the place of each of its values where it was YAML.
struct Document {
  std::string name;
  boost::json::value root;
  /// "file:line" (1-based) by JSON pointer (RFC 6901, without escapes).
  std::unordered_map<std::string, std::string> places;
};

/// Bounds for documents from outside.
struct DocumentLimits {
  std::size_t bytes = std::size_t{4} << 20U;
  std::size_t nodes = 400'000;
  std::size_t depth = 48;
};

/// One YAML 1.2 document. Anchors, aliases and tags are refused: nothing of ours needs them, and
/// they make a small file large. Plain true/false, null and decimal integers get their type.
Result<Document> parse_yaml(std::string name, std::string_view text,
                            const DocumentLimits& limits = {});
/// One JSON text (RFC 8259).
Result<Document> parse_json(std::string name, std::string_view text,
                            const DocumentLimits& limits = {});

/// A place in a document that is read into a type. What is wrong is noted, with file and line, in
/// the list given at the start, and reading goes on with an empty value, so that one run shows all
/// that is wrong; the reader refuses the document when the list isn't empty. The list has a bound
/// (kMostProblemsKept), as a small document can have a million faults.
class Node {
 public:
  Node(const Document& document, std::vector<Error>& problems)
      : Node(document, &document.root, {}, problems) {}

  /// Notes a problem unless this is a mapping that has only `keys`.
  void only(std::initializer_list<std::string_view> keys) const;
  /// The value of a key that must be there.
  Node at(std::string_view key) const;
  std::optional<Node> find(std::string_view key) const;
  /// The elements of a list.
  std::vector<Node> items() const;
  /// The keys and values of a mapping.
  std::vector<std::pair<std::string, Node>> entries() const;

  /// A string that isn't blank.
  std::string string() const;
  std::int64_t integer(std::int64_t least, std::int64_t most) const;
  bool boolean() const;
  std::vector<std::string> strings() const;
  /// A mapping of `ja` and `en`, neither blank.
  Text text() const;
  std::vector<Text> texts() const;

  /// The value that `table` (pairs of name and value) has for this string.
  template <typename T, typename Table>
  T one_of(const Table& table) const {
    const std::string name = string();
    std::string known;
    for (const auto& [key, value] : table) {
      if (key == name) return static_cast<T>(value);
      known.append(known.empty() ? "" : ", ").append(key);
    }
    if (!name.empty()) report_unknown(name, known);
    return T{};
  }

  void report(std::string ja, std::string en) const;
  void report_unknown(const std::string& name, const std::string& known) const;
  const boost::json::value& value() const { return *value_; }
  /// "file:line" of this place.
  std::string where() const;

 private:
  Node(const Document& document, const boost::json::value* value, std::string pointer,
       std::vector<Error>& problems)
      : document_(&document), value_(value), pointer_(std::move(pointer)), problems_(&problems) {}

  const Document* document_;
  const boost::json::value* value_;
  std::string pointer_;
  std::vector<Error>* problems_;
};

/// How many problems of a document are kept; what is beyond them is one more, that counts them.
inline constexpr std::size_t kMostProblemsKept = 100;

/// The problems as one error: the first in full and how many more there are.
Error first_of(const std::vector<Error>& problems);

/// What `take` makes of a JSON text; the problems that it reported, where there were any.
template <typename T, typename Take>
Result<T> read_json(std::string_view text, const DocumentLimits& limits, Take take) {
  const auto document = parse_json("", text, limits);
  if (!document) return std::unexpected(document.error());
  std::vector<Error> problems;
  T value = take(Node(*document, problems));
  if (!problems.empty()) return std::unexpected(first_of(problems));
  return value;
}

}  // namespace sekisho
