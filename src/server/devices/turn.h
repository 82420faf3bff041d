// SPDX-License-Identifier: Apache-2.0
// Turns: by what a delivery shows, the server tells a device from a copy of it. Each receipt gives
// the next; they are numbered, and proven with what only the organisation's authority has. So a
// database that was set back (a backup, a snapshot of its machine, a replica that took over) knows
// a turn that it gave before for one of its own: a device that shows it is ahead, not a copy.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sekisho {

/// What a database keeps of a turn.
struct Turn {
  std::int64_t number = 0;  // 0: none of this server's, or of before they had numbers
  std::string kept;         // "NUMBER.RANDOM"; of before they had numbers the SHA-256

  static Turn of(std::string kept);
};

class Turns {
 public:
  explicit Turns(std::string_view authority_key_pem);

  /// A turn of this number, as a device is given it.
  std::string give(std::string_view device, std::int64_t number) const;
  /// What a device shows.
  Turn read(std::string_view device, std::string_view shown) const;

 private:
  std::string proof(std::string_view device, std::string_view kept) const;
  std::string key_;
};

}  // namespace sekisho
