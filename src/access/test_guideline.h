// SPDX-License-Identifier: Apache-2.0
// What the room's tests share.
#pragma once

#include <stdexcept>

#include "guideline/embedded.h"
#include "guideline/guideline.h"

namespace sekisho {

/// The guideline that is built in, read once.
inline const Guideline& shipped_guideline() {
  static const Guideline loaded = [] {
    auto result = load_guideline(embedded_guideline());
    if (!result) throw std::runtime_error(result.error().describe(Lang::en));
    return std::move(*result);
  }();
  return loaded;
}

}  // namespace sekisho
