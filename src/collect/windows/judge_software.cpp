// SPDX-License-Identifier: Apache-2.0
// Versions of programs, each judged by itself.
#include <algorithm>
#include <array>
#include <functional>
#include <set>
#include <span>
#include <unordered_set>

#include <fmt/format.h>

#include "collect/inventory/programs.h"
#include "collect/inventory/written.h"
#include "collect/maker.h"
#include "collect/vuln/systems.h"
#include "collect/vuln/weaknesses.h"
#include "collect/windows/judges.h"
#include "collect/windows/windows.h"

namespace sekisho::judge {
namespace {

/// What support dates go by: the year in a name, or the version as its maker writes it.
std::string release_of(const Software& software, const WindowsFacts::Program& program) {
  if (software.dated_by_name) return year_in(program.name);
  const auto reading = program_version(software, program.name, program.version);
  return reading ? reading->plain : std::string();
}

Finding of_program(const FactsLook& look, const Software& software,
                   const WindowsFacts::Program& program) {
  const std::string release = release_of(software, program);
  if (software.eol_product.empty() || release.empty())
    return unknown(
        fmt::format("{} のサポート期間のデータがありません。最新のバージョンか確かめてください",
                    program.name),
        fmt::format("there are no support dates of {}; see that it is the newest version",
                    program.name));
  return judge_maker(software, release, look.lists.support(), day_here(look.now));
}

/// Words in the name of a program that isn't watched: it may be of a group.
struct Hint {
  std::string_view group;
  std::string_view word;  // in lower case
};
constexpr std::array kHints{Hint{"vpn", "vpn"},
                            Hint{"vpn", "zero trust"},
                            Hint{"vpn", "secure access"},
                            Hint{"remote_desktop", "remote"},
                            Hint{"remote_desktop", "リモート"},
                            Hint{"remote_desktop", "遠隔"},
                            Hint{"remote_desktop", "vnc"},
                            Hint{"browser", "browser"},
                            Hint{"browser", "ブラウザ"},
                            Hint{"browser", "chromium"},
                            Hint{"browser", "firefox"},
                            Hint{"office", "office"},
                            Hint{"office", "microsoft works"},
                            Hint{"office", "microsoft word"},
                            Hint{"office", "microsoft excel"},
                            Hint{"office", "microsoft powerpoint"},
                            Hint{"office", "microsoft outlook"},
                            Hint{"office", "microsoft publisher"},
                            Hint{"office", "microsoft infopath"},
                            Hint{"office", "microsoft onenote"},
                            Hint{"office", "microsoft lync"},
                            Hint{"office", "skype for business"},
                            Hint{"office", "オフィス"},
                            Hint{"office", "pdf"},
                            Hint{"office", "メール"},
                            Hint{"office", "mailer"},
                            Hint{"office", "meeting"}};

bool may_be_of(std::string_view group, const std::string& program) {
  const std::string name = lower(program);
  // A part of a database, which is called so.
  if (name.find("sql") != std::string::npos) return false;
  return std::ranges::any_of(kHints, [&](const Hint& hint) {
    return hint.group == group && name.find(hint.word) != std::string::npos;
  });
}

Finding group_versions(const FactsLook& look, std::string_view group) {
  const auto* programs =
      look.ask(&WindowsFacts::programs, "入っているプログラムの一覧", "the installed programs");
  if (programs == nullptr) return FactsLook::undecided();
  std::vector<Finding> findings;
  for (const WindowsFacts::Program& program : *programs) {
    const Software* software = software_of_program(look.guideline.software, program.name);
    if (software != nullptr && software->group == group)
      findings.push_back(of_program(look, *software, program));
    else if (software == nullptr && may_be_of(group, program.name))
      findings.push_back(
          unknown(fmt::format("{} は知られていないソフトです。最新のバージョンか確かめてください",
                              program.name),
                  fmt::format("{} is not known; see that it is the newest version", program.name)));
  }
  if (findings.empty())
    return not_applicable("知られている該当ソフトは入っていません",
                          "no such software that is known is installed");
  return worst(findings);
}

/// Each word of a name in small letters, without signs, until `take` has enough.
template <typename Take>
bool any_word(std::string_view name, Take take) {
  std::string word;
  for (const char letter : name) {
    const char small = letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter + 32) : letter;
    const bool of_word = (small >= 'a' && small <= 'z') || (small >= '0' && small <= '9') ||
                         static_cast<unsigned char>(small) >= 0x80;
    if (of_word) {
      word += small;
    } else if (!word.empty()) {
      if (take(word)) return true;
      word.clear();
    }
  }
  return !word.empty() && take(word);
}

std::set<std::string> name_words(std::string_view name) {
  std::set<std::string> found;
  any_word(name, [&](const std::string& word) {
    found.insert(word);
    return false;
  });
  return found;
}

/// A product that the catalogue names: "Office and WordPad", "Java SE JDK and JRE", each of which
/// counts; what stands in brackets is another name of it.
std::vector<std::string> products_in(std::string_view product) {
  std::vector<std::string> found(1);
  int depth = 0;
  for (const std::string_view word : split(product, ' ')) {
    const bool opens = word.starts_with('(');
    if (opens) ++depth;
    if (depth == 0 && (word == "and" || word == "&")) {
      found.emplace_back();
    } else if (depth == 0) {
      const bool ends = word.ends_with(',');
      found.back() += std::string(word.substr(0, word.size() - (ends ? 1 : 0))) + ' ';
      if (ends) found.emplace_back();
    }
    if (depth > 0 && word.find(')') != std::string_view::npos) --depth;
  }
  std::erase_if(found, [](const std::string& one) { return name_words(one).empty(); });
  return found;
}

/// ScreenConnect, WinRAR: a word that nobody but its maker writes so.
bool is_own_word(std::string_view product) {
  const std::string name(trim(product));
  if (name.size() < 6 || name.find(' ') != std::string::npos) return false;
  for (std::size_t i = 1; i < name.size(); ++i)
    if (name[i] >= 'A' && name[i] <= 'Z' && name[i - 1] >= 'a' && name[i - 1] <= 'z') return true;
  return false;
}

/// Whether a program's name is that of a product of the catalogue, which tells its maker and its
/// product, where Windows tells a name alone. What is of Windows itself comes with its updates.
bool is_named(const std::set<std::string>& program, const std::string& vendor,
              const std::string& product) {
  const auto within = [&](const std::set<std::string>& words) {
    return !words.empty() && std::ranges::includes(program, words);
  };
  const std::set<std::string> makers = name_words(vendor);
  const bool of_microsoft = makers.contains("microsoft");
  if (of_microsoft && name_words(product).contains("windows")) return false;
  const auto first = split(std::string_view(trim(vendor)), ' ');
  const bool by_maker = !first.empty() && within(name_words(first.front()));
  return std::ranges::any_of(products_in(product), [&](const std::string& one) {
    const std::set<std::string> words = name_words(one);
    if (is_own_word(one)) return within(words);
    // Of a maker alone ("Apache", "Multiple Products") no program is told.
    if (std::ranges::includes(makers, words) && makers.size() > words.size()) return false;
    if (words == makers) return !of_microsoft && within(words);
    return by_maker && within(words);
  });
}

/// What the catalogue names that any of these programs could be, so that each needn't be held
/// against all.
using Named = decltype(ExploitedFeed::by_product)::value_type;
std::vector<const Named*> thinkable(const ExploitedFeed& exploited,
                                    const std::vector<WindowsFacts::Program>& programs) {
  std::unordered_set<std::string> words;
  for (const WindowsFacts::Program& program : programs)
    any_word(program.name, [&](const std::string& word) {
      words.insert(word);
      return false;
    });
  std::vector<const Named*> found;
  for (const Named& one : exploited.by_product)
    if (any_word(one.first.second, [&](const std::string& word) { return words.contains(word); }))
      found.push_back(&one);
  return found;
}

/// The catalogue's entries for a program, the newest first.
std::vector<std::string> exploited_as(const ExploitedFeed& exploited,
                                      const std::vector<const Named*>& thinkable,
                                      const Software* software, const std::string& program) {
  std::set<std::pair<std::string, std::string>> products;
  if (software != nullptr)
    products.insert(software->exploited_as.begin(), software->exploited_as.end());
  const std::set<std::string> words = name_words(program);
  for (const Named* one : thinkable)
    if (is_named(words, one->first.first, one->first.second)) products.insert(one->first);
  std::vector<ExploitedEntry> entries;
  for (const auto& product : products)
    if (const auto of_product = exploited.by_product.find(product);
        of_product != exploited.by_product.end())
      entries.insert(entries.end(), of_product->second.begin(), of_product->second.end());
  std::ranges::sort(entries, std::greater{}, &ExploitedEntry::added);
  std::vector<std::string> names;
  for (const ExploitedEntry& entry : entries) names.push_back(entry.cve);
  return names;
}

/// Newer than all that the support dates name: they are older than it.
bool is_after_all(const SupportFeed& feed, const std::string& product, const std::string& release) {
  const auto lines = feed.products.find(product);
  const auto asked = Scheme::makers().exact(release);
  return lines != feed.products.end() && asked &&
         std::ranges::all_of(lines->second, [&](const Cycle& line) {
           const auto one = Scheme::makers().exact(line.name);
           return one && *one < *asked;
         });
}

/// One that renews itself counts as renewed until its version is one that has ended for so long:
/// programs that are made of another's come after it, and some stay with every second.
constexpr std::chrono::days kRenewsWithin{70};
Finding of_renewing(const FactsLook& look, const Software& software,
                    const WindowsFacts::Program& program) {
  const std::string product = software.renews == "itself" ? software.eol_product : software.renews;
  const std::string release = release_of(software, program);
  const Day then = day_here(look.now) - kRenewsWithin;
  const SupportFeed& feed = look.lists.support();
  const Cycle* line = feed.find(product, release);
  const bool ended = line != nullptr ? !line->supported_on(then)
                                     : feed.ended_after(product, release, then) != nullptr;
  const Compared seen{.source = Compared::Source::entry,
                      .place = program.name,
                      .seen = program.version,
                      .by = product.empty() ? std::string() : "endoflife.date " + product,
                      .day = feed.as_of};
  if (ended)
    return {Verdict::fail,
            {fmt::format("{} {} は、自動の更新が止まっています", program.name, program.version),
             fmt::format("{} {} has stopped renewing itself", program.name, program.version)},
            seen};
  // Without a year in its name it is the one that has none.
  const bool without = product.empty() || (software.dated_by_name && release.empty());
  if (!without && line == nullptr && !is_after_all(feed, product, release))
    return of_program(look, software, program);
  return {Verdict::pass,
          {fmt::format("{} は自動で更新されます", program.name),
           fmt::format("{} renews itself", program.name)},
          seen};
}

/// A program by the versions that NVD tells of what is exploited; nothing where it doesn't tell,
/// and then `cves` are left that it doesn't tell of.
std::optional<Finding> of_weaknesses(const FactsLook& look, const Weaknesses& weaknesses,
                                     const std::set<std::string, std::less<>>& exploited,
                                     const Software& software, const WindowsFacts::Program& program,
                                     std::vector<std::string>& cves) {
  const std::string_view platform = platform_of(windows_name(look.whole()).name);
  const ComponentJudgement judged =
      judge_program(software, program.name, program.version, weaknesses, platform);
  const auto attacked = [&](const std::vector<ComponentWeakness>& all) {
    std::vector<std::string> names;
    for (const ComponentWeakness& one : all)
      if (exploited.contains(one.id)) names.push_back(one.id);
    return names;
  };
  const Compared seen{.source = Compared::Source::entry,
                      .place = program.name,
                      .seen = program.version,
                      .by = fmt::format("NVD, CISA KEV ({} CVE)", cves.size()),
                      .day = weaknesses.as_of()};
  if (const auto open = attacked(judged.open); !open.empty())
    return Finding{Verdict::fail,
                   {fmt::format("{} {} には攻撃に使われている脆弱性があります: {}", program.name,
                                program.version, listed(open)),
                    fmt::format("{} {} is open to vulnerabilities in real attacks: {}",
                                program.name, program.version, listed(open))},
                   seen};
  std::vector<std::string> left = attacked(judged.unclear);
  for (std::string& one :
       untold(software, program.name, program.version, cves, weaknesses, platform))
    if (std::ranges::find(left, one) == left.end()) left.push_back(std::move(one));
  if (left.empty() && (cves.empty() || judged.known)) {
    if (cves.empty()) return std::nullopt;
    return Finding{
        Verdict::pass,
        {fmt::format("{} {} は、攻撃に使われた脆弱性が直ったバージョンです", program.name,
                     program.version),
         fmt::format("{} {} has the fixes of what was exploited", program.name, program.version)},
        seen};
  }
  if (!left.empty()) cves = std::move(left);
  return std::nullopt;
}

/// A program that the catalogue names, which tells no versions: one that is not its maker's newest
/// counts as open, and where nothing tells that, nothing is known.
Finding of_exploited(const FactsLook& look, const Software* software,
                     const WindowsFacts::Program& program, const std::vector<std::string>& cves) {
  const bool renews = software != nullptr && !software->renews.empty() &&
                      !(software->dated_by_name && !release_of(*software, program).empty());
  Finding found =
      renews ? of_renewing(look, *software, program)
      : software == nullptr
          ? unknown(fmt::format("{} {} は最新か分かりません", program.name, program.version),
                    fmt::format("whether {} {} is the newest isn't known", program.name,
                                program.version))
          : of_program(look, *software, program);
  // That a line is supported says nothing of what is installed of it, unless it renews itself.
  if (!renews && found.verdict == Verdict::pass) {
    const Cycle* line =
        look.lists.support().find(software->eol_product, release_of(*software, program));
    if (software->dated_by_name || line == nullptr || line->latest.empty())
      found = unknown(
          fmt::format("{} はサポート中ですが、更新が入っているか分かりません", program.name),
          fmt::format("{} is supported, but whether it is up to date isn't known", program.name));
  }
  if (found.verdict == Verdict::pass) return found;
  const std::string names = listed(cves);
  found.fact.ja += fmt::format("（悪用された脆弱性: {}）", names);
  found.fact.en += fmt::format(" (exploited vulnerabilities: {})", names);
  return found;
}

}  // namespace

std::vector<Finding> exploited_programs(const FactsLook& look) {
  const auto* programs =
      look.ask(&WindowsFacts::programs, "入っているプログラムの一覧", "the installed programs");
  std::vector<Finding> findings;
  if (programs == nullptr) return findings;
  const ExploitedFeed& exploited = look.lists.exploited();
  const auto named = thinkable(exploited, *programs);
  const Weaknesses* weaknesses = look.lists.fresh_weaknesses(day_here(look.now));
  std::set<std::string, std::less<>> attacked;
  if (weaknesses != nullptr) attacked = exploited_weaknesses(exploited);
  for (const WindowsFacts::Program& program : *programs) {
    const Software* software = software_of_program(look.guideline.software, program.name);
    auto cves = exploited_as(exploited, named, software, program.name);
    if (software != nullptr && weaknesses != nullptr) {
      auto told = of_weaknesses(look, *weaknesses, attacked, *software, program, cves);
      if (told) findings.push_back(std::move(*told));
      if (told) continue;
    }
    if (!cves.empty()) findings.push_back(of_exploited(look, software, program, cves));
  }
  return findings;
}

Finding software_vpn(const FactsLook& look) { return group_versions(look, "vpn"); }
Finding software_remote_desktop(const FactsLook& look) {
  return group_versions(look, "remote_desktop");
}
Finding software_browser(const FactsLook& look) { return group_versions(look, "browser"); }
Finding software_office(const FactsLook& look) { return group_versions(look, "office"); }

}  // namespace sekisho::judge
