// SPDX-License-Identifier: Apache-2.0
// Internal to the room: a package version's key by each order; nothing for what is no version of
// it.
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

namespace sekisho {

std::optional<std::string> dpkg_key(std::string_view text);
std::optional<std::string> rpm_key(std::string_view text);
std::optional<std::string> npm_key(std::string_view text);
std::optional<std::string> pypi_key(std::string_view text);
std::optional<std::string> go_key(std::string_view text);
std::optional<std::string> maven_parts(std::string_view text);
std::strong_ordering compare_maven(std::string_view a, std::string_view b);

/// Takes the digits off the beginning of `text`.
std::string_view take_digits(std::string_view& text);
/// Adds a number of any size, so that more comes later by its bytes; the first is not 0.
void add_number(std::string& key, std::string_view digits);

}  // namespace sekisho
