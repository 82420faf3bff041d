// SPDX-License-Identifier: Apache-2.0
// The orders of programming languages' registries: npm's, Go's and PyPI's.
#include <algorithm>
#include <array>
#include <vector>

#include "base/text.h"
#include "collect/vuln/version_keys.h"

namespace sekisho {
namespace {

bool is_key_digit(char c) { return c >= '0' && c <= '9'; }
bool is_key_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool all_digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, is_key_digit);
}
bool leading_zero(std::string_view digits) { return digits.size() > 1 && digits[0] == '0'; }

/// Identifiers between dots. Of those behind a '-', which count, a number has no zero in front.
std::optional<std::vector<std::string_view>> identifiers(std::string_view text, bool counting) {
  auto parts = split(text, '.');
  for (const std::string_view part : parts)
    if (part.empty() ||
        !std::ranges::all_of(
            part, [](char c) { return is_key_digit(c) || is_key_letter(c) || c == '-'; }) ||
        (counting && all_digits(part) && leading_zero(part)))
      return std::nullopt;
  return parts;
}

/// Semantic Versioning 2.0.0; `least` numbers at least, where there are fewer than three nothing
/// follows. `fits` says whether a number does.
template <typename Fits>
std::optional<std::string> semver_key(std::string_view text, int least, Fits fits) {
  enum Mark : char { end = 0, number = 1, word = 2, released = 3 };
  std::string key;
  int count = 0;
  for (;;) {
    const std::string_view digits = take_digits(text);
    if (digits.empty() || leading_zero(digits) || !fits(digits)) return std::nullopt;
    add_number(key, digits);
    if (++count == 3 || !text.starts_with('.')) break;
    text.remove_prefix(1);
  }
  if (count < least || (count < 3 && !text.empty())) return std::nullopt;
  for (; count < 3; ++count) add_number(key, "0");
  if (const auto plus = text.find('+'); plus != std::string_view::npos) {
    if (!identifiers(text.substr(plus + 1), false)) return std::nullopt;
    text = text.substr(0, plus);
  }
  if (text.empty()) return key + static_cast<char>(released);
  if (text[0] != '-') return std::nullopt;
  const auto parts = identifiers(text.substr(1), true);
  if (!parts) return std::nullopt;
  for (const std::string_view part : *parts) {
    key += all_digits(part) ? number : word;
    if (all_digits(part))
      add_number(key, part);
    else
      (key += part) += '\0';
  }
  return key + static_cast<char>(end);
}

/// What a PEP 440 version is read from, in lower case.
class Pep440 {
 public:
  explicit Pep440(std::string_view text) : text_(text) {}

  std::optional<std::string> key() {
    take("v");
    std::string out;
    std::string_view first = take_digits(text_);
    if (first.empty()) return std::nullopt;
    const bool epoch = take("!");
    add_number(out, epoch ? first : "0");
    if (epoch) first = take_digits(text_);
    if (first.empty() || !add_release(out, first)) return std::nullopt;
    add_suffixes(out);
    if (!add_local(out) || !text_.empty()) return std::nullopt;
    return out;
  }

 private:
  bool take(std::string_view word) {
    if (!text_.starts_with(word)) return false;
    text_.remove_prefix(word.size());
    return true;
  }
  static bool parts(char c) { return c == '-' || c == '_' || c == '.'; }
  void take_parting() {
    if (!text_.empty() && parts(text_[0])) text_.remove_prefix(1);
  }
  /// A word, perhaps with something that parts it from what stands before, and its number.
  std::optional<std::string_view> take_word(std::string_view word) {
    const std::string_view before = text_;
    take_parting();
    if (!take(word)) {
      text_ = before;
      return std::nullopt;
    }
    take_parting();
    return take_digits(text_);
  }

  /// The numbers, without zeros at the end.
  bool add_release(std::string& out, std::string_view first) {
    std::string numbers;
    std::size_t until = 0;
    for (std::string_view digits = first;;) {
      add_number(numbers, digits);
      if (!std::ranges::all_of(digits, [](char c) { return c == '0'; })) until = numbers.size();
      if (text_.size() < 2 || text_[0] != '.' || !is_key_digit(text_[1])) break;
      text_.remove_prefix(1);
      digits = take_digits(text_);
    }
    out.append(numbers, 0, until) += '\0';
    return true;
  }

  void add_suffixes(std::string& out) {
    struct Word {
      std::string_view word;
      char rank;
    };
    constexpr std::array<Word, 8> kBefore{{{"alpha", 1},
                                           {"a", 1},
                                           {"beta", 2},
                                           {"b", 2},
                                           {"preview", 3},
                                           {"pre", 3},
                                           {"rc", 3},
                                           {"c", 3}}};
    constexpr char kReleased = 4;
    std::optional<std::string_view> before;
    char rank = kReleased;
    for (const Word& word : kBefore) {
      before = take_word(word.word);
      if (before) {
        rank = word.rank;
        break;
      }
    }
    std::optional<std::string_view> after;
    if (text_.size() > 1 && text_[0] == '-' && is_key_digit(text_[1])) {
      text_.remove_prefix(1);
      after = take_digits(text_);
    }
    for (const std::string_view word : {"post", "rev", "r"})
      if (!after) after = take_word(word);
    const auto dev = take_word("dev");
    // Alone, "dev" comes before all words.
    out += !before && !after && dev ? '\0' : rank;
    if (before) add_number(out, *before);
    out += after ? '\1' : '\0';
    if (after) add_number(out, *after);
    out += dev ? '\1' : '\2';
    if (dev) add_number(out, *dev);
  }

  bool add_local(std::string& out) {
    constexpr char end = '\0';
    constexpr char word = '\1';
    constexpr char number = '\2';
    if (!take("+")) {
      out += end;
      return true;
    }
    while (true) {
      const auto size =
          static_cast<std::size_t>(std::ranges::find_if(text_, parts) - text_.begin());
      const std::string_view segment = text_.substr(0, size);
      if (segment.empty() ||
          !std::ranges::all_of(segment, [](char c) { return is_key_digit(c) || is_key_letter(c); }))
        return false;
      out += all_digits(segment) ? number : word;
      if (all_digits(segment))
        add_number(out, segment);
      else
        (out += segment) += '\0';
      text_.remove_prefix(size);
      if (text_.empty()) break;
      text_.remove_prefix(1);
    }
    out += end;
    return true;
  }

  std::string_view text_;
};

}  // namespace

std::optional<std::string> npm_key(std::string_view text) {
  if (text.starts_with('v')) text.remove_prefix(1);
  // JavaScript's largest whole number.
  constexpr std::string_view kMost = "9007199254740991";
  return semver_key(text, 3, [&](std::string_view digits) {
    return digits.size() < kMost.size() || (digits.size() == kMost.size() && digits <= kMost);
  });
}

std::optional<std::string> go_key(std::string_view text) {
  if (text.starts_with('v')) text.remove_prefix(1);
  return semver_key(text, 1, [](std::string_view) { return true; });
}

std::optional<std::string> pypi_key(std::string_view text) {
  const std::string low = lower(text);
  return Pep440(low).key();
}

}  // namespace sekisho
