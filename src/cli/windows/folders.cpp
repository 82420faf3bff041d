// SPDX-License-Identifier: Apache-2.0
#include "cli/windows/folders.h"

#include <windows.h>
// After windows.h.
#include <knownfolders.h>
#include <shlobj.h>

#include <array>
#include <stdexcept>

namespace sekisho {
namespace {

/// Empty where there is none.
std::filesystem::path found(const KNOWNFOLDERID& id) {
  wchar_t* text = nullptr;
  const HRESULT got = ::SHGetKnownFolderPath(id, KF_FLAG_DEFAULT, nullptr, &text);
  std::filesystem::path path(SUCCEEDED(got) ? std::wstring(text) : std::wstring());
  ::CoTaskMemFree(text);
  return path;
}

std::filesystem::path known(const KNOWNFOLDERID& id) {
  auto path = found(id);
  if (path.empty()) throw std::runtime_error("Windows does not tell its folders");
  return path;
}

}  // namespace

std::filesystem::path data_folder() { return known(FOLDERID_ProgramData) / "Sekisho"; }
std::filesystem::path program_folder() { return known(FOLDERID_ProgramFiles) / "Sekisho"; }

std::filesystem::path person_folder() { return known(FOLDERID_LocalAppData) / "Sekisho"; }
std::filesystem::path documents_folder() { return found(FOLDERID_Documents); }

std::filesystem::path own_path() {
  std::array<wchar_t, 32'768> path{};
  const DWORD size = ::GetModuleFileNameW(nullptr, path.data(), static_cast<DWORD>(path.size()));
  return {std::wstring(path.data(), size)};
}

}  // namespace sekisho
