// SPDX-License-Identifier: Apache-2.0
// nft's JSON (libnftables-json(5)) as rules. What isn't known here is left as "may hold".
#include <arpa/inet.h>
#include <algorithm>
#include <array>

#include <boost/json.hpp>

#include "collect/host/firewall.h"

namespace sekisho::filter {
namespace {

namespace json = boost::json;

std::string_view view(const json::value& value) {
  if (!value.is_string()) return {};
  return {value.get_string().data(), value.get_string().size()};
}
std::string_view text_at(const json::object& in, std::string_view key) {
  const json::value* value = in.if_contains(key);
  return value == nullptr ? std::string_view() : view(*value);
}
/// The name and content of {"name": …}; empty for other shapes.
std::pair<std::string_view, const json::value*> only_member(const json::value& value) {
  const json::object* object = value.if_object();
  if (object == nullptr || object->size() != 1) return {{}, nullptr};
  return {object->begin()->key(), &object->begin()->value()};
}

struct Word {
  std::string_view name;
  std::uint64_t value;
};
constexpr std::array<Word, 28> kWords{
    {{"invalid", 1},   {"established", 2}, {"related", 4}, {"new", kStateNew}, {"untracked", 64},
     {"tcp", 6},       {"udp", 17},        {"icmp", 1},    {"igmp", 2},        {"ipv6-icmp", 58},
     {"icmpv6", 58},   {"sctp", 132},      {"dccp", 33},   {"udplite", 136},   {"esp", 50},
     {"ah", 51},       {"gre", 47},        {"ipv4", 2},    {"ipv6", 10},       {"ip", 2},
     {"ip6", 10},      {"host", 0},        {"unicast", 0}, {"other", 3},       {"broadcast", 1},
     {"multicast", 2}, {"snat", 16},       {"dnat", 32}}};
constexpr std::array<Word, 8> kFlags{{{"fin", 1},
                                      {"syn", 2},
                                      {"rst", 4},
                                      {"psh", 8},
                                      {"ack", 16},
                                      {"urg", 32},
                                      {"ecn", 64},
                                      {"cwr", 128}}};
constexpr std::array<Word, 4> kTypes{
    {{"unicast", 1}, {"local", kLocal}, {"broadcast", 3}, {"multicast", 5}}};

std::optional<std::uint64_t> word(Field field, std::string_view name) {
  const auto in = [&](const auto& words) -> std::optional<std::uint64_t> {
    const auto* const found = std::ranges::find(words, name, &Word::name);
    if (found == words.end()) return std::nullopt;
    return found->value;
  };
  if (field == Field::tcp_flags) return in(kFlags);
  if (field == Field::fib_type) return in(kTypes);
  return in(kWords);
}

bool names_interface(Field field) {
  return field == Field::interface || field == Field::output_interface;
}

Values not_understood_by_nft() { return {{}, {}, {}, true}; }

Values single(Number number) { return {number, number, {}, false}; }

std::optional<Number> number_of(Field field, const json::value& value) {
  if (value.is_int64() && value.get_int64() >= 0)
    return Number{0, static_cast<std::uint64_t>(value.get_int64())};
  if (value.is_uint64()) return Number{0, value.get_uint64()};
  if (value.is_bool()) return Number{0, value.get_bool() ? 1 : 0};
  const std::string_view text = view(value);
  if (const auto address = parse_address(text)) return address->number;
  if (const auto known = word(field, text)) return Number{0, *known};
  return std::nullopt;
}

Values prefix(const json::value& value) {
  const json::object* object = value.if_object();
  if (object == nullptr) return not_understood_by_nft();
  const auto address = parse_address(text_at(*object, "addr"));
  const json::value* length = object->if_contains("len");
  if (!address || length == nullptr || !length->is_int64()) return not_understood_by_nft();
  const auto bits = address->ipv6 ? 128 : 32;
  const std::int64_t host = bits - length->get_int64();
  if (host < 0 || host > bits) return not_understood_by_nft();
  // The host's bits, all ones.
  const auto ones = [](std::int64_t count) {
    return count <= 0 ? 0 : count >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << count) - 1;
  };
  const Number mask{ones(host - 64), ones(host)};
  const Number low{address->number.first & ~mask.first, address->number.second & ~mask.second};
  return {low, {low.first | mask.first, low.second | mask.second}, {}, false};
}

Values values_of(Field field, const json::value& value) {
  if (names_interface(field)) {
    if (!value.is_string()) return not_understood_by_nft();
    return {{}, {}, std::string(view(value)), false};
  }
  const auto [kind, content] = only_member(value);
  if (kind == "prefix") return prefix(*content);
  if (kind == "range") {
    const json::array* ends = content->if_array();
    if (ends == nullptr || ends->size() != 2) return not_understood_by_nft();
    const auto low = number_of(field, ends->at(0));
    const auto high = number_of(field, ends->at(1));
    if (!low || !high) return not_understood_by_nft();
    return {*low, *high, {}, false};
  }
  if (kind == "elem") {
    const json::object* element = content->if_object();
    const json::value* inner = element == nullptr ? nullptr : element->if_contains("val");
    return inner == nullptr ? not_understood_by_nft() : values_of(field, *inner);
  }
  const auto number = number_of(field, value);
  return number ? single(*number) : not_understood_by_nft();
}

/// Reads the objects of one ruleset.
class RulesetReader {
 public:
  RulesetReader(const json::array& items, std::string_view listing) : items_(items) {
    note_sleeping(listing);
  }

  Ruleset read() {
    for (const json::value& item : items_) note_table_or_set(item);
    for (const json::value& item : items_) add_chain(item);
    for (const json::value& item : items_) add_rule(item);
    return std::move(rules_);
  }

 private:
  static std::string scope(const json::object& of) {
    return std::string(text_at(of, "family")) + " " + std::string(text_at(of, "table")) + " ";
  }

  void note_table_or_set(const json::value& item) {
    const auto [kind, content] = only_member(item);
    const json::object* object = content == nullptr ? nullptr : content->if_object();
    if (object == nullptr) return;
    const std::string name(text_at(*object, "name"));
    if (kind == "set" || kind == "map") {
      const json::value* elements = object->if_contains("elem");
      sets_[scope(*object) + name] = elements == nullptr ? nullptr : elements->if_array();
    }
  }

  /// Tables that are switched off, by nft's own language: its JSON names the flag wrongly (1.0.6).
  void note_sleeping(std::string_view listing) {
    std::string table;
    for (const std::string_view line : split(listing, '\n')) {
      const auto parts = words(line);
      if (parts.size() == 4 && parts[0] == "table")
        table = std::string(parts[1]) + " " + std::string(parts[2]);
      if (parts.size() == 2 && parts[0] == "flags" && parts[1].contains("dormant"))
        asleep_.push_back(table);
    }
  }

  void add_chain(const json::value& item) {
    const auto [kind, content] = only_member(item);
    const json::object* object = content == nullptr ? nullptr : content->if_object();
    if (kind != "chain" || object == nullptr) return;
    const std::string table =
        std::string(text_at(*object, "family")) + " " + std::string(text_at(*object, "table"));
    Chain chain{std::string(text_at(*object, "family")), std::string(text_at(*object, "table")),
                std::string(text_at(*object, "name")),   std::string(text_at(*object, "hook")),
                std::string(text_at(*object, "dev")),    0,
                text_at(*object, "policy") == "drop",    {}};
    if (std::ranges::find(asleep_, table) != asleep_.end()) chain.hook = "none";
    rules_.chains[scope(*object) + chain.name] = std::move(chain);
  }

  void add_rule(const json::value& item) {
    const auto [kind, content] = only_member(item);
    const json::object* object = content == nullptr ? nullptr : content->if_object();
    if (kind != "rule" || object == nullptr) return;
    const auto chain = rules_.chains.find(scope(*object) + std::string(text_at(*object, "chain")));
    const json::value* expressions = object->if_contains("expr");
    if (chain == rules_.chains.end()) return;
    scope_ = scope(*object);
    Rule rule;
    if (expressions == nullptr || !expressions->is_array())
      rule = {{}, true, {Fate::unknown, {}}, {}, {}};
    else
      for (const json::value& expression : expressions->get_array())
        if (!add(expression, rule)) break;
    chain->second.rules.push_back(std::move(rule));
  }

  /// False after a verdict, for nothing follows it.
  bool add(const json::value& expression, Rule& rule) {
    const auto [kind, content] = only_member(expression);
    const auto ends = [&](Fate fate, std::string chain = {}) {
      rule.verdict = {fate, std::move(chain)};
      return false;
    };
    if (kind == "match") {
      add_match(*content, rule);
      return true;
    }
    if (kind == "accept") return ends(Fate::accept);
    if (kind == "drop" || kind == "reject") return ends(Fate::drop);
    if (kind == "return") return ends(Fate::back);
    if (kind == "continue") return ends(Fate::pass_on);
    if (kind == "jump" || kind == "goto") {
      const json::object* target = content->if_object();
      if (target == nullptr) return ends(Fate::unknown);
      return ends(kind == "jump" ? Fate::jump : Fate::go_to,
                  std::string(text_at(*target, "target")));
    }
    if (kind == "vmap") return add_map(*content, rule);
    if (kind == "counter" || kind == "log" || kind == "comment") return true;
    if (kind == "set") {
      // A rate may stand at what is added to a set, and the rule holds within it only.
      rule.uncertain =
          rule.uncertain || !content->is_object() || content->get_object().contains("stmt");
      return true;
    }
    if (kind == "notrack") {
      rules_.untracks = true;
      return true;
    }
    if (kind == "mangle") {
      rules_.marks = true;
      return true;
    }
    // Network address translation, queues and the like may take the packet elsewhere; all else may
    // hold or not.
    static constexpr std::array<std::string_view, 9> kElsewhere{
        "dnat", "redirect", "snat", "masquerade", "queue", "tproxy", "fwd", "synproxy", "flow"};
    if (std::ranges::find(kElsewhere, kind) != kElsewhere.end()) {
      rules_.translates = true;
      return ends(Fate::unknown);
    }
    if (kind == "xt") return add_foreign(*content, rule);
    rule.uncertain = true;
    return true;
  }

  /// An extension of iptables, of which nft tells the name at most.
  bool add_foreign(const json::value& content, Rule& rule) {
    const auto parts = split(std::string_view(scope_), ' ');
    const std::pair<std::string, std::string> table{parts[0], parts.size() > 1 ? parts[1] : ""};
    if (std::ranges::find(rules_.foreign, table) == rules_.foreign.end())
      rules_.foreign.push_back(table);
    rules_.translates = true;  // for all that is known of it
    const json::object* object = content.if_object();
    const std::string_view name = object == nullptr ? std::string_view() : text_at(*object, "name");
    if (name == "comment") return true;
    const bool target = object == nullptr || text_at(*object, "type") != "match";
    if (!target || object == nullptr) rule.uncertain = true;
    rules_.marks = rules_.marks || name == "MARK" || name == "CONNMARK";
    rules_.untracks = rules_.untracks || name == "CT" || name == "NOTRACK";
    static constexpr std::array<std::string_view, 9> kHarmless{
        "LOG", "NFLOG", "MARK", "CONNMARK", "TCPMSS", "CT", "SET", "CHECKSUM", "AUDIT"};
    if (name == "REJECT") {
      rule.verdict = {Fate::drop, {}};
      return false;
    }
    if (target && std::ranges::find(kHarmless, name) == kHarmless.end()) {
      rule.verdict = {Fate::unknown, {}};
      return false;
    }
    return true;
  }

  Field field_of(const json::value& left) const {
    const auto [kind, content] = only_member(left);
    const json::object* of = content == nullptr ? nullptr : content->if_object();
    if (of == nullptr) return Field::other;
    const std::string_view key = text_at(*of, "key");
    if (kind == "payload") return payload(text_at(*of, "protocol"), text_at(*of, "field"));
    if (kind == "meta") {
      if (key == "l4proto") return Field::protocol;
      if (key == "nfproto" || key == "protocol") return Field::family;
      if (key == "iifname" || key == "iif") return Field::interface;
      if (key == "oifname" || key == "oif") return Field::output_interface;
      if (key == "mark") return Field::mark;
      if (key == "pkttype") return Field::packet_type;
    }
    if (kind == "ct" && key == "state") return Field::state;
    if (kind == "ct" && key == "status") return Field::status;
    if (kind == "fib" && text_at(*of, "result") == "type") {
      const json::value* flags = of->if_contains("flags");
      const json::array* list = flags == nullptr ? nullptr : flags->if_array();
      if (list != nullptr && !list->empty() && view(list->at(0)) == "daddr") return Field::fib_type;
    }
    return Field::other;
  }

  static Field payload(std::string_view protocol, std::string_view field) {
    const bool destination = field == "dport" || field == "daddr";
    if (protocol == "ip" || protocol == "ip6") {
      const bool six = protocol == "ip6";
      if (field == "saddr") return six ? Field::source6 : Field::source4;
      if (field == "daddr") return six ? Field::destination6 : Field::destination4;
      if (field == "protocol") return Field::protocol4;
      if (field == "nexthdr") return Field::protocol6;
      if (field == "version") return Field::other;
    }
    if (field == "sport" || field == "dport") {
      if (protocol == "tcp")
        return destination ? Field::tcp_destination_port : Field::tcp_source_port;
      if (protocol == "udp")
        return destination ? Field::udp_destination_port : Field::udp_source_port;
      if (protocol == "th") return destination ? Field::destination_port : Field::source_port;
    }
    if (protocol == "tcp" && field == "flags") return Field::tcp_flags;
    if (protocol.starts_with("icmp")) return Field::icmp;
    return Field::other;
  }

  /// Of {"&": [left, mask]}, or a field alone, or several joined.
  void set_fields(const json::value& left, RuleCondition& condition) const {
    const auto [kind, content] = only_member(left);
    const json::array* list = content == nullptr ? nullptr : content->if_array();
    if (kind == "concat" && list != nullptr) {
      for (const json::value& part : *list) condition.fields.push_back(field_of(part));
      return;
    }
    if (kind == "&" && list != nullptr && list->size() == 2) {
      const Field field = field_of(list->at(0));
      condition.fields = {field};
      condition.mask = bits(field, list->at(1));
      if (!condition.mask) condition.fields = {Field::other};
      return;
    }
    condition.fields = {field_of(left)};
  }

  /// A number, or the bits that names stand for.
  static std::optional<std::uint64_t> bits(Field field, const json::value& value) {
    const auto [kind, content] = only_member(value);
    const json::array* list = kind == "|" ? content->if_array() : value.if_array();
    if (list == nullptr) {
      const auto number = number_of(field, value);
      if (!number) return std::nullopt;
      return number->second;
    }
    std::uint64_t all = 0;
    for (const json::value& one : *list) {
      const auto number = bits(field, one);
      if (!number) return std::nullopt;
      all |= *number;
    }
    return all;
  }

  /// The elements of a set that stands in a rule, or of a named one; nothing when there is none.
  const json::array* elements_of(const json::value& value) const {
    if (const std::string_view name = view(value); name.starts_with('@')) {
      static const json::array kNone;
      const auto found = sets_.find(scope_ + std::string(name.substr(1)));
      if (found == sets_.end()) return nullptr;
      return found->second == nullptr ? &kNone : found->second;
    }
    const auto [kind, content] = only_member(value);
    return kind == "set" ? content->if_array() : nullptr;
  }

  static std::vector<Values> element(const RuleCondition& condition, const json::value& value) {
    if (condition.fields.size() == 1) return {values_of(condition.fields[0], value)};
    const json::value* joined = &value;
    auto [kind, content] = only_member(*joined);
    if (kind == "elem" && content->is_object())
      if (const json::value* inner = content->get_object().if_contains("val"))
        std::tie(kind, content) = only_member(*(joined = inner));
    const json::array* parts = kind == "concat" ? content->if_array() : nullptr;
    std::vector<Values> values(condition.fields.size(), not_understood_by_nft());
    if (parts != nullptr && parts->size() == values.size())
      for (std::size_t i = 0; i < values.size(); ++i)
        values[i] = values_of(condition.fields[i], parts->at(i));
    return values;
  }

  /// Of a connection's status only what translation leaves in it is known.
  static void only_translation(RuleCondition& condition) {
    constexpr std::uint64_t kTranslated = 16 | 32;
    for (std::size_t i = 0; i < condition.fields.size(); ++i)
      for (auto& element : condition.elements)
        if (condition.fields[i] == Field::status && i < element.size() &&
            (element[i].low != element[i].high || element[i].low.first != 0 ||
             element[i].low.second == 0 || (element[i].low.second & ~kTranslated) != 0))
          element[i].unknown = true;
  }

  void add_match(const json::value& content, Rule& rule) {
    const json::object* match = content.if_object();
    const json::value* left = match == nullptr ? nullptr : match->if_contains("left");
    const json::value* right = match == nullptr ? nullptr : match->if_contains("right");
    if (left == nullptr || right == nullptr) {
      rule.uncertain = true;
      return;
    }
    const std::string_view op = text_at(*match, "op");
    RuleCondition condition;
    set_fields(*left, condition);
    condition.negated = op == "!=";
    if (const json::array* list = elements_of(*right)) {
      for (const json::value& one : *list) condition.elements.push_back(element(condition, one));
    } else if (condition.fields.size() == 1 &&
               (op == "in" || right->is_array() || only_member(*right).first == "|")) {
      const auto all = bits(condition.fields[0], *right);
      condition.way = op == "in" ? RuleCondition::Way::any_bit : RuleCondition::Way::in_set;
      condition.elements.push_back({all ? single({0, *all}) : not_understood_by_nft()});
    } else {
      condition.elements.push_back(element(condition, *right));
      compare(op, condition.elements.back());
    }
    only_translation(condition);
    rule.conditions.push_back(std::move(condition));
  }

  static void compare(std::string_view op, std::vector<Values>& element) {
    if (op == "==" || op == "!=") return;
    Values& values = element.front();
    const Number value = values.low;
    constexpr Number kLast{~std::uint64_t{0}, ~std::uint64_t{0}};
    const bool small = value.first == 0;
    if (element.size() != 1 || !small) op = {};
    if (op == "<=")
      values.low = {};
    else if (op == ">=")
      values.high = kLast;
    else if (op == ">" && value.second < ~std::uint64_t{0})
      values = {{0, value.second + 1}, kLast, {}, values.unknown};
    else if (op == "<" && value.second > 0)
      values = {{}, {0, value.second - 1}, {}, values.unknown};
    else
      values = not_understood_by_nft();
  }

  /// A verdict map: its own rule, for what no element fits goes on to the next.
  bool add_map(const json::value& content, Rule& rule) {
    const json::object* map = content.if_object();
    const json::value* key = map == nullptr ? nullptr : map->if_contains("key");
    const json::value* data = map == nullptr ? nullptr : map->if_contains("data");
    const json::array* list = data == nullptr ? nullptr : elements_of(*data);
    if (key == nullptr || list == nullptr) {
      rule.verdict = {Fate::unknown, {}};
      return false;
    }
    rule.key.emplace();
    set_fields(*key, *rule.key);
    for (const json::value& one : *list) {
      const json::array* pair = one.if_array();
      Rule verdict;
      if (pair == nullptr || pair->size() != 2) {
        rule.key->elements.emplace_back(rule.key->fields.size(), not_understood_by_nft());
        rule.verdicts.push_back({Fate::unknown, {}});
        continue;
      }
      rule.key->elements.push_back(element(*rule.key, pair->at(0)));
      if (add(pair->at(1), verdict)) verdict.verdict = {Fate::unknown, {}};
      rule.verdicts.push_back(std::move(verdict.verdict));
    }
    only_translation(*rule.key);
    return false;
  }

  const json::array& items_;
  Ruleset rules_;
  std::map<std::string, const json::array*> sets_;
  std::vector<std::string> asleep_;
  std::string scope_;
};

}  // namespace

std::optional<PacketAddress> parse_address(std::string_view text) {
  const std::string copy(text);
  std::array<std::uint8_t, 16> bytes{};
  const bool ipv4 = ::inet_pton(AF_INET, copy.c_str(), bytes.data()) == 1;
  if (!ipv4 && ::inet_pton(AF_INET6, copy.c_str(), bytes.data()) != 1) return std::nullopt;
  PacketAddress address;
  address.ipv6 = !ipv4;
  for (std::size_t i = 0; i < (ipv4 ? 4U : 16U); ++i) {
    auto& [high, low] = address.number;
    high = (high << 8U) | (low >> 56U);
    low = (low << 8U) | bytes.at(i);
  }
  return address;
}

Result<Ruleset> parse_nft(std::string_view text, std::string_view listing) {
  const auto document =
      parse_json("nft", text, {.bytes = std::size_t{32} << 20U, .nodes = 4'000'000, .depth = 48});
  if (!document) return std::unexpected(document.error());
  const json::object* top = document->root.if_object();
  const json::value* list = top == nullptr ? nullptr : top->if_contains("nftables");
  if (list == nullptr || !list->is_array())
    return failure("nft の出力ではありません。", "this is not nft's output.");
  return RulesetReader(list->get_array(), listing).read();
}

}  // namespace sekisho::filter
