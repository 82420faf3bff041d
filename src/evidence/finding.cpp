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

}  // namespace sekisho
