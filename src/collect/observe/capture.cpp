// SPDX-License-Identifier: Apache-2.0
#include "collect/observe/capture.h"

#include <array>
#include <cstring>
#include <utility>

namespace sekisho {
namespace {

constexpr std::size_t kBuffer = std::size_t{1} << 20U;
/// What is asked for at a time: little enough to be in the processor's cache when it is looked at.
constexpr std::size_t kAsk = std::size_t{256} << 10U;
/// No link of ours carries larger frames; Linux hands over at most 256 KiB (GSO).
constexpr std::uint32_t kLargestFrame = 262'144;
/// A block with options beside the frame.
constexpr std::uint32_t kLargestBlock = 524'288;
constexpr std::size_t kMostInterfaces = 4096;
constexpr std::size_t kPcapHeader = 16;

/// What a record says of the frame's length, where that can be: else it adds gigabytes.
inline std::uint32_t length_on_line(std::uint32_t said, std::uint32_t captured) {
  return said > kLargestFrame ? captured : std::max(said, captured);
}

constexpr std::uint32_t kSection = 0x0a0d0d0a;
constexpr std::uint32_t kInterfaceBlock = 1;
constexpr std::uint32_t kObsoletePacket = 2;
constexpr std::uint32_t kSimplePacket = 3;
constexpr std::uint32_t kEnhancedPacket = 6;

}  // namespace

CaptureReader::CaptureReader(std::unique_ptr<ByteSource> source)
    : source_(std::move(source)),
      buffer_(std::make_unique_for_overwrite<std::uint8_t[]>(kBuffer)) {}

CaptureBuffer CaptureReader::give(CaptureBuffer other) {
  if (other == nullptr) other = std::make_unique_for_overwrite<std::uint8_t[]>(kBuffer);
  std::memcpy(other.get(), buffer_.get() + at_, left());
  filled_ -= at_;
  at_ = 0;
  return std::exchange(buffer_, std::move(other));
}

std::uint16_t CaptureReader::u16(const std::uint8_t* at) const {
  std::uint16_t value = 0;
  std::memcpy(&value, at, sizeof value);
  return swapped_ ? __builtin_bswap16(value) : value;
}

std::uint32_t CaptureReader::u32(const std::uint8_t* at) const {
  std::uint32_t value = 0;
  std::memcpy(&value, at, sizeof value);
  return swapped_ ? __builtin_bswap32(value) : value;
}

bool CaptureReader::refill() {
  if (at_ > 0) {
    std::memmove(buffer_.get(), buffer_.get() + at_, left());
    filled_ -= at_;
    at_ = 0;
  }
  if (filled_ == kBuffer) return false;
  const std::size_t got = source_->read(buffer_.get() + filled_, std::min(kAsk, kBuffer - filled_));
  filled_ += got;
  return got > 0;
}

Result<void> CaptureReader::start() {
  while (left() < 24 && refill()) {
  }
  const auto refuse = [&] {
    if (left() == 0 && source_->taken() == 0)
      return failure("ファイルが空です。", "the file is empty.");
    if (source_->damaged())
      return failure("圧縮ファイルが壊れています。", "the compressed file is damaged.");
    return failure("パケットキャプチャ（pcap・pcapng）ではありません。",
                   "this is not a packet capture (pcap, pcapng).");
  };
  if (left() < 24) return refuse();
  std::uint32_t magic = 0;
  std::memcpy(&magic, buffer_.get(), sizeof magic);
  if (magic == kSection) {
    form_ = Form::pcapng;
    return {};
  }
  for (const bool swapped : {false, true}) {
    const std::uint32_t seen = swapped ? __builtin_bswap32(magic) : magic;
    if (seen != 0xa1b2c3d4 && seen != 0xa1b23c4d) continue;
    swapped_ = swapped;
    form_ = Form::pcap;
    per_second_ = seen == 0xa1b23c4d ? 1'000'000'000 : 1'000'000;
    if (u16(buffer_.get() + 4) != 2)
      return failure("このバージョンの pcap は読めません。", "this version of pcap can't be read.");
    link_ = u32(buffer_.get() + 20) & 0xffffU;  // above it: the length of a checksum
    at_ = 24;
    return {};
  }
  return refuse();
}

std::size_t CaptureReader::next(std::span<Record> records) {
  std::size_t count = 0;
  while (count < records.size()) {
    Step step = Step::record;
    if (form_ == Form::pcap)
      count += pcap_records(records.subspan(count), step);
    else if (step = step_pcapng(records[count]); step == Step::record)
      ++count;
    // What was handed out lies in the buffer: it moves only when nobody holds any of it.
    if (step == Step::more && (count > 0 || !refill())) break;
    if (step == Step::bad) {
      if (count > 0) break;
      ++corrupt_;
      if (!resynchronise()) break;
    }
  }
  return count;
}

std::size_t CaptureReader::pcap_records(std::span<Record> records, Step& stop) {
  // Millions of times a second: what stays the same is not looked up in between.
  const std::uint8_t* at = buffer_.get() + at_;
  const std::uint8_t* const end = buffer_.get() + filled_;
  const auto room = [&] { return static_cast<std::size_t>(end - at); };
  const bool swapped = swapped_;
  const std::int64_t unit_ns = per_second_ == 1'000'000 ? 1000 : 1;
  stop = Step::record;
  std::size_t count = 0;
  std::size_t usual = 0;
  const std::uint32_t link = link_;
  for (; count < records.size(); ++count) {
    if (room() < kPcapHeader) {
      stop = Step::more;
      break;
    }
    std::array<std::uint32_t, 4> header{};  // seconds, fraction, captured, length
    std::memcpy(header.data(), at, sizeof header);
    if (swapped)
      for (std::uint32_t& word : header) word = __builtin_bswap32(word);
    const std::uint32_t captured = header[2];
    if (captured > kLargestFrame || room() < kPcapHeader + captured) {
      stop = captured > kLargestFrame ? Step::bad : Step::more;
      break;
    }
    Record& record = records[count];
    record.data = at + kPcapHeader;
    record.captured = captured;
    record.length = length_on_line(header[3], captured);
    record.time_ns = std::int64_t{header[0]} * 1'000'000'000 + std::int64_t{header[1]} * unit_ns;
    record.link = link;
    // Where the next one begins is guessed, so that it is looked at before this one's size is
    // there: most are as long as the one before.
    if (captured != usual) [[unlikely]] {
      usual = captured;
      asm volatile("" : "+r"(usual));  // NOLINT(hicpp-no-assembler): keeps the branch
    }
    at += kPcapHeader + usual;
  }
  at_ = static_cast<std::size_t>(at - buffer_.get());
  if (count > 0) last_ns_ = records[count - 1].time_ns;
  return count;
}

CaptureReader::Step CaptureReader::step_pcapng(Record& record) {
  if (left() < 12) return Step::more;
  const std::uint8_t* block = buffer_.get() + at_;
  const std::uint32_t type = u32(block);
  if (type == kSection) {
    // A section says anew which byte order it is in.
    std::uint32_t order = 0;
    std::memcpy(&order, block + 8, sizeof order);
    if (order == 0x1a2b3c4d)
      swapped_ = false;
    else if (order == 0x4d3c2b1a)
      swapped_ = true;
    else
      return Step::bad;
    interfaces_.clear();
  }
  const std::uint32_t length = u32(block + 4);
  if (length < 12 || length % 4 != 0 || length > kLargestBlock) return Step::bad;
  if (left() < length) return Step::more;
  if (u32(block + length - 4) != length) return Step::bad;
  const std::span<const std::uint8_t> body(block + 8, length - 12);
  Step step = Step::other;
  if (type == kInterfaceBlock) interface_block(body);
  if (type == kEnhancedPacket || type == kSimplePacket || type == kObsoletePacket)
    step = packet_block(body, type == kSimplePacket, type == kObsoletePacket, record);
  // The block itself is whole; only what it says of a packet is not.
  if (step == Step::bad) {
    ++corrupt_;
    step = Step::other;
  }
  at_ += length;
  return step;
}

void CaptureReader::interface_block(std::span<const std::uint8_t> body) {
  Interface interface;
  if (body.size() < 8 || interfaces_.size() == kMostInterfaces) {
    ++corrupt_;
    return;
  }
  interface.link = u16(body.data());
  interface.snap = u32(body.data() + 4);
  for (std::size_t at = 8; at + 4 <= body.size();) {
    const std::uint16_t code = u16(body.data() + at);
    const std::uint16_t length = u16(body.data() + at + 2);
    if (code == 0 || at + 4 + length > body.size()) break;
    const std::uint8_t* value = body.data() + at + 4;
    if (code == 9 && length == 1) {  // if_tsresol: a power of 10, or of 2 with the top bit
      const unsigned exponent = *value & 0x7fU;
      const bool binary = (*value & 0x80U) != 0;
      if (exponent > (binary ? 63U : 18U)) {
        ++corrupt_;
      } else {
        interface.units = 1;
        for (unsigned i = 0; i < exponent; ++i) interface.units *= binary ? 2 : 10;
      }
    }
    if (code == 14 && length == 8) {  // if_tsoffset, in seconds
      const std::uint64_t low = u32(value + (swapped_ ? 4 : 0));
      const std::uint64_t high = u32(value + (swapped_ ? 0 : 4));
      const auto offset = static_cast<std::int64_t>((high << 32U) | low);
      if (offset > -4'000'000'000 && offset < 4'000'000'000) interface.offset_s = offset;
    }
    at += 4 + (length + 3U) / 4U * 4U;
  }
  interfaces_.push_back(interface);
}

CaptureReader::Step CaptureReader::packet_block(std::span<const std::uint8_t> body, bool simple,
                                                bool obsolete, Record& record) {
  const std::size_t head = simple ? 4 : 20;
  if (body.size() < head) return Step::bad;
  const std::uint32_t number = simple ? 0 : (obsolete ? u16(body.data()) : u32(body.data()));
  if (number >= interfaces_.size()) return Step::bad;
  const Interface& interface = interfaces_[number];
  record.link = interface.link;
  if (simple) {
    const std::uint32_t said = u32(body.data());
    record.captured =
        std::min<std::uint32_t>({said, static_cast<std::uint32_t>(body.size() - head),
                                 interface.snap == 0 ? kLargestFrame : interface.snap});
    record.length = length_on_line(said, record.captured);
    record.time_ns = last_ns_;  // this kind of block has none of its own
  } else {
    record.captured = u32(body.data() + 12);
    record.length = length_on_line(u32(body.data() + 16), record.captured);
    const std::uint64_t time = (std::uint64_t{u32(body.data() + 4)} << 32U) | u32(body.data() + 8);
    const std::uint64_t seconds = time / interface.units;
    if (seconds > 8'000'000'000) return Step::bad;
    const std::uint64_t part = time % interface.units;
    // Units finer than 2^33 a second don't fit when they are multiplied first.
    const auto fraction = static_cast<std::int64_t>(std::min<std::uint64_t>(
        interface.units >> 33U == 0 ? part * 1'000'000'000 / interface.units
                                    : part / (interface.units / 1'000'000'000),
        999'999'999));
    record.time_ns =
        (static_cast<std::int64_t>(seconds) + interface.offset_s) * 1'000'000'000 + fraction;
    last_ns_ = record.time_ns;
  }
  if (record.captured > body.size() - head || record.captured > kLargestFrame) return Step::bad;
  record.data = body.data() + head;
  return Step::record;
}

bool CaptureReader::plausible_pcap(std::size_t at) const {
  // Two headers in a row that could be: within a day of what came before, and not longer than said.
  for (int i = 0; i < 2; ++i) {
    if (filled_ - at < kPcapHeader) return i > 0 && filled_ == at;
    const std::uint8_t* header = buffer_.get() + at;
    const std::uint32_t captured = u32(header + 8);
    const std::int64_t away = std::int64_t{u32(header)} - last_ns_ / 1'000'000'000;
    if (captured == 0 || captured > kLargestFrame || captured > u32(header + 12) ||
        u32(header + 12) > kLargestFrame || u32(header + 4) >= per_second_ ||
        (last_ns_ != 0 && (away > 86'400 || away < -86'400)))
      return false;
    if (filled_ - at < kPcapHeader + captured) return i > 0;
    at += kPcapHeader + captured;
  }
  return true;
}

bool CaptureReader::plausible_pcapng(std::size_t at) const {
  if (filled_ - at < 12) return false;
  const std::uint8_t* block = buffer_.get() + at;
  const std::uint32_t type = u32(block);
  const std::uint32_t length = u32(block + 4);
  if (type == kSection) return true;
  return type >= 1 && type <= 10 && length >= 12 && length % 4 == 0 && length <= kLargestBlock &&
         filled_ - at >= length && u32(block + length - 4) == length;
}

bool CaptureReader::resynchronise() {
  ++at_;
  while (true) {
    while (left() < kLargestBlock && refill()) {
    }
    for (; left() >= kPcapHeader; ++at_)
      if (form_ == Form::pcap ? plausible_pcap(at_) : plausible_pcapng(at_)) return true;
    if (!refill()) return false;
  }
}

}  // namespace sekisho
