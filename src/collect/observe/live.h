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

class LiveCapture {
 public:
  /// Needs CAP_NET_RAW. `incoming_only` leaves out what this machine itself sends.
  static Result<LiveCapture> open(const std::string& interface, bool incoming_only);
  ~LiveCapture();
  LiveCapture(LiveCapture&&) noexcept;
  LiveCapture& operator=(LiveCapture&&) noexcept;
  LiveCapture(const LiveCapture&) = delete;
  LiveCapture& operator=(const LiveCapture&) = delete;

  /// What has come, waiting for at most `patience`. The records are good until the next call.
  std::size_t next(std::span<Record> records, std::chrono::milliseconds patience);
  /// Frames that the kernel had no room for, since the start.
  std::uint64_t dropped();

 private:
  struct Impl;
  explicit LiveCapture(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sekisho
