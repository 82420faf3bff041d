// SPDX-License-Identifier: Apache-2.0
#include "access/policy_lines.h"

#include <algorithm>

#include <fmt/format.h>
#include <boost/json/serialize.hpp>

#include "base/base.h"

namespace sekisho {
namespace {

namespace json = boost::json;

/// What YAML takes for a text without quotes, whatever reads it. Less than it allows: what looks
/// like a number, a truth or a part of its grammar is quoted.
bool needs_no_quotes(std::string_view text) {
  constexpr std::array<std::string_view, 9> kMeant{"true", "false", "null", "yes", "no",
                                                   "on",   "off",   "y",    "n"};
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || static_cast<unsigned char>(c) > 127;
  };
  return !text.empty() && letter(text.front()) && text.back() != ' ' &&
         std::ranges::find(kMeant, lower(text)) == kMeant.end() &&
         std::ranges::all_of(text, [&](char c) {
           return letter(c) || (c >= '0' && c <= '9') || std::string_view(" -_.@/").contains(c);
         });
}

std::string scalar(std::string_view text) {
  return needs_no_quotes(text) ? std::string(text) : json::serialize(json::string(text));
}

std::string list(const json::array& items) {
  std::vector<std::string> all;
  for (const json::value& item : items) all.push_back(scalar(item.as_string()));
  return "[" + join(all, ", ") + "]";
}

/// One text where both languages have the same.
std::string text_value(const json::object& text) {
  const std::string ja = scalar(text.at("ja").as_string());
  const std::string en = scalar(text.at("en").as_string());
  return ja == en ? ja : fmt::format("{{ja: {}, en: {}}}", ja, en);
}

std::string who_value(const json::object& who) {
  std::vector<std::string> parts;
  for (const auto& [key, names] : who)
    if (!names.as_array().empty())
      parts.push_back(fmt::format("{}: {}", std::string_view(key), list(names.as_array())));
  return "{" + join(parts, ", ") + "}";
}

std::string hours_value(const json::object& hours) {
  return fmt::format("{{days: {}, from: {}, to: {}}}", list(hours.at("days").as_array()),
                     scalar(hours.at("from").as_string()), scalar(hours.at("to").as_string()));
}

std::string value_text(std::string_view key, const json::value& value) {
  if (value.is_bool()) return value.as_bool() ? "true" : "false";
  if (value.is_array()) return list(value.as_array());
  if (value.is_string()) {  // a length needs no quotes: "12 hours"
    const std::string_view text = value.as_string();
    return key == "id" ? scalar(text) : std::string(text);
  }
  const json::object& parts = value.as_object();
  return key == "who" ? who_value(parts) : key == "hours" ? hours_value(parts) : text_value(parts);
}

}  // namespace

std::vector<std::string> head_lines(const json::object& head) {
  return {"policy:", "  name: " + text_value(head.at("name").as_object()),
          "  about: " + text_value(head.at("about").as_object())};
}

std::string measure_line(const json::object& measure) {
  const std::string id = scalar(measure.at("id").as_string());
  const auto* grace = measure.if_contains("grace");
  if (grace == nullptr) return "- " + id;
  return fmt::format("- {{id: {}, grace: {}}}", id, std::string_view(grace->as_string()));
}

std::vector<std::string> field_lines(std::string_view key, const json::value& value,
                                     std::size_t indent) {
  const std::string before(indent, ' ');
  if (key != "measures") return {fmt::format("{}{}: {}", before, key, value_text(key, value))};
  std::vector<std::string> lines{before + "measures:"};
  for (const json::value& one : value.as_array())
    lines.push_back(before + "  " + measure_line(one.as_object()));
  return lines;
}

std::vector<std::string> rule_lines(const json::object& rule, std::size_t indent) {
  std::vector<std::string> all;
  for (const auto& [key, value] : rule)
    for (std::string& line : field_lines(key, value, indent + 2)) all.push_back(std::move(line));
  all.front().at(indent) = '-';
  return all;
}

std::optional<std::size_t> comment_in(std::string_view line) {
  char quote = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    const char before = i == 0 ? ' ' : line[i - 1];
    if (quote != 0) {
      if (c == '\\' && quote == '"')
        ++i;
      else if (c == quote)
        quote = 0;
    } else if ((c == '"' || c == '\'') && std::string_view(" [{,").contains(before)) {
      quote = c;
    } else if (c == '#' && (before == ' ' || before == '\t')) {
      while (i > 0 && line[i - 1] == ' ') --i;
      return i;
    }
  }
  return std::nullopt;
}

std::vector<std::string> comments_of(std::string_view text) {
  std::vector<std::string> all;
  for (const std::string_view line : split(text, '\n'))
    if (const auto at = comment_in(line))
      if (std::string_view comment = trim(line.substr(*at)); comment.size() > 1)
        if (comment = trim(comment.substr(1)); !comment.empty()) all.emplace_back(comment);
  return all;
}

}  // namespace sekisho
