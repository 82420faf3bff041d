// SPDX-License-Identifier: Apache-2.0
// Maven's order (org.apache.maven.artifact.versioning.ComparableVersion, 3.8): lists of numbers and
// words, of which one that follows a '-' or a border between letters and digits is the last part of
// the list before. A list that has ended is held against what the other goes on with, so that the
// order isn't one of keys, and goes round: ga < b < 0m2 < ga.
#include <algorithm>
#include <array>
#include <ranges>
#include <vector>

#include "base/text.h"
#include "collect/vuln/version_keys.h"

namespace sekisho {
namespace {

// In the kept form: a list begins; a word and its end; a number.
constexpr char kMavenList = 1;
constexpr char kMavenWord = 2;
constexpr char kMavenNumber = 3;
// The rank of what is released, in the list below: words before it are not out yet.
constexpr char kMavenReleased = '5';

struct MavenItem {
  bool number = false;
  std::string text;  // digits without zeros in front, or what words are compared by

  bool nothing() const {
    return number ? text.empty() : text == std::string_view(&kMavenReleased, 1);
  }
};

std::string word_rank(std::string_view word, bool before_digit) {
  constexpr std::array<std::string_view, 7> kKnown{"alpha",    "beta", "milestone", "rc",
                                                   "snapshot", "",     "sp"};
  if (before_digit && word == "a") word = "alpha";
  if (before_digit && word == "b") word = "beta";
  if (before_digit && word == "m") word = "milestone";
  if (word == "ga" || word == "final" || word == "release") word = "";
  if (word == "cr") word = "rc";
  const auto* known = std::ranges::find(kKnown, word);
  if (known == kKnown.end()) return "7-" + std::string(word);
  return std::string(1, static_cast<char>('0' + (known - kKnown.begin())));
}

using MavenLists = std::vector<std::vector<MavenItem>>;

void add_item(MavenLists& lists, std::string_view text, bool digits, bool before_digit) {
  if (digits) {
    while (text.starts_with('0')) text.remove_prefix(1);
    lists.back().push_back({true, std::string(text)});
    return;
  }
  // 1.0.x is 1.0-x.
  if (!lists.back().empty()) lists.emplace_back();
  lists.back().push_back({false, word_rank(text, before_digit)});
}

MavenLists lists_of(std::string_view text) {
  MavenLists lists(1);
  bool digits = false;
  std::size_t start = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '.' || c == '-') {
      if (i == start)
        lists.back().push_back({true, {}});
      else if (digits)
        add_item(lists, text.substr(start, i - start), true, false);
      else
        lists.back().push_back({false, word_rank(text.substr(start, i - start), false)});
      start = i + 1;
      if (c == '-') lists.emplace_back();
      continue;
    }
    const bool digit = c >= '0' && c <= '9';
    if (digit != digits && i > start) {
      add_item(lists, text.substr(start, i - start), digits, true);
      lists.emplace_back();
      start = i;
    }
    digits = digit;
  }
  if (start < text.size()) add_item(lists, text.substr(start), digits, false);
  return lists;
}

/// Where a part stands in a kept list.
struct MavenPlace {
  std::string_view rest;

  char kind() const { return rest.empty() ? '\0' : rest[0]; }
  /// What the word or number is compared by, which is taken off.
  std::string_view take() {
    // A number begins with its size, a word ends with a zero.
    const bool number = rest[0] == kMavenNumber;
    const std::size_t size = number ? static_cast<unsigned char>(rest[1]) : rest.find('\0');
    const std::string_view value = rest.substr(1, number ? size : size - 1);
    rest.remove_prefix(size + 1);
    return value;
  }
};

/// The rest of a list against one that has ended.
std::strong_ordering against_nothing(MavenPlace place) {
  while (place.kind() != '\0') {
    if (place.kind() == kMavenList) {
      place.rest.remove_prefix(1);
      continue;
    }
    const bool number = place.kind() == kMavenNumber;
    const std::string_view value = place.take();
    if (number && value.size() > 1) return std::strong_ordering::greater;
    if (!number)
      if (const auto order = value <=> std::string_view(&kMavenReleased, 1); order != 0)
        return order;
  }
  return std::strong_ordering::equal;
}

std::strong_ordering reversed(std::strong_ordering order) { return 0 <=> order; }

}  // namespace

std::optional<std::string> maven_parts(std::string_view text) {
  MavenLists lists = lists_of(lower(text));
  // From the innermost: what says nothing at the end of a list is not there.
  bool more = false;
  std::string key;
  for (auto& list : std::views::reverse(lists)) {
    while (!list.empty() && list.back().nothing()) list.pop_back();
    std::string parts;
    for (const MavenItem& item : list) {
      parts += item.number ? kMavenNumber : kMavenWord;
      if (item.number)
        add_number(parts, item.text);
      else
        (parts += item.text) += '\0';
    }
    key = parts + (more ? std::string(1, kMavenList) + key : std::string());
    more = !key.empty();
  }
  return key;
}

std::strong_ordering compare_maven(std::string_view a, std::string_view b) {
  MavenPlace left{a};
  MavenPlace right{b};
  for (;;) {
    const char one = left.kind();
    const char other = right.kind();
    if (one == '\0') return reversed(against_nothing(right));
    if (other == '\0') return against_nothing(left);
    // Words come before lists, lists before numbers.
    const auto rank = [](char kind) { return kind == kMavenWord ? 0 : kind == kMavenList ? 1 : 2; };
    if (one != other) return rank(one) <=> rank(other);
    if (one == kMavenList) {
      left.rest.remove_prefix(1);
      right.rest.remove_prefix(1);
      continue;
    }
    if (const auto order = left.take() <=> right.take(); order != 0) return order;
  }
}

}  // namespace sekisho
