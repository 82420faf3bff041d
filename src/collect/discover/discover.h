// SPDX-License-Identifier: Apache-2.0
// collect/discover: what else is on the networks that this machine is attached to, when somebody
// asks.
//
// May enter: looking at one's own LAN (ARP, SSDP, mDNS, the first words of open services), reading
// what answers, guessing the kind of appliance.
// May not enter: networks that this machine has no address in, verdicts, changing anything.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "base/base.h"
#include "guideline/guideline.h"

namespace sekisho {

/// An IPv4 network that an interface of this machine is in.
struct AttachedNetwork {
  std::string interface;
  std::uint32_t address = 0;  // this machine's own, host byte order
  unsigned prefix = 32;       // bits of the network

  std::uint32_t first() const;  // addresses to look at, without network and broadcast
  std::uint32_t last() const;
  bool holds(std::uint32_t other) const;
  std::string text() const;  // "192.168.1.0/24"
};

/// Networks smaller than this prefix (more than 4,096 addresses) are left out.
inline constexpr unsigned kWidestPrefix = 20;

/// The attached networks, without loopback and point-to-point links.
Result<std::vector<AttachedNetwork>> attached_networks();

/// "192.0.2.1"; parse gives nothing for what is no such address.
std::string address_text(std::uint32_t address);
std::optional<std::uint32_t> parse_address(std::string_view text);

/// Something that answered.
struct Neighbour {
  std::uint32_t address = 0;
  std::string hardware;  // "02:00:00:00:00:01"; empty where ARP has none
  std::vector<std::string>
      signs;  // what it says of itself: "ssh: SSH-2.0-RTX", "upnp: Buffalo WXR"
  const Appliance* kind = nullptr;  // what that makes it, as far as it can be told
};

struct DiscoverOptions {
  std::vector<AttachedNetwork> networks;
  std::chrono::milliseconds wait{2000};  // for answers to ARP and to multicast, and for a service
};

/// Asks the networks and waits; blocks for some seconds. Sends: a UDP datagram to port 9 of each
/// address (so that ARP asks for it), one M-SEARCH and one mDNS query to each network's multicast
/// groups; then, to those that answered, connections to a few ports, without signing in anywhere.
Result<std::vector<Neighbour>> discover(const Guideline& guideline, const DiscoverOptions& options);

/// The kind of appliance that the signs name; null when they name none or several. One that feeds
/// know goes before one of "others".
const Appliance* kind_of(const Guideline& guideline, const std::vector<std::string>& signs);

}  // namespace sekisho
