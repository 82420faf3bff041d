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

std::vector<std::string> openvpn_weaknesses(std::string_view text) {
  constexpr std::array<std::string_view, 8> kWeak{"bf-",    "des-", "des3", "rc2-",
                                                  "cast5-", "rc4",  "none", "idea-"};
  std::vector<std::string> found;
  bool client = false;
  bool verifies = false;
  for (std::string_view line : split(text, '\n')) {
    line = trim(line);
    if (line.empty() || line[0] == '#' || line[0] == ';') continue;
    const auto parts = words(line);
    const std::string name = lower(parts[0]);
    const std::string value = parts.size() > 1 ? lower(parts[1]) : std::string();
    client = client || name == "client" || name == "tls-client";
    verifies = verifies || name == "remote-cert-tls" || name == "verify-x509-name" ||
               name == "peer-fingerprint";
    if (name == "cipher" || name == "data-ciphers" || name == "ncp-ciphers") {
      for (const std::string_view cipher : split(value, ':'))
        if (std::ranges::any_of(kWeak,
                                [&](std::string_view weak) { return cipher.starts_with(weak); }))
          found.push_back(name + " " + printable(cipher, 40));
    }
    if (name == "auth" && (value == "none" || value == "md5")) found.push_back("auth " + value);
  }
  if (client && !verifies) found.emplace_back("no remote-cert-tls");
  return found;
}

}  // namespace sekisho
