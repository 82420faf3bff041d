// SPDX-License-Identifier: Apache-2.0
// What the rules are said to do, held against what the kernel does to real packets: two network
// namespaces, rulesets made at random and loaded by the real nft and iptables, and connections and
// datagrams from the one to the other.
#include <arpa/inet.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>

#include "collect/host/firewall.h"
#include "differential.h"
#include "small_system.h"

namespace sekisho::filter {
namespace {

constexpr std::array<std::uint16_t, 10> kPorts{22,   53,   80,   443,   1023,
                                               1024, 5353, 8080, 40000, 65535};
constexpr const char* kOwn4 = "192.0.2.1";
constexpr const char* kOther4 = "192.0.2.2";
constexpr const char* kOwn6 = "2001:db8::1";
constexpr const char* kOther6 = "2001:db8::2";

/// The kernel's rules as nft tells them; nothing when it garbles them (1.0.6, a dormant table's
/// flag).
std::optional<Ruleset> nft_rules() {
  const auto told = run_process({"/usr/sbin/nft", "-j", "list", "ruleset"});
  const auto listing = run_process({"/usr/sbin/nft", "-t", "list", "ruleset"});
  auto rules = parse_nft(told->out, listing->out);
  if (!rules) return std::nullopt;
  return std::move(*rules);
}

int must(std::vector<std::string> arguments) {
  const auto done = run_process(arguments, {.time = std::chrono::seconds(20)});
  return done ? done->exit_code : -1;
}

sockaddr_in6 at(const char* address, std::uint16_t port) {
  sockaddr_in6 to{};
  to.sin6_family = AF_INET6;
  to.sin6_port = htons(port);
  const std::string text =
      std::string(address).contains(':') ? address : std::string("::ffff:") + address;
  ::inet_pton(AF_INET6, text.c_str(), &to.sin6_addr);
  return to;
}

/// One packet that is sent, and what became of it.
struct Sent {
  Probe probe;
  int socket = -1;
  bool arrived = false;
};

/// Two namespaces with a cable between them, `own` the one with the rules.
class Cable {
 public:
  std::string lay() {
    const std::string self = fmt::format("/proc/{}/fd/", ::getpid());
    own_ = ::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    if (::unshare(CLONE_NEWNET) != 0) return "no second network";
    other_ = ::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    enter(own_);
    constexpr const char* kIp = "/usr/sbin/ip";
    if (must({kIp, "link", "add", "eth9", "type", "veth", "peer", "name", "eth8"}) != 0 ||
        must({kIp, "link", "set", "eth8", "netns", self + std::to_string(other_)}) != 0)
      return "no cable";
    must({kIp, "link", "set", "lo", "up"});
    address("eth9", kOwn4, kOwn6);
    listen();
    enter(other_);
    address("eth8", kOther4, kOther6);
    enter(own_);
    return {};
  }

  /// Sends to every port of every kind, and sees what arrived.
  std::vector<Sent> send(int milliseconds) {
    enter(other_);
    std::vector<Sent> sent;
    for (const bool ipv6 : {false, true})
      for (const bool udp : {false, true})
        for (const std::uint16_t port : kPorts) sent.push_back(send_one(ipv6, udp, port));
    enter(own_);
    wait(sent, milliseconds);
    for (const Sent& one : sent) ::close(one.socket);
    drain();
    return sent;
  }

 private:
  static void enter(int space) { ::setns(space, CLONE_NEWNET); }
  static void address(const char* name, const char* four, const char* six) {
    constexpr const char* kIp = "/usr/sbin/ip";
    must({kIp, "address", "add", std::string(four) + "/24", "dev", name});
    must({kIp, "-6", "address", "add", std::string(six) + "/64", "dev", name, "nodad"});
    must({kIp, "link", "set", name, "up"});
  }

  void listen() {
    for (const bool udp : {false, true})
      for (const std::uint16_t port : kPorts) {
        const int socket = ::socket(AF_INET6, (udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_NONBLOCK, 0);
        const int off = 0;
        ::setsockopt(socket, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
        const sockaddr_in6 here = at("::", port);
        ::bind(socket, reinterpret_cast<const sockaddr*>(&here), sizeof here);
        if (!udp) ::listen(socket, 64);
        (udp ? datagrams_ : streams_).emplace_back(port, socket);
      }
  }

  static Sent send_one(bool ipv6, bool udp, std::uint16_t port) {
    const int socket = ::socket(AF_INET6, (udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_NONBLOCK, 0);
    const sockaddr_in6 from = at(ipv6 ? kOther6 : kOther4, 0);
    ::bind(socket, reinterpret_cast<const sockaddr*>(&from), sizeof from);
    const sockaddr_in6 to = at(ipv6 ? kOwn6 : kOwn4, port);
    ::connect(socket, reinterpret_cast<const sockaddr*>(&to), sizeof to);
    if (udp) ::send(socket, "x", 1, 0);
    sockaddr_in6 named{};
    socklen_t size = sizeof named;
    ::getsockname(socket, reinterpret_cast<sockaddr*>(&named), &size);
    return {{ipv6, udp, parse_address(ipv6 ? kOther6 : kOther4)->number,
             parse_address(ipv6 ? kOwn6 : kOwn4)->number, ntohs(named.sin6_port), port, "eth9"},
            socket,
            false};
  }

  /// A connection stands when the other end has answered; a datagram has come when it is read.
  void wait(std::vector<Sent>& sent, int milliseconds) {
    for (int passed = 0; passed <= milliseconds; passed += 5) {
      bool all = true;
      for (const auto& [port, socket] : datagrams_) receive(port, socket, sent);
      for (Sent& one : sent) {
        if (!one.probe.udp && !one.arrived) {
          pollfd wanted{one.socket, POLLOUT, 0};
          one.arrived = ::poll(&wanted, 1, 0) == 1 && (wanted.revents & (POLLERR | POLLHUP)) == 0;
        }
        all = all && one.arrived;
      }
      if (all) return;
      ::usleep(5000);
    }
  }

  static void receive(std::uint16_t port, int socket, std::vector<Sent>& sent) {
    char byte = 0;
    sockaddr_in6 from{};
    socklen_t size = sizeof from;
    while (::recvfrom(socket, &byte, 1, 0, reinterpret_cast<sockaddr*>(&from), &size) == 1)
      for (Sent& one : sent)
        if (one.probe.udp && one.probe.destination_port == port &&
            one.probe.source_port == ntohs(from.sin6_port) &&
            one.probe.ipv6 != static_cast<bool>(IN6_IS_ADDR_V4MAPPED(&from.sin6_addr)))
          one.arrived = true;
  }

  void drain() {
    for (const auto& [port, socket] : streams_)
      for (int taken = 0; (taken = ::accept(socket, nullptr, nullptr)) >= 0;) ::close(taken);
  }

  int own_ = -1;
  int other_ = -1;
  std::vector<std::pair<std::uint16_t, int>> streams_;
  std::vector<std::pair<std::uint16_t, int>> datagrams_;
};

std::string shown(const Sent& one) {
  return fmt::format("{} {} port {} from {}: {}", one.probe.ipv6 ? "IPv6" : "IPv4",
                     one.probe.udp ? "UDP" : "TCP", one.probe.destination_port,
                     one.probe.source_port, one.arrived ? "arrived" : "did not arrive");
}

/// What the walk says against what the kernel did; a second try, with more time, before it counts.
std::string hold(Cable& cable, const Ruleset& rules, std::size_t& unclear, std::size_t& all) {
  std::string complaints;
  for (const int milliseconds : {20, 1500}) {
    complaints.clear();
    std::size_t both = 0;
    const auto sent = cable.send(milliseconds);
    for (const Sent& one : sent) {
      const Outcome said = walk(rules, one.probe);
      if (one.arrived ? !said.accepted : !said.refused) complaints += shown(one) + "\n";
      both += said.accepted && said.refused ? 1 : 0;
    }
    if (complaints.empty()) {
      unclear += both;
      all += sent.size();
      return {};
    }
  }
  return complaints;
}

/// Rulesets in nft's language.
class NftMaker {
 public:
  explicit NftMaker(Dice& dice) : dice_(dice) {}

  std::string make() {
    std::string text;
    const int tables = 1 + dice_.below(3);
    for (int i = 0; i < tables; ++i) text += table(i);
    return text;
  }

 private:
  std::string table(int number) {
    family_ = dice_.word({"inet", "inet", "inet", "ip", "ip6"});
    std::string text = fmt::format("table {} t{} {{\n", family_, number);
    if (dice_.once_in(8)) text += " flags dormant\n";
    text += " set ports { type inet_service; flags interval; elements = { 22, 53, 1024-8080 }; }\n";
    if (family_ != "ip6")
      text += " set friends { type ipv4_addr; flags interval; elements = { " +
              dice_.word({"192.0.2.0/24", "10.0.0.0/8", "192.0.2.2", "198.51.100.1-198.51.100.9"}) +
              " }; }\n";
    text +=
        " map way { type inet_service : verdict; elements = { 22 : accept, 80 : drop, 443 : "
        "jump side }; }\n";
    text += " chain side {\n" + rules(2, false) + " }\n";
    text += " chain far {\n" + rules(2, true) + " }\n";
    const int chains = 1 + dice_.below(2);
    for (int i = 0; i < chains; ++i) {
      const std::string hook = dice_.once_in(5) ? "prerouting" : "input";
      text += fmt::format(" chain base{} {{\n  type filter hook {} priority {}; policy {};\n", i,
                          hook, dice_.word({"-300", "-10", "0", "5", "10"}),
                          dice_.word({"accept", "drop", "drop"}));
      text += rules(5, true) + " }\n";
    }
    return text + "}\n";
  }

  std::string rules(int most, bool jumps) {
    std::string text;
    for (int count = dice_.below(most + 1); count > 0; --count) text += "  " + rule(jumps) + "\n";
    return text;
  }

  std::string rule(bool jumps) {
    if (dice_.once_in(9))
      return dice_.word({"tcp dport vmap @way", "udp dport vmap { 53 : accept, 5353 : drop }",
                         "ct state vmap { established : accept, related : accept, invalid : drop }",
                         "meta l4proto vmap { tcp : jump side, udp : drop }"});
    std::string text;
    for (int count = dice_.below(3); count > 0; --count) text += condition() + " ";
    if (dice_.once_in(12)) text += "limit rate 5/second ";
    if (dice_.once_in(4)) text += "counter ";
    if (dice_.once_in(14)) return text + "meta mark set 7";
    return text + (jumps ? dice_.word({"accept", "accept", "drop", "drop", "reject", "return",
                                       "continue", "jump side", "goto side"})
                         : dice_.word({"accept", "drop", "return", "reject"}));
  }

  std::string condition() {
    if (family_ != "ip6" && dice_.once_in(5))
      return dice_.word({"ip saddr 192.0.2.0/24", "ip saddr != 10.0.0.0/8", "ip saddr 0.0.0.0/0",
                         "ip saddr @friends", "ip saddr { 192.0.2.2, 198.51.100.7 }",
                         "ip daddr 192.0.2.1", "ip protocol tcp", "ip saddr != 192.0.2.2",
                         "ip saddr . tcp dport { 192.0.2.2 . 22, 10.0.0.1 . 80 }"});
    if (family_ != "ip" && dice_.once_in(5))
      return dice_.word({"ip6 saddr 2001:db8::/32", "ip6 saddr != fe80::/10", "ip6 saddr ::/0",
                         "ip6 nexthdr udp", "ip6 saddr { 2001:db8::2, ::1 }"});
    return dice_.word({"tcp dport 22",
                       "tcp dport { 22, 80, 8080 }",
                       "tcp dport 1-65535",
                       "udp dport 53",
                       "tcp dport @ports",
                       "udp dport != 53",
                       "tcp dport >= 1024",
                       "tcp dport < 1024",
                       "th dport 443",
                       "meta l4proto { tcp, udp } th dport 1024-40000",
                       "ct state new",
                       "ct state { new, established }",
                       "ct state established,related",
                       "ct state invalid",
                       "ct status dnat",
                       "ct status != dnat",
                       "iifname \"eth9\"",
                       "iifname != \"eth9\"",
                       "iifname \"eth*\"",
                       "iif lo",
                       "iifname { \"eth9\", \"wg0\" }",
                       "meta l4proto tcp",
                       "meta l4proto != udp",
                       "udp sport 53",
                       "tcp sport 1024-65535",
                       "tcp flags syn / fin,syn,rst,ack",
                       "tcp flags & (fin|syn) == fin|syn",
                       "meta mark 7",
                       "meta mark != 7",
                       "meta nfproto ipv6",
                       "fib daddr type local",
                       "meta pkttype host",
                       "meta pkttype { broadcast, multicast }",
                       "icmp type echo-request",
                       "ct mark 0",
                       "ct direction original",
                       "meta length 1-10"});
  }

  Dice& dice_;
  std::string family_;
};

TEST(Firewall, SaysOfNftablesWhatTheKernelDoesToPackets) {
  const std::string complaints = in_namespaces(CLONE_NEWNET, []() -> std::string {
    Cable cable;
    if (std::string trouble = cable.lay(); !trouble.empty()) return trouble;
    const TempRoot folder;
    Dice dice(20261126);
    std::size_t unclear = 0;
    std::size_t all = 0;
    int loaded = 0;
    for (int i = 0; loaded < cases(60, 400) && i < 4000; ++i) {
      const std::string text = "flush ruleset\n" + NftMaker(dice).make();
      folder.add("/rules", text);
      if (must({"/usr/sbin/nft", "-f", folder.at("/rules").string()}) != 0) continue;
      ++loaded;
      const auto rules = nft_rules();
      if (!rules && text.contains("dormant")) continue;
      if (!rules) return "nft's output is not read:\n" + text;
      if (std::string wrong = hold(cable, *rules, unclear, all); !wrong.empty())
        return text + wrong;
    }
    // Few answers may be left open, or the comparison says nothing.
    if (loaded < 50 || unclear * 5 > all)
      return fmt::format("{} rulesets, {} of {} packets left open", loaded, unclear, all);
    return {};
  });
  EXPECT_EQ(complaints, "");
}

/// A cable that nothing is at the other end of: the address that it gets tomorrow counts today.
TEST(Firewall, CountsAddressesThatAnInterfaceHasNotYet) {
  const std::string complaints = in_namespaces(CLONE_NEWNET, []() -> std::string {
    constexpr const char* kIp = "/usr/sbin/ip";
    if (must({kIp, "link", "add", "eth9", "type", "veth", "peer", "name", "eth8"}) != 0)
      return "no cable";
    must({kIp, "address", "add", std::string(kOwn4) + "/24", "dev", "eth9"});
    must({kIp, "link", "set", "eth9", "up"});
    const TempRoot folder;
    const auto verdict = [&](const std::string& family) {
      folder.add("/rules",
                 "flush ruleset\ntable " + family +
                     " f {\n chain i {\n type filter hook input priority 0\n policy drop\n}\n}\n");
      must({"/usr/sbin/nft", "-f", folder.at("/rules").string()});
      const Machine machine;
      const SecurityIndex security;
      return judged(check_named("firewall"), {machine, security, guideline(), feeds(), kNow})
          .verdict;
    };
    if (verdict("inet") != Verdict::pass) return "both kinds are refused";
    if (verdict("ip") != Verdict::fail) return "IPv6 is let in";
    if (verdict("ip6") != Verdict::fail) return "IPv4 is let in";
    run_process(
        {"/bin/sh", "-c", "for f in /proc/sys/net/ipv6/conf/*/disable_ipv6; do echo 1 > $f; done"});
    return verdict("ip") == Verdict::pass ? "" : "there is no IPv6";
  });
  EXPECT_EQ(complaints, "");
}

/// Arguments of iptables, for IPv4 and IPv6 alike.
std::string iptables_rule(Dice& dice, const std::string& chain) {
  std::string text = "-A " + chain;
  for (int count = dice.below(3); count > 0; --count)
    text += " " + dice.word({"-p tcp --dport 22",
                             "-p tcp -m multiport --dports 22,80,1024:8080",
                             "-p udp --dport 53",
                             "-p tcp --syn",
                             "-p udp",
                             "-p tcp ! --dport 80",
                             "-m conntrack --ctstate NEW",
                             "-m conntrack --ctstate ESTABLISHED,RELATED",
                             "-i eth9",
                             "! -i eth9",
                             "-i eth+",
                             "-i lo",
                             "-m addrtype --dst-type LOCAL",
                             "-m mark --mark 7",
                             "-m comment --comment \"a b\"",
                             "-m pkttype --pkt-type broadcast",
                             "-p udp --sport 53",
                             "-m state ! --state NEW",
                             "-p udp --dport 1024:",
                             "-m limit --limit 5/sec"});
  return text + " -j " +
         dice.word({"ACCEPT", "ACCEPT", "DROP", "DROP", "REJECT", "RETURN",
                    chain == "INPUT" ? "side" : "DROP", "LOG", "MARK --set-mark 7"});
}

TEST(Firewall, SaysOfIptablesWhatTheKernelDoesToPackets) {
  const std::string complaints = in_namespaces(CLONE_NEWNET, []() -> std::string {
    Cable cable;
    if (std::string trouble = cable.lay(); !trouble.empty()) return trouble;
    const TempRoot folder;
    Dice dice(7);
    std::size_t unclear = 0;
    std::size_t all = 0;
    int loaded = 0;
    for (int i = 0; loaded < cases(25, 200) && i < 3000; ++i) {
      Ruleset rules;
      std::string texts;
      bool good = true;
      for (const bool ipv6 : {false, true}) {
        std::string text =
            fmt::format("*filter\n:INPUT {} [0:0]\n:side - [0:0]\n", dice.word({"ACCEPT", "DROP"}));
        for (int count = dice.below(3); count > 0; --count)
          text += iptables_rule(dice, "side") + "\n";
        for (int count = dice.below(6); count > 0; --count)
          text += iptables_rule(dice, "INPUT") + "\n";
        folder.add("/rules", text + "COMMIT\n");
        texts += text;
        const std::string program = ipv6 ? "/usr/sbin/ip6tables" : "/usr/sbin/iptables";
        good = good && must({program + "-restore", folder.at("/rules").string()}) == 0;
        const auto saved = run_process({program + "-save"});
        good = good && saved && parse_iptables(saved->out, ipv6, rules);
      }
      if (!good) continue;
      ++loaded;
      if (std::string wrong = hold(cable, rules, unclear, all); !wrong.empty())
        return texts + wrong;
      // The same by nft's eyes, which can't name all of it: it may leave open, but not be wrong.
      std::size_t ignored = 0;
      const auto seen = nft_rules();
      if (!seen) return "nft's output is not read:\n" + texts;
      if (std::string wrong = hold(cable, *seen, ignored, ignored); !wrong.empty())
        return "by nft:\n" + texts + wrong;
    }
    if (loaded < 20 || unclear * 5 > all)
      return fmt::format("{} rulesets, {} of {} packets left open", loaded, unclear, all);
    return {};
  });
  EXPECT_EQ(complaints, "");
}

}  // namespace
}  // namespace sekisho::filter
