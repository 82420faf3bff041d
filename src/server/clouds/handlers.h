// The room where an administrator has exports of cloud services read: what came of the last one,
// and taking it away again. Its door to the server.
//
// May enter: taking files in, keeping what was read of them, showing it to administrators.
// May not enter: the files themselves are kept nowhere; judging (collect/cloud).
#pragma once

#include "server/api/router.h"

namespace sekisho {

void add_clouds(Handlers& handlers);

/// What the last reading says of whoever signs in there by this address.
Result<boost::json::array> kept_in_clouds(Database& db, std::string_view email);
/// Forgets a reading that names them, inside the change that is open.
Result<void> forget_in_clouds(Database& db, std::string_view email);

/// Lets go of a reading that says nothing any more, with the names in it.
void run_cloud_jobs(const Shop& shop, Database& db, Time now);

}  // namespace sekisho
