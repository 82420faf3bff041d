// SPDX-License-Identifier: Apache-2.0
#include "collect/observe/spill.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <new>

namespace sekisho {
namespace {

bool write_all(int file, std::span<const std::uint8_t> bytes, std::uint64_t offset) {
  for (std::size_t done = 0; done < bytes.size();) {
    const ssize_t wrote =
        ::pwrite(file, bytes.data() + done, bytes.size() - done, static_cast<off_t>(offset + done));
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return false;
    done += static_cast<std::size_t>(wrote);
  }
  return true;
}

}  // namespace

Spill::~Spill() {
  for (const File* one : {&disk_, &memory_})
    if (one->file >= 0) ::close(one->file);
}

void Spill::open() {
  // /tmp is often memory itself.
  const char* folder = std::getenv("TMPDIR");  // NOLINT(concurrency-mt-unsafe): only read
  disk_.file =
      ::open(folder == nullptr ? "/var/tmp" : folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  memory_.file = ::memfd_create("sekisho", MFD_CLOEXEC);
}

Spill::Place Spill::put(std::span<const std::uint8_t> bytes) {
  std::call_once(opened_, [this] { open(); });
  for (File* one : {&disk_, &memory_}) {
    if (one->file < 0) continue;
    const std::uint64_t offset = one->end.fetch_add(bytes.size());
    if (write_all(one->file, bytes, offset)) return {offset, one == &memory_};
  }
  throw std::bad_alloc();
}

bool Spill::get(Place place, std::span<std::uint8_t> into) const {
  const int file = place.in_memory ? memory_.file : disk_.file;
  for (std::size_t done = 0; done < into.size();) {
    const ssize_t got = ::pread(file, into.data() + done, into.size() - done,
                                static_cast<off_t>(place.offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    done += static_cast<std::size_t>(got);
  }
  return true;
}

void Spill::drop(Place place, std::uint64_t size) const {
  if (size > 0)
    (void)::fallocate(place.in_memory ? memory_.file : disk_.file,
                      FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(place.offset),
                      static_cast<off_t>(size));
}

}  // namespace sekisho
