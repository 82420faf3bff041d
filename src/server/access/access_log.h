// SPDX-License-Identifier: Apache-2.0
// What was decided and cut, as it is kept. The same again within an hour is counted, not written
// again, so that whoever asks a million times makes one line of it; of what can't be held before
// it is written, the number is kept.
#pragma once

#include <compare>
#include <map>
#include <mutex>
#include <string>

#include "access/live.h"
#include "store/database.h"

namespace sekisho {

class AccessLog {
 public:
  /// Of different ones, between two times of writing.
  static constexpr std::size_t kMostWaiting = 4096;
  /// Of lines that are kept, the last.
  static constexpr std::int64_t kMostKept = 200'000;
  static constexpr std::chrono::hours kFolds{1};

  /// `kind`: allow, step_up, deny, cut, or uncut: out, but what was open goes on.
  void note(std::string_view kind, const LiveEntry& entry, const LiveDecision& made, Time at);
  /// Writes what waits; where that fails it goes on waiting.
  Result<void> write(Database& database);

 private:
  struct Key {
    std::string kind;
    std::int64_t person = 0;
    std::int64_t device = 0;
    std::string resource;
    std::string enforcer;
    std::string codes;
    auto operator<=>(const Key&) const = default;
  };
  struct Times {
    Time first;
    Time last;
    std::int64_t count = 0;
    std::string origin;
  };
  using Waiting = std::map<Key, Times>;

  void add(const Key& key, const Times& times);
  static Result<void> write_one(Database& database, const Key& key, const Times& times);

  std::mutex mutex_;
  Waiting waiting_;
};

}  // namespace sekisho
