// SPDX-License-Identifier: Apache-2.0
#include "base/base.h"
#include "base/crypto.h"
#include "base/csv.h"
#include "base/durable.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <csignal>
#include <random>
#include <set>
#include <thread>

#include <fmt/format.h>

#include "temp_root.h"

namespace sekisho {
namespace {

TEST(Text, WidthCountsWideCharactersTwiceAndMarksNot) {
  EXPECT_EQ(display_width("abc"), 3U);
  EXPECT_EQ(display_width("関所"), 4U);
  EXPECT_EQ(display_width("が"), 2U);
  EXPECT_EQ(display_width("か\u3099"), 2U);  // か and a combining voiced mark
  EXPECT_EQ(display_width("\xff"), 1U);
  EXPECT_EQ(pad_to("関所", 6), "関所  ");
}

TEST(Text, WrapBreaksJapaneseButNotBeforeClosingPunctuation) {
  EXPECT_THAT(wrap("端末を守る。次", 10), (std::vector<std::string>{"端末を守", "る。次"}));
  EXPECT_EQ(wrap("two words here", 9), (std::vector<std::string>{"two words", "here"}));
  EXPECT_EQ(wrap("", 10), (std::vector<std::string>{""}));
}

TEST(Text, PrintableTakesAwayWhatATerminalCouldObey) {
  EXPECT_EQ(printable("a\x1b[31mred"), "a?[31mred");
  EXPECT_EQ(printable("a\nb\tc"), "a b c");
  EXPECT_EQ(printable(" !~"), " !~");
  EXPECT_EQ(printable("~\x7F"), "~?");
  EXPECT_EQ(printable("abcd", 3), "abc…");
  EXPECT_EQ(printable("\xE2\x80\xAEgnp"), "?gnp");  // right-to-left override
  EXPECT_EQ(printable("\xC0\xAF"), "??");           // overlong
  EXPECT_EQ(printable("関所関所", 7), "関所…");
}

TEST(Text, WholeNumberTakesOnlyWholeNumbers) {
  EXPECT_EQ(whole_number("42"), 42);
  for (const char* bad : {"", " 1", "1 ", "-1", "+1", "0x1", "1.0", "99999999999999999999"})
    EXPECT_EQ(whole_number(bad), -1) << bad;
}

TEST(Time, FormatsAndParsesWhatExistsOnly) {
  const auto day = parse_day("2024-02-29");
  ASSERT_TRUE(day);
  EXPECT_EQ(format_day(*day), "2024-02-29");
  for (const char* bad : {"2023-02-29", "2024-13-01", "2024-1-01", "24-01-01", "2024-00-10", ""})
    EXPECT_FALSE(parse_day(bad)) << bad;
  EXPECT_EQ(format_time(*parse_time("2026-11-24T06:25:50Z")), "2026-11-24T06:25:50Z");
  EXPECT_EQ(parse_time("2026-11-24T06:25:50.123Z"), parse_time("2026-11-24T06:25:50Z"));
  for (const char* bad : {"2026-11-24T24:00:00Z", "2026-11-24 06:25:50Z", "2026-11-24T06:25:50",
                          "2026-11-24T06:25:50.Z"})
    EXPECT_FALSE(parse_time(bad)) << bad;
}

TEST(Time, ADayBeginsWhereTheOrganisationIs) {
  const Calendar japan;
  EXPECT_EQ(format_day(japan.day(*parse_time("2026-11-26T14:59:59Z"))), "2026-11-26");
  EXPECT_EQ(format_day(japan.day(*parse_time("2026-11-26T15:00:00Z"))), "2026-11-27");
  EXPECT_EQ(japan.start(*parse_day("2026-11-27")), *parse_time("2026-11-26T15:00:00Z"));
  EXPECT_EQ(japan.end(*parse_day("2026-11-27")), *parse_time("2026-11-27T15:00:00Z"));
  EXPECT_EQ(japan.format_minute(*parse_time("2026-11-26T23:30:59Z")), "2026-11-27 08:30 UTC+09:00");
  EXPECT_EQ(Calendar::utc().format_minute(*parse_time("1969-12-31T23:30:00Z")),
            "1969-12-31 23:30 UTC");
  const Calendar west = *Calendar::parse("-03:30");
  EXPECT_EQ(format_day(west.day(*parse_time("2026-11-27T03:29:59Z"))), "2026-11-26");
  EXPECT_EQ(west.start(*parse_day("2026-11-27")), *parse_time("2026-11-27T03:30:00Z"));
  for (const char* name : {"+09:00", "-03:30", "+00:00", "+14:00", "-12:00", "+05:45"})
    EXPECT_EQ(Calendar::parse(name)->name(), name);
  for (const char* bad : {"", "09:00", "+9:00", "+09:10", "+14:15", "-12:15", "+09:60", "+0a:00",
                          "Asia/Tokyo", "+09:00 ", "+-9:00"})
    EXPECT_FALSE(Calendar::parse(bad)) << bad;
}

/// What others write down may be of any year.
TEST(Time, HereHasEachYearThatCanBeWritten) {
  for (const char* zone : {"UTC", "Asia/Tokyo", "America/New_York"}) {
    ::setenv("TZ", zone, 1);
    ::tzset();
    for (int year = 0; year <= 9999; ++year) {
      const auto time = parse_time(fmt::format("{:04}-07-01T12:00:00Z", year));
      ASSERT_TRUE(time);
      const std::string name = Calendar::here(*time).name();
      ASSERT_TRUE(Calendar::parse(name)) << zone << " " << year << " " << name;
      ASSERT_EQ(format_minute(*time).substr(0, 4), fmt::format("{:04}", year));
    }
  }
  ::unsetenv("TZ");
  ::tzset();
}

/// Beside the C library, in zones with and without summer time.
TEST(Time, HereIsWhatTheMachineSays) {
  for (const char* zone : {"UTC", "JST-9", "CET-1CEST,M3.5.0,M10.5.0/3", "NST3:30"}) {
    ::setenv("TZ", zone, 1);
    ::tzset();
    for (const char* at : {"2026-01-15T23:45:00Z", "2026-07-15T00:15:00Z"}) {
      const std::time_t moment = std::chrono::system_clock::to_time_t(*parse_time(at));
      std::array<char, 40> shown{};
      ASSERT_GT(
          std::strftime(shown.data(), shown.size(), "%Y-%m-%d %H:%M", std::localtime(&moment)), 0U);
      EXPECT_TRUE(format_minute(*parse_time(at)).starts_with(shown.data())) << zone << at;
    }
  }
  ::unsetenv("TZ");
  ::tzset();
}

TEST(File, NeverWaitsForAFifoAndSaysWhatIsWrong) {
  const TempRoot root;
  ASSERT_EQ(::mkfifo(root.at("/fifo").c_str(), 0600), 0);
  EXPECT_EQ(read_regular_file(root.at("/fifo"), 100).error(), FileProblem::special);
  EXPECT_EQ(read_regular_file(root.at("/none"), 100).error(), FileProblem::missing);
  root.add("/big", std::string(101, 'x'));
  EXPECT_EQ(read_regular_file(root.at("/big"), 100).error(), FileProblem::too_large);
  EXPECT_EQ(read_regular_file(root.at("/big"), 101)->size(), 101U);
}

TEST(File, AtomicWriteLeavesTheOldFileWhenItFails) {
  const TempRoot root;
  root.add("/d/");
  ASSERT_TRUE(write_file_atomically(root.at("/d/f"), "one", 0600));
  struct stat status{};
  ::stat(root.at("/d/f").c_str(), &status);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  EXPECT_FALSE(write_file_atomically(root.at("/none/f"), "two"));
  EXPECT_EQ(*read_regular_file(root.at("/d/f"), 10), "one");
}

TEST(File, WhatACrashLeftHalfWrittenIsRemoved) {
  const TempRoot root;
  for (const char* name : {"/d/f.Ab12Cd.new", "/d/f.Ef34Gh.new", "/d/f"}) root.add(name, "half");
  const auto old = std::filesystem::file_time_type::clock::now() - std::chrono::hours(2);
  std::filesystem::last_write_time(root.at("/d/f.Ab12Cd.new"), old);
  std::filesystem::last_write_time(root.at("/d/f"), old);
  remove_leftovers(root.at("/d"));
  remove_leftovers(root.at("/none"));
  EXPECT_FALSE(std::filesystem::exists(root.at("/d/f.Ab12Cd.new")));
  EXPECT_TRUE(std::filesystem::exists(root.at("/d/f.Ef34Gh.new"))) << "somebody may be writing it";
  EXPECT_TRUE(std::filesystem::exists(root.at("/d/f")));
}

TEST(Process, RunsWithoutAShellOrEnvironment) {
  ASSERT_EQ(::setenv("SECRET", "leaks", 1), 0);
  const auto output = run_process({"/usr/bin/env"});
  ASSERT_TRUE(output);
  EXPECT_FALSE(output->out.contains("leaks"));
  EXPECT_TRUE(output->out.contains("LC_ALL=C"));
  EXPECT_EQ(run_process({"/bin/echo", "$HOME;id"})->out, "$HOME;id\n");
}

TEST(Process, EndsWhatTakesTooLongWithItsChildren) {
  const auto start = std::chrono::steady_clock::now();
  const auto output = run_process({"/bin/sh", "-c", "sleep 100 & sleep 100"},
                                  {.time = std::chrono::milliseconds(200)});
  ASSERT_FALSE(output);
  EXPECT_EQ(output.error(), ProcessProblem::timed_out);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(60));
}

TEST(Process, BoundsOutputAndTellsWhatIsMissing) {
  EXPECT_EQ(run_process({"/usr/bin/yes"}, {.output_bytes = 1000}).error(),
            ProcessProblem::too_much);
  EXPECT_EQ(run_process({"/none"}).error(), ProcessProblem::missing);
  EXPECT_EQ(run_process({"/bin/sh", "-c", "kill -9 $$"}).error(), ProcessProblem::failed);
  EXPECT_EQ(run_process({"/bin/sh", "-c", "exit 3"})->exit_code, 3);
}

std::string refusal(std::string_view yaml) {
  const auto document = parse_yaml("f.yaml", yaml);
  return document ? "" : document.error().describe(Lang::en);
}

TEST(Yaml, SaysFileLineAndReason) {
  EXPECT_EQ(refusal("a: 1\na: 2\n"), "f.yaml:2: 'a' is given twice.");
  EXPECT_EQ(refusal("a: &x 1\nb: *x\n"), "f.yaml:1: YAML anchors and aliases are not accepted.");
  EXPECT_EQ(refusal("a: !!binary eA==\n"), "f.yaml:1: YAML tags are not accepted.");
  EXPECT_THAT(refusal("a: [1, 2\nb: 3\n"), testing::StartsWith("f.yaml:"));
  EXPECT_EQ(refusal("a: 1\n---\nb: 2\n"), "f.yaml: the file holds more than one document.");
  EXPECT_EQ(refusal("\xff"), "f.yaml: the document is not UTF-8.");
}

TEST(Yaml, RefusesDeepAndHugeDocuments) {
  EXPECT_THAT(refusal("a: " + std::string(100, '[') + std::string(100, ']')),
              testing::HasSubstr("nested too deeply"));
  const auto many = parse_yaml("f", "a: [1, 2, 3, 4, 5]", {.nodes = 4});
  EXPECT_FALSE(many);
  EXPECT_FALSE(parse_yaml("f", std::string(200, 'x'), {.bytes = 100}));
}

TEST(Yaml, TypesPlainScalarsOnly) {
  const auto document = parse_yaml("f", "a: true\nb: 'true'\nc: 12\nd: '12'\ne: 012\nf: ~\n");
  ASSERT_TRUE(document);
  const auto& map = document->root.as_object();
  EXPECT_TRUE(map.at("a").is_bool());
  EXPECT_TRUE(map.at("b").is_string());
  EXPECT_TRUE(map.at("c").is_int64());
  EXPECT_TRUE(map.at("d").is_string());
  EXPECT_TRUE(map.at("e").is_string());
  EXPECT_TRUE(map.at("f").is_null());
}

TEST(Yaml, ReadsFractionsAndNegativesAsNumbersAndVersionsAsTheyStand) {
  const auto document =
      parse_yaml("f",
                 "a: 1.0001\nb: -3\nc: -0.5\nd: 1.10\ne: 7.4.1\ng: 1.\nh: .5\ni: 1e3\nj: '2.5'\n"
                 "k: 12345678901234567\nl: -012\n");
  ASSERT_TRUE(document);
  const auto& map = document->root.as_object();
  EXPECT_EQ(map.at("a"), 1.0001);
  EXPECT_EQ(map.at("b"), -3);
  EXPECT_EQ(map.at("c"), -0.5);
  for (const char* text : {"d", "e", "g", "h", "i", "j", "k", "l"})
    EXPECT_TRUE(map.at(text).is_string()) << text;
}

TEST(Json, RefusesTrailingDataAndDepth) {
  EXPECT_FALSE(parse_json("f", "{} x"));
  EXPECT_FALSE(parse_json("f", "{"));
  EXPECT_FALSE(parse_json("f", std::string(100, '[') + std::string(100, ']')));
  EXPECT_EQ(parse_json("f.json", "{\n\n!}").error().where, "f.json:3");
}

TEST(Node, ReportsEveryProblemOnceWithItsPlace) {
  const auto document = parse_yaml("f.yaml", "a: {ja: あ}\nb: 7\nc:\n  - x\n  - ''\n");
  ASSERT_TRUE(document);
  std::vector<Error> problems;
  const Node top(*document, problems);
  top.only({"a", "b"});
  top.at("a").text();
  top.at("b").string();
  top.at("c").strings();
  top.at("missing").text();
  std::vector<std::string> told;
  for (const Error& problem : problems) told.push_back(problem.describe(Lang::en));
  EXPECT_THAT(told, testing::ElementsAre("f.yaml:4: there is no field named 'c'.",
                                         "f.yaml:1: 'en' is missing.",
                                         "f.yaml:2: this must be a string that isn't blank.",
                                         "f.yaml:5: this must be a string that isn't blank.",
                                         "f.yaml:1: 'missing' is missing."));
}

/// RFC 4648, 10, without the padding; and what is no such text.
TEST(Crypto, Base64UrlHasOneFormForEachContent) {
  for (const auto& [text, bytes] : {std::pair<std::string, std::string>{"", ""},
                                    {"Zg", "f"},
                                    {"Zm8", "fo"},
                                    {"Zm9v", "foo"},
                                    {"Zm9vYg", "foob"},
                                    {"-_8", "\xfb\xff"}}) {
    EXPECT_EQ(base64url(bytes), text);
    EXPECT_EQ(from_base64url(text), bytes);
  }
  EXPECT_EQ(from_base64url("Zg=="), "f");
  EXPECT_EQ(base64("\xfb\xff"), "+/8=");
  for (const char* bad : {"Z", "Zh", "Zm9v\n", " Zm9v", "+/8", "Zm=v", "Zm9vé"})
    EXPECT_FALSE(from_base64url(bad)) << bad;
}

/// RFC 8032, 7.1, test 2.
TEST(Crypto, SignsAsTheStandardDoes) {
  const auto bytes = [](std::string_view digits) {
    std::string out;
    for (std::size_t i = 0; i < digits.size(); i += 2)
      out += static_cast<char>(std::stoi(std::string(digits.substr(i, 2)), nullptr, 16));
    return out;
  };
  const std::string seed =
      base64url(bytes("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"));
  const std::string open =
      base64url(bytes("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"));
  const std::string signature = sign(seed, "\x72");
  EXPECT_EQ(hex(*from_base64url(signature)),
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
            "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");
  EXPECT_TRUE(signature_valid(open, "\x72", signature));
  EXPECT_FALSE(signature_valid(open, "\x73", signature));
  EXPECT_FALSE(signature_valid(open, "\x72", signature.substr(1)));
  EXPECT_EQ(sign("short", "x"), "");
  const SigningKey made = new_signing_key();
  EXPECT_TRUE(signature_valid(made.public_key, "x", sign(made.seed, "x")));
  // With a point of small order as key, this one would hold for every text.
  const std::string one = "01" + std::string(62, '0');
  const std::string everything = base64url(bytes(one + std::string(64, '0')));
  for (const std::string& point :
       {one, std::string(64, '0'), "ec" + std::string(60, 'f') + "7f",
        "ed" + std::string(60, 'f') + "7f", "ee" + std::string(60, 'f') + "ff",
        std::string("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
        std::string("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa")})
    for (const char* text : {"", "a", "b", "c", "d", "e", "f", "g"})
      EXPECT_FALSE(signature_valid(base64url(bytes(point)), text, everything)) << point;
}

TEST(Json, GivesAKeyOnce) {
  const auto read = [](const char* text) { return parse_json("", text).has_value(); };
  for (const char* good : {"{}", R"({"a":1,"b":{"a":1}})", R"([{"a":1},{"a":1}])",
                           R"({"a:b":"c:d","\"":":\\"})", R"({"a" : ":", "b":[":",":"]})"})
    EXPECT_TRUE(read(good)) << good;
  for (const char* twice :
       {R"({"a":1,"a":1})", R"({"a":1,"\u0061":2})", R"([[{"b":{"a":1,"c":2,"a":3}}]])",
        R"({"a":{"x":1,"y":2},"b":3,"a":4})"})
    EXPECT_FALSE(read(twice)) << twice;
}

TEST(Text, OfANameShowsAllThatIsInItAndInItsOrder) {
  for (const char* good : {"Aoki", "青木 花子", "葛\xF3\xA0\x84\x80城", "Zoë O'Neill", "👩"})
    EXPECT_TRUE(is_plain_line(good)) << good;
  // U+0000 to U+10FFFF: what Unicode calls control, format or line, and the blanks that are
  // letters.
  for (const char* wrong : {"a\nb",
                            "a\tb",
                            "\x7F",
                            "\xC2\x80",
                            "\xC2\xAD",
                            "\xCD\x8F",
                            "\xD8\x9C",
                            "\xE1\x85\x9F",
                            "\xE1\xA0\x8E",
                            "\xE2\x80\x8B",
                            "\xE2\x80\x8D",
                            "\xE2\x80\x8F",
                            "\xE2\x80\xA8",
                            "\xE2\x80\xAE",
                            "\xE2\x81\xA0",
                            "\xE2\x81\xA9",
                            "\xE2\xA0\x80",
                            "\xE3\x85\xA4",
                            "\xEF\xBB\xBF",
                            "\xEF\xBE\xA0",
                            "\xF3\xA0\x80\x81",
                            "\xF3\xA0\x81\xBF",
                            "\xFF"})
    EXPECT_FALSE(is_plain_line(std::string("a") + wrong)) << wrong;
  EXPECT_TRUE(is_plain("two\nlines"));
  for (const char* wrong : {"\xC2\x9B", "\xE2\x80\xAE", "\xE2\x81\xA6", "\t", "\r"})
    EXPECT_FALSE(is_plain(wrong));
}

std::string utf8(char32_t code) {
  std::string out;
  const auto put = [&](char32_t byte) {
    out += static_cast<char>(static_cast<unsigned char>(byte));
  };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0U | code >> 6U), put(0x80U | (code & 0x3FU));
  } else if (code < 0x10000) {
    put(0xE0U | code >> 12U), put(0x80U | (code >> 6U & 0x3FU)), put(0x80U | (code & 0x3FU));
  } else {
    put(0xF0U | code >> 18U), put(0x80U | (code >> 12U & 0x3FU));
    put(0x80U | (code >> 6U & 0x3FU)), put(0x80U | (code & 0x3FU));
  }
  return out;
}

/// Where something is assigned all are looked at, elsewhere some.
bool is_looked_at(char32_t code) {
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  const bool dense = code < 0x32000 || (code >= 0xE0000 && code < 0xE1000);
  return !surrogate && (dense || (code & 0xFFFFU) >= 0xFFF0 || code % 61 == 0);
}

/// Perl, whose tables nobody of us wrote, says of each code whether it isn't seen.
std::set<char32_t> hidden_by_perl() {
  const auto ran = run_process(
      {"/usr/bin/perl", "-e",
       "no warnings; for my $c (0 .. 0x10FFFF) { next unless $c < 0xD800 || $c > 0xDFFF; next "
       "unless $c < 0x32000 || ($c >= 0xE0000 && $c < 0xE1000) || ($c & 0xFFFF) >= 0xFFF0 || $c % "
       "61 == 0; my $s = chr $c; print \"$c\\n\" if $s =~ "
       "/[\\p{Cc}\\p{Cf}\\p{Co}\\p{Zl}\\p{Zp}\\p{DI}\\p{NChar}]/ || $s !~ /\\p{Present_In: 14.0}/ "
       "}"},
      {.time = std::chrono::minutes(10), .output_bytes = std::size_t{32} << 20U});
  std::set<char32_t> codes;
  if (!ran) return codes;
  for (const std::string_view line : words(ran->out))
    codes.insert(static_cast<char32_t>(whole_number(line)));
  return codes;
}

TEST(Text, OfAllUnicodeNothingIsShownThatIsntSeen) {
  const std::set<char32_t> hidden = hidden_by_perl();
  ASSERT_GT(hidden.size(), 20'000U) << "perl";
  const auto to_come = [](char32_t code) {  // kana, emoji, kanji
    return (code >= 0x1AFF0 && code <= 0x1B16F) || (code >= 0x1F000 && code <= 0x1FAFF) ||
           (code >= 0x20000 && code <= 0x3FFFD && (code & 0xFFFFU) <= 0xFFFD);
  };
  for (char32_t code = 0; code <= 0x10FFFF; ++code) {
    if (!is_looked_at(code)) continue;
    const bool wanted = (hidden.contains(code) && !to_come(code)) || code == 0x2800;
    const std::string character = utf8(code);
    const bool blank = code == '\n' || code == '\t' || code == '\r';
    ASSERT_EQ(printable("a" + character + "b"), "a" +
                                                    (blank    ? " "
                                                     : wanted ? "?"
                                                              : character) +
                                                    "b")
        << fmt::format("U+{:04X}", static_cast<std::uint32_t>(code));
    ASSERT_EQ(is_plain_line("a" + character + "b"), !wanted)
        << fmt::format("U+{:04X}", static_cast<std::uint32_t>(code));
  }
}

TEST(Text, KeepsTheFormOfAKanjiAndWhatMakesAnEmoji) {
  const std::string joiner = utf8(0x200D);
  const std::string emoji = utf8(0xFE0F);
  const std::string second = utf8(0xE0101);
  const std::string family = "👩" + joiner + "👩" + joiner + "👧";
  for (const std::string& kept :
       {"葛" + second + "城", "々" + second, "𠮟" + second, family, "❤" + emoji,
        "❤" + emoji + joiner + "🔥", "1" + emoji + utf8(0x20E3), "#" + emoji + utf8(0x20E3),
        "👍" + utf8(0x1F3FD), "👩" + utf8(0x1F3FD) + joiner + "💻", "🇯🇵 " + utf8(0x1F3F4),
        std::string("ﾊﾝｶｸ ガ か゚ ㍻ ㋿ ① Ⅲ 髙 﨑 〜 ～ 〒")}) {
    EXPECT_EQ(printable(kept), kept);
    EXPECT_TRUE(is_plain_line(kept)) << kept;
  }
  for (const auto& [text, shown] : {std::pair("pc" + joiner + "1", std::string("pc?1")),
                                    {"👩" + joiner, "👩?"},
                                    {"👩" + joiner + joiner + "👧", "👩??👧"},
                                    {joiner + "👧", "?👧"},
                                    {"葛" + second + second, "葛" + second + "?"},
                                    {"か" + second, "か?"},
                                    {"a" + emoji, "a?"},
                                    {"1" + emoji, "1?"},
                                    {"❤" + emoji + emoji, "❤" + emoji + "?"},
                                    // Text that programs read and people don't.
                                    {"🏴" + utf8(0xE0068) + utf8(0xE0069), "🏴??"}}) {
    EXPECT_EQ(printable(text), shown);
    EXPECT_FALSE(is_plain_line(text)) << text;
  }
}

TEST(Text, CutAnywhereStaysAsItIs) {
  std::mt19937 random(4);
  const std::array<std::string, 10> parts{"👩", utf8(0x200D),  utf8(0xFE0F), "1",  utf8(0x20E3),
                                          "葛", utf8(0xE0101), utf8(0x202E), "か", "\xFF"};
  for (int i = 0; i < 20'000; ++i) {
    std::string text;
    for (int n = 0; n < 8; ++n) text += parts.at(random() % parts.size());
    const std::string shown = printable(text, random() % 30);
    ASSERT_TRUE(is_plain_line(shown)) << shown;
    ASSERT_EQ(printable(shown), shown);
  }
}

TEST(Text, OfSeveralLinesMayHoldWhatOfficeProgramsPutThere) {
  for (const char32_t code : {U'\u00AD', U'\u200B', U'\u200C', U'\u200D', U'\u2060', U'\uFEFF'}) {
    EXPECT_TRUE(is_plain("two" + utf8(code) + "\nlines"));
    EXPECT_FALSE(is_plain_line("two" + utf8(code) + "lines"));
  }
  for (const char32_t code : {U'\u2028', U'\u2029', U'\u202E', U'\u200F', U'\uE000', U'\U000E0041'})
    EXPECT_FALSE(is_plain("a" + utf8(code)));
}

/// Whoever starts us may ignore SIGCHLD; the kernel then keeps no status of a child.
TEST(Process, FailureIsNoSuccessWhereChildrenAreIgnored) {
  const auto before = std::signal(SIGCHLD, SIG_IGN);
  const auto done = run_process({"/bin/false"});
  std::signal(SIGCHLD, before);
  EXPECT_FALSE(done && done->exit_code == 0);
  // The child itself starts with signals as they are by default.
  std::signal(SIGPIPE, SIG_IGN);
  const auto ignored = run_process({"/bin/sh", "-c", "grep SigIgn /proc/self/status"});
  std::signal(SIGPIPE, SIG_DFL);
  ASSERT_TRUE(ignored);
  const auto bits = std::stoull(ignored->out.substr(ignored->out.find('\t') + 1), nullptr, 16);
  EXPECT_EQ(bits & (1ULL << (SIGPIPE - 1)), 0U) << ignored->out;
}

TEST(Csv, NothingIsAFormula) {
  EXPECT_EQ(csv_row({"a", "say \"x\"", ""}), "\"a\",\"say \"\"x\"\"\",\"\"\r\n");
  for (const std::string sign : {"=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠"})
    EXPECT_EQ(csv_cell(sign + "1"), "\"'" + sign + "1\"");
  EXPECT_EQ(csv_cell("１＝１"), "\"１＝１\"");
}

}  // namespace
}  // namespace sekisho
