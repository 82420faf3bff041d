// SPDX-License-Identifier: Apache-2.0
// A policy's text, read in this one place. What can't be understood whole lets nobody in: the file
// is refused.
#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "access/policy.h"
#include "base/nearest.h"
#include "guideline/roles.h"

namespace sekisho {
namespace {

using std::chrono::seconds;

template <typename T, std::size_t N>
using Words = std::array<std::pair<std::string_view, T>, N>;

constexpr Words<ResourceKind, 3> kKinds{{{"application", ResourceKind::application},
                                         {"server", ResourceKind::server},
                                         {"network", ResourceKind::network}}};
constexpr Words<Degree, 3> kSensitivities{
    {{"low", Degree::low}, {"middle", Degree::middle}, {"high", Degree::high}}};
constexpr Words<bool, 2> kDevices{{{"registered", false}, {"any", true}}};
constexpr Words<std::size_t, 14> kDays{{{"sun", 0},
                                        {"mon", 1},
                                        {"tue", 2},
                                        {"wed", 3},
                                        {"thu", 4},
                                        {"fri", 5},
                                        {"sat", 6},
                                        {"日", 0},
                                        {"月", 1},
                                        {"火", 2},
                                        {"水", 3},
                                        {"木", 4},
                                        {"金", 5},
                                        {"土", 6}}};
constexpr Words<std::int64_t, 9> kUnits{{{"minute", 60},
                                         {"minutes", 60},
                                         {"hour", 3600},
                                         {"hours", 3600},
                                         {"day", 86400},
                                         {"days", 86400},
                                         {"分", 60},
                                         {"時間", 3600},
                                         {"日", 86400}}};
constexpr seconds kLongest = std::chrono::days(400);
constexpr std::string_view kNone = "none";

Text meant(std::string_view word, const std::vector<std::string>& known) {
  const std::string_view near = nearest_word(word, known);
  if (near.empty()) return {};
  return {fmt::format("もしかして: {}", near), fmt::format(" Did you mean {}?", near)};
}

/// As Node::only, and with the field that was meant. False: it is no mapping, which was told.
bool fields(const Node& node, std::initializer_list<std::string_view> keys) {
  std::vector<std::string> known(keys.begin(), keys.end());
  if (node.value().is_object()) {
    for (const auto& [key, value] : node.entries())
      if (value.value().is_null()) {
        // Node takes it for what isn't there: an `hours:` without hours would be open at any.
        value.report(fmt::format("「{}」に値がありません。", printable(key, 80)),
                     fmt::format("'{}' has no value.", printable(key, 80)));
      } else if (std::ranges::find(known, key) == known.end()) {
        const Text near = meant(key, known);
        value.report(fmt::format("「{}」という見出しはありません。{}", printable(key, 80), near.ja),
                     fmt::format("there is no field named '{}'.{}", printable(key, 80), near.en));
      }
  } else {
    node.only(keys);
  }
  return node.value().is_object();
}

/// As Node::one_of, and with the word that was meant.
template <typename T, std::size_t N>
std::optional<T> choice(const Node& node, const Words<T, N>& table) {
  const std::string word = node.string();
  std::vector<std::string> known;
  for (const auto& [name, value] : table) {
    if (name == word) return value;
    known.emplace_back(name);
  }
  if (word.empty()) return std::nullopt;
  const Text near = meant(word, known);
  node.report(
      fmt::format("「{}」は使えません（使えるもの: {}）。{}", printable(word, 80),
                  join(known, "、"), near.ja),
      fmt::format("'{}' is not one of: {}.{}", printable(word, 80), join(known, ", "), near.en));
  return std::nullopt;
}

/// In both languages, or one text for both; shown to others, and so without what nobody sees.
Text text_of(const Node& node) {
  Text text;
  if (node.value().is_string())
    text.ja = text.en = node.string();
  else
    text = node.text();
  if (!is_plain(text.ja) || !is_plain(text.en))
    node.report("見えない文字は使えません。", "no invisible characters.");
  return text;
}

Text line_of(const Node& node) {
  Text text = text_of(node);
  if (is_plain(text.ja + text.en) && !is_plain_line(text.ja + text.en))
    node.report("見えない文字や改行は使えません。", "no line breaks or invisible characters.");
  return text;
}

/// "12 hours", "12時間".
std::optional<seconds> length_of(std::string_view text) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const std::int64_t number = whole_number(text.substr(0, digits));
  const std::string_view unit = trim(text.substr(digits));
  for (const auto& [name, length] : kUnits)
    if (name == unit && number > 0 && number <= kLongest.count() / length)
      return seconds(number * length);
  return std::nullopt;
}

std::optional<seconds> read_length(const Node& node) {
  // A number alone is one in the document: which unit was meant is not clear.
  if (node.value().is_string())
    if (const auto length = length_of(node.string())) return length;
  node.report("「30 minutes」「12 hours」「7 days」（30分、12時間、7日）の形で、400 日までです。",
              "this is a time such as 30 minutes, 12 hours or 7 days, up to 400 days.");
  return std::nullopt;
}

/// A length, or `none`: whoever leaves it out has not thought of it.
std::optional<seconds> read_length_or_none(const Node& node) {
  if (node.value().is_string() && node.string() == kNone) return std::nullopt;
  return read_length(node);
}

std::optional<std::chrono::minutes> read_clock(const Node& node) {
  const std::string text = node.string();
  if (text.size() == 5 && text[2] == ':') {
    const std::int64_t hour = whole_number(std::string_view(text).substr(0, 2));
    const std::int64_t minute = whole_number(std::string_view(text).substr(3));
    if (hour >= 0 && minute >= 0 && minute < 60 && hour * 60 + minute <= std::int64_t{24} * 60)
      return std::chrono::minutes(hour * 60 + minute);
  }
  if (!text.empty())
    node.report("時刻は \"07:00\" の形です。", "a time of day has the form \"07:00\".");
  return std::nullopt;
}

std::optional<OpenHours> read_hours(const Node& node) {
  if (!fields(node, {"days", "from", "to"})) return std::nullopt;
  OpenHours::Days days;
  for (const Node& day : node.at("days").items())
    if (const auto found = choice(day, kDays)) days.set(*found);
  const auto from = read_clock(node.at("from"));
  const auto to = read_clock(node.at("to"));
  if (!from || !to) return std::nullopt;
  const auto hours = OpenHours::make(days, *from, *to);
  if (!hours) node.report("いつも閉まっています。", "it is never open.");
  return hours;
}

/// Each of a list that isn't empty, made into a T.
template <typename T>
std::vector<T> read_each(const Node& list, const char* ja, const char* en) {
  std::vector<T> found;
  const auto items = list.items();
  if (items.empty())
    list.report("空です。不要なら行ごと消してください。",
                "it is empty; leave the line out where it isn't needed.");
  for (const Node& item : items) {
    const std::string text = item.string();
    if (const auto one = T::parse(text))
      found.push_back(*one);
    else if (!text.empty())
      item.report(fmt::format(fmt::runtime(ja), printable(text, 80)),
                  fmt::format(fmt::runtime(en), printable(text, 80)));
  }
  return found;
}

std::vector<std::string> role_names() { return {kPersonRoles.begin(), kPersonRoles.end()}; }

}  // namespace

class PolicyReader {
 public:
  PolicyReader(const Guideline& guideline, const Node& top) : policy_(guideline) {
    if (!fields(top, {"policy", "resources"})) return;
    if (const Node about = top.at("policy");
        about.value().is_null() || fields(about, {"name", "about"})) {
      policy_.name_ = line_of(about.at("name"));
      policy_.about_ = text_of(about.at("about"));
    }
    const auto resources = top.at("resources").items();
    if (resources.empty() || resources.size() > kMostRules)
      top.at("resources").report("対象は 1 から 1000 までです。", "there are 1 to 1000 resources.");
    else
      for (const Node& resource : resources) read_rule(resource);
  }

  Policy take() && { return std::move(policy_); }

 private:
  void read_rule(const Node& node) {
    if (!fields(node, {"id", "name", "because", "kind", "sensitivity", "who", "device",
                       "own_devices", "measures", "evidence", "second_factor", "passkey", "hours",
                       "networks", "countries"}))
      return;
    const Node at = node.at("id");
    const std::string id = at.string();
    const auto parsed = ResourceId::parse(id);
    if (!parsed) {
      if (!id.empty())
        at.report("対象の名前は、英小文字で始まる英小文字・数字・ハイフンで、64 文字までです。",
                  "a resource's id is of small letters, digits and hyphens, begins with a letter "
                  "and has up to 64.");
      return;
    }
    if (policy_.rule(id) != nullptr)
      at.report(fmt::format("「{}」は二度書かれています。", id),
                fmt::format("'{}' is there twice.", id));
    AccessRule rule{*parsed};
    rule.name = line_of(node.at("name"));
    if (const auto because = node.find("because")) rule.because = text_of(*because);
    rule.kind = choice(node.at("kind"), kKinds).value_or(rule.kind);
    rule.sensitivity = choice(node.at("sensitivity"), kSensitivities).value_or(rule.sensitivity);
    read_who(node.at("who"), rule);
    read_device(node, rule);
    read_factors(node, rule);
    read_context(node, rule);
    policy_.places_.emplace(id, policy_.rules_.size());
    policy_.rules_.push_back(std::move(rule));
  }

  void read_who(const Node& node, AccessRule& rule) {
    if (!fields(node, {"roles", "groups", "people"})) return;
    if (const auto roles = node.find("roles"))
      for (const Node& item : roles->items()) {
        const std::string name = item.string();
        const auto known = role_names();
        if (std::ranges::find(known, name) != known.end())
          name_principal(item, rule, {PrincipalKind::role, name});
        else if (!name.empty())
          unknown_role(item, name, known);
      }
    if (const auto groups = node.find("groups"))
      for (const Node& item : groups->items())
        if (const std::string name = plain(item); !name.empty())
          name_principal(item, rule, {PrincipalKind::group, name});
    if (const auto people = node.find("people"))
      for (const Node& item : people->items())
        if (const std::string name = address(item); !name.empty())
          name_principal(item, rule, {PrincipalKind::person, name});
    if (rule.who.none())
      node.report("誰も使えません。roles、groups、people のどれかを書いてください。",
                  "nobody may use it; write roles, groups or people.");
  }

  static void unknown_role(const Node& item, const std::string& name,
                           const std::vector<std::string>& known) {
    const Text near = meant(name, known);
    item.report(fmt::format("「{}」という役割はありません（あるもの: {}）。{}", printable(name, 80),
                            join(known, "、"), near.ja),
                fmt::format("there is no role '{}'; there are: {}.{}", printable(name, 80),
                            join(known, ", "), near.en));
  }

  static std::string plain(const Node& item) {
    std::string name = item.string();
    if (is_plain_line(name) && name.size() <= 200) return name;
    item.report("見えない文字や改行は使えません。200 バイトまでです。",
                "no line breaks or invisible characters, and at most 200 bytes.");
    return {};
  }

  /// An address is compared whole: exactly one @, with something on both sides.
  static std::string address(const Node& item) {
    std::string name = lower(plain(item));
    const std::size_t at = name.find('@');
    const bool good = at != std::string::npos && at > 0 && at + 1 < name.size() &&
                      name.find('@', at + 1) == std::string::npos &&
                      name.find_first_of(" ,;<>\"") == std::string::npos;
    if (good || name.empty()) return name;
    item.report(fmt::format("「{}」はメールアドレスではありません。", printable(name, 80)),
                fmt::format("'{}' is not an email address.", printable(name, 80)));
    return {};
  }

  void name_principal(const Node& item, AccessRule& rule, Principal principal) {
    auto& all = policy_.principals_;
    auto found = std::ranges::find(all, principal);
    if (found == all.end()) {
      if (all.size() == kMostPrincipals) {
        item.report("役割・グループ・人は合わせて 256 までです。グループでまとめてください。",
                    "at most 256 roles, groups and people can be named; use groups.");
        return;
      }
      all.push_back(std::move(principal));
      found = std::prev(all.end());
    }
    rule.who.set(static_cast<std::size_t>(found - all.begin()));
  }

  void read_device(const Node& node, AccessRule& rule) {
    rule.any_device = choice(node.at("device"), kDevices).value_or(false);
    rule.own_devices = node.at("own_devices").boolean();
    rule.evidence_age = read_length(node.at("evidence")).value_or(seconds(0));
    const auto items = node.at("measures").items();
    if (items.empty())
      node.at("measures")
          .report("端末に求める対策が一つもありません。", "it asks no measure of the device.");
    std::set<std::uint16_t> once;
    for (const Node& item : items)
      if (const auto demanded = read_demanded(item)) {
        if (!once.insert(demanded->measure).second)
          item.report("この対策は二度書かれています。", "this measure is there twice.");
        rule.measures.push_back(*demanded);
      }
    // What people answered once for the whole organisation says nothing of this device.
    if (!rule.measures.empty() && std::ranges::none_of(rule.measures, [&](const Demanded& one) {
          return looks_at_machines(*policy_.measures_.at(one.measure));
        }))
      node.at("measures")
          .report(
              "どの対策も端末を見ません（組織への質問だけです）。端末で確かめる対策を一つ以上書いて"
              "ください。",
              "none of these looks at the device (they are questions to the organisation); write "
              "at "
              "least one that is checked on it.");
  }

  bool looks_at_machines(const Requirement& requirement) const {
    return std::ranges::any_of(requirement.checks, [&](const std::string& id) {
      const CheckSpec* check = policy_.guideline_->check(id);
      return check != nullptr && !check->asked;
    });
  }

  std::optional<Demanded> read_demanded(const Node& item) {
    const bool parts = item.value().is_object();
    if (parts) (void)fields(item, {"id", "grace"});
    const Node at = parts ? item.at("id") : item;
    const std::string id = at.string();
    Demanded demanded;
    if (const auto grace = parts ? item.find("grace") : std::nullopt)
      demanded.grace = read_length(*grace).value_or(seconds(0));
    if (id.empty()) return std::nullopt;
    const Requirement* requirement = policy_.guideline_->measure(id);
    if (requirement == nullptr) requirement = policy_.guideline_->handbook_item(id);
    if (requirement == nullptr) {
      unknown_measure(at, id);
      return std::nullopt;
    }
    auto& all = policy_.measures_;
    auto found = std::ranges::find(all, requirement);
    if (found == all.end()) {
      if (all.size() == kMostMeasures) {
        at.report("対策が多すぎます。", "these are too many measures.");
        return std::nullopt;
      }
      all.push_back(requirement);
      found = std::prev(all.end());
    }
    demanded.measure = static_cast<std::uint16_t>(found - all.begin());
    return demanded;
  }

  void unknown_measure(const Node& at, const std::string& id) const {
    std::vector<std::string> known;
    for (const Measure& measure : policy_.guideline_->measures) known.push_back(measure.id);
    for (const HandbookItem& one : policy_.guideline_->handbook) known.push_back(one.id);
    const Text near = meant(id, known);
    at.report(fmt::format("対策「{}」はありません。一覧: sekisho guideline measures。{}",
                          printable(id, 80), near.ja),
              fmt::format("there is no measure '{}'; see sekisho guideline measures.{}",
                          printable(id, 80), near.en));
  }

  static void read_factors(const Node& node, AccessRule& rule) {
    rule.second_factor = read_length_or_none(node.at("second_factor"));
    if (const auto passkey = node.find("passkey")) rule.passkey = read_length(*passkey);
    if (rule.sensitivity == Degree::high && !rule.second_factor && !rule.passkey)
      node.at("second_factor")
          .report("sensitivity: high の対象には二要素認証が必要です。",
                  "what is of high sensitivity needs a second factor.");
  }

  static void read_context(const Node& node, AccessRule& rule) {
    if (const auto hours = node.find("hours")) rule.hours = read_hours(*hours);
    if (const auto networks = node.find("networks"))
      rule.networks = read_each<NetworkRange>(
          *networks, "「{}」は 192.0.2.0/24 や 2001:db8::/32 の形ではありません。",
          "'{}' is not of the form 192.0.2.0/24 or 2001:db8::/32.");
    if (const auto countries = node.find("countries"))
      rule.countries =
          read_each<CountryCode>(*countries, "「{}」は JP のような国コードではありません。",
                                 "'{}' is not a country code such as JP.");
  }

  Policy policy_;
};

std::expected<Policy, std::vector<Error>> read_policy(const Document& document,
                                                      const Guideline& guideline) {
  std::vector<Error> problems;
  PolicyReader reader(guideline, Node(document, problems));
  if (!problems.empty()) return std::unexpected(std::move(problems));
  return std::move(reader).take();
}

}  // namespace sekisho
