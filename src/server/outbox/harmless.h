// SPDX-License-Identifier: Apache-2.0
// Internal to the room: text that people wrote, for receivers that make links of what looks like
// one. It reads as before, and leads nowhere.
#pragma once

#include <string>
#include <string_view>

#include "base/base.h"

namespace sekisho {

/// A zero-width space behind each colon of a scheme ("https:", "mailto:") and each dot of a name
/// ("evil.example"): with it neither is an address any more, to a program that looks for some.
std::string without_links(std::string_view text);
Text without_links(const Text& text);

}  // namespace sekisho
