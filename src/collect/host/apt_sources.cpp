// SPDX-License-Identifier: Apache-2.0
// Where apt has its lists, keys and settings from, and what of them trusts too much.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "collect/host/apt_policy.h"

namespace sekisho {
namespace {

std::string host_of(std::string_view uri) {
  const std::size_t start = uri.find("://");
  if (start == std::string_view::npos) return {};
  std::string_view rest = uri.substr(start + 3);
  rest = rest.substr(0, rest.find('/'));
  if (const std::size_t at = rest.rfind('@'); at != std::string_view::npos)
    rest.remove_prefix(at + 1);
  return std::string(rest.substr(0, rest.find(':')));
}

/// An option of a source that says whether signatures and dates count. Its value may stand on the
/// next line.
bool loosens(std::string_view name, std::string_view given) {
  const std::string key = lower(name);
  const auto parts = words(given);
  const std::string_view value = parts.empty() ? std::string_view() : parts.front();
  if (key == "check-valid-until" || key == "check-date") return !apt_yes(value, true);
  return (key == "trusted" || key == "allow-insecure" || key == "allow-weak" ||
          key == "allow-downgrade-to-insecure") &&
         apt_yes(value, false);
}

/// A line "deb [ name=value … ] uri suite component…".
std::optional<AptSource> source_line(std::string_view line) {
  line = trim(line.substr(0, line.find('#')));
  auto parts = words(line);
  if (parts.empty() || (parts[0] != "deb" && parts[0] != "deb-src")) return std::nullopt;
  AptSource source;
  source.binary = parts[0] == "deb";
  const std::size_t open = line.find('[');
  const std::size_t close = line.find(']', std::min(open, line.size()));
  if (open != std::string_view::npos && close != std::string_view::npos) {
    for (const std::string_view option : words(line.substr(open + 1, close - open - 1))) {
      const std::size_t equals = option.find('=');
      if (equals == std::string_view::npos) continue;
      const std::string_view value = option.substr(equals + 1);
      if (loosens(option.substr(0, equals), value)) source.weakness.emplace_back(option);
      if (lower(option.substr(0, equals)) == "signed-by")
        for (const std::string_view key : split(value, ',')) source.keys.emplace_back(key);
    }
    parts = words(line.substr(close + 1));
  } else {
    parts.erase(parts.begin());
  }
  if (!parts.empty()) source.hosts.push_back(host_of(parts[0]));
  if (parts.size() > 1) source.suites.emplace_back(parts[1]);
  return source;
}

/// The lines that are no comments, which may stand within a folded value too.
std::string without_comments(std::string_view text) {
  std::string rest;
  for (const std::string_view line : split(text, '\n'))
    if (!line.starts_with('#')) rest.append(line).push_back('\n');
  return rest;
}

void sources_of_paragraphs(std::string_view text, const std::string& path,
                           std::vector<AptSource>& into) {
  constexpr std::array kOptions{"Trusted",           "Allow-Insecure",
                                "Allow-Weak",        "Allow-Downgrade-To-Insecure",
                                "Check-Valid-Until", "Check-Date"};
  std::vector<std::string_view> wanted{"Types", "URIs", "Suites", "Enabled", "Signed-By"};
  wanted.insert(wanted.end(), kOptions.begin(), kOptions.end());
  const std::string counted = without_comments(text);
  each_paragraph(counted, wanted, [&](const Paragraph& fields) {
    if (!fields[3].empty() && !apt_yes(fields[3], true)) return;
    AptSource source;
    source.place = path;
    for (const std::string_view type : words(fields[0]))
      source.binary = source.binary || type == "deb";
    for (const std::string_view uri : words(fields[1])) source.hosts.push_back(host_of(uri));
    for (const std::string_view suite : words(fields[2])) source.suites.emplace_back(suite);
    // Files of keys, or a key itself, in whose lines a slash is a letter.
    if (!fields[4].contains("-----BEGIN"))
      for (const std::string_view key : words(fields[4]))
        if (key.starts_with('/')) source.keys.emplace_back(key);
    for (std::size_t i = 0; i < kOptions.size(); ++i)
      if (!fields[5 + i].empty() && loosens(kOptions[i], fields[5 + i]))
        source.weakness.push_back(fmt::format("{}: {}", kOptions[i], fields[5 + i]));
    into.push_back(std::move(source));
  });
}

}  // namespace

std::string apt_path(const AptSettings& settings, std::string_view name) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 13> kDefaults{
      {{"dir", "/"},
       {"dir::etc", "etc/apt"},
       {"dir::state", "var/lib/apt"},
       {"dir::state::lists", "lists"},
       {"dir::etc::main", "apt.conf"},
       {"dir::etc::parts", "apt.conf.d"},
       {"dir::etc::sourcelist", "sources.list"},
       {"dir::etc::sourceparts", "sources.list.d"},
       {"dir::etc::preferences", "preferences"},
       {"dir::etc::preferencesparts", "preferences.d"},
       {"dir::etc::trusted", "trusted.gpg"},
       {"dir::etc::trustedparts", "trusted.gpg.d"},
       {"dir::state::status", "/var/lib/dpkg/status"}}};
  const auto set = settings.find(std::string(name));
  std::string value;
  if (set != settings.end()) {
    value = set->second;
  } else {
    for (const auto& [key, otherwise] : kDefaults)
      if (key == name) value = otherwise;
  }
  const std::size_t above = name.rfind("::");
  if (!value.starts_with('/') && above != std::string_view::npos)
    value = apt_path(settings, name.substr(0, above)) + "/" + value;
  while (value.size() > 1 && value.ends_with('/')) value.pop_back();
  while (value.starts_with("//")) value.erase(0, 1);
  return value;
}

std::vector<std::string> apt_list(const AptSettings& settings, std::string_view name) {
  const std::string start = std::string(name) + "::";
  std::vector<std::string> values;
  for (auto at = settings.lower_bound(start); at != settings.end() && at->first.starts_with(start);
       ++at)
    for (const std::string_view one : split(at->second, '\n'))
      if (!one.empty()) values.emplace_back(one);
  return values;
}

std::vector<AptSource> apt_sources(const Machine& machine, const AptSettings& settings) {
  std::vector<AptSource> sources;
  std::vector<std::string> lists{apt_path(settings, "dir::etc::sourcelist")};
  std::vector<std::string> paragraphs;
  const std::string folder = apt_path(settings, "dir::etc::sourceparts");
  if (const auto names = machine.list(folder))
    for (const std::string& name : *names) {
      if (apt_reads(name, {"list"})) lists.push_back(folder + "/" + name);
      if (apt_reads(name, {"sources"})) paragraphs.push_back(folder + "/" + name);
    }
  for (const std::string& path : lists) {
    const auto text = machine.read(path);
    if (!text) continue;
    std::size_t number = 0;
    for (const std::string_view line : split(std::string_view(*text), '\n')) {
      ++number;
      if (auto source = source_line(line)) {
        source->place = fmt::format("{}:{}", path, number);
        sources.push_back(std::move(*source));
      }
    }
  }
  for (const std::string& path : paragraphs)
    if (const auto text = machine.read(path)) sources_of_paragraphs(*text, path, sources);
  return sources;
}

std::vector<std::string> apt_weaknesses(const AptSettings& settings) {
  std::vector<std::string> found;
  for (const auto& [full, value] : settings) {
    // "Binary::apt::…" holds for one program.
    std::string_view name = full;
    if (name.starts_with("binary::"))
      if (const std::size_t at = name.find("::", 8); at != std::string_view::npos)
        name.remove_prefix(at + 2);
    constexpr std::array kNeverOn{"apt::get::allowunauthenticated",
                                  "apt::get::force-yes",
                                  "apt::get::allow-downgrades",
                                  "acquire::allowinsecurerepositories",
                                  "acquire::allowdowngradetoinsecurerepositories",
                                  "acquire::allowweakrepositories"};
    const bool on = std::ranges::find(kNeverOn, name) != kNeverOn.end() && apt_yes(value, false);
    const bool hash = name.starts_with("apt::hashes::") &&
                      (name.ends_with("::untrusted") || name.ends_with("::weak")) &&
                      !apt_yes(value, true);
    const bool check = (name == "acquire::check-valid-until" || name == "acquire::check-date" ||
                        (name.starts_with("acquire::https::") &&
                         (name.ends_with("::verify-peer") || name.ends_with("::verify-host")))) &&
                       !apt_yes(value, true);
    const bool other_program = name == "apt::key::gpgvcommand" && !value.empty() &&
                               value.substr(value.rfind('/') + 1) != "gpgv";
    const bool options = name.starts_with("dpkg::options") && value.contains("--force-bad-verify");
    if (on || hash || check || other_program || options)
      found.push_back(fmt::format("{} \"{}\"", full, printable(value, 40)));
  }
  return found;
}

std::vector<std::string> apt_open_files(const Machine& machine, const AptSettings& settings,
                                        const std::vector<AptSource>& sources) {
  std::vector<std::string> paths;
  const auto with_files = [&](const std::string& folder) {
    paths.push_back(folder);
    std::ranges::copy(files_in(machine, folder, ""), std::back_inserter(paths));
  };
  for (const char* name : {"dir::etc::trusted", "dir::etc::sourcelist", "dir::etc::main",
                           "dir::etc::preferences", "dir::etc"})
    paths.push_back(apt_path(settings, name));
  for (const char* name : {"dir::etc::trustedparts", "dir::etc::sourceparts", "dir::etc::parts",
                           "dir::etc::preferencesparts"})
    with_files(apt_path(settings, name));
  for (const char* folder :
       {"/etc/apt/keyrings", "/usr/share/keyrings", "/usr/local/share/keyrings"})
    with_files(folder);
  for (const AptSource& source : sources) std::ranges::copy(source.keys, std::back_inserter(paths));
  std::vector<std::string> open;
  for (const std::string& path : paths) {
    const auto facts = machine.facts(path);
    if (!facts || (!S_ISREG(facts->mode) && !S_ISDIR(facts->mode))) continue;
    const bool sticky = S_ISDIR(facts->mode) && (facts->mode & S_ISVTX) != 0;
    if ((facts->others_may(02) && !sticky) || (machine.live() && facts->owner != 0))
      if (std::ranges::find(open, path) == open.end()) open.push_back(path);
  }
  return open;
}

}  // namespace sekisho
