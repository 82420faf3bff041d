// SPDX-License-Identifier: Apache-2.0
// Requests to a server on loopback, one connection each, and a server that answers as it was told.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace sekisho {

/// One connection, and one request on it; `behind` are the bytes that follow on a connection that
/// stays.
class Asking {
 public:
  Asking(unsigned short port, const std::string& path, const std::string& headers,
         const std::string& method = "GET", const std::string& content = {},
         const std::string& behind = {})
      : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) return;
    const std::string text =
        fmt::format("{} {} HTTP/1.1\r\nHost: localhost\r\n{}{}{}\r\n{}{}", method, path,
                    behind.empty() ? "Connection: close\r\n" : "", headers,
                    content.empty() ? "" : fmt::format("Content-Length: {}\r\n", content.size()),
                    content, behind);
    (void)::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
  }
  ~Asking() { ::close(fd_); }
  Asking(const Asking&) = delete;
  Asking& operator=(const Asking&) = delete;

  /// All of the reply, when it comes; empty when nobody answers.
  std::string reply() const {
    std::string all;
    std::array<char, 4096> part{};
    for (ssize_t count = 0; (count = ::recv(fd_, part.data(), part.size(), 0)) > 0;)
      all.append(part.data(), static_cast<std::size_t>(count));
    return all;
  }
  /// Whether nothing more can come: not while the connection is there, whatever came on it.
  bool ended() const {
    pollfd one{fd_, POLLRDHUP, 0};
    return ::poll(&one, 1, 0) > 0;
  }
  /// Whether something of it is there by now.
  bool answered() const {
    char one = 0;
    return ::recv(fd_, &one, 1, MSG_PEEK | MSG_DONTWAIT) >= 0;
  }

 private:
  int fd_;
};

/// Answers whoever comes on loopback with the next of `answers`, and keeps what it was asked.
class Listener {
 public:
  explicit Listener(std::vector<std::string> answers)
      : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    ::sockaddr_in any{};
    any.sin_family = AF_INET;
    any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* address = reinterpret_cast<::sockaddr*>(&any);
    if (::bind(socket_, address, sizeof any) != 0 || ::listen(socket_, 8) != 0)
      throw std::runtime_error("no socket");
    ::socklen_t size = sizeof any;
    (void)::getsockname(socket_, address, &size);
    port_ = ntohs(any.sin_port);
    thread_ = std::jthread([this, answers = std::move(answers)] {
      for (const std::string& answer : answers) {
        const int peer = ::accept(socket_, nullptr, nullptr);
        if (peer < 0) return;
        hear(peer);
        for (std::string_view left = answer; !left.empty();) {
          const ssize_t sent = ::send(peer, left.data(), left.size(), MSG_NOSIGNAL);
          if (sent <= 0) break;
          left.remove_prefix(static_cast<std::size_t>(sent));
        }
        ::close(peer);
      }
    });
  }
  ~Listener() {
    ::shutdown(socket_, SHUT_RDWR);
    thread_.join();
    ::close(socket_);
  }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  std::string url(const char* path = "/") const {
    return fmt::format("http://127.0.0.1:{}{}", port_, path);
  }
  std::vector<std::string> heard() const {
    const std::scoped_lock lock(mutex_);
    return heard_;
  }

 private:
  /// One request, with a body whose length is told.
  void hear(int peer) {
    std::string all;
    std::array<char, 4096> part{};
    for (ssize_t count = 0;
         !is_whole(all) && (count = ::recv(peer, part.data(), part.size(), 0)) > 0;)
      all.append(part.data(), static_cast<std::size_t>(count));
    const std::scoped_lock lock(mutex_);
    heard_.push_back(all);
  }

  static bool is_whole(const std::string& request) {
    constexpr std::string_view kLength = "\r\nContent-Length: ";
    const std::size_t end = request.find("\r\n\r\n");
    if (end == std::string::npos) return false;
    const std::size_t told = request.find(kLength);
    const std::size_t body = told < end ? std::stoul(request.substr(told + kLength.size())) : 0;
    return request.size() >= end + 4 + body;
  }

  int socket_;
  unsigned short port_ = 0;
  mutable std::mutex mutex_;
  std::vector<std::string> heard_;
  std::jthread thread_;
};

inline std::string answering(const std::string& body, const std::string& headers = {}) {
  return fmt::format("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n{}\r\n{}", body.size(), headers,
                     body);
}

inline unsigned status_of(const std::string& reply) {
  return reply.size() < 12 ? 0 : static_cast<unsigned>(std::stoul(reply.substr(9, 3)));
}

}  // namespace sekisho
