#include "server/people/people_list.h"

#include <gtest/gtest.h>

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
  // As Excel on Japanese Windows saves it.
  EXPECT_EQ(written("\x8e\x8e,a@firm.example\n"), "試|a@firm.example|teleworker\n");
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
