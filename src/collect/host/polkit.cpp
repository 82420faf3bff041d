// SPDX-License-Identifier: Apache-2.0
#include "collect/host/polkit.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <pugixml.hpp>

namespace sekisho {
namespace {

/// Where an administrator writes rules, and where packages bring theirs.
constexpr std::array<std::pair<const char*, bool>, 4> kRuleFolders{
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

/// Words that a file may have and still be understood: with these, and with answers as below, no
/// rule can answer anything else.
constexpr std::array<std::string_view, 39> kPlain{"polkit",
                                                  "addRule",
                                                  "addAdminRule",
                                                  "log",
                                                  "spawn",
                                                  "Result",
                                                  "function",
                                                  "return",
                                                  "if",
                                                  "else",
                                                  "var",
                                                  "let",
                                                  "const",
                                                  "null",
                                                  "undefined",
                                                  "true",
                                                  "false",
                                                  "id",
                                                  "user",
                                                  "groups",
                                                  "pid",
                                                  "isInGroup",
                                                  "isInNetGroup",
                                                  "active",
                                                  "local",
                                                  "session",
                                                  "seat",
                                                  "lookup",
                                                  "indexOf",
                                                  "startsWith",
                                                  "length",
                                                  "NO",
                                                  "AUTH_ADMIN",
                                                  "AUTH_ADMIN_KEEP",
                                                  "NOT_HANDLED",
                                                  "for",
                                                  "while",
                                                  "typeof",
                                                  "in"};
constexpr std::array<std::string_view, 4> kHarmless{"NO", "AUTH_ADMIN", "AUTH_ADMIN_KEEP",
                                                    "NOT_HANDLED"};
constexpr std::array<std::string_view, 3> kHarmlessWords{"no", "auth_admin", "auth_admin_keep"};

bool one_of(const auto& list, std::string_view word) {
  return std::ranges::find(list, word) != list.end();
}

bool part_of_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '$';
}

/// Names, strings with their quotes, and single signs of polkit_code().
std::vector<std::string_view> tokens(std::string_view code) {
  std::vector<std::string_view> all;
  for (std::size_t at = 0; at < code.size();) {
    std::size_t end = at + 1;
    if (part_of_name(code[at])) {
      while (end < code.size() && part_of_name(code[end])) ++end;
    } else if (code[at] == '"' || code[at] == '\'') {
      while (end < code.size() && code[end] != code[at])
        end += code[end] == '\\' ? std::size_t{2} : std::size_t{1};
      end = std::min(end + 1, code.size());
    }
    if (code[at] != ' ') all.push_back(code.substr(at, end - at));
    at = end;
  }
  return all;
}

/// Whether whatever a file of rules does is plain: it names nothing but its own parameters and
/// what rules are written with, builds no words, and each `return` gives one fixed answer, none of
/// which lets anything through unasked (or, with `yes_too`, is about who administrators are).
class PlainRules {
 public:
  PlainRules(std::string_view code, bool yes_too) : all_(tokens(code)), yes_too_(yes_too) {
    // Within strings these are no harm, but such a file is rare.
    plain_ = !code.contains("=>") && code.find_first_of("`\\/#@") == std::string_view::npos;
    declare();
    for (at_ = 0; plain_ && at_ < all_.size(); ++at_) plain_ = step();
  }
  bool plain() const { return plain_; }

 private:
  std::string_view token(std::size_t at) const {
    return at < all_.size() ? all_[at] : std::string_view();
  }

  /// Parameters, names of functions, and variables.
  void declare() {
    for (std::size_t i = 0; i < all_.size(); ++i) {
      if (one_of(std::array<std::string_view, 3>{"var", "let", "const"}, all_[i]))
        own_.push_back(token(i + 1));
      if (all_[i] != "function") continue;
      std::size_t at = i + 1;
      if (token(at) != "(") own_.push_back(token(at++));
      while (++at < all_.size() && token(at) != ")")
        if (token(at) != ",") own_.push_back(token(at));
    }
    for (const std::string_view name : own_)
      if (name.empty() || !part_of_name(name.front()) || one_of(kPlain, name)) plain_ = false;
  }

  bool step() {
    const std::string_view now = all_[at_];
    if (now == "return") return answer();
    if (now == "polkit") {
      const std::string_view what = token(at_ + 2);
      return token(at_ + 1) == "." && token(at_ + 3) == "(" &&
             one_of(std::array<std::string_view, 4>{"addRule", "addAdminRule", "log", "spawn"},
                    what);
    }
    if (!part_of_name(now.front()) || (now.front() >= '0' && now.front() <= '9')) return true;
    return one_of(kPlain, now) || one_of(own_, now);
  }

  bool over(std::size_t at) const { return token(at) == ";" || token(at) == "}"; }

  /// After `return`; leaves the place at the last token of the answer.
  bool answer() {
    const std::string_view first = token(at_ + 1);
    if (over(at_ + 1)) return true;
    if (first == "polkit") {
      const bool known =
          one_of(kHarmless, token(at_ + 5)) ||
          (yes_too_ &&
           one_of(std::array<std::string_view, 4>{"YES", "AUTH_SELF", "AUTH_SELF_KEEP", "NO"},
                  token(at_ + 5)));
      const bool whole = token(at_ + 2) == "." && token(at_ + 3) == "Result" &&
                         token(at_ + 4) == "." && known && over(at_ + 6);
      at_ += 5;
      return whole;
    }
    if (first == "[") return list();
    ++at_;
    if (first == "null" || first == "undefined" || first == "false") return over(at_ + 1);
    const bool quoted = first.size() >= 2 && (first.front() == '"' || first.front() == '\'');
    return quoted && over(at_ + 1) &&
           (yes_too_ || one_of(kHarmlessWords, first.substr(1, first.size() - 2)));
  }

  /// Administrators, each by a string.
  bool list() {
    for (at_ += 2; at_ < all_.size() && all_[at_] != "]"; ++at_)
      if (all_[at_] != "," && all_[at_].front() != '"' && all_[at_].front() != '\'') return false;
    return over(at_ + 1);
  }

  std::vector<std::string_view> all_, own_;
  std::size_t at_ = 0;
  bool yes_too_ = false;
  bool plain_ = true;
};

/// Calls `visit` with path and code of each file of rules, and whether it is a package's.
void each_rules(const Machine& machine, const auto& visit) {
  for (const auto& [folder, own] : kRuleFolders)
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

/// What runs any command that it is given.
bool runs_anything(std::string_view program) {
  const std::string_view name = program.substr(program.rfind('/') + 1);
  for (const char* shell :
       {"sh",   "bash", "dash",  "zsh",         "fish",   "ksh",     "csh", "tcsh", "busybox",
        "env",  "su",   "sudo",  "perl",        "ruby",   "node",    "awk", "vim",  "vi",
        "nano", "find", "xargs", "systemd-run", "chroot", "nsenter", "tee", "cp"})
    if (name == shell) return true;
  return name.starts_with("python");
}

/// Whether a file of actions lets anybody run what they like as root: pkexec's own action, or one
/// of a shell's, answered by yes (polkit(8), pkexec(1)). XML that can't be read answers no: polkit
/// leaves such a file out.
bool gives_root(const std::string& text) {
  if (!in_any_case(text, "yes")) return false;
  pugi::xml_document document;
  // Neither external entities nor DOCTYPEs are followed by pugixml.
  if (!document.load_buffer(text.data(), text.size())) return false;
  for (const pugi::xml_node action : document.child("policyconfig").children("action")) {
    bool yes = false;
    for (const pugi::xml_node one : action.child("defaults").children())
      yes = yes || trim(std::string_view(one.child_value())) == "yes";
    if (!yes) continue;
    if (std::string_view(action.attribute("id").value()) == "org.freedesktop.policykit.exec")
      return true;
    for (const pugi::xml_node note : action.children("annotate"))
      if (std::string_view(note.attribute("key").value()) ==
              "org.freedesktop.policykit.exec.path" &&
          runs_anything(trim(std::string_view(note.child_value()))))
        return true;
  }
  return false;
}

}  // namespace

bool plain_polkit(std::string_view code, bool of_administrators) {
  return PlainRules(code, of_administrators).plain();
}

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
    if (lets_all(code))
      loose.push_back(path);
    else if (own && !plain_polkit(code, false))
      machine.not_understood(path, in_any_case(code, "yes") ? "polkit: YES" : "polkit");
  });
  for (const std::string folder :
       {"/etc/polkit-1/localauthority", "/var/lib/polkit-1/localauthority"})
    if (const auto names = machine.list(folder))
      for (const std::string& name : *names)
        for (const std::string& path : files_in(machine, folder + "/" + name, ".pkla"))
          read_authority(machine, path, name != "10-vendor.d", loose);
  for (const char* folder : {"/usr/share/polkit-1/actions", "/etc/polkit-1/actions",
                             "/run/polkit-1/actions", "/usr/local/share/polkit-1/actions"})
    for (const std::string& path : files_in(machine, folder, ".policy"))
      if (const auto text = machine.read(path); text && gives_root(*text)) loose.push_back(path);
  // Actions of an administrator's own, which may be programs that run as root.
  for (const char* folder :
       {"/etc/polkit-1/actions", "/run/polkit-1/actions", "/usr/local/share/polkit-1/actions"})
    for (const std::string& path : files_in(machine, folder, ".policy"))
      if (const auto text = machine.read(path); text && in_any_case(*text, "yes"))
        machine.not_understood(path, "polkit: yes");
  return loose;
}

std::vector<std::string> polkit_administrators(const Machine& machine) {
  std::vector<std::string> all;
  each_rules(machine, [&](const std::string& path, const std::string& code, bool own) {
    if (code.contains("addAdminRule")) add_administrators_of(machine, path, code, all);
    if (own && !plain_polkit(code, true)) machine.not_understood(path, "polkit");
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
