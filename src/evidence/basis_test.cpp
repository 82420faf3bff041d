// SPDX-License-Identifier: Apache-2.0
#include "evidence/basis.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <set>

#include <boost/json.hpp>

#include "evidence/finding.h"

namespace sekisho {
namespace {

using ::testing::ElementsAre;

TEST(Judgement, IsNoPassWithoutABasis) {
  EXPECT_EQ(Judgement(Verdict::pass, {"良い", "good"}, {}).verdict(), Verdict::unknown);
  EXPECT_NE(Judgement(Verdict::pass, {"良い", "good"}, {}).detail().en, "good");
  EXPECT_EQ(Judgement::without_basis(Verdict::pass, {"良い", "good"}).verdict(), Verdict::unknown);
  EXPECT_EQ(judgement_of(pass("良い", "good")).verdict(), Verdict::unknown);
  const Judgement proven(Verdict::pass, {"良い", "good"}, Compared{.place = "/etc/x"});
  EXPECT_EQ(proven.verdict(), Verdict::pass);
  EXPECT_EQ(proven.detail().en, "good");
  for (const Verdict other : {Verdict::fail, Verdict::unknown, Verdict::not_applicable})
    EXPECT_EQ(Judgement::without_basis(other, {"x", "x"}).verdict(), other);
}

TEST(Judgement, OfBeforeABasisWasKeptSaysSo) {
  const Judgement kept = Judgement::kept(Verdict::pass, {"良い", "good"}, kept_basis(""));
  EXPECT_EQ(kept.verdict(), Verdict::pass);
  ASSERT_EQ(kept.basis().list().size(), 1U);
  EXPECT_EQ(kept.basis().list()[0].source, Compared::Source::earlier);
  EXPECT_TRUE(Judgement::kept(Verdict::fail, {}, {}).basis().empty());
}

TEST(Basis, SaysWhatWasComparedWithWhat) {
  const auto said = [](const Compared& one) { return words(one).en; };
  EXPECT_EQ(
      said({.place = "/etc/ssh/sshd_config:3", .seen = "PasswordAuthentication no", .limit = "no"}),
      "/etc/ssh/sshd_config:3: PasswordAuthentication no (held against no)");
  EXPECT_EQ(said({.source = Compared::Source::entry,
                  .place = "FortiOS",
                  .seen = "7.4.9",
                  .by = "NVD fortinet fortios",
                  .day = parse_day("2026-11-20")}),
            "FortiOS, as entered: 7.4.9 (matched with NVD fortinet fortios, 2026-11-20)");
  EXPECT_EQ(said({.source = Compared::Source::person,
                  .place = "花",
                  .seen = "yes",
                  .day = parse_day("2026-11-20")}),
            "the answer of 花: yes (2026-11-20)");
  EXPECT_EQ(
      words(Compared{.source = Compared::Source::registry, .place = R"(HKLM\X)", .seen = "1"}).ja,
      R"(レジストリ HKLM\X: 1)");
  EXPECT_EQ(words(Compared{.source = Compared::Source::entry,
                           .place = "FortiOS",
                           .seen = "7.4.9",
                           .by = "NVD",
                           .day = parse_day("2026-11-20")})
                .ja,
            "登録された FortiOS: 7.4.9（照合: NVD、2026-11-20）");
}

TEST(Basis, NamesEachSourceAndEachLimitInBothLanguages) {
  using Source = Compared::Source;
  const std::vector<std::pair<Source, Text>> sources{
      {Source::file, {"P", "P"}},
      {Source::program, {"P の答え", "what P answered"}},
      {Source::registry, {"レジストリ P", "registry P"}},
      {Source::system, {"OS に尋ねた何", "what, asked of the system"}},
      {Source::entry, {"登録された P", "P, as entered"}},
      {Source::feed, {"P", "P"}},
      {Source::osquery, {"osquery の P", "P of osquery"}},
      {Source::person, {"P の答え", "the answer of P"}},
      {Source::report,
       {"P からの報告（何と比べたかは届いていません）",
        "a report of P, which doesn't say what was compared"}},
      {Source::devices, {"端末の数", "devices"}},
      {Source::earlier,
       {"以前のバージョンの Sekisho が残した結果（何と比べたかは残っていません）",
        "kept by an earlier Sekisho, which didn't note what was compared"}}};
  struct Held {
    const char* limit;
    const char* by;
    const char* day;
    Text text;
  };
  const std::vector<Held> limits{
      {"", "", "", {"", ""}},
      {"L", "", "", {"（基準: L）", " (held against L)"}},
      {"", "B", "", {"（照合: B）", " (matched with B)"}},
      {"", "", "2026-11-20", {"（2026-11-20）", " (2026-11-20)"}},
      {"L", "B", "", {"（基準: L、B）", " (held against L, B)"}},
      {"L", "", "2026-11-20", {"（基準: L、2026-11-20）", " (held against L, 2026-11-20)"}},
      {"", "B", "2026-11-20", {"（照合: B、2026-11-20）", " (matched with B, 2026-11-20)"}},
      {"L", "B", "2026-11-20", {"（基準: L、B、2026-11-20）", " (held against L, B, 2026-11-20)"}}};
  for (const auto& [source, where] : sources)
    for (const Held& held : limits)
      for (const char* seen : {"", "S"}) {
        const Text said = words(Compared{.source = source,
                                         .place = "P",
                                         .what = {"何", "what"},
                                         .seen = seen,
                                         .limit = held.limit,
                                         .by = held.by,
                                         .day = parse_day(held.day)});
        const std::string shown = *seen == '\0' ? "" : ": S";
        EXPECT_EQ(said.ja, where.ja + shown + held.text.ja);
        EXPECT_EQ(said.en, where.en + shown + held.text.en);
      }
  EXPECT_EQ(words(Compared{.source = Source::person}).ja, "人の答え");
  EXPECT_EQ(words(Compared{.source = Source::person}).en, "a person's answer");
  EXPECT_EQ(words(Compared{}).ja, "―");
  EXPECT_EQ(words(Basis()).size(), 0U);
  Basis one(Compared{.place = "P"});
  EXPECT_EQ(words(one).size(), 1U) << "and no rest of none";
  one.count_more(1);
  EXPECT_EQ(words(one).back().ja, "ほか 1 件");
  EXPECT_EQ(words(one).back().en, "and 1 more");
}

TEST(Basis, EachTextIsCutWhereItsBoundIs) {
  for (const auto& [most, length] :
       {std::pair(200U, 200U), {200U, 201U}, {120U, 120U}, {120U, 121U}}) {
    const std::string text(length, 'x');
    const std::string kept = length > most ? std::string(most - 3, 'x') + "…" : text;
    const auto added = [](Compared one) { return Basis(std::move(one)).list().at(0); };
    if (most == 200) {
      EXPECT_EQ(added({.place = text}).place, kept);
    } else {
      EXPECT_EQ(added({.seen = text}).seen, kept);
      EXPECT_EQ(added({.limit = text}).limit, kept);
      EXPECT_EQ(added({.by = text}).by, kept);
      EXPECT_EQ(added({.what = {text, "w"}}).what, Text(kept, "w"));
      EXPECT_EQ(added({.what = {"w", text}}).what, Text("w", kept));
    }
  }
  Basis much(Compared{.place = "P"});
  much.count_more(999'999);
  EXPECT_EQ(much.more(), 999'999U);
  for (int i = 0; i < 2; ++i) {
    much.count_more(1);
    EXPECT_EQ(much.more(), 1'000'000U);
    EXPECT_EQ(kept_basis(write_basis(much)), much);
  }
  EXPECT_TRUE(kept_basis(R"({"list":[{"source":"file","place":"/y"}],"more":1000001})").empty());
  EXPECT_EQ(kept_basis(R"({"list":[],"more":3})").more(), 0U) << "more of nothing is nothing";
}

TEST(Verdicts, AreReadByTheNameThatTheyAreWrittenBy) {
  std::set<std::string> labels;
  for (const Verdict one :
       {Verdict::pass, Verdict::fail, Verdict::not_applicable, Verdict::unknown}) {
    EXPECT_EQ(verdict_named(name(one)), one) << name(one);
    labels.insert(label(one).ja);
    labels.insert(label(one).en);
  }
  EXPECT_EQ(labels.size(), 8U);
  EXPECT_EQ(verdict_named("passed"), std::nullopt);
  EXPECT_EQ(verdict_named(""), std::nullopt);
}

TEST(Findings, NameSixAndCountTheRest) {
  EXPECT_EQ(listed({}), "");
  EXPECT_EQ(listed({"a", "b"}), "a, b");
  EXPECT_EQ(listed({"1", "2", "3", "4", "5", "6"}), "1, 2, 3, 4, 5, 6");
  EXPECT_EQ(listed({"1", "2", "3", "4", "5", "6", "7", "8"}), "1, 2, 3, 4, 5, 6 (+2)");
  EXPECT_EQ(reachable_services({}).verdict, Verdict::pass);
  const Finding open = reachable_services({"sshd", "smbd"});
  EXPECT_EQ(open.verdict, Verdict::fail);
  EXPECT_EQ(open.fact.en, "listening where other machines can reach it: sshd, smbd");
}

TEST(Basis, IsBoundedAndHasNoControls) {
  Basis basis;
  basis.add({.place = "a\x1b[31m", .seen = std::string(5000, 'x')});
  EXPECT_EQ(basis.list()[0].place, "a?[31m");
  EXPECT_LE(basis.list()[0].seen.size(), 120U);
  // Told to be cut; what just fits isn't.
  EXPECT_TRUE(basis.list()[0].seen.ends_with("…")) << basis.list()[0].seen;
  Basis fits;
  fits.add({.place = "a", .seen = std::string(120, 'x')});
  EXPECT_EQ(fits.list()[0].seen, std::string(120, 'x'));
  for (int i = 0; i < 40; ++i) basis.add({.place = "/etc/" + std::to_string(i)});
  for (int i = 0; i < 5; ++i) basis.add({.place = "/etc/1"});
  EXPECT_EQ(basis.list().size(), Basis::kMost);
  EXPECT_EQ(basis.more(), 41 - Basis::kMost);
  EXPECT_EQ(words(basis).back().en, "and 29 more");
  // Of two, what there was no room for is counted of both.
  Basis both = fits;
  both.add(basis);
  EXPECT_EQ(both.more(), basis.more() + 1);
}

/// Whatever it holds, it comes back from where it is kept and from a report as it was.
TEST(Basis, ComesBackAsItWas) {
  std::mt19937 random{7};  // NOLINT(*-msc51-cpp): the same each time
  const std::vector<std::string> texts{"",        "/etc/x:3", "\"'\\<&>", "版 7.2.6",
                                       "no, yes", "\xff\xfe", "\n"};
  const auto text = [&] { return texts.at(random() % texts.size()); };
  for (int i = 0; i < 2000; ++i) {
    Basis basis;
    for (std::size_t n = random() % 20; n > 0; --n)
      basis.add({.source = static_cast<Compared::Source>(random() % 11),
                 .place = text(),
                 .what = {text(), text()},
                 .seen = text(),
                 .limit = text(),
                 .by = text(),
                 .day = random() % 2 == 0 ? parse_day("2026-11-26") : std::nullopt});
    EXPECT_EQ(kept_basis(write_basis(basis)), basis) << write_basis(basis);
    for (const Text& line : words(basis)) {
      EXPECT_TRUE(is_valid_utf8(line.ja) && is_valid_utf8(line.en));
      EXPECT_FALSE(line.ja.empty() || line.en.empty());
    }
  }
}

TEST(Basis, OfANewerEndOrOfNoneIsReadAsFarAsItGoes) {
  const Basis read = kept_basis(
      R"({"list":[{"source":"oracle","place":"x"},{"source":"file","place":"/y"}],"more":1})");
  ASSERT_EQ(read.list().size(), 2U);
  EXPECT_EQ(read.list()[0].source, Compared::Source::report);
  EXPECT_EQ(read.more(), 1U);
  // A key that has no meaning is no slip that goes by: nothing is made of it.
  EXPECT_TRUE(kept_basis(R"({"list":[{"source":"file","place":"/y"}],"more":0,"x":1})").empty());
  EXPECT_TRUE(kept_basis(R"({"list":[{"source":"file","place":"/y","x":1}],"more":0})").empty());
  for (const char* bad : {"", "{", "[]", R"({"list":3,"more":0})",
                          R"({"list":[{"seen":3}],"more":0})", R"({"list":[],"more":-1})"})
    EXPECT_TRUE(kept_basis(bad).empty()) << bad;
}

}  // namespace
}  // namespace sekisho
