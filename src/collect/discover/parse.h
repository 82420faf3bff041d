// SPDX-License-Identifier: Apache-2.0
// Internal to the room: what neighbours answer, read into types. All of it is bounded, and
// printable when it comes out.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/base.h"

namespace sekisho {

/// /proc/net/arp: the addresses that answered, with their hardware addresses.
std::map<std::uint32_t, std::string> parse_arp(std::string_view text);

/// An answer to M-SEARCH (UPnP Device Architecture 2.0, 1.3.3). Nothing for what is none.
struct SsdpAnswer {
  std::string server;
  std::string location;
};
std::optional<SsdpAnswer> parse_ssdp(std::string_view text);

/// A UPnP device description (UPnP Device Architecture 2.0, 2.3): "MANUFACTURER MODEL NUMBER";
/// empty where it says nothing.
std::string parse_description(std::string_view xml);

/// The names in an mDNS answer (RFC 6762): services' instances and hosts.
std::vector<std::string> parse_mdns(std::string_view packet);
/// A query for all service types of a network (RFC 6763, 9), answered to the asker alone (QU bit).
std::string mdns_query();

/// The first line of a greeting, printable, at most 120 bytes; empty when it is no text.
std::string parse_greeting(std::string_view bytes);

/// The title of a page of HTML, as far as one can be told; empty where there is none.
std::string parse_title(std::string_view html);

}  // namespace sekisho
