// SPDX-License-Identifier: Apache-2.0
// HTTP/1.1 over TCP or TLS: requests and replies as plain values. The only file of the room that
// knows Boost.Asio is http.cpp; what can be said without a socket is in units of its own.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/base.h"
#include "server/http/address.h"
#include "server/http/framing.h"
#include "server/http/tls.h"

namespace sekisho {

struct HttpRequest {
  std::string method;
  std::string path;                                          // decoded, without the query
  std::string query;                                         // as it came
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  std::string body;
  std::string peer;  // the address of whoever asks, as far as it can be known
  /// What limits by address go by; empty when it may be anybody's (see Client).
  std::string payer = {};
  std::optional<bool> browser_tls = {};  // what a proxy that is named says of the browser's side
  bool body_follows = false;             // it is announced, and not read yet
  bool judged = false;                   // by its head
  /// Hexadecimal SHA-256 of the certificate that the other side has shown and that the authority of
  /// ListenOptions has signed; empty when it showed none.
  std::string peer_certificate = {};

  /// The first of this name (lower case); empty when there is none.
  std::string_view header(std::string_view name) const;
  std::string_view cookie(std::string_view name) const;
};

/// Who will be known by what they show, before they are looked up: whose turn it is goes by it.
struct HttpIntroduction {
  std::string hash;  // of what they show; empty: nobody
  std::string owner;
};

/// What there is nothing to say to yet: the head of the reply that came with this is sent, and the
/// connection held, without a thread and without TLS, which takes ten times the memory of all else.
/// When wake() is called with its key the request is answered anew, and where there is something to
/// say, or the time is over, the connection ends, so that whoever waits asks once more. An end that
/// somebody else made up has them ask, too, and no more than that.
struct HttpHold {
  std::string key;  // whose: each has one, and a second takes the place of the first
  std::chrono::seconds longest{0};
  /// Whether what the reply was made by still holds; false: it is answered anew at once. On the
  /// connections' thread.
  std::function<bool()> still;
};

struct HttpReply {
  unsigned status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  /// A body that lives as long as the program; used instead of `body` when it isn't empty.
  std::string_view fixed = {};
  /// Whose request it turned out to be: their connections are kept when there are too many.
  std::string owner = {};
  /// For the operator's log, and never sent: a word for programs, the number that was shown, and
  /// what it came of.
  struct Note {
    std::string code = {};
    std::string number = {};
    std::string reason = {};
  };
  Note note = {};
  /// Whom it has let in.
  HttpIntroduction let_in = {};
  /// There is nothing to say yet; null: there is.
  std::shared_ptr<const HttpHold> hold = {};
};

struct ListenOptions {
  std::string address = "127.0.0.1";
  unsigned short port = 8480;  // 0: any free one
  std::string tls_cert;        // PEM files; empty: no TLS
  std::string tls_key;
  unsigned threads = 4;  // that run handlers of those who say who they are
  std::optional<TlsIdentity> tls;
  Fronts fronts;
  /// Connections at once, and how many of them may be held; fewer where there are fewer
  /// descriptors.
  std::size_t most_connections = 4096;
  std::size_t most_held = 0;
};

/// Bounds for what comes from outside, beside those of framing.h.
inline constexpr std::size_t kMaxPublicBytes = std::size_t{64} << 10U;
inline constexpr std::size_t kMaxBodyBytes = std::size_t{256} << 10U;
inline constexpr std::size_t kMaxUploadBytes = std::size_t{10} << 20U;

/// What answers requests.
struct HttpHandlers {
  /// What a handler does for long, which takes a lane of its own.
  enum class Work : std::uint8_t {
    quick,   // nothing
    hashes,  // a password
    waits,   // for somebody else's server, or a program
  };
  struct Plan {
    std::size_t most_body = 0;
    Work work = Work::quick;
  };
  struct Judged {
    std::optional<HttpReply> refusal;
    std::string owner;
  };
  /// What a request may bring, by its method and path. On the connections' thread: waits for
  /// nothing.
  std::function<Plan(const HttpRequest&)> plan;
  /// By its head alone, before its body is read: whether it may come.
  std::function<Judged(HttpRequest&)> judge;
  std::function<HttpReply(const HttpRequest&)> answer;
  /// Told of every reply before it is sent, and of what was refused as no request at all (it has a
  /// peer, and no path). On the connections' thread: waits for nothing. May be none.
  std::function<void(const HttpRequest&, const HttpReply&, std::chrono::steady_clock::duration)>
      answered = {};
  /// What can be answered from memory, of requests without a body; where it gives nothing, `answer`
  /// is asked. On the connections' thread: waits for nothing. May be none.
  std::function<std::optional<HttpReply>(const HttpRequest&)> at_once = {};
  /// The hash of what a request shows to prove who it comes from; empty for nothing. On the
  /// connections' thread.
  std::function<std::string(const HttpRequest&)> shown = {};
};

class HttpServer {
 public:
  /// Listens, and fails when it can't.
  static Result<std::unique_ptr<HttpServer>> listen(const ListenOptions& options,
                                                    HttpHandlers handlers);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  unsigned short port() const;
  /// Those who were let in by an earlier server and still are, before run(); the last are kept
  /// where there are too many.
  void introduce(const std::vector<HttpIntroduction>& all);
  /// Shows this to connections that begin from now on. From any thread.
  Result<void> show(const TlsIdentity& identity);

  struct Work {
    std::function<void()> tick;  // now and then, on a thread of its own
    std::chrono::seconds every{3600};
    std::function<void()> hangup;  // at SIGHUP, on the same thread
    /// Several times a second, on the connections' thread: waits for nothing.
    std::function<void()> pulse = {};
    std::function<void()> ending = {};  // when it begins to stop, on the same
  };
  /// Serves until a signal (INT, TERM) or stop(); what is in work then is answered, for a while. A
  /// second signal ends the process. False when something is still at work at the end: then nothing
  /// that it may use can be taken down.
  [[nodiscard]] bool run(const Work& work);
  void stop();
  /// Whether a signal ended it.
  bool was_signalled() const;
  /// What is held under this key is answered anew. From any thread, and waits for nothing.
  void wake(std::string key);
  /// The same of all that is held, a few at a time.
  void wake_all();

 private:
  struct Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// A target's path, decoded once; nothing when it is no clean path, or hides a separator.
std::optional<std::string> plain_path(std::string_view raw);

/// The inverse of it, for a Location.
std::string percent_encoded_path(std::string_view path);

/// The value of a query's parameter (application/x-www-form-urlencoded); nothing when it isn't
/// there or is no clean text.
std::optional<std::string> query_value(std::string_view query, std::string_view name);

}  // namespace sekisho
