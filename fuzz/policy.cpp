// A policy of access from outside: refused, or read into rules of which each is asked for something
// and explains itself; and the same again from the same text.
#include "access/policy.h"
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
  return 0;
}
