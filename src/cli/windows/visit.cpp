// SPDX-License-Identifier: Apache-2.0
#include "cli/windows/visit.h"

#include <windows.h>
// After windows.h.
#include <shellapi.h>

#include <array>
#include <cstdio>

#include <fmt/format.h>

#include "cli/check.h"
#include "cli/windows/folders.h"
#include "collect/windows/live/text.h"
#include "collect/windows/windows.h"

namespace sekisho {
namespace {

/// A name that a file may have, with the computer's in it: reports of many can lie side by side.
std::wstring report_name() {
  std::wstring name = wide(windows_subject(windows_identity()).value.substr(5));
  for (wchar_t& c : name)
    if (c < L' ' || std::wstring_view(L"<>:\"/\\|?*").find(c) != std::wstring_view::npos) c = L'_';
  return L"sekisho-report-" + name + L".html";
}

/// Where the person finds it: beside the program, unless that is where Windows unpacked it for a
/// moment; else among their documents; else with what is temporary.
std::vector<std::filesystem::path> report_files() {
  const std::wstring name = report_name();
  std::vector<std::filesystem::path> files;
  const auto program = own_path().parent_path();
  std::error_code ignored;
  const auto temporary = std::filesystem::temp_directory_path(ignored);
  const auto below = std::filesystem::relative(program, temporary, ignored);
  const bool passing = !temporary.empty() && !below.empty() && *below.begin() != "..";
  if (!passing) files.push_back(program / name);
  if (auto documents = documents_folder(); !documents.empty()) files.push_back(documents / name);
  if (!temporary.empty()) files.push_back(temporary / name);
  return files;
}

bool show(const std::filesystem::path& file) {
  // What it gives is a number, over 32 where something was opened.
  return reinterpret_cast<INT_PTR>(
             ::ShellExecuteW(nullptr, L"open", file.c_str(), nullptr, nullptr, SW_SHOWNORMAL)) > 32;
}

void say_result(const App& app, const CheckedBriefly& checked) {
  App::say(
      fmt::format(fmt::runtime(app.tr("\n確かめました。最優先（◎）で要対応の項目: {}\n"
                                      "この端末で見つかった要対応: {}　分からなかった確認: {}\n"
                                      "\n報告: {}\n",
                                      "\nDone. Most urgent items (◎) that need fixing: {}\n"
                                      "Found on this machine: {}   Not known: {}\n"
                                      "\nThe report: {}\n")),
                  checked.urgent, checked.to_fix, checked.unknown, utf8(checked.report.c_str())));
  for (const Text& remark : checked.remarks) App::say("\n" + remark.in(app.lang) + "\n");
}

/// The window stays until it was read.
int wait_for_enter(const App& app, int code) {
  App::say(app.tr("\nEnter キーで閉じます。\n", "\nPress Enter to close this window.\n"));
  (void)std::getchar();
  return code;
}

}  // namespace

bool by_double_click() {
  std::array<DWORD, 2> processes{};
  return ::GetConsoleProcessList(processes.data(), processes.size()) == 1;
}

int check_for_a_visitor(const App& app) {
  App::say(
      app.tr("関所 Sekisho  この端末を確かめています（1 分ほどかかることがあります）。\n"
             "端末の設定は変えず、どこへも送りません。\n",
             "Sekisho: checking this machine, which may take a minute.\n"
             "It changes no settings and sends nothing.\n"));
  const auto checked = check_into(app, report_files());
  if (!checked) return wait_for_enter(app, app.complain(checked.error()));
  say_result(app, *checked);
  if (!show(checked->report))
    App::say(app.tr("\nブラウザを開けませんでした。上のファイルを開いてください。\n",
                    "\nNo browser could be opened; open the file above.\n"));
  App::say(
      app.tr("\nほかにできること（PowerShell で）: .\\sekisho.exe --help\n"
             "組織のサーバーに報告するには（管理者の PowerShell で）: .\\sekisho.exe service "
             "install \"リンク\"\n",
             "\nMore (in a PowerShell): .\\sekisho.exe --help\n"
             "To report to the organisation's server (as an administrator): .\\sekisho.exe "
             "service install \"LINK\"\n"));
  return wait_for_enter(app, checked->urgent > 0 ? kExitFailing : kExitGood);
}

}  // namespace sekisho
