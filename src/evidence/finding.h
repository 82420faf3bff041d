// SPDX-License-Identifier: Apache-2.0
// What one look found: a verdict and the fact that was seen, before anyone says of whom and when.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "evidence/evidence.h"

namespace sekisho {

/// `basis` is what it was held against, as far as whoever looked has to say so itself: a Look notes
/// what was read through it. It becomes evidence as a Judgement alone, which asks for a basis.
struct Finding {
  Verdict verdict = Verdict::unknown;
  Text fact;
  Basis basis = {};                // NOLINT(*-redundant-member-init): else all must name it
  Time holds_until = Time::max();  // what it was judged by proves nothing any more from then on
};

inline Finding pass(std::string ja, std::string en, Basis basis = {}) {
  Finding found{Verdict::pass, {std::move(ja), std::move(en)}};
  found.basis = std::move(basis);
  return found;
}
inline Finding fail(std::string ja, std::string en) {
  return {Verdict::fail, {std::move(ja), std::move(en)}};
}
inline Finding not_applicable(std::string ja, std::string en) {
  return {Verdict::not_applicable, {std::move(ja), std::move(en)}};
}
inline Finding unknown(std::string ja, std::string en) {
  return {Verdict::unknown, {std::move(ja), std::move(en)}};
}
inline Judgement judgement_of(Finding finding) {
  return {finding.verdict, std::move(finding.fact), std::move(finding.basis)};
}

/// Names for a sentence: at most six, then how many more.
std::string listed(const std::vector<std::string>& names);

/// Of the services that wait where other machines can reach them, by their names.
Finding reachable_services(const std::vector<std::string>& names);

}  // namespace sekisho
