// SPDX-License-Identifier: Apache-2.0
// What a folder takes in, however it is written.
#include "collect/windows/folders.h"

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace sekisho::judge {
namespace {

/// The same folder as people and programs write it.
std::vector<std::string> writings(const std::string& path) {
  std::vector<std::string> all{path, " " + path + " ", R"(\\?\)" + path, R"(\\.\)" + path};
  std::string leaning = path;
  std::ranges::replace(leaning, '\\', '/');
  all.push_back(leaning);
  std::string loud = path;
  for (char& c : loud) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  all.push_back(loud);
  for (const char* end : {"\\", "\\*", "\\*.*", "\\.", "\\\\"})
    if (!path.ends_with('\\')) all.push_back(path + end);
  return all;
}

TEST(Folders, AreAsWideHoweverTheyAreWritten) {
  for (const char* wide : {"c:",
                           "d:\\",
                           "c:\\windows",
                           "c:\\windows\\system32",
                           "c:\\users",
                           "c:\\users\\taro",
                           "c:\\users\\taro\\downloads",
                           "c:\\users\\taro\\appdata\\local",
                           "c:\\programdata",
                           "c:\\program files",
                           "c:\\program files (x86)",
                           "c:\\us*",
                           "c:\\?*",
                           "c:\\users\\*\\desktop",
                           "%systemdrive%",
                           "%homedrive%",
                           "%windir%",
                           "%userprofile%",
                           "%allusersprofile%",
                           "%temp%",
                           "%userprofile%\\downloads",
                           "c:\\windows\\*.exe",
                           "c:\\data\\downloads"})
    for (const std::string& written : writings(wide))
      EXPECT_EQ(extent_of(written), Extent::wide) << written;
  for (const char* narrow :
       {"c:\\program files\\vendor", "%programfiles%\\vendor\\db", "c:\\programdata\\vendor",
        "d:\\mssql\\data", "c:\\windows\\softwaredistribution\\datastore",
        "c:\\users\\taro\\appdata\\local\\vendor\\cache", "\\\\server\\share\\db"})
    for (const std::string& written : writings(narrow)) {
      // A share has a long form of its own.
      const bool share = std::string_view(narrow).starts_with(R"(\\)");
      if (!share || !(written.starts_with(R"(\\?\)") || written.starts_with(R"(\\.\)"))) {
        EXPECT_EQ(extent_of(written), Extent::narrow) << written;
      }
    }
  for (const char* unplaced : {"\\device\\harddiskvolume3\\x", "%nobody%\\x", "c:\\a\\..\\windows",
                               "relative\\x", "c:relative"})
    EXPECT_EQ(extent_of(unplaced), Extent::unknown) << unplaced;
  for (const char* all : {"", "*", "*.*", "\\"}) EXPECT_EQ(extent_of(all), Extent::wide) << all;
}

}  // namespace
}  // namespace sekisho::judge
