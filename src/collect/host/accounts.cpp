// Who can get in, and with what.
#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>

#include "collect/host/look.h"
#include "collect/limits.h"

namespace sekisho {
namespace {

Finding empty_passwords(const Look& look) {
  const auto accounts = look.machine.accounts();
  if (!accounts) return unreadable("/etc/passwd", accounts.error());
  std::vector<std::string> empty;
  for (const Account& account : *accounts)
    if (account.password.empty()) empty.push_back(account.name);
  const auto text = look.machine.read("/etc/shadow");
  if (text)
    for (const auto& [name, password] : parse_shadow(*text))
      if (password.empty()) empty.push_back(name);
  if (!empty.empty())
    return fail(fmt::format("パスワードが空のアカウント: {}", listed(empty)),
                fmt::format("accounts with an empty password: {}", listed(empty)));
  if (!text) return unreadable("/etc/shadow", text.error());
  return pass("パスワードが空のアカウントはありません", "no account has an empty password");
}

Finding uid_zero(const Look& look) {
  const auto accounts = look.machine.accounts();
  if (!accounts) return unreadable("/etc/passwd", accounts.error());
  std::vector<std::string> twins;
  for (const Account& account : *accounts)
    if (account.uid == 0 && account.name != "root") twins.push_back(account.name);
  if (!twins.empty())
    return fail(fmt::format("root と同じ番号のアカウント: {}", listed(twins)),
                fmt::format("accounts with root's number: {}", listed(twins)));
  return pass("root と同じ番号のアカウントはありません", "no account shares root's number");
}

/// Lines of sudoers(5) that let someone be administrator without a password.
void find_passwordless(std::string_view text, const std::string& path,
                       std::vector<std::string>& into) {
  for (std::string_view line : split(text, '\n')) {
    line = trim(line);
    if (line.empty() || line[0] == '#') continue;
    const bool no_authentication = line.starts_with("Defaults") && line.contains("!authenticate");
    if (line.contains("NOPASSWD") || no_authentication)
      into.push_back(fmt::format("{} ({})", printable(words(line)[0], 40), path));
  }
}

Finding sudo_passwordless(const Look& look) {
  const Machine& machine = look.machine;
  const bool sudo = machine.exists("/usr/bin/sudo");
  const bool doas = machine.exists("/usr/bin/doas");
  if (!sudo && !doas) return not_applicable("sudo は入っていません", "sudo is not installed");
  std::vector<std::string> loose;
  if (doas)
    if (const auto text = machine.read("/etc/doas.conf"); text)
      for (const std::string_view line : split(*text, '\n'))
        if (trim(line).starts_with("permit") && line.contains("nopass"))
          loose.emplace_back("/etc/doas.conf");
  if (sudo) {
    std::vector<std::string> paths{"/etc/sudoers"};
    const auto names = machine.list("/etc/sudoers.d");
    if (!names && names.error() == FileProblem::denied)
      return unreadable("/etc/sudoers.d", names.error());
    if (names)
      for (const std::string& name : *names)
        // sudo itself skips names with a dot or a tilde at the end (sudoers(5), includedir).
        if (!name.contains('.') && !name.ends_with('~')) paths.push_back("/etc/sudoers.d/" + name);
    for (const std::string& path : paths) {
      const auto text = machine.read(path);
      if (!text) return unreadable(path, text.error());
      find_passwordless(*text, path, loose);
    }
  }
  if (!loose.empty())
    return fail(fmt::format("パスワードなしで管理者になれます: {}", listed(loose)),
                fmt::format("administrator without a password: {}", listed(loose)));
  return pass("管理者になるにはパスワードが要ります", "becoming administrator needs a password");
}

Finding privileged_groups(const Look& look) {
  const auto text = look.machine.read("/etc/group");
  if (!text) return unreadable("/etc/group", text.error());
  std::set<std::string> administrators;
  std::vector<std::string> backdoors;
  for (const Group& group : parse_group(*text)) {
    if (group.name == "sudo" || group.name == "wheel" || group.name == "admin")
      administrators.insert(group.members.begin(), group.members.end());
    // Members of these become root without being asked for a password.
    for (const char* name : {"docker", "lxd", "incus-admin", "disk", "shadow", "kmem"})
      if (group.name == name)
        for (const std::string& member : group.members)
          backdoors.push_back(fmt::format("{} ({})", member, name));
  }
  administrators.erase("root");
  const std::vector<std::string> names(administrators.begin(), administrators.end());
  if (!backdoors.empty())
    return fail(
        fmt::format("パスワードなしで root になれるグループの利用者: {}", listed(backdoors)),
        fmt::format("members of groups that become root without a password: {}",
                    listed(backdoors)));
  if (names.size() > kMostAdministrators)
    return fail(fmt::format("管理者が {} 人います: {}", names.size(), listed(names)),
                fmt::format("{} administrators: {}", names.size(), listed(names)));
  if (names.empty()) return pass("管理者は root だけです", "root is the only administrator");
  return pass(fmt::format("管理者は {} 人です: {}", names.size(), listed(names)),
              fmt::format("{} administrators: {}", names.size(), listed(names)));
}

/// The rules of PAM's files that stand for every kind of sign-in, of Debian or Red Hat.
std::expected<std::vector<PamRule>, Finding> pam_rules(const Machine& machine,
                                                       std::string_view type) {
  std::vector<PamRule> rules;
  bool any = false;
  for (const char* name :
       {"common-auth", "common-account", "common-password", "system-auth", "password-auth"}) {
    const std::string path = std::string("/etc/pam.d/") + name;
    const auto text = machine.read(path);
    if (!text && text.error() == FileProblem::missing) continue;
    if (!text) return std::unexpected(unreadable(path, text.error()));
    any = true;
    for (PamRule& rule : parse_pam(*text))
      if (rule.type == type) rules.push_back(std::move(rule));
  }
  if (!any) return std::unexpected(not_applicable("PAM を使っていません", "PAM is not used"));
  return rules;
}

const PamRule* rule_of(const std::vector<PamRule>& rules,
                       std::initializer_list<std::string_view> modules) {
  for (const std::string_view module : modules)
    for (const PamRule& rule : rules)
      if (rule.module == module) return &rule;
  return nullptr;
}

/// "name = value" of a file under /etc/security and its folder of additions; the last counts.
std::optional<std::string> security_value(const Machine& machine, const std::string& file,
                                          std::string_view key) {
  std::vector<std::string> paths{"/etc/security/" + file};
  std::ranges::copy(files_in(machine, "/etc/security/" + file + ".d", ".conf"),
                    std::back_inserter(paths));
  std::optional<std::string> value;
  for (const std::string& path : paths)
    if (const auto text = machine.read(path))
      if (const auto found = ini_value(parse_ini(*text), "", key)) value = found;
  return value;
}

Finding password_quality(const Look& look) {
  const auto rules = pam_rules(look.machine, "password");
  if (!rules) return rules.error();
  const PamRule* rule = rule_of(*rules, {"pam_pwquality.so", "pam_passwdqc.so", "pam_cracklib.so"});
  if (rule == nullptr)
    return fail("パスワードの強さを確かめていません", "password strength is not checked");
  if (rule->module == "pam_passwdqc.so")
    return pass("pam_passwdqc が強さを確かめます", "pam_passwdqc checks strength");
  auto value = rule->argument("minlen");
  if (!value) value = security_value(look.machine, "pwquality.conf", "minlen");
  const auto shortest = whole_number(value.value_or("8"));
  if (shortest < kShortestPassword)
    return fail(fmt::format("{} 文字のパスワードが使えます（{} 文字以上を）", value.value_or("8"),
                            kShortestPassword),
                fmt::format("passwords of {} characters are possible (require {} or more)",
                            value.value_or("8"), kShortestPassword));
  return pass(fmt::format("{} 文字以上で、強さを確かめます", shortest),
              fmt::format("{} characters or more, checked for strength", shortest));
}

Finding password_lockout(const Look& look) {
  const auto rules = pam_rules(look.machine, "auth");
  if (!rules) return rules.error();
  const PamRule* rule = rule_of(*rules, {"pam_faillock.so", "pam_tally2.so"});
  if (rule == nullptr)
    return fail("続けて間違えてもロックされません", "repeated failures are not locked out");
  auto value = rule->argument("deny");
  if (!value) value = security_value(look.machine, "faillock.conf", "deny");
  const auto tries = whole_number(value.value_or("3"));
  if (tries <= 0 || tries > kMostPasswordTries)
    return fail(fmt::format("ロックまでの回数が {} です（{} 回以下に）",
                            printable(value.value_or("3"), 20), kMostPasswordTries),
                fmt::format("locks after {} failures (make it {} or fewer)",
                            printable(value.value_or("3"), 20), kMostPasswordTries));
  return pass(fmt::format("{} 回間違えるとロックされます", tries),
              fmt::format("locks after {} failures", tries));
}

/// A stored password in a form that is quickly guessed: traditional crypt, or MD5 ("$1$").
bool weak_hash(std::string_view stored) {
  if (stored.starts_with("!")) stored.remove_prefix(1);
  if (stored.empty() || stored.starts_with("*") || stored.starts_with("!")) return false;
  return !stored.starts_with("$") || stored.starts_with("$1$");
}

Finding password_hashing(const Look& look) {
  const auto shadow = look.machine.read("/etc/shadow");
  if (shadow) {
    std::vector<std::string> weak;
    for (const auto& [name, stored] : parse_shadow(*shadow))
      if (weak_hash(stored)) weak.push_back(name);
    if (!weak.empty())
      return fail(fmt::format("古い方式で保存されたパスワード: {}", listed(weak)),
                  fmt::format("passwords stored the old way: {}", listed(weak)));
  }
  const auto rules = pam_rules(look.machine, "password");
  if (!rules) return rules.error();
  std::string method;
  if (const PamRule* rule = rule_of(*rules, {"pam_unix.so"}))
    for (const char* name :
         {"yescrypt", "gost_yescrypt", "blowfish", "sha512", "sha256", "md5", "bigcrypt"})
      if (std::ranges::find(rule->arguments, name) != rule->arguments.end()) method = name;
  if (method.empty())
    if (const auto text = look.machine.read("/etc/login.defs"))
      method = lower(login_defs_value(*text, "ENCRYPT_METHOD").value_or("des"));
  if (method.empty() || method == "md5" || method == "bigcrypt" || method == "des")
    return fail(
        fmt::format("パスワードを古い方式（{}）で保存します", method.empty() ? "des" : method),
        fmt::format("passwords are stored the old way ({})", method.empty() ? "des" : method));
  if (!shadow) return unreadable("/etc/shadow", shadow.error());
  return pass(fmt::format("パスワードは {} で保存されます", printable(method, 20)),
              fmt::format("passwords are stored with {}", printable(method, 20)));
}

constexpr std::array kChecks{
    HostCheck{"empty-passwords", empty_passwords, {"/etc/shadow"}},
    HostCheck{"uid-zero", uid_zero, {"/etc/passwd"}},
    HostCheck{"sudo-passwordless", sudo_passwordless, {"/etc/sudoers", "/etc/doas"}},
    HostCheck{"privileged-groups", privileged_groups, {"/etc/group"}},
    HostCheck{"password-quality", password_quality, {"/etc/pam.d/"}},
    HostCheck{"password-lockout", password_lockout, {"/etc/pam.d/"}},
    HostCheck{"password-hashing", password_hashing, {"/etc/shadow"}},
};

}  // namespace

std::span<const HostCheck> account_checks() { return kChecks; }

}  // namespace sekisho
