// What the kernel tells of itself, and rulesets of its firewall.
#include <algorithm>
#include <charconv>

#include <boost/json.hpp>

#include "collect/host/parse.h"

namespace sekisho {
namespace {

/// mountinfo writes blanks and backslashes in octal (\040).
std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned code = 0;
    const bool octal = text[i] == '\\' && i + 3 < text.size() &&
                       std::from_chars(text.data() + i + 1, text.data() + i + 4, code, 8).ptr ==
                           text.data() + i + 4;
    if (octal && code < 256) {
      out += static_cast<char>(code);
      i += 3;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::optional<unsigned> hex(std::string_view text) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

/// Addresses are printed as 32-bit words in the machine's own byte order, which is little-endian on
/// every architecture that Debian offers for PCs.
bool is_loopback(std::string_view address) {
  constexpr std::string_view kMapped = "0000000000000000FFFF0000";
  if (address.size() == 8) return address.ends_with("7F");
  if (address == "00000000000000000000000001000000") return true;
  return address.size() == 32 && address.starts_with(kMapped) && address.ends_with("7F");
}

}  // namespace

std::vector<Mount> parse_mountinfo(std::string_view text) {
  std::vector<Mount> mounts;
  for (const std::string_view line : split(text, '\n')) {
    const auto fields = words(line);
    const auto dash = std::ranges::find(fields, "-");
    if (fields.size() < 10 || std::distance(fields.begin(), dash) < 6 || fields.end() - dash < 3)
      continue;
    const auto device = split(fields[2], ':');
    if (device.size() != 2) continue;
    const auto major = whole_number(device[0]);
    const auto minor = whole_number(device[1]);
    if (major < 0 || minor < 0 || major > 0xFFFFF || minor > 0xFFFFF) continue;
    mounts.push_back({static_cast<unsigned>(major), static_cast<unsigned>(minor),
                      unescaped(fields[4]), std::string(fields[5]), std::string(*(dash + 1)),
                      unescaped(*(dash + 2))});
  }
  return mounts;
}

bool Mount::has(std::string_view option) const {
  const auto all = split(options, ',');
  return std::ranges::find(all, option) != all.end();
}

std::vector<Listener> parse_listeners(std::string_view text, bool udp) {
  std::vector<Listener> listeners;
  for (const std::string_view line : split(text, '\n')) {
    const auto fields = words(line);
    // TCP waits in state 0A (LISTEN); UDP in 07, without a peer.
    if (fields.size() < 4 || fields[3] != (udp ? "07" : "0A")) continue;
    const auto local = split(fields[1], ':');
    if (local.size() != 2 || (local[0].size() != 8 && local[0].size() != 32)) continue;
    const auto port = hex(local[1]);
    if (!port || *port == 0 || *port > 0xFFFF) continue;
    listeners.push_back({static_cast<std::uint16_t>(*port), udp, is_loopback(local[0])});
  }
  return listeners;
}

namespace {

namespace json = boost::json;

const json::object* member(const json::object& in, std::string_view key) {
  const json::value* value = in.if_contains(key);
  return value == nullptr ? nullptr : value->if_object();
}

std::string_view string_of(const json::object& in, std::string_view key) {
  const json::value* value = in.if_contains(key);
  if (value == nullptr || !value->is_string()) return {};
  return {value->get_string().data(), value->get_string().size()};
}

/// A rule without a condition that drops or rejects: counters and logs aside, all it says.
bool refuses_all(const json::object& rule) {
  const json::value* expressions = rule.if_contains("expr");
  if (expressions == nullptr || !expressions->is_array()) return false;
  bool refuses = false;
  for (const json::value& expression : expressions->get_array()) {
    const json::object* object = expression.if_object();
    if (object == nullptr || object->size() != 1) return false;
    const std::string_view what = object->begin()->key();
    if (what == "drop" || what == "reject")
      refuses = true;
    else if (what != "counter" && what != "log")
      return false;
  }
  return refuses;
}

}  // namespace

Result<InputPolicy> parse_nft_ruleset(std::string_view text) {
  const auto document =
      parse_json("nft", text, {.bytes = std::size_t{32} << 20U, .nodes = 4'000'000, .depth = 48});
  if (!document) return std::unexpected(document.error());
  const json::object* top = document->root.if_object();
  const json::value* list = top == nullptr ? nullptr : top->if_contains("nftables");
  if (list == nullptr || !list->is_array())
    return failure("nft の出力ではありません。", "this is not nft's output.");
  // The chains that see incoming traffic, and whether their last rule so far refuses the rest.
  std::map<std::string, bool> chains;
  const auto id = [](const json::object& of, std::string_view chain) {
    return std::string(string_of(of, "family")) + " " + std::string(string_of(of, "table")) + " " +
           std::string(chain);
  };
  for (const json::value& item : list->get_array()) {
    const json::object* object = item.if_object();
    if (object == nullptr) continue;
    if (const json::object* chain = member(*object, "chain")) {
      const bool input =
          string_of(*chain, "hook") == "input" && string_of(*chain, "type") == "filter";
      if (input)
        chains[id(*chain, string_of(*chain, "name"))] = string_of(*chain, "policy") == "drop";
    } else if (const json::object* rule = member(*object, "rule")) {
      const auto found = chains.find(id(*rule, string_of(*rule, "chain")));
      if (found != chains.end() && refuses_all(*rule)) found->second = true;
    }
  }
  InputPolicy policy;
  for (const auto& [chain, refuses] : chains) {
    if (!refuses) continue;
    policy.ipv4 = policy.ipv4 || chain.starts_with("ip ") || chain.starts_with("inet ");
    policy.ipv6 = policy.ipv6 || chain.starts_with("ip6 ") || chain.starts_with("inet ");
  }
  return policy;
}

bool iptables_refuses(std::string_view saved) {
  bool filter = false;
  bool refuses = false;
  for (std::string_view line : split(saved, '\n')) {
    line = trim(line);
    if (line.starts_with("*")) filter = line == "*filter";
    if (!filter) continue;
    if (line.starts_with(":INPUT ")) refuses = line.starts_with(":INPUT DROP");
    const auto parts = words(line);
    const bool all =
        parts.size() >= 4 && parts[0] == "-A" && parts[1] == "INPUT" && parts[2] == "-j";
    if (all && (parts[3] == "DROP" || parts[3] == "REJECT")) refuses = true;
  }
  return refuses;
}

}  // namespace sekisho
