// SPDX-License-Identifier: Apache-2.0
#include "collect/inventory/reading.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "collect/inventory/written.h"
#include "collect/vuln/systems.h"
#include "collect/vuln/weaknesses.h"

namespace sekisho {
namespace {

using Is = Reading::Is;

Text look_under(const Appliance& kind) {
  if (!kind.look_under.empty())
    return {fmt::format("見る所: {}", kind.look_under.ja),
            fmt::format("look under: {}", kind.look_under.en)};
  return {"機器の管理画面の「ファームウェア」「システム情報」にあるバージョンを写してください",
          "copy the version that its page shows under firmware or system information"};
}

void add(Text& words, const Text& more) {
  words.ja += "。" + more.ja;
  words.en += "; " + more.en;
}

/// A model that NVD's data knows, or what to say of it.
Reading read_model(const Feeds& feeds, const Appliance& kind, std::string_view model) {
  if (!kind.models) return {Is::read, {}};
  const std::string shown = printable(trim(model), 60);
  if (shown.empty())
    return {Is::unclear,
            {fmt::format("型番も入れてください（例: {}）", kind.models->example),
             fmt::format("enter its model as well (one looks like {})", kind.models->example)}};
  if (!feeds.weaknesses)
    return {Is::unclear,
            {"NVD のデータがまだないので、型番は照らし合わせられません",
             "there is no data of NVD yet to look the model up in"}};
  const auto names = kind.cpe_of(model);
  const bool known = std::ranges::any_of(
      names, [&](const auto& one) { return feeds.weaknesses->covers(one.first, one.second); });
  if (known) return {Is::read, {}};
  return {
      Is::unclear,
      {fmt::format("型番「{}」は NVD のデータにありません。本体のラベルの型番か確かめてください",
                   shown),
       fmt::format("NVD's data does not name a model '{}'; check it against the label on the "
                   "device",
                   shown)}};
}

}  // namespace

std::string_view name(Is is) {
  constexpr std::array<std::string_view, 4> kNames{"nothing", "read", "unclear", "not_read"};
  return kNames.at(static_cast<std::size_t>(is));
}

Reading read_gear(const Feeds& feeds, const Appliance& kind, std::string_view model,
                  std::string_view version) {
  if (trim(version).empty()) return {Is::nothing, look_under(kind)};
  const auto found = firmware_version(kind, version);
  Reading reading{!found           ? Is::not_read
                  : found->exact() ? Is::read
                                   : Is::unclear,
                  firmware_words(kind, version)};
  if (!found) {
    add(reading.words, look_under(kind));
    return reading;
  }
  const std::string entered = printable(trim(version), 60);
  if (entered != found->plain)
    reading.words = {fmt::format("「{}」から {} と読みました", entered, reading.words.ja),
                     fmt::format("{} read from '{}'", reading.words.en, entered)};
  if (const Reading of_model = read_model(feeds, kind, model); of_model.is != Is::read) {
    reading.is = Is::unclear;
    add(reading.words, of_model.words);
  }
  return reading;
}

Reading read_system(const SupportFeed& feed, const std::string& system, const std::string& version,
                    Day today) {
  if (trim(std::string_view(system)).empty())
    return {Is::nothing,
            {"OS の名前とバージョンを入れてください（例: Windows 11 Pro、24H2）",
             "enter the system's name and version (like Windows 11 Pro, 24H2)"}};
  const std::string label = printable(system_label(system, version), 120);
  const SystemSupport support = support_of(feed, system, version, today);
  if (!support.cycle.empty())
    return {Is::read,
            {fmt::format("{} と読みました（{} {}）", label, support.product, support.cycle),
             fmt::format("{} read as {} {}", label, support.product, support.cycle)}};
  if (platform_of(system) == "windows")
    return {Is::not_read,
            {fmt::format("「{}」からは Windows のどのリリースか読み取れません。24H2 か、ビルド番号"
                         "（10.0.26100）を入れてください。見る所: 設定 > システム > バージョン情報",
                         label),
             fmt::format("which release of Windows '{}' is can't be read; enter 24H2 or a build "
                         "(10.0.26100); look under: Settings > System > About",
                         label)}};
  return {Is::not_read,
          {fmt::format("「{}」からは OS のバージョンが読み取れません", label),
           fmt::format("no version of a system can be read from '{}'", label)}};
}

Reading read_program(const Guideline& guideline, std::string_view program,
                     std::string_view version) {
  const std::string shown = printable(trim(program), 80);
  if (shown.empty())
    return {Is::nothing,
            {"ソフトの名前を Windows の「インストールされているアプリ」のとおりに入れてください",
             "enter the program's name as Windows shows it under installed apps"}};
  const Software* software = software_of_program(guideline.software, std::string(trim(program)));
  if (software == nullptr)
    return {Is::unclear,
            {fmt::format("「{}」は知られているソフトの一覧にありません", shown),
             fmt::format("'{}' is not among the programs that are known", shown)}};
  const auto found = program_version(*software, program, version);
  if (!found)
    return {Is::not_read,
            {fmt::format("{}: 「{}」からはバージョンが読み取れません", software->name.ja,
                         printable(trim(version), 60)),
             fmt::format("{}: no version can be read from '{}'", software->name.en,
                         printable(trim(version), 60))}};
  return {found->exact() ? Is::read : Is::unclear,
          {fmt::format("{} {} と読みました", software->name.ja, found->plain),
           fmt::format("read as {} {}", software->name.en, found->plain)}};
}

}  // namespace sekisho
