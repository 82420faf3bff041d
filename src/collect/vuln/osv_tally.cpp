// SPDX-License-Identifier: Apache-2.0
#include <numeric>

#include <fmt/format.h>

#include "base/text.h"
#include "collect/vuln/osv.h"

namespace sekisho {
namespace {

constexpr std::size_t kMostOthers = 100;

}  // namespace

void OsvTally::count(const OsvRecord& record, const std::array<bool, kEcosystems>& into) {
  ++records;
  withdrawn += record.withdrawn ? 1U : 0U;
  std::array<bool, kEcosystems> tells{};
  for (const OsvRecord::Affected& one : record.affected)
    tells.at(static_cast<std::size_t>(one.ecosystem)) = true;
  bool used = false;
  for (std::size_t i = 0; i < kEcosystems; ++i) {
    const bool kept_here = tells.at(i) && into.at(i);
    kept.at(i) += kept_here ? 1U : 0U;
    used = used || kept_here;
  }
  if (used || record.withdrawn) return;
  if (!record.ecosystems.empty() || record.others.empty()) {
    ++without_versions;
    return;
  }
  for (const std::string& other : record.others)
    // Names come from outside: there are few, or something is wrong.
    if (others.size() < kMostOthers || others.contains(other)) ++others[other];
}

void OsvTally::add(const OsvTally& other) {
  records += other.records;
  withdrawn += other.withdrawn;
  without_versions += other.without_versions;
  for (std::size_t i = 0; i < kEcosystems; ++i) kept.at(i) += other.kept.at(i);
  for (const auto& [name, count] : other.others)
    if (others.size() < kMostOthers || others.contains(name)) others[name] += count;
}

Text OsvTally::left_out() const {
  std::vector<std::string> ja;
  std::vector<std::string> en;
  const auto say = [&](std::size_t count, std::string_view in_japanese,
                       std::string_view in_english) {
    if (count == 0) return;
    ja.push_back(fmt::format("{} {} 件", in_japanese, count));
    en.push_back(fmt::format("{} {}", count, in_english));
  };
  for (const auto& [name, count] : others)
    say(count, name + "（使わないエコシステム）", "of " + name + ", an ecosystem that isn't used");
  say(without_versions, "使えるバージョンの範囲がないもの", "with no versions that can be used");
  say(withdrawn, "取り下げられたもの", "withdrawn");
  return {join(ja, "、"), join(en, "; ")};
}

std::size_t OsvTally::all_kept() const {
  return std::accumulate(kept.begin(), kept.end(), std::size_t{0});
}

}  // namespace sekisho
