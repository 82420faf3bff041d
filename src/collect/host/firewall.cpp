// SPDX-License-Identifier: Apache-2.0
// Whether the packet filter refuses what comes from outside, by what it does to packets.
#include "collect/host/firewall.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netpacket/packet.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include <fmt/format.h>

#include "collect/host/firewall_files.h"
#include "collect/host/own_commands.h"
#include "collect/host/units.h"

namespace sekisho {

using namespace filter;  // NOLINT(google-build-using-namespace): this file is about it

namespace {

/// So many ports may be opened one by one, or in ranges such as mosh's; with more, refusing is no
/// longer what happens by default.
constexpr std::size_t kMostOpenPorts = 4096;

Number number_of(std::string_view address) {
  const auto parsed = parse_address(address);
  return parsed ? parsed->number : Number{};
}

/// A host on the internet, and a neighbour in the same network: a rule that lets in everybody at
/// the café lets in strangers.
std::vector<Number> senders(const PacketAddress& own) {
  std::vector<Number> all{number_of(own.ipv6 ? "2606:2800:220:1::7777" : "93.184.216.77")};
  Number neighbour = own.number;
  neighbour.second ^= 3U;
  all.push_back(neighbour);
  if (own.ipv6) all.push_back(number_of("fe80::7777:77ff:fe77:7777"));
  return all;
}

/// A name that leads to this machine's own virtual machines and containers, or through a tunnel.
bool inner_name(std::string_view interface) {
  for (const char* start : {"docker", "br-", "veth", "virbr", "cni", "flannel", "lxcbr", "lxdbr",
                            "incusbr", "podman", "tun", "tap", "wg", "tailscale"})
    if (interface.starts_with(start)) return true;
  return interface == "lo";
}

bool inner(const Machine& machine, const std::string& interface) {
  const auto type = machine.read("/sys/class/net/" + interface + "/type", 32);
  return (type && trim(*type) == "65534") || inner_name(interface);
}

/// Addresses of documentation (RFC 5737, RFC 3849), for those that a machine may have.
const PacketAddress& supposed_address(bool ipv6) {
  static const PacketAddress four{number_of("192.0.2.10"), false};
  static const PacketAddress six{number_of("2001:db8::10"), true};
  return ipv6 ? six : four;
}

/// Whether an interface gets an address of its own as soon as a network has IPv6.
bool takes_ipv6(const Machine& machine, const std::string& interface) {
  const auto off = machine.read("/proc/sys/net/ipv6/conf/" + interface + "/disable_ipv6", 32);
  return off && trim(*off) == "0";
}

/// Every address of this machine that others can send to, and, for what has none of a kind right
/// now (a cable that isn't in, a network without IPv6), one that it may have tomorrow.
std::vector<WayIn> entrances(const Machine& machine) {
  ifaddrs* list = nullptr;
  std::vector<WayIn> outer;
  std::vector<WayIn> all;
  std::set<std::tuple<std::string, bool, Number>> seen;
  std::map<std::string, std::set<bool>> families;  // of Ethernet and Wi-Fi: which they have
  if (::getifaddrs(&list) != 0) return {};
  for (const ifaddrs* one = list; one != nullptr; one = one->ifa_next) {
    if (one->ifa_addr == nullptr || (one->ifa_flags & IFF_LOOPBACK) != 0) continue;
    const int family = one->ifa_addr->sa_family;
    if (family == AF_PACKET &&
        reinterpret_cast<const sockaddr_ll*>(one->ifa_addr)->sll_hatype == ARPHRD_ETHER &&
        !inner_name(one->ifa_name))
      families.try_emplace(one->ifa_name);
    if ((one->ifa_flags & IFF_UP) == 0) continue;
    if (family != AF_INET && family != AF_INET6) continue;
    std::array<char, INET6_ADDRSTRLEN> text{};
    const void* where = family == AF_INET
                            ? static_cast<const void*>(
                                  &reinterpret_cast<const sockaddr_in*>(one->ifa_addr)->sin_addr)
                            : &reinterpret_cast<const sockaddr_in6*>(one->ifa_addr)->sin6_addr;
    ::inet_ntop(family, where, text.data(), text.size());
    const auto own = parse_address(text.data());
    const std::string name = one->ifa_name;
    if (!own || !seen.emplace(name, own->ipv6, own->number).second) continue;
    if (const auto at = families.find(name); at != families.end()) at->second.insert(own->ipv6);
    all.push_back({name, own->ipv6, own->number, senders(*own)});
    if (!inner(machine, name)) outer.push_back(all.back());
  }
  ::freeifaddrs(list);
  for (const auto& [name, has] : families)
    for (const bool ipv6 : {false, true}) {
      if (has.contains(ipv6) || (ipv6 && !takes_ipv6(machine, name))) continue;
      const PacketAddress& own = supposed_address(ipv6);
      outer.push_back({name, ipv6, own.number, senders(own)});
    }
  return outer.empty() ? all : outer;
}

/// The interfaces that rules name, besides one that none does: which of them a machine that doesn't
/// run will have isn't known, so each is tried.
std::set<std::string> named_interfaces(const Ruleset& rules) {
  std::set<std::string> names{"eth0"};
  const auto note = [&](const RuleCondition& condition) {
    for (std::size_t i = 0; i < condition.fields.size(); ++i)
      for (const auto& element : condition.elements) {
        if (condition.fields[i] != Field::interface || i >= element.size()) continue;
        std::string name = element[i].name;
        if (name.ends_with('*')) name.back() = '0';
        if (!name.empty() && !inner_name(name)) names.insert(std::move(name));
      }
  };
  for (const auto& [id, chain] : rules.chains)
    for (const Rule& rule : chain.rules) {
      for (const RuleCondition& condition : rule.conditions) note(condition);
      if (rule.key) note(*rule.key);
    }
  return names;
}

/// Where a machine without an address, or one that doesn't run, would be reached.
std::vector<WayIn> supposed(const Ruleset& rules, bool ipv6) {
  std::vector<WayIn> all;
  for (const std::string& name : named_interfaces(rules))
    for (const bool six : {false, true}) {
      if (six && !ipv6) continue;
      const PacketAddress& own = supposed_address(six);
      all.push_back({name, six, own.number, senders(own)});
    }
  return all;
}

/// "22/tcp, 60000-61000/udp".
void name_ports(const std::bitset<65536>& ports, bool udp, std::set<std::string>& into) {
  for (std::size_t port = 1; port < ports.size(); ++port) {
    if (!ports.test(port)) continue;
    const std::size_t first = port;
    while (port + 1 < ports.size() && ports.test(port + 1)) ++port;
    into.insert(first == port ? fmt::format("{}/{}", port, udp ? "udp" : "tcp")
                              : fmt::format("{}-{}/{}", first, port, udp ? "udp" : "tcp"));
  }
}

/// Notes how many ports of an entrance let in what is new.
void note(const Machine& machine, const Compared& source, const Reach& one) {
  std::set<std::string> open;
  name_ports(one.open | one.unclear, one.udp, open);
  Compared line = source;
  line.seen =
      fmt::format("{} {} {}: {} / 65535{}{}", one.entrance.interface,
                  one.entrance.ipv6 ? "IPv6" : "IPv4", one.udp ? "UDP" : "TCP", one.open.count(),
                  one.unclear.any() ? fmt::format(" (? {})", one.unclear.count()) : std::string(),
                  open.empty() ? std::string() : ": " + listed({open.begin(), open.end()}));
  line.limit = fmt::format("<= {}", kMostOpenPorts);
  machine.compared(std::move(line));
}

/// Whether anybody at all may have an address (IANA's special-purpose address registries).
bool of_anybody(const Number& address, bool ipv6) {
  if (ipv6) return address.first >> 61U == 1;  // 2000::/3
  const std::uint64_t value = address.second;
  const auto within = [value](std::uint64_t network, unsigned length) {
    return (value >> (32U - length)) == (network >> (32U - length));
  };
  return value >> 24U != 0 && value >> 24U < 224 && !within(0x0A000000, 8) &&
         !within(0x7F000000, 8) && !within(0x64400000, 10) && !within(0xA9FE0000, 16) &&
         !within(0xAC100000, 12) && !within(0xC0A80000, 16);
}

/// Strangers in, and just outside of, each part of the internet that rules name and that is as wide
/// as 16 million IPv4 addresses, or an IPv6 provider's: whom such a rule lets in nobody chose.
std::vector<Number> strangers(const Ruleset& rules, bool ipv6) {
  constexpr std::size_t kMostStrangers = 12;
  constexpr std::uint64_t kWide = (std::uint64_t{1} << 24U) - 1;
  constexpr std::uint64_t kWideSix = (std::uint64_t{1} << 32U) - 1;
  std::set<Number> found;
  const auto add = [&](std::uint64_t value) {
    const Number one = ipv6 ? Number{value, 0x7777} : Number{0, value};
    if (of_anybody(one, ipv6) && found.size() < kMostStrangers) found.insert(one);
  };
  const auto note = [&](const RuleCondition& condition) {
    const Field wanted = ipv6 ? Field::source6 : Field::source4;
    for (std::size_t i = 0; i < condition.fields.size(); ++i)
      for (const auto& element : condition.elements) {
        if (condition.fields[i] != wanted || i >= element.size() || element[i].unknown) continue;
        const auto half = [&](const Number& of) { return ipv6 ? of.first : of.second; };
        const std::uint64_t low = half(element[i].low);
        const std::uint64_t high = half(element[i].high);
        if (high < low || high - low < (ipv6 ? kWideSix : kWide)) continue;
        add(low + (high - low) / 2);
        add(low - 1);
        add(high + 1);
      }
  };
  for (const auto& [id, chain] : rules.chains)
    for (const Rule& rule : chain.rules) {
      for (const RuleCondition& condition : rule.conditions) note(condition);
      if (rule.key) note(*rule.key);
    }
  return {found.begin(), found.end()};
}

std::vector<WayIn> with_strangers(std::vector<WayIn> from, const Ruleset& rules) {
  for (WayIn& one : from)
    for (const Number& stranger : strangers(rules, one.ipv6)) one.sources.push_back(stranger);
  return from;
}

/// What the rules do to packets from outside; `source` is where the rules were had from.
Finding judge(const Machine& machine, const Ruleset& rules, const std::vector<WayIn>& from,
              std::string_view tool, const Compared& source) {
  std::set<std::string> open;
  std::optional<Finding> unclear;
  for (const Reach& one : reach(rules, with_strangers(from, rules))) {
    note(machine, source, one);
    const std::string way = fmt::format("{}, {}, {}", one.entrance.ipv6 ? "IPv6" : "IPv4",
                                        one.udp ? "UDP" : "TCP", one.entrance.interface);
    if (one.open.count() > kMostOpenPorts)
      return fail(fmt::format("外からの新しい通信が {} 個のポートで通ります（{}、{}）",
                              one.open.count(), way, tool),
                  fmt::format("new traffic from outside is let through at {} ports ({}; {})",
                              one.open.count(), way, tool));
    if (one.open.count() + one.unclear.count() > kMostOpenPorts)
      unclear = unknown(
          fmt::format("外からの通信が通るかどうか、規則（{}）から言い切れません（{}）。別の機器から"
                      "ポートを調べて確かめてください",
                      tool, way),
          fmt::format("the rules ({}) leave open whether traffic from outside is let through ({}); "
                      "scan the ports from another machine",
                      tool, way));
    name_ports(one.open | one.unclear, one.udp, open);
  }
  if (unclear) return *unclear;
  if (open.empty())
    return pass(fmt::format("外からの新しい通信をすべて断ります（{}）", tool),
                fmt::format("new traffic from outside is refused at every port ({})", tool));
  const std::string names = listed({open.begin(), open.end()});
  return pass(
      fmt::format("外からの新しい通信を断ります（{}）。開けてあるポート: {}", tool, names),
      fmt::format("new traffic from outside is refused ({}); open on purpose: {}", tool, names));
}

// --- a system that doesn't run -------------------------------------------------------------------

/// The rules that ufw loads: its own order of chains, with those of its files in them.
std::optional<Ruleset> ufw_rules(const Machine& machine, bool ipv6, bool refuses) {
  const std::string six = ipv6 ? "6" : "";
  Ruleset rules;
  for (const char* name : {"before", "user", "after"}) {
    const std::string path = fmt::format("/etc/ufw/{}{}.rules", name, six);
    const auto text = machine.read(path);
    if (!text || !parse_iptables(*text, ipv6, rules)) {
      machine.not_understood(path);
      return std::nullopt;
    }
  }
  const std::string family = ipv6 ? "ip6" : "ip";
  Chain input{family, "filter", "INPUT", "input", {}, 0, refuses, {}};
  for (const char* part : {"before-input", "after-input"}) {
    Rule rule;
    rule.verdict = {Fate::jump, fmt::format("ufw{}-{}", six, part)};
    input.rules.push_back(std::move(rule));
  }
  // Chains that ufw makes itself and leaves empty, or that only log.
  for (const char* empty : {"user-input", "not-local", "skip-to-policy-input", "logging-deny"}) {
    Chain chain{family, "filter", fmt::format("ufw{}-{}", six, empty), {}, {}, 0, false, {}};
    if (std::string_view(empty) == "skip-to-policy-input") {
      Rule rule;
      rule.verdict = {refuses ? Fate::drop : Fate::accept, {}};
      chain.rules.push_back(std::move(rule));
    }
    rules.chains.emplace(family + " filter " + chain.name, std::move(chain));
  }
  // before-input ends with user-input, whose jump ufw adds itself.
  Rule user;
  user.verdict = {Fate::jump, fmt::format("ufw{}-user-input", six)};
  rules.chains[fmt::format("{} filter ufw{}-before-input", family, six)].rules.push_back(user);
  rules.chains[family + " filter INPUT"] = std::move(input);
  return rules;
}

/// ufw as it would start; nothing when it isn't installed.
std::optional<Finding> configured_ufw(const Machine& machine) {
  const auto& packages = machine.packages();
  const bool installed =
      packages ? packages->find("ufw") != nullptr : !machine.program("ufw").empty();
  const auto ufw = machine.read("/etc/ufw/ufw.conf");
  if (!installed || !ufw) return std::nullopt;
  const std::string enabled = lower(parse_assignments(*ufw)["ENABLED"]);
  machine.compared(line_of("/etc/ufw/ufw.conf", *ufw, "ENABLED"), "ENABLED=" + enabled, "yes");
  if (enabled != "yes")
    return fail("ufw が有効ではありません（/etc/ufw/ufw.conf）",
                "ufw is not enabled (/etc/ufw/ufw.conf)");
  const UnitState state = note_unit(machine, "ufw.service", {"ufw-init"});
  if (state == UnitState::masked || state == UnitState::disabled || state == UnitState::changed)
    return fail("ufw.service が起動しない設定です", "ufw.service does not start");
  const auto defaults = machine.read("/etc/default/ufw");
  if (!defaults) return unreadable("/etc/default/ufw", defaults.error());
  auto values = parse_assignments(*defaults);
  const std::string policy = values["DEFAULT_INPUT_POLICY"];
  const bool refuses = policy == "DROP" || policy == "REJECT";
  Ruleset rules;
  const bool ipv6 = lower(values["IPV6"]) != "no";
  for (const bool six : {false, true}) {
    if (six && !ipv6) continue;
    auto one = ufw_rules(machine, six, refuses);
    if (!one) return std::nullopt;
    rules.chains.merge(one->chains);
    rules.marks = rules.marks || one->marks;
    rules.untracks = rules.untracks || one->untracks;
  }
  machine.compared(line_of("/etc/default/ufw", *defaults, "DEFAULT_INPUT_POLICY"),
                   "DEFAULT_INPUT_POLICY=" + policy, "DROP, REJECT");
  return judge(machine, rules, supposed(rules, ipv6),
               fmt::format("ufw, DEFAULT_INPUT_POLICY={}", printable(policy, 20)),
               {.place = "/etc/ufw/*.rules"});
}

constexpr std::array kLoaders{"nftables.service", "firewalld.service",
                              "netfilter-persistent.service", "iptables.service",
                              "shorewall.service"};

/// What the one service that loads rules would load. Of several the order decides, which only the
/// running system shows.
Finding configured_firewall(const Machine& machine) {
  const auto ufw = configured_ufw(machine);
  std::vector<std::string> loaders;
  if (ufw && ufw->verdict != Verdict::fail) loaders.emplace_back("ufw.service");
  for (const char* unit : kLoaders)
    if (unit_state(machine, unit) == UnitState::enabled) loaders.emplace_back(unit);
  if (loaders.size() > 1)
    return unknown(
        fmt::format("{} がそれぞれ規則を入れます。動いているときに sudo sekisho check で確かめて"
                    "ください",
                    listed(loaders)),
        fmt::format("{} each load rules; judge them while they run, by sudo sekisho check",
                    listed(loaders)));
  if (ufw && (loaders.empty() || loaders.front() == "ufw.service")) return *ufw;
  if (loaders.empty())
    return unknown("動いていないシステムの規則は確かめられません",
                   "the rules of a system that isn't running cannot be seen");
  const UnitState state = note_unit(machine, loaders.front(),
                                    {"nft", "firewalld", "netfilter-persistent", "iptables.init",
                                     "iptables-restore", "shorewall"});
  if (state != UnitState::enabled)
    return unknown(fmt::format("{} は規則を入れないように変えられています", loaders.front()),
                   fmt::format("{} was changed so that it loads no rules", loaders.front()));
  const auto loaded = rules_of_service(machine, loaders.front());
  if (!loaded) return loaded.error();
  return judge(machine, loaded->rules, supposed(loaded->rules, true), loaded->tool, loaded->source);
}

/// What else this machine runs that may change the rules, once they are loaded or before: their own
/// files don't show it.
std::optional<Finding> changed_elsewhere(const Machine& machine) {
  constexpr std::array kPrograms{"iptables",
                                 "ip6tables",
                                 "iptables-restore",
                                 "ip6tables-restore",
                                 "iptables-nft",
                                 "iptables-legacy",
                                 "ip6tables-legacy",
                                 "xtables-multi",
                                 "nft",
                                 "ebtables",
                                 "ufw",
                                 "firewall-cmd",
                                 "firewall-offline-cmd"};
  constexpr std::array kServices{"ufw", "nftables", "firewalld", "netfilter-persistent",
                                 "iptables"};
  for (const OwnCommand& one : own_commands(machine)) {
    const bool loader =
        one.unit == "ufw.service" || std::ranges::find(kLoaders, one.unit) != kLoaders.end();
    if (loader) continue;  // judged by what it starts
    const bool touches =
        std::ranges::any_of(kPrograms,
                            [&](const char* program) {
                              return word_at(one.line, program) != std::string_view::npos;
                            }) ||
        (word_at(one.line, "systemctl") != std::string_view::npos &&
         std::ranges::any_of(kServices, [&](const char* service) {
           return one.line.find(service) != std::string::npos;
         }));
    if (!touches) continue;
    machine.compared(one.place, printable(one.line, 80), "-");
    return unknown(
        fmt::format(
            "{} も通信の規則を変えます。動いているときに sudo sekisho check で確かめてください",
            one.place),
        fmt::format("{} changes the rules as well; judge them while it runs, by sudo sekisho check",
                    one.place));
  }
  return std::nullopt;
}

// --- the running system --------------------------------------------------------------------------

/// The tables of iptables that the kernel holds outside nftables, or that nft can't name whole.
std::optional<Finding> add_iptables(const Machine& machine, const std::string& program, bool ipv6,
                                    Ruleset& rules) {
  const auto output = machine.run({program});
  if (!output) return unanswered(program, output.error());
  if (output->exit_code != 0) return unanswered(program, ProcessProblem::failed);
  Ruleset told;
  parse_iptables(output->out, ipv6, told);
  std::set<std::string> tables;
  for (const auto& [name, chain] : told.chains) tables.insert(chain.table);
  std::erase_if(rules.chains, [&](const auto& entry) {
    return entry.second.family == (ipv6 ? "ip6" : "ip") && tables.contains(entry.second.table);
  });
  rules.chains.merge(told.chains);
  rules.marks = rules.marks || told.marks;
  rules.untracks = rules.untracks || told.untracks;
  return std::nullopt;
}

/// Legacy tables, which nft doesn't see: the packet must pass them too. They are kept under names
/// of their own.
std::optional<Finding> add_legacy(const Machine& machine, Ruleset& rules) {
  for (const bool ipv6 : {false, true}) {
    const auto names =
        machine.read(ipv6 ? "/proc/net/ip6_tables_names" : "/proc/net/ip_tables_names");
    if (!names || trim(*names).empty()) continue;
    const std::string program =
        machine.program(ipv6 ? "ip6tables-legacy-save" : "iptables-legacy-save");
    if (program.empty()) {
      machine.gap(unanswered(ipv6 ? "ip6tables-legacy-save" : "iptables-legacy-save",
                             ProcessProblem::missing));
      continue;
    }
    Ruleset legacy;
    if (auto problem = add_iptables(machine, program, ipv6, legacy)) return problem;
    for (auto& [name, chain] : legacy.chains) {
      Chain own = std::move(chain);
      own.table = "legacy-" + own.table;
      rules.chains[own.family + " " + own.table + " " + own.name] = std::move(own);
    }
    rules.marks = rules.marks || legacy.marks;
    rules.untracks = rules.untracks || legacy.untracks;
  }
  return std::nullopt;
}

std::expected<Ruleset, Finding> nft_rules(const Machine& machine, const std::string& nft) {
  const auto output = machine.run({nft, "-j", "list", "ruleset"});
  if (!output) return std::unexpected(unanswered(nft, output.error()));
  if (output->exit_code != 0) return std::unexpected(unanswered(nft, ProcessProblem::failed));
  const auto listing = machine.run({nft, "-t", "list", "ruleset"});
  if (!listing) return std::unexpected(unanswered(nft, listing.error()));
  if (listing->exit_code != 0) return std::unexpected(unanswered(nft, ProcessProblem::failed));
  auto rules = parse_nft(output->out, listing->out);
  if (!rules) return std::unexpected(unknown(rules.error().message.ja, rules.error().message.en));
  for (const bool ipv6 : {false, true}) {
    const std::string family = ipv6 ? "ip6" : "ip";
    const bool foreign = std::ranges::any_of(
        rules->foreign, [&](const auto& table) { return table.first == family; });
    const std::string program = machine.program(ipv6 ? "ip6tables-save" : "iptables-save");
    if (!foreign || program.empty()) continue;
    if (auto problem = add_iptables(machine, program, ipv6, *rules))
      return std::unexpected(*problem);
  }
  return std::move(*rules);
}

/// The kernel has no packet filter loaded, so nothing can refuse.
bool no_filter(const Machine& machine) {
  const auto modules = machine.read("/proc/modules");
  if (!modules) return false;
  for (const std::string_view line : split(*modules, '\n'))
    if (line.starts_with("nf_tables ") || line.starts_with("ip_tables ")) return false;
  return true;
}

/// Whether the program that manages the rules says that they are in force; nothing where none is
/// meant to, or it doesn't answer.
std::optional<std::pair<std::string, bool>> told_by_manager(const Machine& machine) {
  const auto ufw = machine.read("/etc/ufw/ufw.conf");
  if (const std::string program = machine.program("ufw");
      ufw && !program.empty() && lower(parse_assignments(*ufw)["ENABLED"]) == "yes")
    if (const auto answer = machine.run({program, "status"}); answer && answer->exit_code == 0)
      return std::pair("ufw status", answer->out.contains("Status: active"));
  if (const std::string program = machine.program("firewall-cmd");
      !program.empty() && unit_state(machine, "firewalld.service") == UnitState::enabled)
    if (const auto answer = machine.run({program, "--state"}))
      return std::pair("firewall-cmd --state", answer->exit_code == 0);
  return std::nullopt;
}

/// Something loads rules at the next start.
bool starts_with_rules(const Machine& machine) {
  const auto ufw = machine.read("/etc/ufw/ufw.conf");
  if (ufw && lower(parse_assignments(*ufw)["ENABLED"]) == "yes") return true;
  return std::ranges::any_of(
      kLoaders, [&](const char* unit) { return unit_state(machine, unit) == UnitState::enabled; });
}

/// The kernel's rules decide; where what manages them says otherwise, that is told beside.
Finding beside_manager(const Machine& machine, Finding finding) {
  if (finding.verdict != Verdict::pass && finding.verdict != Verdict::fail) return finding;
  const bool refuses = finding.verdict == Verdict::pass;
  if (const auto told = told_by_manager(machine); told && told->second != refuses) {
    finding.fact.ja += fmt::format("。{} は「{}」と答えますが、カーネルの規則で判断しました",
                                   told->first, told->second ? "有効" : "無効");
    finding.fact.en += fmt::format("; {} says it is {}, but the kernel's rules count", told->first,
                                   told->second ? "active" : "not active");
  }
  if (refuses && !starts_with_rules(machine)) {
    finding.fact.ja += "。次の起動でこの規則を入れるものが見つかりません";
    finding.fact.en += "; nothing was found that loads these rules at the next start";
  }
  return finding;
}

Finding running_firewall(const Machine& machine) {
  const std::string nft = machine.program("nft");
  const std::string save = machine.program("iptables-save");
  std::vector<WayIn> from = entrances(machine);
  const auto or_supposed = [&](const Ruleset& rules) {
    return from.empty() ? supposed(rules, true) : from;
  };
  if (!nft.empty()) {
    auto rules = nft_rules(machine, nft);
    if (!rules) return rules.error();
    if (auto problem = add_legacy(machine, *rules)) return *problem;
    return judge(machine, *rules, or_supposed(*rules),
                 rules->foreign.empty() ? "nftables" : "nftables, iptables",
                 {.source = Compared::Source::program, .place = nft});
  }
  if (!save.empty()) {
    Ruleset rules;
    for (const bool ipv6 : {false, true})
      if (auto problem = add_iptables(
              machine, machine.program(ipv6 ? "ip6tables-save" : "iptables-save"), ipv6, rules))
        return *problem;
    return judge(machine, rules, or_supposed(rules), "iptables",
                 {.source = Compared::Source::program, .place = save});
  }
  if (no_filter(machine)) {
    note_count(machine, "/proc/modules", "nf_tables, ip_tables", 0, ">= 1");
    return fail("カーネルに通信を断る仕組みが入っていません（nftables・iptables とも）",
                "the kernel has no packet filter loaded (neither nftables nor iptables)");
  }
  return unknown("カーネルの規則を見る道具（nft か iptables-save）がありません",
                 "there is no tool (nft or iptables-save) that shows the kernel's rules");
}

}  // namespace

Finding firewall(const Look& look) {
  const Machine& machine = look.machine;
  if (!machine.live()) {
    Finding configured = configured_firewall(machine);
    if (configured.verdict == Verdict::pass)
      if (auto elsewhere = changed_elsewhere(machine)) return *elsewhere;
    return configured;
  }
  return beside_manager(machine, running_firewall(machine));
}

}  // namespace sekisho
