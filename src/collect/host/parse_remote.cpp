// SPDX-License-Identifier: Apache-2.0
// SSH and VPN settings and keys.
#include <algorithm>
#include <array>

#include <openssl/evp.h>

#include "collect/host/parse.h"

namespace sekisho {

namespace {

/// The bytes that a key's base64 lines stand for, as far as they are given.
std::string decoded(std::string_view lines) {
  std::string base64;
  for (const char c : lines)
    if (c != '\n' && c != '\r') base64 += c;
  base64.resize(base64.size() / 4 * 4);
  std::vector<unsigned char> bytes(base64.size() / 4 * 3 + 1);
  const auto* const input = reinterpret_cast<const unsigned char*>(base64.data());
  const int count = EVP_DecodeBlock(bytes.data(), input, static_cast<int>(base64.size()));
  return count < 0 ? std::string() : std::string(bytes.begin(), bytes.begin() + count);
}

}  // namespace

KeyKind key_kind(std::string_view start) {
  using enum KeyKind;
  if (start.starts_with("PuTTY-User-Key-File-")) {
    const std::size_t at = start.find("\nEncryption:");
    if (at == std::string_view::npos) return unclear;
    const std::string_view line = start.substr(at + 12);
    return trim(line.substr(0, line.find('\n'))) == "none" ? bare : locked;
  }
  // Its identifier with a zero, then the cipher: 0 is none (SSH 1's authfile.c).
  constexpr std::string_view kFirst{"SSH PRIVATE KEY FILE FORMAT 1.1\n\0", 33};
  if (start.starts_with(kFirst.substr(0, 32)))
    return start.size() > kFirst.size() ? (start[33] == '\0' ? bare : locked) : unclear;
  if (start.contains("---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----")) return unclear;
  // What else stands in a file, as a certificate, doesn't hide the key.
  std::size_t begin = start.find("-----BEGIN ");
  std::string_view header;
  for (; begin != std::string_view::npos; begin = start.find("-----BEGIN ", begin + 1)) {
    header = start.substr(begin, start.find('\n', begin) - begin);
    if (header.contains("PRIVATE KEY-----")) break;
  }
  if (begin == std::string_view::npos) return none;
  if (header.contains("ENCRYPTED")) return locked;
  if (!header.contains("OPENSSH")) return start.contains("Proc-Type: 4,ENCRYPTED") ? locked : bare;
  // openssh-key-v1: a magic word, then the cipher's name with its length in four bytes
  // (OpenSSH PROTOCOL.key).
  const std::string_view body = start.substr(std::min(begin + header.size() + 1, start.size()));
  const std::string bytes = decoded(body.substr(0, body.find('-')));
  constexpr std::string_view kMagic{"openssh-key-v1\0\0\0\0\4none", 23};
  if (!bytes.starts_with(kMagic.substr(0, 15)) || bytes.size() < kMagic.size()) return unclear;
  return bytes.starts_with(kMagic) ? bare : locked;
}

namespace {

/// The words of a line as OpenVPN's options.c cuts them (parse_line): quotes of both kinds, a
/// backslash outside of single ones, comments with # and ;.
std::vector<std::string> openvpn_words(std::string_view line) {
  std::vector<std::string> found;
  std::size_t i = 0;
  while (i < line.size()) {
    if (line[i] == ' ' || line[i] == '\t' || line[i] == '\r') {
      ++i;
      continue;
    }
    if (line[i] == '#' || line[i] == ';') break;
    std::string word;
    char quote = '\0';
    for (; i < line.size(); ++i) {
      const char c = line[i];
      if (c == '\\' && quote != '\'' && i + 1 < line.size()) {
        word += line[++i];
      } else if (quote == '\0' && (c == '"' || c == '\'')) {
        quote = c;
      } else if (quote != '\0' && c == quote) {
        quote = '\0';
      } else if (quote == '\0' && (c == ' ' || c == '\t' || c == '\r')) {
        break;
      } else {
        word += c;
      }
    }
    found.push_back(std::move(word));
  }
  return found;
}

bool weak_cipher(std::string_view cipher) {
  constexpr std::array<std::string_view, 8> kWeak{"bf-",    "des-", "des3", "rc2-",
                                                  "cast5-", "rc4",  "none", "idea-"};
  return std::ranges::any_of(kWeak,
                             [&](std::string_view weak) { return cipher.starts_with(weak); });
}

/// What is weak of one setting; empty for nothing.
std::vector<std::string> openvpn_weakness(const std::string& name, const std::string& value,
                                          const std::string& second) {
  std::vector<std::string> found;
  const auto add = [&](const std::string& said) { found.push_back(printable(said, 60)); };
  if (name == "cipher" || name == "data-ciphers" || name == "ncp-ciphers" ||
      name == "data-ciphers-fallback")
    for (const std::string_view cipher : split(std::string_view(value), ':'))
      if (weak_cipher(cipher.starts_with('?') ? cipher.substr(1) : cipher))
        add(name + " " + std::string(cipher));
  if (name == "auth" && (value == "none" || value == "md5" || value == "md4"))
    add(name + " " + value);
  // TLS before 1.2 (RFC 8996).
  if ((name == "tls-version-min" || name == "tls-version-max") &&
      (value == "1.0" || value == "1.1"))
    add(name + " " + value);
  if (name == "tls-cipher")
    for (const char* part : {"@seclevel=0", "null", "export", "-des-", "des-cbc", "rc4", "md5"})
      if (value.contains(part)) {
        add(name + " " + value);
        break;
      }
  if (name == "tls-cert-profile" && (value == "insecure" || value == "legacy"))
    add(name + " " + value);
  if (name == "providers" && (value == "legacy" || second == "legacy")) add(name + " legacy");
  // Keys that are shared for good: no forward secrecy.
  if (name == "secret") add(name);
  // What is compressed tells of what is encrypted (VORACLE).
  if (name == "comp-lzo" && value != "no") add(name + " " + value);
  if (name == "compress" && !value.empty() && value != "stub" && value != "stub-v2" &&
      value != "migrate")
    add(name + " " + value);
  if (name == "allow-compression" && (value == "yes" || value == "asym")) add(name + " " + value);
  for (const char* off : {"no-replay", "no-iv", "client-cert-not-required"})
    if (name == off) add(name);
  return found;
}

}  // namespace

OpenvpnSettings read_openvpn(std::string_view text) {
  OpenvpnSettings found;
  bool client = false;
  bool verifies = false;
  std::string inline_end;
  for (const std::string_view line : split(text, '\n')) {
    if (!inline_end.empty()) {
      if (trim(line) == inline_end) inline_end.clear();
      continue;
    }
    auto parts = openvpn_words(line);
    if (parts.empty() || parts[0].empty()) continue;
    if (parts[0].starts_with('<') && parts[0].ends_with('>') && !parts[0].starts_with("</")) {
      inline_end = "</" + parts[0].substr(1);
      if (lower(parts[0]) == "<secret>") found.weaknesses.emplace_back("secret");
      continue;
    }
    std::string name = lower(parts[0]);
    if (name.starts_with("--")) name = name.substr(2);
    parts.resize(3);
    client = client || name == "client" || name == "tls-client";
    verifies = verifies || name == "remote-cert-tls" || name == "verify-x509-name" ||
               name == "peer-fingerprint" || name == "remote-cert-ku" || name == "remote-cert-eku";
    std::ranges::move(openvpn_weakness(name, lower(parts[1]), lower(parts[2])),
                      std::back_inserter(found.weaknesses));
    if (parts[1].empty()) continue;
    for (const char* file : {"key", "secret", "tls-auth", "tls-crypt", "tls-crypt-v2", "pkcs12",
                             "auth-user-pass", "askpass"})
      if (name == file && parts[1] != "[inline]") found.secrets.push_back(parts[1]);
    if (name == "config") found.includes.push_back(parts[1]);
  }
  if (client && !verifies) found.weaknesses.emplace_back("no remote-cert-tls");
  return found;
}

}  // namespace sekisho
