// SPDX-License-Identifier: Apache-2.0
// Internal to the room: products that are written like one that was chosen, and aren't it: FTD's
// version has ASA's form, FortiProxy's that of FortiOS.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "guideline/guideline.h"

namespace sekisho {

/// The product that `given` names where it is another than `kind`.
std::optional<std::string> other_product(const Appliance& kind, std::string_view given);

}  // namespace sekisho
