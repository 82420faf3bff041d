// SPDX-License-Identifier: Apache-2.0
#include "collect/agent/net.h"

#include <memory>

#include <fmt/format.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include "net/net.h"

namespace sekisho {
namespace {

/// Gives the connection the certificate and its key, wherever that is.
bool show_certificate(void* tls, const Peer& peer) {
  auto* context = static_cast<SSL_CTX*>(tls);
  const std::unique_ptr<BIO, decltype([](BIO* b) { BIO_free(b); })> pem(
      BIO_new_mem_buf(peer.certificate.data(), static_cast<int>(peer.certificate.size())));
  const std::unique_ptr<X509, decltype([](X509* x) { X509_free(x); })> certificate(
      PEM_read_bio_X509(pem.get(), nullptr, nullptr, nullptr));
  return certificate && SSL_CTX_use_certificate(context, certificate.get()) == 1 &&
         SSL_CTX_use_PrivateKey(context, peer.key->get()) == 1;
}

/// Why nothing came, with what to do where that is known.
std::unexpected<Error> unreachable(const NotReached& why, const std::string& server) {
  if (why.why == NotReached::Why::out_of_date)
    return failure(
        "サーバーにつながりません。サーバーの証明書が期間外です。この端末の時計が"
        "合っているか確かめてください。",
        "the server cannot be reached: its certificate does not hold at this time; see "
        "whether this machine's clock is right.",
        server);
  if (why.why == NotReached::Why::untrusted)
    return failure(
        "サーバーにつながりません。答えたのは、この端末が登録されたサーバーでは"
        "ありません。",
        "the server cannot be reached: what answered is not the server that this device "
        "is enrolled with.",
        server);
  return failure(fmt::format("サーバーにつながりません（{}）。", why.text.ja),
                 fmt::format("the server cannot be reached ({}).", why.text.en), server);
}

class RealNet : public Net {
 public:
  Result<ServerReply> exchange(const Peer& peer, const NetRequest& request) override;
};

Result<ServerReply> RealNet::exchange(const Peer& peer, const NetRequest& request) {
  Outgoing question{.url = peer.server + request.path,
                    .most = request.most,
                    .patience = {.connect = std::chrono::seconds(15), .whole = request.patience},
                    .agent = "sekisho-agent",
                    .quit = request.quit};
  if (!request.body.empty()) {
    question.body = request.body;
    question.headers = {"Content-Type: application/json"};
    if (request.gzipped) question.headers.emplace_back("Content-Encoding: gzip");
  }
  question.trust = peer.authority.empty() ? Trust{Trust::In::anybody, {}}
                                          : Trust{Trust::In::authority, peer.authority};
  if (peer.key != nullptr)
    question.identify = [&peer](void* tls) { return show_certificate(tls, peer); };
  auto answer = ask(question);
  // Held, until the connection ended.
  if (!answer && answer.error().status == kHeldStatus) return ServerReply{kHeldStatus, {}};
  if (!answer) return unreachable(answer.error(), peer.server);
  return ServerReply{.status = answer->status, .body = std::move(answer->body)};
}

}  // namespace

Net& real_net() {
  static RealNet net;
  return net;
}

Result<std::string> body_of(Result<ServerReply> reply, const std::string& server) {
  if (!reply) return std::unexpected(reply.error());
  if (reply->status != 200) return std::unexpected(reply->refusal(server));
  return std::move(reply->body);
}

}  // namespace sekisho
