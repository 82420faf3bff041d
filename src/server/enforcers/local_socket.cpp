// SPDX-License-Identifier: Apache-2.0
#include "server/enforcers/local_socket.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

namespace sekisho {
namespace {

int type_of(LocalKind kind) {
  const int type = kind == LocalKind::stream ? SOCK_STREAM : SOCK_SEQPACKET;
  return type | SOCK_CLOEXEC | SOCK_NONBLOCK;
}

std::optional<sockaddr_un> address_of(const std::filesystem::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string name = path.string();
  if (name.empty() || name.size() >= sizeof address.sun_path) return std::nullopt;
  std::memcpy(&address.sun_path[0], name.data(), name.size());
  return address;
}

const sockaddr* plain(const sockaddr_un& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

std::unexpected<Error> no_socket(const std::filesystem::path& path, int error) {
  auto refused = failure("ソケットを開けません。", "the socket cannot be opened.", path.string());
  refused.error().reason = std::error_code(error, std::generic_category()).message();
  return refused;
}

}  // namespace

std::optional<LocalPeer> peer_of(int socket) {
  ucred credentials{};
  socklen_t size = sizeof credentials;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0 ||
      size != sizeof credentials || credentials.pid <= 0)
    return std::nullopt;
  return LocalPeer{credentials.pid, credentials.uid};
}

int connect_local(const std::filesystem::path& path, LocalKind kind) {
  const auto address = address_of(path);
  if (!address) return -1;
  const int socket = ::socket(AF_UNIX, type_of(kind), 0);
  if (socket < 0) return -1;
  if (::connect(socket, plain(*address), sizeof *address) == 0) return socket;
  ::close(socket);
  return -1;
}

Result<LocalListener> LocalListener::open(const std::filesystem::path& path, LocalKind kind) {
  const auto address = address_of(path);
  if (!address) return no_socket(path, ENAMETOOLONG);
  struct stat there{};
  if (::lstat(path.c_str(), &there) == 0) {
    if (!S_ISSOCK(there.st_mode)) return no_socket(path, EEXIST);
    if (const int other = connect_local(path, kind); other >= 0) {
      ::close(other);
      return no_socket(path, EADDRINUSE);
    }
    (void)::unlink(path.c_str());
  }
  const int socket = ::socket(AF_UNIX, type_of(kind), 0);
  if (socket < 0) return no_socket(path, errno);
  // The file gets the mode that the socket has before (unix(7)): umask is all threads'.
  const bool bound = ::fchmod(socket, S_IRUSR | S_IWUSR) == 0 &&
                     ::bind(socket, plain(*address), sizeof *address) == 0;
  int error = errno;
  constexpr int kWaiting = 128;
  if (bound && ::listen(socket, kWaiting) == 0) return LocalListener(socket, path);
  if (bound) error = errno;
  ::close(socket);
  return no_socket(path, error);
}

LocalListener::LocalListener(int socket, std::filesystem::path path)
    : socket_(socket), path_(std::move(path)) {}
LocalListener::LocalListener(LocalListener&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)), path_(std::move(other.path_)) {}
LocalListener::~LocalListener() {
  if (socket_ < 0) return;
  (void)::unlink(path_.c_str());
  ::close(socket_);
}

int LocalListener::accept(std::chrono::milliseconds wait) const {
  pollfd one{socket_, POLLIN, 0};
  if (::poll(&one, 1, static_cast<int>(wait.count())) <= 0) return -1;
  return ::accept4(socket_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
}

}  // namespace sekisho
