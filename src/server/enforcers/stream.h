// SPDX-License-Identifier: Apache-2.0
// Bytes to and from the other end, over a socket that doesn't block: as they are, or over TLS. Used
// by one thread.
#pragma once

#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "server/http/tls.h"

using SSL = struct ssl_st;

namespace sekisho {

class Stream {
 public:
  /// Owns `socket`.
  explicit Stream(int socket) : socket_(socket) {}
  virtual ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  int socket() const { return socket_; }

  struct Part {
    std::size_t count = 0;
    bool over = false;  // else: none now, perhaps later
  };
  virtual Part receive(std::span<char> into) = 0;
  virtual Part send(std::string_view bytes) = 0;
  /// Something was received that nobody has taken yet: the kernel says nothing of it.
  virtual bool holds_more() const { return false; }

 private:
  int socket_;
};

std::unique_ptr<Stream> plain_stream(int socket);

/// How somebody enters a TLS connection: as the server, or as who asks the server at `host` (a name
/// or an address, which its certificate must bear).
struct TlsManner {
  std::shared_ptr<SSL_CTX> context;
  std::string host{};  // empty: as the server
};

class TlsStream : public Stream {
 public:
  using Moment = std::chrono::steady_clock::time_point;

  /// Nothing where both weren't content with each other by then, or the other showed no
  /// certificate. It owns `socket`, come what may.
  static std::unique_ptr<TlsStream> begin(int socket, const TlsManner& manner, Moment until);
  ~TlsStream() override;

  Part receive(std::span<char> into) override;
  Part send(std::string_view bytes) override;
  bool holds_more() const override;

  /// Hexadecimal SHA-256 of the certificate (DER) that the other end has shown.
  const std::string& peer() const { return peer_; }

 private:
  struct End {
    void operator()(SSL* ssl) const;
  };
  TlsStream(int socket, std::unique_ptr<SSL, End> ssl);
  bool shake_hands(Moment until);
  Part outcome(int returned) const;

  std::unique_ptr<SSL, End> ssl_;
  std::string peer_;
};

/// What an enforcer shows and whom it believes: TLS 1.3 alone, and servers whose certificate is of
/// `identity.authority` and for servers.
Result<std::shared_ptr<SSL_CTX>> make_enforcer_tls(const TlsIdentity& identity);

}  // namespace sekisho
