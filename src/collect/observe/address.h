// SPDX-License-Identifier: Apache-2.0
// Addresses of both families in 16 bytes, IPv4 as ::ffff:a.b.c.d (RFC 4291, 2.5.5.2).
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sekisho {

struct Address {
  std::uint64_t high = 0;
  std::uint64_t low = 0;

  static constexpr Address v4(std::uint32_t address) {
    return {0, (std::uint64_t{0xffff} << 32U) | address};
  }
  constexpr bool is_v4() const { return high == 0 && low >> 32U == 0xffff; }
  constexpr std::uint32_t v4_bits() const { return static_cast<std::uint32_t>(low); }
  auto operator<=>(const Address&) const = default;
};

/// "192.0.2.1" or "2001:db8::1" (RFC 5952).
std::string address_text(const Address& address);
std::optional<Address> read_address(std::string_view text);

/// A network; `bits` counts from the left of the 128, so an IPv4 /24 has 120.
struct Network {
  Address base;
  unsigned bits = 128;

  constexpr bool contains(const Address& address) const {
    const auto mask = [](unsigned most) {
      return most == 0 ? 0 : ~std::uint64_t{0} << (64U - (most > 64 ? 64U : most));
    };
    const std::uint64_t high = mask(bits);
    const std::uint64_t low = mask(bits > 64 ? bits - 64 : 0);
    return ((address.high ^ base.high) & high) == 0 && ((address.low ^ base.low) & low) == 0;
  }
  /// How many addresses it has; as a double, because an IPv6 network has many.
  double size() const;
  bool operator==(const Network&) const = default;
};

/// "192.0.2.0/24", "2001:db8::/32" or a single address. Bits beyond the prefix must be zero.
std::optional<Network> read_network(std::string_view text);
std::string network_text(const Network& network);

}  // namespace sekisho
