// SPDX-License-Identifier: Apache-2.0
// Bytes over TCP, bare or in TLS, as http.cpp waits for them. For http.cpp alone, on whose one
// thread all of it is used.
//
// Asio's own stream of TLS keeps four buffers of 17 KB as long as a connection lasts. Here OpenSSL
// reads from the socket and writes to it by itself, and keeps none while nothing moves.
#pragma once

#include <memory>
#include <tuple>
#include <utility>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace sekisho {

/// What was moved, or why nothing is any more.
using Moved = std::tuple<boost::system::error_code, std::size_t>;
using Moving = boost::asio::awaitable<Moved>;
inline constexpr auto kTuple = boost::asio::as_tuple(boost::asio::use_awaitable);

class PlainFlow {
 public:
  using Socket = boost::asio::ip::tcp::socket;
  explicit PlainFlow(Socket socket) : socket_(std::move(socket)) {}

  Socket& socket() { return socket_; }
  auto read_some(boost::asio::mutable_buffer into) { return socket_.async_read_some(into, kTuple); }
  auto write_some(boost::asio::const_buffer from) { return socket_.async_write_some(from, kTuple); }
  static bool holds_more() { return false; }
  static void forget_tls() {}

 private:
  Socket socket_;
};

class TlsFlow {
 public:
  using Socket = boost::asio::ip::tcp::socket;
  TlsFlow(Socket socket, SSL_CTX* context) : socket_(std::move(socket)), tls_(SSL_new(context)) {
    boost::system::error_code error;
    (void)socket_.native_non_blocking(true, error);
    if (tls_ == nullptr || error || SSL_set_fd(tls_.get(), socket_.native_handle()) != 1) {
      tls_.reset();
      return;
    }
    // What waits to be sent may have moved meanwhile.
    SSL_set_mode(tls_.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                 SSL_MODE_RELEASE_BUFFERS);
    SSL_set_accept_state(tls_.get());
  }

  Socket& socket() { return socket_; }
  SSL* tls() { return tls_.get(); }

  boost::asio::awaitable<bool> handshake() {
    auto [error, ignored] =
        co_await over([](SSL* tls) { return std::pair(SSL_do_handshake(tls), 0); });
    co_return !error;
  }
  Moving read_some(boost::asio::mutable_buffer into) {
    return over([into](SSL* tls) {
      std::size_t count = 0;
      return std::pair(SSL_read_ex(tls, into.data(), into.size(), &count), count);
    });
  }
  Moving write_some(boost::asio::const_buffer from) {
    return over([from](SSL* tls) {
      std::size_t count = 0;
      return std::pair(SSL_write_ex(tls, from.data(), from.size(), &count), count);
    });
  }
  /// Says that nothing more comes, and waits until the other side has said so too.
  boost::asio::awaitable<void> shut_down() {
    (void)co_await over([](SSL* tls) {
      const int said = SSL_shutdown(tls);
      return std::pair(said == 0 ? SSL_shutdown(tls) : said, 0);
    });
  }

  /// Bytes that have come and that nobody has read, beside what the socket has.
  bool holds_more() const { return SSL_pending(tls_.get()) > 0; }
  /// Nothing is said any more, but that it ends: without the word for it that TLS has.
  void forget_tls() { tls_.reset(); }

 private:
  struct Free {
    void operator()(SSL* tls) const { SSL_free(tls); }
  };

  /// Asks OpenSSL until it is done, and waits for the socket between. One that was closed
  /// meanwhile is not touched: its number may be another's by then.
  template <typename Step>
  Moving over(Step step) {
    while (tls_ != nullptr && socket_.is_open()) {
      ERR_clear_error();
      const auto [returned, count] = step(tls_.get());
      if (returned > 0)
        co_return Moved(boost::system::error_code(), static_cast<std::size_t>(count));
      const int why = SSL_get_error(tls_.get(), returned);
      ERR_clear_error();
      if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE)
        co_return Moved(boost::asio::error::make_error_code(boost::asio::error::connection_reset),
                        0);
      auto [error] = co_await socket_.async_wait(
          why == SSL_ERROR_WANT_READ ? Socket::wait_read : Socket::wait_write, kTuple);
      if (error) co_return Moved(error, 0);
    }
    co_return Moved(boost::asio::error::make_error_code(boost::asio::error::operation_aborted), 0);
  }

  Socket socket_;
  std::unique_ptr<SSL, Free> tls_;
};

}  // namespace sekisho
