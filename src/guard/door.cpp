// SPDX-License-Identifier: Apache-2.0
#include "guard/door.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <list>
#include <mutex>
#include <thread>

#include "base/posix/descriptor.h"
#include "guard/guard.h"

namespace sekisho {
namespace {

constexpr std::size_t kMostAtOnce = 64;
constexpr std::chrono::milliseconds kKnockWithin{500};
constexpr std::chrono::milliseconds kKeysWithin{3000};

/// One packet; empty where none came.
std::string packet_from(int socket, std::chrono::milliseconds wait) {
  pollfd one{socket, POLLIN, 0};
  if (::poll(&one, 1, static_cast<int>(wait.count())) <= 0) return {};
  std::array<char, kMostKnock + 1> packet{};
  const auto count = ::recv(socket, packet.data(), packet.size(), 0);
  return count > 0 ? std::string(packet.data(), static_cast<std::size_t>(count)) : std::string();
}

}  // namespace

struct Door::Impl {
  Impl(LocalListener l, Answer a) : listener(std::move(l)), answer(std::move(a)) {}
  ~Impl() {
    acceptor.request_stop();
    if (acceptor.joinable()) acceptor.join();
  }

  struct Visitor {
    bool ended = false;
    std::jthread thread{};
  };
  LocalListener listener;
  Answer answer;
  std::mutex mutex;
  std::list<Visitor> visitors;
  std::jthread acceptor;

  void hear(int socket) const {
    const Descriptor open(socket);
    const auto peer = peer_of(socket);
    if (!peer || (peer->uid != 0 && peer->uid != ::geteuid())) return;
    const auto knock = read_knock(packet_from(socket, kKnockWithin));
    if (!knock) return;
    const std::string packet = answer_packet(answer(*knock, peer->pid));
    (void)::send(socket, packet.data(), packet.size(), MSG_NOSIGNAL);
  }

  void forget_ended() {
    std::list<Visitor> ended;
    const std::lock_guard lock(mutex);
    for (auto at = visitors.begin(); at != visitors.end();) {
      const auto next = std::next(at);
      if (at->ended) ended.splice(ended.end(), visitors, at);
      at = next;
    }
  }

  void accept(const std::stop_token& quit) {
    while (!quit.stop_requested()) {
      const int socket = listener.accept(std::chrono::milliseconds(100));
      forget_ended();
      if (socket < 0) continue;
      if (visitors.size() >= kMostAtOnce) {
        ::close(socket);
        continue;
      }
      const std::lock_guard lock(mutex);
      Visitor& one = visitors.emplace_back();
      one.thread = std::jthread([this, &one, socket] {
        hear(socket);
        const std::lock_guard last(mutex);
        one.ended = true;
      });
    }
  }
};

Door::Door(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Door::~Door() = default;

Result<std::unique_ptr<Door>> Door::open(const std::filesystem::path& path, Answer answer) {
  auto listener = LocalListener::open(path, LocalKind::packets);
  if (!listener) return std::unexpected(listener.error());
  auto impl = std::make_unique<Impl>(std::move(*listener), std::move(answer));
  impl->acceptor =
      std::jthread([raw = impl.get()](const std::stop_token& quit) { raw->accept(quit); });
  return std::unique_ptr<Door>(new Door(std::move(impl)));
}

Result<std::string> keys_of_login(const std::filesystem::path& door, const std::string& login,
                                  const std::string& offered) {
  const auto closed = [&] {
    return failure("見張り（sekisho access guard）が答えません。",
                   "the guard (sekisho access guard) does not answer.", door.string());
  };
  if (login.contains('\0') || offered.contains('\0')) return closed();
  const Descriptor socket(connect_local(door, LocalKind::packets));
  const std::string packet = knock_packet(
      {Knock::What::keys, login, {}, "sshd", offered.empty() ? "" : "publickey " + offered});
  if (socket.get() < 0 || ::send(socket.get(), packet.data(), packet.size(), MSG_NOSIGNAL) < 0)
    return closed();
  auto answer = read_answer(packet_from(socket.get(), kKeysWithin));
  if (!answer) return closed();
  if (!answer->allow) return std::unexpected(Error{answer->words, {}});
  return std::move(answer->words.en);
}

}  // namespace sekisho
