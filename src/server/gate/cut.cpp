#include "server/gate/cut.h"

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
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

/// The kernel's sockets of a family that lead to one of these.
Result<void> find_in(const Diagnosis& diagnosis, std::uint8_t family,
                     std::span<const ClientEnd> ends, std::vector<inet_diag_msg>& found) {
  int failed = 0;
  const bool whole = diagnosis.send(SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, established(family)) &&
                     diagnosis.receive([&](const nlmsghdr& message) {
                       if (message.nlmsg_type == NLMSG_DONE) return false;
                       if (message.nlmsg_type == NLMSG_ERROR) {
                         failed = -body_of<nlmsgerr>(message)->error;
                         return false;
                       }
                       const auto* socket = body_of<inet_diag_msg>(message);
                       if (std::ranges::find(ends, far_end(*socket)) != ends.end())
                         found.push_back(*socket);
                       return true;
                     });
  if (!whole) return refused_by_kernel(errno);
  if (failed != 0) return refused_by_kernel(failed);
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

Result<std::size_t> end_connections(std::span<const ClientEnd> ends) {
  if (ends.empty()) return 0;
  const Diagnosis diagnosis;
  std::vector<inet_diag_msg> found;
  for (const std::uint8_t family : {std::uint8_t{AF_INET}, std::uint8_t{AF_INET6}})
    if (auto looked = find_in(diagnosis, family, ends, found); !looked)
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

Result<void> may_end_connections() {
  // One that can't be there: who may not is told so before it is looked for.
  inet_diag_msg none{};
  none.idiag_family = AF_INET;
  none.id.idiag_cookie[0] = none.id.idiag_cookie[1] = 1;
  const int failed = destroy(Diagnosis(), none);
  if (failed == 0 || failed == ENOENT) return {};
  return refused_by_kernel(failed);
}

}  // namespace sekisho
