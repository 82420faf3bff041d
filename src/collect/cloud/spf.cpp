// SPDX-License-Identifier: Apache-2.0
// SPF as RFC 7208 has it, for a sender whom no record names: terms are read to the end, ten
// look-ups are allowed over all records that are taken in, and what breaks the grammar makes the
// whole an error.
#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "collect/cloud/mail_records.h"

namespace sekisho {
namespace {

constexpr int kMostLookups = 10;  // RFC 7208, 4.6.4
// No firm sends from as much as this: a /8 of IPv4, a /12 of IPv6.
constexpr double kMuchOfIpv4 = 1.0 / 256;
constexpr double kMuchOfIpv6 = 1.0 / 4096;

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// A domain-spec (RFC 7208, 7.1), loosely: names with a dot in them, or macros.
bool is_domain_spec(std::string_view text) {
  if (text.empty()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] < 0x21 || text[i] > 0x7e) return false;
    if (text[i] != '%') continue;
    const char next = i + 1 < text.size() ? text[i + 1] : '\0';
    if (next != '{' && next != '%' && next != '_' && next != '-') return false;
    if (next == '{' && text.find('}', i) == std::string_view::npos) return false;
    ++i;
  }
  if (text.contains("%{")) return true;
  const std::string_view name = text.ends_with('.') ? text.substr(0, text.size() - 1) : text;
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos || dot == 0) return false;
  const std::string_view top = name.substr(dot + 1);
  return !top.empty() && std::ranges::any_of(top, is_letter) && !top.starts_with('-') &&
         !top.ends_with('-');
}

/// The length of a prefix; nothing where it isn't one.
std::optional<int> prefix_of(std::string_view text, int most) {
  if (text.empty() || text.size() > 3 || !std::ranges::all_of(text, is_digit)) return std::nullopt;
  const std::int64_t number = whole_number(text);
  return number > most ? std::nullopt : std::optional(static_cast<int>(number));
}

/// How much of all addresses is meant, of each family.
struct Share {
  double v4 = 0;
  double v6 = 0;
  void operator+=(const Share& other) {
    v4 += other.v4;
    v6 += other.v6;
  }
  bool much() const { return v4 >= kMuchOfIpv4 || v6 >= kMuchOfIpv6; }
};

struct Walk {
  bool error = false;
  bool unsure = false;
  bool unseen = false;
  Share passed;   // by "+"
  Share let_go;   // by "?" and "~"
  char rest = 0;  // what holds for all others: the qualifier; 0: nothing is said
};

class SpfWalk {
 public:
  explicit SpfWalk(const std::vector<DomainRecords>& zone) : zone_(zone) {}

  Walk of(std::string_view record) {
    Walk walk;
    std::string redirect;
    bool explained = false;
    bool ended = false;
    const std::vector<std::string_view> terms = words(record);
    for (std::size_t i = 1; i < terms.size(); ++i) {
      const std::string_view term = terms[i];
      const std::size_t mark = term.find_first_of("=:/");
      if (mark != std::string_view::npos && term[mark] == '=') {
        modifier(term.substr(0, mark), term.substr(mark + 1), redirect, explained, walk);
        continue;
      }
      ended = directive(term, ended, walk) || ended;
    }
    if (!walk.error && !ended && !redirect.empty()) follow(redirect, walk);
    walk.error = walk.error || lookups_ > kMostLookups;
    return walk;
  }

 private:
  static void modifier(std::string_view name, std::string_view value, std::string& redirect,
                       bool& explained, Walk& walk) {
    const auto is_part = [](char c) {
      return is_letter(c) || is_digit(c) || c == '-' || c == '_' || c == '.';
    };
    if (name.empty() || !is_letter(name.front()) || !std::ranges::all_of(name, is_part)) {
      walk.error = true;
    } else if (same_name(name, "redirect")) {
      walk.error = walk.error || !redirect.empty() || !is_domain_spec(value);
      redirect = value;
    } else if (same_name(name, "exp")) {
      walk.error = walk.error || explained || !is_domain_spec(value);
      explained = true;
    }
  }

  /// Whether it ends the record. After the end only the grammar matters.
  bool directive(std::string_view term, bool ended, Walk& walk) {
    char qualifier = '+';
    if (std::string_view("+-~?").contains(term.front())) {
      qualifier = term.front();
      term.remove_prefix(1);
    }
    const std::size_t end = std::min(term.find_first_of(":/"), term.size());
    const std::string name = lower(term.substr(0, end));
    const std::string_view rest = term.substr(end);
    if (name == "all") {
      walk.error = walk.error || !rest.empty();
      if (!ended) walk.rest = qualifier;
      return true;
    }
    Walk ignored;
    Walk& into = ended ? ignored : walk;
    Share share;
    if (name == "ip4" || name == "ip6")
      walk.error = !network(name, rest, share) || walk.error;
    else if (name == "a" || name == "mx")
      walk.error = !addresses(rest, share) || walk.error;
    else if (name == "include" || name == "exists")
      walk.error = walk.error || !rest.starts_with(':') || !is_domain_spec(rest.substr(1));
    else if (name == "ptr")
      walk.error = walk.error ||
                   (!rest.empty() && (!rest.starts_with(':') || !is_domain_spec(rest.substr(1))));
    else
      walk.error = true;
    if (ended || walk.error) return false;
    if (name != "ip4" && name != "ip6") ++lookups_;
    if (name == "include") take_in(rest.substr(1), qualifier, into);
    if (qualifier == '+') into.passed += share;
    if (qualifier == '~' || qualifier == '?') into.let_go += share;
    return false;
  }

  /// ":192.0.2.0/24"
  static bool network(std::string_view name, std::string_view rest, Share& share) {
    if (!rest.starts_with(':')) return false;
    rest.remove_prefix(1);
    const bool four = name == "ip4";
    const int bits = four ? 32 : 128;
    const std::size_t slash = rest.find('/');
    const std::string address(rest.substr(0, slash));
    std::array<unsigned char, 16> room{};
    if (inet_pton(four ? AF_INET : AF_INET6, address.c_str(), room.data()) != 1) return false;
    const auto prefix = slash == std::string_view::npos ? std::optional(bits)
                                                        : prefix_of(rest.substr(slash + 1), bits);
    if (!prefix) return false;
    (four ? share.v4 : share.v6) = std::ldexp(1.0, -*prefix);
    return true;
  }

  /// "", ":domain", "/24", "//64" and together.
  static bool addresses(std::string_view rest, Share& share) {
    if (rest.starts_with(':')) {
      const std::size_t slash = std::min(rest.find('/'), rest.size());
      if (!is_domain_spec(rest.substr(1, slash - 1))) return false;
      rest.remove_prefix(slash);
    }
    const std::size_t two = rest.find("//");
    const std::string_view four = rest.substr(0, two);
    if (!four.empty()) {
      const auto prefix = prefix_of(four.substr(1), 32);
      if (!prefix) return false;
      share.v4 = std::ldexp(1.0, -*prefix);
    }
    if (two == std::string_view::npos) return true;
    const auto prefix = prefix_of(rest.substr(two + 2), 128);
    if (prefix) share.v6 = std::ldexp(1.0, -*prefix);
    return prefix.has_value();
  }

  /// The record of another domain; nothing where it isn't here.
  std::optional<Walk> other(std::string_view domain) {
    const std::string name =
        lower(domain.ends_with('.') ? domain.substr(0, domain.size() - 1) : domain);
    const auto found = std::ranges::find(zone_, name, &DomainRecords::domain);
    if (found == zone_.end() || !found->asked || lookups_ > kMostLookups) return std::nullopt;
    const std::vector<std::string> records = spf_records(*found);
    Walk walk;
    if (records.size() == 1) return of(records.front());
    walk.error = true;  // none, or several: an error for whoever takes it in
    return walk;
  }

  void take_in(std::string_view domain, char qualifier, Walk& into) {
    const auto walk = other(domain);
    into.unseen = into.unseen || !walk || walk->unseen || walk->unsure;
    if (!walk) return;
    into.error = into.error || walk->error;
    // It matches whom the other lets pass.
    Share matched = walk->passed;
    if (walk->rest == '+') matched = {1, 1};
    if (qualifier == '+') into.passed += matched;
    if (qualifier == '~' || qualifier == '?') into.let_go += matched;
  }

  void follow(std::string_view domain, Walk& into) {
    ++lookups_;
    const auto walk = other(domain);
    into.unsure = !walk || walk->unsure;
    if (!walk) return;
    into.error = into.error || walk->error;
    into.unseen = into.unseen || walk->unseen;
    into.passed += walk->passed;
    into.let_go += walk->let_go;
    into.rest = walk->rest;
  }

 public:
  static std::vector<std::string> spf_records(const DomainRecords& domain) {
    std::vector<std::string> found;
    for (const std::string& record : domain.records) {
      const std::string small = lower(record);
      if (small == "v=spf1" || small.starts_with("v=spf1 ")) found.push_back(record);
    }
    return found;
  }

 private:
  const std::vector<DomainRecords>& zone_;
  int lookups_ = 0;
};

SpfWorth walked_worth(const Walk& walk) {
  if (walk.error) return SpfWorth::error;
  if (walk.rest == '+' || walk.passed.much()) return SpfWorth::open;
  if (walk.unsure) return SpfWorth::unsure;
  if (walk.let_go.much()) return SpfWorth::weak;
  return walk.rest == '-' ? SpfWorth::refuses : walk.rest == '~' ? SpfWorth::soft : SpfWorth::weak;
}

}  // namespace

SpfFound spf_worth(const DomainRecords& domain, const std::vector<DomainRecords>& zone) {
  const std::vector<std::string> records = SpfWalk::spf_records(domain);
  if (records.size() != 1) return {records.empty() ? SpfWorth::none : SpfWorth::several};
  const Walk walk = SpfWalk(zone).of(records.front());
  return {walked_worth(walk), walk.unseen};
}

Finding judge_spf(const DomainRecords& domain, MailPolicy dmarc,
                  const std::vector<DomainRecords>& zone) {
  const std::string name = printable(domain.domain, 120);
  constexpr const char* kLimit = "-all, ~all + DMARC";
  if (!domain.asked)
    return unknown(fmt::format("{} の DNS の答えがエクスポートにありません", name),
                   fmt::format("the export has no answer of DNS for {}", name));
  const SpfFound found = spf_worth(domain, zone);
  const Text beyond = found.unseen ? Text{"（取り込む先のレコードは見ていません）",
                                          " (the records that it takes in weren't looked at)"}
                                   : Text{};
  switch (found.worth) {
    case SpfWorth::none:
      return bad(fmt::format("{} に SPF がありません", name),
                 fmt::format("{} has no SPF record", name), "0", "1");
    case SpfWorth::several:
      return bad(fmt::format("{} に SPF のレコードが二つ以上あり、どれも効きません", name),
                 fmt::format("{} has several SPF records, so none counts", name), "2", "1");
    case SpfWorth::error:
      return bad(
          fmt::format("{} の SPF は、書き方の誤りか調べる先の多さ（10 まで）で効きません", name),
          fmt::format("SPF of {} doesn't count: it is malformed, or needs more than ten "
                      "look-ups",
                      name),
          "permerror", kLimit);
    case SpfWorth::open:
      return bad(fmt::format("{} の SPF は、ほとんど誰にでも送信を許します", name),
                 fmt::format("SPF of {} lets nearly anybody send", name), "+", kLimit);
    case SpfWorth::unsure:
      return unknown(fmt::format("{} の SPF は別のドメインに任せています", name),
                     fmt::format("SPF of {} is left to another domain", name));
    case SpfWorth::refuses:
      return good(fmt::format("{} の SPF は、ほかからの送信を断ります{}", name, beyond.ja),
                  fmt::format("SPF of {} refuses all others{}", name, beyond.en), "-all", kLimit);
    case SpfWorth::weak:
      return bad(fmt::format("{} の SPF は、ほかからの送信を断りません", name),
                 fmt::format("SPF of {} doesn't refuse others", name), "?all", kLimit);
    case SpfWorth::soft: break;
  }
  if (dmarc == MailPolicy::quarantine || dmarc == MailPolicy::reject)
    return good(fmt::format("{} の SPF（~all）は DMARC と合わせて効きます{}", name, beyond.ja),
                fmt::format("SPF of {} (~all) holds together with its DMARC{}", name, beyond.en),
                "~all", kLimit);
  if (dmarc == MailPolicy::unsure)
    return unknown(fmt::format("{} の SPF は ~all で、DMARC が分かりません", name),
                   fmt::format("SPF of {} ends in ~all, and its DMARC isn't known", name));
  return bad(fmt::format("{} の SPF（~all）は、DMARC がないのでほかからの送信を断りません", name),
             fmt::format("SPF of {} (~all) refuses nobody without DMARC", name), "~all", kLimit);
}

}  // namespace sekisho
