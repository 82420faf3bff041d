// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "cli/checked.h"
#include "collect/windows/windows.h"

namespace sekisho {

/// A Windows machine by what was read of it.
class WindowsMachine : public CheckedMachine {
 public:
  enum class Read : std::uint8_t { recorded, as_administrator, as_person };
  WindowsMachine(WindowsFacts facts, Read read) : facts_(std::move(facts)), read_(read) {}

  SubjectId subject() const override { return windows_subject(facts_); }
  std::string_view kind() const override { return "windows"; }
  Seen look(const std::shared_ptr<const Guideline>& guideline,
            const std::shared_ptr<const Feeds>& feeds, Time now) const override;

 private:
  WindowsFacts facts_;
  Read read_;
};

}  // namespace sekisho
