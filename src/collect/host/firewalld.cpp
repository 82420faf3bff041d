// SPDX-License-Identifier: Apache-2.0
#include "collect/host/firewalld.h"

#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>
#include <pugixml.hpp>

namespace sekisho {
namespace filter {
namespace {

constexpr std::size_t kLongestXml = std::size_t{1} << 20U;

std::string_view attribute(const pugi::xml_node& node, const char* name) {
  return node.attribute(name).value();
}

RuleCondition is(Field field, Number low, Number high) {
  RuleCondition condition;
  condition.fields = {field};
  condition.elements = {{Values{low, high, {}, false}}};
  return condition;
}

/// "192.0.2.0/24", "2001:db8::1".
std::optional<RuleCondition> source(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto address = parse_address(text.substr(0, slash));
  if (!address) return std::nullopt;
  const std::int64_t bits = address->ipv6 ? 128 : 32;
  const std::int64_t length =
      slash == std::string_view::npos ? bits : whole_number(text.substr(slash + 1));
  if (length < 0 || length > bits) return std::nullopt;
  const auto ones = [](std::int64_t count) {
    return count <= 0 ? 0 : count >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << count) - 1;
  };
  const Number mask{ones(bits - length - 64), ones(bits - length)};
  const Number low{address->number.first & ~mask.first, address->number.second & ~mask.second};
  return is(address->ipv6 ? Field::source6 : Field::source4, low,
            {low.first | mask.first, low.second | mask.second});
}

Rule accepts() {
  Rule rule;
  rule.verdict = {Fate::accept, {}};
  return rule;
}

/// "80" or "1024-65535" of a protocol; nothing of protocols that no probe is of.
std::optional<Rule> ports(const pugi::xml_node& node, bool of_source) {
  const std::string protocol = lower(attribute(node, "protocol"));
  const std::string_view text = attribute(node, "port");
  Rule rule = accepts();
  const bool tcp = protocol == "tcp";
  if (!tcp && protocol != "udp" && protocol != "any" && !protocol.empty()) return std::nullopt;
  const std::size_t dash = text.find('-');
  const auto low = whole_number(text.substr(0, dash));
  const auto high = dash == std::string_view::npos ? low : whole_number(text.substr(dash + 1));
  if (protocol == "any" || protocol.empty() || (!text.empty() && (low < 0 || high > 65535))) {
    rule.uncertain = true;
    return rule;
  }
  rule.conditions.push_back(is(Field::protocol, {0, tcp ? 6U : 17U}, {0, tcp ? 6U : 17U}));
  if (text.empty()) return rule;  // a protocol, as old files have it
  rule.conditions.push_back(is(of_source ? Field::source_port : Field::destination_port,
                               {0, static_cast<std::uint64_t>(low)},
                               {0, static_cast<std::uint64_t>(high)}));
  return rule;
}

std::optional<Rule> protocol(const pugi::xml_node& node) {
  const std::string value = lower(attribute(node, "value"));
  Rule rule = accepts();
  if (value == "tcp" || value == "6")
    rule.conditions.push_back(is(Field::protocol, {0, 6}, {0, 6}));
  else if (value == "udp" || value == "17")
    rule.conditions.push_back(is(Field::protocol, {0, 17}, {0, 17}));
  else if (value == "all" || value == "any" || value == "ip" || value == "0")
    return rule;
  else
    return std::nullopt;
  return rule;
}

/// What elements of these names let in, in a zone, a rich rule and a service alike.
bool add_opening(const pugi::xml_node& node, std::vector<Rule>& rules) {
  const std::string_view name = node.name();
  std::optional<Rule> rule;
  if (name == "port" || name == "source-port")
    rule = ports(node, name == "source-port");
  else if (name == "protocol")
    rule = protocol(node);
  else if (name == "forward-port")
    // To another machine it doesn't come here; to another port of this one it comes in.
    rule = attribute(node, "to-addr").empty() ? ports(node, false) : std::nullopt;
  else
    return false;
  if (rule) rules.push_back(std::move(*rule));
  return true;
}

bool says_nothing(std::string_view name) {
  constexpr std::array<std::string_view, 14> kNames{
      "short",     "description",  "icmp-block", "icmp-block-inversion",
      "icmp-type", "log",          "nflog",      "audit",
      "mark",      "module",       "helper",     "masquerade",
      "forward",   "tcp-mss-clamp"};
  return name.empty() || std::ranges::find(kNames, name) != kNames.end();
}

/// A rich rule (firewalld.richlanguage(5)). One that refuses only takes away.
void add_rich(const pugi::xml_node& node, Zone& zone) {
  bool lets_in = false;
  bool uncertain = false;
  bool narrows = false;
  std::optional<RuleCondition> from;
  std::vector<Rule> rules;
  std::vector<std::string> services;
  for (const pugi::xml_node& part : node.children()) {
    const std::string_view name = part.name();
    if (name == "accept") {
      lets_in = true;
      uncertain = uncertain || part.first_child();  // a limit
    } else if (name == "source") {
      from = source(attribute(part, "address"));
      if (!from || !attribute(part, "invert").empty()) uncertain = true;
      if (uncertain) from.reset();
    } else if (name == "destination") {
      uncertain = true;
    } else if (name == "service") {
      services.emplace_back(attribute(part, "name"));
      narrows = true;
    } else if (name == "icmp-type" || name == "icmp-block" || name == "masquerade" ||
               add_opening(part, rules)) {
      narrows = true;
    } else if (name != "reject" && name != "drop" && !says_nothing(name)) {
      zone.not_understood.emplace_back(name);
    }
  }
  if (!lets_in) return;
  for (std::string& service : services) zone.rich_services.emplace_back(std::move(service), from);
  if (!narrows) rules.push_back(accepts());
  for (Rule& rule : rules) {
    if (from) rule.conditions.push_back(*from);
    rule.uncertain = rule.uncertain || uncertain;
    zone.chain.rules.push_back(std::move(rule));
  }
}

}  // namespace

std::optional<Zone> parse_zone(std::string_view xml) {
  pugi::xml_document document;
  if (xml.size() > kLongestXml || !document.load_buffer(xml.data(), xml.size()))
    return std::nullopt;
  const pugi::xml_node root = document.child("zone");
  if (!root) return std::nullopt;
  Zone zone;
  const std::string_view target = attribute(root, "target");
  zone.accepts_rest = target == "ACCEPT";
  zone.leaves_rest = target.empty() || target == "default";
  if (!zone.accepts_rest && !zone.leaves_rest && target != "DROP" && target != "%%REJECT%%" &&
      target != "REJECT")
    zone.not_understood.push_back("target=" + std::string(target));
  for (const pugi::xml_node& node : root.children()) {
    const std::string_view name = node.name();
    if (name == "interface") {
      zone.interfaces.emplace_back(attribute(node, "name"));
    } else if (name == "source") {
      if (auto from = source(attribute(node, "address")))
        zone.sources.push_back(std::move(*from));
      else
        zone.not_understood.emplace_back("source");  // a set, or a hardware address
    } else if (name == "service") {
      zone.services.emplace_back(attribute(node, "name"));
    } else if (name == "rule") {
      add_rich(node, zone);
    } else if (!add_opening(node, zone.chain.rules) && !says_nothing(name)) {
      zone.not_understood.emplace_back(name);
    }
  }
  return zone;
}

std::optional<ZoneService> parse_zone_service(std::string_view xml) {
  pugi::xml_document document;
  if (xml.size() > kLongestXml || !document.load_buffer(xml.data(), xml.size()))
    return std::nullopt;
  const pugi::xml_node root = document.child("service");
  if (!root) return std::nullopt;
  ZoneService service;
  for (const pugi::xml_node& node : root.children()) {
    const std::string_view name = node.name();
    if (name == "include")
      service.includes.emplace_back(attribute(node, "service"));
    else if (!add_opening(node, service.rules) && !says_nothing(name) && name != "destination")
      service.not_understood.emplace_back(name);
  }
  return service;
}

}  // namespace filter

namespace {

using namespace filter;  // NOLINT(google-build-using-namespace): this file is about it

constexpr std::size_t kDeepestService = 8;

/// Reads all zones of a machine and joins them into one ruleset.
class Firewalld {
 public:
  explicit Firewalld(const Machine& machine) : machine_(machine) {}

  std::optional<Ruleset> read() {
    const auto text = machine_.read("/etc/firewalld/firewalld.conf");
    auto settings = parse_assignments(text ? *text : std::string());
    default_ = settings["DefaultZone"].empty() ? "public" : settings["DefaultZone"];
    drifts_ = lower(settings["AllowZoneDrifting"]) == "yes";
    machine_.compared(
        text ? line_of("/etc/firewalld/firewalld.conf", *text, "DefaultZone") : "/etc/firewalld/*",
        "DefaultZone=" + default_, "refuses");
    if (!nothing_beside() || !read_zones()) return std::nullopt;
    if (!zones_.contains(default_)) {
      machine_.not_understood("/etc/firewalld/firewalld.conf", "DefaultZone=" + default_);
      return std::nullopt;
    }
    bind_connections();
    return joined();
  }

 private:
  /// Rules that stand beside the zones: direct ones, and policies for what comes to this machine.
  bool nothing_beside() {
    if (const auto direct = machine_.read("/etc/firewalld/direct.xml");
        direct && (direct->contains("<rule") || direct->contains("<passthrough"))) {
      machine_.not_understood("/etc/firewalld/direct.xml");
      return false;
    }
    for (const char* folder : {"/etc/firewalld/policies", "/usr/lib/firewalld/policies"})
      for (const std::string& path : files_in(machine_, folder, ".xml")) {
        const auto text = machine_.read(path);
        // The one that firewalld brings lets ICMPv6 in, which no connection is of.
        if (path.ends_with("/allow-host-ipv6.xml")) continue;
        if (!text || to_host(*text)) {
          machine_.not_understood(path);
          return false;
        }
      }
    return true;
  }

  static bool to_host(const std::string& xml) {
    pugi::xml_document document;
    if (!document.load_buffer(xml.data(), xml.size())) return true;
    bool host = false;
    bool from_inside = true;
    for (const pugi::xml_node& node : document.child("policy").children()) {
      const std::string_view name = node.attribute("name").value();
      if (std::string_view(node.name()) == "egress-zone") host = host || name == "HOST";
      if (std::string_view(node.name()) == "ingress-zone")
        from_inside = from_inside && (name.starts_with("libvirt") || name.starts_with("docker"));
    }
    return host && !from_inside;
  }

  /// A file of the administrator's stands for the one of the same name that firewalld brings.
  std::string place(const char* kind, const std::string& name) const {
    const std::string own = fmt::format("/etc/firewalld/{}/{}.xml", kind, name);
    return machine_.exists(own) ? own : fmt::format("/usr/lib/firewalld/{}/{}.xml", kind, name);
  }

  bool read_zones() {
    std::set<std::string> names;
    for (const char* folder : {"/etc/firewalld/zones", "/usr/lib/firewalld/zones"})
      for (const std::string& path : files_in(machine_, folder, "")) {
        const auto facts = machine_.facts(path);
        if (facts && S_ISDIR(facts->mode)) {  // parts that firewalld joins
          machine_.not_understood(path);
          return false;
        }
        if (path.ends_with(".xml"))
          names.insert(path.substr(path.rfind('/') + 1, path.size() - path.rfind('/') - 5));
      }
    return std::ranges::all_of(names, [&](const std::string& name) { return add_zone(name); });
  }

  bool add_zone(const std::string& name) {
    const std::string path = place("zones", name);
    const auto text = machine_.read(path);
    auto zone = text ? parse_zone(*text) : std::nullopt;
    if (!zone) {
      machine_.not_understood(path);
      return false;
    }
    // What isn't known matters where the zone is in use.
    const bool used = name == default_ || !zone->interfaces.empty() || !zone->sources.empty();
    for (const std::string& what : zone->not_understood)
      if (used || what == "source") {
        machine_.not_understood(path, what);
        return false;
      }
    for (const std::string& service : zone->services)
      if (!add_service(service, std::nullopt, zone->chain.rules, 0)) return false;
    for (const auto& [service, from] : zone->rich_services)
      if (!add_service(service, from, zone->chain.rules, 0)) return false;
    zones_.emplace(name, std::move(*zone));
    return true;
  }

  bool add_service(const std::string& name, const std::optional<RuleCondition>& from,
                   std::vector<Rule>& into, std::size_t depth) {
    const std::string path = place("services", name);
    const auto text = machine_.read(path);
    // firewalld leaves out a service that it doesn't have.
    if (!text && text.error() == FileProblem::missing) return true;
    auto service = text ? parse_zone_service(*text) : std::nullopt;
    if (!service || !service->not_understood.empty() || depth > kDeepestService) {
      machine_.not_understood(path);
      return false;
    }
    for (Rule& rule : service->rules) {
      if (from) rule.conditions.push_back(*from);
      into.push_back(std::move(rule));
    }
    return std::ranges::all_of(service->includes, [&](const std::string& other) {
      return add_service(other, from, into, depth + 1);
    });
  }

  /// Connections that NetworkManager and the old scripts put into a zone, under a name of our own:
  /// what interface they will have isn't known.
  void bind_connections() {
    const auto bind = [&](const std::string& zone) {
      if (const auto found = zones_.find(zone); found != zones_.end())
        found->second.interfaces.push_back("zone-" + zone);
    };
    for (const std::string& path : files_in(machine_, "/etc/NetworkManager/system-connections", ""))
      if (const auto text = machine_.read(path)) {
        const auto lines = parse_ini(*text);
        const std::string type = ini_value(lines, "connection", "type").value_or("");
        if (type != "vpn" && type != "wireguard" && type != "tun" && type != "loopback")
          bind(ini_value(lines, "connection", "zone").value_or(""));
      }
    for (const std::string& path : files_in(machine_, "/etc/sysconfig/network-scripts", ""))
      if (path.contains("/ifcfg-"))
        if (const auto text = machine_.read(path)) bind(parse_assignments(*text)["ZONE"]);
  }

  static Rule to(const std::string& zone, bool comes_back) {
    Rule rule;
    rule.verdict = {comes_back ? Fate::jump : Fate::go_to, "zone_" + zone};
    return rule;
  }

  Ruleset joined() {
    Ruleset rules;
    Chain input{"inet", "firewalld", "INPUT", "input", {}, 10, true, {}};
    Rule inside;
    inside.conditions.push_back(from_interface("lo"));
    inside.verdict = {Fate::accept, {}};
    input.rules.push_back(std::move(inside));
    for (const auto& [name, zone] : zones_)
      for (const RuleCondition& source : zone.sources) {
        Rule rule = to(name, drifts_);
        rule.conditions.push_back(source);
        input.rules.push_back(std::move(rule));
      }
    for (const auto& [name, zone] : zones_)
      for (const std::string& interface : zone.interfaces) {
        Rule rule = to(name, false);
        rule.conditions.push_back(from_interface(interface));
        input.rules.push_back(std::move(rule));
      }
    input.rules.push_back(to(default_, false));
    for (auto& [name, zone] : zones_) {
      Chain chain{"inet", "firewalld", "zone_" + name, {}, {}, 0, false, {}};
      chain.rules = std::move(zone.chain.rules);
      Rule rest;
      rest.verdict = {zone.accepts_rest ? Fate::accept : Fate::drop, {}};
      if (!(drifts_ && zone.leaves_rest)) chain.rules.push_back(std::move(rest));
      rules.chains.emplace("inet firewalld zone_" + name, std::move(chain));
    }
    rules.chains.emplace("inet firewalld INPUT", std::move(input));
    return rules;
  }

  /// '+' at the end stands for any rest, as in iptables.
  static RuleCondition from_interface(std::string name) {
    if (name.ends_with('+')) name.back() = '*';
    RuleCondition condition;
    condition.fields = {Field::interface};
    condition.elements = {{Values{{}, {}, std::move(name), false}}};
    return condition;
  }

  const Machine& machine_;
  std::string default_;
  bool drifts_ = false;
  std::map<std::string, Zone> zones_;
};

}  // namespace

std::optional<Ruleset> firewalld_rules(const Machine& machine) { return Firewalld(machine).read(); }

}  // namespace sekisho
