// SPDX-License-Identifier: Apache-2.0
#include "cli/system.h"

#include <windows.h>
// After windows.h.
#include <lmcons.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>

#include "cli/windows/folders.h"
#include "collect/windows/live/text.h"

namespace sekisho {
namespace {

bool is_console(DWORD which) {
  DWORD mode = 0;
  return ::GetConsoleMode(::GetStdHandle(which), &mode) != 0;
}

/// Whether a console obeys the escapes of colours and of erasing.
bool obeys_escapes(DWORD which) {
  const HANDLE console = ::GetStdHandle(which);
  DWORD mode = 0;
  return ::GetConsoleMode(console, &mode) != 0 &&
         ::SetConsoleMode(console, mode | ENABLE_VIRTUAL_TERMINAL_PROCESSING) != 0;
}

/// A console takes UTF-16, whichever code page it is at.
bool write_to_console(std::string_view text) {
  constexpr std::size_t kBlock = 8'000;  // what older consoles take at once
  const std::wstring words = wide(std::string(text));
  for (std::size_t at = 0; at < words.size();) {
    std::size_t size = std::min(kBlock, words.size() - at);
    // Not between the halves of a character.
    if (at + size < words.size() && (words[at + size] & 0xFC00) == 0xDC00) --size;
    DWORD written = 0;
    if (::WriteConsoleW(::GetStdHandle(STD_OUTPUT_HANDLE), words.data() + at,
                        static_cast<DWORD>(size), &written, nullptr) == 0 ||
        written == 0)
      return false;
    at += written;
  }
  return true;
}

}  // namespace

std::string_view own_kind() { return "windows"; }

Lang system_language() {
  return PRIMARYLANGID(::GetUserDefaultUILanguage()) == LANG_JAPANESE ? Lang::ja : Lang::en;
}

std::filesystem::path state_folder() { return person_folder(); }

/// The folder is that of whoever runs it, and files in it take its rights.
Result<void> may_write() { return {}; }

std::string login_name() {
  std::array<wchar_t, UNLEN + 1> name{};
  auto size = static_cast<DWORD>(name.size());
  if (::GetUserNameW(name.data(), &size) == 0) return "unknown";
  return printable(utf8(name.data()), 100);
}

bool interactive() { return is_console(STD_INPUT_HANDLE) && is_console(STD_OUTPUT_HANDLE); }

bool shows_progress() { return obeys_escapes(STD_ERROR_HANDLE); }

bool shows_colours() {
  const wchar_t* none = ::_wgetenv(L"NO_COLOR");
  return (none == nullptr || *none == L'\0') && obeys_escapes(STD_OUTPUT_HANDLE);
}

std::size_t terminal_columns() {
  CONSOLE_SCREEN_BUFFER_INFO info{};
  if (::GetConsoleScreenBufferInfo(::GetStdHandle(STD_OUTPUT_HANDLE), &info) == 0) return 100;
  const int columns = info.srWindow.Right - info.srWindow.Left + 1;
  return columns < 40 ? 100 : std::min<std::size_t>(static_cast<std::size_t>(columns), 120);
}

bool write_out(std::string_view text) {
  if (is_console(STD_OUTPUT_HANDLE)) return write_to_console(text);
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() &&
         std::fflush(stdout) == 0;
}

}  // namespace sekisho
