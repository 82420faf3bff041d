#include "collect/observe/spill.h"

#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>

#include <cerrno>
#include <cstdlib>
#include <utility>

namespace sekisho {
namespace {

bool write_all(int file, const std::string& bytes, std::uint64_t offset) {
  for (std::size_t done = 0; done < bytes.size();) {
    const ssize_t wrote =
        ::pwrite(file, bytes.data() + done, bytes.size() - done, static_cast<off_t>(offset + done));
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return false;
    done += static_cast<std::size_t>(wrote);
  }
  return true;
}

std::uint32_t sum_of(const std::string& bytes) {
  return static_cast<std::uint32_t>(
      crc32_z(0, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()));
}

}  // namespace

Spill::~Spill() {
  if (file_ >= 0) ::close(file_);
}

Spill::Spill(Spill&& other) noexcept
    : file_(std::exchange(other.file_, -1)), tried_(other.tried_), end_(other.end_) {}

Spill::Place Spill::put(const std::string& bytes) {
  if (!std::exchange(tried_, true)) {
    // /tmp is often memory itself.
    const char* folder = std::getenv("TMPDIR");  // NOLINT(concurrency-mt-unsafe): only read
    file_ = ::open(folder == nullptr ? "/var/tmp" : folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  }
  Place place;
  place.size = bytes.size();
  place.offset = end_;
  if (file_ >= 0 && write_all(file_, bytes, end_)) {
    end_ += bytes.size();
    place.sum = sum_of(bytes);
  } else {
    place.memory = bytes;
  }
  return place;
}

std::optional<std::string> Spill::get(const Place& place) const {
  if (!place.memory.empty()) return place.memory;
  std::string bytes(place.size, '\0');
  for (std::size_t done = 0; done < bytes.size();) {
    const ssize_t got = ::pread(file_, bytes.data() + done, bytes.size() - done,
                                static_cast<off_t>(place.offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return std::nullopt;
    done += static_cast<std::size_t>(got);
  }
  if (sum_of(bytes) != place.sum) return std::nullopt;
  return bytes;
}

void Spill::drop(const Place& place) const {
  if (place.memory.empty() && place.size > 0)
    (void)::fallocate(file_, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                      static_cast<off_t>(place.offset), static_cast<off_t>(place.size));
}

}  // namespace sekisho
