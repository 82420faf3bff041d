// SPDX-License-Identifier: Apache-2.0
#include "cli/checked_windows.h"

#include <fmt/format.h>

namespace sekisho {
namespace {

constexpr std::size_t kMostRecordedBytes = std::size_t{16} << 20U;

std::string titles(const Guideline& guideline, const std::vector<std::string>& checks, Lang lang) {
  std::vector<std::string> names;
  for (const std::string& id : checks)
    if (const CheckSpec* spec = guideline.check(id)) names.push_back(spec->title.in(lang));
  return join(names, lang == Lang::ja ? "、" : "; ");
}

/// What administrator's rights would add, and how to use them.
Text as_person(const Guideline& guideline, const std::vector<std::string>& unread) {
  if (unread.empty())
    return {"管理者の権限なしで確かめました。読めなかったものはありません。",
            "It was looked at without administrator's rights; nothing was left unread."};
  return {
      fmt::format("管理者の権限なしで確かめました。読めないものがあって「不明」の {} 項目は、管理者"
                  "として実行すると分かることがあります: {}。スタートボタンを右クリックして「ターミ"
                  "ナル（管理者）」か「Windows PowerShell（管理者）」を開き、プログラムのあるフォル"
                  "ダーで .\\sekisho.exe check を実行してください。",
                  unread.size(), titles(guideline, unread, Lang::ja)),
      fmt::format("It was looked at without administrator's rights. {} checks are unknown since "
                  "something could not be read, and may be known when it is run as an "
                  "administrator: {}. Right-click the start button, open Terminal (Admin) or "
                  "Windows PowerShell (Admin), and run .\\sekisho.exe check in the program's "
                  "folder.",
                  unread.size(), titles(guideline, unread, Lang::en))};
}

/// How old what was read is.
Text of_recording(const WindowsFacts& facts) {
  const std::string when =
      facts.recorded_at ? format_day(Calendar::here(*facts.recorded_at).day(*facts.recorded_at))
                        : std::string();
  if (when.empty())
    return {"いつのものか分からない記録から確かめました。良いとは言えません。",
            "It was looked at by a recording that doesn't say of when it is, so nothing passes."};
  return {
      fmt::format("{} の記録から確かめました。その後に変わったことは分かりません。", when),
      fmt::format("It was looked at by a recording of {}; what changed after that is not known.",
                  when)};
}

}  // namespace

CheckedMachine::Seen WindowsMachine::look(const std::shared_ptr<const Guideline>& guideline,
                                          const std::shared_ptr<const Feeds>& feeds,
                                          Time now) const {
  const auto collect = read_ == Read::recorded ? collect_recorded_windows : collect_windows;
  WindowsLook found = collect(facts_, *guideline, *feeds, subject(), now);
  Seen seen{std::move(found.evidence), {}};
  if (read_ == Read::recorded) seen.remarks.push_back(of_recording(facts_));
  if (read_ == Read::as_person) seen.remarks.push_back(as_person(*guideline, found.unread));
  return seen;
}

Result<std::unique_ptr<CheckedMachine>> recorded_windows(const std::string& file) {
  const auto text = read_input_file(file, kMostRecordedBytes);
  if (!text) return std::unexpected(text.error());
  auto facts = read_windows_facts(*text);
  if (!facts) {
    Error error = facts.error();
    error.where = file + (error.where.empty() ? "" : ": " + error.where);
    return std::unexpected(error);
  }
  return std::make_unique<WindowsMachine>(std::move(*facts), WindowsMachine::Read::recorded);
}

}  // namespace sekisho
