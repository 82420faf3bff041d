// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/document.h"

extern "C" {
extern const char guideline_json_begin[];  // NOLINT(modernize-avoid-c-arrays): a linker symbol
extern const char guideline_json_end[];    // NOLINT(modernize-avoid-c-arrays): a linker symbol
}

namespace sekisho {

/// The guideline that is built into this binary, as a document that load_guideline takes. Link
/// guideline_embedded to use it.
inline Document embedded_guideline() {
  auto document = parse_json("(built in)", {guideline_json_begin, guideline_json_end});
  return document ? std::move(*document) : Document{"(built in)", nullptr, {}};
}

}  // namespace sekisho
