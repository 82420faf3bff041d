// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <boost/json.hpp>

#include "collect/vuln/products.h"

namespace sekisho {
namespace {

namespace json = boost::json;

/// A value that is a day, or a boolean for "yes, but no day is given".
struct DayOrFlag {
  std::optional<Day> day;
  bool flag = false;
};

DayOrFlag day_or_flag(const Node& node) {
  if (node.value().is_bool()) return {std::nullopt, node.value().get_bool()};
  const auto day = parse_day(node.string());
  if (!day)
    node.report("日付（YYYY-MM-DD）か true・false でなければなりません。",
                "this must be a day (YYYY-MM-DD), true or false.");
  return {day, false};
}

Day read_day(const Node& node) {
  // CISA's dateReleased has a time behind the day.
  const std::string text = node.string();
  const auto day = parse_day(std::string_view(text).substr(0, 10));
  if (!day)
    node.report("日付（YYYY-MM-DD）でなければなりません。", "this must be a day (YYYY-MM-DD).");
  return day.value_or(Day{});
}

Cycle read_cycle(const Node& node) {
  Cycle cycle;
  // Old answers of the API give a cycle like 2019 as a number.
  const Node name = node.at("cycle");
  cycle.name = name.value().is_int64() ? std::to_string(name.value().get_int64()) : name.string();
  const DayOrFlag eol = day_or_flag(node.at("eol"));
  cycle.eol = eol.day;
  cycle.ended = eol.flag;
  if (const auto extended = node.find("extendedSupport"))
    cycle.extended = day_or_flag(*extended).day;
  // Lines without releases of their own have it empty.
  if (const auto latest = node.find("latest"); latest && latest->value().is_string())
    cycle.latest = std::string(latest->value().get_string());
  if (const auto lts = node.find("lts"))
    cycle.long_term = lts->value().is_string() || day_or_flag(*lts).flag;
  return cycle;
}

/// A product of API v1, which names the same facts otherwise: its name and lines.
std::pair<std::string, json::array> read_release_lines(const Node& product,
                                                       std::vector<Error>& problems) {
  json::array cycles;
  const std::string name = product.at("name").string();
  for (const Node& release : product.at("releases").items()) {
    json::object cycle;
    cycle["cycle"] = release.at("name").string();
    const auto eol = release.find("eolFrom");
    const auto ended = release.find("isEol");
    cycle["eol"] = eol ? json::value(eol->string()) : json::value(ended && ended->boolean());
    if (const auto extended = release.find("eoesFrom"))
      cycle["extendedSupport"] = extended->string();
    if (const auto latest = release.find("latest"))
      if (const auto version = latest->find("name")) cycle["latest"] = version->string();
    if (const auto lts = release.find("isLts")) cycle["lts"] = lts->boolean();
    cycles.push_back(std::move(cycle));
  }
  if (problems.empty()) {
    const Document converted{"", cycles, {}};
    const Node lines(converted, problems);
    for (const Node& line : lines.items()) read_cycle(line);
  }
  return {name, std::move(cycles)};
}

template <typename T>
Result<T> finished(T value, const std::vector<Error>& problems) {
  if (!problems.empty()) return std::unexpected(first_of(problems));
  return value;
}

}  // namespace

Result<SupportFeed> read_support(const Document& document) {
  std::vector<Error> problems;
  const Node top(document, problems);
  top.only({"as_of", "source", "products"});
  SupportFeed feed{read_day(top.at("as_of")), {}};
  for (const auto& [product, lines] : top.at("products").entries())
    for (const Node& line : lines.items()) feed.products[product].push_back(read_cycle(line));
  if (problems.empty() && feed.products.empty())
    top.report("製品が一つもありません。", "it holds no product.");
  return finished(std::move(feed), problems);
}

Result<std::pair<std::string, json::array>> read_product(const Document& document,
                                                         const std::string& stem) {
  std::vector<Error> problems;
  const Node top(document, problems);
  if (document.root.is_array()) {
    for (const Node& line : top.items()) read_cycle(line);
    return finished(std::pair(stem, problems.empty() ? document.root.as_array() : json::array()),
                    problems);
  }
  const Node result = top.at("result");
  auto named = read_release_lines(result, problems);
  return finished(std::move(named), problems);
}

Result<AllProducts> read_all_products(const Document& document,
                                      const std::function<bool(std::string_view)>& wanted) {
  std::vector<Error> problems;
  const Node top(document, problems);
  AllProducts all;
  if (const auto made = top.find("generated_at"))
    all.as_of = parse_day(std::string_view(made->string()).substr(0, 10));
  for (const Node& product : top.at("result").items()) {
    const auto name = product.find("name");
    if (!name || !name->value().is_string() || !wanted(name->string())) continue;
    auto [key, lines] = read_release_lines(product, problems);
    all.products[key] = std::move(lines);
  }
  return finished(std::move(all), problems);
}

Result<ExploitedFeed> read_exploited(const Document& document) {
  std::vector<Error> problems;
  const Node top(document, problems);
  ExploitedFeed feed{read_day(top.at("dateReleased")), {}};
  for (const Node& entry : top.at("vulnerabilities").items()) {
    ExploitedEntry exploited{entry.at("cveID").string(), entry.at("vulnerabilityName").string(),
                             read_day(entry.at("dateAdded")), false};
    if (const auto ransomware = entry.find("knownRansomwareCampaignUse"))
      exploited.ransomware = ransomware->string() == "Known";
    if (!exploited.cve.starts_with("CVE-"))
      entry.report("cveID は CVE- で始まります。", "a cveID begins with CVE-.");
    // A few names come with a space behind them.
    const std::string vendor = entry.at("vendorProject").string();
    const std::string product = entry.at("product").string();
    feed.by_product[{std::string(trim(vendor)), std::string(trim(product))}].push_back(
        std::move(exploited));
  }
  if (problems.empty() && feed.by_product.empty())
    top.report("一件もありません。", "it holds no entry.");
  return finished(std::move(feed), problems);
}

}  // namespace sekisho
