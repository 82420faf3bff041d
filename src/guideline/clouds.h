// SPDX-License-Identifier: Apache-2.0
// Checks of clouds and meetings, and the requirements that each is evidence for. They stand apart
// from the checks of machines: they hold for the organisation, and count from when such a service
// was read, so that nothing changes for whoever uses none.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "guideline/guideline.h"

namespace sekisho {

struct CloudChecks {
  std::vector<CheckSpec> checks;
  /// Of measures and the handbook's items, by their ids.
  std::map<std::string, std::vector<std::string>, std::less<>> by_requirement;

  const CheckSpec* check(std::string_view id) const;
  const std::vector<std::string>& of(const Requirement& requirement) const;
};

Result<CloudChecks> load_cloud_checks(const Document& document);

}  // namespace sekisho
