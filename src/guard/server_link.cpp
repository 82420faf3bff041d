// SPDX-License-Identifier: Apache-2.0
#include "guard/server_link.h"

#include <algorithm>

#include "guard/identity.h"
#include "guard/reach.h"

namespace sekisho {
namespace {

constexpr std::chrono::seconds kWelcomeWithin{5};
constexpr std::chrono::milliseconds kReachWithin{3000};
constexpr std::chrono::seconds kRenewWithin{10};
constexpr std::chrono::minutes kRenewAgain{10};
constexpr std::chrono::milliseconds kTryAgain{300};
constexpr std::chrono::milliseconds kHearFor{200};
constexpr std::size_t kMostAsked = 1000;

}  // namespace

ServerLink::ServerLink(const GuardSettings& settings, Told told)
    : settings_(settings),
      told_(std::move(told)),
      thread_([this](const std::stop_token& quit) { run(quit); }) {}

ServerLink::~ServerLink() {
  thread_.request_stop();
  if (const auto open = channel()) open->end();
  thread_.join();
}

std::shared_ptr<LineChannel> ServerLink::channel() const {
  const std::lock_guard lock(mutex_);
  return channel_;
}

bool ServerLink::say(const FromEnforcer& message) {
  const auto open = channel();
  return open && up_ && open->send(line_of(message));
}

std::optional<FromServer> ServerLink::ask(AskNumber number, const FromEnforcer& message,
                                          Moment until) {
  std::unique_lock lock(mutex_);
  if (!channel_ || !up_ || waiting_.size() >= kMostAsked) return std::nullopt;
  waiting_.emplace(number, std::nullopt);
  if (channel_->send(line_of(message)))
    answered_.wait_until(lock, until, [&] {
      const auto found = waiting_.find(number);
      return found == waiting_.end() || found->second.has_value();
    });
  const auto found = waiting_.find(number);
  if (found == waiting_.end()) return std::nullopt;
  std::optional<FromServer> answer = std::move(found->second);
  waiting_.erase(found);
  return answer;
}

void ServerLink::give(AskNumber number, FromServer message) {
  const std::lock_guard lock(mutex_);
  const auto found = waiting_.find(number);
  if (found == waiting_.end()) return;  // nobody waits for it any more
  found->second = std::move(message);
  answered_.notify_all();
}

void ServerLink::gone() {
  up_ = false;
  const std::lock_guard lock(mutex_);
  channel_.reset();
  waiting_.clear();
  answered_.notify_all();
}

void ServerLink::run(const std::stop_token& quit) {
  bool said = false;
  while (!quit.stop_requested()) {
    const ServerPlace& place = settings_.servers[place_ % settings_.servers.size()];
    if (auto stream = reach(place, settings_.identity, kReachWithin)) {
      auto open = std::make_shared<LineChannel>(std::move(stream), kMostEnforcerLine);
      {
        const std::lock_guard lock(mutex_);
        channel_ = open;
      }
      if (greeted(*open)) {
        said = false;
        talk(quit, *open);
      }
      gone();
    }
    ++place_;
    if (!said && !quit.stop_requested() && told_.trouble)
      told_.trouble({"Sekisho のサーバーに届きません。届くまで、新しい接続はすべて断ります。",
                     "Sekisho's server cannot be reached; until it can, nobody new is let in."});
    said = true;
    std::this_thread::sleep_for(kTryAgain);
  }
}

void ServerLink::look_at_identity(Time now) {
  const auto& place = settings_.servers[place_ % settings_.servers.size()];
  const Moment at = std::chrono::steady_clock::now();
  if (!up_ || !place.remote() || (asked_ != Moment() && at - asked_ < kRenewAgain)) return;
  const auto own = GuardIdentity::read(settings_.identity);
  if (!own || !own->is_due(now)) return;
  asked_ = at;
  const auto key = KeyPair::make();
  if (!key) return;
  const AskNumber number = next_number();
  const auto told =
      ask_for<TellCertificate>(number, AskToRenew{number, key->request()}, at + kRenewWithin);
  const auto next = told ? GuardIdentity::of(*key, told->certificate, told->authorities)
                         : std::unexpected(Error{{"答えがありません。", "no answer came."}, {}});
  const auto kept = next ? next->keep(settings_.identity) : std::unexpected(next.error());
  if (!kept) {
    if (told_.trouble)
      told_.trouble({"証明書を更新できません: " + kept.error().describe(Lang::ja),
                     "the certificate cannot be renewed: " + kept.error().describe(Lang::en)});
    return;
  }
  if (told_.trouble) told_.trouble({"証明書を更新しました。", "the certificate was renewed."});
  // Shown from now on; the one before is worth nothing once it was.
  asked_ = Moment();
  if (const auto open = channel()) open->end();
}

bool ServerLink::greeted(LineChannel& channel) {
  channel.send(line_of(HelloToServer{kEnforcerProtocol, settings_.enforcer}));
  std::string line;
  if (channel.next(line, std::chrono::steady_clock::now() + kWelcomeWithin) !=
      LineChannel::Came::line)
    return false;
  const auto message = read_from_server(line);
  const auto* hello = message ? std::get_if<HelloToEnforcer>(&*message) : nullptr;
  if (hello != nullptr && hello->version == kEnforcerProtocol) return true;
  if (const auto* fault = message ? std::get_if<TellFault>(&*message) : nullptr; fault != nullptr)
    if (told_.trouble) told_.trouble(fault->why);
  return false;
}

void ServerLink::talk(const std::stop_token& quit, LineChannel& channel) {
  up_ = true;
  if (told_.came) told_.came();
  std::string line;
  Moment heard = std::chrono::steady_clock::now();
  Moment said = heard;
  while (!quit.stop_requested()) {
    const auto now = std::chrono::steady_clock::now();
    if (now - heard > kEnforcerSilence) return;
    if (now - said > kEnforcerBeat) {
      channel.send(line_of(SayAlive{}));
      said = now;
    }
    const auto came = channel.next(line, now + kHearFor);
    if (came == LineChannel::Came::over || came == LineChannel::Came::too_long) return;
    if (came == LineChannel::Came::nothing) continue;
    heard = std::chrono::steady_clock::now();
    auto message = read_from_server(line);
    // What isn't understood might be a cut: it is as if the server were gone.
    if (!message || !take(std::move(*message))) return;
  }
}

bool ServerLink::take(FromServer message) {
  if (const auto* cut = std::get_if<TellCut>(&message)) {
    told_.cut(*cut);
  } else if (const auto* verdict = std::get_if<TellVerdict>(&message)) {
    give(verdict->number, std::move(message));
  } else if (const auto* keys = std::get_if<TellKeys>(&message)) {
    give(keys->number, std::move(message));
  } else if (const auto* certificate = std::get_if<TellCertificate>(&message)) {
    give(certificate->number, std::move(message));
  } else if (const auto* live = std::get_if<TellLive>(&message)) {
    give(live->number, std::move(message));
  } else if (const auto* fault = std::get_if<TellFault>(&message)) {
    if (told_.trouble) told_.trouble(fault->why);
    return false;
  }
  return true;
}

}  // namespace sekisho
