// Versions of programs, each judged by itself.
#include <algorithm>
#include <array>
#include <span>

#include <fmt/format.h>

#include "collect/inventory/written.h"
#include "collect/maker.h"
#include "collect/windows/judges.h"

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

}  // namespace

Finding software_vpn(const FactsLook& look) { return group_versions(look, "vpn"); }
Finding software_remote_desktop(const FactsLook& look) {
  return group_versions(look, "remote_desktop");
}
Finding software_browser(const FactsLook& look) { return group_versions(look, "browser"); }
Finding software_office(const FactsLook& look) { return group_versions(look, "office"); }

}  // namespace sekisho::judge
