// SPDX-License-Identifier: Apache-2.0
#include "server/enforcers/enforcers.h"

#include <sys/socket.h>
#include <unistd.h>

#include <list>
#include <mutex>
#include <thread>

#include "base/posix/descriptor.h"
#include "server/enforcers/local_socket.h"
#include "server/enforcers/talk.h"

namespace sekisho {
namespace {

constexpr std::size_t kMostConnections = 256;
/// Of those who haven't said yet who they are, over TLS: of all, and of one address.
constexpr std::size_t kMostStrangers = 64;
constexpr std::size_t kMostOfOneAddress = 8;
constexpr std::chrono::seconds kHandshakeWithin{3};
constexpr std::chrono::milliseconds kWaitForOne{200};

}  // namespace

struct Enforcers::Impl {
  Impl(EnforcerOptions o, AccessDesk& d) : options(std::move(o)), desk(d) {}
  ~Impl() {
    for (std::jthread* one : {&acceptor, &remote_acceptor}) one->request_stop();
    for (std::jthread* one : {&acceptor, &remote_acceptor})
      if (one->joinable()) one->join();
    {
      const std::lock_guard lock(mutex);
      for (Talking& one : talking)
        if (one.channel) one.channel->end();
      ending = true;
    }
    talking.clear();  // joins
  }

  struct Talking {
    std::shared_ptr<LineChannel> channel;   // null while hands are shaken
    std::string from{};                     // of another machine: its address
    std::unique_ptr<Descriptor> shaking{};  // its socket once more, while hands are shaken
    std::optional<EnforcerId> enforcer{};
    bool ended = false;
    std::jthread thread{};
  };

  EnforcerOptions options;
  AccessDesk& desk;
  std::optional<LocalListener> listener;
  std::unique_ptr<RemoteDoor> door;
  std::mutex mutex;  // guards these
  std::list<Talking> talking;
  bool ending = false;
  std::jthread acceptor;
  std::jthread remote_acceptor;

  /// One that comes again has lost its connection before, whatever we know of that.
  void replaces_others(const Talking& self, const EnforcerId& enforcer) {
    for (Talking& one : talking)
      if (&one != &self && one.enforcer == enforcer && one.channel) one.channel->end();
  }

  /// One of another machine, once it is known by which certificate.
  void shake_hands_and_talk(Talking& self, int socket) {
    auto stream = TlsStream::begin(socket, {door->tls()},
                                   std::chrono::steady_clock::now() + kHandshakeWithin);
    if (stream && door->whose(stream->peer())) {
      const std::string certificate = stream->peer();
      {
        const std::lock_guard lock(mutex);
        self.shaking.reset();
        self.channel = std::make_shared<LineChannel>(std::move(stream), kMostEnforcerLine);
        if (ending) self.channel->end();
      }
      return talk(self, {door.get(), certificate});
    }
    refused({{"from", self.from}, {"why", stream ? "certificate" : "tls"}});
    const std::lock_guard lock(mutex);
    self.ended = true;
  }

  void talk(Talking& self, RemoteEnd remote) {
    EnforcerTalk with(options, desk, self.channel, std::move(remote));
    if (auto enforcer = with.greet()) {
      {
        const std::lock_guard lock(mutex);
        replaces_others(self, *enforcer);
        self.enforcer = std::move(*enforcer);
      }
      with.serve();
    }
    self.channel->end();
    const std::lock_guard lock(mutex);
    self.ended = true;
  }

  void forget_ended() {
    std::list<Talking> ended;
    {
      const std::lock_guard lock(mutex);
      for (auto at = talking.begin(); at != talking.end();) {
        const auto next = std::next(at);
        if (at->ended) ended.splice(ended.end(), talking, at);
        at = next;
      }
    }
  }

  void accept(const std::stop_token& quit) {
    while (!quit.stop_requested()) {
      const int socket = listener->accept(kWaitForOne);
      forget_ended();
      if (socket < 0) continue;
      auto stream = plain_stream(socket);
      const std::lock_guard lock(mutex);
      if (talking.size() >= kMostConnections || !may_speak(socket)) continue;
      Talking& one = talking.emplace_back(
          Talking{std::make_shared<LineChannel>(std::move(stream), kMostEnforcerLine)});
      one.thread = std::jthread([this, &one] { talk(one, {}); });
    }
  }

  void accept_remote(const std::stop_token& quit) {
    while (!quit.stop_requested()) {
      RemoteDoor::Guest guest = door->accept(kWaitForOne);
      forget_ended();
      if (guest.socket < 0) continue;
      const std::lock_guard lock(mutex);
      if (!make_room(guest.from)) {
        ::close(guest.socket);
        continue;
      }
      Talking& one = talking.emplace_back(Talking{
          nullptr, std::move(guest.from), std::make_unique<Descriptor>(::dup(guest.socket))});
      one.thread =
          std::jthread([this, &one, socket = guest.socket] { shake_hands_and_talk(one, socket); });
    }
  }

  /// Strangers take nobody's place who is known, and whoever comes takes that of the stranger who
  /// has been shaking hands for longest: who has a certificate needs a moment, who has none may
  /// stay silent. With the lock.
  bool make_room(const std::string& from) {
    const auto over = [&](std::size_t most, auto counts) {
      const auto is = [&](const Talking& one) {
        return !one.enforcer && !one.from.empty() && !one.ended && counts(one);
      };
      if (static_cast<std::size_t>(std::ranges::count_if(talking, is)) < most) return false;
      const auto oldest = std::ranges::find_if(
          talking, [&](const Talking& one) { return is(one) && one.shaking != nullptr; });
      if (oldest == talking.end()) return true;
      ::shutdown(oldest->shaking->get(), SHUT_RDWR);
      oldest->ended = true;
      return false;
    };
    return talking.size() < kMostConnections &&
           !over(
               kMostOfOneAddress, [&](const Talking& one) { return one.from == from; }) &&
           !over(kMostStrangers, [](const Talking&) { return true; });
  }

  void refused(std::vector<std::pair<std::string, std::string>> fields) const {
    if (options.journal)
      options.journal->tell({Severity::warning, "enforcer-refused", std::move(fields)});
  }

  /// Whoever the mode of the socket's file lets in by mistake is refused by what the kernel says.
  bool may_speak(int socket) const {
    const auto peer = peer_of(socket);
    if (peer && (peer->uid == 0 || peer->uid == ::geteuid())) return true;
    refused({{"uid", peer ? std::to_string(peer->uid) : "unknown"}});
    return false;
  }
};

Enforcers::Enforcers(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Enforcers::~Enforcers() = default;

unsigned short Enforcers::port() const { return impl_->door ? impl_->door->port() : 0; }

Result<std::unique_ptr<Enforcers>> Enforcers::listen(EnforcerOptions options, AccessDesk& desk) {
  auto impl = std::make_unique<Impl>(std::move(options), desk);
  Impl* raw = impl.get();
  if (!raw->options.socket.empty()) {
    auto listener = LocalListener::open(raw->options.socket, LocalKind::stream);
    if (!listener) return std::unexpected(listener.error());
    raw->listener.emplace(std::move(*listener));
  }
  if (raw->options.remote) {
    auto door = RemoteDoor::open(*raw->options.remote);
    if (!door) return std::unexpected(door.error());
    raw->door = std::move(*door);
  }
  if (raw->listener)
    raw->acceptor = std::jthread([raw](const std::stop_token& quit) { raw->accept(quit); });
  if (raw->door)
    raw->remote_acceptor =
        std::jthread([raw](const std::stop_token& quit) { raw->accept_remote(quit); });
  return std::unique_ptr<Enforcers>(new Enforcers(std::move(impl)));
}

}  // namespace sekisho
