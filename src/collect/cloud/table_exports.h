// SPDX-License-Identifier: Apache-2.0
// Tables that consoles of Japanese services hand out: the audit log of cybozu.com (kintone, Garoon)
// and Chatwork's list of who set up a second factor. They come as UTF-8 or Shift_JIS, as Excel
// saves them too, and are known by their headings.
#pragma once

#include <optional>
#include <string_view>

#include "collect/cloud/services.h"

namespace sekisho {

/// Nothing for a table of neither.
std::optional<JudgedService> judge_table(std::string_view bytes);

}  // namespace sekisho
