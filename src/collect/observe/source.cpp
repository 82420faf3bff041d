// SPDX-License-Identifier: Apache-2.0
// Where captures come from: files, FIFOs and standard input, packed or as they are.
#include <bzlib.h>
#include <fcntl.h>
#include <lz4frame.h>
#include <lzma.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <array>
#include <cstring>

#include "base/posix/descriptor.h"
#include "collect/observe/capture.h"

namespace sekisho {
namespace {

class FileSource : public ByteSource {
 public:
  explicit FileSource(int file) : file_(file) {
    struct stat state{};
    if (file >= 0 && ::fstat(file, &state) == 0 && S_ISREG(state.st_mode))
      size_ = static_cast<std::uint64_t>(state.st_size);
  }
  bool open() const { return file_.get() >= 0; }
  std::size_t read(std::uint8_t* into, std::size_t room) override {
    while (true) {
      const ssize_t got = ::read(file_.get(), into, room);
      if (got < 0 && errno == EINTR) continue;
      damaged_ = got < 0;
      if (got <= 0) return 0;
      taken_ += static_cast<std::uint64_t>(got);
      return static_cast<std::size_t>(got);
    }
  }
  std::uint64_t taken() const override { return taken_; }
  std::uint64_t size() const override { return size_; }
  /// The disk gave no more, though there may be more.
  bool damaged() const override { return damaged_; }

 private:
  Descriptor file_;
  bool damaged_ = false;
  std::uint64_t size_ = 0;
  std::uint64_t taken_ = 0;
};

/// What was read already, then the rest.
class PeekedSource : public ByteSource {
 public:
  explicit PeekedSource(std::unique_ptr<ByteSource> rest) : rest_(std::move(rest)) {
    while (filled_ < head_.size()) {
      const std::size_t got = rest_->read(head_.data() + filled_, head_.size() - filled_);
      if (got == 0) break;
      filled_ += got;
    }
  }
  bool begins(std::initializer_list<std::uint8_t> bytes) const {
    return filled_ >= bytes.size() && std::equal(bytes.begin(), bytes.end(), head_.begin());
  }
  std::size_t read(std::uint8_t* into, std::size_t room) override {
    if (at_ == filled_) return rest_->read(into, room);
    const std::size_t some = std::min(room, filled_ - at_);
    std::memcpy(into, head_.data() + at_, some);
    at_ += some;
    return some;
  }
  std::uint64_t taken() const override { return rest_->taken(); }
  std::uint64_t size() const override { return rest_->size(); }
  bool damaged() const override { return rest_->damaged(); }

 private:
  std::unique_ptr<ByteSource> rest_;
  std::array<std::uint8_t, 4> head_{};
  std::size_t filled_ = 0;
  std::size_t at_ = 0;
};

constexpr std::size_t kPacked = std::size_t{256} << 10U;

/// What packed sources share: packed bytes as they come, and whether an end there is a good one.
class PackedSource : public ByteSource {
 public:
  std::uint64_t taken() const override { return packed_->taken(); }
  std::uint64_t size() const override { return packed_->size(); }
  bool damaged() const override { return damaged_ || packed_->damaged(); }

 protected:
  explicit PackedSource(std::unique_ptr<ByteSource> packed)
      : packed_(std::move(packed)), buffer_(kPacked) {}
  /// The next packed bytes; none at the end, which only between two parts is no damage.
  std::span<std::uint8_t> more() {
    const std::size_t got = packed_->read(buffer_.data(), buffer_.size());
    if (got == 0) damaged_ = !between_;
    return {buffer_.data(), got};
  }

  bool between_ = false;
  bool damaged_ = false;

 private:
  std::unique_ptr<ByteSource> packed_;
  std::vector<std::uint8_t> buffer_;
};

class GzipSource : public PackedSource {
 public:
  explicit GzipSource(std::unique_ptr<ByteSource> packed) : PackedSource(std::move(packed)) {
    damaged_ = inflateInit2(&stream_, 15 + 16) != Z_OK;
  }
  ~GzipSource() override { inflateEnd(&stream_); }
  GzipSource(const GzipSource&) = delete;
  GzipSource& operator=(const GzipSource&) = delete;

  std::size_t read(std::uint8_t* into, std::size_t room) override {
    room = std::min<std::size_t>(room, 1U << 30U);
    stream_.next_out = into;
    stream_.avail_out = static_cast<uInt>(room);
    while (!damaged_ && stream_.avail_out == room) {
      if (stream_.avail_in == 0) {
        const auto bytes = more();
        if (bytes.empty()) break;
        stream_.next_in = bytes.data();
        stream_.avail_in = static_cast<uInt>(bytes.size());
      }
      // A file may be several gzip members, one after the other (RFC 1952, 2.2); tapes and full
      // disks leave zeros behind the last.
      while (between_ && stream_.avail_in > 0 && *stream_.next_in == 0)
        ++stream_.next_in, --stream_.avail_in;
      if (stream_.avail_in == 0) continue;
      if (std::exchange(between_, false)) damaged_ = inflateReset(&stream_) != Z_OK;
      const int state = inflate(&stream_, Z_NO_FLUSH);
      if (state == Z_STREAM_END)
        between_ = true;
      else if (state != Z_OK && state != Z_BUF_ERROR)
        damaged_ = true;
    }
    return room - stream_.avail_out;
  }

 private:
  z_stream stream_{};
};

class ZstdSource : public PackedSource {
 public:
  explicit ZstdSource(std::unique_ptr<ByteSource> packed)
      : PackedSource(std::move(packed)), stream_(ZSTD_createDStream()) {
    // A frame may ask for gigabytes of window: 128 MB (what zstd itself allows) are enough.
    ZSTD_DCtx_setParameter(stream_, ZSTD_d_windowLogMax, 27);
  }
  ~ZstdSource() override { ZSTD_freeDStream(stream_); }
  ZstdSource(const ZstdSource&) = delete;
  ZstdSource& operator=(const ZstdSource&) = delete;

  std::size_t read(std::uint8_t* into, std::size_t room) override {
    ZSTD_outBuffer out{into, room, 0};
    while (!damaged_ && out.pos == 0) {
      if (in_.pos == in_.size) {
        const auto bytes = more();
        if (bytes.empty()) break;
        in_ = {bytes.data(), bytes.size(), 0};
      }
      const std::size_t state = ZSTD_decompressStream(stream_, &out, &in_);
      damaged_ = ZSTD_isError(state) != 0;
      between_ = state == 0;
    }
    return out.pos;
  }

 private:
  ZSTD_DStream* stream_;
  ZSTD_inBuffer in_{nullptr, 0, 0};
};

class XzSource : public PackedSource {
 public:
  explicit XzSource(std::unique_ptr<ByteSource> packed) : PackedSource(std::move(packed)) {
    // A file may ask for gigabytes of memory: what xz -9 takes is enough, twice.
    constexpr std::uint64_t kMemory = std::uint64_t{128} << 20U;
    damaged_ = lzma_stream_decoder(&stream_, kMemory, LZMA_CONCATENATED) != LZMA_OK;
  }
  ~XzSource() override { lzma_end(&stream_); }
  XzSource(const XzSource&) = delete;
  XzSource& operator=(const XzSource&) = delete;

  std::size_t read(std::uint8_t* into, std::size_t room) override {
    stream_.next_out = into;
    stream_.avail_out = room;
    while (!damaged_ && !between_ && stream_.avail_out == room) {
      lzma_action action = LZMA_RUN;
      if (stream_.avail_in == 0) {
        const auto bytes = more();
        // Whether the end is a good one, it says itself.
        damaged_ = false;
        if (bytes.empty()) action = LZMA_FINISH;
        stream_.next_in = bytes.data();
        stream_.avail_in = bytes.size();
      }
      const lzma_ret state = lzma_code(&stream_, action);
      between_ = state == LZMA_STREAM_END;
      damaged_ = !between_ && state != LZMA_OK;
    }
    return room - stream_.avail_out;
  }

 private:
  lzma_stream stream_ = LZMA_STREAM_INIT;
};

class Bzip2Source : public PackedSource {
 public:
  explicit Bzip2Source(std::unique_ptr<ByteSource> packed) : PackedSource(std::move(packed)) {
    damaged_ = BZ2_bzDecompressInit(&stream_, 0, 0) != BZ_OK;
  }
  ~Bzip2Source() override { BZ2_bzDecompressEnd(&stream_); }
  Bzip2Source(const Bzip2Source&) = delete;
  Bzip2Source& operator=(const Bzip2Source&) = delete;

  std::size_t read(std::uint8_t* into, std::size_t room) override {
    room = std::min<std::size_t>(room, 1U << 30U);
    stream_.next_out = reinterpret_cast<char*>(into);
    stream_.avail_out = static_cast<unsigned>(room);
    while (!damaged_ && stream_.avail_out == room) {
      if (stream_.avail_in == 0) {
        const auto bytes = more();
        if (bytes.empty()) break;
        stream_.next_in = reinterpret_cast<char*>(bytes.data());
        stream_.avail_in = static_cast<unsigned>(bytes.size());
      }
      // Parallel packers write many streams, one after the other.
      if (std::exchange(between_, false)) again();
      if (damaged_) break;
      const int state = BZ2_bzDecompress(&stream_);
      between_ = state == BZ_STREAM_END;
      damaged_ = !between_ && state != BZ_OK;
    }
    return room - stream_.avail_out;
  }

 private:
  void again() {
    const bz_stream was = stream_;
    BZ2_bzDecompressEnd(&stream_);
    stream_ = {};
    damaged_ = BZ2_bzDecompressInit(&stream_, 0, 0) != BZ_OK;
    stream_.next_in = was.next_in;
    stream_.avail_in = was.avail_in;
    stream_.next_out = was.next_out;
    stream_.avail_out = was.avail_out;
  }

  bz_stream stream_{};
};

class Lz4Source : public PackedSource {
 public:
  explicit Lz4Source(std::unique_ptr<ByteSource> packed) : PackedSource(std::move(packed)) {
    damaged_ = LZ4F_isError(LZ4F_createDecompressionContext(&context_, LZ4F_VERSION)) != 0;
  }
  ~Lz4Source() override { LZ4F_freeDecompressionContext(context_); }
  Lz4Source(const Lz4Source&) = delete;
  Lz4Source& operator=(const Lz4Source&) = delete;

  std::size_t read(std::uint8_t* into, std::size_t room) override {
    std::size_t written = 0;
    while (!damaged_ && written == 0) {
      if (in_.empty()) {
        in_ = more();
        if (in_.empty()) break;
      }
      std::size_t used = in_.size();
      written = room;
      const std::size_t state =
          LZ4F_decompress(context_, into, &written, in_.data(), &used, nullptr);
      in_ = in_.subspan(used);
      damaged_ = LZ4F_isError(state) != 0;
      if (damaged_) written = 0;
      between_ = state == 0;
    }
    return written;
  }

 private:
  LZ4F_dctx* context_ = nullptr;
  std::span<const std::uint8_t> in_;
};

class MemorySource : public ByteSource {
 public:
  explicit MemorySource(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}
  std::size_t read(std::uint8_t* into, std::size_t room) override {
    const std::size_t some = std::min(room, bytes_.size() - at_);
    if (some > 0) std::memcpy(into, bytes_.data() + at_, some);
    at_ += some;
    return some;
  }
  std::uint64_t taken() const override { return at_; }
  std::uint64_t size() const override { return bytes_.size(); }

 private:
  std::span<const std::uint8_t> bytes_;
  std::size_t at_ = 0;
};

std::unique_ptr<ByteSource> unpacked(std::unique_ptr<ByteSource> raw) {
  auto peeked = std::make_unique<PeekedSource>(std::move(raw));
  if (peeked->begins({0x1f, 0x8b})) return std::make_unique<GzipSource>(std::move(peeked));
  if (peeked->begins({0x28, 0xb5, 0x2f, 0xfd}))
    return std::make_unique<ZstdSource>(std::move(peeked));
  if (peeked->begins({0xfd, '7', 'z', 'X'})) return std::make_unique<XzSource>(std::move(peeked));
  if (peeked->begins({'B', 'Z', 'h'})) return std::make_unique<Bzip2Source>(std::move(peeked));
  if (peeked->begins({0x04, 0x22, 0x4d, 0x18}))
    return std::make_unique<Lz4Source>(std::move(peeked));
  return peeked;
}

}  // namespace

Result<std::unique_ptr<ByteSource>> open_source(const std::filesystem::path& path) {
  const bool standard = path == "-";
  auto source = std::make_unique<FileSource>(standard ? ::dup(STDIN_FILENO)
                                                      : ::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!source->open())
    return failure(errno == ENOENT ? "ファイルがありません。" : "読めません。",
                   errno == ENOENT ? "there is no such file." : "it can't be read.", path.string());
  if (std::error_code error; !standard && std::filesystem::is_directory(path, error))
    return failure("ファイルではありません。", "it is not a file.", path.string());
  return unpacked(std::move(source));
}

std::unique_ptr<ByteSource> memory_source(std::span<const std::uint8_t> bytes) {
  return unpacked(std::make_unique<MemorySource>(bytes));
}

}  // namespace sekisho
