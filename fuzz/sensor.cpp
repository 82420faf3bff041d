// SPDX-License-Identifier: Apache-2.0
// What sensors and the server say to each other: what is read is written the same way again.
#include "collect/observe/sensor.h"
#include "fuzz.h"

using namespace sekisho;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = text_of(data, size);
  if (const auto piece = read_piece(text)) {
    const std::string written = write_piece(*piece);
    // Cutting a name may add a mark of three bytes: read again it stays.
    if (const auto again = read_piece(written)) {
      const auto third = read_piece(write_piece(*again));
      require(third && third->sequence == piece->sequence &&
              third->minutes.size() == piece->minutes.size());
    }
  }
  if (const auto task = read_task(text)) require(read_task(write_task(*task))->key == task->key);
  return 0;
}
