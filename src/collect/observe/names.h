// SPDX-License-Identifier: Apache-2.0
// What ports are for, how they are grouped, and who scans in the open: data/observe/line.yaml.
#pragma once

#include <array>
#include <bitset>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/base.h"
#include "collect/observe/address.h"
#include "collect/observe/said.h"

namespace sekisho {

struct PortGroup {
  std::string id;
  Text name;
};

/// A service that people sign in to. Where passwords and answers are seen, attempts are counted by
/// the answers; else by how a connection goes.
struct LoginService {
  std::string id;
  Text name;
  Speech speech = Speech::none;  // how its clients begin, or what is said in it
  std::vector<std::uint16_t> ports;
  bool by_answers = false;
  // Where not, of a connection that was an attempt, bytes of payload.
  std::uint64_t least_up = 0;
  std::uint64_t most_up = 0;
  std::uint64_t most_down = 0;
  /// How often the client spoke after the server had: less is a look at what is there.
  std::uint32_t least_turns = 1;
  /// With a single guess at most; each turn more is one more guess. 0: that can't be told.
  std::uint32_t one_turns = 0;
};

struct OpenScanner {
  std::string name;
  std::string page;
};

struct LineNames {
  std::map<std::pair<std::uint8_t, std::uint16_t>, std::string> services;  // by protocol and port
  std::vector<PortGroup> groups;
  std::map<std::pair<std::uint8_t, std::uint16_t>, std::size_t> group_of;  // index into groups
  std::vector<LoginService> logins;
  /// By what is said, whatever the port: one more than the index into logins; 0: that alone makes
  /// none.
  std::array<std::uint8_t, kSpeeches> login_of_speech{};
  std::vector<OpenScanner> scanners;
  /// The networks of all scanners, none of which lies in another, by their first addresses.
  std::map<Address, std::pair<Network, std::size_t>> scanner_networks;  // index into scanners
  /// The upper halves of IPv4 addresses in which there are any of them.
  std::bitset<65536> scanner_halves;

  /// Empty where it has none.
  std::string_view service(std::uint8_t protocol, std::uint16_t port) const;
  const OpenScanner* scanner(const Address& address) const;
};

Result<LineNames> read_line_names(std::string name, std::string_view yaml);
/// Those of data/observe/line.yaml, built in.
Result<LineNames> built_in_line_names();

}  // namespace sekisho
