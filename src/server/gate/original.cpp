// SPDX-License-Identifier: Apache-2.0
#include "server/gate/original.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>

namespace sekisho {
namespace {

/// The one place that each kind names something in.
struct Sources {
  std::string_view target;
  std::string_view method;
  std::string_view host;
};

constexpr Sources sources_of(ProxyKind kind) {
  switch (kind) {
    case ProxyKind::nginx: return {"x-original-uri", "x-original-method", "host"};
    case ProxyKind::caddy: return {"x-forwarded-uri", "x-forwarded-method", "x-forwarded-host"};
    case ProxyKind::haproxy: break;
  }
  return {"x-sekisho-uri", "x-sekisho-method", "x-sekisho-host"};
}

constexpr std::string_view kClient = "x-sekisho-client";
constexpr std::string_view kCertificate = "x-sekisho-certificate";

/// The value of a field that must stand there once; nothing when it doesn't.
std::optional<std::string_view> only(const HttpRequest& request, std::string_view name) {
  std::optional<std::string_view> found;
  for (const auto& [key, value] : request.headers) {
    if (key != name) continue;
    if (found) return std::nullopt;
    found = value;
  }
  return found;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// Each byte that a target can have; a browser escapes all others.
bool is_target(std::string_view text) {
  return text.starts_with('/') && std::ranges::all_of(text, [](char c) {
           return c > 0x20 && c < 0x7f && c != '#' && c != '\\';
         });
}

bool is_dots(std::string_view segment) { return segment == "." || segment == ".."; }

/// "192.0.2.1:5000", "[2001:db8::1]:5000", "2001:db8::1:5000" (nginx has no brackets).
std::optional<ClientEnd> read_end(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return std::nullopt;
  const std::int64_t port = whole_number(text.substr(colon + 1));
  std::string_view name = text.substr(0, colon);
  if (name.starts_with('[') && name.ends_with(']')) name = name.substr(1, name.size() - 2);
  const auto address = read_ip(name);
  if (!address || port < 1 || port > 65535) return std::nullopt;
  return ClientEnd{*address, static_cast<unsigned short>(port)};
}

std::optional<KeyDigest> digest_of_hex(std::string_view text) {
  KeyDigest digest{};
  if (text.size() != 2 * digest.size()) return std::nullopt;
  for (std::size_t at = 0; at < digest.size(); ++at) {
    const int high = hex_digit(text[2 * at]);
    const int low = hex_digit(text[2 * at + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    digest[at] = static_cast<unsigned char>(high * 16 + low);
  }
  return digest;
}

constexpr std::size_t kMostCertificate = std::size_t{8} << 10U;

/// What is base64 between the lines of a PEM certificate, escaped as in a URL.
std::optional<std::string> base64_of_escaped_pem(std::string_view escaped) {
  constexpr std::string_view kBegin = "-----BEGIN CERTIFICATE-----\n";
  constexpr std::string_view kEnd = "-----END CERTIFICATE-----\n";
  std::string pem;
  pem.reserve(escaped.size());
  for (std::size_t at = 0; at < escaped.size(); ++at) {
    if (escaped[at] != '%') {
      pem += escaped[at];
      continue;
    }
    const int high = at + 2 < escaped.size() ? hex_digit(escaped[at + 1]) : -1;
    const int low = at + 2 < escaped.size() ? hex_digit(escaped[at + 2]) : -1;
    if (high < 0 || low < 0) return std::nullopt;
    pem += static_cast<char>(high * 16 + low);
    at += 2;
  }
  if (!pem.starts_with(kBegin) || !pem.ends_with(kEnd) || pem.size() < kBegin.size() + kEnd.size())
    return std::nullopt;
  std::string base64 = pem.substr(kBegin.size(), pem.size() - kBegin.size() - kEnd.size());
  std::erase(base64, '\n');
  return base64;
}

std::optional<KeyDigest> digest_of_escaped_pem(std::string_view escaped) {
  const auto base64 = base64_of_escaped_pem(escaped);
  if (!base64 || base64->empty() || base64->size() % 4 != 0) return std::nullopt;
  std::string der(base64->size() / 4 * 3, '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(der.data()),
                                   reinterpret_cast<const unsigned char*>(base64->data()),
                                   static_cast<int>(base64->size()));
  const auto padding = static_cast<std::size_t>(base64->ends_with("==")  ? 2
                                                : base64->ends_with('=') ? 1
                                                                         : 0);
  if (size < 0 || static_cast<std::size_t>(size) < padding) return std::nullopt;
  KeyDigest digest{};
  if (EVP_Digest(der.data(), static_cast<std::size_t>(size) - padding, digest.data(), nullptr,
                 EVP_sha256(), nullptr) != 1)
    return std::nullopt;
  return digest;
}

}  // namespace

std::optional<ProxyKind> proxy_kind_named(std::string_view name) {
  if (name == "nginx") return ProxyKind::nginx;
  if (name == "caddy") return ProxyKind::caddy;
  if (name == "haproxy") return ProxyKind::haproxy;
  return std::nullopt;
}

std::optional<KeyDigest> certificate_digest(ProxyKind kind, std::string_view value) {
  if (value.empty() || value.size() > kMostCertificate) return std::nullopt;
  return kind == ProxyKind::nginx ? digest_of_escaped_pem(value) : digest_of_hex(value);
}

std::optional<std::string> canonical_host(std::string_view authority) {
  auto named = read_authority(authority);
  if (!named) return std::nullopt;
  if (named->host.ends_with('.')) named->host.pop_back();
  if (named->host.empty() || named->host.ends_with('.')) return std::nullopt;
  return std::move(named->host);
}

std::optional<PathReading> read_asked_path(std::string_view raw) {
  if (!is_target(raw)) return std::nullopt;
  PathReading out;
  out.text.reserve(raw.size());
  for (std::size_t at = 0; at < raw.size(); ++at) {
    char c = raw[at];
    if (c == '%') {
      const int high = at + 2 < raw.size() ? hex_digit(raw[at + 1]) : -1;
      const int low = at + 2 < raw.size() ? hex_digit(raw[at + 2]) : -1;
      if (high < 0 || low < 0) return std::nullopt;
      c = static_cast<char>(high * 16 + low);
      at += 2;
      const auto byte = static_cast<unsigned char>(c);
      if (byte < 0x20 || byte == 0x7f || c == '\\') return std::nullopt;
      if (c == '/' || c == '%' || c == '?' || c == '#') out.doubtful = true;
    }
    if (c == ';') out.doubtful = true;
    out.text += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  const auto segments = split(std::string_view(out.text).substr(1), '/');
  for (std::size_t at = 0; at < segments.size(); ++at)
    if (is_dots(segments[at]) || (segments[at].empty() && at + 1 < segments.size()))
      out.doubtful = true;
  return out;
}

bool is_way_back(std::string_view target) {
  return target.size() <= 4096 && is_target(target) && !target.starts_with("//") &&
         !target.starts_with("/.sekisho/");
}

std::optional<OriginalRequest> original_request(ProxyKind kind, const HttpRequest& request) {
  const Sources sources = sources_of(kind);
  const auto target = only(request, sources.target);
  const auto method = only(request, sources.method);
  const auto authority = only(request, sources.host);
  if (!target || !method || !authority || !is_target(*target) || !is_http_token(*method))
    return std::nullopt;
  auto host = canonical_host(*authority);
  if (!host) return std::nullopt;
  OriginalRequest out;
  out.host = std::move(*host);
  out.method = *method;
  const std::size_t question = target->find('?');
  out.path = target->substr(0, question);
  if (question != std::string_view::npos) out.query = target->substr(question + 1);
  if (const auto from = only(request, kClient)) out.from = read_end(*from);
  if (const auto shown = only(request, kCertificate))
    out.certificate = certificate_digest(kind, *shown);
  return out;
}

}  // namespace sekisho
