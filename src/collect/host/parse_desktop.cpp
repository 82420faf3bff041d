// SPDX-License-Identifier: Apache-2.0
// Settings of desktop programs.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "collect/host/parse.h"

namespace sekisho {

std::optional<Day> clamav_built(std::string_view start) {
  // "ClamAV-VDB:23 Nov 2026 07-26 +0000:28190:…"
  constexpr std::string_view kMagic = "ClamAV-VDB:";
  constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  if (!start.starts_with(kMagic)) return std::nullopt;
  const auto parts = words(start.substr(kMagic.size(), 40));
  if (parts.size() < 3) return std::nullopt;
  const auto* const month = std::ranges::find(kMonths, parts[1]);
  const auto day = whole_number(parts[0]);
  const auto year = whole_number(parts[2]);
  if (month == kMonths.end() || day < 1 || day > 31 || year < 2000 || year > 9999)
    return std::nullopt;
  const std::chrono::year_month_day date{
      std::chrono::year(static_cast<int>(year)),
      std::chrono::month(static_cast<unsigned>(month - kMonths.begin()) + 1),
      std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return std::nullopt;
  return Day{date};
}

namespace {

/// The properties of a name, each from its tag to its end.
std::vector<std::string_view> properties(std::string_view xml, std::string_view name) {
  constexpr std::size_t kLongest = 100'000;
  std::vector<std::string_view> found;
  const std::string wanted = fmt::format("oor:name=\"{}\"", name);
  for (std::size_t at = 0; (at = xml.find(wanted, at)) != std::string_view::npos;
       at += wanted.size()) {
    const std::string_view rest = xml.substr(at, kLongest);
    const std::size_t tag = rest.find('>');
    if (tag == std::string_view::npos) continue;
    const bool alone = tag > 0 && rest[tag - 1] == '/';
    found.push_back(rest.substr(0, alone ? tag + 1 : rest.find("</prop>")));
  }
  return found;
}

/// What stands in a property's values, without their tags.
std::string value_text(std::string_view property) {
  const std::size_t open = property.find("<value");
  if (open == std::string_view::npos) return {};
  std::string text;
  bool in_tag = false;
  for (const char c : property.substr(open)) {
    if (c == '<') in_tag = true;
    if (!in_tag) text += c;
    if (c == '>') {
      in_tag = false;
      text += ' ';
    }
  }
  return std::string(trim(std::string_view(text)));
}

}  // namespace

MacroSettings macro_settings(std::string_view xml) {
  MacroSettings settings;
  for (const std::string_view one : properties(xml, "MacroSecurityLevel")) {
    const auto level = whole_number(value_text(one));
    if (level < 0 || level > 3)
      settings.unclear = settings.unclear || one.contains("<value");
    else
      settings.level = std::min(settings.level.value_or(3), static_cast<int>(level));
    settings.final = settings.final || one.contains("oor:finalized=\"true\"");
  }
  for (const std::string_view one : properties(xml, "SecureURL"))
    if (std::string places = value_text(one); !places.empty()) settings.trusted = std::move(places);
  return settings;
}

namespace {

/// A string of JavaScript's in quotes, or the word up to `ends`; takes it off `text`.
std::optional<std::string> take_word(std::string_view& text, std::string_view ends) {
  text = trim(text);
  if (text.starts_with('"') || text.starts_with('\'')) {
    const char quote = text.front();
    std::string word;
    for (std::size_t i = 1; i < text.size(); ++i) {
      if (text[i] == '\\' && i + 1 < text.size()) {
        word += text[++i];
      } else if (text[i] == quote) {
        text = trim(text.substr(i + 1));
        return word;
      } else {
        word += text[i];
      }
    }
    return std::nullopt;
  }
  const std::size_t end = text.find_first_of(ends);
  if (end == std::string_view::npos) return std::nullopt;
  std::string word(trim(text.substr(0, end)));
  text = text.substr(end);
  return word;
}

/// user_pref("NAME", VALUE); what stands behind it is left in `text`.
std::optional<std::pair<std::string, std::string>> take_preference(std::string_view& text) {
  for (const std::string_view call :
       {"user_pref", "pref", "lockPref", "defaultPref", "sticky_pref", "unlockPref"}) {
    if (!text.starts_with(call)) continue;
    std::string_view rest = trim(text.substr(call.size()));
    if (!rest.starts_with('(')) continue;
    rest.remove_prefix(1);
    auto name = take_word(rest, ",)");
    if (!name) return std::nullopt;
    std::string value;
    if (rest.starts_with(',')) {
      rest.remove_prefix(1);
      auto said = take_word(rest, ",)");
      if (!said) return std::nullopt;
      value = std::move(*said);
    }
    const std::size_t end = rest.find(')');
    if (end == std::string_view::npos) return std::nullopt;
    text = trim(rest.substr(end + 1));
    if (text.starts_with(';')) text = trim(text.substr(1));
    return std::pair(std::move(*name), std::move(value));
  }
  return std::nullopt;
}

}  // namespace

FirefoxPreferences parse_firefox_preferences(std::string_view text) {
  FirefoxPreferences found;
  bool in_comment = false;
  std::size_t number = 0;
  for (std::string_view line : split(text, '\n')) {
    ++number;
    line = trim(line);
    while (!line.empty()) {
      if (in_comment) {
        const std::size_t end = line.find("*/");
        if (end == std::string_view::npos) break;
        line = trim(line.substr(end + 2));
        in_comment = false;
      } else if (line.starts_with("//") || line.starts_with('#')) {
        break;
      } else if (line.starts_with("/*")) {
        in_comment = true;
        line.remove_prefix(2);
      } else if (auto one = take_preference(line)) {
        found.list.push_back(std::move(*one));
      } else {
        if (found.unclear == 0) found.unclear = number;
        break;
      }
    }
  }
  return found;
}

namespace {

std::optional<std::string_view> attribute(std::string_view tag, std::string_view name) {
  const std::string wanted = fmt::format(" {}=\"", name);
  const std::size_t at = tag.find(wanted);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view rest = tag.substr(at + wanted.size());
  const std::size_t end = rest.find('"');
  if (end == std::string_view::npos) return std::nullopt;
  return rest.substr(0, end);
}

}  // namespace

std::optional<std::string> xfconf_value(std::string_view xml, std::string_view path) {
  constexpr std::size_t kDeepest = 32;
  std::vector<std::string> names;
  while (!xml.empty()) {
    const std::size_t open = xml.find('<');
    if (open == std::string_view::npos) break;
    const std::size_t close = xml.find('>', open);
    if (close == std::string_view::npos) break;
    const std::string_view tag = xml.substr(open + 1, close - open - 1);
    xml.remove_prefix(close + 1);
    if (tag.starts_with("/property")) {
      if (!names.empty()) names.pop_back();
      continue;
    }
    if (!tag.starts_with("property")) continue;
    if (names.size() >= kDeepest) break;
    names.emplace_back(attribute(tag, "name").value_or(""));
    if (join(names, "/") == path) {
      const auto value = attribute(tag, "value");
      if (value) return std::string(*value);
    }
    if (tag.ends_with('/')) names.pop_back();
  }
  return std::nullopt;
}

}  // namespace sekisho
