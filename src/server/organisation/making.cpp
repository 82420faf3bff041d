// SPDX-License-Identifier: Apache-2.0
#include "server/organisation/making.h"

#include <algorithm>
#include <array>
#include <utility>

namespace sekisho {

Made made_so_far(std::string_view said, std::size_t bytes) {
  // When each step begins, of an administrator's report of 17 pages.
  constexpr std::array<double, kPdfSteps + 2> kBegins{0,    0.08, 0.1,  0.11, 0.14,
                                                      0.19, 0.61, 0.72, 1};
  constexpr double kBytesOfPage = 5700;
  constexpr std::string_view kStep = "Step ";
  Made made;
  for (std::size_t at = said.find(kStep); at != std::string_view::npos;
       at = said.find(kStep, at + 1)) {
    const std::string_view rest = said.substr(at + kStep.size());
    if (rest.empty() || rest.front() < '1' || rest.front() > '0' + kPdfSteps) continue;
    made.step = std::max(made.step, rest.front() - '0');
    if (rest.substr(0, rest.find('\n')).find(" - Page ") != std::string_view::npos) ++made.pages;
  }
  const auto step = static_cast<std::size_t>(made.step);
  made.share = kBegins.at(step);
  constexpr std::size_t kLayout = 5;
  if (step == kLayout) {
    // How many pages there will be nobody knows before; it never tells that it is over.
    const double expected = std::max(1.0, static_cast<double>(bytes) / kBytesOfPage);
    made.share += (kBegins.at(step + 1) - made.share) *
                  std::min(0.95, static_cast<double>(made.pages) / expected);
  }
  return made;
}

Making::Told::Told(Making& all, std::string key) : all_(all), key_(std::move(key)) {
  const std::lock_guard lock(all_.mutex_);
  if (!key_.empty() && all_.under_way_.size() < kMost)
    there_ = all_.under_way_.emplace(key_, Made{}).second;
}

Making::Told::~Told() {
  const std::lock_guard lock(all_.mutex_);
  if (there_) all_.under_way_.erase(key_);
}

void Making::Told::is(const Made& now) {
  const std::lock_guard lock(all_.mutex_);
  if (there_) all_.under_way_[key_] = now;
}

std::optional<Made> Making::look(const std::string& key) {
  const std::lock_guard lock(mutex_);
  const auto found = under_way_.find(key);
  return found == under_way_.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace sekisho
