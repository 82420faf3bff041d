// SPDX-License-Identifier: Apache-2.0
#include "server/http/http.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>

#include <array>
#include <atomic>
#include <csignal>
#include <deque>
#include <map>
#include <thread>
#include <unordered_map>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <openssl/x509.h>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "base/crypto.h"
#include "server/http/budget.h"
#include "server/http/connections.h"
#include "server/http/flow.h"
#include "server/http/lane.h"
#include "server/http/plain.h"
#include "server/http/problem.h"
#include "server/http/rate.h"
#include "server/http/recognised.h"

namespace sekisho {
namespace {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kIdle{60};  // between requests
constexpr std::chrono::seconds kHead{15};  // for a head, or a handshake
constexpr std::chrono::seconds kDrain{2};
constexpr std::chrono::seconds kStopping{10};  // for what is in work
constexpr std::chrono::milliseconds kLook{250};
constexpr std::size_t kMostDrained = std::size_t{16} << 20U;
constexpr std::size_t kSmall = std::size_t{8} << 10U;
constexpr std::size_t kLarge = std::size_t{64} << 10U;
constexpr int kUnsent = 128 << 10;

/// A connection, as the rest of the server sees it.
struct Guest {
  tcp::socket* socket = nullptr;
  Clock::time_point until;
  IpAddress peer;
  std::string certificate;  // its fingerprint
  bool front = false;       // a proxy that is named
  bool between = true;      // no byte of a request is here
  unsigned told = 0;        // in the middle of a body: that it comes too late, or that it gave way
  bool may_be_told = false;
  bool waits = false;  // for word, and nobody works for it
  bool woken = false;  // there may be word
  bool asks = false;   // it is one of those that were woken together

  void wait_until(Clock::time_point moment) { until = moment; }
  void tell(unsigned status) {
    told = status;
    cancel();
  }
  void hang_up() const {
    boost::system::error_code error;
    (void)socket->close(error);
  }
  /// Of what waits: there may be word.
  void wake() {
    woken = asks = true;
    cancel();
  }
  void cancel() const {
    boost::system::error_code ignored;
    (void)socket->cancel(ignored);
  }
};

HttpReply refusal(unsigned status, const Text& title, std::string_view language = {}) {
  HttpReply reply{status,
                  {{"content-type", "application/problem+json"}, {"cache-control", "no-store"}},
                  fmt::format(R"({{"type":"about:blank","status":{},"code":"{}","title":"{}"}})",
                              status, problem_code(status),
                              title.in(language.starts_with("ja") ? Lang::ja : Lang::en))};
  if (status == 503 || status == 429) reply.headers.emplace_back("retry-after", "5");
  return reply;
}

Text all_are_busy() {
  return {"混み合っています。少し待ってください。", "too busy; wait a moment."};
}

HttpReply refusal(unsigned status) {
  switch (status) {
    case 500: return refusal(status, {"内部の誤りです。", "internal error."});
    case 408: return refusal(status, {"遅すぎます。", "too slow."});
    case 413:
    case 414:
    case 431: return refusal(status, {"大きすぎます。", "too large."});
    case 503: return refusal(status, all_are_busy());
    default: return refusal(status, {"正しい要求ではありません。", "that is no request."});
  }
}

/// For the moment: too many at all, or too many of this one.
HttpReply busy(const HttpRequest& request, bool all = true) {
  return refusal(
      all ? 503 : 429,
      all ? all_are_busy()
          : Text{"要求が多すぎます。少し待ってください。", "too many requests; wait a moment."},
      request.header("accept-language"));
}

/// Of the certificate that the client showed, if it did; the handshake has verified it.
std::string fingerprint_of_peer(SSL* ssl) {
  const std::unique_ptr<X509, decltype([](X509* x) { X509_free(x); })> shown(
      SSL_get1_peer_certificate(ssl));
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (!shown || X509_digest(shown.get(), EVP_sha256(), digest.data(), &size) != 1) return {};
  return hex({reinterpret_cast<const char*>(digest.data()), size});
}

bool says_who(const HttpRequest& request) {
  return !request.peer_certificate.empty() || !request.header("cookie").empty() ||
         !request.header("authorization").empty();
}

/// An answer that asks to come again later.
bool is_later(const HttpReply& reply) { return reply.status == 503 || reply.status == 429; }

/// As many as there are descriptors for, beside databases, files and the other listeners.
Connections::Bounds table(std::size_t most) {
  constexpr std::size_t kOthers = 6144;
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < files.rlim_max) {
    files.rlim_cur = std::min<rlim_t>(files.rlim_max, 32'768);
    (void)::setrlimit(RLIMIT_NOFILE, &files);
    (void)::getrlimit(RLIMIT_NOFILE, &files);
  }
  Connections::Bounds bounds;
  const std::size_t half = files.rlim_cur > 256 ? (files.rlim_cur - 192) / 2 : 32;
  const std::size_t left =
      files.rlim_cur > 2 * kOthers ? static_cast<std::size_t>(files.rlim_cur) - kOthers : half;
  bounds.all = std::min(most, most > bounds.all ? left : half);
  bounds.reserved = bounds.all / 4;
  return bounds;
}

/// Whoever holds signals back around all of this takes them here alone, where SIGHUP asks to read
/// files anew and the others for an end in good order; elsewhere they would end the process.
class SignalsTaken {
 public:
  explicit SignalsTaken(bool wanted) {
    ::sigemptyset(&before_);
    sigset_t all = before_;
    for (const int one : {SIGHUP, SIGINT, SIGTERM}) ::sigaddset(&all, one);
    (void)::pthread_sigmask(wanted ? SIG_UNBLOCK : SIG_BLOCK, wanted ? &all : nullptr, &before_);
  }
  ~SignalsTaken() { (void)::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsTaken(const SignalsTaken&) = delete;
  SignalsTaken& operator=(const SignalsTaken&) = delete;

 private:
  sigset_t before_{};
};

const std::string& date() {
  static thread_local std::time_t at = 0;
  static thread_local std::string text;
  const std::time_t now = std::time(nullptr);
  if (now != at) {
    at = now;
    text = fmt::format("{:%a, %d %b %Y %H:%M:%S} GMT", fmt::gmtime(now));
  }
  return text;
}

}  // namespace

struct HttpServer::Impl {
  Impl(const ListenOptions& options, HttpHandlers given)
      : handlers(std::move(given)),
        fronts(options.fronts),
        known(options.threads),
        recognised(handlers.shown),
        connections(table(options.most_connections)),
        most_held(std::min(options.most_held, table(options.most_connections).all / 8 * 7)) {}

  HttpHandlers handlers;
  const Fronts fronts;
  std::atomic<unsigned> in_work{0};
  // Handlers wait for the database and hash passwords: they run elsewhere, so that others go on;
  // and those of strangers beside those of people.
  Workers known;
  Workers strangers{2, Workers::Manner::gentle};
  Workers hashing{std::max(1U, std::thread::hardware_concurrency() / 2), Workers::Manner::gentle};
  // However many outsiders guess: for who is known, and for who has not tried of late.
  Workers hashing_known{1, Workers::Manner::gentle};
  Workers hashing_seldom{1, Workers::Manner::gentle};
  // Whoever waits for others outside waits here, where strangers don't stand in people's way
  // either. One person never has all of the threads, and one page's questions find room.
  Workers outgoing{8};
  Workers outgoing_strangers{4};
  Workers chores{1};  // ticks
  // Whoever is in these lines waits for one request of each of the others, and for no more.
  Lane known_lane{known, {4096, 4096, std::max(1U, known.count - 1)}};
  Lane strangers_lane{strangers, {4096, 256}};
  Recognised recognised;
  Lane hashing_lane{hashing, {24, 4}};
  Lane hashing_known_lane{hashing_known, {24, 4}};
  Lane hashing_seldom_lane{hashing_seldom, {8, 2}};
  RateLimit seldom{{1.0F / 300, 4}};  // passwords of an address: that often is seldom
  Lane outgoing_lane{outgoing, {64, 6}};
  Lane outgoing_strangers_lane{outgoing_strangers, {64, 8}};
  std::map<Connections::Id, Guest*> guests;
  Connections::Id last_id = 0;
  Connections connections;
  // What is held: by its key, and of each address how many.
  const std::size_t most_held;
  std::unordered_map<std::string, Connections::Id> held;
  std::unordered_map<std::string, std::size_t> held_from;
  std::deque<Connections::Id> to_wake;
  std::size_t asking = 0;  // of those that were woken, who have no answer yet
  Budget budget{{}};
  bool stopping = false;
  bool signalled = false;
  std::function<void()> pulse;
  std::function<void()> ending;
  std::shared_ptr<SSL_CTX> tls;
  // What stands above is used by connections until they are gone, and they end with this.
  asio::io_context io{1};
  tcp::acceptor acceptor{io};
  asio::signal_set signals{io, SIGINT, SIGTERM};  // from the start: one that comes early waits
  asio::signal_set hangups{io, SIGHUP};
  asio::steady_timer stop_timer{io};

  void close(std::optional<Connections::Id> id) {
    if (!id) return;
    if (const auto found = guests.find(*id); found != guests.end()) found->second->hang_up();
  }

  template <typename Stream>
  asio::awaitable<bool> send(Stream& stream, Guest& guest, const HttpReply& reply,
                             const RequestHead& head, bool keep_alive) const {
    const std::string_view body = reply.fixed.empty() ? std::string_view(reply.body) : reply.fixed;
    const bool bare = reply.status == 304 || reply.status == 204;
    const std::string_view connection = !keep_alive ? "close" : head.old ? "keep-alive" : "";
    auto written =
        write_reply_head(reply.status, reply.headers,
                         bare ? std::nullopt : std::optional(body.size()), connection, date());
    // A value that would end the header, whoever made it.
    if (!written) {
      const HttpReply broken = refusal(500);
      co_return co_await send(stream, guest, broken, head, false);
    }
    std::string_view rest = bare || head.method == "HEAD" ? std::string_view() : body;
    if (rest.size() <= kLarge) {  // in one piece
      written->append(rest);
      rest = {};
    }
    if (!co_await put(stream, guest, *written)) co_return false;
    if (!co_await put(stream, guest, rest)) co_return false;
    co_return keep_alive;
  }

  template <typename Stream>
  static asio::awaitable<bool> put(Stream& stream, Guest& guest, std::string_view bytes) {
    TransferPace pace(Clock::now());
    while (!bytes.empty()) {
      guest.wait_until(pace.until());
      auto [error, count] =
          co_await stream.write_some(asio::buffer(bytes.data(), std::min(bytes.size(), kLarge)));
      if (error) co_return false;
      pace.moved(count, Clock::now());
      bytes.remove_prefix(count);
    }
    co_return true;
  }

  /// What was refused is read on for a moment: a connection that is closed with bytes unread is
  /// reset, and the reply lost with it (RFC 9112, 9.6).
  template <typename Stream>
  static asio::awaitable<void> drain(Stream& stream, Guest& guest) {
    boost::system::error_code error;
    (void)stream.socket().shutdown(tcp::socket::shutdown_send, error);
    std::vector<char> ignored(kLarge);
    guest.wait_until(Clock::now() + kDrain);
    for (std::size_t left = kMostDrained; left > 0;) {
      auto [failed, count] =
          co_await stream.socket().async_read_some(asio::buffer(ignored), kTuple);
      if (failed) co_return;
      left -= std::min(left, count);
    }
  }

  template <typename Stream>
  asio::awaitable<void> hang_up_with(Stream& stream, Guest& guest, const HttpReply& reply,
                                     const RequestHead& head) const {
    co_await send(stream, guest, reply, head, false);
    co_await drain(stream, guest);
  }

  void give_way(const std::vector<Budget::Id>& ids) {
    for (const Budget::Id id : ids)
      if (const auto found = guests.find(id); found != guests.end()) found->second->tell(503);
  }

  /// Until the reader has a whole head or refuses; false when the other side has gone.
  template <typename Stream>
  asio::awaitable<bool> read_head(Stream& stream, Guest& guest, RequestReader& reader,
                                  std::vector<char>& buffer) const {
    guest.between = !reader.begun();
    guest.wait_until(Clock::now() + (guest.between ? kIdle : kHead));
    while (reader.next() == RequestReader::Step::more) {
      if (guest.between && reader.begun()) {
        guest.between = false;
        guest.wait_until(Clock::now() + kHead);
      }
      if (stopping) co_return false;
      auto [error, count] = co_await stream.read_some(asio::buffer(buffer));
      if (error) co_return false;
      reader.feed({buffer.data(), count});
    }
    guest.between = false;
    co_return true;
  }

  /// The body that was let in; false when the other side has gone.
  template <typename Stream>
  asio::awaitable<bool> read_body(Stream& stream, Connections::Id id, Guest& guest,
                                  RequestReader& reader, std::vector<char>& buffer) {
    if (reader.head().expects_leave && !reader.begun()) {
      constexpr std::string_view kGo = "HTTP/1.1 100 Continue\r\n\r\n";
      if (!co_await put(stream, guest, kGo)) co_return false;
    }
    TransferPace pace(Clock::now());
    guest.may_be_told = true;
    while (guest.told == 0 && reader.next() == RequestReader::Step::more) {
      auto room = budget.hold(id, reader.held() + buffer.size() - kSmall);
      give_way(room.give_way);
      if (!room.there) {
        guest.told = 503;
        break;
      }
      guest.wait_until(pace.until());
      if (reader.taken() > kLarge) buffer.resize(kLarge);
      auto [error, count] = co_await stream.read_some(asio::buffer(buffer));
      if (error) break;
      pace.moved(count, Clock::now());
      reader.feed({buffer.data(), count});
    }
    guest.may_be_told = false;
    buffer.resize(kSmall);
    buffer.shrink_to_fit();
    budget.whole(id);
    co_return guest.told != 0 || reader.next() != RequestReader::Step::more;
  }

  /// What is kept for a body, until it is done with.
  struct Share {
    Budget& budget;
    Budget::Id id;
    ~Share() { budget.end(id); }
  };

  /// By what it shows, and not by what it says: of who was recognised by it before.
  Lane& usual_lane(const HttpRequest& request) {
    return recognised.owner(request).empty() ? strangers_lane : known_lane;
  }
  /// Whose turn it takes there.
  std::string payer(const HttpRequest& request, const std::string& owner) const {
    if (!owner.empty()) return owner;
    std::string before = recognised.owner(request);
    return before.empty() ? request.payer : before;
  }

  /// For whom something is done.
  struct Whose {
    std::string owner = {};  // empty: a stranger's
    bool seldom = false;     // from an address that has not shown passwords of late
  };

  Lane& hashing_lane_of(const HttpRequest& request, const Whose& whose) {
    if (!whose.owner.empty()) return hashing_known_lane;
    return whose.seldom && hashing_seldom_lane.has_room(request.payer) ? hashing_seldom_lane
                                                                       : hashing_lane;
  }

  /// By what is to be done, and for whom.
  Lane& lane_for(HttpHandlers::Work work, const HttpRequest& request, const Whose& whose) {
    switch (work) {
      case HttpHandlers::Work::hashes: return hashing_lane_of(request, whose);
      case HttpHandlers::Work::waits:
        return whose.owner.empty() ? outgoing_strangers_lane : outgoing_lane;
      case HttpHandlers::Work::quick: break;
    }
    return usual_lane(request);
  }

  /// Of a password: whether there is room for a stranger's, or it may turn out not to be one's.
  bool may_show_password(const HttpRequest& request, Whose& whose) {
    whose.seldom = !request.payer.empty() && seldom.allow(request.payer);
    return says_who(request) || hashing_lane_of(request, whose).has_room(request.payer);
  }

  /// Whether the body may come, and what takes long may be begun: room for it, and a judge who lets
  /// it in, and says whose it is.
  asio::awaitable<std::optional<HttpReply>> let_in(Connections::Id id, Guest& guest,
                                                   const RequestHead& head,
                                                   const HttpHandlers::Plan& plan,
                                                   HttpRequest& request, Whose& whose,
                                                   std::optional<Share>& share) {
    const bool hashes = plan.work == HttpHandlers::Work::hashes;
    if (hashes && !may_show_password(request, whose))
      co_return busy(request, hashing_lane.is_full());
    if (!head.has_body() && plan.work != HttpHandlers::Work::waits) co_return std::nullopt;
    if (!head.chunked && head.length > plan.most_body) co_return refusal(413);
    {
      Lane& lane = usual_lane(request);
      const auto place = lane.enter(payer(request, {}));
      if (!place) co_return busy(request, lane.is_full());
      co_await turn(guest, *place);
      auto judged = co_await judge(id, lane, request);
      if (judged.refusal) co_return std::move(judged.refusal);
      whose.owner = std::move(judged.owner);
    }
    const std::string& owner = whose.owner;
    // Before its body is read.
    if (hashes && !hashing_lane_of(request, whose).has_room(payer(request, owner)))
      co_return busy(request, hashing_lane_of(request, whose).is_full());
    if (!head.has_body()) co_return std::nullopt;
    const std::size_t announced = head.chunked ? 0 : static_cast<std::size_t>(head.length);
    auto room = budget.begin(id, owner.empty() ? request.payer : owner, !owner.empty(), announced);
    give_way(room.give_way);
    if (!room.there) co_return busy(request);
    share.emplace(budget, id);
    co_return std::nullopt;
  }

  /// Of whoever sends what is no request.
  static HttpRequest nameless(const Guest& guest) {
    HttpRequest request;
    request.peer = guest.peer.text();
    return request;
  }
  void answered(const HttpRequest& request, const HttpReply& reply, Clock::time_point begun) const {
    if (handlers.answered) handlers.answered(request, reply, Clock::now() - begun);
  }

  std::optional<HttpReply> at_once(const HttpRequest& request, const RequestHead& head) const {
    if (!handlers.at_once || head.has_body()) return std::nullopt;
    try {
      return handlers.at_once(request);
    } catch (const std::exception&) {
      return refusal(500);
    }
  }

  /// One request; whether another may follow.
  template <typename Stream>
  asio::awaitable<bool> one(Stream& stream, Connections::Id id, Guest& guest, RequestReader& reader,
                            std::vector<char>& buffer) {
    if (!co_await read_head(stream, guest, reader, buffer)) co_return false;
    const RequestHead& head = reader.head();
    const Clock::time_point begun = Clock::now();
    auto request = reader.next() == RequestReader::Step::refused
                       ? std::nullopt
                       : plain_request(head, reader.take_fields(), guest.peer, fronts);
    if (!request) {
      const HttpReply reply = refusal(std::max(reader.status(), 400U));
      answered(nameless(guest), reply, begun);
      co_await hang_up_with(stream, guest, reply, head);
      co_return false;
    }
    request->peer_certificate = guest.certificate;
    if (const auto reply = at_once(*request, head)) {
      take_for(id, guest, *request, reply->owner);
      answered(*request, *reply, begun);
      reader.take_body(0);
      (void)reader.next();
      const bool more = co_await send(stream, guest, *reply, head, head.keep_alive && !stopping);
      reader.again();
      co_return more;
    }
    const auto plan = handlers.plan(*request);
    std::optional<Share> share;
    Whose whose;
    guest.told = 0;
    std::optional<HttpReply> reply = co_await let_in(id, guest, head, plan, *request, whose, share);
    if (reply && head.has_body()) {
      answered(*request, *reply, begun);
      co_await hang_up_with(stream, guest, *reply, head);
      co_return false;
    }
    reader.take_body(plan.most_body, !whose.owner.empty());
    if (!co_await read_body(stream, id, guest, reader, buffer)) co_return false;
    if (guest.told != 0 || reader.next() == RequestReader::Step::refused) {
      reply = refusal(guest.told != 0 ? guest.told : reader.status());
      answered(*request, *reply, begun);
      co_await hang_up_with(stream, guest, *reply, head);
      co_return false;
    }
    request->body = std::move(reader.body());
    request->body_follows = false;
    if (!reply) reply = co_await answer(id, guest, plan.work, *request, whose);
    if (reply->hold) {
      std::optional<Held> place = hold(id, guest, *reply->hold);
      if (place) {
        if (reader.begun() || !co_await say_that_it_waits(stream, guest, *reply)) co_return false;
        answered(*request, *reply, begun);
        std::vector<char>().swap(buffer);
        const Clock::time_point until = Clock::now() + reply->hold->longest;
        while (reply->hold) {
          const bool woken = co_await wait_for_word(stream, guest, *reply->hold, until);
          if (!woken) break;
          reply = co_await answer(id, guest, plan.work, *request, whose);
        }
        co_return false;
      }
      reply = busy(*request);
    }
    has_answer(guest);
    answered(*request, *reply, begun);
    // However slowly the reply is read.
    request.reset();
    share.reset();
    // Whoever sends the next one unasked is not told a thousand times to wait.
    if (is_later(*reply) && reader.begun()) {
      co_await hang_up_with(stream, guest, *reply, head);
      co_return false;
    }
    const bool more = co_await send(stream, guest, *reply, head, head.keep_alive && !stopping);
    reader.again();
    co_return more;
  }

  /// Until a thread is there for it; meanwhile its connection may have gone.
  asio::awaitable<void> turn(Guest& guest, Lane::Place& place) {
    if (place.has_turn()) co_return;
    asio::steady_timer waiting(io, Clock::time_point::max());
    place.when_turn_comes([&waiting] { waiting.cancel(); });
    guest.wait_until(Clock::time_point::max());
    while (!place.has_turn()) co_await waiting.async_wait(kTuple);
    place.when_turn_comes({});
  }

  /// Runs on a pool's thread; meanwhile the connection keeps its place.
  template <typename Result, typename Function>
  asio::awaitable<Result> away(Connections::Id id, Workers& pool, Function function) {
    connections.works(id);
    guests.at(id)->wait_until(Clock::time_point::max());
    ++in_work;
    auto result = co_await asio::co_spawn(
        pool.threads,
        [this, &pool, &function]() -> asio::awaitable<Result> {
          pool.begin();
          const std::unique_ptr<Impl, decltype([](Impl* impl) { --impl->in_work; })> counted(this);
          co_return function();
        },
        asio::use_awaitable);
    connections.waits(id);
    co_return result;
  }

  asio::awaitable<HttpHandlers::Judged> judge(Connections::Id id, Lane& lane,
                                              HttpRequest& request) {
    auto judged =
        co_await away<HttpHandlers::Judged>(id, lane.workers(), [&]() -> HttpHandlers::Judged {
          try {
            return handlers.judge(request);
          } catch (const std::exception&) {
            return {refusal(500), {}};
          }
        });
    if (!judged.owner.empty()) {
      recognised.keep(request, judged.owner);
      close(connections.known(id, judged.owner));
    }
    co_return judged;
  }

  /// From now on its connection is kept as that of who it turned out to be.
  void take_for(Connections::Id id, const Guest& guest, const HttpRequest& request,
                const std::string& owner) {
    if (owner.empty()) return;
    recognised.keep(request, owner);
    if (guest.socket->is_open()) close(connections.known(id, owner));
  }

  asio::awaitable<HttpReply> answer(Connections::Id id, Guest& guest, HttpHandlers::Work work,
                                    const HttpRequest& request, const Whose& whose) {
    Lane& lane = lane_for(work, request, whose);
    // People behind one address don't wait for each other, where it is known who they are.
    const auto place = lane.enter(payer(request, whose.owner));
    if (!place) co_return busy(request, lane.is_full());
    co_await turn(guest, *place);
    if (!guest.socket->is_open()) co_return refusal(503);  // nobody reads it
    auto reply = co_await away<HttpReply>(id, lane.workers(), [&]() -> HttpReply {
      try {
        return handlers.answer(request);
      } catch (const std::exception&) {
        return refusal(500);
      }
    });
    if (reply.status == 401) recognised.forget(request);
    recognised.introduce(reply.let_in);
    take_for(id, guest, request, reply.owner);
    co_return reply;
  }

  /// What is held, while its connection is. One of each key: a second takes the place of the first.
  struct Held {
    Impl& impl;
    std::string key;
    std::string from;
    Connections::Id id;
    Held(Impl& all, std::string of, std::string address, Connections::Id number)
        : impl(all), key(std::move(of)), from(std::move(address)), id(number) {
      if (const auto before = impl.held.find(key); before != impl.held.end())
        impl.close(before->second);
      impl.held.insert_or_assign(key, id);
      ++impl.held_from[from];
    }
    ~Held() {
      if (const auto mine = impl.held.find(key); mine != impl.held.end() && mine->second == id)
        impl.held.erase(mine);
      if (const auto of = impl.held_from.find(from); --of->second == 0) impl.held_from.erase(of);
    }
    Held(const Held&) = delete;
    Held& operator=(const Held&) = delete;
  };

  /// Nothing when there is no room for one more.
  std::optional<Held> hold(Connections::Id id, const Guest& guest, const HttpHold& what) {
    std::string from = guest.front ? std::string() : guest.peer.text();
    const auto of = held_from.find(from);
    if (held.size() >= most_held ||
        (!from.empty() && of != held_from.end() && of->second >= most_held / 2))
      return std::nullopt;
    return std::optional<Held>(std::in_place, *this, what.key, std::move(from), id);
  }

  template <typename Stream>
  asio::awaitable<bool> say_that_it_waits(Stream& stream, Guest& guest,
                                          const HttpReply& reply) const {
    const auto written =
        write_reply_head(reply.status, reply.headers, std::nullopt, "close", date());
    if (!written || stream.holds_more() || !co_await put(stream, guest, *written)) co_return false;
    stream.forget_tls();
    co_return true;
  }

  /// Without a thread; false: the connection is to end.
  template <typename Stream>
  asio::awaitable<bool> wait_for_word(Stream& stream, Guest& guest, const HttpHold& what,
                                      Clock::time_point until) {
    has_answer(guest);
    if (stopping || !stream.socket().is_open()) co_return false;
    if (!what.still()) co_return true;
    guest.waits = true;
    guest.woken = false;
    guest.wait_until(until);
    (void)co_await stream.socket().async_wait(tcp::socket::wait_read, kTuple);
    guest.waits = false;
    // Whoever says something has gone, or doesn't know what they wait for.
    const bool gone = stopping || !stream.socket().is_open();
    co_return !gone && guest.woken;
  }

  /// Wakes so many at a time as keep the handlers busy, and leave room in their line for others.
  void wake_some() {
    constexpr std::size_t kTogether = 32;
    while (asking < kTogether && !to_wake.empty()) {
      const auto found = guests.find(to_wake.front());
      to_wake.pop_front();
      if (found == guests.end() || !found->second->waits || found->second->woken) continue;
      ++asking;
      found->second->wake();
    }
  }
  void wake_all() {
    to_wake.clear();
    for (const auto& [key, id] : held) to_wake.push_back(id);
  }
  void has_answer(Guest& guest) {
    if (!std::exchange(guest.asks, false)) return;
    --asking;
    wake_some();
  }

  template <typename Stream>
  asio::awaitable<void> serve(Stream& stream, Connections::Id id, Guest& guest) {
    RequestReader reader;
    std::vector<char> buffer(kSmall);
    while (co_await one(stream, id, guest, reader, buffer)) {
    }
  }

  void leave(Connections::Id id) {
    connections.remove(id);
    if (const auto found = guests.find(id); found != guests.end()) {
      Guest& guest = *found->second;
      guests.erase(found);
      has_answer(guest);
    }
    if (stopping && guests.empty()) io.stop();
  }

  asio::awaitable<void> connection(tcp::socket accepted, IpAddress peer) {
    const Connections::Id id = ++last_id;
    std::optional<TlsFlow> wrapped;
    std::optional<PlainFlow> bare;
    Guest guest;
    guest.peer = peer;
    guest.front = is_trusted(peer, fronts);
    guest.wait_until(Clock::now() + kHead);
    if (tls)
      guest.socket = &wrapped.emplace(std::move(accepted), tls.get()).socket();
    else
      guest.socket = &bare.emplace(std::move(accepted)).socket();
    guests.emplace(id, &guest);
    struct Leave {
      Impl* impl;
      Connections::Id id;
      ~Leave() { impl->leave(id); }
    } const left{this, id};
    const auto gone = connections.add(id, client_of(peer, fronts, {}, {}).key);
    close(gone);
    if (gone == id) co_return;
    if (guest.front) close(connections.known(id, Connections::kFront));
    boost::system::error_code error;
    (void)guest.socket->set_option(tcp::no_delay(true), error);
    // What the kernel takes is then nearly what has gone: a slow reader's pace can be seen.
    (void)::setsockopt(guest.socket->native_handle(), IPPROTO_TCP, TCP_NOTSENT_LOWAT, &kUnsent,
                       sizeof kUnsent);
    if (bare) {
      co_await serve(*bare, id, guest);
      (void)guest.socket->shutdown(tcp::socket::shutdown_send, error);
      co_return;
    }
    if (!co_await wrapped->handshake()) co_return;
    guest.certificate = fingerprint_of_peer(wrapped->tls());
    if (!guest.certificate.empty())
      close(connections.known(id, "certificate " + guest.certificate));
    co_await serve(*wrapped, id, guest);
    if (!guest.socket->is_open()) co_return;
    guest.wait_until(Clock::now() + kDrain);
    co_await wrapped->shut_down();
  }

  asio::awaitable<void> accept() {
    for (;;) {
      auto [error, socket] = co_await acceptor.async_accept(kTuple);
      if (error == asio::error::operation_aborted || stopping) co_return;
      if (error) {  // out of descriptors, say: wait for some to come back
        asio::steady_timer pause(io, std::chrono::milliseconds(50));
        co_await pause.async_wait(kTuple);
        continue;
      }
      const auto endpoint = socket.remote_endpoint(error);
      const auto peer = error ? std::nullopt : read_ip(endpoint.address().to_string());
      if (peer) asio::co_spawn(io, connection(std::move(socket), *peer), asio::detached);
    }
  }

  /// Whose time is over goes.
  asio::awaitable<void> look() {
    for (;;) {
      asio::steady_timer timer(io, kLook);
      auto [error] = co_await timer.async_wait(kTuple);
      if (error) co_return;
      if (pulse) pulse();
      const auto now = Clock::now();
      for (const auto& [id, guest] : guests) {
        if (guest->until > now) continue;
        if (!guest->may_be_told || guest->told != 0)
          guest->hang_up();
        else
          guest->tell(408);
      }
    }
  }

  asio::awaitable<void> run_away(const std::function<void()>& what) {
    ++in_work;
    co_await asio::co_spawn(
        chores.threads,
        [this, &what]() -> asio::awaitable<void> {
          const std::unique_ptr<Impl, decltype([](Impl* impl) { --impl->in_work; })> counted(this);
          try {
            if (what) what();
            // What fails is told by whoever gives it, and comes again the next time.
          } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch)
          }
          co_return;
        },
        asio::use_awaitable);
  }

  asio::awaitable<void> tick(const Work& work) {
    for (;;) {
      asio::steady_timer timer(io, work.every);
      auto [error] = co_await timer.async_wait(kTuple);
      if (error || stopping) co_return;
      co_await run_away(work.tick);
    }
  }

  asio::awaitable<void> hang_ups(const Work& work) {
    for (;;) {
      auto [error, number] = co_await hangups.async_wait(kTuple);
      if (error) co_return;
      co_await run_away(work.hangup);
    }
  }

  void stop() {
    if (stopping) return;
    stopping = true;
    if (ending) ending();
    boost::system::error_code ignored;
    (void)acceptor.close(ignored);
    for (const auto& [id, guest] : guests)
      if (guest->between || guest->waits) guest->hang_up();
    if (guests.empty()) io.stop();
    stop_timer.expires_after(kStopping);
    stop_timer.async_wait([this](const boost::system::error_code&) { io.stop(); });
  }
};

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

HttpServer::~HttpServer() {
  impl_->io.stop();
  impl_->to_wake.clear();  // who ends from here on wakes nobody
  for (Lane* lane : {&impl_->known_lane, &impl_->strangers_lane, &impl_->hashing_lane,
                     &impl_->hashing_known_lane, &impl_->hashing_seldom_lane, &impl_->outgoing_lane,
                     &impl_->outgoing_strangers_lane})
    lane->close();
  for (Workers* pool :
       {&impl_->known, &impl_->strangers, &impl_->hashing, &impl_->hashing_known,
        &impl_->hashing_seldom, &impl_->outgoing, &impl_->outgoing_strangers, &impl_->chores})
    pool->threads.join();
}

Result<std::unique_ptr<HttpServer>> HttpServer::listen(const ListenOptions& options,
                                                       HttpHandlers handlers) {
  std::unique_ptr<HttpServer> server(
      new HttpServer(std::make_unique<Impl>(options, std::move(handlers))));
  if (options.tls) {
    // OpenSSL writes as to a file: to whom has gone meanwhile as well.
    std::signal(SIGPIPE, SIG_IGN);
    auto tls = make_tls(*options.tls);
    if (!tls) {
      tls.error().where = options.tls_cert;
      return std::unexpected(tls.error());
    }
    server->impl_->tls = std::move(*tls);
  }
  boost::system::error_code error;
  const auto address = asio::ip::make_address(options.address, error);
  if (error)
    return failure("待ち受けるアドレスの形が違います。", "that is no address to listen on.",
                   printable(options.address, 80));
  const tcp::endpoint endpoint(address, options.port);
  auto& acceptor = server->impl_->acceptor;
  if (acceptor.open(endpoint.protocol(), error) ||
      acceptor.set_option(asio::socket_base::reuse_address(true), error) ||
      acceptor.bind(endpoint, error) ||
      acceptor.listen(asio::socket_base::max_listen_connections, error))
    return failure(fmt::format("待ち受けられません（{}）。", error.message()),
                   fmt::format("cannot listen ({}).", error.message()),
                   fmt::format("{}:{}", options.address, options.port));
  return server;
}

void HttpServer::introduce(const std::vector<HttpIntroduction>& all) {
  for (const HttpIntroduction& one : all) impl_->recognised.introduce(one);
}

unsigned short HttpServer::port() const { return impl_->acceptor.local_endpoint().port(); }

Result<void> HttpServer::show(const TlsIdentity& identity) {
  auto tls = make_tls(identity);
  if (!tls) return std::unexpected(tls.error());
  asio::post(impl_->io, [this, fresh = std::move(*tls)] { impl_->tls = fresh; });
  return {};
}

bool HttpServer::run(const Work& work) {
  const SignalsTaken taken(static_cast<bool>(work.hangup));
  impl_->pulse = work.pulse;
  impl_->ending = work.ending;
  impl_->signals.async_wait([this](const boost::system::error_code& error, int) {
    if (error) return;
    impl_->signalled = true;
    boost::system::error_code ignored;
    (void)impl_->signals.clear(ignored);  // a second one does what it does to any program
    impl_->stop();
  });
  asio::co_spawn(impl_->io, impl_->accept(), asio::detached);
  asio::co_spawn(impl_->io, impl_->look(), asio::detached);
  asio::co_spawn(impl_->io, impl_->tick(work), asio::detached);
  if (work.hangup) asio::co_spawn(impl_->io, impl_->hang_ups(work), asio::detached);
  impl_->io.run();
  // A tick or a handler may still be at work with what the caller's `work` refers to.
  const auto until = Clock::now() + kStopping;
  while (impl_->in_work > 0 && Clock::now() < until)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  return impl_->in_work == 0;
}

void HttpServer::wake(std::string key) {
  asio::post(impl_->io, [this, key = std::move(key)] {
    if (const auto found = impl_->held.find(key); found != impl_->held.end())
      impl_->to_wake.push_front(found->second);
    // Of whom there is news faster than it is told.
    if (impl_->to_wake.size() > 2 * impl_->held.size()) impl_->wake_all();
    impl_->wake_some();
  });
}

void HttpServer::wake_all() {
  asio::post(impl_->io, [this] {
    impl_->wake_all();
    impl_->wake_some();
  });
}

bool HttpServer::was_signalled() const { return impl_->signalled; }

void HttpServer::stop() {
  asio::post(impl_->io, [this] { impl_->stop(); });
}

}  // namespace sekisho
