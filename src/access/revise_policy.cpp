// SPDX-License-Identifier: Apache-2.0
// A policy's text changed where it has to be. The layout that people and the built-in policies use
// is followed line by line; whether the outcome says what it must is asked of the reader, and where
// it doesn't, everything is written anew.
#include <algorithm>
#include <map>
#include <set>

#include "access/policy_form.h"
#include "access/policy_lines.h"
#include "base/base.h"

namespace sekisho {
namespace {

namespace json = boost::json;

using Lines = std::vector<std::string>;

std::size_t indent_of(std::string_view line) {
  return std::min(line.find_first_not_of(' '), line.size());
}
/// Blank, or a comment alone.
bool says_nothing(std::string_view line) {
  const std::size_t at = indent_of(line);
  return at == line.size() || line[at] == '#' || line[at] == '\r';
}

/// A piece of the text: what stands above it, and its own lines.
struct Block {
  Lines above{};
  Lines lines{};
};

/// Cuts `lines` at those that begin a piece. What says nothing, right above and no deeper than
/// `indent`, goes with the next piece. What is before the first piece is `above` of it.
template <typename Begins>
std::vector<Block> blocks(const Lines& lines, std::size_t indent, Begins begins) {
  std::vector<Block> all;
  Lines waiting;
  for (const std::string& line : lines) {
    if (begins(line)) {
      all.push_back({std::exchange(waiting, {}), {line}});
    } else if (all.empty() || (says_nothing(line) && indent_of(line) <= indent)) {
      waiting.push_back(line);
    } else {
      Lines& of = all.back().lines;
      of.insert(of.end(), std::make_move_iterator(waiting.begin()),
                std::make_move_iterator(waiting.end()));
      waiting.clear();
      of.push_back(line);
    }
  }
  if (!all.empty()) {
    Lines& of = all.back().lines;
    of.insert(of.end(), waiting.begin(), waiting.end());
  }
  return all;
}

void add(Lines& to, const Lines& more) { to.insert(to.end(), more.begin(), more.end()); }

/// "kind" of `    kind: server`; empty where no key stands `indent` spaces in.
std::string_view key_of(std::string_view line, std::size_t indent) {
  if (indent_of(line) != indent) return {};
  const std::string_view rest = line.substr(indent);
  const std::size_t colon = rest.find(':');
  if (colon == std::string_view::npos || (colon + 1 < rest.size() && rest[colon + 1] != ' '))
    return {};
  const std::string_view key = rest.substr(0, colon);
  const bool good =
      std::ranges::all_of(key, [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
  return good ? key : std::string_view();
}

bool is_item(std::string_view line, std::size_t indent) {
  return indent_of(line) == indent && line.substr(indent).starts_with("- ");
}

/// Lines that were written anew keep the comment of the first one before.
Lines with_comment(Lines lines, const std::string& before) {
  if (const auto at = comment_in(before)) lines.front() += before.substr(*at);
  return lines;
}

/// Measures one by one, where each has a line.
std::optional<Lines> revised_measures(const Lines& lines, const json::array& before,
                                      const json::array& wanted) {
  if (lines.size() < 2) return std::nullopt;
  const auto first = std::ranges::find_if(lines.begin() + 1, lines.end(),
                                          [](const auto& line) { return !says_nothing(line); });
  if (first == lines.end() || !is_item(*first, indent_of(*first))) return std::nullopt;
  const std::size_t indent = indent_of(*first);
  const std::vector<Block> items = blocks(Lines(lines.begin() + 1, lines.end()), indent,
                                          [&](const auto& line) { return is_item(line, indent); });
  if (items.size() != before.size()) return std::nullopt;
  Lines out{lines.front()};
  for (const json::value& one : wanted) {
    const auto same = std::ranges::find_if(
        before, [&](const json::value& other) { return other.at("id") == one.at("id"); });
    const std::string line = std::string(indent, ' ') + measure_line(one.as_object());
    if (same == before.end()) {
      out.push_back(line);
      continue;
    }
    const Block& block = items.at(static_cast<std::size_t>(same - before.begin()));
    add(out, block.above);
    add(out, *same == one ? block.lines : with_comment({line}, block.lines.front()));
  }
  return out;
}

Lines revised_field(const Block& block, std::string_view key, const json::value& before,
                    const json::value& wanted, std::size_t indent) {
  Lines out = block.above;
  if (before == wanted) {
    add(out, block.lines);
    return out;
  }
  if (key == "measures")
    if (const auto lines = revised_measures(block.lines, before.as_array(), wanted.as_array())) {
      add(out, *lines);
      return out;
    }
  add(out, with_comment(field_lines(key, wanted, indent), block.lines.front()));
  return out;
}

/// A resource, field by field.
Lines revised_rule(Block item, const json::object& before, const json::object& wanted,
                   std::size_t dash) {
  Lines& lines = item.lines;
  lines.front().at(dash) = ' ';
  const std::size_t indent = indent_of(lines.front());
  Lines end;  // what stands below it
  while (!lines.empty() && trim(lines.back()).empty()) {
    end.push_back(lines.back());
    lines.pop_back();
  }
  const std::vector<Block> fields =
      blocks(lines, indent, [&](const auto& line) { return !key_of(line, indent).empty(); });
  Lines body;
  std::set<std::string, std::less<>> written;
  for (const Block& field : fields) {
    const std::string key(key_of(field.lines.front(), indent));
    const auto* now = wanted.if_contains(key);
    const auto* then = before.if_contains(key);
    if (now == nullptr || then == nullptr) continue;
    written.insert(key);
    add(body, revised_field(field, key, *then, *now, indent));
  }
  for (const auto& [key, value] : wanted)
    if (!written.contains(std::string_view(key))) add(body, field_lines(key, value, indent));
  const auto first =
      std::ranges::find_if(body, [](const auto& line) { return !says_nothing(line); });
  if (first != body.end()) first->at(dash) = '-';
  Lines out = item.above;
  add(out, body);
  add(out, end);
  return out;
}

/// The text in its pieces; nothing where it is laid out in another way.
struct Layout {
  Lines top{};   // before `policy:`
  Block head{};  // `policy:`
  Block list{};  // `resources:`
  std::size_t dash = 0;
  std::vector<Block> rules{};
};

std::optional<Layout> layout_of(std::string_view text) {
  Lines lines;
  for (const std::string_view line : split(text, '\n')) lines.emplace_back(line);
  if (!lines.empty() && lines.back().empty()) lines.pop_back();
  const std::vector<Block> parts =
      blocks(lines, 0, [](const auto& line) { return !key_of(line, 0).empty(); });
  if (parts.size() != 2 || key_of(parts[0].lines.front(), 0) != "policy" ||
      key_of(parts[1].lines.front(), 0) != "resources")
    return std::nullopt;
  Layout out{parts[0].above, parts[0], {parts[1].above, {parts[1].lines.front()}}};
  const Lines below(parts[1].lines.begin() + 1, parts[1].lines.end());
  const auto first =
      std::ranges::find_if(below, [](const auto& line) { return !says_nothing(line); });
  if (first == below.end() || !is_item(*first, indent_of(*first))) return std::nullopt;
  out.dash = indent_of(*first);
  out.rules = blocks(below, out.dash, [&](const auto& line) { return is_item(line, out.dash); });
  return out;
}

/// For each wanted resource the number of the one that it was: of the same id, else in its place.
std::vector<std::optional<std::size_t>> earlier(const json::array& before,
                                                const json::array& wanted) {
  std::map<std::string, std::size_t, std::less<>> places;
  for (std::size_t i = 0; i < before.size(); ++i)
    places.emplace(before.at(i).at("id").as_string(), i);
  std::set<std::string, std::less<>> kept;
  for (const json::value& rule : wanted) kept.emplace(rule.at("id").as_string());
  std::vector<std::optional<std::size_t>> all;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const auto found = places.find(std::string_view(wanted.at(i).at("id").as_string()));
    if (found != places.end())
      all.emplace_back(found->second);
    else if (i < before.size() && wanted.size() == before.size() &&
             !kept.contains(std::string_view(before.at(i).at("id").as_string())))
      all.emplace_back(i);
    else
      all.emplace_back(std::nullopt);
  }
  return all;
}

std::optional<std::string> line_by_line(std::string_view text, const json::object& before,
                                        const json::object& wanted) {
  const auto layout = layout_of(text);
  const json::array& old_rules = before.at("resources").as_array();
  if (!layout || layout->rules.size() != old_rules.size()) return std::nullopt;
  Lines out = layout->top;
  if (before.at("policy") == wanted.at("policy"))
    add(out, layout->head.lines);
  else
    add(out, head_lines(wanted.at("policy").as_object()));
  add(out, layout->list.above);
  add(out, layout->list.lines);
  const json::array& rules = wanted.at("resources").as_array();
  const auto was = earlier(old_rules, rules);
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const json::object& rule = rules.at(i).as_object();
    if (!was.at(i)) {
      if (i > 0 && !out.back().empty()) out.emplace_back();
      add(out, rule_lines(rule, layout->dash));
      continue;
    }
    const Block& block = layout->rules.at(*was.at(i));
    const json::object& old_rule = old_rules.at(*was.at(i)).as_object();
    if (old_rule == rule) {
      add(out, block.above);
      add(out, block.lines);
    } else {
      add(out, revised_rule(block, old_rule, rule, layout->dash));
    }
  }
  return join(out, "\n") + "\n";
}

std::optional<json::object> form_of(std::string_view text, const Guideline& guideline) {
  const auto document = parse_yaml("policy", text, kPolicyLimits);
  if (!document) return std::nullopt;
  const auto policy = read_policy(*document, guideline);
  return policy ? std::optional(policy_form(*policy)) : std::nullopt;
}

/// What stands in comments above everything.
std::string comments_above(std::string_view text) {
  std::string above;
  for (const std::string_view line : split(text, '\n')) {
    if (!line.starts_with('#')) break;
    above.append(line).append("\n");
  }
  return above;
}

std::vector<std::string> lost_comments(std::string_view before, std::string_view now) {
  std::map<std::string, int, std::less<>> there;
  for (const std::string& comment : comments_of(now)) ++there[comment];
  std::vector<std::string> lost;
  for (std::string& comment : comments_of(before))
    if (--there[comment] < 0) lost.push_back(std::move(comment));
  return lost;
}

}  // namespace

RevisedPolicy revise_policy(std::string_view before, const Policy& wanted) {
  const json::object form = policy_form(wanted);
  const auto old_form = form_of(before, wanted.guideline());
  if (old_form == form) return {std::string(before), {}};
  if (old_form)
    if (auto text = line_by_line(before, *old_form, form);
        text && form_of(*text, wanted.guideline()) == form)
      return {*text, lost_comments(before, *text)};
  std::string text = comments_above(before) + policy_text(wanted);
  auto lost = lost_comments(before, text);
  return {std::move(text), std::move(lost)};
}

}  // namespace sekisho
