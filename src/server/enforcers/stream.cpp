// SPDX-License-Identifier: Apache-2.0
#include "server/enforcers/stream.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/crypto.h"

namespace sekisho {
namespace {

class PlainStream : public Stream {
 public:
  using Stream::Stream;

  Part receive(std::span<char> into) override {
    const auto count = ::recv(socket(), into.data(), into.size(), 0);
    if (count > 0) return {static_cast<std::size_t>(count)};
    return {0, count == 0 || !later()};
  }
  Part send(std::string_view bytes) override {
    const auto count = ::send(socket(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count > 0) return {static_cast<std::size_t>(count)};
    return {0, count < 0 && !later()};
  }

 private:
  static bool later() { return errno == EAGAIN || errno == EINTR; }
};

std::unexpected<Error> no_tls() {
  const unsigned long code = ERR_peek_last_error();
  const char* reason = ERR_reason_error_string(code);
  ERR_clear_error();
  auto refused = failure("見張りの証明書か鍵を使えません。",
                         "the certificate or key of the guard cannot be used.");
  refused.error().reason = printable(reason == nullptr ? "no PEM" : reason, 80);
  return refused;
}

using TlsBio = std::unique_ptr<BIO, decltype([](BIO* bio) { BIO_free(bio); })>;
using TlsX509 = std::unique_ptr<X509, decltype([](X509* x509) { X509_free(x509); })>;
using TlsKey = std::unique_ptr<EVP_PKEY, decltype([](EVP_PKEY* key) { EVP_PKEY_free(key); })>;

TlsBio bio_of(const std::string& pem) {
  return TlsBio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

int nobody_to_ask(char* /*into*/, int /*size*/, int /*writing*/, void* /*with*/) { return -1; }

/// The name that is asked for (RFC 6066, 3).
bool show_name(SSL* ssl, std::string host) {
  return SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, host.data()) == 1;
}

bool believe(SSL_CTX* tls, const std::string& authorities) {
  const TlsBio bio = bio_of(authorities);
  bool any = false;
  while (const TlsX509 one{PEM_read_bio_X509(bio.get(), nullptr, nobody_to_ask, nullptr)}) {
    if (X509_STORE_add_cert(SSL_CTX_get_cert_store(tls), one.get()) != 1) return false;
    any = true;
  }
  ERR_clear_error();  // the end
  return any;
}

}  // namespace

Stream::~Stream() {
  if (socket_ >= 0) ::close(socket_);
}

std::unique_ptr<Stream> plain_stream(int socket) { return std::make_unique<PlainStream>(socket); }

void TlsStream::End::operator()(SSL* ssl) const { SSL_free(ssl); }

TlsStream::TlsStream(int socket, std::unique_ptr<SSL, End> ssl)
    : Stream(socket), ssl_(std::move(ssl)) {}
TlsStream::~TlsStream() = default;

std::unique_ptr<TlsStream> TlsStream::begin(int socket, const TlsManner& manner, Moment until) {
  std::unique_ptr<TlsStream> stream(
      new TlsStream(socket, std::unique_ptr<SSL, End>(SSL_new(manner.context.get()))));
  SSL* ssl = stream->ssl_.get();
  if (ssl == nullptr || SSL_set_fd(ssl, socket) != 1) return nullptr;
  // What waits to be sent may have moved and grown meanwhile.
  SSL_set_mode(ssl, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                        SSL_MODE_RELEASE_BUFFERS);
  if (manner.host.empty()) {
    SSL_set_verify(ssl, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    SSL_set_accept_state(ssl);
  } else {
    X509_VERIFY_PARAM* wanted = SSL_get0_param(ssl);
    X509_VERIFY_PARAM_set_hostflags(wanted, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    const bool named = X509_VERIFY_PARAM_set1_ip_asc(wanted, manner.host.c_str()) == 1 ||
                       (X509_VERIFY_PARAM_set1_host(wanted, manner.host.c_str(), 0) == 1 &&
                        show_name(ssl, manner.host));
    ERR_clear_error();
    if (!named) return nullptr;
    SSL_set_verify(ssl, SSL_VERIFY_PEER, nullptr);
    SSL_set_connect_state(ssl);
  }
  if (!stream->shake_hands(until)) return nullptr;
  return stream;
}

bool TlsStream::shake_hands(Moment until) {
  while (true) {
    ERR_clear_error();
    const int returned = SSL_do_handshake(ssl_.get());
    if (returned == 1) break;
    const int why = SSL_get_error(ssl_.get(), returned);
    if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE) return false;
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    if (left.count() <= 0) return false;
    pollfd one{socket(), static_cast<short>(why == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT), 0};
    if (::poll(&one, 1, static_cast<int>(left.count())) < 0 && errno != EINTR) return false;
  }
  const TlsX509 shown(SSL_get1_peer_certificate(ssl_.get()));
  if (!shown || SSL_get_verify_result(ssl_.get()) != X509_V_OK) return false;
  unsigned char* der = nullptr;
  const int size = i2d_X509(shown.get(), &der);
  if (size <= 0) return false;
  peer_ = hex(sha256({reinterpret_cast<const char*>(der), static_cast<std::size_t>(size)}));
  CRYPTO_free(der, "", 0);  // OPENSSL_free writes the path of this file into the program
  return true;
}

Stream::Part TlsStream::outcome(int returned) const {
  if (returned > 0) return {static_cast<std::size_t>(returned)};
  const int why = SSL_get_error(ssl_.get(), returned);
  ERR_clear_error();
  return {0, why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE};
}

Stream::Part TlsStream::receive(std::span<char> into) {
  ERR_clear_error();
  return outcome(SSL_read(ssl_.get(), into.data(), static_cast<int>(into.size())));
}

Stream::Part TlsStream::send(std::string_view bytes) {
  ERR_clear_error();
  constexpr std::size_t kMostAtOnce = std::size_t{16} << 10U;
  return outcome(
      SSL_write(ssl_.get(), bytes.data(), static_cast<int>(std::min(bytes.size(), kMostAtOnce))));
}

bool TlsStream::holds_more() const { return SSL_pending(ssl_.get()) > 0; }

Result<std::shared_ptr<SSL_CTX>> make_enforcer_tls(const TlsIdentity& identity) {
  ERR_clear_error();
  std::shared_ptr<SSL_CTX> tls(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
  if (!tls) return no_tls();
  const TlsX509 own(
      PEM_read_bio_X509(bio_of(identity.certificate).get(), nullptr, nobody_to_ask, nullptr));
  const TlsKey key(
      PEM_read_bio_PrivateKey(bio_of(identity.key).get(), nullptr, nobody_to_ask, nullptr));
  if (!own || !key || SSL_CTX_set_min_proto_version(tls.get(), TLS1_3_VERSION) != 1 ||
      SSL_CTX_use_certificate(tls.get(), own.get()) != 1 ||
      SSL_CTX_use_PrivateKey(tls.get(), key.get()) != 1 ||
      SSL_CTX_check_private_key(tls.get()) != 1 || !believe(tls.get(), identity.authority))
    return no_tls();
  return tls;
}

}  // namespace sekisho
