// SPDX-License-Identifier: Apache-2.0
// What bodies of several rooms hold, and how persons are named in replies.
#pragma once

#include "server/api/call.h"

namespace sekisho {

inline constexpr std::size_t kLongestName = 100;   // characters, as are all below
inline constexpr std::size_t kLongestEmail = 254;  // RFC 5321, 4.5.3.1.3
inline constexpr std::size_t kLongestText = 4000;

/// One line of at most `most` characters that shows all that is in it, and in its order: for
/// whatever is shown as a name; without < and >, which chats and pages take for marks. Empty is
/// noted as wrong unless `may_be_empty`.
std::string read_name(const Node& node, std::size_t most = kLongestName, bool may_be_empty = false);
/// A person's: it stands before the address in the audit log, and must not look like one.
std::string read_person_name(const Node& node);
/// Full-width letters, digits and signs as the ASCII that they stand for, as Unicode's
/// compatibility forms have it: what a Japanese keyboard types for ａ＠ｂ.
std::string narrowed(std::string_view text);
/// A one-time code or one for recovery, as it is typed.
std::string read_code(const Node& node, std::size_t most);
bool is_email(std::string_view email);
/// In ASCII, full-width forms understood: letters of other alphabets look alike.
std::string read_email(const Node& node);

/// An id as a body gives it.
template <typename Id>
Id read_id(const Node& node) {
  return Id(node.integer(1, INT64_MAX));
}

/// What is wrong with one field of a body: a page shows it at the field that the JSON pointer
/// names.
std::unexpected<Problem> wrong_at(std::string pointer, std::string ja, std::string en);

/// Stops a write that names somebody who isn't there; the body has them at /person.
Result<void> must_be_person(Call& call, std::optional<PersonId> person, Problem& why);

/// What is wrong in a list that somebody sent, line by line.
std::unexpected<Problem> faulty_list(std::vector<Error> faults);

/// {"id", "name"} or null.
boost::json::value person_json(const Row& row, std::size_t id, std::size_t name);

}  // namespace sekisho
