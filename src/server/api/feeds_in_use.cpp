// SPDX-License-Identifier: Apache-2.0
#include "server/api/feeds_in_use.h"

#include <utility>

namespace sekisho {

FeedsInUse::FeedsInUse(std::function<Newest()> read) : read_(std::move(read)) { refresh(); }

FeedsInUse::Newest FeedsInUse::newest() const { return *published_.load(); }

void FeedsInUse::refresh() {
  // One after the other, so that what was read earlier never comes to lie over what is newer.
  const std::lock_guard one(reading_);
  try {
    published_.store(std::make_shared<const Newest>(read_()));
  } catch (const std::exception& error) {
    published_.store(std::make_shared<const Newest>(
        failure("一覧を読めません。", "the lists can't be read: " + printable(error.what(), 200))));
  }
}

}  // namespace sekisho
