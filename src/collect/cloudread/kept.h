// SPDX-License-Identifier: Apache-2.0
// Internal to the room: what of a service's answers goes into a file. A list of what is judged, and
// not of what is left out: passcodes, keys, phone numbers and whatever a service adds one day come
// along with settings, and nobody asked for them.
#pragma once

#include <string_view>

#include <boost/json/value.hpp>

namespace sekisho {

/// What a section of a file of `kind` ("zoom") keeps of an answer: the members that some judge
/// reads, and those by which an answer says that it is an error, or that more follows. Nothing of
/// a section that isn't known.
boost::json::value kept_of(std::string_view kind, std::string_view section,
                           const boost::json::value& answer);

}  // namespace sekisho
