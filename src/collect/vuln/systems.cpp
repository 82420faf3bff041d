#include "collect/vuln/systems.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace sekisho {
namespace {

bool holds(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

bool digit(char c) { return c >= '0' && c <= '9'; }

/// The first run of digits and dots in `text` that begins with a digit: "Ubuntu 22.04.4 LTS" gives
/// "22.04.4".
std::string_view number_in(std::string_view text) {
  const auto* begin = std::ranges::find_if(text, digit);
  const auto* end =
      std::find_if_not(begin, text.end(), [](char c) { return digit(c) || c == '.'; });
  std::string_view found(begin, end);
  while (found.ends_with('.')) found.remove_suffix(1);
  return found;
}

/// "10.0.22631" of "10.0.22631.4317": what Microsoft calls version and build.
std::string_view build_of(std::string_view version) {
  const std::string_view number = number_in(version);
  std::size_t dots = 0;
  for (std::size_t i = 0; i < number.size(); ++i)
    if (number[i] == '.' && ++dots == 3) return number.substr(0, i);
  return dots == 2 ? number : std::string_view();
}

/// "23h2", "1809" in the words of a name.
std::string release_in(std::string_view name) {
  for (const std::string_view word : words(name)) {
    const bool half =
        word.size() == 4 && digit(word[0]) && digit(word[1]) && word[2] == 'h' && digit(word[3]);
    const bool month =
        word.size() == 4 && std::ranges::all_of(word, digit) && word < "2005" && word > "1500";
    if (half || month) return std::string(word);
  }
  return {};
}

/// Which of the lines of one build an edition belongs to; the earliest end when it can't be told.
const Cycle* of_edition(std::vector<const Cycle*> lines, std::string_view name) {
  if (lines.empty()) return nullptr;
  const bool long_term = holds(name, "ltsc") || holds(name, "ltsb");
  const bool iot = holds(name, "iot");
  const bool enterprise = holds(name, "enterprise") || holds(name, "education");
  const auto fits = [&](const Cycle* line) {
    const std::string_view cycle = line->name;
    if (holds(cycle, "-lts") != long_term || holds(cycle, "-iot") != iot) return false;
    if (long_term) return true;
    if (cycle.ends_with("-e")) return enterprise;
    if (cycle.ends_with("-w")) return !enterprise;
    return true;
  };
  std::erase_if(lines, [&](const Cycle* line) { return lines.size() > 1 && !fits(line); });
  if (lines.empty()) return nullptr;
  return *std::ranges::min_element(
      lines, {}, [](const Cycle* line) { return line->eol.value_or(Day::max()); });
}

const Cycle* find_windows(const std::vector<Cycle>& lines, std::string_view name,
                          std::string_view version) {
  const std::string_view build = build_of(version);
  const std::string release = release_in(name);
  const std::string generation = holds(name, "windows 11") ? "11-" : "10-";
  std::vector<const Cycle*> found;
  for (const Cycle& line : lines) {
    const bool by_build = !build.empty() && line.latest == build;
    const bool by_release = build.empty() && !release.empty() &&
                            line.name.starts_with(generation + release) &&
                            (line.name.size() == generation.size() + release.size() ||
                             line.name[generation.size() + release.size()] == '-');
    if (by_build || by_release) found.push_back(&line);
  }
  return of_edition(std::move(found), name);
}

/// Windows Server by its build, or by the year in its name: "Windows Server 2012 R2".
const Cycle* find_server(const SupportFeed& feed, std::string_view name, std::string_view version) {
  const auto lines = feed.products.find("windows-server");
  if (lines == feed.products.end()) return nullptr;
  const std::string year(number_in(name));
  const std::string wanted = year + (holds(name, " r2") ? "-r2" : "");
  const Cycle* by_year = nullptr;
  for (const Cycle& line : lines->second)
    if (!year.empty() && (line.name == wanted || line.name.starts_with(wanted + "-sp")))
      by_year = by_year == nullptr ? &line : by_year;
  if (by_year != nullptr) return by_year;
  const std::string_view build = build_of(version);
  for (const Cycle& line : lines->second)
    if (!build.empty() && line.latest == build) return &line;
  return nullptr;
}

struct Family {
  std::string_view word;  // in lower case, in the system's name
  std::string_view product;
  std::string_view platform;
};
/// The first that is found in a name: "fortios" and "ipados" before "ios".
constexpr std::array<Family, 12> kFamilies{{{"fortios", "fortios", "appliance"},
                                            {"pan-os", "pan-os", "appliance"},
                                            {"macos", "macos", "darwin"},
                                            {"mac os", "macos", "darwin"},
                                            {"ipados", "ipados", "mobile"},
                                            {"ios", "ios", "mobile"},
                                            {"android", "android", "mobile"},
                                            {"ubuntu", "ubuntu", "linux"},
                                            {"debian", "debian", "linux"},
                                            {"fedora", "fedora", "linux"},
                                            {"red hat enterprise", "rhel", "linux"},
                                            {"rhel", "rhel", "linux"}}};

}  // namespace

std::string_view platform_of(const std::string& system) {
  const std::string name = lower(system);
  if (holds(name, "windows")) return "windows";
  const auto* family =
      std::ranges::find_if(kFamilies, [&](const Family& one) { return holds(name, one.word); });
  return family == kFamilies.end() ? std::string_view() : family->platform;
}

std::string system_label(const std::string& system, const std::string& version) {
  return version.empty() || holds(system, version) ? system : system + " " + version;
}

std::string_view SystemSupport::platform() const {
  if (product.starts_with("windows")) return "windows";
  const auto* family = std::ranges::find(kFamilies, product, &Family::product);
  return family == kFamilies.end() ? std::string_view() : family->platform;
}

SystemSupport support_of(const SupportFeed& feed, const std::string& system,
                         const std::string& version, Day today) {
  SystemSupport support;
  const std::string name = lower(system);
  const Cycle* line = nullptr;
  if (holds(name, "windows")) {
    const bool server = holds(name, "server");
    support.product = server ? "windows-server" : "windows";
    const auto lines = feed.products.find(support.product);
    line = server                         ? find_server(feed, name, version)
           : lines == feed.products.end() ? nullptr
                                          : find_windows(lines->second, name, version);
    // An old name says enough: each of these has one line left, and that has ended.
    if (line == nullptr && !server && lines != feed.products.end())
      for (const auto& [word, cycle] : {std::pair("windows xp", "5-sp3"),
                                        {"vista", "6-sp2"},
                                        {"windows 7", "7-sp1"},
                                        {"windows 8.1", "8.1"},
                                        {"windows 8", "8"}})
        if (line == nullptr && holds(name, word)) line = feed.find(support.product, cycle);
  } else {
    const auto* family =
        std::ranges::find_if(kFamilies, [&](const Family& one) { return holds(name, one.word); });
    if (family == kFamilies.end()) return support;
    support.product = family->product;
    std::string_view number = number_in(version);
    if (number.empty()) number = number_in(name);
    line = feed.find(support.product, number);
  }
  if (line == nullptr) return support;
  support.cycle = line->name;
  support.until = line->eol;
  support.extended_until = line->extended;
  support.state = line->supported_on(today)  ? SystemSupport::State::supported
                  : line->extended_on(today) ? SystemSupport::State::extended
                                             : SystemSupport::State::ended;
  return support;
}

}  // namespace sekisho
