#include "collect/host/polkit.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace sekisho {
namespace {

/// Where an administrator writes rules, and where packages bring theirs.
constexpr std::array<std::pair<const char*, bool>, 4> kFolders{
    {{"/etc/polkit-1/rules.d", true},
     {"/run/polkit-1/rules.d", true},
     {"/usr/local/share/polkit-1/rules.d", true},
     {"/usr/share/polkit-1/rules.d", false}}};

bool in_any_case(std::string_view text, std::string_view word) {
  return lower(text).contains(word);
}

/// It answers YES to whatever is asked by whomever: no condition stands in it.
bool lets_all(std::string_view code) {
  for (const char* sign : {"return polkit.Result.YES", "return'yes'", "return\"yes\"",
                           "return 'yes'", "return \"yes\""})
    if (code.contains(sign))
      return !code.contains("if(") && !code.contains("if (") && !code.contains('?') &&
             !code.contains("&&") && !code.contains("switch");
  return false;
}

/// "unix-group:ops", "unix-user:hana" of an addAdminRule.
void add_administrators_of(const Machine& machine, const std::string& path, std::string_view code,
                           std::vector<std::string>& into) {
  bool any = false;
  for (const auto& [kind, sign] :
       {std::pair<std::string_view, std::string_view>{"unix-group:", "%"},
        {"unix-user:", ""},
        {"unix-netgroup:", "+"}})
    for (std::size_t at = code.find(kind); at != std::string_view::npos;
         at = code.find(kind, at + 1)) {
      std::string_view name = code.substr(at + kind.size());
      const std::size_t end = name.find_first_of("\"'");
      name = name.substr(0, end);
      any = true;
      if (name.empty() || end == std::string_view::npos) {
        machine.not_understood(path, "addAdminRule");
        continue;
      }
      if (name != "0" && name != "root") into.push_back(std::string(sign) + std::string(name));
    }
  if (!any) machine.not_understood(path, "addAdminRule");
}

/// Calls `visit` with path and code of each file of rules, and whether it is a package's.
void each_rules(const Machine& machine, const auto& visit) {
  for (const auto& [folder, own] : kFolders)
    for (const std::string& path : files_in(machine, folder, ".rules"))
      if (const auto text = machine.read(path)) visit(path, polkit_code(*text), own);
}

/// The older form, which polkitd-pkla reads: [x] Identity=… Action=… ResultActive=yes.
void read_authority(const Machine& machine, const std::string& path, bool own,
                    std::vector<std::string>& loose) {
  const auto text = machine.read(path);
  if (!text) return;
  std::map<std::string, std::map<std::string, std::string>> sections;
  for (const IniLine& line : parse_ini(*text)) sections[line.section][lower(line.key)] = line.value;
  for (auto& [name, values] : sections) {
    const bool yes =
        std::ranges::any_of(std::array{"resultany", "resultinactive", "resultactive"},
                            [&](const char* key) { return lower(trim(values[key])) == "yes"; });
    if (!yes) continue;
    const std::string& action = values["action"];
    if (std::ranges::any_of(split(std::string_view(action), ';'), [](std::string_view one) {
          return trim(one) == "*" || one.contains("org.freedesktop.*") || one.contains("policykit");
        }))
      loose.push_back(path);
    else if (own)
      machine.not_understood(path, "polkit: yes");
  }
}

}  // namespace

std::string polkit_code(std::string_view text) {
  std::string code;
  char quote = '\0';
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const char next = i + 1 < text.size() ? text[i + 1] : '\0';
    if (quote != '\0') {
      code += c;
      if (c == '\\' && next != '\0')
        code += text[++i];
      else if (c == quote)
        quote = '\0';
      continue;
    }
    if (c == '/' && next == '/') {
      i = std::min(text.find('\n', i), text.size()) - 1;
      continue;
    }
    if (c == '/' && next == '*') {
      i = std::min(text.find("*/", i + 2), text.size() - 2) + 1;
      continue;
    }
    if (c == '"' || c == '\'' || c == '`') quote = c;
    const bool blank = c == ' ' || c == '\t' || c == '\n' || c == '\r';
    if (!blank)
      code += c;
    else if (!code.empty() && code.back() != ' ')
      code += ' ';
  }
  return code;
}

std::vector<std::string> loose_polkit(const Machine& machine) {
  std::vector<std::string> loose;
  each_rules(machine, [&](const std::string& path, const std::string& code, bool own) {
    if (!in_any_case(code, "yes")) return;
    if (lets_all(code))
      loose.push_back(path);
    else if (own)
      machine.not_understood(path, "polkit: YES");
  });
  for (const std::string folder :
       {"/etc/polkit-1/localauthority", "/var/lib/polkit-1/localauthority"})
    if (const auto names = machine.list(folder))
      for (const std::string& name : *names)
        for (const std::string& path : files_in(machine, folder + "/" + name, ".pkla"))
          read_authority(machine, path, name != "10-vendor.d", loose);
  return loose;
}

std::vector<std::string> polkit_administrators(const Machine& machine) {
  std::vector<std::string> all;
  each_rules(machine, [&](const std::string& path, const std::string& code, bool) {
    if (code.contains("addAdminRule")) add_administrators_of(machine, path, code, all);
  });
  for (const std::string& path :
       files_in(machine, "/etc/polkit-1/localauthority.conf.d", ".conf")) {
    const auto text = machine.read(path);
    if (!text || !text->contains("AdminIdentities")) continue;
    // Each is ended by ';' or the line there.
    std::string quoted = *text + "\"";
    for (char& c : quoted)
      if (c == ';' || c == '\n') c = '"';
    add_administrators_of(machine, path, quoted, all);
  }
  return all;
}

}  // namespace sekisho
