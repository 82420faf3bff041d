// SPDX-License-Identifier: Apache-2.0
#include "collect/observe/address.h"

#include <arpa/inet.h>

#include <array>
#include <bit>
#include <cmath>
#include <cstring>

#include "base/text.h"

namespace sekisho {

std::string address_text(const Address& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address.is_v4()) {
    const std::uint32_t bits = htonl(address.v4_bits());
    inet_ntop(AF_INET, &bits, text.data(), text.size());
  } else {
    const std::array<std::uint64_t, 2> bits{__builtin_bswap64(address.high),
                                            __builtin_bswap64(address.low)};
    inet_ntop(AF_INET6, bits.data(), text.data(), text.size());
  }
  return text.data();
}

std::optional<Address> read_address(std::string_view text) {
  const std::string copy(text.substr(0, INET6_ADDRSTRLEN));
  std::uint32_t v4 = 0;
  if (inet_pton(AF_INET, copy.c_str(), &v4) == 1) return Address::v4(ntohl(v4));
  std::array<std::uint64_t, 2> v6{};
  if (inet_pton(AF_INET6, copy.c_str(), v6.data()) != 1) return std::nullopt;
  return Address{__builtin_bswap64(v6[0]), __builtin_bswap64(v6[1])};
}

double Network::size() const { return std::exp2(128.0 - bits); }

std::optional<Network> read_network(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto base = read_address(text.substr(0, slash));
  if (!base) return std::nullopt;
  const unsigned most = base->is_v4() ? 32 : 128;
  unsigned bits = most;
  if (slash != std::string_view::npos) {
    const std::int64_t number = whole_number(text.substr(slash + 1));
    if (number < 0 || number > static_cast<std::int64_t>(most)) return std::nullopt;
    bits = static_cast<unsigned>(number);
  }
  const Network network{*base, bits + 128 - most};
  // A base with bits beyond its prefix is a slip of the pen: nobody knows which was meant.
  const unsigned zeros = base->low != 0 ? static_cast<unsigned>(std::countr_zero(base->low))
                                        : 64U + static_cast<unsigned>(std::countr_zero(base->high));
  if (base->low == 0 && base->high == 0) return network;
  if (zeros < 128 - network.bits) return std::nullopt;
  return network;
}

std::string network_text(const Network& network) {
  return address_text(network.base) + "/" +
         std::to_string(network.base.is_v4() && network.bits >= 96 ? network.bits - 96
                                                                   : network.bits);
}

}  // namespace sekisho
