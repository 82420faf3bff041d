// SPDX-License-Identifier: Apache-2.0
// Internal to the room: services that the server asks by itself, with the credentials that lie in
// its folder. What came of it is kept in the database, so that of several servers one asks.
#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "collect/cloudread/cloudread.h"
#include "server/api/jobs.h"
#include "server/api/router.h"
#include "store/pool.h"

namespace sekisho {

struct ReaderState {
  std::optional<Time> tried, succeeded;
  std::int64_t failures = 0;  // in a row
  std::optional<Text> error;  // of the last try
  std::string claim;          // of who is reading now; empty: nobody
  bool operator==(const ReaderState&) const = default;
};
/// Empty where it can't be read: then it was never tried.
ReaderState parse_reader_state(std::string_view text);
std::string write_reader_state(const ReaderState& state);
/// After a try at `now`: in a week, after a failure sooner, ever later up to a day.
Time next_reading(const ReaderState& state, Time now, std::uint64_t random);

/// How services are asked; tests put a stand-in here.
struct CloudReaders {
  const Shop& shop;
  Pool& pool;
  std::string folder;  // of the credentials
  std::function<Result<CloudFile>(const CloudCredential& credential)> read;
  std::function<std::uint64_t()> random;
  std::stop_token quit = {};  // the server ends: what was cut off then says nothing
};
/// Asks those that are due, one after the other. What failed is remembered and told, and no error
/// of this.
Result<void> read_due_clouds(const CloudReaders& readers);

void add_cloud_readers(Handlers& handlers);

}  // namespace sekisho
