// SPDX-License-Identifier: Apache-2.0
// Windows' UTF-16 and our UTF-8.
#pragma once

#include <string>

namespace sekisho {

std::string utf8(const wchar_t* text);
std::wstring wide(const std::string& text);

}  // namespace sekisho
