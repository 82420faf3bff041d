// SPDX-License-Identifier: Apache-2.0
#include "collect/feeds/fetch.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include <fmt/format.h>

namespace sekisho {
namespace {

using testing::HasSubstr;

/// Listens on loopback; says `text` to whoever comes, or nothing at all.
class Listener {
 public:
  explicit Listener(std::string text) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    ::sockaddr_in any{};
    any.sin_family = AF_INET;
    any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* address = reinterpret_cast<::sockaddr*>(&any);
    EXPECT_EQ(::bind(socket_, address, sizeof any), 0);
    EXPECT_EQ(::listen(socket_, 4), 0);
    ::socklen_t size = sizeof any;
    EXPECT_EQ(::getsockname(socket_, address, &size), 0);
    port_ = ntohs(any.sin_port);
    if (text.empty()) return;
    speaker_ = std::jthread([this, text = std::move(text)] {
      const int peer = ::accept(socket_, nullptr, nullptr);
      if (peer < 0) return;
      (void)::send(peer, text.data(), text.size(), MSG_NOSIGNAL);
      ::close(peer);
    });
  }
  ~Listener() {
    ::shutdown(socket_, SHUT_RDWR);
    ::close(socket_);
  }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  std::string url(const char* scheme = "https") const {
    return fmt::format("{}://127.0.0.1:{}/list.json", scheme, port_);
  }
  std::string proxy() const { return fmt::format("http://127.0.0.1:{}", port_); }

 private:
  int socket_;
  unsigned short port_ = 0;
  std::jthread speaker_;
};

std::string against(const std::string& url, FeedWay way = {}, const std::stop_token& quit = {}) {
  way.patience = std::chrono::seconds(1);
  const auto fetched = fetch_feed({url, "list.json", 1000}, way, "", quit);
  return fetched ? "fetched " + fetched->text : fetched.error().describe(Lang::en);
}

TEST(Fetch, OnlyByHttps) {
  EXPECT_THAT(against(Listener("HTTP/1.1 200 OK\r\n\r\n{}").url("http")), HasSubstr("https://"));
  EXPECT_THAT(against("file:///etc/passwd"), HasSubstr("https://"));
  EXPECT_THAT(against(Listener("HTTP/1.1 200 OK\r\n\r\n{}").url()), HasSubstr("SSL"));
}

TEST(Fetch, WaitsForNobodyLong) {
  const Listener silent("");
  EXPECT_THAT(against(silent.url()), HasSubstr("it took too long"));
  std::stop_source quit;
  quit.request_stop();
  EXPECT_THAT(against(silent.url(), {}, quit.get_token()), HasSubstr("could not be fetched"));
}

TEST(Fetch, AProxyThatRefusesIsNamed) {
  FeedWay way;
  way.proxy_user = "sekisho";
  way.proxy_password = "a secret word";
  const Listener refusing(
      "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n");
  way.proxy = refusing.proxy();
  const std::string said = against("https://lists.example.jp/list.json", way);
  EXPECT_THAT(said, HasSubstr("the proxy answered 407"));
  EXPECT_FALSE(said.contains("secret"));
  EXPECT_TRUE(is_proxy_url("http://proxy.example.jp:3128"));
  EXPECT_TRUE(is_proxy_url("https://proxy.example.jp"));
  for (const char* no : {"", "proxy", "ftp://a", "socks5://a:1", "http://", "http://a:b@c:1",
                         "http://a/x", "http://a?x", "http://a b"})
    EXPECT_FALSE(is_proxy_url(no)) << no;
}

TEST(Fetch, AMirrorIsAFolderOfFiles) {
  const std::filesystem::path folder = "/tmp/sekisho-mirror-" + std::to_string(::getpid());
  std::filesystem::create_directories(folder);
  FeedWay way;
  way.mirror = folder;
  const auto put = [&](const char* name, const std::string& text) {
    std::ofstream(folder / name) << text;
  };
  EXPECT_THAT(against("", way), HasSubstr("it is not in the folder"));
  put("list.json", "{}");
  EXPECT_EQ(against("", way), "fetched {}");
  put("list.json", std::string(1000, 'x'));
  EXPECT_EQ(against("", way).size(), 1008U);
  put("list.json", std::string(1001, 'x'));
  EXPECT_THAT(against("", way), HasSubstr("too large (at most 1000 bytes)"));
  std::filesystem::remove(folder / "list.json");
  put("other.json", "{}");
  std::filesystem::create_symlink(folder / "other.json", folder / "list.json");
  EXPECT_THAT(against("", way), HasSubstr("a symbolic link is not read"));
  std::filesystem::remove(folder / "list.json");
  std::filesystem::create_directory(folder / "list.json");
  EXPECT_THAT(against("", way), HasSubstr("no regular file"));
  std::filesystem::remove(folder / "list.json");
  ASSERT_EQ(::mkfifo((folder / "list.json").c_str(), 0600), 0);
  EXPECT_THAT(against("", way), HasSubstr("no regular file"));
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace sekisho
