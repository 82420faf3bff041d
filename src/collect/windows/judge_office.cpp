// SPDX-License-Identifier: Apache-2.0
// Macros of Microsoft Office 2016 and later, whose settings are below 16.0.
// learn.microsoft.com/microsoft-365-apps/security/internet-macros-blocked says what goes before
// what, and from which version on macros from the internet are blocked without any setting.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "collect/maker.h"
#include "collect/windows/folders.h"
#include "collect/windows/judges.h"

namespace sekisho::judge {
namespace {

constexpr std::array kMain{"Word", "Excel", "PowerPoint"};
constexpr std::array kPrograms{"Word",  "Excel",      "PowerPoint", "Access",
                               "Visio", "MS Project", "Publisher"};
constexpr const char* kClickToRun = R"(HKLM\SOFTWARE\Microsoft\Office\ClickToRun\Configuration\)";

struct Office {
  bool current = false;           // 2016 or later
  bool obeys_policies = true;     // Microsoft 365 Apps for business doesn't
  bool blocks_by_itself = false;  // version 2206 of Microsoft 365 and later
  std::string older;              // the name of one before 2016
  bool visio = false;
  bool project = false;
};

/// The build of "16.0.19328.20190".
std::int64_t build_of(std::string_view version) {
  const auto parts = split(version, '.');
  return parts.size() < 3 || parts[0] != "16" ? -1 : whole_number(parts[2]);
}

Office office_of(const FactsLook& look) {
  constexpr std::int64_t kVersion2206 = 15'330;
  const std::string version = look.text(std::string(kClickToRun) + "VersionToReport");
  Office office;
  office.blocks_by_itself = build_of(version) >= kVersion2206;
  office.obeys_policies =
      lower(look.text(std::string(kClickToRun) + "ProductReleaseIds")).find("o365business") ==
      std::string::npos;
  office.current = !version.empty();
  for (const char* view : {R"(HKLM\SOFTWARE\)", R"(HKLM\SOFTWARE\WOW6432Node\)"})
    for (const char* program : {"Word", "Excel", "PowerPoint", "Access"})
      if (!look.text(fmt::format(R"({}Microsoft\Office\16.0\{}\InstallRoot\Path)", view, program))
               .empty())
        office.current = true;
  const std::string releases = lower(look.text(std::string(kClickToRun) + "ProductReleaseIds"));
  office.visio = releases.contains("visio");
  office.project = releases.contains("project");
  const auto* programs =
      look.ask(&WindowsFacts::programs, "入っているプログラムの一覧", "the installed programs");
  if (programs == nullptr) return office;
  for (const WindowsFacts::Program& program : *programs) {
    const Software* software = software_of_program(look.guideline.software, program.name);
    if (software == nullptr || !software->dated_by_name) continue;
    const std::string year = year_in(program.name);
    const std::string small = lower(program.name);
    office.visio = office.visio || small.contains("visio");
    office.project = office.project || small.contains("project");
    if (year.empty() || year >= "2016")
      office.current = true;
    else
      office.older = program.name;
    if (lower(program.name).find("for business") != std::string::npos)
      office.obeys_policies = false;
  }
  return office;
}

/// Where settings of a person stand, the first before the others.
std::vector<std::string> roots(const std::string& person, const Office& office) {
  const std::string own = person + R"(\Software\Microsoft\Office\16.0\)";
  if (!office.obeys_policies) return {own};
  return {person + R"(\Software\Policies\Microsoft\Cloud\Office\16.0\)",
          R"(HKLM\SOFTWARE\Policies\Microsoft\Cloud\Office\16.0\)",
          person + R"(\Software\Policies\Microsoft\Office\16.0\)", own};
}

std::optional<std::int64_t> effective(const FactsLook& look, const std::vector<std::string>& roots,
                                      const std::string& name) {
  for (const std::string& root : roots)
    if (const auto value = look.number(root + name)) return value;
  return std::nullopt;
}

/// Folders that Office trusts from the start: templates, start-up and add-ins of its own.
bool trusted_by_default(std::string_view path) {
  constexpr std::array<std::string_view, 7> kOwn{
      R"(\templates)", R"(\startup)",         R"(\xlstart)", R"(\addins)",
      R"(\library)",   R"(\document themes)", R"(\accwiz)"};
  const std::string name = lower(path);
  return std::ranges::any_of(
             kOwn, [&](std::string_view own) { return name.find(own) != std::string::npos; }) &&
         !name.starts_with(R"(\\)");
}

/// Macros run in trusted folders whatever else is set: nothing where there are none but Office's.
std::optional<Finding> trusted_folder(const FactsLook& look, const std::vector<std::string>& roots,
                                      std::string_view program) {
  const std::string security = fmt::format(R"({}\Security\Trusted Locations\)", program);
  if (effective(look, roots, security + "AllLocationsDisabled") == 1) return std::nullopt;
  std::optional<Finding> found;
  for (const std::string& root : roots)
    for (const std::string& path : look.below(root + security)) {
      if (!lower(path).ends_with(R"(\path)")) continue;
      const std::string folder = printable(look.text(path), 120);
      if (folder.empty() || trusted_by_default(folder)) continue;
      Finding one = unknown(
          fmt::format("{} が信頼するフォルダーがあり、そこではどのマクロも動きます: {}", program,
                      folder),
          fmt::format("{} trusts a folder, in which every macro runs: {}", program, folder));
      if (folder.starts_with(R"(\\)") || extent_of(folder) == Extent::wide)
        one.verdict = Verdict::fail;
      if (!found || one.verdict == Verdict::fail) found = std::move(one);
    }
  return found;
}

/// One program of one person.
Finding of_program(const FactsLook& look, const Office& office,
                   const std::vector<std::string>& roots, const std::string& program) {
  const std::string security = program + R"(\Security\)";
  const auto blocked = effective(look, roots, security + "blockcontentexecutionfrominternet");
  const auto warnings = effective(look, roots, security + "VBAWarnings");
  // 1: all macros run; 2: asks, 3: signed alone, 4: none.
  if (warnings == 1 || blocked == 0)
    return fail(fmt::format("{} のマクロが確かめずに動きます", program),
                fmt::format("macros of {} run unchecked", program));
  if (auto trusted = trusted_folder(look, roots, program)) return *trusted;
  const bool by_setting = blocked == 1 || warnings == 3 || warnings == 4;
  // Version 2206 began it in Access, Excel, PowerPoint, Visio and Word alone.
  const bool by_itself =
      office.blocks_by_itself && program != "MS Project" && !blocked && warnings.value_or(2) == 2;
  const bool main = std::ranges::find(kMain, program) != kMain.end() ||
                    (program == "Visio" && office.visio) ||
                    (program == "MS Project" && office.project);
  if (by_setting || by_itself || !main)
    return pass("インターネットから届いた文書のマクロは動きません",
                "macros in documents from the internet do not run");
  return unknown(
      fmt::format(
          "{} のマクロのポリシーがありません。Office のバージョンによって動くことがあります",
          program),
      fmt::format("no policy on macros of {}: whether they run depends on the version of Office",
                  program));
}

}  // namespace

std::string year_in(std::string_view name) {
  for (const std::string_view word : split(name, ' '))
    if (word.size() == 4 && word.starts_with("20") && whole_number(word) >= 2000)
      return std::string(word);
  return {};
}

namespace {

/// What Windows marks as come from the internet; without the mark Office can't tell
/// (ADMX AttachmentManager: 1 doesn't keep it).
bool keeps_marks(const FactsLook& look, const std::string& person) {
  const std::string name =
      R"(Microsoft\Windows\CurrentVersion\Policies\Attachments\SaveZoneInformation)";
  return look.number(R"(HKLM\SOFTWARE\)" + name) != 1 &&
         look.number(person + R"(\Software\)" + name) != 1;
}

/// Macros of a mail program's own run whatever a document is marked as: Level 1 runs all.
bool outlook_runs_all(const FactsLook& look, const std::vector<std::string>& places) {
  return effective(look, places, R"(Outlook\Security\Level)") == 1;
}

/// "file:///C:/Users/a%20b" as Windows names it; what is no such address as it stands.
std::string folder_of(std::string_view address) {
  constexpr std::string_view kFile = "file://";
  if (!lower(address).starts_with(kFile)) return std::string(address);
  address.remove_prefix(kFile.size());
  std::string folder = address.starts_with('/') ? "" : R"(\\)";  // of another machine
  if (address.starts_with('/')) address.remove_prefix(1);
  for (const char letter : address) folder += letter == '/' ? '\\' : letter;
  return folder;
}

/// Places in which LibreOffice runs every macro, whatever its level.
std::optional<Finding> libreoffice_trusts(const std::string& places) {
  std::optional<Finding> found;
  for (const std::string_view one : split(places, ';')) {
    const std::string folder = printable(folder_of(trim(one)), 120);
    if (folder.empty()) continue;
    Finding trusted = unknown(
        fmt::format("LibreOffice が信頼する場所があり、そこではどのマクロも動きます: {}", folder),
        fmt::format("LibreOffice trusts a place, in which every macro runs: {}", folder));
    if (folder.starts_with(R"(\\)") || extent_of(folder) == Extent::wide)
      trusted.verdict = Verdict::fail;
    if (!found || trusted.verdict == Verdict::fail) found = std::move(trusted);
  }
  return found;
}

/// LibreOffice beside it: 2, its own default, asks of documents from elsewhere; people's files,
/// which may say less, aren't read. A person's policy goes before the machine's.
std::optional<Finding> libreoffice(const FactsLook& look) {
  const auto* programs =
      look.ask(&WindowsFacts::programs, "入っているプログラムの一覧", "the installed programs");
  if (programs == nullptr || std::ranges::none_of(*programs, [](const auto& program) {
        return lower(program.name).starts_with("libreoffice");
      }))
    return std::nullopt;
  const std::string scripting =
      R"(Policies\LibreOffice\org.openoffice.Office.Common\Security\Scripting\)";
  const std::string machine = R"(HKLM\SOFTWARE\)" + scripting;
  std::vector<std::string> places{machine};
  for (const std::string& person : look.people())
    places.push_back(person + R"(\Software\)" + scripting);
  if (lower(look.text(machine + R"(DisableMacrosExecution\Value)")) == "true") return std::nullopt;
  std::vector<Finding> found;
  for (const std::string& place : places) {
    const std::string set = look.text(place + R"(MacroSecurityLevel\Value)");
    const std::int64_t level = whole_number(trim(std::string_view(set)));
    if (level == 0 || level == 1)
      return fail("LibreOffice のマクロが確かめずに動きます",
                  "macros of LibreOffice run unchecked");
    if (level < 0 && (!set.empty() || place == machine))
      found.push_back(
          unknown("LibreOffice のマクロのセキュリティは利用者ごとの設定で、読めません",
                  "LibreOffice's macro security is set by each person, and is not read"));
    if (const auto trusted = libreoffice_trusts(look.text(place + R"(SecureURL\Value)")))
      found.push_back(*trusted);
  }
  if (found.empty()) return std::nullopt;
  return worst(found);
}

/// Another program whose documents have macros, of which nothing is read here.
std::optional<Finding> other_office(const FactsLook& look) {
  constexpr std::array<std::string_view, 13> kWords{
      "office",      "オフィス", "一太郎",         "ichitaro",  "三四郎",
      "wps",         "kingsoft", "softmaker",      "planmaker", "textmaker",
      "wordperfect", "hancom",   "microsoft works"};
  const auto* programs =
      look.glance(&WindowsFacts::programs, "入っているプログラムの一覧", "the installed programs");
  if (programs == nullptr) return std::nullopt;
  for (const WindowsFacts::Program& program : *programs) {
    const std::string name = lower(program.name);
    const Software* software = software_of_program(look.guideline.software, program.name);
    const bool of_microsoft = software != nullptr && software->dated_by_name;
    const bool read = of_microsoft || name.starts_with("libreoffice") ||
                      (name.contains("microsoft") && !name.contains("microsoft works"));
    if (!read &&
        std::ranges::any_of(kWords, [&](std::string_view word) { return name.contains(word); }))
      return unknown(
          fmt::format("{} のマクロの設定は調べられません", printable(program.name, 80)),
          fmt::format("the macro settings of {} can't be checked", printable(program.name, 80)));
  }
  return std::nullopt;
}

}  // namespace

Finding office_macros(const FactsLook& look) {
  const Office office = office_of(look);
  if (!office.older.empty())
    return unknown(fmt::format("{} のマクロの設定は調べられません", office.older),
                   fmt::format("the macro settings of {} can't be checked", office.older));
  std::vector<Finding> found;
  if (auto libre = libreoffice(look)) found.push_back(*libre);
  if (auto other = other_office(look)) found.push_back(*other);
  if (!office.current && !found.empty()) return worst(found);
  if (!office.current)
    return not_applicable("Microsoft Office は入っていません", "Microsoft Office is not installed");
  for (const std::string& person : look.people()) {
    const auto places = roots(person, office);
    // No macros at all, for all programs.
    if (effective(look, places, R"(Common\VBAOff)") == 1 ||
        (office.obeys_policies &&
         look.number(R"(HKLM\SOFTWARE\Policies\Microsoft\Office\16.0\Common\VBAOff)") == 1)) {
      found.push_back(
          pass("Office のマクロは使えなくされています", "macros of Office are turned off"));
      continue;
    }
    if (!keeps_marks(look, person))
      found.push_back(fail("どこから届いたかの印を残さない設定で、マクロを止められません",
                           "where files come from is not kept, so that macros can't be stopped"));
    if (outlook_runs_all(look, places))
      found.push_back(
          fail("Outlook のマクロが確かめずに動きます", "macros of Outlook run unchecked"));
    if (auto trusted = trusted_folder(look, places, "Common")) found.push_back(*trusted);
    for (const char* program : kPrograms)
      found.push_back(of_program(look, office, places, program));
  }
  return worst(found);
}

}  // namespace sekisho::judge
