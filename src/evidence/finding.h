// What one look found: a verdict and the fact that was seen, before anyone says of whom and when.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "evidence/evidence.h"

namespace sekisho {

struct Finding {
  Verdict verdict = Verdict::unknown;
  Text fact;
};

inline Finding pass(std::string ja, std::string en) {
  return {Verdict::pass, {std::move(ja), std::move(en)}};
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

/// Names for a sentence: at most six, then how many more.
std::string listed(const std::vector<std::string>& names);

/// Of the services that wait where other machines can reach them, by their names.
Finding reachable_services(const std::vector<std::string>& names);

}  // namespace sekisho
