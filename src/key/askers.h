// SPDX-License-Identifier: Apache-2.0
// Who may ask: root, and the person who uses the device. That is who was named, or else whoever
// sits at it: the user of the active session at a seat, as logind has it (loginctl seat-status).
// Somebody who came over the network sits at none.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <vector>

namespace sekisho {

class Askers {
 public:
  /// `named`: those alone; none: whoever sits at a seat.
  explicit Askers(std::vector<uid_t> named, std::filesystem::path seats = "/run/systemd/seats")
      : named_(std::move(named)), seats_(std::move(seats)) {}

  /// As it is now: people leave, and others sit down.
  bool may_ask(uid_t user) const;

 private:
  std::vector<uid_t> named_;
  std::filesystem::path seats_;
};

}  // namespace sekisho
