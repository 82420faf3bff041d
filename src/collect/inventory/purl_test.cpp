// SPDX-License-Identifier: Apache-2.0
#include "collect/inventory/purl.h"

#include <gtest/gtest.h>

#include <fmt/format.h>

namespace sekisho {
namespace {

TEST(PackageUrl, IsReadWithItsEscapes) {
  const auto url = parse_purl(
      "pkg:deb/debian/g%2B%2B@4%3A12.2.0-3?arch=amd64&distro=debian-12&upstream=gcc-defaults#sub");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->type, "deb");
  EXPECT_EQ(url->space, "debian");
  EXPECT_EQ(url->name, "g++");
  EXPECT_EQ(url->version, "4:12.2.0-3");
  EXPECT_EQ(url->qualifier("upstream"), "gcc-defaults");
  EXPECT_EQ(parse_purl("pkg:npm/%40angular/core@1")->space, "@angular");
  EXPECT_EQ(parse_purl("pkg:pypi/requests")->version, "");
  for (const char* wrong :
       {"", "npm/x", "pkg:", "pkg:npm", "pkg:npm/", "pkg:npm/x@%4", "pkg:npm/%0a", "pkg:npm/x?a"})
    EXPECT_FALSE(parse_purl(wrong)) << wrong;
}

/// What the specification says of its parts, and its types of case.
TEST(PackageUrl, IsReadByItsSpecification) {
  const auto read = [](const char* text) {
    const auto url = parse_purl(text);
    if (!url) return std::string("none");
    std::string out = fmt::format("{}|{}|{}|{}", url->type, url->space, url->name, url->version);
    for (const auto& [key, value] : url->qualifiers) out += fmt::format(" {}={}", key, value);
    return out;
  };
  for (const auto& [text, parts] : std::vector<std::pair<const char*, const char*>>{
           {"pkg:maven/org.apache.commons/io@1.3.4", "maven|org.apache.commons|io|1.3.4"},
           {"pkg://maven//org.apache.commons//io@1.3.4", "maven|org.apache.commons|io|1.3.4"},
           {"PKG:PyPI/Django_package@1.11.1.dev1", "pypi||django-package|1.11.1.dev1"},
           {"pkg:GOLANG/google.golang.org/genproto@abcdedf#/googleapis/api/annotations/",
            "golang|google.golang.org|genproto|abcdedf"},
           {"pkg:golang/github.com/Masterminds/goutils@v1.1.0",
            "golang|github.com/masterminds|goutils|v1.1.0"},
           {"pkg:npm/%40angular/animation@12.3.1", "npm|@angular|animation|12.3.1"},
           {"pkg:npm/@angular/animation@12.3.1", "npm|@angular|animation|12.3.1"},
           {"pkg:npm/@angular/animation", "npm|@angular|animation|"},
           {"pkg:rpm/fedora/curl@7.50.3-1.fc25?Arch=i386&Distro=fedora-25",
            "rpm|fedora|curl|7.50.3-1.fc25 arch=i386 distro=fedora-25"},
           {"pkg:deb/Debian/Curl@1%3A7.50.3-1?arch=&epoch=1", "deb|debian|curl|1:7.50.3-1 epoch=1"},
           {"pkg:maven/mygroup/myartifact@1.0.0%20Final?mykey=my%20value%26x",
            "maven|mygroup|myartifact|1.0.0 Final mykey=my value&x"},
           {"pkg:npm/a%2Fb@1", "none"},
           {"pkg:n&g/a@1", "none"},
           {"pkg:3nuget/a@1", "none"},
           {"pkg:npm/a@1?in%20valid=x", "none"},
           {"pkg:npm/a@1?a=1&A=2", "none"},
           {"pkg:/npm", "none"},
           {"pkg#npm/a", "none"},
           {"pkg:#npm/a", "none"},
           {"pkg:npm/@1", "npm||@1|"}})
    EXPECT_EQ(read(text), parts) << text;
}

}  // namespace
}  // namespace sekisho
