// SPDX-License-Identifier: Apache-2.0
// Reading captures with all processors: whoever is free takes the next piece.
#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <optional>
#include <vector>

#include "collect/observe/observe.h"

namespace sekisho {

struct ReadingProgress {
  std::uint64_t bytes = 0;
  std::uint64_t of = 0;  // 0: not known
  std::uint64_t frames = 0;
};

struct FilesRead {
  std::uint64_t read = 0;      // captures
  std::vector<Error> refused;  // of each file that is no capture, or can't be read
  std::uint64_t corrupt = 0;   // records passed over
  std::vector<std::filesystem::path> short_files;  // that end in the middle of something
  std::uint64_t overtaken = 0;  // followed files that were written anew before all was read
};

/// The captures among `paths`: files, and in folders what is named like one or
/// is one, by name.
Result<std::vector<std::filesystem::path>> list_captures(
    const std::vector<std::filesystem::path>& paths);

/// When the first packet of a regular file was captured; nothing where there is none yet.
std::optional<std::int64_t> first_time(const std::filesystem::path& path);

/// How many processors this process may use; at least one.
unsigned processors();

/// Counts all of them into `findings`, the one that begins first first. `progress` is called a few
/// times a second by one thread; when `stop` becomes true the rest is left. What is no capture is
/// passed over. `threads` is at least 1.
FilesRead observe_files(const std::vector<std::filesystem::path>& given, const LineScope& scope,
                        Findings& findings, unsigned threads,
                        const std::function<void(const ReadingProgress&)>& progress,
                        const std::atomic<bool>& stop);

/// The same for captures that are still being written, and for folders that get more of them: reads
/// on until `stop` becomes true. A name that comes again with other packets (a ring of files), and
/// packets that come again under another name (rotation), are each read once. `tick` is called
/// about three times a second.
Result<FilesRead> follow_files(const std::vector<std::filesystem::path>& paths,
                               const LineScope& scope, Findings& findings,
                               const std::function<void(const ReadingProgress&)>& tick,
                               const std::atomic<bool>& stop);

}  // namespace sekisho
