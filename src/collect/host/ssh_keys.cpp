// SPDX-License-Identifier: Apache-2.0
#include "collect/host/ssh_keys.h"

#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>

#include "collect/host/umask.h"

namespace sekisho {
namespace {

constexpr int kDeepestFolder = 4;
constexpr std::size_t kHead = 8192;  // a key's header may stand below other text

/// Private keys of the people here, and what is wrong with them.
class Keys {
 public:
  explicit Keys(const Machine& machine) : machine_(machine) {}

  void of(const Account& person) {
    folder(person.home + "/.ssh", 0);
    // Where downloads and PuTTY leave theirs, by the names that keys have.
    for (const char* name : {"", "/Documents", "/Downloads", "/Desktop", "/.putty",
                             "/.config/putty", "/keys", "/.keys"})
      loose_folder(person.home + name);
    client_config(person.home + "/.ssh/config", person, 0);
    client_config("/etc/ssh/ssh_config", person, 0);
    for (const std::string& path : files_in(machine_, "/etc/ssh/ssh_config.d", ".conf"))
      client_config(path, person, 0);
  }

  std::size_t count() const { return had_.size(); }
  const std::vector<std::string>& bare() const { return bare_; }
  const std::vector<std::string>& open() const { return open_; }
  const std::optional<Finding>& hidden() const { return hidden_; }

 private:
  void folder(const std::string& path, int depth) {
    const auto names = machine_.list(path);
    if (!names && names.error() != FileProblem::missing) hidden_ = unreadable(path, names.error());
    if (!names) return;
    for (const std::string& name : *names) {
      const auto facts = machine_.facts(path + "/" + name);
      if (facts && S_ISDIR(facts->mode)) {
        if (depth < kDeepestFolder)
          folder(path + "/" + name, depth + 1);
        else
          machine_.not_understood(path + "/" + name);
      } else if (facts && S_ISREG(facts->mode)) {
        key(path + "/" + name);
      }
    }
  }

  void loose_folder(const std::string& path) {
    const auto names = machine_.list(path);
    if (!names) return;
    for (const std::string& name : *names)
      if (name.ends_with(".pem") || name.ends_with(".ppk") || name.ends_with(".key") ||
          (name.starts_with("id_") && !name.ends_with(".pub"))) {
        const auto facts = machine_.facts(path + "/" + name);
        if (facts && S_ISREG(facts->mode)) key(path + "/" + name);
      }
  }

  /// IdentityFile and Include of ssh_config(5).
  void client_config(const std::string& path, const Account& person, int depth) {
    const auto text = machine_.read(path);
    if (!text || depth > kDeepestFolder) return;
    for (const std::string_view line : split(std::string_view(*text), '\n')) {
      std::string plain(trim(line));
      // "Name value" and "Name=value" alike.
      if (const auto at = plain.find_first_of(" \t="); at != std::string::npos && plain[at] == '=')
        plain[at] = ' ';
      const auto parts = shell_words(plain);
      if (parts.size() < 2) continue;
      const std::string name = lower(parts[0]);
      if (name != "identityfile" && name != "include") continue;
      for (std::size_t i = 1; i < parts.size(); ++i) {
        if (lower(parts[i]) == "none" || parts[i] == "=") continue;
        const auto file = named(parts[i], person, name == "include");
        if (!file || file->find_first_of("*?[") != std::string::npos) {
          // Debian's own line; what it brings in is read beside it.
          if (parts[i] != "/etc/ssh/ssh_config.d/*.conf") machine_.not_understood(path, line);
        } else if (name == "include") {
          client_config(*file, person, depth + 1);
        } else {
          key(*file);
        }
      }
    }
  }

  static std::optional<std::string> named(std::string name, const Account& person, bool include) {
    const auto put = [&](std::string_view sign, const std::string& value) {
      for (std::size_t at = 0; (at = name.find(sign, at)) != std::string::npos; at += value.size())
        name.replace(at, sign.size(), value);
    };
    if (name.starts_with("~/")) name = person.home + name.substr(1);
    put("%d", person.home);
    put("%u", person.name);
    put("%i", std::to_string(person.uid));
    if (name.find_first_of("%$") != std::string::npos) return std::nullopt;
    if (!name.starts_with('/')) name = person.home + (include ? "/.ssh/" : "/") + name;
    return name;
  }

  void key(const std::string& path) {
    // The header tells; the key itself isn't read.
    const auto start = machine_.read_start(path, kHead);
    if (!start) {
      if (start.error() != FileProblem::missing) hidden_ = unreadable(path, start.error());
      return;
    }
    const KeyKind kind = key_kind(*start);
    if (kind == KeyKind::none || !had_.insert(path).second) return;
    if (kind == KeyKind::unclear) machine_.not_understood(path);
    if (kind == KeyKind::bare) bare_.push_back(path);
    if (const auto facts = machine_.facts(path); facts && (facts->mode & 077U) != 0)
      open_.push_back(path);
  }

  const Machine& machine_;
  std::set<std::string> had_;
  std::vector<std::string> bare_;
  std::vector<std::string> open_;
  std::optional<Finding> hidden_;
};

}  // namespace

Finding ssh_keys(const Look& look) {
  const Machine& machine = look.machine;
  const auto accounts = machine.accounts();
  const auto people = machine.people();
  if (!people || !accounts) return unreadable("/etc/passwd", people.error());
  Keys keys(machine);
  for (const Account& person : *people)
    if (person.uid != 0) keys.of(person);
  // Root connects elsewhere too; its folder can't be seen without its rights, and so isn't known.
  for (const Account& account : *accounts)
    if (account.uid == 0) keys.of(account);
  const std::vector<std::string>& open = keys.open();
  const std::vector<std::string>& bare = keys.bare();
  const std::size_t count = keys.count();
  note_count(machine, "~/.ssh/*", fmt::format("mode & 077 ({})", count), open.size(), "0");
  note_count(machine, "~/.ssh/*", fmt::format("no passphrase ({})", count), bare.size(), "0");
  if (!open.empty())
    return fail(fmt::format("ほかの利用者が読める鍵: {}", listed(open)),
                fmt::format("keys that others can read: {}", listed(open)));
  if (!bare.empty())
    return fail(fmt::format("パスフレーズのない鍵: {}", listed(bare)),
                fmt::format("keys without a passphrase: {}", listed(bare)));
  if (keys.hidden()) return *keys.hidden();
  if (count == 0)
    return not_applicable("SSH の秘密鍵はありません", "there are no SSH private keys");
  return pass(fmt::format("秘密鍵 {} 本はパスフレーズで守られています", count),
              fmt::format("{} private keys are protected by passphrases", count));
}

}  // namespace sekisho
