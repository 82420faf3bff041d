// SPDX-License-Identifier: Apache-2.0
// Internal to the room: what the clock runs on a machine: cron's tables and folders, anacron's, and
// systemd's timers, the system's and people's.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "collect/host/look.h"
#include "collect/host/schedule.h"

namespace sekisho {

/// A command or script, and whether anything ever runs it.
struct ClockJob {
  std::string place;           // "path:line"
  std::string text;            // what it runs; of a script all of it
  std::optional<GapDays> gap;  // nothing for times that aren't understood
  enum class Runs : std::uint8_t { yes, no, unclear } runs = Runs::yes;
  Text why;  // where it doesn't, or that isn't clear
};

struct ClockJobs {
  std::vector<ClockJob> all;
  bool hidden = false;  // a table may not be read
};

ClockJobs clock_jobs(const Machine& machine, Time now);

/// Whether a line of a table begins a command: what is left after its times. Nothing for comments,
/// settings and what isn't understood; of the last `whole` becomes false.
struct CronLine {
  std::string user;  // empty in a person's own table
  std::string command;
  std::optional<GapDays> gap;
  std::size_t number = 0;
};
std::vector<CronLine> parse_cron(std::string_view text, bool with_user, Day today, bool& whole);

/// cron itself starts, and runs the scripts of `folder` ("cron.daily").
ClockJob cron_folder(const Machine& machine, std::string_view folder, Time now);

}  // namespace sekisho
