// SPDX-License-Identifier: Apache-2.0
// What a packet filter does with a packet: rules of nftables or iptables in one form, and a walk of
// a packet through them. Pure; firewall.cpp asks the kernel and judges.
//
// Nothing here looks at how a ruleset is written. Packets are walked through it, and every
// condition that can't be placed makes both ways possible.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/base.h"

namespace sekisho::filter {

/// 128 bits, the high half first: an IPv6 address, or anything smaller.
using Number = std::pair<std::uint64_t, std::uint64_t>;

/// An IPv4 or IPv6 address as a number; nothing for other text.
struct PacketAddress {
  Number number;
  bool ipv6 = false;
};
std::optional<PacketAddress> parse_address(std::string_view text);

/// What a condition looks at.
enum class Field : std::uint8_t {
  family,     // 2 or 10, as nfproto counts
  protocol,   // 6 or 17
  protocol4,  // these six: only packets of that family have them
  protocol6,
  source4,
  destination4,
  source6,
  destination6,
  source_port,
  destination_port,
  tcp_source_port,
  tcp_destination_port,
  udp_source_port,
  udp_destination_port,
  tcp_flags,
  icmp,  // anything of ICMP, which no probe is
  interface,
  output_interface,
  state,        // of connection tracking, in nft's bits
  status,       // the same; of a new packet none but that it was sent elsewhere than it said
  mark,         // of the packet
  packet_type,  // 0 is "to this host"
  fib_type,     // of the destination; kLocal is "of this host"
  other,        // not known here: may hold or not
};
inline constexpr std::uint64_t kStateNew = 8;
inline constexpr std::uint64_t kLocal = 2;

/// Values from `low` to `high`, or names of interfaces, where a '*' at the end stands for any rest.
struct Values {
  Number low;
  Number high;
  std::string name;
  bool unknown = false;  // not understood
};

/// Holds when some element fits all fields.
struct RuleCondition {
  enum class Way : std::uint8_t { in_set, any_bit };
  std::vector<Field> fields;
  std::optional<std::uint64_t> mask;  // of a single field, before it is compared
  bool negated = false;
  Way way = Way::in_set;
  std::vector<std::vector<Values>> elements;
};

enum class Fate : std::uint8_t { accept, drop, pass_on, jump, go_to, back, unknown };
struct RuleVerdict {
  Fate fate = Fate::pass_on;
  std::string chain;  // of jump and go_to
};

/// Conditions, then what happens when all hold.
struct Rule {
  std::vector<RuleCondition> conditions;
  bool uncertain = false;  // a condition that isn't known here stands among them
  RuleVerdict verdict;
  /// A map from what a condition's fields hold to verdicts; the rule's own verdict follows it.
  std::optional<RuleCondition> key;
  std::vector<RuleVerdict> verdicts;  // one for each element of the key
};

struct Chain {
  std::string family;  // ip, ip6, inet, netdev, bridge, arp
  std::string table;
  std::string name;
  /// Where the kernel calls it: ingress, prerouting, input …; empty where other chains call it.
  std::string hook;
  std::string device;  // of ingress; empty where it isn't told
  std::int64_t priority = 0;
  bool refuses = false;  // its policy
  std::vector<Rule> rules;
};

struct Ruleset {
  std::map<std::string, Chain> chains;  // by "family table name"
  bool marks = false;                   // some rule sets marks
  bool untracks = false;                // some rule takes packets out of connection tracking
  bool translates = false;              // some rule may change addresses or ports
  /// Tables that hold what iptables added and nft can't name: iptables-save tells them better.
  std::vector<std::pair<std::string, std::string>> foreign;
};

/// `nft -j list ruleset`, and `nft -t list ruleset`, which tells the tables that are switched off.
Result<Ruleset> parse_nft(std::string_view text, std::string_view listing);
/// iptables-save or ip6tables-save, added to `into`; false when it is no such text.
bool parse_iptables(std::string_view text, bool ipv6, Ruleset& into);

/// A new packet from outside to this machine itself.
struct Probe {
  bool ipv6 = false;
  bool udp = false;
  Number source;
  Number destination;
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
  std::string interface;
};

/// What may become of it; both when it can't be told.
struct Outcome {
  bool accepted = false;
  bool refused = false;
};
Outcome walk(const Ruleset& rules, const Probe& probe);

/// Where packets come in.
struct WayIn {
  std::string interface;
  bool ipv6 = false;
  Number destination;           // an address of this machine
  std::vector<Number> sources;  // others that may send, each tried
};

/// What all ports of an entrance do, for TCP or UDP.
struct Reach {
  WayIn entrance;
  bool udp = false;
  std::bitset<65536> open;     // accepted, whatever can't be told
  std::bitset<65536> unclear;  // may be accepted
};
std::vector<Reach> reach(const Ruleset& rules, const std::vector<WayIn>& entrances);

}  // namespace sekisho::filter
