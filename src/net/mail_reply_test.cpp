// SPDX-License-Identifier: Apache-2.0
#include "net/mail_reply.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace sekisho {
namespace {

MailReply after(std::initializer_list<std::string_view> lines) {
  MailReply reply;
  for (const std::string_view line : lines) reply.hear(line);
  return reply;
}

TEST(MailReply, IsTheNewestWithAllItsLines) {
  const auto one = after({"220 mail.example.jp\r\n", "250-a\r\n", "250-b\r\n", "250 c\r\n"});
  EXPECT_EQ(one.code, 250);
  EXPECT_EQ(one.words, "a b c");
  EXPECT_TRUE(one.over);
  const auto two = after({"250 ok\r\n", "550-5.1.1 no\r\n", "550\r\n"});
  EXPECT_EQ(two.code, 550);
  EXPECT_EQ(two.words, "5.1.1 no ");
  EXPECT_FALSE(after({"550-no\r\n"}).over);
}

TEST(MailReply, WhatIsNoLineOfItChangesNothing) {
  for (const char* line : {"", "\r\n", "55", "5x0 c", "-50 c", "221 Bye", "221-Bye", "hello"}) {
    const auto reply = after({"550 no", line});
    EXPECT_EQ(reply.code, 550) << line;
    EXPECT_EQ(reply.words, "no") << line;
    EXPECT_EQ(after({line}).code, 0) << line;
  }
}

TEST(MailReply, IsShownWholeAndHarmlessHoweverLongItIs) {
  MailReply reply;
  for (int i = 0; i < 1000; ++i) reply.hear("550-\x1b[31m\xE2\x80\xAE\xFFごめんなさい\r\n");
  EXPECT_LE(reply.words.size(), MailReply::kMostWords + std::string_view("…").size());
  EXPECT_TRUE(is_plain_line(reply.words)) << reply.words;
}

}  // namespace
}  // namespace sekisho
