// SPDX-License-Identifier: Apache-2.0
// A policy of access from outside: refused, or read into rules of which each is asked for something
// and explains itself; and the same again from the same text.
#include <boost/json/array.hpp>

#include "access/policy_form.h"
#include "fuzz.h"
#include "guideline/embedded.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sekisho;
  static const Guideline guideline = *load_guideline(embedded_guideline());
  const auto document = parse_yaml("policy", text_of(data, size), kPolicyLimits);
  if (!document) return 0;
  const auto policy = read_policy(*document, guideline);
  if (!policy) {
    require(!policy.error().empty());
    for (const Error& problem : policy.error())
      require(!problem.message.ja.empty() && is_valid_utf8(problem.message.ja) &&
              is_valid_utf8(problem.message.en));
    return 0;
  }
  require(!policy->rules().empty());
  for (const AccessRule& rule : policy->rules()) {
    require(rule.who.any() && !rule.measures.empty() && rule.evidence_age.count() > 0);
    require(rule.sensitivity != Degree::high || rule.second_factor || rule.passkey);
    require(policy->rule(rule.id.text()) == &rule);
    for (const Demanded& one : rule.measures) require(one.measure < policy->measures().size());
    for (const Text& line : words(*policy, rule))
      require(!line.ja.empty() && is_plain_line(line.ja) && is_plain_line(line.en));
  }
  const auto again = read_policy(*document, guideline);
  require(again && again->rules().size() == policy->rules().size());
  // What is written is read as the same; what didn't change keeps its text.
  const auto form = policy_form(*policy);
  const auto says_the_same = [&](std::string_view text) {
    const auto other = parse_yaml("policy", text, kPolicyLimits);
    if (!other) return text.size() > kPolicyLimits.bytes;
    const auto read = read_policy(*other, guideline);
    return read && policy_form(*read) == form;
  };
  require(says_the_same(policy_text(*policy)));
  const std::string_view text = text_of(data, size);
  const RevisedPolicy same = revise_policy(text, *policy);
  require(same.text == text && same.lost.empty());
  // One rule less, which is a change that no line can be blamed for.
  if (policy->rules().size() > 1) {
    auto less = form;
    less.at("resources").as_array().pop_back();
    const auto wanted = read_policy(Document{"form", less, {}}, guideline);
    require(wanted.has_value());
    const RevisedPolicy revised = revise_policy(text, *wanted);
    const auto other = parse_yaml("policy", revised.text, kPolicyLimits);
    require(other.has_value() || revised.text.size() > kPolicyLimits.bytes);
    if (other) {
      const auto read = read_policy(*other, guideline);
      require(read && policy_form(*read) == less);
    }
  }
  return 0;
}
