// SPDX-License-Identifier: Apache-2.0
// iptables-save's text as rules. What isn't known here is left as "may hold".
#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <set>

#include "collect/host/firewall.h"

namespace sekisho::filter {
namespace {

/// The words of a line; what stands in quotes is one.
std::vector<std::string> tokens(std::string_view line) {
  std::vector<std::string> found;
  std::string word;
  bool any = false;
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (c == '\\' && quoted && i + 1 < line.size()) {
      word += line[++i];
    } else if (c == '"') {
      quoted = !quoted;
      any = true;
    } else if ((c == ' ' || c == '\t') && !quoted) {
      if (any) found.push_back(std::move(word));
      word.clear();
      any = false;
    } else {
      word += c;
      any = true;
    }
  }
  if (any) found.push_back(std::move(word));
  return found;
}

Values single(std::uint64_t value) { return {{0, value}, {0, value}, {}, false}; }
Values not_understood() { return {{}, {}, {}, true}; }

std::optional<std::uint64_t> any_number(std::string_view text) {
  std::uint64_t value = 0;
  int base = 10;
  if (text.starts_with("0x")) {
    text.remove_prefix(2);
    base = 16;
  }
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

/// "22", "1:65535", "1024:" or ":1023".
Values ports(std::string_view text) {
  const std::size_t colon = text.find(':');
  const std::string_view low = text.substr(0, colon);
  const std::string_view high = colon == std::string_view::npos ? low : text.substr(colon + 1);
  const std::int64_t from = low.empty() ? 0 : whole_number(low);
  const std::int64_t to = high.empty() ? 65535 : whole_number(high);
  if (from < 0 || to < from || to > 65535) return not_understood();
  return {{0, static_cast<std::uint64_t>(from)}, {0, static_cast<std::uint64_t>(to)}, {}, false};
}

/// "10.0.0.0/8", "10.0.0.0/255.0.0.0", "::/0"; masks with holes are not understood.
Values network(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto address = parse_address(text.substr(0, slash));
  if (!address) return not_understood();
  const std::int64_t width = address->ipv6 ? 128 : 32;
  std::int64_t length = width;
  if (slash != std::string_view::npos) {
    const std::string_view mask = text.substr(slash + 1);
    length = whole_number(mask);
    if (const auto dotted = length < 0 ? parse_address(mask) : std::nullopt) {
      const std::uint64_t ones = dotted->number.second;
      length = std::popcount(ones);
      if (dotted->ipv6 || ones != ((0xFFFFFFFFULL << (32 - length)) & 0xFFFFFFFFULL)) length = -1;
    }
  }
  if (length < 0 || length > width) return not_understood();
  const auto ones = [](std::int64_t count) {
    return count <= 0 ? 0 : count >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << count) - 1;
  };
  const Number mask{ones(width - length - 64), ones(width - length)};
  const Number low{address->number.first & ~mask.first, address->number.second & ~mask.second};
  return {low, {low.first | mask.first, low.second | mask.second}, {}, false};
}

std::uint64_t states(std::string_view text) {
  std::uint64_t bits = 0;
  for (const std::string_view name : split(text, ',')) {
    if (name == "INVALID") bits |= 1U;
    if (name == "ESTABLISHED") bits |= 2U;
    if (name == "RELATED") bits |= 4U;
    if (name == "NEW") bits |= kStateNew;
    if (name == "UNTRACKED") bits |= 64U;
  }
  return bits;
}

std::uint64_t flags(std::string_view text) {
  static constexpr std::array<std::string_view, 6> kNames{"FIN", "SYN", "RST", "PSH", "ACK", "URG"};
  if (text == "ALL") return 63;
  std::uint64_t bits = 0;
  for (const std::string_view name : split(text, ','))
    if (const auto* const found = std::ranges::find(kNames, name); found != kNames.end())
      bits |= std::uint64_t{1} << static_cast<unsigned>(found - kNames.begin());
  return bits;
}

/// One "-A" line.
class Line {
 public:
  /// `names` are the table's own chains.
  Line(std::vector<std::string> words, bool ipv6, const std::set<std::string>& names,
       Ruleset& rules)
      : words_(std::move(words)), ipv6_(ipv6), names_(names), rules_(rules) {}

  Rule read() {
    while (at_ < words_.size()) {
      std::string option = take();
      negated_ = option == "!";
      if (negated_) option = take();
      if (!condition(option) && !target(option)) skip_unknown(option);
    }
    return std::move(rule_);
  }

 private:
  std::string take() { return at_ < words_.size() ? words_[at_++] : std::string(); }

  void add(Field field, std::vector<Values> any_of, std::optional<std::uint64_t> mask = {},
           RuleCondition::Way way = RuleCondition::Way::in_set) {
    RuleCondition condition{{field}, mask, negated_, way, {}};
    for (Values& values : any_of) condition.elements.push_back({std::move(values)});
    rule_.conditions.push_back(std::move(condition));
  }

  void protocol(const std::string& name) {
    if (name == "all" || name == "0") return;
    const std::int64_t number = name == "tcp"    ? 6
                                : name == "udp"  ? 17
                                : name == "icmp" ? 1
                                                 : whole_number(name);
    // A name that isn't TCP's or UDP's is another protocol than that of any probe.
    add(Field::protocol, {single(number < 0 ? 255 : static_cast<std::uint64_t>(number))});
  }

  void several_ports(Field field) {
    std::vector<Values> all;
    for (const std::string list = take(); const std::string_view one : split(list, ','))
      all.push_back(ports(one));
    add(field, std::move(all));
  }

  void interface(std::string name) {
    if (name.ends_with('+')) name.back() = '*';
    add(Field::interface, {{{}, {}, std::move(name), false}});
  }

  bool condition(const std::string& option) {
    if (option == "-p") return protocol(take()), true;
    if (option == "-s")
      return add(ipv6_ ? Field::source6 : Field::source4, {network(take())}), true;
    if (option == "-d")
      return add(ipv6_ ? Field::destination6 : Field::destination4, {network(take())}), true;
    if (option == "-i") return interface(take()), true;
    if (option == "--dport") return add(Field::destination_port, {ports(take())}), true;
    if (option == "--sport") return add(Field::source_port, {ports(take())}), true;
    if (option == "--dports") return several_ports(Field::destination_port), true;
    if (option == "--sports") return several_ports(Field::source_port), true;
    if (option == "--ctstate" || option == "--state")
      return add(Field::state, {single(states(take()))}, {}, RuleCondition::Way::any_bit), true;
    if (option == "--dst-type") {
      const std::string type = take();
      return add(Field::fib_type, {type == "LOCAL"       ? single(kLocal)
                                   : type == "BROADCAST" ? single(3)
                                   : type == "MULTICAST" ? single(5)
                                                         : not_understood()}),
             true;
    }
    if (option == "--pkt-type")
      return add(Field::packet_type, {single(take() == "unicast" ? 0 : 1)}), true;
    if (option == "--tcp-flags") {
      const std::uint64_t mask = flags(take());
      return add(Field::tcp_flags, {single(flags(take()))}, mask), true;
    }
    if (option == "--mark") return mark(take()), true;
    if (option == "--icmp-type" || option == "--icmpv6-type") return take(), true;
    if (option == "--comment") return take(), true;
    if (option == "-m" || option == "--match") return module(take()), true;
    return false;
  }

  void mark(const std::string& text) {
    const std::size_t slash = text.find('/');
    const auto value = any_number(std::string_view(text).substr(0, slash));
    const auto mask = slash == std::string::npos
                          ? std::optional<std::uint64_t>(0xFFFFFFFF)
                          : any_number(std::string_view(text).substr(slash + 1));
    if (connection_mark_ || !value || !mask)
      rule_.uncertain = true;
    else
      add(Field::mark, {single(*value)}, mask);
  }

  /// Modules without a condition of their own; all others may hold or not.
  void module(const std::string& name) {
    static constexpr std::array<std::string_view, 12> kKnown{
        "tcp",     "udp",       "conntrack", "state", "comment", "addrtype",
        "pkttype", "multiport", "mark",      "icmp",  "icmp6",   "connmark"};
    connection_mark_ = name == "connmark";
    if (std::ranges::find(kKnown, name) == kKnown.end()) rule_.uncertain = true;
  }

  bool target(const std::string& option) {
    if (option != "-j" && option != "-g") return false;
    const std::string name = take();
    static constexpr std::array<std::string_view, 8> kHarmless{"LOG", "NFLOG", "ULOG",     "TCPMSS",
                                                               "SET", "AUDIT", "CHECKSUM", "TRACE"};
    const auto ends = [&](Fate fate, std::string chain = {}) {
      rule_.verdict = {fate, std::move(chain)};
    };
    if (name == "ACCEPT")
      ends(Fate::accept);
    else if (name == "DROP" || name == "REJECT")
      ends(Fate::drop);
    else if (name == "RETURN")
      ends(Fate::back);
    else if (name == "MARK" || name == "CONNMARK")
      rules_.marks = true;
    else if (name == "CT" || name == "NOTRACK")
      rules_.untracks = true;
    else if (std::ranges::find(kHarmless, name) == kHarmless.end())
      ends(is_chain(name) ? (option == "-g" ? Fate::go_to : Fate::jump) : Fate::unknown, name);
    at_ = words_.size();  // the target's own options
    return true;
  }

  /// Targets that are no chains are named in capitals; ufw's files call chains of one another.
  bool is_chain(const std::string& name) const {
    return names_.contains(name) ||
           std::ranges::any_of(name, [](char c) { return c >= 'a' && c <= 'z'; });
  }

  void skip_unknown(const std::string& option) {
    // "-o" is met by no packet that comes in to stay, "! -o" may be.
    rule_.uncertain = true;
    if (option == "-o" && !negated_) add(Field::output_interface, {{{}, {}, "?", false}});
    while (at_ < words_.size() && words_[at_] != "!" && !words_[at_].starts_with('-')) ++at_;
  }

  std::vector<std::string> words_;
  bool ipv6_;
  const std::set<std::string>& names_;
  Ruleset& rules_;
  Rule rule_;
  std::size_t at_ = 0;
  bool negated_ = false;
  bool connection_mark_ = false;
};

std::string hook_of(std::string_view table, std::string_view chain) {
  if (chain == "INPUT") return "input";
  if (chain == "PREROUTING" && table != "filter") return "prerouting";
  return {};
}

}  // namespace

bool parse_iptables(std::string_view text, bool ipv6, Ruleset& into) {
  const std::string family = ipv6 ? "ip6" : "ip";
  std::string table;
  std::set<std::string> names;
  bool any = false;
  for (std::string_view line : split(text, '\n')) {
    line = trim(line);
    if (line.starts_with('*')) {
      table = std::string(line.substr(1));
      names.clear();
      any = true;
    }
    if (table.empty() || line.empty()) continue;
    auto words = tokens(line);
    if (line.starts_with(':') && words.size() >= 2) {
      const std::string name = words[0].substr(1);
      Chain chain{family, table, name, hook_of(table, name), {}, 0, words[1] == "DROP", {}};
      names.insert(name);
      into.chains[family + " " + table + " " + name] = std::move(chain);
    }
    if (words.size() < 2 || (words[0] != "-A" && words[0] != "-I")) continue;
    const auto chain = into.chains.find(family + " " + table + " " + words[1]);
    if (chain == into.chains.end()) continue;
    words.erase(words.begin(), words.begin() + 2);
    chain->second.rules.push_back(Line(std::move(words), ipv6, names, into).read());
  }
  return any;
}

}  // namespace sekisho::filter
