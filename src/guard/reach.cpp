// SPDX-License-Identifier: Apache-2.0
#include "guard/reach.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "guard/identity.h"
#include "server/enforcers/local_socket.h"

namespace sekisho {
namespace {

using ReachMoment = std::chrono::steady_clock::time_point;

/// A connection to one address, by then; -1 for none.
int connect_to(const addrinfo& at, ReachMoment until) {
  const int socket = ::socket(at.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (socket < 0) return -1;
  const int on = 1;
  (void)::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::connect(socket, at.ai_addr, at.ai_addrlen) == 0) return socket;
  if (errno == EINPROGRESS) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    pollfd one{socket, POLLOUT, 0};
    int error = 0;
    socklen_t size = sizeof error;
    if (left.count() > 0 && ::poll(&one, 1, static_cast<int>(left.count())) > 0 &&
        ::getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0)
      return socket;
  }
  ::close(socket);
  return -1;
}

int connect_remote(const ServerPlace& place, ReachMoment until) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(place.host.c_str(), std::to_string(place.port).c_str(), &wanted, &found) != 0)
    return -1;
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> all(found, ::freeaddrinfo);
  for (const addrinfo* at = all.get(); at != nullptr; at = at->ai_next)
    if (const int socket = connect_to(*at, until); socket >= 0) return socket;
  return -1;
}

}  // namespace

std::unique_ptr<Stream> reach(const ServerPlace& place, const std::filesystem::path& identity,
                              std::chrono::milliseconds within) {
  if (!place.remote()) {
    const int socket = connect_local(place.socket, LocalKind::stream);
    return socket < 0 ? nullptr : plain_stream(socket);
  }
  const auto own = GuardIdentity::read(identity);
  if (!own) return nullptr;
  const auto tls = make_enforcer_tls(own->tls());
  if (!tls) return nullptr;
  const ReachMoment until = std::chrono::steady_clock::now() + within;
  const int socket = connect_remote(place, until);
  return socket < 0 ? nullptr : TlsStream::begin(socket, {*tls, place.host}, until);
}

}  // namespace sekisho
