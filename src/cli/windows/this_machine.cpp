// SPDX-License-Identifier: Apache-2.0
#include "cli/this_machine.h"

#include "base/crypto.h"
#include "cli/windows/folders.h"
#include "collect/windows/windows.h"

namespace sekisho {
namespace {

MachineFacts facts_of(const WindowsFacts& windows) {
  MachineFacts facts;
  facts.host = windows.computer;
  const std::string id = windows_machine();
  facts.machine = hex(sha256("sekisho device " + (id.empty() ? facts.host : id)));
  const WindowsName name = windows_name(windows);
  facts.system = {"windows", printable(name.version, 40), printable(name.name, 100)};
  return facts;
}

}  // namespace

// Windows' own heap gives back what is free.
void spare_memory() {}
void give_back_memory() {}

std::string agent_folder() { return data_folder().string(); }

MachineFacts facts_of_this_machine() { return facts_of(windows_identity()); }

std::string software_of_this_machine() {
  std::vector<InstalledSoftware> software;
  for (const auto& program : windows_programs().value_or(std::vector<WindowsFacts::Program>()))
    software.push_back({program.name, program.version, {}});
  return write_sbom(std::move(software));
}

Sight look_at_this_machine(std::shared_ptr<const Guideline> guideline,
                           std::shared_ptr<const Feeds> feeds, Time now) {
  const WindowsFacts windows = windows_facts();
  Sight sight{facts_of(windows), {}};
  for (WindowsFinding& one : judge_windows(windows, *guideline, *feeds, now)) {
    const Judgement found = judgement_of(std::move(one.finding));
    sight.records.push_back(
        {std::string(one.check), found.verdict(), found.detail(), found.basis()});
  }
  return sight;
}

}  // namespace sekisho
