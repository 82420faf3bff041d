// SPDX-License-Identifier: Apache-2.0
#include "cli/checked_windows.h"

namespace sekisho {

void add_looking(CLI::App& command, Lang lang, const std::shared_ptr<Looking>& looking) {
  command.add_option("--facts", looking->facts,
                     lang == Lang::ja
                         ? "この端末の代わりに記録（sekisho.exe facts の出力）を確かめる"
                         : "check a recording (of sekisho.exe facts) instead of this "
                           "machine");
}

Result<std::unique_ptr<CheckedMachine>> machine_to_check(const Looking& looking) {
  if (!looking.facts.empty()) return recorded_windows(looking.facts);
  if (looking.progress) looking.progress(0, 1);
  WindowsFacts facts = windows_facts();
  if (looking.progress) looking.progress(1, 1);
  return std::make_unique<WindowsMachine>(
      std::move(facts), windows_administrator() ? WindowsMachine::Read::as_administrator
                                                : WindowsMachine::Read::as_person);
}

}  // namespace sekisho
