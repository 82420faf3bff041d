// SPDX-License-Identifier: Apache-2.0
#include "collect/host/people.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <functional>

#include <fmt/format.h>

namespace sekisho {
namespace {

/// Ubuntu's second home of accounts (libnss-extrausers) has files of the same forms.
constexpr std::array kNameFolders{"/etc/", "/var/lib/extrausers/"};

/// Entries of both folders' files; what is unclear in them is a gap.
template <typename T>
FileResult<std::vector<T>> entries(const Machine& machine, const std::string& name,
                                   Entries<T> (*parse)(std::string_view)) {
  FileResult<std::vector<T>> all = std::unexpected(FileProblem::missing);
  for (const std::string folder : kNameFolders) {
    const auto text = machine.read(folder + name);
    if (!text && folder == kNameFolders.front()) all = std::unexpected(text.error());
    if (!text) continue;
    const Entries<T> file = parse(*text);
    for (const std::size_t line : file.unclear)
      machine.not_understood(fmt::format("{}{}:{}", folder, name, line));
    // Without its main file a machine's accounts aren't known.
    if (!all && folder != kNameFolders.front()) continue;
    if (!all) all.emplace();
    all->insert(all->end(), file.list.begin(), file.list.end());
  }
  return all;
}

/// Accounts of programs have their homes among the system's own folders.
bool home_of_service(std::string_view home) {
  constexpr std::array<std::string_view, 12> kSystem{"/var/", "/usr/",  "/run/", "/opt/",
                                                     "/bin/", "/sbin/", "/dev/", "/proc/",
                                                     "/lib/", "/etc/",  "/srv/", "/nonexistent/"};
  const std::string folder = std::string(home) + "/";
  return home.empty() || home == "/" || std::ranges::any_of(kSystem, [&](std::string_view one) {
           return folder.starts_with(one);
         });
}

/// Sources of a database beside the files that are read here, as nsswitch.conf(5) names them.
void each_source(std::string_view text, std::string_view database,
                 const std::function<void(std::string_view)>& visit) {
  for (const std::string_view line : split(text, '\n')) {
    const std::string_view entry = trim(line.substr(0, line.find('#')));
    const std::size_t colon = entry.find(':');
    if (colon == std::string_view::npos || trim(entry.substr(0, colon)) != database) continue;
    for (const std::string_view word : words(entry.substr(colon + 1)))
      if (word != "files" && word != "compat" && word != "systemd" && word != "extrausers" &&
          !word.starts_with('[') && !word.ends_with(']'))
        visit(word);
  }
}

/// SSSD has a domain, or runs: what can't be looked into counts as there.
bool sssd_set_up(const Machine& machine) {
  const auto there = [&](const char* path) {
    const auto facts = machine.facts(path);
    return facts.has_value() || facts.error() != FileProblem::missing;
  };
  const auto more = machine.list("/etc/sssd/conf.d");
  return there("/etc/sssd/sssd.conf") || there("/usr/lib/sssd/sssd.conf") ||
         there("/usr/share/sssd/sssd.conf") || there("/var/lib/sss/pipes/nss") ||
         (more ? !more->empty() : more.error() != FileProblem::missing);
}

/// Services that give systemd accounts of their own, beside those that come with it
/// (https://systemd.io/USER_GROUP_API).
bool other_userdb(const Machine& machine) {
  const auto names = machine.list("/run/systemd/userdb");
  if (!names) return names.error() != FileProblem::missing;
  return std::ranges::any_of(*names, [](const std::string& name) {
    return !name.starts_with("io.systemd.") && !name.starts_with('.');
  });
}

}  // namespace

bool has_shell(const Account& account) {
  const std::string_view name =
      std::string_view(account.shell).substr(account.shell.rfind('/') + 1);
  constexpr std::array<std::string_view, 5> kNone{"nologin", "false", "sync", "shutdown", "halt"};
  return std::ranges::find(kNone, name) == kNone.end();
}

FileResult<std::vector<Account>> Machine::accounts() const {
  return entries<Account>(*this, "passwd", parse_passwd);
}

FileResult<std::vector<Group>> Machine::groups() const {
  return entries<Group>(*this, "group", parse_group);
}

FileResult<std::vector<Account>> Machine::people() const {
  auto all = accounts();
  if (!all) return all;
  note_other_sources(*this, "passwd");
  std::int64_t first = 1000;
  if (const auto text = read("/etc/login.defs"))
    if (const auto own = whole_number(login_defs_value(*text, "UID_MIN").value_or("1000")); own > 0)
      first = std::min(first, own);
  std::erase_if(*all, [&](const Account& account) {
    constexpr std::uint32_t kNobody = 65534;
    const bool person =
        account.uid != 0 && account.uid != kNobody && has_shell(account) &&
        (account.uid >= 1000 || (account.uid >= first && !home_of_service(account.home)) ||
         account.home.starts_with("/home/"));
    return !person && (!live() || account.uid != ::getuid());
  });
  return all;
}

std::vector<std::string> other_sources(const Machine& machine, std::string_view database) {
  std::vector<std::string> found;
  if (const auto text = machine.read("/etc/nsswitch.conf"))
    each_source(*text, database, [&](std::string_view word) {
      // Red Hat's files name SSSD before anybody has set it up.
      if (word == "sss" && !sssd_set_up(machine)) return;
      found.push_back(fmt::format("/etc/nsswitch.conf ({})", printable(word, 40)));
    });
  const auto kept = [&](const char* folder, const char* suffix) {
    return !files_in(machine, folder, suffix).empty();
  };
  for (const char* folder : {"/etc/userdb", "/run/userdb", "/run/host/userdb", "/usr/lib/userdb"})
    if (database == "group" ? kept(folder, ".group") || kept(folder, ".membership")
                            : kept(folder, ".user"))
      found.emplace_back(folder);
  if (!files_in(machine, "/var/lib/systemd/home", ".identity").empty())
    found.emplace_back("/var/lib/systemd/home");
  if (other_userdb(machine)) found.emplace_back("/run/systemd/userdb");
  return found;
}

void note_other_sources(const Machine& machine, std::string_view database) {
  for (const std::string& source : other_sources(machine, database))
    machine.gap(unknown(
        fmt::format("利用者やグループは {} からも来ますが、その一覧は読めません。getent {} "
                    "や管理画面で確かめてください",
                    source, database),
        fmt::format("accounts or groups come from {} too, which is not read; see getent {} or its "
                    "own console",
                    source, database)));
}

FileResult<void> stored_passwords(const Machine& machine, bool groups, std::vector<Stored>& into) {
  const auto add = [&](const std::string& file, const std::string& name,
                       const std::string& stored) {
    // "x" stands for the field of the shadow file.
    if (stored != "x") into.push_back({name, stored, file});
  };
  if (const auto accounts = machine.accounts())
    for (const Account& account : *accounts) add("/etc/passwd", account.name, account.password);
  const auto list = groups ? machine.groups() : std::vector<Group>();
  if (list)
    for (const Group& group : *list) add("/etc/group", group.name, group.password);
  const auto shadow = entries<Secret>(machine, "shadow", parse_shadow);
  if (shadow)
    for (const Secret& one : *shadow) add("/etc/shadow", one.name, one.stored);
  if (groups)
    if (const auto secrets = entries<Secret>(machine, "gshadow", parse_shadow))
      for (const Secret& one : *secrets) add("/etc/gshadow", one.name, one.stored);
  if (!shadow) return std::unexpected(shadow.error());
  return {};
}

std::vector<std::string> members_by_number(const Group& group, const std::vector<Group>& groups,
                                           const std::vector<Account>& accounts) {
  std::vector<std::string> all;
  for (const Group& one : groups)
    if (one.gid == group.gid)
      for (std::string& member : members(one, accounts)) all.push_back(std::move(member));
  return all;
}

bool may_be_elsewhere(const Machine& machine, std::string_view database) {
  bool elsewhere = false;
  if (const auto text = machine.read("/etc/nsswitch.conf"))
    each_source(*text, database, [&](std::string_view) { elsewhere = true; });
  return elsewhere || !other_sources(machine, database).empty();
}

std::vector<std::string> members(const Group& group, const std::vector<Account>& accounts) {
  std::vector<std::string> all = group.members;
  for (const Account& account : accounts)
    if (account.gid == group.gid && std::ranges::find(all, account.name) == all.end())
      all.push_back(account.name);
  return all;
}

}  // namespace sekisho
