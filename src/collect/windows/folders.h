// SPDX-License-Identifier: Apache-2.0
// How much of a machine a folder takes in, by the words that settings name it with.
#pragma once

#include <cstdint>
#include <string_view>

namespace sekisho::judge {

enum class Extent : std::uint8_t {
  narrow,  // a program's own
  wide,  // a drive, what Windows, programs or people keep, or where what comes from outside is put
  unknown,  // can't be placed
};

/// Of a path with *, ? and %VARIABLES% as Windows takes them; slashes may lean either way, and the
/// path may begin with \\?\.
Extent extent_of(std::string_view path);

}  // namespace sekisho::judge
