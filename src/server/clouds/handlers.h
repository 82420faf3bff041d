// SPDX-License-Identifier: Apache-2.0
// The room where an administrator has exports of cloud services read: what came of the last one,
// and taking it away again. Its door to the server.
//
// May enter: taking files in or asking services for them, keeping what was read of them, showing it
// to administrators.
// May not enter: the files themselves are kept nowhere; judging (collect/cloud).
#pragma once

#include <optional>
#include <stop_token>

#include "collect/cloud/cloud.h"
#include "server/api/router.h"
#include "store/pool.h"

namespace sekisho {

void add_clouds(Handlers& handlers);

/// Where a reading is kept, and when it was taken.
struct CloudsDesk {
  const Guideline& guideline;
  const CloudChecks& checks;
  Database& db;
  Time now;
};
/// Keeps a reading in place of the one before, enters what the register didn't know of, and tells
/// what turned bad; inside the write that is open. `by` nobody: the server itself had it read.
Result<void> keep_reading(const CloudsDesk& desk, std::optional<PersonId> by,
                          const std::vector<std::string>& emergency, const CloudReading& reading);

/// What the last reading says of whoever signs in there by this address.
Result<boost::json::array> kept_in_clouds(Database& db, std::string_view email);
/// Forgets a reading that names them, inside the change that is open.
Result<void> forget_in_clouds(Database& db, std::string_view email);

/// Asks the services whose credentials this server has, each once a week or when somebody wants it,
/// until asked to stop. Nobody's request waits for it, and no connection of `pool` is held
/// meanwhile.
void keep_clouds_read(const Shop& shop, Pool& pool, const std::stop_token& quit);

/// Lets go of a reading that says nothing any more, with the names in it.
void run_cloud_jobs(const Shop& shop, Database& db, Time now);

}  // namespace sekisho
