// SPDX-License-Identifier: Apache-2.0
#include "key/module/ask.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>

namespace sekisho::pkcs11 {
namespace {

using key_wire::Ask;
using key_wire::kLengthBytes;
using key_wire::WireAnswer;

std::int64_t milliseconds() {
  timespec time{};
  ::clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<std::int64_t>(time.tv_sec) * 1000 + time.tv_nsec / 1'000'000;
}

/// One question to the agent.
class Line {
 public:
  explicit Line(int patience) : ends_(milliseconds() + patience), socket_(connected()) {}
  ~Line() {
    if (socket_ >= 0) ::close(socket_);
  }
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;
  Line(Line&&) = delete;
  Line& operator=(Line&&) = delete;

  bool send(const std::uint8_t* data, std::size_t size) const {
    while (size > 0) {
      const ssize_t sent = ::send(socket_, data, size, MSG_NOSIGNAL);
      if (sent > 0) {
        data += sent;
        size -= static_cast<std::size_t>(sent);
      } else if (!again(POLLOUT)) {
        return false;
      }
    }
    return socket_ >= 0;
  }

  bool receive(std::uint8_t* data, std::size_t size) const {
    while (size > 0) {
      const ssize_t got = ::recv(socket_, data, size, 0);
      if (got == 0) return false;
      if (got > 0) {
        data += got;
        size -= static_cast<std::size_t>(got);
      } else if (!again(POLLIN)) {
        return false;
      }
    }
    return socket_ >= 0;
  }

 private:
  int connected() const {
    const char* path = ::secure_getenv("SEKISHO_KEY_SOCKET");
    if (path == nullptr) path = key_wire::kModuleSocket;
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::size_t size = std::strlen(path);
    if (size >= sizeof address.sun_path) return -1;
    std::memcpy(address.sun_path, path, size);
    const int made = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (made < 0) return -1;
    while (::connect(made, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      // EAGAIN: more wait than the agent's queue holds. There is nothing to poll for.
      const bool later = (errno == EAGAIN || errno == EINTR) && milliseconds() < ends_;
      if (!later) {
        ::close(made);
        return -1;
      }
      ::poll(nullptr, 0, 20);
    }
    return made;
  }

  /// After a call that failed: whether it is worth trying again, when the socket is ready for it.
  bool again(short events) const {
    if (errno == EINTR) return milliseconds() < ends_;
    if (errno != EAGAIN || socket_ < 0) return false;
    const std::int64_t left = ends_ - milliseconds();
    pollfd wanted{socket_, events, 0};
    return left > 0 && (::poll(&wanted, 1, static_cast<int>(left)) > 0 || errno == EINTR);
  }

  std::int64_t ends_;
  int socket_;
};

/// Asks, and puts what comes back after its length into `answer`; its size, 0 for none.
std::size_t ask(int patience, ModuleBytes question, std::uint8_t* answer, std::size_t most) {
  const Line line(patience);
  std::array<std::uint8_t, kLengthBytes> length{};
  if (!line.send(question.data, question.size) || !line.receive(length.data(), length.size()))
    return 0;
  std::size_t bytes = 0;
  for (const std::uint8_t one : length) bytes = bytes << 8U | one;
  if (bytes == 0 || bytes > most || !line.receive(answer, bytes)) return 0;
  return bytes;
}

/// Splits what is behind the first byte into its strings; false where it isn't these and no more.
bool read_parts(KeyIdentity& identity, std::size_t size) {
  std::size_t at = 1;
  for (ModuleBytes& part : identity.parts) {
    if (size - at < kLengthBytes) return false;
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < kLengthBytes; ++i) bytes = bytes << 8U | identity.answer[at++];
    if (bytes == 0 || size - at < bytes) return false;
    part = {identity.answer.data() + at, bytes};
    at += bytes;
  }
  return at == size && identity.parts[KeyIdentity::point].size == key_wire::kPointBytes;
}

}  // namespace

bool ask_identity(KeyIdentity& identity) {
  const std::array<std::uint8_t, 5> question{0, 0, 0, 1, static_cast<std::uint8_t>(Ask::identity)};
  const std::size_t size = ask(kIdentityPatience, {question.data(), question.size()},
                               identity.answer.data(), identity.answer.size());
  if (size == 0 || identity.answer[0] != static_cast<std::uint8_t>(WireAnswer::ok) ||
      !read_parts(identity, size))
    return false;
  identity.wrapped_point = {0x04, key_wire::kPointBytes};
  std::memcpy(identity.wrapped_point.data() + 2, identity.parts[KeyIdentity::point].data,
              key_wire::kPointBytes);
  return true;
}

Signature ask_signature(const std::array<std::uint8_t, key_wire::kDigestBytes>& digest,
                        std::array<std::uint8_t, key_wire::kSignatureBytes>& signature) {
  std::array<std::uint8_t, kLengthBytes + 1 + key_wire::kDigestBytes> question{
      0, 0, 0, 1 + key_wire::kDigestBytes, static_cast<std::uint8_t>(Ask::sign)};
  std::memcpy(question.data() + kLengthBytes + 1, digest.data(), digest.size());
  std::array<std::uint8_t, 1 + key_wire::kSignatureBytes> answer{};
  const std::size_t size =
      ask(kSignaturePatience, {question.data(), question.size()}, answer.data(), answer.size());
  if (size == 0) return Signature::unreachable;
  if (size != answer.size() || answer[0] != static_cast<std::uint8_t>(WireAnswer::ok))
    return Signature::refused;
  std::memcpy(signature.data(), answer.data() + 1, signature.size());
  return Signature::yes;
}

}  // namespace sekisho::pkcs11
