// SPDX-License-Identifier: Apache-2.0
// A live interface: AF_PACKET with a ring that the kernel writes to (TPACKET_V3; packet(7),
// Documentation/networking/packet_mmap.rst).
#pragma once

#include <chrono>
#include <memory>
#include <span>
#include <string>

#include "base/base.h"
#include "collect/observe/capture.h"

namespace sekisho {

/// How long the kernel keeps frames for itself before it hands over a block that is not full. Each
/// such time uses up one of 64 blocks: whoever looks away for less than 16 seconds misses nothing,
/// as long as less than 64 MB come.
inline constexpr std::chrono::milliseconds kRetire{250};

/// Whether anything can come in.
enum class LineState : std::uint8_t {
  up,
  down,  // or unplugged
  gone,  // there is no such interface any more
};

class LiveCapture {
 public:
  /// Needs CAP_NET_RAW. What this machine itself sends is captured too, and marked.
  static Result<LiveCapture> open(const std::string& interface);
  ~LiveCapture();
  LiveCapture(LiveCapture&&) noexcept;
  LiveCapture& operator=(LiveCapture&&) noexcept;
  LiveCapture(const LiveCapture&) = delete;
  LiveCapture& operator=(const LiveCapture&) = delete;

  /// What has come, waiting for at most `patience`. The records are good until the next call.
  std::size_t next(std::span<Record> records, std::chrono::milliseconds patience);
  /// How the interface is. One that has come back under its name is captured from again.
  LineState state();
  /// Frames that the kernel had no room for, since the start.
  std::uint64_t dropped();
  /// Frames that came since the start: what next() gave, will give, and what was dropped.
  std::uint64_t arrived();

 private:
  struct Impl;
  explicit LiveCapture(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sekisho
