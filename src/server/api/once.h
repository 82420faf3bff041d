// SPDX-License-Identifier: Apache-2.0
// What must not happen twice (Idempotency-Key): whoever sends the same request with the same key
// within a day gets the reply of the first time, and nothing is done again. That it was done is
// kept with the change itself; the reply is sealed under the key, for it may hold a secret.
#pragma once

#include <optional>
#include <string>

#include "server/api/router.h"

namespace sekisho {

class Once {
 public:
  static constexpr std::chrono::hours kKept{24};
  static constexpr std::int64_t kMost = 200;  // of one person; the oldest go first

  /// Nothing where no key is given.
  static std::expected<std::optional<Once>, Problem> of(const Call& call,
                                                        const Operation& operation);

  /// What came of it the first time; nothing where this is the first.
  std::optional<Outcome> before(const Call& call) const;
  /// Inside the change: it is this request that makes it.
  Result<void> claim(Database& db) const;
  /// What came of it, for the next time. A refusal is forgotten: it may be tried again.
  void remember(Database& db, const Outcome& outcome) const;

 private:
  Once(PersonId person, std::string_view key, std::string request, Time now);

  PersonId person_;
  std::string key_;
  std::string name_;     // what is kept of the key
  std::string request_;  // what is kept of what was asked
  std::string claim_;
  Time now_;
};

}  // namespace sekisho
