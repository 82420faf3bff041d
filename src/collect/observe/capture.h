// SPDX-License-Identifier: Apache-2.0
// Capture files as a stream of records: pcap (draft-ietf-opsawg-pcap) of both byte orders and both
// resolutions, and pcapng (draft-ietf-opsawg-pcapng), plain or in gzip, zstd, xz, bzip2 or lz4.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include "base/base.h"

namespace sekisho {

/// One frame as it was captured. `data` is good until the reader is asked again.
struct Record {
  const std::uint8_t* data = nullptr;
  std::uint32_t captured = 0;  // bytes at `data`
  std::uint32_t length = 0;    // bytes that were on the line
  std::int64_t time_ns = 0;    // since 1970-01-01T00:00:00Z
  std::uint32_t link = 0;      // LINKTYPE_ number (tcpdump.org/linktypes.html)
  bool outgoing = false;       // sent by the machine that captures, on a live line
};

/// Bytes that records lie in.
using CaptureBuffer =
    std::unique_ptr<std::uint8_t[]>;  // NOLINT(*-avoid-c-arrays): not zeroed first

/// Where a capture's bytes come from.
class ByteSource {
 public:
  ByteSource() = default;
  virtual ~ByteSource() = default;
  ByteSource(const ByteSource&) = delete;
  ByteSource& operator=(const ByteSource&) = delete;
  /// Up to `room` bytes; 0 at the end, or for now when the file may still grow.
  virtual std::size_t read(std::uint8_t* into, std::size_t room) = 0;
  /// Bytes taken so far of how many there are (0: not known), before decompression.
  virtual std::uint64_t taken() const = 0;
  virtual std::uint64_t size() const = 0;
  /// Whether the bytes were damaged before they could be told to be a capture (compression).
  virtual bool damaged() const { return false; }
};

/// A file, FIFO or standard input ("-"), unpacked when it begins as gzip, zstd, xz, bzip2 or lz4
/// do.
Result<std::unique_ptr<ByteSource>> open_source(const std::filesystem::path& path);
/// Bytes in memory.
std::unique_ptr<ByteSource> memory_source(std::span<const std::uint8_t> bytes);

class CaptureReader {
 public:
  explicit CaptureReader(std::unique_ptr<ByteSource> source);

  /// Whether the input is a capture at all; reads its first bytes.
  Result<void> start();
  /// Fills as much of `records` as is at hand; 0 at the end (or for now).
  std::size_t next(std::span<Record> records);
  /// Lets go of the bytes that the last records lie in, so that they stay good while the next are
  /// asked for. `other` is taken in their place; null: a new buffer.
  CaptureBuffer give(CaptureBuffer other);

  /// Records or blocks that were not what they should be, passed over.
  std::uint64_t corrupt() const { return corrupt_; }
  /// What the input ended in the middle of.
  bool cut_short() const { return filled_ > at_; }
  const ByteSource& source() const { return *source_; }

 private:
  enum class Form : std::uint8_t { none, pcap, pcapng };
  struct Interface {
    std::uint32_t link = 0;
    std::uint32_t snap = 0;
    std::uint64_t units = 1'000'000;  // of time in a second
    std::int64_t offset_s = 0;
  };
  enum class Step : std::uint8_t { record, other, more, bad };

  bool refill();
  /// As many as are whole and at hand; then `stop` says why there are no more.
  std::size_t pcap_records(std::span<Record> records, Step& stop);
  Step step_pcapng(Record& record);
  Step packet_block(std::span<const std::uint8_t> body, bool simple, bool obsolete, Record& record);
  void interface_block(std::span<const std::uint8_t> body);
  /// Moves on to the next place where a record may start.
  bool resynchronise();
  bool plausible_pcap(std::size_t at) const;
  bool plausible_pcapng(std::size_t at) const;
  std::uint16_t u16(const std::uint8_t* at) const;
  std::uint32_t u32(const std::uint8_t* at) const;
  std::size_t left() const { return filled_ - at_; }

  std::unique_ptr<ByteSource> source_;
  CaptureBuffer buffer_;
  std::size_t at_ = 0;
  std::size_t filled_ = 0;
  Form form_ = Form::none;
  bool swapped_ = false;
  std::uint32_t per_second_ = 1'000'000;
  std::uint32_t link_ = 0;
  std::int64_t last_ns_ = 0;
  std::vector<Interface> interfaces_;
  std::uint64_t corrupt_ = 0;
};

}  // namespace sekisho
