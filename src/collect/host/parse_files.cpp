// SPDX-License-Identifier: Apache-2.0
// Line-based files under /etc.
#include "collect/host/parse.h"

namespace sekisho {
namespace {

void each_line(std::string_view text, const auto& visit) {
  for (const std::string_view line : split(text, '\n')) visit(trim(line));
}

std::string unquoted(std::string_view value) {
  value = trim(value);
  if (value.size() >= 2 && (value[0] == '"' || value[0] == '\'') && value.back() == value[0])
    value = value.substr(1, value.size() - 2);
  return std::string(value);
}

bool comment(std::string_view line) { return line.empty() || line[0] == '#' || line[0] == ';'; }

}  // namespace

std::map<std::string, std::string> parse_assignments(std::string_view text) {
  std::map<std::string, std::string> values;
  each_line(text, [&](std::string_view line) {
    if (line.starts_with("export ")) line = trim(line.substr(7));
    const std::size_t equals = line.find('=');
    if (comment(line) || equals == std::string_view::npos || equals == 0) return;
    values[std::string(trim(line.substr(0, equals)))] = unquoted(line.substr(equals + 1));
  });
  return values;
}

std::vector<IniLine> parse_ini(std::string_view text) {
  std::vector<IniLine> lines;
  std::string section;
  each_line(text, [&](std::string_view line) {
    if (comment(line)) return;
    if (line[0] == '[') {
      section = std::string(trim(line.substr(1, std::min(line.rfind(']'), line.size()) - 1)));
      return;
    }
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos) return;
    lines.push_back({section, std::string(trim(line.substr(0, equals))),
                     std::string(trim(line.substr(equals + 1)))});
  });
  return lines;
}

std::optional<std::string> ini_value(const std::vector<IniLine>& lines, std::string_view section,
                                     std::string_view key) {
  std::optional<std::string> value;
  for (const IniLine& line : lines)
    if (lower(line.section) == lower(section) && lower(line.key) == lower(key)) value = line.value;
  return value;
}

std::optional<std::string> login_defs_value(std::string_view text, std::string_view key) {
  std::optional<std::string> value;
  each_line(text, [&](std::string_view line) {
    const auto parts = words(line);
    if (parts.size() >= 2 && parts[0] == key) value = std::string(parts[1]);
  });
  return value;
}

std::string proxy_host(std::string_view url) {
  if (const auto scheme = url.find("://"); scheme != std::string_view::npos)
    url.remove_prefix(scheme + 3);
  url = url.substr(0, url.find_first_of("/?#"));
  // Everything up to the last '@' may be a name and password.
  if (const auto at = url.rfind('@'); at != std::string_view::npos) url.remove_prefix(at + 1);
  return printable(url, 120);
}

}  // namespace sekisho
