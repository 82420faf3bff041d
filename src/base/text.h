// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sekisho {

enum class Lang : std::uint8_t { ja, en };

/// One text in both languages of the product.
struct Text {
  std::string ja;
  std::string en;

  const std::string& in(Lang lang) const { return lang == Lang::ja ? ja : en; }
  bool empty() const { return ja.empty() && en.empty(); }
  bool operator==(const Text&) const = default;
};

/// The terminal's language by POSIX precedence (LC_ALL, LC_MESSAGES, LANG); Japanese for ja*, else
/// English.
Lang language_from_environment();

/// Terminal columns that UTF-8 `text` takes: 2 for East Asian wide and fullwidth characters,
/// 0 for combining marks (Unicode TR11), 1 for bytes that are not UTF-8.
std::size_t display_width(std::string_view text);

/// `text` followed by as many spaces as bring it to `columns`; unchanged when it is wider.
std::string pad_to(std::string_view text, std::size_t columns);

/// `text` cut into lines of at most `columns`. Breaks at spaces, and between any two wide
/// characters except before closing punctuation (kinsoku).
std::vector<std::string> wrap(std::string_view text, std::size_t columns);

/// `text` with what nobody sees or a terminal or a page could obey removed: controls, what turns
/// the text or takes no room, what isn't in Unicode and invalid UTF-8 become '?', newlines and tabs
/// a space, and it is cut to `max_bytes` at a character border. What chooses the form of a kanji or
/// joins an emoji stays behind such a one.
std::string printable(std::string_view text, std::size_t max_bytes = 400);

bool is_valid_utf8(std::string_view text);
/// UTF-8 without what `printable` removes; line breaks, and what parts words invisibly in pasted
/// text, may be in it.
bool is_plain(std::string_view text);
/// One line of it in which nothing is invisible either, as a name should be.
bool is_plain_line(std::string_view text);

std::string_view trim(std::string_view text);
std::vector<std::string_view> split(std::string_view text, char separator);
/// The words of `text` between blanks.
std::vector<std::string_view> words(std::string_view text);
/// The parts are views: of a string that is gone when the statement ends there are none.
template <std::same_as<std::string> Temporary>
std::vector<std::string_view> split(Temporary&& text, char separator) = delete;
template <std::same_as<std::string> Temporary>
std::vector<std::string_view> words(Temporary&& text) = delete;
template <std::same_as<std::string> Temporary>
std::string_view trim(Temporary&& text) = delete;
std::string lower(std::string_view text);
/// A whole decimal number that fills `text`; -1 when it is anything else or over 2^62.
std::int64_t whole_number(std::string_view text);

/// %XX decoded (RFC 3986, 2.1); nothing for what isn't UTF-8, or holds a control character.
std::optional<std::string> percent_decoded(std::string_view text, bool plus_is_space = false);
std::string percent_encoded(std::string_view text);

std::string join(const std::vector<std::string>& parts, std::string_view separator);

}  // namespace sekisho
