// Rules that real packets can't be sent through here, and systems that don't run. What the kernel
// does is asked in firewall_program_test.cpp.
#include "collect/host/firewall.h"

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
          {"/usr/lib/systemd/system/ufw.service", "[Unit]\n"},
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

}  // namespace
}  // namespace sekisho
