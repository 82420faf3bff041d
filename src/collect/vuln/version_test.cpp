// SPDX-License-Identifier: Apache-2.0
#include "collect/vuln/version.h"

#include <gtest/gtest.h>

#include <random>

namespace sekisho {
namespace {

Version makers(std::string_view text) {
  const auto version = Scheme::makers().exact(text);
  EXPECT_TRUE(version) << text;
  return *version;
}

TEST(MakersVersions, AreInTheOrderOfTheirMakers) {
  // Each before the next.
  const std::vector<std::string> order{
      "0.9",       "1.0-alpha", "1.0-beta2",     "1.0-beta10",    "1.0-M4",    "1.0-rc1",
      "1.0",       "1.0a",      "1.0.1",         "1.0.1k",        "1.0.1za",   "1.0.2",
      "1.0.10",    "1.1",       "9.1r11.4",      "9.1r11.5",      "9.8(4)",    "9.8(4)12",
      "10.0.0-M5", "10.0.0",    "10.2.1.0-17sv", "10.2.1.1-19sv", "22.7 r2.3", "22.7 r2.4"};
  for (std::size_t i = 0; i < order.size(); ++i)
    for (std::size_t j = 0; j < order.size(); ++j) {
      EXPECT_EQ(makers(order[i]) < makers(order[j]), i < j) << order[i] << " " << order[j];
      EXPECT_EQ(makers(order[i]) == makers(order[j]), i == j) << order[i] << " " << order[j];
    }
  EXPECT_EQ(makers("7.4"), makers("7.4.0"));
  EXPECT_EQ(makers("V007"), makers("v7.0.0"));
  EXPECT_EQ(makers("2.0.0-M3"), makers("2.0.0 milestone3"));
  EXPECT_EQ(makers("5.3.1.RELEASE"), makers("5.3.1"));
}

TEST(MakersVersions, OfUnknownWordsHaveNoOrder) {
  for (const auto& [a, b] :
       std::initializer_list<std::pair<const char*, const char*>>{{"1.0-foo", "1.0"},
                                                                  {"1.0-foo", "1.0-bar"},
                                                                  {"1.0-foo", "1.0.1"},
                                                                  {"1.0+1", "1.0"},
                                                                  {"1.0r2", "1.0p2"},
                                                                  {"3.13.0a1", "3.13.0"}}) {
    EXPECT_FALSE(makers(a) < makers(b) || makers(a) > makers(b) || makers(a) == makers(b))
        << a << " " << b;
    EXPECT_TRUE(makers(a) < makers("9.0"));
  }
  for (const char* none : {"", "-", "latest", "FortiOS 7.2.6", "7.2.6 以前", "1:3.0.7", "3.0~rc1",
                           "r81", "99999999999999999999", "1.2.3.4.5.6.7.8.9.10.11.12.13.14.15"})
    EXPECT_FALSE(Scheme::makers().exact(none)) << none;
}

TEST(MakersVersions, AreReadWithTheirWordInFront) {
  EXPECT_EQ(Scheme::makers().read("Ver. 1.2.3")->least, makers("1.2.3"));
  EXPECT_EQ(Scheme::makers().read("１．２．３")->least, makers("1.2.3"));
  const auto line = Scheme::makers().read("1.2.x");
  EXPECT_FALSE(line->exact());
  EXPECT_TRUE(line->least == makers("1.2") && line->most > makers("1.2.999") &&
              line->most < makers("1.3"));
  for (const char* none : {"1.2.3 or later", "1.2.3 beta", "version", "below 2", "1.2.3?", "x.x"})
    EXPECT_FALSE(Scheme::makers().read(none)) << none;
}

TEST(Schemes, VersionsOfTwoSchemesHaveNoOrder) {
  const auto a = Scheme::make({{"#.#"}, {}, {}});
  const auto b = Scheme::make({{"#.#[.#]"}, {}, {}});
  EXPECT_TRUE(*a->exact("1.0") == *a->exact("1.0"));
  EXPECT_FALSE(*a->exact("1.0") == *b->exact("1.0"));
  EXPECT_FALSE(*a->exact("1.0") == makers("1.0"));
  EXPECT_TRUE((*a->exact("1.0") <=> makers("2.0")) == std::partial_ordering::unordered);
}

TEST(Schemes, WhoseFormIsNoneAreNotMade) {
  for (const char* form : {"", "abc", "#[", "#]", "#.#]["})
    EXPECT_FALSE(Scheme::make({{form}, {}, {}})) << form;
  EXPECT_FALSE(Scheme::make({{}, {"#"}, {}}));
  EXPECT_FALSE(Scheme::make({{std::string(200, '#')}, {}, {}}));
  EXPECT_FALSE(Scheme::make({{"###############"}, {}, {}}));
}

TEST(Schemes, ReadOneVersionOutOfAText) {
  const auto scheme = Scheme::make({{"#.# r#[.~][ s#]", "#.#.#[@]"}, {"#.#"}, {"build", "take"}});
  ASSERT_TRUE(scheme);
  const auto plain = [&](std::string_view text) {
    const auto reading = scheme->read(text);
    return reading ? reading->plain + (reading->exact() ? "" : " …") : "none";
  };
  EXPECT_EQ(plain("9.1R18.2"), "9.1r18");
  EXPECT_EQ(plain("Gate [20.4R1.12-S3] 2021-03-04 12:30:11"), "20.4r1-s3");
  EXPECT_EQ(plain("GATE-60F v7.02.6,build1575,231016 (GA.M)"), "7.2.6");
  EXPECT_EQ(plain("7.2.6-build1575"), "7.2.6");
  EXPECT_EQ(plain("build 9.9.9: 7.2.6 take 1.1.1"), "7.2.6");
  EXPECT_EQ(plain("7.2.6a"), "7.2.6a");
  EXPECT_EQ(plain("ファームウェア 7.2.6。"), "7.2.6");
  EXPECT_EQ(plain("7.2 (7.2.6)"), "7.2.6");
  EXPECT_EQ(plain("7.2.6 (7.2)"), "7.2.6");
  EXPECT_EQ(plain("7.2"), "7.2 …");
  EXPECT_EQ(plain("7.2.x"), "7.2 …");
  EXPECT_EQ(plain("7.2.*"), "7.2 …");
  for (const char* none : {"",
                           "latest",
                           "不明",
                           "7",
                           "7.2.6.5",
                           "7.2.6 → 7.2.7",
                           "7.2.6, 7.2.7",
                           "7.2 8.1",
                           "7.2.6 より前",
                           "7.2.6 未満",
                           ">= 7.2.6",
                           "7.2.6?",
                           "not 7.2.6",
                           "7.2.6 or 7.2.7",
                           "7.2.6beta2",
                           "2021.3.4",
                           "17.2.6.7.2.6",
                           "192.168.0.1",
                           "7.2.6+x",
                           "7.2.9999999999999999999"})
    EXPECT_EQ(plain(none), "none") << none;
}

TEST(Schemes, WhatCannotBePlacedBesideAVersionMakesItNone) {
  const auto scheme = Scheme::make({{"#.#.#[@]", "^ ^ #-smp.bin"}, {"#.#"}, {"build", "client"}});
  ASSERT_TRUE(scheme);
  for (const char* none :
       {"7.2.7 未適用",     "7.2.7 未",       "7.2.7に上げたい", "7.2.7 相当",
        "最新版 7.2.7",     "7.2.7+",         "~7.2.7",          "7.2.7^",
        "7.2.6〜7.2.8",     "7.2.6～7.2.8",   "7.2.6…7.2.8",     "7.2.7 (old)",
        "at least 7.2.7",   "latest (7.2.7)", "last seen 7.2.7", "7.2.7 needed",
        "7.2.7 wanted",     "7.2.7!",         "7.2.7$",          "9.16(4.57), 7.2.7",
        "7.2.7 (23.8.1.5)", "client 7.2.7",   "984-20-3-smp.bin"})
    EXPECT_FALSE(scheme->read(none)) << none;
  for (const char* one :
       {"FGT60F v7.2.7", "ファームウェア 7.2.7", "7.2.7 適用済み",
        "7.2.7 （2026年11月1日 確認済み）", "7.2.7 GA (64-bit)", "DS920+ 7.2.7",
        "7.2.7, Date: Jul 2026", "[7.2.7] 2026-11-01", "7.2.7 client 1.2.3", "v7‐2 7.2.7"}) {
    const auto reading = scheme->read(one);
    ASSERT_TRUE(reading) << one;
    EXPECT_EQ(reading->plain, "7.2.7") << one;
  }
  // An installer's name of a program is no statement of a person's.
  EXPECT_TRUE(scheme->read("一太郎 7.2.7 Studio", Scheme::Beside::any));
  EXPECT_FALSE(scheme->read("Reader 7.2.7 or later", Scheme::Beside::any));
}

TEST(Schemes, CompareByThePlacesOfTheirForms) {
  const auto scheme = Scheme::make({{"#.#(#)[#]", "#.#.#[.#]", "#.#__ x#"}, {"#.#"}, {}});
  EXPECT_EQ(*scheme->exact("9.8(4)15"), *scheme->exact("9.8.4.15"));
  EXPECT_LT(*scheme->exact("9.8(4)"), *scheme->exact("9.8.4.1"));
  EXPECT_LT(*scheme->exact("9.8(4)15"), *scheme->exact("9.10(1)"));
  const auto line = scheme->read("9.8");
  EXPECT_TRUE(line->least <= *scheme->exact("9.8(4)15") && line->most > *scheme->exact("9.8(4)15"));
  EXPECT_TRUE(scheme->read("9.8(4)")->least.within(*scheme->exact("9.8")));
  EXPECT_FALSE(scheme->read("9.9(4)")->least.within(*scheme->exact("9.8")));
  EXPECT_FALSE(scheme->read("9.8(4)15")->least.within(*scheme->exact("9.8(4)")));
  EXPECT_FALSE(scheme->exact("9.8(4)15 b"));
}

/// Against an independent order: lists of numbers.
TEST(Schemes, OrderAsTheirNumbersDo) {
  std::mt19937 random{20261126};  // NOLINT(cert-msc51-cpp): the same pairs each time
  const auto scheme = Scheme::make({{"#.#[.#][-h#]"}, {}, {"build"}});
  const auto one = [&] {
    std::vector<std::uint_fast32_t> numbers(4);
    std::string text = random() % 2 == 0 ? "v" : "";
    numbers[0] = random() % 12;
    numbers[1] = random() % 12;
    text += std::to_string(numbers[0]) + "." + (random() % 3 == 0 ? "0" : "") +
            std::to_string(numbers[1]);
    if (random() % 2 == 0) text += "." + std::to_string(numbers[2] = random() % 12);
    if (random() % 2 == 0) text += "-h" + std::to_string(numbers[3] = random() % 12);
    if (random() % 3 == 0) text += " build" + std::to_string(random() % 1000);
    return std::pair(text, numbers);
  };
  for (int i = 0; i < 20'000; ++i) {
    const auto [a, left] = one();
    const auto [b, right] = one();
    const auto first = scheme->read(a);
    const auto second = scheme->read(b);
    ASSERT_TRUE(first && second) << a << " " << b;
    ASSERT_TRUE((first->least <=> second->least) == (left <=> right)) << a << " " << b;
  }
}

}  // namespace
}  // namespace sekisho
