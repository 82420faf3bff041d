// SPDX-License-Identifier: Apache-2.0
#include "guideline/clouds.h"

#include <algorithm>
#include <set>

#include "guideline/read.h"

namespace sekisho {

CloudChecks read_cloud_checks(const Node& top) {
  CloudChecks clouds;
  for (const Node& item : top.at("cloud_checks").items()) clouds.checks.push_back(read_check(item));
  std::set<std::string> used;
  for (const char* section : {"measures", "handbook"})
    for (const Node& item : top.at(section).items()) {
      const auto list = item.find("clouds");
      if (!list) continue;
      for (const Node& id : list->items()) {
        if (clouds.check(id.string()) == nullptr)
          id.report("その確認項目はありません。", "there is no such check.");
        if (std::string_view(section) == "measures") used.insert(id.string());
      }
      clouds.by_requirement[item.at("id").string()] = list->strings();
    }
  for (const Node& item : top.at("cloud_checks").items())
    if (!used.contains(item.at("id").string()))
      item.report("この確認を使う対策がありません。", "no measure uses this check.");
  return clouds;
}

Result<CloudChecks> load_cloud_checks(const Document& document) {
  std::vector<Error> problems;
  CloudChecks clouds = read_cloud_checks(Node(document, problems));
  if (!problems.empty()) return std::unexpected(first_of(problems));
  return clouds;
}

const CheckSpec* CloudChecks::check(std::string_view id) const {
  const auto found = std::ranges::find(checks, id, &CheckSpec::id);
  return found == checks.end() ? nullptr : &*found;
}

const std::vector<std::string>& CloudChecks::of(const Requirement& requirement) const {
  static const std::vector<std::string> none;
  for (const std::string* id : {&requirement.id, &requirement.ascii})
    if (const auto found = by_requirement.find(*id); found != by_requirement.end())
      return found->second;
  return none;
}

}  // namespace sekisho
