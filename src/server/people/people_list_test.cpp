// SPDX-License-Identifier: Apache-2.0
#include "server/people/people_list.h"

#include <gtest/gtest.h>

#include "server/api/fields.h"

namespace sekisho {
namespace {

std::string written(std::string_view list) {
  const auto read = read_people_list(list);
  std::string out;
  if (!read) {
    for (const Error& one : read.error()) out += one.message.en + "\n";
    return out;
  }
  for (const ListedPerson& one : *read) out += one.name + "|" + one.email + "|" + one.roles + "\n";
  return out;
}

TEST(PeopleList, AsPeopleHaveIt) {
  const std::string two =
      "山田 太郎|taro@firm.example|teleworker\nHana|hana@firm.example|executive\n";
  EXPECT_EQ(written("氏名,メールアドレス,役割\n山田 "
                    "太郎,Taro@firm.example,\nHana,hana@firm.example,経営者\n"),
            two);
  EXPECT_EQ(written("山田 太郎 <taro@firm.example>\n\"Hana\" <hana@firm.example>\texecutive\n"),
            two);
  EXPECT_EQ(written("taro@firm.example\t山田 太郎\nhana@firm.example\tHana\t経営者"), two);
  EXPECT_EQ(written("a@firm.example\nb@firm.example\r\n"),
            "a|a@firm.example|teleworker\nb|b@firm.example|teleworker\n");
  EXPECT_EQ(written("A <a@firm.example>, B <b@firm.example>"),
            "A|a@firm.example|teleworker\nB|b@firm.example|teleworker\n");
  // As it stands in mails, address books and notes.
  const std::string pair = "山田 太郎|a@f.example|teleworker\n鈴木 花子|b@f.example|teleworker\n";
  for (const char* way : {"山田 太郎 a@f.example\n鈴木 花子 b@f.example",
                          "山田　太郎　a＠f.example\n鈴木　花子　b＠f.example",
                          "山田 太郎\ta@f.example\n鈴木 花子\tb@f.example",
                          "a@f.example 山田 太郎\nb@f.example 鈴木 花子",
                          "山田 太郎 <a@f.example>; 鈴木 花子 <b@f.example>",
                          "山田 太郎 <a@f.example>;鈴木 花子 <b@f.example>;",
                          "山田 太郎 <a@f.example> 鈴木 花子 <b@f.example>",
                          "山田 太郎 a@f.example 鈴木 花子 b@f.example",
                          "山田 太郎、a@f.example\n鈴木 花子、b@f.example",
                          "山田 太郎，a＠f.example\n鈴木 花子，b＠f.example",
                          "山田 太郎＜a@f.example＞；鈴木 花子＜b@f.example＞",
                          "山田 太郎（a@f.example）\n鈴木 花子 (mailto:b@f.example)"})
    EXPECT_EQ(written(way), pair) << way;
  EXPECT_EQ(written("山田 太郎 a@f.example 経営者\n"), "山田 太郎|a@f.example|executive\n");
  EXPECT_EQ(written("山田 太郎 <a@f.example> 経営者\n"), "山田 太郎|a@f.example|executive\n");
  EXPECT_EQ(written("山田 太郎 a@f.example 見習い\n"),
            "line 1: '見習い' is no role; use executive, administrator, teleworker or auditor.\n");
  // As Excel on Japanese Windows saves it.
  EXPECT_EQ(written("\x8e\x8e,a@firm.example\n"), "試|a@firm.example|teleworker\n");
}

TEST(PeopleList, AFirstLineIsOneOfHeadingsOnlyWhenItNamesColumns) {
  for (const char* headings : {"氏名,メールアドレス,役割", "Name, E-Mail, Role",
                               "名前,ＭＡＩＬ,権限", "full name,email address,roles"})
    EXPECT_EQ(written(std::string(headings) + "\nHana,hana@firm.example,経営者\n"),
              "Hana|hana@firm.example|executive\n")
        << headings;
  EXPECT_EQ(written("部署,姓,名,メール\n営業部,山田,太郎,taro@firm.example\n"),
            "山田 太郎|taro@firm.example|teleworker\n")
      << "a column is what it is called";
  for (const char* bad : {"山田 太郎,taro.firm.example,社員", "山田 太郎", "氏名,taro", "nobody",
                          "山田,メール", "役割,社長"})
    EXPECT_EQ(written(std::string(bad) + "\na@firm.example\n"),
              "line 1: there is no email address.\n")
        << bad;
}

TEST(PeopleList, FullWidthAddressesAreUnderstood) {
  for (const char* way : {"ｓｕｚｕｋｉ＠ｆｉｒｍ．ｅｘａｍｐｌｅ", "suzuki＠firm.example",
                          "鈴木　＜ｓｕｚｕｋｉ＠firm.example＞",
                          "鈴木,ＳＵＺＵＫＩ@ＦＩＲＭ.example", "　suzuki＠firm.example　"})
    EXPECT_NE(written(way).find("|suzuki@firm.example|teleworker\n"), std::string::npos)
        << written(way);
  // Every sign that has a full-width form, as the address has it.
  for (char32_t sign = 0xFF01; sign <= 0xFF5E; ++sign) {
    std::string wide{static_cast<char>(0xEF), static_cast<char>(0x80U | (sign >> 6U & 0x3FU)),
                     static_cast<char>(0x80U | (sign & 0x3FU))};
    EXPECT_EQ(narrowed("x" + wide + "y"),
              std::string("x") + static_cast<char>(sign - 0xFEE0) + "y");
  }
  for (const char* other : {"あ", "ｱ", "\xEF\xBD\x9F", "\xEF\xBC\x80", "\xEF\xBC", "\xEF"})
    EXPECT_EQ(narrowed(other), other);
  EXPECT_EQ(written("а@firm.example\n"), "line 1: this is no email address.\n") << "Cyrillic";
}

TEST(PeopleList, RolesAreUnderstoodOrRefused) {
  const std::string both = "A|a@firm.example|administrator executive\n";
  for (const char* cell : {"\"経営者,管理者\"", "経営者,管理者", "経営者/管理者", "管理者、経営者",
                           "経営者・管理者", "Executive / Admin", "経営者／管理者", "経営者 管理者",
                           "システム・セキュリティ管理者,経営者"})
    for (const char* headings : {"", "氏名,メール,役割\n"})
      EXPECT_EQ(written(std::string(headings) + "A,a@firm.example," + cell + "\n"), both)
          << headings << cell;
  for (const char* cell : {"社長", "\"経営者,社長\"", "経営者/社長", "社長,経営者", "経営者,社長"})
    for (const char* start : {"A,a@firm.example,", "A <a@firm.example>,", "a@firm.example,"}) {
      const std::string all = written(std::string("b@firm.example\n") + start + cell);
      EXPECT_TRUE(all.starts_with("line 2: '社長' is no role")) << start << cell << all;
    }
  EXPECT_TRUE(
      written("氏名,メール,役割\nA,a@firm.example,Hana\n").starts_with("line 2: 'hana' is no"));
}

TEST(PeopleList, NothingIsTakenHalf) {
  EXPECT_EQ(written("a@firm.example\nnobody\nb@\na@firm.example\n"),
            "line 2: there is no email address.\nline 3: this is no email address.\nline 4: this "
            "address stands here twice.\n");
  EXPECT_EQ(written("name,mail\n"), "nobody is in it.\n");
  EXPECT_EQ(written(""), "nobody is in it.\n");
  EXPECT_EQ(written("a\xE2\x80\xAE,a@firm.example\n"),
            "line 1: the name has characters that cannot be used, or is too long.\n");
  std::string many;
  for (std::size_t i = 0; i <= kMostListedPeople; ++i)
    many += std::to_string(i) + "@firm.example\n";
  EXPECT_EQ(written(many), "at most 500 people at once.\n");
}

}  // namespace
}  // namespace sekisho
