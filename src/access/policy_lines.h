// SPDX-License-Identifier: Apache-2.0
// The lines of a policy's text, made out of its form (policy_form.h), and taken apart with what
// people wrote beside them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>

namespace sekisho {

/// The lines of `policy:`.
std::vector<std::string> head_lines(const boost::json::object& head);
/// One field of a resource, `indent` spaces in.
std::vector<std::string> field_lines(std::string_view key, const boost::json::value& value,
                                     std::size_t indent);
/// One of the measures, without its indent: `- "5-2"`.
std::string measure_line(const boost::json::object& measure);
/// A resource as an item of the list, its dash `indent` spaces in.
std::vector<std::string> rule_lines(const boost::json::object& rule, std::size_t indent);

/// Where a line's comment begins, with the spaces before it; nothing where it has none.
std::optional<std::size_t> comment_in(std::string_view line);
/// The comments of a text, each without its mark, as they stand.
std::vector<std::string> comments_of(std::string_view text);

}  // namespace sekisho
