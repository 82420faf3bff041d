// SPDX-License-Identifier: Apache-2.0
// endoflife.date's answer of all its products at once.
#pragma once

#include <functional>

#include "collect/vuln/vuln.h"

namespace sekisho {

/// endoflife.date's answer of all products in full (API v1, {"generated_at", "result": [{"name",
/// "releases": […]}…]}), as far as they are wanted.
struct AllProducts {
  std::optional<Day> as_of;      // where it says
  boost::json::object products;  // by name, as lists of v0 cycles
};
Result<AllProducts> read_all_products(const Document& document,
                                      const std::function<bool(std::string_view)>& wanted);

}  // namespace sekisho
