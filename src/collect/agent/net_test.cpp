// SPDX-License-Identifier: Apache-2.0
#include "collect/agent/net.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <csignal>

#include <thread>

namespace sekisho {
namespace {

using ::testing::HasSubstr;

/// A server that answers each question with what it knows of who asks, over TLS (OpenSSL alone).
class TlsServer {
 public:
  TlsServer(const Authority& authority, const std::vector<std::string>& hosts, Time at)
      : context_(SSL_CTX_new(TLS_server_method())) {
    const KeyPair key = *KeyPair::make();
    const Certificate own = *authority.certify_server(key, hosts, at);
    use(own.pem, key);
    believe(authority.certificate().pem);
    socket_ = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* plain = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(::bind(socket_, plain, size), 0);
    EXPECT_EQ(::listen(socket_, 8), 0);
    EXPECT_EQ(::getsockname(socket_, plain, &size), 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::jthread([this] {
      while (true) {
        const int one = ::accept(socket_, nullptr, nullptr);
        if (one < 0) return;
        serve(one);
        ::close(one);
      }
    });
  }
  ~TlsServer() {
    ::shutdown(socket_, SHUT_RDWR);
    thread_.join();
    ::close(socket_);
    SSL_CTX_free(context_);
  }
  TlsServer(const TlsServer&) = delete;
  TlsServer& operator=(const TlsServer&) = delete;
  std::string url(const std::string& host = "127.0.0.1") const {
    return "https://" + host + ":" + std::to_string(port_);
  }

 private:
  using Holder = std::unique_ptr<X509, decltype([](X509* x) { X509_free(x); })>;
  static Holder read(const std::string& pem) {
    const std::unique_ptr<BIO, decltype([](BIO* b) { BIO_free(b); })> bio(
        BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    return Holder(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  }
  void use(const std::string& pem, const KeyPair& key) {
    EXPECT_EQ(SSL_CTX_use_certificate(context_, read(pem).get()), 1);
    EXPECT_EQ(SSL_CTX_use_PrivateKey(context_, key.get()), 1);
  }
  void believe(const std::string& pem) {
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context_), read(pem).get());
    SSL_CTX_set_verify(context_, SSL_VERIFY_PEER, nullptr);
  }
  void serve(int socket) {
    const std::unique_ptr<SSL, decltype([](SSL* s) { SSL_free(s); })> tls(SSL_new(context_));
    SSL_set_fd(tls.get(), socket);
    if (SSL_accept(tls.get()) != 1) return;
    std::string asked(65'536, '\0');
    (void)SSL_read(tls.get(), asked.data(), static_cast<int>(asked.size()));
    const Holder peer(SSL_get1_peer_certificate(tls.get()));
    const std::string body = peer ? "known" : "nobody";
    const std::string reply = "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) +
                              "\r\nConnection: close\r\n\r\n" + body;
    SSL_write(tls.get(), reply.data(), static_cast<int>(reply.size()));
    SSL_shutdown(tls.get());
  }

  SSL_CTX* context_;
  int socket_ = -1;
  unsigned port_ = 0;
  std::jthread thread_;
};

std::string said(const Result<ServerReply>& reply) {
  return reply ? reply->body : reply.error().message.en;
}

TEST(Net, BelievesItsOwnAuthorityAlone) {
  ::signal(SIGPIPE, SIG_IGN);  // a server writes to a client that has refused it
  const Authority ours = *Authority::make(now());
  const Authority others = *Authority::make(now());
  const TlsServer good(ours, {"127.0.0.1", "localhost"}, now());
  const TlsServer other(others, {"127.0.0.1"}, now());
  const TlsServer elsewhere(ours, {"192.0.2.1", "sekisho.example.jp"}, now());
  const TlsServer ended(ours, {"127.0.0.1"}, now() - std::chrono::days(100));
  const TlsServer early(ours, {"127.0.0.1"}, now() + std::chrono::days(100));
  const auto ask = [&](const std::string& url, const std::string& authority) {
    return said(real_net().exchange({url, authority, {}, nullptr}, {.path = "/", .body = {}}));
  };
  const std::string pem = ours.certificate().pem;
  EXPECT_EQ(ask(good.url(), pem), "nobody");
  EXPECT_EQ(ask(good.url("localhost"), pem), "nobody");
  EXPECT_THAT(ask(other.url(), pem), HasSubstr("is not the server that this device is enrolled"));
  EXPECT_THAT(ask(elsewhere.url(), pem), HasSubstr("is not the server that this device is enr"));
  EXPECT_THAT(ask(ended.url(), pem), HasSubstr("whether this machine's clock is right"));
  EXPECT_THAT(ask(early.url(), pem), HasSubstr("whether this machine's clock is right"));
  // Before a server is known only its authority is asked for, and held against the link.
  EXPECT_EQ(ask(other.url(), ""), "nobody");
  EXPECT_THAT(ask("http://127.0.0.1:1", pem), HasSubstr("cannot be reached"));
}

TEST(Net, ShowsItsCertificateAndTakesNoMoreThanAsked) {
  const Authority authority = *Authority::make(now());
  const TlsServer server(authority, {"127.0.0.1"}, now());
  const KeyPair key = *KeyPair::make();
  const std::string own = authority.certify(key.request(), "device", now())->pem;
  const Peer device{server.url(), authority.certificate().pem, own, &key};
  EXPECT_EQ(said(real_net().exchange(device, {.path = "/", .body = "{}"})), "known");
  EXPECT_FALSE(real_net().exchange(device, {.path = "/", .body = "{}", .most = 4}));
  const Authority others = *Authority::make(now());
  const std::string foreign = others.certify(key.request(), "device", now())->pem;
  EXPECT_FALSE(real_net().exchange({server.url(), authority.certificate().pem, foreign, &key},
                                   {.path = "/", .body = "{}"}));
}

}  // namespace
}  // namespace sekisho
