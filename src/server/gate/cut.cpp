// SPDX-License-Identifier: Apache-2.0
#include "server/gate/cut.h"

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <system_error>
#include <vector>

#include <fmt/format.h>

namespace sekisho {
namespace {

/// A netlink socket, closed with its owner.
class Diagnosis {
 public:
  Diagnosis() : fd_(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG)) {
    const timeval patience{2, 0};
    if (fd_ >= 0) (void)::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  }
  ~Diagnosis() {
    if (fd_ >= 0) ::close(fd_);
  }
  Diagnosis(const Diagnosis&) = delete;
  Diagnosis& operator=(const Diagnosis&) = delete;

  bool send(std::uint16_t type, std::uint16_t flags, const inet_diag_req_v2& what) const {
    struct {
      nlmsghdr head;
      inet_diag_req_v2 body;
    } message{};
    message.head.nlmsg_len = sizeof message;
    message.head.nlmsg_type = type;
    message.head.nlmsg_flags = static_cast<std::uint16_t>(flags | NLM_F_REQUEST);
    message.body = what;
    return fd_ >= 0 && ::send(fd_, &message, sizeof message, 0) == sizeof message;
  }
  /// Calls `take` with each message until it says that there is no more; false when it fails.
  template <typename Take>
  bool receive(const Take& take) const {
    std::vector<char> buffer(std::size_t{64} << 10U);
    for (;;) {
      const ssize_t got = ::recv(fd_, buffer.data(), buffer.size(), 0);
      if (got <= 0) return false;
      auto left = static_cast<unsigned>(got);
      for (auto* at = reinterpret_cast<nlmsghdr*>(buffer.data()); NLMSG_OK(at, left);
           at = NLMSG_NEXT(at, left))
        if (!take(*at)) return true;
    }
  }

 private:
  int fd_;
};

/// What follows a message's head (NLMSG_DATA).
template <typename Body>
const Body* body_of(const nlmsghdr& message) {
  return reinterpret_cast<const Body*>(reinterpret_cast<const char*>(&message) + sizeof message);
}

inet_diag_req_v2 established(std::uint8_t family) {
  inet_diag_req_v2 what{};
  what.sdiag_family = family;
  what.sdiag_protocol = IPPROTO_TCP;
  // Whatever still carries something, either way.
  what.idiag_states = (1U << TCP_ESTABLISHED) | (1U << TCP_CLOSE_WAIT) | (1U << TCP_FIN_WAIT1) |
                      (1U << TCP_FIN_WAIT2);
  return what;
}

ClientEnd far_end(const inet_diag_msg& socket) {
  ClientEnd end;
  end.port = ntohs(socket.id.idiag_dport);
  if (socket.idiag_family == AF_INET6) {
    std::memcpy(end.address.bytes.data(), socket.id.idiag_dst, end.address.bytes.size());
    return end;
  }
  end.address.bytes[10] = end.address.bytes[11] = 0xff;
  std::memcpy(end.address.bytes.data() + 12, socket.id.idiag_dst, 4);
  return end;
}

std::unexpected<Error> refused_by_kernel(int error) {
  const std::string why = std::error_code(error, std::generic_category()).message();
  return failure(fmt::format("開いている接続を切れません（{}）。", why),
                 fmt::format("cannot end connections that are open ({}).", why));
}

/// Calls `take` with each socket of both families that is in one of these states.
template <typename Take>
Result<void> each_socket(const Diagnosis& diagnosis, const Take& take) {
  for (const std::uint8_t family : {std::uint8_t{AF_INET}, std::uint8_t{AF_INET6}}) {
    int failed = 0;
    const bool whole = diagnosis.send(SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, established(family)) &&
                       diagnosis.receive([&](const nlmsghdr& message) {
                         if (message.nlmsg_type == NLMSG_DONE) return false;
                         if (message.nlmsg_type == NLMSG_ERROR) {
                           failed = -body_of<nlmsgerr>(message)->error;
                           return false;
                         }
                         take(*body_of<inet_diag_msg>(message));
                         return true;
                       });
    if (!whole) return refused_by_kernel(errno);
    if (failed != 0) return refused_by_kernel(failed);
  }
  return {};
}

/// 0, or why not.
int destroy(const Diagnosis& diagnosis, const inet_diag_msg& socket) {
  inet_diag_req_v2 what = established(socket.idiag_family);
  what.id = socket.id;
  int failed = 0;
  const bool answered = diagnosis.send(SOCK_DESTROY, NLM_F_ACK, what) &&
                        diagnosis.receive([&](const nlmsghdr& message) {
                          if (message.nlmsg_type == NLMSG_ERROR)
                            failed = -body_of<nlmsgerr>(message)->error;
                          return false;
                        });
  return answered ? failed : errno;
}

}  // namespace

Result<std::size_t> end_connections(const std::unordered_set<ClientEnd>& ends) {
  if (ends.empty()) return 0;
  const Diagnosis diagnosis;
  std::vector<inet_diag_msg> found;
  if (auto looked = each_socket(diagnosis,
                                [&](const inet_diag_msg& socket) {
                                  if (ends.contains(far_end(socket))) found.push_back(socket);
                                });
      !looked)
    return std::unexpected(looked.error());
  std::size_t ended = 0;
  for (const inet_diag_msg& socket : found) {
    const int failed = destroy(diagnosis, socket);
    if (failed == 0)
      ++ended;
    else if (failed != ENOENT)  // it went by itself
      return refused_by_kernel(failed);
  }
  return ended;
}

Result<std::unordered_set<ClientEnd>> open_connections() {
  std::unordered_set<ClientEnd> open;
  if (auto looked = each_socket(Diagnosis(),
                                [&](const inet_diag_msg& socket) { open.insert(far_end(socket)); });
      !looked)
    return std::unexpected(looked.error());
  return open;
}

Result<void> may_end_connections() {
  // The kernel looks for the socket before it asks who may, so that it must be one that is there.
  const int own = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* where = reinterpret_cast<sockaddr*>(&address);
  int failed = own >= 0 && ::bind(own, where, size) == 0 && ::listen(own, 1) == 0 &&
                       ::getsockname(own, where, &size) == 0
                   ? 0
                   : errno;
  if (failed == 0) {
    inet_diag_msg listener{};
    listener.idiag_family = AF_INET;
    listener.id.idiag_sport = address.sin_port;
    listener.id.idiag_src[0] = address.sin_addr.s_addr;
    listener.id.idiag_cookie[0] = listener.id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
    failed = destroy(Diagnosis(), listener);
  }
  if (own >= 0) ::close(own);
  if (failed == 0) return {};
  return refused_by_kernel(failed);
}

}  // namespace sekisho
