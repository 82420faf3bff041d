// SPDX-License-Identifier: Apache-2.0
#include "key/service.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <list>

#include <fmt/format.h>

#include "base/time.h"
#include "collect/agent/command.h"

namespace sekisho {
namespace {

namespace fs = std::filesystem;
using Steady = Signer::Steady;

constexpr int kQueue = 64;
constexpr std::size_t kMostAtOnce = 128;
constexpr std::size_t kMostOfOne = 48;  // of one user: nobody takes up all of them
/// Whoever began a question finishes it by then. Between two, an ssh that stays connected (its
/// agent is forwarded) may say nothing for long.
constexpr std::chrono::seconds kToFinish{5};
constexpr std::chrono::hours kTellEvery{1};

/// A file descriptor.
class Owned {
 public:
  explicit Owned(int number) : number_(number) {}
  ~Owned() {
    if (number_ >= 0) ::close(number_);
  }
  Owned(Owned&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Owned& operator=(Owned&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  Owned(const Owned&) = delete;
  Owned& operator=(const Owned&) = delete;
  int number() const { return number_; }

 private:
  int number_;
};

enum class Door : std::uint8_t { module, ssh };

struct Guest {
  Owned socket;
  Door door;
  uid_t user;
  Frames frames;
  Steady heard_at;
};

std::unexpected<Error> cannot_listen(const fs::path& path) {
  return failure("ソケットを作れません。", "the socket cannot be made.",
                 path.string() + ": " + std::strerror(errno));  // NOLINT(concurrency-mt-unsafe)
}

/// Everybody may connect: who asks is known before anything is answered.
Result<Owned> listening(const fs::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string name = path.string();
  if (name.size() >= sizeof address.sun_path)
    return failure("パスが長すぎます。", "the path is too long.", name);
  std::memcpy(address.sun_path, name.data(), name.size());
  Owned made(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  ::unlink(name.c_str());
  constexpr mode_t kEverybody = 0666;
  if (made.number() < 0 ||
      ::bind(made.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::chmod(name.c_str(), kEverybody) != 0 || ::listen(made.number(), kQueue) != 0)
    return cannot_listen(path);
  return made;
}

}  // namespace

struct KeyService::Impl {
  std::unique_ptr<FileLock> lock;
  Signer signer;
  std::array<Owned, 2> doors;  // by Door
  std::list<Guest> guests = {};

  void let_in(Door door, Steady now);
  bool serve(Guest& guest, Time now, Steady moment);
  void wait(Steady now);
};

KeyService::KeyService(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
KeyService::~KeyService() = default;
KeyService::KeyService(KeyService&&) noexcept = default;
KeyService& KeyService::operator=(KeyService&&) noexcept = default;

Result<KeyService> KeyService::open(const fs::path& folder, Signer signer) {
  std::error_code ignored;
  fs::create_directories(folder, ignored);
  auto lock = std::make_unique<FileLock>(folder / "key.lock");
  if (!lock->held())
    return failure(
        fmt::format("ほかの {} key が動いているか、ここに書けません。", agent_command()),
        fmt::format("another {} key is running, or this cannot be written to.", agent_command()),
        folder.string());
  auto module = listening(folder / "key.sock");
  if (!module) return std::unexpected(module.error());
  auto ssh = listening(folder / "ssh.sock");
  if (!ssh) return std::unexpected(ssh.error());
  return KeyService(std::unique_ptr<Impl>(
      new Impl{std::move(lock), std::move(signer), {std::move(*module), std::move(*ssh)}}));
}

/// Whom the key isn't for is let go before a byte is read.
void KeyService::Impl::let_in(Door door, Steady now) {
  Owned socket(::accept4(doors[static_cast<std::size_t>(door)].number(), nullptr, nullptr,
                         SOCK_CLOEXEC | SOCK_NONBLOCK));
  ucred who{};
  socklen_t size = sizeof who;
  if (socket.number() < 0 ||
      ::getsockopt(socket.number(), SOL_SOCKET, SO_PEERCRED, &who, &size) != 0 ||
      size != sizeof who || !signer.may_ask(who.uid))
    return;
  const auto of_one = std::ranges::count(guests, who.uid, &Guest::user);
  // The one that was silent for longest makes room for the next of the same user.
  if (of_one >= static_cast<std::ptrdiff_t>(kMostOfOne)) {
    auto oldest = guests.end();
    for (auto it = guests.begin(); it != guests.end(); ++it)
      if (it->user == who.uid && (oldest == guests.end() || it->heard_at < oldest->heard_at))
        oldest = it;
    guests.erase(oldest);
  }
  if (guests.size() < kMostAtOnce) guests.push_back({std::move(socket), door, who.uid, {}, now});
}

/// What is there to be read, and the answers to it. False: it is over.
bool KeyService::Impl::serve(Guest& guest, Time now, Steady moment) {
  std::array<char, 4096> bytes{};
  const ssize_t got = ::recv(guest.socket.number(), bytes.data(), bytes.size(), 0);
  if (got == 0) return false;
  if (got < 0) return errno == EAGAIN || errno == EINTR;
  guest.heard_at = moment;
  guest.frames.add({bytes.data(), static_cast<std::size_t>(got)});
  while (const auto question = guest.frames.next()) {
    const std::string answer =
        framed(guest.door == Door::module ? signer.answer_module(guest.user, *question, now, moment)
                                          : signer.answer_ssh(guest.user, *question, now, moment));
    // Whoever doesn't take its answers gets no more.
    const ssize_t sent = ::send(guest.socket.number(), answer.data(), answer.size(), MSG_NOSIGNAL);
    if (sent != static_cast<ssize_t>(answer.size())) return false;
  }
  return !guest.frames.broken();
}

void KeyService::Impl::wait(Steady now) {
  std::erase_if(guests, [now](const Guest& guest) {
    return guest.frames.begun() && now - guest.heard_at > kToFinish;
  });
  std::vector<pollfd> wanted;
  for (const Owned& door : doors) wanted.push_back({door.number(), POLLIN, 0});
  for (const Guest& guest : guests) wanted.push_back({guest.socket.number(), POLLIN, 0});
  constexpr int kSecond = 1000;
  if (::poll(wanted.data(), wanted.size(), kSecond) <= 0) return;
  const Steady moment = std::chrono::steady_clock::now();
  std::size_t at = doors.size();
  for (auto it = guests.begin(); it != guests.end(); ++at)
    it = wanted[at].revents == 0 || serve(*it, sekisho::now(), moment) ? std::next(it)
                                                                       : guests.erase(it);
  for (const Door door : {Door::module, Door::ssh})
    if (wanted[static_cast<std::size_t>(door)].revents != 0) let_in(door, moment);
}

void KeyService::run(const std::atomic<bool>& ending,
                     const std::function<void(const KeyUse&)>& tell) {
  Steady told_at = std::chrono::steady_clock::now();
  KeyUse told;
  while (!ending) {
    const Steady now = std::chrono::steady_clock::now();
    impl_->wait(now);
    const KeyUse& use = impl_->signer.use();
    if (now - told_at < kTellEvery || use == told) continue;
    tell({use.module - told.module, use.ssh - told.ssh, use.refused - told.refused});
    told = use;
    told_at = now;
  }
}

}  // namespace sekisho
