// SPDX-License-Identifier: Apache-2.0
#include "server/outbox/harmless.h"

namespace sekisho {
namespace {

constexpr std::string_view kGap = "\u200B";

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_of_others(char c) { return static_cast<unsigned char>(c) >= 0x80; }

/// Whether what begins here could follow a scheme: not the rest of a path as Windows writes it.
bool may_follow_scheme(char c) {
  return is_letter(c) || is_digit(c) || is_of_others(c) || std::string_view("/+?@[%").contains(c);
}

/// Whether a program could see the inside of an address in the mark at `at`. A drive's letter is no
/// scheme, and a number with a point no name.
bool joins(std::string_view text, std::size_t at) {
  if (at == 0 || at + 1 == text.size()) return false;
  const char before = text[at - 1];
  const char behind = text[at + 1];
  if (text[at] == '.')
    return (before > ' ' || is_of_others(before)) && (is_letter(behind) || is_of_others(behind));
  const bool scheme = at > 1 && is_letter(before) && text[at - 2] > ' ';
  return text[at] == ':' && scheme && may_follow_scheme(behind);
}

}  // namespace

std::string without_links(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    out += text[i];
    if (joins(text, i)) out += kGap;
  }
  return out;
}

Text without_links(const Text& text) { return {without_links(text.ja), without_links(text.en)}; }

}  // namespace sekisho
