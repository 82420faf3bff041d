// SPDX-License-Identifier: Apache-2.0
// What arrives at the organisation's line: sensors send, the console shows.
#pragma once

#include "collect/observe/sensor.h"
#include "server/api/call.h"
#include "server/api/options.h"

namespace sekisho {

/// What a sensor is told; makes the organisation's key when it has none yet.
Result<SensorTask> sensor_task(Database& db);
/// Takes a piece of a device's sensor, each sequence once: gives up to which the server has them.
/// What is wrong with a piece bears an HTTP status in `where`, as for agents.
Result<std::int64_t> take_piece(Database& db, const ServerOptions& options,
                                const Guideline& guideline, DeviceId device, const LinePiece& piece,
                                Time now);
/// Makes sure that there is a place for tallies: with ClickHouse its table, into which what the
/// console's database has is moved.
Result<void> open_line(Database& db, const ServerOptions& options);

/// What each sensor found, as it said last.
Result<std::vector<LineFound>> found_at_line(Database& db);
/// Of how many pieces that is: another where any sensor has sent something since.
Result<std::pair<std::int64_t, std::int64_t>> pieces_at_line(Database& db);
/// The organisation's own addresses that sensors saw sending.
Result<std::vector<std::string>> own_sources_at_line(Database& db);

}  // namespace sekisho
