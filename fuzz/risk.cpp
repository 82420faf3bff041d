// SPDX-License-Identifier: Apache-2.0
// A table of sign-ins as the public data set has it, header first: lines are refused with words, or
// are sign-ins that a bounded history can be asked about before and after it learnt them.
#include <cmath>

#include "access/risk.h"
#include "access/risk_csv.h"
#include "access/user_agent.h"
#include "fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sekisho;
  const auto lines = split(text_of(data, size), '\n');
  const auto csv = RiskCsv::begin(lines.front());
  if (!csv) {
    require(!csv.error().message.empty());
    return 0;
  }
  const RiskBounds bounds{.people = 3, .values = 8, .addresses = 3};
  RiskHistory history(Calendar(), bounds);
  for (const std::string_view line : lines) {
    require(without_version(line).size() <= line.size());
    const UserAgentWords said = read_user_agent(line);
    require(said.kind.empty() == said.system.empty());
    const auto row = csv->row(line);
    if (!row) {
      require(!row.error().message.empty());
      continue;
    }
    const AssessedRisk risk = assess_risk(history, row->attempt);
    require(!risk.unlikeness || std::isfinite(*risk.unlikeness));
    require(risk.risk < ImpersonationRisk::confirmed || risk.signs.size() > 1);
    history.learn({row->attempt});
    require(history.people() <= bounds.people && history.addresses() <= bounds.addresses &&
            history.values(RiskLevel::address) <= bounds.values);
  }
  return 0;
}
