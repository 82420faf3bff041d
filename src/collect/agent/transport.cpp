#include "collect/agent/transport.h"

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
  const auto& transport = *static_cast<const Transport*>(given);
  auto* context = static_cast<SSL_CTX*>(tls);
  const std::unique_ptr<BIO, decltype([](BIO* b) { BIO_free(b); })> pem(BIO_new_mem_buf(
      transport.certificate.data(), static_cast<int>(transport.certificate.size())));
  const std::unique_ptr<X509, decltype([](X509* x) { X509_free(x); })> certificate(
      PEM_read_bio_X509(pem.get(), nullptr, nullptr, nullptr));
  return certificate && SSL_CTX_use_certificate(context, certificate.get()) == 1 &&
                 SSL_CTX_use_PrivateKey(context, transport.key->get()) == 1
             ? CURLE_OK
             : CURLE_SSL_CERTPROBLEM;
}

}  // namespace

Result<std::string> Transport::ask(const std::string& path, const std::string& body, bool gzipped,
                                   std::size_t most) const {
  auto reply = exchange(path, body, gzipped, most);
  if (!reply) return std::unexpected(reply.error());
  if (reply->status != 200) return std::unexpected(reply->refusal(server));
  return std::move(reply->body);
}

Result<ServerReply> Transport::exchange(const std::string& path, const std::string& body,
                                        bool gzipped, std::size_t most) const {
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  const Curl curl(started == CURLE_OK ? curl_easy_init() : nullptr);
  if (!curl) return failure("通信を始められません。", "the transfer could not be started.", server);
  const std::string url = server + path;
  Body answer{{}, most};
  List headers(curl_slist_append(nullptr, "Content-Type: application/json"));
  if (gzipped)
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
  if (authority.empty()) {
    curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 0L);
  } else {
    set_blob(c, CURLOPT_CAINFO_BLOB, authority);
  }
  if (key != nullptr) {
    curl_easy_setopt(c, CURLOPT_SSL_CTX_FUNCTION, show_certificate);
    curl_easy_setopt(c, CURLOPT_SSL_CTX_DATA, this);
  }
  if (!body.empty()) {
    curl_easy_setopt(c, CURLOPT_POSTFIELDS, body.data());
    curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));
    curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers.get());
  }
  curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, receive);
  curl_easy_setopt(c, CURLOPT_WRITEDATA, &answer);
  const CURLcode code = curl_easy_perform(c);
  if (code != CURLE_OK)
    return failure(fmt::format("サーバーにつながりません（{}）。", curl_easy_strerror(code)),
                   fmt::format("the server cannot be reached ({}).", curl_easy_strerror(code)),
                   server);
  ServerReply reply;
  curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &reply.status);
  reply.body = std::move(answer.bytes);
  return reply;
}

Result<std::string> ask_authority(const std::string& server) {
  return Transport{server, {}, {}, nullptr}.ask("/agent/v1/authority", {}, false, 16'384);
}

}  // namespace sekisho
