// SPDX-License-Identifier: Apache-2.0
// The machine that `sekisho check` looks at: this one, or what another one left to be looked at.
// Each kind of system has its own (checked.cpp, windows/checked.cpp); a recorded Windows machine is
// looked at on both (checked_windows.cpp).
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cli/app.h"
#include "evidence/evidence.h"

namespace sekisho {

/// What says which machine, and how long a look may take.
struct Looking {
  std::string root = "/";  // of Linux: the folder that holds the system
  std::string facts;       // of Windows: a recording by `sekisho.exe facts`
  unsigned bound_ms = 5000;
  std::function<void(std::size_t done, std::size_t all)> progress;
};
/// The options of `check` that say so on this system.
void add_looking(CLI::App& command, Lang lang, const std::shared_ptr<Looking>& looking);

class CheckedMachine {
 public:
  CheckedMachine() = default;
  virtual ~CheckedMachine() = default;
  CheckedMachine(const CheckedMachine&) = delete;
  CheckedMachine& operator=(const CheckedMachine&) = delete;

  virtual SubjectId subject() const = 0;
  /// Which steps of mending it can use (load_guideline).
  virtual std::string_view kind() const = 0;
  struct Seen {
    std::vector<Evidence> evidence;
    std::vector<Text> remarks;  // what a reader should know of the look itself
  };
  virtual Seen look(const std::shared_ptr<const Guideline>& guideline,
                    const std::shared_ptr<const Feeds>& feeds, Time now) const = 0;
};

Result<std::unique_ptr<CheckedMachine>> machine_to_check(const Looking& looking);

/// A Windows machine by a recording of it.
Result<std::unique_ptr<CheckedMachine>> recorded_windows(const std::string& file);

}  // namespace sekisho
