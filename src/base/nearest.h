// SPDX-License-Identifier: Apache-2.0
// The word that somebody meant.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sekisho {

/// That of `known` from which `word` is only a slip away (two letters, or half of a short word);
/// empty where none is. A view of one of `known`.
std::string_view nearest_word(std::string_view word, const std::vector<std::string>& known);

}  // namespace sekisho
