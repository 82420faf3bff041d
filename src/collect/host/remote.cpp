// SSH, remote desktop and VPN settings.
#include <fnmatch.h>

#include <algorithm>
#include <array>
#include <map>

#include <fmt/format.h>

#include "collect/host/look.h"

namespace sekisho {
namespace {

/// sshd's settings as `sshd -T` counts them: of several lines the first holds, files that are
/// included stand where they are named, and Match blocks limit what they hold for.
struct SshdSettings {
  std::map<std::string, std::string> values;
  std::multimap<std::string, std::string> in_match;  // may hold for some

  std::string get(const std::string& name, std::string_view otherwise) const {
    const auto found = values.find(name);
    return found == values.end() ? std::string(otherwise) : found->second;
  }
};

constexpr int kDeepestInclude = 16;

std::expected<void, Finding> read_sshd(const Machine& machine, const std::string& path,
                                       SshdSettings& into, bool& in_match, int depth) {
  const auto text = machine.read(path);
  if (!text) return std::unexpected(unreadable(path, text.error()));
  if (depth > kDeepestInclude) return {};
  for (const SshdDirective& directive : parse_sshd_config(*text, in_match)) {
    if (directive.name != "include") {
      if (directive.in_match)
        into.in_match.emplace(directive.name, lower(directive.value));
      else
        into.values.emplace(directive.name, lower(directive.value));
      continue;
    }
    for (const std::string_view word : words(directive.value)) {
      const std::string pattern =
          word.starts_with('/') ? std::string(word) : "/etc/ssh/" + std::string(word);
      const std::string folder = pattern.substr(0, pattern.rfind('/'));
      for (const std::string& file : files_in(machine, folder, "")) {
        if (::fnmatch(pattern.c_str(), file.c_str(), FNM_PATHNAME | FNM_PERIOD) != 0) continue;
        // A Match block of an included file ends with that file.
        bool inner = directive.in_match;
        if (auto read = read_sshd(machine, file, into, inner, depth + 1); !read) return read;
      }
    }
  }
  return {};
}

std::expected<SshdSettings, Finding> sshd_settings(const Machine& machine) {
  if (!machine.exists("/usr/sbin/sshd"))
    return std::unexpected(
        not_applicable("SSH サーバーは入っていません", "no SSH server is installed"));
  SshdSettings settings;
  bool in_match = false;
  if (auto read = read_sshd(machine, "/etc/ssh/sshd_config", settings, in_match, 0); !read)
    return std::unexpected(read.error());
  return settings;
}

/// Some Match block gives `name` one of `values`.
bool matched(const SshdSettings& settings, const std::string& name, std::string_view value) {
  const auto [first, last] = settings.in_match.equal_range(name);
  return std::any_of(first, last, [&](const auto& entry) { return entry.second == value; });
}

Finding ssh_root_login(const Look& look) {
  const auto settings = sshd_settings(look.machine);
  if (!settings) return settings.error();
  const std::string value = settings->get("permitrootlogin", "prohibit-password");
  if (value == "yes" || matched(*settings, "permitrootlogin", "yes"))
    return fail("root がパスワードで接続できます（PermitRootLogin yes）",
                "root can sign in with a password (PermitRootLogin yes)");
  return pass(
      fmt::format("root はパスワードで接続できません（PermitRootLogin {}）", printable(value, 40)),
      fmt::format("root cannot sign in with a password (PermitRootLogin {})",
                  printable(value, 40)));
}

Finding ssh_passwords(const Look& look) {
  const auto settings = sshd_settings(look.machine);
  if (!settings) return settings.error();
  const bool password = settings->get("passwordauthentication", "yes") != "no" ||
                        matched(*settings, "passwordauthentication", "yes");
  // The newer name replaced the older one; either turns it off, and PAM asks for the password.
  const std::string older = settings->get("challengeresponseauthentication", "yes");
  const bool keyboard = settings->get("usepam", "no") == "yes" &&
                        settings->get("kbdinteractiveauthentication", older) != "no";
  if (password)
    return fail("パスワードで接続できます（PasswordAuthentication yes）",
                "passwords are accepted (PasswordAuthentication yes)");
  if (keyboard)
    return fail("対話でパスワードを入れて接続できます（KbdInteractiveAuthentication yes）",
                "passwords are accepted interactively (KbdInteractiveAuthentication yes)");
  return pass("鍵だけで接続できます", "only keys are accepted");
}

Finding ssh_tries(const Look& look) {
  constexpr std::int64_t kMost = 4;
  const auto settings = sshd_settings(look.machine);
  if (!settings) return settings.error();
  const std::string value = settings->get("maxauthtries", "6");
  const auto tries = whole_number(value);
  if (tries < 0)
    return unknown("MaxAuthTries の値を読めません", "MaxAuthTries has an unreadable value");
  if (tries > kMost)
    return fail(fmt::format("一度の接続で {} 回まで試せます（目安は {} 回）", tries, kMost),
                fmt::format("{} tries at a time are allowed ({} advised)", tries, kMost));
  return pass(fmt::format("一度の接続で試せるのは {} 回までです", tries),
              fmt::format("{} tries at a time are allowed", tries));
}

Finding ssh_ciphers(const Look& look) {
  const auto settings = sshd_settings(look.machine);
  if (!settings) return settings.error();
  constexpr std::array<std::string_view, 12> kWeak{"cbc",
                                                   "arcfour",
                                                   "3des",
                                                   "blowfish",
                                                   "cast128",
                                                   "hmac-md5",
                                                   "hmac-sha1-96",
                                                   "hmac-ripemd160",
                                                   "diffie-hellman-group1-",
                                                   "diffie-hellman-group14-sha1",
                                                   "diffie-hellman-group-exchange-sha1",
                                                   "none"};
  std::vector<std::string> weak;
  for (const char* name : {"ciphers", "macs", "kexalgorithms"}) {
    const std::string value = settings->get(name, "");
    if (value.starts_with('-')) continue;  // takes away from the default
    const std::string_view list = value.starts_with('+') || value.starts_with('^')
                                      ? std::string_view(value).substr(1)
                                      : value;
    for (const std::string_view algorithm : split(list, ','))
      if (std::ranges::any_of(kWeak,
                              [&](std::string_view part) { return algorithm.contains(part); }))
        weak.emplace_back(algorithm);
  }
  if (!weak.empty())
    return fail(fmt::format("弱い方式を許しています: {}", listed(weak)),
                fmt::format("weak algorithms are allowed: {}", listed(weak)));
  return pass("弱い方式は許していません", "no weak algorithm is allowed");
}

Finding ssh_keys(const Look& look) {
  const auto people = look.machine.people();
  if (!people) return unreadable("/etc/passwd", people.error());
  std::vector<std::string> bare;
  std::vector<std::string> open;
  std::optional<Finding> hidden;
  std::size_t keys = 0;
  for (const Account& person : *people) {
    const std::string folder = person.home + "/.ssh";
    const auto names = look.machine.list(folder);
    if (!names && names.error() == FileProblem::denied) hidden = unreadable(folder, names.error());
    if (!names) continue;
    for (const std::string& name : *names) {
      if (!name.starts_with("id_") || name.ends_with(".pub")) continue;
      const std::string path = folder + "/" + name;
      // The header tells; the key itself isn't read.
      const auto start = look.machine.read_start(path, 160);
      if (!start) {
        hidden = unreadable(path, start.error());
        continue;
      }
      const auto encrypted = key_is_encrypted(*start);
      if (!encrypted) continue;
      ++keys;
      if (!*encrypted) bare.push_back(path);
      if (const auto facts = look.machine.facts(path); facts && (facts->mode & 077U) != 0)
        open.push_back(path);
    }
  }
  if (!open.empty())
    return fail(fmt::format("ほかの利用者が読める鍵: {}", listed(open)),
                fmt::format("keys that others can read: {}", listed(open)));
  if (!bare.empty())
    return fail(fmt::format("パスフレーズのない鍵: {}", listed(bare)),
                fmt::format("keys without a passphrase: {}", listed(bare)));
  if (hidden) return *hidden;
  if (keys == 0) return not_applicable("SSH の秘密鍵はありません", "there are no SSH private keys");
  return pass(fmt::format("秘密鍵 {} 本はパスフレーズで守られています", keys),
              fmt::format("{} private keys are protected by passphrases", keys));
}

Finding xrdp_settings(const Look& look) {
  if (!look.machine.exists("/etc/xrdp/xrdp.ini"))
    return not_applicable("xrdp は入っていません", "xrdp is not installed");
  const auto text = look.machine.read("/etc/xrdp/xrdp.ini");
  if (!text) return unreadable("/etc/xrdp/xrdp.ini", text.error());
  const auto lines = parse_ini(*text);
  const std::string layer =
      lower(ini_value(lines, "Globals", "security_layer").value_or("negotiate"));
  const std::string level = lower(ini_value(lines, "Globals", "crypt_level").value_or("high"));
  if (layer == "rdp" || level == "none" || level == "low" || level == "medium")
    return fail(fmt::format("古い暗号化を使います（security_layer={}、crypt_level={}）",
                            printable(layer, 20), printable(level, 20)),
                fmt::format("old encryption is used (security_layer={}, crypt_level={})",
                            printable(layer, 20), printable(level, 20)));
  return pass(
      fmt::format("security_layer={}、crypt_level={}", printable(layer, 20), printable(level, 20)),
      fmt::format("security_layer={}, crypt_level={}", printable(layer, 20), printable(level, 20)));
}

Finding vpn_configuration(const Look& look) {
  const Machine& machine = look.machine;
  std::vector<std::string> problems;
  std::size_t seen = 0;
  for (const char* folder : {"/etc/openvpn", "/etc/openvpn/client", "/etc/openvpn/server"}) {
    const auto names = machine.list(folder);
    if (!names && names.error() == FileProblem::denied) return unreadable(folder, names.error());
    if (!names) continue;
    for (const std::string& name : *names) {
      const std::string path = std::string(folder) + "/" + name;
      if (name.ends_with(".key")) {
        const auto facts = machine.facts(path);
        if (facts && facts->others_may(04))
          problems.push_back(fmt::format("{} ({:04o})", path, facts->mode & 07777U));
        continue;
      }
      if (!name.ends_with(".conf") && !name.ends_with(".ovpn")) continue;
      const auto text = machine.read(path);
      if (!text) return unreadable(path, text.error());
      ++seen;
      for (const std::string& weakness : openvpn_weaknesses(*text))
        problems.push_back(fmt::format("{}: {}", path, weakness));
    }
  }
  const auto wireguard = machine.list("/etc/wireguard");
  if (!wireguard && wireguard.error() == FileProblem::denied)
    return unreadable("/etc/wireguard", wireguard.error());
  if (wireguard)
    for (const std::string& name : *wireguard) {
      const auto facts = machine.facts("/etc/wireguard/" + name);
      if (!name.ends_with(".conf") || !facts) continue;
      ++seen;
      if ((facts->mode & 077U) != 0)
        problems.push_back(fmt::format("/etc/wireguard/{} ({:04o})", name, facts->mode & 07777U));
    }
  if (!problems.empty())
    return fail(fmt::format("弱い設定: {}", listed(problems)),
                fmt::format("weak settings: {}", listed(problems)));
  if (seen == 0) return not_applicable("VPN の設定はありません", "there are no VPN settings");
  return pass(fmt::format("VPN の設定 {} 件に弱い所はありません", seen),
              fmt::format("{} VPN settings show no weakness", seen));
}

constexpr std::array kChecks{
    HostCheck{"ssh-root-login", ssh_root_login, {"/usr/sbin/sshd", "/etc/ssh/", "/usr/etc/ssh/"}},
    HostCheck{"ssh-passwords", ssh_passwords, {"/usr/sbin/sshd", "/etc/ssh/", "/usr/etc/ssh/"}},
    HostCheck{"ssh-tries", ssh_tries, {"/usr/sbin/sshd", "/etc/ssh/", "/usr/etc/ssh/"}},
    HostCheck{"ssh-ciphers", ssh_ciphers, {"/usr/sbin/sshd", "/etc/ssh/", "/usr/etc/ssh/"}},
    HostCheck{"ssh-keys", ssh_keys, {"/etc/passwd"}},
    HostCheck{"xrdp-settings", xrdp_settings, {"/etc/xrdp/xrdp.ini"}},
    HostCheck{"vpn-configuration",
              vpn_configuration,
              {"/etc/openvpn", "/etc/wireguard", "/etc/NetworkManager/"}},
};

}  // namespace

std::span<const HostCheck> remote_checks() { return kChecks; }

}  // namespace sekisho
