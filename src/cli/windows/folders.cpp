#include "cli/windows/folders.h"

#include <windows.h>
// After windows.h.
#include <knownfolders.h>
#include <shlobj.h>

#include <stdexcept>

namespace sekisho {
namespace {

std::filesystem::path known(const KNOWNFOLDERID& id) {
  wchar_t* text = nullptr;
  const HRESULT got = ::SHGetKnownFolderPath(id, KF_FLAG_DEFAULT, nullptr, &text);
  const std::filesystem::path path(SUCCEEDED(got) ? std::wstring(text) : std::wstring());
  ::CoTaskMemFree(text);
  if (path.empty()) throw std::runtime_error("Windows does not tell its folders");
  return path;
}

}  // namespace

std::filesystem::path data_folder() { return known(FOLDERID_ProgramData) / "Sekisho"; }
std::filesystem::path program_folder() { return known(FOLDERID_ProgramFiles) / "Sekisho"; }

}  // namespace sekisho
