// SPDX-License-Identifier: Apache-2.0
#include "collect/windows/folders.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"

namespace sekisho::judge {
namespace {

/// What variables stand for where Windows is as it comes; X is a person.
constexpr std::array<std::pair<std::string_view, std::string_view>, 18> kVariables{
    {{"%systemdrive%", "c:"},
     {"%homedrive%", "c:"},
     {"%windir%", R"(c:\windows)"},
     {"%systemroot%", R"(c:\windows)"},
     {"%programdata%", R"(c:\programdata)"},
     {"%allusersprofile%", R"(c:\programdata)"},
     {"%programfiles%", R"(c:\program files)"},
     {"%programw6432%", R"(c:\program files)"},
     {"%programfiles(x86)%", R"(c:\program files (x86))"},
     {"%commonprogramfiles%", R"(c:\program files\common files)"},
     {"%commonprogramfiles(x86)%", R"(c:\program files (x86)\common files)"},
     {"%public%", R"(c:\users\public)"},
     {"%userprofile%", R"(c:\users\x)"},
     {"%homepath%", R"(c:\users\x)"},
     {"%appdata%", R"(c:\users\x\appdata\roaming)"},
     {"%localappdata%", R"(c:\users\x\appdata\local)"},
     {"%temp%", R"(c:\users\x\appdata\local\temp)"},
     {"%tmp%", R"(c:\users\x\appdata\local\temp)"}}};

/// In small letters, with backslashes alone, and with what variables stand for.
std::string plain(std::string_view path) {
  std::string out = lower(trim(path));
  std::ranges::replace(out, '/', '\\');
  for (const std::string_view mark : {R"(\\?\)", R"(\\.\)", R"(\??\)"})
    if (out.starts_with(mark)) out.erase(0, mark.size());
  for (const auto& [name, stands_for] : kVariables)
    if (out.starts_with(name)) {
      out = std::string(stands_for) + out.substr(name.size());
      break;
    }
  return out;
}

bool has_wildcard(std::string_view name) { return name.find_first_of("*?") != name.npos; }

/// Parts of a path below its drive, without those at its end that take in all there is.
std::vector<std::string_view> parts_below(std::string_view path) {
  std::vector<std::string_view> parts;
  for (const std::string_view part : split(path, '\\'))
    if (!part.empty() && part != ".") parts.push_back(part);
  while (!parts.empty() && (parts.back().find_first_not_of("*?.") == std::string_view::npos))
    parts.pop_back();
  return parts;
}

bool is_wide(const std::vector<std::string_view>& parts) {
  if (parts.empty() || has_wildcard(parts.front())) return true;
  const auto is = [&](std::size_t at, std::string_view name) {
    return at < parts.size() && parts[at] == name;
  };
  if (parts.size() == 1)
    return is(0, "windows") || is(0, "users") || is(0, "program files") ||
           is(0, "program files (x86)") || is(0, "programdata") || is(0, "temp") || is(0, "tmp");
  if (is(0, "windows") && (is(1, "system32") || is(1, "syswow64") || is(1, "temp")) &&
      parts.size() == 2)
    return true;
  // A person's folders, and what their programs keep.
  if (is(0, "users") && parts.size() <= 3) return true;
  if (is(0, "users") && parts[2] == "appdata" && parts.size() <= 4) return true;
  const std::string_view last = parts.back();
  for (const std::string_view coming : {"downloads", "desktop", "documents", "temp", "tmp"})
    if (last == coming) return true;
  // "C:\Windows\*.exe": as wide as its folder.
  if (has_wildcard(last)) return is_wide({parts.begin(), parts.end() - 1});
  return false;
}

}  // namespace

Extent extent_of(std::string_view path) {
  const std::string whole = plain(path);
  std::string_view rest = whole;
  if (rest.find_first_not_of("*?.\\") == std::string_view::npos) return Extent::wide;
  if (rest.find("..") != std::string_view::npos || rest.find('%') != std::string_view::npos)
    return Extent::unknown;
  // A share, of which a folder is named.
  if (rest.starts_with(R"(\\)")) {
    const auto parts = parts_below(rest);
    if (parts.size() < 2 || std::ranges::any_of(parts, has_wildcard)) return Extent::wide;
    return parts.size() > 2 ? Extent::narrow : Extent::unknown;
  }
  const bool drive = rest.size() >= 2 && rest[1] == ':';
  if (!drive || (rest.size() > 2 && rest[2] != '\\')) return Extent::unknown;
  return is_wide(parts_below(rest.substr(2))) ? Extent::wide : Extent::narrow;
}

}  // namespace sekisho::judge
