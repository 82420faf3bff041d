// Requests to a server on loopback, one connection each.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <string>

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

inline unsigned status_of(const std::string& reply) {
  return reply.size() < 12 ? 0 : static_cast<unsigned>(std::stoul(reply.substr(9, 3)));
}

}  // namespace sekisho
