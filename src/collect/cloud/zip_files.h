// SPDX-License-Identifier: Apache-2.0
// Several exports in one zip, as browsers and ScubaGear hand them out. Nothing is written anywhere:
// a name inside is for sentences alone and never a path.
#pragma once

#include <string_view>
#include <vector>

#include "collect/cloud/cloud.h"

namespace sekisho {

bool is_zip(std::string_view bytes);

/// The files in it. An error for one that is broken, has a password, or is larger inside than an
/// export may be: at most 200 files, together at most as large as one export, and no more than a
/// thousand times what they are packed.
Result<std::vector<CloudFile>> unzipped(const CloudFile& file);

}  // namespace sekisho
