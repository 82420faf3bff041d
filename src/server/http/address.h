// SPDX-License-Identifier: Apache-2.0
// Addresses as text: what a Host header and --public-url name, which networks are meant, and whom a
// proxy speaks for.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/base.h"

namespace sekisho {

/// An IPv4 address as IPv6 has it (::ffff:192.0.2.1), or an IPv6 address.
struct IpAddress {
  std::array<std::uint8_t, 16> bytes{};
  bool is_v4() const;
  std::string text() const;
  bool operator==(const IpAddress&) const = default;
};
std::optional<IpAddress> read_ip(std::string_view text);

/// 192.0.2.0/24, 2001:db8::/32, or a whole address.
struct Subnet {
  IpAddress address;
  unsigned bits = 128;  // of the 128
  bool holds(const IpAddress& one) const;
};
std::optional<Subnet> read_subnet(std::string_view text);

/// A host in lower case (IPv6 in its shortest form, in brackets) and the port, when there is one.
struct HostPort {
  std::string host;
  std::optional<unsigned short> port;
};
std::optional<HostPort> read_authority(std::string_view text);

/// An http or https URL without a path, in the one form in which browsers send it as Origin.
struct Site {
  bool tls = false;
  std::string host;
  unsigned short port = 0;

  std::string url() const;
  /// Whether a Host header names it.
  bool is_named_by(std::string_view authority) const;
};
/// What a person wrote; why not, in words, when it is none.
Result<Site> read_site(std::string_view text);

/// Whom a request comes from.
struct Client {
  std::string address;  // to be shown
  /// What limits go by: the address, of IPv6 the network of a household (/64). Empty when many may
  /// stand behind it: what one of them does must not be laid at the others' door.
  std::string key;
  std::optional<bool> tls;  // as far as it is known of the browser's side
};

/// Which sides' words of whom they speak for are believed.
struct Fronts {
  std::vector<Subnet> trusted;
  /// Something that isn't named stands in front: addresses say nothing.
  bool unnamed = false;
};

/// `forwarded` and `protocol` are the values of X-Forwarded-For and X-Forwarded-Proto.
Client client_of(const IpAddress& peer, const Fronts& fronts,
                 const std::vector<std::string_view>& forwarded,
                 const std::vector<std::string_view>& protocol);
bool is_trusted(const IpAddress& peer, const Fronts& fronts);

}  // namespace sekisho
