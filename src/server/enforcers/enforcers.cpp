#include "server/enforcers/enforcers.h"

#include <unistd.h>

#include <list>
#include <mutex>
#include <thread>

#include "server/enforcers/local_socket.h"
#include "server/enforcers/talk.h"

namespace sekisho {
namespace {

constexpr std::size_t kMostConnections = 256;

}  // namespace

struct Enforcers::Impl {
  Impl(EnforcerOptions o, AccessDesk& d, LocalListener l)
      : options(std::move(o)), desk(d), listener(std::move(l)) {}
  ~Impl() {
    acceptor.request_stop();
    if (acceptor.joinable()) acceptor.join();
    {
      const std::lock_guard lock(mutex);
      for (Talking& one : talking) one.channel->end();
    }
    talking.clear();  // joins
  }

  struct Talking {
    std::shared_ptr<LineChannel> channel;
    std::optional<EnforcerId> enforcer{};
    bool ended = false;
    std::jthread thread{};
  };

  EnforcerOptions options;
  AccessDesk& desk;
  LocalListener listener;
  std::mutex mutex;
  std::list<Talking> talking;  // by the acceptor alone, but for what the mutex guards in each
  std::jthread acceptor;

  /// One that comes again has lost its connection before, whatever we know of that.
  void replaces_others(const Talking& self, const EnforcerId& enforcer) {
    for (Talking& one : talking)
      if (&one != &self && one.enforcer == enforcer) one.channel->end();
  }

  void talk(Talking& self) {
    EnforcerTalk with(options, desk, self.channel);
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
      const int socket = listener.accept(std::chrono::milliseconds(200));
      forget_ended();
      if (socket < 0) continue;
      if (talking.size() >= kMostConnections || !may_speak(socket)) {
        ::close(socket);
        continue;
      }
      const std::lock_guard lock(mutex);
      Talking& one =
          talking.emplace_back(Talking{std::make_shared<LineChannel>(socket, kMostEnforcerLine)});
      one.thread = std::jthread([this, &one] { talk(one); });
    }
  }

  /// Whoever the mode of the socket's file lets in by mistake is refused by what the kernel says.
  bool may_speak(int socket) const {
    const auto peer = peer_of(socket);
    if (peer && (peer->uid == 0 || peer->uid == ::geteuid())) return true;
    if (options.journal)
      options.journal->tell({Severity::warning,
                             "enforcer-refused",
                             {{"uid", peer ? std::to_string(peer->uid) : "unknown"}}});
    return false;
  }
};

Enforcers::Enforcers(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Enforcers::~Enforcers() = default;

Result<std::unique_ptr<Enforcers>> Enforcers::listen(EnforcerOptions options, AccessDesk& desk) {
  auto listener = LocalListener::open(options.socket, LocalKind::stream);
  if (!listener) return std::unexpected(listener.error());
  auto impl = std::make_unique<Impl>(std::move(options), desk, std::move(*listener));
  impl->acceptor =
      std::jthread([raw = impl.get()](const std::stop_token& quit) { raw->accept(quit); });
  return std::unique_ptr<Enforcers>(new Enforcers(std::move(impl)));
}

}  // namespace sekisho
