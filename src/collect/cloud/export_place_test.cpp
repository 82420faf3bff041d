// SPDX-License-Identifier: Apache-2.0
#include "collect/cloud/export_place.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <type_traits>

#include <boost/json.hpp>

#include "collect/cloud/entra.h"

namespace sekisho {
namespace {

namespace json = boost::json;

// A lack can't be taken for a value, nor one for the other.
static_assert(!std::is_convertible_v<CloudSetting<bool>, bool>);
static_assert(!std::is_default_constructible_v<CloudSetting<bool>>);
static_assert(!std::is_convertible_v<Lack, int>);

json::value of(std::string_view text) { return json::parse(text); }

TEST(ExportPlace, TellsFiveLacksFromAValue) {
  const json::value all = of(R"({"yes": true, "none": null, "odd": {"x": 1}})");
  const ExportPlace place(all);
  EXPECT_TRUE(place.at("yes").boolean().is(true));
  EXPECT_TRUE(place.at("none").boolean().lacks(Lack::null));
  EXPECT_TRUE(place.at("gone").boolean().lacks(Lack::absent));
  EXPECT_TRUE(place.at("odd").boolean().lacks(Lack::not_readable));
  // A lack stays what it is further down.
  EXPECT_TRUE(place.at("none").at("deeper").text().lacks(Lack::null));
  EXPECT_TRUE(place.at("gone").at("deeper").text().lacks(Lack::absent));
  EXPECT_TRUE(place.at("yes").at("deeper").text().lacks(Lack::not_readable));
  for (const Lack a :
       {Lack::absent, Lack::null, Lack::not_licensed, Lack::not_readable, Lack::not_applicable})
    for (const Lack b :
         {Lack::absent, Lack::null, Lack::not_licensed, Lack::not_readable, Lack::not_applicable})
      EXPECT_EQ(CloudSetting<bool>(a) == CloudSetting<bool>(b), a == b);
}

TEST(ExportPlace, TakesNamesInAnyCaseAndNeverOneOfTwo) {
  const json::value all = of(R"({"IsEnabled": true, "name": "a", "Name": "b"})");
  EXPECT_TRUE(ExportPlace(all).at("isenabled").boolean().is(true));
  EXPECT_TRUE(ExportPlace(all).at("name").text().lacks(Lack::not_readable));
}

TEST(ExportPlace, ReadsAListOfOneThatBecameItsElement) {
  for (const char* same : {R"([{"Id": "x"}])", R"({"Id": "x"})", R"({"k": {"Id": "x"}})",
                           R"({"value": [{"Id": "x"}], "Count": 1})",
                           R"({"@odata.context": "c", "value": [{"Id": "x"}]})",
                           R"([{"@odata.context": "c", "value": [{"Id": "x"}]}])"}) {
    const json::value all = of(same);
    const auto list = ExportPlace(all).objects("id");
    ASSERT_NE(list.value(), nullptr) << same;
    ASSERT_EQ(list.value()->size(), 1U) << same;
    EXPECT_TRUE(list.value()->front().at("id").text().is("x")) << same;
  }
  for (const char* nothing : {"[]", "[null]", R"({"value": [], "Count": 0})",
                              R"([{"@odata.context": "c", "value": []}])"}) {
    const json::value all = of(nothing);
    const auto list = ExportPlace(all).objects("id");
    ASSERT_NE(list.value(), nullptr) << nothing;
    EXPECT_TRUE(list.value()->empty()) << nothing;
  }
  // What fits neither form, was cut off, or goes on elsewhere.
  for (const char* odd :
       {R"("System.Object[]")", R"("@{Id=x}")", "7", R"({"other": 1})", R"([{"Id": "x"}, "y"])",
        R"({"a": {"Id": "x"}, "b": {"other": 1}})", R"({"value": [{"Id": "x"}], "Count": 2})",
        R"({"value": [{"Id": "x"}], "@odata.nextLink": "https://next"})"}) {
    const json::value all = of(odd);
    EXPECT_TRUE(ExportPlace(all).objects("id").lacks(Lack::not_readable)) << odd;
  }
}

TEST(ExportPlace, ReadsALoneStringAsAListUnlessItIsSeveral) {
  const auto texts = [](const char* text) {
    const json::value all = of(text);
    return ExportPlace(all).texts();
  };
  EXPECT_TRUE(texts(R"("All")").is({"All"}));
  EXPECT_TRUE(texts(R"(["a", "b"])").is({"a", "b"}));
  EXPECT_TRUE(texts(R"("")").is({}));
  EXPECT_TRUE(texts("[null]").is({}));
  EXPECT_TRUE(texts(R"("id-one id-two")").lacks(Lack::not_readable)) << "joined by a blank";
  EXPECT_TRUE(texts(R"("System.Object[]")").lacks(Lack::not_readable));
  EXPECT_TRUE(texts(R"([["a"]])").lacks(Lack::not_readable));
  EXPECT_TRUE(texts("null").lacks(Lack::null));
}

TEST(ExportPlace, KnowsWhenNothingIsSaid) {
  const auto blank = [](const char* text) {
    const json::value all = of(text);
    return is_blank(ExportPlace(all));
  };
  for (const char* nothing : {"null", "[]", R"("")", "{}", R"({"a": null, "b": []})",
                              R"({"@odata.type": "x", "a": {"b": ""}})", "[null]"})
    EXPECT_TRUE(blank(nothing)) << nothing;
  for (const char* something : {"0", "false", R"("x")", R"({"a": false})", R"(["x"])",
                                R"([{"a": 1}])", R"({"a": null, "A": null})"})
    EXPECT_FALSE(blank(something)) << something;
  EXPECT_TRUE(is_blank(ExportPlace(Lack::absent)));
  EXPECT_FALSE(is_blank(ExportPlace(Lack::not_readable)));
}

std::string utf16(std::u16string_view text, bool little) {
  std::string bytes;
  for (const char16_t c : text) {
    const char low = static_cast<char>(c & 0xFF);
    const char high = static_cast<char>(c >> 8U);
    bytes += little ? std::string{low, high} : std::string{high, low};
  }
  return bytes;
}

TEST(ExportText, ReadsWhatPowerShellWrites) {
  const std::string plain = "{\"名\": \"山😀\"}";
  const std::u16string wide = u"{\"名\": \"山😀\"}";
  EXPECT_EQ(export_text(plain), plain);
  EXPECT_EQ(export_text("\xEF\xBB\xBF" + plain), plain);
  EXPECT_EQ(export_text("\xFF\xFE" + utf16(wide, true)), plain);
  EXPECT_EQ(export_text("\xFE\xFF" + utf16(wide, false)), plain);
  EXPECT_EQ(export_text(utf16(wide, true)), plain);
  EXPECT_EQ(export_text(utf16(wide, false)), plain);
  EXPECT_FALSE(export_text("{\"\x93\xFA\": 1}")) << "CP932";
  EXPECT_FALSE(export_text("\xFF\xFE" + utf16(u"{}", true) + "x")) << "half a unit";
  EXPECT_FALSE(export_text("\xFF\xFE" + utf16(std::u16string{u'{', char16_t{0xD83D}}, true)));
  EXPECT_FALSE(export_text("\xFF\xFE" + utf16(std::u16string{u'{', char16_t{0xDE00}}, true)));
}

// Of any text, both ways there and back are the same.
TEST(ExportText, ReadsAnyTextTheSameInEachEncoding) {
  std::mt19937 random(7);
  for (int round = 0; round < 300; ++round) {
    std::u16string wide = u"{ ";
    for (int i = 0; i < 20; ++i) {
      const auto c = static_cast<char32_t>(0x20 + random() % 0x10FF00);
      if (c >= 0xD800 && c < 0xE000) continue;
      if (c < 0x10000) {
        wide += static_cast<char16_t>(c);
      } else {
        wide += static_cast<char16_t>(0xD800 + ((c - 0x10000) >> 10U));
        wide += static_cast<char16_t>(0xDC00 + ((c - 0x10000) & 0x3FFU));
      }
    }
    const auto little = export_text("\xFF\xFE" + utf16(wide, true));
    const auto big = export_text("\xFE\xFF" + utf16(wide, false));
    ASSERT_TRUE(little);
    EXPECT_EQ(little, big);
    EXPECT_EQ(export_text(*little), little) << "it is UTF-8";
  }
}

}  // namespace
}  // namespace sekisho
