// SPDX-License-Identifier: Apache-2.0
// Internal to the room: pieces that JSON forms share.
#pragma once

#include <boost/json.hpp>

#include "report/report.h"

namespace sekisho {

boost::json::object to_json(const Text& text);
boost::json::object to_json(const Provenance& from);
boost::json::array to_json(const std::vector<Step>& steps);
template <typename T>
boost::json::array strings(const std::vector<T>& list) {
  boost::json::array array;
  for (const auto& item : list) array.emplace_back(item);
  return array;
}

/// Indented by two spaces, with a newline at the end.
std::string pretty(const boost::json::value& value);

}  // namespace sekisho
