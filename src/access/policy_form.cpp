// SPDX-License-Identifier: Apache-2.0
#include "access/policy_form.h"

#include <fmt/format.h>

#include "access/policy_lines.h"

namespace sekisho {
namespace {

namespace json = boost::json;

json::object both(const Text& text) { return {{"ja", text.ja}, {"en", text.en}}; }

std::string clock_text(std::chrono::minutes at) {
  return fmt::format("{:02}:{:02}", at.count() / 60, at.count() % 60);
}

json::object who_form(const Policy& policy, const AccessRule& rule) {
  std::array<json::array, 3> lists;
  for (std::size_t i = 0; i < policy.principals().size(); ++i) {
    const Principal& one = policy.principals()[i];
    if (rule.who.test(i)) lists.at(static_cast<std::size_t>(one.kind)).emplace_back(one.name);
  }
  return {{"roles", lists[0]}, {"groups", lists[1]}, {"people", lists[2]}};
}

json::array measures_form(const Policy& policy, const AccessRule& rule) {
  json::array all;
  for (const Demanded& one : rule.measures) {
    json::object item{{"id", policy.measures().at(one.measure)->id}};
    if (one.grace.count() > 0) item["grace"] = words(one.grace).en;
    all.emplace_back(std::move(item));
  }
  return all;
}

json::object hours_form(const OpenHours& hours) {
  constexpr std::array<std::string_view, 7> kDays{"sun", "mon", "tue", "wed", "thu", "fri", "sat"};
  json::array days;
  for (std::size_t i = 1; i <= 7; ++i)  // from Monday
    if (hours.days().test(i % 7)) days.emplace_back(kDays.at(i % 7));
  return {{"days", std::move(days)},
          {"from", clock_text(hours.from())},
          {"to", clock_text(hours.to())}};
}

std::string_view word(Degree degree) {
  return degree == Degree::low ? "low" : degree == Degree::middle ? "middle" : "high";
}

std::string_view word(ResourceKind kind) {
  return kind == ResourceKind::application ? "application"
         : kind == ResourceKind::server    ? "server"
                                           : "network";
}

json::object rule_form(const Policy& policy, const AccessRule& rule) {
  json::object out{{"id", rule.id.text()}, {"name", both(rule.name)}};
  if (!rule.because.ja.empty()) out["because"] = both(rule.because);
  out["kind"] = word(rule.kind);
  out["sensitivity"] = word(rule.sensitivity);
  out["who"] = who_form(policy, rule);
  out["device"] = rule.any_device ? "any" : "registered";
  out["own_devices"] = rule.own_devices;
  out["evidence"] = words(rule.evidence_age).en;
  out["second_factor"] = rule.second_factor ? words(*rule.second_factor).en : "none";
  if (rule.passkey) out["passkey"] = words(*rule.passkey).en;
  out["measures"] = measures_form(policy, rule);
  if (rule.hours) out["hours"] = hours_form(*rule.hours);
  json::array networks;
  for (const NetworkRange& range : rule.networks) networks.emplace_back(range.text());
  if (!networks.empty()) out["networks"] = std::move(networks);
  json::array countries;
  for (const CountryCode& code : rule.countries) countries.emplace_back(code.text());
  if (!countries.empty()) out["countries"] = std::move(countries);
  return out;
}

}  // namespace

json::object policy_form(const Policy& policy) {
  json::array resources;
  for (const AccessRule& rule : policy.rules()) resources.emplace_back(rule_form(policy, rule));
  return {{"policy", json::object{{"name", both(policy.name())}, {"about", both(policy.about())}}},
          {"resources", std::move(resources)}};
}

std::string policy_text(const Policy& policy) {
  const json::object form = policy_form(policy);
  std::string text = join(head_lines(form.at("policy").as_object()), "\n") + "\n\nresources:\n";
  bool first = true;
  for (const json::value& rule : form.at("resources").as_array()) {
    if (!std::exchange(first, false)) text += "\n";
    text += join(rule_lines(rule.as_object(), 2), "\n") + "\n";
  }
  return text;
}

}  // namespace sekisho
