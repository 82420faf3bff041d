// SPDX-License-Identifier: Apache-2.0
#include "collect/inventory/sbom.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fmt/format.h>

namespace sekisho {
namespace {

std::string bom(const std::string& components, const std::string& version = "1.5") {
  return fmt::format(
      R"({{"$schema":"http://cyclonedx.org/schema/bom-1.5.schema.json","bomFormat":"CycloneDX","specVersion":"{}","version":1,"components":[{}]}})",
      version, components);
}

TEST(CycloneDx, ComponentsAreReadWithThoseInside) {
  const auto list = read_cyclonedx("\xEF\xBB\xBF" + bom(R"(
    {"type":"library","name":"libc6","version":"2.36-9","purl":"pkg:deb/debian/libc6@2.36-9?arch=amd64","components":[
      {"type":"application","name":"inner","version":"1"}]},
    {"type":"file","name":"/etc/passwd"},
    {"type":"library","name":"libc6","version":"2.36-9"},
    {"type":"application","name":"x","cpe":"cpe:/a:x:x:1"})"));
  ASSERT_TRUE(list);
  ASSERT_EQ(list->components.size(), 3);
  EXPECT_EQ(list->components[0].purl, "pkg:deb/debian/libc6@2.36-9?arch=amd64");
  EXPECT_EQ(list->components[1].name, "inner");
  EXPECT_EQ(list->components[2].cpe, "cpe:/a:x:x:1") << "the older form of CPE counts as well";
}

TEST(CycloneDx, WhatIsWrongIsNamed) {
  for (
      const std::string& wrong :
      {std::string(), std::string("{}"), bom(""), bom(R"({"type":"library","name":"a"})", "2.0"),
       bom(R"({"type":"library","name":"a"})", "1.x"),
       std::string(
           R"({"bomFormat":"SPDX","specVersion":"1.5","components":[{"type":"library","name":"a"}]})")})
    EXPECT_FALSE(read_cyclonedx(wrong)) << wrong;
  std::string many;
  for (std::size_t i = 0; i <= kMostComponents; ++i)
    many += fmt::format(R"({}{{"type":"library","name":"n{}"}})", i == 0 ? "" : ",", i);
  const auto problems = read_cyclonedx(bom(many));
  ASSERT_FALSE(problems);
  EXPECT_EQ(problems.error().front().message.en, "there are too many components (at most 20,000).");
}

TEST(CycloneDx, NothingIsInANameThatPeopleDontSee) {
  const auto list = read_cyclonedx(bom(
      R"~({"type":"library","name":"open\u200Bssl\u202E","version":"1\uDB40\uDC41","cpe":"cpe:/a:x\u200B:x:1","purl":"pkg:deb/a\u2066@1"})~"));
  ASSERT_TRUE(list);
  EXPECT_EQ(list->components.front().name, "open?ssl?");
  EXPECT_EQ(list->components.front().version, "1?");
  EXPECT_EQ(list->components.front().cpe + list->components.front().purl, "");
}

/// They count as components that nobody knows, and refuse nothing.
TEST(CycloneDx, OddComponentsAreKeptAsFarAsTheyCanBe) {
  const auto list = read_cyclonedx(bom(R"~(
    {"type":"library"}, {"type":"library","name":"","version":"(devel)"},
    {"type":"library","name":"a\u0001b","version":"1"}, {"type":"library","name":"a","version":1},
    {"name":"b"}, 7, {"type":"library","name":"zlib","version":"1.2"})~",
                                       "1.7"));
  ASSERT_TRUE(list);
  std::string names;
  for (const Component& one : list->components) names += one.name + " " + one.version + ",";
  EXPECT_EQ(names, "? ,? (devel),? 1,a ,b ,zlib 1.2,");
}

TEST(CycloneDx, TheSameNameWithOtherNamesOfFeedsIsAnother) {
  const auto list = read_cyclonedx(bom(
      R"({"type":"library","name":"openssl","version":"1.1.1","purl":"pkg:npm/openssl@1.1.1"},
         {"type":"library","name":"openssl","version":"1.1.1","cpe":"cpe:2.3:a:openssl:openssl:1.1.1:*:*:*:*:*:*:*"})"));
  ASSERT_TRUE(list);
  EXPECT_EQ(list->components.size(), 2);
}

TEST(CycloneDx, OtherFormatsAreRefusedWithWhatToDo) {
  for (const auto& [text, words] : std::initializer_list<std::pair<const char*, const char*>>{
           {R"({"spdxVersion":"SPDX-2.3","packages":[]})", "this is SPDX; write CycloneDX instead"},
           {"SPDXVersion: SPDX-2.3\n", "this is SPDX; write CycloneDX instead"},
           {R"({"@context":"https://spdx.org/rdf/3.0.1/spdx-context.jsonld","@graph":[]})",
            "this is SPDX; write CycloneDX instead"},
           {R"(<?xml version="1.0"?><bom/>)", "this is not CycloneDX"}}) {
    const auto problems = read_cyclonedx(text);
    ASSERT_FALSE(problems) << text;
    EXPECT_THAT(problems.error().front().message.en, testing::HasSubstr(words));
  }
}

/// A million empty components were a million faults, and most of a gigabyte.
/// purl and name of each.
std::string read_of(const std::string& text) {
  const auto sbom = read_cyclonedx(text);
  if (!sbom) return sbom.error().front().message.en;
  std::string out;
  for (const Component& one : sbom->components) out += one.name + " " + one.purl + "\n";
  return out;
}

TEST(CycloneDx, TheSubjectOfTheWholeIsAComponent) {
  const auto of = [](const std::string& subject) {
    return read_of(R"({"bomFormat":"CycloneDX","specVersion":"1.5","metadata":{"component":)" +
                   subject + R"(},"components":[{"type":"library","name":"lib"}]})");
  };
  EXPECT_EQ(of(R"({"type":"application","name":"q","cpe":"cpe:2.3:a:acme:q:1:*:*:*:*:*:*:*"})"),
            "q \nlib \n");
  EXPECT_EQ(of(R"({"type":"application","name":"q","version":"1"})"), "q \nlib \n");
  EXPECT_EQ(of(R"({"type":"container","name":"c","version":"1","components":[{"name":"in"}]})"),
            "in \nlib \n");
  // What only holds the others, or is the place that was looked at.
  for (const char* held :
       {R"({"type":"container","name":"i","version":"sha256:1","purl":"pkg:oci/i@sha256:1"})",
        R"({"type":"application","name":"."})", R"({"type":"file","name":"/srv","version":"1"})",
        R"({"type":"device","name":"PC-1","version":"1"})", R"("q")", "null"})
    EXPECT_EQ(of(held), "lib \n") << held;
  EXPECT_EQ(
      read_of(
          R"(<bom xmlns="http://cyclonedx.org/schema/bom/1.5"><metadata><component type="application"><name>q</name><version>1</version></component></metadata><components><component type="library"><name>lib</name></component></components></bom>)"),
      "q \nlib \n");
}

TEST(CycloneDx, TheSourceInAScannersPropertiesIsOneOfThePackageUrl) {
  const auto of = [](const std::string& purl, const std::string& properties) {
    return read_of(
        R"({"bomFormat":"CycloneDX","specVersion":"1.5","components":[{"name":"x","purl":")" +
        purl + R"(","properties":[)" + properties + "]}]}");
  };
  const auto say = [](const std::string& name, const std::string& value) {
    return R"({"name":")" + name + R"(","value":")" + value + R"("})";
  };
  const std::string trivy = "aquasecurity:trivy:Src";
  EXPECT_EQ(of("pkg:deb/debian/libssl3@3.0.11-1?distro=debian-12.4",
               say(trivy + "Name", "openssl") + "," + say(trivy + "Version", "3.0.11") + "," +
                   say(trivy + "Release", "1~deb12u2") + "," + say(trivy + "Epoch", "1")),
            "x pkg:deb/debian/libssl3@3.0.11-1?distro=debian-12.4&upstream=openssl%401%3A3.0.11-1~"
            "deb12u2\n");
  EXPECT_EQ(of("pkg:deb/debian/libssl3@3", say("syft:metadata:source", "openssl")),
            "x pkg:deb/debian/libssl3@3?upstream=openssl\n");
  // What says it itself, isn't Debian's, or names no source stays as it is.
  for (const char* purl : {"pkg:deb/debian/libssl3@3?upstream=other", "pkg:npm/a@1"})
    EXPECT_EQ(of(purl, say(trivy + "Name", "openssl")), fmt::format("x {}\n", purl));
  EXPECT_EQ(of("pkg:deb/debian/a@3", say(trivy + "Version", "1") + R"(,1,{"name":2})"),
            "x pkg:deb/debian/a@3\n");
  EXPECT_EQ(
      read_of(
          R"(<bom xmlns="http://cyclonedx.org/schema/bom/1.5"><components><component><name>x</name><purl>pkg:deb/debian/libssl3@3</purl><properties><property name="aquasecurity:trivy:SrcName">openssl</property></properties></component></components></bom>)"),
      "x pkg:deb/debian/libssl3@3?upstream=openssl\n");
}

TEST(CycloneDx, TooManyAreNotLookedAt) {
  std::string many = "{}";
  for (int i = 0; i < 300'000; ++i) many += ",{}";
  const auto problems = read_cyclonedx(bom(many));
  ASSERT_FALSE(problems);
  EXPECT_EQ(problems.error().size(), 1);
  std::string nested = R"({"name":"a"})";
  for (int i = 0; i < 3; ++i) {
    std::string list = nested;
    for (int k = 1; k < 30; ++k) list += "," + nested;
    nested = fmt::format(R"({{"name":"a","components":[{}]}})", list);
  }
  EXPECT_FALSE(read_cyclonedx(bom(nested)));
}

/// The same components as JSON and as XML.
struct Model {
  struct One {
    std::string type, scope, group, name, version, purl, cpe;
    std::vector<One> inner;
  };
  std::vector<One> components;

  static std::string json_of(const std::vector<One>& list) {
    boost::json::array out;
    for (const One& one : list) {
      boost::json::object object{{"type", one.type}, {"name", one.name}};
      for (const auto& [key, value] : {std::pair("scope", &one.scope),
                                       {"group", &one.group},
                                       {"version", &one.version},
                                       {"purl", &one.purl},
                                       {"cpe", &one.cpe}})
        if (!value->empty()) object[key] = *value;
      if (!one.inner.empty()) object["components"] = boost::json::parse(json_of(one.inner));
      out.push_back(std::move(object));
    }
    return boost::json::serialize(out);
  }
  static std::string escaped(const std::string& text) {
    std::string out;
    for (const char c : text)
      out += c == '&' ? "&amp;" : c == '<' ? "&#60;" : c == '>' ? "&gt;" : std::string(1, c);
    return out;
  }
  static std::string xml_of(const std::vector<One>& list, const std::string& prefix) {
    std::string out = fmt::format("<{}components>\n", prefix);
    for (const One& one : list) {
      out += fmt::format("  <{}component type=\"{}\" bom-ref=\"a\">", prefix, one.type);
      // As its schema orders them.
      for (const auto& [key, value] : {std::pair("group", &one.group),
                                       {"name", &one.name},
                                       {"version", &one.version},
                                       {"scope", &one.scope},
                                       {"cpe", &one.cpe},
                                       {"purl", &one.purl}})
        if (!value->empty())
          out += fmt::format("\n    <{0}{1}>{2}</{0}{1}>", prefix, key, escaped(*value));
      if (!one.inner.empty()) out += xml_of(one.inner, prefix);
      out += fmt::format("</{}component>\n", prefix);
    }
    return out + fmt::format("</{}components>", prefix);
  }
  std::string json(const std::string& version) const {
    return fmt::format(R"({{"bomFormat":"CycloneDX","specVersion":"{}","components":{}}})", version,
                       json_of(components));
  }
  std::string xml(const std::string& version, const std::string& prefix = "") const {
    return fmt::format(
        R"(<?xml version="1.0" encoding="UTF-8"?>
<!-- made --><{0}bom xmlns{1}="http://cyclonedx.org/schema/bom/{2}" version="1">{3}</{0}bom>)",
        prefix, prefix.empty() ? "" : ":" + prefix.substr(0, prefix.size() - 1), version,
        xml_of(components, prefix));
  }
};

std::string shown(const std::expected<Sbom, std::vector<Error>>& sbom) {
  if (!sbom) return sbom.error().front().message.en;
  std::string out = fmt::format("{} optional, {} excluded\n", sbom->optional, sbom->excluded);
  for (const Component& one : sbom->components)
    out += fmt::format("{}|{}|{}|{}\n", one.name, one.version, one.cpe, one.purl);
  return out;
}

TEST(CycloneDx, SaysTheSameInJsonAndInXml) {
  const Model model{
      {{"library", "", "@angular", "core", "17.0.1", "pkg:npm/%40angular/core@17.0.1", "", {}},
       {"library",
        "optional",
        "org.apache",
        "log4j",
        "2.14.1",
        "pkg:maven/org.apache/log4j@2.14.1?type=jar&classifier=x",
        "",
        {{"application", "", "", "inner <&> é", "1", "", "cpe:/a:x:x:1", {}}}},
       {"library",
        "excluded",
        "",
        "junit",
        "4",
        "",
        "",
        {{"library", "required", "", "hamcrest", "1.3", "", "", {}}}},
       {"file", "", "", "/etc/passwd", "", "", "", {}},
       {"library", "", "a", "a/b", "1", "", "", {}}}};
  const std::string expected =
      "1 optional, 1 excluded\n"
      "@angular/core|17.0.1||pkg:npm/%40angular/core@17.0.1\n"
      "org.apache/log4j|2.14.1||pkg:maven/org.apache/log4j@2.14.1?type=jar&classifier=x\n"
      "inner <&> é|1|cpe:/a:x:x:1|\n"
      "hamcrest|1.3||\n"
      "a/b|1||\n";
  for (const std::string version :
       {"1.0", "1.1", "1.2", "1.3", "1.4", "1.5", "1.6", "1.7", "1.12"}) {
    EXPECT_EQ(shown(read_cyclonedx(model.json(version))), expected) << version;
    EXPECT_EQ(shown(read_cyclonedx(model.xml(version))), expected) << version;
    EXPECT_EQ(shown(read_cyclonedx("\xEF\xBB\xBF" + model.xml(version, "cdx:"))), expected)
        << version;
  }
  for (const std::string version : {"2.0", "1", "1.", "1.x", "1.6/evil", ""}) {
    EXPECT_EQ(shown(read_cyclonedx(model.xml(version))), "CycloneDX 1.x can be read.") << version;
    EXPECT_FALSE(read_cyclonedx(model.json(version))) << version;
  }
  const Model tests{{{"library", "excluded", "", "junit", "4", "", "", {}}}};
  EXPECT_EQ(shown(read_cyclonedx(tests.xml("1.6"))),
            "all 1 components have the scope excluded (not there at run time).");
}

TEST(CycloneDx, XmlReachesNothingOutsideAndIsBounded) {
  const Model one{{{"library", "", "", "a", "1", "", "", {}}}};
  std::string entity = one.xml("1.6");
  entity.insert(entity.find("<!-- made"),
                R"(<!DOCTYPE bom [<!ENTITY x SYSTEM "file:///etc/passwd">]>)");
  EXPECT_EQ(shown(read_cyclonedx(entity)), "XML with a DOCTYPE is not read.");
  std::string reference = one.xml("1.6");
  reference.replace(reference.find(">a<"), 3, ">&x;<");
  EXPECT_EQ(shown(read_cyclonedx(reference)), "0 optional, 0 excluded\n&x;|1||\n");
  const std::string head = R"(<bom xmlns="http://cyclonedx.org/schema/bom/1.6">)";
  for (const auto& [text, why] : std::vector<std::pair<std::string, const char*>>{
           {head, "this can't be read as XML"},
           {head + "<components/></bom>", "it lists no component"},
           {head + "</bom>", "it lists no component"},
           {"<html xmlns=\"http://www.w3.org/1999/xhtml\"/>", "this is not CycloneDX"},
           {R"(<bom xmlns="http://example.jp/1.6"/>)", "this is not CycloneDX"},
           {head + "<components><component><name>\xff</name></component></components></bom>",
            "the XML is not UTF-8"},
           {std::string("<b\0m/>", 6), "the XML is not UTF-8"}})
    EXPECT_THAT(shown(read_cyclonedx(text)), testing::HasSubstr(why)) << text;
  std::string deep = one.xml("1.6");
  std::string inside;
  for (int i = 0; i < 100; ++i) inside += "<components><component><name>a</name>";
  for (int i = 0; i < 100; ++i) inside += "</component></components>";
  deep.insert(deep.find("</component>"), inside);
  EXPECT_EQ(shown(read_cyclonedx(deep)), "components are nested too deeply.");
  std::string many = head + "<components>";
  for (std::size_t i = 0; i <= kMostComponents; ++i) many += "<component/>";
  EXPECT_EQ(shown(read_cyclonedx(many + "</components></bom>")),
            "there are too many components (at most 20,000).");
  EXPECT_EQ(shown(read_cyclonedx("<" + std::string(kMostSbomBytes, ' '))),
            "it is too large (at most 10 MB).");
  std::string elements = "<a>";
  for (int i = 0; i < 2'000'001; ++i) elements += "<b/>";
  EXPECT_EQ(shown(read_cyclonedx(elements + "</a>")), "the XML has too many elements.");
}

}  // namespace
}  // namespace sekisho
