// SPDX-License-Identifier: Apache-2.0
#include "server/gate/open_ends.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <system_error>

#include "base/posix/descriptor.h"

namespace sekisho {
namespace {

std::unexpected<Error> not_kept(const std::filesystem::path& file, int error) {
  return failure("ゲートが通した接続を記すファイルを使えません。",
                 "The file in which the gate notes what it let through can't be used.",
                 file.string() + ": " + std::error_code(error, std::generic_category()).message());
}

}  // namespace

void OpenEnds::Unmap::operator()(Place* places) const {
  (void)::munmap(places, kMost * sizeof(Place));
}

OpenEnds::OpenEnds()
    : places_(static_cast<Place*>(::mmap(nullptr, kMost * sizeof(Place), PROT_READ | PROT_WRITE,
                                         MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))) {
  if (places_.get() == MAP_FAILED) std::abort();  // no memory at the start
  for (std::size_t slot = kMost; slot > 0; --slot) free_.push_back(static_cast<Slot>(slot - 1));
}

Result<OpenEnds> OpenEnds::in_file(const std::filesystem::path& file) {
  OpenEnds ends;
  ends.lock_ = std::make_unique<FileLock>(file.string() + ".lock");
  if (!ends.lock_->held()) return not_kept(file, EBUSY);
  const Descriptor opened(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  constexpr off_t kSize = kMost * sizeof(Place);
  struct stat status{};
  if (opened.get() < 0 || ::fstat(opened.get(), &status) != 0) return not_kept(file, errno);
  if (!S_ISREG(status.st_mode) || (status.st_size != 0 && status.st_size != kSize))
    return not_kept(file, EINVAL);
  // A place that the disk has no room for would end the program when it is used.
  if (const int full = ::posix_fallocate(opened.get(), 0, kSize); full != 0)
    return not_kept(file, full);
  void* mapped = ::mmap(nullptr, kSize, PROT_READ | PROT_WRITE, MAP_SHARED, opened.get(), 0);
  if (mapped == MAP_FAILED) return not_kept(file, errno);
  ends.places_.reset(static_cast<Place*>(mapped));
  std::erase_if(ends.free_, [&](Slot slot) { return ends.places_[slot].taken != 0; });
  return ends;
}

std::optional<OpenEnds::Slot> OpenEnds::add(const ClientEnd& end) {
  if (free_.empty()) return std::nullopt;
  const Slot slot = free_.back();
  free_.pop_back();
  Place& place = places_[slot];
  place.address = end.address.bytes;
  place.port = end.port;
  std::atomic_ref(place.taken).store(1, std::memory_order_release);
  return slot;
}

void OpenEnds::drop(Slot slot) {
  std::atomic_ref(places_[slot].taken).store(0, std::memory_order_release);
  free_.push_back(slot);
}

std::vector<std::pair<OpenEnds::Slot, ClientEnd>> OpenEnds::all() const {
  std::vector<std::pair<Slot, ClientEnd>> out;
  for (std::size_t slot = 0; slot < kMost; ++slot)
    if (places_[slot].taken != 0)
      out.emplace_back(static_cast<Slot>(slot),
                       ClientEnd{{places_[slot].address}, places_[slot].port});
  return out;
}

}  // namespace sekisho
