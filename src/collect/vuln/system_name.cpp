// SPDX-License-Identifier: Apache-2.0
#include "collect/vuln/system_name.h"

#include <algorithm>
#include <array>
#include <set>

#include "base/text.h"
#include "collect/vuln/version.h"

namespace sekisho {
namespace {

bool figure(char c) { return c >= '0' && c <= '9'; }
bool begins_word(char c) { return (c >= 'a' && c <= 'z') || static_cast<unsigned char>(c) >= 0x80; }

bool letter_or_figure(char c) { return (c >= 'a' && c <= 'z') || figure(c); }

bool number_word(std::string_view word) {
  return !word.empty() && std::ranges::all_of(word, [](char c) { return figure(c) || c == '.'; });
}

/// "24h2" of Windows.
bool half_year(std::string_view word) {
  return word.size() == 4 && figure(word[0]) && figure(word[1]) && word[2] == 'h' &&
         (word[3] == '1' || word[3] == '2');
}

}  // namespace

SystemName::SystemName(std::string_view text) {
  std::string plain = lower(plain_width(text.substr(0, 400)));
  for (const std::string_view mark : {"®", "™", "©"})
    for (std::size_t at = plain.find(mark); at != std::string::npos; at = plain.find(mark, at))
      plain.replace(at, mark.size(), " ");
  for (std::size_t at = 0; at < plain.size();) {
    const std::size_t begin = at;
    if (figure(plain[at])) {
      while (at < plain.size() &&
             (figure(plain[at]) ||
              (plain[at] == '.' && at + 1 < plain.size() && figure(plain[at + 1]))))
        ++at;
      // "24h2" is one word, "64bit" are two.
      if (half_year(std::string_view(plain).substr(begin, 4)) &&
          (begin + 4 == plain.size() || !letter_or_figure(plain[begin + 4])))
        at = begin + 4;
    } else if (begins_word(plain[at])) {
      while (at < plain.size() && begins_word(plain[at])) ++at;
      // "WindowsServer2019"
      constexpr std::string_view kWindows = "windows";
      if (std::string_view(plain).substr(begin, at - begin).starts_with(kWindows))
        at = begin + kWindows.size();
    } else {
      ++at;
      continue;
    }
    words.push_back(plain.substr(begin, at - begin));
  }
}

bool SystemName::begins(std::string_view phrase) const {
  std::size_t at = 0;
  for (const std::string_view word : sekisho::words(phrase))
    if (at == words.size() || words[at++] != word) return false;
  return true;
}

bool SystemName::has(std::string_view word) const {
  return std::ranges::find(words, word) != words.end();
}

std::string SystemName::number() const {
  const auto found = std::ranges::find_if(words, number_word);
  return found == words.end() ? std::string() : *found;
}

bool is_windows(const SystemName& name) {
  static constexpr std::array<std::string_view, 7> kOthers{
      "subsystem", "phone", "mobile", "ce", "holographic", "embedded", "rt"};
  const bool named = name.begins("windows") || name.begins("microsoft windows") ||
                     name.begins("hyper v server") || name.begins("microsoft hyper v server") ||
                     name.begins("win") || name.begins("ウィンドウズ");
  return named &&
         std::ranges::none_of(kOthers, [&](std::string_view one) { return name.has(one); });
}

namespace {

/// What the words of a name and a version say of a Windows.
struct Told {
  std::set<std::string> builds;    // "10.0.26100", "6.1.7601"
  std::set<std::string> releases;  // "24h2", "1809"
  std::string generation;          // "11", "10", "8.1", "7", "vista", "xp"
};

/// "10.0.22631" of "10.0.22631.4317", "10.0 (22631)" or "22631.4317"; empty for other numbers.
std::string build_of(const std::vector<std::string>& words, std::size_t at) {
  const std::string& word = words[at];
  const auto parts = split(std::string_view(word), '.');
  const auto five = [](std::string_view part) { return part.size() == 5 && number_word(part); };
  if (parts.size() >= 3 && parts[0] == "10" && parts[1] == "0")
    return "10.0." + std::string(parts[2]);
  if (parts.size() >= 3 && (parts[0] == "6" || parts[0] == "5") && parts[2].size() == 4)
    return join({std::string(parts[0]), std::string(parts[1]), std::string(parts[2])}, ".");
  if (five(parts[0]) && parts.size() <= 2) return "10.0." + std::string(parts[0]);
  return {};
}

void tell(const SystemName& text, bool in_name, Told& told) {
  for (std::size_t i = 0; i < text.words.size(); ++i) {
    const std::string& word = text.words[i];
    const bool behind_windows = in_name && i > 0 &&
                                (text.words[i - 1] == "windows" || text.words[i - 1] == "win" ||
                                 text.words[i - 1] == "ウィンドウズ");
    if (half_year(word)) told.releases.insert(word);
    if (number_word(word) && !behind_windows) {
      if (const std::string build = build_of(text.words, i); !build.empty())
        told.builds.insert(build);
      if (word.size() == 4 && word > "1500" && word < "2005" && word != "2003" && word != "2000")
        told.releases.insert(word);
    }
    if (behind_windows && (number_word(word) || word == "vista" || word == "xp"))
      told.generation = word;
  }
}

/// Microsoft's lines of long-term support are named by their year.
constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kLongTerm{
    {{"2015", "1507"}, {"2016", "1607"}, {"2019", "1809"}, {"2021", "21h2"}, {"2024", "24h2"}}};

struct Edition {
  bool long_term = false;
  bool iot = false;
  bool enterprise = false;  // with longer support than Home and Pro
  bool home = false;
};
Edition edition_of(const SystemName& name, const SystemName& version) {
  const auto has = [&](std::string_view word) { return name.has(word) || version.has(word); };
  Edition edition;
  edition.long_term = has("ltsc") || has("ltsb");
  edition.iot = has("iot");
  // Pro Education follows Pro.
  edition.enterprise = has("enterprise") || (has("education") && !has("pro"));
  edition.home = has("home") || has("core");
  return edition;
}

bool fits(std::string_view cycle, const Edition& edition, bool with_iot) {
  const bool long_term = cycle.contains("-lts");
  if (long_term != edition.long_term) return false;
  if (cycle.contains("-iot")) return with_iot;
  if (with_iot && long_term) return false;
  if (long_term) return true;
  if (cycle.ends_with("-e")) return edition.enterprise;
  if (cycle.ends_with("-w")) return !edition.enterprise;
  return true;
}

/// Which of the lines of one build or release an edition belongs to; none where that isn't one.
const Cycle* of_edition(const std::vector<const Cycle*>& lines, const Edition& edition) {
  for (const bool with_iot : {edition.iot && edition.long_term, false}) {
    const Cycle* found = nullptr;
    for (const Cycle* line : lines) {
      if (!fits(line->name, edition, with_iot)) continue;
      if (found != nullptr && found->name.substr(0, 3) != line->name.substr(0, 3)) return nullptr;
      if (found == nullptr || line->eol.value_or(Day::max()) < found->eol.value_or(Day::max()))
        found = line;
    }
    if (found != nullptr) return found;
  }
  return nullptr;
}

const Cycle* find_client(const std::vector<Cycle>& lines, Told told, const Edition& edition,
                         const SystemName& name) {
  if (edition.long_term)
    for (const auto& [year, release] : kLongTerm)
      if (name.has(year)) told.releases.insert(std::string(release));
  std::erase_if(told.releases, [&](const std::string& one) {
    return edition.long_term && std::ranges::find(kLongTerm, one, [](const auto& pair) {
                                  return pair.first;
                                }) != kLongTerm.end();
  });
  if (told.builds.size() > 1 || told.releases.size() > 1) return nullptr;
  std::vector<const Cycle*> found;
  for (const Cycle& line : lines) {
    const std::string_view cycle = line.name;
    const std::size_t dash = cycle.find('-');
    const bool by_build = told.builds.empty() || line.latest == *told.builds.begin();
    std::string_view release = dash == std::string_view::npos ? "" : cycle.substr(dash + 1);
    release = release.substr(0, release.find('-'));
    const bool by_release = told.releases.empty() || release == *told.releases.begin();
    // A build says more than "Windows 10" in the name, which Windows 11 keeps in its registry.
    const bool by_generation =
        !told.builds.empty() || told.generation.empty() || cycle.substr(0, dash) == told.generation;
    if (by_build && by_release && by_generation && !(told.builds.empty() && told.releases.empty()))
      found.push_back(&line);
  }
  return of_edition(found, edition);
}

/// An old name says enough: each of these has one line left, and that has ended.
const Cycle* find_old(const SupportFeed& feed, std::string_view generation) {
  for (const auto& [word, cycle] :
       {std::pair("xp", "5-sp3"), {"vista", "6-sp2"}, {"7", "7-sp1"}, {"8.1", "8.1"}, {"8", "8"}})
    if (generation == word) return feed.find("windows", cycle);
  return nullptr;
}

/// Windows Server by the year in its name ("2012 R2"), its release or its build.
const Cycle* find_server(const std::vector<Cycle>& lines, const Told& told,
                         const SystemName& name) {
  const auto year = std::ranges::find_if(name.words, [](const std::string& word) {
    return word.size() == 4 && number_word(word) && word >= "2000" && word != "2004";
  });
  if (told.builds.size() > 1 || told.releases.size() > 1) return nullptr;
  const Cycle* found = nullptr;
  for (const Cycle& line : lines) {
    const bool by_build = told.builds.empty() || line.latest == *told.builds.begin();
    bool named = false;
    if (year != name.words.end()) {
      const std::string wanted = *year + (name.has("r2") || name.has("r") ? "-r2" : "");
      named = line.name == wanted || line.name.starts_with(wanted + "-sp");
    } else if (!told.releases.empty()) {
      named = line.name.starts_with(*told.releases.begin() + "-");
    } else {
      named = !told.builds.empty();
    }
    if (!named || !by_build) continue;
    // 17763 is 2019 and the release 1809.
    if (found != nullptr && year == name.words.end()) return nullptr;
    if (found == nullptr) found = &line;
  }
  return found;
}

}  // namespace

WindowsLine windows_line(const SupportFeed& feed, const SystemName& name,
                         const SystemName& version) {
  const bool server = name.has("server");
  WindowsLine found{server ? "windows-server" : "windows", nullptr, {}};
  const auto lines = feed.products.find(found.product);
  if (lines == feed.products.end()) return found;
  Told told;
  tell(name, true, told);
  tell(version, false, told);
  const Edition edition = edition_of(name, version);
  found.line = server ? find_server(lines->second, told, name)
                      : find_client(lines->second, told, edition, name);
  if (found.line == nullptr && !server) found.line = find_old(feed, told.generation);
  if (found.line == nullptr) return found;
  found.extended = found.line->extended;
  // Home can only have the updates that are sold to consumers, for a year.
  constexpr Day kConsumersUntil =
      std::chrono::local_days(std::chrono::year(2026) / std::chrono::October / 13);
  if (found.line->name == "10-22h2" && edition.home && found.extended)
    found.extended = std::min(*found.extended, kConsumersUntil);
  return found;
}

}  // namespace sekisho
