// SPDX-License-Identifier: Apache-2.0
#include "net/net.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <random>
#include <thread>

#include <fmt/format.h>

#include "loopback.h"

namespace sekisho {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// What was said, or why not.
std::string said(const Outgoing& question) {
  const auto answer = ask(question);
  return answer ? fmt::format("{} {}", answer->status, answer->body) : answer.error().text.en;
}

TEST(Url, IsReadAsCurlCallsIt) {
  const auto url = parts_of("HTTPS://An%20na:p%40ss@Example.JP/a/b?c=d#e");
  ASSERT_TRUE(url);
  EXPECT_EQ(*url, (UrlParts{"https", "example.jp", "443", "An na", "p@ss", "/a/b", "c=d", "e"}));
  EXPECT_EQ(parts_of("http://[::1]:8080")->host, "[::1]");
  EXPECT_EQ(parts_of("http://[::1]:8080")->port, "8080");
  EXPECT_EQ(parts_of("smtp://mail.example.jp")->port, "25");
  for (const char* no : {"", "a", "example.jp", "//a", "https://", "file:///etc/passwd",
                         "http://a b", "http://a\r\nb", "http://a:99999", "zzz://"})
    EXPECT_FALSE(parts_of(no)) << no;
}

TEST(Url, OneServerIsSchemeHostAndPort) {
  EXPECT_TRUE(same_server("http://Proxy.example.jp:80/a", "http://proxy.example.jp"));
  EXPECT_TRUE(same_server("smtp://a:25", "smtp://someone@a"));
  for (const auto& [one, other] : {std::pair("http://a:81", "http://a"),
                                   {"https://a", "http://a"},
                                   {"https://a.example", "https://a.example.org"},
                                   {"https://a@b", "https://b@a"},
                                   {"https://a", ""},
                                   {"", ""},
                                   {"no url", "no url"}})
    EXPECT_FALSE(same_server(one, other)) << one << " and " << other;
}

TEST(Url, IsShownWithoutWhoSignsIn) {
  EXPECT_EQ(shown_url("https://a.example/b"), "https://a.example/b");
  // Whatever is written, readable as a URL or not, nothing before the last @ is shown.
  std::mt19937 random(16);
  const std::string letters = "aB0@:/?#% [].-";
  for (int i = 0; i < 20'000; ++i) {
    std::string url = random() % 4 == 0 ? "" : "http://";
    for (unsigned n = random() % 8; n > 0; --n) url += letters[random() % letters.size()];
    url += ":SECRET";
    for (unsigned n = random() % 4; n > 0; --n) url += letters[random() % letters.size()];
    url += "@host/";
    ASSERT_FALSE(shown_url(url).contains("SECRET")) << url << " shown as " << shown_url(url);
  }
}

TEST(Ask, TakesNoMoreThanWasSaid) {
  const std::string body(1000, 'x');
  const Listener server({answering(body), answering(body + "x"), answering(body + "x")});
  Outgoing question{.url = server.url(), .protocols = "http", .most = 1000};
  EXPECT_EQ(said(question), "200 " + body);
  const auto more = ask(question);
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().why, NotReached::Why::too_large);
  std::string pieces;
  question.take = [&](long status, std::string_view piece) {
    EXPECT_EQ(status, 200);
    pieces += piece;
    return true;
  };
  EXPECT_TRUE(ask(question));
  EXPECT_EQ(pieces, body + "x");
}

TEST(Ask, ReadsNoHeaderWithoutEnd) {
  std::string endless = "HTTP/1.1 200 OK\r\n";
  for (int i = 0; i < 400; ++i) endless += fmt::format("X-{}: {}\r\n", i, std::string(1000, 'x'));
  const Listener server({endless + "\r\n"});
  EXPECT_THAT(said({.url = server.url(), .protocols = "http"}), HasSubstr("too large"));
}

TEST(Ask, UnpacksNoMoreThanWasSaid) {
  // 20,000 zeroes.
  static constexpr std::array<unsigned char, 54> kPacked{
      0x1f, 0x8b, 0x08, 0,    0,    0,    0,    0,    0x02, 0x03, 0xed, 0xc1, 0x31, 0x01,
      0,    0,    0,    0xc2, 0xa0, 0xf5, 0x4f, 0x6d, 0x0d, 0x0f, 0xa0, 0,    0,    0,
      0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,
      0,    0,    0x78, 0x30, 0x02, 0x53, 0x2f, 0x97, 0x20, 0x4e, 0,    0};
  const std::string packed(kPacked.begin(), kPacked.end());
  const std::string answer = answering(packed, "Content-Encoding: gzip\r\n");
  const Listener server({answer, answer, answer});
  Outgoing question{.url = server.url(), .protocols = "http", .most = 20'000, .packed = true};
  EXPECT_EQ(said(question), "200 " + std::string(20'000, '\0'));
  question.most = 19'999;
  EXPECT_THAT(said(question), HasSubstr("too large"));
  // As it was sent where nobody asked for it packed.
  question.packed = false;
  EXPECT_EQ(said(question), "200 " + packed);
}

TEST(Ask, GoesNowhereElse) {
  const Listener other({answering("elsewhere")});
  const std::string leading =
      "HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: " + other.url() + "\r\n\r\n";
  const Listener server({leading, leading});
  EXPECT_EQ(said({.url = server.url(), .protocols = "http"}), "302 ");
  EXPECT_THAT(said({.url = server.url(), .protocols = "http", .redirects = 5}),
              HasSubstr("not https"));
  for (const char* url : {"file:///etc/passwd", "gopher://127.0.0.1/", "ftp://127.0.0.1/a",
                          "dict://127.0.0.1/", "no url"})
    EXPECT_FALSE(ask({.url = url})) << url;
  EXPECT_THAT(said({.url = other.url()}), HasSubstr("not https"));
  EXPECT_THAT(other.heard(), IsEmpty());
}

TEST(Ask, PlainHttpGoesPastTheProxy) {
  const Listener proxy({answering("the proxy")});
  const Listener server({answering("the server")});
  ASSERT_EQ(::setenv("http_proxy", proxy.url().c_str(), 1), 0);
  ASSERT_EQ(::setenv("all_proxy", proxy.url().c_str(), 1), 0);
  EXPECT_EQ(said({.url = server.url(), .protocols = "http"}), "200 the server");
  ::unsetenv("http_proxy");
  ::unsetenv("all_proxy");
  EXPECT_THAT(proxy.heard(), IsEmpty());
}

TEST(Ask, SendsNoLineThatIsTwo) {
  const Listener server({answering("")});
  Outgoing question{.url = server.url(), .protocols = "http"};
  for (const char* line : {"X-Key: a\r\nX-Other: b", "X-Key: a\nb", "X-Key: a\r"}) {
    question.headers = {"X-First: 1", line};
    EXPECT_THAT(said(question), HasSubstr("line break"));
  }
  question.headers = {std::string("X-Key: a\0b", 10)};
  EXPECT_THAT(said(question), HasSubstr("line break"));
  Outgoing letter{.url = "smtp://127.0.0.1:1", .protocols = "smtp"};
  letter.mail = Mail{.from = "a@example.jp", .to = "b@example.jp>\r\nRCPT TO:<c@example.jp"};
  EXPECT_THAT(said(letter), HasSubstr("line break"));
  EXPECT_THAT(server.heard(), IsEmpty());
}

TEST(Ask, NamesNoSecret) {
  Outgoing question{.url = "https://someone:SECRET@127.0.0.1:1/SECRET?key=SECRET",
                    .headers = {"Authorization: SECRET"},
                    .body = "SECRET"};
  question.proxy = {Proxy::Which::named, "http://127.0.0.1:1", "proxy", "SECRET"};
  for (const char* url : {"https://someone:SECRET@127.0.0.1:1/SECRET?key=SECRET",
                          "https://SECRET.invalid/", "ftp://SECRET@a/", "https://SECRET:SECRET"}) {
    question.url = url;
    const auto answer = ask(question);
    ASSERT_FALSE(answer);
    EXPECT_FALSE((answer.error().text.ja + answer.error().text.en).contains("SECRET")) << url;
  }
}

TEST(Ask, EndsWhenItIsCalledOff) {
  std::stop_source quit;
  quit.request_stop();
  const Listener server({answering("")});
  EXPECT_EQ(said({.url = server.url(), .protocols = "http", .quit = quit.get_token()}),
            "it was called off");
}

TEST(Ask, IsAllThatKnowsCurl) {
  std::vector<std::string> found;
  for (const auto& file : std::filesystem::recursive_directory_iterator(
           std::filesystem::path(SEKISHO_SOURCE_DIR) / "src")) {
    if (!file.is_regular_file() || file.path().string().ends_with("_test.cpp")) continue;
    const auto text = read_regular_file(file.path(), std::size_t{4} << 20U);
    if (text && (text->contains("#include <curl/") || text->contains("CURL::libcurl")))
      found.push_back(std::filesystem::relative(file.path(), SEKISHO_SOURCE_DIR));
  }
  std::ranges::sort(found);
  EXPECT_THAT(found, ElementsAre("src/net/CMakeLists.txt", "src/net/net.cpp", "src/net/url.cpp"));
}

}  // namespace
}  // namespace sekisho
