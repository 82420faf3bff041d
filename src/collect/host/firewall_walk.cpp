// SPDX-License-Identifier: Apache-2.0
// A packet's walk through rules, three-valued: what can't be told makes both ways possible.
#include <algorithm>
#include <set>
#include <unordered_map>

#include "collect/host/firewall.h"

namespace sekisho::filter {
namespace {

enum class Truth : std::uint8_t { no, maybe, yes };

Truth negated(Truth truth) {
  if (truth == Truth::maybe) return truth;
  return truth == Truth::yes ? Truth::no : Truth::yes;
}

/// What a packet has in a field.
struct Content {
  enum class Kind : std::uint8_t { absent, unknown, number, name } kind = Kind::unknown;
  Number number;
  std::string_view name;
};

Content number(std::uint64_t value) { return {Content::Kind::number, {0, value}, {}}; }
constexpr Content kAbsent{Content::Kind::absent, {}, {}};
constexpr Content kUnknown{Content::Kind::unknown, {}, {}};
constexpr std::uint64_t kSyn = 2;

bool names_port(Field field) {
  return field >= Field::source_port && field <= Field::udp_destination_port;
}

Content content_of(const Ruleset& rules, const Probe& probe, Field field) {
  switch (field) {
    case Field::family: return number(probe.ipv6 ? 10 : 2);
    case Field::protocol: return number(probe.udp ? 17 : 6);
    case Field::protocol4:
    case Field::protocol6:
      if (probe.ipv6 != (field == Field::protocol6)) return kAbsent;
      return number(probe.udp ? 17 : 6);
    case Field::source4:
    case Field::source6:
      if (probe.ipv6 != (field == Field::source6)) return kAbsent;
      return {Content::Kind::number, probe.source, {}};
    case Field::destination4:
    case Field::destination6:
      if (probe.ipv6 != (field == Field::destination6)) return kAbsent;
      return {Content::Kind::number, probe.destination, {}};
    case Field::source_port: return number(probe.source_port);
    case Field::destination_port: return number(probe.destination_port);
    case Field::tcp_source_port: return probe.udp ? kAbsent : number(probe.source_port);
    case Field::tcp_destination_port: return probe.udp ? kAbsent : number(probe.destination_port);
    case Field::udp_source_port: return probe.udp ? number(probe.source_port) : kAbsent;
    case Field::udp_destination_port: return probe.udp ? number(probe.destination_port) : kAbsent;
    case Field::tcp_flags: return probe.udp ? kAbsent : number(kSyn);
    case Field::icmp:
    case Field::output_interface: return kAbsent;
    case Field::interface: return {Content::Kind::name, {}, probe.interface};
    case Field::state: return rules.untracks ? kUnknown : number(kStateNew);
    case Field::status: return rules.translates ? kUnknown : number(0);
    case Field::mark: return rules.marks ? kUnknown : number(0);
    case Field::packet_type: return number(0);
    case Field::fib_type: return number(kLocal);
    case Field::other: break;
  }
  return kUnknown;
}

bool name_fits(std::string_view pattern, std::string_view name) {
  if (pattern.ends_with('*')) return name.starts_with(pattern.substr(0, pattern.size() - 1));
  return pattern == name;
}

Truth fits(const Content& content, const Values& values, const RuleCondition& condition) {
  if (values.unknown || content.kind == Content::Kind::unknown) return Truth::maybe;
  bool holds = false;
  if (content.kind == Content::Kind::name) {
    holds = name_fits(values.name, content.name);
  } else {
    Number value = content.number;
    if (condition.mask) value = {0, value.second & *condition.mask};
    holds = condition.way == RuleCondition::Way::any_bit
                ? (value.second & values.low.second) != 0
                : values.low <= value && value <= values.high;
  }
  return holds ? Truth::yes : Truth::no;
}

/// One packet's walk. What doesn't look at ports is remembered for the packets that differ in
/// nothing else.
class Walk {
 public:
  Walk(const Ruleset& rules, const Probe& probe) : rules_(rules), probe_(probe) {}

  void ports(std::uint16_t source, std::uint16_t destination) {
    probe_.source_port = source;
    probe_.destination_port = destination;
    done_.clear();
  }
  std::size_t steps() const { return steps_; }

  Outcome run() {
    Outcome outcome{true, false};
    for (const auto& [name, chain] : rules_.chains) {
      if (!concerns(chain)) continue;
      Outcome one = outcome_of(name, chain);
      if (chain.hook == "ingress" && chain.device.empty()) one.accepted = true;
      outcome.accepted = outcome.accepted && one.accepted;
      outcome.refused = outcome.refused || one.refused;
    }
    return outcome;
  }

 private:
  /// Where a chain leaves a packet, each possible or not.
  struct Ends {
    bool accepted = false;
    bool refused = false;
    bool on = false;  // goes on in the chain that called
  };

  bool concerns(const Chain& chain) const {
    if (chain.hook == "ingress" && !chain.device.empty() && chain.device != probe_.interface)
      return false;
    if (chain.hook != "ingress" && chain.hook != "prerouting" && chain.hook != "input")
      return false;
    return chain.family == "inet" || chain.family == "netdev" ||
           chain.family == (probe_.ipv6 ? "ip6" : "ip");
  }

  Outcome outcome_of(const std::string& name, const Chain& chain) {
    const Ends ends = walk(name);
    return {ends.accepted || (ends.on && !chain.refuses),
            ends.refused || (ends.on && chain.refuses)};
  }

  Truth holds(const RuleCondition& condition, std::size_t element) {
    Truth all = Truth::yes;
    for (std::size_t i = 0; i < condition.fields.size(); ++i) {
      const Field field = condition.fields[i];
      const auto& values = condition.elements[element];
      // By bits a condition changes its mind at more ports than are tried (`Ports`).
      const bool by_bits = condition.mask || condition.way == RuleCondition::Way::any_bit;
      const Truth one = by_bits && names_port(field) ? Truth::maybe
                        : i < values.size()
                            ? fits(content_of(rules_, probe_, field), values[i], condition)
                            : Truth::maybe;
      all = std::min(all, one);
    }
    return all;
  }

  Truth holds(const RuleCondition& condition) {
    const bool ports = std::ranges::any_of(condition.fields, names_port);
    if (!ports)
      if (const auto known = known_.find(&condition); known != known_.end()) return known->second;
    Truth any = Truth::no;
    steps_ += condition.elements.size();
    for (std::size_t i = 0; i < condition.elements.size() && any != Truth::yes; ++i)
      any = std::max(any, holds(condition, i));
    Truth truth = condition.negated ? negated(any) : any;
    for (const Field field : condition.fields)
      if (content_of(rules_, probe_, field).kind == Content::Kind::absent) truth = Truth::no;
    if (!ports) known_.emplace(&condition, truth);
    return truth;
  }

  /// A verdict that comes about: what it leads to, and whether the rules after it are still met.
  bool meet(const RuleVerdict& verdict, const std::string& scope, Ends& ends) {
    switch (verdict.fate) {
      case Fate::pass_on: return true;
      case Fate::accept: ends.accepted = true; return false;
      case Fate::drop: ends.refused = true; return false;
      case Fate::back: ends.on = true; return false;
      case Fate::unknown: ends.accepted = ends.refused = true; return true;
      case Fate::jump:
      case Fate::go_to: break;
    }
    const Ends inner = walk(scope + verdict.chain);
    ends.accepted = ends.accepted || inner.accepted;
    ends.refused = ends.refused || inner.refused;
    if (verdict.fate == Fate::jump) return inner.on;
    ends.on = ends.on || inner.on;
    return false;
  }

  /// True when the rule after this one may be met.
  bool apply(const Rule& rule, const std::string& scope, Ends& ends) {
    Truth all = rule.uncertain ? Truth::maybe : Truth::yes;
    for (const RuleCondition& condition : rule.conditions) {
      all = std::min(all, holds(condition));
      if (all == Truth::no) return true;
    }
    bool further = all != Truth::yes;
    Truth missed = Truth::yes;  // that no element of the map fits
    if (rule.key)
      for (std::size_t i = 0; i < rule.key->elements.size() && missed != Truth::no; ++i) {
        const Truth one = holds(*rule.key, i);
        if (one == Truth::no) continue;
        further = meet(rule.verdicts[i], scope, ends) || further;
        missed = std::min(missed, negated(one));
      }
    if (missed == Truth::no) return further;
    return meet(rule.verdict, scope, ends) || further;
  }

  Ends walk(const std::string& name) {
    if (const auto known = done_.find(name); known != done_.end()) return known->second;
    const auto found = rules_.chains.find(name);
    constexpr Ends kAny{true, true, true};
    if (found == rules_.chains.end() || !inside_.insert(name).second) return kAny;
    const std::string scope = found->second.family + " " + found->second.table + " ";
    Ends ends;
    bool further = true;
    for (const Rule& rule : found->second.rules) {
      ++steps_;
      further = apply(rule, scope, ends);
      if (!further) break;
    }
    ends.on = ends.on || further;
    inside_.erase(name);
    done_.emplace(name, ends);
    return ends;
  }

  const Ruleset& rules_;
  Probe probe_;
  std::unordered_map<std::string, Ends> done_;
  std::set<std::string> inside_;
  std::unordered_map<const RuleCondition*, Truth> known_;
  std::size_t steps_ = 0;
};

constexpr std::uint32_t kAllPorts = 65536;

/// The ports at which some condition changes its mind, of those to which a packet goes and of those
/// from which it comes. Between two cuts all ports fare alike.
struct Ports {
  std::set<std::uint32_t> cuts{1, kAllPorts};
  std::set<std::uint32_t> source_cuts{0, kAllPorts};
};

void note(const RuleCondition& condition, Ports& ports) {
  constexpr Number kLastPort{0, kAllPorts - 1};
  for (std::size_t i = 0; i < condition.fields.size(); ++i) {
    if (!names_port(condition.fields[i])) continue;
    const bool source = condition.fields[i] == Field::source_port ||
                        condition.fields[i] == Field::tcp_source_port ||
                        condition.fields[i] == Field::udp_source_port;
    auto& cuts = source ? ports.source_cuts : ports.cuts;
    for (const auto& element : condition.elements) {
      if (i >= element.size() || element[i].unknown || element[i].low > kLastPort) continue;
      const auto low = static_cast<std::uint32_t>(element[i].low.second);
      // What ends beyond the last port, as ">= 1024" does, ends there.
      const auto high = static_cast<std::uint32_t>(std::min(element[i].high, kLastPort).second);
      if (low > *cuts.begin()) cuts.insert(low);
      if (high + 1 > *cuts.begin()) cuts.insert(high + 1);
    }
  }
}

Ports ports_of(const Ruleset& rules) {
  Ports ports;
  for (const auto& [name, chain] : rules.chains)
    for (const Rule& rule : chain.rules) {
      for (const RuleCondition& condition : rule.conditions) note(condition, ports);
      if (rule.key) note(*rule.key, ports);
    }
  return ports;
}

constexpr std::size_t kMostSteps = 40'000'000;

void try_ports(Walk& walk, const Ports& ports, std::size_t& steps, Reach& into) {
  for (auto source = ports.source_cuts.begin(); std::next(source) != ports.source_cuts.end();
       ++source)
    for (auto cut = ports.cuts.begin(); std::next(cut) != ports.cuts.end(); ++cut) {
      Outcome outcome{true, true};
      if (steps < kMostSteps) {
        const std::size_t before = walk.steps();
        walk.ports(static_cast<std::uint16_t>(*source), static_cast<std::uint16_t>(*cut));
        outcome = walk.run();
        steps += walk.steps() - before;
      }
      if (!outcome.accepted) continue;
      for (std::uint32_t port = *cut; port < *std::next(cut); ++port) {
        into.unclear.set(port);
        if (!outcome.refused) into.open.set(port);
      }
    }
}

}  // namespace

Outcome walk(const Ruleset& rules, const Probe& probe) { return Walk(rules, probe).run(); }

std::vector<Reach> reach(const Ruleset& rules, const std::vector<WayIn>& entrances) {
  const Ports ports = ports_of(rules);
  std::vector<Reach> found;
  std::size_t steps = 0;
  for (const WayIn& entrance : entrances)
    for (const bool udp : {false, true}) {
      Reach one{entrance, udp, {}, {}};
      for (const Number& source : entrance.sources) {
        Walk walk(rules,
                  {entrance.ipv6, udp, source, entrance.destination, 0, 0, entrance.interface});
        try_ports(walk, ports, steps, one);
      }
      one.unclear &= ~one.open;
      found.push_back(std::move(one));
    }
  return found;
}

}  // namespace sekisho::filter
