// SPDX-License-Identifier: Apache-2.0
#include "base/table.h"

#include <iconv.h>

#include <algorithm>
#include <array>
#include <memory>

#include <fmt/format.h>

namespace sekisho {
namespace {

std::optional<std::string> converted(std::string_view bytes, const char* from) {
  const iconv_t conversion = ::iconv_open("UTF-8", from);
  if (conversion == reinterpret_cast<iconv_t>(-1)) return std::nullopt;  // NOLINT: POSIX says so
  std::string out(bytes.size() * 3 + 16, '\0');
  char* in = const_cast<char*>(bytes.data());  // NOLINT: iconv only reads it
  std::size_t left = bytes.size();
  char* to = out.data();
  std::size_t room = out.size();
  const bool good = ::iconv(conversion, &in, &left, &to, &room) != static_cast<std::size_t>(-1);
  ::iconv_close(conversion);
  if (!good || left != 0) return std::nullopt;
  out.resize(out.size() - room);
  return out;
}

/// Text of EUC-JP, which older systems of Unix write. As CP932 its bytes are half-width katakana
/// for the most part, so that it takes more than being possible: kana of full width, or a byte that
/// half-width katakana don't have.
bool is_euc_jp(std::string_view bytes) {
  const auto high = [&](std::size_t at) {
    return at < bytes.size() && static_cast<unsigned char>(bytes[at]) >= 0xA1 &&
           static_cast<unsigned char>(bytes[at]) <= 0xFE;
  };
  bool telling = false;
  for (std::size_t at = 0; at < bytes.size();) {
    const auto c = static_cast<unsigned char>(bytes[at]);
    if (c < 0x80) {
      ++at;
    } else if (c == 0x8E && high(at + 1)) {
      at += 2;
    } else if (c == 0x8F && high(at + 1) && high(at + 2)) {
      at += 3;
    } else if (high(at) && high(at + 1)) {
      const auto next = static_cast<unsigned char>(bytes[at + 1]);
      telling = telling || c == 0xA4 || c == 0xA5 || c >= 0xE0 || next >= 0xE0;
      at += 2;
    } else {
      return false;
    }
  }
  return telling;
}

/// The separator that one of the first lines has most of: a title above the table has none.
char separator_of(std::string_view text) {
  constexpr int kLines = 10;
  char best = ',';
  std::ptrdiff_t most = 0;
  for (int i = 0; i < kLines && !text.empty(); ++i) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    // What Excel is told by its own line isn't counted as one of the table.
    if (line.starts_with("sep=") && line.size() > 4) return line[4];
    for (const char one : {',', '\t', ';'})
      if (const auto count = std::ranges::count(line, one); count > most) {
        most = count;
        best = one;
      }
  }
  return best;
}

/// One cell from `at` on, which is moved behind it; nothing when its quote is never closed.
std::optional<std::string> cell(std::string_view text, std::size_t& at, char separator,
                                std::size_t& line) {
  std::string out;
  if (at < text.size() && text[at] == '"') {
    for (++at; at < text.size(); ++at) {
      if (text[at] == '\n') ++line;
      if (text[at] != '"') {
        out += text[at];
      } else if (at + 1 < text.size() && text[at + 1] == '"') {
        out += '"';
        ++at;
      } else {
        break;
      }
    }
    if (at >= text.size()) return std::nullopt;
    ++at;
  }
  while (at < text.size() && text[at] != separator && text[at] != '\n') out += text[at++];
  return std::string(trim(std::string_view(out)));
}

}  // namespace

std::optional<std::string> decoded_text(std::string_view bytes) {
  if (bytes.starts_with("\xEF\xBB\xBF")) bytes.remove_prefix(3);
  if (bytes.starts_with("\xFF\xFE")) return converted(bytes.substr(2), "UTF-16LE");
  if (bytes.starts_with("\xFE\xFF")) return converted(bytes.substr(2), "UTF-16BE");
  if (bytes.find('\0') != std::string_view::npos) return std::nullopt;
  if (bytes.contains("\x1B$")) return converted(bytes, "ISO-2022-JP");
  if (is_valid_utf8(bytes)) return std::string(bytes);
  if (is_euc_jp(bytes))
    if (auto text = converted(bytes, "EUC-JP")) return text;
  return converted(bytes, "CP932");
}

Result<std::vector<TableRow>> read_table(std::string_view given) {
  // Excel for Mac ends lines as Macs once did.
  std::string mac;
  std::string_view text = given;
  if (!given.contains('\n') && given.contains('\r')) {
    mac = given;
    std::ranges::replace(mac, '\r', '\n');
    text = mac;
  }
  const char separator = separator_of(text);
  std::vector<TableRow> rows;
  std::size_t line = 1;
  for (std::size_t at = 0; at < text.size();) {
    TableRow row{line, {}};
    for (;;) {
      auto one = cell(text, at, separator, line);
      if (!one)
        return failure("引用符（\"）が閉じられていません。", "a quote (\") is never closed.",
                       std::to_string(row.line));
      row.cells.push_back(std::move(*one));
      if (at >= text.size() || text[at] == '\n') break;
      ++at;  // the separator
    }
    ++at;
    ++line;
    if (row.cells.size() > 1 || !row.cells.front().empty()) rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace sekisho
