#include "collect/agent/net.h"

#include <memory>

#include <curl/curl.h>
#include <fmt/format.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

namespace sekisho {
namespace {

using Curl = std::unique_ptr<CURL, decltype([](CURL* c) { curl_easy_cleanup(c); })>;
using List = std::unique_ptr<curl_slist, decltype([](curl_slist* l) { curl_slist_free_all(l); })>;

struct Body {
  std::string bytes;
  std::size_t most = 0;
};

std::size_t receive(const char* data, std::size_t size, std::size_t count, void* into) {
  auto& body = *static_cast<Body*>(into);
  if (body.bytes.size() + size * count > body.most) return 0;  // ends the transfer
  body.bytes.append(data, size * count);
  return size * count;
}

void set_blob(CURL* curl, CURLoption option, const std::string& text) {
  curl_blob blob{const_cast<char*>(text.data()), text.size(), CURL_BLOB_NOCOPY};  // NOLINT: read
  curl_easy_setopt(curl, option, &blob);
}

/// Gives the connection the certificate and its key, wherever that is.
CURLcode show_certificate(CURL* /*curl*/, void* tls, void* given) {
  const auto& peer = *static_cast<const Peer*>(given);
  auto* context = static_cast<SSL_CTX*>(tls);
  const std::unique_ptr<BIO, decltype([](BIO* b) { BIO_free(b); })> pem(
      BIO_new_mem_buf(peer.certificate.data(), static_cast<int>(peer.certificate.size())));
  const std::unique_ptr<X509, decltype([](X509* x) { X509_free(x); })> certificate(
      PEM_read_bio_X509(pem.get(), nullptr, nullptr, nullptr));
  return certificate && SSL_CTX_use_certificate(context, certificate.get()) == 1 &&
                 SSL_CTX_use_PrivateKey(context, peer.key->get()) == 1
             ? CURLE_OK
             : CURLE_SSL_CERTPROBLEM;
}

/// Why nothing came, with what to do where that is known.
std::unexpected<Error> unreachable(CURL* curl, CURLcode code, const std::string& server) {
  long verified = X509_V_OK;
  curl_easy_getinfo(curl, CURLINFO_SSL_VERIFYRESULT, &verified);
  if (code == CURLE_PEER_FAILED_VERIFICATION &&
      (verified == X509_V_ERR_CERT_NOT_YET_VALID || verified == X509_V_ERR_CERT_HAS_EXPIRED))
    return failure(
        "サーバーにつながりません。サーバーの証明書が期間外です。この端末の時計が"
        "合っているか確かめてください。",
        "the server cannot be reached: its certificate does not hold at this time; see "
        "whether this machine's clock is right.",
        server);
  if (code == CURLE_PEER_FAILED_VERIFICATION)
    return failure(
        "サーバーにつながりません。答えたのは、この端末が登録されたサーバーでは"
        "ありません。",
        "the server cannot be reached: what answered is not the server that this device "
        "is enrolled with.",
        server);
  return failure(fmt::format("サーバーにつながりません（{}）。", curl_easy_strerror(code)),
                 fmt::format("the server cannot be reached ({}).", curl_easy_strerror(code)),
                 server);
}

class RealNet : public Net {
 public:
  Result<ServerReply> exchange(const Peer& peer, const NetRequest& request) override;
};

Result<ServerReply> RealNet::exchange(const Peer& peer, const NetRequest& request) {
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  const Curl curl(started == CURLE_OK ? curl_easy_init() : nullptr);
  if (!curl)
    return failure("通信を始められません。", "the transfer could not be started.", peer.server);
  const std::string url = peer.server + request.path;
  Body answer{{}, request.most};
  List headers(curl_slist_append(nullptr, "Content-Type: application/json"));
  if (request.gzipped)
    if (curl_slist* longer = curl_slist_append(headers.get(), "Content-Encoding: gzip")) {
      (void)headers.release();
      headers.reset(longer);
    }
  CURL* c = curl.get();
  curl_easy_setopt(c, CURLOPT_URL, url.c_str());
  curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "https");
  curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, 15L);
  curl_easy_setopt(c, CURLOPT_TIMEOUT, 60L);
  curl_easy_setopt(c, CURLOPT_USERAGENT, "sekisho-agent");
  curl_easy_setopt(c, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  curl_easy_setopt(c, CURLOPT_CAPATH, nullptr);
  curl_easy_setopt(c, CURLOPT_CAINFO, nullptr);
  if (peer.authority.empty()) {
    curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 0L);
  } else {
    set_blob(c, CURLOPT_CAINFO_BLOB, peer.authority);
  }
  if (peer.key != nullptr) {
    curl_easy_setopt(c, CURLOPT_SSL_CTX_FUNCTION, show_certificate);
    curl_easy_setopt(c, CURLOPT_SSL_CTX_DATA, &peer);
  }
  if (!request.body.empty()) {
    curl_easy_setopt(c, CURLOPT_POSTFIELDS, request.body.data());
    curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE, static_cast<long>(request.body.size()));
    curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers.get());
  }
  curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, receive);
  curl_easy_setopt(c, CURLOPT_WRITEDATA, &answer);
  const CURLcode code = curl_easy_perform(c);
  if (code != CURLE_OK) return unreachable(c, code, peer.server);
  ServerReply reply;
  curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &reply.status);
  reply.body = std::move(answer.bytes);
  return reply;
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
