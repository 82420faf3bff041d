// SPDX-License-Identifier: Apache-2.0
// Folders as Windows itself knows them, not as whoever starts the program says.
#pragma once

#include <filesystem>

namespace sekisho {

/// C:\ProgramData\Sekisho: what the agent keeps.
std::filesystem::path data_folder();
/// C:\Program Files\Sekisho: where the program is, and only administrators write.
std::filesystem::path program_folder();
/// %LOCALAPPDATA%\Sekisho: the answers and lists of whoever runs the program.
std::filesystem::path person_folder();
/// Empty where there is none.
std::filesystem::path documents_folder();
/// The program itself.
std::filesystem::path own_path();

}  // namespace sekisho
