// HTTP/1.1 over TCP or TLS: requests and replies as plain values. The only file of the room that
// knows Boost.Beast is http.cpp.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/base.h"

namespace sekisho {

struct HttpRequest {
  std::string method;
  std::string path;                                          // decoded, without the query
  std::string query;                                         // as it came
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  std::string body;
  std::string peer;  // the other side's address
  /// Hexadecimal SHA-256 of the certificate that the other side has shown and that the authority of
  /// ListenOptions has signed; empty when it showed none.
  std::string peer_certificate;

  /// The first of this name (lower case); empty when there is none.
  std::string_view header(std::string_view name) const;
  std::string_view cookie(std::string_view name) const;
};

struct HttpReply {
  unsigned status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  /// A body that lives as long as the program; used instead of `body` when it isn't empty.
  std::string_view fixed;
};

struct ListenOptions {
  std::string address = "127.0.0.1";
  unsigned short port = 8480;  // 0: any free one
  std::string tls_cert;        // PEM chain; empty: no TLS
  std::string tls_key;
  unsigned threads = 4;  // that run handlers
  /// Instead of files: a certificate and key of our own, and whose certificates clients may show.
  struct OwnTls {
    std::string certificate;  // PEM, as are all
    std::string key;
    std::string authority;
  };
  std::optional<OwnTls> own_tls;
};

/// Bounds for what comes from outside.
inline constexpr std::size_t kMaxHeaderBytes = std::size_t{16} << 10U;
inline constexpr std::size_t kMaxBodyBytes = std::size_t{256} << 10U;
inline constexpr std::size_t kMaxUploadBytes = std::size_t{10} << 20U;
inline constexpr std::size_t kMaxConnections = 2048;

class HttpServer {
 public:
  using Handler = std::function<HttpReply(const HttpRequest&)>;
  /// How many bytes of body a request for this method and path may bring.
  using BodyLimit = std::function<std::size_t(std::string_view method, std::string_view path)>;

  /// Listens, and fails when it can't.
  static Result<std::unique_ptr<HttpServer>> listen(const ListenOptions& options, Handler handler,
                                                    BodyLimit limit);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  unsigned short port() const;
  /// Serves until a signal (INT, TERM) or stop(). Calls `tick` on a handler's thread every `every`.
  void run(const std::function<void()>& tick, std::chrono::seconds every);
  void stop();

 private:
  struct Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// The value of a query's parameter (application/x-www-form-urlencoded); nothing when it isn't
/// there or is no clean text.
std::optional<std::string> query_value(std::string_view query, std::string_view name);

}  // namespace sekisho
