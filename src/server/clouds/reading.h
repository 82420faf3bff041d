// SPDX-License-Identifier: Apache-2.0
// Internal to the room: what was last read of clouds, as it is kept.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "collect/cloud/cloud.h"
#include "server/api/call.h"

namespace sekisho {

struct KeptReading {
  std::int64_t id = 0;
  Time taken_at{}, made_at{};  // made_at: of the oldest file that something stems from
  std::string by;              // empty: the server itself
  boost::json::array emergency, rows;
};
Result<std::optional<KeptReading>> kept_reading(Database& db);

/// What older readers of a check called good, or of no concern, isn't known until it is read again.
void close_older_rows(boost::json::array& rows);

/// A kept row, as far as it is judged by: without what it says of persons.
struct KeptRow {
  const CloudItem* item = nullptr;
  Verdict verdict = Verdict::unknown;
  std::optional<Verdict> before;  // of the reading before
  std::size_t people = 0;         // whom it leaves out
  std::string seen, limit;        // what it was held against, where no person is in it
  Time made_at{};                 // of the files that it stems from
  std::string account;            // whose it is (CloudReading::accounts); empty: not known
};
/// Without what this version doesn't know any more.
std::vector<KeptRow> kept_rows_of(const KeptReading& reading);
std::set<CloudService> services_of(const std::vector<KeptRow>& rows);

/// Whose a service's settings are, as a reading says it; empty where it doesn't.
std::string account_in(const CloudReading& reading, CloudService service);
/// Whether a kept row is of another account than a reading is, in a service that it read, or the
/// reading doesn't say of which it is.
bool is_of_another(const KeptRow& row, const CloudReading& reading);

/// A service of whose settings some are kept of one account, while a reading is of another, or
/// doesn't say of which.
struct OtherAccount {
  CloudService service = CloudService::entra;
  std::string known;
  std::string read;  // empty: not said
};
std::optional<OtherAccount> other_account(const KeptReading& kept, const CloudReading& reading);
/// What is said of it to whoever had it read.
Text said_of(const OtherAccount& other);

}  // namespace sekisho
