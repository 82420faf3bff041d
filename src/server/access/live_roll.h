// SPDX-License-Identifier: Apache-2.0
// Who is in at which of several servers on one database: each writes down its own and reads the
// others', so that whoever asks one of them sees all. Nothing is decided by it, and no token or
// handle stands in it.
#pragma once

#include <string>
#include <vector>

#include "access/live.h"
#include "store/database.h"

namespace sekisho {

/// Who is in, as far as it is shown.
struct WhoIsIn {
  LiveEntry entry;
  Time since;
};

class LiveRoll {
 public:
  /// A server that didn't say anything for so long is gone, and so is who was in there.
  static constexpr std::chrono::seconds kGone{120};
  /// While anybody is in it says so as often.
  static constexpr std::chrono::seconds kSays{30};

  LiveRoll();

  /// Writes what is other than it was written last. Where that fails all is written anew the next
  /// time.
  Result<void> write(Database& database, const LiveSessions& sessions, Time now);
  /// This server ends: nobody is in here any more.
  Result<void> leave(Database& database);
  /// Who is in at the other servers.
  Result<std::vector<WhoIsIn>> others(Database& database, Time now) const;

 private:
  Result<void> write_news(Database& database, const std::vector<LiveSession>& live) const;

  std::string server_;
  std::vector<std::int64_t> written_{};       // numbers, in their order
  std::optional<std::uint64_t> changes_ = 0;  // none: what is written isn't known
  Time said_ = Time::min();
};

}  // namespace sekisho
