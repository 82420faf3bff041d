// SPDX-License-Identifier: Apache-2.0
// Rows as ClickHouse sends them: whatever comes, however it is cut, gives the same rows.
#include "store/clickhouse.h"
#include "fuzz.h"

using namespace sekisho;

namespace {

/// The rows as text, and whether there was an error; the bytes come `step` at a time.
std::string rows_of(std::string_view all, std::size_t numbers, bool with_text, std::size_t step) {
  std::string rows;
  std::string bytes;
  while (!all.empty()) {
    bytes += all.substr(0, step);
    all.remove_prefix(std::min(step, all.size()));
    std::string_view rest = bytes;
    const auto taken =
        take_rows(rest, numbers, with_text,
                  [&](std::span<const std::int64_t> row, std::string_view text) -> Result<void> {
                    for (const std::int64_t number : row) add_number(rows, number);
                    if (with_text) add_text(rows, text);
                    return {};
                  });
    if (!taken) return rows + "!";
    bytes.erase(0, bytes.size() - rest.size());
  }
  return rows;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::size_t numbers = data[0] % 6U;
  const bool with_text = data[0] >= 128;
  const std::size_t step = 1 + data[1] % 64U;
  const std::string_view all = text_of(data + 2, size - 2);
  const std::string whole = rows_of(all, numbers, with_text, all.size() + 1);
  require(whole == rows_of(all, numbers, with_text, step));
  return 0;
}
