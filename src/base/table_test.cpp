// SPDX-License-Identifier: Apache-2.0
#include "base/table.h"

#include <iconv.h>

#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sekisho {
namespace {

using ::testing::ElementsAre;

TEST(Table, ReadsWhatSpreadsheetsWrite) {
  const auto rows = read_table("a,b\r\n\"x, \"\"y\"\"\",\"two\nlines\"\r\n\r\nlast, z \n");
  ASSERT_TRUE(rows);
  ASSERT_EQ(rows->size(), 3U);
  EXPECT_THAT((*rows)[1].cells, ElementsAre("x, \"y\"", "two\nlines"));
  EXPECT_EQ((*rows)[1].line, 2U);
  EXPECT_THAT((*rows)[2].cells, ElementsAre("last", "z"));
  EXPECT_EQ((*rows)[2].line, 5U);
  EXPECT_THAT(read_table("a\tb\n1\t2")->at(1).cells, ElementsAre("1", "2"));
  EXPECT_THAT(read_table("a;b\n1;2")->at(1).cells, ElementsAre("1", "2"));
  EXPECT_THAT(read_table("a,b\n,")->at(1).cells, ElementsAre("", ""));
  EXPECT_EQ(read_table("a\n\"open").error().where, "2");
  EXPECT_TRUE(read_table("")->empty());
}

TEST(Table, KnowsTheEncodingsOfJapaneseWindows) {
  EXPECT_EQ(decoded_text("\xEF\xBB\xBF\xE7\xAB\xAF"), "端");
  EXPECT_EQ(decoded_text("\x92\x5B\x96\x96\x96\xBC"), "端末名");           // CP932
  EXPECT_EQ(decoded_text(std::string_view("\xFF\xFE\xEF\x7A", 4)), "端");  // UTF-16LE
  EXPECT_EQ(decoded_text("\x92\x5B\x96"), std::nullopt);
  EXPECT_EQ(decoded_text(std::string_view("a\0b", 3)), std::nullopt);
}

std::string encoded(const std::string& text, const char* into) {
  const iconv_t conversion = ::iconv_open(into, "UTF-8");
  std::string in = text;
  std::string out(text.size() * 2 + 64, '\0');
  char* from = in.data();
  char* to = out.data();
  std::size_t left = in.size();
  std::size_t room = out.size();
  const bool good = ::iconv(conversion, &from, &left, &to, &room) != static_cast<std::size_t>(-1) &&
                    ::iconv(conversion, nullptr, nullptr, &to, &room) == 0;
  ::iconv_close(conversion);
  EXPECT_TRUE(good) << text;
  out.resize(out.size() - room);
  return out;
}

/// Lists as they are written, in each encoding: all come to the same text.
TEST(Table, TellsTheJapaneseEncodingsApart) {
  const std::vector<std::string> cells{
      "端末名",     "ＯＳ", "PC-01",    "使用者",     "山田 花子", "ﾊﾟｿｺﾝ",        "営業部", "",
      "バージョン", "22H2", "サーバー", "Windows 11", "第1課",     "はい、いいえ", "ﾉｰﾄ"};
  std::mt19937 random{11};  // NOLINT(*-msc51-cpp): the same each time
  for (int i = 0; i < 3000; ++i) {
    std::string text = "端末名,OS,バージョン\n";
    for (std::size_t n = 1 + random() % 30; n > 0; --n)
      text += cells[random() % cells.size()] + (random() % 4 == 0 ? "\n" : ",");
    for (const char* encoding : {"CP932", "EUC-JP", "UTF-8"})
      EXPECT_EQ(decoded_text(encoded(text, encoding)), text) << encoding;
    if (!text.contains("ﾊ") && !text.contains("ﾉ")) {
      EXPECT_EQ(decoded_text(encoded(text, "ISO-2022-JP")), text);
    }
  }
  // A list in katakana of half width alone, as old Windows wrote it.
  EXPECT_EQ(decoded_text(encoded("ﾊﾟｿｺﾝ,ﾉｰﾄ\nﾊﾟｿｺﾝ,ｶﾅ\n", "CP932")), "ﾊﾟｿｺﾝ,ﾉｰﾄ\nﾊﾟｿｺﾝ,ｶﾅ\n");
}

}  // namespace
}  // namespace sekisho
