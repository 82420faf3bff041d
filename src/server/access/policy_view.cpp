// SPDX-License-Identifier: Apache-2.0
#include "server/access/policy_view.h"

#include "server/api/call.h"
#include "server/api/view.h"

namespace sekisho {
namespace {

namespace json = boost::json;

/// One reason as it is kept: its code, and what stands after the colon.
struct KeptReason {
  std::string_view code;
  std::string_view measure;
};

std::vector<KeptReason> kept_reasons(std::string_view codes) {
  std::vector<KeptReason> all;
  for (const std::string_view one : words(codes)) {
    const std::size_t colon = one.find(':');
    all.push_back({one.substr(0, colon),
                   colon == std::string_view::npos ? std::string_view() : one.substr(colon + 1)});
  }
  return all;
}

/// A code of another version is shown as it stands.
Text few_words(const Guideline& guideline, const KeptReason& reason) {
  const auto code = access_reason_named(reason.code);
  Text text = code ? label(*code) : Text{std::string(reason.code), std::string(reason.code)};
  if (reason.measure.empty()) return text;
  const Requirement* measure = find_requirement(guideline, reason.measure).get();
  const std::string id(reason.measure);
  text.ja += ": " + id + (measure == nullptr ? "" : " " + measure->text.ja);
  text.en += ": " + id + (measure == nullptr ? "" : " " + measure->text.en);
  return text;
}

json::object reason_view(const Guideline& guideline, const KeptReason& reason) {
  const Requirement* measure =
      reason.measure.empty() ? nullptr : find_requirement(guideline, reason.measure).get();
  return {{"code", reason.code},
          {"measure", measure == nullptr ? json::value(nullptr) : json::value(measure->ascii)},
          {"text", json_text(few_words(guideline, reason))}};
}

}  // namespace

json::object policy_view(const Policy& policy) {
  json::array resources;
  for (const AccessRule& rule : policy.rules()) {
    json::array lines;
    for (const Text& line : words(policy, rule)) lines.emplace_back(json_text(line));
    resources.emplace_back(json::object{{"id", rule.id.text()},
                                        {"name", json_text(rule.name)},
                                        {"because", json_text(rule.because)},
                                        {"kind", json_text(label(rule.kind))},
                                        {"sensitivity", json_text(label(rule.sensitivity))},
                                        {"lines", std::move(lines)}});
  }
  return {{"name", json_text(policy.name())},
          {"about", json_text(policy.about())},
          {"resources", std::move(resources)}};
}

json::array reasons_view(const Policy& policy, const std::vector<AccessReason>& reasons) {
  json::array all;
  for (const AccessReason& one : reasons)
    all.emplace_back(
        reason_view(policy.guideline(), {name(one.code), name(one.code).starts_with("measure_")
                                                             ? policy.measures().at(one.measure)->id
                                                             : std::string_view()}));
  return all;
}

json::array reasons_view(const Guideline& guideline, std::string_view codes) {
  json::array all;
  for (const KeptReason& one : kept_reasons(codes)) all.emplace_back(reason_view(guideline, one));
  return all;
}

std::string reasons_text(const Guideline& guideline, std::string_view codes, Lang lang) {
  std::vector<std::string> all;
  for (const KeptReason& one : kept_reasons(codes))
    all.push_back(few_words(guideline, one).in(lang));
  return join(all, "; ");
}

std::vector<const Requirement*> measures_in(const Guideline& guideline, std::string_view codes) {
  std::vector<const Requirement*> all;
  for (const KeptReason& one : kept_reasons(codes))
    if (const Requirement* measure = find_requirement(guideline, one.measure).get())
      if (std::ranges::find(all, measure) == all.end()) all.push_back(measure);
  return all;
}

}  // namespace sekisho
