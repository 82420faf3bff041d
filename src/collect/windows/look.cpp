// SPDX-License-Identifier: Apache-2.0
#include "collect/windows/look.h"

#include <algorithm>

#include <fmt/format.h>

#include "collect/windows/windows.h"

namespace sekisho {
namespace {

/// HKLM\SYSTEM, HKLM\SOFTWARE, HKU\SID: what Windows keeps in a file each, and lets be read or not.
std::string_view hive_of(std::string_view path) {
  const std::size_t root = path.find('\\');
  if (root == std::string_view::npos) return path;
  return path.substr(0, path.find('\\', root + 1));
}

/// Where Windows takes a REG_DWORD alone: of policies, without those of the desktop, which are
/// texts as the desktop's own settings are.
bool must_be_number(std::string_view path) {
  return path.contains(R"(\Policies\)") && !path.contains(R"(\Control Panel\Desktop\)");
}

}  // namespace

FactsLook::FactsLook(const WindowsFacts& facts, const Guideline& content, const Feeds& dates,
                     Time moment, AskedPaths* asked)
    : guideline(content), lists(dates), now(moment), facts_(facts), asked_(asked) {
  std::string_view last;  // they come in order
  for (const auto& [path, value] : facts.registry) {
    const std::string_view hive = hive_of(path);
    // That a hive was opened doesn't say that anything of it was read.
    if (path.size() <= hive.size() + 1 || hive == last) continue;
    last = hive;
    hives_.emplace(hive);
  }
}

const RegistryValue* FactsLook::value(std::string_view path) const {
  if (asked_ != nullptr) asked_->emplace(path);
  if (const auto found = facts_.registry.find(path); found != facts_.registry.end())
    return &found->second;
  if (facts_.unread.contains(path) || !hives_.contains(hive_of(path)))
    note(fmt::format("レジストリの {}", path), fmt::format("{} of the registry", path));
  return nullptr;
}

void FactsLook::saw(Compared one) const { seen_.add(std::move(one)); }

/// A text is told to be there and no more: it may be a name, an address or a password.
void FactsLook::saw_value(std::string_view path, const RegistryValue* found,
                          std::string number) const {
  // Whose part of the registry it is does not matter.
  const bool of_person = RegistryOrder::starts(path, R"(HKU\)");
  const std::string_view hive = of_person ? hive_of(path) : std::string_view();
  std::string place =
      of_person ? R"(HKU\*)" + std::string(path.substr(hive.size())) : std::string(path);
  if (found == nullptr)
    missing_.add({.source = Compared::Source::registry, .place = std::move(place), .seen = "-"});
  else
    seen_.add({.source = Compared::Source::registry,
               .place = std::move(place),
               .seen = std::move(number)});
}

std::optional<std::int64_t> FactsLook::number(std::string_view path) const {
  const RegistryValue* found = value(path);
  if (found == nullptr) {
    saw_value(path, found);
    return std::nullopt;
  }
  const auto* text = std::get_if<std::string>(found);
  const std::int64_t number =
      text == nullptr ? std::get<std::int64_t>(*found) : whole_number(trim(*text));
  saw_value(path, found, brief(number));
  if (text == nullptr || (number >= 0 && !must_be_number(path))) return number;
  note(fmt::format("レジストリの {} の値「{}」", path, printable(*text, 60)),
       fmt::format("the value '{}' of {} in the registry", printable(*text, 60), path));
  return std::nullopt;
}

std::string FactsLook::text(std::string_view path) const {
  const RegistryValue* found = value(path);
  saw_value(path, found);
  if (found == nullptr) return {};
  if (const auto* text = std::get_if<std::string>(found)) return *text;
  return fmt::format("{}", std::get<std::int64_t>(*found));
}

std::vector<std::string> FactsLook::below(std::string_view key) const {
  if (asked_ != nullptr) asked_->emplace(key);
  if (!hives_.contains(hive_of(key)) || facts_.unread.contains(key))
    note(fmt::format("レジストリの {}", key), fmt::format("{} of the registry", key));
  std::vector<std::string> paths;
  for (auto one = facts_.registry.lower_bound(key);
       one != facts_.registry.end() && RegistryOrder::starts(one->first, key); ++one)
    paths.push_back(one->first);
  seen_.add({.source = Compared::Source::registry,
             .place = RegistryOrder::starts(key, R"(HKU\)") ? R"(HKU\*)" : std::string(key),
             .seen = brief(paths)});
  return paths;
}

std::optional<std::int64_t> FactsLook::first_number(
    std::initializer_list<std::string> paths) const {
  for (const std::string& path : paths)
    if (const auto found = number(path)) return found;
  return std::nullopt;
}

std::vector<std::string> FactsLook::people() const {
  std::vector<std::string> list;
  for (const auto& [path, value] : facts_.registry) {
    if (!RegistryOrder::starts(path, R"(HKU\)")) continue;
    const std::string person(hive_of(path));
    if (list.empty() || lower(list.back()) != lower(person)) list.push_back(person);
  }
  if (list.empty() || static_cast<std::int64_t>(list.size()) < facts_.people)
    note("利用者の設定", "the settings of the person");
  return list;
}

void FactsLook::note(std::string ja, std::string en) const {
  if (std::ranges::find(missed_, en, &Text::en) == missed_.end())
    missed_.push_back({std::move(ja), std::move(en)});
}

Finding FactsLook::lacking(Finding failed) const { return missed_.empty() ? failed : undecided(); }

Finding FactsLook::settled(Finding found) const {
  const bool said = !found.fact.empty();
  if (found.verdict == Verdict::pass || found.verdict == Verdict::fail) {
    found.basis.add(seen_);
    found.basis.add(missing_);
  }
  if (found.verdict == Verdict::fail || (said && found.verdict == Verdict::unknown)) return found;
  if (missed_.empty())
    return said ? found
                : unknown("読めたことからは決められません", "what was read does not decide it");
  // The first says where to look.
  const Text& first = missed_.front();
  const std::size_t more = missed_.size() - 1;
  return unknown(fmt::format("読めませんでした: {}{}", printable(first.ja, 200),
                             more == 0 ? "" : fmt::format("（ほか {} 件）", more)),
                 fmt::format("this could not be read: {}{}", printable(first.en, 200),
                             more == 0 ? "" : fmt::format(" (and {} more)", more)));
}

// Which Windows.

namespace {

constexpr std::string_view kVersion = R"(HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\)";

/// Kinds of editions that are supported for equally long (learn.microsoft.com/lifecycle), by the
/// words that the support dates know them by.
enum class Edition : std::uint8_t { other, pro, enterprise, long_term, long_term_iot };

std::string_view words_of(Edition edition) {
  switch (edition) {
    case Edition::pro: return "Pro";
    case Edition::enterprise: return "Enterprise";
    case Edition::long_term: return "Enterprise LTSC";
    case Edition::long_term_iot: return "IoT Enterprise LTSC";
    case Edition::other: break;
  }
  return {};
}

/// EditionID, with N and K for editions without a media player. Pro Education and Pro for
/// Workstations go with Pro; IoT Enterprise and multi-session with Enterprise.
Edition edition_by_id(std::string_view id) {
  if (id.starts_with("Core") || id.starts_with("Professional")) return Edition::pro;
  if (id.starts_with("IoTEnterpriseS")) return Edition::long_term_iot;
  if (id.starts_with("EnterpriseS")) return Edition::long_term;
  if (id.starts_with("Enterprise") || id.starts_with("Education") ||
      id.starts_with("IoTEnterprise") || id == "ServerRdsh")
    return Edition::enterprise;
  return Edition::other;
}

/// What follows "Windows 10 " in a product's name.
Edition edition_by_name(std::string_view name) {
  const bool long_term =
      name.find("LTSC") != std::string_view::npos || name.find("LTSB") != std::string_view::npos;
  const bool iot = name.starts_with("IoT ");
  if (long_term) return iot ? Edition::long_term_iot : Edition::long_term;
  if (name.starts_with("Home") || name.starts_with("Pro")) return Edition::pro;
  if (name.starts_with("Enterprise") || name.starts_with("Education") || iot)
    return Edition::enterprise;
  return Edition::other;
}

}  // namespace

bool is_server(const FactsLook& look) {
  const std::string name = look.text(std::string(kVersion) + "ProductName");
  return name.find("Server") != std::string::npos ||
         look.text(std::string(kVersion) + "InstallationType").starts_with("Server");
}

bool is_itself(const FactsLook& look, std::string_view host) {
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  const std::string own = lower(look.whole().computer);
  return host.empty() || host == "localhost" || host == own ||
         (!own.empty() && host.starts_with(own + ".")) || host.starts_with("127.") ||
         host == "0.0.0.0" || host == "::" || host == "::1";
}

std::optional<WindowsSupport> support_line(const FactsLook& look) {
  const WindowsName shown = windows_name(look.whole());
  // A machine that doesn't say this says nothing of the rest either.
  const auto build = look.number(std::string(kVersion) + "CurrentBuildNumber");
  if (!build || shown.name.empty()) {
    look.note("Windows のバージョン", "the version of Windows");
    return std::nullopt;
  }
  WindowsSupport line{shown.name, shown.version};
  if (is_server(look)) {
    // "Hyper-V Server 2019" is supported as long as the server of its year.
    const std::size_t at = line.name.find("Server");
    if (at != std::string::npos && !line.name.starts_with("Windows"))
      line.name = "Windows " + line.name.substr(at);
    return line;
  }
  constexpr std::size_t kGeneration = std::string_view("Windows 10").size();
  if (!line.name.starts_with("Windows 1") || line.name.size() < kGeneration) return line;
  const std::string id = look.text(std::string(kVersion) + "EditionID");
  const Edition by_id = edition_by_id(id);
  const std::string_view rest = std::string_view(line.name).substr(kGeneration);
  const Edition by_name = edition_by_name(trim(rest));
  const Edition edition = id.empty() ? by_name : by_id;
  if (edition == Edition::other || (by_name != Edition::other && by_name != edition)) {
    look.note("Windows のエディション", "the edition of Windows");
    return std::nullopt;
  }
  const std::string release = look.text(std::string(kVersion) + "DisplayVersion");
  line.name = fmt::format("{} {}{}{}", line.name.substr(0, kGeneration), words_of(edition),
                          release.empty() ? "" : " ", release);
  return line;
}

}  // namespace sekisho
