// SPDX-License-Identifier: Apache-2.0
#include "server/gate/original.h"

#include <gtest/gtest.h>

#include "base/crypto.h"
#include "server/gate/applications.h"
#include "server/gate/cookies.h"

namespace sekisho {
namespace {

HttpRequest headers_only(std::vector<std::pair<std::string, std::string>> headers) {
  HttpRequest request;
  request.headers = std::move(headers);
  return request;
}

HttpRequest named_by_nginx(std::string target, std::string host = "wiki.example.jp") {
  return headers_only({{"x-original-uri", std::move(target)},
                       {"x-original-method", "GET"},
                       {"host", std::move(host)}});
}

std::shared_ptr<const Applications> two_paths() {
  static const auto read = Applications::read(
      {"www.example.jp=site", "www.example.jp/admin=admin", "wiki.example.jp:8443=wiki=社内Wiki"});
  EXPECT_TRUE(read) << read.error().describe(Lang::en);
  return *read;
}

std::string found_at(const std::string& target, const std::string& host = "www.example.jp") {
  const auto original = original_request(ProxyKind::nginx, named_by_nginx(target, host));
  if (!original) return "refused";
  const auto found = two_paths()->find(*original);
  if (found.why == Applications::Why::doubtful) return "doubtful";
  return found.application != nullptr ? found.application->resource.text() : "nobody's";
}

TEST(Original, EachKindOfProxyHasOneSource) {
  const auto all = headers_only({{"x-original-uri", "/n"},
                                 {"x-original-method", "GET"},
                                 {"host", "n.example"},
                                 {"x-forwarded-uri", "/c"},
                                 {"x-forwarded-method", "PUT"},
                                 {"x-forwarded-host", "c.example"},
                                 {"x-sekisho-uri", "/h?x=1"},
                                 {"x-sekisho-method", "POST"},
                                 {"x-sekisho-host", "h.example"}});
  const auto nginx = original_request(ProxyKind::nginx, all);
  const auto caddy = original_request(ProxyKind::caddy, all);
  const auto haproxy = original_request(ProxyKind::haproxy, all);
  ASSERT_TRUE(nginx && caddy && haproxy);
  EXPECT_EQ(nginx->host + nginx->path + nginx->method, "n.example/nGET");
  EXPECT_EQ(caddy->host + caddy->path + caddy->method, "c.example/cPUT");
  EXPECT_EQ(haproxy->host + haproxy->path + haproxy->method, "h.example/hPOST");
  EXPECT_EQ(haproxy->query, "x=1");
}

TEST(Original, WhatIsThereTwiceOrIsntWholeIsNothing) {
  auto twice = named_by_nginx("/a");
  twice.headers.emplace_back("x-original-uri", "/b");
  EXPECT_FALSE(original_request(ProxyKind::nginx, twice));
  for (const char* target : {"", "a", "http://x/", "/a b", "/a#b", "/a\\b", "/a\tb", "/\xc3\xa9"})
    EXPECT_FALSE(original_request(ProxyKind::nginx, named_by_nginx(target))) << target;
  EXPECT_FALSE(original_request(ProxyKind::caddy, named_by_nginx("/a")));
}

TEST(Original, PathTraversalIsNormalisedOnce) {
  for (const char* same : {"/admin", "/Admin", "/%61dmin", "/ADMIN/users", "/admin?x=/public"})
    EXPECT_EQ(found_at(same), "admin") << same;
  for (const char* other : {"/administration", "/public", "/", "/a.b/..c", "/public?x=/admin"})
    EXPECT_EQ(found_at(other), "site") << other;
  for (const char* doubtful :
       {"/public/../admin", "/public/%2e%2e/admin", "/public/..%2fadmin", "/public;/../admin",
        "//admin", "/public//admin", "/./admin", "/%2e/admin", "/%252e%252e/admin", "/admin;x=1",
        "/admin%23/public", "/admin%3f", "/public/.."})
    EXPECT_EQ(found_at(doubtful), "doubtful") << doubtful;
  for (const char* none : {"/a%00", "/a%0d%0a", "/a%5cadmin", "/a%", "/a%zz", "/a%7f"})
    EXPECT_EQ(found_at(none), "doubtful") << none;
}

TEST(Original, HostIsCanonical) {
  for (const char* same : {"wiki.example.jp", "WIKI.Example.JP", "wiki.example.jp.",
                           "wiki.example.jp:443", "wiki.example.jp:8443"})
    EXPECT_EQ(found_at("/", same), "wiki") << same;
  for (const char* other : {"example.jp", "wiki.example.jp.evil", "xwiki.example.jp", "[::1]"})
    EXPECT_EQ(found_at("/", other), "nobody's") << other;
  for (const char* none : {"", "wiki.example.jp@evil", "ウィキ", "a b", "[::1"})
    EXPECT_EQ(found_at("/", none), "refused") << none;
}

TEST(Original, AWayBackLeadsNowhereElse) {
  for (const char* fine : {"/", "/a/b?c=d&e=http://x", "/a//b"}) EXPECT_TRUE(is_way_back(fine));
  for (const char* evil : {"", "//e", "/\\e", "/\t/e", "https:e", "https://e", "e", "@e", "/a\r\nb",
                           "/a#b", "/.sekisho/enter?ticket=x"})
    EXPECT_FALSE(is_way_back(evil)) << evil;
}

TEST(Original, CertificatesAreKnownByTheirDigest) {
  const std::string der(300, '\x42');
  std::string pem;
  const std::string text = base64(der);
  for (std::size_t at = 0; at < text.size(); at += 64) pem += text.substr(at, 64) + "\n";
  pem = "-----BEGIN CERTIFICATE-----\n" + pem + "-----END CERTIFICATE-----\n";
  const auto escaped = certificate_digest(ProxyKind::nginx, percent_encoded(pem));
  const auto shown = certificate_digest(ProxyKind::caddy, hex(sha256(der)));
  ASSERT_TRUE(escaped && shown);
  EXPECT_EQ(*escaped, *shown);
  for (const char* broken : {"", "-----BEGIN CERTIFICATE-----", "aa", "%", "%zz"}) {
    EXPECT_FALSE(certificate_digest(ProxyKind::nginx, broken)) << broken;
    EXPECT_FALSE(certificate_digest(ProxyKind::haproxy, broken)) << broken;
  }
  EXPECT_FALSE(certificate_digest(ProxyKind::nginx, percent_encoded(pem + pem)));
}

TEST(Original, ClientsEndsAreReadInEachForm) {
  for (const char* text : {"192.0.2.1:5000", "::ffff:192.0.2.1:5000"}) {
    auto request = named_by_nginx("/");
    request.headers.emplace_back("x-sekisho-client", text);
    const auto original = original_request(ProxyKind::nginx, request);
    ASSERT_TRUE(original && original->from) << text;
    EXPECT_EQ(original->from->port, 5000);
    EXPECT_EQ(original->from->address, *read_ip("192.0.2.1"));
  }
  for (const char* none : {"192.0.2.1", ":5000", "192.0.2.1:0", "192.0.2.1:99999", "x:1"}) {
    auto request = named_by_nginx("/");
    request.headers.emplace_back("x-sekisho-client", none);
    EXPECT_FALSE(original_request(ProxyKind::nginx, request)->from) << none;
  }
}

TEST(Original, OurCookiesNeverReachAnApplication) {
  const auto cookies = read_cookies(
      headers_only(
          {{"cookie",
            "a=1; __Host-sekisho-wiki=T; __host-sekisho-x=2;b=2; __Host-sekisho-begin.=B"}}),
      "__Host-sekisho-wiki");
  EXPECT_EQ(cookies.rest, "a=1; b=2");
  EXPECT_EQ(cookies.token, "T");
  EXPECT_EQ(cookies.begin, "B");
  const auto twice =
      read_cookies(headers_only({{"cookie", "__Host-sekisho-wiki=T; __Host-sekisho-wiki=U"},
                                 {"cookie", "__Host-sekisho-wiki=V"}}),
                   "__Host-sekisho-wiki");
  EXPECT_FALSE(twice.token);
}

TEST(Applications, RefuseWhatIsntClear) {
  for (const std::vector<std::string>& wrong :
       std::vector<std::vector<std::string>>{{"wiki"},
                                             {"=wiki"},
                                             {"wiki.example.jp="},
                                             {"wiki.example.jp=Wiki"},
                                             {"wiki.example.jp/a/../b=wiki"},
                                             {"wiki.example.jp/a?b=wiki"},
                                             {"https://wiki.example.jp=wiki"},
                                             {"a.example=one", "b.example=one"},
                                             {"a.example=one", "A.example.=two"},
                                             {"a.example/x=one", "a.example:8443/y=two"}})
    EXPECT_FALSE(Applications::read(wrong)) << wrong.front();
}

}  // namespace
}  // namespace sekisho
