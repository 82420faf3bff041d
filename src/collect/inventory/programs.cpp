// SPDX-License-Identifier: Apache-2.0
#include "collect/inventory/programs.h"

#include <algorithm>
#include <functional>
#include <iterator>

#include "base/base.h"
#include "collect/inventory/matches.h"
#include "collect/inventory/written.h"

namespace sekisho {
namespace {

/// What is asked of NVD's records, under each name of a program there.
std::vector<Installed> installed_as(const Software& software, const Scheme& scheme,
                                    const std::string& program, const std::string& version,
                                    std::string_view platform) {
  const auto reading = program_version(software, program, version);
  std::vector<Installed> list;
  for (const ProgramProduct& name : software.cpe_of(program)) {
    Installed one{name.vendor, name.product, &scheme, reading};
    one.platform = platform;
    one.may_have_build = software.versions.forms.empty();
    if (reading) one.version_text = lower(reading->plain);
    if (!name.edition.empty())
      one.rest.at(3) = name.edition == "-" ? CpeValue::none() : CpeValue::literal(name.edition);
    list.push_back(std::move(one));
  }
  return list;
}

}  // namespace

void add_matches(const Weaknesses& weaknesses, const Installed& installed,
                 ComponentJudgement& judgement) {
  const bool read = installed.version || !installed.version_text.empty();
  if (!weaknesses.covers(installed.vendor, installed.product)) return;
  judgement.by_nvd = true;
  if (read && installed.version) judgement.known = true;
  auto matches = weaknesses.of(installed);
  for (auto& [into, list] :
       {std::pair(&judgement.open, &matches.open), std::pair(&judgement.unclear, &matches.unclear)})
    for (auto& found : *list)
      if (std::ranges::find(*into, found.cve, &ComponentWeakness::id) == into->end())
        into->push_back({std::move(found.cve), found.score, {}});
  std::erase_if(judgement.unclear, [&](const ComponentWeakness& one) {
    return std::ranges::find(judgement.open, one.id, &ComponentWeakness::id) !=
           judgement.open.end();
  });
}

ComponentJudgement judge_program(const Software& software, const std::string& program,
                                 const std::string& version, const Weaknesses& weaknesses,
                                 std::string_view platform) {
  ComponentJudgement judgement;
  const auto own = scheme_of(software.versions);
  const Scheme& scheme = own ? *own : Scheme::makers();
  for (const Installed& one : installed_as(software, scheme, program, version, platform))
    add_matches(weaknesses, one, judgement);
  return judgement;
}

std::vector<std::string> untold(const Software& software, const std::string& program,
                                const std::string& version, const std::vector<std::string>& cves,
                                const Weaknesses& weaknesses, std::string_view platform) {
  const auto own = scheme_of(software.versions);
  const Scheme& scheme = own ? *own : Scheme::makers();
  const auto names = installed_as(software, scheme, program, version, platform);
  const auto same = [](const ProgramProduct& name) {
    return [&name](const Installed& one) {
      return one.vendor == name.vendor && one.product == name.product;
    };
  };
  // Of another edition or generation of it that a record names, this one isn't.
  const auto told = [&](const std::string& cve) {
    return weaknesses.tells(cve) &&
           std::ranges::any_of(software.cpe, [&](const ProgramProduct& name) {
             const auto one = std::ranges::find_if(names, same(name));
             return one == names.end() ? weaknesses.names(cve, name.vendor, name.product)
                                       : weaknesses.about(cve, *one).has_value();
           });
  };
  std::vector<std::string> list;
  std::ranges::copy_if(cves, std::back_inserter(list), std::not_fn(told));
  return list;
}

std::set<std::string, std::less<>> exploited_weaknesses(const ExploitedFeed& feed) {
  std::set<std::string, std::less<>> all;
  for (const auto& [product, entries] : feed.by_product)
    for (const ExploitedEntry& entry : entries) all.insert(entry.cve);
  return all;
}

Weaknesses exploited_of_programs(const std::vector<Software>& software, const Feeds& feeds) {
  if (!feeds.weaknesses) return {};
  std::set<std::pair<std::string, std::string>> products;
  for (const Software& one : software)
    for (const ProgramProduct& name : one.cpe) products.emplace(name.vendor, name.product);
  return feeds.weaknesses->part(products, exploited_weaknesses(feeds.exploited));
}

}  // namespace sekisho
