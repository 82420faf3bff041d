// SPDX-License-Identifier: Apache-2.0
#include "guard/ssh_key.h"

#include <array>
#include <cstdint>

#include "base/base.h"
#include "base/crypto.h"

namespace sekisho {
namespace {

constexpr std::string_view kKind = "ecdsa-sha2-nistp256";
constexpr std::string_view kCurve = "nistp256";
constexpr std::size_t kPointBytes = 65;  // 4, x, y

/// What stands before the point in a SubjectPublicKeyInfo of P-256 (RFC 5480).
constexpr std::array<unsigned char, 26> kBeforePoint{
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01,
    0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00};

std::string_view before_point() {
  return {reinterpret_cast<const char*>(kBeforePoint.data()), kBeforePoint.size()};
}

std::string ssh_string(std::string_view text) {
  const auto size = static_cast<std::uint32_t>(text.size());
  std::string made;
  for (const unsigned shift : {24U, 16U, 8U, 0U})
    made += static_cast<char>((size >> shift) & 0xffU);
  return made.append(text);
}

/// All of such a blob is given by its point.
std::string blob_of(std::string_view point) {
  return ssh_string(kKind) + ssh_string(kCurve) + ssh_string(point);
}

std::optional<std::string> from_base64(std::string_view text) {
  // Whole groups of four; what isn't of the alphabet is refused below.
  if (text.empty() || text.size() % 4 != 0) return std::nullopt;
  std::string url;
  for (const char c : text) {
    if (c == '-' || c == '_') return std::nullopt;
    url += c == '+' ? '-' : c == '/' ? '_' : c;
  }
  for (int padding = 0; padding < 2 && url.ends_with('='); ++padding) url.pop_back();
  auto bytes = from_base64url(url);
  if (!bytes || base64(*bytes) != text) return std::nullopt;  // one form for one key
  return bytes;
}

}  // namespace

std::optional<std::string> public_key_of_ssh(std::string_view blob) {
  if (blob.size() < kPointBytes) return std::nullopt;
  const std::string_view point = blob.substr(blob.size() - kPointBytes);
  if (point.front() != 4 || blob != blob_of(point)) return std::nullopt;
  return std::string(before_point()).append(point);
}

std::optional<std::string> ssh_of_public_key(std::string_view public_key) {
  if (public_key.size() != kBeforePoint.size() + kPointBytes ||
      !public_key.starts_with(before_point()) || public_key[kBeforePoint.size()] != 4)
    return std::nullopt;
  return blob_of(public_key.substr(kBeforePoint.size()));
}

std::string ssh_key_line(std::string_view blob) { return std::string(kKind) + " " + base64(blob); }

std::optional<std::string> key_used(std::string_view auth_info) {
  std::optional<std::string> used;
  for (const std::string_view line : split(auth_info, '\n')) {
    if (!line.starts_with("publickey ")) continue;
    if (used) return std::nullopt;
    const auto parts = split(line, ' ');
    if (parts.size() != 3 || parts[1] != kKind) return std::nullopt;
    const auto blob = from_base64(parts[2]);
    if (!blob) return std::nullopt;
    used = public_key_of_ssh(*blob);
    if (!used) return std::nullopt;
  }
  return used;
}

}  // namespace sekisho
