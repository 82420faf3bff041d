// SPDX-License-Identifier: Apache-2.0
#include "collect/host/apt_policy.h"

#include <fnmatch.h>

#include <algorithm>
#include <array>
#include <regex>
#include <set>

#include <fmt/format.h>

namespace sekisho {
namespace {

/// Yes, no, or it can't be told from here.
enum class Fits : std::uint8_t { no, maybe, yes };

bool glob(const std::string& pattern, const std::string& text) {
  return ::fnmatch(pattern.c_str(), text.c_str(), 0) == 0;
}

/// A pattern of Python's re, as far as it means the same here and can't run away.
std::optional<std::regex> regex_of(std::string_view pattern) {
  constexpr std::size_t kLongest = 200;
  if (pattern.size() > kLongest ||
      pattern.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "0123456789.+*^$[]()|_-\\:") != std::string_view::npos)
    return std::nullopt;
  for (std::size_t i = 0; i + 1 < pattern.size(); ++i) {
    const bool group_repeats =
        pattern[i] == ')' && (pattern[i + 1] == '*' || pattern[i + 1] == '+');
    const bool special =
        pattern[i] == '\\' && std::isalnum(static_cast<unsigned char>(pattern[i + 1])) != 0;
    if (group_repeats || special) return std::nullopt;
  }
  try {
    return std::regex(std::string(pattern), std::regex::ECMAScript);
  } catch (const std::regex_error&) {
    return std::nullopt;
  }
}

/// The archive that security updates come from, as its Release file tells.
struct Archive {
  std::string origin;
  std::string label;
  std::vector<std::string> suites;
  std::string codename;
  std::vector<std::string> sites;
};

std::map<std::string, std::string> os_release(const Machine& machine) {
  auto text = machine.read("/etc/os-release");
  if (!text) text = machine.read("/usr/lib/os-release");
  return text ? parse_assignments(*text) : std::map<std::string, std::string>();
}

bool is_security_suite(std::string_view suite, const std::string& codename) {
  for (const std::string_view ending : {"-security", "/updates"}) {
    if (!suite.ends_with(ending)) continue;
    const std::string_view of = suite.substr(0, suite.size() - ending.size());
    return codename.empty() || of == codename || of.ends_with("stable") || of == "testing" ||
           of == "sid";
  }
  return false;
}

std::vector<std::string> security_sites(const std::vector<AptSource>& sources,
                                        const std::string& codename) {
  std::vector<std::string> sites;
  for (const AptSource& source : sources)
    if (source.binary && std::ranges::any_of(source.suites, [&](const std::string& suite) {
          return is_security_suite(suite, codename);
        }))
      std::ranges::copy(source.hosts, std::back_inserter(sites));
  return sites;
}

/// By the Release file that was fetched, else by what the system is; nothing for others.
std::optional<Archive> security_archive(const Machine& machine, const AptSettings& settings,
                                        const std::vector<std::string>& sites) {
  const std::string lists = apt_path(settings, "dir::state::lists");
  for (const std::string_view ending : {"InRelease", "Release"})
    for (const std::string& path : files_in(machine, lists, ending)) {
      if (!path.substr(path.rfind('/')).contains("security")) continue;
      const auto text = machine.read_start(path, 4096);
      if (!text) continue;
      std::optional<Archive> found;
      each_paragraph(*text, {"Origin", "Label", "Suite", "Codename"}, [&](const Paragraph& p) {
        if (!found && !p[0].empty())
          found = Archive{
              std::string(p[0]), std::string(p[1]), {std::string(p[2])}, std::string(p[3]), sites};
      });
      if (found) return found;
    }
  auto release = os_release(machine);
  const std::string codename = release["VERSION_CODENAME"];
  if (release["ID"] == "debian")
    return Archive{"Debian",
                   "Debian-Security",
                   {"stable-security", "oldstable-security", "oldoldstable-security"},
                   codename.empty() ? "" : codename + "-security",
                   sites};
  if (release["ID"] == "ubuntu" && !codename.empty())
    return Archive{"Ubuntu", "Ubuntu", {codename + "-security"}, codename, sites};
  return std::nullopt;
}

Fits any_suite(const Archive& archive, const std::string& pattern) {
  return std::ranges::any_of(archive.suites,
                             [&](const std::string& suite) { return glob(pattern, suite); })
             ? Fits::yes
             : Fits::no;
}

/// One "key=value" of a pattern of unattended-upgrades or of a pin.
Fits term(const Archive& archive, std::string_view key, const std::string& value, bool pin) {
  const auto of = [&](const std::string& text) { return glob(value, text) ? Fits::yes : Fits::no; };
  if (value.size() > 1 && value.starts_with('/')) return Fits::maybe;
  if (key == "o" || key == "origin") return of(archive.origin);
  if (key == "l" || key == "label") return of(archive.label);
  if (key == "a" || key == "suite" || key == "archive") return any_suite(archive, value);
  if (key == "n" || key == "codename")
    return archive.codename.empty() ? Fits::maybe : of(archive.codename);
  if (key == "c" || key == "component") return glob(value, "main") ? Fits::yes : Fits::maybe;
  if (key == "site" && !pin)
    return archive.sites.empty()
               ? Fits::maybe
               : (std::ranges::any_of(archive.sites,
                                      [&](const std::string& site) { return glob(value, site); })
                      ? Fits::yes
                      : Fits::no);
  return Fits::maybe;
}

Fits all_terms(const Archive& archive, std::string_view pattern, bool pin) {
  Fits all = Fits::yes;
  for (const std::string_view part : split(pattern, ',')) {
    const std::size_t equals = part.find('=');
    if (equals == std::string_view::npos) return Fits::maybe;
    all = std::min(all, term(archive, lower(trim(part.substr(0, equals))),
                             std::string(trim(part.substr(equals + 1))), pin));
  }
  return all;
}

std::string replaced(std::string text, std::string_view what, const std::string& by) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size())
    text.replace(at, what.size(), by);
  return text;
}

/// Whether what unattended-upgrades may install covers the security archive.
Fits allowed(const Machine& machine, const AptSettings& settings, const Archive& archive) {
  auto release = os_release(machine);
  const std::string id = archive.origin;
  const auto filled = [&](std::string text) {
    return replaced(replaced(std::move(text), "${distro_id}", id), "${distro_codename}",
                    release["VERSION_CODENAME"]);
  };
  Fits best = Fits::no;
  for (const std::string& one : apt_list(settings, "unattended-upgrade::origins-pattern"))
    best = std::max(best, all_terms(archive, filled(one), false));
  for (const std::string& raw : apt_list(settings, "unattended-upgrade::allowed-origins")) {
    const std::string one = filled(raw);
    const std::size_t cut = one.find_first_of(": ");
    if (cut == std::string::npos) continue;
    const Fits both = std::min(
        term(archive, "o", std::string(trim(std::string_view(one).substr(0, cut))), false),
        term(archive, "a", std::string(trim(std::string_view(one).substr(cut + 1))), false));
    best = std::max(best, both);
  }
  return best;
}

struct Pin {
  std::string place;
  std::string packages;
  std::string kind;  // "release", "origin", "version"
  std::string pattern;
  std::optional<std::int64_t> priority;
};

std::vector<Pin> pins(const Machine& machine, const AptSettings& settings) {
  std::vector<std::string> paths;
  const std::string folder = apt_path(settings, "dir::etc::preferencesparts");
  if (const auto names = machine.list(folder))
    for (const std::string& name : *names)
      if (apt_reads(name, {"pref"}) || (apt_reads(name, {"conf"}) && !name.contains('.')))
        paths.push_back(folder + "/" + name);
  paths.push_back(apt_path(settings, "dir::etc::preferences"));
  std::vector<Pin> found;
  for (const std::string& path : paths) {
    const auto text = machine.read(path);
    if (!text) continue;
    each_paragraph(*text, {"Package", "Pin", "Pin-Priority"}, [&](const Paragraph& fields) {
      if (fields[0].empty() && fields[1].empty()) return;
      Pin pin{path, std::string(fields[0]), {}, {}, std::nullopt};
      const std::string_view rule = trim(fields[1]);
      const std::size_t blank = std::min(rule.find_first_of(" \t"), rule.size());
      pin.kind = lower(rule.substr(0, blank));
      pin.pattern = trim(rule.substr(blank));
      std::string_view number = trim(fields[2]);
      const bool below = number.starts_with('-');
      if (below) number.remove_prefix(1);
      if (const std::int64_t value = whole_number(number); value >= 0)
        pin.priority = below ? -value : value;
      found.push_back(std::move(pin));
    });
  }
  return found;
}

/// Whether a pin is for a package that is installed.
Fits concerns(const Pin& pin, const PackageList& packages) {
  Fits best = Fits::no;
  for (const std::string_view word : words(std::string_view(pin.packages))) {
    std::string name(word);
    if (name == "*") return Fits::yes;
    if (name.starts_with('/') || name.starts_with("src:")) {
      best = std::max(best, Fits::maybe);
      continue;
    }
    if (const std::size_t colon = name.find(':'); colon != std::string::npos) name.resize(colon);
    if (std::ranges::any_of(packages.by_name,
                            [&](const auto& entry) { return glob(name, entry.first); }))
      return Fits::yes;
  }
  return best;
}

Fits of_archive(const Pin& pin, const std::optional<Archive>& archive) {
  if (pin.kind == "release") {
    if (trim(std::string_view(pin.pattern)) == "*") return Fits::yes;
    return archive ? all_terms(*archive, pin.pattern, true) : Fits::maybe;
  }
  if (pin.kind == "origin") {
    std::string site = pin.pattern;
    std::erase(site, '"');
    if (site == "*") return Fits::yes;
    if (!archive || archive->sites.empty()) return Fits::maybe;
    return std::ranges::any_of(archive->sites,
                               [&](const std::string& one) { return glob(site, one); })
               ? Fits::yes
               : Fits::no;
  }
  return Fits::maybe;
}

/// A pin for the system's own releases, which would win over their security archive.
bool of_own_release(const Pin& pin, const std::optional<Archive>& archive) {
  if (pin.kind == "version") return true;
  if (pin.kind != "release") return false;
  for (const std::string_view part : split(pin.pattern, ',')) {
    const std::size_t equals = part.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string key = lower(trim(part.substr(0, equals)));
    if (key == "o" || key == "l")
      return archive && (glob(std::string(trim(part.substr(equals + 1))), archive->origin));
  }
  return true;
}

Finding not_sure(const Pin& pin) {
  return unknown(
      fmt::format("{} の指定（{}: {}）でセキュリティ更新が止まるか分かりません", pin.place,
                  printable(pin.packages, 40), printable(pin.kind + " " + pin.pattern, 60)),
      fmt::format("whether {} keeps security updates back is not known ({}: {})", pin.place,
                  printable(pin.packages, 40), printable(pin.kind + " " + pin.pattern, 60)));
}

std::optional<Finding> pinned(const Machine& machine, const AptSettings& settings,
                              const std::optional<Archive>& archive, const PackageList& packages) {
  constexpr std::int64_t kUpgrades =
      100;  // below it an installed package stays (apt_preferences(5))
  constexpr std::int64_t kDefault = 500;
  std::optional<Finding> open;
  for (const Pin& pin : pins(machine, settings)) {
    const Fits who = concerns(pin, packages);
    if (who == Fits::no) continue;
    const Fits where = of_archive(pin, archive);
    machine.compared(
        pin.place,
        fmt::format("{}: {} {}: {}", printable(pin.packages, 30), pin.kind,
                    printable(pin.pattern, 40), pin.priority ? std::to_string(*pin.priority) : "?"),
        fmt::format("security >= {}", kUpgrades));
    const bool low = pin.priority && *pin.priority < kUpgrades;
    if (low && who == Fits::yes && where == Fits::yes)
      return fail(
          fmt::format("{} がセキュリティ更新を止めています（優先度 {}）", pin.place, *pin.priority),
          fmt::format("{} keeps security updates back (priority {})", pin.place, *pin.priority));
    // One that is higher takes the place of the security archive where it is for another.
    const bool high = pin.priority && !low && (*pin.priority > kDefault || pin.kind == "version");
    if (!pin.priority || (low && where != Fits::no) ||
        (high && where != Fits::yes && of_own_release(pin, archive)))
      open = not_sure(pin);
  }
  return open;
}

/// A release that is preferred takes the place of its own security archive (Debian 11's notes).
std::optional<Finding> by_default_release(const Machine& machine, const AptSettings& settings,
                                          const std::optional<Archive>& archive) {
  const auto set = settings.find("apt::default-release");
  if (set == settings.end() || set->second.empty()) return std::nullopt;
  std::string value = set->second;
  Fits match = Fits::maybe;
  if (archive) {
    std::vector<std::string> names = archive->suites;
    names.push_back(archive->codename);
    const bool pattern = value.size() > 2 && value.starts_with('/') && value.ends_with('/');
    const auto regex =
        pattern ? regex_of(std::string_view(value).substr(1, value.size() - 2)) : std::nullopt;
    if (!pattern || regex)
      match = std::ranges::any_of(names,
                                  [&](const std::string& name) {
                                    return pattern ? std::regex_search(name, *regex)
                                                   : glob(value, name);
                                  })
                  ? Fits::yes
                  : Fits::no;
  }
  machine.compared("/etc/apt/apt.conf*",
                   fmt::format("APT::Default-Release \"{}\"", printable(value, 60)), "*-security");
  if (match == Fits::yes) return std::nullopt;
  if (match == Fits::no)
    return fail(fmt::format("APT::Default-Release「{}」がセキュリティ更新より優先されます",
                            printable(value, 60)),
                fmt::format("APT::Default-Release \"{}\" goes before security updates",
                            printable(value, 60)));
  return unknown("APT::Default-Release がセキュリティ更新を止めるか分かりません",
                 "whether APT::Default-Release keeps security updates back is not known");
}

/// Packages that unattended-upgrades is told to leave out.
std::optional<Finding> left_out(const Machine& machine, const AptSettings& settings,
                                const PackageList& packages) {
  // An empty expression fits every package.
  if (const auto list = settings.find("unattended-upgrade::package-blacklist::");
      list != settings.end() && among(split(std::string_view(list->second), '\n'), "")) {
    machine.compared("/etc/apt/apt.conf*", "Package-Blacklist \"\"", "!= \"\"");
    return fail(
        "Package-Blacklist に空の項目があり、どのパッケージにも自動更新が当たりません",
        "an empty entry of Package-Blacklist leaves every package out of automatic updates");
  }
  for (const std::string& pattern : apt_list(settings, "unattended-upgrade::package-blacklist")) {
    const auto regex = regex_of(pattern);
    std::vector<std::string> names;
    if (regex)
      for (const auto& [name, package] : packages.by_name)
        if (std::regex_search(name, *regex, std::regex_constants::match_continuous))
          names.push_back(name);
    machine.compared("/etc/apt/apt.conf*",
                     fmt::format("Package-Blacklist \"{}\": {}", printable(pattern, 40),
                                 regex ? std::to_string(names.size()) : "?"),
                     "0");
    if (!regex)
      return unknown(fmt::format("Package-Blacklist の「{}」がどれを除くか分かりません",
                                 printable(pattern, 40)),
                     fmt::format("what Package-Blacklist \"{}\" leaves out is not known",
                                 printable(pattern, 40)));
    if (!names.empty())
      return fail(
          fmt::format("自動更新から除かれているものがあります（Package-Blacklist）: {}",
                      listed(names)),
          fmt::format("automatic updates leave out (Package-Blacklist): {}", listed(names)));
  }
  std::vector<std::string> held;
  for (const auto& [name, package] : packages.by_name)
    if (package.held) held.push_back(name);
  note_count(machine, "/var/lib/dpkg/status", "hold", held.size(), "0");
  if (!held.empty())
    return fail(fmt::format("更新が保留（hold）にされているものがあります: {}", listed(held)),
                fmt::format("packages are on hold: {}", listed(held)));
  if (!apt_list(settings, "unattended-upgrade::package-whitelist").empty())
    return unknown("Package-Whitelist があり、ほかのパッケージに自動更新が当たるか分かりません",
                   "with a Package-Whitelist it is not known whether other packages are updated");
  return std::nullopt;
}

/// Over a weekend nobody may want them: from Friday to Monday.
constexpr std::size_t kMostDaysBetweenUpdates = 3;

/// Days of the week on which updates are installed, by the words of unattended-upgrades.
std::optional<Finding> on_no_day(const Machine& machine, const AptSettings& settings) {
  const std::vector<std::string> days = apt_list(settings, "unattended-upgrade::update-days");
  if (days.empty()) return std::nullopt;
  constexpr std::array<std::string_view, 7> kDays{"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                  "Thursday", "Friday", "Saturday"};
  std::set<std::size_t> known;
  for (const std::string& day : days)
    for (std::size_t i = 0; i < kDays.size(); ++i)
      if (day == kDays.at(i) || day == kDays.at(i).substr(0, 3) || day == std::to_string(i))
        known.insert(i);
  machine.compared("/etc/apt/apt.conf*", "Update-Days: " + printable(join(days, ", "), 60),
                   "Sun - Sat, 0 - 6");
  if (!known.empty()) {
    // Days until the next one, around the week.
    std::size_t longest = *known.begin() + kDays.size() - *known.rbegin();
    for (auto at = known.begin(); std::next(at) != known.end(); ++at)
      longest = std::max(longest, *std::next(at) - *at);
    if (longest <= kMostDaysBetweenUpdates) return std::nullopt;
    return fail(fmt::format("自動更新は決まった曜日だけで、{} 日空くことがあります（Update-Days）",
                            longest),
                fmt::format("updates are installed only on some days, up to {} days apart "
                            "(Update-Days)",
                            longest));
  }
  // It takes names of the system's own language as well.
  if (std::ranges::any_of(days, [](const std::string& day) {
        return std::ranges::any_of(day, [](char c) { return static_cast<signed char>(c) < 0; });
      }))
    return unknown("Update-Days の曜日を読み解けません",
                   "the days of Update-Days are not understood");
  return fail("Update-Days に曜日がなく、自動更新はどの日にも動きません",
              "Update-Days names no day, so updates are never installed");
}

std::optional<Finding> by_switches(const Machine& machine, const AptSettings& settings) {
  const auto yes = [&](const char* name) {
    const auto found = settings.find(name);
    return found != settings.end() && apt_yes(found->second, false);
  };
  for (const char* list : {"apt::update::pre-invoke", "dpkg::pre-invoke"})
    for (const std::string& hook : apt_list(settings, list))
      if (hook == "false" || hook == "/bin/false" || hook.starts_with("exit ")) {
        machine.compared("/etc/apt/apt.conf*", fmt::format("{} \"{}\"", list, printable(hook, 40)),
                         "-");
        return fail(fmt::format("{} が更新を止めています", list),
                    fmt::format("{} stops every update", list));
      }
  for (const std::string& option : apt_list(settings, "dpkg::options"))
    if (option == "--no-act" || option == "--simulate" || option == "--dry-run") {
      machine.compared("/etc/apt/apt.conf*", "DPkg::Options " + option, "-");
      return fail("DPkg::Options により、更新は試されるだけです",
                  "by DPkg::Options updates are only tried");
    }
  if (yes("unattended-upgrade::installonshutdown"))
    return unknown("更新は電源を切るときだけ当たります（InstallOnShutdown）",
                   "updates are installed only at shutdown (InstallOnShutdown)");
  return std::nullopt;
}

}  // namespace

std::optional<Finding> updates_kept_back(const Machine& machine, const AptSettings& settings) {
  const auto& packages = machine.packages();
  if (!packages) return unreadable("/var/lib/dpkg/status", packages.error());
  if (settings.contains("rootdir") && !settings.at("rootdir").empty())
    machine.not_understood("apt.conf", "RootDir");
  const std::vector<AptSource> sources = apt_sources(machine, settings);
  const std::string codename = os_release(machine)["VERSION_CODENAME"];
  const std::vector<std::string> sites = security_sites(sources, codename);
  const auto source = std::ranges::find_if(sources, [&](const AptSource& one) {
    return one.binary && std::ranges::any_of(one.suites, [&](const std::string& suite) {
             return is_security_suite(suite, codename);
           });
  });
  machine.compared(
      source == sources.end() ? apt_path(settings, "dir::etc::sourcelist") + "*" : source->place,
      source == sources.end() ? fmt::format("{} / 0", sources.size()) : join(source->suites, " "),
      fmt::format("{}-security", codename.empty() ? "*" : codename));
  if (source == sources.end())
    return fail("入手元にセキュリティ更新がありません（sources.list）",
                "no source of security updates is set (sources.list)");
  const auto archive = security_archive(machine, settings, sites);
  if (!archive)
    return unknown("このシステムのセキュリティ更新がどこから来るか分かりません",
                   "where this system's security updates come from is not known");
  const Fits covered = allowed(machine, settings, *archive);
  machine.compared(
      "/etc/apt/apt.conf*",
      "origins: " +
          printable(join(apt_list(settings, "unattended-upgrade::origins-pattern"), " ") +
                        join(apt_list(settings, "unattended-upgrade::allowed-origins"), " "),
                    90),
      fmt::format("o={},l={},a={}", archive->origin, archive->label, archive->suites.front()));
  if (covered == Fits::no)
    return fail(
        "unattended-upgrades が当てる入手元にセキュリティ更新がありません（Origins-Pattern）",
        "unattended-upgrades may install nothing from the security archive (Origins-Pattern)");
  if (covered == Fits::maybe)
    return unknown(
        "unattended-upgrades の Origins-Pattern がセキュリティ更新に合うか分かりません",
        "whether Origins-Pattern of unattended-upgrades fits the security archive is not known");
  if (auto found = on_no_day(machine, settings)) return found;
  if (auto found = left_out(machine, settings, *packages)) return found;
  if (auto found = by_default_release(machine, settings, archive)) return found;
  if (auto found = pinned(machine, settings, archive, *packages)) return found;
  return by_switches(machine, settings);
}

}  // namespace sekisho
