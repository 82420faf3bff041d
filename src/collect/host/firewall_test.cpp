// SPDX-License-Identifier: Apache-2.0
// Rules that real packets can't be sent through here, and systems that don't run. What the kernel
// does is asked in firewall_program_test.cpp.
#include "collect/host/firewall.h"

#include <algorithm>
#include <random>
#include <set>

#include "small_system.h"

namespace sekisho {
namespace {

using enum Verdict;
using namespace filter;  // NOLINT(google-build-using-namespace)

Ruleset nft(const std::string& items, std::string_view listing = {}) {
  return *parse_nft("{\"nftables\": [" + items + "]}", listing);
}

std::string chain(std::string_view rest) {
  return std::string(R"({"chain": {"family": "inet", "table": "t", "name": "in", )") +
         std::string(rest) + "}}";
}
const std::string kDrops =
    chain(R"("type": "filter", "hook": "input", "prio": 0, "policy": "drop")");

std::string rule(std::string_view expressions) {
  return std::string(R"(, {"rule": {"family": "inet", "table": "t", "chain": "in", "expr": [)") +
         std::string(expressions) + "]}}";
}

const Probe kProbe{
    false, false, parse_address("192.0.2.2")->number, parse_address("192.0.2.1")->number, 40000,
    22,    "eth0"};

std::string outcome(const Ruleset& rules) {
  const Outcome found = walk(rules, kProbe);
  return std::string(found.accepted ? "accepted" : "") + (found.refused ? "refused" : "");
}

TEST(FirewallWalk, LeavesOpenWhatItDoesNotKnow) {
  EXPECT_EQ(outcome(nft(kDrops)), "refused");
  EXPECT_EQ(outcome(nft(kDrops + rule(R"({"accept": null})"))), "accepted");
  for (
      const char* unknown :
      {R"({"osf": {"key": "name"}}, {"accept": null})", R"({"queue": {"num": 0}})",
       R"({"tproxy": {"port": 1}})", R"({"xt": null}, {"accept": null})",
       R"({"match": {"op": "==", "left": {"meta": {"key": "day"}}, "right": "Monday"}}, {"accept": null})",
       R"({"match": {"op": "==", "left": {"payload": {"protocol": "tcp", "field": "dport"}}, "right": "@gone"}}, {"accept": null})",
       R"({"match": {"op": "==", "left": {"payload": {"base": "th", "offset": 16, "len": 16}}, "right": 22}}, {"accept": null})",
       R"({"never heard of": 1}, {"accept": null})", R"({"vmap": 4})",
       R"({"jump": {"target": "nowhere"}})"})
    EXPECT_EQ(outcome(nft(kDrops + rule(unknown))), "acceptedrefused") << unknown;
}

TEST(FirewallWalk, KnowsThatLoopsAndSleepingTablesDecideNothing) {
  const std::string loop = kDrops + rule(R"({"jump": {"target": "in"}})");
  EXPECT_EQ(outcome(nft(loop)), "acceptedrefused");
  EXPECT_EQ(outcome(nft(kDrops, "table inet t {\n\tflags dormant\n")), "accepted");
  EXPECT_EQ(outcome(nft(kDrops, "table inet other {\n\tflags dormant\n")), "refused");
  EXPECT_FALSE(parse_nft("{}", ""));
  EXPECT_FALSE(parse_nft("oops", ""));
}

TEST(FirewallReach, TriesTheSourcePortsThatRulesName) {
  const auto open = [](const std::string& rules) {
    return reach(nft(kDrops + rules), {{"eth0", false, kProbe.destination, {kProbe.source}}});
  };
  const auto match = [](std::string_view protocol, std::string_view field, std::string_view value) {
    return fmt::format(
        R"({{"match": {{"op": "==", "left": {{"payload": {{"protocol": "{}", "field": "{}"}}}}, "right": {}}}}}, {{"accept": null}})",
        protocol, field, value);
  };
  const auto tcp = open(rule(match("tcp", "dport", R"({"range": [60, 69]})")));
  EXPECT_EQ(tcp[0].open.count(), 10U);
  EXPECT_EQ(tcp[1].open.count(), 0U);
  // Whoever sends chooses the port to send from.
  EXPECT_EQ(open(rule(match("udp", "sport", "53")))[1].open.count(), 65535U);
}

/// A comparison as nft writes one, and what it says of a port, told the slow way.
struct Comparison {
  std::string_view op;
  std::uint32_t low = 0;
  std::uint32_t high = 0;  // of a range; else as `low`
  bool source = false;

  std::string written() const {
    const std::string right =
        low == high ? std::to_string(low) : fmt::format(R"({{"range": [{}, {}]}})", low, high);
    return fmt::format(
        R"({{"match": {{"op": "{}", "left": {{"payload": {{"protocol": "tcp", "field": "{}"}}}}, "right": {}}}}})",
        op, source ? "sport" : "dport", right);
  }
  bool holds(std::uint32_t port) const {
    const bool or_same = op.size() == 2;
    if (op[0] == '<') return port < low || (or_same && port == low);
    if (op[0] == '>') return port > low || (or_same && port == low);
    return (op[0] == '=') == (port >= low && port <= high);
  }
};

struct PortRule {
  std::vector<Comparison> all;
  bool accepts = false;

  /// The ports at which it holds for what comes from `source`.
  std::bitset<65536> holds(std::uint32_t source) const {
    std::bitset<65536> ports;
    ports.set();
    for (const Comparison& one : all)
      for (std::uint32_t port = 0; port < ports.size(); ++port)
        if (!one.holds(one.source ? source : port)) ports.reset(port);
    return ports;
  }
};

class PortRules {
 public:
  explicit PortRules(std::uint32_t seed) : random_(seed) {}

  std::vector<PortRule> make() {
    std::vector<PortRule> rules(1 + below(4));
    for (PortRule& rule : rules) {
      rule.accepts = below(3) != 0;
      rule.all.resize(1 + below(2));
      for (Comparison& one : rule.all) one = comparison();
    }
    return rules;
  }

 private:
  std::uint32_t below(std::uint32_t bound) { return static_cast<std::uint32_t>(random_() % bound); }

  Comparison comparison() {
    constexpr std::array kOps{"==", "!=", "<", "<=", ">", ">="};
    constexpr std::array<std::uint32_t, 11> kBounds{1,    2,      22,     1023,   1024,  3388,
                                                    3390, 60'000, 65'534, 65'535, 32'768};
    Comparison one{.op = kOps.at(below(kOps.size())), .source = below(4) == 0};
    one.low = one.high = below(3) == 0 ? 1 + below(65'535) : kBounds.at(below(kBounds.size()));
    if ((one.op == "==" || one.op == "!=") && below(2) == 0)
      one.high = one.low + below(65'536 - one.low);
    return one;
  }

  std::mt19937 random_;
};

/// Which ports are let in, by each rule at each port, from each source port that could matter.
std::bitset<65536> slowly(const std::vector<PortRule>& rules) {
  std::set<std::uint32_t> sources{0, 65'535};
  for (const PortRule& rule : rules)
    for (const Comparison& one : rule.all)
      for (const std::uint32_t bound : {one.low, one.high})
        for (const std::uint32_t near : {bound - 1, bound, bound + 1})
          if (one.source && near < 65'536) sources.insert(near);
  std::bitset<65536> open;
  for (const std::uint32_t source : sources) {
    std::bitset<65536> left;
    left.set().reset(0);
    for (const PortRule& rule : rules) {
      const auto met = left & rule.holds(source);
      if (rule.accepts) open |= met;
      left &= ~met;
    }
  }
  return open;
}

TEST(FirewallReach, IsRightAtEveryPortOfRulesMadeAtRandom) {
  std::size_t open = 0;
  for (std::uint32_t seed = 0; seed < 25; ++seed) {
    const auto rules = PortRules(seed).make();
    std::string written = kDrops;
    for (const PortRule& one : rules) {
      std::string parts;
      for (const Comparison& comparison : one.all) parts += comparison.written() + ", ";
      written += rule(parts + (one.accepts ? R"({"accept": null})" : R"({"drop": null})"));
    }
    const auto found = reach(nft(written), {{"eth0", false, kProbe.destination, {kProbe.source}}});
    EXPECT_EQ(found[0].open, slowly(rules)) << seed << ": " << written;
    EXPECT_TRUE(found[0].unclear.none() && found[1].open.none()) << seed << ": " << written;
    open += found[0].open.any() ? 1U : 0U;
  }
  EXPECT_GT(open, 5U);
}

TEST(FirewallReach, OfBitsOfAPortIsUnclear) {
  const auto found = reach(
      nft(kDrops +
          rule(
              R"({"match": {"op": "==", "left": {"&": [{"payload": {"protocol": "tcp", "field": "dport"}}, 1]}, "right": 1}}, {"accept": null})")),
      {{"eth0", false, kProbe.destination, {kProbe.source}}});
  EXPECT_EQ(found[0].unclear.count(), 65535U);
}

const std::string kUfwBefore =
    "*filter\n:ufw-before-input - [0:0]\n:ufw-not-local - [0:0]\n-A ufw-before-input -i lo -j "
    "ACCEPT\n-A ufw-before-input -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n-A "
    "ufw-before-input -p udp -d 224.0.0.251 --dport 5353 -j ACCEPT\nCOMMIT\n";
const std::string kUfwUser =
    "*filter\n:ufw-user-input - [0:0]\n-A ufw-user-input -p tcp --dport 22 -j ACCEPT\nCOMMIT\n";
const std::string kUfwAfter =
    "*filter\n:ufw-after-input - [0:0]\n-A ufw-after-input -p udp --dport 137 -j "
    "ufw-skip-to-policy-input\nCOMMIT\n";

/// ufw as it is set up on Ubuntu, IPv4 only.
std::vector<File> ufw(const std::string& policy) {
  return {{kStatus, package("ufw", "0.36.2")},
          {"/etc/ufw/ufw.conf", "ENABLED=yes\n"},
          {"/etc/default/ufw", "IPV6=no\nDEFAULT_INPUT_POLICY=\"" + policy + "\"\n"},
          {"/usr/lib/systemd/system/ufw.service",
           "[Service]\nExecStart=/usr/lib/ufw/ufw-init start quiet\n"},
          {"/etc/systemd/system/multi-user.target.wants/ufw.service -> /usr/lib/x", ""},
          {"/etc/ufw/before.rules", kUfwBefore},
          {"/etc/ufw/user.rules", kUfwUser},
          {"/etc/ufw/after.rules", kUfwAfter}};
}
std::vector<File> with(std::vector<File> files, const File& other) {
  std::erase_if(files, [&](const File& file) {
    return file.path.substr(0, file.path.find(" -> ")) ==
           other.path.substr(0, other.path.find(" -> "));
  });
  if (other.content != "-") files.push_back(other);
  return files;
}

TEST(FirewallOfAFolder, IsUfwsOwnRulesOrUnknown) {
  const std::vector<File> good = ufw("DROP");
  const std::string all =
      kUfwBefore.substr(0, kUfwBefore.find("COMMIT")) + "-A ufw-before-input -j ACCEPT\nCOMMIT\n";
  const std::string other = kUfwBefore.substr(0, kUfwBefore.find("COMMIT")) +
                            "-A ufw-before-input -m geoip --source-country JP -j ACCEPT\nCOMMIT\n";
  for (const Case& c : std::vector<Case>{
           {"firewall", pass, good, "open on purpose: 22/tcp"},
           {"firewall", fail, ufw("ACCEPT"), "DEFAULT_INPUT_POLICY=ACCEPT"},
           {"firewall", fail, with(good, {"/etc/ufw/ufw.conf", "ENABLED=no\n"}), "not enabled"},
           {"firewall", fail, with(good, {"/etc/ufw/before.rules", all}), "let through"},
           {"firewall", unknown, with(good, {"/etc/ufw/before.rules", other}), "leave open"},
           {"firewall", unknown, with(good, {"/etc/ufw/user.rules", "-"}), ""},
           {"firewall", unknown,
            with(good, {"/etc/default/ufw", "DEFAULT_INPUT_POLICY=\"DROP\"\n"}), ""},
           {"firewall", fail, with(good, {"/usr/lib/systemd/system/ufw.service -> /dev/null", ""}),
            ""},
           {"firewall", unknown, with(good, {kStatus, package("bash", "5")}), ""},
           {"firewall", unknown, {}, ""},
           {"firewall",
            unknown,
            {{"/usr/lib/systemd/system/nftables.service", "[Unit]\n"},
             {"/etc/systemd/system/sysinit.target.wants/nftables.service -> /x", ""},
             {"/etc/nftables.conf", "table inet f { }"}},
            "nftables.service"},
           {"firewall", unknown, {{"/etc/firewalld/firewalld.conf", "DefaultZone=trusted\n"}}, ""}})
    try_case(c);
}

TEST(FirewallOfAFolder, LetsInNoWholePartOfTheInternet) {
  const std::string start = kUfwBefore.substr(0, kUfwBefore.find("COMMIT"));
  for (const auto& [source, expected] : std::vector<std::pair<std::string, Verdict>>{
           {"-s 128.0.0.0/1", fail},
           {"! -s 0.0.0.0/1", fail},
           {"! -s 64.0.0.0/2", fail},
           {"-s 126.0.0.0/8", fail},
           {"-m iprange --src-range 1.0.0.0-9.255.255.255", unknown},
           {"-s 10.0.0.0/8", pass},
           {"-s 203.0.113.0/24", pass},
           {"-s 224.0.0.0/4", pass}})
    try_case({"firewall", expected,
              with(ufw("DROP"), {"/etc/ufw/before.rules",
                                 start + "-A ufw-before-input " + source + " -j ACCEPT\nCOMMIT\n"}),
              ""});
}

/// A service that starts, and the files that it loads.
std::vector<File> started(const std::string& unit, const std::string& command,
                          std::vector<File> files) {
  files.push_back({"/usr/lib/systemd/system/" + unit, "[Service]\nExecStart=" + command + "\n"});
  files.push_back({"/etc/systemd/system/sysinit.target.wants/" + unit + " -> /x", ""});
  return files;
}

bool can_load() {
  static const bool can = [] {
    const auto tried =
        run_process({"/usr/bin/unshare", "--net", "/usr/sbin/nft", "list", "ruleset"});
    return tried && tried->exit_code == 0;
  }();
  return can;
}

TEST(FirewallOfAFolder, IsWhatNftWouldLoad) {
  if (!can_load()) GTEST_SKIP() << "no network of its own for nft";
  const auto script = [](const std::string& text, std::vector<File> more = {}) {
    more.push_back({"/etc/nftables.conf", text});
    return started("nftables.service", "/usr/sbin/nft -f /etc/nftables.conf", std::move(more));
  };
  const auto input = [](const std::string& rules, const std::string& before = {}) {
    return "#!/usr/sbin/nft -f\nflush ruleset\n" + before +
           "table inet filter {\n chain input {\n  type filter hook input priority filter; policy "
           "drop;\n  iif lo accept\n  ct state established,related accept\n" +
           rules + "\n }\n}\n";
  };
  for (const Case& c : std::vector<Case>{
           {"firewall", pass, script(input("")), "refused at every port (nftables, /etc/nft"},
           {"firewall", pass, script(input("tcp dport { 22, 80 } accept")), "22/tcp, 80/tcp"},
           {"firewall", pass, script(input("tcp dport $OPEN accept", "define OPEN = 443\n")),
            "443/tcp"},
           // The card of a machine that doesn't run is whichever the rules name.
           {"firewall", fail, script(input("iifname \"enp3s0\" accept")), "let through"},
           {"firewall", fail, script(input("iifname { \"wlp2s0\", \"eno1\" } accept")), "let"},
           {"firewall", fail, script(input("iifname \"en*\" accept")), "let through"},
           {"firewall", pass, script(input("iifname \"docker0\" accept")), "refused"},
           {"firewall", fail, script("table inet filter { }\n"), "let through"},
           {"firewall", fail, script(input("tcp dport 1-65535 accept")), "let through"},
           {"firewall", unknown, script(input("tcp dport 22 accep")), "does not load"},
           {"firewall", pass,
            script("include \"/etc/nftables.d/*.nft\"\n",
                   {{"/etc/nftables.d/a.nft", input("")}, {"/etc/nftables.d/b.bak", "oops"}}),
            "refused"},
           {"firewall", fail,
            script(input("") + "include \"nftables.d/b.nft\"\n",
                   {{"/etc/nftables.d/b.nft", "add rule inet filter input accept\n"}}),
            "let through"},
           {"firewall", unknown, script(input("") + "include \"/etc/gone.nft\"\n"), ""},
           {"firewall", unknown, script(input("") + "include \"/etc/*/x.nft\"\n"), ""},
           {"firewall", unknown, script("include \"/etc/nftables.conf\"\n"), ""}})
    try_case(c);
}

TEST(FirewallOfAFolder, OfSeveralLoadersIsUnknown) {
  try_case({"firewall", unknown,
            started("firewalld.service", "/usr/sbin/firewalld",
                    started("nftables.service", "/usr/sbin/nft -f /etc/nftables.conf",
                            {{"/etc/nftables.conf", "table inet f { }\n"}})),
            "firewalld.service each load rules"});
}

TEST(FirewallOfAFolder, OfAPathThatTheUnitNames) {
  if (!can_load()) GTEST_SKIP() << "no network of its own for nft";
  const auto files = [](const std::string& command) {
    return started("nftables.service", command,
                   {{"/etc/sysconfig/nftables.conf", "table inet f { }\n"}});
  };
  try_case({"firewall", fail, files("/sbin/nft -f /etc/sysconfig/nftables.conf"),
            "/etc/sysconfig/nftables.conf"});
  try_case({"firewall", unknown, files("/sbin/nft -f /etc/other.conf"), ""});
  try_case({"firewall", unknown, files("/bin/sh -c 'nft -f /etc/sysconfig/nftables.conf'"), ""});
  try_case({"firewall", unknown,
            files("/sbin/nft -f /etc/sysconfig/nftables.conf\nExecStart=/sbin/nft -f /etc/more"),
            ""});
}

TEST(FirewallOfAFolder, IsWhatIptablesServiceLoads) {
  const std::string drops =
      "*filter\n:INPUT DROP [0:0]\n-A INPUT -i lo -j ACCEPT\n-A INPUT -p tcp --dport 22 -j "
      "ACCEPT\nCOMMIT\n";
  const auto debian = [](std::vector<File> files) {
    return started("netfilter-persistent.service", "/usr/sbin/netfilter-persistent start",
                   std::move(files));
  };
  const File four{"/etc/iptables/rules.v4", drops};
  try_case({"firewall", pass, debian({four, {"/etc/iptables/rules.v6", drops}}), "22/tcp"});
  try_case({"firewall", fail, debian({four}), "IPv6"});
  try_case({"firewall", fail,
            debian({four,
                    {"/etc/iptables/rules.v6",
                     "*filter\n:INPUT DROP [0:0]\n-A INPUT -i wlan0 -j ACCEPT\nCOMMIT\n"}}),
            "wlan0"});
  try_case({"firewall", unknown, debian({}), ""});
  try_case({"firewall", fail,
            started("iptables.service", "/usr/libexec/iptables/iptables.init start",
                    {{"/etc/sysconfig/iptables", drops}}),
            "IPv6"});
}

constexpr const char* kSsh =
    "<?xml version=\"1.0\"?>\n<service><short>SSH</short><port protocol=\"tcp\" "
    "port=\"22\"/></service>";

std::vector<File> firewalld(const std::string& zone, std::vector<File> more = {}) {
  more.push_back({"/usr/lib/firewalld/services/ssh.xml", kSsh});
  more.push_back({"/usr/lib/firewalld/zones/public.xml",
                  "<zone><short>Public</short><service name=\"ssh\"/><forward/></zone>"});
  more.push_back({"/usr/lib/firewalld/zones/trusted.xml", "<zone target=\"ACCEPT\"/>"});
  more.push_back(
      {"/usr/lib/firewalld/policies/allow-host-ipv6.xml", "<policy target=\"CONTINUE\"/>"});
  if (std::ranges::none_of(
          more, [](const File& file) { return file.path == "/etc/firewalld/firewalld.conf"; }))
    more.push_back({"/etc/firewalld/firewalld.conf", "# x\nDefaultZone=public\n"});
  if (!zone.empty()) more.push_back({"/etc/firewalld/zones/public.xml", zone});
  return started("firewalld.service", "/usr/sbin/firewalld", std::move(more));
}

TEST(FirewallOfAFolder, IsFirewalldsZones) {
  const auto zone = [](const std::string& inside) {
    return firewalld("<zone>" + inside + "</zone>");
  };
  const auto file = [](const std::string& path, const std::string& content) {
    return firewalld("", {{path, content}});
  };
  const std::string home = "/etc/NetworkManager/system-connections/home.nmconnection";
  for (const Case& c : std::vector<Case>{
           {"firewall", pass, firewalld(""), "open on purpose: 22/tcp"},
           {"firewall", pass, zone(""), "refused at every port"},
           {"firewall", pass, zone("<port port=\"8000-8010\" protocol=\"udp\"/>"), "8000-8010/udp"},
           {"firewall", fail, firewalld("<zone target=\"ACCEPT\"/>"), "let through"},
           {"firewall", pass, firewalld("<zone target=\"DROP\"/>"), "every port"},
           {"firewall", unknown, firewalld("<zone target=\"NEW\"/>"), ""},
           {"firewall", fail, file("/etc/firewalld/firewalld.conf", "DefaultZone=trusted\n"),
            "let through"},
           {"firewall", unknown, file("/etc/firewalld/firewalld.conf", "DefaultZone=gone\n"), ""},
           {"firewall", fail, zone("<port port=\"1-65535\" protocol=\"tcp\"/>"), "let through"},
           {"firewall", fail, zone("<protocol value=\"tcp\"/>"), "let through"},
           {"firewall", pass, zone("<protocol value=\"gre\"/>"), "every port"},
           {"firewall", fail, zone("<source-port port=\"53\" protocol=\"udp\"/>"), "UDP"},
           {"firewall", fail, zone("<rule><accept/></rule>"), "let through"},
           {"firewall", pass, zone("<rule><reject/></rule>"), "every port"},
           {"firewall", pass,
            zone("<rule family=\"ipv4\"><source address=\"10.1.0.0/16\"/><accept/></rule>"),
            "every port"},
           {"firewall", fail,
            zone("<rule family=\"ipv4\"><source address=\"0.0.0.0/0\"/><accept/></rule>"), "IPv4"},
           // A neighbour at the café.
           {"firewall", fail, zone("<rule><source address=\"192.0.2.0/24\"/><accept/></rule>"),
            "IPv4"},
           {"firewall", unknown, zone("<rule><source ipset=\"x\"/><accept/></rule>"), ""},
           {"firewall", pass,
            zone("<rule><source ipset=\"x\"/><service name=\"ssh\"/><accept/></rule>"), "22/tcp"},
           {"firewall", unknown, zone("<novelty/>"), ""},
           {"firewall", unknown, firewalld("<zone"), ""},
           {"firewall", fail,
            file("/etc/firewalld/zones/trusted.xml",
                 "<zone target=\"ACCEPT\"><interface name=\"wlp3s0\"/></zone>"),
            "wlp3s0"},
           {"firewall", pass,
            file("/etc/firewalld/zones/trusted.xml",
                 "<zone target=\"ACCEPT\"><interface name=\"docker0\"/></zone>"),
            "22/tcp"},
           {"firewall", fail,
            file("/etc/firewalld/zones/trusted.xml",
                 "<zone target=\"ACCEPT\"><source address=\"::/0\"/></zone>"),
            "IPv6"},
           {"firewall", unknown,
            file("/etc/firewalld/zones/trusted.xml",
                 "<zone target=\"ACCEPT\"><source ipset=\"x\"/></zone>"),
            ""},
           {"firewall", fail, file(home, "[connection]\ntype=wifi\nzone=trusted\n"),
            "zone-trusted"},
           {"firewall", pass, file(home, "[connection]\ntype=vpn\nzone=trusted\n"), "22/tcp"},
           {"firewall", fail,
            file("/etc/firewalld/services/ssh.xml",
                 "<service><port port=\"1-60000\" protocol=\"tcp\"/></service>"),
            "let through"},
           {"firewall", unknown, file("/etc/firewalld/services/ssh.xml", "<service><x/></service>"),
            ""},
           {"firewall", unknown,
            file("/etc/firewalld/direct.xml",
                 "<direct><rule ipv=\"ipv4\">-j ACCEPT</rule></direct>"),
            ""},
           {"firewall", unknown,
            file("/etc/firewalld/policies/open.xml",
                 "<policy target=\"ACCEPT\"><ingress-zone name=\"ANY\"/><egress-zone "
                 "name=\"HOST\"/></policy>"),
            ""}})
    try_case(c);
}

}  // namespace
}  // namespace sekisho
