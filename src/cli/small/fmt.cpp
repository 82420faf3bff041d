// SPDX-License-Identifier: Apache-2.0
// What the rooms use of fmt's library, compiled into the small program: Debian has no static one.
#define FMT_HEADER_ONLY
#include <fmt/format.h>

#include <cstdio>
#include <string>
#include <utility>

namespace sekisho {

using Format = std::string (*)(fmt::string_view, fmt::format_args);
using Print = void (*)(std::FILE*, fmt::string_view, fmt::format_args);
/// Somebody takes their address, so they are there for all.
extern const std::pair<Format, Print> kFromFmt;
const std::pair<Format, Print> kFromFmt{&fmt::vformat, &fmt::vprint};

}  // namespace sekisho
