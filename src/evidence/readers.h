// With which eyes something was seen. A reader that is mended may see otherwise what it called good
// before; so what older readers let pass counts no more once a newer version runs, until it is
// looked at again.
#pragma once

#include <cstdint>

#include "base/text.h"

namespace sekisho {

/// Raise it with every change after which a reader could call the same machine, list or report
/// worse than it did before. Its history: 1  the first that is counted: what can't be placed or
/// read whole, or rests on a list that is too
///    old, passes no more.
inline constexpr std::int64_t kReaders = 1;

/// What is known of a check that only older readers let pass.
inline Text seen_by_older_readers() {
  return {"古いバージョンの Sekisho が確かめた結果なので、今は数えません。次の報告で確かめ直します",
          "an older version of Sekisho looked at this, so it no longer counts; it will be looked "
          "at again with the next report"};
}
/// The same of a device whose own program is older.
inline Text seen_by_older_agent() {
  return {
      "この端末の sekisho が古いバージョンなので、良いとは言えません。端末の sekisho を更新して"
      "ください",
      "this device runs an older version of sekisho, whose word for good doesn't count here; "
      "update sekisho on the device"};
}

}  // namespace sekisho
