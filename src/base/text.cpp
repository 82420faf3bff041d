// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <utility>

#include <fmt/format.h>

#include "base/hidden_characters.h"

namespace sekisho {
namespace {

struct Decoded {
  char32_t code = 0;
  std::size_t length = 1;
  bool valid = false;
};

/// One UTF-8 character at the start of `text`, which isn't empty (RFC 3629: no surrogates, no
/// overlong forms, nothing above U+10FFFF).
Decoded decode(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return {first, 1, true};
  std::size_t length = 0;
  char32_t code = 0;
  char32_t least = 0;
  if (first >= 0xC2 && first <= 0xDF) {
    length = 2, code = first & 0x1FU, least = 0x80;
  } else if (first >= 0xE0 && first <= 0xEF) {
    length = 3, code = first & 0x0FU, least = 0x800;
  } else if (first >= 0xF0 && first <= 0xF4) {
    length = 4, code = first & 0x07U, least = 0x10000;
  } else {
    return {};
  }
  if (text.size() < length) return {};
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0U) != 0x80U) return {};
    code = (code << 6U) | (byte(i) & 0x3FU);
  }
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  if (code < least || code > 0x10FFFF || surrogate) return {};
  return {code, length, true};
}

using Range = std::pair<char32_t, char32_t>;

bool in_ranges(char32_t code, const auto& ranges) {
  return std::ranges::any_of(
      ranges, [code](const Range& r) { return code >= r.first && code <= r.second; });
}

bool is_wide(char32_t code) {
  static constexpr std::array<Range, 12> ranges{{{0x1100, 0x115F},
                                                 {0x2E80, 0x303E},
                                                 {0x3041, 0x33FF},
                                                 {0x3400, 0x4DBF},
                                                 {0x4E00, 0x9FFF},
                                                 {0xA000, 0xA4CF},
                                                 {0xAC00, 0xD7A3},
                                                 {0xF900, 0xFAFF},
                                                 {0xFE30, 0xFE6F},
                                                 {0xFF00, 0xFF60},
                                                 {0xFFE0, 0xFFE6},
                                                 {0x1F300, 0x3FFFD}}};
  return in_ranges(code, ranges);
}

bool is_zero_width(char32_t code) {
  static constexpr std::array<Range, 6> ranges{{{0x0300, 0x036F},
                                                {0x200B, 0x200F},
                                                {0x20D0, 0x20FF},
                                                {0x3099, 0x309A},
                                                {0xFE00, 0xFE0F},
                                                {0xFEFF, 0xFEFF}}};
  return in_ranges(code, ranges);
}

bool is_hidden(char32_t code) {
  const auto* const after =
      std::ranges::upper_bound(kHiddenCharacters, code, {}, &CodeRange::first);
  return after != kHiddenCharacters.begin() && code <= std::prev(after)->last;
}

bool is_kanji(char32_t code) {
  static constexpr std::array<Range, 6> ranges{{{0x3005, 0x3007},
                                                {0x3400, 0x4DBF},
                                                {0x4E00, 0x9FFF},
                                                {0xF900, 0xFAFF},
                                                {0x20000, 0x2FFFD},
                                                {0x30000, 0x3FFFD}}};
  return in_ranges(code, ranges);
}

/// What may be shown as an emoji, roughly (Unicode TR51, Extended_Pictographic).
bool is_pictograph(char32_t code) {
  static constexpr std::array<Range, 8> ranges{{{0xA9, 0xA9},
                                                {0xAE, 0xAE},
                                                {0x203C, 0x203C},
                                                {0x2049, 0x2049},
                                                {0x2122, 0x2BFF},
                                                {0x3030, 0x303D},
                                                {0x3297, 0x3299},
                                                {0x1F000, 0x1FAFF}}};
  return in_ranges(code, ranges) && !is_hidden(code);
}

constexpr char32_t kJoiner = 0x200D;

/// Whether `code`, hidden by itself, changes how the character before it is drawn: which form of a
/// kanji in a name, or which emoji. `after` is what follows, 0 at the end.
bool is_part_of(char32_t before, char32_t code, char32_t after) {
  constexpr char32_t kAsText = 0xFE0E;
  constexpr char32_t kAsEmoji = 0xFE0F;
  constexpr char32_t kKeycap = 0x20E3;
  if (code >= 0xE0100 && code <= 0xE01EF) return is_kanji(before);
  if (code == kJoiner) return (is_pictograph(before) || before == kAsEmoji) && is_pictograph(after);
  const bool key = before == '#' || before == '*' || (before >= '0' && before <= '9');
  return (code == kAsText || code == kAsEmoji) &&
         (is_pictograph(before) || (key && after == kKeycap));
}

/// Goes through `text`, telling of each character whether it may be shown, until `take` is false.
void each_character(std::string_view text, const auto& take) {
  char32_t before = 0;
  while (!text.empty()) {
    const Decoded c = decode(text);
    bool shown = c.valid && !is_hidden(c.code);
    if (c.valid && !shown && before != 0) {
      const std::string_view rest = text.substr(c.length);
      shown = is_part_of(before, c.code, rest.empty() ? 0 : decode(rest).code);
    }
    if (!take(c, shown, text.substr(0, c.length))) return;
    before = shown ? c.code : 0;
    text.remove_prefix(c.length);
  }
}

/// Not seen either, and in what people paste from office programs and chats: they part words or
/// hold them together. Harmless where nobody goes by how a line looks.
bool is_pasted(char32_t code) {
  return code == 0xAD || (code >= 0x200B && code <= kJoiner) || code == 0x2060 || code == 0xFEFF;
}

std::size_t width_of(const Decoded& c) {
  if (!c.valid) return 1;
  if (is_zero_width(c.code)) return 0;
  return is_wide(c.code) ? 2 : 1;
}

/// Characters that a Japanese line may not begin with (JIS X 4051), as far as we print them.
bool may_not_begin_line(std::string_view character) {
  static constexpr std::array<std::string_view, 17> closing{"、", "。", "」", "』", "）", "】",
                                                            "・", "ー", "々", "？", "！", "：",
                                                            "，", "．", "ゃ", "ゅ", "ょ"};
  return std::ranges::find(closing, character) != closing.end();
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_unreserved(char c) {  // RFC 3986, 2.3
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

}  // namespace

Lang language_from_environment() {
  for (const char* name : {"LC_ALL", "LC_MESSAGES", "LANG"}) {
    const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): read once at start
    if (value != nullptr && *value != '\0')
      return std::string_view(value).starts_with("ja") ? Lang::ja : Lang::en;
  }
  return Lang::en;
}

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) {
    const Decoded c = decode(text);
    width += width_of(c);
    text.remove_prefix(c.length);
  }
  return width;
}

std::string pad_to(std::string_view text, std::size_t columns) {
  const std::size_t width = display_width(text);
  std::string padded(text);
  if (width < columns) padded.append(columns - width, ' ');
  return padded;
}

std::vector<std::string> wrap(std::string_view text, std::size_t columns) {
  // A unit is what may not be broken: a run of narrow characters, or one wide character with the
  // closing punctuation behind it.
  std::vector<std::string> units;
  bool last_narrow = false;
  while (!text.empty()) {
    const Decoded c = decode(text);
    const std::string_view character = text.substr(0, c.length);
    const bool wide = width_of(c) == 2;
    const bool blank = character == " ";
    const bool glued =
        !units.empty() && !blank && units.back() != " " &&
        (may_not_begin_line(character) || width_of(c) == 0 || (!wide && last_narrow));
    if (glued)
      units.back().append(character);
    else
      units.emplace_back(character);
    last_narrow = !wide && !blank;
    text.remove_prefix(c.length);
  }
  std::vector<std::string> lines;
  std::string line;
  std::size_t used = 0;
  for (const std::string& unit : units) {
    const std::size_t width = display_width(unit);
    if (used > 0 && used + width > columns) {
      while (line.ends_with(' ')) line.pop_back();
      lines.push_back(std::move(line));
      line.clear();
      used = 0;
    }
    if (used == 0 && unit == " " && !lines.empty()) continue;
    line += unit;
    used += width;
  }
  if (!line.empty() || lines.empty()) lines.push_back(std::move(line));
  return lines;
}

std::string printable(std::string_view text, std::size_t max_bytes) {
  // Most of what is shown of machines, of which there is much.
  const auto is_usual = [](char c) { return c >= ' ' && c <= '~'; };
  if (text.size() <= max_bytes && std::ranges::all_of(text, is_usual)) return std::string(text);
  std::string out;
  std::size_t last = 0;  // where its last character begins
  each_character(text, [&](const Decoded& c, bool is_shown, std::string_view character) {
    const bool blank = c.valid && (c.code == '\n' || c.code == '\t' || c.code == '\r');
    const std::string_view shown = blank ? " " : is_shown ? character : "?";
    const bool fits = out.size() + shown.size() <= max_bytes;
    if (!fits && !is_plain_line(out)) out.resize(last);  // it joined what is cut off
    last = out.size();
    out += fits ? shown : "…";
    return fits;
  });
  return out;
}

bool is_plain(std::string_view text) {
  bool plain = true;
  each_character(text, [&](const Decoded& c, bool shown, std::string_view) {
    return plain = shown || (c.valid && (c.code == '\n' || is_pasted(c.code)));
  });
  return plain;
}

bool is_plain_line(std::string_view text) {
  bool plain = true;
  each_character(text, [&](const Decoded&, bool shown, std::string_view) { return plain = shown; });
  return plain;
}

bool is_valid_utf8(std::string_view text) {
  while (!text.empty()) {
    const Decoded c = decode(text);
    if (!c.valid) return false;
    text.remove_prefix(c.length);
  }
  return true;
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n\v\f";
  const std::size_t first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

std::vector<std::string_view> words(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n";
  std::vector<std::string_view> found;
  for (std::size_t at = text.find_first_not_of(blanks); at != std::string_view::npos;
       at = text.find_first_not_of(blanks, at)) {
    const std::size_t end = std::min(text.find_first_of(blanks, at), text.size());
    found.push_back(text.substr(at, end - at));
    at = end;
  }
  return found;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

std::int64_t whole_number(std::string_view text) {
  std::int64_t value = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = error == std::errc() && end == text.data() + text.size() && !text.empty();
  return whole && value >= 0 && value <= (std::int64_t{1} << 62) ? value : -1;
}

std::string join(const std::vector<std::string>& parts, std::string_view separator) {
  std::string out;
  for (const std::string& part : parts) {
    if (!out.empty()) out += separator;
    out += part;
  }
  return out;
}

std::optional<std::string> percent_decoded(std::string_view text, bool plus_is_space) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '+' && plus_is_space) c = ' ';
    if (c == '%') {
      if (i + 2 >= text.size()) return std::nullopt;
      const int high = hex_digit(text[i + 1]);
      const int low = hex_digit(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      c = static_cast<char>(high * 16 + low);
      i += 2;
    }
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) return std::nullopt;
    out += c;
  }
  if (!is_valid_utf8(out)) return std::nullopt;
  return out;
}

std::string percent_encoded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (is_unreserved(c))
      out += c;
    else
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

}  // namespace sekisho
