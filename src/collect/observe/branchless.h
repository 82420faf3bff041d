// SPDX-License-Identifier: Apache-2.0
// For the innermost loops, where what comes next can't be foretold and a branch would be guessed
// wrongly.
#pragma once

#include <cstddef>

namespace sekisho {

/// 1 if so, otherwise 0. The compiler can't see which: it would make a branch of it.
inline std::size_t one_if(bool so) {
  std::size_t one = so ? 1 : 0;
  asm("" : "+r"(one));  // NOLINT(hicpp-no-assembler): emits nothing
  return one;
}

}  // namespace sekisho
