// SPDX-License-Identifier: Apache-2.0
#include "guard/guard.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <condition_variable>
#include <list>
#include <thread>

#include <fmt/format.h>

#include "base/crypto.h"
#include "guard/door.h"
#include "guard/held.h"
#include "guard/server_link.h"
#include "guard/ssh_key.h"

namespace sekisho {
namespace {

using Steady = std::chrono::steady_clock;

/// PAM waits for two seconds in all.
constexpr std::chrono::milliseconds kAnswerWithin{1500};
/// Between being let in and the session's begin sshd does nothing that takes its time.
constexpr std::chrono::seconds kPendingLasts{15};
/// As sshd lets somebody try (LoginGraceTime).
constexpr std::chrono::seconds kOfferLasts{120};
constexpr std::size_t kMostPending = 1000;
/// Between the words and the end: so long a terminal has to show them.
constexpr std::chrono::milliseconds kToRead{30};
constexpr std::chrono::milliseconds kKillWithin{2000};
constexpr std::chrono::milliseconds kLook{500};
/// At a resync each is asked about in turn.
constexpr std::chrono::seconds kResyncWithin{5};

Text not_reached() {
  return {
      "Sekisho のサーバーに届かないため、接続できません。しばらくしてからもう一度試し、続くよう"
      "なら管理者に知らせてください。",
      "Sekisho's server cannot be reached, so nobody is let in. Try again in a while; tell an "
      "administrator if it goes on."};
}

Text nobodys() {
  return {"このログイン名の持ち主が決まっていないため、接続できません。管理者に知らせてください。",
          "Nobody owns this login, so it is not let in. Tell an administrator."};
}

Text not_kept() {
  return {"セッションを見守れないため、接続できません。管理者に知らせてください。",
          "The session cannot be watched over, so it is not let in. Tell an administrator."};
}

Text not_asked() {
  return {"接続してよいと答えてから状況が変わったため、接続できません。もう一度試してください。",
          "What you were let in by has changed meanwhile, so you are not let in. Try again."};
}

/// As it is shown at a terminal.
std::string at_terminal(const Text& why) {
  return "\r\n\r\n関所 Sekisho: " + printable(why.ja, 2000) +
         "\r\nSekisho: " + printable(why.en, 2000) + "\r\n";
}

}  // namespace

struct Guard::Impl {
  explicit Impl(GuardOptions o) : options(std::move(o)), held(options.folder / "sessions") {}

  GuardOptions options;
  HeldSessions held;

  /// One that may come in and hasn't yet, by the process that asked, or its parent: where sshd asks
  /// questions itself, it asks PAM in a child.
  struct Pending {
    ProcessName asker;
    ProcessName parent;
    std::string login;
    AskToEnter asked;
    SessionToken token;
    Steady::time_point until;
    std::optional<ProcessName> prover{};  // that said by which key they came in, as it had to
  };
  std::mutex pending_mutex;
  std::vector<Pending> pending;
  /// The key that was last offered to a process of sshd's. When it asks PAM that is the key whose
  /// signature it has seen, if it has seen one: whether so is said when the session is opened.
  struct Offered {
    ProcessName to;
    std::string login;
    std::optional<KeyDigest> key;
    Steady::time_point until;
  };
  std::vector<Offered> offered;
  std::map<std::string, std::string> last_keys;

  struct ToCut {
    SessionToken token;
    Text why;
    Steady::time_point since;
  };
  std::mutex cut_mutex;
  std::condition_variable_any cut_wake;
  std::vector<ToCut> to_cut;

  std::mutex came_mutex;
  std::condition_variable_any came_wake;
  bool came = false;
  Steady::time_point last_up = Steady::now();

  // Ended in this order, the other way round: nobody asks any more, then nobody is told.
  std::unique_ptr<ServerLink> link;
  std::jthread cutter;
  std::jthread keeper;
  std::unique_ptr<Door> door;

  void log(const Text& what) const {
    if (options.log) options.log(what);
  }

  // --- Coming in

  static std::optional<KeyDigest> digest_of(const std::optional<std::string>& key) {
    if (!key) return std::nullopt;
    KeyDigest digest{};
    std::ranges::copy(sha256(*key), digest.begin());
    return digest;
  }

  void note_offer(const Knock& knock, pid_t asker) {
    const auto to = parent_of(asker);
    if (!to) return;
    const std::lock_guard lock(pending_mutex);
    const auto now = Steady::now();
    std::erase_if(offered, [&](const Offered& one) { return one.until < now || one.to == *to; });
    if (offered.size() < kMostPending)
      offered.push_back(
          {*to, knock.login, digest_of(key_used(knock.auth_info)), now + kOfferLasts});
  }

  std::optional<KeyDigest> last_offer(const Knock& knock, pid_t asker) {
    const auto itself = process_name(asker);
    const auto parent = parent_of(asker);
    const std::lock_guard lock(pending_mutex);
    for (const Offered& one : offered)
      if (one.login == knock.login && one.until > Steady::now() &&
          (one.to == itself || one.to == parent))
        return one.key;
    return std::nullopt;
  }

  std::optional<AskToEnter> question(const Knock& knock, pid_t asker) {
    const auto owner = options.settings.owner(knock.login);
    if (!owner) return std::nullopt;
    AskToEnter ask{link->next_number(), options.settings.resource, *owner};
    ask.key = last_offer(knock, asker);
    ask.from = WrittenAddress::parse(knock.from);
    return ask;
  }

  struct Entered {
    DoorAnswer answer;
    std::optional<SessionToken> token{};
  };
  Entered enter(const AskToEnter& ask) const {
    auto verdict = link->ask_for<TellVerdict>(ask.number, ask, Steady::now() + kAnswerWithin);
    if (!verdict) return {{false, not_reached()}};
    if (verdict->answer != AccessAnswer::allow || !verdict->token)
      return {{false, std::move(verdict->words)}};
    return {{true, {}}, verdict->token};
  }

  DoorAnswer account(const Knock& knock, pid_t asker) {
    const auto ask = question(knock, asker);
    if (!ask) {
      log({fmt::format("持ち主のいないログイン名を断りました: {}", printable(knock.login, 64)),
           fmt::format("refused a login that nobody owns: {}", printable(knock.login, 64))});
      return {false, nobodys()};
    }
    Entered entered = enter(*ask);
    const auto itself = process_name(asker);
    if (!entered.answer.allow || !itself) return {false, entered.answer.words};
    const auto parent = parent_of(asker);
    const std::lock_guard lock(pending_mutex);
    const auto now = Steady::now();
    if (pending.size() >= kMostPending) return {false, not_reached()};
    pending.push_back({*itself, parent.value_or(ProcessName{}), knock.login, *ask, *entered.token,
                       now + kPendingLasts});
    return entered.answer;
  }

  /// What was answered for the same process and login; with the lock.
  std::vector<Pending>::iterator pending_of(const Knock& knock, const ProcessName& asker) {
    return std::ranges::find_if(pending, [&](const Pending& one) {
      return one.login == knock.login && (one.asker == asker || one.parent == asker);
    });
  }

  /// It must be the key that was asked about: offering one is no proof of having it.
  DoorAnswer prove(const Knock& knock, pid_t asker) {
    const auto itself = process_name(asker);
    const auto used = digest_of(key_used(knock.auth_info));
    const std::lock_guard lock(pending_mutex);
    const auto found = itself ? pending_of(knock, *itself) : pending.end();
    if (found == pending.end()) return {false, not_asked()};
    if (!found->prover && found->asked.key == used) {
      found->prover = itself;
      return {true, {}};
    }
    pending.erase(found);
    return {false, not_asked()};
  }

  /// Once, and where the key was proven. Nothing that a process says of itself by now counts: what
  /// people may write was read into its environment.
  std::optional<Pending> take_pending(const Knock& knock, pid_t asker) {
    const auto itself = process_name(asker);
    const std::lock_guard lock(pending_mutex);
    const auto found = itself ? pending_of(knock, *itself) : pending.end();
    if (found == pending.end()) return std::nullopt;
    Pending one = std::move(*found);
    // Also what was asked before, if anything refused it afterwards.
    std::erase_if(pending, [&](const Pending& other) {
      return other.login == knock.login && (other.asker == *itself || other.parent == *itself);
    });
    if (!one.prover || one.until < Steady::now()) return std::nullopt;
    return one;
  }

  DoorAnswer open(const Knock& knock, pid_t asker) {
    const auto allowed = take_pending(knock, asker);
    if (!allowed) return {false, not_asked()};
    const auto handle = CutHandle::parse(hex(random_bytes(8)));
    const auto group = SessionGroup::make(asker, handle->text());
    if (!group) {
      log({group.error().describe(Lang::ja), group.error().describe(Lang::en)});
      return {false, not_kept()};
    }
    // It is held before the server calls it live: a cut finds it from the first moment.
    const HeldSession session{allowed->token, *handle, allowed->asked, *group};
    if (const auto kept = held.add(session); !kept) {
      (void)group->kill();
      return {false, not_kept()};
    }
    const AskNumber number = link->next_number();
    const auto live = link->ask_for<TellLive>(number, SayOpened{number, session.token, *handle},
                                              Steady::now() + kAnswerWithin);
    if (live && live->live) return {true, {}};
    // sshd goes on where PAM opens no session: it is ended here.
    (void)group->kill();
    return {false, live ? not_asked() : not_reached()};
  }

  DoorAnswer keys(const Knock& knock, pid_t asker) {
    note_offer(knock, asker);
    const auto owner = options.settings.owner(knock.login);
    if (!owner) return {true, {}};
    const AskNumber number = link->next_number();
    const auto told =
        link->ask_for<TellKeys>(number, AskForKeys{number, *owner}, Steady::now() + kAnswerWithin);
    if (!told) return known_keys(knock.login);
    std::string lines;
    for (const std::string& key : told->keys)
      if (const auto blob = ssh_of_public_key(key)) lines += ssh_key_line(*blob) + "\n";
    const std::lock_guard lock(pending_mutex);
    if (last_keys.size() < kMostPending) last_keys.insert_or_assign(knock.login, lines);
    return {true, {{}, lines}};
  }

  /// As they were last told: a key lets nobody in, but who has one is told why they aren't.
  DoorAnswer known_keys(const std::string& login) {
    const std::lock_guard lock(pending_mutex);
    const auto known = last_keys.find(login);
    if (known == last_keys.end()) return {false, not_reached()};
    return {true, {{}, known->second}};
  }

  // --- Going out

  void cut(const SessionToken& token, const Text& why) {
    {
      const std::lock_guard lock(cut_mutex);
      to_cut.push_back({token, why, Steady::now()});
    }
    cut_wake.notify_all();
  }

  void end_pending(const SessionToken& token) {
    const std::lock_guard lock(pending_mutex);
    for (Pending& one : pending)
      if (one.token.bytes() == token.bytes()) one.until = Steady::time_point::min();
  }

  /// All that are to go at once are told, then ended.
  void run_cuts(const std::stop_token& quit) {
    while (!quit.stop_requested()) {
      std::vector<ToCut> now;
      {
        std::unique_lock lock(cut_mutex);
        cut_wake.wait(lock, quit, [this] { return !to_cut.empty(); });
        now.swap(to_cut);
      }
      std::vector<std::pair<ToCut, HeldSession>> going;
      for (ToCut& one : now) {
        end_pending(one.token);
        if (auto session = held.with(one.token))
          going.emplace_back(std::move(one), std::move(*session));
        else
          (void)link->say(SayCutDone{one.token, std::chrono::milliseconds(0)});
      }
      for (const auto& [one, session] : going) session.group.tell(at_terminal(one.why));
      if (!going.empty()) std::this_thread::sleep_for(kToRead);
      for (const auto& [one, session] : going) (void)session.group.kill();
      for (const auto& [one, session] : going) end(one, session);
    }
  }

  void end(const ToCut& one, const HeldSession& session) {
    const auto until = Steady::now() + kKillWithin;
    while (session.group.populated() && Steady::now() < until)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    const auto took =
        std::chrono::duration_cast<std::chrono::milliseconds>(Steady::now() - one.since);
    if (session.group.populated()) {
      // It stays held: it is tried again, and the server hears no "done".
      log({"セッションを終わらせられません。もう一度試します。",
           "a session cannot be ended; it is tried again."});
      std::this_thread::sleep_for(kLook);
      return cut(one.token, one.why);
    }
    log({fmt::format("{} のセッションを切りました（{} ms）。", session.asked.person.text(),
                     took.count()),
         fmt::format("cut a session of {} ({} ms).", session.asked.person.text(), took.count())});
    session.group.remove();
    held.remove(session.handle);
    (void)link->say(SayCutDone{session.token, took});
  }

  // --- Looking after what is there

  void run_keeper(const std::stop_token& quit) {
    while (!quit.stop_requested()) {
      bool again = false;
      {
        std::unique_lock lock(came_mutex);
        came_wake.wait_for(lock, quit, kLook, [this] { return came; });
        again = std::exchange(came, false);
      }
      if (quit.stop_requested()) return;
      if (again) resync();
      link->look_at_identity(now());
      look_for_the_unopened();
      look_for_the_ended();
      look_for_an_outage();
    }
  }

  /// Who was let in and begins no session is in without being watched over: PAM was told to ask in
  /// `account` alone, say.
  void look_for_the_unopened() {
    std::vector<Pending> late;
    {
      const std::lock_guard lock(pending_mutex);
      const auto now = Steady::now();
      const auto from = std::ranges::stable_partition(
          pending, [now](const Pending& one) { return one.until >= now; });
      late.assign(std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
      pending.erase(from.begin(), from.end());
    }
    for (const Pending& one : late) {
      const ProcessName& process = one.prover ? *one.prover : one.asker;
      if (process_name(process.pid) != process) continue;  // it went by itself
      end_with_children(process);
      log({fmt::format(
               "{} は接続してよいと答えた後、セッションを始めないため、切りました。/etc/pam.d "
               "に session の行が二つとも必要です。",
               printable(one.login, 64)),
           fmt::format("{} was let in and began no session, and was cut: /etc/pam.d needs both of "
                       "the session lines.",
                       printable(one.login, 64))});
    }
  }

  /// What nothing is alive in has ended, however it came to that.
  void look_for_the_ended() {
    for (const HeldSession& session : held.all()) {
      if (session.group.populated()) continue;
      session.group.remove();
      held.remove(session.handle);
      (void)link->say(SayClosed{session.token});
    }
  }

  void look_for_an_outage() {
    const auto now = Steady::now();
    if (link->up()) {
      last_up = now;
      return;
    }
    if (now - last_up < options.settings.outage) return;
    for (const HeldSession& session : held.all())
      cut(session.token, {"Sekisho のサーバーに長く届かないため、接続を切りました。",
                          "Sekisho's server has not been reached for long: you were cut off."});
  }

  /// After a break each that is in is in for the server too, or is asked about anew, or goes.
  void resync() {
    for (const HeldSession& session : held.all()) {
      const AskNumber number = link->next_number();
      const auto live = link->ask_for<TellLive>(
          number, SayHeld{number, session.token, session.handle}, Steady::now() + kResyncWithin);
      if (!live) return;  // gone again: this is done over when it comes back
      if (!live->live && !enter_again(session)) return;
    }
    (void)link->say(SayAllHeld{});
  }

  bool enter_again(const HeldSession& session) {
    AskToEnter ask = session.asked;
    ask.number = link->next_number();
    const auto verdict = link->ask_for<TellVerdict>(ask.number, ask, Steady::now() + kResyncWithin);
    if (!verdict) return false;
    if (!verdict->token) {
      cut(session.token, verdict->words);
      return true;
    }
    held.renew(session.handle, *verdict->token);
    const AskNumber number = link->next_number();
    const auto live = link->ask_for<TellLive>(
        number, SayOpened{number, *verdict->token, session.handle}, Steady::now() + kResyncWithin);
    if (live && !live->live) cut(*verdict->token, not_reached());
    return live.has_value();
  }
};

Guard::Guard(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Guard::~Guard() {
  impl_->door.reset();
  for (std::jthread* thread : {&impl_->keeper, &impl_->cutter}) {
    thread->request_stop();
    if (thread->joinable()) thread->join();
  }
  impl_->link.reset();
}

Result<std::unique_ptr<Guard>> Guard::start(GuardOptions options) {
  if (auto made = make_private_folder(options.folder); !made) return std::unexpected(made.error());
  auto impl = std::make_unique<Impl>(std::move(options));
  if (auto recalled = impl->held.recall(); !recalled) return std::unexpected(recalled.error());
  Impl* raw = impl.get();
  impl->link = std::make_unique<ServerLink>(
      raw->options.settings,
      ServerLink::Told{[raw] {
                         {
                           const std::lock_guard lock(raw->came_mutex);
                           raw->came = true;
                         }
                         raw->came_wake.notify_all();
                       },
                       [raw](const TellCut& one) { raw->cut(one.token, one.why); },
                       [raw](const Text& what) { raw->log(what); }});
  impl->cutter = std::jthread([raw](const std::stop_token& quit) { raw->run_cuts(quit); });
  impl->keeper = std::jthread([raw](const std::stop_token& quit) { raw->run_keeper(quit); });
  std::unique_ptr<Guard> guard(new Guard(std::move(impl)));
  auto door = Door::open(
      raw->options.folder / kDoorName,
      [self = guard.get()](const Knock& knock, pid_t asker) { return self->answer(knock, asker); });
  if (!door) return std::unexpected(door.error());
  raw->door = std::move(*door);
  return guard;
}

DoorAnswer Guard::answer(const Knock& knock, pid_t asker) {
  switch (knock.what) {
    case Knock::What::account: return impl_->account(knock, asker);
    case Knock::What::key: return impl_->prove(knock, asker);
    case Knock::What::open: return impl_->open(knock, asker);
    case Knock::What::keys: return impl_->keys(knock, asker);
  }
  return {};
}

std::size_t Guard::sessions() const { return impl_->held.all().size(); }

}  // namespace sekisho
