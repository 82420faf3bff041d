// SPDX-License-Identifier: Apache-2.0
#include "server/http/address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>
#include <ranges>

#include <fmt/format.h>

namespace sekisho {
namespace {

constexpr std::array<std::uint8_t, 12> kV4Prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};

bool is_name_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

std::optional<unsigned short> read_port(std::string_view text) {
  if (text.empty() || text.size() > 5) return std::nullopt;
  const std::int64_t port = whole_number(text);
  if (port < 0 || port > 65535) return std::nullopt;
  return static_cast<unsigned short>(port);
}

/// An entry of X-Forwarded-For; some proxies put a port to it.
std::optional<IpAddress> read_hop(std::string_view text) {
  text = trim(text);
  if (const auto plain = read_ip(text)) return plain;
  const auto named = read_authority(text);
  if (!named) return std::nullopt;
  std::string_view host = named->host;
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  return read_ip(host);
}

std::string key_of(const IpAddress& address) {
  if (address.is_v4()) return address.text();
  IpAddress network = address;
  std::fill(network.bytes.begin() + 8, network.bytes.end(), std::uint8_t{0});
  return network.text() + "/64";
}

}  // namespace

bool IpAddress::is_v4() const {
  return std::equal(kV4Prefix.begin(), kV4Prefix.end(), bytes.begin());
}

std::string IpAddress::text() const {
  std::array<char, INET6_ADDRSTRLEN> out{};
  if (is_v4())
    (void)::inet_ntop(AF_INET, bytes.data() + kV4Prefix.size(), out.data(), out.size());
  else
    (void)::inet_ntop(AF_INET6, bytes.data(), out.data(), out.size());
  return out.data();
}

std::optional<IpAddress> read_ip(std::string_view text) {
  IpAddress address;
  const std::string terminated(text);
  if (terminated.find('\0') != std::string::npos) return std::nullopt;
  if (::inet_pton(AF_INET, terminated.c_str(), address.bytes.data() + kV4Prefix.size()) == 1) {
    std::ranges::copy(kV4Prefix, address.bytes.begin());
    return address;
  }
  if (::inet_pton(AF_INET6, terminated.c_str(), address.bytes.data()) == 1) return address;
  return std::nullopt;
}

bool Subnet::holds(const IpAddress& one) const {
  for (unsigned bit = 0; bit < bits; bit += 8) {
    const unsigned left = std::min(8U, bits - bit);
    const auto mask = static_cast<std::uint8_t>(0xFFU << (8U - left));
    if (((address.bytes[bit / 8] ^ one.bytes[bit / 8]) & mask) != 0) return false;
  }
  return true;
}

std::optional<Subnet> read_subnet(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto address = read_ip(text.substr(0, slash));
  if (!address) return std::nullopt;
  Subnet network{*address, 128};
  if (slash == std::string_view::npos) return network;
  const std::int64_t bits = whole_number(text.substr(slash + 1));
  const unsigned before = address->is_v4() ? 96 : 0;
  // /0 would believe anybody: whoever means that has not thought of it.
  if (bits < 1 || bits > 128 - static_cast<std::int64_t>(before)) return std::nullopt;
  network.bits = before + static_cast<unsigned>(bits);
  return network;
}

std::optional<HostPort> read_authority(std::string_view text) {
  HostPort out;
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    const auto address = read_ip(text.substr(1, end - 1));
    if (!address || text.substr(1, end - 1).find(':') == std::string_view::npos)
      return std::nullopt;
    out.host = "[" + address->text() + "]";
    text.remove_prefix(end + 1);
  } else {
    const std::size_t end = std::min(text.find(':'), text.size());
    out.host = lower(text.substr(0, end));
    if (out.host.empty() || out.host.size() > 255 || !std::ranges::all_of(out.host, is_name_char))
      return std::nullopt;
    text.remove_prefix(end);
  }
  if (text.empty() || text == ":") return out;
  if (!text.starts_with(':')) return std::nullopt;
  out.port = read_port(text.substr(1));
  if (!out.port) return std::nullopt;
  return out;
}

std::string Site::url() const {
  const unsigned short usual = tls ? 443 : 80;
  const std::string name = fmt::format("{}://{}", tls ? "https" : "http", host);
  return port == usual ? name : fmt::format("{}:{}", name, port);
}

bool Site::is_named_by(std::string_view authority) const {
  const auto named = read_authority(authority);
  const unsigned short usual = tls ? 443 : 80;
  return named && named->host == host && named->port.value_or(usual) == port;
}

Result<Site> read_site(std::string_view text) {
  Site site;
  const std::size_t colon = text.find("://");
  const std::string scheme =
      colon == std::string_view::npos ? std::string() : lower(text.substr(0, colon));
  const auto refused = [&](std::string ja, std::string en) {
    return failure(std::move(ja), std::move(en), printable(text, 80));
  };
  if (scheme != "https" && scheme != "http")
    return refused("https:// で始めてください。", "begin it with https://.");
  site.tls = scheme == "https";
  std::string_view rest = text.substr(scheme.size() + 3);
  while (rest.ends_with('/')) rest.remove_suffix(1);
  if (rest.find_first_of("/?#") != std::string_view::npos)
    return refused("ホスト名とポートだけを書いてください。パスは付けられません。",
                   "give only the host and the port: no path can stand behind it.");
  const auto named = read_authority(rest);
  if (!named)
    return refused(
        "https://sekisho.example.jp の形で書いてください（日本語のドメインは xn-- の形で）。",
        "write it like https://sekisho.example.jp (names beyond ASCII in their xn-- form).");
  site.host = named->host;
  site.port = named->port.value_or(site.tls ? 443 : 80);
  return site;
}

bool is_trusted(const IpAddress& peer, const Fronts& fronts) {
  return std::ranges::any_of(fronts.trusted,
                             [&](const Subnet& network) { return network.holds(peer); });
}

Client client_of(const IpAddress& peer, const Fronts& fronts,
                 const std::vector<std::string_view>& forwarded,
                 const std::vector<std::string_view>& protocol) {
  Client client{peer.text(), fronts.unnamed ? "" : key_of(peer), std::nullopt};
  if (!is_trusted(peer, fronts)) return client;
  client.key.clear();  // until it says whom it speaks for
  if (protocol.size() == 1) {
    const std::string said = lower(trim(protocol.front()));
    if (said == "https" || said == "http") client.tls = said == "https";
  }
  std::vector<std::string_view> hops;
  for (const std::string_view line : forwarded)
    std::ranges::copy(split(line, ','), std::back_inserter(hops));
  // Each proxy adds whom it heard from at the end: what stands before the first that isn't ours
  // may have been written by anybody.
  for (const std::string_view hop : std::views::reverse(hops)) {
    const auto address = read_hop(hop);
    if (!address) {
      client.key.clear();
      break;
    }
    client.address = address->text();
    client.key = key_of(*address);
    if (!is_trusted(*address, fronts)) break;
  }
  return client;
}

}  // namespace sekisho
