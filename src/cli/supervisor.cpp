// SPDX-License-Identifier: Apache-2.0
#include "cli/supervisor.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include <fmt/format.h>

#include "base/base.h"

namespace sekisho {
namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nothing changes it
  return value == nullptr ? std::string() : value;
}

long long monotonic_microseconds() {
  timespec now{};
  (void)::clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1'000'000LL + now.tv_nsec / 1000;
}

}  // namespace

std::shared_ptr<Supervisor> Supervisor::of_this_process() {
  std::string address = variable("NOTIFY_SOCKET");
  if (address.size() < 2 || address.size() >= sizeof(sockaddr_un::sun_path) ||
      (address[0] != '/' && address[0] != '@'))
    return nullptr;
  return std::shared_ptr<Supervisor>(new Supervisor(std::move(address)));
}

Supervisor::Supervisor(std::string address)
    : address_(std::move(address)), socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
  // Ten messages fill the queue of a socket (net.unix.max_dgram_qlen), and a READY=1 that is lost
  // is never said again; nor is a listener that reads nothing waited for without an end.
  const timeval patience{2, 0};
  (void)::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  const std::string whose = variable("WATCHDOG_PID");
  if (whose.empty() || whole_number(whose) == ::getpid())
    watchdog_every_ = std::max<long long>(0, whole_number(variable("WATCHDOG_USEC"))) / 4;
}

Supervisor::~Supervisor() {
  if (socket_ >= 0) (void)::close(socket_);
}

void Supervisor::tell(std::string_view what) {
  if (what == "WATCHDOG=1") {  // from one thread alone
    const long long now = monotonic_microseconds();
    if (watchdog_every_ == 0 || now - watched_at_ < watchdog_every_) return;
    watched_at_ = now;
  }
  std::string text(what);
  if (what == "RELOADING=1") text += fmt::format("\nMONOTONIC_USEC={}", monotonic_microseconds());
  send(text, what == "WATCHDOG=1" ? MSG_DONTWAIT : 0);
}

void Supervisor::send(std::string_view text, int how) const {
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  std::memcpy(to.sun_path, address_.data(), address_.size());
  if (to.sun_path[0] == '@') to.sun_path[0] = '\0';  // of the abstract kind
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size());
  (void)::sendto(socket_, text.data(), text.size(), how | MSG_NOSIGNAL,
                 reinterpret_cast<const sockaddr*>(&to), size);  // NOLINT(*-reinterpret-cast)
}

}  // namespace sekisho
