// SPDX-License-Identifier: Apache-2.0
// Who can get in, and with what.
#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>

#include "collect/host/people.h"
#include "collect/host/polkit.h"
#include "collect/host/sign_in.h"
#include "collect/host/sudo.h"
#include "collect/limits.h"

namespace sekisho {
namespace {

Finding empty_passwords(const Look& look) {
  const Machine& machine = look.machine;
  const auto accounts = machine.accounts();
  if (!accounts) return unreadable("/etc/passwd", accounts.error());
  std::vector<Stored> all;
  const auto shadow = stored_passwords(machine, false, all);
  std::vector<std::string> empty;
  for (const char* file : {"/etc/passwd", "/etc/shadow"}) {
    std::size_t here = 0;
    for (const Stored& one : all) {
      if (one.file != file || !one.stored.empty()) continue;
      empty.push_back(one.name);
      ++here;
    }
    if (shadow || std::string_view(file) == "/etc/passwd")
      note_count(machine, file, "empty password fields", here, "0");
  }
  if (!empty.empty())
    return fail(fmt::format("パスワードが空のアカウント: {}", listed(empty)),
                fmt::format("accounts with an empty password: {}", listed(empty)));
  if (!shadow) return unreadable("/etc/shadow", shadow.error());
  if (const auto open = signs_in_without_asking(machine)) return *open;
  note_other_sources(machine, "passwd");
  return pass("パスワードが空のアカウントはありません", "no account has an empty password");
}

Finding uid_zero(const Look& look) {
  const auto accounts = look.machine.accounts();
  if (!accounts) return unreadable("/etc/passwd", accounts.error());
  std::vector<std::string> twins;
  for (const Account& account : *accounts)
    if (account.uid == 0 && account.name != "root") twins.push_back(account.name);
  note_count(look.machine, "/etc/passwd", "uid=0 other than root", twins.size(), "0");
  if (!twins.empty())
    return fail(fmt::format("root と同じ番号のアカウント: {}", listed(twins)),
                fmt::format("accounts with root's number: {}", listed(twins)));
  note_other_sources(look.machine, "passwd");
  return pass("root と同じ番号のアカウントはありません", "no account shares root's number");
}

/// The rules of doas.conf(5) as doas takes them apart: a line goes on behind a backslash, quotes
/// keep together, a comment begins where a word may. A word that is quoted begins with its quote,
/// since then it is no keyword; braces are words.
std::vector<std::vector<std::string>> doas_rules(std::string_view text) {
  std::vector<std::vector<std::string>> rules(1);
  std::string word;
  bool within = false;  // a word has begun
  bool quotes = false;
  const auto end_word = [&] {
    if (within) rules.back().push_back(std::move(word));
    word.clear();
    within = false;
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\\' && i + 1 < text.size()) {
      // Before the end of a line it is nothing, elsewhere what follows counts as a letter.
      if (text[++i] == '\n') continue;
      word += text[i];
      within = true;
    } else if (c == '"') {
      quotes = !quotes;
      if (!within) word = '"';
      within = true;
    } else if (quotes && c != '\n') {
      word += c;
    } else if (c == '#') {
      end_word();
      i = std::min(text.find('\n', i), text.size()) - 1;
    } else if (c == '\n') {
      end_word();
      quotes = false;
      rules.emplace_back();
    } else if (c == ' ' || c == '\t' || c == '\r' || c == '{' || c == '}') {
      end_word();
      if (c == '{' || c == '}') rules.back().emplace_back(1, c);
    } else {
      word += c;
      within = true;
    }
  }
  end_word();
  return rules;
}

/// Calls `visit` with the file and words of each rule of doas.conf(5) that permits.
void each_doas_permit(const Machine& machine, const auto& visit) {
  std::vector<std::string> paths = files_in(machine, "/etc/doas.d", ".conf");
  paths.insert(paths.begin(), "/etc/doas.conf");
  for (const std::string& path : paths) {
    const auto text = machine.read(path);
    if (!text) continue;
    for (const auto& rule : doas_rules(*text))
      if (!rule.empty() && rule[0] == "permit") visit(path, rule);
  }
}

/// The rules of doas.conf(5) that ask for no password.
void find_doas(const Machine& machine, std::vector<std::string>& loose) {
  each_doas_permit(machine, [&](const std::string& path, const auto& parts) {
    if (std::ranges::find(parts, "nopass") != parts.end()) loose.push_back(path);
  });
  note_count(machine, "/etc/doas*", "permit nopass", loose.size(), "0");
}

/// What sudo's files and sudo itself say; who becomes another without a password is in `loose`. A
/// finding where that is all there is to say.
std::optional<Finding> find_sudo(const Machine& machine, std::vector<std::string>& loose) {
  const auto rules = sudo_rules(machine);
  if (!rules) return rules.error();
  const auto told = ask_sudo(machine, rules->loose_users);
  note_count(machine, "/etc/sudoers*", "NOPASSWD, !authenticate", rules->loose.size(), "0");
  for (const std::string& one : rules->loose)
    if (const std::size_t open = one.rfind('('); open != std::string::npos && one.ends_with(')'))
      machine.compared(one.substr(open + 1, one.size() - open - 2), "NOPASSWD, !authenticate",
                       "PASSWD, authenticate");
  if (told)
    machine.compared({.source = Compared::Source::program,
                      .place = machine.program("sudo"),
                      .seen = fmt::format("-l -U: NOPASSWD: {}", told->loose.size()),
                      .limit = "0"});
  if (told && told->whole && told->loose.empty() && !rules->loose.empty() && loose.empty() &&
      rules->lasting.empty())
    return pass(fmt::format("管理者になるにはパスワードが必要です（sudo -l。ファイルの {} "
                            "は、この端末の誰にも当てはまりません）",
                            listed(rules->loose)),
                fmt::format("becoming administrator needs a password (sudo -l; the files' {} "
                            "holds for nobody on this machine)",
                            listed(rules->loose)));
  loose.insert(loose.end(), rules->loose.begin(), rules->loose.end());
  loose.insert(loose.end(), rules->lasting.begin(), rules->lasting.end());
  if (told && rules->loose.empty())
    for (const std::string& name : told->loose) loose.push_back(name + " (sudo -l)");
  return std::nullopt;
}

/// What PAM says of the services that make somebody another.
std::optional<Finding> becomes_without_asking(const Machine& machine, bool sudo) {
  std::vector<std::string> services{"su", "su-l", "polkit-1"};
  if (sudo) {
    services.emplace_back("sudo-i");
    // Without a file of its own libpam takes "other".
    services.emplace_back(pam_stack(machine, "sudo", "auth") ? "sudo" : "other");
  }
  std::optional<Finding> worst;
  for (const std::string& service : services) {
    auto found = without_asking(machine, service);
    if (found && (!worst || worst->verdict != Verdict::fail)) worst = std::move(found);
  }
  return worst;
}

Finding sudo_passwordless(const Look& look) {
  const Machine& machine = look.machine;
  const bool sudo = !machine.program("sudo").empty() || !machine.program("sudo-rs").empty();
  const bool doas = !machine.program("doas").empty();
  std::vector<std::string> loose = loose_polkit(machine);
  for (const std::string& path : loose) machine.compared(path, "YES", "auth_admin");
  if (doas) find_doas(machine, loose);
  const auto pam = becomes_without_asking(machine, sudo);
  if (!sudo && !doas && loose.empty() && !pam)
    return not_applicable("sudo は入っていません", "sudo is not installed");
  std::optional<Finding> all;
  if (sudo) all = find_sudo(machine, loose);
  if (!loose.empty())
    return fail(fmt::format("パスワードなしで管理者になれます: {}", listed(loose)),
                fmt::format("administrator without a password: {}", listed(loose)));
  if (pam) return *pam;
  if (all) return *all;
  return pass("管理者になるにはパスワードが必要です", "becoming administrator needs a password");
}

/// Administrators of a domain or a netgroup, whose members this machine doesn't list.
void unlisted(const Machine& machine, const std::string& who) {
  machine.gap(
      unknown(fmt::format("管理者のグループ {} はドメインのもので、誰が入っているか分かりません",
                          printable(who, 60)),
              fmt::format("the administrators' group {} is a domain's; who is in it is not known",
                          printable(who, 60))));
}

/// Adds whom a name of sudoers stands for.
void add_administrators(const Machine& machine, const std::string& who,
                        const std::vector<Group>& groups, const std::vector<Account>& accounts,
                        std::set<std::string>& into) {
  if (who == "ALL") {
    for (const Account& account : accounts)
      if (account.uid >= 1000 && account.uid < 60'000) into.insert(account.name);
    into.insert("ALL");
    return;
  }
  if (who.starts_with('+')) return unlisted(machine, who);
  if (!who.starts_with('%')) {
    into.insert(who);
    return;
  }
  const std::string name = who.substr(1);
  bool known = false;
  for (const Group& group : groups)
    if (group.name == name || name == "#" + std::to_string(group.gid)) {
      known = true;
      for (const std::string& member : members_by_number(group, groups, accounts))
        into.insert(member);
    }
  // "DOMAIN\\admins", "admins@domain", "%:admins" of a directory.
  if (!known &&
      (name.find_first_of("\\@:") != std::string::npos || may_be_elsewhere(machine, "group")))
    unlisted(machine, who);
}

/// Whom doas.conf(5) lets become root: "permit [options] hana" or ":group", as root or as anybody.
void add_doas(const Machine& machine, const std::vector<Group>& groups,
              const std::vector<Account>& accounts, std::set<std::string>& into) {
  if (machine.program("doas").empty()) return;
  each_doas_permit(machine, [&](const std::string& path, const auto& parts) {
    if (std::ranges::find(parts, "cmd") != parts.end()) return;
    for (std::size_t i = 1; i < parts.size(); ++i) {
      const std::string_view word = parts[i];
      if (word == "nopass" || word == "persist" || word == "keepenv" || word == "nolog") continue;
      if (word.starts_with("setenv")) {
        machine.not_understood(path, "setenv");
        return;
      }
      const bool group = word.starts_with(':');
      add_administrators(machine, group ? "%" + std::string(word.substr(1)) : std::string(word),
                         groups, accounts, into);
      return;
    }
  });
}

Finding privileged_groups(const Look& look) {
  const Machine& machine = look.machine;
  const auto list = machine.groups();
  if (!list) return unreadable("/etc/group", list.error());
  const std::vector<Group>& groups = *list;
  note_other_sources(machine, "group");
  const std::vector<Account> accounts = machine.accounts().value_or(std::vector<Account>());
  std::set<std::string> administrators;
  std::vector<std::string> backdoors;
  for (const Group& group : groups) {
    if (group.name == "sudo" || group.name == "wheel" || group.name == "admin")
      for (const std::string& member : members_by_number(group, groups, accounts))
        administrators.insert(member);
    // Members of these become root without being asked for a password.
    for (const char* name : {"docker", "lxd", "incus-admin", "disk", "shadow", "kmem"})
      if (group.name == name)
        for (const std::string& member : members_by_number(group, groups, accounts))
          if (member != "root") backdoors.push_back(fmt::format("{} ({})", member, name));
  }
  if (!machine.program("sudo").empty()) {
    const auto rules = sudo_rules(machine);
    if (!rules) return rules.error();
    for (const std::string& who : rules->administrators)
      add_administrators(machine, who, groups, accounts, administrators);
  }
  for (const std::string& who : polkit_administrators(machine))
    add_administrators(machine, who, groups, accounts, administrators);
  add_doas(machine, groups, accounts, administrators);
  administrators.erase("root");
  const std::vector<std::string> names(administrators.begin(), administrators.end());
  note_count(machine, "/etc/group", "docker, lxd, incus-admin, disk, shadow, kmem",
             backdoors.size(), "0");
  machine.compared("/etc/group",
                   fmt::format("sudo, wheel, admin, sudoers, polkit, doas: {}",
                               administrators.contains("ALL") ? std::string("ALL")
                                                              : std::to_string(names.size())),
                   fmt::format("<= {}", kMostAdministrators));
  if (!backdoors.empty())
    return fail(
        fmt::format("パスワードなしで root になれるグループの利用者: {}", listed(backdoors)),
        fmt::format("members of groups that become root without a password: {}",
                    listed(backdoors)));
  if (administrators.contains("ALL"))
    return fail("sudo の規則で、全員が管理者になれます（ALL）",
                "sudo's rules make everyone an administrator (ALL)");
  if (names.size() > kMostAdministrators)
    return fail(fmt::format("管理者が {} 人います: {}", names.size(), listed(names)),
                fmt::format("{} administrators: {}", names.size(), listed(names)));
  if (names.empty()) return pass("管理者は root だけです", "root is the only administrator");
  return pass(fmt::format("管理者は {} 人です: {}", names.size(), listed(names)),
              fmt::format("{} administrators: {}", names.size(), listed(names)));
}

constexpr std::array kChecks{
    HostCheck{"empty-passwords", empty_passwords, {"/etc/shadow"}},
    HostCheck{"uid-zero", uid_zero, {"/etc/passwd"}},
    HostCheck{"sudo-passwordless",
              sudo_passwordless,
              {"/etc/sudoers", "/usr/etc/sudoers", "/etc/sudo.conf", "/etc/doas"}},
    HostCheck{"privileged-groups", privileged_groups, {"/etc/group"}},
};

}  // namespace

std::span<const HostCheck> account_checks() { return kChecks; }

}  // namespace sekisho
