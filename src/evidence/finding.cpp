// SPDX-License-Identifier: Apache-2.0
#include "evidence/finding.h"

#include <algorithm>

#include <fmt/format.h>

namespace sekisho {

std::string listed(const std::vector<std::string>& names) {
  constexpr std::size_t kMost = 6;
  std::string out;
  for (std::size_t i = 0; i < std::min(names.size(), kMost); ++i)
    out += (i == 0 ? "" : ", ") + printable(names[i], 120);
  if (names.size() > kMost) out += fmt::format(" (+{})", names.size() - kMost);
  return out;
}

Finding reachable_services(const std::vector<std::string>& names) {
  if (!names.empty())
    return fail(fmt::format("ほかの端末から届く所で待ち受けています: {}", listed(names)),
                fmt::format("listening where other machines can reach it: {}", listed(names)));
  return pass("待ち受けていないか、この端末の中だけです",
              "nothing listens, or only inside this machine");
}

}  // namespace sekisho
