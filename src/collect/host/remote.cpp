// SPDX-License-Identifier: Apache-2.0
// SSH and remote desktop settings.
#include <fnmatch.h>

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "collect/host/ssh_keys.h"
#include "collect/host/sshd.h"
#include "collect/limits.h"

namespace sekisho {
namespace {

/// What decided, for the end of a sentence.
std::string by(const Decided& decided, bool japanese) {
  if (decided.place.empty()) return japanese ? "初期値" : "the default";
  return printable(decided.place, 120);
}

/// Notes what was held against what: a directive with its value, and what is wanted of it.
void note(const Look& look, std::string_view directive, const Decided& decided,
          std::string wanted) {
  const bool is_set = !decided.place.empty();
  look.machine.compared(
      is_set ? decided.place : "/etc/ssh/sshd_config",
      fmt::format("{} {}{}", directive, decided.value, is_set ? "" : " (default)"),
      std::move(wanted));
}
void note_all(const Look& look, std::string_view directive, const std::vector<Decided>& values,
              const std::string& wanted) {
  for (const Decided& one : values) note(look, directive, one, wanted);
}

/// The first of the values that isn't among `good`; nothing when all are.
std::optional<Decided> first_not(const std::vector<Decided>& values,
                                 std::initializer_list<std::string_view> good) {
  for (const Decided& one : values)
    if (std::ranges::find(good, one.value) == good.end()) return one;
  return std::nullopt;
}

Finding not_read(const Decided& decided) {
  return unknown(fmt::format("値「{}」を読み解けません（{}）", printable(decided.value, 40),
                             by(decided, true)),
                 fmt::format("the value '{}' is not understood ({})", printable(decided.value, 40),
                             by(decided, false)));
}

Finding ssh_root_login(const Look& look) {
  const auto settings = sshd_settings(look.machine);
  if (!settings) return settings.error();
  const auto values = settings->possible("permitrootlogin", "prohibit-password");
  note_all(look, "PermitRootLogin", values, "no, prohibit-password, forced-commands-only");
  for (const Decided& one : values)
    if (one.value == "yes")
      return fail(
          fmt::format("root がパスワードで接続できます（PermitRootLogin yes、{}）", by(one, true)),
          fmt::format("root can sign in with a password (PermitRootLogin yes; {})",
                      by(one, false)));
  if (const auto odd = first_not(
          values, {"no", "prohibit-password", "without-password", "forced-commands-only"}))
    return not_read(*odd);
  const Decided& last = values.back();
  return pass(fmt::format("root はパスワードで接続できません（PermitRootLogin {}、{}）", last.value,
                          by(last, true)),
              fmt::format("root cannot sign in with a password (PermitRootLogin {}; {})",
                          last.value, by(last, false)));
}

Finding ssh_passwords(const Look& look) {
  const auto settings = sshd_settings(look.machine);
  if (!settings) return settings.error();
  const auto password = settings->possible("passwordauthentication", "yes");
  note_all(look, "PasswordAuthentication", password, "no");
  for (const Decided& one : password)
    if (one.value == "yes")
      return fail(
          fmt::format("パスワードで接続できます（PasswordAuthentication yes、{}）", by(one, true)),
          fmt::format("passwords are accepted (PasswordAuthentication yes; {})", by(one, false)));
  if (const auto odd = first_not(password, {"no"})) return not_read(*odd);
  // PAM asks for a password in the interactive way too.
  const Decided pam = settings->global("usepam", "no");
  if (const auto odd = first_not({pam}, {"yes", "no"})) return not_read(*odd);
  const auto keyboard = settings->possible("kbdinteractiveauthentication", "yes");
  note(look, "UsePAM", pam, "no, or KbdInteractiveAuthentication no");
  note_all(look, "KbdInteractiveAuthentication", keyboard, "no, or UsePAM no");
  const auto odd = first_not(keyboard, {"no"});
  if (pam.value == "yes" && odd && odd->value != "yes") return not_read(*odd);
  if (pam.value == "yes" && odd)
    return fail(fmt::format("対話でパスワードを入れて接続できます（KbdInteractiveAuthentication "
                            "yes、{}）",
                            by(*odd, true)),
                fmt::format("passwords are accepted interactively (KbdInteractiveAuthentication "
                            "yes; {})",
                            by(*odd, false)));
  return pass(fmt::format("鍵だけで接続できます（PasswordAuthentication no、{}）",
                          by(password.back(), true)),
              fmt::format("only keys are accepted (PasswordAuthentication no; {})",
                          by(password.back(), false)));
}

Finding ssh_tries(const Look& look) {
  const auto settings = sshd_settings(look.machine);
  if (!settings) return settings.error();
  Decided most;
  std::int64_t tries = -1;
  for (const Decided& one : settings->possible("maxauthtries", "6")) {
    const auto number = whole_number(one.value);
    if (number < 0) return not_read(one);
    if (number > tries) {
      tries = number;
      most = one;
    }
  }
  note(look, "MaxAuthTries", most, fmt::format("<= {}", kMostSshTries));
  if (tries > kMostSshTries)
    return fail(fmt::format("一度の接続で {} 回まで試せます（目安は {} 回、{}）", tries,
                            kMostSshTries, by(most, true)),
                fmt::format("{} tries at a time are allowed ({} advised; {})", tries, kMostSshTries,
                            by(most, false)));
  return pass(fmt::format("一度の接続で試せるのは {} 回までです（{}）", tries, by(most, true)),
              fmt::format("{} tries at a time are allowed ({})", tries, by(most, false)));
}

/// A list of algorithms, and since which version sshd offers nothing weak in it of itself
/// (OpenSSH's release notes).
struct AlgorithmList {
  const char* name;
  const char* since;
  bool signatures;  // names of keys, in which SHA-1 hides; patterns may stand for them
};
constexpr std::array kAlgorithms{AlgorithmList{"ciphers", "1:8.2", false},
                                 AlgorithmList{"macs", "1:8.2", false},
                                 AlgorithmList{"kexalgorithms", "1:8.2", false},
                                 AlgorithmList{"hostkeyalgorithms", "1:8.8", true},
                                 AlgorithmList{"pubkeyacceptedalgorithms", "1:8.8", true},
                                 AlgorithmList{"hostbasedacceptedalgorithms", "1:8.8", true},
                                 AlgorithmList{"casignaturealgorithms", "1:8.2", true}};

/// Which version is here, only dpkg tells.
bool sound_by_default(const Machine& machine, const AlgorithmList& list) {
  const auto& packages = machine.packages();
  const Package* server = packages ? packages->find("openssh-server") : nullptr;
  if (server != nullptr)
    machine.compared("/var/lib/dpkg/status", "openssh-server " + server->version,
                     fmt::format(">= {}", list.since));
  return server != nullptr && compare_versions(server->version, list.since) >= 0;
}

bool weak_algorithm(const std::string& algorithm, bool signatures) {
  constexpr std::array<std::string_view, 13> kWeak{"cbc",
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
                                                   "rsa1024",
                                                   "none"};
  constexpr std::array kSha1{"ssh-rsa", "ssh-rsa-cert-v01@openssh.com",
                             "ssh-rsa-cert-v00@openssh.com", "ssh-dss",
                             "ssh-dss-cert-v01@openssh.com"};
  if (signatures)
    return std::ranges::any_of(
        kSha1, [&](const char* name) { return ::fnmatch(algorithm.c_str(), name, 0) == 0; });
  return std::ranges::any_of(kWeak,
                             [&](std::string_view part) { return algorithm.contains(part); });
}

/// Weak names of one value of a list. False where sshd's own list has a part in it.
bool find_weak(const Decided& decided, bool signatures, std::vector<std::string>& weak) {
  std::string_view list = decided.value;
  // '-' takes away from what sshd offers of itself, '+' and '^' add to it.
  const bool added = !list.empty() && std::string_view("+^-").contains(list.front());
  if (list.starts_with('-')) return false;
  if (added) list.remove_prefix(1);
  for (const std::string_view algorithm : split(list, ','))
    if (weak_algorithm(std::string(algorithm), signatures))
      weak.push_back(fmt::format("{} ({})", algorithm, by(decided, false)));
  return !list.empty() && !added;
}

Finding ssh_ciphers(const Look& look) {
  const auto settings = sshd_settings(look.machine);
  if (!settings) return settings.error();
  std::vector<std::string> weak;
  std::optional<AlgorithmList> unset;
  for (const AlgorithmList& list : kAlgorithms)
    for (const Decided& decided : settings->possible(list.name, "")) {
      note(look, list.name, decided,
           list.signatures ? "!ssh-rsa, !ssh-dss (SHA-1)"
                           : "!cbc, !arcfour, !3des, !hmac-md5, !group1, !sha1, !none …");
      if (!find_weak(decided, list.signatures, weak) &&
          (!unset || compare_versions(list.since, unset->since) > 0))
        unset = list;
    }
  // GSSAPI's have a list of their own, in which SHA-1 is among the defaults.
  if (settings->global("gssapikeyexchange", "no").value == "yes") {
    const Decided decided = settings->global("gssapikexalgorithms", "gss-gex-sha1- (default)");
    note(look, "gssapikexalgorithms", decided, "!sha1");
    if (decided.value.contains("-sha1-"))
      weak.push_back(fmt::format("gssapikexalgorithms ({})", by(decided, false)));
  }
  if (!weak.empty())
    return fail(fmt::format("弱い方式を許しています: {}", listed(weak)),
                fmt::format("weak algorithms are allowed: {}", listed(weak)));
  if (unset && !sound_by_default(look.machine, *unset))
    return unknown(
        fmt::format("{} の初期値は OpenSSH のバージョンによります。sudo sshd -T で確かめてください",
                    unset->name),
        fmt::format("the default of {} depends on the version of OpenSSH; see sudo sshd -T",
                    unset->name));
  return pass("弱い方式は許していません", "no weak algorithm is allowed");
}

Finding xrdp_settings(const Look& look) {
  if (!look.machine.exists("/etc/xrdp/xrdp.ini") && look.machine.program("xrdp").empty())
    return not_applicable("xrdp は入っていません", "xrdp is not installed");
  const auto text = look.machine.read("/etc/xrdp/xrdp.ini");
  if (!text) return unreadable("/etc/xrdp/xrdp.ini", text.error());
  const auto lines = parse_ini(*text);
  const std::string layer =
      lower(ini_value(lines, "Globals", "security_layer").value_or("negotiate"));
  const std::string level = lower(ini_value(lines, "Globals", "crypt_level").value_or("high"));
  const std::string ini = "/etc/xrdp/xrdp.ini";
  look.machine.compared(line_of(ini, *text, "security_layer"), "security_layer=" + layer, "tls");
  look.machine.compared(line_of(ini, *text, "crypt_level"), "crypt_level=" + level, "high, fips");
  if (layer == "rdp" || level == "none" || level == "low" || level == "medium")
    return fail(fmt::format("古い暗号化を使います（security_layer={}、crypt_level={}）",
                            printable(layer, 20), printable(level, 20)),
                fmt::format("old encryption is used (security_layer={}, crypt_level={})",
                            printable(layer, 20), printable(level, 20)));
  if (layer != "tls")
    return unknown(
        fmt::format(
            "security_layer={} では、鍵を読めないときや相手が求めたときに古い暗号化になります。"
            "tls にすれば確かです",
            printable(layer, 20)),
        fmt::format("security_layer={} falls back to old encryption where the key can't be read or "
                    "the other side asks for it; tls makes it sure",
                    printable(layer, 20)));
  return pass(
      fmt::format("security_layer={}、crypt_level={}", printable(layer, 20), printable(level, 20)),
      fmt::format("security_layer={}, crypt_level={}", printable(layer, 20), printable(level, 20)));
}

constexpr std::array kRemoteChecks{
    HostCheck{"ssh-root-login", ssh_root_login, {"/usr/sbin/sshd", "/etc/ssh/", "/usr/etc/ssh/"}},
    HostCheck{"ssh-passwords", ssh_passwords, {"/usr/sbin/sshd", "/etc/ssh/", "/usr/etc/ssh/"}},
    HostCheck{"ssh-tries", ssh_tries, {"/usr/sbin/sshd", "/etc/ssh/", "/usr/etc/ssh/"}},
    HostCheck{"ssh-ciphers", ssh_ciphers, {"/usr/sbin/sshd", "/etc/ssh/", "/usr/etc/ssh/"}},
    HostCheck{"ssh-keys", ssh_keys, {"/etc/passwd"}},
    HostCheck{"xrdp-settings", xrdp_settings, {"/etc/xrdp/xrdp.ini"}},
    HostCheck{"vpn-configuration",
              vpn_configuration,
              {"/etc/openvpn", "/etc/wireguard", "/etc/NetworkManager/", "/etc/netplan/",
               "/etc/openfortivpn/", "/home/", "/root/"}},
};

}  // namespace

std::span<const HostCheck> remote_checks() { return kRemoteChecks; }

}  // namespace sekisho
