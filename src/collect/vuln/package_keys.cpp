// SPDX-License-Identifier: Apache-2.0
// The orders of distributions: dpkg's and rpm's.
#include <algorithm>

#include "collect/vuln/version_keys.h"
#include "collect/vuln/vuln.h"

namespace sekisho {
namespace {

bool key_digit(char c) { return c >= '0' && c <= '9'; }
bool key_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// Runs of what isn't a digit and numbers by turns: '~' before the end of a run, that before
/// letters, these before the rest.
void add_dpkg_part(std::string& key, std::string_view text) {
  constexpr char kTilde = 1;
  constexpr char kEnd = 2;
  do {
    while (!text.empty() && !key_digit(text[0])) {
      if (text[0] == '~')
        key += kTilde;
      else if (key_letter(text[0]))
        key += text[0];
      else
        (key += '\x7f') += text[0];
      text.remove_prefix(1);
    }
    key += kEnd;
    add_number(key, take_digits(text));
  } while (!text.empty());
  // What has ended goes on as an empty run.
  key += kEnd;
}

/// Segments of digits and of letters; what parts them doesn't count. '~' comes before the end, '^'
/// after it but before all else, letters before digits.
void add_rpm_part(std::string& key, std::string_view text) {
  constexpr char tilde = '\1';
  constexpr char end = '\2';
  constexpr char caret = '\3';
  constexpr char letters = '\4';
  constexpr char number = '\5';
  while (!text.empty()) {
    const char c = text[0];
    if (key_digit(c)) {
      key += number;
      add_number(key, take_digits(text));
      continue;
    }
    if (key_letter(c)) {
      key += letters;
      for (; !text.empty() && key_letter(text[0]); text.remove_prefix(1)) key += text[0];
      key += '\0';
      continue;
    }
    if (c == '~') key += tilde;
    if (c == '^') key += caret;
    text.remove_prefix(1);
  }
  key += end;
}

/// The digits before a colon, "0" where there are none; nothing where something else is.
std::optional<std::string_view> take_epoch(std::string_view& text) {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) return "0";
  const std::string_view epoch = text.substr(0, colon);
  text.remove_prefix(colon + 1);
  if (epoch.empty() || !std::ranges::all_of(epoch, key_digit)) return std::nullopt;
  return epoch;
}

}  // namespace

std::optional<std::string> dpkg_key(std::string_view text) {
  if (!is_debian_version(text)) return std::nullopt;
  std::string key;
  add_number(key, *take_epoch(text));
  const auto dash = text.rfind('-');
  add_dpkg_part(key, text.substr(0, dash));
  add_dpkg_part(key, dash == std::string_view::npos ? "0" : text.substr(dash + 1));
  return key;
}

std::optional<std::string> rpm_key(std::string_view text) {
  const auto epoch = take_epoch(text);
  const auto dash = text.find('-');
  // Without a release it is any of them.
  if (!epoch || dash == std::string_view::npos || dash == 0 || dash + 1 == text.size() ||
      text.find('-', dash + 1) != std::string_view::npos || !std::ranges::all_of(text, [](char c) {
        return key_digit(c) || key_letter(c) || std::string_view("._+~^-").contains(c);
      }))
    return std::nullopt;
  std::string key;
  add_number(key, *epoch);
  add_rpm_part(key, text.substr(0, dash));
  add_rpm_part(key, text.substr(dash + 1));
  return key;
}

}  // namespace sekisho
