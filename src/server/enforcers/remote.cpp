// SPDX-License-Identifier: Apache-2.0
#include "server/enforcers/remote.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <system_error>

#include <fmt/format.h>

namespace sekisho {
namespace {

/// How soon a certificate that was revoked by whichever server is refused here.
constexpr std::chrono::milliseconds kLookAtRegister{250};
constexpr std::chrono::seconds kRegisterLasts{5};
/// What is shown, and whom it believes: the authority may have a successor.
constexpr std::chrono::hours kMadeAnew{1};

std::unexpected<Error> no_port(const RemoteEnforcers& with, int error) {
  auto refused = failure("見張りを待ち受けられません。", "cannot listen for enforcers.",
                         fmt::format("{}:{}", with.address, with.port));
  refused.error().reason = std::error_code(error, std::generic_category()).message();
  return refused;
}

unsigned short port_of(int socket) {
  sockaddr_storage own{};
  socklen_t size = sizeof own;
  if (::getsockname(socket, reinterpret_cast<sockaddr*>(&own), &size) != 0) return 0;
  return own.ss_family == AF_INET6 ? ntohs(reinterpret_cast<const sockaddr_in6*>(&own)->sin6_port)
                                   : ntohs(reinterpret_cast<const sockaddr_in*>(&own)->sin_port);
}

}  // namespace

RemoteDoor::RemoteDoor(RemoteEnforcers with, int socket, unsigned short port)
    : with_(std::move(with)), socket_(socket), port_(port) {}

RemoteDoor::~RemoteDoor() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
  ::close(socket_);
}

Result<std::unique_ptr<RemoteDoor>> RemoteDoor::open(RemoteEnforcers with) {
  addrinfo wanted{};
  wanted.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE;
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(with.address.c_str(), std::to_string(with.port).c_str(), &wanted, &found) != 0)
    return no_port(with, EADDRNOTAVAIL);
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> at(found, ::freeaddrinfo);
  const int socket = ::socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (socket < 0) return no_port(with, errno);
  const int on = 1;
  (void)::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  constexpr int kWaiting = 128;
  if (::bind(socket, at->ai_addr, at->ai_addrlen) != 0 || ::listen(socket, kWaiting) != 0) {
    const int error = errno;
    ::close(socket);
    return no_port(with, error);
  }
  std::unique_ptr<RemoteDoor> door(new RemoteDoor(std::move(with), socket, port_of(socket)));
  if (auto made = door->look_at_certificates(); !made) return std::unexpected(made.error());
  (void)door->look_at_register();
  door->thread_ =
      std::jthread([raw = door.get()](const std::stop_token& quit) { raw->look_after(quit); });
  return door;
}

Result<void> RemoteDoor::look_at_certificates() {
  const auto identity = with_.identity();
  if (!identity) return std::unexpected(identity.error());
  auto tls = make_tls(*identity);
  if (!tls) return std::unexpected(tls.error());
  const std::lock_guard lock(mutex_);
  tls_ = std::move(*tls);
  made_ = std::chrono::steady_clock::now();
  return {};
}

bool RemoteDoor::look_at_register() {
  const Moment begun = std::chrono::steady_clock::now();
  auto all = with_.registered();
  const std::lock_guard lock(mutex_);
  if (!all) {
    if (!std::exchange(complained_, true))
      with_.complain(
          {"登録された見張りを確かめられません", "which enforcers are registered can't be read"},
          all.error());
    return false;
  }
  complained_ = false;
  register_ = std::make_shared<const EnforcerRegister>(std::move(*all));
  heard_ = begun;
  return true;
}

void RemoteDoor::look_after(const std::stop_token& quit) {
  std::mutex waiting;
  std::condition_variable_any never;
  std::unique_lock lock(waiting);
  while (!never.wait_for(lock, quit, kLookAtRegister, [] { return false; }) &&
         !quit.stop_requested()) {
    (void)look_at_register();
    if (std::chrono::steady_clock::now() - made_ < kMadeAnew) continue;
    if (const auto made = look_at_certificates(); !made) {
      with_.complain({"見張りに示す証明書を更新できません",
                      "the certificate shown to enforcers cannot be renewed"},
                     made.error());
      const std::lock_guard making(mutex_);
      made_ = std::chrono::steady_clock::now();  // and again in an hour
    }
  }
}

RemoteDoor::Guest RemoteDoor::accept(std::chrono::milliseconds wait) const {
  pollfd one{socket_, POLLIN, 0};
  if (::poll(&one, 1, static_cast<int>(wait.count())) <= 0) return {};
  sockaddr_storage peer{};
  socklen_t size = sizeof peer;
  const int socket =
      ::accept4(socket_, reinterpret_cast<sockaddr*>(&peer), &size, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (socket < 0) return {};
  const int on = 1;
  (void)::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  std::array<char, NI_MAXHOST> name{};
  if (::getnameinfo(reinterpret_cast<const sockaddr*>(&peer), size, name.data(), name.size(),
                    nullptr, 0, NI_NUMERICHOST) != 0)
    name[0] = '\0';
  return {socket, name.data()};
}

std::shared_ptr<SSL_CTX> RemoteDoor::tls() const {
  const std::lock_guard lock(mutex_);
  return tls_;
}

std::optional<RegisteredEnforcer> RemoteDoor::whose(const std::string& fingerprint) const {
  const std::lock_guard lock(mutex_);
  const auto found = register_->find(fingerprint);
  if (found == register_->end()) return std::nullopt;
  return found->second;
}

Result<TellCertificate> RemoteDoor::renew(const std::string& shown, const AskToRenew& asked) {
  auto next = with_.renew(shown, asked);
  if (next) (void)look_at_register();
  return next;
}

void RemoteDoor::came(const std::string& shown) {
  with_.came(shown);
  (void)look_at_register();
}

bool RemoteDoor::knows() const {
  const std::lock_guard lock(mutex_);
  return heard_ != Moment() && std::chrono::steady_clock::now() - heard_ < kRegisterLasts;
}

}  // namespace sekisho
