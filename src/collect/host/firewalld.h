// SPDX-License-Identifier: Apache-2.0
// Internal to the room: firewalld's zones as rules, from its files. Where a packet could be let in
// or not, it is taken as let in.
#pragma once

#include "collect/host/firewall.h"
#include "collect/host/look.h"

namespace sekisho {

namespace filter {

/// A zone of firewalld (firewalld.zone(5)), as chains: what it lets in of whom.
struct Zone {
  std::vector<std::string> interfaces;
  std::vector<RuleCondition> sources;  // packets that it takes in wherever they come in
  Chain chain;                         // what it lets in
  std::vector<std::string> services;   // whose ports it lets in as well,
  std::vector<std::pair<std::string, std::optional<RuleCondition>>> rich_services;  // of whom
  bool accepts_rest = false;
  bool leaves_rest = false;                 // to what is asked after it, if anything
  std::vector<std::string> not_understood;  // elements that aren't known here
};
std::optional<Zone> parse_zone(std::string_view xml);

/// The ports of a service (firewalld.service(5)) as rules that accept, and the services that it
/// includes. Nothing when the text is none.
struct ZoneService {
  std::vector<Rule> rules;
  std::vector<std::string> includes;
  std::vector<std::string> not_understood;
};
std::optional<ZoneService> parse_zone_service(std::string_view xml);

}  // namespace filter

/// What firewalld loads at its start; nothing, and a gap, where a file can't be read whole.
std::optional<filter::Ruleset> firewalld_rules(const Machine& machine);

}  // namespace sekisho
