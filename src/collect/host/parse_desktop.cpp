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

std::optional<int> macro_security_level(std::string_view xcu) {
  const std::size_t name = xcu.find("oor:name=\"MacroSecurityLevel\"");
  if (name == std::string_view::npos) return std::nullopt;
  const std::string_view rest = xcu.substr(name, 200);
  const std::size_t open = rest.find("<value>");
  const std::size_t close = rest.find("</value>");
  if (open == std::string_view::npos || close == std::string_view::npos || close < open)
    return std::nullopt;
  const auto level = whole_number(trim(rest.substr(open + 7, close - open - 7)));
  if (level < 0 || level > 3) return std::nullopt;
  return static_cast<int>(level);
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
