// SPDX-License-Identifier: Apache-2.0
// Why a list did not come, in the words of every system.
#pragma once

#include <string>

#include <fmt/format.h>

#include "base/base.h"

namespace sekisho {

inline std::unexpected<Error> not_fetched(const Text& why, const std::string& from) {
  return failure(fmt::format("取れませんでした（{}）。", why.ja),
                 fmt::format("it could not be fetched ({}).", why.en), printable(from, 200));
}

inline std::unexpected<Error> too_large(std::size_t most, const std::string& from) {
  return failure(fmt::format("大きすぎます（上限 {} バイト）。", most),
                 fmt::format("it is too large (at most {} bytes).", most), printable(from, 200));
}

}  // namespace sekisho
